"""The file: how it is opened, migrated, backed up and refused, and what each connection promises."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from store.shop import Shop

from gateway.domain.actor import HOUSE
from gateway.domain.errors import Refused
from gateway.ids import Ids
from gateway.operations import administration
from gateway.store import READERS, BrokenDatabase, NewerDatabase, NotDone, Store, migrations, suspect_mark
from gateway.store.ids import newest_tick, row_of
from gateway.store.migrations import PAGE_SIZE, VERSION


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_every_connection_syncs_in_full_and_keeps_foreign_keys(shop: Shop) -> None:
    with shop.read() as one, shop.read() as two:
        for connection in (shop.store.writer_connection, one.connection, two.connection):
            assert pragma(connection, "synchronous") == 2
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "journal_mode") == "wal"
        assert pragma(one.connection, "query_only") == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            one.connection.execute("DELETE FROM journal")
    assert pragma(shop.store.writer_connection, "page_size") == PAGE_SIZE


def test_a_row_that_points_nowhere_and_a_state_that_is_none_are_refused_by_the_file_itself(shop: Shop) -> None:
    shop.place()
    connection = shop.store.writer_connection
    for statement in (
        "UPDATE jobs SET ticket = 1",
        "UPDATE tickets SET state = 'LOST'",
        "UPDATE orders SET total = 'many'",
        "INSERT INTO counters VALUES ('2099-01-01', 'order', 1)",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)


def test_every_table_is_strict(shop: Shop) -> None:
    lax = shop.sql("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0")
    assert [name for (name,) in lax if not name.startswith(("sqlite_", "_sqlite_"))] == []


def test_a_newer_database_is_refused_in_words_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(NewerDatabase, match=f"has version {VERSION + 1}, this release knows {VERSION}"):
        Store(path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.before-*"))


@pytest.mark.parametrize(
    "content", [b"this is no database at all, but a letter to the cook\n" * 40, b"SQLite format 3\0" + b"\7" * 984]
)
def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gateway.db"
    path.write_bytes(content)
    with pytest.raises(BrokenDatabase, match=r"gateway\.db is damaged: file is not a database"):
        Store(path)
    assert path.read_bytes() == content


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    migrations.migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        first = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        # A start that was cut between the last step and the version's own note begins here again.
        connection.execute("PRAGMA user_version = 0")
    migrations.migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall() == first
        assert pragma(connection, "user_version") == VERSION


def test_papers_of_the_first_release_are_known_to_the_second(tmp_path: Path) -> None:
    """One that was wanted back still is; the printers' queues are as they were."""
    path = tmp_path / "old.db"
    migrations.migrate(path, stop_before="m002_papers")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        row = "VALUES (?, 'id', 'kitchen', 'p', 'wok', 1, 1, ?, 7, '', '', '', 0, '', '{}', 0, NULL, ?, NULL)"
        db.execute("PRAGMA foreign_keys = OFF")
        db.executemany(f"INSERT INTO jobs {row}", [(1, "QUEUED", 0), (2, "QUEUED", 1), (3, "PRINTED", 0)])
        db.commit()
    migrations.migrate(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        found = db.execute("SELECT n, state, number, intent, target, diverted_from FROM jobs ORDER BY n").fetchall()
        assert [row[:4] for row in found] == [(1, "QUEUED", 7, ""), (2, "QUEUED", 7, "cancel"), (3, "PRINTED", 7, "")]
        assert {row[4:] for row in found} == {("", None)}
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("UPDATE jobs SET intent = 'dance'")


def test_changes_of_a_former_release_keep_every_field_and_a_note_may_be_one_of_them(tmp_path: Path) -> None:
    """Its table is made anew for the kind `change`; what nobody has seen still waits for its cook."""
    path = tmp_path / "old.db"
    migrations.migrate(path, stop_before="m011_notes")
    row = ["id-1", 5, 1, "cancel", "[[1, 2]]", "staff Li", "at", "boot", 2.5, 3, "点多了", "", 41, *[None] * 4]
    seen = ["id-2", 5, 2, "move", "[]", "staff Li", "at", "boot", 3.5, 4, "", "7", 42, "a", "slip 0042", "b", "cook"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (10,)
        db.execute("PRAGMA foreign_keys = OFF")
        columns = [name for _, name, *_ in db.execute("PRAGMA table_info(notices)")]
        for n, values in ((7, row), (9, seen)):
            db.execute(f"INSERT INTO notices VALUES ({', '.join('?' * len(columns))})", [n, *values])
        kinds = db.execute("PRAGMA table_info(lines)").fetchall()
        line = {name: 0 if kind == "INTEGER" else "" for _, name, kind, *_ in kinds} | {"state": "FIRED", "quantity": 2}
        marks = ", ".join("?" * len(line))
        db.execute(f"INSERT INTO lines ({', '.join(line)}) VALUES ({marks})", list(line.values()))
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("UPDATE notices SET kind = 'change'")
        db.commit()
    migrations.migrate(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        found = db.execute(f"SELECT {', '.join(columns)}, note, note_before, also FROM notices ORDER BY n").fetchall()
        assert found == [(7, *row, "", "", "[]"), (9, *seen, "", "", "[]")]
        assert db.execute("SELECT quantity, again FROM lines").fetchall() == [(2, 0)]
        db.execute("UPDATE notices SET kind = 'change', note = '少辣' WHERE n = 7")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("UPDATE notices SET kind = 'dance'")
        unseen = "SELECT n FROM notices WHERE shown_at IS NULL AND acked_at IS NULL"
        assert db.execute(unseen).fetchall() == [(7,)]
        plan = str(db.execute(f"EXPLAIN QUERY PLAN {unseen}").fetchall())
        assert "notices_unseen" in plan, plan


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gateway.db"
    monkeypatch.setattr(migrations, "FIRST", migrations.FIRST + "\nCREATE TABLE box (again TEXT);\n")
    with pytest.raises(Exception, match="box already exists"):
        Store(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'orders'").fetchone() == (0,)
    monkeypatch.undo()
    Store(path).close()


def test_a_backup_is_made_before_an_older_database_is_changed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.place()
    path = shop.store.path
    shop.store.close()
    monkeypatch.setattr(migrations, "VERSION", VERSION + 1)
    shop.open()
    (backup,) = path.parent.glob("*.before-*")
    assert backup.name == f"gateway.db.before-v{VERSION + 1}"
    with closing(sqlite3.connect(backup)) as connection:
        assert pragma(connection, "user_version") == VERSION
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    assert shop.value("PRAGMA user_version") == VERSION + 1


def test_a_cut_start_with_an_empty_file_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    path.touch()
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert pragma(connection, "user_version") == VERSION
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)


def test_readers_are_a_pool_of_eight_and_the_ninth_waits(shop: Shop) -> None:
    held = [shop.read() for _ in range(READERS)]
    for one in held:
        one.__enter__()
    got = threading.Event()

    def ninth() -> None:
        with shop.read():
            got.set()

    thread = threading.Thread(target=ninth, daemon=True)
    thread.start()
    assert not got.wait(0.1)
    held.pop().__exit__(None, None, None)
    assert got.wait(5)
    thread.join(5)
    for one in held:
        one.__exit__(None, None, None)
    assert len(shop.store._readers) == READERS


def test_who_finds_no_reader_free_is_told_to_come_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.READ_WAIT_S", 0.02)
    with ExitStack() as held:
        for _ in range(READERS):
            held.enter_context(shop.read())
        with pytest.raises(Refused) as refused, shop.read():
            pass
    assert (refused.value.code, refused.value.retry_after_s) == ("busy", 1)
    with shop.read() as rows:
        assert rows.value("SELECT 1") == 1


def test_a_reader_sees_one_moment_however_long_it_looks(shop: Shop) -> None:
    with shop.read() as rows:
        before = rows.value("SELECT count(*) FROM orders")
        shop.place()
        assert rows.value("SELECT count(*) FROM orders") == before
    assert shop.value("SELECT count(*) FROM orders") == before + 1


def test_a_reader_that_fails_gives_its_place_back(shop: Shop) -> None:
    for _ in range(2 * READERS):
        with pytest.raises(KeyError), shop.read():
            raise KeyError("in the middle")
    with shop.read() as rows:
        assert rows.value("SELECT 1") == 1


def test_closing_answers_what_waits_and_refuses_what_comes(shop: Shop) -> None:
    waiting = shop.submit(administration.set_paused, True, "")
    shop.store.close()
    late = shop.submit(administration.set_paused, True, "")
    for pending in (waiting, late):
        with pytest.raises(NotDone):
            pending.result(0)
    shop.open()


def test_what_another_process_wrote_is_noticed(shop: Shop) -> None:
    told: list[frozenset[str]] = []
    shop.store.listen(told.append)
    other = Store(shop.store.path)
    try:
        pending = other.submit(administration.set_paused, HOUSE, True, "by the command line")
        type(shop.writer)(other, shop.ids()).step(shop.now)
        pending.result(0)
    finally:
        other.close()
    shop.writer.step(shop.now)
    shop.writer.step(shop.now)
    assert told == [frozenset({"everything"})]


def test_a_ballast_is_kept_and_made_anew_when_it_was_used(shop: Shop) -> None:
    ballast = shop.folder / "ballast"
    size = ballast.stat().st_size
    assert size == 8 * 1024 * 1024
    ballast.unlink()
    shop.again()
    assert ballast.stat().st_size == size


def test_results_are_waited_for_no_longer_than_asked(shop: Shop) -> None:
    pending = shop.submit(administration.set_paused, True, "")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        pending.result(0.05)
    assert time.monotonic() - began < 2
    shop.write()
    assert pending.result(0) is None


def test_a_suspect_file_is_checked_before_it_is_sold_from(shop: Shop) -> None:
    shop.place()
    mark = suspect_mark(shop.store.path)
    mark.touch()
    shop.again()
    assert not mark.exists()
    assert shop.order(shop.place()).number == "A002"
    path = shop.store.path
    shop.store.close()
    mark.touch()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    with pytest.raises(BrokenDatabase, match="is damaged"):
        Store(path)
    assert mark.exists()
    path.write_bytes(whole)
    shop.open()


def test_ids_of_a_new_life_go_on_behind_those_of_the_former_one_whatever_the_clock_says(shop: Shop) -> None:
    order = shop.order(shop.place())
    with shop.read() as rows:
        newest = newest_tick(rows)
    # The box's clock stands years before: its next id still sorts behind every row.
    ahead = newest + (1 << 50)
    assert row_of(next(Ids(ahead))) == ahead + 1
    assert newest >= max(row_of(order.id), *(row_of(t.id) for t in order.tickets))
    assert row_of("nonsense") == -1
