"""Watches that every accepted dish is accounted for (`domain/ledger.py`), and keeps the proof of a day that is over."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from gateway.domain import ledger as classes
from gateway.domain.actor import HOUSE
from gateway.domain.business_day import day_of
from gateway.domain.ledger import LEGAL_S, OrderNow
from gateway.domain.now import SURE, Now
from gateway.domain.promises import Accepted, enter
from gateway.operations import ledger, ledger_slip
from gateway.store import Reader, Store, journal, settings, visits
from gateway.store import ledger as kept

LOOK_AGAIN_S = 2.0
"""What a person is asked about is looked at so often: the question may be answered without an answer."""

CATCH_UP_S = 0.05
"""Between two pieces of a day that is read again after a restart: others have their turn."""

MOST_AT_ONCE = 64
"""Orders looked at in one turn, some 20 ms; the rest have theirs a moment later."""

MOST_OPEN = 2000
"""Orders kept in mind, a busy day's, some 2 MB. Beyond them the oldest are let go: so many unproven ones stand in the
conditions anyway."""

DAYS_KEPT = 2
"""Newest days of which the proof is kept when it is not yet: the last one, and one more where the box was off."""

SETTLES_S = 60.0
"""A day is over for so long before it is counted for good, so that its last orders are proven or asked about."""


class LedgerWatch:
    """A part: a dish that was accepted and is nowhere is named within 10 s."""

    def __init__(self, store: Store):
        self._store = store
        self._slot: int | None = None
        """Up to where the journal was read: from the day that was open at the start. What is promised later is watched
        whatever its day: the last orders of one that ends, and what is cooked again at a table that sits on."""
        self._unread: dict[str, list[int]] = {}
        """Slots of the events that promised something of an order: in a rush thousands, of which hardly one is looked
        at before its kitchen has proven it. So they are read when the order is looked at."""
        self._promised: dict[str, list[Accepted]] = {}
        self._due: dict[str, float] = {}
        self._asked: set[str] = set()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            day = visits.open_day(rows)
            if day is None:
                return None
            if self._slot is None:
                self._slot = kept.slot_before(rows, day)
            behind = self._read_on(rows, now)
            due = sorted((at, order) for order, at in self._due.items() if at <= now.monotonic)
            asked = kept.asked_about(rows) if due else set()
            named = _by_order(ledger.standing(rows))
            looked = {order: self._look(rows, order, asked, now) for _, order in due[:MOST_AT_ONCE]}
        for order in named.keys() - self._due.keys():  # of a former life, or forgotten because all of it is proven
            looked.setdefault(order, set())
        for order, wrong in looked.items():
            if wrong != named.get(order, set()):
                self._name(order)
        if behind or len(due) > MOST_AT_ONCE:
            return now.monotonic + CATCH_UP_S
        return min(self._due.values(), default=None)

    def _read_on(self, rows: Reader, now: Now) -> bool:
        """Takes what was promised since the last look. True while there is more."""
        assert self._slot is not None
        found, upto = kept.promised(rows, self._slot)
        for slot, at, _, subject in found:
            order = subject.removeprefix("order/")
            self._unread.setdefault(order, []).append(slot)
            # Before that nothing of it need be proven, and by then nearly all of it is: most are looked at once.
            due = now.monotonic + LEGAL_S - min(max(now.seconds_after(at), 0.0), LEGAL_S)
            self._due[order] = min(due, self._due.get(order, due))
        for order in list(self._due)[: max(0, len(self._due) - MOST_OPEN)]:
            self._forget(order)
        read, self._slot = self._slot, upto
        return upto != read and upto < journal.last_slot(rows)

    def _look(self, rows: Reader, order: str, asked: set[str], now: Now) -> set[str]:
        """The conditions that its dishes deserve that are in no class. What is proven, or gone, is forgotten."""
        found = kept.order_now(rows, order)
        self._read(rows, order)
        wrong: set[str] = set()
        open_ = False
        for one in self._promised.get(order, []):
            counts = classes.classes_of(one, found, asked, now)
            if classes.difference(one, counts):
                wrong.add(ledger.subject_of(order, one.station))
            open_ |= any(counts.get(kind) for kind in classes.OPEN_CLASSES)
        if wrong or open_:
            young = _young(found, now) if found else []
            self._due[order] = min([*young, now.monotonic + LOOK_AGAIN_S])
        else:
            self._forget(order)
        return wrong

    def _read(self, rows: Reader, order: str) -> None:
        """Reads what was promised of it since it was looked at last; all of it where that had been forgotten."""
        unread = [journal.at(rows, slot) for slot in self._unread.pop(order, [])]
        events = [(entry.type.removeprefix("tablepass.").removesuffix(".v1"), entry) for entry in unread if entry]
        if events and order not in self._promised and events[0][0] != "order.placed":
            self._promised[order] = ledger.accepted_of(rows, order)
            return
        for kind, entry in events:
            enter(self._promised, kind, entry.at, entry.data)

    def _forget(self, order: str) -> None:
        del self._due[order]
        self._unread.pop(order, None)
        self._promised.pop(order, None)

    def _name(self, order: str) -> None:
        if order in self._asked:
            return
        self._asked.add(order)
        self._store.submit(ledger.name_differences, HOUSE, order).then(lambda _: self._asked.discard(order))


def _by_order(subjects: set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for subject in subjects:
        found.setdefault(subject.partition(":")[0], set()).add(subject)
    return found


def _young(order: OrderNow, now: Now) -> list[float]:
    """When each of its tickets and changes that need no proof yet will need one."""
    made = [(t.boot, t.mono) for t in order.tickets.values()] + [(n.boot, n.mono) for n in order.notices.values()]
    ends = [now.monotonic + LEGAL_S - now.could_be_seen(boot, mono) for boot, mono in made]
    return [at for at in ends if at > now.monotonic]


class DayProof:
    """A part: the proof of a day that is over is kept, and printed where the settings say so. Only by a clock that
    somebody has set: another one would end days at random."""

    def __init__(self, store: Store):
        self._store = store
        self._asked: set[str] = set()

    def step(self, now: Now) -> float | None:
        if now.grade not in SURE:
            return now.monotonic + SETTLES_S
        with self._store.read() as rows:
            rules = settings.settings(rows)
            if rules is None:
                return None
            today = day_of(rules, now.utc - timedelta(seconds=SETTLES_S))
            over = [day for day in kept.days(rows, DAYS_KEPT) if day < today and day not in self._asked]
            proofs = {
                day: ledger.count_day(rows, now, day, is_open=False) for day in over if kept.kept(rows, day) is None
            }
        for day, proof in proofs.items():
            self._keep(day, msgspec.json.encode(proof).decode())
        return now.monotonic + SETTLES_S

    def _keep(self, day: str, proof: str) -> None:
        self._asked.add(day)
        self._store.submit(ledger_slip.end_day, HOUSE, day, proof).then(lambda _: self._asked.discard(day))
