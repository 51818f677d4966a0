/* Shared by every page: words, money, icons, keys, storage, fetch, time. Classic script, ES2018; load vendor/preact-htm.js first.
   TP.t(words) -> t(key, {n: 2})      words = {"zh-Hans": {key: "…{n}…"}, en: {key: ["one {n}", "many {n}"]}}
   TP.text(map)  TP.money(amount, currency)  TP.icon(name)  TP.key()  TP.store.get|set|del(name)
   TP.fetchJson(url, {method, body, etag, key, headers, cacheable}, ms) -> {status, json, etag, headers}; status 0: no answer of ours came
   TP.poll(async () => ms until the next) -> {now()}   TP.clock.now|hm|hms|sync   TP.Memo   TP.boot() */
(function (g) {
  "use strict";
  var P = g.htmPreact, d = document;
  var src = (d.currentScript && d.currentScript.src) || "";
  var version = (/[?&]v=([^&]+)/.exec(src) || [])[1] || "";
  var TP = g.TP = {version: version, lang: d.documentElement.lang || "en"};
  if (P) Object.assign(TP, {html: P.html, render: P.render, Component: P.Component});

  // -- language ---------------------------------------------------------------------------------------------
  var heard = [];
  TP.LANGS = ["zh-Hans", "en"];
  TP.pickLang = function (tags) {
    tags = [].concat(tags || []).filter(Boolean);
    for (var i = 0; i < tags.length; i++) {
      if (/^zh/i.test(tags[i])) return "zh-Hans";
      if (/^en/i.test(tags[i])) return "en";
    }
    return "en";
  };
  TP.setLang = function (lang, keep) {
    TP.lang = lang;
    d.documentElement.lang = lang;
    if (keep) {
      d.cookie = "lang=" + lang + ";path=/;max-age=31536000;samesite=lax";
      TP.store.set("lang", lang);
    }
    heard.forEach(function (f) { f(lang); });
  };
  TP.onLang = function (f) { heard.push(f); };
  function fill(text, o) {
    return o ? text.replace(/\{(\w+)\}/g, function (all, k) { return k in o ? o[k] : all; }) : text;
  }
  TP.t = function (words) {
    return function (key, o) {
      var w = (words[TP.lang] || words.en)[key];
      if (w === undefined) w = (words.en || {})[key];
      if (Array.isArray(w)) w = w[o && o.n === 1 ? 0 : 1];
      return w === undefined ? key : fill(w, o);
    };
  };
  TP.text = function (map, lang) {
    if (!map || typeof map === "string") return map || "";
    lang = lang || TP.lang;
    if (map[lang]) return map[lang];
    var base = lang.split("-")[0], tags = Object.keys(map);
    for (var i = 0; i < tags.length; i++) if (tags[i].split("-")[0] === base && map[tags[i]]) return map[tags[i]];
    return map.en || map[tags[0]] || "";
  };

  // -- money: integers in the smallest unit -----------------------------------------------------------------
  var SIGN = {CNY: "¥", JPY: "¥", EUR: "€", USD: "$", GBP: "£", HKD: "HK$", TWD: "NT$", SGD: "S$", MOP: "MOP$", THB: "฿", KRW: "₩", VND: "₫"};
  var WHOLE = {JPY: 1, KRW: 1, VND: 1, CLP: 1, ISK: 1};
  TP.money = function (amount, currency, fixed) {
    var n = Math.abs(amount), cents = WHOLE[currency] ? 0 : n % 100, big = WHOLE[currency] ? n : (n - cents) / 100;
    var s = String(big).replace(/\B(?=(\d{3})+$)/g, ",");
    if (!WHOLE[currency] && (cents || fixed)) s += "." + (cents < 10 ? "0" : "") + cents;
    return (amount < 0 ? "−" : "") + (SIGN[currency] || currency + " ") + s;
  };

  // -- parts ------------------------------------------------------------------------------------------------
  var sprite = "/static/icons.svg" + (version ? "?v=" + version : "") + "#";
  TP.icon = function (name, more) {
    return P.h("svg", {"class": "i" + (more ? " " + more : ""), viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false"}, P.h("use", {href: sprite + name}));
  };
  // Draws again only when one of its props is another one.
  TP.Memo = function (draw) {
    function M(props) { P.Component.call(this, props); }
    if (!P) return draw;
    M.prototype = Object.create(P.Component.prototype);
    M.prototype.constructor = M;
    M.prototype.shouldComponentUpdate = function (next) {
      var k, was = this.props;
      for (k in next) if (next[k] !== was[k]) return true;
      for (k in was) if (!(k in next)) return true;
      return false;
    };
    M.prototype.render = function (props) { return draw(props); };
    return M;
  };
  TP.boot = function () {
    try { return JSON.parse(d.getElementById("boot").textContent) || {}; } catch (e) { return {}; }
  };

  // -- keys and storage -------------------------------------------------------------------------------------
  TP.key = function () {
    var b = new Uint8Array(16), s = "";
    g.crypto.getRandomValues(b);
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    for (var i = 0; i < 16; i++) s += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + (b[i] + 256).toString(16).slice(1);
    return s;
  };
  var memory = {};
  TP.store = {
    get: function (name) {
      try {
        var v = g.localStorage.getItem("tp." + name);
        return v === null ? null : JSON.parse(v);
      } catch (e) { return name in memory ? JSON.parse(memory[name]) : null; }
    },
    set: function (name, value) {
      var v = JSON.stringify(value);
      memory[name] = v;
      try { g.localStorage.setItem("tp." + name, v); return true; } catch (e) { return false; }
    },
    del: function (name) {
      delete memory[name];
      try { g.localStorage.removeItem("tp." + name); } catch (e) { /* nothing kept, nothing to remove */ }
    }
  };

  // -- the box ----------------------------------------------------------------------------------------------
  TP.fetchJson = function (url, o, ms) {
    o = o || {};
    var stop = g.AbortController ? new AbortController() : null;
    var headers = Object.assign({"Accept": "application/json", "Accept-Language": TP.lang}, o.headers);
    if (o.etag) headers["If-None-Match"] = o.etag;
    if (o.key) headers["Idempotency-Key"] = o.key;
    if (o.body !== undefined) headers["Content-Type"] = "application/json";
    var init = {method: o.method || (o.body === undefined ? "GET" : "POST"), headers: headers, credentials: "same-origin", cache: o.cacheable ? "default" : "no-store"};
    if (o.body !== undefined) init.body = typeof o.body === "string" ? o.body : JSON.stringify(o.body);
    if (stop) init.signal = stop.signal;
    var late, gone = new Promise(function (done) {
      late = setTimeout(function () {
        if (stop) stop.abort();
        done({status: 0, reason: "late", json: null});
      }, ms || 8000);
    });
    var answer = fetch(url, init).then(function (r) {
      return r.text().then(function (text) {
        var json = null;
        try { json = text ? JSON.parse(text) : null; } catch (e) { /* not ours: a portal's page, a proxy's error */ }
        if (r.status < 300 && r.status !== 204 && json === null) return {status: 0, reason: "foreign", json: null};
        return {status: r.status, json: json, etag: r.headers.get("ETag"), headers: r.headers};
      });
    }).catch(function () { return {status: 0, reason: "silent", json: null}; });
    return Promise.race([answer, gone]).then(function (r) { clearTimeout(late); return r; });
  };
  // Calls run again and again, `run` says after how many ms; a page that comes back into view asks at once.
  TP.poll = function (run) {
    var timer = 0, busy = false, again = false;
    function now() {
      clearTimeout(timer);
      if (busy) { again = true; return; }
      busy = true;
      Promise.resolve().then(run).catch(function (e) { g.console.error(e); return 5000; }).then(function (ms) {
        busy = false;
        if (again) { again = false; now(); } else timer = setTimeout(now, ms);
      });
    }
    d.addEventListener("visibilitychange", function () { if (!d.hidden) now(); });
    ["online", "offline", "pageshow"].forEach(function (e) { g.addEventListener(e, now); });
    now();
    return {now: now};
  };

  // -- time: the store's clock, as far as it is known ---------------------------------------------------------
  var ahead = 0;
  function date(x) { return x === undefined ? new Date(TP.clock.now()) : new Date(x); }
  TP.clock = {
    now: function () { return Date.now() + ahead; },
    sync: function (iso) { var at = Date.parse(iso); if (at) ahead = at - Date.now(); },
    hm: function (x) { return TP.clock.hms(x).slice(0, 5); },
    hms: function (x) { return face().format(date(x)); }
  };
  // Everyone in the house reads the same clock: the store's, as on the paper, wherever the phone thinks it is.
  var faces = null;
  function face() {
    if (!faces) {
      var how = {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"};
      try { faces = new Intl.DateTimeFormat("en-GB", Object.assign({timeZone: TP.boot().time_zone}, how)); }
      catch (e) { faces = new Intl.DateTimeFormat("en-GB", how); }
    }
    return faces;
  }

  // -- allergens: the fourteen that the EU names, and what menus call them --------------------------------------
  var A = TP.allergens = {
    peanut: {"zh-Hans": "花生", en: "peanut"}, nuts: {"zh-Hans": "坚果", en: "tree nuts"},
    crustaceans: {"zh-Hans": "虾蟹", en: "shrimp and crab"}, molluscs: {"zh-Hans": "贝类", en: "shellfish and squid"},
    fish: {"zh-Hans": "鱼", en: "fish"}, egg: {"zh-Hans": "鸡蛋", en: "egg"}, milk: {"zh-Hans": "牛奶", en: "milk"},
    gluten: {"zh-Hans": "麸质（小麦）", en: "gluten (wheat)"}, soy: {"zh-Hans": "大豆", en: "soy"}, sesame: {"zh-Hans": "芝麻", en: "sesame"},
    celery: {"zh-Hans": "芹菜", en: "celery"}, mustard: {"zh-Hans": "芥末", en: "mustard"},
    sulphites: {"zh-Hans": "亚硫酸盐", en: "sulphites"}, lupin: {"zh-Hans": "羽扇豆", en: "lupin"}
  };
  var ALSO = {peanuts: "peanut", nut: "nuts", tree_nut: "nuts", tree_nuts: "nuts", crustacean: "crustaceans", shellfish: "crustaceans", shrimp: "crustaceans", mollusc: "molluscs", eggs: "egg", dairy: "milk", wheat: "gluten", soya: "soy", soybeans: "soy", sulfites: "sulphites"};
  TP.allergenId = function (id) { return ALSO[id] || id; };
  TP.allergen = function (id, lang) { return TP.text(A[TP.allergenId(id)] || String(id).replace(/_/g, " "), lang); };
})(window);
