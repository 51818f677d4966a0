/* Cards of the pass, and how many fit. Drawing only: what happens is expo.js's. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;
  const HOLD_MS = 800;      // a tap that slipped is over in 300

  /* A button that must be held: pressed shortly it says what it would skip. props: label, more, about, id, onHold, onTap */
  class Hold extends TP.Component {
    down(event) {
      if (event.type === 'keydown' && (event.repeat || (event.key !== 'Enter' && event.key !== ' '))) return;
      if (event.type === 'keydown') event.preventDefault();
      this.done = false;
      clearTimeout(this.timer);
      this.setState({held: true});
      this.timer = setTimeout(() => { this.done = true; this.setState({held: false}); this.props.onHold(); }, HOLD_MS);
    }
    up() {
      if (!this.state.held) return;
      clearTimeout(this.timer);
      this.setState({held: false});
      if (!this.done) this.props.onTap();
    }
    leave() { clearTimeout(this.timer); if (this.state.held) this.setState({held: false}); }
    componentWillUnmount() { clearTimeout(this.timer); }
    render({label, more, about, id}, {held}) {
      return html`<button type="button" class=${'btn hold' + (held ? ' held' : '')} data-testid=${id} aria-label=${label + ' ' + more + ' ' + about}
        onPointerDown=${(e) => this.down(e)} onPointerUp=${() => this.up()} onPointerLeave=${() => this.leave()} onPointerCancel=${() => this.leave()}
        onKeyDown=${(e) => this.down(e)} onKeyUp=${() => this.up()} onContextMenu=${(e) => e.preventDefault()}><span>${label}<small>${more}</small></span></button>`;
    }
  }

  function dishes(t, card) {
    return card.orders.map((order) => order.lines.filter((line) => line.state !== 'CANCELLED' && line.state !== 'RETURNED' && line.state !== 'SERVED')
      .map((line) => TP.text(line.kitchen_name && Object.keys(line.kitchen_name).length ? line.kitchen_name : line.name) + ' ' + line.quantity).join(t('list_sep'))).filter(Boolean).join(t('list_sep'));
  }
  function allergies(t, card) {
    const all = Array.from(new Set([].concat.apply([], card.orders.map((order) => order.allergies || []))));
    return all.length ? html`<p class="box">${icon('tri')}<span>${t('allergy', {what: all.map((a) => TP.allergen(a)).join(t('list_sep'))})}</span></p>` : null;
  }
  function meta(t, card) {
    const order = card.first, where = PassParts.place(t, order);
    return [where.indexOf(order.number) < 0 && card.orders.length === 1 ? order.number : '', order.type === 'dine_in' && order.covers ? t('covers', {n: order.covers}) : '',
      order.by, order.addition ? t('addition') : ''].filter(Boolean).join(' · ');
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
  function Wait({card, t, act, ticks, mood, name}) {
    const where = PassParts.place(t, card.first);
    return html`<article class=${'wait ' + mood} data-testid=${'wait-' + card.first.number} aria-label=${where}>
      <header><h3>${where}</h3><span class="meta">${meta(t, card)}</span><${Age} card=${card} ticks=${ticks} t=${t} mood=${mood} /></header>
      <ul>${card.stations.map((row) => html`<${Station} key=${row.station} row=${row} name=${name} t=${t} />`)}</ul>
      <div class="acts"><p class="miss">${t('missing', {what: missing(t, card, name)})}</p><${Hold} id=${'early-' + card.first.number} label=${t('early')} more=${t('hold')} about=${where} onHold=${() => act.serve(card, true)} onTap=${() => act.say(t('not_ready', {t: where, what: missing(t, card, name)}))} />
        <button type="button" class="btn" data-testid=${'more-' + card.first.number} aria-label=${t('details') + ' ' + where} onClick=${() => act.open(card)}>${t('details')}</button></div>
    </article>`;
  }

  const STATE = {QUEUED: ['ring', 'state_none'], SHOWN: ['seen', 'state_seen'], STARTED: ['half', 'state_cook'], READY: ['ready', 'state_ready'], SERVED: ['done', 'state_served']};
  function Sheet({card, t, act, name}) {
    const where = PassParts.place(t, card.first);
    return html`<div class="veil" onClick=${act.close}></div><section class="sheet side" role="dialog" aria-modal="true" aria-label=${where} data-testid="sheet" tabindex="-1">
      <div class="head"><h2>${where}</h2><button type="button" class="btn" data-testid="sheet-close" onClick=${act.close}>${icon('close')}${t('close')}</button></div>
      <ul>${card.stations.map((row) => row.tickets.map(({order, ticket}) => {
        const look = STATE[ticket.state] || STATE.SHOWN;
        return html`<li key=${ticket.id} data-testid=${'ticket-' + ticket.station}><div><b>${name(ticket.station)}</b> <span>${order.number} · ${icon(look[0])} ${t(look[1])}</span>
          <p dir="auto">${order.lines.filter((line) => line.ticket === ticket.id).map((line) => line.quantity + '× ' + TP.text(line.name) + (line.note ? ' ' + t('quote', {text: line.note}) : '')).join(t('list_sep'))}</p></div>
          ${ticket.state === 'READY' ? html`<button type="button" class="btn" data-testid=${'recall-' + ticket.station} aria-label=${t('back_one', {s: name(ticket.station)})} onClick=${() => act.recall({order, ticket})}>${t('back')}</button>
            <button type="button" class="btn btn-ink" data-testid=${'serve-one-' + ticket.station} aria-label=${t('serve') + ' ' + name(ticket.station)} onClick=${() => act.serveOne({order, ticket})}>${t('serve')}</button>` : null}</li>`;
      }))}</ul></section>`;
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

  root.ExpoCards = {Go, Wait, Sheet, lay};
})(self);
