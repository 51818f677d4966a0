"""The thread that keeps a paho client connected.

paho's own loop waits with select(), which takes no descriptor past 1023, and the listeners may hold 1300 connections:
a broker that came back while the house is full would find nobody. Only paho's documented calls for a foreign loop.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from contextlib import suppress

import paho.mqtt.client as mqtt

log = logging.getLogger(__name__)

RECONNECT_S = 1.0
"""The broker is on the same box: a refused attempt costs next to nothing, and every second without it shows."""

LOOK_S = 1.0
"""The longest sleep between two looks at paho's keep-alive, which counts in seconds."""

GOODBYE_S = 1.0
"""For a goodbye that the line does not take."""


class MqttLoop:
    """Connects, and connects again, from `start` to `stop`. The client's address is set by its `connect_async`.

    Every callback of the client runs on this thread, and only this thread touches its socket.
    """

    def __init__(self, client: mqtt.Client, name: str):
        self._client = client
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{name}", daemon=True)
        client.on_socket_register_write = lambda *_: self._ring()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Says goodbye to the broker and ends the thread."""
        self._stopping.set()
        self._ring()
        self._thread.join()
        self._rung.close()
        self._heard.close()

    def _ring(self) -> None:
        with suppress(OSError):  # it was rung a thousand times already, or nobody listens any more
            self._rung.send(b"!")

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._client.reconnect()
            except OSError as error:
                log.debug("no broker: %s", error)
            else:
                self._serve()
            self._stopping.wait(RECONNECT_S)

    def _serve(self) -> None:
        """Until the connection has ended."""
        leaves_at: float | None = None
        while (line := self._client.socket()) is not None:
            assert isinstance(line, socket.socket)
            if leaves_at is None and self._stopping.is_set():
                leaves_at = time.monotonic() + GOODBYE_S
                self._client.disconnect()
            elif leaves_at is not None and time.monotonic() > leaves_at:
                with suppress(OSError):  # it is gone already
                    line.shutdown(socket.SHUT_RDWR)
            self._turn(line)

    def _turn(self, line: socket.socket) -> None:
        waiting = select.poll()
        waiting.register(self._heard, select.POLLIN)
        waiting.register(line, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        happened = dict(waiting.poll(LOOK_S * 1000))
        if self._heard.fileno() in happened:
            self._heard.recv(4096)
        if happened.get(line.fileno(), 0) & ~select.POLLOUT:
            self._client.loop_read()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
