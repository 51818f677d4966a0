"""A kitchen that works from paper alone, with a pass: plates are crossed off there by hand and by code, and heard."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe import violations
from chromium import HOST
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from staff_pages import HEARD
from waiting import eventually

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    running = RunningDemo()
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    exported = running.command("settings", "export", str(file))
    assert exported.returncode == 0, exported.stderr
    on_paper = file.read_text().replace('proof = "both"', 'proof = "paper"')
    text = re.sub(r"^\[serving\]\nexpo = .*\n", "", on_paper, flags=re.M)
    file.write_text(text + "\n[serving]\nexpo = true\n")
    imported = running.command("settings", "import", str(file))
    assert imported.returncode == 0, (imported.stdout, imported.stderr)
    yield running
    running.stop()
    shutil.rmtree(running.data)


@pytest.fixture
def at(own: RunningDemo, open_page: OpenPage) -> OpenPage:
    def open_(path: str = "/expo", lang: str = "zh-Hans", width: int = 1280, height: int = 800) -> Page:
        base = own.info["staff_url"].replace("127.0.0.1", HOST)
        page = open_page(f"{base}/login", "en-GB" if lang == "en" else "zh-CN", width, height, has_touch=True)
        page.add_init_script(HEARD)
        staff = {name: own.info["staff"][name] for name in ("username", "password")}
        page.evaluate("(login) => fetch('/api/v1/login', {method: 'POST', body: JSON.stringify(login)})", staff)
        page.goto(f"{base}{path}?lang={lang}")
        return page

    return open_


def taken_away(demo: RunningDemo, pickup_no: str, *items: str) -> dict[str, Any]:
    body = {"type": "takeaway", "lines": [{"item": item} for item in items], "pickup_no": pickup_no}
    status, value = demo.staff("POST", "/api/v1/orders", body, {"Idempotency-Key": uuid.uuid4().hex})
    assert status == 201, value

    def states() -> set[str]:
        return {ticket["state"] for ticket in order(demo, value["id"])["tickets"]}

    eventually("its slips have come out", lambda: states() == {"SHOWN"}, 20, seen=states)
    return dict(value)


def order(demo: RunningDemo, order_id: str) -> dict[str, Any]:
    return dict(demo.staff("GET", f"/api/v1/orders/{order_id}")[1])


@pytest.mark.parametrize(("lang", "word"), [("zh-Hans", "划菜"), ("en", "Cross off")])
def test_a_take_away_is_crossed_off_by_one_tap_and_a_mistake_is_taken_back(
    own: RunningDemo, at: OpenPage, lang: str, word: str
) -> None:
    page, made = at(lang=lang), taken_away(own, "M11", "twice-cooked-pork", "cucumber")
    button = page.get_by_test_id(f"cross-{made['number']}")
    expect(button).to_have_text(word)
    assert violations(page) == []
    button.click()
    expect(page.get_by_test_id(f"wait-{made['number']}")).to_have_count(0, timeout=500)
    eventually("the box has it", lambda: {t["ended"] for t in order(own, made["id"])["tickets"]} == {"pass"})
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id(f"go-{made['number']}")).to_be_visible()
    page.evaluate("() => new Promise((done) => setTimeout(done, 350))")  # a second tap within 300 ms is a wet finger's
    page.get_by_test_id(f"serve-{made['number']}").click()
    eventually("it is out", lambda: {t["state"] for t in order(own, made["id"])["tickets"]} == {"SERVED"})


def test_one_station_of_it_is_crossed_off_in_the_sheet(own: RunningDemo, at: OpenPage) -> None:
    page, made = at(), taken_away(own, "M12", "twice-cooked-pork", "cucumber")
    page.get_by_test_id(f"more-{made['number']}").click()
    page.get_by_test_id("serve-one-bar").click()

    def states() -> dict[str, str]:
        return {t["station"]: t["state"] for t in order(own, made["id"])["tickets"]}

    eventually("the bar's is served", lambda: states() == {"bar": "SERVED", "wok": "SHOWN"}, seen=states)


def test_a_scan_is_heard_and_said_and_a_wrong_one_sounds_otherwise(own: RunningDemo, at: OpenPage) -> None:
    page, made = at(), taken_away(own, "M13", "twice-cooked-pork", "cucumber")
    slips = {t["station"]: t["slip"]["number"] for t in order(own, made["id"])["tickets"]}
    bars = f"{made['number']}-{slips['bar']}" + ("-2" if slips["bar"] == slips["wok"] else "")
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "live")
    page.get_by_test_id("begin").click()
    expect(page.get_by_test_id("sound")).to_have_attribute("data-state", "on")
    said = page.get_by_test_id("said")
    heard: list[list[float]] = []
    for code, kind, words in (
        (f"{made['number']}-{slips['wok']}", "served", "还差凉菜吧台 1"),
        (f"{made['number']}-{slips['wok']}", "again", "已经划过"),
        (bars, "served", "齐了"),
        ("A999-9999", "unknown", "没有这张小票"),
    ):
        page.evaluate("window.heard.length = 0")
        page.keyboard.type(code + "\n")
        expect(said).to_have_attribute("data-kind", kind)
        expect(said).to_contain_text(words)
        eventually("it is heard", lambda: bool(page.evaluate("window.heard")))
        heard.append(page.evaluate("window.heard"))
    assert heard[0] == heard[2] != heard[1] == heard[3], "well and not well are told apart by ear"
    assert "manager" in own.staff("GET", "/api/v1/pass")[1]["pass"][-1]["by"], "who scanned is kept"


def test_the_board_calls_a_number_no_more_that_was_handed_over_and_closed(own: RunningDemo, at: OpenPage) -> None:
    board, made = at("/board", width=1920, height=1080), taken_away(own, "M14", "cucumber")
    expect(board.get_by_test_id("preparing")).to_contain_text("M14")
    status, closed = own.staff("POST", f"/api/v1/orders/{made['id']}/close", {"key": uuid.uuid4().hex})
    assert (status, closed["status"]) == (200, "CLOSED")
    expect(board.get_by_test_id("preparing")).not_to_contain_text("M14")
    assert [t["ready_at"] for t in closed["tickets"]] == [None], "it counts in no cook time"
