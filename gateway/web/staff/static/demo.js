/* The visitor's page. Parts: demo-panes (the four panes), demo-paper (printers), demo-words; this file joins them.
   All that it shows comes from GET /demo/state: rows of the store, the paper itself, the cloud's own list. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot(), t = TP.t(root.DemoWords);
  const EVERY_MS = 700, AWAY_MS = 1500, HIDDEN_MS = 4000, SILENT_MS = 2500, SAID_MS = 9000;
  const LISTED = 20;      // orders that /demo/state lists at most
  const WAN = ['wan_down', 'cloud_error', 'cloud_slow', 'cloud_lost_answer', 'captive_portal'];
  const DRILLS = [
    ['wan_down', 'cloudoff'], ['cloud_error', 'cloud'], ['cloud_slow', 'slow'], ['cloud_lost_answer', 'mail'], ['captive_portal', 'door'],
    ['broker_down', 'board'], ['paper_out', 'paper', 'kitchen'], ['printer_unplugged', 'plug', 'kitchen']
  ].map(([fault, shape, target]) => ({fault, shape, target, key: target ? fault + ':' + target : fault}));
  TP.setLang(TP.pickLang([boot.lang]));

  /* -- state -------------------------------------------------------------------------------------------------- */
  let doc = null, heardAt = 0, away = false, busy = {}, failed = false, over = null, picture = null;
  const wasOn = new Map();      // running drill -> its document: what was on a moment ago

  const active = (drill) => (doc && doc.drills && doc.drills.active[drill.key]) || null;
  const playing = () => DRILLS.filter(active).sort((a, b) => (active(a).since < active(b).since ? 1 : -1));
  function now() { return away ? heardAt : TP.clock.now(); }
  function lasted(since) {
    const s = Math.max(0, Math.floor((now() - Date.parse(since)) / 1000));
    return Math.floor(s / 60) + ':' + (s % 60 < 10 ? '0' : '') + s % 60;
  }
  /* What is wrong between box and cloud: the drill that runs, or what the box found out by itself. */
  function fault() {
    const drill = playing().find((d) => WAN.indexOf(d.fault) >= 0);
    if (drill) return {fault: drill.fault, since: active(drill).since};
    const up = doc.uplink, why = {cloud_error: 'cloud_error', captive_portal: 'captive_portal', slow: 'cloud_slow'}[up.reason];
    return up.state === 'offline' ? {fault: why || 'wan_down', since: up.since} : null;
  }

  function tabName() {
    try {
      const kept = sessionStorage.getItem('tp.demo') || TP.key().slice(0, 4);
      sessionStorage.setItem('tp.demo', kept);
      return kept;
    } catch (_) { return TP.key().slice(0, 4); }
  }
  const panes = root.DemoPanes(t, boot, {draw: () => draw(), lasted, tab: tabName(), look: (src, title) => { picture = {src, title, back: document.activeElement}; draw(); }});

  /* -- what comes in ------------------------------------------------------------------------------------------ */
  const poll = TP.poll(() => {
    if (document.hidden) return HIDDEN_MS;
    return TP.fetchJson('/demo/state', {}, 3000).then((r) => {
      if (r.status === 401) { location.reload(); return HIDDEN_MS; }
      if (r.status !== 200) {
        if (heardAt && TP.clock.now() - heardAt > SILENT_MS) away = true;
        panes.listen();
        draw();
        return AWAY_MS;
      }
      TP.clock.sync(r.json.server_time);
      if (away) { away = false; setTimeout(panes.revive, 1500); }
      take(r.json);
      return EVERY_MS;
    });
  });
  function take(found) {
    heardAt = Date.parse(found.server_time);
    if (!found.drills && doc) found.drills = doc.drills;      // the supervisor is busy: what was on is still on
    doc = found;
    const ended = [];
    wasOn.forEach((drill, key) => { if (!active(drill)) { wasOn.delete(key); ended.push(drill); } });
    DRILLS.filter(active).forEach((drill) => { wasOn.set(drill.key, drill); });
    if (ended.length) over = {drill: ended[0], until: now() + SAID_MS};
    panes.listen();
    draw();
  }

  /* -- what the visitor does ---------------------------------------------------------------------------------- */
  function switchTo(drill, on) {
    const body = Object.assign({fault: drill.fault, on}, drill.target ? {target: drill.target} : {});
    return TP.fetchJson('/api/v1/drills', {body}, 8000).then((r) => {
      failed = r.status !== 200;
      if (!failed && doc) doc.drills = Object.assign({}, doc.drills, {active: r.json.active});
    });
  }
  function press(drill) {
    if (busy[drill.key]) return;
    const on = !active(drill);
    busy[drill.key] = true;
    over = null;
    /* One wire has one fault at a time */
    const others = on && WAN.indexOf(drill.fault) >= 0 ? playing().filter((d) => WAN.indexOf(d.fault) >= 0) : [];
    draw();
    others.reduce((before, other) => before.then(() => switchTo(other, false)), switchTo(drill, on)).then(() => {
      busy[drill.key] = false;
      others.forEach((other) => wasOn.delete(other.key));
      poll.now();
      draw();
    });
  }
  function lunch() {
    if (busy.lunch) return;
    busy.lunch = true;
    draw();
    TP.fetchJson('/demo/autoplay', {method: 'POST'}, 8000).then((r) => {
      busy.lunch = false;
      failed = r.status !== 200;
      if (!failed && doc) doc.drills = Object.assign({}, doc.drills, r.json);
      poll.now();
      draw();
    });
  }
  function language() { TP.setLang(TP.lang === 'en' ? 'zh-Hans' : 'en', true); draw(); }

  /* -- drawing ------------------------------------------------------------------------------------------------ */
  function Top() {
    const on = !!(doc && doc.drills && doc.drills.autoplay), caption = on && doc.drills.caption, other = TP.lang === 'en' ? 'zh-Hans' : 'en';
    return html`<header class=${'top' + (caption ? ' told' : '')}><h1 class="logo"><i></i>Tablepass</h1><p class="tag">${t('tagline')}</p>
      <div class=${'caption' + (caption ? ' on' : '')} role="status" data-testid="caption">${caption ? html`<p key=${caption.en}>${icon('play')}<span>${TP.text(caption)}</span></p>` : null}</div>
      <button type="button" class="btn lunch" data-testid="lunch" aria-disabled=${on || busy.lunch ? 'true' : 'false'} onClick=${() => { if (!on) lunch(); }}>${icon(on ? 'half' : 'play')}${t(on ? 'playing' : 'play')}</button>
      <button type="button" class="btn lg" data-testid="language" lang=${other} onClick=${language}>${t('other')}</button></header>`;
  }

  function Score({name, n, said, sub}) {
    return html`<div class="card score" data-testid=${'score-' + name}><b class=${'num n' + String(n).length}>${n}</b><span>${said}${sub}</span></div>`;
  }
  const well = (text) => html`<span class="state is-proof">${icon('done')}${text}</span>`;
  const hollow = (text) => html`<span class="state">${icon('ring')}${text}</span>`;
  function Board() {
    const s = doc.score, left = s.dishes - s.seen, pending = doc.uplink.pending, sent = !pending && !doc.waiting.length && doc.cloud.answers;
    const of = doc.waiting.length, events = pending && of ? t('pending_of', {o: t('n_orders', {n: of < LISTED ? of : of + '+'})}) : t('safe');
    return html`<section class="board" aria-label=${t('score')}>
      <${Score} name="dishes" n=${s.dishes} said=${t('dishes')} sub=${html`<small>${t('dishes_sub', {o: t('n_orders', {n: s.orders}), t: t('n_tables', {n: s.tables})})}</small>`} />
      <${Score} name="seen" n=${s.seen} said=${t('seen')} sub=${!s.dishes ? html`<small>${t('seen_none')}</small>` : left ? hollow(t('on_way', {n: left})) : well(t('proven'))} />
      <${Score} name="twice" n=${s.twice} said=${t('twice')} sub=${s.twice ? html`<span class="state is-now">${icon('stop')}${t('twice_look')}</span>` : html`<small>${s.reprints ? t('reprints', {n: s.reprints}) : t('no_reprints')}</small>`} />
      <${Score} name="pending" n=${pending} said=${t(pending ? 'pending_n' : 'pending', {n: pending})} sub=${pending || !sent ? hollow(events) : doc.cloud.count ? well(t('all_sent')) : html`<small>${t('nothing_sent')}</small>`} /></section>`;
  }

  /* -- the newest order's road: times are differences of what was written down, never measured by this page -- */
  function span(from, to) {
    const s = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
    if (s < 10) return t('s', {n: s.toFixed(1)});
    return s < 120 ? t('s', {n: Math.round(s)}) : t('min', {n: Math.round(s / 60)});
  }
  function stops(o) {
    const wan = fault();
    const why = (() => {
      const p = Object.keys(doc.printers).map((id) => doc.printers[id]).find((one) => one.head && one.head.state === 'WAITING');
      const key = p ? 'm_' + (p.head.reason || 'offline') : '';
      return p ? t(t(key) === key ? 'm_offline' : key) : '';
    })();
    const paper = {
      PRINTED: () => t('r_paper', {s: span(o.placed_at, o.printed_at)}), UNCONFIRMED: () => t('r_paper_mute'), UNKNOWN: () => t('r_paper_unknown'), CANCELLED: () => t('r_paper_cancelled'),
      WAITING: () => (why ? t('r_paper_out', {why}) : t('r_paper_wait'))
    }[o.paper];
    const cloud = o.in_cloud ? (o.in_cloud_by ? t('r_cloud_s', {s: span(o.placed_at, o.in_cloud_by)}) : t('r_cloud'))
      : wan ? t(wan.fault === 'wan_down' || wan.fault === 'captive_portal' ? 'r_cloud_cut' : 'r_cloud_fault') : t(doc.cloud.answers ? 'r_cloud_wait' : 'r_cloud_blind');
    return [
      ['disk', true, t('r_disk', {at: TP.clock.hms(o.placed_at)})],
      ['shown', !!o.shown_at, o.shown_at ? t(o.shown_on_screen ? 'r_screen' : 'r_cook', {s: span(o.placed_at, o.shown_at)}) : t('r_cook_wait')],
      ['paper', o.paper === 'PRINTED' && !!o.printed_at, paper ? paper() : t('r_paper_wait'), o.paper === 'UNKNOWN' ? 'ask' : o.paper === 'UNCONFIRMED' ? 'dash' : 'ring'],
      ['cloud', o.in_cloud, cloud]
    ];
  }
  function Road() {
    if (away) return html`<section class="road away" role="status" data-testid="away"><span class="state">${icon('broken')}${t('away', {at: TP.clock.hms(heardAt)})}</span></section>`;
    const o = doc.latest;
    if (!o) return html`<section class="road" aria-label=${t('road')}><span class="state">${icon('ring')}${t('no_order')}</span></section>`;
    return html`<section class="road" aria-label=${t('road')} data-testid="road"><b>${o.table ? t('latest', {o: o.number, t: TP.table(t, o.table)}) : t('latest_free', {o: o.number})}</b>
      ${stops(o).map(([name, done, words, shape], i) => html`${i ? html`<span class=${'leg' + (done ? '' : ' gap')}></span>` : null}<span class=${'state' + (done ? ' is-proof' : '')} data-testid=${'road-' + name} data-done=${done ? 'yes' : 'no'}>${icon(done ? 'seen' : shape || 'ring')}${words}</span>`)}</section>`;
  }

  /* -- drills -- */
  function Line() {
    const on = playing();
    if (away) return html`<p role="status"><b class="state">${icon('broken')}${t('stale')}</b></p>`;
    if (failed) return html`<p role="status"><b>${t('failed')}</b></p>`;
    if (on.length) return html`<p role="status" data-testid="playing"><b>${t('now_playing', {n: t('d_' + on[0].fault)})}</b><span>${t('w_' + on[0].fault)}${on.length > 1 ? ' ' + t('more_playing', {n: on.length - 1}) : ''}</span></p>`;
    if (over && WAN.indexOf(over.drill.fault) >= 0) {
      const left = doc.uplink.pending;
      if (left || doc.waiting.length) { over.until = now() + SAID_MS; return html`<p role="status" data-testid="playing"><b class="state">${icon('dash')}${t('back_wait', {n: left || doc.waiting.length})}</b></p>`; }
      if (now() < over.until) return html`<p role="status" data-testid="playing"><b class="state is-proof">${icon('done')}${t('back')}</b></p>`;
    }
    if (over && now() < over.until) return html`<p role="status" data-testid="playing"><b>${t('healed')}</b><span>${t('healed_paper')}</span></p>`;
    return html`<p role="status" data-testid="playing"><b>${t('idle')}</b><span>${t('idle_watch')}</span></p>`;
  }
  function Drill({drill}) {
    const on = active(drill);
    return html`<button type="button" class=${'btn drill' + (on ? ' btn-ink' : '')} aria-pressed=${on ? 'true' : 'false'} aria-busy=${busy[drill.key] ? 'true' : 'false'} data-testid=${'drill-' + drill.fault} onClick=${() => press(drill)}>
      ${icon(drill.shape)}${on ? html`<span>${t('d_' + drill.fault + '_on')} <span class="num">${lasted(on.since)}</span><small>${t('restore')}</small></span>` : html`<span>${t('d_' + drill.fault)}</span>`}</button>`;
  }

  /* -- one paper, large -- */
  class Closer extends TP.Component {
    componentDidMount() { this.close.focus(); }
    render({src, title}) {
      return html`<div class="closer" role="dialog" aria-modal="true" aria-label=${title} data-testid="closer" onClick=${shut}>
        <div><img src=${src} alt=${title} /></div><button type="button" class="btn" ref=${(el) => { this.close = el; }} onClick=${shut}>${icon('close')}${t('close')}</button></div>`;
    }
  }
  function shut() {
    const back = picture && picture.back;
    picture = null;
    draw();
    if (back && back.focus) back.focus();
  }
  document.addEventListener('keydown', (e) => { if (e.key === 'Escape' && picture) shut(); });

  function Page() {
    if (!doc) return html`<div class="page"><${Top} /></div>`;
    return html`<div class="page"><${Top} /><main><${Board} /><${Road} />
      <div class="panes"><${panes.PhonePane} /><${panes.KitchenPane} /><${panes.PaperPane} doc=${doc} away=${away} /><${panes.CloudPane} doc=${doc} fault=${fault()} away=${away} /></div>
      <section class="drills" aria-label=${t('drills')}><${Line} /><div class="row">${DRILLS.map((drill) => html`<${Drill} key=${drill.key} drill=${drill} />`)}</div></section></main>
      ${picture ? html`<${Closer} src=${picture.src} title=${picture.title} />` : null}</div>`;
  }
  const mount = document.getElementById('demo');
  function draw() { document.title = t('title'); TP.render(html`<${Page} />`, mount); }
  setInterval(() => { if (!document.hidden && doc && playing().length) draw(); }, 500);
  draw();
})(self);
