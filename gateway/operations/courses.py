"""Lines that wait until they are called for: put aside on a ticket that no cook sees, and fired."""

from __future__ import annotations

from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Line, Order
from gateway.domain.settings import Settings
from gateway.domain.states import moved
from gateway.domain.ticket import MOVES, Ticket
from gateway.operations import first_papers
from gateway.operations.first_papers import slip_counter, slip_printer
from gateway.operations.own_jobs import buzz_for
from gateway.store import jobs, orders, settings, tickets, visits
from gateway.store.ids import row_of
from gateway.store.transaction import Tx

FIRED_BY_ITSELF = ""
"""The course of what nobody named a course for."""


def put_aside(tx: Tx, now: Now, ids: Ids, order: Order, ticket: Ticket, lines: list[Line]) -> list[str]:
    """Moves lines of one ticket to the held tickets of their courses; returns those."""
    touched: list[str] = []
    for line in lines:
        held = next(
            (t for t in order.tickets if _takes(t, ticket.station, line.course)), None
        ) or _later_ticket(tx, now, ids, order, ticket, line.course, "held")
        _put_on(line, held, "ON_HOLD")
        orders.change_line(tx, order, line)
        touched.append(held.id)
    return list(dict.fromkeys(touched))


def _takes(ticket: Ticket, station: str, course: str) -> bool:
    return ticket.is_held and ticket.cleared_at is None and (ticket.station, ticket.course) == (station, course)


def drop_held(tx: Tx, now: Now, order: Order) -> list[str]:
    """Nobody will call for what still waits: it is cancelled, and not paid. Returns the tickets that end with it."""
    ended = [ticket for ticket in order.tickets if ticket.is_held and ticket.cleared_at is None]
    for ticket in ended:
        for line in order.lines_of(ticket.id):
            order.total -= line.amount
            line.cancelled, line.state = line.cancelled + line.left, "CANCELLED"
            orders.change_line(tx, order, line)
        ticket.state = moved("ticket", MOVES, ticket.state, "cancel")
        ticket.version += 1
        ticket.updated_at = ticket.cleared_at = now.iso
        ticket.ended = "off"
        tickets.update(tx, ticket)
    return [ticket.id for ticket in ended]


def fire_lines(tx: Tx, now: Now, ids: Ids, order: Order, lines: list[Line]) -> list[str]:
    """The cooks get them now, as tickets that say so. Returns the tickets touched."""
    rules = settings.the_settings(tx)
    touched: list[str] = []
    for ticket in list(order.tickets):
        called = [line for line in lines if line.ticket == ticket.id]
        if not ticket.is_held or not called:
            continue
        rest = [line for line in order.lines_of(ticket.id) if line not in called and not line.is_gone]
        fired = _later_ticket(tx, now, ids, order, ticket, ticket.course, "fired") if rest else ticket
        for line in called:
            _put_on(line, fired, "FIRED")
            orders.change_line(tx, order, line)
        _fire(tx, now, ids, order, fired, rules)
        touched += [ticket.id, fired.id]
    return list(dict.fromkeys(touched))


def _put_on(line: Line, ticket: Ticket, state: str) -> None:
    line.state = state
    if line.ticket != ticket.id:
        line.former = [*line.former, line.ticket]
        line.ticket = ticket.id
        line.marked_version = 0  # it counted with the ticket that the line has left


def _fire(tx: Tx, now: Now, ids: Ids, order: Order, ticket: Ticket, rules: Settings) -> None:
    ticket.hold, ticket.version = "fired", ticket.version + 1
    if rules.station(ticket.station) is None:  # it went while the course waited
        ticket.station = rules.default_station or rules.stations[0].id
    ticket.fired_at = ticket.updated_at = now.iso
    ticket.fired_boot, ticket.fired_mono, ticket.fired_grade = now.boot, now.monotonic, now.grade
    printer = slip_printer(ticket, rules, order.table)
    made = []
    if printer:
        counter = slip_counter(ticket.station)
        steps = {counter: first_papers.count(order.lines_ever_of(ticket.id), ticket, rules)}
        ticket.slip_number = visits.count(tx, order.day, steps)[counter]
        made = first_papers.of_ticket(now, ids, ticket, order, printer, rules)
    made += buzz_for(now, ids, ticket.station, rules.area_of(order.table), rules)
    out = {job.part for job in jobs.of_order(tx, order.id) if job.kind == "label" and job.state != "CANCELLED"}
    made += first_papers.further_papers(now, ids, order, rules, ticket, out)
    tickets.update(tx, ticket)
    for job in made:
        jobs.insert(tx, job)
    tx.changed.add("jobs")


def _later_ticket(
    tx: Tx, now: Now, ids: Ids, order: Order, like: Ticket, course: str, hold: str
) -> Ticket:
    made = Ticket(
        id=next(ids), station=like.station, state="QUEUED", proof=like.proof, fired_at=now.iso, fired_boot=now.boot,
        fired_mono=now.monotonic, updated_at=now.iso, updated_by="", fired_grade=now.grade, hold=hold, course=course,
        later=True,
    )  # fmt: skip
    tickets.insert(tx, row_of(order.id), [made], {})
    order.tickets.append(made)
    return made
