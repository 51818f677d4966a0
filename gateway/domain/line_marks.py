"""Lines of a ticket that a cook marks one by one: done, or not done after all. Pure.

A mark never ends a ticket: its cook bumps it. The first line that is done begins it. What a bump says of the lines that
nobody marked is not written down, it follows from the ticket; so an undo brings back the ticket as it was before the
bump, with the lines that were marked still done.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.domain import ticket as ticket_table
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.order import LINE_MOVES, Line, Order
from gateway.domain.states import moved
from gateway.domain.ticket import Ticket

MOVES = {"bump": "done", "undo": "reopen"}
"""What of a ticket's actions a line takes by itself, and its own name in the table of lines."""

PAST = {"bump": "done", "undo": "undone"}
"""How a mark is called in its event: `order.line_done`."""

COOKING = ("SHOWN", "STARTED")
"""States of a ticket whose lines can be marked; of any other they are what it says."""


def named(order: Order, ticket_id: str, action: str, ids: Sequence[str]) -> list[Line]:
    """The lines that are meant. Raises `Refused`: `unknown_line`, `invalid` for an action that is none of a line."""
    if ids and action not in MOVES:
        raise Refused("invalid", field="lines", reason="not_by_line")
    by_id = {str(line.id): line for line in order.lines_ever_of(ticket_id)}
    if any(one not in by_id for one in ids):
        raise Refused("unknown_line")
    return [by_id[one] for one in dict.fromkeys(ids)]


def is_stale(order: Order, ticket_id: str, lines: Sequence[Line], action: str, version: int) -> bool:
    """Whether a newer mark, or a line's way to another ticket, stands against it. A bump of the whole ticket says that
    all is done: it must know of each line that somebody has taken back."""
    if lines:
        return any(line.marked_version > version or line.ticket != ticket_id for line in lines)
    taken_back = [line for line in order.lines_of(ticket_id) if line.state == "FIRED"]
    return action == "bump" and any(line.marked_version > version for line in taken_back)


def mark(ticket: Ticket, lines: Sequence[Line], action: str, at: str, by: str) -> None:
    """`at`: the wall clock; `by`: the hand. Raises `IllegalMove`, and then nothing has changed."""
    if ticket.state not in COOKING:
        raise IllegalMove("ticket", ticket.state, action)
    states = [moved("line", LINE_MOVES, line.state, MOVES[action]) for line in lines]
    ticket.version += 1
    ticket.updated_at, ticket.updated_by = at, by
    for line, state in zip(lines, states, strict=True):
        line.state, line.marked_version = state, ticket.version
    if action == "bump" and ticket.state == "SHOWN":
        ticket.state = moved("ticket", ticket_table.MOVES, ticket.state, "start")
        ticket.started_at, ticket.start_version = ticket.started_at or at, ticket.version
