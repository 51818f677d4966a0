/* The pass: what may go out stands left, what is missing is named on the right. Parts: expo-model (what is true),
   expo-feed (the stream), expo-cards (cards and pages), expo-words; this file joins them and holds the taps. The sheets
   come after the first picture (expo-sheet). */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot();
  const UNDO_MS = 8000, SAID_MS = 20000, NOTE_MS = 12000, STALE_RING_MS = 10000, AGAIN_MS = 1500, GUARD_MS = 300;
  const TAPS_KEPT = 100;      // an hour of plates cut off from the box
  const told = /[?&]lang=/.test(location.search);
  TP.setLang(TP.pickLang((!told && TP.store.get('expo.lang')) || boot.lang));
  const t = TP.t(root.ExpoWords), screen = root.ExpoScreen('expo', boot.screen);
  const loginPage = '/login?next=' + encodeURIComponent(location.pathname + location.search);
  const stations = new Map(boot.stations.map((s) => [s.id, s]));
  function name(id) { return stations.has(id) ? TP.text(stations.get(id).name) : id; }

  const model = root.ExpoModel.create(), sound = PassParts.sounds(() => draw());
  const view = {type: '', area: '', byTable: false, pages: {go: 0, wait: 0}, laid: {go: {pages: 1, after: 0, page: 0}, wait: {pages: 1, after: 0, page: 0}}, open: null, more: false, toast: null, notes: [], said: null, just: null, scan: ''};
  const gone = new Map();           // orders that were tapped away here and not answered yet: id -> version that was seen
  const rang = new Set();           // cards that have chimed
  const heard = new Set();          // sayings that were spoken
  let uplink = null, firstLook = true, guardedUntil = 0, lastStaleRing = 0;

  const {link, feed} = root.ExpoFeed({
    screen, topics: 'orders,pass,uplink', model,
    onUplink: (found) => { uplink = found; },
    onSaid: (list, whole) => {
      list.filter((one) => !heard.has(one.id)).forEach((one) => {
        heard.add(one.id);
        if (feed && feed.now() - ExpoModel.time(one.at) > SAID_MS) return;
        view.said = one;
        if (whole) return;
        sound.play(one.kind === 'served' || one.kind === 'part' ? 'crossed' : 'wrong');
        if (sound.isOn()) root.ExpoVoice(TP.text(one.words), TP.lang);
      });
    },
    onChange: () => { chime(); draw(); }
  });
  const ticking = new Set();
  const ticks = {add: (f) => { ticking.add(f); return () => ticking.delete(f); }, now: () => (link.stale && link.heardAt ? link.heardAt : feed.now())};

  function cards() {
    const area = boot.areas.find((one) => one.id === view.area);
    const list = model.all().filter((order) => !(gone.has(order.id) && gone.get(order.id) >= order.version));
    return ExpoModel.cards(list, {type: view.type, tables: area ? area.tables : null, byTable: view.byTable});
  }
  function mood(card) {
    let worst = '';
    card.waits.forEach((ticket) => {
      const rule = stations.get(ticket.station) || {soon_s: 300, late_s: 600}, s = (ticks.now() - ExpoModel.time(ticket.fired_at)) / 1000;
      if (s >= rule.late_s) worst = 'late'; else if (s >= rule.soon_s) worst = worst || 'soon';
    });
    return worst;
  }
  /* What has become complete chimes once; what was complete when the page came does not. */
  function chime() {
    if (!link.ready) return;
    const ready = cards().filter((card) => card.ready).map((card) => card.key);
    const fresh = ready.filter((key) => !rang.has(key));
    rang.forEach((key) => { if (ready.indexOf(key) < 0) rang.delete(key); });
    fresh.forEach((key) => rang.add(key));
    if (fresh.length && !firstLook) sound.play('complete');
    firstLook = false;
  }

  /* -- taps: sent in order, each again with its own key until it is answered, kept over a reload ---------------------- */
  let taps = (TP.store.get('expo.taps') || []).filter((tap) => tap && tap.path), sending = false, away = false;
  function send() {
    const next = taps[0];
    if (sending || !next) return;
    sending = true;
    TP.fetchJson(next.path, {body: next.body}, 4000).then((r) => {
      sending = false;
      if (r.status === 0 || r.status >= 500 || [401, 408, 429].indexOf(r.status) >= 0) {
        away = true;
        if (r.status === 401) link.reason = 'login';
        draw();
        setTimeout(send, AGAIN_MS);
        return;
      }
      away = false;
      taps = taps.filter((tap) => tap !== next);
      TP.store.set('expo.taps', taps);
      if (r.status < 300 && r.json && r.json.tickets) model.put(r.json);
      if (next.order && !taps.some((tap) => tap.order === next.order)) gone.delete(next.order);
      if (r.status >= 300) { if (view.toast && view.toast.order === next.order) view.toast = null; say(t('refused', {t: next.label})); }
      draw();
      send();
    });
  }
  /* `bare`: a call that is not about a ticket, and knows no screen. */
  function tap(path, more, label, order, bare) {
    if (taps.length >= TAPS_KEPT) { say(t('kept_full')); return false; }
    taps = taps.concat({path, body: Object.assign(bare ? {key: TP.key()} : {screen, key: TP.key()}, more), label, order});
    TP.store.set('expo.taps', taps);
    send();
    return true;
  }
  function say(text) { view.notes = view.notes.concat({text, until: performance.now() + NOTE_MS}).slice(-2); draw(); }

  /* A wet finger taps twice, and the next card slides under it: for a moment no card takes a tap. */
  function guarded() {
    const now = performance.now();
    if (now < guardedUntil) return true;
    guardedUntil = now + GUARD_MS;
    return false;
  }
  function served(card, label) {
    view.toast = {label, orders: card.orders.map((order) => order.id), order: card.first.id, until: performance.now() + UNDO_MS};
    view.just = {label, at: feed.now()};
    view.open = null;
    /* Its card goes with this frame; that the others move up comes right behind, for a slow tablet takes a while. */
    const button = mount.querySelector('[data-testid=serve-' + card.first.number + ']'), its = button && button.closest('article');
    if (!its || document.hidden) { paint(); return; }
    its.classList.add('off');
    requestAnimationFrame(() => setTimeout(() => { its.classList.remove('off'); paint(); }));
  }
  let before = null, sheets = null;
  function opened() { before = document.activeElement; if (sheets) sheets.opened(); draw(); }
  const act = {
    say,
    tap,
    open: (card) => { view.open = card.key; opened(); },
    close: () => {
      view.open = null;
      view.more = false;
      paint();
      if (before && document.contains(before)) before.focus();
    },
    serve: (card, early) => {
      if (guarded()) return;
      const label = PassParts.place(t, card.first);
      card.orders.forEach((order) => {
        if (!tap('/api/v1/orders/' + order.id + '/serve', early ? {early: true} : {}, label, order.id)) return;
        gone.set(order.id, order.version);
      });
      served(card, label);
    },
    serveOne: ({order, ticket}) => {
      const label = t('served_part', {t: PassParts.place(t, order), s: name(ticket.station)});
      if (tap('/api/v1/orders/' + order.id + '/serve', {tickets: [ticket.id]}, PassParts.place(t, order), order.id)) say(label);
    },
    recall: ({order, ticket}) => {
      if (guarded()) return;
      const where = PassParts.place(t, order);
      if (tap('/api/v1/tickets/' + ticket.id + '/recall', {version: ticket.version, tell: true}, where, '')) say(t('recalled', {t: where, s: name(ticket.station)}));
      act.close();
    },
    /* A paper kitchen: the plate stands here, whatever no screen has said. */
    cross: (card) => {
      if (guarded()) return;
      const label = PassParts.place(t, card.first);
      card.orders.forEach((order) => {
        const tickets = order.tickets.filter(ExpoModel.isOpen).map((ticket) => ticket.id);
        if (tickets.length && tap('/api/v1/orders/' + order.id + '/serve', {tickets}, label, order.id)) gone.set(order.id, order.version);
      });
      served(card, label);
    },
    rush: (card, list) => {
      if (guarded()) return;
      const label = PassParts.place(t, card.first);
      list.forEach((ticket) => { tap('/api/v1/tickets/' + ticket.id + '/rush', {version: ticket.version}, label, ''); });
      say(t('said_rush', {t: label, s: Array.from(new Set(list.map((ticket) => name(ticket.station)))).join(t('list_sep'))}));
    },
    /* One course: all that the table waits for under its name; without a table line by line. */
    fire: ({order, ticket}) => {
      if (guarded()) return;
      const label = PassParts.place(t, order);
      if (order.type === 'dine_in' && order.table && ticket.course) tap('/api/v1/tables/' + encodeURIComponent(order.table) + '/fire', {course: ticket.course}, label, '', true);
      else order.lines.filter((line) => line.ticket === ticket.id && line.state === 'ON_HOLD').forEach((line) => { tap('/api/v1/orders/' + order.id + '/lines/' + line.id + '/fire', {}, label, '', true); });
      say(t('said_fire', {t: label}));
    },
    undo: () => {
      const toast = view.toast;
      view.toast = view.just = null;
      toast.orders.forEach((id) => { gone.delete(id); tap('/api/v1/orders/' + id + '/unserve', {}, toast.label, id); });
      draw();
    }
  };

  function scan(event) {
    event.preventDefault();
    const code = view.scan.trim().slice(0, 64);
    view.scan = '';
    if (code) tap('/api/v1/pass/scan', {code}, code, '');
    draw();
  }
  /* A hand scanner types like a keyboard, wherever the focus is: its letters belong into the one field there is. */
  document.addEventListener('keydown', (event) => {
    const field = document.getElementById('scan');
    sound.unlock();
    if (event.key === 'Escape' && (view.open || view.more)) act.close();
    if (field && !event.ctrlKey && !event.metaKey && !event.altKey && /^[A-Za-z0-9-]$/.test(event.key) && event.target !== field) field.focus();
  });

  /* -- drawing ------------------------------------------------------------------------------------------------ */
  function secondly(draw) { return html`<${PassParts.Tick} ticks=${ticks} draw=${draw} />`; }
  function Bar({all}) {
    const ready = all.filter((card) => card.ready).length, oldest = all[0];
    const held = model.all().filter((order) => order.tickets.some(ExpoModel.isHeld)).length;
    const mean = () => all.reduce((sum, card) => sum + ticks.now() - card.since, 0) / all.length / 1000;
    return html`<header class="bar"><h1>${t('title')}</h1>
      <span class="fig">${t('go')}<b class="num" data-testid="count-go">${ready}</b></span><span class="fig">${t('making')}<b class="num" data-testid="count-wait">${all.length - ready}</b></span>
      <span class="fig">${t('average')}${secondly(() => html`<b class="num" data-testid="average">${oldest ? PassParts.age(mean()) : '–'}</b>`)}</span>
      <span class="fig">${t('oldest')}${secondly(() => html`<b class="num" data-testid="oldest">${oldest ? PassParts.age((ticks.now() - oldest.since) / 1000) : '–'}</b>`)}</span>
      <span class="lights">${link.stale ? html`<span class="state is-now" data-testid="live" data-state="stale">${icon('broken')}${t('picture_old')}</span>`
        : html`<span class=${'state' + (link.live ? ' is-proof' : '')} data-testid="live" data-state=${link.live ? 'live' : 'connecting'}>${icon(link.live ? 'live' : 'dash')}<span class="said">${t(link.live ? 'live' : 'connecting')}</span></span>`}
        ${uplink && uplink.state === 'offline' ? html`<span class="state" data-testid="sign-offline">${icon('cloudoff')}<span class="word">${t('offline')}</span></span>` : null}
        <span class=${'state sounds' + (sound.isOn() ? '' : ' is-soon')} data-testid="sound" data-state=${sound.isOn() ? 'on' : 'off'}>${icon(sound.isOn() ? 'sound' : 'tri')}<span class="word">${t(sound.isOn() ? 'sound_on' : 'sound_off')}</span></span></span>
      ${secondly(() => html`<span class="clock num">${TP.clock.hm(feed.now())}</span>`)}
      <button type="button" class="btn" data-testid="other" onClick=${() => { view.more = true; opened(); }}>${held ? html`${icon('slow')}${t('held_n', {n: held})}` : t('other')}</button>
      <button type="button" class="btn" data-testid="lang" lang=${TP.lang === 'en' ? 'zh-Hans' : 'en'} onClick=${() => { TP.setLang(TP.lang === 'en' ? 'zh-Hans' : 'en'); TP.store.set('expo.lang', TP.lang); draw(); }}>${t('language')}</button></header>`;
  }
  function Alarm() {
    const login = link.reason === 'login';
    if (!link.stale && !login) return null;
    const full = link.reason === 'full';
    return html`<div class="alarm" role="alert" data-testid="stale-frame">${icon('stop')}
      <div><b>${t(login ? 'login_gone' : full ? 'full' : link.heardAt ? 'stale' : 'stale_first', {at: TP.clock.hms(link.heardAt)})}</b> <span>${t(login ? 'login_do' : full ? 'full_do' : 'stale_do')}</span></div>
      ${login ? html`<a class="btn" href=${loginPage}>${t('login')}</a>` : secondly(() => { const s = Math.round(feed.silentFor() / 1000); return html`<span class="lost num" aria-hidden="true">${s < 120 ? t('stale_s', {n: s}) : t('stale_m', {n: Math.floor(s / 60)})}</span>`; })}</div>`;
  }
  function choice(id, pressed, label, then) {
    return html`<button type="button" class=${'btn' + (pressed ? ' btn-ink' : '')} data-testid=${id} aria-pressed=${pressed ? 'true' : 'false'} onClick=${() => { then(); view.pages = {go: 0, wait: 0}; draw(); }}>${label}</button>`;
  }
  function Filters({left}) {
    const types = [['', 'all_types'], ['dine_in', 'dine_in'], ['takeaway', 'takeaways'], ['delivery', 'deliveries']];
    const areas = [{id: '', name: t('all_areas')}].concat(boot.areas);
    const next = areas[(areas.findIndex((one) => one.id === view.area) + 1) % areas.length];
    return html`<div class="filters" role="group" aria-label=${t('filters')}>
      ${types.map((one) => choice('type-' + (one[0] || 'all'), view.type === one[0], t(one[1]), () => { view.type = one[0]; }))}
      ${boot.areas.length > 1 ? choice('area', !!view.area, TP.text((areas.find((one) => one.id === view.area) || areas[0]).name), () => { view.area = next.id; }) : null}
      ${choice('by-table', view.byTable, t(view.byTable ? 'by_table' : 'by_order'), () => { view.byTable = !view.byTable; })}
      ${left ? html`<span class="left" data-testid="filtered">${t('hidden', {n: left})}</span>` : null}</div>`;
  }
  function Pager({side}) {
    const l = view.laid[side];
    if (l.pages < 2) return null;
    const last = l.page >= l.pages - 1;
    return html`<button type="button" class="btn turn" data-testid=${'pager-' + side} onClick=${() => { view.pages[side] = last ? 0 : l.page + 1; draw(); }}><span>${last ? t('first') : t('more', {n: l.after})}</span><span class="num">${t('page', {p: l.page + 1, n: l.pages})}</span>${icon(last ? 'undo' : 'right')}</button>`;
  }
  function Said() {
    const one = view.said;
    return html`<div class="saidbox" role="status">${one ? html`<p class=${'saying ' + one.kind} data-testid="said" data-kind=${one.kind}>${icon(one.kind === 'served' ? 'done' : one.kind === 'part' ? 'half' : one.kind === 'order' ? 'paper' : 'ask')}<span>${TP.text(one.words)}</span></p>` : null}</div>`;
  }
  function Screen() {
    const all = cards(), every = model.all().filter((order) => order.tickets.some(ExpoModel.isOpen)).length;
    const shown = all.reduce((n, card) => n + card.orders.length, 0), ready = all.filter((card) => card.ready), waits = all.filter((card) => !card.ready);
    const sheet = view.open && all.find((card) => card.key === view.open);
    return html`<div class="page"><${Bar} all=${all} /><${Alarm} />
      ${boot.expo ? null : html`<p class="hint" data-testid="no-expo">${icon('ask')}${t('no_expo')}</p>`}<${Said} />
      <main class="stage"><section class="go"><h2>${icon('ready')}${t('go_title')}</h2>
        <div class="shelf" data-side="go" tabindex="-1"><div>${ready.map((card) => html`<${ExpoCards.Go} key=${card.key} card=${card} t=${t} act=${act} ticks=${ticks} />`)}</div>${ready.length || !link.ready ? null : html`<p class="none">${t('empty_go')}</p>`}</div>
        <${Pager} side="go" />${view.just ? html`<p class="just">${icon('undo')}${t('just', {t: view.just.label, at: TP.clock.hm(view.just.at)})}</p>` : null}
        <form class="scan" onSubmit=${scan}><label class="sr" for="scan">${t('scan')}</label><input id="scan" data-testid="scan" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="64" placeholder=${t('scan')} value=${view.scan} onInput=${(e) => { view.scan = e.target.value; }} /><button class="btn" data-testid="scan-do">${t('scan_do')}</button></form></section>
      <section class="waiting"><div class="top"><h2>${icon('clock')}${t('wait_title')}</h2><${Filters} left=${every - shown - gone.size > 0 ? every - shown - gone.size : 0} /></div>
        <div class="shelf" data-side="wait" tabindex="-1"><div class="grid">${waits.map((card) => html`<${ExpoCards.Wait} key=${card.key} card=${card} t=${t} act=${act} ticks=${ticks} mood=${mood(card)} name=${name} />`)}</div>${waits.length || !link.ready ? null : html`<p class="none">${t('empty_wait')}</p>`}</div>
        <${Pager} side="wait" /></section></main>
      ${!sound.isOn() ? html`<section class="begin" aria-label=${t('begin')}><p>${t('begin_why')}</p><button type="button" class="btn btn-ink" data-testid="begin" onClick=${() => { sound.unlock(); draw(); }}>${icon('sound')}${t('begin')}</button></section>` : null}
      <div class="toasts" role="status">${view.toast ? html`<div class="toast"><span>${t(link.stale || away ? 'served_kept' : 'served', {t: view.toast.label})}</span><button type="button" class="btn" data-testid="undo" onClick=${act.undo}>${t('undo')}</button></div>` : null}</div>
      <div class="notes" role="status">${view.notes.map((n) => html`<p class="toast" key=${n.until} data-testid="note">${icon('ask')}<span>${n.text}</span></p>`)}</div>
      ${sheets && sheet ? html`<${sheets.Card} key=${sheet.key} card=${sheet} />` : sheets && view.more ? html`<${sheets.More} />` : null}</div>`;
  }

  const mount = document.getElementById('screen');
  let asked = false;
  function draw() {
    if (asked) return;
    asked = true;
    if (document.hidden) setTimeout(paint, 300); else requestAnimationFrame(paint);
  }
  function measure() {
    const was = JSON.stringify(view.laid);
    mount.querySelectorAll('.shelf').forEach((pane) => { view.laid[pane.dataset.side] = ExpoCards.lay(pane, view.pages[pane.dataset.side]); });
    return JSON.stringify(view.laid) !== was;
  }
  function paint() {
    asked = false;
    document.title = t('title') + ' · Tablepass';
    TP.render(html`<${Screen} />`, mount);
    /* A pager takes room of its own: what it pushes off the page is counted in the second look. */
    for (let looks = 0; looks < 3 && measure(); looks += 1) TP.render(html`<${Screen} />`, mount);
  }
  setInterval(() => {
    const at = performance.now();
    ticking.forEach((f) => f());
    if (view.toast && at > view.toast.until) { view.toast = null; draw(); }
    if (view.notes.some((n) => at > n.until)) { view.notes = view.notes.filter((n) => at <= n.until); draw(); }
    if (view.said && feed.now() - ExpoModel.time(view.said.at) > SAID_MS) { view.said = null; draw(); }
    if (Math.floor(at / 10000) !== Math.floor((at - 500) / 10000)) draw();      // moods change with the minutes
    if (link.stale && at - lastStaleRing > STALE_RING_MS) { sound.play('stale'); lastStaleRing = at; }
    if (!link.stale) lastStaleRing = 0;
  }, 500);
  document.addEventListener('pointerdown', () => { sound.unlock(); }, {passive: true});
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { send(); draw(); } });
  root.addEventListener('resize', draw);
  send();
  paint();
  TP.load('staff/expo-sheet.js').then(() => { sheets = root.ExpoSheet({t, name, boot, act, model, draw, feed, ticks}); if (view.open || view.more) sheets.opened(); draw(); });
})(self);
