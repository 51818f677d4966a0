"""A pipe that wakes a thread out of `poll`."""

from __future__ import annotations

import os
import threading


class Bell:
    """`ring` from any thread, also after `close`: it never writes into a descriptor that is somebody else's by then."""

    def __init__(self) -> None:
        self._heard, self._rung = os.pipe()
        os.set_blocking(self._heard, False)
        os.set_blocking(self._rung, False)
        self._lock = threading.Lock()
        self._closed = False

    def fileno(self) -> int:
        """What `poll` waits for."""
        return self._heard

    def ring(self) -> None:
        with self._lock:
            if self._closed:
                return
            try:
                os.write(self._rung, b"!")
            except BlockingIOError:
                return  # rung 64 Ki times already

    def hush(self) -> None:
        """Forgets the rings so far. Only by the thread that waits."""
        try:
            os.read(self._heard, 65536)
        except BlockingIOError:
            return  # it was not the bell

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._rung)
                os.close(self._heard)

    def __del__(self) -> None:
        self.close()
