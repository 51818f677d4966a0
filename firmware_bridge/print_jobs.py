"""The jobs of one printer: what is asked, what is remembered, what is answered.

Rules: a key that is known is answered from memory, never with bytes. "Send started" is on the disk before
the first byte leaves. A withdrawal succeeds only while no byte has left, and is remembered too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware_bridge.escpos import Body
from firmware_bridge.journal import Entry, Journal
from gateway.contract.messages import FINAL_RESULTS, JobState, PrintCommand, PrintResult
from gateway.contract.slips import DEED_WAITS_S, DEEDS, Slip

log = logging.getLogger(__name__)

MOST_QUEUED = 16
"""The gateway has one job out per printer; more are left-overs of a restart. What does not fit is asked
again after 5 s."""

HEARD_S = 0.2
"""A drawer or buzzer begins no sooner after it was taken. What a line held back for long comes all at once: then a
withdrawal behind it is heard first."""


@dataclass
class Job:
    """A slip to print, or a drawer or buzzer. `entry` is what the journal holds of it, None before the first byte.

    `within_s`: how long it may wait for its begin; `taken_at` and `until` are set by the first look.
    """

    key: str
    attempt: int
    slip: Slip
    copy: int
    within_s: float = float("inf")
    taken_at: float = 0.0
    until: float | None = None
    reason: str = ""
    body: Body | None = None
    entry: Entry | None = None
    told: tuple[str, str] | None = None

    @property
    def is_deed(self) -> bool:
        """A drawer or a buzzer: no paper."""
        return self.slip.kind in DEEDS


class PrintJobs:
    """Called by the printer's own thread only. `answer` hands a result to the broker and returns at once."""

    def __init__(self, printer: str, journal: Journal, answer: Callable[[PrintResult], None]) -> None:
        self._printer = printer
        self._journal = journal
        self._answer = answer
        self._queue: deque[Job] = deque()
        self.current: Job | None = None
        self.look_at_paper()
        self.unsettled = journal.last_begun(printer) == "UNKNOWN"
        """A former life left bytes with the printer of which nobody knows: it may still answer for them."""

    def look_at_paper(self) -> None:
        """After an unfinished slip the next one begins with a cut, so that no two share a paper."""
        self.clean_first = self._journal.last_begun(self._printer, papers=True) == "UNKNOWN"

    def take(self, command: PrintCommand) -> None:
        """One command from the gateway; answers what is known by now."""
        job = self._find(command.key)
        if job is not None:
            job.attempt = command.attempt
            if command.op == "withdraw" and job.entry is None:
                self._drop(job)
                self._withdraw(command)
            elif job is self.current:
                self._tell(job)
            else:
                self._say(command, "WAITING", "busy")
            return
        known = self._journal.find(command.key)
        if known is not None:
            self._say(command, known.state, known.reason, known.evidence)
        elif command.op == "withdraw":
            self._withdraw(command)
        elif command.slip is None:
            # An end, and one that a person is asked about: it never gets a slip, and the gateway asks until it ends.
            log.warning("%s: job %s has no slip that can be read", self._printer, command.key)
            self._say(command, "UNKNOWN", "no_slip", {"bytes": 0})
        elif len(self._queue) >= MOST_QUEUED:
            log.warning("%s: %d jobs wait already, %s is left", self._printer, MOST_QUEUED, command.key)
        else:
            longest = DEED_WAITS_S.get(command.slip.kind, float("inf"))
            within_s = min(command.within_s or longest, longest)
            self._queue.append(Job(command.key, command.attempt, command.slip, command.copy, within_s))

    def look(self, now: float) -> float:
        """Ends what has waited too long without a byte; when it next wants to look."""
        wishes = [float("inf")]
        for job in [*self._queue, *([self.current] if self.current is not None else [])]:
            if job.within_s == float("inf") or job.entry is not None:
                continue
            if job.until is None:
                job.taken_at, job.until = now, now + job.within_s
            if now >= job.until:
                self.give_up(job, job.reason or "too_late")
            else:
                wishes.append(job.until if now >= job.taken_at + HEARD_S else job.taken_at + HEARD_S)
        return min(wishes)

    def next(self) -> Job | None:
        """The job to work on: the current one, else the oldest that waits."""
        if self.current is None and self._queue:
            self.current = self._queue.popleft()
        return self.current

    def wait(self, job: Job, reason: str) -> None:
        """It cannot start, or the printer holds what it has: told on change."""
        job.reason = reason
        if job.told != ("WAITING", reason):
            self._tell(job)

    def mark_sending(self, job: Job, size: int) -> None:
        """Durable: from here on bytes may be on paper. One commit, before the first byte."""
        entry = Entry(job.key, self._printer, "SENDING", "", self._seen(job, {"bytes": size}))
        self._journal.record(entry)
        job.entry, job.reason = entry, ""

    def under_way(self, job: Job) -> None:
        """Sending, or sending again after a hold: told on change."""
        job.reason = ""
        if job.told != ("SENDING", ""):
            self._tell(job)

    def take_back(self, job: Job, reason: str) -> None:
        """No byte left after all: as if never begun."""
        self._journal.forget(job.key)
        job.entry = None
        self.wait(job, reason)

    def finish(self, job: Job, state: JobState, reason: str, evidence: dict[str, Any], left: int) -> None:
        """The final result: on the disk first, then told."""
        entry = Entry(job.key, self._printer, state, reason, self._seen(job, evidence), left)
        self._journal.record(entry)
        job.entry = entry
        if not job.is_deed:
            self.clean_first = state == "UNKNOWN"
        self.current = None
        self._tell(job)

    def give_up(self, job: Job, reason: str) -> None:
        """No byte of it has left, and none ever will."""
        job.entry = Entry(job.key, self._printer, "WITHDRAWN", reason)
        self._journal.record(job.entry)
        self._drop(job)
        self._tell(job)

    def _seen(self, job: Job, evidence: dict[str, Any]) -> dict[str, Any]:
        """Evidence says of what is no paper that it is none: after it no paper has to be cut off."""
        return evidence | ({"deed": job.slip.kind} if job.is_deed else {})

    def refuse(self, job: Job, reason: str) -> None:
        """It can never be a paper, which a person must be told: an end without a byte."""
        job.entry = Entry(job.key, self._printer, "UNKNOWN", reason, {"bytes": 0})
        self._journal.record(job.entry)
        self.current = None
        self._tell(job)

    def abandon(self, left: int) -> None:
        """The owner goes away: a slip whose bytes have left has an unknown end, all others were never begun."""
        job = self.current
        if job is None or job.entry is None:
            return
        if left:
            self.finish(job, "UNKNOWN", "restarted", {"bytes": left}, left)
        else:
            self._journal.forget(job.key)

    def _find(self, key: str) -> Job | None:
        jobs = [*self._queue, self.current]
        return next((job for job in jobs if job is not None and job.key == key), None)

    def _drop(self, job: Job) -> None:
        if job is self.current:
            self.current = None
        else:
            self._queue.remove(job)

    def _withdraw(self, command: PrintCommand) -> None:
        self._journal.record(Entry(command.key, self._printer, "WITHDRAWN"))
        self._say(command, "WITHDRAWN")

    def _tell(self, job: Job) -> None:
        entry = job.entry
        if entry is not None and entry.state in FINAL_RESULTS:
            state, reason, evidence = entry.state, entry.reason, entry.evidence
        else:
            state = "WAITING" if job.reason or entry is None else "SENDING"
            reason, evidence = job.reason, ({} if entry is None else entry.evidence)
        job.told = (state, reason)
        self._answer(PrintResult(job.key, job.attempt, state, reason, evidence))

    def _say(
        self, command: PrintCommand, state: JobState, reason: str = "", evidence: dict[str, Any] | None = None
    ) -> None:
        self._answer(PrintResult(command.key, command.attempt, state, reason, evidence or {}))
