"""What the ledger reads: the journal's promises of a day, and what the rows say has become of them."""

from __future__ import annotations

from gateway.domain.ledger import LineNow, NoticeNow, OrderNow, PaperNow, TicketNow
from gateway.domain.print_job import COOKED_BY, NOTICE
from gateway.domain.promises import EVENTS
from gateway.store import journal
from gateway.store.ids import row_of
from gateway.store.orders import LINES_PER_ORDER
from gateway.store.tickets import TICKETS_PER_ORDER
from gateway.store.transaction import Reader, Row, Tx

AT_ONCE = 500
"""Slots read in one piece: some five minutes of a full house, 10 ms."""

_TYPES = tuple(f"tablepass.{kind}.v1" for kind in EVENTS)

_ASKING = (
    "ticket_unseen", "notice_unseen", "slip_unknown", "slip_gap", "slip_stale", "slip_stale_unanswered", "slip_silent",
)  # fmt: skip
"""Conditions that ask a person about one ticket, notice or paper, their subject."""


Promise = tuple[str, str, str, bytes]
"""An event's kind, its time, its business day, its data."""


def promises(rows: Reader, slot: int) -> tuple[list[Promise], int]:
    """Those of the next `AT_ONCE` events behind `slot` by which something is to be cooked, oldest first, and the slot
    that they reach to: `slot` itself when there are none."""
    found, upto = _events(rows, "type, at, bizday, data", slot)
    return [(kind[10:-3], at, day, journal.unpack(data)) for kind, at, day, data in found], upto


def promised(rows: Reader, slot: int) -> tuple[list[Row], int]:
    """The same events unread: (slot, time, business day, subject). A tenth of the work."""
    return _events(rows, "slot, at, bizday, subject", slot)


def _events(rows: Reader, columns: str, slot: int) -> tuple[list[Row], int]:
    upto = rows.value(
        "SELECT max(slot) FROM (SELECT slot FROM journal WHERE slot > ? ORDER BY slot LIMIT ?)", slot, AT_ONCE
    )
    if upto is None:
        return [], slot
    marks = ", ".join("?" * len(_TYPES))
    found = rows.all(
        f"SELECT {columns} FROM journal WHERE slot > ? AND slot <= ? AND type IN ({marks}) ORDER BY slot",
        slot, upto, *_TYPES,
    )  # fmt: skip
    return found, int(upto)


def slot_before(rows: Reader, day: str) -> int:
    """A slot behind which all events of this business day are. Walked back to from the end, as no index from days to
    slots is kept: until `AT_ONCE` entries in a row are of days before it."""
    upto = journal.last_slot(rows)
    while True:
        part = rows.all("SELECT slot, bizday FROM journal WHERE slot <= ? ORDER BY slot DESC LIMIT ?", upto, AT_ONCE)
        if not part:
            return 0
        upto = int(part[-1][0]) - 1
        if all(of < day for _, of in part):
            return upto


def asked_about(rows: Reader) -> set[str]:
    marks = ", ".join("?" * len(_ASKING))
    return {row[0] for row in rows.all(f"SELECT subject FROM conditions WHERE code IN ({marks})", *_ASKING)}


def version_of(rows: Reader, order_id: str) -> int:
    """Of an order that may be too broken to be loaded; 1 for none."""
    found = rows.value("SELECT version FROM orders WHERE n = ? AND id = ?", row_of(order_id), order_id)
    return int(found or 1)


_TICKETS = """SELECT n, id, station, state, hold, shown_at, shown_by, shown_version, cleared_at, fired_boot, fired_mono,
 first_job, order_n, later FROM tickets"""


def order_now(rows: Reader, order_id: str) -> OrderNow | None:
    """The rows of one order; None when there are none."""
    n = row_of(order_id)
    known = rows.one("SELECT number, dining_table FROM orders WHERE n = ? AND id = ?", n, order_id)
    if known is None:
        return None
    found = rows.all(f"{_TICKETS} WHERE n > ? ORDER BY n LIMIT ?", n, TICKETS_PER_ORDER)
    later = rows.all(f"{_TICKETS} INDEXED BY tickets_later WHERE order_n = ? AND later = 1 ORDER BY n", n)
    tickets = [*(row for row in found if row[12] == n and not row[13]), *later]
    ids = {row[0]: row[1] for row in tickets}
    return OrderNow(
        order_id, known[0], known[1], {line.id: line for line in _lines(rows, n, ids)},
        {row[1]: _ticket(row, _papers(rows, row)) for row in tickets},
        {notice.id: notice for notice in _refires(rows, ids)},
    )  # fmt: skip


def _ticket(row: Row, papers: list[PaperNow]) -> TicketNow:
    _, ticket_id, station, state, hold, shown_at, shown_by, shown_version, cleared_at, boot, mono, *_ = row
    return TicketNow(
        ticket_id, station, state, hold, shown_at, shown_by, shown_version, cleared_at, boot, mono, papers
    )


def _lines(rows: Reader, order_n: int, tickets: dict[int, str]) -> list[LineNow]:
    first = order_n * LINES_PER_ORDER
    found = rows.all(
        "SELECT n, ticket, quantity, state, cancelled, returned, former FROM lines WHERE n BETWEEN ? AND ? ORDER BY n",
        first, first + LINES_PER_ORDER - 1,
    )  # fmt: skip
    return [
        LineNow(row[0] - first, tickets.get(row[1], ""), row[2], row[3], row[4], row[5], row[6].split())
        for row in found
    ]


_PAPER = "SELECT id, kind, part, state, settled, station, number FROM jobs"
_LATER = "(copy > 1 OR diverted_from IS NOT NULL OR part > 1 OR kind = 'notice')"
"""Word for word as the index has it."""

_KINDS = (*COOKED_BY, NOTICE)


def _papers(rows: Reader, ticket: Row) -> list[PaperNow]:
    first = rows.all(f"{_PAPER} WHERE n = ?", ticket[11]) if ticket[11] is not None else []
    later = rows.all(f"{_PAPER} INDEXED BY jobs_later WHERE ticket = ? AND {_LATER} ORDER BY n", ticket[0])
    return [PaperNow(*row) for row in [*first, *later] if row[1] in _KINDS]


def _refires(rows: Reader, tickets: dict[int, str]) -> list[NoticeNow]:
    marks = ", ".join("?" * len(tickets))
    found = rows.all(
        "SELECT id, ticket, number, shown_at, shown_by, boot, mono FROM notices"
        f" WHERE ticket IN ({marks}) AND kind = 'refire' ORDER BY n",
        *tickets,
    )
    return [NoticeNow(row[0], tickets[row[1]], *row[2:]) for row in found]


def last_numbers(rows: Reader, day: str) -> dict[str, int]:
    """The last slip number of each station that took one on this day."""
    found = rows.all("SELECT name, value FROM counters WHERE day = ? AND name LIKE 'slip:%'", day)
    return {name.removeprefix("slip:"): value for name, value in found}


def is_known(rows: Reader, day: str) -> bool:
    return rows.value("SELECT 1 FROM business_days WHERE day = ?", day) is not None


def days(rows: Reader, limit: int) -> list[str]:
    """Business days, newest first."""
    return [row[0] for row in rows.all("SELECT day FROM business_days ORDER BY day DESC LIMIT ?", limit)]


def keep(tx: Tx, day: str, at: str, proof: str) -> None:
    """Keeps the proof of a day that is over. The journal's events of it are deleted one day."""
    tx.run("INSERT OR REPLACE INTO ledger_days VALUES (?, ?, ?)", day, at, proof)


def kept(rows: Reader, day: str) -> str | None:
    found: str | None = rows.value("SELECT proof FROM ledger_days WHERE day = ?", day)
    return found


def forget(tx: Tx, day: str) -> None:
    """The day goes on after all: a clock had ended it too early."""
    tx.run("DELETE FROM ledger_days WHERE day = ?", day)
