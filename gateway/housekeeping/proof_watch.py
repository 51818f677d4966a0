"""Watches over what no cook is proven to have: tickets, changes of them, slips that nobody can speak for."""

from __future__ import annotations

from collections.abc import Callable

from gateway.domain.actor import HOUSE
from gateway.domain.now import Now
from gateway.domain.ticket import Ticket
from gateway.operations import apologies as regret
from gateway.operations import notices as told
from gateway.operations import papers, unproven
from gateway.store import Pending, Store, apologies, jobs, notices, tickets

SCREEN_S = 8.0
"""A screen-only station that has not drawn a ticket by then gets it on paper. Nothing is due for a younger one."""

CALL_S = 9.5
"""Then someone in the store is told that no cook has the ticket, so that it is known within 10 s. What a screen has not
drawn in 8 s is on paper by then where there is a printer that is well."""

DOUBT_S = 56.0
"""Then the guest is told, and that a waiter is checking: a page that is looked at asks every 3 s, so it is read within
the minute."""

LOOK_AGAIN_S = 0.25
"""In a rush a ticket is due at every moment; each look reads all that are open."""


class ProofWatch:
    """A part: nothing that a guest ordered stays unproven in silence."""

    def __init__(self, store: Store):
        self._store = store
        self._done: set[tuple[str, str]] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            unseen = tickets.unseen_for(rows, SCREEN_S, now)
            young = [of.next_unseen_for(rows, SCREEN_S, now) for of in (tickets, notices)]
            unknown = jobs.unknown(rows)
            waiting = {ticket.id for ticket in unseen}  # of these somebody is told as they are now, changes and all
            unsaid = [n for n in notices.unseen_for(rows, SCREEN_S, now) if n.ticket not in waiting]
            proven = apologies.over(rows)
        standing = waiting | {j.id for j in unknown} | {n.id for n in unsaid} | set(proven)
        self._done = {done for done in self._done if done[0] in standing}
        wishes = [*young, *(self._watch_ticket(ticket, now) for ticket in unseen)]
        for notice in unsaid:
            age = now.could_be_seen(notice.boot, notice.mono)
            wishes.append(self._once(notice.id, "slip", age, SCREEN_S, now, told.slip_for_screen))
            wishes.append(self._once(notice.id, "call", age, CALL_S, now, told.call_for_notice))
        for check in proven:
            self._once(check, "proven", 0.0, 0.0, now, regret.end_incident)
        for job in unknown:
            age = now.since(job.boot, job.mono)
            wishes.append(self._once(job.id, "unknown", age, papers.REPRINT_AFTER_S, now, papers.settle_unknown))
        due = min((wish for wish in wishes if wish is not None), default=None)
        return None if due is None else max(due, now.monotonic + LOOK_AGAIN_S)

    def _watch_ticket(self, ticket: Ticket, now: Now) -> float | None:
        age = now.could_be_seen(ticket.fired_boot, ticket.fired_mono)
        wishes = [
            self._once(ticket.id, "call", age, CALL_S, now, unproven.call_for_ticket),
            self._once(ticket.id, "doubt", age, DOUBT_S, now, unproven.doubt_ticket, "late"),
        ]
        if ticket.proof == "screen":
            wishes.append(self._once(ticket.id, "slip", age, SCREEN_S, now, unproven.slip_for_screen))
        return min((wish for wish in wishes if wish is not None), default=None)

    def _once(
        self, subject: str, word: str, age: float, after: float, now: Now, operation: Callable[..., None], *args: str
    ) -> float | None:
        """Submits the operation when its time has come, once; returns the time to look again."""
        if (subject, word) in self._done:
            return None
        if age < after:
            return now.monotonic + after - age
        self._done.add((subject, word))

        def settled(pending: Pending) -> None:
            if pending.failure is not None:
                self._done.discard((subject, word))

        self._store.submit(operation, HOUSE, subject, *args).then(settled)
        return None
