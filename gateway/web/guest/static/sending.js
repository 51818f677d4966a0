/* Sending an order, and what can come back. The attempt is on the phone's disk before it is on the way, and keeps one key
   until an answer comes. */
(function (g) {
  "use strict";
  var TP = g.TP, html = TP.html, store = TP.store, page = TP.page;
  const {S, t, token, draw, save, money, weighed, lineName, guests, open, swap, closeAll, top, toast, heardBox, fetchMenu, changes, choices, allergyList, Sheet, what} = page;

  var sending = false, retry = 0, wake = 0;
  function submit(more) {
    if (S.attempt || !S.cart.lines.length) return;
    // A new menu may have come under the last button, whose sum was made of the old one: the box would not object.
    var list = changes(), lines = S.cart.lines.slice();
    if (list.length) return swap("refused", {code: "changed", lines: list, go: true});
    var body = {table_token: token, lines: lines.map((l) => {
      var x = {item: l.item, quantity: l.quantity, modifiers: l.modifiers, note: l.note};
      if (l.variant) x.variant = l.variant;
      return x;
    }), allergies: allergyList(), menu_revision: S.menu.revision};
    if (guests()) body.covers = guests();
    Object.assign(body, more);
    S.cart.key = S.cart.key || TP.key();
    S.attempt = {key: S.cart.key, body: JSON.stringify(body), lines: lines.map((l) => l.uid)};
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
    TP.fetchJson("/api/v1/orders", {body: mine.body, key: mine.key}, 8000).then((r) => {
      sending = false;
      var code = r.json && r.json.code;
      if (S.attempt !== mine) return;
      var s = r.headers ? Math.max(1, Math.min(120, +r.headers.get("Retry-After") || 0)) : 1;
      // Surely not taken: said with the seconds left. Any other 5xx may have been taken: asked again. So are these two
      // while an earlier try has no answer: they are said before the box has looked at what still waits.
      if (/^(too_many|ordering_paused)$/.test(code) || (!mine.unanswered && /^(busy|storage_full)$/.test(code))) {
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
    S.cart.lines = S.cart.lines.filter((l) => mine.lines.indexOf(l.uid) < 0);
    S.cart.key = null;
    save();
    if (watching) { S.leaving = true; g.location.replace("/t/" + token + "/status#" + order.number); }
    else toast(t("taken", {number: order.number}), t("takenLook"), toStatus);
    page.askNow();
  }
  function toStatus() { g.location.href = "/t/" + token + "/status"; }
  function lineAt(mine, i) {
    return S.cart.lines.filter((l) => l.uid === mine.lines[i])[0];
  }
  function refused(r, mine) {
    var p = r.json || {}, code = p.code || "http_" + r.status, o = {code: code, p: p, mine: mine, go: true};
    if (code === "unknown_table") return page.lost();
    if (code === "table_closed") S.closed = true;
    if (code === "price_changed" || code === "sold_out" || code === "not_served_now") {
      o.lines = (p.lines || []).map((x) => {
        var line = lineAt(mine, x.index);
        if (line && code !== "price_changed") { line.refused = true; if (S.items[line.item]) S.items[line.item][code === "sold_out" ? "sold_out" : "suspended"] = true; }
        return {line: line, what: code === "price_changed" ? {kind: "price", old: x.old, now: x["new"]} : {kind: code === "sold_out" ? "sold" : "not"}};
      }).filter((x) => x.line);
    }
    if (code === "idempotency_key_reused") S.cart.key = null;
    save();
    swap("refused", o);
    page.askNow(true);
  }
  // The guest has seen the differences: take them over, send the rest.
  function acceptChanges(list, go) {
    list.forEach((x) => {
      if (x.what.kind === "price") x.line.unit = x.what.now;
      else S.cart.lines.splice(S.cart.lines.indexOf(x.line), 1);
    });
    save();
    if (!S.cart.lines.length) return closeAll();
    if (go) fetchMenu().then(() => {
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
  function again() { page.join().then(() => { submit(); }); }

  function sendingSheet() {
    var a = S.attempt, w = a && a.wait, n = w ? Math.max(1, Math.ceil((w.until - Date.now()) / 1000)) : 0, title, more;
    if (!a) return "";
    if (w) { title = t(w.code === "storage_full" ? "fullSend" : w.code === "ordering_paused" ? "pausedSend" : "busy", {n: n}); more = t("waitCart"); }
    else if (S.silent) { title = t("askingSilent"); more = t("askingMore"); }
    else if (a.unanswered) { title = t("asking"); more = t("askingMore"); }
    else { title = t("sending"); more = t("sendingMore"); }
    return html`<${Sheet} kind="sending" title=${title} foot=${w ? html`<button type="button" class="btn" onClick=${() => { forget(); swap("confirm"); }}>${t("stopWaiting")}</button>` : null}><div class="wait" data-testid="sending" role="status"><span class="spin" aria-hidden="true"></span><p>${more}</p><span class="sr">${w ? t("waitCart") : title}</span></div></${Sheet}>`;
  }
  function refusedSheet(s) {
    var code = s.code, p = s.p || {}, title, text, list = s.lines || [], rest, foot, m;
    var toCart = html`<button type="button" class="btn" data-testid="to-cart" onClick=${() => { swap("cart"); }}>${t("toCart")}</button>`;
    function ink(words, act, id) { return html`<button type="button" class="btn btn-ink" data-testid=${id || "again"} onClick=${act}>${words}</button>`; }
    if (list.length) {
      var sold = list.filter((x) => x.what.kind !== "price");
      rest = S.cart.lines.filter((l) => !sold.some((x) => x.line === l));
      var sum = rest.reduce((n, l) => { var x = list.filter((y) => y.line === l)[0]; return n + (weighed(S.items[l.item]) ? 0 : (x ? x.what.now : l.unit) * l.quantity); }, 0);
      var dish = sold.map((x) => lineName(x.line)).join(t("and"));
      title = !sold.length ? t("priceTold") : code === "not_served_now" ? t("notServed", {dish: dish}) : sold.every((x) => x.what.kind === "sold") && sold.length === list.length ? t("justSold", {dish: dish}) : t("changes");
      foot = [toCart, ink(!rest.length ? t("acceptOnly") : !s.go ? t("next", {sum: money(sum)}) : sold.length ? t("acceptRest", {sum: money(sum)}) : t("acceptPrice", {sum: money(sum)}), () => { acceptChanges(list, s.go); }, "accept-changes")];
      text = html`<ul class="lines">${list.map((x) => html`<li class="cl"><div class="grow"><h3>${lineName(x.line)} <small>×${x.line.quantity}</small></h3>${choices(x.line) ? html`<p>${choices(x.line)}</p>` : ""}${what(x.what)}</div></li>`)}</ul>`;
    } else if (code === "table_closed") { title = t("closedTitle"); text = t("closedDo"); foot = [toCart, ink(t("tryAgain"), again)]; }
    else if (code === "idempotency_key_reused") { title = t("reusedTitle"); text = t("reusedDo"); foot = [toCart, ink(t("takenLook"), toStatus)]; }
    else if (code === "looks_repeated") {
      m = p.order || p.earlier || {};
      title = t("repeatTitle", {at: m.placed_at ? TP.clock.hm(m.placed_at) : ""}); text = t("repeatDo", {number: m.number || ""});
      foot = [html`<button type="button" class="btn" onClick=${() => { S.cart.lines = []; save(); toStatus(); }}>${t("repeatNo")}</button>`, ink(t("repeatYes"), () => { submit({confirm_repeat: true}); })];
    } else if (code === "invalid" || code === "http_422") {
      m = /^lines\[(\d+)\](?:\.(\w+))?/.exec(p.field || "");
      var line = m && s.mine && lineAt(s.mine, +m[1]), part = /note|quantity/.exec(p.field || ""), allergy = /allerg/.test(p.field || "");
      title = t("invalidTitle");
      text = t("invalidDo", {field: (line ? t("fieldLine", {n: +m[1] + 1, dish: lineName(line)}) + (part ? t("and") : "") : "") + (part ? t(part[0] === "note" ? "fieldNote" : "fieldQuantity") : line ? "" : t(allergy ? "fieldAllergy" : "fieldOther"))});
      foot = toCart;
    } else if (code === "http_413" || code === "too_large") { title = t("largeTitle"); text = t("largeDo"); foot = toCart; }
    else { title = t("otherTitle"); text = html`${p.title ? html`<b>${p.title}</b> ` : ""}${t("otherDo")}`; foot = [toCart, ink(t("tryAgain"), () => { submit(); })]; }
    return html`<${Sheet} kind="refused" title=${title} foot=${foot}><div data-testid="refused" data-code=${code} role="alert">${typeof text === "string" ? html`<p class="say">${text}</p>` : text}</div></${Sheet}>`;
  }
  // The box is heard again: ask at once.
  function resume() { if (S.attempt && !sending) { retry = 0; send(); } }
  page.sending = {go: goOrder, submit: submit, send: send, resume: resume, isBusy: () => sending};
  Object.assign(page.sheets, {sending: sendingSheet, refused: refusedSheet});
})(window);
