"""Parts that watch rows: tickets that nothing proves, papers that nobody can speak for, the uplink, old rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from gateway.domain.actor import HOUSE
from gateway.domain.inquiry import PATIENCE_S
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob, is_stale
from gateway.domain.settings import Settings
from gateway.housekeeping.day_end import DayEnd
from gateway.housekeeping.ledger_watch import DayProof, LedgerWatch
from gateway.housekeeping.paced import LOOK_S, QUIET_S, Paced
from gateway.housekeeping.proof_watch import LOOK_AGAIN_S, ProofWatch
from gateway.housekeeping.silent_slips import SilentSlips
from gateway.housekeeping.slip_gaps import SlipGaps
from gateway.operations import administration, inquiries, old_papers, papers, printer_deeds, sync
from gateway.operations.uplink import Uplink
from gateway.store import UPLINK_ALONE, Changed, Pending, Store, devices, jobs, settings
from gateway.store.inquiries import unanswered

MOST_MOVED = 64
"""Papers of one printer that are looked at in one turn; the rest have their turn when these have gone."""

PRUNE_EVERY_S = 3600.0
KEEP_JOURNAL_S = 30 * 86400.0
PRUNE_AGAIN_S = 1.0
"""While there is more: an hour of a busy store makes more rows than one transaction deletes."""

PRUNE_AT_ONCE = 200
"""Rows deleted in one transaction: a bump that comes in meanwhile waits a few milliseconds at most."""


class Part(Protocol):
    def step(self, now: Now) -> float | None: ...


class WaitingPapers:
    """A part: papers behind a printer that cannot print go to the station's next one, or are asked about when old."""

    def __init__(self, store: Store):
        self._store = store
        self._unwell: dict[str, float] = {}
        self._well: list[str] = []
        self._asked: set[str] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            rules = settings.settings(rows)
            if rules is None:
                return None
            known = {device.name: device for device in devices.devices(rows)}
            unwell = [p.id for p in rules.printers if p.id not in known or not known[p.id].prints]
            waiting = [job for printer in unwell for job in jobs.waiting_at(rows, printer, MOST_MOVED)]
            waiting += [job for p in rules.printers if p.id not in unwell for job in jobs.waiting_at(rows, p.id, 1)]
            ages = {job.id: jobs.waited(rows, job, now) for job in waiting}
            others = {job.id: papers.elsewhere(rows, job, rules) for job in waiting}
        self._unwell = {printer: self._unwell.get(printer, now.monotonic) for printer in unwell}
        self._well = [p.id for p in rules.printers if p.id in known and known[p.id].proves]
        self._asked &= {job.id for job in waiting}
        wishes = [self._watch(job, ages[job.id], others[job.id], rules, now) for job in waiting]
        return min((wish for wish in wishes if wish is not None), default=None)

    def _watch(self, job: PrintJob, age: float, others: list[str], rules: Settings, now: Now) -> float | None:
        """Submits what is due for one paper; returns when to look again."""
        if job.id in self._asked:
            return None
        due: list[float] = []
        backup = next((p for p in others if p in self._well), None)
        since = self._unwell.get(job.printer)
        if since is not None and backup is not None and rules.printing.divert_after_s:
            at = since + rules.printing.divert_after_s
            if now.monotonic >= at:
                self._submit(papers.divert, job.id, backup)
                return None
            due.append(at)
        limit = rules.printing.stale_after_min
        if is_stale(job, age, limit):
            self._submit(papers.make_stale, job.id)
            return None
        if limit and age < limit * 60:
            due.append(now.monotonic + limit * 60 - age)
        return min(due, default=None)

    def _submit(self, operation: Callable[..., None], job_id: str, *args: str) -> None:
        self._asked.add(job_id)

        def settled(pending: Pending) -> None:
            if pending.failure is not None:
                self._asked.discard(job_id)

        self._store.submit(operation, HOUSE, job_id, *args).then(settled)


class OldPapers:
    """A part: slips that wait for a person's word are listed on paper once their printer is well, and are a waiter's
    to ask about when nobody answers."""

    def __init__(self, store: Store):
        self._store = store
        self._asked: set[tuple[str, str]] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            old = jobs.stale(rows)
            well = {device.name for device in devices.devices(rows) if device.proves} if old else set()
        standing = {job.id for job in old} | {job.printer for job in old}
        self._asked = {asked for asked in self._asked if asked[1] in standing}
        wishes: list[float] = []
        for job in old:
            age = now.since(job.boot, job.mono)
            if job.reason != old_papers.LISTED and job.printer in well:
                wishes += self._due(old_papers.list_old, job.printer, age, old_papers.GATHER_S, now)
            wishes += self._due(old_papers.call_waiter, job.id, age, old_papers.UNANSWERED_S, now)
        return min(wishes, default=None)

    def _due(
        self, operation: Callable[..., None], subject: str, age: float, after: float, now: Now
    ) -> list[float]:
        """Submits it once when its time has come; else the time to look again."""
        mark = (operation.__name__, subject)
        if mark in self._asked:
            return []
        if age < after:
            return [now.monotonic + after - age]
        self._asked.add(mark)

        def settled(pending: Pending) -> None:
            if pending.failure is not None or operation is old_papers.list_old:
                self._asked.discard(mark)

        self._store.submit(operation, HOUSE, subject).then(settled)
        return []


class LateDeeds:
    """A part: a drawer or a buzzer that could not begin in its time does not happen any more, and it is told why."""

    def __init__(self, store: Store):
        self._store = store
        self._asked: set[str] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            waiting = [job for printer in settings.printers(rows) for job in jobs.open_deeds(rows, printer)]
        self._asked &= {job.id for job in waiting}
        wishes: list[float] = []
        for job in waiting:
            left = printer_deeds.waits_s(job, now) or 0
            if left > 0:
                wishes.append(now.monotonic + left)
            elif not job.intent and job.state != "SENDING" and job.id not in self._asked:
                self._give_up(job.id)
        return min(wishes, default=None)

    def _give_up(self, job_id: str) -> None:
        self._asked.add(job_id)
        self._store.submit(papers.give_up, HOUSE, job_id).then(lambda _: self._asked.discard(job_id))


class OpenInquiries:
    """A part: an inquiry that its bridge does not answer in time is given up, so that nobody waits for it."""

    def __init__(self, store: Store):
        self._store = store
        self._asked: set[str] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            open_ones = {one.id: now.since(one.boot, one.mono) - PATIENCE_S[one.op] for one in unanswered(rows)}
        self._asked &= set(open_ones)
        for inquiry_id, over in open_ones.items():
            if over >= 0 and inquiry_id not in self._asked:
                self._asked.add(inquiry_id)
                self._store.submit(inquiries.give_up, HOUSE, inquiry_id).then(partial(self._settled, inquiry_id))
        return min((now.monotonic - over for over in open_ones.values() if over < 0), default=None)

    def _settled(self, inquiry_id: str, pending: Pending) -> None:
        if pending.failure is not None:
            self._asked.discard(inquiry_id)  # a full disk did not take it: the next look asks again


class UplinkWatch:
    """A part: tells the house when the cloud has come or gone, also while a request hangs."""

    def __init__(self, store: Store, uplink: Uplink):
        self._store = store
        self._uplink = uplink
        self._said: tuple[bool, str | None] | None = None

    def step(self, now: Now) -> float | None:
        well, reason = not self._uplink.is_away(now), self._uplink.look(now)[1]
        if (well, reason) != self._said:
            self._said = (well, reason)
            self._store.submit(sync.uplink_changed, HOUSE, well, reason).then(self._settled)
        return now.monotonic + 1.0

    def _settled(self, pending: Pending) -> None:
        if pending.failure is not None:
            self._said = None  # a full disk did not take the word: it is said again


class Pruning:
    """A part: deletes what the cloud has and nobody needs any more, a little at a time."""

    def __init__(self, store: Store):
        self._store = store
        self._asked_at = float("-inf")
        self._full = False

    def step(self, now: Now) -> float | None:
        due = self._asked_at + (PRUNE_AGAIN_S if self._full else PRUNE_EVERY_S)
        if now.monotonic < due:
            return due
        self._asked_at = now.monotonic
        self._full = False
        if now.grade == "guess":
            # A clock that has never been set would call everything old, or nothing.
            return now.monotonic + PRUNE_EVERY_S
        before = now.ago(KEEP_JOURNAL_S)
        self._store.submit(administration.prune, HOUSE, before, PRUNE_AT_ONCE).then(self._pruned)
        return now.monotonic + PRUNE_AGAIN_S

    def _pruned(self, pending: Pending) -> None:
        self._full = pending.failure is None and pending.result() >= PRUNE_AT_ONCE


class Housekeeping:
    """One part for all of them: each is asked at its own time. `others` are asked along with them."""

    def __init__(self, store: Store, uplink: Uplink, *others: Part):
        self._changes = 0
        store.listen(self._note)
        quick = [Paced(ProofWatch(store), LOOK_AGAIN_S)]
        steady: list[Part] = [
            SilentSlips(store), SlipGaps(store), WaitingPapers(store), OldPapers(store), LateDeeds(store),
            OpenInquiries(store), LedgerWatch(store),
        ]  # fmt: skip
        self._paced = [*quick, *(Paced(part, LOOK_S) for part in steady)]
        self._parts: tuple[Part, ...] = (
            UplinkWatch(store, uplink), Pruning(store), DayEnd(store), Paced(DayProof(store), QUIET_S), *others,
        )  # fmt: skip

    def _note(self, changed: frozenset[Changed]) -> None:
        if changed != UPLINK_ALONE:
            self._changes += 1

    def step(self, now: Now) -> float | None:
        changes = self._changes
        for part in self._paced:
            part.changes = changes
        wishes = [part.step(now) for part in (*self._paced, *self._parts)]
        return min((wish for wish in wishes if wish is not None), default=None)
