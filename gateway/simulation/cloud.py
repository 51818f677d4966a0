"""The cloud: the real receiver's store behind a line that fails in every way a line and a cloud can."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cloud.batch import NotABatch, Stream, read_batch
from gateway.cloud.store import SqliteStore
from gateway.contract.events import DEAD_TYPE, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MEDIA_TYPE, BatchAnswer
from gateway.domain.errors import Rejected, Retry
from gateway.simulation.world import Broken, ProcessDied, World

if TYPE_CHECKING:
    from gateway.simulation.gateway_process import Life

ENVELOPE_BYTES = 700
"""What an event's head and its commas may add to its data in a batch."""


class CloudLine:
    """`mode` is how it stands with the cloud just now; `source` names the box."""

    def __init__(self, world: World, path: Path, source: str, poisoned: set[int]):
        self._world = world
        self._source = source
        self.poisoned = poisoned
        self.store = SqliteStore(path)
        self.mode = "well"
        self.applied_upto = 0
        self.taken: dict[int, tuple[str, str]] = {}
        """(id, type) of each event by its seq, as it was first applied."""

    def connection_of(self, life: Life) -> Connection:
        return Connection(self, life)

    def take(self, epoch: str, events: Sequence[bytes], life: Life) -> BatchAnswer:
        """One request, with everything that can happen to it. Raises Retry and Rejected, as the connector does."""
        mode = self.mode
        if mode == "mixed":
            mode = self._world.chance.choice(["well", "lost_answer", "error", "slow", "part", "away", "captive"])
        self._wait(self._world.between(2.0, 14.0) if mode == "slow" else self._world.between(0.005, 0.05), life)
        if mode == "away":
            raise Retry("refused")
        if mode == "captive":
            raise Retry("captive_portal")
        if mode == "error":
            raise Retry("cloud_error", 5.0 if self._world.maybe(0.3) else None)
        if mode == "part" and len(events) > 1:
            # An application that takes the first half and says so: the contract lets it.
            events = events[: len(events) // 2]
        answer = self._accept(epoch, events)
        if mode == "lost_answer":
            raise Retry("no_answer")
        return answer

    def _wait(self, seconds: float, life: Life) -> None:
        self._world.run_until(self._world.time + seconds)
        if life.dead:
            raise ProcessDied

    def _accept(self, epoch: str, events: Sequence[bytes]) -> BatchAnswer:
        if len(events) > MAX_BATCH_EVENTS or sum(map(len, events)) > MAX_BATCH_BYTES + ENVELOPE_BYTES * len(events):
            raise Broken(f"a batch of {len(events)} events and {sum(map(len, events))} bytes is over the bound")
        if not events:
            return self.store.cursor(Stream.named(self._source, epoch))
        try:
            batch = read_batch(b"[" + b",".join(events) + b"]", media_type=MEDIA_TYPE, source=self._source, epoch=epoch)
        except NotABatch as refused:
            raise Broken(f"the cloud cannot read a batch of ours: {refused}") from refused
        if any(a.seq in self.poisoned and a.type != DEAD_TYPE for a in batch.arrivals):
            raise Rejected("not_liked", 400)
        answer = self.store.accept(batch)
        self.applied_upto = answer.applied_upto
        for arrival in batch.arrivals:
            self.taken.setdefault(arrival.seq, (arrival.id, arrival.type))
        if answer.missing:
            raise Broken(f"a gap in what the cloud has: {answer.missing[:5]} of epoch {epoch}")
        self._world.note(f"the cloud has everything up to {answer.applied_upto}")
        return answer


class Connection:
    """What the cloud relay of one life holds."""

    def __init__(self, line: CloudLine, life: Life):
        self._line = line
        self._life = life

    def send(self, epoch: str, events: Sequence[bytes]) -> BatchAnswer:
        return self._line.take(epoch, events, self._life)

    def lost(self) -> bool:
        return self._line.mode == "away"
