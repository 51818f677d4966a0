"""Two minutes of a lunch, as data: who orders what, when a cook bumps, what breaks, what the caption says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """The caption from now on."""

    zh: str
    en: str


@dataclass(frozen=True)
class Dish:
    item: str
    quantity: int = 1
    modifiers: tuple[str, ...] = ()
    variant: str | None = None
    note: str = ""

    def document(self) -> dict[str, Any]:
        line: dict[str, Any] = {
            "item": self.item,
            "quantity": self.quantity,
            "modifiers": list(self.modifiers),
            "note": self.note,
        }
        return line | ({"variant": self.variant} if self.variant else {})


@dataclass(frozen=True)
class Order:
    table: str
    dishes: tuple[Dish, ...]
    covers: int = 2
    allergies: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Cook:
    """At a station: `action` (start or bump) on the oldest `tickets` open ones."""

    station: str
    action: str
    tickets: int = 1


@dataclass(frozen=True)
class Break:
    """A fault that mends itself after `for_s` seconds."""

    fault: str
    for_s: float


Step = Say | Order | Cook | Break

KUNG_PAO = Dish("kung-pao", 1, ("mild",), "whole")
NO_PEANUTS = Dish("kung-pao", 1, ("mild", "no-peanuts"), "whole")
PLUM_JUG = Dish("plum-juice", 1, ("iced",), "jug")

LUNCH: tuple[tuple[float, Step], ...] = (
    (0, Say("午市开始：客人扫码点菜", "Lunch begins: guests scan and order")),
    (2, Order("3", (KUNG_PAO, Dish("cucumber"), Dish("rice", 2)))),
    (6, Order("5", (Dish("mapo-tofu", 1, ("medium",)), Dish("garlic-greens"), Dish("beer", 2)))),
    (
        9,
        Say("每道菜到自己的岗位：屏幕显示，纸条打印", "Each dish at its own station, on the screen and on paper"),
    ),
    (11, Order("1", (NO_PEANUTS, Dish("edamame"), PLUM_JUG), 4, ("peanut",))),
    (15, Cook("wok", "start", 2)),
    (18, Order("8", (Dish("twice-cooked-pork"), Dish("hot-sour-soup"), Dish("rice", 3)), 3)),
    (21, Cook("bar", "bump", 2)),
    (24, Cook("wok", "bump", 1)),
    (
        26,
        Say(
            "互联网断了。店里照常，只多一个小标记",
            "The internet is gone. The store goes on; one small sign tells",
        ),
    ),
    (27, Break("wan_down", 25)),
    (30, Order("2", (Dish("dan-dan-noodles", 2, ("hot",)), Dish("jasmine-tea")))),
    (
        34,
        Order(
            "包1",
            (Dish("boiled-beef", 1, ("hot",)), Dish("husband-wife"), Dish("eggplant"), Dish("rice", 6)),
            6,
        ),
    ),
    (38, Cook("wok", "bump", 2)),
    (41, Order("9", (Dish("egg-fried-rice"), Dish("tomato-egg-soup"), Dish("soy-milk")), 1)),
    (45, Order("3", (Dish("dry-beans", 1, ("no-garlic",)),), 2)),
    (49, Cook("bar", "bump", 2)),
    (
        53,
        Say("网络恢复：断网期间的订单按顺序补传云端", "It is back: the kept orders reach the cloud, in order"),
    ),
    (
        60,
        Say(
            "后厨打印机缺纸。屏幕提示，没有一单丢失",
            "The kitchen printer is out of paper. Someone is told, nothing is lost",
        ),
    ),
    (61, Break("paper_out", 12)),
    (63, Order("6", (Dish("lamb-skewers", 2, ("hot",)), Dish("grilled-aubergine"), Dish("beer", 4)), 4)),
    (
        67,
        Order("4", (Dish("mouthwatering-chicken", 1, ("mild",), "half"), Dish("rice"))),
    ),
    (71, Cook("wok", "start", 2)),
    (74, Say("换好纸：等着的纸条接着打印", "New paper: the waiting slips come out")),
    (80, Order("10", (KUNG_PAO, Dish("garlic-greens"), Dish("rice", 2)))),
    (84, Cook("wok", "bump", 3)),
    (
        88,
        Say(
            "店内消息中枢停了。点菜照收，恢复后补送",
            "The store's message broker is down. Orders are taken, and sent on later",
        ),
    ),
    (89, Break("broker_down", 8)),
    (91, Order("7", (Dish("mapo-tofu", 1, ("hot",)), Dish("cucumber"), Dish("soy-milk", 2)))),
    (94, Order("12", (Dish("fish-fragrant-pork", 1, ("mild",), "whole"), Dish("rice", 2)))),
    (98, Say("消息中枢恢复：等着的都送往屏幕与打印机", "It is back: what waited goes to screens and printers")),
    (104, Cook("bar", "bump", 3)),
    (107, Cook("wok", "bump", 3)),
    (112, Cook("wok", "bump", 3)),
    (
        115,
        Say(
            "午市结束：请看记分牌，点的菜有几道已在厨师面前",
            "Lunch is over: the scoreboard says how many dishes are in front of a cook",
        ),
    ),
    (125, Say("", "")),
)
