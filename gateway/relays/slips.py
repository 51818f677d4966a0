"""A print job's slip, made from its order when it is sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contract.slips import Slip, SlipElsewhere, SlipLine, SlipOption
from gateway.domain.allergens import allergen_name
from gateway.domain.documents import slip_number
from gateway.domain.now import parse_iso
from gateway.domain.order import Line, Order
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Settings
from gateway.domain.texts import pick


def slip_for(order: Order, job: PrintJob, rules: Settings, missing: Sequence[int] = ()) -> Slip:
    """What shall stand on the paper of this job, in the language of its printer. `missing`: numbers to ask about."""
    printer = rules.printer(job.printer)
    station = rules.station(job.station)
    language = printer.language if printer else "en"
    lines = [line for line in order.lines_of(job.ticket) if line.state not in ("CANCELLED", "RETURNED")]
    local = parse_iso(order.placed_at).astimezone(rules.zone())
    number = slip_number(job.number)
    return Slip(
        language=language,
        station=pick(station.name, language) if station else job.station,
        number=number,
        previous=slip_number(job.number - 1) if job.number > 1 else "",
        order=order.number,
        place=_place(order, language),
        time=local.strftime("%H:%M"),
        order_type=order.type,
        covers=order.covers,
        by=order.by,
        lines=[_line(line, language) for line in lines],
        allergies=[allergen_name(a, language) for a in order.allergies],
        note=order.note,
        elsewhere=_elsewhere(order, job, rules, language),
        code=f"{order.number}-{number}",
        addition=order.addition,
        instead_of=_instead_of(job, rules, language),
        missing=[slip_number(one) for one in missing],
    )


def _instead_of(job: PrintJob, rules: Settings, language: str) -> str:
    """The printer of its station, for a paper that another one prints."""
    station = rules.station(job.station)
    own = rules.printer(station.printer) if station and job.diverted_from and station.printer != job.printer else None
    return pick(own.name, language) or own.id if own else ""


def _place(order: Order, language: str) -> str:
    """Where the food goes, as it is called across the kitchen."""
    if not order.table:
        return order.pickup_no or order.number
    if language.startswith("zh"):
        return f"{order.table} 桌" if order.table.isascii() else order.table
    return f"Table {order.table}"


def _line(line: Line, language: str) -> SlipLine:
    options = [SlipOption(pick(m.name, language), m.removal) for m in line.modifiers]
    if line.variant:
        options.insert(0, SlipOption(pick(line.variant.name, language)))
    return SlipLine(line.quantity, pick(line.kitchen_name or line.name, language), options, line.note)


def _elsewhere(order: Order, job: PrintJob, rules: Settings, language: str) -> list[SlipElsewhere]:
    counts: dict[str, int] = {}
    for line in order.lines:
        if line.station != job.station and line.state not in ("CANCELLED", "RETURNED"):
            counts[line.station] = counts.get(line.station, 0) + line.quantity
    names = {s.id: pick(s.name, language) for s in rules.stations}
    return [SlipElsewhere(names.get(s, s), n) for s, n in counts.items()]
