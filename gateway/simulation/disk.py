"""The writer's connection with a disk behind it that can fail, and a process that can die at any statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.simulation.world import ProcessDied, World


@dataclass
class Trouble:
    """What will happen `countdown` statements from now: `dies_before`, `dies_after`, or `full` for `lasting` more.

    `waits_for`: the count begins with the next statement that begins so.
    """

    kind: str
    countdown: int
    lasting: int = 0
    waits_for: str = ""


class FaultyConnection:
    """Passes everything on, and counts. What it raises looks like what SQLite raises."""

    def __init__(self, real: sqlite3.Connection, world: World):
        self._real = real
        self._world = world
        self.trouble: Trouble | None = None

    @property
    def in_transaction(self) -> bool:
        return self._real.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        strikes = self._strikes(sql)
        if strikes == "dies_before":
            self._die("before", sql)
        if strikes == "full" and not sql.startswith(("ROLLBACK", "PRAGMA")):
            self._world.note(f"the disk is full at {' '.join(sql.split()[:4])}")
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        cursor = self._real.execute(sql, values)
        if strikes == "dies_after":
            self._die("after", sql)
        return cursor

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        if self._strikes(sql) == "dies_before":
            self._die("before", sql)
        return self._real.executemany(sql, rows)

    def rollback(self) -> None:
        self._real.rollback()

    def close(self) -> None:
        self._real.close()

    def _strikes(self, sql: str) -> str | None:
        trouble = self.trouble
        if trouble is None:
            return None
        if trouble.waits_for and not sql.startswith(trouble.waits_for):
            return None
        trouble.waits_for = ""
        trouble.countdown -= 1
        if trouble.countdown > 0:
            return None
        if trouble.kind != "full" or trouble.countdown < -trouble.lasting:
            self.trouble = None
        return trouble.kind if trouble.countdown >= -trouble.lasting else None

    def _die(self, when: str, sql: str) -> None:
        self._world.note(f"the gateway dies {when} {' '.join(sql.split()[:4])}")
        raise ProcessDied
