"""What bridges report of papers and devices, and what people decide about a paper that nobody can speak for."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.contract.messages import BridgeState, DeviceState, PrintResult
from gateway.domain import print_job
from gateway.domain.actor import Actor
from gateway.domain.documents import slip_number
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.domain.states import moved
from gateway.operations import kitchen
from gateway.operations.ordering import Ids
from gateway.store import devices, jobs, keys, orders, settings
from gateway.store.devices import Bridge, Device
from gateway.store.ids import row_of
from gateway.store.transaction import Tx

REPRINT_AFTER_S = 15.0
"""A kitchen slip that nothing proves is printed again after this, marked; time enough for a late answer."""

MAX_AUTOMATIC_COPY = 3
"""Then a person is asked: a printer that never answers would otherwise print for ever."""

SCOPE = "jobs"

CONDITION_OF_REASON = {
    "paper_out": "paper_out",
    "paper_low": "paper_low",
    "cover_open": "cover_open",
    "cutter_error": "cutter_error",
    "unplugged": "printer_offline",
    "offline": "printer_offline",
    "no_answer": "printer_mute",
}


def take_result(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str, result: PrintResult) -> None:
    """A bridge says how far a paper is. A finished job never moves: late and repeated answers change nothing."""
    job = jobs.get(tx, result.key)
    if job is None or job.printer != printer or job.state not in print_job.OPEN:
        return
    if (job.state, job.reason) == (result.state, result.reason):
        return
    try:
        job.state = moved("print job", print_job.MOVES, job.state, print_job.RESULT_MOVES[result.state])
    except IllegalMove:
        # An answer overtaken by a newer one, such as WITHDRAWN after SENDING: the newer one stands.
        return
    _stamp(job, now)
    job.reason = result.reason
    job.evidence = msgspec.json.encode(result.evidence).decode()
    job.attempts = max(job.attempts, result.attempt)
    jobs.update(tx, job)
    tx.changed.add("jobs")
    _follow(tx, now, ids, actor, job)


def _stamp(job: PrintJob, now: Now) -> None:
    job.updated_at, job.boot, job.mono = now.iso, now.boot, now.monotonic


def _follow(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> None:
    if job.state == "PRINTED":
        _answer_for(tx, job)
        kitchen.show_by_paper(tx, now, ids, actor, job.ticket, slip_number(job.number))
    elif job.state == "UNCONFIRMED":
        kitchen.doubt_ticket(tx, now, ids, actor, job.ticket, "mute")
    elif job.state == "UNKNOWN" and not may_reprint_by_itself(tx, job):
        ask_about(tx, now, job)


def _answer_for(tx: Tx, job: PrintJob) -> None:
    """A later paper is proven: nobody has to look for the former ones any more."""
    for former in jobs.of_ticket(tx, job.ticket):
        if former.state == "UNKNOWN" and former.settled is None:
            former.settled = f"copy {job.copy}"
            jobs.update(tx, former)
        devices.clear_condition(tx, "slip_unknown", former.id)


def may_reprint_by_itself(tx: Tx, job: PrintJob) -> bool:
    """Whether an UNKNOWN slip is printed again without asking: a kitchen slip whose ticket nothing else proves."""
    if job.kind != "kitchen" or job.copy >= MAX_AUTOMATIC_COPY:
        return False
    order = orders.load_of_ticket(tx, job.ticket)
    printer = settings.the_settings(tx).printer(job.printer)
    if order is None or printer is None or printer.on_unknown == "ask":
        return False
    ticket = order.ticket(job.ticket)
    return ticket.state == "QUEUED" and ticket.cleared_at is None


def ask_about(tx: Tx, now: Now, job: PrintJob) -> None:
    """Raises the condition that asks a person whether this paper came out."""
    order = orders.load(tx, job.order_id)
    devices.raise_condition(
        tx, "slip_unknown", job.id, now.iso, printer=job.printer, station=job.station, job=job.id,
        slip=slip_number(job.number), number=order.number if order else "", table=order.table if order else "",
    )  # fmt: skip


def settle_unknown(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str) -> None:
    """The watchdog's look at an UNKNOWN paper once its time is over: print it again, or ask a person."""
    job = jobs.get(tx, job_id)
    if job is None or job.state != "UNKNOWN" or job.settled is not None:
        return
    if not may_reprint_by_itself(tx, job):
        ask_about(tx, now, job)
        return
    if now.since(job.boot, job.mono) >= REPRINT_AFTER_S:
        _print_again(tx, now, ids, job)
        job.settled = "reprinted"
        jobs.update(tx, job)


def _print_again(tx: Tx, now: Now, ids: Ids, job: PrintJob) -> PrintJob:
    copies = [j.copy for j in jobs.of_ticket(tx, job.ticket)]
    again = PrintJob(
        id=next(ids), kind=job.kind, printer=job.printer, station=job.station, ticket=job.ticket,
        order_id=job.order_id, copy=max(copies) + 1, state="QUEUED", number=job.number, created_at=now.iso,
        updated_at=now.iso, boot=now.boot, mono=now.monotonic, replaces=job.id,
    )  # fmt: skip
    jobs.insert(tx, again)
    tx.changed.add("jobs")
    return again


def decide_about_job(tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str, decision: str, key: str) -> PrintJob:
    """A person's word: `reprint` (a new, marked paper), `came_out`, or `cancel` (only what has not left is withdrawn).

    Raises `Refused`: unknown_job, illegal_move.
    """
    job = jobs.get(tx, job_id)
    if job is None:
        raise Refused("unknown_job")
    print_ = keys.fingerprint(f"{job_id}:{decision}".encode())
    found = keys.find(tx, SCOPE, key)
    if found:
        if found[0] != print_:
            raise Refused("idempotency_key_reused")
        return jobs.at(tx, found[1])
    if decision == "reprint":
        answer = _reprint(tx, now, ids, actor, job)
    elif decision == "came_out":
        answer = _came_out(tx, now, ids, actor, job)
    else:
        answer = _cancel(tx, job)
    # A decision makes no event: its key remembers the paper's own row. Such numbers are above every slot, so these
    # few keys outlive the journal's.
    keys.remember(tx, SCOPE, key, print_, row_of(answer.id))
    return answer


def _reprint(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> PrintJob:
    if job.state not in ("PRINTED", "UNCONFIRMED", "UNKNOWN"):
        raise Refused("illegal_move", state=job.state, move="reprint")
    if job.state == "UNKNOWN":
        job.settled = str(actor)
        jobs.update(tx, job)
        devices.clear_condition(tx, "slip_unknown", job.id)
    return _print_again(tx, now, ids, job)


def _came_out(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> PrintJob:
    try:
        job.state = moved("print job", print_job.MOVES, job.state, "came_out")
    except IllegalMove as illegal:
        raise Refused("illegal_move", state=illegal.state, move=illegal.move) from None
    job.settled = str(actor)
    _stamp(job, now)
    jobs.update(tx, job)
    tx.changed.add("jobs")
    devices.clear_condition(tx, "slip_unknown", job.id)
    kitchen.show_by_paper(tx, now, ids, actor, job.ticket, slip_number(job.number))
    return job


def _cancel(tx: Tx, job: PrintJob) -> PrintJob:
    if job.state not in ("QUEUED", "WAITING"):
        raise Refused("illegal_move", state=job.state, move="cancel")
    job.withdraw = True
    jobs.update(tx, job)
    tx.changed.add("jobs")
    return job


def take_device_state(tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, state: DeviceState) -> None:
    """A bridge says how a device is. Each reason is a condition while it lasts.

    What the settings do not know leaves no trace: the broker keeps the last word of a printer that was removed, and
    gives it again at each connection. Before there are settings all are taken; `import_settings` forgets the others.
    """
    rules = settings.settings(tx)
    if rules is not None and rules.printer(name) is None:
        return
    former = devices.device(tx, name)
    since = former.at if former and (former.status, former.reasons) == (state.status, state.reasons) else now.iso
    said = Device(name, state.bridge, state.status, state.reasons, state.driver, state.model, state.firmware, since)
    if said == former:
        return
    devices.set_device(tx, said)
    wrong = {CONDITION_OF_REASON[reason] for reason in state.reasons if reason in CONDITION_OF_REASON}
    if state.status == "offline" and not wrong:
        wrong = {"printer_offline"}
    for code in set(CONDITION_OF_REASON.values()):
        if code in wrong:
            devices.raise_condition(tx, code, name, now.iso)
        else:
            devices.clear_condition(tx, code, name)


def take_bridge_state(tx: Tx, now: Now, ids: Ids, actor: Actor, name: str, state: BridgeState) -> None:
    """A bridge came or went. What it said of its devices counts only while it is online.

    The last will of a bridge that was removed stays with the broker: it leaves no trace, as its devices do.
    """
    former = devices.bridge(tx, name)
    if former is None and not state.online and not _has_printers(tx, name):
        return
    if former is None or (former.online, former.revision, former.boot) != (state.online, state.revision, state.boot):
        boot = state.boot or (former.boot if former else "")
        devices.set_bridge(tx, Bridge(name, state.online, state.revision, boot, now.iso))
        tx.changed.add("devices")
    if state.online:
        devices.clear_condition(tx, "bridge_offline", name)
        return
    devices.raise_condition(tx, "bridge_offline", name, now.iso)
    for device in devices.devices(tx):
        if device.bridge == name and device.status != "unknown":
            take_device_state(tx, now, ids, actor, device.name, DeviceState("unknown", name))


def _has_printers(tx: Tx, bridge: str) -> bool:
    """Whether the settings know this bridge. Before there are settings every one may be meant."""
    rules = settings.settings(tx)
    return rules is None or any(printer.bridge == bridge for printer in rules.printers)


def raise_condition(tx: Tx, now: Now, ids: Ids, actor: Actor, code: str, subject: str, **params: Any) -> None:
    """Says what is wrong, once; said again it keeps its time."""
    devices.raise_condition(tx, code, subject, now.iso, **params)


def clear_condition(tx: Tx, now: Now, ids: Ids, actor: Actor, code: str, subject: str) -> None:
    """What was wrong is well again."""
    devices.clear_condition(tx, code, subject)
