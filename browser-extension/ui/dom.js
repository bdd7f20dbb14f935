// Making elements, and the words in them.

/** @param {string} name @param {...(string | number)} values */
export const text = (name, ...values) => chrome.i18n.getMessage(name, values.map(String)) || name;

/**
 * @param {string} tag @param {Record<string, any> | null} [props] properties; names with a dash are attributes; `on` are listeners
 * @param {...(Node | string | null | false | undefined)} children
 * @returns {any}
 */
export function el(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === 'on') for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name.includes('-') || name === 'role') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter(child => child || child === '').map(child => /** @type {Node | string} */ (child)));
  return element;
}

/** Lines of icons on a field of 20. */
const kIcons = {
  download: 'M10 3v9m0 0 4-4m-4 4L6 8M4 16h12',
  pause: 'M7 5v10m6-10v10',
  resume: 'M7 4.5v11l8.5-5.5z',
  cancel: 'm5 5 10 10M15 5 5 15',
  retry: 'M15.5 10a5.5 5.5 0 1 1-1.8-4.1M15.5 3v4h-4',
  folder: 'M3 6.5A1.5 1.5 0 0 1 4.5 5H8l2 2h5.5A1.5 1.5 0 0 1 17 8.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5z',
  back: 'M8 6 4 10l4 4M4 10h8.5a3.5 3.5 0 0 1 0 7H11',
  settings: 'M4 6h7m4 0h1M4 14h1m4 0h7M11 4v4M9 12v4',
  done: 'm4.5 10.5 4 4 7-9',
  problem: 'M10 5.5v5.5m0 3.5v.01',
  stream: 'M4 5h12v10H4zM8.5 7.8v4.4l3.8-2.2z',
  sound: 'M7.5 15.5V5l8-1.5V14M7.5 15.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0zm8-1.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  lock: 'M5.5 9h9v7h-9zM7.5 9V6.5a2.5 2.5 0 0 1 5 0V9',
  file: 'M6 3h5.5L15 6.5V17H6zM11 3v4h4',
};

/** @param {keyof typeof kIcons} name */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', kIcons[name]);
  svg.append(path);
  return svg;
}

/** A button that is only an icon. @param {keyof typeof kIcons} name @param {string} label @param {(event: MouseEvent) => void} press */
export function iconButton(name, label, press) {
  return el(
    'button',
    { type: 'button', className: 'quiet icon-button', title: label, 'aria-label': label, on: { click: press } },
    icon(name),
  );
}

/** Puts the words of the language where the page asks for them. */
export function localize(root = document) {
  document.documentElement.lang = chrome.i18n.getUILanguage();
  for (const element of root.querySelectorAll('[data-text]'))
    element.textContent = text(/** @type {HTMLElement} */ (element).dataset.text ?? '');
  for (const element of root.querySelectorAll('[data-label]')) {
    const label = text(/** @type {HTMLElement} */ (element).dataset.label ?? '');
    element.setAttribute('aria-label', label);
    if (
      element instanceof HTMLInputElement &&
      element.placeholder !== undefined &&
      ['search', 'text', 'url'].includes(element.type)
    )
      element.placeholder = label;
    else /** @type {HTMLElement} */ (element).title = label;
  }
}

/**
 * Keeps a list's elements in step with its items, so that focus and hover stay where they are.
 * @template T
 * @param {Element} list @param {T[]} items @param {(item: T) => string} key
 * @param {(item: T) => {root: HTMLElement, update: (item: T) => void}} make
 */
export function syncList(list, items, key, make) {
  /** @type {Map<string, any>} */
  const rows = list['rows'] ?? (list['rows'] = new Map());
  const wanted = new Set(items.map(key));
  for (const [name, row] of rows) {
    if (wanted.has(name)) continue;
    row.root.remove();
    rows.delete(name);
  }
  items.forEach((item, place) => {
    let row = rows.get(key(item));
    if (!row) rows.set(key(item), (row = make(item)));
    row.update(item);
    if (list.children[place] !== row.root) list.insertBefore(row.root, list.children[place] ?? null);
  });
}
