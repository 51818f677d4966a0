"""How a notice reaches its cook: on the screen, on paper, and somebody is told where neither proves it."""

from __future__ import annotations

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.notice import AGAIN, MOST_AGAIN, MOST_OF_A_TICKET, WORDS, Notice, NoticeKind, NoticeLine
from gateway.domain.now import Now
from gateway.domain.order import Line, Order
from gateway.domain.print_job import COOKED_BY, NOTICE, PrintJob
from gateway.domain.settings import Settings
from gateway.domain.ticket import Ticket
from gateway.operations import unsent_papers as unsent
from gateway.operations.first_papers import slip_counter, slip_printer
from gateway.store import devices, jobs, notices, orders, settings, tickets, visits
from gateway.store.transaction import Reader, Tx

ON_PAPER = ("SENDING", "PRINTED", "UNCONFIRMED", "UNKNOWN")
"""States of a job whose paper is, or may be, before a cook."""


MOST_TOGETHER = 12
"""Tickets that one slip tells of: a party's orders of an evening, and a slip that still fits a hand."""

Together = dict[tuple[str, str], Notice]
"""The notice whose slip tells one change of several tickets, by their station and its printer."""

NOTHING_TO_TELL = "ended"
"""Who has shown a change of what no paper will ever say: nobody has to."""


def note(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, ticket: Ticket, kind: NoticeKind,
    lines: list[tuple[Line, int]], reason: str = "", from_place: str = "", notes: tuple[str, str] = ("", ""),
    together: Together | None = None,
) -> None:  # fmt: skip
    """Tells the cook of an open ticket; without `lines` all of it is meant. `notes`: a dish's now, and what was before.
    `together`: slips that tell the same of other tickets. Raises `Refused`: too_many."""
    before = order.notices_of(ticket.id)
    again = len([one for one in before if one.kind in AGAIN])
    if len(before) >= MOST_OF_A_TICKET or (kind in AGAIN and again >= MOST_AGAIN):
        raise Refused("too_many", retry_after_s=60)
    ticket.version += 1
    ticket.updated_at, ticket.updated_by = now.iso, actor.id or actor.kind
    notice = Notice(
        id=next(ids), ticket=ticket.id, number=len(before) + 1, kind=kind, by=actor.id or actor.kind, at=now.iso,
        boot=now.boot, mono=now.monotonic, version=ticket.version, reason=reason, from_place=from_place,
        lines=[NoticeLine(line.id, quantity) for line, quantity in lines], note=notes[0], note_before=notes[1],
    )  # fmt: skip
    order.notices.append(notice)
    tell(tx, now, ids, order, ticket, notice, settings.the_settings(tx), together=together)
    tickets.update(tx, ticket)


def tell(
    tx: Tx, now: Now, ids: Ids, order: Order, ticket: Ticket, notice: Notice, rules: Settings, always: bool = False,
    together: Together | None = None,
) -> None:  # fmt: skip
    """Keeps it, and prints it where the station has paper, unless a paper that is still to leave says it already: a
    cook who reads "1" and then "1 cancelled" would make none. `always`: a station that should need no paper needs it
    now. `together`: what has a slip already that tells of this ticket, too."""
    teller = unsent.teller(tx, order, ticket, notice)
    printer = _printer_of(tx, ticket, rules) or slip_printer(ticket, rules, order.table, always)
    if teller:
        notice.slip_number = teller.number
    # With a screen besides, its slip is printed all the same: the screen may have shown the dish already.
    elif ticket.proof == "paper" and unsent.never_left(tx, order, ticket, notice):
        notice.shown_at, notice.shown_by = now.iso, NOTHING_TO_TELL
    elif printer and (leader := _leader(together, ticket, printer)):
        notice.slip_number = leader.slip_number
        leader.also.append(notice.id)
        notices.update(tx, leader)
    elif printer:
        counter = slip_counter(ticket.station)
        notice.slip_number = visits.count(tx, order.day, {counter: 1})[counter]
        jobs.insert(tx, _paper(now, ids, order, notice, ticket.station, printer))
        tx.changed.add("jobs")
        if together is not None and ticket.state != "QUEUED":
            together[ticket.station, printer] = notice
    if always:
        notices.update(tx, notice)
    else:
        notices.insert(tx, notice)
    call_again(tx, order, ticket)


def _leader(together: Together | None, ticket: Ticket, printer: str) -> Notice | None:
    """None for a ticket that no cook is proven to have: its own papers may be taken back yet, and its changes with
    them."""
    leader = together.get((ticket.station, printer)) if together and ticket.state != "QUEUED" else None
    return leader if leader and len(leader.also) < MOST_TOGETHER - 1 else None


def call_again(tx: Tx, order: Order, ticket: Ticket) -> None:
    """Somebody who was called for an unseen ticket tells its station what is wanted now."""
    for one in devices.conditions_of(tx, ticket.id):
        if one.code == "ticket_unseen" and devices.clear_condition(tx, one.code, one.subject):
            call(tx, order, ticket, one.since)


def ask_of_next_paper(tx: Tx, ticket_id: str) -> None:
    """A printer that cannot confirm has had a paper of this ticket, or somebody has spoken for one: who was called for
    the ticket is asked about the next."""
    order = orders.load_of_ticket(tx, ticket_id)
    if order is not None and any(ticket.id == ticket_id for ticket in order.tickets):
        call_again(tx, order, order.ticket(ticket_id))


def call(tx: Tx, order: Order, ticket: Ticket, since: str) -> None:
    """Somebody is called to tell its station in person what no cook has seen. Where a printer that cannot confirm has
    had its paper, whoever looks may say that it came out: the next of those is named."""
    left = [(line, line.left) for line in order.lines_of(ticket.id) if not line.is_gone]
    mute = [job for job in jobs.of_ticket(tx, ticket.id) if job.kind in COOKED_BY and job.state == "UNCONFIRMED"]
    if left:
        devices.raise_condition(
            tx, "ticket_unseen", ticket.id, since, number=order.number, table=order.table, station=ticket.station,
            dishes=documents.dishes(left), **({"job": mute[-1].id} if mute else {}),
        )  # fmt: skip


def nothing_to_tell(tx: Tx, now: Now, taken_back: PrintJob) -> bool:
    """A ticket's paper has come back without a byte: slips of changes that wait behind it are not printed either, where
    nothing they are about has left. Whether that was so with any."""
    order = orders.load_of_ticket(tx, taken_back.ticket) if taken_back.kind in COOKED_BY else None
    ticket = order.ticket(taken_back.ticket) if order else None
    if order is None or ticket is None or ticket.proof != "paper":
        return False
    told = {notice.number: notice for notice in order.notices_of(ticket.id) if notice.shown_at is None}
    found = False
    for job in jobs.of_ticket(tx, ticket.id):
        notice = told.get(job.part) if job.kind == NOTICE else None
        # Behind it at the same printer: no bridge has heard of it yet.
        if notice is None or job.state != "QUEUED" or job.printer != taken_back.printer:
            continue
        if unsent.never_left(tx, order, ticket, notice):
            job.state, job.settled, job.updated_at = "CANCELLED", NOTHING_TO_TELL, now.iso
            jobs.update(tx, job)
            shown(tx, now, notice, NOTHING_TO_TELL)
            found = True
    return found


def shown_with(tx: Tx, now: Now, job: PrintJob, slip: str) -> None:
    """A paper is proven that told changes along with its dishes."""
    order = orders.load_of_ticket(tx, job.ticket)
    for notice in order.notices_of(job.ticket) if order else []:
        if notice.slip_number == job.number and notice.shown_at is None:
            shown(tx, now, notice, f"slip {slip}")


def tell_with(tx: Tx, order: Order, ticket: Ticket) -> None:
    """A ticket gets its first paper late: that one tells what has changed until now."""
    for notice in order.notices_of(ticket.id):
        if notice.shown_at is None and not notice.slip_number:
            notice.slip_number = ticket.slip_number
            notices.update(tx, notice)


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
        for one in [notice, *told_along(tx, notice)]:
            shown(tx, now, one, f"slip {slip}")


def told_along(rows: Reader, notice: Notice) -> list[Notice]:
    """Those of other tickets that the slip of this one tells, in the order in which they were made."""
    found = [notices.get(rows, one) for one in notice.also]
    return [one for one in found if one is not None]


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
            notice.shown_at, notice.shown_by = ticket.cleared_at, NOTHING_TO_TELL
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
