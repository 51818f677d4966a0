"""The drawer and the buzzer of a printer, on a fake clock: once or never, in time or not at all, and no paper."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from bridge_rig import a_slip
from printer_world import World

from firmware_bridge.drivers.fences import Fence
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.journal import Entry, Journal
from firmware_bridge.pulses import pulse
from gateway.contract.messages import FINAL_RESULTS, PrintCommand, PrintResult

FENCES: tuple[Fence, ...] = ("gs_r", "gs_h", "none")
PROVEN = {"gs_r": "PRINTED", "gs_h": "PRINTED", "none": "UNCONFIRMED"}


class Till(World):
    """A printer with a drawer and a buzzer. `happened` is what its socket and its buzzer did."""

    def start(self) -> None:
        self.desired = msgspec.structs.replace(self.desired, options={"drawer": "pin2", "buzzer": "clone"})
        super().start()

    def ask(self, key: str, kind: str = "drawer", attempt: int = 1, within_s: float = 0) -> None:
        slip = a_slip(kind=kind, lines=[])
        self.device.offer(PrintCommand("print", key, attempt, slip, within_s=within_s))

    @property
    def pulses(self) -> int:
        return int(self.printer.happened["pulse"])

    def ends(self, key: str) -> set[str]:
        return {each.state for each in self.results if each.key == key} & FINAL_RESULTS

    def end(self, key: str, seconds: float = 30) -> PrintResult:
        return self.until_final(key, seconds)


@pytest.fixture
def till(tmp_path: Path, bar_codes: BarCodeBytes) -> Till:
    made = Till(tmp_path, bar_codes)
    made.settle(1)
    return made


@pytest.mark.parametrize("fence", FENCES)
@pytest.mark.parametrize(("kind", "event"), [("drawer", "pulse"), ("buzzer", "buzz")])
def test_it_happens_once_within_half_a_second_and_moves_no_paper(
    tmp_path: Path, bar_codes: BarCodeBytes, fence: Fence, kind: str, event: str
) -> None:
    till = Till(tmp_path, bar_codes, fence=fence)
    till.settle(1)
    asked = till.now
    till.ask("D1", kind)
    ended = till.end("D1")
    assert ended.state == PROVEN[fence]
    assert till.now - asked < 0.5
    till.settle(1)
    assert till.printer.happened == {event: 1}
    assert till.printer._engine.sheet.items == [], "no paper was moved, printed or cut"
    assert till.papers == []
    for attempt in (2, 3):
        till.ask("D1", kind, attempt)
        till.settle(1)
    assert till.printer.happened == {event: 1}
    assert till.results[-1].state == PROVEN[fence]


@pytest.mark.parametrize(
    ("kind", "options", "data"),
    [
        ("drawer", {"drawer": "pin2"}, "1b700032fa"),
        ("drawer", {"drawer": "pin5"}, "1b700132fa"),
        ("buzzer", {"buzzer": "clone"}, "1b420302"),
        ("buzzer", {"buzzer": "epson"}, "1b28410400303303" "05"),
        ("buzzer", {"buzzer": "drawer_socket"}, "1b7000fafa"),
    ],
)
def test_its_bytes_are_those_of_the_references(kind: str, options: dict[str, str], data: str) -> None:
    body = pulse(kind, options)
    assert body is not None
    assert body.data.hex() == data
    assert b"\x10\x14" not in body.data
    assert b"\x1b@" not in body.data


@pytest.mark.parametrize("kind", ["drawer", "buzzer"])
def test_a_printer_without_one_says_so_and_gets_no_byte(till: Till, kind: str) -> None:
    till.desired = msgspec.structs.replace(till.desired, options={})
    till.change_settings()
    till.settle(1)
    before = till.printer.received
    till.ask("D1", kind)
    ended = till.end("D1")
    assert (ended.state, ended.reason) == ("WITHDRAWN", "not_there")
    assert till.printer.happened == {}
    assert till.printer.received - before <= 12, "questions only"


@pytest.mark.parametrize("fence", FENCES)
@pytest.mark.parametrize("fault", ["paper_out", "cover_open", "printer_unplugged"])
def test_a_printer_that_cannot_is_told_of_in_its_time_and_the_drawer_stays_shut_for_ever(
    tmp_path: Path, bar_codes: BarCodeBytes, fence: Fence, fault: str
) -> None:
    till = Till(tmp_path, bar_codes, fence=fence)
    till.settle(3)
    if fault == "printer_unplugged":
        till.cable.plugged = False
    else:
        till.printer.set_fault(fault, True, till.now)
    asked = till.now
    till.ask("D1")
    ended = till.end("D1")
    assert (ended.state, ended.reason) == ("WITHDRAWN", "offline" if fault == "printer_unplugged" else fault)
    assert till.now - asked < 10.5
    till.cable.plugged = True
    if fault != "printer_unplugged":
        till.printer.set_fault(fault, False, till.now)
    till.ask("D1", attempt=2)
    till.settle(10)
    assert till.pulses == 0
    till.ask("D2")
    assert till.end("D2").state == PROVEN[fence]
    till.settle(1)
    assert till.pulses == 1


def test_the_paper_that_ends_while_nobody_looks_is_asked_about_before_the_pulse(till: Till) -> None:
    """The status of before is still fresh: believed, the pulse would wait in the printer for the next roll."""
    till.settle(0.2)
    assert till.device._driver._printer.fresh(till.now + 0.5)
    till.printer.set_fault("paper_out", True, till.now)
    till.ask("D1")
    assert till.end("D1").reason == "paper_out"
    till.printer.set_fault("paper_out", False, till.now)
    till.settle(5)
    assert till.pulses == 0


def test_a_pulse_that_the_printer_keeps_is_told_of_in_time_as_not_sure(
    tmp_path: Path, bar_codes: BarCodeBytes
) -> None:
    till = Till(tmp_path, bar_codes, baud=9600)
    till.settle(1)
    asked = till.now
    till.ask("D1")
    while not till.device._driver._printer.sending:
        till.tick()
    till.printer.set_fault("paper_out", True, till.now)
    ended = till.end("D1")
    assert (ended.state, ended.reason) == ("UNKNOWN", "paper_out")
    assert till.now - asked < 12
    till.printer.set_fault("paper_out", False, till.now)
    till.ask("D1", attempt=2)
    till.settle(10)
    assert till.pulses <= 1


def test_behind_a_long_slip_it_waits_its_time_and_then_stays_shut(till: Till) -> None:
    till.print("A1", lines=[*a_slip().lines] * 110)
    till.until_told("SENDING", "")
    till.ask("D1")
    ended = till.end("D1", 20)
    assert (ended.state, ended.reason) == ("WITHDRAWN", "too_late")
    assert till.ends("A1") == set(), "the slip is still on its way"
    assert till.until_final("A1", 90).state == "PRINTED"
    till.settle(3)
    assert till.pulses == 0
    assert till.copies("A1") == 1


def test_the_gateway_says_how_long_it_may_still_wait_and_no_longer_than_its_own_time(till: Till) -> None:
    till.cable.plugged = False
    till.settle(1)
    asked = till.now
    till.ask("D1", within_s=2)
    till.ask("D2", within_s=500)
    assert till.end("D1").state == "WITHDRAWN"
    assert 1.9 < till.now - asked < 3
    assert till.end("D2").state == "WITHDRAWN"
    assert 9.9 < till.now - asked < 11


def test_withdrawn_before_its_first_byte_it_stays_shut(till: Till) -> None:
    till.ask("D1")
    till.withdraw("D1")
    assert till.end("D1").state == "WITHDRAWN"
    till.ask("D1", attempt=2)
    till.settle(12)
    assert till.pulses == 0


@pytest.mark.parametrize("kind", ["drawer", "buzzer"])
def test_a_drawer_that_nobody_can_speak_for_makes_no_blank_paper(till: Till, kind: str) -> None:
    """`clean_first` is for slips: the paper is as clean as it was before."""
    till.printer.set_fault("printer_mute", True, till.now)
    till.ask("D1", kind)
    assert till.end("D1").state == "UNKNOWN"
    till.printer.set_fault("printer_mute", False, till.now)
    till.kill_bridge()
    till.print("A1")
    assert till.until_final("A1").state == "PRINTED"
    till.settle(2)
    assert len(till.papers) == 1
    assert bytes(till.sheets[0].data).count(b"\x1dV") == 1


@pytest.mark.parametrize("left", [21, 100, 163])
def test_after_an_unfinished_slip_a_drawer_cuts_nothing_and_the_next_slip_has_its_own_paper(
    till: Till, left: int
) -> None:
    """Cut off in the middle of a command the printer swallows what comes first; then nobody calls the drawer open."""
    till.cable.unplug_after = till.cable.taken + left
    till.print("A1")
    assert till.until_final("A1").state == "UNKNOWN"
    till.cable.unplug_after = None
    till.cable.plugged = True
    cuts = len(till.papers)
    till.settle(6)
    till.ask("D1")
    end = till.end("D1").state
    assert end in ("PRINTED", "UNKNOWN")
    assert till.pulses == 1 if end == "PRINTED" else till.pulses <= 1
    assert len(till.papers) == cuts
    till.print("B2")
    assert till.until_final("B2").state == "PRINTED"
    till.settle(2)
    assert not any("A1 " in paper and "B2 " in paper for paper in till.papers)
    assert till.pulses <= 1


@pytest.mark.parametrize("fence", FENCES)
def test_killed_at_any_moment_it_happens_once_at_most_and_its_end_is_true(
    tmp_path: Path, bar_codes: BarCodeBytes, fence: Fence
) -> None:
    till = Till(tmp_path, bar_codes, fence=fence, baud=9600)
    chance = random.Random(3)
    seen = set()
    for n in range(40):
        till.settle(0.3)
        before, key = till.pulses, f"D{n}"
        till.ask(key)
        for _ in range(chance.randrange(1, 180) if n % 2 else 500):
            till.tick()
            if n % 2 == 0 and till.device._driver._printer.sending:
                break
        for _ in range(chance.randrange(12)):
            till.tick()
        till.kill_bridge()
        till.ask(key, attempt=2)
        end = till.end(key).state
        seen.add(end)
        till.settle(0.5)
        done = till.pulses - before
        assert done <= 1, f"{key}: two pulses"
        assert done == 1 if end in ("PRINTED", "UNCONFIRMED") else True, f"{key}: {end} without a pulse"
        assert done == 0 if end == "WITHDRAWN" else True, f"{key}: {end} and a pulse"
    assert {"UNKNOWN", PROVEN[fence]} <= seen, "it was killed before and behind the bytes"


class Forgetful(Journal):
    """What a bridge would be that writes down nothing of what it has begun."""

    def record(self, entry: Entry) -> None:
        pass


def test_control_a_bridge_that_forgets_opens_the_drawer_twice(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    till = Till(tmp_path, bar_codes)
    worst = 0
    for n in range(5):
        till.journal = Forgetful(tmp_path / f"forgetful-{n}.db", lambda: till.wall)
        till.start_device()
        till.settle(1)
        before = till.pulses
        till.ask(f"D{n}")
        till.settle(0.5)
        till.journal = Forgetful(tmp_path / f"again-{n}.db", lambda: till.wall)
        till.start_device()
        till.ask(f"D{n}", attempt=2)
        till.settle(2)
        worst = max(worst, till.pulses - before)
    assert worst == 2


@pytest.mark.parametrize(
    "fault", ["answer_lost", "printer_mute", "foreign_echo", "garbage", "late_answer", "xoff_stuck"]
)
@pytest.mark.parametrize("fence", ["gs_r", "gs_h"])
def test_under_every_fault_of_its_voice_it_is_never_called_open_without_a_pulse(
    tmp_path: Path, bar_codes: BarCodeBytes, fence: Fence, fault: str
) -> None:
    till = Till(tmp_path, bar_codes, fence=fence)
    till.settle(1)
    till.printer.set_fault(fault, True, till.now)
    asked = till.now
    till.ask("D1")
    end = till.end("D1").state
    assert till.now - asked < 14
    assert till.pulses == 1 if end == "PRINTED" else till.pulses <= 1
    till.printer.set_fault(fault, False, till.now)
    till.settle(10)
    assert till.pulses == 0 if end == "WITHDRAWN" else till.pulses <= 1
    till.ask("D2")
    till.print("A1")
    till.end("D2")
    assert till.until_final("A1").state == "PRINTED"
    assert till.pulses <= 2
