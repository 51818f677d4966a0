"""标签: what sticks on one cup or box. It has an end, so what does not fit gives way in a decided order.

Never shortened: the dish, what may not be in it, and whose it is. A label on which not even these fit is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from firmware_bridge.charset import printable, wrap
from firmware_bridge.errors import UnprintableError
from firmware_bridge.label import LabelSize, height_of
from firmware_bridge.page import (
    BIG,
    BOLD,
    LEFT_OUT,
    LONG_DISH,
    LONG_LOUD,
    LOUD,
    PLAIN,
    BarCode,
    Gap,
    Line,
    Rule,
    Span,
    Style,
    TextLine,
    text_line,
)
from firmware_bridge.slips.slip_page import SlipPage

ALL = 99
"""Lines: more than any label has."""
BETWEEN = "  "
"""Between two options."""


@dataclass(frozen=True)
class Shape:
    """How large each part is and how many lines it may take."""

    head: Style = BIG
    name: Style = BIG
    options: Style = LONG_DISH
    option_lines: int = ALL
    note_lines: int = ALL
    allergy: Style = LOUD
    foot: bool = True
    bars: bool = True


GIVEN_UP: tuple[tuple[str, Any, Any], ...] = (
    ("options", LONG_DISH, BOLD), ("bars", True, False), ("note_lines", ALL, 1), ("head", BIG, LONG_DISH),
    ("option_lines", ALL, 2), ("name", BIG, LONG_DISH), ("allergy", LOUD, LONG_LOUD), ("head", LONG_DISH, BOLD),
    ("foot", True, False), ("option_lines", 2, 1), ("allergy", LONG_LOUD, LEFT_OUT), ("name", LONG_DISH, BOLD),
    ("note_lines", 1, 0), ("option_lines", 1, 0),
)  # fmt: skip
"""What gives way, in this order, and to what. What then still fits comes back, the last first."""


class LabelSlip(SlipPage):
    """One cup or box. On a paper without an end everything is there, in full size."""

    def body(self) -> list[Line]:
        return self._shaped(Shape(), 1)

    def on_label(self, size: LabelSize, copy: int) -> list[Line]:
        """As large as it fits. Raises UnprintableError when what may not be shortened does not."""
        def fits(shape: Shape) -> bool:
            return height_of(self._shaped(shape, copy)) <= size.room

        shape = Shape()
        steps = 0
        while not fits(shape) and steps < len(GIVEN_UP):
            part, _, less = GIVEN_UP[steps]
            shape, steps = replace(shape, **{part: less}), steps + 1
        if not fits(shape):
            raise UnprintableError(f"dish and allergies do not fit a label of {size.width_mm} x {size.height_mm} mm")
        for part, more, less in reversed(GIVEN_UP[:steps]):
            fuller = replace(shape, **{part: more})
            if getattr(shape, part) == less and fits(fuller):
                shape = fuller
        lines = self._shaped(shape, copy)
        return _spread(lines, size.room - height_of(lines))

    def _shaped(self, shape: Shape, copy: int) -> list[Line]:
        banner = self.band(f"{self.words.reprint} {copy - 1}", LEFT_OUT) if copy > 1 else []
        page = [*banner, *self._head(shape.head), *self._allergies(shape.allergy), *self._name(shape.name)]
        page += [*self._options(shape.options, shape.option_lines), *self._note(shape.note_lines)]
        page += self._foot() if shape.foot else []
        return [*page, *(self._bars() if shape.bars else [])]

    def _head(self, style: Style) -> list[Line]:
        """Whose it is at the left, which of how many at the right."""
        slip = self.slip
        place = printable(slip.place) or printable(slip.order) or "?"
        which = f"{slip.portion}/{slip.portions}" if slip.portions else ""
        columns = self.columns_of(style)
        if not which:
            return [text_line(piece, style) for piece in wrap(place, columns, self.encoding)]
        room = columns - self.cells(place) - self.cells(which)
        if room >= 1:
            return [text_line(place + " " * room + which, style)]
        pad = " " * (columns - self.cells(which))
        return [text_line(piece, style) for piece in [*wrap(place, columns, self.encoding), pad + which]]

    def _name(self, style: Style) -> list[Line]:
        page: list[Line] = []
        for line in self.slip.lines:
            many = f"{line.quantity}× " if line.quantity != 1 else ""
            page += self.wrapped(many + (printable(line.name) or "?"), style)
        return page

    def _options(self, style: Style, most: int) -> list[Line]:
        """What is left out first, white on black: if any is cut, it is not that."""
        found = [option for line in self.slip.lines for option in line.options]
        inverse = replace(style, inverse=True)
        texts = [(f" {printable(o.text)} ", inverse) for o in found if o.removal]
        texts += [(printable(o.text), style) for o in found if not o.removal]
        rows: list[list[Span]] = []
        used = self.columns
        for text, look in texts:
            for piece in wrap(text, self.columns, self.encoding) if self.cells(text) > self.columns else [text]:
                gap = BETWEEN if rows and used else ""
                if used + self.cells(gap + piece) > self.columns:
                    rows.append([])
                    used, gap = 0, ""
                rows[-1] += [Span(gap), Span(piece, look)] if gap else [Span(piece, look)]
                used += self.cells(gap + piece)
        if len(rows) > most:
            rows = rows[:most]
            if rows:
                rows[-1] = self._with_more(rows[-1])
        return [TextLine(tuple(row)) for row in rows]

    def _with_more(self, row: list[Span]) -> list[Span]:
        """The row, ending with an ellipsis: there was more."""
        used = sum(self.cells(span.text) for span in row[:-1])
        last = row[-1]
        return [*row[:-1], replace(last, text=self._clipped(last.text.rstrip(), self.columns - used))]

    def _clipped(self, text: str, room: int) -> str:
        """The beginning of it and an ellipsis, in `room` cells."""
        while text and self.cells(text + "…") > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def _note(self, most: int) -> list[Line]:
        """Somebody's own words behind their mark, which every line of them has."""
        note = self.words.comma.join(text for line in self.slip.lines if (text := printable(line.note)))
        lines = self.marked(self.words.note, note, 0) if note else []
        if len(lines) > most:
            lines = lines[:most]
            if lines and isinstance(last := lines[-1], TextLine):
                lines[-1] = TextLine(tuple(self._with_more(list(last.spans))))
        return lines

    def _allergies(self, style: Style) -> list[Line]:
        if not self.slip.allergies:
            return []
        mark = self.words.allergy
        if style == LEFT_OUT:  # the last way: one after the other, so that only one line is not full
            together = self.words.comma.join(printable(each) for each in self.slip.allergies)
            pieces = wrap(together, self.columns - 2 - self.cells(mark), self.encoding)
            return [line for piece in pieces for line in self.band(mark + piece, LEFT_OUT)]
        page: list[Line] = []
        for each in map(printable, self.slip.allergies):
            if style == LOUD:
                page += self.warning(mark, each)
            else:
                pieces = wrap(each, self.columns - 2 - self.cells(mark), self.encoding)
                page += [line for piece in pieces for line in self.band(mark + piece, style)]
        return page

    def _foot(self) -> list[Line]:
        slip = self.slip
        kind = self.words.order_types.get(slip.order_type, printable(slip.order_type))
        order = printable(slip.order)
        left = kind if order == printable(slip.place) else f"{order} {kind}".strip()
        return self.pair(left, printable(slip.time), PLAIN)

    def _bars(self) -> list[Line]:
        code = printable(self.slip.code)
        return [BarCode(code)] if code and code.isascii() else []


class TestLabel(LabelSlip):
    """测试标签: rules at the upper and lower edge and a full line show that the size in the settings is the roll's."""

    __test__ = False  # for pytest, which looks at names

    def on_label(self, size: LabelSize, copy: int) -> list[Line]:
        slip, words = self.slip, self.words
        large, _, _, inverse = words.looks
        measure = f"{size.width_mm} x {size.height_mm} mm"
        full = "中" * (self.columns // self.cells("中"))
        page: list[Line] = [Rule(), *self.pair(self.title(), printable(slip.time), BOLD)]
        page += [text_line(large, BIG), *self.pair(measure, f" {inverse} ", PLAIN, LEFT_OUT), text_line(full)]
        for more in ([BarCode(printable(slip.code) or "TEST-0001")], self.wrapped(words.sample[0])[:1]):
            if height_of([*page, *more, Rule()]) <= size.room:
                page += more
        rest = size.room - height_of([*page, Rule()])
        return [*page, *([Gap(rest)] if rest > 0 else []), Rule()]


def _spread(lines: list[Line], rest: int) -> list[Line]:
    """The room that is left stands above the last part, so that the foot is at the foot: where one looks for it."""
    if rest < 4 or len(lines) < 2:
        return lines
    tail = 2 if isinstance(lines[-1], BarCode) else 1
    return [*lines[:-tail], Gap(rest), *lines[-tail:]]
