"""A label printer that speaks TSPL: its labels, one at a time, over the conversation in `tspl_printer.py`.

Commands, the status byte and what follows from it come from the project's device notes (TSC's TSPL manuals, Gprinter's
tables) and were tried on our own virtual label printer only: nothing here has met real hardware.
"""

from __future__ import annotations

import logging
from typing import ClassVar

from firmware_bridge import tspl
from firmware_bridge.drivers.driver import Command, Condition, Driver, Surroundings
from firmware_bridge.drivers.tspl_printer import TsplPrinter
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import Body, raster_room
from firmware_bridge.label import GAPS, HEIGHTS, WIDTHS, LabelSize
from firmware_bridge.layout import label
from firmware_bridge.print_jobs import Job, PrintJobs
from gateway.contract.messages import DeviceDesired, PrintCommand

log = logging.getLogger(__name__)


def _first(usual: int, all_of: range) -> tuple[str, ...]:
    return (str(usual), *(str(each) for each in all_of if each != usual))


class LabelPrinterDriver(Driver):
    """Starts, watches and ends labels. Raises JournalError from `step`: then nothing may be sent any more."""

    printer: ClassVar[bool] = True
    options: ClassVar = {
        "width_mm": _first(40, WIDTHS), "height_mm": _first(30, HEIGHTS), "gap_mm": _first(2, GAPS),
    }  # fmt: skip

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._jobs = PrintJobs(self.name, given.journal, lambda result: given.outlet.result(self.name, result))
        self._printer = TsplPrinter(
            given.desired.baud, answers=given.desired.fence != "none", unsettled=self._jobs.clean_first
        )
        self._size = LabelSize(*(int(self.option(name)) for name in ("width_mm", "height_mm", "gap_mm")))
        self._connected = False
        self._retired = False
        self._unacknowledged: int | None = None

    @staticmethod
    def problems(desired: DeviceDesired) -> list[str]:
        if desired.encoding != tspl.ENCODING:
            return [f"encoding {desired.encoding} is not supported by label printers yet; use {tspl.ENCODING}"]
        return []

    # --- the line ---

    def connected(self, now: float) -> None:
        self._connected = True
        self._unacknowledged = None
        self._printer.connected(now)

    def unacknowledged(self, count: int) -> None:
        self._unacknowledged = count

    def disconnected(self, now: float, reason: str) -> None:
        sending, job = self._printer.sending, self._jobs.current
        self._connected = False
        self._printer.disconnected()
        if job is None or sending is None:
            return
        if sending.left:
            evidence = {"bytes": sending.left, "of": len(sending.data)}
            if self._unacknowledged is not None:
                evidence["unacknowledged"] = self._unacknowledged
            self._jobs.finish(job, "UNKNOWN", reason, evidence, sending.left)
        else:
            self._jobs.take_back(job, "offline")

    def receive(self, data: bytes, now: float) -> None:
        self._printer.receive(data, now)

    def outgoing(self) -> bytes:
        return self._printer.outgoing()

    def sent(self, count: int, now: float) -> None:
        self._printer.sent(count, now)

    # --- its jobs ---

    def take(self, command: Command) -> None:
        if isinstance(command, PrintCommand):
            self._jobs.take(command)
        else:
            super().take(command)

    def step(self, now: float) -> float:
        self._printer.step(now)
        ended = self._watch(now)
        due = self._jobs.look(now)
        refused = self._advance(now)
        return now if ended or refused else min(due, self._printer.step(now))

    def condition(self) -> Condition | None:
        printer = self._printer
        if printer.stuck and printer.blocked is None:
            return "offline", ["offline"]
        if self.given.desired.fence == "none":
            return "online", []
        if printer.silent:
            return "unknown", ["no_answer"]
        if not printer.known:
            return None
        return ("blocked", [printer.blocked]) if printer.blocked else ("online", [])

    def retire(self) -> None:
        self._retired = True

    @property
    def idle(self) -> bool:
        return self._printer.sending is None

    def close(self) -> None:
        """A label that is still on its way ends as UNKNOWN."""
        if self._printer.sending is not None:
            self._jobs.abandon(self._printer.sending.left)

    def _advance(self, now: float) -> bool:
        """Start a label where that is due; whether it cannot be one, so that the next need not wait."""
        job = None if self._retired else self._jobs.next()
        self._printer.awaited = job is not None
        if job is None or self._printer.sending is not None:
            return False
        if job.is_deed:
            self._jobs.give_up(job, "not_there")  # no drawer and no buzzer hangs on a label printer
            return True
        body = self._body(job)
        if body is None:
            return True
        if not self._connected:
            self._jobs.wait(job, "offline")
        elif self._printer.ready(now):
            self._jobs.mark_sending(job, len(body.data))
            self._printer.begin(body, now)
        else:
            obstacle = self._printer.blocked or ("offline" if self._printer.stuck else "")
            if obstacle:
                self._jobs.wait(job, obstacle)
            if not self._printer.fresh(now):
                self._printer.ask_now(now)
        return False

    def _body(self, job: Job) -> Body | None:
        """None of a paper that can be no label: that is its end."""
        if job.body is None:
            room = raster_room(self.given.desired.port, self.given.desired.baud)
            try:
                job.body = tspl.encode(label(job.slip, self._size, tspl.ENCODING, job.copy), self._size, room)
            except UnprintableError as error:
                log.error("%s: job %s: %s", self.name, job.key, error)
                self._jobs.refuse(job, "unprintable")
                return None
            if job.body.missing:
                log.warning("%s: job %s: not in the font: %s", self.name, job.key, job.body.missing)
        return job.body

    def _watch(self, now: float) -> bool:
        """How the label on its way fares; whether it has ended, so that the next need not wait."""
        job, sending = self._jobs.current, self._printer.sending
        if job is None or sending is None:
            return False
        outcome = self._printer.outcome(now)
        if outcome is None:
            if sending.held:
                self._jobs.wait(job, sending.held)
            elif sending.left:
                self._jobs.under_way(job)
            return False
        if outcome.state == "WAITING":
            self._jobs.take_back(job, outcome.reason)
            return False
        evidence: dict[str, object] = {"bytes": sending.left}
        if outcome.state == "PRINTED":
            evidence |= {"status": outcome.answer}
        if job.body is not None and job.body.missing:
            evidence["missing"] = "".join(job.body.missing)
        self._jobs.finish(job, outcome.state, outcome.reason, evidence, sending.left)
        return True
