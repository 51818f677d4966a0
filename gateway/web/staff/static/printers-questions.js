/* What the page asks before it moves or clears what waits: a question in the printer's card, asked once at a time. */
(function (root) {
  'use strict';
  const html = TP.html;

  root.PrintersQuestions = function ({t, view, model, link, draw}) {
    /* job: the one paper that is meant; without it all that wait */
    function ask(p, what, job) { view.asking = {printer: p.name, what, job}; draw(); }
    function drop() { view.asking = null; draw(); }

    function Question({p}) {
      const {what, job} = view.asking;
      if (what === 'clear') {
        return html`<div class="ask" role="group"><p>${t('clear_ask', {n: p.waiting})}</p><p class="do">
          <button type="button" class="btn btn-ink" data-testid="clear-yes" onClick=${() => link.act(p, 'clear')}>${t('clear_yes', {n: p.waiting})}</button>
          <button type="button" class="btn" onClick=${drop}>${t('back')}</button></p></div>`;
      }
      return html`<div class="ask" role="group"><p>${job ? model.what(job) + ' → ' : t('move_to', {n: p.waiting})}</p><p class="do">
        ${model.others(p, job ? job.kind === 'label' : !!p.label).map((one) => html`<button type="button" class="btn" data-testid=${'to-' + one.name} onClick=${() => { if (job) link.decide(job, 'divert', one.name); else link.act(p, 'move', one.name); }}>${model.name(one.name)}</button>`)}
        <button type="button" class="btn btn-quiet" onClick=${drop}>${t('back')}</button></p></div>`;
    }
    return {ask, drop, Question};
  };
})(self);
