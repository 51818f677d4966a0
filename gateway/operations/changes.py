"""What staff change about lines after they were ordered: cancel, return, refire, rush, hold, fire.

Each change of what a cook may have seen is a notice of its own (`domain/notice.py`), on its ticket and on paper, until
it is acknowledged. None is ever merged with another."""

from __future__ import annotations

from typing import Literal

from gateway.domain import documents, once_more
from gateway.domain.actor import Actor
from gateway.domain.documents import Json
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.ids import Ids
from gateway.domain.notice import NoticeKind
from gateway.domain.now import Now
from gateway.domain.order import LINE_MOVES, Line, Order, checked_text
from gateway.domain.print_job import DEEDS, STATION_COPY, PrintJob
from gateway.domain.states import moved
from gateway.domain.ticket import MOVES, Ticket
from gateway.operations import courses, crossing_off, first_papers, kitchen, notices, papers, ticket_papers
from gateway.operations.ordering import record
from gateway.store import crossings, devices, jobs, journal, keys, orders, tickets, visits
from gateway.store.transaction import Tx

SCOPE = "lines"

LineAction = Literal["cancel", "return", "refire", "rush", "hold", "fire"]
PAST = {
    "cancel": "cancelled", "return": "returned", "refire": "refired", "rush": "rushed", "hold": "held", "fire": "fired",
}  # fmt: skip
"""How a change is called in its event: `order.line_cancelled`."""

WHOLE = ("rush", "hold", "fire")
"""Not for a part of a line."""

UNTOUCHED = ("QUEUED", "SHOWN")
"""States of a ticket whose cook has not begun: only then a line can be cancelled, or put on hold."""


def change_line(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order_id: str, line_id: int, action: LineAction, key: str,
    quantity: int | None = None, reason: str = "",
) -> Json:  # fmt: skip
    """Changes one line, or `quantity` of it. Returns the order's document; the same key gets the former answer.

    Raises `Refused`: unknown_order, unknown_line, illegal_move (with the line's state), invalid (more than there are,
    or a reason that no slip can hold), idempotency_key_reused.
    """
    print_ = keys.fingerprint(f"{order_id}:{line_id}:{action}:{quantity}:{reason}".encode())
    found = keys.find(tx, SCOPE, key)
    if found:
        return former(tx, found, print_)
    order = orders.load(tx, order_id)
    if order is None:
        raise Refused("unknown_order")
    line = order.line(line_id)
    if line is None:
        raise Refused("unknown_line")
    meant = quantity or line.left
    if meant > line.left and not line.is_gone:
        raise Refused("invalid", field="quantity", reason="more_than_there_are", left=line.left)
    if action in WHOLE and meant != line.left:
        raise Refused("invalid", field="quantity", reason="only_all_of_it", left=line.left)
    text = checked_text(reason, "reason")
    try:
        touched = _DO[action](tx, now, ids, actor, order, line, meant, text)
    except IllegalMove as illegal:
        raise Refused("illegal_move", state=illegal.state, move=illegal.move) from None
    slot = record(tx, now, ids, actor, order, f"line_{PAST[action]}", touched)
    keys.remember(tx, SCOPE, key, print_, slot)
    return _as_it_is(tx, now, ids, actor, order, touched)


def _as_it_is(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, touched: list[str]) -> Json:
    """What was left of a ticket's papers may all be proven by now."""
    for ticket_id in touched:
        papers.show_if_whole(tx, now, ids, actor, ticket_id)
        crossing_off.end_if_crossed(tx, now, ids, actor, ticket_id)
    return documents.order_document(orders.load(tx, order.id) or order)


def former(tx: Tx, found: tuple[bytes, int], print_: bytes) -> Json:
    """The answer to a change whose key is known. Raises `Refused`: idempotency_key_reused."""
    if found[0] != print_:
        raise Refused("idempotency_key_reused")
    entry = journal.at(tx, found[1])
    if entry is None:
        raise LookupError(f"the journal lost slot {found[1]} of a remembered key")
    answer: Json = documents.decoded(entry.data)["order"]
    return answer


def state_of(order: Order, line: Line) -> str:
    """A line that nobody has touched by itself goes with its ticket."""
    return documents.line_state(line, order.ticket(line.ticket))


def _must_be_untouched(ticket: Ticket, move: str) -> None:
    if ticket.state not in UNTOUCHED:
        raise IllegalMove("line", ticket.state, move)


def _cancel(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, line: Line, quantity: int, reason: str
) -> list[str]:
    ticket = order.ticket(line.ticket)
    _must_be_untouched(ticket, "cancel")
    state = moved("line", LINE_MOVES, state_of(order, line), "cancel")
    line.cancelled += quantity
    return _taken_away(tx, now, ids, actor, order, line, quantity, "cancel", reason, state)


def _return(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, line: Line, quantity: int, reason: str
) -> list[str]:
    state = moved("line", LINE_MOVES, state_of(order, line), "return")
    line.returned += quantity
    return _taken_away(tx, now, ids, actor, order, line, quantity, "return", reason, state)


def _taken_away(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, line: Line, quantity: int, kind: NoticeKind, reason: str,
    gone: str,
) -> list[str]:  # fmt: skip
    """`gone`: the line's state if nothing of it is left."""
    order.total -= quantity * line.unit_price
    once_more.take_off(line, quantity, state_of(order, line))
    if line.cancelled + line.returned == line.quantity:
        line.state = gone
    orders.change_line(tx, order, line)
    ticket = order.ticket(line.ticket)
    if ticket.cleared_at is not None:
        return [ticket.id]  # it has left the kitchen: nothing is stopped any more
    _unprint(tx, now, ids, actor, order, ticket)
    if not ticket.is_held and ticket.state != "READY":
        notices.note(tx, now, ids, actor, order, ticket, kind, [(line, quantity)], reason)
    if all(one.is_gone for one in order.lines_of(ticket.id)):
        _end_empty(tx, now, order, ticket)
    tickets.update(tx, ticket)
    return [ticket.id]


def _unprint(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, ticket: Ticket) -> None:
    """Papers that nothing is cooked by any more, and nobody has begun, are not printed."""
    for job in ticket_papers.empty_ones(tx, order, ticket.id):
        if job.state == "UNKNOWN" and job.settled is None:
            job.settled = str(actor)  # whether it came out matters to nobody any more
            jobs.update(tx, job)
            papers.no_more_asked(tx, job)
        else:
            _take_back(tx, now, ids, actor, job)
    unwanted = first_papers.unwanted_labels(order)
    for job in jobs.of_order(tx, order.id):
        if (job.kind == "label" and job.part in unwanted) or _is_empty(order, job):
            _take_back(tx, now, ids, actor, job)


def _is_empty(order: Order, job: PrintJob) -> bool:
    """Whether nothing would stand on this paper of the whole order, or on this copy of a station's."""
    if job.ticket or job.kind in DEEDS:
        return False
    its = order.lines_of(order.tickets[job.part - 1].id) if job.kind == STATION_COPY else order.lines
    return all(line.is_gone for line in its)


def _take_back(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> None:
    if not job.intent and "cancel" in papers.WANTS_BACK.get(job.state, ()):
        papers.want_back(tx, now, ids, actor, job, "cancel")


def _end_empty(tx: Tx, now: Now, order: Order, ticket: Ticket) -> None:
    """Nothing of it is wanted any more. A cook who may have seen it acknowledges that; until then it stays, struck
    through. What no cook has seen, or what stands at the pass, is simply off."""
    unseen = ticket.proof == "paper" and ticket.state == "QUEUED"
    told = all(notice.shown_at for notice in order.notices_of(ticket.id))  # or there is nobody to be told
    at_once = ticket.is_held or ticket.state == "READY" or (unseen and told)
    devices.clear_condition(tx, "ticket_unseen", ticket.id)
    ticket.state = moved("ticket", MOVES, ticket.state, "cancel")
    ticket.updated_at = now.iso
    if at_once:
        ticket.version += 1
        ticket.cleared_at, ticket.ended = now.iso, "off"
    ticket.ready_version = ticket.version


def _refire(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, line: Line, quantity: int, reason: str
) -> list[str]:
    """Cooked once more: its ticket is open again, with this line alone."""
    kitchen.must_be_open(order, "refire")
    ticket = order.ticket(line.ticket)
    state = moved("line", LINE_MOVES, state_of(order, line), "refire")
    for other in order.lines_of(ticket.id):
        if other is not line and other.state == "FIRED":
            other.state = state_of(order, other)
            orders.change_line(tx, order, other)
    line.state, line.marked_version = state, ticket.version + 1
    once_more.ask(line, quantity)
    orders.change_line(tx, order, line)
    if ticket.state in ("READY", "SERVED"):
        ticket.state = moved("ticket", MOVES, ticket.state, "recall")
        ticket.started_at = ticket.ready_at = ticket.served_at = ticket.cleared_at = None
        ticket.ended = ""
        crossings.forget(tx, ticket.id)
        ticket.ready_version = ticket.version + 1
    notices.note(tx, now, ids, actor, order, ticket, "refire", [(line, quantity)], reason)
    return [ticket.id]


def _rush(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, line: Line, quantity: int, reason: str) -> list[str]:
    ticket = order.ticket(line.ticket)
    if state_of(order, line) != "FIRED" or ticket.cleared_at is not None:
        raise IllegalMove("line", state_of(order, line), "rush")
    notices.note(tx, now, ids, actor, order, ticket, "rush", [(line, line.to_cook)], reason)
    return [ticket.id]


def rush_ticket(
    tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str, key: str, station: str | None = None
) -> Json:
    """Hurries all that a station still has to cook of one order, with one notice; with `station` only a ticket of it.
    Returns the order's document; the same key gets the former answer.

    Raises `Refused`: unknown_ticket, idempotency_key_reused, too_many, and illegal_move where nothing is cooked.
    """
    print_ = keys.fingerprint(f"{ticket_id}:rush".encode())
    found = keys.find(tx, SCOPE, key)
    if found:
        return former(tx, found, print_)
    order, ticket = kitchen.find(tx, ticket_id, station)
    open_ones = [line for line in order.lines_of(ticket_id) if state_of(order, line) == "FIRED"]
    if not open_ones or ticket.cleared_at is not None:
        raise Refused("illegal_move", state=ticket.state, move="rush")
    notices.note(tx, now, ids, actor, order, ticket, "rush", [(line, line.to_cook) for line in open_ones])
    slot = record(tx, now, ids, actor, order, "line_rushed", [ticket_id])
    keys.remember(tx, SCOPE, key, print_, slot)
    return documents.order_document(order)


def _hold(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, line: Line, quantity: int, reason: str) -> list[str]:
    _must_be_untouched(order.ticket(line.ticket), "hold")
    visit = visits.get(tx, order.visit) if order.visit else None
    closed = visit is not None and visit.state != "OPEN"  # nobody would call for it any more
    if closed or once_more.is_partial(line):  # some of it were made: a ticket of its own would ask for all
        raise IllegalMove("line", state_of(order, line), "hold")
    moved("line", LINE_MOVES, state_of(order, line), "hold")
    return hold_lines(tx, now, ids, actor, order, [line], reason)


def hold_lines(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, lines: list[Line], reason: str = ""
) -> list[str]:
    """They leave their tickets, whose cooks are told, and wait until they are fired. Returns the tickets touched."""
    touched: list[str] = []
    # Found before any is moved: a line that joins a ticket which waits already is not put on hold there once more.
    found = [(ticket, [line for line in lines if line.ticket == ticket.id]) for ticket in order.tickets]
    for ticket, held in found:
        if not held:
            continue
        waiting = courses.put_aside(tx, now, ids, order, ticket, held)
        _unprint(tx, now, ids, actor, order, ticket)
        notices.note(tx, now, ids, actor, order, ticket, "hold", [(line, line.left) for line in held], reason)
        if all(one.is_gone for one in order.lines_of(ticket.id)):
            _end_empty(tx, now, order, ticket)
        tickets.update(tx, ticket)
        touched += [ticket.id, *waiting]
    return touched


def _fire(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, line: Line, quantity: int, reason: str) -> list[str]:
    if state_of(order, line) != "ON_HOLD":
        raise IllegalMove("line", state_of(order, line), "fire")
    return courses.fire_lines(tx, now, ids, order, [line])


_DO = {"cancel": _cancel, "return": _return, "refire": _refire, "rush": _rush, "hold": _hold, "fire": _fire}
