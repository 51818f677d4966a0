"""The drawer and the buzzer of a printer as the house sees them: who may wait how long, and what is written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, SETTINGS, Shop, name, open_shop, rules

from gateway.contract.messages import DeviceState, PrintResult
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.fault_words import in_words
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import faults
from gateway.housekeeping import LateDeeds, OldPapers, WaitingPapers
from gateway.housekeeping.proof_watch import ProofWatch
from gateway.operations import devices, paper_decisions, papers, printer_deeds, printers
from gateway.store import jobs as job_rows
from gateway.store import journal

CASHIER = Actor("staff", "wang", "till")


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    kitchen, counter = SETTINGS["printers"]
    stations = [{**s, "buzz": True, "backups": ["counter"]} if s["id"] == "wok" else s for s in SETTINGS["stations"]]
    changed = [kitchen | {"buzzer": "clone"}, counter | {"drawer": "pin2", "name": name("收银打印机", "Till")}]
    made: Any = open_shop(tmp_path / "shop", rules(printers=changed, stations=stations))
    made.late = LateDeeds(made.store)
    yield made
    made.close()


def ask(shop: Shop, key: str = "k1", kind: str = "drawer", printer: str = "counter") -> PrintJob:
    found: PrintJob = shop.do(printer_deeds.ask, printer, kind, key, actor=CASHIER)
    return found


def answer(shop: Shop, job: PrintJob, state: str, reason: str = "") -> None:
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state, reason))  # type: ignore[arg-type]


def now_of(shop: Shop, job: PrintJob) -> PrintJob:
    with shop.read() as rows:
        found = job_rows.get(rows, job.id)
    assert found is not None
    return found


def heads(shop: Shop) -> list[tuple[str, str]]:
    with shop.read() as rows:
        return [(job.printer, job.kind) for job in job_rows.heads(rows)]


def told(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    with shop.read() as rows:
        found = journal.after(rows, 0, 1000)
    return [(e.type.split(".", 1)[1], msgspec.json.decode(e.data)) for e in found if "drawer" in e.type]


def late(shop: Any, seconds: float) -> None:
    shop.later(seconds)
    shop.late.step(shop.now)
    shop.write()


def test_an_opening_is_one_job_for_one_key_and_says_who_wanted_it(shop: Shop) -> None:
    job = ask(shop)
    assert ask(shop).id == job.id
    assert heads(shop) == [("counter", "drawer")]
    answer(shop, job, "PRINTED")
    assert ask(shop).state == "PRINTED", "asked again with its key it says how it ended"
    who = {"job": job.id, "printer": "counter", "by": str(CASHIER)}
    assert told(shop) == [
        ("drawer.asked.v1", who | {"device": "till"}),
        ("drawer.ended.v1", who | {"result": "opened", "reason": ""}),
    ]
    with pytest.raises(Refused, match="idempotency_key_reused"):
        ask(shop, kind="buzzer", printer="kitchen")


@pytest.mark.parametrize(("printer", "kind"), [("kitchen", "drawer"), ("counter", "buzzer")])
def test_what_does_not_hang_on_a_printer_is_refused(shop: Shop, printer: str, kind: str) -> None:
    with pytest.raises(Refused, match="invalid") as refused:
        ask(shop, "k1", kind, printer)
    assert refused.value.detail == {"field": "printer", "reason": f"no_{kind}"}
    with pytest.raises(Refused, match="unknown_printer"):
        ask(shop, "k1", kind, "cellar")
    assert told(shop) == []


def test_it_goes_before_what_waits_and_behind_what_has_begun(shop: Shop) -> None:
    for _ in range(3):
        shop.do(printers.print_test, "counter", next(shop.keys), actor=COOK)
    with shop.read() as rows:
        slips = job_rows.waiting_at(rows, "counter", 10)
    drawer = ask(shop)
    assert heads(shop) == [("counter", "drawer")]
    answer(shop, slips[0], "SENDING")
    assert heads(shop) == [("counter", "test")]
    answer(shop, slips[0], "PRINTED")
    assert heads(shop) == [("counter", "drawer")]
    answer(shop, drawer, "PRINTED")
    assert heads(shop) == [("counter", "test")]


def test_a_bridge_may_know_any_drawer_and_only_the_oldest_paper(shop: Shop) -> None:
    for _ in range(2):
        shop.do(printers.print_test, "counter", next(shop.keys), actor=COOK)
    drawer = ask(shop)
    with shop.read() as rows:
        first, second = job_rows.waiting_at(rows, "counter", 10)
        assert [job_rows.is_out(rows, job) for job in (first, second, drawer)] == [True, False, True]


@pytest.mark.parametrize(
    ("status", "reasons", "word"),
    [
        ("blocked", ["paper_out"], "paper_out"),
        ("offline", ["unplugged"], "unplugged"),
        ("unknown", [], "bridge_offline"),
        ("online", [], "too_late"),
    ],
)
def test_after_ten_seconds_it_is_wanted_back_and_the_reason_is_kept(
    shop: Any, status: Any, reasons: list[str], word: str
) -> None:
    shop.do(devices.take_device_state, "counter", DeviceState(status, "bridge-1", reasons=reasons))
    job = ask(shop)
    late(shop, 9.9)
    assert now_of(shop, job).intent == ""
    late(shop, 0.1)
    assert (now_of(shop, job).intent, now_of(shop, job).reason) == ("cancel", word)
    answer(shop, job, "WITHDRAWN")
    ended = now_of(shop, job)
    assert (ended.state, ended.reason) == ("CANCELLED", word)
    assert told(shop)[-1] == (
        "drawer.ended.v1",
        {"job": job.id, "printer": "counter", "by": str(CASHIER), "result": "not_opened", "reason": word},
    )


def test_how_its_bridge_gave_it_up_by_itself_is_believed(shop: Shop) -> None:
    job = ask(shop)
    answer(shop, job, "WAITING", "paper_out")
    answer(shop, job, "WITHDRAWN", "paper_out")
    assert (now_of(shop, job).state, now_of(shop, job).reason) == ("CANCELLED", "paper_out")


def test_news_of_it_does_not_give_it_more_time(shop: Any) -> None:
    job = ask(shop)
    for _ in range(3):
        shop.later(3)
        answer(shop, job, "WAITING", "paper_out")
        answer(shop, job, "SENDING")
    answer(shop, job, "WAITING", "cover_open")
    late(shop, 1)
    assert now_of(shop, job).intent == "cancel"


def test_what_was_asked_for_in_a_former_life_of_the_box_is_over(shop: Any) -> None:
    job = ask(shop)
    shop.boot = "boot-2"
    late(shop, 0)
    assert now_of(shop, job).intent == "cancel"


def test_nobody_can_speak_for_it_asks_a_person_in_words_of_a_drawer_and_never_does_it_again(shop: Any) -> None:
    job = ask(shop)
    answer(shop, job, "UNKNOWN", "no_answer")
    assert shop.conditions() == {("drawer_unknown", "counter")}
    shop.later(60)
    for part in (ProofWatch, WaitingPapers, OldPapers):
        part(shop.store).step(shop.now)
    shop.write()
    assert heads(shop) == []
    assert shop.conditions() == {("drawer_unknown", "counter")}, "nobody is sent to look at the paper"
    for decision in ("reprint", "divert", "print"):
        with pytest.raises(Refused, match="illegal_move"):
            shop.do(paper_decisions.decide, job.id, decision, next(shop.keys), "kitchen", actor=CASHIER)
    shop.do(paper_decisions.decide, job.id, "came_out", next(shop.keys), actor=CASHIER)
    assert shop.conditions() == set()


def test_who_asks_again_has_looked(shop: Shop) -> None:
    answer(shop, ask(shop), "UNKNOWN", "no_answer")
    again = ask(shop, "k2")
    assert shop.conditions() == set()
    answer(shop, again, "PRINTED")
    assert shop.conditions() == set()


def test_it_is_no_paper_that_waits_moves_or_is_cleared(shop: Any) -> None:
    ask(shop)
    with shop.read() as rows:
        assert job_rows.waiting_count(rows, "counter") == 0
    assert shop.do(printers.settle_queue, "counter", "divert", "kitchen", actor=COOK) == 0
    assert shop.do(printers.settle_queue, "counter", "cancel", actor=COOK) == 0
    shop.do(devices.take_device_state, "kitchen", DeviceState("online", "bridge-1"))
    watch = WaitingPapers(shop.store)
    watch.step(shop.now)
    shop.later(9)
    watch.step(shop.now)
    shop.write()
    assert heads(shop) == [("counter", "drawer")]


def test_a_station_that_wants_it_is_called_once_a_ticket_behind_its_slip(shop: Shop) -> None:
    order = shop.place("tofu", "tea", "lamb", key="one")
    shop.place("tofu", "tea", "lamb", key="one")
    found = shop.sql("SELECT kind, printer, station FROM jobs ORDER BY n")
    assert found == [("kitchen", "kitchen", "wok"), ("buzzer", "kitchen", "wok"), ("kitchen", "kitchen", "grill")]
    assert [job.kind for job in shop.jobs(order)] == ["kitchen", "kitchen"], "it is no slip of the order"
    answer(shop, shop.jobs(order)[0], "PRINTED")
    assert heads(shop) == [("kitchen", "buzzer")]


def test_a_buzzer_that_came_to_nothing_calls_nobody(shop: Any) -> None:
    order = shop.place("tofu")
    answer(shop, shop.jobs(order)[0], "PRINTED")
    with shop.read() as rows:
        (buzzer,) = job_rows.heads(rows)
    late(shop, 29)
    assert now_of(shop, buzzer).intent == ""
    late(shop, 1)
    answer(shop, buzzer, "WITHDRAWN")
    assert now_of(shop, buzzer).state == "CANCELLED"
    second = ask(shop, "k2", "buzzer", "kitchen")
    answer(shop, second, "UNKNOWN", "no_answer")
    assert shop.conditions() == set()
    assert told(shop) == []


def test_the_buzzers_of_a_dead_bridge_do_not_pile_up(shop: Any) -> None:
    for _ in range(5):
        shop.place("tofu")
    late(shop, 40)
    states = [state for (state,) in shop.sql("SELECT state FROM jobs WHERE kind = 'buzzer' ORDER BY n")]
    assert states == ["CANCELLED"] * 5
    with shop.read() as rows:
        assert job_rows.withdrawals(rows) == []


def test_settings_that_cannot_ring_are_refused_in_words() -> None:
    kitchen, counter = SETTINGS["printers"]
    stations = [{**s, "buzz": s["id"] == "wok"} for s in SETTINGS["stations"]]
    new = rules(printers=[kitchen, counter | {"drawer": "pin2", "buzzer": "drawer_socket"}], stations=stations)
    assert [in_words(fault, "en") for fault in faults(new)] == [
        "printer 'counter': the drawer and buzzer = 'drawer_socket' hang on one socket, and each ring would open the "
        "drawer; keep one of them",
        "station 'wok': buzz = true, and its printer 'kitchen' has no buzzer",
    ]
    assert "钱箱" in in_words(faults(new)[0], "zh-Hans")
