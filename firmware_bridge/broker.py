"""The wire to the local broker. paho's thread hands over and publishes; it never works and never waits.

Nothing is kept for a broker that is away: states are told again on every connect, and the gateway asks for
results again until it has committed them.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Literal

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from firmware_bridge.config import BrokerConfig
from gateway.contract.client_id import client_id
from gateway.contract.messages import (
    MAX_PAYLOAD,
    BridgeCommand,
    BridgeEvent,
    BridgeState,
    DeviceCommand,
    DeviceEvent,
    DeviceState,
    PrintCommand,
    PrintResult,
)
from gateway.contract.topics import Topics
from gateway.contract.wire import SizeLimit

log = logging.getLogger(__name__)

KEEPALIVE_S = 5
"""The broker publishes our last will 1.5 times this after we vanish without a word."""
RECONNECT_FIRST_S, RECONNECT_MOST_S = 0.5, 2
GOODBYE_S = 0.5
MOST_IN_FLIGHT = 100
"""Publications awaiting the broker; each device has one state and one result at a time."""

MAX_KEY = 128
"""Characters of a job's key that are given back. The gateway's keys have 36."""

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

Retained = tuple[str, bytes]


class Head(msgspec.Struct):
    """What is read of a job whose slip cannot be: enough to answer it."""

    op: Literal["print", "withdraw"]
    key: str
    attempt: int
    copy: int = 1


class Broker:
    """`on_command(device, command)`, `on_desired(document)` and `on_inquiry(command)` are called on paho's thread and
    must return at once; `retained()` lists every state as it is now: who changes one does that first, and tells it
    then."""

    def __init__(
        self,
        config: BrokerConfig,
        topics: Topics,
        bridge: str,
        *,
        on_command: Callable[[str, PrintCommand | DeviceCommand], None],
        on_desired: Callable[[bytes], None],
        on_inquiry: Callable[[BridgeCommand], None],
        retained: Callable[[], Iterable[Retained]],
    ) -> None:
        self._config = config
        self._topics = topics
        self._bridge = bridge
        self._on_command = on_command
        self._on_desired = on_desired
        self._on_inquiry = on_inquiry
        self._retained = retained
        self._listening: frozenset[str] = frozenset()
        self._greeting: int | None = None
        self._missed: set[str] = set()
        """Topics of states that paho did not take: so many publications await the broker."""
        self._encoder = msgspec.json.Encoder()
        self._commands = msgspec.json.Decoder(PrintCommand)
        self._heads = msgspec.json.Decoder(Head)
        self._limit = SizeLimit(log)
        name = f"bridge-{bridge}"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id(name, config.password),
            clean_session=True,
            protocol=mqtt.MQTTv311,
        )
        client.on_pre_connect = lambda *_: _name_thread(name)
        if config.username:
            client.username_pw_set(config.username, config.password)
        will = self._encoder.encode(BridgeState(online=False))
        client.will_set(topics.bridge_state(bridge), will, qos=1, retain=True)
        client.reconnect_delay_set(RECONNECT_FIRST_S, RECONNECT_MOST_S)  # type: ignore[arg-type]
        client.max_inflight_messages_set(MOST_IN_FLIGHT)
        client.max_queued_messages_set(MOST_IN_FLIGHT)
        client.on_socket_open = self._tune
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_publish = self._published
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        self._client = client

    def start(self) -> None:
        """Connects now or as soon as a broker is there."""
        self._client.connect_async(self._config.host, self._config.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Says goodbye, so that nobody waits for the last will."""
        if self._client.is_connected():
            farewell = self._encoder.encode(BridgeState(online=False))
            told = self._client.publish(self._topics.bridge_state(self._bridge), farewell, 1, True)
            with suppress(ValueError, RuntimeError):  # paho's words for: too much is waiting, or the broker is gone
                told.wait_for_publish(GOODBYE_S)
        self._client.disconnect()
        self._client.loop_stop()

    def listen_to(self, printers: Iterable[str], others: Iterable[str]) -> None:
        """The devices whose jobs and commands are ours, from now on."""
        wanted = frozenset(map(self._topics.printer_jobs, printers)) | frozenset(map(self._topics.device_do, others))
        gone, new = self._listening - wanted, wanted - self._listening
        self._listening = wanted
        if self._client.is_connected():
            for topic in gone:
                self._client.unsubscribe(topic)
            for topic in new:
                self._client.subscribe(topic, 1)

    # --- what the devices tell (device.Outlet) ---

    def result(self, printer: str, result: PrintResult) -> None:
        self._publish(self._topics.printer_results(printer), self._encoder.encode(result), retain=False)

    def state(self, device: str, state: DeviceState) -> None:
        self._publish(self._topics.device_state(device), self._encoder.encode(state), retain=True)

    def event(self, device: str, event: DeviceEvent) -> None:
        self._publish(self._topics.device_events(device), self._encoder.encode(event), retain=False)

    def bridge_state(self, state: BridgeState) -> None:
        self._publish(self._topics.bridge_state(self._bridge), self._encoder.encode(state), retain=True)

    def answer(self, event: BridgeEvent) -> None:
        """What was found out. Who asked asks again when it is lost."""
        self._publish(self._topics.bridge_events(self._bridge), self._encoder.encode(event), retain=False)

    def clear_state(self, device: str) -> None:
        """A device that is no longer configured leaves no retained state behind."""
        self._publish(self._topics.device_state(device), b"", retain=True)

    def _publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if not self._client.is_connected() or not self._limit.allows(topic, payload):
            return
        told = self._client.publish(topic, payload, 1, retain)
        if retain and told.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            self._missed.add(topic)

    # --- paho's thread ---

    def _tune(self, _client: mqtt.Client, _data: Any, line: Any) -> None:
        if isinstance(line, socket.socket):  # without it Nagle holds a small result back for 40 ms
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        if code.is_failure:
            log.warning("the broker refuses us: %s", code)
            return
        log.info("connected to the broker at %s:%d", self._config.host, self._config.port)
        wanted = [(self._topics.bridge_desired(self._bridge), 1), (self._topics.bridge_do(self._bridge), 1)]
        wanted += [(topic, 1) for topic in self._listening]
        _, self._greeting = client.subscribe(wanted)

    def _subscribed(self, _client: mqtt.Client, _data: Any, mid: int, _codes: Any, _more: Any) -> None:
        """Only now are the states told: right behind `_connected` paho says again what the broker had not acknowledged
        on the old connection, and the last word stays."""
        if mid == self._greeting:
            self._tell({topic for topic, _ in self._retained()})

    def _published(self, _client: mqtt.Client, _data: Any, _mid: int, _code: Any, _more: Any) -> None:
        missed = set()
        while self._missed:
            missed.add(self._missed.pop())
        self._tell(missed)

    def _tell(self, topics: set[str]) -> None:
        """How these stand now. Its own thread may have told a newer state meanwhile, which the older one from here
        then has overtaken: so it looks again until nothing has changed."""
        said: dict[str, bytes] = {}
        while topics:
            states = dict(self._retained())
            news = {topic: states.get(topic, b"") for topic in topics}
            news = {topic: payload for topic, payload in news.items() if said.get(topic) != payload}
            if not news:
                return
            for topic, payload in news.items():
                self._publish(topic, payload, retain=True)
            said |= news

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        if code.is_failure:
            log.warning("the broker is away: %s", code)

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        match self._topics.levels(message.topic):
            case ["bridges", _, "desired"]:
                if len(message.payload) > MAX_PAYLOAD:
                    log.warning("%s: %d bytes are too many, ignored", message.topic, len(message.payload))
                    return
                self._on_desired(bytes(message.payload))
            case ["bridges", _, "do"]:
                self._ask(message)
            case ["printers", printer, "jobs"]:
                command = self._command(message)
                if command is not None:
                    self._on_command(printer, command)
            case ["devices", device, "do"]:
                self._hand_over(device, message)
            case _:
                log.warning("%s: nobody asked for this", message.topic)

    def _ask(self, message: mqtt.MQTTMessage) -> None:
        try:
            command = msgspec.json.decode(message.payload[: MAX_PAYLOAD + 1], type=BridgeCommand)
        except UNREADABLE as error:
            log.warning("%s: not an inquiry: %s", message.topic, error)
            return
        if len(command.key) > MAX_KEY:
            log.warning("%s: an inquiry whose key has %d characters", message.topic, len(command.key))
            return
        self._on_inquiry(command)

    def _hand_over(self, device: str, message: mqtt.MQTTMessage) -> None:
        try:
            if len(message.payload) <= MAX_PAYLOAD:
                self._on_command(device, msgspec.json.decode(message.payload, type=DeviceCommand))
                return
            wrong = f"{len(message.payload)} bytes, at most {MAX_PAYLOAD}"
        except UNREADABLE as error:
            wrong = str(error)
        log.warning("%s: not a command: %s", message.topic, wrong)

    def _command(self, message: mqtt.MQTTMessage) -> PrintCommand | None:
        """The job; without its slip when that cannot be read or is too large, so that it is answered nevertheless:
        the gateway asks until it has an end. None when not even the key can be read."""
        try:
            if len(message.payload) <= MAX_PAYLOAD:
                return self._commands.decode(message.payload)
            wrong = f"{len(message.payload)} bytes, at most {MAX_PAYLOAD}"
        except UNREADABLE as error:
            wrong = str(error)
        try:
            head = self._heads.decode(message.payload)
        except UNREADABLE:
            log.warning("%s: not a print command: %s", message.topic, wrong)
            return None
        if len(head.key) > MAX_KEY:
            log.warning("%s: a job whose key has %d characters: %s", message.topic, len(head.key), wrong)
            return None
        log.error("%s: the slip of job %s cannot be taken: %s", message.topic, head.key, wrong)
        return PrintCommand(head.op, head.key, head.attempt, None, head.copy)


def _name_thread(name: str) -> None:
    """Runs on paho's thread, which paho names after the client id: its secret part belongs in no log, and every line of
    a log names its thread."""
    threading.current_thread().name = f"paho-mqtt-client-{name}"
