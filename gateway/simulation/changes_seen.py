"""Whether each change of a ticket reaches its cook: what is called shown was really drawn or printed, and of what
nobody has seen a person is told in time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gateway.simulation.known_ticket import KnownTicket
from gateway.simulation.paper_trail import PaperTrail, Sheet
from gateway.simulation.screens import Deeds
from gateway.simulation.world import Broken, World
from gateway.store import Reader

Json = dict[str, Any]
Numbered = tuple[str, str, int, Sheet, str]
"""(day, station, slip number, what has it, the tag of its order)."""

TOLD_WITHIN_S = 13.5
"""9.5 s until a person is called, and time for the watch, a batch and a busy moment."""

GRACE_S = 4.0
"""The same time, for a change whose ticket alone was called for until a moment ago."""


@dataclass
class Told:
    """One change as the journal has told it."""

    tag: str
    ticket: str
    day: str
    kind: str
    dishes: list[list[str]]
    number: int = 0
    with_ticket: bool = False
    """It has no slip of its own: its ticket's, which was still to come, tells it."""
    along_with: str = ""
    """It has no slip of its own: that of this change tells it, too."""
    proven: bool = False
    acknowledged: bool = False


class ChangesSeen:
    """`cleared` says of a ticket whether it has ever left the kitchen."""

    def __init__(self, world: World, deeds: Deeds, trail: PaperTrail):
        self._world = world
        self._deeds = deeds
        self._trail = trail
        self.told: dict[str, Told] = {}
        self._called_for: dict[str, float] = {}
        """When each ticket was last on the list, and its changes with it."""

    def take(self, order: Json, ticket: Json, tag: str, day: str, contents: list[list[str]]) -> None:
        """What an event says of a ticket. `day`: of its order; `contents`: of the ticket, which what names no line is
        about."""
        for notice in ticket["notices"]:
            if notice["id"] in self.told:
                continue
            names = {line["id"]: line["name"]["und"] for line in order["lines"]}
            dishes = [f"{one['quantity']}× {names[one['id']]}" for one in notice["lines"]]
            self.told[notice["id"]] = Told(tag, ticket["id"], day, notice["kind"], [dishes] if dishes else contents)

    def of_ticket(self, ticket: str) -> list[Told]:
        return [told for told in self.told.values() if told.ticket == ticket]

    def check(self, rows: Reader, calm: float, tickets: dict[str, KnownTicket], unseen: set[str]) -> list[Numbered]:
        """Raises `Broken`; returns what has a slip number of its own since the last look. `unseen`: tickets that
        somebody is called for, who tells their stations all that is wanted of them."""
        self._called_for |= dict.fromkeys(unseen, self._world.time)
        if not self.told:
            return []
        now = self._world.now()
        listed = {r[0] for r in rows.all("SELECT subject FROM conditions WHERE code = 'notice_unseen'")}
        found = rows.all(
            "SELECT x.id, x.shown_at IS NOT NULL, x.shown_by, x.acked_by, x.boot, x.mono, x.slip_number, t.slip_number,"
            " t.station, t.proof, x.also FROM notices x JOIN tickets t ON t.n = x.ticket"
        )
        new: list[Numbered] = []
        for identity, shown, shown_by, acked_by, boot, mono, slip, tickets_own, station, proof, also in found:
            told = self.told.get(identity)
            if told is None:
                raise Broken("a change of a ticket is in no event of the journal")
            if slip and slip != told.number and told.number:
                raise Broken(f"the change '{told.kind}' of {told.tag} had the slip {told.number}, now it has {slip}")
            if slip and not told.number and not told.along_with and slip != tickets_own:  # else another slip tells it
                others = self._along(identity, also)
                sheet = Sheet(told.ticket, station, identity, told.dishes)
                sheet.along, sheet.tags = [one.dishes for one in others], [one.tag for one in others]
                new.append((told.day, station, slip, sheet, told.tag))
            told.number = slip or 0
            told.with_ticket = bool(slip) and slip == tickets_own and not told.along_with
            if shown and not told.proven:
                self._check_proof(identity, told, shown_by, tickets[told.ticket].was_cleared, proof)
            if acked_by and not told.acknowledged:
                self._check_hand(identity, told, acked_by)
                told.acknowledged = True
            if shown and identity in listed:
                raise Broken(f"the change '{told.kind}' of {told.tag} was seen; people are still told that it is not")
            since_call = self._world.time - self._called_for.get(told.ticket, 0.0) + TOLD_WITHIN_S - GRACE_S
            waited = min(now.since(boot, mono), calm, since_call)
            if not shown and identity not in listed and waited > TOLD_WITHIN_S:
                raise Broken(
                    f"no cook has seen the change '{told.kind}' of {told.tag} for {waited:.0f} s and nobody was told"
                )
        return new

    def _along(self, leader: str, also: str) -> list[Told]:
        """Changes of other tickets that the slip of this one tells, too. They came with it, in one operation."""
        others = [self.told[one] for one in json.loads(also)]
        for one in others:
            one.along_with = leader
        return others

    def _check_proof(self, identity: str, told: Told, shown_by: str, was_cleared: bool, proof: str) -> None:
        if shown_by == "ended":
            unheard = proof == "paper" and not self._trail.lies_there(told.ticket)
            if not was_cleared and not unheard:
                raise Broken(f"the change '{told.kind}' of {told.tag} counts as over, and its ticket is still cooked")
        elif shown_by.startswith("slip ") and told.with_ticket:
            its = [one.kind for one in self.of_ticket(told.ticket) if one.with_ticket]
            if not self._trail.tells(told.ticket, its):
                raise Broken(f"the change '{told.kind}' of {told.tag} is told by {shown_by}, which does not name it")
        elif shown_by.startswith("slip "):
            leader = told.along_with or identity
            if not self._trail.whole(self.told[leader].ticket, leader):
                raise Broken(f"the change '{told.kind}' of {told.tag} is shown by {shown_by}, which is not there")
        else:
            self._check_hand(identity, told, shown_by)
        told.proven = True

    def _check_hand(self, identity: str, told: Told, by: str) -> None:
        if (identity, by.split()[-1]) not in self._deeds.noticed:
            raise Broken(f"the change '{told.kind}' of {told.tag} counts as seen at {by}, which never drew it")
