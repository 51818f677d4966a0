"""The least that a slip's road can be: commit in SQLite, publish through the broker, write to a pty.

`python -m benchmarks.bare_pipe PORT PASSWORD_FILE TTY` is its far end: whatever comes is written to the line.
"""

from __future__ import annotations

import os
import pty
import socket
import sqlite3
import sys
import threading
import time
import tty
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.shop import Shop
from gateway.contract.topics import Topics
from gateway.demo.configuration import STORE
from gateway.demo.rights import GATEWAY

TOPIC = f"{Topics(STORE).prefix}bench/slip"
SLIP = b"\x1b@" + b"0123456789" * 60
"""As long as a kitchen slip in text."""


def client(port: int, password_file: Path, name: str) -> mqtt.Client:
    made = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv311)
    made.username_pw_set(GATEWAY, password_file.read_text().strip())
    made.on_socket_open = _no_delay
    made.connect("127.0.0.1", port)
    return made


def _no_delay(_client: mqtt.Client, _data: Any, line: Any) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class BarePipe:
    """`send()` returns the seconds from the commit's end to the first byte out of the pty."""

    def __init__(self, shop: Shop):
        password_file = shop.folder.secrets / "mqtt-gateway"
        self._line, other = pty.openpty()
        tty.setraw(other)
        shop.start("benchmarks.bare_pipe", str(shop.mqtt_port), str(password_file), os.ttyname(other))
        self._db = sqlite3.connect(shop.folder.root / "pipe.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("CREATE TABLE slips (n INTEGER PRIMARY KEY, body BLOB)")
        self._client = client(shop.mqtt_port, password_file, "bare-pipe-near")
        self._client.loop_start()
        self._first = threading.Event()
        self._at = 0.0
        threading.Thread(target=self._read, name="bare pipe", daemon=True).start()
        self._until_open()

    def _until_open(self) -> None:
        for _ in range(200):
            self._first.clear()
            self._client.publish(TOPIC, SLIP, qos=1)
            if self._first.wait(0.1):
                time.sleep(0.5)
                return
        raise TimeoutError("the far end of the bare pipe did not come up")

    def _read(self) -> None:
        while os.read(self._line, 4096):
            if not self._first.is_set():
                self._at = time.monotonic()
                self._first.set()

    def send(self) -> float:
        self._first.clear()
        self._db.execute("INSERT INTO slips (body) VALUES (?)", (SLIP,))
        committed = time.monotonic()
        self._client.publish(TOPIC, SLIP, qos=1)
        if not self._first.wait(10):
            raise TimeoutError("nothing came out of the bare pipe")
        return self._at - committed


def far_end(port: int, password_file: Path, line: str) -> None:
    out = os.open(line, os.O_RDWR | os.O_NOCTTY)
    near = client(port, password_file, "bare-pipe-far")
    near.on_message = lambda _client, _data, message: os.write(out, message.payload)
    near.on_connect = lambda made, *_: made.subscribe(TOPIC, 1)
    near.loop_forever()


if __name__ == "__main__":
    far_end(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
