// Whose cookies: those of private windows or of the others, and in Firefox of which container. Pure.

/** @typedef {import('./types').Jar} Jar */

/** Of a tab, or of the browser's words about a request. @param {any} of @returns {Jar} */
export const jarOf = ({ incognito = false, cookieStoreId }) => ({
  private: incognito,
  ...(cookieStoreId && { storeId: cookieStoreId }),
});

/** One word for it. @param {Jar} jar */
export const jarName = ({ private: hidden, storeId }) => storeId ?? (hidden ? 'private' : '');

/** Are these cookies other ones than those that our own pages send? @param {Jar} jar */
export const isApart = jar => !['', 'firefox-default'].includes(jarName(jar));
