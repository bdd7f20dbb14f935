// May this download be taken over? Pure.
import { bareType, extensionOf, isHttp } from './addresses.js';
import { isRepeatable } from './request_context.js';
import { allowed } from './settings.js';

/**
 * @param {{url: string, page: string, fileName: string, mime: string, size: number, byExtension?: boolean, private?: boolean}} download
 *   size: -1 when it is not known
 * @param {{settings: import('./types').Settings, rules: import('./types').Rules, request: import('./types').RequestRecord | null,
 *   bypass: boolean}} context
 * @returns {{take: boolean, why: string}}
 */
export function decide(download, { settings, rules, request, bypass }) {
  const leave = why => ({ take: false, why });
  if (!allowed(settings, download.page || download.url, 'takeOver')) return leave('off');
  if (bypass) return leave('bypass');
  if (download.byExtension) return leave('extension');
  if (!isHttp(download.url)) return leave('not repeatable');
  if (!isRepeatable(request) && !(settings.takeOverPost && request?.method === 'POST' && !request.bodyLost))
    return leave('not repeatable');
  const extension = extensionOf('http://x/' + encodeURIComponent(download.fileName)) || extensionOf(download.url);
  const type = bareType(download.mime);
  if (rules.takeOver.exceptExtensions.includes(extension) || rules.takeOver.exceptTypes.includes(type)) return leave('type');
  const wanted = settings.takeOverExtensions.length ? settings.takeOverExtensions : rules.takeOver.extensions;
  if (wanted.length && !wanted.includes(extension)) return leave('type');
  if (download.size >= 0 && download.size < settings.takeOverBytes) return leave('small');
  return { take: true, why: '' };
}

/** Would the browser save this reply rather than show it? For browsers that tell no earlier. */
export function wouldDownload({ type, attachment, mime }) {
  if (type !== 'main_frame' && type !== 'sub_frame') return false;
  return attachment || /^application\/(octet-stream|zip|x-|gzip|vnd\.(?!.*(xml|json))|java-archive|msword|epub)/.test(mime);
}
