/* What the screen knows: tickets by id, and the taps that the box has not answered yet. No DOM, no network.

   Two rules hold it together. A ticket never goes backwards: of two pictures of it the newer one stays, whichever
   arrives first. And a tap is laid over the box's picture until the box answers; what the box says then is the truth. */
(function (root) {
  'use strict';
  const GONE_KEPT = 200;      // cleared tickets stay so long that a late answer cannot bring one back; a rush clears ~60 an hour
  const TAPS_KEPT = 200;      // about two hours of bumps cut off at a busy station, 40 KB of localStorage

  function time(text) { const ms = text ? Date.parse(text) : NaN; return isNaN(ms) ? 0 : ms; }

  /* >0: a is newer than b. A picture of the same version may still carry a later proof. */
  function newer(a, b) {
    return a.version - b.version || time(a.updated_at) - time(b.updated_at) || (a.shown_version || 0) - (b.shown_version || 0);
  }

  /* what its cook has not acknowledged yet */
  function unknown(ticket) { return (ticket.notices || []).filter((n) => !n.acked_at); }
  function rushed(ticket) { return unknown(ticket).some((n) => n.kind === 'rush') ? 1 : 0; }

  /* The lines of a tap that are marked by themselves; the first that is done begins the ticket. */
  function mark(t, tap, from, to) {
    const begun = to === 'DONE' && t.state !== 'STARTED' ? {state: 'STARTED', started_at: tap.at} : {};
    return {...t, ...begun, lines: t.lines.map((l) => (tap.lines.indexOf(l.id) >= 0 && l.state === from ? {...l, state: to} : l))};
  }
  /* A tap on lines that the box did not take, because somebody else was quicker with the same. */
  function wished(tap, ticket) {
    const as = tap.action === 'bump' ? 'DONE' : 'FIRED';
    return !!tap.lines && !!ticket && tap.lines.every((id) => ticket.lines.some((l) => l.id === id && l.state === as));
  }
  /* A cook must say first that the allergy is known; paper asks nobody. */
  function asks(ticket) { return !!(ticket.allergies || []).length && !ticket.allergy_at && ticket.proof !== 'paper' && ticket.state !== 'CANCELLED'; }
  /* What a tap may change of a card. */
  function face(t) { return [t.state, asks(t), unknown(t).length, t.lines.map((l) => l.state)].join(); }

  const MOVES = {
    allergy: (t, at) => ({...t, allergy_at: at}),
    start: (t, at) => ({...t, state: 'STARTED', started_at: at}),
    bump: (t, at) => ({...t, state: t.state === 'CANCELLED' ? 'CANCELLED' : 'SERVED', cleared_at: at}),
    acknowledge: (t, at) => ({...t, notices: t.notices.map((n) => (n.acked_at ? n : {...n, acked_at: at}))}),
    undo: (t) => ({...t, state: 'SHOWN', cleared_at: null, started_at: null, ready_at: null, served_at: null}),
    recall: (t) => ({...t, state: 'SHOWN', cleared_at: null, started_at: null, ready_at: null, served_at: null})
  };

  function create(topic) {
    let tickets = new Map();      // id -> {t, absent}: absent = a snapshot no longer held it
    let taps = [];                // oldest first: {key, ticket, action, version, after, at, label}
    let renewed = false;          // after `reset` the next snapshot counts whatever its versions

    function put(ticket, fromStream) {
      const known = tickets.get(ticket.id);
      if (known) {
        const step = newer(ticket, known.t);
        if (step < 0 || (step === 0 && !fromStream)) return false;
      }
      if (ticket.cleared_at) tickets.delete(ticket.id);        // Map keeps insertion order: the last cleared goes last
      tickets.set(ticket.id, {t: ticket, absent: false});
      if (ticket.cleared_at) forgetOldest();
      return true;
    }

    function forgetOldest() {
      let gone = 0;
      tickets.forEach((k) => { if (k.absent || k.t.cleared_at) gone += 1; });
      if (gone <= GONE_KEPT) return;
      for (const [id, k] of tickets) {
        if (!(k.absent || k.t.cleared_at) || taps.some((tap) => tap.ticket === id)) continue;
        tickets.delete(id);
        if (--gone <= GONE_KEPT) return;
      }
    }

    function snapshot(list) {
      if (renewed) { tickets = new Map(); renewed = false; }
      const here = new Set(list.map((t) => t.id));
      tickets.forEach((k, id) => { if (!here.has(id)) k.absent = true; });
      list.forEach((t) => put(t, true));
      forgetOldest();
    }

    /* event: {type: 'reset' | 'snapshot' | 'ticket' | 'answer', ...}. `answer` is a ticket from a POST or a list: it
       may be older than what the stream brought meanwhile. */
    function apply(event) {
      if (event.type === 'reset') renewed = true;
      else if (event.type === 'snapshot') { if (event.topic === topic) snapshot(event.tickets); }
      else if (event.type === 'ticket') put(event.ticket, true);
      else if (event.type === 'answer') put(event.ticket, false);
    }

    function base(id) { const k = tickets.get(id); return k ? k.t : null; }

    function view(id) {
      const k = tickets.get(id);
      if (!k) return null;
      let t = k.absent && !k.t.cleared_at ? {...k.t, cleared_at: k.t.updated_at || k.t.fired_at} : k.t;
      for (const tap of taps) if (tap.ticket === id) t = !tap.lines ? MOVES[tap.action](t, tap.at) : tap.action === 'bump' ? mark(t, tap, 'FIRED', 'DONE') : mark(t, tap, 'DONE', 'FIRED');
      return t;
    }

    /* open tickets as the cook sees them: those that somebody rushed, then oldest first; what is ready stands at the pass */
    function open() {
      const list = [];
      tickets.forEach((_, id) => { const t = view(id); if (!t.cleared_at && t.state !== 'READY') list.push(t); });
      return list.sort((a, b) => rushed(b) - rushed(a) || time(a.fired_at) - time(b.fired_at) || (a.id < b.id ? -1 : 1));
    }

    /* A tap counts against the version that the cook saw; one that follows this screen's own unanswered tap on the
       same ticket takes its version from that answer (after = its key). */
    function tap(action, ticket, key, at, label, lines) {
      if (taps.length >= TAPS_KEPT) return null;
      if (!tickets.has(ticket.id)) tickets.set(ticket.id, {t: ticket, absent: false});
      const before = taps.filter((one) => one.ticket === ticket.id).pop();
      const made = {key, ticket: ticket.id, action, version: base(ticket.id).version, after: before ? before.key : null, at, label, lines};
      taps.push(made);
      return made;
    }

    /* The box's answer to a tap. Refused: the tap is taken back, and with it those that were built on it. */
    function settle(key, accepted, ticket) {
      const done = taps.find((one) => one.key === key);
      if (!done) return [];
      const dropped = [];
      const gone = new Set([key]);
      taps = taps.filter((one) => {
        if (one.key === key) return false;
        if (one.after === null || !gone.has(one.after)) return true;
        if (accepted) { one.after = null; if (ticket) one.version = ticket.version; return true; }
        gone.add(one.key);
        dropped.push(one);
        return false;
      });
      if (ticket) put(ticket, false);
      return dropped;
    }

    return {
      apply, base, view, open, tap, settle,
      taps: () => taps.slice(),
      restore: (saved) => { taps = saved.slice(0, TAPS_KEPT); },
      size: () => tickets.size
    };
  }

  root.KdsModel = {create, newer, time, unknown, wished, asks, face, GONE_KEPT, TAPS_KEPT};
})(self);
