"""A label as a place to print on: so many dots wide and high, in the same half-width cells as a paper. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.page import BarCode, Gap, Line, QrCode, Rule, TextLine

DOTS_A_MM = 8
"""203 dpi, which nearly every label printer of a shop has."""
CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Dots of one half-width character of the font TSS24.BF2."""
MARGIN = 8
"""Dots (1 mm) that stay white at each edge: labels do not lie on their liner more exactly than that."""
LEADING = 4
"""Dots below a line of text."""
RULE = 10
BAR_CODE = 40
"""5 mm: the lowest bars that a hand scanner hits at once."""
QR_CODE = 84
"""Version 1 or 2 (21 or 25 modules) in modules of three dots, which phones read; longer texts take smaller ones."""

WIDTHS = range(30, 109)
"""mm. Narrower, no dish reads with its number; 108 mm is the widest head of this kind."""
HEIGHTS = range(20, 151)
"""mm. Lower, number, dish and time do not fit one below the other; higher ones are for parcels."""
GAPS = range(11)
"""mm between two labels; 0 for a roll without gaps."""


@dataclass(frozen=True)
class LabelSize:
    """In mm, as the maker of the roll says them."""

    width_mm: int = 40
    height_mm: int = 30
    gap_mm: int = 2

    @property
    def columns(self) -> int:
        """Half-width characters beside one another."""
        return (self.width_mm * DOTS_A_MM - 2 * MARGIN) // CELL_WIDTH

    @property
    def left(self) -> int:
        """Dots from the left edge to the first column: what is left over lies on both sides."""
        return (self.width_mm * DOTS_A_MM - self.columns * CELL_WIDTH) // 2

    @property
    def room(self) -> int:
        """Dots of height that may be printed on."""
        return self.height_mm * DOTS_A_MM - 2 * MARGIN


def dots_of(line: Line) -> int:
    """How much of a label's height a line takes, with the white below it."""
    match line:
        case TextLine(spans):
            return CELL_HEIGHT * max(1 + span.style.tall for span in spans) + LEADING
        case Gap(dots):
            return dots
        case BarCode():
            return BAR_CODE + LEADING
        case QrCode():
            return QR_CODE + LEADING
        case Rule():
            return RULE


def height_of(lines: list[Line]) -> int:
    """Dots, without the white below the last line."""
    return max(0, sum(dots_of(line) for line in lines) - (LEADING if lines and not isinstance(lines[-1], Gap) else 0))
