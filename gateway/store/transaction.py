"""What an operation reads and writes through. The SQL stands in the files beside this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

Row = tuple[Any, ...]


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


class Tx(Reader):
    """A writing view. `changed` names the kinds of rows that changed: who waits for them is woken after the commit."""

    __slots__ = ("changed",)

    def __init__(self, connection: sqlite3.Connection, kept: Kept):
        super().__init__(connection, kept)
        self.changed: set[str] = set()

    def forget(self, what: str, revision: int) -> None:
        """From here on this transaction decodes for itself: a revision that is rolled back must stay with nobody."""
        self.kept = {key: value for key, value in self.kept.items() if key != (what, revision)}

    def run(self, sql: str, *args: Any) -> int:
        """The number of rows touched."""
        return self.connection.execute(sql, args).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self.connection.executemany(sql, rows)
