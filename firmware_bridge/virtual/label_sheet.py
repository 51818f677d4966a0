"""A label as its printer's image buffer holds it, and as text and picture are made from it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from PIL import Image, ImageChops

from firmware_bridge.virtual.picture import INK, PAPER, cell_of, draw_bars
from firmware_bridge.virtual.sheet import Look, Mark, PrintedBars

DOTS_A_MM = 8
EDGE = 6
"""Pixels of the liner around a label in its picture."""
LINER = (214, 206, 186)


@dataclass(frozen=True)
class Printed:
    """Something in the image buffer: where it stands, how large it is and what a person reads there."""

    x: int
    y: int
    width: int
    height: int
    text: str
    kind: str = "text"


@dataclass
class LabelSheet:
    """One label. `data` are the bytes that made it, `printed` what was put on it, `reversed` boxes made black."""

    width: int
    height: int
    data: bytearray = field(default_factory=bytearray)
    printed: list[Printed] = field(default_factory=list)
    reversed: list[tuple[int, int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ink = Image.new("L", (self.width, self.height), 0)

    @property
    def inked(self) -> bool:
        return self.ink.getbbox() is not None

    # --- what a command puts on it ---

    def write(self, text: str, x: int, y: int, wide: int, tall: int) -> int:
        """Text of 24 x 24 dots a character, ASCII half as wide; how many dots it took."""
        at = x
        for char in text:
            mark = Mark(char, 1 if char.isascii() else 2, Look(wide, tall))
            if char.strip():
                cell = cell_of(mark)
                box = (at, y, at + cell.width, y + cell.height)
                self.ink.paste(ImageChops.lighter(self.ink.crop(box), cell), box)
            at += mark.cells * 12 * wide
        self.printed.append(Printed(x, y, at - x, 24 * tall, text))
        return at - x

    def fill(self, x: int, y: int, width: int, height: int) -> None:
        self.ink.paste(255, (x, y, x + width, y + height))
        self.printed.append(Printed(x, y, width, height, "", "bar"))

    def reverse(self, x: int, y: int, width: int, height: int) -> None:
        box = (x, y, x + width, y + height)
        self.ink.paste(self.ink.crop(box).point(lambda value: 255 - value), box)
        self.reversed.append((x, y, width, height))

    def dots(self, x: int, y: int, row_bytes: int, rows: int, data: bytes) -> None:
        """A set bit stays white."""
        picture = Image.frombytes("1", (row_bytes * 8, rows), data).convert("L").point(lambda value: 255 - value)
        self.ink.paste(picture, (x, y))
        self.printed.append(Printed(x, y, row_bytes * 8, rows, f"[picture {row_bytes * 8} x {rows}]", "picture"))

    def bars(self, x: int, y: int, height: int, module: int, text: str) -> None:
        width = (11 * (len(text) + 2) + 13) * module
        bars = Image.new("L", (width, height), 0)
        draw_bars(bars, PrintedBars("CODE128", text, module, height, 0, height), 0, width)
        self.ink.paste(bars, (x, y))
        self.printed.append(Printed(x, y, width, height, f"║▌│║▌║ {text} ║│▌║║", "bars"))

    def code(self, x: int, y: int, module: int, matrix: tuple[bytes, ...], text: str) -> None:
        side = len(matrix)
        dots = Image.frombytes("L", (side, side), bytes(255 * dark for row in matrix for dark in row))
        self.ink.paste(dots.resize((side * module, side * module), Image.Resampling.NEAREST), (x, y))
        self.printed.append(Printed(x, y, side * module, side * module, f"▣ {text} ▣", "code"))

    # --- what a person sees ---

    def text(self) -> str:
        """One line each, from top to bottom; what is white on black is marked ▐so▌. What stands there twice, as bold
        print does, is read once."""
        seen: list[Printed] = []
        for one in sorted(self.printed, key=lambda each: (each.y + each.height, each.x)):
            twice = any(abs(one.x - old.x) <= 2 and (one.y, one.text) == (old.y, old.text) for old in seen)
            if one.kind != "bar" and not twice:
                seen.append(one)
        lines: list[str] = []
        foot = -1
        for one in seen:
            words = f"▐{one.text}▌" if self._is_reversed(one) else one.text
            if one.y + one.height == foot:
                lines[-1] += "  " + words
            else:
                lines.append(words)
            foot = one.y + one.height
        return "\n".join(lines) + "\n"

    def _is_reversed(self, one: Printed) -> bool:
        return any(
            x <= one.x and y <= one.y and one.x + one.width <= x + width + 2 and one.y + one.height <= y + height
            for x, y, width, height in self.reversed
        )

    def picture(self) -> bytes:
        """PNG bytes, a pixel a dot, on its liner."""
        label = Image.composite(Image.new("RGB", self.ink.size, INK), Image.new("RGB", self.ink.size, PAPER), self.ink)
        whole = Image.new("RGB", (self.width + 2 * EDGE, self.height + 2 * EDGE), LINER)
        whole.paste(label, (EDGE, EDGE))
        file = io.BytesIO()
        whole.quantize(16, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()
