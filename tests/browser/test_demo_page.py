"""The visitor's page as a visitor meets it: every figure on it is compared with the store, the paper and the cloud.

`demo` and `open_page` come from the conftest files. Every wait has a deadline; none is a pause that hopes.
"""

from __future__ import annotations

import json
import re
import struct
import tomllib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe
import msgspec
import pytest
from playwright.sync_api import Page, expect
from running_demo import RunningDemo, call
from waiting import eventually

from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Settings
from gateway.web.staff.demo_paper import Papers
from gateway.web.staff.demo_rows import _proofs, _with_proof

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "gateway" / "web" / "staff" / "static"
PORK = {"item": "twice-cooked-pork", "quantity": 2, "modifiers": [], "note": ""}
BEER = {"item": "beer", "quantity": 1, "modifiers": [], "note": ""}
DRILLS = (
    "wan_down", "cloud_error", "cloud_slow", "cloud_lost_answer", "captive_portal", "broker_down", "paper_out",
    "printer_unplugged",
)  # fmt: skip
SOON_MS = 10_000

OpenPage = Callable[..., Page]


@pytest.fixture
def healed(demo: RunningDemo) -> Iterator[RunningDemo]:
    """The shared demo, given back without a drill running."""
    yield demo
    for fault in DRILLS:
        demo.drill(fault, False, "kitchen" if fault in ("paper_out", "printer_unplugged") else None)
    eventually("the cloud has caught up", lambda: state(demo)["uplink"]["pending"] == 0, 40)


@pytest.fixture
def page(healed: RunningDemo, open_page: OpenPage) -> Page:
    return visit(healed, open_page, "en-GB")


def visit(demo: RunningDemo, open_page: OpenPage, lang: str, width: int = 1440, height: int = 900) -> Page:
    page = open_page(demo.info["demo_url"], lang, width, height)
    expect(page.get_by_test_id("score-dishes")).to_be_visible(timeout=SOON_MS)
    return page


def state(demo: RunningDemo) -> dict[str, Any]:
    status, found = demo.staff("GET", "/demo/state")
    assert status == 200, found
    return dict(found)


def figure(page: Page, name: str) -> int:
    return int(page.get_by_test_id(f"score-{name}").locator("b").inner_text())


def test_it_opens_without_login_on_this_machine(healed: RunningDemo, page: Page) -> None:
    assert page.url == healed.info["demo_url"]
    for drill in DRILLS:
        expect(page.get_by_test_id(f"drill-{drill}")).to_have_attribute("aria-pressed", "false")
    expect(page.frame_locator("[data-testid=phone]").locator("h1")).to_have_text("Sichuan Kitchen", timeout=SOON_MS)
    expect(page.get_by_test_id("kitchen-live")).to_have_text("live", timeout=SOON_MS)
    expect(page.frame_locator("[data-testid=kitchen]").locator("h1")).to_have_text("Wok")
    page.get_by_test_id("station-bar").click()
    expect(page.frame_locator("[data-testid=kitchen]").locator("h1")).to_have_text("Cold & bar", timeout=SOON_MS)
    page.get_by_test_id("table").select_option("12")
    expect(page.frame_locator("[data-testid=phone]").locator(".tbl")).to_have_text("Table 12", timeout=SOON_MS)
    assert page.foreign == []  # type: ignore[attr-defined]


def test_the_state_is_for_those_who_were_let_in(healed: RunningDemo) -> None:
    for path in ("/demo/state", "/demo/paper/kitchen/0001.png"):
        status, body, _ = call(healed.info["staff_url"], "GET", path)
        assert (status, body["code"]) == (401, "login_needed")
    for path in ("/demo/paper/none/0001.png", "/demo/paper/kitchen/999999.png", "/demo/paper/kitchen/..%2f1.png"):
        assert healed.staff("GET", path)[0] == 404, path
    status, _, headers = call(healed.info["staff_url"], "GET", "/demo")
    assert status == 200
    assert re.search(r"script-src 'self';", headers["content-security-policy"])


def test_the_state_is_as_its_page_describes_it(healed: RunningDemo) -> None:
    healed.order("3", [PORK])

    def told() -> dict[str, Any] | None:
        # One look: a moment later a screen may have drawn the ticket, and the cloud not have that yet.
        found = state(healed)
        kitchen = found["printers"]["kitchen"]
        return found if kitchen["slips"] and kitchen["head"] is None and found["waiting"] == [] else None

    found = eventually("the paper is out and proven, and the cloud has it", told)
    section = (ROOT / "docs/http.md").read_text(encoding="utf-8").partition("## The demo's page")[2]
    written = json.loads(re.findall(r"```json\n(.*?)```", section, re.DOTALL)[0])
    found["uplink"] = {"state": found["uplink"]["state"]}  # described with its own call
    del found["printers"]["receipt"]
    assert shape(found) == shape(written)


def shape(value: Any) -> Any:
    """The keys all the way down; of a list its first."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return shape(value[0]) if isinstance(value, list) and value else None


def test_an_order_raises_the_score_and_appears_as_paper_and_in_the_cloud(healed: RunningDemo, page: Page) -> None:
    before = figure(page, "dishes")
    number = healed.order("3", [PORK, BEER])["number"]
    expect(page.get_by_test_id("score-dishes").locator("b")).to_have_text(str(before + 3), timeout=SOON_MS)
    for printer in ("kitchen", "receipt"):
        pane = page.get_by_test_id(f"printer-{printer}")
        expect(pane.locator(f"[data-code^='{number}-']")).to_be_visible(timeout=SOON_MS)
        expect(pane.get_by_test_id(f"proof-{printer}")).to_contain_text("printer answered", timeout=SOON_MS)
    road = page.get_by_test_id("road")
    expect(road).to_contain_text(number)
    for stop in ("disk", "shown", "paper", "cloud"):
        expect(page.get_by_test_id(f"road-{stop}")).to_have_attribute("data-done", "yes", timeout=SOON_MS)
    expect(page.get_by_test_id("cloud-has").first).to_contain_text(number)
    eventually("every dish is proven", lambda: figure(page, "seen") == figure(page, "dishes"))
    assert figure(page, "twice") == 0
    assert int(page.get_by_test_id("cloud-count").inner_text()) == len(healed.cloud_orders())
    assert any(number in paper for paper in healed.papers("kitchen"))
    assert page.foreign == []  # type: ignore[attr-defined]


def test_the_road_tells_the_times_that_were_written_down_and_a_slip_opens(healed: RunningDemo, page: Page) -> None:
    number = healed.order("4", [PORK])["number"]
    expect(page.get_by_test_id("road")).to_contain_text(number, timeout=SOON_MS)
    expect(page.get_by_test_id("road-paper")).to_have_attribute("data-done", "yes", timeout=SOON_MS)
    _, listed = healed.staff("GET", "/api/v1/orders?limit=1")
    order = listed["orders"][0]
    job = next(j for j in healed.staff("GET", "/api/v1/jobs")[1]["jobs"] if j["order_id"] == order["id"])
    road = state(healed)["latest"]
    assert road["placed_at"] == order["placed_at"]
    assert road["shown_at"] == max(ticket["shown_at"] for ticket in order["tickets"])
    assert road["printed_at"] == job["updated_at"]
    assert road["in_cloud_by"] is None or road["in_cloud_by"] >= order["placed_at"]
    page.get_by_test_id("printer-kitchen").locator(f"[data-code^='{number}-']").click(timeout=SOON_MS)
    expect(page.get_by_test_id("closer").locator("img")).to_be_visible()
    assert page.get_by_test_id("closer").locator("img").evaluate("(img) => img.naturalWidth") == 576
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("closer")).to_have_count(0)


def test_a_cut_internet_makes_the_cloud_wait_and_its_return_catches_up(healed: RunningDemo, page: Page) -> None:
    button = page.get_by_test_id("drill-wan_down")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("cloud-state")).to_contain_text("away", timeout=SOON_MS)
    expect(page.get_by_test_id("playing")).to_contain_text("Now playing: Internet cut")
    number = healed.order("6", [PORK])["number"]
    expect(page.get_by_test_id("cloud-waits").first).to_contain_text(number, timeout=SOON_MS)
    expect(page.get_by_test_id("road-cloud")).to_have_attribute("data-done", "no")
    eventually("the count of what waits grows", lambda: figure(page, "pending") > 0)
    expect(page.get_by_test_id("score-pending")).to_contain_text(re.compile(r"events wait for cloud.*of 1 order, safe"))
    eventually("the kitchen does not mind", lambda: figure(page, "seen") == figure(page, "dishes"))
    assert number not in [order["number"] for order in healed.cloud_orders()]
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_test_id("score-pending").locator("b")).to_have_text("0", timeout=SOON_MS)
    expect(page.get_by_test_id("cloud-waits")).to_have_count(0, timeout=SOON_MS)
    expect(page.get_by_test_id("cloud-state")).to_have_attribute("data-state", "live")
    expect(page.get_by_test_id("playing")).to_contain_text("each once")
    # One wire has one fault at a time.
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("drill-cloud_error").click()
    expect(page.get_by_test_id("drill-cloud_error")).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert list(state(healed)["drills"]["active"]) == ["cloud_error"]


def test_paper_out_says_what_waits_and_prints_it_by_itself(healed: RunningDemo, page: Page) -> None:
    page.get_by_test_id("drill-paper_out").click()
    pane = page.get_by_test_id("printer-kitchen")
    expect(pane).to_contain_text("no paper", timeout=SOON_MS)
    number = healed.order("7", [PORK])["number"]
    expect(page.get_by_test_id("proof-kitchen")).to_contain_text("Waits: no paper", timeout=SOON_MS)
    expect(pane.locator(f"[data-code^='{number}-']")).to_have_count(0)
    page.get_by_test_id("drill-paper_out").click()
    expect(pane.locator(f"[data-code^='{number}-']")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_test_id("proof-kitchen")).to_contain_text("printer answered", timeout=SOON_MS)
    assert figure(page, "twice") == 0


def test_a_diverted_slip_is_proven_by_the_printer_that_it_went_to(healed: RunningDemo, page: Page) -> None:
    page.get_by_test_id("drill-paper_out").click()
    expect(page.get_by_test_id("printer-kitchen")).to_contain_text("no paper", timeout=SOON_MS)
    number = healed.order("6", [PORK])["number"]
    expect(page.get_by_test_id("proof-kitchen")).to_contain_text("Waits: no paper", timeout=SOON_MS)
    body = {"key": uuid.uuid4().hex, "printer": "receipt"}
    assert healed.staff("POST", "/api/v1/printers/kitchen/move", body)[0] == 200
    pane = page.get_by_test_id("printer-receipt")
    expect(pane.locator(f"[data-code^='{number}-']")).to_be_visible(timeout=2 * SOON_MS)
    expect(page.get_by_test_id("proof-receipt")).to_contain_text("printer answered", timeout=SOON_MS)
    expect(page.get_by_test_id("road")).to_contain_text(number)
    expect(page.get_by_test_id("road-paper")).to_have_attribute("data-done", "yes", timeout=SOON_MS)


def test_a_stopped_broker_shows_that_no_printer_can_be_reached(healed: RunningDemo, page: Page) -> None:
    healed.drill("broker_down")
    pane = page.get_by_test_id("printer-kitchen")
    expect(pane).to_contain_text("cannot be reached", timeout=SOON_MS)
    number = healed.order("8", [PORK])["number"]
    expect(page.get_by_test_id("proof-kitchen")).to_contain_text("the broker is stopped", timeout=SOON_MS)
    healed.drill("broker_down", False)
    expect(pane.locator(f"[data-code^='{number}-']")).to_be_visible(timeout=2 * SOON_MS)
    expect(pane.locator(".lampword")).to_have_text("ready", timeout=SOON_MS)


CUT_OFF = """() => [...document.querySelectorAll('.head, .mouth')].filter((box) => {
  const parts = [...box.children].map((el) => {
    const words = document.createRange();
    words.selectNodeContents(el);
    return [el.getBoundingClientRect(), words.getBoundingClientRect()];
  }), edge = box.getBoundingClientRect().right + 1;
  return parts.some(([, words], i) => words.right > edge || parts.slice(i + 1).some(([next]) =>
    words.right > next.left + 1 && words.bottom > next.top + 1 && next.bottom > words.top + 1));
}).map((box) => box.innerText)"""


def test_the_words_over_the_panes_neither_overlap_nor_are_cut(healed: RunningDemo, page: Page) -> None:
    healed.drill("cloud_lost_answer")
    healed.drill("broker_down")
    expect(page.get_by_test_id("cloud-state")).to_contain_text("no answer", timeout=SOON_MS)
    expect(page.get_by_test_id("printer-kitchen")).to_contain_text("cannot be reached", timeout=SOON_MS)
    for said in ("live", "connecting", "picture is old"):
        for width in (1440, 1280, 1180, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.get_by_test_id("kitchen-live").evaluate("(el, said) => { el.lastChild.textContent = said; }", said)
            assert page.evaluate(CUT_OFF) == [], (width, said)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, said)


def test_a_box_that_does_not_answer_is_told_calmly(healed: RunningDemo, page: Page) -> None:
    healed.freeze("gateway")
    try:
        expect(page.get_by_test_id("away")).to_contain_text("comes back by itself", timeout=SOON_MS)
        expect(page.locator(".drills [role=status]")).to_have_text("picture is old")
    finally:
        healed.thaw("gateway")
    expect(page.get_by_test_id("away")).to_have_count(0, timeout=SOON_MS)


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_nothing_hinders_a_reader(healed: RunningDemo, open_page: OpenPage, lang: str) -> None:
    page = visit(healed, open_page, lang)
    healed.drill("wan_down")
    expect(page.get_by_test_id("drill-wan_down")).to_have_attribute("aria-pressed", "true", timeout=SOON_MS)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert axe.violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.foreign == []  # type: ignore[attr-defined]


def test_the_language_is_the_browsers_until_the_visitor_chooses(healed: RunningDemo, open_page: OpenPage) -> None:
    page = visit(healed, open_page, "zh-CN")
    expect(page.get_by_test_id("score-dishes")).to_contain_text("客人点的菜")
    page.get_by_test_id("language").click()
    expect(page.get_by_test_id("score-dishes")).to_contain_text("dishes ordered")
    expect(page.frame_locator("[data-testid=phone]").locator("h1")).to_have_text("Sichuan Kitchen", timeout=SOON_MS)
    expect(page.frame_locator("[data-testid=kitchen]").locator("h1")).to_have_text("Wok", timeout=SOON_MS)


def test_a_paper_that_repeats_a_slip_without_saying_so_is_counted(tmp_path: Path) -> None:
    """The zero on the scoreboard is worth something only if it can become one."""
    papers = Papers(tmp_path)
    drop(tmp_path, 1, "2× 回锅肉\nA001-0001\n")
    papers.look(["kitchen"])
    assert (papers.twice, papers.reprints) == (0, 0)
    drop(tmp_path, 2, "补打 REPRINT\n2× 回锅肉\nA001-0001\n")
    papers.look(["kitchen"])
    assert (papers.twice, papers.reprints) == (0, 1)
    drop(tmp_path, 3, "2× 回锅肉\nA001-0001\n")
    drop(tmp_path, 4, "1× 米饭\nA002-0002\n")
    papers.look(["kitchen"])
    assert (papers.twice, papers.reprints) == (1, 1)
    assert [slip.number for slip in papers.newest("kitchen")] == ["0004", "0003", "0002", "0001"]


def slip_text(station: str, number: int, order: str = "A001") -> str:
    return f"{station}                 厨打单 {number:04d}\n3 桌\n2× 回锅肉\n      {order}-{number:04d}\n"


def test_two_stations_on_one_printer_each_number_their_own_slips(tmp_path: Path) -> None:
    papers = Papers(tmp_path)
    drop(tmp_path, 1, slip_text("炒锅", 1))
    drop(tmp_path, 2, slip_text("Cold & bar", 1))
    drop(tmp_path, 3, "一个名字很长的档口\n厨打单 0001\n      A001-0001\n")
    papers.look(["kitchen"])
    assert papers.twice == 0
    assert [slip.station for slip in papers.newest("kitchen")] == ["一个名字很长的档口", "Cold & bar", "炒锅"]
    drop(tmp_path, 4, "补打 REPRINT 1\n先核对再做 check before cooking\n" + slip_text("炒锅", 1))
    papers.look(["kitchen"])
    assert (papers.twice, papers.reprints, papers.newest("kitchen")[0].station) == (0, 1, "炒锅")
    drop(tmp_path, 5, slip_text("Cold & bar", 1))
    papers.look(["kitchen"])
    assert papers.twice == 1


def test_a_paper_gets_the_proof_of_its_own_station(tmp_path: Path) -> None:
    rules = msgspec.convert(tomllib.loads((ROOT / "config/settings.toml").read_text(encoding="utf-8")), Settings)
    kitchen = rules.printers[0]
    drop(tmp_path, 1, slip_text("炒锅", 7))
    drop(tmp_path, 2, slip_text("凉菜吧台", 7))
    papers = Papers(tmp_path)
    papers.look(["kitchen"])
    bar, wok = papers.newest("kitchen")

    def job(station: str, state: str) -> PrintJob:
        at = "2026-01-01T10:00:00.000Z"
        return PrintJob(station, "slip", "kitchen", station, "t", "o", 1, state, 7, at, at, "boot", 0.0)

    proofs = _proofs([job("bar", "UNKNOWN"), job("wok", "PRINTED")])
    assert _with_proof(wok, kitchen, rules, proofs)["proof"]["state"] == "PRINTED"
    assert _with_proof(bar, kitchen, rules, proofs)["proof"]["state"] == "UNKNOWN"
    assert _with_proof(wok, kitchen, rules, _proofs([job("bar", "PRINTED")]))["proof"] is None


def drop(folder: Path, number: int, text: str) -> None:
    """As the virtual printers' tray does: the text last."""
    tray = folder / "kitchen"
    tray.mkdir(exist_ok=True)
    (tray / f"{number:04d}.bin").write_bytes(b"\x1b@")
    (tray / f"{number:04d}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 576, 400))
    (tray / f"{number:04d}.txt").write_text(text)


def test_a_guest_orders_in_the_phone_pane(healed: RunningDemo, page: Page) -> None:
    before = figure(page, "dishes")
    phone = page.frame_locator("[data-testid=phone]")
    for step in ("add-twice-cooked-pork", "go-order", "submit-order"):
        phone.get_by_test_id(step).first.click(timeout=SOON_MS)
    expect(page.get_by_test_id("score-dishes").locator("b")).to_have_text(str(before + 1), timeout=SOON_MS)
    expect(page.get_by_test_id("road-cloud")).to_have_attribute("data-done", "yes", timeout=SOON_MS)


def test_both_catalogues_hold_the_same_words() -> None:
    text = (STATIC / "demo-words.js").read_text(encoding="utf-8")
    zh, en = text.split("\n    en: {")
    keys = [sorted(re.findall(r"(?:^|[,{]\s+|^\s+)(\w+): (?:'|\[)", part, re.MULTILINE)) for part in (zh, en)]
    assert keys[0] == keys[1], json.dumps(sorted(set(keys[0]) ^ set(keys[1])))
