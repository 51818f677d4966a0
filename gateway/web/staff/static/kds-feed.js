/* The one stream of events, and the watch over it. The browser reconnects by itself; when it does not, or when nothing
   at all arrives, this opens a new stream that goes on after the last event seen. */
(function (root) {
  'use strict';
  const SILENCE_MS = 4500;      // beats come every 2 s; the frame must be red within 5 s of the last one
  const LOOK_MS = 250;
  const EVENTS = ['snapshot', 'ticket', 'conditions', 'uplink', 'reset', 'beat'];

  /* options: url(lastId) -> address, onEvent(type, data), onState({live, stale, ever, heardAt, reason}), probe() -> status */
  function create(options) {
    let source = null, lastId = '', heard = performance.now(), heardAt = 0, opened = 0;
    let live = false, stale = false, ever = false, reason = '', tries = 0, nextTry = 0, probing = false, stopped = false;
    let offsets = [];

    /* The box's clock seen from here: the beat that travelled fastest in the last 16 s tells it best. */
    function beat(iso) {
      const at = Date.parse(iso);
      if (isNaN(at)) return;
      offsets.push(at - Date.now());
      if (offsets.length > 8) offsets.shift();
    }
    function now() { return Date.now() + (offsets.length ? Math.max.apply(null, offsets) : 0); }

    function tell() { options.onState({live, stale, ever, heardAt, reason}); }

    function receive(type, event) {
      heard = performance.now();
      if (event.lastEventId) lastId = event.lastEventId;
      let data = null;
      try { data = JSON.parse(event.data || 'null'); } catch (_) { return; }
      if (type === 'beat' && data) beat(data.at);
      if (type === 'reset') lastId = event.lastEventId || '';
      heardAt = now();
      options.onEvent(type, data);
      if (!live) { live = true; stale = false; ever = true; reason = ''; tries = 0; tell(); }
    }

    function open() {
      close();
      opened = performance.now();
      source = new EventSource(options.url(lastId));
      EVENTS.forEach((type) => source.addEventListener(type, (event) => receive(type, event)));
      source.onerror = () => { if (source && source.readyState === 2) lost(); };
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

    /* The stream is gone: open another one later. The frame turns red only when the silence lasts, or when we know that
       waiting does not help. */
    function lost() {
      close();
      nextTry = performance.now() + Math.min(5000, 1000 * Math.pow(2, tries)) * (0.7 + 0.3 * Math.random());
      tries += 1;
      if (probing || stopped) return;
      probing = true;
      /* EventSource hides the status: one ordinary request tells an ended login from a box that is away */
      options.probe().then((status) => {
        probing = false;
        if (live && source && performance.now() - heard < SILENCE_MS) return;
        if (status === 401) alarm('login');
        else if (status === 503) alarm('full');
        else if (stale) alarm('');
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

  root.KdsFeed = {create, SILENCE_MS};
})(self);
