"""The guest's display at the till (CD5220): two lines of text, of which the last said ones stand."""

from __future__ import annotations

import logging
from typing import ClassVar

from firmware_bridge.drivers.driver import Command, Driver, Surroundings
from firmware_bridge.drivers.line_display import CHARSETS, ROWS, LineDisplay, texts_in
from gateway.contract.messages import DeviceCommand

log = logging.getLogger(__name__)


class PoleDisplay(Driver):
    """Takes `text` with `lines`, and `clear`. It says nothing, so an open line is all that is known of it."""

    options: ClassVar = {"charset": CHARSETS}

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._display = LineDisplay(self.option("charset"))

    def connected(self, now: float) -> None:
        self._display.connected()

    def disconnected(self, now: float, reason: str) -> None:
        self._display.disconnected()

    def outgoing(self) -> bytes:
        return self._display.outgoing()

    def sent(self, count: int, now: float) -> None:
        self._display.sent(count, now)

    def take(self, command: Command) -> None:
        lines: list[str] | None = [] if command.op == "clear" else None
        if isinstance(command, DeviceCommand) and command.op == "text":
            lines = texts_in(command.args, "lines", ROWS)
        if lines is None:
            log.warning("%s: not a command for a display: %.200s", self.name, command)
            return
        self._display.show(tuple(lines))

    def step(self, now: float) -> float:
        return self._display.step(now)
