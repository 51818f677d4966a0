"""The journal to the cloud: batches behind the cursor, which only the cloud's own `applied_upto` moves."""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from gateway.contract.events import DEAD_TYPE, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, BatchAnswer
from gateway.domain.actor import HOUSE
from gateway.domain.errors import Rejected, Retry
from gateway.domain.now import Now
from gateway.operations import sync
from gateway.operations.uplink import Uplink
from gateway.relays.backoff import Backoff
from gateway.store import Changed, Pending, Reader, Store, box, journal
from gateway.store.box import Box
from gateway.store.journal import Cursor, Entry

log = logging.getLogger(__name__)

HELLO_EVERY_S = 10.0
"""With nothing to send, the cloud is still asked this often: people hear of an outage within ten seconds."""

LOOK_EVERY_S = 1.0
"""How often an idle connection is looked at; a cut one is noticed without traffic."""

NOTE_EVERY_S = 1.0
"""How often the cursor is written down while events flow: each note is a flush to the card. What a power cut takes of
it, the cloud says again. The first answer after an outage is written down at once: people watch for it."""

MAX_REST_S = 0.5
"""The rest between batches while people order. An answer that took longer was waited for, not worked for: a cloud
that held one for 16 s would else be left alone for 32 more."""

MAX_BURIED_IN_A_ROW = 5
"""Orders or other subjects of which single events are refused, without one success between: beyond that it is the cloud
that is wrong, not our events. One order that it cannot take may well have seven events in a row."""


class CloudConnection(Protocol):
    def send(self, epoch: str, events: Sequence[bytes]) -> BatchAnswer: ...
    def lost(self) -> bool: ...


class CloudRelay:
    """A part. One batch a step; the next one starts where the cloud says it stands."""

    def __init__(
        self, store: Store, connection: CloudConnection, uplink: Uplink, chance: random.Random,
        clock: Callable[[], float],
    ):  # fmt: skip
        self._store = store
        self._connection = connection
        self._uplink = uplink
        self._backoff = Backoff(chance)
        self._clock = clock
        self._asked = 0
        self._last_contact = float("-inf")
        self._limit = MAX_BATCH_EVENTS
        self._buried: set[str] = set()
        self._rest_until = 0.0
        self._position: dict[int, int] = {}
        self._saving: Pending | None = None
        self._unnoted: tuple[int, int] | None = None
        """The epoch's count and how far the cloud is in it, while that stands nowhere else."""
        self._note_at = float("inf")
        self.wake: Callable[[], None] = lambda: None
        self._news = True
        """Whether the journal may hold what has not been sent: an idle store is not asked for it every second."""
        store.listen(self._note)

    def _note(self, changed: frozenset[Changed]) -> None:
        if changed & {"journal", "everything"}:
            self._news = True

    def step(self, now: Now) -> float | None:
        if self._saving is not None:
            if not self._saving.done:
                return None
            if self._saving.failure is not None:
                # The cloud has the events and says so again at the next start; only our cursor is late.
                log.warning("the cursor stays where it is: %r", self._saving.failure)
            self._saving, self._news = None, True  # behind a former epoch there may be another
        if self._unnoted is not None and now.monotonic >= self._note_at:
            epoch_count, upto = self._unnoted
            self._save(self._store.submit(sync.advance, HOUSE, epoch_count, upto, {}))
            return None
        return min(self._exchange(now), self._note_at)

    def _exchange(self, now: Now) -> float:
        """Says when there is something to ask for again."""
        not_before = max(self._backoff.next_try, self._rest_until)
        if now.monotonic < not_before:
            return not_before
        due = self._last_contact + HELLO_EVERY_S
        if not self._news and now.monotonic < due and not self._connection.lost():
            return min(due, now.monotonic + LOOK_EVERY_S)
        self._news = False
        with self._store.read() as rows:
            me = box.the(rows)
            cursor = journal.oldest_behind(rows)
            entries = self._batch(rows, cursor)
            dead = journal.dead_between(rows, entries[0].slot, entries[-1].slot) if entries else {}
            events = [_event(me, cursor, entry, dead.get(entry.slot)) for entry in entries]
        if not entries and now.monotonic < due and not self._connection.lost():
            return min(due, now.monotonic + LOOK_EVERY_S)
        self._news = True  # until a look finds nothing
        return self._send(now, cursor, entries, events, frozenset(dead))

    def _batch(self, rows: Reader, cursor: Cursor) -> list[Entry]:
        start = self._position.get(cursor.epoch_count, cursor.applied_upto)
        first = (cursor.epoch_count << journal.EPOCH_SHIFT) | start
        entries = journal.after(rows, first, self._limit, journal.end_of(cursor.epoch_count))
        size = 0
        for index, entry in enumerate(entries):
            size += len(entry.data)
            if size > MAX_BATCH_BYTES and index:
                return entries[:index]
        return entries

    def _send(
        self, now: Now, cursor: Cursor, entries: list[Entry], events: list[bytes], dead: frozenset[int]
    ) -> float:
        self._uplink.asking(now)
        began = self._clock()
        try:
            answer = self._connection.send(cursor.epoch, events)
        except Retry as retry:
            return self._retry(now, retry)
        except Rejected as rejected:
            return self._rejected(now, entries, rejected)
        took = self._clock() - began
        self._uplink.answered(now, took, len(events))
        self._last_contact = now.monotonic + took
        former = self._position.get(cursor.epoch_count, cursor.applied_upto)
        self._take(cursor, entries, answer, 0.0 if self._backoff.failing else NOTE_EVERY_S)
        if entries and self._position[cursor.epoch_count] == former:
            # It answers and takes nothing: asked again at once, it would be asked as fast as the line carries.
            return self._retry(now, Retry("cloud_error"))
        self._backoff.succeeded()
        if any(entry.slot not in dead for entry in entries):
            self._buried.clear()
        asked = self._store.asked
        if entries and asked != self._asked:
            # People are ordering: the backlog gets a third of the time, they get the rest.
            self._rest_until = self._clock() + min(2 * took, MAX_REST_S)
        self._asked = asked
        return max(self._clock(), self._rest_until)

    def _take(self, cursor: Cursor, entries: list[Entry], answer: BatchAnswer, note_in_s: float) -> None:
        if answer.applied_upto < cursor.applied_upto:
            log.warning("the cloud stands at %d, we at %d: sending again", answer.applied_upto, cursor.applied_upto)
        # Never beyond what we have: a cloud that knows more than this box has seen a clone of it, and must be told.
        former = self._position.get(cursor.epoch_count, 0)
        last = max(entries[-1].seq if entries else 0, cursor.applied_upto, former)
        upto = min(answer.applied_upto, last)
        self._position[cursor.epoch_count] = upto
        if entries:
            self._limit = min(MAX_BATCH_EVENTS, self._limit * 2)
        poison = {slot.seq: slot.reason for slot in answer.poison}
        if poison:
            self._save(self._store.submit(sync.advance, HOUSE, cursor.epoch_count, upto, poison))
        elif upto > cursor.applied_upto:
            self._note_at = min(self._note_at, self._clock() + note_in_s)
            self._unnoted = (cursor.epoch_count, upto)

    def _save(self, pending: Pending) -> None:
        self._unnoted, self._note_at = None, float("inf")
        self._saving = pending
        pending.then(lambda _: self.wake())

    def _retry(self, now: Now, retry: Retry) -> float:
        self._uplink.failed(now, retry.reason)
        return self._backoff.failed(now.monotonic, self._clock(), retry.after_s or 0.0)

    def _is_dead(self, entry: Entry) -> bool:
        """A cloud that does not even take a dead letter has a fault of its own."""
        with self._store.read() as rows:
            return bool(journal.dead_between(rows, entry.slot, entry.slot))

    def _rejected(self, now: Now, entries: list[Entry], rejected: Rejected) -> float:
        """A batch that is refused is cut in two until the one at fault stands alone."""
        if len(entries) > 1:
            self._limit = max(1, len(entries) // 2)
            return now.monotonic
        if not entries or len(self._buried | {entries[0].subject}) > MAX_BURIED_IN_A_ROW or self._is_dead(entries[0]):
            return self._retry(now, Retry("cloud_error"))
        self._buried.add(entries[0].subject)
        log.error("the cloud refuses event %d for ever: %s", entries[0].seq, rejected.reason)
        self._save(self._store.submit(sync.bury, HOUSE, entries[0].slot, rejected.reason))
        return now.monotonic


def _event(me: Box, cursor: Cursor, entry: Entry, buried: str | None) -> bytes:
    kind, data = entry.type, entry.data
    if buried is not None and not buried.startswith(sync.POISON):
        kind = DEAD_TYPE
        digest = hashlib.sha256(entry.data).hexdigest()
        data = msgspec.json.encode({"id": entry.id, "sha256": digest, "reason": buried})
    head = msgspec.json.encode(
        {
            "specversion": "1.0", "id": entry.id, "source": me.source, "type": kind, "subject": entry.subject,
            "time": entry.at, "datacontenttype": "application/json", "storeid": me.store, "boxid": me.box,
            "epoch": cursor.epoch, "seq": entry.seq, "ver": entry.ver, "clockq": entry.clockq,
            "bizday": entry.bizday,
        }
    )  # fmt: skip
    return head[:-1] + b',"data":' + data + b"}"
