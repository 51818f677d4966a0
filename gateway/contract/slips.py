"""A slip is what shall stand on paper, by meaning. How it is laid out and encoded is the bridge's matter.

docs/slips.md says of every kind when it comes, what stands on it and which fields it reads.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

SlipKind = Literal[
    "guest_list", "full_order", "kitchen", "dish", "runner", "add", "return", "refire", "recall", "rush", "hold",
    "fire", "move", "merge", "change", "bill", "receipt", "shift", "day", "stale", "label", "test",
]  # fmt: skip
KINDS: tuple[SlipKind, ...] = get_args(SlipKind)

DeedKind = Literal["drawer", "buzzer"]
DEEDS: tuple[DeedKind, ...] = get_args(DeedKind)
"""Kinds that are no papers: the printer opens the drawer that hangs on it, or sounds its buzzer. Such a job prints and
cuts nothing."""
DEED_WAITS_S: dict[str, float] = {"drawer": 10.0, "buzzer": 30.0}
"""Seconds that such a job may wait for its begin. A drawer that opens by itself later frightens people; a buzzer calls
for a slip that has come out just before it."""


class SlipOption(msgspec.Struct, omit_defaults=True):
    """One modifier under a dish. `removal` ("no peanuts") prints inverse: a cook must not miss it."""

    text: str
    removal: bool = False


class SlipLine(msgspec.Struct, omit_defaults=True):
    """One dish. `name` is what the cook reads, and a guest on a bill; `note` prints as the guest typed it.

    `station` is where it is made, for papers that hold dishes of several. `amount` is the whole line's, in the
    smallest unit of the slip's currency; None where no price belongs. `waited` counts minutes since the order.
    `note_before` is what was said of it until a change that its slip, of the kind `change`, tells.
    """

    quantity: int
    name: str
    options: list[SlipOption] = msgspec.field(default_factory=list)
    note: str = ""
    station: str = ""
    amount: int | None = None
    waited: int = 0
    note_before: str = ""


class SlipElsewhere(msgspec.Struct, omit_defaults=True):
    """The same order at another station, so that dishes meet at the pass."""

    station: str
    quantity: int


class SlipChange(msgspec.Struct, omit_defaults=True):
    """A change of the ticket, which the quantities of its slip already count.

    `kind` is that of a slip about this change alone, and `number` that slip's, "" where it has none. `lines` are empty
    where it is about all of them; `from_place` is where the party sat before.
    """

    kind: str
    lines: list[SlipLine] = msgspec.field(default_factory=list)
    number: str = ""
    from_place: str = ""


class SlipFigure(msgspec.Struct, omit_defaults=True):
    """A name with what was counted: an adjustment of a bill, a tender, a line of a report.

    `amount` is in the smallest unit of the slip's currency, signed; None where only a number of something counts.
    `strong` prints bold: a sum of those above it.
    """

    name: str
    amount: int | None = None
    count: int | None = None
    strong: bool = False


class SlipSection(msgspec.Struct, omit_defaults=True):
    """A part of a report under its own title."""

    title: str
    figures: list[SlipFigure] = msgspec.field(default_factory=list)


class SlipOld(msgspec.Struct, omit_defaults=True):
    """An old slip that somebody is asked about. `age` is in minutes, `dishes` is what it holds, without notes."""

    number: str
    order: str
    place: str
    time: str
    age: int
    dishes: str = ""


class Slip(msgspec.Struct, omit_defaults=True):
    """One paper. Texts are already in the printer's language; fixed words are the layout's.

    `kind` is a SlipKind, or a DeedKind, which is no paper and reads no other field. A kind that the bridge does not
    know yet is laid out as a kitchen slip under its own name: a newer gateway's paper comes out all the same.
    `language` is a BCP 47 tag: `zh-Hans` or `en`. `time` is the store's local time, `HH:MM`, `date` its day.
    `number` and `previous` are the station's running slip numbers, so that a missing one is seen.
    `instead_of` names the printer that should have printed it, whose station must be told by shouting or by walking.
    `missing` are earlier numbers of this station that nothing proves and nobody has answered for.
    `screen_down`: the station has a screen, which did not draw this in time. `changes` are those that are counted here.
    `addition`: not the first order of its table's visit; it says so beside the place.
    `code` prints as a bar code. `allergies` print inverse over the whole width.
    `portion` of `portions`: one of several papers of the same dish, of a label one of all that the order gets there; 0
    when one paper stands for all of them.
    `from_place` is where a party sat before it was moved or merged. `reason` says why, as somebody typed it.
    `size`: `large`, or `normal` for dishes of one width on less paper.
    `currency` is ISO 4217; every amount is in its smallest unit, and none is a float. `figures` stand between the
    dishes and `total`, `included` (a tax that is in it), `paid` and `change` below it. A `total` of None prints none.
    `sections` are a report's, which began at `since`; `old` are the slips that a `stale` one asks about.
    `store` and `store_lines` head what a guest takes home, `foot` ends it. `qr` prints as a QR code over `qr_says`.
    """

    language: str
    station: str
    number: str
    order: str
    place: str
    time: str
    lines: list[SlipLine]
    previous: str = ""
    kind: str = "kitchen"
    order_type: str = "dine_in"
    covers: int = 0
    by: str = ""
    allergies: list[str] = msgspec.field(default_factory=list)
    note: str = ""
    elsewhere: list[SlipElsewhere] = msgspec.field(default_factory=list)
    code: str = ""
    addition: bool = False
    instead_of: str = ""
    screen_down: bool = False
    changes: list[SlipChange] = msgspec.field(default_factory=list)
    missing: list[str] = msgspec.field(default_factory=list)
    portion: int = 0
    portions: int = 0
    from_place: str = ""
    reason: str = ""
    size: str = "large"
    date: str = ""
    since: str = ""
    store: str = ""
    store_lines: list[str] = msgspec.field(default_factory=list)
    foot: list[str] = msgspec.field(default_factory=list)
    currency: str = ""
    figures: list[SlipFigure] = msgspec.field(default_factory=list)
    total: int | None = None
    included: list[SlipFigure] = msgspec.field(default_factory=list)
    paid: list[SlipFigure] = msgspec.field(default_factory=list)
    change: int = 0
    sections: list[SlipSection] = msgspec.field(default_factory=list)
    old: list[SlipOld] = msgspec.field(default_factory=list)
    qr: str = ""
    qr_says: str = ""
