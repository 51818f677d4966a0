"""A printer: its jobs, one at a time, over the conversation in `escpos_printer.py`."""

from __future__ import annotations

import logging
from typing import ClassVar, Literal

from firmware_bridge.charset import ENCODINGS
from firmware_bridge.drivers.condition import condition_of
from firmware_bridge.drivers.driver import Command, Condition, Driver, Probe, Surroundings
from firmware_bridge.drivers.escpos_printer import EscposPrinter
from firmware_bridge.drivers.probe_turn import ProbeTurn
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import Body, encode, raster_room
from firmware_bridge.layout import layout
from firmware_bridge.page import FEWEST_COLUMNS, MOST_COLUMNS
from firmware_bridge.print_jobs import HEARD_S, Job, PrintJobs
from firmware_bridge.pulses import BUZZERS, DRAWERS, pulse
from gateway.contract.messages import DeviceDesired, PrintCommand

log = logging.getLogger(__name__)

MARK_BITS = 20
"""Four figures or letters make 1.7 million marks."""


class PrinterDriver(Driver):
    """Starts, watches and ends slips. Raises JournalError from `step`: then nothing may be sent any more."""

    printer: ClassVar[bool] = True
    options: ClassVar = {
        "qr": ("native", "drawn"),
        "drawer": ("none", *DRAWERS),
        "buzzer": ("none", *BUZZERS),
    }
    texts: ClassVar = frozenset({"model"})

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self.desired = given.desired
        self._jobs = PrintJobs(self.name, given.journal, lambda result: given.outlet.result(self.name, result))
        self._printer = EscposPrinter(
            self.desired.baud, self.desired.fence, given.random(MARK_BITS), unsettled=self._jobs.unsettled
        )
        self._probe = ProbeTurn(given, self.option("qr"))
        self._connected = False
        self._retired = False
        self._unacknowledged: int | None = None

    @staticmethod
    def problems(desired: DeviceDesired) -> list[str]:
        problems = []
        if desired.encoding not in ENCODINGS:
            problems.append(f"encoding {desired.encoding} is not supported yet; use {' or '.join(ENCODINGS)}")
        if not FEWEST_COLUMNS <= desired.columns <= MOST_COLUMNS:
            problems.append(f"columns {desired.columns} is not between {FEWEST_COLUMNS} and {MOST_COLUMNS}")
        return problems

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
        if self._probe.under_way:
            self._probe.give_up("offline")
            self._begin_anew()
        self._printer.disconnected()
        if job is None or sending is None:
            return
        if not sending.untouched:
            evidence = {"bytes": sending.left, "of": len(sending.data)}
            if self._unacknowledged is not None:
                evidence["unacknowledged"] = self._unacknowledged
            self._jobs.finish(job, "UNKNOWN", reason, evidence, sending.left)
        else:
            self._jobs.take_back(job, "offline")

    def receive(self, data: bytes, now: float) -> None:
        (self._probe.talk or self._printer).receive(data, now)

    def outgoing(self) -> bytes:
        return (self._probe.talk or self._printer).outgoing()

    def sent(self, count: int, now: float) -> None:
        (self._probe.talk or self._printer).sent(count, now)

    # --- its jobs ---

    def take(self, command: Command) -> None:
        if isinstance(command, PrintCommand):
            self._jobs.take(command)
        else:
            super().take(command)

    def probe(self, probe: Probe) -> None:
        if self._retired:
            probe.refuse("restarted")
        else:
            self._probe.want(probe)

    def step(self, now: float) -> float:
        if self._probe.under_way:
            wish = self._probe.step(now)
            if self._probe.under_way:
                return min(wish, self._jobs.look(now))
            self._begin_anew()
            self._printer.connected(now)
        wish = self._printer.step(now)
        ended = self._watch(now)
        due = self._jobs.look(now)
        if self._probe.wanted:
            wish = min(due, self._probe.begin(self._printer, now, connected=self._connected))
            return now if ended else min(wish, self._printer.step(now))
        match self._advance(now):
            case "refused":
                return now
            case "changed":
                wish = self._printer.step(now)
        return now if ended else min(wish, due)

    def _begin_anew(self) -> None:
        """After a probe: no answer to it, however late, proves a slip, and what it may have left is cut off."""
        self._jobs.look_at_paper()
        self._printer = EscposPrinter(
            self.desired.baud, self.desired.fence, self.given.random(MARK_BITS), unsettled=True
        )

    def condition(self) -> Condition | None:
        return condition_of(self._printer)

    def retire(self) -> None:
        self._retired = True

    @property
    def idle(self) -> bool:
        return self._printer.sending is None and not self._probe.under_way

    def close(self) -> None:
        """A slip that is still on its way ends as UNKNOWN."""
        self._probe.give_up("restarted")
        if self._printer.sending is not None:
            self._jobs.abandon(self._printer.sending.left)

    def _advance(self, now: float) -> Literal["", "changed", "refused"]:
        """Start a slip where that is due. `changed`: the printer has something else to do than before; `refused`: the
        job can be no slip, so that the next need not wait."""
        job = None if self._retired else self._jobs.next()
        self._printer.awaited = job is not None
        if job is None or self._printer.sending is not None:
            return ""
        body = self._deed(job) if job.is_deed else self._body(job)
        if body is None:
            return "refused"
        if not self._connected:
            self._jobs.wait(job, "offline")
        elif self._printer.ready(now) and (not job.is_deed or self._asked_for(job, now)):
            self._jobs.mark_sending(job, len(body.data))
            clean_first = self._jobs.clean_first and not job.is_deed
            self._printer.begin(body, now, clean_first=clean_first, paper=not job.is_deed)
        else:
            self._await(job, now)
        return "changed"

    def _await(self, job: Job, now: float) -> None:
        """It cannot start yet."""
        obstacle = self._printer.blocked or ("offline" if self._printer.stuck else "")
        if obstacle:
            self._jobs.wait(job, obstacle)
        if not self._printer.fresh(now):
            self._printer.ask_now(now)

    def _asked_for(self, job: Job, now: float) -> bool:
        """A printer without paper keeps a pulse and opens the drawer when somebody puts a roll in. So a drawer begins
        only when the printer said after it was wanted that it can."""
        if now < job.taken_at + HEARD_S:
            return False
        if not self._printer.asked_since(job.taken_at):
            self._printer.ask_now(now)
            return False
        return True

    def _deed(self, job: Job) -> Body | None:
        """None of what does not hang on this printer: that is its end."""
        if job.body is None:
            job.body = pulse(job.slip.kind, self.desired.options)
        if job.body is None:
            self._jobs.give_up(job, "not_there")
        return job.body

    def _body(self, job: Job) -> Body | None:
        """None of a slip that can be no bytes: that is its end."""
        if job.body is None:
            encoding = self.desired.encoding
            room = raster_room(self.desired.port, self.desired.baud)
            native_qr = self.option("qr") == "native"
            try:
                lines = layout(job.slip, self.desired.columns, encoding, job.copy)
                job.body = encode(
                    lines, self.desired.columns, encoding, self.given.bar_codes, room, native_qr=native_qr
                )
            except UnprintableError as error:
                log.error("%s: job %s: %s", self.name, job.key, error)
                self._jobs.refuse(job, "unprintable")
                return None
            if job.body.missing:
                log.warning("%s: job %s: not in the font: %s", self.name, job.key, job.body.missing)
        return job.body

    def _watch(self, now: float) -> bool:
        """How the slip on its way fares; whether it has ended, so that the next need not wait."""
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
            evidence |= {"fence": self.desired.fence, "answer": outcome.answer}
        if job.body is not None and job.body.missing:
            evidence["missing"] = "".join(job.body.missing)
        self._jobs.finish(job, outcome.state, outcome.reason, evidence, sending.left)
        return True
