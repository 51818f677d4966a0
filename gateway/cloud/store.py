"""What the cloud remembers, in one SQLite file. One batch is one transaction; only then it is answered.

The inbox holds every event once, by (box source, epoch, seq) and by event id. Orders are a projection of it.
Counters and gaps are rows, so that no statement of `accept` grows with what is already stored.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from gateway.cloud.batch import Arrival, Batch, Stream
from gateway.cloud.event_store import ListedOrder, Stats, Unavailable, UnknownOrder
from gateway.contract.events import BatchAnswer, PoisonSlot

MAX_MISSING = 100
"""How many missing seqs an answer names: one batch, which is all that a box sends at a time."""

MAX_KEPT_CONFLICTS = 10_000
"""Bodies kept per store as evidence. A cloned card must not fill the disk; above it they are only counted."""

LOCK_WAIT_S = 10.0
"""A batch holds the writer for some 20 ms: who waits longer is told to come again."""

_VERSION = 1
_SCHEMA = """
CREATE TABLE stores (
  store TEXT PRIMARY KEY, events INTEGER NOT NULL DEFAULT 0, orders INTEGER NOT NULL DEFAULT 0,
  duplicates INTEGER NOT NULL DEFAULT 0, conflicts INTEGER NOT NULL DEFAULT 0,
  poison INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE streams (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, epoch TEXT NOT NULL,
  store TEXT NOT NULL REFERENCES stores, box TEXT NOT NULL,
  applied_upto INTEGER NOT NULL DEFAULT 0, highest INTEGER NOT NULL DEFAULT 0,
  CHECK (applied_upto <= highest), UNIQUE (source, epoch)) STRICT;
CREATE INDEX streams_of_store ON streams (store);
CREATE TABLE gaps (
  stream INTEGER NOT NULL REFERENCES streams, first INTEGER NOT NULL, last INTEGER NOT NULL,
  CHECK (first <= last), PRIMARY KEY (stream, first)) STRICT, WITHOUT ROWID;
CREATE TABLE inbox (
  stream INTEGER NOT NULL REFERENCES streams, seq INTEGER NOT NULL CHECK (seq >= 1), event_id TEXT UNIQUE,
  type TEXT NOT NULL, sha BLOB NOT NULL, body BLOB NOT NULL, poison TEXT, PRIMARY KEY (stream, seq)) STRICT;
CREATE TABLE conflicts (
  stream INTEGER NOT NULL REFERENCES streams, seq INTEGER NOT NULL, sha BLOB NOT NULL,
  reason TEXT NOT NULL, event_id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (stream, seq, sha)) STRICT;
CREATE TABLE orders (
  store TEXT NOT NULL REFERENCES stores, id TEXT NOT NULL,
  first_count INTEGER NOT NULL, first_stream INTEGER NOT NULL, first_seq INTEGER NOT NULL,
  count INTEGER NOT NULL, ver INTEGER NOT NULL, seq INTEGER NOT NULL,
  number TEXT NOT NULL, status TEXT NOT NULL, type TEXT NOT NULL, total INTEGER NOT NULL,
  currency TEXT NOT NULL, placed_at TEXT, lines TEXT NOT NULL, PRIMARY KEY (store, id)) STRICT;
CREATE INDEX orders_as_placed ON orders (store, first_count, first_stream, first_seq);
"""
_PROJECT = """
INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (store, id) DO UPDATE SET
  count = excluded.count, ver = excluded.ver, seq = excluded.seq, number = excluded.number,
  status = excluded.status, type = excluded.type, total = excluded.total, currency = excluded.currency,
  placed_at = excluded.placed_at, lines = excluded.lines
WHERE (excluded.count, excluded.ver, excluded.seq) > (count, ver, seq)"""
_FIRST_SEEN = """
UPDATE orders SET first_count = ?1, first_stream = ?2, first_seq = ?3
WHERE store = ?4 AND id = ?5 AND (first_count, first_stream, first_seq) > (?1, ?2, ?3)"""


class SqliteStore:
    """The EventStore in a file. One connection writes, under a lock; every read opens its own."""

    def __init__(self, path: Path):
        """Opens or makes the file. Raises Unavailable, also when a newer program wrote it."""
        self._path = path
        self._lock = threading.Lock()
        self._db = self._connect()
        with _unavailable():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version={_VERSION};COMMIT;")
        if version > _VERSION:
            self._db.close()
            raise Unavailable(f"{path} was written by a newer version ({version}); this one knows {_VERSION}")

    def accept(self, batch: Batch) -> BatchAnswer:
        with self._writing() as db:
            return _Acceptance(db, batch.stream).run(batch.arrivals)

    def cursor(self, stream: Stream) -> BatchAnswer:
        with self._reading() as db:
            row = db.execute(
                "SELECT id, applied_upto FROM streams WHERE source = ? AND epoch = ?",
                (stream.source, stream.epoch),
            ).fetchone()
            if row is None:
                return BatchAnswer(stream.epoch, 0, [], [])
            return BatchAnswer(stream.epoch, row[1], _missing(db, row[0]), [])

    def orders(self, store: str, after: str | None, limit: int) -> list[ListedOrder]:
        with self._reading() as db:
            place = (-1, 0, 0)  # before every order: counts of epochs are never negative
            if after is not None:
                place = db.execute(
                    "SELECT first_count, first_stream, first_seq FROM orders WHERE store = ? AND id = ?",
                    (store, after),
                ).fetchone()
                if place is None:
                    raise UnknownOrder(after)
            rows = db.execute(
                "SELECT id, number, status, type, total, currency, placed_at, lines FROM orders"
                " WHERE store = ? AND (first_count, first_stream, first_seq) > (?, ?, ?)"
                " ORDER BY first_count, first_stream, first_seq LIMIT ?",
                (store, *place, limit),
            )
            return [_listed(*row) for row in rows]

    def stats(self, store: str) -> Stats:
        with self._reading() as db:
            row = db.execute(
                "SELECT events, orders, duplicates, conflicts, poison FROM stores WHERE store = ?", (store,)
            ).fetchone()
            streams = db.execute("SELECT box, epoch, applied_upto FROM streams WHERE store = ?", (store,))
            upto = {f"{box}/{epoch}": upto for box, epoch, upto in streams}
        if row is None:
            return Stats()
        events, orders, duplicates, conflicts, poison = row
        return Stats(events, orders, duplicates, conflicts, poison, upto)

    def close(self) -> None:
        """Waits for a batch that is being stored; afterwards every call raises Unavailable."""
        with self._lock, _unavailable():
            self._db.close()

    def _connect(self) -> sqlite3.Connection:
        with _unavailable():
            db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=LOCK_WAIT_S)
            mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            # FULL: with NORMAL a power cut takes back what a box was told and has already forgotten.
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA foreign_keys=ON")
            if mode != "wal" or db.execute("PRAGMA synchronous").fetchone()[0] != 2:
                db.close()
                raise Unavailable(f"{self._path}: SQLite refuses WAL with synchronous=FULL here")
            return db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if not self._lock.acquire(timeout=LOCK_WAIT_S):
            raise Unavailable("the writer is busy")
        try:
            with _unavailable():
                if self._db.in_transaction:  # even its ROLLBACK failed, last time: without this, for ever
                    self._db.execute("ROLLBACK")
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                finally:
                    # Reached with an open transaction only after an error, also one of COMMIT itself.
                    # SQLITE_FULL and I/O errors may have ended the transaction: then nothing is left to undo.
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
        finally:
            self._lock.release()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One connection per read (0.2 ms): no pool to bound, and a slow reader never holds the writer."""
        with _unavailable(), closing(sqlite3.connect(self._path, timeout=LOCK_WAIT_S)) as db:
            db.execute("PRAGMA query_only=ON")
            db.execute("BEGIN")  # one snapshot for all statements of the answer
            yield db


class _Acceptance:
    """One batch inside one transaction."""

    def __init__(self, db: sqlite3.Connection, stream: Stream):
        self.db = db
        self.stream = stream
        db.execute("INSERT INTO stores (store) VALUES (?) ON CONFLICT DO NOTHING", (stream.store,))
        db.execute(
            "INSERT INTO streams (source, epoch, store, box) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (stream.source, stream.epoch, stream.store, stream.box),
        )
        self.id, self.highest = db.execute(
            "SELECT id, highest FROM streams WHERE source = ? AND epoch = ?", (stream.source, stream.epoch)
        ).fetchone()
        self.duplicates = self.conflicts = 0
        # seq -> why it was set aside. A repeat is told again: the first answer may have been lost.
        self.told: dict[int, str] = {}

    def run(self, arrivals: list[Arrival]) -> BatchAnswer:
        fresh = self._sort_out(arrivals)
        self.db.executemany(
            "INSERT INTO inbox (stream, seq, event_id, type, sha, body, poison) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(self.id, a.seq, None if reused else a.id, a.type, a.sha, a.body, why) for a, why, reused in fresh],
        )
        for seq in sorted(a.seq for a, _, _ in fresh):
            self._fill(seq)
        added = self._project([a for a, why, _ in fresh if why is None and a.order is not None])
        poison = sum(why is not None and not reused for _, why, reused in fresh)
        self.db.execute(
            "UPDATE stores SET events = events + ?, orders = orders + ?, duplicates = duplicates + ?,"
            " conflicts = conflicts + ?, poison = poison + ? WHERE store = ?",
            (len(fresh), added, self.duplicates, self.conflicts, poison, self.stream.store),
        )
        gap = self.db.execute("SELECT min(first) FROM gaps WHERE stream = ?", (self.id,)).fetchone()[0]
        upto = self.highest if gap is None else gap - 1
        self.db.execute("UPDATE streams SET applied_upto = ?, highest = ? WHERE id = ?", (upto, self.highest, self.id))
        set_aside = [PoisonSlot(seq, why) for seq, why in sorted(self.told.items())]
        return BatchAnswer(self.stream.epoch, upto, _missing(self.db, self.id), set_aside)

    def _sort_out(self, arrivals: list[Arrival]) -> list[tuple[Arrival, str | None, bool]]:
        """What is new: (event, why it is set aside, whether its id is another slot's). Counts the rest."""
        seqs, ids = json.dumps([a.seq for a in arrivals]), json.dumps([a.id for a in arrivals])
        held = {
            seq: (sha, why)
            for seq, sha, why in self.db.execute(
                "SELECT seq, sha, poison FROM inbox WHERE stream = ? AND seq IN (SELECT value FROM json_each(?))",
                (self.id, seqs),
            )
        }
        query = "SELECT event_id FROM inbox WHERE event_id IN (SELECT value FROM json_each(?))"
        taken = {row[0] for row in self.db.execute(query, (ids,))}
        fresh = []
        for a in arrivals:
            if a.seq in held:
                sha, why = held[a.seq]
                if sha != a.sha:
                    self._conflict(a, "slot_taken")
                    continue
                self.duplicates += 1
            else:
                why, reused = a.poison, a.id in taken
                if reused:
                    # The slot must be filled, or the stream would stand still for ever.
                    why = self._conflict(a, "id_taken")
                fresh.append((a, why, reused))
                held[a.seq] = (a.sha, why)
                taken.add(a.id)
            if why is not None:
                self.told[a.seq] = why
        return fresh

    def _conflict(self, a: Arrival, reason: str) -> str:
        """Keep a body that contradicts what is stored, once; tell the box. Returns the reason."""
        known = self.db.execute(
            "SELECT 1 FROM conflicts WHERE stream = ? AND seq = ? AND sha = ?", (self.id, a.seq, a.sha)
        ).fetchone()
        self.told[a.seq] = reason
        if known:
            self.duplicates += 1
            return reason
        self.conflicts += 1
        kept = self.db.execute("SELECT conflicts FROM stores WHERE store = ?", (self.stream.store,)).fetchone()[0]
        if kept + self.conflicts <= MAX_KEPT_CONFLICTS:
            self.db.execute(
                "INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?)",
                (self.id, a.seq, a.sha, reason, a.id, a.body),
            )
        return reason

    def _fill(self, seq: int) -> None:
        """Keep `gaps` as the exact complement of the inbox below `highest`."""
        if seq > self.highest:
            if seq > self.highest + 1:
                self.db.execute("INSERT INTO gaps VALUES (?, ?, ?)", (self.id, self.highest + 1, seq - 1))
            self.highest = seq
            return
        first, last = self.db.execute(
            "SELECT first, last FROM gaps WHERE stream = ? AND first <= ? ORDER BY first DESC LIMIT 1",
            (self.id, seq),
        ).fetchone()
        self.db.execute("DELETE FROM gaps WHERE stream = ? AND first = ?", (self.id, first))
        for left, right in ((first, seq - 1), (seq + 1, last)):
            if left <= right:
                self.db.execute("INSERT INTO gaps VALUES (?, ?, ?)", (self.id, left, right))

    def _project(self, arrivals: list[Arrival]) -> int:
        """Keep the highest (epoch count, ver, seq) of each order and its first place. Returns how many are
        new."""
        count, rows, firsts = self.stream.count, [], []
        for a in arrivals:
            o = a.order
            assert o is not None
            place = (count, self.id, a.seq)
            lines = msgspec.json.encode(o.lines).decode()
            shown = (o.number, o.status, o.type, o.total, o.currency, o.placed_at, lines)
            rows.append((self.stream.store, o.id, *place, count, a.ver, a.seq, *shown))
            firsts.append((*place, self.stream.store, o.id))
        ids = {row[1] for row in rows}
        known = self.db.execute(
            "SELECT count(*) FROM orders WHERE store = ? AND id IN (SELECT value FROM json_each(?))",
            (self.stream.store, json.dumps(list(ids))),
        ).fetchone()[0]
        self.db.executemany(_PROJECT, rows)
        self.db.executemany(_FIRST_SEEN, firsts)
        return len(ids) - int(known)


def _listed(
    id: str, number: str, status: str, type: str, total: int, currency: str, placed_at: str | None, lines: str
) -> ListedOrder:
    return ListedOrder(id, number, status, type, total, currency, placed_at, msgspec.Raw(lines.encode()))


def _missing(db: sqlite3.Connection, stream: int) -> list[int]:
    gaps = db.execute("SELECT first, last FROM gaps WHERE stream = ? ORDER BY first LIMIT ?", (stream, MAX_MISSING))
    each = (seq for first, last in gaps for seq in range(first, last + 1))
    return list(islice(each, MAX_MISSING))


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        raise Unavailable(f"{type(problem).__name__}: {problem}") from problem
