/* Pages and long cards: the button that turns them, and what turns by itself until every dish was in view. Loaded after
   the first picture. A long card is one card over several columns; what does not fit even so is counted on its button. */
(function (root) {
  'use strict';
  const STAY_MS = 4000, HOLD_MS = 10000, HOME_MS = 30000;      // on a page turned to by itself; where a cook turned to; home again
  const LINES_MS = 2500;      // on a part of a long card: three are read before the 8 s that bring a slip
  const PANE_MS = 1000;
  const HOME = 2;

  function forth(list) {
    const across = list.scrollWidth > list.clientWidth + 4;
    const room = across ? list.clientWidth : Math.max(48, list.clientHeight - 48);
    const end = across ? list.scrollLeft + list.clientWidth >= list.scrollWidth - 4 : list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
    if (across) list.scrollLeft = end ? 0 : list.scrollLeft + room;
    else list.scrollTop = end ? 0 : list.scrollTop + room;
  }

  /* props of the screen: hands {touched, turned}: when a cook last touched it, and when it last turned by itself */
  root.KdsPages = function ({t, pane, view, mount, unread, read, hands, draw}) {
    const html = TP.html, icon = KdsCards.icon, stay = pane ? PANE_MS : STAY_MS, part = pane ? PANE_MS : LINES_MS;

    /* by: 1 when a finger has moved it already, HOME back to its first line, else on by what is seen at once */
    function turn(id, by) {
      const list = mount.querySelector('.tk.clamp[data-id="' + id + '"] ul');
      if (!list || (by === HOME && !list.scrollTop && !list.scrollLeft)) return;
      if (by === HOME) list.scrollTop = list.scrollLeft = 0; else if (!by) forth(list);
      const n = KdsCards.below(list);
      if (by && n === view.hidden[id]) return;
      view.hidden = Object.assign({}, view.hidden, {[id]: n});
      draw();
    }

    function Pager({open}) {
      if (view.pages < 2) return null;
      const last = view.page >= view.pages - 1;
      const fresh = open.filter(unread).length;
      return html`<button type="button" class=${'btn pager' + (fresh ? ' btn-ink' : '')} data-testid="pager" onClick=${() => { view.page = last ? 0 : view.page + 1; draw(); }}>
        <span>${last ? t('to_first') : t('more_pages', {n: view.after})}${fresh && !last ? html` <b>${t('more_new', {n: fresh})}</b>` : null}</span>
        <span class="num">${t('page', {p: view.page + 1, n: view.pages})}</span>${icon(last ? 'undo' : 'right')}</button>`;
    }

    /* No dish waits for a finger: long cards of this page go on to their end, then the page turns to the oldest ticket
       never drawn, and home when all were. A touch holds it. -> whether the page is another one */
    function step(open, at) {
      const fresh = open.filter(unread), long = fresh.filter((x) => view.hidden[x.id]), on = long.filter((x) => view.hidden[x.id] > 0);
      const away = fresh.find((x) => view.where[x.id] !== view.page), to = away ? view.where[away.id] : 0;
      const hold = hands.touched <= hands.turned ? 0 : !fresh.length ? HOME_MS : view.page ? HOLD_MS : stay;
      if (view.sheet || at - hands.touched <= hold) return false;
      if (on.length || (long.length && !away)) (on.length ? on : long).forEach((x) => {
        const lines = read.get(x.id);
        if (lines && at - lines.at > part) { lines.at = hands.turned = at; turn(x.id); }
      });
      else if (at - hands.turned > stay && (away || !fresh.length)) {
        if (to >= 0 && to !== view.page) { view.page = to; hands.turned = at; return true; }
        Object.keys(view.hidden).forEach((id) => turn(id, HOME));
      }
      return false;
    }

    return {Pager, step, turn};
  };
})(self);
