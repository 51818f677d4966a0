"""Every sheet that lies in the kitchen, and what it may say: unmarked copies, wrong stations and strange dishes are
seen at once. A sheet is known by its order's tag, its station and its running number."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

from gateway.domain.notice import SLIP_KINDS
from gateway.simulation.printer import Paper
from gateway.simulation.world import Broken

CALLED = {
    "return": ("退菜", "RETURN"), "hold": ("等叫", "HOLD"), "move": ("转台", "TABLEMOVE"), "merge": ("并台", "MERGED"),
    "refire": ("重做", "COOKAGAIN"), "rush": ("催菜", "RUSH"), "fire": ("起菜", "FIRE"),
}  # fmt: skip
"""What a change is called on paper."""


@dataclass
class Sheet:
    """What has a slip number: a ticket's own slip, or that of one change of it. `contents`: all that it may rightly
    hold, for it is made when it is sent; `ticket` is whose cook reads it, `notice` "" for the ticket's own. `along`:
    the same of other tickets that it tells of, too; `tags` those of their orders."""

    ticket: str
    station: str
    notice: str
    contents: list[list[str]]
    papers: list[Paper] = field(default_factory=list)
    along: list[list[list[str]]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def is_on(self, paper: Paper) -> bool:
        """Whether what the paper shows is what this may hold."""
        together = ([dish for dishes in each for dish in dishes] for each in product(self.contents, *self.along))
        return any(paper.shows(dishes) for dishes in together)

    def came_out_whole(self, copy: int | None = None) -> bool:
        return any(copy in (None, paper.copy) and self.is_on(paper) for paper in self.papers)


class PaperTrail:
    """`printers_of`: of each station, its own first, then those that stand in for it. `names`: of the stations.
    `proofs`: how each proves its tickets."""

    def __init__(self, printers_of: dict[str, list[str]], names: dict[str, str], proofs: dict[str, str]):
        self._proofs = proofs
        self._printers_of = printers_of
        self._names = names
        self._sheets: dict[tuple[str, str, int], Sheet] = {}
        self._of: dict[tuple[str, str], Sheet] = {}

    def expect(self, tag: str, number: int, sheet: Sheet) -> None:
        """A ticket or a change of it was given a slip number."""
        for one in (tag, *sheet.tags):  # on paper the first of those stands that has one
            self._sheets[one, sheet.station, number] = sheet
        self._of[sheet.ticket, sheet.notice] = sheet

    def sheet(self, ticket: str, notice: str = "") -> Sheet | None:
        return self._of.get((ticket, notice))

    def whole(self, ticket: str, notice: str = "", copy: int | None = None) -> bool:
        """Whether it came out whole, with dishes that were right at some time."""
        sheet = self.sheet(ticket, notice)
        return sheet is not None and sheet.came_out_whole(copy)

    def tells(self, ticket: str, kinds: list[str]) -> bool:
        """Whether its own slip lies there whole and says that it has counted all these changes."""
        sheet = self.sheet(ticket)
        wanted = [SLIP_KINDS.get(kind, kind) for kind in kinds]
        return sheet is not None and any(
            all(sum(paper.counted.count(word) for word in CALLED[kind]) >= wanted.count(kind) for kind in wanted)
            for paper in sheet.papers
            if paper.code is not None
        )

    def lies_there(self, ticket: str) -> bool:
        """Whether anything of its own slip can be read by anybody."""
        sheet = self.sheet(ticket)
        return sheet is not None and any(paper.code is not None for paper in sheet.papers)

    def codes(self) -> list[tuple[str, str]]:
        """(ticket, code) of each ticket's slip that lies there whole, for whoever scans it at the pass."""
        return [
            (sheet.ticket, paper.code)
            for sheet in self._sheets.values()
            if not sheet.notice
            for paper in sheet.papers
            if paper.code is not None
        ]

    def came_out(self, paper: Paper) -> None:
        """A sheet was cut off."""
        if paper.tag is None or not paper.number:
            return
        found = [
            self._sheets[paper.tag, station, paper.number]
            for station, name in self._names.items()
            if f"{name}\x1bE" in paper.text and (paper.tag, station, paper.number) in self._sheets
        ]
        if not found or paper.printer not in self._printers_of[found[0].station]:
            raise Broken(
                f"a paper {paper.number:04d} of {paper.tag} came out at {paper.printer}, which has no such slip"
            )
        self._judge(paper, found[0])
        found[0].papers.append(paper)

    def _judge(self, paper: Paper, sheet: Sheet) -> None:
        for former in sheet.papers:
            if former.copy == paper.copy:
                raise Broken(f"copy {paper.copy} of {paper.tag} came out twice at {paper.printer}: one is not marked")
            if max(paper, former, key=lambda one: one.began).copy == 1:
                raise Broken(f"a later paper of {paper.tag} at {paper.printer} does not say REPRINT")
        diverted = paper.printer != self._printers_of[sheet.station][0]
        if paper.code and ("FOR" in paper.text) != diverted:
            raise Broken(f"the paper of {paper.tag} at {paper.printer} does not say rightly whether it is another's")
        needless = self._proofs[sheet.station] == "screen"
        if paper.code and not sheet.notice and ("SCREEN DOWN" in paper.text) != needless:
            raise Broken(f"the paper of {paper.tag} at {paper.printer} does not say rightly whether a screen is down")
        if paper.code and not sheet.is_on(paper):
            raise Broken(
                f"the paper {paper.number:04d} of {paper.tag} holds dishes that never were its own, or still wait to be"
                f" called: {paper.dishes}, not one of {sheet.contents}"
            )
