"""What staff, their screens and other programs may ask."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Response, request

from gateway.contract.messages import ActionKey, LineIds, ScreenName, Version
from gateway.domain import documents, ticket
from gateway.domain.errors import Refused
from gateway.domain.notice import MAX_REASON
from gateway.domain.order import StaffCart
from gateway.operations import (
    administration,
    changes,
    device_events,
    kitchen,
    moving,
    ordering,
    sending_back,
    table_changes,
)
from gateway.operations import timeline as explanations
from gateway.store import journal, keys, orders, settings, tickets, visits
from gateway.web import access, bodies, views
from gateway.web.api.guest_calls import order_answer
from gateway.web.events import event_id, station_tickets
from gateway.web.house import house

RECALL_LIMIT = 30
RECALL_S = 2 * 3600
"""What a cook can still mean by "that one just now": two hours, and no more cards than a thumb scrolls through."""

ACTIONS = (*ticket.ACTIONS, "rendered", "rush")
TABLE_CHANGES = ("hold", "fire", "rush")
TABLE_MOVES = ("move", "merge")
TABLE_ACTIONS = ("open", "close", "answered", *TABLE_CHANGES, *TABLE_MOVES)
ITEM_ACTIONS = ("sold-out", "back-on")
ORDERING_ACTIONS = ("pause", "resume")
MAX_LISTED = 1000
"""Two busy days of orders: some 3 MB, made in a quarter of a second."""



class TicketAction(msgspec.Struct, forbid_unknown_fields=True):
    """`lines`: only these are bumped or undone. `tell`: a recall is told to the ticket's cook, whose it is not."""

    screen: ScreenName
    key: ActionKey
    version: Version
    lines: LineIds = []
    tell: bool = False


class TableAction(msgspec.Struct, forbid_unknown_fields=True):
    """`covers` of a table that is opened. `key`, `reason` and `course` of hold, fire and rush: without a course all
    that the table waits for is meant. `to`: the other table of move and merge, which need a key too."""

    covers: Annotated[int, msgspec.Meta(ge=0, le=200)] = 0
    key: Annotated[str, msgspec.Meta(max_length=128)] = ""
    course: Annotated[str, msgspec.Meta(max_length=40)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON)] = ""
    to: Annotated[str, msgspec.Meta(max_length=12)] = ""


class Pausing(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""
    key: Annotated[str, msgspec.Meta(max_length=128)] = ""


class Nothing(msgspec.Struct):
    """A body that may be empty; what it says is not needed."""


def _optional(kind: type[Any]) -> Any:
    body = bodies.read_body()
    return bodies.decode(body or b"{}", kind)


def menu() -> Response:
    access.staff()
    with house().store.read() as rows:
        return bodies.ready(views.menu_answer(rows, None, house().menus, house().now()))


def place_order() -> Response:
    who = access.need("cashier", "waiter")
    body = bodies.read_body()
    key = bodies.idempotency_key()
    cart = bodies.decode(body, StaffCart)
    print_ = keys.fingerprint(body)
    placed = house().do(
        ordering.place_staff_order, who.actor, cart, key, print_,
        former=lambda rows: ordering.former(rows, cart, key, print_),
    )  # fmt: skip
    return order_answer(placed, f"/api/v1/orders/{placed.answer['id']}")


def list_orders() -> Response:
    access.staff()
    limit = number_asked("limit", 50, MAX_LISTED)
    with house().store.read() as rows:
        return bodies.json({"orders": [documents.order_document(o) for o in orders.recent(rows, limit)]})


def order(order_id: str) -> Response:
    access.staff()
    with house().store.read() as rows:
        found = orders.load(rows, order_id)
        if found is None:
            raise Refused("unknown_order")
        return bodies.tagged(documents.order_document(found))


def timeline(order_id: str) -> Response:
    """Also by the order's number or the code on a slip: what a person reads, and a scanner."""
    access.staff()
    with house().store.read() as rows:
        found = explanations.explain(rows, house().now(), order_id)
        if found is None:
            raise Refused("unknown_order")
        return bodies.tagged(found)


def check(check_id: str) -> Response:
    access.staff()
    with house().store.read() as rows:
        found = visits.check(rows, check_id)
        if found is None:
            raise Refused("unknown_check")
        return bodies.tagged(documents.check_document(found, orders.of_checks(rows, [check_id])))


def station(station_id: str) -> Response:
    access.staff()
    now = house().now()
    with house().store.read() as rows:
        known = settings.the_settings(rows).station(station_id)
        if known is None:
            raise Refused("unknown_station")
        cursor = journal.cursors(rows)[-1]
        entry = journal.at(rows, journal.last_slot(rows))
        return bodies.json(
            {
                "station": {"id": known.id, "name": known.name, "proof": known.proof},
                "tickets": station_tickets(rows, station_id),
                "cursor": event_id(cursor.epoch, entry) if entry else f"{cursor.epoch}:0",
                "server_time": now.iso,
            }
        )


def recallable(station_id: str) -> Response:
    access.staff()
    now = house().now()
    with house().store.read() as rows:
        names = kitchen.names_of_stations(rows)
        found = []
        for order_n in dict.fromkeys(tickets.cleared_lately(rows, station_id, now.ago(RECALL_S), RECALL_LIMIT)):
            found_order = orders.load_by_number(rows, order_n)
            if found_order.status == "CLOSED":  # it was handed over, and none of it goes back to a cook
                continue
            document = documents.order_document(found_order)
            found += [
                documents.ticket_document(document, t.id, names)
                for t in found_order.tickets
                if t.station == station_id and not t.is_held and (t.cleared_at or t.state == "READY")
            ]
    return bodies.json({"tickets": found})


def act_on_ticket(ticket_id: str, action: str) -> Response:
    access.need("kitchen", "waiter", "cashier")
    if action not in ACTIONS:
        raise Refused("not_found")
    asked = bodies.decode(bodies.read_body(), TicketAction)
    actor = access.screen_actor(asked.screen)
    house().hub.alive(asked.screen, house().now())
    if action == "rendered":
        return bodies.json(house().do(kitchen.rendered, actor, ticket_id, asked.screen, asked.key, asked.version))
    if action == "rush":
        order = house().do(changes.rush_ticket, actor, ticket_id, asked.key)
        with house().store.read() as rows:
            return bodies.json(documents.ticket_document(order, ticket_id, kitchen.names_of_stations(rows)))
    if action == "recall" and asked.tell:
        told = (asked.screen, asked.key, asked.version)
        return bodies.json(house().do(sending_back.send_back, actor, ticket_id, *told))
    seen = (asked.screen, asked.key, asked.version, None, asked.lines)
    document = house().do(kitchen.act_on_ticket, actor, ticket_id, action, *seen)
    return bodies.json(document)


def act_on_table(table: str, action: str) -> Response:
    who = access.need(*(("kitchen",) if action in TABLE_CHANGES else ()), "waiter", "cashier")
    if action not in TABLE_ACTIONS:
        raise Refused("not_found")
    asked = _optional(TableAction)
    if action in (*TABLE_CHANGES, *TABLE_MOVES) and not asked.key:
        raise Refused("idempotency_key_missing")
    if action in TABLE_MOVES:
        operation = moving.move_table if action == "move" else moving.merge_tables
        moved = house().do(operation, who.actor, table, asked.to, asked.key)
        return bodies.json({"table": table, "state": "MOVED", "to": asked.to, "orders": moved})
    if action in TABLE_CHANGES:
        lines = house().do(table_changes.change_table, who.actor, table, action, asked.key, asked.course, asked.reason)
        return bodies.json({"table": table, "state": "CHANGED", "lines": lines})
    if action == "open":
        visit = house().do(administration.open_table, who.actor, table, asked.covers)
        return bodies.json({"table": table, "state": visit.state, "visit": visit.id, "covers": visit.covers})
    if action == "answered":
        house().do(device_events.answer_call, who.actor, table)
        return bodies.json({"table": table, "state": "ANSWERED"})
    ended = house().do(administration.close_table, who.actor, table)
    return bodies.json({"table": table, "state": "CLOSED", "visits_closed": ended})


def list_tables() -> Response:
    access.staff()
    with house().store.read() as rows:
        opened = visits.open_tables(rows)
        tokens = settings.tables(rows)
        areas = settings.the_settings(rows).areas
        return bodies.json(
            {
                "tables": [
                    {"name": name, "area": area.id, "open": name in opened, "path": f"/t/{tokens[name]}"}
                    for area in areas
                    for name in area.tables
                ]
            }
        )


def sell_item(item: str, action: str) -> Response:
    who = access.need("kitchen", "waiter", "cashier")
    if action not in ITEM_ACTIONS:
        raise Refused("not_found")
    _optional(Nothing)
    house().do(administration.set_sold_out, who.actor, item, action == "sold-out")
    return bodies.json({"item": item, "sold_out": action == "sold-out"})


def pause_or_resume(action: str) -> Response:
    who = access.need("waiter", "cashier", "kitchen")
    if action not in ORDERING_ACTIONS:
        raise Refused("not_found")
    pausing = _optional(Pausing)
    house().do(administration.set_paused, who.actor, action == "pause", pausing.reason)
    return bodies.json({"paused": action == "pause", "reason": pausing.reason})


def uplink() -> Response:
    access.staff()
    with house().store.read() as rows:
        return bodies.json(house().uplink.document(rows, house().now()))


def conditions() -> Response:
    access.staff()
    with house().store.read() as rows:
        return bodies.json({"conditions": views.condition_list(rows, house().store, house().now())})


def number_asked(name: str, default: int, most: int) -> int:
    """A whole number of the query; `default` where there is none. Raises `Refused`: invalid."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= most:
        raise Refused("invalid", field=name, words=f"a number from 1 to {most}")
    return int(text)
