"""Where a value stands in a TOML file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.domain.fault import Fault, Step


@dataclass(frozen=True)
class Place:
    """Its key as a person would name it, and its line; 0 when that is not known."""

    key: str = ""
    line: int = 0

    def inner(self, name: str, line: int) -> Place:
        return Place(f"{self.key}.{name}" if self.key else name, line)

    def fault(self, code: str, **params: Any) -> Fault:
        steps: list[Step] = []
        if self.line:
            steps.append(("line", self.line))
        if self.key:
            steps.append(("key", self.key))
        return Fault(code, tuple(steps), params)

    def unknown_key(self, key: str, known: Iterable[str]) -> Fault:
        """A key that nobody asked for: most are misspelt."""
        known = tuple(known)
        near = difflib.get_close_matches(key, known, n=1)
        return self.fault("unknown_key_near", near=near[0]) if near else self.fault("unknown_key", known=known)
