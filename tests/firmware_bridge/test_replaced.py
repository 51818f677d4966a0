"""A printer in whose place another one answers says so until somebody has seen a test slip come out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from printer_world import World

from firmware_bridge.escpos import BarCodeBytes


@pytest.fixture
def world(tmp_path: Path, bar_codes: BarCodeBytes) -> World:
    made = World(tmp_path, bar_codes)
    made.journal.note_replaced("kitchen", "fake")
    made.change_settings()
    made.settle(0.5)
    return made


def reasons(world: World) -> list[str]:
    world.settle(0.2)
    return world.states[-1].reasons


def printed(world: World, key: str, kind: str) -> str:
    world.print(key, kind=kind)
    return world.until_final(key).state


def test_only_a_test_slip_that_came_out_ends_it_and_a_restart_does_not(world: World) -> None:
    assert (world.states[-1].status, reasons(world)) == ("degraded", ["replaced"])
    assert printed(world, "a", "kitchen") == "PRINTED", "it prints meanwhile"
    assert reasons(world) == ["replaced"]
    world.kill_bridge()
    assert reasons(world) == ["replaced"]
    world.cable.plugged = False
    assert "replaced" in reasons(world), "nobody has looked because it is away"
    world.cable.plugged = True
    world.settle(5)
    assert printed(world, "b", "test") == "PRINTED"
    assert reasons(world) == []
    assert world.states[-1].status == "online"
    world.kill_bridge()
    assert reasons(world) == []


def test_a_test_slip_that_nobody_may_have_seen_does_not_end_it(world: World) -> None:
    world.cable.unplug_after = world.cable.taken + 100
    world.print("a", kind="test")
    assert world.until_final("a").state == "UNKNOWN"
    world.cable.unplug_after = None
    world.cable.plugged = True
    world.settle(5)
    assert "replaced" in reasons(world)


def test_a_printer_that_is_what_it_was_says_nothing_of_it(tmp_path: Path, bar_codes: BarCodeBytes) -> None:
    world = World(tmp_path, bar_codes)
    world.journal.note_replaced("kitchen", "another port")
    world.change_settings()
    world.settle(0.5)
    assert (world.states[-1].status, reasons(world)) == ("online", [])
