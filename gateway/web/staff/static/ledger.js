/* The ledger: whether every dish that was accepted is accounted for; a verdict that is read across the room, then figures. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot(), t = TP.t(root.LedgerWords);
  /* A day of 3,000 lines is counted anew for each look: a quarter of a second of the box. */
  const LOOK_MS = 8000, OVER_MS = 60000, AWAY_MS = 2500;
  const CLASSES = ['cancelled', 'returned', 'held', 'screen', 'paper', 'hand', 'asked', 'waiting'];
  TP.setLang(TP.pickLang([boot.lang]));

  /* day: what is asked for, '' is the open one; found: the box's answer; print: '' | 'going' | 'done' | why not */
  const view = {day: boot.day, found: null, away: false, heardAt: 0, print: '', printer: (boot.printers[0] || {}).id || ''};

  const poll = TP.poll(() => {
    const day = view.day;
    if (document.hidden) return LOOK_MS;
    return TP.fetchJson('/api/v1/ledger' + (day ? '?day=' + encodeURIComponent(day) : ''), {}, 15000).then((r) => {
      if (r.status === 401) { location.reload(); return LOOK_MS; }
      if (day !== view.day) return 0;
      view.away = r.status !== 200;
      if (!view.away) { view.found = r.json; view.heardAt = TP.clock.now(); }
      draw();
      return view.away ? AWAY_MS : view.found.open ? LOOK_MS : OVER_MS;
    });
  });

  function show(day) {
    Object.assign(view, {day, found: null, print: ''});
    history.replaceState(null, '', '/admin/ledger' + (day ? '?day=' + day : ''));
    draw();
    poll.now();
  }
  function print() {
    view.print = 'going';
    draw();
    const body = {printer: view.printer, day: view.day, key: TP.key()};
    TP.fetchJson('/api/v1/ledger/print', {body}, 15000).then((r) => {
      view.print = r.status === 200 ? 'done' : (r.json && r.json.detail) || t('silent');
      draw();
    });
  }

  /* -- drawing ---------------------------------------------------------------------------------------------- */
  const stations = () => view.found.shifts.flatMap((shift) => shift.stations);
  const total = (kind) => stations().reduce((sum, one) => sum + one[kind], 0);
  const nameOf = (id) => TP.text((stations().find((one) => one.station === id) || boot.stations.find((one) => one.id === id) || {name: {und: id}}).name);

  function Bar() {
    const said = view.print === 'going' ? t('printing') : view.print === 'done' ? t('printed') : view.print ? t('print_failed', {why: view.print}) : '';
    return html`<form class="bar" onSubmit=${(e) => { e.preventDefault(); print(); }}>
      <label>${t('day')}<select data-testid="day" value=${view.day} onChange=${(e) => show(e.target.value)}>
        ${boot.days.map((day) => html`<option value=${day === boot.open ? '' : day} selected=${(day === boot.open ? '' : day) === view.day}>${day === boot.open ? t('today', {d: day}) : day}</option>`)}</select></label>
      ${boot.printers.length ? html`<label>${t('printer')}<select data-testid="printer" onChange=${(e) => { view.printer = e.target.value; }}>
        ${boot.printers.map((one) => html`<option value=${one.id}>${TP.text(one.name) || one.id}</option>`)}</select></label>
      <button class="btn btn-ink" data-testid="print" disabled=${view.print === 'going' || !view.found || !view.found.day}>${icon('printer')}${t('print')}</button>` : html`<p>${t('no_printer')}</p>`}
      <p class="said" role="status" data-testid="said">${said}</p></form>`;
  }
  function Verdict() {
    const found = view.found, accepted = total('accepted');
    const [cls, sign, words, more] = found.balanced
      ? ['done', 'done', accepted ? t('balanced') : t('nothing'), accepted ? t('balanced_do', {n: accepted}) : '']
      : ['now', 'stop', t('different', {n: total('difference')}), t('different_do')];
    return html`<section class=${'verdict ' + cls} data-testid="verdict"><h1>${icon(sign)}${words}</h1>${more ? html`<p class="do">${more}</p>` : null}
      <p class="fresh">${found.day} · ${t('as_of', {at: TP.clock.hms(found.at)})} · ${t(found.open ? 'open' : 'over')}</p></section>`;
  }
  function Difference({one}) {
    const place = one.table ? TP.table(t, one.table) + ' · ' : '';
    return html`<li data-testid="difference"><div><p class="dish">${TP.text(one.dishes)}</p>
      <p><b>${one.number}</b> ${place}${nameOf(one.station)} · ${TP.clock.hm(one.at)}${one.quantity < 0 ? ' · ' + t('more', {n: -one.quantity}) : ''}</p></div>
      <a class="btn" href=${'/orders/' + encodeURIComponent(one.number)}>${t('see')}</a></li>`;
  }
  function Gap({one}) {
    const place = one.table ? ' ' + TP.table(t, one.table) : '';
    return html`<li data-testid="gap"><div><p class="dish">${t('gap', {station: TP.text(one.name), slip: one.slip})}</p>
      <p>${one.order ? html`<b>${one.number}</b>${place} · ${t('gap_do')}` : t('never')}</p></div>
      ${one.order ? html`<a class="btn" href=${'/orders/' + encodeURIComponent(one.number)}>${t('see')}</a>` : null}</li>`;
  }
  function Station({one}) {
    const parts = CLASSES.concat('difference').filter((kind) => one[kind]);
    const line = t('sum', {n: one.accepted, parts: parts.map((kind) => t('part', {word: t(kind), n: one[kind]})).join(t('plus'))});
    return html`<section class="card station" data-testid=${'station-' + one.station} data-accepted=${one.accepted}><h3>${TP.text(one.name)}</h3>
      <dl>${parts.map((kind) => html`<div class=${kind} data-testid=${'class-' + kind}><dt>${t(kind)}</dt><dd>${one[kind]}</dd></div>`)}
      <div class="accepted"><dt>= ${t('accepted')}</dt><dd>${one.accepted}</dd></div></dl><p class="sum" data-testid="sum">${line}</p></section>`;
  }
  function Shift({shift}) {
    return html`<section class="shift" data-testid=${'shift-' + shift.shift}><h2>${TP.text(shift.name) || t('whole_day')}</h2>
      ${shift.stations.length ? html`<div class="stations">${shift.stations.map((one) => html`<${Station} one=${one} key=${one.station} />`)}</div>` : html`<p>${t('none')}</p>`}</section>`;
  }
  function Body() {
    const found = view.found;
    if (!found) return html`<p class="empty" role="status">${view.away ? t('silent') : t('wait')}</p>`;
    return html`<${Verdict} />
      ${found.differences.length ? html`<section class="list now"><h2>${t('differences')}</h2><ul>${found.differences.map((one) => html`<${Difference} one=${one} />`)}</ul></section>` : null}
      ${found.gaps.length ? html`<section class="list soon"><h2>${t('gaps')}</h2><ul>${found.gaps.map((one) => html`<${Gap} one=${one} />`)}</ul></section>` : null}
      ${found.shifts.map((shift) => html`<${Shift} shift=${shift} key=${shift.shift} />`)}`;
  }
  const place = document.getElementById('ledger');
  function draw() {
    document.title = t('title') + ' · Tablepass';
    TP.render(html`<${Office.Top} boot=${boot} here='ledger' draw=${draw} /><main>${view.away && view.found ? TP.sign('silent', 'cloudoff', t('silent'), t('silent_do', {at: TP.clock.hms(view.heardAt)})) : null}
      <${Bar} /><div aria-live="polite"><${Body} /></div></main>`, place);
  }
  draw();
})(self);
