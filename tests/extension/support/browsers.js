/** The browsers that the tests run in; `WEIR_BROWSERS=firefox` for one. */
export const kBrowsers = (process.env.WEIR_BROWSERS ?? 'chromium firefox').split(/[\s,]+/).filter(Boolean);
/** Of one test, in milliseconds; a machine that stands still for seconds is no failure. */
export const kTimeout = 120_000;
