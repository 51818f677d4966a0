"""What every driver of a printer does with its jobs: one at a time, each with one end. How a paper is spoken to the
printer, and what proves it, is the conversation's (`escpos_printer.py`, `tspl_printer.py`)."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from firmware_bridge.drivers.driver import Command, Driver, Surroundings
from firmware_bridge.drivers.sending import Outcome
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import Body
from firmware_bridge.print_jobs import Job, PrintJobs
from gateway.contract.messages import PrintCommand

log = logging.getLogger(__name__)


class Speaker(Protocol):
    """Whoever has the line."""

    def receive(self, data: bytes, now: float) -> None: ...
    def outgoing(self) -> bytes: ...
    def sent(self, count: int, now: float) -> None: ...


class OnItsWay(Protocol):
    """A paper of which bytes may have left: `left` of them have, `held` is why the printer keeps it."""

    data: bytes
    left: int
    held: str

    @property
    def untouched(self) -> bool: ...


class Conversation(Speaker, Protocol):
    """One printer, and the one paper on its way. Times are monotonic seconds."""

    awaited: bool

    @property
    def stuck(self) -> bool: ...
    @property
    def sending(self) -> OnItsWay | None: ...
    @property
    def blocked(self) -> str | None: ...
    def connected(self, now: float) -> None: ...
    def disconnected(self) -> None: ...
    def ready(self, now: float) -> bool: ...
    def fresh(self, now: float) -> bool: ...
    def ask_now(self, now: float) -> None: ...
    def outcome(self, now: float) -> Outcome | None: ...
    def step(self, now: float) -> float: ...


P = TypeVar("P", bound=Conversation)


class PaperDriver(Driver, ABC, Generic[P]):
    """Starts, watches and ends papers. A kind of printer says what its conversation is (`converse`), what bytes a job
    is (`encode`, `deed`), how they begin (`begin`) and what has proven them (`proof`). Raises JournalError from `step`:
    then nothing may be sent any more."""

    printer: ClassVar[bool] = True

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self.desired = given.desired
        self._jobs = PrintJobs(self.name, given.journal, lambda result: given.outlet.result(self.name, result))
        self._printer = self.converse(unsettled=self._jobs.unsettled)
        self._connected = False
        self._retired = False
        self._unacknowledged: int | None = None

    # --- what a kind of printer says ---

    @abstractmethod
    def converse(self, *, unsettled: bool) -> P:
        """A new conversation. `unsettled`: bytes were sent before of which nobody knows what became."""

    @abstractmethod
    def encode(self, job: Job) -> Body:
        """A paper's bytes. Raises UnprintableError."""

    def deed(self, job: Job) -> Body | None:
        """A drawer's or a buzzer's bytes; None where it does not hang on this printer."""
        return None

    def may_begin(self, job: Job, now: float) -> bool:
        return self._printer.ready(now)

    @abstractmethod
    def begin(self, job: Job, body: Body, now: float) -> None:
        """The first byte may leave."""

    @abstractmethod
    def proof(self, outcome: Outcome) -> dict[str, Any]:
        """What a paper that was printed is proven by, as evidence."""

    @property
    def speaker(self) -> Speaker:
        return self._printer

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
        if sending.untouched:
            self._jobs.take_back(job, "offline")
            return
        evidence = {"bytes": sending.left, "of": len(sending.data)}
        if self._unacknowledged is not None:
            evidence["unacknowledged"] = self._unacknowledged
        self._jobs.finish(job, "UNKNOWN", reason, evidence, sending.left)

    def receive(self, data: bytes, now: float) -> None:
        self.speaker.receive(data, now)

    def outgoing(self) -> bytes:
        return self.speaker.outgoing()

    def sent(self, count: int, now: float) -> None:
        self.speaker.sent(count, now)

    # --- its jobs ---

    def take(self, command: Command) -> None:
        if isinstance(command, PrintCommand):
            self._jobs.take(command)
        else:
            super().take(command)

    def step(self, now: float) -> float:
        wish = self._printer.step(now)
        ended = self._watch(now)
        due = self._jobs.look(now)
        match self._advance(now):
            case "over":
                return now
            case "changed":
                wish = self._printer.step(now)
        return now if ended else min(wish, due)

    def retire(self) -> None:
        self._retired = True

    @property
    def idle(self) -> bool:
        return self._printer.sending is None

    def close(self) -> None:
        """A paper that is still on its way ends as UNKNOWN."""
        if self._printer.sending is not None:
            self._jobs.abandon(self._printer.sending.left)

    def _advance(self, now: float) -> Literal["", "changed", "over"]:
        """Start a paper where that is due. `changed`: the printer has something else to do than before; `over`: the job
        has ended without a byte, so that the next need not wait."""
        job = None if self._retired else self._jobs.next()
        before, self._printer.awaited = self._printer.awaited, job is not None
        if job is None or self._printer.sending is not None:
            return "" if self._printer.awaited == before else "changed"
        body = self._body(job)
        if body is None:
            return "over"
        if not self._connected:
            self._jobs.wait(job, "offline")
        elif self.may_begin(job, now):
            self._jobs.mark_sending(job, len(body.data))
            self.begin(job, body, now)
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

    def _body(self, job: Job) -> Body | None:
        """None of a job that can be no bytes here: that was its end."""
        if job.body is not None:
            return job.body
        if job.is_deed:
            job.body = self.deed(job)
            if job.body is None:
                self._jobs.give_up(job, "not_there")
            return job.body
        try:
            job.body = self.encode(job)
        except UnprintableError as error:
            log.error("%s: job %s: %s", self.name, job.key, error)
            self._jobs.refuse(job, "unprintable")
            return None
        if job.body.missing:
            log.warning("%s: job %s: not in the font: %s", self.name, job.key, job.body.missing)
        return job.body

    def _watch(self, now: float) -> bool:
        """How the paper on its way fares; whether it has ended, so that the next need not wait."""
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
        evidence: dict[str, Any] = {"bytes": sending.left}
        if outcome.state == "PRINTED":
            evidence |= self.proof(outcome)
        if job.body is not None and job.body.missing:
            evidence["missing"] = "".join(job.body.missing)
        self._jobs.finish(job, outcome.state, outcome.reason, evidence, sending.left)
        return True
