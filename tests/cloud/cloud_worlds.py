"""Real events, a real store and a real receiver on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec

from gateway.cloud.access import Access
from gateway.cloud.event_store import EventStore
from gateway.cloud.program import CloudServer
from gateway.cloud.store import SqliteStore

SOURCE = "/stores/demo/boxes/box1"
EPOCH = "1-abcde"
BOX_TOKEN = "box-secret"
READ_TOKEN = "read-secret"


def event_id(seq: int, epoch: str = EPOCH) -> str:
    return f"01990000-{epoch}-{seq:012d}"


def order_event(
    seq: int,
    order: int | None = None,
    *,
    ver: int = 1,
    epoch: str = EPOCH,
    status: str = "PLACED",
    **change: Any,
) -> dict[str, Any]:
    """The event `seq`, about order `order` (its own one if not said), as the gateway writes it."""
    number = seq if order is None else order
    event = {
        "specversion": "1.0",
        "id": event_id(seq, epoch),
        "source": SOURCE,
        "type": "tablepass.order.placed.v1",
        "subject": f"order/o{number}",
        "time": "2026-11-22T12:00:00Z",
        "datacontenttype": "application/json",
        "storeid": "demo",
        "boxid": "box1",
        "epoch": epoch,
        "seq": seq,
        "ver": ver,
        "clockq": "ntp",
        "bizday": "2026-11-22",
        "data": {
            "order": {
                "id": f"o{number}",
                "number": f"A{number:03d}",
                "status": status,
                "type": "dine_in",
                "total": 1200 + ver,
                "currency": "CNY",
                "placed_at": "2026-11-22T12:00:00Z",
                "lines": [{"item": "mapo", "quantity": 1, "名": "麻婆豆腐", "ver": ver}],
            },
            "change": {"what": "placed"},
        },
    }
    return event | change


def encode(event: dict[str, Any]) -> bytes:
    return msgspec.json.encode(event)


def body_of(*events: dict[str, Any]) -> bytes:
    return b"[" + b",".join(map(encode, events)) + b"]"


def call(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One request on its own connection: status, headers in lower case, body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@contextmanager
def running_cloud(data: Path, port: int = 0, store: EventStore | None = None) -> Iterator[CloudServer]:
    """The real receiver in threads of this process."""
    data.mkdir(exist_ok=True)
    store = store or SqliteStore(data / "cloud.sqlite3")
    server = CloudServer(store, Access.of(BOX_TOKEN, READ_TOKEN), "127.0.0.1", port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        store.close()


def stats(port: int) -> dict[str, Any]:
    status, _, body = call(port, "GET", "/v1/stores/demo/stats", headers=bearer(READ_TOKEN))
    assert status == 200, body
    return msgspec.json.decode(body)


def listed(port: int, query: str = "") -> list[dict[str, Any]]:
    status, _, body = call(port, "GET", f"/v1/stores/demo/orders{query}", headers=bearer(READ_TOKEN))
    assert status == 200, body
    return msgspec.json.decode(body)["orders"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class CloudProcess:
    """The receiver as the program it is. `code` is what a test runs instead of the command."""

    def __init__(self, data: Path, port: int = 0, code: str = ""):
        data.mkdir(exist_ok=True)
        for name, token in (("box.token", BOX_TOKEN), ("read.token", READ_TOKEN)):
            (data / name).write_text(token)
        what = ["-c", code] if code else ["-m", "gateway.cloud.program"]
        with (data / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *what, "--data", str(data), "--port", str(port)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()  # ends when the process does, so it cannot wait for ever
        assert line, (data / "log").read_text()
        self.port: int = msgspec.json.decode(line)["port"]

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def wait(self, within_s: float = 10) -> int:
        code = self.process.wait(within_s)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code
