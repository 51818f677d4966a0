"""A change that a cook must see by itself: it stands on the ticket until somebody has acknowledged it, and comes out as
a slip of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from gateway.domain.texts import TextMap

NoticeKind = Literal["cancel", "return", "refire", "recall", "rush", "hold", "fire", "move", "merge", "change"]
KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)

SLIP_KINDS: dict[str, str] = {"cancel": "return"}
"""A cook does the same for both: stops. Every other kind has a slip of its own name."""

WORDS: dict[str, TextMap] = {
    "cancel": {"zh-Hans": "退菜", "en": "cancelled"}, "return": {"zh-Hans": "退菜", "en": "returned"},
    "refire": {"zh-Hans": "重做", "en": "cook again"}, "recall": {"zh-Hans": "退回", "en": "sent back"},
    "rush": {"zh-Hans": "催菜", "en": "rush"},
    "hold": {"zh-Hans": "等叫", "en": "hold"}, "fire": {"zh-Hans": "起菜", "en": "fire"},
    "move": {"zh-Hans": "转台", "en": "table moved"}, "merge": {"zh-Hans": "并台", "en": "tables merged"},
    "change": {"zh-Hans": "改单", "en": "changed"},
}  # fmt: skip
"""For who is told that nobody has seen it."""

MOST_OF_A_TICKET = 20
"""A ticket that was changed more often is a mistake or a prank; its screen stays readable, and the largest order with
so many fits into one message of the local broker."""
AGAIN = ("rush", "refire", "recall", "change")
MOST_AGAIN = 8
"""Of a ticket: they leave room for what must be told, such as a cancel or a move."""
MAX_REASON = 60
"""Characters: two lines of a slip."""


class NoticeLine(msgspec.Struct):
    """A line of the order and how many of it are meant."""

    line: int
    quantity: int


class Notice(msgspec.Struct):
    """`number` counts the notices of its ticket from 1. `version` is that of the ticket in which it first stood: a
    screen that has drawn this version has shown it. `from_place` is the table where a party sat before. `slip_number`
    is 0 while it is on no paper. `note` and `note_before`: what a `change` says of its dish now, and what was said.
    `also`: notices of other tickets that its slip tells with it, by their ids."""

    id: str
    ticket: str
    number: int
    kind: NoticeKind
    lines: list[NoticeLine]
    by: str
    at: str
    boot: str
    mono: float
    version: int
    reason: str = ""
    from_place: str = ""
    slip_number: int = 0
    shown_at: str | None = None
    shown_by: str | None = None
    acked_at: str | None = None
    acked_by: str | None = None
    note: str = ""
    note_before: str = ""
    also: list[str] = []

    def is_about(self, line: int) -> bool:
        return any(one.line == line for one in self.lines)


def note_by_then(notices: Sequence[Notice], notice: Notice, line: int, now: str) -> str:
    """What a cook who reads the slip of this notice has read of the line before it, of all that was said until `now`: a
    change whose slip comes behind it has not been told yet."""
    behind = (one for one in notices if one.kind == "change" and one.slip_number > notice.slip_number)
    return next((one.note_before for one in behind if one.is_about(line)), now)
