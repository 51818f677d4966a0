"""Why settings that speak of labels do not fit together. Part of `gateway.domain.settings.faults`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.domain.fault import Fault

if TYPE_CHECKING:
    from gateway.domain.settings import Settings


def label_faults(settings: Settings) -> list[Fault]:
    """Labels and papers do not fit each other's printers."""
    labels = {p.id for p in settings.printers if p.driver == "tspl_printer"}
    found: list[Fault] = []
    for printer in settings.printers:
        here = (("printer", printer.id),)
        if printer.label is not None and printer.id not in labels:
            found.append(Fault("label_without_label_printer", here))
        if printer.id in labels and printer.encoding != "gbk":
            found.append(Fault("label_printer_encoding", here, {"encoding": printer.encoding}))
        if printer.id in labels:
            deeds = {"drawer": printer.drawer, "buzzer": printer.buzzer}
            found += [Fault("label_printer_deed", here, {"key": key}) for key, hung in deeds.items() if hung != "none"]
    for station in settings.stations:
        own = [station.printer, *station.backups]
        for one in dict.fromkeys([*own, *(p for area in station.areas for p in (area.printer, *area.backups))]):
            if one in labels:
                found.append(Fault("label_printer_of_station", (("station", station.id),), {"printer": one}))
    for number, rule in enumerate(settings.slips, 1):
        here, is_label = (("slips", str(number)),), rule.kind == "label"
        known = {p.id for p in settings.printers}
        for one in rule.printers:
            if is_label and one in known and one not in labels:
                found.append(Fault("no_label_printer", here, {"printer": one}))
            if not is_label and one in labels:
                found.append(Fault("paper_on_label_printer", here, {"printer": one, "kind": rule.kind}))
        if rule.stations and rule.kind not in ("label", "kitchen"):
            found.append(Fault("stations_of_labels", here, {"kind": rule.kind}))
        stations = tuple(sorted(s.id for s in settings.stations))
        found += [
            Fault("no_such_station", here, {"station": one, "known": stations})
            for one in rule.stations
            if one not in stations
        ]
    return found
