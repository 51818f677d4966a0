"""`gateway run` as a process: how it ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

BOOT = """
[store]
id = "demo"
data = "{data}"
[guest]
port = {guest}
[staff]
port = {staff}
[broker]
port = {broker}
"""


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_last_line_says_that_it_has_closed_and_how_long_that_took(tmp_path: Path, number: signal.Signals) -> None:
    guest, staff, broker = free_ports(3)
    boot, log = tmp_path / "gateway.toml", tmp_path / "log"
    boot.write_text(BOOT.format(data=tmp_path / "box", guest=guest, staff=staff, broker=broker))
    with log.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "-m", "gateway", "run", "--config", str(boot)], stderr=sink)
    try:
        end = time.monotonic() + 30
        while b"guest on port" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(number)
        assert process.wait(10) == 0
    finally:
        process.kill()
    last = log.read_text().splitlines()[-1]
    said = re.search(r"gateway: closed in (\d+\.\d) s$", last)
    assert said, last
    assert float(said[1]) < 5
