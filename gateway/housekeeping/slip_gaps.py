"""Watches the running numbers of each station's slips."""

from __future__ import annotations

from functools import partial

from gateway.domain.actor import HOUSE
from gateway.domain.now import Now
from gateway.operations import slip_gaps
from gateway.store import Pending, Store, devices, jobs, settings

PATIENCE_S = 5.0
"""Two printers of one station may print 41 and 42 at once. What nobody has heard of for longer is missing; it is named
within 10 s of the later slip."""

LOOK_AGAIN_S = 1.0

OLDEST_LOOKED_AT = 8
"""Of each printer: behind a dead one hundreds may wait, and a person sees a few."""


class SlipGaps:
    """A part: "0041 is missing" stands at its station while 0042 is out and 0041 is not."""

    def __init__(self, store: Store):
        self._store = store
        self._asked: set[str] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            named = set(devices.subjects(rows, slip_gaps.CONDITION))
            printers = settings.printers(rows)
            open_ = [job for printer in printers for job in jobs.first_open(rows, printer, OLDEST_LOOKED_AT)]
            late = [job for job in open_ if now.since(job.boot, job.mono) >= PATIENCE_S or job.id in named]
            gaps = {job.id for job in late if slip_gaps.is_gap(rows, job)}
            said = {
                job for job in gaps
                if any(one.code in slip_gaps.SAID_OTHERWISE for one in devices.conditions_of(rows, job))
            }  # fmt: skip
        for job in gaps - said - named - self._asked:
            self._asked.add(job)
            self._store.submit(slip_gaps.name_gap, HOUSE, job).then(partial(self._settled, job))
        for job in named - (gaps - said):
            self._store.submit(slip_gaps.close_gap, HOUSE, job)
        return now.monotonic + LOOK_AGAIN_S if open_ or named else None

    def _settled(self, job: str, pending: Pending) -> None:
        self._asked.discard(job)
