"""Labels on real lines: a pty and a TCP port, the whole bridge and a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridge_rig import BridgeThread, Gateway, Printers
from label_samples import LABELS
from waiting import eventually

from gateway.contract.messages import FINAL_RESULTS, DeviceDesired, PrintCommand

SIZE = {"width_mm": "40", "height_mm": "30", "gap_mm": "2"}


class Cups:
    """A label printer, and the gateway's hands."""

    def __init__(self, kind: str, gateway: Gateway, devices: Printers) -> None:
        self.gateway, self.devices = gateway, devices
        port = str(devices.facts("cups")["port"])
        gateway.desire(DeviceDesired("cups", "tspl_printer", port, 115200, options=SIZE))
        self.until("online")

    def until(self, status: str, *reasons: str) -> None:
        def last() -> Any:
            found = self.gateway.on(self.gateway.topics.device_state("cups"))
            return (found[-1]["status"], found[-1].get("reasons", [])) if found else None

        eventually(f"the printer is {status}", lambda: last() == (status, [*reasons]), seen=last)

    def print(self, key: str, attempt: int = 1) -> None:
        slip = msgspec.structs.replace(LABELS["en"]["cup"], place=key, order=key)
        self.gateway.send(PrintCommand("print", key, attempt, slip), "cups")

    def end(self, key: str) -> dict[str, Any]:
        def final() -> dict[str, Any] | None:
            found = self.gateway.results(key, "cups")
            return found[-1] if found and found[-1]["state"] in FINAL_RESULTS else None

        return eventually(f"{key} has an end", final, 40, seen=lambda: self.gateway.results(key, "cups"))

    def begun(self, key: str) -> None:
        """Its first bytes have left: a label takes a quarter of a second."""
        eventually(f"{key} has begun", lambda: any(r["state"] == "SENDING" for r in self.gateway.results(key, "cups")))

    def came_out(self) -> list[str]:
        return [paper.split()[0] for paper in self.devices.papers("cups")]


@pytest.fixture(params=["pty", "tcp"])
def cups(request: pytest.FixtureRequest, tmp_path: Path, gateway: Gateway, bridge: BridgeThread) -> Iterator[Cups]:
    text = f'[[printer]]\nname = "cups"\ndriver = "tspl_printer"\nkind = "{request.param}"\nbaud = 115200\n'
    devices = Printers(tmp_path / "devices", text)
    yield Cups(request.param, gateway, devices)
    devices.stop()


def test_labels_run_out_in_the_middle_of_ten_and_each_comes_out_once_or_is_asked_about(cups: Cups) -> None:
    keys = [f"A{at:02}" for at in range(10)]
    for key in keys[:4]:
        cups.print(key)
    cups.begun(keys[3])
    cups.devices.fault("paper_out", device="cups")
    for key in keys[4:]:
        cups.print(key)
    cups.until("blocked", "paper_out")
    for attempt in (2, 3):  # as the gateway asks again and again
        for key in keys:
            cups.print(key, attempt)
    assert len(cups.came_out()) < 5
    cups.devices.fault("paper_out", on=False, device="cups")
    ends = {key: cups.end(key) for key in keys}
    asked = [key for key in keys if ends[key]["state"] != "PRINTED"]
    assert len(asked) <= 1, "only the one under the head"
    assert [(ends[key]["state"], ends[key]["reason"]) for key in asked] == [("UNKNOWN", "paper_out")] * len(asked)
    eventually("all are in the tray", lambda: len(cups.came_out()) >= 10)
    assert cups.came_out() == keys, "this printer prints again what it spoiled"
    folder = cups.devices.folder / "paper" / "cups"
    assert {file.suffix for file in folder.glob("0010.*")} == {".bin", ".png", ".txt"}
    cups.until("online")


def test_a_cable_that_is_pulled_while_a_label_prints_asks_a_person(cups: Cups) -> None:
    cups.devices.fault("cover_open", device="cups")
    cups.until("blocked", "cover_open")
    cups.print("A1")
    cups.devices.fault("cover_open", on=False, device="cups")
    cups.begun("A1")
    cups.devices.fault("printer_unplugged", device="cups")
    end = cups.end("A1")
    assert end["state"] == "UNKNOWN", end
    cups.devices.fault("printer_unplugged", on=False, device="cups")
    cups.until("online")
    cups.print("A1", 2)
    cups.print("A2")
    assert cups.end("A2")["state"] == "PRINTED"
    assert cups.end("A1")["state"] == "UNKNOWN", "it is never printed again by itself"
    eventually("it is in the tray", lambda: "A2" in cups.came_out())
    assert cups.came_out().count("A1") <= 1


def test_a_power_cut_loses_a_label_and_says_so(cups: Cups) -> None:
    cups.print("A1")
    cups.begun("A1")
    cups.devices.fault("printer_power_cut", device="cups")
    assert cups.end("A1")["state"] == "UNKNOWN"
    cups.devices.fault("printer_power_cut", on=False, device="cups")
    cups.until("online")
    assert "A1" not in cups.came_out()


def test_a_mute_printer_prints_and_proves_nothing(cups: Cups) -> None:
    cups.devices.fault("printer_mute", device="cups")
    cups.until("unknown", "no_answer")
    cups.print("A1")
    assert cups.end("A1")["state"] == "UNKNOWN"
    eventually("it came out", lambda: cups.came_out() == ["A1"], seen=cups.came_out)
