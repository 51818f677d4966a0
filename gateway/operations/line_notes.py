"""What is said of one dish, changed after it was sent: its cook reads it as a change of its own."""

from __future__ import annotations

import msgspec

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.documents import Json
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import MAX_DOCUMENT, checked_text
from gateway.operations import changes, notices
from gateway.operations.ordering import record
from gateway.store import keys, orders
from gateway.store.transaction import Tx

OPEN = ("FIRED", "ON_HOLD")
"""States of a line that something is still made of. What is done or served is cooked once more, or returned."""


def change_note(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order_id: str, line_id: int, note: str, key: str
) -> Json:
    """Gives a line another note, or with "" none. Returns the order's document; the same key gets the former answer.
    A line that waits to be called is simply read with it later: no cook knows of it yet.

    Raises `Refused`: unknown_order, unknown_line, illegal_move (with the line's state), invalid (a note that no slip
    can hold, the same as before, or an order that would be too long), too_many, idempotency_key_reused.
    """
    print_ = keys.fingerprint(f"{order_id}:{line_id}:note:{note}".encode())
    found = keys.find(tx, changes.SCOPE, key)
    if found:
        return changes.former(tx, found, print_)
    order = orders.load(tx, order_id)
    if order is None:
        raise Refused("unknown_order")
    line = order.line(line_id)
    if line is None:
        raise Refused("unknown_line")
    text = checked_text(note, "note")
    ticket, before = order.ticket(line.ticket), line.note
    state = changes.state_of(order, line)
    if state not in OPEN:
        raise Refused("illegal_move", state=state, move="note")
    if text == before:
        raise Refused("invalid", field="note", reason="same_as_before")
    line.note = text
    orders.change_note(tx, order, line)
    if not ticket.is_held:
        notices.note(tx, now, ids, actor, order, ticket, "change", [(line, line.to_cook)], notes=(text, before))
    if len(msgspec.json.encode(documents.order_document(order))) > MAX_DOCUMENT:
        raise Refused("invalid", field="note", reason="too_long")
    slot = record(tx, now, ids, actor, order, "line_changed", [ticket.id], [str(line.id)])
    keys.remember(tx, changes.SCOPE, key, print_, slot)
    return documents.order_document(orders.load(tx, order.id) or order)
