"""A table of four: four phones, eleven dishes, one add-on, one allergy; two stations, two printers, one list."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from running_demo import RunningDemo, call
from scenarios.screens import Display, Screen
from waiting import eventually

TABLE = "12"
CARTS: list[list[dict[str, Any]]] = [
    [
        {"item": "kung-pao", "variant": "whole", "modifiers": ["mild", "no-peanuts"]},
        {"item": "mapo-tofu", "modifiers": ["hot"]},
        {"item": "rice", "quantity": 4},
    ],
    [
        {"item": "boiled-beef", "modifiers": ["medium"], "note": "少油"},
        {"item": "cucumber"},
        {"item": "jasmine-tea"},
    ],
    [
        {"item": "mouthwatering-chicken", "variant": "half", "modifiers": ["mild", "no-coriander"]},
        {"item": "beer", "quantity": 2},
        {"item": "eggplant"},
    ],
    [{"item": "hot-sour-soup"}, {"item": "plum-juice", "variant": "jug", "modifiers": ["iced"]}],
]
ADD_ON = [{"item": "dan-dan-noodles", "modifiers": ["mild", "egg"]}]
STATIONS = {
    "wok": {"kung-pao", "mapo-tofu", "rice", "boiled-beef", "eggplant", "hot-sour-soup"},
    "bar": {"cucumber", "jasmine-tea", "mouthwatering-chicken", "beer", "plum-juice"},
}
TICKETS_WITHIN_S = 1.0
PAPER_WITHIN_S = 2.0
"""For each order; two slips of one printer come out one after the other."""


@pytest.fixture(scope="module")
def guarded() -> Iterator[RunningDemo]:
    running = RunningDemo("--guards")
    yield running
    running.stop()
    shutil.rmtree(running.data)


class Phone:
    """One guest: opens the sticker's page, keeps its cookie, reads the menu, orders, looks at the list."""

    def __init__(self, demo: RunningDemo, language: str):
        self._demo = demo
        self._language = language
        status, page, headers = call(demo.info["guest_url"], "GET", f"/t/{demo.token(TABLE)}")
        assert status == 200
        assert "<html" in page
        self._cookie = f"guest={SimpleCookie(headers['set-cookie'])['guest'].value}"
        menu = self.get("/api/v1/menu")
        self.revision = menu["revision"]
        assert sum(len(c["items"]) for c in menu["categories"]) == 24

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie, "Accept-Language": self._language}

    def get(self, path: str) -> Any:
        status, value = self._demo.guest("GET", f"{path}?table_token={self._demo.token(TABLE)}", headers=self.headers)
        assert status == 200, value
        return value

    def order(self, lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        body = {"table_token": self._demo.token(TABLE), "lines": lines, "menu_revision": self.revision, **more}
        key = f"{id(self)}-{time.monotonic_ns()}"
        status, value = self._demo.guest("POST", "/api/v1/orders", body, self.headers | {"Idempotency-Key": key})
        assert status == 201, value
        found: dict[str, Any] = value
        return found


def dishes(tickets: Any) -> list[tuple[str, str, int]]:
    """(order, item, quantity) of each line on these tickets."""
    return sorted((t["order"]["number"], line["item"], line["quantity"]) for t in tickets for line in t["lines"])


def test_a_table_of_four(guarded: RunningDemo) -> None:
    demo = guarded
    before = {name: len(demo.papers(name)) for name in demo.info["printers"]}
    screens = {s: Screen(demo, f"tickets:{s}", f"{s}-1") for s in STATIONS}
    display = Display(demo)
    phones = [Phone(demo, language) for language in ("zh-CN", "en-GB", "zh-Hans", "de")]
    try:
        for screen in screens.values():
            screen.wait_for("its snapshot", "snapshot")
        orders = []
        for phone, cart in zip(phones, CARTS, strict=True):
            more: dict[str, Any] = {"covers": 4, "allergies": ["peanut"]} if phone is phones[0] else {}
            began = time.monotonic()
            order = phone.order(cart, **more)
            orders.append(order)
            wanted = {s for s, items in STATIONS.items() for line in cart if line["item"] in items}
            for station in wanted:
                eventually(
                    f"{order['number']} at {station}",
                    lambda s=station, o=order: any(t["order"]["id"] == o["id"] for t in screens[s].tickets().values()),
                    TICKETS_WITHIN_S,
                )
            assert time.monotonic() - began < TICKETS_WITHIN_S
            for station in wanted:
                printer = {"wok": "kitchen", "bar": "receipt"}[station]
                eventually(
                    f"{order['number']} on the paper of {station}",
                    lambda p=printer, o=order: any(f"{o['number']}-" in text for text in demo.papers(p)[before[p] :]),
                    PAPER_WITHIN_S,
                )

        # Each station holds exactly its dishes: on its own screen, and on a display that is not ours.
        asked = {
            station: sorted(
                (order["number"], line["item"], line.get("quantity", 1))
                for order, cart in zip(orders, CARTS, strict=True) for line in cart if line["item"] in items
            )
            for station, items in STATIONS.items()
        }  # fmt: skip
        assert sum(len(lines) for lines in asked.values()) == 11
        for station, lines in asked.items():
            assert dishes(screens[station].tickets().values()) == lines
            eventually(
                "the foreign display",
                lambda s=station, n=lines: dishes(t for t in display.tickets().values() if t["station"] == s) == n,
            )

        # The allergy stands on both slips of its order, the leave-out and the note where the cook must see them.
        kitchen, bar = demo.papers("kitchen")[before["kitchen"] :], demo.papers("receipt")[before["receipt"] :]
        first = next(text for text in kitchen if f"{orders[0]['number']}-" in text)
        assert "过敏：花生" in first
        assert "不放花生" in first
        assert "4× 米饭" in first
        assert any("少油" in text for text in kitchen)
        assert not any("过敏" in text for text in kitchen + bar if f"{orders[0]['number']}-" not in text)
        assert len(kitchen) == 4
        assert len(bar) == 3

        # One more dish, later: marked as an addition.
        noodles = phones[2].order(ADD_ON)
        wok = screens["wok"]
        added = eventually("it", lambda: [t for t in wok.tickets().values() if t["order"]["id"] == noodles["id"]], 1)
        assert added[0]["order"]["addition"]

        # All four phones see the same list, and its sum.
        lists = [phone.get("/api/v1/visit") for phone in phones]
        for seen in lists:
            assert seen["orders"] == lists[0]["orders"]
            assert seen["check"] == lists[0]["check"]
        assert [o["number"] for o in lists[0]["orders"]] == [o["number"] for o in [*orders, noodles]]
        assert lists[0]["covers"] == 4
        total = sum(o["total"] for o in [*orders, noodles])
        assert lists[0]["check"]["total"] == total == sum(line["amount"] for line in lists[0]["check"]["lines"])
        assert len(lists[0]["check"]["lines"]) == 12
        assert {o["check"] for o in [*orders, noodles]} == {lists[0]["check"]["id"]}

        # The wok is done with the first order: every phone says so, the bar's dishes are untouched.
        ticket = next(t for t in demo.tickets("wok") if t["order"]["id"] == orders[1]["id"])
        assert demo.act(ticket, "start", "wok-1")[0] == 200
        eventually("phones: started", lambda: {_line(p, orders[1], "boiled-beef") for p in phones} == {"started"}, 1)
        ticket = next(t for t in demo.tickets("wok") if t["order"]["id"] == orders[1]["id"])
        assert demo.act(ticket, "bump", "wok-1")[0] == 200
        eventually("phones: served", lambda: {_line(p, orders[1], "boiled-beef") for p in phones} == {"served"}, 1)
        assert {_line(p, orders[1], "cucumber") for p in phones} == {"confirmed"}
        eventually("gone from the screen", lambda: ticket["id"] not in screens["wok"].tickets(), 1)
        eventually("and from the display", lambda: ticket["id"] not in display.tickets(), 1)
        eventually("the cloud has the same sum", lambda: _cloud_total(demo, [*orders, noodles]) == total)
    finally:
        display.close()
        for screen in screens.values():
            screen.close()


def _line(phone: Phone, order: dict[str, Any], item: str) -> str:
    seen = next(o for o in phone.get("/api/v1/visit")["orders"] if o["id"] == order["id"])
    return str(next(line["kitchen"] for line in seen["lines"] if line["item"] == item))


def _cloud_total(demo: RunningDemo, orders: list[dict[str, Any]]) -> int:
    ids = {o["id"] for o in orders}
    return sum(o["total"] for o in demo.cloud_orders() if o["id"] in ids)
