"""What a rule found wrong with a menu, with settings or with a file. Its words stand in `fault_words.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Step = tuple[str, str | int]
"""One step to the place: what it is, which one it is. The kinds of steps are listed with their words."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `code` is stable: programs and tests compare it, never the words.

    `where` leads there from the outside in, such as `(("item", "tofu"), ("group", "extra"))`; empty: all of it.
    `params` are what the words name; a tuple among them is a list of choices.
    """

    code: str
    where: tuple[Step, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
