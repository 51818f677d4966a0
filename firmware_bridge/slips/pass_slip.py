"""Papers of the pass: what the whole order is made of, and what a runner carries where."""

from __future__ import annotations

from itertools import groupby

from firmware_bridge.charset import printable
from firmware_bridge.page import BOLD, LONG_DISH, Gap, Line, Rule, Style
from firmware_bridge.slips.kitchen_slip import KitchenSlip
from gateway.contract.slips import SlipLine

BOX = "[ ] "
"""To cross off with a pen; no printer's font lacks it."""


class FullOrder(KitchenSlip):
    """总单: every dish of the order under the station that makes it."""

    def dishes(self) -> list[Line]:
        page: list[Line] = []
        lines = sorted(self.slip.lines, key=lambda line: self._first(line.station))
        for station, made in groupby(lines, key=lambda line: line.station):
            if station:
                page += [*self.underlined(printable(station)), Gap(4)]
            for line in made:
                page += self.dish(line, LONG_DISH)
        return page

    def _first(self, station: str) -> int:
        """Stations stand in the order of their first dish."""
        return next(at for at, line in enumerate(self.slip.lines) if line.station == station)


class RunnerSlip(KitchenSlip):
    """传菜单: what goes to this table, each dish with a box and the station that hands it out."""

    cooked_from = False

    def dish(self, line: SlipLine, style: Style) -> list[Line]:
        name = f"{BOX}{line.quantity}× {printable(line.name)}"
        station = printable(line.station)
        room = self.columns - self.cells(name) - self.cells(station)
        if room >= 1:
            page = self.pair(name, station, LONG_DISH, BOLD)
        else:
            page = [*self.wrapped(name, LONG_DISH), *self.pair("", station, BOLD, BOLD)]
        page += self.options(line.options, self.cells(BOX))
        page += self.note(line.note, self.cells(BOX))
        return [*page, Gap(8)]

    def also(self) -> list[Line]:
        return []

    def body(self) -> list[Line]:
        slip = self.slip
        page = [*self.head(printable(slip.station)), *self.dishes(), Rule()]
        page += self.note(slip.note, 0)
        return [*page, *self.allergies(), *self.foot()]
