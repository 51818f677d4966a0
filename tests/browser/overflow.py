"""Finds words that do not fit: out of their button, cut off by a box, under other words, or beside the page."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route

_FIND = """() => {
  const found = [], SLACK = 1.5, scrolls = /auto|scroll/, cuts = /hidden|clip/;
  const tell = (what, el, text) => found.push(what + ': "' + text.trim().slice(0, 60) + '" in <'
    + el.tagName.toLowerCase() + ' class="' + (el.getAttribute('class') || '') + '"'
    + (el.dataset && el.dataset.testid ? ' ' + el.dataset.testid : '') + '>');
  if (document.documentElement.scrollWidth > innerWidth + SLACK) tell('the page scrolls sideways', document.body, '');
  const seen = (el) => {
    for (let at = el; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.display === 'none' || style.visibility === 'hidden' || style.opacity === '0') return false;
      if (style.position === 'absolute' && (at.offsetWidth <= 1 || at.offsetHeight <= 1)) return false;   // for ears
    }
    return true;
  };
  const check = (text, rect, owner) => {
    const button = owner.closest('button, a.btn, [role=button]');
    const badge = getComputedStyle(owner).position === 'absolute';      // stands on the button's edge on purpose
    if (button && !badge) {
      const box = button.getBoundingClientRect();
      if (rect.left < box.left - SLACK || rect.right > box.right + SLACK
        || rect.top < box.top - SLACK || rect.bottom > box.bottom + SLACK)
        return tell('out of its button', button, text);
    }
    let sideways = true, down = true;
    for (let at = owner; at && at !== document.documentElement && (sideways || down); at = at.parentElement) {
      const style = getComputedStyle(at), box = at.getBoundingClientRect();
      if (style.display === 'inline') continue;
      if (style.webkitLineClamp !== 'none') return;      // says "…", and the whole text is a tap away
      if (scrolls.test(style.overflowX)) sideways = false;
      if (scrolls.test(style.overflowY)) {
        if (down && at.scrollHeight > at.clientHeight + 4 && at.clientHeight < 2 * rect.height)
          return tell('scrolls in less than two lines', at, text);
        down = false;
      }
      const aside = rect.left < box.left - SLACK || rect.right > box.right + SLACK;
      if (sideways && cuts.test(style.overflowX) && aside) return tell('cut off at the side', at, text);
      const below = rect.top < box.top - SLACK - 2 || rect.bottom > box.bottom + SLACK + 2;
      if (down && cuts.test(style.overflowY) && below) return tell('cut off below', at, text);
      if (style.position === 'fixed') break;
    }
    const x = rect.left + rect.width / 2, y = rect.top + rect.height / 2, over = document.elementFromPoint(x, y);
    const turnedAway = (at) => {      // scrolled out of its box, to come back by a finger
      for (; at; at = at.parentElement) {
        const box = at.getBoundingClientRect(), style = getComputedStyle(at);
        if ((scrolls.test(style.overflowX) || scrolls.test(style.overflowY))
          && (y < box.top || y > box.bottom || x < box.left || x > box.right)) return true;
      }
      return false;
    };
    if (over && !turnedAway(owner) && !over.contains(owner) && !owner.contains(over)) {
      let layer = over;
      const floats = (at) => /absolute|fixed|sticky/.test(getComputedStyle(at).position);
      while (layer && !layer.contains(owner) && !floats(layer)) layer = layer.parentElement;
      if (layer && layer.contains(owner)) return tell('under another word', owner, text);
    }
    if (sideways && (rect.left < -SLACK || rect.right > innerWidth + SLACK)) tell('beside the page', owner, text);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, owner = node.parentElement;
    if (!node.data.trim() || /^(SCRIPT|STYLE|NOSCRIPT|OPTION|TEXTAREA)$/.test(owner.tagName) || !seen(owner)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) if (rect.width > 0.5) check(node.data, rect, owner);
  }
  return Array.from(new Set(found));
}"""


def overflowing(page: Page) -> list[str]:
    """One line for each text that is not wholly inside what should hold it; [] when all fits."""
    found: list[str] = page.evaluate(_FIND)
    return found


STRETCH = """;(() => {
  const TP = self.TP, real = TP.t;
  const accents = {a: 'å', e: 'é', i: 'î', o: 'ö', u: 'ü', A: 'Å', E: 'É', I: 'Î', O: 'Ö', U: 'Ü'};
  const filler = ' löng wörds fröm élsewhere';
  const stretch = (text) => {
    const bare = text.replace(/\\{\\w+\\}/g, ''), more = bare.length < 3 ? 0 : Math.ceil(bare.length * 0.4);
    let tail = '';
    while (tail.length < more) tail += filler;
    tail = tail.slice(bare.length > 12 ? 0 : 1).slice(0, more).replace(/ $/, 's');
    return text.replace(/\\{\\w+\\}|[aeiouAEIOU]/g, (c) => accents[c] || c) + tail;
  };
  const each = (value) => typeof value === 'string' ? stretch(value) : Array.isArray(value) ? value.map(each) : value;
  const catalogue = (words) => new Proxy(words, {get: (of, key) => each(of[key])});
  TP.t = (words) => real(new Proxy(words, {get: (of, lang) => of[lang] && catalogue(of[lang])}));
})();"""
"""Behind ui.js, which every page loads: each word is said 40 % longer, with accents, its placeholders kept."""


def stretched(page: Page) -> None:
    """From its next load on the page speaks the pseudo-language; what the box itself says stays as it is."""

    def longer(route: Route) -> None:
        # Playwright's own client does not know the browser's host names.
        answer = route.fetch(url=re.sub(r"//[^/:]+", "//127.0.0.1", route.request.url, count=1))
        route.fulfill(response=answer, body=answer.text() + STRETCH)

    page.route("**/static/ui.js*", longer)
