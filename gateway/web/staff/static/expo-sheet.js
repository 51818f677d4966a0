/* The sheets of the pass: one order with all that may be done about it, and what is about no card: what waits to be
   called, what has just gone out, and the dishes that are sold out. Loaded after the first picture. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, HOLD_MS = 800, SURE_MS = 6000, LATELY = 30, LATELY_S = 7200;
  const words = {
    'zh-Hans': {
      close: '关闭', early: '先上', hold_it: '按住', early_sure: '还差{what}，确定先上', early_do: '还没齐，差{what}。要先上就按住',
      s_none: '等厨房确认', s_seen: '已看到', s_cook: '在做', s_ready: '做好了', s_served: '已上', quote: '注：{text}',
      reprint: '补打', reprinted: '{t}：{s}的小票补打了 {n} 张', no_paper: '{t}：{s}没有可以补打的小票', away: '连不上，等一下再试',
      hold: '等叫', said_hold: '{t}：等叫', hold_table: '整桌等叫', hold_course: '{c}等叫', sell_off: '估清', sell_on: '恢复供应', sure_off: '确定估清', is_off: '{d}估清了，各处都不卖了', is_on: '{d}又开始卖了',
      dishes: '菜', held_title: '等叫', held_none: '没有等叫的菜', lately: '刚上过（2 小时内）', lately_none: '2 小时内没有上过菜', unserve: '放回传菜口', unserved: '{t}放回传菜口了', at: '{at} 上', early_at: '没齐先上', sold_title: '估清', course_none: '没分道次', wait: '正在读'
    },
    en: {
      close: 'Close', early: 'Serve now', hold_it: 'hold', early_sure: 'Missing {what}: serve all the same', early_do: 'Not complete, missing {what}. To serve it now, hold the button',
      s_none: 'kitchen has not confirmed', s_seen: 'a cook has it', s_cook: 'cooking', s_ready: 'ready', s_served: 'served', quote: 'Note: {text}',
      reprint: 'Reprint', reprinted: ['{t}: {n} slip of {s} reprinted', '{t}: {n} slips of {s} reprinted'], no_paper: '{t}: {s} has no slip to reprint', away: 'No link; try again in a moment',
      hold: 'Hold', said_hold: '{t}: on hold', hold_table: 'Hold the table', hold_course: 'Hold: {c}', sell_off: 'Sold out', sell_on: 'Back on', sure_off: 'Sure: sold out', is_off: '{d} is sold out everywhere', is_on: '{d} is sold again',
      dishes: 'Dishes', held_title: 'On hold', held_none: 'Nothing waits to be called', lately: 'Just gone out (2 hours)', lately_none: 'Nothing has gone out for 2 hours', unserve: 'Back to the pass', unserved: '{t} is back at the pass', at: 'out {at}', early_at: 'before it was complete', sold_title: 'Sold out', course_none: 'no course', wait: 'Reading'
    }
  };

  /* A button that must be held. Pressed shortly it says what it would skip; a keyboard, or what reads the screen aloud,
     cannot hold it and is asked once more instead. props: label, more, id, about, onHold, onTap, onAsk */
  class Hold extends TP.Component {
    down() {
      this.done = false;
      clearTimeout(this.timer);
      this.setState({held: true});
      this.timer = setTimeout(() => { this.done = true; this.setState({held: false}); this.props.onHold(); }, HOLD_MS);
    }
    up(tapped) {
      clearTimeout(this.timer);
      if (this.state.held) { this.setState({held: false}); if (tapped && !this.done) this.props.onTap(); }
    }
    componentWillUnmount() { clearTimeout(this.timer); }
    render({label, more, about, id}, {held}) {
      return html`<button type="button" class=${'btn hold' + (held ? ' held' : '')} data-testid=${id} aria-label=${label + ' ' + more + ' ' + about}
        onPointerDown=${() => this.down()} onPointerUp=${() => this.up(true)} onPointerLeave=${() => this.up(false)} onPointerCancel=${() => this.up(false)}
        onClick=${(e) => { if (e.detail === 0) this.props.onAsk(); }} onContextMenu=${(e) => e.preventDefault()}><span>${label}<small>${more}</small></span></button>`;
    }
  }

  root.ExpoSheet = function ({t, name, boot, act, model, draw, feed}) {
    Object.keys(words).forEach((lang) => Object.assign(root.ExpoWords[lang], words[lang]));
    const place = (order) => PassParts.place(t, order);
    let menu = null, armed = '', until = 0, busy = '';

    /* -- dishes: what is sold out, and its switch. Asked twice, as all phones lose the dish at once. ------------------ */
    function readMenu() { return TP.fetchJson('/api/v1/menu', {}, 4000).then((r) => { if (r.status === 200) { menu = r.json; draw(); } }); }
    function isOff(item) {
      const found = menu && [].concat.apply([], menu.categories.map((c) => c.items)).find((one) => one.id === item);
      return found ? found.sold_out : null;
    }
    function sell(item, off, label) {
      if (off && (armed !== item || performance.now() > until)) { armed = item; until = performance.now() + SURE_MS; draw(); return; }
      armed = '';
      busy = item;
      TP.fetchJson('/api/v1/items/' + encodeURIComponent(item) + (off ? '/sold-out' : '/back-on'), {body: {}}, 4000).then((r) => {
        busy = '';
        act.say(r.status === 200 ? t(off ? 'is_off' : 'is_on', {d: label}) : r.status ? t('refused', {t: label}) : t('away'));
        readMenu();
      });
    }
    function Sold({item, label}) {
      const off = isOff(item), sure = armed === item && performance.now() < until;
      if (off === null) return null;
      return html`<button type="button" class=${'btn' + (sure ? ' btn-ink' : '')} data-testid=${'sell-' + item} data-off=${off ? 'true' : 'false'} aria-disabled=${busy === item ? 'true' : 'false'} aria-label=${t(off ? 'sell_on' : sure ? 'sure_off' : 'sell_off') + ' ' + label} onClick=${() => { if (!busy) sell(item, !off, label); }}>${off ? icon('undo') : null}${t(off ? 'sell_on' : sure ? 'sure_off' : 'sell_off')}</button>`;
    }

    /* -- slips: every one of the ticket, as it came out last ---------------------------------------------------------- */
    function reprint({order, ticket}) {
      const label = place(order), s = name(ticket.station);
      TP.fetchJson('/api/v1/jobs?order=' + order.id, {}, 4000).then((r) => {
        if (r.status !== 200) { act.say(t('away')); return; }
        const last = new Map();
        r.json.jobs.filter((job) => job.ticket_id === ticket.id && job.kind === 'kitchen').sort((a, b) => (a.created_at < b.created_at ? -1 : 1)).forEach((job) => last.set(job.part, job));
        const out = Array.from(last.values()).filter((job) => ['PRINTED', 'UNCONFIRMED', 'UNKNOWN'].indexOf(job.state) >= 0);
        out.forEach((job) => act.tap('/api/v1/jobs/' + job.id + '/reprint', {}, label, '', true));
        act.say(out.length ? t('reprinted', {t: label, s, n: out.length}) : t('no_paper', {t: label, s}));
      });
    }

    const STATE = {QUEUED: ['ring', 's_none'], SHOWN: ['seen', 's_seen'], STARTED: ['half', 's_cook'], READY: ['ready', 's_ready'], SERVED: ['done', 's_served']};
    function button(id, label, about, then, ink) {
      return html`<button type="button" class=${'btn' + (ink ? ' btn-ink' : '')} data-testid=${id} aria-label=${label + ' ' + about} onClick=${then}>${label}</button>`;
    }
    function Ticket({order, ticket, card}) {
      const look = STATE[ticket.state] || STATE.SHOWN, s = name(ticket.station), open = ExpoModel.isOpen(ticket), waits = open && ticket.state !== 'READY';
      return html`<li class="tick" data-testid=${'ticket-' + ticket.station}><div><b>${s}</b> <span>${order.number} · ${icon(look[0])} ${t(look[1])}</span>
        <p dir="auto">${order.lines.filter((line) => line.ticket === ticket.id).map((line) => line.quantity + '× ' + TP.text(line.name) + (line.note ? ' ' + t('quote', {text: line.note}) : '')).join(t('list_sep'))}</p></div>
        <div class="deeds">${open && ticket.state === 'READY' ? button('recall-' + ticket.station, t('back'), s, () => act.recall({order, ticket})) : null}
          ${open && (ticket.state === 'READY' || ExpoModel.byPaper(ticket)) ? button('serve-one-' + ticket.station, t(ticket.state === 'READY' ? 'serve' : 'cross'), s, () => act.serveOne({order, ticket}), true) : null}
          ${waits ? button('rush-one-' + ticket.station, t('rush'), s, () => act.rush(card, [ticket])) : null}
          ${ticket.slip ? button('reprint-' + ticket.station, t('reprint'), s, () => reprint({order, ticket})) : null}</div></li>`;
    }
    function Held({order, ticket}) {
      const course = boot.courses.find((one) => one.id === ticket.course);
      return html`<li data-testid=${'held-' + order.number}><div><b>${place(order)}</b> <span>${course ? TP.text(course.name) : t('course_none')} · ${name(ticket.station)}</span>
        <p dir="auto">${order.lines.filter((line) => line.ticket === ticket.id).map((line) => line.quantity + '× ' + TP.text(line.name)).join(t('list_sep'))}</p></div>
        ${button('fire-one-' + order.number, t('fire'), place(order), () => act.fire({order, ticket}), true)}</li>`;
    }
    function holdTable(order, course) {
      act.tap('/api/v1/tables/' + encodeURIComponent(order.table) + '/hold', course ? {course} : {}, place(order), '', true);
      act.say(t('said_hold', {t: place(order)}));
    }
    function holdLine(order, line) {
      act.tap('/api/v1/orders/' + order.id + '/lines/' + line.id + '/hold', {}, place(order), '', true);
      act.say(t('said_hold', {t: place(order)}));
    }
    function Dish({order, line, mayHold}) {
      const label = TP.text(line.name);
      return html`<li><div><b>${line.quantity}× ${label}</b></div>${mayHold ? button('hold-' + line.item, t('hold'), label, () => holdLine(order, line)) : null}<${Sold} item=${line.item} label=${label} /></li>`;
    }

    class Sheet extends TP.Component {
      componentDidMount() { const box = document.querySelector('.side.sheet'); if (box) box.focus(); }
      render({title, children}) {
        return html`<div class="over"><div class="veil" onClick=${act.close}></div><section class="sheet side" role="dialog" aria-modal="true" aria-label=${title} data-testid="sheet" tabindex="-1">
          <div class="head"><h2>${title}</h2><button type="button" class="btn" data-testid="sheet-close" onClick=${act.close}>${icon('close')}${t('close')}</button></div>${children}</section></div>`;
      }
    }
    class Card extends TP.Component {
      render({card}, {sure}) {
        const where = place(card.first), what = ExpoCards.missing(t, card, name), table = card.first.type === 'dine_in' && card.first.table;
        const early = () => { act.close(); act.serve(card, true); };
        const dishes = [].concat.apply([], card.orders.map((order) => order.lines.filter((line) => ['CANCELLED', 'RETURNED'].indexOf(line.state) < 0).map((line) => ({order, line, ticket: order.tickets.find((one) => one.id === line.ticket)}))));
        const fresh = (ticket) => ticket && ExpoModel.isOpen(ticket) && (ticket.state === 'QUEUED' || ticket.state === 'SHOWN');
        const some = dishes.some(({line, ticket}) => line.state === 'FIRED' && fresh(ticket));
        return html`<${Sheet} title=${where}>
          <ul>${card.stations.map((row) => row.tickets.map(({order, ticket}) => html`<${Ticket} key=${ticket.id} order=${order} ticket=${ticket} card=${card} />`))}${card.held.map(({order, ticket}) => html`<${Held} key=${ticket.id} order=${order} ticket=${ticket} />`)}</ul>
          ${card.ready ? null : html`<div class="set"><${Hold} id=${'early-' + card.first.number} label=${t('early')} more=${t('hold_it')} about=${where} onHold=${early} onTap=${() => act.say(t('early_do', {what}))} onAsk=${() => this.setState({sure: true})} />
            ${sure ? button('early-sure', t('early_sure', {what}), where, early, true) : null}</div>`}
          ${table && some ? html`<div class="set deeds">${button('hold-table', t('hold_table'), where, () => holdTable(card.first, ''))}${boot.courses.map((c) => button('hold-course-' + c.id, t('hold_course', {c: TP.text(c.name) || c.id}), where, () => holdTable(card.first, c.id)))}</div>` : null}
          <div class="set"><h3>${t('dishes')}</h3><ul>${dishes.map(({order, line, ticket}) => html`<${Dish} key=${order.id + line.id} order=${order} line=${line} mayHold=${line.state === 'FIRED' && fresh(ticket)} />`)}</ul></div><//>`;
      }
    }

    /* What has gone out at the pass lately, newest first: an order stands here as a whole, by what was served last. */
    function lately() {
      const now = feed.now(), found = [];
      model.all().forEach((order) => {
        const out = order.tickets.filter((ticket) => ['pass', 'early', 'scan'].indexOf(ticket.ended) >= 0), at = Math.max.apply(null, out.map((ticket) => ExpoModel.time(ticket.served_at)));
        if (out.length && now - at < LATELY_S * 1000) found.push({order, at, early: out.some((ticket) => ticket.ended === 'early'), by: out[0].updated_by});
      });
      return found.sort((a, b) => b.at - a.at).slice(0, LATELY);
    }
    function More() {
      const held = [].concat.apply([], model.all().map((order) => order.tickets.filter(ExpoModel.isHeld).map((ticket) => ({order, ticket})))), out = lately();
      return html`<${Sheet} title=${t('other')}>
        <div class="set"><h3>${t('held_title')}</h3><ul>${held.map(({order, ticket}) => html`<${Held} key=${ticket.id} order=${order} ticket=${ticket} />`)}</ul>${held.length ? null : html`<p>${t('held_none')}</p>`}</div>
        <div class="set"><h3>${t('lately')}</h3><ul>${out.map(({order, at, early, by}) => html`<li key=${order.id} data-testid=${'out-' + order.number}><div><b>${place(order)}</b> <span>${order.number} · ${t('at', {at: TP.clock.hm(at)})}${early ? ' · ' + t('early_at') : ''} · ${by}</span></div>
          ${button('unserve-' + order.number, t('unserve'), place(order), () => { act.tap('/api/v1/orders/' + order.id + '/unserve', {}, place(order), order.id); act.say(t('unserved', {t: place(order)})); })}</li>`)}</ul>${out.length ? null : html`<p>${t('lately_none')}</p>`}</div>
        <div class="set"><h3>${t('sold_title')}</h3>${menu ? menu.categories.map((c) => html`<h4 key=${c.id}>${TP.text(c.name)}</h4><ul>${c.items.map((item) => html`<li key=${item.id}><div><b>${TP.text(item.name)}</b></div><${Sold} item=${item.id} label=${TP.text(item.name)} /></li>`)}</ul>`) : html`<p>${t('wait')}</p>`}</div><//>`;
    }
    return {Card, More, opened: readMenu};
  };
})(self);
