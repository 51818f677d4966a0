"""A label's lines as TSPL bytes, and the byte that a label printer says of itself. Pure.

From the project's device notes (TSC's TSPL/TSPL2 and Gprinter's manuals) and from what public programs send; nothing
here was tried on a real printer. Commands are ASCII lines ending with CR LF. A text stands in quotes; a quote in it is
`\\["]`. So nothing that a person typed may hold a line end, and at a printer that does not know that escape the rest of
a text is at worst lost: without a line end it becomes no command. What printers obey wherever it stands (`ESC !` and a
sign, `~!` and a letter) never stands in a text or a drawing. No CODEPAGE is sent: the font TSS24.BF2 takes GBK by
itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from firmware_bridge.charset import Encoding, Run, cells, glyph, printable
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import Body
from firmware_bridge.graphics import qr_modules
from firmware_bridge.label import BAR_CODE, CELL_HEIGHT, CELL_WIDTH, MARGIN, QR_CODE, LabelSize, dots_of, height_of
from firmware_bridge.page import BarCode, Line, QrCode, Rule, Style, TextLine

ENCODING: Encoding = "gbk"
FONT = b"TSS24.BF2"
"""24 x 24 dots, GBK; ASCII is half as wide. Every printer for the Chinese market has it."""
LACKING: frozenset[Run] = frozenset({"missing", "latin"})
"""A one-byte letter above ASCII would eat its neighbour in this font."""
ASK = b"\x1b!?"
"""Answered at once with one byte, whatever the printer is doing."""

BAND_BYTES = 400
"""Of the dots of one BITMAP. A printer that was left inside one takes all that comes for dots, so what ends it is as
long as this; a few hundred bytes cross the slowest line (9600) in less than half a second."""
CLEARING = b"\r\n" * (BAND_BYTES // 2 + 8) + b"CLS\r\n"
"""Ends whatever an unfinished label left open: a picture gets all the dots that it can still want, a text or half a
command its line end. To a printer that waits for nothing these are empty lines. What it drew is wiped."""

AT_ONCE = re.compile(rb"[\x1b~](?=!)")
"""`ESC !` (status, pause, reset) and `~!` (memory dump, diagnosis) are obeyed wherever they stand."""
BAR_MODULE = 2
"""Dots; the thinnest bar that cheap scanners read at 203 dpi."""
QR_LEAST, QR_MOST = 3, 8
"""Dots of a module: thinner ones no phone reads in poor light."""
RULE_DOTS = 2


@dataclass(frozen=True)
class LabelStatus:
    """What a printer says of itself with one byte; the bits are those of the answer to `ESC ! ?`."""

    head_open: bool = False
    jam: bool = False
    paper_out: bool = False
    ribbon_out: bool = False
    paused: bool = False
    printing: bool = False
    cover_open: bool = False
    error: bool = False

    @staticmethod
    def from_byte(byte: int) -> LabelStatus:
        """Every byte means something: bit 0 head open, 1 jam, 2 out of labels, 3 ribbon, 4 pause, 5 printing, 6 cover,
        7 temperature or another fault. 00 is ready."""
        return LabelStatus(*(bool(byte >> bit & 1) for bit in range(8)))

    @property
    def blocked(self) -> Reason | None:
        """Why nothing would be printed now: what a person sees first comes first."""
        if self.head_open or self.cover_open:
            return "cover_open"
        if self.paper_out:
            return "paper_out"
        if self.jam:
            return "jam"
        if self.ribbon_out:
            return "ribbon_out"
        if self.error:
            return "error"
        return "pause_pressed" if self.paused else None

    @property
    def clear(self) -> bool:
        """Nothing is wrong and nothing is being printed."""
        return self.blocked is None and not self.printing


Reason = Literal["cover_open", "paper_out", "jam", "ribbon_out", "error", "pause_pressed"]


def encode(lines: Iterable[Line], size: LabelSize, room: int = 0) -> Body:
    """One label. A line with characters that the font lacks is drawn while `room` bytes last, the loudest first; else
    they become `?`. What is not on the label is listed in `missing`.

    Raises UnprintableError when it does not fit its label.
    """
    page = list(lines)
    if height_of(page) > size.room:
        raise UnprintableError(f"{height_of(page)} dots of text on a label with {size.room}")
    lacking = {at: found for at, line in enumerate(page) if isinstance(line, TextLine) and (found := _lacking(line))}
    pictures = _drawn(page, lacking, room)
    data = bytearray(
        f"\r\nSIZE {size.width_mm} mm,{size.height_mm} mm\r\nGAP {size.gap_mm} mm,0 mm\r\nDIRECTION 1\r\n".encode()
    )
    data += b"CLS\r\n"
    y = MARGIN
    missed: list[str] = []
    for at, line in enumerate(page):
        if at in pictures:
            data += _bands(pictures[at], size.left, y)
            missed += pictures[at].missing
        else:
            data += _command(line, y, size)
            missed += lacking.get(at, [])
        y += dots_of(line)
    data += b"PRINT 1,1\r\n"
    return Body(bytes(data), len(page), tuple(dict.fromkeys(missed)))


def _command(line: Line, y: int, size: LabelSize) -> bytes:
    match line:
        case TextLine():
            return _text_line(line, y, size)
        case Rule():
            return b"BAR %d,%d,%d,%d\r\n" % (size.left, y, size.columns * CELL_WIDTH, RULE_DOTS)
        case BarCode(code):
            return _bar_code(code, y, size)
        case QrCode(text):
            return _qr_code(text, y, size)
        case _:
            return b""


def _text_line(line: TextLine, y: int, size: LabelSize) -> bytes:
    tallest = max(1 + span.style.tall for span in line.spans)
    data, x = b"", size.left
    for span in line.spans:
        style = span.style
        wide = cells(span.text, ENCODING) * CELL_WIDTH * (1 + style.wide)
        top = y + CELL_HEIGHT * (tallest - 1 - style.tall)
        data += _text(span.text, x, top, style)
        if style.inverse:
            data += b"REVERSE %d,%d,%d,%d\r\n" % (x, top, wide, CELL_HEIGHT * (1 + style.tall))
        x += wide
    return data


def _text(text: str, x: int, y: int, style: Style) -> bytes:
    """Bold is the same text once more, one dot to the right: the font has no bold."""
    bare = text.strip(" ")
    if not bare:
        return b""
    x += (len(text) - len(text.lstrip(" "))) * CELL_WIDTH * (1 + style.wide)
    shifts = (0, 1) if style.bold else (0,)
    rest = b',%d,"%s",0,%d,%d,"%s"\r\n' % (y, FONT, 1 + style.wide, 1 + style.tall, quoted(bare))
    return b"".join(b"TEXT %d" % (x + shift) + rest for shift in shifts)


def quoted(text: str) -> bytes:
    """What may stand between two quotes, as wide as `text`: whatever a person typed, it ends neither the quote nor the
    line and commands nothing. A character that the font lacks is `?`."""
    data = bytearray()
    for char in text:
        found = glyph(char, ENCODING)
        piece = b"?" * len(found.data) if found.run in LACKING else found.data
        for lone in (bytes((byte,)) for byte in piece) if found.run == "ascii" else (piece,):
            data += _harmless(lone, bytes(data[-1:]))
    # The second byte of an ideograph may be a backslash, which before a quote could be taken for an escape of it.
    return bytes(data + (b" " if data[-1:] == b"\\" else b""))


def _harmless(piece: bytes, before: bytes) -> bytes:
    """ASCII that would mean something: signs of the same width in their place. `before` may be half an ideograph."""
    if piece == b'"':
        return b'\\["]'
    if piece == b"\\":
        return b"/"
    if piece == b"[" and before == b"\\":
        return b"("
    if piece == b"!" and before == b"~":
        return b"."
    return piece if len(piece) > 1 or 0x20 <= piece[0] < 0x7F else b"?"


def _bar_code(code: str, y: int, size: LabelSize) -> bytes:
    """CODE128 in the middle; nothing where it does not fit the label with its quiet zones."""
    if not re.fullmatch(r"[0-9A-Za-z-]+", code):
        return b""
    dots = (11 * (len(code) + 2) + 13) * BAR_MODULE
    whole = size.width_mm * 8
    if dots + 20 * BAR_MODULE > whole:
        return b""
    head = ((whole - dots) // 2, y, BAR_CODE, BAR_MODULE, BAR_MODULE, code.encode())
    return b'BARCODE %d,%d,"128",%d,0,0,%d,%d,"%s"\r\n' % head


def _qr_code(text: str, y: int, size: LabelSize) -> bytes:
    if not text or not text.isascii() or printable(text) != text:
        raise UnprintableError("a QR code of nothing, or of what is not ASCII")
    modules = qr_modules(text)
    module = min(QR_MOST, QR_CODE // modules)
    if module < QR_LEAST:
        raise UnprintableError(f"a QR code of {modules} modules does not fit a label")
    x = (size.width_mm * 8 - modules * module) // 2
    return b'QRCODE %d,%d,M,%d,A,0,"%s"\r\n' % (x, y, module, quoted(text))


# --- drawings ---


class _Picture(NamedTuple):
    shape: tuple[int, int]
    """Bytes of a row, and rows."""
    dots: bytes
    missing: tuple[str, ...]


def _lacking(line: TextLine) -> list[str]:
    return [char for span in line.spans for char in span.text if glyph(char, ENCODING).run in LACKING]


def _drawn(page: list[Line], lacking: dict[int, list[str]], room: int) -> dict[int, _Picture]:
    if not lacking or not room:
        return {}
    from PIL import ImageOps  # loaded by the first label that needs it

    from firmware_bridge import raster

    pictures: dict[int, _Picture] = {}
    for at in sorted(lacking, key=lambda at: -_loudness(page[at])):
        line = page[at]
        drawing = raster.draw(line, ENCODING, LACKING) if isinstance(line, TextLine) else None
        if drawing is None:
            continue
        # A row is whole bytes, and a set bit stays white: what fills the last byte must be white too.
        row = -(-drawing.image.width // 8)
        whole = ImageOps.expand(drawing.image, (0, 0, row * 8 - drawing.image.width, 0), fill=255)
        dots = break_at_once(whole.convert("1").tobytes())
        if len(dots) <= room:
            room -= len(dots)
            pictures[at] = _Picture((row, drawing.image.height), dots, drawing.missing)
    return pictures


def _bands(picture: _Picture, x: int, y: int) -> bytes:
    """One BITMAP for every `BAND_BYTES`; a row (108 bytes at most) is never split."""
    row, rows = picture.shape
    most = BAND_BYTES // row
    data = bytearray()
    for top in range(0, rows, most):
        count = min(most, rows - top)
        dots = picture.dots[top * row : (top + count) * row]
        data += b"BITMAP %d,%d,%d,%d,0," % (x, y + top, row, count) + dots + b"\r\n"
    return bytes(data)


def _loudness(line: Line) -> int:
    styles = [span.style for span in line.spans] if isinstance(line, TextLine) else []
    return max((style.wide + style.tall + style.bold + 2 * style.inverse for style in styles), default=0)


def break_at_once(dots: bytes) -> bytes:
    """One dot flipped in the second byte of whatever a printer would obey inside a drawing."""
    data = bytearray(dots)
    for found in AT_ONCE.finditer(dots):
        data[found.end()] ^= 0x02
    return bytes(data)
