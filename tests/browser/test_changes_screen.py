"""A change of an order as its cook meets it: on the screen by itself, on paper by itself, until it is acknowledged."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

PORK = {"item": "twice-cooked-pork", "quantity": 3, "modifiers": [], "note": ""}
RICE = {"item": "egg-fried-rice", "quantity": 1, "modifiers": [], "note": ""}
WORDS = {"zh-CN": ("退菜：停做", "催菜", "知道了"), "en-US": ("Not wanted: stop", "Rush", "Seen")}


@pytest.fixture(autouse=True)
def _an_empty_board(demo: RunningDemo) -> None:
    demo.clear_board("wok")


def change(demo: RunningDemo, order: dict[str, Any], line: int, action: str, **more: Any) -> dict[str, Any]:
    body = {"key": str(uuid.uuid4()), **more}
    status, answer = demo.staff("POST", f"/api/v1/orders/{order['id']}/lines/{line}/{action}", body)
    assert status == 200, answer
    return dict(answer)


def slips(demo: RunningDemo, number: str) -> list[str]:
    """What came out of the wok's printer for this order."""
    folder = Path(demo.info["printers"]["kitchen"]["paper"])
    return [text for path in sorted(folder.glob("*.txt")) if number in (text := path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
def test_a_cancelled_portion_stands_on_its_card_until_the_cook_knows(
    demo: RunningDemo, open_screen: Callable[..., Page], lang: str
) -> None:
    order = demo.order("4", [PORK, RICE])
    number = order["number"]
    page = open_screen(lang=lang)
    card = page.get_by_test_id(f"ticket-{number}")
    expect(card).to_be_visible()
    cancel, rush, know = WORDS[lang]
    document = change(demo, order, 1, "cancel", quantity=1, reason="<b>点多了</b>")
    assert document["lines"][0]["quantity"] == 2
    notice = card.get_by_test_id("notice-cancel")
    expect(notice).to_contain_text(cancel)
    expect(notice).to_contain_text("−1×")
    expect(notice).to_contain_text("<b>点多了</b>")
    expect(page.get_by_test_id(f"line-{number}-1")).to_contain_text("2×")
    change(demo, order, 2, "rush")
    expect(card.get_by_test_id("notice-rush")).to_contain_text(rush)
    assert violations(page) == []
    eventually("both on paper", lambda: len(slips(demo, number)) == 3)
    kitchen, cancelled, rushed = slips(demo, number)
    assert "-1" in cancelled
    assert "<b>点多了</b>" in cancelled
    assert "催菜" in rushed
    assert "催菜" not in kitchen
    button = page.get_by_test_id(f"know-{number}")
    expect(button).to_contain_text(know)
    button.click()
    expect(notice).to_have_count(0)
    expect(card).to_be_visible()

    def acknowledged() -> bool:
        _, body = demo.staff("GET", f"/api/v1/orders/{order['id']}", None)
        return all(one["acked_at"] for one in body["tickets"][0]["notices"])

    eventually("the box knows", acknowledged)


def test_a_rushed_ticket_stands_first_and_a_cancelled_one_stays_until_it_is_seen(
    demo: RunningDemo, open_screen: Callable[..., Page]
) -> None:
    first, second = demo.order("5", [RICE]), demo.order("6", [RICE])
    page = open_screen()
    expect(page.get_by_test_id(f"ticket-{second['number']}")).to_be_visible()
    change(demo, second, 1, "rush")
    cards = page.locator(".tk:not(.off)")
    expect(cards.first).to_have_attribute("data-testid", f"ticket-{second['number']}")
    change(demo, first, 1, "cancel")
    gone = page.get_by_test_id(f"ticket-{first['number']}")
    expect(gone).to_have_attribute("data-state", "CANCELLED")
    page.get_by_test_id(f"bump-{first['number']}").click()
    expect(gone).to_have_count(0)
    eventually(
        "it is on no screen any more",
        lambda: first["number"] not in str(demo.staff("GET", "/api/v1/stations/wok/tickets", None)[1]),
    )


def test_a_line_on_hold_leaves_the_screen_and_comes_back_when_it_is_fired(
    demo: RunningDemo, open_screen: Callable[..., Page]
) -> None:
    order = demo.order("7", [PORK, RICE])
    number = order["number"]
    page = open_screen()
    expect(page.get_by_test_id(f"ticket-{number}")).to_be_visible()
    document = change(demo, order, 2, "hold", reason="等人")
    assert document["lines"][1]["state"] == "ON_HOLD"
    expect(page.get_by_test_id(f"line-{number}-2")).to_have_count(0)
    expect(page.get_by_test_id("notice-hold")).to_be_visible()
    body = {"key": str(uuid.uuid4())}
    status, answer = demo.staff("POST", "/api/v1/tables/7/fire", body)
    assert (status, answer["lines"]) == (200, 1)
    expect(page.get_by_test_id(f"line-{number}-2")).to_be_visible()
    expect(page.get_by_test_id("fired")).to_be_visible()
    eventually("on paper, once", lambda: sum("起菜" in slip for slip in slips(demo, number)) == 1)


@pytest.mark.parametrize(("lang", "said"), [("zh-CN", "退回：补做好"), ("en-US", "Sent back")])
def test_what_the_pass_sends_back_stands_on_its_card_until_the_cook_knows(
    demo: RunningDemo, open_screen: Callable[..., Page], lang: str, said: str
) -> None:
    order = demo.order("4", [RICE])
    number = order["number"]
    page = open_screen(lang=lang)
    page.get_by_test_id(f"bump-{number}").click()
    expect(page.get_by_test_id(f"ticket-{number}")).to_have_count(0)

    def bumped() -> dict[str, Any] | None:
        [ticket] = demo.staff("GET", f"/api/v1/orders/{order['id']}", None)[1]["tickets"]
        return dict(ticket) if ticket["cleared_at"] else None

    ticket = eventually("bumped", bumped)
    body = {"screen": "expo-1", "key": str(uuid.uuid4()), "version": ticket["version"], "tell": True}
    status, _ = demo.staff("POST", f"/api/v1/tickets/{ticket['id']}/recall", body)
    assert status == 200
    expect(page.get_by_test_id("notice-recall")).to_contain_text(said)
    eventually("on paper", lambda: any("退回单" in text for text in slips(demo, number)))
    page.get_by_test_id(f"know-{number}").click()
    expect(page.get_by_test_id("notice-recall")).to_have_count(0)
    expect(page.get_by_test_id(f"ticket-{number}")).to_be_visible()


def test_many_changes_on_a_low_screen_leave_the_dishes_in_reach(
    demo: RunningDemo, open_screen: Callable[..., Page]
) -> None:
    """No finger touches it: the card turns to every change and every dish, and only then counts as seen."""
    order = demo.order("8", [PORK, RICE])
    number = order["number"]
    page = open_screen(width=1024, height=600)
    expect(page.get_by_test_id(f"ticket-{number}")).to_be_visible()
    page.evaluate(
        """(number) => {
            const board = document.querySelector('.board');
            self.seen = new Set();
            const look = () => {
                const list = board.querySelector(`[data-testid=ticket-${number}] ul`);
                const whole = list ? KdsCards.inView(list) : [];
                whole.forEach((yes, i) => { if (yes) self.seen.add(list.children[i].innerText.trim()); });
                requestAnimationFrame(look);
            };
            look();
        }""",
        number,
    )
    for line in (1, 2):
        for note in ("少放辣，不要花椒，" * 6, "还是照原来的做，另外装一碟香菜，" * 4):
            change(demo, order, line, "note", note=note)
    expect(page.get_by_test_id("notice-change")).to_have_count(4)

    def proven() -> bool:
        [ticket] = demo.staff("GET", f"/api/v1/orders/{order['id']}", None)[1]["tickets"]
        return bool(ticket["shown_version"] == ticket["version"])

    eventually("seen whole", proven, 30, seen=lambda: page.evaluate("[...self.seen]"))
    seen = "\n".join(page.evaluate("[...self.seen]"))
    assert seen.count("改单：照新备注") >= 4
    for line in (1, 2):
        assert page.get_by_test_id(f"line-{number}-{line}").inner_text().strip() in seen
    know = page.get_by_test_id(f"know-{number}")
    know.click()
    expect(page.get_by_test_id("notice-change")).to_have_count(0)
    expect(page.get_by_test_id(f"bump-{number}")).to_be_in_viewport()
