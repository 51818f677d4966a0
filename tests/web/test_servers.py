"""The two listeners as they stand on the wire: real sockets, and what a hostile or a vanished reader can do to them.

Each defence has its control: the same crowd before a server without it.
"""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from doors import TOKEN, Doors
from flask import Flask, Response
from scenarios.screens import reset
from scenarios.slow_readers import SEGMENT, SlowReaders, hung_up
from scenarios.tablets import VanishingTablets, can_vanish
from waiting import eventually
from waitress.channel import HTTPChannel

from gateway.domain.boot_file import Listener
from gateway.web import access, servers
from gateway.web.events import MAX_STREAMS
from gateway.web.servers import GUEST_LIMITS, STAFF_LIMITS, Limits, Server, guest_app, staff_app

PATIENCE_S = 3.0
"""Of a healthy phone; beside the slow readers it was answered within half a second."""

ASKED_FOR = {"guest": "/static/guest/order.js", "staff": "/static/staff/kds.js"}
"""The largest that each door gives to whoever comes: 21 KB."""

Open = Callable[..., Server]


@pytest.fixture
def open_server() -> Iterator[Open]:
    with ExitStack() as servers_:

        def open_(app: Flask, limits: Limits, defended: bool = True, host: str = "127.0.0.1") -> Server:
            server = Server(app, Listener(0, host), limits)
            if not defended:
                undo(server)
            servers_.callback(server.stop)
            server.start()
            return server

        yield open_


def undo(server: Server) -> None:
    """As waitress comes."""
    for listening in server._listening:
        listening.channel_class = HTTPChannel
    server._server.adj.outbuf_high_watermark = 1024 * 1024


def door(doors: Doors, name: str) -> tuple[Flask, Limits]:
    return (guest_app(doors.house), GUEST_LIMITS) if name == "guest" else (staff_app(doors.house), STAFF_LIMITS)


def channels(server: Server) -> list[Any]:
    return [channel for part in server._listening for channel in list(part.active_channels.values())]


def ask(port: int, path: str = "/healthz", patience: float = PATIENCE_S, headers: dict[str, str] | None = None) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        line.request("GET", path, headers=headers or {})
        return line.getresponse().status
    finally:
        line.close()


def line_to(server: Server, source: str = "127.0.0.1") -> socket.socket:
    line = socket.socket()
    line.settimeout(10)
    line.bind((source, 0))
    line.connect_ex(("127.0.0.1", server.port))  # it may have been hung up on before we look
    return line


def answered(line: socket.socket) -> bool:
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return line.recv(12) == b"HTTP/1.1 200"


# --- who asks and does not read ---


@pytest.mark.parametrize("name", ["guest", "staff"])
def test_who_asks_and_does_not_read_keeps_no_thread_and_is_turned_away(
    doors: Doors, open_server: Open, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.INFO)
    server = open_server(*door(doors, name))
    with SlowReaders(server.port, ASKED_FOR[name]) as readers:
        assert ask(server.port) == 200
        eventually("all of them are hung up on", readers.all_turned_away, 10, seen=readers.turned_away)
        eventually("nothing waits for them any more", lambda: channels(server) == [])
        assert ask(server.port) == 200
    assert [record.getMessage() for record in caplog.records if record.name.startswith("waitress")] == []


@pytest.mark.parametrize("name", ["guest", "staff"])
def test_control_without_the_defence_they_close_the_door(doors: Doors, open_server: Open, name: str) -> None:
    app, limits = door(doors, name)
    server = open_server(app, limits, defended=False)
    with SlowReaders(server.port, ASKED_FOR[name]) as readers:
        waiting = lambda: sum(c.total_outbufs_len > 1024 * 1024 for c in channels(server))  # noqa: E731
        eventually("each thread waits for a reader", lambda: waiting() >= limits.threads, seen=waiting)
        with pytest.raises(TimeoutError):
            ask(server.port)
        assert readers.turned_away() == 0


def pieces_of(sizes: list[int], given: list[int], ended: threading.Event) -> Flask:
    """A stream of pieces of these sizes. `given` counts those that were taken from it."""
    app = Flask("pieces")

    @app.get("/")
    def stream() -> Response:
        def body() -> Iterator[bytes]:
            try:
                for size in sizes:
                    given[0] += 1
                    yield b"x" * size
            finally:
                ended.set()

        return Response(body())

    return app


def slow_line(server: Server) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    line.settimeout(10)
    line.connect(("127.0.0.1", server.port))
    line.sendall(b"GET / HTTP/1.0\r\n\r\n")
    return line


def test_a_snapshot_larger_than_the_limit_reaches_a_slow_screen_with_the_news_behind_it(open_server: Open) -> None:
    sizes = [4 * STAFF_LIMITS.unsent, *[1000] * 50]
    given, ended = [0], threading.Event()
    server = open_server(pieces_of(sizes, given, ended), STAFF_LIMITS)
    line = slow_line(server)
    assert ended.wait(10), "the thread came home before a byte was read"
    assert given == [len(sizes)]
    whole = b"".join(iter(lambda: line.recv(65536), b""))
    line.close()
    assert len(whole.partition(b"\r\n\r\n")[2]) == sum(sizes)


def test_a_screen_that_is_further_behind_is_hung_up_on_and_its_thread_comes_home(open_server: Open) -> None:
    sizes = [1000] * 100_000
    given, ended = [0], threading.Event()
    server = open_server(pieces_of(sizes, given, ended), STAFF_LIMITS)
    line = slow_line(server)
    assert ended.wait(10)
    eventually("its connection is gone", lambda: channels(server) == [])
    assert given[0] * 1000 < STAFF_LIMITS.unsent + 1024 * 1024, "what the kernel held, and the limit"
    with line, pytest.raises(ConnectionResetError):
        list(iter(lambda: line.recv(65536), b""))


# --- how much one may bring, and how often ---


@pytest.mark.parametrize(("size", "status"), [(15 * 1024, 200), (17 * 1024, 431)])
def test_a_head_is_16_kib_at_most(doors: Doors, open_server: Open, size: int, status: int) -> None:
    server = open_server(*door(doors, "guest"))
    assert ask(server.port, headers={"X-Long": "x" * size}) == status


def test_one_network_gets_half_of_the_connections_and_another_still_comes_in(
    doors: Doors, open_server: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "is_this_machine", lambda address: False)
    server = open_server(door(doors, "guest")[0], replace(GUEST_LIMITS, connections=20))
    with ExitStack() as lines:
        mine = [lines.enter_context(line_to(server)) for _ in range(14)]
        eventually("the others were hung up on", lambda: sum(map(hung_up, mine)) == 4)
        assert [hung_up(line) for line in mine] == [False] * 10 + [True] * 4, "those that came first stay"
        assert answered(lines.enter_context(line_to(server, "127.0.0.2")))
        reset(mine.pop(0))
        eventually("nine are left, and the one from elsewhere", lambda: len(channels(server)) == 10)
        assert answered(lines.enter_context(line_to(server)))


def test_control_this_machine_itself_may_take_more(doors: Doors, open_server: Open) -> None:
    server = open_server(door(doors, "guest")[0], replace(GUEST_LIMITS, connections=20))
    with ExitStack() as lines:
        mine = [lines.enter_context(line_to(server)) for _ in range(14)]
        eventually("all are accepted", lambda: len(channels(server)) == 14)
        assert not any(map(hung_up, mine))


# --- who vanished ---


def test_an_accepted_connection_carries_what_finds_a_vanished_reader(doors: Doors, open_server: Open) -> None:
    for name in ("guest", "staff"):
        server = open_server(*door(doors, name))
        with line_to(server):
            accepted = eventually("it is accepted", lambda server=server: channels(server))[0].socket
            carried = {
                option: accepted.getsockopt(level, getattr(socket, option))
                for level, options in (
                    (socket.SOL_SOCKET, ["SO_KEEPALIVE"]),
                    (socket.IPPROTO_TCP, ["TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"]),
                    (socket.IPPROTO_TCP, ["TCP_USER_TIMEOUT", "TCP_NODELAY"]),
                )
                for option in options
            }
        assert carried == {
            "SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 20_000,
            "TCP_NODELAY": 1,
        }, name  # fmt: skip


@pytest.mark.skipif(not can_vanish(), reason="may not make a network")
@pytest.mark.parametrize("defended", [True, False], ids=["defended", "control"])
def test_it_is_the_options_that_give_a_vanished_tablets_place_away(
    doors: Doors, open_server: Open, monkeypatch: pytest.MonkeyPatch, defended: bool
) -> None:
    """With 3 s in place of 20. The house's clock stands still: no screen is ever silent for too long."""
    options = [option for option in servers._SOCKET_OPTIONS if option[1] != socket.TCP_USER_TIMEOUT]
    options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 3000))
    monkeypatch.setattr(servers, "_SOCKET_OPTIONS", options if defended else [])
    server = open_server(*door(doors, "staff"), host="0.0.0.0")
    demo = SimpleNamespace(info={"staff_url": f"http://127.0.0.1:{server.port}", "api_token": TOKEN})
    with VanishingTablets(demo, MAX_STREAMS) as tablets:  # type: ignore[arg-type]
        assert doors.hub.count() == MAX_STREAMS
        tablets.vanish()
        if defended:
            eventually("all places are free", lambda: doors.hub.count() == 0, 12, seen=doors.hub.count)
        else:
            with pytest.raises(AssertionError, match="not within"):
                eventually("a place is free", lambda: doors.hub.count() < MAX_STREAMS, 12)
    doors.hub.stop()


def test_control_a_server_as_waitress_comes_is_full_of_a_small_part_of_the_crowd(
    doors: Doors, open_server: Open
) -> None:
    """Four threads and a hundred connections: four screens, or a hundred phones that say nothing, close the shop."""
    naive = Limits(threads=4, connections=100, body=2**30, gathered=1, unsent=2**20)
    guest = open_server(guest_app(doors.house), naive, defended=False)
    staff = open_server(staff_app(doors.house), naive, defended=False)
    feed = f"GET /api/v1/events?topics=orders HTTP/1.1\r\nHost: [::]\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    with ExitStack() as crowd:
        assert ask(guest.port) == ask(staff.port) == 200
        for _ in range(100):
            crowd.enter_context(line_to(guest))
        for _ in range(4):
            screen = crowd.enter_context(line_to(staff))
            screen.sendall(feed)
            assert screen.recv(12) == b"HTTP/1.1 200"
        for port in (guest.port, staff.port):
            with pytest.raises(TimeoutError):
                ask(port)
    doors.hub.stop()
