"""What must hold when all faults are over and everything has drained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.contract.events import DEAD_TYPE
from gateway.contract.topics import Topics
from gateway.domain.print_job import OPEN
from gateway.simulation.broker import Broker, matches
from gateway.simulation.cloud import CloudLine
from gateway.simulation.gateway_process import Life
from gateway.simulation.guests import Guests, Program, Wish
from gateway.simulation.ledger import Ledger
from gateway.simulation.printer import Printer
from gateway.simulation.product_ledger import check_proof
from gateway.simulation.restaurant import STORE
from gateway.simulation.screens import Deeds, Screen, StreamScreen
from gateway.simulation.waiters import Waiters
from gateway.simulation.world import Broken, World
from gateway.store import Reader, devices, jobs, journal, tickets

MAY_STAND = ("ticket_unseen", "notice_unseen", "dead_letter", "drawer_unknown")
"""Conditions that only a person or the support can end; whether a ticket is rightly on the list is asked apart."""


@dataclass
class Rest:
    """Everything that the last look needs."""

    life: Life
    ledger: Ledger
    guests: Guests
    program: Program
    broker: Broker
    topics: Topics
    cloud: CloudLine
    screens: Sequence[Screen]
    world: World
    printers: Mapping[str, Printer]
    waiters: Waiters

    @property
    def wishes(self) -> list[Wish]:
        return [*self.guests.wishes, *self.program.wishes]

    def left_over(self) -> str:
        """What is still on its way, in words; "" when nothing is."""
        waiting = [w.tag for w in self.wishes if not w.settled]
        if waiting:
            return f"{waiting} have no answer"
        if self.waiters.open:
            return f"a waiter has no answer to {sorted(self.waiters.open)}"
        with self.life.store.read() as rows:
            return self._left_in_rows(rows)

    def _left_in_rows(self, rows: Reader) -> str:
        states = ", ".join(f"'{state}'" for state in OPEN)
        still_open_jobs = rows.all(f"SELECT printer, state, reason FROM jobs WHERE state IN ({states})")
        if still_open_jobs:
            return f"open jobs {still_open_jobs}"
        asked = {c.subject for c in devices.conditions(rows) if c.code == "slip_unknown"}
        unsettled = [job.id for job in jobs.unknown(rows) if job.id not in asked]
        if unsettled:
            return f"nobody has been asked yet about the papers {unsettled}"
        cursor, last = journal.cursors(rows)[-1].slot, journal.last_slot(rows)
        if cursor < last:
            return f"{last - cursor} events have not reached the cloud"
        standing = [(c.code, c.subject) for c in devices.conditions(rows) if c.code not in MAY_STAND]
        if standing:
            return f"the conditions {standing} still stand"
        retained = {t for t in self.broker.retained if matches(self.topics.ticket("+", "+"), t)}
        still_open = {self.topics.ticket(station, ticket) for station, ticket, _ in tickets.open_ids(rows)}
        if retained != still_open:
            stale, missing = sorted(retained - still_open), sorted(still_open - retained)
            return f"retained tickets {stale} are not open, {missing} are missing"
        for screen in self.screens:
            wanted = {ticket for station, ticket, _ in tickets.open_ids(rows) if station == screen.station}
            if isinstance(screen, StreamScreen) and set(screen.cards) != wanted:
                return f"{screen.name} shows {sorted(screen.cards)} instead of {sorted(wanted)}"
        return _all_day_differs(self, rows) or self._unproven(rows)

    def _unproven(self, rows: Reader) -> str:
        listed = {c.subject for c in devices.conditions(rows) if c.code == "ticket_unseen"}
        unseen = rows.all("SELECT id FROM tickets WHERE state = 'QUEUED' AND hold != 'held'")
        silent = [self.ledger.tickets[r[0]].tag for r in unseen if r[0] not in listed]
        return f"{silent} are before no cook and on no list" if silent else ""


STIRS = 60
"""Half seconds in which the house may come to rest again: twice what a reprint takes."""


def check_at_rest(rest: Rest) -> None:
    _ask_everything_again(rest)
    with rest.life.store.read() as rows:
        _check_promises(rest, rows)
        _check_totals(rest, rows)
        _check_drawers(rest, rows)
        _check_kitchen(rest, rows)
        check_proof(rows, rest.world.now(), rest.ledger)
        last = journal.last_slot(rows)
    _check_cloud(rest, last)


def _ask_everything_again(rest: Rest) -> None:
    """Every key once more, long after: the same answer, and no second order. `Guests` and the ledger compare."""
    told = [wish for wish in rest.guests.wishes if wish.told is not None]
    for wish in told:
        rest.guests.ask(wish)
    rest.world.run_until(rest.world.time + 3.0)
    # A cook may bump a ticket in just this moment: what comes of it gets the time that it needs.
    for _ in range(STIRS):
        if not rest.left_over():
            return
        rest.world.run_until(rest.world.time + 0.5)


def _check_promises(rest: Rest, rows: Reader) -> None:
    by_tag: dict[str, list[str]] = {}
    for order in rest.ledger.orders.values():
        by_tag.setdefault(order["note"][:6], []).append(order["id"])
    there = {row[0] for row in rows.all("SELECT id FROM orders")}
    for wish in rest.wishes:
        made = by_tag.get(wish.tag, [])
        if len(made) > 1:
            raise Broken(f"{wish.tag} was ordered once and is there {len(made)} times")
        if wish.told is not None and (made != [wish.told["id"]] or wish.told["id"] not in there):
            raise Broken(f"{wish.tag} was confirmed as {wish.told['number']} and is not there")
        if wish.told is None and wish.refused and made and wish.asked == 1:
            raise Broken(f"{wish.tag} was refused ({wish.refused}) and was carried out")


def _check_kitchen(rest: Rest, rows: Reader) -> None:
    """The ledger balances."""
    listed = {c.subject for c in devices.conditions(rows) if c.code == "ticket_unseen"}
    classes = {}
    for ticket, state, shown_by, hold in rows.all("SELECT id, state, shown_by, hold FROM tickets"):
        if hold == "held":
            classes[ticket] = "held"
        elif state != "QUEUED":
            classes[ticket] = "paper" if (shown_by or "").startswith("slip") else "screen"
        elif ticket in listed:
            classes[ticket] = "asked"
    wanted = {wish.told["id"]: wish.lines for wish in rest.wishes if wish.told is not None}
    rest.ledger.dishes.balance(wanted, classes)


def _all_day_differs(rest: Rest, rows: Reader) -> str:
    """Whose totals are not what is still to be cooked, in words; "" when all are."""
    still_open: dict[str, Counter[str]] = {}
    for station, item, dishes in rows.all(
        "SELECT t.station, l.item, sum(CASE WHEN l.again THEN l.again ELSE l.quantity - l.cancelled - l.returned END)"
        " FROM lines l JOIN tickets t"
        " ON t.n = l.ticket WHERE t.cleared_at IS NULL AND t.hold <> 'held' AND l.state = 'FIRED'"
        " AND t.state IN ('QUEUED', 'SHOWN', 'STARTED') GROUP BY t.station, l.item"
    ):
        still_open.setdefault(station, Counter())[item] = dishes
    retained = [(t, msgspec.json.decode(p)) for t, p in rest.broker.retained.items()]
    feeds = [(station, [card for topic, card in retained if matches(rest.topics.ticket(station, "+"), topic)])
             for station in rest.ledger.proofs]  # fmt: skip
    feeds += [(s.station, list(s.cards.values())) for s in rest.screens if isinstance(s, StreamScreen)]
    for station, cards in feeds:
        shown = all_day(cards)
        if shown != still_open.get(station, Counter()):
            return f"the screens at {station} add up {shown}, still to be cooked are {still_open.get(station)}"
    return ""


def all_day(cards: Sequence[dict[str, Any]]) -> Counter[str]:
    """What a screen's total says: of each item what is still to be cooked."""
    found: Counter[str] = Counter()
    for card in cards:
        for line in card["lines"] if card["state"] in ("QUEUED", "SHOWN", "STARTED") else ():
            if line["state"] == "FIRED":
                found[line["item"]] += line["quantity"]
    return found


def check_closed(rest: Rest, deeds: Deeds) -> None:
    """After all tables were closed."""
    touched = {ticket for ticket, done in deeds.of_ticket.items() if any(do.action != "rendered" for do in done)}
    with rest.life.store.read() as rows:
        found = rows.all(
            "SELECT t.id, t.state, t.hold, t.proof FROM tickets t JOIN orders o ON o.n = t.order_n"
            " WHERE t.cleared_at IS NULL AND o.visit IS NOT NULL"
        )
        check_proof(rows, rest.world.now(), rest.ledger)
    for ticket, state, hold, proof in found:
        tag = rest.ledger.tickets[ticket].tag
        if hold == "held":
            raise Broken(f"a dish of {tag} waits to be called, and nobody sits at its table any more")
        if proof == "paper" and state != "QUEUED" and ticket not in touched:
            raise Broken(f"the ticket of {tag} is {state} on paper alone, its table is closed, and nothing will end it")


def _check_drawers(rest: Rest, rows: Reader) -> None:
    """Each that is called opened has opened, once; one that was not opened has not. Only of the others nobody knows."""
    for name, printer in rest.printers.items():
        found = rows.all("SELECT state FROM jobs WHERE kind = 'drawer' AND printer = ?", name)
        states = [state for (state,) in found]
        least, most = states.count("PRINTED"), len(states) - states.count("CANCELLED")
        if not least <= printer.opened <= most:
            raise Broken(f"the drawer at {name} opened {printer.opened} times, of its jobs' {sorted(states)}")


def _check_totals(rest: Rest, rows: Reader) -> None:
    left = "l.quantity - l.cancelled - l.returned"
    of_lines = f"SELECT t.order_n, sum(({left}) * l.unit_price) FROM lines l JOIN tickets t ON t.n = l.ticket"
    sums: dict[int, int] = dict(rows.all(f"{of_lines} GROUP BY t.order_n"))
    listed = {order.id: order for order in rest.cloud.store.orders(STORE, None, 1000)}
    for n, identity, number, total in rows.all("SELECT n, id, number, total FROM orders"):
        if sums.get(n) != total:
            raise Broken(f"order {number}: total {total}, its lines make {sums.get(n)}")
        in_cloud = listed.pop(identity, None)
        if in_cloud is not None and (in_cloud.number, in_cloud.total) != (number, total):
            raise Broken(f"order {number} of {total} is {in_cloud.number} of {in_cloud.total} in the cloud")
        if in_cloud is None and not rest.cloud.poisoned:
            raise Broken(f"order {number} is not in the cloud")
    if listed:
        raise Broken(f"the cloud has orders that the store never made: {sorted(listed)}")


def _check_cloud(rest: Rest, last: int) -> None:
    """Every event once, in order, without a gap; only what the cloud refuses for ever is there as a dead one."""
    stats = rest.cloud.store.stats(STORE)
    seq = last & journal.SEQ_MASK
    if (stats.events, stats.conflicts, set(stats.applied_upto.values())) != (seq, 0, {seq}):
        raise Broken(f"the journal has {seq} events; the cloud: {stats}")
    for number, event_id, kind in rest.ledger.events:
        there = rest.cloud.taken.get(number)
        expected = DEAD_TYPE if number in rest.cloud.poisoned else kind
        if there != (event_id, expected):
            raise Broken(f"event {number} is {kind} {event_id}; the cloud has {there}")
