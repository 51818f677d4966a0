"""One slip on its way to a printer, and how it can end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.escpos import Body

FENCE_TRIES = 3
"""A fence whose answer was mixed with other bytes is sent again; each one stands behind the whole slip. None is sent
where an answer is missing: a part of the slip may be missing with it."""
SPARE_S = 3.0
LINES_PER_S = 15.0
"""Every thermal printer prints more. One that says nothing of itself is not waited for any longer."""
SLOWEST_ROWS_PER_S = 2.0
"""What an impact printer may make of a slip while it says that it is well: the TM-U220 prints 4.7 rows a second over 40
columns and pauses when its head is hot, the TM-U295 prints 2.1 (Epson's specifications). Given up too early, each of
its slips would be printed again."""


FENCE_EVERY = 1000
"""Bytes between two fences inside a slip: half a second at 19,200 baud, less than any printer takes to start. A
printer that lost its power, and with it a part of the slip, has lost at least one fence too."""


def with_fences(body: Body, fence: Callable[[], bytes]) -> bytes:
    """The slip with a fence before its first line and then every `FENCE_EVERY` bytes. `fence` makes the next one."""
    data = bytearray()
    done = 0
    for at, place in enumerate(body.breaks):
        if at == 0 or place - done >= FENCE_EVERY:
            data += body.data[done:place] + fence()
            done = place
    return bytes(data + body.data[done:])


@dataclass
class Sending:
    """The slip on its way. `left` counts bytes that the line has taken.

    `inner` fences stand inside the slip; `answered` counts their answers and that of the one behind it. `marks` are
    those of all of them in their order, which only GS ( H sends. While it is `paced` it waits at its `stops`, behind
    each inner fence, for the answer: a printer that cannot speak for a while may forget all answers but its newest.

    `patience`: seconds after the last byte in which a fence's answer comes from any thermal printer. From one that goes
    on saying that it is well it may take `longest` after `news_at`, the last byte or answer.
    """

    data: bytes
    patience: float
    deadline: float
    longest: float = 0.0
    began_at: float = 0.0
    rows: int = 0
    inner: int = 0
    answered: int = 0
    left: int = 0
    drained: float = 0.0
    fences: int = 1
    fence_at: float = 0.0
    news_at: float = 0.0
    marks: list[bytes] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    paced: bool = True
    last_answer: str = ""
    answered_at: float = 0.0
    mixed: bool = False
    held: str = ""
    until: float = float("inf")
    """Of a drawer or a buzzer: then it ends, also while the printer holds it. Nobody waits for it any longer."""

    def surely_makes(self, before: float) -> float:
        """Rows a second that this printer makes on any day, now that this slip of it is proven: a third of what it has
        just made, for heads get hot and pictures are dark. `before` where nothing was printed."""
        if not self.rows:
            return before
        made = self.rows / max(self.answered_at - self.began_at, 0.1)
        return min(max(made / 3, SLOWEST_ROWS_PER_S), LINES_PER_S)

    @property
    def untouched(self) -> bool:
        """Nothing has left that does anything: no byte, or of a drawer only the fence that stands before its pulse."""
        return not self.left or (self.until < float("inf") and self.left <= min(self.stops, default=0))

    @property
    def whole(self) -> bool:
        return self.left >= len(self.data)

    @property
    def open(self) -> int:
        """Up to here its bytes may leave."""
        waits = self.paced and self.answered < len(self.stops)
        return self.stops[self.answered] if waits else len(self.data)

    @property
    def piece(self) -> int:
        """Bytes of the piece that it now waits for an answer to."""
        return self.open - (self.stops[self.answered - 1] if 0 < self.answered <= len(self.stops) else 0)

    @property
    def paused(self) -> bool:
        """All that may leave has left, and the rest waits for an answer."""
        return self.open <= self.left < len(self.data)

    @property
    def between(self) -> bool:
        """What has left ends with a whole command."""
        return self.left == 0 or self.left in self.stops

    def asked(self, fence: bytes) -> int:
        """Fences that have left: those in the part of the slip that has, and the further ones behind it."""
        return self.data[: self.left].count(fence) + self.fences - 1

    @property
    def complete(self) -> bool:
        """Every fence has been answered, so no part of the slip was lost with a printer's buffer."""
        return self.whole and self.answered > self.inner


@dataclass(frozen=True)
class Outcome:
    """How a slip ended. `answer` is the last fence's: its byte in hex, or its mark; empty when nothing answered.

    `WAITING`: the line took no byte at all, so the slip may be sent whole later.
    """

    state: Literal["PRINTED", "UNCONFIRMED", "UNKNOWN", "WAITING"]
    reason: str = ""
    answer: str = ""
