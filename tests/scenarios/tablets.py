"""Tablets that vanish: on a network of their own, whose wire is taken away under 32 open streams.

Nobody hangs up and nothing answers any more, as when a tablet's Wi-Fi or battery is gone. Run as a program, this file
is the tablets; it is started inside the network namespace.
"""

from __future__ import annotations

import os
import selectors
import shutil
import socket
import subprocess
import sys
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from running_demo import RunningDemo

STORE, TABLETS = "198.18.77.1", "198.18.77.2"
"""From the range for tests of networks: no real network has it."""


def can_vanish() -> bool:
    """Only root may make a network namespace, and not in every container."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    name = f"tp-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], stderr=subprocess.DEVNULL).returncode == 0
    if made:
        ip("netns", "del", name)
    return made


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class VanishingTablets:
    """`number` streams of the demo's kitchen; the demo listens on every address (`--lan`). Use it in a `with`."""

    def __init__(self, demo: RunningDemo, number: int):
        self._space, self._wire = f"tp-{os.getpid()}", f"tp{os.getpid()}"
        ip("netns", "add", self._space)
        try:
            ip("link", "add", self._wire, "type", "veth", "peer", "name", "wifi", "netns", self._space)
            ip("addr", "add", f"{STORE}/30", "dev", self._wire)
            ip("link", "set", self._wire, "up")
            for words in (f"addr add {TABLETS}/30 dev wifi", "link set wifi up"):
                ip("-n", self._space, *words.split())
            self._tablets = subprocess.Popen(
                ["ip", "netns", "exec", self._space, sys.executable, __file__, str(number)],
                env=os.environ | {"PORT": str(urlsplit(demo.info["staff_url"]).port), "TOKEN": demo.info["api_token"]},
                stdout=subprocess.PIPE,
            )
        except BaseException:
            ip("netns", "del", self._space)
            raise

    def __enter__(self) -> VanishingTablets:
        assert self._tablets.stdout is not None
        assert self._tablets.stdout.readline() == b"open\n", "the tablets did not get their streams"
        return self

    def vanish(self) -> None:
        ip("-n", self._space, "link", "set", "wifi", "down")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._tablets.kill()
        self._tablets.wait()
        assert self._tablets.stdout is not None
        self._tablets.stdout.close()
        ip("netns", "del", self._space)


def be_tablets(number: int) -> None:
    lines = selectors.DefaultSelector()
    for n in range(number):
        line = socket.create_connection((STORE, int(os.environ["PORT"])), timeout=10)
        line.sendall(
            f"GET /api/v1/events?topics=tickets:wok,orders,conditions&screen=gone-{n} HTTP/1.1\r\n"
            f"Host: {STORE}\r\nAuthorization: Bearer {os.environ['TOKEN']}\r\n\r\n".encode()
        )
        if not line.recv(4096).startswith(b"HTTP/1.1 200"):
            sys.exit(f"tablet {n} got no stream")
        lines.register(line, selectors.EVENT_READ)
    print("open", flush=True)
    while True:
        for key, _ in lines.select():
            if not key.fileobj.recv(65536):  # type: ignore[union-attr]
                lines.unregister(key.fileobj)


if __name__ == "__main__":
    be_tablets(int(sys.argv[1]))
