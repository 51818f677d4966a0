"""The SCREEN DOWN slip of a ticket that its screen drew after all: what has not left the gateway is not printed."""

from __future__ import annotations

from gateway.domain import print_job
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.states import moved
from gateway.domain.ticket import Ticket
from gateway.store import devices, jobs, notices
from gateway.store.transaction import Tx


def take_back(tx: Tx, now: Now, order: Order, ticket: Ticket, by: str) -> None:
    """The cook has the ticket on a screen, `by` which or by whose hand: its papers that no bridge knows are not wanted
    any more. A ticket of which none is to come out has no slip number; the caller writes it. What a bridge has is left
    to it: that paper may be in the kitchen, and its card says so."""
    if ticket.proof != "screen" or not ticket.slip_number:
        return
    its = [job for job in jobs.of_ticket(tx, ticket.id) if job.kind in print_job.COOKED_BY]
    for job in its:
        if job.state == "STALE" or (job.state == "QUEUED" and not jobs.is_out(tx, job)):
            job.state, job.intent, job.settled = moved("print job", print_job.MOVES, job.state, "cancel"), "", by
            job.updated_at, job.boot, job.mono = now.iso, now.boot, now.monotonic
            jobs.update(tx, job)
            tx.changed.add("jobs")
            for code in ("slip_stale", "slip_stale_unanswered", "slip_silent"):
                devices.clear_condition(tx, code, job.id)
    if all(job.state == "CANCELLED" for job in its):
        _off_paper(tx, order, ticket)


def _off_paper(tx: Tx, order: Order, ticket: Ticket) -> None:
    """What its slip would have told along with its dishes has no paper either."""
    for notice in order.notices_of(ticket.id):
        if notice.slip_number == ticket.slip_number and notice.shown_at is None:
            notice.slip_number = 0
            notices.update(tx, notice)
    ticket.slip_number = 0
