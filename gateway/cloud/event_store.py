"""The seam between the receiver and what remembers for it. `store.py` is the one back end there is."""

from __future__ import annotations

from typing import Protocol

import msgspec

from gateway.cloud.batch import Batch, Stream
from gateway.contract.events import BatchAnswer


class Unavailable(Exception):  # noqa: N818 - it names the state of the store
    """The store cannot do it now (disk full, locked, failing). Nothing was kept; the same may come again."""


class UnknownOrder(Exception):  # noqa: N818
    """`after` names an order that this store has never sent."""


class ListedOrder(msgspec.Struct):
    """One order as the latest event left it. `lines` is a JSON array as bytes, unknown fields included."""

    id: str
    number: str
    status: str
    type: str
    total: int
    currency: str
    placed_at: str | None
    lines: msgspec.Raw


class Stats(msgspec.Struct):
    """Counters of one store. `events` are slots that are filled, poison included; `conflicts` are distinct
    bodies that came for a slot or an id already taken. `applied_upto` is keyed `{box}/{epoch}`."""

    events: int = 0
    orders: int = 0
    duplicates: int = 0
    conflicts: int = 0
    poison: int = 0
    applied_upto: dict[str, int] = msgspec.field(default_factory=dict)


class EventStore(Protocol):
    """The seam for a second back end. Every method may raise Unavailable and is safe from any thread."""

    def accept(self, batch: Batch) -> BatchAnswer:
        """Store and project a batch exactly once. Returns only after a durable commit."""

    def cursor(self, stream: Stream) -> BatchAnswer:
        """Where a stream stands, 0 when it is unknown. Writes nothing."""

    def orders(self, store: str, after: str | None, limit: int) -> list[ListedOrder]:
        """In the order in which the store placed them. Raises UnknownOrder."""

    def stats(self, store: str) -> Stats: ...

    def close(self) -> None: ...
