"""The two listeners. This file makes the servers, and nothing else does."""

from __future__ import annotations

import logging
import resource
import socket
import struct
import sys
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
from waitress.channel import ClientDisconnected, HTTPChannel
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

HEADER_LIMIT = 16 * 1024
"""A page of ours sends less than 1 KiB. waitress would keep 256 KiB of each of a thousand heads that never end."""

UNSENT = 256 * 1024
"""Bytes that may wait for a screen: the news of 200 tickets. One that is further behind resumes from the journal."""

GUEST_UNSENT = 128 * 1024
"""A phone asks again when it has read, and then nothing waits for it. As much as a body under way: a thousand
connections that only ask cost about what a thousand cost that only send, 128 MB."""

NO_THREAD_WAITS = sys.maxsize
"""Unsent bytes from which on waitress lets a request's thread wait for the reader: 64 phones that asked and did not
read closed the door for as long as they cared to (measured)."""

OF_ONE_NETWORK = 0.5
"""Share of the connections: one laptop leaves the other half to everybody else. Not less, because all guests may come
from one address, that of an access point which translates; a phone at a table keeps one connection."""

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
    """Of one listener. `body` in bytes; `gathered`: bytes of an answer that wait to leave together; `unsent`: bytes
    that may wait for their reader."""

    threads: int
    connections: int
    body: int
    gathered: int
    unsent: int


GUEST_LIMITS = Limits(GUEST_THREADS, GUEST_CONNECTIONS, GUEST_BODY_LIMIT, WHOLE_ANSWERS, GUEST_UNSENT)
STAFF_LIMITS = Limits(STAFF_THREADS, STAFF_CONNECTIONS, BODY_LIMIT, AT_ONCE, UNSENT)


class Channel(HTTPChannel):
    """One connection. No thread waits for its reader: who asks for more and does not read is turned away."""

    server: Any  # the stubs know neither its channels nor its trigger

    def __init__(self, limits: Limits, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None):
        self._unsent = limits.unsent
        self._largest = 0
        self.network = access.network_of(addr[0])
        super().__init__(server, sock, addr, adj, map)
        # This machine is the house itself: a front for TLS, a benchmark, the demo's lunch.
        if not access.is_this_machine(addr[0]) and self._beside() > limits.connections * OF_ONE_NETWORK:
            self._turn_away()

    def _beside(self) -> int:
        """Connections from the same network, this one too."""
        return sum(channel.network == self.network for channel in self.server.active_channels.values())

    def write_soon(self, data: Any) -> int:
        """Called by the request's thread. Never waits; raises `ClientDisconnected`."""
        # What the house made in one piece never counts against its reader: a snapshot may be larger than the limit.
        if self.total_outbufs_len > self._unsent + self._largest:
            # Not `will_close`: that waits until the reader makes room.
            self.server.trigger.pull_trigger(self._turn_away)
            raise ClientDisconnected
        self._largest = max(self._largest, len(data))
        return int(super().write_soon(data))

    def _turn_away(self) -> None:
        """In the listener's thread. By a reset, which frees what the kernel keeps for it too."""
        if self.connected and self.socket:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.handle_close()


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
            max_request_header_size=HEADER_LIMIT,
            max_request_body_size=limits.body,
            outbuf_high_watermark=NO_THREAD_WAITS,
            send_bytes=limits.gathered,
            log_socket_errors=False,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self._listening = _parts_of(self._server)
        # Not one of its keyword adjustments, though it reads them from there for every accepted connection.
        self._server.adj.socket_options = _SOCKET_OPTIONS
        for listening in self._listening:
            listening.channel_class = partial(Channel, limits)
        # One line per waiting request, or per phone that went away, would fill the log, and wear the card, exactly when
        # it is busy, or whenever somebody likes.
        logging.getLogger("waitress").setLevel(logging.WARNING)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.port = int(self._listening[0].effective_port)
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
