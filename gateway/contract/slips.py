"""A slip is what shall stand on paper, by meaning. How it is laid out and encoded is the bridge's matter."""

from __future__ import annotations

import msgspec


class SlipOption(msgspec.Struct, omit_defaults=True):
    """One modifier under a dish. `removal` ("no peanuts") prints inverse: a cook must not miss it."""

    text: str
    removal: bool = False


class SlipLine(msgspec.Struct, omit_defaults=True):
    """One dish. `name` is what the cook reads; `note` prints as the guest typed it."""

    quantity: int
    name: str
    options: list[SlipOption] = msgspec.field(default_factory=list)
    note: str = ""


class SlipElsewhere(msgspec.Struct, omit_defaults=True):
    """The same order at another station, so that dishes meet at the pass."""

    station: str
    quantity: int


class Slip(msgspec.Struct, omit_defaults=True):
    """A kitchen slip. Texts are already in the printer's language; fixed words are the layout's.

    `language` is a BCP 47 tag: `zh-Hans` or `en`. `time` is the store's local time, `HH:MM`.
    `number` and `previous` are the station's running slip numbers, so that a missing one is seen.
    `instead_of` names the printer that should have printed it, whose station must be told by shouting or by walking.
    `missing` are earlier numbers of this station that nothing proves and nobody has answered for.
    `addition`: not the first order of its table's visit; it says so beside the place.
    `code` prints as a bar code. `allergies` print inverse over the whole width.
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
    missing: list[str] = msgspec.field(default_factory=list)
