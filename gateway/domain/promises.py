"""What was promised, as the journal's events say it: one side of the ledger (`domain/ledger.py`). Pure."""

from __future__ import annotations

import msgspec

from gateway.domain.texts import TextMap

EVENTS = ("order.placed", "order.line_refired", "order.line_fired")
"""What says that something is to be cooked, once more, or at another station: a course whose station has gone while it
waited is fired elsewhere. Additions are orders of their own."""


class PlacedLine(msgspec.Struct):
    id: str
    name: TextMap
    quantity: int
    station: str
    ticket: str
    ordered: int | None = None


class _Meant(msgspec.Struct):
    id: str
    quantity: int


class _Noticed(msgspec.Struct):
    id: str
    number: int
    kind: str
    lines: list[_Meant]


class _Ticket(msgspec.Struct):
    id: str
    station: str
    notices: list[_Noticed] = []


class _Order(msgspec.Struct):
    id: str
    number: str
    table: str
    lines: list[PlacedLine]
    tickets: list[_Ticket]


class _Change(msgspec.Struct):
    kind: str
    tickets: list[str] = []


class _Event(msgspec.Struct):
    order: _Order
    change: _Change


# Made before there are threads: see gateway/web/api/route.py.
_event_of = msgspec.json.Decoder(_Event).decode


class Accepted(msgspec.Struct):
    """A line that was promised: `quantity` dishes of a `station`. `notice`: of one that is cooked once more, the change
    that says so; "" for the line as it was ordered. `at` is the time of its event."""

    order: str
    number: str
    table: str
    line: int
    station: str
    quantity: int
    name: TextMap
    at: str
    notice: str = ""


Book = dict[str, list[Accepted]]
"""What was accepted, by order."""


def enter(book: Book, kind: str, at: str, data: bytes) -> str:
    """Reads one event, one of `EVENTS`, into the book. Returns its order."""
    event = _event_of(data)
    order = event.order
    if kind == "order.placed":
        book[order.id] = [
            _accepted(order, line, line.ordered or line.quantity, at, line.station) for line in order.lines
        ]
    elif kind == "order.line_refired":
        for ticket in order.tickets:
            if ticket.id in event.change.tickets and ticket.notices and ticket.notices[-1].kind == "refire":
                book.setdefault(order.id, []).extend(_again(order, ticket, ticket.notices[-1], at))
    else:
        fired = {line.id: line.station for line in order.lines if line.ticket in event.change.tickets}
        for one in book.get(order.id, []):
            if not one.notice:
                one.station = fired.get(str(one.line), one.station)
    return order.id


def _accepted(order: _Order, line: PlacedLine, quantity: int, at: str, station: str, notice: str = "") -> Accepted:
    return Accepted(order.id, order.number, order.table, int(line.id), station, quantity, line.name, at, notice)


def _again(order: _Order, ticket: _Ticket, notice: _Noticed, at: str) -> list[Accepted]:
    lines = {line.id: line for line in order.lines}
    return [
        _accepted(order, lines[one.id], one.quantity, at, ticket.station, notice.id)
        for one in notice.lines
        if one.id in lines
    ]
