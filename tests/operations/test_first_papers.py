"""The papers that an order makes: one a ticket, a dish or a portion, and those of the whole order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, SETTINGS, Shop, cart, open_shop, rules, staff_cart

from gateway.contract.messages import PrintResult
from gateway.domain.settings import Settings, faults
from gateway.operations import paper_decisions, papers
from gateway.operations.first_papers import MOST_PORTIONS
from gateway.operations.slips import slip_of


def shop_with(folder: Path, papers_of: str = "ticket", **more: Any) -> Shop:
    stations = [s | ({"slips": papers_of} if s["id"] == "wok" else {}) for s in SETTINGS["stations"]]
    return open_shop(folder / "shop", rules(stations=stations, **more))


def order(shop: Shop, *lines: tuple[str, int]) -> str:
    placed = shop.placed(cart(lines=[{"item": item, "quantity": quantity} for item, quantity in lines]))
    return str(placed.answer["id"])


def slips(shop: Shop, order_id: str) -> list[Any]:
    with shop.read() as rows:
        return [slip_of(rows, job) for job in shop.jobs(order_id)]


def answer(shop: Shop, job: Any, state: str) -> None:
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state))  # type: ignore[arg-type]


def test_one_dish_a_slip_each_with_its_own_number(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "dish")
    order_id = order(shop, ("tofu", 3), ("tofu", 1), ("tea", 1))
    made = slips(shop, order_id)
    assert [(s.kind, s.number, [(line.quantity, line.name) for line in s.lines], s.portion) for s in made] == [
        ("dish", "0001", [(3, "麻婆豆腐")], 0), ("dish", "0002", [(1, "麻婆豆腐")], 0),
    ]  # fmt: skip
    assert shop.ticket(order_id).slip_number == 1
    later = order(shop, ("tofu", 1))
    assert [s.number for s in slips(shop, later)] == ["0003"]
    shop.close()


def test_each_portion_has_its_own_slip(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "portion")
    order_id = order(shop, ("tofu", 2), ("tofu", 1))
    assert [(s.number, s.lines[0].quantity, s.portion, s.portions) for s in slips(shop, order_id)] == [
        ("0001", 1, 1, 2), ("0002", 1, 2, 2), ("0003", 1, 1, 1),
    ]  # fmt: skip
    shop.close()


def test_very_many_portions_are_one_slip_a_dish(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "portion")
    order_id = order(shop, ("tofu", MOST_PORTIONS), ("tofu", 1))
    assert [(s.lines[0].quantity, s.portions) for s in slips(shop, order_id)] == [(MOST_PORTIONS, 0), (1, 0)]
    shop.close()


def test_a_ticket_is_before_a_cook_only_when_all_of_its_slips_are(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "dish")
    order_id = order(shop, ("tofu", 1), ("tofu", 2))
    first, second = shop.jobs(order_id)
    answer(shop, first, "PRINTED")
    assert shop.ticket(order_id).state == "QUEUED", "a dish of it is on no paper yet"
    answer(shop, second, "UNKNOWN")
    shop.later(16)
    shop.do(papers.settle_unknown, second.id)
    copy = shop.jobs(order_id)[-1]
    assert (copy.part, copy.copy, copy.number) == (2, 2, 2)
    answer(shop, copy, "PRINTED")
    assert shop.ticket(order_id).state == "SHOWN"
    assert shop.conditions() == set()
    shop.close()


WHOLE = [
    {"kind": "full_order", "printers": ["counter", "kitchen"], "language": "en", "size": "normal"},
    {"kind": "guest_list", "printers": ["counter"], "copies": 2, "areas": ["hall"], "order_types": ["dine_in"]},
    {"kind": "runner", "printers": ["counter"], "on": False},
]


def test_papers_of_the_whole_order_come_by_their_rules(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop", rules(slips=WHOLE))
    order_id = order(shop, ("tofu", 2), ("tea", 1))
    found = [(job.kind, job.printer, job.copy) for job in shop.jobs(order_id)]
    assert found == [
        ("kitchen", "kitchen", 1), ("full_order", "counter", 1), ("full_order", "kitchen", 1),
        ("guest_list", "counter", 1), ("guest_list", "counter", 2),
    ]  # fmt: skip
    _, whole, _, guests, _ = slips(shop, order_id)
    assert (whole.language, whole.size, whole.number, whole.total) == ("en", "normal", "", None)
    assert [(line.name, line.station) for line in whole.lines] == [("Mapo tofu", "Wok"), ("Tea", "Bar")]
    assert (guests.store, guests.total, guests.code) == ("川味小馆", 6100, "")
    assert [(line.name, line.amount) for line in guests.lines] == [("麻婆豆腐", 5600), ("茶", 500)]
    shop.close()


def test_an_order_that_is_carried_away_lies_on_no_table(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop", rules(slips=WHOLE))
    asked = staff_cart("tofu", type="takeaway", table=None)
    placed = shop.staff_places(asked)
    assert [job.kind for job in shop.jobs(placed.answer["id"])] == ["kitchen", "full_order", "full_order"]
    shop.close()


def test_what_guests_read_never_shows_a_ticket_and_is_asked_about_when_it_is_lost(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "shop", rules(slips=WHOLE))
    order_id = order(shop, ("tofu", 1))
    whole = next(job for job in shop.jobs(order_id) if job.kind == "full_order")
    answer(shop, whole, "PRINTED")
    assert shop.ticket(order_id).state == "QUEUED"
    guests = next(job for job in shop.jobs(order_id) if job.kind == "guest_list")
    answer(shop, guests, "UNKNOWN")
    assert shop.conditions() == {("slip_unknown", guests.id)}
    copy = shop.do(paper_decisions.decide, guests.id, "reprint", next(shop.keys), actor=COOK)
    assert (copy.copy, copy.order_id, copy.ticket) == (3, order_id, "")
    assert shop.conditions() == set()
    shop.close()


@pytest.mark.parametrize(
    ("rule", "code"),
    [({"printers": ["cellar"]}, "no_such_printer"), ({"printers": ["counter"], "areas": ["moon"]}, "no_such_area")],
)
def test_a_rule_names_only_what_is_there(rule: dict[str, Any], code: str) -> None:
    found = faults(msgspec.convert(SETTINGS | {"slips": [{"kind": "runner"} | rule]}, Settings))
    assert [(fault.code, fault.where) for fault in found] == [(code, (("slips", "1"),))]


@pytest.mark.parametrize(("kitchen", "counter"), [("zh-Hans", "en"), ("en", "zh-Hans")])
def test_each_printer_has_its_language_and_only_cooks_read_the_kitchens_name_of_a_dish(
    tmp_path: Path, kitchen: str, counter: str
) -> None:
    of = {"kitchen": kitchen, "counter": counter}
    printers = [one | {"language": of[one["id"]]} for one in SETTINGS["printers"]]
    guests = {"kind": "guest_list", "printers": ["counter"]}
    shop = shop_with(tmp_path, printers=printers, slips=[guests])
    line = {"item": "chicken", "variant": "half", "modifiers": ["hot"]}
    made = {slip.kind: slip for slip in slips(shop, str(shop.placed(cart(lines=[line])).answer["id"]))}
    names = {
        kind: (slip.language, slip.lines[0].name, slip.lines[0].options[0].text) for kind, slip in made.items()
    }  # fmt: skip
    cooks = {"zh-Hans": ("zh-Hans", "宫保", "半份"), "en": ("en", "KP", "Half")}
    eaters = {"zh-Hans": ("zh-Hans", "宫保鸡丁", "半份"), "en": ("en", "Kung Pao chicken", "Half")}
    assert names == {"kitchen": cooks[kitchen], "guest_list": eaters[counter]}
    assert made["kitchen"].station == {"zh-Hans": "炒锅", "en": "Wok"}[kitchen]
    shop.close()


COPIES: dict[str, Any] = {"kind": "kitchen", "printers": ["counter"], "copies": 2, "language": "en", "size": "normal"}


def test_a_copy_of_a_stations_slip_says_reprint_proves_nothing_and_has_the_slips_number(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, slips=[COPIES | {"stations": ["wok", "bar"]}])
    order_id = order(shop, ("tofu", 1), ("lamb", 1), ("tea", 1))
    made = {(job.kind, job.station, job.copy): job for job in shop.jobs(order_id)}
    assert set(made) == {
        ("kitchen", "wok", 1), ("kitchen", "grill", 1), ("station_copy", "wok", 2), ("station_copy", "wok", 3),
        ("station_copy", "bar", 2), ("station_copy", "bar", 3),
    }  # fmt: skip
    with shop.read() as rows:
        copy = slip_of(rows, made["station_copy", "wok", 2])
        first = slip_of(rows, made["kitchen", "wok", 1])
        of_screen = slip_of(rows, made["station_copy", "bar", 2])
    assert (copy.kind, copy.station, copy.number, copy.code, copy.size) == (
        "kitchen", "Wok", first.number, first.code, "normal",
    )  # fmt: skip
    assert [line.name for line in copy.lines] == ["Mapo tofu"]
    assert (of_screen.number, [line.name for line in of_screen.lines]) == ("", ["Tea"])
    answer(shop, made["station_copy", "wok", 2], "PRINTED")
    assert shop.ticket(order_id).state == "QUEUED", "a paper elsewhere is before no cook"
    answer(shop, made["kitchen", "wok", 1], "PRINTED")
    assert shop.ticket(order_id).state == "SHOWN"
    shop.close()


def test_a_copy_that_nothing_proves_is_asked_about_and_never_printed_again_by_itself(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, slips=[COPIES])
    order_id = order(shop, ("tofu", 1))
    copy = next(job for job in shop.jobs(order_id) if job.kind == "station_copy")
    answer(shop, copy, "UNKNOWN")
    shop.later(60)
    shop.do(papers.settle_unknown, copy.id)
    assert ("slip_unknown", copy.id) in {(code, subject) for code, subject, *_ in shop.conditions()}
    assert len([job for job in shop.jobs(order_id) if job.kind == "station_copy"]) == 2
    shop.close()
