/* The keys of a bump bar or a keyboard: 1 to 9 the ticket at that place, arrows to choose one, Enter for the one chosen,
   R recalls the last, U takes the last bump back. The same order and the same first press on an allergy as a bump bar on
   the broker has (operations/device_events.py). Loaded after the first picture. */
(function (root) {
  'use strict';
  const HIGHEST = 9;

  root.KdsKeys = function ({t, api, view, model, act, undo, say, draw}) {
    /* The primary button of its card. A ticket on another page is turned to first: nobody bumps what is not in view. */
    function go(ticket) {
      if (!ticket) return;
      view.chosen = ticket.id;
      if (view.where[ticket.id] !== view.page) view.page = view.where[ticket.id] || 0;
      else act(KdsModel.asks(ticket) ? 'allergy' : 'bump', ticket);
      draw();
    }
    function choose(step) {
      const open = model.open(), at = open.findIndex((one) => one.id === view.chosen);
      const next = open[at < 0 ? 0 : Math.max(0, Math.min(open.length - 1, at + step))];
      if (!next) return;
      view.chosen = next.id;
      view.page = view.where[next.id] === undefined ? view.page : view.where[next.id];
      draw();
    }
    function recall() {
      if (view.toast) { act('recall', view.toast.ticket); return; }
      TP.fetchJson(api + '/recall', {}, 5000).then((r) => {
        const last = r.status === 200 && r.json && r.json.tickets[0];
        if (!last) { say(t(r.status === 200 ? 'recall_none' : 'recall_fail')); return; }
        model.apply({type: 'answer', ticket: last});
        act('recall', last);
      });
    }
    const KEYS = {ArrowRight: () => choose(1), ArrowDown: () => choose(1), ArrowLeft: () => choose(-1), ArrowUp: () => choose(-1), r: recall, u: undo};

    function pressed(event) {
      if (event.key === 'Tab') view.chosen = '';      // now Enter is the button's that has the focus
      if (view.sheet || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      const place = /^[1-9]$/.test(event.key) ? Number(event.key) : 0, open = model.open();
      const chosen = event.key === 'Enter' ? open.find((one) => one.id === view.chosen) : null;
      const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!place && !chosen && !does) return;
      event.preventDefault();
      if (document.activeElement) document.activeElement.blur();
      view.keys = true;
      if (place) go(open[place - 1]); else if (chosen) go(chosen); else does();
      draw();
    }
    document.addEventListener('keydown', pressed);
    return {HIGHEST};
  };
})(self);
