"""Visits, their checks, the business day and its counters."""

from __future__ import annotations

from typing import NamedTuple

from gateway.domain.check import Check
from gateway.domain.visit import Visit
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Tx

_VISIT = "SELECT id, dining_table, state, covers, opened_at FROM visits"


def get(rows: Reader, visit_id: str) -> Visit | None:
    row = rows.one(f"{_VISIT} WHERE id = ?", visit_id)
    return Visit(*row) if row else None


def open_at(rows: Reader, table: str) -> list[Visit]:
    """The open visits of a table, oldest first."""
    return [Visit(*r) for r in rows.all(f"{_VISIT} WHERE dining_table = ? AND state = 'OPEN' ORDER BY id", table)]


def at_token(rows: Reader, token: str) -> tuple[str, list[Visit]] | None:
    """The table with this token and its open visits, oldest first. One question: a phone asks it with every order."""
    found = rows.all(
        """SELECT d.name, v.id, v.dining_table, v.state, v.covers, v.opened_at FROM dining_tables d
         LEFT JOIN visits v ON v.dining_table = d.name AND v.state = 'OPEN' WHERE d.token = ? ORDER BY v.id""",
        token,
    )
    return (found[0][0], [Visit(*row[1:]) for row in found if row[1]]) if found else None


def open_tables(rows: Reader) -> set[str]:
    return {row[0] for row in rows.all("SELECT dining_table FROM visits WHERE state = 'OPEN'")}


def insert(tx: Tx, visit: Visit, opened_by: str) -> None:
    tx.run(
        "INSERT INTO visits (id, dining_table, state, covers, opened_at, opened_by) VALUES (?, ?, ?, ?, ?, ?)",
        visit.id, visit.table, visit.state, visit.covers, visit.opened_at, opened_by,
    )  # fmt: skip


def close(tx: Tx, visit_id: str, at: str) -> None:
    tx.run("UPDATE visits SET state = 'CLOSED', closed_at = ? WHERE id = ?", at, visit_id)


def seat(tx: Tx, visit_id: str, table: str) -> None:
    """The party sits at this table now."""
    tx.run("UPDATE visits SET dining_table = ? WHERE id = ?", table, visit_id)


def set_covers(tx: Tx, visit_id: str, covers: int) -> None:
    tx.run("UPDATE visits SET covers = ? WHERE id = ?", covers, visit_id)


# The lines' total is not a column: it is summed from the orders, so that it cannot drift.
_CHECK = """SELECT id, visit, state, currency,
  coalesce((SELECT sum(total) FROM orders WHERE check_n = checks.n AND status NOT IN ('CANCELLED', 'EXPIRED')), 0),
  adjustments_total, paid, version FROM checks"""


def check(rows: Reader, check_id: str) -> Check | None:
    row = rows.one(f"{_CHECK} WHERE n = ? AND id = ?", row_of(check_id), check_id)
    return Check(*row) if row else None


class OpenCheck(NamedTuple):
    """A check that can take an order, and how many it has."""

    id: str
    orders: int = 0


def open_check(rows: Reader, visit_id: str) -> OpenCheck | None:
    """The newest of the visit. Its orders are counted in the index alone."""
    row = rows.one(
        """SELECT c.id, count(o.n) FROM checks c LEFT JOIN orders o ON o.check_n = c.n
         WHERE c.n = (SELECT max(n) FROM checks WHERE visit = ? AND state = 'OPEN') GROUP BY c.n""",
        visit_id,
    )
    return OpenCheck(*row) if row else None


def checks_of(rows: Reader, visit_id: str) -> list[str]:
    return [row[0] for row in rows.all("SELECT id FROM checks WHERE visit = ? ORDER BY n", visit_id)]


def insert_check(tx: Tx, check: Check) -> None:
    tx.run(
        "INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row_of(check.id), check.id, check.visit, check.state,
        check.currency, check.adjustments_total, check.paid, check.version,
    )  # fmt: skip


def open_day(rows: Reader) -> str | None:
    return rows.steady(_open_day)


def _open_day(rows: Reader) -> str | None:
    day: str | None = rows.value("SELECT max(day) FROM business_days WHERE closed_at IS NULL")
    return day


def begin_day(tx: Tx, day: str, at: str) -> None:
    """Ends every other day. A day that was there before goes on with its numbers."""
    tx.run_steady("UPDATE business_days SET closed_at = ? WHERE closed_at IS NULL AND day != ?", at, day)
    tx.run_steady(
        """INSERT INTO business_days (day, opened_at) VALUES (?, ?)
         ON CONFLICT (day) DO UPDATE SET closed_at = NULL""",
        day, at,
    )  # fmt: skip


def count(tx: Tx, day: str, steps: dict[str, int]) -> dict[str, int]:
    """Counts each name on by its steps, and gives its next number, from 1. A rollback gives them back."""
    found = tx.all(
        f"INSERT INTO counters VALUES {', '.join(['(?, ?, ?)'] * len(steps))}"
        " ON CONFLICT (day, name) DO UPDATE SET value = value + excluded.value RETURNING name, value",
        *(value for name, step in steps.items() for value in (day, name, step)),
    )
    return {name: value - steps[name] + 1 for name, value in found}
