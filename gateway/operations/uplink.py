"""Whether the cloud answers, as pages may say it. Written by the cloud relay, read by everyone."""

from __future__ import annotations

import threading
from typing import Any

from gateway.domain.now import Now, parse_iso
from gateway.store import Reader, journal

PATIENCE_S = 10.0
"""A request without an answer for this long means that the internet is away: people are told within ten seconds."""

MAX_PATIENCE_S = 45.0
SLOW_AFTER_S = 5.0

NOT_CONFIGURED = "not_configured"
NOT_YET = "not_yet"
"""Offline without anything being wrong: no cloud is wanted, or its first answer is still on the way."""


class Uplink:
    """`state(now)` tells online or offline and why. A cloud that is slow but answers is waited for longer the next
    time, so that the sign on the pages does not flap."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._online = False
        self._reason: str | None = NOT_CONFIGURED
        self._since: str | None = None
        self._asked_at: float | None = None
        self._patience = PATIENCE_S
        self._rate = 0.0

    def asking(self, now: Now) -> None:
        with self._lock:
            if self._reason == NOT_CONFIGURED:
                self._reason = NOT_YET
            self._asked_at = now.monotonic
            self._since = self._since or now.iso

    def answered(self, now: Now, took_s: float, events: int) -> None:
        with self._lock:
            self._asked_at = None
            slow = took_s >= SLOW_AFTER_S
            self._patience = min(max(PATIENCE_S, 3 * took_s), MAX_PATIENCE_S)
            self._settle(True, "slow" if slow else None, now)
            if events:
                rate = events / max(took_s, 1e-3)
                self._rate = rate if not self._rate else 0.7 * self._rate + 0.3 * rate

    def failed(self, now: Now, reason: str) -> None:
        with self._lock:
            self._asked_at = None
            self._settle(False, reason, now)

    def look(self, now: Now) -> tuple[bool, str | None, str]:
        """(online, reason, since). Notices a request that hangs."""
        with self._lock:
            if self._asked_at is not None and now.monotonic - self._asked_at >= self._patience:
                self._settle(False, "no_answer", now)
            return self._online, self._reason, self._since or now.iso

    def is_away(self, now: Now) -> bool:
        """Whether people should be told: not while the first answer is awaited, nor where no cloud is wanted."""
        online, reason, _ = self.look(now)
        return not online and reason not in (NOT_YET, NOT_CONFIGURED)

    def _settle(self, online: bool, reason: str | None, now: Now) -> None:
        if online != self._online:
            self._since = now.iso
        self._online, self._reason = online, reason

    def document(self, rows: Reader, now: Now) -> dict[str, Any]:
        """The answer of `GET /api/v1/uplink`. Counts are differences of numbers, never a count over rows."""
        online, reason, since = self.look(now)
        cursors = journal.cursors(rows)
        last = journal.last_slot(rows)
        current = cursors[-1]
        last_seq = last & journal.SEQ_MASK if last >> journal.EPOCH_SHIFT == current.epoch_count else 0
        pending = last_seq - current.applied_upto
        behind = current.slot
        for cursor in cursors[:-1]:
            left = len(journal.after(rows, cursor.slot, 1000, journal.end_of(cursor.epoch_count)))
            if left:
                pending += left
                behind = min(behind, cursor.slot)
        oldest = journal.oldest_at(rows, behind) if pending else None
        rate = round(self._rate, 1) if online and pending else 0.0
        return {
            "state": "online" if online else "offline",
            "reason": reason,
            "since": since,
            "epoch": current.epoch,
            "last_seq": last_seq,
            "applied_upto": current.applied_upto,
            "pending": pending,
            "oldest_pending_s": max(0, round((now.utc - parse_iso(oldest)).total_seconds())) if oldest else 0,
            "rate_per_s": rate,
            "empty_in_s": round(pending / rate, 1) if rate else (0 if not pending else None),
            "dead": journal.dead_count(rows),
        }
