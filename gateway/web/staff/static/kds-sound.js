/* Notes by WebAudio: no file to load, and the browser wants one tap before it lets a page sound. */
(function (root) {
  'use strict';
  /* [frequency Hz, start s, length s] */
  const NOTES = {
    fresh: [[660, 0, 0.16], [880, 0.17, 0.3]],
    addition: [[880, 0, 0.3]],
    cancelled: [[660, 0, 0.16], [440, 0.17, 0.3]],
    late: [[220, 0, 0.5]],
    stale: [[740, 0, 0.12], [740, 0.2, 0.12], [740, 0.4, 0.12]]
  };
  function create(onChange) {
    let context = null, on = TP.store.get('kds.sound') !== false;

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
      if (!on || !ready()) return false;
      NOTES[name].forEach((note) => {
        const tone = context.createOscillator(), level = context.createGain(), from = context.currentTime + note[1];
        tone.type = 'triangle';
        tone.frequency.value = note[0];
        level.gain.setValueAtTime(0.0001, from);
        level.gain.exponentialRampToValueAtTime(0.6, from + 0.02);
        level.gain.exponentialRampToValueAtTime(0.0001, from + note[2]);
        tone.connect(level);
        level.connect(context.destination);
        tone.start(from);
        tone.stop(from + note[2] + 0.05);
      });
      return true;
    }
    return {
      unlock, play,
      isOn: () => on && ready(),
      wanted: () => on,
      locked: () => on && !ready(),
      set: (value) => { on = value; TP.store.set('kds.sound', value); if (value) unlock(); onChange(); }
    };
  }
  root.KdsSound = {create};
})(self);
