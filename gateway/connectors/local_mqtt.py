"""The local broker, through paho. The thread of its loop hands messages over and never works.

The broker is a wire: what it forgets is said again, what it brings twice changes nothing. MQTT 3.1.1, so that the
demo's embedded broker will do; Mosquitto is what a store has.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.connectors.mqtt_loop import MqttLoop
from gateway.contract.client_id import client_id
from gateway.contract.messages import GatewayState
from gateway.contract.topics import Topics
from gateway.contract.wire import Message, SizeLimit

log = logging.getLogger(__name__)

KEEPALIVE_S = 10
"""A dead broker on the same box is noticed by its closed socket; this is for one that hangs."""

MAX_UNSENT = 1000
"""Messages that may wait inside paho. It is only a wire's buffer: a new connection says everything again."""


class LocalMqtt:
    """Connects by itself, again and again. `session` counts the connections, 0 while there is none."""

    def __init__(self, topics: Topics, host: str, port: int, username: str, password: str):
        self._topics = topics
        self._address = (host, port)
        self._count = 0
        self._connected = False
        self._limit = SizeLimit(log)
        self.on_message: Callable[[Message], bool] = lambda message: False
        self.on_session: Callable[[], None] = lambda: None
        # A session that the broker keeps: what a program or a bridge says while the gateway is away for a moment, and
        # what was not yet acknowledged, is brought when it is back. Everything that comes carries a key or a version,
        # so that an old action is dropped and a repeat does nothing; retained states come on every connection anyway.
        # That session is its holder's who knows the id, so the id has a part that nobody else knows.
        name = f"gateway-{topics.store}"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id(name, password), manual_ack=True, clean_session=False
        )
        client.username_pw_set(username, password)
        client.will_set(topics.state(), msgspec.json.encode(GatewayState("offline")), qos=1, retain=True)
        client.max_queued_messages_set(MAX_UNSENT)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_socket_open = _no_delay
        self._client = client
        self._loop = MqttLoop(client, name, self._lost)

    @property
    def session(self) -> int:
        return self._count if self._connected else 0

    def start(self) -> None:
        self._client.connect_async(*self._address, keepalive=KEEPALIVE_S)
        self._loop.start()

    def stop(self, last_words: bytes) -> None:
        """Says `last_words` as the retained state (a clean goodbye keeps the will from being sent) and disconnects."""
        if self._connected:
            self._client.publish(self._topics.state(), last_words, qos=1, retain=True).wait_for_publish(1.0)
        self._loop.stop()

    def begin_anew(self) -> None:
        """Ends this connection; on the next one, a second or two later, the broker brings what is unacknowledged."""
        line = self._client.socket()
        if isinstance(line, socket.socket):
            with suppress(OSError):  # it is gone already
                line.shutdown(socket.SHUT_RDWR)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """QoS 1. False when there is no connection, and for what is too large; what is lost on the way is the
        caller's to say again. An answer may go before `session` counts: what it answers was kept by the broker."""
        if not self._client.is_connected() or not self._limit.allows(topic, payload):
            return False
        return self._client.publish(topic, payload, qos=1, retain=retain).rc == mqtt.MQTT_ERR_SUCCESS

    def _on_connect(self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            log.warning("the broker refused us: %s", reason)
            return
        t = self._topics
        client.subscribe(
            [
                (topic, 1)
                for topic in (
                    t.printer_results("+"), t.device_state("+"), t.bridge_state("+"), t.ticket_do("+", "+"),
                    t.ticket("+", "+"), t.orders(), t.device_events("+"), t.bridge_events("+"),
                )
            ]
        )  # fmt: skip
        self._count += 1  # what the broker kept for us may come from here on, before it has answered

    def _on_subscribe(self, client: mqtt.Client, userdata: Any, mid: int, reasons: Any, properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            log.error("the broker lets us not hear all that we must: %s", ", ".join(refused))
            return
        # Who reads that the gateway is online may say something to it: nothing is said before it would be heard.
        self._connected = True
        log.info("connected to the broker")
        self.on_session()

    def _on_disconnect(self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if self._connected:
            log.warning("the broker is gone: %s", reason)
        self._lost()

    def _lost(self) -> None:
        self._connected = False
        self.on_session()

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        count, mid, qos = self._count, message.mid, message.qos

        def acknowledge() -> None:
            # The number belongs to its connection; on a new one it would acknowledge another message. While there is
            # none, paho's queue belongs to the thread that connects.
            if qos and count == self._count and client.is_connected():
                client.ack(mid, qos)

        self.on_message(Message(message.topic, bytes(message.payload), bool(message.retain), acknowledge))


def _no_delay(client: mqtt.Client, userdata: Any, sock: Any) -> None:
    # Without it order-to-print takes 49 ms instead of 4 (measured): Nagle waits for the broker's delayed ACK.
    if isinstance(sock, socket.socket) and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
