"""A slip as a page can draw it: the lines that the printer's paper would have, by the bridge's own layout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gateway.contract.slips import DEEDS, Slip

if TYPE_CHECKING:
    from firmware_bridge import layout

Json = dict[str, Any]


def document(slip: Slip, columns: int, encoding: str, copy: int) -> Json:
    """Each line has a `kind`: text (with `spans`), rule, gap (with `dots`, 8 a millimetre), bar_code or qr (`text`)."""
    from firmware_bridge import layout  # read only when somebody looks at a paper: it brings tables of letters along

    font: Any = encoding
    lines = [] if slip.kind in DEEDS else _lines(layout.layout(slip, columns, font, copy))
    return {"columns": columns, "label": None, "lines": lines}


def label_document(slip: Slip, size: dict[str, int], copy: int) -> Json:
    """A label of `width_mm`, `height_mm` and `gap_mm`; without lines where its printer refuses it, as what may not be
    shortened does not fit."""
    from firmware_bridge import layout

    measured = layout.LabelSize(**size)
    try:
        lines = _lines(layout.label(slip, measured, "gbk", copy))
    except layout.UnprintableError:
        lines = []
    return {"columns": measured.columns, "label": size, "lines": lines}


def _lines(lines: Iterable[layout.Line]) -> list[Json]:
    from firmware_bridge import layout

    def line(one: layout.Line) -> Json:
        match one:
            case layout.TextLine(spans):
                return {"kind": "text", "spans": [_span(each) for each in spans]}
            case layout.Gap(dots):
                return {"kind": "gap", "dots": dots}
            case layout.BarCode(code):
                return {"kind": "bar_code", "text": code}
            case layout.QrCode(text):
                return {"kind": "qr", "text": text}
            case _:
                return {"kind": "rule"}

    return [line(one) for one in lines]


def _span(one: layout.Span) -> Json:
    style = one.style
    return {"text": one.text, "wide": style.wide, "tall": style.tall, "bold": style.bold, "inverse": style.inverse}
