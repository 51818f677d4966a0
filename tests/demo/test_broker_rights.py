"""Each user may touch only its own topics: asked of real brokers, with MQTT 5 where the broker speaks it.

MQTT 3.1.1 acknowledges a denied publish as if it had been done; only MQTT 5 tells the truth.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from gateway.contract.topics import Topics
from gateway.demo.broker import Kind, broker_command, find_mosquitto
from gateway.demo.children import environment
from gateway.demo.folder import DemoFolder
from gateway.demo.passwords import Passwords, keep_passwords
from gateway.demo.ports import Wanted, choose
from gateway.demo.rights import BRIDGE, GATEWAY, INTEGRATOR, covers

TOPICS = Topics("demo")
WAIT_S = 10.0


class Client:
    """A client whose answers can be waited for."""

    def __init__(self, port: int, user: str, password: str, protocol: int):
        self._news = threading.Condition()
        self._codes: dict[int, bool] = {}
        self.messages: list[tuple[str, bytes]] = []
        self.connected: bool | None = None
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"test-{user}", protocol=protocol)  # type: ignore[arg-type]
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

    def login(self, user: str, password: str | None = None) -> Client:
        known = {
            GATEWAY: self.passwords.mqtt_gateway,
            BRIDGE: self.passwords.mqtt_bridge,
            INTEGRATOR: self.passwords.mqtt_integrator,
        }
        client = Client(self.port, user, known.get(user, "") if password is None else password, self.protocol)
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
        end = time.monotonic() + WAIT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < end, "the broker does not listen"
                time.sleep(0.02)
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
