"""`gateway run --config FILE`."""

from __future__ import annotations

import argparse
import errno
import logging
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from gateway.config import Wrong, load
from gateway.store import CannotOpen

log = logging.getLogger("gateway")

LOG_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="gateway run", description="Run the gateway until SIGTERM or SIGINT.")
    parser.add_argument("--config", required=True, type=Path, help="the boot file, such as /etc/gateway/gateway.toml")
    options = parser.parse_args(args)
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr)
    try:
        config = load(options.config)
        # Imported late: a wrong boot file is answered before Flask is loaded.
        from gateway.assembly import Gateway

        gateway = Gateway(config)
    except (Wrong, CannotOpen) as wrong:
        print(f"gateway: {wrong}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            ports = f"guest {config.guest.port} or staff {config.staff.port}"
            print(f"gateway: a port is in use already: {ports}", file=sys.stderr)
            return 2
        raise
    return _serve(gateway)


def _serve(gateway: Gateway) -> int:  # type: ignore[name-defined]  # noqa: F821
    ending = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        ending.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    gateway.start()
    while not ending.wait(0.5):
        if gateway.failed.is_set():
            log.critical("a part cannot go on; ending, so that a fresh start can")
            break
    failed = gateway.failed.is_set()
    began = time.monotonic()
    gateway.stop()
    # Without this line nobody can tell a clean end from one that was cut: systemd kills after its own time.
    log.info("closed in %.1f s", time.monotonic() - began)
    return 1 if failed else 0
