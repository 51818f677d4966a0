"""Which station makes each dish, whether an order reaches it, and what is wrong with that."""

from __future__ import annotations

import msgspec
from flask import Response

from gateway.domain import menu as menu_rules
from gateway.domain import routing as routes
from gateway.domain import settings as settings_rules
from gateway.domain.fault import Fault
from gateway.domain.fault_words import in_words
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings
from gateway.domain.texts import TextMap
from gateway.operations import station_paths
from gateway.operations.station_paths import KitchenPath
from gateway.store import settings, stations
from gateway.store.stations import Place
from gateway.web import access, bodies
from gateway.web.api.order_answers import Time
from gateway.web.house import house

MOST_NAMED = 12
"""Dishes in one sentence; who needs all of them finds them among `items`."""


class RoutedWay(msgspec.Struct):
    """Orders that go to this station. An empty list is all; the area "" is what has no table; no times: all day."""

    station: str
    order_types: list[str]
    areas: list[str]
    from_: str = msgspec.field(name="from")
    until: str


class RoutedItem(msgspec.Struct):
    id: str
    category: str
    stations: list[RoutedWay]


class StationPath(msgspec.Struct):
    """What brings orders to a station now. `area`: one with printers of its own there, else "". `lives` false: nothing
    does; `suspended_since`: guests cannot order since then what is made there. `display`: one on the broker."""

    station: str
    area: str
    lives: bool
    screen: bool
    display: bool
    printers: list[str]
    suspended_since: Time | None


class RoutingFault(msgspec.Struct):
    code: str
    words: TextMap


class Routing(msgspec.Struct):
    """`wrong` is empty when every dish has a station that an order reaches."""

    items: list[RoutedItem]
    paths: list[StationPath]
    wrong: list[RoutingFault]


def routing() -> Response:
    access.staff()
    now, screens = house().now(), house().hub.stations(house().now())
    with house().store.read() as rows:
        rules = settings.the_settings(rows)
        current = settings.current_menu(rows)
        paths = station_paths.paths(rows, rules, screens, now)
        since = {(one.station, one.area): one.at for one in stations.all_suspended(rows)}
    menu = current[1] if current else Menu(rules.currency, [])
    ways = routes.every_way(rules, menu)
    wrong = [*_kept_faults(rules, menu), *dead(paths, ways, menu)]
    return bodies.json(
        Routing(
            [RoutedItem(i, menu.category_of[i], [_way(way) for way in found]) for i, found in ways.items()],
            [_path(path, since) for path in paths],
            [RoutingFault(f.code, {"zh-Hans": in_words(f, "zh-Hans"), "en": in_words(f, "en")}) for f in wrong],
        )
    )


def _way(way: routes.Way) -> RoutedWay:
    return RoutedWay(way.station, way.order_types, way.areas, way.begin, way.end)


def _path(path: KitchenPath, since: dict[Place, str]) -> StationPath:
    return StationPath(
        path.station, path.area, path.lives, path.screen, path.display, path.printers, since.get(path.place)
    )


def _kept_faults(rules: Settings, menu: Menu) -> list[Fault]:
    """What an import would refuse today; an older release may have taken it."""
    found = settings_rules.faults(rules) + menu_rules.faults(menu, frozenset(s.id for s in rules.stations))
    return found + routes.menu_faults(rules, menu)


def dead(paths: list[KitchenPath], ways: dict[str, list[routes.Way]], menu: Menu) -> list[Fault]:
    """The places that nothing reaches now, each with what is made there."""
    found = []
    for path in paths:
        items = [i for i, all_ways in ways.items() if any(_goes_there(way, path) for way in all_ways)]
        sold = [i for i in items if not menu.items[i].sold_out]
        if not path.lives and sold:
            where = (("station", path.station), *([("area", path.area)] if path.area else []))
            named = (*sold[:MOST_NAMED], *(["…"] if len(sold) > MOST_NAMED else []))
            found.append(Fault("station_cut_off", where, {"items": named}))
    return found


def _goes_there(way: routes.Way, path: KitchenPath) -> bool:
    return way.station == path.station and (not path.area or not way.areas or path.area in way.areas)
