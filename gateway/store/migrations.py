"""The database's shape, as numbered steps. Forward only; a step that has been released is never changed, and so it says
the states of its day in letters: those of the code may become more.

sqlite-utils keeps the book of what has been applied. CHECK, STRICT and partial indexes are raw SQL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

VERSION = 11
"""Kept in `PRAGMA user_version`, so that an ordinary start needs no look into the book."""

PAGE_SIZE = 512
"""Bytes. An order touches some twenty pages, each with little in it: measured, a POST of five lines writes 12 KiB with
512, 17 with 1024 and 52 with 4096 (docs/adr/0003-small-pages.md). It cannot be changed later in WAL mode."""


FIRST = """
CREATE TABLE box (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store TEXT NOT NULL, box TEXT NOT NULL, epoch TEXT NOT NULL, epoch_count INTEGER NOT NULL,
  secret BLOB NOT NULL, paused_at TEXT, paused_by TEXT, pause_reason TEXT
) STRICT;
CREATE TABLE settings_revisions (revision INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE menu_revisions (revision INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE sold_out (item TEXT PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE dining_tables (name TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
CREATE TABLE business_days (day TEXT PRIMARY KEY, opened_at TEXT NOT NULL, closed_at TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE counters (
  day TEXT NOT NULL REFERENCES business_days, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE visits (
  id TEXT PRIMARY KEY, dining_table TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('OPEN', 'CLOSED')),
  covers INTEGER NOT NULL, opened_at TEXT NOT NULL, opened_by TEXT NOT NULL, closed_at TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX visits_open ON visits (dining_table) WHERE state = 'OPEN';
CREATE TABLE checks (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, visit TEXT REFERENCES visits, state TEXT NOT NULL CHECK (state IN ('OPEN', 'LOCKED', 'PAID')),
  currency TEXT NOT NULL, adjustments_total INTEGER NOT NULL, paid INTEGER NOT NULL, version INTEGER NOT NULL
) STRICT;
CREATE INDEX checks_of_visit ON checks (visit) WHERE visit IS NOT NULL;
CREATE TABLE orders (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, number TEXT NOT NULL, day TEXT NOT NULL REFERENCES business_days,
  status TEXT NOT NULL CHECK (status IN ('AWAITING_RELEASE', 'AWAITING_PAYMENT', 'PLACED', 'CLOSED', 'CANCELLED', 'EXPIRED')), type TEXT NOT NULL,
  check_n INTEGER NOT NULL REFERENCES checks, visit TEXT REFERENCES visits, dining_table TEXT NOT NULL,
  covers INTEGER NOT NULL, total INTEGER NOT NULL, menu_revision INTEGER NOT NULL REFERENCES menu_revisions,
  placed_at TEXT NOT NULL, updated_at TEXT NOT NULL, version INTEGER NOT NULL, source TEXT, external_id TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX orders_of_check ON orders (check_n);
CREATE UNIQUE INDEX orders_external ON orders (source, external_id) WHERE external_id IS NOT NULL;
CREATE TABLE lines (
  n INTEGER PRIMARY KEY, ticket INTEGER NOT NULL REFERENCES tickets, item TEXT NOT NULL, quantity INTEGER NOT NULL,
  unit_price INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('ON_HOLD', 'FIRED', 'DONE', 'SERVED', 'CANCELLED', 'RETURNED')), body TEXT NOT NULL
) STRICT;
CREATE TABLE tickets (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, order_n INTEGER NOT NULL REFERENCES orders, station TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('QUEUED', 'SHOWN', 'STARTED', 'READY', 'SERVED', 'CANCELLED')), proof TEXT NOT NULL,
  fired_at TEXT NOT NULL, fired_boot TEXT NOT NULL, fired_mono REAL NOT NULL,
  updated_at TEXT NOT NULL, updated_by TEXT NOT NULL, version INTEGER NOT NULL, shown_version INTEGER NOT NULL,
  start_version INTEGER NOT NULL, ready_version INTEGER NOT NULL, doubt TEXT NOT NULL, slip_number INTEGER NOT NULL,
  shown_at TEXT, shown_by TEXT, started_at TEXT, ready_at TEXT, served_at TEXT, cleared_at TEXT, first_job INTEGER
) STRICT;
CREATE INDEX tickets_open ON tickets (station) WHERE cleared_at IS NULL;
CREATE TABLE jobs (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, printer TEXT NOT NULL, station TEXT NOT NULL,
  ticket INTEGER NOT NULL REFERENCES tickets, copy INTEGER NOT NULL CHECK (copy >= 1),
  state TEXT NOT NULL CHECK (state IN ('QUEUED', 'SENDING', 'WAITING', 'PRINTED', 'UNCONFIRMED', 'UNKNOWN', 'STALE', 'DIVERTED', 'CANCELLED')), number INTEGER NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL,
  reason TEXT NOT NULL, evidence TEXT NOT NULL, attempts INTEGER NOT NULL, replaces TEXT, withdraw INTEGER NOT NULL,
  settled TEXT
) STRICT;
CREATE INDEX jobs_open ON jobs (printer) WHERE state IN ('QUEUED', 'SENDING', 'WAITING');
CREATE INDEX jobs_withdrawn ON jobs (printer) WHERE withdraw = 1 AND state IN ('QUEUED', 'SENDING', 'WAITING');
CREATE INDEX jobs_copies ON jobs (ticket) WHERE copy > 1;
CREATE INDEX jobs_unknown ON jobs (updated_at) WHERE state = 'UNKNOWN' AND settled IS NULL;
CREATE TABLE journal (
  slot INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, ver INTEGER NOT NULL,
  at TEXT NOT NULL, clockq TEXT NOT NULL, bizday TEXT NOT NULL, data BLOB NOT NULL
) STRICT;
CREATE TABLE cursors (
  name TEXT NOT NULL, epoch_count INTEGER NOT NULL, epoch TEXT NOT NULL, applied_upto INTEGER NOT NULL,
  PRIMARY KEY (name, epoch_count)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letters (slot INTEGER PRIMARY KEY, at TEXT NOT NULL, reason TEXT NOT NULL, event TEXT NOT NULL) STRICT;
CREATE TABLE keys (key BLOB PRIMARY KEY, hash BLOB NOT NULL, slot INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE bridges (
  name TEXT PRIMARY KEY, online INTEGER NOT NULL, revision INTEGER NOT NULL, boot TEXT NOT NULL, at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE devices (
  name TEXT PRIMARY KEY, bridge TEXT NOT NULL, status TEXT NOT NULL, reasons TEXT NOT NULL, driver TEXT NOT NULL,
  model TEXT NOT NULL, firmware TEXT NOT NULL, at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE conditions (
  code TEXT NOT NULL, subject TEXT NOT NULL, since TEXT NOT NULL, params TEXT NOT NULL, PRIMARY KEY (code, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE users (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, pin TEXT NOT NULL, language TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE programs (hash BLOB PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (hash BLOB PRIMARY KEY, user TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE login_failures (
  source TEXT PRIMARY KEY, count INTEGER NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL
) STRICT, WITHOUT ROWID;
"""

PAPERS = """
ALTER TABLE jobs ADD COLUMN intent TEXT NOT NULL DEFAULT '' CHECK (intent IN ('', 'cancel', 'divert', 'stale'));
ALTER TABLE jobs ADD COLUMN target TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN diverted_from TEXT;
UPDATE jobs SET intent = 'cancel' WHERE withdraw = 1;
DROP INDEX jobs_withdrawn;
ALTER TABLE jobs DROP COLUMN withdraw;
CREATE INDEX jobs_withdrawn ON jobs (printer) WHERE intent != '' AND state IN ('QUEUED', 'SENDING', 'WAITING');
DROP INDEX jobs_copies;
CREATE INDEX jobs_later ON jobs (ticket) WHERE (copy > 1 OR diverted_from IS NOT NULL);
CREATE INDEX jobs_stale ON jobs (updated_at) WHERE state = 'STALE';
"""

_JOB_COLUMNS = """n, id, kind, printer, station, ticket, copy, state, number, created_at, updated_at, boot, mono, reason,
 evidence, attempts, replaces, settled, intent, target, diverted_from"""

OTHER_PAPERS = f"""
ALTER TABLE jobs RENAME TO ticket_jobs;
CREATE TABLE jobs (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, printer TEXT NOT NULL, station TEXT NOT NULL,
  ticket INTEGER REFERENCES tickets, copy INTEGER NOT NULL CHECK (copy >= 1),
  state TEXT NOT NULL CHECK (state IN ('QUEUED', 'SENDING', 'WAITING', 'PRINTED', 'UNCONFIRMED', 'UNKNOWN', 'STALE', 'DIVERTED', 'CANCELLED')), number INTEGER NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL,
  reason TEXT NOT NULL, evidence TEXT NOT NULL, attempts INTEGER NOT NULL, replaces TEXT, settled TEXT,
  intent TEXT NOT NULL CHECK (intent IN ('', 'cancel', 'divert', 'stale')), target TEXT NOT NULL, diverted_from TEXT,
  asked_by TEXT NOT NULL, part INTEGER NOT NULL CHECK (part >= 0), order_n INTEGER REFERENCES orders, slip TEXT
) STRICT;
INSERT INTO jobs SELECT {_JOB_COLUMNS}, CASE WHEN copy > 1 THEN 'copy' ELSE '' END, 0, NULL, NULL
 FROM ticket_jobs;
DROP TABLE ticket_jobs;
CREATE INDEX jobs_open ON jobs (printer) WHERE state IN ('QUEUED', 'SENDING', 'WAITING');
CREATE INDEX jobs_withdrawn ON jobs (printer) WHERE intent != '' AND state IN ('QUEUED', 'SENDING', 'WAITING');
CREATE INDEX jobs_later ON jobs (ticket) WHERE (copy > 1 OR diverted_from IS NOT NULL OR part > 1);
CREATE INDEX jobs_unknown ON jobs (updated_at) WHERE state = 'UNKNOWN' AND settled IS NULL;
CREATE INDEX jobs_stale ON jobs (updated_at) WHERE state = 'STALE';
CREATE INDEX jobs_of_order ON jobs (order_n) WHERE order_n IS NOT NULL;
ALTER TABLE tickets ADD COLUMN fired_grade TEXT NOT NULL DEFAULT 'guess';
CREATE TABLE paused_printers (printer TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

INQUIRIES = """
CREATE TABLE inquiries (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, bridge TEXT NOT NULL, op TEXT NOT NULL, device TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ASKED', 'ANSWERED', 'REFUSED', 'UNANSWERED')),
  asked_by TEXT NOT NULL, asked_at TEXT NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL, answer TEXT NOT NULL
) STRICT;
CREATE INDEX inquiries_open ON inquiries (n) WHERE state = 'ASKED';
"""

CHANGES = """
ALTER TABLE lines ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lines ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lines ADD COLUMN former TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN hold TEXT NOT NULL DEFAULT '' CHECK (hold IN ('', 'held', 'fired'));
ALTER TABLE tickets ADD COLUMN course TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tickets_later ON tickets (order_n) WHERE later = 1;
CREATE TABLE notices (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, ticket INTEGER NOT NULL REFERENCES tickets, number INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('cancel', 'return', 'refire', 'rush', 'hold', 'fire', 'move', 'merge')),
  lines TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL,
  version INTEGER NOT NULL, reason TEXT NOT NULL, from_place TEXT NOT NULL, slip_number INTEGER NOT NULL,
  shown_at TEXT, shown_by TEXT, acked_at TEXT, acked_by TEXT
) STRICT;
DROP INDEX jobs_later;
CREATE INDEX jobs_later ON jobs (ticket)
 WHERE (copy > 1 OR diverted_from IS NOT NULL OR part > 1 OR kind = 'notice');
CREATE INDEX notices_of_ticket ON notices (ticket);
CREATE INDEX notices_unseen ON notices (n) WHERE shown_at IS NULL AND acked_at IS NULL;
"""

ROUTING = """
CREATE TABLE suspended_stations (
  station TEXT NOT NULL, area TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (station, area)
) STRICT, WITHOUT ROWID;
CREATE TABLE broker_displays (station TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


PASS = """
ALTER TABLE tickets ADD COLUMN ended TEXT NOT NULL DEFAULT '';
CREATE TABLE crossings (
  ticket INTEGER NOT NULL REFERENCES tickets, part INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL,
  PRIMARY KEY (ticket, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE pass_says (n INTEGER PRIMARY KEY, id TEXT NOT NULL, at TEXT NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL, body TEXT NOT NULL) STRICT;
"""


SCREEN = """
ALTER TABLE lines ADD COLUMN marked_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tickets ADD COLUMN allergy_at TEXT;
ALTER TABLE tickets ADD COLUMN allergy_by TEXT NOT NULL DEFAULT '';
"""


LEDGER = """
CREATE TABLE ledger_days (
  day TEXT PRIMARY KEY REFERENCES business_days, at TEXT NOT NULL, proof TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


HONEST = """
CREATE TABLE apologies (check_n INTEGER PRIMARY KEY REFERENCES checks, at TEXT NOT NULL) STRICT;
UPDATE users SET language = '';
"""
"""No page spoke a person's language before, and nobody had been asked for it: until somebody says, as the device does."""


NOTES = """
ALTER TABLE lines ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
CREATE TABLE notices_now (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, ticket INTEGER NOT NULL REFERENCES tickets, number INTEGER NOT NULL,
  kind TEXT NOT NULL
    CHECK (kind IN ('cancel', 'return', 'refire', 'recall', 'rush', 'hold', 'fire', 'move', 'merge', 'change')),
  lines TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, boot TEXT NOT NULL, mono REAL NOT NULL,
  version INTEGER NOT NULL, reason TEXT NOT NULL, from_place TEXT NOT NULL, slip_number INTEGER NOT NULL,
  shown_at TEXT, shown_by TEXT, acked_at TEXT, acked_by TEXT, note TEXT NOT NULL DEFAULT '',
  note_before TEXT NOT NULL DEFAULT '', also TEXT NOT NULL DEFAULT '[]'
) STRICT;
INSERT INTO notices_now SELECT *, '', '', '[]' FROM notices;
DROP TABLE notices;
ALTER TABLE notices_now RENAME TO notices;
CREATE INDEX notices_of_ticket ON notices (ticket);
CREATE INDEX notices_unseen ON notices (n) WHERE shown_at IS NULL AND acked_at IS NULL;
"""


def migrate(path: Path, stop_before: str | None = None) -> None:
    """Brings the file at `path` to `VERSION`. The caller has made a backup if there was something to lose.

    `stop_before` names a step: then the file is left as the release before that one had it.
    """
    import sqlite_utils  # 100 ms and 10 MB: paid only when there is something to migrate
    from sqlite_utils import Migrations

    steps = Migrations("gateway")

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m001_first(db: Any) -> None:
        _carry_out(db, FIRST)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m002_papers(db: Any) -> None:
        _carry_out(db, PAPERS)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m003_other_papers(db: Any) -> None:
        _carry_out(db, OTHER_PAPERS)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m004_inquiries(db: Any) -> None:
        _carry_out(db, INQUIRIES)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m005_changes(db: Any) -> None:
        _carry_out(db, CHANGES)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m006_routing(db: Any) -> None:
        _carry_out(db, ROUTING)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m007_pass(db: Any) -> None:
        _carry_out(db, PASS)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m008_screen(db: Any) -> None:
        _carry_out(db, SCREEN)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m009_ledger(db: Any) -> None:
        _carry_out(db, LEDGER)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m010_honest(db: Any) -> None:
        _carry_out(db, HONEST)

    @steps()  # type: ignore[untyped-decorator, unused-ignore]
    def m011_notes(db: Any) -> None:
        _carry_out(db, NOTES)

    db = sqlite_utils.Database(str(path))
    try:
        db.conn.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        db.conn.execute("PRAGMA journal_mode = WAL")
        steps.apply(db, stop_before=stop_before)
        db.conn.execute(f"PRAGMA user_version = {VERSION if stop_before is None else _version_before(stop_before)}")
    finally:
        db.conn.close()


def _version_before(step: str) -> int:
    return int(step[1:4]) - 1


def _carry_out(db: Any, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)
