/* The table's dishes as they stand: a tick only for what is proven. Asks every 3 s while something is open. */
(function (g) {
  "use strict";
  var TP = g.TP, html = TP.html, icon = TP.icon, d = document, boot = TP.boot(), token = boot.token, root = d.getElementById("app"), t;
  var visit = null, etag = null, heard = 0, misses = 0, closed = !!boot.locked, joined = 0, doubted = false, sorted = 0;
  // What each state looks like: icon, colour.
  var LOOK = {waiting: ["ring", ""], unconfirmed: ["dash", "is-soon"], confirmed: ["seen", "is-proof"], started: ["half", "is-move"], ready: ["ready", "is-proof"], served: ["done", "is-proof"], cancelled: ["cross", "is-gone"]};
  var SEEN = {confirmed: 1, started: 1, ready: 1, served: 1};
  function look(line) { return LOOK[line.kitchen] || LOOK.waiting; }
  function money(n, fixed) { return TP.money(n, (visit.check && visit.check.currency) || (visit.orders[0] && visit.orders[0].currency) || "CNY", fixed); }
  function open(line) { return line.kitchen !== "served" && line.kitchen !== "cancelled"; }

  // What was in doubt is proven now: it is said for as long as who reads may have put the phone down.
  var SORTED_MS = 120000;
  function settle() {
    var now = visit.orders.some((o) => o.lines.some((l) => l.kitchen === "unconfirmed"));
    if (now) sorted = 0; else if (doubted && visit.orders.some((o) => o.lines.some((l) => SEEN[l.kitchen]))) sorted = Date.now();
    doubted = now;
  }

  function lineWords(line, order) {
    if (order.status === "AWAITING_RELEASE" && line.kitchen !== "cancelled") return t("release");
    if (line.kitchen === "started") return line.started_at ? t("started", {at: TP.clock.hm(line.started_at)}) : t("startedPlain");
    return t(LOOK[line.kitchen] ? line.kitchen : "waiting");
  }
  function options(line) {
    return [line.variant].concat(line.modifiers || []).filter(Boolean).map((x) => TP.text(x.name)).concat(line.note ? ["“" + line.note + "”"] : []).join(t("and"));
  }
  function lineRow(line, order) {
    var l = look(line);
    return html`<li key=${line.id} class=${"line " + l[1]} data-testid=${"line-" + order.number + "-" + line.id} data-state=${line.kitchen}>${icon(l[0])}<h3>${TP.text(line.name)} <small class="num">${t("times", {n: line.quantity})}</small>${options(line) ? html` <small>${options(line)}</small>` : ""}</h3><span class="amt num">${money(line.kitchen === "cancelled" ? 0 : line.amount)}</span><p class="says">${lineWords(line, order)}</p>${line.kitchen === "unconfirmed" ? html`<p class="more">${t("unconfirmedMore")}</p>` : ""}</li>`;
  }
  function orderCard(order, i) {
    var allergies = (order.allergies || []).map((a) => TP.allergen(a)).join(t("and"));
    return html`<section key=${order.id} class="card order" data-testid=${"order-" + order.number} data-kitchen=${order.kitchen} aria-labelledby=${"o-" + order.number}><header><b id=${"o-" + order.number}>${t(i ? "addition" : "first")} ${order.number}</b><span class="num">${t("at", {at: TP.clock.hm(order.placed_at)})}</span></header>
      ${allergies ? html`<p class="told">${icon("tri")}<span><b>${t("allergy", {list: allergies})}</b><small>${t("allergyTold")}</small></span></p>` : ""}
      ${order.note ? html`<p class="told">${t("noteSays", {note: order.note})}</p>` : ""}
      <ul>${order.lines.map((l) => lineRow(l, order))}</ul></section>`;
  }
  function glance(lines) {
    function n(f) { return lines.filter(f).length; }
    function is(k) { return (l) => l.kitchen === k; }
    var live = n((l) => l.kitchen !== "cancelled"), seen = n((l) => SEEN[l.kitchen]), served = n(is("served"));
    var head = !live ? t("sumNone") : served === live ? t("sumServed", {n: live}) : seen === live ? t("sumAll", {n: live}) : !seen ? t("sumTaken", {n: live}) : t("sum", {n: live, seen: seen});
    var un = n(is("unconfirmed")), ready = n(is("ready")), way = live - seen - un;
    var more = !live ? "" : [un ? t("sumUnconfirmed", {n: un}) : "", ready ? t("sumReady", {n: ready}) : "", !un && way ? t("sumWaiting", {n: way}) : ""].join(TP.lang === "en" ? " " : "").trim() || t(served === live ? "sumEnjoy" : "sumRest");
    return html`<section class="glance"><div role="status" data-testid="summary"><h2>${head}</h2><p>${more}</p></div><div class="beads" aria-hidden="true">${lines.map((l) => html`<span class=${look(l)[1]}>${icon(look(l)[0])}</span>`)}</div></section>`;
  }
  function bill(check) {
    if (!check || !(check.lines || []).length && !check.total) return "";
    var goods = (check.lines || []).reduce((n, l) => n + l.amount, 0), due = check.due === undefined ? check.total : check.due;
    function row(words, n, cls) { return html`<div class=${cls || ""}><span>${words}</span><span class="num">${money(n, true)}</span></div>`; }
    return html`<section class="card bill" data-testid="bill">${row(t("goods"), goods)}
      ${(check.adjustments || []).map((a) => row(TP.text(a.name) || t("kinds_" + a.kind), a.amount))}
      ${(check.taxes || []).map((x) => row(t(x.included ? "taxIn" : "tax", {rate: x.rate}), x.tax))}
      ${check.paid ? [row(t("total"), check.total), row(t("paid"), -check.paid)] : ""}${row(t("due"), due, "tot")}
      <p>${t(check.paid && due <= 0 ? "allPaid" : "pay")}</p></section>`;
  }
  function page() {
    var orders = (visit && visit.orders) || [], lines = [].concat.apply([], orders.map((o) => o.lines));
    var stale = heard && Date.now() - heard > 30000, at = heard ? TP.clock.hms(heard + (TP.clock.now() - Date.now())) : "";
    return html`<div class="page"><header class="head"><h1>${t("heading")}</h1><span class="tbl">${TP.table(t, boot.table)}</span>
      ${TP.langs(t("lang"))}</header>
      ${misses > 1 ? TP.sign("box-silent", "plug", t("silent"), t("silentMore"), "is-soon") : closed ? TP.sign("table-closed", "door", t("closed"), "", "is-soon") : visit && visit.uplink === "offline" ? TP.sign("sign-offline", "cloudoff", t("offline"), t("offlinePay")) : ""}
      <main>${!visit ? html`<p class="empty">${closed ? "" : t("loading")}</p>` : !orders.length ? html`<div class="empty">${icon("ready")}<p>${t("empty")}</p></div>` : [glance(lines), Date.now() - sorted < SORTED_MS ? TP.sign("sorted", "seen", t("sorted")) : "", orders.map(orderCard), bill(visit.check)]}
      ${heard ? html`<p class=${"fresh num" + (stale ? " is-soon" : "")} data-testid="updated">${stale ? icon("tri") : ""}${t(stale ? "stale" : "updated", {at: at})}</p>` : ""}</main>
      <nav class="acts"><a class="btn btn-ink btn-wide" data-testid="order-more" href=${"/t/" + token}>${t(orders.length ? "more" : "start")}</a></nav></div>`;
  }
  function draw() {
    if (!t) return;
    d.title = t("title", {table: TP.table(t, boot.table)});
    TP.render(page(), root);
  }
  // As on the ordering page: the page itself brings the cookie of a visit that was opened since.
  function join() { return fetch("/t/" + token + "/status", {credentials: "same-origin", cache: "no-store"}).catch(() => {}); }
  function ask() {
    return TP.fetchJson("/api/v1/visit?table_token=" + encodeURIComponent(token), {etag: etag}, 3000).then((r) => {
      if (r.status) { misses = 0; } else misses = g.navigator.onLine === false ? 2 : misses + 1;
      if (r.status === 200) {
        visit = r.json;
        visit.orders = visit.orders || [];
        settle();
        etag = r.etag;
        TP.clock.sync(visit.server_time);
        closed = !!visit.state && visit.state !== "OPEN";
      } else if (r.status === 403) {
        // Closed, or another party's by now: what the party before ate is nobody's business.
        closed = true;
        visit = etag = null;
      } else if (r.json && r.json.code === "unknown_table") {
        // The sticker was given a new code while this page was open: the box has a page for that.
        g.location.reload();
      }
      if (r.status === 200 || r.status === 304) heard = Date.now();
      draw();
      if (r.status === 403 && Date.now() - joined > 9000) { joined = Date.now(); return join().then(() => 500); }
      if (misses) return misses === 1 ? 700 : 2000;
      var busy = visit && visit.orders.some((o) => o.lines.some(open));
      if (!busy || d.hidden) return 10000;
      // Who has just ordered is looking: the proof is told within a second of being there.
      var fresh = visit.orders.some((o) => o.kitchen === "waiting" && TP.clock.now() - Date.parse(o.placed_at) < 15000);
      return fresh ? 1000 : 3000;
    });
  }
  function words() {
    return TP.fetchJson("/static/guest/words.json?v=" + TP.version, {cacheable: true}).then((r) => {
      if (r.status === 200) return r.json.status;
      return new Promise((go) => { setTimeout(go, 1500); }).then(words);
    });
  }
  TP.lang = boot.lang;
  TP.onLang(draw);
  words().then((w) => {
    t = TP.t(w);
    root.textContent = "";
    TP.setLang(TP.lang);
    TP.poll(ask);
    setInterval(() => { if (heard && Date.now() - heard > 30000) draw(); }, 5000);
  });
})(window);
