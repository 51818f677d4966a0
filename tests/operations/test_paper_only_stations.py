"""A station that works from paper alone: who ends its tickets, when no hand and no screen does."""

from __future__ import annotations

from pathlib import Path

import pytest
from store.shop import SETTINGS, WAITER, Shop, menu, open_shop, rules, staff_cart

from gateway.contract.messages import PrintResult
from gateway.domain.conditions import document
from gateway.operations import administration, endings, ledger, paper_decisions, papers, unproven
from gateway.store import devices, tickets


def prove(shop: Shop, order_id: str, *states: str) -> None:
    for job in shop.jobs(order_id):
        for state in states or ("SENDING", "PRINTED"):
            shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state))


def ended(shop: Shop, order_id: str) -> dict[str, tuple[str, bool]]:
    return {t.station: (t.state, t.cleared_at is not None) for t in shop.order(order_id).tickets}


def test_a_paper_that_is_proven_after_its_table_was_closed_ends_its_ticket_with_one_event(shop: Shop) -> None:
    late = shop.place("lamb")
    shop.do(administration.close_table, "1")
    shop.do(unproven.call_for_ticket, shop.ticket(late).id)
    events = len(shop.events())
    prove(shop, late)
    ticket = shop.ticket(late)
    assert (ticket.state, ticket.shown_by, ticket.shown_at) == ("SERVED", "slip 0001", shop.now.iso)
    assert (ticket.served_at, ticket.cleared_at) == (shop.now.iso, shop.now.iso)
    assert shop.events()[events:] == ["order.ticket_bumped"]
    assert shop.conditions() == set()
    with shop.read() as rows:
        assert tickets.open_ids(rows) == []


def test_a_paper_of_an_order_without_a_table_ends_its_ticket_and_screens_keep_theirs(shop: Shop) -> None:
    taken = shop.staff_places(staff_cart("lamb", "tofu", type="takeaway", table=None)).answer["id"]
    prove(shop, taken)
    assert ended(shop, taken) == {"grill": ("SERVED", True), "wok": ("SHOWN", False)}


def test_a_paper_that_a_person_saw_come_out_after_the_table_was_closed_ends_its_ticket(shop: Shop) -> None:
    late = shop.place("lamb")
    shop.do(administration.close_table, "1")
    prove(shop, late, "UNKNOWN")
    assert ended(shop, late) == {"grill": ("QUEUED", False)}
    shop.do(paper_decisions.decide, shop.jobs(late)[0].id, "came_out", "k")
    assert ended(shop, late) == {"grill": ("SERVED", True)}


@pytest.mark.parametrize("state", ["UNCONFIRMED", "UNKNOWN"])
def test_a_paper_that_nothing_proves_leaves_its_ticket_asked_for_without_a_table_too(shop: Shop, state: str) -> None:
    taken = shop.staff_places(staff_cart("lamb", type="delivery", table=None)).answer["id"]
    prove(shop, taken, state)
    shop.do(unproven.call_for_ticket, shop.ticket(taken).id)
    assert ended(shop, taken) == {"grill": ("QUEUED", False)}
    assert ("ticket_unseen", shop.ticket(taken).id) in shop.conditions()


def test_a_paper_at_a_table_with_people_stays_open_until_they_go(shop: Shop) -> None:
    here = shop.place("lamb")
    prove(shop, here)
    assert ended(shop, here) == {"grill": ("SHOWN", False)}
    shop.do(administration.close_table, "1")
    assert ended(shop, here) == {"grill": ("SERVED", True)}


def test_who_is_called_for_a_paper_that_could_not_be_confirmed_reads_what_to_tap(shop: Shop) -> None:
    params = {"number": "A001", "table": "1", "dishes": {"zh-Hans": "1× 羊肉串", "en": "1× Lamb"}}
    for job, title in (("", "No cook has seen"), ("01a2", "this printer cannot confirm")):
        said = document("ticket_unseen", "t", shop.now.iso, params | {"job": job}, 0, {})
        assert title in said["title"]["en"]
        assert ("无法核实" in said["title"]["zh-Hans"]) is bool(job)


def asked_about(shop: Shop) -> list[str | None]:
    """The papers by which somebody may answer who was called for a ticket."""
    with shop.read() as rows:
        return [one.params.get("job") for one in devices.conditions(rows) if one.code == "ticket_unseen"]


def test_of_a_printer_that_cannot_confirm_a_person_says_that_each_paper_came_out(tmp_path: Path) -> None:
    stations = [SETTINGS["stations"][2] | {"slips": "dish"}]
    sold = menu(lambda raw: raw["categories"][0].update(items=[raw["categories"][0]["items"][2]]))
    shop = open_shop(tmp_path / "own", rules(stations=stations, default_station="grill"), sold)
    order = shop.place("lamb", "lamb")
    shop.do(unproven.call_for_ticket, shop.ticket(order).id)
    assert asked_about(shop) == [None], "nothing has come out yet"
    first, second = shop.jobs(order)
    prove(shop, order, "UNCONFIRMED")
    assert (shop.ticket(order).state, shop.ticket(order).doubt) == ("QUEUED", "mute")
    assert asked_about(shop) == [second.id]
    shop.do(paper_decisions.decide, second.id, "came_out", "a", actor=WAITER)
    assert (shop.ticket(order).state, asked_about(shop)) == ("QUEUED", [first.id])
    shop.do(paper_decisions.decide, first.id, "came_out", "b", actor=WAITER)
    ticket = shop.ticket(order)
    assert (ticket.state, ticket.shown_by, ticket.doubt) == ("SHOWN", "slip 0001", "")
    assert shop.conditions() == set()
    with shop.read() as rows:
        [grill] = ledger.proof(rows, shop.now)["shifts"][0]["stations"]
    assert (grill["accepted"], grill["paper"]) == (2, 2)
    shop.close()


@pytest.mark.parametrize("how", ["visit", "day"])
def test_what_a_printer_could_not_confirm_ends_with_its_table_or_its_day_and_never_counts_as_seen(
    shop: Shop, how: str
) -> None:
    mute, unprinted = shop.place("lamb"), shop.place("lamb")
    for order in (mute, unprinted):
        shop.do(unproven.call_for_ticket, shop.ticket(order).id)
    if how == "visit":
        prove(shop, mute, "UNCONFIRMED")
        shop.do(administration.close_table, "1")
    else:
        shop.do(administration.close_table, "1")
        prove(shop, mute, "UNCONFIRMED")
        shop.do(endings.end_of_day, "2026-11-24")
    ticket = shop.ticket(mute)
    assert (ticket.state, ticket.ended, ticket.shown_at) == ("SERVED", how, None)
    assert shop.conditions() == {("ticket_unseen", shop.ticket(unprinted).id)}, "the other's slip is still to come"
    with shop.read() as rows:
        counted = ledger.proof(rows, shop.now)
    [grill] = [one for one in counted["shifts"][0]["stations"] if one["station"] == "grill"]
    assert (counted["balanced"], grill["accepted"], grill["asked"], grill["hand"]) == (True, 2, 2, 0)


@pytest.mark.parametrize(("copy", "ended_by"), [("UNCONFIRMED", "visit"), ("UNKNOWN", "")])
def test_what_was_printed_again_by_a_printer_that_cannot_confirm_ends_with_its_table(
    shop: Shop, copy: str, ended_by: str
) -> None:
    placed = shop.place("lamb")
    prove(shop, placed, "UNKNOWN")
    first = shop.jobs(placed)[0].id
    again = shop.do(paper_decisions.decide, first, "reprint", "k", actor=WAITER)
    shop.do(papers.take_result, again.printer, PrintResult(again.id, 1, copy))  # type: ignore[arg-type]
    shop.do(unproven.call_for_ticket, shop.ticket(placed).id)
    shop.do(administration.close_table, "1")
    assert (shop.ticket(placed).ended, shop.ticket(placed).shown_at) == (ended_by, None)
    assert any(code == "ticket_unseen" for code, _ in shop.conditions()) is not bool(ended_by)
