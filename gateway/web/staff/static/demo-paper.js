/* A printer and what slides out of it: the pictures that the virtual printer itself drew, fed as fast as it prints. */
(function (root) {
  'use strict';
  const html = TP.html, icon = TP.icon;
  const still = root.matchMedia ? root.matchMedia('(prefers-reduced-motion:reduce)') : {matches: false};
  const DID_MS = 6000;       // how long it says that its drawer opened or its buzzer sounded
  const SLOW_MS = 2000;      // a slip that is queued for longer than this waits for something

  root.DemoPaper = function (t, printer, look) {
    const source = (slip) => '/demo/paper/' + encodeURIComponent(printer.id) + '/' + slip.number + '.png?' + Math.round(slip.at * 1000);

    /* -- what the mouth says: the printer's own word -- */
    function mood(p, broker) {
      if (broker) return ['m_offline', 'ill'];      // whatever it last said: nothing reaches it now
      const reason = (p.reasons || []).find((r) => t('m_' + r) !== 'm_' + r);
      if (p.status === 'online' && !reason) return p.head && p.head.state === 'SENDING' ? ['m_printing', 'busy'] : ['m_online', 'well'];
      if (reason) return ['m_' + reason, 'ill'];
      return p.status === 'offline' || p.status === 'error' ? ['m_offline', 'ill'] : ['m_unknown', ''];
    }
    function waits(p, broker) {
      const head = p.head;
      if (!head || !p.waiting) return null;
      if (broker) return ['tri', 'is-soon', t('q_waits', {n: p.waiting}), t('w_broker')];
      if (head.state === 'WAITING') {
        const word = t('m_' + head.reason) === 'm_' + head.reason ? t(p.status === 'offline' ? 'm_offline' : 'w_wait') : t('m_' + head.reason);
        const roll = /paper/.test(head.reason);
        return ['tri', 'is-soon', t('waits', {why: word}), t(roll ? 'waits_n' : 'waits_back', {n: p.waiting})];
      }
      if (TP.clock.now() - Date.parse(head.since) < SLOW_MS || head.state === 'SENDING') return null;
      return ['ring', '', t('q_waits', {n: p.waiting}), ''];
    }
    function proof(slip) {
      const job = slip.proof;
      if (!job) return ['ask', 'is-soon', t('no_proof'), t('no_proof_why')];
      if (job.state === 'PRINTED') return ['done', 'is-proof', t('printed'), t('printed_at', {at: TP.clock.hms(job.at)})];
      if (job.state === 'UNCONFIRMED') return ['ring', '', t('mute'), t('mute_why')];
      if (job.state === 'UNKNOWN') return ['ask', 'is-soon', t('unknown'), t('unknown_do')];
      return ['ring', '', t('printing'), t('printing_why')];
    }
    function Line({p, slip, moving, broker}) {
      const said = waits(p, broker) || (!slip ? null : moving ? ['ring', '', t('printing'), t('printing_why')] : proof(slip));
      return html`<p class=${'proofline ' + (said ? said[1] : '')} data-testid=${'proof-' + printer.id}>${said ? html`<b>${icon(said[0])}${said[2]}</b><small>${said[3]}</small>` : null}</p>`;
    }

    /* -- the feed -- */
    return class Feed extends TP.Component {
      constructor(props) {
        super(props);
        this.top = props.p.slips.length ? props.p.slips[0].number : '';
        this.moving = false;
      }
      componentDidMount() { this.next(); }
      componentDidUpdate() { this.next(); }
      /* What came out since is shown one after the other; of many only the last two. */
      next() {
        if (this.moving) return;
        const fresh = this.props.p.slips.filter((s) => s.number > this.top).reverse().slice(-2);
        if (!fresh.length) return;
        const slip = fresh[0], picture = new Image();
        this.moving = true;
        picture.onload = () => this.feed(slip);
        picture.onerror = () => { this.top = slip.number; this.moving = false; };
        picture.src = source(slip);
      }
      feed(slip) {
        this.top = slip.number;
        this.forceUpdate(() => {
          const strip = this.strip, first = strip && strip.firstElementChild;
          const done = () => { this.moving = false; this.forceUpdate(); };
          if (!first || still.matches || !strip.animate || document.hidden) { done(); return; }
          const far = first.offsetHeight + 12;
          const run = strip.animate([{transform: 'translateY(-' + far + 'px)'}, {transform: 'none'}], {duration: slip.takes_s * 1000, easing: 'steps(' + Math.max(4, slip.lines) + ',end)'});
          run.onfinish = run.oncancel = done;
        });
      }
      render({p, broker, away}) {
        const did = p.deed && TP.clock.now() - Date.parse(p.deed.at) < DID_MS ? 'd_' + p.deed.kind : '';
        const [word, how] = away ? ['m_unknown', ''] : did ? [did, 'busy'] : mood(p, broker);
        const out = p.slips.filter((s) => s.number <= this.top).slice(0, 3);
        return html`<section class="prn" aria-label=${TP.text(printer.name)} data-testid=${'printer-' + printer.id}>
          <div class="mouth"><b>${TP.text(printer.name)}</b><span class=${'lampword ' + how}><i></i>${t(word)}</span></div>
          <div class="feed"><div class="strip" ref=${(el) => { this.strip = el; }}>
            ${out.map((slip) => html`<button type="button" class="sheetlet" key=${slip.number} data-testid="slip" data-code=${slip.code} aria-label=${t('look', {n: slip.code || slip.number})} onClick=${() => look(source(slip), t('slip_of', {p: TP.text(printer.name), n: slip.code || slip.number}))}>
              <img src=${source(slip)} width=${slip.width} height=${slip.height} alt="" /></button>`)}
          </div>${out.length || this.moving ? null : html`<p class="nothing">${icon('paper')}${t('empty_paper')}</p>`}</div>
          <${Line} p=${p} slip=${out[0]} moving=${this.moving} broker=${broker} />
        </section>`;
      }
    };
  };
})(self);
