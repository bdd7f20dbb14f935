// The button "Download this video" on a player: one host element without name, id or class for each video that has an offer, its
// inside in a closed shadow root. Lies over the page, never in the player's own tree. Only trusted clicks do anything.
(() => {
  const kSmallest = { width: 160, height: 90 };
  const kFade = 2500;
  const kAfterLoss = 1500;
  const page = globalThis.weirPage;
  const text = (name, ...values) => chrome.i18n.getMessage(name, values);
  /** @type {Map<HTMLVideoElement, Button>} */
  const buttons = new Map();

  const kStyle = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    .box { font: 500 13px/20px system-ui, sans-serif; color: #fff; opacity: 0; transition: opacity .15s; display: flex; flex-direction: column;
      align-items: flex-end; gap: 4px; }
    .box.shown, .box:focus-within { opacity: 1; }
    button { font: inherit; color: inherit; border: 0; margin: 0; cursor: pointer; background: none; }
    .main { display: flex; align-items: center; gap: 8px; height: 32px; padding: 0 12px 0 8px; border-radius: 16px; background: rgba(20, 24, 32, .86);
      box-shadow: 0 1px 4px rgba(0, 0, 0, .4); white-space: nowrap; max-width: 300px; }
    .main > * { pointer-events: none; }
    .main:hover { background: rgb(29, 96, 218); }
    .main[data-state=added] { background: rgba(17, 110, 62, .94); }
    .main[data-state=failed] { background: rgba(163, 35, 35, .94); height: auto; min-height: 32px; padding: 6px 12px 6px 8px; text-align: left;
      white-space: normal; border-radius: 12px; }
    .main span { overflow: hidden; text-overflow: ellipsis; font-variant-numeric: tabular-nums; }
    button:focus-visible { outline: 2px solid #fff; outline-offset: 1px; box-shadow: 0 0 0 4px rgb(29, 96, 218); }
    svg { width: 20px; height: 20px; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .ring { transform: rotate(-90deg); }
    .ring circle:first-child { opacity: .35; }
    .spin { animation: turn 1s linear infinite; }
    @keyframes turn { to { transform: rotate(360deg); } }
    .menu { display: flex; flex-direction: column; min-width: 140px; padding: 4px; border-radius: 8px; background: rgba(20, 24, 32, .96);
      box-shadow: 0 4px 16px rgba(0, 0, 0, .5); max-height: 240px; overflow: auto; }
    .menu button { height: 32px; padding: 0 12px; border-radius: 6px; text-align: left; font-variant-numeric: tabular-nums; }
    .menu button:hover, .menu button:focus-visible { background: rgb(29, 96, 218); }
    .quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    @media (prefers-reduced-motion: reduce) { .box { transition: none; } .spin { animation-duration: 4s; } }`;

  const kShapes = {
    ready: 'M10 3v9m0 0 4-4m-4 4L6 8M4 16h12',
    added: 'm4 11 4 4 8-9',
    failed: 'M10 5v6m0 4v.01',
    choosing: 'M5 8l5 5 5-5',
    held: 'M7 5v10m6-10v10',
  };
  const make = name => document.createElementNS('http://www.w3.org/2000/svg', name);

  function icon(state, fraction) {
    const svg = make('svg');
    svg.setAttribute('viewBox', '0 0 20 20');
    svg.setAttribute('aria-hidden', 'true');
    if (kShapes[state]) {
      svg.append(make('path'));
      svg.firstElementChild?.setAttribute('d', kShapes[state]);
      return svg;
    }
    const known = fraction >= 0;
    svg.setAttribute('class', known ? 'ring' : 'spin');
    for (const part of [1, known ? fraction : 0.25]) {
      const circle = make('circle');
      for (const [name, value] of Object.entries({
        cx: 10,
        cy: 10,
        r: 7,
        pathLength: 100,
        'stroke-dasharray': `${part * 100} 100`,
      }))
        circle.setAttribute(name, String(value));
      svg.append(circle);
    }
    return svg;
  }

  class Button {
    /** @param {HTMLVideoElement} video */
    constructor(video) {
      this.video = video;
      this.src = '';
      this.shown = 0;
      this.look = '';
      this.job = null;
      this.host = document.createElement('div');
      const style = this.host.style;
      for (const [name, value] of [
        ['all', 'initial'],
        ['position', 'fixed'],
        ['z-index', '2147483647'],
        ['display', 'none'],
      ])
        style.setProperty(name, value, 'important');
      const shadow = this.host.attachShadow({ mode: 'closed' });
      addStyle(shadow);
      this.box = document.createElement('div');
      this.box.className = 'box';
      this.main = document.createElement('button');
      this.main.className = 'main';
      this.main.type = 'button';
      this.live = document.createElement('div');
      this.live.className = 'quiet';
      this.live.setAttribute('aria-live', 'polite');
      this.box.append(this.main, this.live);
      shadow.append(this.box);
      this.main.addEventListener('click', event => event.isTrusted && this.pressed());
      // What is typed or clicked here is not meant for the player below.
      for (const type of [
        'click',
        'dblclick',
        'pointerdown',
        'mousedown',
        'pointerup',
        'mouseup',
        'keydown',
        'keyup',
        'touchstart',
      ])
        this.box.addEventListener(type, event => event.stopPropagation());
      this.box.addEventListener('keydown', event => this.key(event));
      this.draw();
      document.documentElement.append(this.host);
    }

    async ask() {
      const src = page.sourceOf(this.video);
      const answer = await page.send({ type: 'offer', src });
      if (src !== this.src) this.job = null;
      this.src = src;
      this.available = Boolean(answer?.available);
      if (answer?.job) this.job = answer.job;
      this.draw();
      this.place();
    }

    get state() {
      return this.job?.state ?? 'ready';
    }

    draw() {
      const { state } = this;
      const percent = this.job?.fraction >= 0 ? `${Math.floor(this.job.fraction * 100)} %` : '';
      const label =
        state === 'running'
          ? percent || text('buttonRunning')
          : state === 'failed'
            ? this.job.message || text('buttonFailed')
            : text(
                {
                  ready: 'buttonDownload',
                  adding: 'buttonAdding',
                  added: 'buttonAdded',
                  done: 'buttonDone',
                  choosing: 'buttonChoose',
                  held: 'buttonHeld',
                }[state] ?? 'buttonDownload',
              );
      const look = JSON.stringify([state, label, this.job?.fraction, this.job?.hint]);
      if (look === this.look) return;
      this.look = look;
      const words = document.createElement('span');
      words.textContent = label;
      this.main.replaceChildren(icon(state === 'done' ? 'added' : state, this.job?.fraction ?? -1), words);
      this.main.dataset.state = state === 'done' ? 'added' : state;
      this.main.setAttribute('aria-label', state === 'running' ? `${text('buttonRunning')} ${percent}` : label);
      if (state === 'failed') this.main.title = [label, this.job.hint].filter(Boolean).join('\n');
      else this.main.removeAttribute('title');
      if (this.spoken !== state && state !== 'ready') this.live.textContent = label;
      this.spoken = state;
      if (state !== 'choosing') this.closeMenu();
    }

    place() {
      const box = this.video.getBoundingClientRect();
      const fits =
        box.width >= kSmallest.width &&
        box.height >= kSmallest.height &&
        box.bottom > 24 &&
        box.top < innerHeight - 24 &&
        box.right > 80 &&
        box.left < innerWidth - 24;
      const there = this.video.isConnected && this.available && fits;
      this.host.style.setProperty('display', there ? 'block' : 'none', 'important');
      if (!there) return;
      this.host.style.setProperty('top', `${Math.round(Math.max(box.top, 0) + 8)}px`, 'important');
      this.host.style.setProperty(
        'right',
        `${Math.round(Math.max(document.documentElement.clientWidth - box.right, 0) + 8)}px`,
        'important',
      );
      const busy = ['adding', 'choosing', 'running'].includes(this.state);
      this.box.classList.toggle('shown', busy || performance.now() < this.shown);
    }

    show() {
      this.shown = performance.now() + kFade;
      this.place();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.place(), kFade + 50);
    }

    async pressed() {
      if (this.state === 'choosing') return this.menu ? this.closeMenu() : this.openMenu();
      // The player may show another video since the page was looked at last.
      if (page.sourceOf(this.video) !== this.src) await this.ask();
      if (this.state !== 'ready' && this.state !== 'failed') return;
      this.job = { state: 'adding', fraction: -1 };
      this.draw();
      this.place();
      this.tell((await page.send({ type: 'take', src: this.src })) ?? (await this.afterLoss()));
    }

    /** The background died before it could answer. The next one goes on with what it had begun, and can tell. */
    async afterLoss() {
      await new Promise(resolve => setTimeout(resolve, kAfterLoss));
      const answer = await page.send({ type: 'offer', src: this.src });
      return answer?.job ?? { state: 'failed', fraction: -1, message: text('buttonFailed') };
    }

    tell(job) {
      const wasChoosing = this.state === 'choosing';
      this.job = job;
      this.draw();
      if (job.state === 'choosing' && !wasChoosing) this.openMenu();
      if (job.state === 'done' || job.state === 'failed') this.show();
      this.place();
    }

    openMenu() {
      this.closeMenu();
      this.menu = document.createElement('div');
      this.menu.className = 'menu';
      this.menu.setAttribute('role', 'menu');
      this.menu.setAttribute('aria-label', text('buttonChoose'));
      for (const [index, { label }] of (this.job.qualities ?? []).entries()) {
        const item = document.createElement('button');
        item.type = 'button';
        item.setAttribute('role', 'menuitem');
        item.textContent = label;
        item.addEventListener('click', event => event.isTrusted && this.choose(index));
        this.menu.append(item);
      }
      this.box.append(this.menu);
      if (this.main.matches(':focus')) /** @type {HTMLElement} */ (this.menu.firstElementChild)?.focus();
    }

    closeMenu() {
      this.menu?.remove();
      this.menu = null;
    }

    async choose(index) {
      const { token } = this.job;
      this.tell({ state: 'adding', fraction: -1, token });
      const answer = await page.send({ type: 'choose', token, index });
      if (answer) this.tell(answer);
    }

    key(event) {
      if (event.key === 'Escape' && this.menu) {
        this.closeMenu();
        this.main.focus();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !this.menu) return;
      event.preventDefault();
      const items = /** @type {HTMLElement[]} */ ([...this.menu.children]);
      const at = items.findIndex(item => item.matches(':focus'));
      items[(at + step + items.length) % items.length]?.focus();
    }

    remove() {
      clearTimeout(this.timer);
      this.host.remove();
    }
  }

  // A page's policy on styles doesn't reach a sheet that is made by hand; where that fails, an element has to do.
  function addStyle(shadow) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(kStyle);
      shadow.adoptedStyleSheets = [sheet];
    } catch {
      shadow.append(Object.assign(document.createElement('style'), { textContent: kStyle }));
    }
  }

  function update() {
    if (!document.documentElement) return;
    const videos = /** @type {HTMLVideoElement[]} */ (page.media().filter(element => element instanceof HTMLVideoElement));
    for (const [video, button] of buttons) {
      if (videos.includes(video)) continue;
      button.remove();
      buttons.delete(video);
    }
    for (const video of videos) {
      if (!video.readyState && !page.sourceOf(video) && !video.srcObject) continue;
      const known = buttons.get(video);
      if (!known) consider(video);
      else if (known.src !== page.sourceOf(video)) known.ask();
    }
  }

  /** No element of ours is in a page before there is something to offer. */
  async function consider(video) {
    const answer = await page.send({ type: 'offer', src: page.sourceOf(video) });
    if (!answer?.available || buttons.has(video) || !video.isConnected) return;
    const button = new Button(video);
    buttons.set(video, button);
    await button.ask();
    button.show();
  }

  addEventListener(
    'pointermove',
    ({ clientX, clientY }) => {
      for (const button of buttons.values()) {
        const box = button.video.getBoundingClientRect();
        if (clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom) button.show();
      }
    },
    { capture: true, passive: true },
  );
  for (const type of ['scroll', 'resize'])
    addEventListener(type, () => buttons.forEach(button => button.place()), { capture: true, passive: true });

  page.onMedia.push(update);
  chrome.runtime.onMessage.addListener(message => {
    if (message?.type === 'offers') {
      for (const button of buttons.values()) button.ask();
      update();
    }
    if (message?.type === 'job')
      for (const button of buttons.values()) if (button.job?.token === message.job.token) button.tell(message.job);
  });
})();
