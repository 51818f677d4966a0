"""No statement on the hot path grows with the backlog: every plan is looked at, with a backlog behind it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from store.shop import Shop, cart, open_shop, staff_cart

from gateway.contract.messages import PrintResult
from gateway.operations import kitchen, papers, unproven
from gateway.operations.uplink import Uplink
from gateway.store import jobs, journal, orders, tickets, visits
from gateway.web import views
from gateway.web.events import station_tickets

TINY = {
    "box": "one row",
    "suspended_stations": "the stations of a house",
    "broker_displays": "the stations of a house",
    "sold_out": "the dishes of a menu",
    "settings_revisions": "one row a change",
    "menu_revisions": "one row a change",
    "dining_tables": "the tables of a house",
    "business_days": "one row a day",
    "visits": "by its partial index: the open ones",
    "conditions": "what is wrong now",
    "dead_letters": "each is a fault to look into",
    "bridges": "a handful",
    "devices": "a handful",
    "p": "the printers with open jobs, found one after the other",
}
"""Tables whose size does not grow with orders, and why."""

OPEN_ONLY = ("jobs_withdrawn", "tickets_open", "jobs_unknown", "visits_open")
"""Partial indexes: a scan of one reads what is open now, however much lies behind it."""

CONSTANT = re.compile(r"SCAN (\d+ )?CONSTANT ROWS?|SCAN \(")
"""The rows that a statement brings along."""

BACKLOG = 60


@contextmanager
def statements(connection: sqlite3.Connection) -> Iterator[set[str]]:
    said: set[str] = set()
    connection.set_trace_callback(said.add)
    try:
        yield said
    finally:
        connection.set_trace_callback(None)


def scans(connection: sqlite3.Connection, said: set[str]) -> list[str]:
    """What reads a table or an index from end to end, that may not."""
    found = []
    for sql in said:
        if not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", sql, re.IGNORECASE):
            continue
        for *_, plan in connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall():
            words = plan.split()
            if words[0] != "SCAN" or CONSTANT.match(plan) or any(i in plan for i in OPEN_ONLY):
                continue
            # An alias such as j or t is no table's name: then only its index can excuse it.
            if words[1] not in TINY:
                found.append(f"{plan}: {' '.join(sql.split())}")
    return found


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a lunch behind it: papers that wait, tickets cleared and open, events that the cloud has not."""
    shop = open_shop(tmp_path_factory.mktemp("busy"))
    for n in range(BACKLOG):
        order_id = shop.place("tofu", "tea", "lamb", table=str(n % 2 + 1))
        if n % 2:
            shop.act(shop.ticket(order_id).id, "bump")
    shop.do(unproven.call_for_ticket, shop.ticket(order_id, 1).id)
    yield shop
    shop.close()


def test_the_look_at_plans_finds_a_scan(busy: Shop) -> None:
    connection = busy.store.writer_connection
    assert scans(connection, {"SELECT * FROM orders WHERE number = 'A001'"})
    assert scans(connection, {"SELECT count(*) FROM journal"})
    assert not scans(connection, {"SELECT * FROM jobs WHERE n = 4"})


def test_no_write_of_the_hot_path_scans_a_table(busy: Shop) -> None:
    connection = busy.store.writer_connection
    with statements(connection) as said:
        order_id = busy.place("tofu", "lamb", covers=3)
        busy.staff_places(staff_cart("tea", source="app", external_id="77"))
        wanted = cart("tofu", menu_revision=1)
        busy.placed(wanted, "again")
        busy.placed(wanted, "again")
        first, second = busy.jobs(order_id)
        busy.do(papers.take_result, "kitchen", PrintResult(first.id, 1, "SENDING"))
        busy.do(papers.take_result, "kitchen", PrintResult(first.id, 1, "PRINTED"))
        busy.do(papers.take_result, "kitchen", PrintResult(second.id, 1, "UNKNOWN", "no_answer"))
        busy.later(20)
        busy.do(papers.settle_unknown, second.id)
        ticket = busy.ticket(order_id)
        busy.do(kitchen.rendered, ticket.id, "wok-1", "k", ticket.version)
        for action in ("start", "bump", "recall", "undo"):
            try:
                busy.act(ticket.id, action)
            except Exception as illegal:
                assert type(illegal).__name__ == "Refused"  # noqa: PT017
    assert len(said) > 50
    assert scans(connection, said) == []


def test_no_read_of_relays_and_watchdogs_scans_a_table(busy: Shop) -> None:
    with busy.read() as rows, statements(rows.connection) as said:
        jobs.heads(rows)
        jobs.withdrawals(rows)
        jobs.unknown(rows)
        jobs.waiting_count(rows, "kitchen")
        tickets.unseen(rows)
        tickets.unseen_for(rows, 8.0, busy.now)
        tickets.next_unseen_for(rows, 8.0, busy.now)
        tickets.open_ids(rows)
        last = journal.last_slot(rows)
        assert journal.after(rows, last - 3, 100)
        journal.oldest_behind(rows)
        journal.dead_between(rows, last - 3, last)
        Uplink().document(rows, busy.now)
    assert len(said) >= 12
    with busy.read() as rows:
        assert scans(rows.connection, said) == []


def test_no_page_that_is_polled_scans_a_table(busy: Shop) -> None:
    with busy.read() as rows:
        order = orders.recent(rows, 1)[0]
    with busy.read() as rows, statements(rows.connection) as said:
        orders.load(rows, order.id)
        station_tickets(rows, "wok")
        views.condition_list(rows, busy.store, busy.now)
        views.device_list(rows)
        visit = visits.open_at(rows, "1")[-1]
        views.visit_tag(rows, visit, "online")
        views.visit_document(rows, visit, "online", busy.now)
        views.menu_answer(rows, "1", {}, busy.now)
        jobs.of_order(rows, order.id)
        journal.first_slot(rows)
    assert len(said) > 12
    with busy.read() as rows:
        assert scans(rows.connection, said) == []
