/* What is known of printers and their papers, in words and shapes, and what may be done about each. No DOM, no network. */
(function (root) {
  'use strict';
  const KINDS = {kitchen: 'kitchen_kind', test: 'test_kind', drawer: 'drawer_kind', buzzer: 'buzzer_kind', station_copy: 'kitchen_copy'};
  const STATES = {
    QUEUED: ['', 'ring'], SENDING: ['is-move', 'half'], WAITING: ['is-soon', 'clock'], PRINTED: ['is-proof', 'done'], UNCONFIRMED: ['', 'dash'],
    UNKNOWN: ['is-now', 'ask'], STALE: ['is-soon', 'ask'], DIVERTED: ['is-gone', 'right'], CANCELLED: ['is-gone', 'cross']
  };
  const OPEN = {QUEUED: 1, SENDING: 1, WAITING: 1, STALE: 1};      // an intent stays on record after the job's end

  /* t: words; boot: the page's own; view: what is seen now, as printers.js keeps it */
  root.PrintersModel = function (t, boot, view) {
    const name = (id) => { const p = (view.printers || []).find((one) => one.name === id); return p ? TP.text(p.title) || p.name : id; };
    const stations = (ids) => ids.map((id) => TP.text((boot.stations.find((s) => s.id === id) || {}).name) || id).join(TP.lang === 'en' ? ', ' : '、');
    const reason = (code) => t({offline: 'offline_reason', moved: 'moved_reason'}[code] || code);

    /* -> [class, icon, words]: what this printer can do now, as a shape and a word */
    function standing(p) {
      if (p.paused) return ['is-soon', 'dash', t('paused')];
      if (p.status === 'unknown' && p.reasons.indexOf('no_answer') >= 0) return ['is-soon', 'ask', t('mute')];
      return {
        online: ['is-proof', 'live', t('online')], degraded: ['is-soon', 'tri', t('degraded')], blocked: ['is-now', 'stop', t('blocked')],
        offline: ['is-now', 'stop', t('offline')]
      }[p.status] || ['is-soon', 'ask', t('unknown')];
    }
    /* A label printer takes labels only; labels come out of any printer. */
    function others(p, labels) { return view.printers.filter((one) => one.name !== p.name && (labels || !one.label)); }

    const isPaper = (job) => job.kind !== 'drawer' && job.kind !== 'buzzer';
    const waits = (job) => !job.intent && (job.state === 'QUEUED' || job.state === 'WAITING');
    const shape = (job) => STATES[job.state] || ['', 'ask'];      // [class, icon]
    const isOpen = (job) => OPEN[job.state];
    function what(job) { return job.kind === 'label' ? t('label_of', {n: job.order_number + '-' + job.part}) : job.number ? t('slip', {n: job.number}) : t(KINDS[job.kind] || job.kind); }
    function actions(job) {
      if (job.intent || !isPaper(job)) return [];
      switch (job.state) {
        case 'UNKNOWN': return job.settled === null ? ['came_out', 'reprint'] : ['reprint'];
        /* What somebody cooks by, from a printer that cannot confirm: a person may speak for it. */
        case 'UNCONFIRMED': return ['kitchen', 'dish', 'portion'].indexOf(job.kind) < 0 ? ['reprint'] : ['came_out', 'reprint'];
        case 'PRINTED': return ['reprint'];
        case 'STALE': return ['print', 'cancel'];
        case 'QUEUED': case 'WAITING': return job.kind === 'test' ? ['cancel'] : ['divert', 'cancel'];
        default: return [];
      }
    }
    /* Nothing waits any more, or its slip has begun: the question has no answer left. */
    function stillAsked(asking) {
      if (!asking.job) return view.printers.some((p) => p.name === asking.printer && p.waiting);
      const job = (view.papers[asking.printer] || []).find((one) => one.id === asking.job.id);
      return !job || isOpen(job);
    }

    return {name, stations, reason, standing, others, isPaper, waits, shape, isOpen, what, actions, stillAsked};
  };
})(self);
