"""The staff's pages: kitchen screen, pass, board, printers, routing, why an order stands where it stands, login."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from flask import Flask, Response, make_response, redirect, render_template, request

from gateway.contract import findings_words
from gateway.domain.errors import Refused
from gateway.domain.settings import Settings
from gateway.store import ledger as kept
from gateway.store import settings, visits
from gateway.store.transaction import Reader
from gateway.web import access
from gateway.web.access import Staff
from gateway.web.api import device_calls, paper_calls
from gateway.web.house import house
from gateway.web.language import language, language_at

_OWN_PATH = re.compile(r"^/([a-z0-9][\x21-\x5b\x5d-\x7e]*)?$")
"""One slash and then a letter or a figure; no blank, no backslash, no control character."""


def register(app: Flask) -> None:
    app.add_url_rule("/", "start_page", start)
    app.add_url_rule("/login", "login_page", login)
    app.add_url_rule("/kds/<station_id>", "kitchen_page", kitchen)
    app.add_url_rule("/expo", "expo_page", expo)
    app.add_url_rule("/board", "board_page", board)
    app.add_url_rule("/admin/printers", "printers_page", printers)
    app.add_url_rule("/admin/routing", "routing_page", routing)
    app.add_url_rule("/admin/ledger", "ledger_page", ledger)
    app.add_url_rule("/orders", "orders_page", orders)
    app.add_url_rule("/orders/<code>", "order_page", orders)


def start() -> Response:
    if house().config.demo is not None:
        return make_response(redirect("/demo"))
    with house().store.read() as rows:
        first = settings.the_settings(rows).stations[0].id
    return make_response(redirect(f"/kds/{first}"))


def login() -> Response:
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
    behind = _own_path(request.args.get("next", "/"))
    boot = {"lang": _spoken_behind(behind, rules), "store_name": rules.name, "next": behind}
    return make_response(render_template("staff/login.html", boot=boot, lang=boot["lang"]))


def _spoken_behind(path: str, rules: Settings) -> str:
    """The login speaks as the page behind it will: a station's screen has a language of its own."""
    address = urlsplit(path)
    station = rules.station(address.path.removeprefix("/kds/")) if address.path.startswith("/kds/") else None
    if station is None:
        return language()
    return language_at(station.language, parse_qs(address.query).get("lang", [""])[0])


def _own_path(path: str) -> str:
    """Only a path of this listener: a link must not send a logged-in cook to another host."""
    return path if _OWN_PATH.match(path) else "/"


def kitchen(station_id: str) -> Response:
    try:
        who = access.staff()
    except Refused:
        return _to_login()
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
    station = rules.station(station_id)
    if station is None:
        raise Refused("unknown_station")
    boot = {
        "station": {
            "id": station.id,
            "name": station.name,
            "lang": station.language,
            "printer": station.printer,
            "thresholds": {"soon_s": station.soon_s, "late_s": station.late_s},
        },
        "stations": [{"id": s.id, "name": s.name} for s in rules.stations],
        "time_zone": rules.time_zone,
        "screen": request.args.get("screen", "")[:64],
        "lang": language_at(station.language),
        "actor": who.actor.id,
    }
    return make_response(render_template("staff/kds.html", boot=boot, lang=boot["lang"]))


def expo() -> Response:
    return _at_the_pass("staff/expo.html")


def board() -> Response:
    return _at_the_pass("staff/board.html")


def _at_the_pass(template: str) -> Response:
    try:
        who = access.staff()
    except Refused:
        return _to_login()
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
    boot = {
        "lang": language_at("zh-Hans"),
        "store_name": rules.name,
        "expo": rules.serving.expo,
        "stations": [
            {"id": s.id, "name": s.name, "soon_s": s.soon_s, "late_s": s.late_s} for s in rules.stations
        ],
        "areas": [{"id": a.id, "name": a.name, "tables": a.tables} for a in rules.areas],
        "courses": [{"id": c.id, "name": c.name} for c in rules.courses],
        "time_zone": rules.time_zone,
        "screen": request.args.get("screen", "")[:64],
        "actor": who.actor.id,
    }
    return make_response(render_template(template, boot=boot, lang=boot["lang"]))


def printers() -> Response:
    return _office("printers", _of_printers)


def routing() -> Response:
    """Which station makes each dish, and whether an order reaches it now."""
    return _office("routing", _of_routing)


def orders(code: str = "") -> Response:
    """Why an order stands where it stands, by what is printed on its slips; without a code a field that takes one."""
    return _office("orders", lambda rows, rules, who: {"code": code[:64]})


def ledger() -> Response:
    """Whether every dish that was accepted is accounted for: today, and on the days before."""
    return _office("ledger", _of_ledger)


Boot = dict[str, Any]


def _office(page: str, own: Callable[[Reader, Settings, Staff], Boot]) -> Response:
    """A page of the office. `own`: what its script is told beside what all of them are."""
    try:
        who = access.staff()
    except Refused:
        return _to_login()
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
        more = own(rows, rules, who)
    boot = {
        "lang": language(),
        "store_name": rules.name,
        "stations": [{"id": s.id, "name": s.name} for s in rules.stations],
        "expo": rules.serving.expo,
        "time_zone": rules.time_zone,
        "demo": house().config.demo is not None,
    } | more
    return make_response(render_template(f"staff/{page}.html", boot=boot, lang=boot["lang"]))


def _of_printers(rows: Reader, rules: Settings, who: Staff) -> Boot:
    return {
        "scans": who.role in ("manager", *device_calls.SCANNING),
        "opens_drawers": who.role in ("manager", *paper_calls.DRAWER_STAFF),
        "bridges": sorted(rules.bridges()),
        "findings": {**_finding_words(), "order": list(findings_words.CAPABILITIES)},  # JSON's own order is another
    }


def _of_routing(rows: Reader, rules: Settings, who: Staff) -> Boot:
    return {
        "stations": [
            {
                "id": s.id, "name": s.name, "proof": s.proof, "printers": s.printers(),
                "areas": [{"area": one.area, "printers": [one.printer, *one.backups]} for one in s.areas],
            }
            for s in rules.stations
        ],
        "areas": [{"id": a.id, "name": a.name} for a in rules.areas],
    }  # fmt: skip


DAYS_LISTED = 60
"""Business days to choose from; older ones by their address."""


def _of_ledger(rows: Reader, rules: Settings, who: Staff) -> Boot:
    days, open_day = kept.days(rows, DAYS_LISTED), visits.open_day(rows)
    asked = request.args.get("day", "")
    if asked and asked not in days:
        days.append(asked[:10])
    return {
        "printers": [{"id": p.id, "name": p.name} for p in rules.printers if p.label_size is None],
        "days": days,
        "open": open_day or "",
        "day": "" if asked == open_day else asked[:10],
    }


def _finding_words() -> dict[str, dict[str, dict[str, str]]]:
    """Of a probe, as the doctors and the reports say it too."""
    every = {
        "capabilities": findings_words.CAPABILITIES, "states": findings_words.STATES, "known": findings_words.KNOWN,
        "notes": findings_words.NOTES, "titles": findings_words.TITLES, "advice": findings_words.ADVICE,
        "letters": findings_words.LETTERS,
    }  # fmt: skip
    return {
        kind: {code: {"zh-Hans": zh, "en": en} for code, (zh, en) in words.items()} for kind, words in every.items()
    }


def _to_login() -> Response:
    return make_response(redirect("/login?next=" + quote(request.full_path.rstrip("?"), safe="/")))
