"""The journal to the cloud: every event once, in order, whatever the cloud does."""

from __future__ import annotations

import hashlib
import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from store.shop import Shop
from wires import Cloud, fill, is_dead, reject

from gateway.contract.events import MAX_BATCH_EVENTS
from gateway.domain.errors import Retry
from gateway.operations import administration
from gateway.operations.uplink import Uplink
from gateway.relays import backoff
from gateway.relays.cloud import (
    HELLO_EVERY_S,
    LOOK_EVERY_S,
    MAX_BURIED_IN_A_ROW,
    NOTE_EVERY_S,
    CloudRelay,
)
from gateway.store import journal

EPOCH = "1-abcde"


class Road:
    def __init__(self, shop: Shop):
        self.shop, self.cloud, self.uplink = shop, Cloud(), Uplink()
        self.start()

    def start(self) -> None:
        self.relay = CloudRelay(
            self.shop.store, self.cloud, self.uplink, random.Random(7), lambda: self.shop.now.monotonic
        )

    def step(self) -> float | None:
        wish = self.relay.step(self.shop.now)
        self.shop.write()
        return wish

    def run(self, steps: int = 60) -> None:
        """Steps as a runner would: at the time that the part asks for."""
        for _ in range(steps):
            wish = self.step()
            if wish is not None:
                self.shop.later(max(0.0, min(wish - self.shop.now.monotonic, 5.0)))

    def seqs(self) -> list[int]:
        return [event["seq"] for event in self.cloud.kept.get(EPOCH, [])]

    def cursor(self) -> int:
        with self.shop.read() as rows:
            return journal.cursors(rows)[-1].applied_upto


@pytest.fixture
def road(shop: Shop) -> Road:
    return Road(shop)


def test_everything_arrives_once_in_order_and_the_cursor_follows(road: Road) -> None:
    last = fill(road.shop, 250)
    road.run(10)
    assert road.seqs() == list(range(1, last + 1))
    assert road.cursor() == last
    for number in range(250):  # small ones: of orders, the bytes of a batch are its limit
        road.shop.do(administration.set_sold_out, "tea", number % 2 == 0)
    road.run(10)
    assert road.seqs() == list(range(1, last + 251))
    assert max(count for _, count in road.cloud.calls) == MAX_BATCH_EVENTS
    first = road.cloud.kept[EPOCH][1]
    assert {k: first[k] for k in ("specversion", "source", "storeid", "boxid", "epoch", "seq", "clockq", "type")} == {
        "specversion": "1.0", "source": "/stores/demo/boxes/box1", "storeid": "demo", "boxid": "box1", "epoch": EPOCH,
        "seq": 2, "clockq": "ntp", "type": "tablepass.order.placed.v1",
    }  # fmt: skip
    assert first["data"]["order"]["number"] == "A001"


def test_the_cursor_moves_only_by_what_the_clouds_application_says(road: Road) -> None:
    fill(road.shop, 10)
    road.cloud.lose_answer = True
    road.run(3)
    assert road.seqs() == list(range(1, 11))
    assert road.cursor() == 0
    road.cloud.lose_answer = False
    road.run(5)
    assert road.cursor() == 10
    assert road.seqs() == list(range(1, 11))


def test_a_cloud_that_claims_more_than_we_have_moves_nothing_beyond_it(road: Road) -> None:
    last = fill(road.shop, 5)
    road.cloud.claims = 10_000
    road.run(3)
    assert road.cursor() == last


def test_a_cloud_that_was_set_back_gets_the_rest_again(road: Road) -> None:
    last = fill(road.shop, 30)
    road.run(3)
    del road.cloud.kept[EPOCH][12:]
    road.shop.place()
    road.run(5)
    assert road.seqs() == list(range(1, last + 2))
    assert road.cursor() == last + 1


def test_a_cloud_that_takes_nothing_is_not_asked_as_fast_as_the_line_carries(road: Road) -> None:
    fill(road.shop, 10)
    road.cloud.stuck = True
    for _ in range(400):
        road.step()
        road.shop.later(0.02)
    assert len(road.cloud.calls) < 40
    road.cloud.stuck = False
    road.run(10)
    assert road.cursor() == 10


def test_one_order_that_the_cloud_never_takes_does_not_end_the_uplink_however_often_it_changes(road: Road) -> None:
    order = road.shop.place("tofu")
    ticket = road.shop.ticket(order).id
    for action in ("start", "bump", "recall", "start", "bump", "undo", "bump"):
        road.shop.act(ticket, action)
    road.shop.place("lamb")
    with road.shop.read() as rows:
        last = journal.last_slot(rows) & journal.SEQ_MASK
    road.cloud.mood = reject(lambda event: event["subject"] == f"order/{order}" and not is_dead(event))
    road.run(60)
    assert road.cursor() == last
    assert road.seqs() == list(range(1, last + 1))


def test_one_event_at_fault_is_cut_out_and_its_slot_goes_on_as_a_dead_letter(road: Road) -> None:
    last = fill(road.shop, 40)
    road.cloud.mood = reject(lambda event: event["seq"] == 17 and not is_dead(event))
    road.run(40)
    assert road.seqs() == list(range(1, last + 1))
    dead = road.cloud.kept[EPOCH][16]
    with road.shop.read() as rows:
        entry = journal.at(rows, (1 << 40) | 17)
        assert entry is not None
        assert journal.dead_count(rows) == 1
    assert is_dead(dead)
    assert dead["data"] == {"id": entry.id, "sha256": hashlib.sha256(entry.data).hexdigest(), "reason": "invalid_event"}
    assert ("dead_letter", "17") in road.shop.conditions()


def test_a_poison_slot_is_set_aside_and_never_sent_as_dead(road: Road) -> None:
    last = fill(road.shop, 6)
    road.cloud.poison = {3}
    road.run(4)
    assert road.cursor() == last
    assert road.shop.sql("SELECT slot & 1099511627775, reason FROM dead_letters") == [(3, "poison: strange")]
    del road.cloud.kept[EPOCH][0:]
    road.run(8)
    assert not any(is_dead(event) for event in road.cloud.kept[EPOCH])


@pytest.mark.parametrize("takes_dead", [True, False])
def test_a_cloud_that_refuses_everything_is_wrong_itself_and_no_more_than_five_are_buried(
    road: Road, takes_dead: bool
) -> None:
    """Also one that takes the dead letters: each of them must not count as a success."""
    fill(road.shop, 40)
    road.cloud.mood = reject(lambda event: not (takes_dead and is_dead(event)))
    road.run(150)
    assert road.shop.value("SELECT count(*) FROM dead_letters") <= MAX_BURIED_IN_A_ROW
    assert road.uplink.look(road.shop.now)[:2] == (False, "cloud_error")
    road.cloud.mood = lambda events: None
    road.run(30)
    assert road.cursor() == 40


def test_the_cursor_is_noted_once_a_second_while_events_flow(road: Road) -> None:
    """Each note is a flush to the card; a note a batch would be one for every order."""
    notes: list[float] = []
    road.shop.store.listen(lambda changed: notes.append(road.shop.now.monotonic) if "uplink" in changed else None)
    road.run(4)
    began = road.shop.now.monotonic
    notes.clear()
    orders = 0
    while road.shop.now.monotonic < began + 5 * NOTE_EVERY_S:
        road.shop.place()
        orders += 1
        road.step()
        road.shop.later(0.1)
    assert road.seqs() == list(range(1, len(road.seqs()) + 1))
    assert orders >= 40
    assert 3 <= len(notes) <= 6, notes
    assert all(later - sooner >= NOTE_EVERY_S * 0.9 for sooner, later in pairwise(notes))
    road.run(4)
    assert road.cursor() == road.seqs()[-1]


def test_large_events_travel_in_more_than_one_batch(road: Road) -> None:
    for _ in range(3):
        road.shop.place(lines=[{"item": "tofu", "note": "长" * 130}] * 60)
    road.run(6)
    assert road.cursor() == 4


# --- pace ---


def pauses(road: Road, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        wish = road.step()
        assert wish is not None
        found.append(wish - road.shop.now.monotonic)
        road.shop.later(found[-1])
    return found


def raising(error: Exception) -> Any:
    def mood(events: list[dict[str, Any]]) -> None:
        raise error

    return mood


def test_knocking_at_a_dead_cloud_grows_to_under_two_seconds_with_jitter(road: Road) -> None:
    fill(road.shop, 3)
    road.cloud.mood = raising(Retry("refused"))
    found = pauses(road, 40)
    assert all(0.2 * backoff.BASE_S <= pause <= backoff.CAP_S for pause in found)
    assert max(found[:2]) <= 2 * backoff.BASE_S
    assert max(found[8:]) > 1.2
    assert len({round(p, 6) for p in found}) == len(found)
    assert backoff.CAP_S <= 2


def test_after_an_hour_it_knocks_less_often(road: Road) -> None:
    road.cloud.mood = raising(Retry("refused"))
    pauses(road, 12)
    road.shop.later(3700)
    assert max(pauses(road, 12)) > backoff.CAP_S
    assert max(pauses(road, 12)) <= backoff.LONG_CAP_S


def test_a_cloud_that_says_when_is_believed(road: Road) -> None:
    road.cloud.mood = raising(Retry("cloud_error", 17.0))
    assert pauses(road, 1) == [17.0]


def test_an_idle_road_says_hello_now_and_then_and_at_once_when_it_was_cut(road: Road) -> None:
    road.run(3)
    calls = len(road.cloud.calls)
    began = road.shop.now.monotonic
    while len(road.cloud.calls) == calls:
        wish = road.step()
        assert wish is not None
        assert wish - road.shop.now.monotonic <= LOOK_EVERY_S
        road.shop.later(LOOK_EVERY_S)
    assert HELLO_EVERY_S - 1 <= road.shop.now.monotonic - began <= HELLO_EVERY_S + 2
    assert road.cloud.calls[-1] == (EPOCH, 0)
    road.step()
    calls = len(road.cloud.calls)
    road.cloud.gone = True
    road.step()
    assert len(road.cloud.calls) == calls + 1


def test_the_first_event_after_the_return_arrives_within_two_seconds(road: Road) -> None:
    road.cloud.mood = raising(Retry("no_answer"))
    fill(road.shop, 5)
    pauses(road, 30)
    road.cloud.mood = lambda events: None
    began = road.shop.now.monotonic
    while not road.seqs():
        road.step()
        road.shop.later(0.05)
    assert road.shop.now.monotonic - began <= 2
    for _ in range(2):  # its note, and what was written of it
        road.step()
    assert road.cursor() == road.seqs()[-1], "and is written down at once: no second more"


def test_the_rest_of_a_former_epoch_goes_first_under_its_own_name(road: Road) -> None:
    fill(road.shop, 4)
    connection = road.shop.store.writer_connection
    connection.execute("UPDATE box SET epoch = '2-fghij', epoch_count = 2")
    connection.execute("INSERT INTO cursors VALUES ('cloud', 2, '2-fghij', 0)")
    road.shop.place()
    road.run(12)
    assert [e["seq"] for e in road.cloud.kept[EPOCH]] == [1, 2, 3, 4]
    assert [e["seq"] for e in road.cloud.kept["2-fghij"]] == [1]


def test_a_start_after_a_crash_goes_on_at_the_cursor(road: Road) -> None:
    fill(road.shop, 10)
    road.run(3)
    road.shop.place()
    road.shop.again()
    road.start()
    road.cloud.calls.clear()
    road.run(3)
    assert road.cloud.calls[0] == (EPOCH, 1)
    assert road.seqs() == list(range(1, 12))


# --- what people are told ---


def test_a_hanging_request_is_said_within_ten_seconds_and_a_slow_cloud_does_not_flap(shop: Shop) -> None:
    uplink = Uplink()
    assert (uplink.look(shop.now)[:2], uplink.is_away(shop.now)) == ((False, "not_configured"), False)
    uplink.asking(shop.now)
    shop.later(9.9)
    assert (uplink.look(shop.now)[:2], uplink.is_away(shop.now)) == ((False, "not_yet"), False)
    shop.later(0.1)
    assert (uplink.look(shop.now)[:2], uplink.is_away(shop.now)) == ((False, "no_answer"), True)
    away_since = uplink.look(shop.now)[2]
    shop.later(10)
    uplink.answered(shop.now, 20.0, 1)
    assert uplink.look(shop.now)[:2] == (True, "slow")
    seen = set()
    for _ in range(5):  # it answers every time, after 20 s
        uplink.asking(shop.now)
        for _ in range(20):
            shop.later(1)
            seen.add(uplink.look(shop.now)[:2])
        uplink.answered(shop.now, 20.0, 1)
    assert seen == {(True, "slow")}
    assert uplink.look(shop.now)[2] > away_since
    uplink.answered(shop.now, 0.1, 5)
    assert uplink.look(shop.now)[:2] == (True, None)
    uplink.failed(shop.now, "cut")
    assert uplink.look(shop.now)[:2] == (False, "cut")


def test_the_uplinks_figures_are_true(road: Road) -> None:
    last = fill(road.shop, 5)
    road.shop.later(30)
    with road.shop.read() as rows:
        before = road.uplink.document(rows, road.shop.now)
    assert (before["pending"], before["last_seq"], before["applied_upto"], before["oldest_pending_s"]) == (
        last,
        last,
        0,
        30,
    )
    road.run(3)
    with road.shop.read() as rows:
        after = road.uplink.document(rows, road.shop.now)
    assert (after["state"], after["pending"], after["oldest_pending_s"], after["empty_in_s"], after["dead"]) == (
        "online",
        0,
        0,
        0,
        0,
    )
    assert msgspec.json.encode(after)
