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
class Fed:
    dots: int


Item = PrintedLine | PrintedBars | Fed


@dataclass
class Sheet:
    """The paper since the last cut, and the bytes that made it."""

    items: list[Item] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)

    @property
    def inked(self) -> bool:
        return any(not isinstance(item, Fed) and _has_ink(item) for item in self.items)


def _has_ink(item: PrintedLine | PrintedBars) -> bool:
    return isinstance(item, PrintedBars) or any(mark.char.strip() or mark.look.inverse for mark in item.marks)
