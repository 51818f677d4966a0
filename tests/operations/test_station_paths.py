"""What no order reaches is not sold: after a minute, by itself, and it comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, SETTINGS, Shop, cart, name, open_shop, rules, staff_cart, tokens

from gateway.contract.messages import BridgeState, DeviceState
from gateway.domain.errors import Refused
from gateway.operations import administration, devices, kitchen, printers
from gateway.operations.station_paths import DEAD_S, paths
from gateway.station_watch import LOOK_EVERY_S, StationWatch
from gateway.store import NotDone
from gateway.web import views

WOK, BAR, GRILL = SETTINGS["stations"]
"""`both` at the kitchen's printer, `screen` with the counter's to fall back on, `paper` at the kitchen's."""

LONG = DEAD_S + 2 * LOOK_EVERY_S
"""By then a path that dies now has been seen dead for `DEAD_S`, and seen to be."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Any]:
    made: Any = open_shop(tmp_path / "shop")
    begin(made)
    yield made
    made.close()


def begin(shop: Any) -> None:
    """Its watch, and screens that come and go as the hub sees them."""
    shop.screens = set()
    shop.watch = StationWatch(shop.store, lambda _: shop.screens)


def printer_is(shop: Shop, printer: str, status: str, *reasons: str) -> None:
    shop.do(devices.take_device_state, printer, DeviceState(status, "bridge-1", reasons=list(reasons)))  # type: ignore[arg-type]


def all_printers_are(shop: Shop, status: str) -> None:
    for printer in ("kitchen", "counter"):
        printer_is(shop, printer, status)


def passes(shop: Any, seconds: float) -> None:
    """Time, with the watch asked each second, as by a busy house; it looks as often as it wants."""
    end = shop.passed + seconds
    while shop.passed < end:
        shop.later(min(1.0, end - shop.passed))
        wish = shop.watch.step(shop.now)
        shop.write()
        assert shop.now.monotonic < wish <= shop.now.monotonic + LOOK_EVERY_S


def on_the_menu(shop: Shop, table: str | None = "1") -> set[str]:
    """What guests can order."""
    with shop.read() as rows:
        document = views.menu_document(rows, table, shop.now)
    return {i["id"] for c in document["categories"] for i in c["items"] if not (i["sold_out"] or i["suspended"])}


def tag(shop: Shop, table: str = "1") -> str:
    with shop.read() as rows:
        return views.menu_answer(rows, table, {}, shop.now).tag


def cut_off(shop: Shop) -> set[str]:
    return {subject for code, subject in shop.conditions() if code == "station_cut_off"}


def told(shop: Shop, station: str) -> dict[str, Any]:
    with shop.read() as rows:
        found = [c for c in views.condition_list(rows, shop.store, shop.now) if c["code"] == "station_cut_off"]
    return next(c for c in found if c["station"] == station)


ALL = {"tofu", "tea", "lamb", "chicken"}


def test_a_station_that_nothing_reaches_for_a_minute_is_not_sold_and_the_rest_is(shop: Any) -> None:
    before = tag(shop)
    printer_is(shop, "kitchen", "offline", "unplugged")
    passes(shop, DEAD_S - 1)
    assert (on_the_menu(shop), cut_off(shop), tag(shop)) == (ALL, set(), before)
    passes(shop, LONG - DEAD_S + 1)
    assert (on_the_menu(shop), cut_off(shop)) == ({"tea"}, {"station/wok", "station/grill"})
    assert tag(shop) != before, "phones that ask whether the menu has changed are told"
    shop.place("tea")
    for items, gone in ((("tofu",), [0]), (("tea", "lamb", "tofu"), [1, 2])):
        with pytest.raises(Refused, match="not_served_now") as told:
            shop.place(*items)
        assert told.value.detail["lines"] == [{"index": n, "item": items[n]} for n in gone]
    printer_is(shop, "kitchen", "online")
    passes(shop, LOOK_EVERY_S)
    assert (on_the_menu(shop), cut_off(shop), tag(shop)) == (ALL, set(), before)
    shop.place("tofu", "lamb")
    assert [e for e in shop.events() if e.startswith("station.")] == ["station.suspended"] * 2 + ["station.resumed"] * 2


def test_a_path_that_dies_for_a_shorter_time_changes_nothing_however_often(shop: Any) -> None:
    """The negative control: six deaths of fifty seconds are five minutes in all, and none of them a minute."""
    before = tag(shop)
    for _ in range(6):
        printer_is(shop, "kitchen", "offline", "unplugged")
        passes(shop, 50)
        printer_is(shop, "kitchen", "online")
        passes(shop, 10)
    assert (on_the_menu(shop), cut_off(shop), tag(shop)) == (ALL, set(), before)
    assert not [e for e in shop.events() if e.startswith("station.")]


def test_staff_may_order_it_all_the_same_and_what_was_sold_elsewhere_is_never_lost(shop: Any) -> None:
    printer_is(shop, "kitchen", "offline")
    passes(shop, LONG)
    assert shop.staff_places(staff_cart("tofu")).answer["status"] == "PLACED"
    given = staff_cart("lamb", prices="given", type="takeaway", table=None)
    assert shop.staff_places(given).answer["status"] == "PLACED"
    with pytest.raises(Refused, match="not_served_now"):
        shop.place("tofu")


def test_an_order_that_was_placed_before_is_not_touched_and_its_key_still_answers(shop: Any) -> None:
    wanted = cart("tofu")
    placed = shop.placed(wanted, "a-key")
    was = shop.order(placed.answer["id"])
    printer_is(shop, "kitchen", "offline")
    passes(shop, LONG)
    assert shop.order(placed.answer["id"]) == was
    again = shop.placed(wanted, "a-key")
    assert (again.replayed, again.answer) == (True, placed.answer)


@pytest.mark.parametrize(
    ("proof", "screen", "printer", "lives"),
    [
        ("both", False, "offline", False), ("both", True, "offline", True), ("both", False, "online", True),
        ("screen", False, "offline", False), ("screen", True, "offline", True), ("screen", False, "online", True),
        ("paper", False, "offline", False), ("paper", True, "offline", False), ("paper", True, "online", True),
        ("both", False, "blocked", False), ("both", False, "degraded", True), ("both", False, "unknown", True),
        ("paper", False, "unknown", True), ("screen", False, "", True),
    ],
)  # fmt: skip
def test_a_path_is_a_screen_that_is_there_or_a_printer_that_prints_or_may(
    tmp_path: Path, proof: str, screen: bool, printer: str, lives: bool
) -> None:
    shop = open_shop(tmp_path / "shop", rules(stations=[WOK | {"proof": proof}, BAR, GRILL]))
    if printer:
        printer_is(shop, "kitchen", printer)
    with shop.read() as rows:
        found = paths(rows, shop.settings(), {"wok"} if screen else set(), shop.now)
    shop.close()
    assert {path.station: path.lives for path in found}["wok"] is lives


def test_a_backup_that_may_print_keeps_a_station_open(tmp_path: Path) -> None:
    shop: Any = open_shop(tmp_path / "shop", rules(stations=[WOK | {"backups": ["counter"]}, BAR, GRILL]))
    begin(shop)
    printer_is(shop, "kitchen", "blocked", "paper_out")
    passes(shop, LONG)
    assert on_the_menu(shop) == {"tofu", "tea", "chicken"}, "the grill has no other printer"
    printer_is(shop, "counter", "offline")
    passes(shop, LONG)
    assert on_the_menu(shop) == set()
    shop.screens = {"wok"}
    passes(shop, LOOK_EVERY_S)
    assert on_the_menu(shop) == {"tofu", "chicken"}
    shop.close()


def bridge_is(shop: Shop, online: bool) -> None:
    shop.do(devices.take_bridge_state, "bridge-1", BridgeState(online, 1, "boot"))


@pytest.mark.parametrize("what", ["bridge", "broker", "paused"])
def test_a_printer_that_no_slip_can_reach_is_no_path(shop: Any, what: str) -> None:
    bridge_is(shop, True)
    all_printers_are(shop, "online")
    if what == "bridge":
        bridge_is(shop, False)
    elif what == "broker":
        shop.do(devices.raise_condition, "broker_down", "broker")
    else:
        for printer in ("kitchen", "counter"):
            shop.do(printers.pause, printer, actor=COOK)
    passes(shop, LONG)
    assert on_the_menu(shop) == set()
    if what == "bridge":
        bridge_is(shop, True)
    elif what == "broker":
        shop.do(devices.clear_condition, "broker_down", "broker")
    else:
        for printer in ("kitchen", "counter"):
            shop.do(printers.resume, printer, actor=COOK)
    passes(shop, LOOK_EVERY_S)
    assert on_the_menu(shop) == ALL


def test_a_restart_keeps_what_is_suspended_and_begins_to_count_what_was_not_yet(shop: Any) -> None:
    printer_is(shop, "kitchen", "offline")
    passes(shop, LONG)
    printer_is(shop, "counter", "offline")
    passes(shop, DEAD_S - 4)
    shop.again()
    begin(shop)
    assert (on_the_menu(shop), cut_off(shop)) == ({"tea"}, {"station/wok", "station/grill"})
    passes(shop, DEAD_S - 1)
    assert on_the_menu(shop) == {"tea"}, "a start closes nothing by itself"
    passes(shop, LONG - DEAD_S + 1)
    assert on_the_menu(shop) == set()
    all_printers_are(shop, "online")
    passes(shop, LOOK_EVERY_S)
    assert (on_the_menu(shop), cut_off(shop)) == (ALL, set())


def test_a_display_on_the_broker_is_believed_until_it_leaves_a_ticket_undrawn(shop: Any) -> None:
    """Nobody can see it leave: only a ticket that it does not draw tells."""
    order_id = shop.place("tea")
    ticket = shop.ticket(order_id)
    shop.do(kitchen.rendered, ticket.id, "wall", "k1", ticket.version, "bar", actor=COOK)
    all_printers_are(shop, "offline")
    passes(shop, 3 * DEAD_S)
    assert on_the_menu(shop) == {"tea"}
    late = shop.place("tea")
    passes(shop, DEAD_S - 1)
    assert on_the_menu(shop) == {"tea"}
    passes(shop, LONG)
    assert on_the_menu(shop) == set()
    shop.do(kitchen.rendered, shop.ticket(late).id, "wall", "k2", shop.ticket(late).version, "bar", actor=COOK)
    passes(shop, LOOK_EVERY_S)
    assert on_the_menu(shop) == {"tea"}


def test_a_station_that_leaves_the_settings_is_suspended_no_more(shop: Any) -> None:
    printer_is(shop, "kitchen", "offline")
    passes(shop, LONG)
    assert cut_off(shop) == {"station/wok", "station/grill"}
    tea = msgspec.structs.replace
    with shop.read() as rows:
        current = views.settings.current_menu(rows)
    (every,) = current[1].categories
    kept = [tea(item, station="bar") for item in every.items]
    shop.do(administration.import_menu, tea(current[1], categories=[tea(every, items=kept)]))
    shop.do(administration.import_settings, rules(stations=[WOK, BAR]), tokens([]))
    passes(shop, LOOK_EVERY_S)
    assert cut_off(shop) == {"station/wok"}


def test_only_the_tables_of_an_area_whose_printers_live_go_on(tmp_path: Path) -> None:
    terrace = {"id": "terrace", "bridge": "bridge-1", "port": "loop://"}
    areas = [*SETTINGS["areas"], {"id": "outside", "name": name("露台", "Terrace"), "tables": ["9"]}]
    grill = GRILL | {"areas": [{"area": "outside", "printer": "terrace"}]}
    change = {"stations": [WOK, BAR, grill], "printers": [*SETTINGS["printers"], terrace], "areas": areas}
    shop: Any = open_shop(tmp_path / "shop", rules(**change))
    begin(shop)
    printer_is(shop, "kitchen", "offline")
    passes(shop, LONG)
    assert (on_the_menu(shop, "1"), on_the_menu(shop, "9")) == ({"tea"}, {"tea", "lamb"})
    shop.place("lamb", table="9")
    with pytest.raises(Refused, match="not_served_now"):
        shop.place("lamb", table="1")
    first = told(shop, "grill")
    assert first["title"]["zh-Hans"].startswith("烧烤（大堂、外带）收不到单"), "not the terrace"
    assert first["title"]["en"].startswith("Grill (Hall, take-away) gets no orders")
    printer_is(shop, "terrace", "offline")
    passes(shop, LONG)
    assert on_the_menu(shop, "9") == {"tea"}
    assert told(shop, "grill")["title"]["zh-Hans"].startswith("烧烤收不到单"), "now it is all of them"
    assert told(shop, "grill")["since"] == first["since"]
    printer_is(shop, "terrace", "online")
    passes(shop, LOOK_EVERY_S)
    assert told(shop, "grill")["title"] == first["title"]
    assert (on_the_menu(shop, "9"), cut_off(shop)) == ({"tea", "lamb"}, {"station/wok", "station/grill"})
    printer_is(shop, "kitchen", "online")
    passes(shop, LOOK_EVERY_S)
    assert cut_off(shop) == set()
    shop.close()


def test_a_route_around_a_dead_station_keeps_its_dish_on_the_menu(tmp_path: Path) -> None:
    routes = [{"items": ["tofu"], "from": "12:00", "until": "13:00", "station": "bar"}]
    shop: Any = open_shop(tmp_path / "shop", rules(routes=routes))
    begin(shop)
    printer_is(shop, "kitchen", "offline")
    passes(shop, LONG)
    assert on_the_menu(shop) == {"tea"}
    before = tag(shop)
    shop.later(1800)
    assert on_the_menu(shop) == {"tea", "tofu"}, "it is noon"
    assert tag(shop) != before
    shop.place("tofu")
    shop.close()


def test_a_full_disk_is_asked_again(shop: Any) -> None:
    """What the store did not take is submitted at a later look."""
    printer_is(shop, "kitchen", "offline")
    shop.watch.step(shop.now)
    shop.later(DEAD_S + 1)
    shop.watch.step(shop.now)
    waiting = list(shop.store.waiting)
    assert len(waiting) == 2
    shop.watch.step(shop.now)
    assert list(shop.store.waiting) == waiting, "once at a time"
    shop.store.waiting.clear()
    for pending in waiting:
        pending.fail(NotDone("storage_full"))
    passes(shop, LOOK_EVERY_S)
    assert cut_off(shop) == {"station/wok", "station/grill"}


def test_the_condition_names_the_station_and_says_what_to_do(shop: Any) -> None:
    printer_is(shop, "kitchen", "offline")
    passes(shop, LONG)
    assert cut_off(shop) == {"station/wok", "station/grill"}
    wok = told(shop, "wok")
    assert (wok["title"]["zh-Hans"][:2], wok["title"]["en"][:3], wok["severity"]) == ("炒锅", "Wok", "now")
    assert all(wok["advice"].values())
