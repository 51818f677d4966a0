"""Slips that a bridge was given and has not said a word about: somebody is told, and they are given anew."""

from __future__ import annotations

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.print_job import NOTICE, PrintJob
from gateway.operations import papers
from gateway.operations.slips import dishes_on
from gateway.store import devices, jobs, orders, settings
from gateway.store.transaction import Tx

CONDITION = "slip_silent"

MOST_ANEW = 2
"""Times that a slip is given under a new key. A bridge that loses three in a row will lose the next one too: then a
person is asked whether it is still wanted, and what waits behind it prints."""


def call_for_slip(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """Nobody knows where this slip is: somebody in the store is told."""
    job = jobs.get(tx, job_id)
    if job is not None and job.state == "QUEUED":
        _call(tx, now, job)


def give_anew(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """Wants it back, so that it goes to its printer again under a key that no bridge knows; what the bridge has of it
    by then stands. After `MOST_ANEW` times a person is asked instead."""
    job = jobs.get(tx, job_id)
    if job is None or job.state != "QUEUED" or job.intent:
        return
    if _times(tx, job) < MOST_ANEW:
        papers.divert(tx, now, ids, actor, job_id, job.printer)
    else:
        papers.make_stale(tx, now, ids, actor, job_id)


def spoken_of(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """The bridge has said something of it, or it is another one's now."""
    devices.clear_condition(tx, CONDITION, job_id)
    job = jobs.get(tx, job_id)
    for heir in jobs.same_paper(tx, job) if job is not None and job.state == "DIVERTED" else ():
        if heir.diverted_from == job_id and heir.state == "QUEUED":
            _call(tx, now, heir)


def _times(tx: Tx, job: PrintJob) -> int:
    its = {one.id: one for one in jobs.same_paper(tx, job)}
    times = 0
    while job.diverted_from in its and times < MOST_ANEW:
        former = its[job.diverted_from]
        times += former.printer == job.printer
        job = former
    return times


def _call(tx: Tx, now: Now, job: PrintJob) -> None:
    order = orders.load(tx, job.order_id) if job.order_id else None
    if order is None:
        return
    if job.kind == NOTICE:
        meant = {one.line for n in order.notices_of(job.ticket) if n.number == job.part for one in n.lines}
        lines = [line for line in order.lines_of(job.ticket) if line.id in meant] or order.lines_of(job.ticket)
    else:
        lines = dishes_on(order, job)[0]
    printer = settings.the_settings(tx).printer(job.printer)
    devices.raise_condition(
        tx, CONDITION, job.id, now.iso, printer=job.printer, station=job.station, job=job.id, table=order.table,
        slip=papers.name_on_paper(job, order), number=order.number,
        device=(printer.name if printer else {}) or job.printer,
        dishes=documents.dishes([(line, line.left) for line in lines]),
    )  # fmt: skip
