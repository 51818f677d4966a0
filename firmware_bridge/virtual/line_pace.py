"""How fast bytes cross the line to a virtual printer."""

from __future__ import annotations

BITS_A_BYTE = 10
"""Eight, a start bit and a stop bit."""
GATHERED_S = 0.01
"""One tick of a busy reader: no more gathers than the line carries in it."""
GATHERED_BYTES = 10.0
"""Of a slow line so much may gather, which 9600 baud carry in that tick."""


class LinePace:
    """Lets bytes through as a line of `baud` bits a second would. `now`: monotonic seconds; the first one starts it."""

    def __init__(self, baud: int) -> None:
        self._rate = baud / BITS_A_BYTE
        self._gathered = 0.0
        """Bytes that have crossed and were not taken; the last may be half across."""
        self._at: float | None = None

    def may_read(self, now: float, room: int) -> int:
        """Bytes that have crossed the line by now and fit into the `room` of a buffer."""
        if self._at is None:
            self._at = now
        gathered = self._gathered + (now - self._at) * self._rate
        self._gathered = min(gathered, max(GATHERED_BYTES, self._rate * GATHERED_S))
        self._at = now
        return max(0, min(int(self._gathered), room))

    def take(self, count: int) -> None:
        """So many were read."""
        self._gathered -= count

    @property
    def next_in(self) -> float:
        """Seconds until one more byte can have crossed the line."""
        return max(0.0, 1 - self._gathered) / self._rate
