"""One of three is cooked once more: screen, all-day, ledger, slip and bill say the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from store.shop import WAITER, Shop, cart

from gateway.domain.errors import Refused
from gateway.operations import changes, ledger
from gateway.operations.slips import slip_of


def three(shop: Shop) -> str:
    made = cart("tofu", "tofu")
    lines = [msgspec.structs.replace(made.lines[0], quantity=3), made.lines[1]]
    return str(shop.placed(msgspec.structs.replace(made, lines=lines)).answer["id"])


def change(shop: Shop, order_id: str, action: str, quantity: int | None = None, line: int = 1) -> dict[str, Any]:
    document: dict[str, Any] = shop.do(
        changes.change_line, order_id, line, action, next(shop.keys), quantity, actor=WAITER
    )
    return document


def on_screen(shop: Shop, order_id: str) -> list[tuple[int, str]]:
    """(quantity, state) of the lines of the first ticket, as a screen draws and all-day counts them."""
    document = shop.act(shop.ticket(order_id).id, "acknowledge")
    return [(line["quantity"], line["state"]) for line in document["lines"]]


def test_one_of_three_that_is_cooked_again_is_one_to_cook_everywhere_and_three_to_pay(shop: Shop) -> None:
    order_id = three(shop)
    shop.act(shop.ticket(order_id).id, "bump")
    before = shop.order(order_id).total
    document = change(shop, order_id, "refire", 1)
    assert (document["lines"][0]["quantity"], document["lines"][0]["to_cook"]) == (3, 1)
    assert "to_cook" not in document["lines"][1]
    assert on_screen(shop, order_id) == [(1, "FIRED"), (1, "SERVED")]
    with shop.read() as rows:
        slip = slip_of(rows, shop.jobs(order_id)[-1])
    assert (slip.kind, [line.quantity for line in slip.lines]) == ("refire", [1])
    assert document["total"] == before, "what is cooked again is free of charge"
    with shop.read() as rows:
        look = ledger.proof(rows, shop.now)
    assert sum(row["accepted"] for shift in look["shifts"] for row in shift["stations"]) == 3 + 1 + 1
    assert look["balanced"]
    shop.act(shop.ticket(order_id).id, "bump")
    assert change(shop, order_id, "refire")["lines"][0].get("to_cook") is None, "all three of them the next time"
    assert on_screen(shop, order_id)[0] == (3, "FIRED")


def test_a_rush_of_it_is_about_what_is_cooked_and_it_is_not_put_on_hold_by_itself(shop: Shop) -> None:
    order_id = three(shop)
    shop.act(shop.ticket(order_id).id, "bump")
    change(shop, order_id, "refire", 1)
    document = change(shop, order_id, "rush")
    assert document["tickets"][0]["notices"][-1]["lines"] == [{"id": "1", "quantity": 1}]
    with pytest.raises(Refused, match="illegal_move"):
        change(shop, order_id, "hold")


@pytest.mark.parametrize(("returned", "left"), [(1, (2, "DONE")), (2, (1, "DONE")), (3, (3, "RETURNED"))])
def test_what_is_returned_of_it_is_not_cooked_any_more(shop: Shop, returned: int, left: tuple[int, str]) -> None:
    order_id = three(shop)
    shop.act(shop.ticket(order_id).id, "bump")
    change(shop, order_id, "refire", 1)
    document = change(shop, order_id, "return", returned)
    assert document["total"] == 2800 * (4 - returned)
    assert on_screen(shop, order_id)[0] == left


def test_two_of_three_of_which_one_is_returned_are_one_to_cook_and_an_undone_bump_brings_back_the_same(
    shop: Shop,
) -> None:
    order_id = three(shop)
    ticket_id = shop.ticket(order_id).id
    shop.act(ticket_id, "bump")
    change(shop, order_id, "refire", 2)
    change(shop, order_id, "return", 1)
    assert on_screen(shop, order_id)[0] == (1, "FIRED")
    shop.act(ticket_id, "bump")
    shop.act(ticket_id, "undo")
    assert on_screen(shop, order_id)[0] == (1, "FIRED")
