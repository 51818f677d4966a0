"""The demo's control socket: JSON lines in, JSON lines out. The supervisor's own loop does what is asked."""

from __future__ import annotations

import json
import os
import queue
import socketserver
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

MAX_LINE = 4096
"""Bytes. The longest request is a drill with all its fields, under 200."""
MAX_WAITING = 32
"""Requests that wait for the loop; more than the buttons of several pages pressed at once."""
ANSWER_S = 6.0
"""The loop answers within milliseconds; the slowest request asks the virtual devices, 2 s at most."""

Answer = dict[str, Any]


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """Either a drill (`fault`, `on`, `target`, `for_s` in seconds) or an operation."""

    fault: str | None = None
    on: bool = True
    target: str | None = None
    for_s: float | None = None
    op: str | None = None


class Mailbox:
    """Hands requests from any thread to the one loop that may act on them."""

    def __init__(self, wake: Callable[[], None]):
        self._waiting: queue.Queue[tuple[Request, Future[Answer]]] = queue.Queue(MAX_WAITING)
        self._wake = wake

    def ask(self, request: Request) -> Answer:
        """Ask and wait for the answer. From another thread than the loop's."""
        reply: Future[Answer] = Future()
        try:
            self._waiting.put_nowait((request, reply))
        except queue.Full:
            return {"ok": False, "code": "busy"}
        self._wake()
        try:
            return reply.result(ANSWER_S)
        except TimeoutError:
            return {"ok": False, "code": "no_answer"}

    def serve(self, act: Callable[[Request], Answer]) -> None:
        """In the loop: answer everything that waits."""
        while True:
            try:
                request, reply = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                reply.set_result(act(request))
            except Exception as error:  # the asker learns of it; the store goes on
                reply.set_exception(error)
                raise


class ControlSocket:
    """Listens at `path`, readable for this user only, one thread for each connection."""

    def __init__(self, path: Path, mailbox: Mailbox):
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = _Server(str(path), _Connection)
        finally:
            os.umask(before)
        self._server.mailbox = mailbox
        self._path = path
        threading.Thread(target=self._server.serve_forever, args=(0.5,), name="control", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16
    mailbox: Mailbox


class _Connection(socketserver.StreamRequestHandler):
    timeout = 60
    server: _Server

    def handle(self) -> None:
        try:
            while raw := self.rfile.readline(MAX_LINE):
                self.wfile.write(json.dumps(self._answer(raw), ensure_ascii=False).encode() + b"\n")
                if not raw.endswith(b"\n"):
                    return
        except (TimeoutError, ConnectionError):
            return  # the asker went away

    def _answer(self, raw: bytes) -> Answer:
        try:
            request = msgspec.json.decode(raw, type=Request)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return {"ok": False, "code": "invalid", "detail": str(error)}
        return self.server.mailbox.ask(request)
