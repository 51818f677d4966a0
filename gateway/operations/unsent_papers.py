"""Papers of a ticket that have not left the gateway: what they will say is made when they leave, so that it counts
every change until then."""

from __future__ import annotations

from gateway.domain.notice import Notice
from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY, PrintJob
from gateway.domain.ticket import Ticket
from gateway.operations.first_papers import portions_of
from gateway.store import jobs
from gateway.store.transaction import Reader

COUNTED = ("cancel", "return", "hold", "move", "merge", "change")
"""Kinds of change that a paper made later cannot but count. A rush says when it was asked, and what is cooked once more
is cooked besides: each of them has a slip of its own, however late the dishes' own is."""

TAKEN_OFF = ("cancel", "return")

WHOLE = ("hold", "change")
"""Kinds that are about every portion of a line."""

NO_BYTE_LEFT = ("STALE", "DIVERTED", "CANCELLED")
"""States of a job that ended, or waits for a word, without a byte on paper."""


def teller(rows: Reader, order: Order, ticket: Ticket, notice: Notice) -> PrintJob | None:
    """The paper that is still to leave and tells this change; the last, where it is about several. None where one of
    them has left, or may have, and where none is to come."""
    to_come = [job for job in _unsent(rows, order, ticket, notice) if job.state in ("QUEUED", "STALE")]
    return to_come[-1] if to_come else None


def never_left(rows: Reader, order: Order, ticket: Ticket, notice: Notice) -> bool:
    """Whether every paper of what is changed was taken back before a byte of it left. Where a station works from paper
    alone, no cook knows then what would have to be stopped; elsewhere a screen may show it that says nothing."""
    return bool(_unsent(rows, order, ticket, notice))


def _unsent(rows: Reader, order: Order, ticket: Ticket, notice: Notice) -> list[PrintJob]:
    """The papers that a change is about; none where one of them has left, or where the change needs its own."""
    if notice.kind not in COUNTED:
        return []
    its = [job for job in jobs.of_ticket(rows, ticket.id) if job.kind in COOKED_BY and _is_about(order, notice, job)]
    return [] if any(may_have_left(rows, job) for job in its) else its


def may_have_left(rows: Reader, job: PrintJob) -> bool:
    """A bridge that has a paper keeps it as it was when it came."""
    return job.state not in NO_BYTE_LEFT and (job.state != "QUEUED" or jobs.is_out(rows, job))


def _is_about(order: Order, notice: Notice, job: PrintJob) -> bool:
    meant = {one.line: one.quantity for one in notice.lines}
    if not meant or not job.part:
        return True
    ever = order.lines_ever_of(job.ticket)
    if job.kind == "dish":
        return ever[job.part - 1].id in meant
    line, nth = portions_of(ever)[job.part - 1]
    if line.id not in meant or notice.kind in WHOLE:
        return line.id in meant
    # The last portions go first: those just behind what was left of the line by then.
    later = [one for one in order.notices_of(notice.ticket) if one.number > notice.number and one.kind in TAKEN_OFF]
    left = line.left + sum(each.quantity for one in later for each in one.lines if each.line == line.id)
    return left < nth <= left + meant[line.id]


def quantities(rows: Reader, order: Order, notice: Notice) -> dict[int, int]:
    """How many of each line stand on papers that a cook may hold, and so on the slip of this change. Portions have a
    paper each, and those that were taken back in time are nobody's to stop."""
    meant = {one.line: one.quantity for one in notice.lines}
    if notice.kind not in TAKEN_OFF:
        return meant
    parts: dict[int, list[PrintJob]] = {}
    for job in jobs.of_ticket(rows, notice.ticket):
        if job.kind == "portion" and _is_about(order, notice, job):
            parts.setdefault(job.part, []).append(job)
    ever = portions_of(order.lines_ever_of(notice.ticket))
    for part, its in parts.items():
        line = ever[part - 1][0].id
        if all(job.state in NO_BYTE_LEFT for job in its) and meant[line] > 1:
            meant[line] -= 1
    return meant
