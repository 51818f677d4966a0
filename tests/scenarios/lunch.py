"""Orders at a steady pace, and what a person with a stop-watch sees: phone, screen, paper."""

from __future__ import annotations

import os
import pathlib
import statistics
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from running_demo import RunningDemo
from scenarios.screens import Screen
from waiting import eventually

FULL = os.environ.get("TABLEPASS_FULL") == "1"
ORDERS_PER_S = 4.0
"""One station after the other: a slip takes its printer 0.34 s of each 0.5 s, so that none waits for a former one."""

FACTOR = 1.2
"""What a person would notice of a p95, as agreed."""

FLOOR_MS = 1.0
"""Beside the factor: an answer takes 4 ms on an idle machine, of which the fsync alone may take 0.5 or 2."""


@dataclass(frozen=True)
class Times:
    """Of some orders, in ms from the moment at which the guest sent each."""

    answers: list[float]
    screens: list[float]
    papers: list[float]

    def __add__(self, other: Times) -> Times:
        return Times(self.answers + other.answers, self.screens + other.screens, self.papers + other.papers)

    def times(self, factor: float) -> Times:
        """As a slower house would have them."""
        return Times(*([value * factor for value in values] for values in (self.answers, self.screens, self.papers)))

    def figures(self) -> dict[str, float]:
        """The p95, as agreed, and the median beside it: a busy machine moves the one by half and leaves the other, so
        that a house which is slower all the time cannot hide behind its neighbours."""
        found = {}
        for what, values in (("answers", self.answers), ("screens", self.screens), ("papers", self.papers)):
            found[f"{what}, p95"] = statistics.quantiles(values, n=20)[-1]
            found[f"{what}, median"] = statistics.median(values)
        return found


def slower(beside: Times, here: Times) -> list[str]:
    """What a person would notice here, who has seen the house beside it."""
    theirs, ours = beside.figures(), here.figures()
    return [
        f"{what}: {ours[what]:.1f} ms, not {theirs[what]:.1f}"
        for what in theirs
        if ours[what] > FACTOR * theirs[what] + FLOOR_MS
    ]


@dataclass
class Order:
    id: str
    code: str
    """What its slip's code begins with."""
    at: float
    answered: float


class Lunch:
    """Serves from `with` on until its end, whatever happens meanwhile. Then `times` tells of any part of it."""

    def __init__(self, demo: RunningDemo):
        self._demo = demo
        self._orders: list[Order] = []
        self._over = threading.Event()
        self._failed: BaseException | None = None
        self._screens: dict[str, float] = {}
        self._papers: dict[str, float] = {}

    @property
    def orders(self) -> list[str]:
        """Their ids as they were placed."""
        return [order.id for order in self._orders]

    def __enter__(self) -> Self:
        self._screen = Screen(self._demo, "tickets:wok,tickets:bar", f"lunch-{time.monotonic()}")
        self._screen.wait_for("its snapshots", "snapshot", 2)
        self._thread = threading.Thread(target=self._serve, name="lunch")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        self._over.set()
        self._thread.join()
        try:
            if kind is None:
                assert self._failed is None, self._failed
                self._find_tickets()
                self._find_papers()
        finally:
            self._screen.close()

    def go_on(self, until: float) -> None:
        """Returns at this monotonic second."""
        assert not self._over.wait(max(0.0, until - time.monotonic())), self._failed

    def times(self, begin: float, end: float) -> Times:
        """Of the orders that were sent between these monotonic seconds."""
        part = [order for order in self._orders if begin <= order.at < end]
        return Times(
            [(order.answered - order.at) * 1000 for order in part],
            [(self._screens[order.id] - order.at) * 1000 for order in part],
            [(self._papers[order.id] - order.at) * 1000 for order in part],
        )

    def _serve(self) -> None:
        next_at = time.monotonic()
        try:
            while not self._over.wait(max(0.0, next_at - time.monotonic())):
                item = ("rice", "beer")[len(self._orders) % 2]
                at = time.monotonic()
                order = self._demo.order("1", [{"item": item}])
                self._orders.append(Order(order["id"], f"{order['number']}-", at, time.monotonic()))
                next_at += 1 / ORDERS_PER_S
        except BaseException as error:  # said by the thread that waits for the lunch
            self._failed = error
            self._over.set()

    def _find_tickets(self) -> None:
        wanted = set(self.orders)

        def first_seen() -> dict[str, float]:
            seen: dict[str, float] = {}
            for event in self._screen.of("ticket"):
                seen.setdefault(event.data["order"]["id"], event.at)
            return seen

        eventually("all on the screen", lambda: wanted <= first_seen().keys())
        self._screens = first_seen()

    def _find_papers(self) -> None:
        folders = [pathlib.Path(p["paper"]) for p in self._demo.info["printers"].values()]
        sheets: dict[pathlib.Path, tuple[str, float]] = {}

        def all_out() -> bool:
            for folder in folders:
                for path in folder.glob("*.txt"):
                    if path not in sheets:
                        sheets[path] = (path.read_text(), path.stat().st_mtime)
            found = {order.id: [m for text, m in sheets.values() if order.code in text] for order in self._orders}
            assert not [i for i, out in found.items() if len(out) > 1], "one paper each"
            if not all(found.values()):
                return False
            offset = time.time() - time.monotonic()
            self._papers = {i: out[0] - offset for i, out in found.items()}
            return True

        eventually("all on paper", all_out, 20)


class SideBySide:
    """The same lunch in two houses at the same moments, so that whatever else this machine does is done to both: in one
    of them something happens. The house beside it orders half an order's time later: they never ask at once."""

    def __init__(self, here: RunningDemo, beside: RunningDemo):
        self._stack = ExitStack()
        self._here, self._beside = Lunch(here), Lunch(beside)

    @property
    def orders(self) -> list[str]:
        return self._here.orders

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._here)
            self._here.go_on(time.monotonic() + 0.5 / ORDERS_PER_S)
            stack.enter_context(self._beside)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def go_on(self, until: float) -> None:
        """Returns at this monotonic second."""
        self._here.go_on(until)

    def times(self, begin: float, end: float) -> tuple[Times, Times]:
        """Here and beside, of the orders that were sent between these monotonic seconds."""
        return self._here.times(begin, end), self._beside.times(begin, end)
