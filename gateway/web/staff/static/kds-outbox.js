/* What this screen has to say to the box: the cook's taps, in order, kept over a reload until they are answered; and
   `rendered`, the proof that a ticket was really painted. */
(function (root) {
  'use strict';
  const ANSWER_MS = 4000;
  const RENDERED_AT_ONCE = 3;      // a browser opens 6 connections to the box; the stream holds one
  const RENDERED_TRIES = 40;       // about three minutes; a changed ticket or a reload begins anew

  function wait(tries) { return Math.min(5000, 500 * Math.pow(2, tries)) * (0.7 + 0.3 * Math.random()); }

  /* options: model, scope (part of the storage name), screen, onChange(), onRefused(tap, ticket, dropped), onLogin() */
  function create(options) {
    const model = options.model;
    const prefix = 'kds.tap.' + options.scope + '.';
    let sending = false, timer = 0, tries = 0, count = 0, away = false;

    function name(tap) { return prefix + tap.n; }
    function keep(tap) { TP.store.set(name(tap), tap); }

    function restore() {
      const saved = [];
      try {
        for (let i = 0; i < localStorage.length; i += 1) {
          const key = localStorage.key(i);
          if (key.indexOf('tp.' + prefix) === 0) saved.push(TP.store.get(key.slice(3)));
        }
      } catch (_) { /* storage is shut: taps live as long as the page */ }
      model.restore(saved.filter((tap) => tap && tap.key).sort((a, b) => (a.n < b.n ? -1 : 1)));
    }

    /* -> the tap, or null when the store of unanswered taps is full */
    function tap(action, ticket, label, at) {
      const made = model.tap(action, ticket, TP.key(), at, label);
      if (!made) return null;
      count += 1;
      made.n = String(Date.now()) + '-' + String(1000 + count % 1000);
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
      const body = {screen: options.screen, key: next.key, version: next.version};
      TP.fetchJson('/api/v1/tickets/' + encodeURIComponent(next.ticket) + '/' + next.action, {body}, ANSWER_MS).then((r) => {
        sending = false;
        const unanswered = r.status === 0 || r.status >= 500 || r.status === 429 || r.status === 408 || r.status === 401;
        if (unanswered) {
          setAway(true);
          if (r.status === 401) options.onLogin();
          timer = setTimeout(send, wait(tries));
          tries += 1;
          return;
        }
        tries = 0;
        const accepted = r.status < 300;
        const ticket = accepted ? r.json : (r.json && r.json.ticket) || null;
        const dropped = model.settle(next.key, accepted, ticket && ticket.id ? ticket : null);
        TP.store.del(name(next));
        dropped.forEach((one) => TP.store.del(name(one)));
        model.taps().forEach((one) => { if (one.ticket === next.ticket) keep(one); });
        if (!accepted) options.onRefused(next, ticket, dropped);
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
      const body = {screen: options.screen, key: p.key || (p.key = TP.key()), version: p.version};
      TP.fetchJson('/api/v1/tickets/' + encodeURIComponent(id) + '/rendered', {body}, ANSWER_MS).then((r) => {
        asking -= 1;
        const unanswered = r.status === 0 || r.status >= 500 || r.status === 429 || r.status === 401;
        if (unanswered && p.tries < RENDERED_TRIES) {
          p.state = 'waiting';
          p.due = Date.now() + wait(p.tries + 1);
          p.tries += 1;
        } else {
          p.state = 'done';
          const ticket = r.status < 300 ? r.json : (r.json && r.json.ticket) || null;
          if (ticket && ticket.id) { model.apply({type: 'answer', ticket}); options.onChange(); }
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

  root.KdsOutbox = {create};
})(self);
