"""The gateway as it is, and the same gateway with one thing changed. `python -m benchmarks.variants NAME --config FILE`

`pure` answers a guest's order from `Store.submit` at once, on the request's own thread. What stays: waitress, Flask,
the door with its cookie check, decoding, `sold_lines` (menu, prices, modifiers), text checks, ids, tickets, slips'
numbers from a counter, `order_document` and the answer. What is left out: the hand-over to the writer and back, every
SQL statement of the operation, JSON and compression for the journal, commit and fsync, and what wakes up after a
commit (event hub, relays). Tables, visits, menu and settings are read once, at the first order.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

from gateway.clock import Clock
from gateway.commands import run
from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.order import Cart, Order, checked_text, sold_lines
from gateway.ids import Ids
from gateway.operations import ordering
from gateway.store import Pending, Store, settings, visits, writer


class PurePart:
    """What `place_order` does without a row."""

    def __init__(self, store: Store):
        with store.read() as rows:
            self.rules = settings.the_settings(rows)
            current = settings.current_menu(rows)
            assert current is not None
            self.revision, self.menu = current
            self.visits = {token: visits.open_at(rows, name)[-1] for name, token in settings.tables(rows).items()}
        self.ids = Ids()
        self.numbers = itertools.count(1)
        self.now = Clock().now()

    def place(self, actor: Actor, cart: Cart, key: str, body_hash: bytes, visit_id: str | None) -> ordering.Placed:
        visit, now = self.visits[cart.table_token], self.now
        lines = sold_lines(cart.lines, self.menu, frozenset())
        placed = ordering.tickets_for(lines, self.rules, now, self.ids)
        order = Order(
            id=next(self.ids), number=f"A{next(self.numbers):03d}", day="2026-01-01", status="PLACED", type="dine_in",
            check=visit.id, visit=visit.id, table=visit.table, covers=cart.covers or 0,
            total=sum(line.amount for line in lines), currency=self.rules.currency, menu_revision=self.revision,
            placed_at=now.iso, updated_at=now.iso, lines=lines, tickets=placed, note=checked_text(cart.note, "note"),
            allergies=[checked_text(text, "allergies") for text in cart.allergies],
        )  # fmt: skip
        document = documents.order_document(order)
        ordering.change("placed", actor, [ticket.id for ticket in placed])
        return ordering.Placed(ordering.answer_of(document), replayed=False)


def pure() -> None:
    real: Callable[..., Pending] = Store.submit
    parts: dict[Store, PurePart] = {}

    def submit(self: Store, operation: Callable[..., Any], actor: Any, *args: Any, **kwargs: Any) -> Pending:
        if operation is not ordering.place_order:
            return real(self, operation, actor, *args, **kwargs)
        if self not in parts:
            parts[self] = PurePart(self)
        pending = Pending(operation, actor, args, kwargs)
        pending.settle(parts[self].place(actor, *args))
        return pending

    Store.submit = submit  # type: ignore[method-assign]


def one_by_one() -> None:
    """One transaction, one fsync, for every order."""
    writer.MAX_BATCH = 1


VARIANTS: dict[str, Callable[[], None]] = {"as_it_is": lambda: None, "pure": pure, "one_by_one": one_by_one}

if __name__ == "__main__":
    VARIANTS[sys.argv[1]]()
    sys.exit(run.main(sys.argv[2:]))
