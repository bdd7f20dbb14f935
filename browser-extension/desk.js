// What our own pages see and may ask for.
import { BridgeError } from './bridge.js';
import { qualitiesOf } from './choices.js';
import { explain } from './explain.js';
import { fileNameFor } from './titles.js';

const kCalls = new Set([
  'task.pause',
  'task.resume',
  'task.remove',
  'task.restart',
  'task.history',
  'task.relink',
  'host.open',
  'system.doctor',
]);

export class Desk {
  /**
   * @param {{adder: import('./adder.js').Adder, bridge: import('./bridge.js').Bridge, feed: import('./task_feed.js').TaskFeed,
   *   media: import('./media_list.js').MediaList, pieces: import('./pieces.js').Pieces, links: import('./page_links.js').PageLinks,
   *   requests: import('./requests.js').RequestLog, rates: import('./rate_curve.js').RateHistory,
   *   taker: import('./taker.js').Taker, giveBack: (task: import('./types').Task) => Promise<void>,
   *   choose: (id: number, index: number) => Promise<void>, notice: () => import('./types').Problem | null, dismiss: () => void}} parts
   */
  constructor(parts) {
    this.parts = parts;
  }

  /** @param {number} tab the one that a page asks about @param {boolean} hidden it is of a private window */
  state(tab, hidden) {
    const { adder, bridge, feed, media, notice, pieces, rates } = this.parts;
    const { phase, problem, versions } = bridge;
    return {
      connection: { phase, problem: problem && { ...problem, ...explain(new BridgeError(problem)) }, versions },
      notice: notice(),
      tasks: [...feed.tasks.values()].map(task => this.#task(task)).filter(task => hidden || !task.private),
      samples: rates.samples,
      offers: media.offers(tab).map(({ request, ...entry }) => ({
        ...entry,
        fileName: fileNameFor(entry),
        taskId: Object.values(adder.jobs).findLast(job => job.url === entry.url && feed.tasks.has(job.id))?.id ?? 0,
      })),
      // A page whose script feeds the player by a list that was not found: its pieces are all there is.
      pieces: media.playsStream(tab) && !media.knowsPlaylist(tab) ? pieces.of(tab).length : 0,
      rules: media.rules,
    };
  }

  #task(task) {
    const { adder, feed } = this.parts;
    const job = adder.jobOf(task.id);
    const qualities = qualitiesOf(feed.choices.get(task.id)).map(({ label }) => label);
    return { ...task, qualities, takenOver: Boolean(job?.takenOver), private: job?.private ?? false };
  }

  /** @param {any} message */
  async act({ action, ...params }) {
    const { adder, bridge, choose, dismiss, feed, giveBack, links, pieces, requests } = this.parts;
    switch (action) {
      case 'take':
        return this.#take(params);
      case 'choose':
        return choose(params.id, params.index);
      case 'connect':
        return bridge.retry();
      case 'dismiss':
        return dismiss();
      case 'call':
        if (!kCalls.has(params.method)) throw new Error(params.method);
        return bridge.call(params.method, params.params);
      case 'giveBack': {
        const task = feed.tasks.get(params.id);
        return task && giveBack(task);
      }
      case 'pieces':
        return links.show(await chrome.tabs.get(params.tab), pieces.of(params.tab));
      case 'addLinks': {
        const { page, jar } = params;
        return adder.addAll(
          params.links.map(({ url, name }) => ({ url, name, page, topPage: page, ...jar, request: requests.find(url, jar) })),
        );
      }
      default:
        throw new Error(action);
    }
  }

  async #take({ tab: id, id: offer }) {
    const { media, taker } = this.parts;
    const tab = await chrome.tabs.get(id);
    const entry = media.find(id, offer);
    if (!entry) throw new BridgeError({ code: 'NoVideo', message: '', hint: '' });
    return (await taker.take(entry, tab, entry.frameId)).id;
  }
}
