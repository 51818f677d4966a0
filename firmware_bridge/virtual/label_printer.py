"""A label printer that exists only as a program: a line, a buffer, a head that takes time, and faults.

It answers `ESC ! ?` on arrival with one byte, as the references say; everything else waits for its turn. A label during
which the labels ran out, or the lid was opened, is spoiled: the printer prints it again, whole, once it is well, or
(`spoiled_lost`) feeds an empty one. What it has of a command stays when the line goes and comes.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_bridge.virtual.label_interpreter import LabelInterpreter
from firmware_bridge.virtual.label_sheet import DOTS_A_MM, LabelSheet
from firmware_bridge.virtual.line_pace import LinePace

BUFFER = 64 * 1024
MM_PER_S = 127.0
"""5 inches a second, which the cheap ones do."""
START_S = 0.02
"""From PRINT until the motor turns."""
RECORDED_JOBS = 200
COMMANDS_A_STEP = 500

BITS = {
    "cover_open": 0x01, "jam": 0x02, "paper_out": 0x04, "ribbon_out": 0x08, "pause_pressed": 0x10, "overheated": 0x80,
}  # fmt: skip
PRINTING = 0x20
FAULTS = (
    *BITS, "printer_unplugged", "printer_power_cut", "printer_mute", "late_answer", "garbage", "extra_answer",
    "never_printing", "spoiled_lost",
)  # fmt: skip
"""docs/devices.md says what each does."""


@dataclass
class LabelRecord:
    """For measuring: when the first byte of a label arrived and how many came. Monotonic seconds."""

    first_byte_at: float
    bytes: int = 0
    cut_at: float | None = None


@dataclass
class VirtualLabelPrinter:
    """Not thread safe; one thread calls. `answer` sends bytes to the host, `done` takes a finished label."""

    baud: int
    answer: Callable[[bytes], None]
    done: Callable[[LabelSheet], None]
    faults: set[str] = field(default_factory=set)
    received: int = 0
    records: deque[LabelRecord] = field(default_factory=lambda: deque(maxlen=RECORDED_JOBS))
    hears_in_pictures: bool = True
    """Whether it obeys `ESC !` among the dots of a picture, or takes it for dots: makers differ."""
    happened: Counter[str] = field(default_factory=Counter)
    """Labels that were spoiled."""

    def __post_init__(self) -> None:
        self.engine = LabelInterpreter(self._on_print)
        self.pace = LinePace(self.baud)
        self._pending = bytearray()
        self._label: LabelSheet | None = None
        self._until: float | None = None
        """When the label under the head is done; None while it waits for the printer to be well."""
        self._record: LabelRecord | None = None
        self._late = b""
        self._noise = random.Random(7)
        self._now = 0.0

    # --- the line ---

    def may_read(self, now: float) -> int:
        """Bytes that have crossed the line by now and fit into the buffer."""
        return self.pace.may_read(now, BUFFER - len(self.engine.buffer))

    @property
    def full(self) -> bool:
        return len(self.engine.buffer) >= BUFFER

    def arrive(self, data: bytes, now: float) -> None:
        """Bytes from the line. `ESC !` and a sign act here and do not enter the buffer."""
        self._now = now
        self.pace.take(len(data))
        self.received += len(data)
        if "printer_power_cut" in self.faults:
            return
        self._pending += data
        while self._pending:
            if self._pending[0] == 0x1B:
                if len(self._pending) < 3:
                    return
                self.step(now)
                if self._pending[1] == ord("!") and (self.hears_in_pictures or not self.engine.in_picture):
                    self._real_time(self._pending[2], now)
                    del self._pending[:3]
                    continue
            self._store(bytes(self._pending[:1]))
            del self._pending[:1]

    def _store(self, byte: bytes) -> None:
        if self._record is None:
            self._record = LabelRecord(self._now)
            self.records.append(self._record)
        self._record.bytes += 1
        self.engine.feed(byte)

    # --- the head ---

    def step(self, now: float) -> float | None:
        """Do what is due; monotonic seconds of the next wish, None when there is nothing to do."""
        self._now = now
        for _ in range(COMMANDS_A_STEP):
            if not self._well():
                return None
            if self._label is not None:
                if self._until is None:
                    self._until = now + START_S + self._label.height / DOTS_A_MM / MM_PER_S
                if now < self._until:
                    return self._until
                self._finish(self._label)
            if not self.engine.step():
                return None
        return now

    def _finish(self, label: LabelSheet) -> None:
        self._label, self._until = None, None
        if self._record is not None:
            self._record.cut_at = self._now
            self._record = None
        self.done(label)

    def _on_print(self, label: LabelSheet) -> None:
        self._label, self._until = label, None

    def _well(self) -> bool:
        return not (self.faults & BITS.keys() or "printer_power_cut" in self.faults)

    # --- what it says ---

    def _real_time(self, sign: int, now: float) -> None:
        if sign != ord("?"):
            self.engine.warnings.append(f"real-time command ESC ! {sign:02x}")
            return
        self.step(now)
        said = bytes((self.status,))
        if "late_answer" in self.faults:
            said, self._late = self._late, said
        if "garbage" in self.faults:
            said = bytes(self._noise.randrange(256) for _ in range(self._noise.randrange(1, 4)))
        if "extra_answer" in self.faults:
            said += bytes((PRINTING,))
        if said and not self.faults & {"printer_mute", "printer_power_cut"}:
            self.answer(said)

    @property
    def status(self) -> int:
        bits = sum(bit for fault, bit in BITS.items() if fault in self.faults)
        printing = self._until is not None and "never_printing" not in self.faults
        return bits | (PRINTING if printing and not bits else 0)

    # --- faults ---

    def set_fault(self, fault: str, on: bool, now: float) -> None:
        """Switch a fault. New labels, or a lid that is closed, let it print on; ValueError when unknown."""
        if fault not in FAULTS:
            raise ValueError(f"unknown fault {fault!r}; there are {', '.join(FAULTS)}")
        self.step(now)
        self.faults = self.faults | {fault} if on else self.faults - {fault}
        if fault in BITS and on and self._until is not None:
            self._until = None
            self.happened["spoiled"] += 1
            if "spoiled_lost" in self.faults and self._label is not None:
                self._label = LabelSheet(self._label.width, self._label.height)  # the feed behind it, which is empty
        if fault == "printer_power_cut" and on:
            if self._until is not None:
                self.happened["spoiled"] += 1
            self.engine.reset()
            self._pending.clear()
            self._label, self._until, self._record = None, None, None
            self._late = b""
