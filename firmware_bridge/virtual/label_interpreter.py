"""What TSPL bytes do to a label, written from the command references (TSC TSPL/TSPL2).

It must judge the bridge's encoder, so it shares nothing with it. One command at a time and only when asked: a printer
without labels stops at PRINT. Unlike a printer it notes what it does not understand: `warnings`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from firmware_bridge.virtual.codes import matrix_of
from firmware_bridge.virtual.label_sheet import DOTS_A_MM, LabelSheet

FONTS = {"TSS24.BF2": "gb18030", "TST24.BF2": "cp950"}
"""Fonts of 24 x 24 dots and what their two-byte characters are."""
LONGEST_COMMAND = 4096
"""Bytes without a line end, beside the dots of a BITMAP: more is a runaway."""
AT_ONCE = b"~!"


class LabelInterpreter:
    """`feed` puts bytes into the receive buffer; `step` executes one command and says whether there was one.

    `print_label` takes the label when PRINT comes. `pairs`: whether the reader of texts knows two-byte characters, and
    `escapes` whether it knows `\\["]`: makers differ in both, and no text may become a command at any of them.
    """

    def __init__(self, print_label: Callable[[LabelSheet], None], *, pairs: bool = True, escapes: bool = True) -> None:
        self._print_label = print_label
        self._pairs, self._escapes = pairs, escapes
        self.buffer = bytearray()
        self.warnings: list[str] = []
        self.executed: list[str] = []
        """The names of all commands, for tests."""
        self.reset()

    def reset(self) -> None:
        """Power off: buffer, image and settings are gone."""
        self.buffer.clear()
        self._width = self._height = 0
        self.sheet: LabelSheet | None = None
        self._made = bytearray()

    def feed(self, data: bytes) -> None:
        self.buffer += data

    def step(self) -> bool:
        """False when no whole command is there."""
        end = self._end()
        if end is None:
            return False
        command = bytes(self.buffer[:end])
        del self.buffer[:end]
        self._made += command
        if AT_ONCE in command and not command.startswith(b"BITMAP"):
            self.warnings.append(f"obeyed at once: {command!r}")
        line = command.removesuffix(b"\n").removesuffix(b"\r")
        if line:
            self._execute(line)
        return True

    @property
    def in_picture(self) -> bool:
        """It waits for dots. Only while nothing whole waits before them."""
        return re.match(rb"BITMAP (\d+),(\d+),(\d+),(\d+),(\d),", self.buffer) is not None and self._end() is None

    def _end(self) -> int | None:
        """Where the next command ends: behind its line end, which the dots of a picture may hold too."""
        picture = re.match(rb"BITMAP (\d+),(\d+),(\d+),(\d+),(\d),", self.buffer)
        if picture:
            start = picture.end() + int(picture[3]) * int(picture[4])
            if len(self.buffer) < start + 2:
                return None
            return start + (2 if self.buffer[start : start + 2] == b"\r\n" else 0)
        end = self.buffer.find(b"\n")
        if end < 0 and len(self.buffer) > LONGEST_COMMAND:
            self.warnings.append("a command without an end")
            self.buffer.clear()
        return end + 1 if end >= 0 else None

    # --- what it does ---

    def _execute(self, line: bytes) -> None:
        name, _, rest = line.partition(b" ")
        self.executed.append(name.decode("ascii", "replace"))
        known = getattr(self, f"_do_{name.decode('ascii', 'replace').lower()}", None)
        if known is None:
            self.warnings.append(f"unknown command: {line[:40]!r}")
            return
        try:
            known(rest)
        except (ValueError, IndexError, UnicodeDecodeError) as error:
            self.warnings.append(f"{name.decode()}: {error}: {line[:60]!r}")

    def _do_size(self, rest: bytes) -> None:
        width, height = (float(part.strip().removesuffix(b"mm")) for part in rest.split(b","))
        self._width, self._height = round(width * DOTS_A_MM), round(height * DOTS_A_MM)
        if not (0 < self._width <= 108 * DOTS_A_MM and self._height > 0):
            raise ValueError("no such label")

    def _do_gap(self, rest: bytes) -> None:
        for part in rest.split(b","):
            float(part.strip().removesuffix(b"mm"))

    def _do_direction(self, rest: bytes) -> None:
        if rest.split(b",")[0] not in (b"0", b"1"):
            raise ValueError("a direction is 0 or 1")

    def _do_cls(self, _rest: bytes) -> None:
        """Before any SIZE there is nothing to wipe, and nothing to draw on either."""
        self.sheet = LabelSheet(self._width, self._height) if self._width else None

    def _do_text(self, rest: bytes) -> None:
        (x, y, font, rotation, wide, tall), text = self._arguments(rest, 6)
        name = font.strip('"')
        if name not in FONTS or rotation != "0" or not (1 <= int(wide) <= 10 and 1 <= int(tall) <= 10):
            raise ValueError(f"no such look: {font} {rotation} {wide} {tall}")
        words = text.decode(FONTS[name])
        width = self._image().write(words, int(x), int(y), int(wide), int(tall))
        self._inside(int(x), int(y), width, 24 * int(tall), words)

    def _do_reverse(self, rest: bytes) -> None:
        box = tuple(int(part) for part in rest.split(b","))
        self._image().reverse(box[0], box[1], box[2], box[3])
        self._inside(box[0], box[1], box[2], box[3], "REVERSE")

    def _do_bar(self, rest: bytes) -> None:
        x, y, width, height = (int(part) for part in rest.split(b","))
        self._image().fill(x, y, width, height)
        self._inside(x, y, width, height, "BAR")

    def _do_bitmap(self, rest: bytes) -> None:
        x, y, row, rows, mode, dots = rest.split(b",", 5)
        if mode not in (b"0", b"1"):
            raise ValueError("mode not modelled")
        if b"\x1b!" in dots or AT_ONCE in dots:
            self.warnings.append("a picture holds what is obeyed at once")
        self._image().dots(int(x), int(y), int(row), int(rows), dots)
        self._inside(int(x), int(y), int(row) * 8 - 7, int(rows), "BITMAP")

    def _do_barcode(self, rest: bytes) -> None:
        (x, y, kind, height, readable, rotation, narrow, _wide), text = self._arguments(rest, 8)
        if (kind, readable, rotation) != ('"128"', "0", "0"):
            raise ValueError("bar code not modelled")
        self._image().bars(int(x), int(y), int(height), int(narrow), text.decode("ascii"))
        last = self._image().printed[-1]
        self._inside(last.x, last.y, last.width, last.height, last.text)

    def _do_qrcode(self, rest: bytes) -> None:
        (x, y, level, module, mode, rotation), text = self._arguments(rest, 6)
        if mode != "A" or rotation != "0" or level not in "LMQH":
            raise ValueError("QR code not modelled")
        words = text.decode("ascii")
        self._image().code(int(x), int(y), int(module), matrix_of(words, level), words)
        last = self._image().printed[-1]
        self._inside(last.x, last.y, last.width, last.height, words)

    def _do_print(self, rest: bytes) -> None:
        if rest.replace(b" ", b"") not in (b"1", b"1,1"):
            raise ValueError("one label, one copy")
        sheet, self.sheet = self._image(), None
        sheet.data, self._made = self._made, bytearray()
        self._print_label(sheet)

    # --- how it reads ---

    def _image(self) -> LabelSheet:
        if self.sheet is None:
            raise ValueError("no CLS before it")
        return self.sheet

    def _inside(self, x: int, y: int, width: int, height: int, what: str) -> None:
        if x < 0 or y < 0 or x + width > self._width or y + height > self._height:
            self.warnings.append(f"beyond the label: {what}")

    def _arguments(self, rest: bytes, count: int) -> tuple[list[str], bytes]:
        """`count` plain arguments, and the quoted text behind them."""
        *plain, text = rest.split(b",", count)
        if len(plain) != count or text[:1] != b'"':
            raise ValueError("arguments")
        return [part.decode("ascii").strip() for part in plain], self._quoted(text[1:])

    def _quoted(self, rest: bytes) -> bytes:
        text, at = bytearray(), 0
        while at < len(rest):
            if self._escapes and rest[at : at + 4] == b'\\["]':
                text += b'"'
                at += 4
            elif rest[at : at + 1] == b'"':
                if rest[at + 1 :].strip():
                    self.warnings.append(f"behind the quote: {rest[at + 1 :]!r}")
                return bytes(text)
            else:
                size = 2 if self._pairs and rest[at] >= 0x81 else 1
                text += rest[at : at + size]
                at += size
        raise ValueError("a quote without an end")
