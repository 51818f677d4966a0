"""Deeds: what a firmware device shall do once (open a drawer, call a pager), and how each of them ends.

A key ends once and for ever: done, not_done (no byte of it left), or unknown. A key that is known is answered from
memory. The journal has a deed before its first byte leaves; the device remembers its mid, so it is said again, with the
same mid, after any number of lost sessions, as long as the device is the one that heard it first.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from firmware_bridge.drivers.mcu_commands import Wish
from firmware_bridge.frame import Hello
from firmware_bridge.journal import Deed, Journal
from firmware_bridge.link_events import ActionDone, ActionUnknown, ActionUnsent
from firmware_bridge.session import Session

log = logging.getLogger(__name__)

MOST_WAITING = 8
"""A person waits for each of them; who taps more often than this waits for none."""
WAITS_S = 10.0
"""As long as a device may take to start. A drawer that opens by itself later than this frightens people."""
LONGEST_KEY = 128
"""Characters. The gateway's keys have 36."""

Ending = Literal["DONE", "UNKNOWN", "NOT_DONE"]


@dataclass
class _Waiting:
    """`until`: when it is given up, set by the first look. `under_way`: the session has it. `mid`: 0 before that."""

    key: str
    wish: Wish
    until: float | None = None
    under_way: bool = False
    left: bool = False
    mid: int = 0
    boot: int = 0


class Deeds:
    """Called by the device's own thread only. `tell(deed)` says how one ended. Raises JournalError.

    One is under way at a time, so the 8 mids that a device remembers are never pushed out by a later one.
    """

    def __init__(
        self, device: str, session: Session, journal: Journal, first_mid: int, tell: Callable[[Deed], None]
    ) -> None:
        self._device = device
        self._session = session
        self._journal = journal
        self._mid = first_mid
        self._tell = tell
        self._waiting: deque[_Waiting] = deque()
        self._retired = False

    @property
    def idle(self) -> bool:
        return not (self._waiting and self._waiting[0].under_way)

    def take(self, key: str, wish: Wish | None) -> None:
        """One command; `wish` is None when nobody can understand it."""
        if not 0 < len(key) <= LONGEST_KEY:
            log.warning("%s: an action needs a key of at most %d characters; it is left out", self._device, LONGEST_KEY)
            return
        if any(each.key == key for each in self._waiting):
            return  # its end will be told
        known = self._journal.find_deed(self._device, key)
        if known is not None:
            self._tell(known)
        elif wish is None:
            self._end(Deed(self._device, key, "NOT_DONE", "bad_args"))
        elif len(self._waiting) >= MOST_WAITING or self._retired:
            self._end(Deed(self._device, key, "NOT_DONE", "busy"))
        else:
            self._waiting.append(_Waiting(key, wish))

    def hear(self, event: ActionDone | ActionUnknown | ActionUnsent) -> None:
        """How the try of the one under way ended."""
        first = self._waiting[0] if self._waiting else None
        if first is None or not first.under_way or event.mid != first.mid:
            return
        first.under_way = False
        first.left = first.left or not isinstance(event, ActionUnsent)
        if isinstance(event, ActionDone):
            self._finish(first, "DONE")

    def step(self, now: float) -> float:
        """Begins, repeats or gives up what is due; when it next wants to run."""
        for each in self._waiting:
            each.until = now + WAITS_S if each.until is None else each.until
        for each in list(self._waiting):
            if not each.under_way and each.until is not None and now >= each.until:
                self._finish(each, "UNKNOWN" if each.left else "NOT_DONE", "no_answer")
        hello = self._session.hello
        while hello is not None and self._waiting and not self._waiting[0].under_way:
            first = self._waiting[0]
            if first.left and first.boot != hello.boot:
                self._finish(first, "UNKNOWN", "rebooted")  # its memory is gone: a repeat could be a second time
            elif first.wish.cap not in hello.caps:
                self._finish(first, "NOT_DONE", "not_there")  # it would acknowledge and do nothing
            elif self._retired and not first.left:
                break
            else:
                self._begin(first, hello)
        ends = (each.until for each in self._waiting if not each.under_way)
        return min((until for until in ends if until is not None), default=float("inf"))

    def retire(self) -> None:
        self._retired = True

    def close(self) -> None:
        """The owner goes away: what has left has an unknown end, what has not is not done any more."""
        for each in list(self._waiting):
            each.left = each.left or each.under_way
            self._finish(each, "UNKNOWN" if each.left else "NOT_DONE", "restarted")

    def _begin(self, first: _Waiting, hello: Hello) -> None:
        if not first.left:
            self._mid = (self._mid + 1) & 0xFFFFFFFF
            first.mid, first.boot = self._mid, hello.boot
            self._journal.record_deed(Deed(self._device, first.key, "SENDING", "", first.mid, first.boot))
        # It is taken: the session is up, has no other one, and the longest wish fits into the shortest payload.
        self._session.send_action(first.wish.op, first.wish.args, first.mid)
        first.under_way = True

    def _finish(self, deed: _Waiting, state: Ending, reason: str = "") -> None:
        self._waiting.remove(deed)
        self._end(Deed(self._device, deed.key, state, reason, deed.mid, deed.boot))

    def _end(self, deed: Deed) -> None:
        """On the disk first, then told."""
        self._journal.record_deed(deed)
        self._tell(deed)
