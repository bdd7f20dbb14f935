// The right click. Items are made when the extension is installed or the browser starts; the browser keeps them meanwhile.

const kItems = /** @type {const} */ ([
  { id: 'link', contexts: ['link'], title: 'menuLink' },
  { id: 'image', contexts: ['image'], title: 'menuImage' },
  { id: 'media', contexts: ['video', 'audio'], title: 'menuMedia' },
  { id: 'selection', contexts: ['selection'], title: 'menuSelection' },
  { id: 'page', contexts: ['page', 'frame'], title: 'menuPage' },
]);

/** @param {(what: string, info: chrome.contextMenus.OnClickData, tab: chrome.tabs.Tab | undefined) => void} onChosen */
export function watchMenu(onChosen) {
  const make = () =>
    chrome.contextMenus.removeAll(() => {
      for (const { id, contexts, title } of kItems)
        chrome.contextMenus.create(
          { id, contexts: /** @type {any} */ ([...contexts]), title: chrome.i18n.getMessage(title) },
          () => void chrome.runtime.lastError,
        );
    });
  chrome.runtime.onInstalled.addListener(make);
  chrome.runtime.onStartup.addListener(make);
  chrome.contextMenus.onClicked.addListener((info, tab) => onChosen(String(info.menuItemId), info, tab));
}
