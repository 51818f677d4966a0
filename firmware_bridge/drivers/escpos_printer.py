"""The conversation with one ESC/POS printer: what it says of itself, and the one slip on its way. No I/O.

The owner hands in what was read and asks what shall be written; time is always given. A slip counts as
printed by one thing only: the printer's answer to the fence behind it, from a printer that then still
answers sensibly. Silence is never read as a status.
"""

from __future__ import annotations

from typing import Literal

from firmware_bridge import escpos
from firmware_bridge.drivers.former_answers import FormerAnswers
from firmware_bridge.drivers.questions import Heard, Questions
from firmware_bridge.drivers.sending import (
    FENCE_TRIES,
    LINES_PER_S,
    SLOWEST_ROWS_PER_S,
    SPARE_S,
    Outcome,
    Sending,
    with_fences,
)
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
STUCK_S = 3.0
"""Bytes that are to leave and a line that takes none (XOFF, a full buffer, a USB printer that says not now): beyond
this nothing printed can be hoped for here."""

Fence = Literal["gs_h", "gs_r", "none"]


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
        self._stuck_at: float | None = None
        self.stuck = False
        """Its line takes no bytes. What it says itself still comes, so it may be known why."""
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
        self._stuck_at, self.stuck = None, False
        self._line_free = max(self._line_free, now) + count * 10 / self._baud
        job = self.sending
        if job is None or not self._slip_speaks(job):
            del self._out[:count]
        else:
            job.left += count
            job.deadline = now + job.patience
            job.drained = job.news_at = self._line_free
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
        return self.fresh(now) and self.blocked is None and not self._former.keeps_waiting(now)

    def ask_now(self, now: float) -> None:
        """Make the status fresh as soon as the line allows."""
        self._questions.due = min(self._questions.due, max(now, self._deaf_until))

    # --- a slip ---

    def begin(self, body: Body, now: float, *, clean_first: bool, paper: bool = True) -> None:
        """Start sending. `clean_first` cuts off what an unfinished slip may have left on the paper. What is no `paper`
        is not cut, and ends when its time is over, whatever the printer says."""
        marks: list[bytes] = []

        def fence() -> bytes:
            marks.append(self._next_mark())
            return self._fence_with(marks[-1])

        slip = body.data if self._fence == "none" else with_fences(body, fence) + fence()
        data = (escpos.FRESH_PAPER if clean_first else b"") + slip + (escpos.CUT if paper else b"")
        on_line = SPARE_S + len(data) * 10 / self._baud
        patience, longest = on_line + body.lines / LINES_PER_S, on_line + body.rows / self._rows_per_s
        inner = max(0, len(marks) - 1)
        inside = [escpos.marked_fence(mark) for mark in marks[:-1]] if self._fence == "gs_h" else []
        stops = [data.index(each) + len(each) for each in inside]
        self.sending = Sending(
            data, patience, now + SPARE_S, longest, began_at=now, rows=body.rows, inner=inner, marks=marks, stops=stops,
            paced=not self.silent, until=float("inf") if paper else now + patience,
        )  # fmt: skip

    def _next_mark(self) -> bytes:
        self._mark = (self._mark + 1) % len(escpos.MARKS) ** 4
        places = (self._mark // len(escpos.MARKS) ** place % len(escpos.MARKS) for place in (3, 2, 1, 0))
        return bytes(escpos.MARKS[place] for place in places)

    def _fence_with(self, mark: bytes) -> bytes:
        return escpos.marked_fence(mark) if self._fence == "gs_h" else escpos.FENCE

    def outcome(self, now: float) -> Outcome | None:
        """How the slip ended, once; None while it is on its way."""
        job = self.sending
        if job is None:
            return None
        ended: Outcome | None = None
        if self._proven(job):
            ended = Outcome("PRINTED", answer=job.last_answer)
            self._rows_per_s = job.surely_makes(self._rows_per_s)
        elif job.held and now < job.until:
            return None
        elif job.whole and not job.held and self._fence == "none":
            if now >= job.drained:
                ended = Outcome("UNCONFIRMED")
        elif now >= job.until or (now >= job.deadline and not self._may_be_slow(job, now, job.longest)):
            why = job.held or ("no_answer" if job.left else "offline")
            ended = Outcome("WAITING" if job.untouched else "UNKNOWN", why)
            self.stuck = self.stuck or not job.left
        if ended is not None:
            if ended.state != "PRINTED":
                self._unsettle()
            self.sending = None
        return ended

    def _may_be_slow(self, job: Sending, now: float, longest: float) -> bool:
        """A printer that answers its questions and says that nothing is wrong may simply still be printing."""
        well = self.fresh(now) and self.blocked is None and not self.silent
        return well and job.left > 0 and now < job.news_at + longest

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
        well = self.fresh(now) and self.blocked is None and not self.silent
        self._former.step(now, listening=well and self.sending is None)
        self._watch_line(now)
        wishes = [self._questions.wish]
        wishes += [at for at in (self._former.wish, self._stuck_at) if at is not None]
        if job is not None:
            ends = job.deadline if now < job.deadline else job.news_at + job.longest
            wishes.append(job.until if job.held else min(ends, job.until))
            if not job.held and job.whole and self._fence == "none":
                wishes.append(job.drained)
        return min(wishes)

    def _watch_line(self, now: float) -> None:
        if self.stuck or not self.outgoing():
            self._stuck_at = None
        elif self._stuck_at is None:
            self._stuck_at = now + STUCK_S
        elif now >= self._stuck_at:
            self.stuck, self._stuck_at = True, None

    def _keep_pace(self, now: float) -> None:
        """A printer that leaves a mark unanswered may not know marks at all: it gets the whole slip nevertheless,
        which then cannot be proven."""
        job = self.sending
        if job is None or not job.paused or now < job.deadline:
            return
        if not self._may_be_slow(job, now, SPARE_S + job.longest * job.piece / len(job.data)):
            job.paced = False
            job.deadline = now + job.patience

    # --- holding and proving ---

    def _on_real_time(self, byte: int, now: float) -> None:
        heard = self._questions.hear(byte, now)
        if heard is Heard.STRAY:
            self._mix()
            self.ask_now(now)
        job = self.sending
        if heard is Heard.WHOLE and job is not None and job.complete:
            if self._questions.began >= job.answered_at:
                self._judge(job, now)
            else:
                self._questions.due = now

    def _hold(self, now: float) -> None:
        """While the printer says that it cannot print it keeps its buffer: no deadline runs."""
        job = self.sending
        if job is None or not job.left:
            return
        if self.blocked:
            job.held = self.blocked
            job.deadline = now + job.patience
        elif job.held:
            job.held = ""
            job.deadline = now + job.patience
            if job.mixed:
                self._fence_again(job, now)

    def _on_fence(self, byte: int, now: float) -> None:
        job = self.sending
        if self._fence != "gs_r":
            return
        if job is not None and job.answered >= job.asked(escpos.FENCE):
            self._former.expect()  # more answers than questions: somebody else's are among them
        if self._former.expected:
            self._former.hear(now)
            return
        if job is None:
            return
        job.answered += 1
        job.answered_at = job.news_at = now
        job.last_answer = f"{byte:02x}"
        if byte & 0x0C:  # some old clones answer although paper is out: heard, but it proves nothing
            job.mixed = True
            self.ask_now(now)
            return
        if job.complete:
            self._questions.due = now  # is it really this printer that speaks?

    def _on_echo(self, mark: bytes, now: float) -> None:
        """A mark of another slip, of a former life or of another host says nothing of this slip."""
        job = self.sending
        if self._fence != "gs_h" or job is None or mark not in job.marks:
            return
        place = job.marks.index(mark)
        if place < job.answered or job.left < [*job.stops, len(job.data)][place]:
            return  # heard before, or not even asked
        if place > job.answered:
            # Answers between were lost, or with them a part of the slip: nobody can tell, so no later mark proves it.
            job.mixed = True
            return
        job.answered, job.answered_at, job.last_answer = place + 1, now, mark.decode("ascii")
        job.news_at = now

    def _mix(self) -> None:
        """Something that is no answer came in: an answer beside it that has no mark cannot be trusted."""
        if self.sending is not None and self.sending.whole and self._fence == "gs_r":
            self.sending.mixed = True

    def _judge(self, job: Sending, now: float) -> None:
        """The printer still answers; now its fences count if they are all there and stood alone."""
        if job.answered != job.inner + 1 or job.mixed:
            self._fence_again(job, now)
        elif not self._former.expected:
            job.fence_at = now

    def _fence_again(self, job: Sending, now: float) -> None:
        """Once more behind the whole slip, when noise came between. It cannot speak for a lost part: where an answer
        is missing, or after too many tries, the slip stays mixed and is never called printed."""
        if job.complete and job.fences < FENCE_TRIES:
            job.mixed = False
            job.answered = job.inner
            job.fences += 1
            job.marks[job.inner] = self._next_mark()
            self._out += self._fence_with(job.marks[job.inner])

    def _proven(self, job: Sending) -> bool:
        """A mark speaks for itself. A byte without a name counts only from a printer that then answers its questions:
        noise, such as that of a wrong baud rate, brings as many zeros as there are fences."""
        return bool(job.fence_at) or (self._fence == "gs_h" and job.complete and not job.mixed)
