"""One evening as cooks and runners live it: the journeys C1, C3, C5, C6, C7, C12, C13 and C14 in a row, three stations.

Played four times on one house: in Chinese on this machine's own address, in English through a host name that is no
secure context, and again in both languages with all stations on paper alone, where no screen is open and every word is
read from slips. docs/evidence/kitchen.md says which tests show the other journeys.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chromium import HOST
from playwright.sync_api import Page, expect
from printer_card import card
from running_demo import RunningDemo
from staff_pages import let_sound, live, staff_page
from waiting import eventually

DEVICES = "".join(f'[[printer]]\nname = "{n}"\nbaud = 115200\n' for n in ("kitchen", "receipt")) + (
    '[[device]]\nname = "gun"\ndriver = "scanner"\n'
)
SCANNER = """
[[devices]]
id = "gun"
bridge = "bridge-1"
driver = "scanner"
port = "{dev}/gun"
at_pass = true
"""
GRILL = """
[[stations]]
id = "grill"
name = {{ zh-Hans = "烧烤", en = "Grill" }}
proof = "both"
printer = "kitchen"
language = "zh-Hans"

[[routes]]
items = ["lamb-skewers", "grilled-aubergine"]
station = "grill"
"""
PRINTER = {"wok": "kitchen", "grill": "kitchen", "bar": "receipt"}
TABLES = ("3", "4")
"""Where the party sits, and where it moves to; others sit down at the first then, and join it."""
SOUNDS = {
    "fresh": [660, 880], "addition": [880], "cancelled": [660, 440], "rush": [880, 880, 1100], "fire": [550, 660, 880],
    "stale": [740, 740, 740], "crossed": [880], "wrong": [440, 220],
}  # fmt: skip
"""Hz, as a screen asks the browser for them. A change of any kind sounds like one that is cancelled."""
STALE_MS = 5000
SOON_MS = 1000
"""What the house promises from the answer to the last card; a busy machine of tests gets five times that."""


@dataclass(frozen=True)
class Play:
    name: str
    lang: str
    host: str
    proof: str

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.lang]


WORDS = {
    "zh-CN": {
        "wok": "炒锅", "bar": "凉菜吧台", "grill": "烧烤", "pork": "回锅肉", "cucumber": "拍黄瓜",
        "lamb": "羊肉串", "rice": "蛋炒饭", "also": "另有：凉菜吧台 1、烧烤 2", "added": "加菜", "added_slip": "加菜",
        "off": "退菜：停做", "off_slip": "退菜单", "rush": "催菜", "rush_slip": "催菜单", "hold": "等叫",
        "hold_slip": "等叫单", "fire_slip": "起菜单", "move": "转台", "move_slip": "转台单",
        "from": "原桌：{} 桌", "table": "{} 桌", "missing": "{} 桌：炒锅已上，还差凉菜吧台 1、烧烤 2",
        "again": "已经划过", "change": "改单：照新备注", "change_slip": "改单", "before": "原备注：少放油",
        "merge": "并台", "merge_slip": "并台单", "stopped": "新单没显示", "watch": "看打印机",
    },
    "en-GB": {
        "wok": "Wok", "bar": "Cold & bar", "grill": "Grill", "pork": "Twice-cooked pork",
        "cucumber": "Smashed cucumber", "lamb": "Lamb skewers", "rice": "Egg fried rice",
        "also": "Also: Cold & bar 1, Grill 2", "added": "Added", "added_slip": "Addition",
        "off": "Not wanted: stop", "off_slip": "return", "rush": "Rush", "rush_slip": "rush", "hold": "Hold",
        "hold_slip": "hold", "fire_slip": "fire", "move": "Moved", "move_slip": "table move",
        "from": "from: Table {}", "table": "Table {}", "again": "was already served at",
        "missing": "Table {}: Wok served; still missing: Cold & bar 1, Grill 2",
        "change": "Change: new note", "change_slip": "note changed", "before": "note before: 少放油", "merge": "Merged",
        "merge_slip": "tables merged", "stopped": "New orders are not shown", "watch": "Watch the printer",
    },
}  # fmt: skip
PLAYS = [
    Play("zh at this machine", "zh-CN", "127.0.0.1", "both"),
    Play("en by a host name", "en-GB", HOST, "both"),
    Play("zh on paper alone", "zh-CN", HOST, "paper"),
    Play("en on paper alone", "en-GB", HOST, "paper"),
]


@pytest.fixture(scope="module")
def house() -> Iterator[RunningDemo]:
    """Three stations, two printers, and a scanner at the pass."""
    data = tempfile.mkdtemp(prefix="tp-")
    store = Path(data, "store")
    store.mkdir(mode=0o700)
    (store / "devices.toml").write_text(DEVICES)
    running = RunningDemo(data=data)
    yield running
    running.stop()
    shutil.rmtree(data)


def settle_in(demo: RunningDemo, play: Play, file: Path) -> None:
    """The settings of this evening. What the former one left open ends as if it had been bumped."""
    if not file.exists():
        exported = demo.command("settings", "export", str(file))
        assert exported.returncode == 0, exported.stderr
        text = re.sub(r"^(devices|routes) = \[\]\n", "", file.read_text(), flags=re.M)
        text = re.sub(r"^baud = \d+", "baud = 115200", text, flags=re.M)
        file.write_text(text + GRILL.format() + SCANNER.format(dev=demo.store / "dev"))
    text = re.sub(r'^proof = "\w+"', f'proof = "{play.proof}"', file.read_text(), flags=re.M)
    language = "en" if play.lang.startswith("en") else "zh-Hans"
    file.write_text(re.sub(r'^language = "[\w-]+"', f'language = "{language}"', text, flags=re.M))
    imported = demo.command("settings", "import", str(file))
    assert imported.returncode == 0, (imported.stdout, imported.stderr)
    for station in PRINTER:
        demo.clear_board(station)
    for table in TABLES:
        assert demo.staff("POST", f"/api/v1/tables/{table}/close", {})[0] == 200
        assert demo.staff("POST", f"/api/v1/tables/{table}/open", {"covers": 2})[0] == 200

    def scanner() -> bool:
        return any(
            (d["name"], d["status"]) == ("gun", "online") for d in demo.staff("GET", "/api/v1/devices")[1]["devices"]
        )

    eventually("the scanner at the pass is there", scanner)


class Story:
    """The hands of one evening, and what each sees."""

    def __init__(self, demo: RunningDemo, play: Play, screens: dict[str, list[Page]]):
        self.demo, self.play, self.screens, self.words = demo, play, screens, play.words

    # -- papers ------------------------------------------------------------------------------------------------------

    def slips(self, number: str, station: str) -> list[str]:
        """Of one order at one station: its name stands at the head of each."""
        papers = [text for text in self.demo.papers(PRINTER[station]) if re.search(rf"\b{number}\b", text)]
        return [text for text in papers if re.search(rf"^{re.escape(self.words[station])} ", text, re.M)]

    def of_kind(self, number: str, station: str, kind: str) -> list[str]:
        title = rf"^{re.escape(self.words[station])} .*{re.escape(self.words[kind])} \d{{4}}$"
        return [text for text in self.slips(number, station) if re.search(title, text, re.M)]

    def came_out(self, number: str, station: str, kind: str) -> str:
        eventually(
            f"{kind} of {number} at {station}", lambda: self.of_kind(number, station, kind),
            seen=lambda: self.demo.papers(PRINTER[station])[-3:],
        )  # fmt: skip
        found = self.of_kind(number, station, kind)
        assert len(found) == 1, found
        return found[0]

    # -- screens -----------------------------------------------------------------------------------------------------

    def card(self, number: str, station: str, screen: int = 0) -> Any:
        return self.screens[station][screen].get_by_test_id(f"ticket-{number}")

    def shows(self, number: str, station: str, *words: str, testid: str = "") -> None:
        """On every screen of the station, where there are any."""
        for screen in range(len(self.screens.get(station, []))):
            place = self.card(number, station, screen)
            place = place.get_by_test_id(testid) if testid else place
            for word in words:
                expect(place.first).to_contain_text(word, timeout=5 * SOON_MS)

    def gone(self, number: str, station: str) -> None:
        for screen in range(len(self.screens.get(station, []))):
            expect(self.card(number, station, screen)).to_have_count(0, timeout=5 * SOON_MS)

    def silence(self) -> None:
        """What was heard until now is forgotten."""
        for page in (page for pages in self.screens.values() for page in pages):
            page.evaluate("window.heard.length = 0")

    def rings(self, station: str, sound: str, tickets: int = 1) -> None:
        """On every screen of the station, where there are any; what is new only where no other screen drew it first.
        Two tickets ring twice, or once when they come in the same moment."""

        def heard() -> list[list[int]]:
            return [page.evaluate("window.heard") for page in self.screens[station]]

        if station in self.screens:
            enough = any if sound in ("fresh", "addition") else all
            right = [SOUNDS[sound] * times for times in range(1, tickets + 1)]
            eventually(sound, lambda: enough(one in right for one in heard()), seen=heard)

    # -- hands -------------------------------------------------------------------------------------------------------

    def change(self, order: dict[str, Any], line: int, action: str, **more: Any) -> None:
        body = {"key": uuid.uuid4().hex, **more}
        status, answer = self.demo.staff("POST", f"/api/v1/orders/{order['id']}/lines/{line}/{action}", body)
        assert status == 200, answer

    def ticket(self, order: dict[str, Any], station: str) -> dict[str, Any]:
        found = self.demo.staff("GET", f"/api/v1/orders/{order['id']}")[1]["tickets"]
        return dict(next(one for one in found if one["station"] == station))

    def scan(self, code: str) -> None:
        folder = os.open(self.demo.store, os.O_PATH)
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(f"/proc/self/fd/{folder}/devices.sock")
                line.sendall(json.dumps({"op": "scan", "device": "gun", "text": code}).encode() + b"\n")
                assert json.loads(line.makefile().readline()) == {"ok": True}
        finally:
            os.close(folder)

    def said(self) -> str:
        found = self.demo.staff("GET", "/api/v1/pass")[1]["pass"]
        return str(found[-1]["words"]["en" if self.play.lang.startswith("en") else "zh-Hans"]) if found else ""


LINES = [
    {"item": "twice-cooked-pork", "quantity": 3, "note": "少放油"}, {"item": "egg-fried-rice"}, {"item": "cucumber"},
    {"item": "lamb-skewers", "quantity": 2, "modifiers": ["hot"]},
]  # fmt: skip
DISHES = {"wok": ("pork", "rice"), "bar": ("cucumber",), "grill": ("lamb",)}


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_an_evening(
    house: RunningDemo, open_page: Callable[..., Page], tmp_path_factory: pytest.TempPathFactory, play: Play
) -> None:
    settle_in(house, play, tmp_path_factory.getbasetemp() / f"evening-{os.getpid()}.toml")
    screens = {}
    if play.proof != "paper":
        each = {"wok": 2, "bar": 1, "grill": 1}
        screens = {
            station: [
                let_sound(live(staff_page(house, open_page, f"/kds/{station}", play.lang, play.host))) for _ in range(n)
            ]
            for station, n in each.items()
        }
        secure = screens["wok"][0].evaluate("isSecureContext")
        assert secure == (play.host != HOST)
    story = Story(house, play, screens)
    table, other = TABLES
    order = c1_each_station_sees_its_own_lines(story, table)
    c5_what_is_added_cancelled_and_said_anew_is_told_once(story, order, table)
    if screens:
        c6_a_wrong_bump_is_taken_back_with_its_age(story, order)
        c7_two_screens_of_a_station_agree(story, order)
        c3_a_silent_feed_is_seen_and_heard(story, order)
    waiting = c12_rushed_held_and_fired(story, order, table)
    c14_the_table_moves(story, order, table, other)
    c12_what_was_held_is_fired(story, order, waiting, other)
    c14_another_table_joins(story, order, table, other)
    at_pass = let_sound(live(staff_page(house, open_page, "/expo", play.lang, play.host)))
    c13_slips_are_scanned_at_the_pass(story, order, other, at_pass)
    each_came_out_once(story, order, waiting)
    for pages in (*screens.values(), [at_pass]):
        assert [page.foreign for page in pages] == [[]] * len(pages)  # type: ignore[attr-defined]


def c1_each_station_sees_its_own_lines(story: Story, table: str) -> dict[str, Any]:
    order = story.demo.order(table, LINES)
    number = order["number"]
    for station, dishes in DISHES.items():
        foreign = [story.words[dish] for other in DISHES if other != station for dish in DISHES[other]]
        story.shows(number, station, *(story.words[dish] for dish in dishes))
        for screen in range(len(story.screens.get(station, []))):
            for word in foreign:
                expect(story.card(number, station, screen)).not_to_contain_text(word)
        eventually(f"{number} on paper at {station}", lambda station=station: story.slips(number, station))
        (slip,) = story.slips(number, station)
        assert all(story.words[dish] in slip for dish in dishes), slip
        assert not any(word in slip for word in foreign), slip
        eventually("proven", lambda station=station: story.ticket(order, station)["state"] == "SHOWN")
        story.rings(station, "fresh")
    story.shows(number, "wok", story.words["also"])
    return order


def c5_what_is_added_cancelled_and_said_anew_is_told_once(story: Story, order: dict[str, Any], table: str) -> None:
    number = order["number"]
    for left in (2, 1):  # twice the same: two changes
        story.silence()
        story.change(order, 1, "cancel", quantity=1, reason="点多了")
        story.shows(number, "wok", f"{left}×", testid=f"line-{number}-1")
        story.rings("wok", "cancelled")
        eventually("on paper", lambda left=left: len(story.of_kind(number, "wok", "off_slip")) == 3 - left)
    story.shows(number, "wok", story.words["off"], "−1×", testid="notice-cancel")
    assert all("-1× " + story.words["pork"] in slip for slip in story.of_kind(number, "wok", "off_slip"))
    story.silence()
    story.change(order, 1, "note", note="多放蒜")
    story.shows(number, "wok", story.words["change"], "多放蒜", "少放油", testid="notice-change")
    story.shows(number, "wok", "多放蒜", testid=f"line-{number}-1")
    story.rings("wok", "cancelled")
    said = story.came_out(number, "wok", "change_slip")
    assert [story.words["pork"] in said, "多放蒜" in said, story.words["before"] in said] == [True] * 3, said
    story.silence()
    added = story.demo.order(table, [{"item": "egg-fried-rice"}])
    story.shows(added["number"], "wok", story.words["added"])
    story.rings("wok", "addition")
    eventually("the addition on paper", lambda: story.slips(added["number"], "wok"))
    (slip,) = story.slips(added["number"], "wok")
    assert f"▐ {story.words['added_slip']} ▌" in slip
    assert "REPRINT" not in slip
    if story.screens:
        for screen in (0, 1):
            expect(story.card(number, "wok", screen).get_by_test_id("notice-cancel")).to_have_count(2)
            expect(story.card(number, "wok", screen).get_by_test_id("notice-change")).to_have_count(1)
        story.card(number, "wok").get_by_test_id(f"know-{number}").click()
        for screen in (0, 1):
            expect(story.card(number, "wok", screen).get_by_test_id("notice-cancel")).to_have_count(0)
            expect(story.card(number, "wok", screen).get_by_test_id("notice-change")).to_have_count(0)


def c6_a_wrong_bump_is_taken_back_with_its_age(story: Story, order: dict[str, Any]) -> None:
    number, page = order["number"], story.screens["wok"][0]
    fired = story.ticket(order, "wok")["fired_at"]
    dry(page)
    page.get_by_test_id(f"bump-{number}").click()
    story.gone(number, "wok")
    page.get_by_test_id("undo").click()
    story.shows(number, "wok", story.words["pork"])
    again = eventually("open again", lambda: (t := story.ticket(order, "wok")) and not t["cleared_at"] and t)
    assert again["fired_at"] == fired


def c7_two_screens_of_a_station_agree(story: Story, order: dict[str, Any]) -> None:
    number, (first, second) = order["number"], story.screens["wok"]
    old = story.ticket(order, "wok")
    second.get_by_test_id(f"start-{number}").click()
    expect(story.card(number, "wok", 0)).to_have_attribute("data-state", "STARTED", timeout=5 * SOON_MS)
    dry(second)
    second.get_by_test_id(f"bump-{number}").click()
    story.gone(number, "wok")
    first.get_by_test_id("recall-open").click()
    first.get_by_test_id(f"recall-{number}").click()
    story.shows(number, "wok", story.words["pork"])
    first.keyboard.press("Escape")
    status, answer = story.demo.act(old, "bump", "wok-old")  # a tablet wakes up with what it saw before
    assert (status, answer["code"]) == (409, "stale")
    assert story.ticket(order, "wok")["cleared_at"] is None


def c3_a_silent_feed_is_seen_and_heard(story: Story, order: dict[str, Any]) -> None:
    page = story.screens["wok"][0]
    alarm = page.get_by_test_id("stale-frame")
    story.silence()
    story.demo.freeze("gateway")
    try:
        expect(alarm).to_contain_text(story.words["stopped"], timeout=STALE_MS)
        expect(alarm).to_contain_text(story.words["watch"])
        expect(page.locator("html.stale")).to_have_count(1)
        eventually("heard", lambda: page.evaluate("window.heard") == SOUNDS["stale"], 1)
        expect(story.card(order["number"], "wok")).to_be_visible()
    finally:
        story.demo.thaw("gateway")
    for one in (page for pages in story.screens.values() for page in pages):
        expect(one.get_by_test_id("stale-frame")).to_have_count(0, timeout=10_000)
        live(one)


def c12_rushed_held_and_fired(story: Story, order: dict[str, Any], table: str) -> dict[str, Any]:
    """Returns an order of which a dish waits from the beginning."""
    number = order["number"]
    story.silence()
    story.change(order, 3, "rush", reason="赶时间")
    story.shows(number, "bar", story.words["rush"], testid="notice-rush")
    story.rings("bar", "rush")
    assert story.words["cucumber"] in story.came_out(number, "bar", "rush_slip")
    story.change(order, 2, "hold")
    story.shows(number, "wok", story.words["hold"], testid="notice-hold")
    story.rings("wok", "cancelled")
    assert story.words["rice"] in story.came_out(number, "wok", "hold_slip")
    for screen in range(len(story.screens.get("wok", []))):
        expect(story.screens["wok"][screen].get_by_test_id(f"line-{number}-2")).to_have_count(0)
    lines = [{"item": "egg-fried-rice", "hold": True}, {"item": "lamb-skewers", "modifiers": ["hot"]}]
    body = {"type": "dine_in", "table": table, "lines": lines}
    status, waiting = story.demo.staff("POST", "/api/v1/orders", body, {"Idempotency-Key": uuid.uuid4().hex})
    assert status == 201, waiting
    eventually("what waits for nothing is on paper", lambda: story.slips(waiting["number"], "grill"))
    return dict(waiting)


def c14_the_table_moves(story: Story, order: dict[str, Any], table: str, other: str) -> None:
    number = order["number"]
    before = {station: len(story.slips(number, station)) for station in PRINTER}
    papers = {station: len(story.demo.papers(PRINTER[station])) for station in PRINTER}
    orders = _orders(story)
    status, answer = story.demo.staff("POST", f"/api/v1/tables/{table}/move", {"key": uuid.uuid4().hex, "to": other})
    assert (status, answer["orders"]) == (200, 3)
    for station in PRINTER:
        story.shows(number, station, story.words["move"], testid="notice-move")
        slip = story.came_out(number, station, "move_slip")
        assert story.words["from"].format(table) in slip
        assert re.search(rf"^{story.words['table'].format(other)}\b", slip, re.M), slip
        assert len(story.slips(number, station)) == before[station] + 1
        moved = rf"^{re.escape(story.words[station])} .*{re.escape(story.words['move_slip'])} \d{{4}}$"
        since = story.demo.papers(PRINTER[station])[papers[station] :]
        assert [one for one in since if re.search(moved, one, re.M)] == [slip], "one for all of the party's orders"
        for screen in range(len(story.screens.get(station, []))):
            expect(story.card(number, station, screen).locator("h2")).to_contain_text(other)
    assert _orders(story) == orders, "never a new order"


def c12_what_was_held_is_fired(story: Story, order: dict[str, Any], waiting: dict[str, Any], other: str) -> None:
    """C12, and C14: the held course went along."""
    number, late = order["number"], waiting["number"]
    assert story.slips(late, "wok") == [], "other slips of its printer came out behind it"
    assert not story.of_kind(number, "wok", "fire_slip")
    story.gone(late, "wok")
    story.silence()
    status, answer = story.demo.staff("POST", f"/api/v1/tables/{other}/fire", {"key": uuid.uuid4().hex})
    assert (status, answer["lines"]) == (200, 2)
    for one in (number, late):
        fired = story.came_out(one, "wok", "fire_slip")
        assert re.search(rf"^{story.words['table'].format(other)}\b", fired, re.M), fired
        assert story.words["rice"] in fired
    story.rings("wok", "fire", tickets=2)
    if story.screens:
        for one in (late, number):
            card = story.card(one, "wok").filter(has=story.screens["wok"][0].get_by_test_id("fired"))
            expect(card).to_contain_text(story.words["rice"], timeout=5 * SOON_MS)
        card.get_by_test_id(f"bump-{number}").click()
    else:
        story.scan(_code(story.of_kind(number, "wok", "fire_slip")[0], number))
    eventually("the fired one is served", lambda: _states(story, order).count("SERVED") == 1)


def c14_another_table_joins(story: Story, order: dict[str, Any], table: str, other: str) -> None:
    joins = story.demo.order(table, [{"item": "egg-fried-rice"}, {"item": "cucumber"}])
    number, stations, orders = joins["number"], ("wok", "bar"), _orders(story)
    for station in stations:
        eventually("on paper", lambda station=station: story.slips(number, station))
    status, answer = story.demo.staff("POST", f"/api/v1/tables/{table}/merge", {"key": uuid.uuid4().hex, "to": other})
    assert (status, answer["orders"]) == (200, 1)
    for station in stations:
        story.shows(number, station, story.words["merge"], testid="notice-merge")
        slip = story.came_out(number, station, "merge_slip")
        assert story.words["from"].format(table) in slip
        assert re.search(rf"^{story.words['table'].format(other)}\b", slip, re.M), slip
        assert len(story.slips(number, station)) == 2
        for screen in range(len(story.screens.get(station, []))):
            expect(story.card(number, station, screen).locator("h2")).to_contain_text(other)
    assert not story.slips(number, "grill"), "nothing of it was made there"
    assert not story.of_kind(order["number"], "wok", "merge_slip"), "who sits there already is told nothing"
    assert _orders(story) == orders, "never a new order"


def c13_slips_are_scanned_at_the_pass(story: Story, order: dict[str, Any], table: str, at_pass: Page) -> None:
    number, said = order["number"], at_pass.get_by_test_id("said")
    code = _code(story.slips(number, "wok")[0], number)
    at_pass.evaluate("window.heard.length = 0")
    story.scan(code)
    eventually("it is served", lambda: _states(story, order).count("SERVED") == 2, seen=lambda: _states(story, order))
    assert story.ticket(order, "wok")["ended"] == "scan"
    assert story.ticket(order, "wok")["served_at"]
    expect(said).to_have_text(story.words["missing"].format(table))
    eventually("heard", lambda: at_pass.evaluate("window.heard") == SOUNDS["crossed"])
    story.gone(number, "wok")
    at_pass.evaluate("window.heard.length = 0")
    looks: list[float] = []

    def scanned_again() -> bool:
        """The same code within a second (the driver's SAME_S) is the same look: this comes later."""
        if not looks or time.monotonic() - looks[-1] > 1.5:
            looks.append(time.monotonic())
            story.scan(code)
        return story.words["again"] in story.said()

    eventually("the second scan says when", scanned_again, seen=story.said)
    expect(said).to_contain_text(story.words["again"])
    at = re.search(r"\d\d:\d\d", said.inner_text())
    assert at, "and when"
    assert at_pass.evaluate("window.heard")[:2] == SOUNDS["wrong"]


def each_came_out_once(story: Story, order: dict[str, Any], waiting: dict[str, Any]) -> None:
    """C5, C12 and C14 at the end of the evening: no kind of slip more often than it was asked for."""
    kinds = ("off_slip", "change_slip", "rush_slip", "hold_slip", "fire_slip", "move_slip", "merge_slip")
    wanted = {"wok": (2, 1, 0, 1, 1, 1, 0), "bar": (0, 0, 1, 0, 0, 1, 0), "grill": (0, 0, 0, 0, 0, 1, 0)}
    came = {at: tuple(len(story.of_kind(order["number"], at, kind)) for kind in kinds) for at in wanted}
    assert came == wanted
    for at in PRINTER:
        # The one slip of a party that moves is of both.
        mine = list(dict.fromkeys(slip for one in (order, waiting) for slip in story.slips(one["number"], at)))
        numbers = re.findall(rf"^{re.escape(story.words[at])} .* (\d{{4}})$", "\n".join(mine), re.M)
        assert len(set(numbers)) == len(numbers) == len(mine), numbers
        assert not any("REPRINT" in slip for slip in mine)


def dry(page: Page) -> None:
    """A second tap on a card within 300 ms is a wet finger's, and does nothing."""
    page.evaluate("() => new Promise((done) => setTimeout(done, 350))")


def _orders(story: Story) -> int:
    return len(story.demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"])


def _code(slip: str, number: str) -> str:
    found = re.search(rf"\b{number}-\d{{4}}(-\d+)?\b", slip)
    assert found, slip
    return found[0]


def _states(story: Story, order: dict[str, Any]) -> list[str]:
    found = story.demo.staff("GET", f"/api/v1/orders/{order['id']}")[1]["tickets"]
    return [ticket["state"] for ticket in found]


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
def test_a_rush_without_paper_is_told_on_the_screen_and_prints_once_in_order_after_the_new_roll(
    house: RunningDemo, open_page: Callable[..., Page], tmp_path_factory: pytest.TempPathFactory, play: Play
) -> None:
    """C9: ten tickets. Where no station has a screen, the page of the printers says which one."""
    settle_in(house, play, tmp_path_factory.getbasetemp() / f"evening-{os.getpid()}.toml")
    words = {"zh-CN": "后厨打印机没纸", "en-GB": "Kitchen printer is out of paper"}[play.lang]
    on_paper = play.proof == "paper"
    page = staff_page(house, open_page, "/admin/printers" if on_paper else "/kds/wok", play.lang, play.host)
    told = card(page).locator(".condition") if on_paper else live(page).get_by_text(words).first
    before = len(house.papers("kitchen"))
    house.drill("paper_out", True, "kitchen")
    try:
        numbers = [house.order("3", [{"item": "egg-fried-rice"}])["number"] for _ in range(10)]
        expect(told).to_contain_text(words, timeout=10_000)
        if not on_paper:
            expect(page.get_by_test_id("open-count")).to_have_text("10", timeout=5 * SOON_MS)
        assert len(house.papers("kitchen")) == before
    finally:
        house.drill("paper_out", False, "kitchen")

    def came_out() -> list[str]:
        return [
            number[0] for text in house.papers("kitchen")[before:] if (number := re.search(r"^A\d{3,}", text, re.M))
        ]

    eventually("each has come out", lambda: len(came_out()) >= len(numbers), seen=came_out)
    assert came_out() == numbers
    assert not any("REPRINT" in text for text in house.papers("kitchen")[before:])
    expect(page.get_by_text(words)).to_have_count(0, timeout=10_000)


HARD = "<script>document.title='x'</script> & \"q\" 😀 مرحبا بالعالم"
LONGEST = "少" * 200
"""As much as a guest may say of one dish."""


@pytest.mark.parametrize("play", PLAYS[:2], ids=lambda play: play.name)
def test_whatever_a_guest_types_is_shown_as_typed_and_its_slip_comes_out_whole(
    house: RunningDemo, open_page: Callable[..., Page], tmp_path_factory: pytest.TempPathFactory, play: Play
) -> None:
    """G13: a script, an emoji, what is written from the right, the longest note, and one that is too long."""
    settle_in(house, play, tmp_path_factory.getbasetemp() / f"evening-{os.getpid()}.toml")
    page = live(staff_page(house, open_page, "/kds/wok", play.lang, play.host))
    title = page.title()
    story = Story(house, play, {"wok": [page]})
    for note in (HARD, LONGEST):
        order = house.order("3", [{"item": "twice-cooked-pork", "note": note}], note=note)
        number = order["number"]
        expect(story.card(number, "wok").locator(".ln .said")).to_contain_text(note, timeout=5 * SOON_MS)
        expect(story.card(number, "wok").locator(".ln .said")).to_have_attribute("dir", "auto")
        slip = eventually("its slip", lambda number=number: story.slips(number, "wok"))[0]
        assert _code(slip, number), "its end came out too"
        flat = re.sub(r"\s", "", slip)
        said = "<script>document.title='x'</script>&\"q\"" if note == HARD else None
        assert (said in flat) if said else flat.count("少") == 2 * len(LONGEST)
        page.get_by_test_id(f"bump-{number}").click()
    assert page.title() == title, "no script ran"
    assert page.locator(".tk script").count() == 0
    for body in ({"note": "x" * 500}, {"lines": [{"item": "twice-cooked-pork", "note": "x" * 500}]}):
        status, answer = house.post_order("3", **body)
        assert (status, answer["code"]) == (422, "invalid")
        assert "200" in json.dumps(answer), "the limit is stated"
