"""Labels of an order: one for each portion that a rule asks for, made with the order and written when it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import SETTINGS, Shop, cart, open_shop, rules, staff_cart

from gateway.contract.messages import PrintResult
from gateway.domain.errors import Refused
from gateway.domain.order import Order
from gateway.domain.settings import faults
from gateway.operations import first_papers, old_papers, paper_decisions, papers, printers
from gateway.operations.first_papers import MOST_LABELS
from gateway.operations.slips import slip_of
from gateway.relays.displays import desired_of
from gateway.store import orders

CUPS = {"id": "cups", "bridge": "bridge-1", "port": "/dev/cups", "driver": "tspl_printer", "language": "en"}
RULE = {"kind": "label", "printers": ["cups"]}


def shop_with(folder: Path, *slip_rules: dict[str, Any], **cups: Any) -> Shop:
    return open_shop(
        folder / "shop", rules(printers=[*SETTINGS["printers"], CUPS | cups], slips=list(slip_rules or [RULE]))
    )


def order(shop: Shop, *lines: tuple[str, int], **more: Any) -> str:
    placed = shop.placed(cart(lines=[{"item": item, "quantity": quantity} for item, quantity in lines], **more))
    return str(placed.answer["id"])


def labels(shop: Shop, order_id: str) -> list[Any]:
    return [job for job in shop.jobs(order_id) if job.kind == "label"]


def slips(shop: Shop, order_id: str) -> list[Any]:
    with shop.read() as rows:
        return [slip_of(rows, job) for job in labels(shop, order_id)]


def answer(shop: Shop, job: Any, state: str, reason: str = "") -> None:
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state, reason))  # type: ignore[arg-type]


def test_each_portion_gets_a_label_that_says_which_of_how_many(tmp_path: Path) -> None:
    shop = shop_with(tmp_path)
    order_id = order(shop, ("tea", 2), ("tofu", 1), allergies=["peanuts"])
    made = slips(shop, order_id)
    assert [(s.kind, s.lines[0].name, s.lines[0].quantity, s.portion, s.portions) for s in made] == [
        ("label", "Tea", 1, 1, 3), ("label", "Tea", 1, 2, 3), ("label", "Mapo tofu", 1, 3, 3),
    ]  # fmt: skip
    first = made[0]
    assert (first.place, first.time, len(first.allergies)) == ("Table 1", "11:30", 1)
    assert [s.code for s in made] == [f"{first.order}-{part}" for part in (1, 2, 3)]
    assert [job.part for job in labels(shop, order_id)] == [1, 2, 3]
    shop.close()


def test_only_what_a_station_makes_gets_one_and_counts_alone(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, RULE | {"stations": ["bar"], "language": "zh-Hans"})
    order_id = order(shop, ("tofu", 2), ("tea", 1), ("lamb", 1), ("tea", 1))
    assert [(s.lines[0].name, s.portion, s.portions) for s in slips(shop, order_id)] == [("茶", 1, 2), ("茶", 2, 2)]
    assert labels(shop, order(shop, ("tofu", 1))) == []
    shop.close()


def test_a_rule_that_is_off_or_of_another_place_makes_none(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, RULE | {"order_types": ["takeaway"], "copies": 2}, RULE | {"on": False})
    assert labels(shop, order(shop, ("tea", 1))) == []
    taken = shop.staff_places(staff_cart("tea", "tea", type="takeaway", table=None))
    made = labels(shop, str(taken.answer["id"]))
    assert [(job.part, job.copy) for job in made] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert slips(shop, str(taken.answer["id"]))[0].place == taken.answer["number"]
    shop.close()


def test_very_many_portions_are_one_label_a_dish(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, RULE | {"stations": ["bar"]})
    order_id = order(shop, ("tofu", MOST_LABELS), ("tea", 1))
    assert [(s.lines[0].quantity, s.portion, s.portions) for s in slips(shop, order_id)] == [(1, 1, 1)]
    order_id = order(shop, ("tea", MOST_LABELS))
    assert len(labels(shop, order_id)) == MOST_LABELS
    shop.close()


def test_what_is_off_makes_no_label(tmp_path: Path) -> None:
    shop = shop_with(tmp_path)
    order_id = order(shop, ("tea", 1), ("tofu", 1))
    with shop.read() as rows:
        known = orders.load(rows, order_id)
    assert isinstance(known, Order)
    off = [msgspec.structs.replace(line, state="CANCELLED") if line.item == "tea" else line for line in known.lines]
    assert first_papers.label_parts(known, []) == [1, 2]
    assert first_papers.label_parts(msgspec.structs.replace(known, lines=off), []) == [2]
    shop.close()


def test_a_label_that_nothing_proves_is_never_printed_again_by_itself(tmp_path: Path) -> None:
    shop = shop_with(tmp_path)
    first, second = labels(shop, order(shop, ("tea", 2)))
    answer(shop, first, "UNKNOWN", "no_answer")
    answer(shop, second, "PRINTED")
    shop.later(60)
    shop.do(papers.settle_unknown, first.id)
    assert len(labels(shop, first.order_id)) == 2
    assert "slip_unknown" in str(shop.conditions())
    shop.do(paper_decisions.decide, first.id, "reprint", "key-1")
    copy = labels(shop, first.order_id)[-1]
    assert (copy.part, copy.copy, copy.kind) == (1, 2, "label")
    answer(shop, copy, "PRINTED")
    assert shop.conditions() == set()
    shop.close()


def test_no_paper_goes_to_a_label_printer_and_a_label_to_any(tmp_path: Path) -> None:
    shop = shop_with(tmp_path)
    order_id = order(shop, ("tofu", 1))
    slip = next(job for job in shop.jobs(order_id) if job.kind == "kitchen")
    with pytest.raises(Refused) as refused:
        shop.do(paper_decisions.decide, slip.id, "divert", "k1", "cups")
    assert refused.value.detail["reason"] == "labels_only"
    with pytest.raises(Refused) as refused:
        shop.do(printers.settle_queue, "kitchen", "divert", "cups")
    assert refused.value.detail["reason"] == "labels_only"
    assert shop.do(printers.settle_queue, "cups", "divert", "counter") == 1
    answer(shop, labels(shop, order_id)[0], "WITHDRAWN")
    assert labels(shop, order_id)[-1].printer == "counter"
    shop.close()


def test_old_labels_are_asked_about_and_listed_on_no_label(tmp_path: Path) -> None:
    shop = shop_with(tmp_path)
    (label,) = labels(shop, order(shop, ("tea", 1)))
    answer(shop, label, "WAITING", "paper_out")
    shop.later(16 * 60)
    shop.do(papers.make_stale, label.id)
    answer(shop, label, "WITHDRAWN")
    shop.do(old_papers.list_old, "cups")
    assert [job.state for job in labels(shop, label.order_id)] == ["STALE"]
    with shop.read() as rows:
        assert rows.value("SELECT count(*) FROM jobs WHERE kind = 'stale'") == 0
    shop.close()


def test_the_bridge_is_told_the_size_of_a_label() -> None:
    known = rules(printers=[*SETTINGS["printers"], CUPS | {"label": {"width_mm": 60, "height_mm": 40}}], slips=[RULE])
    cups = desired_of(known, "bridge-1", 1).devices[-1]
    assert (cups.driver, cups.options) == ("tspl_printer", {"width_mm": "60", "height_mm": "40", "gap_mm": "2"})
    plain = desired_of(known, "bridge-1", 1).devices[0]
    assert plain.options == {}


def test_the_bridge_is_told_a_printers_model_where_somebody_has_said_it() -> None:
    kitchen = {**SETTINGS["printers"][0], "model": "epson_tm_u220"}
    known = rules(printers=[kitchen, *SETTINGS["printers"][1:], CUPS | {"model": "GP-1324D"}], slips=[RULE])
    told = {device.name: device.options for device in desired_of(known, "bridge-1", 1).devices}
    assert told["kitchen"] == {"model": "epson_tm_u220"}
    assert "model" not in told["cups"], "of label printers nothing is documented"
    with pytest.raises(msgspec.ValidationError):
        rules(printers=[{**kitchen, "model": "x" * 65}])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"printers": [SETTINGS["printers"][0] | {"label": {}}, CUPS]}, "label_without_label_printer"),
        ({"printers": [*SETTINGS["printers"], CUPS | {"encoding": "big5"}]}, "label_printer_encoding"),
        ({"stations": [SETTINGS["stations"][0] | {"printer": "cups"}]}, "label_printer_of_station"),
        ({"stations": [SETTINGS["stations"][0] | {"backups": ["cups"]}]}, "label_printer_of_station"),
        ({"slips": [RULE | {"printers": ["kitchen"]}]}, "no_label_printer"),
        ({"slips": [RULE | {"kind": "runner"}]}, "paper_on_label_printer"),
        ({"slips": [{"kind": "runner", "printers": ["kitchen"], "stations": ["bar"]}]}, "stations_of_labels"),
        ({"slips": [RULE | {"stations": ["moon"]}]}, "no_such_station"),
    ],
)
def test_what_does_not_fit_together_is_a_fault(change: dict[str, Any], code: str) -> None:
    base = {"printers": [*SETTINGS["printers"], CUPS], "slips": [RULE], "default_station": ""}
    assert faults(rules(**base)) == []
    assert code in [fault.code for fault in faults(rules(**base | change))]
