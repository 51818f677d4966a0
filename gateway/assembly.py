"""The only place where the parts of the gateway are made and joined."""

from __future__ import annotations

import logging
import os
import random
import secrets
import string
import threading
import time
from collections.abc import Iterator

import msgspec

from gateway.clock import Clock
from gateway.config import secret
from gateway.connectors.cloud_https import CloudHttps
from gateway.connectors.local_mqtt import LocalMqtt
from gateway.contract.messages import GatewayState
from gateway.contract.topics import Topics
from gateway.domain.actor import HOUSE
from gateway.domain.boot_file import Config
from gateway.domain.now import Now
from gateway.housekeeping import Housekeeping
from gateway.ids import Ids
from gateway.intake import Intake
from gateway.operations import administration, crossing_off
from gateway.operations.uplink import Uplink
from gateway.relays.boards import Boards
from gateway.relays.cloud import CloudRelay
from gateway.relays.displays import Displays
from gateway.relays.inquiries import Inquiries
from gateway.relays.local import LocalRelay
from gateway.relays.papers import Papers
from gateway.relays.poles import Poles
from gateway.runner import Runner
from gateway.station_watch import StationWatch
from gateway.store import Changed, Reader, Store, box, crossings, settings
from gateway.store.ids import newest_tick
from gateway.store.writer import Writer
from gateway.web import views
from gateway.web.events import Hub
from gateway.web.house import House
from gateway.web.servers import Server, make_servers

log = logging.getLogger(__name__)

NONCE_LENGTH = 5


def random_tokens() -> Iterator[str]:
    """Secrets of 128 bits, for tables, sessions and cookies."""
    while True:
        yield secrets.token_urlsafe(16)


def open_store(config: Config) -> Store:
    """Opens the database and gives a new one its identity."""
    store = Store(config.database)
    writer = Writer(store, Ids())
    nonce = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(NONCE_LENGTH))
    founding = store.submit(
        administration.found_box, HOUSE, config.store.id, config.store.box, nonce, secrets.token_bytes(32)
    )
    writer.step(Clock().now())
    founding.result(0)
    return store


class Gateway:
    """The running gateway. `start` returns when both listeners serve; `stop` ends everything within 5 s."""

    def __init__(self, config: Config):
        self.config = config
        self.clock = Clock()
        self.failed = threading.Event()
        self.store = open_store(config)
        self.topics = Topics(config.store.id)
        self.uplink = Uplink()
        self.hub = Hub(self.store, self._snapshot)
        self.broker = LocalMqtt(
            self.topics, config.broker.host, config.broker.port, config.broker.username,
            secret(config.broker.password_file),
        )  # fmt: skip
        self.displays = displays = Displays(self.store, self.topics, self.broker)
        self.papers = Papers(self.store, self.topics, self.broker)
        inquiries = Inquiries(self.store, self.topics, self.broker)
        poles = Poles(self.store, self.topics, self.broker)
        boards = Boards(self.store, self.topics, self.broker)
        self.local = LocalRelay(self.store, self.broker, self.papers, displays, inquiries, poles, boards)
        self.intake = Intake(self.store, self.topics, self.broker, displays.saw)
        self.runners = [
            self._runner("writer", Writer(self.store, Ids(self._newest_tick()))),
            self._runner("local relay", self.local),
            self._runner("intake", self.intake),
            self._runner("hub", self.hub),
            self._runner("housekeeping", self._housekeeping()),
        ]
        self.cloud: CloudHttps | None = None
        if config.cloud is not None:
            self._add_cloud()
        self._join()
        self.servers: list[Server] = make_servers(self._house())

    def _housekeeping(self) -> Housekeeping:
        return Housekeeping(self.store, self.uplink, StationWatch(self.store, self.hub.stations))

    def _newest_tick(self) -> int:
        with self.store.read() as rows:
            return newest_tick(rows)

    def _runner(self, name: str, part: object) -> Runner:
        return Runner(name, part, self.clock, self.failed)  # type: ignore[arg-type]

    def _add_cloud(self) -> None:
        assert self.config.cloud is not None
        with self.store.read() as rows:
            source = box.the(rows).source
        self.cloud = CloudHttps(self.config.cloud.url, secret(self.config.cloud.token_file), source)
        relay = CloudRelay(self.store, self.cloud, self.uplink, random.Random(os.urandom(16)), time.monotonic)
        runner = self._runner("cloud relay", relay)
        relay.wake = runner.wake
        self.runners.append(runner)

    def _join(self) -> None:
        by_name = {runner.name: runner for runner in self.runners}
        local, hub, cloud = by_name["local relay"], by_name["hub"], by_name.get("cloud relay")
        self.store.wake_writer = by_name["writer"].wake
        self.intake.wake = by_name["intake"].wake

        def bridge_came() -> None:
            self.papers.forget()
            self.local.forget_displays()
            local.wake()

        self.intake.on_bridge = bridge_came
        self.intake.bring_again = self.broker.begin_anew
        self.displays.wake = local.wake
        self.broker.on_message = self.intake.offer
        self.broker.on_session = local.wake

        def after_commit(changed: frozenset[Changed]) -> None:
            if changed & {"jobs", "tickets", "settings", "devices", "inquiries", "pass", "everything"}:
                local.wake()
            self.hub.note(changed)
            hub.wake()
            if cloud and changed & {"journal", "everything"}:
                cloud.wake()

        self.store.listen(after_commit)

    def _snapshot(self, rows: Reader, topic: str, now: Now) -> object:
        if topic == "conditions":
            return views.condition_list(rows, self.store, now)
        if topic == "devices":
            return views.device_list(rows)
        if topic == "pass":
            return [crossing_off.said_document(one) for one in crossings.said(rows)]
        return self.uplink.document(rows, now)

    def _house(self) -> House:
        return House(
            self.store, self.clock.now, self.uplink, self.hub, self.config, random_tokens(), self.readiness
        )

    def readiness(self) -> dict[str, tuple[bool, str]]:
        """Each part: able or not, and why not. Only what keeps orders from being taken makes it false."""
        health = self.store.health
        with self.store.read() as rows:
            menu = settings.current_menu(rows) is not None
        parts = {
            "store": (not (health.is_full or health.fatal), health.fatal or ("full" if health.is_full else "")),
            "menu": (menu, "" if menu else "no menu has been imported"),
            # Ordering goes on without the broker and the cloud; they are told, not required.
            "broker": (True, "" if self.broker.session else "not connected"),
            "uplink": (True, "" if self.uplink.look(self.clock.now())[0] else "offline"),
        }
        for runner in self.runners:
            parts[runner.name] = (runner.failed is None, repr(runner.failed) if runner.failed else "")
        return parts

    def start(self) -> None:
        for runner in self.runners:
            runner.start()
        for server in self.servers:
            server.start()
        self.broker.start()
        log.info("guest on port %d, staff on port %d", *(server.port for server in self.servers))

    def stop(self) -> None:
        self.hub.stop()
        for server in self.servers:
            server.stop()
        for runner in self.runners:
            runner.stop()
        if self.cloud:
            self.cloud.close()
        self.broker.stop(msgspec.json.encode(GatewayState("offline")))
        for runner in self.runners:
            if not runner.join(2.0):
                log.warning("%s did not end in time", runner.name)
        self.store.close()
