"""Tables, what is sold out, pause, people and their wrong tries, revisions, what is pruned."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import Shop, cart, menu, rules, tokens

from gateway import operations
from gateway.connectors import cloud_https
from gateway.contract.messages import BridgeState, DeviceState, PrintResult
from gateway.domain.errors import Refused
from gateway.domain.fault import Fault
from gateway.housekeeping import PRUNE_AGAIN_S, PRUNE_AT_ONCE, PRUNE_EVERY_S, Housekeeping, Pruning
from gateway.operations import administration, devices, ledger, ordering, papers, sync, uplink
from gateway.operations.administration import SESSION_S
from gateway.operations.uplink import Uplink
from gateway.relays import cloud
from gateway.store import box, journal, people, settings, tickets, visits


def test_opening_an_open_table_changes_nothing_and_closing_ends_every_visit(shop: Shop) -> None:
    first = shop.do(administration.open_table, "1", 4)
    assert first.id == shop.visit("1")
    assert shop.do(administration.close_table, "1") == 1
    assert shop.do(administration.close_table, "1") == 0
    second = shop.do(administration.open_table, "1", 4)
    assert (second.id != first.id, second.covers) == (True, 4)
    for operation in ((administration.open_table, "99", 1), (administration.close_table, "99")):
        with pytest.raises(Refused, match="unknown_table"):
            shop.do(*operation)


def test_sold_out_is_told_once_and_unknown_dishes_are_refused(shop: Shop) -> None:
    shop.do(administration.set_sold_out, "tea", True)
    shop.do(administration.set_sold_out, "tea", True)
    shop.do(administration.set_sold_out, "tea", False)
    shop.do(administration.set_sold_out, "tea", False)
    assert shop.events()[1:] == ["item.sold_out", "item.back_on"]
    with pytest.raises(Refused, match="unknown_item"):
        shop.do(administration.set_sold_out, "pizza", True)


def test_a_pause_is_a_condition_that_screens_hear_of(shop: Shop) -> None:
    told: list[frozenset[str]] = []
    shop.store.listen(told.append)
    shop.do(administration.set_paused, True, "full house")
    assert {"menu", "conditions"} <= told[-1]
    with shop.read() as rows:
        pause = box.pause(rows)
    assert pause is not None
    assert (pause.by, pause.reason) == ("house", "full house")


def test_a_box_is_founded_once(shop: Shop) -> None:
    shop.do(administration.found_box, "other", "box9", "zzzzz", b"x")
    with shop.read() as rows:
        me = box.the(rows)
        assert (me.store, me.box, me.epoch, me.prefix, me.source) == (
            "demo",
            "box1",
            "1-abcde",
            "A",
            "/stores/demo/boxes/box1",
        )
        assert [c.epoch for c in journal.cursors(rows)] == ["1-abcde"]


def test_wrong_settings_and_menus_are_refused_with_every_fault_and_the_old_ones_go_on(shop: Shop) -> None:
    with pytest.raises(Refused) as refused:
        shop.do(administration.import_settings, rules(default_station="moon", time_zone="Moon/Tycho"), tokens([]))
    assert len(refused.value.detail["faults"]) == 2
    with pytest.raises(Refused) as refused:  # the menu that is sold needs all three stations
        shop.do(
            administration.import_settings, rules(stations=[{"id": "wok", "name": {}, "proof": "screen"}]), tokens([])
        )
    first = refused.value.detail["faults"][0]
    assert (first.code, first.where, first.params["station"]) == ("no_such_station", (("item", "tea"),), "bar")

    def dollars(raw: dict[str, Any]) -> None:
        raw["currency"] = "USD"

    with pytest.raises(Refused) as refused:
        shop.do(administration.import_menu, menu(dollars))
    assert refused.value.detail["faults"] == [
        Fault("other_currency", (("key", "currency"),), {"currency": "USD", "own": "CNY"})
    ]
    with shop.read() as rows:
        assert (settings.settings_revision(rows), settings.menu_revision(rows)) == (1, 1)


def test_tables_keep_their_stickers_new_ones_get_one_and_gone_ones_lose_theirs(shop: Shop) -> None:
    new = rules(areas=[{"id": "hall", "name": {}, "tables": ["1", "9"]}])
    assert shop.do(administration.import_settings, new, tokens(["9"])) == 2
    with shop.read() as rows:
        assert settings.tables(rows) == {"1": "token-1", "9": "token-9"}
        assert settings.table_of_token(rows, "token-2") is None


# --- people ---


def test_sessions_begin_and_end(shop: Shop) -> None:
    shop.user("li", "kitchen")
    shop.do(administration.begin_session, "li", True, "10.0.0.7", "secret")
    with shop.read() as rows:
        assert people.session(rows, "secret", "2026").role == "kitchen"  # type: ignore[union-attr]
        assert b"secret" not in shop.value("SELECT hash FROM sessions")
    shop.do(administration.end_session, "secret")
    with shop.read() as rows:
        assert people.session(rows, "secret", "2026") is None


def test_a_programs_new_token_ends_its_old_one(shop: Shop) -> None:
    shop.do(administration.set_program, "till", "old")
    shop.do(administration.set_program, "till", "new")
    with shop.read() as rows:
        assert (people.program(rows, "old"), people.program(rows, "new")) == (None, "till")


# --- the journal's end ---


def fill(shop: Shop, count: int) -> int:
    for _ in range(count):
        shop.place()
    return int(shop.value("SELECT max(slot) FROM journal")) & journal.SEQ_MASK


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEEP_ALWAYS", 0)


def left(shop: Shop) -> list[int]:
    return [slot for (slot,) in shop.sql("SELECT slot FROM journal ORDER BY slot")]


@pytest.mark.usefixtures("nothing_kept")
def test_pruning_never_takes_what_the_cloud_has_not_nor_what_is_young(shop: Shop) -> None:
    last = fill(shop, 9)
    shop.do(sync.advance, 1, 5, {})
    assert shop.do(administration.prune, shop.now.ago(-1), 200) >= 4
    assert [slot & journal.SEQ_MASK for slot in left(shop)] == list(range(5, last + 1))
    shop.do(sync.advance, 1, last, {})
    assert shop.do(administration.prune, shop.now.ago(3600), 200) == 0


@pytest.mark.usefixtures("nothing_kept")
def test_an_epoch_that_waits_is_kept_although_a_younger_one_was_delivered(shop: Shop) -> None:
    """A restored box: epoch 1 still has a rest to send, epoch 2 has begun."""
    last = fill(shop, 5)
    shop.do(sync.advance, 1, 2, {})
    connection = shop.store.writer_connection
    connection.execute("UPDATE box SET epoch = '2-fghij', epoch_count = 2")
    connection.execute("INSERT INTO cursors VALUES ('cloud', 2, '2-fghij', 0)")
    assert fill(shop, 3) == 3
    shop.do(sync.advance, 2, 3, {})
    shop.do(administration.prune, shop.now.ago(-1), 200)
    assert left(shop)[:4] == [(1 << 40) | seq for seq in range(2, 6)]
    with shop.read() as rows:
        assert journal.oldest_behind(rows).epoch_count == 1
        document = Uplink().document(rows, shop.now)
    assert (document["epoch"], document["pending"]) == ("2-fghij", last - 2)
    assert shop.order(shop.place()).number.startswith("B")


@pytest.mark.usefixtures("nothing_kept")
def test_pruning_goes_on_while_there_is_more_and_then_rests_an_hour(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.housekeeping.PRUNE_AT_ONCE", 3)
    last = fill(shop, 12)
    shop.do(sync.advance, 1, last, {})
    shop.later(40 * 86400)
    part = Pruning(shop.store)
    looks = 0
    while len(left(shop)) > 1:
        wish = part.step(shop.now)
        shop.write()
        assert wish == shop.now.monotonic + PRUNE_AGAIN_S
        shop.later(PRUNE_AGAIN_S)
        looks += 1
        assert looks < 20
    assert looks >= 4
    while (wish := part.step(shop.now)) == shop.now.monotonic + PRUNE_AGAIN_S:
        shop.write()
        shop.later(PRUNE_AGAIN_S)
    assert wish is not None
    assert wish - shop.now.monotonic > PRUNE_EVERY_S - 10
    assert PRUNE_AT_ONCE == 200


def test_a_clock_that_was_never_set_prunes_nothing(shop: Shop) -> None:
    now = shop.now
    Pruning(shop.store).step(type(now)(now.utc, "guess", now.boot, now.monotonic))
    assert not shop.store.waiting


def test_housekeeping_is_one_part_that_wants_to_run_when_the_first_of_them_does(shop: Shop) -> None:
    shop.place("tofu")
    part = Housekeeping(shop.store, Uplink())
    wish = part.step(shop.now)
    shop.write()
    assert wish is not None
    assert shop.now.monotonic < wish <= shop.now.monotonic + 1


# --- the uplink's news ---


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("refused", "uplink_offline"), ("captive_portal", "uplink_portal"), ("cloud_error", "uplink_cloud_error"),
        ("unauthorized", "uplink_unauthorized"), ("untrusted", "uplink_untrusted"),
    ],
)  # fmt: skip
def test_each_reason_of_the_uplink_is_one_condition(shop: Shop, reason: str, code: str) -> None:
    shop.do(sync.uplink_changed, False, "refused")
    shop.do(sync.uplink_changed, False, reason)
    assert shop.conditions() == {(code, "cloud")}
    shop.do(sync.uplink_changed, True, None)
    assert shop.conditions() == set()


def test_every_reason_of_the_uplink_stands_in_its_page_and_no_other() -> None:
    raised = [
        constant.value
        for module in (cloud_https, cloud)
        for call in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(call, ast.Call) and call.args and ast.unparse(call.func) in ("Retry", "self._retry")
        for constant in ast.walk(call.args[0])
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    ]
    assert {"refused", "untrusted", "no_answer"} <= set(raised), "the search itself finds them"
    assert set(raised) >= set(sync.CONDITION_OF_REASON)
    page = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"/uplink` adds `\"reason\"`: `null ([\w ]+)`", page)
    assert set(listed.split()) == {*raised, "slow", uplink.NOT_YET, uplink.NOT_CONFIGURED}


def test_the_cursor_never_goes_back_and_poison_is_set_aside(shop: Shop) -> None:
    last = fill(shop, 3)
    shop.do(sync.advance, 1, last, {2: "no such dish"})
    shop.do(sync.advance, 1, 1, {})
    with shop.read() as rows:
        assert journal.cursors(rows)[0].applied_upto == last
        assert journal.dead_count(rows) == 1
    assert ("dead_letter", "2") in shop.conditions()
    shop.do(sync.bury, 99, "not there")
    assert shop.value("SELECT count(*) FROM dead_letters") == 1


def test_visits_and_checks_of_a_party_are_found(shop: Shop) -> None:
    order_id = shop.place()
    with shop.read() as rows:
        assert visits.checks_of(rows, shop.visit()) == [shop.order(order_id).check]
        assert visits.open_tables(rows) == {"1", "2", "包1"}
        assert ordering.visit_for_phone(rows, rules(), "1", shop.visit()).table == "1"
    assert cart().table_token == "token-1"


def test_a_printer_cannot_go_while_slips_wait_for_it(shop: Shop) -> None:
    shop.place("tofu")
    printer = shop.settings().stations[0].printer
    left = [p for p in shop.settings().printers if p.id != printer]
    stations = [msgspec.structs.replace(s, proof="screen", printer="") for s in shop.settings().stations]
    without = msgspec.structs.replace(shop.settings(), printers=left, stations=stations)
    with pytest.raises(Refused) as refused:
        shop.do(administration.import_settings, without, tokens([]))
    assert Fault("slips_left_behind", (("printer", printer),), {"count": 1}) in refused.value.detail["faults"]


def without_bar(shop: Shop) -> Any:
    """Settings whose bar is gone, after a menu that sends its tea to the wok."""

    def to_the_wok(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][1]["station"] = "wok"

    shop.do(administration.import_menu, menu(to_the_wok))
    stations = [s for s in shop.settings().stations if s.id != "bar"]
    return msgspec.structs.replace(shop.settings(), stations=stations)


def test_a_station_cannot_go_while_it_has_open_tickets(shop: Shop) -> None:
    first, second = shop.place("tea", "tofu"), shop.place("tea")
    new = without_bar(shop)
    with pytest.raises(Refused) as refused:
        shop.do(administration.import_settings, new, tokens([]))
    assert refused.value.detail["faults"] == [
        Fault("tickets_left_behind", (("station", "bar"),), {"count": 2, "station": "bar"})
    ]
    for order_id in (first, second):
        (ticket,) = [t for t in shop.order(order_id).tickets if t.station == "bar"]
        shop.act(ticket.id, "bump")
    assert shop.do(administration.import_settings, new, tokens([])) == 2


def test_a_station_that_is_forced_out_ends_its_tickets_and_says_who_did_it(shop: Shop) -> None:
    started, unseen = shop.place("tea", "tofu"), shop.place("tea")
    shop.act(next(t for t in shop.order(started).tickets if t.station == "bar").id, "start")
    shop.do(operations.unproven.call_for_ticket, shop.ticket(unseen).id)
    new = without_bar(shop)
    events = len(shop.events())
    assert shop.do(administration.import_settings, new, tokens([]), False, True) == 2
    with shop.read() as rows:
        assert {station for station, _, _ in tickets.open_ids(rows)} == {"wok"}
    assert shop.events()[events:] == ["order.ticket_bumped"] * 2
    for order_id in (started, unseen):
        (ticket,) = [t for t in shop.order(order_id).tickets if t.station == "bar"]
        assert (ticket.state, ticket.cleared_at, ticket.updated_by) == ("SERVED", shop.now.iso, "house")
        assert (ticket.shown_at is None) is (order_id == unseen), "nobody has said that a cook had it"
    assert shop.conditions() == set()
    with shop.read() as rows:
        counted = ledger.proof(rows, shop.now)
    [bar] = [one for shift in counted["shifts"] for one in shift["stations"] if one["station"] == "bar"]
    assert (counted["balanced"], bar["accepted"], bar["hand"], bar["asked"]) == (True, 2, 1, 1)


def test_the_end_of_a_visit_ends_what_a_paper_station_has_proven_and_nothing_else(shop: Shop) -> None:
    proven, waiting = shop.place("lamb", "tofu"), shop.place("lamb")
    grill = next(job for job in shop.jobs(proven) if job.station == "grill")
    for state in ("SENDING", "PRINTED"):
        shop.do(papers.take_result, "kitchen", PrintResult(grill.id, 1, state))
    shop.do(administration.close_table, "1")
    assert {t.station: t.state for t in shop.order(proven).tickets} == {"grill": "SERVED", "wok": "QUEUED"}
    assert [t.state for t in shop.order(waiting).tickets] == ["QUEUED"]
    assert shop.events()[-1] == "order.ticket_bumped"
    with shop.read() as rows:
        assert {station for station, _, _ in tickets.open_ids(rows)} == {"wok", "grill"}


def test_a_table_that_left_the_settings_can_still_be_closed(shop: Shop) -> None:
    table = shop.settings().tables()[0]
    areas = [msgspec.structs.replace(a, tables=[t for t in a.tables if t != table]) for a in shop.settings().areas]
    shop.do(administration.import_settings, msgspec.structs.replace(shop.settings(), areas=areas), tokens([]))
    assert shop.do(administration.close_table, table) == 1
    with pytest.raises(Refused, match="unknown_table"):
        shop.do(administration.close_table, table)


def test_a_printer_cannot_move_to_another_bridge_while_slips_wait_for_it(shop: Shop) -> None:
    shop.place("tofu")
    printer = shop.settings().stations[0].printer
    moved = [msgspec.structs.replace(p, bridge="b9") if p.id == printer else p for p in shop.settings().printers]
    with pytest.raises(Refused) as refused:
        shop.do(administration.import_settings, msgspec.structs.replace(shop.settings(), printers=moved), tokens([]))
    assert printer in str(refused.value.detail["faults"])


def test_what_leaves_the_settings_takes_its_alarms_along(shop: Shop) -> None:
    gone = msgspec.structs.replace(shop.settings().printers[0], id="old", bridge="b9")
    with_old = msgspec.structs.replace(shop.settings(), printers=[*shop.settings().printers, gone])
    before = shop.settings()
    shop.do(administration.import_settings, with_old, tokens([]))
    shop.do(operations.devices.take_bridge_state, "b9", BridgeState(False))
    shop.do(operations.devices.take_device_state, "old", DeviceState("offline", "b9", reasons=["unplugged"]))
    assert {("bridge_offline", "b9"), ("printer_offline", "old")} <= shop.conditions()
    shop.do(administration.import_settings, before, tokens([]))
    assert not {subject for _, subject in shop.conditions()} & {"b9", "old"}


def test_a_session_ends_by_itself_after_a_month(shop: Shop) -> None:
    shop.user("wang", "kitchen", "secret")
    shop.do(administration.begin_session, "wang", True, "10.0.0.7", "token")
    shop.later(SESSION_S - 60)
    with shop.read() as rows:
        assert people.session(rows, "token", shop.now.ago(SESSION_S))
    shop.later(120)
    with shop.read() as rows:
        assert people.session(rows, "token", shop.now.ago(SESSION_S)) is None


def test_the_last_will_of_a_bridge_that_was_removed_leaves_no_trace(shop: Shop) -> None:
    shop.do(devices.take_bridge_state, "gone", BridgeState(False))
    assert shop.conditions() == set()
    shop.do(devices.take_bridge_state, "new", BridgeState(True))
    shop.do(devices.take_bridge_state, "new", BridgeState(False))
    assert shop.conditions() == {("bridge_offline", "new")}  # one that has come is known, printers or not
