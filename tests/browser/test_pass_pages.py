"""The pass and the pick-up board as a runner and a guest meet them, in a real browser against the real house."""

from __future__ import annotations

import gzip
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from axe import violations
from chromium import HOST
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

STATIC = Path(__file__).resolve().parents[2] / "gateway" / "web" / "staff" / "static"
WOK, BAR = {"item": "twice-cooked-pork"}, {"item": "cucumber"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo in whose store the pass ends tickets."""
    running = RunningDemo()
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    exported = running.command("settings", "export", str(file))
    assert exported.returncode == 0, exported.stderr
    text = file.read_text()
    file.write_text(re.sub(r"^\[serving\]\nexpo = .*\n", "", text, flags=re.M) + "\n[serving]\nexpo = true\n")
    imported = running.command("settings", "import", str(file))
    assert imported.returncode == 0, (imported.stdout, imported.stderr)
    yield running
    running.stop()
    shutil.rmtree(running.data)


OpenPage = Callable[..., Page]


@pytest.fixture(autouse=True)
def _nothing_is_open(own: RunningDemo) -> None:
    """Each test begins at an empty pass: what the one before left would push its cards onto another page."""
    for order in own.staff("GET", "/api/v1/orders?limit=100")[1]["orders"]:
        if order["status"] == "PLACED":
            body = {"key": uuid.uuid4().hex, "early": True}
            assert own.staff("POST", f"/api/v1/orders/{order['id']}/close", body)[0] == 200


@pytest.fixture
def at(own: RunningDemo, open_page: OpenPage) -> OpenPage:
    """A page of staff, logged in."""

    def open_(path: str = "/expo", lang: str = "zh-Hans", width: int = 1280, height: int = 800) -> Page:
        base = own.info["staff_url"].replace("127.0.0.1", HOST)
        page = open_page(f"{base}/login", "en-GB" if lang == "en" else "zh-CN", width, height, has_touch=True)
        staff = {name: own.info["staff"][name] for name in ("username", "password")}
        logged_in = page.evaluate(
            """(login) => fetch("/api/v1/login", {method: "POST", body: JSON.stringify(login)})
            .then((answer) => answer.status)""",
            staff,
        )
        assert logged_in == 200
        page.goto(f"{base}{path}?lang={lang}")
        return page

    return open_


def live(page: Page) -> None:
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "live")


def tickets(demo: RunningDemo, number: str) -> dict[str, dict[str, Any]]:
    status, value = demo.staff("GET", "/api/v1/orders?limit=100")
    assert status == 200
    order = next(one for one in value["orders"] if one["number"] == number)
    return {ticket["station"]: ticket for ticket in order["tickets"]}


def whole(demo: RunningDemo, number: str) -> dict[str, Any]:
    found = demo.staff("GET", "/api/v1/orders?limit=100")[1]["orders"]
    return dict(next(one for one in found if one["number"] == number))


def bump(demo: RunningDemo, number: str, *stations: str) -> None:
    for station in stations:
        status, value = demo.act(tickets(demo, number)[station], "bump")
        assert status == 200, value


def placed(demo: RunningDemo, table: str = "3") -> str:
    return str(demo.order(table, [WOK, BAR])["number"])


def taken_away(demo: RunningDemo, pickup_no: str) -> str:
    body = {"type": "takeaway", "lines": [WOK], "pickup_no": pickup_no}
    status, value = demo.staff("POST", "/api/v1/orders", body, {"Idempotency-Key": uuid.uuid4().hex})
    assert status == 201, value
    return str(value["number"])


def states(demo: RunningDemo, number: str) -> set[tuple[str, str]]:
    return {(t["state"], t["ended"]) for t in tickets(demo, number).values()}


def test_an_order_moves_left_when_all_of_it_is_ready_and_leaves_when_it_is_served(
    own: RunningDemo, at: OpenPage
) -> None:
    page, number = at(), placed(own)
    waiting = page.get_by_test_id(f"wait-{number}")
    expect(waiting.get_by_test_id("station-wok")).to_have_attribute("data-done", "0")
    bump(own, number, "wok")
    expect(waiting.get_by_test_id("station-wok")).to_have_attribute("data-done", "1", timeout=1000)
    expect(waiting).to_contain_text("差凉菜吧台 1")
    bump(own, number, "bar")
    expect(page.get_by_test_id(f"go-{number}")).to_be_visible(timeout=1000)
    expect(waiting).to_have_count(0)
    page.get_by_test_id(f"serve-{number}").click()
    expect(page.get_by_test_id(f"go-{number}")).to_have_count(0, timeout=500)
    eventually("the box has it", lambda: states(own, number) == {("SERVED", "pass")})
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id(f"go-{number}")).to_be_visible()
    eventually("it stands there again", lambda: states(own, number) == {("READY", "")})
    assert page.foreign == []  # type: ignore[attr-defined]


def test_a_ready_dish_goes_back_to_its_station_from_the_sheet(own: RunningDemo, at: OpenPage) -> None:
    page, number = at(), placed(own)
    bump(own, number, "wok", "bar")
    page.get_by_test_id(f"back-{number}").click()
    sheet = page.get_by_test_id("sheet")
    assert violations(page) == []
    sheet.get_by_test_id("recall-wok").click()
    expect(page.get_by_test_id(f"wait-{number}")).to_be_visible()
    back = tickets(own, number)["wok"]
    assert (back["state"], [one["kind"] for one in back["notices"]]) == ("SHOWN", ["recall"]), "and its cook is told"
    page.get_by_test_id(f"more-{number}").click()
    page.get_by_test_id("sheet").get_by_test_id("serve-one-bar").click()
    eventually("the bar's is served", lambda: tickets(own, number)["bar"]["state"] == "SERVED")
    assert tickets(own, number)["wok"]["state"] == "SHOWN"


def test_what_is_not_complete_is_served_only_by_a_long_press_which_is_recorded(own: RunningDemo, at: OpenPage) -> None:
    page, number = at(), placed(own)
    bump(own, number, "bar")
    page.get_by_test_id(f"more-{number}").click()
    button = page.get_by_test_id(f"early-{number}")
    button.click()
    expect(page.get_by_test_id("note")).to_contain_text("还没齐")
    assert tickets(own, number)["bar"]["state"] == "READY"
    button.hover()
    page.mouse.down()
    eventually("it is served", lambda: states(own, number) == {("SERVED", "pass"), ("SERVED", "early")})
    page.mouse.up()
    expect(page.get_by_test_id(f"wait-{number}")).to_have_count(0)
    assert tickets(own, number)["wok"]["updated_by"].startswith("manager expo")


def test_a_keyboard_serves_early_only_when_it_is_asked_a_second_time(own: RunningDemo, at: OpenPage) -> None:
    page, number = at(lang="en"), placed(own)
    page.get_by_test_id(f"more-{number}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sheet")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("sheet")).to_have_count(0)
    expect(page.get_by_test_id(f"more-{number}")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_test_id(f"early-{number}").focus()
    page.keyboard.press("Enter")
    sure = page.get_by_test_id("early-sure")
    expect(sure).to_have_text("Missing Wok 1, Cold & bar 1: serve all the same")
    assert {state for state, _ in states(own, number)} <= {"QUEUED", "SHOWN"}
    sure.focus()
    page.keyboard.press("Enter")
    eventually("it is served", lambda: states(own, number) == {("SERVED", "early")})


def test_a_tap_hurries_the_station_that_is_behind_and_its_cook_is_told_by_whom(own: RunningDemo, at: OpenPage) -> None:
    page, number = at(), placed(own)
    bump(own, number, "bar")
    button = page.get_by_test_id(f"rush-{number}")
    expect(button).to_have_text("催炒锅")
    button.click()
    expect(page.get_by_test_id(f"wait-{number}")).to_contain_text("催过")
    (notice,) = tickets(own, number)["wok"]["notices"]
    assert (notice["kind"], notice["by"], tickets(own, number)["bar"]["notices"]) == ("rush", "manager", [])


def test_a_course_is_held_and_fired_at_the_pass_also_when_nothing_else_of_it_is_open(
    own: RunningDemo, at: OpenPage
) -> None:
    page, number = at(), str(own.order("6", [WOK])["number"])
    page.get_by_test_id(f"more-{number}").click()
    page.get_by_test_id("hold-twice-cooked-pork").click()
    expect(page.get_by_test_id(f"wait-{number}")).to_have_count(0)
    eventually("it waits", lambda: {t["hold"] for t in whole(own, number)["tickets"]} == {"", "held"})
    other = page.get_by_test_id("other")
    expect(other).to_contain_text("等叫 1")
    other.click()
    page.get_by_test_id(f"fire-one-{number}").click()
    eventually("its cook has it", lambda: "fired" in {t["hold"] for t in whole(own, number)["tickets"]})
    page.get_by_test_id("sheet-close").click()
    expect(page.get_by_test_id(f"wait-{number}")).to_be_visible()
    expect(other).not_to_contain_text("等叫")


def test_a_dish_is_sold_out_everywhere_within_two_seconds_by_two_taps(own: RunningDemo, at: OpenPage) -> None:
    page, number, guest = at(), placed(own), own.info["tables"]["1"].rsplit("/", 1)[1]

    def sold_out() -> bool:
        menu = own.guest("GET", f"/api/v1/menu?table_token={guest}")[1]
        return next(i["sold_out"] for c in menu["categories"] for i in c["items"] if i["id"] == "cucumber")

    page.get_by_test_id(f"more-{number}").click()
    button = page.get_by_test_id("sell-cucumber")
    button.click()
    expect(button).to_have_text("确定估清")
    assert not sold_out(), "one tap asks"
    button.click()
    eventually("a phone is told", sold_out, 2)
    expect(button).to_have_attribute("data-off", "true")
    assert violations(page) == []
    button.click()
    eventually("it is sold again", lambda: not sold_out(), 2)


def test_a_slip_is_reprinted_from_the_pass_and_says_so(own: RunningDemo, at: OpenPage) -> None:
    page, number = at(), placed(own)
    order = whole(own, number)

    def papers() -> list[tuple[int, str]]:
        jobs = own.staff("GET", f"/api/v1/jobs?order={order['id']}")[1]["jobs"]
        return sorted((job["copy"], job["state"]) for job in jobs if job["station"] == "wok")

    eventually("its slip has come out", lambda: papers() == [(1, "PRINTED")], 20, seen=papers)
    page.get_by_test_id(f"more-{number}").click()
    page.get_by_test_id("reprint-wok").click()
    expect(page.get_by_test_id("note")).to_contain_text("补打了 1 张")
    eventually("it came out again", lambda: papers() == [(1, "PRINTED"), (2, "PRINTED")], 20, seen=papers)


def test_what_went_out_by_mistake_is_brought_back_from_the_list_of_the_last_two_hours(
    own: RunningDemo, at: OpenPage
) -> None:
    page, number = at(), placed(own)
    bump(own, number, "wok", "bar")
    page.get_by_test_id(f"serve-{number}").click()
    eventually("the box has it", lambda: states(own, number) == {("SERVED", "pass")})
    page.reload()
    live(page)
    page.get_by_test_id("other").click()
    row = page.get_by_test_id(f"out-{number}")
    expect(row).to_contain_text("manager")
    assert violations(page) == []
    row.get_by_test_id(f"unserve-{number}").click()
    eventually("it stands there again", lambda: states(own, number) == {("READY", "")})


def test_a_slip_that_is_typed_is_crossed_off_and_the_page_says_what_is_missing(own: RunningDemo, at: OpenPage) -> None:
    page, number = at(lang="en"), placed(own, "7")
    live(page)
    slip = tickets(own, number)["wok"]["slip"]["number"]
    page.keyboard.type(f"{number}-{slip}\n")
    said = page.get_by_test_id("said")
    expect(said).to_have_attribute("data-kind", "served")
    expect(said).to_have_text("Table 7: Wok served; still missing: Cold & bar 1")
    page.keyboard.type(f"{number}-{slip}\n")
    expect(said).to_have_attribute("data-kind", "again")
    page.get_by_test_id("scan").fill("A999-9999")
    page.get_by_test_id("scan-do").click()
    expect(said).to_have_attribute("data-kind", "unknown")
    assert violations(page) == []


def test_what_is_bumped_leaves_the_stations_screen_and_its_recall_list_brings_it_back(
    own: RunningDemo, at: OpenPage
) -> None:
    screen, number = at("/kds/wok"), placed(own)
    screen.get_by_test_id(f"bump-{number}").click()
    eventually("it is ready", lambda: tickets(own, number)["wok"]["state"] == "READY")
    expect(screen.get_by_test_id(f"ticket-{number}")).to_have_count(0)
    screen.reload()
    live(screen)
    expect(screen.get_by_test_id(f"ticket-{number}")).to_have_count(0)
    screen.get_by_test_id("recall-open").click()
    screen.get_by_test_id(f"recall-{number}").click()
    expect(screen.get_by_test_id(f"ticket-{number}")).to_be_visible()


def test_filters_leave_out_and_say_so(own: RunningDemo, at: OpenPage) -> None:
    page, inside, outside = at(), placed(own, "3"), placed(own, "9")
    away = taken_away(own, "M61")
    for number in (inside, outside, away):
        expect(page.get_by_test_id(f"wait-{number}")).to_have_count(1)
    page.get_by_test_id("type-takeaway").click()
    expect(page.get_by_test_id(f"wait-{inside}")).to_have_count(0)
    expect(page.get_by_test_id(f"wait-{away}")).to_have_count(1)
    expect(page.get_by_test_id("filtered")).to_be_visible()
    page.get_by_test_id("type-all").click()
    page.get_by_test_id("area").click()
    expect(page.get_by_test_id(f"wait-{outside}")).to_have_count(0)
    expect(page.get_by_test_id(f"wait-{inside}")).to_have_count(1)


def test_a_table_is_one_card_when_it_is_looked_at_by_table(own: RunningDemo, at: OpenPage) -> None:
    page, first, second = at(), placed(own, "8"), str(own.order("8", [BAR])["number"])
    for number in (first, second):
        expect(page.get_by_test_id(f"wait-{number}")).to_have_count(1)
    page.get_by_test_id("by-table").click()
    expect(page.get_by_test_id(f"wait-{second}")).to_have_count(0)
    expect(page.get_by_test_id(f"wait-{first}").get_by_test_id("station-bar")).to_have_attribute("data-total", "2")
    bump(own, second, "bar")
    expect(page.get_by_test_id(f"wait-{first}").get_by_test_id("station-bar")).to_have_attribute("data-done", "1")
    assert page.get_by_test_id("oldest").inner_text() != "–"


def test_what_does_not_fit_is_counted_and_one_tap_away(own: RunningDemo, at: OpenPage) -> None:
    numbers = [placed(own, str(table)) for table in (1, 2, 4, 5, 6, 8, 10, 11)]
    page = at()
    live(page)
    expect(page.get_by_test_id("pager-wait")).to_be_visible()
    seen: set[str] = set()
    for _ in range(8):
        seen |= {n for n in numbers if page.get_by_test_id(f"wait-{n}").is_visible()}
        if seen >= set(numbers):
            break
        page.get_by_test_id("pager-wait").click()
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert seen == set(numbers)


@pytest.mark.parametrize("lang", ["zh-Hans", "en"])
@pytest.mark.parametrize("path", ["/expo", "/board"])
def test_axe_finds_nothing(own: RunningDemo, at: OpenPage, lang: str, path: str) -> None:
    number = placed(own)
    bump(own, placed(own, "12"), "wok", "bar")
    taken_away(own, "M71")
    bump(own, taken_away(own, "M72"), "wok")
    page = at(path, lang)
    if path == "/expo":
        expect(page.get_by_test_id(f"wait-{number}")).to_have_count(1)
    else:
        expect(page.get_by_test_id("ready")).to_contain_text("M72")
    assert violations(page) == []


def test_the_board_asks_for_a_tap_until_it_has_a_sound(own: RunningDemo, at: OpenPage) -> None:
    board = at("/board", width=1920, height=1080)
    button = board.get_by_test_id("begin")
    expect(button).to_contain_text("点一下开声音")
    expect(button).to_contain_text("Tap for sound")
    button.click()
    expect(button).to_have_count(0)


def test_the_board_shows_numbers_that_become_ready_and_go_when_they_are_fetched(own: RunningDemo, at: OpenPage) -> None:
    board, number, seated = at("/board", width=1920, height=1080), taken_away(own, "M81"), placed(own)
    preparing, ready = board.get_by_test_id("preparing"), board.get_by_test_id("ready")
    expect(preparing).to_contain_text("M81")
    bump(own, number, "wok")
    expect(ready).to_contain_text("M81", timeout=1000)
    expect(preparing).not_to_contain_text("M81")
    expect(board.locator("body")).not_to_contain_text(seated)
    expect(board.locator("body")).not_to_contain_text("¥")
    found = next(one for one in own.staff("GET", "/api/v1/orders?limit=100")[1]["orders"] if one["number"] == number)
    status, _ = own.staff("POST", f"/api/v1/orders/{found['id']}/serve", {"screen": "s", "key": uuid.uuid4().hex})
    assert status == 200
    expect(ready).not_to_contain_text("M81", timeout=1000)


def test_a_silent_box_turns_the_frame_red_and_the_cards_stay(own: RunningDemo, at: OpenPage) -> None:
    number = placed(own)
    page = at()
    expect(page.get_by_test_id(f"wait-{number}")).to_have_count(1)
    own.freeze("gateway")
    try:
        expect(page.get_by_test_id("stale-frame")).to_be_visible(timeout=5000)
        expect(page.get_by_test_id(f"wait-{number}")).to_have_count(1)
    finally:
        own.thaw("gateway")
    expect(page.get_by_test_id("stale-frame")).to_have_count(0, timeout=10_000)


@pytest.mark.parametrize("page", ["expo", "board"])
def test_the_first_load_keeps_its_budget(page: str) -> None:
    """60 KB in all, 30 KB of it scripts, compressed."""
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(STATIC.parent / "templates"), autoescape=True)
    text = templates.get_template(f"staff/{page}.html").render(boot={"lang": "en"})
    sizes: dict[str, int] = {}
    for path in [*re.findall(r'(?:src|href)="/static/([^?"]+)', text), "icons.svg"]:
        file = STATIC / path[len("staff/") :] if path.startswith("staff/") else STATIC.parents[1] / "static" / path
        sizes[path] = len(gzip.compress(file.read_bytes()))
    assert {f"staff/{page}.js", f"staff/{page}.css"} <= set(sizes)
    assert sum(size for path, size in sizes.items() if path.endswith(".js")) <= 30_000, sizes
    assert sum(sizes.values()) <= 60_000, sizes
