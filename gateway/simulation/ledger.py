"""Looks on after every commit: what was told must be there, and everything that is there must fit together.

Reads the rows with SQL of its own, so that a fault in the store's queries cannot hide itself.
"""

from __future__ import annotations

from typing import Any

from gateway.contract.messages import TicketDo
from gateway.domain import documents
from gateway.domain.settings import Station
from gateway.domain.ticket import READY_KIND
from gateway.simulation.changes_seen import TOLD_WITHIN_S, ChangesSeen, Numbered
from gateway.simulation.cloud import CloudLine
from gateway.simulation.dishes import BACK, OFF, Dishes
from gateway.simulation.jobs_seen import JobsSeen
from gateway.simulation.known_ticket import KnownTicket
from gateway.simulation.line_marks_seen import MARKED, LineMarks
from gateway.simulation.paper_trail import PaperTrail, Sheet
from gateway.simulation.printer import Paper
from gateway.simulation.screens import Deeds
from gateway.simulation.world import Broken, World
from gateway.store import Reader, journal, keys
from gateway.store.journal import Entry

Json = dict[str, Any]

QUESTION_S = 5.0
"""A disk that was full may have kept a question to a person from being written: until it is asked again, the dish is
nowhere."""

RANK = {"QUEUED": 0, "SHOWN": 1, "STARTED": 2, "READY": 3, "SERVED": 4, "CANCELLED": 5}


class Ledger:
    """`names`: of the stations, as they stand on paper."""

    def __init__(self, world: World, deeds: Deeds, cloud: CloudLine, stations: list[Station], names: dict[str, str]):
        self._world = world
        self._deeds = deeds
        self._cloud = cloud
        self.proofs: dict[str, str] = {station.id: station.proof for station in stations}
        printers_of = {station.id: station.printers("") for station in stations}
        self.trail = PaperTrail(printers_of, names, self.proofs)
        self.papers = JobsSeen(world, self.trail, printers_of, self.proofs)
        self.dishes = Dishes()
        self.marks = LineMarks()
        self.changes = ChangesSeen(world, deeds, self.trail)
        self.dirty = True
        """Whether there is something to look at."""
        self.thorough = True
        """Whether that may be more than how far the cloud is."""
        self.slot = 1 << journal.EPOCH_SHIFT
        self.events: list[tuple[int, str, str]] = []
        self.orders: dict[str, Json] = {}
        self._days: dict[str, str] = {}
        """The business day of each order: its slips are numbered by it."""
        self._rows_of_orders: list[Any] = []
        self.tickets: dict[str, KnownTicket] = {}
        self.by_tag: dict[str, str] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.numbered: set[str] = set()
        self.calm_since = 0.0
        """Since when one gateway has lived with a sound disk: its watches had time for their work."""

    def came_out(self, paper: Paper) -> None:
        """A sheet lies in the kitchen."""
        self.trail.came_out(paper)

    # --- rows ---

    def check(self, rows: Reader) -> None:
        thorough, self.dirty, self.thorough = self.thorough, False, False
        self._check_cursor(rows)
        if thorough:
            self._check_rows(rows)

    def _check_rows(self, rows: Reader) -> None:
        events = len(self.events)
        self._read_journal(rows)
        self._check_orders(rows, len(self.events) > events)
        self.dishes.check_rows(rows)
        self._check_tickets(rows)
        self.papers.check(rows, self.tickets, self._world.time - self.calm_since)
        wrong = rows.all("SELECT subject FROM conditions WHERE code = 'ledger_difference'")
        if wrong and self._world.time - self.calm_since > QUESTION_S:
            raise Broken(f"the ledger names dishes that are nowhere: {wrong}")

    def _read_journal(self, rows: Reader) -> None:
        last = journal.last_slot(rows)
        if last < self.slot and self.events:
            raise Broken(f"the journal ends at slot {last}, but {self.slot} was committed")
        for entry in journal.after(rows, self.slot, 10_000):
            if entry.slot != self.slot + 1:
                raise Broken(f"a gap in the journal: {entry.seq} follows {self.slot & journal.SEQ_MASK}")
            self.slot = entry.slot
            self.events.append((entry.seq, entry.id, entry.type))
            if entry.subject.startswith("order/"):
                self._take_event(rows, entry)

    def _take_event(self, rows: Reader, entry: Entry) -> None:
        data = documents.decoded(entry.data)
        order, change = data["order"], data["change"]
        former = self.orders.get(order["id"])
        if order["version"] != (former["version"] + 1 if former else 1):
            raise Broken(f"event {entry.seq} of order {order['number']} skips to version {order['version']}")
        self.orders[order["id"]] = order
        if former is None:
            self._days[order["id"]] = entry.bizday
            self._take_new(order, entry.bizday)
        self.dishes.take(rows, entry.slot, former, order, change)
        self.marks.take(former, order, change, self._do_of(rows, entry, change))
        for ticket in order["tickets"]:
            known = self.tickets.get(ticket["id"]) or self._take_ticket(order, ticket)
            self._check_move(ticket, known, change, order)
            self._check_action(rows, entry, ticket, known, change)
            if known.state != ticket["state"] and {known.state, ticket["state"]} & {"READY", "SERVED", "CANCELLED"}:
                known.ready_changes = ticket["version"]
            known.version, known.state, known.hold = ticket["version"], ticket["state"], ticket["hold"]
            known.was_cleared = known.was_cleared or ticket["cleared_at"] is not None
            self._note_contents(order, ticket, known)
            self.changes.take(order, ticket, known.tag, known.day, known.contents)

    def _take_new(self, order: Json, day: str) -> None:
        tag = order["note"][:6]
        if tag in self.by_tag:
            raise Broken(f"{tag} was ordered once and is there twice: its second order is {order['number']}")
        if order["total"] != sum(line["amount"] for line in order["lines"]):
            raise Broken(f"order {order['number']}: the total is not the sum of its lines")
        self._next_number(day, "order", int(order["number"][1:]))
        self.by_tag[tag] = order["id"]
        self.dishes.begin(order)

    def _take_ticket(self, order: Json, ticket: Json) -> KnownTicket:
        known = KnownTicket(order["note"][:6], ticket["station"], self._days[order["id"]], hold=ticket["hold"])
        self.tickets[ticket["id"]] = known
        return known

    def _check_move(self, ticket: Json, known: KnownTicket, change: Json, order: Json) -> None:
        """Never backwards, but by a person; nothing without a new version; what was fired is never held again."""
        before, after, name = known.state, ticket["state"], f"the ticket of {known.tag} at {known.station}"
        if ticket["version"] < known.version:
            raise Broken(f"{name} goes back from version {known.version} to {ticket['version']}")
        if (before, known.hold) != (after, ticket["hold"]) and ticket["version"] == known.version:
            raise Broken(f"{name} moves from {before} to {after} without a new version")
        by_a_person = change["kind"] in BACK and ticket["id"] in change["tickets"]
        if RANK[after] < RANK[before] and not by_a_person:
            raise Broken(f"{name} goes back from {before} to {after} by '{change['kind']}', which nobody asked for")
        if ticket["hold"] == "held" and (known.hold != "held" or after not in ("QUEUED", "CANCELLED")):
            raise Broken(f"{name} waits to be called, and is {after}")
        lines = [line for line in order["lines"] if line["ticket"] == ticket["id"]]
        if ticket["hold"] != "held" and any(line["state"] == "ON_HOLD" for line in lines):
            raise Broken(f"{name} is before its cook with a dish that waits to be called")

    def _note_contents(self, order: Json, ticket: Json, known: KnownTicket) -> None:
        if ticket["hold"] == "held":
            return
        lines = [line for line in order["lines"] if line["ticket"] == ticket["id"] and line["state"] not in OFF]
        dishes = [f"{line['quantity']}× {line['name']['und']}" for line in lines]
        if dishes not in known.contents:
            known.contents.append(dishes)

    def _next_number(self, day: str, name: str, number: int) -> None:
        expected = self.numbers.get((day, name), 0) + 1
        if number != expected:
            raise Broken(f"the {name} number {number} of {day} should be {expected}: a gap or a double")
        self.numbers[day, name] = number

    def _check_action(self, rows: Reader, entry: Entry, ticket: Json, known: KnownTicket, change: Json) -> None:
        of_screens = change["kind"] in MARKED or change["kind"].startswith("ticket_")
        if ticket["id"] not in change["tickets"] or not of_screens:
            return
        deed = self._deed_of(rows, entry, ticket["id"])
        if deed is None:
            return
        if deed.action in READY_KIND:
            if deed.version < known.ready_changes:
                raise Broken(
                    f"a stale {deed.action} ({deed.key}, seen at version {deed.version}) of {known.tag} undid what was"
                    f" done at version {known.ready_changes}"
                )
            if not deed.lines:
                known.ready_changes = ticket["version"]

    def _do_of(self, rows: Reader, entry: Entry, change: Json) -> TicketDo | None:
        """What a screen said by which this came, where one did."""
        if len(change["tickets"]) != 1 or not (change["kind"] in MARKED or change["kind"].startswith("ticket_")):
            return None
        return self._deed_of(rows, entry, change["tickets"][0])

    def _deed_of(self, rows: Reader, entry: Entry, ticket: str) -> TicketDo | None:
        for do in self._deeds.of_ticket.get(ticket, []):
            found = keys.find(rows, "tickets", do.key)
            if found and found[1] == entry.slot:
                return do
        return None

    def _check_orders(self, rows: Reader, told_anew: bool) -> None:
        found = rows.all("SELECT id, number, version, total, status FROM orders")
        if found == self._rows_of_orders and not told_anew:
            return
        self._rows_of_orders = found
        for identity, number, version, total, status in found:
            told = self.orders.get(identity)
            if told is None:
                raise Broken(f"order {number} has no event in the journal: its transaction was torn")
            if (told["version"], told["total"], told["status"]) != (version, total, status):
                raise Broken(f"order {number} is {status} version {version}, its last event says {told['version']}")

    def _check_tickets(self, rows: Reader) -> None:
        now = self._world.now()
        calm = self._world.time - self.calm_since
        listed = {r[0] for r in rows.all("SELECT subject FROM conditions WHERE code = 'ticket_unseen'")}
        found = rows.all(
            "SELECT id, state, version, shown_version, shown_by, slip_number, fired_boot, fired_mono, station, hold,"
            " ended, doubt FROM tickets"
        )
        new: list[Numbered] = []
        for identity, state, version, shown, shown_by, slip, boot, mono, station, hold, ended, doubt in found:
            known = self.tickets[identity]
            if version != known.version:
                raise Broken(f"the ticket of {known.tag} at {station} has version {version}, its event {known.version}")
            if shown > version:
                raise Broken(f"the ticket of {known.tag} is shown at {shown}, beyond its version {version}")
            if slip and identity not in self.numbered:
                self.numbered.add(identity)
                new.append((known.day, station, slip, Sheet(identity, station, "", known.contents), known.tag))
            if hold == "held":
                if slip or shown or identity in listed:
                    raise Broken(f"what waits to be called of {known.tag} at {station} is before a cook, or asked of")
            elif state == "QUEUED":
                waited = min(now.since(boot, mono), calm)
                if waited > TOLD_WITHIN_S and identity not in listed:
                    raise Broken(f"nobody has seen {known.tag} at {station} for {waited:.0f} s and nobody was told")
            elif ended in ("visit", "day") and not shown_by and doubt == "mute":
                pass  # a printer that cannot confirm has had its papers, and nobody ever spoke for them
            elif not known.proven and state != "CANCELLED":
                self._check_proof(identity, known, shown_by or "")
            if state != "QUEUED" and identity in listed:
                raise Broken(f"{known.tag} at {station} is {state}, and people are still told that nobody has seen it")
        self._take_numbers(new + self.changes.check(rows, calm, self.tickets, listed))

    def _take_numbers(self, new: list[Numbered]) -> None:
        for day, station, number, sheet, tag in sorted(new, key=lambda one: one[:3]):
            self._next_number(day, f"slip:{station}", number)
            self.trail.expect(tag, number, sheet)

    def _check_proof(self, identity: str, known: KnownTicket, shown_by: str) -> None:
        if shown_by.startswith("slip "):
            if not self.trail.whole(identity):
                raise Broken(f"{known.tag} at {known.station} is shown by {shown_by}, but no whole paper came out")
        elif (identity, shown_by.removeprefix("screen ")) not in self._deeds.rendered and not self._is_scanned(known):
            raise Broken(f"{known.tag} at {known.station} counts as shown by {shown_by!r}, which never drew it")
        known.proven = True

    def order_of(self, ticket: str) -> str:
        """The id of the order that a ticket is of."""
        return self.by_tag[self.tickets[ticket].tag]

    def _is_scanned(self, known: KnownTicket) -> bool:
        return self.orders[self.by_tag[known.tag]]["number"] in self._deeds.scanned

    def _check_cursor(self, rows: Reader) -> None:
        for cursor in journal.cursors(rows):
            if cursor.applied_upto > self._cloud.applied_upto:
                raise Broken(
                    f"the cursor stands at {cursor.applied_upto}, the cloud has applied only {self._cloud.applied_upto}"
                )
