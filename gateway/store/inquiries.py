"""Inquiries at bridges, and what they answered."""

from __future__ import annotations

from gateway.domain.inquiry import Inquiry
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Row, Tx

KEPT = 5
"""Of each kind, device and end: the newest, to compare a printer with itself."""

_COLUMNS = "id, bridge, op, device, state, asked_by, asked_at, boot, mono, answer"


def insert(tx: Tx, one: Inquiry) -> None:
    tx.run(
        "INSERT INTO inquiries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row_of(one.id), one.id, one.bridge, one.op,
        one.device, one.state, one.asked_by, one.asked_at, one.boot, one.mono, one.answer,
    )  # fmt: skip
    tx.changed.add("inquiries")


def update(tx: Tx, one: Inquiry) -> None:
    """It has ended: the oldest ones go that ended so. Refusals do not push out what was found."""
    tx.run("UPDATE inquiries SET state = ?, answer = ? WHERE n = ?", one.state, one.answer, row_of(one.id))
    tx.run(
        """DELETE FROM inquiries WHERE state = ?1 AND bridge = ?2 AND op = ?3 AND device = ?4 AND n NOT IN (
         SELECT n FROM inquiries WHERE state = ?1 AND bridge = ?2 AND op = ?3 AND device = ?4
         ORDER BY n DESC LIMIT ?5)""",
        one.state, one.bridge, one.op, one.device, KEPT,
    )  # fmt: skip
    tx.changed.add("inquiries")


def get(rows: Reader, inquiry_id: str) -> Inquiry | None:
    row = rows.one(f"SELECT {_COLUMNS} FROM inquiries WHERE n = ? AND id = ?", row_of(inquiry_id), inquiry_id)
    return _inquiry(row) if row else None


def at(rows: Reader, row: int) -> Inquiry | None:
    """The inquiry in this row; None when it is one of the oldest, which are gone."""
    found = rows.one(f"SELECT {_COLUMNS} FROM inquiries WHERE n = ?", row)
    return _inquiry(found) if found else None


def unanswered(rows: Reader) -> list[Inquiry]:
    """Oldest first."""
    return [_inquiry(row) for row in rows.all(f"SELECT {_COLUMNS} FROM inquiries WHERE state = 'ASKED' ORDER BY n")]


def newest(rows: Reader, op: str, device: str) -> Inquiry | None:
    """The newest answer of its kind about this device."""
    row = rows.one(
        f"SELECT {_COLUMNS} FROM inquiries WHERE state = 'ANSWERED' AND op = ? AND device = ? ORDER BY n DESC LIMIT 1",
        op, device,
    )  # fmt: skip
    return _inquiry(row) if row else None


def last_done(rows: Reader, op: str, device: str) -> Inquiry | None:
    """The last one of its kind about this device that was not refused."""
    row = rows.one(
        f"SELECT {_COLUMNS} FROM inquiries WHERE state != 'REFUSED' AND op = ? AND device = ? ORDER BY n DESC LIMIT 1",
        op, device,
    )  # fmt: skip
    return _inquiry(row) if row else None


def _inquiry(row: Row) -> Inquiry:
    return Inquiry(*row)
