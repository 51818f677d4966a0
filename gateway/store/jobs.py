"""Print jobs: work to do once, in the order in which it was made."""

from __future__ import annotations

from gateway.domain.now import Now
from gateway.domain.print_job import DEEDS, NOTICE, OPEN, PrintJob
from gateway.store import tickets
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Row, Tx

_JOB = """SELECT j.id, j.kind, j.printer, j.station, t.id, o.id, j.copy, j.state, j.number, j.created_at, j.updated_at,
 j.boot, j.mono, j.reason, j.evidence, j.attempts, j.replaces, j.intent, j.target, j.diverted_from, j.settled,
 j.asked_by, j.part, j.slip, o.number
 FROM jobs j LEFT JOIN tickets t ON t.n = j.ticket LEFT JOIN orders o ON o.n = coalesce(t.order_n, j.order_n)"""


_OPEN = f"state IN {OPEN}"
"""As the indexes have it, word for word; a tuple of words reads the same in both languages."""

_HEADS = f"""WITH RECURSIVE p (printer) AS (
 SELECT min(printer) FROM jobs WHERE {_OPEN}
 UNION ALL
 SELECT (SELECT min(printer) FROM jobs WHERE {_OPEN} AND printer > p.printer) FROM p WHERE printer IS NOT NULL)
 SELECT (SELECT min(n) FROM jobs WHERE {_OPEN} AND printer = p.printer) FROM p WHERE printer IS NOT NULL"""
"""From printer to printer through the index: GROUP BY would walk through all that waits for a dead one."""


_PAPER = f"kind NOT IN {DEEDS}"

_LATER = "(copy > 1 OR diverted_from IS NOT NULL OR part > 1 OR kind = 'notice')"
"""Word for word as the index has it."""

LOOKED_THROUGH = 2000
"""Papers: more than a day of a busy store."""

_INSERT = "INSERT INTO jobs VALUES"


def insert(tx: Tx, job: PrintJob) -> None:
    row = _row(job)
    tx.insert_rows(_INSERT, [row])
    if job.ticket and job.copy == 1 and job.diverted_from is None and job.part <= 1 and job.kind != NOTICE:
        tx.run("UPDATE tickets SET first_job = ? WHERE n = ?", row[0], row_of(job.ticket))


def insert_first(tx: Tx, papers: list[PrintJob]) -> None:
    """The first papers of an order: its tickets, which have been written with it, name theirs already."""
    tx.insert_rows(_INSERT, [_row(job) for job in papers])


def _row(job: PrintJob) -> Row:
    return (
        row_of(job.id), job.id, job.kind, job.printer, job.station, row_of(job.ticket) if job.ticket else None,
        job.copy, job.state, job.number, job.created_at, job.updated_at, job.boot, job.mono, job.reason, job.evidence,
        job.attempts, job.replaces, job.settled, job.intent, job.target, job.diverted_from, job.asked_by, job.part,
        row_of(job.order_id) if job.order_id and not job.ticket else None, job.slip,
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
    """The next job of each printer, the only one that may be out: the one that has begun, else the oldest drawer, as
    somebody stands before it and waits, else the oldest."""
    found = []
    for job in [at(rows, n) for (n,) in rows.all(_HEADS)]:
        drawer = None if job.state != "QUEUED" else next(iter(open_deeds(rows, job.printer, ("drawer",))), None)
        found.append(drawer or job)
    return found


NEWEST_LOOKED_AT = 64
"""A drawer or a buzzer is never older than half a minute; behind a dead printer wait more papers than can be read each
time. One that is older all the same has its turn in the line, and ends there."""


def open_deeds(rows: Reader, printer: str, kinds: tuple[str, ...] = DEEDS) -> list[PrintJob]:
    """What waits at a printer and is no paper, oldest first."""
    newest_open = f"SELECT n, kind FROM jobs WHERE {_OPEN} AND printer = ? ORDER BY n DESC LIMIT {NEWEST_LOOKED_AT}"
    marks = ", ".join("?" * len(kinds))
    found = rows.all(f"SELECT n FROM ({newest_open}) WHERE kind IN ({marks})", printer, *kinds)
    return [at(rows, n) for (n,) in sorted(found)]


def begun_at(rows: Reader, printer: str) -> bool:
    """Whether this printer is at work on something."""
    head = f"SELECT state FROM jobs WHERE {_OPEN} AND printer = ? ORDER BY n LIMIT 1"
    return rows.value(head, printer) in ("SENDING", "WAITING")


def is_out(rows: Reader, job: PrintJob) -> bool:
    """Whether a bridge may know this open job. Only the oldest of a printer is ever handed over, and any drawer, which
    goes before it."""
    oldest = f"SELECT n FROM jobs WHERE {_OPEN} AND printer = ? AND kind != 'drawer' ORDER BY n LIMIT 1"
    return job.kind == "drawer" or bool(rows.value(oldest, job.printer) == row_of(job.id))


def waiting_at(rows: Reader, printer: str, limit: int) -> list[PrintJob]:
    """Papers that a printer has not begun and nobody wants back already, oldest first."""
    papers = f"SELECT n FROM jobs WHERE {_OPEN} AND printer = ? AND {_PAPER}"
    found = rows.all(f"{papers} ORDER BY n LIMIT ?", printer, limit)
    return [job for (n,) in found if (job := at(rows, n)).state != "SENDING" and not job.intent]


def waited(rows: Reader, job: PrintJob, now: Now) -> float:
    """Seconds since its dishes were fired; of a paper that was asked for later, since its last news in this boot."""
    if job.asked_by:
        return now.age(job.boot, job.mono, job.updated_at, "guess")
    moment = "SELECT fired_boot, fired_mono, fired_at, fired_grade FROM tickets WHERE n = ?"
    fired = rows.one(moment, row_of(job.ticket))
    return now.age(*fired) if fired else now.age(job.boot, job.mono, job.updated_at, "guess")


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
    """Papers."""
    return int(
        rows.value(f"SELECT count(*) FROM jobs WHERE printer = ? AND {_OPEN} AND {_PAPER}", printer)
    )


def ahead_of(rows: Reader, job: PrintJob) -> int:
    """How many of its printer stand before it in line."""
    before = f"SELECT count(*) FROM jobs WHERE printer = ? AND {_OPEN} AND n < ?"
    return int(rows.value(before, job.printer, row_of(job.id)))


def open_count(rows: Reader, printer: str) -> int:
    """Papers, and what else it has not done yet."""
    return int(rows.value(f"SELECT count(*) FROM jobs WHERE printer = ? AND {_OPEN}", printer))


def unknown(rows: Reader) -> list[PrintJob]:
    """Papers that nobody can speak for, oldest first."""
    return _numbered(rows, "SELECT n FROM jobs INDEXED BY jobs_unknown WHERE state = 'UNKNOWN' AND settled IS NULL")


def let_go(tx: Tx, at: str) -> None:
    """Papers of former days that wait for a person's word: nobody can still cook by them."""
    tx.run("UPDATE jobs SET settled = 'day over' WHERE state = 'UNKNOWN' AND settled IS NULL")
    tx.run("UPDATE jobs SET state = 'CANCELLED', settled = 'day over', updated_at = ? WHERE state = 'STALE'", at)


def missing_before(rows: Reader, job: PrintJob, day: str, limit: int) -> list[int]:
    """The newest numbers of the same station and business day, before this one, that nothing proves and nobody has
    answered for; in their order."""
    found = rows.all(
        """SELECT DISTINCT j.number FROM jobs j INDEXED BY jobs_unknown
         JOIN tickets t ON t.n = j.ticket JOIN orders o ON o.n = t.order_n
         WHERE j.state = 'UNKNOWN' AND j.settled IS NULL AND j.station = ? AND j.number < ? AND o.day = ?
         ORDER BY j.number DESC LIMIT ?""",
        job.station, job.number, day, limit,
    )  # fmt: skip
    return sorted(number for (number,) in found)


def late_before(rows: Reader, job: PrintJob, printers: list[str], day: str, limit: int) -> list[int]:
    """The oldest numbers of the same station and day before this one that are still to come out behind their time: a
    copy, one that another printer was given, or one that another printer holds. Of each printer the `limit` oldest."""
    found: set[int] = set()
    for printer in printers:
        for one in first_open(rows, printer, limit):
            late = one.copy > 1 or one.diverted_from or (printer != job.printer and one.state == "WAITING")
            if late and one.station == job.station and 0 < one.number < job.number and _day_of(rows, one) == day:
                found.add(one.number)
    return sorted(found)


def first_open(rows: Reader, printer: str, limit: int) -> list[PrintJob]:
    """The oldest of a printer that are not done."""
    found = rows.all(f"SELECT n FROM jobs WHERE {_OPEN} AND printer = ? ORDER BY n LIMIT ?", printer, limit)
    return [at(rows, n) for (n,) in found]


def _day_of(rows: Reader, job: PrintJob) -> str | None:
    day: str | None = rows.value("SELECT day FROM orders WHERE n = ? AND id = ?", row_of(job.order_id), job.order_id)
    return day


NEWEST_NUMBERS = 200
"""Papers among which a later number is looked for: an hour of a full house."""


def came_after(rows: Reader, job: PrintJob) -> bool:
    """Whether a paper of the same station and business day with a higher number has come out."""
    newest_papers = f"SELECT * FROM jobs ORDER BY n DESC LIMIT {NEWEST_NUMBERS}"
    day = _day_of(rows, job)
    later = rows.all(
        f"""SELECT t.order_n FROM ({newest_papers}) j JOIN tickets t ON t.n = j.ticket
         WHERE j.station = ? AND j.number > ? AND j.state IN ('PRINTED', 'UNCONFIRMED')""",
        job.station, job.number,
    )  # fmt: skip
    return any(rows.value("SELECT day FROM orders WHERE n = ?", n) == day for (n,) in later)


def of_ticket(rows: Reader, ticket_id: str) -> list[PrintJob]:
    """All papers of a ticket, oldest first. The ticket knows its first; of the others, which are few, there is an
    index."""
    n = row_of(ticket_id)
    first = rows.value("SELECT first_job FROM tickets WHERE n = ? AND id = ?", n, ticket_id)
    found = [rows.one(f"{_JOB} WHERE j.n = ?", first)] if first is not None else []
    found += rows.all(f"{_JOB} WHERE j.ticket = ? AND {_LATER} ORDER BY j.n", n)
    return [_job(row) for row in found if row]


def of_order(rows: Reader, order_id: str) -> list[PrintJob]:
    """All papers of an order: its tickets' one after the other, then those of the whole order."""
    n = row_of(order_id)
    of_tickets = [of_ticket(rows, ticket.id) for ticket in tickets.of_order(rows, n)]
    return [job for found in [*of_tickets, _of_whole(rows, n)] for job in found if job.order_id == order_id]


def _of_whole(rows: Reader, order_n: int) -> list[PrintJob]:
    return [_job(row) for row in rows.all(f"{_JOB} WHERE j.order_n = ? ORDER BY j.n", order_n)]


def same_paper(rows: Reader, job: PrintJob) -> list[PrintJob]:
    """Every job for what this one prints, oldest first: its copies, and those in whose place another came."""
    if job.ticket:
        return [one for one in of_ticket(rows, job.ticket) if (one.kind, one.part) == (job.kind, job.part)]
    if job.order_id:
        return [one for one in _of_whole(rows, row_of(job.order_id)) if (one.kind, one.part) == (job.kind, job.part)]
    return [job]


def newest(rows: Reader, state: str | None, limit: int, printer: str | None = None) -> list[PrintJob]:
    """Of one printer only those among the newest `LOOKED_THROUGH`: no index is kept for people who look."""
    if printer is not None:
        newest_of_all = f"SELECT n, printer FROM jobs ORDER BY n DESC LIMIT {LOOKED_THROUGH}"
        found = [at(rows, n) for (n,) in rows.all(f"SELECT n FROM ({newest_of_all}) WHERE printer = ?", printer)]
        return [job for job in found if state in (None, job.state)][:limit]
    where = "WHERE j.state = ?" if state else ""
    args = (state, limit) if state else (limit,)
    return [_job(r) for r in rows.all(f"{_JOB} {where} ORDER BY j.n DESC LIMIT ?", *args)]


def at(rows: Reader, n: int) -> PrintJob:
    row = rows.one(f"{_JOB} WHERE j.n = ?", n)
    if row is None:
        raise LookupError(f"no job row {n}")
    return _job(row)


def _job(row: Row) -> PrintJob:
    values = list(row)
    values[4:6] = [row[4] or "", row[5] or ""]  # of a paper without a ticket, without an order
    values[-1] = row[-1] or ""
    return PrintJob(*values)
