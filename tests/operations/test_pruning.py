"""What is deleted of the journal when the clock was set: always its beginning, never something from its middle."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store.shop import Shop, cart
from store.test_query_plans import scans, statements

from gateway.operations import administration, sync
from gateway.store import journal

DAY_S = 86400.0
KEEP_S = 30 * DAY_S


@pytest.fixture
def two_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEEP_ALWAYS", 2)


def placed_at(shop: Shop, **days_ahead: float) -> None:
    """An order for each key, while the wall clock is so far from the truth."""
    for key, days in days_ahead.items():
        shop.set_by = timedelta(days=days)
        shop.placed(cart(), key)
    shop.set_by = timedelta()


def deliver(shop: Shop) -> None:
    with shop.read() as rows:
        last = journal.last_slot(rows) & journal.SEQ_MASK
    shop.do(sync.advance, 1, last, {})


def prune(shop: Shop, limit: int = 200) -> int:
    """How many entries are gone."""
    before = len(left(shop))
    shop.do(administration.prune, shop.now.ago(KEEP_S), limit)
    return before - len(left(shop))


def left(shop: Shop) -> list[int]:
    return [slot & journal.SEQ_MASK for (slot,) in shop.sql("SELECT slot FROM journal ORDER BY slot")]


@pytest.mark.usefixtures("two_kept")
@pytest.mark.parametrize(
    ("ahead", "first"),
    [
        pytest.param(20, 3, id="days ahead: too young, and so is all behind it"),
        pytest.param(4000, 5, id="years ahead: not believed; two stay, and the one that the next is counted from"),
    ],
)
def test_a_clock_that_was_ahead_tears_no_gap_and_every_key_has_its_event_or_is_gone(
    shop: Shop, ahead: float, first: int
) -> None:
    placed_at(shop, old=0, ahead=ahead, back=0, again=0, new=0, newest=0)
    deliver(shop)
    shop.later(KEEP_S + DAY_S)
    prune(shop)
    assert left(shop) == list(range(first, 8)), "slot 1 is the menu, 2 the first order, 3 the one from ahead"
    for slot, key in enumerate(("old", "ahead", "back", "again", "new", "newest"), 2):
        assert shop.placed(cart(), key).replayed is (slot >= first), key
    shop.later(20 * DAY_S)
    prune(shop)
    assert left(shop)[0] > first, "what was younger by mistake goes when its time has come"


@pytest.mark.usefixtures("two_kept")
def test_a_prefix_goes_in_batches_and_no_look_at_it_scans_the_journal(shop: Shop) -> None:
    for _ in range(12):
        shop.place()
    deliver(shop)
    assert prune(shop) == 0, "all of it is young"
    shop.later(KEEP_S + DAY_S)
    with statements(shop.store.writer_connection) as said:
        assert [prune(shop, 4) for _ in range(4)] == [4, 4, 2, 0]
    pruned = {sql for sql in said if "journal" in sql}
    assert pruned
    assert scans(shop.store.writer_connection, pruned) == []
