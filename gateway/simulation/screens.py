"""Kitchen screens and the cooks before them: over the broker or over the event stream, attentive or away.

A screen that keeps an action (its network was gone) replays it later with the version that the cook saw.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from gateway.contract.messages import TicketDo
from gateway.contract.topics import Topics
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.operations import kitchen
from gateway.simulation.broker import Broker, Client
from gateway.simulation.gateway_process import GatewayProcess, Life
from gateway.simulation.world import Broken, World
from gateway.store import NotDone, Pending
from gateway.web.events import Stream

Json = dict[str, Any]


class Deeds:
    """What screens really did, for whoever judges: which key asked for what, seeing which version."""

    def __init__(self) -> None:
        self.of_ticket: dict[str, list[TicketDo]] = {}
        self.rendered: set[tuple[str, str]] = set()
        """(ticket, screen) of everything that was really drawn or touched."""
        self.noticed: set[tuple[str, str]] = set()
        """(change of a ticket, screen), the same."""
        self.scanned: set[str] = set()
        """Numbers of orders whose slips were held before a scanner: a clock that jumped begins them anew, and then the
        newest order of that number is meant."""
        self.keys = 0


class Screen(ABC):
    """What both kinds share: the cards on it, and a cook who works through them."""

    def __init__(self, world: World, name: str, station: str, deeds: Deeds):
        self._world = world
        self.name = name
        self.station = station
        self.deeds = deeds
        self.cards: dict[str, Json] = {}
        self.away = False
        self._drawn: dict[str, int] = {}
        self._planned: set[str] = set()

    @abstractmethod
    def send(self, ticket: str, do: TicketDo) -> None:
        """The cook's deed, by this kind's own road."""

    def put(self, card: Json) -> None:
        """The feed brought this card."""
        ticket = card["id"]
        if card["hold"] == "held":
            raise Broken(f"{self.name} is shown what still waits to be called: order {card['order']['number']}")
        if card["cleared_at"]:
            self.cards.pop(ticket, None)
            return
        self.cards[ticket] = card
        if card["version"] > self._drawn.get(ticket, 0) or card["state"] == "QUEUED":
            self._world.after(self._world.between(0.05, 1.5), lambda: self._draw(ticket))

    def _draw(self, ticket: str) -> None:
        card = self.cards.get(ticket)
        if self.away or card is None or card["version"] <= self._drawn.get(ticket, 0):
            return
        self._drawn[ticket] = card["version"]
        self.deeds.rendered.add((ticket, self.name))
        self._read_changes(ticket, card)
        if card["version"] > card["shown_version"]:
            self.do(ticket, "rendered", card["version"])
        if card["allergies"] and not card["allergy_at"] and self._world.maybe(0.6):
            self._world.after(self._world.between(0.3, 8), lambda: self.act(ticket, "allergy"))
        if ticket not in self._planned:
            self._planned.add(ticket)
            self._plan_cook(ticket)

    def _read_changes(self, ticket: str, card: Json) -> None:
        """What somebody has changed stands on the card, each change by itself."""
        world = self._world
        for notice in card["notices"]:
            if (notice["id"], self.name) in self.deeds.noticed:
                continue
            self.deeds.noticed.add((notice["id"], self.name))
            if notice["acked_at"] is None and world.maybe(0.4):
                world.after(world.between(0.5, 20), lambda: self.act(ticket, "acknowledge"))
            if notice["kind"] == "refire" or card["state"] == "CANCELLED":
                self._planned.discard(ticket)

    def _plan_cook(self, ticket: str) -> None:
        world = self._world
        if world.maybe(0.6):
            world.after(world.between(1, 15), lambda: self.act(ticket, "start"))
        if world.maybe(0.75):
            world.after(world.between(3, 40), lambda: self.act(ticket, "bump"))
        if world.maybe(0.15):
            world.after(world.between(3, 40), lambda: self.act(ticket, "undo"))
        if world.maybe(0.4):
            self._plan_marks(ticket)

    def _plan_marks(self, ticket: str) -> None:
        """Dish by dish: each when it is done, and now and then it was another one."""
        world = self._world
        for line in self.cards[ticket]["lines"]:
            its = [line["id"]]
            if world.maybe(0.7):
                world.after(world.between(2, 30), lambda its=its: self.act(ticket, "bump", its))  # type: ignore[misc]
            if world.maybe(0.3):
                world.after(world.between(3, 40), lambda its=its: self.act(ticket, "undo", its))  # type: ignore[misc]
        if world.maybe(0.3):
            all_of_it = [line["id"] for line in self.cards[ticket]["lines"]]
            world.after(world.between(2, 30), lambda: self.act(ticket, "bump", all_of_it))

    def act(self, ticket: str, action: str, lines: Sequence[str] = ()) -> None:
        card = self.cards.get(ticket)
        if card is None or self.away or ticket not in self._drawn:
            return
        version = self._drawn[ticket]
        if self._world.maybe(0.1):  # an old tablet keeps it, and says it much later
            self._world.after(self._world.between(5, 60), lambda: self.do(ticket, action, version, lines))
            return
        self.do(ticket, action, version, lines)
        if self._world.maybe(0.1):  # twice, with two keys: two fingers
            self.do(ticket, action, version, lines)

    def do(self, ticket: str, action: Any, version: int, lines: Sequence[str] = ()) -> None:
        self.deeds.keys += 1
        do = TicketDo(action, self.name, f"deed-{self.deeds.keys}", version, list(lines))
        self.deeds.of_ticket.setdefault(ticket, []).append(do)
        self.send(ticket, do)

    def redraw(self) -> None:
        """Back before the screen: everything on it is looked at."""
        self.away = False
        for ticket in list(self.cards):
            self._world.after(self._world.between(0.05, 1.5), lambda ticket=ticket: self._draw(ticket))  # type: ignore[misc]


class BrokerScreen(Screen):
    """A display that is not ours: retained tickets over MQTT, actions on `do`."""

    def __init__(self, world: World, name: str, station: str, deeds: Deeds, broker: Broker, topics: Topics):
        super().__init__(world, name, station, deeds)
        self._topics = topics
        self._kept: list[tuple[str, TicketDo]] = []
        wanted = [topics.ticket(station, "+")]
        self.client = Client(world, broker, name, lambda: wanted, self._on_message, self._on_session)
        self.client.connect_soon()

    def _on_session(self) -> None:
        if not self.client.session:
            return
        # What is open is said by retained messages; what it held from before may be over.
        self.cards.clear()
        self._drawn = {}
        kept, self._kept = self._kept, []
        for ticket, do in kept:
            self.send(ticket, do)

    def _on_message(self, topic: str, payload: bytes, retained: bool, acknowledge: Callable[[], None]) -> None:
        acknowledge()
        if payload:
            self.put(msgspec.json.decode(payload))
        else:
            self.cards.pop(self._topics.levels(topic)[3], None)

    def send(self, ticket: str, do: TicketDo) -> None:
        if not self.client.publish(self._topics.ticket_do(self.station, ticket), msgspec.json.encode(do)):
            self._kept.append((ticket, do))


class StreamScreen(Screen):
    """Our own page: the event stream of the hub, actions over HTTP with a key until an answer comes."""

    def __init__(
        self, world: World, name: str, station: str, deeds: Deeds, gateway: GatewayProcess, lose: Callable[[], bool]
    ):
        super().__init__(world, name, station, deeds)
        self._gateway = gateway
        self._lose = lose
        self._life: Life | None = None
        self._stream: Stream | None = None
        self._last_id = ""
        self._answers: dict[str, Json] = {}
        world.after(world.between(0.1, 1.0), self._watch)

    def _watch(self) -> None:
        self.read()
        self._world.after(self._world.between(1.0, 2.0), self._watch)

    def born(self, life: Life) -> None:
        life.store.listen(lambda changed: self._world.after(self._world.between(0.01, 0.2), self.read))

    def close_stream(self) -> None:
        """The tablet's network is gone; it resumes with the last id that it has seen."""
        if self._stream is not None and self._life is not None:
            self._life.hub.leave(self._stream)
        self._stream = None

    def read(self) -> None:
        life = self._gateway.life
        if self.away or life is None:
            return
        if self._life is not life or self._stream is None or self._stream.ended:
            self._open(life)
            return
        while (item := self._stream.wait(0)) is not None:
            slot, identity, events = item
            if slot and slot <= self._stream.from_slot:
                continue
            if identity:
                self._place(identity)
            for _, name, data in events:
                if name == "ticket":
                    self.put(msgspec.json.decode(data))

    def _place(self, identity: str) -> None:
        if self._last_id and int(identity.split(":")[1]) <= int(self._last_id.split(":")[1]):
            raise Broken(f"the feed of {self.name} repeats itself: {identity} after {self._last_id}")
        self._last_id = identity

    def _open(self, life: Life) -> None:
        now = self._world.now()
        self._life = life
        self._stream = life.hub.open(self.name, frozenset({f"tickets:{self.station}"}), now)
        for frame in life.hub.backlog(self._stream, self._last_id, now).split(b"\n\n"):
            fields = dict(line.split(b": ", 1) for line in frame.split(b"\n") if b": " in line)
            if not fields:
                continue
            data = msgspec.json.decode(fields[b"data"])
            if fields[b"event"] == b"snapshot":
                self._last_id = fields[b"id"].decode()
                self.cards.clear()
                for card in data["tickets"]:
                    self.put(card)
                continue
            if b"id" in fields:
                self._place(fields[b"id"].decode())
            if fields[b"event"] == b"ticket":
                self.put(data)

    def send(self, ticket: str, do: TicketDo, tries: int = 0) -> None:
        world = self._world
        actor = Actor("screen", self.name, self.station)
        args = (do.screen, do.key, do.version)
        if self._gateway.life is not None:
            self._gateway.life.hub.alive(self.name, world.now())
        if do.action == "rendered":
            pending = self._gateway.submit(kitchen.rendered, actor, ticket, *args)
        else:
            pending = self._gateway.submit(kitchen.act_on_ticket, actor, ticket, do.action, *args, None, do.lines)
        heard = [False]

        def hear(done: Pending) -> None:
            heard[0] = not isinstance(done.failure, NotDone)
            self._hear(ticket, do, done)

        if pending is not None:
            pending.then(lambda done: None if self._lose() else hear(done))
        if tries < 12:
            world.after(world.between(2, 4), lambda: None if heard[0] else self.send(ticket, do, tries + 1))

    def _hear(self, ticket: str, do: TicketDo, done: Pending) -> None:
        failure = done.failure
        if failure is not None:
            if not isinstance(failure, NotDone | Refused):
                raise Broken(f"{do.action} of {ticket} was answered with a bug: {failure!r}")
            return
        document = done.result(0)
        if do.action == "rendered":
            return
        if self._answers.setdefault(do.key, document) != document:
            raise Broken(f"{do.key} was answered with two documents")
        if do.lines:
            return
        if do.action == "bump" and self._world.maybe(0.25):
            version = document["version"]
            self._world.after(self._world.between(1, 20), lambda: self.do(ticket, "recall", version))
            if self._world.maybe(0.5):  # an old tablet bumps it once more, from what it saw before the recall
                self._world.after(self._world.between(2, 40), lambda: self.do(ticket, "bump", do.version))
