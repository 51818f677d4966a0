"""What stands on a paper, made when it is sent: from its ticket, from its order, or as it was composed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gateway.contract.slips import Slip, SlipChange, SlipElsewhere, SlipLine, SlipOption
from gateway.domain.allergens import allergen_name
from gateway.domain.documents import slip_number
from gateway.domain.notice import SLIP_KINDS, Notice, note_by_then
from gateway.domain.now import parse_iso
from gateway.domain.order import Line, Order
from gateway.domain.print_job import NOTICE, STATION_COPY, PrintJob
from gateway.domain.settings import Settings
from gateway.domain.texts import pick
from gateway.operations import first_papers, notices, slip_codes, unsent_papers
from gateway.store import jobs, orders, settings
from gateway.store.transaction import Reader

MOST_MISSING = 8
"""Numbers on a slip that nothing proves: a line or two. Where a printer never answers there are hundreds."""


def slip_of(rows: Reader, job: PrintJob) -> Slip:
    """What shall stand on the paper of this job, as everything is now."""
    if job.slip is not None:
        return msgspec.json.decode(job.slip, type=Slip)
    order = orders.load(rows, job.order_id)
    if order is None:
        raise LookupError(f"job {job.id} has no order")
    rules = settings.the_settings(rows)
    if job.kind == NOTICE:
        return notice_slip(rows, order, job, rules)
    if job.kind == STATION_COPY:
        return station_copy(order, job, rules)
    if job.ticket:
        return slip_for(order, job, rules, _missing(rows, order, job, rules))
    if job.kind == "label":
        return label_slip(order, job, rules)
    return order_slip(order, job, rules)


def _missing(rows: Reader, order: Order, job: PrintJob, rules: Settings) -> list[int]:
    """Earlier numbers of its station that have not come out, as far as anybody knows now."""
    unknown = jobs.missing_before(rows, job, order.day, MOST_MISSING)
    printers = [printer.id for printer in rules.printers]
    return sorted({*unknown, *jobs.late_before(rows, job, printers, order.day, MOST_MISSING)})[-MOST_MISSING:]


def slip_for(
    order: Order, job: PrintJob, rules: Settings, missing: Sequence[int] = (), language: str | None = None
) -> Slip:
    """What shall stand on the paper of this job, in `language` or that of its printer. `missing`: numbers to ask
    about."""
    printer = rules.printer(job.printer)
    station = rules.station(job.station)
    language = language or (printer.language if printer else "en")
    local = parse_iso(order.placed_at).astimezone(rules.zone())
    number = slip_number(job.number)
    lines, portion, portions = dishes_on(order, job)
    return Slip(
        kind="fire" if order.ticket(job.ticket).hold == "fired" else "dish" if job.part else "kitchen",
        portion=portion,
        portions=portions,
        size=station.slip_size if station else "large",
        language=language,
        station=pick(station.name, language) if station else job.station,
        number=number,
        previous=slip_number(job.number - 1) if job.number > 1 else "",
        order=order.number,
        place=place_of(order, language),
        time=local.strftime("%H:%M"),
        order_type=order.type,
        covers=order.covers,
        by=order.by,
        lines=[_line(line, language) for line in lines],
        allergies=[allergen_name(a, language) for a in order.allergies],
        note=order.note,
        elsewhere=_elsewhere(order, job, rules, language),
        code=slip_codes.code_on(order, job, rules),
        addition=order.addition,
        instead_of=_instead_of(order, job, rules, language),
        screen_down=order.ticket(job.ticket).proof == "screen",
        changes=[_change(order, notice, job, language) for notice in _counted(order, job)],
        missing=[slip_number(one) for one in missing],
    )


def _counted(order: Order, job: PrintJob) -> list[Notice]:
    """The changes that this paper counts: those of its ticket until now, where it has what they are about."""
    before = order.notices_of(job.ticket)
    if not job.part:
        return before
    ever = order.lines_ever_of(job.ticket)
    line = ever[job.part - 1] if job.kind == "dish" else first_papers.portions_of(ever)[job.part - 1][0]
    return [one for one in before if not one.lines or line.id in {meant.line for meant in one.lines}]


def _change(order: Order, notice: Notice, job: PrintJob, language: str) -> SlipChange:
    """`job`: the paper that it stands on, whose number tells nothing there."""
    meant = {one.line: one.quantity for one in notice.lines}
    own = notice.slip_number if notice.slip_number != job.number else 0
    return SlipChange(
        SLIP_KINDS.get(notice.kind, notice.kind),
        [
            SlipLine(meant[line.id], pick(line.kitchen_name or line.name, language))
            for line in order.lines
            if line.id in meant
        ],
        slip_number(own) if own else "",
        notice.from_place,
    )


def notice_slip(rows: Reader, order: Order, job: PrintJob, rules: Settings) -> Slip:
    """One change of a ticket, as its cook must see it: only the lines that it is about."""
    notice = next(n for n in order.notices_of(job.ticket) if n.number == job.part)
    of_ticket = msgspec.structs.replace(job, kind="kitchen", part=0)
    made = slip_for(order, of_ticket, rules)
    meant = unsent_papers.quantities(rows, order, notice)
    lines = []
    for line in order.lines:
        if line.id in meant:
            lines.append(_line(line, made.language))
            lines[-1].quantity = meant[line.id]
            lines[-1].note = note_by_then(order.notices_of(job.ticket), notice, line.id, line.note)
            if notice.kind == "change":
                lines[-1].note, lines[-1].note_before = notice.note, notice.note_before
    if notice.also:
        made = _together(rows, made, notice, job, rules)
    return msgspec.structs.replace(
        made, code=order.number, kind=SLIP_KINDS.get(notice.kind, notice.kind), lines=lines or made.lines,
        reason=notice.reason, by=notice.by, from_place=table_called(notice.from_place, made.language), changes=[],
        screen_down=made.screen_down and job.copy == 1 and job.created_at != notice.at,
        time=parse_iso(notice.at).astimezone(rules.zone()).strftime("%H:%M"),
    )  # fmt: skip


def _together(rows: Reader, made: Slip, notice: Notice, job: PrintJob, rules: Settings) -> Slip:
    """One slip for a change of several tickets: the dishes and allergies of all of them, and whose note is whose."""
    lines, allergies, notes = list(made.lines), list(made.allergies), {made.order: made.note}
    for other in notices.told_along(rows, notice):
        order = orders.load_of_ticket(rows, other.ticket)
        if order is None:
            continue
        of_ticket = msgspec.structs.replace(job, kind="kitchen", part=0, ticket=other.ticket, order_id=order.id)
        its = slip_for(order, of_ticket, rules)
        lines += its.lines
        allergies += its.allergies
        notes[its.order] = its.note
    said = [f"{number}: {note}" for number, note in notes.items() if note]
    return msgspec.structs.replace(
        made, lines=lines, allergies=list(dict.fromkeys(allergies)), order=" ".join(notes), note=" · ".join(said),
        elsewhere=[],
    )


def station_copy(order: Order, job: PrintJob, rules: Settings) -> Slip:
    """The slip of one of its stations, as somebody else wants to see it."""
    ticket, rule = order.tickets[job.part - 1], rules.slip_rule("kitchen", job.printer)
    of_ticket = msgspec.structs.replace(job, kind="kitchen", ticket=ticket.id, number=ticket.slip_number, part=0)
    language = rule.language if rule else None
    made = slip_for(order, of_ticket, rules, language=language)
    if not ticket.slip_number:  # a station without paper
        made = msgspec.structs.replace(made, number="", code=order.number)
    size = rule.size if rule else made.size
    return msgspec.structs.replace(made, size=size, previous="", instead_of="", screen_down=False)


def dishes_on(order: Order, job: PrintJob) -> tuple[list[Line], int, int]:
    """The lines that stand on this paper, and which portion of how many it is; 0 of 0 where it is not one portion's."""
    lines = order.lines_ever_of(job.ticket)
    portion = portions = 0
    if job.kind == "dish":
        lines = lines[job.part - 1 : job.part]
    elif job.kind == "portion":
        line, portion = first_papers.portions_of(lines)[job.part - 1]
        portions = line.left
        lines = [msgspec.structs.replace(line, quantity=1, cancelled=0, returned=0)] if portion <= portions else []
    return [line for line in lines if line.ticket == job.ticket and not line.is_gone], portion, portions


def order_slip(order: Order, job: PrintJob, rules: Settings) -> Slip:
    """A paper of the whole order: what guests see, what the pass collects, what a runner carries."""
    printer, rule = rules.printer(job.printer), rules.slip_rule(job.kind, job.printer)
    language = rule.language if rule and rule.language else printer.language if printer else "en"
    names = {station.id: pick(station.name, language) for station in rules.stations}
    local = parse_iso(order.placed_at).astimezone(rules.zone())
    for_guests = job.kind == "guest_list"
    kept = [line for line in order.lines if not line.is_gone]
    return Slip(
        kind=job.kind,
        language=language,
        size=rule.size if rule else "large",
        station="" if for_guests else (pick(printer.name, language) if printer else ""),
        number="",
        order=order.number,
        place=place_of(order, language),
        time=local.strftime("%H:%M"),
        date=local.strftime("%Y-%m-%d"),
        order_type=order.type,
        covers=order.covers,
        by=order.by,
        lines=[_order_line(line, language, names, for_guests) for line in kept],
        allergies=[allergen_name(a, language) for a in order.allergies],
        note=order.note,
        store=pick(rules.name, language) if for_guests else "",
        currency=order.currency,
        total=sum(line.amount for line in kept) if for_guests else None,
        code="" if for_guests else order.number,
        addition=order.addition,
    )


def label_slip(order: Order, job: PrintJob, rules: Settings) -> Slip:
    """What sticks on one cup or box: one portion of the order, and which of those that this printer makes it is."""
    printer, rule = rules.printer(job.printer), rules.slip_rule("label", job.printer)
    language = rule.language if rule and rule.language else printer.language if printer else "en"
    parts = first_papers.label_parts(order, rule.stations if rule else [])
    line, quantity = first_papers.labelled(order)[job.part - 1]
    made = _line(line, language)
    made.quantity = min(quantity, line.left) or quantity
    return Slip(
        kind="label",
        language=language,
        station="",
        number="",
        order=order.number,
        place=place_of(order, language),
        time=parse_iso(order.placed_at).astimezone(rules.zone()).strftime("%H:%M"),
        order_type=order.type,
        lines=[made],
        allergies=[allergen_name(a, language) for a in order.allergies],
        portion=parts.index(job.part) + 1 if job.part in parts else 0,
        portions=len(parts) if job.part in parts else 0,
        code=f"{order.number}-{job.part}",
    )


def _order_line(line: Line, language: str, stations: dict[str, str], for_guests: bool) -> SlipLine:
    made = _line(line, language)
    if for_guests:
        made.name = pick(line.name, language)
        made.amount = line.amount
    else:
        made.station = stations.get(line.station, line.station)
    return made


def _instead_of(order: Order, job: PrintJob, rules: Settings, language: str) -> str:
    """The printer of its station in the order's area, for a paper that another one prints."""
    station = rules.station(job.station)
    first = next(iter(station.printers(rules.area_of(order.table))), "") if station else ""
    own = rules.printer(first) if first != job.printer else None
    return pick(own.name, language) or own.id if own else ""


def place_of(order: Order, language: str) -> str:
    """Where the food goes, as it is called across the kitchen."""
    return table_called(order.table, language) or order.pickup_no or order.number


def table_called(table: str, language: str) -> str:
    """A table as it is called across the kitchen; "" for none."""
    if not table:
        return ""
    if language.startswith("zh"):
        return f"{table} 桌" if table.isascii() else table
    return f"Table {table}"


def _line(line: Line, language: str) -> SlipLine:
    options = [SlipOption(pick(m.name, language), m.removal) for m in line.modifiers]
    if line.variant:
        options.insert(0, SlipOption(pick(line.variant.name, language)))
    return SlipLine(line.left or line.quantity, pick(line.kitchen_name or line.name, language), options, line.note)


def _elsewhere(order: Order, job: PrintJob, rules: Settings, language: str) -> list[SlipElsewhere]:
    counts: dict[str, int] = {}
    for line in order.lines:
        if line.station != job.station and not line.is_gone:
            counts[line.station] = counts.get(line.station, 0) + line.left
    names = {s.id: pick(s.name, language) for s in rules.stations}
    return [SlipElsewhere(names.get(s, s), n) for s, n in counts.items()]
