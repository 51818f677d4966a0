"""A slip's lines as ESC/POS bytes, no I/O. What comes back is `escpos_status.py`.

Byte values: docs of Epson (ESC/POS reference) and the findings on Chinese clones. python-escpos renders bar
codes here, and rasters and QR codes in `graphics.py`; its text encoder damages Chinese, its status calls
mistake silence for paper, and its transports lose what was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from firmware_bridge.charset import KEPT_TEXTS, Encoding, missing, runs, simple
from firmware_bridge.errors import UnprintableError
from firmware_bridge.graphics import new_printer, qr_code_bands, quiet, raster_bands
from firmware_bridge.page import PLAIN, BarCode, Gap, Line, QrCode, Rule, Style, TextLine

START = b"\x1b@\x1da\x0f"
"""ESC @ clears every setting and switches automatic status off, so GS a must follow it every time."""
FENCE = b"\x1dr\x01"
"""GS r 1: answered only when everything before it is printed, never while paper is out."""
MARKS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What a fence's mark is made of: printable, so that a printer without the command prints it instead of obeying it."""
CUT = b"\x1dVB\x00"
"""GS V 66 0: feed to the cutter, partial cut."""
FRESH_PAPER = b"\x1b@\n" + CUT
"""Before a slip that follows an unfinished one: what stood there becomes a paper of its own."""

CHINESE_ON, CHINESE_OFF = b"\x1c&", b"\x1c."
CHINESE: frozenset[Encoding] = frozenset({"gbk", "big5"})
"""Firmware with a Chinese mode. Of Big5 our sources name no other commands than these two."""
CODE_PAGE: dict[Encoding, bytes] = {
    "gbk": b"\x1bt\x13", "big5": b"\x1bt\x13", "cp858": b"\x1bt\x13", "cp437": b"\x1bt\x00",
}  # fmt: skip
"""ESC t: 19 is CP858, 0 is CP437. Needed only before a one-byte run: the numbers vary among clones."""

REAL_TIME = re.compile(rb"\x10(?:\x04[\x01-\x08]|\x05[\x00-\x03]|\x14)")
"""Executed by a printer on arrival, wherever they stand. In a body none may stand."""

_NOT_ASCII = re.compile(rb"[\x80-\xff]")

RASTER_S = 2.0
"""Seconds that drawn lines may add to a slip. A text slip takes about one; the house looks after a ticket that
no one has seen after 8 s, and a cook shall not wait for somebody's emoji. One line of 48 columns has 1736
bytes: none at 9600 unless it is short, one at 19,200, thirteen at 115,200."""
RASTER_MOST = 100_000
"""Bytes on a line faster than the head: 170 mm of 80 mm paper full of drawings, more than any slip has."""

ROWS_OF_A_CODE = 12
"""A QR code of 33 modules at 6 dots, in rows of 24 dots with room to spare; a bar code is lower."""

BarCodeBytes = Callable[[str, int], bytes]


def load_bar_codes() -> BarCodeBytes:
    """Import python-escpos (0.3 s, 16 MB) and return its bar code renderer: (code, columns) -> bytes.

    Called once when a driver is built, so that no slip waits for the import. The result is empty where
    the code does not fit the paper.
    """
    printer = new_printer()()  # making one for each code takes longer than drawing it

    def render(code: str, columns: int) -> bytes:
        module = 2  # dots; the thinnest bar that cheap scanners read at 203 dpi
        dots = (11 * (len(code) + 2) + 13) * module  # CODE128: start, data, check 11 modules each, stop 13
        if dots + 20 * module > columns * 12:  # a quiet zone of 10 modules on each side
            return b""
        with quiet():
            printer.clear()
            printer.barcode(
                "{B" + code.replace("{", "{{"), "CODE128", height=56, width=module, pos="OFF",
                align_ct=True, function_type="B", check=False,
            )  # fmt: skip
            return bytes(printer.output) + b"\x1ba\x00"

    render("WARM", 48)  # its first bar code loads more; no slip shall wait for that either
    return render


@dataclass(frozen=True)
class Body:
    """A slip as bytes, without fence and cut. `lines` counts printed lines, for the time it may take, `rows` what the
    head of a line printer passes: tall lines twice.

    `breaks` are the places between two lines or bands of dots, the first before them all: a fence may stand there.
    """

    data: bytes
    lines: int
    missing: tuple[str, ...]
    breaks: tuple[int, ...] = ()
    rows: int = 0


def raster_room(port: str, baud: int) -> int:
    """Bytes of a slip that may be drawn on this line. `port` is a path of a serial port or of a USB printer, or a
    URL; only a serial line is slow, and only there `baud` counts."""
    fast = port.startswith(("socket://", "usb:", "loop://")) or "/usb/lp" in port
    return RASTER_MOST if fast else min(RASTER_MOST, int(baud / 10 * RASTER_S))


def encode(
    lines: Iterable[Line], columns: int, encoding: Encoding, bar_codes: BarCodeBytes,
    room: int = 0, *, native_qr: bool = True,
) -> Body:  # fmt: skip
    """Lines to bytes. A text line with characters that the printer lacks is drawn while `room` bytes last,
    the loudest first; else they become `?`. What is not on paper is listed in `missing`.

    Raises UnprintableError when a real-time command would stand in the body, or a QR code does not fit.
    """
    page = _Encoder(columns, encoding, bar_codes, native_qr)
    breaks = [len(page.data)]
    for line in lines:
        page.add(line)
        breaks.append(len(page.data))
    data, count = bytes(page.data), len(breaks) - 1
    if page.bands or (page.lacking and room):
        chunks = [[data[start:end]] for start, end in pairwise([0, *breaks])]
        for number, bands in page.bands.items():
            chunks[number] = bands
        _draw_lines(page, chunks, encoding, room)
        pieces = [piece for chunk in chunks for piece in chunk]
        data, breaks = b"".join(pieces), list(accumulate(map(len, pieces)))
    found = REAL_TIME.search(data)
    if found:
        raise UnprintableError(f"a real-time command would stand at byte {found.start()} of the slip")
    lacked = tuple(dict.fromkeys(char for each in page.lacking.values() for char in each.missing))
    return Body(data, count, lacked, tuple(breaks[:-1]), page.rows)


def _draw_lines(page: _Encoder, chunks: list[list[bytes]], encoding: Encoding, room: int) -> None:
    """Puts pictures in the place of text lines that lack something: the loudest first, an allergy before a heading,
    until `room` is used up. `chunks` are the bytes of each line by its number; corrects what `page` lacks."""
    if not page.lacking or not room:
        return
    from firmware_bridge import raster  # Pillow is loaded by the first slip that needs it

    for number, lacking in sorted(page.lacking.items(), key=lambda item: -item[1].loudness):
        drawing = raster.draw(lacking.line, encoding)
        if drawing is None:
            continue
        bands = raster_bands(drawing.image)
        size = sum(map(len, bands))
        if size > room:
            continue
        room -= size
        # What follows relies on the look that the text would have left.
        bands[-1] += b"\x1bJ" + bytes((raster.LEADING,)) + _change(*lacking.looks, encoding in CHINESE)
        chunks[number] = bands
        page.lacking[number] = lacking._replace(missing=drawing.missing)


class _Lacking(NamedTuple):
    """A line with what the printer lacks, and the looks before and behind it."""

    line: TextLine
    looks: tuple[int, int]
    missing: tuple[str, ...]

    @property
    def loudness(self) -> int:
        styles = (span.style for span in self.line.spans)
        return max(style.wide + style.tall + style.bold + 2 * style.inverse for style in styles)


class _Text(NamedTuple):
    data: bytes
    missing: tuple[str, ...]


@lru_cache(maxsize=KEPT_TEXTS)
def _text(text: str, encoding: Encoding) -> _Text:
    return _Text(encode_text(text, encoding), tuple(missing(text, encoding)))


def encode_text(text: str, encoding: Encoding) -> bytes:
    """One text in runs. Begins and ends outside Chinese mode; plain ASCII stays in the mode that it meets."""
    whole = simple(text, encoding)
    if whole is not None:
        double = _NOT_ASCII.search(whole)
        if double is None:
            return whole
        return whole[: double.start()] + CHINESE_ON + whole[double.start() :] + CHINESE_OFF
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
    def __init__(self, columns: int, encoding: Encoding, bar_codes: BarCodeBytes, native_qr: bool) -> None:
        self._columns = columns
        self._encoding: Encoding = encoding
        self._bar_codes = bar_codes
        self._native_qr = native_qr
        self._style = PLAIN
        self._look = 0
        self._number = 0
        self.rows = 0
        self.lacking: dict[int, _Lacking] = {}
        """By the number of the line, from 1."""
        self.bands: dict[int, list[bytes]] = {}
        """Lines of several commands, by their number: a fence may stand between any two."""
        # Chinese mode is on after ESC @ on Chinese firmware: runs need a known start.
        self.data = bytearray(START + (CHINESE_OFF if encoding in CHINESE else b""))

    def add(self, line: Line) -> None:
        self._number += 1
        if isinstance(line, TextLine):  # most lines are; a match statement would take twice as long for them
            self._add_text(line)
        elif isinstance(line, Gap):
            self.rows += 1
            self.data += b"\x1bJ" + bytes((min(line.dots, 255),))
        else:
            start = len(self.data)
            self.rows += 1 if isinstance(line, Rule) else ROWS_OF_A_CODE
            self._set(PLAIN)
            match line:
                case Rule():
                    self.data += b"-" * self._columns + b"\n"
                case BarCode(code):
                    self.data += self._bar_codes(code, self._columns)
                case QrCode(text):
                    first, *bands = qr_code_bands(text, self._columns, native=self._native_qr)
                    self.bands[self._number] = [bytes(self.data[start:]) + first, *bands]
                    self.data += b"".join((first, *bands))

    def _add_text(self, line: TextLine) -> None:
        data, encoding, before = self.data, self._encoding, self._look
        lacked: tuple[str, ...] = ()
        for span in line.spans:
            if span.style is not self._style:
                self._set(span.style)
            text = _text(span.text, encoding)
            data += text.data
            lacked += text.missing
        data += b"\n"
        self.rows += 1 + (self._look >> 1 & 1)
        if lacked:
            self.lacking[self._number] = _Lacking(line, (before, self._look), lacked)

    def _set(self, style: Style) -> None:
        self._style = style
        look = style.wide | style.tall << 1 | style.bold << 2 | style.inverse << 3
        if look != self._look:
            self.data += _change(self._look, look, self._encoding in CHINESE)
            self._look = look


@cache  # 16 looks
def _change(old: int, new: int, chinese: bool) -> bytes:
    """From one look to another: bits 0 to 3 are wide, tall, bold, inverse."""
    data = b""
    if (new ^ old) & 0b0011:
        wide, tall = new & 1, new >> 1 & 1
        data += b"\x1d!" + bytes([wide << 4 | tall])
        if chinese:  # some clones enlarge Chinese only by its own command
            data += b"\x1c!" + bytes([wide << 2 | tall << 3])
    if (new ^ old) & 0b0100:
        data += b"\x1bE" + bytes([new >> 2 & 1])
    if (new ^ old) & 0b1000:
        data += b"\x1dB" + bytes([new >> 3 & 1])
    return data


def numbered_mark(number: int) -> bytes:
    """The marks in their order, which begins anew after 1.7 million."""
    return bytes(MARKS[number // len(MARKS) ** place % len(MARKS)] for place in (3, 2, 1, 0))


def marked_fence(mark: bytes) -> bytes:
    """GS ( H, function 48: its answer, `37 22`, the four bytes of `mark`, `00`, comes when all before it is printed.

    Epson, ESC/POS reference, GS ( H; which clones have it: docs/devices.md.
    """
    return b"\x1d(H\x06\x0000" + mark


def ask(question: int) -> bytes:
    """DLE EOT n: 1 printer, 2 offline cause, 3 error cause, 4 paper. Answered at once with one byte."""
    return bytes((0x10, 0x04, question))
