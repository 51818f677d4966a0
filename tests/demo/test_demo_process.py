"""The real `gateway demo`: its one line, its children, its end. Nothing is left behind, nothing is forgotten."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from waiting import eventually

from gateway.demo.broker import find_mosquitto

ROOT = Path(__file__).resolve().parents[2]
ANY_PORTS = [part for name in ("guest", "staff", "mqtt", "cloud") for part in (f"--{name}-port", "0")]
READY_S = 60.0


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Demo:
    def __init__(self, data: Path, *arguments: str):
        self.data = data
        self.log = open(data.parent / "log", "ab")  # noqa: SIM115 - the process keeps it
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "demo", "--json", "--data", str(data), *ANY_PORTS, *arguments],
            stdout=subprocess.PIPE, stderr=self.log, cwd=ROOT, text=True,
        )  # fmt: skip
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, (self.process.wait(10), (data.parent / "log").read_text()[-4000:])
        self.info: dict[str, Any] = json.loads(line)

    def pids(self) -> dict[str, int | None]:
        found: dict[str, int | None] = json.loads((self.data / "pids.json").read_text())
        return found

    def ask(self, **request: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.data / "control.sock"))
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(connection.makefile().readline())
            return answer

    def order(self) -> int:
        token = self.info["tables"]["1"].rsplit("/", 1)[1]
        body = {"table_token": token, "lines": [{"item": "rice", "quantity": 1, "modifiers": [], "note": ""}]}
        request = urllib.request.Request(
            self.info["guest_url"] + "/api/v1/orders",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)

    def papers(self) -> int:
        return len(list(Path(self.info["printers"]["kitchen"]["paper"]).glob("*.txt")))

    def stop(self) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        self.process.terminate()
        assert self.process.stdout
        assert self.process.wait(15) == 0
        assert self.process.stdout.read() == "", "standard output holds one line and nothing else"
        self.log.close()
        return time.monotonic() - began


@pytest.fixture
def folder() -> Iterator[Path]:
    # A short path: a socket's is limited to 107 bytes, and pytest's folders are long.
    with tempfile.TemporaryDirectory(prefix="店 ") as name:
        yield Path(name) / "store"


def test_a_day_of_the_demo(folder: Path) -> None:
    demo = Demo(folder)
    try:
        info = demo.info
        assert info["ready"] is True
        assert info["mqtt"]["broker"] == ("mosquitto" if find_mosquitto() else "embedded")
        assert set(info["pids"]) == {"gateway", "firmware_bridge", "cloud", "broker", "devices"}
        assert demo.pids() == info["pids"]
        assert all(is_running(pid) for pid in info["pids"].values())
        assert demo.order() == 201
        eventually("its paper", demo.papers)

        again = subprocess.run(
            [sys.executable, "-m", "gateway", "demo", "--data", str(folder)],
            capture_output=True, text=True, timeout=30, cwd=ROOT, check=False,
        )  # fmt: skip
        assert again.returncode == 2
        assert "another demo is running" in again.stderr

        for name in ("gateway", "firmware_bridge", "cloud", "broker", "devices"):
            former = demo.pids()[name]
            assert former
            os.kill(former, signal.SIGKILL)
            eventually(f"{name} is there again", lambda n=name, p=former: demo.pids()[n] not in (None, p))
        before = demo.papers()
        eventually("an order is taken", lambda: _orders(demo))
        eventually("its paper", lambda: demo.papers() > before)

        assert demo.ask(fault="broker_down", on=True, for_s=1)["ok"]
        eventually("the broker is down", lambda: demo.pids()["broker"] is None)
        eventually("the broker is up", lambda: demo.pids()["broker"])
        assert demo.ask(op="state")["active"] == {}
        assert demo.ask(fault="fire")["code"] == "unknown_fault"
        pids = [pid for pid in demo.pids().values() if pid]
    finally:
        took = demo.stop()
    assert took < 5.0
    assert [pid for pid in pids if is_running(pid)] == []
    assert not (folder / "control.sock").exists()

    second = Demo(folder)
    try:
        for key in ("tables", "staff", "api_token", "mqtt", "guest_url", "staff_url", "cloud_url"):
            assert second.info[key] == demo.info[key], key
        assert second.order() == 201
    finally:
        second.stop()


def _orders(demo: Demo) -> bool:
    try:
        return demo.order() == 201
    except OSError:
        return False  # its process is being started again


def test_a_killed_supervisor_takes_everything_along(folder: Path) -> None:
    demo = Demo(folder)
    pids = [pid for pid in demo.pids().values() if pid]
    demo.process.kill()
    demo.process.wait(10)
    eventually("nobody is left", lambda: not [pid for pid in pids if is_running(pid)])
    demo.log.close()
    again = Demo(folder)
    again.stop()


def test_a_person_at_a_terminal_reads_addresses_and_no_logs(folder: Path) -> None:
    master, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "demo", "--data", str(folder), *ANY_PORTS],
        stdout=terminal, stderr=terminal, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    said = bytearray()

    def said_words() -> str:
        return said.decode("utf-8", "replace")

    def read(words: str) -> bool:
        said.extend(os.read(master, 65536))
        return words in said_words()

    try:
        eventually("it is ready", lambda: read("closes the store"), READY_S, seen=said_words)
        process.send_signal(signal.SIGINT)
        eventually("it says goodbye", lambda: read("goes on from here"), READY_S, seen=said_words)
        assert process.wait(15) == 0  # asked again now, it might meet the signal without a hand for it
    finally:
        process.kill()
        process.wait(15)
        os.close(master)
    lines = said.decode().splitlines()
    assert len(lines) < 24, said.decode()
    assert not [line for line in lines if line.startswith("[") or "INFO" in line]
    for words in ("/demo", "PIN", str(folder / "logs"), "Internet cut"):
        assert words in said.decode(), words
    assert "INFO" in (folder / "logs" / "gateway.log").read_text()


def test_a_folder_that_was_moved_prints_on_its_own_paper(folder: Path) -> None:
    first = Demo(folder)
    try:
        assert first.order() == 201
        eventually("its paper", first.papers)
    finally:
        first.stop()
    moved = folder.with_name("moved")
    folder.rename(moved)
    second = Demo(moved)
    try:
        assert second.info["tables"] == first.info["tables"]
        before = second.papers()
        assert second.order() == 201
        eventually("its paper", lambda: second.papers() > before)
        assert not folder.exists()
    finally:
        second.stop()


@pytest.mark.skipif(find_spec("amqtt") is None, reason="amqtt is not installed")
def test_the_embedded_broker_carries_an_order_to_paper(folder: Path) -> None:
    demo = Demo(folder, "--broker", "embedded")
    try:
        assert demo.info["mqtt"]["broker"] == "embedded"
        assert demo.order() == 201
        eventually("its paper", demo.papers)
        former = demo.pids()["broker"]
        assert former
        os.kill(former, signal.SIGKILL)
        eventually("the broker is up again", lambda: demo.pids()["broker"] not in (None, former))
        assert demo.order() == 201
        eventually("the second paper", lambda: demo.papers() >= 2)
    finally:
        demo.stop()
