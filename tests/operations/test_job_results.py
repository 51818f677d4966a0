"""What bridges answer about papers, and what people decide about a paper that nobody can speak for."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from store.shop import COOK, SETTINGS, Shop, open_shop, rules, tokens

from gateway.contract.messages import BridgeState, DeviceState, PrintResult
from gateway.domain import print_job
from gateway.domain.errors import Refused
from gateway.housekeeping.proof_watch import ProofWatch
from gateway.operations import administration, devices, kitchen, paper_decisions, papers, unproven
from gateway.operations.papers import MAX_AUTOMATIC_COPY, REPRINT_AFTER_S
from gateway.store import devices as device_rows
from gateway.store import jobs


def answer(shop: Shop, job: object, state: str, reason: str = "", printer: str = "kitchen", **more: object) -> None:
    shop.do(papers.take_result, printer, PrintResult(job.id, more.pop("attempt", 1), state, reason, more))  # type: ignore[attr-defined,arg-type]


def decide(shop: Shop, job: object, decision: str, key: str = "") -> object:
    return shop.do(paper_decisions.decide, job.id, decision, key or next(shop.keys), actor=COOK)  # type: ignore[attr-defined]


def job_now(shop: Shop, job: object) -> print_job.PrintJob:
    with shop.read() as rows:
        found = jobs.get(rows, job.id)  # type: ignore[attr-defined]
    assert found is not None
    return found


WAYS = {
    "QUEUED": [], "SENDING": ["SENDING"], "WAITING": ["WAITING"], "PRINTED": ["PRINTED"],
    "UNCONFIRMED": ["UNCONFIRMED"],
    "UNKNOWN": ["UNKNOWN"], "CANCELLED": ["WITHDRAWN"],
}  # fmt: skip
"""How a job comes to each state that it can have today."""


@pytest.mark.parametrize(("state", "said"), list(itertools.product(WAYS, print_job.RESULT_MOVES)))
def test_every_answer_in_every_state(shop: Shop, state: str, said: str) -> None:
    """Late, repeated and overtaken answers change nothing once a job is over; before that the last word counts."""
    (job,) = shop.jobs(shop.place("tofu"))
    for step in WAYS[state]:
        answer(shop, job, step)
    before, events = job_now(shop, job), shop.events()
    assert before.state == state
    answer(shop, job, said, attempt=7, fence="gs_r")
    after = job_now(shop, job)
    if state not in print_job.OPEN or state == said:
        assert after == before
        assert shop.events() == events
        return
    assert after.state == print_job.MOVES[state, print_job.RESULT_MOVES[said]]
    assert (after.attempts, after.evidence) == (7, '{"fence":"gs_r"}')


def test_an_answer_of_another_printer_or_about_no_job_changes_nothing(shop: Shop) -> None:
    (job,) = shop.jobs(shop.place("tofu"))
    answer(shop, job, "PRINTED", printer="counter")
    shop.do(papers.take_result, "kitchen", PrintResult("nonsense", 1, "PRINTED"))
    assert job_now(shop, job).state == "QUEUED"


def test_a_wait_that_gets_another_reason_is_told(shop: Shop) -> None:
    (job,) = shop.jobs(shop.place("tofu"))
    answer(shop, job, "WAITING", "paper_out")
    answer(shop, job, "WAITING", "cover_open")
    assert job_now(shop, job).reason == "cover_open"


def test_a_proven_slip_shows_the_ticket(shop: Shop) -> None:
    order_id = shop.place("tofu")
    answer(shop, shop.jobs(order_id)[0], "PRINTED")
    assert (shop.ticket(order_id).state, shop.ticket(order_id).shown_by) == ("SHOWN", "slip 0001")


def test_a_slip_of_a_printer_that_cannot_confirm_leaves_a_doubt(shop: Shop) -> None:
    order_id = shop.place("tofu")
    answer(shop, shop.jobs(order_id)[0], "UNCONFIRMED")
    assert (shop.ticket(order_id).state, shop.ticket(order_id).doubt) == ("QUEUED", "mute")


def unknown(shop: Shop, item: str = "tofu") -> tuple[str, print_job.PrintJob]:
    order_id = shop.place(item)
    job = shop.jobs(order_id)[0]
    answer(shop, job, "UNKNOWN", "no_answer")
    return order_id, job


def test_an_unproven_slip_is_printed_again_after_fifteen_seconds_as_a_marked_copy(shop: Shop) -> None:
    order_id, job = unknown(shop)
    shop.later(REPRINT_AFTER_S - 0.1)
    shop.do(papers.settle_unknown, job.id)
    assert len(shop.jobs(order_id)) == 1
    shop.later(0.2)
    shop.do(papers.settle_unknown, job.id)
    shop.do(papers.settle_unknown, job.id)
    first, again = shop.jobs(order_id)
    assert (first.state, first.settled) == ("UNKNOWN", "reprinted")
    assert (again.copy, again.state, again.replaces, again.number, again.printer) == (2, "QUEUED", job.id, 1, "kitchen")
    assert shop.conditions() == set()


def test_after_the_third_copy_a_person_is_asked_and_no_fourth_comes_by_itself(shop: Shop) -> None:
    order_id, _ = unknown(shop)
    watch = ProofWatch(shop.store)
    for _ in range(2 * MAX_AUTOMATIC_COPY):
        shop.later(REPRINT_AFTER_S + 1)
        watch.step(shop.now)
        shop.write()
        newest = shop.jobs(order_id)[-1]
        if newest.state == "QUEUED":
            answer(shop, newest, "UNKNOWN")
    papers = shop.jobs(order_id)
    assert [job.copy for job in papers] == [1, 2, 3]
    assert ("slip_unknown", papers[-1].id) in shop.conditions()
    assert "ticket_unseen" in {code for code, _ in shop.conditions()}


def test_a_slip_whose_ticket_a_screen_has_shown_is_never_printed_again_by_itself(shop: Shop) -> None:
    order_id = shop.place("tofu")
    shop.do(kitchen.rendered, shop.ticket(order_id).id, "wok-1", "k", 1)
    (job,) = shop.jobs(order_id)
    answer(shop, job, "UNKNOWN")
    assert shop.conditions() == {("slip_unknown", job.id)}
    shop.later(60)
    shop.do(papers.settle_unknown, job.id)
    assert len(shop.jobs(order_id)) == 1


def test_shown_meanwhile_then_a_person_is_asked_instead(shop: Shop) -> None:
    order_id, job = unknown(shop)
    assert shop.conditions() == {("slip_gap", job.id)}, "the screen says at once which number is missing"
    shop.do(kitchen.rendered, shop.ticket(order_id).id, "wok-1", "k", 1)
    shop.later(16)
    shop.do(papers.settle_unknown, job.id)
    assert shop.conditions() == {("slip_unknown", job.id)}
    assert len(shop.jobs(order_id)) == 1


def test_a_printer_set_to_ask_asks_at_once(shop: Shop) -> None:
    order_id = shop.place("tea")
    shop.do(unproven.slip_for_screen, shop.ticket(order_id).id)
    (job,) = shop.jobs(order_id)
    answer(shop, job, "UNKNOWN", printer="counter")
    assert ("slip_unknown", job.id) in shop.conditions()
    shop.later(60)
    shop.do(papers.settle_unknown, job.id)
    assert len(shop.jobs(order_id)) == 1


def test_a_later_proven_copy_answers_for_the_former_ones(shop: Shop) -> None:
    order_id, job = unknown(shop)
    shop.later(16)
    shop.do(papers.settle_unknown, job.id)
    answer(shop, shop.jobs(order_id)[1], "PRINTED")
    assert shop.ticket(order_id).state == "SHOWN"
    assert [j.settled for j in shop.jobs(order_id)] == ["reprinted", None]
    assert shop.conditions() == set()


def test_a_restart_of_the_box_makes_an_old_doubt_due_at_once(shop: Shop) -> None:
    order_id, job = unknown(shop)
    shop.boot = "boot-2"
    shop.do(papers.settle_unknown, job.id)
    assert len(shop.jobs(order_id)) == 2


# --- people ---


def asked(shop: Shop) -> tuple[str, print_job.PrintJob]:
    order_id, _ = unknown(shop, "tofu")
    shop.do(kitchen.rendered, shop.ticket(order_id).id, "wok-1", "k", 1)
    job = shop.jobs(order_id)[0]
    shop.later(16)
    shop.do(papers.settle_unknown, job.id)
    return order_id, job


def test_it_came_out(shop: Shop) -> None:
    order_id, job = unknown(shop)
    decided = decide(shop, job, "came_out")
    assert (decided.state, decided.settled) == ("PRINTED", "staff cook")  # type: ignore[attr-defined]
    assert shop.ticket(order_id).state == "SHOWN"
    _, other = asked(shop)
    decide(shop, other, "came_out")
    assert shop.conditions() == set()


def test_a_person_reprints_once_however_often_the_button_is_pressed(shop: Shop) -> None:
    order_id, job = asked(shop)
    first = decide(shop, job, "reprint", "k1")
    again = decide(shop, job, "reprint", "k1")
    assert first.id == again.id  # type: ignore[attr-defined]
    assert [j.copy for j in shop.jobs(order_id)] == [1, 2]
    assert shop.jobs(order_id)[0].settled == "staff cook"
    assert shop.conditions() == set()
    with pytest.raises(Refused, match="idempotency_key_reused"):
        decide(shop, job, "came_out", "k1")


def test_what_a_person_withdraws_is_asked_back_and_ends_with_the_bridges_word(shop: Shop) -> None:
    (job,) = shop.jobs(shop.place("tofu"))
    assert decide(shop, job, "cancel").intent == "cancel"  # type: ignore[attr-defined]
    assert job_now(shop, job).state == "QUEUED"
    answer(shop, job, "SENDING")  # too late, or not: the bridge knows
    answer(shop, job, "WITHDRAWN")
    assert job_now(shop, job).state == "CANCELLED"


@pytest.mark.parametrize(
    ("way", "decision", "legal"),
    [
        (way, decision, decision in legal)
        for way, legal in {
            "QUEUED": {"cancel"}, "SENDING": set(), "WAITING": {"cancel"}, "PRINTED": {"reprint"},
            "UNCONFIRMED": {"reprint", "came_out"}, "UNKNOWN": {"reprint", "came_out"}, "CANCELLED": set(),
        }.items()
        for decision in ("reprint", "came_out", "cancel")
    ],
)  # fmt: skip
def test_what_may_be_decided_in_which_state(shop: Shop, way: str, decision: str, legal: bool) -> None:
    (job,) = shop.jobs(shop.place("tofu"))
    for step in WAYS[way]:
        answer(shop, job, step)
    if legal:
        decide(shop, job, decision)
        return
    with pytest.raises(Refused) as refused:
        decide(shop, job, decision)
    assert (refused.value.code, refused.value.detail) == ("illegal_move", {"state": way, "move": decision})


def test_an_unknown_job(shop: Shop) -> None:
    with pytest.raises(Refused, match="unknown_job"):
        shop.do(paper_decisions.decide, "nonsense", "reprint", "k")


# --- devices and bridges ---


def device(shop: Shop, status: str, *reasons: str, **more: str) -> None:
    shop.do(devices.take_device_state, "kitchen", DeviceState(status, "bridge-1", reasons=list(reasons), **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(("reason", "code"), devices.OF_PRINTERS.items())
def test_each_reason_is_a_condition_while_it_lasts(shop: Shop, reason: str, code: str) -> None:
    device(shop, "blocked", reason)
    since = shop.value("SELECT since FROM conditions")
    assert shop.conditions() == {(code, "kitchen")}
    shop.later(30)
    device(shop, "blocked", reason, "paper_low")
    assert shop.value("SELECT since FROM conditions WHERE code = ?", code) == since
    device(shop, "online")
    assert shop.conditions() == set()


def test_a_printer_with_a_new_address_says_which_and_a_newer_one_replaces_it(shop: Shop) -> None:
    for host in (21, 22):
        device(shop, "degraded", "moved", address=f"10.0.0.{host}:9100")
        assert shop.conditions() == {("address_changed", "kitchen")}
        assert f"10.0.0.{host}:9100" in shop.value("SELECT params FROM conditions")
    device(shop, "offline", "unplugged")
    assert shop.conditions() == {("printer_offline", "kitchen")}


def test_a_printer_that_is_away_without_a_reason_is_still_said(shop: Shop) -> None:
    device(shop, "offline")
    assert shop.conditions() == {("printer_offline", "kitchen")}
    device(shop, "unknown")
    assert shop.conditions() == set()


def test_a_device_that_the_settings_do_not_know_leaves_no_trace(shop: Shop) -> None:
    told: list[frozenset[str]] = []
    shop.store.listen(told.append)
    shop.do(devices.take_device_state, "ghost", DeviceState("blocked", "bridge-1", reasons=["paper_out"]))
    with shop.read() as rows:
        assert device_rows.devices(rows) == []
    assert (shop.conditions(), [kinds for kinds in told if kinds]) == (set(), [])


def test_only_its_own_bridge_says_how_a_printer_is_and_a_new_one_begins_anew(shop: Shop) -> None:
    shop.do(devices.take_device_state, "kitchen", DeviceState("blocked", "bridge-9", reasons=["paper_out"]))
    assert shop.conditions() == set()
    device(shop, "blocked", "paper_out")
    assert shop.conditions() == {("paper_out", "kitchen")}
    shop.do(devices.take_device_state, "kitchen", DeviceState("online", "bridge-9"))
    assert shop.conditions() == {("paper_out", "kitchen")}
    kitchen, *others = SETTINGS["printers"]
    moved = rules(printers=[{**kitchen, "bridge": "bridge-9"}, *others])
    shop.do(administration.import_settings, moved, tokens(moved.tables()))
    assert shop.conditions() == set(), "bridge-1 has no more to say of it"
    shop.do(devices.take_device_state, "kitchen", DeviceState("blocked", "bridge-9", reasons=["cover_open"]))
    assert shop.conditions() == {("cover_open", "kitchen")}


def test_a_device_that_spoke_before_there_were_settings_is_kept_if_they_name_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.do(administration.found_box, "demo", "box1", "abcde", b"s" * 32)
    for name in ("kitchen", "ghost"):
        shop.do(devices.take_device_state, name, DeviceState("blocked", "bridge-1", reasons=["paper_out"]))
    shop.do(administration.import_settings, rules(), tokens(rules().tables()))
    assert shop.conditions() == {("paper_out", "kitchen")}
    shop.close()


def test_what_a_device_learns_of_itself_later_is_kept_and_its_since_stays(shop: Shop) -> None:
    device(shop, "online")
    since = shop.now.iso
    shop.later(5)
    device(shop, "online", model="TM-T88")
    with shop.read() as rows:
        known = device_rows.device(rows, "kitchen")
    assert known is not None
    assert (known.model, known.at) == ("TM-T88", since)


def test_a_dead_bridge_is_said_and_its_devices_are_unknown(shop: Shop) -> None:
    shop.do(devices.take_bridge_state, "bridge-1", BridgeState(True, 1, "b1"))
    device(shop, "blocked", "paper_out")
    shop.do(devices.take_bridge_state, "bridge-1", BridgeState(False))
    assert shop.conditions() == {("bridge_offline", "bridge-1")}
    with shop.read() as rows:
        assert [(d.name, d.status) for d in device_rows.devices(rows)] == [("kitchen", "unknown")]
        bridge = device_rows.bridge(rows, "bridge-1")
    assert bridge is not None
    assert (bridge.online, bridge.boot) == (False, "b1")
    shop.do(devices.take_bridge_state, "bridge-1", BridgeState(True, 1, "b2"))
    device(shop, "online")
    assert shop.conditions() == set()


def test_conditions_are_raised_once_and_cleared(shop: Shop) -> None:
    shop.do(devices.raise_condition, "broker_down", "broker")
    shop.do(devices.raise_condition, "broker_down", "broker")
    assert shop.conditions() == {("broker_down", "broker")}
    shop.do(devices.clear_condition, "broker_down", "broker")
    assert shop.conditions() == set()


def test_a_ticket_on_a_slow_screen_is_watched_step_by_step(tmp_path: Path) -> None:
    """8 s: paper; before 10 s: someone is told; 60 s: the guest is told. Each once."""
    shop = open_shop(tmp_path, rules())
    order_id = shop.place("tea")
    watch = ProofWatch(shop.store)
    seen: list[tuple[float, int, set[str], str]] = []
    for _ in range(70):
        watch.step(shop.now)
        shop.write()
        seen.append(
            (shop.passed, len(shop.jobs(order_id)), {c for c, _ in shop.conditions()}, shop.ticket(order_id).doubt)
        )
        shop.later(1)
    first = {n: next((at for at, papers, _, _ in seen if papers == n), None) for n in (1, 2)}
    assert first == {1: 8.0, 2: None}
    assert next(at for at, _, codes, _ in seen if "ticket_unseen" in codes) == 10.0
    assert next(at for at, _, _, doubt in seen if doubt) == 56.0, "read within the minute"
    shop.close()


def hold_with_its_paper(tx: object, now: object, ids: object, actor: object, ticket_id: str) -> None:
    """What no operation does: a ticket that no cook may see has a slip at a printer."""
    tx.run("UPDATE tickets SET hold = 'held' WHERE id = ?", ticket_id)  # type: ignore[attr-defined]



def lose_lines(tx: object, now: object, ids: object, actor: object, ticket_id: str) -> None:
    tx.run("DELETE FROM lines WHERE ticket = (SELECT n FROM tickets WHERE id = ?)", ticket_id)  # type: ignore[attr-defined]


@pytest.mark.parametrize("broken", [hold_with_its_paper, lose_lines])
@pytest.mark.parametrize("state", ["PRINTED", "UNCONFIRMED", "UNKNOWN"])
def test_a_result_stands_whatever_has_become_of_its_ticket_and_the_next_paper_prints(
    shop: Shop, broken: object, state: str
) -> None:
    """A refused result is sent again every five seconds, and nothing behind it would ever print."""
    order_id, next_id = shop.place("tofu"), shop.place("tofu")
    (job,), (behind,) = shop.jobs(order_id), shop.jobs(next_id)
    shop.do(broken, shop.ticket(order_id).id)  # type: ignore[arg-type]
    answer(shop, job, "SENDING")
    answer(shop, job, state)
    assert job_now(shop, job).state == state
    with shop.read() as rows:
        assert jobs.is_out(rows, job_now(shop, behind)), "it is the first of its printer now"
    answer(shop, behind, "PRINTED")
    assert shop.ticket(next_id).state == "SHOWN", "the negative control: a ticket that is well is proven"
    asked = {subject for code, subject in shop.conditions() if code in ("slip_unknown", "slip_gap")}
    if broken is hold_with_its_paper:
        assert asked == {job.id}, "somebody looks at a slip of what is on hold"
        decide(shop, job_now(shop, job), "came_out")
        assert job.id not in {subject for _, subject in shop.conditions()}
