/* The one stream of a page at the pass: orders, what the pass is told, the uplink; with the watch over it. */
(function (root) {
  'use strict';
  /* options: screen, topics, model, onChange(), onSaid(list), onUplink(uplink) -> {link, feed} */
  root.ExpoFeed = function (options) {
    const model = options.model, link = {live: false, stale: false, heardAt: 0, reason: '', ready: false};
    const stream = '/api/v1/events?topics=' + encodeURIComponent(options.topics) + '&screen=' + encodeURIComponent(options.screen);

    function take(type, data) {
      if (type === 'beat' || !data) return;
      const topic = type === 'snapshot' ? data.topic : type;
      if (type === 'reset') model.reset();
      else if (type === 'order') model.put(data);
      else if (topic === 'orders') { model.snapshot(data.orders); link.ready = true; }
      else if (topic === 'pass') options.onSaid(data.pass || [], type === 'snapshot');
      else if (topic === 'uplink') options.onUplink(data.uplink || data);
      options.onChange();
    }
    const feed = KdsLink.createFeed({
      url: (last) => stream + (last ? '&last_event_id=' + encodeURIComponent(last) : ''),
      onEvent: take,
      onState: (state) => {
        Object.assign(link, state);
        document.documentElement.classList.toggle('stale', link.stale);
        options.onChange();
      },
      probe: () => TP.fetchJson(stream, {method: 'HEAD'}, 4000).then((r) => {
        if (r.status === 401) return 'login';
        return r.status && r.headers.get('Problem-Code') === 'streams_full' ? 'full' : '';
      })
    });
    return {link, feed};
  };

  /* One stream for each id: a second tab takes a name of its own. */
  root.ExpoScreen = function (kind, told) {
    if (told) return told;
    let name = null;
    try { name = sessionStorage.getItem('screen.' + kind) || kind + '-' + TP.key().slice(0, 4); sessionStorage.setItem('screen.' + kind, name); }
    catch (_) { name = kind + '-' + TP.key().slice(0, 4); }
    return name;
  };

  /* Says it aloud, where the tablet has a voice of its own: none that asks a server in the internet. */
  root.ExpoVoice = function (words, lang) {
    const synth = root.speechSynthesis;
    if (!synth || !words) return;
    const voice = synth.getVoices().filter((v) => v.localService && v.lang.slice(0, 2) === lang.slice(0, 2))[0];
    if (!voice) return;
    const speech = new SpeechSynthesisUtterance(words);
    speech.voice = voice;
    speech.lang = voice.lang;
    synth.speak(speech);
  };
})(self);
