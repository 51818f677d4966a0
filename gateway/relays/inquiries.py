"""Inquiries to the bridges: each is said again until its answer is committed, or its time is over."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from gateway.contract.messages import BridgeCommand
from gateway.contract.topics import Topics
from gateway.contract.wire import Outlet
from gateway.domain.inquiry import Inquiry
from gateway.domain.now import Now
from gateway.store import Store, inquiries

SAY_AGAIN_S = 5.0
"""A message or an answer may be lost with a broker or a bridge."""


@dataclass
class _Said:
    at: float
    attempt: int


class Inquiries:
    """Open inquiries -> bridge. What was said is kept in memory only: after a start it is said again."""

    def __init__(self, store: Store, topics: Topics, outlet: Outlet):
        self._store = store
        self._topics = topics
        self._outlet = outlet
        self._said: dict[str, _Said] = {}

    def forget(self) -> None:
        """A new connection: what is open is said again at once."""
        for said in self._said.values():
            said.at = float("-inf")

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            asked = inquiries.unanswered(rows)
        self._said = {one.id: self._said[one.id] for one in asked if one.id in self._said}
        for one in asked:
            self._say(one, now)
        return min((said.at + SAY_AGAIN_S for said in self._said.values()), default=None)

    def _say(self, one: Inquiry, now: Now) -> None:
        said = self._said.get(one.id)
        if said and now.monotonic - said.at < SAY_AGAIN_S:
            return
        # In another life of the house it was said before: nobody knows how often.
        attempt = said.attempt + 1 if said else 1 if now.since(one.boot, one.mono) < SAY_AGAIN_S else 2
        command = BridgeCommand(one.op, one.id, attempt, one.device)  # type: ignore[arg-type]  # a column's text
        self._outlet.publish(self._topics.bridge_do(one.bridge), msgspec.json.encode(command))
        self._said[one.id] = _Said(now.monotonic, attempt)
