"""Every fault that a printer is known for, at every moment of a slip, at 9600 and 115200 baud, with both fences.

On a fake clock here, where each is a matter of milliseconds; `test_fault_road.py` plays them on a real pty and a real
TCP port through the real bridge. What holds in all of them: PRINTED is said only of a slip that is on paper, no slip is
on paper twice without its mark, and afterwards the next slip is printed and proven.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from bridge_rig import a_slip
from printer_world import World, killed_at

from firmware_bridge import print_jobs
from firmware_bridge.drivers.escpos_printer import EscposPrinter
from firmware_bridge.drivers.fences import Fence, Fences
from firmware_bridge.drivers.former_answers import FormerAnswers
from firmware_bridge.escpos import BarCodeBytes
from gateway.contract.messages import FINAL_RESULTS, PrintResult
from gateway.contract.slips import SlipLine

FENCES: tuple[Fence, ...] = ("gs_r", "gs_h")
BAUDS = (9600, 115200)
HOLD_S = 15.0
"""Longer than any slip's patience here, so that what ends without its printer has ended."""
IN_THE_MIDDLE = 150
"""Bytes of a slip of about 450."""


class Case:
    """One fault at one moment."""

    def __init__(self, world: World, moment: str) -> None:
        self.world, self.moment = world, moment
        world.settle(0.6)

    def until(self, there: Callable[[], bool], seconds: float = 6) -> None:
        for _ in self.world.run(seconds):
            if there():
                return

    def ends(self, key: str) -> list[PrintResult]:
        return [each for each in self.world.results if each.key == key and each.state in FINAL_RESULTS]

    def play(self, on: Callable[[], None], off: Callable[[], None]) -> None:
        world = self.world
        if self.moment == "before":
            on()
            world.settle(2.5)
        world.print("A1")
        if self.moment == "middle":
            self.until(lambda: bool(world.printer.records) and world.printer.records[-1].bytes >= IN_THE_MIDDLE)
            on()
        elif self.moment == "after":
            self.until(lambda: bool(self.ends("A1")))
            on()
        self.until(lambda: bool(self.ends("A1")), HOLD_S)
        off()
        world.settle(0.3)
        self.until(lambda: bool(self.ends("A1")), 25)

    def check(self) -> None:
        """The end of the first slip against the paper, and then the next one."""
        world = self.world
        (end,) = self.ends("A1")
        world.settle(0.8)  # the fence stands before the cut
        assert world.copies("A1") <= 1
        assert end.state in ("PRINTED", "UNKNOWN")
        if end.state == "PRINTED":
            assert world.copies("A1") == 1, "PRINTED without paper"
        for attempt in (2, 3):  # the gateway asks again; the answer comes from memory
            world.print("A1", attempt)
            world.settle(0.1)
        assert {each.state for each in self.ends("A1")} == {end.state}
        for key in ("B2", "C3"):
            world.print(key)
            proven = world.until_final(key, 40).state == "PRINTED"
            world.settle(0.8)
            assert world.copies("A1") <= 1
            assert world.copies(key) == 1
            if proven:
                return
            # Bytes without a name: those of the first slip may still come, and are waited for, before one counts.
            assert world.desired.fence == "gs_r"
        raise AssertionError("no later slip is proven again")


SWITCHED = (
    "printer_mute", "late_answer", "stray_status", "asb_in_answer", "paper_out", "cover_open", "offline",
    "cutter_error", "printer_power_cut", "answer_lost", "foreign_echo", "impersonates", "xoff_stuck", "garbage",
    "wrong_baud", "paper_low", "output_blocked", "slow_head",
)  # fmt: skip
PROVEN = {"stray_status", "asb_in_answer", "paper_low", "paper_out", "cover_open", "offline", "cutter_error",
          "slow_head"}  # fmt: skip
"""After these, or when they are over, the slip is proven with marks: nothing of it was lost."""


@pytest.fixture(params=FENCES)
def fence(request: pytest.FixtureRequest) -> Fence:
    found: Fence = request.param
    return found


@pytest.mark.parametrize(
    ("moment", "baud"), [("before", 115200), ("middle", 9600), ("middle", 115200), ("after", 115200)]
)
@pytest.mark.parametrize("fault", SWITCHED)
def test_what_goes_wrong_at_the_printer(
    tmp_path: Path, bar_codes: BarCodeBytes, fault: str, moment: str, baud: int, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, fence=fence, baud=baud)
    case = Case(world, moment)
    if fault == "xoff_stuck":
        world.cable.holds = 64

    def switch(on: bool) -> None:
        if fault == "xoff_stuck" and not on and moment != "after":
            assert world.states[-1].status not in ("online", "degraded"), "it takes no slips, and people know"
        world.printer.set_fault(fault, on, world.now)

    case.play(lambda: switch(True), lambda: switch(False))
    if moment == "after" or (fence == "gs_h" and fault in PROVEN):
        assert case.ends("A1")[0].state == "PRINTED"
    if fault == "answer_lost" and moment != "after":
        assert case.ends("A1")[0].state == "UNKNOWN", "on paper, and nobody can know"
        assert world.copies("A1") == 1, "a copy is the store's decision, never the bridge's"
    if fault in ("foreign_echo", "wrong_baud", "printer_mute", "garbage") and moment == "before":
        assert case.ends("A1")[0].state == "UNKNOWN"
    case.check()


@pytest.mark.parametrize("baud", BAUDS)
@pytest.mark.parametrize("dishes", [2, 8, 20])
def test_an_impact_printer_is_given_the_time_that_it_takes(
    tmp_path: Path, bar_codes: BarCodeBytes, baud: int, dishes: int, fence: Fence
) -> None:
    """It says all the time that it is well, and each slip is proven once, when it is there."""
    world = World(tmp_path, bar_codes, fence=fence, baud=baud)
    case = Case(world, "before")
    world.printer.set_fault("slow_head", True, world.now)
    for key in ("A1", "B2"):
        began = world.now
        world.print(key, lines=[*a_slip().lines, *[SlipLine(1, "麻婆豆腐")] * dishes])
        assert world.until_final(key, 120).state == "PRINTED"
        assert world.now - began > 2 + dishes / 3, "its head is slow indeed"
        world.settle(2)
        assert world.copies(key) == 1
    assert len(case.ends("A1")) == 1


def test_negative_control_a_printer_with_a_slow_head_is_given_up_by_a_bridge_without_patience(
    tmp_path: Path, bar_codes: BarCodeBytes, monkeypatch: pytest.MonkeyPatch, fence: Fence
) -> None:
    monkeypatch.setattr(EscposPrinter, "_may_be_slow", lambda *_: False)
    world = World(tmp_path, bar_codes, fence=fence, baud=115200)
    world.settle(0.6)
    world.printer.set_fault("slow_head", True, world.now)
    world.print("A1", lines=[*a_slip().lines, *[SlipLine(1, "麻婆豆腐")] * 8])
    assert world.until_final("A1", 60).state == "UNKNOWN"
    world.settle(30)
    assert world.copies("A1") == 1, "it came out all the same"


@pytest.mark.parametrize("baud", BAUDS)
@pytest.mark.parametrize("moment", ["before", "before the fence", "behind the fence", "after"])
def test_the_cable_is_pulled(
    tmp_path: Path, bar_codes: BarCodeBytes, moment: str, baud: int, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, fence=fence, baud=baud)
    case = Case(world, "middle" if "fence" in moment else moment)

    def pull() -> None:
        if moment == "behind the fence":  # every byte has left, and no answer has come
            case.until(lambda: not world.cable.to_printer)
        world.cable.plugged = False
        world.cable.to_host.clear()

    def plug() -> None:
        world.cable.plugged = True

    case.play(pull, plug)
    if "fence" in moment:
        assert case.ends("A1")[0].state == "UNKNOWN"
    case.check()


@pytest.mark.parametrize("baud", BAUDS)
@pytest.mark.parametrize("jump", [-400 * 86400, -3600, 3600, 400 * 86400])
def test_the_clock_on_the_wall_jumps_in_the_middle_of_a_slip(
    tmp_path: Path, bar_codes: BarCodeBytes, jump: int, baud: int, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, fence=fence, baud=baud)
    case = Case(world, "middle")

    def turn() -> None:
        world.wall += jump

    case.play(turn, lambda: None)
    assert case.ends("A1")[0].state == "PRINTED"
    world.kill_bridge()  # and the memory of keys is not pruned by it
    world.settle(0.5)
    case.check()


@pytest.mark.parametrize("baud", BAUDS)
@pytest.mark.parametrize("pause", [0.5, 10, 3600])
def test_the_bridge_stands_still_in_the_middle_of_a_slip(
    tmp_path: Path, bar_codes: BarCodeBytes, pause: float, baud: int, fence: Fence
) -> None:
    """A machine that was suspended or has no time: the answers wait in the line until it runs on."""
    world = World(tmp_path, bar_codes, fence=fence, baud=baud)
    case = Case(world, "middle")

    def stand_still() -> None:
        world.now += pause

    case.play(stand_still, lambda: None)
    case.check()


# --- the bridge killed at random moments ----------------------------------------------------------

KILLS = 200 if os.environ.get("TABLEPASS_FULL") else 40
LONGEST_TICKS = 500
"""One second: from before the first byte until long after the cut."""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_bridge_killed_at_a_random_moment_prints_once_at_most(
    tmp_path: Path, bar_codes: BarCodeBytes, seed: int
) -> None:
    chance = random.Random(seed)
    world = World(tmp_path, bar_codes, fence=FENCES[seed % 2], baud=BAUDS[seed // 2 % 2])
    assert killed_at(world, chance.randrange(LONGEST_TICKS)) <= 1
    last = world.results[-1]
    assert last.state in ("PRINTED", "UNKNOWN")
    assert last.state == "UNKNOWN" or world.copies("A1") == 1
    world.print("B2")
    proven_only_on_paper(world, "B2")


def proven_only_on_paper(world: World, key: str) -> None:
    """Held against its paper in the very moment in which it is said: an instant later it would be there anyway."""
    assert world.until_final(key, 40).state == "PRINTED"
    assert world.is_printed(key), "PRINTED was said before its paper was there"


@pytest.mark.parametrize("baud", BAUDS)
@pytest.mark.parametrize("end", ["killed", "another setting"])
@pytest.mark.parametrize("lines", [1, 12])
def test_answers_for_the_slip_of_a_former_life_prove_nothing_of_the_next_one(
    tmp_path: Path, bar_codes: BarCodeBytes, end: str, lines: int, baud: int, fence: Fence
) -> None:
    """The printer holds a slip with one fence, or with several, and answers when its next owner has sent another."""
    world = World(tmp_path, bar_codes, fence=fence, baud=baud)
    case = Case(world, "middle")
    world.print("A1", lines=[*a_slip().lines] * lines)
    case.until(lambda: bool(world.printer.records) and world.printer.records[-1].bytes >= IN_THE_MIDDLE)
    world.printer.set_fault("paper_out", True, world.now)
    world.settle(2)
    (world.kill_bridge if end == "killed" else world.change_settings)()
    for key in ("A1", "B2"):
        world.print(key, 2)
    world.settle(2)
    assert {each.state for each in case.ends("A1")} == {"UNKNOWN"}
    world.printer.set_fault("paper_out", False, world.now)
    proven_only_on_paper(world, "B2")
    world.settle(1)
    assert (world.copies("A1") <= 1, world.copies("B2")) == (True, 1)


def test_negative_control_a_former_slip_that_is_forgotten_is_found(
    tmp_path: Path, bar_codes: BarCodeBytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: what was sent before this life does not matter, and nobody minds answers that come too soon."""
    monkeypatch.setattr(FormerAnswers, "expected", property(lambda _: False, lambda *_: None), raising=False)
    monkeypatch.setattr(Fences, "asked", lambda *_: 10**6)
    with pytest.raises(AssertionError, match="before its paper was there"):
        test_answers_for_the_slip_of_a_former_life_prove_nothing_of_the_next_one(
            tmp_path, bar_codes, "killed", 1, 9600, "gs_r"
        )


def test_negative_control_a_mark_written_late_is_found_with_either_fence(
    tmp_path: Path, bar_codes: BarCodeBytes, monkeypatch: pytest.MonkeyPatch, fence: Fence
) -> None:
    def late(self: print_jobs.PrintJobs, job: print_jobs.Job, size: int) -> None:
        job.entry = print_jobs.Entry(job.key, "kitchen", "SENDING")  # in memory only

    monkeypatch.setattr(print_jobs.PrintJobs, "mark_sending", late)
    chance = random.Random(1)
    for n in range(12):
        folder = tmp_path / str(n)
        folder.mkdir()
        if killed_at(World(folder, bar_codes, fence=fence), chance.randrange(LONGEST_TICKS)) > 1:
            return
    raise AssertionError("twelve kills do not find a mark that is written late")


# --- paper out in the middle of ten ---------------------------------------------------------------


@pytest.mark.parametrize("baud", BAUDS)
def test_paper_out_in_the_middle_of_ten_slips_prints_each_once_in_order(
    tmp_path: Path, bar_codes: BarCodeBytes, baud: int, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, fence=fence, baud=baud)
    world.settle(0.6)
    keys = [f"T{n}" for n in range(10)]
    for key in keys:
        world.print(key)
    for _ in world.run(30):
        if len(world.papers) == 4 and world.printer.records[-1].bytes >= IN_THE_MIDDLE:
            break
    world.printer.set_fault("paper_out", True, world.now)
    world.settle(20)
    assert len(world.papers) == 4
    world.printer.set_fault("paper_out", False, world.now)
    assert world.until_final("T9", 60).state == "PRINTED"
    world.settle(1)
    assert [next(key for key in keys if f"{key} " in paper) for paper in world.papers] == keys
    assert {each.state for each in world.results if each.state in FINAL_RESULTS} == {"PRINTED"}
