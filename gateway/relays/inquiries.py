"""Inquiries to the bridges: each is said again until its answer is committed, or its time is over."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from gateway.contract.messages import BridgeCommand
from gateway.contract.topics import Topics
from gateway.contract.wire import Outlet
from gateway.domain.inquiry import Inquiry
from gateway.domain.now import Now
from gateway.store import Store, devices, inquiries

SAY_AGAIN_S = 5.0
"""A message or an answer may be lost with a broker or a bridge."""
LOOK_S = 1.0
"""While its bridge is away: a person waits at the page."""


@dataclass
class _Said:
    """`attempt` counts what really left for a bridge that was there: a bridge that has restarted between two of them
    may have printed a probe, one that heard of none has not."""

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
            there = {bridge.name for bridge in devices.bridges(rows) if bridge.online} if asked else set()
        self._said = {one.id: self._said.get(one.id) or self._first_seen(one, now) for one in asked}
        wishes = [self._say(one, self._said[one.id], now, there=one.bridge in there) for one in asked]
        return min(wishes, default=None)

    def _first_seen(self, one: Inquiry, now: Now) -> _Said:
        """In another life of the house it may have been said: nobody knows how often."""
        return _Said(float("-inf"), 0 if now.since(one.boot, one.mono) < SAY_AGAIN_S else 1)

    def _say(self, one: Inquiry, said: _Said, now: Now, *, there: bool) -> float:
        """Returns when to look at it again."""
        if now.monotonic - said.at < SAY_AGAIN_S:
            return said.at + SAY_AGAIN_S
        op, args = ("discover", {"scan": True}) if one.op == "scan" else (one.op, {})
        attempt = said.attempt + 1
        command = BridgeCommand(op, one.id, attempt, one.device, args)  # type: ignore[arg-type]  # a column's text
        topic = self._topics.bridge_do(one.bridge)
        if not there or not self._outlet.publish(topic, msgspec.json.encode(command)):
            return now.monotonic + LOOK_S
        said.at, said.attempt = now.monotonic, attempt
        return said.at + SAY_AGAIN_S
