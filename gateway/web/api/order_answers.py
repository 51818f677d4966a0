"""What is answered about orders, checks and tickets. As types, from which the OpenAPI documents are made, and against
which the tests hold every answer.

Nothing is built from them: an answer is made where its facts are (gateway/domain/documents.py, gateway/web/views.py).
Every field is always there. A newer gateway may add fields, so a reader passes over what it does not know.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from gateway.domain import check, order, ticket
from gateway.domain.documents import GUEST_STEPS
from gateway.domain.notice import NoticeKind
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
    """`quantity` is what is left of what was `ordered`; of a line that is gone what was ordered. `to_cook`:
    how many of them are cooked once more, where that is not all."""

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
    unit_price: int
    amount: int
    station: str
    ticket: str
    kitchen: Step
    started_at: Time | None
    ready_at: Time | None
    served_at: Time | None
    to_cook: int | msgspec.UnsetType = msgspec.UNSET


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


class NoticeLine(msgspec.Struct):
    """`quantity` of the line are meant."""

    id: str
    quantity: int


class Notice(msgspec.Struct):
    """A change that cooks must see by itself. `version` is that of the ticket in which it first stood; `from_place` is
    where a party sat before. It stands until it is acknowledged (`acked_at`). A `change` says the `note` of its dish
    and what it was before."""

    id: str
    number: int
    kind: NoticeKind
    version: int
    lines: list[NoticeLine]
    reason: str
    from_place: str
    by: str
    at: Time
    shown_at: Time | None
    acked_at: Time | None
    acked_by: str | None
    slip: SlipNumber | None
    note: str | msgspec.UnsetType = msgspec.UNSET
    note_before: str | msgspec.UnsetType = msgspec.UNSET


class OrderTicket(msgspec.Struct):
    """`hold`: "held" while it waits to be called and no cook sees it, "fired" once it was called.
    `allergy_at`, `allergy_by`: when and who of its cooks knew of the guests' allergies."""

    id: str
    station: str
    state: TicketState
    version: int
    shown_version: int
    proof: Proof
    doubt: str
    fired_at: Time
    shown_at: Time | None
    shown_by: str | None
    started_at: Time | None
    ready_at: Time | None
    served_at: Time | None
    cleared_at: Time | None
    updated_at: Time
    updated_by: str
    hold: Literal["", "held", "fired"]
    course: str
    ended: Annotated[str, one_of("", *ticket.ENDINGS)]
    allergy_at: Time | None
    allergy_by: str
    slip: SlipNumber | None
    notices: list[Notice]


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
