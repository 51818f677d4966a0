"""The end of a cable at which a virtual printer sits: the master of a pty, or a listening socket."""

from __future__ import annotations

import errno
import os
import select
import socket
import tty
from pathlib import Path
from typing import Protocol


class Wire(Protocol):
    """Plugged in until `unplug`. Nothing blocks."""

    def fds(self) -> list[int]: ...
    def read(self, most: int) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    def plug(self) -> None: ...
    def unplug(self) -> None: ...
    @property
    def plugged(self) -> bool: ...
    @property
    def address(self) -> str: ...


class PtyWire:
    """A pty whose slave stands at the stable path `link`, as /dev/serial/by-id does for a real one."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._master: int | None = None
        self._slave: int | None = None
        self._last_name = ""

    @property
    def plugged(self) -> bool:
        return self._master is not None

    @property
    def address(self) -> str:
        return str(self._link)

    def plug(self) -> None:
        if self._master is not None:
            return
        self._master, self._slave = os.openpty()
        if os.ttyname(self._slave) == self._last_name:
            # As on a real machine, a plug that comes back has another name: who opened by name finds nothing.
            taken, (self._master, self._slave) = (self._master, self._slave), os.openpty()
            for end in taken:
                os.close(end)
        self._last_name = os.ttyname(self._slave)
        # Raw, or the kernel would echo our answers back and turn line ends into others. The slave stays
        # open here: without any opener the master reads errors.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._link.with_name(f".{self._link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self._last_name)
        fresh.replace(self._link)

    def unplug(self) -> None:
        if self._master is None or self._slave is None:
            return
        self._link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = None

    def fds(self) -> list[int]:
        return [] if self._master is None else [self._master]

    def read(self, most: int) -> bytes:
        if self._master is None:
            return b""
        try:
            return os.read(self._master, most)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):  # nothing there, or no opener at the moment
                return b""
            raise

    def write(self, data: bytes) -> None:
        if self._master is not None:
            try:
                os.write(self._master, data)
            except BlockingIOError:
                return  # nobody has read our answers for kilobytes: a real line loses them too


KEEPALIVE_S = 2
"""A host that says nothing any more holds the only connection of a printer; three times this, then it lets go."""


class TcpWire:
    """Port 9100 style, at `listen` (HOST:PORT): one connection at a time; `link` holds host:port while plugged in."""

    def __init__(self, link: Path, listen: str = "127.0.0.1:0") -> None:
        self._link = link
        self._host, _, port = listen.rpartition(":")
        self._port = int(port)
        self._listener: socket.socket | None = None
        self._peer: socket.socket | None = None

    @property
    def plugged(self) -> bool:
        return self._listener is not None

    @property
    def address(self) -> str:
        return f"socket://{self._host}:{self._port}"

    def plug(self) -> None:
        if self._listener is not None:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        listener.listen(1)
        listener.setblocking(False)
        self._listener = listener
        self._port = listener.getsockname()[1]
        self._link.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._link.with_name(f".{self._link.name}.new")
        fresh.write_text(f"{self._host}:{self._port}\n")
        fresh.replace(self._link)

    def unplug(self) -> None:
        self._link.unlink(missing_ok=True)
        for end in (self._peer, self._listener):
            if end is not None:
                end.close()
        self._peer = self._listener = None

    def fds(self) -> list[int]:
        end = self._peer or self._listener
        return [] if end is None else [end.fileno()]

    def read(self, most: int) -> bytes:
        if self._peer is None:
            self._accept()
        if self._peer is None or not select.select([self._peer], [], [], 0)[0]:
            return b""
        try:
            data = self._peer.recv(most)
        except OSError:
            data = b""
        if not data:
            self._peer.close()
            self._peer = None
        return data

    def write(self, data: bytes) -> None:
        if self._peer is not None:
            try:
                self._peer.send(data)
            except OSError:
                return  # the next read sees that the host has gone

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            self._peer, _ = self._listener.accept()
        except BlockingIOError:
            return
        self._peer.setblocking(False)
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
            self._peer.setsockopt(socket.IPPROTO_TCP, option, KEEPALIVE_S)
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 3 * KEEPALIVE_S * 1000)
