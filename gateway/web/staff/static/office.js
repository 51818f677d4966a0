/* What the office's pages have in common: their head, with a way from each page to every other. */
(function (root) {
  'use strict';
  const words = {
    'zh-Hans': {kitchen: '厨房屏', expo: '传菜口', printers: '打印机', routing: '菜和档口', ledger: '厨房对账', orders: '查一张单', demo: '演示页', other: 'English'},
    en: {kitchen: 'Kitchen screen', expo: 'Pass', printers: 'Printers', routing: 'Stations', ledger: 'Ledger', orders: 'Look up an order', demo: 'Demo', other: '中文'}
  };
  const t = TP.t(words), html = TP.html;

  /* here: the page that shows it, by its key in `words`; draw(): says the page anew, in the other language */
  function Top({boot, here, draw}) {
    const other = TP.lang === 'en' ? 'zh-Hans' : 'en';
    const pages = [['kitchen', '/kds/' + encodeURIComponent(boot.stations[0].id)]]
      .concat(boot.expo ? [['expo', '/expo']] : [], [['printers', '/admin/printers'], ['routing', '/admin/routing'], ['ledger', '/admin/ledger'], ['orders', '/orders']], boot.demo ? [['demo', '/demo']] : []);
    return html`<header class="top"><p class="logo"><i></i>${TP.text(boot.store_name)}</p>
      <nav>${pages.map(([name, address]) => html`<a key=${name} class="btn btn-quiet" aria-current=${name === here ? 'page' : null} href=${address}>${t(name)}</a>`)}
      <button type="button" class="btn" data-testid="language" lang=${other} onClick=${() => { TP.setLang(other, true); draw(); }}>${t('other')}</button></nav></header>`;
  }

  root.OfficeWords = words;
  root.Office = {Top};
})(self);
