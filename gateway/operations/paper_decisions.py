"""What people decide about a paper."""

from __future__ import annotations

from gateway.domain import print_job
from gateway.domain.actor import Actor
from gateway.domain.errors import IllegalMove, Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.domain.states import moved
from gateway.operations import notices, papers, unclear_papers
from gateway.store import devices, jobs, keys, settings
from gateway.store.ids import row_of
from gateway.store.transaction import Tx

SCOPE = "jobs"


def decide(
    tx: Tx, now: Now, ids: Ids, actor: Actor, job_id: str, decision: str, key: str, target: str = "",
) -> PrintJob:  # fmt: skip
    """A person's word: `reprint` (a new, marked paper), `came_out`, `print` (one that came late is still wanted),
    `cancel` or `divert` to `target` (both only while nothing of it has left).

    Raises `Refused`: unknown_job, illegal_move, idempotency_key_reused, invalid (no such printer, labels only).
    """
    job = jobs.get(tx, job_id)
    if job is None:
        raise Refused("unknown_job")
    print_ = keys.fingerprint(f"{job_id}:{decision}:{target}".encode())
    former = keys.slot_of(tx, SCOPE, key, print_)
    if former is not None:
        return jobs.at(tx, former)
    if job.kind in print_job.DEEDS and decision not in ("came_out", "cancel"):
        raise Refused("illegal_move", state=job.state, move=decision)  # who wants it again asks for it anew
    if decision == "reprint":
        answer = _reprint(tx, now, ids, actor, job)
    elif decision == "came_out":
        answer = _came_out(tx, now, ids, actor, job)
    elif decision == "print":
        answer = _print_stale(tx, now, ids, actor, job)
    else:
        if decision == "divert":
            if target == job.printer:
                raise Refused("invalid", field="printer", reason="no_such_printer")
            papers.check_target(settings.the_settings(tx), target, {job.kind})
        papers.want_back(tx, now, ids, actor, job, decision, target)
        answer = job
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
    papers.no_more_asked(tx, job)
    return papers.print_again(tx, now, ids, actor, job)


def _came_out(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> PrintJob:
    asked = devices.clear_condition(tx, "slip_unknown", job.id)
    if asked and job.state in ("PRINTED", "UNCONFIRMED"):
        return job  # what was unclear is its ticket, and somebody has looked
    try:
        job.state = moved("print job", print_job.MOVES, job.state, "came_out")
    except IllegalMove as illegal:
        raise Refused("illegal_move", state=illegal.state, move=illegal.move) from None
    job.settled = str(actor)
    papers.stamp(job, now)
    jobs.update(tx, job)
    tx.changed.add("jobs")
    papers.no_more_asked(tx, job)
    if job.kind == "drawer":
        devices.clear_condition(tx, "drawer_unknown", job.printer)
    unclear_papers.apart(tx, now, job, lambda: papers.show(tx, now, ids, actor, job), ask=False)
    if job.kind in print_job.COOKED_BY:
        notices.ask_of_next_paper(tx, job.ticket)
    return job


def _print_stale(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob) -> PrintJob:
    """It is still wanted, as a new job at the end of the queue: only the oldest of a printer is ever with a bridge."""
    if job.state != "STALE":
        raise Refused("illegal_move", state=job.state, move="print")
    answer = papers.in_its_place(now, ids, job, papers.printer_for(tx, job, job.printer))
    answer.asked_by = str(actor)
    job.state, job.settled = moved("print job", print_job.MOVES, job.state, "cancel"), str(actor)
    papers.stamp(job, now)
    jobs.update(tx, job)
    jobs.insert(tx, answer)
    tx.changed.add("jobs")
    papers.no_more_old(tx, job)
    return answer
