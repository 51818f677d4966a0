/* What each event of the kitchen screen sounds like. Notes by WebAudio: no sound file to load. Comes after the first
   picture; nothing sounds before the first tap anyway. */
(function (root) {
  'use strict';
  const NOTES = {      // [Hz, from s, for s]; every other change sounds like `cancelled`: look before you cook on
    fresh: [[660, 0, 0.16], [880, 0.17, 0.3]],
    addition: [[880, 0, 0.3]],
    rush: [[880, 0, 0.14], [880, 0.2, 0.14], [1100, 0.4, 0.3]],
    recall: [[880, 0, 0.14], [660, 0.2, 0.14], [880, 0.4, 0.3]],
    cancelled: [[660, 0, 0.16], [440, 0.17, 0.3]],
    fire: [[550, 0, 0.14], [660, 0.15, 0.14], [880, 0.3, 0.4]],
    late: [[220, 0, 0.5]],
    stale: [[740, 0, 0.12], [740, 0.2, 0.12], [740, 0.4, 0.12]]
  };

  root.KdsPlay = function (context, name) {
    (NOTES[name] || NOTES.cancelled).forEach((note) => {
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
  };
  root.KdsPlay.NOTES = NOTES;

  /* What sounds again until somebody does something: late tickets till a touch of the screen, a dead link till it lives. */
  root.KdsRing = function ({sound, link, urgency, model}) {
    const LATE_MS = 30000, STALE_MS = 10000;
    let late = 0, stale = 0, quiet = new Set();      // late tickets that somebody touched the screen for
    const overdue = () => model.open().filter((ticket) => urgency(ticket) === 'late').map((ticket) => ticket.id);
    document.addEventListener('pointerdown', () => { quiet = new Set(overdue()); }, {passive: true});
    return (at) => {
      if (link.stale) {
        if (!stale || at - stale > STALE_MS) { sound.play('stale'); stale = at; }
        return;
      }
      stale = 0;
      if (at - late > LATE_MS && overdue().some((id) => !quiet.has(id))) { sound.play('late'); late = at; }
    };
  };
})(self);
