"""What every driver must do, held against every line of the table: one conversation each, over every hostile line.

A new driver needs its conversation in conversations.py and passes here, or it is none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from conversations import CONVERSATIONS, RUNGS, Conversation, Hands, Stage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.charset import ENCODINGS
from firmware_bridge.config import LONGEST_TEXT, problems_of
from firmware_bridge.drivers.driver import Driver
from firmware_bridge.drivers.table import DRIVERS
from firmware_bridge.escpos import BarCodeBytes
from gateway.contract.messages import DeviceCommand, DeviceDesired, DeviceStatus
from gateway.domain.settings import Printer

MOST_HELD = 16 * 1024
"""Bytes and entries that a driver may keep of what its device said, whatever that was."""

TALKS = [
    pytest.param(kind, talk, id=f"{kind}-{at}") for kind in CONVERSATIONS for at, talk in enumerate(CONVERSATIONS[kind])
]
quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def hands(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[Hands]:
    made = Hands(tmp_path, bar_codes)
    yield made
    made.journal.close()


def test_every_kind_of_device_has_a_golden_conversation() -> None:
    assert set(CONVERSATIONS) == set(DRIVERS)


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize(("kind", "talk"), TALKS)
def test_a_conversation_comes_out_the_same_over_every_line(
    hands: Hands, kind: str, talk: Conversation, rung: str
) -> None:
    stage = Stage(hands, kind, rung, talk)
    stage.play()
    assert hands.told == list(talk.events)
    assert tuple(result.state for result in hands.results) == talk.results
    assert hands.states[-1].status == talk.status
    if talk.heard and rung != "unplugged in the middle":
        assert stage.line.heard == talk.heard
    if talk.heard and rung == "unplugged in the middle":
        last = talk.heard[talk.heard.rindex(b"\x1bQA") :]
        assert stage.line.heard == b"\r\x0c" + last, "what stood there is said again, by itself"
    stage.device.retire()
    stage.run(0.1)
    assert stage.device.idle
    stage.device.close()


def held(thing: Any, seen: set[int]) -> int:
    """How much somebody keeps: the lengths of all its texts and collections, to the ground."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, str | bytes | bytearray):
        return len(thing)
    if isinstance(thing, dict):
        return len(thing) + sum(held(each, seen) for pair in thing.items() for each in pair)
    if isinstance(thing, list | tuple | set | frozenset) or type(thing).__name__ == "deque":
        return len(thing) + sum(held(each, seen) for each in thing)
    if type(thing).__module__.startswith("firmware_bridge."):
        parts = dict(getattr(thing, "__dict__", {}))
        parts |= {name: getattr(thing, name, None) for name in getattr(thing, "__slots__", ())}
        parts.pop("given", None)
        return held(parts, seen)
    return 0


FLOODS = {
    "one byte for ever": b"\xff" * 4096,
    "digits": b"0123456789" * 410,
    "long codes": b"".join(b"%d" % at + b"x" * 4000 + b"\r" for at in range(10)),
    "line ends": b"\r\n" * 2048,
    "half frames": (b"ST,GS,+  0." + b"\x02+00125" + b"=52.1" + b"\x1bQA" + b"\x00\x02\x55") * 120,
    "noise": bytes((at * 7919 + (at >> 3) * 104729) >> 4 & 0xFF for at in range(4096)),
}


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize(("kind", "talk"), TALKS)
def test_a_device_that_never_stops_talking_fills_nothing(
    hands: Hands, kind: str, talk: Conversation, flood: str
) -> None:
    driver = hands.driver(talk.desired(kind))
    driver.connected(hands.now)
    for _ in range(40):
        hands.now += 0.05
        driver.receive(FLOODS[flood], hands.now)
        driver.step(hands.now)
        if data := driver.outgoing():
            driver.sent(len(data), hands.now)
        driver.step(hands.now)
    for at in range(100):
        driver.take(DeviceCommand("text", {"lines": [f"{at}" * 5000], "ready": [f"{at}"] * 500}))
        driver.take(DeviceCommand("numbers", {"ready": [f"{at}" * 500] * 500}))
    assert held(driver, set()) < MOST_HELD
    assert len(hands.events) <= 30, "two seconds of noise do not fill the broker"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
told_anything = st.builds(
    DeviceCommand,
    st.sampled_from(["text", "clear", "numbers", "lamp", "lamps", "kick", "page", "", "print"]),
    st.dictionaries(st.sampled_from(["lines", "ready", "on", "x"]), json_values, max_size=3),
    st.text(max_size=4),
)
hostile = st.binary(max_size=300) | st.sampled_from(
    [frame for talks in CONVERSATIONS.values() for talk in talks for frame in talk.said]
)
doings = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), hostile),
        st.tuples(st.just("take"), told_anything),
        st.tuples(st.just("sent"), st.integers(0, 60)),
        st.tuples(st.just("pass"), st.sampled_from([0.0, 0.001, 0.06, 1.0, 6.0, 4000.0])),
        st.tuples(st.sampled_from(["connected", "disconnected", "retire", "close"]), st.none()),
    ),
    max_size=25,
)


@pytest.mark.parametrize(("kind", "talk"), TALKS)
def test_no_order_of_things_and_no_bytes_upset_a_driver(hands: Hands, kind: str, talk: Conversation) -> None:
    @quick
    @given(doings)
    def play(todo: list[tuple[str, Any]]) -> None:
        driver = hands.driver(talk.desired(kind))
        for name, value in todo:
            do(driver, name, value, hands)
            wish = driver.step(hands.now)
            assert isinstance(wish, float)
            condition = driver.condition()
            assert condition is None or (condition[0] in get_args(DeviceStatus) and isinstance(condition[1], list))
            assert all(isinstance(word, str) for word in driver.identity())
            assert isinstance(driver.idle, bool)

    play()


def do(driver: Driver, name: str, value: Any, hands: Hands) -> None:
    match name:
        case "receive":
            driver.receive(value, hands.now)
        case "take":
            driver.take(value)
        case "pass":
            hands.now += value
        case "sent":
            leaving = driver.outgoing()
            assert driver.outgoing() == leaving, "looking changes nothing"
            count = min(value, len(leaving))
            if count:
                driver.sent(count, hands.now)
                if count < len(leaving):
                    assert driver.outgoing().startswith(leaving[count:]), "what has begun to leave is not changed"
        case "connected":
            driver.connected(hands.now)
        case "disconnected":
            driver.disconnected(hands.now, "unplugged")
        case "retire":
            driver.retire()
        case "close":
            driver.close()


@pytest.mark.parametrize("kind", DRIVERS)
def test_an_option_that_a_driver_does_not_have_is_said_in_words(kind: str) -> None:
    desired = DeviceDesired("it", kind, "/dev/x", baud=9600, options={"colour": "red"})
    assert "unknown option colour" in problems_of(desired)[0]
    for name, choice in DRIVERS[kind].options.items():
        assert problems_of(DeviceDesired("it", kind, "/dev/x", baud=9600, options={name: choice[-1]})) == []
        assert "is none of" in problems_of(DeviceDesired("it", kind, "/dev/x", baud=9600, options={name: "?"}))[0]
    for name in DRIVERS[kind].texts:
        ends = [
            problems_of(DeviceDesired("it", kind, "/dev/x", baud=9600, options={name: text}))
            for text in ("", "佳博 80", "x" * LONGEST_TEXT, "x" * (LONGEST_TEXT + 1))
        ]
        assert ends == [[], [], [], [f"option {name} has {LONGEST_TEXT + 1} characters, at most {LONGEST_TEXT}"]]


def test_a_store_can_ask_for_every_encoding_that_a_printer_can_be_sent() -> None:
    for wish in (DeviceDesired, Printer):
        assert get_args(get_type_hints(wish)["encoding"]) == ENCODINGS
    for encoding in ENCODINGS:
        assert problems_of(DeviceDesired("kitchen", "escpos_printer", "/dev/k", encoding=encoding)) == []


def test_drivers_draw_no_random_number_and_read_no_clock() -> None:
    for kind in DRIVERS.values():
        module = sys.modules[kind.__module__]
        assert {"time", "random", "secrets", "threading"}.isdisjoint(vars(module)), kind
