/* The sheets of the ordering page: a dish with its options, the cart, how many people, allergies, the review. */
(function (g) {
  "use strict";
  var TP = g.TP, html = TP.html, icon = TP.icon, d = document, page = TP.page;
  const {S, t, draw, save, money, weighed, isOpen, sumOf, countOf, add, setQuantity, drop, lineName, names, avoided, guests, plate, marks, priceOf, usual, options, Steps, open, close, top} = page;
  var ALLERGIES = ["peanut", "nuts", "crustaceans", "molluscs", "fish", "egg", "milk", "gluten", "soy", "sesame"];

  // -- a line of the cart beside the menu as it is now ---------------------------------------------------------------
  function byId(list, id) { return (list || []).filter((x) => x.id === id)[0]; }
  function allModifiers(item) { return [].concat.apply([], (item.modifier_groups || []).map((x) => x.modifiers)); }
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
  function problem(line) {
    var item = S.items[line.item], unit;
    if (!S.menu) return null;
    if (!item) return {kind: "gone"};
    if (item.sold_out) return {kind: "sold"};
    if (item.suspended) return {kind: "not"};
    unit = unitPrice(line, item);
    return unit === null ? {kind: "option"} : unit !== line.unit ? {kind: "price", old: line.unit, now: unit} : null;
  }
  function changes() {
    return S.cart.lines.filter(isOpen).map((line) => { return {line: line, what: problem(line)}; }).filter((x) => x.what);
  }
  function choices(line) {
    var item = S.items[line.item];
    if (!item) return "";
    var v = byId(item.variants, line.variant), all = allModifiers(item);
    return (v ? [v] : []).concat(line.modifiers.map((id) => byId(all, id)).filter(Boolean)).map((x) => TP.text(x.name)).concat(line.note ? ["“" + line.note + "”"] : []).join(t("and"));
  }
  function allergyList() {
    var other = S.cart.other.trim();
    return S.cart.allergies.concat(other ? [other] : []);
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
      setTimeout(() => {
        var opener = page.opener(), back = opener && (d.contains(opener) ? opener : d.querySelector('[data-testid="' + opener.getAttribute("data-testid") + '"]'));
        if (back && !top()) back.focus({preventScroll: true});
      }, 0);
    }
    key(e) {
      if (e.key === "Escape" || e.key === "Esc") { e.preventDefault(); close(); }
      if (e.key !== "Tab") return;
      var all = [].filter.call(this.base.querySelectorAll("button,input,a[href]"), (x) => !x.disabled && x.offsetParent);
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
  function groupWords(x) {
    if (x.min && x.min === x.max) return x.min === 1 ? t("required") : t("chooseN", {n: x.min});
    if (x.min) return t("chooseRange", {min: x.min, max: x.max});
    return x.max > 1 && x.max < x.modifiers.length ? t("optionalMax", {n: x.max}) : t("optional");
  }
  function chosen(s, x) { return x.modifiers.filter((m) => s.modifiers.indexOf(m.id) >= 0); }
  function Opt(p) {
    return html`<label class="opt"><input type=${p.radio ? "radio" : "checkbox"} name=${p.name} data-testid=${p.id} checked=${p.on} onChange=${p.set} /><span>${p.label}${p.price ? html`<small class="num">${p.price}</small>` : ""}</span></label>`;
  }
  function itemSheet(s) {
    var item = S.items[s.item];
    if (!item) return html`<${Sheet} kind="item" title=${t("gone")} />`;
    if (!s.modifiers) Object.assign(s, {variant: item.variants.length ? usual(item).id : null, modifiers: [], note: "", quantity: 1, tried: false, over: ""}, s.line && {variant: s.line.variant, modifiers: s.line.modifiers.slice(), note: s.line.note, quantity: s.line.quantity});
    var groups = item.modifier_groups || [], missing = groups.filter((x) => chosen(s, x).length < x.min)[0];
    var unit = unitPrice(s, item), sold = item.sold_out ? "soldOut" : item.suspended && "suspended", sum = weighed(item) ? "" : money(unit * s.quantity), all = allModifiers(item);
    var allergens = [].concat.apply(item.allergens || [], s.modifiers.map((id) => (byId(all, id) || {}).allergens || [])).filter((x, i, a) => a.indexOf(x) === i), mine = avoided(allergens);
    function pick(x, m) {
      return () => {
        var on = s.modifiers.indexOf(m.id), here = chosen(s, x);
        s.over = "";
        if (x.max === 1) {
          s.modifiers = s.modifiers.filter((id) => !byId(x.modifiers, id));
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
        return setTimeout(() => { var el = d.getElementById("g-" + missing.id); el.scrollIntoView({block: "center"}); el.querySelector("input").focus({preventScroll: true}); }, 0);
      }
      var order = all.map((m) => m.id);
      var line = {item: item.id, name: item.name, variant: s.variant, modifiers: s.modifiers.slice().sort((a, b) => order.indexOf(a) - order.indexOf(b)), note: s.note.trim(), unit: unit, quantity: s.quantity};
      close();
      if (s.line) { Object.assign(s.line, line); save(); } else add(line);
    }
    var foot = sold ? html`<span class="state is-gone">${icon("cross")}${t(sold)}</span>` : html`<${Steps} n=${s.quantity} min=${1} max=${99} live=${1} less=${t("minus")} more=${t("one")} set=${(n) => { s.quantity = n; draw(); }} /><button type="button" class=${"btn" + (missing ? "" : " btn-ink")} data-testid="sheet-add" onClick=${done}>${missing ? t("missing", {group: TP.text(missing.name)}) : sum ? t(s.line ? "save" : "addTotal", {sum: sum}) : t(s.line ? "savePlain" : "addPlain")}</button>`;
    return html`<${Sheet} kind="item" title=${TP.text(item.name)} sub=${TP.text(item.description)} photo=${plate(item)} foot=${foot}>
      <p class="facts">${marks(item).length ? html`${marks(item)} ` : ""}${priceOf(item)}${weighed(item) ? html` <span>${t("weighed")}</span>` : ""}</p>
      ${allergens.length ? html`<p class=${"contains" + (mine.length ? " is-soon" : "")}>${icon("tri")}<span>${mine.length ? html`<b>${t("containsYours", {list: names(mine)})}</b> ` : html`<b>${t("contains", {list: names(allergens)})}</b> `}${t("containsAsk")}</span></p>` : ""}
      ${item.variants.length ? html`<fieldset><legend>${t("size")}<em>${t("required")}</em></legend><div class="opts">${item.variants.map((v) => {
        return html`<${Opt} radio=${1} name="variant" id=${"variant-" + v.id} on=${s.variant === v.id} set=${() => { s.variant = v.id; draw(); }} label=${TP.text(v.name)} price=${money(v.price)} />`;
      })}</div></fieldset>` : ""}
      ${groups.map((x) => {
        var radio = x.max === 1 && x.min === 1;
        return html`<fieldset id=${"g-" + x.id} class=${s.tried && missing === x ? "asked" : ""}><legend>${TP.text(x.name)}<em>${groupWords(x)}</em></legend><div class="opts">${x.modifiers.map((m) => {
          return html`<${Opt} radio=${radio} name=${x.id} id=${"modifier-" + m.id} on=${s.modifiers.indexOf(m.id) >= 0} set=${pick(x, m)} label=${TP.text(m.name)} price=${m.price ? (m.price > 0 ? "+" : "") + money(m.price) : ""} />`;
        })}</div>${s.over === x.id ? html`<p class="state is-soon" role="alert">${icon("tri")}${t("onlyMax", {n: x.max})}</p>` : ""}</fieldset>`;
      })}
      ${sold ? "" : html`<label class="field"><b>${t("note")}</b><span class="note"><${Text} id="note" max=${50} value=${s.note} hint=${t("noteHint")} set=${(v) => { s.note = v; draw(); }} /></span></label>`}
    </${Sheet}>`;
  }
  function Text(p) {
    return html`<input type="text" data-testid=${p.id} value=${p.value} placeholder=${p.hint} autocomplete="off" enterkeyhint="done" aria-label=${p.label} onInput=${(e) => {
      var v = Array.from(e.target.value).slice(0, p.max).join("");
      if (v !== e.target.value) e.target.value = v;
      p.set(v);
    }} /><small class="num" aria-hidden="true">${Array.from(p.value).length}/${p.max}</small>`;
  }
  function allergyPart() {
    return html`<fieldset class="allergy"><legend>${t("allergy")}<em>${t("allergyHint")}</em></legend>${allergyChoice()}</fieldset>`;
  }
  function allergyChoice() {
    return html`<div class="opts" role="group" aria-label=${t("allergy")}>${ALLERGIES.map((id) => {
      var at = S.cart.allergies.indexOf(id);
      return html`<${Opt} id=${"allergy-" + id} on=${at >= 0} label=${TP.allergen(id)} set=${() => { if (at < 0) S.cart.allergies.push(id); else S.cart.allergies.splice(at, 1); save(); }} />`;
    })}</div><span class="note"><${Text} id="allergy-text" max=${40} value=${S.cart.other} hint=${t("allergyOtherHint")} label=${t("allergyOther")} set=${(v) => { S.cart.other = v; save(); }} /></span>`;
  }
  function what(x) {
    if (x.kind === "price") return html`<p class="state is-soon">${icon("tri")}${t("was", {old: money(x.old), now: 0, "new": money(x.now)})}</p>`;
    return html`<p class="state is-gone">${icon("cross")}${t(x.kind === "sold" ? "soldOut" : x.kind === "not" ? "suspended" : x.kind === "gone" ? "gone" : "changedOption")}</p>`;
  }
  function amount(l) { return weighed(S.items[l.item]) ? t("weighed") : money(l.unit * l.quantity); }
  function cartSheet() {
    var lines = S.cart.lines.filter(isOpen);
    if (!lines.length) return html`<${Sheet} kind="cart" title=${t("cart")}><div class="empty">${icon("cart")}<p>${t("cartEmpty")}</p><button type="button" class="btn" onClick=${close}>${t("look")}</button></div></${Sheet}>`;
    return html`<${Sheet} kind="cart" title=${t("cart")} sub=${t("dishes", {n: countOf(lines)})} foot=${html`<span class="foot-sum num"><small>${t("total")}</small><b data-testid="sheet-total">${money(sumOf(lines))}</b></span><button type="button" class="btn btn-lamp" data-testid="go-order" onClick=${page.goOrder}>${t("goOrder")}</button>`}>
      <ul class="lines">${lines.map((l, i) => {
        var name = lineName(l), p = problem(l), item = S.items[l.item];
        return html`<li key=${l.uid} class="cl" data-testid=${"cart-line-" + i}><div class="grow"><h3>${name}</h3>${choices(l) ? html`<p>${choices(l)}</p>` : ""}${p ? what(p) : ""}${item && avoided(item.allergens || []).length ? html`<p class="state is-soon">${icon("tri")}${t("has", {list: names(avoided(item.allergens))})}</p>` : ""}
          <p class="cl-do">${item ? html`<button type="button" class="btn btn-quiet" aria-label=${t("edit") + " " + name} data-testid=${"edit-" + i} onClick=${() => { options(item, l); }}>${t("edit")}</button>` : ""}<button type="button" class="btn btn-quiet" aria-label=${t("remove") + " " + name} data-testid=${"remove-" + i} onClick=${() => { drop(l); }}>${t("remove")}</button></p></div>
          <div class="cl-r"><${Steps} n=${l.quantity} min=${0} max=${99} live=${1} less=${t("less", {dish: name})} more=${t("add", {dish: name})} set=${(n) => { setQuantity(l, n); }} /><b class="num">${amount(l)}</b></div></li>`;
      })}</ul>${allergyPart()}</${Sheet}>`;
  }
  // What the guest said, where it is only shown: asked is in the cart, and in a sheet of its own for who changes it here.
  function allergyAnswer() {
    var told = allergyList();
    return html`<div data-testid="confirm-allergies"><dt>${t("allergy")}</dt><dd>${told.length ? html`<b class="state is-soon">${icon("tri")}${names(told)}</b>` : html`<span>${t("allergyNone")}</span>`}<button type="button" class="btn" data-testid="allergy-change" aria-label=${t("allergyChange")} onClick=${() => { open("allergy"); }}>${t(told.length ? "edit" : "allergyTell")}</button></dd></div>`;
  }
  function allergySheet() {
    return html`<${Sheet} kind="allergy" title=${t("allergy")} sub=${t("allergyHint")} foot=${html`<button type="button" class="btn btn-ink" data-testid="allergy-done" onClick=${close}>${t("allergyDone")}</button>`}>${allergyChoice()}</${Sheet}>`;
  }
  function coversPart() {
    return html`<${Steps} n=${guests()} min=${1} max=${20} id="covers-more" live=${1} less=${t("people") + " −1"} more=${t("people") + " +1"} set=${(n) => { S.cart.covers = n; save(); }} />`;
  }
  function coversSheet() {
    var n = guests();
    return html`<${Sheet} kind="covers" title=${t("peopleNone")} sub=${t("peopleHint")} foot=${html`<button type="button" class="btn btn-ink" data-testid="covers-done" onClick=${close}>${n ? t("peopleSet", {n: n}) : t("close")}</button>`}>
      <div class="opts people">${[1, 2, 3, 4, 5, 6, 8, 10].map((k) => { return html`<${Opt} radio=${1} name="covers" id=${"covers-" + k} label=${k} on=${n === k} set=${() => { S.cart.covers = k; save(); }} />`; })}</div><div class="row">${coversPart()}</div></${Sheet}>`;
  }
  function confirmSheet() {
    var lines = S.cart.lines.filter(isOpen), heavy = lines.some((l) => weighed(S.items[l.item]));
    return html`<${Sheet} kind="confirm" title=${t("confirm")} sub=${t("confirmPay")} foot=${html`<button type="button" class="btn btn-lamp" data-testid="submit-order" disabled=${!lines.length} onClick=${() => { page.sending.submit(); }}>${t("submit", {sum: money(sumOf(lines))})}</button>`}>
      <dl class="where-to"><div><dt>${t("confirmTable")}</dt><dd><span class="tbl">${page.tableName()}</span></dd></div><div><dt>${t("confirmPeople")}</dt><dd>${coversPart()}</dd></div>${allergyAnswer()}</dl>
      <ul class="lines brief">${lines.map((l) => html`<li key=${l.uid}><span class="grow"><b>${lineName(l)}</b> <span class="num">×${l.quantity}</span>${choices(l) ? html`<small>${choices(l)}</small>` : ""}</span><span class="num">${amount(l)}</span></li>`)}
      <li class="tot"><span class="grow">${t("total")}</span><span class="num" data-testid="confirm-total">${money(sumOf(lines))}${heavy ? " + " + t("plusWeighed") : ""}</span></li></ul></${Sheet}>`;
  }
  Object.assign(page, {changes, choices, allergyList, Sheet, what});
  Object.assign(page.sheets, {item: itemSheet, cart: cartSheet, covers: coversSheet, allergy: allergySheet, confirm: confirmSheet});
})(window);
