/* What a probe found out about a printer, as a panel of the printers page. Its words come with the page: boot.findings. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;
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
  /* inquiry: as GET /api/v1/inquiries/{id} answers; null before the first answer */
  root.PrintersProbe = function Probe({inquiry, name, words, reason, t, close}) {
    const state = inquiry ? inquiry.state : 'ASKED', found = inquiry && inquiry.answer;
    return html`<div class="veil" onClick=${close}></div><div class="sheet panel" role="dialog" aria-modal="true" aria-label=${t('probe_of', {p: name})}>
      <div class="bar"><h2 tabindex="-1">${t('probe_of', {p: name})}</h2><button type="button" class="btn" data-testid="close" onClick=${close}>${icon('close')}${t('close')}</button></div>
      ${inquiry ? html`<p class="about">${t('probe_at', {at: TP.clock.hm(Date.parse(inquiry.asked_at))})}</p>` : null}
      ${state === 'ASKED' ? html`<p role="status" data-testid="probing">${t('probing')}</p>` : null}
      ${state === 'UNANSWERED' ? html`<p role="alert">${t('probe_refused')}${TP.lang === 'en' ? ': ' : '：'}${t('probe_silent')}</p>` : null}
      ${state === 'REFUSED' ? html`<p role="alert" data-testid="probe-refused">${t('probe_refused')}${TP.lang === 'en' ? ': ' : '：'}${reason(found.reason === 'busy' ? 'probe_busy' : found.reason)}</p>` : null}
      ${state === 'ANSWERED' ? html`<${Found} found=${found} words=${words} t=${t} />` : null}</div>`;
  };
})(self);
