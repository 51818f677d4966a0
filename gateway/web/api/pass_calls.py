"""The pass: orders that are served there, and slips that are crossed off."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response

from gateway.contract.messages import ActionKey, ScreenName
from gateway.domain.errors import Refused
from gateway.domain.slip_code import LONGEST
from gateway.operations import closing, crossing_off
from gateway.store import crossings
from gateway.store.tickets import TICKETS_PER_ORDER
from gateway.web import access, bodies
from gateway.web.house import house

ORDER_ACTIONS = ("serve", "unserve", "close")


class Serving(msgspec.Struct, forbid_unknown_fields=True):
    """`tickets`: only these of the order; empty: all that are open; `close` takes none. `early`: also what is not
    ready."""

    key: ActionKey
    screen: ScreenName = ""
    tickets: Annotated[list[str], msgspec.Meta(max_length=TICKETS_PER_ORDER)] = []
    early: bool = False


class Scanned(msgspec.Struct, forbid_unknown_fields=True):
    screen: ScreenName
    key: ActionKey
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]


def act_on_order(order_id: str, action: str) -> Response:
    access.need("kitchen", "waiter", "cashier")
    if action not in ORDER_ACTIONS:
        raise Refused("not_found")
    asked = bodies.decode(bodies.read_body(), Serving)
    actor = access.screen_actor(asked.screen)
    if asked.screen:
        house().hub.alive(asked.screen, house().now())
    if action == "close":
        done = house().do(closing.close_order, actor, order_id, asked.screen, asked.key, asked.early)
    elif action == "serve":
        done = house().do(
            crossing_off.serve_order, actor, order_id, asked.screen, asked.key, asked.tickets, asked.early
        )
    else:
        done = house().do(crossing_off.unserve_order, actor, order_id, asked.screen, asked.key, asked.tickets)
    return bodies.json(done)


def scan() -> Response:
    access.need("kitchen", "waiter", "cashier")
    asked = bodies.decode(bodies.read_body(), Scanned)
    actor = access.screen_actor(asked.screen)
    return bodies.json(house().do(crossing_off.scan_slip, actor, asked.code, asked.screen, asked.key))


def sayings() -> Response:
    access.staff()
    with house().store.read() as rows:
        return bodies.json({"pass": [crossing_off.said_document(one) for one in crossings.said(rows)]})
