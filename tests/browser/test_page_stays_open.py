"""What changes in the store while a guest's page is open: a price, the visit, the code on the table. Real commands on a
store with the guards of a real one, real pages, and only its answers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect
from running_demo import RunningDemo
from test_guest_page import number_on_status, submit

OpenPhone = Callable[..., Page]

ASKED_AGAIN_MS = 15_000
"""A page on which nothing is on its way asks every 10 s."""


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """Its own, in place of the one that all share: what is re-priced and replaced here harms nobody."""
    running = RunningDemo("--guards")
    yield running
    running.stop()
    shutil.rmtree(running.data)


def exported(demo: RunningDemo, what: str) -> str:
    return demo.command(what, "export", "-").stdout


def imported(demo: RunningDemo, what: str, text: str, folder: Path) -> None:
    file = folder / f"{what}.toml"
    file.write_text(text, encoding="utf-8")
    done = demo.command(what, "import", str(file))
    assert done.returncode == 0, done.stderr


def rice_gets_dearer(demo: RunningDemo, folder: Path) -> tuple[int, int]:
    """The old and the new price, in yuan."""
    menu = exported(demo, "menu")
    found = re.search(r'(\nid = "rice"\n(?:(?!\[\[).*\n)*?price = )(\d+)', menu)
    assert found
    old = int(found[2])
    imported(demo, "menu", menu[: found.start()] + found[1] + str(old + 100) + menu[found.end() :], folder)
    return old // 100, old // 100 + 1


def orders(demo: RunningDemo) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"]
    return found


def accepts_the_price(page: Page, demo: RunningDemo, old: int, new: int, before: int) -> None:
    expect(page.get_by_test_id("refused")).to_contain_text(f"¥{old} 变成 ¥{new}", timeout=10_000)
    assert len(orders(demo)) == before, "nothing is ordered at a price that the guest has not seen"
    page.get_by_test_id("accept-changes").click()
    number = number_on_status(page)
    assert len(orders(demo)) == before + 1
    (placed,) = [order for order in orders(demo) if order["number"] == number]
    assert [(line["item"], line["unit_price"]) for line in placed["lines"]] == [("rice", new * 100)]
    expect(page.get_by_test_id("bill")).to_contain_text(f"¥{new}.00")


def test_a_price_that_the_page_has_not_heard_of_is_refused_shown_and_accepted(
    demo: RunningDemo, open_phone: OpenPhone, tmp_path: Path
) -> None:
    page, before = open_phone(table="3"), len(orders(demo))
    page.get_by_test_id("add-rice").click()
    page.get_by_test_id("go-order").click()
    page.route("**/api/v1/menu?*", lambda route: route.abort())  # its next question for the menu is lost on the way
    old, new = rice_gets_dearer(demo, tmp_path)
    with page.expect_response("**/api/v1/orders") as answer:
        page.get_by_test_id("submit-order").click()
    refusal = answer.value.json()
    assert (answer.value.status, refusal["code"]) == (409, "price_changed")
    assert refusal["lines"] == [{"index": 0, "item": "rice", "old": old * 100, "new": new * 100}]
    page.unroute("**/api/v1/menu?*")
    accepts_the_price(page, demo, old, new, before)


def test_a_price_that_the_page_hears_of_under_the_last_button_is_shown_before_it_sends(
    demo: RunningDemo, open_phone: OpenPhone, tmp_path: Path
) -> None:
    """The sum on that button was made of the old price."""
    page, before = open_phone(table="4"), len(orders(demo))
    page.get_by_test_id("add-rice").click()
    page.get_by_test_id("go-order").click()
    expect(page.get_by_test_id("submit-order")).to_be_enabled()

    def is_the_new_menu(answer: Response) -> bool:
        return "/api/v1/menu?" in answer.url and answer.status == 200

    with page.expect_response(is_the_new_menu):
        old, new = rice_gets_dearer(demo, tmp_path)
    expect(page.get_by_test_id("submit-order")).to_contain_text(f"¥{old}")
    page.get_by_test_id("submit-order").click()
    accepts_the_price(page, demo, old, new, before)


def test_the_list_of_a_table_that_was_closed_and_opened_again_is_there_again(
    demo: RunningDemo, open_phone: OpenPhone
) -> None:
    page = open_phone(table="5")
    page.get_by_test_id("add-rice").click()
    submit(page)
    number_on_status(page)
    assert demo.staff("POST", "/api/v1/tables/5/close")[0] == 200
    expect(page.get_by_test_id("table-closed")).to_be_visible(timeout=ASKED_AGAIN_MS)
    expect(page.locator("section.order")).to_have_count(0)
    assert demo.staff("POST", "/api/v1/tables/5/open", {"covers": 2})[0] == 200
    expect(page.get_by_test_id("table-closed")).to_have_count(0, timeout=2 * ASKED_AGAIN_MS)
    expect(page.locator("section.order")).to_have_count(0)  # what was eaten before is another visit's

    other = open_phone(table="5")
    other.get_by_test_id("add-cucumber").click()
    submit(other)
    number = number_on_status(other)
    expect(page.get_by_test_id(f"order-{number}")).to_be_visible(timeout=ASKED_AGAIN_MS)


def test_a_code_that_is_replaced_brings_the_page_that_says_so(
    demo: RunningDemo, open_phone: OpenPhone, tmp_path: Path
) -> None:
    """A table that leaves the settings and comes back has a new code."""
    page, status = open_phone(table="12"), open_phone(table="12")
    status.goto(status.url + "/status")
    page.get_by_test_id("dish-rice").wait_for()
    status.get_by_test_id("order-more").wait_for()
    settings, code = exported(demo, "settings"), demo.token("12")
    without = settings.replace('"11", "12"]', '"11"]')
    assert without != settings
    imported(demo, "settings", without, tmp_path)
    imported(demo, "settings", settings, tmp_path)
    paths = {one["name"]: one["path"] for one in demo.staff("GET", "/api/v1/tables")[1]["tables"]}
    assert paths["12"] != f"/t/{code}"
    for phone in (page, status):
        expect(phone.get_by_test_id("table-unknown")).to_contain_text("服务员", timeout=ASKED_AGAIN_MS)
    page.goto(page.url.partition("/t/")[0] + paths["12"])
    page.get_by_test_id("dish-rice").wait_for()
