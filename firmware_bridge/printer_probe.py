"""The conversation of a probe: what a printer answers to harmless questions, and to a slip. No I/O; times are given.

One question at a time, each with a bucket of its own for what comes back, and the next one only when the line has been
quiet: so a late answer is seen as one. What the answers mean is `probe_findings.py`. Nothing here may recover, power
off, clear, select a device or a character table of Japan (DLE ENQ, DLE DC4, ESC =, FS C), nor move anything but paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from firmware_bridge.escpos import FENCE, ask, marked_fence, numbered_mark
from firmware_bridge.escpos_status import (
    Answer,
    AutoStatus,
    FenceAnswer,
    FenceEcho,
    PrinterStatus,
    RealTimeAnswer,
    StatusReader,
)
from firmware_bridge.probe_slip import ProbeSlip

LISTEN_S = 1.0
"""An answer to the conversation of before may still be on its way: as long as that one waits for one."""
ANSWER_S = 0.6
"""For a question, once its last byte has crossed the line. Every printer of our sources answers within 0.2 s."""
QUIET_S = 0.1
"""Nothing more comes: a hundred bytes' time at 9600 baud."""
SPARE_S, LINES_PER_S = 3.0, 15.0
"""For the slip: every thermal printer prints more lines a second. The slip of an impact printer is called not proven,
and its other findings stand."""
WHOLE_S = 15.0
"""The kitchen's slips wait meanwhile. Questions take 3 s, 6 s of a mute printer, and the slip 3 s at 9600 baud, or 6 s
of one that prints 15 lines a second."""
MOST_HEARD = 256
"""Bytes kept of what comes to one question; a true answer has at most some dozens."""
IDENTITY = {1: "id", 65: "firmware", 66: "maker", 67: "model"}
"""GS I n. Not 68: the serial number is nobody's business."""
MARKS_NEEDED = 4


@dataclass
class Step:
    """One question, or a silence to listen into (no bytes). `enough` looks at what came: no need to wait longer."""

    name: str
    data: bytes
    patience: float
    enough: Callable[[bytes], bool]
    left: int = 0
    heard: bytearray = field(default_factory=bytearray)
    too_much: bool = False

    @property
    def answers(self) -> list[Answer]:
        return StatusReader().feed(bytes(self.heard))


Exchange = list[tuple[int, str, str]]


class PrinterProbe:
    """Ask `outgoing`, tell `sent` and `receive`, call `step`; `ended` when it is over. `marks` are four different
    ones that nobody else uses. `refused` is set where it ended before its paper."""

    def __init__(self, baud: int, slip: ProbeSlip, marks: list[bytes], now: float) -> None:
        self._baud = baud
        self._slip = slip
        self.marks = marks
        self.steps: list[Step] = []
        self.exchange: Exchange = []
        self.ended = False
        self.refused = ""
        self._began = now
        self._end_by = now + WHOLE_S
        self._line_free = now
        self._heard_at = now
        self._asked_at = now
        self._script = self._questions()
        self._next(now)

    # --- the line ---

    def outgoing(self) -> bytes:
        step = self.steps[-1]
        return b"" if self.ended else step.data[step.left :]

    def sent(self, count: int, now: float) -> None:
        step = self.steps[-1]
        self._note(now, ">", step.data[step.left : step.left + count])
        step.left += count
        self._line_free = max(self._line_free, now) + count * 10 / self._baud
        self._asked_at = self._line_free

    def receive(self, data: bytes, now: float) -> None:
        step = self.steps[-1]
        room = MOST_HEARD - len(step.heard)
        step.too_much = step.too_much or len(data) > room
        step.heard += data[:room]
        self._heard_at = now
        if data[:room]:
            self._note(now, "<", data[:room])

    def step(self, now: float) -> float:
        """Do what is due; returns when it next wants to run."""
        while not self.ended and now >= self._due():
            if now >= self._end_by or self.steps[-1].left < len(self.steps[-1].data):
                self.ended = True
            else:
                self._next(now)
        return float("inf") if self.ended else self._due()

    @property
    def whole(self) -> bool:
        """Every byte of it has left."""
        return self.steps[-1].left == len(self.steps[-1].data)

    @property
    def harmless(self) -> bool:
        """Nothing but status questions has left, which change nothing."""
        return not any(step.left for step in self.steps if not step.name.startswith(("first_", "second_")))

    @property
    def began_to_print(self) -> bool:
        return any(step.name == "slip" and step.left for step in self.steps)

    def _due(self) -> float:
        step = self.steps[-1]
        if step.left < len(step.data):
            # A line that takes nothing at all is off line; one that has taken something may be full for a while.
            return self._end_by if self.exchange else min(self._end_by, self._asked_at + SPARE_S)
        if step.heard and step.enough(bytes(step.heard)):
            return min(self._end_by, max(self._heard_at, self._line_free) + QUIET_S)
        return min(self._end_by, self._asked_at + step.patience)

    def _next(self, now: float) -> None:
        step = next(self._script, None)
        if step is None:
            self.ended = True
            return
        self.steps.append(step)
        self._asked_at = max(now, self._line_free)

    def _note(self, now: float, way: str, data: bytes) -> None:
        """Neighbours of one way are joined, so that a slow line does not make a line of each byte."""
        if self.exchange and self.exchange[-1][1] == way and (way == ">" or len(self.exchange[-1][2]) < MOST_HEARD):
            at, _, before = self.exchange[-1]
            self.exchange[-1] = (at, way, before + data.hex())
        else:
            self.exchange.append((round((now - self._began) * 1000), way, data.hex()))

    # --- what is asked ---

    def _questions(self) -> Iterator[Step]:
        yield Step("listen", b"", LISTEN_S, _never)
        for round_ in ("first", "second"):  # some clones answer the first question late: the second round counts
            for question in (1, 2, 3, 4):
                if not self._mute:
                    yield Step(f"{round_}_{question}", ask(question), ANSWER_S, _one(RealTimeAnswer))
        status = self.status("second")
        if status is not None and status.blocked is not None:
            self.refused = status.blocked
            return
        yield Step("id_1", b"\x1b@\x1dI\x01", ANSWER_S, bool)  # ESC @ also switches the automatic status off
        for number in (65, 66, 67):
            yield Step(f"id_{number}", b"\x1dI" + bytes((number,)), ANSWER_S, _a_text)
        yield Step("asb", b"\x1da\x0f", ANSWER_S, _one(AutoStatus))
        yield Step("gs_r", b"\x1da\x00" + FENCE, ANSWER_S, _one(FenceAnswer))
        yield Step("gs_h", marked_fence(self.marks[0]), ANSWER_S, _mark(self.marks[0]))
        if self.echoed("gs_h", 0):
            both = marked_fence(self.marks[1]) + marked_fence(self.marks[2])
            yield Step("gs_h_order", both, ANSWER_S, _mark(self.marks[2]))
        yield self._paper()
        if not self._mute:
            for question in (1, 2, 3, 4):
                yield Step(f"after_{question}", ask(question), ANSWER_S, _one(RealTimeAnswer))

    def _paper(self) -> Step:
        """The slip and behind it every fence that this printer has answered so far; GS r in any case."""
        named, nameless = self.echoed("gs_h", 0), self.answered_gs_r("gs_r")
        data = self._slip.body + FENCE + (marked_fence(self.marks[3]) if named else b"")
        patience = SPARE_S + self._slip.lines / LINES_PER_S if named or nameless else SPARE_S
        marked, byte = _mark(self.marks[3]), _one(FenceAnswer)
        if named:
            return Step("slip", data, patience, lambda heard: marked(heard) and (not nameless or byte(heard)))
        return Step("slip", data, patience, byte)

    # --- what came back ---

    def at(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    @property
    def _mute(self) -> bool:
        """Two questions of the first round, and no byte to either."""
        first = [step for step in self.steps if step.name in ("first_1", "first_2")]
        return len(first) == 2 and not any(step.heard for step in first)

    def status(self, round_: str) -> PrinterStatus | None:
        """What it says of itself in a round in which each question had exactly one answer and nothing else came."""
        found = PrinterStatus()
        for question in (1, 2, 3, 4):
            step = self.at(f"{round_}_{question}")
            only = step.answers if step is not None and not step.too_much else []
            if len(only) != 1 or not isinstance(only[0], RealTimeAnswer):
                return None
            found = found.with_answer(question, only[0].byte)
        return found

    def echoed(self, name: str, *marks: int) -> bool:
        """These marks of ours, in this order, and no other."""
        step = self.at(name)
        echoes = [one.mark for one in step.answers if isinstance(one, FenceEcho)] if step is not None else []
        return echoes == [self.marks[mark] for mark in marks]

    def answered_gs_r(self, name: str) -> bool:
        """One byte that can be its answer and does not say that paper is out, and no noise beside it."""
        step = self.at(name)
        if step is None or step.too_much:
            return False
        bytes_ = [one.byte for one in step.answers if isinstance(one, FenceAnswer)]
        kinds = (FenceAnswer, FenceEcho, RealTimeAnswer, AutoStatus)
        return len(bytes_) == 1 and not bytes_[0] & 0x0C and all(isinstance(one, kinds) for one in step.answers)


def random_marks(random: Callable[[int], int]) -> list[bytes]:
    """Four marks in a row from a random place; `random` gives whole numbers of so many bits."""
    first = random(20)
    return [numbered_mark(first + at) for at in range(MARKS_NEEDED)]


def _never(_heard: bytes) -> bool:
    return False


def _one(kind: type[Answer]) -> Callable[[bytes], bool]:
    return lambda heard: any(isinstance(one, kind) for one in StatusReader().feed(heard))


def _mark(mark: bytes) -> Callable[[bytes], bool]:
    return lambda heard: FenceEcho(mark) in StatusReader().feed(heard)


def _a_text(heard: bytes) -> bool:
    return b"\x00" in heard.partition(b"_")[2]
