"""What all ports share: a descriptor of the kernel that never blocks, and of whose bytes each one is counted."""

from __future__ import annotations

import os
import select

from firmware_bridge.errors import PortError

SLICE = 256
"""Bytes handed to the kernel at once. A small printer's buffer is 512, and an outage costs one slice."""
READ_AT_MOST = 4096
"""Bytes a read; a chattering device must not keep its owner from its other duties."""
CLOSE_S = 2.0
"""A close waits so long for what was written: a full buffer of 512 bytes takes half a second at 9600 baud, and one
that a printer without paper holds would never empty. Whoever joins a device's thread waits longer than this."""


class Descriptor:
    """An open port with one owner. `read` and `write` never block; `close` waits CLOSE_S at most.

    Both raise PortError when the other end is gone; then nothing of that call has left.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.moved_to = ""
        """HOST:PORT when a network device was found at another address than its settings say."""
        self._lost = False
        self._closed = False

    def fileno(self) -> int:
        return self._fd

    def write(self, data: bytes) -> int:
        """Bytes of `data` that left, 0 when the line takes none now. PortError: none of these left."""
        try:
            return os.write(self._fd, data[:SLICE])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._gone(str(error)) from error

    def read(self) -> bytes:
        """What has come in, empty when nothing has."""
        readable = select.poll()
        readable.register(self._fd, select.POLLIN)
        ready = readable.poll(0)
        if not ready:
            return b""
        try:
            data = os.read(self._fd, READ_AT_MOST)
        except BlockingIOError:
            return b""
        except OSError as error:
            if self._mute(error):
                return b""
            raise self._gone(str(error)) from error
        if not data and self._ended(ready[0][1]):
            raise self._gone("the other end has hung up")
        return data

    def held(self) -> bool:
        """Whether nothing shall be written for now, although the kernel would take it."""
        return False

    def close(self) -> None:
        """Gives the port back. What was written leaves first, where it can within CLOSE_S."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._lost:
                self._let_out()
        except OSError:
            self._lost = True  # it went away meanwhile, and what it had not taken went with it
        self._release()

    # --- what kinds of port differ in ---

    def _let_out(self) -> None:
        """Wait for what was written, CLOSE_S at most. May raise OSError."""

    def _release(self) -> None:
        """Give the descriptor back; raises nothing."""
        raise AssertionError("each kind of port says how it is closed")

    def _mute(self, error: OSError) -> bool:
        """Whether this error only says that the device cannot speak."""
        return False

    def _ended(self, events: int) -> bool:
        """Whether a read of nothing, at these events of poll, is the end of the line."""
        return True

    def _unacknowledged(self) -> int | None:
        """Bytes that left us and that the other end never said to have; None where nobody can know."""
        return None

    def _gone(self, detail: str) -> PortError:
        self._lost = True
        missing = self._unacknowledged()
        if missing:
            detail += f"; {missing} bytes had left and were not acknowledged"
        return PortError("unplugged", detail, missing)
