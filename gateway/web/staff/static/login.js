/* Logging in: a PIN for the kitchen and the floor, a name and a password for the office. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot();
  const words = {
    'zh-Hans': {
      title: '登录', pin: 'PIN 码', name: '用户名和密码', username: '用户名', password: '密码', go: '登录', back: '删除一位', entered: '已输 {n} 位',
      wrong_pin: 'PIN 码不对，请再输一次', wrong_name: '用户名或密码不对，请再输一次', locked: '输错太多次，请等 {s} 秒再试', silent: '连不上店里的点单盒，检查网线或无线后再按一次', wait: '正在登录'
    },
    en: {
      title: 'Log in', pin: 'PIN', name: 'Name and password', username: 'Name', password: 'Password', go: 'Log in', back: 'Delete one', entered: '{n} digits entered',
      wrong_pin: 'That PIN is not right. Enter it again', wrong_name: 'Name or password is not right. Enter them again', locked: 'Too many wrong tries. Wait {s} seconds, then try', silent: 'Cannot reach the store\'s box. Check the cable or Wi-Fi and tap again', wait: 'Logging in'
    }
  };
  const t = TP.t(words);
  let next = boot.next;

  /* A kitchen screen keeps its language by itself, and its login speaks the same. */
  const station = (/^\/kds\/([^?]+)/.exec(next) || [])[1];
  const name = station && 'kds.lang.' + decodeURIComponent(station);
  TP.setLang(TP.pickLang([!/[?&]lang=/.test(next) && name && TP.store.get(name), boot.lang]));
  function other() {
    TP.setLang(TP.lang === 'en' ? 'zh-Hans' : 'en', true);
    if (name) TP.store.set(name, TP.lang);
    next = next.replace(/([?&]lang=)[^&]*/, '$1' + TP.lang);
    draw();
  }

  let way = TP.store.get('login.way') || 'pin', pin = '', error = '', busy = false, lockedUntil = 0;

  function send(body) {
    if (busy || Date.now() < lockedUntil) return;
    busy = true;
    error = '';
    draw();
    TP.fetchJson('/api/v1/login', {body}, 8000).then((r) => {
      busy = false;
      if (r.status === 200) { TP.store.set('login.way', way); location.replace(next); return; }
      pin = '';
      if (r.status === 429) {
        lockedUntil = Date.now() + 1000 * (parseInt(r.headers.get('Retry-After'), 10) || 60);
        tick();
      } else error = r.status === 0 || r.status >= 500 ? 'silent' : way === 'pin' ? 'wrong_pin' : 'wrong_name';
      draw();
    });
  }
  function tick() {
    draw();
    if (Date.now() < lockedUntil) setTimeout(tick, 1000);
  }
  function digit(d) { if (!busy && pin.length < 12) { pin += d; error = ''; draw(); } }
  function drop() { pin = pin.slice(0, -1); draw(); }
  function submit(e) {
    e.preventDefault();
    const form = e.target;
    send({username: form.username.value, password: form.password.value});
  }

  function Pad() {
    const key = (d) => html`<button type="button" class="btn" data-testid=${'digit-' + d} onClick=${() => digit(d)}>${d}</button>`;
    return html`<div class="pad">
      <p class="dots" role="status" aria-label=${t('entered', {n: pin.length})} data-testid="pin">${pin.replace(/./g, '●') || ' '}</p>
      <div class="keys">${['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(key)}
        <button type="button" class="btn" aria-label=${t('back')} onClick=${drop}>${icon('undo')}</button>${key('0')}
        <button type="button" class="btn btn-ink" data-testid="login-go" onClick=${() => { if (pin) send({pin}); }}>${t('go')}</button></div></div>`;
  }
  function Form() {
    return html`<form onSubmit=${submit}>
      <label>${t('username')}<input name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required /></label>
      <label>${t('password')}<input name="password" type="password" autocomplete="current-password" required /></label>
      <button class="btn btn-ink btn-wide" data-testid="login-go">${t('go')}</button></form>`;
  }
  function Page() {
    const left = Math.ceil((lockedUntil - Date.now()) / 1000);
    const say = left > 0 ? t('locked', {s: left}) : busy ? t('wait') : error ? t(error) : '';
    const choose = (w) => html`<button type="button" class="btn" aria-pressed=${way === w} data-testid=${'way-' + w} onClick=${() => { way = w; error = ''; pin = ''; draw(); }}>${t(w)}</button>`;
    return html`<div class="login card">
      <div class="top"><h1>${t('title')}</h1><button type="button" class="btn btn-quiet" lang=${TP.lang === 'en' ? 'zh-Hans' : 'en'} data-testid="language" onClick=${other}>${TP.lang === 'en' ? '中文' : 'English'}</button></div>
      <div class="ways">${choose('pin')}${choose('name')}</div>
      ${way === 'pin' ? html`<${Pad} />` : html`<${Form} />`}
      <p class=${'say' + (error || left > 0 ? ' is-now' : '')} role="alert" data-testid="login-say">${error || left > 0 ? icon('stop') : null}${say}</p></div>`;
  }
  const mount = document.getElementById('login');
  function draw() { document.title = t('title') + ' · Tablepass'; TP.render(html`<${Page} />`, mount); }
  document.addEventListener('keydown', (e) => {
    if (way !== 'pin' || e.ctrlKey || e.metaKey || e.altKey) return;
    if (/^[0-9]$/.test(e.key)) digit(e.key);
    else if (e.key === 'Backspace') drop();
    else if (e.key === 'Enter' && e.target.tagName !== 'BUTTON' && pin) send({pin});
  });
  draw();
})(self);
