/* The printers page: how each is, what waits behind it, its latest papers, and what a person can do about them. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot(), t = TP.t(root.PrintersWords), Paper = root.PrintersPaper, Probe = root.PrintersProbe;
  const EVERY_MS = 1500, AWAY_MS = 2500, HIDDEN_MS = 8000, SHOWN = 8, SAID_MS = 8000;
  const ASK_MS = 500, TOLD_MS = 12000;      // a drawer or a buzzer: until its end is known, and how long a person waits for it
  TP.setLang(TP.pickLang([boot.lang]));

  /* -- state ------------------------------------------------------------------------------------------------ */
  let printers = null, conditions = [], papers = {}, heardAt = 0, away = false;
  let probe = null;                                               // {printer, inquiry, back}: whose findings are looked at
  let said = null, busy = {}, asking = null, shown = null;      // asking: {printer, what}; shown: {job, paper, failed, back}

  const name = (id) => { const p = (printers || []).find((one) => one.name === id); return p ? TP.text(p.title) || p.name : id; };
  const stations = (ids) => ids.map((id) => TP.text((boot.stations.find((s) => s.id === id) || {}).name) || id).join(TP.lang === 'en' ? ', ' : '、');
  function say(text, wrong) {
    said = {text, wrong};
    setTimeout(() => { if (said && said.text === text) { said = null; draw(); } }, SAID_MS);
    draw();
  }

  /* -- what comes in ---------------------------------------------------------------------------------------- */
  const poll = TP.poll(() => {
    if (document.hidden) return HIDDEN_MS;
    return Promise.all([TP.fetchJson('/api/v1/printers', {}, 4000), TP.fetchJson('/api/v1/conditions', {}, 4000)]).then(([all, wrong]) => {
      if (all.status === 401) { location.reload(); return HIDDEN_MS; }
      away = all.status !== 200 || wrong.status !== 200;
      if (away) { draw(); return AWAY_MS; }
      printers = all.json.printers;
      if (asking && !stillAsked(asking)) asking = null;
      conditions = wrong.json.conditions;
      heardAt = Date.now();
      return Promise.all(printers.map(readPapers)).then(() => { draw(); return EVERY_MS; });
    });
  });
  function readPapers(printer) {
    return TP.fetchJson('/api/v1/jobs?printer=' + encodeURIComponent(printer.name) + '&limit=' + SHOWN, {}, 4000).then((r) => {
      if (r.status === 200) papers[printer.name] = r.json.jobs;
    });
  }

  /* Nothing waits any more, or its slip has begun: the question has no answer left. */
  function stillAsked(ask) {
    if (!ask.job) return printers.some((p) => p.name === ask.printer && p.waiting);
    const job = (papers[ask.printer] || []).find((one) => one.id === ask.job.id);
    return !job || OPEN[job.state];
  }

  /* -- what a person does ----------------------------------------------------------------------------------- */
  function send(what, url, body, words) {
    if (busy[what]) return;
    busy[what] = true;
    draw();
    TP.fetchJson(url, {body}, 6000).then((r) => {
      busy[what] = false;
      if (r.status === 401) { location.reload(); return; }
      if (r.status === 200) say(words(r.json));
      else say(t(r.status === 409 || r.status === 422 ? 'refused' : 'failed'), true);
      poll.now();
    });
  }
  function act(printer, action, target) {
    const body = Object.assign({key: TP.key()}, target ? {printer: target} : {});
    asking = null;
    send(printer.name + action, '/api/v1/printers/' + encodeURIComponent(printer.name) + '/' + action, body, (done) => ({
      test: () => t('tested'), pause: () => t('paused_done'), resume: () => t('resumed'),
      clear: () => t(done.papers ? 'cleared' : 'nothing_waits', {n: done.papers}), move: () => t(done.papers ? 'moved' : 'nothing_waits', {n: done.papers, p: name(target)})
    })[action]());
  }
  /* The drawer or the buzzer. The same key is asked again until its job has ended: it never happens twice by that. */
  function deed(printer, kind) {
    const id = printer.name + kind, key = TP.key(), began = Date.now();
    if (busy[id]) return;
    busy[id] = true;
    say(t(kind + '_asked'));
    const end = (text, wrong) => { busy[id] = false; say(text, wrong); poll.now(); };
    const ask = () => TP.fetchJson('/api/v1/printers/' + encodeURIComponent(printer.name) + '/' + kind, {body: {key}}, 4000).then((r) => {
      if (r.status === 401) { location.reload(); return; }
      if (r.status === 403) { end(t('not_allowed'), true); return; }
      const job = r.status === 200 && r.json.job, late = Date.now() - began > TOLD_MS;
      if (job && deedWord(job)) end(deedWord(job), job.state !== 'PRINTED');
      else if (r.status >= 400 && r.status < 500) end(t('refused'), true);
      else if (late) end(t(kind + '_silent'), true);
      else { if (job && job.state === 'WAITING' && waits(job)) say(deedWaits(job, printer)); setTimeout(ask, ASK_MS); }
    });
    ask();
  }
  /* How it ended, in words; '' while it has not. */
  function deedWord(job) {
    if (job.state === 'CANCELLED') return t(job.kind + '_not', {r: reason(job.reason || 'too_late')});
    return {PRINTED: 1, UNCONFIRMED: 1, UNKNOWN: 1}[job.state] ? t(job.kind + '_' + job.state) : '';
  }
  /* Nothing has happened yet: what its printer is waited for, where that is known. */
  function deedWaits(job, p) {
    const why = job.reason ? reason(job.reason) : p.paused ? t('paused_reason') : p.status === 'blocked' || p.status === 'offline' ? reason(p.reasons[0] || p.status) : '';
    return t(why ? 'waits_why' : 'WAITING', {r: why});
  }
  const waits = (job) => !job.intent && (job.state === 'QUEUED' || job.state === 'WAITING');
  function decide(job, decision, target) {
    const body = Object.assign({key: TP.key()}, target ? {printer: target} : {});
    asking = null;
    send(job.id, '/api/v1/jobs/' + job.id + '/' + decision, body, () => t(decision) + ' · ' + what(job));
  }
  function open(job, back) {
    shown = {job, paper: null, failed: false, back};
    draw();
    const panel = document.querySelector('.panel h2');
    if (panel) panel.focus();
    TP.fetchJson('/api/v1/jobs/' + job.id + '/slip', {}, 5000).then((r) => {
      if (!shown || shown.job.id !== job.id) return;
      shown.paper = r.status === 200 ? r.json : null;
      shown.failed = r.status !== 200;
      draw();
    });
  }
  /* A probe is asked for, or looked at again: its answer is waited for as long as the house waits for it. */
  function openProbe(printer, back, last) {
    const mine = probe = {printer: printer.name, inquiry: null, back};
    const alive = () => probe === mine;
    const failed = (r) => { if (alive()) { probe = null; say(t(r.status === 429 ? 'probe_soon' : 'failed', {s: r.headers && r.headers.get('Retry-After')}), true); } };
    function heard(r) {
      if (!alive()) return;
      if (r.status === 401) { location.reload(); return; }
      if (r.status !== 200 && !mine.inquiry) { failed(r); return; }
      if (r.status === 200) mine.inquiry = r.json;
      draw();
      if (mine.inquiry.state === 'ASKED') setTimeout(() => { if (alive()) look(mine.inquiry.id); }, EVERY_MS);
      else poll.now();
    }
    const look = (id) => TP.fetchJson('/api/v1/inquiries/' + id, {}, 5000).then(heard);
    draw();
    const panel = document.querySelector('.panel h2');
    if (panel) panel.focus();
    if (last) look(last.inquiry);
    else TP.fetchJson('/api/v1/printers/' + encodeURIComponent(printer.name) + '/probe', {body: {key: TP.key()}}, 6000).then(heard);
  }
  function close() {
    const back = (shown || probe) && (shown || probe).back;
    shown = probe = null;
    draw();
    if (back && back.isConnected) back.focus();
  }
  addEventListener('keydown', (e) => { if (e.key === 'Escape') { if (shown || probe) close(); else if (asking) { asking = null; draw(); } } });

  /* -- words for what is ------------------------------------------------------------------------------------ */
  /* -> [class, icon, words]: what this printer can do now, as a shape and a word */
  function standing(p) {
    if (p.paused) return ['is-soon', 'dash', t('paused')];
    if (p.status === 'unknown' && p.reasons.indexOf('no_answer') >= 0) return ['is-soon', 'ask', t('mute')];
    return {
      online: ['is-proof', 'live', t('online')], degraded: ['is-soon', 'tri', t('degraded')], blocked: ['is-now', 'stop', t('blocked')],
      offline: ['is-now', 'stop', t('offline')]
    }[p.status] || ['is-soon', 'ask', t('unknown')];
  }
  const reason = (code) => t({offline: 'offline_reason', moved: 'moved_reason'}[code] || code);
  const KINDS = {kitchen: 'kitchen_kind', test: 'test_kind', drawer: 'drawer_kind', buzzer: 'buzzer_kind', station_copy: 'kitchen_copy'};
  const isPaper = (job) => job.kind !== 'drawer' && job.kind !== 'buzzer';
  function what(job) { return job.kind === 'label' ? t('label_of', {n: job.order_number + '-' + job.part}) : job.number ? t('slip', {n: job.number}) : t(KINDS[job.kind] || job.kind); }
  const STATES = {
    QUEUED: ['', 'ring'], SENDING: ['is-move', 'half'], WAITING: ['is-soon', 'clock'], PRINTED: ['is-proof', 'done'], UNCONFIRMED: ['', 'dash'],
    UNKNOWN: ['is-now', 'ask'], STALE: ['is-soon', 'ask'], DIVERTED: ['is-gone', 'right'], CANCELLED: ['is-gone', 'cross']
  };
  const OPEN = {QUEUED: 1, SENDING: 1, WAITING: 1, STALE: 1};      // an intent stays on record after the job's end
  function actions(job) {
    if (job.intent || !isPaper(job)) return [];
    switch (job.state) {
      case 'UNKNOWN': return job.settled === null ? ['came_out', 'reprint'] : ['reprint'];
      case 'PRINTED': case 'UNCONFIRMED': return ['reprint'];
      case 'STALE': return ['print', 'cancel'];
      case 'QUEUED': case 'WAITING': return job.kind === 'test' ? ['cancel'] : ['divert', 'cancel'];
      default: return [];
    }
  }

  const Look = root.PrintersLook(t, boot.bridges, boot.scans, () => draw(), () => (printers || []).length);

  /* -- drawing ---------------------------------------------------------------------------------------------- */
  function Top() {
    const other = TP.lang === 'en' ? 'zh-Hans' : 'en';
    return html`<header class="top"><p class="logo"><i></i>${TP.text(boot.store_name)}</p>
      <nav><a class="btn btn-quiet" href=${'/kds/' + encodeURIComponent(boot.stations[0].id)}>${t('kitchen')}</a>
      ${boot.demo ? html`<a class="btn btn-quiet" href="/demo">${t('demo')}</a>` : null}
      <button type="button" class="btn" data-testid="language" lang=${other} onClick=${() => { TP.setLang(other, true); draw(); }}>${t('other')}</button></nav></header>`;
  }
  function Headline() {
    const wrong = printers.filter((p) => standing(p)[0] !== 'is-proof').length;
    return html`<h1 data-testid="headline">${!printers.length ? t('none') : wrong ? t('some_wrong', {n: wrong}) : t('all_well', {n: printers.length})}</h1>
      ${printers.length ? null : html`<p>${t('none_do')}</p>`}`;
  }
  function Wrong({c}) {
    return html`<div class=${'condition ' + c.severity} role=${c.severity === 'now' ? 'alert' : 'status'}>${icon(c.severity === 'now' ? 'stop' : 'tri')}
      <h3>${TP.text(c.title)}</h3><p class="do">${TP.text(c.advice)}</p></div>`;
  }
  function Ask({p}) {
    /* a label printer takes labels only; labels come out of any printer */
    const job_ = asking.job, labels = job_ ? job_.kind === 'label' : !!p.label;
    const others = printers.filter((one) => one.name !== p.name && (labels || !one.label));
    if (asking.what === 'clear') {
      return html`<div class="ask" role="group"><p>${t('clear_ask', {n: p.waiting})}</p><p class="do">
        <button type="button" class="btn btn-ink" data-testid="clear-yes" onClick=${() => act(p, 'clear')}>${t('clear_yes', {n: p.waiting})}</button>
        <button type="button" class="btn" onClick=${() => { asking = null; draw(); }}>${t('back')}</button></p></div>`;
    }
    const job = asking.job;
    return html`<div class="ask" role="group"><p>${job ? what(job) + ' → ' : t('move_to', {n: p.waiting})}</p><p class="do">
      ${others.map((one) => html`<button type="button" class="btn" data-testid=${'to-' + one.name} onClick=${() => { if (job) decide(job, 'divert', one.name); else act(p, 'move', one.name); }}>${name(one.name)}</button>`)}
      <button type="button" class="btn btn-quiet" onClick=${() => { asking = null; draw(); }}>${t('back')}</button></p></div>`;
  }
  function Row({p, job}) {
    const [cls, shape] = STATES[job.state] || ['', 'ask'], calm = job.state === 'UNKNOWN' && job.settled !== null;
    const more = [job.order_number && t('order', {n: job.order_number}), job.copy > 1 && t('copy', {n: job.copy}), OPEN[job.state] && job.intent && t('wanted_back'), TP.clock.hm(Date.parse(job.created_at))];
    if (!isPaper(job)) {
      const asked = job.kind === 'drawer' && conditions.some((c) => c.code === 'drawer_unknown' && c.job === job.id);
      return html`<li class="row" data-testid=${job.kind + '-' + job.state}><span class="what">${icon(job.kind === 'drawer' ? 'lock' : 'bell')}<span><b>${what(job)}</b><small>${TP.clock.hm(Date.parse(job.created_at))}</small></span></span>
        <span class=${'state ' + (job.state === 'UNKNOWN' && !asked ? 'is-gone' : cls)}>${icon(shape)}${deedWord(job) || (waits(job) ? deedWaits(job, p) : t(job.intent ? job.kind + '_silent' : job.kind + '_asked'))}</span>
        ${asked ? html`<span class="acts"><button type="button" class="btn" data-testid="opened" onClick=${() => send(job.id, '/api/v1/jobs/' + job.id + '/came_out', {key: TP.key()}, () => t('drawer_PRINTED'))}>${t('it_opened')}</button></span>` : null}</li>`;
    }
    return html`<li class="row" data-testid=${'job-' + job.state}>
      <button type="button" class="what" aria-label=${t('look_at', {n: what(job)})} onClick=${(e) => open(job, e.currentTarget)}>${icon('paper')}<span><b>${what(job)}</b><small>${more.filter(Boolean).join(' · ')}</small></span></button>
      <span class=${'state ' + (calm ? 'is-gone' : cls)}>${icon(shape)}${t(calm ? 'answered' : job.state)}</span>
      <span class="acts">${actions(job).map((one) => html`<button type="button" class="btn" data-testid=${one} disabled=${!!busy[job.id]}
        onClick=${() => { if (one === 'divert') { asking = {printer: p.name, what: 'divert', job}; draw(); } else decide(job, one); }}>${t(one)}</button>`)}</span></li>`;
  }
  function Card({p}) {
    const [cls, shape, word] = standing(p), mine = conditions.filter((c) => c.subject === p.name || (c.printer === p.name && c.code !== 'slip_gap'));
    const list = papers[p.name] || [], more = p.reasons.map(reason).join(TP.lang === 'en' ? ', ' : '、');
    const about = [p.label ? t('label_mm', {w: p.label.width_mm, h: p.label.height_mm}) : t('mm', {n: p.columns > 32 ? 80 : 58}), t(p.fence === 'none' ? 'no_fence' : p.fence), t('at', {p: p.port}), p.model].filter(Boolean).join(' · ');
    const movable = p.waiting && printers.some((one) => one.name !== p.name && (p.label || !one.label));
    const stuck = p.status === 'blocked' || p.status === 'offline';      // then what waits is moved first, and a test slip would wait too
    const button = (action, shown_, ink) => html`<button type="button" class=${'btn' + (ink ? ' btn-ink' : '')} data-testid=${action} disabled=${!!busy[p.name + action]}
      onClick=${() => { if (action === 'drawer' || action === 'buzzer') deed(p, action); else if (action === 'move' || action === 'clear') { asking = {printer: p.name, what: action}; draw(); } else act(p, action); }}>${t(shown_ || action)}</button>`;
    return html`<section class="card printer" aria-label=${name(p.name)} data-testid=${'printer-' + p.name}>
      <header>${icon('printer')}<h2>${name(p.name)}</h2><span class=${'state ' + cls} data-testid="standing">${icon(shape)}${word}${more && p.status !== 'online' ? html`<small>${more}</small>` : null}</span></header>
      <p class="about">${about}</p>
      <p class="about">${p.serves.length ? t('serves', {s: stations(p.serves)}) : p.stands_in_for.length ? '' : t(p.label ? 'labels_only' : 'nobody')}${p.serves.length && p.stands_in_for.length ? ' · ' : ''}${p.stands_in_for.length ? t('stands_in', {s: stations(p.stands_in_for)}) : ''}</p>
      ${mine.map((c) => html`<${Wrong} c=${c} />`)}
      <p class=${'queue' + (p.waiting ? ' some' : '')} data-testid="waiting">${p.waiting ? html`<b>${t('waiting', {n: p.waiting})}</b>` : t('nothing_waits')}</p>
      <p class="do">${movable && stuck ? button('move', 'move', true) : null}${p.drawer !== 'none' && boot.opens_drawers ? button('drawer') : null}${p.buzzer !== 'none' ? button('buzzer') : null}${button('test')}${p.paused ? button('resume', 'resume', true) : button('pause')}${movable && !stuck ? button('move') : null}
        ${p.label ? null : html`<button type="button" class="btn" data-testid="probe" onClick=${(e) => openProbe(p, e.currentTarget)}>${t('probe')}</button>`}
        ${p.probed ? html`<button type="button" class="btn btn-quiet" data-testid="probe-last" onClick=${(e) => openProbe(p, e.currentTarget, p.probed)}>${t('probe_last')}</button>` : null}</p>
      ${p.waiting ? html`<p class="do apart">${button('clear')}</p>` : null}
      ${asking && asking.printer === p.name ? html`<${Ask} p=${p} />` : null}
      <h3>${t('papers')}</h3>${list.length ? html`<ul class="rows">${list.map((job) => html`<${Row} p=${p} job=${job} key=${job.id} />`)}</ul>` : html`<p class="about">${t('no_papers')}</p>`}
    </section>`;
  }
  function Panel() {
    const {job, paper, failed} = shown;
    return html`<div class="veil" onClick=${close}></div><div class="sheet panel" role="dialog" aria-modal="true" aria-label=${t('preview')}>
      <div class="bar"><h2 tabindex="-1">${what(job)}</h2><button type="button" class="btn" data-testid="close" onClick=${close}>${icon('close')}${t('close')}</button></div>
      <p class="about">${t('preview')}</p>
      <div class="tray" tabindex="0" role="group" aria-label=${t('preview')}>${paper ? html`<${Paper} paper=${paper} t=${t} />` : html`<p role="status">${t(failed ? 'preview_fail' : 'wait')}</p>`}</div></div>`;
  }
  function Page() {
    if (!printers) return html`<${Top} /><main><p class="empty" role="status">${away ? t('silent') : t('wait')}</p></main>`;
    return html`<${Top} /><main>
      ${away ? TP.sign('silent', 'cloudoff', t('silent'), t('silent_do', {at: TP.clock.hms(heardAt)})) : null}
      <${Headline} /><div class="printers">${printers.map((p) => html`<${Card} p=${p} key=${p.name} />`)}<${Look} /></div></main>
      <div class="said" role="status">${said ? html`<p class=${'toast' + (said.wrong ? ' wrong' : '')} data-testid="said">${said.wrong ? icon('tri') : null}${said.text}</p>` : null}</div>
      ${shown ? html`<${Panel} />` : null}
      ${probe ? html`<${Probe} inquiry=${probe.inquiry} name=${name(probe.printer)} words=${boot.findings} reason=${reason} t=${t} close=${close} />` : null}`;
  }
  const place = document.getElementById('printers');
  function draw() { TP.render(html`<${Page} />`, place); }
  draw();
  poll.now();
})(self);
