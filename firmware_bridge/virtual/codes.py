"""What a printer draws by itself or dot by dot: rasters, QR codes and bar codes, from the command references."""

from __future__ import annotations

from dataclasses import dataclass

import segno

from firmware_bridge.virtual.sheet import PrintedBars, PrintedQr, PrintedRaster

ROWS_AT_ONCE = 24
"""3 mm: a head prints a raster as it comes, and nobody needs to look more often."""


@dataclass
class Raster:
    """GS v 0 under way: `left` rows are still to come."""

    printed: PrintedRaster
    left: int

    @classmethod
    def from_head(cls, head: bytes, align: int) -> Raster:
        """From the eight bytes 1D 76 30 m xL xH yL yH."""
        wide, tall = bool(head[3] & 1), bool(head[3] & 2)
        return cls(PrintedRaster(head[4] + 256 * head[5], align, wide, tall), head[6] + 256 * head[7])

    def next_bytes(self, waiting: int) -> int:
        """How many of the `waiting` bytes are whole rows to print now."""
        return min(self.left, ROWS_AT_ONCE, waiting // self.printed.row_bytes) * self.printed.row_bytes


QR_MOST_MODULE = 16
_QR_LEVELS = {48: "L", 49: "M", 50: "Q", 51: "H"}


@dataclass
class QrSettings:
    """GS ( k with cn 49: settings, the text that waits to be printed. ESC @ puts all back."""

    module: int = 3
    level: str = "L"
    model: int = 50
    stored: bytes = b""

    def take(self, function: int, data: bytes, align: int) -> tuple[PrintedQr | None, str]:
        """What this function prints, and what was wrong with it, in words."""
        value = data[0] if data else 0
        match function:
            case 65 if value in (49, 50):
                self.model = value
            case 67 if 1 <= value <= QR_MOST_MODULE:
                self.module = value
            case 69 if value in _QR_LEVELS:
                self.level = _QR_LEVELS[value]
            case 80 if value == 48:
                self.stored = data[1:]
            case 81 if self.stored:
                return self._printed(align)
            case 81:
                return None, "a QR code was printed that was never stored"
            case _:
                return None, f"QR code: unknown function {function} with {value}"
        return None, ""

    def _printed(self, align: int) -> tuple[PrintedQr | None, str]:
        text = self.stored.decode("utf-8", errors="replace")
        try:
            code = segno.make_qr(text, error=self.level, boost_error=False)
        except segno.DataOverflowError:
            return None, f"{len(self.stored)} bytes are too many for a QR code"
        return PrintedQr(text, self.module, tuple(map(bytes, code.matrix)), align), ""


def matrix_of(text: str, level: str) -> tuple[bytes, ...]:
    """Rows of modules of a QR code, 1 is black. ValueError when the text is too long for one."""
    return tuple(map(bytes, segno.make_qr(text, error=level, boost_error=False).matrix))


def printed_bars(rest: bytes, module: int, height: int, align: int) -> PrintedBars:
    """GS k: `rest` is what follows 1D 6B."""
    data = rest[2:] if rest[0] >= 65 else rest[1:-1]
    text = data.decode("ascii", errors="replace")
    if rest[0] == 73 and text[:1] == "{" and text[1:2] in "ABC":
        text = text[2:].replace("{{", "{")
    name = {73: "CODE128", 72: "CODE93", 4: "CODE39", 69: "CODE39"}.get(rest[0], f"type {rest[0]}")
    return PrintedBars(name, text, module, height, align, height + 6)
