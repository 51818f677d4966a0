"""Guests are told within a minute that no cook has their dishes, and each incident is one apology, not one a dish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, WAITER, Shop, open_shop, rules

from gateway.cloud.batch import read_batch
from gateway.contract.events import MEDIA_TYPE, CloudEvent
from gateway.contract.messages import PrintResult
from gateway.domain import documents
from gateway.housekeeping.proof_watch import CALL_S, DOUBT_S, LOOK_AGAIN_S, ProofWatch
from gateway.operations import changes, kitchen, moving, papers, timeline
from gateway.store import journal

STEP_S = 0.5


@pytest.fixture
def shop(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Every station has a screen alone, and no printer is well: nothing is proven unless a screen says so."""
    made = [s | {"proof": "screen"} for s in msgspec.to_builtins(rules())["stations"]]
    opened = open_shop(tmp_path / "box", rules(stations=made))
    opened.watch = ProofWatch(opened.store)  # type: ignore[attr-defined]
    yield opened
    opened.close()


def passes(shop: Any, seconds: float) -> None:
    """Time, with the watch asked as often as a busy house asks it."""
    end = shop.passed + seconds
    while shop.passed < end:
        shop.watch.step(shop.later(min(STEP_S, end - shop.passed)))
        shop.write()
        shop.watch.step(shop.now)
        shop.write()


def apologies(shop: Shop) -> list[journal.Entry]:
    with shop.read() as rows:
        return [entry for entry in journal.after(rows, 0, 10_000) if entry.type == "tablepass.check.apology.v1"]


def render(shop: Shop, order_id: str) -> None:
    for ticket in shop.order(order_id).tickets:
        shop.do(kitchen.rendered, ticket.id, "wok-1", "k", ticket.version, actor=COOK)


def steps_of_guest(shop: Shop, order_id: str) -> set[str]:
    """What the phones say of its dishes."""
    return {line["kitchen"] for line in documents.order_document(shop.order(order_id))["lines"]}


@pytest.mark.parametrize("power_cut", [True, False])
def test_after_a_power_cut_screens_have_their_time_and_after_a_crash_it_goes_on(shop: Any, power_cut: bool) -> None:
    """No screen could show anything while the box was off; the gateway alone is back in a moment."""
    order_id = shop.place("tea")
    tea = shop.order(order_id).tickets[0].id
    passes(shop, 2)
    if power_cut:
        shop.boot = "after the cut"
    shop.began = shop.now.monotonic
    shop.watch = ProofWatch(shop.store)
    passes(shop, CALL_S - 2 + STEP_S)
    assert (("ticket_unseen", tea) in shop.conditions()) is not power_cut
    passes(shop, 2)
    assert ("ticket_unseen", tea) in shop.conditions()
    passes(shop, DOUBT_S - CALL_S - 2 - STEP_S)
    assert (len(apologies(shop)) == 1) is not power_cut
    passes(shop, 4)
    assert len(apologies(shop)) == 1


def test_staff_is_told_within_10_s_with_table_and_dish_and_the_guest_within_60_with_one_apology(shop: Any) -> None:
    order_id = shop.place("tofu", "tea", "lamb")
    told = {("ticket_unseen", ticket.id) for ticket in shop.order(order_id).tickets}
    passes(shop, CALL_S - 2 * STEP_S)
    assert not told & shop.conditions(), "nobody is called for what may still come"
    passes(shop, 10.0 - LOOK_AGAIN_S - CALL_S + 2 * STEP_S)
    assert told <= shop.conditions()
    said = [msgspec.json.decode(row[0]) for row in shop.sql("SELECT params FROM conditions WHERE code='ticket_unseen'")]
    assert {(one["table"], one["dishes"]["en"]) for one in said} == {
        ("1", "1× Mapo tofu"), ("1", "1× Tea"), ("1", "1× Lamb"),
    }  # fmt: skip
    passes(shop, DOUBT_S - shop.passed - STEP_S)
    assert (steps_of_guest(shop, order_id), apologies(shop)) == ({"waiting"}, [])
    passes(shop, STEP_S)
    assert steps_of_guest(shop, order_id) == {"unconfirmed"}
    [one] = apologies(shop)
    order = shop.order(order_id)
    data = msgspec.json.decode(one.data)
    assert (one.subject, data["check"], data["table"], data["visit"]) == (
        f"check/{order.check}", order.check, "1", order.visit,
    )  # fmt: skip
    assert data["since"] == order.tickets[0].fired_at
    [of] = data["orders"]
    assert (of["order"], of["number"]) == (order_id, order.number)
    assert sorted((dish["station"], dish["name"]["en"], dish["quantity"]) for dish in of["dishes"]) == [
        ("bar", "Tea", 1), ("grill", "Lamb", 1), ("wok", "Mapo tofu", 1),
    ]  # fmt: skip


def test_the_proof_clears_everything_and_the_guest_reads_confirmed_again(shop: Any) -> None:
    order_id = shop.place("tofu", "tea")
    passes(shop, DOUBT_S + 1)
    render(shop, order_id)
    assert steps_of_guest(shop, order_id) == {"confirmed"}
    assert not {code for code, _ in shop.conditions()} & {"ticket_unseen", "notice_unseen"}
    passes(shop, 1)
    assert shop.sql("SELECT * FROM apologies") == []


def test_an_incident_is_one_however_many_orders_come_while_it_stands(shop: Any) -> None:
    first = shop.place("tofu")
    passes(shop, 40)
    second = shop.place("tofu", "tea")
    passes(shop, 120)
    assert steps_of_guest(shop, second) == {"unconfirmed"}
    assert len(apologies(shop)) == 1
    render(shop, first)
    passes(shop, 30)
    third = shop.place("lamb")
    passes(shop, DOUBT_S + 1)
    assert len(apologies(shop)) == 1, "some of it was never proven"
    assert steps_of_guest(shop, third) == {"unconfirmed"}


def test_after_all_was_proven_or_ended_the_next_one_is_a_new_incident(shop: Any) -> None:
    first, second = shop.place("tofu"), shop.place("tea")
    passes(shop, DOUBT_S + 1)
    render(shop, first)
    shop.do(changes.change_line, second, 1, "cancel", "k", None, "", actor=WAITER)
    passes(shop, 1)
    shop.place("lamb")
    passes(shop, DOUBT_S + 1)
    assert [entry.subject for entry in apologies(shop)] == [f"check/{shop.order(first).check}"] * 2


def test_each_check_has_its_own(shop: Any) -> None:
    shop.place("tofu", table="1")
    shop.place("tofu", table="2")
    passes(shop, DOUBT_S + 1)
    assert len({entry.subject for entry in apologies(shop)}) == len(apologies(shop)) == 2


def test_what_a_screen_proves_in_time_is_no_incident(shop: Any) -> None:
    """The negative control."""
    order_id = shop.place("tofu")
    passes(shop, DOUBT_S - 5)
    render(shop, order_id)
    passes(shop, 60)
    assert (apologies(shop), steps_of_guest(shop, order_id)) == ([], {"confirmed"})


def test_a_paper_that_cannot_be_proven_is_no_incident_and_keeps_none_open(tmp_path: Path) -> None:
    shop: Any = open_shop(tmp_path / "box")
    shop.watch = ProofWatch(shop.store)
    mute = shop.place("lamb")
    [job] = shop.jobs(mute)
    shop.do(papers.take_result, "kitchen", PrintResult(job.id, 1, "UNCONFIRMED"))
    assert steps_of_guest(shop, mute) == {"unconfirmed"}
    passes(shop, DOUBT_S + 1)
    assert apologies(shop) == []
    late = shop.place("tea")
    passes(shop, DOUBT_S + 1)
    render(shop, late)
    passes(shop, 1)
    assert (len(apologies(shop)), shop.sql("SELECT * FROM apologies")) == (1, [])
    shop.close()


def test_an_incident_outlives_a_restart_and_a_move_to_another_table(shop: Any) -> None:
    order_id = shop.place("tofu")
    passes(shop, DOUBT_S + 1)
    shop.again()
    shop.watch = ProofWatch(shop.store)
    shop.do(moving.move_table, "1", "2", "k", actor=WAITER)
    shop.place("tea", table="2")
    passes(shop, DOUBT_S + 1)
    assert len(apologies(shop)) == 1
    assert steps_of_guest(shop, order_id) == {"unconfirmed"}


def test_the_reference_cloud_takes_the_event(shop: Any) -> None:
    shop.place("tofu")
    passes(shop, DOUBT_S + 1)
    [one] = apologies(shop)
    event = CloudEvent(
        one.id, "/stores/demo/boxes/box1", one.type, one.subject, one.at, "demo", "box1", "1-abcde", one.seq, one.ver,
        "ntp", one.bizday, msgspec.json.decode(one.data),
    )  # fmt: skip
    batch = read_batch(
        msgspec.json.encode([event]), media_type=MEDIA_TYPE, source="/stores/demo/boxes/box1", epoch="1-abcde"
    )
    assert [arrival.type for arrival in batch.arrivals] == [one.type]
    assert not [arrival for arrival in batch.arrivals if arrival.poison]


def test_explain_tells_of_the_slip_for_the_screen_and_of_the_apology(shop: Any) -> None:
    order_id = shop.place("tea")
    passes(shop, DOUBT_S + 1)
    with shop.read() as rows:
        answer = timeline.explain(rows, shop.now, order_id)
    assert answer is not None
    told = {step["what"]: step["words"] for step in answer["steps"]}
    every = [step["what"] for step in answer["steps"]]
    assert every == ["placed", "screen_down", "called", "ticket_doubted", "apology"]
    assert told["screen_down"]["en"].startswith("the screen of Bar did not draw it: slip 0001")
    assert told["apology"] == {
        "zh-Hans": "为这桌记了一次致歉，已报给云端",
        "en": "one apology to these guests was noted, and goes to the cloud",
    }  # fmt: skip
