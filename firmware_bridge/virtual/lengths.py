"""How long the next command in a printer's buffer is, from the command references (Epson ESC/POS)."""

from __future__ import annotations

from collections.abc import Callable

# Parameter bytes behind a two-byte command that this printer understands.
ESC = {b"@": 0, b"2": 0, b"3": 1, b"!": 1, b"-": 1, b"E": 1, b"G": 1, b"J": 1, b"d": 1, b"a": 1, b"t": 1,
       b"R": 1, b"M": 1, b"{": 1, b"p": 3, b"B": 2, b"i": 0, b"m": 0, b" ": 1, b"V": 1}  # fmt: skip
GS = {b"!": 1, b"B": 1, b"a": 1, b"r": 1, b"h": 1, b"w": 1, b"f": 1, b"H": 1, b"I": 1, b"L": 2, b"W": 2}
FS = {b"&": 0, b".": 0, b"!": 1, b"W": 1, b"-": 1, b"S": 2, b"C": 1}
TABLES = {0x1B: ESC, 0x1D: GS, 0x1C: FS}

RASTER_HEAD = 8
"""Of GS v 0: what follows is printed as it comes, so it need not be in the buffer all at once."""
DLE_DC4 = {1: 5, 2: 5, 3: 5, 7: 4, 8: 10}
"""Whole length by the function, the byte behind 10 14."""


def command_size(head: bytes, two_bytes: bool, until_nul: Callable[[], int | None]) -> int | None:
    """Bytes of the command that begins with `head`, its first eight bytes or fewer; None when they are too few.

    `two_bytes`: Chinese mode is on. `until_nul` finds where an old bar code ends.
    """
    first = head[0]
    if first == 0x10:
        return _real_time_size(head)
    if first not in TABLES:
        return 2 if first >= 0x80 and two_bytes else 1
    if len(head) < 2:
        return None
    letter = head[1:2]
    if letter in TABLES[first]:
        return 2 + TABLES[first][letter]
    if letter == b"(":
        return None if len(head) < 5 else 5 + head[3] + 256 * head[4]
    if head[:2] == b"\x1dV":
        return None if len(head) < 3 else (4 if head[2] in (65, 66) else 3)
    if head[:2] == b"\x1dk":
        return None if len(head) < 4 else (4 + head[3] if head[2] >= 65 else until_nul())
    if head[:2] == b"\x1dv":
        return RASTER_HEAD if len(head) >= RASTER_HEAD else None
    return 2


def _real_time_size(head: bytes) -> int | None:
    if len(head) < 2:
        return None
    if head[1] == 0x14:
        return None if len(head) < 3 else DLE_DC4.get(head[2], 3)
    return 3 if head[1] in (4, 5) else 1
