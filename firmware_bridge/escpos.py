"""ESC/POS, both directions, no I/O: lines to bytes, and a printer's bytes to what they mean.

Byte values: docs of Epson (ESC/POS reference, TM-T88III appendix G) and the findings on Chinese clones.
python-escpos renders the bar code only; its text encoder damages Chinese, its status calls mistake silence
for paper, and its transports lose what was written.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from firmware_bridge.charset import Encoding, missing, runs
from firmware_bridge.errors import UnprintableError
from firmware_bridge.layout import PLAIN, BarCode, Gap, Line, Rule, Style, TextLine

START = b"\x1b@\x1da\x0f"
"""ESC @ clears every setting and switches automatic status off, so GS a must follow it every time."""
FENCE = b"\x1dr\x01"
"""GS r 1: answered only when everything before it is printed, never while paper is out."""
CUT = b"\x1dVB\x00"
"""GS V 66 0: feed to the cutter, partial cut."""
FRESH_PAPER = b"\x1b@\n" + CUT
"""Before a slip that follows an unfinished one: what stood there becomes a paper of its own."""

CHINESE_ON, CHINESE_OFF = b"\x1c&", b"\x1c."
CODE_PAGE: dict[Encoding, bytes] = {"gbk": b"\x1bt\x13", "cp437": b"\x1bt\x00"}
"""ESC t: 19 is CP858, 0 is CP437. Needed only before a one-byte run."""

REAL_TIME = re.compile(rb"\x10(?:\x04[\x01-\x08]|\x05[\x00-\x03]|\x14)")
"""Executed by a printer on arrival, wherever they stand. In a body none may stand."""

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


@dataclass(frozen=True)
class Body:
    """A slip as bytes, without fence and cut. `lines` counts printed lines, for the time it may take.

    `breaks` are the places between two lines, the first before them all: a fence may stand there.
    """

    data: bytes
    lines: int
    missing: tuple[str, ...]
    breaks: tuple[int, ...] = ()


def encode(lines: Iterable[Line], columns: int, encoding: Encoding, bar_codes: BarCodeBytes) -> Body:
    """Lines to bytes. What the printer cannot write becomes `?` and is listed in `missing`.

    Raises UnprintableError when a real-time command would stand in the body.
    """
    page = _Encoder(columns, encoding, bar_codes)
    breaks = [len(page.data)]
    for line in lines:
        page.add(line)
        breaks.append(len(page.data))
    data = bytes(page.data)
    found = REAL_TIME.search(data)
    if found:
        raise UnprintableError(f"a real-time command would stand at byte {found.start()} of the slip")
    return Body(data, len(breaks) - 1, tuple(dict.fromkeys(page.missing)), tuple(breaks[:-1]))


def encode_text(text: str, encoding: Encoding) -> bytes:
    """One text in runs. Begins and ends outside Chinese mode; plain ASCII stays in the mode that it meets."""
    data = bytearray()
    chinese = False
    for kind, run in runs(text, encoding):
        if kind == "double" and not chinese:
            data += CHINESE_ON
            chinese = True
        elif kind == "latin":
            data += (CHINESE_OFF if chinese else b"") + CODE_PAGE[encoding]
            chinese = False
        data += run
    return bytes(data + (CHINESE_OFF if chinese else b""))


class _Encoder:
    def __init__(self, columns: int, encoding: Encoding, bar_codes: BarCodeBytes) -> None:
        self._columns = columns
        self._encoding: Encoding = encoding
        self._bar_codes = bar_codes
        self._style = PLAIN
        self.missing: list[str] = []
        # Chinese mode is on after ESC @ on Chinese firmware: runs need a known start.
        self.data = bytearray(START + (CHINESE_OFF if encoding == "gbk" else b""))

    def add(self, line: Line) -> None:
        match line:
            case TextLine(spans):
                for span in spans:
                    self._set(span.style)
                    self.missing += missing(span.text, self._encoding)
                    self.data += encode_text(span.text, self._encoding)
                self.data += b"\n"
            case Rule():
                self._set(PLAIN)
                self.data += b"-" * self._columns + b"\n"
            case Gap(dots):
                self._set(PLAIN)
                self.data += b"\x1bJ" + bytes([min(dots, 255)])
            case BarCode(code):
                self._set(PLAIN)
                self.data += self._bar_codes(code, self._columns)

    def _set(self, style: Style) -> None:
        old, self._style = self._style, style
        if (style.wide, style.tall) != (old.wide, old.tall):
            self.data += b"\x1d!" + bytes([style.wide << 4 | style.tall])
            if self._encoding == "gbk":  # some clones enlarge Chinese only by its own command
                self.data += b"\x1c!" + bytes([style.wide << 2 | style.tall << 3])
        if style.bold != old.bold:
            self.data += b"\x1bE" + bytes([style.bold])
        if style.inverse != old.inverse:
            self.data += b"\x1dB" + bytes([style.inverse])


def ask(question: int) -> bytes:
    """DLE EOT n: 1 printer, 2 offline cause, 3 error cause, 4 paper. Answered at once with one byte."""
    return bytes((0x10, 0x04, question))


# --- what comes back ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class RealTimeAnswer:
    """The answer to the one outstanding DLE EOT; which question it was is known to the asker."""

    byte: int


@dataclass(frozen=True)
class AutoStatus:
    """Four bytes that the printer sends by itself on every change (GS a)."""

    data: bytes


@dataclass(frozen=True)
class FenceAnswer:
    """A byte that can be the answer to GS r. It proves something only while one is outstanding."""

    byte: int


@dataclass(frozen=True)
class Stray:
    """Bytes that fit nothing: noise, another dialect, or the rest of a damaged answer."""

    data: bytes


Answer = RealTimeAnswer | AutoStatus | FenceAnswer | Stray

XON, XOFF = 0x11, 0x13
_ECHO_BYTES = 7
"""37 22 d d d d 00, the answer to GS ( H; we never ask for it, so it must not pass for a fence."""


class StatusReader:
    """Sorts a printer's bytes. Bytes 2 to 4 of an automatic status look like fence answers: only the
    state of this reader tells them apart, so one reader must see every byte of a connection."""

    def __init__(self) -> None:
        self._auto = bytearray()
        self._echo = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        answers: list[Answer] = []
        for byte in data:
            if self._echo:
                self._continue_echo(byte, answers)
            else:
                self._sort(byte, answers)
        return answers

    def _sort(self, byte: int, answers: list[Answer]) -> None:
        if byte in (XON, XOFF):
            return
        if byte & 0x93 == 0x12:  # may come between the bytes of an automatic status
            answers.append(RealTimeAnswer(byte))
        elif self._auto and byte & 0x90 == 0:
            self._auto.append(byte)
            if len(self._auto) == 4:
                answers.append(AutoStatus(bytes(self._auto)))
                self._auto.clear()
        elif byte & 0x93 == 0x10:
            self._drop_auto(answers)
            self._auto.append(byte)
        elif byte & 0x90 == 0:
            answers.append(FenceAnswer(byte))
        else:
            self._drop_auto(answers)
            if byte == 0x37:
                self._echo.append(byte)
            else:
                answers.append(Stray(bytes((byte,))))

    def _drop_auto(self, answers: list[Answer]) -> None:
        if self._auto:
            answers.append(Stray(bytes(self._auto)))
            self._auto.clear()

    def _continue_echo(self, byte: int, answers: list[Answer]) -> None:
        if len(self._echo) == 1 and byte not in (0x22, 0x23, 0x25):
            answers.append(Stray(bytes(self._echo)))
            self._echo.clear()
            self._sort(byte, answers)
            return
        self._echo.append(byte)
        if len(self._echo) == _ECHO_BYTES or (self._echo[1] == 0x25 and byte == 0):
            answers.append(Stray(bytes(self._echo)))
            self._echo.clear()


Reason = Literal["cover_open", "paper_out", "cutter_error", "error", "offline"]


@dataclass(frozen=True)
class PrinterStatus:
    """What a printer says of itself. Never made from silence: silence is the driver's matter."""

    offline: bool = False
    cover_open: bool = False
    paper_out: bool = False
    paper_low: bool = False
    cutter_error: bool = False
    error: bool = False

    @property
    def blocked(self) -> Reason | None:
        """Why nothing would be printed now: the cause that a person can mend comes first."""
        if self.cover_open:
            return "cover_open"
        if self.paper_out:
            return "paper_out"
        if self.cutter_error:
            return "cutter_error"
        if self.error:
            return "error"
        return "offline" if self.offline else None

    def with_answer(self, question: int, byte: int) -> PrinterStatus:
        """This status with the answer to DLE EOT `question` in it.

        Some 58 mm clones report the end of paper only in 2 (bit 5), some only in 4: 4 is asked last
        and has the word, unless 2 has just said that printing stopped for it.
        """
        if question == 1:
            return replace(self, offline=bool(byte & 0x08))
        if question == 2:
            return replace(self, cover_open=bool(byte & 0x04), paper_out=bool(byte & 0x20))
        if question == 3:
            return replace(self, cutter_error=bool(byte & 0x08), error=bool(byte & 0x64))
        ended = self.paper_out or bool(byte & 0x60)
        return replace(self, paper_low=bool(byte & 0x0C), paper_out=ended)

    @staticmethod
    def from_auto(data: bytes) -> PrinterStatus:
        """From the four bytes of an automatic status."""
        first, second, third, _ = data
        return PrinterStatus(
            offline=bool(first & 0x08),
            cover_open=bool(first & 0x20),
            paper_out=bool(third & 0x0C),
            paper_low=bool(third & 0x03),
            cutter_error=bool(second & 0x08),
            error=bool(second & 0x64),
        )
