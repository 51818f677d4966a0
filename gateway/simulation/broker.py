"""The broker between the programs: QoS 1 in order within a connection, and what breaks when connections break.

A message on its way when a connection ends is lost, or arrives and is sent again on the next one. Nothing is kept
over a restart (persistence false): retained messages and whatever waited are gone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gateway.simulation.world import World

MAX_IN_FLIGHT = 20
"""Messages that the broker sends without an acknowledgement (Mosquitto's own default)."""

MAX_UNSENT = 1000
"""What paho keeps for the next connection."""

OnMessage = Callable[[str, bytes, bool, Callable[[], None]], None]
"""(topic, payload, retained, acknowledge)."""


def matches(pattern: str, topic: str) -> bool:
    wanted, given = pattern.split("/"), topic.split("/")
    return len(wanted) == len(given) and all(w in ("+", g) for w, g in zip(wanted, given, strict=True))


@dataclass
class Connection:
    """One life of a client's connection, seen from the broker."""

    client: Client
    patterns: list[str]
    waiting: deque[tuple[str, bytes, bool]] = field(default_factory=deque)
    in_flight: int = 0
    down_free: float = 0.0
    up_free: float = 0.0
    open: bool = True


class Client:
    """A program's side: what paho does for it. `session` counts connections, 0 while there is none."""

    def __init__(
        self, world: World, broker: Broker, name: str, patterns: Callable[[], Iterable[str]], on_message: OnMessage,
        on_session: Callable[[], None] = lambda: None, will: tuple[str, bytes] | None = None,
    ):  # fmt: skip
        self.name = name
        self._world = world
        self._broker = broker
        self._patterns = patterns
        self.on_message = on_message
        self.on_session = on_session
        self.will = will
        self.connection: Connection | None = None
        self._count = 0
        self._alive = True
        self._unacknowledged: deque[tuple[str, bytes, bool]] = deque(maxlen=MAX_UNSENT)

    @property
    def session(self) -> int:
        return self._count if self.connection is not None else 0

    def connect_soon(self, low: float = 0.5, high: float = 2.0) -> None:
        self._world.after(self._world.between(low, high), self._connect)

    def _connect(self) -> None:
        if not self._alive or self.connection is not None:
            return
        if not self._broker.up:
            self.connect_soon()
            return
        self._count += 1
        self.connection = Connection(self, list(self._patterns()))
        self._world.note(f"{self.name} connects to the broker")
        self._broker.joined(self.connection)
        again, self._unacknowledged = list(self._unacknowledged), deque(maxlen=MAX_UNSENT)
        for topic, payload, retain in again:
            self.publish(topic, payload, retain)
        self.on_session()

    def listen_to(self, pattern: str) -> None:
        if self.connection is not None and pattern not in self.connection.patterns:
            self.connection.patterns.append(pattern)
            self._broker.show_retained(self.connection, pattern)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        connection = self.connection
        if connection is None:
            return False
        message = (topic, payload, retain)
        self._unacknowledged.append(message)
        connection.up_free = max(connection.up_free, self._world.time) + self._world.between(0.0002, 0.004)
        self._world.at(connection.up_free, lambda: self._arrived(connection, message))
        return True

    def _arrived(self, connection: Connection, message: tuple[str, bytes, bool]) -> None:
        if not connection.open:
            return
        self._broker.take(*message)
        if message in self._unacknowledged:
            self._unacknowledged.remove(message)

    def broken(self, with_will: bool) -> None:
        """The connection ends without a word. What was on its way arrives or not; the client sends it again."""
        connection = self.connection
        if connection is None:
            return
        connection.open = False
        self.connection = None
        for message in list(self._unacknowledged):
            if self._broker.up and self._world.maybe(0.5):
                self._broker.take(*message)
        self._broker.left(connection)
        if with_will and self.will and self._broker.up:
            self._broker.take(*self.will, True)
        if self._alive:
            self.on_session()
            self.connect_soon()

    def died(self) -> None:
        """The program is gone, and with it what it meant to send."""
        self._alive = False
        self.broken(with_will=True)


class Broker:
    def __init__(self, world: World):
        self._world = world
        self.up = True
        self.retained: dict[str, bytes] = {}
        self._connections: list[Connection] = []

    def joined(self, connection: Connection) -> None:
        self._connections.append(connection)
        for pattern in connection.patterns:
            self.show_retained(connection, pattern)

    def left(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)

    def show_retained(self, connection: Connection, pattern: str) -> None:
        for topic, payload in list(self.retained.items()):
            if matches(pattern, topic):
                self._send(connection, topic, payload, True)

    def take(self, topic: str, payload: bytes, retain: bool) -> None:
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        for connection in self._connections:
            if any(matches(pattern, topic) for pattern in connection.patterns):
                self._send(connection, topic, payload, False)

    def _send(self, connection: Connection, topic: str, payload: bytes, retained: bool) -> None:
        connection.waiting.append((topic, payload, retained))
        self._pump(connection)

    def _pump(self, connection: Connection) -> None:
        while connection.waiting and connection.in_flight < MAX_IN_FLIGHT:
            message = connection.waiting.popleft()
            connection.in_flight += 1
            connection.down_free = max(connection.down_free, self._world.time) + self._world.between(0.0002, 0.004)
            self._world.at(connection.down_free, lambda message=message: self._deliver(connection, *message))  # type: ignore[misc]

    def _deliver(self, connection: Connection, topic: str, payload: bytes, retained: bool) -> None:
        if not connection.open:
            return

        def acknowledge() -> None:
            if connection.open:
                connection.in_flight -= 1
                self._pump(connection)

        connection.client.on_message(topic, payload, retained, acknowledge)

    def die(self) -> None:
        self._world.note("the broker dies")
        self.up = False
        self.retained.clear()
        for connection in list(self._connections):
            connection.client.broken(with_will=False)
        self._connections.clear()

    def start(self) -> None:
        if not self.up:
            self._world.note("the broker is back")
            self.up = True

    def cut(self, client: Client) -> None:
        """One connection breaks; its will is published."""
        if client.connection is not None:
            self._world.note(f"the connection of {client.name} breaks")
            client.broken(with_will=True)
