"""Jobs of a printer itself, which stand for no order: a test slip, a list of old slips, its drawer, its buzzer."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.contract.slips import DeedKind, Slip, SlipKind
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Printer, Settings
from gateway.domain.texts import pick


def own_job(
    now: Now, ids: Ids, kind: SlipKind | DeedKind, printer: Printer, rules: Settings, station: str = "",
    asked_by: str = "", **more: Any,
) -> PrintJob:  # fmt: skip
    """It brings its whole slip, and is counted as no order's. `more` are further fields of the slip."""
    local = now.utc.astimezone(rules.zone())
    slip = Slip(
        kind=kind,
        language=printer.language,
        station=pick(printer.name, printer.language) or printer.id,
        number="",
        order="",
        place="",
        time=local.strftime("%H:%M"),
        date=local.strftime("%Y-%m-%d"),
        lines=[],
        **more,
    )
    return PrintJob(
        id=next(ids), kind=kind, printer=printer.id, station=station, ticket="", order_id="", copy=1, state="QUEUED",
        number=0, created_at=now.iso, updated_at=now.iso, boot=now.boot, mono=now.monotonic, asked_by=asked_by,
        slip=msgspec.json.encode(slip).decode(),
    )  # fmt: skip


def buzz_for(now: Now, ids: Ids, station_id: str, area: str, rules: Settings) -> list[PrintJob]:
    """Calls the cooks of a station to a new ticket, where they want that; else nothing. It rings where the slips of
    the order's area come out, if a buzzer hangs there."""
    station = rules.station(station_id)
    if station is None or not station.buzz:
        return []
    printer = rules.printer(next(iter(station.printers(area)), ""))
    if printer is None or printer.buzzer == "none":
        return []
    return [own_job(now, ids, "buzzer", printer, rules, station_id)]
