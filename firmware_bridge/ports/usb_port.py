"""A USB printer's file, `/dev/usb/lp0` of the kernel's usblp. It is no tty: nothing of it is set. What is said here of
usblp is general knowledge: nobody has opened a real one with this yet.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select

from firmware_bridge.errors import PortError
from firmware_bridge.ports.descriptor import CLOSE_S, Descriptor

SCHEME = "usb:"
FILES = "/dev/usb/lp"
BUSY = (errno.EBUSY, errno.EAGAIN)
"""usblp itself lets one opener in; the lock is for the rest, such as a file that stands in for it."""


def is_usb_file(url: str) -> bool:
    """`usb:PATH`, or a path that is or leads to /dev/usb/lp*, as a udev rule's stable name does."""
    return url.startswith(SCHEME) or os.path.realpath(url).startswith(FILES)


class UsbPort(Descriptor):
    """Raises PortError `port_busy` when somebody else, such as CUPS, holds it, else `unplugged`."""

    def __init__(self, url: str) -> None:
        path = url.removeprefix(SCHEME)
        try:
            # Without O_NONBLOCK a write would wait for as long as the printer has no paper.
            fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise PortError("port_busy" if error.errno in BUSY else "unplugged", str(error)) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            raise PortError("port_busy" if error.errno in BUSY else "unplugged", f"{path}: {error}") from error
        super().__init__(fd)

    def _mute(self, error: OSError) -> bool:
        """usblp's word for a printer that has no way back (USB protocol 01): it prints, and answers nothing."""
        return error.errno == errno.EINVAL

    def _ended(self, events: int) -> bool:
        """An empty USB packet is a read of nothing too; the end is when the device is gone."""
        return bool(events & (select.POLLHUP | select.POLLERR))

    def _let_out(self) -> None:
        """A close takes back the write that is under way; the file takes bytes again when that has ended."""
        writable = select.poll()
        writable.register(self._fd, select.POLLOUT)
        writable.poll(CLOSE_S * 1000)

    def _release(self) -> None:
        os.close(self._fd)
