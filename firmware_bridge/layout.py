"""A slip becomes lines for a paper of N columns. Pure.

Each kind has its own page in `slips/`; the tools are those of `page.py`, the fixed words those of `slips/words.py`.
"""

from __future__ import annotations

from firmware_bridge.charset import Encoding
from firmware_bridge.errors import UnprintableError
from firmware_bridge.label import LabelSize
from firmware_bridge.page import BarCode, Gap, Line, QrCode, Span, TextLine
from firmware_bridge.slips.bill_slip import BillSlip, GuestList, Receipt
from firmware_bridge.slips.kitchen_slip import KitchenSlip, NoteChange, Notice
from firmware_bridge.slips.label_slip import LabelSlip, TestLabel
from firmware_bridge.slips.pass_slip import FullOrder, RunnerSlip
from firmware_bridge.slips.report_slip import Report, StaleSlip
from firmware_bridge.slips.slip_page import SlipPage
from firmware_bridge.slips.test_slip import TestSlip
from firmware_bridge.slips.words import words_of
from gateway.contract.slips import Slip

__all__ = [
    "PAGES", "BarCode", "Gap", "LabelSize", "Line", "QrCode", "Span", "TextLine", "UnprintableError", "label", "layout",
]  # fmt: skip
"""With the lines that it is made of, for who draws them."""

PAGES: dict[str, type[SlipPage]] = {
    "guest_list": GuestList,
    "full_order": FullOrder,
    "kitchen": KitchenSlip,
    "dish": KitchenSlip,
    "runner": RunnerSlip,
    "add": KitchenSlip,
    "return": Notice,
    "refire": Notice,
    "recall": Notice,
    "rush": Notice,
    "hold": Notice,
    "fire": Notice,
    "move": Notice,
    "merge": Notice,
    "change": NoteChange,
    "bill": BillSlip,
    "receipt": Receipt,
    "shift": Report,
    "day": Report,
    "stale": StaleSlip,
    "label": LabelSlip,
    "test": TestSlip,
}

LABELS: dict[str, type[LabelSlip]] = {"label": LabelSlip, "test": TestLabel}
"""What a label printer takes. Whatever else is longer than a label, and half a kitchen slip is worse than none."""


def layout(slip: Slip, columns: int, encoding: Encoding, copy: int = 1) -> list[Line]:
    """The whole slip, top to bottom. `copy` above 1 says REPRINT at both ends."""
    page = PAGES.get(slip.kind, KitchenSlip)(slip, columns, encoding, words_of(slip.language))
    banner = page.banner(copy) if copy > 1 else []
    return [*banner, *page.elsewhere_printed(), *page.screen_down(), *page.body(), *banner]


def label(slip: Slip, size: LabelSize, encoding: Encoding, copy: int = 1) -> list[Line]:
    """The whole label, top to bottom, no higher than it is. Raises UnprintableError: no label, or it does not fit."""
    page = LABELS.get(slip.kind)
    if page is None:
        raise UnprintableError(f"a paper of the kind {slip.kind} on a label printer")
    return page(slip, size.columns, encoding, words_of(slip.language)).on_label(size, copy)
