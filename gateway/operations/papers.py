"""The life of a print job: what bridges answer, what happens to a paper that nothing proves, what people decide."""

from __future__ import annotations

import msgspec

from gateway.contract.messages import FINAL_RESULTS, PrintResult
from gateway.domain import print_job
from gateway.domain.actor import Actor
from gateway.domain.documents import slip_number
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.order import Order
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Settings
from gateway.domain.states import moved
from gateway.operations import notices, paper_proofs, printer_deeds, unclear_papers, unproven
from gateway.operations.ticket_papers import is_whole
from gateway.store import devices, jobs, orders, settings
from gateway.store.transaction import Reader, Tx

REPRINT_AFTER_S = 15.0
"""A kitchen slip that nothing proves is printed again after this, marked; time enough for a late answer."""

MAX_AUTOMATIC_COPY = 3
"""Then a person is asked: a printer that never answers would otherwise print for ever."""

def take_result(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str, result: PrintResult) -> None:
    """A bridge says how far a paper is. A finished job never moves: late and repeated answers change nothing."""
    job = jobs.get(tx, result.key)
    if job is None or job.printer != printer or job.state not in print_job.OPEN:
        return
    if (job.state, job.reason) == (result.state, result.reason):
        return
    move = print_job.RESULT_MOVES[result.state]
    if result.state == "WITHDRAWN" and job.intent:
        move = job.intent
    try:
        job.state = moved("print job", print_job.MOVES, job.state, move)
    except IllegalMove:
        # An answer overtaken by a newer one, such as WITHDRAWN after SENDING: the newer one stands.
        return
    if result.state in FINAL_RESULTS and result.state != "WITHDRAWN":
        job.intent, job.settled = "", None  # it came too late: the paper has, or may have, this printer's bytes
    stamp(job, now)
    if result.reason or job.kind not in print_job.DEEDS or result.state != "WITHDRAWN":
        job.reason = result.reason  # why a drawer stayed shut was said before it was given up
    job.evidence = msgspec.json.encode(result.evidence).decode()
    job.attempts = max(job.attempts, result.attempt)
    if job.state == "UNKNOWN" and job.kind in print_job.CALLS_NOBODY:
        job.settled = job.kind
    jobs.update(tx, job)
    tx.changed.add("jobs")
    unclear_papers.apart(tx, now, job, lambda: _follow(tx, now, ids, actor, job))


def show(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> None:
    """A ticket that is printed dish by dish is before a cook when all of its papers are that something is cooked by."""
    if job.kind == print_job.NOTICE:
        notices.shown_by_paper(tx, now, ids, actor, job, slip_number(job.number))
        paper_proofs.end_by_notice(tx, now, ids, actor, job.ticket, slip_number(job.number))
        return
    if job.ticket:
        notices.shown_with(tx, now, job, slip_number(job.number))
    if job.ticket and is_whole(tx, job.ticket):
        paper_proofs.show_by_paper(tx, now, ids, actor, job.ticket, slip_number(job.number))


def show_if_whole(tx: Tx, now: Now, ids: Ids, actor: Actor, ticket_id: str) -> None:
    """Some of its papers are not wanted any more: the others may all be proven."""
    if is_whole(tx, ticket_id):
        last = [job for job in jobs.of_ticket(tx, ticket_id) if job.state == "PRINTED"][-1]
        paper_proofs.show_by_paper(tx, now, ids, actor, ticket_id, slip_number(last.number))


def stamp(job: PrintJob, now: Now) -> None:
    """Notes that something has just changed in it. How long a drawer may wait counts from the tap on its button."""
    job.updated_at = now.iso
    if job.kind not in print_job.DEEDS:
        job.boot, job.mono = now.boot, now.monotonic


def _follow(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> None:
    if job.kind in print_job.DEEDS:
        printer_deeds.ended(tx, now, ids, job)
    elif job.state == "PRINTED":
        _answer_for(tx, job)
        show(tx, now, ids, actor, job)
    elif job.state == "UNCONFIRMED" and job.kind in print_job.COOKED_BY:
        unproven.doubt_ticket(tx, now, ids, actor, job.ticket, "mute")
        notices.ask_of_next_paper(tx, job.ticket)
    elif job.kind in print_job.CALLS_NOBODY:
        return
    elif job.state == "UNKNOWN":
        if may_reprint_by_itself(tx, job):
            _raise(tx, now.iso, "slip_gap", job)
        else:
            ask_about(tx, now, job)
    elif job.state in ("DIVERTED", "STALE"):
        _taken_back(tx, now, ids, job)
    elif job.state == "CANCELLED" and notices.nothing_to_tell(tx, now, job):
        paper_proofs.end_by_notice(tx, now, ids, actor, job.ticket, "")


def want_back(
    tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob, intent: str, target: str = ""
) -> None:
    """Takes the job from its printer: at once when no bridge can know it, else as soon as its bridge says that no byte
    has left. What the bridge says otherwise stands, and the intent with it is void."""
    if intent not in WANTS_BACK.get(job.state, ()):
        raise Refused("illegal_move", state=job.state, move=intent)
    job.intent, job.target, job.settled = intent, target, str(actor)
    nobody_has_it = job.state == "QUEUED" and not jobs.is_out(tx, job)
    if job.state == "STALE" or nobody_has_it or settings.the_settings(tx).printer(job.printer) is None:
        job.state = moved("print job", print_job.MOVES, job.state, intent)
        if job.kind not in print_job.DEEDS:
            job.reason = ""
        stamp(job, now)
        _taken_back(tx, now, ids, job)
    jobs.update(tx, job)
    tx.changed.add("jobs")


WANTS_BACK = {
    "QUEUED": ("cancel", "divert", "stale"),
    "WAITING": ("cancel", "divert", "stale"),
    "STALE": ("cancel",),
}


def _taken_back(tx: Tx, now: Now, ids: Ids, job: PrintJob) -> None:
    """What follows when no byte of it will ever leave for its printer."""
    if job.kind in print_job.DEEDS:
        printer_deeds.ended(tx, now, ids, job)
    elif job.state == "DIVERTED":
        jobs.insert(tx, in_its_place(now, ids, job, printer_for(tx, job, job.target)))
    elif job.state == "STALE":
        _raise(tx, job.created_at, "slip_stale", job)  # so that the oldest is asked about first
    else:
        no_more_old(tx, job)


def no_more_old(tx: Tx, job: PrintJob) -> None:
    """Nobody is asked any more whether this old paper is still wanted."""
    for code in ("slip_stale", "slip_stale_unanswered"):
        devices.clear_condition(tx, code, job.id)


def in_its_place(now: Now, ids: Ids, job: PrintJob, printer: str) -> PrintJob:
    """The same paper, of which nothing has been printed yet, under a key that no bridge knows."""
    return PrintJob(
        id=next(ids), kind=job.kind, printer=printer, station=job.station, ticket=job.ticket, order_id=job.order_id,
        copy=job.copy, state="QUEUED", number=job.number, created_at=job.created_at, updated_at=now.iso, boot=now.boot,
        mono=now.monotonic, replaces=job.replaces, diverted_from=job.id, asked_by=job.asked_by, part=job.part,
        slip=job.slip,
    )  # fmt: skip


def printer_for(tx: Tx, job: PrintJob, wanted: str) -> str:
    """`wanted`, if the settings still know it, else the job's own or its station's: no paper is made for a printer that
    nobody listens for. Raises `Refused`: invalid (no such printer)."""
    rules = settings.the_settings(tx)
    for printer in (wanted, job.printer, *_of_its_place(tx, job, rules)):
        if rules.printer(printer):
            return printer
    raise Refused("invalid", field="printer", reason="no_such_printer")


def elsewhere(rows: Reader, job: PrintJob, rules: Settings) -> list[str]:
    """The printers that it may go to instead, in their order: those of its station in the area of its table. A copy for
    somebody else than the cooks is no good to them."""
    if job.kind == print_job.STATION_COPY:
        return []
    return [printer for printer in _of_its_place(rows, job, rules) if printer != job.printer]


def _of_its_place(rows: Reader, job: PrintJob, rules: Settings) -> list[str]:
    station = rules.station(job.station)
    if station is None:
        return []
    return station.printers(rules.area_of(orders.table_of(rows, job.order_id)) if station.areas else "")


def divert(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str, target: str) -> None:
    """The house sends a waiting paper to another printer. Nothing happens when it is no longer waiting."""
    job = jobs.get(tx, job_id)
    if job is not None and not job.intent and "divert" in WANTS_BACK.get(job.state, ()):
        want_back(tx, now, ids, actor, job, "divert", target)


def make_stale(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """A paper waited so long that a person must say whether it is still wanted. Nobody is asked about dishes that have
    left the kitchen: their paper is cancelled."""
    job = jobs.get(tx, job_id)
    if job is not None and not job.intent and "stale" in WANTS_BACK.get(job.state, ()):
        want_back(tx, now, ids, actor, job, "cancel" if _is_over(tx, job) else "stale")


def give_up(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """A drawer, or a buzzer, has waited too long for its begin: from here on it shall not happen any more."""
    job = jobs.get(tx, job_id)
    if job is not None and not job.intent and "cancel" in WANTS_BACK.get(job.state, ()):
        job.reason = printer_deeds.why_not(tx, job)
        want_back(tx, now, ids, actor, job, "cancel")


def _is_over(tx: Tx, job: PrintJob) -> bool:
    order = orders.load_of_ticket(tx, job.ticket) if job.ticket else None
    if order is None:
        return False
    ticket = order.ticket(job.ticket)
    return ticket.cleared_at is not None or ticket.state == "READY"


def _answer_for(tx: Tx, job: PrintJob) -> None:
    """A later paper is proven: nobody has to look for the former ones any more."""
    for former in jobs.same_paper(tx, job):
        if former.state == "UNKNOWN" and former.settled is None:
            former.settled = f"copy {job.copy}"
            jobs.update(tx, former)
        no_more_asked(tx, former)


def may_reprint_by_itself(tx: Tx, job: PrintJob) -> bool:
    """Whether an UNKNOWN slip is printed again without asking: a kitchen slip whose ticket nothing else proves."""
    if job.kind not in (*print_job.COOKED_BY, print_job.NOTICE) or job.copy >= MAX_AUTOMATIC_COPY:
        return False
    order = orders.load_of_ticket(tx, job.ticket)
    printer = settings.the_settings(tx).printer(job.printer)
    if order is None or printer is None or printer.on_unknown == "ask":
        return False
    if job.kind == print_job.NOTICE:
        return any(n.number == job.part and n.shown_at is None for n in order.notices_of(job.ticket))
    ticket = order.ticket(job.ticket)
    return ticket.state == "QUEUED" and ticket.cleared_at is None


def ask_about(tx: Tx, now: Now, job: PrintJob) -> None:
    """Raises the condition that asks a person whether this paper came out."""
    devices.clear_condition(tx, "slip_gap", job.id)
    _raise(tx, now.iso, "slip_unknown", job)


def _raise(tx: Tx, since: str, code: str, job: PrintJob) -> None:
    order = orders.load(tx, job.order_id) if job.order_id else None
    devices.raise_condition(
        tx, code, job.id, since, printer=job.printer, station=job.station, job=job.id,
        slip=name_on_paper(job, order), number=order.number if order else "", table=order.table if order else "",
    )  # fmt: skip


def name_on_paper(job: PrintJob, order: Order | None) -> str:
    """What tells this paper from others where somebody looks for it: its running number, or the code of a label."""
    return f"{order.number}-{job.part}" if order and job.kind == "label" else slip_number(job.number)


def check_target(rules: Settings, target: str, kinds: set[str]) -> None:
    """Whether a printer can take papers of these kinds. A label printer takes only labels and test slips; a label
    comes out of any. Raises `Refused`: invalid (no such printer, labels only)."""
    printer = rules.printer(target)
    if printer is None:
        raise Refused("invalid", field="printer", reason="no_such_printer")
    if printer.label_size and kinds - {"label", "test"}:
        raise Refused("invalid", field="printer", reason="labels_only")


def no_more_asked(tx: Tx, job: PrintJob) -> None:
    """Nobody is asked any more whether this paper came out."""
    for code in ("slip_gap", "slip_unknown"):
        devices.clear_condition(tx, code, job.id)


def settle_unknown(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """The watchdog's look at an UNKNOWN paper once its time is over: print it again, or ask a person."""
    job = jobs.get(tx, job_id)
    if job is None or job.state != "UNKNOWN" or job.settled is not None:
        return
    if not may_reprint_by_itself(tx, job):
        ask_about(tx, now, job)
        return
    if now.since(job.boot, job.mono) >= REPRINT_AFTER_S:
        print_again(tx, now, ids, actor, job)
        job.settled = "reprinted"
        jobs.update(tx, job)
        no_more_asked(tx, job)


def print_again(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> PrintJob:
    """A copy of it, marked. Raises `Refused`: invalid (no printer is left for it)."""
    copies = [one.copy for one in jobs.same_paper(tx, job)]
    again = PrintJob(
        id=next(ids), kind=job.kind, printer=printer_for(tx, job, job.printer), station=job.station,
        ticket=job.ticket, order_id=job.order_id, copy=max(copies) + 1, state="QUEUED", number=job.number,
        created_at=now.iso, updated_at=now.iso, boot=now.boot, mono=now.monotonic, replaces=job.id,
        asked_by=str(actor), part=job.part, slip=job.slip,
    )  # fmt: skip
    jobs.insert(tx, again)
    tx.changed.add("jobs")
    return again
