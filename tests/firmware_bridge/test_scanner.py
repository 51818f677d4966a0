"""The scanner's driver: where a code ends, what it says, and that one look is one scan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conversations import Hands
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.drivers.driver import Driver
from firmware_bridge.drivers.scanner import LONGEST_CODE, MOST_CODES, text_of
from firmware_bridge.escpos import BarCodeBytes
from gateway.contract.messages import DeviceDesired


@pytest.fixture
def hands(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[Hands]:
    made = Hands(tmp_path, bar_codes)
    yield made
    made.journal.close()


def a_scanner(hands: Hands, ends: str = "either") -> Driver:
    driver = hands.driver(DeviceDesired("door", "scanner", "fake", options={"ends": ends}))
    driver.connected(hands.now)
    return driver


def hear(hands: Hands, driver: Driver, *parts: bytes | float) -> list[str]:
    """Bytes as they come, and seconds of rest between them; what was told in the end."""
    for part in parts:
        if isinstance(part, bytes):
            driver.receive(part, hands.now)
        else:
            hands.now += part
        driver.step(hands.now)
    return [str(event.facts["text"]) for event in hands.events]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b""])
def test_a_code_ends_with_a_line_end_or_a_rest(hands: Hands, end: bytes) -> None:
    assert hear(hands, a_scanner(hands), b"A1" + end, 0.06, b"B2" + end, 0.06) == ["A1", "B2"]


def test_a_rest_is_what_somebody_saw_and_not_what_we_came_too_late_for(hands: Hands) -> None:
    driver = a_scanner(hands)
    driver.receive(b"690123", hands.now)
    hands.now += 5  # this thread slept; the rest of the code lay in the line all the time
    driver.receive(b"4567892\r", hands.now)
    assert hear(hands, driver, 0.06) == ["6901234567892"]


def test_only_line_ends_leave_a_half_code_out_and_only_gaps_leave_line_ends_out(hands: Hands) -> None:
    assert hear(hands, a_scanner(hands, "line_end"), b"HALF", 0.4, b"WHOLE\n", b"LOST", 1.5, b"B\r") == [
        "HALFWHOLE",
        "B",
    ]
    hands.events.clear()
    assert hear(hands, a_scanner(hands, "gap"), b"A\r\nB", 0.06, b"C", 0.06) == ["AB", "C"]


def test_the_same_code_is_one_scan_for_a_second_and_another_one_after(hands: Hands) -> None:
    driver = a_scanner(hands)
    assert hear(hands, driver, *([b"A\r", 0.4] * 6)) == ["A"], "a scanner on a stand repeats what lies before it"
    assert hear(hands, driver, 0.7, b"A\r", b"B\r", b"A\r") == ["A", "A", "B"]
    assert len({event.key for event in hands.events}) == 3


def test_a_code_that_is_too_long_or_no_text_is_left_out_and_said(hands: Hands) -> None:
    driver = a_scanner(hands)
    assert hear(hands, driver, b"x" * LONGEST_CODE + b"\r") == ["x" * LONGEST_CODE]
    hands.events.clear()
    assert hear(hands, driver, b"y" * 4000, b"y" * 4000, b"\r") == []
    assert driver.condition() == ("degraded", ["unreadable"])
    assert hear(hands, driver, b"\xff\xfe\r", b"ok\r") == ["ok"]
    assert driver.condition() == ("online", [])


def test_a_line_full_of_codes_does_not_fill_the_broker(hands: Hands) -> None:
    codes = b"".join(b"%d\r" % at for at in range(1000))
    assert len(hear(hands, a_scanner(hands), codes)) == MOST_CODES


def test_codes_are_utf8_or_gbk_without_what_commands_a_screen() -> None:
    assert text_of("桌12".encode()) == text_of("桌12".encode("gbk")) == "桌12"
    assert text_of(b"\x02(01)0690\x1d10A\x03\x1b[2J\xe2\x80\xae") == "(01)0690\x1d10A[2J"
    assert text_of(b"\xff\xff") is None


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=30), max_size=5, unique=True))
def test_every_text_comes_through_in_whatever_pieces(hands: Hands, texts: list[str]) -> None:
    hands.events.clear()
    driver = a_scanner(hands)
    for text in texts:
        for byte in text.encode() + b"\r\n":
            driver.receive(bytes([byte]), hands.now)
            hands.now += 0.001
    assert [event.facts["text"] for event in hands.events] == texts
