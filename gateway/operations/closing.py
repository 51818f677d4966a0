"""Orders that are over: what was ordered is in the guest's hands."""

from __future__ import annotations

from typing import Any

from gateway.domain import documents
from gateway.domain import order as order_table
from gateway.domain.actor import Actor
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.states import moved
from gateway.domain.ticket import Ticket
from gateway.operations import courses, crossing_off, kitchen
from gateway.operations.ordering import record
from gateway.store import journal, keys, orders, settings
from gateway.store.transaction import Tx

SCOPE = "closing"

Json = dict[str, Any]


def close_order(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order_id: str, screen: str, key: str, early: bool = False
) -> Json:  # fmt: skip
    """Closes an order, such as one that was carried away: what stands ready or is proven by paper alone ends with it,
    and counts in no cook time that nobody took. `early` closes also what a cook still has, and drops what waits to be
    called; that is recorded. Returns the order's document; the same key gets the former answer.

    Raises `Refused`: unknown_order, idempotency_key_reused, not_ready (with what is missing), and illegal_move for an
    order that is closed or was never placed.
    """
    print_ = keys.fingerprint(f"close:{order_id}:{early}".encode())
    known = keys.find(tx, SCOPE, key)
    if known and known[0] != print_:
        raise Refused("idempotency_key_reused")
    entry = journal.at(tx, known[1]) if known else None
    if entry is not None:
        former: Json = documents.decoded(entry.data)["order"]
        return former
    order = orders.load(tx, order_id)
    if order is None:
        raise Refused("unknown_order")
    try:
        status = moved("order", order_table.MOVES, order.status, "close")
    except IllegalMove as illegal:
        raise Refused("illegal_move", state=illegal.state, move=illegal.move) from None
    open_ones = [ticket for ticket in order.tickets if ticket.cleared_at is None]
    waits = [ticket for ticket in open_ones if not _is_done(ticket)]
    if waits and not early:
        raise Refused("not_ready", missing=_missing(tx, order, waits))
    touched = courses.drop_held(tx, now, order)
    for ticket in open_ones:
        if not ticket.is_held and ticket.state != "CANCELLED":
            kitchen.finish(tx, now, actor, ticket, screen, "early" if ticket in waits else "close")
            touched.append(ticket.id)
    order.status = status
    slot = record(tx, now, ids, actor, order, "closed", touched)
    keys.remember(tx, SCOPE, key, print_, slot)
    return documents.order_document(order)


def _is_done(ticket: Ticket) -> bool:
    """Nobody has to cook it any more, as far as anybody can tell. What is off stays until its cook has seen that."""
    return ticket.state in ("READY", "CANCELLED") or ticket.is_by_paper


def _missing(tx: Tx, order: Order, waits: list[Ticket]) -> list[Json]:
    stations = {ticket.station for ticket in waits}
    told = [one for one in crossing_off.missing_of(order, settings.the_settings(tx)) if one["station"] in stations]
    return told or [{"station": t.station, "name": {"und": t.station}, "quantity": _left(order, t)} for t in waits]


def _left(order: Order, ticket: Ticket) -> int:
    return sum(line.left for line in order.lines_of(ticket.id))
