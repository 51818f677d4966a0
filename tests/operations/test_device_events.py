"""What bump bars and call buttons do in the store, once each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import WAITER, Shop, open_shop, rules

from gateway.contract.messages import BridgeState, DeviceEvent, DeviceState, PrintResult
from gateway.domain.errors import Refused
from gateway.domain.settings import Settings, faults
from gateway.operations import administration, device_events, devices, papers
from gateway.operations.device_events import OLD_MS, UNDO_S
from gateway.store import devices as device_rows

BAR = {"id": "bar-1", "bridge": "bridge-1", "driver": "mcu_device", "port": "p", "station": "wok"}
BASE = {"id": "base", "bridge": "bridge-2", "driver": "mcu_device", "port": "q", "calls": {"4": "包1", "0": "2"}}


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    made = open_shop(tmp_path / "shop", rules(devices=[BAR, BASE]))
    yield made
    made.close()


def tell(shop: Shop, device: str, kind: str, **facts: Any) -> str:
    event = DeviceEvent(next(shop.keys), kind, facts)
    done: str = shop.do(device_events.take_device_event, device, event)
    return done


def press(shop: Shop, number: int, key: str = "", age_ms: int = 0, down: bool = True) -> str:
    event = DeviceEvent(key or next(shop.keys), "key", {"key": number, "down": down}, age_ms)
    done: str = shop.do(device_events.take_device_event, "bar-1", event)
    return done


def open_at_wok(shop: Shop) -> list[str]:
    return [str(row[0]) for row in shop.sql(
        "SELECT o.number FROM tickets t JOIN orders o ON o.n = t.order_n"
        " WHERE t.station = 'wok' AND t.cleared_at IS NULL ORDER BY t.n"
    )]  # fmt: skip


def test_a_key_bumps_the_ticket_that_stands_at_its_place(shop: Any) -> None:
    placed = [shop.place("tofu") for _ in range(3)]
    assert press(shop, 1) == "bump_2"
    assert open_at_wok(shop) == ["A001", "A003"]
    assert shop.ticket(placed[1]).updated_by == "bar-1 bar-1"
    assert press(shop, 1) == "bump_2"
    assert open_at_wok(shop) == ["A001"]
    assert press(shop, 5) == "", "nothing stands there"


def test_the_first_press_on_an_allergy_says_that_it_is_known_and_the_next_bumps(shop: Any) -> None:
    order_id = shop.place("tofu", allergies=["peanut"])
    assert press(shop, 0) == "allergy"
    known = shop.ticket(order_id)
    assert (known.allergy_at, known.allergy_by) == (shop.now.iso, "bar-1 bar-1")
    assert open_at_wok(shop) == ["A001"]
    assert press(shop, 0) == "bump_1"
    assert open_at_wok(shop) == []


def test_a_press_counts_once_however_often_it_is_brought(shop: Any) -> None:
    for _ in range(3):
        shop.place("tofu")
    assert [press(shop, 0, key="boot-7"), press(shop, 0, key="boot-7")] == ["bump_1", ""]
    assert open_at_wok(shop) == ["A002", "A003"]


@pytest.mark.parametrize("more", [{"age_ms": OLD_MS + 1}, {"down": False}], ids=["kept for long", "let go"])
def test_what_is_no_press_of_now_does_nothing(shop: Any, more: dict[str, Any]) -> None:
    shop.place("tofu")
    assert press(shop, 0, **more) == ""
    assert open_at_wok(shop) == ["A001"]


def test_undo_takes_back_what_this_bar_bumped_last(shop: Any) -> None:
    first, second = shop.place("tofu"), shop.place("tofu")
    press(shop, 0)
    shop.act(shop.ticket(second).id, "bump")
    assert press(shop, 9) == "undo"
    assert open_at_wok(shop) == ["A001"], "a screen's bump is not the bar's to take back"
    assert shop.ticket(first).state == "SHOWN"
    press(shop, 0)
    shop.later(UNDO_S + 1)
    assert press(shop, 9) == ""


def test_old_slips_are_answered_by_a_key_each_oldest_first(shop: Any) -> None:
    placed = [shop.place("tofu") for _ in range(3) if shop.later(1)]
    for order_id in placed:
        (job,) = shop.jobs(order_id)
        shop.do(papers.make_stale, job.id)
        shop.do(papers.take_result, "kitchen", PrintResult(job.id, 1, "WITHDRAWN"))
    assert press(shop, 10) == "print_old"
    assert press(shop, 11) == "cancel_old"
    assert [[job.state for job in shop.jobs(one)] for one in placed] == [
        ["CANCELLED", "QUEUED"], ["CANCELLED"], ["STALE"],
    ]  # fmt: skip


def test_keys_do_what_the_settings_say(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "own", rules(devices=[BAR | {"keys": {"7": "bump_1"}}]))
    shop.place("tofu")
    assert press(shop, 0) == ""
    assert press(shop, 7) == "bump_1"
    shop.close()


def test_a_call_button_calls_somebody_to_its_table_until_they_have_been_there(shop: Any) -> None:
    assert tell(shop, "base", "call", button=4) == "call"
    tell(shop, "base", "call", button=4)
    assert tell(shop, "base", "call", button=9) == "", "a button of no table"
    assert shop.conditions() == {("table_calls", "包1")}
    shop.do(device_events.answer_call, "包1", actor=WAITER)
    assert shop.conditions() == set()
    with pytest.raises(Refused, match="unknown_table"):
        shop.do(device_events.answer_call, "99", actor=WAITER)
    tell(shop, "base", "call", button=0)
    shop.do(administration.close_table, "2")
    assert shop.conditions() == set()


def test_events_of_a_device_that_nobody_knows_do_nothing(shop: Any) -> None:
    shop.place("tofu")
    event = DeviceEvent("k", "key", {"key": 0, "down": True})
    assert shop.do(device_events.take_device_event, "stranger", event) == ""
    assert tell(shop, "base", "key", down=True) == ""
    assert open_at_wok(shop) == ["A001"]


def test_a_device_that_is_out_is_told_of_in_words_of_its_own(shop: Any) -> None:
    shop.do(devices.take_device_state, "bar-1", DeviceState("offline", "bridge-1", reasons=["unplugged"]))
    assert shop.conditions() == {("device_offline", "bar-1")}
    shop.do(devices.take_device_state, "bar-1", DeviceState("online", "bridge-1"))
    shop.do(devices.take_device_state, "bar-1", DeviceState("blocked", "bridge-1", reasons=["version"]))
    assert shop.conditions() == {("device_mute", "bar-1")}


def test_a_device_that_its_bridge_cannot_drive_is_told_of_until_it_can(shop: Any) -> None:
    shop.do(devices.take_bridge_state, "bridge-1", BridgeState(True, 1, "b", errors={"bar-1": "baud 7 is odd"}))
    assert shop.conditions() == {("device_misfit", "bar-1")}
    with shop.read() as rows:
        (told,) = device_rows.conditions(rows)
    assert told.params == {"reason": "baud 7 is odd"}
    shop.do(devices.take_bridge_state, "bridge-1", BridgeState(True, 2, "b"))
    assert shop.conditions() == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [({"station": "moon"}, "no_such_station"), ({"calls": {"1": "99"}}, "no_such_table"), ({"id": "kitchen"}, "twice")],
)
def test_settings_of_devices_are_checked(change: dict[str, Any], code: str) -> None:
    found = faults(msgspec.convert(msgspec.to_builtins(rules(devices=[BAR | change])), Settings))
    assert [fault.code for fault in found] == [code]
