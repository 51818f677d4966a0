"""The one that writes: waiting operations, one transaction, one fsync, then every answer."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator

from gateway.domain.errors import Refused
from gateway.domain.now import Now
from gateway.store import Store, suspect_mark
from gateway.store.ballast import free_ballast, restore_ballast
from gateway.store.pending import NotDone, Pending
from gateway.store.transaction import Tx

log = logging.getLogger(__name__)

MAX_BATCH = 128
"""Operations in one transaction: twice the guest listener's threads; a batch is never larger than who waits."""

LOOK_EVERY_S = 1.0
"""How often the file is asked whether another process (the command line) has written. Reads one page in memory."""

FULL_RETRY_S = 5.0
FATAL_READS_S = 10.0
"""After a disk error, reads are served this long so that screens learn it; then the process ends."""


class DiskFailed(Exception):  # noqa: N818
    """The disk did not do what it was asked. The process must end; the next start checks the file."""

    fatal = True


class Writer:
    """A part. `step` runs what waits; on a disk error it acknowledges nothing."""

    def __init__(self, store: Store, ids: Iterator[str]):
        self.store = store
        self.ids = ids
        self._next_look = float("-inf")

    def step(self, now: Now) -> float | None:
        health = self.store.health
        if health.is_full and not health.fatal and now.monotonic >= self._next_look:
            self._look_for_room(now)
        if health.fatal:
            return self._wind_down(now)
        batch = self.store.take(MAX_BATCH)
        if not batch:
            if self.store.changed_by_others():
                self.store.tell(frozenset({"everything"}))
            return now.monotonic + LOOK_EVERY_S
        self._run(batch, now)
        return now.monotonic

    def _look_for_room(self, now: Now) -> None:
        """One small write that changes nothing: people are told that there is room when there is.

        The ballast's room is the kitchen's: guests wait until it can be kept back again, no matter whether the disk
        filled up in this life or a start found it so.
        """
        self._next_look = now.monotonic + FULL_RETRY_S
        connection = self.store.writer_connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE box SET one = one")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.rollback()
            self._not_done([], error, now)
            return
        if restore_ballast(self.store.path.parent):
            self.store.health.has_room_again()
            self.store.tell(frozenset({"health"}))

    def _run(self, batch: list[Pending], now: Now) -> None:
        connection = self.store.writer_connection
        tx = Tx(connection, self.store.kept)
        answers: list[tuple[Pending, object, BaseException | None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for pending in batch:
                answers.append(self._one(tx, now, pending))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.rollback()
            self._not_done(batch, error, now)
            return
        except Exception as error:
            # A bug outside an operation's own savepoint: nobody may wait for an answer that never comes.
            if connection.in_transaction:
                connection.rollback()
            self._forget_revisions()
            for pending in batch:
                pending.fail(error)
            raise
        if tx.changed:
            self.store.tell(frozenset(tx.changed))
        for pending, value, failure in answers:
            if failure is None:
                pending.settle(value)
            else:
                pending.fail(failure)

    def _one(self, tx: Tx, now: Now, pending: Pending) -> tuple[Pending, object, BaseException | None]:
        connection = tx.connection
        connection.execute("SAVEPOINT operation")
        try:
            value = pending.operation(tx, now, self.ids, pending.actor, *pending.args, **pending.kwargs)
        except Refused as refused:
            connection.execute("ROLLBACK TO operation")
            tx.rolled_back()
            for keep in refused.keep:
                keep(tx)
            connection.execute("RELEASE operation")
            return pending, None, refused
        except sqlite3.Error as error:
            # A full disk and an I/O error destroy the whole transaction: then the batch is not done.
            if not connection.in_transaction or _is_disk(error):
                raise
            return self._bug(tx, pending, error)
        except Exception as error:
            return self._bug(tx, pending, error)
        connection.execute("RELEASE operation")
        return pending, value, None

    def _bug(self, tx: Tx, pending: Pending, error: Exception) -> tuple[Pending, object, BaseException | None]:
        log.exception("operation %s failed", getattr(pending.operation, "__name__", pending.operation))
        tx.connection.execute("ROLLBACK TO operation")
        tx.rolled_back()
        tx.connection.execute("RELEASE operation")
        self._forget_revisions()
        return pending, None, error

    def _forget_revisions(self) -> None:
        """A revision that was rolled back leaves its number to another."""
        self.store.kept.clear()

    def _not_done(self, batch: list[Pending], error: sqlite3.Error, now: Now) -> None:
        health = self.store.health
        self._forget_revisions()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            health.fills_up(now.iso)
            self._next_look = now.monotonic + FULL_RETRY_S
            freed = free_ballast(self.store.path.parent)
            log.error("the disk is full; nothing of this batch is kept%s", "; ballast freed" if freed else "")
            reason = "storage_full"
        elif _is_disk(error):
            health.fatal = getattr(error, "sqlite_errorname", str(error))
            health.fatal_since = now.monotonic
            self._mark_suspect()
            log.critical("the disk failed (%s); nothing of this batch is kept, this process will end", health.fatal)
            reason = "storage_failed"
        else:
            log.error("the store is busy: %s", error)
            reason = "busy"
        self.store.tell(frozenset({"health"}))
        for pending in batch:
            pending.fail(NotDone(reason))

    def _mark_suspect(self) -> None:
        mark = suspect_mark(self.store.path)
        try:
            mark.touch()
        except OSError as error:
            log.error("%s cannot be left for the next start: %s", mark, error)

    def _wind_down(self, now: Now) -> float:
        for pending in self.store.take(MAX_BATCH):
            pending.fail(NotDone("storage_failed"))
        since = self.store.health.fatal_since or 0.0
        if now.monotonic - since >= FATAL_READS_S:
            raise DiskFailed(self.store.health.fatal)
        return now.monotonic + 0.1


def _is_disk(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN,
    )  # fmt: skip
