"""The conversation with one label printer: what it says of itself, and the one label on its way. No I/O.

TSPL has no fence: no command is answered in its turn. What there is is one byte that says how the printer is at the
moment (`tspl.LabelStatus`), and its bit "printing". So a label counts as printed when the printer was ready before it,
said that it prints after our last byte had left, and was then seen ready, twice, with nothing else coming in. The
answer has no name and may be late: one that nobody asked for, and one that stays away, end every proof of the label on
its way. So does an obstacle: the bit "printing" is also that of the feed after a new roll, and whether a spoiled label
is printed again is a setting of the printer that it does not tell.

A label during which the printer was ready and never printing was quicker than our questions, or there is no such bit:
UNCONFIRMED. That is said only where nothing was owed before (`_former`) and the printer was never seen printing:
else it is how a printer looks that swallows labels.

A label that was cut off inside a picture leaves a printer that takes the next labels for dots. So nothing, not even a
question, is sent after a label without proof before what ends every command (`tspl.CLEARING`); and the printer rests
behind it, since it may bring out a label that lacked its line end only.

The facts are those of the project's device notes (TSC's TSPL manuals, Gprinter's status table); no real printer has
been asked.
"""

from __future__ import annotations

from firmware_bridge import tspl
from firmware_bridge.drivers.former_answers import FormerAnswers
from firmware_bridge.drivers.label_sending import LabelSending
from firmware_bridge.drivers.patience import SPARE_S
from firmware_bridge.drivers.sending import Outcome
from firmware_bridge.drivers.stuck_line import StuckLine
from firmware_bridge.escpos import Body
from firmware_bridge.tspl import LabelStatus, Reason

POLL_IDLE_S = 1.0
"""Between two questions: labels that ran out are known within this, and a label finds a fresh status."""
POLL_AWAITED_S = 0.25
POLL_PRINTING_S = 0.05
"""While a label is on its way: 30 mm at 150 mm/s take 0.2 s, and its printing must be seen."""
FRESH_S = 1.5
"""A status younger than this is believed without asking again."""
ANSWER_S = 1.5
"""For one question. A printer that is switched off and on again needs longer to wake, so that it is noticed."""
SETTLE_S = 0.05
"""After opening: what a former conversation left in the line is thrown away."""
DRAIN_S = 1.0
"""After a byte that nobody asked for, and after an answer that stayed away: whatever still comes is thrown away."""
CLOSING_S = 0.1
"""Behind the last answer of a label nothing may come: answers that are one too many are found here."""
START_S = 2.0
"""A printer that is ready and has not begun by then will not, or was quicker than our questions."""
MISSES_TO_SILENCE = 2


class TsplPrinter:
    """One label printer. Times are monotonic seconds; `baud` says how long bytes travel; `answers`: whether it can say
    anything at all. `unsettled`: a former life sent it a label that ended without proof."""

    def __init__(self, baud: int, *, answers: bool = True, unsettled: bool = False) -> None:
        self._baud = baud
        self.answers = answers
        self.status = LabelStatus()
        self.sending: LabelSending | None = None
        self.awaited = False
        """A label waits for this printer to be well again."""
        self._former = FormerAnswers(expected=unsettled)
        """A label without proof that still comes out would be taken for the next one."""
        self._seen_printing = False
        """In this life: it has the bit, and our questions are quick enough for it."""
        self._unclean = unsettled
        """A command of a label may be open: only one that came out says for certain that none is."""
        self.disconnected()

    # --- the line ---

    def connected(self, now: float) -> None:
        """A new line: nothing said before counts."""
        self.disconnected()
        self._ask_at = self._deaf_until = now + SETTLE_S
        self._clearing = tspl.CLEARING if self._unclean else b""

    def disconnected(self) -> None:
        if self.sending is not None and self.sending.left:
            self._unclean = True
            self._former.expect()
        self._former.disturb()
        self.sending = None
        self._out = self._clearing = b""
        self._asked = False
        self._answer_by = 0.0
        self._ask_at = float("inf")
        self._deaf_until = 0.0
        self._line_free = self._cleared_at = 0.0
        self._misses = 0
        self._known_at: float | None = None
        self._line = StuckLine()

    def outgoing(self) -> bytes:
        """What shall leave now. A question never stands inside a label: a drawing would swallow it."""
        job = self.sending
        if job is not None and self._label_speaks(job):
            return job.data[job.left :]
        return self._out or self._clearing

    def _label_speaks(self, job: LabelSending) -> bool:
        return not job.whole and not (self._out and not job.left)

    def sent(self, count: int, now: float) -> None:
        """`count` bytes of `outgoing` have left."""
        self._line.moved()
        self._line_free = max(self._line_free, now) + count * 10 / self._baud
        job = self.sending
        if job is None or not self._label_speaks(job):
            if self._out:
                self._out = self._out[count:]
                self._answer_by = self._line_free + ANSWER_S
            else:
                self._clearing, self._cleared_at = self._clearing[count:], self._line_free
            return
        job.left += count
        job.deadline = self._line_free + job.patience
        if job.whole:
            job.whole_at, job.drained = now, self._line_free
            self._ask_at = max(now, self._deaf_until)

    def receive(self, data: bytes, now: float) -> None:
        if not data:
            return
        if now < self._deaf_until:
            self._deaf_until = max(self._deaf_until, now + SETTLE_S)
        elif len(data) == 1 and self._asked and not self._out:
            self._know(LabelStatus.from_byte(data[0]), now)
        else:
            self._distrust(now)

    # --- its state ---

    @property
    def stuck(self) -> bool:
        """Its line takes no bytes."""
        return self._line.stuck

    @property
    def known(self) -> bool:
        return self._known_at is not None

    @property
    def silent(self) -> bool:
        """It has been asked more than once and says nothing sensible, or is known to say nothing."""
        return self._misses >= MISSES_TO_SILENCE or not self.answers

    @property
    def blocked(self) -> Reason | None:
        """Why it says that it cannot print; None also while it says nothing."""
        return self.status.blocked if self.known and not self.silent else None

    def fresh(self, now: float) -> bool:
        return self._known_at is not None and now - self._known_at < FRESH_S

    def ready(self, now: float) -> bool:
        """A label may start. A printer that says nothing still prints."""
        if self.sending is not None or self.stuck or now < self._deaf_until:
            return False
        if self._out or self._asked or self._clearing:
            return False
        if self.silent:
            return True
        return self.fresh(now) and self.status.clear and not self._former.keeps_waiting()

    def ask_now(self, now: float) -> None:
        """Make the status fresh as soon as the line allows."""
        self._ask_at = min(self._ask_at, max(now, self._deaf_until))

    def _know(self, status: LabelStatus, now: float) -> None:
        self.status, self._known_at = status, now
        self._asked, self._misses = False, 0
        self._seen_printing = self._seen_printing or status.printing
        job = self.sending
        self._ask_at = now + (POLL_PRINTING_S if job is not None else POLL_AWAITED_S if self.awaited else POLL_IDLE_S)
        if job is not None and job.whole:
            self._follow(job, now)

    def _distrust(self, now: float) -> None:
        """Something that is no answer, or an answer too much: which one is whose cannot be known any more."""
        self._known_at, self._asked = None, bool(self._out)  # what has begun to leave leaves
        self._ask_at = self._deaf_until = now + DRAIN_S
        self._spoil()

    def _missed(self, now: float) -> None:
        self._misses += 1
        self._asked, self._known_at = False, None
        self._ask_at = self._deaf_until = now + DRAIN_S
        self._spoil()

    def _spoil(self) -> None:
        """Nothing proves the label on its way any more."""
        if self.sending is not None:
            self.sending.proves, self.sending.held = False, ""

    # --- a label ---

    def begin(self, body: Body, now: float) -> None:
        """Start sending. It can be proven only if the printer has just said that it is ready."""
        patience = SPARE_S + len(body.data) * 10 / self._baud
        proves = not self.silent and self.fresh(now) and self.status.clear and not self._former.expected
        self._former.disturb()
        self.sending = LabelSending(body.data, patience, now + SPARE_S, proves)
        self._ask_at = float("inf")

    def _follow(self, job: LabelSending, now: float) -> None:
        """What an answer says of the label, all of which has left."""
        job.see(self.status, now)
        if job.clears > 1 and (job.printing or now >= job.drained + START_S):
            self._ask_at = now + 2 * CLOSING_S

    def outcome(self, now: float) -> Outcome | None:
        """How the label ended, once; None while it is on its way."""
        job = self.sending
        if job is None:
            return None
        ended = self._ended(job, now)
        if ended is not None:
            self.sending = None
            self._remember(job, ended)
            if ended.state == "WAITING":
                self._line.give_up()
                self._clearing = tspl.CLEARING  # what leaves first when the line takes bytes again, so that it is seen
            self.ask_now(now)
        return ended

    def _remember(self, job: LabelSending, ended: Outcome) -> None:
        """What it leaves behind for the next one. A printer that never answers is cleared after half a label only."""
        if ended.state == "WAITING":
            return  # no byte of it has left
        if ended.state == "UNKNOWN" and self.answers:
            self._former.expect()
        self._unclean = not job.whole or (ended.state != "PRINTED" and self.answers)
        self._clearing = tspl.CLEARING if self._unclean else b""

    def _ended(self, job: LabelSending, now: float) -> Outcome | None:
        if job.held and now < job.deadline:
            return None
        if not self.answers and job.whole:
            return Outcome("UNCONFIRMED") if now >= job.drained else None
        if job.clears > 1 and not self._asked and now >= job.clear_at + CLOSING_S:
            if job.proves and job.printing and not job.broken:
                return Outcome("PRINTED", answer="20 00")
            if job.proves and not job.broken and not self._seen_printing and now >= job.drained + START_S:
                return Outcome("UNCONFIRMED")
            if now >= job.drained + START_S:
                return Outcome("UNKNOWN", job.broken or "no_answer")
        if now >= job.deadline:
            return Outcome("UNKNOWN", "no_answer") if job.left else Outcome("WAITING", "offline")
        return None

    # --- its time ---

    def step(self, now: float) -> float:
        """Ask what is due; returns when it next wants to run."""
        if self._asked and not self._out and now >= self._answer_by:
            self._missed(now)
        job = self.sending
        between = job.whole if job is not None else not (self.silent and self.awaited) and not self._clearing
        if self.answers and between and not self._asked and now >= max(self._ask_at, self._deaf_until):
            self._out, self._asked = tspl.ASK, True
            self._answer_by = now + ANSWER_S
        self._former.step(now, listening=job is None and self._rests(now))
        self._line.watch(now, waiting=bool(self.outgoing()))
        wishes = [self._answer_by if self._asked and not self._out else float("inf")]
        if self.answers and between and not self._asked:
            wishes.append(max(self._ask_at, self._deaf_until))
        wishes += [self._former.wish, self._line.wish]
        wishes += [self._deaf_until] if self._deaf_until > now else []
        if job is not None:
            wishes += [each for each in (job.deadline, job.drained, job.drained + START_S) if each > now]
            wishes += [job.clear_at + CLOSING_S] if job.clear_at + CLOSING_S > now else []
        return min(wishes)

    def _rests(self, now: float) -> bool:
        """What a former label, or the clearing behind it, may still bring comes by itself now."""
        cleared = not self._clearing and now >= self._cleared_at
        return cleared and self.fresh(now) and self.status.clear and not self.silent
