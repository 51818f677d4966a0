"""Drawers on real lines, a pty and a TCP port, with a real broker and the bridge as a process: a key never has two
pulses, and what is said of it is what the socket did."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_rig import BridgeProcess, Gateway, Mosquitto, PrinterProcess, a_slip
from waiting import eventually

from gateway.contract.messages import FINAL_RESULTS, DeviceDesired, PrintCommand
from gateway.contract.slips import SlipLine

FULL = bool(os.environ.get("TABLEPASS_FULL"))
RECONNECTS = 100 if FULL else 4
"""For each kind of line; two seconds each, ten where an answer was swallowed."""
KILLS = 40 if FULL else 3
"""Of a real bridge; a second each."""
FENCES = ("gs_r", "gs_h")
OPTIONS = {"drawer": "pin2", "buzzer": "clone"}


class Tills:
    """Printers with a drawer, one for each fence, on lines of one kind."""

    def __init__(self, folder: Path, kind: str, gateway: Gateway) -> None:
        self.kind, self.gateway, self.names = kind, gateway, [f"till-{fence.replace('_', '')}" for fence in FENCES]
        lines = [f'[[printer]]\nname = "{name}"\nkind = "{kind}"\nbaud = 9600\n' for name in self.names]
        self.printers = PrinterProcess(folder / "devices", "".join(lines))
        self.printers.ready()

    def connect(self) -> None:
        wishes = []
        for name, fence in zip(self.names, FENCES, strict=True):
            there = Path(self.printers.port(name))
            eventually(f"{name} is plugged in", lambda there=there: there.is_symlink() or there.is_file())
            port = str(there) if self.kind == "pty" else f"socket://{there.read_text().strip()}"
            wishes.append(DeviceDesired(name, "escpos_printer", port, 9600, fence=fence, options=OPTIONS))
        self.gateway.desire(*wishes)
        for name in self.names:
            eventually(f"{name} is online", lambda name=name: self.status(name) == "online")

    def status(self, name: str) -> str:
        states = self.gateway.on(self.gateway.topics.device_state(name))
        return str(states[-1]["status"]) if states else ""

    def ask(self, name: str, key: str, attempt: int = 1, kind: str = "drawer") -> None:
        slip = a_slip(kind=kind, lines=[])
        self.gateway.send(PrintCommand("print", f"{key}-{name}", attempt, slip, within_s=10), name)

    def said(self, name: str, key: str) -> list[dict[str, Any]]:
        return self.gateway.results(f"{key}-{name}", name)

    def ends(self, name: str, key: str) -> set[str]:
        return {each["state"] for each in self.said(name, key)} & FINAL_RESULTS

    def end(self, name: str, key: str, seconds: float = 20) -> str:
        """Asked for again and again, as the gateway does."""

        def ended() -> set[str]:
            if not self.ends(name, key):
                self.ask(name, key, 2)
            return self.ends(name, key)

        eventually(f"{name} {key} ends", ended, seconds, seen=lambda: self.said(name, key))
        (state,) = self.ends(name, key)
        return state

    def pulses(self, name: str) -> int:
        return int(self.printers.facts(name)["happened"].get("pulse", 0))

    def true(self, name: str, key: str, before: int, end: str) -> bool:
        """Whether the socket did what is said. A pulse on its way is waited for."""
        done = self.pulses(name) - before
        assert done <= 1, f"{name} {key}: {done} pulses"
        return {"PRINTED": done == 1, "WITHDRAWN": done == 0}.get(end, True)

    def comes_true(self, name: str, key: str, before: int, end: str) -> None:
        eventually(f"{name} {key}: {end} is true", lambda: self.true(name, key, before, end))
        if end == "UNKNOWN":
            # A printer that got half of the pulse makes the rest of it from what comes next: that is this key's too.
            self.slip(name, key, 1)
            eventually("a slip behind it", lambda: self.ends(name, f"{key}-slip") or self.slip(name, key), 60)
            assert self.true(name, key, before, end)

    def slip(self, name: str, key: str, attempt: int = 2) -> None:
        """Asked for until it ends."""
        short = a_slip(lines=[SlipLine(1, "茶")], code="")
        self.gateway.send(PrintCommand("print", f"{key}-slip-{name}", attempt, short, 1), name)


@pytest.fixture(params=["pty", "tcp"])
def tills(
    request: pytest.FixtureRequest, tmp_path: Path, gateway: Gateway, bridge_process: BridgeProcess
) -> Iterator[Tills]:
    made = Tills(tmp_path, request.param, gateway)
    made.connect()
    yield made
    made.printers.stop()


@pytest.mark.timeout(2400 if FULL else 240)
def test_the_line_goes_again_and_again_and_no_key_has_two_pulses(tills: Tills) -> None:
    chance = random.Random(11)
    seen: dict[str, int] = {}
    for n in range(RECONNECTS):
        before = {name: tills.pulses(name) for name in tills.names}
        for name in tills.names:
            tills.ask(name, f"D{n}")
        # The moment of the cut is what is varied, around the first byte, 0.2 s after it was taken.
        time.sleep(0.18 + chance.random() * 0.08)
        for name in tills.names:
            tills.printers.fault("printer_unplugged", True, name)
        for name in tills.names:
            tills.printers.fault("printer_unplugged", False, name)
        for name in tills.names:
            end = tills.end(name, f"D{n}")
            tills.comes_true(name, f"D{n}", before[name], end)
            tills.ask(name, f"D{n}", 3)
            eventually("it is answered again", lambda name=name, n=n: tills.said(name, f"D{n}")[-1]["attempt"] == 3)
            assert tills.ends(name, f"D{n}") == {end}
            assert tills.true(name, f"D{n}", before[name], end)
            seen[end] = seen.get(end, 0) + 1
    assert seen.get("PRINTED"), seen
    print(f"{tills.kind}: {RECONNECTS} reconnects for each of {len(tills.names)} printers: {seen}")


def test_without_paper_it_is_told_within_twelve_seconds_and_stays_shut(tills: Tills) -> None:
    for name in tills.names:
        tills.printers.fault("paper_out", True, name)
        tills.ask(name, "P")
    asked = time.monotonic()
    for name in tills.names:
        assert tills.end(name, "P") == "WITHDRAWN"
        assert tills.said(name, "P")[-1]["reason"] == "paper_out"
        assert time.monotonic() - asked < 12
    for name in tills.names:
        tills.printers.fault("paper_out", False, name)
    for name in tills.names:
        eventually(f"{name} is well again", lambda name=name: tills.status(name) == "online")
        assert tills.end(name, "Q") == "PRINTED"
        eventually("one pulse, of the second key", lambda name=name: tills.pulses(name) == 1)


@pytest.mark.timeout(1200 if FULL else 240)
def test_a_bridge_killed_around_the_sending_opens_it_once_at_most(tills: Tills, bridge_process: BridgeProcess) -> None:
    chance = random.Random(7)
    for n in range(KILLS):
        before = {name: tills.pulses(name) for name in tills.names}
        for name in tills.names:
            tills.ask(name, f"K{n}")
        time.sleep(0.18 + chance.random() * 0.1)  # around the first byte, 0.2 s after it was taken
        bridge_process.kill()
        bridge_process.start()
        for name in tills.names:
            end = tills.end(name, f"K{n}", 30)
            tills.comes_true(name, f"K{n}", before[name], end)


def test_control_a_bridge_whose_journal_is_gone_opens_it_twice(tills: Tills, bridge_process: BridgeProcess) -> None:
    (name, *_) = tills.names
    tills.ask(name, "C")
    assert tills.end(name, "C") == "PRINTED"
    bridge_process.kill()
    for file in (bridge_process.folder / "data").glob("*.db*"):
        file.unlink()
    bridge_process.start()
    eventually("it is done again", lambda: tills.ask(name, "C", 2) or tills.pulses(name) == 2)
    with pytest.raises(AssertionError, match="2 pulses"):
        tills.true(name, "C", 0, "PRINTED")


def test_while_the_broker_is_away_nothing_opens_and_nothing_opens_when_it_is_back(
    tills: Tills, mosquitto: Mosquitto, bridge_process: BridgeProcess
) -> None:
    (name, *_) = tills.names
    tills.printers.fault("paper_out", True, name)
    tills.ask(name, "B")
    eventually("it waits", lambda: tills.said(name, "B"))
    mosquitto.stop()
    away = time.monotonic()
    eventually("its time is over", lambda: time.monotonic() - away > 10.5, 12)
    tills.printers.fault("paper_out", False, name)
    mosquitto.start()
    assert tills.end(name, "B") == "WITHDRAWN"
    assert tills.pulses(name) == 0
