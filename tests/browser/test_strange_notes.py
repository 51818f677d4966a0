"""What guests may write to the cook: tags, emoji, a very long text, words from right to left (journey G13). It is kept
as it was written, no page takes it for its own, and the paper holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from axe import settled
from overflow import overflowing
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

OpenPage = Callable[..., Page]

TAGS = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">&amp;"
NOTES = {
    "tags": TAGS, "emoji": "🌶️🌶️👩‍🍳 no 🥜 please 🙏🏽", "long": "x" * 500, "right to left": "بدون بصل من فضلك ١٢٣ abc",
}  # fmt: skip
TAKEN = 50
"""Signs of a note on a dish that the page of the guest lets through; it counts them."""


@pytest.fixture(scope="module")
def orders(demo: RunningDemo) -> Iterator[dict[str, dict[str, str]]]:
    for station in ("wok", "bar"):
        demo.clear_board(station)
    found = {}
    for what, note in NOTES.items():
        status, answer = demo.post_order("7", [{"item": "egg-fried-rice", "note": note[:TAKEN]}], note=note[:200])
        assert status == 201, answer
        found[what] = answer
    yield found
    demo.clear_board("wok")


def test_a_note_is_kept_as_it_was_written(demo: RunningDemo, orders: dict[str, dict[str, str]]) -> None:
    for what, order in orders.items():
        kept = demo.staff("GET", f"/api/v1/orders/{order['id']}")[1]
        assert (kept["note"], kept["lines"][0]["note"]) == (NOTES[what][:200], NOTES[what][:TAKEN].strip())


def test_a_note_that_is_too_long_is_refused_with_its_limit_and_nothing_is_ordered(demo: RunningDemo) -> None:
    before = len(demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"])
    status, refusal = demo.post_order("7", [{"item": "egg-fried-rice", "note": "x" * 501}])
    assert (status, refusal["code"]) == (422, "invalid"), refusal
    assert any(figure in json.dumps(refusal) for figure in ("200", "100", "50")), refusal
    assert len(demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"]) == before


def test_the_guests_page_says_how_much_it_takes(open_phone: OpenPage) -> None:
    page = open_phone("7", "en-GB")
    page.get_by_test_id("choose-kung-pao").click()
    note = page.get_by_test_id("note")
    note.fill("x" * 500)
    expect(note).to_have_value("x" * TAKEN)
    expect(page.get_by_test_id("sheet")).to_contain_text("50")


def test_no_screen_takes_a_note_for_its_own(
    demo: RunningDemo, open_screen: OpenPage, orders: dict[str, dict[str, str]]
) -> None:
    page = open_screen("wok", "en-GB", 1280, 800)
    base = page.url.partition("/kds")[0]
    addresses = [page.url, f"{base}/expo", *[f"{base}/orders/{order['number']}" for order in orders.values()]]
    for address in addresses:
        page.goto(address)
        expect(page.locator("main, .stage").first).to_be_visible()
        settled(page)
        assert page.title() != "taken"
        assert page.locator("img[src=x]").count() == 0
        assert overflowing(page) == [], address


def test_a_cook_reads_the_note_as_it_was_written(open_screen: OpenPage, orders: dict[str, dict[str, str]]) -> None:
    page = open_screen("wok", "en-GB", 1920, 1200)
    for what in ("tags", "emoji", "right to left"):
        ticket = page.get_by_test_id(f"ticket-{orders[what]['number']}")
        expect(ticket).to_contain_text(NOTES[what][:TAKEN])
        assert ticket.locator(".said").first.get_attribute("dir") == "auto"


def test_the_slip_prints_with_the_dish_and_its_end(demo: RunningDemo, orders: dict[str, dict[str, str]]) -> None:
    def slip_of(number: str) -> str | None:
        return next((paper for paper in demo.papers("kitchen") if number in paper), None)

    for what, order in orders.items():
        paper = eventually(f"the slip with {what}", lambda order=order: slip_of(order["number"]))
        assert "蛋炒饭" in paper, (what, paper)
        assert "备注" in paper or "[picture" in paper, (what, paper)  # what its font cannot print is drawn
        assert paper.count(f"{order['number']}-") >= 2, "the bar code and its digits close the slip"
