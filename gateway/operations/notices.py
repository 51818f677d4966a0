"""How a notice reaches its cook: on the screen, on paper, and somebody is told where neither proves it."""

from __future__ import annotations

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.notice import WORDS, Notice
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY, NOTICE, PrintJob
from gateway.domain.settings import Settings
from gateway.domain.ticket import Ticket
from gateway.operations.first_papers import slip_counter, slip_printer
from gateway.store import devices, jobs, notices, orders, settings, visits
from gateway.store.transaction import Tx

ON_PAPER = ("SENDING", "PRINTED", "UNCONFIRMED", "UNKNOWN")
"""States of a job whose paper is, or may be, before a cook."""


def tell(
    tx: Tx, now: Now, ids: Ids, order: Order, ticket: Ticket, notice: Notice, rules: Settings, always: bool = False
) -> None:
    """Keeps it, and prints it where the station has paper. `always`: a station that should need none needs it now."""
    printer = _printer_of(tx, ticket, rules) or slip_printer(ticket, rules, order.table, always)
    if printer:
        counter = slip_counter(ticket.station)
        notice.slip_number = visits.count(tx, order.day, {counter: 1})[counter]
        jobs.insert(tx, _paper(now, ids, order, notice, ticket.station, printer))
        tx.changed.add("jobs")
    if always:
        notices.update(tx, notice)
    else:
        notices.insert(tx, notice)


def _printer_of(tx: Tx, ticket: Ticket, rules: Settings) -> str:
    """Where its cook has the ticket on paper: a party that moves takes its slips nowhere."""
    out = [job for job in jobs.of_ticket(tx, ticket.id) if job.kind in COOKED_BY and job.state in ON_PAPER]
    return out[-1].printer if out and rules.printer(out[-1].printer) else ""


def _paper(now: Now, ids: Ids, order: Order, notice: Notice, station: str, printer: str) -> PrintJob:
    return PrintJob(
        id=next(ids), kind=NOTICE, printer=printer, station=station, ticket=notice.ticket, order_id=order.id, copy=1,
        state="QUEUED", number=notice.slip_number, part=notice.number, created_at=now.iso, updated_at=now.iso,
        boot=now.boot, mono=now.monotonic, asked_by=notice.by,
    )  # fmt: skip


def shown(tx: Tx, now: Now, notice: Notice, by: str) -> None:
    """It is before a cook: `by` a screen, or a slip."""
    if notice.shown_at is None:
        notice.shown_at, notice.shown_by = now.iso, by
        notices.update(tx, notice)
    devices.clear_condition(tx, "notice_unseen", notice.id)


def shown_by_paper(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob, slip: str) -> None:
    """Its slip is proven."""
    order = orders.load(tx, job.order_id)
    notice = next((n for n in order.notices_of(job.ticket) if n.number == job.part), None) if order else None
    if notice is not None:
        shown(tx, now, notice, f"slip {slip}")


def acknowledge(tx: Tx, now: Now, order: Order, ticket: Ticket, version: int, by: str) -> None:
    """A cook says that all notices up to this version of the ticket are understood."""
    for notice in order.notices_of(ticket.id):
        if notice.acked_at is None and notice.version <= version:
            notice.acked_at, notice.acked_by = now.iso, by
            shown(tx, now, notice, by)
            notices.update(tx, notice)


def end_with(tx: Tx, ticket: Ticket) -> None:
    """Its ticket has left the kitchen: nobody has to see a change of it any more."""
    for notice in notices.of_tickets(tx, [ticket.id]):
        if notice.shown_at is None:
            notice.shown_at, notice.shown_by = ticket.cleared_at, "ended"
            notices.update(tx, notice)
        devices.clear_condition(tx, "notice_unseen", notice.id)


def slip_for_screen(tx: Tx, now: Now, ids: Ids, actor: Actor, notice_id: str) -> None:
    """No screen has drawn it in time: it goes onto paper."""
    notice = notices.get(tx, notice_id)
    order = orders.load_of_ticket(tx, notice.ticket) if notice else None
    if notice is None or order is None or notice.shown_at is not None or notice.slip_number:
        return
    kept = next(one for one in order.notices_of(notice.ticket) if one.id == notice_id)
    tell(tx, now, ids, order, order.ticket(notice.ticket), kept, settings.the_settings(tx), always=True)


def call_for_notice(tx: Tx, now: Now, ids: Ids, actor: Actor, notice_id: str) -> None:
    """Nothing proves it before a cook: someone in the store is told."""
    notice = notices.get(tx, notice_id)
    order = orders.load_of_ticket(tx, notice.ticket) if notice else None
    meant = {one.line: one.quantity for one in notice.lines} if notice else {}
    if notice is not None and order is not None and notice.shown_at is None and notice.acked_at is None:
        devices.raise_condition(
            tx, "notice_unseen", notice_id, now.iso, number=order.number, table=order.table, what=WORDS[notice.kind],
            station=order.ticket(notice.ticket).station,
            dishes=documents.dishes([(line, meant[line.id]) for line in order.lines if line.id in meant]),
        )  # fmt: skip
