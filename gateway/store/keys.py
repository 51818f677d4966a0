"""Idempotency keys. A key remembers the slot of the event that its operation made: the former answer is there."""

from __future__ import annotations

import hashlib

from gateway.domain.errors import Refused
from gateway.store.transaction import Reader, Tx


def fingerprint(body: bytes) -> bytes:
    """Tells two bodies under one key apart: 8 bytes, for a clash only fools who made it."""
    return hashlib.sha256(body).digest()[:8]


def _digest(scope: str, key: str) -> bytes:
    """Keys come in any length; 16 bytes of each keep the row, and the page it touches, small."""
    return hashlib.sha256(f"{scope}\0{key}".encode()).digest()[:16]


def find(rows: Reader, scope: str, key: str) -> tuple[bytes, int] | None:
    """(fingerprint, slot) of the operation that this key did."""
    row = rows.one("SELECT hash, slot FROM keys WHERE key = ?", _digest(scope, key))
    return (row[0], row[1]) if row else None


def slot_of(rows: Reader, scope: str, key: str, body_hash: bytes) -> int | None:
    """The slot of the operation that this key did with this body.

    Raises `Refused("idempotency_key_reused")` where its body was another.
    """
    found = find(rows, scope, key)
    if found and found[0] != body_hash:
        raise Refused("idempotency_key_reused")
    return found[1] if found else None


def remember(tx: Tx, scope: str, key: str, body_hash: bytes, slot: int) -> None:
    tx.run("INSERT INTO keys VALUES (?, ?, ?)", _digest(scope, key), body_hash, slot)


def prune(tx: Tx, before_slot: int, limit: int) -> int:
    """Deletes keys whose events are gone. A scan: run when idle, a few rows at a time."""
    return tx.run("DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE slot < ? LIMIT ?)", before_slot, limit)
