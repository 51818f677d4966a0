"""What pages and programs get of orders, tickets and checks."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import msgspec
import pytest

from gateway.domain import documents, ticket
from gateway.domain.check import Check
from gateway.domain.documents import GUEST_STEPS, line_state, line_step
from gateway.domain.order import LINE_STATES, Line, Order, Prepaid
from gateway.domain.ticket import Ticket


def a_ticket(state: str = "SHOWN", ticket_id: str = "t1", station: str = "wok", **more: Any) -> Ticket:
    return Ticket(ticket_id, station, state, "both", "f", "b", 0.0, "u", "", **more)


def a_line(state: str = "FIRED", n: int = 1, ticket_id: str = "t1", station: str = "wok", quantity: int = 1) -> Line:
    return Line(n, "tofu", {"en": "Tofu"}, {}, quantity, 100, station, state, ticket_id)


def an_order(lines: list[Line], tickets: list[Ticket], **more: Any) -> Order:
    return Order(
        "o1", "A001", "2026-11-23", "PLACED", "dine_in", "c1", "v1", "1", 2, sum(n.amount for n in lines), "CNY", 1,
        "p", "u", lines, tickets, **more,
    )  # fmt: skip


@pytest.mark.parametrize(("line", "of"), list(itertools.product(LINE_STATES, ticket.STATES)))
def test_the_guests_word_for_every_state_of_line_and_ticket(line: str, of: str) -> None:
    for doubt in ("", "late"):
        step = line_step(a_line(line), a_ticket(of, doubt=doubt))
        if line in ("CANCELLED", "RETURNED"):
            expected = "cancelled"
        elif line == "SERVED":
            expected = "served"
        elif line == "DONE" and of in ("SHOWN", "STARTED"):
            expected = "ready"  # another dish of the ticket is cooked once more
        elif of == "QUEUED":
            expected = "unconfirmed" if doubt else "waiting"
        else:
            expected = {
                "SHOWN": "confirmed",
                "STARTED": "started",
                "READY": "ready",
                "SERVED": "served",
                "CANCELLED": "cancelled",
            }[of]
        assert step == expected
        assert step in GUEST_STEPS
        assert line_state(a_line(line), a_ticket(of)) in LINE_STATES


@pytest.mark.parametrize(
    ("of", "state"), [("SHOWN", "FIRED"), ("READY", "DONE"), ("SERVED", "SERVED"), ("CANCELLED", "CANCELLED")]
)
def test_a_line_goes_with_its_ticket_until_somebody_touches_it(of: str, state: str) -> None:
    assert line_state(a_line(), a_ticket(of)) == state
    assert line_state(a_line("ON_HOLD"), a_ticket(of)) == "ON_HOLD"


_TICKETS = {
    "unconfirmed": a_ticket("QUEUED", doubt="late"), "waiting": a_ticket("QUEUED"), "confirmed": a_ticket("SHOWN"),
    "started": a_ticket("STARTED"), "ready": a_ticket("READY"), "served": a_ticket("SERVED"),
    "cancelled": a_ticket("CANCELLED"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), list(itertools.product(_TICKETS, _TICKETS)))
def test_an_order_says_what_the_least_advanced_of_its_open_lines_says(one: str, other: str) -> None:
    first, second = copy.copy(_TICKETS[one]), copy.copy(_TICKETS[other])
    first.id, second.id = "t1", "t2"
    order = an_order([a_line(), a_line(n=2, ticket_id="t2")], [first, second])
    said = documents.order_document(order)["kitchen"]
    open_ones = [step for step in (one, other) if step != "cancelled"]
    assert said == (min(open_ones, key=GUEST_STEPS.index) if open_ones else "cancelled")


def test_the_guest_does_not_get_what_only_the_house_needs() -> None:
    order = an_order([a_line()], [a_ticket(slip_number=41)], by="li", source="app", prepaid=Prepaid(1, "card"))
    whole = documents.order_document(order)
    assert whole["tickets"][0]["slip"] == {"number": "0041"}
    guest = documents.guest_document(whole)
    assert set(whole) - set(guest) == {"tickets", "by", "source", "external_id", "prepaid"}
    assert documents.decoded(msgspec.json.encode(whole)) == whole  # what the journal carries is what is shown


def test_a_ticket_shows_its_own_lines_and_counts_those_elsewhere() -> None:
    lines = [
        a_line(quantity=2), a_line(n=2, ticket_id="t2", station="bar", quantity=3),
        a_line(n=3, ticket_id="t2", station="bar"), a_line("CANCELLED", n=4, ticket_id="t2", station="bar"),
        a_line(n=5, ticket_id="t3", station="gone"),
    ]  # fmt: skip
    tickets = [a_ticket(), a_ticket(ticket_id="t2", station="bar"), a_ticket(ticket_id="t3", station="gone")]
    document = documents.ticket_document(
        documents.order_document(an_order(lines, tickets)), "t1", {"bar": {"en": "Bar"}}
    )
    assert [line["id"] for line in document["lines"]] == ["1"]
    assert document["elsewhere"] == [
        {"station": "bar", "name": {"en": "Bar"}, "quantity": 4},
        {"station": "gone", "name": {"und": "gone"}, "quantity": 1},
    ]
    assert document["order"]["number"] == "A001"
    assert "price" not in str(document["lines"])


def test_a_check_lists_what_is_to_be_paid_and_nothing_that_went_back() -> None:
    order = an_order([a_line(quantity=2), a_line("RETURNED", n=2), a_line("CANCELLED", n=3)], [a_ticket()])
    document = documents.check_document(Check("c1", "v1", "OPEN", "CNY", 200, 50, 100), [order])
    assert [(line["order"], line["line"], line["amount"]) for line in document["lines"]] == [("A001", "1", 200)]
    assert (document["total"], document["paid"], document["due"]) == (250, 100, 150)


def test_an_order_finds_its_tickets_and_their_lines() -> None:
    order = an_order([a_line(), a_line(n=2, ticket_id="t2")], [a_ticket(), a_ticket(ticket_id="t2")])
    assert order.ticket("t2").id == "t2"
    assert [line.id for line in order.lines_of("t2")] == [2]
