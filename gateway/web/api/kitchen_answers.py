"""What is answered about tickets, stations and the pass. As types, like those of gateway/web/api/order_answers.py."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gateway.domain import saying
from gateway.domain.order import Choice, OrderType
from gateway.domain.settings import Proof
from gateway.domain.texts import TextMap
from gateway.web.api.order_answers import LineState, Notice, NoticeLine, OrderTicket, Time, one_of


class TicketLine(msgspec.Struct):
    id: str
    item: str
    name: TextMap
    kitchen_name: TextMap
    quantity: int
    ordered: int
    variant: Choice | None
    modifiers: list[Choice]
    note: str
    state: LineState


class TicketsOrder(msgspec.Struct):
    id: str
    number: str
    type: OrderType
    table: str
    covers: int
    placed_at: Time
    by: str
    note: str
    addition: bool
    pickup_no: str
    due_at: str


class Elsewhere(msgspec.Struct):
    station: str
    name: TextMap
    quantity: int


class NamedNoticeLine(NoticeLine):
    """The dish's names too: by now it may stand on another ticket."""

    name: TextMap
    kitchen_name: TextMap


class NamedNotice(Notice):
    lines: list[NamedNoticeLine]  # type: ignore[assignment]


class Ticket(OrderTicket):
    """The part of an order that one station makes. Open until `cleared_at` is set."""

    notices: list[NamedNotice]  # type: ignore[assignment]
    order: TicketsOrder
    allergies: list[str]
    lines: list[TicketLine]
    elsewhere: list[Elsewhere]


class Missing(msgspec.Struct):
    station: str
    name: TextMap
    quantity: int


class Saying(msgspec.Struct):
    """What the pass is told about a scan: `words` in both languages. `slips`: how many of its ticket's are still to be
    scanned; `served_at`: since when it is crossed off, of one that is scanned again."""

    id: str
    at: Time
    kind: Annotated[str, one_of(*saying.KINDS)]
    code: str
    by: str
    words: TextMap
    order: str | None
    number: str
    ticket: str | None
    station: str
    missing: list[Missing]
    slips: int
    served_at: Time | None


class Sayings(msgspec.Struct):
    """`pass`: the last ones, oldest first."""

    the_pass: list[Saying] = msgspec.field(name="pass")


class Tickets(msgspec.Struct):
    tickets: list[Ticket]


class StationNamed(msgspec.Struct):
    id: str
    name: TextMap
    proof: Proof


class StationTickets(msgspec.Struct):
    """`cursor`: where the event stream goes on from here."""

    station: StationNamed
    tickets: list[Ticket]
    cursor: str
    server_time: Time
