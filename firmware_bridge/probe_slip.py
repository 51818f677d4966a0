"""The paper of a probe: what only eyes can judge, each under a letter, so that a person can say over the telephone what
came out. No I/O.

It holds what an ordinary slip holds, nothing that acts beyond the paper: no drawer, no buzzer, no real-time command.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.charset import Encoding
from firmware_bridge.escpos import CHINESE_OFF, CUT, BarCodeBytes, encode_text
from firmware_bridge.graphics import qr_code_bands

LETTERS = "ABCDEFGHIJK"
"""Those of gateway/contract/findings_words.py. K has no line: it asks for what stands above all the others."""
QR_TEXT = "TABLEPASS "
BAR_CODE = "PROBE-01"
SIZES = ((0, 0), (1, 0), (0, 1), (1, 1))
"""Twice as wide, twice as high."""
LINES = 40
"""Of text, as high as the whole paper is: for the time that it may take."""


@dataclass(frozen=True)
class ProbeSlip:
    """`body` ends with the cut. `lines` as in `escpos.Body`."""

    body: bytes
    lines: int = LINES


def probe_slip(columns: int, bar_codes: BarCodeBytes) -> ProbeSlip:
    """`columns` as the settings say; the ruler is right at every width of paper."""
    # ESC @ also switches the automatic status off, so that none comes between the answers behind this paper.
    data = bytearray(b"\n\x1b@" + CHINESE_OFF)
    data += b"TABLEPASS PRINTER PROBE\n" + _line("A ", "gbk", "中文 宫保鸡丁 麻婆豆腐 ￥56.00")
    data += _line("B ", "big5", "中文 宮保雞丁 麻婆豆腐 ￥56.00")
    data += _line("C ", "cp437", "Café crème Müller señor")
    data += _line("D ", "cp858", "Café Müller €3.50 ¥56.00")
    for number, (wide, tall) in enumerate(SIZES, 1):
        text = encode_text(f"{number} 中文 Aa", "gbk")
        data += b"E" + _size(wide, tall) + text + _size(0, 0) + b"\n"
    data += b"F\n" + _ruler(columns)
    data += b"G\n" + b"".join(qr_code_bands(QR_TEXT + "G", columns, native=True))
    data += b"H\n" + b"".join(qr_code_bands(QR_TEXT + "H", columns, native=False))
    data += b"I\n" + bar_codes(BAR_CODE, columns) + b"\n"
    data += b"J -----\n" + CUT
    return ProbeSlip(bytes(data))


def _line(letter: str, encoding: Encoding, text: str) -> bytes:
    return letter.encode("ascii") + encode_text(text, encoding) + CHINESE_OFF + b"\n"


def _size(wide: int, tall: int) -> bytes:
    """GS ! for letters, FS ! for Chinese: some clones know the second only."""
    return b"\x1d!" + bytes((wide << 4 | tall,)) + b"\x1c!" + bytes((wide << 2 | tall << 3,))


def _ruler(columns: int) -> bytes:
    """`....5...10...15`: each number ends at the column that it names."""
    marks = "".join(str(at).rjust(5, ".") for at in range(5, columns + 1, 5))
    return marks.ljust(columns, ".").encode("ascii") + b"\n"
