"""The lunch of `--autoplay`: it asks only for what the demo has, and the store takes all of it."""

from __future__ import annotations

import io
import shutil
import tomllib
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest
from running_demo import RunningDemo
from waiting import eventually

from gateway.demo.autoplay import Autoplay
from gateway.demo.configuration import LOOPBACK, Addresses
from gateway.demo.drills import FAULTS
from gateway.demo.log_lines import Output
from gateway.demo.lunch import LUNCH, Break, Cook, Dish, Order, Say
from gateway.demo.ports import Ports
from gateway.demo.seed import SAMPLES
from gateway.domain.allergens import NAMES
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings

SETTINGS = msgspec.convert(tomllib.loads((SAMPLES / "settings.toml").read_text(encoding="utf-8")), Settings)
MENU = msgspec.convert(tomllib.loads((SAMPLES / "menu.toml").read_text(encoding="utf-8")), Menu)
ORDERS = [what for _, what in LUNCH if isinstance(what, Order)]
DISHES = [dish for order in ORDERS for dish in order.dishes]


@pytest.mark.parametrize("dish", DISHES, ids=lambda dish: dish.item)
def test_a_dish_of_the_lunch_can_be_ordered_as_it_is(dish: Dish) -> None:
    item = MENU.items[dish.item]
    assert not item.sold_out
    assert dish.variant in ([variant.id for variant in item.variants] or [None])
    known = {modifier.id for group in item.modifier_groups for modifier in group.modifiers}
    assert set(dish.modifiers) <= known
    for group in item.modifier_groups:
        chosen = [modifier.id for modifier in group.modifiers if modifier.id in dish.modifiers]
        assert group.min <= len(chosen) <= group.max, group.id


def test_tables_stations_allergies_and_faults_of_the_lunch_are_those_of_the_demo() -> None:
    assert {order.table for order in ORDERS} <= set(SETTINGS.tables())
    assert {allergy for order in ORDERS for allergy in order.allergies} <= set(NAMES)
    for _, what in LUNCH:
        match what:
            case Cook(station, action, tickets):
                assert SETTINGS.station(station), station
                assert action in ("start", "bump")
                assert tickets > 0
            case Break(fault, _):
                assert fault in FAULTS
            case Say(zh, en):
                assert bool(zh) == bool(en), "in both languages"


def test_the_lunch_goes_forward_and_ends_after_two_minutes_with_nothing_broken() -> None:
    times = [at for at, _ in LUNCH]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert 110 <= times[-1] <= 130
    mended = [at + what.for_s for at, what in LUNCH if isinstance(what, Break)]
    assert max(mended) < next(at for at, what in reversed(LUNCH) if isinstance(what, Say) and what.zh)
    assert LUNCH[-1][1] == Say("", ""), "no caption stays"


@pytest.fixture
def own() -> Iterator[RunningDemo]:
    """With the guards of a real store: they refuse whoever has not scanned, or orders too often."""
    running = RunningDemo("--guards")
    yield running
    running.stop()
    shutil.rmtree(running.data)


def port(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_real_store_takes_the_whole_lunch(own: RunningDemo) -> None:
    """On a clock that jumps from step to step; a fault is mended when its seconds on that clock are over."""
    said = io.StringIO()
    broken: dict[str, float] = {}
    now = 1000.0

    def play(fault: str, on: bool, for_s: float) -> None:
        own.drill(fault, on)
        broken[fault] = now + for_s

    def mend() -> None:
        for fault in [fault for fault, until in broken.items() if until <= now]:
            own.drill(fault, on=False)
            del broken[fault]

    ports = Ports(guest=port(own.info["guest_url"]), staff=port(own.info["staff_url"]))
    autoplay = Autoplay(Addresses(LOOPBACK, LOOPBACK, ports), own.info["api_token"], play, Output(said))
    autoplay.seat({name: own.token(name) for name in own.info["tables"]})
    captions: list[dict[str, str]] = []
    while (due := autoplay.step(now)) is not None:
        caption = autoplay.state()["caption"]
        if caption and caption not in captions:
            captions.append(caption)
        assert due > now
        now = due
        mend()
    assert autoplay.state()["caption"] is None
    assert said.getvalue() == "", "nothing was refused, and somebody answered each time"
    assert captions == [{"zh-Hans": what.zh, "en": what.en} for _, what in LUNCH if isinstance(what, Say) and what.zh]
    assert broken == {}

    def score() -> tuple[int, int, int]:
        found = own.staff("GET", "/demo/state")[1]["score"]
        return found["orders"], found["dishes"], found["seen"]

    dishes = sum(dish.quantity for dish in DISHES)
    eventually("each dish is proven", lambda: score() == (len(ORDERS), dishes, dishes), 60, seen=score)
    eventually("the cloud has all", lambda: len(own.cloud_orders()) == len(ORDERS))
