/* Looking for printers that nobody has set up yet: each bridge is asked to look around, and what it found can be copied
   into the settings. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, EVERY_MS = 600, SCAN_MS = 45000, COPIED_MS = 3000;

  /* t: words; bridges: names; scans: whether this person may try every address; draw: called when something changed; known: how many printers
     the page lists.      Returns the section as a component. */
  root.PrintersLook = function (t, bridges, scans, draw, known) {
    let running = null, done = null, copied = '';      // running, done: {scan, left, places, trouble}

    function look(scan) {
      if (running) return;
      running = {scan, left: bridges.length, places: [], trouble: '', until: Date.now() + SCAN_MS};
      done = null;
      bridges.forEach((bridge) => ask(running, bridge));
      draw();
    }
    function ask(mine, bridge) {
      TP.fetchJson('/api/v1/bridges/' + encodeURIComponent(bridge) + '/discover', {body: {key: TP.key(), scan: mine.scan}}, 6000)
        .then((r) => { if (r.status === 200) wait(mine, r.json.id); else end(mine, 'look_failed'); });
    }
    function wait(mine, id) {
      TP.fetchJson('/api/v1/inquiries/' + id, {}, 4000).then((r) => {
        const one = r.status === 200 ? r.json : {state: 'ASKED'};
        if (one.state === 'ASKED' && Date.now() < mine.until) { setTimeout(() => wait(mine, id), EVERY_MS); return; }
        if (one.state === 'ANSWERED') {
          mine.places = mine.places.concat(one.answer.places);
          end(mine, one.answer.network === false ? 'look_no_network' : '');
        } else end(mine, one.state === 'REFUSED' && one.answer.reason === 'busy' ? 'look_busy' : 'look_failed');
      });
    }
    function end(mine, trouble) {
      mine.trouble = mine.trouble || trouble;
      mine.left -= 1;
      if (!mine.left) { running = null; done = mine; }
      draw();
    }
    /* The clipboard of a page that came without a certificate is only this one; where it is not either, the address stays marked. */
    function copy(port, e) {
      const range = document.createRange(), marked = getSelection();
      range.selectNodeContents(e.currentTarget.parentNode.querySelector('code'));
      marked.removeAllRanges();
      marked.addRange(range);
      if (!document.execCommand('copy')) return;
      copied = port;
      setTimeout(() => { if (copied === port) { copied = ''; draw(); } }, COPIED_MS);
      draw();
    }

    function Place({p}) {
      const about = [p.name, p.model !== p.name && p.model, t('kind_' + p.kind), p.mac].filter(Boolean).join(' · ');
      return html`<li class="place" data-testid=${p.used ? 'place-used' : 'place-new'}>
        <span class="found"><code>${p.port}</code><small>${about}</small></span>
        <span class=${'state ' + (p.used ? 'is-gone' : 'is-proof')}>${icon(p.used ? 'dash' : 'plus')}${t(p.used ? 'place_used' : 'place_new')}</span>
        <button type="button" class="btn" data-testid="copy" aria-label=${t('copy_port', {p: p.port})} onClick=${(e) => copy(p.port, e)}>${t(copied === p.port ? 'copied' : 'copy_do')}</button></li>`;
    }
    function ended(places) {
      if (done.trouble) return t(done.trouble);
      if (places.some((p) => !p.used)) return t('look_done', {n: places.length});
      return known() ? t('look_no_new', {n: known()}) : places.length ? t('look_done', {n: places.length}) : t('look_nothing');
    }
    return function Look() {
      const button = (scan, word, ink) => html`<button type="button" class=${'btn' + (ink ? ' btn-ink' : '')} data-testid=${word} disabled=${!!running} onClick=${() => look(scan)}>${icon('search')}${t(word)}</button>`;
      const places = done ? done.places.slice().sort((a, b) => Number(a.used) - Number(b.used)) : [];
      return html`<section class="card printer look" aria-label=${t('look_title')} data-testid="look-around">
        <header>${icon('search')}<h2>${t('look_title')}</h2></header>
        <p class="about">${t('look_what')}${scans ? t('look_what_scan') : ''}</p>
        <p class="do">${button(false, 'look_plain', true)}${scans ? button(true, 'look_scan') : null}</p>
        <p class="about" role="status" data-testid="look-state">${running ? t(running.scan ? 'looking_scan' : 'looking') : done ? ended(places) : ''}</p>
        ${places.length ? html`<ul class="rows">${places.map((p) => html`<${Place} p=${p} key=${p.port} />`)}</ul>` : null}</section>`;
    };
  };
})(self);
