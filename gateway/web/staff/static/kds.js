/* The kitchen screen of one station. Parts: kds-model (what is true), kds-link (the stream, taps and
   proofs), kds-cards (cards and layout), kds-words (words and sounds); this file joins them. */
(function (root) {
  'use strict';
  const html = TP.html, icon = KdsCards.icon;
  const boot = TP.boot(), station = boot.station, thresholds = station.thresholds || {};
  const SOON_S = thresholds.soon_s || 300, LATE_S = thresholds.late_s || 600;
  const UNDO_MS = 8000, NEW_MS = 3000, GUARD_MS = 300;
  const pane = /[?&]embed=1(&|$)/.test(location.search);      // a pane of the demo page
  const scope = station.id + (pane ? '.pane' : '');

  const t = TP.t(KdsWords);
  const told = /[?&]lang=/.test(location.search);      // the address says it: a kiosk's bookmark, the demo page
  TP.setLang(TP.pickLang((!told && TP.store.get('kds.lang.' + scope)) || boot.lang || station.lang));

  const api = '/api/v1/stations/' + encodeURIComponent(station.id);
  const loginPage = '/login?next=' + encodeURIComponent(location.pathname + location.search);
  const screen = screenId();
  function screenId() {
    if (boot.screen) return boot.screen;
    const name = 'kds.screen.' + scope, kept = TP.store.get(name) || station.id + '-' + TP.key().slice(0, 4);
    TP.store.set(name, kept);
    /* One stream for each id: a second tab of this browser takes a name of its own, or the two would end each other's */
    const held = TP.store.get(name + '.tab');
    let tab = null;
    try { tab = sessionStorage.getItem(name) || TP.key(); sessionStorage.setItem(name, tab); } catch (_) { return kept; }
    if (held && held.tab !== tab && Math.abs(Date.now() - held.at) < 5000) return kept + '-' + tab.slice(0, 2);
    const hold = () => TP.store.set(name + '.tab', {tab, at: Date.now()});
    hold();
    setInterval(hold, 2000);
    return kept;
  }

  /* -- state -------------------------------------------------------------------------------------------------- */
  const model = KdsModel.create('tickets:' + station.id);
  const sound = KdsSound(() => draw());
  const link = {live: false, stale: false, heardAt: 0, reason: ''};
  const view = {page: 0, pages: 1, after: 0, where: {}, hidden: {}, toastFits: false, sheet: '', toast: null, notes: [], recall: null, allConditions: false, ready: false, keys: false, chosen: '', day: false, screens: []};
  const hands = {touched: 0, turned: 0};
  let conditions = [], uplink = null, moods = '';
  const firstSeen = new Map();      // open ticket -> when this page first held it, for "new" and its sound
  const read = new Map();           // open ticket -> what its lines said that were in view, and since when the last of them
  const guarded = new Map();        // ticket -> until when its buttons rest

  const ticking = new Set();
  const ticks = {
    add: (f) => { ticking.add(f); return () => ticking.delete(f); },
    now: () => (link.stale && link.heardAt ? link.heardAt : feed.now())      // ages stop with the picture
  };

  function urgency(ticket) {
    const s = (ticks.now() - KdsModel.time(ticket.fired_at)) / 1000;
    return s >= LATE_S ? 'late' : s >= SOON_S ? 'soon' : '';
  }
  function isNew(id) { const f = firstSeen.get(id); return !!f && f.fresh && performance.now() - f.at < NEW_MS; }

  /* -- what comes in ------------------------------------------------------------------------------------------ */
  function take(type, data) {
    if (type === 'beat') return;
    if (type === 'reset') model.apply({type});
    else if (type === 'ticket') { if (data && data.station === station.id) { beware(model.view(data.id), data); model.apply({type, ticket: data}); } }
    else if (type === 'conditions') conditions = listOf(data);
    else if (type === 'uplink') uplink = data;
    else if (type === 'screens') view.screens = data.screens;
    else if (type === 'snapshot') {
      if (data.tickets) { model.apply({type, topic: data.topic, tickets: data.tickets}); view.ready = true; }
      if (data.topic === 'conditions') conditions = listOf(data);
      if (data.topic === 'uplink') uplink = data.uplink || data;
    }
    greet();
    draw();
  }
  /* A line that another screen has just marked takes no tap for a moment: a finger on its way would say the opposite. */
  function beware(was, ticket) {
    if (was) ticket.lines.forEach((line) => { if (was.lines.some((one) => one.id === line.id && one.state !== line.state)) guarded.set(ticket.id + '/' + line.id, performance.now() + 2 * GUARD_MS); });
  }
  function listOf(data) { return Array.isArray(data) ? data.slice(0, 50) : data ? listOf(data.conditions) : []; }

  /* Which tickets are new to this page: they shine white and ring, unless a cook has seen them elsewhere already. */
  function greet() {
    const open = model.open(), here = new Set();
    let ring = '';
    open.forEach((ticket) => {
      here.add(ticket.id);
      const known = firstSeen.get(ticket.id);
      const dead = ticket.state === 'CANCELLED', news = KdsModel.unknown(ticket);
      if (known) {
        const last = news[news.length - 1];
        if (last && last.number > known.told) { known.told = last.number; ring = last.kind; }
        if (dead && !known.dead) { known.dead = true; ring = ring || 'cancelled'; }
        return;
      }
      const fresh = !ticket.shown_version && !dead;
      firstSeen.set(ticket.id, {at: performance.now(), fresh, dead, told: news.length});
      if (fresh) ring = ticket.hold === 'fired' ? 'fire' : ticket.order.addition && ring !== 'fresh' ? 'addition' : 'fresh';
    });
    firstSeen.forEach((_, id) => { if (!here.has(id)) { firstSeen.delete(id); read.delete(id); guarded.delete(id); } });
    if (ring) sound.play(ring);
  }

  const stream = '/api/v1/events?topics=' + encodeURIComponent('tickets:' + station.id + ',screens:' + station.id + ',conditions,uplink') + '&screen=' + encodeURIComponent(screen);
  const feed = KdsLink.createFeed({
    url: (last) => stream + (last ? '&last_event_id=' + encodeURIComponent(last) : ''),
    onEvent: take,
    onState: (state) => {
      const came = state.live && !link.live;
      Object.assign(link, state);
      document.documentElement.classList.toggle('stale', link.stale);
      if (came) { outbox.retry(); outbox.again(); }
      draw();
    },
    probe: () => loadSheets().then(() => sheets.probe(stream))
  });

  const outbox = KdsLink.createOutbox({
    model, scope, screen,
    onChange: () => { greet(); draw(); },
    onLogin: () => loadSheets().then(() => { if (link.reason !== 'login') { link.reason = 'login'; draw(); } }),
    onRefused: (tap, ticket) => {
      if (view.toast && view.toast.id === tap.ticket) view.toast = null;
      loadSheets().then(() => sheets.note(tap, ticket));
    }
  });

  /* -- what the cook does ------------------------------------------------------------------------------------- */
  /* line: only this one is marked, done or not */
  function act(action, ticket, line) {
    const now = performance.now(), guard = ticket.id + (line ? '/' + line : '');
    if (action === 'lines') { if (pages) pages.turn(ticket.id, line); return; }
    if ((line || action === 'start' || action === 'bump') && (guarded.get(guard) || 0) > now) return;
    const label = KdsCards.place(t, ticket.order);
    const made = outbox.tap(action, ticket, label, new Date(feed.now()).toISOString(), line && [line]);
    if (!made) { loadSheets().then(() => sheets.say(t('kept_full', {n: KdsModel.TAPS_KEPT}))); return; }
    if (guarded.size > 500) guarded.clear();
    if (line) { guarded.set(guard, now + GUARD_MS); paint(); return; }
    const back = action === 'undo' || action === 'recall';
    if (back) guarded.delete(ticket.id);      // these buttons are not on the card: no second tap can hit it
    else guarded.set(ticket.id, now + GUARD_MS);
    const cards = Array.from(mount.querySelectorAll('.tk[data-id="' + ticket.id + '"]'));
    rest(cards);
    if (action === 'bump') view.toast = {id: ticket.id, ticket, label, until: now + UNDO_MS, up: !view.toastFits};
    else if (view.toast && view.toast.id === ticket.id) view.toast = null;
    if (back) firstSeen.set(ticket.id, {at: now, fresh: false, told: 0});
    if (action !== 'bump' || document.hidden) { paint(); return; }      // not with the next frame: a tap is seen at once
    /* Its card goes with this frame; that the others move up comes right behind, for a slow tablet takes a while. */
    cards.forEach((el) => el.classList.add('off'));
    laid = '';
    requestAnimationFrame(() => setTimeout(paint));
  }
  function openSheet(name) { loadSheets().then(() => sheets.open(name)); }
  /* Sheets come after the first picture: a cook wants the tickets first. */
  let sheets = null, pages = null, ring = null, coming = null;
  function loadSheets() {
    coming = coming || Promise.all(['sheets', 'pages', 'keys', 'sound'].map((part) => TP.load('staff/kds-' + part + '.js'))).then(() => {
      ring = root.KdsRing({sound, link, urgency, model});
      pages = root.KdsPages({t, pane, view, mount, unread, read, hands, draw});
      sheets = root.KdsSheets({t, api, station, screen, scope, pane, boot, loginPage, view, link, outbox, model, sound, act, draw});
      root.KdsKeys({t, api, view, model, act, undo: sheets.undo, say: sheets.say, draw});
      draw();
    });
    return coming;
  }
  /* -- drawing ------------------------------------------------------------------------------------------------ */
  function Lights() {
    const away = uplink && uplink.state === 'offline';
    return html`<span class="lights">
      ${link.stale
        ? html`<span class="state is-now" data-testid="live" data-state="stale">${icon('broken')}${t('picture_old')}</span>`
        : html`<span class=${'state' + (link.live ? ' is-proof' : '')} data-testid="live" data-state=${link.live ? 'live' : 'connecting'}>${icon(link.live ? 'live' : 'dash')}<span class="said">${t(link.live ? 'live' : 'connecting')}</span></span>`}
      ${away ? html`<span class="state" data-testid="sign-offline">${icon('cloudoff')}<span class="word">${t('offline')}</span></span>` : null}
      <span class=${'state sounds' + (sound.isOn() ? '' : ' is-soon')} data-testid="sound" data-state=${sound.isOn() ? 'on' : 'off'}>${icon(sound.isOn() ? 'sound' : 'tri')}<span class="word">${t(sound.isOn() ? 'sound_on' : 'sound_off')}</span></span>
    </span>`;
  }

  function secondly(draw) { return html`<${KdsCards.Tick} ticks=${ticks} draw=${draw} />`; }
  function lostFor() {
    const s = Math.round(feed.silentFor() / 1000);
    return s < 120 ? t('stale_s', {n: s}) : t('stale_m', {n: Math.floor(s / 60)});
  }

  function Alarm() {
    const login = link.reason === 'login';
    if (!link.stale && !login) return null;
    const head = login ? 'login_gone' : link.reason === 'full' ? 'full' : link.heardAt ? 'stale' : 'stale_first';
    return html`<div class="alarm" role="alert" data-testid="stale-frame">
      ${icon('stop')}
      <div><b>${t(head, {at: TP.clock.hms(link.heardAt)})}</b> <span>${t('watch')} ${t(login ? 'login_do' : link.reason === 'full' ? 'full_do' : 'stale_do')}</span></div>
      ${login ? html`<a class="btn" href=${loginPage}>${t('login')}</a>` : secondly(() => html`<span class="lost num" aria-hidden="true">${lostFor()}</span>`)}
    </div>`;
  }

  /* What a cook must act on; drawn by kds-sheets, which comes after the tickets. */
  function Conditions() {
    return sheets ? html`<${sheets.Conditions} list=${conditions} settled=${(c) => { conditions = conditions.filter((one) => one !== c); draw(); }} />` : null;
  }

  /* A line that was marked says nothing new. */
  function words(part) { return JSON.stringify(part, (name, value) => (name === 'state' && value === 'DONE' ? 'FIRED' : value)); }
  /* What a card says, in the order of its list. */
  function parts(ticket) { return KdsModel.unknown(ticket).concat(ticket.lines, ticket.order.note || []); }
  /* Nobody has seen it as it is. Lines count as they read: a later version of a ticket brings back only what it changes. */
  function unread(ticket) {
    const lines = read.get(ticket.id);
    return ticket.version > (ticket.shown_version || 0) && !(lines && parts(ticket).every((part) => lines.has(words(part))));
  }
  function Screen() {
    const open = shown, first = open[0];
    const worst = first ? urgency(first) : '';
    return html`<div class="page">
      <header class=${'bar' + (view.toast && view.toast.up ? ' covered' : '')}>
        <h1>${TP.text(station.name)}</h1>
        <span class="fig">${t('open')}<b class="num" data-testid="open-count">${open.length}</b></span>
        <span class=${'fig' + (worst === 'late' ? ' is-now' : worst ? ' is-soon' : '')}>${t('oldest')}${secondly(() => html`<b class="num" data-testid="oldest">${first ? KdsCards.age((ticks.now() - KdsModel.time(first.fired_at)) / 1000) : '–'}</b>`)}</span>
        <${Lights} />${secondly(() => html`<span class="clock num">${TP.clock.hm(feed.now())}</span>`)}
        <button type="button" class="btn allday" data-testid="allday-open" aria-pressed=${!!view.day} onClick=${() => openSheet('allday')}>${icon('bill')}<span class="word">${t('allday')}</span></button>
        <button type="button" class="btn" data-testid="recall-open" onClick=${() => openSheet('recall')}>${icon('undo')}<span class="word">${t('recall')}</span></button>
        <button type="button" class="btn" data-testid="settings" aria-label=${t('settings')} onClick=${() => openSheet('settings')}>${icon('gear')}</button>
      </header>
      <${Alarm} /><${Conditions} />${sheets ? html`<${sheets.Here} />` : null}
      <div class="stage"><main class="board">
        ${open.map((ticket, i) => html`<${KdsCards.Card} key=${ticket.id} place=${view.keys && i < 9 ? i + 1 : 0} chosen=${view.keys && view.chosen === ticket.id} ticket=${steady(ticket)} lang=${TP.lang} urgency=${urgency(ticket)} fresh=${isNew(ticket.id)} hidden=${view.hidden[ticket.id] || 0} ticks=${ticks} act=${act} t=${t} />`)}
        ${open.length || !view.ready ? null : html`<div class="empty">${icon('ready')}<p>${t('empty')}</p></div>`}
        ${pages ? html`<${pages.Pager} open=${open} />` : null}
        ${sheets ? html`<${sheets.Toast} />` : null}
      </main>${view.day ? html`<${view.day} />` : null}</div>
      ${sheets ? html`<${sheets.Begin} />` : null}
      ${sheets ? html`<${sheets.Notes} />` : null}
      ${view.sheet && sheets ? html`<${sheets[view.sheet]} />` : null}
    </div>`;
  }

  /* A tap laid over a ticket makes a new object each time; the same picture must be the same object for Memo. */
  const pictures = new Map();
  function steady(ticket) {
    const was = pictures.get(ticket.id);
    if (was && was.base === model.base(ticket.id) && KdsModel.face(was.ticket) === KdsModel.face(ticket)) return was.ticket;
    pictures.set(ticket.id, {base: model.base(ticket.id), ticket});
    if (pictures.size > 300) pictures.delete(pictures.keys().next().value);
    return ticket;
  }

  const mount = document.getElementById('screen');
  let asked = false, laid = '', shown = [];
  function draw() {
    if (asked) return;
    asked = true;
    if (document.hidden) setTimeout(paint, 300); else requestAnimationFrame(paint);
  }

  function figures() { return JSON.stringify([view.pages, view.page, view.after, view.hidden, view.toast && view.toast.up]); }

  /* How each card looks by its age. A tick compares with what was painted last, however long ago: a browser may let a
     page in the background sleep through the three seconds in which a card is new. */
  function looks(open) { return open.map((ticket) => ticket.id + urgency(ticket) + isNew(ticket.id)).join(); }

  function paint() {
    asked = false;
    shown = model.open();
    moods = looks(shown);
    TP.render(html`<${Screen} />`, mount);
    const board = mount.querySelector('.board');
    const cards = board.querySelectorAll('.tk');
    const now = Array.from(cards).map((el) => el.dataset.id + '/' + el.dataset.version + el.className.replace(KdsCards.LAID, '') + el.dataset.state).join() + [TP.lang, board.clientWidth, board.clientHeight, view.page].join();
    if (now !== laid) {
      laid = now;
      const l = KdsCards.lay(board, view.page, pane, !!view.day);
      rest(l.moved);
      const was = figures();
      Object.assign(view, l);
      if (view.toast && !l.toastFits) view.toast.up = true;
      if (figures() !== was) TP.render(html`<${Screen} />`, mount);
    }
    prove();
  }

  /* A wet finger taps twice: a card that was just tapped, or that slid under the finger, takes no tap for a moment. */
  function rest(moved) {
    if (!moved.length) return;
    moved.forEach((el) => el.classList.add('moved'));
    setTimeout(() => moved.forEach((el) => el.classList.remove('moved')), GUARD_MS + 20);
  }

  /* Painted means: two frames later still in view, in a document that is not hidden and with no sheet over the cards. */
  let proving = false;
  function prove() {
    if (proving || document.hidden) return;
    proving = true;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      proving = false;
      if (document.hidden || mount.querySelector('.veil')) return;
      let more = false;
      const drawn = [];
      mount.querySelectorAll('.tk:not(.off)').forEach((el) => {
        const id = el.dataset.id, ticket = model.base(id);
        if (!ticket || String(ticket.version) !== el.dataset.version) return;
        if (unread(ticket)) {
          const lines = read.get(id) || new Set(), known = lines.size, says = parts(model.view(id));
          KdsCards.inView(el.querySelector('ul')).forEach((seen, i) => { if (seen) lines.add(words(says[i])); });
          if (lines.size > known) { lines.at = performance.now(); more = true; }
          read.set(id, lines);
          if (unread(ticket)) return;
        }
        drawn.push(id);
      });
      outbox.seen(drawn);
      if (more && view.pages > 1) draw();
    }));
  }

  function tick() {
    const at = performance.now(), open = model.open();
    ticking.forEach((f) => f());
    let changed = false;
    if (view.toast && at > view.toast.until) { view.toast = null; changed = true; }
    const left = view.notes.filter((n) => n.until > at);
    if (left.length !== view.notes.length) { view.notes = left; changed = true; }
    if (pages && pages.step(open, at)) changed = true;
    if (looks(open) !== moods) changed = true;
    if (ring) ring(at);
    if (changed) draw();
  }
  function touched() {
    hands.touched = performance.now();
    if (sound.wanted()) sound.unlock();
  }
  ['pointerdown', 'keydown'].forEach((type) => document.addEventListener(type, touched, {passive: true}));
  document.addEventListener('visibilitychange', () => { if (!document.hidden) draw(); });
  root.addEventListener('resize', draw);
  root.addEventListener('online', () => outbox.retry());

  document.documentElement.classList.toggle('pane', pane);
  setInterval(tick, 500);
  paint();
  setTimeout(loadSheets, 300);
})(self);
