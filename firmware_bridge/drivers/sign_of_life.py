"""Whether a device that is no printer lives: it shows something harmless, and what it says is heard. No I/O.

For any driver: a scanner or a scale is listened to, a display or a board shows its sign as `Driver.show_sign` knows it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from firmware_bridge.drivers.driver import Driver, Outlet, Probe
from gateway.contract.messages import DeviceEvent, DeviceState, PrintResult

SHOWS_S = 5.0
"""Long enough to walk around the till and look."""
LISTENS_S = 10.0
"""Long enough to take a bottle and scan it, or to put it on the scale."""
MOST_TOLD = 10
MOST_TOLD_BYTES = 32 * 1024
"""As JSON. A code has 4 KB, of quotes twice as many; the answer with all else in it must fit into one message, half of
which is left for that."""


class SignOfLife:
    """Stands between a driver and its outlet: everything goes through, and while a test runs it is noted too."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._asked: Probe | None = None
        self._ends_at = 0.0
        self._shows = False
        self._told: list[dict[str, Any]] = []
        self._told_bytes = 0

    def result(self, printer: str, result: PrintResult) -> None:
        self._outlet.result(printer, result)

    def state(self, device: str, state: DeviceState) -> None:
        self._outlet.state(device, state)

    def event(self, device: str, event: DeviceEvent) -> None:
        if self._asked is not None and len(self._told) < MOST_TOLD:
            told = {"kind": event.kind, "facts": event.facts}
            size = len(msgspec.json.encode(told))
            if self._told_bytes + size <= MOST_TOLD_BYTES:
                self._told.append(told)
                self._told_bytes += size
        self._outlet.event(device, event)

    def begin(self, asked: Probe, driver: Driver, now: float, *, connected: bool) -> None:
        reason = "not_possible" if driver.printer else "" if connected else "offline"
        if reason or self._asked is not None:
            asked.refuse(reason or "busy")
            return
        self._asked, self._told, self._told_bytes = asked, [], 0
        self._shows = driver.show_sign(True)
        self._ends_at = now + (SHOWS_S if self._shows else LISTENS_S)

    def step(self, driver: Driver, now: float, *, connected: bool) -> float:
        """Returns when it next wants to run."""
        if self._asked is None:
            return float("inf")
        if connected and now < self._ends_at:
            return self._ends_at
        self._end(driver, connected=connected)
        return now

    def give_up(self, driver: Driver) -> None:
        """The device is given up by the bridge."""
        if self._asked is not None:
            self._end(driver, connected=False, reason="restarted")

    def _end(self, driver: Driver, *, connected: bool, reason: str = "offline") -> None:
        asked, self._asked = self._asked, None
        if self._shows:
            driver.show_sign(False)
        if asked is None:
            return
        if not connected:
            asked.refuse(reason)
            return
        model, firmware = driver.identity()
        status, reasons = driver.condition() or ("unknown", [])
        found: dict[str, Any] = {"status": status, "reasons": reasons, "showed": self._shows, "told": self._told}
        found |= {"model": model, "firmware": firmware, "has": driver.abilities()} if model else {}
        asked.answer(found)
