"""Pole display and ready board: the bytes of a picture, and that the newest one stands, whole, after everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conversations import Hands, picture
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.drivers.driver import Driver
from firmware_bridge.drivers.line_display import CELLS, SAY_AGAIN_S, line_of
from firmware_bridge.drivers.ready_board import PAGE_S, pages_of
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.virtual.display import VirtualDisplay
from gateway.contract.messages import DeviceCommand, DeviceDesired


@pytest.mark.parametrize(
    ("text", "charset", "line"),
    [
        ("TOTAL         56.00", "ascii", b"TOTAL         56.00 "),
        ("宫保鸡丁 ¥28", "ascii", b"???? ?28"),
        ("宫保鸡丁 ¥28", "gbk", "宫保鸡丁 ￥28".encode("gbk")),
        ("Café（大）：ok", "cp437", b"Caf\x82(?):ok"),
        ("Café", "gbk", b"Caf\xa8\xa6"),
        ("\x1b@\x0c\rA\nB\u202eC\ufe0f", "gbk", b"@  A BC"),
        ("一二三四五六七八九十一", "gbk", "一二三四五六七八九十".encode("gbk")),
        ("a一二三四五六七八九十", "gbk", b"a" + "一二三四五六七八九".encode("gbk") + b" "),
    ],
)
def test_a_line_is_twenty_cells_and_what_cannot_be_shown_is_a_question_mark(
    text: str, charset: str, line: bytes
) -> None:
    assert line_of(text, charset) == line.ljust(CELLS)


@given(st.text(max_size=60), st.sampled_from(["ascii", "cp437", "gbk"]))
def test_no_text_commands_a_display(text: str, charset: str) -> None:
    line = line_of(text, charset)
    assert len(line) == CELLS
    assert min(line) >= 0x20
    assert 0x7F not in line
    screen = VirtualDisplay(charset)
    screen.hear(b"\x1bQA" + line + b"\r")
    assert screen.unknown == 0


@pytest.fixture
def hands(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[Hands]:
    made = Hands(tmp_path, bar_codes)
    yield made
    made.journal.close()


def a_display(hands: Hands, kind: str = "pole_display") -> Driver:
    return hands.driver(DeviceDesired("it", kind, "fake", options={"charset": "gbk"}))


def say(*lines: str) -> DeviceCommand:
    return DeviceCommand("text", {"lines": list(lines)})


def leave(hands: Hands, driver: Driver, most: int = 10_000) -> bytes:
    """What leaves until nothing does, or until so many bytes have."""
    left = b""
    while len(left) < most and (data := driver.outgoing()):
        count = min(7, most - len(left), len(data))
        driver.sent(count, hands.now)
        left += data[:count]
    return left


def test_the_newest_text_wins_and_none_is_cut(hands: Hands) -> None:
    driver = a_display(hands)
    driver.take(say("before", "the line"))
    driver.connected(hands.now)
    assert leave(hands, driver) == b"\r\x0c" + picture(b"before", b"the line")
    driver.take(say("1"))
    half = leave(hands, driver, 9)
    for at in range(2, 1000):
        driver.take(say(str(at)))
    assert half + leave(hands, driver) == picture(b"1", b"") + picture(b"999", b"")
    driver.take(say("999"))
    assert driver.outgoing() == b"", "what stands there is not said again"
    driver.take(DeviceCommand("clear"))
    assert leave(hands, driver) == picture(b"", b"")


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_wherever_the_cable_went_the_whole_text_stands_after_it(hands: Hands, cut: int) -> None:
    driver, screen = a_display(hands), VirtualDisplay("gbk")
    driver.take(say("合计 Total", "￥56.00"))
    driver.connected(hands.now)
    screen.hear(leave(hands, driver, cut))
    driver.disconnected(hands.now, "unplugged")
    assert driver.outgoing() == b""
    driver.connected(hands.now)  # the same display: its power came from elsewhere, so it still holds half a command
    screen.hear(leave(hands, driver))
    assert screen.facts()["text"] == ["合计 Total", "￥56.00"]


def test_a_display_that_lost_its_power_has_its_text_again_soon(hands: Hands) -> None:
    driver, screen = a_display(hands), VirtualDisplay("gbk")
    driver.connected(hands.now)
    driver.take(say("A", "B"))
    screen.hear(leave(hands, driver))
    screen.power()
    hands.now += SAY_AGAIN_S - 0.1
    assert driver.step(hands.now) == pytest.approx(hands.now + 0.1)
    assert driver.outgoing() == b""
    hands.now += 0.2
    driver.step(hands.now)
    screen.hear(leave(hands, driver))
    assert screen.facts()["text"] == ["A", "B"]


@pytest.mark.parametrize(
    "wrong",
    [
        DeviceCommand("text"),
        DeviceCommand("text", {"lines": "AB"}),
        DeviceCommand("text", {"lines": [1, None]}),
        DeviceCommand("lamp", {"on": True}),
    ],
)
def test_a_command_that_is_none_changes_nothing(hands: Hands, wrong: DeviceCommand) -> None:
    for kind in ("pole_display", "ready_board"):
        driver = a_display(hands, kind)
        driver.connected(hands.now)
        leave(hands, driver)
        driver.take(wrong)
        assert driver.outgoing() == b""


def test_numbers_stand_in_their_order_page_after_page(hands: Hands) -> None:
    numbers = [f"A{at:03d}" for at in range(1, 11)]
    assert pages_of(numbers, "ascii") == [
        ("A001 A002 A003 A004", "A005 A006 A007 A008"),
        ("A009 A010",),
    ]
    assert pages_of([], "ascii") == [()]
    driver, screen = a_display(hands, "ready_board"), VirtualDisplay("gbk")
    driver.connected(hands.now)
    driver.take(DeviceCommand("numbers", {"ready": numbers}))
    seen = []
    for _ in range(3):
        driver.step(hands.now)
        screen.hear(leave(hands, driver))
        seen.append(screen.facts()["text"])
        hands.now += PAGE_S
    first, second = ["A001 A002 A003 A004", "A005 A006 A007 A008"], ["A009 A010", ""]
    assert seen == [first, second, first]
    driver.take(DeviceCommand("numbers", {"ready": ["", "\x1b\r", "B1"]}))
    screen.hear(leave(hands, driver))
    assert screen.facts()["text"] == ["B1", ""]
    driver.take(DeviceCommand("numbers", {"ready": []}))
    screen.hear(leave(hands, driver))
    assert screen.facts()["text"] == ["", ""]
