"""Papers that somebody cooks by: a station's part of an order, one dish alone, and the notices about it."""

from __future__ import annotations

from firmware_bridge.charset import printable, wrap
from firmware_bridge.page import BOLD, DISH, LONG_DISH, LOUD, Gap, Line, Rule, Style, text_line
from firmware_bridge.slips.slip_page import SlipPage
from gateway.contract.slips import SlipLine


class KitchenSlip(SlipPage):
    """厨打单, 加菜单 and 一菜一单; also every kind that this bridge does not know yet."""

    cooked_from = True

    def body(self) -> list[Line]:
        slip = self.slip
        page = self.head(printable(slip.station))
        page += self.dishes()
        if slip.portions > 1:
            page += [*self.wrapped(self.words.portion.format(slip.portion, slip.portions), LONG_DISH), Gap(8)]
        page += [Rule(), *self.changes()]
        page += self.note(slip.note, 0)
        page += self.allergies()
        return [*page, *self.also(), *self.foot()]

    def dishes(self) -> list[Line]:
        large = self.slip.size != "normal" and all(self._fits_large(line) for line in self.slip.lines)
        page: list[Line] = []
        for line in self.slip.lines:
            page += self.dish(line, DISH if large else LONG_DISH)
        return page

    def sign(self) -> str:
        """Before a quantity."""
        return ""

    def _quantity(self, line: SlipLine) -> str:
        return f"{self.sign()}{line.quantity}× "

    def _fits_large(self, line: SlipLine) -> bool:
        return self.cells(self._quantity(line) + printable(line.name)) <= self.columns // 2

    def dish(self, line: SlipLine, style: Style) -> list[Line]:
        head = self._quantity(line)
        indent = self.cells(head)
        under = indent * 2 if style.wide else indent
        first, *more = wrap(printable(line.name) or "?", self.columns_of(style) - indent, self.encoding)
        page: list[Line] = [text_line(head + first, style)]
        page += [text_line(" " * indent + piece, style) for piece in more]
        page += self.options(line.options, under)
        if line.waited:
            page += self.indented(self.words.waited.format(line.waited), under, BOLD)
        page += self.note(line.note, under)
        page.append(Gap(8))
        return page

    def changes(self) -> list[Line]:
        """What has changed before this was printed: whoever holds the slip of such a change must not count it twice."""
        words = self.words
        page = self.wrapped(words.counted, BOLD) if self.slip.changes else []
        for change in self.slip.changes:
            sign = "-" if change.kind == "return" else ""
            what = [f"{sign}{line.quantity}× {printable(line.name)}" for line in change.lines]
            before = [words.moved_from + printable(change.from_place)] if change.from_place else []
            text = f"{words.announce.get(change.kind, printable(change.kind))} {words.comma.join([*before, *what])}"
            page += self.indented(text + (words.see_slip.format(change.number) if change.number else ""), 2, BOLD)
        return [*page, Gap(8)] if page else []

    def also(self) -> list[Line]:
        """Where else the order is made."""
        if not self.slip.elsewhere:
            return []
        seen = "  ".join(f"{printable(other.station)} {other.quantity}" for other in self.slip.elsewhere)
        return self.centred(self.words.also + seen)

    def foot(self) -> list[Line]:
        slip = self.slip
        page = self.bars()
        code = printable(slip.code)
        tail = [code] if code else []
        if slip.previous:
            tail.append(f"{self.words.previous} {printable(slip.previous)}")
        page += self.centred("   ".join(tail)) if tail else []
        if slip.missing:
            gaps = ", ".join(printable(number) for number in slip.missing)
            page += self.band(self.words.missing + gaps, Style(inverse=True, bold=True))
        return page


class Notice(KitchenSlip):
    """退菜, 催菜, 等叫, 起菜, 转台 and 并台: the loud word first, then what to do about it, then the dishes."""

    def body(self) -> list[Line]:
        slip, words = self.slip, self.words
        page = self.band(words.announce[slip.kind], LOUD)
        page += [*self.band(words.tell[slip.kind], Style(inverse=True, bold=True)), Gap(10)]
        page += self.head(printable(slip.station))
        if slip.from_place:
            before = words.moved_from + printable(slip.from_place)
            large = self.cells(before) <= self.columns_of(DISH)
            page += [*self.wrapped(before, DISH if large else LONG_DISH), Gap(8)]
        page += self.dishes()
        page += [Rule(), *self.changes()]  # of a course that was called, and whose slip waited
        if slip.reason:
            page += self.marked(words.reason, slip.reason, 0)
        page += self.note(slip.note, 0)
        page += self.allergies()
        return [*page, *self.foot()]

    def sign(self) -> str:
        return "-" if self.slip.kind == "return" else ""


class NoteChange(Notice):
    """改单: what is said of a dish is new. What was said stands below it, so that a cook knows the paper that it was
    on."""

    def dish(self, line: SlipLine, style: Style) -> list[Line]:
        page = super().dish(line, style)
        under = self.cells(self._quantity(line)) * (2 if style.wide else 1)
        more = [] if line.note else self.indented(self.words.no_note, under, BOLD)
        more += self.marked(self.words.note_before, line.note_before, under) if line.note_before else []
        return [*page[:-1], *more, page[-1]]
