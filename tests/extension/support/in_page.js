// Functions that run inside pages. They are sent as text: nothing outside of them can be named in them.

/** The middle of an element, scrolled into view. */
export function middleOf(selector) {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`there is no ${selector}`);
  element.scrollIntoView({ block: 'nearest' });
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: Math.round(left + width / 2), y: Math.round(top + height / 2) };
}

/** Elements that no page of the sample site made: all that is ours lies in <main>. */
export function strangers() {
  return [...document.querySelectorAll('body > *, html > *')]
    .filter(element => !['HEAD', 'BODY', 'MAIN', 'SCRIPT', 'IFRAME'].includes(element.tagName))
    .map(element => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return { tag: element.tagName, left, top, width, height, attributes: [...element.attributes].map(({ name }) => name) };
    });
}

export const playing = () => [...document.querySelectorAll('video, audio')].some(media => media.currentTime > 0)
  || [...document.querySelectorAll('film-player')].some(player => player.shadowRoot.querySelector('video').currentTime > 0);
