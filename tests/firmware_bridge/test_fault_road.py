"""The fault list on real lines: a pty and a TCP port, the bridge as a process, all printers of a test at once.

Each printer has one fault, one fence and one speed; so thirty cases take the time of the slowest one. The same list at
every moment of a slip is played by `test_fault_list.py` on a fake clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bridge_rig import BridgeProcess, Gateway, PrinterProcess, a_slip
from waiting import eventually

from firmware_bridge.drivers.escpos_printer import Fence
from gateway.contract.messages import FINAL_RESULTS, DeviceDesired, PrintCommand

FENCES: tuple[Fence, ...] = ("gs_r", "gs_h")
BEFORE = ("printer_mute", "late_answer", "stray_status", "asb_in_answer", "answer_lost", "foreign_echo", "impersonates",
          "wrong_baud", "garbage", "xoff_stuck")  # fmt: skip
MIDDLE = ("paper_out", "cover_open", "printer_unplugged", "printer_power_cut", "cutter_error")
SLOW = ("answer_lost", "paper_out", "stray_status")
"""Played at 9600 baud too."""


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


CASES = [Case(fault, fence, 115200) for fault in (*BEFORE, *MIDDLE) for fence in FENCES] + [
    Case(fault, fence, 9600) for fault in SLOW for fence in FENCES
]


class Road:
    """Printers of one kind of line, and what the bridge says of each."""

    def __init__(self, folder: Path, kind: str, gateway: Gateway, cases: list[Case]) -> None:
        self.kind, self.gateway, self.cases = kind, gateway, cases
        lines = [
            f'[[printer]]\nname = "{case.name}"\nkind = "{kind}"\nbaud = {case.baud}\n' for case in cases
        ]
        self.printers = PrinterProcess(folder / "devices", "".join(lines))
        self.printers.ready()

    def connect(self) -> None:
        wishes = []
        for case in self.cases:
            there = Path(self.printers.port(case.name))
            eventually(f"{case.name} is plugged in", lambda there=there: there.is_symlink() or there.is_file())
            port = str(there) if self.kind == "pty" else f"socket://{there.read_text().strip()}"
            wishes.append(DeviceDesired(case.name, "escpos_printer", port, baud=case.baud, fence=case.fence))
        self.gateway.desire(*wishes)
        for case in self.cases:
            eventually(f"{case.name} is online", lambda case=case: self.online(case))

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


@pytest.fixture(params=["pty", "tcp"])
def road(
    request: pytest.FixtureRequest, tmp_path: Path, gateway: Gateway, bridge_process: BridgeProcess
) -> Iterator[Road]:
    made = Road(tmp_path, request.param, gateway, CASES)
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
        for case in road.cases:
            eventually(f"{case.name}: A1 ends", lambda case=case: road.ends(case, "A1"), seen=lambda case=case: case)
            road.print(case, key)
        for case in road.cases:
            eventually(
                f"{case.name}: {key} ends", lambda case=case, key=key: road.ends(case, key), 40,
                seen=lambda case=case, key=key: road.said(case, key),
            )  # fmt: skip
    for case in road.cases:
        for key in ("A1", "B2", "C3"):
            (end,) = road.ends(case, key)
            if end == "PRINTED":
                eventually(f"{case.name}: {key} is on paper", lambda case=case, key=key: road.copies(case, key) == 1)
            assert road.copies(case, key) <= 1, case
        assert "PRINTED" in road.ends(case, "C3"), case
        if case.fault in ("answer_lost", "foreign_echo", "printer_mute", "wrong_baud", "garbage"):
            assert road.ends(case, "A1") == {"UNKNOWN"}, case
