"""Which station makes a dish: the first route that fits, else the dish's own. Pure; the time comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import msgspec

from gateway.domain.fault import Fault
from gateway.domain.menu import Id, Item, Menu

if TYPE_CHECKING:
    from gateway.domain.settings import Settings

OrderType = Literal["dine_in", "takeaway", "delivery"]
ORDER_TYPES: tuple[OrderType, ...] = get_args(OrderType)
DAY_MIN = 24 * 60

RouteTime = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]
"""HH:MM of the store's own clock; "" where the route does not say."""

MAX_ROUTES = 60
"""Ten for each station of a large kitchen. All of them are held against each other when settings are imported: 60 over
a menu of 2,000 dishes take a quarter of a second (measured)."""


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sends dishes to `station` where all that it names fits; what it does not name fits always.

    Its dishes are those of `items` and all of `categories`. `areas` are those of the order's table, `order_types` its
    kind. From `from` on and before `until`, by the store's clock, also over midnight; without `from` it begins with
    the business day, without `until` it ends with it.
    """

    station: Id
    items: list[Id] = []
    categories: list[Id] = []
    order_types: list[OrderType] = []
    areas: list[Id] = []
    from_: RouteTime = msgspec.field(default="", name="from")
    until: RouteTime = ""

    def makes(self, item: str, category: str) -> bool:
        return not (self.items or self.categories) or item in self.items or category in self.categories

    def fits_order(self, order_type: str, area: str) -> bool:
        return (not self.order_types or order_type in self.order_types) and (not self.areas or area in self.areas)

    def fits_time(self, minute: int, day_starts: int) -> bool:
        """`minute` of the store's day, from midnight on; `day_starts`: when its business day does."""
        if not self.from_ and not self.until:
            return True
        begin, end = self.bounds(day_starts)
        return (minute - begin) % DAY_MIN < ((end - begin) % DAY_MIN or DAY_MIN)

    def bounds(self, day_starts: int) -> tuple[int, int]:
        return (
            minute_of(self.from_) if self.from_ else day_starts,
            minute_of(self.until) if self.until else day_starts,
        )


class StationArea(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the slips of a station come out for the tables of one area; behind these printers those of the station."""

    area: Id
    printer: Id
    backups: list[Id] = []


def minute_of(text: str) -> int:
    """Of the day, of HH:MM."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def text_of(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def local_minute(settings: Settings, moment: datetime) -> int:
    """Of the day, by the store's clock."""
    local = moment.astimezone(settings.zone())
    return local.hour * 60 + local.minute


def station_of(
    settings: Settings, item: str, category: str, home: str, order_type: str, area: str, minute: int
) -> str:
    """Where a dish of an order is made. `home`: where it is when no route fits; `area`: "" for what has no table."""
    if not settings.routes:
        return home
    starts = minute_of(settings.day_starts)
    for route in settings.routes:
        if route.makes(item, category) and route.fits_order(order_type, area) and route.fits_time(minute, starts):
            return route.station
    return home


# --- every way that a dish can go ---


def segments(settings: Settings) -> list[tuple[int, int]]:
    """The day in pieces (begin, end) within which no route begins or ends; (0, 0): the whole day."""
    starts = minute_of(settings.day_starts)
    cuts = sorted({cut for route in settings.routes if route.from_ or route.until for cut in route.bounds(starts)})
    return list(zip(cuts, [*cuts[1:], *cuts[:1]], strict=True)) or [(0, 0)]


def places(settings: Settings) -> list[tuple[str, str]]:
    """(order type, area) of every order that can be. One to eat in has a table, and so an area."""
    areas = [area.id for area in settings.areas]
    return [(kind, area) for kind in ORDER_TYPES for area in [*([] if kind == "dine_in" else [""]), *areas]]


@dataclass(frozen=True)
class Way:
    """Orders whose dish goes to `station`: empty lists and times: all."""

    station: str
    order_types: list[str]
    areas: list[str]
    begin: str
    end: str


def ways(settings: Settings, item: Item, category: str) -> list[Way]:
    """Every station that makes this dish, and for which orders; in few words."""
    where, found = places(settings), []
    for begin, end, grid in _over_the_day(settings, item, category):
        times = ("", "") if begin == end else (text_of(begin), text_of(end))
        for station in dict.fromkeys(grid):
            mine = [place for place, at in zip(where, grid, strict=True) if at == station]
            found += [Way(station, kinds, areas, *times) for kinds, areas in _grouped(mine, where)]
    return found


def every_way(settings: Settings, menu: Menu) -> dict[str, list[Way]]:
    """The ways of each item. Dishes that all routes treat alike are asked about once: they are nearly all."""
    known: dict[tuple[str, tuple[bool, ...]], list[Way]] = {}
    found = {}
    for item_id, item in menu.items.items():
        category = menu.category_of[item_id]
        alike = (item.station, tuple(route.makes(item_id, category) for route in settings.routes))
        if alike not in known:
            known[alike] = ways(settings, item, category)
        found[item_id] = known[alike]
    return found


def _over_the_day(settings: Settings, item: Item, category: str) -> list[tuple[int, int, list[str]]]:
    """Pieces of the day that follow on each other and differ."""
    found: list[tuple[int, int, list[str]]] = []
    for begin, end in segments(settings):
        grid = [station_of(settings, item.id, category, item.station, *place, begin) for place in places(settings)]
        if found and found[-1][2] == grid:
            found[-1] = (found[-1][0], end, grid)
        else:
            found.append((begin, end, grid))
    if len(found) > 1 and found[0][2] == found[-1][2]:
        found[0] = (found.pop()[0], found[0][1], found[0][2])
    return found if len(found) > 1 else [(0, 0, found[0][2])]


def _grouped(mine: list[tuple[str, str]], where: list[tuple[str, str]]) -> Iterator[tuple[list[str], list[str]]]:
    if len(mine) == len(where):
        yield [], []
        return
    by_areas: dict[tuple[str, ...], list[str]] = {}
    for kind in dict.fromkeys(kind for kind, _ in mine):
        areas = tuple(area for of, area in mine if of == kind)
        by_areas.setdefault(() if len(areas) == sum(of == kind for of, _ in where) else areas, []).append(kind)
    for named, kinds in by_areas.items():
        yield (kinds if len(kinds) < len(ORDER_TYPES) else []), list(named)


# --- what is wrong with them ---


def own_faults(settings: Settings) -> list[Fault]:
    """What the settings alone can tell of their routes."""
    stations, areas = tuple(sorted(s.id for s in settings.stations)), tuple(sorted(a.id for a in settings.areas))
    found: list[Fault] = []
    for number, route in enumerate(settings.routes, 1):
        here = (("routes", str(number)),)
        if route.station not in stations:
            found.append(Fault("no_such_station", here, {"station": route.station, "known": stations}))
        found += [Fault("no_such_area", here, {"area": a, "known": areas}) for a in route.areas if a not in areas]
        if route.from_ and route.from_ == route.until:
            found.append(Fault("route_without_time", here, {"time": route.from_}))
    if len(settings.routes) > MAX_ROUTES:
        found.append(Fault("too_many_routes", (), {"count": len(settings.routes), "most": MAX_ROUTES}))
    return found


def menu_faults(settings: Settings, menu: Menu) -> list[Fault]:
    """What the menu adds to that: dishes that there are not, routes that never fit, dishes that no cook can get."""
    categories = {category.id for category in menu.categories}
    found: list[Fault] = []
    for number, route in enumerate(settings.routes, 1):
        here = (("routes", str(number)),)
        found += [Fault("no_such_item", here, {"item": i}) for i in route.items if i not in menu.items]
        known = tuple(sorted(categories))
        found += [
            Fault("no_such_category", here, {"category": c, "known": known})
            for c in route.categories
            if c not in categories
        ]
    if not found and len(settings.routes) <= MAX_ROUTES:
        found += _never(settings, menu)
    return found + _without_a_path(settings, menu)


def _never(settings: Settings, menu: Menu) -> list[Fault]:
    """Routes all of whose orders an earlier one takes. Dishes that all routes treat alike are asked about once."""
    routes, starts = settings.routes, minute_of(settings.day_starts)
    dishes = {tuple(r.makes(i, menu.category_of[i]) for r in routes) for i in menu.items}
    dishes.add(tuple(r.makes("", "") for r in routes))  # sold elsewhere under a name that this menu does not know
    orders = {tuple(r.fits_order(*place) for r in routes) for place in places(settings)}
    times = {tuple(r.fits_time(begin, starts) for r in routes) for begin, _ in segments(settings)}
    used = {
        next((n for n, all_fit in enumerate(zip(dish, order, time, strict=True)) if all(all_fit)), None)
        for dish in dishes
        for order in orders
        for time in times
    }
    return [Fault("route_never_fits", (("routes", str(n + 1)),)) for n in range(len(routes)) if n not in used]


def _without_a_path(settings: Settings, menu: Menu) -> list[Fault]:
    """Dishes whose station nothing can prove a ticket at, whatever is plugged in."""
    found = []
    for item_id, found_ways in every_way(settings, menu).items():
        for station_id in dict.fromkeys(way.station for way in found_ways):
            station = settings.station(station_id)
            if station is None or (station.proof != "screen" and not _printed(settings, station.printers())):
                found.append(Fault("item_without_path", (("item", item_id),), {"station": station_id}))
    return found


def _printed(settings: Settings, printers: Sequence[str]) -> bool:
    return any(settings.printer(one) is not None for one in printers)
