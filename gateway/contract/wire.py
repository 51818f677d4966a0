"""How a message from the local broker enters the house, and how one leaves it. The broker itself is the connector's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.contract.messages import MAX_PAYLOAD

MAX_NAMED = 100
"""Topics whose too large message was logged: once for each, not every 5 s. Answers have topics without end, so it
begins anew when it is full."""


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


class SizeLimit:
    """Holds back what is larger than `MAX_PAYLOAD`, and says so in the sender's own `log`.

    The broker would hang up on it, and paho, which keeps what was not acknowledged, would say it again first of all on
    every connection, for ever.
    """

    def __init__(self, log: logging.Logger):
        self._log = log
        self._named: set[str] = set()

    def allows(self, topic: str, payload: bytes) -> bool:
        """Asked on any thread."""
        if len(payload) <= MAX_PAYLOAD:
            return True
        if topic not in self._named:
            if len(self._named) >= MAX_NAMED:
                self._named.clear()
            self._named.add(topic)
            self._log.error("%s: %d bytes are not sent, at most %d", topic, len(payload), MAX_PAYLOAD)
        return False
