"""A slip becomes lines for a paper of N columns. Pure; the fixed words of a slip live here.

Loud are table, dish, quantity, what is left out and allergies; quiet is everything else. A guest's own
words never start a line without their mark, are never large and never bold, so that they cannot pass for
a dish, a total or a command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware_bridge.charset import Encoding, cells, printable, wrap
from gateway.contract.slips import Slip, SlipLine


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


@dataclass(frozen=True)
class Words:
    kitchen: str
    addition: str
    reprint: str
    check: str
    note: str
    allergy: str
    also: str
    previous: str
    missing: str
    instead_of: str
    covers: str
    order_types: dict[str, str]


CHINESE = Words(
    kitchen="厨打单",
    addition="加菜",
    reprint="补打 REPRINT",
    check="先核对再做 check before cooking",
    note="备注：",
    allergy="过敏：",
    also="也在：",
    previous="上一张",
    missing="缺单 MISSING ",
    instead_of="代打 FOR：",
    covers="{} 人",
    order_types={"dine_in": "堂食", "takeaway": "外带", "delivery": "外卖"},
)
ENGLISH = Words(
    kitchen="kitchen",
    addition="Addition",
    reprint="REPRINT",
    check="check before cooking",
    note="note: ",
    allergy="ALLERGY: ",
    also="also at: ",
    previous="previous",
    missing="MISSING ",
    instead_of="FOR: ",
    covers="{} guests",
    order_types={"dine_in": "dine in", "takeaway": "takeaway", "delivery": "delivery"},
)

BIG = Style(wide=True, tall=True, bold=True)
DISH = Style(wide=True, tall=True, bold=True)
LONG_DISH = Style(tall=True, bold=True)
"""For the whole slip where one name would not fit large on one line: one size reads calmer than two."""
BOLD = Style(bold=True)
LEFT_OUT = Style(inverse=True, bold=True)
LOUD = Style(wide=True, tall=True, bold=True, inverse=True)

FEWEST_COLUMNS, MOST_COLUMNS = 24, 72
"""Narrower, no dish reads with its quantity; wider papers do not exist (58 mm: 32, 80 mm: 42 or 48)."""
CONTINUED = "> "
"""Starts every further line of a guest's note, so that no wrapping makes it look like something else."""


def words_of(language: str) -> Words:
    """By BCP 47 tag; every Chinese tag speaks Chinese, all others English."""
    return CHINESE if language.lower().split("-")[0] == "zh" else ENGLISH


def layout(slip: Slip, columns: int, encoding: Encoding, copy: int = 1) -> list[Line]:
    """The whole slip, top to bottom. `copy` above 1 says REPRINT at both ends."""
    return _Page(slip, columns, encoding, words_of(slip.language)).lines(copy)


class _Page:
    def __init__(self, slip: Slip, columns: int, encoding: Encoding, words: Words) -> None:
        self._slip = slip
        self._columns = columns
        self._encoding = encoding
        self._words = words

    def lines(self, copy: int) -> list[Line]:
        slip, words = self._slip, self._words
        banner = self._banner(copy) if copy > 1 else []
        page: list[Line] = [*banner, *self._elsewhere_printed(), *self._head()]
        style = DISH if all(self._fits_large(line) for line in slip.lines) else LONG_DISH
        for line in slip.lines:
            page += self._dish(line, style)
        page.append(Rule())
        if slip.note:
            page += self._guest_words(slip.note, 0)
        for allergy in slip.allergies:
            page += [Gap(4), *self._band(words.allergy + printable(allergy), LOUD)]
        if slip.allergies:
            page.append(Gap(8))
        if slip.elsewhere:
            seen = "  ".join(f"{printable(other.station)} {other.quantity}" for other in slip.elsewhere)
            page += self._centred(words.also + seen)
        return [*page, *self._foot(), *banner]

    def _head(self) -> list[Line]:
        slip, words = self._slip, self._words
        kind = words.kitchen if slip.kind == "kitchen" else printable(slip.kind)
        page = self._pair(printable(slip.station), f"{kind} {printable(slip.number)}", BOLD, BOLD)
        page.append(Gap(6))
        page += self._place()
        page.append(Gap(6))
        order_type = words.order_types.get(slip.order_type, printable(slip.order_type))
        who = [words.covers.format(slip.covers)] if slip.covers else []
        page += self._pair("  ".join([*who, order_type]), printable(slip.time))
        page += self._pair(printable(slip.order), printable(slip.by), BOLD)
        page.append(Rule())
        return page

    def _place(self) -> list[Line]:
        """The table; of an addition that word beside it, inverse, so that no cook takes it for the first order."""
        columns = self._columns // 2
        pieces = [piece for piece in wrap(printable(self._slip.place), columns, self._encoding) if piece]
        page: list[Line] = [_text(piece, BIG) for piece in pieces]
        if not self._slip.addition:
            return page
        mark = Span(f" {self._words.addition} ", LOUD)
        room = columns - cells(mark.text, self._encoding)
        room -= cells(pieces[-1], self._encoding) if pieces else columns
        if room < 1:
            return [*page, TextLine((mark,))]
        return [*page[:-1], TextLine((Span(pieces[-1] + " " * room, BIG), mark))]

    def _banner(self, copy: int) -> list[Line]:
        return [
            *self._band(f"{self._words.reprint} {copy - 1}", LOUD),
            *self._band(self._words.check, Style(inverse=True, bold=True)),
            Gap(14),
        ]

    def _elsewhere_printed(self) -> list[Line]:
        """For whoever stands at this printer: it belongs to another one's cooks."""
        name = printable(self._slip.instead_of)
        return [*self._band(self._words.instead_of + name, LOUD), Gap(8)] if name else []

    def _fits_large(self, line: SlipLine) -> bool:
        text = f"{line.quantity}× {printable(line.name)}"
        return cells(text, self._encoding) <= self._columns // 2

    def _dish(self, line: SlipLine, style: Style) -> list[Line]:
        head = f"{line.quantity}× "
        indent = cells(head, self._encoding)
        under = indent * 2 if style.wide else indent
        columns = self._columns // 2 if style.wide else self._columns
        first, *more = wrap(printable(line.name) or "?", columns - indent, self._encoding)
        page: list[Line] = [_text(head + first, style)]
        page += [_text(" " * indent + piece, style) for piece in more]
        for option in line.options:
            page += self._option(printable(option.text), option.removal, under)
        if line.note:
            page += self._guest_words(line.note, under)
        page.append(Gap(8))
        return page

    def _option(self, text: str, removal: bool, indent: int) -> list[Line]:
        pad = Span(" " * indent)
        pieces = wrap(text, self._columns - indent - 2, self._encoding)
        if removal:
            return [TextLine((pad, Span(f" {piece} ", LEFT_OUT))) for piece in pieces]
        return [TextLine((pad, Span(piece))) for piece in pieces]

    def _guest_words(self, text: str, indent: int) -> list[Line]:
        prefix = self._words.note
        room = self._columns - indent - cells(prefix, self._encoding)
        pieces = wrap(printable(text), room, self._encoding)
        pad = " " * indent
        mark = CONTINUED.rjust(cells(prefix, self._encoding))
        return [_text(pad + (mark if at else prefix) + piece) for at, piece in enumerate(pieces)]

    def _foot(self) -> list[Line]:
        slip = self._slip
        page: list[Line] = []
        code = printable(slip.code)
        if code.isascii() and code:
            page += [Gap(8), BarCode(code), Gap(4)]
        tail = [code] if code else []
        if slip.previous:
            tail.append(f"{self._words.previous} {printable(slip.previous)}")
        page += self._centred("   ".join(tail)) if tail else []
        if slip.missing:
            gaps = ", ".join(printable(number) for number in slip.missing)
            page += self._band(self._words.missing + gaps, Style(inverse=True, bold=True))
        return page

    def _pair(self, left: str, right: str, style: Style = PLAIN, right_style: Style = PLAIN) -> list[Line]:
        """Left and right on one line where both fit, else one below the other."""
        room = self._columns - cells(left, self._encoding) - cells(right, self._encoding)
        if room < 1:
            return [*self._wrapped(left, style), *self._wrapped(right, right_style)]
        return [TextLine((Span(left, style), Span(" " * room), Span(right, right_style)))]

    def _wrapped(self, text: str, style: Style = PLAIN) -> list[Line]:
        columns = self._columns // 2 if style.wide else self._columns
        return [_text(piece, style) for piece in wrap(text, columns, self._encoding) if piece]

    def _centred(self, text: str) -> list[Line]:
        centred: list[Line] = []
        for piece in wrap(text, self._columns, self._encoding):
            room = self._columns - cells(piece, self._encoding)
            centred.append(_text(" " * (room // 2) + piece))
        return centred

    def _band(self, text: str, style: Style) -> list[Line]:
        """Inverse over the whole width: padded on both sides to the last column."""
        columns = self._columns // 2 if style.wide else self._columns
        band: list[Line] = []
        for piece in wrap(text, columns - 2, self._encoding):
            room = columns - cells(piece, self._encoding)
            # A wide character leaves an odd column at the right; halving keeps the text in the middle.
            left = " " * (room // 2)
            band.append(_text(left + piece + " " * (room - room // 2), replace(style, inverse=True)))
        return band


def _text(text: str, style: Style = PLAIN) -> TextLine:
    return TextLine((Span(text, style),))
