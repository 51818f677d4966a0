"""Whether the demo's store stands: asked from outside, at its doors, as a visitor would."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass

from gateway.demo.configuration import LOOPBACK, STORE, Addresses
from gateway.demo.folder import DemoFolder

ASK_S = 1.0
"""One question. All programs are on this machine."""
SOFT_S = 10.0
"""So long we wait for what the store can do without (a printer that is still being opened), then we go on."""
PRINTERS = ("kitchen", "receipt")


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


def ask(port: int, path: str, token: str = "") -> Reply | None:
    """GET on this machine; None when nobody answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ASK_S)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(1_000_000))
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), ASK_S).close()
    except OSError:
        return False
    return True


class Readiness:
    """`missing(now)` asks what has not answered yet; what answered once is not asked again."""

    def __init__(self, folder: DemoFolder, addresses: Addresses, api_token: str, began: float):
        ports = addresses.ports
        self._began = began
        self._must: dict[str, Callable[[], bool]] = {
            "broker": lambda: accepts(ports.mqtt),
            "cloud": lambda: _is(ask(ports.cloud, f"/v1/stores/{STORE}/stats", api_token), 200, 404),
            "devices": lambda: all((folder.devices / name).exists() for name in PRINTERS),
            "guest door": lambda: _is(ask(ports.guest, "/healthz"), 200),
            "staff door": lambda: ask(ports.staff, "/readyz", api_token) is not None,
        }
        self._wish: dict[str, Callable[[], bool]] = {
            "readyz": lambda: _is(ask(ports.staff, "/readyz", api_token), 200),
            "printers": lambda: _all_online(ask(ports.staff, "/api/v1/printers", api_token)),
            "conditions": lambda: _is_well(ask(ports.staff, "/api/v1/conditions", api_token)),
        }

    def missing(self, now: float) -> list[str]:
        """Names of what is not there; empty when the demo is ready."""
        for name in [name for name, there in self._must.items() if there()]:
            del self._must[name]
        if self._must:
            return list(self._must)
        for name in [name for name, well in self._wish.items() if well()]:
            del self._wish[name]
        return [] if now - self._began > SOFT_S else list(self._wish)


def _is(reply: Reply | None, *wanted: int) -> bool:
    return reply is not None and reply.status in wanted


def _all_online(reply: Reply | None) -> bool:
    """The bridge is there and has opened its printers: the first order comes out at once, not after a repeat."""
    if reply is None or reply.status != 200:
        return False
    document = reply.json()
    printers = document.get("printers", []) if isinstance(document, dict) else []
    return len(printers) >= len(PRINTERS) and all(printer.get("status") == "online" for printer in printers)


def _is_well(reply: Reply | None) -> bool:
    """No condition stands. A door that has no such page yet is no reason to wait."""
    if reply is None or reply.status >= 500:
        return False
    if reply.status != 200:
        return True
    document = reply.json()
    return isinstance(document, dict) and not document.get("conditions")
