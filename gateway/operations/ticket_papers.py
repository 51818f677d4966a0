"""The papers that a ticket is cooked by: which of them are still wanted, and whether they are all there."""

from __future__ import annotations

from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY, PrintJob
from gateway.operations.slips import dishes_on
from gateway.store import jobs, orders
from gateway.store.transaction import Reader


def is_whole(rows: Reader, ticket_id: str) -> bool:
    """Whether each part that something is cooked by is proven, by whichever copy."""
    order = orders.load_of_ticket(rows, ticket_id)
    its = [job for job in jobs.of_ticket(rows, ticket_id) if job.kind in COOKED_BY]
    wanted = {job.part for job in its if order is not None and dishes_on(order, job)[0]}
    return bool(wanted) and wanted <= {job.part for job in its if job.state == "PRINTED"}


def empty_ones(rows: Reader, order: Order, ticket_id: str) -> list[PrintJob]:
    """Those that nothing is cooked by any more."""
    return [
        job for job in jobs.of_ticket(rows, ticket_id) if job.kind in COOKED_BY and not dishes_on(order, job)[0]
    ]
