"""The programs' logs, line by line: on standard error with the program's name before each, or in files. Bounded."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import IO, TextIO

MAX_LINE = 2000
"""Characters. A longer line is data, not a log."""
LINES_PER_S = 200
"""For each program; one that writes more is in a loop, and the terminal must stay readable."""


class Output:
    """Writes whole lines from any thread. A standard error that is gone is no reason to stop the store."""

    def __init__(self, stream: TextIO | None = None):
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._gone = False

    def line(self, label: str, text: str) -> None:
        with self._lock:
            if self._gone:
                return
            try:
                self._stream.write(f"[{label}] {text}\n")
                self._stream.flush()
            except (OSError, ValueError):  # the terminal was closed: nobody is left to tell
                self._gone = True

    def tell(self, text: str) -> None:
        """What a person in front of the terminal must read."""
        self.line("demo", text)


FILE_BYTES = 4_000_000
"""Of one program's log; then it becomes `NAME.log.old` and a new one begins. A long day of drills fits."""


class LogFiles(Output):
    """For a person at a terminal: each program's log in a file of its own, and on the terminal only what is told."""

    def __init__(self, folder: Path, stream: TextIO | None = None):
        super().__init__(stream)
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)

    def line(self, label: str, text: str) -> None:
        path = self.folder / f"{label}.log"
        with self._lock:
            try:
                if path.exists() and path.stat().st_size > FILE_BYTES:
                    os.replace(path, path.with_suffix(".log.old"))
                with path.open("a", encoding="utf-8") as file:
                    file.write(f"{text}\n")
            except OSError:  # a full disk is a drill of this demo: the store goes on, its log does not
                return

    def tell(self, text: str) -> None:
        self.line("demo", text)
        with self._lock, contextlib.suppress(OSError, ValueError):  # the terminal may have been closed
            print(text, file=self._stream, flush=True)


class Allowance:
    """How many lines of one program may still pass within the current second; it counts the others."""

    def __init__(self, per_s: int = LINES_PER_S):
        self._per_s = per_s
        self._second = -1
        self._passed = 0
        self._dropped = 0

    def take(self, now: float) -> tuple[bool, int]:
        """Whether a line may pass, and how many were dropped before it (said once, in the next second)."""
        second, reported = int(now), 0
        if second != self._second:
            self._second, self._passed, reported, self._dropped = second, 0, self._dropped, 0
        self._passed += 1
        if self._passed <= self._per_s:
            return True, reported
        self._dropped += 1
        return False, reported


def follow(pipe: IO[bytes], label: str, output: Output) -> threading.Thread:
    """Copy the pipe's lines to the output until its last writer closes it. The thread ends by itself."""

    def copy() -> None:
        allowance = Allowance()
        with pipe:
            while raw := pipe.readline(4 * MAX_LINE):
                passes, dropped = allowance.take(time.monotonic())
                if dropped:
                    output.line(label, f"({dropped} lines left out)")
                if passes:
                    output.line(label, raw.decode("utf-8", "replace").rstrip()[:MAX_LINE])

    thread = threading.Thread(target=copy, name=f"log-{label}", daemon=True)
    thread.start()
    return thread
