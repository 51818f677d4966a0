"""Tablets that vanish: on a network of their own, whose wire is taken away under 32 open streams.

Nobody hangs up and nothing answers any more, as when a tablet's Wi-Fi or battery is gone. Run as a program, this file
is the tablets; it is started inside the network namespace.
"""

from __future__ import annotations

import os
import select
import selectors
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from running_demo import RunningDemo

STORE, TABLETS = "198.18.77.1", "198.18.77.2"
"""From the range for tests of networks: no real network has it."""


OPEN_S = 30.0
"""32 streams open one after the other in well under a second; a tablet gives up its own after 10."""


def can_vanish() -> bool:
    """Only root may make a network, and not in every container: some give a namespace, but no wire into it."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    try:
        with network(f"tp-try-{os.getpid()}", f"tpt{os.getpid()}") as space:
            ip("netns", "exec", space, "true")
    except subprocess.CalledProcessError:
        return False
    return True


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def network(space: str, wire: str) -> Iterator[str]:
    """A namespace with its end of a wire to this house. They are gone after it, whatever happened inside."""
    with ExitStack() as made:
        ip("netns", "add", space)
        made.callback(ip, "netns", "del", space)
        ip("link", "add", wire, "type", "veth", "peer", "name", "wifi", "netns", space)
        # By its name, and both ends with it: a killed tablet's connections hold the namespace, and it the wire, until
        # the kernel has given them up.
        made.callback(ip, "link", "del", wire)
        ip("addr", "add", f"{STORE}/30", "dev", wire)
        ip("link", "set", wire, "up")
        for words in (f"addr add {TABLETS}/30 dev wifi", "link set wifi up"):
            ip("-n", space, *words.split())
        yield space


class VanishingTablets:
    """`number` streams of the demo's kitchen; the demo listens on every address (`--lan`). Use it in a `with`."""

    def __init__(self, demo: RunningDemo, number: int):
        self._port, self._token = str(urlsplit(demo.info["staff_url"]).port), demo.info["api_token"]
        self._number = number
        self._space = f"tp-{os.getpid()}"
        self._made = ExitStack()

    def __enter__(self) -> VanishingTablets:
        with ExitStack() as made:  # what fails on the way takes along what was made before it
            made.enter_context(network(self._space, f"tp{os.getpid()}"))
            tablets = subprocess.Popen(
                ["ip", "netns", "exec", self._space, sys.executable, __file__, str(self._number)],
                env=os.environ | {"PORT": self._port, "TOKEN": self._token},
                stdout=subprocess.PIPE,
            )
            made.callback(end, tablets)
            assert first_line(tablets, OPEN_S) == b"open\n", "the tablets did not get their streams"
            self._made = made.pop_all()
        return self

    def vanish(self) -> None:
        ip("-n", self._space, "link", "set", "wifi", "down")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._made.close()


def first_line(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """What it says first, in one write; empty if it ended or took longer."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return process.stdout.readline() if ready else b""


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


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
