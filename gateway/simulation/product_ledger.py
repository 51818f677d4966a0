"""The product's own ledger, held against what people really did: it must balance, and say the same figures."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gateway.domain.ledger import CLASSES
from gateway.domain.now import Now
from gateway.operations import ledger as product
from gateway.simulation.ledger import Ledger
from gateway.simulation.world import Broken
from gateway.store import Reader
from gateway.store import ledger as kept

Json = dict[str, Any]

MOST_DAYS = 50
"""Business days of a shift: a clock that jumps begins new ones."""

SLIPS_ASKED = ("slip_unknown", "slip_gap", "slip_stale", "slip_stale_unanswered", "slip_silent")


def check_proof(rows: Reader, now: Now, ledger: Ledger) -> None:
    """Raises `Broken`. Only for a moment at which nothing is under way."""
    told: dict[str, Counter[str]] = {}
    for day in kept.days(rows, MOST_DAYS):
        proof = product.proof(rows, now, day)
        if not proof["balanced"] or proof["differences"]:
            raise Broken(f"the ledger of {day} does not balance: {proof['differences']}")
        for shift in proof["shifts"]:
            for its in shift["stations"]:
                figures = {kind: its[kind] for kind in ("accepted", *CLASSES)}
                if its["difference"] or its["accepted"] != sum(figures.values()) - its["accepted"]:
                    raise Broken(f"the ledger of {day} does not add up at {its['station']}: {its}")
                told.setdefault(its["station"], Counter()).update(figures)
    counted = _counted(rows, ledger)
    for station in {*told, *counted}:
        # A counter with nothing in it is none.
        mine, its = +counted.get(station, Counter()), +told.get(station, Counter())
        if mine != its:
            raise Broken(f"the ledger of {station} says {dict(its)}; people did and saw {dict(mine)}")


def _counted(rows: Reader, ledger: Ledger) -> dict[str, Counter[str]]:
    """What people asked for and got, by station: dishes as they were ordered, and those that were cooked once more."""
    found: dict[str, Counter[str]] = {}
    classes, asked = _classes(rows)
    for fate in ledger.dishes.fates.values():
        its = found.setdefault(ledger.tickets[fate.ticket].station, Counter())
        kind = classes[fate.ticket]
        its.update(accepted=fate.ordered, cancelled=fate.cancelled, returned=fate.returned)
        its[kind] += fate.left
    for notice, station, quantity in ledger.dishes.again:
        shown_by = rows.value("SELECT shown_by FROM notices WHERE id = ?", notice)
        kind = _proof_of(shown_by) if shown_by else "asked" if notice in asked else "waiting"  # too long: a difference
        found.setdefault(station, Counter()).update({"accepted": quantity, kind: quantity})
    return found


def _classes(rows: Reader) -> tuple[dict[str, str], set[str]]:
    """How the dishes of each ticket stand that are still wanted, and of what somebody is asked."""
    asked = {row[0] for row in rows.all("SELECT subject FROM conditions")}
    of_slips = ", ".join(f"'{code}'" for code in SLIPS_ASKED)
    asked |= {
        ticket_or_notice
        for row in rows.all(
            "SELECT t.id, (SELECT x.id FROM notices x WHERE x.ticket = t.n AND x.number = j.part AND j.kind = 'notice')"
            f" FROM jobs j JOIN tickets t ON t.n = j.ticket JOIN conditions c ON c.subject = j.id"
            f" WHERE c.code IN ({of_slips})"
        )
        for ticket_or_notice in [row[1] or row[0]]
    }
    classes = {}
    found = rows.all("SELECT id, hold, shown_at, shown_by, ended FROM tickets")
    for ticket, hold, shown_at, shown_by, ended in found:
        if hold == "held":
            classes[ticket] = "held"
        elif shown_at is not None:
            classes[ticket] = _proof_of(shown_by or "")
        else:
            # Its printer could not confirm, and nobody answered before its table was closed.
            unanswered = ended in ("visit", "day")
            classes[ticket] = "asked" if ticket in asked or unanswered else "nowhere"
    return classes, asked


def _proof_of(shown_by: str) -> str:
    return {"slip": "paper", "screen": "screen"}.get(shown_by.partition(" ")[0], "hand")
