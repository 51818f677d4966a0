"""The pass sends a ticket back to its station, whose cook has not asked for it."""

from __future__ import annotations

from gateway.domain.actor import Actor
from gateway.domain.documents import Json
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.operations import kitchen, notices
from gateway.store import keys
from gateway.store.transaction import Tx


def send_back(
    tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str, screen: str, key: str, version: int
) -> Json:
    """A recall by who does not stand at the ticket's station: its cook is told by a notice, with a slip where the
    station has paper. Returns the ticket's document; the same key tells nobody again. Raises `Refused` as
    `kitchen.act_on_ticket` and `notices.note` do."""
    if keys.find(tx, kitchen.SCOPE, key) is None:
        order, ticket = kitchen.find(tx, ticket_id)
        notices.note(tx, now, ids, actor, order, ticket, "recall", [])
    return kitchen.act_on_ticket(tx, now, ids, actor, ticket_id, "recall", screen, key, version)
