"""Small real wires: a broker's client that remembers what was published, a cloud that keeps what it took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from store.shop import Shop

from gateway.contract.events import DEAD_TYPE, BatchAnswer, PoisonSlot
from gateway.domain.errors import Rejected, Retry


class Wire:
    """What a broker's client does, without a broker. `session` 0: not connected; `life` counts those so far."""

    def __init__(self) -> None:
        self.session = self.life = 1
        self.said: list[tuple[str, Any, bool]] = []

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        if not self.session:
            return False
        self.said.append((topic, msgspec.json.decode(payload) if payload else None, retain))
        return True

    def take(self) -> list[tuple[str, Any, bool]]:
        said, self.said = self.said, []
        return said


class Cloud:
    """Keeps events in order as the reference cloud does; `mood` may raise instead, before or after it has kept them."""

    def __init__(self) -> None:
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.calls: list[tuple[str, int]] = []
        self.mood: Callable[[list[dict[str, Any]]], None] = lambda events: None
        self.lose_answer = False
        self.stuck = False
        self.gone = False
        self.poison: set[int] = set()
        self.claims: int | None = None

    def send(self, epoch: str, events: Sequence[bytes]) -> BatchAnswer:
        batch = [msgspec.json.decode(event) for event in events]
        self.calls.append((epoch, len(batch)))
        self.mood(batch)
        kept = self.kept.setdefault(epoch, [])
        for event in batch:
            if event["seq"] == len(kept) + 1 and not self.stuck:
                kept.append(event)
        if self.lose_answer:
            raise Retry("cut")
        upto = len(kept) if self.claims is None else self.claims
        poison = [PoisonSlot(e["seq"], "strange") for e in batch if e["seq"] in self.poison]
        return BatchAnswer(epoch, upto, [], poison)

    def lost(self) -> bool:
        return self.gone


def reject(wrong: Callable[[dict[str, Any]], bool]) -> Callable[[list[dict[str, Any]]], None]:
    def judge(events: list[dict[str, Any]]) -> None:
        if any(wrong(event) for event in events):
            raise Rejected("invalid_event", 422)

    return judge


def fill(shop: Shop, count: int) -> int:
    """Orders until the journal holds `count` events; its last seq."""
    while int(shop.value("SELECT count(*) FROM journal")) < count:
        shop.place()
    return int(shop.value("SELECT max(slot) FROM journal")) & (1 << 40) - 1


def is_dead(event: dict[str, Any]) -> bool:
    return bool(event["type"] == DEAD_TYPE)
