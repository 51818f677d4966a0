"""What the phones sent and the hands did, written down by somebody outside, and what must therefore stand where.

The rules are those that a cook is told: who ordered what, what was taken off, what waits, what is done. Nothing is
asked of the house, and nothing of it is imported.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from outsider_papers import CHANGE, STATIONS, TAKES_BACK, Dish, Papers

NAMES = {station: name for name, station in STATIONS.items()}
FIRST, FIRED, OFF, REFIRE, RUSH, HOLD = "厨打单", "起菜单", "退菜单", "重做单", "催菜单", "等叫单"
MOVED = {"move": "转台单", "merge": "并台单"}
MOST_CHANGES = 6
"""Of one order: the house takes 20 of a ticket, and a table that moves counts too."""


@dataclass
class Line:
    """`state`: wanted, held, done or off. `left`: of the portions that were ordered."""

    id: str
    station: str
    dish: Dish
    left: int
    state: str = "wanted"
    crossed: bool = False
    """The cook has struck it out on a card that is still open."""
    again: int = 0
    """Of those left, how many are made once more, if not all."""

    @property
    def to_make(self) -> int:
        """As its cook was asked the last time."""
        return min(self.again, self.left) or self.left


@dataclass
class Card:
    """Lines that one ticket holds. `last`: what the last bump was about."""

    station: str
    lines: set[str]
    open: bool = True
    started: bool = False
    last: set[str] = field(default_factory=set)


@dataclass
class Order:
    number: str
    id: str
    place: str
    """Its table, or the number by which it is fetched."""
    table: str
    addition: bool
    note: str
    allergies: frozenset[str]
    lines: dict[str, Line]
    cards: list[Card] = field(default_factory=list)
    paper: defaultdict[str, Counter[Dish]] = field(default_factory=lambda: defaultdict(Counter))
    """Station -> how many of each dish its papers ask for, all in all."""
    titles: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(station, kind of paper) -> how many."""
    together: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of those as many may be one paper with another: cards of one station whose party moves."""
    seated: list[str] = field(default_factory=list)
    """Where it was before."""
    changes: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    """Station -> portions that it was ever to make, those that it makes again too."""
    off: Counter[str] = field(default_factory=Counter)
    """Of those the ones that were cancelled or returned."""

    def at(self, station: str, *states: str) -> list[Line]:
        return [line for line in self.lines.values() if line.station == station and line.state in states]

    def card_of(self, line: Line) -> Card | None:
        return next((card for card in self.cards if card.open and line.id in card.lines), None)

    def wanted(self, card: Card) -> list[Line]:
        return [self.lines[i] for i in card.lines if self.lines[i].state == "wanted"]

    def least(self, station: str, title: str) -> int:
        return self.titles[station, title] - self.together[station, title]

    def spared(self, station: str, found: dict[str, int]) -> bool:
        """Whether the papers that lack are of cards with nothing left to make, taken back before they came out: then
        nobody has to be told of their changes either. Who has a screen besides may be, as he saw it there."""
        lacking = sum(max(0, self.titles[station, kind] - found.get(kind, 0)) for kind in (FIRST, FIRED))
        empty = [c for c in self.cards if c.station == station and all(self.lines[i].state == "off" for i in c.lines)]
        return 0 < lacking <= len(empty)

    @property
    def label(self) -> str:
        return f"{self.place} 桌" if self.table and self.place.isascii() else self.place

    # -- what hands do -----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """As it comes in."""
        for line in self.lines.values():
            self.accepted[line.station] += line.left
        for station in NAMES:
            lines = self.at(station, "wanted")
            if lines:
                self._card(station, lines, FIRST)

    def _card(self, station: str, lines: list[Line], title: str) -> None:
        self.cards.append(Card(station, {line.id for line in lines}))
        self.titles[station, title] += 1
        for line in lines:
            line.state = "wanted"
            self.paper[station][line.dish] += line.left

    def take_off(self, line: Line, quantity: int) -> None:
        """Cancelled or returned. A cook who still has its ticket is told."""
        card = self.card_of(line)
        if line.state != "held" and card is not None:
            self.paper[line.station][line.dish] -= quantity
            self.titles[line.station, OFF] += 1
        line.left -= quantity
        self.off[line.station] += quantity
        if line.again and line.state == "wanted" and not line.crossed:  # those first: the others are made
            line.again = max(0, line.again - quantity)
            line.state = "wanted" if line.again else "done"
        if not line.left:
            line.state = "off"

    def hold(self, line: Line) -> None:
        card = self.card_of(line)
        assert card is not None
        card.lines.discard(line.id)
        self.paper[line.station][line.dish] -= line.left
        self.titles[line.station, HOLD] += 1
        line.state = "held"

    def fire(self, lines: list[Line]) -> None:
        for station, called in itertools.groupby(sorted(lines, key=lambda one: one.station), lambda one: one.station):
            self._card(station, list(called), FIRED)

    def rush(self, line: Line) -> None:
        self.titles[line.station, RUSH] += 1

    def refire(self, line: Line, quantity: int) -> None:
        card = next(card for card in self.cards if line.id in card.lines)
        card.open, card.started = True, False
        self.paper[line.station][line.dish] += quantity
        self.accepted[line.station] += quantity
        self.titles[line.station, REFIRE] += 1
        line.state, line.crossed, line.again = "wanted", False, quantity if quantity < line.left else 0

    def change_note(self, line: Line, note: str) -> None:
        """What waits to be called is only read with it later."""
        dish = replace(line.dish, note=note)
        if line.state != "held":
            self.paper[line.station][line.dish] -= line.to_make
            self.paper[line.station][dish] += line.to_make
            self.titles[line.station, CHANGE] += 1
        line.dish = dish

    def bump(self, card: Card) -> None:
        card.last = {line.id for line in self.wanted(card)}
        card.open = card.started = False
        for i in card.last:
            self.lines[i].state = "done"

    def bring_back(self, card: Card) -> None:
        card.open, card.started = True, False
        for i in card.last:
            if self.lines[i].state == "done":
                self.lines[i].state = "wanted"

    def seat(self, table: str, how: str) -> None:
        self.seated.append(self.label)
        self.table = self.place = table
        told = [c.station for c in self.cards if c.open and any(self.lines[i].state != "off" for i in c.lines)]
        for station, cards in Counter(told).items():
            self.titles[station, MOVED[how]] += cards
            self.together[station, MOVED[how]] += cards - 1


class Book:
    """All orders of the evening."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.seated: Counter[str] = Counter()
        """Table -> orders since somebody sits there."""
        self.did: Counter[str] = Counter()

    def lines(self, *states: str) -> Iterator[tuple[Order, Line]]:
        for order in self.orders.values():
            for line in order.lines.values():
                if line.state in states:
                    yield order, line

    # -- against the papers ------------------------------------------------------------------------------------------

    def on_paper(self, papers: Papers, of: Order | None = None) -> list[str]:
        """What is wrong on paper, of all orders or of one."""
        net: defaultdict[tuple[str, str], Counter[Dish]] = defaultdict(Counter)
        stopped: defaultdict[tuple[str, str], Counter[Dish]] = defaultdict(Counter)
        titles: Counter[tuple[str, str, str]] = Counter()
        wrong: list[str] = []
        slips = papers.counted(of.number if of else "")
        counted = {(slip.station, number) for slip in slips for number in slip.counts}
        for slip in slips:
            stops = slip.title in TAKES_BACK and (slip.station, slip.number) in counted
            for dish, quantity in slip.net.items():
                if quantity and not stops:
                    net[slip.orders[0], slip.station][dish] += quantity
            if slip.title in TAKES_BACK and not stops:
                back = {dish: -quantity for dish, quantity in slip.net.items() if quantity < 0}
                stopped[slip.orders[0], slip.station].update(back)
            for number in slip.orders:
                titles[number, slip.station, slip.title] += 1
            for kind, quantity in slip.told.items():
                titles[slip.orders[0], slip.station, kind] += quantity
            if of is None:
                wrong += self._says(slip)
        for order in [of] if of else self.orders.values():
            for station, name in NAMES.items():
                kinds = {t for (_, s, t) in titles if s == station} | {t for (s, t) in order.titles if s == station}
                spared = order.spared(station, {kind: titles[order.number, station, kind] for kind in kinds})
                found = net.pop((order.number, station), Counter())
                if spared:  # what he never had he need not stop
                    for dish, quantity in stopped[order.number, station].items():
                        found[dish] += max(0, min(quantity, order.paper[station][dish] - found[dish]))
                wrong += _differences(order.number, f"on the papers of {name}", order.paper[station], found)
                wrong += [
                    f"{order.number}: {titles[order.number, station, kind]}× {kind} of {name}, not "
                    f"{order.titles[station, kind]}: {', '.join(map(str, order.paper[station]))}"
                    for kind in sorted(kinds)
                    if titles[order.number, station, kind] > order.titles[station, kind]
                    or (titles[order.number, station, kind] < order.least(station, kind) and not spared)
                ]
        wrong += [f"{number}: {dict(what)} on the papers of {NAMES[s]}, of nobody" for (number, s), what in net.items()]
        return wrong

    def _says(self, slip: Any) -> list[str]:
        """What every paper of an order says beside its dishes."""
        its = [self.orders[one] for one in slip.orders if one in self.orders]
        if len(its) != len(slip.orders):
            return [f"slip {slip.number} of {NAMES[slip.station]} is of {slip.order or 'no order'}: nobody sent it"]
        order = its[0]
        where = f"{order.number}: slip {slip.number} of {NAMES[slip.station]}"
        wrong = []
        if slip.place not in (order.label, *order.seated):
            wrong.append(f"{where} is for {slip.place}, not {order.label}")
        allergies = frozenset().union(*(one.allergies for one in its))
        if slip.allergies != allergies:
            wrong.append(f"{where} warns of {set(slip.allergies)}, not {set(allergies)}")
        if len(its) > 1 and slip.title not in MOVED.values():
            wrong.append(f"{where}: a {slip.title} of several orders")
        if slip.title in (FIRST, FIRED) and slip.note != order.note:
            wrong.append(f"{where} notes {slip.note!r}, not {order.note!r}")
        if slip.title == FIRST and slip.addition != order.addition:
            wrong.append(f"{where}: an addition is {order.addition}, on paper {slip.addition}")
        return wrong

    # -- against a screen --------------------------------------------------------------------------------------------

    def on_screen(self, station: str, cards: list[dict[str, Any]]) -> list[str]:
        """What is wrong on a screen whose cards are these."""
        shown: defaultdict[str, Counter[Dish]] = defaultdict(Counter)
        wrong: list[str] = []
        where = f"on a screen of {NAMES[station]}"
        for card in cards:
            order = self.orders.get(card["number"])
            if order is None:
                wrong.append(f"{card['number']} {where}: nobody sent it")
                continue
            if card["place"] not in (order.label, f"外带 {order.label}"):
                wrong.append(f"{order.number} {where} is for {card['place']}, not {order.label}")
            if frozenset(card["allergies"]) != order.allergies:
                wrong.append(f"{order.number} {where} warns of {card['allergies']}, not {set(order.allergies)}")
            shown[order.number] += wanted_on(card)
        for order in self.orders.values():
            wants: Counter[Dish] = Counter()
            for line in order.at(station, "wanted"):
                if not line.crossed:
                    wants[line.dish] += line.to_make
            wrong += _differences(order.number, where, wants, shown.pop(order.number, Counter()))
        open_cards = sum(card.open for order in self.orders.values() for card in order.cards if card.station == station)
        if open_cards != len(cards):
            wrong.append(f"{len(cards)} cards {where}, not {open_cards}")
        return wrong


def wanted_on(card: dict[str, Any]) -> Counter[Dish]:
    """What a cook who looks at a card still has to make."""
    found: Counter[Dish] = Counter()
    if card["state"] == "CANCELLED":
        return found
    for line in card["lines"]:
        if line["state"] == "FIRED":
            found[Dish(line["name"], frozenset(line["options"]), line["note"])] += line["quantity"]
    return found


def _differences(number: str, where: str, wanted: Counter[Dish], found: Any) -> list[str]:
    return [
        f"{number} {dish}: {found.get(dish, 0)} {where}, not {wanted[dish]}"
        for dish in {*wanted, *found}
        if found.get(dish, 0) != wanted[dish]
    ]
