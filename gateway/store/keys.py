"""Idempotency keys. A key remembers the slot of the event that its operation made: the former answer is there."""

from __future__ import annotations

import hashlib

from gateway.store.transaction import Reader, Tx


def fingerprint(body: bytes) -> bytes:
    """Tells two bodies apart; 12 bytes keep the row small, and a clash needs 2^48 tries with one key."""
    return hashlib.sha256(body).digest()[:12]


def find(rows: Reader, scope: str, key: str) -> tuple[bytes, int] | None:
    """(fingerprint, slot) of the operation that this key did."""
    row = rows.one("SELECT hash, slot FROM keys WHERE scope = ? AND key = ?", scope, key)
    return (row[0], row[1]) if row else None


def remember(tx: Tx, scope: str, key: str, body_hash: bytes, slot: int) -> None:
    tx.run("INSERT INTO keys VALUES (?, ?, ?, ?)", scope, key, body_hash, slot)


def prune(tx: Tx, before_slot: int, limit: int) -> int:
    return tx.run(
        "DELETE FROM keys WHERE (scope, key) IN (SELECT scope, key FROM keys WHERE slot < ? LIMIT ?)", before_slot, limit
    )
