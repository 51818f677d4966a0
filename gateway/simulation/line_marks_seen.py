"""Lines that cooks mark one by one: only what somebody really tapped, seeing what it undoes, is marked, and a mark
stays until somebody takes it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.contract.messages import TicketDo
from gateway.simulation.world import Broken

Json = dict[str, Any]

MARKED = {"line_done": "bump", "line_undone": "undo"}
"""Events, and what was asked for."""

OPEN_AGAIN = ("line_refired", "line_fired", "line_held")
"""Events after which a line may be open although its cook had marked it."""


@dataclass
class Mark:
    """What was last said of a line by itself. `version`: of its ticket, then."""

    ticket: str
    done: bool
    version: int


@dataclass
class LineMarks:
    """`marks` by order and line."""

    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    allergies: dict[str, str] = field(default_factory=dict)
    """Whose hand each ticket says has known of them."""

    def take(self, former: Json | None, order: Json, change: Json, do: TicketDo | None) -> None:
        """An event of this order. `do`: by which screen's word it came, where one is known."""
        kind = change["kind"]
        before = {line["id"]: line for line in former["lines"]} if former else {}
        if kind in MARKED:
            self._check_mark(before, order, change, do)
        for line in order["lines"]:
            mark = self.marks.get((order["id"], line["id"]))
            if mark is None:
                continue
            if line["ticket"] != mark.ticket or (kind in OPEN_AGAIN and line["ticket"] in change["tickets"]):
                if line["state"] in ("FIRED", "ON_HOLD"):
                    # Versions are a ticket's own: what was marked on the former one says nothing of this one.
                    version = mark.version if line["ticket"] == mark.ticket else 0
                    mark.ticket, mark.done, mark.version = line["ticket"], False, version
            elif mark.done and line["state"] == "FIRED":
                raise Broken(f"line {line['id']} of {order['number']} was marked done, and is open again by '{kind}'")
        if kind == "ticket_bumped" and do is not None:
            self._check_bump(order, do, change["tickets"], before)
        for ticket in order["tickets"]:
            self._check_allergy(order, ticket, change, do)

    def _check_mark(self, before: dict[str, Json], order: Json, change: Json, do: TicketDo | None) -> None:
        (ticket_id,) = change["tickets"]
        ticket = next(ticket for ticket in order["tickets"] if ticket["id"] == ticket_id)
        if do is None or do.action != MARKED[change["kind"]] or not do.lines:
            raise Broken(f"lines of {order['number']} are '{change['kind']}', and nobody marked any: {do}")
        if ticket["cleared_at"] is not None or ticket["state"] not in ("SHOWN", "STARTED"):
            raise Broken(f"a mark of a line has made the ticket of {order['number']} {ticket['state']}")
        wanted = "DONE" if do.action == "bump" else "FIRED"
        for line in order["lines"]:
            if line["id"] not in do.lines:
                if line["state"] != before[line["id"]]["state"]:
                    raise Broken(f"line {line['id']} of {order['number']} is {line['state']}: {do.lines} were marked")
                continue
            mark = self.marks.get((order["id"], line["id"]))
            if line["state"] != wanted or line["ticket"] != ticket_id:
                raise Broken(f"line {line['id']} of {order['number']} is {line['state']}, marked was '{do.action}'")
            if mark is not None and mark.ticket == ticket_id and do.version < mark.version:
                raise Broken(
                    f"a stale mark ({do.action} of line {line['id']}, {do.key}, seen at version {do.version}) of"
                    f" {order['number']} undid what was marked at version {mark.version}"
                )
            self.marks[order["id"], line["id"]] = Mark(ticket_id, wanted == "DONE", ticket["version"])

    def _check_bump(self, order: Json, do: TicketDo, tickets: list[str], before: dict[str, Json]) -> None:
        """Who bumps all of it must know what another screen has taken back."""
        for line in order["lines"]:
            mark = self.marks.get((order["id"], line["id"]))
            was_open = before.get(line["id"], line)["state"] == "FIRED"
            if mark is None or mark.done or mark.ticket not in tickets or not was_open:
                continue
            if do.version < mark.version and line["ticket"] == mark.ticket:
                raise Broken(
                    f"a stale bump ({do.key}, seen at version {do.version}) of {order['number']} says that line"
                    f" {line['id']} is done, which was taken back at version {mark.version}"
                )

    def _check_allergy(self, order: Json, ticket: Json, change: Json, do: TicketDo | None) -> None:
        by = ticket["allergy_by"] if ticket["allergy_at"] else ""
        known = self.allergies.setdefault(ticket["id"], "")
        if by == known:
            return
        if known:
            raise Broken(f"{known} knew of the allergy of {order['number']} first, now it is {by or 'nobody'}")
        if not order["allergies"] or ticket["id"] not in change["tickets"]:
            raise Broken(f"{by} is said to know of an allergy of {order['number']}, which has none, or in passing")
        if do is None or do.action != "allergy" or by.split()[-1] != do.screen:
            raise Broken(f"{by} is said to know of the allergy of {order['number']}, and never said so: {do}")
        self.allergies[ticket["id"]] = by
