"""A slip's lines as ESC/POS bytes, no I/O. What comes back is `escpos_status.py`.

Byte values: docs of Epson (ESC/POS reference) and the findings on Chinese clones. python-escpos renders bar
codes, QR codes and rasters only; its text encoder damages Chinese, its status calls mistake silence for
paper, and its transports lose what was written.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from firmware_bridge.charset import KEPT_TEXTS, Encoding, missing, printable, runs
from firmware_bridge.errors import UnprintableError
from firmware_bridge.layout import PLAIN, BarCode, Gap, Line, QrCode, Rule, Style, TextLine

if TYPE_CHECKING:
    from PIL.Image import Image

START = b"\x1b@\x1da\x0f"
"""ESC @ clears every setting and switches automatic status off, so GS a must follow it every time."""
FENCE = b"\x1dr\x01"
"""GS r 1: answered only when everything before it is printed, never while paper is out."""
CUT = b"\x1dVB\x00"
"""GS V 66 0: feed to the cutter, partial cut."""
FRESH_PAPER = b"\x1b@\n" + CUT
"""Before a slip that follows an unfinished one: what stood there becomes a paper of its own."""

CHINESE_ON, CHINESE_OFF = b"\x1c&", b"\x1c."
CHINESE: frozenset[Encoding] = frozenset({"gbk", "big5"})
"""Firmware with a Chinese mode. For Big5 our sources name no other commands than these two."""
CODE_PAGE: dict[Encoding, bytes] = {
    "gbk": b"\x1bt\x13", "big5": b"\x1bt\x13", "cp858": b"\x1bt\x13", "cp437": b"\x1bt\x00",
}  # fmt: skip
"""ESC t: 19 is CP858, 0 is CP437. Needed only before a one-byte run: the numbers vary among clones."""

REAL_TIME = re.compile(rb"\x10(?:\x04[\x01-\x08]|\x05[\x00-\x03]|\x14)")
"""Executed by a printer on arrival, wherever they stand. In a body none may stand."""
_ALMOST_REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")

RASTER_S = 2.0
"""Seconds that drawn lines may add to a slip. A text slip takes about one; the house looks after a ticket that
no one has seen after 8 s, and a cook shall not wait for somebody's emoji. One line of 48 columns has 1736
bytes: none at 9600 unless it is short, one at 19,200, thirteen at 115,200."""
RASTER_MOST = 100_000
"""Bytes on a line faster than the head: 170 mm of 80 mm paper full of drawings, more than any slip has."""

BAND_ROWS = 128
"""Rows of one raster command: clones lose taller ones."""
QR_MODULE = 6
"""Dots of one module, 0.75 mm: read from a hand's distance by every phone. Smaller where the paper is narrow."""
QR_LEAST = 3
"""Thinner modules run together on worn heads."""
QR_BORDER = 4
"""White modules around it, as ISO/IEC 18004 asks."""

BarCodeBytes = Callable[[str, int], bytes]


def load_bar_codes() -> BarCodeBytes:
    """Import python-escpos (0.3 s, 16 MB) and return its bar code renderer: (code, columns) -> bytes.

    Called once when a driver is built, so that no slip waits for the import. The result is empty where
    the code does not fit the paper.
    """
    from escpos import capabilities
    from escpos.printer import Dummy

    # On import it makes a folder in /tmp for a cache that it never finds again: 70 KB for each start.
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)

    def render(code: str, columns: int) -> bytes:
        module = 2  # dots; the thinnest bar that cheap scanners read at 203 dpi
        dots = (11 * (len(code) + 2) + 13) * module  # CODE128: start, data, check 11 modules each, stop 13
        if dots + 20 * module > columns * 12:  # a quiet zone of 10 modules on each side
            return b""
        printer = Dummy()
        with contextlib.redirect_stdout(io.StringIO()):  # it prints a remark to standard output
            printer.barcode(
                "{B" + code.replace("{", "{{"), "CODE128", height=56, width=module, pos="OFF",
                align_ct=True, function_type="B", check=False,
            )  # fmt: skip
        return bytes(printer.output) + b"\x1ba\x00"

    render("WARM", 48)  # its first bar code loads more; no slip shall wait for that either
    return render


def raster_bytes(image: Image) -> bytes:
    """Black on white as GS v 0 in bands, without any real-time command: a pixel gives way to each."""
    from escpos.printer import Dummy

    printer = Dummy()
    with contextlib.redirect_stdout(io.StringIO()):  # it remarks that it does not know the paper
        printer.image(image, impl="bitImageRaster", fragment_height=BAND_ROWS)
    return break_real_time(bytes(printer.output))


def break_real_time(raster: bytes) -> bytes:
    """One pixel in the byte behind each 0x10 flipped, where a printer could take both for a command.

    Never for text, where it would be another character. A pixel of a drawing is nothing to the eye.
    """
    data = bytearray(raster)
    for found in _ALMOST_REAL_TIME.finditer(raster):
        data[found.end()] ^= 0x02  # 04, 05, 14 become 06, 07, 16
    return bytes(data)


def qr_code_bytes(text: str, columns: int, *, native: bool) -> bytes:
    """A centred QR code; `native` lets the printer draw it. UnprintableError when it does not fit the paper."""
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
    return b"\x1ba\x01" + (_native_qr(text, module) if native else _drawn_qr(code.matrix, module)) + b"\x1ba\x00"


def _native_qr(text: str, module: int) -> bytes:
    from escpos.constants import QR_ECLEVEL_M
    from escpos.printer import Dummy

    printer = Dummy()
    printer.qr(text, ec=QR_ECLEVEL_M, size=module, native=True)
    return bytes(printer.output)


def _drawn_qr(matrix: Iterable[Iterable[int]], module: int) -> bytes:
    from PIL import Image

    rows = [bytes(0 if dark else 255 for dark in row) for row in matrix]
    code = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows))
    side = len(rows) * module
    return raster_bytes(code.resize((side, side), Image.Resampling.NEAREST))


@dataclass(frozen=True)
class Body:
    """A slip as bytes, without fence and cut. `lines` counts printed lines, for the time it may take.

    `breaks` are the places between two lines, the first before them all: a fence may stand there.
    """

    data: bytes
    lines: int
    missing: tuple[str, ...]
    breaks: tuple[int, ...] = ()


def raster_room(port: str, baud: int) -> int:
    """Bytes of a slip that may be drawn on this line. `port` is a path of a serial port or of a USB printer, or a
    URL; only a serial line is slow, and only there `baud` counts."""
    fast = port.startswith(("socket://", "loop://")) or "/usb/lp" in port
    return RASTER_MOST if fast else min(RASTER_MOST, int(baud / 10 * RASTER_S))


def encode(
    lines: Iterable[Line], columns: int, encoding: Encoding, bar_codes: BarCodeBytes,
    raster_room: int = 0, *, native_qr: bool = True,
) -> Body:  # fmt: skip
    """Lines to bytes. A text line with characters that the printer lacks is drawn while `raster_room` bytes last,
    the first ones first; else they become `?`. What is not on paper is listed in `missing`.

    Raises UnprintableError when a real-time command would stand in the body, or a QR code does not fit.
    """
    page = _Encoder(columns, encoding, bar_codes, raster_room, native_qr)
    breaks = [len(page.data)]
    for line in lines:
        page.add(line)
        breaks.append(len(page.data))
    data = bytes(page.data)
    found = REAL_TIME.search(data)
    if found:
        raise UnprintableError(f"a real-time command would stand at byte {found.start()} of the slip")
    return Body(data, len(breaks) - 1, tuple(dict.fromkeys(page.missing)), tuple(breaks[:-1]))


class _Text(NamedTuple):
    data: bytes
    missing: tuple[str, ...]


@lru_cache(maxsize=KEPT_TEXTS)
def _text(text: str, encoding: Encoding) -> _Text:
    return _Text(encode_text(text, encoding), tuple(missing(text, encoding)))


def encode_text(text: str, encoding: Encoding) -> bytes:
    """One text in runs. Begins and ends outside Chinese mode; plain ASCII stays in the mode that it meets."""
    data = bytearray()
    chinese = False
    for kind, run in runs(text, encoding):
        if (kind == "double" or (kind == "missing" and max(run) >= 0x80)) and not chinese:
            data += CHINESE_ON
            chinese = True
        elif kind == "latin":
            data += (CHINESE_OFF if chinese else b"") + CODE_PAGE[encoding]
            chinese = False
        data += run
    return bytes(data + (CHINESE_OFF if chinese else b""))


class _Encoder:
    def __init__(
        self, columns: int, encoding: Encoding, bar_codes: BarCodeBytes, raster_room: int, native_qr: bool
    ) -> None:
        self._columns = columns
        self._encoding: Encoding = encoding
        self._bar_codes = bar_codes
        self._raster_room = raster_room
        self._native_qr = native_qr
        self._style = PLAIN
        self.missing: list[str] = []
        # Chinese mode is on after ESC @ on Chinese firmware: runs need a known start.
        self.data = bytearray(START + (CHINESE_OFF if encoding in CHINESE else b""))

    def add(self, line: Line) -> None:
        if isinstance(line, TextLine):
            self._add_text(line)
            return
        self._set(PLAIN)
        match line:
            case Rule():
                self.data += b"-" * self._columns + b"\n"
            case Gap(dots):
                self.data += b"\x1bJ" + bytes([min(dots, 255)])
            case BarCode(code):
                self.data += self._bar_codes(code, self._columns)
            case QrCode(text):
                self.data += qr_code_bytes(text, self._columns, native=self._native_qr)

    def _add_text(self, line: TextLine) -> None:
        texts = [_text(span.text, self._encoding) for span in line.spans]
        if self._raster_room and any(text.missing for text in texts) and self._draw(line):
            return
        for span, text in zip(line.spans, texts, strict=True):
            if span.style is not self._style:
                self._set(span.style)
            self.data += text.data
            self.missing += text.missing
        self.data += b"\n"

    def _draw(self, line: TextLine) -> bool:
        """The whole line as one picture, so that its columns stay where they are; False when it may not be."""
        from firmware_bridge import raster  # Pillow is loaded by the first slip that needs it

        drawing = raster.draw(line, self._encoding)
        if drawing is None:
            return False
        data = raster_bytes(drawing.image) + b"\x1bJ" + bytes([raster.LEADING])
        if len(data) > self._raster_room:
            return False
        self._raster_room -= len(data)
        self._set(PLAIN)
        self.data += data
        self.missing += drawing.missing
        return True

    def _set(self, style: Style) -> None:
        if style is not self._style:
            self.data += _change(self._style, style, self._encoding in CHINESE)
            self._style = style


@lru_cache(maxsize=256)  # 16 styles
def _change(old: Style, new: Style, chinese: bool) -> bytes:
    data = b""
    if (new.wide, new.tall) != (old.wide, old.tall):
        data += b"\x1d!" + bytes([new.wide << 4 | new.tall])
        if chinese:  # some clones enlarge Chinese only by its own command
            data += b"\x1c!" + bytes([new.wide << 2 | new.tall << 3])
    if new.bold != old.bold:
        data += b"\x1bE" + bytes([new.bold])
    if new.inverse != old.inverse:
        data += b"\x1dB" + bytes([new.inverse])
    return data


def ask(question: int) -> bytes:
    """DLE EOT n: 1 printer, 2 offline cause, 3 error cause, 4 paper. Answered at once with one byte."""
    return bytes((0x10, 0x04, question))
