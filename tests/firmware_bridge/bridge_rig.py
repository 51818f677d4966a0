"""Real things in small: a Mosquitto, virtual printers on ptys, the bridge as a process, a gateway's hands."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from waiting import eventually

from firmware_bridge.assembly import Bridge
from firmware_bridge.config import read_config
from firmware_bridge.discovery import DEV, SYS
from firmware_bridge.virtual.cli import make
from firmware_bridge.virtual.config import read_devices
from firmware_bridge.virtual.control import Control
from firmware_bridge.virtual.tray import Tray
from gateway.contract.messages import BridgeDesired, DeviceDesired, PrintCommand
from gateway.contract.slips import Slip, SlipElsewhere, SlipLine, SlipOption
from gateway.contract.topics import Topics

STORE = "demo"
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def a_slip(**changes: Any) -> Slip:
    slip = Slip(
        language="zh-Hans", station="炒锅", number="0041", order="A031", place="12 桌", time="12:45",
        lines=[
            SlipLine(2, "宫保鸡丁", [SlipOption("微辣"), SlipOption("不放花生", True)], "少油"),
            SlipLine(1, "麻婆豆腐"),
        ],
        previous="0040", covers=4, by="王敏", allergies=["花生"], note="先上凉菜",
        elsewhere=[SlipElsewhere("凉菜", 1)], code="A031-0041",
    )  # fmt: skip
    return msgspec.structs.replace(slip, **changes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A child with its log; killed at the end whatever happened."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.log = log
        # A bridge that is killed while it loads python-escpos leaves that one's folder in its TMPDIR.
        own = {**os.environ, "TMPDIR": str(log.parent)}
        with log.open("ab") as sink:
            self.child = subprocess.Popen(command, stdout=sink, stderr=sink, env=own)

    def kill(self, number: int = signal.SIGKILL) -> int:
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(10)


class Mosquitto:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
            "max_packet_size 69632\n"  # as in config/mosquitto.conf: it hangs up on a larger one
        )
        self.start()

    def start(self) -> None:
        self.process = Process([MOSQUITTO, "-c", str(self._config)], self._folder / "mosquitto.log")
        eventually("mosquitto listens", self._answers, 5)

    def stop(self) -> None:
        self.process.kill()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Printers:
    """The virtual devices in this process, as quick to start as a thread, and what fell out of them."""

    def __init__(self, folder: Path, devices: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if devices:
            (folder / "devices.toml").write_text(devices, encoding="utf-8")
        self.start()

    def start(self) -> None:
        tray = Tray(self.folder / "paper")
        wanted = read_devices(self.folder / "devices.toml")
        devices = {each.name: make(each, self.folder, tray) for each in wanted}
        for device in devices.values():
            device.start()
        self._control, self._tray = Control(self.folder / "devices.sock", devices), tray
        self._devices = devices
        self._control.start()

    def stop(self) -> None:
        self._control.stop()
        for device in self._devices.values():
            device.stop()
        self._tray.close()

    def ready(self) -> None:
        eventually("virtual devices are up", lambda: (self.folder / "devices.sock").exists())

    def ask(self, **command: Any) -> dict[str, Any]:
        self.ready()
        with socket.socket(socket.AF_UNIX) as line:
            folder = os.open(self.folder, os.O_PATH)
            try:
                line.connect(f"/proc/self/fd/{folder}/devices.sock")
            finally:
                os.close(folder)
            line.sendall(json.dumps(command).encode() + b"\n")
            answer: dict[str, Any] = json.loads(line.makefile().readline())
        return answer

    def fault(self, fault: str, on: bool = True, device: str = "kitchen") -> None:
        assert self.ask(device=device, fault=fault, on=on) == {"ok": True}

    def facts(self, device: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(op="state")["devices"][device]
        return found

    def papers(self, device: str = "kitchen") -> list[str]:
        files = sorted((self.folder / "paper" / device).glob("*.txt"))
        return [file.read_text(encoding="utf-8") for file in files]

    def port(self, device: str = "kitchen") -> str:
        return str(self.folder / "dev" / device)


class PrinterProcess(Printers):
    """The same as the real command, for what must survive a killed bridge."""

    before: tuple[str, ...] = ()
    """Words of a command that starts ours, such as one that leads into another network."""

    def start(self) -> None:
        command = [sys.executable, "-m", "firmware_bridge.virtual.cli", "run", "--data", str(self.folder)]
        self.process = Process([*self.before, *command], self.folder / "devices.log")

    def stop(self) -> None:
        assert self.process.kill(signal.SIGTERM) == 0


class Gateway:
    """The gateway's side of the MQTT contract, as a test needs it."""

    def __init__(self, port: int) -> None:
        self.topics = Topics(STORE)
        self.messages: list[tuple[float, str, bytes]] = []
        self._lock = threading.Lock()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "test-gateway")
        self._client.on_message = self._note
        self._client.on_connect = lambda client, *_: client.subscribe("tablepass/#", 1)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        eventually("the gateway is connected", self._client.is_connected, 5)

    def _note(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self._lock:
            self.messages.append((time.monotonic(), message.topic, bytes(message.payload)))

    def desire(self, *devices: DeviceDesired, revision: int = 1) -> None:
        document = msgspec.json.encode(BridgeDesired(revision, list(devices)))
        self.publish(self.topics.bridge_desired("b1"), document, retain=True)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(5)

    def send(self, command: PrintCommand, printer: str = "kitchen") -> float:
        payload = msgspec.json.encode(command)
        at = time.monotonic()
        self._client.publish(self.topics.printer_jobs(printer), payload, 1)
        return at

    def print(self, key: str, attempt: int = 1, copy: int = 1, slip: Slip | None = None) -> float:
        return self.send(PrintCommand("print", key, attempt, slip or a_slip(), copy))

    def withdraw(self, key: str, attempt: int = 1) -> float:
        return self.send(PrintCommand("withdraw", key, attempt))

    def results(self, key: str, printer: str = "kitchen") -> list[dict[str, Any]]:
        found = self.on(self.topics.printer_results(printer))
        return [result for result in found if result["key"] == key]

    def result(self, key: str, state: str, seconds: float = 40, **more: Any) -> dict[str, Any]:
        wanted = {"state": state, **more}
        return eventually(
            f"{key} {wanted}",
            lambda: next(
                (each for each in self.results(key) if all(each.get(k) == v for k, v in wanted.items())), None
            ),
            seconds,
            seen=lambda: self.results(key),
        )

    def bridge_states(self) -> list[dict[str, Any]]:
        return self.on(self.topics.bridge_state("b1"))

    def on(self, topic: str) -> list[dict[str, Any]]:
        with self._lock:
            return [json.loads(payload) for _, name, payload in self.messages if name == topic and payload]

    def device(self, status: str, *reasons: str, seconds: float = 40) -> None:
        def states() -> list[tuple[str, list[str]]]:
            found = self.on(self.topics.device_state("kitchen"))
            return [(state["status"], state.get("reasons", [])) for state in found]

        eventually(
            f"the kitchen is {status} {reasons}",
            lambda: states()[-1:] == [(status, [*reasons])],
            seconds,
            seen=lambda: states()[-3:],
        )

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class BridgeThread:
    """The whole bridge, run in this process: no test waits for the import of an interpreter."""

    def __init__(self, folder: Path, port: int, plugs: tuple[Path, Path] = (DEV, SYS)) -> None:
        self.folder, self.plugs = folder, plugs
        self.config = folder / "bridge.toml"
        folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(
            f'name = "b1"\nstore = "{STORE}"\ndata = "data"\n\n[broker]\nport = {port}\n', encoding="utf-8"
        )
        self.start()

    def start(self) -> None:
        self.bridge = Bridge(read_config(self.config), *self.plugs)
        self._thread = threading.Thread(target=self.bridge.run, name="bridge")
        self._thread.start()

    def stop(self) -> None:
        self.bridge.stop()
        self._thread.join(5)


class BridgeProcess(BridgeThread):
    """The real command, to be killed."""

    def start(self) -> None:
        command = [sys.executable, "-m", "firmware_bridge", "run", "--config", str(self.config)]
        self.process = Process(command, self.folder / "bridge.log")

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        self.process.kill(signal.SIGTERM)


def kitchen(printers: Printers, **changes: Any) -> DeviceDesired:
    printers.ready()
    desired = DeviceDesired("kitchen", "escpos_printer", printers.port(), baud=115200)
    return msgspec.structs.replace(desired, **changes)
