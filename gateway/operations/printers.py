"""What people do with a printer: try it, hold it, and settle all that waits behind it."""

from __future__ import annotations

from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.domain.settings import Printer, Settings
from gateway.operations import papers
from gateway.operations.own_jobs import own_job
from gateway.store import devices, jobs, keys, settings
from gateway.store.devices import Paused
from gateway.store.ids import row_of
from gateway.store.transaction import Tx

MOST_AT_ONCE = 500
"""Papers of one printer that one tap settles: a queue of an hour in a full house. What is behind them stays."""

SCOPE = "printers"


def print_test(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str, key: str) -> PrintJob:
    """A test slip. The same key: the same paper.

    Raises `Refused`: unknown_printer, idempotency_key_reused.
    """
    rules = settings.the_settings(tx)
    known = _printer(rules, printer)
    print_ = keys.fingerprint(f"test:{printer}".encode())
    former = keys.slot_of(tx, SCOPE, key, print_)
    if former is not None:
        return jobs.at(tx, former)
    job = own_job(now, ids, "test", known, rules)
    jobs.insert(tx, job)
    keys.remember(tx, SCOPE, key, print_, row_of(job.id))
    tx.changed.add("jobs")
    return job


def pause(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str) -> None:
    """Nothing new is handed to it until `resume`; what it has begun may end. Said again, the first word stands.

    Raises `Refused`: unknown_printer.
    """
    _printer(settings.the_settings(tx), printer)
    devices.pause_printer(tx, Paused(printer, now.iso, actor.id))
    devices.raise_condition(tx, "printer_paused", printer, now.iso, by=actor.id)


def resume(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str) -> None:
    """Raises `Refused`: unknown_printer."""
    _printer(settings.the_settings(tx), printer)
    devices.resume_printer(tx, printer)
    devices.clear_condition(tx, "printer_paused", printer)


def settle_queue(
    tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str, intent: str, target: str = ""
) -> int:
    """Cancels what waits behind a printer, or sends all of it to `target`; the number of papers.

    What has begun stays where it is. Papers made later are others, so that to say it again does no harm.
    Raises `Refused`: unknown_printer, invalid (no such target, or it prints labels only).
    """
    rules = settings.the_settings(tx)
    _printer(rules, printer)
    waiting = jobs.waiting_at(tx, printer, MOST_AT_ONCE)
    if intent == "divert":
        if target == printer:
            raise Refused("invalid", field="printer", reason="no_such_printer")
        papers.check_target(rules, target, {job.kind for job in waiting})
    for job in waiting:
        papers.want_back(tx, now, ids, actor, job, intent, target)
    return len(waiting)


def _printer(rules: Settings, printer: str) -> Printer:
    known = rules.printer(printer)
    if known is None:
        raise Refused("unknown_printer")
    return known
