"""One device and its only owner: the port, the conversation with it, and what people are told.

`Device.step(now)` does what is due and says when it next wants to run; a thread of its own is only the
motor (`assembly.DeviceThread`). Nobody else touches the port.
"""

from __future__ import annotations

import logging
import secrets
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from firmware_bridge.bell import Bell
from firmware_bridge.config import problems_of
from firmware_bridge.drivers.driver import Command, Outlet, Probe, Surroundings, line_down
from firmware_bridge.drivers.sign_of_life import SignOfLife
from firmware_bridge.drivers.table import DRIVERS
from firmware_bridge.errors import ConfigError, PortError
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.journal import Journal
from firmware_bridge.ports.tcp_port import SCHEME
from firmware_bridge.replaced import Replaced
from gateway.contract.messages import DeviceDesired, DeviceState

log = logging.getLogger(__name__)

BACK_OFF_FIRST_S = 0.5
BACK_OFF_MOST_S = 2.0
"""A device that is plugged in again is used within 5 s: one wait and the first questions stay below that."""
MOST_COMMANDS = 64
"""Handed over by the broker's thread; the gateway repeats what is dropped after 5 s."""
HELD_LOOK_S = 0.2
"""Nothing tells when a line that holds back goes on."""
SLICES_A_STEP = 16
"""4 KiB, then the reader has its turn."""
READS_A_STEP = 4


class Line(Protocol):
    """What a device needs of a port; see ports/. `moved_to`: HOST:PORT of a network device that was found where its
    settings do not say, else empty."""

    moved_to: str

    def fileno(self) -> int: ...
    def held(self) -> bool: ...
    def write(self, data: bytes) -> int: ...
    def read(self) -> bytes: ...
    def close(self) -> None: ...


OpenLine = Callable[[str, int], Line]


class Device:
    """A device as the store wants it. `bridge` is this bridge's name, `stamp` gives RFC 3339 for people.

    Raises ConfigError when the wish cannot be built.
    """

    def __init__(
        self,
        desired: DeviceDesired,
        bridge: str,
        journal: Journal,
        outlet: Outlet,
        open_line: OpenLine,
        bar_codes: BarCodeBytes,
        stamp: Callable[[], str],
        random: Callable[[int], int] = secrets.randbits,
    ) -> None:
        problems = problems_of(desired)
        if problems:
            raise ConfigError(problems)
        self.desired = desired
        self._bridge = bridge
        self._outlet = outlet
        self._open_line = open_line
        self._stamp = stamp
        self._replaced = Replaced(desired, journal, outlet)
        self._sign = SignOfLife(self._replaced)
        self._driver = DRIVERS[desired.driver](Surroundings(desired, journal, self._sign, bar_codes, random))
        self._commands: deque[Command | Probe] = deque(maxlen=MOST_COMMANDS)
        self._line: Line | None = None
        self._line_problem = ""
        self._open_at = 0.0
        self._back_off = BACK_OFF_FIRST_S
        self._state: DeviceState | None = None
        self._state_lock = threading.Lock()
        self._bell = Bell()

    # --- called from other threads ---

    def offer(self, command: Command | Probe) -> None:
        self._commands.append(command)
        self.wake()

    def wake(self) -> None:
        self._bell.ring()

    def ports(self) -> list[str]:
        """As in the settings, and where it is now if that is elsewhere."""
        state = self.state()
        return [self.desired.port, *([f"{SCHEME}{state.address}"] if state is not None and state.address else [])]

    def state(self) -> DeviceState | None:
        """As last told; told again by the broker after every reconnect."""
        with self._state_lock:
            return self._state

    # --- called by the device's own thread ---

    def wait(self, seconds: float | None) -> None:
        """Until the line speaks, the bell rings, the line takes bytes again, or the time is over."""
        waiting = select.poll()
        waiting.register(self._bell.fileno(), select.POLLIN)
        if self._line is not None:
            wants = select.POLLOUT if self._driver.outgoing() else 0
            if wants and self._line.held():
                wants, seconds = 0, HELD_LOOK_S if seconds is None else min(seconds, HELD_LOOK_S)
            waiting.register(self._line.fileno(), select.POLLIN | wants)
        waiting.poll(None if seconds is None else max(0.0, seconds) * 1000)
        self._bell.hush()

    def retire(self) -> None:
        """Begin nothing more. What is under way may end; `idle` says when."""
        self._driver.retire()
        self.wake()

    @property
    def idle(self) -> bool:
        return self._driver.idle

    def close(self) -> None:
        """Gives the port back; what is still under way ends as it must."""
        self._sign.give_up(self._driver)
        self._driver.close()
        if self._line is not None:
            self._line.close()
            self._line = None
        self._bell.close()

    def step(self, now: float) -> float | None:
        """Do what is due. Returns monotonic seconds of the next wish, None until woken.

        Raises JournalError: then nothing may be sent any more and the process must end.
        """
        self._keep_line(now)
        self._listen(now)
        while self._commands:
            command = self._commands.popleft()
            if isinstance(command, Probe) and command.sign:
                self._sign.begin(command, self._driver, now, connected=self._line is not None)
            elif isinstance(command, Probe):
                self._driver.probe(command)
            else:
                self._replaced.took(command)
                self._driver.take(command)
        wish = self._driver.step(now)
        if self._speak(now):
            wish = self._driver.step(now)
        wish = min(wish, self._sign.step(self._driver, now, connected=self._line is not None))
        self._tell_state()
        if self._line is None:  # a wish of now is for the line; one of later may be the time that a drawer has
            return min(self._open_at, wish) if wish > now else self._open_at
        return wish

    # --- the line ---

    def _keep_line(self, now: float) -> None:
        if self._line is not None or now < self._open_at:
            return
        try:
            self._line = self._open_line(self.desired.port, self.desired.baud)
        except PortError as error:
            if error.reason != self._line_problem:
                log.warning("%s: %s", self.desired.name, error)
            self._line_problem = error.reason
            self._open_at = now + self._back_off
            self._back_off = min(self._back_off * 2, BACK_OFF_MOST_S)
            return
        log.info("%s: %s is open", self.desired.name, self.desired.port)
        self._line_problem = ""
        self._back_off = BACK_OFF_FIRST_S
        self._replaced.look()
        self._driver.connected(now)

    def _lose_line(self, error: PortError, now: float) -> None:
        log.warning("%s: %s", self.desired.name, error)
        if self._line is not None:
            self._line.close()
        self._line = None
        self._line_problem = error.reason
        if error.unacknowledged is not None:
            self._driver.unacknowledged(error.unacknowledged)
        self._open_at = now + self._back_off
        self._driver.disconnected(now, error.reason)

    def _listen(self, now: float) -> None:
        try:
            for _ in range(READS_A_STEP):
                data = self._line.read() if self._line is not None else b""
                if not data:
                    break
                self._driver.receive(data, now)
        except PortError as error:
            self._lose_line(error, now)

    def _speak(self, now: float) -> bool:
        """Whether the driver must look again: bytes have left, or the line is gone."""
        left = False
        try:
            for _ in range(SLICES_A_STEP):
                data = self._driver.outgoing()
                count = self._line.write(data) if self._line is not None and data else 0
                if not count:
                    break
                self._driver.sent(count, now)
                left = True
        except PortError as error:
            self._lose_line(error, now)
            return True
        return left

    # --- what people are told ---

    def _tell_state(self) -> None:
        told = self._state
        said = None if self._line is None else self._driver.condition()
        address = ""
        if self._line is None:
            status, reasons = line_down(self._line_problem)
        elif said is not None:
            status, reasons = said
            address = self._line.moved_to
        elif told is not None:
            status, reasons, address = told.status, [each for each in told.reasons if each != "replaced"], told.address
        else:
            status, reasons = line_down("")
        if address and said is not None:
            status, reasons = "degraded" if status == "online" else status, [*reasons, "moved"]
        if self._driver.printer and self._replaced.told:  # others have no test slip that could end it
            status, reasons = "degraded" if status == "online" else status, [*reasons, "replaced"]
        model, firmware = self._driver.identity()
        now = (status, reasons, model, firmware, address)
        if told is not None and (told.status, told.reasons, told.model, told.firmware, told.address) == now:
            return
        state = DeviceState(
            status, self._bridge, self.desired.driver, model, firmware, address, reasons, since=self._stamp()
        )
        with self._state_lock:
            self._state = state
        self._outlet.state(self.desired.name, state)
