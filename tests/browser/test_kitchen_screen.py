"""The kitchen screen as a cook meets it, in a real browser against the real gateway; and its model alone.

`demo` and `open_screen` come from conftest.py. Every wait has a deadline; none is a pause that hopes.
"""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from scenarios.screens import Screen
from waiting import eventually

STATIC = Path(__file__).resolve().parents[2] / "gateway" / "web" / "staff" / "static"
PORK = {"item": "twice-cooked-pork", "quantity": 2, "modifiers": [], "note": ""}
RICE = {"item": "egg-fried-rice", "quantity": 1, "modifiers": [], "note": "少放盐"}
STALE_S = 5.0
LET_PASS = "(ms) => new Promise((done) => setTimeout(done, ms))"

OpenScreen = Callable[..., Page]


def order(demo: RunningDemo, table: str = "3") -> str:
    """Places an order for the wok and returns its number."""
    return str(demo.order(table, [PORK, RICE])["number"])


def server_ticket(demo: RunningDemo, number: str, station: str = "wok") -> dict[str, Any] | None:
    """The ticket as the box knows it: open, or cleared lately."""
    for path, name in (
        (f"/api/v1/stations/{station}/tickets", "tickets"),
        (f"/api/v1/stations/{station}/recall", "tickets"),
    ):
        status, body = demo.staff("GET", path, None)
        assert status == 200, body
        for ticket in body[name]:
            if ticket["order"]["number"] == number:
                return dict(ticket)
    return None


def server_does(demo: RunningDemo, action: str, ticket: dict[str, Any]) -> dict[str, Any]:
    body = {"screen": "wok-far", "key": str(uuid.uuid4()), "version": ticket["version"]}
    status, answer = demo.staff("POST", f"/api/v1/tickets/{ticket['id']}/{action}", body)
    assert status == 200, answer
    return dict(answer)


def clear(demo: RunningDemo, station: str = "wok") -> None:
    """Bumps what former tests left open, so that every card has its place on the first page."""
    _, body = demo.staff("GET", f"/api/v1/stations/{station}/tickets", None)
    for ticket in body["tickets"]:
        server_does(demo, "bump", ticket)


def card(page: Page, number: str) -> Any:
    return page.get_by_test_id(f"ticket-{number}")


def live(page: Page) -> None:
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "live", timeout=10_000)


def axe_finds_nothing(page: Page) -> None:
    """With the rule for 7:1 on top: this page is read at two metres."""
    found = Axe().run(page, options={"rules": {"color-contrast-enhanced": {"enabled": True}}}).response["violations"]
    assert not found, [(v["id"], v["nodes"][0]["html"][:120]) for v in found]


# -- with the store ---------------------------------------------------------------------------------------------------


def test_a_new_order_appears_and_is_proven_by_painting(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    proofs: list[dict[str, Any]] = []
    page.on(
        "request", lambda r: proofs.append(json.loads(r.post_data or "{}")) if r.url.endswith("/rendered") else None
    )
    number = order(demo)
    expect(card(page, number)).to_be_visible(timeout=5_000)
    expect(card(page, number)).to_contain_text("回锅肉")
    expect(card(page, number)).to_contain_text("少放盐")
    ticket = eventually(
        "the box holds the proof",
        lambda: (t := server_ticket(demo, number)) and t["state"] == "SHOWN" and t["shown_version"] > 0 and t,
    )
    page.evaluate(LET_PASS, 500)
    assert proofs, "the screen itself said it"
    assert proofs[0]["version"] <= ticket["version"]
    assert len({p["version"] for p in proofs}) == len(proofs), "once for each version"


def test_a_new_card_is_white_for_three_seconds_and_then_ages(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    first = order(demo)
    expect(card(page, first)).to_have_class(re.compile(r"\bnew\b"), timeout=5_000)
    expect(card(page, first)).to_contain_text("新单")
    expect(card(page, first)).not_to_have_class(re.compile(r"\bnew\b"), timeout=4_500)
    expect(card(page, first)).not_to_contain_text("新单")


def test_the_login_and_the_screen_behind_it_speak_the_same(demo: RunningDemo, open_page: Callable[..., Page]) -> None:
    base = demo.info["staff_url"].replace("127.0.0.1", "store.test")
    page = open_page(f"{base}/kds/wok?screen=wok-9", "en-GB", 1280, 800)

    def log_in() -> None:
        for digit in demo.info["staff"]["pin"]:
            page.get_by_test_id(f"digit-{digit}").click()
        page.get_by_test_id("login-go").click()
        page.wait_for_url(re.compile(r"/kds/wok\?screen=wok-9$"))

    expect(page.locator("h1")).to_have_text("登录")
    log_in()
    expect(page.locator("h1")).to_have_text("炒锅")
    page.get_by_test_id("settings").click()
    page.get_by_test_id("logout").click()
    expect(page.locator("h1")).to_have_text("登录")
    page.get_by_test_id("language").click()
    expect(page.locator("h1")).to_have_text("Log in")
    log_in()
    expect(page.locator("h1")).to_have_text("Wok")


def test_a_page_that_nobody_sees_proves_nothing(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    proofs: list[str] = []
    page.on("request", lambda r: proofs.append(r.url) if r.url.endswith("/rendered") else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.away !== false, configurable: true})")
    number = order(demo)
    expect(card(page, number)).to_be_attached(timeout=5_000)
    page.evaluate(LET_PASS, 1000)  # that nothing happens takes its time to see
    assert proofs == []
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    eventually("the proof after the page is seen again", lambda: (page.evaluate("1"), proofs)[1])


@pytest.fixture
def paperless(demo: RunningDemo) -> Iterator[RunningDemo]:
    """The wok's printer has no paper, so that only a screen can prove what it is to cook."""
    clear(demo)
    demo.drill("paper_out", True, "kitchen")
    yield demo
    demo.drill("paper_out", False, "kitchen")
    clear(demo)


LAST_LINE_SEEN = """() => { new MutationObserver(() => {
  const list = document.querySelector('.tk ul');
  if (!list || window.lastSeen !== undefined) return;
  window.lastSeen = null;
  new IntersectionObserver((found) => {
    if (window.lastSeen !== null || !found.some((one) => one.intersectionRatio > 0.9)) return;
    window.lastSeen = performance.now();
  }, {threshold: 0.95}).observe(list.lastElementChild);
}).observe(document.body, {childList: true, subtree: true}); }"""
"""When the last line of the first card was in the window and not cut off by its card, as the browser itself sees it."""

PROOFS_SENT = (
    "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/rendered')).map((e) => e.startTime)"
)


def table_of_eight(demo: RunningDemo) -> str:
    """Fourteen lines for the wok, on one ticket."""
    return str(demo.order("8", [{**RICE, "note": f"第{n}位，不要葱"} for n in range(14)])["number"])


def test_a_ticket_too_long_for_its_card_is_proven_when_its_last_line_was_in_view(
    paperless: RunningDemo, open_screen: OpenScreen
) -> None:
    """On a tablet that stands upright no card can be wider: its lines go on by themselves."""
    page = open_screen("wok", width=800, height=900)
    live(page)
    page.evaluate(LAST_LINE_SEEN)
    number = table_of_eight(paperless)
    expect(card(page, number)).to_contain_text(re.compile(r"还有 \d+ 行"), timeout=5_000)
    last = card(page, number).locator(".ln").last
    ticket = eventually("the box holds a proof", lambda: (t := server_ticket(paperless, number)) and t["shown_version"])
    assert ticket
    seen, sent = page.evaluate("window.lastSeen"), page.evaluate(PROOFS_SENT)
    assert seen is not None, "proven, and the last line was never in view"
    assert sent
    assert seen <= sent[0]
    box, board = last.bounding_box(), page.locator(".board").bounding_box()
    assert box
    assert board
    assert box["y"] + box["height"] <= board["y"] + board["height"]
    expect(card(page, number)).to_contain_text(re.compile(r"还有 \d+ 行"), timeout=10_000)  # back at its first line


def test_a_finger_holds_a_long_card_and_turns_it(paperless: RunningDemo, open_screen: OpenScreen) -> None:
    page = open_screen("wok", width=800, height=900)
    live(page)
    number = table_of_eight(paperless)
    more = card(page, number).locator(".rest")
    expect(more).to_contain_text(re.compile(r"还有 \d+ 行"), timeout=5_000)
    page.mouse.click(5, 300)
    page.evaluate(LET_PASS, 1_000)  # that nothing is proven takes its time to see
    assert (server_ticket(paperless, number) or {})["state"] == "QUEUED"
    while "还有" in (said := more.inner_text()):
        more.click()
        expect(more).not_to_have_text(said)
    eventually("read to its end", lambda: (server_ticket(paperless, number) or {})["state"] == "SHOWN", 2)


def test_a_screen_whose_cards_are_under_a_sheet_proves_nothing(paperless: RunningDemo, open_screen: OpenScreen) -> None:
    page = open_screen("wok")
    live(page)
    for sheet in ("settings", "recall-open"):
        page.get_by_test_id(sheet).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        number = order(paperless)
        expect(card(page, number)).to_be_attached(timeout=5_000)
        page.evaluate(LET_PASS, 1_000)  # that nothing happens takes its time to see
        assert (server_ticket(paperless, number) or {})["state"] == "QUEUED"
        page.keyboard.press("Escape")
        eventually("seen", lambda number=number: (server_ticket(paperless, number) or {})["state"] == "SHOWN", 2)


def test_what_lies_on_later_pages_comes_in_view_by_itself(demo: RunningDemo, open_screen: OpenScreen) -> None:
    """No dish waits for a finger on the pager: the printer has no paper, so that only the screen can prove it."""
    clear(demo)
    page = open_screen("wok", width=1024, height=600)
    live(page)
    pager = page.get_by_test_id("pager")
    demo.drill("paper_out", True, "kitchen")
    try:
        numbers = [order(demo, str(table)) for table in range(1, 10)]
        expect(pager).to_contain_text(re.compile(r"1/[3-9]"), timeout=5_000)
        assert not card(page, numbers[-1]).is_visible()

        def unseen() -> list[str]:
            page.evaluate("1")  # lets the browser's own events in
            return [n for n in numbers if (server_ticket(demo, n) or {})["state"] == "QUEUED"]

        assert unseen(), "more than one page holds"
        eventually("each dish was drawn, and the box knows it", lambda: not unseen(), 30)
        expect(pager).to_contain_text("1/", timeout=8_000)
        expect(card(page, numbers[0])).to_be_visible()

        pager.click()
        expect(pager).to_contain_text("2/")
        last = order(demo, "10")
        page.evaluate(LET_PASS, 6_000)  # a cook who turned the page reads it
        expect(pager).to_contain_text("2/")
        assert not card(page, last).is_visible()
        expect(card(page, last)).to_be_visible(timeout=10_000)
        expect(pager).to_contain_text("1/", timeout=8_000)
    finally:
        demo.drill("paper_out", False, "kitchen")
        clear(demo)


def screen_id(page: Page) -> str:
    page.get_by_test_id("settings").click()
    name = page.get_by_test_id("screen-id").inner_text()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    return name


def test_start_bump_undo_and_recall(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    name = screen_id(page)
    number = order(demo)
    page.get_by_test_id(f"start-{number}").click()
    expect(card(page, number)).to_have_attribute("data-state", "STARTED")
    eventually("started at the box", lambda: (t := server_ticket(demo, number)) and t["state"] == "STARTED")

    page.get_by_test_id(f"bump-{number}").click()
    expect(card(page, number)).to_have_count(0, timeout=1_000)
    cleared = eventually("cleared at the box", lambda: (t := server_ticket(demo, number)) and t["cleared_at"] and t)
    assert cleared["updated_by"].endswith(f" {name}")

    page.get_by_test_id("undo").click()
    expect(card(page, number)).to_be_visible(timeout=2_000)
    back = eventually("open again", lambda: (t := server_ticket(demo, number)) and not t["cleared_at"] and t)
    assert back["fired_at"] == cleared["fired_at"], "an undone ticket keeps its age"

    page.get_by_test_id(f"bump-{number}").click()
    eventually("cleared again", lambda: (t := server_ticket(demo, number)) and t["cleared_at"])
    page.get_by_test_id("recall-open").click()
    page.get_by_test_id(f"recall-{number}").click()
    expect(card(page, number)).to_be_visible(timeout=2_000)
    eventually("recalled", lambda: (t := server_ticket(demo, number)) and not t["cleared_at"])


WATCH = """(number) => {
  self.stood = [];
  const look = () => {
    const card = document.querySelector(`[data-testid=ticket-${number}]`), here = !!card && !card.matches('.off');
    if (!self.stood.length || self.stood[self.stood.length - 1][1] !== here) self.stood.push([Date.now(), here]);
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true});
  look();
}"""
"""When its card came and went on this page, by the clock on the wall, whenever somebody looks."""


def test_two_screens_of_a_station_agree_within_a_second(demo: RunningDemo, open_screen: OpenScreen) -> None:
    """By the pages' own clock: how soon the test looks does not matter."""
    clear(demo)
    first, second = open_screen("wok"), open_screen("wok", lang="en-US")
    live(first)
    live(second)
    number = order(demo)
    expect(card(first, number)).to_be_visible(timeout=5_000)
    expect(card(second, number)).to_be_visible()
    for page in (first, second):
        page.evaluate(WATCH, number)
    first.get_by_test_id(f"bump-{number}").click()
    expect(card(second, number)).to_have_count(0)
    second.get_by_test_id("recall-open").click()
    second.get_by_test_id(f"recall-{number}").click()
    expect(card(first, number)).to_be_visible()
    expect(card(second, number)).to_be_visible()
    seen = [page.evaluate("self.stood") for page in (first, second)]
    assert [[here for _, here in one] for one in seen] == [[True, False, True]] * 2
    apart = [abs(one[0] - other[0]) for one, other in zip(*seen, strict=True)][1:]
    assert max(apart) <= 1000, apart
    expect(first.get_by_test_id("open-count")).to_have_text(second.get_by_test_id("open-count").inner_text())


def test_two_screens_that_bump_the_same_ticket_at_once_bump_it_once_and_the_later_is_told(
    paperless: RunningDemo, open_screen: OpenScreen
) -> None:
    screens = [open_screen("wok"), open_screen("wok")]
    for page in screens:
        live(page)
    names = [screen_id(page) for page in screens]
    number = order(paperless)
    ticket = eventually("shown", lambda: (t := server_ticket(paperless, number)) and t["state"] == "SHOWN" and t)
    for page in screens:
        expect(card(page, number)).to_have_attribute("data-version", str(ticket["version"]), timeout=5_000)
    paperless.freeze("gateway")  # the box finds both taps at its door at once
    try:
        for page in screens:
            with page.expect_request(f"**/{ticket['id']}/bump"):
                page.get_by_test_id(f"bump-{number}").click()
    finally:
        paperless.thaw("gateway")
    cleared = eventually(
        "cleared at the box", lambda: (t := server_ticket(paperless, number)) and t["cleared_at"] and t
    )
    assert cleared["version"] == ticket["version"] + 1
    winner = names.index(cleared["updated_by"].split()[-1])
    told = screens[1 - winner].get_by_test_id("refused")
    expect(told).to_contain_text(names[winner], timeout=5_000)
    expect(told).to_contain_text("已出餐")
    expect(screens[winner].get_by_test_id("refused")).to_have_count(0)
    for page in screens:
        expect(card(page, number)).to_have_count(0)
        live(page)


def test_a_silent_stream_turns_the_frame_red_within_5_s_and_clears_by_itself(
    demo: RunningDemo, open_screen: OpenScreen
) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    number = order(demo)
    expect(card(page, number)).to_be_visible(timeout=5_000)
    demo.freeze("gateway")
    try:
        expect(page.get_by_test_id("stale-frame")).to_be_visible(timeout=STALE_S * 1000)
        assert re.search(r"画面停在 \d\d:\d\d:\d\d，新单没显示", page.get_by_test_id("stale-frame").inner_text())
        assert "看打印机" in page.get_by_test_id("stale-frame").inner_text()
        expect(card(page, number)).to_be_visible()
        age = page.get_by_test_id("oldest").inner_text()
        page.evaluate(LET_PASS, 1500)
        assert page.get_by_test_id("oldest").inner_text() == age, "ages stop with the picture"
        page.get_by_test_id(f"bump-{number}").click()
        expect(card(page, number)).to_have_count(0, timeout=1_000)
    finally:
        demo.thaw("gateway")
    expect(page.get_by_test_id("stale-frame")).to_have_count(0, timeout=10_000)
    live(page)
    eventually("the bump made while frozen arrived", lambda: (t := server_ticket(demo, number)) and t["cleared_at"])


PLACES = 32


def test_a_screen_without_a_place_says_so_and_comes_by_itself_when_one_is_free(
    demo: RunningDemo, open_screen: OpenScreen
) -> None:
    asked: list[Screen] = []

    def taken() -> list[Screen]:
        return [one for one in asked if one.status == 200]

    def all_taken() -> bool:
        asked.append(Screen(demo, "uplink"))  # a page of the test before may still be on its way out
        return len(taken()) == PLACES

    try:
        eventually("every place is taken", all_taken)
        page = open_screen("wok")
        alarm = page.get_by_test_id("stale-frame")
        expect(alarm).to_contain_text("看屏幕的位子满了（32 个）", timeout=5_000)
        expect(alarm).to_contain_text("关掉一块不用的屏幕")
        axe_finds_nothing(page)
        taken()[0].close()
        live(page)
        expect(alarm).to_have_count(0)
    finally:
        for one in asked:
            one.close()


@pytest.mark.parametrize("told_by", ["the stream", "a tap"])
def test_an_ended_login_is_said_and_the_tap_arrives_after_the_next(
    demo: RunningDemo, open_screen: OpenScreen, told_by: str
) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    number = order(demo)
    expect(card(page, number)).to_be_visible(timeout=5_000)
    name = screen_id(page)
    with page.context.new_page() as other:
        other.goto(page.url.partition("/kds")[0] + "/login")
        assert other.evaluate("fetch('/api/v1/logout', {method: 'POST', body: '{}'}).then((r) => r.status)") == 200
    alarm = page.get_by_test_id("stale-frame")
    if told_by == "the stream":
        Screen(demo, "uplink", name).close()  # one stream for each name: the page's own ends
    else:
        expect(alarm).to_have_count(0)
        page.get_by_test_id(f"bump-{number}").click()
    expect(alarm).to_contain_text("登录过期", timeout=5_000)
    if told_by == "the stream":
        page.get_by_test_id(f"bump-{number}").click()
    expect(card(page, number)).to_have_count(0)
    assert (server_ticket(demo, number) or {})["cleared_at"] is None
    alarm.get_by_role("link").click()
    for digit in demo.info["staff"]["pin"]:
        page.get_by_test_id(f"digit-{digit}").click()
    page.get_by_test_id("login-go").click()
    live(page)
    expect(alarm).to_have_count(0)
    eventually("the tap arrived", lambda: (t := server_ticket(demo, number)) and t["cleared_at"])


def test_a_bump_kept_while_cut_off_cannot_undo_a_recall(demo: RunningDemo, open_screen: OpenScreen) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    number = order(demo)
    expect(card(page, number)).to_be_visible(timeout=5_000)
    eventually("shown", lambda: (t := server_ticket(demo, number)) and t["state"] == "SHOWN")
    ticket = server_ticket(demo, number)
    assert ticket is not None
    expect(card(page, number)).to_have_attribute("data-version", str(ticket["version"]), timeout=2_000)
    page.context.set_offline(True)
    page.get_by_test_id(f"bump-{number}").click()
    expect(card(page, number)).to_have_count(0, timeout=1_000)
    server_does(demo, "recall", server_does(demo, "bump", ticket))
    page.context.set_offline(False)
    expect(page.get_by_test_id("refused")).to_be_visible(timeout=10_000)
    expect(card(page, number)).to_be_visible(timeout=5_000)
    now = server_ticket(demo, number)
    assert now is not None
    assert now["cleared_at"] is None


def test_taps_kept_while_cut_off_outlive_a_reload_and_arrive_once_in_order(
    demo: RunningDemo, open_screen: OpenScreen
) -> None:
    clear(demo)
    page = open_screen("wok")
    live(page)
    number = order(demo)
    expect(card(page, number)).to_be_visible(timeout=5_000)
    eventually("shown", lambda: (t := server_ticket(demo, number)) and t["state"] == "SHOWN")
    page.route("**/api/v1/tickets/**", lambda route: route.abort())
    page.get_by_test_id(f"start-{number}").click()
    expect(card(page, number)).to_have_attribute("data-state", "STARTED")
    page.get_by_test_id(f"bump-{number}").click()
    expect(card(page, number)).to_have_count(0)
    page.reload()
    expect(card(page, number)).to_have_count(0)
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url.rsplit("/", 1)[1]) if "/api/v1/tickets/" in r.url else None)
    page.unroute("**/api/v1/tickets/**")
    eventually("both taps arrived", lambda: (t := server_ticket(demo, number)) and t["cleared_at"])
    eventually(
        "nothing is left to send",
        lambda: page.evaluate("!Object.keys(localStorage).some((k) => k.includes('kds.tap'))"),
    )
    assert [a for a in sent if a in ("start", "bump")][-2:] == ["start", "bump"]


def test_a_screen_keeps_its_id(demo: RunningDemo, open_screen: OpenScreen) -> None:
    page = open_screen("wok")
    live(page)
    page.get_by_test_id("settings").click()
    name = page.get_by_test_id("screen-id").inner_text()
    assert re.fullmatch(r"wok-[0-9a-z-]+", name)
    page.reload()
    page.get_by_test_id("settings").click()
    assert page.get_by_test_id("screen-id").inner_text() == name


@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
def test_axe_finds_nothing(demo: RunningDemo, open_screen: OpenScreen, lang: str) -> None:
    demo.order("3", [PORK, RICE], allergies=["peanut"])
    page = open_screen("wok", lang=lang)
    page.get_by_test_id("settings").click()
    page.get_by_test_id("lang-zh-Hans" if lang == "zh-CN" else "lang-en").click()
    axe_finds_nothing(page)
    page.keyboard.press("Escape")
    expect(page.locator(".tk").first).to_be_visible(timeout=5_000)
    axe_finds_nothing(page)
    page.get_by_test_id("recall-open").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe_finds_nothing(page)


def test_the_first_load_keeps_its_budget() -> None:
    """screens.md section 6: 60 KB in all, 30 KB of it scripts, compressed."""
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(STATIC.parent / "templates"), autoescape=True)
    page = templates.get_template("staff/kds.html").render(boot={"lang": "en", "station": {"id": "wok", "name": {}}})
    scripts = total = 0
    asked = re.findall(r'(?:src|href)="/static/([^?"]+)', page)
    assert {path.rpartition("/")[2] for path in asked} >= {"kds.js", "kds-link.js", "kds.css", "ui.js", "tokens.css"}
    for path in [*asked, "icons.svg"]:
        file = STATIC / path[len("staff/") :] if path.startswith("staff/") else STATIC.parents[1] / "static" / path
        size = len(gzip.compress(file.read_bytes()))
        total += size
        scripts += size if path.endswith(".js") else 0
    assert scripts <= 30_000, scripts
    assert total <= 60_000, total


def test_nothing_leaves_the_box(demo: RunningDemo, open_screen: OpenScreen) -> None:
    page = open_screen("wok")
    live(page)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.reload()
    live(page)
    home = re.match(r"https?://[^/]+", page.url)
    assert home
    assert [u for u in asked if not u.startswith((home.group(0), "data:"))] == []


# -- the model alone --------------------------------------------------------------------------------------------------

MODEL_TRIAL = """
(seed) => {
  let s = seed;
  const random = (n) => { s = (s * 1103515245 + 12345) % 2147483648; return Math.floor(s / 65536) % n; };
  const history = new Map(), events = [];
  for (let i = 0; i < 250; i += 1) {
    const id = 't' + random(24), was = history.get(id);
    const at = new Date(1700000000000 + i * 1000).toISOString();
    const gone = was && random(3) === 0;
    const t = {id, station: 'wok', version: (was ? was.version : 0) + 1, shown_version: 0,
      state: gone ? 'SERVED' : 'SHOWN', order: {number: id}, lines: [], updated_at: at, cleared_at: gone ? at : null,
      fired_at: was ? was.fired_at : at};
    history.set(id, t);
    events.push(t);
  }
  /* each event once or twice, in any order: the stream, answers and lists may all bring it */
  const bag = events.concat(events.filter(() => random(2)));
  for (let i = bag.length - 1; i > 0; i -= 1) { const j = random(i + 1); [bag[i], bag[j]] = [bag[j], bag[i]]; }
  const model = KdsModel.create('tickets:wok');
  const highest = new Map();
  let backwards = 0;
  for (const ticket of bag) {
    model.apply({type: random(2) ? 'ticket' : 'answer', ticket});
    const v = model.base(ticket.id).version;
    if (v < (highest.get(ticket.id) || 0)) backwards += 1;
    highest.set(ticket.id, v);
  }
  const open = (list) => list.filter((t) => !t.cleared_at).sort((a, b) => a.fired_at < b.fired_at ? -1 : 1)
    .map((t) => [t.id, t.version]);
  return {backwards, screen: model.open().map((t) => [t.id, t.version]), box: open([...history.values()])};
}
"""

TICKET = """
const make = (id, version, more) => ({
  id, station: 'wok', version, shown_version: 0, state: 'SHOWN', order: {number: id}, lines: [], cleared_at: null,
  fired_at: '2026-01-01T10:00:00Z', updated_at: '2026-01-01T10:00:0' + version + 'Z', ...more});
"""


Evaluate = Callable[..., Any]


def test_shuffled_events_never_take_a_ticket_back_and_end_at_the_box_list(in_chromium: Evaluate) -> None:
    ends = in_chromium("kds-model.js", f"(seeds) => seeds.map({MODEL_TRIAL})", list(range(1, 200)))
    for seed, end in enumerate(ends, 1):
        assert end["backwards"] == 0, f"seed {seed}"
        assert end["screen"] == end["box"], f"seed {seed}"


def test_a_tap_is_laid_over_and_taken_back_with_all_that_was_built_on_it(in_chromium: Evaluate) -> None:
    seen = in_chromium(
        "kds-model.js",
        "() => {"
        + TICKET
        + """
        const m = KdsModel.create('tickets:wok');
        m.apply({type: 'snapshot', topic: 'tickets:wok', tickets: [make('a', 2)]});
        m.tap('bump', m.base('a'), 'k1', 'now', '');
        const bumped = m.open().length;
        m.tap('undo', m.base('a'), 'k2', 'now', '');
        const undone = m.open().length;
        m.tap('bump', m.base('a'), 'k3', 'now', '');
        const chain = m.taps().map((t) => [t.version, t.after]);
        m.settle('k1', true, make('a', 3, {state: 'SERVED', cleared_at: 'x'}));
        const next = m.taps().map((t) => [t.key, t.version, t.after]);
        const dropped = m.settle('k2', false, make('a', 5)).map((t) => t.key);
        return {bumped, undone, chain, next, dropped, open: m.open().map((t) => t.version), left: m.taps().length};
        }""",
    )
    assert (seen["bumped"], seen["undone"]) == (0, 1)
    assert seen["chain"] == [[2, None], [2, "k1"], [2, "k2"]]
    assert seen["next"] == [["k2", 3, None], ["k3", 2, "k2"]], "the answer's version passes to the tap built on it"
    assert (seen["dropped"], seen["open"], seen["left"]) == (["k3"], [5], 0)


def test_a_snapshot_ends_what_it_no_longer_holds_and_late_answers_bring_nothing_back(in_chromium: Evaluate) -> None:
    seen = in_chromium(
        "kds-model.js",
        "() => {"
        + TICKET
        + """
        const m = KdsModel.create('tickets:wok');
        m.apply({type: 'snapshot', topic: 'tickets:wok', tickets: [make('a', 2), make('b', 1)]});
        m.apply({type: 'snapshot', topic: 'tickets:wok', tickets: [make('b', 1)]});
        const ended = m.open().map((t) => t.id);
        m.apply({type: 'answer', ticket: make('a', 2)});
        const late = m.open().map((t) => t.id);
        m.apply({type: 'ticket', ticket: make('a', 3)});
        const back = m.open().map((t) => t.id);
        m.apply({type: 'reset'});
        m.apply({type: 'snapshot', topic: 'tickets:wok', tickets: [make('a', 1)]});
        const reset = m.open().map((t) => [t.id, t.version]);
        const gone = {cleared_at: 'x', state: 'SERVED'};
        for (let i = 0; i < 5000; i += 1) m.apply({type: 'ticket', ticket: make('g' + i, 2, gone)});
        return {ended, late, back, reset, size: m.size(), kept: KdsModel.GONE_KEPT};
        }""",
    )
    assert (seen["ended"], seen["late"]) == (["b"], ["b"])
    assert seen["back"] == ["a", "b"]
    assert seen["reset"] == [["a", 1]], "a restored box starts anew"
    assert seen["size"] <= seen["kept"] + 1, "memory is bounded"


def test_both_catalogues_hold_the_same_words(in_chromium: Evaluate) -> None:
    words = in_chromium("kds-words.js kds-sheets.js kds-allday.js", "() => KdsWords")
    assert set(words) == {"zh-Hans", "en"}
    assert set(words["zh-Hans"]) == set(words["en"])
    for key, text in words["en"].items():
        other = words["zh-Hans"][key]
        assert text
        assert other
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", other)), key
