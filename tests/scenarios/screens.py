"""A kitchen screen and a foreign display as programs: what a feed really said, event by event."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from running_demo import RunningDemo
from waiting import eventually


@dataclass(frozen=True)
class Event:
    id: str
    name: str
    data: Any
    at: float
    """Monotonic seconds of its arrival."""


class Screen:
    """One stream of server-sent events, read by a thread of its own."""

    def __init__(self, demo: RunningDemo, topics: str, name: str = "", last_event_id: str = ""):
        address = urlsplit(demo.info["staff_url"])
        self.events: list[Event] = []
        self.comments = 0
        self.ended = threading.Event()
        self.last_event_id = last_event_id
        self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        headers = dict(demo.bearer) | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        name = name or f"test-{uuid.uuid4().hex[:8]}"
        self._connection.request("GET", f"/api/v1/events?topics={topics}&screen={name}", headers=headers)
        # Kept: http.client gives its own away to the answer, and only this one can be shut under its reader.
        self._socket = self._connection.sock
        self._reply = self._connection.getresponse()
        self.status = self._reply.status
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
        else:
            self.ended.set()

    def _read(self) -> None:
        identity, name, data = "", "", []
        try:
            for raw in self._reply:
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments += 1
                elif line.startswith("id: "):
                    identity = line[4:]
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif not line and name:
                    if identity:
                        self.last_event_id = identity
                    self.events.append(Event(identity, name, json.loads("\n".join(data)), time.monotonic()))
                    identity, name, data = "", "", []
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # closed by us, or the gateway is gone: both end the stream
        finally:
            self.ended.set()

    def of(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    def wait_for(self, what: str, name: str, count: int = 1, within_s: float = 10.0) -> list[Event]:
        return list(eventually(what, lambda: found if len(found := self.of(name)) >= count else None, within_s))

    def tickets(self) -> dict[str, dict[str, Any]]:
        """What stands on the screen: the snapshots, then every change on top. Cleared ones are gone."""
        shown: dict[str, dict[str, Any]] = {}
        for event in list(self.events):
            if event.name == "reset":
                shown.clear()
            elif event.name == "snapshot" and event.data["topic"].startswith("tickets:"):
                station = event.data["topic"].partition(":")[2]
                shown = {i: t for i, t in shown.items() if t["station"] != station}
                shown |= {ticket["id"]: ticket for ticket in event.data["tickets"]}
            elif event.name == "ticket":
                shown[event.data["id"]] = event.data
        return {i: ticket for i, ticket in shown.items() if ticket["cleared_at"] is None}

    def close(self) -> None:
        with suppress(OSError):  # the gateway was faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self.ended.wait(5)
        self._connection.close()


class Display:
    """A display that is not ours: MQTT 5, the integrator's login, only the topics it may see."""

    def __init__(self, demo: RunningDemo, subscribe: tuple[str, ...] = ("stations/#",)):
        self.prefix = f"tablepass/{demo.info['store']}/"
        self.retained: dict[str, bytes] = {}
        self.messages: list[tuple[str, bytes, bool]] = []
        self._subscribed = threading.Event()
        self._topics = subscribe
        info = demo.info["mqtt"]
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, f"display-{uuid.uuid4().hex[:8]}", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.username_pw_set(info["username"], info["password"])
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async(info["host"], info["port"], keepalive=10)
        self._client.loop_start()
        assert self._subscribed.wait(15), "the broker did not take the display's subscription"

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        # A display starts from nothing on each connection: the retained state is the whole truth.
        self.retained.clear()
        client.subscribe([(self.prefix + topic, mqtt.SubscribeOptions(qos=1)) for topic in self._topics])

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        topic = message.topic.removeprefix(self.prefix)
        self.messages.append((topic, bytes(message.payload), bool(message.retain)))
        if message.payload:
            self.retained[topic] = bytes(message.payload)
        else:
            self.retained.pop(topic, None)

    def tickets(self) -> dict[str, dict[str, Any]]:
        found = {}
        for topic, payload in list(self.retained.items()):
            match topic.split("/"):
                case ["stations", _, "tickets", ticket]:
                    found[ticket] = json.loads(payload)
        return found

    def say(self, topic: str, value: Any) -> None:
        payload = value if isinstance(value, bytes) else json.dumps(value).encode()
        self._client.publish(self.prefix + topic, payload, qos=1).wait_for_publish(5)

    def heard(self, topic: str) -> list[Any]:
        return [json.loads(payload) for name, payload, _ in list(self.messages) if name == topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def reset(sock: socket.socket) -> None:
    """Closes by RST and leaves nothing behind in the kernel."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
