"""Looks on after every commit: what was told must be there, and everything that is there must fit together.

Reads the rows with SQL of its own, so that a fault in the store's queries cannot hide itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.contract.messages import TicketDo
from gateway.domain import documents
from gateway.domain.print_job import OPEN
from gateway.domain.ticket import READY_KIND
from gateway.simulation.cloud import CloudLine
from gateway.simulation.printer import Paper
from gateway.simulation.screens import Deeds
from gateway.simulation.world import Broken, World
from gateway.store import Reader, journal, keys
from gateway.store.journal import Entry

Json = dict[str, Any]

TOLD_WITHIN_S = 13.5
"""9.5 s until a person is called, and time for the watch, a batch and a busy moment."""
ASKED_WITHIN_S = 19.0
"""15 s until a doubtful paper is printed again or asked about, and the same time."""


@dataclass
class KnownTicket:
    """A ticket as the journal has told it."""

    tag: str
    station: str
    dishes: list[str]
    version: int = 0
    proven: bool = False
    ready_changes: int = 0
    """The version of its last bump, recall, undo or serve."""


class Ledger:
    """`printers_of`: of each station, its own first, then those that stand in for it."""

    def __init__(
        self, world: World, deeds: Deeds, cloud: CloudLine, printers_of: dict[str, list[str]], names: dict[str, str]
    ):
        self._world = world
        self._deeds = deeds
        self._cloud = cloud
        self._printers_of = printers_of
        self._names = names
        self.dirty = True
        self.slot = 1 << journal.EPOCH_SHIFT
        self.events: list[tuple[int, str, str]] = []
        self.orders: dict[str, Json] = {}
        self.tickets: dict[str, KnownTicket] = {}
        self.by_tag: dict[str, list[str]] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.jobs: dict[str, tuple[str, int, str]] = {}
        self.papers: dict[str, list[Paper]] = {}
        self._numbered: set[str] = set()
        self.calm_since = 0.0
        """Since when one gateway has lived with a sound disk: its watches had time for their work."""

    # --- paper ---

    def came_out(self, paper: Paper) -> None:
        """A sheet lies in the kitchen. Unmarked copies, wrong stations and doubles are seen at once."""
        if paper.tag is None:
            return
        ticket = self._ticket_of(paper)
        if ticket is None:
            raise Broken(f"a paper of {paper.tag} came out at {paper.printer}, which makes nothing of that order")
        for former in self.papers.setdefault(ticket, []):
            if former.copy == paper.copy:
                raise Broken(f"copy {paper.copy} of {paper.tag} came out twice at {paper.printer}: one is not marked")
            if paper.copy == 1:
                raise Broken(f"a later paper of {paper.tag} at {paper.printer} does not say REPRINT")
        self.papers[ticket].append(paper)
        known = self.tickets[ticket]
        diverted = paper.printer != self._printers_of[known.station][0]
        if paper.code and ("FOR" in paper.text) != diverted:
            raise Broken(f"the paper of {paper.tag} at {paper.printer} does not say rightly whether it is another's")
        if paper.code and not paper.shows(known.dishes):
            raise Broken(f"the paper of {paper.tag} does not hold the dishes {known.dishes}: {paper.text!r}")

    def _ticket_of(self, paper: Paper) -> str | None:
        for ticket in self.by_tag.get(paper.tag or "", []):
            known = self.tickets[ticket]
            if paper.printer in self._printers_of[known.station] and f"{self._names[known.station]}\x1bE" in paper.text:
                return ticket
        return None

    def whole_paper(self, ticket: str, copy: int | None = None) -> bool:
        dishes = self.tickets[ticket].dishes
        return any(p.shows(dishes) for p in self.papers.get(ticket, []) if copy is None or p.copy == copy)

    # --- rows ---

    def check(self, rows: Reader) -> None:
        self.dirty = False
        self._read_journal(rows)
        self._check_orders(rows)
        self._check_tickets(rows)
        self._check_jobs(rows)
        self._check_cursor(rows)

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
            self._take_new(order, entry.bizday)
        for ticket in order["tickets"]:
            known = self.tickets[ticket["id"]]
            if ticket["version"] < known.version:
                raise Broken(f"a ticket of {known.tag} goes back from version {known.version} to {ticket['version']}")
            self._check_action(rows, entry, ticket, known, change)
            known.version = ticket["version"]

    def _take_new(self, order: Json, day: str) -> None:
        tag = order["note"][:6]
        if tag in self.by_tag:
            raise Broken(f"{tag} was ordered once and is there twice: its second order is {order['number']}")
        if order["total"] != sum(line["amount"] for line in order["lines"]):
            raise Broken(f"order {order['number']}: the total is not the sum of its lines")
        self._next_number(day, "order", int(order["number"][1:]))
        for ticket in order["tickets"]:
            lines = [line for line in order["lines"] if line["ticket"] == ticket["id"]]
            dishes = [f"{line['quantity']}× {line['name']['und']}" for line in lines]
            self.by_tag.setdefault(tag, []).append(ticket["id"])
            self.tickets[ticket["id"]] = KnownTicket(tag, ticket["station"], dishes)

    def _next_number(self, day: str, name: str, number: int) -> None:
        expected = self.numbers.get((day, name), 0) + 1
        if number != expected:
            raise Broken(f"the {name} number {number} of {day} should be {expected}: a gap or a double")
        self.numbers[day, name] = number

    def _check_action(self, rows: Reader, entry: Entry, ticket: Json, known: KnownTicket, change: Json) -> None:
        if ticket["id"] not in change["tickets"] or not change["kind"].startswith("ticket_"):
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
            known.ready_changes = ticket["version"]

    def _deed_of(self, rows: Reader, entry: Entry, ticket: str) -> TicketDo | None:
        for do in self._deeds.of_ticket.get(ticket, []):
            found = keys.find(rows, "tickets", do.key)
            if found and found[1] == entry.slot:
                return do
        return None

    def _check_orders(self, rows: Reader) -> None:
        found = rows.all("SELECT id, number, version, total, status FROM orders")
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
            "SELECT id, state, version, shown_version, shown_by, slip_number, fired_boot, fired_mono, station,"
            " (SELECT day FROM orders WHERE n = order_n) FROM tickets ORDER BY slip_number"
        )
        for identity, state, version, shown, shown_by, slip, boot, mono, station, day in found:
            known = self.tickets[identity]
            if version != known.version:
                raise Broken(f"the ticket of {known.tag} at {station} has version {version}, its event {known.version}")
            if shown > version:
                raise Broken(f"the ticket of {known.tag} is shown at {shown}, beyond its version {version}")
            if slip and identity not in self._numbered:
                self._numbered.add(identity)
                self._next_number(day, f"slip:{station}", slip)
            if state == "QUEUED":
                waited = min(now.since(boot, mono), calm)
                if waited > TOLD_WITHIN_S and identity not in listed:
                    raise Broken(f"nobody has seen {known.tag} at {station} for {waited:.0f} s and nobody was told")
            elif not known.proven:
                self._check_proof(identity, known, shown_by or "")
            if state != "QUEUED" and identity in listed:
                raise Broken(f"{known.tag} at {station} is {state}, and people are still told that nobody has seen it")

    def _check_proof(self, identity: str, known: KnownTicket, shown_by: str) -> None:
        if shown_by.startswith("slip "):
            if not self.whole_paper(identity):
                raise Broken(f"{known.tag} at {known.station} is shown by {shown_by}, but no whole paper came out")
        elif (identity, shown_by.removeprefix("screen ")) not in self._deeds.rendered:
            raise Broken(f"{known.tag} at {known.station} counts as shown by {shown_by!r}, which never drew it")
        known.proven = True

    def _check_jobs(self, rows: Reader) -> None:
        asked = {r[0] for r in rows.all("SELECT subject FROM conditions WHERE code = 'slip_unknown'")}
        calm = self._world.time - self.calm_since
        now = self._world.now()
        found = rows.all(
            "SELECT j.id, j.state, j.copy, j.printer, j.settled, j.boot, j.mono, t.id FROM jobs j JOIN tickets t"
            " ON t.n = j.ticket"
        )
        for identity, state, copy, printer, settled, boot, mono, ticket in found:
            known = self.tickets[ticket]
            former = self.jobs.get(identity)
            if former is None or former[0] != state:
                self._check_move(former[0] if former else None, state, known.tag)
                if printer not in self._printers_of[known.station]:
                    raise Broken(f"a job of {known.tag} at {known.station} goes to {printer}")
                if state == "PRINTED" and not self.whole_paper(ticket, copy):
                    raise Broken(f"copy {copy} of {known.tag} is PRINTED at {printer}, but it did not come out whole")
                self.jobs[identity] = (state, copy, ticket)
            if state == "UNKNOWN" and settled is None and identity not in asked:
                waited = min(now.since(boot, mono), calm)
                if waited > ASKED_WITHIN_S:
                    raise Broken(f"nobody knows whether copy {copy} of {known.tag} came out, and nobody is asked")
        self._check_copies()

    def _check_move(self, former: str | None, state: str, tag: str) -> None:
        if former in (None, "STALE", *OPEN) or (former, state) == ("UNKNOWN", "PRINTED"):
            return
        raise Broken(f"a finished job of {tag} moved from {former} to {state}")

    def _check_copies(self) -> None:
        seen: set[tuple[str, int]] = set()
        for state, copy, ticket in self.jobs.values():
            if state in ("DIVERTED", "CANCELLED"):  # no byte of it ever left: another takes its place
                continue
            if (ticket, copy) in seen:
                raise Broken(f"two jobs of {self.tickets[ticket].tag} are copy {copy}: a REPRINT must count on")
            seen.add((ticket, copy))

    def _check_cursor(self, rows: Reader) -> None:
        for cursor in journal.cursors(rows):
            if cursor.applied_upto > self._cloud.applied_upto:
                raise Broken(
                    f"the cursor stands at {cursor.applied_upto}, the cloud has applied only {self._cloud.applied_upto}"
                )
