"""The fault proxy by itself: what a plain socket on the gateway's side sees, and what reaches the cloud."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.wan import MAX_BODY_BYTES, MAX_CONNECTIONS, MODES, WanProxy

sys.path.append(str(Path(__file__).parents[1] / "cloud"))
from cloud_worlds import BOX_TOKEN, bearer, body_of, call, order_event, running_cloud, stats
from waiting import eventually

from gateway.contract.events import MEDIA_TYPE

HEADERS = bearer(BOX_TOKEN) | {"Content-Type": MEDIA_TYPE}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[int]:
    with running_cloud(tmp_path) as server:
        yield server.port


@pytest.fixture
def wan(cloud: int) -> Iterator[WanProxy]:
    proxy = WanProxy("127.0.0.1", 0, "127.0.0.1", cloud)
    proxy.start()
    yield proxy
    proxy.stop()


def request(seq: int) -> bytes:
    body = body_of(order_event(seq))
    lines = ["POST /v1/events HTTP/1.1", "Host: cloud", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def dialled(wan: WanProxy) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", wan.port), timeout=5)
    try:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:  # reset already
        line.close()
        raise
    return line


def answered(line: socket.socket) -> bytes:
    """The status line of the next answer, which must come in full."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = line.recv(65536)
        assert part, data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += line.recv(65536)
    return head.partition(b"\r\n")[0]


def is_reset(line: socket.socket) -> bool:
    try:
        return line.recv(65536) == b"never"
    except ConnectionResetError:
        return True


def until_reset(line: socket.socket) -> bytes:
    got = b""
    while True:
        try:
            part = line.recv(65536)
        except ConnectionResetError:
            return got
        assert part, "it ended without a reset"
        got += part


def test_a_whole_conversation_passes_on_one_connection(wan: WanProxy, cloud: int) -> None:
    with dialled(wan) as line:
        for seq in (1, 2, 3):
            line.sendall(request(seq))
            assert answered(line) == b"HTTP/1.1 200 OK"
    assert stats(cloud)["applied_upto"] == {"box1/1-abcde": 3}
    assert wan.counts()["connections"] == 1


def test_a_request_in_single_bytes_is_still_one_request(wan: WanProxy, cloud: int) -> None:
    with dialled(wan) as line:
        for byte in request(1):
            line.sendall(bytes([byte]))
        assert answered(line) == b"HTTP/1.1 200 OK"
    assert wan.counts()["requests"] == 1
    assert stats(cloud)["events"] == 1


def test_wan_down_resets_what_stands_and_refuses_what_comes(wan: WanProxy) -> None:
    with dialled(wan) as idle, dialled(wan) as used:
        used.sendall(request(1))
        answered(used)
        eventually("both are through", lambda: wan.counts()["connections"] == 2)
        wan.set("wan_down")
        assert is_reset(idle)
        assert is_reset(used)
    with pytest.raises(ConnectionRefusedError):
        dialled(wan)
    port = wan.port
    wan.set("ok")
    assert wan.port == port
    with dialled(wan) as line:
        line.sendall(request(2))
        assert answered(line) == b"HTTP/1.1 200 OK"


def test_going_up_and_down_fifty_times_keeps_the_port(wan: WanProxy) -> None:
    for _ in range(50):
        wan.set("wan_down")
        with pytest.raises(ConnectionRefusedError):
            dialled(wan)
        wan.set("ok")
        dialled(wan).close()


def test_wan_down_ends_an_answer_that_is_held(wan: WanProxy, cloud: int) -> None:
    wan.set("cloud_slow")
    with dialled(wan) as line:
        line.sendall(request(1))
        eventually("the answer is held", lambda: wan.counts()["held"])
        assert stats(cloud)["events"] == 1
        wan.set("wan_down")
        assert is_reset(line)


def test_a_held_answer_is_released_when_the_mode_ends(wan: WanProxy) -> None:
    wan.set("cloud_slow", delay_s=20)
    with dialled(wan) as line:
        line.sendall(request(1))
        eventually("the answer is held", lambda: wan.counts()["held"])
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(5)
        began = time.monotonic()
        wan.set("ok")
        assert answered(line) == b"HTTP/1.1 200 OK"
        assert time.monotonic() - began < 1


def test_a_held_answer_comes_by_itself_after_the_delay(wan: WanProxy) -> None:
    wan.set("cloud_slow", delay_s=0.3)
    with dialled(wan) as line:
        began = time.monotonic()
        line.sendall(request(1))
        assert answered(line) == b"HTTP/1.1 200 OK"
        assert 0.3 <= time.monotonic() - began < 2


def test_a_blackhole_swallows_and_what_was_swallowed_cannot_go_on(wan: WanProxy, cloud: int) -> None:
    with dialled(wan) as idle, dialled(wan) as lost:
        idle.sendall(request(1))
        answered(idle)
        wan.set("blackhole")
        with dialled(wan) as late:  # accepted all the same
            late.sendall(request(2))
            lost.sendall(request(3))
            eventually("both are swallowed", lambda: wan.counts()["requests"] == 3)
            assert stats(cloud)["events"] == 1
            wan.set("ok")
            assert is_reset(lost)
            assert is_reset(late)
        idle.sendall(request(2))  # nothing was lost on this one
        assert answered(idle) == b"HTTP/1.1 200 OK"
    assert stats(cloud)["events"] == 2


def test_an_answer_that_meets_the_blackhole_is_lost_though_stored(wan: WanProxy, cloud: int) -> None:
    wan.set("cloud_slow")
    with dialled(wan) as line:
        line.sendall(request(1))
        eventually("the answer is held", lambda: wan.counts()["held"])
        wan.set("blackhole")
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(5)
        wan.set("ok")
        assert is_reset(line)
    assert stats(cloud)["events"] == 1


@pytest.mark.parametrize(
    ("mode", "status", "kind"),
    [("cloud_error", 500, "application/problem+json"), ("captive_portal", 200, "text/html; charset=utf-8")],
)
def test_what_the_proxy_answers_itself_never_reaches_the_cloud(
    wan: WanProxy, cloud: int, mode: str, status: int, kind: str
) -> None:
    with dialled(wan) as line:
        wan.set(mode)
        for seq in (1, 2):  # a connection that stood before it meets it too, and stays
            line.sendall(request(seq))
            assert b" %d " % status in answered(line)
        got, headers, _ = call(wan.port, "POST", "/v1/events", body_of(order_event(1)), HEADERS)
        assert (got, headers["content-type"]) == (status, kind)
        assert stats(cloud)["events"] == 0
        wan.set("ok")
        line.sendall(request(1))
        assert answered(line) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("after", [None, 0, 1, 20])
def test_a_lost_answer_is_stored_and_cut_by_a_reset(wan: WanProxy, cloud: int, after: int | None) -> None:
    wan.set("cloud_lost_answer", after=after)
    with dialled(wan) as line:
        line.sendall(request(1))
        got = until_reset(line)
    assert 0 < len(got) < 200 if after is None else len(got) == after
    assert stats(cloud)["events"] == 1


def test_every_third_answer_is_lost(wan: WanProxy) -> None:
    wan.set("cloud_lost_answer", every=3)
    outcomes = []
    for seq in range(1, 7):
        with dialled(wan) as line:
            line.sendall(request(seq))
            try:
                answered(line)
                outcomes.append("answered")
            except ConnectionResetError:
                outcomes.append("cut")
    assert outcomes == ["answered", "answered", "cut"] * 2


def test_a_cloud_that_is_down_or_goes_away_is_passed_on(tmp_path: Path) -> None:
    with running_cloud(tmp_path) as server:
        wan = WanProxy("127.0.0.1", 0, "127.0.0.1", server.port)
        wan.start()
        line = dialled(wan)
        line.sendall(request(1))
        answered(line)
    try:
        assert is_reset(line)  # while idle, so that the gateway can notice without traffic
        line.close()
        with dialled(wan) as line:
            line.sendall(request(2))
            assert is_reset(line)
    finally:
        wan.stop()


def test_the_65th_connection_is_reset_and_the_others_live(wan: WanProxy) -> None:
    lines = [dialled(wan) for _ in range(MAX_CONNECTIONS)]
    eventually("all are through", lambda: wan.counts()["connections"] == MAX_CONNECTIONS)
    with contextlib.suppress(OSError), dialled(wan) as late:  # an error: reset while it was still dialling
        assert is_reset(late)
    assert wan.counts()["connections"] == MAX_CONNECTIONS
    lines[0].sendall(request(1))
    assert answered(lines[0]) == b"HTTP/1.1 200 OK"
    for line in lines:
        line.close()
    eventually("all are gone", lambda: not wan._roads)
    with dialled(wan) as line:
        line.sendall(request(2))
        assert answered(line) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"x" * 200_000,
    ],
)
def test_what_cannot_be_framed_is_reset_and_the_proxy_lives(wan: WanProxy, nonsense: bytes) -> None:
    with dialled(wan) as line:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):  # reset before all was sent
            line.sendall(nonsense)
        assert is_reset(line)
    with dialled(wan) as line:
        line.sendall(request(1))
        assert answered(line) == b"HTTP/1.1 200 OK"


def test_stop_resets_all_frees_the_port_and_leaves_no_thread(cloud: int) -> None:
    wan = WanProxy("127.0.0.1", 0, "127.0.0.1", cloud)
    wan.start()
    line = dialled(wan)
    wan.set("cloud_slow")
    line.sendall(request(1))
    eventually("the answer is held", lambda: wan.counts()["held"])
    began = time.monotonic()
    wan.stop()
    assert time.monotonic() - began < 2
    assert is_reset(line)
    line.close()
    assert "wan" not in [thread.name for thread in threading.enumerate()]
    again = WanProxy("127.0.0.1", wan.port, "127.0.0.1", cloud)
    again.start()
    again.stop()


def test_stop_ends_a_road_whose_answer_comes_in_that_very_moment() -> None:
    """Between the end of what a road waits for and the road's own waking, `asyncio.wait_for` of Python 3.11 forgets
    that it was cancelled: the road went on to hold the answer for 20 s, and `stop` gave up."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        wan = WanProxy("127.0.0.1", 0, "127.0.0.1", mute.getsockname()[1])
        wan.start()
        wan.set("cloud_slow")
        with dialled(wan) as line:
            line.sendall(request(1))
            peer, _ = mute.accept()
            eventually("the cloud is asked", lambda: wan.counts()["forwarded"])
            both = threading.Event()
            wan._loop.call_soon_threadsafe(both.wait)  # the loop sees answer and end in one turn
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                ended = asyncio.run_coroutine_threadsafe(wan._shut(), wan._loop)
                both.set()
                try:
                    ended.result(2)
                finally:
                    wan.set("ok")  # lets go what is held, so that a failure leaves no thread
                    wan.stop()
            assert is_reset(line)


def test_a_port_in_use_is_said_at_start(cloud: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wan = WanProxy("127.0.0.1", taken.getsockname()[1], "127.0.0.1", cloud)
        with pytest.raises(OSError, match="in use"):
            wan.start()
        wan.stop()


def test_a_mode_or_option_that_there_is_not_changes_nothing(wan: WanProxy) -> None:
    for mode, options in (("rain", {}), ("cloud_slow", {"delay_s": -1}), ("cloud_lost_answer", {"every": 0})):
        with pytest.raises(ValueError, match=r"no such mode|delay_s is"):
            wan.set(mode, **options)
    assert wan.mode == "ok"


def test_any_mode_follows_any_other_under_traffic_and_all_is_well_at_the_end(wan: WanProxy, cloud: int) -> None:
    stop = threading.Event()

    def hammer() -> None:
        seq = 0
        while not stop.is_set():
            seq += 1
            try:
                with dialled(wan) as line:
                    line.settimeout(0.05)
                    line.sendall(request(seq % 50 + 1))
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", seq % 2, 0))
                    line.recv(100)
            except OSError:
                continue  # the weather is what is tested

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for before in MODES:
        for mode in MODES:
            wan.set(before)
            wan.set(mode)
    wan.set("ok")
    stop.set()
    for thread in threads:
        thread.join(5)
    with dialled(wan) as line:
        line.sendall(request(60))
        assert answered(line) == b"HTTP/1.1 200 OK"
    eventually("no road is left behind", lambda: not wan._roads)
    assert stats(cloud)["conflicts"] == 0
