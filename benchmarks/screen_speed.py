"""What a cook waits for at one screen: a bump's paint, a page of sixty tickets turned, and the first picture; and a
runner at the pass: what is served leaves. On this machine's processor and on a part of it, as a cheap tablet has."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks.figures import Figure, main, median, quantile
from benchmarks.kitchen_pages import Pages, slowed
from benchmarks.shop import Gateway, Shop

BUMP_MS, FRAME_MS, FIRST_MS = 100, 50, 2000
TICKETS, SPARE = 60, 40
"""What is bumped in between leaves sixty or more for every figure."""

PHONE = {"width": 412, "height": 915}
TWO_MBIT = {"offline": False, "latency": 30, "downloadThroughput": 250_000, "uploadThroughput": 250_000}
"""The network of screens.md, section 6: 2 Mbit/s and 30 ms; its viewport is a Pixel 7's."""

BUMP = """() => new Promise((done) => {
  const card = document.querySelector('.tk:not(.off)'), from = performance.now();
  card.querySelector('[data-testid^=bump-]').click();
  const look = () => card.isConnected && !card.classList.contains('off')
    ? requestAnimationFrame(look) : requestAnimationFrame(() => done(performance.now() - from));
  look();
})"""
"""From the tap until the frame behind the one in which the card is gone."""

SERVE = """() => new Promise((done) => {
  const card = document.querySelector('[data-testid^=go-]'), from = performance.now();
  card.querySelector('[data-testid^=serve-]').click();
  const look = () => card.isConnected && !card.classList.contains('off')
    ? requestAnimationFrame(look) : requestAnimationFrame(() => done(performance.now() - from));
  look();
})"""
"""The same at the pass."""

TURN = """() => new Promise((done) => {
  const frames = [], began = performance.now();
  let last = began;
  const look = (at) => {
    frames.push(at - last);
    last = at;
    if (at - began < 500) requestAnimationFrame(look); else done(frames);
  };
  document.querySelector('[data-testid=pager]').click();
  requestAnimationFrame((at) => { last = at; requestAnimationFrame(look); });
  frames.push(performance.now() - began);
})"""
"""How long the tap held the page, and each frame of the next half second, in ms."""

FIRST = """() => new Promise((done) => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  if (paint) done(paint.startTime); else new PerformanceObserver((seen, who) => {
    const one = seen.getEntriesByName('first-contentful-paint')[0];
    if (one) { who.disconnect(); done(one.startTime); } }).observe({type: 'paint', buffered: true});
})"""


def measure(quick: bool) -> Iterator[Figure]:
    rounds = 4 if quick else 12
    with Shop() as shop:
        tokens = list(shop.seed(expo=True).values())
        gateway = shop.gateway().ready()
        order(gateway, tokens, TICKETS + SPARE)
        with Pages(shop, gateway) as pages:
            for path in ("/kds/wok", "/expo", "/board"):
                yield first_paint(pages, path, rounds)
            for times in (1, 4, 6):
                page = pages.open(f"/kds/wok?screen=slow-{times}")
                page.get_by_test_id("begin").click()
                page.wait_for_function(f"() => document.querySelectorAll('.tk').length >= {TICKETS}")
                slowed(page, times)
                yield from smooth(page, times, rounds)
                yield painted(page, BUMP, f"a bump paints, {TICKETS} open tickets", times, rounds)
            for times in (1, 4, 6):
                page = pages.open(f"/expo?screen=pass-{times}")
                page.wait_for_function("() => document.querySelector('[data-testid^=go-]')")
                slowed(page, times)
                yield painted(page, SERVE, "a serve at the pass paints", times, rounds)


def order(gateway: Gateway, tokens: list[str], tickets: int) -> None:
    """So many orders for the wok, each of a table of its own."""
    for n in range(tickets):
        rice = {"item": "egg-fried-rice", "quantity": 1 + n % 3, "note": "少放盐"}
        body = {"table_token": tokens[n], "lines": [rice, {"item": "mapo-tofu", "modifiers": ["mild"]}][: 1 + n % 2]}
        status, said = gateway.ask(gateway.guest, "POST", "/api/v1/orders", body)
        if status != 201:
            raise RuntimeError(f"refused: {said}")


def painted(page: Page, tap: str, what: str, times: int, rounds: int) -> Figure:
    took = []
    for _ in range(rounds):
        took.append(page.evaluate(tap))
        page.wait_for_timeout(700)  # a card that slid under the finger takes no tap for 300 ms
    return Figure(
        f"{what}, processor slowed x{times}", quantile(took, 0.95), "ms",
        f"median {median(took):.0f} ms of {rounds}", goal=f"<= {BUMP_MS} ms", met=quantile(took, 0.95) <= BUMP_MS,
    )  # fmt: skip


def smooth(page: Page, times: int, rounds: int) -> Iterator[Figure]:
    held, frames = [], list[float]()
    for _ in range(rounds):
        first, *rest = page.evaluate(TURN)
        held.append(first)
        frames += rest
        page.wait_for_timeout(100)
    late = quantile(frames, 0.95)
    yield Figure(
        f"p95 of a frame while {TICKETS} tickets are paged through, slowed x{times}", late, "ms",
        f"median {median(frames):.0f}, the longest {max(frames):.0f}, the tap itself {median(held):.0f} ms",
        goal=f"<= {FRAME_MS} ms", met=late <= FRAME_MS,
    )  # fmt: skip


def first_paint(pages: Pages, path: str, rounds: int) -> Figure:
    took = []
    for n in range(max(3, rounds // 2)):
        page = pages.blank(viewport=PHONE)
        session = slowed(page, 6)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", TWO_MBIT)
        page.goto(f"{pages.base}{path}?screen=first-{n}", wait_until="commit")
        took.append(page.evaluate(FIRST))
        page.context.close()
    return Figure(
        f"first paint of {path}, processor slowed x6, 2 Mbit/s and 30 ms", median(took), "ms",
        f"the slowest of {len(took)} {max(took):.0f} ms", goal=f"<= {FIRST_MS} ms", met=median(took) <= FIRST_MS,
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
