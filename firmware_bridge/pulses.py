"""What a printer does besides printing, as bytes: the pulse that opens a drawer, the sound of a buzzer. No I/O.

Only commands that wait for their turn behind what was sent before. The real-time pulse (DLE DC4) overtakes everything
and answers for nothing, so that nobody could say whether, or how often, it was heard.
"""

from __future__ import annotations

from collections.abc import Mapping

from firmware_bridge.escpos import Body

DRAWERS = {
    "pin2": b"\x1bp\x00\x32\xfa",
    "pin5": b"\x1bp\x01\x32\xfa",
}
"""ESC p m t1 t2: 100 ms on, which every usual lock takes, and 500 ms off, so that its coil never gets hot."""

BUZZERS = {
    "clone": b"\x1bB\x03\x02",
    "epson": b"\x1b(A\x04\x00\x30\x33\x03\x05",
    "drawer_socket": b"\x1bp\x00\xfa\xfa",
}
"""ESC B n t: three times, 200 ms each. ESC ( A, function 48: sound 51, three times within 500 ms each. A box on the
drawer's socket rings while it has current: 500 ms."""


def pulse(kind: str, options: Mapping[str, str]) -> Body | None:
    """What does a job of this kind at a printer with these options; None when nothing of the kind hangs on it."""
    data = {"drawer": DRAWERS, "buzzer": BUZZERS}[kind].get(options.get(kind, "none"))
    # A fence stands before it too: a printer that was left in the middle of a picture swallows that one first.
    return None if data is None else Body(data, 0, (), (0,))
