/* What joins the printers page to the box: it reads how all is, and it sends what a person decides. */
(function (root) {
  'use strict';
  const EVERY_MS = 1500, AWAY_MS = 2500, HIDDEN_MS = 8000, SHOWN = 8;

  /* view: is filled here; say(text, wrong) */
  root.PrintersLink = function ({t, view, model, say, draw}) {
    const poll = TP.poll(() => {
      if (document.hidden) return HIDDEN_MS;
      return Promise.all([TP.fetchJson('/api/v1/printers', {}, 4000), TP.fetchJson('/api/v1/conditions', {}, 4000)]).then(([all, wrong]) => {
        if (all.status === 401) { location.reload(); return HIDDEN_MS; }
        view.away = all.status !== 200 || wrong.status !== 200;
        if (view.away) { draw(); return AWAY_MS; }
        view.printers = all.json.printers;
        if (view.asking && !model.stillAsked(view.asking)) view.asking = null;
        view.conditions = wrong.json.conditions;
        view.heardAt = Date.now();
        return Promise.all(view.printers.map(readPapers)).then(() => { draw(); return EVERY_MS; });
      });
    });
    function readPapers(printer) {
      return TP.fetchJson('/api/v1/jobs?printer=' + encodeURIComponent(printer.name) + '&limit=' + SHOWN, {}, 4000).then((r) => {
        if (r.status === 200) view.papers[printer.name] = r.json.jobs;
      });
    }

    /* what: of which only one is on its way; words(answer) -> what is said once it is done */
    function send(what, url, body, words) {
      if (view.busy[what]) return;
      view.busy[what] = true;
      draw();
      TP.fetchJson(url, {body}, 6000).then((r) => {
        view.busy[what] = false;
        if (r.status === 401) { location.reload(); return; }
        if (r.status === 200) say(words(r.json));
        else say(t(r.status === 409 || r.status === 422 ? 'refused' : 'failed'), true);
        poll.now();
      });
    }
    function act(printer, action, target) {
      const body = Object.assign({key: TP.key()}, target ? {printer: target} : {});
      view.asking = null;
      send(printer.name + action, '/api/v1/printers/' + encodeURIComponent(printer.name) + '/' + action, body, (done) => ({
        test: () => t('tested'), pause: () => t('paused_done'), resume: () => t('resumed'),
        clear: () => t(done.papers ? 'cleared' : 'nothing_waits', {n: done.papers}), move: () => t(done.papers ? 'moved' : 'nothing_waits', {n: done.papers, p: model.name(target)})
      })[action]());
    }
    function decide(job, decision, target) {
      const body = Object.assign({key: TP.key()}, target ? {printer: target} : {});
      view.asking = null;
      send(job.id, '/api/v1/jobs/' + job.id + '/' + decision, body, () => t(decision) + ' · ' + model.what(job));
    }

    return {readNow: poll.now, send, act, decide};
  };
})(self);
