"""Two lines of twenty cells on a CD5220 display: pictures to bytes, the one picture on its way, and what the drivers of
such displays share. No I/O.

`1B 51 41 text 0D` writes the upper line, `1B 51 42 text 0D` the lower; all twenty cells each, so that nothing of the
line before stays. In that mode only `0C` is obeyed besides: it clears the display.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any, ClassVar

from firmware_bridge.charset import Encoding, glyph, printable
from firmware_bridge.drivers.driver import Driver, Surroundings

CELLS, ROWS = 20, 2
CHARSETS = ("ascii", "cp437", "gbk")
"""`gbk` only for displays with a dot matrix of their own: the others would show each half of a character."""
SAY_AGAIN_S = 10.0
"""A display that lost its power for a moment is empty, and no line tells of it. 48 bytes are 50 ms at 9,600 baud."""
MOST_CHARACTERS = 200
"""Of a text that is looked at; twenty cells need no more, however many of them leave nothing to see."""

AFRESH = b"\r\x0c"
"""The end of a line that a cut cable left open, then an empty display."""

Picture = tuple[str, ...]


def encoded(text: str, charset: str) -> Iterator[bytes]:
    """Its characters as this display takes them; what it does not have is a question mark. No control byte."""
    encoding: Encoding = "gbk" if charset == "gbk" else "cp437"
    wanted = {"ascii": ("ascii",), "cp437": ("ascii", "latin"), "gbk": ("ascii", "double")}[charset]
    for char in unicodedata.normalize("NFC", text[:MOST_CHARACTERS]):
        # Spaces stay as they are: they are how an amount comes to stand at the right.
        for kept in " " if char.isspace() else printable(char):
            found = glyph(kept, encoding)
            yield found.data if found.run in wanted else b"?"


def line_of(text: str, charset: str) -> bytes:
    """Exactly twenty cells, counted in bytes; no character is cut in its middle."""
    line = b""
    for data in encoded(text, charset):
        if len(line) + len(data) > CELLS:
            break
        line += data
    return line.ljust(CELLS)


def bytes_of(picture: Picture, charset: str) -> bytes:
    upper, lower = (*picture, "", "")[:ROWS]
    return b"\x1bQA" + line_of(upper, charset) + b"\r\x1bQB" + line_of(lower, charset) + b"\r"


def texts_in(args: dict[str, Any], name: str, most: int) -> list[str] | None:
    """The texts of a command's argument, the first `most` of them; None when it is something else."""
    found = args.get(name)
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found[:most]):
        return None
    return [text[:MOST_CHARACTERS] for text in found[:most]]


SIGN: Picture = ("TABLEPASS TEST", "12345678901234567890")
"""For whoever sets the display up: a text, and every cell of a line."""


class LineDisplay:
    """What shall stand there. The last picture wins: at most one is on its way, and none waits behind the newest."""

    def __init__(self, charset: str) -> None:
        self._charset = charset
        self._picture: Picture = ()
        self._behind: Picture | None = None
        """What comes back when the sign is over; None while there is no sign."""
        self._out = b""
        self._open = False
        self._news = False
        self._again_at = float("inf")

    def connected(self) -> None:
        self._open, self._news = True, False
        self._out = AFRESH + bytes_of(self._picture, self._charset)

    def disconnected(self) -> None:
        self._open = False
        self._out = b""

    def show(self, picture: Picture) -> None:
        """What already stands there is not said again: it would only flicker."""
        if self._behind is not None:
            self._behind = picture
            return
        if picture == self._picture:
            return
        self._picture = picture
        self._news = True
        self._fill()

    def show_sign(self, on: bool) -> None:
        """The sign stands until it is switched off; then the newest picture does."""
        if on:
            before = self._picture
            self.show(SIGN)
            self._behind = before
        elif self._behind is not None:
            behind, self._behind = self._behind, None
            self.show(behind)

    def outgoing(self) -> bytes:
        return self._out

    def sent(self, count: int, now: float) -> None:
        self._out = self._out[count:]
        self._again_at = now + SAY_AGAIN_S
        self._fill()

    def step(self, now: float) -> float:
        if not self._open or self._out:
            return float("inf")
        if now >= self._again_at:
            self._news = True
            self._fill()
            return float("inf")
        return self._again_at

    def _fill(self) -> None:
        """A picture that has begun to leave is ended first: half a command would eat the start of the next."""
        if self._open and self._news and not self._out:
            self._news = False
            self._out = bytes_of(self._picture, self._charset)


class LineDisplayDriver(Driver):
    """A device that shows two lines. It says nothing, so an open line is all that is known of it."""

    options: ClassVar = {"charset": CHARSETS}

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._display = LineDisplay(self.option("charset"))

    def connected(self, now: float) -> None:
        self._display.connected()

    def disconnected(self, now: float, reason: str) -> None:
        self._display.disconnected()

    def outgoing(self) -> bytes:
        return self._display.outgoing()

    def sent(self, count: int, now: float) -> None:
        self._display.sent(count, now)

    def show_sign(self, on: bool) -> bool:
        self._display.show_sign(on)
        return True

    def step(self, now: float) -> float:
        return self._display.step(now)
