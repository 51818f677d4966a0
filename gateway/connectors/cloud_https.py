"""The road to the cloud: batches of events over one kept HTTP(S) connection, believed only when the cloud's
application answers. Everything else that can come back is a reason to try again, or to cut the batch in two.

`send` and everything that blocks belongs to one thread. `lost` and `close` may be called from any other.
"""

from __future__ import annotations

import gzip
import http.client
import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gateway.contract.events import MEDIA_TYPE, BatchAnswer
from gateway.domain.errors import Rejected, Retry

CONNECT_S = 5.0
READ_S = 30.0
MAX_ANSWER_BYTES = 1024 * 1024
"""An answer names at most a batch of poison and 100 missing seqs, some 30 KiB. More is not our cloud."""

GZIP_ABOVE_BYTES = 1024
"""A smaller body fits one packet either way."""

UNAUTHORIZED_AFTER_S = 60.0
"""A wrong token does not heal by itself; somebody mends it by hand and wants to see it within a minute."""

MAX_RETRY_AFTER_S = 3600.0
"""A cloud (or a box in between) that asks for more is not followed: it would end the uplink for the day."""

_REJECTING = frozenset({400, 409, 413, 415, 422})


class CloudHttps:
    """A connector to `POST {url}/v1/events`.

    `url` is http or https; https verifies the server with `context`, or with the system's roots.
    `source` is the box, `/stores/{store}/boxes/{box}`. Time-outs in seconds; `connect_s` counts for
    resolved addresses: a name is looked up in `send`'s thread, which may take as long as the system's
    resolver does, and holds up nobody else. Raises ValueError for a url that cannot be one.
    """

    def __init__(
        self,
        url: str,
        token: str,
        source: str,
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        context: ssl.SSLContext | None = None,
    ):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"the cloud's address must be http://… or https://…, not {url!r}")
        self._tls = (context or ssl.create_default_context()) if parts.scheme == "https" else None
        self._host, self._port = parts.hostname, parts.port or (443 if self._tls else 80)
        self._path = parts.path.rstrip("/") + "/v1/events"
        self._headers = {
            "Host": parts.netloc.rpartition("@")[2],
            "Authorization": f"Bearer {token}",
            "Content-Type": MEDIA_TYPE,
            "Accept": "application/json",
            "Tablepass-Source": source,
        }
        self._connect_s, self._read_s = connect_s, read_s
        self._guard = threading.Lock()  # over the three fields below; never held while anything blocks
        self._line: _Line | None = None
        self._sending = False
        self._closed = False

    def send(self, epoch: str, events: Sequence[bytes]) -> BatchAnswer:
        """Send ready JSON events of one epoch and return what the cloud committed. Without events it is a
        hello: the answer says how far the cloud has come.

        Raises Retry with the reason `refused` (no way there: DNS, route, port), `untrusted` (TLS says that
        it is not our cloud; a wrong clock here makes it say so too), `no_answer` (time-out), `cut` (the
        connection broke: stored or not, nobody knows), `cloud_error` (5xx, 429, 404; `after_s` when it said
        so), `captive_portal` (something answered that is not the cloud's application), `unauthorized`,
        `closed`. Raises Rejected when the cloud will never take exactly this batch, with its `code` as reason.
        """
        body = b"[" + b",".join(events) + b"]"
        headers = self._headers | {"Tablepass-Epoch": epoch}
        if len(body) > GZIP_ABOVE_BYTES:
            # Level 6 and 1 cost about the same on batches of this size; the line is what is scarce.
            body, headers = gzip.compress(body, 6, mtime=0), headers | {"Content-Encoding": "gzip"}
        with self._guard:
            if self._sending:
                raise RuntimeError("two threads send over one connector")
            self._sending = True
        keep = False
        try:
            answer, text, reusable = self._exchange(body, headers)
            try:
                said = _judge(answer, text, epoch)
            except Rejected:
                keep = reusable  # it is our cloud that speaks; any other way out, a new line may lead elsewhere
                raise
            keep = reusable
            return said
        finally:
            with self._guard:
                self._sending = False
                if self._closed or not keep:
                    self._drop()

    def lost(self) -> bool:
        """Whether the other side has closed the kept connection. Does not block and sends nothing; False
        while a send is under way and while there is no connection."""
        with self._guard:
            return self._line is not None and not self._sending and self._line.has_news()

    def close(self) -> None:
        """End for good. A send that blocks in another thread raises Retry("closed") at once (one that looks
        up a name: when the resolver returns)."""
        with self._guard:
            self._closed = True
            if self._line is not None:
                self._line.abort()
            if not self._sending:  # otherwise the thread that sends closes what it uses
                self._drop()

    def _drop(self) -> None:
        """Call it with the guard held."""
        if self._line is not None:
            self._line.hang_up()
            self._line = None

    def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes, bool]:
        """One request and its whole answer, and whether the connection may be kept. A kept connection that
        turns out to be dead is replaced once: the cloud knows a batch that it has already stored."""
        with self._guard:
            if self._line is not None and self._line.has_news():
                self._drop()
            kept = self._line
        try:
            if kept is not None:
                try:
                    return self._once(kept, body, headers)
                except (http.client.RemoteDisconnected, ConnectionError):
                    if kept.answered:  # it was alive, and broke now: that is for the caller to know
                        raise
                    with self._guard:
                        self._drop()
            return self._once(self._connect(), body, headers)
        except (OSError, http.client.HTTPException) as problem:
            raise self._retry("no_answer" if isinstance(problem, TimeoutError) else "cut") from problem

    def _once(self, line: _Line, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes, bool]:
        line.expire_in(self._read_s)
        line.answered = False
        connection: Any = http.client.HTTPConnection(self._host, self._port)
        connection.sock = line  # it has the part of a socket that http.client uses
        whole = True
        try:
            connection.request("POST", self._path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            # A server may refuse (413) before it has read everything: its answer, if there is one, is worth
            # more than this error. If there is none, the next line raises as much.
            whole = False
        answer: http.client.HTTPResponse = connection.getresponse()
        text = answer.read(MAX_ANSWER_BYTES + 1)
        unframed = answer.length is None and not getattr(answer, "chunked", False)
        # Asked for an amount, http.client returns a shorter body without a word.
        if len(text) <= MAX_ANSWER_BYTES and (answer.length or (unframed and not text)):
            raise http.client.IncompleteRead(text, answer.length)
        return answer, text, whole and not answer.will_close and len(text) <= MAX_ANSWER_BYTES

    def _connect(self) -> _Line:
        """A new connection, within connect_s for all addresses of the name together. Raises Retry."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as problem:
            raise self._retry("refused") from problem
        end, failure = time.monotonic() + self._connect_s, OSError("no address")
        for left, (family, kind, protocol, _, address) in zip(range(len(found), 0, -1), found, strict=True):
            line = _Line(socket.socket(family, kind, protocol))
            with self._guard:
                if self._closed:
                    line.hang_up()
                    raise Retry("closed")
                self._line = line
            try:
                line.expire_in((end - time.monotonic()) / left)
                line.connect(address)
                if self._tls is not None:
                    with self._guard:  # the socket changes hands: close() must find the one or the other
                        line.wrap(self._tls, self._host)
                    line.handshake()
                return line
            except (OSError, ValueError) as problem:  # ValueError: wrap() of a socket that was just aborted
                failure = problem if isinstance(problem, OSError) else OSError(str(problem))
                with self._guard:
                    self._drop()
        if isinstance(failure, TimeoutError):
            raise self._retry("no_answer") from failure
        # Hung up on in the middle of the handshake, it has heard nothing that it could distrust.
        heard = isinstance(failure, ssl.SSLError) and not isinstance(failure, ssl.SSLEOFError | ssl.SSLZeroReturnError)
        raise self._retry("untrusted" if heard else "refused") from failure

    def _retry(self, reason: str) -> Retry:
        with self._guard:
            return Retry("closed" if self._closed else reason)


class _Line:
    """A socket on which everything together ends by one deadline: a time-out per call would let a server
    that drips one byte every 29 s hold the uplink for ever."""

    def __init__(self, plain: socket.socket):
        self._socket = plain
        self._end = 0.0
        self.answered = False
        """Whether a byte of the present answer has come."""

    def expire_in(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def _timed(self) -> socket.socket:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._socket.settimeout(left)
        return self._socket

    def connect(self, address: Any) -> None:
        self._timed().connect(address)
        # The head and the body leave in two writes: without this the second waits 40 ms for an ACK.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def wrap(self, context: ssl.SSLContext, host: str) -> None:
        self._socket = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)

    def handshake(self) -> None:
        wrapped = self._timed()
        assert isinstance(wrapped, ssl.SSLSocket)
        wrapped.do_handshake()

    def sendall(self, data: bytes) -> None:
        self._timed().sendall(data)

    def read_into(self, buffer: Any) -> int:
        count = self._timed().recv_into(buffer)
        self.answered = self.answered or count > 0
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """http.client calls it as it likes. The connection is CloudHttps' to end: see hang_up."""

    def has_news(self) -> bool:
        """On an idle connection any news is its end: a FIN, a reset, or a word that nobody asked for."""
        watch = select.poll()  # not select(): it fails past descriptor 1023
        watch.register(self._socket.fileno(), select.POLLIN)
        return bool(watch.poll(0))

    def abort(self) -> None:
        """Wake the thread that blocks on it. The descriptor stays open: closed here, its number could be
        another file's by the time that thread reads. The plain socket's method, as the one of an SSLSocket
        takes the TLS state away under that thread."""
        with suppress(OSError):  # not connected, or already gone: then nobody blocks on it
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def hang_up(self) -> None:
        self._socket.close()


class _Incoming(io.RawIOBase):
    """What http.client reads from."""

    def __init__(self, line: _Line):
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.read_into(buffer)


def _judge(answer: http.client.HTTPResponse, text: bytes, epoch: str) -> BatchAnswer:
    status, kind = answer.status, answer.headers.get_content_type()
    if status == 200 and "Content-Type" in answer.headers and kind == "application/json":
        return _believe(text, epoch)
    if status in (401, 403):
        raise Retry("unauthorized", UNAUTHORIZED_AFTER_S)
    # A page in HTML is a portal or a filter in between, whatever its status: it must not make dead letters.
    # 413 alone may come so from a front that is really the cloud's.
    if status in _REJECTING and (kind != "text/html" or status == 413):
        raise Rejected(_code(text, status), status)
    if status >= 400 and status not in _REJECTING and status != 511:  # 511 is a portal's own word
        raise Retry("cloud_error", _seconds(answer.getheader("Retry-After")))
    raise Retry("captive_portal")


def _believe(text: bytes, epoch: str) -> BatchAnswer:
    if len(text) > MAX_ANSWER_BYTES:
        raise Retry("captive_portal")
    try:
        said = msgspec.json.decode(text, type=BatchAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Retry("captive_portal") from problem
    if said.epoch != epoch or said.applied_upto < 0:
        raise Retry("captive_portal")
    return said


def _code(text: bytes, status: int) -> str:
    """The stable code of a problem+json, or `http_{status}`."""
    try:
        code = msgspec.json.decode(text, type=dict[str, object]).get("code")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        code = None  # not ours to judge: the status alone says that the batch is refused
    return code if isinstance(code, str) and 0 < len(code) <= 64 else f"http_{status}"


def _seconds(retry_after: str | None) -> float | None:
    """Only the form in seconds: the one with a date needs a clock that is right, and a box may have none."""
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit()):
        return None
    return min(float(retry_after[:10]), MAX_RETRY_AFTER_S)
