"""Explain an order: its steps, and why it stands where it stands. It only reads, so it may look at a running store."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from gateway.domain import documents, explanation
from gateway.domain.explanation import Cause, Facts, Wrong
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY, OPEN
from gateway.domain.timeline_steps import Happened, concerned, meant, steps
from gateway.operations import ledger, slip_codes
from gateway.operations.apologies import KIND
from gateway.store import devices, jobs, journal, orders, settings, visits
from gateway.store.transaction import Reader

Json = dict[str, Any]

CODE = re.compile(r"^([A-Z]{1,2}\d{1,6})(?:-(\d{1,6})(?:-\d{1,2})?)?$")
"""An order's number, behind it a slip's of four figures, with its ticket's place, or the part of a label."""

SAME_NUMBER = 20
"""Orders of former days among which a slip's own is looked for: one number comes once a day."""


def find(rows: Reader, asked: str) -> Order | None:
    """By its id, by its number (the newest that bears it), or by the code on one of its slips or labels (the newest
    that has such a paper), as people type it and scanners read it."""
    asked = asked.strip()
    if order := orders.load(rows, asked.lower()):
        return order
    code = CODE.match(asked.upper())
    if code is None:
        return None
    if code[2] is None:
        return next(iter(orders.of_number(rows, code[1], 1)), None)
    return next((one for one in orders.of_number(rows, code[1], SAME_NUMBER) if _has_paper(rows, one, code[2])), None)


def _has_paper(rows: Reader, order: Order, figures: str) -> bool:
    number = int(figures)
    if any(ticket.slip_number == number for ticket in order.tickets) and len(figures) >= 4:
        return True
    papers = jobs.of_order(rows, order.id)
    if len(figures) < 4:
        return any(job.kind == "label" and job.part == number for job in papers)
    return any(job.kind in COOKED_BY and job.number == number for job in papers)


def explain(rows: Reader, now: Now, asked: str) -> Json | None:
    """The answer of `GET /api/v1/orders/{id}/timeline`; None for an order that is not there."""
    order = find(rows, asked)
    if order is None:
        return None
    entries = journal.of_subject(rows, f"order/{order.id}", order.id, order.version)
    facts = _facts(rows, now, order, entries)
    tickets = []
    of_order = explanation.explain_order(facts)
    every = list(of_order)
    for ticket in order.tickets:
        found = explanation.explain_ticket(facts, ticket)
        every += found
        tickets.append(
            {
                "id": ticket.id, "station": ticket.station, "name": _name_of_station(facts, ticket.station),
                "state": ticket.state, "slip": slip_codes.code_of_ticket(order, ticket, facts.rules),
                "stands": _plain(found[0]), "causes": _plain(found), "lines": _dishes(order, ticket.id),
            }
        )  # fmt: skip
    every.sort(key=lambda cause: cause.place)
    evidence = {job.id: documents.decoded(job.evidence.encode()) for job in facts.papers}
    happened = [one for entry in entries for one in (_happened(entry), *_apology(rows, entry))]
    told = steps(facts, happened, evidence)
    visit = visits.get(rows, order.visit) if order.visit else None
    return {
        "order": {
            "id": order.id, "number": order.number, "status": order.status, "type": order.type, "table": order.table,
            "pickup_no": order.pickup_no, "placed_at": order.placed_at,
        },
        "well": explanation.is_well(every),
        "open": any(t.cleared_at is None for t in order.tickets) or bool(visit and visit.state == "OPEN"),
        "in_cloud": facts.in_cloud,
        "stands": _plain(every[0]),
        "causes": _plain(of_order),
        "tickets": tickets,
        "steps": _plain(told),
    }  # fmt: skip


def _plain(value: Cause | list[Any]) -> Any:
    return msgspec.to_builtins(value)


def _facts(rows: Reader, now: Now, order: Order, entries: list[journal.Entry]) -> Facts:
    papers = jobs.of_order(rows, order.id)
    rules = settings.the_settings(rows)
    subjects = {"broker", "cloud", *(job.id for job in papers), *(ticket.id for ticket in order.tickets)}
    subjects |= {notice.id for notice in order.notices} | ledger.standing(rows, order.id)
    for printer in {job.printer for job in papers}:
        known = rules.printer(printer)
        subjects |= {printer, known.bridge if known else printer}
    found = [condition for subject in sorted(subjects) for condition in devices.conditions_of(rows, subject)]
    wrong = [Wrong(one.code, one.subject, one.since, one.params) for one in found]
    ahead = {job.id: jobs.ahead_of(rows, job) for job in papers if job.state in OPEN}
    codes = {job.id: slip_codes.code_of_paper(order, job, rules) for job in papers}
    return Facts(order, papers, rules, now, wrong, codes, ahead, _in_cloud(rows, entries), _refused(rows, entries))


def _in_cloud(rows: Reader, entries: list[journal.Entry]) -> bool:
    """Whether the cloud has all of its events. Those that are pruned it has had for a month."""
    if not entries:
        return True
    last = entries[-1]
    cursor = next((c for c in journal.cursors(rows) if c.epoch_count == last.slot >> journal.EPOCH_SHIFT), None)
    return cursor is not None and last.seq <= cursor.applied_upto


def _refused(rows: Reader, entries: list[journal.Entry]) -> str:
    """Why the cloud will not take one of its events; "" where it takes them all."""
    if not entries:
        return ""
    buried = journal.dead_between(rows, entries[0].slot, entries[-1].slot)
    return next((buried[entry.slot] for entry in entries if entry.slot in buried), "")


def _happened(entry: journal.Entry) -> Happened:
    data = documents.decoded(entry.data)
    change = data.get("change", {})
    kind = str(change.get("kind", "")) or entry.type
    tickets = concerned(data.get("order", {}), change.get("tickets", []))
    dishes = meant(data.get("order", {}), change.get("lines", []))
    return Happened(entry.at, kind, str(change.get("by", "")), tickets, dishes)


def _apology(rows: Reader, entry: journal.Entry) -> list[Happened]:
    """What was said to the guests as this happened: its event lies right behind, as both were written together."""
    if entry.type != "tablepass.order.ticket_doubted.v1":
        return []
    behind = journal.at(rows, entry.slot + 1)
    return [Happened(behind.at, "apology", "", [])] if behind and behind.type == f"tablepass.{KIND}.v1" else []


def _name_of_station(facts: Facts, station: str) -> dict[str, str]:
    known = facts.rules.station(station)
    return known.name if known else {"und": station}


def _dishes(order: Order, ticket_id: str) -> list[Json]:
    ticket = order.ticket(ticket_id)
    return [
        {"name": line.name, "quantity": line.left or line.quantity, "state": documents.line_state(line, ticket)}
        for line in order.lines_of(ticket_id)
    ]
