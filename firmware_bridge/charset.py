"""Text for printers: what may be printed, how wide it is, and the runs of bytes it becomes. Pure.

Chinese printers hold two encodings at once: a one-byte code page and, while Chinese mode is on, GBK
pairs. A byte from 0x80 up means a different thing in each, so text is split into runs and each run says
which of the two it needs. Widths are counted in encoded bytes: a GBK character is two cells wide on
paper whatever Unicode says of it ('…', '—' and '·' are two).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Encoding = Literal["gbk", "cp437"]
Run = Literal["ascii", "double", "latin", "missing"]

ENCODINGS: tuple[Encoding, ...] = ("gbk", "cp437")

MISSING = b"?"

# Look-alikes come before the character itself. U+00A5 is first of all a Chinese matter: GBK has only
# the full-width yuan sign, and the one-byte yen (0x9D) would eat its neighbour in Chinese mode.
_LOOKALIKES: dict[Encoding, dict[str, str]] = {
    "gbk": {"¥": "￥", "•": "·", "−": "-", "‐": "-", "‑": "-", "‒": "–"},
    "cp437": {
        "×": "x", "￥": "¥", "•": "·", "−": "-", "‐": "-", "‑": "-", "–": "-", "—": "-", "…": "...",
        "‘": "'", "’": "'", "“": '"', "”": '"', "：": ":", "，": ",", "。": ".", "（": "(", "）": ")",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Glyph:
    """One printable character as a printer takes it. `data` is empty of commands by construction."""

    run: Run
    data: bytes


def printable(text: str) -> str:
    """`text` on one line, with nothing in it that commands a printer or reorders what a person reads.

    Every kind of white space and line end becomes one space; control, format (bidi, zero width),
    private, surrogate and unassigned characters and variation selectors are left out.
    """
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char.isspace() or category in ("Zs", "Zl", "Zp"):
            kept.append(" ")
        elif category[0] != "C" and not "\ufe00" <= char <= "\ufe0f":
            kept.append(char)
    return " ".join("".join(kept).split())


@lru_cache(maxsize=8192)  # a store's menu uses some hundreds of characters; GB2312 has 7,445
def glyph(char: str, encoding: Encoding) -> Glyph:
    """How one character goes to a printer of this encoding; `missing` when it has no bytes there."""
    if " " <= char <= "~":
        return Glyph("ascii", char.encode("ascii"))
    for candidate in (_LOOKALIKES[encoding].get(char, char), char, unicodedata.normalize("NFKC", char)):
        found = _encode(candidate, encoding)
        if found is not None:
            return found
    return Glyph("missing", MISSING)


def _encode(text: str, encoding: Encoding) -> Glyph | None:
    if text.isascii() and text.isprintable() and text:
        return Glyph("ascii", text.encode("ascii"))
    if len(text) != 1 or unicodedata.category(text)[0] == "C":
        return None
    if encoding == "gbk":
        pair = _bytes(text, "gbk")
        if len(pair) == 2 and pair[0] >= 0x81 and pair[1] >= 0x40:
            return Glyph("double", pair)
        one = _bytes(text, "cp858")
    else:
        one = _bytes(text, "cp437")
    return Glyph("latin", one) if len(one) == 1 and one[0] >= 0x80 else None


def _bytes(text: str, codec: str) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return b""


def cells(text: str, encoding: Encoding) -> int:
    """Width in half-width columns: the number of encoded bytes."""
    return sum(len(glyph(char, encoding).data) for char in text)


def runs(text: str, encoding: Encoding) -> Iterator[tuple[Run, bytes]]:
    """Neighbours of the same kind joined; `missing` stays apart so that it can be reported."""
    kind: Run | None = None
    data = bytearray()
    for char in text:
        found = glyph(char, encoding)
        if found.run != kind and kind is not None:
            yield kind, bytes(data)
            data.clear()
        kind = found.run
        data += found.data
    if kind is not None:
        yield kind, bytes(data)


def missing(text: str, encoding: Encoding) -> list[str]:
    """The characters of `text` that this encoding cannot print, each once, in order."""
    return list(dict.fromkeys(char for char in text if glyph(char, encoding).run == "missing"))


def wrap(text: str, columns: int, encoding: Encoding) -> list[str]:
    """`text` in pieces of at most `columns` cells: broken at spaces and between Chinese characters.

    A word longer than a line is cut. Always at least one piece; a column count under 2 is a bug.
    """
    if columns < 2:
        raise ValueError(f"no text fits into {columns} columns")
    pieces: list[str] = []
    line, width = "", 0
    for word in _words(text, encoding):
        size = cells(word, encoding)
        if width + size > columns and line.strip():
            pieces.append(line.rstrip())
            line, width = "", 0
            word = word.lstrip()
            size = cells(word, encoding)
        while size > columns:
            head = _head(word, columns, encoding)
            pieces.append(head)
            word = word[len(head) :]
            size = cells(word, encoding)
        line, width = line + word, width + size
    return [*pieces, line.rstrip()] if line.strip() or not pieces else pieces


def _words(text: str, encoding: Encoding) -> Iterator[str]:
    """What a line break may not tear apart: a space with the word behind it, or one wide character."""
    word = ""
    for char in text:
        wide = glyph(char, encoding).run == "double"
        if (char == " " and word.strip()) or (wide and word.strip()):
            yield word
            word = ""
        word += char
        if wide:
            yield word
            word = ""
    if word:
        yield word


def _head(word: str, columns: int, encoding: Encoding) -> str:
    head, width = "", 0
    for char in word:
        size = cells(char, encoding)
        if width + size > columns:
            break
        head, width = head + char, width + size
    return head
