"""A party moves to another table, or two become one: the same dishes, never a new order. Each station with open tickets
is told by a notice for each of them and by one slip for all, and held courses go along."""

from __future__ import annotations

from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.notice import NoticeKind
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.visit import Visit
from gateway.operations import notices
from gateway.operations.ordering import record
from gateway.store import devices, journal, keys, orders, settings, visits
from gateway.store.transaction import Tx

SCOPE = "tables"
COOKING = ("QUEUED", "SHOWN", "STARTED")
"""States of a ticket that a cook still has: what stands at the pass is carried where the order says."""


def move_table(tx: Tx, now: Now, ids: Ids, actor: Actor, table: str, to: str, key: str) -> int:
    """The open visit of `table` sits at `to` from now on; a visit without orders that was open there takes its place.
    Returns how many orders moved; the same key moves nothing more and says 0.

    Raises `Refused`: unknown_table, table_closed (nobody sits at `table`), table_taken (somebody sits at `to`),
    idempotency_key_reused.
    """
    if _is_known(tx, f"move:{table}:{to}", key):
        return 0
    moving, there = _party(tx, table), _visits(tx, to)
    if table == to or any(_orders(tx, visit) for visit in there):
        raise Refused("table_taken", table=to)
    for visit in there:
        visits.seat(tx, visit.id, table)
    moved, together = 0, notices.Together()
    for visit in moving:
        visits.seat(tx, visit.id, to)
        for order in _orders(tx, visit):
            _seat(tx, now, ids, actor, order, to, order.check, order.visit, "move", together)
            moved += 1
    return _done(tx, key, f"move:{table}:{to}", table, moved)


def merge_tables(tx: Tx, now: Now, ids: Ids, actor: Actor, table: str, to: str, key: str) -> int:
    """The party of `table` joins that of `to`: its orders go on that check, its own visit ends. Returns how many orders
    came along; the same key moves nothing more and says 0.

    Raises `Refused`: unknown_table, table_closed (nobody sits at one of them), idempotency_key_reused.
    """
    if _is_known(tx, f"merge:{table}:{to}", key):
        return 0
    moving, joined = _party(tx, table), _party(tx, to)[-1]
    if table == to:
        raise Refused("table_taken", table=to)
    check = visits.open_check(tx, joined.id)
    if check is None:
        raise Refused("table_closed", table=to)
    moved, covers, together = 0, 0, notices.Together()
    for visit in moving:
        covers += visit.covers
        for order in _orders(tx, visit):
            _seat(tx, now, ids, actor, order, to, check.id, joined.id, "merge", together)
            moved += 1
        visits.close(tx, visit.id, now.iso)
    visits.set_covers(tx, joined.id, joined.covers + covers)
    return _done(tx, key, f"merge:{table}:{to}", table, moved)


def _seat(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, to: str, check: str, visit: str | None, kind: NoticeKind,
    together: notices.Together,
) -> None:  # fmt: skip
    former, order.table, order.check, order.visit = order.table, to, check, visit
    orders.seat(tx, order)
    touched = [ticket for ticket in order.tickets if ticket.cleared_at is None]
    for ticket in touched:
        if not ticket.is_held and ticket.state in COOKING:
            notices.note(tx, now, ids, actor, order, ticket, kind, [], from_place=former, together=together)
    record(tx, now, ids, actor, order, f"{kind}d", [ticket.id for ticket in touched])


def _party(tx: Tx, table: str) -> list[Visit]:
    found = _visits(tx, table)
    if not found:
        raise Refused("table_closed", table=table)
    return found


def _visits(tx: Tx, table: str) -> list[Visit]:
    if table not in settings.tables(tx):
        raise Refused("unknown_table", table=table)
    return visits.open_at(tx, table)


def _orders(tx: Tx, visit: Visit) -> list[Order]:
    return orders.of_checks(tx, visits.checks_of(tx, visit.id))


def _is_known(tx: Tx, what: str, key: str) -> bool:
    found = keys.find(tx, SCOPE, key)
    if found and found[0] != keys.fingerprint(what.encode()):
        raise Refused("idempotency_key_reused")
    return found is not None


def _done(tx: Tx, key: str, what: str, table: str, moved: int) -> int:
    keys.remember(tx, SCOPE, key, keys.fingerprint(what.encode()), journal.last_slot(tx))
    devices.clear_condition(tx, "table_calls", table)
    tx.changed.add("tables")
    return moved
