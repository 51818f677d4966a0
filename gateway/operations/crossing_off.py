"""The pass (划菜): slips that are scanned there, and orders and tickets that are served by hand."""

from __future__ import annotations

from typing import Any

from gateway.domain import documents, saying, slip_code
from gateway.domain.actor import Actor
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now, parse_iso
from gateway.domain.order import Order
from gateway.domain.print_job import COOKED_BY, PrintJob
from gateway.domain.settings import Settings
from gateway.domain.slip_code import SlipCode
from gateway.domain.states import moved
from gateway.domain.ticket import MOVES, Ticket
from gateway.operations import kitchen, paper_decisions
from gateway.operations.ordering import record
from gateway.operations.slip_codes import code_on
from gateway.operations.slips import dishes_on, place_of
from gateway.operations.unsent_papers import may_have_left
from gateway.store import crossings, jobs, journal, keys, orders, settings, visits
from gateway.store.transaction import Reader, Tx

SCOPE = "pass"
CLOSED_BY = ("close", "visit", "day", "settings")
"""Endings of a ticket after which nobody carries anything: what is scanned then was forgotten at the pass."""

Json = dict[str, Any]


def scan_slip(tx: Tx, now: Now, ids: Ids, actor: Actor, text: str, screen: str, key: str) -> Json:
    """A slip's code was read at the pass by a scanner, or typed at the expo page: crosses it off and says what is still
    missing of its order. Returns what is said; the same key gets the former answer while that is kept.
    """
    former = next((one for one in crossings.said(tx) if one.body["key"] == key), None)
    if former is not None:
        return said_document(former)
    code = slip_code.read(text)
    n = orders.newest_of_number(tx, code.order) if code else None
    order = orders.load_by_number(tx, n) if n is not None else None
    spoken = _Spoken(settings.the_settings(tx), text.strip()[: slip_code.LONGEST], key, kitchen.hand_of(actor, screen))
    if code is None or order is None:
        return spoken.say(tx, now, ids, "unknown")
    if not code.number:
        return spoken.say(tx, now, ids, "order", order)
    found = _slips_of(tx, order, code, spoken.rules)
    if not found:
        return spoken.say(tx, now, ids, "unknown")
    in_hand = [one for one in found if may_have_left(tx, one[1])]
    if not in_hand:
        return spoken.say(tx, now, ids, "not_out", order, order.ticket(found[0][0]))
    return _cross_off(tx, now, ids, actor, screen, spoken, order.id, *in_hand[0])


def _slips_of(rows: Reader, order: Order, code: SlipCode, rules: Settings) -> list[tuple[str, PrintJob]]:
    """The tickets and papers that have this code, copies and diverted ones too. A paper that was printed before another
    one got its number may have no place in its code: then those of that number count."""
    found = [
        (ticket.id, job)
        for place, ticket in enumerate(order.tickets, 1)
        if code.place in (0, place)
        for job in jobs.of_ticket(rows, ticket.id)
        if job.number == code.number and job.kind in COOKED_BY
    ]
    exact = [one for one in found if slip_code.read(code_on(order, one[1], rules)) == code]
    return exact or found


def _cross_off(
    tx: Tx, now: Now, ids: Ids, actor: Actor, screen: str, spoken: _Spoken, order_id: str, ticket_id: str,
    job: PrintJob,
) -> Json:  # fmt: skip
    if job.state == "UNKNOWN" and job.settled is None:
        # Whether it had come out nobody knew: now somebody has it in the hand.
        paper_decisions.decide(tx, now, ids, actor, job.id, "came_out", f"scan:{job.id}")
    order = orders.load(tx, order_id)
    assert order is not None
    ticket = order.ticket(ticket_id)
    known = crossings.of_ticket(tx, ticket_id)
    if ticket.state == "CANCELLED" or not dishes_on(order, job)[0]:
        return spoken.say(tx, now, ids, "cancelled", order, ticket)
    if job.part in known or ticket.ended in ("pass", "early"):
        at = known[job.part].at if job.part in known else ticket.served_at or now.iso
        return spoken.say(tx, now, ids, "again", order, ticket, at=at)
    if ticket.ended in CLOSED_BY:
        return spoken.say(tx, now, ids, "closed", order, ticket, at=ticket.cleared_at or now.iso)
    crossings.cross(tx, ticket_id, job.part, now.iso, spoken.by)
    left = _slips_left(tx, order, ticket_id)
    if left:
        return spoken.say(tx, now, ids, "part", order, ticket, slips=left)
    if ticket.cleared_at is None:
        kitchen.finish(tx, now, actor, ticket, screen, "scan")
        record(tx, now, ids, actor, order, "ticket_served", [ticket_id])
    return spoken.say(tx, now, ids, "served", order, ticket)


def end_if_crossed(tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str) -> None:
    """Some dishes of a ticket are not wanted any more: where every other slip of it was scanned it is served."""
    order = orders.load_of_ticket(tx, ticket_id)
    ticket = order.ticket(ticket_id) if order else None
    if order is None or ticket is None or ticket.cleared_at is not None or ticket.state == "CANCELLED":
        return
    if crossings.of_ticket(tx, ticket_id) and not _slips_left(tx, order, ticket_id):
        kitchen.finish(tx, now, actor, ticket, "", "scan")
        record(tx, now, ids, actor, order, "ticket_served", [ticket_id])


def _slips_left(rows: Reader, order: Order, ticket_id: str) -> int:
    """How many of a ticket's slips have not been scanned, of those that something is still cooked by."""
    papers = {job.part: job for job in jobs.of_ticket(rows, ticket_id) if job.kind in COOKED_BY}
    crossed = crossings.of_ticket(rows, ticket_id)
    return sum(part not in crossed and bool(dishes_on(order, job)[0]) for part, job in papers.items())


def missing_of(order: Order, rules: Settings) -> saying.Missing:
    """What has not been served yet, by station, in the order of its tickets, without what waits to be called."""
    found: saying.Missing = []
    for ticket in order.tickets:
        lines = [line for line in order.lines_of(ticket.id) if line.state != "SERVED"]
        quantity = sum(line.left for line in lines)
        if quantity and not ticket.is_held and ticket.state not in ("SERVED", "CANCELLED"):
            station = rules.station(ticket.station)
            name = station.name if station else {"und": ticket.station}
            found.append({"station": ticket.station, "name": name, "quantity": quantity})
    return found


class _Spoken:
    """What is said about one scan: in words, for the page's voice and the pole display."""

    def __init__(self, rules: Settings, code: str, key: str, by: str):
        self.rules = rules
        self._code = code
        self._key = key
        self.by = by

    def say(
        self, tx: Tx, now: Now, ids: Ids, kind: str, order: Order | None = None, ticket: Ticket | None = None,
        slips: int = 0, at: str = "",
    ) -> Json:  # fmt: skip
        rules = self.rules
        station = rules.station(ticket.station) if ticket else None
        name = station.name if station else {"und": ticket.station} if ticket else {}
        place = {language: place_of(order, language) for language in saying.LANGUAGES} if order else {}
        missing = missing_of(order, rules) if order else []
        local = parse_iso(at).astimezone(rules.zone()).strftime("%H:%M") if at else ""
        words, pole = saying.words_of(kind, self._code, place, name, missing, slips, local)
        body = {
            "kind": kind, "code": self._code, "key": self._key, "by": self.by, "words": words, "pole": pole,
            "order": order.id if order else None, "number": order.number if order else "",
            "ticket": ticket.id if ticket else None, "station": ticket.station if ticket else "", "missing": missing,
            "slips": slips, "served_at": at or None,
        }  # fmt: skip
        crossings.say(tx, now, next(ids), body)
        return said_document(crossings.said(tx)[-1])


def said_document(one: crossings.Saying) -> Json:
    """What was said, as pages get it."""
    return {"id": one.id, "at": one.at} | {n: v for n, v in one.body.items() if n not in ("key", "pole")}


def serve_order(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order_id: str, screen: str, key: str, wanted: list[str], early: bool
) -> Json:  # fmt: skip
    """Serves an order, or those of its tickets that are `wanted`. `early` serves also what is not ready, and that is
    recorded. Nobody says of a station that works from paper alone when it is ready: who names its ticket has the plate
    before him, as one who scans its slip. Returns the order's document; the same key gets the former answer.

    Raises `Refused`: unknown_order, unknown_ticket, idempotency_key_reused, not_ready (with what is missing) and
    illegal_move where nothing is left to serve.
    """
    order, print_, found = _asked(tx, order_id, f"serve:{order_id}:{','.join(wanted)}:{early}", key)
    if found is not None:
        return found
    its = [t for t in _chosen(order, wanted) if t.cleared_at is None and t.state != "CANCELLED" and not t.is_held]
    if not its:
        raise Refused("illegal_move", state=order.status, move="serve")
    waits = {t.id for t in its if t.state != "READY" and not (wanted and t.is_by_paper)}
    if waits and not early:
        missing = [m for m in missing_of(order, settings.the_settings(tx)) if m["station"] in _stations(its, waits)]
        raise Refused("not_ready", missing=missing)
    for ticket in its:
        kitchen.finish(tx, now, actor, ticket, screen, "early" if ticket.id in waits else "pass")
    return _told(tx, now, ids, actor, order, "ticket_served", its, key, print_)


def unserve_order(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order_id: str, screen: str, key: str, wanted: list[str]
) -> Json:  # fmt: skip
    """Takes back what was served at the pass last: it stands there again, ready. Returns the order's document.

    Raises `Refused`: unknown_order, unknown_ticket, idempotency_key_reused, illegal_move where nothing was served at
    the pass, its party has left, or the store works without an expo page.
    """
    order, print_, found = _asked(tx, order_id, f"unserve:{order_id}:{','.join(wanted)}", key)
    if found is not None:
        return found
    kitchen.must_be_open(order, "unserve")
    visit = visits.get(tx, order.visit) if order.visit else None
    if visit is not None and visit.state != "OPEN":  # its party has left: nobody would carry it anywhere
        raise Refused("illegal_move", state=order.status, move="unserve", reason="order_closed")
    served = [t for t in _chosen(order, wanted) if t.ended in ("pass", "early", "scan")]
    newest = max((t.served_at or "" for t in served), default="")
    its = [t for t in served if wanted or t.served_at == newest]
    if not its or not kitchen.has_expo(tx):
        raise Refused("illegal_move", state=order.status, move="unserve")
    for ticket in its:
        try:
            ticket.state = moved("ticket", MOVES, ticket.state, "unserve")
        except IllegalMove as illegal:
            raise Refused("illegal_move", state=illegal.state, move=illegal.move) from None
        kitchen.stand_again(tx, now, actor, ticket, screen)
        crossings.forget(tx, ticket.id)
    return _told(tx, now, ids, actor, order, "ticket_unserved", its, key, print_)


def _asked(rows: Reader, order_id: str, what: str, key: str) -> tuple[Order, bytes, Json | None]:
    """The order, what tells this request from another one, and what the same key was answered."""
    print_ = keys.fingerprint(what.encode())
    known = keys.find(rows, SCOPE, key)
    if known and known[0] != print_:
        raise Refused("idempotency_key_reused")
    entry = journal.at(rows, known[1]) if known else None
    order = orders.load(rows, order_id)
    if order is None:
        raise Refused("unknown_order")
    return order, print_, documents.decoded(entry.data)["order"] if entry else None


def _chosen(order: Order, wanted: list[str]) -> list[Ticket]:
    if set(wanted) - {t.id for t in order.tickets}:
        raise Refused("unknown_ticket")
    return [t for t in order.tickets if not wanted or t.id in wanted]


def _stations(its: list[Ticket], waits: set[str]) -> set[str]:
    return {t.station for t in its if t.id in waits}


def _told(
    tx: Tx, now: Now, ids: Ids, actor: Actor, order: Order, kind: str, its: list[Ticket], key: str, print_: bytes
) -> Json:  # fmt: skip
    slot = record(tx, now, ids, actor, order, kind, [t.id for t in its])
    keys.remember(tx, SCOPE, key, print_, slot)
    return documents.order_document(order)
