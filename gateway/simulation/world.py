"""Virtual time: everything that happens, one thing after the other, out of one seed."""

from __future__ import annotations

import hashlib
import heapq
import random
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from gateway.domain.now import Grade, Now
from gateway.ids import uuid7
from gateway.runner import LONGEST_WAIT_S

OPENING = datetime(2026, 5, 4, 3, 0, tzinfo=UTC)
"""11:00 in Shanghai: the business day changes 17 hours later, or when a clock jumps."""

LAST_EVENTS = 30
SMALLEST_PAUSE_S = 0.0001
MAX_STEPS = 60_000
"""A shift takes some 5,000; more is a part that wakes itself for ever."""


class ProcessDied(BaseException):
    """A process is gone in the middle of what it did. Not an Exception: nothing in the house may catch it."""


class Broken(Exception):  # noqa: N818 - it names what happened to the promise
    """An invariant does not hold; the text says which, in words."""


class World:
    """`at` and `after` plan, `run_until` lets time pass. `note` writes the story that a failing seed prints."""

    def __init__(self, seed: int):
        self.seed = seed
        self.chance = random.Random(f"tablepass {seed}")
        self.time = 0.0
        self.steps = 0
        self.wall_offset = timedelta(0)
        self.boot = "boot-1"
        self.boot_began = self.process_began = -3.0
        self.quiet = False
        """Whether the faults are off and everything must drain."""
        self.told: deque[str] = deque(maxlen=LAST_EVENTS)
        self.listen: Callable[[str], None] = lambda line: None
        self.look: Callable[[], None] = lambda: None
        self._digest = hashlib.blake2b(digest_size=16)
        self._planned: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: float, do: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._planned, (max(when, self.time), self._count, do))

    def after(self, pause: float, do: Callable[[], None]) -> None:
        self.at(self.time + pause, do)

    def run_until(self, end: float) -> None:
        """Also called from within a step that blocks, as a request to a slow cloud does: the others go on."""
        while self._planned and self._planned[0][0] <= end:
            self.time, _, do = heapq.heappop(self._planned)
            do()
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise Broken(f"after {MAX_STEPS} steps the shift is still not over: a part wakes itself for ever")
            self.look()
        self.time = max(self.time, end)

    def note(self, text: str) -> None:
        line = f"{self.time:9.4f}  {text}"
        self.told.append(line)
        self._digest.update(line.encode())
        self.listen(line)

    @property
    def trace(self) -> str:
        """Equal for two runs in which the same things happened at the same times."""
        return self._digest.hexdigest()

    def now(self) -> Now:
        utc = OPENING + timedelta(seconds=self.time) + self.wall_offset
        grade: Grade = "guess" if utc.year < 2026 else "holdover"
        return Now(utc, grade, self.boot, self.time - self.boot_began, self.process_began - self.boot_began)

    def plug_pulled(self) -> None:
        """The whole box starts anew: another boot, and a monotonic clock that begins again."""
        self.boot = f"boot-{int(self.boot.split('-')[1]) + 1}"
        self.boot_began = self.time

    def maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    def between(self, low: float, high: float) -> float:
        return self.chance.uniform(low, high)


class Ids:
    """As `gateway/ids.py`, from the seed: never backwards within a life, nor behind the newest of a former one."""

    def __init__(self, world: World, after: int = 0):
        self._world = world
        self._last = after

    def __iter__(self) -> Ids:
        return self

    def __next__(self) -> str:
        milliseconds = int(self._world.now().utc.timestamp() * 1000)
        self._last = max(milliseconds << 12, self._last + 1)
        return uuid7(self._last, self._world.chance.getrandbits(62))


class Motor:
    """Turns one part as its thread would: when the part asked for it, or when it is woken.

    `failed` is told of an exception that the part let out; `ProcessDied` ends the turn and is told too.
    """

    def __init__(
        self, world: World, name: str, step: Callable[[Now], float | None], failed: Callable[[str, BaseException], None]
    ):
        self._world = world
        self._name = name
        self._step = step
        self._failed = failed
        self._due = float("inf")
        self._turning = False
        self._rung = False
        self.stopped = False

    def wake(self) -> None:
        if self._turning:
            self._rung = True
        else:
            self._plan(self._world.time + self._world.between(0.0001, 0.002))

    def _plan(self, when: float) -> None:
        when = max(when, self._world.time + SMALLEST_PAUSE_S)
        if when < self._due:
            self._due = when
            self._world.at(when, self._turn)

    def _turn(self) -> None:
        world = self._world
        if self.stopped or self._turning or world.time < self._due:
            return
        self._due = float("inf")
        self._turning, self._rung = True, False
        began = world.now()
        world.note(f"step {self._name}")
        try:
            wish = self._step(began)
        except (ProcessDied, Exception) as error:
            self._failed(self._name, error)
            return
        finally:
            self._turning = False
        ahead = LONGEST_WAIT_S if wish is None else min(wish - began.monotonic, LONGEST_WAIT_S)
        self._plan(world.time - (world.time - world.boot_began - began.monotonic) + ahead)
        if self._rung:
            self.wake()
