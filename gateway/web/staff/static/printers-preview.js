/* One slip of the list, looked at: a panel over the page with the paper as its printer prints it. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;

  /* close: closes whichever panel is open */
  root.PrintersPreview = function ({t, view, model, draw, close}) {
    const Paper = root.PrintersPaper;
    /* back: where the focus goes once it is closed */
    function open(job, back) {
      view.shown = {job, paper: null, failed: false, back};
      draw();
      const panel = document.querySelector('.panel h2');
      if (panel) panel.focus();
      TP.fetchJson('/api/v1/jobs/' + job.id + '/slip', {}, 5000).then((r) => {
        if (!view.shown || view.shown.job.id !== job.id) return;
        view.shown.paper = r.status === 200 ? r.json : null;
        view.shown.failed = r.status !== 200;
        draw();
      });
    }
    function Panel() {
      const {job, paper, failed} = view.shown;
      return html`<div class="veil" onClick=${close}></div><div class="sheet panel" role="dialog" aria-modal="true" aria-label=${t('preview')}>
        <div class="bar"><h2 tabindex="-1">${model.what(job)}</h2><button type="button" class="btn" data-testid="close" onClick=${close}>${icon('close')}${t('close')}</button></div>
        <p class="about">${t('preview')}</p>
        <div class="tray" tabindex="0" role="group" aria-label=${t('preview')}>${paper ? html`<${Paper} paper=${paper} t=${t} />` : html`<p role="status">${t(failed ? 'preview_fail' : 'wait')}</p>`}</div></div>`;
    }
    return {open, Panel};
  };
})(self);
