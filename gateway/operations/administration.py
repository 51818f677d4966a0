"""Setting up and running the store: identity, settings, menu, tables, what is sold out, pause, people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from gateway.domain import menu as menu_rules
from gateway.domain import routing
from gateway.domain import settings as settings_rules
from gateway.domain.actor import Actor
from gateway.domain.check import Check
from gateway.domain.errors import Refused
from gateway.domain.fault import Fault
from gateway.domain.ids import Ids
from gateway.domain.menu import Menu
from gateway.domain.now import Now
from gateway.domain.settings import Settings
from gateway.domain.visit import Visit
from gateway.operations import endings, kitchen, login_brake
from gateway.operations.ordering import business_day
from gateway.store import box, devices, jobs, journal, keys, orders, people, settings, tickets, visits
from gateway.store.box import Pause
from gateway.store.people import User
from gateway.store.transaction import Tx

NEWS_S = 86400.0
"""A dead letter or an unknown dish stands before people for a day; the journal and `gateway outbox` keep it."""

SESSION_S = 30 * 86400.0
"""A kitchen tablet stays logged in for a month; logging out or changing the user ends it at once."""

AHEAD_S = 30 * 86400.0
"""An event from further ahead was written by a clock that was wrong by years: were it waited for, the journal would
grow until then. A smaller error is waited for, at most as long again as a right one."""


def found_box(
    tx: Tx, now: Now, ids: Ids, actor: Actor, store: str, box_id: str, nonce: str, secret: bytes
) -> None:
    """Gives a new database its identity. `nonce` (5 random letters) tells cloned cards apart."""
    if box.get(tx) is not None:
        return
    epoch = f"1-{nonce}"
    box.create(tx, store, box_id, epoch, 1, secret)
    journal.begin_epoch(tx, 1, epoch)


def import_settings(
    tx: Tx, now: Now, ids: Ids, actor: Actor, new: Settings, tokens: Iterator[str], open_tables: bool = False,
    force: bool = False,
) -> int:  # fmt: skip
    """A new revision of the settings. New tables get a token, tables that are gone lose theirs.

    `force`: a station may go although it has open tickets; they end as if `actor` had bumped them.

    Raises `Refused("invalid_settings", faults=[...])`; then the old ones go on.
    """
    found = settings_rules.faults(new)
    current = settings.current_menu(tx)
    if current and not found:
        found = menu_rules.faults(current[1], frozenset(s.id for s in new.stations))
        found += routing.menu_faults(new, current[1])
    found += _papers_left_behind(tx, new)
    left = _tickets_left_behind(tx, new)
    if not force:
        found += [
            Fault("tickets_left_behind", (("station", station),), {"count": count, "station": station})
            for station, count in sorted(left.items())
        ]
    if found:
        raise Refused("invalid_settings", faults=found)
    for station in left:
        endings.end_tickets_of(tx, now, ids, actor, station)
    if kitchen.has_expo(tx) and not new.serving.expo:
        endings.end_ready_tickets(tx, now, ids, actor)
    _forget_devices(tx, new)
    revision = settings.add_settings(tx, new, now.iso, str(actor))
    known = settings.tables(tx)
    wanted = new.tables()
    for name in wanted:
        if name not in known:
            settings.add_table(tx, name, next(tokens))
        if open_tables and not visits.open_at(tx, name):
            _open(tx, now, ids, actor, name, 0)
    for name in known:
        if name not in wanted:
            settings.remove_table(tx, name)
    tx.changed.update(("settings", "devices"))
    return revision


def _papers_left_behind(tx: Tx, new: Settings) -> list[Fault]:
    """A printer that goes while slips wait for it would leave them waiting for ever."""
    return [
        Fault("slips_left_behind", (("printer", job.printer),), {"count": jobs.open_count(tx, job.printer)})
        for job in jobs.heads(tx)
        if (kept := new.printer(job.printer)) is None or kept.bridge != _bridge_of(tx, job.printer)
    ]


def _tickets_left_behind(tx: Tx, new: Settings) -> Counter[str]:
    """Open tickets by station that goes, also those that wait to be called: no screen would show them and no hand could
    end them any more."""
    stations = [*(station for station, _, _ in tickets.open_ids(tx)), *tickets.held_stations(tx)]
    return Counter(station for station in stations if new.station(station) is None)


def _bridge_of(tx: Tx, printer: str) -> str | None:
    """Another bridge would not know the slips that are out, and could print them a second time."""
    former = settings.the_settings(tx).printer(printer)
    return former.bridge if former else None


def _forget_devices(tx: Tx, new: Settings) -> None:
    """What is no longer in the settings cannot be wrong any more, nor what another bridge has said of it."""
    bridges = new.bridges()
    for device in devices.devices(tx):
        kept = new.printer(device.name) or new.device(device.name)
        if kept is None or kept.bridge != device.bridge:
            devices.remove_device(tx, device.name)
    for bridge in devices.bridges(tx):
        if bridge.name not in bridges:
            devices.remove_bridge(tx, bridge.name)
    for printer in devices.paused_printers(tx):
        if new.printer(printer) is None:
            devices.resume_printer(tx, printer)
            devices.clear_condition(tx, "printer_paused", printer)


def import_menu(tx: Tx, now: Now, ids: Ids, actor: Actor, new: Menu) -> int:
    """A new revision of the menu. Raises `Refused("invalid_menu", faults=[...])`; then the old one is sold on."""
    rules = settings.settings(tx)
    if rules is None:
        raise Refused("invalid_menu", faults=[Fault("settings_first")])
    found = menu_rules.faults(new, frozenset(s.id for s in rules.stations))
    if new.currency != rules.currency:
        found.append(Fault("other_currency", (("key", "currency"),), {"currency": new.currency, "own": rules.currency}))
    found += [] if found else routing.menu_faults(rules, new)
    if found:
        raise Refused("invalid_menu", faults=found)
    revision = settings.add_menu(tx, new, now.iso, str(actor))
    for condition in devices.conditions(tx):
        if condition.code == "unknown_item" and set(condition.params["items"]) <= new.items.keys():
            devices.clear_condition(tx, condition.code, condition.subject)
    _note(tx, now, ids, actor, "menu.changed", f"menu/{revision}", {"revision": revision})
    return revision


def _note(tx: Tx, now: Now, ids: Ids, actor: Actor, kind: str, subject: str, data: dict[str, object]) -> None:
    day = business_day(tx, now, settings.the_settings(tx))
    ver = journal.last_slot(tx) & journal.SEQ_MASK
    journal.append(tx, now, next(ids), kind, subject, ver + 1, day, {**data, "by": str(actor)})
    tx.changed.add("menu")


def _forget_old_news(tx: Tx, now: Now) -> None:
    for condition in devices.conditions(tx):
        if condition.code in ("dead_letter", "unknown_item") and condition.since < now.ago(NEWS_S):
            devices.clear_condition(tx, condition.code, condition.subject)


def set_sold_out(tx: Tx, now: Now, ids: Ids, actor: Actor, item: str, sold_out: bool) -> None:
    """Raises `Refused("unknown_item")`."""
    current = settings.current_menu(tx)
    if current is None or item not in current[1].items:
        raise Refused("unknown_item", item=item)
    if (item in settings.sold_out(tx)) == sold_out:
        return
    if sold_out:
        settings.set_sold_out(tx, item, now.iso, str(actor))
    else:
        settings.set_back_on(tx, item)
    _note(tx, now, ids, actor, "item.sold_out" if sold_out else "item.back_on", f"item/{item}", {"item": item})


def open_table(tx: Tx, now: Now, ids: Ids, actor: Actor, table: str, covers: int) -> Visit:
    """Opens a visit. A table that is open already stays as it is. Raises `Refused("unknown_table")`."""
    _known(tx, table)
    open_visits = visits.open_at(tx, table)
    return open_visits[-1] if open_visits else _open(tx, now, ids, actor, table, covers)


def _open(tx: Tx, now: Now, ids: Ids, actor: Actor, table: str, covers: int) -> Visit:
    """With its check: who opens a table can wait for a card better than the guest whose order would write it."""
    visit = Visit(next(ids), table, "OPEN", covers, now.iso)
    visits.insert(tx, visit, str(actor))
    visits.insert_check(tx, Check(next(ids), visit.id, "OPEN", settings.the_settings(tx).currency))
    tx.changed.add("tables")
    return visit


def close_table(tx: Tx, now: Now, ids: Ids, actor: Actor, table: str) -> int:
    """Ends every open visit of the table: the phones' cookies die with them. Returns how many ended."""
    open_visits = visits.open_at(tx, table)
    if not open_visits:
        _known(tx, table)
    for visit in open_visits:
        visits.close(tx, visit.id, now.iso)
        for order in orders.of_checks(tx, visits.checks_of(tx, visit.id)):
            endings.end_of_visit(tx, now, ids, actor, order)
    devices.clear_condition(tx, "table_calls", table)
    tx.changed.add("tables")
    return len(open_visits)


def _known(tx: Tx, table: str) -> None:
    if table not in settings.tables(tx):
        raise Refused("unknown_table", table=table)


def set_paused(tx: Tx, now: Now, ids: Ids, actor: Actor, paused: bool, reason: str) -> None:
    """Guests cannot order while paused; staff can."""
    box.set_pause(tx, Pause(now.iso, str(actor), reason) if paused else None)
    tx.changed.update(("menu", "conditions"))


def set_user(tx: Tx, now: Now, ids: Ids, actor: Actor, user: User) -> None:
    """Adds a person or changes one. Passwords and PINs come stretched. Whoever is logged in under this name has to log
    in again: a stolen password, or a former role, is worth nothing from here on."""
    people.end_sessions_of(tx, user.name)
    people.set_user(tx, user)


def set_language(tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, language: str) -> None:
    """What pages and refusals speak to this person from here on, also where they are logged in; "": as the device says.
    Raises `Refused("not_found")`."""
    user = people.user(tx, name)
    if user is None:
        raise Refused("not_found")
    people.set_user(tx, replace(user, language=language))


def set_program(tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, token: str) -> None:
    """Gives a program its token; its former one ends."""
    people.set_program(tx, name, token)


def begin_session(
    tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, matched: bool, source: str, token: str
) -> User:
    """Logs a person in. The secret was compared outside (it takes long); the wrong ones are counted here."""
    wait = login_brake.locked_for(tx, now, source)
    if wait > 0:
        raise Refused("too_many", retry_after_s=int(wait) + 1)
    user = people.user(tx, name)
    if user is None or not matched:
        raise Refused("wrong_login", keep=(lambda kept: login_brake.count_wrong_try(kept, now, source),))
    people.add_session(tx, token, name, now.iso)
    return user


def end_session(tx: Tx, now: Now, ids: Ids, actor: Actor, token: str) -> None:
    """Logs one screen or page out."""
    people.end_session(tx, token)


def prune(tx: Tx, now: Now, ids: Ids, actor: Actor, before: str, limit: int) -> int:
    """Deletes delivered journal entries older than `before` with the keys that point at them. Rows deleted."""
    gone = journal.prune(tx, before, now.ago(-AHEAD_S), limit)
    _forget_old_news(tx, now)
    people.prune_sessions(tx, now.ago(SESSION_S))
    login_brake.forget_old(tx, now)
    return gone + keys.prune(tx, journal.first_slot(tx), limit)
