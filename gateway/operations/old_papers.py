"""Slips that waited too long: they are listed on one paper where a cook looks, and a waiter is called when nobody
answers for them."""

from __future__ import annotations

from gateway.contract.slips import SlipOld
from gateway.domain.actor import Actor
from gateway.domain.documents import slip_number
from gateway.domain.ids import Ids
from gateway.domain.notice import WORDS
from gateway.domain.now import Now, parse_iso
from gateway.domain.print_job import NOTICE, PrintJob
from gateway.domain.settings import Settings
from gateway.domain.texts import pick
from gateway.operations import papers
from gateway.operations.own_jobs import own_job
from gateway.operations.slips import place_of
from gateway.store import devices, jobs, orders, settings
from gateway.store.transaction import Reader, Tx

GATHER_S = 3.0
"""A printer is back, and its slips become old one after the other, as its bridge gives them back: one list of all."""

UNANSWERED_S = 300.0
"""Then it is a waiter's to ask: cooks in a rush do not read lists."""

MOST_LISTED = 40
"""Slips on one list, about a metre of paper. The next ones have a list of their own."""

LISTED = "listed"
"""The reason of a stale job that stands on a list."""


def list_old(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str) -> None:
    """Prints one paper of the old slips of this printer that no list has yet. None when there are none, and at a label
    printer."""
    rules = settings.the_settings(tx)
    known = rules.printer(printer)
    if known is None:
        return
    found = [job for job in jobs.stale(tx) if job.printer == printer and job.reason != LISTED][:MOST_LISTED]
    if not found:
        return
    old = [one for job in found if (one := _old(tx, job, rules, known.language, now))]
    if known.label_size is None:  # no list fits a label: old labels are asked about on the screens alone
        jobs.insert(tx, own_job(now, ids, "stale", known, rules, old=old))
    for job in found:
        job.reason = LISTED
        jobs.update(tx, job)
    tx.changed.add("jobs")


def _old(rows: Reader, job: PrintJob, rules: Settings, language: str, now: Now) -> SlipOld | None:
    order = orders.load(rows, job.order_id) if job.order_id else None
    if order is None:
        return None
    lines = order.lines_of(job.ticket) if job.ticket else order.lines
    what = ""
    if job.kind == NOTICE:
        notice = next(one for one in order.notices_of(job.ticket) if one.number == job.part)
        meant = {one.line for one in notice.lines}
        lines = [line for line in order.lines if line.id in meant]
        what = pick(WORDS[notice.kind], language) + " "
    dishes = [f"{line.left}× {pick(line.kitchen_name or line.name, language)}" for line in lines if line.left]
    placed = parse_iso(order.placed_at)
    return SlipOld(
        number=slip_number(job.number) if job.number else "",
        order=order.number,
        place=place_of(order, language),
        time=placed.astimezone(rules.zone()).strftime("%H:%M"),
        age=max(0, int((now.utc - placed).total_seconds() // 60)),
        dishes=what + ("、" if language.startswith("zh") else ", ").join(dishes),
    )


def call_waiter(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """Nobody has answered for an old slip: a waiter asks the kitchen and the table."""
    job = jobs.get(tx, job_id)
    if job is None or job.state != "STALE":
        return
    order = orders.load(tx, job.order_id) if job.order_id else None
    devices.clear_condition(tx, "slip_stale", job.id)
    devices.raise_condition(
        tx, "slip_stale_unanswered", job.id, job.created_at, printer=job.printer, station=job.station, job=job.id,
        slip=papers.name_on_paper(job, order), number=order.number if order else "",
        table=order.table if order else "",
    )  # fmt: skip
