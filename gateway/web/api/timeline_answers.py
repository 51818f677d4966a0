"""What is answered about why an order stands where it stands. As types, like gateway/web/api/order_answers.py."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from gateway.domain import causes
from gateway.domain.order import OrderType
from gateway.domain.texts import TextMap
from gateway.web.api.order_answers import LineState, OrderState, TicketState, Time, one_of

CauseCode = Annotated[str, one_of(*causes.KINDS)]
CauseRank = Annotated[str, one_of(*causes.RANKS)]


class TimelineCause(msgspec.Struct):
    """`rank`: `now` act, `soon` look, `going` it is on its way, `rest` it catches up by itself, `done` it is over.
    `since`, `station`, `printer`, `slip` (the code on it) and `job` are empty where it is about no such thing."""

    code: CauseCode
    rank: CauseRank
    since: str
    station: str
    printer: str
    slip: str
    job: str
    words: TextMap


class TimelineStep(msgspec.Struct):
    """`what` is the kind of an order event, or `slip_…`; `who` as the journal keeps it, such as `staff cook`.
    `evidence`: what a bridge said of a paper."""

    at: Time
    what: str
    words: TextMap
    who: str
    station: str
    slip: str
    printer: str
    evidence: dict[str, Any]


class TimelineLine(msgspec.Struct):
    name: TextMap
    quantity: int
    state: LineState


class TimelineTicket(msgspec.Struct):
    """`stands` is the first, most urgent of `causes`. `slip` is the code on its slip, empty without one."""

    id: str
    station: str
    name: TextMap
    state: TicketState
    slip: str
    stands: TimelineCause
    causes: list[TimelineCause]
    lines: list[TimelineLine]


class TimelineOrder(msgspec.Struct):
    id: str
    number: str
    status: OrderState
    type: OrderType
    table: str
    pickup_no: str
    placed_at: Time


class Timeline(msgspec.Struct):
    """`stands` is the most urgent cause of all; `causes` are those of the whole order: its further papers, the cloud.
    `well`: nothing stands in the way. `open`: it may still change."""

    order: TimelineOrder
    well: bool
    open: bool
    in_cloud: bool
    stands: TimelineCause
    causes: list[TimelineCause]
    tickets: list[TimelineTicket]
    steps: list[TimelineStep]
