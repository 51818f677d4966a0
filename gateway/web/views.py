"""What is read for pages and programs: menu, running order of a visit, conditions, devices, readiness."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.domain import conditions, documents, routing
from gateway.domain.inquiry import Inquiry
from gateway.domain.menu import Menu
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Printer, Settings, Station
from gateway.domain.visit import Visit
from gateway.operations.station_paths import subject
from gateway.store import Reader, Store, box, devices, jobs, orders, settings, stations, visits
from gateway.store.devices import Bridge, Condition, Device, Paused

Json = dict[str, Any]


MENUS_KEPT = 64
"""Ready answers, one a table: 200 phones that look every five seconds make the document a few times a day."""


@dataclass(frozen=True)
class Ready:
    """An answer that is made once: its JSON, the same compressed, and its tag."""

    body: bytes
    packed: bytes
    tag: str


Menus = dict[tuple[Any, ...], Ready]


def menu_answer(rows: Reader, table: str | None, kept: Menus, now: Now) -> Ready:
    """The menu as this table sees it, made anew only when something in it has changed."""
    key = (
        settings.menu_revision(rows), settings.settings_revision(rows), settings.sold_out(rows),
        box.pause(rows), suspended_items(rows, table, now), table,
    )  # fmt: skip
    ready = kept.get(key)
    if ready is None:
        body = msgspec.json.encode(menu_document(rows, table, now))
        ready = Ready(body, gzip.compress(body, 6, mtime=0), hashlib.sha256(body).hexdigest()[:20])
        while len(kept) >= MENUS_KEPT:
            kept.pop(next(iter(list(kept)), ()), None)
        kept[key] = ready
    return ready


def suspended_items(rows: Reader, table: str | None, now: Now) -> frozenset[str]:
    """What a guest at this table cannot order now, for no order would reach its cook. Without a table: as in an area
    that has no printers of its own."""
    cut_off = stations.suspended(rows)
    current = settings.current_menu(rows) if cut_off else None
    if current is None:
        return frozenset()
    rules, menu = settings.the_settings(rows), current[1]
    area, minute = rules.area_of(table or ""), routing.local_minute(rules, now.utc)
    gone = {s.id for s in rules.stations if (s.id, s.place(area)) in cut_off}
    return frozenset(
        item.id
        for item in menu.items.values()
        if routing.station_of(rules, item.id, menu.category_of[item.id], item.station, "dine_in", area, minute) in gone
    )


def menu_document(rows: Reader, table: str | None, now: Now) -> Json:
    current = settings.current_menu(rows)
    rules = settings.the_settings(rows)
    gone, suspended = settings.sold_out(rows), suspended_items(rows, table, now)
    revision, menu = current or (0, Menu(rules.currency, []))
    pause = box.pause(rows)
    return {
        "revision": revision,
        "currency": menu.currency,
        "store": {"name": rules.name},
        "table": table,
        "ordering": {"open": pause is None, "reason": pause.reason if pause else None},
        "categories": [
            {
                "id": category.id,
                "name": category.name,
                "items": [
                    msgspec.to_builtins(item)
                    | {"sold_out": item.sold_out or item.id in gone, "suspended": item.id in suspended}
                    | {"remaining": None, "photo": None, "components": []}
                    for item in category.items
                ],
            }
            for category in menu.categories
        ],
    }


def visit_tag(rows: Reader, visit: Visit, uplink: str) -> list[Any]:
    """What the running order's ETag is made of: small enough to ask every few seconds."""
    return [visit.id, visit.covers, uplink, orders.versions_of_checks(rows, visits.checks_of(rows, visit.id))]


def visit_document(rows: Reader, visit: Visit, uplink: str, now: Now) -> Json:
    checks = visits.checks_of(rows, visit.id)
    found = orders.of_checks(rows, checks)
    check = visits.check(rows, checks[-1]) if found else None
    return {
        "id": visit.id,
        "table": visit.table,
        "state": visit.state,
        "covers": visit.covers,
        "uplink": uplink,
        "orders": [documents.guest_document(documents.order_document(order)) for order in found],
        "check": documents.check_document(check, [o for o in found if o.check == check.id]) if check else None,
        "server_time": now.iso,
    }


def job_document(job: PrintJob) -> Json:
    return {
        "id": job.id,
        "key": job.id,
        "order_id": job.order_id,
        "order_number": job.order_number,
        "ticket_id": job.ticket,
        "kind": job.kind,
        "printer": job.printer,
        "station": job.station,
        "number": documents.slip_number(job.number) if job.number else "",
        "part": job.part,
        "state": job.state,
        "reason": job.reason,
        "evidence": msgspec.json.decode(job.evidence),
        "attempts": job.attempts,
        "copy": job.copy,
        "replaces": job.replaces,
        "diverted_from": job.diverted_from,
        "intent": job.intent,
        "settled": job.settled,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }


def printer_document(
    printer: Printer, device: Device | None, paused: Paused | None, rules: Settings, waiting: int,
    probe: Inquiry | None = None,
) -> Json:  # fmt: skip
    """`serves`: the stations whose slips it gets, `stands_in_for` those whose slips it gets while another cannot.
    `probed`: the newest probe with an answer."""
    return {
        "name": printer.id,
        "title": printer.name,
        "bridge": printer.bridge,
        "port": printer.port,
        "columns": printer.columns,
        "label": msgspec.to_builtins(printer.label_size),
        "language": printer.language,
        "encoding": printer.encoding,
        "fence": "status" if printer.label_size and printer.fence != "none" else printer.fence,
        "drawer": printer.drawer,
        "buzzer": printer.buzzer,
        "status": device.status if device else "unknown",
        "reasons": device.reasons if device else [],
        "model": device.model if device else "",
        "firmware": device.firmware if device else "",
        "since": device.at if device else None,
        "waiting": waiting,
        "paused": {"at": paused.at, "by": paused.by} if paused else None,
        "serves": [station.id for station in rules.stations if printer.id in _first_printers(station)],
        "stands_in_for": [station.id for station in rules.stations if printer.id in _backups(station)],
        "probed": {"inquiry": probe.id, "at": probe.asked_at} if probe else None,
    }


def _first_printers(station: Station) -> set[str]:
    return {station.printer, *(area.printer for area in station.areas)}


def _backups(station: Station) -> set[str]:
    """Those that are not asked first somewhere else."""
    return {*station.backups, *(p for area in station.areas for p in area.backups)} - _first_printers(station)


def _causes(found: list[Condition]) -> list[Condition]:
    """Without what only follows from another: while the broker is down, nobody can hear a bridge."""
    broker_down = any(c.code == "broker_down" for c in found)
    return [c for c in found if not (broker_down and c.code == "bridge_offline")]


def condition_list(rows: Reader, store: Store, now: Now) -> list[Json]:
    """What is wrong now, most urgent first; empty means well."""
    rules = settings.settings(rows)
    names = {each.id: each.name for each in rules.everything()} if rules else {}
    names |= {subject(station.id): station.name for station in rules.stations} if rules else {}
    found = [
        conditions.document(
            c.code, c.subject, c.since, c.params, jobs.waiting_count(rows, c.subject), names.get(c.subject, {})
        )
        for c in _causes(devices.conditions(rows))
    ]
    # These two cannot be rows: they say that rows cannot be written.
    health = store.health
    if health.is_full:
        found.append(conditions.document("storage_full", "disk", health.full_at(now), {}, 0, {}))
    if health.fatal is not None:
        since = now.ago(now.monotonic - (health.fatal_since or now.monotonic))
        found.append(conditions.document("storage_failed", "disk", since, {}, 0, {}))
    pause = box.pause(rows)
    if pause:
        params = {"by": pause.by, "reason": pause.reason}
        found.append(conditions.document("ordering_paused", "ordering", pause.at, params, 0, {}))
    return sorted(found, key=lambda c: (conditions.URGENCY.index(c["severity"]), c["since"]))


def device_list(rows: Reader) -> list[Json]:
    return [
        {
            "name": d.name, "bridge": d.bridge, "status": d.status, "reasons": d.reasons, "driver": d.driver,
            "model": d.model, "firmware": d.firmware, "since": d.at, "waiting": jobs.waiting_count(rows, d.name),
        }
        for d in devices.devices(rows)
    ]  # fmt: skip


def bridge_document(bridge: Bridge) -> Json:
    return {"name": bridge.name, "online": bridge.online, "revision": bridge.revision, "since": bridge.at}


def inquiry_document(one: Inquiry) -> Json:
    return {
        "id": one.id, "bridge": one.bridge, "op": one.op, "device": one.device, "state": one.state,
        "asked_by": one.asked_by, "asked_at": one.asked_at,
        "answer": msgspec.json.decode(one.answer) if one.answer else None,
    }  # fmt: skip
