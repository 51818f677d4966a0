"""Rasters and QR codes as ESC/POS bytes, rendered by python-escpos. No I/O.

Pillow, segno and python-escpos are loaded by the first slip that needs them: most stores print text only.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from firmware_bridge.charset import printable
from firmware_bridge.errors import UnprintableError

if TYPE_CHECKING:
    from PIL.Image import Image

BAND_ROWS = 128
"""Rows of one raster command: clones lose taller ones."""
BAND_BYTES = 900
"""A fence may stand between two bands: with its own bytes they stay below the distance that proves a slip whole
(drivers/sending.py), for a printer that lost its power inside a picture, too."""
QR_MODULE = 6
"""Dots of one module, 0.75 mm: read from a hand's distance by every phone. Smaller where the paper is narrow."""
QR_LEAST = 3
"""Thinner modules run together on worn heads."""
QR_BORDER = 4
"""White modules around it, as ISO/IEC 18004 asks."""

_HARMFUL_DOTS = re.compile(rb"\x10(?=[\x04\x05\x14])|\x1d(?=r[\x01\x31]|\(H)")
"""DLE EOT, ENQ and DC4, which printers execute even inside data; and the fences, which our own side counts."""

_ALONE = threading.Lock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """For python-escpos, which prints remarks to standard output: that is one for all threads, so one at a time."""
    with _ALONE, contextlib.redirect_stdout(io.StringIO()):
        yield


@cache
def new_printer() -> Callable[[], Any]:
    """python-escpos' Dummy, which turns calls into bytes; imported once (0.3 s, 16 MB)."""
    from escpos import capabilities
    from escpos.printer import Dummy

    # On import it makes a folder in /tmp for a cache that it never finds again: 70 KB for each start.
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    kind: Callable[[], Any] = Dummy
    return kind


def raster_bands(image: Image) -> list[bytes]:
    """Black on white as GS v 0 in bands, without any real-time command: a pixel gives way to each."""
    rows = max(1, min(BAND_ROWS, BAND_BYTES * 8 // image.width))
    bands = []
    with quiet():
        for top in range(0, image.height, rows):
            printer = new_printer()()
            band = image.crop((0, top, image.width, min(top + rows, image.height)))
            printer.image(band, impl="bitImageRaster", fragment_height=BAND_ROWS)
            bands.append(break_real_time(bytes(printer.output)))
    return bands


def break_real_time(raster: bytes) -> bytes:
    """One pixel flipped in the second byte of each such pair. Never for text, where it would be another character; in a
    drawing it is nothing to the eye."""
    data = bytearray(raster)
    for found in _HARMFUL_DOTS.finditer(raster):
        data[found.end()] ^= 0x02  # 04, 05, 14, 72, 28 become 06, 07, 16, 70, 2A
    return bytes(data)


def qr_modules(text: str) -> int:
    """Modules on each side of this text as a QR code (level M), without its quiet zone. UnprintableError: too long."""
    import segno

    try:
        return int(segno.make_qr(text, error="m", boost_error=False).symbol_size(border=0)[0])
    except segno.DataOverflowError as error:
        raise UnprintableError(f"a text of {len(text)} characters is too long for a QR code") from error


def qr_code_bands(text: str, columns: int, *, native: bool) -> list[bytes]:
    """A centred QR code; `native` lets the printer draw it, else it is a picture in bands.

    UnprintableError when it does not fit the paper.
    """
    if not text or printable(text) != text:
        raise UnprintableError("a QR code of nothing, or with control characters")
    import segno

    try:
        code = segno.make_qr(text, error="m", boost_error=False)
    except segno.DataOverflowError as error:
        raise UnprintableError(f"a text of {len(text)} characters is too long for a QR code") from error
    modules, _ = code.symbol_size(border=QR_BORDER)
    module = int(min(QR_MODULE, columns * 12 // modules))
    if module < QR_LEAST:
        raise UnprintableError(f"a QR code of {modules} modules does not fit {columns} columns")
    white = b"\x1bJ" + bytes((QR_BORDER * module,))
    bands = [_native_qr(text, module)] if native else _drawn_qr(code.matrix, module)
    bands[0] = white + b"\x1ba\x01" + bands[0]
    bands[-1] += b"\x1ba\x00" + white
    return bands


def _native_qr(text: str, module: int) -> bytes:
    printer = new_printer()()
    from escpos.constants import QR_ECLEVEL_M

    printer.qr(text, ec=QR_ECLEVEL_M, size=module, native=True)
    return bytes(printer.output)


def _drawn_qr(matrix: Iterable[Iterable[int]], module: int) -> list[bytes]:
    from PIL import Image

    dots = bytes(0 if dark else 255 for row in matrix for dark in row)
    side = math.isqrt(len(dots))
    code = Image.frombytes("L", (side, side), dots)
    return raster_bands(code.resize((side * module, side * module), Image.Resampling.NEAREST))
