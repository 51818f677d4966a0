"""Fixtures over bridge_rig: real things in small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bridge_rig import MOSQUITTO, BridgeProcess, Gateway, Mosquitto, Printers, kitchen

from firmware_bridge import escpos


@pytest.fixture(scope="session")
def bar_codes() -> escpos.BarCodeBytes:
    return escpos.load_bar_codes()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    if not Path(MOSQUITTO).exists():
        pytest.skip("Mosquitto is not installed")
    broker = Mosquitto(tmp_path)
    yield broker
    broker.stop()


@pytest.fixture
def printers(tmp_path: Path) -> Iterator[Printers]:
    # Faster than a real line, so that the tests are; one test runs at the pace of 19200.
    made = Printers(tmp_path / "devices", '[[printer]]\nname = "kitchen"\nbaud = 115200\n')
    yield made
    made.stop()


@pytest.fixture
def gateway(mosquitto: Mosquitto) -> Iterator[Gateway]:
    made = Gateway(mosquitto.port)
    yield made
    made.stop()


@pytest.fixture
def bridge(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[BridgeProcess]:
    made = BridgeProcess(tmp_path / "bridge", mosquitto.port)
    yield made
    made.stop()


@pytest.fixture
def kitchen_up(gateway: Gateway, printers: Printers, bridge: BridgeProcess) -> Gateway:
    """Everything runs and the kitchen printer is well."""
    gateway.desire(kitchen(printers))
    gateway.device("online", seconds=15)
    return gateway
