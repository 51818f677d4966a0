"""A store in a folder of its own, with 500 tables, and the real programs around it, each a process."""

from __future__ import annotations

import http.client
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from gateway.clock import Clock
from gateway.demo.broker import broker_command, choose_broker
from gateway.demo.configuration import BOX, STORE, as_toml, fill_devices
from gateway.demo.folder import DemoFolder, write_file
from gateway.demo.passwords import keep_passwords
from gateway.demo.rights import BRIDGE, GATEWAY
from gateway.demo.seed import OPEN_GUARDS, SAMPLES
from gateway.domain.actor import HOUSE
from gateway.domain.menu import Menu
from gateway.domain.settings import Area, Serving, Settings
from gateway.ids import Ids
from gateway.operations import administration
from gateway.store import Store, settings
from gateway.store.people import User
from gateway.store.writer import Writer

ROOT = Path(__file__).resolve().parents[1]
TABLES = 500
"""An order looks at its check's other orders: with few tables a long run would measure checks of 1000 orders."""


COOK = "cook"


def free_port() -> int:
    """Below the kernel's own range: no connection of somebody else takes it before our program does."""
    while True:
        port = random.randrange(12_000, 20_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_for(what: str, there: Callable[[], Any], within_s: float = 60.0) -> Any:
    end = time.monotonic() + within_s
    while not (found := there()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within_s} s: {what}")
        time.sleep(0.02)
    return found


class Shop:
    """Use it in a `with`: it ends what it started and removes its folder."""

    def __init__(self, near: str | None = None):
        self.folder = DemoFolder(Path(tempfile.mkdtemp(prefix="tp-bench-", dir=near)))
        self.folder.make()
        self.folder.devices.mkdir(exist_ok=True)
        self.passwords = keep_passwords(self.folder.secrets)
        self.started: list[subprocess.Popen[bytes]] = []
        self.mqtt_port = free_port()
        self.session = secrets.token_urlsafe(16)
        """The cookie of a cook who is logged in: a login of its own would cost what is no part of any figure."""

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in reversed(self.started):
            end(process)
        shutil.rmtree(self.folder.root)

    def seed(self, expo: bool = False) -> dict[str, str]:
        """The sample menu and settings with 500 open tables, with a pass or without. Returns their tokens by name."""
        text = fill_devices((SAMPLES / "settings.toml").read_text(encoding="utf-8"), self.folder.devices)
        rules = msgspec.structs.replace(
            msgspec.convert(tomllib.loads(text), Settings),
            guards=OPEN_GUARDS,
            serving=Serving(expo),
            areas=[Area("hall", {"en": "Hall"}, [str(n + 1) for n in range(TABLES)])],
        )
        menu = msgspec.convert(tomllib.loads((SAMPLES / "menu.toml").read_text(encoding="utf-8")), Menu)
        store = Store(self.database)
        asked = [
            store.submit(administration.found_box, HOUSE, STORE, BOX, "BENCH", secrets.token_bytes(32)),
            store.submit(administration.import_settings, HOUSE, rules, _tokens(), True),
            store.submit(administration.import_menu, HOUSE, menu),
            store.submit(administration.set_program, HOUSE, "bench", self.passwords.api_token),
            store.submit(administration.set_user, HOUSE, User(COOK, "kitchen", "", "", "zh-Hans")),
            store.submit(administration.begin_session, HOUSE, COOK, True, "bench", self.session),
        ]
        Writer(store, Ids()).step(Clock().now())
        for pending in asked:
            pending.result(0.0)
        with store.read() as rows:
            tokens = settings.tables(rows)
        store.close()
        return tokens

    def keep(self) -> None:
        """Remembers the store as it is now, for `put_back`. No gateway runs."""
        shutil.copytree(self.folder.gateway_data, self.folder.root / "kept")

    def put_back(self) -> None:
        shutil.rmtree(self.folder.gateway_data)
        shutil.copytree(self.folder.root / "kept", self.folder.gateway_data)

    @property
    def database(self) -> Path:
        return self.folder.gateway_data / "gateway.db"

    def gateway(self, variant: str = "as_it_is", cloud: str = "", env: dict[str, str] | None = None) -> Gateway:
        """Starts `gateway run`, or one of `variants.py` in its place. `cloud` is a URL; without one it works alone."""
        guest, staff = free_port(), free_port()
        tables: dict[str, dict[str, Any]] = {
            "store": {"id": STORE, "box": BOX, "data": str(self.folder.gateway_data)},
            "guest": {"port": guest},
            "staff": {"port": staff},
            "broker": {
                "port": self.mqtt_port, "username": GATEWAY, "password_file": str(self.folder.secrets / "mqtt-gateway"),
            },
        }  # fmt: skip
        if cloud:
            tables["cloud"] = {"url": cloud, "token_file": str(self.folder.secrets / "cloud-box")}
        config = self.folder.root / f"gateway-{guest}.toml"
        write_file(config, as_toml(tables))
        return Gateway(self.start("benchmarks.variants", variant, "--config", str(config), env=env), guest, staff)

    def broker(self) -> None:
        """Mosquitto, set up as the demo does it."""
        command = broker_command(
            choose_broker("mosquitto"), self.folder, STORE, "127.0.0.1", self.mqtt_port, self.passwords
        )
        self.started.append(subprocess.Popen(command, stderr=self.log("broker"), stdout=subprocess.DEVNULL))
        wait_for("the broker listens", lambda: answers(self.mqtt_port))

    def bridge(self) -> subprocess.Popen[bytes]:
        broker = {
            "port": self.mqtt_port, "username": BRIDGE, "password_file": str(self.folder.secrets / "mqtt-bridge-1"),
        }  # fmt: skip
        tables: dict[str, Any] = {
            "": {"name": BRIDGE, "store": STORE, "data": str(self.folder.bridge_data)}, "broker": broker,
        }  # fmt: skip
        write_file(self.folder.bridge_config, as_toml(tables))
        return self.start("firmware_bridge", "run", "--config", str(self.folder.bridge_config))

    def reference_cloud(self) -> str:
        """The reference cloud with an empty store; returns its URL."""
        port, data = free_port(), Path(tempfile.mkdtemp(dir=self.folder.root))
        tokens = ("--token-file", str(self.folder.secrets / "cloud-box"))
        readers = ("--read-token-file", str(self.folder.secrets / "api-token"))
        self.start("gateway.cloud.program", "--data", str(data), "--port", str(port), *tokens, *readers)
        wait_for("the cloud listens", lambda: answers(port))
        return f"http://127.0.0.1:{port}"

    def null_receiver(self) -> str:
        port = free_port()
        self.start("benchmarks.null_receiver", str(port))
        wait_for("the null receiver listens", lambda: answers(port))
        return f"http://127.0.0.1:{port}"

    def start(self, module: str, *words: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=self.log(module),
            env=os.environ | (env or {}),
        )  # fmt: skip
        self.started.append(process)
        return process

    def log(self, name: str) -> Any:
        return open(self.folder.root / f"{name}.log", "ab")


class Gateway:
    """A started gateway and how to reach it."""

    def __init__(self, process: subprocess.Popen[bytes], guest: int, staff: int):
        self.process = process
        self.guest = guest
        self.staff = staff

    @property
    def pid(self) -> int:
        return self.process.pid

    def ready(self) -> Gateway:
        """Once both doors are open."""
        wait_for("both doors open", lambda: self.ended or (answers(self.guest) and answers(self.staff)))
        if self.ended:
            raise RuntimeError("the gateway ended at once")
        return self

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def ask(self, port: int, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        """One request on a connection of its own, with a key that no other has."""
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
            if token:
                headers["Authorization"] = f"Bearer {token}"
            line.request(method, path, msgspec.json.encode(body) if body is not None else None, headers)
            answer = line.getresponse()
            raw = answer.read()
            return answer.status, msgspec.json.decode(raw) if raw else None
        finally:
            line.close()

    def stop(self) -> None:
        end(self.process)


def end(process: subprocess.Popen[bytes]) -> None:
    """A stopped process is set going first, or it would not hear the signal."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _tokens() -> Iterator[str]:
    while True:
        yield secrets.token_urlsafe(12)
