"""A printer that exists only as a program: line speed, a small buffer, a head that takes time, and faults.

It answers as the references say: DLE EOT and automatic status on arrival, everything else in its turn and
never while it cannot print. It reads no faster than the line, so a host that writes more finds the line
full, as with flow control.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_bridge.virtual.interpreter import IDENTITY, IMPERSONATED, Interpreter
from firmware_bridge.virtual.line_pace import LinePace
from firmware_bridge.virtual.sheet import Event, Sheet

BUFFER = 4096
DOTS_PER_S = 1600.0
"""200 mm/s, a current 80 mm thermal printer: a kitchen slip of 110 mm takes half a second."""
SLOW_DOTS_PER_S = 100.0
"""An impact printer: three lines a second, as the TM-U220 makes of 40 columns when its head must rest now and then."""
COMMANDS_A_STEP = 2000
RECORDED_JOBS = 200

FAULTS = (
    "paper_out", "paper_low", "cover_open", "cutter_error", "offline", "printer_unplugged", "printer_mute",
    "printer_power_cut", "garbage", "late_answer", "stray_status", "asb_in_answer", "answer_lost", "foreign_echo",
    "impersonates", "xoff_stuck", "wrong_baud", "output_blocked", "slow_head",
)  # fmt: skip
"""docs/devices.md says what each does."""

STRAY_EVERY = 100
"""Bytes of print data between two that look like a question, when a picture happens to hold them."""
FRAMING_NOISE = bytes((0x00, 0x80, 0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE, 0xFF))
"""What a receiver at another speed makes of bytes: start bits that last too long, stop bits that come too soon."""
FOREIGN_ECHO = b"\x37\x22ZZ99\x00"

STOPPING = frozenset({"paper_out", "cover_open", "offline"})


@dataclass
class JobRecord:
    """For measuring: when the first byte of a sheet arrived and how many came. Monotonic seconds."""

    first_byte_at: float
    bytes: int = 0
    cut_at: float | None = None


@dataclass
class VirtualPrinter:
    """Not thread safe; one thread calls. `answer` sends bytes to the host, `cut` takes a finished sheet."""

    columns: int
    baud: int
    answer: Callable[[bytes], None]
    cut: Callable[[Sheet], None]
    encoding: str = "gbk"
    faults: set[str] = field(default_factory=set)
    received: int = 0
    records: deque[JobRecord] = field(default_factory=lambda: deque(maxlen=RECORDED_JOBS))
    happened: Counter[str] = field(default_factory=Counter)
    """Pulses of the drawer and sounds of the buzzer, by kind."""

    def __post_init__(self) -> None:
        self._engine = Interpreter(
            self.columns, self._say_in_turn, self._on_cut, self._paper_byte, self.encoding, self._on_event
        )
        self._engine.asked_for_status = self._tell_auto
        self.pace = LinePace(self.baud)
        self._pending = bytearray()
        self._busy_until = 0.0
        self._now = 0.0
        self._record: JobRecord | None = None
        self._late: bytes | None = None
        self._newest = b""
        self._gap = 0
        """Where the next status comes into an answer: each time one byte later."""
        self._jammed = False
        self._noise = random.Random(7)

    # --- the line ---

    def may_read(self, now: float) -> int:
        """Bytes that have crossed the line by now and fit into the buffer."""
        if "xoff_stuck" in self.faults:
            return 0
        return self.pace.may_read(now, BUFFER - len(self._engine.buffer))

    @property
    def full(self) -> bool:
        return "xoff_stuck" in self.faults or len(self._engine.buffer) >= BUFFER

    def arrive(self, data: bytes, now: float) -> None:
        """Bytes from the line. Real-time commands act here and do not enter the buffer."""
        self._now = now
        self.pace.take(len(data))
        self.received += len(data)
        if "printer_power_cut" in self.faults:
            return
        self._pending += self._noise_of(data, 2) if "wrong_baud" in self.faults else data
        while self._pending:
            if self._pending[0] == 0x10:
                if len(self._pending) < 2 or (self._pending[1] in (4, 5) and len(self._pending) < 3):
                    return
                if self._pending[1] in (4, 5):
                    self._real_time(self._pending[1], self._pending[2])
                    del self._pending[:3]
                    continue
            self._store(self._pending[:1])
            del self._pending[:1]

    def _store(self, byte: bytearray) -> None:
        if self._record is None:
            self._record = JobRecord(self._now)
            self.records.append(self._record)
        self._record.bytes += 1
        if "stray_status" in self.faults and self._record.bytes % STRAY_EVERY == 0:
            self._say(bytes((self._status(1),)))
        self._engine.feed(bytes(byte))

    # --- the engine ---

    def step(self, now: float) -> float | None:
        """Execute what is due; monotonic seconds of the next wish, None when there is nothing to do."""
        self._now = now
        for _ in range(COMMANDS_A_STEP):
            if not self._can_print() or not self._engine.buffer:
                return None
            if now < self._busy_until:
                return self._busy_until
            if "cutter_error" in self.faults and self._engine.peek_cut():
                self._jammed = True
                self._tell_auto()
                return None
            moved = self._engine.step()
            if moved is None:
                return None
            if moved:
                speed = SLOW_DOTS_PER_S if "slow_head" in self.faults else DOTS_PER_S
                self._busy_until = max(self._busy_until, now) + moved / speed
        return now

    def _can_print(self) -> bool:
        return not (self.faults & STOPPING or "printer_power_cut" in self.faults or self._jammed)

    def _on_cut(self, sheet: Sheet) -> None:
        if self._record is not None:
            self._record.cut_at = self._now
            self._record = None
        self.cut(sheet)

    # --- what it says ---

    def _real_time(self, command: int, question: int) -> None:
        if command != 4:
            if question in (1, 2):
                self._jammed = False
            if question == 2:
                self._engine.clear()
            return
        answer = bytes((self._status(question),))
        if "late_answer" in self.faults:
            answer, self._late = self._late or b"", answer
        self._say(answer)

    def _status(self, question: int) -> int:
        faults = self.faults
        stopped = bool(faults & STOPPING) or self._jammed
        if question == 1:
            return 0x12 | 0x08 * stopped
        if question == 2:
            error = 0x40 * self._jammed
            return 0x12 | 0x04 * ("cover_open" in faults) | 0x20 * ("paper_out" in faults) | error
        if question == 3:
            return 0x12 | 0x08 * self._jammed
        out, low = "paper_out" in faults, bool(faults & {"paper_low", "paper_out"})
        return 0x12 | 0x0C * low | 0x60 * out

    def _paper_byte(self) -> int:
        return 0x03 if "paper_low" in self.faults else 0x00

    def _auto(self) -> bytes:
        faults = self.faults
        stopped = bool(faults & STOPPING) or self._jammed
        first = 0x10 | 0x08 * stopped | 0x20 * ("cover_open" in faults)
        out, low = "paper_out" in faults, bool(faults & {"paper_low", "paper_out"})
        return bytes((first, 0x08 * self._jammed, 0x0C * out | 0x03 * low, 0x00))

    def _tell_auto(self) -> None:
        if self._engine.modes.auto_status and "printer_power_cut" not in self.faults:
            self._say(self._auto())

    def _say_in_turn(self, data: bytes) -> None:
        """The answer to a command of the buffer: a fence, or who it is."""
        faults = self.faults
        if "answer_lost" in faults or ("impersonates" in faults and data[:2] == FOREIGN_ECHO[:2]):
            return
        if "foreign_echo" in faults:
            data = FOREIGN_ECHO
        if "output_blocked" in faults:
            self._newest = data
            return
        if "asb_in_answer" in faults:
            self._gap = self._gap % (len(data) - 1) + 1 if len(data) > 1 else 0
            data = data[: self._gap] + self._auto() + data[self._gap :]
        self._say(data)

    def _on_event(self, event: Event) -> None:
        self.happened[type(event).__name__.lower()] += 1

    def _noise_of(self, data: bytes, share: int) -> bytes:
        return bytes(self._noise.choice(FRAMING_NOISE) for _ in range(-(-len(data) // share)))

    def _say(self, data: bytes) -> None:
        if not data or self.faults & {"printer_mute", "printer_power_cut", "output_blocked"}:
            return
        if "garbage" in self.faults:
            data = bytes(self._noise.randrange(256) for _ in range(self._noise.randrange(1, 4)))
        if "wrong_baud" in self.faults:
            data = self._noise_of(data, 1)
        self.answer(data)

    # --- faults ---

    def set_fault(self, fault: str, on: bool, now: float) -> None:
        """Switch a fault. Reloading paper or closing the lid lets it print on; ValueError when unknown."""
        if fault not in FAULTS:
            raise ValueError(f"unknown fault {fault!r}; there are {', '.join(FAULTS)}")
        self._now = now
        before = self._auto()
        self.faults = self.faults | {fault} if on else self.faults - {fault}
        if fault == "impersonates":
            self._engine.identity = IMPERSONATED if on else IDENTITY
        if fault == "printer_power_cut" and on:
            self._engine.reset()
            self._pending.clear()
            self._late = None
            self._newest = b""
            self._jammed = False
            self._record = None
        if fault == "cutter_error" and not on:
            self._jammed = False
        if fault == "late_answer" and not on:
            self._late = None
        if fault == "output_blocked" and not on:
            newest, self._newest = self._newest, b""
            self._say(newest)
        if fault == "xoff_stuck":
            self._say(b"\x13" if on else b"\x11")
        if self._auto() != before:
            self._tell_auto()
