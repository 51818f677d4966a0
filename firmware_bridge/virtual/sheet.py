"""Paper with print on it, as the interpreter leaves it and as text and picture are made from it."""

from __future__ import annotations

from dataclasses import dataclass, field

CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Dots of one half-width character of font A."""


@dataclass(frozen=True)
class Look:
    width: int = 1
    height: int = 1
    bold: bool = False
    inverse: bool = False
    underline: bool = False


@dataclass(frozen=True)
class Mark:
    """One character on paper; `cells` is 1 or 2 half-widths before doubling."""

    char: str
    cells: int
    look: Look


@dataclass
class PrintedLine:
    marks: list[Mark]
    align: int
    dots: int
    """How far the paper moved for it."""


@dataclass
class PrintedBars:
    symbology: str
    data: str
    module: int
    height: int
    align: int
    dots: int


@dataclass
class PrintedRaster:
    """Dots as they came, `row_bytes` a row, 1 is black; `wide` and `tall` double them."""

    row_bytes: int
    align: int
    wide: bool
    tall: bool
    data: bytearray = field(default_factory=bytearray)

    @property
    def rows(self) -> int:
        return len(self.data) // self.row_bytes

    @property
    def dots(self) -> int:
        return self.rows * (1 + self.tall)


@dataclass
class PrintedQr:
    """Drawn by the printer itself: rows of modules, 1 is black, each `module` dots wide and high."""

    text: str
    module: int
    matrix: tuple[bytes, ...]
    align: int

    @property
    def dots(self) -> int:
        return len(self.matrix) * self.module


@dataclass(frozen=True)
class Pulse:
    """To the drawer at pin 2 or 5 of its socket."""

    pin: int
    on_ms: int
    off_ms: int


@dataclass(frozen=True)
class Buzz:
    """`times` beeps in steps of `ms`; `pattern` is 0 where the command has none."""

    times: int
    ms: int
    pattern: int = 0


Event = Pulse | Buzz


@dataclass
class Fed:
    dots: int


Item = PrintedLine | PrintedBars | PrintedRaster | PrintedQr | Fed


@dataclass
class Sheet:
    """The paper since the last cut, the bytes that made it, and what was switched meanwhile."""

    items: list[Item] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)
    events: list[Event] = field(default_factory=list)

    @property
    def inked(self) -> bool:
        return any(_has_ink(item) for item in self.items)


def _has_ink(item: Item) -> bool:
    match item:
        case Fed():
            return False
        case PrintedRaster():
            return any(item.data)
        case PrintedLine():
            return any(mark.char.strip() or mark.look.inverse for mark in item.marks)
        case _:
            return True
