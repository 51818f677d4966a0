"""The room that is kept back: since when it is gone, and what the next start makes of that."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from store.shop import Shop

from gateway.domain.now import iso
from gateway.store.ballast import BALLAST_BYTES, SPARE_BYTES, free_ballast
from gateway.store.writer import FULL_RETRY_S
from gateway.web import views


def since(shop: Shop) -> str | None:
    with shop.read() as rows:
        found = views.condition_list(rows, shop.store, shop.now)
    return next((str(c["since"]) for c in found if c["code"] == "storage_full"), None)


def big(tx: Any, now: Any, ids: Any, actor: Any) -> None:
    tx.run("INSERT INTO sold_out VALUES (?, ?, ?)", "x" * 200_000, now.iso, "")


def fill(shop: Shop) -> None:
    connection = shop.store.writer_connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    shop.submit(big)
    shop.writer.step(shop.now)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the machine says of its disk."""
    free = SimpleNamespace(f_bavail=0, f_frsize=1)
    monkeypatch.setattr("gateway.store.ballast.os.statvfs", lambda folder: free)
    return free


def test_a_full_disk_says_since_when_at_every_reading(shop: Shop, disk: SimpleNamespace) -> None:
    assert since(shop) is None
    shop.later(7)
    began = shop.now.iso
    fill(shop)
    for _ in range(3):
        shop.later(FULL_RETRY_S)
        shop.writer.step(shop.now)  # still on the reserve
        assert since(shop) == began
    jumped = shop.now.utc.replace(year=2030)
    assert shop.store.health.full_at(shop.now.__class__(jumped, "guess", "boot-1", shop.now.monotonic)) == began
    disk.f_bavail = BALLAST_BYTES + SPARE_BYTES
    shop.store.writer_connection.execute("PRAGMA max_page_count = 1000000")
    shop.later(FULL_RETRY_S)
    shop.writer.step(shop.now)
    assert since(shop) is None
    shop.later(60)
    fill(shop)
    assert since(shop) == shop.now.iso, "a new time, not the former one"


@pytest.mark.parametrize("left", ["freed", "emptied", "short", "missing"])
def test_a_start_that_finds_the_ballast_gone_is_on_its_reserve_until_there_is_room(
    shop: Shop, disk: SimpleNamespace, left: str
) -> None:
    ballast = shop.folder / "ballast"
    if left == "freed":
        assert free_ballast(shop.folder)
    elif left == "missing":
        ballast.unlink()
    else:
        os.truncate(ballast, 0 if left == "emptied" else 4096)
    remains = shop.folder / "ballast.freed" if left == "freed" else ballast
    freed = iso(datetime.fromtimestamp(remains.stat().st_mtime, UTC)) if remains.exists() else shop.now.iso
    disk.f_bavail = BALLAST_BYTES + SPARE_BYTES - 1
    shop.again()
    assert shop.store.health.is_full
    assert since(shop) == freed
    told = list[frozenset[str]]()
    shop.store.listen(told.append)
    for _ in range(3):
        assert shop.writer.step(shop.later(FULL_RETRY_S)) is not None
        assert since(shop) == freed
    assert told == []
    disk.f_bavail += 1
    shop.writer.step(shop.later(FULL_RETRY_S))
    assert (since(shop), shop.store.health.is_full) == (None, False)
    assert frozenset({"health"}) in told
    assert ballast.stat().st_size == BALLAST_BYTES
    assert not (shop.folder / "ballast.freed").exists()
    shop.again()
    assert not shop.store.health.is_full


def test_the_writers_own_success_does_not_end_a_reserve_that_the_start_found(
    shop: Shop, disk: SimpleNamespace
) -> None:
    free_ballast(shop.folder)
    shop.again()
    fill(shop)
    shop.store.writer_connection.execute("PRAGMA max_page_count = 1000000")
    shop.later(FULL_RETRY_S)
    shop.writer.step(shop.now)
    assert shop.do(lambda tx, now, ids, actor: "written") == "written"
    assert shop.store.health.is_full, "what room there is belongs to the kitchen"


def test_a_disk_that_cannot_keep_room_back_sells_without_a_reserve(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise OSError(95, "Operation not supported")

    (shop.folder / "ballast").unlink()
    monkeypatch.setattr("gateway.store.ballast.os.posix_fallocate", refuse)
    shop.again()
    assert not shop.store.health.is_full
    assert not (shop.folder / "ballast").exists()
