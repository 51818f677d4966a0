"""What stands on a paper of N columns, line by line, and the tools that put text there. Pure.

Loud are table, dish, quantity, what is left out and allergies; quiet is everything else. A guest's own
words never start a line without their mark; but for allergies, which are white on black, they are never large
and never bold. So they cannot pass for a dish, a total or a command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware_bridge.charset import Encoding, cells, printable, wrap


@dataclass(frozen=True)
class Style:
    """How a stretch of text looks. `wide` and `tall` double one direction each."""

    wide: bool = False
    tall: bool = False
    bold: bool = False
    inverse: bool = False


PLAIN = Style()


@dataclass(frozen=True)
class Span:
    text: str
    style: Style = PLAIN


@dataclass(frozen=True)
class TextLine:
    """One line of paper. Its spans together never exceed the paper's columns."""

    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Rule:
    """A dashed line over the whole width."""


@dataclass(frozen=True)
class Gap:
    """White paper, in dots (8 a millimetre)."""

    dots: int


@dataclass(frozen=True)
class BarCode:
    """CODE128, centred. `code` is printable ASCII."""

    code: str


@dataclass(frozen=True)
class QrCode:
    """A QR code, centred; `text` is one line of printable text."""

    text: str


Line = TextLine | Rule | Gap | BarCode | QrCode

BIG = Style(wide=True, tall=True, bold=True)
DISH = Style(wide=True, tall=True, bold=True)
LONG_DISH = Style(tall=True, bold=True)
"""For the whole slip where one name would not fit large on one line: one size reads calmer than two."""
BOLD = Style(bold=True)
LEFT_OUT = Style(inverse=True, bold=True)
LOUD = Style(wide=True, tall=True, bold=True, inverse=True)
LONG_LOUD = Style(tall=True, bold=True, inverse=True)

FEWEST_COLUMNS, MOST_COLUMNS = 24, 72
"""Narrower, no dish reads with its quantity; wider papers do not exist (58 mm: 32, 80 mm: 42 or 48)."""
CONTINUED = "> "
"""Starts every further line of a guest's note, so that no wrapping makes it look like something else."""
COUNT_CELLS, AMOUNT_CELLS = 4, 9
"""The two columns at the right edge: 9999 of something, 99,999.00 with a sign. What is longer takes from the name."""

LEAST_NAME = 6
"""Cells beside the money: with fewer, an amount that no restaurant takes stands below its name."""


class Page:
    """The tools of one paper. What is given to them is `printable`; `marked` sees to that itself."""

    def __init__(self, columns: int, encoding: Encoding) -> None:
        self.columns = columns
        self.encoding: Encoding = encoding

    def cells(self, text: str) -> int:
        return cells(text, self.encoding)

    def columns_of(self, style: Style) -> int:
        return self.columns // 2 if style.wide else self.columns

    def wrapped(self, text: str, style: Style = PLAIN) -> list[Line]:
        return [text_line(piece, style) for piece in wrap(text, self.columns_of(style), self.encoding) if piece]

    def indented(self, text: str, indent: int, style: Style = PLAIN) -> list[Line]:
        """Of a style of one width."""
        pieces = wrap(text, self.columns - indent, self.encoding)
        return [text_line(" " * indent + piece, style) for piece in pieces if piece]

    def pair(self, left: str, right: str, style: Style = PLAIN, right_style: Style = PLAIN) -> list[Line]:
        """Left and right on one line where both fit, else one below the other."""
        room = self.columns - self.cells(left) - self.cells(right)
        if room < 1:
            return [*self.wrapped(left, style), *self.wrapped(right, right_style)]
        return [TextLine((Span(left, style), Span(" " * room), Span(right, right_style)))]

    def centred(self, text: str, style: Style = PLAIN) -> list[Line]:
        columns = self.columns_of(style)
        centred: list[Line] = []
        for piece in wrap(text, columns, self.encoding):
            room = columns - self.cells(piece)
            centred.append(text_line(" " * (room // 2) + piece, style))
        return centred

    def band(self, text: str, style: Style) -> list[Line]:
        """Inverse over the whole width: padded on both sides to the last column."""
        columns = self.columns_of(style)
        band: list[Line] = []
        for piece in wrap(text, columns - 2, self.encoding):
            room = columns - self.cells(piece)
            # A wide character leaves an odd column at the right; halving keeps the text in the middle.
            left = " " * (room // 2)
            band.append(text_line(left + piece + " " * (room - room // 2), replace(style, inverse=True)))
        return band

    def warning(self, mark: str, text: str) -> list[Line]:
        """Somebody's own words that must not be missed. Each line of them has the whole mark, so that none can pass for
        a dish; what is too long for one large line is less wide."""
        if self.cells(mark + text) <= self.columns_of(LOUD) - 2:
            return self.band(mark + text, LOUD)
        pieces = wrap(text, self.columns - 2 - self.cells(mark), self.encoding)
        return [line for piece in pieces for line in self.band(mark + piece, LONG_LOUD)]

    def marked(self, mark: str, text: str, indent: int) -> list[Line]:
        """Somebody's own words behind their mark, which every line of them has."""
        room = self.columns - indent - self.cells(mark)
        pieces = wrap(printable(text), room, self.encoding)
        pad = " " * indent
        further = CONTINUED.rjust(self.cells(mark))
        return [text_line(pad + (further if at else mark) + piece) for at, piece in enumerate(pieces)]

    def figure(self, name: str, count: str, amount: str, style: Style = PLAIN) -> list[Line]:
        """A name at the left; what is counted and the money in their columns at the right edge of its first line.

        Further lines of a long name are indented, and stay off the column of the money.
        """
        right = self._right(count, COUNT_CELLS) + " " + self._right(amount, AMOUNT_CELLS)
        if not count:  # an empty column is the name's
            right = right.lstrip()
        room = self.columns - self.cells(right) - 1
        if room < LEAST_NAME:
            return [*self.wrapped(name, style), *self.wrapped(right.strip(), style)]
        first, *more = wrap(name, room, self.encoding)
        if more:
            under = self.columns - max(AMOUNT_CELLS, self.cells(amount)) - 3
            more = wrap(name[len(first) :].lstrip(), max(LEAST_NAME, under), self.encoding)
        gap = " " * (self.columns - self.cells(first) - self.cells(right))
        return [text_line(first + gap + right, style), *(text_line("  " + piece, style) for piece in more)]

    def sum_up(self, name: str, amount: str) -> list[Line]:
        """The one line that is large: the name at the left, the money at the right edge; below it where need be."""
        columns = self.columns_of(BIG)
        room = columns - self.cells(name) - self.cells(amount)
        if room >= 1:
            return [text_line(name + " " * room + amount, BIG)]
        pad = " " * max(0, columns - self.cells(amount))
        return [*self.wrapped(name, BIG), *self.wrapped(pad + amount, BIG)]

    def _right(self, text: str, width: int) -> str:
        return " " * max(0, width - self.cells(text)) + text


def text_line(text: str, style: Style = PLAIN) -> TextLine:
    return TextLine((Span(text, style),))
