"""The papers that are made of each ticket and of its changes, and what is said of them, held against what came out."""

from __future__ import annotations

from gateway.domain.print_job import OPEN
from gateway.simulation.changes_seen import TOLD_WITHIN_S
from gateway.simulation.known_ticket import KnownTicket
from gateway.simulation.paper_trail import PaperTrail
from gateway.simulation.world import Broken, World
from gateway.store import Reader

ASKED_WITHIN_S = 19.0
"""15 s until a doubtful paper is printed again or asked about, and the same time."""


class JobsSeen:
    """`printers_of`, `proofs`: of each station, its printers and how it proves its tickets."""

    def __init__(self, world: World, trail: PaperTrail, printers_of: dict[str, list[str]], proofs: dict[str, str]):
        self._world = world
        self._trail = trail
        self._printers_of = printers_of
        self._proofs = proofs
        self._jobs: dict[str, tuple[str, int, str, str]] = {}
        self._printed: set[str] = set()
        """Tickets of which there is a paper of their dishes, in whatever state."""

    def check(self, rows: Reader, tickets: dict[str, KnownTicket], calm: float) -> None:
        """Raises `Broken`. `calm`: for so long the house had time for its work, in seconds."""
        asked = {r[0] for r in rows.all("SELECT subject FROM conditions WHERE code = 'slip_unknown'")}
        now = self._world.now()
        found = rows.all(
            "SELECT j.id, j.state, j.copy, j.printer, j.settled, j.boot, j.mono, t.id, t.hold, j.kind, j.part"
            " FROM jobs j JOIN tickets t ON t.n = j.ticket"
        )
        moved = False
        for identity, state, copy, printer, settled, boot, mono, ticket, hold, kind, part in found:
            known = tickets[ticket]
            former = self._jobs.get(identity)
            if former is None or former[0] != state:
                moved = True
                notice = former[3] if former else _notice_of(rows, ticket, part) if kind == "notice" else ""
                if hold == "held":
                    raise Broken(f"what waits to be called of {known.tag} at {known.station} has a paper")
                _check_job_move(former[0] if former else None, state, known.tag)
                if printer not in self._printers_of[known.station]:
                    raise Broken(f"a job of {known.tag} at {known.station} goes to {printer}")
                if state == "PRINTED" and not self._trail.whole(ticket, notice, copy):
                    raise Broken(f"copy {copy} of {known.tag} is PRINTED at {printer}, but it did not come out whole")
                self._jobs[identity] = (state, copy, ticket, notice)
                if not notice:
                    self._printed.add(ticket)
            if state == "UNKNOWN" and settled is None and identity not in asked:
                waited = min(now.since(boot, mono), calm)
                if waited > ASKED_WITHIN_S:
                    raise Broken(f"nobody knows whether copy {copy} of {known.tag} came out, and nobody is asked")
        if moved:
            self._check_copies(tickets)
        self._check_paper_was_made(rows, tickets, calm)

    def _check_paper_was_made(self, rows: Reader, tickets: dict[str, KnownTicket], calm: float) -> None:
        """A station with paper has one of each ticket that was fired, from the moment on in which it was. One without
        has one of what its screen has not drawn in time."""
        now = self._world.now()
        for identity, known in tickets.items():
            if identity in self._printed or known.hold == "held":
                continue
            if self._proofs[known.station] != "screen":
                raise Broken(f"{known.tag} was fired at {known.station}, and nothing will ever be printed of it")
            if known.state == "QUEUED":
                ((boot, mono),) = rows.all("SELECT fired_boot, fired_mono FROM tickets WHERE id = ?", identity)
                waited = min(now.since(boot, mono), calm)
                if waited > TOLD_WITHIN_S:
                    raise Broken(f"no screen has drawn {known.tag} at {known.station} for {waited:.0f} s, and no paper")

    def _check_copies(self, tickets: dict[str, KnownTicket]) -> None:
        seen: set[tuple[str, str, int]] = set()
        for state, copy, ticket, notice in self._jobs.values():
            if state in ("DIVERTED", "CANCELLED"):  # no byte of it ever left: another takes its place
                continue
            if (ticket, notice, copy) in seen:
                raise Broken(f"two jobs of {tickets[ticket].tag} are copy {copy}: a REPRINT must count on")
            seen.add((ticket, notice, copy))


def _notice_of(rows: Reader, ticket: str, part: int) -> str:
    found = rows.value(
        "SELECT x.id FROM notices x JOIN tickets t ON t.n = x.ticket WHERE t.id = ? AND x.number = ?", ticket, part
    )
    return found or ""


def _check_job_move(former: str | None, state: str, tag: str) -> None:
    if former in (None, "STALE", *OPEN) or (former, state) == ("UNKNOWN", "PRINTED"):
        return
    raise Broken(f"a finished job of {tag} moved from {former} to {state}")
