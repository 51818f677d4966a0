"""The guest's pages: the menu of a table, and what the table has ordered."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, make_response, render_template

from gateway.domain.errors import Refused
from gateway.operations import ordering
from gateway.store import Reader, settings, visits
from gateway.web import access
from gateway.web.house import house
from gateway.web.language import language

COOKIE_S = 12 * 3600
"""Longer than any visit; it is the visit's end that kills it."""


def register(app: Flask) -> None:
    app.add_url_rule("/t/<token>", "order_page", lambda token: _page(token, "guest/order.html"))
    app.add_url_rule("/t/<token>/status", "status_page", lambda token: _page(token, "guest/status.html"))


def _page(token: str, template: str) -> Response:
    with house().store.read() as rows:
        table = settings.table_of_token(rows, token)
        if table is None:
            return _unknown()
        boot = _boot(rows, token, table)
        cookie = _fresh_cookie(rows, table)
    place = _place(boot["table"], boot["lang"])
    page = make_response(render_template(template, boot=boot, lang=boot["lang"], place=place))
    page.headers["Cache-Control"] = "no-cache"
    if cookie:
        page.set_cookie(access.GUEST_COOKIE, cookie, max_age=COOKIE_S, httponly=True, samesite="Lax", path="/")
    return page


def _place(table: str, lang: str) -> str:
    """As the page's script calls it: a room by its name alone."""
    if not table.isascii():
        return table
    return f"{table} 桌" if lang == "zh-Hans" else f"Table {table}"


def _unknown() -> Response:
    """A code that no table has: what to do, and no control that could not work."""
    page = make_response(render_template("guest/unknown.html", lang=language()), 404)
    page.headers["Cache-Control"] = "no-cache"
    return page


def _boot(rows: Reader, token: str, table: str) -> dict[str, Any]:
    rules = settings.the_settings(rows)
    return {
        "token": token,
        "table": table,
        "lang": language(),
        "store_name": rules.name,
        "time_zone": rules.time_zone,
        "locked": not visits.open_at(rows, table),
    }


def _fresh_cookie(rows: Reader, table: str) -> str | None:
    """A cookie for a phone that has none for an open visit of this table."""
    rules = settings.the_settings(rows)
    try:
        ordering.visit_for_phone(rows, rules, table, access.visit_of_cookie() or "none")
        return None
    except Refused:
        open_visits = visits.open_at(rows, table)
    if not open_visits:
        return None
    return access.sign_visit(house().secret(), open_visits[-1].id, next(house().random_token))
