"""The store's settings, kept as revisions in the database and exchanged as TOML."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from gateway.domain.menu import Id
from gateway.domain.texts import TextMap

Proof = Literal["screen", "paper", "both"]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`proof` says what proves that a ticket is in front of a cook. `soon_s` and `late_s` colour its age."""

    id: Id
    name: TextMap
    proof: Proof = "both"
    printer: str = ""
    language: Language = "zh-Hans"
    soon_s: Annotated[int, msgspec.Meta(ge=30, le=7200)] = 300
    late_s: Annotated[int, msgspec.Meta(ge=60, le=7200)] = 600


class Printer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`port` is what the bridge opens. `on_unknown` decides about a kitchen slip that nothing proves."""

    id: Id
    bridge: Id
    port: str
    name: TextMap = {}
    driver: Literal["escpos_printer"] = "escpos_printer"
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 19200
    columns: Literal[32, 42, 48] = 48
    fence: Literal["gs_r", "none"] = "gs_r"
    encoding: Literal["gbk", "big5", "cp437"] = "gbk"
    language: Language = "zh-Hans"
    on_unknown: Literal["reprint", "ask"] = "reprint"


class Area(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id
    name: TextMap
    tables: list[Annotated[str, msgspec.Meta(min_length=1, max_length=12)]]


class Guards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Against pranks. The demo opens them wide unless told otherwise."""

    orders_per_10_min: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 6
    need_guest_cookie: bool = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: TextMap
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    stations: list[Station]
    areas: list[Area]
    printers: list[Printer] = []
    time_zone: str = "Asia/Shanghai"
    day_starts: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "04:00"
    default_station: str = ""
    guards: Guards = Guards()

    def station(self, station_id: str) -> Station | None:
        return next((s for s in self.stations if s.id == station_id), None)

    def printer(self, printer_id: str) -> Printer | None:
        return next((p for p in self.printers if p.id == printer_id), None)

    def tables(self) -> list[str]:
        return [name for area in self.areas for name in area.tables]

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def faults(settings: Settings) -> list[str]:
    """Every reason why these settings cannot be used, in words; empty when they can."""
    found: list[str] = []
    printers = {p.id for p in settings.printers}
    for label, ids in (
        ("station", [s.id for s in settings.stations]),
        ("printer", [p.id for p in settings.printers]),
        ("area", [a.id for a in settings.areas]),
        ("table", settings.tables()),
    ):
        found += [f"{label} {one!r} is there twice" for one in sorted({i for i in ids if ids.count(i) > 1})]
    for station in settings.stations:
        if station.printer and station.printer not in printers:
            known = ", ".join(sorted(printers))
            found.append(f"station {station.id!r}: no printer {station.printer!r}; there are: {known}")
        if station.proof != "screen" and not station.printer:
            found.append(f"station {station.id!r}: proof {station.proof!r} needs a printer")
        if station.soon_s >= station.late_s:
            found.append(f"station {station.id!r}: soon_s must be smaller than late_s")
    if not settings.stations:
        found.append("there is no station")
    if settings.default_station and not settings.station(settings.default_station):
        found.append(f"default_station: no station {settings.default_station!r}")
    if settings.time_zone not in available_timezones():
        found.append(f"time_zone: {settings.time_zone!r} is not a time zone name such as 'Asia/Shanghai'")
    return found
