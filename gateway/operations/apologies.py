"""One apology for each incident: its event tells the cloud which guests were told that staff is checking, and why."""

from __future__ import annotations

from typing import Any

from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.ticket import Ticket
from gateway.store import apologies, journal, orders
from gateway.store.transaction import Tx

KIND = "check.apology"

CALLED_S = 10.0
"""What has been unproven for so long belongs to the incident: somebody in the store was called for it by then."""


def apologise(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order) -> None:
    """The guests of this order's check are told that the kitchen has not confirmed. The first of its tickets that is
    late makes the event; while one of them stands unproven all others belong to the same incident."""
    if not apologies.begin(tx, order.check, now.iso):
        return
    late = [(one, [t for t in one.tickets if _is_late(t, now)]) for one in orders.of_checks(tx, [order.check])]
    data = {
        "check": order.check,
        "visit": order.visit,
        "table": order.table,
        "since": min(ticket.fired_at for _, its in late for ticket in its),
        "orders": [
            {"order": one.id, "number": one.number, "dishes": [dish for ticket in its for dish in _dishes(one, ticket)]}
            for one, its in late
            if its
        ],
        "by": str(actor),
    }
    ver = (journal.last_slot(tx) & journal.SEQ_MASK) + 1
    journal.append(tx, now, next(ids), KIND, f"check/{order.check}", ver, order.day, data)


def _is_late(ticket: Ticket, now: Now) -> bool:
    waits = ticket.state == "QUEUED" and not ticket.is_held and ticket.doubt != "mute"
    return waits and (ticket.doubt == "late" or now.could_be_seen(ticket.fired_boot, ticket.fired_mono) >= CALLED_S)


def _dishes(order: Order, ticket: Ticket) -> list[dict[str, Any]]:
    return [
        {"name": line.name, "quantity": line.left, "station": ticket.station}
        for line in order.lines_of(ticket.id)
        if not line.is_gone
    ]


def end_incident(tx: Tx, now: Now, ids: Ids, actor: Actor, check_id: str) -> None:
    """Everything of this check is proven or ended: what is late from now on is a new incident. Nothing happens while
    something is not."""
    if check_id in apologies.over(tx):
        apologies.end(tx, check_id)
