"""What a printer is asked about itself, in rounds, and what may be believed of its answers. No I/O.

An answer has no name: it belongs to the one question that is open. One that belongs to none means that the answers have
shifted, and then nothing of the last round counts. Silence is never read as a status.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from firmware_bridge import escpos
from firmware_bridge.escpos_status import PrinterStatus

POLL_IDLE_S = 3.0
"""Between two rounds of questions: what stops a printer is known within this, and a slip finds a fresh status."""
POLL_BUSY_S = 1.0
FRESH_S = 3.5
"""A status younger than this is believed without asking again: a slip shall not wait for four answers."""
ANSWER_S = 1.0
"""For one question, beyond the time its way takes on the line."""
ROUNDS_TO_SILENCE = 2
SHORT_ROUNDS = ((1,), (1, 4), (1,), (1, 4), (1,))
"""Between two whole rounds of an idle printer that is well: whether it is on line, and its paper every other time.
Whatever stops a printer takes it off line, but for the end of the paper at some clones: they are found out within two
rounds, and keep a slip that began meanwhile. Each further question a round
costs twenty printers a third of what their bridge may use while idle."""


class Heard(Enum):
    """What an answer was: to no question, to one of a round, or to the last of it."""

    STRAY = auto()
    PART = auto()
    WHOLE = auto()


class Questions:
    """`out` is where questions are put: bytes that are to leave for this printer. Times are monotonic seconds."""

    def __init__(self, out: bytearray) -> None:
        self._out = out
        self.status = PrinterStatus()
        self.busy = False
        """Somebody waits for its answers: it is asked more often, and always all."""
        self.reset()

    def reset(self) -> None:
        """The line is gone: nothing said before counts."""
        self._left: deque[int] = deque()
        self._asked: int | None = None
        self._answer_by = 0.0
        self._line_free = 0.0
        self._short = 0
        self._draft = PrinterStatus()
        self._settled = False
        self._failed_rounds = 0
        self._known_at: float | None = None
        self.began = 0.0
        """When the newest round began."""
        self.answered_since = float("-inf")
        """When the newest whole round that was answered began."""
        self.due = float("inf")
        """When the next one shall begin."""

    @property
    def known(self) -> bool:
        return self._known_at is not None

    @property
    def silent(self) -> bool:
        """It has been asked more than once and says nothing sensible."""
        return self._failed_rounds >= ROUNDS_TO_SILENCE

    def fresh(self, now: float) -> bool:
        return self._known_at is not None and now - self._known_at < FRESH_S

    def sent(self, now: float, line_free: float) -> None:
        """Bytes have left, and are on their way until `line_free`."""
        self._line_free = line_free
        if self._asked is not None:
            self._answer_by = max(now, line_free) + ANSWER_S

    def know(self, status: PrinterStatus, now: float) -> None:
        """It said all of this by itself."""
        self.status = status
        if self._short:
            self._draft = status  # an answer to a question of before says less
        self._known_at = now
        self._failed_rounds = 0

    def step(self, now: float, *, may_ask: bool) -> None:
        """Gives up what is not answered and begins the round that is due. `may_ask`: no slip is just leaving."""
        if self._out:
            self._answer_by = now + ANSWER_S  # not even asked yet
        if self._asked is not None and now >= self._answer_by:
            self._asked = None
            self._miss(now)
        if self._asked is None and not self._left and now >= self.due:
            if may_ask:
                self._begin(now)
            else:
                self.due = now + POLL_BUSY_S

    @property
    def wish(self) -> float:
        return self._answer_by if self._asked is not None else self.due

    def hear(self, byte: int, now: float) -> Heard:
        """One answer. After the last of a round `status` is what it said."""
        if self._asked is None:
            # The answers have shifted, so none of the last round can be trusted.
            self._settled = False
            self._known_at = None
            return Heard.STRAY
        self._draft = self._draft.with_answer(self._asked, byte)
        self._asked = None
        if self._left:
            self._ask_next(now)
            return Heard.PART
        self._end(now)
        self._settled = True
        self.know(self._draft, now)
        if not self._short:
            self.answered_since = self.began
        if self._short and self.status.blocked is not None:
            self.due = now  # only a whole round says why
        return Heard.WHOLE

    def _begin(self, now: float) -> None:
        idle = self._settled and not self.busy and self.status.blocked is None
        short = idle and self._short < len(SHORT_ROUNDS)
        self._short = self._short + 1 if short else 0
        if short:
            self._left, self._draft = deque(SHORT_ROUNDS[self._short - 1]), self.status
        else:
            # Some clones answer the first question of a line late: it is asked twice, the second counts.
            self._left = deque((1, 2, 3, 4) if self._settled else (1, 1, 2, 3, 4))
            self._draft = PrinterStatus()
        self.began = now
        self._ask_next(now)

    def _ask_next(self, now: float) -> None:
        self._asked = self._left.popleft()
        self._out += escpos.ask(self._asked)
        self._answer_by = max(now, self._line_free) + ANSWER_S

    def _miss(self, now: float) -> None:
        self._left.clear()
        self._end(now)
        self._settled = False
        self._failed_rounds += 1
        if not self.silent:
            self.due = now

    def _end(self, now: float) -> None:
        self.due = now + (POLL_BUSY_S if self.busy else POLL_IDLE_S)
