"""A page whose stream is open but that draws nothing is no road to a cook."""

from __future__ import annotations

from typing import Any

from doors import Doors
from store.shop import COOK

from gateway.contract.messages import DeviceState
from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.operations import devices
from gateway.operations.station_paths import DEAD_S
from gateway.station_watch import LOOK_EVERY_S, StationWatch
from gateway.store.transaction import Tx
from gateway.web.screen_debts import GONE_S, MOST_SCREENS

WOK = frozenset({"tickets:wok"})


def do(doors: Doors, operation: Any, *args: Any) -> Any:
    """The doors' own writer carries it out."""
    return doors.shop.store.submit(operation, COOK, *args).result(5)


def nothing(tx: Tx, now: Now, ids: Ids, actor: Actor) -> None:
    """When it has been carried out, so has all that was asked before."""


def follows(doors: Doors, screen: str = "wok-1", last_event_id: str = "") -> None:
    """A screen opens its stream and is sent what there is."""
    stream = doors.hub.open(screen, WOK, doors.shop.now)
    doors.hub.backlog(stream, last_event_id, doors.shop.now)


def lives(doors: Doors) -> bool:
    return "wok" in doors.hub.stations(doors.shop.now)


def passes(doors: Doors, seconds: float) -> None:
    doors.hub.step(doors.shop.now)
    doors.shop.later(seconds)


def place(doors: Doors, item: str = "tofu") -> str:
    doors.sit_down()
    return str(doors.order(item).get_json()["id"])


def draws(doors: Doors, order_id: str, screen: str = "wok-1") -> None:
    ticket = doors.shop.ticket(order_id)
    asked = {"screen": screen, "key": f"draw-{ticket.version}", "version": ticket.version}
    assert doors.program("POST", f"/api/v1/tickets/{ticket.id}/rendered", json=asked).status_code == 200


def test_a_screen_that_owes_a_drawing_counts_as_gone_until_it_says_something(doors: Doors) -> None:
    follows(doors)
    order_id = place(doors)
    passes(doors, GONE_S - 0.1)
    assert lives(doors), "it may still draw it"
    passes(doors, 0.1)
    assert not lives(doors)
    draws(doors, order_id)
    assert lives(doors)


def test_a_screen_that_draws_at_once_lives_however_long_nothing_comes(doors: Doors) -> None:
    """The negative control."""
    follows(doors)
    for _ in range(3):
        order_id = place(doors)
        passes(doors, 0.1)
        draws(doors, order_id)
        passes(doors, 600)
        assert lives(doors)


def test_what_it_is_sent_as_it_comes_is_owed_as_well_also_when_it_resumes(doors: Doors) -> None:
    place(doors)
    follows(doors)
    passes(doors, GONE_S)
    assert not lives(doors)
    for last in ("", "1-abcde:1"):
        follows(doors, last_event_id=last)  # it comes back, says nothing, and owes what it owed
        assert not lives(doors)


def test_what_another_screen_has_drawn_is_owed_by_nobody(doors: Doors) -> None:
    follows(doors, "wok-1")
    order_id = place(doors)
    passes(doors, 1)
    follows(doors, "wok-2")
    draws(doors, order_id, "wok-1")
    passes(doors, GONE_S + 1)
    assert lives(doors)
    doors.hub.step(doors.shop.now)
    for stream in [s for s in doors.hub._streams if s.screen == "wok-1"]:
        doors.hub.leave(stream)
    assert lives(doors), "wok-2 was sent the ticket as drawn"


def test_what_paper_proves_or_has_left_the_station_no_screen_owes(doors: Doors) -> None:
    stream = doors.hub.open("grill-1", frozenset({"tickets:grill"}), doors.shop.now)
    doors.hub.backlog(stream, "", doors.shop.now)
    place(doors, "lamb")
    passes(doors, GONE_S * 2)
    assert "grill" in doors.hub.stations(doors.shop.now)


def test_the_debts_of_screens_that_come_under_ever_new_names_are_bounded(doors: Doors) -> None:
    place(doors)
    for n in range(MOST_SCREENS * 2):
        stream = doors.hub.open(f"wok-{n}", WOK, doors.shop.now)
        doors.hub.backlog(stream, "", doors.shop.now)
        doors.hub.leave(stream)
    assert len(doors.hub._debts._owed) == MOST_SCREENS


def test_dishes_of_a_station_with_a_frozen_screen_and_no_printer_are_not_sold_until_it_draws(doors: Doors) -> None:
    shop = doors.shop
    watch = StationWatch(shop.store, doors.hub.stations)
    follows(doors)
    order_id = place(doors)
    for printer in ("kitchen", "counter"):
        do(doors, devices.take_device_state, printer, DeviceState("offline", "bridge-1"))

    def waits(seconds: float) -> set[str]:
        end = shop.passed + seconds
        while shop.passed < end:
            passes(doors, 1.0)
            watch.step(shop.now)
            do(doors, nothing)
        return {subject for code, subject in shop.conditions() if code == "station_cut_off"}

    assert waits(GONE_S + DEAD_S + 2 * LOOK_EVERY_S) >= {"station/wok"}
    draws(doors, order_id)
    assert "station/wok" not in waits(2 * LOOK_EVERY_S)
