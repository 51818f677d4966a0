"""The fences of one slip: where they stand in its bytes, and which of them the printer has answered. No I/O.

A fence is a question that the printer answers when everything before it is printed. `GS ( H` carries a mark that comes
back; the answer to `GS r` has no name, so its count must be right (`devices.md` of the project's notes, after Epson's
ESC/POS reference).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from firmware_bridge import escpos
from firmware_bridge.escpos import Body

Fence = Literal["gs_h", "gs_r", "none"]

PAPER_OUT = 0x0C
"""Of a fence's byte. Some old clones answer although paper is out: heard, but it proves nothing."""
FENCE_TRIES = 3
"""A fence whose answer was mixed with other bytes is sent again; each one stands behind the whole slip. None is sent
where an answer is missing: a part of the slip may be missing with it."""
FENCE_EVERY = 1000
"""Bytes between two fences inside a slip: half a second at 19,200 baud, less than any printer takes to start. A
printer that lost its power, and with it a part of the slip, has lost at least one fence too."""


@dataclass
class Fences:
    """`marks` are those of all of them in their order, which only GS ( H sends, and `ends` the places in the slip's
    bytes behind each. All but the last are inside the slip. `answered` counts answers; `mixed`: something came between
    that makes them worthless; `believed`: the printer spoke sensibly after the last one."""

    kind: Fence
    marks: list[bytes]
    ends: list[int]
    answered: int = 0
    answered_at: float = 0.0
    answer: str = ""
    tries: int = 1
    mixed: bool = False
    believed: bool = False

    @property
    def inner(self) -> int:
        return max(0, len(self.ends) - 1)

    @property
    def stops(self) -> list[int]:
        """Where a slip waits for an answer before it goes on: behind each inner fence that has a mark."""
        return self.ends[:-1] if self.kind == "gs_h" else []

    @property
    def complete(self) -> bool:
        """Every fence has been answered, so no part of the slip was lost with a printer's buffer."""
        return bool(self.ends) and self.answered >= len(self.ends)

    def asked(self, left: int) -> int:
        """Fences that have left with the first `left` bytes of the slip, and the further ones behind it."""
        return sum(end <= left for end in self.ends) + self.tries - 1

    def echo(self, mark: bytes, left: int, now: float) -> bool:
        """A mark came back; whether it says something of this slip, of which `left` bytes have left. One of another
        slip, of a former life or of another host does not."""
        if self.kind != "gs_h" or mark not in self.marks:
            return False
        place = self.marks.index(mark)
        if place < self.answered or left < self.ends[place]:
            return False  # heard before, or not even asked
        if place > self.answered:
            # Answers between were lost, or with them a part of the slip: nobody can tell, so no later mark proves it.
            self.mixed = True
            return False
        self._count(mark.decode("ascii"), now)
        return True

    def nameless(self, byte: int, now: float) -> bool:
        """The next one was answered with a byte; whether it can be proof."""
        self._count(f"{byte:02x}", now)
        self.mixed = self.mixed or bool(byte & PAPER_OUT)
        return not byte & PAPER_OUT

    def again(self, mark: bytes) -> bytes:
        """One more behind the whole slip, in place of the last; empty where that can prove nothing, or was tried too
        often: then the slip stays mixed, and is never called printed."""
        if not self.complete or self.tries >= FENCE_TRIES:
            return b""
        self.mixed = False
        self.answered = self.inner
        self.tries += 1
        self.marks[-1] = mark
        return fence(self.kind, mark)

    def _count(self, answer: str, now: float) -> None:
        self.answered += 1
        self.answered_at, self.answer = now, answer


def fence(kind: Fence, mark: bytes) -> bytes:
    return escpos.marked_fence(mark) if kind == "gs_h" else escpos.FENCE


def fenced(body: Body, kind: Fence, next_mark: Callable[[], bytes], lead: bytes = b"") -> tuple[bytes, Fences]:
    """`lead` and the slip, with a fence before its first line, then every `FENCE_EVERY` bytes, and one behind it."""
    data, fences = bytearray(lead), Fences(kind, [], [])

    def put_fence() -> None:
        fences.marks.append(next_mark())
        data.extend(fence(kind, fences.marks[-1]))
        fences.ends.append(len(data))

    if kind == "none":
        return lead + body.data, fences
    done = 0
    for at, place in enumerate(body.breaks):
        if at == 0 or place - done >= FENCE_EVERY:
            data += body.data[done:place]
            put_fence()
            done = place
    data += body.data[done:]
    put_fence()
    return bytes(data), fences
