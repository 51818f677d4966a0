"""Server-sent events: one hub that reads the journal once, and the streams of up to 32 screens.

A stream's place in the journal is `{epoch}:{seq}`. What is not in the journal (conditions, devices, uplink) is state:
the whole of it is sent on connect and on every change, without an id.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Set
from typing import Any

import msgspec

from gateway.domain import documents
from gateway.domain.errors import Refused
from gateway.domain.now import Now
from gateway.operations.kitchen import names_of_stations
from gateway.store import Changed, Reader, Store, box, journal, orders, tickets
from gateway.store.journal import Entry
from gateway.web.screen_debts import ScreenDebts
from gateway.web.views import menu_document

MAX_STREAMS = 32
"""Each holds one of the staff listener's 48 threads; 16 are left for everything else."""

MAX_QUEUED = 500
"""Events that a slow screen may be behind; then its stream ends, and it resumes from the journal."""

MAX_REPLAY = 2000
"""Journal entries read for a resume. A screen that missed more gets a whole snapshot, which is smaller."""

BEAT_S = 1.8
"""A comment at least every 2 s, so that a screen knows within 5 that its feed is stale."""

LIFE_S = 60.0
"""A stream whose screen has done nothing for this long may be ended when a new screen needs its place."""

MAX_AGE_S = 600.0
"""A stream ends itself and the browser resumes: what a proxy or a tablet silently dropped does not live on."""

WHO_IS_HERE = "screens:"
"""A topic for each station: which screens follow it now. Said to each of them whenever one comes or goes."""

STATES = ("conditions", "devices", "uplink", "pass")
"""Topics that are not in the journal: the whole of each is sent whenever it changes."""

IN_THE_JOURNAL: frozenset[Changed] = frozenset({"journal", "everything"})

Event = tuple[str, str, bytes]
"""(topic, event name, data)."""

SnapshotOf = Callable[[Reader, str, Now], Any]


class Stream:
    """What one screen is still to be sent. Filled by the hub, emptied by its own request thread."""

    def __init__(self, screen: str, topics: frozenset[str], opened: float):
        self.screen = screen
        self.topics = topics
        self.opened = opened
        self.sign_of_life = opened
        self.ended = False
        self.from_slot = 0
        self._queue: deque[tuple[int, str, list[Event]]] = deque()
        self._bell = threading.Condition()

    def offer(self, slot: int, event_id: str, events: list[Event]) -> None:
        wanted = [event for event in events if event[0] in self.topics]
        if not wanted:
            return
        with self._bell:
            if len(self._queue) >= MAX_QUEUED:
                self.ended = True
            else:
                self._queue.append((slot, event_id, wanted))
            self._bell.notify()

    def end(self) -> None:
        with self._bell:
            self.ended = True
            self._bell.notify()

    def wait(self, timeout_s: float) -> tuple[int, str, list[Event]] | None:
        with self._bell:
            if not self._queue and not self.ended:
                self._bell.wait(timeout_s)
            return self._queue.popleft() if self._queue else None


class Hub:
    """A part: reads what is new in the journal once and hands it to every stream that wants it."""

    def __init__(self, store: Store, snapshot_of: SnapshotOf):
        self._store = store
        self._snapshot_of = snapshot_of
        self._lock = threading.Lock()
        self._streams: list[Stream] = []
        with store.read() as rows:
            self._slot = journal.last_slot(rows)
        self._behind = False
        self._changed: set[Changed] = set()
        self._debts = ScreenDebts()
        self.stopping = False

    def note(self, changed: frozenset[Changed]) -> None:
        with self._lock:
            self._changed |= changed

    def alive(self, screen: str, now: Now) -> None:
        """Something came from this screen: it is really there."""
        with self._lock:
            for stream in self._streams:
                if stream.screen == screen:
                    stream.sign_of_life = now.monotonic
            self._debts.spoke(screen)

    def step(self, now: Now) -> float | None:
        with self._lock:
            changed, self._changed = self._changed, set()
            topics = self._topics()
        if changed and not self._behind and not (changed & IN_THE_JOURNAL or topics & set(_states_in(changed))):
            return None  # nobody is told of it; without a change it is a look for one that was missed
        with self._store.read() as rows:
            last = journal.last_slot(rows)
            entries = journal.after(rows, self._slot, MAX_REPLAY) if topics else []  # nothing is decoded for nobody
            epoch, names = (box.the(rows).epoch, names_of_stations(rows)) if entries else ("", {})
            told = [(e.slot, event_id(epoch, e), events_of(rows, e, names, topics, now)) for e in entries]
            state = self._state(rows, changed, topics, now)
        with self._lock:
            if not self._topics() <= topics:
                # A stream came while we read, perhaps with a backlog from before: it needs what we have just read.
                self._changed |= changed
                return now.monotonic
            streams = list(self._streams)
            for topic, name, data in (event for _, _, events in told for event in events):
                if name == "ticket":
                    self._debts.told([s.screen for s in streams if s.screen and topic in s.topics], data, now.monotonic)
        self._slot = entries[-1].slot if entries else last
        self._behind = self._slot < last
        for stream in streams:
            for slot, identity, events in told:
                stream.offer(slot, identity, events)
            stream.offer(0, "", state)
        return now.monotonic if self._behind else None

    def _topics(self) -> set[str]:
        """Call it with the lock held."""
        return {topic for stream in self._streams for topic in stream.topics}

    def _state(self, rows: Reader, changed: set[Changed], wanted: set[str], now: Now) -> list[Event]:
        return [
            (topic, topic, msgspec.json.encode(self._whole(rows, topic, now)))
            for topic in _states_in(changed)
            if topic in wanted
        ]

    def _whole(self, rows: Reader, topic: str, now: Now) -> Any:
        """A state as its GET answers it."""
        value = self._snapshot_of(rows, topic, now)
        return value if topic == "uplink" else {topic: value}

    def open(self, screen: str, topics: frozenset[str], now: Now) -> Stream:
        """Registers a stream. The same screen's former one ends at once.

        Raises `Refused("streams_full")` when all places are taken by screens that are really there.
        """
        stream = Stream(screen, topics, now.monotonic)
        with self._lock:
            ended = self._in_its_place(screen, now)
            for other in ended:
                other.end()
                self._streams.remove(other)
            self._streams.append(stream)
            self._tell_who_is_here(stream.topics.union(*(other.topics for other in ended)))
        return stream

    def _tell_who_is_here(self, topics: frozenset[str]) -> None:
        """Names the screens of each of these stations to all of them. Call it with the lock held."""
        for topic in sorted(one for one in topics if one.startswith(WHO_IS_HERE)):
            here = [stream for stream in self._streams if topic in stream.topics]
            names = sorted({stream.screen for stream in here if stream.screen})
            told = {"station": topic.removeprefix(WHO_IS_HERE), "screens": names}
            for stream in here:
                stream.offer(0, "", [(topic, "screens", msgspec.json.encode(told))])

    def check_place(self, screen: str, now: Now) -> None:
        """Raises what `open` would raise now, and takes no place."""
        with self._lock:
            self._in_its_place(screen, now)

    def _in_its_place(self, screen: str, now: Now) -> list[Stream]:
        """Whom a stream of this screen would end. Call it with the lock held."""
        if self.stopping:
            raise Refused("stopping", retry_after_s=2)
        former = [s for s in self._streams if screen and s.screen == screen]
        if former or len(self._streams) < MAX_STREAMS:
            return former
        quiet = min(self._streams, key=lambda s: s.sign_of_life)
        if now.monotonic - quiet.sign_of_life < LIFE_S:
            raise Refused("streams_full", retry_after_s=5)
        return [quiet]

    def leave(self, stream: Stream) -> None:
        with self._lock:
            if stream in self._streams:
                self._streams.remove(stream)
                self._tell_who_is_here(stream.topics)

    def stations(self, now: Now) -> frozenset[str]:
        """Those that a living screen follows now: a stream with a screen's name and one station's tickets, that has
        said what it drew. What follows several, such as a board, stands before no station's cook."""
        with self._lock:
            there = [s for s in self._streams if s.screen and not s.ended]
            followed = [s.topics for s in there if not self._debts.is_gone(s.screen, now.monotonic)]
        of_each = [[t.removeprefix("tickets:") for t in topics if t.startswith("tickets:")] for topics in followed]
        return frozenset(found[0] for found in of_each if len(found) == 1)

    def count(self) -> int:
        with self._lock:
            return len(self._streams)

    def stop(self) -> None:
        """Ends every stream, so that the listeners' threads come home."""
        with self._lock:
            self.stopping = True
            streams = list(self._streams)
        for stream in streams:
            stream.end()

    def backlog(self, stream: Stream, last_event_id: str, now: Now) -> bytes:
        """What the screen missed, or a whole snapshot. One read; sets where the live events take over."""
        with self._store.read() as rows:
            epoch = box.the(rows).epoch
            last = journal.last_slot(rows)
            after = _resume_slot(rows, last_event_id, epoch, last) if last_event_id else None
            stream.from_slot = last
            if after is None:
                parts = [frame("", "reset", b"{}")] if last_event_id else []
                topics = sorted(stream.topics)
                for index, topic in enumerate(topics):
                    whole = _snapshot(rows, topic, self._snapshot_of, now)
                    data = msgspec.json.encode(whole)
                    if stream.screen and topic.startswith("tickets:"):
                        self._owes(stream.screen, msgspec.json.encode(whole["tickets"]), now)
                    identity = f"{epoch}:{last & journal.SEQ_MASK}" if index == len(topics) - 1 else ""
                    parts.append(frame(identity, "snapshot", data))
                return b"".join(parts)
            names = names_of_stations(rows)
            parts = []
            for entry in journal.after(rows, after, MAX_REPLAY):
                events = events_of(rows, entry, names, stream.topics, now)
                parts.append(frames(event_id(epoch, entry), events))
                for _, name, data in events:
                    if name == "ticket" and stream.screen:
                        self._owes(stream.screen, b"[" + data + b"]", now)
            for topic in sorted(stream.topics & set(STATES)):
                parts.append(frame("", topic, msgspec.json.encode(self._whole(rows, topic, now))))
            return b"".join(parts)

    def _owes(self, screen: str, tickets: bytes, now: Now) -> None:
        with self._lock:
            self._debts.told_all(screen, tickets, now.monotonic)

    def live(self, stream: Stream, clock: Callable[[], Now], gone: Callable[[], bool]) -> Iterator[bytes]:
        """The stream itself, until it is ended, too old, or its reader is gone."""
        try:
            yield _beat(clock())
            while not stream.ended and not gone():
                item = stream.wait(BEAT_S)
                now = clock()
                if now.monotonic - stream.opened > MAX_AGE_S:
                    return
                if item is None:
                    yield _beat(now)
                elif item[0] == 0 or item[0] > stream.from_slot:
                    yield frames(item[1], item[2])
        finally:
            self.leave(stream)


def _states_in(changed: set[Changed]) -> list[str]:
    """The states that may read otherwise since rows of these kinds changed."""
    if changed & {"jobs", "health"}:
        changed = changed | {"conditions"}
    return [topic for topic in STATES if topic in changed or ("everything" in changed and topic != "pass")]


def _resume_slot(rows: Reader, last_event_id: str, epoch: str, last: int) -> int | None:
    """The slot to go on behind; None when the id is foreign, too old or not yet given."""
    their_epoch, _, seq = last_event_id.rpartition(":")
    if their_epoch != epoch or not seq.isascii() or not seq.isdigit() or len(seq) > 12:
        return None
    slot = (box.the(rows).epoch_count << journal.EPOCH_SHIFT) | int(seq)
    if slot > last or last - slot > MAX_REPLAY or slot < journal.first_slot(rows) - 1:
        return None
    return slot


def event_id(epoch: str, entry: Entry) -> str:
    return f"{epoch}:{entry.seq}"


def events_of(rows: Reader, entry: Entry, names: dict[str, Any], topics: Set[str], now: Now) -> list[Event]:
    """What one journal entry means on each of these topics."""
    if entry.subject.startswith(("menu/", "item/", "station/")) and "menu" in topics:
        return [("menu", "menu", msgspec.json.encode(menu_document(rows, None, now)))]
    if not entry.subject.startswith("order/"):
        return []
    data = documents.decoded(entry.data)
    order = data["order"]
    found = []
    for ticket_id in data["change"]["tickets"]:
        document = documents.ticket_document(order, ticket_id, names)
        topic = f"tickets:{document['station']}"
        if topic in topics and not documents.is_held(document):
            found.append((topic, "ticket", msgspec.json.encode(document)))
    return [*found, ("orders", "order", msgspec.json.encode(order))] if "orders" in topics else found


def _snapshot(rows: Reader, topic: str, snapshot_of: SnapshotOf, now: Now) -> dict[str, Any]:
    if topic.startswith("tickets:"):
        return {"topic": topic, "tickets": station_tickets(rows, topic.removeprefix("tickets:"))}
    if topic.startswith(WHO_IS_HERE):
        return {"topic": topic}  # said by itself, right behind
    if topic == "orders":
        return {"topic": topic, "orders": [documents.order_document(o) for o in orders.newest_and_open(rows, 50)]}
    if topic == "menu":
        return {"topic": topic, "menu": menu_document(rows, None, now)}
    return {"topic": topic, topic: snapshot_of(rows, topic, now)}


def station_tickets(rows: Reader, station: str) -> list[dict[str, Any]]:
    """The open tickets of a station, oldest first."""
    names = names_of_stations(rows)
    found = []
    for order_n in dict.fromkeys(tickets.open_of_station(rows, station)):
        order = orders.load_by_number(rows, order_n)
        document = documents.order_document(order)
        found += [
            documents.ticket_document(document, t.id, names)
            for t in order.tickets
            if t.station == station and t.cleared_at is None and not t.is_held
        ]
    return found


def _beat(now: Now) -> bytes:
    # A comment keeps the line; the event is for pages, whose EventSource does not show comments.
    return b': beat\nevent: beat\ndata: {"at":"' + now.iso.encode() + b'"}\n\n'


def frame(identity: str, name: str, data: bytes) -> bytes:
    head = f"id: {identity}\n" if identity else ""
    return f"{head}event: {name}\ndata: ".encode() + data + b"\n\n"


def frames(identity: str, events: list[Event]) -> bytes:
    """Only the last of them carries the id: a cut between two of the same entry repeats both, and loses none."""
    return b"".join(
        frame(identity if index == len(events) - 1 else "", name, data) for index, (_, name, data) in enumerate(events)
    )
