"""The pass: what a bump leaves there, what serving ends, and what a scan of a slip says and does (划菜)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from store.shop import SETTINGS, WAITER, Shop, menu, open_shop, rules, staff_cart, tokens

from gateway.contract.messages import DeviceEvent, PrintResult
from gateway.domain.errors import Refused
from gateway.operations import administration, crossing_off, device_events, papers
from gateway.operations.device_events import OLD_MS
from gateway.operations.slips import slip_of
from gateway.store import crossings, tickets

SCANNER = {"id": "gun", "bridge": "bridge-1", "driver": "scanner", "port": "s", "at_pass": True}
EXPO = {"serving": {"expo": True}}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = open_shop(tmp_path / "shop", rules(devices=[SCANNER], **EXPO))
    yield made
    made.close()


def scan(shop: Shop, code: str, key: str = "", device: str = "gun", age_ms: int = 0) -> str:
    event = DeviceEvent(key or next(shop.keys), "scan", {"text": code}, age_ms)
    done: str = shop.do(device_events.take_device_event, device, event)
    return done


def said(shop: Shop) -> dict[str, Any]:
    with shop.read() as rows:
        return crossing_off.said_document(crossings.said(rows)[-1])


def codes(shop: Shop, order_id: str) -> list[str]:
    """What stands on its kitchen slips, in the order of its tickets."""
    with shop.read() as rows:
        return [slip_of(rows, job).code for job in shop.jobs(order_id)]


def states(shop: Shop, order_id: str) -> dict[str, tuple[str, str]]:
    return {t.station: (t.state, t.ended) for t in shop.order(order_id).tickets}


def serve(shop: Shop, order_id: str, *wanted: str, early: bool = False, key: str = "") -> dict[str, Any]:
    done: dict[str, Any] = shop.do(
        crossing_off.serve_order, order_id, "expo-1", key or next(shop.keys), list(wanted), early, actor=WAITER
    )
    return done


def unserve(shop: Shop, order_id: str) -> dict[str, Any]:
    done: dict[str, Any] = shop.do(
        crossing_off.unserve_order, order_id, "expo-1", next(shop.keys), [], actor=WAITER
    )
    return done


def prove(shop: Shop, order_id: str, state: str = "PRINTED") -> None:
    for job in shop.jobs(order_id):
        shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expo", "state", "is_open"), [(True, ("READY", ""), True), (False, ("SERVED", "bump"), False)]
)
def test_a_bump_leaves_a_ticket_at_the_pass_where_there_is_one(
    tmp_path: Path, expo: bool, state: tuple[str, str], is_open: bool
) -> None:
    shop = open_shop(tmp_path / "own", rules(serving={"expo": expo}))
    placed = shop.place("tofu")
    shop.act(shop.ticket(placed).id, "bump")
    assert states(shop, placed) == {"wok": state}
    with shop.read() as rows:
        assert bool(tickets.open_ids(rows)) is is_open, "a display that connects late sees exactly the open tickets"
        assert tickets.at_station(rows, "wok", 1) is None, "it has left its station's board"
    shop.close()


def test_a_bump_bar_takes_back_a_ticket_that_stands_at_the_pass(tmp_path: Path) -> None:
    bar = {"id": "bar-1", "bridge": "bridge-1", "driver": "mcu_device", "port": "p", "station": "wok"}
    shop = open_shop(tmp_path / "own", rules(devices=[bar], **EXPO))
    placed = shop.place("tofu")
    for number, state in ((0, "READY"), (9, "SHOWN")):
        event = DeviceEvent(next(shop.keys), "key", {"key": number, "down": True})
        shop.do(device_events.take_device_event, "bar-1", event)
        assert shop.ticket(placed).state == state
    shop.close()


def test_what_was_served_stays_so_when_its_party_has_left(shop: Shop) -> None:
    placed = shop.place("tofu")
    shop.act(shop.ticket(placed).id, "bump")
    serve(shop, placed)
    unserve(shop, placed)
    serve(shop, placed)
    shop.do(administration.close_table, "1")
    with pytest.raises(Refused) as refused:
        unserve(shop, placed)
    assert (refused.value.code, refused.value.detail["reason"]) == ("illegal_move", "order_closed")
    assert shop.ticket(placed).state == "SERVED"


def test_an_order_is_served_when_all_of_it_is_ready(shop: Shop) -> None:
    placed = shop.place("tofu", "tea")
    wok, bar = (t.id for t in shop.order(placed).tickets)
    shop.act(wok, "bump")
    with pytest.raises(Refused) as refused:
        serve(shop, placed)
    assert refused.value.code == "not_ready"
    assert [m["station"] for m in refused.value.detail["missing"]] == ["bar"]
    shop.act(bar, "bump")
    assert serve(shop, placed)["kitchen"] == "served"
    assert states(shop, placed) == {"wok": ("SERVED", "pass"), "bar": ("SERVED", "pass")}
    with pytest.raises(Refused, match="illegal_move"):
        serve(shop, placed)


def test_serving_early_is_recorded_of_what_was_not_ready(shop: Shop) -> None:
    placed = shop.place("tofu", "tea")
    shop.act(shop.ticket(placed).id, "bump")
    assert serve(shop, placed, early=True)["kitchen"] == "served"
    assert states(shop, placed) == {"wok": ("SERVED", "pass"), "bar": ("SERVED", "early")}
    assert {t.updated_by for t in shop.order(placed).tickets} == {"waiter expo-1"}
    assert shop.events()[-1] == "order.ticket_served"


def test_one_ready_ticket_is_served_alone_and_the_same_key_once(shop: Shop) -> None:
    placed = shop.place("tofu", "tea")
    wok = shop.ticket(placed).id
    shop.act(wok, "bump")
    first = serve(shop, placed, wok, key="k")
    events = len(shop.events())
    assert serve(shop, placed, wok, key="k") == first
    assert len(shop.events()) == events
    assert states(shop, placed)["bar"] == ("QUEUED", "")
    with pytest.raises(Refused, match="idempotency_key_reused"):
        serve(shop, placed, key="k")


def test_what_was_served_by_mistake_stands_at_the_pass_again_and_a_recall_goes_to_its_cook(shop: Shop) -> None:
    placed = shop.place("tofu")
    ticket = shop.ticket(placed).id
    shop.act(ticket, "bump")
    serve(shop, placed)
    assert unserve(shop, placed)["kitchen"] == "ready"
    with pytest.raises(Refused, match="illegal_move"):
        unserve(shop, placed)
    shop.act(ticket, "recall")
    assert states(shop, placed) == {"wok": ("SHOWN", "")}
    assert shop.ticket(placed).ready_at is None


def test_a_scan_crosses_a_ticket_off_and_says_what_is_still_missing(shop: Shop) -> None:
    placed = shop.place("lamb", "tofu", "tea")
    prove(shop, placed)
    at = shop.now.iso
    assert scan(shop, codes(shop, placed)[-1]) == "scan_served"
    ticket = shop.ticket(placed, -1)
    assert (ticket.state, ticket.ended, ticket.served_at, ticket.updated_by) == ("SERVED", "scan", at, "gun gun")
    assert [(m["station"], m["quantity"]) for m in said(shop)["missing"]] == [("wok", 1), ("bar", 1)]
    assert said(shop)["words"] == {
        "zh-Hans": "1 桌：烧烤已上，还差炒锅 1、吧台 1", "en": "Table 1: Grill served; still missing: Wok 1, Bar 1",
    }  # fmt: skip
    assert said(shop)["by"] == "gun gun"


def test_the_last_scan_of_an_order_says_that_all_is_served(shop: Shop) -> None:
    placed = shop.place("lamb", "tofu")
    prove(shop, placed, "SENDING")
    for code in codes(shop, placed):
        scan(shop, code)
    assert said(shop)["words"]["en"].endswith("all served")
    assert said(shop)["missing"] == []


def test_a_second_scan_says_when_it_was_served_and_changes_nothing(shop: Shop) -> None:
    placed = shop.place("lamb")
    (code,) = codes(shop, placed)
    scan(shop, code)
    served_at, events = shop.now.iso, len(shop.events())
    shop.later(600)
    assert scan(shop, code) == "scan_again"
    assert said(shop)["served_at"] == served_at
    assert "11:30" in said(shop)["words"]["zh-Hans"]
    assert shop.ticket(placed).served_at == served_at
    assert len(shop.events()) == events


def test_the_same_event_of_a_scanner_brought_twice_counts_once(shop: Shop) -> None:
    (code,) = codes(shop, shop.place("lamb"))
    assert [scan(shop, code, key="boot-1"), scan(shop, code, key="boot-1")] == ["scan_served", ""]


@pytest.mark.parametrize(
    "code",
    ["", "hello", "A999-0001", "A001-0099", "C001-0001", "A001-1-1-1", "http://example.org/A001-0001", "9" * 500],
)
def test_a_code_that_no_slip_of_this_store_has_is_said_to_be_unknown(shop: Shop, code: str) -> None:
    placed = shop.place("lamb")
    assert scan(shop, code) == "scan_unknown"
    assert states(shop, placed) == {"grill": ("QUEUED", "")}
    assert all(said(shop)["words"].values())


def test_a_hand_may_type_small_letters_and_the_same_key_is_answered_the_same(shop: Shop) -> None:
    (code,) = codes(shop, shop.place("lamb"))
    typed = [shop.do(crossing_off.scan_slip, f" {code.lower()} ", "expo-1", "k", actor=WAITER) for _ in range(2)]
    assert [one["kind"] for one in typed] == ["served", "served"]
    assert typed[0] == typed[1]


@pytest.mark.parametrize("device", ["elsewhere", "stranger"])
def test_only_a_scanner_at_the_pass_crosses_off(tmp_path: Path, device: str) -> None:
    shop = open_shop(tmp_path / "own", rules(devices=[SCANNER, SCANNER | {"id": "elsewhere", "at_pass": False}]))
    placed = shop.place("lamb")
    assert scan(shop, codes(shop, placed)[0], device=device) == ""
    assert scan(shop, codes(shop, placed)[0], age_ms=OLD_MS + 1) == "", "a plate that went long ago"
    assert states(shop, placed) == {"grill": ("QUEUED", "")}
    shop.close()


@pytest.mark.parametrize("kind", ["dish", "portion"])
def test_a_ticket_on_several_slips_is_served_when_all_of_them_are_scanned(tmp_path: Path, kind: str) -> None:
    stations = [SETTINGS["stations"][2] | {"slips": kind}]
    sold = menu(lambda raw: raw["categories"][0].update(items=[raw["categories"][0]["items"][2]]))
    shop = open_shop(tmp_path / "own", rules(stations=stations, default_station="grill", devices=[SCANNER]), sold)
    placed = shop.place("lamb", "lamb", "lamb")
    prove(shop, placed, "SENDING")
    found = codes(shop, placed)
    assert found == ["A001-0001", "A001-0002", "A001-0003"]
    assert [(scan(shop, one), said(shop)["slips"]) for one in (found[1], found[1], found[0])] == [
        ("scan_part", 2), ("scan_again", 0), ("scan_part", 1),
    ]  # fmt: skip
    assert states(shop, placed)["grill"][1] == ""
    assert scan(shop, found[2]) == "scan_served"
    assert states(shop, placed) == {"grill": ("SERVED", "scan")}
    shop.close()


def test_two_stations_that_give_the_same_number_give_different_codes(shop: Shop) -> None:
    placed = shop.place("lamb", "tofu")
    prove(shop, placed, "SENDING")
    assert codes(shop, placed) == ["A001-0001", "A001-0001-2"]
    assert [scan(shop, "A001-0001-2"), scan(shop, "A001-0001-2")] == ["scan_served", "scan_again"]
    assert [state for state, _ in states(shop, placed).values()] == ["QUEUED", "SERVED"]
    assert [scan(shop, "A001-0001"), scan(shop, "A001-0001")] == ["scan_served", "scan_again"]


def test_a_slip_of_another_day_crosses_off_nothing_while_todays_is_still_to_come(shop: Shop) -> None:
    """Numbers begin again every day. A bridge that has today's may have printed it: that one counts."""
    shop.place("lamb")
    yesterday = shop.order(shop.place("lamb")).number
    shop.later(24 * 3600)
    other, today = shop.place("lamb"), shop.place("lamb")
    assert shop.order(today).number == yesterday
    assert scan(shop, f"{yesterday}-0002") == "scan_not_out"
    assert "not of today" in said(shop)["words"]["en"]
    assert states(shop, today)["grill"] == ("QUEUED", "")
    prove(shop, other)
    prove(shop, today, "SENDING")
    assert scan(shop, f"{yesterday}-0002") == "scan_served"


def test_a_slip_that_was_forgotten_until_its_table_was_closed_is_told_so(shop: Shop) -> None:
    placed = shop.place("lamb")
    prove(shop, placed)
    (code,) = codes(shop, placed)
    closed_at = shop.now.iso
    shop.do(administration.close_table, "1", actor=WAITER)
    assert states(shop, placed)["grill"] == ("SERVED", "visit")
    shop.later(300)
    assert scan(shop, code) == "scan_closed"
    local = datetime.fromisoformat(closed_at).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M")
    assert f"was closed at {local}" in said(shop)["words"]["en"]


def test_the_paper_of_a_whole_order_says_what_is_missing_and_crosses_nothing_off(shop: Shop) -> None:
    placed = shop.place("lamb", "tofu")
    assert scan(shop, "A001") == "scan_order"
    assert said(shop)["words"]["en"] == "Table 1; still missing: Wok 1, Grill 1"
    assert {ended for _, ended in states(shop, placed).values()} == {""}


def test_the_scan_of_a_slip_that_nobody_was_sure_of_answers_the_question(shop: Shop) -> None:
    placed = shop.place("lamb")
    prove(shop, placed, "UNKNOWN")
    (job,) = shop.jobs(placed)
    assert job.state == "UNKNOWN"
    scan(shop, codes(shop, placed)[0])
    assert shop.jobs(placed)[0].state == "PRINTED"
    assert states(shop, placed) == {"grill": ("SERVED", "scan")}


def test_a_recalled_ticket_is_scanned_anew(shop: Shop) -> None:
    placed = shop.place("lamb")
    (code,) = codes(shop, placed)
    scan(shop, code)
    shop.act(shop.ticket(placed).id, "recall")
    assert scan(shop, code) == "scan_served"


def test_paper_tickets_that_the_end_of_the_visit_ends_are_left_out_of_cook_times(shop: Shop) -> None:
    scanned, forgotten = shop.place("lamb"), shop.place("lamb")
    prove(shop, scanned)
    prove(shop, forgotten)
    scan(shop, codes(shop, scanned)[0])
    shop.do(administration.close_table, "1")
    assert (states(shop, scanned), states(shop, forgotten)) == (
        {"grill": ("SERVED", "scan")}, {"grill": ("SERVED", "visit")},
    )  # fmt: skip
    assert shop.ticket(scanned).ready_at is not None
    assert (shop.ticket(forgotten).ready_at, shop.ticket(forgotten).served_at) == (None, shop.now.iso)


def test_what_stands_at_the_pass_when_its_table_is_closed_goes_with_it(shop: Shop) -> None:
    placed = shop.place("tofu", "tea")
    shop.act(shop.ticket(placed).id, "bump")
    ready_at = shop.ticket(placed).ready_at
    shop.later(60)
    shop.do(administration.close_table, "1")
    assert states(shop, placed) == {"wok": ("SERVED", "visit"), "bar": ("QUEUED", "")}
    assert shop.ticket(placed).ready_at == ready_at


@pytest.mark.parametrize(("more", "state"), [({"devices": [SCANNER]}, "SHOWN"), ({}, "SERVED")])
def test_paper_of_what_is_carried_away_waits_for_the_pass_where_there_is_one(
    tmp_path: Path, more: dict[str, Any], state: str
) -> None:
    shop = open_shop(tmp_path / "own", rules(**more))
    taken = shop.staff_places(staff_cart("lamb", type="takeaway", table=None)).answer["id"]
    prove(shop, taken)
    assert shop.ticket(taken).state == state
    shop.close()


def test_switching_the_expo_page_off_leaves_nothing_standing_at_the_pass(shop: Shop) -> None:
    placed = shop.place("tofu", "tea")
    shop.act(shop.ticket(placed).id, "bump")
    shop.do(administration.import_settings, rules(), tokens([]), True)
    assert states(shop, placed) == {"wok": ("SERVED", "settings"), "bar": ("QUEUED", "")}


def test_a_cancelled_ticket_is_not_served_by_its_slip(shop: Shop) -> None:
    placed = shop.place("lamb")
    (code,) = codes(shop, placed)
    found = shop.order(placed).tickets[0]
    found.state = "CANCELLED"
    shop.do(_write, found)
    assert scan(shop, code) == "scan_cancelled"
    assert shop.ticket(placed).state == "CANCELLED"


def _write(tx: Any, now: Any, ids: Any, actor: Any, ticket: Any) -> None:
    tickets.update(tx, ticket)


def test_only_the_last_sayings_are_kept(shop: Shop) -> None:
    for number in range(crossings.KEPT + 3):
        scan(shop, f"Z{number:03d}-0001")
    with shop.read() as rows:
        kept = [one.body["code"] for one in crossings.said(rows)]
    assert kept == [f"Z{number:03d}-0001" for number in range(3, crossings.KEPT + 3)]


