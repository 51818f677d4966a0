"""Print jobs to the bridges. At most one job of a printer is out; it is said again until its end is committed."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from gateway.contract.messages import PrintCommand
from gateway.contract.topics import Topics
from gateway.contract.wire import Outlet
from gateway.domain.now import Now
from gateway.domain.print_job import OPEN, PrintJob, is_stale
from gateway.operations.printer_deeds import waits_s
from gateway.operations.slips import slip_of
from gateway.store import Reader, Store, devices, jobs, settings
from gateway.store.devices import Paused

SAY_AGAIN_S = 5.0
"""A message or an answer may be lost with a broker or a bridge. The bridge answers a key it knows from memory."""


def _held(job: PrintJob, paused: dict[str, Paused]) -> bool:
    """A paper that a bridge may have begun is asked about until its end, also while its printer is paused."""
    return job.printer in paused and job.state == "QUEUED"


@dataclass
class _Out:
    printer: str
    said_at: float
    attempt: int
    op: str


class Papers:
    """Due jobs -> bridge. What is out is kept in memory only: after a start it is simply said again."""

    def __init__(self, store: Store, topics: Topics, outlet: Outlet):
        self._store = store
        self._topics = topics
        self._outlet = outlet
        self._out: dict[str, _Out] = {}
        self._forgotten = False

    def forget(self) -> None:
        """A new connection, or a bridge that has come: everything is said again. From any thread."""
        self._forgotten = True

    def step(self, now: Now) -> float | None:
        if self._forgotten:
            self._forgotten = False
            self._out.clear()
        with self._store.read() as rows:
            due = jobs.withdrawals(rows)
            asked = {job.id for job in due}
            paused = devices.paused_printers(rows)
            heads = [self._turn(rows, job) for job in jobs.heads(rows)]
            due += [job for job in heads if job.id not in asked and not _held(job, paused)]
            commands = [(job, self._command(rows, job, now)) for job in due]
        self._out = {job.id: self._out[job.id] for job in due if job.id in self._out}
        for job, command in commands:
            if command and self._outlet.publish(self._topics.printer_jobs(job.printer), msgspec.json.encode(command)):
                self._out[job.id] = _Out(job.printer, now.monotonic, command.attempt, command.op)
        if not due:
            return None
        return min((out.said_at for out in self._out.values()), default=now.monotonic) + SAY_AGAIN_S

    def _turn(self, rows: Reader, head: PrintJob) -> PrintJob:
        """A drawer goes before what waits here, and not before what its bridge has been told already."""
        for key in [key for key, out in self._out.items() if out.printer == head.printer and key != head.id]:
            job = jobs.get(rows, key)
            if job is not None and job.state in OPEN and not job.intent:
                return job
        return head

    def _command(self, rows: Reader, job: PrintJob, now: Now) -> PrintCommand | None:
        out = self._out.get(job.id)
        left = waits_s(job, now)
        # What comes too late is not said as a wish any more: a bridge that has forgotten it would begin it.
        op = "withdraw" if job.intent or (left is not None and left <= 0) else "print"
        if out and out.op == op and now.monotonic - out.said_at < SAY_AGAIN_S:
            return None
        attempt = (out.attempt if out else job.attempts) + 1
        if op == "withdraw":
            return PrintCommand("withdraw", job.id, attempt)
        limit = settings.the_settings(rows).printing.stale_after_min
        if job.state == "QUEUED" and is_stale(job, jobs.waited(rows, job, now), limit):
            return None  # housekeeping asks a person about it first
        return PrintCommand("print", job.id, attempt, slip_of(rows, job), job.copy, left or 0)
