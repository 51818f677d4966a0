"""A test of small devices over the whole road: they show a harmless sign, or are listened to, and all is as before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridge_rig import BridgeThread, Gateway, Printers, kitchen
from conversations import Hands
from waiting import eventually

from firmware_bridge.broker import MAX_KEY
from firmware_bridge.drivers.driver import Probe, Surroundings
from firmware_bridge.drivers.scanner import Scanner
from firmware_bridge.drivers.sign_of_life import LISTENS_S, MOST_TOLD, SignOfLife
from firmware_bridge.escpos import BarCodeBytes
from gateway.contract.messages import MAX_PAYLOAD, BridgeCommand, BridgeEvent, DeviceCommand, DeviceDesired

DEVICES = '[[printer]]\nname = "kitchen"\nbaud = 115200\n' + "".join(
    f'[[device]]\nname = "{name}"\ndriver = "{driver}"\n'
    for name, driver in (("door", "scanner"), ("pole", "pole_display"), ("board", "ready_board"), ("bar", "mcu_device"))
)
BAUD = {"bar": 115200}
DRIVERS = {"door": "scanner", "pole": "pole_display", "board": "ready_board", "bar": "mcu_device"}


@pytest.fixture
def devices(tmp_path: Path, gateway: Gateway, bridge: BridgeThread) -> Iterator[Printers]:
    made = Printers(tmp_path / "devices", DEVICES)
    made.ready()
    wanted = [DeviceDesired(name, DRIVERS[name], made.port(name), BAUD.get(name, 9600)) for name in DRIVERS]
    gateway.desire(kitchen(made), *wanted)
    for name in (*DRIVERS, "kitchen"):
        topic = gateway.topics.device_state(name)
        eventually(f"{name} is online", lambda topic=topic: [s["status"] for s in gateway.on(topic)][-1:] == ["online"])
    yield made
    made.stop()


def try_out(gateway: Gateway, device: str, key: str = "") -> None:
    command = BridgeCommand("test", key or device, 1, device)
    gateway.publish(gateway.topics.bridge_do("b1"), msgspec.json.encode(command))


def answer(gateway: Gateway, key: str) -> dict[str, Any]:
    topic = gateway.topics.bridge_events("b1")
    found: dict[str, Any] = eventually(
        f"{key} is answered", lambda: next((each for each in gateway.on(topic) if each["key"] == key), None), 20
    )
    return found


def tell(gateway: Gateway, name: str, op: str, **args: Any) -> None:
    gateway.publish(gateway.topics.device_do(name), msgspec.json.encode(DeviceCommand(op, args)))


def stands(devices: Printers, name: str, *rows: str) -> None:
    eventually(f"{rows} on {name}", lambda: list(devices.facts(name)["text"]) == list(rows), 10,
               seen=lambda: devices.facts(name)["text"])  # fmt: skip


def test_a_display_shows_its_sign_and_then_what_stood_or_came_meanwhile(gateway: Gateway, devices: Printers) -> None:
    tell(gateway, "pole", "text", lines=["TOTAL", "56.00"])
    tell(gateway, "board", "numbers", ready=["A031"])
    stands(devices, "pole", "TOTAL", "56.00")
    stands(devices, "board", "A031", "")
    for name in ("pole", "board"):
        try_out(gateway, name)
    for name in ("pole", "board"):
        stands(devices, name, "TABLEPASS TEST", "12345678901234567890")
    tell(gateway, "board", "numbers", ready=["A032"])
    for name in ("pole", "board"):
        told = answer(gateway, name)
        assert told["kind"] == "tested"
        assert told["facts"] == {"status": "online", "reasons": [], "showed": True, "told": []}
    stands(devices, "pole", "TOTAL", "56.00")
    stands(devices, "board", "A032", "")


def test_a_board_flashes_its_lamps_and_a_scanner_is_listened_to(gateway: Gateway, devices: Printers) -> None:
    tell(gateway, "bar", "lamps", on=[1])
    eventually("one lamp is on", lambda: devices.facts("bar")["lamps"])
    before = devices.facts("bar")["lamps"]
    for name in ("bar", "door", "kitchen", "nobody"):
        try_out(gateway, name)
    eventually("the lamps flash", lambda: devices.facts("bar")["lamps"] != before)
    try_out(gateway, "door", "again")
    assert answer(gateway, "again")["facts"] == {"reason": "busy"}
    assert devices.ask(op="scan", device="door", text="A031") == {"ok": True}
    board = answer(gateway, "bar")["facts"]
    assert (board["showed"], board["model"], "led" in board["has"]) == (True, "bump-bar-8", True)
    eventually("the one lamp again", lambda: devices.facts("bar")["lamps"] == before)
    assert answer(gateway, "door")["facts"]["told"] == [{"kind": "scan", "facts": {"text": "A031"}}]
    assert len(gateway.on(gateway.topics.device_events("door"))) == 1, "and the store heard it, once"
    assert answer(gateway, "kitchen")["facts"] == {"reason": "not_possible"}
    assert answer(gateway, "nobody")["facts"] == {"reason": "unknown_device"}


def test_a_device_whose_cable_is_out_is_off_line(gateway: Gateway, devices: Printers) -> None:
    try_out(gateway, "door", "k1")
    devices.fault("unplugged", device="door")
    assert answer(gateway, "k1")["facts"] == {"reason": "offline"}


def test_ten_codes_of_the_largest_size_still_fit_into_the_answer(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    hands = Hands(tmp_path, bar_codes)
    sign = SignOfLife(hands)
    desired = DeviceDesired("door", "scanner", "/dev/x", 9600)
    scanner = Scanner(Surroundings(desired, hands.journal, sign, bar_codes, lambda bits: 7))
    scanner.connected(0.0)
    answers: list[dict[str, Any]] = []
    refusals: list[str] = []
    sign.begin(Probe(answers.append, refusals.append, sign=True), scanner, 0.0, connected=True)
    for number in range(MOST_TOLD + 2):
        # A quote is two bytes in JSON.
        scanner.receive(str(number).encode() + b'"' * 4000 + b"\r", float(number) / 2)
        scanner.step(float(number) / 2)
    scanner.receive(b"A031\r", 9.0)
    scanner.step(9.0)
    sign.step(scanner, LISTENS_S, connected=True)
    assert len(hands.events) == MOST_TOLD + 3, "the store hears all of them"
    [facts] = answers
    largest = BridgeEvent("k" * MAX_KEY, "tested", facts)
    assert MAX_PAYLOAD / 4 < len(msgspec.json.encode(largest)) < MAX_PAYLOAD
    assert facts["told"][-1]["facts"] == {"text": "A031"}, "what still fits is told"
    hands.journal.close()
