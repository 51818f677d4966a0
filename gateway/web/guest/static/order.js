/* The guest's ordering page. State in S, one render; sheets are a stack that the back button closes. */
(function (g) {
  "use strict";
  var TP = g.TP, html = TP.html, icon = TP.icon, store = TP.store, d = document, boot = TP.boot();
  var token = boot.token, q = "?table_token=" + encodeURIComponent(token), t, root = d.getElementById("app");
  var ALLERGIES = ["peanut", "nuts", "crustaceans", "molluscs", "fish", "egg", "milk", "gluten", "soy", "sesame"];
  var S = {menu: null, visit: null, items: {}, cart: null, attempt: store.get("attempt." + token), sheets: [], query: "", silent: false, closed: !!boot.locked, unknown: boot.known === false, toast: null, now: ""};
  var etag = {}, lastTouch = Date.now();

  // -- the cart: kept on the phone, by table ------------------------------------------------------------------
  function loadCart() {
    var c = store.get("cart." + token);
    if (!c || !c.lines || Date.now() - c.at > 12 * 3600e3) c = {lines: [], allergies: [], other: "", covers: 0, visit: null};
    S.cart = c;
  }
  function save() {
    S.cart.at = Date.now();
    store.set("cart." + token, S.cart);
    draw();
  }
  function money(n) { return TP.money(n, S.menu ? S.menu.currency : "CNY"); }
  function byId(list, id) { return (list || []).filter(function (x) { return x.id === id; })[0]; }
  function allModifiers(item) { return [].concat.apply([], (item.modifier_groups || []).map(function (x) { return x.modifiers; })); }
  // What one piece costs now: null when it can no longer be sold like this.
  function unitPrice(line, item) {
    var v = line.variant ? byId(item.variants, line.variant) : null, all = allModifiers(item), sum;
    if (item.variants.length ? !v : line.variant) return null;
    sum = v ? v.price : item.price;
    for (var i = 0; i < line.modifiers.length; i++) {
      var m = byId(all, line.modifiers[i]);
      if (!m) return null;
      sum += m.price;
    }
    return sum;
  }
  function weighed(item) { return !!item && item.price_unit && item.price_unit !== "each"; }
  function inAttempt(line) { return !!S.attempt && S.attempt.lines.indexOf(line.uid) >= 0; }
  function isOpen(line) { return !inAttempt(line); }
  function problem(line) {
    var item = S.items[line.item], unit;
    if (!S.menu) return null;
    if (!item) return {kind: "gone"};
    if (item.sold_out) return {kind: "sold"};
    unit = unitPrice(line, item);
    return unit === null ? {kind: "option"} : unit !== line.unit ? {kind: "price", old: line.unit, now: unit} : null;
  }
  function changes() {
    return S.cart.lines.filter(isOpen).map(function (line) { return {line: line, what: problem(line)}; }).filter(function (x) { return x.what; });
  }
  function sumOf(lines) {
    return lines.reduce(function (n, l) { return n + (weighed(S.items[l.item]) ? 0 : l.unit * l.quantity); }, 0);
  }
  function countOf(lines) { return lines.reduce(function (n, l) { return n + l.quantity; }, 0); }
  function same(a, b) { return a.item === b.item && a.variant === b.variant && a.note === b.note && a.modifiers.join() === b.modifiers.join(); }
  function add(line) {
    var twin = S.cart.lines.filter(function (l) { return isOpen(l) && same(l, line) && l.unit === line.unit; })[0];
    if (twin) twin.quantity = Math.min(99, twin.quantity + line.quantity);
    else S.cart.lines.push(Object.assign({uid: TP.key()}, line));
    S.now = t("added", {dish: TP.text(S.items[line.item].name), n: countOf(S.cart.lines)});
    save();
  }
  function setQuantity(line, n) {
    if (n < 1) return drop(line);
    line.quantity = Math.min(99, n);
    save();
  }
  function drop(line) {
    var at = S.cart.lines.indexOf(line);
    S.cart.lines.splice(at, 1);
    toast(t("removed", {dish: lineName(line)}), t("undo"), function () { S.cart.lines.splice(at, 0, line); save(); });
    save();
  }
  function quick(item, by) {
    var mine = S.cart.lines.filter(function (l) { return isOpen(l) && l.item === item.id; });
    if (by > 0) add({item: item.id, name: item.name, variant: null, modifiers: [], note: "", unit: item.price, quantity: 1});
    else if (mine.length) setQuantity(mine[mine.length - 1], mine[mine.length - 1].quantity - 1);
  }
  function lineName(line) { return TP.text((S.items[line.item] || line).name); }
  function choices(line) {
    var item = S.items[line.item];
    if (!item) return "";
    var v = byId(item.variants, line.variant), all = allModifiers(item);
    return (v ? [v] : []).concat(line.modifiers.map(function (id) { return byId(all, id); }).filter(Boolean)).map(function (x) { return TP.text(x.name); }).concat(line.note ? ["“" + line.note + "”"] : []).join(t("and"));
  }
  function allergyList() {
    var other = S.cart.other.trim();
    return S.cart.allergies.concat(other ? [other] : []);
  }
  function names(ids) { return ids.map(function (id) { return TP.allergen(id); }).join(t("and")); }
  function avoided(ids) { return ids.filter(function (id) { return S.cart.allergies.indexOf(TP.allergenId(id)) >= 0; }); }
  function guests() { return S.cart.covers || (S.visit && S.visit.covers) || 0; }

  // -- sheets: a stack, kept in step with the browser's history -------------------------------------------------
  var depth = (g.history.state && g.history.state.d) || 0, stepping = 0;
  function follow() {
    if (stepping) return;
    var want = S.sheets.length;
    while (depth < want) g.history.pushState({d: ++depth}, "");
    if (depth > want) {
      stepping = setTimeout(function () { stepping = 0; depth = S.sheets.length; }, 700);
      g.history.go(want - depth);
    }
  }
  g.addEventListener("popstate", function (e) {
    depth = (e.state && e.state.d) || 0;
    if (stepping) { clearTimeout(stepping); stepping = 0; } else { S.sheets.length = Math.min(S.sheets.length, depth); draw(); }
    follow();
  });
  var opener;
  function open(kind, o) {
    if (!top()) opener = d.activeElement;
    S.sheets.push(Object.assign({kind: kind}, o));
    follow();
    draw();
  }
  function swap(kind, o) {
    if (!S.sheets.length) return open(kind, o);
    S.sheets[S.sheets.length - 1] = Object.assign({kind: kind}, o);
    draw();
  }
  function close() { S.sheets.pop(); follow(); draw(); }
  function closeAll() { S.sheets.length = 0; follow(); draw(); }
  function top() { return S.sheets[S.sheets.length - 1]; }

  function toast(words, button, act) {
    clearTimeout(toast.timer);
    S.toast = {words: words, button: button, act: act};
    toast.timer = setTimeout(function () { S.toast = null; draw(); }, 8000);
    draw();
  }

  // -- sending: the attempt is on disk before it is on the way; one key until an answer comes ---------------------
  var sending = false, leaving = false, retry = 0, wake = 0;
  function submit(more) {
    if (S.attempt || !S.cart.lines.length) return;
    var lines = S.cart.lines.slice();
    var body = {table_token: token, lines: lines.map(function (l) {
      var x = {item: l.item, quantity: l.quantity, modifiers: l.modifiers, note: l.note};
      if (l.variant) x.variant = l.variant;
      return x;
    }), allergies: allergyList(), menu_revision: S.menu.revision};
    if (guests()) body.covers = guests();
    Object.assign(body, more);
    S.cart.key = S.cart.key || TP.key();
    S.attempt = {key: S.cart.key, body: JSON.stringify(body), lines: lines.map(function (l) { return l.uid; }), at: Date.now(), tries: 0};
    save();
    store.set("attempt." + token, S.attempt);
    swap("sending");
    send();
  }
  function send() {
    if (sending || !S.attempt) return;
    sending = true;
    clearTimeout(wake);
    var mine = S.attempt;
    mine.wait = null;
    mine.tries++;
    TP.fetchJson("/api/v1/orders", {body: mine.body, key: mine.key}, 8000).then(function (r) {
      sending = false;
      var code = r.json && r.json.code;
      if (S.attempt !== mine) return;
      var s = r.headers ? Math.max(1, Math.min(120, +r.headers.get("Retry-After") || 0)) : 1;
      // Surely not taken: said with the seconds left. Any other 5xx may have been taken: asked again.
      if (/^(too_many|busy|ordering_paused|storage_full)$/.test(code)) {
        heardBox(true);
        mine.wait = {code: code, until: Date.now() + s * 1000};
        (function count() {
          if (S.attempt !== mine || !mine.wait) return;
          var left = mine.wait.until - Date.now();
          if (left <= 0) return send();
          wake = setTimeout(count, Math.min(left, 1000));
          draw();
        })();
        return;
      }
      if (!r.status || r.status >= 500) {
        mine.unanswered = true;
        heardBox(!!r.status);
        wake = setTimeout(send, Math.max(s * 1000, Math.min(8000, 1000 * Math.pow(2, retry++))));
        return draw();
      }
      heardBox(true);
      retry = 0;
      forget();
      if (r.status < 300) accepted(r.json, mine); else refused(r, mine);
    });
  }
  function forget() {
    clearTimeout(wake);
    S.attempt = null;
    store.del("attempt." + token);
  }
  function accepted(order, mine) {
    var watching = top() && top().kind === "sending";
    S.cart.lines = S.cart.lines.filter(function (l) { return mine.lines.indexOf(l.uid) < 0; });
    S.cart.key = null;
    save();
    if (watching) { leaving = true; g.location.replace("/t/" + token + "/status#" + order.number); }
    else toast(t("taken", {number: order.number}), t("takenLook"), toStatus);
    poll.now();
  }
  function toStatus() { g.location.href = "/t/" + token + "/status"; }
  function lineAt(mine, i) {
    return S.cart.lines.filter(function (l) { return l.uid === mine.lines[i]; })[0];
  }
  function refused(r, mine) {
    var p = r.json || {}, code = p.code || "http_" + r.status, o = {code: code, p: p, mine: mine, go: true};
    if (code === "table_closed") S.closed = true;
    if (code === "unknown_table") S.unknown = true;
    if (code === "price_changed" || code === "sold_out" || code === "not_served_now") {
      o.lines = (p.lines || []).map(function (x) {
        var line = lineAt(mine, x.index);
        if (line && code !== "price_changed") { line.refused = true; if (code === "sold_out" && S.items[line.item]) S.items[line.item].sold_out = true; }
        return {line: line, what: code === "price_changed" ? {kind: "price", old: x.old, now: x["new"]} : {kind: code === "sold_out" ? "sold" : "not"}};
      }).filter(function (x) { return x.line; });
    }
    etag.menu = null;
    if (code === "idempotency_key_reused") S.cart.key = null;
    save();
    swap("refused", o);
    poll.now();
  }
  // The guest has seen the differences: take them over, send the rest.
  function acceptChanges(list, go) {
    list.forEach(function (x) {
      if (x.what.kind === "price") x.line.unit = x.what.now;
      else S.cart.lines.splice(S.cart.lines.indexOf(x.line), 1);
    });
    save();
    if (!S.cart.lines.length) return closeAll();
    if (go) fetchMenu().then(function () {
      var left = changes();
      if (left.length) swap("refused", {code: "changed", lines: left, go: true}); else submit();
    });
    else swap("confirm");
  }
  function goOrder() {
    if (S.attempt) return open("sending");
    var list = changes();
    if (list.length) return open("refused", {code: "changed", lines: list});
    open("confirm");
  }
  // A table that was opened after this page came: the page brings the visit's cookie.
  var joined = 0;
  function join() { return fetch("/t/" + token, {credentials: "same-origin", cache: "no-store"}).catch(function () {}); }
  function again() { join().then(function () { submit(); }); }

  // -- asking the box: menu and visit in turn; a silent box is noticed within 5 s --------------------------------
  var misses = 0, turn = 0, plates;
  function heardBox(ok) {
    misses = ok ? 0 : misses + 1;
    var silent = misses > 1 || (misses && g.navigator.onLine === false);
    if (S.silent && !silent && t) { toast(t("back")); if (S.attempt && !sending) { retry = 0; send(); } }
    if (silent !== S.silent) { S.silent = silent; draw(); }
  }
  function fetchMenu() {
    return TP.fetchJson("/api/v1/menu" + q, {etag: etag.menu}, 2500).then(function (r) {
      heardBox(r.status > 0);
      if (r.status === 200) {
        etag.menu = r.etag;
        S.menu = r.json;
        S.items = {};
        r.json.categories.forEach(function (c) { c.items.forEach(function (i) { i.variants = i.variants || []; S.items[i.id] = i; }); });
        draw();
        setTimeout(spy, 0);
        // The drawn dishes are decoration: they come when the menu stands.
        if (!plates) {
          plates = d.head.appendChild(Object.assign(d.createElement("script"), {src: "/static/guest/plates.js?v=" + TP.version, onload: draw}));
        }
      }
      if (r.status === 404 && !S.unknown) { S.unknown = true; draw(); }
    });
  }
  function fetchVisit() {
    return TP.fetchJson("/api/v1/visit" + q, {etag: etag.visit}, 2500).then(function (r) {
      heardBox(r.status > 0);
      if (r.status === 200) {
        etag.visit = r.etag;
        S.visit = r.json;
        TP.clock.sync(r.json.server_time);
        var id = r.json.id;
        if (id) {
          // Another party sits here now: the cart of the one before is not theirs.
          if (S.cart.visit && S.cart.visit !== id && !S.attempt) { S.cart = null; store.del("cart." + token); loadCart(); }
          if (S.cart.visit !== id) { S.cart.visit = id; store.set("cart." + token, S.cart); }
        }
        S.closed = r.json.state !== "OPEN";
        draw();
      } else if (r.status === 403) {
        // Not open, or opened again since: the page itself brings the new visit's cookie.
        etag.visit = null;
        if (!S.closed) { S.closed = true; draw(); }
        if (Date.now() - joined > 9000) { joined = Date.now(); return join(); }
      }
    });
  }
  var poll;
  function start() {
    poll = TP.poll(function () {
      return (!S.menu || turn++ % 2 ? fetchMenu() : fetchVisit()).then(function () {
        if (misses === 1 && !S.silent) return 700;
        if (S.unknown) return 60000;
        if (misses || !S.menu) return 2000;
        if (!S.visit && turn < 3) return 50;
        return d.hidden ? 60000 : Date.now() - lastTouch > 120000 ? 5000 : 3000;
      });
    });
  }

  // -- drawing ----------------------------------------------------------------------------------------------------
  function Steps(p) {
    return html`<span class="step"><button type="button" class="add minus" aria-label=${p.less} disabled=${p.n <= p.min} onClick=${function () { p.set(p.n - 1); }}><span>${icon("minus")}</span></button><b class="num" aria-live=${p.live ? "polite" : null}>${p.n || "–"}</b><button type="button" class="add" data-testid=${p.id} aria-label=${p.more} disabled=${p.n >= p.max} onClick=${function () { p.set(p.n + 1); }}><span>${icon("plus")}</span></button></span>`;
  }
  function marks(item) {
    var diet = (item.diets || []).indexOf("vegan") >= 0 ? "vegan" : (item.diets || []).indexOf("vegetarian") >= 0 ? "vegetarian" : "";
    var hot = item.spicy ? t("spicy" + Math.min(3, item.spicy)) : "", out = [];
    if (hot) out.push(html`<span class="mark hot" title=${hot}>${[1, 2, 3].slice(0, item.spicy).map(function () { return icon("chili"); })}<span class="sr">${hot}</span></span>`);
    if (diet) out.push(html`<span class="mark veg" title=${t(diet)}>${icon("leaf")}<span class="sr">${t(diet)}</span></span>`);
    return out;
  }
  // The size that a guest means who names none: the one at the dish's own price.
  function usual(item) { return item.variants.filter(function (v) { return v.price === item.price; })[0] || item.variants[0]; }
  function priceOf(item) {
    var unit = item.price_unit || "each", low = (usual(item) || item).price;
    return html`<span class="price num">${money(low)}${unit === "each" ? "" : html`<small>${t("per" + unit)}</small>`}</span>`;
  }
  function hasOptions(item) { return item.variants.length > 0 || (item.modifier_groups || []).length > 0; }
  var Dish = TP.Memo(function (p) {
    var item = p.item, name = TP.text(item.name), buy;
    if (p.sold) buy = html`<span class="state is-gone">${icon("cross")}${t("soldOut")}</span>`;
    else if (hasOptions(item)) buy = html`<button type="button" class="btn btn-ink choose" data-testid=${"choose-" + item.id} aria-label=${t("chooseOf", {dish: name})} onClick=${function () { options(item); }}>${t("choose")}${p.n ? html`<b class="in num">${p.n}</b>` : ""}</button>`;
    else if (p.n) buy = html`<${Steps} n=${p.n} min=${0} max=${99} id=${"add-" + item.id} less=${t("less", {dish: name})} more=${t("add", {dish: name})} set=${function (n) { quick(item, n - p.n); }} />`;
    else buy = html`<button type="button" class="add" data-testid=${"add-" + item.id} aria-label=${t("add", {dish: name})} onClick=${function () { quick(item, 1); }}><span>${icon("plus")}</span></button>`;
    return html`<li class=${"dish" + (p.sold ? " sold" : "")} data-testid=${"dish-" + item.id}>
      ${p.plate ? html`<img class="photo" alt="" width="112" height="84" loading=${item.photo ? "lazy" : null} src=${p.plate} onClick=${function () { options(item); }} />` : html`<span class="photo"></span>`}
      <div class="what"><h3><button type="button" class="name" aria-label=${t("details", {dish: name})} onClick=${function () { options(item); }}>${name}</button>${marks(item)}</h3><p>${TP.text(item.description)}</p>
      ${p.avoid ? html`<p class="mine is-soon">${icon("tri")}${t("has", {list: names(p.avoid.split(","))})}</p>` : ""}</div>
      <div class="buy"><span>${priceOf(item)}${!p.sold && item.remaining != null && item.remaining <= 9 ? html` <span class="few">${t("left", {n: item.remaining})}</span>` : ""}</span>${buy}</div></li>`;
  });
  function plate(item, category) { return TP.plate ? TP.plate(item, category) : item.photo; }
  function rows(items, category) {
    return items.map(function (item) {
      var n = countOf(S.cart.lines.filter(function (l) { return l.item === item.id && isOpen(l); }));
      return html`<${Dish} key=${item.id} item=${item} sold=${item.sold_out || item.remaining === 0} n=${n} avoid=${avoided(item.allergens || []).join()} plate=${plate(item, category)} lang=${TP.lang} />`;
    });
  }
  function searched() {
    var want = S.query.toLowerCase().replace(/\s+/g, ""), seen = {}, hits = [];
    S.menu.categories.forEach(function (c) {
      c.items.forEach(function (i) {
        var text = Object.keys(i.name).map(function (k) { return i.name[k]; }).concat(i.search || "", TP.text(i.description)).join(" ").toLowerCase();
        if (!seen[i.id] && (text.indexOf(want) >= 0 || text.replace(/\s+/g, "").indexOf(want) >= 0)) { seen[i.id] = 1; hits.push([i, c.id]); }
      });
    });
    return hits;
  }
  function list() {
    if (!S.menu) return S.unknown ? html`<div class="empty">${icon("ask")}<p>${t("unknown")}</p></div>` : html`<p class="empty">${t("loading")}</p>`;
    if (!S.menu.categories.length) return html`<p class="empty">${t("menuEmpty")}</p>`;
    if (S.query.trim()) {
      var hits = searched();
      if (!hits.length) return html`<div class="empty">${icon("search")}<p>${t("foundNone", {q: S.query.trim()})}</p><button type="button" class="btn" onClick=${clearQuery}>${t("foundAll")}</button></div>`;
      return html`<section><h2 role="status">${t("found", {n: hits.length})}</h2><ul>${hits.map(function (h) { return rows([h[0]], h[1]); })}</ul></section>`;
    }
    return S.menu.categories.map(function (c) {
      return html`<section key=${c.id} id=${"c-" + c.id} aria-labelledby=${"h-" + c.id}><h2 id=${"h-" + c.id} tabindex="-1">${TP.text(c.name)}</h2><ul>${rows(c.items, c.id)}</ul></section>`;
    });
  }
  function clearQuery() { S.query = ""; draw(); }
  var current = "";
  function jump(id) {
    return function (e) {
      e.preventDefault();
      if (S.query) { S.query = ""; draw(); }
      setTimeout(function () {
        var el = d.getElementById("c-" + id);
        g.scrollTo(0, el.getBoundingClientRect().top + g.pageYOffset - stuck() + 1);
        d.getElementById("h-" + id).focus({preventScroll: true});
      }, 0);
    };
  }
  function stuck() {
    var el = d.querySelector(".stick");
    return el && getComputedStyle(el).position !== "static" ? el.offsetHeight : 0;
  }
  function rail() {
    return html`<nav class="rail" aria-label=${t("categories")}>${S.menu ? S.menu.categories.map(function (c) {
      return html`<a key=${c.id} href=${"#c-" + c.id} onClick=${jump(c.id)} aria-current=${!S.query && c.id === current ? "true" : null}>${TP.text(c.name)}</a>`;
    }) : ""}</nav>`;
  }
  function spy() {
    if (!S.menu || S.query) return;
    var line = stuck() + 90, found = S.menu.categories[0] && S.menu.categories[0].id;
    S.menu.categories.forEach(function (c) {
      var el = d.getElementById("c-" + c.id);
      if (el && el.getBoundingClientRect().top <= line) found = c.id;
    });
    if (g.innerHeight + g.pageYOffset >= d.documentElement.scrollHeight - 2 && g.pageYOffset > 0) found = S.menu.categories[S.menu.categories.length - 1].id;
    if (found !== current) {
      current = found;
      draw();
      setTimeout(function () {
        var a = d.querySelector(".rail [aria-current]"), box = d.querySelector(".rail");
        if (a && box.scrollHeight > box.clientHeight) box.scrollTop = a.offsetTop - box.clientHeight / 3;
      }, 0);
    }
  }
  function langs() {
    return html`<div class="lang" role="group" aria-label=${t("lang")}>${[["zh-Hans", "中文", "lang-zh"], ["en", "EN", "lang-en"]].map(function (l) {
      return html`<button type="button" lang=${l[0]} data-testid=${l[2]} aria-pressed=${TP.lang === l[0] ? "true" : "false"} onClick=${function () { TP.setLang(l[0], true); }}>${l[1]}</button>`;
    })}</div>`;
  }
  function sign(id, name, strong, more, cls) {
    return html`<p class=${"sign " + (cls || "")} role="status" data-testid=${id}>${icon(name)}<span><b>${strong}</b> ${more}</span></p>`;
  }
  function signs() {
    if (S.silent) return sign("box-silent", "plug", t("silent"), t(S.cart.lines.length ? "silentCart" : "silentEmpty"), "is-soon");
    if (S.unknown) return S.menu ? sign("table-unknown", "ask", t("unknown"), "", "is-soon") : "";
    if (S.closed) return sign("table-closed", "door", t("closed"), t("closedMore"), "is-soon");
    if (S.menu && S.menu.ordering && S.menu.ordering.open === false) return sign("paused", "clock", t("paused"), "");
    if (S.visit && S.visit.uplink === "offline") return sign("sign-offline", "cloudoff", t("offline"), t("offlinePay"));
  }
  function bar() {
    var lines = S.cart.lines.filter(isOpen), n = countOf(lines), heavy = lines.some(function (l) { return weighed(S.items[l.item]); });
    if (S.attempt && !top()) return html`<footer class="cart"><button type="button" class="sum" onClick=${function () { open("sending"); }}><b>${t("sentBar")}</b><span>${t("sentBarMore")}</span></button></footer>`;
    if (!n || top()) return "";
    return html`<footer class="cart"><button type="button" class="sum" data-testid="cart-bar" aria-label=${t("openCart", {n: n, sum: money(sumOf(lines))})} onClick=${function () { open("cart"); }}><span class="bag">${icon("cart")}<b class="num" data-testid="cart-count">${n}</b></span><span><b class="num" data-testid="cart-total">${money(sumOf(lines))}</b><span>${heavy ? t("plusWeighed") : t("dishes", {n: n})}</span></span></button><button type="button" class="btn btn-lamp" data-testid="go-order" onClick=${goOrder}>${t("goOrder")}</button></footer>`;
  }

  // -- the sheets ---------------------------------------------------------------------------------------------------
  class Sheet extends TP.Component {
    componentDidMount() {
      this.key = this.key.bind(this);
      d.addEventListener("keydown", this.key);
      this.base.focus();
    }
    componentDidUpdate(was) { if (was.kind !== this.props.kind) { this.base.querySelector(".sheet-body").scrollTop = 0; this.base.focus(); } }
    componentWillUnmount() {
      d.removeEventListener("keydown", this.key);
      setTimeout(function () {
        var back = opener && (d.contains(opener) ? opener : d.querySelector('[data-testid="' + opener.getAttribute("data-testid") + '"]'));
        if (back && !top()) back.focus({preventScroll: true});
      }, 0);
    }
    key(e) {
      if (e.key === "Escape" || e.key === "Esc") { e.preventDefault(); close(); }
      if (e.key !== "Tab") return;
      var all = [].filter.call(this.base.querySelectorAll("button,input,a[href]"), function (x) { return !x.disabled && x.offsetParent; });
      var first = all[0], last = all[all.length - 1], at = d.activeElement;
      if (!this.base.contains(at) || e.shiftKey && (at === first || at === this.base)) { e.preventDefault(); (e.shiftKey ? last : first).focus(); }
      else if (!e.shiftKey && at === last) { e.preventDefault(); first.focus(); }
    }
    render(p) {
      return html`<section class=${"sheet s-" + p.kind} role="dialog" aria-modal="true" aria-labelledby="sheet-title" tabindex="-1" data-testid="sheet" data-kind=${p.kind}>
        <div class="sheet-head">${p.photo ? html`<img class="photo" alt="" width="112" height="84" src=${p.photo} />` : ""}<div class="grow"><h2 id="sheet-title">${p.title}</h2>${p.sub ? html`<p>${p.sub}</p>` : ""}</div><button type="button" class="x" aria-label=${t("close")} data-testid="close" onClick=${close}>${icon("close")}</button></div>
        <div class="sheet-body">${p.children}</div>${p.foot ? html`<div class="sheet-foot">${p.foot}</div>` : ""}</section>`;
    }
  }
  function options(item, line) {
    open("item", {item: item.id, line: line || null, variant: line ? line.variant : item.variants.length ? usual(item).id : null, modifiers: line ? line.modifiers.slice() : [], note: line ? line.note : "", quantity: line ? line.quantity : 1, tried: false, over: ""});
  }
  function groupWords(x) {
    if (x.min && x.min === x.max) return x.min === 1 ? t("required") : t("chooseN", {n: x.min});
    if (x.min) return t("chooseRange", {min: x.min, max: x.max});
    return x.max > 1 && x.max < x.modifiers.length ? t("optionalMax", {n: x.max}) : t("optional");
  }
  function chosen(s, x) { return x.modifiers.filter(function (m) { return s.modifiers.indexOf(m.id) >= 0; }); }
  function Opt(p) {
    return html`<label class="opt"><input type=${p.radio ? "radio" : "checkbox"} name=${p.name} data-testid=${p.id} checked=${p.on} onChange=${p.set} /><span>${p.label}${p.price ? html`<small class="num">${p.price}</small>` : ""}</span></label>`;
  }
  function itemSheet(s) {
    var item = S.items[s.item];
    if (!item) return html`<${Sheet} kind="item" title=${t("gone")} />`;
    var groups = item.modifier_groups || [], missing = groups.filter(function (x) { return chosen(s, x).length < x.min; })[0];
    var unit = unitPrice(s, item), sold = item.sold_out, sum = weighed(item) ? "" : money(unit * s.quantity), all = allModifiers(item);
    var allergens = (item.allergens || []).concat.apply(item.allergens || [], s.modifiers.map(function (id) { return (byId(all, id) || {}).allergens || []; })), mine = avoided(allergens);
    function pick(x, m) {
      return function () {
        var on = s.modifiers.indexOf(m.id), here = chosen(s, x);
        s.over = "";
        if (x.max === 1) {
          s.modifiers = s.modifiers.filter(function (id) { return !byId(x.modifiers, id); });
          if (on < 0 || x.min) s.modifiers.push(m.id);
        } else if (on >= 0) s.modifiers.splice(on, 1);
        else if (here.length >= x.max) s.over = x.id;
        else s.modifiers.push(m.id);
        draw();
      };
    }
    function done() {
      if (missing) {
        s.tried = true;
        draw();
        return setTimeout(function () { var el = d.getElementById("g-" + missing.id); el.scrollIntoView({block: "center"}); el.querySelector("input").focus({preventScroll: true}); }, 0);
      }
      var order = all.map(function (m) { return m.id; });
      var line = {item: item.id, name: item.name, variant: s.variant, modifiers: s.modifiers.slice().sort(function (a, b) { return order.indexOf(a) - order.indexOf(b); }), note: s.note.trim(), unit: unit, quantity: s.quantity};
      close();
      if (s.line) { Object.assign(s.line, line); save(); } else add(line);
    }
    var foot = sold ? html`<span class="state is-gone">${icon("cross")}${t("soldOut")}</span>` : html`<${Steps} n=${s.quantity} min=${1} max=${99} live=${1} less=${t("minus")} more=${t("one")} set=${function (n) { s.quantity = n; draw(); }} /><button type="button" class=${"btn" + (missing ? "" : " btn-ink")} data-testid="sheet-add" onClick=${done}>${missing ? t("missing", {group: TP.text(missing.name)}) : sum ? t(s.line ? "save" : "addTotal", {sum: sum}) : t(s.line ? "savePlain" : "addPlain")}</button>`;
    return html`<${Sheet} kind="item" title=${TP.text(item.name)} sub=${TP.text(item.description)} photo=${plate(item)} foot=${foot}>
      <p class="facts">${marks(item).length ? html`${marks(item)} ` : ""}${priceOf(item)}${weighed(item) ? html` <span>${t("weighed")}</span>` : ""}</p>
      ${allergens.length ? html`<p class=${"contains" + (mine.length ? " is-soon" : "")}>${icon("tri")}<span>${mine.length ? html`<b>${t("containsYours", {list: names(mine)})}</b> ` : html`<b>${t("contains", {list: names(allergens)})}</b> `}${t("containsAsk")}</span></p>` : ""}
      ${item.variants.length ? html`<fieldset><legend>${t("size")}<em>${t("required")}</em></legend><div class="opts">${item.variants.map(function (v) {
        return html`<${Opt} radio=${1} name="variant" id=${"variant-" + v.id} on=${s.variant === v.id} set=${function () { s.variant = v.id; draw(); }} label=${TP.text(v.name)} price=${money(v.price)} />`;
      })}</div></fieldset>` : ""}
      ${groups.map(function (x) {
        var radio = x.max === 1 && x.min === 1;
        return html`<fieldset id=${"g-" + x.id} class=${s.tried && missing === x ? "asked" : ""}><legend>${TP.text(x.name)}<em>${groupWords(x)}</em></legend><div class="opts">${x.modifiers.map(function (m) {
          return html`<${Opt} radio=${radio} name=${x.id} id=${"modifier-" + m.id} on=${s.modifiers.indexOf(m.id) >= 0} set=${pick(x, m)} label=${TP.text(m.name)} price=${m.price ? (m.price > 0 ? "+" : "") + money(m.price) : ""} />`;
        })}</div>${s.over === x.id ? html`<p class="state is-soon" role="alert">${icon("tri")}${t("onlyMax", {n: x.max})}</p>` : ""}</fieldset>`;
      })}
      ${sold ? "" : html`<label class="field"><b>${t("note")}</b><span class="note"><${Text} id="note" max=${50} value=${s.note} hint=${t("noteHint")} set=${function (v) { s.note = v; draw(); }} /></span></label>`}
    </${Sheet}>`;
  }
  function Text(p) {
    return html`<input type="text" data-testid=${p.id} value=${p.value} placeholder=${p.hint} autocomplete="off" enterkeyhint="done" aria-label=${p.label} onInput=${function (e) {
      var v = Array.from(e.target.value).slice(0, p.max).join("");
      if (v !== e.target.value) e.target.value = v;
      p.set(v);
    }} /><small class="num" aria-hidden="true">${Array.from(p.value).length}/${p.max}</small>`;
  }
  function allergyPart() {
    return html`<fieldset class="allergy"><legend>${t("allergy")}<em>${t("allergyHint")}</em></legend><div class="opts">${ALLERGIES.map(function (id) {
      var at = S.cart.allergies.indexOf(id);
      return html`<${Opt} id=${"allergy-" + id} on=${at >= 0} label=${TP.allergen(id)} set=${function () { if (at < 0) S.cart.allergies.push(id); else S.cart.allergies.splice(at, 1); save(); }} />`;
    })}</div><span class="note"><${Text} id="allergy-text" max=${40} value=${S.cart.other} hint=${t("allergyOtherHint")} label=${t("allergyOther")} set=${function (v) { S.cart.other = v; save(); }} /></span></fieldset>`;
  }
  function what(x) {
    if (x.kind === "price") return html`<p class="state is-soon">${icon("tri")}${t("was", {old: money(x.old), now: 0, "new": money(x.now)})}</p>`;
    return html`<p class="state is-gone">${icon("cross")}${t(x.kind === "sold" || x.kind === "not" ? "soldOut" : x.kind === "gone" ? "gone" : "changedOption")}</p>`;
  }
  function amount(l) { return weighed(S.items[l.item]) ? t("weighed") : money(l.unit * l.quantity); }
  function cartSheet() {
    var lines = S.cart.lines.filter(isOpen);
    if (!lines.length) return html`<${Sheet} kind="cart" title=${t("cart")}><div class="empty">${icon("cart")}<p>${t("cartEmpty")}</p><button type="button" class="btn" onClick=${close}>${t("look")}</button></div></${Sheet}>`;
    return html`<${Sheet} kind="cart" title=${t("cart")} sub=${t("dishes", {n: countOf(lines)})} foot=${html`<span class="foot-sum num"><small>${t("total")}</small><b data-testid="sheet-total">${money(sumOf(lines))}</b></span><button type="button" class="btn btn-lamp" data-testid="go-order" onClick=${goOrder}>${t("goOrder")}</button>`}>
      <ul class="lines">${lines.map(function (l, i) {
        var name = lineName(l), p = problem(l), item = S.items[l.item];
        return html`<li key=${l.uid} class="cl" data-testid=${"cart-line-" + i}><div class="grow"><h3>${name}</h3>${choices(l) ? html`<p>${choices(l)}</p>` : ""}${p ? what(p) : ""}${item && avoided(item.allergens || []).length ? html`<p class="state is-soon">${icon("tri")}${t("has", {list: names(avoided(item.allergens))})}</p>` : ""}
          <p class="cl-do">${item ? html`<button type="button" class="btn btn-quiet" aria-label=${t("edit") + " " + name} data-testid=${"edit-" + i} onClick=${function () { options(item, l); }}>${t("edit")}</button>` : ""}<button type="button" class="btn btn-quiet" aria-label=${t("remove") + " " + name} data-testid=${"remove-" + i} onClick=${function () { drop(l); }}>${t("remove")}</button></p></div>
          <div class="cl-r"><${Steps} n=${l.quantity} min=${0} max=${99} live=${1} less=${t("less", {dish: name})} more=${t("add", {dish: name})} set=${function (n) { setQuantity(l, n); }} /><b class="num">${amount(l)}</b></div></li>`;
      })}</ul>${allergyPart()}</${Sheet}>`;
  }
  function coversPart() {
    return html`<${Steps} n=${guests()} min=${1} max=${20} id="covers-more" live=${1} less=${t("people") + " −1"} more=${t("people") + " +1"} set=${function (n) { S.cart.covers = n; save(); }} />`;
  }
  function coversSheet() {
    var n = guests();
    return html`<${Sheet} kind="covers" title=${t("peopleNone")} sub=${t("peopleHint")} foot=${html`<button type="button" class="btn btn-ink" data-testid="covers-done" onClick=${close}>${n ? t("peopleSet", {n: n}) : t("close")}</button>`}>
      <div class="opts people">${[1, 2, 3, 4, 5, 6, 8, 10].map(function (k) { return html`<${Opt} radio=${1} name="covers" id=${"covers-" + k} label=${k} on=${n === k} set=${function () { S.cart.covers = k; save(); }} />`; })}</div><div class="row">${coversPart()}</div></${Sheet}>`;
  }
  function confirmSheet() {
    var lines = S.cart.lines.filter(isOpen), heavy = lines.some(function (l) { return weighed(S.items[l.item]); });
    return html`<${Sheet} kind="confirm" title=${t("confirm")} sub=${t("confirmPay")} foot=${html`<button type="button" class="btn btn-lamp" data-testid="submit-order" disabled=${!lines.length} onClick=${function () { submit(); }}>${t("submit", {sum: money(sumOf(lines))})}</button>`}>
      <dl class="where-to"><div><dt>${t("confirmTable")}</dt><dd><span class="tbl">${t("table", {n: tableName()})}</span></dd></div><div><dt>${t("confirmPeople")}</dt><dd>${coversPart()}</dd></div></dl>
      <ul class="lines brief">${lines.map(function (l) { return html`<li key=${l.uid}><span class="grow"><b>${lineName(l)}</b> <span class="num">×${l.quantity}</span>${choices(l) ? html`<small>${choices(l)}</small>` : ""}</span><span class="num">${amount(l)}</span></li>`; })}
      <li class="tot"><span class="grow">${t("total")}</span><span class="num" data-testid="confirm-total">${money(sumOf(lines))}${heavy ? " + " + t("plusWeighed") : ""}</span></li></ul>${allergyPart()}</${Sheet}>`;
  }
  function sendingSheet() {
    var a = S.attempt, w = a && a.wait, n = w ? Math.max(1, Math.ceil((w.until - Date.now()) / 1000)) : 0, title, more;
    if (!a) return "";
    if (w) { title = t(w.code === "storage_full" ? "fullSend" : w.code === "ordering_paused" ? "pausedSend" : "busy", {n: n}); more = t("waitCart"); }
    else if (S.silent) { title = t("askingSilent"); more = t("askingMore"); }
    else if (a.unanswered) { title = t("asking"); more = t("askingMore"); }
    else { title = t("sending"); more = t("sendingMore"); }
    return html`<${Sheet} kind="sending" title=${title} foot=${w ? html`<button type="button" class="btn" onClick=${function () { forget(); swap("confirm"); }}>${t("stopWaiting")}</button>` : null}><div class="wait" data-testid="sending" role="status"><span class="spin" aria-hidden="true"></span><p>${more}</p><span class="sr">${w ? t("waitCart") : title}</span></div></${Sheet}>`;
  }
  function refusedSheet(s) {
    var code = s.code, p = s.p || {}, title, text, list = s.lines || [], rest, foot, m;
    var toCart = html`<button type="button" class="btn" data-testid="to-cart" onClick=${function () { swap("cart"); }}>${t("toCart")}</button>`;
    function ink(words, act, id) { return html`<button type="button" class="btn btn-ink" data-testid=${id || "again"} onClick=${act}>${words}</button>`; }
    if (list.length) {
      var sold = list.filter(function (x) { return x.what.kind !== "price"; });
      rest = S.cart.lines.filter(function (l) { return !sold.some(function (x) { return x.line === l; }); });
      var sum = rest.reduce(function (n, l) { var x = list.filter(function (y) { return y.line === l; })[0]; return n + (weighed(S.items[l.item]) ? 0 : (x ? x.what.now : l.unit) * l.quantity); }, 0);
      var dish = sold.map(function (x) { return lineName(x.line); }).join(t("and"));
      title = !sold.length ? t("priceTold") : code === "not_served_now" ? t("notServed", {dish: dish}) : sold.every(function (x) { return x.what.kind === "sold"; }) && sold.length === list.length ? t("justSold", {dish: dish}) : t("changes");
      foot = [toCart, ink(!rest.length ? t("acceptOnly") : !s.go ? t("next", {sum: money(sum)}) : sold.length ? t("acceptRest", {sum: money(sum)}) : t("acceptPrice", {sum: money(sum)}), function () { acceptChanges(list, s.go); }, "accept-changes")];
      text = html`<ul class="lines">${list.map(function (x) { return html`<li class="cl"><div class="grow"><h3>${lineName(x.line)} <small>×${x.line.quantity}</small></h3>${choices(x.line) ? html`<p>${choices(x.line)}</p>` : ""}${what(x.what)}</div></li>`; })}</ul>`;
    } else if (code === "table_closed") { title = t("closedTitle"); text = t("closedDo"); foot = [toCart, ink(t("tryAgain"), again)]; }
    else if (code === "unknown_table") { title = t("unknownTitle"); text = t("unknownDo"); foot = toCart; }
    else if (code === "idempotency_key_reused") { title = t("reusedTitle"); text = t("reusedDo"); foot = [toCart, ink(t("takenLook"), toStatus)]; }
    else if (code === "looks_repeated") {
      m = p.order || p.earlier || {};
      title = t("repeatTitle", {at: m.placed_at ? TP.clock.hm(m.placed_at) : ""}); text = t("repeatDo", {number: m.number || ""});
      foot = [html`<button type="button" class="btn" onClick=${function () { S.cart.lines = []; save(); toStatus(); }}>${t("repeatNo")}</button>`, ink(t("repeatYes"), function () { submit({confirm_repeat: true}); })];
    } else if (code === "invalid" || code === "http_422") {
      m = /^lines\[(\d+)\](?:\.(\w+))?/.exec(p.field || "");
      var line = m && s.mine && lineAt(s.mine, +m[1]), part = /note|quantity/.exec(p.field || ""), allergy = /allerg/.test(p.field || "");
      title = t("invalidTitle");
      text = t("invalidDo", {field: (line ? t("fieldLine", {n: +m[1] + 1, dish: lineName(line)}) + (part ? t("and") : "") : "") + (part ? t(part[0] === "note" ? "fieldNote" : "fieldQuantity") : line ? "" : t(allergy ? "fieldAllergy" : "fieldOther"))});
      foot = toCart;
    } else if (code === "http_413" || code === "too_large") { title = t("largeTitle"); text = t("largeDo"); foot = toCart; }
    else { title = t("otherTitle"); text = html`${p.title ? html`<b>${p.title}</b> ` : ""}${t("otherDo")}`; foot = [toCart, ink(t("tryAgain"), function () { submit(); })]; }
    return html`<${Sheet} kind="refused" title=${title} foot=${foot}><div data-testid="refused" data-code=${code} role="alert">${typeof text === "string" ? html`<p class="say">${text}</p>` : text}</div></${Sheet}>`;
  }
  var SHEETS = {item: itemSheet, cart: cartSheet, covers: coversSheet, confirm: confirmSheet, sending: sendingSheet, refused: refusedSheet};
  function tableName() { return (S.visit && S.visit.table) || (S.menu && S.menu.table) || boot.table || ""; }

  function page() {
    var s = top(), n = guests(), orders = (S.visit && S.visit.orders) || [];
    return html`<div class=${"page" + (TP.lang === "en" ? " en" : "")}>
      <div class="behind">
      <header class="top"><div class="top-row"><h1>${TP.text((S.menu && S.menu.store && S.menu.store.name) || boot.store_name)}</h1>${langs()}</div></header>
      <div class="stick" role="region" aria-label=${tableName() ? t("table", {n: tableName()}) : t("tableNone")}><div class="where"><span class="tbl">${tableName() ? t("table", {n: tableName()}) : t("tableNone")}</span>
        <button type="button" class="btn" data-testid="covers" aria-label=${n ? t("peopleN", {n: n}) : t("peopleNone")} onClick=${function () { open("covers"); }}>${icon("people")}${n || t("people")}</button>
        <label class="find">${icon("search")}<span class="sr">${t("search")}</span><input type="search" data-testid="search" value=${S.query} placeholder=${t("search")} autocomplete="off" enterkeyhint="search" onInput=${function (e) { S.query = e.target.value; draw(); }} />${S.query ? html`<button type="button" class="x" aria-label=${t("searchClear")} onClick=${clearQuery}>${icon("close")}</button>` : ""}</label></div>
        ${signs()}${orders.length ? html`<a class="ours" data-testid="to-status" href=${"/t/" + token + "/status"}>${icon("ready")}<span>${t("ordered", {n: orders.length})}</span>${icon("right")}</a>` : ""}</div>
      <div class="menu">${rail()}<main class="list" id="list">${list()}</main></div>
      ${S.toast ? html`<div class="toast" role="status"><span class="grow">${S.toast.words}</span>${S.toast.act ? html`<button type="button" class="btn btn-quiet" data-testid="toast-act" onClick=${function () { var f = S.toast.act; S.toast = null; f(); draw(); }}>${S.toast.button}</button>` : ""}</div>` : ""}
      ${bar()}</div>
      ${s ? html`<div class="veil" onClick=${close}></div>${SHEETS[s.kind](s)}` : ""}
      <p class="sr" role="status">${S.now}</p></div>`;
  }
  var asked = 0;
  function paint() {
    asked = 0;
    if (!t || leaving) return;
    if (top() && top().kind === "sending" && !S.attempt) { S.sheets.pop(); follow(); }
    if (tableName()) d.title = t("title", {n: tableName()});
    d.documentElement.classList.toggle("held", !!top());
    TP.render(page(), root);
    if (!measuring) measuring = g.requestAnimationFrame(measure);
  }
  // How high the part is that stays on top: the rail and jumps need it.
  var measuring = 0, high = 0;
  function measure() {
    measuring = 0;
    if (stuck() !== high) d.documentElement.style.setProperty("--stick", (high = stuck()) + "px");
  }
  function draw() { if (!asked) asked = Promise.resolve().then(paint); }

  // -- go ---------------------------------------------------------------------------------------------------------
  function words() {
    return TP.fetchJson("/static/guest/words.json?v=" + TP.version, {cacheable: true}).then(function (r) {
      if (r.status === 200) return r.json.order;
      return new Promise(function (go) { setTimeout(go, 1500); }).then(words);
    });
  }
  TP.lang = boot.lang || TP.pickLang(g.navigator.languages);
  TP.onLang(function () { draw(); });
  loadCart();
  start();
  words().then(function (w) {
    t = TP.t(w);
    root.textContent = "";
    TP.setLang(TP.lang);
    draw();
    if (S.attempt) { S.attempt.unanswered = true; S.attempt.wait = null; open("sending"); send(); } else follow();
  });
  var ticking = false;
  g.addEventListener("scroll", function () {
    lastTouch = Date.now();
    if (!ticking) { ticking = true; g.requestAnimationFrame(function () { ticking = false; spy(); }); }
  }, {passive: true});
  g.addEventListener("pointerdown", function () { lastTouch = Date.now(); });
  g.addEventListener("resize", draw);
  // Back from the status page, or another tab of this phone: what is on disk counts.
  function reread() {
    if (sending) return;
    loadCart();
    S.attempt = store.get("attempt." + token);
    if (S.attempt) send();
    draw();
  }
  g.addEventListener("pageshow", function (e) { if (e.persisted) { leaving = false; S.sheets.length = 0; reread(); follow(); } });
  g.addEventListener("storage", function (e) { if (e.key === "tp.cart." + token && !top()) reread(); });
})(window);
