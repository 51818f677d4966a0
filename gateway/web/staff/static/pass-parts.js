/* What the pages at the pass share: icons that need no link, how an order is called, an age, what ticks, and notes. The
   kitchen screen has the like in files of its own: its first load has no room for another one. */
(function (root) {
  'use strict';
  /* The icons are read once into the page: the sign of a dead link must not need the link to be drawn. */
  TP.sprite = '#icon-';
  function loadIcons(tries) {
    fetch('/static/icons.svg?v=' + TP.version).then((r) => r.text()).then((text) => {
      const sprite = document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
      sprite.querySelectorAll('symbol').forEach((symbol) => { symbol.id = 'icon-' + symbol.id; });
      sprite.setAttribute('class', 'sprite');
      sprite.setAttribute('aria-hidden', 'true');
      document.body.appendChild(sprite);
    }).catch(() => { if (tries) setTimeout(loadIcons, 2000, tries - 1); });
  }
  loadIcons(30);

  function place(t, order) {
    if (order.type === 'takeaway') return t('takeaway', {n: order.pickup_no || order.number});
    if (order.type === 'delivery') return t('delivery', {n: order.pickup_no || order.number});
    const table = String(order.table || order.number);
    return /^[A-Za-z]?\d+[A-Za-z]?$/.test(table) ? t('table', {n: table}) : table;
  }
  function age(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    return Math.floor(s / 60) + ':' + (s % 60 < 10 ? '0' : '') + (s % 60);
  }

  /* What changes with every second, drawn again alone. props: ticks, draw */
  class Tick extends TP.Component {
    componentDidMount() { this.off = this.props.ticks.add(() => this.setState({})); }
    componentWillUnmount() { this.off(); }
    render({draw}) { return draw(); }
  }

  const NOTES = {      // [Hz, from s, for s]
    complete: [[660, 0, 0.16], [880, 0.17, 0.16], [1320, 0.34, 0.3]],
    crossed: [[880, 0, 0.2]],
    wrong: [[440, 0, 0.16], [220, 0.17, 0.4]],
    stale: [[740, 0, 0.12], [740, 0.2, 0.12], [740, 0.4, 0.12]]
  };
  /* Notes by WebAudio: no file to load, and the browser wants one tap before it lets a page sound. */
  function sounds(onChange) {
    let context = null;
    function ready() { return !!context && context.state === 'running'; }
    function unlock() {
      const Audio = root.AudioContext || root.webkitAudioContext;
      if (!Audio) return;
      try {
        if (!context) { context = new Audio(); context.onstatechange = onChange; }
        if (context.state !== 'running') { const p = context.resume(); if (p) p.then(onChange, () => {}); }
      } catch (_) { /* no audio device: the top bar goes on saying that sound is off */ }
    }
    function play(name) {
      if (!ready()) return;
      NOTES[name].forEach(([hz, after, length]) => {
        const tone = context.createOscillator(), level = context.createGain(), from = context.currentTime + after;
        tone.type = 'triangle';
        tone.frequency.value = hz;
        level.gain.setValueAtTime(0.0001, from);
        level.gain.exponentialRampToValueAtTime(0.6, from + 0.02);
        level.gain.exponentialRampToValueAtTime(0.0001, from + length);
        tone.connect(level);
        level.connect(context.destination);
        tone.start(from);
        tone.stop(from + length + 0.05);
      });
    }
    return {unlock, play, isOn: ready};
  }

  root.PassParts = {place, age, Tick, sounds};
})(self);
