"""What people want a bridge to find out: asked once, answered once, given up in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.shop import COOK, Shop, open_shop, rules

from gateway.contract.messages import BridgeEvent
from gateway.domain.errors import Refused
from gateway.domain.inquiry import PATIENCE_S, Inquiry
from gateway.housekeeping import OpenInquiries
from gateway.operations import inquiries
from gateway.operations.inquiries import PROBE_EVERY_S
from gateway.store import inquiries as rows_of


def now_of(shop: Shop, inquiry: Inquiry) -> Inquiry:
    with shop.read() as rows:
        found = rows_of.get(rows, inquiry.id)
    assert found is not None
    return found


def answer(shop: Shop, inquiry: Inquiry, kind: Any = "found", bridge: str = "bridge-1", **facts: Any) -> None:
    shop.do(inquiries.take_answer, bridge, BridgeEvent(inquiry.id, kind, facts))


def test_a_look_around_is_asked_once_for_one_key_and_answered_once(shop: Shop) -> None:
    asked = shop.do(inquiries.discover, "bridge-1", "k1", actor=COOK)
    assert (asked.state, asked.op, asked.asked_by) == ("ASKED", "discover", str(COOK))
    assert shop.do(inquiries.discover, "bridge-1", "k1", actor=COOK).id == asked.id
    answer(shop, asked, places=[{"port": "/dev/usb/lp0"}])
    answer(shop, asked, "refused", reason="busy")
    done = now_of(shop, asked)
    assert (done.state, done.answer) == ("ANSWERED", '{"places":[{"port":"/dev/usb/lp0"}]}')


def test_a_look_at_every_address_is_another_one_and_its_key_too(shop: Shop) -> None:
    plain = shop.do(inquiries.discover, "bridge-1", "k1", actor=COOK)
    scan = shop.do(inquiries.discover, "bridge-1", "k2", True, actor=COOK)
    assert (scan.op, scan.id == plain.id) == ("scan", False)
    assert shop.do(inquiries.discover, "bridge-1", "k3", True, actor=COOK).id == scan.id
    with pytest.raises(Refused, match="idempotency_key_reused"):
        shop.do(inquiries.discover, "bridge-1", "k1", True, actor=COOK)


def test_whoever_asks_the_same_while_it_is_open_gets_the_same(shop: Shop) -> None:
    first = shop.do(inquiries.probe, "kitchen", "k1", actor=COOK)
    assert shop.do(inquiries.probe, "kitchen", "k2", actor=COOK).id == first.id
    assert shop.do(inquiries.probe, "counter", "k3", actor=COOK).id != first.id
    answer(shop, first, "probed", fence="gs_h")
    assert shop.do(inquiries.probe, "kitchen", "k2", actor=COOK).id == first.id
    shop.later(PROBE_EVERY_S)
    assert shop.do(inquiries.probe, "kitchen", "k4", actor=COOK).id != first.id


def test_a_printer_is_probed_once_a_minute_unless_the_last_one_printed_nothing(shop: Shop) -> None:
    first = shop.do(inquiries.probe, "kitchen", "k1")
    answer(shop, first, "refused", reason="paper_out")
    second = shop.do(inquiries.probe, "kitchen", "k2")
    answer(shop, second, "probed", fence="gs_h")
    shop.later(19.5)
    with pytest.raises(Refused, match="too_many") as refused:
        shop.do(inquiries.probe, "kitchen", "k3")
    assert refused.value.retry_after_s == 41
    assert shop.do(inquiries.probe, "kitchen", "k2").id == second.id, "the same key asks for nothing new"
    assert shop.do(inquiries.probe, "counter", "k4").state == "ASKED"
    shop.later(41)
    assert shop.do(inquiries.probe, "kitchen", "k3").id != second.id


def test_another_bridge_cannot_answer_and_a_refusal_is_an_end(shop: Shop) -> None:
    asked = shop.do(inquiries.probe, "kitchen", "k1", actor=COOK)
    answer(shop, asked, "probed", bridge="bridge-2")
    assert now_of(shop, asked).state == "ASKED"
    answer(shop, asked, "refused", reason="offline")
    assert now_of(shop, asked).state == "REFUSED"


def test_a_device_is_tested_at_its_own_bridge_and_a_printer_is_none(tmp_path: Path) -> None:
    door = {"id": "door", "bridge": "bridge-2", "driver": "scanner", "port": "p"}
    shop = open_shop(tmp_path / "box", rules(devices=[door]))
    asked = shop.do(inquiries.test, "door", "k1", actor=COOK)
    assert (asked.bridge, asked.op, asked.device) == ("bridge-2", "test", "door")
    answer(shop, asked, "tested", bridge="bridge-2", told=[])
    assert now_of(shop, asked).state == "ANSWERED"
    for other in ("kitchen", "nobody"):
        with pytest.raises(Refused, match="unknown_device"):
            shop.do(inquiries.test, other, "k2")
    shop.close()


def test_what_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused, match="unknown_bridge"):
        shop.do(inquiries.discover, "bridge-9", "k1")
    with pytest.raises(Refused, match="unknown_printer"):
        shop.do(inquiries.probe, "bar", "k1")
    shop.do(inquiries.probe, "kitchen", "k1")
    with pytest.raises(Refused, match="idempotency_key_reused"):
        shop.do(inquiries.probe, "counter", "k1")


def test_one_that_nobody_answers_is_given_up_in_its_time_and_not_before(shop: Shop) -> None:
    watch = OpenInquiries(shop.store)
    asked = shop.do(inquiries.probe, "kitchen", "k1")
    assert watch.step(shop.now) == shop.now.monotonic + PATIENCE_S["probe"]
    shop.later(PATIENCE_S["probe"] - 0.1)
    watch.step(shop.now)
    shop.write()
    assert now_of(shop, asked).state == "ASKED"
    shop.later(0.2)
    watch.step(shop.now)
    shop.write()
    assert now_of(shop, asked).state == "UNANSWERED"
    answer(shop, asked, "probed")
    assert now_of(shop, asked).state == "UNANSWERED"


def test_the_newest_answers_of_each_printer_are_kept(shop: Shop) -> None:
    made = []
    for number in range(rows_of.KEPT + 3):
        shop.later(PROBE_EVERY_S)
        made.append(shop.do(inquiries.probe, "kitchen", f"k{number}"))
        answer(shop, made[-1], "probed", number=number)
    other = shop.do(inquiries.probe, "counter", "other")
    answer(shop, other, "probed")
    with shop.read() as rows:
        left = [one.id for one in made if rows_of.get(rows, one.id)]
        newest = rows_of.newest(rows, "probe", "kitchen")
        assert rows_of.newest(rows, "probe", "counter") == now_of(shop, other)
    assert left == [one.id for one in made[-rows_of.KEPT :]]
    assert newest is not None
    assert newest.id == made[-1].id


def test_probes_that_were_refused_do_not_push_out_what_one_has_found(shop: Shop) -> None:
    found = shop.do(inquiries.probe, "kitchen", "found", actor=COOK)
    answer(shop, found, "probed", fence="gs_h")
    shop.later(PROBE_EVERY_S)
    for number in range(rows_of.KEPT + 3):
        answer(shop, shop.do(inquiries.probe, "kitchen", f"k{number}", actor=COOK), "refused", reason="offline")
    with shop.read() as rows:
        newest = rows_of.newest(rows, "probe", "kitchen")
        kept = rows.value("SELECT count(*) FROM inquiries")
    assert newest is not None
    assert newest.id == found.id
    assert kept <= 2 * rows_of.KEPT
