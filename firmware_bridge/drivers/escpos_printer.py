"""The conversation with one ESC/POS printer: what it says of itself, and the one slip on its way. No I/O.

The owner hands in what was read and asks what shall be written; time is always given. A slip counts as
printed by one thing only: the printer's answer to the fence behind it, from a printer that then still
answers sensibly. Silence is never read as a status.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

from firmware_bridge import escpos
from firmware_bridge.drivers.sending import FENCE_TRIES, LINES_PER_S, SPARE_S, Outcome, Sending, with_fences
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

POLL_IDLE_S = 2.5
"""Between two rounds of questions: paper out is known within this, and a slip finds a fresh status."""
POLL_BUSY_S = 1.0
FRESH_S = 3.0
"""A status younger than this is believed without asking again: a slip shall not wait for four answers."""
ANSWER_S = 1.0
"""For one question, beyond the time its way takes on the line."""
SETTLE_S = 0.05
"""After opening: what a former conversation left in the line is read and thrown away."""
QUIET_S = 5.0
"""Without a fence's answer, from a printer that answers questions and may print: it holds nothing of before any more.
Two fences are at most 1000 bytes apart, two seconds of the slowest printer."""
QUIET_MOST_S = 30.0
"""A printer that never is so quiet, because it says such bytes by itself, gets slips all the same: unproven ones."""
STUCK_S = 3.0
"""Bytes that are to leave and a line that takes none (XOFF, a full buffer, a USB printer that says not now): beyond
this nothing printed can be hoped for here."""

ROUNDS_TO_SILENCE = 2
SHORT_ROUNDS = 4
"""Between two whole rounds of an idle printer that is well: only whether it is on line, and its paper. Whatever stops a
printer takes it off line, but for the end of the paper at some clones, which a whole round finds within 10 s."""
Fence = Literal["gs_h", "gs_r", "none"]


class EscposPrinter:
    """One printer. Times are monotonic seconds; `baud` says how long bytes travel; `first_mark` is any number: marks
    count on from there, so that an answer of a former life fits none of this one's. `unsettled`: a former life sent it
    a slip that ended without proof."""

    def __init__(self, baud: int, fence: Fence, first_mark: int = 0, *, unsettled: bool = False) -> None:
        self._baud = baud
        self._fence: Fence = fence
        self._mark = first_mark
        self._status = PrinterStatus()
        self._known_at: float | None = None
        self.sending: Sending | None = None
        self._unsettled = unsettled and fence == "gs_r"
        """Answers without a name may come that are not the next slip's. A printer that was mute, or out of paper, may
        hold a former slip and answer for it much later; how often nobody can say, so only silence ends it."""
        self._quiet_at: float | None = None
        self._endured_at = 0.0
        self.awaited = False
        """A slip waits for this printer to be well again: it is asked more often."""
        self.disconnected()

    # --- the line ---

    def connected(self, now: float) -> None:
        """A new line: nothing said before counts, and the first answer may be a late one of before."""
        self.disconnected()
        self._round_due = now + SETTLE_S
        self._deaf_until = now + SETTLE_S

    def disconnected(self) -> None:
        self._reader = StatusReader()
        self._out = bytearray()
        self._questions: deque[int] = deque()
        self._asked: int | None = None
        self._short = 0
        self._answer_by = 0.0
        self._round_began = 0.0
        self._known_since = float("-inf")
        self._round_due = float("inf")
        self._deaf_until = 0.0
        self._line_free = 0.0
        self._draft = PrinterStatus()
        self._settled = False
        self._failed_rounds = 0
        self._known_at = None
        self._quiet_at = None
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
            job.drained = self._line_free
        if self._asked is not None:
            self._answer_by = max(now, self._line_free) + ANSWER_S

    def receive(self, data: bytes, now: float) -> None:
        if now < self._deaf_until:
            return
        for answer in self._reader.feed(data):
            match answer:
                case RealTimeAnswer(byte):
                    self._on_real_time(byte, now)
                case AutoStatus(four):
                    self._know(PrinterStatus.from_auto(four), now)
                case FenceAnswer(byte):
                    self._on_fence(byte, now)
                case FenceEcho(mark):
                    self._on_echo(mark, now)
                case _:
                    self._mix()

    # --- its state ---

    @property
    def status(self) -> PrinterStatus:
        return self._status

    @property
    def known(self) -> bool:
        return self._known_at is not None

    @property
    def silent(self) -> bool:
        """It has been asked more than once and says nothing sensible."""
        return self._failed_rounds >= ROUNDS_TO_SILENCE

    @property
    def blocked(self) -> Reason | None:
        """Why it says that it cannot print; None also while it says nothing."""
        return self._status.blocked if self.known and not self.silent else None

    def fresh(self, now: float) -> bool:
        return self._known_at is not None and now - self._known_at < FRESH_S

    def asked_since(self, moment: float) -> bool:
        """Whether its status comes from questions that were asked after this moment, or it answers none."""
        return self.silent or self._known_since >= moment

    def ready(self, now: float) -> bool:
        """A slip may start. A printer that answers no question still prints: it must not block a kitchen. Where a
        question has not left yet, a slip would not leave either."""
        if self.sending is not None or self.stuck or self._out or now < self._deaf_until:
            return False
        if self.silent:
            return True
        return self.fresh(now) and self.blocked is None and not self._awaits_quiet(now)

    def ask_now(self, now: float) -> None:
        """Make the status fresh as soon as the line allows."""
        self._round_due = min(self._round_due, max(now, self._deaf_until))

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
        patience = SPARE_S + len(data) * 10 / self._baud + body.lines / LINES_PER_S
        inner = max(0, len(marks) - 1)
        inside = [escpos.marked_fence(mark) for mark in marks[:-1]] if self._fence == "gs_h" else []
        stops = [data.index(each) + len(each) for each in inside]
        self.sending = Sending(
            data, patience, now + SPARE_S, inner=inner, marks=marks, stops=stops, paced=not self.silent,
            until=float("inf") if paper else now + patience,
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
        elif job.held and now < job.until:
            return None
        elif job.whole and not job.held and self._fence == "none":
            if now >= job.drained:
                ended = Outcome("UNCONFIRMED")
        elif now >= min(job.deadline, job.until):
            why = job.held or ("no_answer" if job.left else "offline")
            ended = Outcome("WAITING" if job.untouched else "UNKNOWN", why)
            self.stuck = self.stuck or not job.left
        if ended is not None:
            if ended.state != "PRINTED":
                self._unsettle()
            self.sending = None
        return ended

    # --- what is still to come of former slips ---

    def _unsettle(self) -> None:
        if self.sending is not None and self.sending.left and self._fence == "gs_r":
            self._unsettled = True

    def _settle(self, now: float) -> None:
        """Before the next slip: what a former one may still bring has come when nothing comes any more."""
        well = self.fresh(now) and self.blocked is None and not self.silent
        if not self._unsettled or self.sending is not None or not well:
            self._quiet_at = None
        elif self._quiet_at is None:
            self._quiet_at, self._endured_at = now + QUIET_S, now + QUIET_MOST_S
        elif now >= self._quiet_at:
            self._unsettled, self._quiet_at = False, None

    def _awaits_quiet(self, now: float) -> bool:
        return self._unsettled and (self._quiet_at is None or now < self._endured_at)

    # --- its time ---

    def step(self, now: float) -> float:
        """Ask what is due; returns when it next wants to run."""
        if self._out:
            self._answer_by = now + ANSWER_S  # not even asked yet
        if self._asked is not None and now >= self._answer_by:
            self._asked = None
            self._end_round(now, complete=False)
        if self._asked is None and not self._questions and now >= self._round_due:
            self._begin_round(now)
        self._hold(now)
        self._keep_pace(now)
        self._settle(now)
        self._watch_line(now)
        wishes = [self._answer_by if self._asked is not None else self._round_due]
        wishes += [at for at in (self._quiet_at, self._stuck_at) if at is not None]
        job = self.sending
        if job is not None:
            wishes.append(job.until if job.held else min(job.deadline, job.until))
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
        if job is not None and job.paused and now >= job.deadline:
            job.paced = False
            job.deadline = now + job.patience

    # --- rounds of questions ---

    def _begin_round(self, now: float) -> None:
        job = self.sending
        if job is not None and job.left < job.open:
            self._round_due = now + POLL_BUSY_S
            return
        short = self._settled and not self._busy and self._status.blocked is None and self._short < SHORT_ROUNDS
        self._short = self._short + 1 if short else 0
        if short:
            self._questions, self._draft = deque((1, 4)), self._status
        else:
            # Some clones answer the first question of a line late: it is asked twice, the second counts.
            self._questions = deque((1, 2, 3, 4) if self._settled else (1, 1, 2, 3, 4))
            self._draft = PrinterStatus()
        self._round_began = now
        self._ask_next(now)

    @property
    def _busy(self) -> bool:
        return self.sending is not None or self.awaited

    def _ask_next(self, now: float) -> None:
        self._asked = self._questions.popleft()
        self._out += escpos.ask(self._asked)
        self._answer_by = max(now, self._line_free) + ANSWER_S

    def _on_real_time(self, byte: int, now: float) -> None:
        if self._asked is None:
            # An answer to nothing: the answers have shifted, so none of the last round can be trusted.
            self._settled = False
            self._known_at = None
            self._mix()
            self.ask_now(now)
            return
        self._draft = self._draft.with_answer(self._asked, byte)
        self._asked = None
        if self._questions:
            self._ask_next(now)
        else:
            self._end_round(now, complete=True)

    def _end_round(self, now: float, *, complete: bool) -> None:
        self._questions.clear()
        self._round_due = now + (POLL_BUSY_S if self._busy else POLL_IDLE_S)
        if complete:
            self._settled = True
            self._failed_rounds = 0
            job = self.sending
            if job is not None and job.complete:
                if self._round_began >= job.answered_at:
                    self._judge(job, now)
                else:
                    self._round_due = now
            self._know(self._draft, now)
            self._known_since = self._round_began
            if self._short and self._status.blocked is not None:
                self._round_due = now  # only a whole round says why
        else:
            self._settled = False
            self._failed_rounds += 1
            if not self.silent:
                self._round_due = now

    def _know(self, status: PrinterStatus, now: float) -> None:
        self._status = status
        self._known_at = now
        self._failed_rounds = 0

    # --- holding and proving ---

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
            self._unsettled = True  # more answers than questions: somebody else's are among them
        if self._unsettled:
            if self._quiet_at is not None:
                self._quiet_at = now + QUIET_S
            return
        if job is None:
            return
        job.answered += 1
        job.answered_at = now
        job.last_answer = f"{byte:02x}"
        if byte & 0x0C:  # some old clones answer although paper is out: heard, but it proves nothing
            job.mixed = True
            self.ask_now(now)
            return
        if job.complete:
            self._round_due = now  # is it really this printer that speaks?

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

    def _mix(self) -> None:
        """Something that is no answer came in: an answer beside it that has no mark cannot be trusted."""
        if self.sending is not None and self.sending.whole and self._fence == "gs_r":
            self.sending.mixed = True

    def _judge(self, job: Sending, now: float) -> None:
        """The printer still answers; now its fences count if they are all there and stood alone."""
        if job.answered != job.inner + 1 or job.mixed:
            self._fence_again(job, now)
        elif not self._unsettled:
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
