"""The board that shows guests whose order is ready: pick-up numbers on a two-line display (CD5220), page after page."""

from __future__ import annotations

import logging

from firmware_bridge.charset import printable
from firmware_bridge.drivers.driver import Command, Surroundings
from firmware_bridge.drivers.line_display import CELLS, ROWS, LineDisplayDriver, Picture, encoded, texts_in
from gateway.contract.messages import DeviceCommand

log = logging.getLogger(__name__)

MOST_NUMBERS = 60
"""Six pages of ten: a guest waits half a minute for the own one. Who is further behind is not shown."""
PAGE_S = 5.0
"""A page of ten numbers is read in about three seconds."""


def pages_of(numbers: list[str], charset: str) -> list[Picture]:
    """The numbers in their order, as many a page as fit; at least one page, which may be empty."""
    lines: list[str] = []
    for number in numbers:
        longer = f"{lines[-1]} {number}" if lines else number
        if lines and sum(map(len, encoded(longer, charset))) <= CELLS:
            lines[-1] = longer
        else:
            lines.append(number)
    return [tuple(lines[at : at + ROWS]) for at in range(0, len(lines), ROWS)] or [()]


class ReadyBoard(LineDisplayDriver):
    """Takes `numbers` with `ready`, in the order in which they shall stand; an empty list empties the board."""

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._pages: list[Picture] = [()]
        self._page = 0
        self._turn_at: float | None = None

    def take(self, command: Command) -> None:
        numbers = None
        if isinstance(command, DeviceCommand) and command.op == "numbers":
            numbers = texts_in(command.args, "ready", MOST_NUMBERS)
        if numbers is None:
            log.warning("%s: not a command for a ready board: %.40r", self.name, command.op)
            return
        pages = pages_of([cut for number in numbers if (cut := printable(number)[:CELLS])], self.option("charset"))
        if pages != self._pages:
            self._pages, self._page, self._turn_at = pages, 0, None
            self._display.show(pages[0])

    def step(self, now: float) -> float:
        if len(self._pages) == 1:
            return super().step(now)
        if self._turn_at is None:
            self._turn_at = now + PAGE_S
        elif now >= self._turn_at:
            self._page = (self._page + 1) % len(self._pages)
            self._turn_at = now + PAGE_S
            self._display.show(self._pages[self._page])
        return min(self._turn_at, super().step(now))
