/* What joins this screen to the box: the one stream of events with the watch over it, and what the screen has to say.

   The feed. The browser reconnects by itself; when it does not, or when nothing
   at all arrives, this opens a new stream that goes on after the last event seen. */
(function (root) {
  'use strict';
  const SILENCE_MS = 3800;      // beats come every 2 s; red within 5 s, on a slow tablet too
  const LOOK_MS = 250;
  const EVENTS = ['snapshot', 'ticket', 'order', 'pass', 'conditions', 'uplink', 'screens', 'reset', 'beat'];

  function wait(tries) { return Math.min(5000, 500 * Math.pow(2, tries)) * (0.7 + 0.3 * Math.random()); }

  /* options: url(lastId) -> address, onEvent(type, data), onState({live, stale, heardAt, reason}), probe() -> what is in the way: 'login', 'full' or '' */
  function createFeed(options) {
    let source = null, lastId = '', heard = performance.now(), heardAt = 0, opened = 0;
    let live = false, stale = false, reason = '', tries = 0, nextTry = 0, probing = false, stopped = false;
    let offsets = [];

    /* The box's clock seen from here: the beat that travelled fastest in the last 16 s tells it best. */
    function beat(iso) {
      const at = Date.parse(iso);
      if (isNaN(at)) return;
      offsets.push(at - Date.now());
      if (offsets.length > 8) offsets.shift();
    }
    function now() { return Date.now() + (offsets.length ? Math.max.apply(null, offsets) : 0); }

    function tell() { options.onState({live, stale, heardAt, reason}); }

    function receive(type, event) {
      heard = performance.now();
      if (event.lastEventId) lastId = event.lastEventId;
      let data = null;
      try { data = JSON.parse(event.data || 'null'); } catch (_) { return; }
      if (type === 'beat' && data) beat(data.at);
      if (type === 'reset') lastId = event.lastEventId || '';
      heardAt = now();
      options.onEvent(type, data);
      if (!live) { live = true; stale = false; reason = ''; tries = 0; tell(); }
    }

    function open() {
      close();
      opened = performance.now();
      source = new EventSource(options.url(lastId));
      EVENTS.forEach((type) => source.addEventListener(type, (event) => receive(type, event)));
      source.onerror = lost;      // not left to the browser: its own pause of 3 s would turn the frame red at every renewal
    }

    function close() {
      if (!source) return;
      source.onerror = null;
      source.close();
      source = null;
    }

    function alarm(why) {
      if (stale && why === reason) return;
      live = false; stale = true; reason = why;
      tell();
    }

    /* The stream is gone (the box ends each after ten minutes): open another one, at once the first time. The frame turns
       red only when the silence lasts, or when we know that waiting does not help. */
    function lost() {
      close();
      nextTry = performance.now() + (tries ? wait(tries) : 100);
      tries += 1;
      if (probing || stopped || tries < 2) return;
      probing = true;
      /* EventSource hides why it was refused: this asks */
      options.probe().then((why) => {
        probing = false;
        if (live && source && performance.now() - heard < SILENCE_MS) return;
        if (why || stale) alarm(why);
      });
    }

    function look() {
      const t = performance.now();
      if (!stale && t - heard > SILENCE_MS) alarm('');
      if (source && t - Math.max(heard, opened) > SILENCE_MS) lost();
      if (!source && !stopped && t >= nextTry) open();
    }

    function stop() { stopped = true; close(); }
    root.addEventListener('pagehide', close);
    root.addEventListener('pageshow', () => { if (!source && !stopped) open(); });
    root.addEventListener('online', () => { nextTry = 0; });
    setInterval(look, LOOK_MS);
    open();
    return {now, stop, silentFor: () => performance.now() - heard};
  }

  /* The outbox: the cook's taps, in order, kept over a reload until they are answered; and `rendered`, the proof that a
     ticket was really painted. */
  const ANSWER_MS = 4000;
  const RENDERED_AT_ONCE = 3;      // a browser opens 6 connections to the box; the stream holds one
  const RENDERED_TRIES = 40;       // about three minutes; a changed ticket or a reload begins anew


  /* options: model, scope (part of the storage name), screen, onChange(), onRefused(tap, ticket), onLogin() */
  function createOutbox(options) {
    const model = options.model;
    const prefix = 'kds.tap.' + options.scope + '.';
    let sending = false, timer = 0, tries = 0, count = 0, away = false;

    /* -> {answered, accepted, ticket, status}; a box that is busy, ill or wants a login has not answered */
    function post(id, action, what) {
      const body = {screen: options.screen, key: what.key, version: what.version, lines: what.lines};
      return TP.fetchJson('/api/v1/tickets/' + encodeURIComponent(id) + '/' + action, {body}, ANSWER_MS).then((r) => {
        const accepted = r.status >= 200 && r.status < 300, ticket = accepted ? r.json : r.json && r.json.ticket;
        return {answered: r.status >= 200 && r.status < 500 && [401, 408, 429].indexOf(r.status) < 0, accepted, ticket: ticket && ticket.id ? ticket : null, status: r.status};
      });
    }

    function name(tap) { return prefix + tap.key; }
    function keep(tap) { TP.store.set(name(tap), tap); }

    function restore() {
      const saved = [];
      try {
        for (let i = 0; i < localStorage.length; i += 1) {
          const key = localStorage.key(i);
          if (key.indexOf('tp.' + prefix) === 0) saved.push(TP.store.get(key.slice(3)));
        }
      } catch (_) { /* storage is shut: taps live as long as the page */ }
      const taps = saved.filter((tap) => tap && tap.key).sort((a, b) => a.n - b.n);
      if (taps.length) count = taps[taps.length - 1].n;
      model.restore(taps);
    }

    /* -> the tap, or null when the store of unanswered taps is full */
    function tap(action, ticket, label, at, lines) {
      const made = model.tap(action, ticket, TP.key(), at, label, lines);
      if (!made) return null;
      count += 1;
      made.n = count;      // no clock: one that is set back would replay them in another order
      keep(made);
      send();
      return made;
    }

    function send() {
      clearTimeout(timer);
      if (sending) return;
      const next = model.taps()[0];
      if (!next) { setAway(false); return; }
      sending = true;
      post(next.ticket, next.action, next).then((r) => {
        sending = false;
        if (!r.answered) {
          setAway(true);
          if (r.status === 401) options.onLogin();
          timer = setTimeout(send, wait(tries));
          tries += 1;
          return;
        }
        tries = 0;
        const taken = r.accepted || KdsModel.wished(next, r.ticket);
        const dropped = model.settle(next.key, taken, r.ticket);
        TP.store.del(name(next));
        dropped.forEach((one) => TP.store.del(name(one)));
        model.taps().forEach((one) => { if (one.ticket === next.ticket) keep(one); });
        if (!taken) options.onRefused(next, r.ticket);
        options.onChange();
        send();
      });
    }

    function setAway(is) { if (away !== is) { away = is; options.onChange(); } }

    /* -- rendered: once per version, never from a page that nobody sees ------------------------------------- */
    const proofs = new Map();      // ticket id -> {version, state: 'waiting' | 'asking' | 'done', tries, due}
    let asking = 0, proofTimer = 0;

    function seen(ids) {
      if (document.hidden) return;
      const wanted = new Set(ids);
      proofs.forEach((p, id) => { if (!wanted.has(id) && p.state !== 'asking') proofs.delete(id); });
      ids.forEach((id) => {
        const t = model.base(id), p = proofs.get(id);
        if (!t || t.cleared_at || t.version <= (t.shown_version || 0)) return;
        if (p && p.version >= t.version) return;
        proofs.set(id, {version: t.version, state: 'waiting', tries: 0, due: 0});
      });
      prove();
    }

    function prove() {
      clearTimeout(proofTimer);
      const now = Date.now();
      let due = Infinity;
      for (const [id, p] of proofs) {
        if (p.state !== 'waiting') continue;
        if (p.due > now) { due = Math.min(due, p.due); continue; }
        if (asking >= RENDERED_AT_ONCE || document.hidden) continue;
        ask(id, p);
      }
      if (due < Infinity) proofTimer = setTimeout(prove, due - now + 10);
    }

    function ask(id, p) {
      p.state = 'asking';
      asking += 1;
      p.key = p.key || TP.key();
      post(id, 'rendered', p).then((r) => {
        asking -= 1;
        if (!r.answered && p.tries < RENDERED_TRIES) {
          p.state = 'waiting';
          p.due = Date.now() + wait(p.tries + 1);
          p.tries += 1;
        } else {
          p.state = 'done';
          if (r.ticket) { model.apply({type: 'answer', ticket: r.ticket}); options.onChange(); }
        }
        prove();
      });
    }

    document.addEventListener('visibilitychange', () => { if (!document.hidden) { send(); options.onChange(); } });
    restore();
    return {
      tap, seen,
      retry: () => { tries = 0; send(); },
      again: () => { proofs.forEach((p) => { if (p.state === 'waiting') { p.due = 0; p.tries = 0; } }); prove(); },
      isAway: () => away
    };
  }

  root.KdsLink = {createFeed, createOutbox};
})(self);
