"""One slip on its way to a printer, and how it can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from firmware_bridge.drivers.fences import Fences
from firmware_bridge.drivers.patience import LINES_PER_S, SLOWEST_ROWS_PER_S, Patience


@dataclass
class Sending:
    """The slip on its way. `left` counts bytes that the line has taken; the last of them has crossed it at `drained`.

    `rows` are those that a head must print. What is no `paper` is a drawer or a buzzer. While it is `paced` it waits
    behind each inner fence for the answer: a printer that cannot speak for a while may forget all answers but its
    newest. `held` is why the printer keeps it.
    """

    data: bytes
    fences: Fences
    patience: Patience
    rows: int
    began_at: float
    paper: bool = True
    paced: bool = True
    left: int = 0
    drained: float = 0.0
    held: str = ""

    def surely_makes(self, before: float) -> float:
        """Rows a second that this printer makes on any day, now that this slip of it is proven: a third of what it has
        just made, for heads get hot and pictures are dark. `before` where nothing was printed."""
        if not self.rows:
            return before
        made = self.rows / max(self.fences.answered_at - self.began_at, 0.1)
        return min(max(made / 3, SLOWEST_ROWS_PER_S), LINES_PER_S)

    @property
    def untouched(self) -> bool:
        """Nothing has left that does anything: no byte, or of a drawer only the fence that stands before its pulse."""
        return not self.left or (not self.paper and self.left <= min(self.fences.stops, default=0))

    @property
    def whole(self) -> bool:
        return self.left >= len(self.data)

    @property
    def complete(self) -> bool:
        """All of it has left, and every fence has been answered."""
        return self.whole and self.fences.complete

    @property
    def open(self) -> int:
        """Up to here its bytes may leave."""
        stops, answered = self.fences.stops, self.fences.answered
        return stops[answered] if self.paced and answered < len(stops) else len(self.data)

    @property
    def share(self) -> float:
        """How much of it is the piece that it now waits for an answer to."""
        stops, answered = self.fences.stops, self.fences.answered
        before = stops[answered - 1] if 0 < answered <= len(stops) else 0
        return (self.open - before) / len(self.data)

    @property
    def paused(self) -> bool:
        """All that may leave has left, and the rest waits for an answer."""
        return self.open <= self.left < len(self.data)

    @property
    def between(self) -> bool:
        """What has left ends with a whole command."""
        return self.left == 0 or self.left in self.fences.stops


@dataclass(frozen=True)
class Outcome:
    """How a slip ended. `answer` is the last fence's: its byte in hex, or its mark; empty when nothing answered.

    `WAITING`: the line took no byte at all, so the slip may be sent whole later.
    """

    state: Literal["PRINTED", "UNCONFIRMED", "UNKNOWN", "WAITING"]
    reason: str = ""
    answer: str = ""
