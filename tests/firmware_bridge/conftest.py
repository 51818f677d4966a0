"""Fixtures over bridge_rig: real things in small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bridge_rig import (
    MOSQUITTO,
    BridgeProcess,
    BridgeThread,
    Gateway,
    Mosquitto,
    PrinterProcess,
    Printers,
    kitchen,
)
from firmware_rig import Board

from firmware_bridge import escpos


@pytest.fixture(scope="session")
def bar_codes() -> escpos.BarCodeBytes:
    return escpos.load_bar_codes()


@pytest.fixture
def board() -> Iterator[Callable[..., Board]]:
    """Starts programs of the firmware, each a peer on a pty; they end with the test."""
    started: list[Board] = []

    def start(program: Path, **how: bool) -> Board:
        started.append(Board(program, **how))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    if not Path(MOSQUITTO).exists():
        pytest.skip("Mosquitto is not installed")
    broker = Mosquitto(tmp_path)
    yield broker
    broker.stop()


FAST = '[[printer]]\nname = "kitchen"\nbaud = 115200\n'
"""Faster than a real line, so that the tests are."""


@pytest.fixture
def printers(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Printers]:
    kind = PrinterProcess if "bridge_process" in request.fixturenames else Printers
    made = kind(tmp_path / "devices", FAST)
    yield made
    made.stop()


@pytest.fixture
def gateway(mosquitto: Mosquitto) -> Iterator[Gateway]:
    made = Gateway(mosquitto.port)
    yield made
    made.stop()


@pytest.fixture
def bridge(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[BridgeThread]:
    made = BridgeThread(tmp_path / "bridge", mosquitto.port)
    yield made
    made.stop()


@pytest.fixture
def bridge_process(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[BridgeProcess]:
    """Asking for this fixture makes bridge and printers real processes."""
    made = BridgeProcess(tmp_path / "bridge", mosquitto.port)
    yield made
    made.stop()


@pytest.fixture
def kitchen_up(gateway: Gateway, printers: Printers, request: pytest.FixtureRequest) -> Gateway:
    """Everything runs and the kitchen printer is well."""
    request.getfixturevalue("bridge_process" if "bridge_process" in request.fixturenames else "bridge")
    gateway.desire(kitchen(printers))
    gateway.device("online")
    return gateway
