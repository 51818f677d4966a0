/* What stands at the pass: orders by id, cards made of them, and which numbers a guest may fetch. No DOM, no network.
   An order never goes backwards: of two pictures of it the one with the higher version stays, whichever came first. */
(function (root) {
  'use strict';
  const KEPT = 300;           // a rush places 100 an hour; served ones stay so long that a late event brings none back
  const READY_S = 300;        // without an expo page nobody serves: a number stands on the board for five minutes
  const OFF = ['CANCELLED', 'RETURNED'];

  function time(text) { const ms = text ? Date.parse(text) : NaN; return isNaN(ms) ? 0 : ms; }
  /* What waits to be called is before no cook yet, and nobody waits for it at the pass. */
  function isOpen(ticket) { return !ticket.cleared_at && ticket.state !== 'CANCELLED' && ticket.hold !== 'held'; }

  function create() {
    let orders = new Map(), renewed = false;

    function put(order) {
      const known = orders.get(order.id);
      if (known && known.version >= order.version) return false;
      orders.delete(order.id);      // Map keeps insertion order: the last changed goes last
      orders.set(order.id, order);
      if (orders.size > KEPT) {
        for (const [id, one] of orders) if (!one.tickets.some(isOpen)) { orders.delete(id); break; }
      }
      return true;
    }
    /* A snapshot holds the newest orders and every open one: an open one that it lacks is no longer there. */
    function snapshot(list) {
      if (renewed) { orders = new Map(); renewed = false; }
      const here = new Set(list.map((one) => one.id));
      orders.forEach((one, id) => { if (!here.has(id) && one.tickets.some(isOpen)) orders.delete(id); });
      list.forEach(put);
    }
    return {
      put, snapshot,
      reset: () => { renewed = true; },
      get: (id) => orders.get(id),
      all: () => Array.from(orders.values())
    };
  }

  /* How far a ticket is: dishes done of all, without those that are off. */
  function progress(order, ticket) {
    const lines = order.lines.filter((line) => line.ticket === ticket.id && OFF.indexOf(line.state) < 0);
    const whole = ticket.state === 'READY' || ticket.state === 'SERVED';
    const count = (list) => list.reduce((n, line) => n + line.quantity, 0);
    const total = count(lines);
    return {total, lines, done: whole ? total : count(lines.filter((line) => /^(done|served)$/i.test(line.state)))};
  }

  function stationsOf(list) {
    const found = new Map();
    list.forEach((order) => order.tickets.forEach((ticket) => {
      const p = progress(order, ticket);
      if (!p.total || ticket.state === 'CANCELLED' || ticket.hold === 'held') return;
      const at = found.get(ticket.station) || {station: ticket.station, done: 0, total: 0, cooking: 0, tickets: []};
      at.done += p.done;
      at.total += p.total;
      if (ticket.state === 'STARTED') at.cooking += p.total - p.done;
      at.tickets.push({order, ticket});
      found.set(ticket.station, at);
    }));
    return Array.from(found.values());
  }

  function isHeld(ticket) { return ticket.hold === 'held' && !ticket.cleared_at; }
  /* A kitchen without screens says nowhere that it is ready: the plate at the pass does. */
  function byPaper(ticket) { return ticket.proof === 'paper' && (ticket.state === 'SHOWN' || ticket.state === 'STARTED'); }

  function card(key, list) {
    const waits = [], held = [];
    let since = Infinity;
    list.forEach((order) => order.tickets.forEach((ticket) => {
      if (isHeld(ticket)) held.push({order, ticket});
      if (!isOpen(ticket)) return;
      since = Math.min(since, time(ticket.fired_at));
      if (ticket.state !== 'READY') waits.push(ticket);
    }));
    return {key, orders: list, first: list[0], since, waits, held, ready: !waits.length, paper: waits.length > 0 && waits.every(byPaper), stations: stationsOf(list)};
  }

  /* Cards, oldest first. wanted: {type, tables (null: all), byTable}; served: orders that were tapped away here. */
  function cards(list, wanted) {
    const groups = new Map();
    list.filter((order) => order.tickets.some(isOpen)).sort((a, b) => time(a.placed_at) - time(b.placed_at)).forEach((order) => {
      if (wanted.type && order.type !== wanted.type) return;
      if (wanted.tables && wanted.tables.indexOf(order.table) < 0) return;
      const key = wanted.byTable && order.table ? 'table ' + order.table : order.id;
      groups.set(key, (groups.get(key) || []).concat(order));
    });
    const made = [];
    groups.forEach((of, key) => made.push(card(key, of)));
    return made.sort((a, b) => a.since - b.since || (a.key < b.key ? -1 : 1));
  }

  /* The pick-up board: {preparing, ready}, numbers only. */
  function numbers(list, expo, now) {
    const found = {preparing: [], ready: []};
    list.slice().sort((a, b) => time(a.placed_at) - time(b.placed_at)).forEach((order) => {
      if (order.type === 'dine_in' && !order.pickup_no) return;
      const number = order.pickup_no || order.number, open = order.tickets.filter(isOpen);
      if (open.length) found[open.every((t) => t.state === 'READY') ? 'ready' : 'preparing'].push(number);
      else if (!expo && order.status !== 'CLOSED') {
        const bumped = order.tickets.filter((t) => t.ended === 'bump').map((t) => time(t.served_at));
        if (bumped.length && now - Math.max.apply(null, bumped) < READY_S * 1000) found.ready.push(number);
      }
    });
    return found;
  }

  root.ExpoModel = {create, cards, progress, numbers, time, isOpen, isHeld, byPaper};
})(self);
