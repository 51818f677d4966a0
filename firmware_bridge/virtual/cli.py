"""`virtual-devices run --data DIR`: printers and small devices made of software, in a process of their own."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from firmware_bridge.errors import ConfigError
from firmware_bridge.virtual.config import PRINTERS, VirtualDesired, read_devices
from firmware_bridge.virtual.control import Control
from firmware_bridge.virtual.device import VirtualDevice
from firmware_bridge.virtual.printer_device import PrinterDevice
from firmware_bridge.virtual.small_device import SmallDevice
from firmware_bridge.virtual.tray import Tray


def make(desired: VirtualDesired, folder: Path, tray: Tray) -> VirtualDevice:
    if desired.driver in PRINTERS:
        return PrinterDevice(desired, folder, tray)
    return SmallDevice(desired, folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 stopped by a signal, 2 wrong use or configuration."""
    parser = argparse.ArgumentParser(prog="virtual-devices", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run until SIGTERM or SIGINT")
    run.add_argument("--data", type=Path, required=True, metavar="DIR", help="holds devices.toml, dev/, paper/")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        arguments.data.mkdir(parents=True, exist_ok=True)
        wanted = read_devices(arguments.data / "devices.toml")
    except ConfigError as error:
        for problem in error.problems:
            print(f"virtual-devices: {problem}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"virtual-devices: {error}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tray = Tray(arguments.data / "paper")
    devices = {each.name: make(each, arguments.data, tray) for each in wanted}
    for device in devices.values():
        device.start()
    control = Control(arguments.data / "devices.sock", devices)
    control.start()
    logging.getLogger(__name__).info("ready: %s", ", ".join(devices))
    stop.wait()
    control.stop()
    for device in devices.values():
        device.stop()
    tray.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
