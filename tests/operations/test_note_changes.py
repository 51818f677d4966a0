"""C5 of a note: what is said of a dish after it was sent is before its cook as a change of its own, exactly once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, WAITER, Shop, open_shop

from gateway.contract.messages import PrintResult
from gateway.contract.slips import Slip
from gateway.domain.errors import Refused
from gateway.domain.order import MAX_LINES, Cart
from gateway.housekeeping.proof_watch import ProofWatch
from gateway.operations import changes, kitchen, line_notes, papers
from gateway.operations.slips import slip_of


def say(shop: Shop, order_id: str, note: str, key: str = "", line: int = 1) -> dict[str, Any]:
    document: dict[str, Any] = shop.do(
        line_notes.change_note, order_id, line, note, key or next(shop.keys), actor=WAITER
    )
    return document


def refused(shop: Shop, *args: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        say(shop, *args, **more)
    return caught.value


def slips(shop: Shop, order_id: str) -> list[Slip]:
    with shop.read() as rows:
        return [slip_of(rows, job) for job in shop.jobs(order_id)]


def out(shop: Shop, order_id: str) -> None:
    for job in shop.jobs(order_id):
        if job.state == "QUEUED":
            shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))


def test_a_note_after_the_slip_is_one_change_on_screen_and_on_paper_and_is_acknowledged(shop: Shop) -> None:
    order_id = shop.place("tofu")
    out(shop, order_id)
    document = say(shop, order_id, "少辣")
    assert (document["lines"][0]["note"], document["total"]) == ("少辣", 2800)
    [notice] = document["tickets"][0]["notices"]
    assert (notice["kind"], notice["lines"], notice["note"], notice["note_before"]) == (
        "change", [{"id": "1", "quantity": 1}], "少辣", "",
    )  # fmt: skip
    first, change = slips(shop, order_id)
    assert (change.kind, [(line.name, line.note, line.note_before) for line in change.lines]) == (
        "change", [("麻婆豆腐", "少辣", "")],
    )  # fmt: skip
    assert first.kind == "kitchen"
    assert shop.events()[-1] == "order.line_changed"
    assert shop.act(shop.ticket(order_id).id, "acknowledge")["notices"][0]["acked_at"]


def test_each_change_is_told_by_itself_with_what_was_said_before_and_the_same_key_only_once(shop: Shop) -> None:
    order_id = shop.place("tofu")
    out(shop, order_id)
    first = say(shop, order_id, "少辣", key="a")
    say(shop, order_id, "不要葱")
    assert say(shop, order_id, "少辣", key="a") == first, "a late repeat changes nothing"
    say(shop, order_id, "")
    assert shop.order(order_id).lines[0].note == ""
    assert [(one.lines[0].note, one.lines[0].note_before) for one in slips(shop, order_id)[1:]] == [
        ("少辣", ""), ("不要葱", "少辣"), ("", "不要葱"),
    ]  # fmt: skip
    assert refused(shop, order_id, "别的", key="a").code == "idempotency_key_reused"
    same = refused(shop, order_id, "")
    assert (same.code, same.detail["reason"]) == ("invalid", "same_as_before")


def test_a_slip_that_waits_says_the_new_note_and_no_other_slip_does(shop: Shop) -> None:
    order_id = shop.place("tofu")
    shop.place("tofu")  # somebody else's is behind it
    later = shop.place("tofu")
    say(shop, later, "少辣")
    [slip] = slips(shop, later)
    assert (slip.lines[0].note, [one.kind for one in slip.changes]) == ("少辣", ["change"])
    for one in (order_id, later):
        out(shop, one)
    [notice] = shop.order(later).notices
    assert (notice.slip_number, notice.shown_by) == (shop.ticket(later).slip_number, f"slip {notice.slip_number:04d}")


def test_a_slip_that_a_change_comes_behind_says_the_note_that_its_cook_has_read(shop: Shop) -> None:
    order_id = shop.place("tofu")
    out(shop, order_id)
    say(shop, order_id, "少辣")
    shop.do(changes.change_line, order_id, 1, "rush", next(shop.keys), actor=WAITER)
    say(shop, order_id, "不要葱")
    shop.do(changes.change_line, order_id, 1, "cancel", next(shop.keys), actor=WAITER)
    assert [(slip.kind, slip.lines[0].note) for slip in slips(shop, order_id)[1:]] == [
        ("change", "少辣"), ("rush", "少辣"), ("change", "不要葱"), ("return", "不要葱"),
    ]  # fmt: skip


def test_a_slip_behind_a_paper_that_says_the_new_note_says_it_too(shop: Shop) -> None:
    """The negative control: no slip of the change is to come."""
    shop.place("tofu")
    later = shop.place("tofu")
    shop.do(changes.change_line, later, 1, "rush", next(shop.keys), actor=WAITER)
    say(shop, later, "少辣")
    assert [(slip.kind, slip.lines[0].note) for slip in slips(shop, later)] == [("kitchen", "少辣"), ("rush", "少辣")]


def test_what_no_screen_draws_is_printed_and_what_one_draws_is_not(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "box")
    drawn, missed = shop.place("tea"), shop.place("tea")
    for order_id in (drawn, missed):
        shop.do(kitchen.rendered, shop.ticket(order_id).id, "bar-1", "k", 1, actor=COOK)
        say(shop, order_id, "少冰")
    ticket = shop.ticket(drawn)
    shop.do(kitchen.rendered, ticket.id, "bar-1", "k", ticket.version, actor=COOK)
    ProofWatch(shop.store).step(shop.later(8.5))
    shop.write()
    assert [slip.kind for slip in slips(shop, missed)] == ["change"]
    assert slips(shop, drawn) == []
    shop.close()


def test_what_is_done_or_gone_keeps_its_note_and_what_waits_to_be_called_is_simply_read_later(shop: Shop) -> None:
    done, gone, held = shop.place("tofu"), shop.place("tofu"), shop.place("tofu")
    shop.act(shop.ticket(done).id, "bump")
    shop.do(changes.change_line, gone, 1, "cancel", next(shop.keys), actor=WAITER)
    for order_id, state in ((done, "DONE"), (gone, "CANCELLED")):
        wrong = refused(shop, order_id, "少辣")
        assert (wrong.code, wrong.detail["move"]) == ("illegal_move", "note")
        assert wrong.detail["state"] in (state, "SERVED")
    shop.do(changes.change_line, held, 1, "hold", next(shop.keys), actor=WAITER)
    before = len(shop.order(held).notices)
    say(shop, held, "少辣")
    assert len(shop.order(held).notices) == before
    shop.do(changes.change_line, held, 1, "fire", next(shop.keys), actor=WAITER)
    [fired] = [slip for slip in slips(shop, held) if slip.kind == "fire"]
    assert fired.lines[0].note == "少辣"
    assert refused(shop, "nobody", "少辣").code == "unknown_order"
    assert refused(shop, held, "少辣", line=9).code == "unknown_line"
    assert refused(shop, held, "a\x07b").detail["reason"] == "control_character"


def test_a_note_that_is_changed_for_ever_ends_and_leaves_room_for_what_must_be_told(shop: Shop) -> None:
    order_id = shop.place("tofu")
    for n in range(8):
        say(shop, order_id, f"note {n}")
    assert refused(shop, order_id, "once more").code == "too_many"
    assert shop.order(order_id).lines[0].note == "note 7"
    shop.do(changes.change_line, order_id, 1, "cancel", next(shop.keys), actor=WAITER)


def test_an_order_that_would_become_too_long_for_the_broker_keeps_its_notes(shop: Shop) -> None:
    def of_length(note: int) -> Cart:
        chosen = {"variant": "whole", "modifiers": ["hot", "nuts", "no-nuts"]}
        line = {"item": "chicken", "quantity": 99, "note": "辣" * note} | chosen
        return msgspec.convert({"table_token": "token-1", "lines": [line] * MAX_LINES}, Cart)

    order_id = ""
    for note in range(60, 0, -1):
        try:
            order_id = str(shop.placed(of_length(note)).answer["id"])
            break
        except Refused:
            continue
    before = shop.order(order_id).lines[0].note
    wrong = refused(shop, order_id, "辣" * 200)
    assert (wrong.code, wrong.detail["reason"]) == ("invalid", "too_long")
    assert (shop.order(order_id).lines[0].note, shop.order(order_id).notices) == (before, [])
