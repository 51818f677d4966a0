"""Changes of tickets that cooks must see by themselves. Most tickets have none."""

from __future__ import annotations

import msgspec

from gateway.domain.notice import Notice, NoticeLine
from gateway.domain.now import Now
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Row, Tx

_NOTICE = """SELECT x.id, t.id, x.number, x.kind, x.lines, x.by, x.at, x.boot, x.mono, x.version, x.reason,
 x.from_place, x.slip_number, x.shown_at, x.shown_by, x.acked_at, x.acked_by, x.note, x.note_before,
 x.also FROM notices x JOIN tickets t ON t.n = x.ticket"""

# Made before there are threads: see gateway/web/api/route.py.
_lines_of = msgspec.json.Decoder(list[NoticeLine]).decode
_ids_of = msgspec.json.Decoder(list[str]).decode


def insert(tx: Tx, notice: Notice) -> None:
    tx.run(
        f"INSERT INTO notices VALUES ({', '.join('?' * 21)})",
        row_of(notice.id), notice.id, row_of(notice.ticket), notice.number, notice.kind,
        msgspec.json.encode(notice.lines).decode(), notice.by, notice.at, notice.boot, notice.mono, notice.version,
        notice.reason, notice.from_place, notice.slip_number, notice.shown_at, notice.shown_by, notice.acked_at,
        notice.acked_by, notice.note, notice.note_before, msgspec.json.encode(notice.also).decode(),
    )  # fmt: skip
    tx.changed.add("tickets")


def update(tx: Tx, notice: Notice) -> None:
    """Writes what changes in a notice's life."""
    tx.run(
        "UPDATE notices SET slip_number = ?, shown_at = ?, shown_by = ?, acked_at = ?, acked_by = ?, also = ?"
        " WHERE n = ?",
        notice.slip_number, notice.shown_at, notice.shown_by, notice.acked_at, notice.acked_by,
        msgspec.json.encode(notice.also).decode(), row_of(notice.id),
    )  # fmt: skip
    tx.changed.add("tickets")


def of_tickets(rows: Reader, ticket_ids: list[str]) -> list[Notice]:
    """Of one order's tickets, oldest first."""
    marks = ", ".join("?" * len(ticket_ids))
    found = rows.all(f"{_NOTICE} WHERE x.ticket IN ({marks}) ORDER BY x.n", *map(row_of, ticket_ids))
    return [_notice(row) for row in found]


def get(rows: Reader, notice_id: str) -> Notice | None:
    row = rows.one(f"{_NOTICE} WHERE x.n = ? AND x.id = ?", row_of(notice_id), notice_id)
    return _notice(row) if row else None


def unseen_for(rows: Reader, seconds: float, now: Now) -> list[Notice]:
    """What nothing has proven before a cook for so long, oldest first."""
    old = "(x.boot <> ? OR x.mono + ? <= ?)"
    found = rows.all(
        f"{_NOTICE} WHERE x.shown_at IS NULL AND x.acked_at IS NULL AND {old} ORDER BY x.n",
        now.boot, seconds, now.monotonic,
    )  # fmt: skip
    return [_notice(row) for row in found]


def next_unseen_for(rows: Reader, seconds: float, now: Now) -> float | None:
    """The monotonic second at which the next one will have been made so long ago."""
    found: float | None = rows.value(
        "SELECT min(mono) + ? FROM notices WHERE shown_at IS NULL AND acked_at IS NULL AND boot = ? AND mono + ? > ?",
        seconds, now.boot, seconds, now.monotonic,
    )  # fmt: skip
    return found


def _notice(row: Row) -> Notice:
    values = list(row)
    values[4], values[-1] = _lines_of(row[4]), _ids_of(row[-1])
    return Notice(*values)
