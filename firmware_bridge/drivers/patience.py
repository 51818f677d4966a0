"""How long a paper on its way is waited for. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

SPARE_S = 3.0
LINES_PER_S = 15.0
"""Every thermal printer prints more. One that says nothing of itself is not waited for any longer."""
SLOWEST_ROWS_PER_S = 2.0
"""What an impact printer may make of a slip while it says that it is well: the TM-U220 prints 4.7 rows a second over 40
columns and pauses when its head is hot, the TM-U295 prints 2.1 (Epson's specifications). Given up too early, each of
its slips would be printed again."""


@dataclass
class Patience:
    """Times are monotonic seconds.

    `usual_s` after the last byte any thermal printer has answered. One that goes on saying that it is well may take
    `longest_s` after the newest byte or answer (`news_at`). At `end` it is over whatever the printer says: nobody waits
    for a drawer any longer.
    """

    usual_s: float
    longest_s: float
    by: float
    news_at: float = 0.0
    end: float = float("inf")

    def renew(self, now: float) -> None:
        """Something has moved."""
        self.by = now + self.usual_s

    def over(self, now: float, *, well: bool, share: float = 1.0) -> bool:
        """Whether nothing is hoped for any more. `well`: the printer says so, and has got something to print; `share`:
        how much of the paper is waited for."""
        if now >= self.end:
            return True
        return now >= self.by and not (well and now < self.news_at + SPARE_S + self.longest_s * share)

    def wish(self, now: float, *, held: bool) -> float:
        """When to look again. While the printer keeps the paper (`held`) no time runs but that of a drawer."""
        by = self.by if now < self.by else self.news_at + SPARE_S + self.longest_s
        return self.end if held else min(by, self.end)
