// A word when a captured task has ended. The permission is asked for when the user switches this on.

/** @param {import('./types').Task} task */
export function notifyEnd(task) {
  const good = task.state === 'done' || task.state === 'sharing';
  chrome.notifications?.create(`task-${task.id}`, {
    type: 'basic',
    iconUrl: chrome.runtime.getURL('icons/weir-128.png'),
    title: chrome.i18n.getMessage(good ? 'noticeDone' : 'noticeFailed'),
    message: good ? task.name : `${task.name}\n${task.error?.message ?? ''}`,
  });
}

/** @param {(id: number) => void} open */
export function watchNotices(open) {
  /** @param {string} name */
  const clicked = name => {
    const id = /^task-(\d+)$/.exec(name)?.[1];
    if (id) open(Number(id));
    chrome.notifications.clear(name);
  };
  const watch = () => chrome.notifications?.onClicked.addListener(clicked);
  watch();
  // There is nothing to listen to before the permission was given.
  chrome.permissions.onAdded.addListener(watch);
}
