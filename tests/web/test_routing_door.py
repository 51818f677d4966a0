"""`GET /api/v1/routing`, what the hub knows of screens, and what phones are told of a station that no order reaches."""

from __future__ import annotations

from typing import Any

from doors import Doors
from store.shop import COOK, SETTINGS, Shop, rules, tokens

from gateway.contract.messages import DeviceState
from gateway.operations import administration, devices, kitchen, station_paths


def do(doors: Doors, operation: Any, *args: Any) -> Any:
    """As a bridge or the house does it; the doors' own writer carries it out."""
    return doors.shop.store.submit(operation, COOK, *args).result(5)


def printer_is(doors: Doors, printer: str, status: Any) -> None:
    do(doors, devices.take_device_state, printer, DeviceState(status, "bridge-1"))


def routing(doors: Doors) -> dict[str, Any]:
    answer = doors.program("GET", "/api/v1/routing")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def test_routing_is_for_who_is_logged_in(doors: Doors) -> None:
    assert doors.page("GET", "/api/v1/routing").status_code == 401
    doors.as_role("kitchen")
    assert doors.page("GET", "/api/v1/routing").status_code == 200


def test_each_dish_is_listed_with_the_stations_that_its_orders_go_to(doors: Doors) -> None:
    routes = [
        {"items": ["tofu"], "order_types": ["takeaway"], "station": "grill"},
        {"items": ["tea"], "from": "22:00", "until": "02:00", "areas": ["hall"], "station": "wok"},
    ]
    do(doors, administration.import_settings, rules(routes=routes), tokens([]))
    items = {item["id"]: item["stations"] for item in routing(doors)["items"]}
    whole = {"order_types": [], "areas": [], "from": "", "until": ""}
    assert items["lamb"] == [{"station": "grill"} | whole]
    assert items["tofu"] == [
        {"station": "wok"} | whole | {"order_types": ["dine_in", "delivery"]},
        {"station": "grill"} | whole | {"order_types": ["takeaway"]},
    ]
    night, carried = {"from": "22:00", "until": "02:00"}, {"order_types": ["takeaway", "delivery"]}
    assert items["tea"] == [
        {"station": "bar"} | whole | {"from": "02:00", "until": "22:00"},
        {"station": "wok"} | whole | night | {"order_types": ["dine_in"]},  # the hall is all that there is
        {"station": "wok"} | whole | night | carried | {"areas": ["hall"]},
        {"station": "bar"} | whole | night | carried | {"areas": [""]},
    ]


def test_every_dish_has_a_live_station_or_is_named(doors: Doors) -> None:
    assert routing(doors)["wrong"] == []
    printer_is(doors, "kitchen", "offline")
    found = routing(doors)
    assert [fault["code"] for fault in found["wrong"]] == ["station_cut_off"] * 2
    wok, grill = (fault["words"] for fault in found["wrong"])
    assert wok["en"] == "station 'wok': no screen is there and no printer prints; no cook would see tofu, chicken"
    assert "lamb" in grill["zh-Hans"], "the fish is sold out, and no cook needs to see it"
    lives = {path["station"]: (path["lives"], path["printers"]) for path in found["paths"]}
    assert lives == {"wok": (False, []), "bar": (True, ["counter"]), "grill": (False, [])}
    do(doors, station_paths.suspend, "wok", "")
    since = {path["station"]: path["suspended_since"] for path in routing(doors)["paths"]}
    assert since == {"wok": doors.shop.now.iso, "bar": None, "grill": None}


def test_a_screen_is_there_while_it_follows_the_tickets_of_one_station(doors: Doors) -> None:
    now, hub = doors.shop.now, doors.hub
    assert hub.stations(now) == frozenset()
    screen = hub.open("wok-1", frozenset({"tickets:wok", "conditions"}), now)
    board = hub.open("board", frozenset({"tickets:bar", "tickets:grill"}), now)
    program = hub.open("", frozenset({"tickets:bar"}), now)
    assert hub.stations(now) == {"wok"}, "a board of all stations and a program without a screen stand before no cook"
    again = hub.open("wok-1", frozenset({"tickets:wok"}), now)
    assert (screen.ended, hub.stations(now)) == (True, {"wok"})
    for stream in (again, board, program):
        hub.leave(stream)
    assert hub.stations(now) == frozenset()


def test_a_screen_brings_a_path_to_life_in_the_lint(doors: Doors) -> None:
    printer_is(doors, "kitchen", "offline")
    doors.hub.open("wok-1", frozenset({"tickets:wok"}), doors.shop.now)
    assert {p["station"]: (p["lives"], p["screen"]) for p in routing(doors)["paths"]} == {
        "wok": (True, True), "bar": (True, False), "grill": (False, False),
    }  # fmt: skip


def test_a_phone_is_told_by_the_menus_tag_and_refused_by_name(doors: Doors) -> None:
    doors.sit_down()
    menu = doors.phone("GET", "/api/v1/menu?table_token=token-1")
    tag = {"If-None-Match": menu.headers["ETag"]}
    assert doors.phone("GET", "/api/v1/menu?table_token=token-1", headers=tag).status_code == 304
    do(doors, station_paths.suspend, "wok", "")
    changed = doors.phone("GET", "/api/v1/menu?table_token=token-1", headers=tag)
    assert changed.status_code == 200
    items = {i["id"]: i["suspended"] for c in changed.json["categories"] for i in c["items"]}
    assert items == {"tofu": True, "tea": False, "lamb": False, "fish": True, "chicken": True}
    refused = doors.order("tea", "tofu")
    assert (refused.status_code, refused.json["code"]) == (409, "not_served_now")
    assert refused.json["lines"] == [{"index": 1, "item": "tofu"}]
    assert doors.order("tea").status_code == 201
    body = {"table": "1", "lines": [{"item": "tofu"}]}
    assert doors.program("POST", "/api/v1/orders", json=body, headers={"Idempotency-Key": "s"}).status_code == 201
    do(doors, station_paths.resume, "wok", "")
    assert doors.phone("GET", "/api/v1/menu?table_token=token-1", headers=tag).status_code == 304


def test_screens_and_programs_hear_that_the_menu_has_changed(doors: Doors) -> None:
    stream = doors.hub.open("till", frozenset({"menu"}), doors.shop.now)
    doors.hub.backlog(stream, "", doors.shop.now)
    do(doors, station_paths.suspend, "wok", "")
    doors.hub.step(doors.shop.now)
    item = stream.wait(1)
    assert item is not None
    assert [(topic, name) for topic, name, _ in item[2]] == [("menu", "menu")]
    assert b'"suspended":true' in item[2][0][2]


def test_a_display_over_http_is_no_display_on_the_broker(shop: Shop) -> None:
    order_id = shop.place("tea")
    ticket = shop.ticket(order_id)
    shop.do(kitchen.rendered, ticket.id, "bar-1", "k", ticket.version, actor=COOK)
    assert shop.sql("SELECT station FROM broker_displays") == []
    assert SETTINGS["stations"][1]["proof"] == "screen"


def test_a_printer_says_for_which_areas_it_prints_first(doors: Doors) -> None:
    wok, bar, grill = SETTINGS["stations"]
    areas = [*SETTINGS["areas"], {"id": "outside", "name": {"en": "Terrace"}, "tables": ["9"]}]
    outside = wok | {"areas": [{"area": "outside", "printer": "counter", "backups": ["kitchen"]}]}
    do(doors, administration.import_settings, rules(stations=[outside, bar, grill], areas=areas), tokens(["9"]))
    found = {p["name"]: p for p in doors.program("GET", "/api/v1/printers").json["printers"]}
    assert found["counter"]["serves"] == ["wok", "bar"]
    assert (found["kitchen"]["serves"], found["kitchen"]["stands_in_for"]) == (["wok", "grill"], [])
