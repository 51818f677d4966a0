"""What cooks and their screens do to tickets, and what proves that a ticket is in front of a cook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.domain import documents, line_marks
from gateway.domain import ticket as ticket_table
from gateway.domain.actor import Actor
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Line, Order
from gateway.domain.states import moved
from gateway.domain.ticket import KNOWN_KIND, Ticket
from gateway.operations import notices, screen_slips
from gateway.operations.ordering import record
from gateway.store import crossings, devices, journal, keys, orders, settings, stations, tickets
from gateway.store.transaction import Reader, Tx

SCOPE = "tickets"

Json = dict[str, Any]


def names_of_stations(rows: Reader) -> dict[str, dict[str, str]]:
    """Empty in a box that is not set up yet: its parts run all the same."""
    rules = settings.settings(rows)
    return {s.id: s.name for s in rules.stations} if rules else {}


def has_expo(rows: Reader) -> bool:
    """Whether a bump leaves a ticket ready at the pass, until somebody serves it there."""
    rules = settings.settings(rows)
    return rules is not None and rules.serving.expo


def act_on_ticket(
    tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str, action: str, screen: str, key: str, version: int,
    station: str | None = None, lines: Sequence[str] = (),
) -> Json:  # fmt: skip
    """Start, bump, recall, undo, serve, or say that a change or an allergy is known; with `lines` only these of the
    ticket are bumped or undone. Returns the ticket's document; the same key gets the former answer.

    Raises `Refused`: unknown_ticket, unknown_line, idempotency_key_reused; with the ticket stale and illegal_move.
    """
    print_ = keys.fingerprint(":".join([ticket_id, action, *sorted(lines)]).encode())
    names = names_of_stations(tx)
    found = keys.find(tx, SCOPE, key)
    if found:
        return _former(tx, found, print_, ticket_id, names)
    order, ticket = find(tx, ticket_id, station)
    if version > ticket.version:
        raise Refused("invalid", field="version", reason="from_the_future")
    if ticket.is_stale(action, version):
        raise Refused("stale", ticket=_document(order, ticket_id, names))
    marked = line_marks.named(order, ticket_id, action, lines)
    if line_marks.is_stale(order, ticket_id, marked, action, version):
        raise Refused("stale", ticket=_document(order, ticket_id, names))
    if action in ("recall", "undo"):
        must_be_open(order, action, ticket=_document(order, ticket_id, names))
    unproven = ticket.state == "QUEUED"
    try:
        if action in ("recall", "undo") and all(line.is_gone for line in order.lines_of(ticket_id)):
            raise IllegalMove("ticket", ticket.state, action)  # nothing of it is wanted any more
        if marked:
            _mark(tx, now, order, ticket, marked, action, actor, screen)
        else:
            _apply(order, ticket, action, now, actor, screen, has_expo(tx))
    except IllegalMove as illegal:
        detail = _document(order, ticket_id, names)
        raise Refused("illegal_move", ticket=detail, state=illegal.state, move=illegal.move) from None
    if action in ("bump", "acknowledge") and not marked:
        notices.acknowledge(tx, now, order, ticket, version, hand_of(actor, screen))
    if unproven and ticket.state != "QUEUED":
        screen_slips.take_back(tx, now, order, ticket, hand_of(actor, screen))
    settle(tx, ticket)
    if action in ("recall", "undo") and not marked:
        crossings.forget(tx, ticket_id)
    tickets.update(tx, ticket)
    what = f"line_{line_marks.PAST[action]}" if marked else f"ticket_{_PAST[action]}"
    slot = record(tx, now, ids, actor, order, what, [ticket_id], [str(line.id) for line in marked])
    keys.remember(tx, SCOPE, key, print_, slot)
    return _document(order, ticket_id, names)


_PAST = {
    "start": "started", "bump": "bumped", "recall": "recalled", "undo": "undone", "serve": "served",
    "acknowledge": "acknowledged", "allergy": "allergy_known",
}  # fmt: skip


def must_be_open(order: Order, move: str, **more: Any) -> None:
    """What was handed over does not go back to a cook: nobody would close the order a second time. Raises
    `Refused("illegal_move")` with the reason `order_closed`, and with `more`."""
    if order.status == "CLOSED":
        raise Refused("illegal_move", **more, state=order.status, move=move, reason="order_closed")


def _former(tx: Tx, found: tuple[bytes, int], print_: bytes, ticket_id: str, names: dict[str, dict[str, str]]) -> Json:
    if found[0] != print_:
        raise Refused("idempotency_key_reused")
    entry = journal.at(tx, found[1])
    if entry is None:
        raise LookupError(f"the journal lost slot {found[1]} of a remembered key")
    return documents.ticket_document(documents.decoded(entry.data)["order"], ticket_id, names)


def find(rows: Reader, ticket_id: str, station: str | None = None) -> tuple[Order, Ticket]:
    """With `station`, only a ticket of it: a display's rights on the broker go no further than its topics."""
    order = orders.load_of_ticket(rows, ticket_id)
    if order is None or order.ticket(ticket_id).is_held or (
        station is not None and order.ticket(ticket_id).station != station
    ):
        raise Refused("unknown_ticket")
    return order, order.ticket(ticket_id)


def _document(order: Order, ticket_id: str, names: dict[str, dict[str, str]]) -> Json:
    return documents.ticket_document(documents.order_document(order), ticket_id, names)


def hand_of(actor: Actor, screen: str) -> str:
    """Who changed a ticket, and at which screen, as the ticket keeps it."""
    return f"{actor.id or actor.kind} {screen}".strip()


def _mark(
    tx: Tx, now: Now, order: Order, ticket: Ticket, lines: Sequence[Line], action: str, actor: Actor, screen: str
) -> None:
    if ticket.state == "QUEUED" and action == "bump":
        _show(ticket, now, screen)
    line_marks.mark(ticket, lines, action, now.iso, hand_of(actor, screen))
    for line in lines:
        orders.change_line(tx, order, line)


def _apply(order: Order, ticket: Ticket, action: str, now: Now, actor: Actor, screen: str, expo: bool) -> None:
    if action == "allergy":
        if not order.allergies or ticket.state == "CANCELLED":
            raise IllegalMove("ticket", ticket.state, action)
        ticket.know_allergies(now.iso, hand_of(actor, screen))
    if ticket.state == "QUEUED" and action in ("start", "bump", *KNOWN_KIND):
        # A hand on the ticket proves that a cook has it, even before the screen's own word arrived.
        _show(ticket, now, screen)
    if action in KNOWN_KIND or (ticket.state == "CANCELLED" and action == "bump"):
        # Of a ticket that is off a bump only says that its cook knows.
        ticket.version += 1
        ticket.updated_at, ticket.updated_by = now.iso, hand_of(actor, screen)
        if action == "bump":
            ticket.ready_version, ticket.cleared_at, ticket.ended = ticket.version, now.iso, "bump"
        return
    ticket.state = moved("ticket", ticket_table.MOVES, ticket.state, action)
    ticket.version += 1
    ticket.updated_at = now.iso
    ticket.updated_by = hand_of(actor, screen)
    if action == "start":
        ticket.started_at = now.iso
        ticket.start_version = ticket.version
        return
    ticket.ready_version = ticket.version
    if action == "bump":
        ticket.ready_at = now.iso
        if not expo:
            ticket.state = moved("ticket", ticket_table.MOVES, ticket.state, "serve")
            _is_served(ticket, now, "bump")
    elif action == "serve":
        _is_served(ticket, now, "pass")
    else:
        ticket.started_at = ticket.ready_at = ticket.served_at = ticket.cleared_at = None
        ticket.ended = ""


def _is_served(ticket: Ticket, now: Now, how: str) -> None:
    ticket.served_at = ticket.cleared_at = now.iso
    ticket.ended = how


NO_HAND = ("close", "paper", "visit", "day", "settings")
"""Endings that say nothing of when the dishes were done."""

NOBODY_SAID = ("visit", "day", "settings")
"""Of those the ones that are no word of anybody who saw a dish or its slip: what was unproven stays so."""


def finish(tx: Tx, now: Now, actor: Actor, ticket: Ticket, screen: str, how: str) -> None:
    """Serves an open ticket, whatever it is at, and writes it; `how` is one of `ENDINGS`. One that was never ready is
    ready now, unless nobody said so. Raises `IllegalMove` for one that is served or cancelled."""
    if ticket.state == "QUEUED" and how in NOBODY_SAID:
        ticket.state = moved("ticket", ticket_table.MOVES, ticket.state, "show")
    elif ticket.state == "QUEUED":
        _show(ticket, now, screen)
    for move in ("bump", "serve") if ticket.state != "READY" else ("serve",):
        ticket.state = moved("ticket", ticket_table.MOVES, ticket.state, move)
    ticket.version += 1
    ticket.updated_at, ticket.updated_by = now.iso, hand_of(actor, screen)
    ticket.ready_version = ticket.version
    if ticket.ready_at is None and how not in NO_HAND:
        ticket.ready_at = now.iso
    _is_served(ticket, now, how)
    settle(tx, ticket)
    tickets.update(tx, ticket)


def stand_again(tx: Tx, now: Now, actor: Actor, ticket: Ticket, screen: str) -> None:
    """Writes a ticket that is back at the pass, ready: it was served by mistake."""
    ticket.version += 1
    ticket.ready_version = ticket.version
    ticket.updated_at, ticket.updated_by = now.iso, hand_of(actor, screen)
    ticket.ready_at = ticket.ready_at or now.iso
    ticket.served_at = ticket.cleared_at = None
    ticket.ended = ""
    tickets.update(tx, ticket)


def _show(ticket: Ticket, now: Now, by: str) -> None:
    ticket.state = moved("ticket", ticket_table.MOVES, ticket.state, "show")
    ticket.shown_at = now.iso
    ticket.shown_by = by
    ticket.doubt = ""


def prove(tx: Tx, now: Now, ticket: Ticket, by: str) -> None:
    """Writes a ticket that nothing had proven: it is before a cook now."""
    _show(ticket, now, by)
    ticket.version += 1
    ticket.updated_at, ticket.updated_by = now.iso, by
    settle(tx, ticket)
    tickets.update(tx, ticket)


def settle(tx: Tx, ticket: Ticket) -> None:
    """Nobody has to be called for it any more, if it is before a cook: who only acknowledged a change of it has said
    nothing of the rest."""
    if ticket.state != "QUEUED":
        devices.clear_condition(tx, "ticket_unseen", ticket.id)
    if ticket.cleared_at is not None:
        notices.end_with(tx, ticket)


def rendered(
    tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str, screen: str, key: str, version: int,
    station: str | None = None,
) -> Json:  # fmt: skip
    """A screen has drawn this version of the ticket. Proves that version only.

    Saying it again changes nothing, so it needs no remembered key.
    """
    order, ticket = find(tx, ticket_id, station)
    names = names_of_stations(tx)
    if station is not None:
        stations.set_display(tx, station, now.iso)
    if version > ticket.version:
        raise Refused("invalid", field="version", reason="from_the_future")
    if version <= ticket.shown_version or ticket.proof == "paper":
        return _document(order, ticket_id, names)
    for notice in order.notices_of(ticket_id):
        if notice.version <= version:
            notices.shown(tx, now, notice, f"screen {screen}")
    current = version == ticket.version
    if ticket.state == "QUEUED":
        _show(ticket, now, f"screen {screen}")
        ticket.version += 1
        ticket.updated_at = now.iso
        ticket.updated_by = screen
        # Being shown is the one change that needs no second look by the cook.
        ticket.shown_version = ticket.version if current else version
        screen_slips.take_back(tx, now, order, ticket, f"screen {screen}")
        settle(tx, ticket)
        tickets.update(tx, ticket)
        record(tx, now, ids, actor, order, "ticket_shown", [ticket_id])
    else:
        ticket.shown_version = version
        ticket.shown_by = ticket.shown_by or f"screen {screen}"
        tickets.update(tx, ticket)
    return _document(order, ticket_id, names)
