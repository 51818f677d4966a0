/* The guest's ordering page: menu, cart, and what the box says. State in S, one render; sheets are a stack that the back
   button closes. Sheets and sending are parts of their own (sheets.js, sending.js): they come with the first touch, so
   who only reads the menu never loads them. TP.page is what the parts share. */
(function (g) {
  "use strict";
  var TP = g.TP, html = TP.html, icon = TP.icon, store = TP.store, d = document, boot = TP.boot();
  var token = boot.token, q = "?table_token=" + encodeURIComponent(token), words, root = d.getElementById("app");
  var S = {menu: null, visit: null, items: {}, cart: null, attempt: store.get("attempt." + token), sheets: [], query: "", silent: false, closed: !!boot.locked, toast: null, now: "", leaving: false};
  var etag = {}, lastTouch = Date.now();
  function t(key, o) { return words ? words(key, o) : ""; }

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
  function weighed(item) { return !!item && item.price_unit && item.price_unit !== "each"; }
  function isOpen(line) { return !S.attempt || S.attempt.lines.indexOf(line.uid) < 0; }
  function sumOf(lines) {
    return lines.reduce((n, l) => n + (weighed(S.items[l.item]) ? 0 : l.unit * l.quantity), 0);
  }
  function countOf(lines) { return lines.reduce((n, l) => n + l.quantity, 0); }
  function same(a, b) { return a.item === b.item && a.variant === b.variant && a.note === b.note && a.modifiers.join() === b.modifiers.join(); }
  function add(line) {
    var twin = S.cart.lines.filter((l) => isOpen(l) && same(l, line) && l.unit === line.unit)[0];
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
    toast(t("removed", {dish: lineName(line)}), t("undo"), () => { S.cart.lines.splice(at, 0, line); save(); });
    save();
  }
  function quick(item, by) {
    var mine = S.cart.lines.filter((l) => isOpen(l) && l.item === item.id);
    if (by > 0) add({item: item.id, name: item.name, variant: null, modifiers: [], note: "", unit: item.price, quantity: 1});
    else if (mine.length) setQuantity(mine[mine.length - 1], mine[mine.length - 1].quantity - 1);
  }
  function lineName(line) { return TP.text((S.items[line.item] || line).name); }
  function names(ids) { return ids.map((id) => TP.allergen(id)).join(t("and")); }
  function avoided(ids) { return ids.filter((id) => S.cart.allergies.indexOf(TP.allergenId(id)) >= 0); }
  function guests() { return S.cart.covers || (S.visit && S.visit.covers) || 0; }

  // -- sheets: a stack, kept in step with the browser's history -------------------------------------------------
  var depth = (g.history.state && g.history.state.d) || 0, stepping = 0;
  function follow() {
    if (stepping) return;
    var want = S.sheets.length;
    while (depth < want) g.history.pushState({d: ++depth}, "");
    if (depth > want) {
      stepping = setTimeout(() => { stepping = 0; depth = S.sheets.length; }, 700);
      g.history.go(want - depth);
    }
  }
  g.addEventListener("popstate", (e) => {
    depth = (e.state && e.state.d) || 0;
    if (stepping) { clearTimeout(stepping); stepping = 0; } else { S.sheets.length = Math.min(S.sheets.length, depth); draw(); }
    follow();
  });
  var opener;
  function open(kind, o) {
    if (!top()) opener = d.activeElement;
    S.sheets.push(Object.assign({kind: kind}, o));
    parts();
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
    toast.timer = setTimeout(() => { S.toast = null; draw(); }, 8000);
    draw();
  }

  // -- the parts that come with the first touch ----------------------------------------------------------------------
  var page = TP.page = {sheets: {}}, coming;
  function parts() {
    coming = coming || TP.load("guest/sheets.js").then(() => TP.load("guest/sending.js")).then(draw);
    return coming;
  }
  function goOrder() { parts().then(() => { page.sending.go(); }); }

  // -- asking the box: menu and visit in turn; a silent box is noticed within 5 s --------------------------------
  var misses = 0, turn = 0, plates;
  // A table that was opened after this page came: the page brings the visit's cookie.
  var joined = 0;
  function join() { return fetch("/t/" + token, {credentials: "same-origin", cache: "no-store"}).catch(() => {}); }
  function heardBox(ok) {
    misses = ok ? 0 : misses + 1;
    var silent = misses > 1 || (misses && g.navigator.onLine === false);
    if (S.silent && !silent && words) { toast(t("back")); if (page.sending) page.sending.resume(); }
    if (silent !== S.silent) { S.silent = silent; draw(); }
  }
  // The sticker was given a new code while this page was open: the box has a page for that.
  function lost() { S.leaving = true; g.location.reload(); }
  function fetchMenu() {
    return TP.fetchJson("/api/v1/menu" + q, {etag: etag.menu}, 2500).then((r) => {
      heardBox(r.status > 0);
      if (r.status === 200) {
        etag.menu = r.etag;
        S.menu = r.json;
        S.items = {};
        r.json.categories.forEach((c) => { c.items.forEach((i) => { i.variants = i.variants || []; S.items[i.id] = i; }); });
        draw();
        setTimeout(spy, 0);
        // The drawn dishes are decoration: they come when the menu stands.
        plates = plates || TP.load("guest/plates.js").then(draw);
      }
      if (r.json && r.json.code === "unknown_table") lost();
    });
  }
  function fetchVisit() {
    return TP.fetchJson("/api/v1/visit" + q, {etag: etag.visit}, 2500).then((r) => {
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
    poll = TP.poll(() => {
      return (!S.menu || turn++ % 2 ? fetchMenu() : fetchVisit()).then(() => {
        if (misses === 1 && !S.silent) return 700;
        if (misses || !S.menu) return 2000;
        if (!S.visit && turn < 3) return 50;
        return d.hidden ? 60000 : Date.now() - lastTouch > 120000 ? 5000 : 3000;
      });
    });
  }

  // -- drawing ----------------------------------------------------------------------------------------------------
  function Steps(p) {
    return html`<span class="step"><button type="button" class="add minus" aria-label=${p.less} disabled=${p.n <= p.min} onClick=${() => { p.set(p.n - 1); }}><span>${icon("minus")}</span></button><b class="num" aria-live=${p.live ? "polite" : null}>${p.n || "–"}</b><button type="button" class="add" data-testid=${p.id} aria-label=${p.more} disabled=${p.n >= p.max} onClick=${() => { p.set(p.n + 1); }}><span>${icon("plus")}</span></button></span>`;
  }
  function marks(item) {
    var diet = (item.diets || []).indexOf("vegan") >= 0 ? "vegan" : (item.diets || []).indexOf("vegetarian") >= 0 ? "vegetarian" : "";
    var hot = item.spicy ? t("spicy" + Math.min(3, item.spicy)) : "", out = [];
    if (hot) out.push(html`<span class="mark hot" title=${hot}>${[1, 2, 3].slice(0, item.spicy).map(() => icon("chili"))}<span class="sr">${hot}</span></span>`);
    if (diet) out.push(html`<span class="mark veg" title=${t(diet)}>${icon("leaf")}<span class="sr">${t(diet)}</span></span>`);
    return out;
  }
  // The size that a guest means who names none: the one at the dish's own price.
  function usual(item) { return item.variants.filter((v) => v.price === item.price)[0] || item.variants[0]; }
  function priceOf(item) {
    var unit = item.price_unit || "each", low = (usual(item) || item).price;
    return html`<span class="price num">${money(low)}${unit === "each" ? "" : html`<small>${t("per" + unit)}</small>`}</span>`;
  }
  function hasOptions(item) { return item.variants.length > 0 || (item.modifier_groups || []).length > 0; }
  var Dish = TP.Memo((p) => {
    var item = p.item, name = TP.text(item.name), buy;
    if (p.sold) buy = html`<span class="state is-gone">${icon("cross")}${t(p.sold)}</span>`;
    else if (hasOptions(item)) buy = html`<button type="button" class="btn btn-ink choose" data-testid=${"choose-" + item.id} aria-label=${t("chooseOf", {dish: name})} onClick=${() => { options(item); }}>${t("choose")}${p.n ? html`<b class="in num">${p.n}</b>` : ""}</button>`;
    else if (p.n) buy = html`<${Steps} n=${p.n} min=${0} max=${99} id=${"add-" + item.id} less=${t("less", {dish: name})} more=${t("add", {dish: name})} set=${(n) => { quick(item, n - p.n); }} />`;
    else buy = html`<button type="button" class="add" data-testid=${"add-" + item.id} aria-label=${t("add", {dish: name})} onClick=${() => { quick(item, 1); }}><span>${icon("plus")}</span></button>`;
    return html`<li class=${"dish" + (p.sold ? " sold" : "")} data-testid=${"dish-" + item.id}>
      ${p.plate ? html`<img class="photo" alt="" width="112" height="84" loading=${item.photo ? "lazy" : null} src=${p.plate} onClick=${() => { options(item); }} />` : html`<span class="photo"></span>`}
      <div class="what"><h3><button type="button" class="name" aria-label=${t("details", {dish: name})} onClick=${() => { options(item); }}>${name}</button>${marks(item)}</h3><p>${TP.text(item.description)}</p>
      ${p.avoid ? html`<p class="mine is-soon">${icon("tri")}${t("has", {list: names(p.avoid.split(","))})}</p>` : ""}</div>
      <div class="buy"><span>${priceOf(item)}${!p.sold && item.remaining != null && item.remaining <= 9 ? html` <span class="few">${t("left", {n: item.remaining})}</span>` : ""}</span>${buy}</div></li>`;
  });
  function plate(item, category) { return TP.plate ? TP.plate(item, category) : item.photo; }
  function rows(items, category) {
    return items.map((item) => {
      var n = countOf(S.cart.lines.filter((l) => l.item === item.id && isOpen(l)));
      return html`<${Dish} key=${item.id} item=${item} sold=${item.sold_out || item.remaining === 0 ? "soldOut" : item.suspended && "suspended"} n=${n} avoid=${avoided(item.allergens || []).join()} plate=${plate(item, category)} lang=${TP.lang} />`;
    });
  }
  function searched() {
    var want = S.query.toLowerCase().replace(/\s+/g, ""), seen = {}, hits = [];
    S.menu.categories.forEach((c) => {
      c.items.forEach((i) => {
        var text = Object.keys(i.name).map((k) => i.name[k]).concat(i.search || "", TP.text(i.description)).join(" ").toLowerCase();
        if (!seen[i.id] && (text.indexOf(want) >= 0 || text.replace(/\s+/g, "").indexOf(want) >= 0)) { seen[i.id] = 1; hits.push([i, c.id]); }
      });
    });
    return hits;
  }
  function list() {
    if (!S.menu) return html`<p class="empty">${t("loading")}</p>`;
    if (!S.menu.categories.length) return html`<p class="empty">${t("menuEmpty")}</p>`;
    if (S.query.trim()) {
      var hits = searched();
      if (!hits.length) return html`<div class="empty">${icon("search")}<p>${t("foundNone", {q: S.query.trim()})}</p><button type="button" class="btn" onClick=${clearQuery}>${t("foundAll")}</button></div>`;
      return html`<section><h2 role="status">${t("found", {n: hits.length})}</h2><ul>${hits.map((h) => rows([h[0]], h[1]))}</ul></section>`;
    }
    return S.menu.categories.map((c) => {
      return html`<section key=${c.id} id=${"c-" + c.id} aria-labelledby=${"h-" + c.id}><h2 id=${"h-" + c.id} tabindex="-1">${TP.text(c.name)}</h2><ul>${rows(c.items, c.id)}</ul></section>`;
    });
  }
  function clearQuery() { S.query = ""; draw(); }
  var current = "";
  function jump(id) {
    return (e) => {
      e.preventDefault();
      if (S.query) { S.query = ""; draw(); }
      setTimeout(() => {
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
    return html`<nav class="rail" aria-label=${t("categories")}>${S.menu ? S.menu.categories.map((c) => {
      return html`<a key=${c.id} href=${"#c-" + c.id} onClick=${jump(c.id)} aria-current=${!S.query && c.id === current ? "true" : null}>${TP.text(c.name)}</a>`;
    }) : ""}</nav>`;
  }
  function spy() {
    if (!S.menu || S.query) return;
    var line = stuck() + 90, found = S.menu.categories[0] && S.menu.categories[0].id;
    S.menu.categories.forEach((c) => {
      var el = d.getElementById("c-" + c.id);
      if (el && el.getBoundingClientRect().top <= line) found = c.id;
    });
    if (g.innerHeight + g.pageYOffset >= d.documentElement.scrollHeight - 2 && g.pageYOffset > 0) found = S.menu.categories[S.menu.categories.length - 1].id;
    if (found !== current) {
      current = found;
      draw();
      setTimeout(() => {
        var a = d.querySelector(".rail [aria-current]"), box = d.querySelector(".rail");
        if (a && box.scrollHeight > box.clientHeight) box.scrollTop = a.offsetTop - box.clientHeight / 3;
      }, 0);
    }
  }
  function signs() {
    if (S.silent) return TP.sign("box-silent", "plug", t("silent"), t(S.cart.lines.length ? "silentCart" : "silentEmpty"), "is-soon");
    if (S.closed) return TP.sign("table-closed", "door", t("closed"), t("closedMore"), "is-soon");
    if (S.menu && S.menu.ordering && S.menu.ordering.open === false) return TP.sign("paused", "clock", t("paused"), "");
    if (S.visit && S.visit.uplink === "offline") return TP.sign("sign-offline", "cloudoff", t("offline"), t("offlinePay"));
  }
  function bar() {
    var lines = S.cart.lines.filter(isOpen), n = countOf(lines), heavy = lines.some((l) => weighed(S.items[l.item]));
    if (S.attempt && !top()) return html`<footer class="cart"><button type="button" class="sum" onClick=${() => { open("sending"); }}><b>${t("sentBar")}</b><span>${t("sentBarMore")}</span></button></footer>`;
    if (!n || top()) return "";
    return html`<footer class="cart"><button type="button" class="sum" data-testid="cart-bar" aria-label=${t("openCart", {n: n, sum: money(sumOf(lines))})} onClick=${() => { open("cart"); }}><span class="bag">${icon("cart")}<b class="num" data-testid="cart-count">${n}</b></span><span><b class="num" data-testid="cart-total">${money(sumOf(lines))}</b><span>${heavy ? t("plusWeighed") : t("dishes", {n: n})}</span></span></button><button type="button" class="btn btn-lamp" data-testid="go-order" onClick=${goOrder}>${t("goOrder")}</button></footer>`;
  }

  function options(item, line) {
    open("item", {item: item.id, line: line});
  }

  function tableName() { return TP.table(t, boot.table); }
  function whole() {
    var s = top(), sheet = s && page.sheets[s.kind], n = guests(), orders = (S.visit && S.visit.orders) || [];
    return html`<div class=${"page" + (TP.lang === "en" ? " en" : "")}>
      <div class="behind">
      <header class="top"><div class="top-row"><h1>${TP.text(boot.store_name)}</h1>${TP.langs(t("lang"))}</div></header>
      <div class="stick" role="region" aria-label=${tableName()}><div class="where"><span class="tbl">${tableName()}</span>
        <button type="button" class="btn" data-testid="covers" aria-label=${n ? t("peopleN", {n: n}) : t("peopleNone")} onClick=${() => { open("covers"); }}>${icon("people")}${n || t("people")}</button>
        <label class="find">${icon("search")}<span class="sr">${t("search")}</span><input type="search" data-testid="search" value=${S.query} placeholder=${t("search")} autocomplete="off" enterkeyhint="search" onInput=${(e) => { S.query = e.target.value; draw(); }} />${S.query ? html`<button type="button" class="x" aria-label=${t("searchClear")} onClick=${clearQuery}>${icon("close")}</button>` : ""}</label></div>
        ${signs()}${orders.length ? html`<a class="ours" data-testid="to-status" href=${"/t/" + token + "/status"}>${icon("ready")}<span>${t("ordered", {n: orders.length})}</span>${icon("right")}</a>` : ""}</div>
      <div class="menu">${rail()}<main class="list" id="list">${list()}</main></div>
      ${S.toast ? html`<div class="toast" role="status"><span class="grow">${S.toast.words}</span>${S.toast.act ? html`<button type="button" class="btn btn-quiet" data-testid="toast-act" onClick=${() => { var f = S.toast.act; S.toast = null; f(); draw(); }}>${S.toast.button}</button>` : ""}</div>` : ""}
      ${bar()}</div>
      ${s ? html`<div class="veil" onClick=${close}></div>${sheet ? sheet(s) : html`<p class="sheet wait" role="status"><span class="spin" aria-hidden="true"></span>${t("opening")}</p>`}` : ""}
      <p class="sr" role="status">${S.now}</p></div>`;
  }
  var asked = 0;
  function paint() {
    asked = 0;
    if (!words || S.leaving) return;
    if (top() && top().kind === "sending" && !S.attempt) { S.sheets.pop(); follow(); }
    d.title = t("title", {table: tableName()});
    d.documentElement.classList.toggle("held", !!top());
    TP.render(whole(), root);
    if (!measuring) measuring = g.requestAnimationFrame(measure);
  }
  // How high the part is that stays on top: the rail and jumps need it.
  var measuring = 0, high = 0;
  function measure() {
    measuring = 0;
    if (stuck() !== high) d.documentElement.style.setProperty("--stick", (high = stuck()) + "px");
  }
  function draw() { if (!asked) asked = Promise.resolve().then(paint); }

  Object.assign(page, {
    S, token, t, draw, save, money, weighed, isOpen, sumOf, countOf, add, setQuantity, drop,
    lineName, names, avoided, guests, tableName, plate, marks, priceOf, usual, options, Steps,
    open, swap, close, closeAll, top, toast, opener: () => opener, goOrder,
    heardBox, fetchMenu, lost, join,
    askNow: (anew) => { if (anew) etag.menu = null; poll.now(); }
  });

  // -- go ---------------------------------------------------------------------------------------------------------
  function fetchWords() {
    return TP.fetchJson("/static/guest/words.json?v=" + TP.version, {cacheable: true}).then((r) => {
      if (r.status === 200) return r.json.order;
      return new Promise((go) => { setTimeout(go, 1500); }).then(fetchWords);
    });
  }
  TP.lang = boot.lang;
  TP.onLang(() => { draw(); });
  loadCart();
  start();
  fetchWords().then((w) => {
    words = TP.t(w);
    root.textContent = "";
    TP.setLang(TP.lang);
    draw();
    if (S.attempt) { S.attempt.unanswered = true; S.attempt.wait = null; open("sending"); parts().then(() => { page.sending.send(); }); } else follow();
  });
  var ticking = false;
  g.addEventListener("scroll", () => {
    lastTouch = Date.now();
    if (!ticking) { ticking = true; g.requestAnimationFrame(() => { ticking = false; spy(); }); }
  }, {passive: true});
  g.addEventListener("pointerdown", () => { lastTouch = Date.now(); parts(); });
  g.addEventListener("resize", draw);
  // Back from the status page, or another tab of this phone: what is on disk counts.
  function reread() {
    if (page.sending && page.sending.isBusy()) return;
    loadCart();
    S.attempt = store.get("attempt." + token);
    if (S.attempt) parts().then(() => { page.sending.send(); });
    draw();
  }
  g.addEventListener("pageshow", (e) => { if (e.persisted) { S.leaving = false; S.sheets.length = 0; reread(); follow(); } });
  g.addEventListener("storage", (e) => { if (e.key === "tp.cart." + token && !top()) reread(); });
})(window);