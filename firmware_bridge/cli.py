"""`firmware-bridge run --config FILE`: the process between the local broker and the devices.
`firmware-bridge doctor --printer PORT`: a report about one printer, without broker and store."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from firmware_bridge import doctor
from firmware_bridge.assembly import Bridge
from firmware_bridge.config import read_config
from firmware_bridge.errors import ConfigError, JournalError


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 stopped by a signal, 1 a part failed (start it again), 2 wrong use or configuration. Those of
    `doctor` are in doctor.py."""
    parser = argparse.ArgumentParser(prog="firmware-bridge", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run until SIGTERM or SIGINT")
    run.add_argument("--config", type=Path, required=True, metavar="FILE")
    doctor.add_arguments(commands.add_parser("doctor", help="probe one printer and write a report about it"))
    arguments = parser.parse_args(argv)
    if arguments.command == "doctor":
        return doctor.run(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(threadName)s: %(message)s")
    try:
        bridge = Bridge(read_config(arguments.config))
    except ConfigError as error:
        for problem in error.problems:
            print(f"firmware-bridge: {problem}", file=sys.stderr)
        return 2
    except (JournalError, OSError) as error:
        print(f"firmware-bridge: {error}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bridge.stop())
    try:
        return bridge.run()
    except JournalError as error:
        print(f"firmware-bridge: {error}", file=sys.stderr)
        return 1
