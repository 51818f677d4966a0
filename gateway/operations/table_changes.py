"""What staff change about all that a table waits for: hold, fire, rush."""

from __future__ import annotations

from typing import Literal

from gateway.domain import once_more
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Line, Order, checked_text
from gateway.operations import changes, courses, notices
from gateway.operations.ordering import record
from gateway.store import journal, keys, orders, settings, visits
from gateway.store.transaction import Tx

SCOPE = "tables"

TableAction = Literal["hold", "fire", "rush"]


def change_table(
    tx: Tx, now: Now, ids: Ids, actor: Actor, table: str, action: TableAction, key: str, course: str = "",
    reason: str = "",
) -> int:  # fmt: skip
    """Holds, fires or rushes all that the open visits of a table still wait for, or one `course` of it. Returns how
    many lines that were; the same key changes nothing more and says 0.

    Raises `Refused`: unknown_table, idempotency_key_reused.
    """
    print_ = keys.fingerprint(f"{table}:{action}:{course}".encode())
    found = keys.find(tx, SCOPE, key)
    if found and found[0] != print_:
        raise Refused("idempotency_key_reused")
    if found:
        return 0
    open_visits = visits.open_at(tx, table)
    if not open_visits and table not in settings.tables(tx):
        raise Refused("unknown_table", table=table)
    text = checked_text(reason, "reason")
    meant = 0
    slot = journal.last_slot(tx)
    checks = [check for visit in open_visits for check in visits.checks_of(tx, visit.id)]
    for order in orders.of_checks(tx, checks):
        lines = [line for line in order.lines if _may(order, line, action) and course in ("", line.course)]
        if lines:
            touched = _all(tx, now, ids, actor, order, lines, action, text)
            slot = record(tx, now, ids, actor, order, f"line_{changes.PAST[action]}", touched)
            meant += len(lines)
    keys.remember(tx, SCOPE, key, print_, slot)
    return meant


def _may(order: Order, line: Line, action: TableAction) -> bool:
    """Whether this line is one that the whole table's word is about."""
    ticket = order.ticket(line.ticket)
    if action == "fire":
        return changes.state_of(order, line) == "ON_HOLD"
    open_ = changes.state_of(order, line) == "FIRED" and ticket.cleared_at is None
    untouched = ticket.state in changes.UNTOUCHED and not once_more.is_partial(line)
    return open_ and (action == "rush" or untouched)


def _all(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, lines: list[Line], action: TableAction, reason: str
) -> list[str]:
    if action == "fire":
        return courses.fire_lines(tx, now, ids, order, lines)
    if action == "hold":
        return changes.hold_lines(tx, now, ids, actor, order, lines, reason)
    touched = [ticket for ticket in order.tickets if any(line.ticket == ticket.id for line in lines)]
    for ticket in touched:
        its = [(line, line.to_cook) for line in lines if line.ticket == ticket.id]
        notices.note(tx, now, ids, actor, order, ticket, "rush", its, reason)
    return [ticket.id for ticket in touched]
