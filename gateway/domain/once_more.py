"""How many of a line are cooked once more. Pure.

A line says how many were ordered and how many are left; one of three that fell down makes neither more. What the
kitchen makes now is `Line.to_cook`.
"""

from __future__ import annotations

from gateway.domain.order import LINE_MOVES, Line
from gateway.domain.states import moved


def ask(line: Line, quantity: int) -> None:
    """They are asked for once more. The last word counts: whoever asks again means the whole line anew."""
    line.again = quantity if quantity < line.left else 0


def take_off(line: Line, quantity: int, state: str) -> None:
    """So many are not wanted any more, of a line in this `state`, before they count as gone. Those that are cooked once
    more are the first: the others were made. With the last of them the line is done again."""
    if not line.again or state != "FIRED":
        return
    line.again = max(line.again - quantity, 0)
    if not line.again:
        line.state = moved("line", LINE_MOVES, "FIRED", "done")


def is_partial(line: Line) -> bool:
    """Whether some of it are made and others are not."""
    return line.to_cook < line.left
