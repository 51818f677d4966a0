"""The demo's internet: a proxy between gateway and cloud whose faults are played at the wire.

The gateway holds no fault code: it meets refused ports, swallowed packets, portals and lost answers, as in a
store. One asyncio loop in one thread; `set` may be called from any other and returns when the mode is in
force, for live connections too.

It reads just enough HTTP/1.1 to know where a request and an answer end: a head, and a body by Content-Length.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

MAX_CONNECTIONS = 64
"""One gateway keeps one connection; the rest is room for a storm of reconnects. The next one is reset."""

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Twice what the reference cloud takes: the cloud should refuse a batch, not the wire."""

MAX_HEAD_BYTES = 64 * 1024
CLOUD_ANSWERS_S = 60.0
"""Twice the time that the connector waits for an answer."""

SWITCH_S = 5.0
"""For the loop to take over a mode, to start or to stop: it never works longer than a few ms at a time."""

MODES = (
    "ok",
    "wan_down",
    "blackhole",
    "cloud_error",
    "cloud_slow",
    "cloud_lost_answer",
    "captive_portal",
)

_PORTAL = b"<!doctype html><title>Welcome</title><h1>Free Wi-Fi</h1><form>Room <input name=room></form>\n"
_ERROR = json.dumps({"type": "about:blank", "title": "Internal Server Error", "status": 500, "code": "drill"}).encode()

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Weather:
    """The mode with its options. `over` is set when the next one begins, and releases what is held."""

    mode: str = "ok"
    delay_s: float = 20.0
    every: int = 1
    after: int | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)


class _Cut(Exception):  # noqa: N818
    """This connection ends now, by a reset."""


class _Road:
    """One connection from the gateway, and the one to the cloud that belongs to it."""

    def __init__(self, plain: socket.socket):
        self.plain = plain
        self.writer: asyncio.StreamWriter | None = None
        self.cloud: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.swallowed = False
        """Whether bytes were lost on it: then it can never go on."""

    def reset(self) -> None:
        """Linger of 0 s: closing sends RST and forgets what was not sent."""
        linger = struct.pack("ii", 1, 0)
        with suppress(OSError):  # the other side was faster: it is as gone as it should be
            self.plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if self.writer is not None:
            self.writer.transport.abort()
        if self.cloud is not None:
            with suppress(OSError):
                self.cloud[1].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.cloud[1].transport.abort()


class WanProxy:
    """Listens on `listen_host:listen_port` (0 = any free port, see `port`) for a cloud at the target.

    Modes of `set`:
    `ok` · `wan_down`: connections are reset, new ones refused by RST at once · `blackhole`: accepted and
    swallowed; what was swallowed stays lost, such connections are reset when it ends · `cloud_error`: HTTP
    500 from here, the cloud sees nothing · `cloud_slow(delay_s=20)`: each answer is held back; released when
    the mode ends · `cloud_lost_answer(every=1, after=None)`: the cloud stores, then every n-th answer is cut
    by RST after `after` bytes (half of it, if not said) · `captive_portal`: a login page, the cloud sees
    nothing.
    """

    def __init__(self, listen_host: str, listen_port: int, target_host: str, target_port: int):
        self._listen = (listen_host, listen_port)
        self._target = (target_host, target_port)
        self.port = listen_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wan", daemon=True)
        self._reserved: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._weather = _Weather()
        self._roads: dict[asyncio.Task[None], _Road] = {}
        self._counts = dict.fromkeys(("connections", "requests", "forwarded", "held", "cut"), 0)
        self._answers = 0  # since the mode was set: which one is the n-th to be lost

    def start(self) -> None:
        """Returns once it listens. Raises OSError when the port is taken."""
        self._reserved = _bound(self._listen)
        self.port = int(self._reserved.getsockname()[1])
        self._thread.start()
        self._run(self._open())

    def stop(self) -> None:
        """Resets every connection, frees the port and ends the thread."""
        if self._thread.is_alive():
            self._run(self._shut())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(SWITCH_S)
        self._loop.close()
        if self._reserved is not None:
            self._reserved.close()

    def set(self, mode: str, *, delay_s: float = 20.0, every: int = 1, after: int | None = None) -> None:
        """Change the weather; in force when it returns. Raises ValueError for what there is not."""
        if mode not in MODES:
            raise ValueError(f"no such mode: {mode}; there are {', '.join(MODES)}")
        if not 0 <= delay_s <= CLOUD_ANSWERS_S or every < 1 or (after is not None and after < 0):
            raise ValueError(f"delay_s is 0 to {CLOUD_ANSWERS_S}, every at least 1, after at least 0")
        self._run(self._switch(mode, delay_s, every, after))

    @property
    def mode(self) -> str:
        return self._weather.mode

    def counts(self) -> dict[str, int]:
        """Since the start: `connections`, `requests`, `forwarded` (whole to the cloud), `held` and `cut`
        (answers)."""
        return dict(self._counts)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(SWITCH_S)

    async def _switch(self, mode: str, delay_s: float, every: int, after: int | None) -> None:
        before, self._weather = self._weather, _Weather(mode, delay_s, every, after)
        self._answers = 0
        if mode == "wan_down":
            await self._shut()
        else:
            await self._end([task for task, road in self._roads.items() if road.swallowed])
            await self._open()
        before.over.set()

    async def _open(self) -> None:
        if self._listener is None:
            self._listener = _bound((self._listen[0], self.port))
            self._listener.setblocking(False)
            self._listener.listen(MAX_CONNECTIONS)
            # Not asyncio's own server: it loses a connection that it has accepted when it is closed just then.
            self._loop.add_reader(self._listener, self._accept, self._listener)

    async def _shut(self) -> None:
        """Nobody listens: the kernel itself answers a SYN with RST. `_reserved` keeps the port ours."""
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        await self._end(list(self._roads))

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            self._roads[task].reset()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # each has dealt with its own end, see _serve
        await asyncio.sleep(0)  # the sockets are closed by callbacks of the next turn

    def _accept(self, listener: socket.socket) -> None:
        try:
            plain, _ = listener.accept()
        except OSError as problem:
            log.debug("nobody to accept after all: %r", problem)
            return
        plain.setblocking(False)
        road = _Road(plain)
        if len(self._roads) >= MAX_CONNECTIONS:
            road.reset()
            plain.close()
            return
        self._counts["connections"] += 1
        task = self._loop.create_task(self._serve(road))
        self._roads[task] = road
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        road = self._roads.pop(task)
        if road.writer is None:  # cancelled before asyncio had taken the socket over
            road.plain.close()
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("a bug in the proxy", exc_info=bug)

    async def _serve(self, road: _Road) -> None:
        reader, road.writer = await asyncio.open_connection(sock=road.plain, limit=MAX_HEAD_BYTES)
        try:
            while await self._round(road, reader):
                pass
        except (_Cut, OSError, EOFError, ValueError, asyncio.LimitOverrunError) as problem:
            log.debug("reset: %r", problem)
            road.reset()
        finally:
            road.writer.close()
            if road.cloud is not None:
                road.cloud[1].close()

    async def _round(self, road: _Road, reader: asyncio.StreamReader) -> bool:
        """One request and its answer. False when the gateway has hung up; raises _Cut to end by a reset."""
        request = await self._next_request(road, reader)
        if request is None:
            return False
        self._counts["requests"] += 1
        mode = self._weather.mode
        if mode == "blackhole":
            road.swallowed = True
        elif mode in ("cloud_error", "captive_portal"):
            page = mode == "captive_portal"
            kind = b"text/html; charset=utf-8" if page else b"application/problem+json"
            status, body = (b"200 OK", _PORTAL) if page else (b"500 Internal Server Error", _ERROR)
            head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (
                status,
                kind,
                len(body),
            )
            await self._write(road, head + body)
        else:
            await self._give_back(road, await self._forward(road, request))
        return True

    async def _next_request(self, road: _Road, reader: asyncio.StreamReader) -> bytes | None:
        """The next whole request; None at a clean end. A cloud that hangs up meanwhile is passed on."""
        wanted = [asyncio.ensure_future(_message(reader))]
        if road.cloud is not None:
            wanted.append(asyncio.ensure_future(road.cloud[0].read(1)))
        try:
            await asyncio.wait(wanted, return_when=asyncio.FIRST_COMPLETED)
            if not wanted[0].done():
                raise _Cut("the cloud closed an idle connection")
            return wanted[0].result()
        finally:
            for one in wanted:
                one.cancel()
            await asyncio.gather(*wanted, return_exceptions=True)  # the first one's result is already taken

    async def _forward(self, road: _Road, request: bytes) -> bytes:
        if road.cloud is None:
            # Not wait_for, here and below: before Python 3.12 it forgets a cancellation that meets the result, and
            # then `_end` would wait for a road that goes on.
            async with asyncio.timeout(SWITCH_S):
                road.cloud = await asyncio.open_connection(*self._target, limit=MAX_HEAD_BYTES)
        reader, writer = road.cloud
        writer.write(request)
        await writer.drain()
        self._counts["forwarded"] += 1
        async with asyncio.timeout(CLOUD_ANSWERS_S):
            answer = await _message(reader)
        if answer is None:
            raise _Cut("the cloud hung up instead of an answer")
        return answer

    async def _give_back(self, road: _Road, answer: bytes) -> None:
        """By the weather of now: it may have changed while the cloud was working."""
        weather = self._weather
        if weather.mode == "cloud_slow":
            self._counts["held"] += 1
            with suppress(TimeoutError):  # the usual end: nobody cut it short
                async with asyncio.timeout(weather.delay_s):
                    await weather.over.wait()
            weather = self._weather
        if weather.mode == "blackhole":
            road.swallowed = True
            return
        if weather.mode == "cloud_lost_answer":
            self._answers += 1
            if self._answers % weather.every == 0:
                passed = len(answer) // 2 if weather.after is None else weather.after
                await self._write(road, answer[:passed])
                self._counts["cut"] += 1
                raise _Cut("the answer is lost")
        await self._write(road, answer)

    async def _write(self, road: _Road, data: bytes) -> None:
        assert road.writer is not None
        road.writer.write(data)
        await road.writer.drain()


def _bound(address: tuple[str, int]) -> socket.socket:
    """A socket that holds the port without listening. With SO_REUSEADDR a second one may bind beside it."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(address)
    except OSError:
        held.close()
        raise
    return held


async def _message(reader: asyncio.StreamReader) -> bytes | None:
    """One whole HTTP message as it came; None when the stream ends before its first byte. Raises EOFError,
    ValueError or LimitOverrunError for what it cannot frame."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if not end.partial:
            return None
        raise
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        elif name.lower() == b"transfer-encoding":
            raise ValueError("chunked messages are not spoken between gateway and cloud")
    if not 0 <= length <= MAX_BODY_BYTES:
        raise ValueError("the message is too large")
    return head + (await reader.readexactly(length) if length else b"")
