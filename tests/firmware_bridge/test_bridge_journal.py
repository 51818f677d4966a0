"""The bridge's memory on a real SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from firmware_bridge import journal as journal_module
from firmware_bridge.errors import JournalError
from firmware_bridge.journal import Entry, Journal
from firmware_bridge.print_jobs import PrintJobs
from gateway.contract.messages import BridgeDesired, DeviceDesired


class Wall:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def test_every_commit_is_synced_to_the_disk(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bridge.db", Wall())
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_job_under_way_is_unknown_after_a_restart_and_a_finished_one_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bridge.db", Wall())
    journal.record(Entry("a", "kitchen", "SENDING", bytes=5))
    journal.record(Entry("b", "kitchen", "PRINTED", evidence={"fence": "gs_r"}))
    journal.close()
    again = Journal(tmp_path / "bridge.db", Wall())
    assert [entry.key for entry in again.settle_after_restart()] == ["a"]
    assert again.find("a") == Entry("a", "kitchen", "UNKNOWN", "restarted", {}, 5)
    assert again.find("b") == Entry("b", "kitchen", "PRINTED", "", {"fence": "gs_r"})
    assert again.last_begun("kitchen") == "PRINTED"
    assert again.settle_after_restart() == [], "said once"


@pytest.mark.parametrize("later", [Entry("b", "kitchen", "WITHDRAWN"), Entry("b", "kitchen", "UNKNOWN", "unprintable")])
def test_an_unfinished_slip_counts_until_another_one_is_begun(tmp_path: Path, later: Entry) -> None:
    journal = Journal(tmp_path / "bridge.db", Wall())
    assert journal.last_begun("kitchen") is None
    journal.record(Entry("a", "kitchen", "UNKNOWN", "no_answer"))
    journal.record(later)
    journal.record(Entry("c", "bar", "PRINTED"))
    assert PrintJobs("kitchen", journal, lambda _: None).clean_first
    journal.record(Entry("d", "kitchen", "PRINTED"))
    assert not PrintJobs("kitchen", journal, lambda _: None).clean_first


def test_old_results_are_forgotten_but_never_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "KEEP_ALWAYS", 2)
    wall = Wall()
    journal = Journal(tmp_path / "bridge.db", wall)
    for key in "abcd":
        journal.record(Entry(key, "kitchen", "PRINTED"))
    journal.record(Entry("under-way", "bar", "SENDING"))
    wall.seconds += journal_module.KEEP_SECONDS + 10
    journal.tidy()
    assert [key for key in "abcd" if journal.find(key)] == ["d"]
    assert journal.find("under-way") is not None


def test_no_more_rows_are_kept_than_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "KEEP_ROWS", 10)
    journal = Journal(tmp_path / "bridge.db", Wall())
    for at in range(30):
        journal.record(Entry(f"k{at}", "kitchen", "PRINTED"))
    journal.tidy()
    assert [at for at in range(30) if journal.find(f"k{at}")] == list(range(20, 30))


def test_the_log_is_folded_in_when_idle_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bridge.db", Wall())
    for at in range(journal_module.CHECKPOINT_COMMITS):
        journal.record(Entry(f"k{at}", "kitchen", "PRINTED"))
    log = tmp_path / "bridge.db-wal"
    before = log.stat().st_size
    journal.tidy()
    for at in range(journal_module.CHECKPOINT_COMMITS // 2):
        journal.record(Entry(f"m{at}", "kitchen", "PRINTED"))
    assert log.stat().st_size == before, "the log is used again from its start"


def test_the_configuration_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bridge.db", Wall())
    assert journal.desired() is None
    desired = BridgeDesired(3, [DeviceDesired("kitchen", "escpos_printer", "/dev/x")])
    journal.save_desired(desired)
    journal.close()
    assert Journal(tmp_path / "bridge.db", Wall()).desired() == desired


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "bridge.db").write_bytes(b"not a database, certainly not" * 100)
    with pytest.raises(JournalError):
        Journal(tmp_path / "bridge.db", Wall())


def test_an_unknown_state_cannot_be_written(tmp_path: Path) -> None:
    Journal(tmp_path / "bridge.db", Wall())
    with pytest.raises(sqlite3.IntegrityError), sqlite3.connect(tmp_path / "bridge.db") as db:
        db.execute("INSERT INTO jobs VALUES (1, 'k', 'p', 'LOST', '', '{}', 0, 0)")


def test_printers_that_begin_at_once_share_their_commits(tmp_path: Path) -> None:
    """Twenty of them on a card that takes 8 ms for an fsync: one behind the other they would wait for 160 ms."""
    journal = Journal(tmp_path / "bridge.db", lambda: 1.8e9)
    gate, rounds = threading.Barrier(20), 10

    def begin(number: int) -> None:
        for n in range(rounds):
            gate.wait(10)
            journal.record(Entry(f"{number}-{n}", f"printer-{number}", "SENDING"))

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(20)]
    said: list[str] = []
    journal._db.set_trace_callback(said.append)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal._db.set_trace_callback(None)
    journal.close()
    with closing(sqlite3.connect(tmp_path / "bridge.db")) as other:
        found = other.execute("SELECT count(*), count(DISTINCT key) FROM jobs WHERE state = 'SENDING'").fetchone()
    assert found == (200, 200)
    assert transactions(said) <= 100, "half of them, at the very least, went with another one"


def transactions(said: list[str]) -> int:
    """Statements outside of one count for themselves, as SQLite commits each."""
    count, within = 0, False
    for statement in said:
        count += not within
        within = statement.startswith("BEGIN") or (within and not statement.startswith(("COMMIT", "ROLLBACK")))
    return count


def test_one_statement_that_cannot_be_spoils_no_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bridge.db", lambda: 1.8e9)
    gate = threading.Barrier(8)
    refused: list[str] = []

    def begin(number: int) -> None:
        for n in range(40):
            gate.wait(10)
            size = 1 << 70 if number == 3 else 1
            try:
                journal.record(Entry(f"{number}-{n}", "p", "SENDING", bytes=size))
            except JournalError:
                refused.append(f"{number}-{n}")

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [journal.find(f"{number}-{n}") for number in range(8) for n in range(40) if number != 3]
    journal.close()
    assert sorted(refused) == sorted(f"3-{n}" for n in range(40))
    assert all(entry is not None and entry.bytes == 1 for entry in kept)
