"""Print jobs: work to do once, in the order in which it was made."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.print_job import OPEN, PrintJob
from gateway.store import tickets
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Row, Tx

_JOB = """SELECT j.id, j.kind, j.printer, j.station, t.id, o.id, j.copy, j.state, j.number, j.created_at, j.updated_at,
 j.boot, j.mono, j.reason, j.evidence, j.attempts, j.replaces, j.intent, j.target, j.diverted_from, j.settled
 FROM jobs j JOIN tickets t ON t.n = j.ticket JOIN orders o ON o.n = t.order_n"""


_OPEN = f"state IN {OPEN}"
"""As the indexes have it, word for word; a tuple of words reads the same in both languages."""

_HEADS = f"""WITH RECURSIVE p (printer) AS (
 SELECT min(printer) FROM jobs WHERE {_OPEN}
 UNION ALL
 SELECT (SELECT min(printer) FROM jobs WHERE {_OPEN} AND printer > p.printer) FROM p WHERE printer IS NOT NULL)
 SELECT (SELECT min(n) FROM jobs WHERE {_OPEN} AND printer = p.printer) FROM p WHERE printer IS NOT NULL"""
"""From printer to printer through the index: GROUP BY would walk through all that waits for a dead one."""


_LATER = "(copy > 1 OR diverted_from IS NOT NULL)"
"""Word for word as the index has it."""

_INSERT = "INSERT INTO jobs VALUES"


def insert(tx: Tx, job: PrintJob) -> None:
    row = _row(job)
    tx.insert_rows(_INSERT, [row])
    if job.copy == 1 and job.diverted_from is None:
        tx.run("UPDATE tickets SET first_job = ? WHERE n = ?", row[0], row_of(job.ticket))


def insert_first(tx: Tx, papers: list[PrintJob]) -> None:
    """The first papers of an order's tickets, which have been written with it and name them already."""
    tx.insert_rows(_INSERT, [_row(job) for job in papers])


def _row(job: PrintJob) -> Row:
    return (
        row_of(job.id), job.id, job.kind, job.printer, job.station, row_of(job.ticket), job.copy, job.state,
        job.number, job.created_at, job.updated_at, job.boot, job.mono, job.reason, job.evidence, job.attempts,
        job.replaces, job.settled, job.intent, job.target, job.diverted_from,
    )  # fmt: skip


def update(tx: Tx, job: PrintJob) -> None:
    tx.run(
        """UPDATE jobs SET state = ?, updated_at = ?, boot = ?, mono = ?, reason = ?, evidence = ?, attempts = ?,
         intent = ?, target = ?, settled = ? WHERE n = ?""",
        job.state, job.updated_at, job.boot, job.mono, job.reason, job.evidence, job.attempts, job.intent, job.target,
        job.settled, row_of(job.id),
    )  # fmt: skip


def get(rows: Reader, job_id: str) -> PrintJob | None:
    row = rows.one(f"{_JOB} WHERE j.n = ? AND j.id = ?", row_of(job_id), job_id)
    return _job(row) if row else None


def heads(rows: Reader) -> list[PrintJob]:
    """The oldest open job of each printer: the only ones that may be out."""
    return [_job(row) for (n,) in rows.all(_HEADS) if (row := rows.one(f"{_JOB} WHERE j.n = ?", n))]


def is_out(rows: Reader, job: PrintJob) -> bool:
    """Whether a bridge may know this open job. Only the oldest of a printer is ever handed over."""
    return bool(rows.value(f"SELECT min(n) FROM jobs WHERE {_OPEN} AND printer = ?", job.printer) == row_of(job.id))


@dataclass(frozen=True)
class Waiting:
    """A paper behind a printer, and the moment its dishes were fired: what is old is judged by that."""

    job: PrintJob
    fired_boot: str
    fired_mono: float
    fired_at: str


def waiting_at(rows: Reader, printer: str, limit: int) -> list[Waiting]:
    """What a printer has not begun and nobody wants back already, oldest first."""
    found = rows.all(f"SELECT n FROM jobs WHERE {_OPEN} AND printer = ? ORDER BY n LIMIT ?", printer, limit)
    papers = [job for (n,) in found if (job := at(rows, n)).state != "SENDING" and not job.intent]
    fired = "SELECT fired_boot, fired_mono, fired_at FROM tickets WHERE n = ?"
    return [Waiting(job, *row) for job in papers if (row := rows.one(fired, row_of(job.ticket)))]


def stale(rows: Reader) -> list[PrintJob]:
    """Papers that came too late, and wait for a person's word, oldest first."""
    return _numbered(rows, "SELECT n FROM jobs INDEXED BY jobs_stale WHERE state = 'STALE'")


def withdrawals(rows: Reader) -> list[PrintJob]:
    """Open jobs that are wanted back."""
    return _numbered(
        rows,
        f"SELECT n FROM jobs INDEXED BY jobs_withdrawn WHERE intent != '' AND {_OPEN}",
    )


def _numbered(rows: Reader, sql: str) -> list[PrintJob]:
    """The jobs of these row numbers, oldest first. Sorted here: asked to, SQLite would read every job."""
    return [_job(row) for (n,) in sorted(rows.all(sql)) if (row := rows.one(f"{_JOB} WHERE j.n = ?", n))]


def waiting_count(rows: Reader, printer: str) -> int:
    return int(
        rows.value(f"SELECT count(*) FROM jobs WHERE printer = ? AND {_OPEN}", printer)
    )


def unknown(rows: Reader) -> list[PrintJob]:
    """Papers that nobody can speak for, oldest first."""
    return _numbered(rows, "SELECT n FROM jobs INDEXED BY jobs_unknown WHERE state = 'UNKNOWN' AND settled IS NULL")


def missing_before(rows: Reader, job: PrintJob, day: str) -> list[int]:
    """Numbers of the same station and business day that nothing proves and nobody has answered for, before this one."""
    found = rows.all(
        """SELECT DISTINCT j.number FROM jobs j INDEXED BY jobs_unknown
         JOIN tickets t ON t.n = j.ticket JOIN orders o ON o.n = t.order_n
         WHERE j.state = 'UNKNOWN' AND j.settled IS NULL AND j.station = ? AND j.number < ? AND o.day = ?""",
        job.station, job.number, day,
    )  # fmt: skip
    return sorted(number for (number,) in found)


def of_ticket(rows: Reader, ticket_id: str) -> list[PrintJob]:
    """All papers of a ticket, oldest first. The ticket knows its first; of the others, which are few, there is an
    index."""
    n = row_of(ticket_id)
    first = rows.value("SELECT first_job FROM tickets WHERE n = ? AND id = ?", n, ticket_id)
    if first is None:
        return []
    found = [rows.one(f"{_JOB} WHERE j.n = ?", first)]
    found += rows.all(f"{_JOB} WHERE j.ticket = ? AND {_LATER} ORDER BY j.n", n)
    return [_job(row) for row in found if row]


def of_order(rows: Reader, order_id: str) -> list[PrintJob]:
    """All papers of an order, its tickets' one after the other."""
    of_tickets = [of_ticket(rows, ticket.id) for ticket in tickets.of_order(rows, row_of(order_id))]
    return [job for found in of_tickets for job in found if job.order_id == order_id]


def newest(rows: Reader, state: str | None, limit: int) -> list[PrintJob]:
    where = "WHERE j.state = ?" if state else ""
    args = (state, limit) if state else (limit,)
    return [_job(r) for r in rows.all(f"{_JOB} {where} ORDER BY j.n DESC LIMIT ?", *args)]


def at(rows: Reader, n: int) -> PrintJob:
    row = rows.one(f"{_JOB} WHERE j.n = ?", n)
    if row is None:
        raise LookupError(f"no job row {n}")
    return _job(row)


def _job(row: Row) -> PrintJob:
    return PrintJob(*row)
