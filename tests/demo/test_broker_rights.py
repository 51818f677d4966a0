"""Each user may touch only its own topics: asked of real brokers, with MQTT 5 where the broker speaks it.

MQTT 3.1.1 acknowledges a denied publish as if it had been done; only MQTT 5 tells the truth.
"""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from waiting import eventually

from firmware_bridge.broker import Broker as BridgeBroker
from firmware_bridge.config import BrokerConfig
from gateway.connectors.local_mqtt import LocalMqtt
from gateway.contract.client_id import client_id
from gateway.contract.messages import PrintCommand
from gateway.contract.topics import Topics
from gateway.contract.wire import Message
from gateway.demo.broker import Kind, broker_command, find_mosquitto
from gateway.demo.children import environment
from gateway.demo.folder import DemoFolder
from gateway.demo.passwords import Passwords, keep_passwords
from gateway.demo.ports import Wanted, choose
from gateway.demo.rights import BRIDGE, GATEWAY, INTEGRATOR, covers, rights_of_users

ROOT = Path(__file__).resolve().parents[2]
TOPICS = Topics("demo")
WAIT_S = 10.0


class Client:
    """A client whose answers can be waited for."""

    def __init__(self, port: int, user: str, password: str, protocol: int, name: str = ""):
        self._news = threading.Condition()
        self._codes: dict[int, bool] = {}
        self.messages: list[tuple[str, bytes]] = []
        self.connected: bool | None = None
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name or f"test-{user}", protocol=protocol)  # type: ignore[arg-type]
        if user:
            client.username_pw_set(user, password)
        client.on_connect = self._on_connect
        client.on_subscribe = lambda _c, _u, mid, codes, _p: self._note(mid, codes[0].is_failure)
        client.on_publish = lambda _c, _u, mid, code, _p: self._note(mid, code.is_failure)
        client.on_message = self._on_message
        self.client = client
        client.connect("127.0.0.1", port)
        client.loop_start()
        self.wait(lambda: self.connected is not None)

    def _on_connect(self, _c: Any, _u: Any, _f: Any, code: Any, _p: Any) -> None:
        with self._news:
            self.connected = not code.is_failure
            self._news.notify_all()

    def _note(self, mid: int, failed: bool) -> None:
        with self._news:
            self._codes[mid] = not failed
            self._news.notify_all()

    def _on_message(self, _c: Any, _u: Any, message: mqtt.MQTTMessage) -> None:
        with self._news:
            self.messages.append((message.topic, message.payload))
            self._news.notify_all()

    def wait(self, what: Any) -> Any:
        with self._news:
            assert self._news.wait_for(what, WAIT_S), "no answer from the broker"
            return what()

    def subscribe(self, topic: str) -> bool:
        _, mid = self.client.subscribe(topic, qos=1)
        assert mid is not None
        self.wait(lambda: mid in self._codes)
        return self._codes[mid]

    def publish(self, topic: str, payload: bytes = b"{}", retain: bool = False) -> bool:
        """Whether the broker says that it took it."""
        mid = self.client.publish(topic, payload, qos=1, retain=retain).mid
        self.wait(lambda: mid in self._codes)
        return self._codes[mid]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Broker:
    def __init__(self, kind: Kind, port: int, passwords: Passwords):
        self.kind, self.port, self.passwords = kind, port, passwords
        self.protocol = mqtt.MQTTv5 if kind == "mosquitto" else mqtt.MQTTv311
        self._clients: list[Client] = []

    def login(self, user: str, password: str | None = None, name: str = "") -> Client:
        known = {
            GATEWAY: self.passwords.mqtt_gateway,
            BRIDGE: self.passwords.mqtt_bridge,
            INTEGRATOR: self.passwords.mqtt_integrator,
        }
        client = Client(self.port, user, known.get(user, "") if password is None else password, self.protocol, name)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("mosquitto", marks=pytest.mark.skipif(not find_mosquitto(), reason="Mosquitto is not installed")),
        pytest.param("embedded", marks=pytest.mark.skipif(not find_spec("amqtt"), reason="amqtt is not installed")),
    ],
)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    folder = DemoFolder(tmp_path_factory.mktemp("店 1") / "d")
    folder.make()
    passwords = keep_passwords(folder.secrets)
    port = choose(
        Wanted(0, 0, 0, 0), dict.fromkeys(("guest", "staff", "mqtt", "cloud", "proxy"), "127.0.0.1"), folder.ports
    ).mqtt
    command = broker_command(request.param, folder, "demo", "127.0.0.1", port, passwords)
    process = subprocess.Popen(command, env=environment())
    try:

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        eventually("the broker listens", listens)
        running = Broker(request.param, port, passwords)
        yield running
        running.close()
    finally:
        process.terminate()
        assert process.wait(WAIT_S) == 0


@pytest.mark.parametrize(("user", "password"), [(GATEWAY, "guessed"), ("", ""), ("nobody", "x")])
def test_who_does_not_know_a_password_is_refused(broker: Broker, user: str, password: str) -> None:
    assert broker.login(user, password).connected is False


def test_a_bridge_takes_its_jobs_and_answers_and_nothing_else(broker: Broker) -> None:
    gateway, bridge = broker.login(GATEWAY), broker.login(BRIDGE)
    assert gateway.subscribe(f"{TOPICS.prefix}#")
    for topic in (TOPICS.printer_jobs("+"), TOPICS.bridge_desired(BRIDGE), TOPICS.device_do("kitchen")):
        assert bridge.subscribe(topic), topic
    for topic in (
        "#",
        f"{TOPICS.prefix}#",
        TOPICS.bridge_desired("bridge-2"),
        TOPICS.ticket("wok", "+"),
        TOPICS.orders(),
    ):
        assert not bridge.subscribe(topic), topic
    assert gateway.publish(TOPICS.printer_jobs("kitchen"), b"job")
    bridge.wait(lambda: bridge.messages)
    assert bridge.messages[0] == (TOPICS.printer_jobs("kitchen"), b"job")
    for topic in (TOPICS.ticket("wok", "1"), TOPICS.bridge_state("bridge-2"), TOPICS.printer_jobs("kitchen")):
        taken = bridge.publish(topic, b"forged")
        assert not taken or broker.kind == "embedded", topic
    assert bridge.publish(TOPICS.printer_results("kitchen"), b"result")
    gateway.wait(lambda: (TOPICS.printer_results("kitchen"), b"result") in gateway.messages)
    assert not [m for m in gateway.messages if m[1] == b"forged"]


def test_an_integrator_orders_and_watches_and_nothing_else(broker: Broker) -> None:
    gateway, integrator = broker.login(GATEWAY), broker.login(INTEGRATOR)
    assert gateway.subscribe(TOPICS.orders())
    for topic in (f"{TOPICS.prefix}stations/#", TOPICS.ticket("bar", "+"), TOPICS.state(), TOPICS.order_result("k1")):
        assert integrator.subscribe(topic), topic
    for topic in (f"{TOPICS.prefix}printers/#", TOPICS.bridge_desired("+"), TOPICS.orders(), "$SYS/#", "$CONTROL/#"):
        assert not integrator.subscribe(topic), topic
    assert integrator.publish(TOPICS.orders(), b"order")
    gateway.wait(lambda: (TOPICS.orders(), b"order") in gateway.messages)
    for topic in (TOPICS.ticket("wok", "1"), TOPICS.order_result("k1"), TOPICS.printer_jobs("kitchen")):
        taken = integrator.publish(topic, b"forged")
        assert not taken or broker.kind == "embedded", topic
    assert gateway.publish(TOPICS.order_result("k1"), b"result")
    integrator.wait(lambda: (TOPICS.order_result("k1"), b"result") in integrator.messages)
    assert not [m for m in integrator.messages if m[1] == b"forged"]


def test_nobody_takes_the_gateways_session_and_the_orders_in_it_by_its_name(broker: Broker) -> None:
    """A broker gives a session to whoever connects with its client id, under whatever user."""
    mine = broker.login(GATEWAY)
    assert mine.subscribe(TOPICS.state())
    life = LocalMqtt(TOPICS, "127.0.0.1", broker.port, GATEWAY, broker.passwords.mqtt_gateway)
    life.start()
    eventually("the gateway is connected", lambda: life.session)
    thief = broker.login(INTEGRATOR, name="gateway-demo")
    assert life.publish(TOPICS.state(), b"still here")
    mine.wait(lambda: mine.messages)
    assert (mine.messages, life.session) == ([(TOPICS.state(), b"still here")], 1)
    thief.close()
    life.stop(b"away")
    assert broker.login(INTEGRATOR).publish(TOPICS.orders(), b"an order")
    broker.login(INTEGRATOR, name="gateway-demo").close()
    heard: list[bytes] = []
    back = LocalMqtt(TOPICS, "127.0.0.1", broker.port, GATEWAY, broker.passwords.mqtt_gateway)

    def take(message: Message) -> bool:
        heard.append(message.payload)
        message.acknowledge()
        return True

    back.on_message = take
    back.start()
    eventually("the order is brought", lambda: b"an order" in heard, seen=lambda: heard)
    back.stop(b"away")
    assert mine.publish(TOPICS.state(), b"", retain=True)


def test_nobody_takes_a_bridges_place_by_its_name(broker: Broker) -> None:
    gateway = broker.login(GATEWAY)
    assert gateway.subscribe(TOPICS.bridge_state(BRIDGE))
    jobs: list[str] = []
    bridge = BridgeBroker(
        BrokerConfig("127.0.0.1", broker.port, BRIDGE, broker.passwords.mqtt_bridge),
        TOPICS,
        BRIDGE,
        on_command=lambda printer, command: jobs.append(command.key),
        on_desired=lambda document: None,
        on_inquiry=lambda command: None,
        retained=lambda: [(TOPICS.bridge_state(BRIDGE), b"here")],
    )
    bridge.listen_to(["kitchen"], [])
    bridge.start()
    gateway.wait(lambda: gateway.messages)
    broker.login(INTEGRATOR, name=f"bridge-{BRIDGE}")
    assert gateway.publish(TOPICS.printer_jobs("kitchen"), msgspec.json.encode(PrintCommand("withdraw", "k1", 1)))
    eventually("the bridge has the job", lambda: jobs)
    assert (jobs, gateway.messages) == (["k1"], [(TOPICS.bridge_state(BRIDGE), b"here")])
    bridge.stop()
    assert gateway.publish(TOPICS.bridge_state(BRIDGE), b"", retain=True)


def test_a_client_id_has_a_part_that_only_its_program_knows_and_keeps() -> None:
    one = client_id("gateway-demo", "password-1")
    assert re.fullmatch(r"gateway-demo-[0-9a-f]{16}", one)
    assert one == client_id("gateway-demo", "password-1")
    assert one != client_id("gateway-demo", "password-2")


def test_no_thread_and_so_no_line_of_a_log_names_the_secret_part(broker: Broker) -> None:
    password = broker.passwords.mqtt_gateway
    life = LocalMqtt(TOPICS, "127.0.0.1", broker.port, GATEWAY, password)
    life.start()
    eventually("the gateway is connected", lambda: life.session)
    names = {thread.name for thread in threading.enumerate()}
    assert "mqtt-gateway-demo" in names
    assert not [name for name in names if client_id("gateway-demo", password) in name]
    life.stop(b"")


def test_the_words_name_every_user_of_the_broker_and_promise_none_that_is_not_there() -> None:
    words = {
        path: " ".join((ROOT / path).read_text(encoding="utf-8").replace("#", " ").split())
        for path in ("docs/mqtt.md", "SECURITY.md", "config/mosquitto.conf")
    }
    for user in rights_of_users("demo"):
        assert f"`{user}`" in words["docs/mqtt.md"], user
    for path, text in words.items():
        assert not re.search(r"(each|every)[\w ,]* (display|screen)[\w ,]* own user", text, re.IGNORECASE), path


def test_a_ticket_is_retained_until_it_is_cleared(broker: Broker) -> None:
    gateway = broker.login(GATEWAY)
    ticket, second = TOPICS.ticket("bar", "kept"), TOPICS.ticket("bar", "cleared")
    assert gateway.publish(ticket, b"open", retain=True)
    assert gateway.publish(second, b"open", retain=True)
    assert gateway.publish(second, b"", retain=True)
    late = broker.login(INTEGRATOR)
    assert late.subscribe(TOPICS.ticket("bar", "+"))
    late.wait(lambda: late.messages)
    assert set(late.messages) == {(ticket, b"open")}


@pytest.mark.parametrize(
    ("allowed", "asked", "is_covered"),
    [
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "a/#", True),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/+/c", True),
        ("a/+/c", "a/#", False),
        ("a/b/c", "a/+/c", False),
        ("a/+", "a/b/c", False),
        ("a/b", "a", False),
        ("#", "$SYS/broker", False),
        ("+/x", "$SYS/x", False),
    ],
)
def test_a_filter_covers_only_what_is_within_it(allowed: str, asked: str, is_covered: bool) -> None:
    assert covers(allowed, asked) is is_covered
