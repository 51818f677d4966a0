"""Slips that waited too long: one list on paper when their printer is back, and a waiter when nobody answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.shop import COOK, SETTINGS, Shop, open_shop, rules

from gateway.contract.messages import DeviceState, PrintResult
from gateway.housekeeping import OldPapers
from gateway.operations import devices, paper_decisions, papers
from gateway.operations.old_papers import GATHER_S, MOST_LISTED, UNANSWERED_S
from gateway.operations.slips import slip_of
from gateway.store import jobs


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    made: Any = open_shop(tmp_path / "shop")
    made.watch = OldPapers(made.store)
    yield made
    made.close()


def printer_is(shop: Shop, status: str, *reasons: str) -> None:
    shop.do(devices.take_device_state, "kitchen", DeviceState(status, "bridge-1", reasons=list(reasons)))  # type: ignore[arg-type]


def old_slips(shop: Shop, count: int) -> list[str]:
    """They were placed three minutes apart, and have waited for twenty minutes."""
    placed = []
    for _ in range(count):
        placed.append(shop.place("tofu"))
        shop.later(180)
    shop.later(1200)
    for order_id in placed:
        (job,) = shop.jobs(order_id)
        shop.do(papers.make_stale, job.id)
        shop.do(papers.take_result, "kitchen", PrintResult(job.id, 1, "WITHDRAWN"))
    return placed


def look(shop: Any, seconds: float = 0) -> None:
    shop.later(seconds)
    shop.watch.step(shop.now)
    shop.write()


def lists(shop: Shop) -> list[Any]:
    with shop.read() as rows:
        made = [job for job in jobs.newest(rows, None, 50) if job.kind == "stale"]
        return [slip_of(rows, job) for job in reversed(made)]


def test_a_printer_that_is_back_prints_one_list_of_what_is_old_oldest_first(shop: Any) -> None:
    printer_is(shop, "offline", "unplugged")
    old_slips(shop, 3)
    look(shop, GATHER_S)
    assert lists(shop) == [], "its printer is still away"
    printer_is(shop, "online")
    look(shop)
    (made,) = lists(shop)
    assert [(old.number, old.order, old.place, old.dishes, old.age) for old in made.old] == [
        ("0001", "A001", "1 桌", "1× 麻婆豆腐", 29), ("0002", "A002", "1 桌", "1× 麻婆豆腐", 26),
        ("0003", "A003", "1 桌", "1× 麻婆豆腐", 23),
    ]  # fmt: skip
    assert (made.kind, made.station) == ("stale", "后厨打印机")
    look(shop, 10)
    assert len(lists(shop)) == 1, "no slip is listed twice"


def test_slips_that_grow_old_one_after_the_other_stand_on_one_list(shop: Any) -> None:
    printer_is(shop, "online")
    old_slips(shop, 1)
    look(shop, GATHER_S / 2)
    assert lists(shop) == []
    old_slips(shop, 1)
    look(shop, GATHER_S / 2)
    (made,) = lists(shop)
    assert len(made.old) == 2


def test_a_very_long_list_is_several(shop: Any) -> None:
    printer_is(shop, "online")
    old_slips(shop, MOST_LISTED + 2)
    for _ in range(3):
        look(shop, GATHER_S)
    assert [len(made.old) for made in lists(shop)] == [MOST_LISTED, 2]


@pytest.mark.parametrize("decision", ["print", "cancel"])
def test_what_nobody_answers_for_in_five_minutes_is_a_waiters(shop: Any, decision: str) -> None:
    printer_is(shop, "online")
    (order_id,) = old_slips(shop, 1)
    (job,) = shop.jobs(order_id)
    look(shop, UNANSWERED_S - 1)
    assert shop.conditions() == {("slip_stale", job.id)}
    look(shop, 1)
    assert shop.conditions() == {("slip_stale_unanswered", job.id)}
    shop.do(paper_decisions.decide, job.id, decision, next(shop.keys), actor=COOK)
    look(shop)
    assert shop.conditions() == set()


def test_a_list_that_does_not_come_out_calls_nobody_and_grows_not_old(shop: Any) -> None:
    printer_is(shop, "online")
    old_slips(shop, 1)
    look(shop, GATHER_S)
    with shop.read() as rows:
        (made,) = (job for job in jobs.newest(rows, None, 50) if job.kind == "stale")
    before = shop.conditions()
    shop.do(papers.take_result, "kitchen", PrintResult(made.id, 1, "UNKNOWN", "no_answer"))
    shop.do(papers.settle_unknown, made.id)
    assert shop.conditions() == before
    with shop.read() as rows:
        assert jobs.unknown(rows) == []


def test_old_papers_of_a_printer_that_is_gone_are_listed_nowhere_and_still_asked_about(tmp_path: Path) -> None:
    shop: Any = open_shop(tmp_path / "gone", rules(printers=SETTINGS["printers"]))
    shop.watch = OldPapers(shop.store)
    old_slips(shop, 1)
    look(shop, GATHER_S)
    assert lists(shop) == []
    assert [code for code, _ in shop.conditions()] == ["slip_stale"]
    shop.close()
