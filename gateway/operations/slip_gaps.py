"""Slips that have not come out although a later one of their station has: its cook sees the gap, and is told why."""

from __future__ import annotations

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.print_job import NOTICE, OPEN, PrintJob
from gateway.operations import papers
from gateway.operations.slips import dishes_on
from gateway.store import devices, jobs, orders, settings
from gateway.store.transaction import Reader, Tx

CONDITION = "slip_missing"

SAID_OTHERWISE = ("slip_unknown", "slip_gap", "slip_silent", "slip_stale", "slip_stale_unanswered")
"""Conditions that name the slip already, and say more."""


def is_gap(rows: Reader, job: PrintJob) -> bool:
    """Whether a later slip of the same station and day came out while this one has not."""
    return job.state in OPEN and bool(job.number) and jobs.came_after(rows, job)


def name_gap(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """Raises its condition, unless it came out meanwhile or another condition names it already."""
    job = jobs.get(tx, job_id)
    order = orders.load(tx, job.order_id) if job is not None and job.order_id else None
    if job is None or order is None or not is_gap(tx, job):
        return
    if any(one.code in SAID_OTHERWISE for one in devices.conditions_of(tx, job_id)):
        return
    rules = settings.the_settings(tx)
    printer, station = rules.printer(job.printer), rules.station(job.station)
    lines = dishes_on(order, job)[0] if job.kind != NOTICE else order.lines_of(job.ticket)
    devices.raise_condition(
        tx, CONDITION, job_id, now.iso, printer=job.printer, station=job.station, job=job_id, number=order.number,
        table=order.table, slip=papers.name_on_paper(job, order),
        device=(printer.name if printer else {}) or job.printer,
        place=station.name if station else job.station,
        dishes=documents.dishes([(line, line.left) for line in lines]),
    )  # fmt: skip


def close_gap(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """It came out, or something else is said of it now."""
    devices.clear_condition(tx, CONDITION, job_id)
