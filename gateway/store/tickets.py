"""Tickets. `tickets.n` is `orders.n * 16 + index`, so that an order's tickets lie side by side."""

from __future__ import annotations

from gateway.domain.ticket import Ticket
from gateway.store.transaction import Reader, Row, Tx

TICKETS_PER_ORDER = 16
"""Also the most stations that one order can reach; a kitchen has three to eight."""

_COLUMNS = """n, id, station, state, proof, fired_at, fired_boot, fired_mono, updated_at, updated_by, version,
 shown_version, start_version, ready_version, doubt, slip_number, shown_at, shown_by, started_at, ready_at, served_at,
 cleared_at"""
_TICKET = f"SELECT {_COLUMNS} FROM tickets"


def insert(tx: Tx, order_n: int, tickets: list[Ticket]) -> dict[str, int]:
    """Writes the order's tickets; returns the row number of each id."""
    numbers: dict[str, int] = {}
    for index, t in enumerate(tickets):
        n = order_n * TICKETS_PER_ORDER + index
        numbers[t.id] = n
        tx.run(
            f"INSERT INTO tickets ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            n, t.id, t.station, t.state, t.proof, t.fired_at, t.fired_boot, t.fired_mono, t.updated_at, t.updated_by,
            t.version, t.shown_version, t.start_version, t.ready_version, t.doubt, t.slip_number, t.shown_at,
            t.shown_by, t.started_at, t.ready_at, t.served_at, t.cleared_at,
        )  # fmt: skip
        tx.run("INSERT INTO ids VALUES (?, ?)", t.id, n)
    return numbers


def update(tx: Tx, t: Ticket) -> None:
    """Writes what changes in a ticket's life."""
    tx.run(
        """UPDATE tickets SET state = ?, updated_at = ?, updated_by = ?, version = ?, shown_version = ?,
         start_version = ?, ready_version = ?, doubt = ?, slip_number = ?, shown_at = ?, shown_by = ?, started_at = ?,
         ready_at = ?, served_at = ?, cleared_at = ? WHERE n = (SELECT n FROM ids WHERE id = ?)""",
        t.state, t.updated_at, t.updated_by, t.version, t.shown_version, t.start_version, t.ready_version, t.doubt,
        t.slip_number, t.shown_at, t.shown_by, t.started_at, t.ready_at, t.served_at, t.cleared_at, t.id,
    )  # fmt: skip


def is_at(rows: Reader, n: int, ticket_id: str) -> bool:
    return rows.value("SELECT 1 FROM tickets WHERE n = ? AND id = ?", n, ticket_id) is not None


def id_at(rows: Reader, n: int) -> str:
    return str(rows.value("SELECT id FROM tickets WHERE n = ?", n))


def of_order(rows: Reader, order_n: int) -> list[tuple[int, Ticket]]:
    first = order_n * TICKETS_PER_ORDER
    found = rows.all(f"{_TICKET} WHERE n BETWEEN ? AND ?", first, first + TICKETS_PER_ORDER - 1)
    return [(row[0], _ticket(row)) for row in found]


def open_of_station(rows: Reader, station: str) -> list[int]:
    """Row numbers of the orders with an open ticket at this station, oldest first."""
    found = rows.all("SELECT n FROM tickets WHERE station = ? AND cleared_at IS NULL ORDER BY n", station)
    return [row[0] // TICKETS_PER_ORDER for row in found]


def open_ids(rows: Reader) -> list[tuple[str, str, int]]:
    """(station, ticket, row number of its order) of every open ticket."""
    found = rows.all("SELECT station, id, n FROM tickets WHERE cleared_at IS NULL ORDER BY n")
    return [(row[0], row[1], row[2] // TICKETS_PER_ORDER) for row in found]


def unseen(rows: Reader) -> list[Ticket]:
    """Open tickets that nothing has yet proven before a cook. The open ones are few: a lunch's at most."""
    return [_ticket(r) for r in rows.all(f"{_TICKET} WHERE cleared_at IS NULL AND state = 'QUEUED' ORDER BY n")]


def cleared_lately(rows: Reader, station: str, since: str, limit: int) -> list[int]:
    """Row numbers of the orders whose ticket at this station was cleared since then, newest first."""
    found = rows.all(
        # The last 500 tickets are more than two hours of any kitchen; no index has to be kept for this.
        """SELECT n, cleared_at FROM (SELECT n, station, cleared_at FROM tickets ORDER BY n DESC LIMIT 500)
         WHERE station = ? AND cleared_at >= ? ORDER BY cleared_at DESC LIMIT ?""",
        station, since, limit,
    )  # fmt: skip
    return [row[0] // TICKETS_PER_ORDER for row in found]


def _ticket(row: Row) -> Ticket:
    return Ticket(
        id=row[1], station=row[2], state=row[3], proof=row[4], fired_at=row[5], fired_boot=row[6],
        fired_mono=row[7], updated_at=row[8], updated_by=row[9], version=row[10], shown_version=row[11],
        start_version=row[12], ready_version=row[13], doubt=row[14], slip_number=row[15], shown_at=row[16],
        shown_by=row[17], started_at=row[18], ready_at=row[19], served_at=row[20], cleared_at=row[21],
    )  # fmt: skip
