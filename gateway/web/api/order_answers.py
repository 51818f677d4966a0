"""What is answered about orders, checks and tickets. As types, from which the OpenAPI documents are made, and against
which the tests hold every answer.

Nothing is built from them: an answer is made where its facts are (gateway/domain/documents.py, gateway/web/views.py).
Every field is always there. A newer gateway may add fields, so a reader passes over what it does not know.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from gateway.domain import check, order, saying, ticket
from gateway.domain.documents import GUEST_STEPS
from gateway.domain.order import Choice, OrderType, Prepaid
from gateway.domain.settings import Proof
from gateway.domain.texts import TextMap


def one_of(*values: str) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema={"enum": list(values)})


Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
OrderState = Annotated[str, one_of(*order.STATES)]
LineState = Annotated[str, one_of(*order.LINE_STATES)]
TicketState = Annotated[str, one_of(*ticket.STATES)]
CheckState = Annotated[str, one_of(*check.STATES)]
Step = Annotated[str, one_of(*GUEST_STEPS)]


# --- orders, checks, the running list ---


class Placed(msgspec.Struct):
    id: str
    number: str
    status: OrderState
    total: int
    currency: Currency
    check: str
    status_url: str


class OrderLine(msgspec.Struct):
    id: str
    item: str
    name: TextMap
    kitchen_name: TextMap
    quantity: int
    variant: Choice | None
    modifiers: list[Choice]
    note: str
    state: LineState
    unit_price: int
    amount: int
    station: str
    ticket: str
    kitchen: Step
    started_at: Time | None
    ready_at: Time | None
    served_at: Time | None


class GuestOrder(msgspec.Struct):
    """An order as its guests see it. `table` is empty for what is taken away."""

    id: str
    number: str
    status: OrderState
    type: OrderType
    table: str
    covers: int
    kitchen: Step
    placed_at: Time
    updated_at: Time
    version: int
    addition: bool
    note: str
    allergies: list[str]
    pickup_no: str
    due_at: str
    menu_revision: int
    lines: list[OrderLine]
    total: int
    currency: Currency
    check: str


class SlipNumber(msgspec.Struct):
    number: str


class OrderTicket(msgspec.Struct):
    id: str
    station: str
    state: TicketState
    version: int
    shown_version: int
    proof: Proof
    doubt: str
    fired_at: Time
    shown_at: Time | None
    started_at: Time | None
    ready_at: Time | None
    served_at: Time | None
    cleared_at: Time | None
    updated_at: Time
    updated_by: str
    ended: Annotated[str, one_of("", *ticket.ENDINGS)]
    slip: SlipNumber | None


class Order(GuestOrder):
    """An order as staff and programs see it."""

    by: str
    source: str
    external_id: str
    prepaid: Prepaid | None
    tickets: list[OrderTicket]


class Orders(msgspec.Struct):
    orders: list[Order]


class CheckLine(msgspec.Struct):
    order: str
    line: str
    name: TextMap
    quantity: int
    unit_price: int
    amount: int


class Adjustment(msgspec.Struct):
    kind: Literal["discount", "service_charge", "cover_charge", "packing", "delivery", "rounding", "tip"]
    name: TextMap
    amount: int


class Check(msgspec.Struct):
    """What is to be paid. total = lines + adjustments (+ taxes that are not included)."""

    id: str
    status: CheckState
    currency: Currency
    version: int
    lines: list[CheckLine]
    adjustments: list[Adjustment]
    taxes: list[dict[str, Any]]
    total: int
    paid: int
    due: int
    payments: list[dict[str, Any]]


class RunningList(msgspec.Struct):
    """Everything that the party at a table has ordered."""

    id: str
    table: str
    state: Literal["OPEN", "CLOSED"]
    covers: int
    uplink: Literal["online", "offline"]
    orders: list[GuestOrder]
    check: Check | None
    server_time: Time


# --- the kitchen ---


class TicketLine(msgspec.Struct):
    id: str
    item: str
    name: TextMap
    kitchen_name: TextMap
    quantity: int
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


class Ticket(OrderTicket):
    """The part of an order that one station makes. Open until `cleared_at` is set."""

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
