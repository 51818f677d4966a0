"""A small restaurant on a real SQLite file, with a clock that stands still until it is told to go."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from gateway.domain.actor import HOUSE, Actor
from gateway.domain.menu import Menu
from gateway.domain.now import Grade, Now
from gateway.domain.order import Cart, StaffCart
from gateway.domain.settings import Settings
from gateway.ids import uuid7
from gateway.operations import administration, kitchen, ordering
from gateway.store import Pending, Reader, Store, jobs, keys, orders, settings
from gateway.store.people import User
from gateway.store.writer import Writer

START = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
"""Half past eleven in the morning in Shanghai."""

GUEST = Actor("guest", "a phone")
COOK = Actor("staff", "cook", "wok-1")
WAITER = Actor("staff", "waiter")


def name(zh: str, en: str) -> dict[str, str]:
    return {"zh-Hans": zh, "en": en}


SETTINGS: dict[str, Any] = {
    "name": name("川味小馆", "Sichuan Kitchen"),
    "currency": "CNY",
    "default_station": "wok",
    "stations": [
        {"id": "wok", "name": name("炒锅", "Wok"), "proof": "both", "printer": "kitchen"},
        {"id": "bar", "name": name("吧台", "Bar"), "proof": "screen", "printer": "counter"},
        {"id": "grill", "name": name("烧烤", "Grill"), "proof": "paper", "printer": "kitchen"},
    ],
    "printers": [
        {"id": "kitchen", "bridge": "bridge-1", "port": "loop://", "name": name("后厨打印机", "Kitchen printer")},
        {"id": "counter", "bridge": "bridge-1", "port": "loop://", "on_unknown": "ask"},
    ],
    "areas": [{"id": "hall", "name": name("大堂", "Hall"), "tables": ["1", "2", "包1"]}],
    "guards": {"orders_per_10_min": 1000},
}

MENU: dict[str, Any] = {
    "currency": "CNY",
    "categories": [
        {
            "id": "all",
            "name": name("全部", "All"),
            "items": [
                {"id": "tofu", "name": name("麻婆豆腐", "Mapo tofu"), "price": 2800, "station": "wok"},
                {"id": "tea", "name": name("茶", "Tea"), "price": 500, "station": "bar"},
                {"id": "lamb", "name": name("羊肉串", "Lamb"), "price": 1200, "station": "grill"},
                {"id": "fish", "name": name("鱼", "Fish"), "price": 6800, "station": "wok", "sold_out": True},
                {
                    "id": "chicken",
                    "name": name("宫保鸡丁", "Kung Pao chicken"),
                    "kitchen_name": name("宫保", "KP"),
                    "price": 3800,
                    "station": "wok",
                    "variants": [
                        {"id": "half", "name": name("半份", "Half"), "price": 2200},
                        {"id": "whole", "name": name("整份", "Whole"), "price": 3800},
                    ],
                    "modifier_groups": [
                        {
                            "id": "heat", "name": name("辣度", "Heat"), "min": 1, "max": 1,
                            "modifiers": [
                                {"id": "mild", "name": name("微辣", "Mild")},
                                {"id": "hot", "name": name("特辣", "Hot")},
                            ],
                        },
                        {
                            "id": "extra", "name": name("加料", "Extras"), "min": 0, "max": 2,
                            "modifiers": [
                                {"id": "nuts", "name": name("加花生", "Extra peanuts"), "price": 300},
                                {"id": "no-nuts", "name": name("不放花生", "No peanuts"), "removal": True},
                            ],
                        },
                    ],
                },
            ],
        }
    ],
}  # fmt: skip


def rules(**change: Any) -> Settings:
    return msgspec.convert(SETTINGS | change, Settings)


def menu(change: Callable[[dict[str, Any]], None] | None = None) -> Menu:
    raw = msgspec.json.decode(msgspec.json.encode(MENU))
    if change:
        change(raw)
    return msgspec.convert(raw, Menu)


def cart(*items: str, table: str = "1", **more: Any) -> Cart:
    return msgspec.convert(
        {"table_token": f"token-{table}", "lines": [{"item": i} for i in items or ("tofu",)]} | more, Cart
    )


def staff_cart(*items: str, **more: Any) -> StaffCart:
    return msgspec.convert({"table": "1", "lines": [{"item": i} for i in items or ("tofu",)]} | more, StaffCart)


def tokens(names: list[str]) -> Iterator[str]:
    return iter([f"token-{n}" for n in names])


class Shop:
    """`do` carries out one operation as the writer would. `later` lets time pass."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.set_by = timedelta()
        """How far somebody has set the wall clock."""
        self.passed = 0.0
        self.boot, self.began = "boot-1", float("-inf")
        self.grade: Grade = "ntp"
        self._ids = itertools.count(1)
        self._first = 0
        self.keys = (f"key-{n}" for n in itertools.count(1))
        self.open()

    def open(self) -> None:
        self.store = Store(self.folder / "gateway.db")
        self.writer = Writer(self.store, self.ids())

    def again(self) -> None:
        """The process ends and starts anew, on the same box."""
        self.store.close()
        self.open()

    def ids(self) -> Iterator[str]:
        # Over all lives of the shop, as `newest_tick` does it for the house.
        for n in self._ids:
            yield uuid7((int(START.timestamp() * 1000) << 12) + n, n)

    @property
    def now(self) -> Now:
        utc = START + self.set_by + timedelta(seconds=self.passed)
        return Now(utc, self.grade, self.boot, 1000.0 + self.passed, self.began)

    def later(self, seconds: float) -> Now:
        self.passed += seconds
        return self.now

    def submit(self, operation: Callable[..., Any], *args: Any, actor: Actor = HOUSE) -> Pending:
        return self.store.submit(operation, actor, *args)

    def do(self, operation: Callable[..., Any], *args: Any, actor: Actor = HOUSE) -> Any:
        pending = self.submit(operation, *args, actor=actor)
        self.write()
        return pending.result(0)

    def write(self) -> None:
        while self.store.waiting:
            self.writer.step(self.now)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self.store.read() as rows:
            yield rows

    def sql(self, text: str, *args: Any) -> list[tuple[Any, ...]]:
        with self.store.read() as rows:
            return rows.all(text, *args)

    def value(self, text: str, *args: Any) -> Any:
        return self.sql(text, *args)[0][0]

    # --- what the house does all day ---

    def found(self, new: Settings | None = None, sold: Menu | None = None) -> Shop:
        new = new or rules()
        self.do(administration.found_box, "demo", "box1", "abcde", b"s" * 32)
        self.do(administration.import_settings, new, tokens(new.tables()), True)
        self.do(administration.import_menu, sold or menu())
        return self

    def visit(self, table: str = "1") -> str:
        return str(self.value("SELECT id FROM visits WHERE dining_table = ? AND state = 'OPEN'", table))

    def place(self, *items: str, table: str = "1", key: str = "", **more: Any) -> str:
        """A guest orders; returns the order's id."""
        return str(self.placed(cart(*items, table=table, **more), key).answer["id"])

    def placed(self, wanted: Cart, key: str = "", visit: str | None = "") -> ordering.Placed:
        body = keys.fingerprint(msgspec.json.encode(wanted))
        table = wanted.table_token.removeprefix("token-")
        of_visit = self.visit(table) if visit == "" else visit
        found: ordering.Placed = self.do(
            ordering.place_order, wanted, key or next(self.keys), body, of_visit, actor=GUEST
        )
        return found

    def staff_places(self, wanted: StaffCart, key: str = "") -> ordering.Placed:
        body = keys.fingerprint(msgspec.json.encode(wanted))
        found: ordering.Placed = self.do(ordering.place_staff_order, wanted, key or next(self.keys), body, actor=WAITER)
        return found

    def order(self, order_id: str) -> Any:
        with self.store.read() as rows:
            return orders.load(rows, order_id)

    def ticket(self, order_id: str, index: int = 0) -> Any:
        return self.order(order_id).tickets[index]

    def jobs(self, order_id: str) -> list[Any]:
        with self.store.read() as rows:
            return jobs.of_order(rows, order_id)

    def act(self, ticket_id: str, action: str, key: str = "", version: int | None = None) -> dict[str, Any]:
        if version is None:
            with self.store.read() as rows:
                found = orders.load_of_ticket(rows, ticket_id)
                assert found is not None
                version = found.ticket(ticket_id).version
        document: dict[str, Any] = self.do(
            kitchen.act_on_ticket, ticket_id, action, "wok-1", key or next(self.keys), version, actor=COOK
        )
        return document

    def conditions(self) -> set[tuple[str, str]]:
        return {(code, subject) for code, subject in self.sql("SELECT code, subject FROM conditions")}

    def events(self) -> list[str]:
        return [
            row[0].removeprefix("tablepass.").removesuffix(".v1")
            for row in self.sql("SELECT type FROM journal ORDER BY slot")
        ]

    def settings(self) -> Settings:
        with self.store.read() as rows:
            return settings.the_settings(rows)

    def user(self, name: str, role: str, password: str = "", pin: str = "") -> None:
        self.do(administration.set_user, User(name, role, password, pin, "en"))

    def close(self) -> None:
        self.store.close()


@cache
def _template(settings: bytes, sold: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="shop-") as name:
        shop = Shop(Path(name))
        shop.found(msgspec.json.decode(settings, type=Settings), msgspec.json.decode(sold, type=Menu))
        shop.close()
        return Path(name, "gateway.db").read_bytes()


def open_shop(folder: Path, new: Settings | None = None, sold: Menu | None = None) -> Shop:
    """A founded shop. Made once for each settings and menu, then copied: the migration takes a while."""
    template = _template(msgspec.json.encode(new or rules()), msgspec.json.encode(sold or menu()))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gateway.db").write_bytes(template)
    shop = Shop(folder)
    for _ in range(500):
        next(shop._ids)  # those that the template's rows already have
    return shop
