"""The paper that shows what a printer can do: its letters, its width, its sizes and its codes."""

from __future__ import annotations

from firmware_bridge.charset import printable
from firmware_bridge.page import (
    BIG,
    BOLD,
    LEFT_OUT,
    LONG_DISH,
    BarCode,
    Gap,
    Line,
    QrCode,
    Rule,
    Span,
    TextLine,
    text_line,
)
from firmware_bridge.slips.slip_page import SlipPage

CODE, QR = "TEST-0001", "TABLEPASS TEST 0001"
"""Where the slip names none: what a scanner shall read."""


class TestSlip(SlipPage):
    """测试单. A line that is broken in two or a frame that is open shows that `columns` is wrong."""

    __test__ = False  # for pytest, which looks at names

    def body(self) -> list[Line]:
        slip, words = self.slip, self.words
        page = [*self.centred(self.title(), BIG), Gap(6)]
        page += self.pair(printable(slip.station), f"{printable(slip.date)} {printable(slip.time)}".strip(), BOLD)
        page.append(Rule())
        for sample in words.sample:
            page += self.wrapped(sample)
        page += [Gap(8), *self._looks(), Gap(8), *self.wrapped(words.ruler.format(self.columns)), *self._ruler()]
        page += [Gap(8), QrCode(printable(slip.qr) or QR), Gap(8)]
        code = printable(slip.code)
        page += [BarCode(code if code and code.isascii() else CODE), Gap(4)]
        return [*page, *self.centred(code or CODE), *self.centred(words.scan)]

    def _looks(self) -> list[Line]:
        large, tall, bold, inverse = self.words.looks
        return [
            text_line(large, BIG),
            text_line(tall, LONG_DISH),
            TextLine((Span(bold, BOLD), Span("  "), Span(f" {inverse} ", LEFT_OUT))),
        ]

    def _ruler(self) -> list[Line]:
        """Tens above ones, then a frame from edge to edge in wide characters, which clones count otherwise."""
        tens = "".join(f"{column // 10 % 10}" if column % 10 == 0 else "." for column in range(1, self.columns + 1))
        ones = "".join(f"{column % 10}" for column in range(1, self.columns + 1))
        full = "中" * ((self.columns - 2) // self.cells("中"))
        room = " " * (self.columns - 2 - self.cells(full))
        return [text_line(tens), text_line(ones), text_line(f"|{full}{room}|")]
