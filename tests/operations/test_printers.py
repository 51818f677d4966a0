"""What people do with a printer: a test slip, a pause, and the settling of all that waits behind it."""

from __future__ import annotations

from typing import Any

import pytest
from store.shop import COOK, SETTINGS, Shop, rules, tokens

from gateway.contract.messages import PrintResult
from gateway.domain.errors import Refused
from gateway.operations import administration, papers, printers
from gateway.operations.slips import slip_of
from gateway.store import devices, jobs


def heads(shop: Shop) -> list[tuple[str, str]]:
    with shop.read() as rows:
        return [(job.printer, job.kind) for job in jobs.heads(rows)]


def answer(shop: Shop, job: Any, state: str, reason: str = "") -> None:
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state, reason))  # type: ignore[arg-type]


def test_a_test_slip_is_one_paper_for_one_key_and_names_its_printer(shop: Shop) -> None:
    first = shop.do(printers.print_test, "kitchen", "k1", actor=COOK)
    again = shop.do(printers.print_test, "kitchen", "k1", actor=COOK)
    assert first.id == again.id
    assert heads(shop) == [("kitchen", "test")]
    with shop.read() as rows:
        kept = jobs.get(rows, first.id)
        assert kept == first
        slip = slip_of(rows, kept)
    assert (slip.kind, slip.station, slip.time, slip.language) == ("test", "后厨打印机", "11:30", "zh-Hans")
    with pytest.raises(Refused, match="idempotency_key_reused"):
        shop.do(printers.print_test, "counter", "k1", actor=COOK)


def test_a_test_slip_that_nothing_proves_calls_nobody(shop: Shop) -> None:
    job = shop.do(printers.print_test, "kitchen", "k1", actor=COOK)
    answer(shop, job, "UNKNOWN", "no_answer")
    shop.do(papers.settle_unknown, job.id)
    with shop.read() as rows:
        assert jobs.unknown(rows) == []
    assert shop.conditions() == set()


def test_a_printer_that_is_not_there_is_refused(shop: Shop) -> None:
    for operation, args in (
        (printers.print_test, ("cellar", "k1")), (printers.pause, ("cellar",)), (printers.resume, ("cellar",)),
        (printers.settle_queue, ("cellar", "cancel")),
    ):  # fmt: skip
        with pytest.raises(Refused, match="unknown_printer"):
            shop.do(operation, *args, actor=COOK)


def test_a_pause_is_told_and_ends_with_a_word(shop: Shop) -> None:
    shop.do(printers.pause, "kitchen", actor=COOK)
    shop.do(printers.pause, "kitchen")
    with shop.read() as rows:
        assert {name: paused.by for name, paused in devices.paused_printers(rows).items()} == {"kitchen": "cook"}
    assert shop.conditions() == {("printer_paused", "kitchen")}
    shop.do(printers.resume, "kitchen", actor=COOK)
    with shop.read() as rows:
        assert devices.paused_printers(rows) == {}
    assert shop.conditions() == set()


def test_a_paused_printer_that_is_removed_leaves_no_trace(shop: Shop) -> None:
    shop.do(printers.pause, "counter", actor=COOK)
    stations = [s | ({"printer": "kitchen"} if s["printer"] == "counter" else {}) for s in SETTINGS["stations"]]
    new = rules(printers=SETTINGS["printers"][:1], stations=stations)
    shop.do(administration.import_settings, new, tokens([]), False)
    with shop.read() as rows:
        assert devices.paused_printers(rows) == {}
    assert shop.conditions() == set()


def test_all_that_waits_is_moved_and_what_has_begun_stays(shop: Shop) -> None:
    placed = [shop.place("tofu") for _ in range(3)]
    answer(shop, shop.jobs(placed[0])[0], "SENDING")
    assert shop.do(printers.settle_queue, "kitchen", "divert", "counter", actor=COOK) == 2
    found = [[(job.printer, job.state) for job in shop.jobs(one)] for one in placed]
    assert found == [[("kitchen", "SENDING")]] + [[("kitchen", "DIVERTED"), ("counter", "QUEUED")]] * 2
    assert shop.do(printers.settle_queue, "kitchen", "divert", "counter", actor=COOK) == 0


def test_all_that_waits_is_cancelled_with_a_name(shop: Shop) -> None:
    placed = [shop.place("tofu") for _ in range(2)]
    assert shop.do(printers.settle_queue, "kitchen", "cancel", actor=COOK) == 2
    answer(shop, shop.jobs(placed[0])[0], "WITHDRAWN")
    assert {(job.state, job.settled) for one in placed for job in shop.jobs(one)} == {("CANCELLED", str(COOK))}


@pytest.mark.parametrize("target", ["", "kitchen", "cellar"])
def test_a_queue_moves_only_to_another_printer_that_is_there(shop: Shop, target: str) -> None:
    shop.place("tofu")
    with pytest.raises(Refused, match="invalid"):
        shop.do(printers.settle_queue, "kitchen", "divert", target, actor=COOK)
