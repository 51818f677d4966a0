"""A line of text as a picture, for what a printer's own characters lack: emoji, rare ideographs, Arabic.

The whole line is drawn, each character in the cells that the layout counted for it, so that columns stay where
they are. Nothing here decides whether a line is worth its bytes; that is `escpos.py`. Shares nothing with the
virtual printer's pictures, which judge it.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

from firmware_bridge.charset import Encoding, Run, cells, glyph
from firmware_bridge.page import Style, TextLine

log = logging.getLogger(__name__)

CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Dots of one half-width cell of font A."""
LEADING = 6
"""Dots below a drawn line: printers space text at 30 dots, a raster only by its rows."""
BASELINE = 0.82
"""Share of the line's height above the baseline: ideographs then sit in the middle."""
FULL_SIZE, HALF_SIZE = 0.96, 0.875
"""Of the line's height: so that no ideograph touches the edge of a black band, no Latin letter is wider than a cell."""
INK = 100
"""Of 255: from this coverage on a dot burns. Half would lose the thin strokes of dense ideographs."""

FONTS = (
    (str(Path(__file__).parent / "virtual/font/wqy-microhei-mono-subset.ttf"), 0),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 1),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 0),
    ("/usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf", 0),
    ("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf", 0),
    ("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf", 0),
    ("/usr/share/fonts/opentype/unifont/unifont.otf", 0),
    ("/usr/share/fonts/opentype/unifont/unifont_upper.otf", 0),
)
"""The first that has a character draws it: ours (GB2312 and Latin), then what Debian's packages fonts-wqy-microhei,
fonts-dejavu-core, fonts-symbola, fonts-hanazono and fonts-unifont bring. Colour fonts draw nothing in one colour."""


@dataclass(frozen=True)
class Drawing:
    """Black on white, as wide as its ink and as high as its tallest character. `missing` is in no font either."""

    image: Image.Image
    missing: tuple[str, ...]


@dataclass(frozen=True)
class _Piece:
    """One character, or a stretch that is read from right to left and joins its letters."""

    text: str
    cells: int
    style: Style
    face: int
    rtl: bool = False


LACKING: frozenset[Run] = frozenset({"missing"})


def draw(line: TextLine, encoding: Encoding, lacking: frozenset[Run] = LACKING) -> Drawing | None:
    """None when drawing would gain nothing: no font has what the printer lacks. `lacking`: the runs that it cannot."""
    try:
        return _draw(line, encoding, lacking)
    except (OSError, RuntimeError, ValueError) as error:
        # FreeType and raqm read what a guest wrote: whatever they make of it, the slip must come out.
        log.warning("a line could not be drawn: %s", error)
        return None


def _draw(line: TextLine, encoding: Encoding, runs: frozenset[Run]) -> Drawing | None:
    pieces: list[_Piece] = []
    lacking: list[str] = []
    gained = False
    for span in line.spans:
        for text in _stretches(span.text):
            face = _face(text)
            wanted = any(glyph(char, encoding).run in runs for char in text)
            gained = gained or (wanted and face is not None)
            if face is None:
                lacking += text
            pieces.append(_Piece(text if face is not None else "?", cells(text, encoding), span.style, face or 0,
                                 face is not None and len(text) > 1))  # fmt: skip
    return Drawing(_assemble(pieces), tuple(dict.fromkeys(lacking))) if gained else None


def _stretches(text: str) -> Iterator[str]:
    """Single characters; from the first right-to-left letter to the last one before the next left-to-right letter in
    one, so that words stand in the order in which they are read."""
    at = 0
    while at < len(text):
        end = at + 1
        if _joins(text[at]):
            for ahead in range(at + 1, len(text)):
                if unicodedata.bidirectional(text[ahead]) == "L":
                    break
                if _joins(text[ahead]) or unicodedata.combining(text[ahead]):
                    end = ahead + 1
        yield text[at:end]
        at = end


def _joins(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL")


def _assemble(pieces: list[_Piece]) -> Image.Image:
    height = CELL_HEIGHT * max(1 + piece.style.tall for piece in pieces)
    width = sum(piece.cells * (1 + piece.style.wide) for piece in pieces) * CELL_WIDTH
    ink = Image.new("L", (width, height), 0)
    x = 0
    for piece in pieces:
        wide = piece.cells * (1 + piece.style.wide) * CELL_WIDTH
        tall = CELL_HEIGHT * (1 + piece.style.tall)
        if piece.text.strip():
            cell = _cell(piece)
            ink.paste(cell, (x + (wide - cell.width) // 2, height - tall))
        if piece.style.inverse:
            box = (x, height - tall, x + wide, height)
            ink.paste(ink.crop(box).point(lambda value: 255 - value), box)
        x += wide
    dots = ink.point(lambda value: 255 if value >= INK else 0)
    _, _, right, _ = dots.getbbox() or (0, 0, 8, 0)
    return dots.crop((0, 0, right, height)).point(lambda value: 255 - value)


@lru_cache(maxsize=256)  # 24x24 to 48x48 bytes each: the letters of some notes
def _cell(piece: _Piece) -> Image.Image:
    """Drawn at its height, then as wide as it shall be, and no wider than its cells."""
    tall = CELL_HEIGHT * (1 + piece.style.tall)
    font = _font(piece.face, int(tall * (HALF_SIZE if piece.cells == 1 else FULL_SIZE)))
    direction = "rtl" if piece.rtl else None
    natural = max(1, round(font.getlength(piece.text, direction=direction)))
    image = Image.new("L", (natural, tall), 0)
    ImageDraw.Draw(image).text(
        (0, tall * BASELINE), piece.text, font=font, fill=255, anchor="ls", direction=direction,
        stroke_width=0.5 * (1 + piece.style.tall) if piece.style.bold else 0,
    )  # fmt: skip
    wide = natural * (1 + piece.style.wide) / (1 + piece.style.tall)
    room = piece.cells * CELL_WIDTH * (1 + piece.style.wide)
    size = (max(1, min(round(wide), room)), tall)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


@lru_cache(maxsize=4096)  # characters and words of notes
def _face(text: str) -> int | None:
    """The first font with every character of `text`; None when there is none, or nothing here joins its letters."""
    if any(_joins(char) for char in text) and not _shapes():
        return None
    drawn = [char for char in text if char != " "]
    return next((face for face in _faces() if all(_has(face, char) for char in drawn)), None)


def _has(face: int, char: str) -> bool:
    """A font without a character draws nothing, or the box that it draws for U+FFFF, which is none."""
    mask = _font(face, CELL_HEIGHT).getmask(char)
    return mask.getbbox() is not None and (mask.size, bytes(mask)) != _no_character(face)


@cache
def _no_character(face: int) -> tuple[tuple[int, int], bytes]:
    mask = _font(face, CELL_HEIGHT).getmask("\uffff")
    return mask.size, bytes(mask)


@cache
def _shapes() -> bool:
    """Whether Pillow can join Arabic letters and turn their order; else they would be wrong, not only ugly."""
    return bool(features.check("raqm"))


@cache
def _faces() -> tuple[int, ...]:
    return tuple(face for face, (path, _) in enumerate(FONTS) if Path(path).exists())


@lru_cache(maxsize=32)
def _font(face: int, size: int) -> ImageFont.FreeTypeFont:
    path, number = FONTS[face]
    return ImageFont.truetype(path, size, index=number)
