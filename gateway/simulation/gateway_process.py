"""The gateway as `assembly.Gateway` joins it, without threads, doors and sockets; it can die at any moment.

Dying means: no goodbye, no checkpoint, whatever was not committed is gone. The next life opens a copy of the files as
they lay on the disk at that moment.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from gateway.contract.topics import Topics
from gateway.contract.wire import Message
from gateway.domain.actor import Actor
from gateway.domain.now import Now
from gateway.housekeeping import Housekeeping
from gateway.intake import MAX_HELD, Intake
from gateway.operations.uplink import Uplink
from gateway.relays.cloud import CloudRelay
from gateway.relays.displays import Displays
from gateway.relays.inquiries import Inquiries
from gateway.relays.local import LocalRelay
from gateway.relays.papers import Papers
from gateway.simulation.broker import Broker, Client
from gateway.simulation.cloud import CloudLine
from gateway.simulation.disk import FaultyConnection
from gateway.simulation.world import Broken, Ids, Motor, ProcessDied, World
from gateway.station_watch import StationWatch
from gateway.store import MAX_WAITING, Changed, Pending, Reader, Store
from gateway.store.ids import newest_tick
from gateway.store.writer import Writer
from gateway.web import views
from gateway.web.events import Hub

SUBSCRIBED = ("printers/+/results", "devices/+/state", "bridges/+/state", "stations/+/tickets/+/do",
              "stations/+/tickets/+", "orders")  # fmt: skip


class Life:
    """One process from its start to its end."""

    def __init__(
        self, world: World, path: Path, topics: Topics, broker: Broker, cloud: CloudLine,
        failed: Callable[[Life, str, BaseException], None],
    ):  # fmt: skip
        self.world = world
        self.path = path
        self.dead = False
        self.began = world.time
        self.store = Store(path)
        self.disk = FaultyConnection(self.store.writer_connection, world)
        self.store.writer_connection = cast(Any, self.disk)
        self.uplink = Uplink()
        self.hub = Hub(self.store, self._snapshot)
        will = (topics.state(), b'{"status":"offline"}')
        self.client = Client(
            world, broker, "gateway", lambda: [topics.prefix + t for t in SUBSCRIBED], self._on_message,
            self._on_session, will,
        )  # fmt: skip
        displays = Displays(self.store, topics, self.client)
        papers = Papers(self.store, topics, self.client)
        inquiries = Inquiries(self.store, topics, self.client)
        self.intake = Intake(self.store, topics, self.client, displays.saw)
        with self.store.read() as rows:
            ids = Ids(world, newest_tick(rows))
        cloud_relay = CloudRelay(
            self.store, cloud.connection_of(self), self.uplink, world.chance, lambda: world.now().monotonic
        )
        watch = StationWatch(self.store, self.hub.stations)
        self.motors = {
            name: Motor(world, name, step, lambda name, error: failed(self, name, error))
            for name, step in (
                ("writer", Writer(self.store, ids).step),
                ("local relay", LocalRelay(self.store, self.client, papers, displays, inquiries).step),
                ("intake", self.intake.step),
                ("hub", self.hub.step),
                ("housekeeping", Housekeeping(self.store, self.uplink, watch).step),
                ("cloud relay", cloud_relay.step),
            )
        }
        cloud_relay.wake = self.motors["cloud relay"].wake
        self.store.wake_writer = self.motors["writer"].wake
        self.intake.wake = self.motors["intake"].wake
        self.store.listen(self._after_commit)

    def start(self) -> None:
        self.world.process_began = self.world.time
        for motor in self.motors.values():
            motor.wake()
        self.client.connect_soon(0.01, 0.3)

    def _after_commit(self, changed: frozenset[Changed]) -> None:
        if changed & {"jobs", "tickets", "settings", "devices", "inquiries", "pass", "everything"}:
            self.motors["local relay"].wake()
        self.hub.note(changed)
        self.motors["hub"].wake()
        if changed & {"journal", "everything"}:
            self.motors["cloud relay"].wake()

    def _on_message(self, topic: str, payload: bytes, retained: bool, acknowledge: Callable[[], None]) -> None:
        if len(self.store.waiting) > MAX_WAITING:
            raise Broken(f"{len(self.store.waiting)} operations wait for the writer, at most {MAX_WAITING} may")
        taken = self.intake.offer(Message(topic, payload, retained, acknowledge))
        if not taken and not self.world.quiet:
            self.world.note(f"the intake is full: at most {MAX_HELD}")

    def _on_session(self) -> None:
        self.motors["local relay"].wake()

    def _snapshot(self, rows: Reader, topic: str, now: Now) -> object:
        if topic == "conditions":
            return views.condition_list(rows, self.store, now)
        return views.device_list(rows) if topic == "devices" else self.uplink.document(rows, now)


class GatewayProcess:
    """Dies and is started again, as systemd does it. `life` is None in between."""

    def __init__(self, world: World, folder: Path, topics: Topics, broker: Broker, cloud: CloudLine):
        self._world = world
        self._folder = folder
        self._topics = topics
        self._broker = broker
        self._cloud = cloud
        self._lives = 0
        self._up = False
        self.path = folder / "gateway-0.db"
        self.life: Life | None = None
        self.deaths = 0
        self.started: Callable[[Life], None] = lambda life: None

    def start(self) -> None:
        if self.life is not None:
            return
        self._world.note("the gateway starts")
        self.life = Life(self._world, self.path, self._topics, self._broker, self._cloud, self._part_failed)
        self.started(self.life)
        self.life.start()

    def submit(self, operation: Callable[..., Any], actor: Actor, *args: Any) -> Pending | None:
        """As the doors do it. None while there is nobody at the door."""
        if self.life is None:
            return None
        return self.life.store.submit(operation, actor, *args)

    def die(self, again_after: float | None = None) -> None:
        """SIGKILL. The files are taken as they lie; a clean close would fold the log into the database."""
        life, self.life = self.life, None
        if life is None:
            return
        self._world.note("the gateway is dead")
        self.deaths += 1
        self._lives += 1
        life.dead = True
        for motor in life.motors.values():
            motor.stopped = True
        life.client.died()
        self.path = self._folder / f"gateway-{self._lives}.db"
        for ending in ("", "-wal"):
            left = Path(f"{life.path}{ending}")
            if left.exists():
                shutil.copyfile(left, f"{self.path}{ending}")
        life.store.waiting.clear()
        life.store.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{life.path}{ending}").unlink(missing_ok=True)
        self._world.after(self._world.between(0.3, 2.0) if again_after is None else again_after, self.start)

    def close(self) -> None:
        if self.life is not None:
            self.life.store.close()
            self.life = None

    def _part_failed(self, life: Life, name: str, error: BaseException) -> None:
        if isinstance(error, Broken):
            raise error
        if isinstance(error, ProcessDied) or getattr(error, "fatal", False):
            if life is self.life:
                self.die()
            return
        raise Broken(f"the part '{name}' let an error out: {error!r}") from error
