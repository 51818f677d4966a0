/* Shared by every page: words, money, icons, keys, storage, fetch, time. Classic script, ES2018; load vendor/preact-htm.js first.
   TP.t(words) -> t(key, {n: 2})      words = {"zh-Hans": {key: "…{n}…"}, en: {key: ["one {n}", "many {n}"]}}
   TP.text(map)  TP.money(amount, currency)  TP.icon(name)  TP.key()  TP.store.get|set|del(name)
   TP.fetchJson(url, {method, body, etag, key, cacheable}, ms) -> {status, json, etag, headers}; status 0: no answer of ours came
   TP.poll(async () => ms until the next) -> {now()}   TP.load(path of a script) -> when it has run
   TP.clock.now|hm|hms|sync   TP.Memo   TP.boot()   TP.langs(label)   TP.sign(id, icon, strong, more, class)   TP.table(t, name) */
(function (g) {
  "use strict";
  var P = g.htmPreact, d = document;
  var src = (d.currentScript && d.currentScript.src) || "";
  var version = (/[?&]v=([^&]+)/.exec(src) || [])[1] || "";
  var TP = g.TP = {version: version, lang: d.documentElement.lang || "en"};
  var html = P.html;
  Object.assign(TP, {html: html, render: P.render, Component: P.Component});

  // -- language ---------------------------------------------------------------------------------------------
  var heard = [];
  TP.pickLang = (tags) => {
    tags = [].concat(tags || []).filter(Boolean);
    for (var i = 0; i < tags.length; i++) {
      if (/^zh/i.test(tags[i])) return "zh-Hans";
      if (/^en/i.test(tags[i])) return "en";
    }
    return "en";
  };
  TP.setLang = (lang, keep) => {
    TP.lang = lang;
    d.documentElement.lang = lang;
    if (keep) {
      d.cookie = "lang=" + lang + ";path=/;max-age=31536000;samesite=lax";
      TP.store.set("lang", lang);
    }
    heard.forEach((f) => { f(lang); });
  };
  TP.onLang = (f) => { heard.push(f); };
  function fill(text, o) {
    return o ? text.replace(/\{(\w+)\}/g, (all, k) => k in o ? o[k] : all) : text;
  }
  TP.t = (words) => {
    return (key, o) => {
      var w = (words[TP.lang] || words.en)[key];
      if (w === undefined) w = (words.en || {})[key];
      if (Array.isArray(w)) w = w[o && o.n === 1 ? 0 : 1];
      return w === undefined ? key : fill(w, o);
    };
  };
  TP.text = (map) => {
    if (!map || typeof map === "string") return map || "";
    function base(tag) { return tag.split("-")[0]; }
    var tags = Object.keys(map), near = tags.filter((tag) => base(tag) === base(TP.lang) && map[tag])[0];
    return map[TP.lang] || map[near] || map.en || map[tags[0]] || "";
  };

  // A room is called by its name alone; whatever is only a number is "Table 3".
  TP.table = (t, name) => /^[!-~]+$/.test(name) ? t("table", {n: name}) : name;

  // -- money: integers in the smallest unit -----------------------------------------------------------------
  var SIGN = {CNY: "¥", JPY: "¥", EUR: "€", USD: "$", GBP: "£", HKD: "HK$", TWD: "NT$", SGD: "S$", MOP: "MOP$", THB: "฿", KRW: "₩", VND: "₫"};
  var WHOLE = {JPY: 1, KRW: 1, VND: 1, CLP: 1, ISK: 1};
  TP.money = (amount, currency, fixed) => {
    var n = Math.abs(amount), cents = WHOLE[currency] ? 0 : n % 100, big = WHOLE[currency] ? n : (n - cents) / 100;
    var s = String(big).replace(/\B(?=(\d{3})+$)/g, ",");
    if (!WHOLE[currency] && (cents || fixed)) s += "." + (cents < 10 ? "0" : "") + cents;
    return (amount < 0 ? "−" : "") + (SIGN[currency] || currency + " ") + s;
  };

  // -- parts ------------------------------------------------------------------------------------------------
  TP.sprite = "/static/icons.svg?v=" + version + "#";
  TP.icon = (name) => {
    return html`<svg class="i" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><use href=${TP.sprite + name} /></svg>`;
  };
  // Draws again only when one of its props is another one.
  TP.Memo = (draw) => class extends P.Component {
    shouldComponentUpdate(next) {
      return Object.keys(Object.assign({}, this.props, next)).some((k) => next[k] !== this.props[k]);
    }
    render(props) { return draw(props); }
  };
  // Both languages, as a switch that keeps the choice.
  TP.langs = (label) => {
    return html`<div class="lang" role="group" aria-label=${label}>${[["zh-Hans", "中文", "lang-zh"], ["en", "EN", "lang-en"]].map((l) => {
      return html`<button type="button" lang=${l[0]} data-testid=${l[2]} aria-pressed=${TP.lang === l[0] ? "true" : "false"} onClick=${() => { TP.setLang(l[0], true); }}>${l[1]}</button>`;
    })}</div>`;
  };
  TP.sign = (id, name, strong, more, cls) => {
    return html`<p class=${"sign " + (cls || "")} role="status" data-testid=${id}>${TP.icon(name)}<span><b>${strong}</b> ${more}</span></p>`;
  };
  TP.boot = () => {
    try { return JSON.parse(d.getElementById("boot").textContent) || {}; } catch (e) { return {}; }
  };

  // -- keys and storage -------------------------------------------------------------------------------------
  TP.key = () => {
    var b = new Uint8Array(16), s = "";
    g.crypto.getRandomValues(b);
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    for (var i = 0; i < 16; i++) s += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + (b[i] + 256).toString(16).slice(1);
    return s;
  };
  var memory = {};
  TP.store = {
    get: (name) => {
      try {
        var v = g.localStorage.getItem("tp." + name);
        return v === null ? null : JSON.parse(v);
      } catch (e) { return name in memory ? JSON.parse(memory[name]) : null; }
    },
    set: (name, value) => {
      var v = JSON.stringify(value);
      memory[name] = v;
      try { g.localStorage.setItem("tp." + name, v); return true; } catch (e) { return false; }
    },
    del: (name) => {
      delete memory[name];
      try { g.localStorage.removeItem("tp." + name); } catch (e) { /* nothing kept, nothing to remove */ }
    }
  };

  // -- the box ----------------------------------------------------------------------------------------------
  TP.fetchJson = (url, o, ms) => {
    o = o || {};
    var stop = new AbortController();
    var headers = {"Accept": "application/json", "Accept-Language": TP.lang};
    if (o.etag) headers["If-None-Match"] = o.etag;
    if (o.key) headers["Idempotency-Key"] = o.key;
    if (o.body !== undefined) headers["Content-Type"] = "application/json";
    var init = {method: o.method || (o.body === undefined ? "GET" : "POST"), headers: headers, signal: stop.signal, cache: o.cacheable ? "default" : "no-store"};
    if (o.body !== undefined) init.body = typeof o.body === "string" ? o.body : JSON.stringify(o.body);
    var late, gone = new Promise((done) => {
      late = setTimeout(() => {
        stop.abort();
        done({status: 0, json: null});
      }, ms || 8000);
    });
    var answer = fetch(url, init).then((r) => {
      return r.text().then((text) => {
        var json = null;
        try { json = text ? JSON.parse(text) : null; } catch (e) { /* not ours: a portal's page, a proxy's error */ }
        if (r.status < 300 && r.status !== 204 && json === null) return {status: 0, json: null};
        return {status: r.status, json: json, etag: r.headers.get("ETag"), headers: r.headers};
      });
    }).catch(() => { return {status: 0, json: null}; });
    return Promise.race([answer, gone]).then((r) => { clearTimeout(late); return r; });
  };
  // A part that is not needed at once. It is asked for until it comes: a new element asks anew, where a failed import()
  // would be remembered by some browsers until the page is loaded again.
  TP.load = (path) => {
    return new Promise((done) => {
      (function ask() {
        var part = d.createElement("script");
        part.src = "/static/" + path + "?v=" + version;
        part.onload = done;
        part.onerror = () => { part.parentNode.removeChild(part); setTimeout(ask, 2000); };
        d.head.appendChild(part);
      })();
    });
  };
  // Calls run again and again, `run` says after how many ms; a page that comes back into view asks at once.
  TP.poll = (run) => {
    var timer = 0, busy = false, again = false;
    function now() {
      clearTimeout(timer);
      if (busy) { again = true; return; }
      busy = true;
      Promise.resolve().then(run).catch((e) => { g.console.error(e); return 5000; }).then((ms) => {
        busy = false;
        if (again) { again = false; now(); } else timer = setTimeout(now, ms);
      });
    }
    d.addEventListener("visibilitychange", () => { if (!d.hidden) now(); });
    ["online", "offline", "pageshow"].forEach((e) => { g.addEventListener(e, now); });
    now();
    return {now: now};
  };

  // -- time: the store's clock, as far as it is known ---------------------------------------------------------
  var ahead = 0;
  function date(x) { return x === undefined ? new Date(TP.clock.now()) : new Date(x); }
  TP.clock = {
    now: () => Date.now() + ahead,
    sync: (iso) => { var at = Date.parse(iso); if (at) ahead = at - Date.now(); },
    hm: (x) => TP.clock.hms(x).slice(0, 5),
    hms: (x) => face().format(date(x))
  };
  // Everyone in the house reads the same clock: the store's, as on the paper, wherever the phone thinks it is.
  var faces = null;
  function face() {
    if (!faces) {
      var how = {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: TP.boot().time_zone};
      try { faces = new Intl.DateTimeFormat("en-GB", how); }
      catch (e) { faces = new Intl.DateTimeFormat("en-GB", Object.assign(how, {timeZone: undefined})); }
    }
    return faces;
  }

  // -- allergens: the fourteen that the EU names, and what menus call them --------------------------------------
  var ALLERGENS = {
    peanut: {"zh-Hans": "花生", en: "peanut"}, nuts: {"zh-Hans": "坚果", en: "tree nuts"},
    crustaceans: {"zh-Hans": "虾蟹", en: "shrimp and crab"}, molluscs: {"zh-Hans": "贝类", en: "shellfish and squid"},
    fish: {"zh-Hans": "鱼", en: "fish"}, egg: {"zh-Hans": "鸡蛋", en: "egg"}, milk: {"zh-Hans": "牛奶", en: "milk"},
    gluten: {"zh-Hans": "麸质（小麦）", en: "gluten (wheat)"}, soy: {"zh-Hans": "大豆", en: "soy"}, sesame: {"zh-Hans": "芝麻", en: "sesame"},
    celery: {"zh-Hans": "芹菜", en: "celery"}, mustard: {"zh-Hans": "芥末", en: "mustard"},
    sulphites: {"zh-Hans": "亚硫酸盐", en: "sulphites"}, lupin: {"zh-Hans": "羽扇豆", en: "lupin"}
  };
  var ALSO = {peanuts: "peanut", nut: "nuts", tree_nut: "nuts", tree_nuts: "nuts", crustacean: "crustaceans", shellfish: "crustaceans", shrimp: "crustaceans", mollusc: "molluscs", eggs: "egg", dairy: "milk", wheat: "gluten", soya: "soy", soybeans: "soy", sulfites: "sulphites"};
  TP.allergenId = (id) => ALSO[id] || id;
  TP.allergen = (id) => TP.text(ALLERGENS[TP.allergenId(id)] || String(id).replace(/_/g, " "));
})(window);
