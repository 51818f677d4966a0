"""What the ledger costs at a full day: the watch for each second at 40 orders a minute, a whole count of 3,000 lines,
and a restart in the middle of it."""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figures import Figure, main
from gateway.contract.messages import PrintResult
from gateway.domain.actor import HOUSE
from gateway.domain.menu import Menu
from gateway.domain.now import Now
from gateway.domain.order import Cart, CartLine
from gateway.domain.settings import Settings
from gateway.housekeeping.ledger_watch import LedgerWatch
from gateway.ids import Ids
from gateway.operations import administration, ledger, ordering, papers
from gateway.store import Store, jobs, settings, visits
from gateway.store.writer import Writer

LINES, LINES_AN_ORDER, ORDERS_A_MINUTE, TABLES = 3000, 4, 40, 200
START = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)

LIMIT_MS, LIMIT_COUNT_MS = 10.0, 1500.0
"""Of one second: a hundredth of a core. And of a count of the whole day, which somebody who looks at the page waits
for; what the room was given as limits, measured in the same run."""

NAMES = {"zh-Hans": "炒锅", "en": "Wok"}


class FullDay:
    """A store whose day fills up, each order proven by its slip a moment later."""

    def __init__(self, folder: Path):
        self.store = Store(folder / "gateway.db")
        self.writer = Writer(self.store, Ids())
        self.at = 0.0
        self.keys = itertools.count()
        items = [{"id": f"d{n}", "name": NAMES, "price": 1000, "station": "wok"} for n in range(40)]
        menu = {"currency": "CNY", "categories": [{"id": "all", "name": NAMES, "items": items}]}
        rules = {
            "name": NAMES, "currency": "CNY", "default_station": "wok", "guards": {"orders_per_10_min": 100_000},
            "stations": [{"id": "wok", "name": NAMES, "proof": "both", "printer": "kitchen"}],
            "printers": [{"id": "kitchen", "bridge": "b", "port": "loop://"}],
            "areas": [{"id": "hall", "name": NAMES, "tables": [str(n) for n in range(TABLES)]}],
        }  # fmt: skip
        self.do(administration.found_box, "store-1", "box-1", "abcde", b"x" * 32)
        new = msgspec.convert(rules, Settings)
        self.do(administration.import_settings, new, (f"t{n}" for n in itertools.count()), True)
        self.do(administration.import_menu, msgspec.convert(menu, Menu))
        with self.store.read() as rows:
            self.visits = {
                table: (token, visits.open_at(rows, table)[0].id)
                for table in new.tables()
                if (token := settings.tables(rows)[table])
            }

    @property
    def now(self) -> Now:
        return Now(START + timedelta(seconds=self.at), "ntp", "boot-1", 1000.0 + self.at)

    def do(self, operation: Callable[..., Any], *args: Any) -> Any:
        pending = self.store.submit(operation, HOUSE, *args)
        self.write()
        return pending.result(0)

    def write(self) -> None:
        while self.store.waiting:
            self.writer.step(self.now)

    def order(self) -> None:
        n = next(self.keys)
        token, visit = self.visits[str(n % TABLES)]
        lines = [CartLine(item=f"d{(n + k) % 40}", quantity=1) for k in range(LINES_AN_ORDER)]
        body = n.to_bytes(16, "big")
        placed = self.do(ordering.place_order, Cart(table_token=token, lines=lines), f"key-{n}", body, visit)
        with self.store.read() as rows:
            [job] = jobs.of_order(rows, placed.answer["id"])
        self.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))


def measure(quick: bool) -> Iterator[Figure]:
    lines = 600 if quick else LINES
    with tempfile.TemporaryDirectory() as folder:
        day = FullDay(Path(folder))
        watch = LedgerWatch(day.store)
        spent, seconds = 0.0, 0
        for _ in range(lines // LINES_AN_ORDER):
            day.order()
            for _ in range(2):  # the house wakes it at least once a second
                day.at += 60 / ORDERS_A_MINUTE / 2
                began = time.process_time()
                watch.step(day.now)
                spent += time.process_time() - began
                day.write()
            seconds += 60 / ORDERS_A_MINUTE
        cost = spent / seconds * 1000
        yield Figure(
            f"CPU of the ledger's watch at {ORDERS_A_MINUTE} orders a minute, a day of {lines} lines", cost, "ms/s",
            f"{LIMIT_MS:.0f} ms allowed", cost / LIMIT_MS, f"<= {LIMIT_MS:.0f} ms/s", cost <= LIMIT_MS,
        )  # fmt: skip
        began = time.process_time()
        with day.store.read() as rows:
            found = ledger.proof(rows, day.now)
        whole = (time.process_time() - began) * 1000
        assert found["balanced"], found["differences"]
        yield Figure(
            f"CPU of one count of the whole day, {lines} lines", whole, "ms", f"{LIMIT_COUNT_MS:.0f} ms allowed",
            whole / LIMIT_COUNT_MS, f"<= {LIMIT_COUNT_MS:.0f} ms", whole <= LIMIT_COUNT_MS,
        )  # fmt: skip
        again, longest, began_at = LedgerWatch(day.store), 0.0, day.at
        while True:
            began = time.process_time()
            wish = again.step(day.now)
            longest = max(longest, time.process_time() - began)
            if wish is None or wish > day.now.monotonic + 1:
                break
            day.at += 0.05
        yield Figure(
            "after a restart, until the watch has read the day again", (day.at - began_at) * 1000, "ms",
            f"its longest turn {longest * 1000:.0f} ms",
        )  # fmt: skip
        day.store.close()


if __name__ == "__main__":
    sys.exit(main(__doc__ or "", measure))
