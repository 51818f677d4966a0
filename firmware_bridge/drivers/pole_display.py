"""The guest's display at the till (CD5220): two lines of text, of which the last said ones stand."""

from __future__ import annotations

import logging

from firmware_bridge.drivers.driver import Command
from firmware_bridge.drivers.line_display import ROWS, LineDisplayDriver, texts_in
from gateway.contract.messages import DeviceCommand

log = logging.getLogger(__name__)


class PoleDisplay(LineDisplayDriver):
    """Takes `text` with `lines`, and `clear`."""

    def take(self, command: Command) -> None:
        lines: list[str] | None = [] if command.op == "clear" else None
        if isinstance(command, DeviceCommand) and command.op == "text":
            lines = texts_in(command.args, "lines", ROWS)
        if lines is None:
            log.warning("%s: not a command for a display: %.40r", self.name, command.op)
            return
        self._display.show(tuple(lines))
