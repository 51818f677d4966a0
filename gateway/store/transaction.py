"""What an operation reads and writes through. The SQL stands in the files beside this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

Row = tuple[Any, ...]
T = TypeVar("T")

Changed = Literal[
    "jobs", "tickets", "journal", "uplink", "devices", "inquiries", "conditions", "settings", "menu", "tables",
    "health", "pass", "everything",
]  # fmt: skip
"""Kinds of rows, as those who wait know them. "health" is the disk; "everything": another process wrote."""

UPLINK_ALONE: frozenset[Changed] = frozenset({"uplink"})
"""What a commit says that only notes how far the cloud is: under load every third one."""


Kept = dict[tuple[str, int], Any]
"""Decoded revisions, which never change. A store has a few dozen of them in a year."""


class Reader:
    """One consistent view of the rows. `kept` is the store's, shared by all its views."""

    __slots__ = ("connection", "kept")

    def __init__(self, connection: sqlite3.Connection, kept: Kept):
        self.connection = connection
        self.kept = kept

    def one(self, sql: str, *args: Any) -> Row | None:
        row: Row | None = self.connection.execute(sql, args).fetchone()
        return row

    def all(self, sql: str, *args: Any) -> list[Row]:
        return self.connection.execute(sql, args).fetchall()

    def value(self, sql: str, *args: Any) -> Any:
        row = self.connection.execute(sql, args).fetchone()
        return row[0] if row else None

    def steady(self, read: Callable[[Reader], T]) -> T:
        """What `read` finds in rows that change a few times a day. They are written with `Tx.run_steady`."""
        return read(self)


class Tx(Reader):
    """A writing view. `changed` names the kinds of rows that changed: who waits for them is woken after the commit."""

    __slots__ = ("_steady", "changed")

    def __init__(self, connection: sqlite3.Connection, kept: Kept):
        super().__init__(connection, kept)
        self.changed: set[Changed] = set()
        self._steady: dict[Callable[[Reader], Any], Any] = {}

    def forget(self, what: str, revision: int) -> None:
        """From here on this transaction decodes for itself: a revision that is rolled back must stay with nobody."""
        self.kept = {key: value for key, value in self.kept.items() if key != (what, revision)}

    def steady(self, read: Callable[[Reader], T]) -> T:
        """Asked once for all the operations of a batch. A statement costs less for itself than for the interpreter
        lock, which SQLite gives away and has to get back from 64 waiting phones."""
        if read not in self._steady:
            self._steady[read] = read(self)
        found: T = self._steady[read]
        return found

    def run_steady(self, sql: str, *args: Any) -> int:
        self._steady.clear()
        return self.run(sql, *args)

    def rolled_back(self) -> None:
        """An operation was undone: what it had read may never have been."""
        self._steady.clear()

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of an operation that is undone alone when it raises; what was written before it stays."""
        self.run("SAVEPOINT part")
        try:
            yield
        except Exception:
            if self.connection.in_transaction:  # a full disk has destroyed the whole of it
                self.run("ROLLBACK TO part")
                self.run("RELEASE part")
                self.rolled_back()
            raise
        self.run("RELEASE part")

    def run(self, sql: str, *args: Any) -> int:
        """The number of rows touched."""
        return self.connection.execute(sql, args).rowcount

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        self.connection.executemany(sql, rows)

    def insert_rows(self, into: str, rows: Sequence[Row]) -> None:
        """`into`: "INSERT INTO t VALUES". One statement for all rows of an order; they are few, and equally long.
        Not for a table that others refer to: SQLite would be ready to look through those for each statement."""
        if not rows:
            return
        one = f"({', '.join('?' * len(rows[0]))})"
        self.connection.execute(f"{into} {', '.join([one] * len(rows))}", [value for row in rows for value in row])
