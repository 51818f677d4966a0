"""Faults go on, end by themselves, and are told again to devices that were started anew."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.control import MAX_LINE, ControlSocket, Mailbox
from gateway.demo.drills import DEVICE_FAULTS, FAULTS, WAN_FAULTS, DevicesAway, Drills, ask_devices
from gateway.demo.wan import MODES


class World:
    """What the drills act on, and what was done to it."""

    def __init__(self) -> None:
        self.modes: list[str] = []
        self.broker: list[str] = []
        self.told: list[tuple[str, str, bool]] = []
        self.away = False
        self.drills = Drills(self, self, self.ask, lambda: datetime(2026, 3, 1, 12, 0, tzinfo=UTC))

    def set(self, mode: str) -> None:
        self.modes.append(mode)

    def hold(self) -> None:
        self.broker.append("hold")

    def release(self) -> None:
        self.broker.append("release")

    def ask(self, device: str, fault: str, on: bool) -> dict[str, Any]:
        if self.away:
            raise DevicesAway("no socket")
        self.told.append((device, fault, on))
        return {"ok": True} if device == "kitchen" else {"ok": False, "error": f"no device {device}"}


@pytest.fixture
def world() -> World:
    return World()


def test_every_fault_can_be_played(world: World) -> None:
    assert set(WAN_FAULTS) <= set(MODES)
    for fault in FAULTS:
        assert world.drills.play(fault, True, None, None, 0.0)["ok"], fault
        assert world.drills.play(fault, False, None, None, 0.0) == {"ok": True, "active": {}}


def test_an_unknown_fault_and_a_wrong_time_are_refused(world: World) -> None:
    assert world.drills.play("fire", True, None, None, 0.0)["code"] == "unknown_fault"
    for for_s in (0.0, -1.0, 1e9, float("nan")):
        assert world.drills.play("wan_down", True, None, for_s, 0.0)["code"] == "invalid"
    assert world.modes == []


def test_it_ends_by_itself(world: World) -> None:
    answer = world.drills.play("wan_down", True, None, 25.0, 100.0)
    assert answer["active"]["wan_down"] == {
        "fault": "wan_down", "target": None, "since": "2026-03-01T12:00:00Z", "ends_in_s": 25.0,
    }  # fmt: skip
    assert world.drills.step(124.9) == 125.0
    assert world.drills.active(124.9)
    assert world.drills.step(125.0) is None
    assert world.drills.active(125.0) == {}
    assert world.modes == ["wan_down", "ok"]


def test_switching_on_again_moves_the_end_only(world: World) -> None:
    world.drills.play("paper_out", True, None, 5.0, 0.0)
    world.drills.play("paper_out", True, None, 50.0, 1.0)
    assert world.drills.step(6.0) == 51.0


def test_one_wire_has_the_latest_fault_and_falls_back(world: World) -> None:
    world.drills.play("wan_down", True, None, None, 0.0)
    world.drills.play("cloud_slow", True, None, 5.0, 0.0)
    world.drills.step(5.0)
    world.drills.play("wan_down", False, None, None, 6.0)
    assert world.modes == ["wan_down", "cloud_slow", "wan_down", "ok"]


def test_the_broker_is_held_and_released(world: World) -> None:
    world.drills.play("broker_down", True, None, 8.0, 0.0)
    world.drills.step(8.0)
    assert world.broker == ["hold", "release"]


def test_a_device_that_does_not_exist_is_refused_and_not_kept(world: World) -> None:
    answer = world.drills.play("paper_out", True, "oven", None, 0.0)
    assert answer == {"ok": False, "code": "invalid", "detail": "no device oven"}
    assert world.drills.active(0.0) == {}


def test_devices_that_were_away_are_told_when_they_are_back(world: World) -> None:
    world.away = True
    assert world.drills.play("paper_out", True, None, None, 0.0)["ok"]
    assert world.drills.step(0.0) == 0.25
    world.away = False
    assert world.drills.step(0.25) is None
    assert world.told == [("kitchen", "paper_out", True)]


def test_devices_that_were_started_anew_are_told_what_is_broken(world: World) -> None:
    world.drills.play("paper_out", True, "kitchen", None, 0.0)
    world.drills.play("wan_down", True, None, None, 0.0)
    world.drills.devices_started(7.0)
    world.drills.step(7.0)
    assert world.told == [("kitchen", "paper_out", True)] * 2


def test_devices_without_a_socket_are_away(tmp_path: Path) -> None:
    with pytest.raises(DevicesAway):
        ask_devices(tmp_path / "none.sock", "kitchen", DEVICE_FAULTS[0], True)


class Asker:
    def __init__(self, path: Path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def ask(self, line: bytes) -> Any:
        self.socket.sendall(line + b"\n")
        return json.loads(self.lines.readline())


def test_the_control_socket_answers_line_by_line(tmp_path: Path) -> None:
    woken = threading.Event()
    mailbox = Mailbox(woken.set)
    control = ControlSocket(tmp_path / "c.sock", mailbox)
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            woken.wait(0.05)
            woken.clear()
            mailbox.serve(lambda request: {"ok": True, "fault": request.fault, "for_s": request.for_s})

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        assert (tmp_path / "c.sock").stat().st_mode & 0o077 == 0
        asker = Asker(tmp_path / "c.sock")
        assert asker.ask(b'{"fault": "wan_down", "for_s": 2}') == {"ok": True, "fault": "wan_down", "for_s": 2.0}
        for bad in (b"{", b"[]", b'{"fault": 1}', b'{"falt": "x"}', b"\xff", b"[" * 3000):
            assert asker.ask(bad)["code"] == "invalid"
        assert asker.ask(b'{"op": "state"}')["ok"]
        long = Asker(tmp_path / "c.sock")
        assert long.ask(b"x" * (MAX_LINE + 10))["code"] == "invalid"
        assert long.lines.readline() == b"", "a line too long ends the connection"
    finally:
        stop.set()
        thread.join()
        control.stop()
    assert not (tmp_path / "c.sock").exists()
