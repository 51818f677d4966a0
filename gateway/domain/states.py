"""How a state table is written and asked. The tables themselves stand beside what they are about."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.domain.errors import IllegalMove

Table = Mapping[tuple[str, str], str]
"""(state, move) -> the next state."""


def moved(thing: str, table: Table, state: str, move: str) -> str:
    """The state after this move. Raises `IllegalMove` for a move that the table does not know."""
    try:
        return table[state, move]
    except KeyError:
        raise IllegalMove(thing, state, move) from None
