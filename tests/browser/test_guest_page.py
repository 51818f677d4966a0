"""The guest's pages on a phone: a real browser, a real store, a host name that is no secure context."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page, Route, expect

WORDS = Path(__file__).parents[2] / "gateway" / "web" / "guest" / "static" / "words.json"
FIRST_LOAD_LIMIT = 48_000
SCRIPT_LIMIT = 20_000
"""The reference page allows 60 KB and 20 KB; what a phone waits for on a full house's Wi-Fi only ever shrinks."""
OpenPhone = Callable[..., Page]

pytestmark = pytest.mark.timeout(90)


def add_kung_pao(page: Page, note: str = "") -> None:
    """Mild Kung Pao chicken, and a word to the cook."""
    page.get_by_test_id("choose-kung-pao").click()
    page.get_by_test_id("modifier-mild").check()
    if note:
        page.get_by_test_id("note").fill(note)
    page.get_by_test_id("sheet-add").click()
    expect(page.get_by_test_id("sheet")).to_have_count(0)


def submit(page: Page) -> None:
    page.get_by_test_id("go-order").click()
    page.get_by_test_id("submit-order").click()


def number_on_status(page: Page) -> str:
    """The number of the newest order on the status page, once it is there."""
    page.wait_for_url(re.compile("/status"))
    newest = page.locator("[data-testid^='order-']:not([data-testid='order-more'])").last
    newest.wait_for()
    return (newest.get_attribute("data-testid") or "").removeprefix("order-")


def past_dns(route: Route) -> str:
    """The request's address for Playwright's own client, which does not know the browser's host names."""
    return re.sub(r"//[^/:]+", "//127.0.0.1", route.request.url, count=1)


def orders_of(demo: Any, table: str) -> list[dict[str, Any]]:
    status, visit = demo.guest("GET", f"/api/v1/visit?table_token={demo.token(table)}")
    assert status == 200
    orders: list[dict[str, Any]] = visit["orders"]
    return orders


def test_both_languages_have_the_same_words() -> None:
    for page, languages in json.loads(WORDS.read_text(encoding="utf-8")).items():
        chinese, english = languages["zh-Hans"], languages["en"]
        assert chinese.keys() == english.keys(), page
        for key, words in chinese.items():
            others = english[key] if isinstance(english[key], list) else [english[key]]
            for other in others:
                assert set(re.findall(r"{\w+}", other)) <= set(re.findall(r"{\w+}", words)) | {"{n}"}, f"{page}.{key}"
            assert "!" not in words + "".join(others), f"{page}.{key}: no exclamation marks"


def test_order_with_options_allergy_and_note_reaches_the_status_page(demo: Any, open_phone: OpenPhone) -> None:
    page = open_phone(table="1")
    assert page.evaluate("location.hostname") not in ("localhost", "127.0.0.1")
    assert not page.evaluate("isSecureContext")
    add_kung_pao(page, note="酱汁分开放 <b>")
    page.get_by_test_id("add-rice").click()
    page.get_by_test_id("add-rice").click()
    expect(page.get_by_test_id("cart-count")).to_have_text("3")
    page.get_by_test_id("cart-bar").click()
    page.get_by_test_id("allergy-peanut").check()
    page.get_by_test_id("allergy-text").fill("猕猴桃")
    submit(page)
    number = number_on_status(page)

    order = next(o for o in orders_of(demo, "1") if o["number"] == number)
    assert order["allergies"] == ["peanut", "猕猴桃"]
    chicken, rice = order["lines"]
    assert (chicken["item"], chicken["note"]) == ("kung-pao", "酱汁分开放 <b>")
    assert [m["id"] for m in chicken["modifiers"]] == ["mild"]
    assert (rice["item"], rice["quantity"]) == ("rice", 2)
    line = page.get_by_test_id(f"line-{number}-{chicken['id']}")
    expect(line).to_contain_text("酱汁分开放 <b>")
    expect(line).to_have_attribute("data-state", re.compile("waiting|confirmed|unconfirmed"))
    expect(page.get_by_test_id(f"order-{number}")).to_contain_text("花生、猕猴桃")
    assert page.foreign == []  # type: ignore[attr-defined]


def test_lost_answer_is_asked_again_with_the_same_key_and_gives_one_order(demo: Any, open_phone: OpenPhone) -> None:
    page = open_phone(table="2")
    before = len(orders_of(demo, "2"))
    keys: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch(url=past_dns(route))
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/orders", lose_the_first_answer)
    page.get_by_test_id("add-rice").click()
    page.get_by_test_id("go-order").click()
    page.get_by_test_id("submit-order").dblclick()
    number = number_on_status(page)
    assert len(keys) == 2
    assert keys[0] == keys[1]
    orders = orders_of(demo, "2")
    assert len(orders) == before + 1
    assert orders[-1]["number"] == number
    page.go_back()
    page.get_by_test_id("dish-rice").wait_for()
    expect(page.get_by_test_id("cart-bar")).to_have_count(0)
    assert len(orders_of(demo, "2")) == before + 1


def test_unanswered_order_is_asked_again_after_a_reload(demo: Any, open_phone: OpenPhone) -> None:
    page = open_phone(table="2")
    before = len(orders_of(demo, "2"))
    keys: list[str] = []

    def nobody_answers(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort()

    page.route("**/api/v1/orders", nobody_answers)
    page.get_by_test_id("add-rice").click()
    submit(page)
    expect(page.get_by_test_id("sheet")).to_contain_text("不会重复下单")
    page.unroute("**/api/v1/orders")
    with page.expect_request("**/api/v1/orders") as sent:
        page.reload()
    number_on_status(page)
    assert sent.value.headers["idempotency-key"] == keys[0]
    assert len(orders_of(demo, "2")) == before + 1


@pytest.mark.parametrize("code", ["storage_full", "busy"])
def test_an_unanswered_order_is_never_called_not_taken_because_the_box_takes_no_new_ones(
    demo: Any, open_phone: OpenPhone, code: str
) -> None:
    page = open_phone(table="2")
    before = len(orders_of(demo, "2"))
    tries: list[str] = []

    def lose_one_answer_then_take_nothing(route: Route) -> None:
        tries.append(route.request.headers["idempotency-key"])
        if len(tries) == 1:
            route.fetch(url=past_dns(route))
            route.abort("connectionreset")
            return
        refused_for_now(route, code)

    page.evaluate(
        "() => { window.told = ''; new MutationObserver(() => { window.told += document.body.textContent; })"
        ".observe(document.body, {subtree: true, childList: true, characterData: true}); }"
    )
    page.route("**/api/v1/orders", lose_one_answer_then_take_nothing)
    page.get_by_test_id("add-rice").click()
    # The third try leaves when the first 503 has been read and said.
    with page.expect_request(lambda r: r.url.endswith("/api/v1/orders") and len(tries) >= 2):
        submit(page)
    expect(page.get_by_test_id("sheet")).to_contain_text("不会重复下单")
    told = page.evaluate("window.told")
    assert "不会重复下单" in told
    assert "没有下单成功" not in told
    page.unroute("**/api/v1/orders")
    number = number_on_status(page)
    orders = orders_of(demo, "2")
    assert (len(orders), orders[-1]["number"]) == (before + 1, number)
    assert len(set(tries)) == 1


def refused_for_now(route: Route, code: str) -> None:
    body = json.dumps({"code": code, "title": "x", "status": 503})
    route.fulfill(status=503, content_type="application/problem+json", headers={"Retry-After": "1"}, body=body)


def test_an_order_whose_first_try_met_a_full_box_is_not_taken_and_says_so(open_phone: OpenPhone) -> None:
    page = open_phone(table="2")
    page.route("**/api/v1/orders", lambda route: refused_for_now(route, "storage_full"))
    page.get_by_test_id("add-rice").click()
    submit(page)
    expect(page.get_by_test_id("sheet")).to_contain_text("没有下单成功")
    page.unroute("**/api/v1/orders")
    number_on_status(page)


def test_cart_survives_a_reload_and_back_closes_the_sheet_not_the_page(open_phone: OpenPhone) -> None:
    page = open_phone(table="3")
    add_kung_pao(page)
    page.reload()
    expect(page.get_by_test_id("cart-count")).to_have_text("1")
    page.get_by_test_id("cart-bar").click()
    expect(page.get_by_test_id("cart-line-0")).to_contain_text("微辣")
    page.go_back()
    expect(page.get_by_test_id("sheet")).to_have_count(0)
    expect(page.get_by_test_id("cart-count")).to_have_text("1")
    page.get_by_test_id("cart-bar").click()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("sheet")).to_have_count(0)
    expect(page.get_by_test_id("cart-bar")).to_be_focused()


def test_required_choice_is_asked_for_and_the_sum_follows(open_phone: OpenPhone) -> None:
    page = open_phone(table="3")
    page.get_by_test_id("choose-kung-pao").click()
    page.get_by_test_id("sheet-add").click()
    expect(page.get_by_test_id("sheet-add")).to_contain_text("辣度")
    expect(page.get_by_test_id("sheet")).to_be_visible()
    page.get_by_test_id("variant-half").check()
    page.get_by_test_id("modifier-hot").check()
    page.get_by_test_id("note").fill("辣" * 80)
    expect(page.get_by_test_id("note")).to_have_value("辣" * 50)
    expect(page.get_by_test_id("sheet-add")).to_contain_text("¥22")


def test_sold_out_refuses_that_line_only(demo: Any, open_phone: OpenPhone) -> None:
    page = open_phone(table="4")
    page.get_by_test_id("add-rice").click()
    page.get_by_test_id("add-cucumber").click()
    page.get_by_test_id("go-order").click()
    try:
        assert demo.staff("POST", "/api/v1/items/cucumber/sold-out", {})[0] == 200
        page.get_by_test_id("submit-order").click()
        expect(page.get_by_test_id("refused")).to_contain_text("黄瓜")
        expect(page.get_by_test_id("sheet")).to_contain_text("其他菜都在")
        page.get_by_test_id("accept-changes").click()
        number = number_on_status(page)
        order = next(o for o in orders_of(demo, "4") if o["number"] == number)
        assert [line["item"] for line in order["lines"]] == ["rice"]
        page.get_by_test_id("order-more").click()
        expect(page.get_by_test_id("dish-cucumber")).to_contain_text("今日售完")
    finally:
        demo.staff("POST", "/api/v1/items/cucumber/back-on", {})
    expect(page.get_by_test_id("add-cucumber")).to_be_visible(timeout=12_000)


def test_closed_table_says_whom_to_ask_and_keeps_the_cart(demo: Any, open_phone: OpenPhone) -> None:
    page = open_phone(table="5")
    page.get_by_test_id("add-rice").click()
    page.get_by_test_id("go-order").click()
    assert demo.staff("POST", "/api/v1/tables/5/close", {})[0] == 200
    try:
        page.get_by_test_id("submit-order").click()
        expect(page.locator("[data-code=table_closed]")).to_be_visible()
        expect(page.get_by_test_id("sheet")).to_contain_text("这桌还没开，请叫服务员")
    finally:
        assert demo.staff("POST", "/api/v1/tables/5/open", {"covers": 2})[0] == 200
    page.get_by_test_id("again").click()
    number_on_status(page)


def test_silent_box_is_said_within_5_s_and_the_cart_is_kept(open_phone: OpenPhone) -> None:
    page = open_phone(table="6")
    page.get_by_test_id("add-rice").click()
    page.route("**/api/**", lambda route: route.abort())
    expect(page.get_by_test_id("box-silent")).to_contain_text("菜还在车里", timeout=5000)
    page.unroute("**/api/**")
    expect(page.get_by_test_id("box-silent")).to_have_count(0)
    expect(page.get_by_test_id("cart-count")).to_have_text("1")


def test_language_is_switched_and_kept(open_phone: OpenPhone) -> None:
    page = open_phone(table="6")
    expect(page.get_by_test_id("dish-rice")).to_contain_text("米饭")
    page.get_by_test_id("lang-en").click()
    expect(page.get_by_test_id("dish-rice")).to_contain_text("Steamed rice")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.get_by_test_id("dish-rice")).to_contain_text("Steamed rice")
    page.get_by_test_id("search").fill("mpdf")
    expect(page.get_by_test_id("dish-mapo-tofu")).to_be_visible()
    expect(page.get_by_test_id("dish-rice")).to_have_count(0)


@pytest.mark.parametrize(("lang", "width"), [("zh-CN", 390), ("en-GB", 360)])
def test_no_barrier_and_nothing_cut(open_phone: OpenPhone, lang: str, width: int) -> None:
    page = open_phone(table="7", lang=lang, width=width)

    def check(where: str) -> None:
        assert violations(page) == [], where
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, where

    page.get_by_test_id("dish-rice").wait_for()
    check("menu")
    page.get_by_test_id("choose-kung-pao").click()
    check("options")
    page.get_by_test_id("modifier-mild").check()
    page.get_by_test_id("sheet-add").click()
    page.get_by_test_id("cart-bar").click()
    check("cart")
    page.get_by_test_id("go-order").click()
    check("confirm")
    page.get_by_test_id("submit-order").click()
    number_on_status(page)
    check("status")


def test_first_load_and_its_scripts_stay_small(open_phone: OpenPhone) -> None:
    page = open_phone(table="8")
    page.get_by_test_id("dish-rice").wait_for()
    page.wait_for_function("() => document.querySelector('[data-testid=dish-rice] img') !== null")
    sizes: dict[str, int] = page.evaluate(
        "() => Object.fromEntries([...performance.getEntriesByType('navigation'),"
        " ...performance.getEntriesByType('resource')].map((e) => [e.name, e.transferSize]))"
    )
    bodies: dict[str, int] = page.evaluate(
        "() => Object.fromEntries(performance.getEntriesByType('resource').map((e) => [e.name, e.encodedBodySize]))"
    )
    told = json.dumps(sizes, indent=1)
    assert min(sizes.values()) > 0, f"nothing came from a cache: {told}"
    assert sum(sizes.values()) < FIRST_LOAD_LIMIT, told
    scripts = {name: size for name, size in bodies.items() if ".js?" in name}
    assert any("plates.js" in name for name in scripts), "the drawn dishes belong to the first load"
    assert sum(scripts.values()) <= SCRIPT_LIMIT, json.dumps(scripts, indent=1)


def test_the_sheets_come_with_the_first_touch_and_are_asked_for_until_they_come(open_phone: OpenPhone) -> None:
    page = open_phone(table="8")
    page.get_by_test_id("dish-rice").wait_for()
    refused: list[str] = []

    def lose_the_first(route: Route) -> None:
        if not refused:
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/static/guest/sheets.js*", lose_the_first)
    page.get_by_test_id("choose-kung-pao").click()
    expect(page.get_by_text("请稍等")).to_be_visible()
    expect(page.get_by_test_id("modifier-mild")).to_be_visible()
    assert len(refused) == 1


def test_a_dish_lists_each_allergen_once_also_when_an_option_brings_it_again(open_phone: OpenPhone) -> None:
    page = open_phone(table="8")
    page.get_by_test_id("choose-kung-pao").click()
    page.get_by_test_id("modifier-more-peanuts").check()
    expect(page.locator(".contains b")).to_have_text("含花生、大豆。")


def test_allergies_are_asked_in_the_cart_and_shown_in_the_review(open_phone: OpenPhone) -> None:
    page = open_phone(table="9", lang="en-GB")
    page.get_by_test_id("add-rice").click()
    expect(page.get_by_test_id("go-order")).to_have_text("Review order")
    page.get_by_test_id("go-order").click()
    told = page.get_by_test_id("confirm-allergies")
    expect(told).to_contain_text("none told")
    expect(page.get_by_test_id("allergy-peanut")).to_have_count(0)
    page.get_by_test_id("allergy-change").click()
    page.get_by_test_id("allergy-peanut").check()
    page.get_by_test_id("allergy-done").click()
    expect(told).to_contain_text("peanut")
    expect(page.get_by_test_id("submit-order")).to_have_text("Order now · ¥3")
    page.get_by_test_id("close").click()
    page.get_by_test_id("cart-bar").click()
    expect(page.get_by_test_id("allergy-peanut")).to_be_checked()


@pytest.mark.parametrize(("lang", "do"), [("zh-CN", "请叫服务员"), ("en-GB", "ask staff")])
@pytest.mark.parametrize("path", ["/t/nonsense", "/t/nonsense/status"])
def test_a_code_that_no_table_has_says_what_to_do_and_offers_no_dead_control(
    demo: Any, open_page: Callable[..., Page], lang: str, do: str, path: str
) -> None:
    page = open_page(demo.info["guest_url"].replace("127.0.0.1", "store.test") + path, lang, 390, 844)
    lost = page.get_by_test_id("table-unknown")
    expect(lost.locator("p").first).to_contain_text(do)
    assert page.locator("button, input, a, script").count() == 0
    assert violations(page) == []


def test_a_room_is_called_by_its_name_and_the_whole_text_of_a_dish_opens_it(open_phone: OpenPhone) -> None:
    page = open_phone(table="包1")
    page.get_by_test_id("dish-rice").wait_for()
    assert page.title() == "点单 · 包1"
    box = page.locator("[data-testid=dish-mapo-tofu] .what p").first.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 20, box["y"] + 10)
    expect(page.get_by_test_id("modifier-mild")).to_be_visible()


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", "暂停供应"), ("en-US", "Not available right now")])
def test_a_dish_that_no_order_reaches_says_so_and_the_rest_of_the_cart_goes_on(
    demo: Any, open_phone: OpenPhone, lang: str, words: str
) -> None:
    """The box's own menu with one dish marked on its way: closing a station really is test_cut_off.py's, and takes a
    minute."""
    gone: list[str] = []

    def mark(route: Route) -> None:
        menu = demo.guest("GET", f"/api/v1/menu?table_token={demo.token('6')}")[1]
        for item in (item for category in menu["categories"] for item in category["items"]):
            item["suspended"] = item["id"] in gone
        route.fulfill(json=menu)

    page = open_phone(table="6", lang=lang)
    page.route("**/api/v1/menu?*", mark)
    page.get_by_test_id("add-rice").click()
    page.get_by_test_id("add-cucumber").click()
    gone.append("cucumber")
    expect(page.get_by_test_id("dish-cucumber")).to_contain_text(words, timeout=12_000)
    page.get_by_test_id("dish-cucumber").scroll_into_view_if_needed()
    assert violations(page) == []
    page.get_by_test_id("go-order").click()
    expect(page.get_by_test_id("refused")).to_contain_text(words)
    page.get_by_test_id("accept-changes").click()
    page.get_by_test_id("submit-order").click()
    number = number_on_status(page)
    order = next(o for o in orders_of(demo, "6") if o["number"] == number)
    assert [line["item"] for line in order["lines"]] == ["rice"]
