"""Whether an order reaches its station: by a screen that is there, or by a printer that prints or may."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from gateway.domain.actor import Actor
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.settings import Settings
from gateway.domain.texts import TextMap, pick
from gateway.operations.ordering import business_day
from gateway.store import devices, journal, settings, stations, tickets, visits
from gateway.store.stations import Place, Suspended
from gateway.store.transaction import Reader, Tx

DEAD_S = 60.0
"""So long nothing may reach a station before its dishes are not sold any more. A bridge or a box that restarts is back
within ten seconds, a broker within twenty, and a new roll takes thirty: none of them closes a shop. After a minute the
guest of an order that is placed meanwhile is told that no cook knows of it (`housekeeping.DOUBT_S`): better not to sell
it."""

CODE = "station_cut_off"


@dataclass(frozen=True)
class KitchenPath:
    """What brings orders of one place to its cooks now. `display`: one on the broker, of which only that it is silent
    about a ticket can be seen."""

    station: str
    area: str
    screen: bool
    display: bool
    printers: list[str]

    @property
    def lives(self) -> bool:
        """What nobody knows anything of is not dead."""
        return self.screen or self.display or bool(self.printers)

    @property
    def place(self) -> Place:
        """Its key among the rows."""
        return self.station, self.area


def subject(station: str) -> str:
    """What the condition is about: a printer may have the station's own name."""
    return f"station/{station}"


def paths(rows: Reader, rules: Settings, screens: Set[str], now: Now) -> list[KitchenPath]:
    """One for each station, and for each area in which it has printers of its own. `screens`: the stations that a
    screen follows now."""
    printing = _that_print(rows, rules)
    broker_down = _broker_down(rows)
    silent = {ticket.station for ticket in tickets.unseen_for(rows, DEAD_S, now)}
    heard = frozenset() if broker_down else stations.with_display(rows) - silent
    return [
        KitchenPath(
            station.id, area, station.proof != "paper" and station.id in screens,
            station.proof != "paper" and station.id in heard,
            [printer for printer in station.printers(area) if printer in printing],
        )
        for station in rules.stations
        for area in ("", *(one.area for one in station.areas))
    ]  # fmt: skip


def _that_print(rows: Reader, rules: Settings) -> set[str]:
    """Printers that print, or of which nobody knows that they do not."""
    if _broker_down(rows):
        return set()
    known = {device.name: device for device in devices.devices(rows)}
    away = {bridge.name for bridge in devices.bridges(rows) if not bridge.online}
    paused = devices.paused_printers(rows)
    return {
        printer.id
        for printer in rules.printers
        if printer.bridge not in away
        and printer.id not in paused
        and (printer.id not in known or known[printer.id].prints or known[printer.id].status == "unknown")
    }


def _broker_down(rows: Reader) -> bool:
    return any(condition.code == "broker_down" for condition in devices.conditions_of(rows, "broker"))


def suspend(tx: Tx, now: Now, ids: Ids, actor: Actor, station: str, area: str) -> None:
    """Guests cannot order any more what is made there; someone in the store is told. Orders that were placed stay."""
    rules = settings.the_settings(tx)
    if rules.station(station) is None or (station, area) in stations.suspended(tx):
        return
    stations.suspend(tx, Suspended(station, area, now.iso))
    _tell(tx, rules, station)
    _note(tx, now, ids, actor, "station.suspended", station, area)


def resume(tx: Tx, now: Now, ids: Ids, actor: Actor, station: str, area: str) -> None:
    """An order reaches its cooks again."""
    if (station, area) not in stations.suspended(tx):
        return
    stations.resume(tx, station, area)
    _tell(tx, settings.the_settings(tx), station)
    _note(tx, now, ids, actor, "station.resumed", station, area)


def _tell(tx: Tx, rules: Settings, station: str) -> None:
    """Says which of a station's places no order reaches, as that is now; since when the first of them is so."""
    gone = [one for one in stations.all_suspended(tx) if one.station == station]
    devices.clear_condition(tx, CODE, subject(station))
    if gone:
        where = cut_off_areas(rules, station, {one.area for one in gone})
        devices.raise_condition(tx, CODE, subject(station), gone[0].at, station=station, where=where)


_CARRIED_AWAY = {"zh-Hans": "外带", "en": "take-away"}


def cut_off_areas(rules: Settings, station_id: str, gone: Set[str]) -> TextMap:
    """Whose orders do not arrive, in brackets behind the station's name: areas, and what has no table. Empty where it
    is all of them. `gone`: its places that nothing reaches."""
    station = rules.station(station_id)
    if station is None or not {"", *(one.area for one in station.areas)} - gone:
        return {}
    cut = [area.name for area in rules.areas if station.place(area.id) in gone]
    named = [*cut, *([_CARRIED_AWAY] if "" in gone else [])]
    return {
        "zh-Hans": "（" + "、".join(pick(one, "zh-Hans") for one in named) + "）",
        "en": " (" + ", ".join(pick(one, "en") for one in named) + ")",
    }


def _note(tx: Tx, now: Now, ids: Ids, actor: Actor, kind: str, station: str, area: str) -> None:
    """In the business day that is open: screens that are switched off at night begin none."""
    day = visits.open_day(tx) or business_day(tx, now, settings.the_settings(tx))
    ver = (journal.last_slot(tx) & journal.SEQ_MASK) + 1
    data = {"station": station, "area": area, "by": str(actor)}
    journal.append(tx, now, next(ids), kind, subject(station), ver, day, data)
    tx.changed.update(("menu", "conditions"))
