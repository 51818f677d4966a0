"""A printer in whose place another device answers now: that is told until a test slip has come out there, so that a
person has looked. No I/O but the journal's.
"""

from __future__ import annotations

from typing import Any

from firmware_bridge.drivers.driver import Outlet
from firmware_bridge.journal import Journal
from gateway.contract.messages import DeviceDesired, DeviceEvent, DeviceState, PrintCommand, PrintResult

OUT = ("PRINTED", "UNCONFIRMED")
"""A printer that cannot prove its slips is looked at all the same; after UNKNOWN nobody has seen any."""


class Replaced:
    """Stands between a device and its outlet: everything goes through. `told` says whether a person must look."""

    def __init__(self, desired: DeviceDesired, journal: Journal, outlet: Outlet) -> None:
        self._desired = desired
        self._journal = journal
        self._outlet = outlet
        self._test = ""
        self.told = False
        self.look()

    def look(self) -> None:
        """At the start, and whenever the line was opened: then it was decided who answers there."""
        self.told = self._journal.is_replaced(self._desired.name, self._desired.port)

    def took(self, command: Any) -> None:
        """What the store wants of the device."""
        if isinstance(command, PrintCommand) and command.slip is not None and command.slip.kind == "test":
            self._test = command.key

    def result(self, printer: str, result: PrintResult) -> None:
        if self.told and result.key == self._test and result.state in OUT:
            self._journal.seen_to(self._desired.name)
            self.told = False
        self._outlet.result(printer, result)

    def state(self, device: str, state: DeviceState) -> None:
        self._outlet.state(device, state)

    def event(self, device: str, event: DeviceEvent) -> None:
        self._outlet.event(device, event)
