"""`DIR/devices.sock`: JSON lines that switch faults and ask for states. For the demo and tests only."""

from __future__ import annotations

import json
import logging
import os
import socketserver
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

log = logging.getLogger(__name__)

LONGEST_LINE = 4096
"""Bytes; a command has under 200."""
LONGEST_ADDRESS = 100
"""The kernel takes 107 bytes; a deeper folder is reached through its descriptor."""


class Switched(Protocol):
    """A virtual device as a hand sees it. Both `set_fault` and `do` raise ValueError with words."""

    def set_fault(self, fault: str, on: bool) -> None: ...
    def do(self, deed: str, command: dict[str, Any]) -> None: ...
    def state(self) -> dict[str, Any]: ...
    def stats(self) -> dict[str, Any]: ...


class Control(socketserver.ThreadingUnixStreamServer):
    """Answers every line with one line: `{"ok": true, ...}` or `{"ok": false, "error": "..."}`."""

    daemon_threads = True

    def __init__(self, path: Path, devices: Mapping[str, Switched]) -> None:
        self.devices = devices
        path.unlink(missing_ok=True)
        address = str(path)
        if len(os.fsencode(address)) > LONGEST_ADDRESS:
            address = f"/proc/self/fd/{os.open(path.parent, os.O_PATH | os.O_DIRECTORY)}/{path.name}"
        super().__init__(address, _Line)
        path.chmod(0o600)
        self._path = path
        self._thread = threading.Thread(target=self.serve_forever, args=(0.2,), name="control", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._path.unlink(missing_ok=True)

    def answer(self, line: bytes) -> dict[str, Any]:
        try:
            command = json.loads(line)
            if not isinstance(command, dict):
                raise ValueError("a command is a JSON object")
            return {"ok": True, **self._do(command)}
        except ValueError as error:
            return {"ok": False, "error": str(error)}

    def _do(self, command: dict[str, Any]) -> dict[str, Any]:
        match command.get("op", "fault"):
            case "state":
                return {"devices": {name: device.state() for name, device in self.devices.items()}}
            case "stats":
                return {"devices": {name: device.stats() for name, device in self.devices.items()}}
            case "fault":
                name, on = str(command.get("device")), command.get("on", True)
                device = self._named(name)
                if not isinstance(on, bool):
                    raise ValueError("on is true or false")
                device.set_fault(str(command.get("fault")), on)
                log.info("%s: %s %s", name, command.get("fault"), "on" if on else "off")
                return {}
            case "scan" | "weigh" | "press" | "call" as deed:
                self._named(str(command.get("device"))).do(deed, command)
                return {}
            case other:
                raise ValueError(f"unknown op {other!r}; there are fault, state, stats, scan, weigh, press, call")

    def _named(self, name: str) -> Switched:
        if name not in self.devices:
            raise ValueError(f"no device {name!r}; there are {', '.join(self.devices)}")
        return self.devices[name]


class _Line(socketserver.StreamRequestHandler):
    server: Control

    def handle(self) -> None:
        while line := self.rfile.readline(LONGEST_LINE):
            self.wfile.write(json.dumps(self.server.answer(line), ensure_ascii=False).encode() + b"\n")
