"""One label on its way to a printer, and what was seen of it."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.tspl import LabelStatus

LONGEST_S = 60.0
"""150 mm at the slowest take 6 s; one that prints for so long prints something else, or says so for ever."""


@dataclass
class LabelSending:
    """`left` counts bytes that the line has taken; `proves`: the printer was seen ready before, and owes nothing.

    `printing`: it was seen printing. `held`: the obstacle of now; `broken`: the first one since the label began, after
    which nothing that the printer does can be told from the feed of a new roll.
    """

    data: bytes
    patience: float
    deadline: float
    proves: bool
    left: int = 0
    whole_at: float = 0.0
    drained: float = 0.0
    held: str = ""
    printing: bool = False
    broken: str = ""
    clears: int = 0
    clear_at: float = 0.0

    @property
    def untouched(self) -> bool:
        return not self.left

    @property
    def whole(self) -> bool:
        return self.left >= len(self.data)

    def see(self, status: LabelStatus, now: float) -> None:
        """What an answer says of it, once all of it has left."""
        self.deadline = min(now + self.patience, self.whole_at + LONGEST_S)
        obstacle = status.blocked
        if obstacle:
            self.broken = self.broken or obstacle
            self.held, self.clears = obstacle, 0
            self.whole_at = now  # no time runs while a person is wanted
            self.deadline = now + self.patience
            return
        if self.held:
            self.held, self.drained = "", now
        if status.printing:
            self.printing, self.clears = True, 0
            return
        self.clears, self.clear_at = self.clears + 1, now
