"""The papers that an order makes as it comes in: those of its tickets, by station, and those of the whole order."""

from __future__ import annotations

from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Line, Order
from gateway.domain.print_job import STATION_COPY, PrintJob
from gateway.domain.settings import Settings, SlipRule
from gateway.domain.ticket import Ticket
from gateway.operations.own_jobs import buzz_for

MOST_PORTIONS = 40
"""Papers of one ticket, one for each portion. With more of them each dish gets one: twenty beers are one paper."""


MOST_LABELS = 40
"""Labels of one order at one printer, one for each portion: more would keep it busy for half a minute while other cups
wait. With more portions each dish gets one label that says how many."""


def slip_printer(ticket: Ticket, rules: Settings, table: str, always: bool = False) -> str:
    """The printer of a ticket's first paper; "" where its station works without paper, or has none. `table`: of its
    order. `always`: a station that should need no paper needs it now."""
    station = rules.station(ticket.station)
    if station is None or (ticket.proof == "screen" and not always):
        return ""
    return next(iter(station.printers(rules.area_of(table))), "")


def slip_counter(station: str) -> str:
    """The name under which the slips of a station are numbered."""
    return f"slip:{station}"


def count(lines: list[Line], ticket: Ticket, rules: Settings) -> int:
    """How many papers the ticket is printed on, and so how many slip numbers it takes. `lines` are those that ever
    were on it."""
    return len(_kind_and_parts(lines, ticket, rules)[1])


def most(lines: list[Line], ticket: Ticket, rules: Settings) -> int:
    """The slip numbers that a ticket may have taken, whatever has become of its lines since."""
    station = rules.station(ticket.station)
    slips = station.slips if station else "ticket"
    return {"ticket": 1, "dish": len(lines), "portion": max(len(lines), len(portions_of(lines)))}[slips]


def of_order(now: Now, ids: Ids, order: Order, rules: Settings) -> list[PrintJob]:
    """The first papers of its tickets, which have their slip numbers, behind each the buzzer that calls for it, then
    those of the whole order."""
    made: list[PrintJob] = []
    area = rules.area_of(order.table)
    for ticket in [one for one in order.tickets if not one.is_held]:
        printer = slip_printer(ticket, rules, order.table)
        if printer:
            made += of_ticket(now, ids, ticket, order, printer, rules)
        made += buzz_for(now, ids, ticket.station, area, rules)
    for rule in rules.slips:
        if rule.wants(order.type, area) and rule.kind == "kitchen":
            made += _copies(now, ids, order, rule, [one for one in order.tickets if not one.is_held])
        elif rule.wants(order.type, area):
            made += [
                _paper(now, ids, rule.kind, printer, order, copy=copy, part=part)
                for printer in rule.printers
                for part in (label_parts(order, rule.stations, fired_only=True) if rule.kind == "label" else [0])
                for copy in range(1, rule.copies + 1)
            ]
    return made


def _copies(now: Now, ids: Ids, order: Order, rule: SlipRule, of: list[Ticket]) -> list[PrintJob]:
    """Further copies of its stations' slips. They hang on no ticket, for a paper elsewhere is before no cook; `part` is
    the place of the ticket in its order."""
    places = [printer for printer in rule.printers for _ in range(rule.copies)]
    return [
        _paper(now, ids, STATION_COPY, printer, order, copy=copy, part=part, station=ticket.station)
        for part, ticket in enumerate(order.tickets, 1)
        if ticket in of and (not rule.stations or ticket.station in rule.stations)
        for copy, printer in enumerate(places, 2)
    ]


def labelled(order: Order) -> list[tuple[Line, int]]:
    """What a label is stuck on, in the order's own order, and how many of it: each portion, or each dish of an order
    with more than `MOST_LABELS`. The parts of its labels count from here, whatever the settings become meanwhile."""
    if sum(line.quantity for line in order.lines) > MOST_LABELS:
        return [(line, line.quantity) for line in order.lines]
    return [(line, 1) for line in order.lines for _ in range(line.quantity)]


def label_parts(order: Order, stations: list[str], *, fired_only: bool = False) -> list[int]:
    """The parts that get a label where only those of `stations` do; empty: all. None of a dish that is off, nor with
    `fired_only` of one that waits to be called."""
    return [
        part
        for part, (line, _) in enumerate(labelled(order), 1)
        if not (line.is_gone or (fired_only and line.state == "ON_HOLD")) and (not stations or line.station in stations)
    ]


def unwanted_labels(order: Order) -> set[int]:
    """Parts of what is off, or waits to be called: no label of them is stuck on anything now."""
    found: set[int] = set()
    counted: dict[int, int] = {}
    for part, (line, quantity) in enumerate(labelled(order), 1):
        counted[line.id] = counted.get(line.id, 0) + quantity
        beyond = quantity == 1 and counted[line.id] > line.left
        if line.is_gone or beyond or line.state == "ON_HOLD":
            found.add(part)
    return found


def further_papers(
    now: Now, ids: Ids, order: Order, rules: Settings, ticket: Ticket, labels_out: set[int]
) -> list[PrintJob]:
    """The copies and labels of a ticket that waited to be called. `labels_out`: parts that have a label already."""
    meant = {line.id for line in order.lines_of(ticket.id)}
    its = {part for part, (line, _) in enumerate(labelled(order), 1) if line.id in meant} - labels_out
    area = rules.area_of(order.table)
    made: list[PrintJob] = []
    for rule in rules.slips:
        if rule.wants(order.type, area) and rule.kind == "kitchen":
            made += _copies(now, ids, order, rule, [ticket])
        elif rule.wants(order.type, area) and rule.kind == "label":
            made += [
                _paper(now, ids, rule.kind, printer, order, copy=copy, part=part)
                for printer in rule.printers
                for part in label_parts(order, rule.stations)
                if part in its
                for copy in range(1, rule.copies + 1)
            ]
    return made


def of_ticket(
    now: Now, ids: Ids, ticket: Ticket, order: Order, printer: str, rules: Settings
) -> list[PrintJob]:
    """One paper, or one for each dish or portion, with the numbers from the ticket's own on."""
    kind, parts = _kind_and_parts(order.lines_ever_of(ticket.id), ticket, rules)
    return [
        _paper(now, ids, kind, printer, order, ticket, number=ticket.slip_number + at, part=part)
        for at, part in enumerate(parts)
    ]


def portions_of(lines: list[Line]) -> list[tuple[Line, int]]:
    """Each portion that was ordered, and which of its line it is."""
    return [(line, nth) for line in lines for nth in range(1, line.quantity + 1)]


def _kind_and_parts(lines: list[Line], ticket: Ticket, rules: Settings) -> tuple[str, list[int]]:
    """The parts of what is on the ticket now. They count all that ever was, so that each keeps its number."""
    station = rules.station(ticket.station)
    slips = station.slips if station else "ticket"
    if slips == "ticket":
        return "kitchen", [0]
    portions = portions_of(lines)
    if slips == "portion" and len(portions) <= MOST_PORTIONS:
        return "portion", [
            at for at, (line, nth) in enumerate(portions, 1) if line.ticket == ticket.id and nth <= line.left
        ]
    return "dish", [at for at, line in enumerate(lines, 1) if line.ticket == ticket.id and not line.is_gone]


def _paper(
    now: Now, ids: Ids, kind: str, printer: str, order: Order, ticket: Ticket | None = None, copy: int = 1,
    number: int = 0, part: int = 0, station: str = "",
) -> PrintJob:  # fmt: skip
    return PrintJob(
        id=next(ids), kind=kind, printer=printer, station=ticket.station if ticket else station,
        ticket=ticket.id if ticket else "", order_id=order.id, copy=copy, state="QUEUED", number=number,
        created_at=now.iso, updated_at=now.iso, boot=now.boot, mono=now.monotonic, part=part,
    )  # fmt: skip
