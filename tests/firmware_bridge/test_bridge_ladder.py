"""One printer over a ladder of lines: whole, byte by byte, slow, lossy, noisy, late, unplugged, on a fake clock.

Whatever the line does: PRINTED is said only of a slip that is on paper, nothing is on paper twice without
its mark, and every job ends or says why it waits.
"""

from __future__ import annotations

import random
import re
from collections import deque
from pathlib import Path

import msgspec
import pytest
from bridge_rig import a_slip
from printer_world import LINE_HOLDS, World, killed_at

from firmware_bridge import print_jobs
from firmware_bridge.device import Device
from firmware_bridge.drivers.escpos_printer import EscposPrinter
from firmware_bridge.drivers.fences import Fence
from firmware_bridge.drivers.former_answers import QUIET_MOST_S
from firmware_bridge.drivers.questions import POLL_IDLE_S
from firmware_bridge.drivers.stuck_line import STUCK_S
from firmware_bridge.errors import ConfigError
from firmware_bridge.escpos import CHINESE_OFF, START, BarCodeBytes, Body, ask, marked_fence
from firmware_bridge.journal import Journal
from firmware_bridge.virtual.printer import FAULTS, VirtualPrinter
from gateway.contract.messages import (
    FINAL_RESULTS,
    DeviceDesired,
)

FENCES: tuple[Fence, ...] = ("gs_r", "gs_h")


@pytest.fixture(params=FENCES)
def fence(request: pytest.FixtureRequest) -> Fence:
    found: Fence = request.param
    return found


@pytest.fixture
def world(tmp_path: Path, bar_codes: BarCodeBytes, fence: Fence) -> World:
    return World(tmp_path, bar_codes, fence=fence)


@pytest.mark.parametrize("rung", ["whole", "byte by byte", "slow"])
def test_on_any_honest_line_every_slip_is_proven(
    tmp_path: Path, bar_codes: BarCodeBytes, rung: str, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, rung, fence=fence)
    for key in ("A1", "A2", "A3"):
        world.print(key)
        result = world.until_final(key)
        assert (result.state, result.evidence["fence"]) == ("PRINTED", fence)
        assert re.fullmatch("00" if fence == "gs_r" else "[0-9A-Z]{4}", result.evidence["answer"])
    world.settle(2)
    assert [world.copies(key) for key in ("A1", "A2", "A3")] == [1, 1, 1]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rung", ["lossy", "noisy"])
def test_on_a_damaged_line_printed_is_said_only_of_what_is_on_paper(
    tmp_path: Path, bar_codes: BarCodeBytes, rung: str, seed: int, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, rung, seed, fence)
    world.print("A1")
    result = world.until_final("A1")
    assert result.state in ("PRINTED", "UNKNOWN")
    if result.state == "PRINTED":
        world.settle(0.5)  # the fence stands before the cut
        assert world.copies("A1") == 1


@pytest.mark.parametrize("seed", range(8))
def test_garbage_for_answers_is_never_proof(
    tmp_path: Path, bar_codes: BarCodeBytes, seed: int, fence: Fence
) -> None:
    world = World(tmp_path, bar_codes, seed=seed, fence=fence)
    world.settle(0.5)
    world.print("A1")
    world.until_told("SENDING", "")
    world.printer._noise.seed(seed)
    world.printer.set_fault("garbage", True, world.now)
    world.printer.set_fault("paper_out", True, world.now)  # so that nothing can be on paper
    world.settle(20)
    assert "PRINTED" not in [result.state for result in world.results]


@pytest.mark.parametrize("fault", ["paper_out", "cover_open", "offline"])
def test_blocked_before_no_byte_leaves_and_it_prints_by_itself(world: World, fault: str) -> None:
    world.printer.set_fault(fault, True, world.now)
    world.print("A1")
    world.until_told("WAITING", fault)
    world.settle(30)
    assert world.printer.records == deque()
    world.printer.set_fault(fault, False, world.now)
    assert world.until_final("A1", 10).state == "PRINTED"
    world.settle(1)
    assert world.copies("A1") == 1


@pytest.mark.parametrize("after", [1, 100, 300])
@pytest.mark.parametrize("fault", ["paper_out", "cover_open", "cutter_error"])
def test_blocked_in_the_middle_it_is_held_without_a_deadline_and_never_sent_again(
    world: World, fault: str, after: int
) -> None:
    world.settle(0.5)
    world.print("A1")
    for _ in world.run(5):
        if world.printer.records and world.printer.records[-1].bytes >= after:
            break
    world.printer.set_fault(fault, True, world.now)
    world.settle(40)
    if fault != "cutter_error":  # a jammed cutter stops behind the fence
        assert [each for each in world.results if each.state in FINAL_RESULTS] == []
        assert ("WAITING", fault) in [(each.state, each.reason) for each in world.results]
    world.printer.set_fault(fault, False, world.now)
    assert world.until_final("A1", 10).state == "PRINTED"
    world.settle(1)
    assert world.copies("A1") == 1


@pytest.mark.parametrize("after", [0, 1, 255, 256, 400])
def test_the_cable_pulled_out_after_so_many_bytes(world: World, after: int) -> None:
    world.settle(0.5)
    world.cable.unplug_after = world.cable.taken + after
    world.print("A1")
    if after == 0:
        world.until_told("WAITING", "offline")
        assert world.states[-1].status == "offline"
    else:
        result = world.until_final("A1")
        assert (result.state, result.reason) == ("UNKNOWN", "unplugged")
        assert result.evidence["bytes"] == after
    world.cable.unplug_after = None
    world.cable.plugged = True
    if after == 0:
        assert world.until_final("A1", 5).state == "PRINTED"
    world.settle(6)
    assert world.states[-1].status == "online"
    assert world.copies("A1") <= 1


def test_a_power_cut_in_the_middle_is_unknown_although_the_printer_is_well_again(world: World) -> None:
    world.settle(0.5)
    world.print("A1")
    for _ in world.run(5):
        if world.printer.records and world.printer.records[-1].bytes > 200:
            break
    world.printer.set_fault("printer_power_cut", True, world.now)
    world.settle(0.2)
    world.printer.set_fault("printer_power_cut", False, world.now)
    result = world.until_final("A1")
    assert (result.state, result.reason) == ("UNKNOWN", "no_answer")
    assert world.copies("A1") == 0
    world.print("A1R", copy=2)
    assert world.until_final("A1R").state == "PRINTED"
    world.settle(1)
    assert "REPRINT 1" in world.papers[-1]
    assert world.papers[-1].startswith("▐"), "what the power cut left has a paper of its own"


def test_a_mute_printer_still_prints_and_is_never_called_proven(world: World) -> None:
    world.printer.set_fault("printer_mute", True, world.now)
    world.print("A1")
    result = world.until_final("A1")
    assert (result.state, result.reason) == ("UNKNOWN", "no_answer")
    assert world.copies("A1") == 1
    assert world.states[-1].reasons == ["no_answer"]


def test_late_answers_are_not_read_as_answers_to_the_next_question(world: World) -> None:
    world.printer.set_fault("late_answer", True, world.now)
    world.printer.set_fault("paper_out", True, world.now)
    world.settle(10)
    world.printer.set_fault("late_answer", False, world.now)
    world.settle(6)
    assert world.states[-1].reasons == ["paper_out"]
    assert "online" not in [state.status for state in world.states]


def test_with_a_fresh_status_the_slip_starts_without_another_question(world: World, fence: Fence) -> None:
    world.settle(1)
    world.print("A1")
    taken = world.cable.taken
    world.tick()
    first_slice = len(START) + len(CHINESE_OFF) + len(marked_fence(b"0000"))
    assert world.cable.taken - taken > 100 or (fence == "gs_h" and world.cable.taken - taken == first_slice)
    assert [each.state for each in world.results] == ["SENDING"]


def test_a_printer_without_fence_ends_unconfirmed(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    world = World(tmp_path, bar_codes)
    world.desired = msgspec.structs.replace(world.desired, fence="none")
    world.journal.close()
    world.start()
    world.print("A1")
    assert world.until_final("A1").state == "UNCONFIRMED"


def test_paper_low_is_degraded_and_prints(world: World) -> None:
    world.printer.set_fault("paper_low", True, world.now)
    world.print("A1")
    result = world.until_final("A1")
    assert result.state == "PRINTED"
    assert result.evidence["fence"] == "gs_h" or result.evidence["answer"] == "03"
    assert (world.states[-1].status, world.states[-1].reasons) == ("degraded", ["paper_low"])


def test_an_impossible_wish_is_refused_with_every_reason(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    journal = Journal(tmp_path / "bridge.db", lambda: 0.0)
    wish = DeviceDesired("x", "escpos_printer", "", baud=1, columns=3, encoding="ebcdic")  # type: ignore[arg-type]
    with pytest.raises(ConfigError) as refused:
        Device(wish, "b1", journal, None, lambda *_: None, bar_codes, str)  # type: ignore[arg-type, return-value]
    assert len(refused.value.problems) == 4


@pytest.mark.parametrize("seed", range(5))
def test_a_storm_of_faults_never_brings_a_lie_or_a_second_paper(
    tmp_path: Path, bar_codes: BarCodeBytes, seed: int, fence: Fence
) -> None:
    chance = random.Random(seed)
    rung = chance.choice(["whole", "lossy", "noisy", "byte by byte", "slow"])
    world = World(tmp_path, bar_codes, rung, seed, fence)
    keys = ["A1", "A2", "A3"]
    for key in keys:
        world.print(key)
        for _ in range(chance.randrange(1, 6)):
            world.settle(chance.choice([0.01, 0.05, 0.1, 0.3, 1, 3]))
            if chance.random() < 0.15:
                world.kill_bridge()
            elif chance.random() < 0.1:
                world.cable.plugged = False
                world.settle(chance.random() * 2)
                world.cable.plugged = True
            else:
                fault = chance.choice([each for each in FAULTS if each != "printer_unplugged"])
                world.printer.set_fault(fault, chance.random() < 0.6, world.now)
            world.print(key, 2)
    for fault in FAULTS:
        world.printer.set_fault(fault, False, world.now)
    for attempt in range(3, 13):  # each may be waited for as long as an impact printer takes
        world.settle(5)
        for key in keys:
            world.print(key, attempt)
    world.settle(5)
    for key in keys:
        ends = {result.state for result in world.results if result.key == key} & FINAL_RESULTS
        papers = sum(paper.count(f"\n{key} ") for paper in world.papers)
        assert len(ends) == 1, f"{key} has one end"
        assert papers <= 1, f"{key} is on paper once at most"
        assert ends != {"PRINTED"} or papers == 1, f"{key} is on paper when it is said so"


def test_more_answers_than_questions_make_a_slip_unproven(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    world = World(tmp_path, bar_codes)
    world.settle(1)
    world.cable.holds = 64  # so that only the first of its fences has left
    world.print("A1")
    world.tick()
    world.cable.answer(b"\x00\x00")
    assert world.until_final("A1", 20).state == "UNKNOWN"
    assert world.copies("A1") == 1
    world.print("B2")
    assert world.until_final("B2", 20).state == "PRINTED"


def test_more_answers_than_questions_are_no_proof_of_a_slip_that_has_left_whole(
    tmp_path: Path, bar_codes: BarCodeBytes
) -> None:
    world = World(tmp_path, bar_codes)
    world.settle(1)
    world.print("A1", lines=[*a_slip().lines] * 20)
    world.tick()
    for _ in world.run(5):
        if not world.cable.to_printer:
            break
    world.cable.answer(b"\x00" * 9)
    end = world.until_final("A1", 120)
    assert end.state == "UNKNOWN", f"on paper: {world.is_printed('A1')}"


def test_a_printer_that_is_never_quiet_gets_its_slips_and_is_not_believed(
    tmp_path: Path, bar_codes: BarCodeBytes
) -> None:
    world = World(tmp_path, bar_codes)
    world.settle(0.5)
    world.print("A1")
    world.until_told("SENDING", "")
    world.kill_bridge()
    world.print("B2")

    def chatter(seconds: int) -> None:
        for _ in range(seconds // 2):
            world.cable.answer(b"\x00")
            world.settle(2)

    chatter(int(QUIET_MOST_S) - 2)
    assert world.copies("B2") == 0
    chatter(20)
    assert [each.state for each in world.results if each.key == "B2"][-1] == "UNKNOWN"
    assert world.copies("B2") == 1
    world.print("C3")
    assert world.until_final("C3", 20).state == "PRINTED", "quiet at last"


@pytest.mark.parametrize(
    ("trouble", "within_s", "told"),
    [("cover_open", POLL_IDLE_S, ["cover_open"]), ("paper_out", 2 * POLL_IDLE_S, ["paper_out"])],
)
def test_an_idle_printer_that_says_nothing_by_itself_is_asked_in_turn(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: str, within_s: float, told: list[str]
) -> None:
    """Some clones stay on line at the end of their paper: only the question for paper finds it."""
    says = VirtualPrinter._status

    def clone(self: VirtualPrinter, question: int) -> int:
        return 0x12 if question == 1 and "paper_out" in self.faults else says(self, question)

    monkeypatch.setattr(VirtualPrinter, "_status", clone)
    for pause in (20.0, 21.3, 22.6, 23.9, 25.2):  # so that it begins between other questions each time
        world.settle(pause)
        assert world.states[-1].status == "online"
        world.printer.set_fault(trouble, True, world.now)
        world.settle(within_s + 0.2)
        assert (world.states[-1].status, world.states[-1].reasons) == ("blocked", told)
        world.printer.set_fault(trouble, False, world.now)


# --- a line that takes nothing ------------------------------------------------------------------------


def test_a_printer_whose_line_takes_no_bytes_is_offline_until_it_takes_some(world: World) -> None:
    """XOFF, a USB printer that says not now: nothing fails and nothing leaves."""
    world.settle(1)
    assert world.states[-1].status == "online"
    world.cable.holds = 0
    world.settle(POLL_IDLE_S + STUCK_S + 0.1)
    assert (world.states[-1].status, world.states[-1].reasons) == ("offline", ["offline"])
    world.print("A1")
    world.settle(0.1)
    assert [(each.state, each.reason) for each in world.results] == [("WAITING", "offline")]
    world.settle(30)
    assert world.printer.records == deque()
    world.cable.holds = LINE_HOLDS
    assert world.until_final("A1", 5).state == "PRINTED"
    assert world.states[-1].status == "online"
    world.settle(1)
    assert world.copies("A1") == 1


def test_negative_control_a_line_that_pauses_is_well(world: World) -> None:
    world.settle(1)
    for _ in range(5):
        world.cable.holds = 0
        world.settle(STUCK_S - 0.5)
        world.cable.holds = LINE_HOLDS
        world.settle(0.5)
    assert "offline" not in [state.status for state in world.states]


def test_paper_out_is_the_reason_although_the_line_is_full_too(world: World) -> None:
    world.print("A1")  # switches on what it says by itself
    world.until_final("A1")
    world.settle(1)
    world.printer.set_fault("paper_out", True, world.now)
    world.settle(0.1)
    world.cable.holds = 0
    world.settle(10)
    assert (world.states[-1].status, world.states[-1].reasons) == ("blocked", ["paper_out"])


def test_a_slip_that_cannot_leave_a_silent_printers_line_can_be_withdrawn(world: World) -> None:
    world.printer.set_fault("printer_mute", True, world.now)
    world.settle(8)
    assert world.states[-1].reasons == ["no_answer"]
    world.cable.holds = 0
    world.print("A1")
    world.until_told("WAITING", "offline")
    commits = world.journal._commits
    world.settle(30)
    assert world.journal._commits == commits, "nothing is written again and again"
    world.withdraw("A1")
    world.settle(0.1)
    assert world.results[-1].state == "WITHDRAWN"
    world.cable.holds = LINE_HOLDS
    world.settle(10)
    assert world.copies("A1") == 0
    world.print("B2")
    assert world.until_final("B2").state == "UNKNOWN"
    assert world.copies("B2") == 1, "a printer without answers prints all the same"


# --- what is no slip for this printer ----------------------------------------------------------------


def test_a_slip_that_can_be_no_bytes_ends_and_holds_nobody_up(world: World) -> None:
    world.settle(1)
    for key in ("A1", "A2"):
        world.print(key, kind="bill", qr="x" * 3000)
    world.print("B2")
    assert world.until_final("B2", 5).state == "PRINTED"
    world.settle(1)
    assert world.copies("B2") == 1
    assert len(world.papers) == 1, "no paper is cut off that nobody has begun"
    for _ in range(2):
        ends = [each for each in world.results if each.key == "A1" and each.state in FINAL_RESULTS]
        assert {(end.state, end.reason, end.evidence["bytes"]) for end in ends} == {("UNKNOWN", "unprintable", 0)}
        world.kill_bridge()
        world.print("A1", 2)
        world.settle(1)
    assert len(world.papers) == 1


@pytest.mark.parametrize("qr", ["native", "drawn"])
def test_a_printer_gets_its_qr_codes_as_it_can_take_them(
    tmp_path: Path, bar_codes: BarCodeBytes, qr: str
) -> None:
    world = World(tmp_path, bar_codes)
    world.desired = msgspec.structs.replace(world.desired, options={"qr": qr})
    world.change_settings()
    world.print("A1", kind="bill", qr="https://example.org/v/1")
    assert world.until_final("A1").state == "PRINTED"
    world.settle(1)
    (sheet,) = world.sheets
    assert [kind in sheet.data for kind in (b"\x1d(k", b"\x1dv0")] == [qr == "native", qr == "drawn"]


# --- a printer that cannot speak for a while ----------------------------------------------------------


@pytest.mark.parametrize("after", [50, 700, 1500])
def test_a_printer_that_forgets_all_answers_but_its_newest_is_believed_with_marks(world: World, after: int) -> None:
    world.settle(0.5)
    world.print("A1", lines=[*a_slip().lines] * 20)
    for _ in world.run(5):
        if world.printer.records and world.printer.records[-1].bytes >= after:
            break
    world.printer.set_fault("output_blocked", True, world.now)
    world.settle(3)
    world.printer.set_fault("output_blocked", False, world.now)
    end = world.until_final("A1", 120)
    if world.desired.fence == "gs_h":
        assert end.state == "PRINTED"
    world.settle(1)
    assert world.copies("A1") == 1


def test_a_printer_without_marks_gets_its_whole_slip_all_the_same(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    world = World(tmp_path, bar_codes, fence="gs_h")
    world.printer.set_fault("impersonates", True, world.now)
    world.settle(1)
    world.print("A1", lines=[*a_slip().lines] * 20)
    assert world.until_final("A1", 150).state == "UNKNOWN"
    world.settle(1)
    assert world.copies("A1") == 1


def test_a_printer_that_has_shown_how_fast_it_is_is_given_up_soon(world: World) -> None:
    """On the first slip nobody knows whether it is slow; then an answer that is lost is told of within seconds."""
    world.settle(0.5)
    world.print("A1")
    assert world.until_final("A1").state == "PRINTED"
    world.printer.set_fault("answer_lost", True, world.now)
    began = world.now
    world.print("B2")
    assert world.until_final("B2", 60).state == "UNKNOWN"
    assert world.now - began < 12


# --- SIGKILL at any moment, and the proof that this test would notice ---------------------------------


MOMENTS = (0, 1, 2, 3, 5, 10, 30, 100, 200, 400)


@pytest.mark.parametrize("ticks", MOMENTS)
def test_a_bridge_killed_at_any_moment_prints_once_at_most(world: World, ticks: int) -> None:
    assert killed_at(world, ticks) <= 1
    last = world.results[-1]
    assert last.state in ("PRINTED", "UNKNOWN")
    assert last.state == "UNKNOWN" or world.copies("A1") == 1


def test_negative_control_a_mark_that_is_written_late_prints_twice(
    tmp_path: Path, bar_codes: BarCodeBytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(self: print_jobs.PrintJobs, job: print_jobs.Job, size: int) -> None:
        job.entry = print_jobs.Entry(job.key, "kitchen", "SENDING")  # in memory only

    monkeypatch.setattr(print_jobs.PrintJobs, "mark_sending", late)
    copies = []
    for ticks in MOMENTS:
        folder = tmp_path / str(ticks)
        folder.mkdir()
        copies.append(killed_at(World(folder, bar_codes), ticks))
    assert max(copies) > 1, "the test above would not notice a late mark"


@pytest.mark.parametrize("before", [1, 2, 3])
def test_answers_for_slips_of_before_prove_nothing_of_the_next_one(world: World, before: int) -> None:
    """Mute and out of paper, it keeps slip after slip in its buffer, and answers for all of them when it is well."""
    world.settle(0.5)
    for fault in ("paper_out", "printer_mute"):
        world.printer.set_fault(fault, True, world.now)
    for n in range(before):
        world.print(f"OLD{n}")
        assert world.until_final(f"OLD{n}", 120).state == "UNKNOWN"
    world.print("NEW")
    world.until_told("SENDING", "")
    world.settle(1)
    for fault in ("printer_mute", "paper_out"):
        world.printer.set_fault(fault, False, world.now)
    for _ in world.run(120):
        ended = [each.state for each in world.results if each.key == "NEW" and each.state in FINAL_RESULTS]
        if ended:
            break
    assert ended == ["UNKNOWN"] or world.copies("NEW") == 1, "PRINTED was said before its paper was there"
    world.print("NEXT")
    assert world.until_final("NEXT", 60).state == "PRINTED", "and the line is sorted out again"
    assert world.copies("NEXT") == 1


# --- what only the conversation itself could do wrong -------------------------------------------------------------


def test_what_a_printer_says_by_itself_counts_more_than_an_answer_that_was_on_its_way() -> None:
    printer, now = EscposPrinter(115200, "gs_r"), 100.0
    printer.connected(now)
    while not (printer.outgoing() == ask(1) and printer.known and now > 125):
        now += 0.05
        printer.step(now)
        out = printer.outgoing()
        if out and not (out == ask(1) and printer.known and now > 125):
            printer.sent(len(out), now)
            printer.receive(b"\x12", now)
    printer.sent(3, now)
    printer.receive(b"\x10\x00\x0c\x00", now)  # GS a: the paper has ended, and it stays on line
    assert printer.blocked == "paper_out"
    printer.receive(b"\x12", now)
    assert printer.blocked == "paper_out"


def test_a_drawer_whose_time_is_over_lets_no_byte_go_whoever_asks_first() -> None:
    """It waits for the mark before its pulse. Let go at its end, the pulse would open the drawer late, and again."""
    printer, now = EscposPrinter(115200, "gs_h"), 100.0
    printer.connected(now)
    while not printer.ready(now):
        now += 0.05
        printer.step(now)
        if printer.outgoing():
            printer.sent(len(printer.outgoing()), now)
            printer.receive(b"\x12", now)
    printer.begin(Body(b"\x1bp\x00\x32\xfa", 0, (), (0,)), now, clean_first=False, paper=False)
    printer.sent(len(printer.outgoing()), now)
    for _ in range(200):
        now += 0.05
        printer.step(now)
        assert b"\x1bp" not in printer.outgoing()
        if printer.outgoing():  # a question: it is well, and keeps its mark to itself
            printer.sent(len(printer.outgoing()), now)
            printer.receive(b"\x12", now)
    ended = printer.outcome(now)
    assert ended is not None
    assert ended.state == "WAITING"
