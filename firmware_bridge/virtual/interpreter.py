"""What ESC/POS bytes do to paper, written from the command references (Epson ESC/POS, GB 18030 printers).

It must judge the bridge's encoder, so it shares nothing with it. It executes one command at a time and only
when asked, because a printer without paper stops between two commands. Unlike a printer it notes what it
does not understand: `warnings`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from firmware_bridge.virtual.codes import Raster, printed_bars
from firmware_bridge.virtual.lengths import ESC, FS, GS, command_size
from firmware_bridge.virtual.modes import DEFAULT_SPACING, FIRMWARE, PAGES, Modes
from firmware_bridge.virtual.sheet import (
    CELL_HEIGHT,
    CELL_WIDTH,
    Buzz,
    Event,
    Fed,
    Mark,
    PrintedBars,
    PrintedLine,
    PrintedQr,
    Pulse,
    Sheet,
)

IDENTITY = {0x41: b"0.1", 0x42: b"TABLEPASS", 0x43: b"VIRTUAL-80", 0x44: b"SN00000001"}
"""Firmware, maker, model and serial number (GS I)."""
IMPERSONATED = {**IDENTITY, 0x42: b"EPSON", 0x43: b"TM-T88III"}
"""What clones say whatever they are."""
MODEL_ID = b"\x20"
"""GS I 1: one byte that only makers can read."""
CUTTER_DISTANCE = 96
"""Dots between print head and cutter, fed by GS V 65/66."""


class Interpreter:
    """`feed` puts bytes into the receive buffer; `step` executes one command.

    `answer` sends bytes to the host, `cut` takes the finished sheet, `happened` hears of drawer and buzzer.
    `columns` wraps long lines. `encoding` is a key of FIRMWARE: Chinese firmware is in Chinese mode after
    power on and after every ESC @, a western one has no such mode.
    """

    def __init__(
        self, columns: int, answer: Callable[[bytes], None], cut: Callable[[Sheet], None],
        paper_status: Callable[[], int] = lambda: 0,
        encoding: str = "gbk", happened: Callable[[Event], None] = lambda event: None,
    ) -> None:  # fmt: skip
        self._columns = columns
        self._answer = answer
        self._cut = cut
        self._paper_status = paper_status
        self._pairs = FIRMWARE[encoding]
        self._happened = happened
        self.identity = IDENTITY
        self.asked_for_status: Callable[[], None] = lambda: None
        self.buffer: deque[int] = deque()
        self.modes = self._fresh()
        self.sheet = Sheet()
        self.warnings: list[str] = []
        self._line: list[Mark] = []
        self._raster: Raster | None = None

    def _fresh(self) -> Modes:
        return Modes(chinese=bool(self._pairs))

    def feed(self, data: bytes) -> None:
        self.buffer.extend(data)

    def clear(self) -> None:
        """DLE ENQ 2: what is not yet on paper is gone, a picture under way too; settings stay."""
        self.buffer.clear()
        self._line = []
        self._raster = None

    def reset(self) -> None:
        """Power off: buffers and settings are gone; the paper stays where it is."""
        self.clear()
        self.modes = self._fresh()

    def step(self) -> int | None:
        """Execute the next command, or print the next rows of a raster. Returns the dots of paper it moved; None when
        it is not yet complete."""
        if self._raster is not None:
            return self._continue_raster(self._raster)
        if not self.buffer:
            return None
        size = command_size(bytes(islice(self.buffer, 8)), self.modes.chinese, self._until_nul)
        if size is None or size > len(self.buffer):
            return None
        return self._execute(self._take(size))

    def peek_cut(self) -> bool:
        """Whether the next command is a cut: a jammed cutter stops exactly there."""
        return self._raster is None and bytes(islice(self.buffer, 2)) in (b"\x1dV", b"\x1bi", b"\x1bm")

    def _take(self, size: int) -> bytes:
        data = bytes(self.buffer.popleft() for _ in range(size))
        self.sheet.data += data
        return data

    def _until_nul(self) -> int | None:
        data = bytes(self.buffer)
        return data.index(0, 3) + 1 if 0 in data[3:] else None

    # --- what it does ---

    def _execute(self, command: bytes) -> int:
        first = command[0]
        if first == 0x0A:
            return self._print_line()
        if first == 0x0D:
            return 0
        if first == 0x10:
            self._real_time(command)
            return 0
        if first == 0x1B:
            return self._escape(command[1:2], command[2:])
        if first == 0x1D:
            return self._group(command[1:2], command[2:])
        if first == 0x1C:
            return self._chinese(command[1:2], command[2:])
        return self._character(command)

    def _real_time(self, command: bytes) -> None:
        """What the printer let through to here: it answers DLE EOT and DLE ENQ on arrival."""
        if command[1:3] == b"\x14\x01" and len(command) == 5:
            if self.modes.real_time_pulse:
                self._tell(Pulse(5 if command[3] else 2, command[4] * 100, command[4] * 100))
        else:
            self.warnings.append(f"real-time command: {command.hex()}")

    def _tell(self, event: Event) -> None:
        self.sheet.events.append(event)
        self._happened(event)

    def _character(self, data: bytes) -> int:
        if len(data) == 2:
            try:
                char = data.decode(self._pairs)
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
                self.modes = self._fresh()
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
                if value not in PAGES:
                    self.warnings.append(f"no such code page: {value}")
                modes.page = PAGES.get(value, "cp437")
            case b"i" | b"m":
                self._finish()
            case b"p":
                self._tell(Pulse(5 if value % 48 else 2, rest[1] * 2, rest[2] * 2))
            case b"B":
                self._tell(Buzz(value, rest[1] * 100))
            case b"(" if rest[0:1] == b"A" and rest[3:4] == b"\x30" and len(rest) == 7:
                self._tell(Buzz(rest[5], rest[6] * 100, rest[4]))
            case _:
                self._not_modelled("ESC", letter, rest, letter in ESC)
        return 0

    def _not_modelled(self, prefix: str, letter: bytes, rest: bytes, known: bool) -> None:
        """A known command with nothing but zeros is what is so after ESC @ anyway."""
        if not known:
            self.warnings.append(f"unknown command {prefix} {letter.hex()}")
        elif any(value % 48 for value in rest):
            self.warnings.append(f"command not modelled: {prefix} {letter.decode('ascii')} {rest.hex()}")

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
                if value:
                    self.asked_for_status()  # at once, and then on every change
            case b"r":
                self._answer(bytes([self._paper_status() if value in (1, 49) else 0]))
            case b"I" if value in (1, 49):
                self._answer(MODEL_ID)
            case b"I" if value in self.identity:
                self._answer(b"_" + self.identity[value] + b"\x00")
            case b"V":
                moved = self._feed(rest[1] + CUTTER_DISTANCE) if value in (65, 66) else 0
                self._finish()
                return moved
            case b"h":
                modes.bar_height = value
            case b"w":
                modes.bar_module = value
            case b"k":
                return self._printed(printed_bars(rest, modes.bar_module, modes.bar_height, modes.align))
            case b"v":
                return self._begin_raster(Raster.from_head(b"\x1dv" + rest, modes.align))
            case b"(":
                return self._group_function(rest[:1], rest[3:])
            case _:
                self._not_modelled("GS", letter, rest, letter in GS)
        return 0

    def _group_function(self, letter: bytes, data: bytes) -> int:
        """GS ( and a letter, with `data` behind its length."""
        match letter:
            case b"H" if data[:2] == b"00" and len(data) == 6:
                # In its turn, so everything before it is printed: 37 22 and the four bytes that came with it.
                self._answer(b"\x37\x22" + data[2:] + b"\x00")
            case b"D" if data[:1] == b"\x14" and len(data) % 2:
                for function, on in zip(data[1::2], data[2::2], strict=True):
                    if function in (1, 49):
                        self.modes.real_time_pulse = on in (1, 49)
            case b"k" if data[:1] == b"1" and len(data) >= 2:
                printed, problem = self.modes.qr.take(data[1], data[2:], self.modes.align)
                if problem:
                    self.warnings.append(problem)
                return self._printed(printed) if printed is not None else 0
            case _:
                self.warnings.append(f"command not modelled: GS ( {letter.hex()} {data[:4].hex()}")
        return 0

    def _printed(self, item: PrintedBars | PrintedQr) -> int:
        moved = self._begin_of_line("a code")
        self.sheet.items.append(item)
        return moved + item.dots

    def _begin_of_line(self, what: str) -> int:
        if not self._line:
            return 0
        self.warnings.append(f"{what} begins in the middle of a line")
        return self._print_line()

    def _begin_raster(self, raster: Raster) -> int:
        moved = self._begin_of_line("a raster")
        if raster.printed.row_bytes * 8 * (1 + raster.printed.wide) > self._columns * CELL_WIDTH + 7:
            self.warnings.append("a raster is wider than the paper")
        self.sheet.items.append(raster.printed)
        if raster.left and raster.printed.row_bytes:
            self._raster = raster
        return moved

    def _continue_raster(self, raster: Raster) -> int | None:
        size = raster.next_bytes(len(self.buffer))
        if not size:
            return None
        raster.printed.data += self._take(size)
        rows = size // raster.printed.row_bytes
        raster.left -= rows
        if not raster.left:
            self._raster = None
        return rows * (1 + raster.printed.tall)

    def _chinese(self, letter: bytes, rest: bytes) -> int:
        modes = self.modes
        value = rest[0] if rest else 0
        if not self._pairs:
            self.warnings.append(f"this printer has no Chinese: FS {letter.hex()}")
            return 0
        match letter:
            case b"&":
                modes.chinese = True
            case b".":
                modes.chinese = False
            case b"!":
                modes.chinese_width, modes.chinese_height = 1 + bool(value & 4), 1 + bool(value & 8)
            case b"W":
                modes.chinese_width = modes.chinese_height = 1 + (value & 1)
            case _:
                self._not_modelled("FS", letter, rest, letter in FS)
        return 0

    def _finish(self) -> None:
        sheet, self.sheet = self.sheet, Sheet()
        self._cut(sheet)
