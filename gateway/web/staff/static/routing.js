/* Which station makes each dish, and whether an order reaches it now: problems first, then stations, then dishes. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon, boot = TP.boot(), t = TP.t(root.RoutingWords);
  const EVERY_MS = 2000, AWAY_MS = 2500, HIDDEN_MS = 8000, NAMED = 8;      // dishes in one sentence; all of them stand below
  TP.setLang(TP.pickLang([boot.lang]));

  const view = {routing: null, printers: new Map(), menu: null, etag: '', heardAt: 0, away: false};
  const stations = new Map(boot.stations.map((one) => [one.id, one])), areas = new Map(boot.areas.map((one) => [one.id, one]));

  TP.poll(() => {
    if (document.hidden) return HIDDEN_MS;
    return Promise.all([TP.fetchJson('/api/v1/routing', {}, 4000), TP.fetchJson('/api/v1/printers', {}, 4000), TP.fetchJson('/api/v1/menu', {etag: view.etag}, 4000)]).then(([found, printers, menu]) => {
      if (found.status === 401) { location.reload(); return HIDDEN_MS; }
      view.away = found.status !== 200 || printers.status !== 200;
      if (!view.away) {
        Object.assign(view, {routing: found.json, printers: new Map(printers.json.printers.map((p) => [p.name, p])), heardAt: TP.clock.now()});
        if (menu.status === 200) { view.menu = menu.json; view.etag = menu.etag || ''; }
      }
      draw();
      return view.away ? AWAY_MS : EVERY_MS;
    });
  });

  /* -- what is so ---------------------------------------------------------------------------------------------- */
  function stationName(id) { return stations.has(id) ? TP.text(stations.get(id).name) || id : id; }
  function areaName(id) { return id ? (areas.has(id) ? TP.text(areas.get(id).name) : id) : t('area_carried'); }
  function printerName(id) { const p = view.printers.get(id); return p ? TP.text(p.title) || id : id; }
  function items() { return view.menu ? [].concat.apply([], view.menu.categories.map((c) => c.items)) : []; }
  function list(names) { return names.slice(0, NAMED).join(t('sep')) + (names.length > NAMED ? '…' : ''); }
  /* A place is a station, or one area of it that has printers of its own. */
  function place(path) {
    const station = stations.get(path.station), own = station ? station.areas.map((one) => one.area) : [];
    if (path.area) return areaName(path.area);
    return own.length ? t('area_none') : t('areas_all');
  }
  function printersOf(path) {
    const station = stations.get(path.station);
    if (!station) return [];
    const own = station.areas.find((one) => one.area === path.area);
    return Array.from(new Set([].concat(own ? own.printers : [], station.printers)));
  }
  function madeAt(path) {
    const own = view.routing.items.filter((item) => item.stations.some((way) => way.station === path.station && (!path.area || !way.areas.length || way.areas.indexOf(path.area) >= 0)));
    const known = new Map(items().map((item) => [item.id, item]));
    return own.map((item) => known.get(item.id)).filter(Boolean);
  }
  function problems() {
    const dead = view.routing.paths.filter((path) => !path.lives).map((path) => {
      const own = stations.get(path.station), made = madeAt(path).filter((item) => !item.sold_out), all = view.routing.paths.filter((one) => one.station === path.station).every((one) => !one.lives);
      if (!made.length || (all && path.area)) return null;      // where nothing arrives at all it is said once
      return {
        id: path.station + (path.area ? '-' + path.area : ''), cls: 'now', title: own && own.areas.length && !all ? t('dead_where', {s: stationName(path.station), a: place(path)}) : t('dead', {s: stationName(path.station)}),
        more: t('dead_do', {p: list(printersOf(path).map(printerName)) || t('no_printer'), d: list(made.map((item) => TP.text(item.name)))}),
        since: path.suspended_since ? t('suspended', {at: TP.clock.hm(path.suspended_since)}) : t('soon_suspended')
      };
    });
    const other = view.routing.wrong.filter((one) => one.code !== 'station_cut_off').map((one, n) => ({id: one.code + n, cls: 'soon', title: TP.text(one.words), more: t('changes'), since: ''}));
    return dead.filter(Boolean).concat(other);
  }

  /* -- drawing ---------------------------------------------------------------------------------------------- */
  function Problem({one}) {
    return html`<li class=${'condition ' + one.cls} data-testid=${'wrong-' + one.id}>${icon(one.cls === 'now' ? 'stop' : 'tri')}<div><h2>${one.title}</h2><p class="do">${one.more}</p>${one.since ? html`<p class="told">${one.since}</p>` : null}</div></li>`;
  }
  const PRINTS = {online: ['is-proof', 'live', 'p_prints'], degraded: ['is-soon', 'tri', 'p_prints'], blocked: ['is-now', 'stop', 'p_not'], offline: ['is-now', 'stop', 'p_not']};
  function Printer({id}) {
    const p = view.printers.get(id), look = !p ? ['is-now', 'stop', 'p_not'] : p.paused ? ['is-soon', 'dash', 'p_paused'] : PRINTS[p.status] || ['is-soon', 'ask', 'p_unknown'];
    return html`<li data-testid=${'printer-' + id}><span>${printerName(id)}</span><span class=${'state ' + look[0]}>${icon(look[1])}${t(look[2])}</span></li>`;
  }
  function Path({path}) {
    const look = path.lives ? ['is-proof', 'live', 'live'] : ['is-now', 'stop', 'cut'], found = printersOf(path);
    return html`<div class="path" data-testid=${'path-' + path.station + (path.area ? '-' + path.area : '')} data-lives=${path.lives ? 'true' : 'false'}>
      <p><b>${place(path)}</b> <span class=${'state ' + look[0]}>${icon(look[1])}${t(look[2])}</span></p>
      ${path.suspended_since ? html`<p class="state is-soon">${icon('tri')}${t('suspended', {at: TP.clock.hm(path.suspended_since)})}</p>` : null}
      ${found.length ? html`<ul>${found.map((id) => html`<${Printer} key=${id} id=${id} />`)}</ul>` : html`<p class="about">${t('no_printer')}</p>`}</div>`;
  }
  function Station({station}) {
    const paths = view.routing.paths.filter((one) => one.station === station.id), first = paths[0] || {screen: false, display: false};
    const made = view.routing.items.filter((item) => item.stations.some((way) => way.station === station.id)).length;
    const screen = station.proof === 'paper' ? ['', 'dash', 'screen_not'] : first.screen ? ['is-proof', 'screen', 'screen_on'] : ['is-soon', 'screen', 'screen_off'];
    return html`<section class="card station" data-testid=${'station-' + station.id} aria-label=${TP.text(station.name)}><header><h2>${TP.text(station.name)}</h2><span class="about">${t('dishes_n', {n: made})}</span></header>
      <dl><dt>${t('proof')}</dt><dd>${t('proof_' + station.proof)}</dd><dt>${t('screen')}</dt><dd><span class=${'state ' + screen[0]} data-testid=${'screen-' + station.id}>${icon(screen[1])}${t(screen[2])}</span>${first.display ? html` <span>${t('display')}</span>` : null}</dd></dl>
      <h3>${t('slips')}</h3>${paths.map((path) => html`<${Path} key=${path.area} path=${path} />`)}</section>`;
  }
  function way(one) {
    const when = [one.order_types.map((kind) => t(kind)).join(t('sep')), one.areas.map(areaName).join(t('sep')), one.from ? t('from_until', {f: one.from, u: one.until}) : ''].filter(Boolean);
    return stationName(one.station) + (when.length ? t('only', {w: when.join(' · ')}) : '');
  }
  function Dish({item, ways}) {
    const flag = item.sold_out ? ['is-gone', 'cross', 'sold_out'] : item.suspended ? ['is-now', 'stop', 'is_suspended'] : null;
    return html`<li data-testid=${'dish-' + item.id} data-suspended=${item.suspended ? 'true' : 'false'}><span class="dish">${TP.text(item.name)}</span><span class="ways">${ways.map((one) => html`<span>${way(one)}</span>`)}</span>${flag ? html`<span class=${'state ' + flag[0]}>${icon(flag[1])}${t(flag[2])}</span>` : null}</li>`;
  }
  function Page() {
    if (!view.routing) return html`<${Office.Top} boot=${boot} here='routing' draw=${draw} /><main><h1 class="sr">${t('title')}</h1><p class="empty" role="status">${view.away ? t('silent') : t('wait')}</p></main>`;
    const wrong = problems(), ways = new Map(view.routing.items.map((one) => [one.id, one.stations]));
    return html`<${Office.Top} boot=${boot} here='routing' draw=${draw} /><main>${view.away ? TP.sign('silent', 'cloudoff', t('silent'), t('silent_do', {at: TP.clock.hms(view.heardAt)})) : null}
      <h1 data-testid="headline" data-wrong=${wrong.length}>${icon(wrong.length ? 'stop' : 'done')}${wrong.length ? t('wrong', {n: wrong.length}) : t('well')}</h1>
      <ul class="wrongs" aria-live="polite">${wrong.map((one) => html`<${Problem} key=${one.id} one=${one} />`)}</ul>
      <h2 class="sr">${t('stations')}</h2><div class="stations">${boot.stations.map((one) => html`<${Station} key=${one.id} station=${one} />`)}</div>
      <section class="card menu"><h2>${t('dishes')}</h2>${view.menu ? view.menu.categories.map((c) => html`<h3 key=${c.id}>${TP.text(c.name)}</h3><ul>${c.items.map((item) => html`<${Dish} key=${item.id} item=${item} ways=${ways.get(item.id) || []} />`)}</ul>`) : null}</section></main>`;
  }
  const mount = document.getElementById('routing');
  function draw() { document.title = t('title') + ' · Tablepass'; TP.render(html`<${Page} />`, mount); }
  draw();
})(self);
