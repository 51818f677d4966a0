"""What staff change after an order was placed: each change once, by itself, before its cook, never as a new order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, SETTINGS, WAITER, Shop, cart, menu, open_shop, rules, staff_cart

from gateway.contract.messages import PrintResult
from gateway.domain import documents
from gateway.domain.errors import Refused
from gateway.domain.order import Cart, Order
from gateway.domain.print_job import NOTICE
from gateway.housekeeping import Housekeeping
from gateway.housekeeping.proof_watch import ProofWatch
from gateway.operations import administration, changes, crossing_off, kitchen, moving, unproven
from gateway.operations import notices as notice_calls
from gateway.operations import papers as paper_results
from gateway.operations.slips import slip_of
from gateway.operations.uplink import Uplink
from gateway.store import notices, orders, tickets

COURSES = [{"id": "starters", "hold": False}, {"id": "mains", "hold": True}]


def change(shop: Shop, order_id: str, line: int, action: str, key: str = "", **more: Any) -> dict[str, Any]:
    given = (more.get("quantity"), more.get("reason", ""))
    key = key or next(shop.keys)
    document: dict[str, Any] = shop.do(changes.change_line, order_id, line, action, key, *given, actor=WAITER)
    return document


def the(shop: Shop, order_id: str) -> Order:
    with shop.read() as rows:
        found = orders.load(rows, order_id)
    assert found is not None
    return found


def render(shop: Shop, ticket_id: str) -> None:
    with shop.read() as rows:
        order = orders.load_of_ticket(rows, ticket_id)
    assert order is not None
    shop.do(kitchen.rendered, ticket_id, "wok-1", "k", order.ticket(ticket_id).version, actor=COOK)


def papers(shop: Shop, order_id: str) -> list[tuple[str, list[tuple[int, str]]]]:
    """(kind of slip, its dishes) of every paper of the order's tickets."""
    made = []
    for job in shop.jobs(order_id):
        with shop.read() as rows:
            slip = slip_of(rows, job)
        made.append((slip.kind, [(line.quantity, line.name) for line in slip.lines]))
    return made


def printed(shop: Shop, job: Any) -> None:
    shop.do(paper_results.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))


def refused(shop: Shop, *args: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        change(shop, *args, **more)
    return caught.value


def with_courses(folder: Path, *held: str) -> Shop:
    def course(raw: dict[str, Any]) -> None:
        for item in raw["categories"][0]["items"]:
            item["course"] = "mains" if item["id"] in held else "starters"

    return open_shop(folder, rules(courses=COURSES), menu(course))


# --- cancel and return -------------------------------------------------------------------------------------------


def test_a_cancelled_portion_is_paid_no_more_and_is_told_by_screen_and_slip(shop: Shop) -> None:
    order_id = shop.place("tofu", "tofu", "tea")
    ticket = the(shop, order_id).tickets[0]
    document = change(shop, order_id, 1, "cancel", reason="客人点错了")
    assert document["total"] == 2800 + 500
    line, other, _ = document["lines"]
    assert (line["state"], line["ordered"], other["state"]) == ("CANCELLED", 1, "FIRED")
    [notice] = document["tickets"][0]["notices"]
    assert (notice["kind"], notice["lines"], notice["reason"]) == ("cancel", [{"id": "1", "quantity": 1}], "客人点错了")
    assert notice["version"] == document["tickets"][0]["version"] == ticket.version + 1
    assert papers(shop, order_id)[0] == ("kitchen", [(1, "麻婆豆腐")]), "what is off is on no slip that comes later"
    assert papers(shop, order_id)[1] == ("return", [(1, "麻婆豆腐")])
    assert shop.events()[-1] == "order.line_cancelled"


def test_some_of_a_line_can_be_cancelled_and_more_than_there_are_cannot(shop: Shop) -> None:
    order_id = str(shop.placed(three_of_a_dish()).answer["id"])
    document = change(shop, order_id, 1, "cancel", quantity=2)
    assert [(line["quantity"], line["ordered"], line["state"]) for line in document["lines"]] == [(1, 3, "FIRED")]
    assert document["total"] == 2800
    wrong = refused(shop, order_id, 1, "cancel", quantity=2)
    assert (wrong.code, wrong.detail["left"]) == ("invalid", 1)
    assert change(shop, order_id, 1, "cancel")["lines"][0]["state"] == "CANCELLED"
    assert refused(shop, order_id, 1, "cancel").code == "illegal_move"


def three_of_a_dish() -> Cart:
    made = cart("tofu")
    return msgspec.structs.replace(made, lines=[msgspec.structs.replace(made.lines[0], quantity=3)])


def test_a_ticket_of_which_nothing_is_left_stays_struck_through_until_its_cook_has_seen_that(shop: Shop) -> None:
    order_id = shop.place("tofu")
    ticket_id = the(shop, order_id).tickets[0].id
    render(shop, ticket_id)
    before = the(shop, order_id).tickets[0].version
    document = change(shop, order_id, 1, "cancel")
    [ticket] = document["tickets"]
    assert (ticket["state"], ticket["cleared_at"]) == ("CANCELLED", None)
    with shop.read() as rows:
        assert [found[1] for found in tickets.open_ids(rows)] == [ticket_id]
    with pytest.raises(Refused, match="stale"):
        shop.do(kitchen.act_on_ticket, ticket_id, "bump", "wok-1", "old", before, actor=COOK)
    cleared = shop.act(ticket_id, "bump")
    assert (cleared["state"], cleared["cleared_at"]) == ("CANCELLED", shop.now.iso)
    assert [notice["acked_by"] for notice in cleared["notices"]] == ["cook wok-1"]
    with shop.read() as rows:
        assert tickets.open_ids(rows) == []


def test_the_paper_of_a_ticket_that_is_off_is_not_printed_where_nobody_has_begun_it(shop: Shop) -> None:
    shop.place("lamb")  # is out at the same printer, so that the next one waits
    order_id = shop.place("tofu")
    change(shop, order_id, 1, "cancel")
    assert [(job.kind, job.state) for job in shop.jobs(order_id)] == [("kitchen", "CANCELLED"), (NOTICE, "QUEUED")]


def test_what_a_cook_has_begun_is_returned_and_not_cancelled(shop: Shop) -> None:
    order_id = shop.place("tofu")
    ticket_id = the(shop, order_id).tickets[0].id
    shop.act(ticket_id, "start")
    wrong = refused(shop, order_id, 1, "cancel")
    assert (wrong.code, wrong.detail["state"]) == ("illegal_move", "STARTED")
    document = change(shop, order_id, 1, "return", reason="太咸")
    assert (document["lines"][0]["state"], document["total"]) == ("RETURNED", 0)
    assert [n["kind"] for n in document["tickets"][0]["notices"]] == ["return"]


def test_a_dish_that_was_served_can_go_back_and_no_cook_is_told_to_stop(shop: Shop) -> None:
    order_id = shop.place("tofu")
    shop.act(the(shop, order_id).tickets[0].id, "bump")
    document = change(shop, order_id, 1, "return")
    assert (document["lines"][0]["state"], document["total"]) == ("RETURNED", 0)
    assert document["tickets"][0]["notices"] == []
    assert len(shop.jobs(order_id)) == 1


# --- every change by itself --------------------------------------------------------------------------------------


def test_the_same_key_is_the_same_change_and_another_key_another_one(shop: Shop) -> None:
    order_id = shop.place("tofu")
    first = change(shop, order_id, 1, "rush", "k1")
    assert change(shop, order_id, 1, "rush", "k1") == first
    again = change(shop, order_id, 1, "rush", "k2")
    assert [n["number"] for n in again["tickets"][0]["notices"]] == [1, 2]
    assert [kind for kind, _ in papers(shop, order_id)] == ["kitchen", "rush", "rush"]
    assert refused(shop, order_id, 1, "return", "k1").code == "idempotency_key_reused"


def test_every_slip_of_a_change_has_a_running_number_of_its_station(shop: Shop) -> None:
    order_id = shop.place("tofu")
    change(shop, order_id, 1, "rush")
    next_order = shop.place("tofu")
    numbers = [job.number for one in (order_id, next_order) for job in shop.jobs(one)]
    assert numbers == [1, 2, 3]


def test_a_ticket_takes_so_many_changes_and_no_more(shop: Shop) -> None:
    order_id = shop.place("tofu")
    for _ in range(8):
        change(shop, order_id, 1, "rush")
    assert refused(shop, order_id, 1, "rush").code == "too_many"
    change(shop, order_id, 1, "cancel")  # what must be told has its room


def test_a_screen_that_draws_the_version_has_shown_the_change_and_a_cook_acknowledges_it(shop: Shop) -> None:
    order_id = shop.place("tofu")
    ticket_id = the(shop, order_id).tickets[0].id
    render(shop, ticket_id)
    change(shop, order_id, 1, "rush")
    assert the(shop, order_id).notices[0].shown_at is None
    shop.later(2)
    render(shop, ticket_id)
    assert the(shop, order_id).notices[0].shown_by == "screen wok-1"
    seen = shop.act(ticket_id, "acknowledge")
    assert [(n["acked_by"], n["acked_at"]) for n in seen["notices"]] == [("cook wok-1", shop.now.iso)]
    assert seen["state"] == "SHOWN"


def test_a_proven_slip_shows_the_change_and_never_the_ticket(shop: Shop) -> None:
    order_id = shop.place("lamb")
    first, = shop.jobs(order_id)
    change(shop, order_id, 1, "rush")
    notice = shop.jobs(order_id)[1]
    printed(shop, notice)
    assert the(shop, order_id).notices[0].shown_by == "slip 0002"
    assert the(shop, order_id).tickets[0].state == "QUEUED"
    printed(shop, first)
    assert the(shop, order_id).tickets[0].state == "SHOWN"


def test_a_change_that_no_screen_draws_comes_on_paper_and_then_somebody_is_told(shop: Shop) -> None:
    order_id = shop.place("tea")  # its station has a screen only
    ticket_id = the(shop, order_id).tickets[0].id
    render(shop, ticket_id)
    change(shop, order_id, 1, "rush")
    watch = ProofWatch(shop.store)
    for seconds, kinds, told in ((7.9, [], False), (0.2, [NOTICE], False), (1.5, [NOTICE], True), (30, [NOTICE], True)):
        now = shop.later(seconds)
        watch.step(now)
        shop.write()
        assert [job.kind for job in shop.jobs(order_id)] == kinds
        about = {("notice_unseen", the(shop, order_id).notices[0].id)}
        assert shop.conditions() == (about if told else set())
    render(shop, ticket_id)
    assert shop.conditions() == set()
    with shop.read() as rows:
        assert notices.unseen_for(rows, 0, shop.now) == []


def test_nothing_else_has_to_happen_for_somebody_to_be_told_of_a_change_in_time(shop: Shop) -> None:
    order_id = shop.place("tea")
    render(shop, the(shop, order_id).tickets[0].id)
    house = Housekeeping(shop.store, Uplink())
    change(shop, order_id, 1, "rush")
    made = shop.now.monotonic
    while ("notice_unseen", the(shop, order_id).notices[0].id) not in shop.conditions():
        wish = house.step(shop.now)  # as its runner would: at the time that it asks for, or after a commit
        if not shop.store.waiting and wish is not None:
            shop.later(max(wish - shop.now.monotonic, 0.001))
        shop.write()
        assert shop.now.monotonic - made <= 10


# --- hold, fire, refire -------------------------------------------------------------------------------------------


def test_a_course_that_waits_is_before_no_cook_and_on_no_paper_until_it_is_fired(tmp_path: Path) -> None:
    shop = with_courses(tmp_path / "box", "lamb")
    order_id = shop.place("tofu", "lamb")
    order = the(shop, order_id)
    assert [(t.station, t.hold, t.slip_number) for t in order.tickets] == [("wok", "", 1), ("grill", "held", 0)]
    assert [kind for kind, _ in papers(shop, order_id)] == ["kitchen"]
    with shop.read() as rows:
        assert [found[0] for found in tickets.open_ids(rows)] == ["wok"]
        assert [t.station for t in tickets.unseen(rows)] == ["wok"]
    document = documents.order_document(the(shop, order_id))
    assert [line["state"] for line in document["lines"]] == ["FIRED", "ON_HOLD"]
    assert [line["kitchen"] for line in document["lines"]] == ["waiting", "waiting"]
    shop.later(1200)
    fired = change(shop, order_id, 2, "fire")
    assert fired["lines"][1]["state"] == "FIRED"
    assert fired["tickets"][1]["fired_at"] == shop.now.iso, "its age begins now"
    assert papers(shop, order_id)[1] == ("fire", [(1, "羊肉串")])
    assert refused(shop, order_id, 2, "fire").code == "illegal_move"
    shop.close()


def test_one_line_of_a_waiting_course_can_be_fired_alone(tmp_path: Path) -> None:
    shop = with_courses(tmp_path / "box", "tofu", "chicken")
    order_id = shop.place("tofu", "tofu")
    assert [t.hold for t in the(shop, order_id).tickets] == ["held"]
    document = change(shop, order_id, 2, "fire")
    assert [line["state"] for line in document["lines"]] == ["ON_HOLD", "FIRED"]
    order = the(shop, order_id)
    lines = {t.hold: [line.id for line in order.lines_of(t.id)] for t in order.tickets}
    assert lines == {"held": [1], "fired": [2]}
    with shop.read() as rows:
        assert len(tickets.open_ids(rows)) == 1
    assert [t.later for t in order.tickets] == [False, True], "found again by its order"
    shop.close()


def test_a_line_put_on_hold_leaves_its_ticket_and_comes_back_as_a_fired_one(shop: Shop) -> None:
    order_id = shop.place("tofu", "tofu")
    first = the(shop, order_id).tickets[0].id
    render(shop, first)
    document = change(shop, order_id, 2, "hold", reason="等人到齐")
    assert [line["state"] for line in document["lines"]] == ["FIRED", "ON_HOLD"]
    assert [(n["kind"], n["lines"][0]["id"]) for n in document["tickets"][0]["notices"]] == [("hold", "2")]
    assert [kind for kind, _ in papers(shop, order_id)] == ["kitchen", "hold"]
    assert papers(shop, order_id)[1][1] == [(1, "麻婆豆腐")]
    fired = change(shop, order_id, 2, "fire")
    assert [line["state"] for line in fired["lines"]] == ["FIRED", "FIRED"]
    assert [kind for kind, _ in papers(shop, order_id)] == ["kitchen", "hold", "fire"]
    shop.act(first, "start")
    assert refused(shop, order_id, 1, "hold").code == "illegal_move"


def test_a_line_that_joins_another_on_hold_is_told_of_once_and_the_printer_goes_on(shop: Shop) -> None:
    order_id = shop.place("tofu", "tofu", "tofu")
    change(shop, order_id, 1, "hold", key="h1")
    change(shop, order_id, 2, "hold", key="h2")
    assert [kind for kind, _ in papers(shop, order_id)] == ["kitchen", "hold", "hold"]
    order = the(shop, order_id)
    assert [notice.ticket for notice in order.notices] == [order.tickets[0].id] * 2, "none of a ticket that waits"
    for job in shop.jobs(order_id):
        printed(shop, job)
    assert {job.state for job in shop.jobs(order_id)} == {"PRINTED"}


def test_a_waiting_line_that_is_cancelled_was_never_before_a_cook(tmp_path: Path) -> None:
    shop = with_courses(tmp_path / "box", "lamb")
    order_id = shop.place("tofu", "lamb")
    document = change(shop, order_id, 2, "cancel")
    assert (document["lines"][1]["state"], document["total"]) == ("CANCELLED", 2800)
    assert document["tickets"][1]["cleared_at"] == shop.now.iso
    assert document["tickets"][1]["notices"] == []
    assert [kind for kind, _ in papers(shop, order_id)] == ["kitchen"]
    shop.close()


def test_a_dish_is_cooked_once_more_alone_and_costs_nothing_more(shop: Shop) -> None:
    order_id = shop.place("tofu", "tofu")
    ticket_id = the(shop, order_id).tickets[0].id
    assert refused(shop, order_id, 2, "refire").code == "illegal_move"
    shop.act(ticket_id, "bump")
    document = change(shop, order_id, 2, "refire", reason="掉地上了")
    assert [line["state"] for line in document["lines"]] == ["SERVED", "FIRED"]
    assert document["total"] == 5600
    assert (document["tickets"][0]["state"], document["tickets"][0]["cleared_at"]) == ("SHOWN", None)
    assert papers(shop, order_id)[1] == ("refire", [(1, "麻婆豆腐")])
    done = shop.act(ticket_id, "bump")
    assert [line["state"] for line in done["lines"]] == ["SERVED", "SERVED"]


def test_what_is_not_there_is_refused_and_a_reason_that_no_slip_can_hold_too(shop: Shop) -> None:
    order_id = shop.place("tofu")
    assert refused(shop, "0190a0b0-0000-7000-8000-000000000000", 1, "rush").code == "unknown_order"
    assert refused(shop, order_id, 9, "rush").code == "unknown_line"
    assert refused(shop, order_id, 1, "rush", reason="a\x1bb").code == "invalid"
    assert shop.events()[1:] == ["order.placed"]


# --- a party moves ------------------------------------------------------------------------------------------------


def test_a_party_that_moves_takes_its_dishes_along_and_orders_nothing_again(tmp_path: Path) -> None:
    shop = with_courses(tmp_path / "box", "lamb")
    order_id = shop.place("tofu", "lamb")
    render(shop, the(shop, order_id).tickets[0].id)
    visit = the(shop, order_id).visit
    assert shop.do(moving.move_table, "1", "2", "m1", actor=WAITER) == 1
    assert shop.do(moving.move_table, "1", "2", "m1", actor=WAITER) == 0, "the same key"
    order = the(shop, order_id)
    assert (order.table, order.visit) == ("2", visit)
    assert [(n.kind, n.from_place) for n in order.notices] == [("move", "1")], "the held ticket is before no cook"
    [_, (kind, dishes)] = papers(shop, order_id)
    assert (kind, dishes) == ("move", [(1, "麻婆豆腐")])
    with shop.read() as rows:
        slip = slip_of(rows, shop.jobs(order_id)[1])
    assert (slip.from_place, slip.place) == ("1 桌", "2 桌"), "both as they are called across the kitchen"
    assert len(shop.sql("SELECT 1 FROM orders")) == 1
    change(shop, order_id, 2, "fire")
    assert papers(shop, order_id)[2][0] == "fire"
    assert shop.visit("2") == visit, "its phones' cookies live on"
    shop.close()


def test_one_slip_tells_a_station_of_all_its_tickets_of_a_party_that_moves(shop: Shop) -> None:
    """Each order keeps its notice, and the proof of the one slip counts for all of them."""
    first, second = shop.place("tofu", "lamb"), shop.place("tofu", note="快点")
    third = shop.place("tofu")
    for job in shop.jobs(first) + shop.jobs(second):
        printed(shop, job)
    shop.do(moving.move_table, "1", "2", "m1", actor=WAITER)
    moved = [job for order_id in (first, second) for job in shop.jobs(order_id) if job.kind == NOTICE]
    assert sorted(job.station for job in moved) == ["grill", "wok"]
    assert [job.kind for job in shop.jobs(third)] == ["kitchen", NOTICE], "a bridge has its dishes: nobody knows yet"
    [wok] = [job for job in moved if job.station == "wok"]
    numbers = [the(shop, order_id).number for order_id in (first, second)]
    with shop.read() as rows:
        slip = slip_of(rows, wok)
    assert [(line.quantity, line.name) for line in slip.lines] == [(1, "麻婆豆腐"), (1, "麻婆豆腐")]
    assert (slip.kind, slip.order, slip.code) == ("move", " ".join(numbers), numbers[0])
    assert slip.note == f"{numbers[1]}: 快点", "and it says whose note that is"
    told = [n for order_id in (first, second) for n in the(shop, order_id).notices if n.slip_number == wok.number]
    assert len(told) == 2
    assert not any(n.shown_at for n in told)
    printed(shop, wok)
    told = [n for order_id in (first, second) for n in the(shop, order_id).notices if n.slip_number == wok.number]
    assert [n.shown_by for n in told] == [f"slip {wok.number:04d}"] * 2


def test_a_slip_of_several_tickets_tells_the_others_when_the_first_is_done_before_it_leaves(shop: Shop) -> None:
    first, second = shop.place("tofu"), shop.place("tofu")
    for job in shop.jobs(first) + shop.jobs(second):
        printed(shop, job)
    shop.do(moving.move_table, "1", "2", "m1", actor=WAITER)
    shop.act(the(shop, first).tickets[0].id, "bump")
    [job] = [job for order_id in (first, second) for job in shop.jobs(order_id) if job.kind == NOTICE]
    printed(shop, job)
    assert the(shop, second).notices[0].shown_by == f"slip {job.number:04d}"


def test_nobody_moves_to_a_table_where_somebody_eats_but_two_parties_can_become_one(shop: Shop) -> None:
    first, second = shop.place("tofu", table="1"), shop.place("tea", table="2")
    with pytest.raises(Refused, match="table_taken"):
        shop.do(moving.move_table, "1", "2", "m1", actor=WAITER)
    assert shop.do(moving.merge_tables, "1", "2", "m2", actor=WAITER) == 1
    assert the(shop, first).check == the(shop, second).check
    assert (the(shop, first).table, the(shop, first).visit) == ("2", the(shop, second).visit)
    assert [n.kind for n in the(shop, first).notices] == ["merge"]
    assert the(shop, second).notices == []
    assert shop.sql("SELECT 1 FROM visits WHERE dining_table = '1' AND state = 'OPEN'") == []
    with pytest.raises(Refused, match="table_closed"):
        shop.do(moving.merge_tables, "1", "2", "m3", actor=WAITER)
    with pytest.raises(Refused, match="unknown_table"):
        shop.do(moving.move_table, "2", "99", "m4", actor=WAITER)


def test_slips_of_one_dish_each_keep_their_dish_when_another_leaves_the_ticket(tmp_path: Path) -> None:
    """None of them is out yet when the first dish is put on hold: each says its own dish still, and none twice."""
    settings = rules(stations=[station | {"slips": "dish"} for station in SETTINGS["stations"]])
    shop = open_shop(tmp_path / "box", settings)
    shop.place("lamb")  # is out at their printer, so that they wait
    order_id = shop.place("tofu", "tofu", "tofu")
    change(shop, order_id, 1, "hold")
    change(shop, order_id, 3, "cancel")
    states = {job.part: job.state for job in shop.jobs(order_id) if job.kind == "dish"}
    assert states == {1: "CANCELLED", 2: "QUEUED", 3: "CANCELLED"}
    second = next(job for job in shop.jobs(order_id) if (job.kind, job.part) == ("dish", 2))
    printed(shop, second)
    assert the(shop, order_id).tickets[0].state == "SHOWN", "nothing else is cooked by a paper"
    change(shop, order_id, 1, "fire")
    fired = [dishes for (kind, dishes) in papers(shop, order_id) if kind == "fire"]
    assert fired == [[(1, "麻婆豆腐")]]
    shop.close()


def test_portions_that_are_off_are_on_no_slip_and_the_others_keep_their_number(tmp_path: Path) -> None:
    settings = rules(stations=[station | {"slips": "portion"} for station in SETTINGS["stations"]])
    shop = open_shop(tmp_path / "box", settings)
    shop.place("lamb")
    order_id = str(shop.placed(three_of_a_dish()).answer["id"])
    change(shop, order_id, 1, "cancel", quantity=1)
    states = {job.part: job.state for job in shop.jobs(order_id) if job.kind == "portion"}
    assert states == {1: "QUEUED", 2: "QUEUED", 3: "CANCELLED"}
    assert [dishes for kind, dishes in papers(shop, order_id)][:2] == [[(1, "麻婆豆腐")]] * 2
    shop.close()


# --- where the rooms meet -----------------------------------------------------------------------------------------


def opened(shop: Shop) -> list[str]:
    with shop.read() as rows:
        return [found[1] for found in tickets.open_ids(rows)]


def test_a_dish_on_hold_does_not_join_a_ticket_that_is_off(tmp_path: Path) -> None:
    shop = with_courses(tmp_path / "box")
    cart_ = staff_cart("tofu", "tofu")
    held = msgspec.structs.replace(cart_, lines=[msgspec.structs.replace(cart_.lines[0], hold=True), cart_.lines[1]])
    order_id = shop.staff_places(held).answer["id"]
    change(shop, order_id, 1, "cancel")
    change(shop, order_id, 2, "hold")
    document = change(shop, order_id, 2, "fire")
    fired = document["lines"][1]["ticket"]
    assert fired in opened(shop), "its cook sees it"
    shop.close()


def test_a_slip_that_is_out_keeps_its_code_when_a_course_is_called_later(tmp_path: Path) -> None:
    shop = with_courses(tmp_path / "box", "tofu")
    order_id = shop.place("tofu", "lamb")
    (lamb,) = shop.jobs(order_id)
    with shop.read() as rows:
        before = slip_of(rows, lamb).code
    printed(shop, lamb)
    change(shop, order_id, 1, "fire")
    with shop.read() as rows:
        codes = [slip_of(rows, job).code for job in shop.jobs(order_id)]
    assert before in codes
    assert len(set(codes)) == 2
    said = shop.do(crossing_off.scan_slip, before, "expo-1", next(shop.keys), actor=WAITER)
    assert said["station"] == "grill"
    shop.close()


def test_the_keys_of_a_bump_bar_count_the_cards_as_the_screen_has_them(shop: Shop) -> None:
    first, second = shop.place("tofu"), shop.place("tofu")
    change(shop, second, 1, "rush")
    with shop.read() as rows:
        places = [tickets.at_station(rows, "wok", place) for place in (1, 2)]
    assert [ticket.id for ticket in places if ticket] == [shop.ticket(second).id, shop.ticket(first).id]


def test_closing_a_table_cancels_what_still_waits_and_nobody_pays_for_it(tmp_path: Path) -> None:
    shop = with_courses(tmp_path / "box", "lamb")
    order_id = shop.place("tofu", "lamb")
    shop.do(administration.close_table, "1", actor=WAITER)
    order = the(shop, order_id)
    assert [(line.state, line.amount) for line in order.lines] == [("FIRED", 2800), ("CANCELLED", 0)]
    assert order.total == 2800
    assert refused(shop, order_id, 2, "fire").code == "illegal_move"
    shop.close()


@pytest.mark.parametrize("action", ["cancel", "refire"])
def test_where_there_is_paper_alone_a_proven_slip_ends_what_it_tells(shop: Shop, action: str) -> None:
    order_id = shop.staff_places(staff_cart("lamb", table=None, type="takeaway")).answer["id"]
    if action == "refire":
        printed(shop, shop.jobs(order_id)[0])
    change(shop, order_id, 1, action)
    for job in shop.jobs(order_id):
        if job.state == "QUEUED":
            printed(shop, job)
    assert opened(shop) == []
    assert shop.conditions() == set()


def test_the_rest_of_the_slips_proves_a_ticket_when_the_last_dish_is_off(tmp_path: Path) -> None:
    settings = rules(stations=[station | {"slips": "dish"} for station in SETTINGS["stations"]])
    shop = open_shop(tmp_path / "box", settings)
    order_id = shop.place("tofu", "tofu")
    first, _ = shop.jobs(order_id)
    printed(shop, first)
    assert shop.ticket(order_id).state == "QUEUED"
    change(shop, order_id, 2, "cancel")
    assert shop.ticket(order_id).state == "SHOWN"
    shop.close()


def test_nobody_is_called_for_a_change_of_what_has_left_the_kitchen(shop: Shop) -> None:
    order_id = shop.place("tea")
    ticket_id = shop.ticket(order_id).id
    render(shop, ticket_id)
    version = shop.ticket(order_id).version
    change(shop, order_id, 1, "rush")
    shop.do(kitchen.act_on_ticket, ticket_id, "bump", "bar-1", "old", version, actor=COOK)
    watch = ProofWatch(shop.store)
    for seconds in (9, 5, 60):
        watch.step(shop.later(seconds))
        shop.write()
    assert shop.conditions() == set()
    assert shop.jobs(order_id) == []


def test_a_cancelled_ticket_calls_nobody_any_more(shop: Shop) -> None:
    order_id = shop.place("lamb")
    shop.do(unproven.call_for_ticket, shop.ticket(order_id).id)
    assert len(shop.conditions()) == 1
    change(shop, order_id, 1, "cancel")
    assert shop.conditions() == set()


def test_nothing_is_put_on_hold_at_a_table_that_was_closed_for_nobody_would_call_for_it(shop: Shop) -> None:
    order_id = shop.place("tofu", "lamb")
    change(shop, order_id, 1, "hold")
    shop.do(administration.close_table, "1", actor=WAITER)
    assert refused(shop, order_id, 2, "hold").code == "illegal_move"
    assert not any(ticket.is_held for ticket in the(shop, order_id).tickets if ticket.cleared_at is None)


def test_a_change_that_nobody_has_seen_is_still_asked_about_on_the_next_business_day(shop: Shop) -> None:
    order_id = shop.place("tofu")
    change(shop, order_id, 1, "rush")
    notice = the(shop, order_id).notices[0].id
    shop.do(notice_calls.call_for_notice, notice)
    shop.later(86400)
    other = the(shop, shop.place("tofu"))
    assert other.day != the(shop, order_id).day
    assert ("notice_unseen", notice) in shop.conditions()
