/* Why an order stands where it stands: one field for what a hand scanner types, the verdict, and every step. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot(), t = TP.t(root.OrdersWords);
  const OPEN_MS = 1500, OVER_MS = 10000, AWAY_MS = 2500, HIDDEN_MS = 8000;
  const LOOK = {now: ['is-now', 'stop'], soon: ['is-soon', 'tri'], going: ['is-move', 'half'], rest: ['', 'dash'], done: ['is-proof', 'done']};
  TP.setLang(TP.pickLang([boot.lang]));

  /* code: what is asked for; found: the box's answer; none: it knows no such order; away: it does not answer */
  const view = {code: boot.code, found: null, none: false, away: false, etag: '', heardAt: 0};

  const poll = TP.poll(() => {
    const code = view.code;
    if (!code) return HIDDEN_MS;
    if (document.hidden) return HIDDEN_MS;
    return TP.fetchJson('/api/v1/orders/' + encodeURIComponent(code) + '/timeline', {etag: view.etag}, 4000).then((r) => {
      if (r.status === 401) { location.reload(); return HIDDEN_MS; }
      if (code !== view.code) return 0;
      view.away = ![200, 304, 404].includes(r.status);
      if (!view.away) view.heardAt = TP.clock.now();
      if (r.status === 404) { view.found = null; view.none = true; view.etag = ''; }
      if (r.status === 200) { view.found = r.json; view.none = false; view.etag = r.etag || ''; }
      draw();
      return view.away ? AWAY_MS : view.found && view.found.open ? OPEN_MS : OVER_MS;
    });
  });

  function show(code) {
    Object.assign(view, {code, found: null, none: false, etag: ''});
    draw();
    poll.now();
  }
  function ask(e) {
    e.preventDefault();
    const field = e.target.code, code = field.value.trim();
    field.value = '';
    if (!code) return;
    history.pushState(null, '', '/orders/' + encodeURIComponent(code));
    field.blur();
    show(code);
  }
  addEventListener('popstate', () => { show(decodeURIComponent(location.pathname.split('/')[2] || '')); });
  /* A hand scanner types wherever the focus is: what it types belongs into the field. */
  addEventListener('keydown', (e) => {
    const field = document.getElementById('code');
    if (field && e.key.length === 1 && e.key !== ' ' && !e.ctrlKey && !e.metaKey && !e.altKey && document.activeElement !== field) field.focus();
  });

  /* -- drawing ---------------------------------------------------------------------------------------------- */
  function words(texts) {
    const said = TP.text(texts);
    return said.slice(0, 1).toUpperCase() + said.slice(1);
  }
  function Ask() {
    return html`<form class="ask" onSubmit=${ask}><label for="code">${t('code')}</label>
      <input id="code" name="code" data-testid="code" type="text" maxlength="64" autocomplete="off" autocapitalize="characters" spellcheck=${false} aria-describedby="code-do" />
      <button class="btn btn-ink" data-testid="go">${t('go')}</button><p id="code-do">${t('code_do')}</p></form>`;
  }
  function Cause({cause}) {
    const [cls, sign] = LOOK[cause.rank];
    return html`<li class=${'cause ' + cause.rank} data-testid=${'cause-' + cause.code}><span class=${'state ' + cls}>${icon(sign)}${t(cause.rank)}</span><span>${words(cause.words)}</span></li>`;
  }
  function Steps({steps}) {
    if (!steps.length) return null;
    return html`<ol class="steps" aria-label=${t('steps')}>${steps.map((s) => html`<li data-testid=${'step-' + s.what}><time datetime=${s.at}>${TP.clock.hms(s.at)}</time><span>${words(s.words)}</span></li>`)}</ol>`;
  }
  function Line({line}) {
    const off = line.state === 'CANCELLED' || line.state === 'RETURNED';
    return html`<li class=${off ? 'struck' : ''}>${line.quantity}× ${TP.text(line.name)}${off ? html` <small>${t('struck')}</small>` : null}</li>`;
  }
  function Station({ticket, steps}) {
    return html`<section class="card station" data-testid=${'station-' + ticket.station}><header><h2>${TP.text(ticket.name)}</h2>${ticket.slip ? html`<p>${t('slip', {c: ticket.slip})}</p>` : null}</header>
      <ul class="dishes">${ticket.lines.map((line) => html`<${Line} line=${line} />`)}</ul>
      <ul class="causes">${ticket.causes.map((cause) => html`<${Cause} cause=${cause} />`)}</ul><${Steps} steps=${steps} /></section>`;
  }
  function Verdict({found}) {
    const {order, stands} = found, [cls, sign] = LOOK[stands.rank];
    const place = order.table ? TP.table(t, order.table) : order.pickup_no || t(order.type);
    return html`<section class=${'verdict ' + stands.rank} data-testid="verdict"><p class="which"><b>${order.number}</b> ${place} · ${t('at', {at: TP.clock.hm(order.placed_at)})}</p>
      <h1 data-testid="stands"><span class=${cls}>${icon(sign)}</span>${words(stands.words)}</h1>
      <p class="fresh">${t('updated', {at: TP.clock.hms(view.heardAt)})} · ${t(found.open ? 'open' : 'over')}${found.in_cloud ? ' · ' + t('in_cloud') : ''}</p></section>`;
  }
  function Found({found}) {
    const known = found.tickets.map((x) => x.station), of = (station) => found.steps.filter((s) => s.station === station);
    const whole = found.steps.filter((s) => !known.includes(s.station));
    return html`<${Verdict} found=${found} /><div class="stations">
      ${found.tickets.map((ticket) => html`<${Station} ticket=${ticket} steps=${of(ticket.station)} key=${ticket.id} />`)}
      <section class="card station" data-testid="whole"><header><h2>${t('whole')}</h2></header>
      ${found.causes.length ? html`<ul class="causes">${found.causes.map((cause) => html`<${Cause} cause=${cause} />`)}</ul>` : null}<${Steps} steps=${whole} /></section></div>`;
  }
  function Body() {
    if (view.found) return html`<${Found} found=${view.found} />`;
    if (view.none) return html`<div class="empty" data-testid="none">${icon('ask')}<h1>${t('none', {c: view.code})}</h1><p>${t('none_do')}</p></div>`;
    if (view.code) return html`<p class="empty" role="status">${view.away ? t('silent') + ' · ' + t('silent_first') : t('wait')}</p>`;
    return html`<div class="empty">${icon('search')}<h1>${t('empty')}</h1></div>`;
  }
  const place = document.getElementById('orders');
  function draw() {
    document.title = (view.found ? view.found.order.number : t('title')) + ' · Tablepass';
    TP.render(html`<${Office.Top} boot=${boot} here='orders' draw=${draw} /><main>${view.away && view.found ? TP.sign('silent', 'cloudoff', t('silent'), t('silent_do', {at: TP.clock.hms(view.heardAt)})) : null}
      <${Ask} /><div aria-live="polite"><${Body} /></div></main>`, place);
  }
  draw();
  if (!view.code) document.getElementById('code').focus();
})(self);
