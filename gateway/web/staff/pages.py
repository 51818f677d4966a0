"""The staff's pages: the kitchen screen, the login."""

from __future__ import annotations

import re

from flask import Flask, Response, make_response, redirect, render_template, request

from gateway.domain.errors import Refused
from gateway.store import settings
from gateway.web import access
from gateway.web.guest.pages import language
from gateway.web.house import house

_OWN_PATH = re.compile(r"^/([a-z0-9][\x21-\x5b\x5d-\x7e]*)?$")
"""One slash and then a letter or a figure; no blank, no backslash, no control character."""


def register(app: Flask) -> None:
    app.add_url_rule("/", "start_page", start)
    app.add_url_rule("/login", "login_page", login)
    app.add_url_rule("/kds/<station_id>", "kitchen_page", kitchen)


def start() -> Response:
    if house().config.demo is not None:
        return make_response(redirect("/demo"))
    with house().store.read() as rows:
        first = settings.the_settings(rows).stations[0].id
    return make_response(redirect(f"/kds/{first}"))


def login() -> Response:
    with house().store.read() as rows:
        name = settings.the_settings(rows).name
    boot = {"lang": language(), "store_name": name, "next": _own_path(request.args.get("next", "/"))}
    return make_response(render_template("staff/login.html", boot=boot, lang=boot["lang"]))


def _own_path(path: str) -> str:
    """Only a path of this listener: a link must not send a logged-in cook to another host."""
    return path if _OWN_PATH.match(path) else "/"


def kitchen(station_id: str) -> Response:
    try:
        who = access.staff()
    except Refused:
        return make_response(redirect(f"/login?next=/kds/{station_id}"))
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
    station = rules.station(station_id)
    if station is None:
        raise Refused("unknown_station")
    lang = request.args.get("lang") or request.cookies.get("lang") or station.language
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
        "lang": lang if lang in ("zh-Hans", "en") else "zh-Hans",
        "actor": who.actor.id,
    }
    return make_response(render_template("staff/kds.html", boot=boot, lang=boot["lang"]))
