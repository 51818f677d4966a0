"""The road to the local broker: one part for papers, displays and inquiries, because they share one connection."""

from __future__ import annotations

from typing import Protocol

from gateway.contract.wire import Outlet
from gateway.domain.actor import HOUSE
from gateway.domain.now import Now
from gateway.operations import devices
from gateway.relays.boards import Boards
from gateway.relays.displays import Displays
from gateway.relays.inquiries import Inquiries
from gateway.relays.papers import Papers
from gateway.relays.poles import Poles
from gateway.store import Pending, Store

SAY_DOWN_AFTER_S = 3.0
"""A broker that restarts is back within two seconds; people are told of anything longer within five. A connection
must last as long to end it: one that lives for moments only is told of like none."""


class Connection(Outlet, Protocol):
    """`session` counts the connections; 0 while there is none."""

    @property
    def session(self) -> int: ...


class LocalRelay:
    """A part. Everything is said again on a new connection; without one it only watches the time."""

    def __init__(
        self, store: Store, connection: Connection, papers: Papers, displays: Displays, inquiries: Inquiries,
        poles: Poles | None = None, boards: Boards | None = None,
    ):  # fmt: skip
        self._store = store
        self._connection = connection
        self._papers = papers
        self._displays = displays
        self._inquiries = inquiries
        self._at_the_pass: list[Poles | Boards] = [each for each in (poles, boards) if each is not None]
        self._session = 0
        self._down_since: float | None = None
        """The first loss of the connection since one last lasted: while set, nothing is well yet."""
        self._up_since = 0.0
        self._said_down: bool | None = None
        """None while nobody knows what was said last: in a former life, or to a store that could not take it."""

    def step(self, now: Now) -> float | None:
        session = self._connection.session
        if not session:
            return self._watch(now)
        if session != self._session:
            self._begin(session, now)
        # Papers first: a slip is waited for by a cook, a retained ticket by a display that has its own feed.
        wishes = [
            self._judge(now), self._papers.step(now), self._displays.step(now), self._inquiries.step(now),
            *(each.step(now) for each in self._at_the_pass),
        ]  # fmt: skip
        return min((wish for wish in wishes if wish is not None), default=None)

    def _begin(self, session: int, now: Now) -> None:
        if self._session and self._down_since is None:
            self._down_since = now.monotonic  # it was lost and found between two steps
        self._session, self._up_since = session, now.monotonic
        self._papers.forget()
        self._displays.forget()
        self._inquiries.forget()
        self.forget_displays()

    def forget_displays(self) -> None:
        """What stands on poles and boards is said again: a bridge that has just come knows none of it."""
        for each in self._at_the_pass:
            each.forget()

    def _judge(self, now: Now) -> float | None:
        """A connection that comes and goes carries no slip: it counts as well only when it has lasted."""
        if self._down_since is not None:
            lasted = self._up_since + SAY_DOWN_AFTER_S
            if now.monotonic < lasted:
                return lasted
            self._down_since = None
        if self._said_down is not False:
            self._say(False)
        return None

    def _watch(self, now: Now) -> float | None:
        self._session = 0
        if self._said_down:
            return now.monotonic + SAY_DOWN_AFTER_S
        if self._down_since is None:
            self._down_since = now.monotonic
        due = self._down_since + SAY_DOWN_AFTER_S
        if now.monotonic < due:
            return due
        self._say(True)
        return now.monotonic + SAY_DOWN_AFTER_S

    def _say(self, down: bool) -> None:
        def settled(pending: Pending) -> None:
            if pending.failure is not None:
                self._said_down = None

        self._said_down = down
        operation = devices.raise_condition if down else devices.clear_condition
        self._store.submit(operation, HOUSE, "broker_down", "broker").then(settled)
