/* The all-day panel: what is still to be made, by dish and options, over the cards that are on this screen. Loaded when it
   is first opened; on a wide screen it stands beside the cards, on a small one it is a sheet. */
(function (root) {
  'use strict';
  const words = {
    'zh-Hans': {allday_title: '待做汇总', allday_none: '没有要做的菜', allday_plain: '不加', allday_more: '还有 {n} 样', allday_top: '回到开头'},
    en: {allday_title: 'All-day', allday_none: 'Nothing to make', allday_plain: 'plain', allday_more: '{n} more', allday_top: 'Back to the top'}
  };
  if (root.KdsWords) Object.keys(words).forEach((lang) => Object.assign(KdsWords[lang], words[lang]));

  function options(line) { return [line.variant].concat(line.modifiers || []).filter(Boolean); }

  /* Of the open tickets that a cook sees: [{item, name, total, rows: [{options: ids, names, quantity}]}], most first. What is
     done, off or on hold is not counted, and nothing of a cancelled ticket. */
  function totals(tickets) {
    const dishes = new Map();
    tickets.forEach((ticket) => {
      if (ticket.state === 'CANCELLED' || ticket.hold === 'held') return;
      ticket.lines.filter((line) => line.state === 'FIRED').forEach((line) => {
        const ids = options(line).map((one) => one.id).sort().join();
        const dish = dishes.get(line.item) || {item: line.item, name: line.kitchen_name && Object.keys(line.kitchen_name).length ? line.kitchen_name : line.name, total: 0, rows: []};
        let row = dish.rows.find((one) => one.options === ids);
        if (!row) dish.rows.push(row = {options: ids, names: options(line), quantity: 0});
        row.quantity += line.quantity;
        dish.total += line.quantity;
        dishes.set(line.item, dish);
      });
    });
    const list = Array.from(dishes.values());
    list.forEach((dish) => dish.rows.sort((a, b) => b.quantity - a.quantity));
    return list.sort((a, b) => b.total - a.total);      // stable: of equal ones the one that waits longest stands first
  }

  root.KdsAllDay = function ({t, model}) {
    const html = TP.html, icon = KdsCards.icon;

    function named(names) { return names.map((one) => TP.text(one.name || one)).join(' ') || t('allday_plain'); }

    class List extends TP.Component {
      componentDidMount() { this.count(); }
      componentDidUpdate() { this.count(); }
      /* Nothing is hidden silently: the button below says how many dishes are out of sight. */
      count() {
        const box = this.el && this.el.getBoundingClientRect();
        const n = box ? Array.from(this.el.children).filter((li) => li.getBoundingClientRect().bottom > box.bottom + 4).length : 0;
        const long = !!box && this.el.scrollHeight > box.height + 4;
        if (n !== this.state.n || long !== this.state.long) this.setState({n, long});
      }
      turn() {
        this.el.scrollTop = this.state.n ? this.el.scrollTop + Math.max(64, this.el.clientHeight - 64) : 0;
        this.count();
      }
      render(_, {n, long}) {
        const dishes = totals(model.open());
        if (!dishes.length) return html`<p class="say">${t('allday_none')}</p>`;
        return html`<ul tabindex=${long ? 0 : null} role="list" aria-label=${t('allday_title')} ref=${(el) => { this.el = el; }} onScroll=${() => this.count()}>${dishes.map((dish) => {
          const alone = dish.rows.length === 1 && !dish.rows[0].options;
          const about = (row) => ({'data-testid': 'allday-row', 'data-item': dish.item, 'data-options': row.options, 'data-quantity': row.quantity});
          return html`<li key=${dish.item} ...${alone ? about(dish.rows[0]) : {}}><b class="num">${dish.total}</b><div dir="auto">${TP.text(dish.name)}
            ${alone ? null : html`<small>${dish.rows.map((row) => html`<span key=${row.options} ...${about(row)}>${named(row.names)} <b class="num">${row.quantity}</b></span> `)}</small>`}</div></li>`;
        })}</ul>${long ? html`<button type="button" class="btn" data-testid="allday-more" onClick=${() => this.turn()}>${t(n ? 'allday_more' : 'allday_top', {n})}${icon(n ? 'right' : 'undo')}</button>` : null}`;
      }
    }
    function Panel() { return html`<aside class="day" data-testid="allday" aria-label=${t('allday_title')}><h2>${t('allday_title')}</h2><${List} /></aside>`; }
    return {Panel, List};
  };
  root.KdsAllDay.totals = totals;
})(self);
