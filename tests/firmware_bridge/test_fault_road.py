"""The fault list on real lines: a pty and a TCP port, the bridge as a process, all printers of a test at once.

Each printer has one fault, one fence and one speed; so thirty cases take the time of the slowest one. The same list at
every moment of a slip is played by `test_fault_list.py` on a fake clock.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bridge_rig import BridgeProcess, Gateway, PrinterProcess, a_slip
from waiting import eventually

from firmware_bridge.drivers.fences import Fence
from gateway.contract.messages import FINAL_RESULTS, DeviceDesired, PrintCommand

FENCES: tuple[Fence, ...] = ("gs_r", "gs_h")
BEFORE = ("printer_mute", "late_answer", "stray_status", "asb_in_answer", "answer_lost", "foreign_echo", "impersonates",
          "wrong_baud", "garbage", "xoff_stuck")  # fmt: skip
MIDDLE = ("paper_out", "cover_open", "printer_unplugged", "printer_power_cut", "cutter_error")
KILLS = 20 if os.environ.get("TABLEPASS_FULL") else 3
"""Of a real bridge, for each fence: a second each. `test_fault_list.py` kills it at more moments."""
BAUDS = (115200, 9600)


@dataclass(frozen=True)
class Case:
    """A printer of its own for one fault."""

    fault: str
    fence: Fence
    baud: int

    @property
    def name(self) -> str:
        return f"{self.fault}-{self.fence}-{self.baud}".replace("_", "-")

    @property
    def order(self) -> str:
        return f"{self.name} "


def cases_at(baud: int) -> list[Case]:
    return [Case(fault, fence, baud) for fault in (*BEFORE, *MIDDLE) for fence in FENCES]


class Road:
    """Printers of one kind of line, and what the bridge says of each."""

    def __init__(self, folder: Path, kind: str, gateway: Gateway, cases: list[Case]) -> None:
        self.kind, self.gateway, self.cases = kind, gateway, cases
        lines = [
            f'[[printer]]\nname = "{case.name}"\nkind = "{kind}"\nbaud = {case.baud}\n' for case in cases
        ]
        self.printers = PrinterProcess(folder / "devices", "".join(lines))
        self.printers.ready()

    def wishes(self) -> list[DeviceDesired]:
        wishes = []
        for case in self.cases:
            there = Path(self.printers.port(case.name))
            eventually(f"{case.name} is plugged in", lambda there=there: there.is_symlink() or there.is_file())
            port = str(there) if self.kind == "pty" else f"socket://{there.read_text().strip()}"
            wishes.append(DeviceDesired(case.name, "escpos_printer", port, baud=case.baud, fence=case.fence))
        return wishes

    def connect(self) -> None:
        self.gateway.desire(*self.wishes())
        for case in self.cases:
            eventually(f"{case.name} is online", lambda case=case: self.online(case))

    def sending(self, case: Case, key: str) -> bool:
        return any(each["state"] == "SENDING" for each in self.said(case, key))

    def waits(self, case: Case, keys: list[str]) -> bool:
        """In the middle of one, or before the next where the first was already through."""
        return any(each.get("reason") == "paper_out" for key in keys for each in self.said(case, key))

    def online(self, case: Case) -> bool:
        states = self.gateway.on(self.gateway.topics.device_state(case.name))
        return any(state["status"] == "online" for state in states)

    def print(self, case: Case, key: str, attempt: int = 1) -> None:
        slip = a_slip(order=f"{key}-{case.name}", code="")
        self.gateway.send(PrintCommand("print", f"{key}-{case.name}", attempt, slip), case.name)

    def said(self, case: Case, key: str) -> list[dict[str, Any]]:
        return self.gateway.results(f"{key}-{case.name}", case.name)

    def ends(self, case: Case, key: str) -> set[str]:
        return {each["state"] for each in self.said(case, key)} & FINAL_RESULTS

    def fault(self, case: Case, on: bool) -> None:
        self.printers.fault(case.fault, on, case.name)

    def copies(self, case: Case, key: str) -> int:
        papers = self.printers.papers(case.name)
        return sum(f"{key}-{case.name}" in paper.replace("\n", "") and "REPRINT" not in paper for paper in papers)


@pytest.fixture(params=[(kind, baud) for kind in ("pty", "tcp") for baud in BAUDS], ids="{0[0]}-{0[1]}".format)
def road(
    request: pytest.FixtureRequest, tmp_path: Path, gateway: Gateway, bridge_process: BridgeProcess
) -> Iterator[Road]:
    kind, baud = request.param
    made = Road(tmp_path, kind, gateway, cases_at(baud))
    yield made
    made.printers.stop()


def test_every_fault_on_a_real_line_never_brings_a_lie_or_a_second_paper(road: Road) -> None:
    road.connect()
    for case in road.cases:
        if case.fault in BEFORE:
            road.fault(case, True)
    for case in road.cases:
        road.print(case, "A1")
    for case in road.cases:
        if case.fault in MIDDLE:
            eventually("it is under way", lambda case=case: road.said(case, "A1"), seen=lambda case=case: case)
            road.fault(case, True)
    lasting = [case for case in road.cases if case.fault in BEFORE]
    for case in lasting:  # a blocked printer holds its slip, all others end
        eventually(f"{case.name} ends", lambda case=case: road.ends(case, "A1"), seen=lambda case=case: case)
    for case in road.cases:
        road.fault(case, False)
    for key in ("B2", "C3"):  # after a slip with bytes that have no name one more may end unknown
        again = [case for case in road.cases if road.ends(case, "B2") != {"PRINTED"}]
        for case in again:
            eventually(f"{case.name}: A1 ends", lambda case=case: road.ends(case, "A1"), seen=lambda case=case: case)
            road.print(case, key)
        for case in again:
            eventually(
                f"{case.name}: {key} ends", lambda case=case, key=key: road.ends(case, key), 40,
                seen=lambda case=case, key=key: road.said(case, key),
            )  # fmt: skip
    for case in road.cases:
        for key in ("A1", "B2", "C3"):
            if road.ends(case, key) == {"PRINTED"}:  # one thread draws the papers of all printers
                eventually(f"{case.name}: {key} on paper", lambda case=case, key=key: road.copies(case, key) == 1, 60)
            assert road.copies(case, key) <= 1, case
            assert len(road.ends(case, key)) <= 1, case
        assert "PRINTED" in road.ends(case, "B2") | road.ends(case, "C3"), case
        if case.fault in ("answer_lost", "foreign_echo", "printer_mute", "wrong_baud", "garbage"):
            assert road.ends(case, "A1") == {"UNKNOWN"}, case


def test_paper_out_in_the_middle_of_ten_slips_on_real_lines(
    tmp_path: Path, gateway: Gateway, bridge_process: BridgeProcess
) -> None:
    cases = [Case(f"ten-{kind}", fence, 115200) for kind in ("pty", "tcp") for fence in FENCES]
    roads = [Road(tmp_path / kind, kind, gateway, cases[at : at + 2]) for kind, at in (("pty", 0), ("tcp", 2))]
    pairs = [(road, case) for road in roads for case in road.cases]
    keys = [f"T{n}" for n in range(10)]
    try:
        gateway.desire(*[wish for road in roads for wish in road.wishes()])
        for road, case in pairs:
            eventually("it is online", lambda road=road, case=case: road.online(case))
            for key in keys:
                road.print(case, key)
        for road, case in pairs:
            eventually("the fourth is under way", lambda road=road, case=case: road.sending(case, "T3"))
            road.printers.fault("paper_out", True, case.name)
        for road, case in pairs:
            eventually("it waits", lambda road=road, case=case: road.waits(case, keys))
            assert road.ends(case, "T9") == set()
            road.printers.fault("paper_out", False, case.name)
        for road, case in pairs:
            eventually("the last is proven", lambda road=road, case=case: road.ends(case, "T9"))
            assert [road.ends(case, key) for key in keys] == [{"PRINTED"}] * 10
            eventually("ten papers", lambda road=road, case=case: len(road.printers.papers(case.name)) == 10)
            papers = road.printers.papers(case.name)
            assert ["".join(key for key in keys if f"{key}-{case.name}" in paper) for paper in papers] == keys
    finally:
        for road in roads:
            road.printers.stop()


@pytest.mark.parametrize("fence", FENCES)
def test_a_real_bridge_killed_at_random_moments_prints_each_slip_once_at_most(
    tmp_path: Path, gateway: Gateway, bridge_process: BridgeProcess, fence: Fence
) -> None:
    chance = random.Random(5)
    case = Case("killed", fence, 115200)
    road = Road(tmp_path, "pty", gateway, [case])
    keys = [f"K{n}" for n in range(KILLS)]
    try:
        road.connect()

        def ended(key: str) -> bool:
            road.print(case, key, 2)  # again and again: it may be said while no bridge listens
            return bool(road.ends(case, key))

        for key in keys:
            road.print(case, key)
            time.sleep(chance.random() * 0.6)  # a random moment of the job is what is wanted; nothing is waited for
            bridge_process.kill()
            bridge_process.start()
            eventually(f"{key} ends", lambda key=key: ended(key), seen=lambda key=key: road.said(case, key))
        eventually("the line is sorted out", lambda: ended("Z"))
        for key in keys:
            (end,) = road.ends(case, key)
            if end == "PRINTED":
                eventually("it is on paper", lambda key=key: road.copies(case, key) == 1)
            assert road.copies(case, key) <= 1
    finally:
        road.printers.stop()


def test_a_second_client_of_a_tcp_printer_makes_the_bridge_not_know_and_never_lie(
    tmp_path: Path, gateway: Gateway, bridge_process: BridgeProcess
) -> None:
    """Who is connected has the printer; the kernel takes the second one's connection and its bytes all the same."""
    cases = [Case("second_client", fence, 115200) for fence in FENCES]
    road = Road(tmp_path, "tcp", gateway, cases)
    others = []
    try:
        wishes = road.wishes()
        for wish in wishes:
            host, port = wish.port.removeprefix("socket://").split(":")
            other = socket.create_connection((host, int(port)), 5)
            others.append(other)
            other.sendall(b"\x10\x04\x01")
            assert other.recv(1) == b"\x12", "the other one has the printer"
        gateway.desire(*wishes)
        eventually("the wishes are applied", lambda: any(s.get("revision") == 1 for s in gateway.bridge_states()))
        for case in cases:
            road.print(case, "A1")
        for case in cases:
            eventually("it ends", lambda case=case: road.ends(case, "A1"), seen=lambda case=case: road.said(case, "A1"))
            assert road.ends(case, "A1") == {"UNKNOWN"}
            assert road.copies(case, "A1") == 0
        while others:
            others.pop().close()
        for key in ("B2", "C3"):
            for case in cases:
                eventually("the bridge has the printer now", lambda case=case: road.online(case))
                road.print(case, key)
            for case in cases:
                eventually(f"{key} ends", lambda case=case, key=key: road.ends(case, key))
        for case in cases:
            assert road.ends(case, "C3") == {"PRINTED"}
            eventually("its paper", lambda case=case: road.copies(case, "C3") == 1)
            assert max(road.copies(case, "A1"), road.copies(case, "B2")) <= 1
    finally:
        for other in others:
            other.close()
        road.printers.stop()
