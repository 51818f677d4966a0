"""`/demo`, the page that a visitor opens: what it shows comes from the rows, the paper and the cloud themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, make_response, redirect, render_template, request

from gateway.domain.actor import Actor
from gateway.domain.boot_file import Demo
from gateway.domain.errors import Refused
from gateway.operations import administration, login_brake
from gateway.store import settings
from gateway.web import access, bodies
from gateway.web.api import drill_calls, login_calls
from gateway.web.house import house
from gateway.web.language import language
from gateway.web.staff.demo_cloud import CloudList
from gateway.web.staff.demo_paper import Papers
from gateway.web.staff.demo_rows import Orders, printers_of, road_of

_SLIP_NAME = re.compile(r"^\d{4,8}$")

_NO_GUESS = login_brake.known_source("", 0)
"""Nobody's budget: the visitor gives no secret, so that a lock on those who guess one does not concern them."""


def register(app: Flask) -> None:
    demo = app.extensions["house"].config.demo
    app.extensions["demo_papers"] = Papers(Path(demo.paper))
    app.extensions["demo_cloud"] = CloudList(demo, app.extensions["house"].config.store.id)
    app.extensions["demo_orders"] = Orders()
    app.add_url_rule("/demo", "demo_page", page)
    app.add_url_rule("/demo/state", "demo_state", state)
    app.add_url_rule("/demo/autoplay", "demo_autoplay", autoplay, methods=["POST"])
    app.add_url_rule("/demo/paper/<printer>/<number>.png", "demo_paper", paper)


def _demo() -> Demo:
    demo = house().config.demo
    if demo is None:
        raise Refused("not_found")
    return demo


def page() -> Response:
    """On this machine alone, by its own address, the door is open: a visitor is let in as the demo's manager."""
    demo = _demo()
    try:
        access.staff()
        token = None
    except Refused:
        if demo.lan or not _is_this_machine():
            return make_response(redirect("/login?next=/demo"))
        token = next(house().random_token)
        actor = Actor("house", "demo")
        house().do(administration.begin_session, actor, "manager", True, _NO_GUESS, token)
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
        tokens = settings.tables(rows)
    boot = {
        "lang": language(),
        "store_name": rules.name,
        "time_zone": rules.time_zone,
        "guest_port": house().config.guest.port,
        "tables": [{"name": name, "path": f"/t/{tokens[name]}"} for name in rules.tables()],
        "stations": [{"id": s.id, "name": s.name} for s in rules.stations],
        "printers": [{"id": p.id, "name": p.name} for p in rules.printers],
    }
    answer = make_response(render_template("staff/demo.html", boot=boot, lang=boot["lang"]))
    if token:
        login_calls.set_staff_cookie(answer, token)
    return answer


def _is_this_machine() -> bool:
    """Who calls, and by which name: this machine's browser also calls for a page of evil.local that points here."""
    host = access.host_name(request.host)
    return access.is_this_machine(request.remote_addr or "") and (host == "localhost" or access.is_this_machine(host))


def state() -> Response:
    """Everything that the four panes and the scoreboard show. Asked for more than once a second."""
    access.staff()
    _demo()
    now = house().now()
    papers: Papers = current_app.extensions["demo_papers"]
    cloud: CloudList = current_app.extensions["demo_cloud"]
    cloud.look(now)
    known: Orders = current_app.extensions["demo_orders"]
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
        papers.look([printer.id for printer in rules.printers])
        score, recent = known.look(rows)
        uplink = house().uplink.document(rows, now)
        road = road_of(rows, recent[0], cloud) if recent else None
        printers = printers_of(rows, rules, papers)
    missing = [order for order in recent if order.id not in cloud.arrived]
    return bodies.json(
        {
            "score": score | {"twice": papers.twice, "reprints": papers.reprints},
            "latest": road,
            "printers": printers,
            "uplink": uplink,
            "cloud": cloud.document(),
            "waiting": [{"id": o.id, "number": o.number, "placed_at": o.placed_at} for o in missing],
            "drills": _drills(),
            "server_time": now.iso,
        }
    )


def autoplay() -> Response:
    access.need()
    return bodies.json(_without_pids(drill_calls.ask({"op": "autoplay"})))


def paper(printer: str, number: str) -> Response:
    access.staff()
    demo = _demo()
    with house().store.read() as rows:
        known = [p.id for p in settings.the_settings(rows).printers]
    if printer not in known or not _SLIP_NAME.match(number):
        raise Refused("not_found")
    path = Path(demo.paper) / printer / f"{number}.png"
    if not path.is_file():
        raise Refused("not_found")
    answer = Response(path.read_bytes(), content_type="image/png")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _drills() -> dict[str, Any] | None:
    """What is broken on purpose, the lunch and its caption; None while the supervisor does not answer."""
    try:
        return _without_pids(drill_calls.ask({"op": "state"}))
    except Refused:
        return None


def _without_pids(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "pids"}
