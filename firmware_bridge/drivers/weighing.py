"""What kitchen scales say: bytes to readings, two dialects. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import xor

LONGEST_FRAME = 64
"""Bytes. The longest known one has 22; more without an end is not this dialect, or not this baud rate."""


@dataclass(frozen=True)
class Reading:
    """One frame. `stable` is None where the dialect does not say it. No `grams`: the load is beyond the scale."""

    grams: int | None
    stable: bool | None = None


_LINE = re.compile(rb"(ST|US|OL|QT),(?:(GS|NT|TR),)?([+-])([ \d.]*?)(?: *(kg|g))?")
_NUMBER = re.compile(rb" *(\d{1,8}(?:\.\d{0,4})?|\.\d{1,4})")
_REVERSED = re.compile(rb"[\d.]{6,8}-?")
_PLUS, _MINUS = b"+-"
STX, ETX = 0x02, 0x03
_STX_FRAME = 12


class Lines:
    """A&D and its many likenesses: `ST,GS,+  0.125kg`, ended by CR LF. `US` moves, `OL` is an overload.

    These scales leave their works with seven bits and even parity: the eighth bit that we read is no part of the text.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self.unreadable = 0
        """Bytes since the last frame that could be read."""

    def feed(self, data: bytes) -> list[Reading]:
        found = []
        for byte in data:
            byte &= 0x7F
            if byte not in b"\r\n":
                if len(self._line) >= LONGEST_FRAME:
                    self.unreadable += len(self._line)
                    self._line.clear()
                self._line.append(byte)
            elif self._line:
                known, reading = _line(bytes(self._line))
                self.unreadable = 0 if known else self.unreadable + len(self._line)
                self._line.clear()
                if reading is not None:
                    found.append(reading)
        return found


def _line(line: bytes) -> tuple[bool, Reading | None]:
    """Whether it is a line of this dialect, and its reading; a tare is a line without one."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        return False, None
    head, kind, sign, digits, unit = match.groups()
    if head == b"OL":
        return True, Reading(None)
    number = _NUMBER.fullmatch(digits)
    if number is None or unit is None:
        return False, None
    if kind == b"TR":
        return True, None
    grams = _grams(number[1].decode(), 1000 if unit == b"kg" else 1)
    return True, Reading(-grams if sign == b"-" else grams, head != b"US")


class Yaohua:
    """XK3190 indicators, both of their continuous forms; neither says whether the load is at rest.

    `02`, the sign, six digits, how many of them stand behind the point, two characters of check sum, `03`; or `=` and
    the shown number backwards with the minus at its end (`=52.100` is 1.25; `=00.1000-` is -1), ended by the next `=`.
    """

    def __init__(self, unit: str) -> None:
        self._factor = 1000 if unit == "kg" else 1
        self._frame = bytearray()
        self.unreadable = 0

    def feed(self, data: bytes) -> list[Reading]:
        found = []
        for byte in data:
            starts = byte in (STX, ord("=")) or len(self._frame) >= LONGEST_FRAME
            if starts or (byte in b"\r\n " and self._frame[:1] == b"="):
                found += self._end()
            if not self._frame and byte not in (STX, ord("=")):
                self.unreadable += byte not in b"\r\n "
                continue
            self._frame.append(byte)
            if byte == ETX and self._frame[0] == STX:
                found += self._end()
        return found

    def _end(self) -> list[Reading]:
        frame = bytes(self._frame)
        self._frame.clear()
        if not frame:
            return []
        grams = _checked(frame, self._factor) if frame[0] == STX else _backwards(frame, self._factor)
        self.unreadable = self.unreadable + len(frame) if grams is None else 0
        return [] if grams is None else [Reading(grams)]


def _checked(frame: bytes, factor: int) -> int | None:
    if len(frame) != _STX_FRAME or frame[1] not in (_PLUS, _MINUS) or frame[-1] != ETX:
        return None
    digits, point, check = frame[2:8], frame[8:9], frame[9:11]
    if not (digits + point).isdigit() or int(point) > 4 or check != b"%02X" % reduce(xor, frame[1:9]):
        return None
    grams = _grams(f"{digits.decode()}e-{int(point)}", factor)
    return -grams if frame[1] == _MINUS else grams


def _backwards(frame: bytes, factor: int) -> int | None:
    """A cut frame is as good as none: with fewer than six characters it would be another weight."""
    body = frame[1:]
    if not _REVERSED.fullmatch(body) or body.count(b".") > 1:
        return None
    shown = body.removesuffix(b"-")[::-1].decode()
    grams = _grams(shown, factor)
    return -grams if body.endswith(b"-") else grams


def _grams(shown: str, factor: int) -> int:
    return int((Decimal(shown) * factor).to_integral_value())
