"""A serial line: a tty by its stable path. pyserial opens and configures it; reading and writing go to the descriptor,
because pyserial's own `write` tells nobody how many bytes had gone when it gave up, and spins on a full line.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import termios
import time

import serial
from serial import SerialException

from firmware_bridge.errors import PortError
from firmware_bridge.ports.descriptor import CLOSE_S, Descriptor

FLOWS = ("none", "xonxoff", "rtscts")
"""How the device may stop us. Linux has no DTR/DSR: a cable with the printer's DTR on our CTS makes it `rtscts`."""
LOOK_EVERY_S = 0.01
"""Ten bytes at 9600 baud: how finely the end of the output is seen."""
IFLAG, CFLAG = 0, 2


class SerialPort(Descriptor):
    """Raises PortError `port_busy` when another program of ours holds it, else `unplugged`."""

    def __init__(self, path: str, baud: int, flow: str = "none") -> None:
        # Built unopened: with DTR and RTS on, as pyserial has them, some printers and every Arduino restart.
        port = serial.Serial(baudrate=baud, timeout=0, rtscts=flow == "rtscts")
        port.port = path
        port.dtr = False
        port.rts = False  # with rtscts the kernel moves it, and pyserial leaves it alone
        # A second opener would silently rewrite the line's settings; this is a flock, taken before any is touched.
        port.exclusive = True
        try:
            port.open()
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError, termios.error is not
            raise PortError(_reason(error), str(error)) from error
        self._serial = port
        super().__init__(int(port.fileno()))
        try:
            os.set_blocking(self._fd, False)
            _settle(self._fd, flow)
        except (OSError, termios.error) as error:
            port.close()
            raise PortError("unplugged", str(error)) from error

    def _let_out(self) -> None:
        """The close of a tty whose output is stopped waits 30 s in the kernel (closing_wait): what has not left within
        our own limit is thrown away instead. Its slip is UNKNOWN by then."""
        until = time.monotonic() + CLOSE_S
        while _waiting_to_leave(self._fd):
            if time.monotonic() >= until:
                _throw_away(self._fd)
                return
            select.poll().poll(LOOK_EVERY_S * 1000)

    def _release(self) -> None:
        try:
            self._serial.close()
        except (OSError, SerialException):
            self._serial.is_open = False  # already gone, which is what close is for


def _reason(error: Exception) -> str:
    busy = getattr(error, "errno", None) in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK)
    return "port_busy" if busy else "unplugged"


def _settle(fd: int, flow: str) -> None:
    """HUPCL off: a close must not drop DTR, or the next open restarts the device.

    IXON without IXOFF, which pyserial's `xonxoff` sets both: the printer may stop us with 13 and let us go on with 11,
    and no answer of ESC/POS holds either; we never send them, since they would stand in a slip.
    """
    settings = termios.tcgetattr(fd)
    settings[CFLAG] &= ~termios.HUPCL
    settings[IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.IXANY)
    if flow == "xonxoff":
        settings[IFLAG] |= termios.IXON
    termios.tcsetattr(fd, termios.TCSANOW, settings)


def _throw_away(fd: int) -> None:
    try:
        termios.tcflush(fd, termios.TCOFLUSH)
    except termios.error as error:
        raise OSError(*error.args) from error


def _waiting_to_leave(fd: int) -> int:
    count: int = struct.unpack("i", fcntl.ioctl(fd, termios.TIOCOUTQ, b"\0" * 4))[0]
    return count
