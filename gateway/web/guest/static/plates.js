/* A drawn dish for items without a photo: the same item always gets the same plate. One small SVG as a data URI. */
(function (g) {
  "use strict";
  var PALETTES = [
    [/tofu|doufu|豆腐/, "a32", "fec edb 621 673 fec"],
    [/fish|bass|carp|鱼(?!香)|鲈/, "b42", "eee eed 821 e93 eee"],
    [/shrimp|prawn|crab|虾|蟹/, "d73", "ea7 e85 fca 684 c42"],
    [/eggplant|aubergine|茄子/, "632", "534 745 842 423 783"],
    [/tomato|番茄|西红柿/, "d53", "ec4 eb3 c32 fd7 684"],
    [/bean|pea|cabbage|greens|spinach|lettuce|broccoli|cucumber|豆角|四季豆|青|菜心|黄瓜|白菜|生菜|西兰/, "8a5", "573 694 462 ac6 cd8"],
    [/beef|lamb|mutton|牛|羊/, "842", "632 742 a32 573 c73"],
    [/pork|ribs|belly|肉|排骨/, "942", "c64 a53 d97 573 731"],
    [/chicken|duck|wing|鸡|鸭/, "b52", "eb6 c73 821 da5 573"],
    [/egg|蛋/, "ec6", "fd8 ec4 feb 684 da3"],
    [/potato|corn|pumpkin|土豆|玉米|南瓜/, "da4", "ec7 eb5 c83 a32 573"],
    [/mushroom|fungus|菇|木耳/, "754", "433 643 864 332 783"],
    [/sesame|peanut|nut|芝麻|花生/, "b85", "db8 c95 853 da7 a32"]
  ];
  var OTHER = [["b63", "eb6 c73 a32 573 edb"], ["8a5", "573 694 cd8 eee 462"], ["cb8", "eee 684 edc 463 c73"]];
  var TABLES = ["864", "765", "986", "787", "766", "875"];
  var DRINKS = [[/beer|啤/, "ea4"], [/plum|hawthorn|梅|山楂/, "723"], [/tea|茶/, "b73"], [/soy|milk|coconut|豆浆|奶|椰/, "eed"], [/juice|orange|mango|橙|芒/, "e93"], [/cola|coke|可乐/, "322"], [/lemon|sprite|柠/, "ed9"], [/water|水/, "dee"], [/wine|baijiu|酒/, "eee"]];
  function seed(s) {
    var h = 2166136261;
    for (var i = 0; i < s.length; i++) h = Math.imul(h ^ s.charCodeAt(i), 16777619);
    return () => {
      h = Math.imul(h ^ (h >>> 15), 2246822507) + 0x9e3779b9 | 0;
      var t = Math.imul(h ^ (h >>> 13), 3266489909);
      return ((t ^ (t >>> 16)) >>> 0) / 4294967296;
    };
  }
  function find(list, text) { return list.filter((one) => one[0].test(text))[0]; }
  function ell(x, y, rx, ry, turn, fill) {
    return "<ellipse cx='" + x.toFixed(1) + "' cy='" + y.toFixed(1) + "' rx='" + rx.toFixed(1) + "' ry='" + ry.toFixed(1) + "' fill='#" + fill + "'" + (turn ? " transform='rotate(" + Math.round(turn) + " " + x.toFixed(1) + " " + y.toFixed(1) + ")'" : "") + "/>";
  }
  function disc(r, fill) { return ell(56, 42, r, r, 0, fill); }
  // Pieces scattered evenly over a round of radius r (sunflower order), so that none lies alone.
  function pieces(rnd, colours, n, r, size, long) {
    var s = "";
    for (var i = 0; i < n; i++) {
      var a = i * 2.4 + rnd() * .7, q = r * Math.sqrt((i + .5) / n), b = size * (.8 + rnd() * .5);
      s += ell(56 + q * Math.cos(a), 42 + q * Math.sin(a), b, b * (long ? .34 : .78 + rnd() * .22), long ? rnd() * 180 : 0, colours[i % colours.length]);
    }
    return s;
  }
  function draw(item, category) {
    var rnd = seed(item.id), name = item.name || {}, kind = category + " ";
    var text = (item.id + " " + (name.en || "") + " " + (name["zh-Hans"] || "")).toLowerCase();
    var table = TABLES[Math.floor(rnd() * TABLES.length)];
    var p = find(PALETTES, text), base, colours, i, s;
    if (!p && /soup/.test(kind)) p = [0, "c98a3c", "e8b765 f3e3bf d9773a 5d7a2e f6f1e7"];
    if (p) { base = p[1]; colours = p[2]; } else { p = OTHER[Math.floor(rnd() * 3)]; base = p[0]; colours = p[1]; }
    colours = colours.split(" ");
    if (/drink|beverage|cocktail|wine/.test(category)) {
      var liquid = (find(DRINKS, text) || [0, "c8823a"])[1];
      s = ell(60, 72, 22, 5, 0, "00000022") + "<path d='M40 14h32l-4 58q-12 5-24 0z' fill='#ffffff55'/><path d='M41.500 27h29l-3 44q-11.500 4-23 0z' fill='#" + liquid + "'/>" + ell(56, 27, 14.5, 3, 0, "ffffff66");
      for (i = 0; i < 3; i++) s += "<rect x='" + (46 + i * 6) + "' y='" + (29 + Math.round(rnd() * 8)) + "' width='8' height='8' rx='1.500' fill='#ffffff59' transform='rotate(" + Math.round(rnd() * 60 - 30) + " 56 34)'/>";
      s += "<path d='M41 16l4 52' stroke='#ffffff88' stroke-width='2' fill='none'/>" + ell(56, 14, 16, 3, 0, "ffffff88");
    } else if (/grill|skewer|bbq|串|烤/.test(kind + text)) {
      s = "<rect x='9' y='13' width='94' height='58' rx='12' fill='#d8cfc0'/><rect x='10' y='12' width='92' height='57' rx='12' fill='#fdfbf7'/><rect x='15' y='17' width='82' height='47' rx='8' fill='#efe9de'/>";
      for (i = 0; i < 4; i++) {
        var y = 24 + i * 11;
        s += "<path d='M16 " + y + "L100 " + (y - 3) + "' stroke='#b08d57' stroke-width='1.800'/>";
        for (var k = 0; k < 6; k++) s += ell(30 + k * 11, y - 1 - k * .4, 5.6, 3.8 + rnd(), rnd() * 30 - 15, colours[(k + i) % 4]);
      }
    } else if (/soup|congee|broth|hotpot|汤|羹|粥|煲/.test(kind + text)) {
      s = disc(39, "3b3530") + disc(36, "56504a") + disc(32, base) + ell(50, 36, 22, 16, -20, "ffffff1f") + pieces(rnd, colours, 11, 25, 4.6) + pieces(rnd, ["6b9a40"], 6, 24, 2);
    } else if (/rice|饭/.test(text)) {
      s = disc(38, "d8cfc0") + disc(37, "e9eef0") + disc(33, "fdfbf7") + disc(30, "fbf7ec") + pieces(rnd, ["ffffff", "efe8d6", "f6f0e0"], 34, 27, 2.6, 1) + (/fried|炒/.test(text) ? pieces(rnd, ["f2c94c", "5f8a3c", "d9773a"], 16, 25, 2.6) : "");
    } else if (/noodle|mian|面|粉/.test(text)) {
      s = disc(38, "d8cfc0") + disc(37, "fdfbf7") + disc(32, "b5652b");
      for (i = 0; i < 9; i++) s += "<path d='M" + (30 + i * 5) + " " + (26 + Math.round(rnd() * 8)) + "q" + Math.round(rnd() * 16 - 8) + " 16 " + Math.round(rnd() * 12 - 6) + " 28' stroke='#f3dfa8' stroke-width='2.600' fill='none' stroke-linecap='round'/>";
      s += pieces(rnd, colours, 9, 17, 3.2) + pieces(rnd, ["6b9a40"], 5, 16, 2);
    } else if (/dumpling|bun|wonton|饺|包|抄手|馄饨/.test(text)) {
      s = disc(39, "a57c4a") + disc(36, "c79c63") + disc(33, "dcb67c");
      for (i = 0; i < 7; i++) {
        var a = i * 1.047, x = i === 6 ? 56 : 56 + 20 * Math.cos(a), z = i === 6 ? 42 : 42 + 20 * Math.sin(a);
        s += ell(x, z + 1, 9, 8, 0, "d9cdb6") + ell(x, z, 9, 8, 0, "fdf9ef") + ell(x, z, 3, 2, 0, "efe4cf");
      }
    } else {
      var long = /shred|strip|slice|eggplant|aubergine|丝|片|茄子|bean|豆角|四季豆|cucumber|黄瓜|greens/.test(text);
      s = ell(57, 45, 41, 39, 0, "00000026") + disc(40.5, "d8cfc0") + disc(40, "fdfbf7") + disc(32, "efe9de") + disc(30.5, base) + pieces(rnd, colours, long ? 30 : 22, 26, long ? 7 : 5.4, long) + (item.spicy ? pieces(rnd, ["b42318"], 4, 24, 3.4, 1) : "") + ell(47, 32, 15, 8, -25, "ffffff14");
    }
    return "data:image/svg+xml," + ("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 112 84'><rect width='112' height='84' fill='#" + table + "'/>" + s + "</svg>").replace(/#/g, "%23").replace(/</g, "%3C").replace(/>/g, "%3E");
  }
  var kept = {};
  g.TP.plate = (item, category) => item.photo || kept[item.id] || (kept[item.id] = draw(item, category || ""));
})(window);
