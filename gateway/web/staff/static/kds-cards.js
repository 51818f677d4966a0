/* Ticket cards and how they are laid out. Drawing only: the model says what is true, and what happens is kds.js's. */
(function (root) {
  'use strict';
  const html = TP.html;

  /* The icons are read once into the page: the sign of a dead link must not need the link to be drawn. */
  TP.sprite = '#icon-';
  const icon = TP.icon;
  function loadIcons(tries) {
    fetch('/static/icons.svg?v=' + TP.version).then((r) => r.text()).then((text) => {
      const sprite = document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
      sprite.querySelectorAll('symbol').forEach((symbol) => { symbol.id = 'icon-' + symbol.id; });
      sprite.setAttribute('class', 'sprite');
      sprite.setAttribute('aria-hidden', 'true');
      document.body.appendChild(sprite);
    }).catch(() => { if (tries) setTimeout(loadIcons, 2000, tries - 1); });
  }
  loadIcons(30);

  /* -- words of a ticket -------------------------------------------------------------------------------------- */
  function place(t, order) {
    if (order.type === 'takeaway') return t('takeaway', {n: order.pickup_no || order.number});
    if (order.type === 'delivery') return t('delivery', {n: order.pickup_no || order.number});
    const table = String(order.table || order.number);
    return /^[A-Za-z]?\d+[A-Za-z]?$/.test(table) ? t('table', {n: table}) : table;
  }
  function age(seconds) {
    const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60);
    return m + ':' + (s % 60 < 10 ? '0' : '') + (s % 60);
  }
  function who(t, by) {
    if (!by) return t('someone');
    return /^screen /.test(by) ? t('screen_who', {n: by.slice(7)}) : by;
  }
  function named(x) { return typeof x === 'string' ? x : TP.text(x.name || x); }

  /* What changes with every second, drawn again alone. props: ticks, draw */
  class Tick extends TP.Component {
    componentDidMount() { this.off = this.props.ticks.add(() => this.setState({})); }
    componentWillUnmount() { this.off(); }
    render({draw}) { return draw(); }
  }

  const LINE = {
    CANCELLED: ['void', 'cross', 'cancelled'], DONE: ['ok', 'seen', 'done'], SERVED: ['ok', 'done', 'done'], ON_HOLD: ['wait', 'clock', 'hold']
  };

  function Line({t, line, ticket, act}) {
    const name = TP.text(line.kitchen_name || line.name), done = line.state === 'DONE';
    const state = ticket.state === 'CANCELLED' ? 'CANCELLED' : line.state;
    const look = LINE[state] || (ticket.state === 'STARTED' ? ['go', 'half', 'cooking'] : ['', '', '']);
    const extra = [];
    if (line.variant) extra.push(html`<span>${named(line.variant)} </span>`);
    (line.modifiers || []).forEach((m) => extra.push(m.removal ? html`<em>${named(m)}</em> ` : html`<span>${named(m)} </span>`));
    return html`<li class=${'ln ' + look[0]} data-testid=${'line-' + ticket.order.number + '-' + line.id} data-state=${line.state}>
      <span class="q num">${line.quantity}×</span>
      <span class="n" dir="auto">${name}</span>
      ${look[1] ? html`<span class="mark">${icon(look[1])}<span class="sr">${t(look[2])}</span></span>` : null}
      ${extra.length ? html`<small>${extra}</small>` : null}
      ${line.note ? html`<small class="said" dir="auto">${t('quote', {text: line.note})}</small>` : null}
      ${act && (done || line.state === 'FIRED') ? html`<button class="tap" type="button" aria-label=${line.quantity + '× ' + name} aria-pressed=${done} data-testid=${'mark-' + ticket.order.number + '-' + line.id} onClick=${() => act(done ? 'undo' : 'bump', ticket, line.id)}></button>` : null}
    </li>`;
  }

  /* A change that the cook has to see: among the lines, so that a long card turns to it and past it like to a dish. */
  const STOPS = {cancel: 1, hold: 1};
  function Notice({t, notice, children}) {
    const kind = notice.kind === 'return' ? 'cancel' : notice.kind, sign = kind === 'cancel' ? '−' : '';
    const why = [notice.from_place ? t('from_place', {n: notice.from_place}) : '', notice.reason ? t('quote', {text: notice.reason}) : '', who(t, notice.by) + ' ' + TP.clock.hm(notice.at)];
    return html`<li><div class=${'change' + (STOPS[kind] ? ' stops' : '')} data-testid=${'notice-' + notice.kind}>
      <b>${icon(STOPS[kind] ? 'stop' : 'bell')}${t('n_' + kind)}</b>
      ${notice.lines.map((one) => html`<span class="what" key=${one.id}>${sign}${one.quantity}× ${TP.text(one.kitchen_name || one.name)}</span>`)}
      ${kind === 'change' ? html`<span class="what" dir="auto">${t('quote', {text: notice.note || '—'})} <s>${notice.note_before}</s></span>` : null}
      <small dir="auto">${why.filter(Boolean).join(' · ')}</small></div>${children}</li>`;
  }

  /* props: ticket, lang, urgency ('', 'soon', 'late'), fresh, hidden (lines that do not fit), place (its key, 0: no keys in use), chosen, ticks, act */
  const Card = TP.Memo(function ({ticket, urgency, fresh, hidden, place: key, chosen, ticks, act, t}) {
    const order = ticket.order, number = order.number, dead = ticket.state === 'CANCELLED';
    const news = KdsModel.unknown(ticket), name = place(t, order), mood = dead ? 'dead' : fresh ? 'new' : urgency;
    const seated = order.type !== 'takeaway' && order.type !== 'delivery';
    const meta = [dead ? t('cancelled') : fresh ? t('fresh') : '', name.indexOf(number) < 0 ? number : '',
      seated && order.covers ? t('covers', {n: order.covers}) : '', order.by].filter(Boolean);
    const slip = ticket.slip && ticket.slip.number ? ticket.slip : null;
    const startable = ticket.state === 'QUEUED' || ticket.state === 'SHOWN', asks = KdsModel.asks(ticket), mark = dead || asks ? null : act;
    const allergy = (ticket.allergies || []).length ? html`${icon('tri')}<span>${t('allergy', {what: ticket.allergies.map((a) => TP.allergen(a)).join(t('list_sep'))})}${asks ? html` <b>${t('allergy_know')}</b>` : ticket.allergy_by ? html` <small>${t('seen')} · ${who(t, ticket.allergy_by)} ${TP.clock.hm(ticket.allergy_at)}</small>` : null}</span>` : null;
    return html`<article class=${'tk ' + mood + (chosen ? ' chosen' : '')} data-id=${ticket.id} data-testid=${'ticket-' + number} data-state=${ticket.state} data-version=${ticket.version} aria-label=${name + ' ' + number}>
      <header>
        <h2>${key ? html`<b class="key num">${key}</b>` : null}${name}</h2>
        <span class="age">${urgency && !dead ? html`${icon(urgency === 'late' ? 'stop' : 'tri')}<span class="sr">${t(urgency)} </span>` : null}<${Tick} ticks=${ticks} draw=${() => html`<span class="num">${age((ticks.now() - KdsModel.time(ticket.fired_at)) / 1000)}</span>`} /></span>
        <span class="meta"><span class="who">${meta.join(' · ')}</span>${slip ? html`<span class="slipno">#<span class="sr">${t('slip', {n: ''})}</span>${slip.number}</span>` : null}</span>
      </header>
      ${order.addition ? html`<p class="tear">${t('addition')}</p>` : null}
      ${ticket.hold === 'fired' ? html`<p class="tear" data-testid="fired">${t('fired')}</p>` : null}
      <ul tabindex=${hidden ? 0 : null} aria-label=${name} onScroll=${() => act('lines', ticket, 1)}>${news.map((notice, i) => html`<${Notice} key=${notice.id} t=${t} notice=${notice}>
          ${dead || news[i + 1] ? null : html`<button class="know" type="button" data-testid=${'know-' + number} aria-label=${t('seen') + ' ' + name + ' ' + number} onClick=${() => act('acknowledge', ticket)}>${t('seen')}</button>`}</${Notice}>`)}${ticket.lines.map((line) => html`<${Line} key=${line.id} t=${t} line=${line} ticket=${ticket} act=${mark} />`)}
        ${order.note ? html`<li class="note said" dir="auto">${t('quote', {text: order.note})}</li>` : null}
        ${(ticket.elsewhere || []).length ? html`<li class="note">${t('also', {what: ticket.elsewhere.map((e) => named(e) + ' ' + e.quantity).join(t('list_sep'))})}</li>` : null}</ul>
      <div class="under"><button class="rest" type="button" onClick=${() => act('lines', ticket)}>${hidden < 0 ? t('lines_top') : t('more_lines', {n: hidden})}${icon('right')}</button>
      ${allergy && !asks ? html`<p class="box">${allergy}</p>` : null}</div>
      ${dead ? html`<p class="note">${t('cancelled_by', {who: who(t, ticket.updated_by), at: TP.clock.hm(ticket.updated_at)})}</p>` : null}
      ${slip && ticket.proof === 'screen' ? html`<p class="note" data-testid=${'on-paper-' + number}>${icon('paper')}${t(/^slip/.test(ticket.shown_by) ? 'on_paper' : 'maybe_paper', {n: slip.number})}</p>` : null}
      ${asks ? html`<button class="box ask" type="button" data-testid=${'allergy-' + number} onClick=${() => act('allergy', ticket)}>${allergy}<span class="sr"> ${name} ${number}</span></button>` : html`<div class=${'foot' + (startable ? ' two' : '')}>
        ${startable ? html`<button class="st" type="button" data-testid=${'start-' + number} aria-label=${t('start') + ' ' + name + ' ' + number} onClick=${() => act('start', ticket)}>${t('start')}</button>` : null}
        <button type="button" data-testid=${'bump-' + number} aria-label=${t(dead ? 'seen' : 'bump') + ' ' + name + ' ' + number} onClick=${() => act('bump', ticket)}>${t(dead ? 'seen' : 'bump')}</button>
      </div>`}
    </article>`;
  });

  /* -- layout: oldest first; what is long takes more columns --
     Returns {pages, page, after, where, hidden, moved, toastFits}. Positions go through the CSSOM, which the page's content
     policy allows. */
  const places = new WeakMap();      // element -> where it was last put, to see what moved
  const measures = new WeakMap();    // element -> {sign, span, height}
  const LAID = / ?\b(off|wide|clamp|moved)\b/g;      // classes that layout sets itself

  function lay(board, page, compact, beside) {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const gap = 0.625 * rem, W = board.clientWidth, H = board.clientHeight;
    const columns = compact ? Math.max(1, Math.min(2, Math.floor(W / (12 * rem)))) : Math.max(1, Math.floor((W + gap) / ((beside ? 14.5 : 17.5) * rem + gap)));
    const width = (W - gap * (columns - 1)) / columns;
    const cards = Array.from(board.querySelectorAll('.tk'));
    const bodies = cards.map((el) => el.querySelector('ul'));
    const spans = cards.map(() => 1), heights = [];
    const pagerH = 5.25 * rem;

    function size(el, i) {
      el.style.width = (spans[i] * width + (spans[i] - 1) * gap) + 'px';
      bodies[i].style.columnCount = spans[i] > 1 ? spans[i] : '';
      el.classList.toggle('wide', spans[i] > 1);
    }
    /* measuring makes the browser lay out; a card that did not change keeps its measure */
    const signs = cards.map((el) => [el.dataset.version, el.dataset.state, el.className.replace(LAID, ''), TP.lang, W, H, rem].join());
    let unknown = [];
    cards.forEach((el, i) => {
      const m = measures.get(el);
      if (m && m.sign === signs[i]) { spans[i] = m.span; heights[i] = m.height; if (spans[i] > 1) el.classList.add('wide'); return; }
      el.classList.remove('clamp');
      el.style.height = '';
      size(el, i);
      unknown.push(i);
    });
    const fresh = unknown;
    while (unknown.length) {
      unknown.forEach((i) => { heights[i] = cards[i].offsetHeight; });
      unknown = unknown.filter((i) => heights[i] > H && spans[i] < columns - 1);
      unknown.forEach((i) => { spans[i] += 1; size(cards[i], i); });
    }
    fresh.forEach((i) => measures.set(cards[i], {sign: signs[i], span: spans[i], height: heights[i]}));

    /* Each ticket goes to the first column with room. When one finds none the page is full: no younger one may pass it.
       The pager stands under the last column. */
    function pack(lastShort) {
      const depth = [];
      for (let c = 0; c < columns; c += 1) depth.push(c === columns - 1 ? H - lastShort : H);
      let at = 0, used = depth.map(() => 0);
      function find(h, span) {
        for (let c = 0; c + span <= columns; c += 1) {
          let top = 0, room = Infinity;
          for (let i = c; i < c + span; i += 1) { top = Math.max(top, used[i]); room = Math.min(room, depth[i]); }
          /* a ticket longer than an empty column takes it whole and is turned by hand */
          if (top + Math.min(h, top ? h : room) <= room + 0.5 && !(h > room + 0.5 && columns > span && c + span === columns)) return {c, top, room};
        }
        return null;
      }
      return cards.map((el, i) => {
        const span = spans[i];
        let spot = find(heights[i], span);
        if (!spot) { at += 1; used = depth.map(() => 0); spot = find(heights[i], span) || {c: 0, top: 0, room: H - lastShort}; }
        const h = Math.min(heights[i], spot.room - spot.top);
        for (let c = spot.c; c < spot.c + span; c += 1) used[c] = spot.top + h + gap;
        return {page: at, x: spot.c * (width + gap), y: spot.top, column: spot.c, span, h};
      });
    }
    let put = pack(0);
    let pages = put.length ? put[put.length - 1].page + 1 : 1;
    if (pages > 1) { put = pack(pagerH + gap); pages = put[put.length - 1].page + 1; }
    page = Math.min(page, pages - 1);

    const bottoms = [0, 0], where = {}, hidden = {}, moved = [];
    let after = 0;
    cards.forEach((el, i) => {
      const p = put[i], here = p.page === page, id = el.dataset.id;
      where[id] = p.page;
      el.classList.toggle('off', !here);
      if (p.page > page) after += 1;
      const clamp = heights[i] > p.h + 0.5;
      el.classList.toggle('clamp', clamp);
      el.style.height = clamp ? p.h + 'px' : '';
      const spot = (here ? '' : 'off ') + Math.round(p.x) + ',' + Math.round(p.y);
      if (places.has(el) && places.get(el) !== spot && here) moved.push(el);
      places.set(el, spot);
      el.style.transform = 'translate(' + Math.round(p.x) + 'px,' + Math.round(p.y) + 'px)';
      if (!here) return;
      for (let c = p.column; c < p.column + p.span; c += 1) if (c < 2) bottoms[c] = Math.max(bottoms[c], p.y + p.h);
      if (clamp) hidden[id] = below(bodies[i]);
    });
    return {pages, page, after, where, hidden, moved, toastFits: columns > 1 && Math.max(bottoms[0], bottoms[1]) < H - 6.5 * rem};
  }

  /* Lines out of sight of a card that is too long; -1: the end is in view. A wide card goes on to the right. */
  function below(list) {
    const box = list.getBoundingClientRect();
    const n = Array.from(list.children).filter((li) => {
      const r = li.getBoundingClientRect();
      return r.bottom > box.bottom + 4 || r.left > box.right - 4;
    }).length;
    return n || -1;
  }
  /* Of each line, whether its end is in view. It is turned by less than what is seen at once: so its beginning was, too. */
  function inView(list) {
    const box = list.getBoundingClientRect(), bottom = Math.min(box.bottom, root.innerHeight);
    return Array.from(list.children).map((li) => {
      const r = li.getBoundingClientRect();
      return r.bottom > box.top && r.bottom <= bottom + 4 && r.left > box.left - 4 && r.left < box.right;
    });
  }

  root.KdsCards = {Card, Tick, LAID, icon, lay, below, inView, place, who, age};
})(self);
