"""What a sheet looks like: a PNG, one pixel a dot, drawn with the vendored font."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from firmware_bridge.virtual.paper import width_of
from firmware_bridge.virtual.sheet import (
    CELL_HEIGHT,
    CELL_WIDTH,
    Fed,
    Look,
    Mark,
    PrintedBars,
    PrintedLine,
    PrintedQr,
    PrintedRaster,
    Sheet,
)

FONT = Path(__file__).parent / "font" / "wqy-microhei-mono-subset.ttf"
WHOLE_FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
"""Debian's fonts-wqy-microhei: all of GBK and Big5. Ours has GB2312 and Latin."""
PAPER = (252, 251, 246)
INK = (30, 28, 26)
TOP, BOTTOM = 28, 20
"""White dots above the first and below the last ink; the cutter's feed is shortened to this."""
MOST_DOTS = 12_000
"""1.5 m of paper; more is a runaway and not worth the memory of its picture."""

# Coverage to ink: thermal dots bleed a little, so faint edges darken and the middle is solid.
_BLEED = [min(255, int(255 * (value / 255) ** 0.7)) for value in range(256)]


def picture_of(sheet: Sheet, columns: int) -> bytes:
    """The sheet as PNG bytes, `columns` * 12 pixels wide."""
    width = columns * CELL_WIDTH
    items = list(sheet.items)
    while items and isinstance(items[-1], Fed):
        items.pop()
    height = min(MOST_DOTS, TOP + BOTTOM + sum(item.dots for item in items))
    ink = Image.new("L", (width, height), 0)
    y = TOP
    for item in items:
        if y + item.dots > height:
            break
        if isinstance(item, PrintedLine):
            _draw_line(ink, item, y, width)
        elif isinstance(item, PrintedBars):
            draw_bars(ink, item, y, width)
        elif isinstance(item, PrintedQr):
            _draw_dots(ink, _dots_of_qr(item), item.align, y, width)
        elif isinstance(item, PrintedRaster):
            _draw_dots(ink, _dots_of_raster(item), item.align, y, width)
        y += item.dots
    ink = ink.point(_BLEED)
    paper = Image.composite(Image.new("RGB", ink.size, INK), Image.new("RGB", ink.size, PAPER), ink)
    file = io.BytesIO()
    paper.quantize(16, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw_dots(ink: Image.Image, dots: Image.Image, align: int, top: int, width: int) -> None:
    ink.paste(255, ((width - dots.width) * align // 2, top), dots)


def _dots_of_raster(raster: PrintedRaster) -> Image.Image:
    wide, rows = raster.row_bytes * 8, raster.rows
    dots = Image.frombytes("1", (wide, rows), bytes(raster.data[: rows * raster.row_bytes])).convert("L")
    return dots.resize((wide * (1 + raster.wide), rows * (1 + raster.tall)), Image.Resampling.NEAREST)


def _dots_of_qr(code: PrintedQr) -> Image.Image:
    side = len(code.matrix)
    dots = Image.frombytes("L", (side, side), bytes(255 * dark for row in code.matrix for dark in row))
    return dots.resize((side * code.module, side * code.module), Image.Resampling.NEAREST)


def _draw_line(ink: Image.Image, line: PrintedLine, top: int, width: int) -> None:
    tallest = max((mark.look.height for mark in line.marks), default=1) * CELL_HEIGHT
    x = (width - width_of(line.marks) * CELL_WIDTH) * line.align // 2
    band = all(mark.look.inverse for mark in line.marks)
    for mark in line.marks:
        wide = mark.cells * CELL_WIDTH * mark.look.width
        tall = CELL_HEIGHT * mark.look.height
        at = top + tallest - tall
        if mark.look.inverse:
            # A band over the whole paper touches the next one; a word keeps white above and below.
            burnt = max(line.dots, tall) if band else tallest + 2
            ink.paste(255, (x, top, x + wide, top + burnt))
        if mark.char.strip():
            cell = cell_of(mark)
            if mark.look.inverse:
                at += (max(line.dots, tall) - tall) // 2 if band else 1
                ink.paste(0, (x, at), cell)
            else:
                ink.paste(255, (x, at), cell)
        x += wide


@lru_cache(maxsize=4096)  # 24x24 to 48x48 bytes each; a menu has some hundreds of characters
def cell_of(mark: Mark) -> Image.Image:
    """One character drawn at its final size, so that doubled characters are smooth and not blocky."""
    look = mark.look
    wide, tall = mark.cells * CELL_WIDTH * look.width, CELL_HEIGHT * look.height
    size = CELL_HEIGHT * max(look.width, look.height)
    box_wide = mark.cells * CELL_WIDTH * max(look.width, look.height)
    font = _font(size if mark.cells == 2 else int(size * 0.875), _ours(mark.char))
    image = Image.new("L", (box_wide, size), 0)
    stroke = _stroke(look)
    baseline = (box_wide / 2, size * (0.81 if mark.cells == 2 else 0.78))
    ImageDraw.Draw(image).text(baseline, mark.char, font=font, fill=255, anchor="ms", stroke_width=stroke)
    return image if image.size == (wide, tall) else image.resize((wide, tall), Image.Resampling.LANCZOS)


def _stroke(look: Look) -> float:
    return 0.45 * max(look.width, look.height) if look.bold else 0.12


@lru_cache(maxsize=32)
def _font(size: int, ours: bool = True) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size) if ours else ImageFont.truetype(WHOLE_FONT, size, index=1)


@lru_cache(maxsize=4096)
def _ours(char: str) -> bool:
    """Whether our font draws `char`, or nothing better is there: U+FFFF is in no font and drawn as a box."""
    return bytes(_font(24).getmask(char)) != bytes(_font(24).getmask("\uffff")) or not WHOLE_FONT.exists()


# CODE128: bar and space widths of the 106 symbols and the stop, from ISO/IEC 15417 table 1.
_CODE128 = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132
122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212
322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311
112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321
331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214
112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212
124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113
411311 113141 114131 311141 411131 211412 211214 211232 2331112
""".split()  # noqa: SIM905, read it as the table that it is
_START_B, _STOP = 104, 106


def draw_bars(ink: Image.Image, bars: PrintedBars, top: int, width: int) -> None:
    values = [ord(char) - 32 for char in bars.data if " " <= char <= "~"]
    check = (_START_B + sum(at * value for at, value in enumerate(values, 1))) % 103
    pattern = "".join(_CODE128[value] for value in (_START_B, *values, check, _STOP))
    x = (width - sum(map(int, pattern)) * bars.module) * bars.align // 2
    for at, dots in enumerate(pattern):
        wide = int(dots) * bars.module
        if at % 2 == 0:
            ink.paste(255, (x, top, x + wide, top + bars.height))
        x += wide
