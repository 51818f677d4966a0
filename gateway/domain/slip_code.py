"""The code on a kitchen slip, `A031-0041`: its order and the running number of its station. Pure.

Two stations may give the same number to slips of one order, as on the first order of a day. Then the second and later
of them say which ticket of the order they are: `A001-0001-2`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.domain.ticket import Ticket

LONGEST = 64
"""Characters of a scanned text that are looked at; the longest code of ours has 16."""

_CODE = re.compile(r"^([A-Z]{1,2}\d{3,5})(?:-(\d{4,6}))?(?:-(\d{1,2}))?$")


@dataclass(frozen=True)
class SlipCode:
    """`number` 0: the code of a whole order, as papers for the pass carry it. `place`: its ticket's in the order, from
    1; 0 where it says none."""

    order: str
    number: int
    place: int


def read(text: str) -> SlipCode | None:
    """What a scanner or a hand has typed; None for a code that is no slip's of ours. Hands write small letters, too."""
    found = _CODE.match(text.strip()[:LONGEST].upper())
    if found is None or (found[3] and not found[2]):
        return None
    return SlipCode(found[1], int(found[2] or 0), int(found[3] or 0))


def code_of(order: str, number: str, ticket_id: str, tickets: list[Ticket], papers: dict[str, int]) -> str:
    """What stands on a slip. `papers`: how many slips each ticket is printed on, by its id; their numbers follow the
    ticket's own."""
    place = next((at for at, ticket in enumerate(tickets, 1) if ticket.id == ticket_id), 0)
    # What was called later got its numbers later, wherever it stands in the order.
    numbered = sorted(tickets, key=lambda ticket: (ticket.hold == "fired", ticket.fired_at if ticket.hold else ""))
    earlier = numbered[: [ticket.id for ticket in numbered].index(ticket_id)] if place else []
    return f"{order}-{number}-{place}" if _taken(int(number), earlier, papers) else f"{order}-{number}"


def _taken(number: int, earlier: list[Ticket], papers: dict[str, int]) -> bool:
    return any(t.slip_number and t.slip_number <= number < t.slip_number + papers.get(t.id, 1) for t in earlier)
