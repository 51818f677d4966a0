/* The cash drawer and the buzzer at a printer: asked for until their end is known, and their rows among the papers. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;
  const ASK_MS = 500, TOLD_MS = 12000;      // how often their end is asked for, and how long a person waits for it

  root.PrintersDrawer = function ({t, view, model, link, say}) {
    /* kind: drawer or buzzer. The same key is asked again until its job has ended: it never happens twice by that. */
    function start(printer, kind) {
      const id = printer.name + kind, key = TP.key(), began = Date.now();
      if (view.busy[id]) return;
      view.busy[id] = true;
      say(t(kind + '_asked'));
      const end = (text, wrong) => { view.busy[id] = false; say(text, wrong); link.readNow(); };
      const ask = () => TP.fetchJson('/api/v1/printers/' + encodeURIComponent(printer.name) + '/' + kind, {body: {key}}, 4000).then((r) => {
        if (r.status === 401) { location.reload(); return; }
        if (r.status === 403) { end(t('not_allowed'), true); return; }
        const job = r.status === 200 && r.json.job, late = Date.now() - began > TOLD_MS;
        if (job && ended(job)) end(ended(job), job.state !== 'PRINTED');
        else if (r.status >= 400 && r.status < 500) end(t('refused'), true);
        else if (late) end(t(kind + '_silent'), true);
        else { if (job && job.state === 'WAITING' && model.waits(job)) say(waitsFor(job, printer)); setTimeout(ask, ASK_MS); }
      });
      ask();
    }
    /* How it ended, in words; '' while it has not. */
    function ended(job) {
      if (job.state === 'CANCELLED') return t(job.kind + '_not', {r: model.reason(job.reason || 'too_late')});
      return {PRINTED: 1, UNCONFIRMED: 1, UNKNOWN: 1}[job.state] ? t(job.kind + '_' + job.state) : '';
    }
    /* Nothing has happened yet: what its printer is waited for, where that is known. */
    function waitsFor(job, p) {
      const why = job.reason ? model.reason(job.reason) : p.paused ? t('paused_reason') : p.status === 'blocked' || p.status === 'offline' ? model.reason(p.reasons[0] || p.status) : '';
      return t(why ? 'waits_why' : 'WAITING', {r: why});
    }

    /* Nobody knows whether the drawer opened: who looked at it says so. */
    function Row({p, job}) {
      const [cls, shape] = model.shape(job), asked = job.kind === 'drawer' && view.conditions.some((c) => c.code === 'drawer_unknown' && c.job === job.id);
      return html`<li class="row" data-testid=${job.kind + '-' + job.state}><span class="what">${icon(job.kind === 'drawer' ? 'lock' : 'bell')}<span><b>${model.what(job)}</b><small>${TP.clock.hm(Date.parse(job.created_at))}</small></span></span>
        <span class=${'state ' + (job.state === 'UNKNOWN' && !asked ? 'is-gone' : cls)}>${icon(shape)}${ended(job) || (model.waits(job) ? waitsFor(job, p) : t(job.intent ? job.kind + '_silent' : job.kind + '_asked'))}</span>
        ${asked ? html`<span class="acts"><button type="button" class="btn" data-testid="opened" onClick=${() => link.send(job.id, '/api/v1/jobs/' + job.id + '/came_out', {key: TP.key()}, () => t('drawer_PRINTED'))}>${t('it_opened')}</button></span>` : null}</li>`;
    }
    return {start, Row};
  };
})(self);
