"""The ledger of a business day, on the screen and onto paper."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response, request

from gateway.contract.messages import ActionKey
from gateway.domain.errors import Refused
from gateway.domain.texts import TextMap
from gateway.operations import ledger, ledger_slip
from gateway.web import access, bodies, views
from gateway.web.api.order_answers import Time
from gateway.web.house import house

LEDGER_ACTIONS = ("print",)
PRINTING_STAFF = ("kitchen", "waiter", "cashier", "owner")

Day = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class LedgerStation(msgspec.Struct):
    """Dishes. `accepted` is the sum of all that follow, when it balances."""

    station: str
    name: TextMap
    accepted: int
    cancelled: int
    returned: int
    held: int
    screen: int
    paper: int
    hand: int
    asked: int
    waiting: int
    difference: int


class LedgerShift(msgspec.Struct):
    """`shift` is "" in a store that does not divide its days."""

    shift: str
    name: TextMap
    stations: list[LedgerStation]


class LedgerDifference(msgspec.Struct):
    """Dishes of one order and station that are in no class. `quantity` is below 0 where there are more than were ever
    ordered."""

    order: str
    number: str
    table: str
    station: str
    at: Time
    quantity: int
    dishes: TextMap


class LedgerGap(msgspec.Struct):
    """A slip that has not come out, although a later one of its station has. `order` is "" for one that was never
    made."""

    station: str
    name: TextMap
    slip: str
    order: str
    number: str
    table: str


class Ledger(msgspec.Struct):
    """`open`: the day goes on. A day that is over is given as it stood then, `at` that time."""

    day: str
    open: bool
    at: Time
    balanced: bool
    shifts: list[LedgerShift]
    differences: list[LedgerDifference]
    gaps: list[LedgerGap]


class PrintingLedger(msgspec.Struct, forbid_unknown_fields=True):
    """`day`: "" is the one that is open. `key` tells one print from the next."""

    printer: Annotated[str, msgspec.Meta(max_length=40)]
    key: ActionKey
    day: Day = ""


def look() -> Response:
    access.staff()
    day = request.args.get("day", "")
    with house().store.read() as rows:
        found = ledger.proof(rows, house().now(), day)
    return bodies.json(found)


def print_it(action: str) -> Response:
    who = access.need(*PRINTING_STAFF)
    if action not in LEDGER_ACTIONS:
        raise Refused("not_found")
    asked = bodies.decode(bodies.read_body(), PrintingLedger)
    job = house().do(ledger_slip.print_proof, who.actor, asked.printer, asked.key, asked.day)
    return bodies.json(views.job_document(job))
