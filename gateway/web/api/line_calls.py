"""What staff may change about lines that were ordered."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response

from gateway.contract.messages import ActionKey
from gateway.domain.errors import Refused
from gateway.domain.notice import MAX_REASON
from gateway.domain.order import MAX_QUANTITY, Text
from gateway.operations import changes, line_notes
from gateway.web import access, bodies
from gateway.web.house import house

TAKES_AWAY = ("cancel", "return")
FLOOR = ("waiter", "cashier")
EVERYONE = ("kitchen", *FLOOR)
"""A cook rushes, holds, fires, cooks again and notes; what is taken off a bill is the floor's."""

MOST_DIGITS = 3
"""Of a line's number; an order has at most 60."""
LINE_ACTIONS = tuple(changes.PAST)
Reason = Annotated[str, msgspec.Meta(max_length=MAX_REASON)]


class LineChange(msgspec.Struct, forbid_unknown_fields=True):
    """`quantity`: how many of the line; without it all that are left."""

    key: ActionKey
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)] | None = None
    reason: Reason = ""


class LineNote(msgspec.Struct, forbid_unknown_fields=True):
    """`note`: what is said of the dish from now on; "" takes away what was."""

    key: ActionKey
    note: Text


def change_line(order_id: str, line: str, action: str) -> Response:
    who = access.need(*(FLOOR if action in TAKES_AWAY else EVERYONE))
    if action not in LINE_ACTIONS:
        raise Refused("not_found")
    asked = bodies.decode(bodies.read_body(), LineChange)
    document = house().do(
        changes.change_line, who.actor, order_id, _number(line), action, asked.key, asked.quantity, asked.reason
    )
    return bodies.json(document)


def change_note(order_id: str, line: str) -> Response:
    who = access.need(*EVERYONE)
    asked = bodies.decode(bodies.read_body(), LineNote)
    return bodies.json(house().do(line_notes.change_note, who.actor, order_id, _number(line), asked.note, asked.key))


def _number(line: str) -> int:
    """Raises `Refused`: unknown_line."""
    if not (line.isascii() and line.isdigit() and len(line) <= MOST_DIGITS):
        raise Refused("unknown_line")
    return int(line)
