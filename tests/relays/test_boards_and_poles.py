"""What hangs at the pass and before the guests: ready boards and pole displays, between a store and a wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store.shop import Shop, open_shop, rules, staff_cart
from wires import Wire

from firmware_bridge.drivers.line_display import CELLS, bytes_of
from firmware_bridge.virtual.display import VirtualDisplay
from gateway.contract.messages import DeviceEvent, PrintResult
from gateway.contract.topics import Topics
from gateway.domain import saying
from gateway.operations import closing, device_events, papers
from gateway.operations.slips import slip_of
from gateway.relays.boards import MOST_NUMBERS, SAY_AGAIN_S, Boards
from gateway.relays.poles import SHOWN_S, Poles
from gateway.store.pickups import READY_S

AT = {"bridge": "bridge-1", "port": "p"}
GUN = {"id": "gun", "driver": "scanner", "at_pass": True} | AT
BOARD = {"id": "door", "driver": "ready_board"} | AT
POLES = [
    {"id": "pole", "driver": "pole_display", "at_pass": True, "options": {"charset": "gbk"}} | AT,
    {"id": "western", "driver": "pole_display", "at_pass": True, "options": {"charset": "ascii"}} | AT,
    {"id": "till", "driver": "pole_display"} | AT,
]


class Hall:
    """A store, its wire, and what each display was told last."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.wire = shop, Wire()
        topics = Topics("demo")
        self.boards = Boards(shop.store, topics, self.wire)
        self.poles = Poles(shop.store, topics, self.wire)

    def told(self, part: Boards | Poles) -> dict[str, dict[str, Any]]:
        """By device what is said now; nothing where nothing is."""
        self.wish = part.step(self.shop.now)
        assert self.wish is None or self.wish > self.shop.now.monotonic, "it does not spin"
        return {topic.split("/")[-2]: value for topic, value, _ in self.wire.take()}

    def numbers(self) -> list[str] | None:
        told = self.told(self.boards)
        assert set(told) <= {"door"}
        return list(told["door"]["args"]["ready"]) if told else None

    def taken_away(self, item: str = "tofu", **more: Any) -> tuple[str, str]:
        made = self.shop.staff_places(staff_cart(item, **({"type": "takeaway", "table": None} | more))).answer
        return str(made["id"]), str(made["number"])

    def bump(self, order_id: str) -> None:
        for ticket in self.shop.order(order_id).tickets:
            self.shop.act(ticket.id, "bump")


@pytest.fixture
def open_hall(tmp_path: Path) -> Iterator[Any]:
    shops: list[Shop] = []

    def open_(*devices: dict[str, Any], expo: bool = True) -> Hall:
        shops.append(open_shop(tmp_path / str(len(shops)), rules(devices=list(devices), serving={"expo": expo})))
        return Hall(shops[-1])

    yield open_
    for shop in shops:
        shop.close()


def test_a_number_stands_on_the_board_from_ready_until_it_was_handed_over(open_hall: Any) -> None:
    hall = open_hall(BOARD)
    assert hall.numbers() == []
    first, number = hall.taken_away()
    second, _ = hall.taken_away(pickup_no="M7")
    hall.shop.place("tofu")
    assert hall.numbers() is None, "what is being made is no news for it"
    hall.bump(second)
    assert hall.numbers() == ["M7"]
    hall.bump(first)
    assert hall.numbers() == [number, "M7"]
    hall.shop.do(closing.close_order, first, "s", "k")
    assert hall.numbers() == ["M7"]


def test_an_order_of_two_stations_is_ready_when_both_are(open_hall: Any) -> None:
    hall = open_hall(BOARD)
    cart = staff_cart("tofu", "tea", type="takeaway", table=None)
    order = hall.shop.staff_places(cart).answer
    assert hall.numbers() == []
    for place, shown in ((0, None), (1, [order["number"]])):
        hall.shop.act(hall.shop.ticket(order["id"], place).id, "bump")
        assert hall.numbers() == shown


def test_what_is_eaten_here_is_called_only_by_a_number_that_it_was_given(open_hall: Any) -> None:
    hall = open_hall(BOARD)
    given, _ = hall.taken_away(type="dine_in", table="1", pickup_no="17")
    hall.bump(given)
    hall.bump(hall.shop.place("tofu"))
    assert hall.numbers() == ["17"]


def test_without_an_expo_page_a_number_goes_by_itself_after_five_minutes(open_hall: Any) -> None:
    hall = open_hall(BOARD, expo=False)
    order, number = hall.taken_away()
    hall.bump(order)
    assert hall.numbers() == [number]
    hall.shop.later(READY_S - 1)
    hall.boards.forget()
    assert hall.numbers() == [number]
    assert hall.wish <= hall.shop.now.monotonic + 1.1, "it looks again when the number goes"
    hall.shop.later(1.1)
    assert hall.numbers() == []


def test_without_an_expo_page_a_number_goes_when_its_order_is_closed(open_hall: Any) -> None:
    hall = open_hall(BOARD, expo=False)
    order, number = hall.taken_away()
    hall.bump(order)
    assert hall.numbers() == [number]
    hall.shop.do(closing.close_order, order, "s", "k")
    assert hall.numbers() == []


def test_it_is_said_again_to_a_bridge_that_has_forgotten_and_after_a_new_connection(open_hall: Any) -> None:
    hall = open_hall(BOARD)
    assert hall.numbers() == []
    assert hall.numbers() is None
    hall.shop.later(SAY_AGAIN_S)
    assert hall.numbers() == []
    hall.boards.forget()
    hall.wire.session = 0
    assert hall.numbers() is None, "nobody hears it"
    hall.wire.session = 1
    assert hall.numbers() == []


def test_a_board_gets_no_more_than_it_takes(open_hall: Any) -> None:
    hall = open_hall(BOARD)
    numbers = []
    for _ in range(MOST_NUMBERS + 1):
        order, number = hall.taken_away()
        hall.bump(order)
        numbers.append(number)
    assert hall.numbers() == numbers[:MOST_NUMBERS]


def test_a_store_without_a_board_says_nothing(open_hall: Any) -> None:
    hall = open_hall(GUN)
    order, _ = hall.taken_away()
    hall.bump(order)
    assert hall.told(hall.boards) == {}
    assert hall.wish is None


# --- pole displays ---


def scan(hall: Hall, code: str) -> None:
    hall.shop.do(device_events.take_device_event, "gun", DeviceEvent(next(hall.shop.keys), "scan", {"text": code}))


def code_of(hall: Hall, order_id: str, place: int = 0) -> str:
    with hall.shop.read() as rows:
        return slip_of(rows, hall.shop.jobs(order_id)[place]).code


def lines(told: dict[str, dict[str, Any]], pole: str) -> list[str]:
    assert told[pole]["op"] == "text"
    return list(told[pole]["args"]["lines"])


def test_the_poles_of_the_pass_say_what_is_missing_each_in_its_letters_and_then_nothing(open_hall: Any) -> None:
    hall = open_hall(GUN, *POLES)
    assert {name: value["op"] for name, value in hall.told(hall.poles).items()} == {"pole": "clear", "western": "clear"}
    order = hall.shop.place("lamb", "tofu")
    for job in hall.shop.jobs(order):
        hall.shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))
    scan(hall, code_of(hall, order, 1))
    told = hall.told(hall.poles)
    assert set(told) == {"pole", "western"}, "the one at the till is none of its business"
    assert lines(told, "pole") == ["1 桌 烧烤", "差 炒锅 1"]
    assert lines(told, "western") == ["Table 1 Grill", "- Wok 1"]
    screen = VirtualDisplay("gbk")
    screen.hear(bytes_of(tuple(lines(told, "pole")), "gbk"))
    assert (screen.facts()["text"], screen.unknown) == (["1 桌 烧烤", "差 炒锅 1"], 0)
    assert hall.told(hall.poles) == {}, "it stands there"
    assert hall.wish == hall.shop.now.monotonic + SHOWN_S
    hall.shop.later(SHOWN_S - 1)
    scan(hall, code_of(hall, order, 1))
    again = lines(hall.told(hall.poles), "pole")
    assert again[0].startswith("1 桌 11:30"), "the second scan says when it was served"
    hall.shop.later(SHOWN_S)
    assert hall.told(hall.poles)["pole"]["op"] == "clear"


def test_a_pole_is_told_again_what_is_young_after_a_start_and_not_what_is_old(open_hall: Any) -> None:
    hall = open_hall(GUN, *POLES)
    scan(hall, "A999-0001")
    assert lines(hall.told(hall.poles), "western") == ["UNKNOWN SLIP", "A999-0001"]
    hall.poles = Poles(hall.shop.store, Topics("demo"), hall.wire)
    assert lines(hall.told(hall.poles), "pole") == ["没有这张小票", "A999-0001"]
    hall.shop.later(SHOWN_S)
    hall.poles = Poles(hall.shop.store, Topics("demo"), hall.wire)
    assert hall.told(hall.poles)["pole"]["op"] == "clear"


def missing(*found: tuple[str, str, int]) -> saying.Missing:
    return [{"station": en, "name": {"zh-Hans": zh, "en": en}, "quantity": n} for zh, en, n in found]


@pytest.mark.parametrize("kind", [kind for kind in saying.KINDS if kind not in ("unknown", "not_out")])
def test_no_line_of_a_pole_is_cut_in_a_station_and_none_hides_that_there_is_more(kind: str) -> None:
    place = {"zh-Hans": "牡丹厅贵宾包间八号", "en": "Peony private dining room"}
    short = missing(("凉菜吧台", "Cold & bar", 12), ("烧烤", "Grill", 3), ("点心", "Dim sum", 2))
    _, pole = saying.words_of(kind, "A001", place, {"zh-Hans": "炒锅", "en": "Wok"}, short, 2, "11:30")
    assert pole["zh-Hans"][1] == "差 凉菜吧台 12 +5"
    assert pole["en"][1] == "- Cold & bar 12 +5"
    for language in saying.LANGUAGES:
        assert saying.cells(pole[language][1]) <= CELLS
        if kind in ("part", "again", "closed", "cancelled"):
            assert saying.cells(pole[language][0]) <= CELLS
            assert any(word in pole[language][0] for word in ("2", "11:30", "已取消", "CANCELLED"))


def test_a_name_that_is_longer_than_a_pole_keeps_its_quantity() -> None:
    long = missing(("一二三四五六七八九十", "Abcdefghijklmnopqrstuvwxyz", 7), ("炒锅", "Wok", 2))
    _, pole = saying.words_of("served", "A", {"en": "T1"}, {"en": "Grill"}, long, 0, "")
    assert pole == {"zh-Hans": ["T1 Grill", "差 一二三四五六 7 +2"], "en": ["T1 Grill", "- Abcdefghijklm 7 +2"]}
