"""The connector against the real receiver, through the real proxy, and against small rude servers."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.connectors.cloud_https import MAX_ANSWER_BYTES, CloudHttps
from gateway.contract.events import BatchAnswer
from gateway.demo.wan import WanProxy
from gateway.domain.errors import Rejected, Retry

sys.path.append(str(Path(__file__).parents[1] / "cloud"))
from cloud_worlds import (
    BOX_TOKEN,
    EPOCH,
    SOURCE,
    CloudProcess,
    encode,
    listed,
    order_event,
    running_cloud,
    stats,
)
from waiting import eventually

GOOD = BatchAnswer(EPOCH, 3, [], [])


_made: list[CloudHttps] = []


def connector(port: int, scheme: str = "http", **how: Any) -> CloudHttps:
    host = "127.0.0.1" if scheme == "http" else "localhost"
    _made.append(CloudHttps(f"{scheme}://{host}:{port}", BOX_TOKEN, SOURCE, **how))
    return _made[-1]


@pytest.fixture(autouse=True)
def _no_connector_left_open() -> Iterator[None]:
    yield
    while _made:
        _made.pop().close()


def events(first: int, last: int) -> list[bytes]:
    return [encode(order_event(seq)) for seq in range(first, last + 1)]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[int]:
    with running_cloud(tmp_path) as server:
        yield server.port


@pytest.fixture
def wan(cloud: int) -> Iterator[WanProxy]:
    proxy = WanProxy("127.0.0.1", 0, "127.0.0.1", cloud)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


@pytest.fixture
def road(wan: WanProxy) -> Iterator[CloudHttps]:
    road = connector(wan.port, connect_s=1.0, read_s=3.0)
    yield road
    road.close()


@contextlib.contextmanager
def rude_server(talk: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A real server that gives each connection to `talk`, one after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener is shut down, or the client has gone
            while True:
                peer, _ = listener.accept()
                with contextlib.suppress(OSError), peer:
                    peer.settimeout(5)
                    talk(context.wrap_socket(peer, server_side=True) if context else peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(6)
        assert not thread.is_alive()


def read_request(peer: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += peer.recv(65536) or b"\r\n\r\n"
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(x[15:]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += peer.recv(65536) or bytes(length)
    return head


def says(status: str, kind: str, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    def talk(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(answer)

    return talk


def failure(road: CloudHttps, *batch: bytes) -> Retry | Rejected:
    with pytest.raises((Retry, Rejected)) as caught:
        road.send(EPOCH, batch)
    assert isinstance(caught.value, Retry | Rejected)
    return caught.value


# -- well ------------------------------------------------------------------------------------------------


def test_a_batch_is_stored_and_the_hello_says_how_far_the_cloud_is(cloud: int) -> None:
    road = connector(cloud)
    assert road.send(EPOCH, []) == BatchAnswer(EPOCH, 0, [], [])
    assert road.send(EPOCH, events(1, 100)).applied_upto == 100
    assert road.send(EPOCH, []).applied_upto == 100
    assert [order["id"] for order in listed(cloud)] == [f"o{n}" for n in range(1, 101)]
    road.close()


def test_one_connection_serves_many_batches(wan: WanProxy, road: CloudHttps) -> None:
    for seq in range(1, 21):
        assert road.send(EPOCH, events(seq, seq)).applied_upto == seq
    assert wan.counts()["connections"] == 1


def test_only_a_body_above_one_kib_is_compressed() -> None:
    heads: list[bytes] = []

    def talk(peer: socket.socket) -> None:
        while True:
            heads.append(read_request(peer))
            peer.sendall(says("200 OK", "application/json", msgspec.json.encode(GOOD)))

    with rude_server(talk) as port:
        road = connector(port)
        road.send(EPOCH, [])
        road.send(EPOCH, events(1, 3))
        road.close()
    assert b"gzip" not in heads[0]
    assert b"Content-Encoding: gzip" in heads[1]
    assert b"Tablepass-Epoch: " + EPOCH.encode() in heads[1]


# -- every weather between box and cloud -----------------------------------------------------------------


def test_wan_down_is_refused_and_seen_without_traffic(wan: WanProxy, road: CloudHttps, cloud: int) -> None:
    road.send(EPOCH, events(1, 1))
    assert not road.lost()
    wan.set("wan_down")
    eventually("the outage is seen", road.lost, 1)
    assert failure(road, *events(2, 2)).reason == "refused"
    assert not road.lost()
    wan.set("ok")
    assert road.send(EPOCH, events(2, 2)).applied_upto == 2
    assert stats(cloud)["duplicates"] == 0


def test_a_blackhole_ends_in_no_answer_and_the_cloud_sees_nothing(wan: WanProxy, cloud: int) -> None:
    wan.set("blackhole")
    road = connector(wan.port, read_s=0.3)
    assert failure(road, *events(1, 1)).reason == "no_answer"
    assert stats(cloud)["events"] == 0
    wan.set("ok")
    assert road.send(EPOCH, events(1, 1)).applied_upto == 1
    road.close()


def test_a_cloud_that_answers_500_asks_for_a_retry(wan: WanProxy, road: CloudHttps, cloud: int) -> None:
    wan.set("cloud_error")
    assert failure(road, *events(1, 1)).reason == "cloud_error"
    assert stats(cloud)["events"] == 0


def test_a_slow_cloud_is_no_answer_and_the_repeat_is_a_duplicate(wan: WanProxy, cloud: int) -> None:
    wan.set("cloud_slow", delay_s=20)
    road = connector(wan.port, read_s=0.3)
    assert failure(road, *events(1, 5)).reason == "no_answer"
    wan.set("ok")
    assert road.send(EPOCH, events(1, 5)).applied_upto == 5
    assert (stats(cloud)["events"], stats(cloud)["duplicates"]) == (5, 5)
    road.close()


def test_a_captive_portal_is_never_an_acknowledgement(wan: WanProxy, road: CloudHttps, cloud: int) -> None:
    wan.set("captive_portal")
    assert failure(road, *events(1, 1)).reason == "captive_portal"
    assert failure(road).reason == "captive_portal"
    assert stats(cloud)["events"] == 0


def test_an_answer_cut_after_any_byte_is_never_believed(wan: WanProxy, road: CloudHttps, cloud: int) -> None:
    acknowledged, length = 0, None
    for after in range(400):
        wan.set("cloud_lost_answer", after=after)
        batch = events(acknowledged + 1, acknowledged + 1)
        try:
            road.send(EPOCH, batch)
        except Retry as cut:
            assert cut.reason == "cut"  # noqa: PT017 - most, not all, of the sends fail
        else:
            length = after
            break
        wan.set("ok")
        answer = road.send(EPOCH, batch)
        acknowledged = answer.applied_upto
        assert acknowledged == after + 1
    assert length is not None
    assert length > 100  # every byte of head and body was a place to cut
    seen = stats(cloud)
    assert seen["events"] == length + 1
    assert seen["duplicates"] >= length
    assert seen["conflicts"] == 0


def test_every_nth_answer_lost_still_drains_each_event_once(wan: WanProxy, road: CloudHttps, cloud: int) -> None:
    wan.set("cloud_lost_answer", every=3)
    upto, sends = 0, 0
    while upto < 100 and sends < 100:
        sends += 1
        with contextlib.suppress(Retry):
            upto = road.send(EPOCH, events(upto + 1, upto + 10)).applied_upto
    assert upto == 100
    assert stats(cloud)["events"] == 100
    assert wan.counts()["cut"] == sends // 3


# -- the kept connection ---------------------------------------------------------------------------------


def test_a_kept_connection_that_died_unseen_is_replaced_once(tmp_path: Path) -> None:
    first = CloudProcess(tmp_path / "c")
    road = connector(first.port)
    road.send(EPOCH, events(1, 1))
    first.kill()
    second = CloudProcess(tmp_path / "c", first.port)
    try:
        assert road.send(EPOCH, events(2, 2)).applied_upto == 2
    finally:
        second.kill()
        road.close()


def test_a_connection_that_dies_only_when_it_is_used_is_replaced_once() -> None:
    answer = says("200 OK", "application/json", msgspec.json.encode(GOOD))
    seen: list[int] = []

    def talk(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(answer)
        if not seen:
            seen.append(1)
            peer.recv(1)  # the next request has begun: now the server goes away
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with rude_server(talk) as port:
        road = connector(port)
        assert road.send(EPOCH, []) == GOOD
        assert road.send(EPOCH, []) == GOOD
        road.close()


def test_a_fresh_connection_that_dies_is_not_tried_again() -> None:
    count: list[int] = []

    def talk(peer: socket.socket) -> None:
        count.append(1)
        read_request(peer)

    with rude_server(talk) as port:
        assert failure(connector(port)).reason == "cut"
    assert len(count) == 1


# -- who answers? ----------------------------------------------------------------------------------------

_BODY = msgspec.json.encode(GOOD)
NOT_OUR_CLOUD = {
    "a page": says("200 OK", "text/html", b"<h1>log in</h1>"),
    "JSON called a page": says("200 OK", "text/html", _BODY),
    "a page called JSON": says("200 OK", "application/json", b"<h1>log in</h1>"),
    "no type": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY,
    "an empty 200": says("200 OK", "application/json", b""),
    "a 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "a redirect": says("302 Found", "text/html", b"", "Location: http://login.example/"),
    "a 202 with our words": says("202 Accepted", "application/json", _BODY),
    "another epoch": says("200 OK", "application/json", _BODY.replace(EPOCH.encode(), b"2-zzzzz")),
    "a field missing": says("200 OK", "application/json", b'{"epoch":"1-abcde","applied_upto":3,"missing":[]}'),
    "a negative cursor": says("200 OK", "application/json", _BODY.replace(b":3", b":-1")),
    "a text as number": says("200 OK", "application/json", _BODY.replace(b":3", b':"3"')),
    "other JSON": says("200 OK", "application/json", b'{"ok":true}'),
    "a filter's 400": says("400 Bad Request", "text/html", b"<h1>blocked</h1>"),
    "a 511": says("511 Network Authentication Required", "text/html", b"<h1>log in</h1>"),
    "endless": says("200 OK", "application/json", b" " * (MAX_ANSWER_BYTES + 10)),
}


@pytest.mark.parametrize("answer", NOT_OUR_CLOUD.values(), ids=NOT_OUR_CLOUD.keys())
def test_what_is_not_the_clouds_answer_is_a_captive_portal(answer: bytes) -> None:
    with rude_server(answering(answer)) as port:
        problem = failure(connector(port), b"{}")
        assert isinstance(problem, Retry)
        assert problem.reason == "captive_portal"


@pytest.mark.parametrize(
    ("answer", "reason", "after_s"),
    [
        (says("500 Oops", "text/html", b"<p>"), "cloud_error", None),
        (says("404 Not Found", "application/problem+json", b"{}"), "cloud_error", None),
        (says("503 Busy", "application/json", b"{}", "Retry-After: 7"), "cloud_error", 7),
        (says("429 Slow", "application/json", b"{}", "Retry-After: 99999999999999"), "cloud_error", 3600),
        (
            says("429 Slow", "application/json", b"{}", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"),
            "cloud_error",
            None,
        ),
        (says("401 No", "application/problem+json", b"{}"), "unauthorized", 60),
        (says("403 No", "application/problem+json", b"{}"), "unauthorized", 60),
    ],
)
def test_the_clouds_own_trouble_is_a_retry(answer: bytes, reason: str, after_s: float | None) -> None:
    with rude_server(answering(answer)) as port:
        problem = failure(connector(port), b"{}")
        assert isinstance(problem, Retry)
        assert (problem.reason, problem.after_s) == (reason, after_s)


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_a_batch_that_the_cloud_will_never_take_is_rejected_with_its_code(status: int) -> None:
    told = says(f"{status} No", "application/problem+json", b'{"code":"bad_envelope"}')
    with rude_server(answering(told)) as port:
        problem = failure(connector(port), b"{}")
        assert isinstance(problem, Rejected)
        assert (problem.reason, problem.status) == ("bad_envelope", status)


def test_the_real_cloud_rejects_one_bad_event_and_takes_its_neighbours(cloud: int) -> None:
    road = connector(cloud)
    bad = encode(order_event(2) | {"seq": 0})
    problem = failure(road, *events(1, 1), bad)
    assert isinstance(problem, Rejected)
    assert (problem.reason, problem.status) == ("bad_envelope", 400)
    assert road.send(EPOCH, events(1, 1)).applied_upto == 1
    road.close()


def test_a_front_that_refuses_a_large_body_before_reading_it_is_heard() -> None:
    def talk(peer: socket.socket) -> None:
        peer.recv(100)
        peer.sendall(says("413 Too Large", "text/html", b"<h1>nginx", "Connection: close"))
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass

    with rude_server(talk) as port:
        problem = failure(connector(port), os.urandom(3_000_000).hex().encode())
        assert isinstance(problem, Rejected)
        assert problem.status == 413


@pytest.mark.parametrize("upto", range(0, 130, 7))
def test_an_answer_that_ends_early_without_a_reset_is_never_believed(upto: int) -> None:
    answer = says("200 OK", "application/json", _BODY)
    assert len(answer) > 130
    with rude_server(answering(answer[:upto])) as port:
        problem = failure(connector(port))
        assert isinstance(problem, Retry)
        assert problem.reason in ("cut", "captive_portal")


# -- time ------------------------------------------------------------------------------------------------


def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    def talk(peer: socket.socket) -> None:
        read_request(peer)
        for byte in says("200 OK", "application/json", _BODY):
            peer.sendall(bytes([byte]))
            time.sleep(0.05)  # the fault itself, not a wait for something

    with rude_server(talk) as port:
        began = time.monotonic()
        assert failure(connector(port, read_s=0.5)).reason == "no_answer"
        assert time.monotonic() - began < 1.5


def test_nobody_listening_and_no_such_name_are_refused() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        assert failure(connector(held.getsockname()[1])).reason == "refused"
    road = CloudHttps("http://no-such-cloud.invalid", BOX_TOKEN, SOURCE)
    assert failure(road).reason == "refused"


def test_a_listener_that_never_accepts_ends_at_the_connect_deadline() -> None:
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # fill its backlog: from now on the kernel drops the SYN
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        began = time.monotonic()
        assert failure(connector(full.getsockname()[1], connect_s=0.4, read_s=9)).reason == "no_answer"
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("mode", ["blackhole", "cloud_slow"])
def test_close_from_another_thread_ends_a_blocked_send_at_once(wan: WanProxy, mode: str) -> None:
    wan.set(mode)
    road = connector(wan.port)
    ended: list[tuple[str, float]] = []

    def send() -> None:
        try:
            road.send(EPOCH, events(1, 1))
        except Retry as problem:
            ended.append((problem.reason, time.monotonic()))

    thread = threading.Thread(target=send)
    thread.start()
    eventually("the request is under way", lambda: wan.counts()["requests"])
    closed = time.monotonic()
    road.close()
    thread.join(5)
    assert [reason for reason, _ in ended] == ["closed"]
    assert ended[0][1] - closed < 1
    assert failure(road).reason == "closed"


def test_close_ends_a_connect_that_hangs() -> None:
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        road = connector(full.getsockname()[1])
        ended: list[str] = []
        thread = threading.Thread(target=lambda: ended.append(failure(road).reason))
        thread.start()
        eventually("it connects", lambda: road._line is not None)
        began = time.monotonic()
        road.close()
        thread.join(4)
        assert ended == ["closed"]
        assert time.monotonic() - began < 1


def test_close_and_send_at_once_end_a_hundred_times_without_a_stray_descriptor(cloud: int) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    for n in range(100):
        road = connector(cloud)
        outcome: list[object] = []

        def send(road: CloudHttps = road, outcome: list[object] = outcome) -> None:
            try:
                for _ in range(50):
                    outcome.append(road.send(EPOCH, []).applied_upto)
            except Retry as problem:
                outcome.append(problem.reason)

        thread = threading.Thread(target=send)
        thread.start()
        eventually("some sends are through", lambda outcome=outcome, n=n: n % 3 == 0 or len(outcome) > n % 7)
        road.close()
        thread.join(5)
        assert not thread.is_alive()
        assert outcome[-1] in ("closed", 0)
        assert set(outcome[:-1]) <= {0}
    if before is not None:
        # The receiver, in this process too, closes its ends a moment later.
        eventually("no descriptor is left", lambda: len(os.listdir("/proc/self/fd")) <= before + 4)


# -- TLS -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_a_line_that_is_cut_in_the_handshake_says_nothing_about_trust() -> None:
    with rude_server(lambda peer: peer.close() if peer.recv(1) else None) as port:
        assert failure(connector(port, "https")).reason == "refused"
    with rude_server(lambda peer: peer.shutdown(socket.SHUT_WR)) as port:
        assert failure(connector(port, "https")).reason == "refused"


def test_https_is_believed_only_with_a_certificate_that_we_trust(certificate: tuple[Path, Path]) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)

    def talk(peer: socket.socket) -> None:
        for _ in range(2):
            read_request(peer)
            peer.sendall(says("200 OK", "application/json", _BODY))
        peer.close()

    with rude_server(talk, server) as port:
        assert failure(connector(port, "https")).reason == "untrusted"
        pinned = ssl.create_default_context(cafile=str(certificate[0]))
        road = connector(port, "https", context=pinned)
        assert road.send(EPOCH, []) == GOOD
        assert not road.lost()
        assert road.send(EPOCH, events(1, 3)) == GOOD
        eventually("the server's end is seen", road.lost, 2)
        road.close()


def test_close_ends_a_tls_handshake_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        road = connector(mute.getsockname()[1], "https")
        ended: list[str] = []
        thread = threading.Thread(target=lambda: ended.append(failure(road).reason))
        thread.start()
        mute.settimeout(5)
        peer, _ = mute.accept()
        with peer:
            peer.settimeout(5)
            assert peer.recv(1)  # the hello of the handshake
            road.close()
            thread.join(4)
        assert ended == ["closed"]


@pytest.mark.parametrize("url", ["cloud.example", "ftp://cloud.example", "https://", ""])
def test_an_address_that_cannot_be_one_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        CloudHttps(url, BOX_TOKEN, SOURCE)
