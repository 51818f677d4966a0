/* Cards of the pass, and how many fit. Drawing only: what happens is expo.js's. The sheets are expo-sheet's. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;

  function dishes(t, card) {
    return card.orders.map((order) => order.lines.filter((line) => line.state !== 'CANCELLED' && line.state !== 'RETURNED' && line.state !== 'SERVED')
      .map((line) => TP.text(line.kitchen_name && Object.keys(line.kitchen_name).length ? line.kitchen_name : line.name) + ' ' + line.quantity).join(t('list_sep'))).filter(Boolean).join(t('list_sep'));
  }
  function allergies(t, card) {
    const all = Array.from(new Set([].concat.apply([], card.orders.map((order) => order.allergies || []))));
    return all.length ? html`<p class="box">${icon('tri')}<span>${t('allergy', {what: all.map((a) => TP.allergen(a)).join(t('list_sep'))})}</span></p>` : null;
  }
  /* What was said to its cooks: changes of this kind. */
  function told(card, kind) {
    return [].concat.apply([], card.orders.map((order) => [].concat.apply([], order.tickets.filter(ExpoModel.isOpen).map((ticket) => ticket.notices.filter((one) => one.kind === kind)))));
  }
  function meta(t, card) {
    const order = card.first, where = PassParts.place(t, order);
    return [where.indexOf(order.number) < 0 && card.orders.length === 1 ? order.number : '', order.type === 'dine_in' && order.covers ? t('covers', {n: order.covers}) : '',
      order.by, order.addition ? t('addition') : '', told(card, 'rush').length ? t('rushed') : '', told(card, 'move').map((one) => t('was', {t: one.from_place})).slice(-1)[0]].filter(Boolean).join(' · ');
  }

  function Age({card, ticks, mood, t}) {
    return html`<span class="age">${mood ? html`${icon(mood === 'late' ? 'stop' : 'tri')}<span class="sr">${t(mood)} </span>` : null}<${PassParts.Tick} ticks=${ticks}
      draw=${() => html`<span class="num">${PassParts.age((ticks.now() - card.since) / 1000)}</span>`} /></span>`;
  }

  function Go({card, t, act, ticks}) {
    const where = PassParts.place(t, card.first), several = card.stations.length > 1;
    return html`<article class="out" data-testid=${'go-' + card.first.number} aria-label=${where}>
      <header><h3>${where}</h3><span class="meta">${meta(t, card)}</span><${Age} card=${card} ticks=${ticks} t=${t} mood="" /></header>
      <p class="what" dir="auto">${dishes(t, card)}</p>${allergies(t, card)}
      <div class="two"><button type="button" data-testid=${'serve-' + card.first.number} aria-label=${t('serve') + ' ' + where} onClick=${() => act.serve(card)}>${t('serve')}</button>
        <button type="button" class="alt" data-testid=${'back-' + card.first.number} aria-label=${t('back') + ' ' + where} onClick=${() => several ? act.open(card) : act.recall(card.stations[0].tickets[0])}>${t('back')}</button></div>
    </article>`;
  }

  const PIPS = 8;      // more dishes than this are told by the figure alone
  function Station({row, name, t}) {
    const full = row.done === row.total, pips = [];
    for (let i = 0; i < Math.min(PIPS, row.total); i += 1) pips.push(html`<i class=${i < row.done ? 'f' : i < row.done + row.cooking ? 'h' : ''}></i>`);
    return html`<li class=${'stn' + (full ? ' full' : '')} data-testid=${'station-' + row.station} data-done=${row.done} data-total=${row.total}>
      <span class="nm">${name(row.station)}</span><span class="pips" aria-hidden="true">${pips}</span><b class="num">${full ? icon('seen') : null}${full ? html`<span class="sr">${t('state_ready')} </span>` : null}${row.done}/${row.total}</b></li>`;
  }
  function missing(t, card, name) {
    return card.stations.filter((s) => s.done < s.total).map((s) => name(s.station) + ' ' + (s.total - s.done)).join(t('list_sep'));
  }
  /* Who is behind, in words: what waits to be called, else the station that is least far. */
  function hint(t, card, name) {
    if (card.held.length) return t('waits_call', {what: card.held.map(({order, ticket}) => order.lines.filter((line) => line.ticket === ticket.id).map((line) => TP.text(line.name) + ' ' + line.quantity).join(t('list_sep'))).join(t('list_sep'))});
    const least = ['QUEUED', 'SHOWN', 'STARTED'].map((state) => [state, card.waits.find((ticket) => ticket.state === state)]).find((one) => one[1]);
    return least ? t('is_' + least[0], {s: name(least[1].station)}) : '';
  }
  function first(t, card, act, name) {
    if (card.paper) return ['cross', t('cross'), () => act.cross(card)];
    if (card.held.length) return ['fire', t('fire'), () => act.fire(card.held[0])];
    const one = card.waits.every((ticket) => ticket.station === card.waits[0].station) && card.stations.length > 1;
    return ['rush', one ? t('rush_one', {s: name(card.waits[0].station)}) : t('rush'), () => act.rush(card, card.waits)];
  }
  function Wait({card, t, act, ticks, mood, name}) {
    const where = PassParts.place(t, card.first), [what, label, then] = first(t, card, act, name);
    return html`<article class=${'wait ' + mood} data-testid=${'wait-' + card.first.number} aria-label=${where}>
      <header><h3>${where}</h3><span class="meta">${meta(t, card)}</span><${Age} card=${card} ticks=${ticks} t=${t} mood=${mood} /></header>
      <ul>${card.stations.map((row) => html`<${Station} key=${row.station} row=${row} name=${name} t=${t} />`)}</ul>
      <div class="acts"><p class="miss">${t('missing', {what: missing(t, card, name)})}<small>${hint(t, card, name)}</small></p><button type="button" class="btn" data-testid=${what + '-' + card.first.number} aria-label=${label + ' ' + where} onClick=${then}>${label}</button>
        <button type="button" class="btn" data-testid=${'more-' + card.first.number} aria-label=${t('details') + ' ' + where} onClick=${() => act.open(card)}>${t('details')}</button></div>
    </article>`;
  }

  /* -- pages: what does not fit is on the next page, and a button says how many.
     `shelf` holds the cards in rows; returns {pages, after: cards behind this page}. */
  function lay(shelf, page) {
    const inner = shelf.firstElementChild, all = Array.from(inner.children), H = shelf.clientHeight;
    inner.style.transform = '';
    const starts = [0];
    all.forEach((el) => {
      if (el.offsetTop + el.offsetHeight - starts[starts.length - 1] > H && el.offsetTop > starts[starts.length - 1]) starts.push(el.offsetTop);
    });
    const at = Math.min(page, starts.length - 1), end = starts[at + 1] === undefined ? Infinity : starts[at + 1];
    inner.style.transform = starts[at] ? 'translateY(-' + starts[at] + 'px)' : '';
    let after = 0;
    all.forEach((el) => {
      el.classList.toggle('off', el.offsetTop < starts[at] || el.offsetTop >= end);
      if (el.offsetTop >= end) after += 1;
    });
    return {pages: starts.length, page: at, after};
  }

  root.ExpoCards = {Go, Wait, lay, missing};
})(self);
