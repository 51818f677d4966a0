"""Tickets. An order's tickets are made right after it, so that they lie behind its number, side by side."""

from __future__ import annotations

from gateway.domain.now import Now
from gateway.domain.ticket import Ticket
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Row, Tx

TICKETS_PER_ORDER = 16
"""The most stations that one order can reach; a kitchen has three to eight."""

_COLUMNS = """n, id, order_n, station, state, proof, fired_at, fired_boot, fired_mono, updated_at, updated_by,
 fired_grade, version, shown_version, start_version, ready_version, doubt, slip_number, shown_at, shown_by, started_at,
 ready_at, served_at, cleared_at, hold, course, later, ended, allergy_at, allergy_by"""
_TICKET = f"SELECT {_COLUMNS} FROM tickets"


_INSERT = f"INSERT INTO tickets ({_COLUMNS}, first_job) VALUES ({', '.join('?' * 31)})"


def insert(tx: Tx, order_n: int, tickets: list[Ticket], first_jobs: dict[str, int]) -> None:
    """`first_jobs`: the row number of a ticket's first paper, by ticket."""
    tx.run_many(
        _INSERT,
        [
            (
                row_of(t.id), t.id, order_n, t.station, t.state, t.proof, t.fired_at, t.fired_boot, t.fired_mono,
                t.updated_at, t.updated_by, t.fired_grade, t.version, t.shown_version, t.start_version,
                t.ready_version, t.doubt, t.slip_number, t.shown_at, t.shown_by, t.started_at, t.ready_at,
                t.served_at, t.cleared_at, t.hold, t.course, int(t.later), t.ended,
                t.allergy_at, t.allergy_by,
                first_jobs.get(t.id),
            )
            for t in tickets
        ],
    )  # fmt: skip


def update(tx: Tx, t: Ticket) -> None:
    """Writes what changes in a ticket's life."""
    tx.run(
        """UPDATE tickets SET state = ?, updated_at = ?, updated_by = ?, version = ?, shown_version = ?,
         start_version = ?, ready_version = ?, doubt = ?, slip_number = ?, shown_at = ?, shown_by = ?, started_at = ?,
         ready_at = ?, served_at = ?, cleared_at = ?, hold = ?, fired_at = ?, fired_boot = ?, fired_mono = ?,
         fired_grade = ?, ended = ?, station = ?, allergy_at = ?, allergy_by = ? WHERE n = ?""",
        t.state, t.updated_at, t.updated_by, t.version, t.shown_version, t.start_version, t.ready_version, t.doubt,
        t.slip_number, t.shown_at, t.shown_by, t.started_at, t.ready_at, t.served_at, t.cleared_at, t.hold,
        t.fired_at, t.fired_boot, t.fired_mono, t.fired_grade, t.ended, t.station, t.allergy_at, t.allergy_by,
        row_of(t.id),
    )  # fmt: skip


def order_of(rows: Reader, ticket_id: str) -> int | None:
    """The row number of the order that a ticket belongs to."""
    n: int | None = rows.value("SELECT order_n FROM tickets WHERE n = ? AND id = ?", row_of(ticket_id), ticket_id)
    return n


def of_order(rows: Reader, order_n: int) -> list[Ticket]:
    """The tickets of an order: the first few rows behind its number, then those that were made later."""
    found = rows.all(f"{_TICKET} WHERE n > ? ORDER BY n LIMIT ?", order_n, TICKETS_PER_ORDER)
    later = rows.all(f"{_TICKET} INDEXED BY tickets_later WHERE order_n = ? AND later = 1 ORDER BY n", order_n)
    return [_ticket(row) for row in [*(row for row in found if row[2] == order_n and not row[26]), *later]]


def open_of_station(rows: Reader, station: str) -> list[int]:
    """Row numbers of the orders with an open ticket at this station, oldest first. Held ones are before nobody yet."""
    open_here = "station = ? AND cleared_at IS NULL AND hold != 'held'"
    found = rows.all(f"SELECT order_n FROM tickets WHERE {open_here} ORDER BY n", station)
    return [row[0] for row in found]


def open_ids(rows: Reader) -> list[tuple[str, str, int]]:
    """(station, ticket, row number of its order) of every open ticket."""
    found = rows.all(
        "SELECT station, id, order_n FROM tickets INDEXED BY tickets_open WHERE cleared_at IS NULL AND hold != 'held'"
    )
    return [(row[0], row[1], row[2]) for row in found]


def held_stations(rows: Reader) -> list[str]:
    """The station of every ticket that waits to be called."""
    held = "cleared_at IS NULL AND hold = 'held'"
    return [row[0] for row in rows.all(f"SELECT station FROM tickets INDEXED BY tickets_open WHERE {held}")]


# Without the index's name SQLite walks every ticket there ever was, because that spares it the sorting.
_UNSEEN = "FROM tickets INDEXED BY tickets_open WHERE cleared_at IS NULL AND state = 'QUEUED' AND hold != 'held'"


def unseen(rows: Reader) -> list[Ticket]:
    """Open tickets that nothing has yet proven before a cook. The open ones are few: a lunch's at most."""
    return [_ticket(row) for row in rows.all(f"SELECT {_COLUMNS} {_UNSEEN} ORDER BY n")]


def unseen_for(rows: Reader, seconds: float, now: Now) -> list[Ticket]:
    """Those of them that were fired at least so long ago; in a burst the others are nearly all."""
    old = "AND (fired_boot <> ? OR fired_mono + ? <= ?)"
    found = rows.all(f"SELECT {_COLUMNS} {_UNSEEN} {old} ORDER BY n", now.boot, seconds, now.monotonic)
    return [_ticket(row) for row in found]


def next_unseen_for(rows: Reader, seconds: float, now: Now) -> float | None:
    """The monotonic second at which the next one will have been fired so long ago."""
    young = "AND fired_boot = ? AND fired_mono + ? > ?"
    found: float | None = rows.value(
        f"SELECT min(fired_mono) + ? {_UNSEEN} {young}", seconds, now.boot, seconds, now.monotonic
    )
    return found


_LEFT = "CASE WHEN state = 'READY' THEN ready_at ELSE cleared_at END"
"""When a ticket left its station's board: a ready one stands at the pass, and is open until it is served."""


def cleared_lately(rows: Reader, station: str, since: str, limit: int) -> list[int]:
    """Row numbers of the orders whose ticket has left this station's board since then, served or ready at the pass,
    newest first."""
    found = rows.all(
        # The last 500 tickets are more than two hours of any kitchen; no index has to be kept for this.
        f"""SELECT order_n FROM (SELECT n, order_n, station, {_LEFT} AS gone FROM tickets WHERE hold != 'held'
         ORDER BY n DESC LIMIT 500) WHERE station = ? AND gone >= ? ORDER BY gone DESC LIMIT ?""",
        station, since, limit,
    )  # fmt: skip
    return [row[0] for row in found]


_RUSHED = "EXISTS (SELECT 1 FROM notices x WHERE x.ticket = tickets.n AND x.kind = 'rush' AND x.acked_at IS NULL)"
"""As the screen has them: what somebody rushed first, then by age."""

_ON_THE_BOARD = "station = ? AND cleared_at IS NULL AND hold != 'held' AND state <> 'READY'"


def at_station(rows: Reader, station: str, place: int) -> Ticket | None:
    """The open ticket that stands at this place of its station's screen, from 1."""
    found = rows.one(
        f"{_TICKET} WHERE {_ON_THE_BOARD} ORDER BY {_RUSHED} DESC, fired_at, n LIMIT 1 OFFSET ?", station, place - 1
    )
    return _ticket(found) if found else None


def last_cleared_by(rows: Reader, station: str, by: str, since: str) -> Ticket | None:
    """What this hand has bumped last at a station since then, if nobody has touched it after that."""
    found = rows.one(
        f"""SELECT {_COLUMNS} FROM (SELECT *, {_LEFT} AS gone FROM tickets ORDER BY n DESC LIMIT 500)
         WHERE station = ? AND updated_by = ? AND gone >= ? ORDER BY gone DESC LIMIT 1""",
        station, by, since,
    )  # fmt: skip
    return _ticket(found) if found else None


def _ticket(row: Row) -> Ticket:
    return Ticket(
        id=row[1], station=row[3], state=row[4], proof=row[5], fired_at=row[6], fired_boot=row[7], fired_mono=row[8],
        updated_at=row[9], updated_by=row[10], fired_grade=row[11], version=row[12], shown_version=row[13],
        start_version=row[14], ready_version=row[15], doubt=row[16], slip_number=row[17], shown_at=row[18],
        shown_by=row[19], started_at=row[20], ready_at=row[21], served_at=row[22], cleared_at=row[23], hold=row[24],
        course=row[25], later=bool(row[26]), ended=row[27], allergy_at=row[28], allergy_by=row[29],
    )  # fmt: skip
