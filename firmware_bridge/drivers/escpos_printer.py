"""The conversation with one ESC/POS printer: what it says of itself, and the one slip on its way. No I/O.

The owner hands in what was read and asks what shall be written; time is always given. A slip counts as
printed by one thing only: the printer's answer to the fence behind it, from a printer that then still
answers sensibly. Silence is never read as a status.
"""

from __future__ import annotations

from firmware_bridge import escpos
from firmware_bridge.drivers.fences import Fence, fenced
from firmware_bridge.drivers.former_answers import FormerAnswers
from firmware_bridge.drivers.patience import LINES_PER_S, SLOWEST_ROWS_PER_S, SPARE_S, Patience
from firmware_bridge.drivers.questions import Heard, Questions
from firmware_bridge.drivers.sending import Outcome, Sending
from firmware_bridge.drivers.stuck_line import StuckLine
from firmware_bridge.escpos import Body
from firmware_bridge.escpos_status import (
    AutoStatus,
    FenceAnswer,
    FenceEcho,
    PrinterStatus,
    RealTimeAnswer,
    Reason,
    StatusReader,
)

SETTLE_S = 0.05
"""After opening: what a former conversation left in the line is read and thrown away."""


class EscposPrinter:
    """One printer. Times are monotonic seconds; `baud` says how long bytes travel; `first_mark` is any number: marks
    count on from there, so that an answer of a former life fits none of this one's. `unsettled`: a former life sent it
    a slip that ended without proof."""

    def __init__(self, baud: int, fence: Fence, first_mark: int = 0, *, unsettled: bool = False) -> None:
        self._baud = baud
        self._fence: Fence = fence
        self._mark = first_mark
        self._out = bytearray()
        self._questions = Questions(self._out)
        self.sending: Sending | None = None
        self._former = FormerAnswers(expected=unsettled and fence == "gs_r")
        self.awaited = False
        """A slip waits for this printer to be well again: it is asked more often."""
        self.disconnected()

    # --- the line ---

    def connected(self, now: float) -> None:
        """A new line: nothing said before counts, and the first answer may be a late one of before."""
        self.disconnected()
        self._questions.due = now + SETTLE_S
        self._deaf_until = now + SETTLE_S

    def disconnected(self) -> None:
        self._reader = StatusReader()
        self._out.clear()
        self._questions.reset()
        self._deaf_until = 0.0
        self._line_free = 0.0
        self._former.disturb()
        self._rows_per_s = SLOWEST_ROWS_PER_S
        """What it surely makes, as far as it has shown: another one may stand there after a loss of the line."""
        self._line = StuckLine()
        self._unsettle()
        self.sending = None

    def outgoing(self) -> bytes:
        """What shall leave now. A question never stands inside a slip's commands: it could split one."""
        job = self.sending
        return job.data[job.left : job.open] if job is not None and self._slip_speaks(job) else bytes(self._out)

    def _slip_speaks(self, job: Sending) -> bool:
        return job.left < job.open and not (job.between and self._out)

    def sent(self, count: int, now: float) -> None:
        """`count` bytes of `outgoing` have left."""
        self._line.moved()
        self._line_free = max(self._line_free, now) + count * 10 / self._baud
        job = self.sending
        if job is None or not self._slip_speaks(job):
            del self._out[:count]
        else:
            job.left += count
            job.patience.renew(now)
            job.drained = job.patience.news_at = self._line_free
        self._questions.sent(now, self._line_free)

    def receive(self, data: bytes, now: float) -> None:
        if now < self._deaf_until:
            return
        for answer in self._reader.feed(data):
            match answer:
                case RealTimeAnswer(byte):
                    self._on_real_time(byte, now)
                case AutoStatus(four):
                    self._questions.know(PrinterStatus.from_auto(four), now)
                case FenceAnswer(byte):
                    self._on_fence(byte, now)
                case FenceEcho(mark):
                    self._on_echo(mark, now)
                case _:
                    self._mix()

    # --- its state ---

    @property
    def status(self) -> PrinterStatus:
        return self._questions.status

    @property
    def known(self) -> bool:
        return self._questions.known

    @property
    def silent(self) -> bool:
        """It has been asked more than once and says nothing sensible."""
        return self._questions.silent

    def well(self, now: float) -> bool:
        """It has just said that nothing is wrong."""
        return self.fresh(now) and self.blocked is None and not self.silent

    @property
    def stuck(self) -> bool:
        """Its line takes no bytes."""
        return self._line.stuck

    @property
    def blocked(self) -> Reason | None:
        """Why it says that it cannot print; None also while it says nothing."""
        return self.status.blocked if self.known and not self.silent else None

    def fresh(self, now: float) -> bool:
        return self._questions.fresh(now)

    def asked_since(self, moment: float) -> bool:
        """Whether its status comes from questions that were asked after this moment, or it answers none."""
        return self.silent or self._questions.answered_since >= moment

    def ready(self, now: float) -> bool:
        """A slip may start. A printer that answers no question still prints: it must not block a kitchen. Where a
        question has not left yet, a slip would not leave either."""
        if self.sending is not None or self.stuck or self._out or now < self._deaf_until:
            return False
        if self.silent:
            return True
        return self.fresh(now) and self.blocked is None and not self._former.keeps_waiting()

    def ask_now(self, now: float) -> None:
        """Make the status fresh as soon as the line allows."""
        self._questions.due = min(self._questions.due, max(now, self._deaf_until))

    # --- a slip ---

    def begin(self, body: Body, now: float, *, clean_first: bool, paper: bool = True) -> None:
        """Start sending. `clean_first` cuts off what an unfinished slip may have left on the paper. What is no `paper`
        is not cut, and ends when its time is over, whatever the printer says."""
        lead = escpos.FRESH_PAPER if clean_first else b""
        slip, fences = fenced(body, self._fence, self._next_mark, lead)
        data = slip + (escpos.CUT if paper else b"")
        on_line_s = len(data) * 10 / self._baud
        usual_s = SPARE_S + on_line_s + body.lines / LINES_PER_S
        end = float("inf") if paper else now + usual_s
        patience = Patience(usual_s, on_line_s + body.rows / self._rows_per_s, now + SPARE_S, end=end)
        self._former.disturb()
        self.sending = Sending(data, fences, patience, body.rows, now, paper, paced=not self.silent)

    def _next_mark(self) -> bytes:
        self._mark += 1
        return escpos.numbered_mark(self._mark)

    def outcome(self, now: float) -> Outcome | None:
        """How the slip ended, once; None while it is on its way."""
        job = self.sending
        ended = None if job is None else self._ended(job, now)
        if job is not None and ended is not None:
            if ended.state == "PRINTED":
                self._rows_per_s = job.surely_makes(self._rows_per_s)
            else:
                self._unsettle()
            self.sending = None
        return ended

    def _ended(self, job: Sending, now: float) -> Outcome | None:
        if self._proven(job):
            return Outcome("PRINTED", answer=job.fences.answer)
        if not job.held and job.whole and self._fence == "none":
            return Outcome("UNCONFIRMED") if now >= job.drained else None
        if (job.held and now < job.patience.end) or not job.patience.over(now, well=self._may_be_slow(job, now)):
            return None
        if not job.left:
            self._line.give_up()
        why = job.held or ("no_answer" if job.left else "offline")
        return Outcome("WAITING" if job.untouched else "UNKNOWN", why)

    def _may_be_slow(self, job: Sending, now: float) -> bool:
        """A printer that answers its questions and says that nothing is wrong may simply still be printing."""
        return self.well(now) and job.left > 0

    def _unsettle(self) -> None:
        if self.sending is not None and self.sending.left and self._fence == "gs_r":
            self._former.expect()

    # --- its time ---

    def step(self, now: float) -> float:
        """Ask what is due; returns when it next wants to run."""
        job = self.sending
        self._questions.busy = job is not None or self.awaited
        self._questions.step(now, may_ask=job is None or job.left >= job.open)
        self._hold(now)
        self._keep_pace(now)
        self._former.step(now, listening=job is None and self.well(now))
        self._line.watch(now, waiting=bool(self.outgoing()))
        wishes = [self._questions.wish, self._former.wish, self._line.wish]
        if job is not None:
            wishes.append(job.patience.wish(now, held=bool(job.held)))
            if not job.held and job.whole and self._fence == "none":
                wishes.append(job.drained)
        return min(wishes)

    def _keep_pace(self, now: float) -> None:
        """A printer that leaves a mark unanswered may not know marks at all: it gets the whole slip nevertheless,
        which then cannot be proven. A drawer that waited for its mark stays shut."""
        job = self.sending
        if job is None or not job.paused or not job.paper:
            return
        if job.patience.over(now, well=self._may_be_slow(job, now), share=job.share):
            job.paced = False
            job.patience.renew(now)

    # --- holding and proving ---

    def _on_real_time(self, byte: int, now: float) -> None:
        heard = self._questions.hear(byte, now)
        if heard is Heard.STRAY:
            self._mix()
            self.ask_now(now)
        job = self.sending
        if heard is Heard.WHOLE and job is not None and job.complete:
            if self._questions.began >= job.fences.answered_at:
                self._judge(job)
            else:
                self._questions.due = now

    def _hold(self, now: float) -> None:
        """While the printer says that it cannot print it keeps its buffer: no deadline runs."""
        job = self.sending
        if job is None or not job.left:
            return
        if self.blocked:
            job.held = self.blocked
            job.patience.renew(now)
        elif job.held:
            job.held = ""
            job.patience.renew(now)
            if job.fences.mixed:
                self._fence_again(job)

    def _on_fence(self, byte: int, now: float) -> None:
        job = self.sending
        if self._fence != "gs_r":
            return
        if job is not None and job.fences.answered >= job.fences.asked(job.left):
            self._former.expect()  # more answers than questions: somebody else's are among them
        if self._former.expected:
            self._former.hear(now)
            return
        if job is None:
            return
        job.patience.news_at = now
        proves = job.fences.nameless(byte, now)
        if not proves:
            self.ask_now(now)
        elif job.complete:
            self._questions.due = now  # is it really this printer that speaks?

    def _on_echo(self, mark: bytes, now: float) -> None:
        job = self.sending
        if job is not None and job.fences.echo(mark, job.left, now):
            job.patience.news_at = now

    def _mix(self) -> None:
        """Something that is no answer came in: an answer beside it that has no mark cannot be trusted."""
        if self.sending is not None and self.sending.whole and self._fence == "gs_r":
            self.sending.fences.mixed = True

    def _judge(self, job: Sending) -> None:
        """The printer still answers; now its fences count if they are all there and stood alone."""
        if job.fences.answered != len(job.fences.ends) or job.fences.mixed:
            self._fence_again(job)
        elif not self._former.expected:
            job.fences.believed = True

    def _fence_again(self, job: Sending) -> None:
        if job.complete:
            self._out += job.fences.again(self._next_mark())

    def _proven(self, job: Sending) -> bool:
        """A mark speaks for itself. A byte without a name counts only from a printer that then answers its questions:
        noise, such as that of a wrong baud rate, brings as many zeros as there are fences."""
        return job.fences.believed or (self._fence == "gs_h" and job.complete and not job.fences.mixed)
