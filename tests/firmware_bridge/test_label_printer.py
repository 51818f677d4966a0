"""A label printer through every fault, on a fake clock: what is called printed came out, once and in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from bridge_rig import a_slip
from label_samples import LABELS
from label_world import LabelWorld
from printer_world import LINE_HOLDS

from firmware_bridge import tspl
from firmware_bridge.config import problems_of
from firmware_bridge.drivers.former_answers import QUIET_S
from firmware_bridge.drivers.tspl_printer import START_S, TsplPrinter
from firmware_bridge.escpos import BarCodeBytes, Body
from firmware_bridge.virtual.label_printer import BITS, FAULTS
from gateway.contract.messages import DeviceDesired, PrintCommand


@pytest.fixture
def world(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[LabelWorld]:
    made = LabelWorld(tmp_path, bar_codes)
    made.settle(0.5)
    yield made
    assert made.labels.engine.warnings == []
    made.journal.close()


def until_printing(world: LabelWorld) -> None:
    for _ in world.run(5):
        if world.labels.status == 0x20:
            return
    raise AssertionError("never printing")


def test_a_label_that_came_out_is_printed_and_says_what_proves_it(world: LabelWorld) -> None:
    began = world.now
    world.print("A1")
    result = world.until_final("A1")
    assert (result.state, result.evidence["status"]) == ("PRINTED", "20 00")
    assert world.now - began < 1, "half a second for the label, and the last looks at it"
    assert world.came_out("A1") == 1
    assert [(state.status, state.reasons) for state in world.states][-1] == ("online", [])


def test_ten_labels_come_out_once_each_and_in_order(world: LabelWorld) -> None:
    keys = [f"A{at}" for at in range(10)]
    for key in keys:
        world.print(key)
    for key in keys:
        assert world.until_final(key).state == "PRINTED"
    assert [paper.split()[0] for paper in world.papers] == keys


REASON = {fault: fault for fault in BITS} | {"overheated": "error"}


@pytest.mark.parametrize("fault", BITS)
def test_what_a_person_must_mend_is_told_and_the_label_waits_with_no_byte_sent(world: LabelWorld, fault: str) -> None:
    world.labels.set_fault(fault, True, world.now)
    world.settle(1.5)
    assert (world.states[-1].status, world.states[-1].reasons) == ("blocked", [REASON[fault]])
    taken = world.cable.taken
    world.print("A1")
    world.until_told("WAITING", REASON[fault])
    world.settle(5)
    assert b"PRINT" not in bytes(world.labels.engine.buffer)
    assert world.cable.taken - taken < 200, "questions only"
    world.labels.set_fault(fault, False, world.now)
    assert world.until_final("A1").state == "PRINTED"
    assert world.came_out("A1") == 1


@pytest.mark.parametrize("fault", BITS)
def test_a_label_that_is_spoiled_in_the_middle_waits_and_is_asked_about(world: LabelWorld, fault: str) -> None:
    world.print("A1")
    until_printing(world)
    world.settle(0.08)
    world.labels.set_fault(fault, True, world.now)
    world.until_told("WAITING", REASON[fault])
    world.settle(100)
    assert [result.state for result in world.results] == ["SENDING", "WAITING"], "nobody is asked while it is held"
    world.withdraw("A1")
    world.settle(1)
    assert world.results[-1].state == "WAITING", "its bytes have left: it cannot be taken back"
    world.labels.set_fault(fault, False, world.now)
    end = world.until_final("A1")
    assert (end.state, end.reason) == ("UNKNOWN", REASON[fault]), "none says whether it prints it again"
    world.print("A2")
    assert world.until_final("A2").state == "PRINTED"
    assert [world.came_out(key) for key in ("A1", "A2")] == [1, 1]
    assert world.labels.happened["spoiled"] == 1


@pytest.mark.parametrize("fault", BITS)
def test_the_feed_behind_an_obstacle_proves_no_label(world: LabelWorld, fault: str) -> None:
    """20, an obstacle, 20 again, ready: the second is the feed of the new roll, and the label is lost."""
    world.labels.set_fault("spoiled_lost", True, world.now)
    world.print("A1")
    until_printing(world)
    world.settle(0.08)
    world.labels.set_fault(fault, True, world.now)
    world.settle(3)
    world.labels.set_fault(fault, False, world.now)
    until_printing(world)
    end = world.until_final("A1")
    assert (end.state, end.reason, world.came_out("A1")) == ("UNKNOWN", REASON[fault], 0)
    world.print("A2")
    assert world.until_final("A2").state == "PRINTED"
    assert world.came_out("A2") == 1


def test_a_spoiled_label_that_is_not_printed_again_is_asked_about(world: LabelWorld) -> None:
    world.print("A1")
    until_printing(world)
    world.settle(0.08)
    world.labels.set_fault("paper_out", True, world.now)
    world.until_told("WAITING", "paper_out")
    world.labels._label = None
    world.labels.set_fault("paper_out", False, world.now)
    result = world.until_final("A1")
    assert (result.state, result.reason) == ("UNKNOWN", "paper_out")
    assert world.came_out("A1") == 0


def test_a_printer_that_never_rests_and_is_never_seen_printing_leaves_every_label_unknown() -> None:
    """What a printer looks like that takes labels for something else: nothing ends that but a rest."""
    printer, now = TsplPrinter(115200, unsettled=True), 100.0
    printer.connected(now)
    ends: list[str] = []
    while len(ends) < 3:
        now += 0.01
        printer.step(now)
        if printer.sending is None and printer.ready(now):
            printer.begin(Body(b"x" * 60, 4, ()), now)
        out = printer.outgoing()
        printer.sent(len(out), now)
        if out == tspl.ASK:
            # Between labels it seems to print every two seconds, while one is on its way never.
            busy = printer.sending is None and now % 2 < 1
            printer.receive(b"\x20" if busy else b"\x00", now)
        outcome = printer.outcome(now)
        ends += [outcome.state] if outcome is not None else []
        assert now < 1000
    assert ends == ["UNKNOWN"] * 3


@pytest.mark.parametrize("kind", ["drawer", "buzzer"])
def test_a_drawer_or_a_buzzer_of_a_label_printer_is_not_there_and_nobody_waits_for_it(
    world: LabelWorld, kind: str
) -> None:
    taken = world.cable.taken
    world.device.offer(PrintCommand("print", "k1", 1, a_slip(kind=kind), within_s=10))
    result = world.until_final("k1", 1)
    assert (result.state, result.reason) == ("WITHDRAWN", "not_there")
    assert world.cable.taken - taken < 20
    world.print("A1")
    assert world.until_final("A1").state == "PRINTED", "the next one need not wait"


def test_a_job_that_may_not_begin_any_more_is_given_up(world: LabelWorld) -> None:
    world.labels.set_fault("paper_out", True, world.now)
    world.settle(1.5)
    slip = msgspec.structs.replace(LABELS["en"]["cup"], place="A1", order="A1")
    world.device.offer(PrintCommand("print", "A1", 1, slip, within_s=4))
    began = world.now
    result = world.until_final("A1", 6)
    assert (result.state, result.reason) == ("WITHDRAWN", "paper_out")
    assert 3.9 < world.now - began < 4.5
    world.labels.set_fault("paper_out", False, world.now)
    world.settle(3)
    assert world.came_out("A1") == 0


def test_a_printer_that_is_never_seen_printing_is_not_believed(world: LabelWorld) -> None:
    world.labels.set_fault("never_printing", True, world.now)
    began = world.now
    world.print("A1")
    assert world.until_final("A1").state == "UNCONFIRMED"
    assert START_S <= world.now - began < START_S + 1
    world.print("A2")
    assert world.until_final("A2").state == "UNCONFIRMED"
    assert world.now - began < 2 * START_S + 2, "no rest between: nothing of the first is left to come"


def test_a_power_cut_while_it_prints_leaves_an_unknown_label(world: LabelWorld) -> None:
    world.print("A1")
    until_printing(world)
    world.settle(0.08)
    world.labels.set_fault("printer_power_cut", True, world.now)
    world.settle(2.5)
    world.labels.set_fault("printer_power_cut", False, world.now)
    result = world.until_final("A1")
    assert (result.state, result.reason, world.came_out("A1")) == ("UNKNOWN", "no_answer", 0)
    began = world.now
    world.print("A2")
    assert world.until_final("A2").state == "PRINTED"
    assert world.now - began > QUIET_S - 1, "what may still come of the first is not taken for the second"


def test_a_printer_that_says_nothing_gets_its_labels_and_proves_none(world: LabelWorld) -> None:
    world.labels.set_fault("printer_mute", True, world.now)
    world.settle(8)
    assert (world.states[-1].status, world.states[-1].reasons) == ("unknown", ["no_answer"])
    world.print("A1")
    result = world.until_final("A1")
    assert (result.state, result.reason, world.came_out("A1")) == ("UNKNOWN", "no_answer", 1)


def test_a_printer_that_is_known_to_say_nothing_is_not_asked(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    world = LabelWorld(tmp_path, bar_codes, fence="none")
    world.settle(0.5)
    world.labels.set_fault("printer_mute", True, world.now)
    for key in ("A1", "A2"):
        world.print(key)
        assert world.until_final(key).state == "UNCONFIRMED"
    world.settle(2)
    assert world.states[-1].status == "online"
    assert [paper.split()[0] for paper in world.papers] == ["A1", "A2"]
    world.journal.close()


@pytest.mark.parametrize("after", [1, 40, 200])
def test_a_cable_that_is_pulled_in_the_middle_leaves_an_unknown_label(world: LabelWorld, after: int) -> None:
    world.cable.unplug_after = world.cable.taken + after
    world.print("A1")
    result = world.until_final("A1")
    assert (result.state, result.reason) == ("UNKNOWN", "unplugged")
    assert world.states[-1].status == "offline"


def test_a_cable_that_is_out_before_the_first_byte_costs_nothing(world: LabelWorld) -> None:
    world.cable.plugged = False
    world.settle(1)
    world.print("A1")
    world.until_told("WAITING", "offline")
    world.cable.plugged = True
    assert world.until_final("A1").state == "PRINTED"
    assert world.came_out("A1") == 1


@pytest.mark.parametrize("ticks", [1, 5, 10, 30, 60, 120, 250])
def test_a_bridge_that_is_killed_prints_no_label_twice(world: LabelWorld, ticks: int) -> None:
    world.print("A1")
    for _ in range(ticks):
        world.tick()
    world.kill_bridge()
    for attempt in range(2, 6):
        world.print("A1", attempt)
        world.settle(2)
    assert world.came_out("A1") <= 1
    assert world.results[-1].state == "PRINTED" or world.results[-1].reason == "restarted"


@pytest.mark.parametrize("when", ["before", "in the middle", "after"])
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "printer_unplugged"])
def test_no_fault_makes_a_label_printed_that_did_not_come_out(world: LabelWorld, fault: str, when: str) -> None:
    """The printer's own line is `printer_unplugged`; its cable is pulled above."""
    if when == "before":
        world.labels.set_fault(fault, True, world.now)
        world.settle(3)
    for key in ("A1", "A2"):
        world.print(key)
    if when == "in the middle":
        until_printing(world)
        world.settle(0.05)
    if when == "after":
        world.until_final("A1")
    world.labels.set_fault(fault, True, world.now)
    world.settle(12)
    world.labels.set_fault(fault, False, world.now)
    ends = {key: world.until_final(key, 120) for key in ("A1", "A2")}
    world.settle(3)
    for key, end in ends.items():
        assert world.came_out(key) <= 1, "never twice"
        if end.state == "PRINTED":
            assert world.came_out(key) == 1
    world.print("A3")
    assert world.until_final("A3", 120).state == "PRINTED", "and when it is over it works again"


def test_a_paper_that_is_no_label_is_asked_about_and_sends_no_byte(world: LabelWorld) -> None:
    taken = world.cable.taken
    world.device.offer(PrintCommand("print", "k1", 1, a_slip()))
    result = world.until_final("k1")
    assert (result.state, result.reason, result.evidence) == ("UNKNOWN", "unprintable", {"bytes": 0})
    assert world.cable.taken - taken < 20
    world.print("A1")
    assert world.until_final("A1").state == "PRINTED", "the next one need not wait"


def test_settings_that_no_label_printer_can_have_are_said_in_words() -> None:
    assert "encoding big5" in problems_of(DeviceDesired("it", "tspl_printer", "/dev/x", encoding="big5"))[0]
    small = DeviceDesired("it", "tspl_printer", "/dev/x", options={"width_mm": "12"})
    assert "option width_mm '12' is none of 40, 30" in problems_of(small)[0]


@pytest.mark.parametrize("fence", ["gs_r", "none"])
def test_a_mute_printer_whose_line_was_stuck_once_prints_what_waited(
    tmp_path: Path, bar_codes: BarCodeBytes, fence: str
) -> None:
    """Nothing but the label would leave, and the label waits until something has left."""
    world = LabelWorld(tmp_path, bar_codes, fence=fence)
    world.settle(2)
    if fence != "none":
        world.labels.set_fault("printer_mute", True, world.now)
        world.settle(12)
    world.cable.holds = 0
    world.print("A1")
    world.until_told("WAITING", "offline")
    world.settle(5)
    world.cable.holds = LINE_HOLDS
    world.until_final("A1", 20)
    world.settle(2)
    assert world.came_out("A1") == 1


def test_a_printer_that_is_well_again_is_told_so_although_nobody_wants_a_label_any_more(world: LabelWorld) -> None:
    world.settle(2)
    world.labels.set_fault("printer_power_cut", True, world.now)
    world.settle(12)
    world.cable.holds = 0
    world.print("A1")
    world.settle(5)
    world.withdraw("A1")
    world.settle(1)
    assert world.states[-1].status != "online"
    world.cable.holds = LINE_HOLDS
    world.labels.set_fault("printer_power_cut", False, world.now)
    world.settle(6)
    assert world.states[-1].status == "online"
