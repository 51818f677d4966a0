"""The store's rows on the demo's page: the score, the newest order's road, printers with the proof of each slip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.domain import documents
from gateway.domain.now import parse_iso
from gateway.domain.order import Order
from gateway.domain.print_job import DEEDS, PrintJob
from gateway.domain.settings import Printer, Settings
from gateway.domain.texts import pick
from gateway.store import Reader, jobs, journal, orders, tickets, visits
from gateway.store import devices as device_rows
from gateway.web.staff.demo_cloud import CloudList
from gateway.web.staff.demo_paper import Papers, Slip

DOTS_PER_S = 1600
"""How fast the virtual printers' heads move paper: 200 mm/s. The page feeds its picture at the same speed."""

ORDERS_SHOWN = 20

PROOFS_READ = 40


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
        line.left
        for order in of_unseen.values()
        if order.day == day
        for line in order.lines
        if line.ticket in unseen
    )
    return counts | {"seen": counts["dishes"] - waiting}


def road_of(rows: Reader, order: Order, cloud: CloudList) -> dict[str, Any]:
    """When each stretch of the newest order's road was proven; None where it is not yet."""
    document = documents.order_document(order)
    shown = [ticket["shown_at"] for ticket in document["tickets"]]
    by = {(ticket.shown_by or "").split(" ")[0] for ticket in order.tickets}
    own = [job for job in jobs.of_order(rows, order.id) if job.copy == 1]
    # A diverted slip is proven by the job that took its place, which stands here too.
    states = {job.state for job in own} - {"DIVERTED"}
    printed = "PRINTED" in states and states <= {"PRINTED", "CANCELLED"}
    return {
        "id": order.id,
        "number": order.number,
        "table": order.table,
        "placed_at": order.placed_at,
        "shown_at": max(shown) if shown and all(shown) else None,
        "shown_on_screen": by == {"screen"},
        "printed_at": max(job.updated_at for job in own if job.state == "PRINTED") if printed else None,
        "paper": "PRINTED" if printed else _worst(states),
        "in_cloud": order.id in cloud.arrived,
        "in_cloud_by": cloud.arrived.get(order.id),
    }


def _worst(states: set[str]) -> str | None:
    """What a person should know first about the papers of an order."""
    for state_ in ("UNKNOWN", "WAITING", "SENDING", "QUEUED", "UNCONFIRMED", "CANCELLED"):
        if state_ in states:
            return state_
    return None


def printers_of(rows: Reader, rules: Settings, papers: Papers) -> dict[str, dict[str, Any]]:
    newest = jobs.newest(rows, None, PROOFS_READ)
    proofs = _proofs(job for job in newest if job.kind not in DEEDS)
    deeds = {job.printer: job for job in reversed(newest) if job.kind in DEEDS and job.state == "PRINTED"}
    heads = {job.printer: job for job in jobs.heads(rows)}
    known = {device.name: device for device in device_rows.devices(rows)}
    found = {}
    for printer in rules.printers:
        device, head, deed = known.get(printer.id), heads.get(printer.id), deeds.get(printer.id)
        found[printer.id] = {
            "status": device.status if device else "unknown",
            "reasons": device.reasons if device else [],
            "waiting": jobs.waiting_count(rows, printer.id),
            "head": {"state": head.state, "reason": head.reason, "since": head.created_at} if head else None,
            "deed": {"kind": deed.kind, "at": deed.updated_at} if deed else None,
            "slips": [_with_proof(slip, printer, rules, proofs) for slip in papers.newest(printer.id)],
        }
    return found


Proofs = dict[tuple[str, int, bool], list[PrintJob]]
"""(printer, slip number, whether it is a reprint) -> newest first; stations that share a printer number alike."""


def _proofs(newest: Iterable[PrintJob]) -> Proofs:
    found: Proofs = {}
    for job in newest:
        found.setdefault((job.printer, job.number, job.copy > 1), []).append(job)
    return found


def _job_of(slip: Slip, printer: Printer, rules: Settings, proofs: Proofs) -> PrintJob | None:
    names = {pick(station.name, printer.language): station.id for station in rules.stations}
    station = names.get(slip.station)
    found = proofs.get((printer.id, slip.slip, slip.marked), [])
    return next((job for job in found if station in (None, job.station)), None)


def _with_proof(slip: Slip, printer: Printer, rules: Settings, proofs: Proofs) -> dict[str, Any]:
    job = _job_of(slip, printer, rules, proofs)
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
