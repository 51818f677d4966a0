"""A hundred thousand streams of status bytes against one claim: PRINTED is said only of a label that is there.

An answer has no name, so a stream that is byte for byte what an honest printer says cannot be told apart, and nothing
here pretends so. What is claimed: a printer that swallowed the label is never believed, whatever it says beside its own
answers (`swallows`); nor one that spoiled it and does not print it again (`spoils`), even if it feeds the new roll and
says meanwhile that it prints (`feeds`); nor one that lost its power while it printed (`power`), nor one that answers
seconds late (`late`). And one that prints (`well`) is, though answers are slow or come with noise behind them.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from firmware_bridge import tspl
from firmware_bridge.drivers.sending import Outcome
from firmware_bridge.drivers.tspl_printer import LabelSending, TsplPrinter
from firmware_bridge.escpos import Body

STREAMS = 1_000_000 if os.environ.get("TABLEPASS_FULL") else 100_000
PARTS = 10
"""Tests: each ends well within the time limit of one, also in the whole size."""
LABELS = 3
"""Of one printer: what is said late comes into the stream of the next."""
MOST_TURNS = 600
KINDS = ("well", "swallows", "swallows", "spoils", "feeds", "power", "late")
OBSTACLES = (0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80, 0x05)
LABEL = Body(b"x" * 60, 4, ())


class Model:
    """The printer and its line. `there`: the label of now is on its liner."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.kind = chance.choice(KINDS)
        self.said: list[tuple[float, bytes]] = []
        self.free = 0.0
        self.prints: list[tuple[float, float]] = []
        self.blocked: tuple[float, float, int] = (0.0, 0.0, 0)
        self.dead = (0.0, 0.0)
        self.there_at = float("inf")

    def label(self, now: float) -> None:
        """All of it has come."""
        begin = now + self.chance.random() * 0.3
        end = begin + 0.1 + self.chance.random() * 0.6
        self.there_at = float("inf")
        match self.kind:
            case "well":
                self.prints.append((begin, end))
                self.there_at = end
            case "late":
                if self.chance.random() < 0.5:
                    self.prints.append((begin, end))
                    self.there_at = end
            case "spoils" | "feeds":
                stopped = begin + self.chance.random() * (end - begin)
                if self.chance.random() < 0.8:
                    self.prints.append((begin, stopped))
                over = stopped + 0.2 + self.chance.random() * 4
                self.blocked = (stopped, over, self.chance.choice(OBSTACLES))
                if self.kind == "feeds":  # 0.1 to 0.7 s, as a label takes
                    fed = over + self.chance.random()
                    self.prints.append((fed, fed + 0.1 + self.chance.random() * 0.6))
            case "power":
                cut = begin + self.chance.random() * (end - begin)
                self.prints.append((begin, cut))
                self.dead = (cut, cut + 2 + self.chance.random() * 5)

    def hear(self, now: float) -> None:
        """A question."""
        if self.dead[0] <= now < self.dead[1]:
            return
        blocked = self.blocked[2] if self.blocked[0] <= now < self.blocked[1] else 0
        printing = any(begin <= now < end for begin, end in self.prints)
        answer = bytes((blocked | 0x20 * (printing and not blocked),))
        slow = self.chance.random() * (4 if self.kind == "late" else 0.02)
        self.free = max(self.free, now + slow)
        self.said.append((self.free, answer))
        if self.kind == "swallows" and self.chance.random() < 0.2:
            self._beside()
        if self.kind == "well" and self.chance.random() < 0.01:
            self.said.append((self.free + 0.01, self.chance.randbytes(1)))

    def _beside(self) -> None:
        """Beside its own answer, before or behind it, in one piece or another."""
        noise = b"".join(
            self.chance.choice((b"\x20", b"\x20", b"\x00", self.chance.randbytes(1)))
            for _ in range(self.chance.randrange(1, 4))
        )
        at, own = self.said[-1]
        if self.chance.random() < 0.5:
            self.said[-1:] = [(at, noise + own)] if self.chance.random() < 0.5 else [(at, noise[:1]), (at + 0.06, own)]
            self.free = self.said[-1][0]
        else:
            self.said.append((at + self.chance.random() * 0.05, noise))
            self.free = self.said[-1][0]

    def due(self) -> float:
        return min((at for at, _ in self.said), default=float("inf"))

    def say(self, now: float) -> list[bytes]:
        ready = [data for at, data in self.said if at <= now]
        self.said = [each for each in self.said if each[0] > now]
        return ready


def play(seed: int, kind: type[TsplPrinter] = TsplPrinter) -> list[tuple[str, str, bool]]:
    """One printer's life: (model, how a label ended, whether it is there) of its labels."""
    chance = random.Random(seed)
    model, printer = Model(chance), kind(115200)
    now = 100.0
    printer.connected(now)
    ends: list[tuple[str, str, bool]] = []
    for _ in range(MOST_TURNS):
        wish = printer.step(now)
        if printer.sending is None and printer.ready(now):
            printer.begin(LABEL, now)
        out = printer.outgoing()
        if out:
            printer.sent(len(out), now)
            if out == tspl.ASK:
                model.hear(now)
            elif out == LABEL.data:
                model.label(now)
        said = model.say(now)
        for data in said:
            printer.receive(data, now)
        outcome = printer.outcome(now)
        if outcome is not None:
            ends.append((model.kind, outcome.state, model.there_at <= now))
            if len(ends) == LABELS:
                break
        if not out and not said and outcome is None:
            now = max(now + 0.001, min(wish, model.due()))
    return ends


def lies(first: int, count: int, kind: type[TsplPrinter]) -> list[str]:
    """The model of each label that was called printed and is not there."""
    return [
        model
        for seed in range(first, first + count)
        for model, state, there in play(seed, kind)
        if state == "PRINTED" and not there
    ]


@pytest.mark.timeout(900 if STREAMS > 100_000 else 120)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_stream_of_status_bytes_makes_a_label_printed_that_is_not_there(part: int) -> None:
    count = STREAMS // PARTS
    ends: Counter[tuple[str, str, bool]] = Counter()
    seed = part * count
    while ends.total() < count:
        seed += 1
        ended = play(seed)
        lied = any(state == "PRINTED" and not there for _, state, there in ended)
        assert not lied, f"PRINTED without a label: play({seed})"
        ends.update(ended)
    # Who never says PRINTED cannot lie: the honest ones among them must be believed.
    assert ends["well", "PRINTED", True] > count / 12, ends
    for model in ("swallows", "spoils", "feeds", "power"):
        assert sum(number for (kind, _, there), number in ends.items() if kind == model and not there) > count / 40


class TakesAnyPrinting(TsplPrinter):
    """Planted: the printing bit counts whatever came between."""

    def _follow(self, job: LabelSending, now: float) -> None:
        super()._follow(job, now)
        job.broken = ""


class TakesTheFeed(TsplPrinter):
    """Planted: behind an obstacle the printing bit must come once more, and then it counts."""

    def _follow(self, job: LabelSending, now: float) -> None:
        super()._follow(job, now)
        if job.held:
            job.broken, job.printing = "", False


class ForgivesSilence(TsplPrinter):
    """Planted: an answer that stayed away, and one too many, mean nothing."""

    def _spoil(self) -> None:
        """Nothing."""


class IsHasty(TsplPrinter):
    """Planted: the first answer without the printing bit is enough."""

    def outcome(self, now: float) -> Outcome | None:
        job = self.sending
        if job is not None and job.printing and self.status.clear and self.known:
            self.sending = None
            return Outcome("PRINTED")
        return super().outcome(now)


@pytest.mark.parametrize("kind", [TakesAnyPrinting, ForgivesSilence, IsHasty])
def test_negative_control_a_driver_that_believes_too_much_is_found(kind: type[TsplPrinter]) -> None:
    assert lies(0, 2000, kind), f"two thousand streams do not find {kind.__name__}"


def test_negative_control_a_driver_that_takes_the_feed_for_the_label_is_found() -> None:
    assert set(lies(0, 2000, TakesTheFeed)) == {"feeds"}, "found by no other kind, and by this one"
