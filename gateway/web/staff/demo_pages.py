"""`/demo`, the page that a visitor opens: what it shows comes from the rows, the paper and the cloud themselves."""

from __future__ import annotations

import json as plain_json
import os
import re
import struct
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, make_response, redirect, render_template, request

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.boot_file import Demo
from gateway.domain.errors import Refused
from gateway.domain.now import Now, parse_iso
from gateway.domain.order import Order
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Printer, Settings
from gateway.operations import administration
from gateway.store import Reader, jobs, journal, orders, settings, tickets, visits
from gateway.store import devices as device_rows
from gateway.web import access, bodies
from gateway.web.api import door_calls, drill_calls
from gateway.web.guest.pages import language
from gateway.web.house import house

CLOUD_S = 1.5
"""The cloud's list is one pane of four; the page goes on without it."""

CLOUD_FRESH_S = 0.6
"""Several visitors ask together no more often than one."""

CLOUD_WATCHED_S = 3.0
"""An order that appears within this time of the last look is known to have arrived between the two."""

PAPERS_SHOWN = 4
DOTS_PER_S = 1600
"""How fast the virtual printers' heads move paper: 200 mm/s. The page feeds its picture at the same speed."""

ORDERS_SHOWN = 20
PROOFS_READ = 40
SAME_SLIP_S = 12 * 3600
"""Order and slip numbers begin anew with each business day: the same code later is another slip."""

_SLIP_NAME = re.compile(r"^\d{4,8}$")
_CODE = re.compile(r"\b([A-Z]+\d{3,})-(\d{4,})\b")
_REPRINT = "REPRINT"


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
        road = _road(rows, recent[0], cloud) if recent else None
        printers = _printers(rows, rules, papers)
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


# --- what the rows say ---


class Orders:
    """The day's score and its newest orders. Only the journal's growth can change them."""

    def __init__(self) -> None:
        self._slot: int | None = None
        self._found: tuple[dict[str, Any], list[Order]] = ({}, [])

    def look(self, rows: Reader) -> tuple[dict[str, Any], list[Order]]:
        slot = journal.last_slot(rows)
        if slot != self._slot:
            self._found = (_score(rows), orders.recent(rows, ORDERS_SHOWN))
            self._slot = slot
        return self._found


def _score(rows: Reader) -> dict[str, Any]:
    """Dishes that guests ordered today and how many of them were proven before a cook."""
    day = visits.open_day(rows)
    if day is None:
        return {"orders": 0, "dishes": 0, "tables": 0, "seen": 0}
    counts = orders.counts(rows, day)
    unseen = {ticket.id for ticket in tickets.unseen(rows)}
    of_unseen = {order.id: order for ticket in unseen if (order := orders.load_of_ticket(rows, ticket))}
    waiting = sum(
        line.quantity
        for order in of_unseen.values()
        if order.day == day
        for line in order.lines
        if line.ticket in unseen
    )
    return counts | {"seen": counts["dishes"] - waiting}


def _road(rows: Reader, order: Order, cloud: CloudList) -> dict[str, Any]:
    """When each stretch of the newest order's road was proven; None where it is not yet."""
    document = documents.order_document(order)
    shown = [ticket["shown_at"] for ticket in document["tickets"]]
    by = {(ticket.shown_by or "").split(" ")[0] for ticket in order.tickets}
    own = [job for job in jobs.of_order(rows, order.id) if job.copy == 1]
    states = {job.state for job in own}
    printed = bool(own) and states <= {"PRINTED", "CANCELLED"}
    return {
        "id": order.id,
        "number": order.number,
        "table": order.table,
        "placed_at": order.placed_at,
        "shown_at": max(shown) if shown and all(shown) else None,
        "shown_on_screen": by == {"screen"},
        "printed_at": max(job.updated_at for job in own) if printed else None,
        "paper": "PRINTED" if printed else _worst(states),
        "in_cloud": order.id in cloud.arrived,
        "in_cloud_by": cloud.arrived.get(order.id),
    }


def _worst(states: set[str]) -> str | None:
    """What a person should know first about the papers of an order."""
    for state_ in ("UNKNOWN", "WAITING", "SENDING", "QUEUED", "UNCONFIRMED"):
        if state_ in states:
            return state_
    return None


def _printers(rows: Reader, rules: Settings, papers: Papers) -> dict[str, dict[str, Any]]:
    proofs = _proofs(jobs.newest(rows, None, PROOFS_READ))
    heads = {job.printer: job for job in jobs.heads(rows)}
    known = {device.name: device for device in device_rows.devices(rows)}
    found = {}
    for printer in rules.printers:
        device, head = known.get(printer.id), heads.get(printer.id)
        found[printer.id] = {
            "status": device.status if device else "unknown",
            "reasons": device.reasons if device else [],
            "waiting": jobs.waiting_count(rows, printer.id),
            "head": {"state": head.state, "reason": head.reason, "since": head.created_at} if head else None,
            "slips": [_with_proof(slip, printer, proofs) for slip in papers.newest(printer.id)],
        }
    return found


Proofs = dict[tuple[str, int, bool], PrintJob]


def _proofs(newest: Iterable[PrintJob]) -> Proofs:
    found: Proofs = {}
    for job in newest:
        found.setdefault((job.printer, job.number, job.copy > 1), job)
    return found


def _with_proof(slip: Slip, printer: Printer, proofs: Proofs) -> dict[str, Any]:
    job = proofs.get((printer.id, slip.slip, slip.marked))
    # Numbers begin anew each day: a paper older than the job belongs to another.
    if job is not None and slip.at < parse_iso(job.created_at).timestamp() - 2:
        job = None
    return {
        "number": slip.number,
        "at": slip.at,
        "code": slip.code,
        "reprint": slip.marked,
        "lines": slip.lines,
        "takes_s": round(max(slip.size * 10 / printer.baud, slip.height / DOTS_PER_S), 2),
        "width": slip.width,
        "height": slip.height,
        "proof": {"state": job.state, "at": job.updated_at} if job else None,
    }


# --- what the paper says ---


@dataclass(frozen=True)
class Slip:
    """One paper that came out: read once, for it never changes."""

    number: str
    at: float
    code: str
    slip: int
    marked: bool
    lines: int
    size: int
    width: int
    height: int


class Papers:
    """The trays of the virtual printers. A look costs one `stat` of each folder while nothing comes out."""

    def __init__(self, folder: Path):
        self.twice = 0
        self.reprints = 0
        self._folder = folder
        self._lock = threading.Lock()
        self._changed: dict[str, int] = {}
        self._read: dict[str, dict[str, Slip]] = {}
        self._last: dict[str, float] = {}

    def look(self, printers: list[str]) -> None:
        with self._lock:
            for printer in printers:
                self._look(printer)

    def newest(self, printer: str) -> list[Slip]:
        with self._lock:
            read = self._read.get(printer, {})
            return [read[number] for number in sorted(read, reverse=True)[:PAPERS_SHOWN]]

    def _look(self, printer: str) -> None:
        folder = self._folder / printer
        try:
            changed = folder.stat().st_mtime_ns
            if self._changed.get(printer) == changed:
                return
            with os.scandir(folder) as listed:
                names = sorted(e.name[:-4] for e in listed if e.name.endswith(".txt") and not e.name.startswith("."))
        except OSError:
            return  # the devices are being started; the next look finds it
        read = self._read.setdefault(printer, {})
        for number in names:
            if number not in read:
                try:
                    read[number] = self._count(printer, _read_slip(folder, number))
                except (OSError, struct.error):
                    return  # thrown away between the two, or half there: the next look tries again
        for number in set(read) - set(names):
            del read[number]
        self._changed[printer] = changed

    def _count(self, printer: str, slip: Slip) -> Slip:
        """A second paper of the same slip without a word of warning is a dish that may be made twice."""
        code = f"{printer}:{slip.code}"
        before = self._last.get(code)
        if slip.marked:
            self.reprints += 1
        elif slip.code and before is not None and slip.at - before < SAME_SLIP_S:
            self.twice += 1
        self._last[code] = slip.at
        return slip


def _read_slip(folder: Path, number: str) -> Slip:
    text_path, picture_path = folder / f"{number}.txt", folder / f"{number}.png"
    text = text_path.read_text(errors="replace")
    found = _CODE.search(text)
    with picture_path.open("rb") as picture:
        width, height = struct.unpack(">II", picture.read(24)[16:24])
    return Slip(
        number=number,
        at=text_path.stat().st_mtime,
        code=found.group() if found else "",
        slip=int(found[2]) if found else 0,
        marked=_REPRINT in text,
        lines=text.count("\n"),
        size=(folder / f"{number}.bin").stat().st_size,
        width=width,
        height=height,
    )


# --- what the cloud says ---


class CloudList:
    """The cloud's own list, asked past the demo's faulty wire. Its counters are asked first, then only what is new."""

    def __init__(self, demo: Demo, store: str):
        self.arrived: dict[str, str | None] = {}
        """Order id -> when it was first seen there, if it was watched for at that moment."""
        self._listed: list[dict[str, Any]] = []
        self._repeats = 0
        self._answers = False
        self._asked_at = -CLOUD_FRESH_S
        self._answered_at: float | None = None
        self._lock = threading.Lock()
        self._demo = demo
        self._base = f"{demo.cloud_url}/v1/stores/{store}"

    def look(self, now: Now) -> None:
        with self._lock:
            if now.monotonic - self._asked_at < CLOUD_FRESH_S:
                return
            self._asked_at = now.monotonic
            try:
                stats = self._get("/stats")
                if stats["orders"] != len(self._listed):
                    self._fetch(now, stats["orders"])
                self._repeats = stats["duplicates"]
                self._answers = True
                self._answered_at = now.monotonic
            except (OSError, ValueError, KeyError):
                self._answers = False

    def document(self) -> dict[str, Any]:
        with self._lock:
            placed = [order["placed_at"] or "" for order in self._listed]
            return {
                "answers": self._answers,
                "count": len(self._listed),
                "in_order": placed == sorted(placed),
                "repeats": self._repeats,
                "orders": [
                    {"id": order["id"], "number": order["number"], "placed_at": order["placed_at"]}
                    for order in self._listed[: -ORDERS_SHOWN - 1 : -1]
                ],
            }

    def _fetch(self, now: Now, wanted: int) -> None:
        watched = self._answered_at is not None and now.monotonic - self._answered_at < CLOUD_WATCHED_S
        after = {"after": self._listed[-1]["id"]} if self._listed else {}
        fresh = self._orders(after)
        if len(self._listed) + len(fresh) < wanted:
            # Something stands before what was the last: read the whole list again.
            self._listed, fresh = [], self._orders({})
        self._listed += [{name: o[name] for name in ("id", "number", "placed_at")} for o in fresh]
        for order in fresh:
            self.arrived.setdefault(order["id"], now.iso if watched else None)

    def _orders(self, query: dict[str, str]) -> list[dict[str, Any]]:
        answer = self._get("/orders?" + urllib.parse.urlencode(query | {"limit": "10000"}))
        found: list[dict[str, Any]] = answer["orders"]
        return found

    def _get(self, path: str) -> Any:
        token = Path(self._demo.cloud_token_file).read_text().strip()
        asked = urllib.request.Request(self._base + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=CLOUD_S) as answer:
            return plain_json.load(answer)
