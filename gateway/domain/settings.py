"""The store's settings, kept as revisions in the database and exchanged as TOML."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from gateway.domain.fault import Fault
from gateway.domain.label_faults import label_faults
from gateway.domain.menu import Id
from gateway.domain.routing import OrderType, Route, StationArea, own_faults
from gateway.domain.station_faults import station_faults
from gateway.domain.texts import TextMap

Proof = Literal["screen", "paper", "both"]
SlipSize = Literal["large", "normal"]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*$")]

Model = Annotated[str, msgspec.Meta(max_length=64)]
"""As long as the bridge takes it (firmware_bridge/config.py); no maker's name of a model is half as long."""


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`proof` says what proves that a ticket is in front of a cook. `soon_s` and `late_s` colour its age.

    `slips`: one paper a ticket, one a dish, or one a portion; `slip_size`: how large its dishes are. `backups` are the
    printers that take its slips, the first that is well, while `printer` cannot print. `buzz`: the buzzer of `printer`
    calls for each new ticket.
    """

    id: Id
    name: TextMap
    proof: Proof = "both"
    printer: str = ""
    backups: list[Id] = []
    language: Language = "zh-Hans"
    slips: Literal["ticket", "dish", "portion"] = "ticket"
    slip_size: SlipSize = "large"
    buzz: bool = False
    soon_s: Annotated[int, msgspec.Meta(ge=30, le=7200)] = 300
    late_s: Annotated[int, msgspec.Meta(ge=60, le=7200)] = 600
    areas: list[StationArea] = []

    def printers(self, area: str = "") -> list[str]:
        """All that may print its slips for a table of this area ("": for no table), the first that is well first."""
        here = next((one for one in self.areas if one.area == area), None)
        named = [*([here.printer, *here.backups] if here else []), self.printer, *self.backups]
        return [printer for printer in dict.fromkeys(named) if printer]

    def place(self, area: str) -> str:
        """`area` where it has printers of its own there, else "": what can fail together."""
        return area if any(one.area == area for one in self.areas) else ""


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One label of the roll in mm, and the gap to the next one. What a head of 108 mm prints and a person can read; the
    bridge's own limits are the same (firmware_bridge/label.py)."""

    width_mm: Annotated[int, msgspec.Meta(ge=30, le=108)] = 40
    height_mm: Annotated[int, msgspec.Meta(ge=20, le=150)] = 30
    gap_mm: Annotated[int, msgspec.Meta(ge=0, le=10)] = 2


class Printer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`port` is what the bridge opens, `flow` how the printer may stop us on a serial line. `qr`: whether it prints QR
    codes by itself or gets them as pictures. `on_unknown` decides about a kitchen slip that nothing proves. `drawer` is
    the pin of its socket that a cash drawer hangs on, `buzzer` the kind of buzzer that it has. `model` is what somebody
    has read on it: a group that docs/devices.md names tells what to expect, any other text is a note. A label printer
    (`tspl_printer`) has `label` instead of columns; its `fence` only says whether it answers at all."""

    id: Id
    bridge: Id
    port: str
    name: TextMap = {}
    driver: Literal["escpos_printer", "tspl_printer"] = "escpos_printer"
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 19200
    flow: Literal["none", "xonxoff", "rtscts"] = "none"
    columns: Literal[32, 42, 48] = 48
    fence: Literal["gs_h", "gs_r", "none"] = "gs_r"
    encoding: Literal["gbk", "big5", "cp437", "cp858"] = "gbk"
    qr: Literal["native", "drawn"] = "native"
    model: Model = ""
    language: Language = "zh-Hans"
    on_unknown: Literal["reprint", "ask"] = "reprint"
    drawer: Literal["none", "pin2", "pin5"] = "none"
    buzzer: Literal["none", "clone", "epson", "drawer_socket"] = "none"
    label: Label | None = None

    @property
    def label_size(self) -> Label | None:
        """What it prints on; None for a printer of papers."""
        return (self.label or Label()) if self.driver == "tspl_printer" else None


BarKey = Literal[
    "bump_1", "bump_2", "bump_3", "bump_4", "bump_5", "bump_6", "bump_7", "bump_8", "bump_9", "undo", "print_old",
    "cancel_old",
]  # fmt: skip
Number = Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9]\d{0,3})$")]
"""Of a key or a button, as the device counts them; TOML has only words for keys."""


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whatever hangs at a bridge and is no printer. `options` are those of its `driver` (docs/devices.md); one that the
    bridge does not know is the condition `device_misfit`.

    A bump bar has a `station`: `keys` says what each of its keys does there. Call buttons have `calls`: for which table
    each of them calls. `at_pass`: a scanner there crosses off the slips that it reads, a pole display there says what
    is still missing.
    """

    id: Id
    bridge: Id
    driver: Id
    port: str
    name: TextMap = {}
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    options: dict[str, str] = {}
    station: str = ""
    keys: dict[Number, BarKey] = {}
    calls: dict[Number, str] = {}
    at_pass: bool = False

    def does(self, key: int) -> str:
        """What a key of a bump bar does; "" for one that does nothing. Without `keys`, 0 to 8 bump and 9 undoes."""
        usual = {str(n): f"bump_{n + 1}" for n in range(9)} | {"9": "undo", "10": "print_old", "11": "cancel_old"}
        known: dict[str, str] = {**self.keys} or usual
        return known.get(str(key), "")


class Course(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What comes to a table together. With `hold` its dishes wait until somebody calls for them."""

    id: Id
    name: TextMap = {}
    hold: bool = False


Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day, on the store's clock."""


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the business day: from `starts` to the start of the next one. The first also has what came
    before it."""

    id: Id
    name: TextMap
    starts: Clock


class Ledger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`print_at`: the printer at which each day's proof comes out by itself once the day is over; "" nowhere."""

    print_at: str = ""


class SlipRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further paper of each order: the guests' list, all of it for the pass, the runner's, its labels, or copies of
    its kitchen slips.

    It prints on every one of `printers`, `copies` times; every copy after the first says REPRINT. `areas` and
    `order_types`: only for orders from there and of that kind; empty: for all. Without a `language` the printer's.
    `label` is one for each portion of the order, or only of what `stations` make; empty: of all. `kitchen` is a further
    copy of their slips, where somebody else wants to see them: it says REPRINT from the first on, and proves nothing.
    """

    kind: Literal["guest_list", "full_order", "runner", "label", "kitchen"]
    printers: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=8)]
    on: bool = True
    copies: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1
    language: Language | None = None
    size: SlipSize = "large"
    areas: list[Id] = []
    order_types: list[OrderType] = []
    stations: list[Id] = []

    def wants(self, order_type: str, area: str) -> bool:
        return self.on and (not self.order_types or order_type in self.order_types) and (
            not self.areas or area in self.areas
        )


class Printing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`divert_after_s`: a printer that cannot print for so long gives its slips to the station's next one; 0 never.
    `stale_after_min`: a slip that is so old and has not begun is asked about before it prints; 0 never."""

    divert_after_s: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 20
    stale_after_min: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 15


class Serving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`expo`: what a cook bumps stands ready at the pass until somebody serves it there. Without it a bump serves."""

    expo: bool = False


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
    devices: list[Device] = []
    time_zone: str = "Asia/Shanghai"
    day_starts: Clock = "04:00"
    default_station: str = ""
    guards: Guards = Guards()
    printing: Printing = Printing()
    serving: Serving = Serving()
    slips: list[SlipRule] = []
    courses: list[Course] = []
    routes: list[Route] = []
    shifts: list[Shift] = []
    ledger: Ledger = Ledger()

    def station(self, station_id: str) -> Station | None:
        return next((s for s in self.stations if s.id == station_id), None)

    def printer(self, printer_id: str) -> Printer | None:
        return next((p for p in self.printers if p.id == printer_id), None)

    def device(self, device_id: str) -> Device | None:
        return next((d for d in self.devices if d.id == device_id), None)

    @property
    def has_pass(self) -> bool:
        """Whether there is somebody or something at the pass that ends tickets."""
        return self.serving.expo or any(d.at_pass and d.driver == "scanner" for d in self.devices)

    def everything(self) -> list[Printer | Device]:
        """All that hangs at a bridge."""
        return [*self.printers, *self.devices]

    def bridges(self) -> set[str]:
        return {each.bridge for each in self.everything()}

    def holds(self, course: str) -> bool:
        """Whether dishes of this course wait until somebody calls for them."""
        return any(one.hold for one in self.courses if one.id == course)

    def area_of(self, table: str) -> str:
        """The id of the area that a table is in; "" for one that is in none, as for what is carried away."""
        return next((area.id for area in self.areas if table in area.tables), "")

    def shift_of(self, at: datetime) -> Shift | None:
        """The shift of a moment; None in a store that does not divide its days."""
        first = minute_of(self.day_starts)
        local = at.astimezone(self.zone())
        since = (local.hour * 60 + local.minute - first) % DAY_MIN
        in_order = sorted(self.shifts, key=lambda one: (minute_of(one.starts) - first) % DAY_MIN)
        begun = [one for one in in_order if (minute_of(one.starts) - first) % DAY_MIN <= since]
        return next(iter(begun[-1:] or in_order), None)

    def slip_rule(self, kind: str, printer: str) -> SlipRule | None:
        """The first rule by which this printer prints papers of this kind."""
        return next((rule for rule in self.slips if rule.kind == kind and printer in rule.printers), None)

    def tables(self) -> list[str]:
        return [name for area in self.areas for name in area.tables]

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


DAY_MIN = 24 * 60


def minute_of(clock: str) -> int:
    """Of the day."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def faults(settings: Settings) -> list[Fault]:
    """Every reason why these settings cannot be used; empty when they can."""
    found = _twice(settings)
    found += [
        Fault("one_socket", (("printer", p.id),))
        for p in settings.printers
        if p.drawer != "none" and p.buzzer == "drawer_socket"
    ]
    printers = {p.id for p in settings.printers}
    found += station_faults(settings)
    for device in settings.devices:
        found += _device_faults(device, settings)
    for number, rule in enumerate(settings.slips, 1):
        found += _rule_faults(number, rule, printers, {a.id for a in settings.areas})
    found += label_faults(settings) + own_faults(settings)
    found += [
        Fault("port_not_filled", (("device", each.id),), {"port": each.port})
        for each in settings.everything()
        if "${" in each.port
    ]
    found += _ledger_faults(settings)
    if not settings.stations:
        found.append(Fault("no_station"))
    if settings.default_station and not settings.station(settings.default_station):
        found.append(Fault("no_default_station", (("key", "default_station"),), {"station": settings.default_station}))
    if settings.time_zone not in available_timezones():
        found.append(Fault("unknown_time_zone", (("key", "time_zone"),), {"zone": settings.time_zone}))
    return found


def _twice(settings: Settings) -> list[Fault]:
    """A table is called by its name in all areas, so it is there once in all of them."""
    named = {
        "station": [s.id for s in settings.stations],
        "printer": [p.id for p in settings.printers],
        # A printer is a device: both are called by their names on one broker.
        "device": [*(d.id for d in settings.devices), *{p.id for p in settings.printers}],
        "area": [a.id for a in settings.areas],
        "table": settings.tables(),
        "shift": [s.id for s in settings.shifts],
    }
    return [
        Fault("twice", ((kind, one),))
        for kind, ids in named.items()
        for one in sorted({i for i in ids if ids.count(i) > 1})
    ]


def _ledger_faults(settings: Settings) -> list[Fault]:
    starts = [one.starts for one in settings.shifts]
    found = [
        Fault("twice", (("shift", one.id), ("key", "starts")))
        for place, one in enumerate(settings.shifts)
        if one.starts in starts[:place]
    ]
    wanted = settings.ledger.print_at
    printer = settings.printer(wanted)
    if wanted and (printer is None or printer.label_size):
        known = tuple(sorted(p.id for p in settings.printers if not p.label_size))
        found.append(Fault("no_such_printer", (("key", "ledger.print_at"),), {"printer": wanted, "known": known}))
    return found


def _rule_faults(number: int, rule: SlipRule, printers: set[str], areas: set[str]) -> list[Fault]:
    here = (("slips", str(number)),)
    found = [
        Fault("no_such_printer", here, {"printer": printer, "known": tuple(sorted(printers))})
        for printer in rule.printers
        if printer not in printers
    ]
    return found + [
        Fault("no_such_area", here, {"area": area, "known": tuple(sorted(areas))})
        for area in rule.areas
        if area not in areas
    ]


def _device_faults(device: Device, settings: Settings) -> list[Fault]:
    here = (("device", device.id),)
    found: list[Fault] = []
    if device.station and settings.station(device.station) is None:
        known = tuple(sorted(s.id for s in settings.stations))
        found.append(Fault("no_such_station", here, {"station": device.station, "known": known}))
    tables = settings.tables()
    return found + [
        Fault("no_such_table", here, {"table": table}) for table in device.calls.values() if table not in tables
    ]
