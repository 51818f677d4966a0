"""What was crossed off at the pass slip by slip, and what the pass was told about it last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.domain.now import Now
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Tx

KEPT = 8
"""Sayings. A page that was away for a moment speaks the last ones; older ones are about plates that are gone."""


@dataclass(frozen=True)
class Crossing:
    part: int
    at: str
    by: str


@dataclass(frozen=True)
class Saying:
    """`body` is what was said (gateway/domain/saying.py); `boot` and `mono` tell how old it is."""

    id: str
    at: str
    boot: str
    mono: float
    body: dict[str, Any]


def of_ticket(rows: Reader, ticket_id: str) -> dict[int, Crossing]:
    """The slips of a ticket that have been scanned, by their part."""
    found = rows.all("SELECT part, at, by FROM crossings WHERE ticket = ?", row_of(ticket_id))
    return {part: Crossing(part, at, by) for part, at, by in found}


def cross(tx: Tx, ticket_id: str, part: int, at: str, by: str) -> None:
    tx.run("INSERT INTO crossings VALUES (?, ?, ?, ?)", row_of(ticket_id), part, at, by)


def forget(tx: Tx, ticket_id: str) -> None:
    """The ticket is back with its cook: its slips are scanned anew."""
    tx.run("DELETE FROM crossings WHERE ticket = ?", row_of(ticket_id))


def say(tx: Tx, now: Now, saying_id: str, body: dict[str, Any]) -> None:
    tx.run(
        "INSERT INTO pass_says VALUES (?, ?, ?, ?, ?, ?)",
        row_of(saying_id), saying_id, now.iso, now.boot, now.monotonic, msgspec.json.encode(body).decode(),
    )  # fmt: skip
    tx.run("DELETE FROM pass_says WHERE n NOT IN (SELECT n FROM pass_says ORDER BY n DESC LIMIT ?)", KEPT)
    tx.changed.add("pass")


def said(rows: Reader) -> list[Saying]:
    """The last ones, oldest first."""
    found = rows.all("SELECT id, at, boot, mono, body FROM pass_says ORDER BY n")
    return [Saying(row[0], row[1], row[2], row[3], msgspec.json.decode(row[4])) for row in found]
