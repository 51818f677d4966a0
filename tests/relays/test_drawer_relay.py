"""Drawers and buzzers on their way to a bridge: first in the line, never late, never two at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.shop import COOK, SETTINGS, Shop, open_shop, rules
from wires import Wire

from gateway.contract.messages import PrintResult
from gateway.contract.topics import Topics
from gateway.housekeeping import LateDeeds
from gateway.operations import papers, printer_deeds
from gateway.relays.papers import SAY_AGAIN_S, Papers
from gateway.store import jobs

TOPICS = Topics("demo")
JOBS = TOPICS.printer_jobs("kitchen")


class Till:
    """A shop whose kitchen printer has a drawer, and the road from it."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.wire = shop, Wire()
        self.papers = Papers(shop.store, TOPICS, self.wire)
        self.late = LateDeeds(shop.store)

    def said(self) -> list[tuple[str, str]]:
        return [(command["op"], command["key"]) for command in self.commands()]

    def commands(self) -> list[Any]:
        self.late.step(self.shop.now)
        self.shop.write()
        self.papers.step(self.shop.now)
        return [payload for topic, payload, _ in self.wire.take() if topic == JOBS]

    def slip(self) -> str:
        return str(self.shop.jobs(self.shop.place("tofu"))[0].id)

    def drawer(self) -> str:
        return str(self.shop.do(printer_deeds.ask, "kitchen", "drawer", next(self.shop.keys), actor=COOK).id)

    def answer(self, key: str, state: Any, reason: str = "") -> None:
        self.shop.do(papers.take_result, "kitchen", PrintResult(key, 1, state, reason))

    def state(self, key: str) -> str:
        with self.shop.read() as rows:
            job = jobs.get(rows, key)
        assert job is not None
        return job.state

    def restart(self) -> None:
        """A gateway that starts anew remembers nothing of what it has said."""
        self.papers = Papers(self.shop.store, TOPICS, self.wire)


@pytest.fixture
def till(tmp_path: Path) -> Any:
    kitchen, counter = SETTINGS["printers"]
    shop = open_shop(tmp_path / "shop", rules(printers=[kitchen | {"drawer": "pin2", "buzzer": "clone"}, counter]))
    yield Till(shop)
    shop.close()


def test_it_goes_before_all_that_waits_and_says_how_long_it_may_wait(till: Till) -> None:
    for _ in range(12):
        till.slip()
    till.shop.later(1)
    drawer = till.drawer()
    till.shop.later(3)
    (command,) = till.commands()
    assert (command["key"], command["slip"]["kind"], command["within_s"]) == (drawer, "drawer", 7.0)


def test_what_its_bridge_has_been_told_already_stays_out_until_its_end(till: Till) -> None:
    first, second = till.slip(), till.slip()
    assert till.said() == [("print", first)]
    drawer = till.drawer()
    assert till.said() == [], "one job of a printer is out at a time"
    till.answer(first, "SENDING")
    assert till.said() == []
    till.answer(first, "PRINTED")
    assert till.said() == [("print", drawer)]
    till.answer(drawer, "PRINTED")
    assert till.said() == [("print", second)]


def test_behind_a_long_slip_it_is_taken_back_after_ten_seconds_and_the_slips_go_on(till: Till) -> None:
    first, second = till.slip(), till.slip()
    till.said()
    till.answer(first, "SENDING")
    drawer = till.drawer()
    till.shop.later(10)
    assert ("withdraw", drawer) in till.said()
    till.answer(drawer, "WITHDRAWN")
    assert till.state(drawer) == "CANCELLED"
    till.answer(first, "PRINTED")
    assert till.said() == [("print", second)]


def test_a_bridge_that_was_away_is_told_to_leave_it_and_never_to_do_it(till: Till) -> None:
    drawer = till.drawer()
    till.wire.session = 0
    till.said()
    till.shop.later(11)
    till.said()
    till.wire.session = 2
    till.restart()
    assert till.said() == [("withdraw", drawer)]
    till.shop.later(SAY_AGAIN_S)
    assert till.said() == [("withdraw", drawer)]


@pytest.mark.parametrize("state", ["WAITING", "SENDING"])
def test_what_has_begun_is_only_asked_about_once_its_time_is_over(till: Till, state: str) -> None:
    """Its bridge may have lost it since, with its power: it would take the same key for a new wish."""
    drawer = till.drawer()
    till.said()
    till.answer(drawer, state, "offline" if state == "WAITING" else "")
    till.shop.later(10)
    assert till.said() == [("withdraw", drawer)]
    till.answer(drawer, "PRINTED")
    assert till.state(drawer) == "PRINTED", "its bridge knows better"


def test_control_without_the_look_at_its_age_a_gateway_that_was_away_opens_it_late(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer = till.drawer()
    till.shop.later(60)
    monkeypatch.setattr("gateway.relays.papers.waits_s", lambda job, now: None)
    till.papers.step(till.shop.now)
    assert [payload["op"] for _, payload, _ in till.wire.take()] == ["print"], drawer


def test_a_gateway_that_starts_anew_does_not_begin_what_is_too_old(till: Till) -> None:
    drawer = till.drawer()
    till.shop.later(60)
    till.restart()
    till.papers.step(till.shop.now)
    assert [(payload["op"], payload["key"]) for _, payload, _ in till.wire.take()] == [("withdraw", drawer)]
