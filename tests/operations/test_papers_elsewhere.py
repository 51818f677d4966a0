"""Papers behind a printer that cannot print: the next printer takes them, or a person is asked when they are old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.shop import COOK, SETTINGS, Shop, open_shop, rules, tokens

from gateway.contract.messages import DeviceState, PrintResult
from gateway.domain.errors import Refused
from gateway.domain.print_job import PrintJob
from gateway.housekeeping import WaitingPapers
from gateway.operations import administration, devices, kitchen, paper_decisions, papers
from gateway.operations.slips import slip_for, slip_of
from gateway.store import devices as device_rows
from gateway.store import jobs, orders

DIVERT_S, STALE_MIN = 20, 15


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    stations = [{**s, "backups": ["counter"]} if s["id"] == "wok" else s for s in SETTINGS["stations"]]
    printing = {"divert_after_s": DIVERT_S, "stale_after_min": STALE_MIN}
    made: Any = open_shop(tmp_path / "shop", rules(stations=stations, printing=printing))
    made.watch = WaitingPapers(made.store)
    yield made
    made.close()


def printer_is(shop: Shop, name: str, status: str, *reasons: str) -> None:
    shop.do(devices.take_device_state, name, DeviceState(status, "bridge-1", reasons=list(reasons)))  # type: ignore[arg-type]


def answer(shop: Shop, job: PrintJob, state: str, reason: str = "") -> None:
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state, reason))  # type: ignore[arg-type]


def watched(shop: Any, seconds: float) -> None:
    """Housekeeping looks, time passes, and it looks again; what it asks for is done."""
    shop.watch.step(shop.now)
    shop.write()
    shop.later(seconds)
    shop.watch.step(shop.now)
    shop.write()


def states(shop: Shop, *order_ids: str) -> list[list[tuple[str, str]]]:
    return [[(job.printer, job.state) for job in shop.jobs(order_id)] for order_id in order_ids]


def decide(shop: Shop, job: PrintJob, decision: str, **more: str) -> PrintJob:
    found: PrintJob = shop.do(paper_decisions.decide, job.id, decision, next(shop.keys), *more.values(), actor=COOK)
    return found


def test_what_waits_behind_a_broken_printer_goes_to_the_next_one_after_its_time(shop: Any) -> None:
    printer_is(shop, "counter", "online")
    printer_is(shop, "kitchen", "blocked", "paper_out")
    first, second = shop.place("tofu"), shop.place("tofu")
    answer(shop, shop.jobs(first)[0], "WAITING", "paper_out")
    watched(shop, DIVERT_S - 0.1)
    assert states(shop, first, second) == [[("kitchen", "WAITING")], [("kitchen", "QUEUED")]]
    watched(shop, 0.2)
    # The second was never handed to a bridge; of the first only its bridge can say that nothing of it has left.
    assert states(shop, first, second) == [[("kitchen", "WAITING")], [("kitchen", "DIVERTED"), ("counter", "QUEUED")]]
    answer(shop, shop.jobs(first)[0], "WITHDRAWN")
    assert states(shop, first) == [[("kitchen", "DIVERTED"), ("counter", "QUEUED")]]
    was, now = shop.jobs(first)
    assert (now.diverted_from, now.copy, now.number) == (was.id, 1, was.number)
    with shop.read() as rows:
        slip = slip_for(orders.load(rows, first), now, shop.settings())
    assert slip.instead_of == "后厨打印机"


def test_a_paper_that_had_begun_after_all_stays_where_it_is(shop: Any) -> None:
    """The divert races the new roll: what the printer says stands, and no second paper is made."""
    printer_is(shop, "counter", "online")
    printer_is(shop, "kitchen", "blocked", "paper_out")
    order_id = shop.place("tofu")
    (job,) = shop.jobs(order_id)
    answer(shop, job, "WAITING", "paper_out")
    watched(shop, DIVERT_S + 1)
    answer(shop, job, "SENDING")
    answer(shop, job, "PRINTED")
    assert states(shop, order_id) == [[("kitchen", "PRINTED")]]
    assert shop.jobs(order_id)[0].settled is None


def test_without_a_printer_that_is_well_nothing_moves(shop: Any) -> None:
    printer_is(shop, "counter", "offline", "unplugged")
    printer_is(shop, "kitchen", "offline", "unplugged")
    order_id = shop.place("tofu")
    watched(shop, DIVERT_S + 1)
    assert states(shop, order_id) == [[("kitchen", "QUEUED")]]
    printer_is(shop, "counter", "online")
    watched(shop, 0)
    (job,) = shop.jobs(order_id)
    assert job.intent == "divert", "as the next printer comes, its bridge is asked to give the paper back"


def test_a_station_without_a_next_printer_keeps_its_papers(shop: Any) -> None:
    printer_is(shop, "counter", "online")
    printer_is(shop, "kitchen", "offline", "unplugged")
    order_id = shop.place("lamb")
    watched(shop, DIVERT_S + 1)
    assert states(shop, order_id) == [[("kitchen", "QUEUED")]]


def test_a_printer_that_answers_nothing_prints_all_the_same_and_keeps_its_papers(shop: Any) -> None:
    printer_is(shop, "counter", "online")
    printer_is(shop, "kitchen", "unknown", "no_answer")
    order_id = shop.place("tofu")
    watched(shop, DIVERT_S + 1)
    assert states(shop, order_id) == [[("kitchen", "QUEUED")]]


def test_old_papers_are_asked_about_in_age_order_and_cancelled_ones_never_print(shop: Any) -> None:
    """Down for forty minutes with twelve slips, five of them cancelled meanwhile."""
    printer_is(shop, "kitchen", "offline", "unplugged")
    placed = [shop.place("tofu") for _ in range(12) if shop.later(1)]
    answer(shop, shop.jobs(placed[0])[0], "WAITING", "offline")
    for order_id in placed[3:8]:
        decide(shop, shop.jobs(order_id)[0], "cancel")
    watched(shop, 40 * 60)
    answer(shop, shop.jobs(placed[0])[0], "WITHDRAWN")
    printer_is(shop, "kitchen", "online")
    with shop.read() as rows:
        asked = jobs.stale(rows)
        assert jobs.heads(rows) == [], "nothing prints by itself"
        told = sorted(device_rows.conditions(rows), key=lambda condition: condition.since)
    assert [job.number for job in asked] == [1, 2, 3, 9, 10, 11, 12]
    assert [condition.subject for condition in told] == [job.id for job in asked]
    assert shop.conditions() == {("slip_stale", job.id) for job in asked}
    printed = [decide(shop, job, "print") for job in asked[:4]]
    for job in asked[4:]:
        decide(shop, job, "cancel")
    assert shop.conditions() == set()
    watched(shop, 1)
    with shop.read() as rows:
        waiting = [jobs.get(rows, job.id) for job in printed]
    assert [job.state for job in waiting if job] == ["QUEUED"] * 4, "a person's yes is not asked about again"
    assert {job.state for order_id in placed[3:8] for job in shop.jobs(order_id)} == {"CANCELLED"}
    former = {job.id for job in asked}
    assert not former & {job.id for job in printed}, "a key that the bridge has given back is never used again"


@pytest.mark.parametrize("state", ["SENDING", "PRINTED", "UNKNOWN"])
def test_only_what_waits_can_be_diverted(shop: Any, state: str) -> None:
    (job,) = shop.jobs(shop.place("tofu"))
    answer(shop, job, state)
    with pytest.raises(Refused) as refused:
        decide(shop, job, "divert", printer="counter")
    assert refused.value.code == "illegal_move"


@pytest.mark.parametrize("printer", ["", "kitchen", "cellar"])
def test_a_paper_goes_only_to_another_printer_that_is_there(shop: Any, printer: str) -> None:
    (job,) = shop.jobs(shop.place("tofu"))
    with pytest.raises(Refused) as refused:
        decide(shop, job, "divert", printer=printer)
    assert (refused.value.code, refused.value.detail["field"]) == ("invalid", "printer")


def test_a_person_diverts_and_the_paper_says_by_whom(shop: Any) -> None:
    shop.place("tofu")
    order_id = shop.place("tofu")
    decide(shop, shop.jobs(order_id)[0], "divert", printer="counter")
    was, now = shop.jobs(order_id)
    assert (was.state, was.settled, now.printer, now.state) == ("DIVERTED", str(COOK), "counter", "QUEUED")


def test_the_next_slip_names_a_number_that_nothing_proves(shop: Any) -> None:
    lost, later = shop.place("tofu"), shop.place("tofu")
    (job,) = shop.jobs(lost)
    answer(shop, job, "UNKNOWN", "no_answer")
    (after,) = shop.jobs(later)
    with shop.read() as rows:
        order = orders.load(rows, later)
        assert order is not None
        assert jobs.missing_before(rows, after, order.day, 8) == [1]
        assert slip_for(order, after, shop.settings(), [1]).missing == ["0001"]
    decide(shop, job, "came_out")
    with shop.read() as rows:
        assert jobs.missing_before(rows, after, order.day, 8) == []


@pytest.mark.parametrize(("minutes", "asked"), [(1, []), (16, [1])])
def test_after_a_power_cut_only_what_is_really_old_is_asked_about(shop: Any, minutes: int, asked: list[int]) -> None:
    """The monotonic clock began anew with the box: the time of day says how long it was off."""
    printer_is(shop, "kitchen", "online")
    shop.place("tofu")
    shop.later(minutes * 60)
    shop.boot = "boot-2"
    watched(shop, 0)
    with shop.read() as rows:
        (job,) = jobs.heads(rows)
    assert [job.number] * (job.intent == "stale") == asked


def test_a_clock_that_was_never_set_calls_nothing_old(shop: Any) -> None:
    printer_is(shop, "kitchen", "online")
    shop.place("tofu")
    shop.later(3600)
    shop.boot, shop.grade = "boot-2", "guess"
    watched(shop, 0)
    with shop.read() as rows:
        assert jobs.heads(rows)[0].intent == ""


def test_what_a_bridge_may_have_is_never_overtaken_by_an_old_paper_that_is_wanted_after_all(shop: Any) -> None:
    """Only the oldest of a printer is ever with its bridge: an old key put back in front of it would hide that."""
    printer_is(shop, "kitchen", "offline", "unplugged")
    head, old = shop.place("tofu"), shop.place("tofu")
    watched(shop, STALE_MIN * 60 + 1)
    answer(shop, shop.jobs(head)[0], "WITHDRAWN")
    printer_is(shop, "kitchen", "online")
    out = shop.place("tofu")
    with shop.read() as rows:
        assert [job.order_id for job in jobs.heads(rows)] == [out], "its bridge has it, and has not said so yet"
    (asked,) = (job for job in shop.jobs(old) if job.state == "STALE")
    again = decide(shop, asked, "print")
    with shop.read() as rows:
        assert [job.order_id for job in jobs.heads(rows)] == [out]
        assert jobs.is_out(rows, shop.jobs(out)[0])
        assert not jobs.is_out(rows, again)
    taken = decide(shop, shop.jobs(out)[0], "divert", printer="counter")
    assert (taken.state, taken.intent) == ("QUEUED", "divert"), "only its bridge can say that nothing has left"


def test_a_persons_yes_goes_along_to_the_next_printer(shop: Any) -> None:
    printer_is(shop, "kitchen", "offline", "unplugged")
    printer_is(shop, "counter", "offline", "unplugged")
    shop.place("tofu")
    order_id = shop.place("tofu")
    watched(shop, STALE_MIN * 60 + 1)
    (asked,) = shop.jobs(order_id)
    decide(shop, asked, "print")
    printer_is(shop, "counter", "online")
    watched(shop, DIVERT_S + 1)
    watched(shop, 1)
    moved = shop.jobs(order_id)[-1]
    assert (moved.printer, moved.state, moved.intent, moved.asked_by) == ("counter", "QUEUED", "", str(COOK))


def test_a_paper_that_somebody_asked_for_grows_old_too(shop: Any) -> None:
    printer_is(shop, "kitchen", "online")
    order_id = shop.place("tofu")
    answer(shop, shop.jobs(order_id)[0], "PRINTED")
    shop.later(3600)
    copy = decide(shop, shop.jobs(order_id)[0], "reprint")
    printer_is(shop, "kitchen", "offline", "unplugged")
    watched(shop, STALE_MIN * 60 - 1)
    assert shop.jobs(order_id)[-1].intent == "", "an hour-old dish, but it was asked for a quarter of an hour ago"
    watched(shop, 2)
    assert shop.jobs(order_id)[-1].intent == "stale"
    assert copy.copy == 2


def test_nobody_is_asked_about_dishes_that_have_left_the_kitchen(shop: Any) -> None:
    printer_is(shop, "kitchen", "offline", "unplugged")
    order_id = shop.place("tofu")
    ticket = shop.ticket(order_id)
    shop.do(kitchen.act_on_ticket, ticket.id, "bump", "wok-1", next(shop.keys), ticket.version, actor=COOK)
    watched(shop, STALE_MIN * 60 + 1)
    answer(shop, shop.jobs(order_id)[0], "WITHDRAWN")
    assert states(shop, order_id) == [[("kitchen", "CANCELLED")]]
    assert shop.conditions() == {("printer_offline", "kitchen")}


def test_a_copy_at_another_printer_says_for_whom_it_is(shop: Any) -> None:
    shop.place("tofu")
    second = shop.place("tofu")
    decide(shop, shop.jobs(second)[0], "divert", printer="counter")
    moved = shop.jobs(second)[-1]
    answer(shop, moved, "UNKNOWN", "no_answer")
    copy = decide(shop, moved, "reprint")
    with shop.read() as rows:
        slip = slip_for(orders.load(rows, second), copy, shop.settings())
    assert (copy.printer, slip.instead_of) == ("counter", "后厨打印机")


@pytest.mark.parametrize("decision", ["reprint", "print"])
def test_a_paper_of_a_printer_that_is_gone_comes_out_at_its_stations_new_one(shop: Any, decision: str) -> None:
    order_id = shop.place("tofu")
    (job,) = shop.jobs(order_id)
    if decision == "reprint":
        answer(shop, job, "UNKNOWN", "no_answer")
    else:
        printer_is(shop, "kitchen", "offline", "unplugged")
        watched(shop, STALE_MIN * 60 + 1)
        answer(shop, job, "WITHDRAWN")
    printers = [SETTINGS["printers"][0] | {"id": "kitchen2"}, SETTINGS["printers"][1]]
    stations = [s | ({"printer": "kitchen2"} if s["printer"] == "kitchen" else {}) for s in SETTINGS["stations"]]
    shop.do(administration.import_settings, rules(printers=printers, stations=stations), tokens([]), False)
    again = decide(shop, shop.jobs(order_id)[0], decision)
    assert (again.printer, again.state) == ("kitchen2", "QUEUED")
    shop.do(administration.import_settings, rules(printers=printers, stations=stations), tokens([]), False)


def test_hundreds_of_unproven_slips_stand_on_the_next_one_as_a_few(shop: Any) -> None:
    for _ in range(20):
        answer(shop, shop.jobs(shop.place("tofu"))[0], "UNKNOWN", "no_answer")
    order_id = shop.place("tofu")
    with shop.read() as rows:
        assert slip_of(rows, shop.jobs(order_id)[0]).missing == [f"{n:04}" for n in range(13, 21)]


def test_a_new_day_asks_about_no_paper_of_the_day_before(shop: Any) -> None:
    printer_is(shop, "kitchen", "online")
    lost, old = shop.place("lamb"), shop.place("tofu")
    answer(shop, shop.jobs(lost)[0], "UNKNOWN", "no_answer")
    shop.do(papers.settle_unknown, shop.jobs(lost)[0].id)
    shop.later(3600)
    watched(shop, 0)
    assert shop.jobs(old)[0].intent == "stale"
    answer(shop, shop.jobs(old)[0], "WITHDRAWN")
    assert {code for code, _ in shop.conditions()} == {"slip_gap", "slip_stale"}
    shop.later(24 * 3600)
    shop.place("tea")
    assert shop.conditions() == set()
    assert shop.jobs(old)[0].state == "CANCELLED"
    with shop.read() as rows:
        assert jobs.unknown(rows) == []


def test_a_night_without_power_and_a_restored_clock_make_nothing_old(shop: Any) -> None:
    """A box without a clock of its own begins the day with the time at which it was switched off."""
    printer_is(shop, "kitchen", "online")
    shop.grade = "holdover"
    shop.place("tofu")
    shop.later(12 * 3600)
    shop.boot, shop.grade = "boot-2", "ntp"
    watched(shop, 0)
    with shop.read() as rows:
        assert jobs.heads(rows)[0].intent == ""
