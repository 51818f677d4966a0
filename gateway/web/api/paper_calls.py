"""What staff and programs may ask of printers and of papers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Response, request

from gateway.contract.messages import ActionKey
from gateway.domain.errors import Refused
from gateway.operations import paper_decisions, printer_deeds, printers
from gateway.operations.slips import slip_of
from gateway.store import devices, inquiries, jobs, settings
from gateway.web import access, bodies, slip_preview, views
from gateway.web.api.staff_calls import MAX_LISTED, number_asked
from gateway.web.house import house

DECISIONS = ("reprint", "came_out", "print", "cancel", "divert")
PRINTER_ACTIONS = ("test", "drawer", "buzzer", "pause", "resume", "clear", "move")
PAPER_STAFF = ("kitchen", "waiter", "cashier")
DRAWER_STAFF = ("cashier", "owner")


class Deciding(msgspec.Struct, forbid_unknown_fields=True):
    """`printer` is where a diverted paper goes."""

    key: ActionKey
    printer: Annotated[str, msgspec.Meta(max_length=40)] = ""


class PrinterAction(msgspec.Struct, forbid_unknown_fields=True):
    """`key` tells one test slip, one opening of the drawer from the next. `printer`: to which one a queue is moved."""

    key: ActionKey = ""
    printer: Annotated[str, msgspec.Meta(max_length=40)] = ""


def list_printers() -> Response:
    access.staff()
    with house().store.read() as rows:
        known = {device.name: device for device in devices.devices(rows)}
        paused = devices.paused_printers(rows)
        rules = settings.the_settings(rows)
        found = [
            views.printer_document(
                p, known.get(p.id), paused.get(p.id), rules, jobs.waiting_count(rows, p.id),
                inquiries.newest(rows, "probe", p.id),
            )
            for p in rules.printers
        ]
    return bodies.json({"printers": found})


def act_on_printer(printer: str, action: str) -> Response:
    who = access.need(*DRAWER_STAFF if action == "drawer" else (*PAPER_STAFF, "owner"))
    if action not in PRINTER_ACTIONS:
        raise Refused("not_found")
    asked = bodies.decode(bodies.read_body() or b"{}", PrinterAction)
    if action in ("test", "drawer", "buzzer"):
        if not asked.key:
            raise Refused("idempotency_key_missing")
        if action == "test":
            job = house().do(printers.print_test, who.actor, printer, asked.key)
        else:
            job = house().do(printer_deeds.ask, who.actor, printer, action, asked.key)
        return bodies.json({"printer": printer, "papers": int(action == "test"), "job": views.job_document(job)})
    if action in ("pause", "resume"):
        house().do(printers.pause if action == "pause" else printers.resume, who.actor, printer)
        return bodies.json({"printer": printer, "papers": 0, "job": None})
    intent, target = ("cancel", "") if action == "clear" else ("divert", asked.printer)
    count = house().do(printers.settle_queue, who.actor, printer, intent, target)
    return bodies.json({"printer": printer, "papers": count, "job": None})


def list_jobs() -> Response:
    access.staff()
    state, order_id, printer = (request.args.get(name) for name in ("state", "order", "printer"))
    limit = number_asked("limit", 100, MAX_LISTED)
    with house().store.read() as rows:
        found = jobs.of_order(rows, order_id) if order_id else jobs.newest(rows, state, limit, printer)
    if order_id:
        found = [job for job in found if state in (None, job.state) and printer in (None, job.printer)]
    return bodies.json({"jobs": [views.job_document(job) for job in found[:limit]]})


def decide_about_job(job_id: str, decision: str) -> Response:
    who = access.need(*PAPER_STAFF)
    if decision not in DECISIONS:
        raise Refused("not_found")
    asked = bodies.decode(bodies.read_body(), Deciding)
    job = house().do(paper_decisions.decide, who.actor, job_id, decision, asked.key, asked.printer)
    return bodies.json(views.job_document(job))


def job_slip(job_id: str) -> Response:
    """The paper as it would come out now: what a copy of it would look like."""
    access.staff()
    with house().store.read() as rows:
        job = jobs.get(rows, job_id)
        if job is None:
            raise Refused("unknown_job")
        printer = settings.the_settings(rows).printer(job.printer)
        slip = slip_of(rows, job)
    if printer and (size := printer.label_size):
        return bodies.json(slip_preview.label_document(slip, msgspec.structs.asdict(size), job.copy))
    columns, encoding = (printer.columns, printer.encoding) if printer else (48, "gbk")
    return bodies.json(slip_preview.document(slip, columns, encoding, job.copy))
