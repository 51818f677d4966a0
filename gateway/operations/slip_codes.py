"""The codes on papers, as the rules of a shop number them: what a scanner reads, and what a person says instead."""

from __future__ import annotations

from gateway.domain import slip_code
from gateway.domain.documents import slip_number
from gateway.domain.order import Order
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Settings
from gateway.domain.ticket import Ticket
from gateway.operations import first_papers


def code_on(order: Order, job: PrintJob, rules: Settings) -> str:
    """The code on a ticket's paper."""
    return _code(order, job.ticket, job.number, rules)


def code_of_ticket(order: Order, ticket: Ticket, rules: Settings) -> str:
    """The code on the first of its slips; "" for a ticket without paper."""
    return _code(order, ticket.id, ticket.slip_number, rules) if ticket.slip_number else ""


def code_of_paper(order: Order, job: PrintJob, rules: Settings) -> str:
    """What stands on any paper of an order, and what a scanner reads from it."""
    if job.kind == "label":
        return f"{order.number}-{job.part}"
    return code_on(order, job, rules) if job.number else order.number


def _code(order: Order, ticket_id: str, number: int, rules: Settings) -> str:
    papers = {t.id: first_papers.most(order.lines_ever_of(t.id), t, rules) for t in order.tickets}
    return slip_code.code_of(order.number, slip_number(number), ticket_id, order.tickets, papers)
