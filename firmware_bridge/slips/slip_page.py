"""What the papers of several kinds share: banners, allergies, dishes, the bar code and who it is for."""

from __future__ import annotations

from firmware_bridge.charset import Encoding, cells, printable, wrap
from firmware_bridge.page import (
    BIG,
    BOLD,
    LEFT_OUT,
    LOUD,
    PLAIN,
    BarCode,
    Gap,
    Line,
    Page,
    QrCode,
    Rule,
    Span,
    Style,
    TextLine,
    text_line,
)
from firmware_bridge.slips.words import Words
from gateway.contract.slips import Slip, SlipOption

NEW_DISHES = ("kitchen", "dish", "add", "fire")
"""Kinds that somebody begins to cook by; the others say themselves what to do."""


class SlipPage(Page):
    """One slip on its paper. A kind says in `body` what stands on it."""

    cooked_from = False
    """Whether somebody cooks by it: a copy of such a paper asks to be checked first."""

    def __init__(self, slip: Slip, columns: int, encoding: Encoding, words: Words) -> None:
        super().__init__(columns, encoding)
        self.slip = slip
        self.words = words

    def body(self) -> list[Line]:
        raise AssertionError(f"{type(self).__name__} has no body")

    def title(self) -> str:
        return self.words.title.get(self.slip.kind) or printable(self.slip.kind)

    def banner(self, copy: int) -> list[Line]:
        check = self.band(self.words.check, Style(inverse=True, bold=True)) if self.cooked_from else []
        return [*self.band(f"{self.words.reprint} {copy - 1}", LOUD), *check, Gap(14)]

    def elsewhere_printed(self) -> list[Line]:
        """For whoever stands at this printer: it belongs to another one's cooks."""
        name = printable(self.slip.instead_of)
        return [*self.band(self.words.instead_of + name, LOUD), Gap(8)] if name else []

    def screen_down(self) -> list[Line]:
        """For cooks who look at a screen: it has not drawn this, so it is on no screen that anybody sees."""
        if not self.slip.screen_down:
            return []
        page = self.band(self.words.screen_down, LOUD)
        if self.slip.kind in NEW_DISHES:
            page += self.band(self.words.screen_down_tell, Style(inverse=True, bold=True))
        return [*page, Gap(10)]

    def head(self, left: str) -> list[Line]:
        """Whose paper and what number, the place, and who asked for it when."""
        slip = self.slip
        page = self.pair(left, f"{self.title()} {printable(slip.number)}".rstrip(), BOLD, BOLD)
        page.append(Gap(6))
        page += self.place()
        page.append(Gap(6))
        page += self.pair(self.party(), printable(slip.time))
        page += self.pair(printable(slip.order), printable(slip.by), BOLD)
        page.append(Rule())
        return page

    def party(self) -> str:
        slip, words = self.slip, self.words
        order_type = words.order_types.get(slip.order_type, printable(slip.order_type))
        who = [words.covers.format(slip.covers)] if slip.covers else []
        return "  ".join([*who, order_type])

    def place(self) -> list[Line]:
        """The table; of an addition that word beside it, inverse, so that no cook takes it for the first order."""
        columns = self.columns // 2
        pieces = [piece for piece in wrap(printable(self.slip.place), columns, self.encoding) if piece]
        page: list[Line] = [text_line(piece, BIG) for piece in pieces]
        if not (self.slip.addition or self.slip.kind == "add"):
            return page
        mark = Span(f" {self.words.addition} ", LOUD)
        room = columns - self.cells(mark.text)
        room -= self.cells(pieces[-1]) if pieces else columns
        if room < 1:
            return [*page, TextLine((mark,))]
        return [*page[:-1], TextLine((Span(pieces[-1] + " " * room, BIG), mark))]

    def options(self, options: list[SlipOption], indent: int) -> list[Line]:
        page: list[Line] = []
        pad = Span(" " * indent)
        for option in options:
            pieces = wrap(printable(option.text), self.columns - indent - 2, self.encoding)
            if option.removal:
                page += [TextLine((pad, Span(f" {piece} ", LEFT_OUT))) for piece in pieces]
            else:
                page += [TextLine((pad, Span(piece))) for piece in pieces]
        return page

    def note(self, text: str, indent: int) -> list[Line]:
        return self.marked(self.words.note, text, indent) if text else []

    def allergies(self) -> list[Line]:
        page: list[Line] = []
        for allergy in self.slip.allergies:
            page += [Gap(4), *self.warning(self.words.allergy, printable(allergy))]
        return [*page, Gap(8)] if page else []

    def bars(self) -> list[Line]:
        """The bar code that a runner scans at the pass, its text below."""
        code = printable(self.slip.code)
        return [Gap(8), BarCode(code), Gap(4)] if code.isascii() and code else []

    def qr_code(self) -> list[Line]:
        text, says = printable(self.slip.qr), printable(self.slip.qr_says)
        if not text:
            return []
        return [Gap(8), QrCode(text), *(self.centred(says) if says else [])]

    def underlined(self, title: str) -> list[Line]:
        """The title of a part: bold between two short rules, as wide as the paper."""
        room = self.columns - cells(title, self.encoding) - 2
        if room < 4:
            return self.wrapped(title, BOLD)
        left, right = "-" * (room // 2), "-" * (room - room // 2)
        return [TextLine((Span(f"{left} ", PLAIN), Span(title, BOLD), Span(f" {right}", PLAIN)))]
