"""What a person reads on a sheet: plain text with inverse print marked ▐so▌."""

from __future__ import annotations

from itertools import groupby

from firmware_bridge.virtual.sheet import Fed, Mark, PrintedBars, PrintedLine, PrintedQr, PrintedRaster, Sheet


def text_of(sheet: Sheet, columns: int) -> str:
    """The sheet as UTF-8 text, one line each, without leading and trailing white paper."""
    lines: list[str] = []
    for item in sheet.items:
        if isinstance(item, Fed):
            continue
        if isinstance(item, PrintedBars):
            lines.append(f"║▌│║▌║ {item.data} ║│▌║║".center(columns).rstrip())
        elif isinstance(item, PrintedQr):
            lines.append(f"▣ {item.text} ▣".center(columns).rstrip())
        elif isinstance(item, PrintedRaster):
            lines.append(f"[picture {item.row_bytes * 8} x {item.rows}]")
        else:
            lines.append(_line_text(item, columns))
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines) + "\n"


def _line_text(line: PrintedLine, columns: int) -> str:
    text = ""
    for inverse, marks in groupby(line.marks, key=lambda mark: mark.look.inverse):
        part = "".join(mark.char for mark in marks)
        text += f"▐{part}▌" if inverse else part
    room = columns - width_of(line.marks)
    return (" " * (room * line.align // 2) + text).rstrip() if line.align else text.rstrip()


def width_of(marks: list[Mark]) -> int:
    """Half-width columns."""
    return sum(mark.cells * mark.look.width for mark in marks)
