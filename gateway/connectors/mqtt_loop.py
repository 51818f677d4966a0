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
from collections.abc import Callable
from contextlib import suppress

import paho.mqtt.client as mqtt

log = logging.getLogger(__name__)

RECONNECT_S = 1.0
"""The broker is on the same box: a refused attempt costs next to nothing, and every second without it shows."""

LOOK_S = 1.0
"""The longest sleep between two looks at paho's keep-alive, which counts in seconds."""

CONNECT_S = 1.0
"""For a broker that drops packets: `stop` may have to wait for it."""

GOODBYE_S = 1.0
"""For a goodbye that the line does not take."""

STOP_S = 3.0
"""Connecting and the goodbye, and what a slow machine adds. A thread that hangs in the resolver is left to its end."""


class MqttLoop:
    """Connects, and connects again, from `start` to `stop`. The client's address is set by its `connect_async`.

    Only this thread reads from the socket and writes to it. Whatever a callback raises ends the connection, not the
    thread: then `on_stumble` is called, as paho says nothing of it, and a new connection is made.
    """

    def __init__(self, client: mqtt.Client, name: str, on_stumble: Callable[[], None]):
        self._client = client
        client.connect_timeout = CONNECT_S
        self._on_stumble = on_stumble
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
        self._thread.join(STOP_S)
        self._rung.close()
        self._heard.close()

    def _ring(self) -> None:
        with suppress(OSError):  # it was rung a thousand times already, or nobody listens any more
            self._rung.send(b"!")

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._client.reconnect()
                self._serve()
            except OSError as error:
                log.debug("no broker: %s", error)
            except Exception:
                log.exception("the line to the broker stumbled and is begun anew")
                self._on_stumble()
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
        rung = self._heard.fileno() in happened
        if rung:
            self._heard.recv(4096)
        if happened.get(line.fileno(), 0) & ~select.POLLOUT:
            self._client.loop_read()
        if rung or self._client.want_write():
            # Also with nothing left to write: only this call makes paho ring for the next packet.
            self._client.loop_write()
        self._client.loop_misc()
