/* A printer's card: how it is, what is wrong, what waits, what a person can do, and its latest papers. Drawing only. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;

  root.PrintersCards = function ({t, boot, view, model, link, questions, drawer, preview, probe}) {
    function Wrong({c}) {
      return html`<div class=${'condition ' + c.severity} role=${c.severity === 'now' ? 'alert' : 'status'}>${icon(c.severity === 'now' ? 'stop' : 'tri')}
        <h3>${TP.text(c.title)}</h3><p class="do">${TP.text(c.advice)}</p></div>`;
    }
    function Slip({p, job}) {
      const [cls, shape] = model.shape(job), calm = job.state === 'UNKNOWN' && job.settled !== null;
      const more = [job.order_number && t('order', {n: job.order_number}), job.copy > 1 && t('copy', {n: job.copy}), model.isOpen(job) && job.intent && t('wanted_back'), TP.clock.hm(Date.parse(job.created_at))];
      return html`<li class="row" data-testid=${'job-' + job.state}>
        <button type="button" class="what" aria-label=${t('look_at', {n: model.what(job)})} onClick=${(e) => preview.open(job, e.currentTarget)}>${icon('paper')}<span><b>${model.what(job)}</b><small>${more.filter(Boolean).join(' · ')}</small></span></button>
        <span class=${'state ' + (calm ? 'is-gone' : cls)}>${icon(shape)}${t(calm ? 'answered' : job.state)}</span>
        <span class="acts">${model.actions(job).map((one) => html`<button type="button" class="btn" data-testid=${one} disabled=${!!view.busy[job.id]}
          onClick=${() => { if (one === 'divert') questions.ask(p, 'divert', job); else link.decide(job, one); }}>${t(one)}</button>`)}</span></li>`;
    }
    /* What a tap on a button of the card begins. */
    function tap(p, action) {
      if (action === 'drawer' || action === 'buzzer') drawer.start(p, action);
      else if (action === 'move' || action === 'clear') questions.ask(p, action);
      else link.act(p, action);
    }
    function Buttons({p, movable}) {
      const stuck = p.status === 'blocked' || p.status === 'offline';      // then what waits is moved first, and a test slip would wait too
      const button = (action, ink) => html`<button type="button" class=${'btn' + (ink ? ' btn-ink' : '')} data-testid=${action} disabled=${!!view.busy[p.name + action]}
        onClick=${() => tap(p, action)}>${t(action)}</button>`;
      return html`<p class="do">${movable && stuck ? button('move', true) : null}${p.drawer !== 'none' && boot.opens_drawers ? button('drawer') : null}${p.buzzer !== 'none' ? button('buzzer') : null}${button('test')}${p.paused ? button('resume', true) : button('pause')}${movable && !stuck ? button('move') : null}
          ${p.label ? null : html`<button type="button" class="btn" data-testid="probe" onClick=${(e) => probe.open(p, e.currentTarget)}>${t('probe')}</button>`}
          ${p.probed ? html`<button type="button" class="btn btn-quiet" data-testid="probe-last" onClick=${(e) => probe.open(p, e.currentTarget, p.probed)}>${t('probe_last')}</button>` : null}</p>
        ${p.waiting ? html`<p class="do apart">${button('clear')}</p>` : null}`;
    }
    return function Card({p}) {
      const [cls, shape, word] = model.standing(p), mine = view.conditions.filter((c) => c.subject === p.name || (c.printer === p.name && c.code !== 'slip_gap'));
      const list = view.papers[p.name] || [], more = p.reasons.map(model.reason).join(TP.lang === 'en' ? ', ' : '、');
      const about = [p.label ? t('label_mm', {w: p.label.width_mm, h: p.label.height_mm}) : t('mm', {n: p.columns > 32 ? 80 : 58}), t(p.fence === 'none' ? 'no_fence' : p.fence), t('at', {p: p.port}), p.model].filter(Boolean).join(' · ');
      const movable = p.waiting && model.others(p, !!p.label).length > 0;
      return html`<section class="card printer" aria-label=${model.name(p.name)} data-testid=${'printer-' + p.name}>
        <header>${icon('printer')}<h2>${model.name(p.name)}</h2><span class=${'state ' + cls} data-testid="standing">${icon(shape)}${word}${more && p.status !== 'online' ? html`<small>${more}</small>` : null}</span></header>
        <p class="about">${about}</p>
        <p class="about">${p.serves.length ? t('serves', {s: model.stations(p.serves)}) : p.stands_in_for.length ? '' : t(p.label ? 'labels_only' : 'nobody')}${p.serves.length && p.stands_in_for.length ? ' · ' : ''}${p.stands_in_for.length ? t('stands_in', {s: model.stations(p.stands_in_for)}) : ''}</p>
        ${mine.map((c) => html`<${Wrong} c=${c} />`)}
        <p class=${'queue' + (p.waiting ? ' some' : '')} data-testid="waiting">${p.waiting ? html`<b>${t('waiting', {n: p.waiting})}</b>` : t('nothing_waits')}</p>
        <${Buttons} p=${p} movable=${movable} />
        ${view.asking && view.asking.printer === p.name ? html`<${questions.Question} p=${p} />` : null}
        <h3>${t('papers')}</h3>${list.length ? html`<ul class="rows">${list.map((job) => html`<${model.isPaper(job) ? Slip : drawer.Row} p=${p} job=${job} key=${job.id} />`)}</ul>` : html`<p class="about">${t('no_papers')}</p>`}
      </section>`;
    };
  };
})(self);
