"""A journal full of events that no cloud has taken yet, as after a long outage.

Up to 20,000 events are made by the real operations: each order is placed, its papers printed, its tickets bumped.
More than that are copies of those journal rows under later slots, for an outage of weeks would take minutes to play.
"""

from __future__ import annotations

import itertools
import json
import sqlite3

import msgspec

from benchmarks.phones import cart
from benchmarks.shop import Shop
from gateway.clock import Clock
from gateway.contract.messages import PrintResult
from gateway.domain.actor import Actor
from gateway.domain.order import Cart
from gateway.ids import Ids
from gateway.operations import kitchen, ordering, papers
from gateway.store import Pending, Store, jobs, journal, keys, settings
from gateway.store.writer import MAX_BATCH, Writer

BY_OPERATIONS = 20_000
PHONE = Actor("guest", "")
COOK = Actor("staff", "bench")


class Kitchen:
    """Plays orders from the phone to the pass on a store that no gateway has open."""

    def __init__(self, shop: Shop, orders_per_visit: int = 1):
        """With several orders a visit they come one after the other."""
        self.orders_per_visit = orders_per_visit
        self.store = Store(shop.database)
        self.writer = Writer(self.store, Ids())
        self.clock = Clock()
        self.numbers = itertools.count()
        with self.store.read() as rows:
            tokens = list(settings.tables(rows).values())
        self.bodies = [json.dumps(cart(token)).encode() for token in tokens]

    def step(self) -> None:
        self.writer.step(self.clock.now())

    def place(self) -> Pending:
        """Asks for the next order of the next table."""
        n = next(self.numbers)
        body = self.bodies[n // self.orders_per_visit % len(self.bodies)]
        decoded = msgspec.json.decode(body, type=Cart)
        return self.store.submit(
            ordering.place_order, PHONE, decoded, f"order-{n}", keys.fingerprint(body), None
        )  # fmt: skip

    def papers_of(self, order_id: str) -> list[tuple[str, str, str]]:
        """(job, printer, ticket) of each."""
        with self.store.read() as rows:
            return [(job.id, job.printer, job.ticket) for job in jobs.of_order(rows, order_id)]

    def tell(self, job: str, printer: str, state: str) -> Pending:
        """A bridge's word about a paper."""
        result = PrintResult(job, 1, state, evidence={"fence": "gs_r", "answer": "00", "bytes": 640})  # type: ignore[arg-type]
        return self.store.submit(papers.take_result, Actor("bridge", printer), printer, result)

    def bump(self, ticket: str, version: int) -> Pending:
        key = f"bump-{ticket}"
        return self.store.submit(kitchen.act_on_ticket, COOK, ticket, "bump", "screen-1", key, version)

    def shift(self, orders: int) -> None:
        """So many orders at once, printed and bumped."""
        placed = [self.place() for _ in range(orders)]
        self.step()
        papers = [paper for each in placed for paper in self.papers_of(each.result(0).answer["id"])]
        for batch in _batches(papers):
            for job, printer, _ in batch:
                self.tell(job, printer, "PRINTED")
            self.step()
            for _, _, ticket in batch:
                self.bump(ticket, 2)
            self.step()


def fill(shop: Shop, events: int) -> None:
    """Fills the seeded shop's journal up to at least so many events. No gateway runs."""
    room = Kitchen(shop)
    while _events(room.store) < min(events, BY_OPERATIONS):
        room.shift(100)
    room.store.close()
    _copy(shop, events)


def _copy(shop: Shop, events: int) -> None:
    db = sqlite3.connect(shop.database, isolation_level=None)
    (first, last) = db.execute("SELECT min(slot), max(slot) FROM journal").fetchone()
    made = last - first + 1
    rest = "type, subject, ver, at, clockq, bizday, data"
    for n in range(1, -(-events // made)):
        sql = f"INSERT INTO journal SELECT slot + ?, id || '-' || ?, {rest} FROM journal WHERE slot BETWEEN ? AND ?"
        db.execute(sql, (n * made, str(n), first, last))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _events(store: Store) -> int:
    with store.read() as rows:
        return journal.last_slot(rows) & journal.SEQ_MASK


def _batches(papers: list[tuple[str, str, str]]) -> list[list[tuple[str, str, str]]]:
    return [papers[n : n + MAX_BATCH] for n in range(0, len(papers), MAX_BATCH)]
