"""The store: one SQLite file, one writer with group commit, many readers. Only here does the house remember.

`Store.submit(operation, actor, ...)` returns a `Pending` at once; `Writer.step` runs the waiting operations in one
transaction, each in its own savepoint, commits once (one fsync), and only then answers.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from gateway.domain.errors import Refused
from gateway.domain.now import Now
from gateway.store import migrations
from gateway.store.ballast import freed_at, keep_ballast, restore_ballast
from gateway.store.pending import NotDone, Pending
from gateway.store.transaction import UPLINK_ALONE, Changed, Kept, Reader, Tx

__all__ = [
    "UPLINK_ALONE", "BrokenDatabase", "CannotOpen", "Changed", "NewerDatabase", "NotDone", "Pending", "Reader", "Store",
    "Tx",
]  # fmt: skip

log = logging.getLogger(__name__)

READERS = 8
"""Connections that may read at once. 112 thread-local readers with default caches cost 214 MB (measured)."""

READER_CACHE_KIB = 512
WRITER_CACHE_KIB = 4096
CHECKPOINT_PAGES = 4000
"""About 4 MiB of write-ahead log between checkpoints: long enough that a page which changes often reaches the card
once, short enough that a start after a power cut reads it back in well under a second."""

READ_WAIT_S = 5.0
"""For one of them to be free. A read takes milliseconds, so that even a hundred requests before it are over in one
second: who waits longer would wait for something that hangs, and a person has long tapped again."""

MAX_WAITING = 512
"""Operations that may wait for the writer: four seconds of a storm at the measured rate on a slow card."""

GUEST_SHARE = 384
"""Guests may fill this much of it; the rest is kept for staff, bridges and relays, so that a flood of phones
never keeps a cook's bump or a printer's answer out."""


class CannotOpen(Exception):  # noqa: N818
    """Why this file is not opened, in words for whoever started the program."""


class NewerDatabase(CannotOpen):
    """The file was written by a newer release; this one would not understand it."""

    def __init__(self, path: Path, version: int):
        known = f"{path} has version {version}, this release knows {migrations.VERSION}"
        super().__init__(f"{known}: install the newer release / 数据库来自更新的版本，请先升级点单盒软件")


class BrokenDatabase(CannotOpen):
    """SQLite's own check finds the file damaged, or no database at all: selling from it could be silently wrong."""

    def __init__(self, path: Path, finding: str):
        super().__init__(f"{path} is damaged: {finding} / 数据库已损坏，请联系支持")


class Health:
    """What the house knows of its disk. Read by everyone; changed as the store opens, and then by the writer alone."""

    def __init__(self) -> None:
        self.is_full = False
        """Guests have to wait: what room there is belongs to the kitchen."""
        self._full_at: str | None = None
        self.fatal: str | None = None
        self.fatal_since: float | None = None

    def fills_up(self, at: str | None) -> None:
        """`at`: since when, if anything says so. What is full already stays so since then."""
        if not self.is_full:
            self._full_at = at
            self.is_full = True

    def has_room_again(self) -> None:
        self.is_full = False

    def full_at(self, now: Now) -> str:
        """When that began, in UTC; where nothing says so, when it was first asked."""
        if self._full_at is None:
            self._full_at = now.iso
        return self._full_at


Listener = Callable[[frozenset[Changed]], None]


class Store:
    """Opens the file, keeps the pool of readers and the queue of the writer."""

    def __init__(self, path: Path):
        self.path = path
        self.health = Health()
        self.waiting: deque[Pending] = deque()
        self.wake_writer: Callable[[], None] = lambda: None
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._free = threading.Semaphore(READERS)
        self.kept: Kept = {}
        self.asked = 0
        """How many operations people have asked for; the uplink makes room while it grows."""
        self.closed = False
        fresh = not path.exists()
        _prepare(path, fresh)
        self.writer_connection = _connect(path, WRITER_CACHE_KIB)
        self.writer_connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        self._data_version = self._foreign_version()
        if not (keep_ballast if fresh else restore_ballast)(path.parent):
            self.health.fills_up(freed_at(path.parent))
            log.warning("too little room to keep any back: guests wait until there is")

    def submit(self, operation: Callable[..., Any], actor: Any, *args: Any, **kwargs: Any) -> Pending:
        """Puts one operation before the writer. Never blocks. A full queue answers at once with `NotDone`."""
        pending = Pending(operation, actor, args, kwargs)
        with self._lock:
            room = GUEST_SHARE if actor.kind == "guest" else MAX_WAITING
            if self.closed or len(self.waiting) >= room:
                pending.fail(NotDone("busy"))
                return pending
            self.waiting.append(pending)
            self.asked += actor.kind != "house"
        self.wake_writer()
        return pending

    def take(self, limit: int) -> list[Pending]:
        with self._lock:
            return [self.waiting.popleft() for _ in range(min(limit, len(self.waiting)))]

    def listen(self, listener: Listener) -> None:
        """`listener` is told, after each commit, what kinds of rows changed. It must return at once."""
        self._listeners.append(listener)

    def tell(self, changed: frozenset[Changed]) -> None:
        for listener in self._listeners:
            listener(changed)

    def changed_by_others(self) -> bool:
        """Whether another process (the command line) has committed since the last call. Writer's thread only."""
        version = self._foreign_version()
        changed = version != self._data_version
        self._data_version = version
        return changed

    def _foreign_version(self) -> int:
        return int(self.writer_connection.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """One consistent view of the rows. Not to be held across a stream or a template.

        Raises `Refused("busy")` when no reader is free within `READ_WAIT_S`: 503 at the doors, and a part tries again.
        """
        if not self._free.acquire(timeout=READ_WAIT_S):
            raise Refused("busy", retry_after_s=1)
        try:
            connection = self._borrow()
            try:
                connection.execute("BEGIN")
                yield Reader(connection, self.kept)
            finally:
                connection.rollback()
                self._give_back(connection)
        finally:
            self._free.release()

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            if self._readers:
                return self._readers.pop()
        connection = _connect(self.path, READER_CACHE_KIB)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self.closed:
                self._readers.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Answers what still waits with `NotDone` and closes every connection."""
        with self._lock:
            self.closed = True
            left, readers = list(self.waiting), self._readers
            self.waiting.clear()
            self._readers = []
        for pending in left:
            pending.fail(NotDone("stopping"))
        for connection in readers:
            connection.close()
        self.writer_connection.close()


def _prepare(path: Path, fresh: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    version = 0
    if not fresh:
        connection = sqlite3.connect(path)
        try:
            version = _version(path, connection)
            if version > migrations.VERSION:
                raise NewerDatabase(path, version)
            if 0 < version < migrations.VERSION:
                backup = path.with_name(f"{path.name}.before-v{migrations.VERSION}")
                with closing(sqlite3.connect(backup)) as target:
                    connection.backup(target)
        finally:
            connection.close()
        _check_if_suspect(path)
    if version < migrations.VERSION:
        migrations.migrate(path)


def _version(path: Path, connection: sqlite3.Connection) -> int:
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.OperationalError:
        raise  # a full disk, a lock, a missing right: not the file's fault
    except sqlite3.DatabaseError as error:
        raise BrokenDatabase(path, str(error)) from None


def suspect_mark(path: Path) -> Path:
    """Stands beside the database after a disk error, until a start has checked the file."""
    return path.with_name(f"{path.name}.suspect")


def _check_if_suspect(path: Path) -> None:
    mark = suspect_mark(path)
    if not mark.exists():
        return
    connection = sqlite3.connect(path)
    try:
        finding = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        finding = str(error)
    finally:
        connection.close()
    if finding != "ok":
        raise BrokenDatabase(path, finding)
    mark.unlink()


def _connect(path: Path, cache_kib: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5, cached_statements=256)
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    # Not kept in the file: a connection that forgets it loses acknowledged orders at a power cut (measured).
    if connection.execute("PRAGMA synchronous").fetchone()[0] != 2:
        raise RuntimeError("this SQLite does not do synchronous=FULL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raise RuntimeError("this file system does not let SQLite use a write-ahead log")
    return connection
