"""Found by seeds 141 and 239: a printer that wakes up in the middle of a slip prints its end and answers the fence
behind it. The fences inside the slip tell that its head was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contract.messages import DeviceDesired, DeviceEvent, DeviceState, PrintCommand, PrintResult
from gateway.contract.slips import Slip, SlipLine
from gateway.simulation import printer as printers
from gateway.simulation.bridge_process import MortalJournal, SimulatedDevice
from gateway.simulation.printer import Line, Paper, Printer, bar_code
from gateway.simulation.world import World

DISHES = [SlipLine(2, f"炒锅菜{n}") for n in range(5)]


class Heard:
    def __init__(self) -> None:
        self.states: list[str] = []

    def result(self, printer: str, result: PrintResult) -> None:
        self.states.append(result.state)

    def state(self, device: str, state: DeviceState) -> None:
        return

    def event(self, device: str, event: DeviceEvent) -> None:
        raise AssertionError(f"a printer tells of {event.kind}")


def printed_while_waking(folder: Path, into_the_slip_s: float) -> tuple[list[str], list[Paper]]:
    """The printer had answered, lost its power, and has it again so long after the slip began."""
    world, papers, heard = World(1), [], Heard()
    printer = Printer(world, "kitchen", papers.append)
    journal = MortalJournal(folder / "bridge.db", world)
    desired = DeviceDesired("kitchen", "escpos_printer", "kitchen")
    device = SimulatedDevice(
        desired, "bridge", journal, heard, lambda port, baud: Line(world, printer, lambda: None), bar_code, lambda: ""
    )

    def turn() -> None:
        device.step(world.time)
        world.after(0.01, turn)

    turn()
    world.run_until(5.0)
    printer.lose_power()
    world.run_until(10.0)
    slip = Slip("zh-Hans", "炒锅", "0007", "A012", "5 桌", "12:30", DISHES, note="T00017", code="A012-0007")
    device.offer(PrintCommand("print", "key", 1, slip))
    world.run_until(10.0 + into_the_slip_s)
    printer.mend("no_power")
    world.run_until(30.0)
    device.close()
    journal.close()
    return heard.states, papers


@pytest.mark.parametrize("into_the_slip_s", [n / 100 for n in range(2, 60, 4)])
def test_a_slip_whose_head_was_lost_is_never_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, into_the_slip_s: float
) -> None:
    monkeypatch.setattr(printers, "STARTS_IN_S", 0.0)
    states, papers = printed_while_waking(tmp_path, into_the_slip_s)
    whole = [paper for paper in papers if paper.shows([f"2× {dish.name}" for dish in DISHES])]
    assert whole or states[-1] != "PRINTED"
