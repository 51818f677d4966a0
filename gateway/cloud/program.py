"""`gateway cloud`: the reference receiver as a program of its own."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from waitress.server import create_server
from waitress.wasyncore import close_all

from gateway.cloud.access import Access, kept_token
from gateway.cloud.app import make_app
from gateway.cloud.batch import MAX_BODY_BYTES
from gateway.cloud.event_store import EventStore, Unavailable
from gateway.cloud.store import SqliteStore

THREADS = 16
"""One writer works at a time: the others decode, or answer readers."""

STOP_S = 1.5
"""For requests in progress. A batch takes some 20 ms; the program promises to be gone within 2 s."""

log = logging.getLogger(__name__)


class CloudServer:
    """The receiver on a listening socket, served by its own threads. `port` is the real one."""

    def __init__(self, store: EventStore, access: Access, host: str, port: int):
        """Binds at once. Raises OSError when the address is taken or unknown."""
        # waitress warns about each queued request: under a drain that is a line per batch.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        http: Any = create_server(
            make_app(store, access),
            # One address: for a name with two, waitress makes two sockets, and port 0 two different ports.
            host=socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0],
            port=port,
            threads=THREADS,
            connection_limit=300,  # idle kept connections of boxes hold no thread, only a descriptor each
            asyncore_use_poll=True,  # with select the listener dies past descriptor 1023
            max_request_body_size=2 * MAX_BODY_BYTES,  # up to here the application refuses, in words
            channel_timeout=120,  # seconds idle; longer than the 60 s that a box may back off
            ident="",
        )
        self._http = http
        self.port = int(http.effective_port)
        self._loop = threading.Thread(target=self._http.run, name="cloud-http", daemon=True)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        """Ends within STOP_S + 0.5 s. What was not answered is sent again by its box."""
        self._http.task_dispatcher.shutdown(timeout=STOP_S)
        rung = threading.Event()

        def close_inside() -> None:
            # A request that ends just now wakes the loop as well as we do, and may do so before our own byte is
            # written: its pipe, closed under that write, fails it, or lends its number to another file.
            rung.wait()
            close_all(self._http._map)

        # The loop's map belongs to its thread, so it is that thread which closes everything and then ends.
        self._http.trigger.pull_trigger(close_inside)
        rung.set()
        self._loop.join(0.5)


def run(
    data: Path,
    host: str,
    port: int,
    box_token: str,
    read_token: str,
    ready: Callable[[int], None] | None,
) -> int:
    """Serve until SIGTERM or SIGINT; call it in the main thread. `ready` gets the port once requests are
    taken. The tokens are texts as in the token files (`Access.of`). Returns the exit code: 0 stopped as
    asked, 1 the data folder or the port cannot be used, 2 the tokens make no sense."""
    stop = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    try:
        access = Access.of(box_token, read_token)
    except ValueError as problem:
        log.error("%s", problem)
        return 2
    try:
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        store = SqliteStore(data / "cloud.sqlite3")
    except (OSError, Unavailable) as problem:
        log.error("the data folder %s cannot be used: %s", data, problem)
        return 1
    try:
        server = CloudServer(store, access, host, port)
    except OSError as problem:
        log.error("cannot listen on %s port %d: %s", host, port, problem)
        store.close()
        return 1
    server.start()
    log.info("the cloud takes events on http://%s:%d", host, server.port)
    if ready is not None:
        ready(server.port)
    stop.wait()
    server.stop()
    store.close()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Prints one JSON line `{"ready": true, "port": N}` on standard output."""
    parser = argparse.ArgumentParser(
        prog="gateway cloud",
        description="The reference cloud: stores every event of every box once, and lists the orders.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder for the database and the tokens")
    parser.add_argument("--port", type=int, required=True, help="TCP port to listen on; 0 = any free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--token-file",
        type=Path,
        help="boxes' tokens: a `TOKEN` or `SOURCE TOKEN` a line (default: DATA/box.token, made if missing)",
    )
    parser.add_argument(
        "--read-token-file",
        type=Path,
        help="tokens that may only read, one a line (default: DATA/read.token, made if missing)",
    )
    args = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        args.data.mkdir(mode=0o750, parents=True, exist_ok=True)
        box = args.token_file.read_text("utf-8") if args.token_file else kept_token(args.data / "box.token")
        reader = (
            args.read_token_file.read_text("utf-8") if args.read_token_file else kept_token(args.data / "read.token")
        )
    except (OSError, UnicodeDecodeError) as problem:
        log.error("%s", problem)
        return 2

    def ready(port: int) -> None:
        print(json.dumps({"ready": True, "port": port}), flush=True)

    return run(args.data, args.host, args.port, box, reader, ready)


if __name__ == "__main__":
    raise SystemExit(main())
