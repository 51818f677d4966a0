"""A printer is down for forty minutes while orders come in and are cancelled: what lies on the papers afterwards. The
whole gateway with its doors, a real broker, the real bridge and a printer on a pty; only the clock is moved."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_rig import BridgeThread, Mosquitto, Printers
from house_rig import House, paper_station, printer, take_without_asking
from waiting import eventually

DEVICES = '[[printer]]\nname = "kitchen"\nbaud = 115200\n'
SLIPS, EVERY_S, DOWN_S = 12, 60.0, 40 * 60.0
"""An order a minute; the youngest is 28 minutes old at the end, so that all are past the quarter of an hour."""
UNWANTED = (0, 3, 4, 7, 11)
"""The first is the one that the bridge holds, the last the newest."""
FULL = bool(os.environ.get("TABLEPASS_FULL"))
TROUBLES = {"unplugged": ("printer_unplugged", False), "no paper, no bridge": ("paper_out", True)}
if FULL:
    TROUBLES |= {"unplugged, no bridge": ("printer_unplugged", True), "no paper": ("paper_out", False)}
"""What ails the printer, and whether its bridge is gone too; 8 s each."""
WANTED_STILL = 4
"""Of the seven that are left; the others are answered with `cancel`."""


class Kitchen:
    def __init__(self, folder: Path, broker: int, patch: pytest.MonkeyPatch) -> None:
        self.printers = Printers(folder / "devices", DEVICES)
        self.printers.ready()
        self.house = House(
            folder / "house", broker, patch,
            stations=[paper_station("wok", "kitchen")], printers=[printer("kitchen", self.printers.port())],
        )  # fmt: skip
        self.bridge = BridgeThread(folder / "bridge", broker)
        self.house.printer_is("kitchen", "online")

    def stop(self) -> None:
        self.bridge.stop()
        self.house.stop()
        self.printers.stop()

    def papers_of(self, number: str) -> list[str]:
        """Those on which somebody would cook this order: the list of old slips names it too."""
        return [paper for paper in self.printers.papers() if "OLD SLIPS" not in paper and number in paper]

    def lists(self) -> list[str]:
        return [paper for paper in self.printers.papers() if "OLD SLIPS" in paper]

    def first(self, order: dict[str, Any]) -> dict[str, Any]:
        return self.house.jobs(order)[0]


@pytest.fixture
def kitchen(tmp_path: Path, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kitchen]:
    made = Kitchen(tmp_path, mosquitto.port, monkeypatch)
    yield made
    made.stop()


@pytest.mark.parametrize(("fault", "bridge_too"), TROUBLES.values(), ids=TROUBLES)
def test_after_forty_minutes_no_cancelled_slip_is_on_paper_and_the_others_are_asked_about_once_each(
    kitchen: Kitchen, measured: Callable[[str], None], fault: str, bridge_too: bool
) -> None:
    house = kitchen.house
    orders, left = forty_minutes(kitchen, fault, bridge_too)
    numbers = [order["number"] for order in left]
    asked = eventually(
        "seven are asked about", lambda: found if len(found := house.conditions("slip_stale")) == len(left) else None,
        seen=lambda: house.conditions("slip_stale"),
    )  # fmt: skip
    assert [condition["job"] for condition in asked] == [kitchen.first(order)["id"] for order in left], "oldest first"

    if bridge_too:
        kitchen.bridge.start()
    kitchen.printers.fault(fault, False)
    (listed,) = eventually("the list of old slips", kitchen.lists)
    assert "7 OLD SLIPS" in listed
    assert re.findall(r"A\d{3}", listed) == numbers, "oldest first on paper too"
    assert [condition["job"] for condition in house.conditions("slip_stale")] == [each["job"] for each in asked]
    assert len(kitchen.printers.papers()) == 1, "nothing but the list prints by itself"

    for number, condition in enumerate(asked):
        status, answer = house.decide(condition["job"], "print" if number < WANTED_STILL else "cancel")
        assert status == 200, answer
        assert len(house.conditions("slip_stale")) == len(asked) - number - 1, "one tap, and it is asked about no more"
    last = house.order()
    # One paper after the other: when this one lies there, all before it have had their turn.
    eventually("a new order's slip", lambda: kitchen.papers_of(last["number"]), 40, seen=kitchen.printers.papers)
    slips = [paper for paper in kitchen.printers.papers() if "OLD SLIPS" not in paper]
    came = [order["number"] for paper in slips for order in orders if order["number"] in paper]
    cancelled = [order["number"] for order in orders if order["number"] in came and order not in left]
    assert cancelled == []
    assert came == numbers[:WANTED_STILL], "each once, in the order in which they were answered"
    assert not any("REPRINT" in paper for paper in kitchen.printers.papers())
    assert len(kitchen.lists()) == 1
    measured(f"{len(cancelled)} cancelled slips on paper, {len(asked)} asked about, {len(came)} wanted, each once")


def forty_minutes(kitchen: Kitchen, fault: str, bridge_too: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All orders, and those that nobody cancelled."""
    house = kitchen.house
    kitchen.printers.fault(fault)
    house.printer_is("kitchen", "blocked" if fault == "paper_out" else "offline")
    orders = []
    for _ in range(SLIPS):
        orders.append(house.order())
        house.later(EVERY_S)
    eventually("the bridge has the oldest", lambda: kitchen.first(orders[0])["state"] == "WAITING")
    if bridge_too:
        kitchen.bridge.stop()
    for n in UNWANTED:
        status, answer = house.decide(kitchen.first(orders[n])["id"], "cancel")
        assert status == 200, answer
    house.later(DOWN_S - SLIPS * EVERY_S)
    return orders, [order for n, order in enumerate(orders) if n not in UNWANTED]


def test_control_a_slip_that_is_cancelled_without_asking_its_bridge_is_found_on_paper(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_without_asking(monkeypatch)
    kitchen.printers.fault("paper_out")
    kitchen.house.printer_is("kitchen", "blocked")
    order = kitchen.house.order()
    eventually("the bridge has it", lambda: kitchen.first(order)["state"] == "WAITING")
    assert kitchen.house.decide(kitchen.first(order)["id"], "cancel")[0] == 200
    kitchen.printers.fault("paper_out", False)
    eventually("a cancelled slip on paper", lambda: kitchen.papers_of(order["number"]))
