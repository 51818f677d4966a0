"""The restaurant of a seed: its stations, printers, menu and tables, and how each proves its tickets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from gateway.domain.actor import HOUSE
from gateway.domain.menu import Category, Item, Menu, Modifier, ModifierGroup
from gateway.domain.settings import Area, Course, Guards, Printer, Printing, Serving, Settings, Station
from gateway.operations import administration
from gateway.simulation.world import Ids, World
from gateway.store import Store
from gateway.store.writer import Writer

STORE, BOX = "sim", "box1"
EPOCH_NONCE = "abcde"
STATIONS = {"wok": "炒锅", "bar": "吧台", "cold": "凉菜"}
PRINTERS = ("kitchen", "counter")
DISHES_PER_STATION = 4
TABLES = ["1", "2", "3", "4"]
BRIDGE = "bridge1"
MAIN = Course("main", {"und": "主菜"}, hold=True)
"""Waits until somebody calls for it: the last dish of each station belongs to it."""


def settings_of(world: World) -> Settings:
    """Stations prove by screen, paper or both; two may share a printer, or have another one for when their own cannot
    print; some printers cannot confirm. At the pass is somebody, or a bump serves."""
    pick = world.chance.choice
    printers = [
        Printer(
            p, BRIDGE, p, fence="none" if world.maybe(0.1) else "gs_r", on_unknown=pick(["reprint", "reprint", "ask"]),
            language=pick(["zh-Hans", "en"]), drawer="pin2",
        )
        for p in PRINTERS
    ]  # fmt: skip
    stations = []
    for s, name in STATIONS.items():
        first, second = world.chance.sample(PRINTERS, 2)
        stations.append(
            Station(
                s, {"und": name}, proof=pick(["screen", "paper", "both", "both"]), printer=first,
                backups=[second] if world.maybe(0.4) else [],
            )
        )  # fmt: skip
    printing = Printing(divert_after_s=pick([3, 10, 20]))
    guards = Guards(orders_per_10_min=6 if world.maybe(0.2) else 100_000, need_guest_cookie=world.maybe(0.5))
    hall = Area("hall", {"und": "Hall"}, TABLES)
    serving = Serving(expo=world.maybe(0.5))
    return Settings(
        {"und": "Simulated"}, "CNY", stations, [hall], printers, guards=guards, printing=printing, serving=serving,
        courses=[MAIN],
    )  # fmt: skip


@lru_cache
def menu() -> Menu:
    extra = ModifierGroup("extra", {"und": "extra"}, [Modifier("egg", {"und": "加蛋"}, 300)])
    return Menu(
        "CNY",
        [
            Category(s, {"und": name}, [
                Item(
                    f"{s}-{n}", {"und": f"{name}菜{n}"}, 1000 + 137 * n, s, modifier_groups=[extra],
                    course=MAIN.id if n == DISHES_PER_STATION else "",
                )
                for n in range(1, DISHES_PER_STATION + 1)
            ])
            for s, name in STATIONS.items()
        ],
    )  # fmt: skip


@lru_cache
def _empty_database() -> bytes:
    """Made once in a process: the schema takes longer than a shift's orders."""
    with tempfile.TemporaryDirectory(prefix="tablepass-") as folder:
        path = Path(folder) / "shape.db"
        Store(path).close()
        return path.read_bytes()


def found(world: World, path: Path) -> Settings:
    """A database that has just been set up, at `path`. Returns its settings."""
    rules = settings_of(world)
    path.write_bytes(_empty_database())
    store = Store(path)
    writer = Writer(store, Ids(world))
    waiting = [
        store.submit(administration.found_box, HOUSE, STORE, BOX, EPOCH_NONCE, b"secret"),
        store.submit(administration.import_settings, HOUSE, rules, cast(Any, _tokens()), True),
        store.submit(administration.import_menu, HOUSE, menu()),
    ]
    writer.step(world.now())
    for pending in waiting:
        pending.result(0)
    store.close()
    return rules


def _tokens() -> Iterator[str]:
    return (f"token-{table}" for table in TABLES)
