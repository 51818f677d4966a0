"""Real pages of the kitchen in the machine's own Chromium, logged in, at a tablet's size."""

from __future__ import annotations

import shutil
from types import TracebackType
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.idle_printer import IdlePrinter
from benchmarks.shop import Gateway, Shop

NAMES = ("chromium", "chromium-browser", "google-chrome")
TABLET = {"width": 1280, "height": 800}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]

LIVE = "() => (document.querySelector('[data-testid=live]') || {dataset: {}}).dataset.state === 'live'"

PAINTED = """() => { window.painted = {}; window.wanted = new Set();
  const look = () => {
    document.querySelectorAll('.tk:not(.off)').forEach((card) => {
      const number = card.dataset.testid.slice(7);
      if (number in window.painted || window.wanted.has(number)) return;
      window.wanted.add(number);
      requestAnimationFrame(() => requestAnimationFrame(() => {
        window.painted[number] = performance.timeOrigin + performance.now();
      }));
    });
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true});
}"""
"""When each ticket's card was painted, in ms of the epoch: the second frame after its element was in view, so that the
first has gone out. Each page is its own tab in view, as on a tablet."""


def kitchen(shop: Shop) -> tuple[Gateway, list[str]]:
    """A gateway that is ready, with its broker, its bridge and two printers that are always well; and the tokens of the
    tables."""
    tokens = list(shop.seed().values())
    for name in ("kitchen", "receipt"):
        IdlePrinter(shop.folder.devices / name)
    shop.broker()
    shop.bridge()
    return shop.gateway().ready(), tokens


class Pages:
    """Use it in a `with`: it closes the pages, and the browser if it is its own. `base`: where staff's pages are."""

    def __init__(self, shop: Shop, gateway: Gateway, browser: Browser | None = None):
        self._session, self.base = shop.session, f"http://127.0.0.1:{gateway.staff}"
        self._lent, self._contexts = browser, list[BrowserContext]()

    def __enter__(self) -> Pages:
        if self._lent:
            self.browser = self._lent
            return self
        path = next((found for name in NAMES if (found := shutil.which(name))), None)
        if path is None:
            raise RuntimeError(f"needs a browser: none of {', '.join(NAMES)} is installed")
        self._playwright = sync_playwright().start()
        self.browser = self._playwright.chromium.launch(executable_path=path, args=FLAGS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for context in self._contexts:
            context.close()
        if not self._lent:
            self.browser.close()
            self._playwright.stop()

    def blank(self, **more: Any) -> Page:
        """A page in a context of its own, with the cook's cookie, that has loaded nothing."""
        context = self.browser.new_context(viewport=more.pop("viewport", TABLET), **more)  # type: ignore[arg-type]
        self._contexts.append(context)
        context.add_cookies([{"name": "staff", "value": self._session, "url": self.base}])
        return context.new_page()

    def open(self, path: str, **more: Any) -> Page:
        """A page of staff, once its stream is live."""
        page = self.blank(**more)
        page.goto(self.base + path)
        page.wait_for_function(LIVE)
        return page


def slowed(page: Page, times: int) -> CDPSession:
    """The page's processor at one part in so many, as a cheap tablet's."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": times})
    return session
