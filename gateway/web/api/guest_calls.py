"""What a phone may ask. The table's token and the visit's cookie are the only keys it has."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.order import Cart
from gateway.domain.visit import Visit
from gateway.operations import ordering
from gateway.store import Reader, keys, orders, settings, visits
from gateway.web import access, bodies, views
from gateway.web.house import house


def _table(rows: Reader) -> str:
    table = settings.table_of_token(rows, request.args.get("table_token", ""))
    if table is None:
        raise Refused("unknown_table")
    return table


def _visit(rows: Reader) -> Visit:
    table = _table(rows)
    return ordering.visit_for_phone(rows, settings.the_settings(rows), table, access.visit_of_cookie())


def menu() -> Response:
    with house().store.read() as rows:
        return bodies.ready(views.menu_answer(rows, _table(rows), house().menus, house().now()))


def place_order() -> Response:
    body = bodies.read_body()
    key = bodies.idempotency_key()
    cart = bodies.decode(body, Cart)
    visit = access.visit_of_cookie()
    actor = Actor("guest", visit or "", request.remote_addr or "")
    print_ = keys.fingerprint(body)
    placed = house().do(
        ordering.place_order, actor, cart, key, print_, visit,
        former=lambda rows: ordering.former(rows, cart, key, print_),
    )  # fmt: skip
    return order_answer(placed, f"/api/v1/orders/{placed.answer['id']}?table_token={cart.table_token}")


def order_answer(placed: ordering.Placed, status_url: str) -> Response:
    status = 202 if placed.answer["status"] == "AWAITING_RELEASE" else 201
    answer = bodies.json(placed.answer | {"status_url": status_url}, 200 if placed.replayed else status)
    if placed.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def order(order_id: str) -> Response:
    with house().store.read() as rows:
        table = _table(rows)
        found = orders.load(rows, order_id)
        if found is None or found.table != table:
            raise Refused("unknown_order")
        rules = settings.the_settings(rows)
        if rules.guards.need_guest_cookie and access.visit_of_cookie() != found.visit:
            raise Refused("unknown_order")
        return bodies.tagged(documents.guest_document(documents.order_document(found)))


def check(check_id: str) -> Response:
    with house().store.read() as rows:
        table = _table(rows)
        found = visits.check(rows, check_id)
        of_visit = visits.get(rows, found.visit) if found and found.visit else None
        if found is None or of_visit is None or of_visit.table != table:
            raise Refused("unknown_check")
        rules = settings.the_settings(rows)
        if rules.guards.need_guest_cookie and access.visit_of_cookie() != of_visit.id:
            raise Refused("unknown_check")
        return bodies.tagged(documents.check_document(found, orders.of_checks(rows, [check_id])))


def visit() -> Response:
    uplink = "offline" if house().uplink.is_away(house().now()) else "online"
    with house().store.read() as rows:
        found = _visit(rows)
        tag: list[Any] = views.visit_tag(rows, found, uplink)
        return bodies.tagged_lazily(tag, lambda: views.visit_document(rows, found, uplink, house().now()))
