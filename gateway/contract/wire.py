"""How a message from the local broker enters the house, and how one leaves it. The broker itself is the connector's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """`acknowledge` is called once its transaction is committed; until then the broker brings it again."""

    topic: str
    payload: bytes
    retained: bool
    acknowledge: Callable[[], None]


class Outlet(Protocol):
    """The broker, or the simulation's."""

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """False when there is no connection; what is lost on the way is the caller's to say again."""
