"""Watches for slips that a bridge has taken and says nothing of, although it and its printer are well."""

from __future__ import annotations

from collections.abc import Callable

from gateway.domain.actor import HOUSE
from gateway.domain.now import Now
from gateway.domain.print_job import COOKED_BY, NOTICE
from gateway.operations import silent_slips
from gateway.store import Store, devices, jobs

CALL_S = 8.5
"""A bridge says within a second that it has begun, or why it cannot. What it has said nothing of for so long is named,
within 10 s of its order: it may have been seen a second after it was made."""

ANEW_S = 12.0
"""Then it is given anew. The same key was said again twice by then, every 5 s."""


class SilentSlips:
    """A part: a slip that is lost between here and its printer is named, and stops nothing behind it."""

    def __init__(self, store: Store):
        self._store = store
        self._since: dict[str, float] = {}
        self._done: set[tuple[str, Callable[..., None]]] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            named = devices.subjects(rows, silent_slips.CONDITION)
            standing = [job for job_id in named if (job := jobs.get(rows, job_id)) is not None]
            known = {device.name: device for device in devices.devices(rows)}
            paused = devices.paused_printers(rows)
            broken = bool(devices.subjects(rows, "broker_down"))
            heads = [] if broken else jobs.heads(rows)
        silent = [
            job for job in heads
            if job.state == "QUEUED" and not job.intent and job.kind in (*COOKED_BY, NOTICE)
            and job.printer not in paused and job.printer in known and known[job.printer].prints
        ]  # fmt: skip
        self._since = {job.id: self._since.get(job.id, now.monotonic) for job in silent}
        self._done = {(job, told) for job, told in self._done if job in self._since}
        for job in standing:
            if job.state != "QUEUED":
                self._store.submit(silent_slips.spoken_of, HOUSE, job.id)
        due = ((CALL_S, silent_slips.call_for_slip), (ANEW_S, silent_slips.give_anew))
        wishes = [self._once(job, at + after, told, now) for job, at in self._since.items() for after, told in due]
        return min((wish for wish in wishes if wish is not None), default=None)

    def _once(self, job: str, at: float, operation: Callable[..., None], now: Now) -> float | None:
        if (job, operation) in self._done:
            return None
        if now.monotonic < at:
            return at
        self._done.add((job, operation))
        self._store.submit(operation, HOUSE, job).then(
            lambda pending: self._done.discard((job, operation)) if pending.failure is not None else None
        )
        return None
