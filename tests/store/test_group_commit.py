"""One transaction for all who wait, each in its own savepoint, and no answer before the commit."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import pytest
from store.shop import GUEST, Shop, cart, menu, rules, tokens

from gateway.domain.actor import HOUSE
from gateway.domain.errors import Refused
from gateway.operations import administration, ordering
from gateway.store import GUEST_SHARE, MAX_WAITING, NotDone, Pending, Tx, box, keys, people, settings, visits, writer
from gateway.store.ballast import BALLAST_BYTES
from gateway.store.migrations import PAGE_SIZE
from gateway.store.writer import FATAL_READS_S, FULL_RETRY_S, LOOK_EVERY_S, MAX_BATCH, DiskFailed


def mark(tx: Tx, now: Any, ids: Any, actor: Any, name: str) -> str:
    visits.begin_day(tx, "2026-11-23", now.iso)
    visits.count(tx, "2026-11-23", {name: 1})
    tx.changed.add("marks")
    return name


def refuse(tx: Tx, now: Any, ids: Any, actor: Any, name: str, keep: Any = ()) -> None:
    mark(tx, now, ids, actor, name)
    raise Refused("no", keep=keep)


def stumble(tx: Tx, now: Any, ids: Any, actor: Any, name: str) -> None:
    mark(tx, now, ids, actor, name)
    raise ZeroDivisionError("a bug")


def misspell(tx: Tx, now: Any, ids: Any, actor: Any, name: str) -> None:
    mark(tx, now, ids, actor, name)
    tx.run("INSERT INTO no_such_table VALUES (1)")


def marks(shop: Shop) -> dict[str, int]:
    return dict(shop.sql("SELECT name, value FROM counters WHERE name LIKE 'm%'"))


def traced(shop: Shop) -> list[str]:
    said: list[str] = []
    shop.store.writer_connection.set_trace_callback(said.append)
    return said


def test_many_operations_are_one_transaction_and_one_commit(shop: Shop) -> None:
    said = traced(shop)
    pending = [shop.submit(mark, f"m{n}") for n in range(20)]
    shop.write()
    assert [p.result(0) for p in pending] == [f"m{n}" for n in range(20)]
    assert said.count("COMMIT") == said.count("BEGIN IMMEDIATE") == 1
    assert said.count("SAVEPOINT operation") == said.count("RELEASE operation") == 20


def test_nobody_is_answered_before_the_commit(shop: Shop) -> None:
    """At the moment of each answer a second connection already finds everything that the batch wrote."""
    found: list[int] = []

    def look(pending: Pending) -> None:
        with closing(sqlite3.connect(shop.store.path)) as other:
            found.append(other.execute("SELECT count(*) FROM counters WHERE name LIKE 'm%'").fetchone()[0])

    told: list[int] = []
    shop.store.listen(lambda changed: look(None) if "marks" in changed else None)  # type: ignore[arg-type]
    pending = [shop.submit(mark, f"m{n}") for n in range(5)]
    for one in pending:
        one.then(look)
    seen_before = [p.done for p in pending]
    shop.write()
    assert seen_before == [False] * 5
    assert found == [5] * 6
    assert told == []


def test_a_batch_has_a_bound_and_the_rest_goes_into_the_next(shop: Shop) -> None:
    said = traced(shop)
    pending = [shop.submit(mark, "m") for _ in range(MAX_BATCH + 1)]
    shop.writer.step(shop.now)
    assert [p.done for p in pending] == [True] * MAX_BATCH + [False]
    shop.write()
    assert said.count("COMMIT") == 2
    assert marks(shop) == {"m": MAX_BATCH + 1}


def test_an_idle_writer_asks_to_be_looked_at_again(shop: Shop) -> None:
    assert shop.writer.step(shop.now) == shop.now.monotonic + LOOK_EVERY_S
    shop.submit(mark, "m")
    assert shop.writer.step(shop.now) == shop.now.monotonic


@pytest.mark.parametrize(
    ("bad", "error"), [(refuse, Refused), (stumble, ZeroDivisionError), (misspell, sqlite3.OperationalError)]
)
def test_one_that_fails_leaves_no_trace_and_hurts_none_of_the_others(
    shop: Shop, bad: Any, error: type[Exception]
) -> None:
    first, failing, last = shop.submit(mark, "m1"), shop.submit(bad, "m2"), shop.submit(mark, "m3")
    shop.write()
    assert (first.result(0), last.result(0)) == ("m1", "m3")
    with pytest.raises(error):
        failing.result(0)
    assert marks(shop) == {"m1": 1, "m3": 1}


def test_a_refused_operation_may_leave_facts_that_are_kept(shop: Shop) -> None:
    keep = (lambda tx: people.add_failure(tx, "10.0.0.7", "boot-1", 5.0),)
    pending = shop.submit(refuse, "m2", keep)
    shop.write()
    with pytest.raises(Refused):
        pending.result(0)
    assert marks(shop) == {}
    assert shop.sql("SELECT source, count, boot, mono FROM login_failures") == [("10.0.0.7", 1, "boot-1", 5.0)]


def test_numbers_have_no_gap_after_rollbacks_in_the_same_batch_and_in_others(shop: Shop) -> None:
    def order(item: str) -> Pending:
        wanted = cart(item)
        return shop.submit(
            ordering.place_order, wanted, next(shop.keys), keys.fingerprint(item.encode()), shop.visit(), actor=GUEST
        )

    pending = [order(item) for item in ("tofu", "fish", "tea", "pizza", "lamb", "fish")]
    pending.append(shop.submit(stumble, "m"))
    pending += [order(item) for item in ("tofu", "fish")]
    shop.write()
    numbers = [p.result(0).answer["number"] for p in pending if p.failure is None]
    assert numbers == ["A001", "A002", "A003", "A004"]
    order("fish")
    order("tofu")
    shop.write()
    slots = [slot & (1 << 40) - 1 for (slot,) in shop.sql("SELECT slot FROM journal ORDER BY slot")]
    assert slots == list(range(1, len(slots) + 1))
    assert [n for (n,) in shop.sql("SELECT number FROM orders ORDER BY n")] == [*numbers, "A005"]
    assert [n for (n,) in shop.sql("SELECT number FROM jobs WHERE station = 'wok' ORDER BY n")] == [1, 2, 3]


def test_a_revision_that_was_rolled_back_is_remembered_by_nobody(shop: Shop) -> None:
    """Two imports give revision 2; the first is undone with its batch after others had already read it."""

    def read(tx: Tx, now: Any, ids: Any, actor: Any) -> object:
        return settings.current_menu(tx)

    def cheap(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0]["price"] = 1

    def import_and_fail(tx: Tx, now: Any, ids: Any, actor: Any) -> None:
        administration.import_menu(tx, now, ids, actor, menu(cheap))
        assert read(tx, now, ids, actor) is not None
        raise Refused("after_all_not")

    shop.submit(import_and_fail)
    shop.write()
    assert shop.do(administration.import_menu, menu()) == 2
    with shop.read() as rows:
        current = settings.current_menu(rows)
    assert current is not None
    assert (current[0], current[1].items["tofu"].price) == (2, 2800)
    order_id = shop.place("tofu")
    assert shop.order(order_id).total == 2800


def test_the_listeners_hear_once_what_kinds_of_rows_changed(shop: Shop) -> None:
    told: list[frozenset[str]] = []
    shop.store.listen(told.append)
    shop.submit(mark, "m1")
    shop.submit(mark, "m2")
    shop.write()
    assert told == [frozenset({"marks"})]


def test_a_full_queue_answers_at_once_and_guests_never_fill_it(shop: Shop) -> None:
    guests = [shop.submit(mark, "m", actor=GUEST) for _ in range(GUEST_SHARE + 1)]
    assert [p.done for p in guests].count(True) == 1
    with pytest.raises(NotDone, match="busy"):
        guests[-1].result(0)
    staff = [shop.submit(mark, "m") for _ in range(MAX_WAITING - GUEST_SHARE + 1)]
    assert [p.done for p in staff] == [False] * (MAX_WAITING - GUEST_SHARE) + [True]
    shop.write()
    assert marks(shop) == {"m": MAX_WAITING}


def test_each_of_twenty_threads_gets_its_own_answer(shop: Shop) -> None:
    answers: dict[int, str] = {}

    def ask(n: int) -> None:
        answers[n] = shop.submit(mark, f"m{n}").result(20)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        shop.write()
    assert answers == {n: f"m{n}" for n in range(20)}


def test_whoever_asks_to_be_told_is_told_once_whenever_he_asks() -> None:
    for round_ in range(300):
        told: list[int] = []
        pending = Pending(mark, HOUSE, (), {})
        settler = threading.Thread(target=pending.settle, args=(1,))
        settler.start()
        pending.then(lambda p, told=told: told.append(1))  # type: ignore[misc]
        settler.join()
        assert told == [1], round_


# --- the disk ---


def fill(shop: Shop) -> None:
    connection = shop.store.writer_connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def big(tx: Tx, now: Any, ids: Any, actor: Any) -> None:
    tx.run("INSERT INTO sold_out VALUES (?, ?, ?)", "x" * 200_000, now.iso, "")


def test_a_full_disk_answers_the_whole_batch_as_not_done_and_frees_the_ballast(shop: Shop) -> None:
    told: list[frozenset[str]] = []
    shop.store.listen(told.append)
    fill(shop)
    began = shop.now.iso
    small, large = shop.submit(mark, "m1"), shop.submit(big)
    shop.writer.step(shop.now)
    for pending in (small, large):
        with pytest.raises(NotDone, match="storage_full"):
            pending.result(0)
    assert marks(shop) == {}
    assert not (shop.folder / "ballast").exists()
    assert shop.store.health.is_full
    assert shop.store.health.full_at(shop.later(7)) == began
    assert shop.store.health.fatal is None
    assert told == [frozenset({"health"})]


def test_when_there_is_room_again_people_are_told_within_five_seconds(shop: Shop) -> None:
    fill(shop)
    shop.submit(big)
    shop.writer.step(shop.now)
    told: list[frozenset[str]] = []
    shop.store.listen(told.append)
    shop.later(FULL_RETRY_S - 0.1)
    shop.writer.step(shop.now)
    assert shop.store.health.is_full
    shop.store.writer_connection.execute("PRAGMA max_page_count = 1000000")
    shop.later(0.1)
    shop.writer.step(shop.now)
    assert not shop.store.health.is_full
    assert told == [frozenset({"health"})]
    assert (shop.folder / "ballast").stat().st_size == BALLAST_BYTES
    shop.do(mark, "m1")


def test_a_disk_that_is_still_full_stays_full_without_anybody_ordering(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(shop)
    shop.submit(big)
    shop.writer.step(shop.now)
    began = shop.now.iso
    failing = FullConnection()
    monkeypatch.setattr(shop.writer.store, "writer_connection", failing)
    for looks in (1, 2, 3):
        shop.writer.step(shop.later(FULL_RETRY_S - 1))
        assert failing.commits == looks - 1
        shop.writer.step(shop.later(1))
        assert failing.commits == looks
        assert shop.store.health.is_full
        assert shop.store.health.full_at(shop.now) == began
    monkeypatch.undo()


def test_a_disk_that_fails_while_it_is_full_acknowledges_nothing_either(shop: Shop) -> None:
    fill(shop)
    shop.submit(big)
    shop.writer.step(shop.now)
    said = traced(shop)
    pending = shop.submit(mark, "m1")
    with no_byte_can_be_written(shop):
        shop.writer.step(shop.later(FULL_RETRY_S))
    with pytest.raises(NotDone, match="storage_failed"):
        pending.result(0)
    assert said.count("COMMIT") == 1, "nothing more is written to a disk that has just failed"


def test_a_ballast_that_cannot_be_given_back_keeps_nobody_waiting(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gateway.store.ballast.os.truncate", refuse)
    fill(shop)
    pending = shop.submit(big)
    shop.writer.step(shop.now)
    with pytest.raises(NotDone, match="storage_full"):
        pending.result(0)
    assert shop.store.health.is_full


class FullConnection:
    """The connection of a disk that is full to the last byte: its commits raise what SQLite raises. No process can make
    that real without a mount; `faults/test_disk.py` does."""

    def __init__(self) -> None:
        self.error = sqlite3.OperationalError("SQLITE_FULL")
        self.error.sqlite_errorcode = sqlite3.SQLITE_FULL
        self.error.sqlite_errorname = "SQLITE_FULL"
        self.in_transaction = False
        self.commits = 0

    def execute(self, sql: str, *args: Any) -> Any:
        if sql == "COMMIT":
            self.commits += 1
            raise self.error
        return self

    def fetchone(self) -> tuple[int]:
        return (0,)

    def rollback(self) -> None:
        """Nothing is left to roll back."""


@contextmanager
def no_byte_can_be_written(shop: Shop) -> Iterator[None]:
    """The kernel refuses this process every write to a file."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


@contextmanager
def a_page_has_rotted(shop: Shop) -> Iterator[None]:
    (page,) = shop.sql("SELECT rootpage FROM sqlite_schema WHERE name = 'counters'")[0]
    shop.store.close()
    with open(shop.store.path, "r+b") as file:
        file.seek((page - 1) * PAGE_SIZE)
        file.write(b"\xff" * 64)
    shop.open()
    yield


@contextmanager
def the_card_has_locked_itself(shop: Shop) -> Iterator[None]:
    shop.store.writer_connection.execute("PRAGMA query_only = ON")
    yield


@pytest.mark.parametrize(
    ("trouble", "name"),
    [
        (no_byte_can_be_written, "SQLITE_IOERR_WRITE"),
        (a_page_has_rotted, "SQLITE_CORRUPT"),
        (the_card_has_locked_itself, "SQLITE_READONLY"),
    ],
)
def test_a_failed_disk_acknowledges_nothing_serves_reads_for_a_while_and_ends_the_process(
    shop: Shop, trouble: Callable[[Shop], AbstractContextManager[None]], name: str
) -> None:
    """Real troubles of a real file; of whole processes that meet them tells `faults/test_disk.py`."""
    shop.do(mark, "m1")
    with trouble(shop):
        pending = shop.submit(mark, "m2")
        shop.writer.step(shop.now)
    with pytest.raises(NotDone, match="storage_failed"):
        pending.result(0)
    assert shop.store.health.fatal == name
    later = shop.submit(mark, "m3")
    shop.later(FATAL_READS_S - 1)
    shop.writer.step(shop.now)
    with pytest.raises(NotDone, match="storage_failed"):
        later.result(0)
    assert shop.value("SELECT count(*) FROM orders") == 0  # reads go on
    shop.later(1)
    with pytest.raises(DiskFailed) as ended:
        shop.writer.step(shop.now)
    assert ended.value.fatal


def test_another_writer_that_holds_the_file_is_no_disk_fault(shop: Shop) -> None:
    shop.store.writer_connection.execute("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(shop.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        pending = shop.submit(mark, "m")
        shop.writer.step(shop.now)
        other.execute("ROLLBACK")
    with pytest.raises(NotDone, match="busy"):
        pending.result(0)
    assert (shop.store.health.is_full, shop.store.health.fatal) == (False, None)
    shop.do(mark, "m")
    assert writer._is_disk(sqlite3.OperationalError("no code")) is False


def test_settings_imported_twice_in_one_batch_are_two_revisions(shop: Shop) -> None:
    first = shop.submit(administration.import_settings, rules(day_starts="05:00"), tokens([]))
    second = shop.submit(administration.import_settings, rules(day_starts="06:00"), tokens([]))
    shop.write()
    assert (first.result(0), second.result(0)) == (2, 3)
    assert shop.settings().day_starts == "06:00"


def order_of(shop: Shop, *items: str) -> Pending:
    wanted = cart(*items)
    return shop.submit(ordering.place_order, wanted, next(shop.keys), b"", shop.visit(), actor=GUEST)


def test_what_is_asked_once_a_batch_is_asked_again_after_it_was_written(shop: Shop) -> None:
    asked = [order_of(shop, "tea"), shop.submit(administration.set_sold_out, "tea", True), order_of(shop, "tea")]
    asked += [shop.submit(administration.set_paused, True, "full"), order_of(shop, "lamb")]
    asked += [shop.submit(administration.set_paused, False, ""), order_of(shop, "lamb")]
    said = traced(shop)
    shop.write()
    assert said.count("COMMIT") == 1
    assert [getattr(p.failure, "code", None) for p in asked] == [
        None, None, "sold_out", None, "ordering_paused", None, None,
    ]  # fmt: skip


def close_to_all_and_stumble(tx: Tx, now: Any, ids: Any, actor: Any) -> None:
    administration.set_paused(tx, now, ids, actor, True, "full")
    assert box.pause(tx)
    raise ZeroDivisionError("a bug")


def test_what_a_rolled_back_operation_read_is_forgotten(shop: Shop) -> None:
    asked = [shop.submit(close_to_all_and_stumble), order_of(shop, "tea")]
    shop.write()
    assert isinstance(asked[0].failure, ZeroDivisionError)
    assert asked[1].failure is None
