"""The two listeners. This file makes the servers, and nothing else does."""

from __future__ import annotations

import logging
import resource
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Request
from flask.json.provider import DefaultJSONProvider
from flask.sessions import NullSession, SessionInterface, SessionMixin
from jinja2 import FileSystemLoader
from waitress.server import BaseWSGIServer, create_server
from waitress.wasyncore import close_all, dispatcher

from gateway.domain.boot_file import Listener
from gateway.web import access, problems
from gateway.web.api import route, table
from gateway.web.guest import pages as guest_pages
from gateway.web.house import House
from gateway.web.staff import demo_pages
from gateway.web.staff import pages as staff_pages
from gateway.web.static_files import StaticFiles

HERE = Path(__file__).parent

GUEST_THREADS = 64
"""A group commit is never larger than the threads that wait: 64 is 16 times one transaction per order (measured)."""

STAFF_THREADS = 48
"""32 event streams and 16 for everything else."""

GUEST_CONNECTIONS = 1000
STAFF_CONNECTIONS = 300
"""waitress stops accepting at 100 by default: one laptop, or 100 idle phones, would close the shop (measured)."""

CHANNEL_TIMEOUT_S = 30
"""Without a byte; a stalled upload costs no thread, only a connection."""

BODY_LIMIT = 1024 * 1024
GUEST_BODY_LIMIT = 128 * 1024
"""The application takes 64 KiB; what is a little larger still gets a refusal in words. A body under way is kept in
memory: 200 uploads of 500 kB that never ended took 100 MB (measured), and a thousand phones may connect."""

STREAM_BUFFER = 1024 * 1024
"""Bytes that may wait for one slow reader; 32 screens that all stand still cost 32 MiB at the very most."""

WHOLE_ANSWERS = 64 * 1024
"""Bytes that may gather before a request's own thread sends them. The listener's thread then sends an answer in one
piece, when it is whole; head and body by themselves, each sent by a thread that has to win the interpreter back from
63 others, cost a phone's order a third of its time (measured)."""

AT_ONCE = 1
"""An event of a stream leaves as it is made."""

REQUESTS_END_S = 1.0
LOOP_ENDS_S = 0.5
"""Of the five seconds in which the house ends."""

OPEN_FILES = 4096

_SOCKET_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    # A tablet that vanished acknowledges no beat: its stream is free again after this many milliseconds.
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
]


@dataclass(frozen=True)
class Limits:
    """Of one listener. `body` in bytes; `gathered`: bytes of an answer that wait to leave together."""

    threads: int
    connections: int
    body: int
    gathered: int


GUEST_LIMITS = Limits(GUEST_THREADS, GUEST_CONNECTIONS, GUEST_BODY_LIMIT, WHOLE_ANSWERS)
STAFF_LIMITS = Limits(STAFF_THREADS, STAFF_CONNECTIONS, BODY_LIMIT, AT_ONCE)


class NoSession(SessionInterface):
    """Flask's own session is not used: who is at the door is known by gateway/web/access.py alone."""

    _none = NullSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        return self._none


def _app(name: str, inside: House, framed_by: str, frames: str = "") -> Flask:
    app = Flask(name, static_folder=None, template_folder=None)
    app.session_interface = NoSession()
    app.jinja_loader = FileSystemLoader([HERE / "guest" / "templates", HERE / "staff" / "templates"])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.ensure_ascii = False
    app.json.sort_keys = False
    app.extensions["house"] = inside
    problems.register(app)
    access.guard(app, framed_by, frames)
    return app


def guest_app(inside: House, framed_by: str = "'none'") -> Flask:
    """Open to phones: only the pages of a table, static files, health and the guest's calls."""
    app = _app("guest", inside, framed_by)
    StaticFiles("guest").register(app)
    route.register(app, table.ROUTES, route.GUEST)
    guest_pages.register(app)
    return app


def staff_app(inside: House, frames: str = "") -> Flask:
    """Login or token for everything but health and the login itself."""
    app = _app("staff", inside, "'self'", frames)
    StaticFiles("staff").register(app)
    route.register(app, table.ROUTES, route.STAFF)
    staff_pages.register(app)
    if inside.config.demo is not None:
        demo_pages.register(app)
    return app


class Server:
    """One waitress server on one thread of its own, with its pool of request threads."""

    def __init__(self, app: Flask, listener: Listener, limits: Limits):
        self.name = app.name
        # Typed by hand: the stubs say that its trigger is a number.
        self._server: Any = create_server(
            app,
            host=listener.host,
            port=listener.port,
            threads=limits.threads,
            connection_limit=limits.connections,
            channel_timeout=CHANNEL_TIMEOUT_S,
            # With select() the listener dies past descriptor 1023.
            asyncore_use_poll=True,
            # Looks ahead while a request runs, so that a screen which closed its stream is noticed.
            channel_request_lookahead=1,
            max_request_body_size=limits.body,
            outbuf_high_watermark=STREAM_BUFFER,
            send_bytes=limits.gathered,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self._listening = _parts_of(self._server)
        # Not one of its keyword adjustments, though it reads them from there for every accepted connection.
        self._server.adj.socket_options = _SOCKET_OPTIONS
        # One line per waiting request would fill the log, and wear the card, exactly when it is busy.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.port = listener.port
        self._thread = threading.Thread(target=self._server.run, name=f"{self.name}-listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stops accepting, lets running requests end for a second, and ends the thread."""
        # Not its own `close`: that takes away the pipe by which a request rings when it has ended. Its answer would not
        # leave, and the byte would meet a closed descriptor, or the next file that gets the number.
        for listening in self._listening:
            self._in_the_loop(listening, partial(dispatcher.close, listening))
        self._server.task_dispatcher.shutdown(timeout=REQUESTS_END_S)
        for listening in self._listening:
            self._in_the_loop(listening, partial(close_all, listening._map))
        self._thread.join(LOOP_ENDS_S)

    def _in_the_loop(self, listening: Any, close: Callable[[], None]) -> None:
        """What belongs to the listener's thread is closed by that thread, once our own ring has been written."""
        rung = threading.Event()

        def closing() -> None:
            rung.wait()
            close()

        listening.trigger.pull_trigger(closing)
        rung.set()


def _parts_of(server: Any) -> list[Any]:
    """One, or several where the host's name has several addresses."""
    if isinstance(server, BaseWSGIServer):
        return [server]
    return [part for part in server.map.values() if isinstance(part, BaseWSGIServer)]


def raise_open_files() -> None:
    """1300 connections need more than the usual 1024 descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def make_servers(inside: House) -> list[Server]:
    """Both listeners, bound but not yet serving. Raises OSError when a port is taken."""
    raise_open_files()
    config = inside.config
    framed_by, frames = "'none'", "'self'"
    if config.demo is not None:
        # The visitor's page shows the real guest page in a phone frame: the same host, the other listener's port.
        framed_by, frames = f"http://*:{config.staff.port}", f"'self' http://*:{config.guest.port}"
    guest = Server(guest_app(inside, framed_by), config.guest, GUEST_LIMITS)
    staff = Server(staff_app(inside, frames), config.staff, STAFF_LIMITS)
    return [guest, staff]
