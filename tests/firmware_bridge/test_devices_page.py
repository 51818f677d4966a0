"""docs/devices.md: its example is a whole driver of at most 60 lines that works on a pty; its table names them all."""

from __future__ import annotations

import os
import re
import select
import sys
import time
import tty
import types
from collections.abc import Iterator
from pathlib import Path

import conversations
import pytest
import test_drivers
from conversations import RUNGS, Conversation, Hands

from firmware_bridge.config import problems_of
from firmware_bridge.device import Device
from firmware_bridge.drivers.driver import Driver
from firmware_bridge.drivers.table import DRIVERS
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.ports.opening import open_port
from firmware_bridge.virtual.config import CHOICES
from firmware_bridge.virtual.label_printer import FAULTS as LABEL_FAULTS
from firmware_bridge.virtual.peer import FAULTS
from gateway.contract.messages import DeviceCommand, DeviceDesired

PAGE = (Path(__file__).resolve().parents[2] / "docs/devices.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
MOST_LINES = 60

TALK = Conversation(
    said=(b"\x07", b"\x07\x00\x08", b"\xfb"),
    rest=0.1,
    commands=(DeviceCommand("lamp", {"on": True}),),
    events=(("call", {"button": 7}), ("call", {"button": 8})),
    heard=b"L0L1",
)


@pytest.fixture
def hands(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[Hands]:
    made = Hands(tmp_path, bar_codes)
    yield made
    made.journal.close()


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> type[Driver]:
    """The example as a file would be, with its line in the table."""
    module = types.ModuleType("call_bell")
    monkeypatch.setitem(sys.modules, "call_bell", module)
    exec(compile(EXAMPLE, "docs/devices.md", "exec"), module.__dict__)
    monkeypatch.setitem(DRIVERS, "call_bell", module.CallBell)
    kind: type[Driver] = module.CallBell
    return kind


def test_the_example_is_at_most_sixty_lines() -> None:
    assert 20 < len(EXAMPLE.splitlines()) <= MOST_LINES


@pytest.mark.usefixtures("bell")
def test_the_example_rings_and_lights_on_a_real_pty(hands: Hands) -> None:
    host, end = os.openpty()
    tty.setraw(end)
    desired = DeviceDesired("bell", "call_bell", os.ttyname(end), baud=9600, options={"buttons": "100"})
    assert problems_of(desired) == []
    device = Device(desired, "b1", hands.journal, hands, open_port, hands.bar_codes, lambda: "now")
    device.offer(DeviceCommand("lamp", {"on": True}))
    heard = b""
    until = time.monotonic() + 10
    pressed = False
    while time.monotonic() < until and not (hands.events and heard.endswith(b"L1")):
        device.step(time.monotonic())
        if hands.states and hands.states[-1].status == "online" and not pressed:
            pressed = os.write(host, b"\x07\x07") > 0
        device.wait(0.02)
        if select.select([host], [], [], 0)[0]:
            heard += os.read(host, 64)
    device.close()
    os.close(host)
    os.close(end)
    assert hands.told == [("call", {"button": 7})]
    assert heard == b"L1"


@pytest.mark.parametrize("rung", RUNGS)
def test_the_example_passes_what_every_driver_must(
    hands: Hands, bell: type[Driver], monkeypatch: pytest.MonkeyPatch, rung: str
) -> None:
    assert bell is DRIVERS["call_bell"]
    monkeypatch.setitem(conversations.CONVERSATIONS, "call_bell", [TALK])
    stage = conversations.Stage(hands, "call_bell", rung, TALK)
    stage.play()
    assert hands.told[-2:] == list(TALK.events)
    assert stage.line.heard.endswith(b"L1")
    test_drivers.test_no_order_of_things_and_no_bytes_upset_a_driver(hands, "call_bell", TALK)


@pytest.mark.usefixtures("bell")
def test_the_checks_find_a_driver_that_keeps_everything(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the suite."""

    class Hoarder(Driver):
        def receive(self, data: bytes, now: float) -> None:
            self._kept = getattr(self, "_kept", b"") + data

    Hoarder.__module__ = "firmware_bridge.drivers.hoarder"
    monkeypatch.setitem(DRIVERS, "call_bell", Hoarder)
    with pytest.raises(AssertionError):
        test_drivers.test_a_device_that_never_stops_talking_fills_nothing(hands, "call_bell", TALK, "noise")


LISTED = 10
"""More choices than that are the numbers from one to another."""


def test_the_page_names_every_driver_option_and_fault() -> None:
    for name, kind in DRIVERS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
        for option, values in kind.options.items():
            listed = ", ".join(f"`{value}`" for value in values)
            if len(values) > LISTED:  # numbers
                listed = f"`{values[0]}` (`{min(map(int, values))}` to `{max(map(int, values))}`)"
            assert f"`{option}`: {listed}" in row, f"{name}: {option}"
        for option in kind.texts:
            assert f"`{option}`: any text" in row, f"{name}: {option}"
    for word in (*FAULTS, *LABEL_FAULTS, *(value for key in CHOICES for value in CHOICES[key]), *CHOICES):
        assert word in PAGE.partition("## Virtual devices")[2], word
