"""What an idle gateway costs with 20 screens open (16 of the kitchen, two of the pass, two boards): processor time and
wake-ups."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator

from benchmarks import procfs
from benchmarks.figures import Figure, main, median, note
from benchmarks.idle_printer import IdlePrinter
from benchmarks.shop import Gateway, Shop, wait_for

TOPICS = [
    *["tickets:wok,conditions,uplink"] * 8, *["tickets:bar,conditions,uplink"] * 8,
    *["orders,conditions,uplink"] * 2, *["orders"] * 2,
]  # fmt: skip
"""What each page asks for: kds.js, expo.js and board.js."""

SCREENS = len(TOPICS)


def measure(quick: bool) -> Iterator[Figure]:
    rounds, seconds = (2, 10.0) if quick else (3, 60.0)
    with Shop() as shop:
        shop.seed(expo=True)
        for name in ("kitchen", "receipt"):
            IdlePrinter(shop.folder.devices / name)
        shop.broker()
        shop.bridge()
        gateway = shop.gateway(cloud=shop.reference_cloud()).ready()
        token = shop.passwords.api_token
        wait_for(
            "all is well",
            lambda: not gateway.ask(gateway.staff, "GET", "/api/v1/conditions", token=token)[1]["conditions"],
        )
        time.sleep(3)
        bare = [look(gateway, seconds) for _ in range(rounds)]
        screens = Screens(gateway, token)
        wait_for("every screen has its beat", lambda: screens.reading == SCREENS)
        time.sleep(3)
        full = [look(gateway, seconds) for _ in range(rounds)]
        cpu = median([c for c, _ in full])
        yield Figure(
            f"idle CPU with {SCREENS} screens open", cpu * 100, "% of a core",
            f"without a screen {median([c for c, _ in bare]) * 100:.2f} %", goal="<= 0.5 %", met=cpu <= 0.005,
        )  # fmt: skip
        wakes = median([w for _, w in full])
        yield Figure(
            "wake-ups with 20 screens open", wakes, "/s", f"without a screen {median([w for _, w in bare]):.0f} /s"
        )
        note(f"bytes the screens read: {screens.bytes}")


def look(gateway: Gateway, seconds: float) -> tuple[float, float]:
    """(share of a core, wake-ups a second)."""
    cpu, wakes = procfs.running_s(gateway.pid), procfs.wake_ups(gateway.pid)
    time.sleep(seconds)
    return (procfs.running_s(gateway.pid) - cpu) / seconds, (procfs.wake_ups(gateway.pid) - wakes) / seconds


class Screens:
    """Event streams that are read by one thread of this process."""

    def __init__(self, gateway: Gateway, token: str):
        self.bytes = 0
        self._heard: set[int] = set()
        self._lines = selectors.DefaultSelector()
        for n, topics in enumerate(TOPICS):
            line = socket.create_connection(("127.0.0.1", gateway.staff))
            path = f"/api/v1/events?topics={topics}&screen=bench-{n}"
            head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
            line.sendall(head.encode())
            self._lines.register(line, selectors.EVENT_READ)
        threading.Thread(target=self._read, name="screens", daemon=True).start()

    @property
    def reading(self) -> int:
        return len(self._heard)

    def _read(self) -> None:
        while True:
            for key, _ in self._lines.select():
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                self.bytes += len(data)
                if b"event: beat" in data:
                    self._heard.add(key.fd)
                if not data:
                    self._lines.unregister(key.fileobj)


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
