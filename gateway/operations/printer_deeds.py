"""The drawer and the buzzer of a printer: who asks for them, how they end, who is told.

Each is a job of its own and happens at most once. It is never diverted, never asked about as old, never done again by
itself: whoever wants it again says so, with another key.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contract.slips import DEED_WAITS_S, DeedKind
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.ids import Ids
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.operations.ordering import business_day
from gateway.operations.own_jobs import own_job
from gateway.store import devices, jobs, journal, keys, settings
from gateway.store.ids import row_of
from gateway.store.transaction import Reader, Tx

SCOPE = "printers"
"""That of a test slip: one key is one wish of a printer, whatever it is."""

RESULTS = {"PRINTED": "opened", "UNCONFIRMED": "not_confirmed", "UNKNOWN": "not_sure", "CANCELLED": "not_opened"}
"""How a drawer's job ends, as its event says it."""


def ask(tx: Tx, now: Now, ids: Ids, actor: Actor, printer: str, kind: DeedKind, key: str) -> PrintJob:
    """Opens the drawer, or sounds the buzzer, that hangs on a printer. The same key: the same job, as it is by now.

    Raises `Refused`: unknown_printer, invalid (nothing of the kind hangs on it), idempotency_key_reused.
    """
    rules = settings.the_settings(tx)
    print_ = keys.fingerprint(f"{kind}:{printer}".encode())
    former = keys.slot_of(tx, SCOPE, key, print_)
    if former is not None:
        return jobs.at(tx, former)
    known = rules.printer(printer)
    if known is None:
        raise Refused("unknown_printer")
    if (known.drawer if kind == "drawer" else known.buzzer) == "none":
        raise Refused("invalid", field="printer", reason=f"no_{kind}")
    job = own_job(now, ids, kind, known, rules, asked_by=str(actor))
    jobs.insert(tx, job)
    keys.remember(tx, SCOPE, key, print_, row_of(job.id))
    tx.changed.add("jobs")
    if kind == "drawer":
        # Who asks again stands before it and has seen how the last time ended.
        devices.clear_condition(tx, "drawer_unknown", printer)
        _record(tx, now, ids, "drawer.asked", job, 1, {"by": str(actor), "device": actor.device})
    return job


def waits_s(job: PrintJob, now: Now) -> float | None:
    """Seconds in which it must begin from now on, none left at 0 or below; None of a paper, which waits. `boot` and
    `mono` of such a job are the moment at which it was asked for."""
    longest = DEED_WAITS_S.get(job.kind)
    return None if longest is None else longest - now.since(job.boot, job.mono)


def ended(tx: Tx, now: Now, ids: Ids, job: PrintJob) -> None:
    """What follows when it has ended. Of a buzzer nothing: its slip is there, and nobody asks whether it was heard."""
    if job.kind != "drawer" or job.state not in RESULTS:
        return
    if job.state == "UNKNOWN":
        devices.raise_condition(tx, "drawer_unknown", job.printer, now.iso, printer=job.printer, job=job.id)
    facts = {"by": job.asked_by, "result": RESULTS[job.state], "reason": job.reason}
    _record(tx, now, ids, "drawer.ended", job, 2, facts)


def why_not(rows: Reader, job: PrintJob) -> str:
    """The reason for which a job has not begun, as a code."""
    device = devices.device(rows, job.printer)
    if job.reason:
        return job.reason
    if job.printer in devices.paused_printers(rows):
        return "paused"
    if device is None or device.status == "unknown":
        return "bridge_offline"
    if device.status in ("blocked", "offline"):
        return next(iter(device.reasons), "offline")
    return "busy" if jobs.begun_at(rows, job.printer) else "too_late"


def _record(tx: Tx, now: Now, ids: Ids, kind: str, job: PrintJob, ver: int, facts: Mapping[str, str]) -> None:
    day = business_day(tx, now, settings.the_settings(tx))
    data = {"job": job.id, "printer": job.printer, **facts}
    journal.append(tx, now, next(ids), kind, f"drawer/{job.id}", ver, day, data)
