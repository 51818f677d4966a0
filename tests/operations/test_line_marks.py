"""Lines done one by one, and allergies that a cook has to know of."""

from __future__ import annotations

from typing import Any

import pytest
from store.shop import COOK, Shop

from gateway.domain.actor import Actor
from gateway.domain.documents import order_document
from gateway.domain.errors import Refused
from gateway.domain.order import Order
from gateway.domain.ticket import Ticket
from gateway.operations import changes, kitchen, timeline
from gateway.store import orders


def placed(shop: Shop, *items: str, **more: Any) -> str:
    """The ticket of an order with these dishes, one line each."""
    return str(shop.ticket(shop.place(*(items or ("tofu", "tofu")), **more)).id)


def order_of(shop: Shop, ticket_id: str) -> Order:
    with shop.read() as rows:
        found = orders.load_of_ticket(rows, ticket_id)
        assert found is not None
        return found


def ticket_of(shop: Shop, ticket_id: str) -> Ticket:
    return order_of(shop, ticket_id).ticket(ticket_id)


def mark(shop: Shop, ticket_id: str, action: str, *lines: str, version: int | None = None, key: str = "") -> Any:
    seen = ticket_of(shop, ticket_id).version if version is None else version
    args = (ticket_id, action, "wok-1", key or next(shop.keys), seen, None, list(lines))
    return shop.do(kitchen.act_on_ticket, *args, actor=COOK)


def states(document: dict[str, Any]) -> list[str]:
    return [line["state"] for line in document["lines"]]


def refused(shop: Shop, *args: Any, **more: Any) -> Refused:
    before = shop.events()
    with pytest.raises(Refused) as caught:
        mark(shop, *args, **more)
    assert shop.events() == before
    return caught.value


def test_the_first_line_done_begins_the_ticket_and_the_last_does_not_end_it(shop: Shop) -> None:
    ticket_id = placed(shop)
    shop.do(kitchen.rendered, ticket_id, "wok-1", "r", 1, actor=COOK)
    first = mark(shop, ticket_id, "bump", "1")
    assert (first["state"], first["started_at"], states(first)) == ("STARTED", shop.now.iso, ["DONE", "FIRED"])
    shop.later(60)
    both = mark(shop, ticket_id, "bump", "2")
    assert (both["state"], both["cleared_at"], states(both)) == ("STARTED", None, ["DONE", "DONE"])
    assert both["started_at"] == first["started_at"]
    assert states(shop.act(ticket_id, "bump")) == ["SERVED", "SERVED"]
    assert shop.events()[-3:] == ["order.line_done", "order.line_done", "order.ticket_bumped"]


def test_a_line_done_on_a_ticket_that_no_screen_has_shown_proves_it(shop: Shop) -> None:
    ticket_id = placed(shop)
    done = mark(shop, ticket_id, "bump", "2")
    assert (done["state"], done["shown_at"], states(done)) == ("STARTED", shop.now.iso, ["FIRED", "DONE"])


def test_a_line_is_taken_back_and_the_ticket_cooks_on(shop: Shop) -> None:
    ticket_id = placed(shop)
    mark(shop, ticket_id, "bump", "1", "2")
    back = mark(shop, ticket_id, "undo", "1")
    assert (back["state"], states(back)) == ("STARTED", ["FIRED", "DONE"])
    assert shop.events()[-1] == "order.line_undone"


@pytest.mark.parametrize("action", ["undo", "recall"])
def test_a_ticket_that_comes_back_has_the_lines_done_that_were_marked_and_its_age(shop: Shop, action: str) -> None:
    ticket_id = placed(shop)
    fired = ticket_of(shop, ticket_id).fired_at
    mark(shop, ticket_id, "bump", "2")
    shop.later(300)
    shop.act(ticket_id, "bump")
    back = shop.act(ticket_id, action)
    assert (back["state"], back["fired_at"], states(back)) == ("SHOWN", fired, ["FIRED", "DONE"])


def test_the_guest_reads_that_a_dish_is_ready_while_the_others_cook(shop: Shop) -> None:
    ticket_id = placed(shop)
    mark(shop, ticket_id, "bump", "1")
    document = order_document(order_of(shop, ticket_id))
    assert [line["kitchen"] for line in document["lines"]] == ["ready", "started"]
    assert document["kitchen"] == "started"


def test_the_same_key_is_the_same_mark_and_another_line_is_not_the_same(shop: Shop) -> None:
    ticket_id = placed(shop)
    first = mark(shop, ticket_id, "bump", "1", key="k")
    again = mark(shop, ticket_id, "bump", "1", key="k")
    assert again == first
    assert shop.events().count("order.line_done") == 1
    assert refused(shop, ticket_id, "bump", "2", key="k").code == "idempotency_key_reused"


def test_a_mark_that_an_old_tablet_kept_moves_nothing_backwards(shop: Shop) -> None:
    ticket_id = placed(shop)
    kept = ticket_of(shop, ticket_id).version
    mark(shop, ticket_id, "bump", "1")
    late = refused(shop, ticket_id, "undo", "1", version=kept)
    assert (late.code, states(late.detail["ticket"])) == ("stale", ["DONE", "FIRED"])
    # the other line is none of its business, and what one screen says of it is not lost
    assert states(mark(shop, ticket_id, "bump", "2", version=kept)) == ["DONE", "DONE"]
    shop.act(ticket_id, "bump")
    shop.act(ticket_id, "recall")
    assert refused(shop, ticket_id, "undo", "2", version=kept + 2).code == "stale", "older than the recall"


def test_a_bump_of_the_whole_must_know_of_a_line_that_was_taken_back(shop: Shop) -> None:
    ticket_id = placed(shop)
    done = mark(shop, ticket_id, "bump", "1")
    mark(shop, ticket_id, "undo", "1")
    assert refused(shop, ticket_id, "bump", version=done["version"]).code == "stale"
    assert mark(shop, ticket_id, "bump")["state"] == "SERVED"


def test_a_bump_from_before_a_line_was_done_still_counts(shop: Shop) -> None:
    ticket_id = placed(shop)
    kept = ticket_of(shop, ticket_id).version
    mark(shop, ticket_id, "bump", "1")
    assert mark(shop, ticket_id, "bump", version=kept)["state"] == "SERVED"


def test_lines_that_are_not_there_and_moves_that_are_none_change_nothing(shop: Shop) -> None:
    ticket_id = placed(shop)
    assert refused(shop, ticket_id, "bump", "9").code == "unknown_line"
    assert refused(shop, ticket_id, "start", "1").code == "invalid"
    assert refused(shop, ticket_id, "undo", "1").code == "illegal_move"
    mark(shop, ticket_id, "bump", "1")
    both = refused(shop, ticket_id, "bump", "2", "1")
    assert (both.code, states(both.detail["ticket"])) == ("illegal_move", ["DONE", "FIRED"]), "all of them or none"
    shop.act(ticket_id, "bump")
    assert refused(shop, ticket_id, "bump", "2").code == "illegal_move", "a bumped ticket has no lines to mark"


def test_a_refired_line_is_not_done_again_by_an_old_tap(shop: Shop) -> None:
    ticket_id = placed(shop)
    done = mark(shop, ticket_id, "bump", "1")
    shop.do(changes.change_line, order_of(shop, ticket_id).id, 1, "refire", "again", actor=COOK)
    assert refused(shop, ticket_id, "bump", "1", version=done["version"]).code == "stale"
    assert states(mark(shop, ticket_id, "bump", "1")) == ["DONE", "FIRED"]


def test_the_timeline_says_which_dish_was_done_and_who_knew_of_the_allergy(shop: Shop) -> None:
    ticket_id = placed(shop, "tofu", "tofu", allergies=["peanut"])
    shop.act(ticket_id, "allergy")
    mark(shop, ticket_id, "bump", "1")
    mark(shop, ticket_id, "undo", "1")
    with shop.read() as rows:
        told = timeline.explain(rows, shop.now, order_of(shop, ticket_id).id)
    assert told is not None
    said = {step["what"]: step["words"] for step in told["steps"]}
    assert said["line_done"]["en"].startswith("Wok has done 1× Mapo tofu")
    assert "做好了 1× 麻婆豆腐" in said["line_done"]["zh-Hans"]
    assert said["line_undone"]["en"].startswith("Wok took back that 1× ")
    assert "knows of the allergy" in said["ticket_allergy_known"]["en"]
    assert "cook wok-1" in said["ticket_allergy_known"]["en"]


def test_a_cook_says_once_that_the_allergy_is_known_and_the_first_hand_is_kept(shop: Shop) -> None:
    ticket_id = placed(shop, "tofu", allergies=["peanut"])
    known = shop.act(ticket_id, "allergy")
    # A hand on the ticket: a cook has it.
    assert (known["allergy_at"], known["allergy_by"], known["state"]) == (shop.now.iso, "cook wok-1", "SHOWN")
    shop.later(60)
    args = (ticket_id, "bump", "wok-2", "k", known["version"])
    bumped = shop.do(kitchen.act_on_ticket, *args, actor=Actor("screen", "", "wok"))
    assert (bumped["allergy_at"], bumped["allergy_by"]) == (known["allergy_at"], "cook wok-1")


@pytest.mark.parametrize("action", ["start", "bump"])
def test_who_goes_on_without_a_word_has_not_said_that_the_allergy_is_known(shop: Shop, action: str) -> None:
    ticket_id = placed(shop, "tofu", allergies=["peanut"])
    gone_on = shop.act(ticket_id, action)
    assert (gone_on["allergy_at"], gone_on["allergy_by"]) == (None, "")


def test_without_an_allergy_there_is_nothing_to_know(shop: Shop) -> None:
    ticket_id = placed(shop)
    assert refused(shop, ticket_id, "allergy").code == "illegal_move"
    assert shop.act(ticket_id, "bump")["allergy_at"] is None


def test_paper_asks_no_cook(shop: Shop) -> None:
    ticket_id = placed(shop, "lamb", allergies=["peanut"])
    assert shop.act(ticket_id, "bump")["allergy_at"] is None
