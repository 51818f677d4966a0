"""A running demo, asked only through its doors: what scenarios, browser tests and fault scripts share."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from typing import Any, ClassVar
from urllib.parse import urlsplit

from waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[1]
READY_S = 60.0
STOP_S = 10.0

Answer = tuple[int, Any]


def call(
    base: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 10.0
) -> tuple[int, Any, dict[str, str]]:
    """One request on a connection of its own: (status, JSON or text, headers)."""
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)
    data = body if isinstance(body, bytes) else (None if body is None else json.dumps(body).encode())
    try:
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        reply = connection.getresponse()
        raw = reply.read()
        found = {name.lower(): value for name, value in reply.getheaders()}
        status = reply.status
    finally:
        connection.close()
    if "json" in found.get("content-type", "") and raw:
        return status, json.loads(raw), found
    return status, raw.decode(errors="replace"), found


class Log:
    """What a demo said. It can be read also when the demo and its folder are gone: a failing test prints it."""

    known: ClassVar[list[Log]] = []
    """Of demos that run, or have ended since the present test began."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.to = open(path, "ab")  # noqa: SIM115 - lives as long as the demo
        self._file = open(path, "rb")  # noqa: SIM115 - until `forget`
        self.known.append(self)

    def tail(self, lines: int = 40) -> str:
        self._file.seek(0)
        return "\n".join(self._file.read().decode(errors="replace").splitlines()[-lines:])

    @classmethod
    def forget(cls) -> None:
        """Those of demos that have ended."""
        for log in [log for log in cls.known if log.to.closed]:
            log._file.close()
            cls.known.remove(log)


class RunningDemo:
    """`gateway demo --json` with a folder of its own."""

    def __init__(self, *args: str, data: str | None = None, env: dict[str, str] | None = None):
        self.data = data or tempfile.mkdtemp(prefix="tp-")
        self.args = args
        self.env = env or {}
        self.info: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        self.log = Log(pathlib.Path(self.data, "demo.log"))
        ports = [] if "--guest-port" in self.args else [
            word for name in ("guest", "staff", "mqtt", "cloud") for word in (f"--{name}-port", "0")
        ]  # fmt: skip
        command = [
            sys.executable,
            "-m",
            "gateway",
            "demo",
            "--json",
            "--data",
            f"{self.data}/store",
            *ports,
            *self.args,
        ]
        began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self.log.to,
            cwd=ROOT,
            env=os.environ | self.env,
            start_new_session=True,
        )
        alarm = threading.Timer(READY_S, self.process.kill)
        alarm.start()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        alarm.cancel()
        if not line:
            raise AssertionError(f"the demo did not become ready:\n{self.tail()}")
        self.ready_s = time.monotonic() - began
        self.info = json.loads(line)

    def tail(self, lines: int = 40) -> str:
        return self.log.tail(lines)

    @property
    def store(self) -> pathlib.Path:
        return pathlib.Path(self.info["data"])

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.info['api_token']}"}

    def token(self, table: str = "1") -> str:
        return str(self.info["tables"][table]).rsplit("/", 1)[1]

    def guest(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        status, value, _ = call(self.info["guest_url"], method, path, body, headers, **more)
        return status, value

    def staff(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        status, value, _ = call(self.info["staff_url"], method, path, body, self.bearer | (headers or {}), **more)
        return status, value

    def cloud(self, path: str) -> Any:
        status, value, _ = call(self.info["cloud_url"], "GET", path, headers=self.bearer)
        assert status == 200, (status, value)
        return value

    def post_order(
        self, table: str = "1", lines: list[dict[str, Any]] | None = None, key: str | None = None, **body: Any
    ) -> Answer:
        """A guest's order; by default one dish of the wok."""
        whole = {"table_token": self.token(table), "lines": lines or [{"item": "twice-cooked-pork"}], **body}
        return self.guest("POST", "/api/v1/orders", whole, {"Idempotency-Key": key or uuid.uuid4().hex})

    def order(self, table: str = "1", lines: list[dict[str, Any]] | None = None, **body: Any) -> dict[str, Any]:
        status, value = self.post_order(table, lines, **body)
        assert status == 201, (status, value)
        found: dict[str, Any] = value
        return found

    def cloud_orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cloud(f"/v1/stores/{self.info['store']}/orders?limit=10000")["orders"]
        return found

    def tickets(self, station: str = "wok") -> list[dict[str, Any]]:
        status, value = self.staff("GET", f"/api/v1/stations/{station}/tickets")
        assert status == 200, (status, value)
        found: list[dict[str, Any]] = value["tickets"]
        return found

    def act(
        self, ticket: dict[str, Any], action: str, screen: str = "test-1", version: int | None = None, key: str = ""
    ) -> Answer:
        body = {
            "screen": screen,
            "key": key or uuid.uuid4().hex,
            "version": ticket["version"] if version is None else version,
        }
        return self.staff("POST", f"/api/v1/tickets/{ticket['id']}/{action}", body)

    def clear_board(self, station: str) -> None:
        """Ends what other tests left open at a station: it would stand before a test's cards, and make slips later."""
        for ticket in self.staff("GET", f"/api/v1/stations/{station}/tickets", None)[1]["tickets"]:
            body = {"screen": f"{station}-far", "key": str(uuid.uuid4()), "version": ticket["version"]}
            status, answer = self.staff("POST", f"/api/v1/tickets/{ticket['id']}/bump", body)
            assert status == 200, answer

    def conditions(self) -> list[dict[str, Any]]:
        status, value = self.staff("GET", "/api/v1/conditions")
        assert status == 200, (status, value)
        found: list[dict[str, Any]] = value["conditions"]
        return found

    def drill(self, fault: str, on: bool = True, target: str | None = None) -> None:
        body = {"fault": fault, "on": on} | ({"target": target} if target else {})
        status, value = self.staff("POST", "/api/v1/drills", body)
        assert status == 200, (status, value)

    def papers(self, printer: str) -> list[str]:
        """The text of every slip of a printer, in the order in which they came out."""
        folder = pathlib.Path(self.info["printers"][printer]["paper"])
        return [path.read_text() for path in sorted(folder.glob("*.txt"))]

    def pids(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.store / "pids.json").read_text())
        return found

    def kill(self, name: str) -> None:
        """SIGKILL; the supervisor starts it again."""
        self._signal(name, signal.SIGKILL)

    def freeze(self, name: str) -> None:
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: int) -> None:
        pid = self.pids().get(name) or 0
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                # It died by itself in this moment; a kill wants nothing else.
                assert number == signal.SIGKILL

    def config(self) -> pathlib.Path:
        return self.store / "gateway.toml"

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One of the gateway's own commands on this store."""
        line = [sys.executable, "-m", "gateway", *words, "--config", str(self.config())]
        return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=30)

    def stop(self) -> float:
        """Seconds until every process is gone."""
        began = time.monotonic()
        pids = [pid for pid in self.pids().values() if pid]
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_S)
        eventually("no process is left", lambda: not [pid for pid in pids if alive(pid)], 5)
        self.log.to.close()
        return time.monotonic() - began


def alive(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
