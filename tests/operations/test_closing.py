"""Orders that end without a table: handed over and closed, crossed off by hand, or left behind by their day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store.shop import WAITER, Shop, open_shop, rules, staff_cart

from gateway.contract.messages import PrintResult
from gateway.domain.errors import Refused
from gateway.housekeeping.day_end import LOOK_EVERY_S, DayEnd
from gateway.operations import administration, changes, closing, crossing_off, papers

NIGHT_S = 20 * 3600
"""From half past eleven in the morning to half past seven of the next one."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = open_shop(tmp_path / "shop", rules(serving={"expo": True}))
    yield made
    made.close()


def taken_away(shop: Shop, *items: str) -> str:
    return str(shop.staff_places(staff_cart(*items, type="takeaway", table=None)).answer["id"])


def prove(shop: Shop, order_id: str) -> None:
    for job in shop.jobs(order_id):
        shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))


def states(shop: Shop, order_id: str) -> dict[str, tuple[str, str]]:
    return {t.station: (t.state, t.ended) for t in shop.order(order_id).tickets}


def close(shop: Shop, order_id: str, key: str = "", early: bool = False) -> dict[str, Any]:
    done: dict[str, Any] = shop.do(
        closing.close_order, order_id, "expo-1", key or next(shop.keys), early, actor=WAITER
    )
    return done


def days_end(shop: Shop) -> None:
    """The watch looks, and what it asks for is carried out."""
    DayEnd(shop.store).step(shop.now)
    shop.write()


def test_a_take_away_of_a_paper_kitchen_is_closed_when_it_is_handed_over_and_counts_in_no_cook_time(shop: Shop) -> None:
    order = taken_away(shop, "lamb")
    prove(shop, order)
    assert states(shop, order) == {"grill": ("SHOWN", "")}
    shop.later(900)
    closed = close(shop, order, "k")
    assert (closed["status"], closed["kitchen"]) == ("CLOSED", "served")
    ticket = shop.ticket(order)
    assert (ticket.state, ticket.ended, ticket.ready_at, ticket.updated_by) == (
        "SERVED", "close", None, "waiter expo-1",
    )  # fmt: skip
    assert shop.events()[-1] == "order.closed"
    events = len(shop.events())
    assert close(shop, order, "k") == closed
    assert len(shop.events()) == events
    with pytest.raises(Refused, match="illegal_move"):
        close(shop, order)
    with pytest.raises(Refused, match="idempotency_key_reused"):
        close(shop, order, "k", early=True)


def served_and_closed(shop: Shop) -> str:
    order = taken_away(shop, "tofu")
    shop.act(shop.ticket(order).id, "bump")
    shop.do(crossing_off.serve_order, order, "expo-1", next(shop.keys), [], False, actor=WAITER)
    close(shop, order)
    return order


@pytest.mark.parametrize("action", ["undo", "recall", "refire", "unserve"])
def test_what_was_handed_over_does_not_go_back_to_a_cook(shop: Shop, action: str) -> None:
    """A ticket that was open again while its order stays closed would be nobody's."""
    order = served_and_closed(shop)
    before = (shop.order(order), shop.events())
    with pytest.raises(Refused) as refused:
        take_back(shop, order, action)
    assert (refused.value.code, refused.value.detail["reason"], refused.value.detail["state"]) == (
        "illegal_move", "order_closed", "CLOSED",
    )  # fmt: skip
    assert (shop.order(order), shop.events()) == before


@pytest.mark.parametrize("action", ["undo", "recall", "refire", "unserve"])
def test_until_its_order_is_closed_it_does(shop: Shop, action: str) -> None:
    order = taken_away(shop, "tofu")
    shop.act(shop.ticket(order).id, "bump")
    shop.do(crossing_off.serve_order, order, "expo-1", next(shop.keys), [], False, actor=WAITER)
    take_back(shop, order, action)
    assert shop.ticket(order).cleared_at is None


def take_back(shop: Shop, order: str, action: str) -> None:
    if action == "refire":
        shop.do(changes.change_line, order, 1, "refire", next(shop.keys), actor=WAITER)
    elif action == "unserve":
        shop.do(crossing_off.unserve_order, order, "expo-1", next(shop.keys), [], actor=WAITER)
    else:
        shop.act(shop.ticket(order).id, action)


def test_a_display_rushes_a_ticket_of_its_own_station_only(shop: Shop) -> None:
    order = taken_away(shop, "tofu")
    ticket = shop.ticket(order).id
    with pytest.raises(Refused, match="unknown_ticket"):
        shop.do(changes.rush_ticket, ticket, "k", "bar", actor=WAITER)
    shop.do(changes.rush_ticket, ticket, "k", "wok", actor=WAITER)
    assert [notice.kind for notice in shop.order(order).notices_of(ticket)] == ["rush"]


def test_what_a_cook_still_has_is_closed_only_by_somebody_who_says_so(shop: Shop) -> None:
    order = taken_away(shop, "tofu", "lamb")
    prove(shop, order)
    with pytest.raises(Refused) as refused:
        close(shop, order)
    assert (refused.value.code, [m["station"] for m in refused.value.detail["missing"]]) == ("not_ready", ["wok"])
    assert shop.order(order).status == "PLACED"
    close(shop, order, early=True)
    assert states(shop, order) == {"wok": ("SERVED", "early"), "grill": ("SERVED", "close")}


def test_what_waits_to_be_called_is_missing_too_and_dropped_by_who_closes_all_the_same(shop: Shop) -> None:
    order = taken_away(shop, "lamb", "tofu")
    prove(shop, order)
    shop.do(changes.change_line, order, 2, "hold", next(shop.keys), actor=WAITER)
    with pytest.raises(Refused) as refused:
        close(shop, order)
    assert [(m["station"], m["quantity"]) for m in refused.value.detail["missing"]] == [("wok", 1)]
    close(shop, order, early=True)
    assert [line.state for line in shop.order(order).lines if line.item == "tofu"] == ["CANCELLED"]


def test_a_hand_at_the_pass_crosses_off_a_paper_ticket_by_name_and_not_a_screens(shop: Shop) -> None:
    order = taken_away(shop, "tofu", "lamb")
    prove(shop, order)
    by_station = {t.station: t.id for t in shop.order(order).tickets}
    for wanted in ([], [by_station["wok"]]):
        with pytest.raises(Refused, match="not_ready"):
            shop.do(crossing_off.serve_order, order, "expo-1", next(shop.keys), wanted, False, actor=WAITER)
    shop.do(crossing_off.serve_order, order, "expo-1", next(shop.keys), [by_station["grill"]], False, actor=WAITER)
    assert states(shop, order)["grill"] == ("SERVED", "pass")
    shop.do(crossing_off.unserve_order, order, "expo-1", next(shop.keys), [by_station["grill"]], actor=WAITER)
    assert states(shop, order)["grill"] == ("READY", "")


def test_a_paper_ticket_whose_slip_nothing_has_proven_is_not_crossed_off_by_name(shop: Shop) -> None:
    order = taken_away(shop, "lamb")
    with pytest.raises(Refused, match="not_ready"):
        shop.do(
            crossing_off.serve_order, order, "expo-1", next(shop.keys), [shop.ticket(order).id], False, actor=WAITER
        )


def test_the_end_of_the_business_day_ends_what_nobody_ended(shop: Shop) -> None:
    left, standing, cooked, unproven = (taken_away(shop, item) for item in ("lamb", "tofu", "tofu", "lamb"))
    seated = shop.place("lamb")
    for order in (left, seated, cooked):
        prove(shop, order)
    shop.act(shop.ticket(standing).id, "bump")
    shop.later(LOOK_EVERY_S)
    days_end(shop)
    assert states(shop, left) == {"grill": ("SHOWN", "")}, "the day is not over"
    shop.later(NIGHT_S)
    days_end(shop)
    assert states(shop, left) == {"grill": ("SERVED", "day")}
    assert shop.ticket(left).ready_at is None, "nobody knows when it was ready"
    assert states(shop, standing) == {"wok": ("SERVED", "day")}
    assert states(shop, cooked) == {"wok": ("SHOWN", "")}, "a screen still shows it: its cook ends it"
    assert states(shop, unproven) == {"grill": ("QUEUED", "")}, "a person is asked for it"
    assert states(shop, seated) == {"grill": ("SHOWN", "")}, "they may sit there till morning: their table ends it"
    shop.do(administration.close_table, "1")
    assert states(shop, seated) == {"grill": ("SERVED", "visit")}


def test_a_clock_that_nobody_has_set_ends_no_day(shop: Shop) -> None:
    order = taken_away(shop, "lamb")
    prove(shop, order)
    shop.grade = "holdover"
    shop.later(NIGHT_S)
    days_end(shop)
    assert states(shop, order) == {"grill": ("SHOWN", "")}
    shop.grade = "rtc"
    days_end(shop)
    assert states(shop, order) == {"grill": ("SERVED", "day")}


def test_one_rush_of_a_ticket_is_one_notice_with_who_and_its_key_makes_no_second(shop: Shop) -> None:
    order = shop.place("tofu", "tea")
    wok = shop.ticket(order).id
    first = shop.do(changes.rush_ticket, wok, "k", actor=WAITER)
    assert shop.do(changes.rush_ticket, wok, "k", actor=WAITER) == first
    (notice,) = shop.order(order).notices
    assert (notice.kind, notice.ticket, notice.by, len(notice.lines)) == ("rush", wok, "waiter", 1)
    shop.act(wok, "bump")
    with pytest.raises(Refused, match="illegal_move"):
        shop.do(changes.rush_ticket, wok, next(shop.keys), actor=WAITER)
    with pytest.raises(Refused, match="unknown_ticket"):
        shop.do(changes.rush_ticket, "no-such", next(shop.keys), actor=WAITER)
