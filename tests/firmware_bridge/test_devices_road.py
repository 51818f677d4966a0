"""Small devices on real ptys through the real bridge and a real broker: what they say arrives once, what they shall
show stands, and whatever is unplugged is back within 5 s under whatever name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridge_rig import BridgeThread, Gateway, Printers, kitchen
from label_samples import LABELS
from waiting import eventually

from firmware_bridge.drivers.table import DRIVERS
from gateway.contract.messages import DeviceCommand, DeviceDesired, PrintCommand

DEVICES = """
[[printer]]
name = "kitchen"
baud = 115200

[[printer]]
name = "cups"
driver = "tspl_printer"

[[device]]
name = "door"
driver = "scanner"

[[device]]
name = "counter"
driver = "scanner"
ends = "none"

[[device]]
name = "scale"
driver = "scale"

[[device]]
name = "old-scale"
driver = "scale"
dialect = "xk3190"

[[device]]
name = "pole"
driver = "pole_display"
charset = "gbk"

[[device]]
name = "board"
driver = "ready_board"

[[device]]
name = "bar"
driver = "mcu_device"
"""
SMALL = ("door", "counter", "scale", "old-scale", "pole", "board", "bar", "cups")
OPTIONS = {"old-scale": {"dialect": "xk3190"}, "pole": {"charset": "gbk"}}
DRIVER = {
    "door": "scanner", "counter": "scanner", "scale": "scale", "old-scale": "scale", "pole": "pole_display",
    "board": "ready_board", "bar": "mcu_device", "cups": "tspl_printer",
}  # fmt: skip

BACK_WITHIN_S = 5.0


class Counter:
    """Everything that stands at a till, and the gateway's hands."""

    def __init__(self, gateway: Gateway, devices: Printers) -> None:
        self.gateway, self.devices = gateway, devices
        devices.ready()
        wanted = [
            DeviceDesired(
                name, DRIVER[name], devices.port(name), 9600, options=OPTIONS.get(name, {})
            )
            for name in SMALL
        ]
        gateway.desire(kitchen(devices), *wanted)
        for name in ("kitchen", *SMALL):
            self.online(name)

    def online(self, name: str, seconds: float = 20) -> None:
        eventually(f"{name} is online", lambda: self.status(name) == "online", seconds, seen=lambda: self.status(name))

    def status(self, name: str) -> str:
        found = self.gateway.on(self.gateway.topics.device_state(name))
        return str(found[-1]["status"]) if found else ""

    def events(self, name: str) -> list[dict[str, Any]]:
        return self.gateway.on(self.gateway.topics.device_events(name))

    def facts(self, name: str) -> list[dict[str, Any]]:
        return [event["facts"] for event in self.events(name)]

    def weighs(self, name: str) -> int | None:
        """As last told; None before the first word."""
        told = self.facts(name)
        return told[-1]["grams"] if told else None

    def tell(self, name: str, op: str, **args: Any) -> None:
        self.gateway.publish(self.gateway.topics.device_do(name), msgspec.json.encode(DeviceCommand(op, args)))

    def hand(self, op: str, name: str, **what: Any) -> None:
        assert self.devices.ask(op=op, device=name, **what) == {"ok": True}

    def stands(self, name: str, *rows: str, seconds: float = 20) -> None:
        def text() -> list[str]:
            return list(self.devices.facts(name)["text"])

        eventually(f"{rows} stands on {name}", lambda: text() == list(rows), seconds, seen=text)


@pytest.fixture
def counter(tmp_path: Path, gateway: Gateway, bridge: BridgeThread) -> Iterator[Counter]:
    devices = Printers(tmp_path / "devices", DEVICES)
    yield Counter(gateway, devices)
    devices.stop()


def test_a_scan_a_weight_and_a_text_go_all_the_way_once(counter: Counter) -> None:
    for name in ("door", "counter"):
        counter.hand("scan", name, text="桌12 http://a/t/12")
        eventually(f"a scan of {name}", lambda name=name: counter.events(name))
        counter.hand("scan", name, text="B2")
        eventually(
            "another", lambda name=name: len(counter.events(name)) == 2, seen=lambda name=name: counter.facts(name)
        )
        assert [event["kind"] for event in counter.events(name)] == ["scan"] * 2
        assert counter.facts(name) == [{"text": "桌12 http://a/t/12"}, {"text": "B2"}]
    for name in ("scale", "old-scale"):
        eventually("nothing lies on it", lambda name=name: counter.weighs(name) == 0)
        counter.hand("weigh", name, grams=125)
        eventually("its weight", lambda name=name: counter.weighs(name) == 125)
        assert counter.facts(name) == [{"grams": 0, "stable": True}, {"grams": 125, "stable": True}], (
            "none while it moved"
        )
    counter.tell("pole", "text", lines=["宫保鸡丁", "￥28.00\x1b@"])
    counter.tell("board", "numbers", ready=["A031", "A032"])
    counter.stands("pole", "宫保鸡丁", "￥28.00@")
    counter.stands("board", "A031 A032", "")
    counter.tell("pole", "clear")
    counter.stands("pole", "", "")
    assert counter.devices.facts("pole")["unknown"] == 0


def test_whatever_is_plugged_in_again_is_back_within_five_seconds_under_another_name(counter: Counter) -> None:
    counter.tell("pole", "text", lines=["Total", "56.00"])
    counter.tell("board", "numbers", ready=["A031"])
    counter.stands("pole", "Total", "56.00")
    counter.stands("board", "A031", "")
    counter.hand("weigh", "scale", grams=70)
    everything = ("kitchen", *SMALL)
    assert {"escpos_printer", *DRIVER.values()} == set(DRIVERS), "every kind of device is pulled out here"
    names = {name: os.path.realpath(counter.devices.port(name)) for name in everything}
    for name in everything:
        counter.devices.fault(unplugged(name), device=name)
    for name in everything:
        eventually(f"{name} is offline", lambda name=name: counter.status(name) == "offline")
    # The bridge has looked after 0.5, 1, 2 and 4 s and from now on looks every 2 s: the longest anybody waits for it.
    time.sleep(4.1)
    began = time.monotonic()
    weights = len(counter.events("scale"))
    for name in everything:
        counter.devices.fault(unplugged(name), on=False, device=name)
    assert all(os.path.realpath(counter.devices.port(name)) != names[name] for name in everything)
    counter.gateway.print("k1")
    label = msgspec.structs.replace(LABELS["en"]["cup"], place="L1", order="L1")
    counter.gateway.send(PrintCommand("print", "L1", 1, label), "cups")

    def left() -> float:
        return began + BACK_WITHIN_S - time.monotonic()

    for name in everything:
        counter.online(name, left())
    counter.stands("pole", "Total", "56.00", seconds=left())
    counter.stands("board", "A031", "", seconds=left())
    counter.hand("scan", "door", text="A")
    counter.hand("scan", "counter", text="B")
    eventually("scans", lambda: counter.facts("door") and counter.facts("counter"), left())
    counter.hand("press", "bar", key=3)
    eventually("a key", lambda: {"key": 3, "down": True} in counter.facts("bar"), left())
    eventually("the weight again", lambda: len(counter.events("scale")) > weights, left())
    counter.gateway.result("k1", "PRINTED", left())
    labels = lambda: [each["state"] for each in counter.gateway.results("L1", "cups")]  # noqa: E731
    eventually("the label", lambda: "PRINTED" in labels(), left(), seen=labels)
    print(f"\nreplug: all {len(everything)} devices back and at work after {time.monotonic() - began:.2f} s")


def unplugged(name: str) -> str:
    return "printer_unplugged" if name in ("kitchen", "cups") else "unplugged"


def test_a_loose_line_tells_no_half_code_and_no_half_weight(counter: Counter) -> None:
    for fault in ("half_frames", "garbage"):
        counter.devices.fault(fault, device="scale")
    counter.devices.fault("garbage", device="door")
    counter.hand("scan", "door", text="A1")
    counter.hand("weigh", "scale", grams=900)
    for name in ("door", "scale"):
        eventually(f"{name} cannot be read", lambda name=name: counter.status(name) == "degraded")
    for fault in ("half_frames", "garbage"):
        counter.devices.fault(fault, on=False, device="scale")
    counter.devices.fault("garbage", on=False, device="door")
    counter.hand("scan", "door", text="A2")
    for name in ("door", "scale"):
        counter.online(name)
    eventually("the weight", lambda: counter.weighs("scale") == 900)
    assert {fact["grams"] for fact in counter.facts("scale")} <= {0, 900}
    assert counter.facts("door") == [{"text": "A2"}]


def test_a_hand_that_does_what_a_device_cannot_is_told_so(counter: Counter) -> None:
    assert "unknown fault" in counter.devices.ask(device="scale", fault="paper_out")["error"]
    assert "scan a text" in counter.devices.ask(op="scan", device="door")["error"]
    assert "does not weigh" in counter.devices.ask(op="weigh", device="kitchen", grams=1)["error"]
    assert "no device" in counter.devices.ask(op="weigh", device="nowhere", grams=1)["error"]
