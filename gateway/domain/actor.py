"""Who does something. Every operation is told, and the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["guest", "staff", "screen", "program", "bridge", "device", "house"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is a user, a program or a visit; `device` the phone, screen or bridge it came through."""

    kind: Kind
    id: str
    device: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}" if self.id else self.kind


HOUSE = Actor("house", "")
"""The gateway itself: watchdogs, relays, start-up."""
