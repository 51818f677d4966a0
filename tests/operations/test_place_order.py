"""An order comes in: what is written, what is refused, what the same key answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import GUEST, Shop, cart, menu, open_shop, rules, staff_cart

from gateway.contract.messages import MAX_PAYLOAD, PrintCommand
from gateway.domain import documents
from gateway.domain.errors import Refused
from gateway.domain.order import MAX_DOCUMENT, MAX_LINES, MAX_NOTE, Cart, StaffCart
from gateway.operations import administration, ordering
from gateway.operations.slips import slip_for
from gateway.store import Store, journal, keys, visits


def refused(shop: Shop, wanted: Any, code: str, **more: Any) -> Refused:
    """Places it and expects this refusal, which leaves no row behind."""
    before = rows_of(shop)
    place = shop.staff_places if isinstance(wanted, StaffCart) else shop.placed
    with pytest.raises(Refused) as caught:
        place(wanted, **more)
    assert caught.value.code == code
    assert rows_of(shop) == before
    return caught.value


def rows_of(shop: Shop) -> list[Any]:
    names = ("orders", "lines", "tickets", "jobs", "journal", "keys", "checks", "counters", "conditions")
    return [shop.value(f"SELECT count(*) FROM {name}") for name in names]


def test_one_order_writes_its_tickets_papers_and_one_event(shop: Shop) -> None:
    order = shop.order(
        shop.place("tofu", "tea", "lamb", "tofu", note=" no rush\n", covers=4, allergies=["peanut", "peanut", " "])
    )
    assert (order.number, order.status, order.total, order.covers) == ("A001", "PLACED", 2800 * 2 + 500 + 1200, 4)
    assert (order.note, order.allergies, order.addition) == ("no rush", ["peanut"], False)
    assert [(t.station, t.state, t.proof) for t in order.tickets] == [
        ("wok", "QUEUED", "both"), ("bar", "QUEUED", "screen"), ("grill", "QUEUED", "paper"),
    ]  # fmt: skip
    assert [line.ticket for line in order.lines] == [order.tickets[i].id for i in (0, 1, 2, 0)]
    # The bar works from its screen: no paper unless nobody draws it.
    assert [(j.station, j.printer, j.copy, j.state, j.number) for j in shop.jobs(order.id)] == [
        ("wok", "kitchen", 1, "QUEUED", 1), ("grill", "kitchen", 1, "QUEUED", 1),
    ]  # fmt: skip
    assert shop.events()[-1] == "order.placed"
    with shop.read() as rows:
        entry = journal.at(rows, journal.last_slot(rows))
        assert entry is not None
        data = msgspec.json.decode(entry.data)
        assert visits.get(rows, order.visit).covers == 4  # type: ignore[union-attr]
    assert data["order"]["lines"][3]["name"]["en"] == "Mapo tofu"
    assert data["change"] == {
        "kind": "placed",
        "by": "guest a phone",
        "device": "",
        "tickets": [t.id for t in order.tickets],
    }


def test_an_order_is_read_back_as_it_was_told(shop: Shop) -> None:
    """What the journal carried at the moment is what the rows say later, with all choices."""
    lines = [
        {"item": "chicken", "variant": "half", "quantity": 2, "modifiers": ["hot", "no-nuts", "nuts"], "note": "少油"},
        {"item": "tea"},
    ]
    order_id = shop.placed(cart(lines=lines)).answer["id"]
    from gateway.domain import documents

    with shop.read() as rows:
        entry = journal.at(rows, journal.last_slot(rows))
        assert entry is not None
        assert documents.order_document(shop.order(order_id)) == msgspec.json.decode(entry.data)["order"]


def test_the_second_order_of_a_visit_is_an_addition_on_the_same_check(shop: Shop) -> None:
    first, second = shop.order(shop.place()), shop.order(shop.place("tea"))
    assert (first.addition, second.addition) == (False, True)
    assert first.check == second.check
    with shop.read() as rows:
        check = visits.check(rows, first.check)
    assert check is not None
    assert (check.total, check.state) == (3300, "OPEN")
    assert shop.order(shop.place(table="2")).check != first.check
    for order, says_so in ((first, False), (shop.order(shop.place()), True)):
        assert slip_for(order, shop.jobs(order.id)[0], shop.settings()).addition is says_so


def test_names_and_prices_stay_as_they_were_sold(shop: Shop) -> None:
    order_id = shop.place("tofu")

    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0].update(price=9900, name={"en": "Golden tofu"})

    shop.do(administration.import_menu, menu(dearer))
    line = shop.order(order_id).lines[0]
    assert (line.unit_price, line.name["en"]) == (2800, "Mapo tofu")


# --- refusals ---


def test_unknown_table(shop: Shop) -> None:
    refused(shop, cart(table="99"), "unknown_table", visit=None)


def test_a_closed_table_and_a_cookie_of_a_former_party(shop: Shop) -> None:
    former = shop.visit()
    shop.do(administration.close_table, "1")
    refused(shop, cart(), "table_closed", visit=former)
    refused(shop, cart(), "table_closed", visit=None)
    shop.do(administration.open_table, "1", 2)
    refused(shop, cart(), "table_closed", visit=former)
    refused(shop, cart(), "table_closed", visit="forged")
    assert shop.place()


def test_the_cookie_of_another_table_opens_nothing(shop: Shop) -> None:
    refused(shop, cart(table="1"), "table_closed", visit=shop.visit("2"))


def test_without_the_guard_a_phone_without_a_cookie_may_order_but_a_wrong_cookie_may_not(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, rules(guards={"need_guest_cookie": False}))
    assert shop.placed(cart(), visit=None).answer["number"] == "A001"
    refused(shop, cart(), "table_closed", visit="forged")
    shop.close()


def test_paused_ordering_says_when_to_come_back(shop: Shop) -> None:
    shop.do(administration.set_paused, True, "too full")
    refusal = refused(shop, cart(), "ordering_paused")
    assert (refusal.retry_after_s, refusal.detail["reason"]) == (60, "too full")
    assert shop.staff_places(staff_cart()).answer["number"] == "A001"  # staff go on
    shop.do(administration.set_paused, False, "")
    assert shop.place()


def test_sold_out_by_the_menu_and_by_a_cook(shop: Shop) -> None:
    assert refused(shop, cart("fish"), "sold_out").detail["lines"] == [{"index": 0, "item": "fish"}]
    shop.do(administration.set_sold_out, "tea", True)
    assert refused(shop, cart("tofu", "tea"), "sold_out").detail["lines"] == [{"index": 1, "item": "tea"}]
    shop.do(administration.set_sold_out, "tea", False)
    assert shop.place("tea")


def test_changed_prices_are_shown_before_they_are_asked_for(shop: Shop) -> None:
    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0]["price"] = 3000

    shop.do(administration.import_menu, menu(dearer))
    refusal = refused(shop, cart("tofu", menu_revision=1), "price_changed")
    assert refusal.detail == {"menu_revision": 2, "lines": [{"index": 0, "item": "tofu", "old": 2800, "new": 3000}]}
    assert shop.place("tea", menu_revision=1)  # what costs the same is not asked again
    assert shop.place("tofu", menu_revision=2)
    assert shop.place("tofu")  # a phone that never said what it saw
    assert refused(shop, cart("tofu", menu_revision=7), "invalid").detail["field"] == "menu_revision"


def test_the_largest_order_fits_into_the_brokers_messages_and_a_larger_one_is_refused(shop: Shop) -> None:
    def of_length(note: int) -> Cart:
        chosen = {"variant": "whole", "modifiers": ["hot", "nuts", "no-nuts"]}
        line = {"item": "chicken", "quantity": 99, "note": "辣" * note} | chosen
        return msgspec.convert({"table_token": "token-1", "lines": [line] * MAX_LINES}, Cart)

    note = next(n for n in range(MAX_NOTE, 0, -1) if not too_long(shop, of_length(n)))
    assert 20 <= note < MAX_NOTE
    order = shop.order(shop.placed(of_length(note)).answer["id"])
    document = documents.order_document(order)
    assert MAX_DOCUMENT * 0.95 < len(msgspec.json.encode(document)) <= MAX_DOCUMENT
    for ticket, job in zip(order.tickets, shop.jobs(order.id), strict=True):
        slip = slip_for(order, job, shop.settings())
        for message in (documents.ticket_document(document, ticket.id, {}), PrintCommand("print", job.id, 1, slip)):
            assert len(msgspec.json.encode(message)) < MAX_PAYLOAD - 8 * 1024


def too_long(shop: Shop, wanted: Cart) -> bool:
    try:
        shop.placed(wanted)
    except Refused as refusal:
        return refusal.detail == {"field": "lines", "reason": "too_long"}
    return False


def test_a_flood_from_one_table_is_held_back_for_ten_minutes(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, rules(guards={"orders_per_10_min": 2}))
    shop.place()
    shop.later(300)
    shop.place()
    assert (refused(shop, cart(), "too_many").retry_after_s or 0) > 0
    assert shop.place(table="2")
    shop.later(301)
    assert shop.place()
    shop.close()


def test_a_clock_that_is_set_back_does_not_hold_a_table_back_for_longer(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, rules(guards={"orders_per_10_min": 2}))
    shop.place()
    shop.place()
    shop.set_by = timedelta(hours=-1)
    shop.later(599)
    refused(shop, cart(), "too_many")
    shop.later(2)
    assert shop.place()
    shop.close()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"note": "\x1b"}, "note"),
        ({"allergies": ["ok", "\u202e"]}, "allergies[1]"),
        ({"lines": [{"item": "x"}]}, "lines[0].item"),
    ],
)
def test_the_first_field_at_fault_is_named(shop: Shop, more: dict[str, Any], field: str) -> None:
    assert refused(shop, cart(**more), "invalid").detail["field"] == field


def test_more_stations_than_an_order_can_hold(tmp_path: Path) -> None:
    stations = [{"id": f"s{n}", "name": {"en": "S"}, "proof": "screen"} for n in range(17)]

    def wide(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"] = [
            {"id": s["id"], "name": {"en": "D"}, "price": 1, "station": s["id"]} for s in stations
        ]

    shop = open_shop(tmp_path, rules(stations=stations, default_station="", printers=[]), menu(wide))
    items = [s["id"] for s in stations]
    assert refused(shop, cart(*items), "invalid").detail["reason"] == "too_many_stations"
    assert len(shop.order(shop.place(*items[:16])).tickets) == 16
    shop.close()


def test_a_box_without_settings_or_menu_refuses_in_words(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    with pytest.raises(Refused, match="not_set_up"):
        shop.placed(cart(), visit=None)
    with pytest.raises(Refused) as no_settings:
        shop.do(administration.import_menu, menu())
    assert [fault.code for fault in no_settings.value.detail["faults"]] == ["settings_first"]
    shop.do(administration.found_box, "demo", "box1", "abcde", b"s" * 32)
    shop.do(administration.import_settings, rules(), iter(["token-1", "b", "c"]), True)
    with pytest.raises(Refused, match="ordering_paused"):
        shop.placed(cart())
    shop.close()


# --- idempotency ---


def test_the_same_key_gets_the_same_answer_and_one_order(shop: Shop) -> None:
    first = shop.placed(cart(), "k1")
    again = shop.placed(cart(), "k1")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.answer == first.answer
    assert shop.value("SELECT count(*) FROM orders") == 1


def test_twenty_at_once_are_one_order(shop: Shop) -> None:
    body = keys.fingerprint(b"same")
    pending = [shop.submit(ordering.place_order, cart(), "k1", body, shop.visit(), actor=GUEST) for _ in range(20)]
    shop.write()
    answers = [p.result(0) for p in pending]
    assert len({msgspec.json.encode(a.answer) for a in answers}) == 1
    assert [a.replayed for a in answers].count(False) == 1


def test_the_former_answer_stays_what_it_was_whatever_happened_since(shop: Shop) -> None:
    first = shop.placed(cart(), "k1")
    shop.act(shop.ticket(first.answer["id"]).id, "bump")
    shop.do(administration.close_table, "1")
    assert shop.placed(cart(), "k1", visit=None).answer == first.answer


def test_a_key_with_another_body_is_refused(shop: Shop) -> None:
    shop.placed(cart(), "k1")
    with pytest.raises(Refused, match="idempotency_key_reused"):
        shop.placed(cart("tea"), "k1")


def test_after_a_refusal_the_key_is_free(shop: Shop) -> None:
    refused(shop, cart("fish"), "sold_out", key="k1")
    assert shop.placed(cart("tea"), "k1").answer["number"] == "A001"


def test_keys_live_as_long_as_their_events_and_no_longer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEEP_ALWAYS", 0)
    shop.placed(cart(), "old")
    shop.later(86400)
    shop.placed(cart(), "new")
    with shop.read() as rows:
        last = journal.last_slot(rows) & journal.SEQ_MASK
    with_cursor(shop, last)
    before = shop.now.ago(3600)
    shop.do(administration.prune, before, 200)
    # The event is gone, and its key with it: then it is another order, not a fault.
    assert shop.placed(cart(), "new").replayed
    assert not shop.placed(cart(), "old").replayed


def with_cursor(shop: Shop, upto: int) -> None:
    from gateway.operations import sync

    shop.do(sync.advance, 1, upto, {})


# --- staff and programs ---


def test_a_paid_order_is_never_refused_for_price_or_stock_and_raises_a_condition(shop: Shop) -> None:
    wanted = staff_cart(
        type="delivery", table=None, source="app", external_id="X-1", pickup_no="88", due_at="12:30",
        prepaid={"amount": 9900, "method": "app", "reference": "r1"},
        lines=[
            {"item": "fish", "quantity": 2}, {"item": "moon-cake", "price": 100},
            {"item": "chicken", "variant": "half", "modifiers": ["hot"]},
        ],
    )  # fmt: skip
    order = shop.order(shop.staff_places(wanted).answer["id"])
    assert [(line.item, line.station) for line in order.lines] == [
        ("fish", "wok"),
        ("moon-cake", "wok"),
        ("chicken", "wok"),
    ]
    assert order.lines[2].variant.id == "half"
    assert (order.visit, order.table, order.prepaid.amount, order.pickup_no, order.type) == (
        None,
        "",
        9900,
        "88",
        "delivery",
    )
    assert ("unknown_item", order.number) in shop.conditions()


@pytest.mark.parametrize("paid", [{"prices": "given"}, {"prepaid": {"amount": 2800, "method": "app"}}])
def test_staff_too_are_told_a_changed_price_unless_it_was_paid_elsewhere(shop: Shop, paid: dict[str, Any]) -> None:
    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0]["price"] = 3000

    shop.do(administration.import_menu, menu(dearer))
    refusal = refused(shop, staff_cart(menu_revision=1), "price_changed")
    assert refusal.detail == {"menu_revision": 2, "lines": [{"index": 0, "item": "tofu", "old": 2800, "new": 3000}]}
    assert refused(shop, staff_cart(menu_revision=7), "invalid").detail["field"] == "menu_revision"
    assert shop.staff_places(staff_cart(menu_revision=2))
    assert shop.staff_places(staff_cart())
    for revision in (1, 7):
        assert shop.staff_places(staff_cart(menu_revision=revision, **paid))


def test_a_given_order_survives_its_own_unknown_choices(shop: Shop) -> None:
    wanted = staff_cart(
        prices="given", lines=[{"item": "tofu", "price": 1, "variant": "family", "modifiers": ["gold"]}]
    )
    order = shop.order(shop.staff_places(wanted).answer["id"])
    assert [m.name["und"] for m in order.lines[0].modifiers] == ["family", "gold"]
    assert order.total == 1


@pytest.mark.parametrize("source", ["app", ""])
def test_the_same_external_id_is_the_same_order_under_any_key(shop: Shop, source: str) -> None:
    first = shop.staff_places(staff_cart(source=source, external_id="X-1"), "k1")
    second = shop.staff_places(staff_cart(source=source, external_id="X-1"), "k2")
    assert (second.replayed, second.answer) == (True, first.answer)
    assert shop.value("SELECT count(*) FROM orders") == 1
    assert not shop.staff_places(staff_cart(source="other", external_id="X-1")).replayed


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"table": None}, "invalid", "table"),
        ({"table": "99"}, "unknown_table", None),
        ({"table": None, "table_token": "nonsense"}, "unknown_table", None),
        ({"lines": [{"item": "fish"}]}, "sold_out", None),
        ({"lines": [{"item": "pizza"}]}, "invalid", "lines[0].item"),
        ({"pickup_no": "\x1b@"}, "invalid", "pickup_no"),
        ({"external_id": "\x00"}, "invalid", "external_id"),
        ({"note": "\x00"}, "invalid", "note"),
    ],
)
def test_staff_are_refused_what_cannot_be(shop: Shop, change: dict[str, Any], code: str, field: str | None) -> None:
    assert refused(shop, staff_cart(**change), code).detail.get("field") == field


def test_staff_need_an_open_table_too_and_may_name_it_by_its_sticker(shop: Shop) -> None:
    placed = shop.staff_places(staff_cart(table=None, table_token="token-2"))
    assert shop.order(placed.answer["id"]).table == "2"
    shop.do(administration.close_table, "2")
    refused(shop, staff_cart(table="2"), "table_closed")


# --- numbers and days ---


def test_the_business_day_begins_at_the_cut_and_never_goes_back_with_a_clock_that_may_be_wrong(shop: Shop) -> None:
    assert shop.order(shop.place()).day == "2026-11-23"
    shop.later(16 * 3600)  # 03:30 in the morning in Shanghai: still the evening before
    late = shop.order(shop.place())
    assert (late.day, late.number) == ("2026-11-23", "A002")
    shop.later(3600)
    fresh = shop.order(shop.place())
    assert (fresh.day, fresh.number) == ("2026-11-24", "A001")
    shop.passed = -86400.0
    shop.grade = "holdover"
    assert shop.order(shop.place()).day == "2026-11-24"
    assert shop.sql("SELECT day FROM business_days WHERE closed_at IS NULL") == [("2026-11-24",)]


def test_a_right_clock_ends_the_day_that_a_wrong_one_began_and_goes_on_with_the_numbers(shop: Shop) -> None:
    shop.place()
    shop.passed, shop.grade = 80 * 365 * 86400.0, "holdover"
    assert shop.order(shop.place()).day.startswith("2106-")
    shop.passed, shop.grade = 60.0, "ntp"
    order = shop.order(shop.place())
    assert (order.day, order.number) == ("2026-11-23", "A002")
    assert shop.sql("SELECT day FROM business_days WHERE closed_at IS NULL") == [("2026-11-23",)]


def test_slip_numbers_run_by_station(shop: Shop) -> None:
    orders = [shop.place("tofu", "lamb"), shop.place("lamb"), shop.place("tofu")]
    numbers = [[(j.station, j.number) for j in shop.jobs(order)] for order in orders]
    assert numbers == [[("wok", 1), ("grill", 1)], [("grill", 2)], [("wok", 2)]]


def test_nothing_is_lost_when_the_process_ends(shop: Shop) -> None:
    first = shop.placed(cart(), "k1")
    shop.store.close()
    shop.store = Store(shop.folder / "gateway.db")
    shop.writer = type(shop.writer)(shop.store, shop.ids())
    assert shop.placed(cart(), "k1").answer == first.answer
    assert shop.order(shop.place()).number == "A002"
