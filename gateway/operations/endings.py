"""Tickets that no hand ends: their station goes, the expo page is switched off, or their table is closed."""

from __future__ import annotations

from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY
from gateway.domain.ticket import Ticket
from gateway.operations import courses, kitchen
from gateway.operations.ordering import record
from gateway.operations.unsent_papers import NO_BYTE_LEFT
from gateway.store import devices, jobs, orders, tickets
from gateway.store.transaction import Tx


def end_tickets_of(tx: Tx, now: Now, ids: Ids, actor: Actor, station: str) -> int:
    """Ends every open ticket of a station that goes. Returns how many ended.

    What waits for a printer is printed all the same: a slip is no worse for being late.
    """
    ended = 0
    for order_n in dict.fromkeys(tickets.open_of_station(tx, station)):
        order = orders.load_by_number(tx, order_n)
        its = [t for t in order.tickets if t.station == station and not t.is_held]
        ended += _end(tx, now, ids, actor, order, its, "settings")
    return ended


def end_ready_tickets(tx: Tx, now: Now, ids: Ids, actor: Actor) -> None:
    """The store works without an expo page from now on: nobody would serve what stands at the pass."""
    for order_n in dict.fromkeys(order_n for _, _, order_n in tickets.open_ids(tx)):
        order = orders.load_by_number(tx, order_n)
        _end(tx, now, ids, actor, order, [t for t in order.tickets if t.state == "READY"], "settings")


def end_of_visit(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, how: str = "visit") -> None:
    """Nobody bumps a station that works from paper alone: what its slips have proven ends with the visit, and so does
    what came out of printers that cannot confirm, though nobody ever said so. What nothing has proven yet stays, and
    somebody is asked for it, until a slip proves it: then `show_by_paper` ends it. What still stands at the pass has
    nobody to be carried to, and what waits to be called is cancelled."""
    dropped = courses.drop_held(tx, now, order)
    if dropped:
        record(tx, now, ids, actor, order, "line_cancelled", dropped)
    over = [t for t in order.tickets if t.state == "READY" or (t.proof == "paper" and _has_its_paper(tx, t))]
    _end(tx, now, ids, actor, order, over, how)


def _has_its_paper(tx: Tx, ticket: Ticket) -> bool:
    """It is proven, or all of its papers came out as far as its printers can tell: of each the last copy that left."""
    if ticket.state != "QUEUED":
        return True
    its = [job for job in jobs.of_ticket(tx, ticket.id) if job.kind in COOKED_BY and job.state not in NO_BYTE_LEFT]
    last = {job.part: job for job in its}
    return bool(last) and all(job.state in ("PRINTED", "UNCONFIRMED") for job in last.values())


def end_of_day(tx: Tx, now: Now, ids: Ids, actor: Actor, today: str) -> int:
    """The last resort for what belongs to no open visit and to a business day before `today`: what stands at the pass,
    and what a paper has proven, nobody will serve any more; what waits to be called nobody will call. What nothing has
    proven stays, and so does what a cook still has on a screen. Returns how many orders that were."""
    found = orders.left_over(tx, today)
    for order_n in found:
        end_of_visit(tx, now, ids, actor, orders.load_by_number(tx, order_n), "day")
    return len(found)


def _end(tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, candidates: list[Ticket], how: str) -> int:
    its = [ticket for ticket in candidates if ticket.cleared_at is None]
    for ticket in its:
        if ticket.state == "CANCELLED":
            ticket.version, ticket.updated_at, ticket.cleared_at = ticket.version + 1, now.iso, now.iso
            devices.clear_condition(tx, "ticket_unseen", ticket.id)
            tickets.update(tx, ticket)
        else:
            kitchen.finish(tx, now, actor, ticket, "", how)
    if its:
        record(tx, now, ids, actor, order, "ticket_bumped", [ticket.id for ticket in its])
    return len(its)
