"""What is done about a ticket that nothing proves before a cook: paper for its screen, a call, a word to its guest."""

from __future__ import annotations

from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.operations import apologies, first_papers, kitchen, notices
from gateway.operations.first_papers import slip_counter, slip_printer
from gateway.operations.ordering import record
from gateway.store import jobs, settings, tickets, visits
from gateway.store.transaction import Tx


def doubt_ticket(tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str, doubt: str) -> None:
    """The guest is told that the kitchen has not confirmed: `late` after nearly a minute, with one apology for the
    check, `mute` for a paper of a printer that cannot confirm, which somebody has only to look at."""
    order, ticket = kitchen.find(tx, ticket_id)
    if ticket.state != "QUEUED" or ticket.doubt:
        return
    ticket.doubt = doubt
    ticket.version += 1
    ticket.updated_at = now.iso
    tickets.update(tx, ticket)
    record(tx, now, ids, actor, order, "ticket_doubted", [ticket_id])
    if doubt == "late":
        apologies.apologise(tx, now, ids, actor, order)


def call_for_ticket(tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str) -> None:
    """Nothing proves this ticket before a cook: someone in the store is told."""
    order, ticket = kitchen.find(tx, ticket_id)
    if ticket.state == "QUEUED":
        notices.call(tx, order, ticket, now.iso)


def slip_for_screen(tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str) -> None:
    """A screen-only station has not drawn the ticket in time: it goes onto paper, once, marked SCREEN DOWN, and as it
    is when it leaves."""
    order, ticket = kitchen.find(tx, ticket_id)
    if ticket.state != "QUEUED" or jobs.of_ticket(tx, ticket_id):
        return
    rules = settings.the_settings(tx)
    printer = slip_printer(ticket, rules, order.table, always=True)
    if not printer:
        return
    counter = slip_counter(ticket.station)
    steps = {counter: first_papers.count(order.lines_ever_of(ticket.id), ticket, rules)}
    ticket.slip_number = visits.count(tx, order.day, steps)[counter]
    tickets.update(tx, ticket)
    for paper in first_papers.of_ticket(now, ids, ticket, order, printer, rules):
        jobs.insert(tx, paper)
    notices.tell_with(tx, order, ticket)
    tx.changed.add("jobs")
