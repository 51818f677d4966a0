"""The settings of a printer and what they are after ESC @, from the command references."""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_bridge.virtual.codes import QrSettings
from firmware_bridge.virtual.sheet import Look

DEFAULT_SPACING = 30
"""Dots from line to line after ESC @ (3.75 mm)."""


@dataclass
class Modes:
    """Every setting that ESC @ puts back. Chinese mode is on by default on Chinese models."""

    look: Look = field(default_factory=Look)
    chinese_width: int = 1
    chinese_height: int = 1
    chinese: bool = True
    page: str = "cp437"
    align: int = 0
    spacing: int = DEFAULT_SPACING
    auto_status: int = 0
    bar_height: int = 162
    bar_module: int = 3
    qr: QrSettings = field(default_factory=QrSettings)
    real_time_pulse: bool = True


PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 19: "cp858"}
"""ESC t n, as Epson numbers them."""
FIRMWARE = {"gbk": "gb18030", "big5": "cp950", "western": ""}
"""What the two-byte characters of a printer are. A setting of the printer (switches or a vendor's tool)."""
