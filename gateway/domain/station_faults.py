"""Why the stations of the settings do not fit together. Part of `gateway.domain.settings.faults`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.fault import Fault

if TYPE_CHECKING:
    from gateway.domain.settings import Settings, Station


def station_faults(settings: Settings) -> list[Fault]:
    found: list[Fault] = []
    printers, areas = tuple(sorted(p.id for p in settings.printers)), tuple(sorted(a.id for a in settings.areas))
    for station in settings.stations:
        found += _own(station, printers) + _of_areas(station, areas)
        rung = settings.printer(station.printer)
        if station.buzz and (rung is None or rung.buzzer == "none"):
            found.append(Fault("no_buzzer", (("station", station.id),), {"printer": station.printer}))
    return found


def _own(station: Station, known: tuple[str, ...]) -> list[Fault]:
    here = (("station", station.id),)
    found: list[Fault] = []
    of_areas = [printer for one in station.areas for printer in (one.printer, *one.backups)]
    for printer in dict.fromkeys((station.printer, *station.backups, *of_areas)):
        if printer and printer not in known:
            found.append(Fault("no_such_printer", here, {"printer": printer, "known": known}))
    if station.backups and not station.printer:
        found.append(Fault("backups_need_printer", here))
    if station.proof != "screen" and not station.printer:
        found.append(Fault("proof_needs_printer", here, {"proof": station.proof}))
    if station.soon_s >= station.late_s:
        found.append(Fault("soon_not_before_late", here))
    return found


def _of_areas(station: Station, known: tuple[str, ...]) -> list[Fault]:
    here = (("station", station.id),)
    named = [one.area for one in station.areas]
    found = [Fault("no_such_area", here, {"area": area, "known": known}) for area in named if area not in known]
    return found + [
        Fault("twice", (*here, ("area", area))) for area in dict.fromkeys(named) if named.count(area) > 1
    ]
