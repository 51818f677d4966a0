"""What each screen was shown and has not said it has drawn: a page whose stream is open may all the same be frozen."""

from __future__ import annotations

import msgspec

GONE_S = 8.0
"""A screen that owes a drawing for so long, and has said nothing meanwhile, counts as gone until it speaks: by then its
ticket is on paper, and it is no road to a cook. As `housekeeping.proof_watch.SCREEN_S`."""

MOST_SCREENS = 64
"""Twice as many as have a stream: one that comes back owes what it owed. The oldest is forgotten first."""

MOST_OWED = 200
"""Tickets of one screen. Nobody draws more, and one is enough to be called gone."""


class _Ticket(msgspec.Struct):
    """Of a ticket's document what says whether its screens have to draw it."""

    id: str
    version: int
    shown_version: int
    state: str
    proof: str
    cleared_at: str | None = None

    @property
    def is_owed(self) -> bool:
        """What stands at the pass is on no station's board; where paper alone counts nobody asks the screen."""
        undrawn = self.version > self.shown_version and self.cleared_at is None
        return undrawn and self.state != "READY" and self.proof != "paper"


# Made before there are threads: see gateway/web/api/route.py.
_ticket_of = msgspec.json.Decoder(_Ticket).decode
_tickets_of = msgspec.json.Decoder(list[_Ticket]).decode


class ScreenDebts:
    """Not guarded: the hub calls it with its own lock held."""

    def __init__(self) -> None:
        self._owed: dict[str, dict[str, float]] = {}
        """Since when, by screen and ticket."""

    def told(self, screens: list[str], ticket: bytes, now_s: float) -> None:
        """These screens are sent a ticket, as JSON; call it before they are. One that needs no drawing any more is
        owed by nobody."""
        self._tell(screens, _ticket_of(ticket), now_s)

    def told_all(self, screen: str, tickets: bytes, now_s: float) -> None:
        """A screen is sent these tickets at once."""
        for ticket in _tickets_of(tickets):
            self._tell([screen], ticket, now_s)

    def _tell(self, screens: list[str], ticket: _Ticket, now_s: float) -> None:
        if not ticket.is_owed:
            for owed in self._owed.values():
                owed.pop(ticket.id, None)
            return
        for screen in screens:
            while screen not in self._owed and len(self._owed) >= MOST_SCREENS:
                del self._owed[next(iter(self._owed))]
            owed = self._owed.setdefault(screen, {})
            if len(owed) < MOST_OWED:
                owed.setdefault(ticket.id, now_s)

    def spoke(self, screen: str) -> None:
        """It is alive, whatever it said."""
        self._owed.pop(screen, None)

    def is_gone(self, screen: str, now_s: float) -> bool:
        """Whether it has owed a drawing for too long."""
        return any(now_s - since >= GONE_S for since in self._owed.get(screen, {}).values())
