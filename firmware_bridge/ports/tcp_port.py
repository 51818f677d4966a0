"""A printer in the network: raw bytes on TCP, mostly port 9100. A connection proves nothing: the kernel of a printer
that is busy with another host takes it, and 91 kB after it.
"""

from __future__ import annotations

import fcntl
import logging
import queue
import select
import socket
import struct
import termios
import threading
import time
from urllib.parse import urlsplit

from firmware_bridge.errors import PortError
from firmware_bridge.ports.descriptor import CLOSE_S, READ_AT_MOST, Descriptor

log = logging.getLogger(__name__)

SCHEME = "socket://"
CONNECT_S = 2.0
"""For the name and the connection together. A lost first packet is sent again after 1 s. With the longest pause between
two tries, 2 s, a printer that is back is found within 5 s; and so long its thread hears nothing else."""
KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_TRIES = 10, 5, 3
"""A printer that lost its power says nothing: it is noticed after 25 s of silence, not after two hours."""
UNTAKEN_MOST_MS = 15_000
"""Bytes that nobody acknowledged for so long end the connection (TCP_USER_TIMEOUT), not after 15 minutes."""
UNANSWERED = 3
"""Times that the kernel has said the same bytes again, each after twice the time: 1.4 s on a local network. Whoever is
there answers the first. What is written behind them has left us, and nobody could tell what became of it."""
_INFO = struct.Struct("BBB")
"""The head of struct tcp_info: state, ca_state, retransmits."""
Address = tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]


def host_and_port(url: str) -> tuple[str, int]:
    """Of `socket://host:port`. Raises ValueError, in words, for anything else."""
    parts = urlsplit(url)
    if not parts.hostname or not parts.port or parts.path or parts.query or parts.username:
        raise ValueError(f"{url!r} is not {SCHEME}HOST:PORT")
    return parts.hostname, parts.port


class TcpPort(Descriptor):
    """Raises PortError `unplugged` when no connection comes about within CONNECT_S."""

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            host, port = host_and_port(url)
            self._socket = _connect(host, port, time.monotonic() + CONNECT_S)
        except (OSError, ValueError) as error:
            raise PortError("unplugged", f"{url}: {error}") from error
        super().__init__(self._socket.fileno())

    def write(self, data: bytes) -> int:
        return 0 if self.held() else super().write(data)

    def held(self) -> bool:
        """Its printer has gone, or its Wi-Fi: until it answers, or the line ends, the next slip stays whole here."""
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
        except OSError:
            return False  # writing says what is wrong
        return bool(_INFO.unpack(info)[2] >= UNANSWERED)

    def _unacknowledged(self) -> int | None:
        """Between "never left the box" and "the printer has it". The kernel knows it also after a reset."""
        try:
            count: int = struct.unpack("i", fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0" * 4))[0]  # SIOCOUTQ
        except OSError:
            return None
        return count

    def _let_out(self) -> None:
        """Drain, half-close, read to the end: a socket closed with unread bytes resets the connection, and the printer
        loses what it had not read (4,096 of 86,400 bytes were left, devices.md 1.9)."""
        self._socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + CLOSE_S
        readable = select.poll()
        readable.register(self._fd, select.POLLIN)
        while (left := until - time.monotonic()) > 0:
            if readable.poll(left * 1000) and not self._socket.recv(READ_AT_MOST):
                return
        missing = max(0, (self._unacknowledged() or 0) - 1)  # our own end is the last thing not acknowledged
        log.warning("%s did not end within %g s; %d bytes are not acknowledged", self._url, CLOSE_S, missing)

    def _release(self) -> None:
        self._socket.close()


def _connect(host: str, port: int, until: float) -> socket.socket:
    problem: OSError = TimeoutError(f"no answer within {CONNECT_S:g} s")
    for family, address in _addresses(host, port, until):
        left = until - time.monotonic()
        if left <= 0:
            break
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            _tune(line)
            line.settimeout(left)
            line.connect(address)
            line.setblocking(False)
        except OSError as error:
            line.close()
            problem = error
        else:
            return line
    raise problem


def _addresses(host: str, port: int, until: float) -> list[Address]:
    try:
        return _look_up(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name
    # The resolver has no time limit: where it is away it takes half a minute. It ends by itself, so there are never
    # more of these threads for a device than fit into that time, about ten.
    found: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def look() -> None:
        try:
            found.put(_look_up(host, port, 0))
        except OSError as error:
            found.put(error)

    threading.Thread(target=look, name=f"lookup:{host}", daemon=True).start()
    try:
        answer = found.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        raise TimeoutError(f"nobody knows {host} within {CONNECT_S:g} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _look_up(host: str, port: int, flags: int) -> list[Address]:
    found: list[Address] = []
    for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags):
        found.append((family, address))
    return found


def _tune(line: socket.socket) -> None:
    """Small asks leave at once, and a vanished printer is noticed."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_EVERY_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_TRIES)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MOST_MS)
