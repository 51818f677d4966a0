"""The gateway's own client on real brokers: what is said while it is away, and what it had not yet acknowledged."""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from waiting import eventually

from gateway.connectors.local_mqtt import LocalMqtt
from gateway.contract.messages import MAX_PAYLOAD
from gateway.contract.topics import Topics
from gateway.contract.wire import Message
from gateway.demo.broker import Kind, broker_command, find_mosquitto
from gateway.demo.children import environment
from gateway.demo.folder import DemoFolder
from gateway.demo.passwords import Passwords, keep_passwords
from gateway.demo.ports import Wanted, choose
from gateway.demo.rights import BRIDGE, GATEWAY, INTEGRATOR

TOPICS = Topics("demo")
WAIT_S = 15.0


@dataclass
class Broker:
    kind: Kind
    port: int
    passwords: Passwords

    def gateway(self) -> Gateway:
        return Gateway(LocalMqtt(TOPICS, "127.0.0.1", self.port, GATEWAY, self.passwords.mqtt_gateway))

    def client(self, user: str) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{user}")
        secrets = {INTEGRATOR: self.passwords.mqtt_integrator, BRIDGE: self.passwords.mqtt_bridge}
        client.username_pw_set(user, secrets[user])
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        return client

    def say(self, topic: str, *payloads: bytes) -> None:
        """As an integrator's program: QoS 1, and the broker has answered for each."""
        client = self.client(INTEGRATOR)
        for payload in payloads:
            client.publish(topic, payload, qos=1).wait_for_publish(WAIT_S)
        client.disconnect()
        client.loop_stop()


class Gateway:
    """A life of the gateway's client. It acknowledges what it is told to, or nothing."""

    def __init__(self, client: LocalMqtt, acknowledging: bool = True):
        self.client = client
        self.heard: list[Message] = []
        self.acknowledging = acknowledging
        self.takes = True
        client.on_message = self._take

    def _take(self, message: Message) -> bool:
        if not self.takes:
            return False
        self.heard.append(message)
        if self.acknowledging:
            message.acknowledge()
        return True

    def orders(self) -> list[bytes]:
        return self.of(TOPICS.orders())

    def of(self, topic: str) -> list[bytes]:
        return [m.payload for m in self.heard if m.topic == topic]

    def start(self) -> Gateway:
        self.client.start()
        eventually("the gateway is connected", lambda: self.client.session)
        return self

    def stop(self) -> None:
        self.client.stop(b"{}")


@pytest.fixture(
    params=[
        pytest.param("mosquitto", marks=pytest.mark.skipif(not find_mosquitto(), reason="Mosquitto is not installed")),
        pytest.param("embedded", marks=pytest.mark.skipif(not find_spec("amqtt"), reason="amqtt is not installed")),
    ]
)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    folder = DemoFolder(tmp_path / "d")
    folder.make()
    passwords = keep_passwords(folder.secrets)
    wanted = dict.fromkeys(("guest", "staff", "mqtt", "cloud", "proxy"), "127.0.0.1")
    port = choose(Wanted(0, 0, 0, 0), wanted, folder.ports).mqtt
    command = broker_command(request.param, folder, "demo", "127.0.0.1", port, passwords)
    process = subprocess.Popen(command, env=environment())
    try:
        probe = mqtt.Client(CallbackAPIVersion.VERSION2)

        def listens() -> bool:
            try:
                probe.connect("127.0.0.1", port)
            except OSError:
                return False
            probe.disconnect()
            return True

        eventually("the broker listens", listens)
        yield Broker(request.param, port, passwords)
    finally:
        process.terminate()
        assert process.wait(WAIT_S) == 0


def test_what_is_published_while_the_gateway_is_away_is_brought_when_it_is_back(broker: Broker) -> None:
    first = broker.gateway().start()
    broker.say(TOPICS.orders(), b"1")
    eventually("an order", lambda: first.orders() == [b"1"])
    first.stop()
    broker.say(TOPICS.orders(), b"2", b"3")
    second = broker.gateway().start()
    eventually("those of the time between", lambda: len(second.orders()) >= 2)
    second.stop()
    assert second.orders() == [b"2", b"3"]


def test_what_is_retained_is_brought_on_every_connection_as_it_then_is(broker: Broker) -> None:
    """A session that the broker kept must not take the place of the retained states."""
    state = TOPICS.device_state("kitchen")
    bridge = broker.client(BRIDGE)
    bridge.publish(state, b"blocked", qos=1, retain=True).wait_for_publish(WAIT_S)
    for now in (b"blocked", b"degraded", b"online"):
        bridge.publish(state, now, qos=1, retain=True).wait_for_publish(WAIT_S)
        life = broker.gateway().start()
        eventually(f"the state is {now!r}", lambda now=now, life=life: life.of(state)[-1:] == [now])  # type: ignore[misc]
        life.stop()
    bridge.disconnect()
    bridge.loop_stop()


def test_what_was_not_acknowledged_is_brought_again_and_what_was_is_not(broker: Broker) -> None:
    if broker.kind == "embedded":
        pytest.skip("the demo's embedded broker forgets what it has sent once; programs repeat by their key")
    first = broker.gateway().start()
    broker.say(TOPICS.orders(), b"1")
    eventually("an order", lambda: first.orders() == [b"1"])
    first.acknowledging = False
    broker.say(TOPICS.orders(), b"2")
    eventually("another, which is not acknowledged", lambda: first.orders() == [b"1", b"2"])
    first.stop()
    second = broker.gateway().start()
    eventually("it is brought again", lambda: second.orders())
    second.stop()
    assert second.orders() == [b"2"]


def test_what_could_not_be_taken_is_brought_on_the_connection_that_is_begun_for_it(broker: Broker) -> None:
    if broker.kind == "embedded":
        pytest.skip("the demo's embedded broker forgets what it has sent once; programs repeat by their key")
    gateway = broker.gateway().start()
    gateway.takes = False
    broker.say(TOPICS.orders(), b"1", b"2")
    gateway.takes = True
    gateway.client.begin_anew()
    # The second may still have been on its way when room was made, and was taken then; it comes again all the same.
    eventually("they are brought again, in order", lambda: gateway.orders()[-2:] == [b"1", b"2"])
    assert gateway.client.session == 2
    gateway.stop()


@pytest.fixture
def full_house() -> Iterator[None]:
    """Every descriptor up to 1100 is taken, as by a listener's connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    taken = [os.open(os.devnull, os.O_RDONLY)]
    while taken[-1] < 1100:
        taken.append(os.dup(taken[0]))
    yield
    for descriptor in taken:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_gateway_with_1100_connections_finds_a_broker_that_comes_back(broker: Broker, full_house: None) -> None:
    gateway = broker.gateway().start()
    gateway.client.begin_anew()
    eventually("a second connection", lambda: gateway.client.session == 2)
    assert gateway.client.publish(TOPICS.state(), b"{}")
    gateway.stop()


def test_a_message_above_the_limit_is_refused_once_in_the_log_and_the_next_one_goes_out(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """Mosquitto hangs up on it, and paho would say it again on every connection: no slip would go out any more."""
    gateway = broker.gateway().start()
    heard: list[tuple[str, int]] = []
    bridge = broker.client(BRIDGE)
    bridge.on_message = lambda client, data, message: heard.append((message.topic, len(message.payload)))
    ready = threading.Event()
    bridge.on_subscribe = lambda *_: ready.set()
    bridge.subscribe(TOPICS.printer_jobs("+"), 1)
    assert ready.wait(WAIT_S)
    large, next_one = TOPICS.printer_jobs("large"), TOPICS.printer_jobs("next")
    with caplog.at_level(logging.ERROR, "gateway.connectors.local_mqtt"):
        assert [gateway.client.publish(large, b"x" * 80_000) for _ in range(3)] == [False] * 3
        assert not gateway.client.publish(large, b"x" * (MAX_PAYLOAD + 1))
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [large]
    assert gateway.client.publish(next_one, b"x" * MAX_PAYLOAD)
    eventually("the next one is heard", lambda: heard)
    assert (heard, gateway.client.session) == ([(next_one, MAX_PAYLOAD)], 1)
    gateway.stop()
    bridge.disconnect()
    bridge.loop_stop()
