"""Guests and a delivery program: they order, hear nothing, ask again with the same key, and remember every answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.contract.topics import Topics
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.order import Cart, CartLine
from gateway.operations import ordering
from gateway.simulation.broker import Broker, Client
from gateway.simulation.gateway_process import GatewayProcess
from gateway.simulation.restaurant import DISHES_PER_STATION, STATIONS
from gateway.simulation.world import Broken, World
from gateway.store import NotDone, Pending, keys, visits

PATIENCE_S = 6.0
"""Without an answer a phone asks again after this."""


@dataclass
class Wish:
    """One key and what was ordered under it. `told` is the answer; `tag` stands in the note, and so on the paper."""

    tag: str
    key: str
    table: str
    lines: list[CartLine]
    told: dict[str, Any] | None = None
    refused: str | None = None
    asked: int = 0
    settled: bool = False
    in_doubt: bool = False
    """Whether some asking may have been carried out without an answer."""
    visit: str | None = None
    checks: list[str] = field(default_factory=list)
    allergies: list[str] = field(default_factory=list)


def random_lines(world: World) -> list[CartLine]:
    lines = []
    for _ in range(world.chance.randint(1, 5)):
        station = world.chance.choice(list(STATIONS))
        dish = f"{station}-{world.chance.randint(1, DISHES_PER_STATION)}"
        lines.append(CartLine(dish, world.chance.randint(1, 3), modifiers=["egg"] if world.maybe(0.2) else []))
    return lines


class Guests:
    """All phones of a shift. `lose` says whether an answer gets lost on its way back."""

    def __init__(self, world: World, gateway: GatewayProcess, lose: Callable[[], bool]):
        self._world = world
        self._gateway = gateway
        self._lose = lose
        self.wishes: list[Wish] = []

    def order(self, table: str, lines: list[CartLine] | None = None) -> Wish:
        number = len(self.wishes) + 1
        wish = Wish(f"T{number:05d}", f"key-{number}", table, lines or random_lines(self._world))
        if self._world.maybe(0.15):
            wish.allergies = ["peanut"]
        self.wishes.append(wish)
        self.ask(wish)
        if self._world.maybe(0.15):  # a double tap: both may stand in one batch
            self.ask(wish)
        return wish

    def ask(self, wish: Wish, other_body: bool = False) -> None:
        world = self._world
        note = wish.tag + ("!" if other_body else "")
        cart = Cart(table_token=f"token-{wish.table}", lines=wish.lines, note=note, allergies=wish.allergies)
        wish.asked += 1
        pending = self._submit(wish, cart)
        if pending is None:
            world.after(world.between(0.5, 2.0), lambda: self._again(wish))
            return
        number = wish.asked
        wish.in_doubt = True
        pending.then(lambda done: self._settled(wish, done, other_body))
        world.after(PATIENCE_S, lambda: None if wish.asked > number else self._again(wish))

    def _submit(self, wish: Wish, cart: Cart) -> Pending | None:
        life = self._gateway.life
        if life is None:
            return None
        if wish.visit is None:
            with life.store.read() as rows:
                found = visits.open_at(rows, wish.table)
            wish.visit = found[-1].id if found else None
        hashed = keys.fingerprint(msgspec.json.encode(cart))
        actor = Actor("guest", wish.visit or "", "phone")
        return life.store.submit(ordering.place_order, actor, cart, wish.key, hashed, wish.visit)

    def _again(self, wish: Wish) -> None:
        if not wish.settled:
            self.ask(wish)

    def _settled(self, wish: Wish, done: Pending, other_body: bool) -> None:
        """On the writer's turn: the answer goes out to the phone, or is lost."""
        if not self._lose():
            self._world.after(self._world.between(0.001, 0.05), lambda: self._hear(wish, done, other_body))

    def _hear(self, wish: Wish, done: Pending, other_body: bool) -> None:
        failure = done.failure
        if other_body and wish.told is not None and not isinstance(failure, NotDone):
            if not (isinstance(failure, Refused) and failure.code == "idempotency_key_reused"):
                raise Broken(f"{wish.key} with another body was answered {failure or done.result(0)}")
            return
        if isinstance(failure, NotDone):
            return  # asked again when patience ends
        if isinstance(failure, Refused):
            self._world.note(f"{wish.tag} is refused: {failure.code}")
            if wish.told is not None:
                raise Broken(f"{wish.key} was confirmed as {wish.told['number']} and is now refused: {failure.code}")
            wish.refused, wish.settled = failure.code, True
            return
        if failure is not None:
            raise Broken(f"{wish.key} was answered with a bug: {failure!r}")
        answer = done.result(0).answer
        if wish.told is None:
            self._world.note(f"{wish.tag} is told {answer['number']}")
            wish.told, wish.settled = answer, True
        elif wish.told != answer:
            raise Broken(f"{wish.key} was answered {wish.told} and then {answer}")


class Program:
    """A delivery program: orders over the broker with `key` and `external_id`, again until it hears a result."""

    def __init__(self, world: World, broker: Broker, topics: Topics):
        self._world = world
        self._topics = topics
        self.wishes: list[Wish] = []
        self.client = Client(world, broker, "program", lambda: [f"{topics.prefix}orders/+/result"], self._on_message)
        self.client.connect_soon()

    def order(self) -> None:
        number = len(self.wishes) + 1
        wish = Wish(f"T9{number:04d}", f"program-{number}", "", random_lines(self._world))
        self.wishes.append(wish)
        self._ask(wish)

    def _ask(self, wish: Wish) -> None:
        if wish.settled:
            return
        wish.asked += 1
        cart = {
            "key": wish.key, "type": "takeaway", "source": "wheels", "external_id": wish.key, "note": wish.tag,
            "pickup_no": wish.tag, "lines": wish.lines,
        }  # fmt: skip
        self.client.publish(self._topics.orders(), msgspec.json.encode(cart))
        self._world.after(PATIENCE_S, lambda: self._ask(wish))

    def _on_message(self, topic: str, payload: bytes, retained: bool, acknowledge: Callable[[], None]) -> None:
        acknowledge()
        key = self._topics.levels(topic)[1]
        wish = next(w for w in self.wishes if w.key == key)
        answer = msgspec.json.decode(payload)
        answer.pop("replayed", None)
        if answer.get("code") == "internal":
            raise Broken(f"{key} was answered with a bug")
        wish.settled = True
        if "code" in answer:
            wish.refused = answer["code"]
        elif wish.told is None:
            wish.told = answer
        elif wish.told != answer:
            raise Broken(f"{key} was answered {wish.told} and then {answer}")
