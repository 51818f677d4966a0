"""What the bridge remembers across a pulled plug: every job and deed whose bytes may have left, and its devices.

A job stands here from the moment before its first byte. A job without a row has no byte on any paper; a deed (a drawer
that opens, a pager that calls) without a row was not done.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from firmware_bridge.errors import JournalError
from gateway.contract.messages import BridgeDesired, JobState

log = logging.getLogger(__name__)

KEEP_SECONDS = 7 * 24 * 3600
KEEP_ROWS = 10_000
"""A job is asked for again within seconds; a week covers a gateway that was away over a holiday."""
KEEP_ALWAYS = 1_000
"""The newest rows stay whatever the wall clock says: a box without a clock may wake up in 1970."""
CHECKPOINT_COMMITS = 200
"""About 100 jobs, under 2 MiB of log, after which `tidy` folds the log into the file."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    printer TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('SENDING', 'WAITING', 'PRINTED', 'UNCONFIRMED', 'UNKNOWN', 'WITHDRAWN')),
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    updated INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS deeds (
    seq INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('SENDING', 'DONE', 'UNKNOWN', 'NOT_DONE')),
    reason TEXT NOT NULL,
    mid INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    UNIQUE (device, key)
) STRICT;
CREATE TABLE IF NOT EXISTS desired (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    document BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS peers (
    device TEXT PRIMARY KEY,
    port TEXT NOT NULL,
    mac TEXT NOT NULL,
    host TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS replaced (
    device TEXT PRIMARY KEY,
    port TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tidied (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    times INTEGER NOT NULL
) STRICT;
"""

_COLUMNS = "key, printer, state, reason, evidence, bytes"


@dataclass(frozen=True)
class Entry:
    """What is remembered of one job. `bytes` counts those that left."""

    key: str
    printer: str
    state: JobState
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    bytes: int = 0


@dataclass(frozen=True)
class Deed:
    """What is remembered of something that a device does once. `mid` is its number on the wire, `boot` the start of the
    device that has it in its memory; both 0 while no byte could leave."""

    device: str
    key: str
    state: Literal["SENDING", "DONE", "UNKNOWN", "NOT_DONE"]
    reason: str = ""
    mid: int = 0
    boot: int = 0


@dataclass(frozen=True)
class Peer:
    """Who answers at a network device's `port` of the settings: its hardware address, the host where it was last."""

    port: str
    mac: str
    host: str


class Journal:
    """One SQLite file. Any thread may call; a call returns when the disk has it. Raises JournalError.

    `wall` gives unix seconds, for forgetting only.
    """

    def __init__(self, path: Path, wall: Callable[[], float]) -> None:
        self._path = path
        self._wall = wall
        self._lock = threading.Lock()
        self._commits = 0
        self._waiting: deque[_Statement] = deque()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _open(path)
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{path}: {error}") from error

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def find(self, key: str) -> Entry | None:
        rows = self._run(f"SELECT {_COLUMNS} FROM jobs WHERE key = ?", (key,))
        return _entry(rows[0]) if rows else None

    def record(self, entry: Entry) -> None:
        """Insert or replace what is remembered of this job: one commit, one fsync."""
        self._run(
            "INSERT INTO jobs (key, printer, state, reason, evidence, bytes, updated)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET printer = excluded.printer, state = excluded.state,"
            " reason = excluded.reason, evidence = excluded.evidence, bytes = excluded.bytes,"
            " updated = excluded.updated",
            (
                entry.key, entry.printer, entry.state, entry.reason,
                json.dumps(entry.evidence, ensure_ascii=False), entry.bytes, int(self._wall()),
            ),
        )  # fmt: skip

    def forget(self, key: str) -> None:
        """No byte of this job left after all: it may be sent as if never seen."""
        self._run("DELETE FROM jobs WHERE key = ?", (key,))

    def find_deed(self, device: str, key: str) -> Deed | None:
        rows = self._run(
            "SELECT device, key, state, reason, mid, boot FROM deeds WHERE device = ? AND key = ?", (device, key)
        )
        return Deed(*rows[0]) if rows else None

    def record_deed(self, deed: Deed) -> None:
        """Insert or replace what is remembered of this deed: one commit, one fsync."""
        self._run(
            "INSERT INTO deeds (device, key, state, reason, mid, boot, updated) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (device, key) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
            " mid = excluded.mid, boot = excluded.boot, updated = excluded.updated",
            (deed.device, deed.key, deed.state, deed.reason, deed.mid, deed.boot, int(self._wall())),
        )

    def settle_after_restart(self) -> list[Entry]:
        """Jobs that a former process had begun and not ended: nobody knows their paper. Deeds likewise. Called once."""
        self._run(
            "UPDATE deeds SET state = 'UNKNOWN', reason = 'restarted', updated = ? WHERE state = 'SENDING'",
            (int(self._wall()),),
        )
        rows = self._run(
            "UPDATE jobs SET state = 'UNKNOWN', reason = 'restarted', updated = ?"
            f" WHERE state IN ('SENDING', 'WAITING') RETURNING {_COLUMNS}",
            (int(self._wall()),),
        )
        return [_entry(row) for row in rows]

    def last_begun(self, printer: str, *, papers: bool = False) -> JobState | None:
        """How the newest job stands of which this printer may have bytes: after an unfinished one its paper is not
        clean. What was withdrawn, or could be no bytes, changed nothing on it. `papers`: a drawer that opened, or a
        buzzer, neither."""
        no_deeds = " AND json_extract(evidence, '$.deed') IS NULL" if papers else ""
        rows = self._run(
            "SELECT state FROM jobs WHERE printer = ? AND state <> 'WITHDRAWN' AND reason <> 'unprintable'"
            f"{no_deeds} ORDER BY seq DESC LIMIT 1",
            (printer,),
        )
        return rows[0][0] if rows else None

    def save_desired(self, desired: BridgeDesired) -> None:
        document = msgspec.json.encode(desired)
        self._run("INSERT OR REPLACE INTO desired (id, document) VALUES (1, ?)", (document,))

    def desired(self) -> BridgeDesired | None:
        """The last device configuration, so that the bridge starts alone. None when there is none yet,
        or when a newer version wrote what this one cannot read: the gateway sends it again."""
        rows = self._run("SELECT document FROM desired")
        try:
            return msgspec.json.decode(rows[0][0], type=BridgeDesired) if rows else None
        except msgspec.MsgspecError as error:
            log.warning("the stored device configuration cannot be read (%s); waiting for a new one", error)
            return None

    def peers(self) -> dict[str, Peer]:
        """Of each device whose hardware address is known."""
        return {row[0]: Peer(*row[1:]) for row in self._run("SELECT device, port, mac, host FROM peers")}

    def peer(self, device: str, port: str) -> Peer | None:
        """None also when it was known at another port: a new address in the settings is a person's word."""
        found = self.peers().get(device)
        return found if found is not None and found.port == port else None

    def remember_peer(self, device: str, peer: Peer) -> None:
        self._run(
            "INSERT OR REPLACE INTO peers (device, port, mac, host) VALUES (?, ?, ?, ?)",
            (device, peer.port, peer.mac, peer.host),
        )

    def keep_peers(self, ports: dict[str, str]) -> None:
        """Forgets those of devices that are gone, or have another port now. `ports` by the name of a device."""
        for device, peer in self.peers().items():
            if ports.get(device) != peer.port:
                self._run("DELETE FROM peers WHERE device = ?", (device,))
        for device, port in self._run("SELECT device, port FROM replaced"):
            if ports.get(device) != port:
                self.seen_to(device)

    def note_replaced(self, device: str, port: str) -> None:
        """Another device has taken the place of this one, and nobody has looked yet."""
        self._run("INSERT OR REPLACE INTO replaced (device, port) VALUES (?, ?)", (device, port))

    def is_replaced(self, device: str, port: str) -> bool:
        return bool(self._run("SELECT 1 FROM replaced WHERE device = ? AND port = ?", (device, port)))

    def seen_to(self, device: str) -> None:
        """A person knows what stands there now."""
        self._run("DELETE FROM replaced WHERE device = ?", (device,))

    def tidy(self) -> None:
        """Forget what is old and fold the log into the file. Called when idle, from one thread only.

        Automatic checkpoints are off: they would add their fsyncs to some slip's way. The write at the end
        starts the new log, whose first commit costs a second fsync, so that no slip pays for that either.
        """
        for table in ("jobs", "deeds"):
            self._run(
                f"DELETE FROM {table} WHERE state NOT IN ('SENDING', 'WAITING')"
                f" AND (updated < ? AND seq <= (SELECT max(seq) FROM {table}) - ?"
                f"      OR seq <= (SELECT max(seq) FROM {table}) - ?)",
                (int(self._wall()) - KEEP_SECONDS, KEEP_ALWAYS, KEEP_ROWS),
            )
        if self._commits < CHECKPOINT_COMMITS:
            return
        self._commits = 0
        try:
            other = _open(self._path)
            try:
                other.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                other.close()
        except sqlite3.Error as error:
            raise JournalError(f"{self._path}: {error}") from error
        self._run(
            "INSERT INTO tidied (id, times) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1"
        )

    def _run(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Twenty printers that begin at once would wait for twenty fsyncs, one behind the other: whoever comes while
        another's commit is under way goes into the next one, together with all who wait."""
        mine = _Statement(sql, values)
        self._waiting.append(mine)
        with self._lock:
            if not mine.done:
                self._carry_out()
        if mine.error is not None:
            raise JournalError(f"{self._path}: {mine.error}") from mine.error
        return mine.rows

    def _carry_out(self) -> None:
        together: list[_Statement] = []
        while self._waiting:
            together.append(self._waiting.popleft())
        before = self._db.total_changes
        if len(together) > 1 and self._in_one(together):
            self._commits += 1
            return
        for each in together:
            try:
                each.rows = self._db.execute(each.sql, each.values).fetchall()
            except _REFUSED as error:
                each.error = error
            each.done = True
        self._commits += self._db.total_changes > before

    def _in_one(self, together: list[_Statement]) -> bool:
        """All of them in one transaction; False when one cannot be: then none was, and each is tried alone."""
        try:
            self._db.execute("BEGIN")
            for each in together:
                each.rows = self._db.execute(each.sql, each.values).fetchall()
            self._db.execute("COMMIT")
        except _REFUSED:
            with suppress(sqlite3.Error):  # SQLite has ended it already
                self._db.execute("ROLLBACK")
            return False
        for each in together:
            each.done = True
        return True


@dataclass
class _Statement:
    """What one thread wants, and what became of it."""

    sql: str
    values: tuple[Any, ...]
    rows: list[Any] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False


_REFUSED = (sqlite3.Error, OverflowError)
"""What SQLite says of a statement, and Python of a number that no column takes."""


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raise sqlite3.OperationalError("the file system does not allow a write-ahead log")
    if db.execute("PRAGMA synchronous").fetchone()[0] != 2:  # NORMAL loses what was promised at a power cut
        raise sqlite3.OperationalError("synchronous=FULL was not accepted")
    return db


def _entry(row: tuple[Any, ...]) -> Entry:
    key, printer, state, reason, evidence, count = row
    return Entry(key, printer, state, reason, json.loads(evidence), count)
