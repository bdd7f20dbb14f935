// What went wrong, in the user's language, with the remedy.
import { BridgeError } from './bridge.js';

/** @param {any} error @returns {{message: string, hint: string}} */
export function explain(error) {
  const problem = error instanceof BridgeError ? error : { code: '', message: String(error?.message ?? error), hint: '' };
  return {
    message: chrome.i18n.getMessage(`problem${problem.code}`) || problem.message || chrome.i18n.getMessage('buttonFailed'),
    hint: chrome.i18n.getMessage(`remedy${problem.code}`) || problem.hint,
  };
}
