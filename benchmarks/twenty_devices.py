"""Twenty printers at once on one bridge: how late a slip is beside its own line, memory, and what idling costs."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import paho.mqtt.client as mqtt

from benchmarks import procfs
from benchmarks.bare_pipe import client
from benchmarks.figures import Figure, main, median, note
from benchmarks.paced_printers import PacedPrinters
from benchmarks.shop import Shop, wait_for
from gateway.contract.messages import BridgeDesired, DeviceDesired, PrintCommand
from gateway.contract.slips import Slip, SlipLine
from gateway.contract.topics import Topics
from gateway.demo.configuration import STORE
from gateway.demo.rights import BRIDGE

DEVICES, BAUD = 20, 19200
LATE_SHARE, LATE_MS = 1.05, 15.0
PSS_BEFORE_MB, PSS_AFTER_MB, IDLE_CPU = 40.0, 58.0, 0.003
TOPICS = Topics(STORE)
NAMES = [f"printer-{n:02}" for n in range(DEVICES)]


def measure(quick: bool) -> Iterator[Figure]:
    rounds, seconds = (3, 10.0) if quick else (12, 30.0)
    with Shop() as shop:
        shop.broker()
        printers = PacedPrinters(shop.folder.devices, NAMES, BAUD)
        shop.bridge()
        bridge = shop.started[-1].pid
        till = Till(shop)
        till.desire(shop)
        wait_for("all are online", lambda: till.online >= set(NAMES))
        before = procfs.pss_mb(bridge)
        late: list[float] = []
        for n in range(rounds):
            late += till.print_everywhere(printers)
            note(f"round {n}: the latest {max(late[-DEVICES:]):.1f} ms after its line time")
        printed = procfs.pss_mb(bridge)
        till.print_code(NAMES[0])
        after = procfs.pss_mb(bridge)
        time.sleep(6)
        cpu = idle_share(bridge, seconds)
        till.stop()
        printers.stop()
        allowed = [LATE_MS + slip * (LATE_SHARE - 1) for slip in till.line_ms]
        worst = max(value - limit for value, limit in zip(late, allowed, strict=True))
        yield Figure(
            f"the latest of {len(late)} slips, {DEVICES} at once, after its line time", max(late), "ms",
            f"its line time {median(till.line_ms):.0f} ms + 5 % + 15 ms", goal="within 5 % and 15 ms", met=worst <= 0,
        )  # fmt: skip
        yield Figure("median of them", median(late), "ms")
        yield Figure(
            f"the bridge's PSS with {DEVICES} devices", printed, "MB", f"before their first slips {before:.1f} MB",
            goal=f"<= {PSS_BEFORE_MB:.0f} MB", met=printed <= PSS_BEFORE_MB,
        )  # fmt: skip
        yield Figure(
            "the same after the first QR code", after, "MB", goal=f"<= {PSS_AFTER_MB:.0f} MB",
            met=after <= PSS_AFTER_MB,
        )  # fmt: skip
        yield Figure(
            f"idle CPU of the bridge with {DEVICES} devices", cpu * 100, "% of a core", goal="<= 0.3 %",
            met=cpu <= IDLE_CPU,
        )  # fmt: skip


def idle_share(pid: int, seconds: float) -> float:
    used = procfs.running_s(pid)
    time.sleep(seconds)
    return (procfs.running_s(pid) - used) / seconds


def a_slip(number: int) -> Slip:
    lines = [SlipLine(2, "宫保鸡丁"), SlipLine(1, "麻婆豆腐"), SlipLine(3, "米饭")]
    return Slip("zh-Hans", "炒锅", f"{number:04}", f"A{number:03}", "12 桌", "12:30", lines, code=f"A{number:03}-1")


class Till:
    """The gateway's side of the bridge's topics. `line_ms`: what each slip's bytes take on its line."""

    def __init__(self, shop: Shop):
        self.online: set[str] = set()
        self.line_ms: list[float] = []
        self._ended: dict[str, str] = {}
        self._news = threading.Condition()
        self._client = client(shop.mqtt_port, shop.folder.secrets / "mqtt-gateway", "till")
        self._client.on_message = self._hear
        self._client.loop_start()
        self._client.subscribe([(TOPICS.device_state("+"), 1), (TOPICS.printer_results("+"), 1)])

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def desire(self, shop: Shop) -> None:
        wanted = [
            DeviceDesired(name, "escpos_printer", str(shop.folder.devices / name), BAUD, 48, "gs_r", "gbk")
            for name in NAMES
        ]
        self._say(TOPICS.bridge_desired(BRIDGE), BridgeDesired(1, wanted), retain=True)

    def print_everywhere(self, printers: PacedPrinters) -> list[float]:
        """Milliseconds from the publication of each slip to its cut, less what its bytes take on the line."""
        said: dict[str, float] = {}
        jobs = {name: str(uuid.uuid4()) for name in NAMES}
        for number, (name, key) in enumerate(jobs.items()):
            said[name] = time.monotonic()
            self._print(name, key, a_slip(number))
        self._wait(list(jobs.values()))
        late = []
        for name in NAMES:
            size, at = printers.printers[name].ended[-1]
            line_s = size / (BAUD / 10)
            self.line_ms.append(line_s * 1000)
            late.append((at - said[name] - line_s) * 1000)
        return late

    def print_code(self, name: str) -> None:
        key = str(uuid.uuid4())
        slip = msgspec.structs.replace(a_slip(1), kind="test", qr="https://shop.example/t/12?k=a1B2c3")
        self._print(name, key, slip)
        self._wait([key])

    def _print(self, name: str, key: str, slip: Slip) -> None:
        self._say(TOPICS.printer_jobs(name), PrintCommand("print", key, 1, slip))

    def _say(self, topic: str, body: Any, retain: bool = False) -> None:
        self._client.publish(topic, msgspec.json.encode(body), qos=1, retain=retain)

    def _wait(self, keys: list[str]) -> None:
        with self._news:
            there = self._news.wait_for(lambda: all(key in self._ended for key in keys), 60)
        if not there or {self._ended[key] for key in keys} != {"PRINTED"}:
            raise RuntimeError(f"not every slip was proven: {self._ended}")

    def _hear(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        match TOPICS.levels(message.topic):
            case ["devices", name, "state"] if message.payload:
                if msgspec.json.decode(message.payload)["status"] == "online":
                    self.online.add(name)
            case ["printers", _, "results"]:
                result = msgspec.json.decode(message.payload)
                if result["state"] not in ("SENDING", "WAITING"):
                    with self._news:
                        self._ended[result["key"]] = result["state"]
                        self._news.notify_all()


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
