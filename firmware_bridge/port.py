"""A serial port that counts: every byte that left is known, whatever happens next.

Any pyserial URL opens: a tty or pty by its stable path, `socket://host:port`. pyserial opens and
configures; reading and writing go to the descriptor, because pyserial's own `write` tells nobody how
many bytes had gone when it gave up, and spins on a full line.
"""

from __future__ import annotations

import errno
import os
import select
import socket

import serial
from serial import SerialException

from firmware_bridge.errors import PortError

SLICE = 256
"""Bytes handed to the kernel at once. A small printer's buffer is 512, and an outage costs one slice."""
READ_AT_MOST = 4096
"""Bytes a read; a chattering device must not keep its owner from its other duties."""


class Port:
    """An open port with one owner. Neither call ever blocks. Raises PortError from every call."""

    def __init__(self, url: str, baud: int) -> None:
        self._closed = False
        try:
            # Built unopened: opening asserts DTR and RTS, which resets some printers and every Arduino.
            self._serial = serial.serial_for_url(url, do_not_open=True, baudrate=baud, timeout=0)
            self._serial.dtr = False
            self._serial.rts = False
            self._serial.exclusive = True  # a second opener would silently rewrite the line settings
            self._serial.open()
        except (SerialException, OSError, ValueError) as error:
            raise PortError(_reason(error), str(error)) from error
        try:
            self._fd = int(self._serial.fileno())
            os.set_blocking(self._fd, False)
            _tune(self._serial)
        except OSError as error:
            self._serial.close()
            raise PortError("unplugged", str(error)) from error

    def fileno(self) -> int:
        return self._fd

    def write(self, data: bytes) -> int:
        """Bytes of `data` that left, 0 when the line takes none now. PortError: none of these left."""
        try:
            return os.write(self._fd, data[:SLICE])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise PortError("unplugged", str(error)) from error

    def read(self) -> bytes:
        """What has come in, empty when nothing has."""
        readable = select.poll()
        readable.register(self._fd, select.POLLIN)
        if not readable.poll(0):
            return b""
        try:
            data = os.read(self._fd, READ_AT_MOST)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortError("unplugged", str(error)) from error
        if not data:
            raise PortError("unplugged", "the other end has hung up")
        return data

    def close(self) -> None:
        """Gives the port back. A TCP port ends with what was written, not with a reset."""
        if self._closed:
            return
        self._closed = True
        try:
            if isinstance(getattr(self._serial, "_socket", None), socket.socket):
                while self.read():  # unread bytes would turn the close into a reset that drops our output
                    pass
            self._serial.close()
        except (OSError, PortError, SerialException):
            self._serial.is_open = False  # already gone, which is what close is for


def _reason(error: Exception) -> str:
    busy = getattr(error, "errno", None) in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK)
    return "port_busy" if busy else "unplugged"


def _tune(port: serial.SerialBase) -> None:
    """A socket notices a vanished printer within 20 s instead of hours, and sends small asks at once."""
    line = getattr(port, "_socket", None)
    if isinstance(line, socket.socket):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 15_000)
