"""The only place of a running gateway where a clock is read."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from gateway.domain.now import Grade, Now

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SYNCED = Path("/run/systemd/timesync/synchronized")
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No earlier than the release: a clock that says so has never been set since power came."""


class Clock:
    """`now()` reads both clocks. `boot` is the kernel's: monotonic times of one boot can be compared."""

    def __init__(self) -> None:
        try:
            self.boot = _BOOT_ID.read_text().strip()[:8]  # enough to tell one boot of a box from the next
        except OSError:
            self.boot = f"process-{time.time_ns()}"
        self._began = time.monotonic()

    def now(self) -> Now:
        utc = datetime.now(UTC)
        return Now(utc, self._grade(utc), self.boot, time.monotonic(), self._began)

    def _grade(self, utc: datetime) -> Grade:
        # How far a time can be trusted. Correcting it from the cloud or a phone comes with the clocks' own issue.
        if utc < _EARLIEST:
            return "guess"
        return "ntp" if _SYNCED.exists() else "holdover"
