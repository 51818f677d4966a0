/* The pick-up board: numbers that are made and numbers that may be fetched, in both languages, read at five metres.
   No names and no prices. What is ready is called once, where the screen has a voice. */
(function (root) {
  'use strict';
  const html = TP.html, boot = TP.boot(), PAGE_MS = 6000;      // a page of numbers is read in about three seconds
  TP.setLang(TP.pickLang(boot.lang));
  const model = root.ExpoModel.create(), sound = PassParts.sounds(() => draw()), called = new Set();
  const say = TP.t(root.ExpoWords);
  /* A browser without a voice gets no button that cannot help. */
  const silent = !!(root.AudioContext || root.webkitAudioContext);
  let first = true, page = {preparing: 0, ready: 0}, pages = {preparing: 1, ready: 1}, turned = 0;
  const {link, feed} = root.ExpoFeed({
    screen: root.ExpoScreen('board', boot.screen), topics: 'orders', model,
    onUplink: () => {}, onSaid: () => {}, onChange: () => { call(); draw(); }
  });

  function numbers() { return ExpoModel.numbers(model.all(), boot.expo, feed ? feed.now() : Date.now()); }
  function call() {
    if (!link.ready) return;
    const ready = numbers().ready, fresh = ready.filter((n) => !called.has(n));
    called.forEach((n) => { if (ready.indexOf(n) < 0) called.delete(n); });
    fresh.forEach((n) => called.add(n));
    if (fresh.length && !first) {
      sound.play('complete');
      ['zh-Hans', 'en'].forEach((lang) => fresh.forEach((n) => root.ExpoVoice(TP.t({en: root.ExpoWords[lang]})('call', {n: n.split('').join(' ')}), lang)));
    }
    first = false;
  }
  function Column({kind, zh, en, list}) {
    return html`<section class=${kind} aria-labelledby=${'head-' + kind}><h2 id=${'head-' + kind}><span lang="zh-Hans">${zh}</span> <small lang="en">${en}</small>${pages[kind] > 1 ? html`<span class="pg num">${page[kind] + 1}/${pages[kind]}</span>` : null}</h2>
      <div class="list" data-kind=${kind}><ul aria-live=${kind === 'ready' ? 'polite' : 'off'} data-testid=${kind}>${list.map((n) => html`<li key=${n}>${n}</li>`)}</ul></div></section>`;
  }
  function Board() {
    const found = numbers();
    return html`<div class="pick">
      ${silent && !sound.isOn() ? html`<p class="quiet"><button type="button" class="btn" data-testid="begin" onClick=${() => sound.unlock()}>${TP.icon('sound')}<span><span lang="zh-Hans">点一下开声音</span> <span lang="en">Tap for sound</span></span></button></p>` : null}
      ${link.stale ? html`<p class="old" role="alert" data-testid="stale-frame"><span lang="zh-Hans">画面停在 ${TP.clock.hm(link.heardAt)}，请问店员</span> <span lang="en">Picture stopped at ${TP.clock.hm(link.heardAt)}; please ask staff</span></p>` : null}
      <main><h1 class="sr">${TP.text(boot.store_name)}</h1><${Column} kind="preparing" zh="制作中" en="Preparing" list=${found.preparing} /><${Column} kind="ready" zh="请取餐" en="Ready" list=${found.ready} /></main></div>`;
  }
  const mount = document.getElementById('screen');
  let asked = false;
  function draw() {
    if (asked) return;
    asked = true;
    setTimeout(() => { asked = false; paint(); }, 16);
  }
  /* What does not fit comes on the next page, which turns by itself: nobody touches a board. */
  function lay() {
    const was = JSON.stringify([pages, page]);
    mount.querySelectorAll('.list').forEach((box) => {
      const kind = box.dataset.kind, inner = box.firstElementChild, all = Array.from(inner.children), starts = [0];
      inner.style.transform = '';
      all.forEach((el) => { if (el.offsetTop + el.offsetHeight - starts[starts.length - 1] > box.clientHeight && el.offsetTop > starts[starts.length - 1]) starts.push(el.offsetTop); });
      pages[kind] = starts.length;
      page[kind] = page[kind] % starts.length;
      const from = starts[page[kind]], to = starts[page[kind] + 1];
      inner.style.transform = from ? 'translateY(-' + from + 'px)' : '';
      all.forEach((el) => el.classList.toggle('off', el.offsetTop < from || (to !== undefined && el.offsetTop >= to)));
    });
    return JSON.stringify([pages, page]) !== was;
  }
  function paint() {
    TP.render(html`<${Board} />`, mount);
    if (lay()) TP.render(html`<${Board} />`, mount);
  }
  setInterval(() => {
    const at = performance.now();
    if (at - turned > PAGE_MS) { turned = at; page.preparing += 1; page.ready += 1; draw(); }
  }, 500);
  document.addEventListener('pointerdown', () => sound.unlock());
  root.addEventListener('resize', draw);
  paint();
})(self);
