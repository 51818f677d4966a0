/* A slip as its printer prints it: the lines of GET /api/v1/jobs/{id}/slip, in cells of half a Chinese character. */
(function (root) {
  'use strict';
  const html = TP.html;
  const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/;

  /* Every wide character gets a box of two cells: a phone's fonts do not agree on how wide it is. */
  function cells(text) {
    const parts = [];
    let plain = '';
    Array.from(text).forEach((c) => {
      if (!WIDE.test(c)) { plain += c; return; }
      if (plain) { parts.push(plain); plain = ''; }
      parts.push(html`<i>${c}</i>`);
    });
    if (plain) parts.push(plain);
    return parts;
  }
  function look(span) {
    return ['wide', 'tall', 'bold', 'inverse'].filter((name) => span[name]).map((name) => 'p-' + name).join(' ');
  }
  function Line({line, t}) {
    switch (line.kind) {
      case 'text': return html`<p class="p-line">${line.spans.map((span) => html`<span class=${look(span)}>${cells(span.text)}</span>`)}</p>`;
      case 'gap': return html`<p class=${'p-gap' + (line.dots > 12 ? ' p-far' : '')}></p>`;
      case 'bar_code': return html`<p class="p-code p-bars" role="img" aria-label=${t('bar_code', {n: line.text})}></p>`;
      case 'qr': return html`<p class="p-code p-qr"><span>QR</span> ${line.text}</p>`;
      default: return html`<hr />`;
    }
  }
  /* A label has an end: it is shown in its own shape, and what its printer refuses is said. */
  function Label({paper, t}) {
    const {width_mm, height_mm} = paper.label;
    const size = {fontSize: 'min(clamp(14px,4.4vw,20px),(100vw - 76px)/' + paper.columns * 0.6 + ')', width: paper.columns + 'ch', minHeight: Math.round(paper.columns * height_mm / width_mm * 10) / 10 + 'ch'};
    return html`<div class="paper label" style=${size} data-testid="paper">${paper.lines.length ? paper.lines.map((line) => html`<${Line} line=${line} t=${t} />`)
      : html`<p class="p-refused">${t('no_label')}</p>`}</div>`;
  }
  root.PrintersPaper = function Paper({paper, t}) {
    if (paper.label) return html`<${Label} paper=${paper} t=${t} />`;
    return html`<div class=${'paper c' + paper.columns} data-testid="paper">${paper.lines.map((line) => html`<${Line} line=${line} t=${t} />`)}</div>`;
  };
})(self);
