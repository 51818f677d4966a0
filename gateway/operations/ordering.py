"""Orders come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.domain import documents
from gateway.domain.actor import Actor
from gateway.domain.business_day import day_of
from gateway.domain.check import Check
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.menu import Menu
from gateway.domain.now import Now
from gateway.domain.order import (
    MAX_DOCUMENT,
    Cart,
    Line,
    Order,
    StaffCart,
    checked_text,
    given_lines,
    price_changes,
    sold_lines,
)
from gateway.domain.routing import local_minute, station_of
from gateway.domain.settings import Settings, Station
from gateway.domain.ticket import Ticket
from gateway.domain.visit import Visit
from gateway.operations import first_papers
from gateway.operations.first_papers import slip_counter, slip_printer
from gateway.store import box, devices, jobs, journal, keys, ledger, orders, settings, stations, tickets, visits
from gateway.store.transaction import Reader, Tx
from gateway.store.visits import OpenCheck

SCOPE = "orders"
PAUSE_RETRY_S = 60
GUARD_WINDOW_S = 600
OF_YESTERDAY = (
    "drawer_unknown", "ledger_difference", "slip_gap", "slip_missing", "slip_silent", "slip_stale",
    "slip_stale_unanswered", "slip_unknown",
)  # fmt: skip
"""Conditions of a former day that nobody is asked about any more. A ticket, or a change of one, that no cook has seen
is asked about while it is open: a wall clock that jumps ends no dish."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What the guest is told. `replayed`: the key was known, and this is the former answer."""

    answer: dict[str, Any]
    replayed: bool


def place_order(
    tx: Tx, now: Now, ids: Ids, actor: Actor, cart: Cart, key: str, body_hash: bytes, visit_id: str | None
) -> Placed:
    """A guest's order. `visit_id` is the one that the phone's cookie names, if it has one.

    Raises `Refused`: idempotency_key_reused, unknown_table, table_closed, ordering_paused, too_many, invalid,
    sold_out, price_changed, not_served_now (lines whose station no order reaches now).
    """
    known = former(tx, cart, key, body_hash)
    if known:
        return known
    rules = settings.the_settings(tx)
    visit = _visit_of_guest(tx, rules, cart.table_token, visit_id)
    _refuse_while_paused(tx)
    revision, menu = _menu(tx)
    lines = sold_lines(cart.lines, menu, settings.sold_out(tx))
    _refuse_changed_prices(tx, cart, revision, lines)
    for line in lines:
        line.state = "ON_HOLD" if rules.holds(line.course) else "FIRED"
    _route(lines, menu, rules, now, "dine_in", visit.table)
    _refuse_suspended(tx, lines, rules, visit.table)
    check = _check_for(tx, ids, visit, rules)
    _refuse_flood(tx, now, rules, check)
    covers = cart.covers or visit.covers
    if covers != visit.covers:
        visits.set_covers(tx, visit.id, covers)
    order = _order(tx, now, ids, lines, visit, check, covers, rules, revision)
    order.note = checked_text(cart.note, "note")
    order.allergies = _allergies(cart.allergies)
    return _keep(tx, now, ids, actor, order, menu, rules, key, body_hash)


def place_staff_order(
    tx: Tx, now: Now, ids: Ids, actor: Actor, cart: StaffCart, key: str, body_hash: bytes
) -> Placed:
    """An order by staff or by a program. One that was taken and paid elsewhere is never refused for price or stock;
    none is for a station that no order reaches: who took it can tell the cooks, and it waits there for its screen.
    """
    known = former(tx, cart, key, body_hash)
    if known:
        return known
    rules = settings.the_settings(tx)
    revision, menu = _menu(tx)
    for field in ("source", "external_id", "pickup_no", "due_at"):
        checked_text(getattr(cart, field), field)
    lines, unknown = _lines_of_staff(tx, cart, revision, menu, rules)
    for line, wish in zip(lines, cart.lines, strict=True):
        held = rules.holds(line.course) if wish.hold is None else wish.hold
        line.state = "ON_HOLD" if held else "FIRED"
    visit = _visit_of_staff(tx, cart)
    _route(lines, menu, rules, now, cart.type, visit.table if visit else "")
    check = _check_for(tx, ids, visit, rules)
    covers = cart.covers or (visit.covers if visit else 0)
    order = _order(tx, now, ids, lines, visit, check, covers, rules, revision)
    order.type = cart.type
    order.note = checked_text(cart.note, "note")
    order.allergies = _allergies(cart.allergies)
    order.by = actor.id
    order.source, order.external_id = cart.source, cart.external_id
    order.pickup_no, order.due_at, order.prepaid = cart.pickup_no, cart.due_at, cart.prepaid
    if unknown:
        devices.raise_condition(tx, "unknown_item", order.number, now.iso, items=unknown)
    return _keep(tx, now, ids, actor, order, menu, rules, key, body_hash)


def former(rows: Reader, cart: Cart | StaffCart, key: str, body_hash: bytes) -> Placed | None:
    """The answer to the order that this key, or a program's own number, has made already; None for a new one.

    Raises `Refused`: idempotency_key_reused.
    """
    found = keys.find(rows, SCOPE, key)
    if found is None:
        return _former_external(rows, cart) if isinstance(cart, StaffCart) else None
    if found[0] != body_hash:
        raise Refused("idempotency_key_reused")
    entry = journal.at(rows, found[1])
    if entry is None:
        raise LookupError(f"the journal lost slot {found[1]} of a remembered key")
    return Placed(answer_of(documents.decoded(entry.data)["order"]), replayed=True)


def _former_external(rows: Reader, cart: StaffCart) -> Placed | None:
    if not cart.external_id:
        return None
    order_id = orders.external(rows, cart.source, cart.external_id)
    order = orders.load(rows, order_id) if order_id else None
    return Placed(answer_of(documents.order_document(order)), replayed=True) if order else None


def answer_of(document: dict[str, Any]) -> dict[str, Any]:
    """The part of an order's document that whoever placed it is told."""
    return {name: document[name] for name in ("id", "number", "status", "total", "currency", "check")}


def _visit_of_guest(tx: Tx, rules: Settings, token: str, visit_id: str | None) -> Visit:
    found = visits.at_token(tx, token)
    if found is None:
        raise Refused("unknown_table")
    table, open_visits = found
    return _visit_among(open_visits, rules, table, visit_id)


def visit_for_phone(rows: Reader, rules: Settings, table: str, visit_id: str | None) -> Visit:
    """The open visit that a phone at this table belongs to. Its cookie dies with its visit."""
    return _visit_among(visits.open_at(rows, table), rules, table, visit_id)


def _visit_among(open_visits: list[Visit], rules: Settings, table: str, visit_id: str | None) -> Visit:
    if visit_id is None and not rules.guards.need_guest_cookie and open_visits:
        return open_visits[-1]
    for visit in open_visits:
        if visit.id == visit_id:
            return visit
    raise Refused("table_closed", table=table)


def _visit_of_staff(tx: Tx, cart: StaffCart) -> Visit | None:
    table = cart.table
    if cart.table_token:
        table = settings.table_of_token(tx, cart.table_token)
        if table is None:
            raise Refused("unknown_table")
    if table is None:
        if cart.type == "dine_in":
            raise Refused("invalid", field="table", reason="table_missing")
        return None
    if table not in settings.tables(tx):
        raise Refused("unknown_table")
    open_visits = visits.open_at(tx, table)
    if not open_visits:
        raise Refused("table_closed", table=table)
    return open_visits[-1]


def _lines_of_staff(
    tx: Tx, cart: StaffCart, revision: int, menu: Menu, rules: Settings
) -> tuple[list[Line], list[str]]:
    if cart.prices == "given" or cart.prepaid is not None:
        default = rules.default_station or rules.stations[0].id
        return given_lines(cart.lines, menu, default)
    lines = sold_lines(list(cart.lines), menu, settings.sold_out(tx))
    _refuse_changed_prices(tx, cart, revision, lines)
    return lines, []


def _refuse_while_paused(tx: Tx) -> None:
    pause = box.pause(tx)
    if pause:
        raise Refused("ordering_paused", retry_after_s=PAUSE_RETRY_S, reason=pause.reason)


def _menu(tx: Tx) -> tuple[int, Menu]:
    current = settings.current_menu(tx)
    if current is None:
        raise Refused("ordering_paused", retry_after_s=PAUSE_RETRY_S, reason="no menu yet")
    return current


def _refuse_changed_prices(tx: Tx, cart: Cart | StaffCart, revision: int, lines: list[Line]) -> None:
    if cart.menu_revision is None or cart.menu_revision == revision:
        return
    seen = settings.menu(tx, cart.menu_revision)
    if seen is None:
        raise Refused("invalid", field="menu_revision", reason="unknown_revision")
    changed = price_changes(cart.lines, seen, lines)
    if changed:
        raise Refused("price_changed", menu_revision=revision, lines=changed)


def _check_for(tx: Tx, ids: Ids, visit: Visit | None, rules: Settings) -> OpenCheck:
    """The check that an order of this visit goes on; a new one where there is none, as for an order without a table."""
    found = visits.open_check(tx, visit.id) if visit else None
    if found is None:
        found = OpenCheck(next(ids))
        visits.insert_check(tx, Check(found.id, visit.id if visit else None, "OPEN", rules.currency))
    return found


def _refuse_flood(tx: Tx, now: Now, rules: Settings, check: OpenCheck) -> None:
    """Only a check with so many orders in all is counted by time, and by the clock that nobody sets: a step of the
    wall clock neither closes a table nor frees it."""
    allowed = rules.guards.orders_per_10_min
    if check.orders >= allowed and orders.fired_within(tx, check.id, GUARD_WINDOW_S, now) >= allowed:
        raise Refused("too_many", retry_after_s=GUARD_WINDOW_S // 4)


def _allergies(given: list[str]) -> list[str]:
    clean = [checked_text(text, f"allergies[{i}]") for i, text in enumerate(given)]
    return list(dict.fromkeys(text for text in clean if text))


def business_day(tx: Tx, now: Now, rules: Settings) -> str:
    """The business day is a row. It begins with the first order after the cut.

    A clock that is not known to be right never takes it back; a right one ends a day that a wrong one began.
    """
    today = day_of(rules, now.utc)
    current = visits.open_day(tx)
    if current is not None and (current == today or (current > today and now.grade != "ntp")):
        return current
    visits.begin_day(tx, today, now.iso)
    ledger.forget(tx, today)
    jobs.let_go(tx, now.iso)
    devices.clear_conditions(tx, *OF_YESTERDAY)
    return today


def _order(
    tx: Tx, now: Now, ids: Ids, lines: list[Line], visit: Visit | None, check: OpenCheck, covers: int,
    rules: Settings, revision: int,
) -> Order:  # fmt: skip
    day = business_day(tx, now, rules)
    order_id = next(ids)
    table = visit.table if visit else ""
    made = tickets_for(lines, rules, now, ids)
    on_paper = [ticket for ticket in made if not ticket.is_held and slip_printer(ticket, rules, table)]
    slips = {
        slip_counter(t.station): first_papers.count([line for line in lines if line.ticket == t.id], t, rules)
        for t in on_paper
    }
    numbers = visits.count(tx, day, {"order": 1, **slips})
    for ticket in made:
        ticket.slip_number = 0 if ticket.is_held else numbers.get(slip_counter(ticket.station), 0)
    return Order(
        id=order_id,
        number=f"{box.the(tx).prefix}{numbers['order']:03d}",
        day=day,
        status="PLACED",
        type="dine_in",
        check=check.id,
        addition=check.orders > 0,
        visit=visit.id if visit else None,
        table=table,
        covers=covers,
        total=sum(line.amount for line in lines),
        currency=rules.currency,
        menu_revision=revision,
        placed_at=now.iso,
        updated_at=now.iso,
        lines=lines,
        tickets=made,
    )


def _route(lines: list[Line], menu: Menu, rules: Settings, now: Now, order_type: str, table: str) -> None:
    """Tells each line which station makes it, as the routes have it at this moment."""
    if not rules.routes:
        return
    area, minute = rules.area_of(table), local_minute(rules, now.utc)
    for line in lines:
        category = menu.category_of.get(line.item, "")
        line.station = station_of(rules, line.item, category, line.station, order_type, area, minute)


def _refuse_suspended(tx: Tx, lines: list[Line], rules: Settings, table: str) -> None:
    suspended = stations.suspended(tx)
    if not suspended:
        return
    area = rules.area_of(table)
    gone = [
        {"index": index, "item": line.item}
        for index, line in enumerate(lines)
        if (station := rules.station(line.station)) and (station.id, station.place(area)) in suspended
    ]
    if gone:
        raise Refused("not_served_now", lines=gone)


def tickets_for(lines: list[Line], rules: Settings, now: Now, ids: Ids) -> list[Ticket]:
    """One ticket for each station, in the order of the settings, and one more for each course that waits there; each
    line is told its ticket."""
    made: dict[tuple[str, str | None], Ticket] = {}
    for station in [*rules.stations, None]:
        for line in lines:
            if line.ticket or (station is not None and line.station != station.id):
                continue
            home = station or _default_station(rules)
            line.station = home.id
            key = (home.id, line.course if line.state == "ON_HOLD" else None)
            ticket = made.get(key) or _ticket(next(ids), home, now)
            if key[1] is not None:
                ticket.hold, ticket.course = "held", key[1]
            made[key] = ticket
            line.ticket = ticket.id
    if len(made) > tickets.TICKETS_PER_ORDER:
        raise Refused("invalid", field="lines", reason="too_many_stations")
    return list(made.values())


def _default_station(rules: Settings) -> Station:
    return rules.station(rules.default_station) or rules.stations[0]


def _ticket(ticket_id: str, station: Station, now: Now) -> Ticket:
    return Ticket(
        id=ticket_id, station=station.id, state="QUEUED", proof=station.proof, fired_at=now.iso, fired_boot=now.boot,
        fired_mono=now.monotonic, updated_at=now.iso, updated_by="", fired_grade=now.grade,
    )  # fmt: skip


def _keep(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, menu: Menu, rules: Settings, key: str, body_hash: bytes
) -> Placed:
    papers = first_papers.of_order(now, ids, order, rules)
    orders.insert(tx, order, menu, papers)
    jobs.insert_first(tx, papers)
    document = documents.order_document(order)
    data = {"order": _encoded(document), "change": change("placed", actor, [t.id for t in order.tickets])}
    slot = journal.append(tx, now, next(ids), "order.placed", f"order/{order.id}", order.version, order.day, data)
    keys.remember(tx, SCOPE, key, body_hash, slot)
    tx.changed.update(("tickets", "jobs"))
    return Placed(answer_of(document), replayed=False)


def _encoded(document: dict[str, Any]) -> msgspec.Raw:
    """The document as the journal takes it: encoded once, to be measured and to be kept."""
    encoded = msgspec.json.encode(document)
    if len(encoded) > MAX_DOCUMENT:
        raise Refused("invalid", field="lines", reason="too_long")
    return msgspec.Raw(encoded)


def change(kind: str, actor: Actor, ticket_ids: list[str], lines: Sequence[str] = ()) -> dict[str, Any]:
    """What an order event says beside the whole order: what happened, by whom, to which tickets, and to which of their
    lines where not all are meant."""
    said: dict[str, Any] = {"kind": kind, "by": str(actor), "device": actor.device, "tickets": ticket_ids}
    return said | {"lines": list(lines)} if lines else said


def record(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, kind: str, ticket_ids: list[str], lines: Sequence[str] = (),
) -> int:  # fmt: skip
    """Counts the order's version, writes it and appends the event. Returns the slot."""
    order.version += 1
    order.updated_at = now.iso
    orders.touch(tx, order)
    data = {"order": documents.order_document(order), "change": change(kind, actor, ticket_ids, lines)}
    tx.changed.add("tickets")
    return journal.append(tx, now, next(ids), f"order.{kind}", f"order/{order.id}", order.version, order.day, data)


