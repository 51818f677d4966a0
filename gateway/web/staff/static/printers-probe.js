/* A probe of a printer: asked for, waited for, and what it found out, in a panel over the page. Its words come with the
   page: boot.findings. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;
  const EVERY_MS = 1500;      // between two looks at an inquiry that nobody has answered yet
  const SHAPES = {works: ['is-proof', 'done'], does_not: ['is-now', 'cross'], unknown: ['', 'ask'], should: ['', 'dash'], should_not: ['', 'dash']};
  const SUPPOSED = {works: 'should', does_not: 'should_not'};

  function fill(map, values) { return TP.text(map).replace(/\{(\d)\}/g, (all, at) => values[at] === undefined ? all : values[at]); }
  function Capability({name, one, words}) {
    const known = one.known || 'unverified', state = one.state || 'unknown', word = known === 'unverified' && SUPPOSED[state] || state;
    const [cls, shape] = SHAPES[word] || SHAPES.unknown;
    const more = [TP.text(words.known[known]), one.note && words.notes[one.note] && TP.text(words.notes[one.note])];
    return html`<li class="row" data-testid=${'can-' + name}><span class="can">${TP.text(words.capabilities[name]) || name}</span>
      <span class=${'state ' + cls}>${icon(shape)}<span>${TP.text(words.states[word])}<small>${more.filter(Boolean).join(TP.lang === 'en' ? ', ' : '，')}</small></span></span></li>`;
  }
  function Found({found, words, t}) {
    const said = ['maker', 'model', 'firmware'].map((key) => (found.said || {})[key]).filter(Boolean).join(' · '), advice = found.advice || {};
    return html`<div data-testid="findings"><p class=${'verdict state ' + (found.printed ? 'is-proof' : 'is-now')}>${icon(found.printed ? 'done' : 'stop')}${TP.text(words.titles[found.printed ? 'printed' : found.ended] || words.titles.not_printed)}</p>
      ${said ? html`<p class="about">${TP.text(words.titles.said)}${TP.lang === 'en' ? ': ' : '：'}${said}</p>` : null}
      ${(found.disagrees || []).map((one) => html`<div class="condition soon" role="status" data-testid=${'disagrees-' + one.setting}>${icon('tri')}<h3>${fill(words.titles[(found.capabilities[one.capability] || {}).known === 'documented' ? 'disagrees_documented' : 'disagrees'], [one.setting, one.says, TP.text(words.capabilities[one.capability])])}</h3></div>`)}
      ${Object.keys(advice).map((key) => words.advice[key] ? html`<p data-testid=${'advice-' + key}><b>${fill(words.advice[key], [advice[key]])}</b></p>` : null)}
      <ul class="rows">${words.order.filter((name) => found.capabilities[name]).map((name) => html`<${Capability} name=${name} one=${found.capabilities[name]} words=${words} key=${name} />`)}</ul>
      ${found.letters ? html`<h3>${t('probe_slip')}</h3><ol class="letters">${found.letters.split('').map((letter) => html`<li><b>${letter}</b><span>${TP.text(words.letters[letter])}</span></li>`)}</ol>` : null}</div>`;
  }
  root.PrintersProbe = function ({t, boot, view, model, link, say, draw, close}) {
    /* A probe is asked for, or (last) looked at again: its answer is waited for as long as the house waits for it.
       back: where the focus goes once it is closed */
    function open(printer, back, last) {
      const mine = view.probe = {printer: printer.name, inquiry: null, back};
      const alive = () => view.probe === mine;
      const failed = (r) => { if (alive()) { view.probe = null; say(t(r.status === 429 ? 'probe_soon' : 'failed', {s: r.headers && r.headers.get('Retry-After')}), true); } };
      function heard(r) {
        if (!alive()) return;
        if (r.status === 401) { location.reload(); return; }
        if (r.status !== 200 && !mine.inquiry) { failed(r); return; }
        if (r.status === 200) mine.inquiry = r.json;
        draw();
        if (mine.inquiry.state === 'ASKED') setTimeout(() => { if (alive()) look(mine.inquiry.id); }, EVERY_MS);
        else link.readNow();
      }
      const look = (id) => TP.fetchJson('/api/v1/inquiries/' + id, {}, 5000).then(heard);
      draw();
      const panel = document.querySelector('.panel h2');
      if (panel) panel.focus();
      if (last) look(last.inquiry);
      else TP.fetchJson('/api/v1/printers/' + encodeURIComponent(printer.name) + '/probe', {body: {key: TP.key()}}, 6000).then(heard);
    }
    /* inquiry: as GET /api/v1/inquiries/{id} answers; null before the first answer */
    function Panel() {
      const {inquiry} = view.probe, name = model.name(view.probe.printer);
      const state = inquiry ? inquiry.state : 'ASKED', found = inquiry && inquiry.answer, colon = TP.lang === 'en' ? ': ' : '：';
      return html`<div class="veil" onClick=${close}></div><div class="sheet panel" role="dialog" aria-modal="true" aria-label=${t('probe_of', {p: name})}>
        <div class="bar"><h2 tabindex="-1">${t('probe_of', {p: name})}</h2><button type="button" class="btn" data-testid="close" onClick=${close}>${icon('close')}${t('close')}</button></div>
        ${inquiry ? html`<p class="about">${t('probe_at', {at: TP.clock.hm(Date.parse(inquiry.asked_at))})}</p>` : null}
        ${state === 'ASKED' ? html`<p role="status" data-testid="probing">${t('probing')}</p>` : null}
        ${state === 'UNANSWERED' ? html`<p role="alert">${t('probe_refused')}${colon}${t('probe_silent')}</p>` : null}
        ${state === 'REFUSED' ? html`<p role="alert" data-testid="probe-refused">${t('probe_refused')}${colon}${model.reason(found.reason === 'busy' ? 'probe_busy' : found.reason)}</p>` : null}
        ${state === 'ANSWERED' ? html`<${Found} found=${found} words=${boot.findings} t=${t} />` : null}</div>`;
    }
    return {open, Panel};
  };
})(self);
