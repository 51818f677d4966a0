"""Every page in a language that is 40 % longer than English and full of accents: all words fit, none is cut off, and
nothing scrolls sideways. A third language would find its room."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from axe import settled
from overflow import overflowing, stretched
from playwright.sync_api import Page, Route, expect
from running_demo import RunningDemo
from test_honest_kitchen import screens_alone as screens_alone
from test_ledger_page import with_a_difference
from test_pass_pages import at as at
from test_pass_pages import bump, placed, taken_away
from test_pass_pages import own as own
from waiting import eventually

TABLETS = [(1280, 800), (1024, 600)]
OpenPage = Callable[..., Page]

RICE = {"item": "egg-fried-rice", "quantity": 2, "note": "no onions, please, and not too much salt"}
PORK = {"item": "twice-cooked-pork", "quantity": 1}
BAR = {"item": "cucumber"}


def fits(page: Page, where: str) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    settled(page)
    found = "\n".join(overflowing(page))
    assert found == "", where


def speaks_longer(page: Page) -> None:
    """That the words really are the longer ones: without this the test would pass on English."""
    assert page.evaluate("(document.body.innerText.match(/[åéîöü]/g) || []).length") > 5


def longer(page: Page, url: str) -> Page:
    stretched(page)
    page.goto(url)
    return page


@pytest.fixture
def cooking(demo: RunningDemo) -> Iterator[dict[str, str]]:
    """Orders as an evening has them: a note, an allergy, an addition, a cancelled and a rushed dish."""
    for station in ("wok", "bar"):
        demo.clear_board(station)
    party = {"allergies": ["peanut", "shellfish"], "note": "Birthday at the window", "covers": 4}
    first = demo.order("2", [RICE, PORK, BAR], **party)
    demo.order("2", [PORK])
    second = demo.order("包1", [RICE, BAR])
    line = demo.staff("GET", f"/api/v1/orders/{second['id']}")[1]["lines"][0]["id"]
    body = {"lines": [{"id": line, "quantity": 1}], "reason": "the guest changed their mind"}
    demo.staff("POST", f"/api/v1/orders/{second['id']}/cancel", body, {"Idempotency-Key": uuid.uuid4().hex})
    yield {"first": str(first["number"]), "second": str(second["number"])}
    for station in ("wok", "bar"):
        demo.clear_board(station)


@pytest.mark.parametrize(("width", "height"), TABLETS)
def test_the_kitchen_screen_and_its_sheets(
    demo: RunningDemo, open_screen: OpenPage, cooking: dict[str, str], width: int, height: int
) -> None:
    page = open_screen("wok", "en-GB", width, height)
    longer(page, page.url)
    expect(page.get_by_test_id(f"ticket-{cooking['first']}")).to_be_visible()
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "live")
    speaks_longer(page)
    fits(page, "before the first tap")
    page.get_by_test_id("begin").click()
    fits(page, "open tickets")
    page.get_by_test_id(f"allergy-{cooking['first']}").click()
    page.get_by_test_id(f"bump-{cooking['first']}").click()
    expect(page.get_by_test_id("undo")).to_be_visible()
    fits(page, "with the way back of a bump")
    for sheet in ("recall-open", "settings"):
        page.get_by_test_id(sheet).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        fits(page, sheet)
        page.keyboard.press("Escape")
    demo.freeze("gateway")
    try:
        expect(page.get_by_test_id("stale-frame")).to_be_visible(timeout=6_000)
        fits(page, "a stale picture")
    finally:
        demo.thaw("gateway")
    expect(page.get_by_test_id("stale-frame")).to_have_count(0, timeout=10_000)


@pytest.mark.parametrize(("width", "height"), TABLETS)
def test_the_pass(own: RunningDemo, at: OpenPage, width: int, height: int) -> None:
    bump(own, placed(own, "12"), "wok", "bar")
    number = placed(own, "3")
    taken_away(own, "M91")
    page = at("/expo", "en", width, height)
    longer(page, page.url)
    expect(page.get_by_test_id(f"wait-{number}")).to_have_count(1)
    speaks_longer(page)
    fits(page, "the pass")
    board = at("/board", "en", width, height)
    longer(board, board.url)
    expect(board.get_by_test_id("preparing")).to_contain_text("M91")
    fits(board, "the board")


@pytest.mark.parametrize(("width", "height"), [*TABLETS, (360, 780)])
def test_the_pages_of_the_office(
    demo: RunningDemo, open_screen: OpenPage, cooking: dict[str, str], width: int, height: int
) -> None:
    page = open_screen("wok", "en-GB", width, height)
    base = page.url.partition("/kds")[0]
    longer(page, f"{base}/orders/{cooking['first']}")
    expect(page.get_by_test_id("verdict")).to_be_visible()
    speaks_longer(page)
    fits(page, "why an order stands where it stands")
    page.goto(f"{base}/orders/Z999-0001")
    expect(page.get_by_test_id("none")).to_be_visible()
    fits(page, "an order that nobody knows")
    page.goto(f"{base}/admin/printers")
    expect(page.get_by_test_id("headline")).to_be_visible()
    speaks_longer(page)
    fits(page, "the printers")
    page.goto(f"{base}/login?next=/orders")
    for way in ("pin", "name"):
        page.get_by_test_id(f"way-{way}").click()
        fits(page, f"the login by {way}")
    speaks_longer(page)


EVENING = {"orders": 4120, "tables": 125, "dishes": 12345, "seen": 12345, "twice": 0, "reprints": 1128}
LONG_AGO = {
    "as it is": {},
    "after a long evening": {"score": EVENING, "pending": 0},
    "a long evening cut off": {"score": EVENING | {"seen": 11222, "twice": 12}, "pending": 10244},
}
"""What the demo page counts by then: the box's own answer, with its figures moved."""


@pytest.mark.parametrize("evening", LONG_AGO)
def test_the_demo_page(demo: RunningDemo, open_page: OpenPage, evening: str) -> None:
    moved = LONG_AGO[evening]

    def later(route: Route) -> None:
        found = route.fetch(url=re.sub(r"//[^/:]+", "//127.0.0.1", route.request.url, count=1)).json()
        if moved:
            found["score"] |= moved["score"]
            found["uplink"]["pending"] = moved["pending"]
        route.fulfill(json=found)

    for width, height in ((1440, 900), (1280, 800)):
        page = open_page("about:blank", "en-GB", width, height)
        page.route("**/demo/state", later)
        longer(page, demo.info["demo_url"])
        expect(page.get_by_test_id("kitchen-live")).to_be_visible(timeout=10_000)
        if moved:
            expect(page.get_by_test_id("score-seen")).to_contain_text(str(moved["score"]["seen"]))
        speaks_longer(page)
        fits(page, f"the demo at {width} px, {evening}")
        page.unroute_all(behavior="ignoreErrors")


def test_the_guests_pages_on_a_small_phone(demo: RunningDemo, open_phone: OpenPage) -> None:
    page = open_phone("4", "en-GB", 360, 740)
    longer(page, page.url)
    page.get_by_test_id("add-rice").click()
    speaks_longer(page)
    fits(page, "the menu")
    page.get_by_test_id("choose-kung-pao").click()
    page.get_by_test_id("modifier-mild").check()
    fits(page, "the options of a dish")
    page.get_by_test_id("sheet-add").click()
    expect(page.get_by_test_id("sheet")).to_have_count(0)
    page.get_by_test_id("go-order").click()
    expect(page.get_by_test_id("submit-order")).to_be_visible()
    fits(page, "the last look before sending")
    page.get_by_test_id("submit-order").click()
    page.wait_for_url(re.compile("/status"))
    expect(page.get_by_test_id("bill")).to_be_visible()
    speaks_longer(page)
    fits(page, "the order's state")


# -- what an evening brings besides ------------------------------------------------------------------------------------


def opened(page: Page, sheet: str, where: str) -> None:
    """The sheet, its words, and that nothing is cut off; then away with it."""
    page.get_by_test_id(sheet).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    fits(page, where)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), TABLETS)
def test_totals_keys_allergies_and_a_second_screen(
    demo: RunningDemo, open_screen: OpenPage, cooking: dict[str, str], width: int, height: int
) -> None:
    page, other = open_screen("wok", "en-GB", width, height), open_screen("wok", "en-GB", width, height)
    longer(page, page.url)
    expect(page.get_by_test_id("screens-here")).to_be_visible(timeout=10_000)
    expect(page.get_by_test_id(f"allergy-{cooking['first']}")).to_be_visible()
    speaks_longer(page)
    fits(page, "two screens of a station, an allergy to confirm")
    other.close()
    page.keyboard.press("ArrowRight")
    fits(page, "a chosen ticket, and keys")
    page.get_by_test_id("settings").click()
    expect(page.get_by_role("dialog")).to_contain_text("1–9")
    fits(page, "the list of keys")
    page.keyboard.press("Escape")
    page.get_by_test_id("allday-open").click()
    expect(page.get_by_test_id("allday-row").first).to_be_visible()
    fits(page, "the totals")


def test_a_ticket_that_is_on_paper_already_because_the_screen_was_down(
    screens_alone: RunningDemo, open_screen: OpenPage
) -> None:
    number = str(screens_alone.order("2", [BAR])["number"])
    eventually("its slip is proven", lambda: (screens_alone.tickets("bar")[-1]["shown_by"] or "")[:5] == "slip ", 20)
    page = open_screen("bar", "en-GB", 1024, 600)
    longer(page, page.url)
    expect(page.get_by_test_id(f"on-paper-{number}")).to_be_visible()
    speaks_longer(page)
    fits(page, "already on paper")


@pytest.mark.parametrize(("width", "height"), TABLETS)
def test_the_sheets_of_the_pass(own: RunningDemo, at: OpenPage, width: int, height: int) -> None:
    placed(own, "3")
    page = at("/expo", "en", width, height)
    longer(page, page.url)
    page.locator("[data-testid^=more-]:visible").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    speaks_longer(page)
    fits(page, "what can be done to an order")
    page.keyboard.press("Escape")
    opened(page, "other", "what waits, what is sold out, what went out")


@pytest.mark.parametrize(("width", "height"), [*TABLETS, (360, 780)])
def test_the_routing_and_the_ledger(
    demo: RunningDemo, open_screen: OpenPage, cooking: dict[str, str], width: int, height: int
) -> None:
    page = open_screen("wok", "en-GB", width, height)
    base = page.url.partition("/kds")[0]
    longer(page, f"{base}/admin/routing")
    expect(page.get_by_test_id("headline")).to_be_visible()
    speaks_longer(page)
    fits(page, "the routing")
    page.goto(f"{base}/admin/ledger")
    expect(page.get_by_test_id("verdict")).to_be_visible()
    speaks_longer(page)
    fits(page, "the ledger")
    page.route("**/api/v1/ledger", lambda route: route.fulfill(json=with_a_difference(demo)))
    page.reload()
    expect(page.get_by_test_id("difference")).to_be_visible()
    fits(page, "the ledger with a difference")


def test_a_guest_whose_order_the_kitchen_has_not_confirmed(demo: RunningDemo, open_phone: OpenPage) -> None:
    """The answer is the box's own, with its state moved."""
    demo.order("4", [RICE])
    page = open_phone("4", "en-GB", 360, 740)
    longer(page, page.url.rstrip("/") + "/status")
    expect(page.get_by_test_id("bill")).to_be_visible()
    doubt = {"kitchen": "unconfirmed"}

    def told(route: Route) -> None:
        found = demo.guest("GET", f"/api/v1/visit?table_token={demo.token('4')}")[1]
        for line in (line for order in found["orders"] for line in order["lines"]):
            line.update(doubt)
        route.fulfill(json=found)

    page.route("**/api/v1/visit*", told)
    page.reload()
    expect(page.locator("[data-state=unconfirmed]").first).to_be_visible(timeout=10_000)
    speaks_longer(page)
    fits(page, "in doubt")
    doubt["kitchen"] = "confirmed"
    expect(page.get_by_test_id("sorted")).to_be_visible(timeout=10_000)
    fits(page, "sorted out")


# -- the finder itself ------------------------------------------------------------------------------------------------

BROKEN = {
    "out of its button": '<button style="width:4rem;white-space:nowrap">Many long words here</button>',
    "cut off at the side": '<div style="width:5rem;overflow:hidden;white-space:nowrap">Many long words here</div>',
    "cut off below": '<div style="width:5rem;height:1.2rem;overflow:hidden">Many long words here</div>',
    "scrolls in less than two lines": '<div style="width:9rem;height:1.5rem;overflow:auto">Many long words here</div>',
    "the page scrolls sideways": '<p style="width:200vw">Many long words here</p>',
    "under another word": '<div style="display:flex;width:8rem"><b style="width:1rem;white-space:nowrap">Many long</b>'
    '<i style="background:#fff">words here</i></div>',
    "beside the page": '<p style="position:fixed;left:-3rem">Many long words here</p>',
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_finder_finds(open_page: OpenPage, what: str) -> None:
    page = open_page("about:blank", "en-GB", 360, 600)
    page.set_content(f"<body>{BROKEN[what]}</body>")
    assert [one for one in overflowing(page) if one.startswith(what)], overflowing(page)


def test_the_finder_is_content_with_what_fits_scrolls_or_is_for_ears(open_page: OpenPage) -> None:
    page = open_page("about:blank", "en-GB", 360, 600)
    page.set_content(
        '<body><button>Fits</button><div style="width:5rem;overflow:auto;white-space:nowrap">Many long words here</div>'
        '<span style="position:absolute;width:1px;height:1px;overflow:hidden">for ears</span></body>'
    )
    assert overflowing(page) == []
