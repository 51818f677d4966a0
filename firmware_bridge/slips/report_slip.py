"""Papers for whoever answers for the house: the figures of a shift or a day, and old slips that need a word."""

from __future__ import annotations

from firmware_bridge.charset import printable
from firmware_bridge.page import BIG, BOLD, LONG_DISH, LOUD, PLAIN, Gap, Line, Rule, Style
from firmware_bridge.slips.money import full_amount, plain_amount
from firmware_bridge.slips.slip_page import SlipPage
from gateway.contract.slips import SlipOld, SlipSection


class Report(SlipPage):
    """交班单 and 日结单."""

    def body(self) -> list[Line]:
        slip, words = self.slip, self.words
        page = [*self.centred(printable(slip.store)), Gap(4)] if slip.store else []
        page += [*self.centred(self.title(), BIG), Gap(8)]
        page += self.pair(printable(slip.date), printable(slip.by), BOLD)
        if slip.since:
            page += self.pair(words.period, f"{printable(slip.since)} - {printable(slip.time)}")
        else:
            page += self.pair(words.printed, printable(slip.time))
        for section in slip.sections:
            page += [Gap(8), *self.underlined(printable(section.title)), *self._figures(section)]
        if slip.total is not None:
            page += [Rule(), Gap(4), *self.sum_up(words.sum["receipt"], full_amount(slip.total, slip.currency)), Gap(4)]
        page.append(Rule())
        if slip.reason:
            page += self.marked(words.reason, slip.reason, 0)
        return [*page, *self._signature()]

    def _figures(self, section: SlipSection) -> list[Line]:
        """Where nothing in the part is money, what is counted stands at the edge."""
        money = any(figure.amount is not None for figure in section.figures)
        page: list[Line] = []
        for figure in section.figures:
            count = "" if figure.count is None else str(figure.count)
            amount = "" if figure.amount is None else plain_amount(figure.amount, self.slip.currency)
            style = BOLD if figure.strong else PLAIN
            name = printable(figure.name)
            page += self.figure(name, count, amount, style) if money else self.figure(name, "", count, style)
        return page

    def _signature(self) -> list[Line]:
        line = self.words.signed + "_" * (self.columns - self.cells(self.words.signed))
        return [Gap(60), *self.wrapped(line), Gap(8)]


class StaleSlip(SlipPage):
    """旧单: what a printer did not print while it was away, oldest first. It cooks nothing."""

    def body(self) -> list[Line]:
        slip, words = self.slip, self.words
        page = self.band(words.old_slips.format(len(slip.old)), LOUD)
        page += [*self.band(words.check_old, Style(inverse=True, bold=True)), Gap(8)]
        page += [*self.pair(printable(slip.station), f"{self.title()} {printable(slip.time)}", BOLD), Rule()]
        for old in sorted(slip.old, key=lambda one: -one.age):
            page += self._old(old)
        return [*page, Rule(), *self.wrapped(words.answer_them)]

    def _old(self, old: SlipOld) -> list[Line]:
        age = self.words.age.format(old.age)
        page = self.pair(printable(old.place), age, LONG_DISH, LONG_DISH)
        page += self.pair(f"{printable(old.number)}  {printable(old.order)}", printable(old.time))
        return [*page, *self.indented(printable(old.dishes), 2), Gap(8)]
