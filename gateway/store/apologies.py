"""Checks whose guests were told that the kitchen has not confirmed, from the first such word until all is proven."""

from __future__ import annotations

from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Tx


def begin(tx: Tx, check_id: str, at: str) -> bool:
    """True when none stood for this check."""
    return bool(tx.run("INSERT OR IGNORE INTO apologies VALUES (?, ?)", row_of(check_id), at))


def end(tx: Tx, check_id: str) -> None:
    tx.run("DELETE FROM apologies WHERE check_n = ?", row_of(check_id))


_UNPROVEN = "t.cleared_at IS NULL AND t.state = 'QUEUED' AND t.hold != 'held' AND t.doubt != 'mute'"
"""What a printer printed that cannot say so is no incident: somebody has only to look."""


def over(rows: Reader) -> list[str]:
    """Checks of which nothing is unproven any more. Few stand at any time, and mostly none."""
    if not rows.all("SELECT 1 FROM apologies LIMIT 1"):
        return []
    found = rows.all(
        f"""SELECT c.id FROM apologies a JOIN checks c ON c.n = a.check_n WHERE a.check_n NOT IN (
         SELECT o.check_n FROM tickets t INDEXED BY tickets_open JOIN orders o ON o.n = t.order_n WHERE {_UNPROVEN})"""
    )
    return [row[0] for row in found]
