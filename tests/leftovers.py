"""What a run of the tests leaves behind. A run has a mark, which every process that it starts inherits, and one folder
for all that is written beside pytest's own, so that several runs on one machine do not see each other's."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
import threading
import time
import uuid

MARK = "TABLEPASS_TESTS"
SETTLES_S = 5.0
"""For what ends by itself: a browser's last process, a pool's idle thread."""

MOST_DESCRIPTORS = 200
"""More than at the beginning; some wait for the garbage collector. Past 1023 select(), which paho uses, takes none."""


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


class Run:
    """From its making until `end`. Processes and folders of other runs, and threads from before, are not its own."""

    def __init__(self) -> None:
        self._before = {name: os.environ.get(name) for name in (MARK, "TMPDIR", "PYTEST_DEBUG_TEMPROOT")}
        self._threads = set(threading.enumerate())
        self._descriptors = descriptors()
        self._mark = uuid.uuid4().hex
        os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ.get("PYTEST_DEBUG_TEMPROOT") or tempfile.gettempdir()
        self._former = tempfile.tempdir
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="t-"))  # short: a socket's path has 107 bytes
        os.environ |= {MARK: self._mark, "TMPDIR": str(self.folder)}
        tempfile.tempdir = str(self.folder)

    def left(self) -> list[str]:
        """In words; empty when everything has gone."""
        threads = [thread for thread in threading.enumerate() if thread not in self._threads]
        return [
            *(f"process {words}" for words in self._processes()),
            *(f"thread {thread.name}" for thread in threads),
            *(f"folder {path.name}" for path in sorted(self.folder.iterdir())),
            *([f"{more} descriptors"] if (more := descriptors() - self._descriptors) > MOST_DESCRIPTORS else []),
        ]

    def settled(self) -> list[str]:
        """`left`, once nothing of it ends by itself any more."""
        deadline = time.monotonic() + SETTLES_S
        while (found := self.left()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def end(self) -> None:
        tempfile.tempdir = self._former
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(self.folder, ignore_errors=True)

    def _processes(self) -> list[str]:
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                marked = f"{MARK}={self._mark}".encode() in (process / "environ").read_bytes().split(b"\0")
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                continue  # it has just ended, or is another user's
            # Python keeps the tracker of a process pool until its own end.
            if marked and "multiprocessing.resource_tracker" not in words:
                found.append(f"{process.name} {words}")
        return found
