"""A bump bar and call buttons at the store's own bridge, with the real processes: what a hand presses happens once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from bridge_rig import PrinterProcess
from running_demo import RunningDemo
from waiting import eventually

RICE = {"item": "egg-fried-rice", "quantity": 1}
BOARDS = """
[[device]]
name = "wok-bar"
driver = "mcu_device"
model = "bump-bar-8"

[[device]]
name = "buttons"
driver = "mcu_device"
model = "call-base"
"""


class Hands:
    """At the devices of a kitchen, which hang at the demo's bridge."""

    def __init__(self, demo: RunningDemo, boards: PrinterProcess):
        self.demo, self.boards = demo, boards
        self._settle(
            {"wok-bar": 'station = "wok"\nkeys = { 0 = "bump_1", 1 = "bump_2", 7 = "undo" }',
             "buttons": 'calls = { 4 = "7" }'}
        )  # fmt: skip
        for name in ("wok-bar", "buttons"):
            eventually(f"{name} is online", lambda name=name: self.status(name) == "online", 20)

    def _settle(self, devices: dict[str, str]) -> None:
        exported = self.demo.store / "exported.toml"
        assert self.demo.command("settings", "export", str(exported)).returncode == 0
        text = exported.read_text(encoding="utf-8").replace("devices = []\n", "")
        for name, more in devices.items():
            text += (
                f'\n[[devices]]\nid = "{name}"\nname = {{ en = "{name}" }}\nbridge = "bridge-1"\n'
                f'driver = "mcu_device"\nport = "{self.boards.port(name)}"\nbaud = 115200\n{more}\n'
            )
        exported.write_text(text, encoding="utf-8")
        told = self.demo.command("settings", "import", str(exported))
        assert told.returncode == 0, told.stderr + text

    def status(self, name: str) -> str:
        _, found = self.demo.staff("GET", "/api/v1/devices", None)
        return next((str(d["status"]) for d in found["devices"] if d["name"] == name), "")

    def press(self, key: int) -> None:
        assert self.boards.ask(op="press", device="wok-bar", key=key) == {"ok": True}

    def call(self, button: int) -> None:
        assert self.boards.ask(op="call", device="buttons", button=button) == {"ok": True}

    def shown(self) -> list[str]:
        return [ticket["order"]["number"] for ticket in self.demo.tickets("wok")]


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    boards = PrinterProcess(tmp_path_factory.mktemp("boards"), BOARDS)
    demo = RunningDemo()
    try:
        yield Hands(demo, boards)
    finally:
        demo.stop()
        boards.stop()
        shutil.rmtree(demo.data)


def test_a_key_bumps_and_another_takes_it_back(hands: Hands) -> None:
    first, second = (str(hands.demo.order("7", [RICE])["number"]) for _ in range(2))
    assert hands.shown() == [first, second]
    hands.press(1)
    eventually("the second is bumped", lambda: hands.shown() == [first])
    hands.press(7)
    eventually("it is back", lambda: hands.shown() == [first, second])
    hands.press(0)
    eventually("the first is bumped", lambda: hands.shown() == [second])


def test_a_bar_that_is_plugged_out_is_told_of_and_its_presses_are_not_kept_for_later(hands: Hands) -> None:
    number = str(hands.demo.order("7", [RICE])["number"])
    before = hands.shown()
    assert number in before
    hands.boards.fault("unplugged", device="wok-bar")
    eventually("somebody is told", lambda: ("device_offline", "wok-bar") in told(hands.demo))
    hands.boards.fault("unplugged", on=False, device="wok-bar")
    eventually("it is well again", lambda: hands.status("wok-bar") == "online", 20)
    assert hands.shown() == before
    hands.press(0)
    eventually("it bumps again", lambda: hands.shown() == before[1:])


def test_a_call_button_calls_somebody_to_its_table(hands: Hands) -> None:
    hands.call(4)
    eventually("somebody is called", lambda: ("table_calls", "7") in told(hands.demo))
    assert hands.demo.staff("POST", "/api/v1/tables/7/answered", {})[0] == 200
    assert ("table_calls", "7") not in told(hands.demo)


def told(demo: RunningDemo) -> set[tuple[str, str]]:
    return {(c["code"], c["subject"]) for c in demo.conditions()}
