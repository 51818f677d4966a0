"""One device and its only owner: the port, the conversation, the slip on its way, and what people are told.

`Device.step(now)` does what is due and says when it next wants to run; a thread of its own is only the
motor (`assembly.DeviceThread`). Nobody else touches the port.
"""

from __future__ import annotations

import logging
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from firmware_bridge.bell import Bell
from firmware_bridge.charset import Encoding
from firmware_bridge.config import problems_of
from firmware_bridge.drivers.condition import condition_of, line_down
from firmware_bridge.drivers.escpos_printer import EscposPrinter
from firmware_bridge.errors import ConfigError, PortError, UnprintableError
from firmware_bridge.escpos import BarCodeBytes, Body, encode
from firmware_bridge.journal import Journal
from firmware_bridge.layout import layout
from firmware_bridge.print_jobs import Job, PrintJobs
from gateway.contract.messages import DeviceDesired, DeviceState, PrintCommand, PrintResult

log = logging.getLogger(__name__)

BACK_OFF_FIRST_S = 0.5
BACK_OFF_MOST_S = 2.0
"""A device that is plugged in again is used within 5 s: one wait and the first questions stay below that."""
MOST_COMMANDS = 64
"""Handed over by the broker's thread; the gateway repeats what is dropped after 5 s."""
SLICES_A_STEP = 16
"""4 KiB, then the reader has its turn."""
READS_A_STEP = 4


class Line(Protocol):
    """What a device needs of a port; see port.Port."""

    def fileno(self) -> int: ...
    def write(self, data: bytes) -> int: ...
    def read(self) -> bytes: ...
    def close(self) -> None: ...


OpenLine = Callable[[str, int], Line]


class Outlet(Protocol):
    """Where a device tells its news; every call returns at once."""

    def result(self, printer: str, result: PrintResult) -> None: ...
    def state(self, device: str, state: DeviceState) -> None: ...


class Device:
    """A printer as the store wants it. `bridge` is this bridge's name, `stamp` gives RFC 3339 for people.

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
    ) -> None:
        problems = problems_of(desired)
        if problems:
            raise ConfigError(problems)
        self.desired = desired
        self._bridge = bridge
        self._outlet = outlet
        self._open_line = open_line
        self._bar_codes = bar_codes
        self._stamp = stamp
        self._printer = EscposPrinter(desired.baud, desired.fence)
        self._jobs = PrintJobs(desired.name, journal, lambda result: outlet.result(desired.name, result))
        self._commands: deque[PrintCommand] = deque(maxlen=MOST_COMMANDS)
        self._line: Line | None = None
        self._line_problem = ""
        self._open_at = 0.0
        self._back_off = BACK_OFF_FIRST_S
        self._retired = False
        self._state: DeviceState | None = None
        self._state_lock = threading.Lock()
        self._bell = Bell()

    # --- called from other threads ---

    def offer(self, command: PrintCommand) -> None:
        self._commands.append(command)
        self.wake()

    def wake(self) -> None:
        self._bell.ring()

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
            wants = select.POLLOUT if self._printer.outgoing() else 0
            waiting.register(self._line.fileno(), select.POLLIN | wants)
        waiting.poll(None if seconds is None else max(0.0, seconds) * 1000)
        self._bell.hush()

    def retire(self) -> None:
        """Begin no further slip. The one on its way may end; `idle` says when."""
        self._retired = True
        self.wake()

    @property
    def idle(self) -> bool:
        return self._printer.sending is None

    def close(self) -> None:
        """Gives the port back. A slip that is still on its way ends as UNKNOWN."""
        sending = self._printer.sending
        if sending is not None:
            self._jobs.abandon(sending.left)
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
            self._jobs.take(self._commands.popleft())
        wish = self._advance(now)
        self._speak(now)
        self._watch(now)
        self._tell_state()
        if self._line is None:
            return self._open_at
        return min(wish, self._printer.step(now))

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
        self._printer.connected(now)

    def _lose_line(self, error: PortError, now: float) -> None:
        log.warning("%s: %s", self.desired.name, error)
        sending, job = self._printer.sending, self._jobs.current
        if self._line is not None:
            self._line.close()
        self._line = None
        self._line_problem = error.reason
        self._open_at = now + self._back_off
        self._printer.disconnected()
        if job is None or sending is None:
            return
        if sending.left:
            evidence = {"bytes": sending.left, "of": len(sending.data)}
            self._jobs.finish(job, "UNKNOWN", "unplugged", evidence, sending.left)
        else:
            self._jobs.take_back(job, "offline")

    def _listen(self, now: float) -> None:
        try:
            for _ in range(READS_A_STEP):
                data = self._line.read() if self._line is not None else b""
                if not data:
                    break
                self._printer.receive(data, now)
        except PortError as error:
            self._lose_line(error, now)
        self._printer.step(now)

    def _speak(self, now: float) -> None:
        try:
            for _ in range(SLICES_A_STEP):
                data = self._printer.outgoing()
                count = self._line.write(data) if self._line is not None and data else 0
                if not count:
                    break
                self._printer.sent(count, now)
        except PortError as error:
            self._lose_line(error, now)

    # --- the slip ---

    def _advance(self, now: float) -> float:
        """Start or end a slip where that is due; returns when to look again."""
        job = None if self._retired else self._jobs.next()
        self._printer.awaited = job is not None
        if job is None:
            return float("inf")
        if self._printer.sending is None:
            return self._try_to_start(job, now)
        return float("inf")

    def _try_to_start(self, job: Job, now: float) -> float:
        if self._line is None:
            self._jobs.wait(job, "offline")
            return self._open_at
        body = self._body(job)
        if body is None:
            return float("inf")
        if not self._printer.ready(now):
            blocked = self._printer.status.blocked if self._printer.known else None
            if blocked and not self._printer.silent:
                self._jobs.wait(job, blocked)
            if not self._printer.fresh(now):
                self._printer.ask_now(now)
                self._printer.step(now)
            return float("inf")
        self._jobs.mark_sending(job, len(body.data))
        self._printer.begin(body, now, clean_first=self._jobs.clean_first)
        return float("inf")

    def _body(self, job: Job) -> Body | None:
        if job.body is None:
            encoding: Encoding = "gbk" if self.desired.encoding == "gbk" else "cp437"
            try:
                lines = layout(job.slip, self.desired.columns, encoding, job.copy)
                job.body = encode(lines, self.desired.columns, encoding, self._bar_codes)
            except UnprintableError as error:
                if job.reason != "unprintable":
                    log.error("%s: job %s: %s", self.desired.name, job.key, error)
                self._jobs.wait(job, "unprintable")
                return None
            if job.body.missing:
                log.warning("%s: job %s: not in the font: %s", self.desired.name, job.key, job.body.missing)
        return job.body

    def _watch(self, now: float) -> None:
        """How the slip on its way fares."""
        job, sending = self._jobs.current, self._printer.sending
        if job is None or sending is None:
            return
        outcome = self._printer.outcome(now)
        if outcome is None:
            if sending.held:
                self._jobs.wait(job, sending.held)
            elif sending.left:
                self._jobs.under_way(job)
        elif outcome.state == "WAITING":
            self._jobs.take_back(job, outcome.reason)
        else:
            evidence: dict[str, object] = {"bytes": sending.left}
            if outcome.state == "PRINTED":
                evidence |= {"fence": "gs_r", "answer": outcome.answer}
            if job.body is not None and job.body.missing:
                evidence["missing"] = "".join(job.body.missing)
            self._jobs.finish(job, outcome.state, outcome.reason, evidence, sending.left)
            self.wake()  # the next slip need not wait for the next poll

    # --- what people are told ---

    def _tell_state(self) -> None:
        told = self._state
        if self._line is None:
            status, reasons = line_down(self._line_problem)
        else:
            status, reasons = condition_of(self._printer) or (
                (told.status, told.reasons) if told is not None else line_down("")
            )
        if told is not None and (told.status, told.reasons) == (status, reasons):
            return
        state = DeviceState(
            status, self._bridge, driver=self.desired.driver, reasons=reasons, since=self._stamp()
        )
        with self._state_lock:
            self._state = state
        self._outlet.state(self.desired.name, state)
