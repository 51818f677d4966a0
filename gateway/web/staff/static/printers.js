/* The printers page: it holds what is seen now, joins the other printers-*.js files, and draws the page around the cards. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot(), t = TP.t(root.PrintersWords), SAID_MS = 8000;
  TP.setLang(TP.pickLang([boot.lang]));

  /* papers: printer -> its latest jobs; busy: what is on its way; said: {text, wrong}; asking: {printer, what, job};
     shown: {job, paper, failed, back}; probe: {printer, inquiry, back}, whose findings are looked at */
  const view = {printers: null, conditions: [], papers: {}, heardAt: 0, away: false, said: null, busy: {}, asking: null, shown: null, probe: null};

  function say(text, wrong) {
    view.said = {text, wrong};
    setTimeout(() => { if (view.said && view.said.text === text) { view.said = null; draw(); } }, SAID_MS);
    draw();
  }
  function close() {
    const open = view.shown || view.probe, back = open && open.back;
    view.shown = view.probe = null;
    draw();
    if (back && back.isConnected) back.focus();
  }

  const model = root.PrintersModel(t, boot, view);
  const link = root.PrintersLink({t, view, model, say, draw});
  const parts = {t, boot, view, model, link, say, draw, close};
  const questions = root.PrintersQuestions(parts), drawer = root.PrintersDrawer(parts), preview = root.PrintersPreview(parts), probe = root.PrintersProbe(parts);
  const Card = root.PrintersCards(Object.assign({questions, drawer, preview, probe}, parts));
  const Look = root.PrintersLook(t, boot.bridges, boot.scans, () => draw(), () => (view.printers || []).length);

  addEventListener('keydown', (e) => { if (e.key === 'Escape') { if (view.shown || view.probe) close(); else if (view.asking) questions.drop(); } });

  /* -- drawing ---------------------------------------------------------------------------------------------- */
  function Headline() {
    const n = view.printers.length, wrong = view.printers.filter((p) => model.standing(p)[0] !== 'is-proof').length;
    return html`<h1 data-testid="headline">${!n ? t('none') : wrong ? t('some_wrong', {n: wrong}) : t('all_well', {n})}</h1>
      ${n ? null : html`<p>${t('none_do')}</p>`}`;
  }
  function Page() {
    const {printers, away, said} = view;
    if (!printers) return html`<${Office.Top} boot=${boot} here='printers' draw=${draw} /><main><p class="empty" role="status">${away ? t('silent') : t('wait')}</p></main>`;
    return html`<${Office.Top} boot=${boot} here='printers' draw=${draw} /><main>
      ${away ? TP.sign('silent', 'cloudoff', t('silent'), t('silent_do', {at: TP.clock.hms(view.heardAt)})) : null}
      <${Headline} /><div class="printers">${printers.map((p) => html`<${Card} p=${p} key=${p.name} />`)}<${Look} /></div></main>
      <div class="said" role="status">${said ? html`<p class=${'toast' + (said.wrong ? ' wrong' : '')} data-testid="said">${said.wrong ? icon('tri') : null}${said.text}</p>` : null}</div>
      ${view.shown ? html`<${preview.Panel} />` : null}
      ${view.probe ? html`<${probe.Panel} />` : null}`;
  }
  const place = document.getElementById('printers');
  function draw() { TP.render(html`<${Page} />`, place); }
  draw();
  link.readNow();
})(self);
