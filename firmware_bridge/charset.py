"""Text for printers: what may be printed, how wide it is, and the runs of bytes it becomes. Pure.

Chinese printers hold two encodings at once: a one-byte code page and, while Chinese mode is on, pairs of
bytes (GBK on the mainland, Big5 in Taiwan and Hong Kong: a setting of the printer, no command selects it).
A byte from 0x80 up means a different thing in each, so text is split into runs and each run says which of
the two it needs. Widths are counted in encoded bytes: a GBK character is two cells wide on paper whatever
Unicode says of it ('…', '—' and '·' are two).

The same texts come again and again (a menu, the words of a slip), so what is found out about one is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

Encoding = Literal["gbk", "big5", "cp437", "cp858"]
Run = Literal["ascii", "double", "latin", "missing"]

ENCODINGS: tuple[Encoding, ...] = ("gbk", "big5", "cp437", "cp858")

KEPT_TEXTS = 2048
"""Of each kind, about 0.3 KB each. A menu of 300 dishes with their options has some 800 texts."""

_DASHES = {"−": "-", "‑": "-"}
_WESTERN = {
    "￥": "¥", "•": "·", "–": "-", "—": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"',
    "：": ":", "，": ",", "。": ".", "（": "(", "）": ")", "‐": "-", **_DASHES,
}  # fmt: skip


@dataclass(frozen=True)
class _Charset:
    """`pairs` and `page` are Python's names of the two-byte characters ("" without) and of the code page.

    Look-alikes come before the character itself. U+00A5 is first of all a Chinese matter: GBK and Big5 have
    only the full-width yuan sign, and a one-byte yen would eat its neighbour in Chinese mode.
    """

    pairs: str
    page: str
    lookalikes: dict[str, str]


_CHARSETS: dict[Encoding, _Charset] = {
    "gbk": _Charset("gbk", "cp858", {"¥": "￥", "•": "·", "‒": "–", **_DASHES}),
    # cp950 is what the printers' Big5 fonts follow (ETEN and Windows); its euro is no part of Big5.
    "big5": _Charset("cp950", "cp858", {"¥": "￥", "•": "‧", "‒": "–", "‐": "-", **_DASHES}),
    "cp437": _Charset("", "cp437", {"×": "x", "€": "EUR", **_WESTERN}),
    "cp858": _Charset("", "cp858", _WESTERN),
}


_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Of variants of a character: they have no width and mean nothing on paper."""


class Glyph(NamedTuple):
    """One printable character as a printer takes it. `data` is empty of commands by construction.

    Of a `missing` one it is what stands in its place, as wide as a drawing of it would be.
    """

    run: Run
    data: bytes


@lru_cache(maxsize=KEPT_TEXTS)
def printable(text: str) -> str:
    """`text` on one line, with nothing in it that commands a printer or reorders what a person reads.

    Every kind of white space and line end becomes one space; control, format (bidi, zero width),
    private, surrogate and unassigned characters and variation selectors are left out.
    """
    if not text.isprintable() or not unicodedata.is_normalized("NFC", text) or _SELECTORS.search(text):
        text = "".join(_kept(char) for char in unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def _kept(char: str) -> str:
    if char.isspace():
        return " "
    return char if char.isprintable() and not _SELECTORS.match(char) else ""


@lru_cache(maxsize=8192)  # a store's menu uses some hundreds of characters; GB2312 has 7,445
def glyph(char: str, encoding: Encoding) -> Glyph:
    """How one character goes to a printer of this encoding; `missing` when it has no bytes there."""
    if " " <= char <= "~":
        return Glyph("ascii", char.encode("ascii"))
    charset = _CHARSETS[encoding]
    for candidate in (charset.lookalikes.get(char, char), char, unicodedata.normalize("NFKC", char)):
        found = _encode(candidate, charset)
        if found is not None:
            return found
    # From U+1F000 on stand pictures, which phones show wide whatever their width is called.
    if unicodedata.east_asian_width(char) not in "WF" and char < "\U0001f000":
        return Glyph("missing", b"?")
    return Glyph("missing", _bytes("？", charset.pairs) if charset.pairs else b"??")


def _encode(text: str, charset: _Charset) -> Glyph | None:
    if text.isascii() and text.isprintable() and text:
        return Glyph("ascii", text.encode("ascii"))
    if len(text) != 1 or unicodedata.category(text)[0] == "C":
        return None
    if charset.pairs:
        pair = _bytes(text, charset.pairs)
        # Four-byte GB18030 holds digits that clones print; a Big5 font ends with F9D5.
        if len(pair) == 2 and pair[0] >= 0x81 and pair[1] >= 0x40 and (charset.pairs == "gbk" or _big5(pair)):
            return Glyph("double", pair)
    one = _bytes(text, charset.page)
    return Glyph("latin", one) if len(one) == 1 and one[0] >= 0x80 else None


def _big5(pair: bytes) -> bool:
    """Symbols and both planes of ideographs, without what vendors added."""
    return b"\xa1\x40" <= pair <= b"\xa3\xbf" or b"\xa4\x40" <= pair <= b"\xf9\xd5"


def _bytes(text: str, codec: str) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return b""


@lru_cache(maxsize=KEPT_TEXTS)
def simple(text: str, encoding: Encoding) -> bytes | None:
    """`text` as ASCII and GBK pairs, which most texts are; None when it takes more than that."""
    if not text.isprintable():
        return None
    if text.isascii():
        return text.encode("ascii")
    if encoding != "gbk":
        return None
    # GBK has none of the characters that a look-alike stands for.
    return _bytes(text, "gbk") or _bytes(text.translate(_TO_GBK), "gbk") or None


_TO_GBK = str.maketrans(_CHARSETS["gbk"].lookalikes)


@lru_cache(maxsize=KEPT_TEXTS)
def cells(text: str, encoding: Encoding) -> int:
    """Width in half-width columns: the number of encoded bytes."""
    data = simple(text, encoding)
    return sum(len(glyph(char, encoding).data) for char in text) if data is None else len(data)


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
    if simple(text, encoding) is not None:
        return []
    return list(dict.fromkeys(char for char in text if glyph(char, encoding).run == "missing"))


def wrap(text: str, columns: int, encoding: Encoding) -> list[str]:
    """`text` in pieces of at most `columns` cells: broken at spaces and between Chinese characters.

    A word longer than a line is cut. Always at least one piece; a column count under 2 is a bug.
    """
    if columns < 2:
        raise ValueError(f"no text fits into {columns} columns")
    if cells(text, encoding) <= columns:
        return [text.rstrip()]
    return list(_wrapped(text, columns, encoding))


@lru_cache(maxsize=KEPT_TEXTS)
def _wrapped(text: str, columns: int, encoding: Encoding) -> tuple[str, ...]:
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
    return (*pieces, line.rstrip()) if line.strip() or not pieces else tuple(pieces)


CLOSING = frozenset("，。、；：！？）》」』】〉…×,.;:!?)%")
"""What no line begins with: it belongs to what stands before it, as in "2×" and "（大份）"."""


def _words(text: str, encoding: Encoding) -> Iterator[str]:
    """What a line break may not tear apart: a space with the word behind it, or one wide character."""
    word, ended = "", False
    for char in text:
        wide = char > "~" and glyph(char, encoding).run == "double"
        if (ended or ((char == " " or wide) and word.strip())) and (char not in CLOSING or not word.strip()):
            yield word
            word = ""
        word += char
        ended = wide
    if word:
        yield word


def _head(word: str, columns: int, encoding: Encoding) -> str:
    head, width = "", 0
    for char in word:
        size = cells(char, encoding)
        if head and width + size > columns:
            break
        head, width = head + char, width + size
    return head
