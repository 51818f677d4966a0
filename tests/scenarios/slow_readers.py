"""Phones that ask and do not read, one for each thread of a door and more."""

from __future__ import annotations

import select
import socket
from types import TracebackType

from scenarios.screens import reset

SEGMENT = 1400
"""As over Wi-Fi. With the loopback's 64 KiB the kernel alone takes 2.6 MB of answers, and hides what the server does
with the rest."""

AT_ONCE = 8192
"""What waitress reads in one piece; it looks at the number of waiting requests only before the next."""


def hung_up(line: socket.socket) -> bool:
    """Whether the other end has closed it; asked without reading a byte."""
    poll = select.poll()
    poll.register(line, select.POLLRDHUP)
    return bool(poll.poll(0))


MANY = 96
"""The guest door has 64 threads. Of some phones waitress reads only a part of what they ask, before it looks at the
number of waiting requests, and for these answers the kernel has room."""


class SlowReaders:
    """Connections, each of which asks for `path` as often as fits into one piece. Use it in a `with`."""

    def __init__(self, port: int, path: str):
        one = f"GET {path} HTTP/1.1\r\nHost: [::]\r\n\r\n".encode()
        self._asked = one * (AT_ONCE // len(one))
        self._port = port
        self.lines: list[socket.socket] = []

    def __enter__(self) -> SlowReaders:
        for _ in range(MANY):
            line = socket.socket()
            self.lines.append(line)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
            line.settimeout(10)
            line.connect(("127.0.0.1", self._port))
            line.sendall(self._asked)
        return self

    def turned_away(self) -> int:
        return sum(map(hung_up, self.lines))

    def all_turned_away(self) -> bool:
        return self.turned_away() == MANY

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for line in self.lines:
            reset(line)
