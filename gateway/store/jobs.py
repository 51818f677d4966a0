"""Print jobs: work to do once, in the order in which it was made."""

from __future__ import annotations

from gateway.domain.print_job import PrintJob
from gateway.store.tickets import TICKETS_PER_ORDER
from gateway.store.transaction import Reader, Row, Tx

_JOB = f"""SELECT j.id, j.kind, j.printer, j.station, t.id, o.id, j.copy, j.state, j.number, j.created_at, j.updated_at,
 j.boot, j.mono, j.reason, j.evidence, j.attempts, j.replaces, j.withdraw, j.settled
 FROM jobs j JOIN tickets t ON t.n = j.ticket JOIN orders o ON o.n = j.ticket / {TICKETS_PER_ORDER}"""


def insert(tx: Tx, job: PrintJob) -> None:
    n = int(tx.value("SELECT coalesce(max(n), 0) + 1 FROM jobs"))
    tx.run(
        "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, (SELECT n FROM ids WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        n, job.id, job.kind, job.printer, job.station, job.ticket, job.copy, job.state, job.number, job.created_at,
        job.updated_at, job.boot, job.mono, job.reason, job.evidence, job.attempts, job.replaces, int(job.withdraw),
        job.settled,
    )  # fmt: skip
    tx.run("INSERT INTO ids VALUES (?, ?)", job.id, n)


def update(tx: Tx, job: PrintJob) -> None:
    tx.run(
        """UPDATE jobs SET state = ?, updated_at = ?, boot = ?, mono = ?, reason = ?, evidence = ?, attempts = ?,
         withdraw = ?, settled = ? WHERE n = (SELECT n FROM ids WHERE id = ?)""",
        job.state, job.updated_at, job.boot, job.mono, job.reason, job.evidence, job.attempts, int(job.withdraw),
        job.settled, job.id,
    )  # fmt: skip


def get(rows: Reader, job_id: str) -> PrintJob | None:
    row = rows.one(f"{_JOB} WHERE j.n = (SELECT n FROM ids WHERE id = ?) AND j.id = ?", job_id, job_id)
    return _job(row) if row else None


def heads(rows: Reader) -> list[PrintJob]:
    """The oldest open job of each printer: the only ones that may be out."""
    oldest = rows.all(
        "SELECT min(n) FROM jobs WHERE state IN ('QUEUED', 'SENDING', 'WAITING') GROUP BY printer"
    )  # fmt: skip
    return [_job(row) for n in oldest if (row := rows.one(f"{_JOB} WHERE j.n = ?", n[0]))]


def withdrawals(rows: Reader) -> list[PrintJob]:
    """Open jobs that a person wants back."""
    found = rows.all(f"{_JOB} WHERE j.state IN ('QUEUED', 'SENDING', 'WAITING') AND j.withdraw = 1 ORDER BY j.n")
    return [_job(row) for row in found]


def waiting_count(rows: Reader, printer: str) -> int:
    return int(
        rows.value("SELECT count(*) FROM jobs WHERE printer = ? AND state IN ('QUEUED', 'SENDING', 'WAITING')", printer)
    )


def unknown(rows: Reader) -> list[PrintJob]:
    """Papers that nobody can speak for, oldest first."""
    return [_job(row) for row in rows.all(f"{_JOB} WHERE j.state = 'UNKNOWN' AND j.settled IS NULL ORDER BY j.n")]


def of_ticket(rows: Reader, ticket_id: str) -> list[PrintJob]:
    """All papers of a ticket, oldest first."""
    found = rows.all(f"{_JOB} WHERE j.ticket = (SELECT n FROM ids WHERE id = ?) ORDER BY j.n", ticket_id)
    return [_job(r) for r in found]


def of_order(rows: Reader, order_id: str) -> list[PrintJob]:
    n = rows.value("SELECT n FROM ids WHERE id = ?", order_id)
    if n is None:
        return []
    first = n * TICKETS_PER_ORDER
    found = rows.all(
        f"{_JOB} WHERE j.ticket BETWEEN ? AND ? ORDER BY j.n", first, first + TICKETS_PER_ORDER - 1
    )
    return [_job(r) for r in found]


def newest(rows: Reader, state: str | None, limit: int) -> list[PrintJob]:
    where = "WHERE j.state = ?" if state else ""
    args = (state, limit) if state else (limit,)
    return [_job(r) for r in rows.all(f"{_JOB} {where} ORDER BY j.n DESC LIMIT ?", *args)]


def made_of(rows: Reader, job_id: str) -> str | None:
    """The id of the job that prints this one again, if there is one."""
    found: str | None = rows.value(
        "SELECT id FROM jobs WHERE replaces = ? AND n > (SELECT n FROM ids WHERE id = ?) LIMIT 1", job_id, job_id
    )
    return found


def _job(row: Row) -> PrintJob:
    job = PrintJob(*row)
    job.withdraw = bool(row[17])
    return job
