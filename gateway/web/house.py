"""What a door may reach behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from gateway.domain.actor import Actor
from gateway.domain.boot_file import Config
from gateway.domain.errors import Refused
from gateway.domain.now import Now
from gateway.operations.uplink import Uplink
from gateway.store import NotDone, Reader, Store, box
from gateway.web.events import Hub
from gateway.web.views import Menus

ANSWER_S = 20.0
"""A guest waits this long for a stalled card before being told to ask again with the same key."""

Former = Callable[[Reader], Any]
"""Reads what the same key was answered before, None if it is not known; may raise `Refused`."""


@dataclass
class House:
    store: Store
    now: Callable[[], Now]
    uplink: Uplink
    hub: Hub
    config: Config
    random_token: Iterator[str]
    parts: Callable[[], dict[str, tuple[bool, str]]]
    menus: Menus = field(default_factory=dict)
    _secret: bytes = b""

    def do(self, operation: Callable[..., Any], actor: Actor, *args: Any, former: Former | None = None) -> Any:
        """Submits one operation and waits for its commit. Raises what it raises; a store that cannot take it is a
        `Refused` with 503. What `former` then finds is answered instead: a disk without room still knows what it took.
        """
        try:
            if self.store.health.is_full and actor.kind == "guest":
                raise NotDone("storage_full")
            return self.store.submit(operation, actor, *args).result(ANSWER_S)
        except NotDone as not_done:
            refusal = Refused(not_done.reason, retry_after_s=5 if not_done.reason == "storage_full" else 1)
        except TimeoutError:
            refusal = Refused("storage_slow", retry_after_s=2)
        if former and not self.store.health.fatal:
            with self.store.read() as rows:
                found = former(rows)
            if found is not None:
                return found
        raise refusal

    def secret(self) -> bytes:
        """What signs the guests' cookies. The box is given it once, before the doors open; it never changes."""
        if not self._secret:
            with self.store.read() as rows:
                self._secret = box.the(rows).secret
        return self._secret


def house() -> House:
    found: House = current_app.extensions["house"]
    return found
