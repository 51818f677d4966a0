"""The ledger: every dish that was accepted is in exactly one class, and what is in none is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from store.shop import COOK, WAITER, Shop, cart, rules

from gateway.contract.messages import PrintResult
from gateway.domain.errors import Refused
from gateway.domain.ledger import CLASSES
from gateway.housekeeping import Housekeeping
from gateway.operations import changes, kitchen, ledger, papers
from gateway.operations.uplink import Uplink

DAY = "2026-11-23"


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    shop.found()
    shop.visit()
    return shop


def proof(shop: Shop, day: str = "") -> dict[str, Any]:
    with shop.read() as rows:
        return ledger.proof(rows, shop.now, day)


def figures(shop: Shop, station: str, shift: str = "") -> dict[str, int]:
    """The classes of a station that hold something."""
    for one in proof(shop)["shifts"]:
        for its in one["stations"]:
            if one["shift"] == shift and its["station"] == station:
                return {kind: its[kind] for kind in ("accepted", *CLASSES, "difference") if its[kind]}
    return {}


def housekeeping(shop: Shop) -> Housekeeping:
    return Housekeeping(shop.store, Uplink())


def keep_house(shop: Shop, part: Housekeeping) -> None:
    part.step(shop.now)
    shop.write()


def printed(shop: Shop, order: str, station: str, state: str = "PRINTED") -> None:
    for job in shop.jobs(order):
        if job.station == station:
            shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state))


def drawn(shop: Shop, ticket: str) -> None:
    version = shop.value("SELECT version FROM tickets WHERE id = ?", ticket)
    shop.do(kitchen.rendered, ticket, "screen-1", f"r{ticket}{version}", version, actor=COOK)


def test_what_was_just_ordered_waits_and_what_is_on_hold_is_held(open_shop: Shop) -> None:
    open_shop.place("tofu", "tofu", "tea")
    assert figures(open_shop, "wok") == {"accepted": 2, "waiting": 2}
    assert figures(open_shop, "bar") == {"accepted": 1, "waiting": 1}
    assert proof(open_shop)["balanced"]


def test_a_dish_counts_by_what_proved_it_first(open_shop: Shop) -> None:
    on_screen, on_paper, by_hand = (open_shop.place("tofu") for _ in range(3))
    drawn(open_shop, open_shop.ticket(on_screen).id)
    printed(open_shop, on_screen, "wok")
    printed(open_shop, on_paper, "wok")
    drawn(open_shop, open_shop.ticket(on_paper).id)
    open_shop.act(open_shop.ticket(by_hand).id, "bump")
    assert figures(open_shop, "wok") == {"accepted": 3, "screen": 1, "paper": 1, "hand": 1}


def test_a_cancelled_dish_counts_once_whatever_proved_it(open_shop: Shop) -> None:
    order = open_shop.place("tofu", "tea")
    drawn(open_shop, open_shop.ticket(order).id)
    open_shop.do(changes.change_line, order, 1, "cancel", "k1", actor=WAITER)
    assert figures(open_shop, "wok") == {"accepted": 1, "cancelled": 1}


def test_a_dish_that_is_cooked_again_counts_as_accepted_again(open_shop: Shop) -> None:
    order = open_shop.place("tofu")
    ticket = open_shop.ticket(order)
    drawn(open_shop, ticket.id)
    open_shop.act(ticket.id, "bump")
    open_shop.do(changes.change_line, order, 1, "refire", "again", actor=WAITER)
    assert figures(open_shop, "wok") == {"accepted": 2, "screen": 1, "waiting": 1}
    drawn(open_shop, ticket.id)
    assert figures(open_shop, "wok") == {"accepted": 2, "screen": 2}


def test_a_held_dish_moves_on_when_it_is_fired(open_shop: Shop) -> None:
    order = open_shop.place("tofu")
    drawn(open_shop, open_shop.ticket(order).id)
    open_shop.do(changes.change_line, order, 1, "hold", "k1", actor=WAITER)
    assert figures(open_shop, "wok") == {"accepted": 1, "held": 1}
    open_shop.do(changes.change_line, order, 1, "fire", "k2", actor=WAITER)
    assert figures(open_shop, "wok") == {"accepted": 1, "waiting": 1}
    printed(open_shop, order, "wok")
    assert figures(open_shop, "wok") == {"accepted": 1, "paper": 1}


def test_what_nothing_proves_is_asked_about_and_never_a_difference_while_somebody_is_asked(open_shop: Shop) -> None:
    open_shop.place("lamb")
    watch = housekeeping(open_shop)
    keep_house(open_shop, watch)
    open_shop.later(9.6)
    keep_house(open_shop, watch)
    open_shop.later(0.2)
    keep_house(open_shop, watch)
    assert figures(open_shop, "grill") == {"accepted": 1, "asked": 1}
    assert [code for code, _ in open_shop.conditions()] == ["ticket_unseen"]


def test_a_dish_that_nobody_was_asked_about_is_named_within_10_s_and_cleared_when_it_is_proven(open_shop: Shop) -> None:
    order = open_shop.place("lamb", "tofu")
    watch = housekeeping(open_shop)
    keep_house(open_shop, watch)
    open_shop.later(9.6)
    keep_house(open_shop, watch)
    open_shop.do(forget_condition, "ticket_unseen")
    open_shop.later(0.2)
    keep_house(open_shop, watch)
    named = [(code, subject) for code, subject in open_shop.conditions() if code == "ledger_difference"]
    assert sorted(named) == [("ledger_difference", f"{order}:grill"), ("ledger_difference", f"{order}:wok")]
    assert figures(open_shop, "grill") == {"accepted": 1, "difference": 1}
    assert not proof(open_shop)["balanced"]
    [one] = [one for one in proof(open_shop)["differences"] if one["station"] == "grill"]
    assert (one["number"], one["table"], one["quantity"]) == ("A001", "1", 1)
    assert one["dishes"] == {"zh-Hans": "1× 羊肉串", "en": "1× Lamb"}
    printed(open_shop, order, "grill")
    printed(open_shop, order, "wok")
    open_shop.later(2.1)
    keep_house(open_shop, watch)
    assert "ledger_difference" not in {code for code, _ in open_shop.conditions()}


def forget_condition(tx: Any, now: Any, ids: Any, actor: Any, code: str) -> None:
    """What a bug would do."""
    tx.run("DELETE FROM conditions WHERE code = ?", code)


def lose(tx: Any, now: Any, ids: Any, actor: Any, sql: str) -> None:
    tx.run(sql)


@pytest.mark.parametrize(
    ("sql", "quantity"),
    [
        ("DELETE FROM lines WHERE item = 'tea'", 2),
        ("UPDATE lines SET quantity = 1 WHERE item = 'tea'", 1),
        ("UPDATE lines SET quantity = 3 WHERE item = 'tea'", -1),
        ("UPDATE tickets SET station = 'wok' WHERE station = 'bar'", 2),
        ("UPDATE lines SET ticket = (SELECT n FROM tickets WHERE station = 'wok') WHERE item = 'tea'", 2),
    ],
)
def test_a_line_that_is_lost_between_order_and_ticket_is_a_difference_within_ten_seconds(
    open_shop: Shop, sql: str, quantity: int
) -> None:
    open_shop.placed(cart("tofu", "tea"))
    order = open_shop.placed(two_teas()).answer
    assert proof(open_shop)["balanced"]
    open_shop.do(lose, sql + " AND n > (SELECT max(n) FROM orders) * 64" if "lines" in sql[:12] else sql)
    found = [one for one in proof(open_shop)["differences"] if one["order"] == order["id"]]
    assert [(one["station"], one["quantity"]) for one in found] == [("bar", quantity)]
    watch = housekeeping(open_shop)
    open_shop.later(9.8)
    keep_house(open_shop, watch)
    open_shop.later(9.8)
    keep_house(open_shop, watch)
    assert ("ledger_difference", f"{order['id']}:bar") in open_shop.conditions()


def test_what_is_lost_of_the_last_order_of_a_day_is_named_on_the_next(open_shop: Shop) -> None:
    watch = housekeeping(open_shop)
    last = open_shop.place("tea")
    keep_house(open_shop, watch)
    open_shop.do(lose, "DELETE FROM lines WHERE item = 'tea'")
    open_shop.set_by += timedelta(hours=18)  # its clock alone: the next order is of another day
    open_shop.place("tofu")
    assert len(open_shop.sql("SELECT DISTINCT day FROM orders")) == 2
    open_shop.later(9.8)
    keep_house(open_shop, watch)
    assert ("ledger_difference", f"{last}:bar") in open_shop.conditions()


def test_what_is_lost_of_a_dish_cooked_again_for_a_party_that_sits_on_into_the_next_day_is_named(
    open_shop: Shop,
) -> None:
    order = open_shop.place("lamb")
    printed(open_shop, order, "grill")
    open_shop.set_by += timedelta(hours=18)
    open_shop.place("tofu", table="2")
    watch = housekeeping(open_shop)
    keep_house(open_shop, watch)
    open_shop.act(open_shop.ticket(order).id, "bump")
    open_shop.do(changes.change_line, order, 1, "refire", "again", None, "cold", actor=WAITER)
    open_shop.do(lose, "DELETE FROM notices")
    open_shop.later(9.8)
    keep_house(open_shop, watch)
    keep_house(open_shop, watch)
    assert ("ledger_difference", f"{order}:grill") in open_shop.conditions()


def two_teas() -> Any:
    wanted = cart("tofu", "tea")
    wanted.lines[1].quantity = 2
    return wanted


def test_a_restart_finds_a_difference_again_and_clears_what_was_settled_meanwhile(open_shop: Shop) -> None:
    order = open_shop.place("tea")
    open_shop.later(9.8)
    open_shop.do(lose, "DELETE FROM lines WHERE item = 'tea'")
    open_shop.later(9.8)
    keep_house(open_shop, housekeeping(open_shop))
    assert ("ledger_difference", f"{order}:bar") in open_shop.conditions()
    open_shop.do(forget_condition, "ledger_difference")
    open_shop.again()
    keep_house(open_shop, housekeeping(open_shop))
    assert ("ledger_difference", f"{order}:bar") in open_shop.conditions()


def test_a_day_that_is_over_is_kept_and_printed_once_where_the_settings_say_so(shop: Shop) -> None:
    shop.found(rules(ledger={"print_at": "counter"}))
    shop.visit()
    printed(shop, shop.place("lamb"), "grill")
    watch = housekeeping(shop)
    keep_house(shop, watch)
    assert shop.sql("SELECT day FROM ledger_days") == []
    shop.later(17 * 3600)
    keep_house(shop, watch)
    assert shop.sql("SELECT day FROM ledger_days") == [(DAY,)]
    assert shop.sql("SELECT printer FROM jobs WHERE kind = 'day'") == [("counter",)]
    shop.later(120)
    keep_house(shop, watch)
    keep_house(shop, housekeeping(shop))
    assert shop.sql("SELECT count(*) FROM jobs WHERE kind = 'day'") == [(1,)]
    shop.place("tea")
    assert proof(shop)["day"] == "2026-11-24"
    former = proof(shop, DAY)
    assert (former["open"], former["balanced"]) == (False, True)
    assert former["shifts"][0]["stations"][0]["paper"] == 1


def test_a_clock_that_nobody_has_set_ends_no_day(open_shop: Shop) -> None:
    open_shop.place("lamb")
    open_shop.grade = "guess"
    open_shop.later(17 * 3600)
    keep_house(open_shop, housekeeping(open_shop))
    assert open_shop.sql("SELECT day FROM ledger_days") == []


def test_each_shift_counts_what_was_accepted_in_it(shop: Shop) -> None:
    """Half past eleven, and half past five: lunch and dinner. What came before the first shift belongs to it."""
    names = {"zh-Hans": "班", "en": "Shift"}
    shifts = [{"id": "dinner", "name": names, "starts": "16:00"}, {"id": "lunch", "name": names, "starts": "12:00"}]
    shop.found(rules(shifts=shifts))
    shop.visit()
    shop.place("tofu", "tofu")
    shop.later(6 * 3600)
    shop.place("tofu")
    assert figures(shop, "wok", "lunch")["accepted"] == 2
    assert figures(shop, "wok", "dinner")["accepted"] == 1


def test_a_day_that_is_not_there_is_refused(open_shop: Shop) -> None:
    open_shop.place("tea")
    assert proof(open_shop, DAY)["day"] == DAY
    with pytest.raises(Refused, match="unknown_day"):
        proof(open_shop, "2001-01-01")
