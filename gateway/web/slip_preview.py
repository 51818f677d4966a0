"""A slip as a page can draw it: the lines that the printer's paper would have, by the bridge's own layout."""

from __future__ import annotations

from typing import Any

from gateway.contract.slips import DEEDS, Slip

Json = dict[str, Any]


def document(slip: Slip, columns: int, encoding: str, copy: int) -> Json:
    """Each line has a `kind`: text (with `spans`), rule, gap (with `dots`, 8 a millimetre), bar_code or qr (`text`)."""
    from firmware_bridge import layout  # read only when somebody looks at a paper: it brings tables of letters along

    def line(one: layout.Line) -> Json:
        match one:
            case layout.TextLine(spans):
                return {"kind": "text", "spans": [span(each) for each in spans]}
            case layout.Gap(dots):
                return {"kind": "gap", "dots": dots}
            case layout.BarCode(code):
                return {"kind": "bar_code", "text": code}
            case layout.QrCode(text):
                return {"kind": "qr", "text": text}
            case _:
                return {"kind": "rule"}

    def span(one: layout.Span) -> Json:
        style = one.style
        return {
            "text": one.text, "wide": style.wide, "tall": style.tall, "bold": style.bold, "inverse": style.inverse,
        }  # fmt: skip

    font: Any = encoding
    lines = [] if slip.kind in DEEDS else layout.layout(slip, columns, font, copy)
    return {"columns": columns, "lines": [line(one) for one in lines]}
