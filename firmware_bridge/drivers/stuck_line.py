"""Whether a line takes bytes at all. No I/O."""

from __future__ import annotations

STUCK_S = 3.0
"""Bytes that are to leave and a line that takes none (XOFF, a full buffer, a USB printer that says not now): beyond
this nothing printed can be hoped for here."""


class StuckLine:
    """Times are monotonic seconds. What the device says itself still comes, so it may be known why."""

    def __init__(self) -> None:
        self.stuck = False
        self.wish = float("inf")
        """When it will be called stuck, if nothing leaves before."""

    def moved(self) -> None:
        """Bytes have left, or the line is another one."""
        self.stuck, self.wish = False, float("inf")

    def give_up(self) -> None:
        """What was to leave is taken back."""
        self.stuck, self.wish = True, float("inf")

    def watch(self, now: float, *, waiting: bool) -> None:
        """`waiting`: bytes are to leave."""
        if self.stuck or not waiting:
            self.wish = float("inf")
        elif now >= self.wish:
            self.give_up()
        elif self.wish == float("inf"):
            self.wish = now + STUCK_S
