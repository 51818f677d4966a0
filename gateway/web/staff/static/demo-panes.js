/* The four panes: the guest's phone and the kitchen screen are the real pages; paper and cloud come from /demo/state. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;
  const PHONE_PX = 375;
  const MORE_WAIT = 4;      // waiting orders that are listed by name

  root.DemoPanes = function (t, boot, parts) {
    const papers = boot.printers.map((printer) => ({printer, Feed: root.DemoPaper(t, printer, parts.look)}));
    const view = {table: TP.store.get('demo.table'), station: boot.stations[0].id, kitchen: 'connecting', again: 0};
    if (!boot.tables.some((one) => one.name === view.table)) view.table = boot.tables[0].name;
    /* One stream for each screen id: a second tab must not end the first one's */
    const tab = parts.tab;

    function Head({n, title, children}) {
      return html`<div class="head"><h2><em aria-hidden="true">${n}</em>${title}</h2>${children}</div>`;
    }

    /* -- 1: the phone -- */
    class Phone extends TP.Component {
      componentDidMount() { this.fit(); root.addEventListener('resize', () => this.fit()); }
      componentDidUpdate() { this.fit(); }
      fit() {
        const glass = this.glass, frame = glass && glass.firstElementChild;
        if (!frame) return;
        const scale = glass.clientWidth / PHONE_PX;
        frame.style.width = PHONE_PX + 'px';
        frame.style.height = Math.ceil(glass.clientHeight / scale) + 'px';
        frame.style.transform = 'scale(' + scale + ')';
      }
      render({table, lang, again}) {
        const one = boot.tables.find((x) => x.name === table);
        const src = location.protocol + '//' + location.hostname + ':' + boot.guest_port + one.path;
        return html`<div class="phone"><div ref=${(el) => { this.glass = el; }}><iframe key=${table + lang + again} src=${src} title=${t('phone_title', {n: table})} data-testid="phone"></iframe></div></div>`;
      }
    }
    function PhonePane() {
      return html`<section class="pane p1" aria-label=${t('p_phone')}>
        <${Head} n="1" title=${t('p_phone')}><select aria-label=${t('table_pick')} data-testid="table" value=${view.table} onChange=${(e) => { view.table = e.target.value; TP.store.set('demo.table', view.table); parts.draw(); }}>
          ${boot.tables.map((one) => html`<option value=${one.name} selected=${one.name === view.table}>${TP.table(t, one.name)}</option>`)}</select><//>
        <${Phone} table=${view.table} lang=${TP.lang} again=${view.again} /></section>`;
    }

    /* -- 2: the kitchen screen -- */
    let kitchen = null;
    const Kitchen = TP.Memo(({station, lang}) => {
      const one = boot.stations.find((s) => s.id === station);
      const src = '/kds/' + encodeURIComponent(station) + '?embed=1&screen=demo-' + station + '-' + tab + '&lang=' + lang;
      return html`<div class="kit"><iframe key=${src} src=${src} ref=${(el) => { kitchen = el; }} title=${t('kitchen_title', {n: TP.text(one.name)})} data-testid="kitchen"></iframe></div>`;
    });
    /* What the kitchen screen says of its own feed. */
    function listen() {
      let found = 'connecting';
      try {
        const said = kitchen && kitchen.contentDocument && kitchen.contentDocument.querySelector('[data-testid=live]');
        if (said) found = said.dataset.state;
      } catch (_) { /* it shows the browser's own page: the box is away */ }
      view.kitchen = found;
    }
    function KitchenPane({again}) {
      const [shape, colour] = {live: ['live', 'is-proof'], stale: ['broken', 'is-now']}[view.kitchen] || ['dash', ''];
      return html`<section class="pane p2" aria-label=${t('p_kitchen')}>
        <${Head} n="2" title=${t('p_kitchen')}><div class="pick" role="group" aria-label=${t('station_pick')}>${boot.stations.map((s) => html`<button type="button" aria-pressed=${s.id === view.station ? 'true' : 'false'} data-testid=${'station-' + s.id} onClick=${() => { view.station = s.id; parts.draw(); }}>${TP.text(s.name)}</button>`)}</div>
          <span class=${'state ' + colour} data-testid="kitchen-live">${icon(shape)}${t(view.kitchen)}</span><//>
        <${Kitchen} station=${view.station} lang=${TP.lang} again=${again} /></section>`;
    }

    /* -- 3: paper -- */
    function PaperPane({doc, away}) {
      const broker = !!(doc.drills && doc.drills.active.broker_down);
      return html`<section class="pane p3" aria-label=${t('p_paper')}><${Head} n="3" title=${t('p_paper')} />
        <div class="papers">${papers.map(({printer, Feed}) => doc.printers[printer.id] ? html`<${Feed} key=${printer.id} p=${doc.printers[printer.id]} broker=${broker} away=${away} />` : null)}</div></section>`;
    }

    /* -- 4: the cloud -- */
    const SAID = {wan_down: 'c_away', cloud_error: 'c_error', cloud_slow: 'c_slow', cloud_lost_answer: 'c_lost', captive_portal: 'c_portal'};
    function CloudState({doc, fault, away}) {
      if (away) return html`<span class="state" data-testid="cloud-state" data-state="old">${icon('broken')}${t('stale')}</span>`;
      if (fault) return html`<span class="state" data-testid="cloud-state" data-state=${fault.fault}>${icon(fault.fault === 'wan_down' ? 'cloudoff' : fault.fault === 'cloud_slow' ? 'slow' : fault.fault === 'captive_portal' ? 'door' : fault.fault === 'cloud_lost_answer' ? 'mail' : 'tri')}${t(SAID[fault.fault] || 'c_away', {d: parts.lasted(fault.since)})}</span>`;
      if (doc.uplink.pending && doc.waiting.length) return html`<span class="state" data-testid="cloud-state" data-state="catching">${icon('dash')}${t('c_catching')}</span>`;
      return html`<span class="state is-proof" data-testid="cloud-state" data-state="live">${icon('live')}${t('c_live')}</span>`;
    }
    function CloudPane({doc, fault, away}) {
      const cloud = doc.cloud, waiting = doc.waiting, hidden = waiting.length - MORE_WAIT;
      const rows = [];
      const cut = fault && html`<li class="cut" key="cut">${t(fault.fault === 'wan_down' ? 'c_cut' : 'c_fault', {at: TP.clock.hms(fault.since)})}</li>`;
      const since = fault ? Date.parse(fault.since) : 0;
      let drawn = !fault;
      if (hidden > 1) rows.push(html`<li class="w more" key="more">${icon('ring')}<b>${t('c_more', {n: hidden + (waiting.length >= 20 ? '+' : '')})}</b></li>`);
      (hidden > 1 ? waiting.slice(-MORE_WAIT) : waiting).forEach((o) => rows.push(html`<li class="w" key=${o.id} data-testid="cloud-waits">${icon('ring')}<b>${o.number}</b><span>${t('c_waits')}</span></li>`));
      cloud.orders.forEach((o) => {
        if (!drawn && Date.parse(o.placed_at) <= since) { drawn = true; rows.push(cut); }
        rows.push(html`<li class="is-proof" key=${o.id} data-testid="cloud-has">${icon('seen')}<b>${o.number}</b><span class="num">${TP.clock.hm(o.placed_at)}</span></li>`);
      });
      if (!drawn) rows.push(cut);
      return html`<section class="pane p4" aria-label=${t('p_cloud')}><${Head} n="4" title=${t('p_cloud')}><${CloudState} doc=${doc} fault=${fault} away=${away} /><//>
        <div class="card cl"><div class="tot"><b class="num" data-testid="cloud-count">${cloud.count}</b><span>${t(!cloud.count ? 'c_none' : cloud.in_order ? 'c_count' : 'c_count_odd', {n: cloud.count})}</span>
          ${cloud.repeats ? html`<small>${t('c_repeats', {n: cloud.repeats})}</small>` : null}${cloud.answers ? null : html`<small>${t('c_blind')}</small>`}</div>
          ${rows.length ? html`<ul tabindex="0" aria-label=${t('c_list')}>${rows}</ul>` : html`<p class="nothing">${icon('cloud')}${t('c_empty')}</p>`}</div></section>`;
    }

    /* After the box was away: a frame that holds the browser's own error page is loaded again. */
    function revive() {
      let dead = true;
      try { dead = !kitchen.contentDocument.getElementById('screen'); } catch (_) { /* the browser's own page */ }
      if (dead && kitchen) kitchen.src = kitchen.getAttribute('src');
      if (dead) view.again += 1;
    }
    return {PhonePane, KitchenPane, PaperPane, CloudPane, listen, revive};
  };
})(self);
