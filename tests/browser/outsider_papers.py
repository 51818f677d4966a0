"""Kitchen papers as somebody reads them who was told nothing: only the texts beside the pictures of the slips.

Nothing of the product is imported here, nor of its tests: an outsider's count must not share a mistake with the house.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

PRINTERS = {"wok": "kitchen", "bar": "receipt"}
STATIONS = {"炒锅": "wok", "凉菜吧台": "bar"}
"""As they are called on paper and on the door of the kitchen."""

HEAD = re.compile(rf"^(?P<station>{'|'.join(STATIONS)})\s+(?P<title>\S+单) (?P<number>\d{{4}})$")
ORDER = re.compile(r"^(?P<order>[A-Z]\d{3,}(?: [A-Z]\d{3,})*)(?:\s+\S.*)?$")
DISH = re.compile(r"^(?P<sign>-?)(?P<quantity>\d+)× (?P<name>\S.*)$")
BAND = re.compile(r"^\s*▐\s*(?P<words>.*?)\s*▌\s*$")
NOTE = "备注："
NOTE_BEFORE = "原备注："
NO_NOTE = "备注取消"
ALLERGY = "过敏："
AGAIN = "补打"
COUNTED = "改动，上面已算好："
CHANGES = "退菜|等叫|转台|并台|催菜|重做|改单"
BEGINS = re.compile(rf"^  (?:{CHANGES}) ")
TOLD = re.compile(rf"^  (?P<what>{CHANGES}) .*?(?:（单 (?P<number>\d{{4}})）)?$")
"""A change that this paper says along with its dishes. With a number it also has a paper of its own, or had to get one
because this one was already on its way."""
CHANGE = "改单"
STOPS = ("退菜单", "等叫单")
TAKES_BACK = (*STOPS, CHANGE)
"""Papers that take back what an earlier one asked for, unless that one counted it already. 改单 asks for as many again,
with another note."""

WANTS = {"厨打单": 1, "加菜单": 1, "起菜单": 1, "重做单": 1, "退菜单": -1, "等叫单": -1}
"""What a paper means to a cook who works from paper alone: make these, or stop making them. 退菜单 says -N× itself."""


@dataclass(frozen=True)
class Dish:
    """What a cook makes, with all that was wished for it."""

    name: str
    options: frozenset[str] = frozenset()
    note: str = ""

    def __str__(self) -> str:
        more = "，".join([*sorted(self.options), *([self.note] if self.note else [])])
        return f"{self.name}（{more}）" if more else self.name


@dataclass
class Slip:
    """`whole`: its end came out too. `again`: it says that it is a copy."""

    printer: str
    sheet: int
    station: str
    title: str
    number: str
    order: str = ""
    place: str = ""
    again: bool = False
    whole: bool = False
    addition: bool = False
    note: str = ""
    reason: str = ""
    allergies: frozenset[str] = frozenset()
    dishes: Counter[Dish] = field(default_factory=Counter)
    former: Counter[Dish] = field(default_factory=Counter)
    """Of a 改单: the same dishes, with the note that they had."""
    told: Counter[str] = field(default_factory=Counter)
    """Kinds of paper that this one saves, because it says the same."""
    counts: set[str] = field(default_factory=set)
    """Numbers of papers whose change is counted in its dishes."""
    text: str = ""

    @property
    def orders(self) -> list[str]:
        """More than one where a party moves whose orders are all at its station."""
        return self.order.split() or [""]

    @property
    def net(self) -> Counter[Dish]:
        """How much more, or less, of each dish is wanted because of this paper."""
        sign = WANTS.get(self.title, 0)
        found: Counter[Dish] = Counter()
        for dish, quantity in self.dishes.items():
            found[dish] = sign * quantity
        if self.title == CHANGE:
            found.update(self.dishes)
            found.subtract(self.former)
        return found


class Papers:
    """Every sheet of every printer, kept: the tray throws the oldest away."""

    def __init__(self, folders: dict[str, str]):
        self._folders = {printer: Path(folder) for printer, folder in folders.items()}
        self._next = dict.fromkeys(folders, 1)
        self.slips: list[Slip] = []
        self._first: dict[tuple[str, str], Slip] = {}
        self._of: defaultdict[str, list[Slip]] = defaultdict(list)

    def collect(self) -> None:
        for printer, folder in self._folders.items():
            while (sheet := folder / f"{self._next[printer]:04d}.txt").exists():
                for slip in read(printer, self._next[printer], sheet.read_text(encoding="utf-8")):
                    self._keep(slip)
                self._next[printer] += 1

    def _keep(self, slip: Slip) -> None:
        self.slips.append(slip)
        if slip.whole and (slip.station, slip.number) not in self._first:
            self._first[slip.station, slip.number] = slip
            for order in slip.orders:
                self._of[order].append(slip)

    @property
    def sheets(self) -> int:
        return sum(number - 1 for number in self._next.values())

    def out(self, station: str, number: str) -> bool:
        """Whether a person who looks finds this slip, whole."""
        return any((s.station, s.number, s.whole) == (station, number, True) for s in self.slips)

    def counted(self, order: str = "") -> list[Slip]:
        """Of each numbered slip, of one order or of all, the first copy that came out whole: the others say that they
        are copies."""
        return self._of.get(order, []) if order else list(self._first.values())

    def unmarked(self) -> list[str]:
        """Slips that came out again and do not say so."""
        copies: defaultdict[tuple[str, str], list[Slip]] = defaultdict(list)
        for slip in self.slips:
            if slip.dishes:
                copies[slip.station, slip.number].append(slip)
        return [
            f"{slip.order} {dish}: slip {number} of {station} came out {len(found)} times, and one does not say {AGAIN}"
            for (station, number), found in copies.items()
            for slip in found[1:]
            if not slip.again
            for dish in slip.dishes
        ]


def read(printer: str, sheet: int, text: str) -> Iterable[Slip]:
    """The slips on one sheet: more than one where a torn one was never cut off."""
    found: list[tuple[Slip, list[str]]] = []
    bands: list[str] = []
    for line in text.splitlines():
        head = HEAD.match(line)
        if head:
            slip = Slip(printer, sheet, STATIONS[head["station"]], head["title"], head["number"])
            slip.again = any(AGAIN in band for band in bands)
            found.append((slip, []))
            bands = []
        elif band := BAND.match(line):
            bands.append(band["words"])
        if found and not head:
            found[-1][1].append(line)
    for slip, lines in found:
        slip.text = "\n".join([f"{slip.station} {slip.title} {slip.number}", *lines])
        _fill(slip, lines)
    return [slip for slip, _ in found]


def _fill(slip: Slip, lines: list[str]) -> None:
    rules = 0
    counting: list[str] = []
    dish: tuple[str, int] | None = None
    options: list[str] = []
    note = before = ""

    def done() -> None:
        nonlocal dish, options, note, before
        if dish:
            slip.dishes[Dish(dish[0], frozenset(options), note)] += dish[1]
            slip.former[Dish(dish[0], frozenset(options), before)] += dish[1]
        dish, options, note, before = None, [], "", ""

    for line in lines:
        if set(line) == {"-"}:
            rules += 1
            done()
        elif rules == 0:
            _head(slip, line)
        elif rules == 1:
            if new := DISH.match(line):
                done()
                dish = new["name"], int(new["quantity"])
            elif dish and line.startswith(" "):
                said = line.strip()
                if said.startswith(NOTE):
                    note = said.removeprefix(NOTE)
                elif said.startswith(NOTE_BEFORE):
                    before = said.removeprefix(NOTE_BEFORE)
                elif said != NO_NOTE and not said.startswith("已等"):
                    options += [word for word in re.split(r"[，\s▐▌]+", said) if word]
        elif line == COUNTED:
            counting = [""]
        elif counting and re.match(r"  \S", line):  # the code in words stands in the middle
            if BEGINS.match(line):
                counting.append(line)
            else:  # too long for one
                counting[-1] += line.strip()
        else:
            _foot(slip, line)
    done()
    _count(slip, counting)


def _count(slip: Slip, changes: list[str]) -> None:
    for line in changes:
        if found := TOLD.match(line):
            if found["number"]:
                slip.counts.add(found["number"])
            else:
                slip.told[found["what"].removesuffix("单") + "单"] += 1


def _head(slip: Slip, line: str) -> None:
    if not slip.place:
        slip.place = re.sub(r"\s*▐.*", "", line).strip()
        slip.addition = "▐ 加菜 ▌" in line
    elif order := ORDER.match(line):
        slip.order = f"{slip.order} {order['order']}".strip()


def _foot(slip: Slip, line: str) -> None:
    band = BAND.match(line)
    if line.startswith(NOTE):
        slip.note = line.removeprefix(NOTE)
    elif line.startswith("原因："):
        slip.reason = line.removeprefix("原因：")
    elif band and band["words"].startswith(ALLERGY):
        slip.allergies |= frozenset(re.split("[，、]", band["words"].removeprefix(ALLERGY)))
    elif slip.order and re.match(rf"^\s*{slip.orders[0]}(-\d{{4}}(-\d+)?)?(\s|$)", line):
        slip.whole = True  # the code in words is the last thing on it
