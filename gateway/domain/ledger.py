"""The ledger: every dish that was accepted is in exactly one class, or it is a difference. Pure.

Two sides are counted apart from one another. What was accepted is read from the journal's events: what the guest was
promised, and nothing that happened later changes it. What became of it is read from the rows. A bug on one side does
not hide on the other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from gateway.domain.now import Now
from gateway.domain.print_job import OPEN
from gateway.domain.promises import Accepted
from gateway.domain.texts import TextMap

Class = Literal["cancelled", "returned", "held", "screen", "paper", "hand", "asked", "waiting"]

CLASSES: dict[Class, TextMap] = {
    "cancelled": {"zh-Hans": "取消", "en": "cancelled"},
    "returned": {"zh-Hans": "退菜", "en": "returned"},
    "held": {"zh-Hans": "等叫", "en": "on hold"},
    "screen": {"zh-Hans": "屏幕显示", "en": "shown on screen"},
    "paper": {"zh-Hans": "已出单", "en": "printed"},
    "hand": {"zh-Hans": "人手确认", "en": "confirmed by hand"},
    "asked": {"zh-Hans": "正在问", "en": "asked about"},
    "waiting": {"zh-Hans": "刚下单", "en": "just ordered"},
}
"""In the order in which they are tried: the first that fits counts. `screen`, `paper` and `hand` are what came first
before a cook: a screen that drew it, a slip that is proven, a tap of somebody who had it before either said so.
`asked`: a condition that stands names it, or its station was taken out of the settings while one did. `waiting`: it is
so young that nothing need have proven it yet."""

OPEN_CLASSES: tuple[Class, ...] = ("held", "asked", "waiting")
"""What is in one of these is not over yet."""

LEGAL_S = 9.75
"""A dish may be without any proof for so long. At 9.5 s a person is told of its ticket; what nobody has been told of a
quarter of a second later, time for that to be written, is named as a difference, within 10 s of the order."""

class LineNow(msgspec.Struct):
    """A line as its row has it. `former`: tickets that it has left."""

    id: int
    ticket: str
    quantity: int
    state: str
    cancelled: int
    returned: int
    former: list[str]

    @property
    def gone(self) -> tuple[int, int]:
        """Cancelled, returned. What ended a whole line before its parts were counted says so by its state alone."""
        if self.state == "CANCELLED":
            return self.quantity - self.returned, self.returned
        if self.state == "RETURNED":
            return self.cancelled, self.quantity - self.cancelled
        return self.cancelled, self.returned


class PaperNow(msgspec.Struct):
    """A paper of a ticket that something is cooked by, or one of its notices."""

    id: str
    kind: str
    part: int
    state: str
    settled: str | None
    station: str
    number: int

    @property
    def came_out(self) -> bool:
        return self.state in ("PRINTED", "UNCONFIRMED")

    @property
    def is_awaited(self) -> bool:
        """It may still come out, or nobody knows whether it has."""
        return self.settled == "day over" or self.state in (*OPEN, "STALE") or (
            self.state == "UNKNOWN" and self.settled is None
        )


class TicketNow(msgspec.Struct):
    id: str
    station: str
    state: str
    hold: str
    shown_at: str | None
    shown_by: str | None
    shown_version: int
    cleared_at: str | None
    boot: str
    mono: float
    papers: list[PaperNow]


class NoticeNow(msgspec.Struct):
    id: str
    ticket: str
    number: int
    shown_at: str | None
    shown_by: str | None
    boot: str
    mono: float


class OrderNow(msgspec.Struct):
    """What the rows say of an order. `notices` are those by which something is cooked once more."""

    id: str
    number: str
    table: str
    lines: dict[int, LineNow]
    tickets: dict[str, TicketNow]
    notices: dict[str, NoticeNow]


Counts = dict[Class, int]


def classes_of(accepted: Accepted, order: OrderNow | None, asked: Collection[str], now: Now) -> Counts:
    """How many of it are in each class; those in none make the difference. `asked`: subjects of the conditions that ask
    a person about a ticket, a notice or a paper."""
    line = order.lines.get(accepted.line) if order else None
    if order is None or line is None:
        return {}
    if accepted.notice:
        notice = order.notices.get(accepted.notice)
        kind = _class_of_notice(notice, order, asked, now) if notice else None
        return {kind: accepted.quantity} if kind else {}
    ticket = order.tickets.get(line.ticket)
    if ticket is None or ticket.station != accepted.station:
        return {}
    cancelled, returned = line.gone
    left = line.quantity - cancelled - returned
    counts: Counts = {"cancelled": cancelled, "returned": returned}
    if ticket.hold == "held" and ticket.cleared_at is None:
        counts["held"] = left
    else:
        counts |= _proven(line, left, ticket, order, asked, now)
    return {kind: count for kind, count in counts.items() if count}


def difference(accepted: Accepted, counts: Counts) -> int:
    """Dishes that are in no class; below 0: there are more than were ever ordered."""
    return accepted.quantity - sum(counts.values())


def _proven(
    line: LineNow, left: int, ticket: TicketNow, order: OrderNow, asked: Collection[str], now: Now
) -> Counts:
    by = ticket.shown_by or ""
    if ticket.shown_at is not None and by.startswith("screen "):
        return {"screen": left} if ticket.shown_version else {}
    printed = min(left, _printed(line, left, ticket, order))
    if ticket.shown_at is not None and not by.startswith("slip "):
        return {"hand": left}
    rest = left - printed
    counts: Counts = {"paper": printed}
    if rest and (ticket.id in asked or _is_asked(ticket.papers, asked) or ticket.cleared_at is not None):
        counts["asked"] = rest
    elif rest and now.could_be_seen(ticket.boot, ticket.mono) < LEGAL_S:
        counts["waiting"] = rest
    return counts


def _printed(line: LineNow, left: int, ticket: TicketNow, order: OrderNow) -> int:
    """How many of the line are on a paper that is proven: the whole ticket's, its dish's, or one for each portion."""
    ever = [one for one in order.lines.values() if one.ticket == ticket.id or ticket.id in one.former]
    place = ever.index(line)
    first = sum(one.quantity for one in ever[:place])
    portions = 0
    for kind, part in {(paper.kind, paper.part) for paper in ticket.papers if paper.state == "PRINTED"}:
        if kind == "kitchen" or (kind == "dish" and part == place + 1):
            return left
        if kind == "portion" and first < part <= first + left:
            portions += 1
    return portions


def _is_asked(papers: list[PaperNow], asked: Collection[str]) -> bool:
    """A person is asked about one of them, or was until the day was over."""
    return any(paper.id in asked or paper.settled == "day over" for paper in papers)


def _class_of_notice(
    notice: NoticeNow, order: OrderNow, asked: Collection[str], now: Now
) -> Class | None:
    its = order.tickets.get(notice.ticket)
    papers = [p for p in its.papers if p.kind == "notice" and p.part == notice.number] if its else []
    by = notice.shown_by or ""
    if notice.shown_at is not None and not by.startswith("slip "):
        return "screen" if by.startswith("screen ") else "hand"
    if any(paper.state == "PRINTED" for paper in papers):
        return "paper"
    if notice.id in asked or _is_asked(papers, asked):
        return "asked"
    return "waiting" if now.could_be_seen(notice.boot, notice.mono) < LEGAL_S else None
