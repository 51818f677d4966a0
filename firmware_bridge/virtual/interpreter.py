"""What ESC/POS bytes do to paper, written from the command references (Epson ESC/POS, GB 18030 printers).

It must judge the bridge's encoder, so it shares nothing with it. It executes one command at a time and only
when asked, because a printer without paper stops between two commands. Unlike a printer it notes what it
does not understand: `warnings`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice

from firmware_bridge.virtual.sheet import CELL_HEIGHT, Fed, Look, Mark, PrintedBars, PrintedLine, Sheet

DEFAULT_SPACING = 30
"""Dots from line to line after ESC @ (3.75 mm)."""
CUTTER_DISTANCE = 96
"""Dots between print head and cutter, fed by GS V 65/66."""


@dataclass
class Modes:
    """Every setting that ESC @ puts back. Chinese mode is on by default on Chinese models."""

    look: Look = field(default_factory=Look)
    chinese_width: int = 1
    chinese_height: int = 1
    chinese: bool = True
    page: str = "cp437"
    align: int = 0
    spacing: int = DEFAULT_SPACING
    auto_status: int = 0
    bar_height: int = 162
    bar_module: int = 3


PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 19: "cp858"}

# Parameter bytes behind a two-byte command that this printer understands.
_ESC = {b"@": 0, b"2": 0, b"3": 1, b"!": 1, b"-": 1, b"E": 1, b"G": 1, b"J": 1, b"d": 1, b"a": 1, b"t": 1,
        b"R": 1, b"M": 1, b"{": 1, b"p": 3, b"B": 2, b"i": 0, b"m": 0, b" ": 1, b"V": 1}  # fmt: skip
_GS = {b"!": 1, b"B": 1, b"a": 1, b"r": 1, b"h": 1, b"w": 1, b"f": 1, b"H": 1, b"I": 1, b"L": 2, b"W": 2}
_FS = {b"&": 0, b".": 0, b"!": 1, b"W": 1, b"-": 1, b"S": 2, b"C": 1}


class Interpreter:
    """`feed` puts bytes into the receive buffer; `step` executes one command.

    `answer` sends bytes to the host, `cut` takes the finished sheet. `columns` wraps long lines.
    """

    def __init__(
        self, columns: int, answer: Callable[[bytes], None], cut: Callable[[Sheet], None],
        paper_status: Callable[[], int] = lambda: 0,
    ) -> None:  # fmt: skip
        self._columns = columns
        self._answer = answer
        self._cut = cut
        self._paper_status = paper_status
        self.buffer: deque[int] = deque()
        self.modes = Modes()
        self.sheet = Sheet()
        self.warnings: list[str] = []
        self._line: list[Mark] = []

    def feed(self, data: bytes) -> None:
        self.buffer.extend(data)

    def reset(self) -> None:
        """Power off: buffers and settings are gone; the paper stays where it is."""
        self.buffer.clear()
        self.modes = Modes()
        self._line = []

    def step(self) -> int | None:
        """Execute the next command. Returns the dots of paper it moved; None when it is not yet complete."""
        size = self._size()
        if size is None or size > len(self.buffer):
            return None
        command = bytes(self.buffer.popleft() for _ in range(size))
        self.sheet.data += command
        return self._execute(command)

    def peek_cut(self) -> bool:
        """Whether the next command is a cut: a jammed cutter stops exactly there."""
        return bytes(islice(self.buffer, 2)) in (b"\x1dV", b"\x1bi", b"\x1bm")

    # --- how long is the next command ---

    def _size(self) -> int | None:
        if not self.buffer:
            return None
        head = bytes(islice(self.buffer, 6))
        first = head[0]
        if first in (0x1B, 0x1D, 0x1C):
            return self._command_size(head)
        if first == 0x10:
            return 3
        return 2 if first >= 0x80 and self.modes.chinese else 1

    def _command_size(self, head: bytes) -> int | None:
        if len(head) < 2:
            return None
        table = {0x1B: _ESC, 0x1D: _GS, 0x1C: _FS}[head[0]]
        letter = head[1:2]
        if letter in table:
            return 2 + table[letter]
        if head[:2] == b"\x1dV":
            return None if len(head) < 3 else (4 if head[2] in (65, 66) else 3)
        if head[:2] == b"\x1dk":
            return None if len(head) < 4 else (4 + head[3] if head[2] >= 65 else self._until_nul())
        if head[:2] in (b"\x1d(", b"\x1c("):
            return None if len(head) < 5 else 5 + head[3] + 256 * head[4]
        if head[:3] == b"\x1dv0":
            raster = bytes(islice(self.buffer, 8))
            if len(raster) < 8:
                return None
            return 8 + (raster[4] + 256 * raster[5]) * (raster[6] + 256 * raster[7])
        return 2

    def _until_nul(self) -> int | None:
        data = bytes(self.buffer)
        return data.index(0, 3) + 1 if 0 in data[3:] else None

    # --- what it does ---

    def _execute(self, command: bytes) -> int:
        first = command[0]
        if first == 0x0A:
            return self._print_line()
        if first == 0x0D or first == 0x10:
            return 0
        if first == 0x1B:
            return self._escape(command[1:2], command[2:])
        if first == 0x1D:
            return self._group(command[1:2], command[2:])
        if first == 0x1C:
            return self._chinese(command[1:2], command[2:])
        return self._character(command)

    def _character(self, data: bytes) -> int:
        if len(data) == 2:
            try:
                char = data.decode("gb18030")
            except UnicodeDecodeError:
                self.warnings.append(f"no such character: {data.hex()}")
                char = "�"
            look = replace(
                self.modes.look,
                width=max(self.modes.look.width, self.modes.chinese_width),
                height=max(self.modes.look.height, self.modes.chinese_height),
            )
            return self._place(Mark(char, 2, look))
        if data[0] < 0x20:
            self.warnings.append(f"control byte in the text: {data.hex()}")
            return 0
        char = data.decode(self.modes.page if data[0] >= 0x80 else "ascii", errors="replace")
        return self._place(Mark(char, 1, self.modes.look))

    def _place(self, mark: Mark) -> int:
        used = sum(each.cells * each.look.width for each in self._line)
        moved = 0
        if used + mark.cells * mark.look.width > self._columns:
            self.warnings.append("a line was longer than the paper")
            moved = self._print_line()
        self._line.append(mark)
        return moved

    def _print_line(self) -> int:
        tallest = max((mark.look.height for mark in self._line), default=1) * CELL_HEIGHT
        dots = max(self.modes.spacing, tallest + (6 if tallest > CELL_HEIGHT else 0))
        if self.modes.spacing <= CELL_HEIGHT:
            dots = max(self.modes.spacing, tallest)
        self.sheet.items.append(PrintedLine(self._line, self.modes.align, dots))
        self._line = []
        return dots

    def _feed(self, dots: int) -> int:
        moved = self._print_line() if self._line else 0
        self.sheet.items.append(Fed(dots))
        return moved + dots

    def _escape(self, letter: bytes, rest: bytes) -> int:
        modes, look = self.modes, self.modes.look
        value = rest[0] if rest else 0
        match letter:
            case b"@":
                self._line = []
                self.modes = Modes()
            case b"E" | b"G":
                modes.look = replace(look, bold=bool(value & 1))
            case b"-":
                modes.look = replace(look, underline=value not in (0, 48))
            case b"!":
                modes.look = replace(
                    look, bold=bool(value & 8), height=1 + bool(value & 16), width=1 + bool(value & 32),
                    underline=bool(value & 128),
                )  # fmt: skip
            case b"a":
                modes.align = value % 48
            case b"2":
                modes.spacing = DEFAULT_SPACING
            case b"3":
                modes.spacing = value
            case b"J":
                return self._feed(value)
            case b"d":
                return self._feed(value * modes.spacing)
            case b"t":
                modes.page = PAGES.get(value, "cp437")
            case b"i" | b"m":
                self._finish()
            case _ if letter not in _ESC:
                self.warnings.append(f"unknown command ESC {letter.hex()}")
        return 0

    def _group(self, letter: bytes, rest: bytes) -> int:
        modes, look = self.modes, self.modes.look
        value = rest[0] if rest else 0
        match letter:
            case b"!":
                modes.look = replace(look, width=(value >> 4 & 7) + 1, height=(value & 7) + 1)
            case b"B":
                modes.look = replace(look, inverse=bool(value & 1))
            case b"a":
                modes.auto_status = value
            case b"r":
                self._answer(bytes([self._paper_status() if value in (1, 49) else 0]))
            case b"V":
                moved = self._feed(rest[1] + CUTTER_DISTANCE) if value in (65, 66) else 0
                self._finish()
                return moved
            case b"h":
                modes.bar_height = value
            case b"w":
                modes.bar_module = value
            case b"k":
                return self._bars(rest)
            case _ if letter not in _GS:
                self.warnings.append(f"command not modelled: GS {letter.hex()}")
        return 0

    def _bars(self, rest: bytes) -> int:
        data = rest[2:] if rest[0] >= 65 else rest[1:-1]
        text = data.decode("ascii", errors="replace")
        if rest[0] == 73 and text[:1] == "{" and text[1:2] in "ABC":
            text = text[2:].replace("{{", "{")
        name = {73: "CODE128", 72: "CODE93", 4: "CODE39", 69: "CODE39"}.get(rest[0], f"type {rest[0]}")
        modes = self.modes
        self.sheet.items.append(
            PrintedBars(name, text, modes.bar_module, modes.bar_height, modes.align, modes.bar_height + 6)
        )
        return modes.bar_height + 6

    def _chinese(self, letter: bytes, rest: bytes) -> int:
        modes = self.modes
        value = rest[0] if rest else 0
        match letter:
            case b"&":
                modes.chinese = True
            case b".":
                modes.chinese = False
            case b"!":
                modes.chinese_width, modes.chinese_height = 1 + bool(value & 4), 1 + bool(value & 8)
            case b"W":
                modes.chinese_width = modes.chinese_height = 1 + (value & 1)
            case _ if letter not in _FS:
                self.warnings.append(f"unknown command FS {letter.hex()}")
        return 0

    def _finish(self) -> None:
        sheet, self.sheet = self.sheet, Sheet()
        self._cut(sheet)
