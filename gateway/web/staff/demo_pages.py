"""`/demo`, the page that a visitor opens: what it shows comes from the rows, the paper and the cloud themselves."""

from __future__ import annotations

import json as plain_json
import re
import urllib.request
from pathlib import Path
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.boot_file import Demo
from gateway.domain.errors import Refused
from gateway.operations import administration
from gateway.store import jobs, orders, settings, tickets, visits
from gateway.web import access, bodies
from gateway.web.api import door_calls, drill_calls
from gateway.web.guest.pages import language
from gateway.web.house import house

CLOUD_S = 1.5
"""The cloud's list is one pane of four; the page goes on without it."""

PAPERS_SHOWN = 6
_SLIP_NAME = re.compile(r"^\d{4,8}$")
_CODE = re.compile(r"\b([A-Z]\d{3,})-(\d{4})\b")


def register(app: Flask) -> None:
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
    """On this machine alone the door is open: a visitor is let in as the demo's manager."""
    demo = _demo()
    try:
        access.staff()
        token = None
    except Refused:
        if demo.lan:
            return make_response(redirect("/login?next=/demo"))
        token = next(house().random_token)
        actor = Actor("house", "demo")
        house().do(administration.begin_session, actor, "manager", True, f"demo:{request.remote_addr}", token)
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
        tokens = settings.tables(rows)
    boot = {
        "lang": language(),
        "store_name": rules.name,
        "guest_port": house().config.guest.port,
        "tables": [{"name": name, "path": f"/t/{tokens[name]}"} for name in rules.tables()],
        "stations": [{"id": s.id, "name": s.name} for s in rules.stations],
        "printers": [{"id": p.id, "name": p.name} for p in rules.printers],
    }
    answer = make_response(render_template("staff/demo.html", boot=boot, lang=boot["lang"]))
    if token:
        door_calls.set_staff_cookie(answer, token)
    return answer


def state() -> Response:
    """Everything that the four panes and the scoreboard show."""
    access.staff()
    demo = _demo()
    slips = {name: _slips(Path(demo.paper) / name) for name in _printers()}
    with house().store.read() as rows:
        day = visits.open_day(rows)
        counts = orders.counts(rows, day) if day else {"orders": 0, "dishes": 0, "tables": 0}
        unseen = {t.id for t in tickets.unseen(rows)}
        latest = orders.recent(rows, 1)
        waiting_dishes = sum(
            line.quantity
            for order in (orders.load_of_ticket(rows, t) for t in unseen)
            if order
            for line in order.lines
            if line.ticket in unseen
        )
        uplink = house().uplink.document(rows, house().now())
        proofs = [job for job in jobs.newest(rows, None, 40) if job.state in ("PRINTED", "UNCONFIRMED")]
        road = _road(latest[0], [j for j in proofs if j.order_id == latest[0].id]) if latest else None
    twice, reprints = _copies(demo)
    return bodies.json(
        {
            "score": counts | {"seen": counts["dishes"] - waiting_dishes, "twice": twice, "reprints": reprints},
            "latest": road,
            "paper": slips,
            "uplink": uplink,
            "cloud": _cloud(demo),
            "drills": drill_calls.ask({"op": "state"}),
            "server_time": house().now().iso,
        }
    )


def _printers() -> list[str]:
    with house().store.read() as rows:
        return [p.id for p in settings.the_settings(rows).printers]


def _slips(folder: Path) -> list[dict[str, Any]]:
    """The newest papers of a printer, newest first."""
    names = sorted((path.stem for path in folder.glob("*.txt")), reverse=True)[:PAPERS_SHOWN]
    papers = [(name, folder / f"{name}.txt") for name in names]
    return [{"number": name, "text": p.read_text(errors="replace"), "at": p.stat().st_mtime} for name, p in papers]


def _copies(demo: Demo) -> tuple[int, int]:
    """(papers that repeat a slip without saying so, marked reprints), read off the paper itself."""
    seen: dict[str, int] = {}
    twice = reprints = 0
    for path in sorted(Path(demo.paper).glob("*/*.txt")):
        text = path.read_text(errors="replace")
        marked = "REPRINT" in text
        reprints += marked
        for number, slip in _CODE.findall(text)[:1]:
            code = f"{path.parent.name}:{number}-{slip}"
            if code in seen and not marked:
                twice += 1
            seen[code] = 1
    return twice, reprints


def _road(order: Any, proofs: list[Any]) -> dict[str, Any]:
    """When each stretch of the newest order's road was proven."""
    document = documents.order_document(order)
    shown = [t["shown_at"] for t in document["tickets"]]
    return {
        "number": order.number,
        "table": order.table,
        "placed_at": order.placed_at,
        "shown_at": max(shown) if shown and all(shown) else None,
        "printed_at": max((job.updated_at for job in proofs), default=None) if len(proofs) >= len(shown) else None,
        "id": order.id,
    }


def _cloud(demo: Demo) -> dict[str, Any] | None:
    """What the cloud itself lists, asked past the demo's faulty wire."""
    store = house().config.store.id
    url = f"{demo.cloud_url}/v1/stores/{store}/orders?limit=10000"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {Path(demo.cloud_token_file).read_text().strip()}"})
    try:
        with urllib.request.urlopen(asked, timeout=CLOUD_S) as answer:
            listed = plain_json.load(answer)["orders"]
    except (OSError, ValueError, KeyError):
        return None
    return {
        "count": len(listed),
        "orders": [{"id": o["id"], "number": o["number"], "placed_at": o["placed_at"]} for o in listed[-20:]],
    }


def autoplay() -> Response:
    access.need()
    return bodies.json(drill_calls.ask({"op": "autoplay"}))


def paper(printer: str, number: str) -> Response:
    access.staff()
    demo = _demo()
    if printer not in _printers() or not _SLIP_NAME.match(number):
        raise Refused("not_found")
    path = Path(demo.paper) / printer / f"{number}.png"
    if not path.is_file():
        raise Refused("not_found")
    answer = Response(path.read_bytes(), content_type="image/png")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer
