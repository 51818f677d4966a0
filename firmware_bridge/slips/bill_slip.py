"""Papers for guests: what they ordered, what they are asked to pay, and what they paid.

Money stands in its own column at the right edge, made here from integers. No guest's word gets there.
"""

from __future__ import annotations

from firmware_bridge.charset import printable
from firmware_bridge.page import BIG, BOLD, LOUD, PLAIN, Gap, Line, Rule, Style
from firmware_bridge.slips.money import full_amount, plain_amount
from firmware_bridge.slips.slip_page import SlipPage
from gateway.contract.slips import SlipFigure, SlipLine


class BillSlip(SlipPage):
    """预结单: looks like a bill and says twice that it proves no payment."""

    def body(self) -> list[Line]:
        page = [*self.store(), *self.band(self.title(), LOUD), *self._not_a_receipt(), Gap(8)]
        page += [*self.who(), *self.table(), *self.total()]
        page += [*self.qr_code(), Gap(8), *self._not_a_receipt()]
        return [*page, *self.thanks()]

    def _not_a_receipt(self) -> list[Line]:
        return self.band(self.words.not_a_receipt, Style(inverse=True, bold=True))

    def store(self) -> list[Line]:
        slip = self.slip
        page = [*self.centred(printable(slip.store), BIG), Gap(6)] if slip.store else []
        for text in slip.store_lines:
            page += self.centred(printable(text))
        return [*page, Gap(10)] if page else []

    def who(self) -> list[Line]:
        slip = self.slip
        page = self.pair(printable(slip.place), self.party(), BOLD)
        number = printable(slip.number or slip.order)
        when = " ".join(part for part in (printable(slip.date), printable(slip.time)) if part)
        return [*page, *self.pair(f"{self.words.order} {number}", when), *self._by(), Rule()]

    def _by(self) -> list[Line]:
        """Behind its mark, for a guest's nickname may stand here."""
        return self.marked(self.words.by, self.slip.by, 0) if self.slip.by else []

    def table(self) -> list[Line]:
        """The dishes with their money, then what is added and taken off."""
        slip, words = self.slip, self.words
        priced = any(line.amount is not None for line in slip.lines)
        page = self.figure(words.item, words.count, words.amount) if priced else []
        for line in slip.lines:
            page += self._dish(line)
        if slip.figures:
            page.append(Rule())
        for figure in slip.figures:
            page += self.counted(figure)
        return page

    def _dish(self, line: SlipLine) -> list[Line]:
        currency = self.slip.currency
        name = printable(line.name) or "?"
        if line.amount is None:
            page = self.figure(name, "", f"x{line.quantity}", BOLD)
        else:
            page = self.figure(name, str(line.quantity), plain_amount(line.amount, currency))
        options = self.words.comma.join(printable(option.text) for option in line.options)
        return [*page, *self.indented(options, 2)]

    def counted(self, figure: SlipFigure) -> list[Line]:
        count = "" if figure.count is None else str(figure.count)
        amount = "" if figure.amount is None else plain_amount(figure.amount, self.slip.currency)
        return self.figure(printable(figure.name), count, amount, BOLD if figure.strong else PLAIN)

    def total(self) -> list[Line]:
        """The one large amount; below it what is in it already, so that nobody adds it again."""
        slip = self.slip
        if slip.total is None:
            return [Rule()]
        amount = full_amount(slip.total, slip.currency)
        page = [Rule(), Gap(4), *self.sum_up(self.words.sum[slip.kind], amount), Gap(4)]
        for figure in slip.included:
            page += self.counted(figure)
        return page

    def thanks(self) -> list[Line]:
        page: list[Line] = [Gap(8)] if self.slip.foot else []
        for text in self.slip.foot:
            page += self.centred(printable(text))
        return page


class Receipt(BillSlip):
    """结账单: with how it was paid."""

    def body(self) -> list[Line]:
        page = [*self.store(), *self.centred(self.title(), BIG), Gap(8), *self.who(), *self.table(), *self.total()]
        return [*page, *self._paid(), *self.qr_code(), *self._code(), *self.thanks()]

    def _code(self) -> list[Line]:
        """For whoever brings it back: the bar code, and its text for eyes."""
        code = printable(self.slip.code)
        return [*self.bars(), *self.centred(code)] if code else []

    def _paid(self) -> list[Line]:
        slip = self.slip
        page: list[Line] = []
        for tender in slip.paid:
            page += self.counted(tender)
        if slip.change:
            page += self.figure(self.words.change, "", plain_amount(slip.change, slip.currency))
        return [Rule(), *page] if page else []


class GuestList(BillSlip):
    """客单: lies on the table, so that guests see that all they ordered was heard."""

    def body(self) -> list[Line]:
        slip = self.slip
        page = [*self.store(), *self.centred(self.title(), BIG), Gap(8), *self.who(), *self.table()]
        page += self.total()
        if slip.note:
            page += self.marked(self.words.note, slip.note, 0)
        page += self.allergies()
        return [*page, Gap(4), *self.centred(self.words.ask_staff), *self.qr_code(), *self.thanks()]

    def _dish(self, line: SlipLine) -> list[Line]:
        page = super()._dish(line)
        return [*page, *self.marked(self.words.note, line.note, 2)] if line.note else page
