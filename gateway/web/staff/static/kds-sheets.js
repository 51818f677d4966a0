/* The two sheets of the kitchen screen, recall and settings, what is said to a tap that the box did not take, and what a
   cook must act on beside the tickets. Loaded after the first picture: the tickets come first. */
(function (root) {
  'use strict';
  const SAID_MS = 12000;       // two sentences read from the stove
  const BESIDE_PX = 1000;      // two columns of cards are left beside the all-day panel
  const words = {
    'zh-Hans': {
      begin: '开始接单', begin_why: '按一下，来新单就会响',
      more_pages: '还有 {n} 张', more_new: '其中新单 {n}', to_first: '回到最早的单', page: '{p}/{n}',
      screens_here: '本档口有 {n} 块屏：{what}', keys: '按键', keys_place: '那个位置的单：出餐（有过敏先确认）', keys_choose: '选单，出餐', keys_recall: '召回最后一张', keys_undo: '撤销刚才的出餐',
      more_conditions: '还有 {n} 条', fewer_conditions: '收起', since: '{at} 起', came_out: '已出单', reprint: '补打', print: '打印', cancel: '取消',
      bumped: '{t}已出餐', bumped_kept: '{t}已出餐，记在本机，连上就补',
      kept_full: '连不上，本机已记满 {n} 条。先把单写在纸上',
      login_gone: '登录过期，新单没显示。', login_do: '重新登录后接着用，按过的会补上', login: '重新登录',
      full: '看屏幕的位子满了（32 个），新单没显示。', full_do: '关掉一块不用的屏幕，这里会自己连上',
      r_recalled: '{t}：{who} {at} 召回了，还要做', r_bumped: '{t}：{who} {at} 已出餐', r_closed: '{t}已经结束，还要做就重新下单', r_cancelled: '{t}：{who} {at} 取消了', r_changed: '{t}：{who} {at} 改过，请看新的', r_refused: '{t}：没记上，请再按一次',
      recall_title: '召回：2 小时内最近 30 张', recall_none: '2 小时内没有出过餐', recall_wait: '正在读', recall_fail: '连不上，暂时看不到。连上再试', recall_at: '{at} 出餐',
      language: '语言', sound_test: '试听', sound_turn_on: '打开声音', sound_turn_off: '关掉声音', this_screen: '本屏', signed_in: '登录人', logout: '退出登录', station: '档口'
    },
    en: {
      begin: 'Start', begin_why: 'Tap once, and new orders ring',
      more_pages: '{n} more', more_new: '{n} new', to_first: 'Back to the oldest', page: '{p}/{n}',
      screens_here: '{n} screens here: {what}', keys: 'Keys', keys_place: 'the ticket at that place: bump (an allergy is confirmed first)', keys_choose: 'choose a ticket, bump it', keys_recall: 'recall the last', keys_undo: 'undo the last bump',
      more_conditions: '{n} more', fewer_conditions: 'Fewer', since: 'since {at}', came_out: 'Came out', reprint: 'Reprint', print: 'Print', cancel: 'Cancel',
      bumped: '{t} bumped', bumped_kept: '{t} bumped; kept here until the link is back',
      kept_full: 'No link, and {n} taps are kept here already. Write on paper for now',
      login_gone: 'Logged out. New orders are not shown.', login_do: 'Log in and go on; your bumps are kept', login: 'Log in',
      full: 'All 32 places for screens are taken. New orders are not shown.', full_do: 'Close a screen that is not needed; this one comes back by itself',
      r_recalled: '{t}: recalled by {who} at {at}, still to do', r_bumped: '{t}: already bumped by {who} at {at}', r_closed: '{t} is closed; what is to be cooked again is ordered anew', r_cancelled: '{t}: cancelled by {who} at {at}', r_changed: '{t}: changed by {who} at {at}, look again', r_refused: '{t}: not taken down, tap once more',
      recall_title: 'Recall: the last 30 within 2 hours', recall_none: 'Nothing was bumped within 2 hours', recall_wait: 'Reading', recall_fail: 'No link; the list cannot be read now. Try when it is back', recall_at: 'bumped {at}',
      language: 'Language', sound_test: 'Listen', sound_turn_on: 'Turn sound on', sound_turn_off: 'Turn sound off', this_screen: 'This screen', signed_in: 'Logged in', logout: 'Log out', station: 'Station'
    }
  };
  Object.keys(words).forEach((lang) => Object.assign(KdsWords[lang], words[lang]));

  root.KdsSheets = function ({t, api, station, screen, scope, pane, boot, loginPage, view, link, outbox, model, sound, act, draw}) {
    const html = TP.html, icon = KdsCards.icon;

    function say(text) { view.notes = view.notes.concat({text, until: performance.now() + SAID_MS}).slice(-3); draw(); }
    function loadRecall() {
      view.recall = {wait: true, fail: false, tickets: []};
      TP.fetchJson(api + '/recall', {}, 5000).then((r) => {
        const ok = r.status === 200 && r.json;
        view.recall = {wait: false, fail: !ok, tickets: ok ? r.json.tickets.slice(0, 30) : []};
        view.recall.tickets.forEach((ticket) => model.apply({type: 'answer', ticket}));
        draw();
      });
    }
    function open(name) {
      if (name === 'allday') { allDay(); return; }
      view.sheet = view.sheet === name ? '' : name;
      if (view.sheet === 'recall') loadRecall();
      draw();
    }
    function undo() {
      const toast = view.toast;
      view.toast = null;
      if (toast) act('undo', toast.ticket);
    }
    function recall(ticket) {
      view.sheet = '';
      act('recall', ticket);
    }
    function logout() {
      TP.fetchJson('/api/v1/logout', {body: {}}, 4000).then((r) => { if (r.status && r.status < 500) location.href = loginPage; });
    }
    /* Beside the cards where there is room, else a sheet. What a cook opened stays open after a reload. */
    const DAY = 'kds.allday.' + scope;
    let day = null, loading = null;
    function allDay(again) {
      loading = loading || TP.load('staff/kds-allday.js');
      loading.then(() => {
        day = day || root.KdsAllDay({t, model});
        if (innerWidth >= BESIDE_PX) view.day = view.day ? null : day.Panel; else if (!again) view.sheet = 'allday';
        if (!again) TP.store.set(DAY, !!view.day);
        draw();
      });
    }
    if (TP.store.get(DAY) && !pane) allDay(true);
    function begin() {
      sound.unlock();
      const el = document.documentElement;
      if (!pane && el.requestFullscreen) el.requestFullscreen().catch(() => {});
      wake();
      draw();
    }
    function wake() {      // only where the browser offers it; kiosks set their own
      if (navigator.wakeLock && !document.hidden) navigator.wakeLock.request('screen').catch(() => {});
    }
    document.addEventListener('visibilitychange', wake);
    /* Without a tap the browser lets nothing sound: this stays until there was one. */
    function Begin() {
      return sound.locked() && !pane ? html`<section class="begin" aria-label=${t('sound')}><p>${t('begin_why')}</p><button type="button" class="btn btn-ink" data-testid="begin" onClick=${begin}>${icon('sound')}${t('begin')}</button></section>` : null;
    }
    function AllDay() { return html`<${Sheet} title=${t('allday_title')}><div class="day">${day ? html`<${day.List} />` : null}</div></${Sheet}>`; }

    /* More than one screen follows this station: both work, and both say so until somebody taps it away. */
    function Here() {
      const names = view.screens.join(t('list_sep'));
      if (pane || view.screens.length < 2 || TP.store.get('kds.here.' + scope) === names) return null;
      return html`<p class="here" role="status" data-testid="screens-here">${icon('screen')}<span>${t('screens_here', {n: view.screens.length, what: names})}</span>
        <button type="button" class="btn" data-testid="screens-here-ok" onClick=${() => { TP.store.set('kds.here.' + scope, names); draw(); }}>${t('seen')}</button></p>`;
    }
    function language(lang) { TP.store.set('kds.lang.' + scope, lang); TP.setLang(lang); document.title = TP.text(station.name) + ' · Tablepass'; draw(); }

    /* What is in the way of the stream. */
    function probe(stream) {
      return TP.fetchJson(stream, {method: 'HEAD'}, 4000).then((r) => {
        if (r.status === 401) return 'login';
        return r.status && r.headers.get('Problem-Code') === 'streams_full' ? 'full' : '';
      });
    }
    /* A tap that the box did not take: say what is true instead. */
    function note(tap, ticket) {
      const fill = {t: tap.label, who: KdsCards.who(t, ticket && ticket.updated_by), at: ticket ? TP.clock.hm(ticket.updated_at) : ''};
      const open = ticket && !ticket.cleared_at && ticket.state !== 'READY';
      const key = !ticket ? 'r_refused' : ticket.state === 'CANCELLED' ? 'r_cancelled' : !open && /recall|undo/.test(tap.action) ? 'r_closed' : !open ? 'r_bumped' : tap.action === 'bump' ? 'r_recalled' : 'r_changed';
      say(t(key, fill));
    }
    function decide(c, what, settled) {
      TP.fetchJson('/api/v1/jobs/' + encodeURIComponent(c.job) + '/' + what, {body: {key: TP.key()}}, 5000).then((r) => {
        if (r.status >= 200 && r.status < 300) settled(); else say(t('r_refused', {t: TP.text(c.title)}));
      });
    }

    /* What a cook must act on: tickets and printers of this station. */
    const printers = station.printers || (station.printer ? [station.printer] : null);
    function mine(c) {
      if (c.severity === 'rest') return false;
      if (c.ticket) return !!model.base(c.ticket);
      if (/^(bridge_offline|broker_down)$/.test(c.code)) return true;      // then no station prints
      if (c.station) return c.station === station.id;
      const printer = c.printer || c.subject;
      if (printers && (c.printer || c.code !== 'slip_unknown')) return printers.indexOf(printer) >= 0;
      return /^(paper|cover|cutter|printer|slip)_/.test(c.code);
    }
    /* The cook stands before the printer and knows. settled(condition): it has been answered */
    function Conditions({list: all, settled}) {
      const list = all.filter(mine);
      if (!list.length) return null;
      const shown = view.allConditions ? list : list.slice(0, 1);
      return html`<div class="conds">${shown.map((c, i) => html`
        <div class=${'condition ' + (c.severity || 'soon')} key=${c.code + c.subject} role=${c.severity === 'now' ? 'alert' : 'status'} data-testid=${'condition-' + c.code}>
          ${icon(c.severity === 'now' ? 'stop' : 'tri')}
          <p><b>${TP.text(c.title)}</b> <span>${t('since', {at: TP.clock.hm(c.since)})} · ${TP.text(c.advice)}</span></p>
          ${c.job ? (c.code.startsWith('slip_stale') ? ['print', 'cancel'] : ['came_out', 'reprint']).map((what) => html`<button type="button" class="btn" onClick=${() => decide(c, what, () => settled(c))}>${t(what)}</button>`) : null}
          ${i === 0 && list.length > 1 ? html`<button type="button" class="btn" aria-expanded=${view.allConditions} onClick=${() => { view.allConditions = !view.allConditions; draw(); }}>${view.allConditions ? t('fewer_conditions') : t('more_conditions', {n: list.length - 1})}</button>` : null}
        </div>`)}</div>`;
    }

    function Toast() {
      const toast = view.toast;
      return html`<div class=${'toasts' + (toast && toast.up ? ' up' : '')} role="status">
        ${toast ? html`<div class="toast"><span>${t(link.stale || outbox.isAway() ? 'bumped_kept' : 'bumped', {t: toast.label})}</span><button type="button" class="btn" data-testid="undo" onClick=${undo}>${t('undo')}</button></div>` : null}
      </div>`;
    }
    function Notes() {
      return html`<div class="notes" role="status">${view.notes.map((n) => html`<p class="toast" key=${n.until} data-testid="refused">${icon('ask')}<span>${n.text}</span></p>`)}</div>`;
    }

    class Sheet extends TP.Component {
      componentDidMount() { this.from = document.activeElement; this.el.focus(); }
      componentWillUnmount() { if (this.from && this.from.isConnected) this.from.focus(); }
      render({title, children}) {
        const shut = () => { view.sheet = ''; draw(); };
        const key = (e) => {
          if (e.key === 'Escape') { shut(); return; }
          if (e.key !== 'Tab') return;
          const stops = this.el.querySelectorAll('button,a[href]');
          const edge = e.shiftKey ? stops[0] : stops[stops.length - 1];
          if (document.activeElement === edge || document.activeElement === this.el) { e.preventDefault(); (e.shiftKey ? stops[stops.length - 1] : stops[0]).focus(); }
        };
        return html`<div><div class="veil" onClick=${shut}></div>
          <section class="side sheet" role="dialog" aria-modal="true" aria-label=${title} tabindex="-1" ref=${(el) => { this.el = el; }} onKeyDown=${key}>
            <div class="head"><h2>${title}</h2><button type="button" class="btn" onClick=${shut}>${icon('close')}${t('close')}</button></div>${children}</section></div>`;
      }
    }

    function Recall() {
      const r = view.recall;
      return html`<${Sheet} title=${t('recall_title')}>
        ${r.wait ? html`<p class="say">${t('recall_wait')}</p>` : r.fail ? html`<p class="say">${t('recall_fail')}</p>` : !r.tickets.length ? html`<p class="say">${t('recall_none')}</p>` : null}
        <ul>${r.tickets.map((ticket) => html`<li key=${ticket.id}>
          <div><b>${KdsCards.place(t, ticket.order)}</b> <span>${ticket.order.number} · ${t('recall_at', {at: TP.clock.hm(ticket.ready_at || ticket.cleared_at)})}</span>
            <p>${ticket.lines.map((line) => line.quantity + '× ' + TP.text(line.name)).join(t('list_sep'))}</p></div>
          <button type="button" class="btn" data-testid=${'recall-' + ticket.order.number} aria-label=${t('recall') + ' ' + KdsCards.place(t, ticket.order) + ' ' + ticket.order.number} onClick=${() => recall(ticket)}>${icon('undo')}${t('recall')}</button>
        </li>`)}</ul></${Sheet}>`;
    }
    function Settings() {
      const choice = (lang, label) => html`<button type="button" lang=${lang} class=${'btn' + (TP.lang === lang ? ' btn-ink' : '')} aria-pressed=${TP.lang === lang} data-testid=${'lang-' + lang} onClick=${() => language(lang)}>${label}</button>`;
      return html`<${Sheet} title=${t('settings')}>
        <div class="set"><h3>${t('language')}</h3><div>${choice('zh-Hans', '中文')}${choice('en', 'English')}</div></div>
        <div class="set"><h3>${t('sound')}</h3><div>
          <button type="button" class="btn" onClick=${() => sound.set(!sound.isOn())}>${t(sound.isOn() ? 'sound_turn_off' : 'sound_turn_on')}</button>
          <button type="button" class="btn" onClick=${() => { sound.unlock(); setTimeout(() => sound.play('fresh'), 80); }}>${icon('sound')}${t('sound_test')}</button></div></div>
        <div class="set"><h3>${t('keys')}</h3><dl class="keys">${[['1–9', 'keys_place'], ['← → Enter', 'keys_choose'], ['R', 'keys_recall'], ['U', 'keys_undo']].map((k) => html`<dt><kbd>${k[0]}</kbd></dt><dd>${t(k[1])}</dd>`)}</dl></div>
        <dl><dt>${t('station')}</dt><dd>${TP.text(station.name)}</dd><dt>${t('this_screen')}</dt><dd data-testid="screen-id">${screen}</dd>${boot.actor ? html`<dt>${t('signed_in')}</dt><dd>${boot.actor}</dd>` : null}</dl>
        ${pane ? null : html`<button type="button" class="btn wide" data-testid="logout" onClick=${logout}>${icon('door')}${t('logout')}</button>`}
      </${Sheet}>`;
    }

    return {recall: Recall, settings: Settings, allDay, allday: AllDay, Here, Begin, Conditions, Toast, Notes, open, undo, probe, note, say};
  };
})(self);
