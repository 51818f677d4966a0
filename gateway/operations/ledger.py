"""The ledger of a business day: what was accepted, held against what became of it (`domain/ledger.py`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from gateway.domain import documents, ledger, promises
from gateway.domain.actor import Actor
from gateway.domain.documents import slip_number
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.ledger import CLASSES, OrderNow
from gateway.domain.now import Now, parse_iso
from gateway.domain.promises import Accepted, Book
from gateway.domain.settings import Settings
from gateway.domain.texts import TextMap
from gateway.store import devices, journal, settings, visits
from gateway.store import ledger as kept
from gateway.store.transaction import Reader, Tx

CONDITION = "ledger_difference"

MOST_LISTED = 100
"""Differences and gaps of a proof, each. One is a fault to look into; a hundred say that all of it is wrong."""

Json = dict[str, Any]


def book_of_day(rows: Reader, day: str) -> Book:
    """All that was accepted on a business day."""
    book: Book = {}
    slot = kept.slot_before(rows, day)
    while True:
        found, upto = kept.promises(rows, slot)
        for kind, at, of, data in found:
            if of == day:
                promises.enter(book, kind, at, data)
        if upto == slot:
            return book
        slot = upto


def accepted_of(rows: Reader, order_id: str) -> list[Accepted]:
    """What one order promised, as the journal has it."""
    book: Book = {}
    for entry in journal.of_subject(rows, f"order/{order_id}", order_id, kept.version_of(rows, order_id)):
        kind = entry.type.removeprefix("tablepass.").removesuffix(".v1")
        if kind in promises.EVENTS:
            promises.enter(book, kind, entry.at, entry.data)
    return book.get(order_id, [])


def proof(rows: Reader, now: Now, day: str = "") -> Json:
    """The ledger of a business day; without one, of the day that is open. What was kept when a day was over stands as
    it was then. Raises `Refused`: unknown_day."""
    open_day = visits.open_day(rows)
    wanted = day or open_day or ""
    if wanted != open_day:
        if wanted and not kept.is_known(rows, wanted):
            raise Refused("unknown_day", day=wanted)
        former = kept.kept(rows, wanted)
        if former is not None:
            found: Json = msgspec.json.decode(former)
            return found
    return count_day(rows, now, wanted, is_open=wanted == open_day)


def count_day(rows: Reader, now: Now, day: str, is_open: bool) -> Json:
    """Counts a day anew. Every figure is a number of dishes."""
    rules = settings.the_settings(rows)
    book = book_of_day(rows, day) if day else {}
    asked = kept.asked_about(rows)
    tally: dict[tuple[str, str], dict[str, int]] = {}
    different: list[Json] = []
    papers: dict[tuple[str, int], list[tuple[ledger.PaperNow, OrderNow]]] = {}
    for order_id, promised in book.items():
        order = kept.order_now(rows, order_id)
        _tally(tally, promised, order, asked, rules, now)
        different += differences(promised, order, asked, now)
        for ticket in order.tickets.values() if order else ():
            for paper in ticket.papers:
                if paper.number:
                    papers.setdefault((paper.station, paper.number), []).append((paper, order))  # type: ignore[arg-type]
    gaps = _gaps(papers, kept.last_numbers(rows, day), rules)
    return {
        "day": day, "open": is_open, "at": now.iso, "balanced": not different, "shifts": _shifts(tally, rules),
        "differences": different[:MOST_LISTED], "gaps": gaps[:MOST_LISTED],
    }  # fmt: skip


def differences(
    promised: list[Accepted], order: OrderNow | None, asked: Collection[str], now: Now
) -> list[Json]:
    """What of one order is in no class, by station: `quantity` dishes, below 0 where there are more than were ever
    ordered."""
    found: dict[str, list[tuple[Accepted, int]]] = {}
    for one in promised:
        missing = ledger.difference(one, ledger.classes_of(one, order, asked, now))
        if missing:
            found.setdefault(one.station, []).append((one, missing))
    return [
        {
            "order": its[0][0].order, "number": order.number if order else its[0][0].number,
            "table": order.table if order else its[0][0].table, "station": station, "at": its[0][0].at,
            "quantity": sum(missing for _, missing in its),
            "dishes": documents.dishes([(one, abs(missing)) for one, missing in its]),
        }
        for station, its in found.items()
    ]  # fmt: skip


def _tally(
    tally: dict[tuple[str, str], dict[str, int]], promised: Iterable[Accepted], order: OrderNow | None,
    asked: Collection[str], rules: Settings, now: Now,
) -> None:  # fmt: skip
    for one in promised:
        shift = rules.shift_of(parse_iso(one.at))
        figures = tally.setdefault((shift.id if shift else "", one.station), {})
        counts = ledger.classes_of(one, order, asked, now)
        figures["accepted"] = figures.get("accepted", 0) + one.quantity
        figures["difference"] = figures.get("difference", 0) + abs(ledger.difference(one, counts))
        for kind, count in counts.items():
            figures[kind] = figures.get(kind, 0) + count


def _shifts(tally: dict[tuple[str, str], dict[str, int]], rules: Settings) -> list[Json]:
    """In the order of the day, their stations in that of the settings; those that are gone last."""
    names: dict[str, TextMap] = {one.id: one.name for one in rules.shifts} or {"": {}}
    known = {station.id: station.name for station in rules.stations}
    shifts = [*names, *sorted({shift for shift, _ in tally} - set(names))]
    found = []
    for shift in shifts:
        its = [station for of, station in tally if of == shift]
        order = [*(s for s in known if s in its), *sorted(set(its) - set(known))]
        found.append(
            {
                "shift": shift,
                "name": names.get(shift, {}),
                "stations": [
                    {"station": s, "name": known.get(s, {"und": s})}
                    | {kind: tally[shift, s].get(kind, 0) for kind in ("accepted", *CLASSES, "difference")}
                    for s in order
                ],
            }
        )
    return found


def _gaps(
    papers: dict[tuple[str, int], list[tuple[ledger.PaperNow, OrderNow]]], last: dict[str, int], rules: Settings
) -> list[Json]:
    """Slip numbers that have not come out, although a later one of their station has."""
    came = {key for key, its in papers.items() if any(paper.came_out for paper, _ in its)}
    found = []
    for station, upto in sorted(last.items()):
        newest = max((number for of, number in came if of == station), default=0)
        for number in range(1, min(upto, newest)):
            its = papers.get((station, number), [])
            if (station, number) in came or (its and not any(paper.is_awaited for paper, _ in its)):
                continue
            order = its[0][1] if its else None
            found.append(
                {
                    "station": station, "name": known.name if (known := rules.station(station)) else {"und": station},
                    "slip": slip_number(number), "order": order.id if order else "",
                    "number": order.number if order else "", "table": order.table if order else "",
                }
            )  # fmt: skip
    return found


def subject_of(order_id: str, station: str) -> str:
    """Of the condition that names a difference."""
    return f"{order_id}:{station}"


def name_differences(tx: Tx, now: Now, ids: Ids, actor: Actor, order_id: str) -> int:
    """Raises the condition of each station where something of this order is in no class, and clears those where it is
    well again. Looks for itself: what was found a moment ago may be settled by now. Returns how many stand."""
    found = differences(accepted_of(tx, order_id), kept.order_now(tx, order_id), kept.asked_about(tx), now)
    rules = settings.the_settings(tx)
    wrong = {subject_of(order_id, one["station"]): one for one in found}
    for subject in standing(tx, order_id) - set(wrong):
        devices.clear_condition(tx, CONDITION, subject)
    for subject, one in wrong.items():
        devices.raise_condition(
            tx, CONDITION, subject, now.iso, number=one["number"], table=one["table"], station=one["station"],
            dishes=one["dishes"], order=order_id, place=place.name if (place := rules.station(one["station"])) else {},
        )  # fmt: skip
    return len(wrong)


def standing(rows: Reader, order_id: str = "") -> set[str]:
    """Subjects of the differences that are named now, of one order or of all."""
    return {subject for subject in devices.subjects(rows, CONDITION) if subject.startswith(order_id)}
