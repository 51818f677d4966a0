"""What a proven slip means for its ticket: it is before a cook, or its cook knows of a change."""

from __future__ import annotations

from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.operations import kitchen
from gateway.operations.ordering import record
from gateway.store import settings, tickets, visits
from gateway.store.transaction import Reader, Tx


def show_by_paper(tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str, slip: str) -> None:
    """A proven slip is in the kitchen: the ticket is shown. Where nobody and nothing would end it later, as it has
    paper alone, no table that will be closed and no pass where it will be served, it ends with that."""
    order, ticket = kitchen.find(tx, ticket_id)
    if ticket.state != "QUEUED":
        return
    by = f"slip {slip}"
    told = "shown" if ticket.proof != "paper" or _will_be_ended(tx, order) else "bumped"
    if told == "bumped":
        kitchen.finish(tx, now, actor, ticket, by, "paper")
    else:
        kitchen.prove(tx, now, ticket, by)
    record(tx, now, ids, actor, order, f"ticket_{told}", [ticket_id])


def end_by_notice(tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str, slip: str) -> None:
    """The slip of a change is in a kitchen that works from paper alone: nobody else says that its cook knows. What is
    off ends with that, and so does a dish that is cooked once more, where nothing would end it later."""
    order, ticket = kitchen.find(tx, ticket_id)
    if ticket.proof != "paper" or ticket.cleared_at is not None:
        return
    if ticket.state == "CANCELLED":
        ticket.version += 1
        ticket.updated_at = ticket.cleared_at = now.iso
        ticket.ended = "off"
        kitchen.settle(tx, ticket)
        tickets.update(tx, ticket)
    elif ticket.state != "QUEUED" and not _will_be_ended(tx, order):
        kitchen.finish(tx, now, actor, ticket, f"slip {slip}", "paper")
    else:
        return
    record(tx, now, ids, actor, order, "ticket_bumped", [ticket_id])


def _will_be_ended(rows: Reader, order: Order) -> bool:
    """By its table being closed, or what is carried away at the pass; not so at a table that was closed before its slip
    came out."""
    if not order.visit:
        return settings.the_settings(rows).has_pass
    visit = visits.get(rows, order.visit)
    return visit is not None and visit.state == "OPEN"
