"""Scales: both dialects byte for byte, and which of their readings are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conversations import Hands
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.drivers.driver import Driver
from firmware_bridge.drivers.weighing import Lines, Reading, Yaohua
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.virtual.scale import VirtualScale
from gateway.contract.messages import DeviceDesired


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        (b"ST,GS,+  0.125kg\r\n", Reading(125, True)),
        (b"US,GS,+  0.125kg\r\n", Reading(125, False)),
        (b"ST,NT,-  1.000kg\r\n", Reading(-1000, True)),
        (b"ST,+00123.45  g\r\n", Reading(123, True)),
        (b"ST,GS,+     12 g\r\n", Reading(12, True)),
        (b"ST,GS,-  0.000kg\r\n", Reading(0, True)),
        (b"QT,GS,+     10 g\n", Reading(10, True)),
        (b"OL,GS,+9999.999kg\r\n", Reading(None)),
        (b"OL,GS,+           \r\n", Reading(None)),
        (b"ST,TR,+  0.300kg\r\n", None),
        (b"ST,GS,+  0.125lb\r\n", None),
        (b"ST,GS,+  0.1\r\n", None),
        (b"ST,GS,+  0. 5kg\r\n", None),
        (b"ST,GS,+  0.1ST,GS,+  0.125kg\r\n", None),
        (b"125\r\n", None),
    ],
)
def test_a_line_of_the_first_dialect(line: bytes, reading: Reading | None) -> None:
    assert Lines().feed(line) == ([] if reading is None else [reading])
    parity = bytes(byte | (byte.bit_count() % 2) << 7 for byte in line)
    assert Lines().feed(parity) == ([] if reading is None else [reading]), "seven bits and even parity"


@pytest.mark.parametrize(
    ("frame", "grams"),
    [
        (b"\x02+00125031E\x03", 1250),  # 2B^30^30^31^32^35^30^33 = 1E
        (b"\x02-00100031F\x03", -1000),  # 2D^30^30^31^30^30^30^33 = 1F
        (b"\x02-00100031E\x03", None),
        (b"\x02+00125031E", None),
        (b"\x02+0125031E\x03", None),
        (b"\x02------\x03", None),
        (b"=52.100=", 1250),
        (b"=000.3000=", 3000),
        (b"=00.1000-=", -1000),
        (b"=52.1=", None),
        (b"=5.2.100=", None),
        (b"=------=", None),
    ],
)
def test_a_frame_of_the_second_dialect(frame: bytes, grams: int | None) -> None:
    assert Yaohua("kg").feed(frame) == ([] if grams is None else [Reading(grams)])


@settings(max_examples=300, deadline=None)
@given(st.integers(-99_999, 30_000), st.sampled_from(["a_and_d", "xk3190", "xk3190_reversed"]), st.binary(max_size=20))
def test_what_a_virtual_scale_of_either_dialect_says_is_read_behind_any_noise(
    grams: int, dialect: str, noise: bytes
) -> None:
    codec = Lines() if dialect == "a_and_d" else Yaohua("kg")
    frame = VirtualScale(dialect)._frame(grams, False)
    codec.feed(noise + b"\r\n=")
    assert [reading.grams for reading in codec.feed(frame * 3)][-2:] == [grams, grams]


@pytest.fixture
def hands(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[Hands]:
    made = Hands(tmp_path, bar_codes)
    yield made
    made.journal.close()


def a_scale(hands: Hands, dialect: str = "a_and_d", unit: str = "kg") -> Driver:
    driver = hands.driver(DeviceDesired("scale", "scale", "fake", options={"dialect": dialect, "unit": unit}))
    driver.connected(hands.now)
    return driver


def hear(hands: Hands, driver: Driver, frame: bytes, seconds: float) -> list[int]:
    """The frame ten times a second; what was told so far."""
    for _ in range(round(seconds * 10)):
        driver.receive(frame, hands.now)
        driver.step(hands.now)
        hands.now += 0.1
    return [int(event.facts["grams"]) for event in hands.events]


def test_only_what_rests_and_is_new_is_told(hands: Hands) -> None:
    driver = a_scale(hands)
    assert hear(hands, driver, b"US,GS,+  0.125kg\r\n", 3) == []
    assert hear(hands, driver, b"ST,GS,+  0.125kg\r\n", 3) == [125]
    assert hear(hands, driver, b"US,GS,+  0.300kg\r\n", 1) == [125]
    assert hear(hands, driver, b"ST,GS,+  0.125kg\r\n", 3) == [125]
    assert hear(hands, driver, b"ST,GS,+  0.000kg\r\n", 3) == [125, 0]
    assert hear(hands, driver, b"ST,GS,-  0.500kg\r\n", 3) == [125, 0, -500]
    assert all(event.facts["stable"] for event in hands.events)


def test_a_dialect_that_does_not_say_it_rests_after_half_a_second(hands: Hands) -> None:
    driver = a_scale(hands, "xk3190", "g")
    assert hear(hands, driver, b"=005210=", 0.4) == []
    assert hear(hands, driver, b"=005220=", 0.4) == []
    assert hear(hands, driver, b"=005230=", 1) == [32500]


def test_an_overload_silence_and_noise_are_seen_in_its_condition(hands: Hands) -> None:
    driver = a_scale(hands)
    assert driver.condition() is None, "nothing is known of it yet"
    assert hear(hands, driver, b"ST,GS,+  0.125kg\r\n", 1) == [125]
    assert driver.condition() == ("online", [])
    hear(hands, driver, b"OL,GS,+9999999kg\r\n", 1)
    assert driver.condition() == ("blocked", ["overload"])
    assert hear(hands, driver, b"ST,GS,+  0.125kg\r\n", 1) == [125, 125], "after an overload it counts as new"
    hear(hands, driver, b"\xa7\x13\x7f" * 10, 2)
    assert driver.condition() == ("degraded", ["unreadable"])
    hands.now += 6
    driver.step(hands.now)
    assert driver.condition() == ("unknown", ["no_answer"])
    hear(hands, driver, b"\r\nST,GS,+  0.125kg\r\n", 1)
    assert driver.condition() == ("online", [])


def test_a_scale_that_changes_with_every_reading_tells_five_a_second(hands: Hands) -> None:
    driver = a_scale(hands)
    for at in range(200):
        driver.receive(b"ST,GS,+%7dkg\r\n" % at, hands.now)
        driver.step(hands.now)
        hands.now += 0.01
    assert len(hands.events) <= 11
    hands.now += 1
    driver.step(hands.now)
    assert hands.events[-1].facts["grams"] == 199_000, "the newest one is never left out"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 30), st.sampled_from(["a_and_d", "xk3190"]))
def test_a_frame_whose_bytes_get_lost_is_no_weight_of_its_own(hands: Hands, kept: int, dialect: str) -> None:
    hands.events.clear()
    driver = a_scale(hands, dialect)
    whole = VirtualScale(dialect)._frame(1234, False)
    assert hear(hands, driver, whole[: min(kept, len(whole) - 2)], 2) == []
