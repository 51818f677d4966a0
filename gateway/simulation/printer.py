"""Printers, the lines to them, and the paper that really came out: nobody in the house can see or change it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.errors import PortError
from gateway.simulation.world import World

BUFFER = 4096
SLICE = 256
BYTE_S = 10 / 19200
"""Seconds that a byte takes on a serial line of 19,200 baud; a head that is faster does not matter then."""

STARTS_IN_S = 1.5
"""No printer is ready sooner after its power was away; it may well wake up in the middle of a slip."""

FENCE = b"\x1dr\x01"
CUT = b"\x1dVB\x00"
PULSE = b"\x1bp\x00\x32\xfa"
_TAG = re.compile(r"T\d{5}")
_COPY = re.compile(r"REPRINT (\d+)")
_CODE = re.compile(r"\{([A-Z]\d{3,}(?:-\d{4,}(?:-\d{1,2})?)?)\}")
_NUMBER = re.compile(r"\x1bE\x01\w[\w ]* (\d{4,})\n")
_DISHES = re.compile(r"\d+× \w+")
_COUNTED = re.compile(r"改动，上面已算好：|Changes, already counted above:")
_UNSEEN = re.compile(r"\x1b.{2}|\x1d.{2}|\s", re.DOTALL)
"""What stands between words: commands of two bytes and their value, and the ends of lines."""


def bar_code(code: str, columns: int) -> bytes:
    """Stands for the real bars: readable by the paper's judge, and only whole."""
    return b"{" + code.encode() + b"}"


@dataclass(frozen=True)
class Paper:
    """One sheet, cut off. `copy` is what it says of itself: 1 when it does not say REPRINT. `number`: its running one,
    0 where its head is lost. `code`: of its bars, which stand at its end; None where that is lost. `began`: when its
    first byte was printed; what a printer was stuck with comes out with the next sheet, perhaps after a later copy."""

    printer: str
    at: float
    text: str
    tag: str | None
    copy: int
    code: str | None
    number: int = 0
    began: float = 0.0

    @property
    def dishes(self) -> list[str]:
        """As they stand on it to be cooked, each `2× name`."""
        return _DISHES.findall(_COUNTED.split(self.text)[0])

    @property
    def counted(self) -> str:
        """Changes that it says it has counted, without what parts their words; "" where it names none."""
        return _UNSEEN.sub("", "".join(_COUNTED.split(self.text)[1:]))

    def shows(self, dishes: list[str]) -> bool:
        """Whether it is whole and holds exactly these dishes, each `2× name`."""
        return self.code is not None and sorted(dishes) == sorted(self.dishes)


def read_paper(printer: str, at: float, data: bytes, began: float = 0.0) -> Paper:
    plain = data.replace(b"\x1c&", b"").replace(b"\x1c.", b"").decode("gb18030", errors="replace")
    tag, copy, code = _TAG.search(plain), _COPY.search(plain), _CODE.search(plain)
    whole_copy = len(_COPY.findall(plain)) == 2 or copy is None
    # What a printer was torn out of stands above, with a number of its own.
    numbers = _NUMBER.findall(plain)
    return Paper(
        printer, at, plain, tag[0] if tag else None, 1 + int(copy[1]) if copy else 1,
        code[1] if code and whole_copy else None, int(numbers[-1]) if numbers else 0, began,
    )  # fmt: skip


class Printer:
    """Prints what its buffer holds while it can; answers real-time questions at once and fences in their turn."""

    def __init__(self, world: World, name: str, came_out: Callable[[Paper], None]):
        self.name = name
        self.opened = 0
        """How often the drawer has opened."""
        self._world = world
        self._came_out = came_out
        self.faults: set[str] = set()
        self.line: Line | None = None
        self._buffer = bytearray()
        self._sheet = bytearray()
        self._began = 0.0
        self._working = False
        self._lost_at = float("-inf")

    @property
    def room(self) -> int:
        return BUFFER - len(self._buffer)

    def arrive(self, data: bytes) -> None:
        if "no_power" in self.faults:
            self._lost_at = self._world.time
            return
        if data[:2] == b"\x10\x04":
            for at in range(0, len(data), 3):
                self._say(bytes((self._status(data[at + 2]),)))
            return
        self._buffer += data
        self._go()

    def _status(self, question: int) -> int:
        out = "paper_out" in self.faults
        if question == 1:
            return 0x12 | 0x08 * out
        if question == 2:
            return 0x12 | 0x20 * out
        return 0x12 | 0x60 * out if question == 4 else 0x12

    def _go(self) -> None:
        if not self._working and self._buffer:
            self._working = True
            self._world.after(min(len(self._buffer), SLICE) * BYTE_S / 4, self._print)

    def _print(self) -> None:
        self._working = False
        if self.faults & {"paper_out", "no_power"} or not self._buffer:
            return
        command, at = self._next_command()
        if at:
            self._began = self._began if self._sheet else self._world.time
            self._sheet += self._buffer[:at]
            del self._buffer[:at]
        elif command is None:
            return  # half a command: the rest is still on the line
        else:
            del self._buffer[: len(command)]
            if command == FENCE:
                self._say(b"\x00")
            elif command == PULSE:
                self.opened += 1
                self._world.note(f"the drawer at {self.name} opens")
            else:
                self._cut()
        self._go()

    def _next_command(self) -> tuple[bytes | None, int]:
        """The next fence, cut or pulse, and how many bytes may be printed before it is its turn."""
        found = [(at, word) for word in (FENCE, CUT, PULSE) if (at := self._buffer.find(word, 0, SLICE + 5)) >= 0]
        if found:
            at, word = min(found)
            return word, at
        size = min(len(self._buffer), SLICE)
        half = max(
            self._buffer.rfind(b"\x1d", max(0, size - 3), size), self._buffer.rfind(b"\x1bp", max(0, size - 4), size)
        )
        return None, size if half < 0 else half

    def _cut(self) -> None:
        data, self._sheet = bytes(self._sheet), bytearray()
        paper = read_paper(self.name, self._world.time, data, self._began)
        self._world.note(f"paper at {self.name}: {paper.tag} copy {paper.copy} code {paper.code}")
        self._came_out(paper)

    def _say(self, data: bytes) -> None:
        if self.line is not None and not self.faults & {"mute", "no_power"}:
            self.line.answer(data)

    def lose_power(self) -> None:
        """Buffer and whatever was not cut stay behind: a torn sheet is nobody's slip."""
        self.faults.add("no_power")
        self._buffer.clear()

    def mend(self, fault: str) -> None:
        if fault == "no_power" and self._world.time - self._lost_at < STARTS_IN_S:
            self._world.after(STARTS_IN_S, lambda: self.mend(fault))
            return
        self.faults.discard(fault)
        self._go()


class Line:
    """The port to a printer, as firmware_bridge/ports/ gives it: counted bytes, never blocking."""

    moved_to = ""

    def held(self) -> bool:
        return False

    def __init__(self, world: World, printer: Printer, wake: Callable[[], None]):
        if "unplugged" in printer.faults:
            raise PortError("unplugged", printer.name)
        self._world = world
        self._printer = printer
        self._wake = wake
        self._unread = bytearray()
        self._free_at = 0.0
        printer.line = self

    def fileno(self) -> int:
        raise AssertionError("nobody polls in a simulation")

    def write(self, data: bytes) -> int:
        self._check()
        room = min(SLICE, self._printer.room)
        if self._world.time < self._free_at or not room:
            # A printer that holds its buffer keeps the line full: looked at again now and then.
            self._world.at(max(self._free_at, self._world.time + 0.05), self._wake)
            return 0
        taken = data[:room]
        self._free_at = self._world.time + len(taken) * BYTE_S
        if len(taken) < len(data):
            self._world.at(self._free_at, self._wake)
        self._printer.arrive(taken)
        return len(taken)

    def read(self) -> bytes:
        self._check()
        data = bytes(self._unread)
        self._unread.clear()
        return data

    @property
    def has_news(self) -> bool:
        return bool(self._unread)

    def answer(self, data: bytes) -> None:
        self._unread += data
        self._wake()

    def close(self) -> None:
        if self._printer.line is self:
            self._printer.line = None

    def _check(self) -> None:
        if "unplugged" in self._printer.faults:
            raise PortError("unplugged", self._printer.name)
