"""The printers page as whoever stands at a printer meets it, in a real browser against the real gateway."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from axe import violations
from mdns_responder import voice
from playwright.sync_api import Page, expect
from printer_card import card
from running_demo import RunningDemo
from waiting import eventually

RICE = {"item": "egg-fried-rice", "quantity": 1, "modifiers": [], "note": "<b>少放盐</b>"}


@pytest.fixture
def no_paper(demo: RunningDemo) -> Iterator[None]:
    demo.clear_board("wok")
    eventually("nothing is left to print", lambda: not waiting(demo))
    demo.drill("paper_out", target="kitchen")
    eventually("the box knows", lambda: "paper_out" in {c["code"] for c in demo.conditions()})
    yield
    demo.drill("paper_out", on=False, target="kitchen")
    eventually("it prints again", lambda: not waiting(demo))


def waiting(demo: RunningDemo, printer: str = "kitchen") -> int:
    _, body = demo.staff("GET", "/api/v1/printers", None)
    return int(next(p["waiting"] for p in body["printers"] if p["name"] == printer))


def test_all_well_in_both_languages_and_on_a_phone(open_printers: Callable[..., Page]) -> None:
    page = open_printers()
    expect(page.get_by_test_id("headline")).to_have_text("2 台打印机都正常")
    expect(card(page).get_by_test_id("standing")).to_have_text("正常")
    assert violations(page) == []
    page.get_by_test_id("language").click()
    page.set_viewport_size({"width": 360, "height": 780})
    expect(page.get_by_test_id("headline")).to_have_text("2 printers, all well")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    assert page.foreign == []  # type: ignore[attr-defined]


def test_a_test_slip_is_asked_for_proven_and_looked_at(open_printers: Callable[..., Page], demo: RunningDemo) -> None:
    page = open_printers("en-US")
    before = len(demo.papers("receipt"))
    card(page, "receipt").get_by_test_id("test").click()
    expect(page.get_by_test_id("said")).to_contain_text("Test slip sent")
    row = card(page, "receipt").get_by_test_id("job-PRINTED").filter(has_text="test slip").first
    expect(row).to_be_visible(timeout=10_000)
    papers = eventually("it lies in the tray", lambda: demo.papers("receipt")[before:])
    assert any("吃葡萄" in line or "中" in line for line in papers[0].splitlines())
    row.locator(".what").click()
    paper = page.get_by_test_id("paper")
    expect(paper).to_be_visible()
    assert paper.evaluate("(p) => p.scrollWidth <= p.clientWidth"), "a line of it is wider than the paper"
    assert violations(page) == []
    for width in (320, 360, 412, 768, 900, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        over = paper.evaluate("(p) => [p.parentNode, p].map((box) => box.scrollWidth - box.clientWidth)")
        assert max(over) <= 0, f"cut at the right edge of a page of {width} px"
    page.keyboard.press("Escape")
    expect(paper).to_have_count(0)
    expect(row.locator(".what")).to_be_focused()


def test_the_picture_says_what_the_paper_says(open_printers: Callable[..., Page], demo: RunningDemo) -> None:
    number = demo.order("5", [RICE])["number"]
    page = open_printers()
    row = card(page).locator(".row").filter(has_text=number)
    expect(row.locator(".state")).to_have_text("已出单", timeout=10_000)
    row.locator(".what").click()
    shown = page.get_by_test_id("paper").inner_text()
    [paper] = [text for text in demo.papers("kitchen") if number in text]
    for words in ("5 桌", "1× 蛋炒饭", "<b>少放盐</b>"):
        assert words in paper
        assert re.sub(r"\s", "", words) in re.sub(r"\s", "", shown)


def test_no_paper_what_waits_is_moved_to_the_next_printer(
    open_printers: Callable[..., Page], demo: RunningDemo, no_paper: None
) -> None:
    numbers = [demo.order("6", [RICE])["number"] for _ in range(2)]
    page = open_printers()
    expect(card(page).get_by_test_id("standing")).to_contain_text("打不了")
    expect(card(page).locator(".condition")).to_contain_text("换一卷纸")
    expect(card(page).get_by_test_id("waiting")).to_have_text("2 张在等")
    assert violations(page) == []
    buttons = card(page).locator(".do > .btn")
    expect(buttons.first).to_have_text("转到别的打印机")
    expect(card(page).locator(".apart > .btn")).to_have_text(["清空等待"])
    card(page).get_by_test_id("move").click()
    card(page).get_by_test_id("to-receipt").click()
    expect(page.get_by_test_id("said")).to_contain_text("2 张转到")
    expect(card(page).get_by_test_id("waiting")).to_have_text("没有在等的单", timeout=15_000)
    expect(card(page).get_by_test_id("job-DIVERTED").first).not_to_contain_text("正在收回")
    expect(card(page).locator(".condition")).not_to_contain_text("张会自己打出来")

    def came_out() -> bool:
        papers = demo.papers("receipt")
        return all(any(number in paper for paper in papers) for number in numbers)

    eventually("both come out at the other one", came_out)
    assert not any(number in paper for number in numbers for paper in demo.papers("kitchen"))
    headed = [paper for paper in demo.papers("receipt") if numbers[0] in paper]
    assert ["后厨打印机" in paper for paper in headed] == [True], "it says for whom it is"


def test_a_paused_printer_waits_until_somebody_lets_it_go_on(
    open_printers: Callable[..., Page], demo: RunningDemo
) -> None:
    page = open_printers("en-US")
    card(page).get_by_test_id("pause").click()
    expect(card(page).get_by_test_id("standing")).to_contain_text("Paused")
    number = demo.order("7", [RICE])["number"]
    expect(card(page).get_by_test_id("waiting")).to_have_text("1 slip waits")
    row = card(page).locator(".row").filter(has_text=number)
    expect(row.locator(".state")).to_have_text("Waits to print")
    assert "printer_paused" in {c["code"] for c in demo.conditions()}
    card(page).get_by_test_id("resume").click()
    expect(row.locator(".state")).to_have_text("Printed", timeout=10_000)
    assert "printer_paused" not in {c["code"] for c in demo.conditions()}


def test_clearing_asks_first_and_a_reprint_says_so(
    open_printers: Callable[..., Page], demo: RunningDemo, no_paper: None
) -> None:
    number = demo.order("8", [RICE])["number"]
    page = open_printers("en-US")
    card(page).get_by_test_id("clear").click()
    expect(card(page).locator(".ask")).to_contain_text("They will not print")
    assert waiting(demo) == 1, "nothing happens before somebody says so"
    card(page).get_by_test_id("clear-yes").click()
    expect(card(page).locator(".ask")).to_have_count(0)
    row = card(page).locator(".row").filter(has_text=number)
    expect(row.locator(".state")).to_have_text("Cancelled", timeout=15_000)
    assert waiting(demo) == 0


def test_a_question_about_what_waits_closes_once_nothing_does(
    open_printers: Callable[..., Page], demo: RunningDemo, no_paper: None
) -> None:
    demo.order("8", [RICE])
    page = open_printers("en-US", 360, 780)
    card(page).get_by_test_id("move").click()
    expect(card(page).locator(".ask")).to_contain_text("Send the 1 that wait")
    assert demo.staff("POST", "/api/v1/printers/kitchen/clear", {"key": uuid.uuid4().hex})[0] == 200
    expect(card(page).locator(".ask")).to_have_count(0, timeout=15_000)


def test_a_printer_is_probed_and_its_findings_are_in_words(
    open_printers: Callable[..., Page], demo: RunningDemo
) -> None:
    page = open_printers("en-US", width=1280, height=900)
    card(page, "receipt").get_by_test_id("probe").click()
    expect(page.get_by_test_id("probing")).to_be_visible()
    found = page.get_by_test_id("findings")
    expect(found).to_be_visible(timeout=30_000)
    expect(found).to_contain_text("The probe's slip is on paper")
    expect(page.get_by_test_id("can-gs_h")).to_contain_text("works")
    expect(page.get_by_test_id("can-gs_h")).to_contain_text("this printer answered")
    expect(page.get_by_test_id("can-drawer")).to_contain_text("not known")
    expect(page.get_by_test_id("advice-fence")).to_contain_text('fence = "gs_h"')
    expect(found).to_contain_text("Is the paper cut below this line?")
    assert any("PRINTER PROBE" in paper for paper in demo.papers("receipt"))
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(found).to_have_count(0)
    expect(card(page, "receipt").get_by_test_id("probe")).to_be_focused()
    card(page, "receipt").get_by_test_id("probe").click()
    expect(page.get_by_test_id("said")).to_contain_text(re.compile(r"probed a moment ago: tap again in \d+ s"))
    assert sum("PRINTER PROBE" in paper for paper in demo.papers("receipt")) == 1
    page.get_by_test_id("language").click()
    page.set_viewport_size({"width": 360, "height": 780})
    card(page, "receipt").get_by_test_id("probe-last").click()
    expect(found).to_contain_text("检测单已打出")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    _, body = demo.staff("GET", "/api/v1/printers", None)
    assert {p["name"]: bool(p["probed"]) for p in body["printers"]}["receipt"]


def test_a_printer_without_paper_is_not_probed_and_says_why(
    open_printers: Callable[..., Page], demo: RunningDemo, no_paper: None
) -> None:
    page = open_printers()
    card(page).get_by_test_id("probe").click()
    expect(page.get_by_test_id("probe-refused")).to_have_text("这次没有检测：没纸", timeout=15_000)
    assert not any("PRINTER PROBE" in paper for paper in demo.papers("kitchen"))


def test_without_a_login_there_is_the_login_page(demo: RunningDemo, open_page: Callable[..., Page]) -> None:
    page = open_page(demo.info["staff_url"] + "/admin/printers", "en-US", 1280, 900)
    expect(page).to_have_url(re.compile(r"/login\?next=/admin/printers$"))


def test_where_nothing_new_is_found_nobody_is_sent_to_the_cables(open_printers: Callable[..., Page]) -> None:
    page = open_printers()
    look = page.get_by_test_id("look-around")
    look.get_by_test_id("look_plain").click()
    expect(look.get_by_test_id("look-state")).to_have_text("没找到新的：设置里的 2 台都在上面", timeout=20_000)


def test_printers_are_looked_for_and_their_ports_can_be_copied(open_printers: Callable[..., Page]) -> None:
    page = open_printers()
    look = page.get_by_test_id("look-around")
    with voice("127.0.0.1", "Bar", "XPRINTER XP-80", "pdl-datastream"):
        look.get_by_test_id("look_plain").click()
        expect(look.get_by_test_id("look-state")).to_contain_text("正在找")
        expect(look.get_by_test_id("look_scan")).to_be_disabled()
        place = look.get_by_test_id("place-new").filter(has_text="socket://127.0.0.1:9100")
        expect(place).to_contain_text("Bar · XPRINTER XP-80 · 网络打印机", timeout=20_000)
    expect(place).to_contain_text("还没用")
    place.get_by_test_id("copy").click()
    assert page.evaluate("getSelection().toString()") == "socket://127.0.0.1:9100"
    assert violations(page) == []
    page.get_by_test_id("language").click()
    expect(place).to_contain_text("network printer")
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
