"""A full house, and people who pull plugs: a healthy phone still orders, a new screen still opens."""

from __future__ import annotations

import http.client
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from running_demo import RunningDemo, alive, call
from scenarios import tablets
from scenarios.screens import Screen, reset
from scenarios.slow_readers import SlowReaders, hung_up
from scenarios.tablets import VanishingTablets, can_vanish
from waiting import eventually

Measured = Callable[[str], None]

PHONES = 200
STALLED = 64
IDLE = 100
VANISHED = 32


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def orders_ms(demo: RunningDemo, number: int = 30) -> list[float]:
    found = []
    for _ in range(number):
        began = time.monotonic()
        demo.order("2", [{"item": "rice"}])
        found.append((time.monotonic() - began) * 1000)
    return found


class Phones:
    """200 pages that look at the table's list, each on its kept connection, with its ETag."""

    EVERY_S = 2.5
    """The page itself looks every five seconds."""

    WORKERS = 20

    def __init__(self, demo: RunningDemo):
        self._demo = demo
        self._over = threading.Event()
        self.polls = 0
        self.unchanged = 0
        self.failures: list[str] = []
        self.connections: list[http.client.HTTPConnection] = []
        share = PHONES // self.WORKERS
        self._threads = [threading.Thread(target=self._poll, args=(share,)) for _ in range(self.WORKERS)]
        for thread in self._threads:
            thread.start()

    def _poll(self, share: int) -> None:
        address = urlsplit(self._demo.info["guest_url"])
        mine = [http.client.HTTPConnection(address.hostname or "", address.port, timeout=10) for _ in range(share)]
        self.connections += mine
        tags = [""] * share
        while not self._over.is_set():
            for index, phone in enumerate(mine):
                try:
                    path = f"/api/v1/visit?table_token={self._demo.token(str(1 + index % 12))}"
                    phone.request("GET", path, headers={"If-None-Match": tags[index]} if tags[index] else {})
                    reply = phone.getresponse()
                    reply.read()
                    tags[index] = reply.headers.get("ETag", "")
                    self.polls += 1
                    self.unchanged += reply.status == 304
                    if reply.status not in (200, 304):
                        self.failures.append(f"status {reply.status}")
                except (OSError, http.client.HTTPException) as error:
                    self.failures.append(repr(error))
                if self._over.wait(self.EVERY_S / share):
                    break
        for phone in mine:
            phone.close()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(15)


def stalled_upload(demo: RunningDemo) -> socket.socket:
    address = urlsplit(demo.info["guest_url"])
    line = socket.create_connection((address.hostname, address.port), timeout=10)
    line.sendall(
        b"POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        + f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: 2000\r\n\r\n".encode()
        + b'{"table_token": "'
    )
    return line


def idle_line(demo: RunningDemo) -> socket.socket:
    address = urlsplit(demo.info["guest_url"])
    line = socket.create_connection((address.hostname, address.port), timeout=10)
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n")
    assert line.recv(4096).startswith(b"HTTP/1.1 200")
    return line


def still_stream(demo: RunningDemo, number: int) -> socket.socket:
    """A tablet that opens its feed and then neither reads nor hangs up; its kernel still acknowledges."""
    address = urlsplit(demo.info["staff_url"])
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(10)
    line.connect((address.hostname, address.port))
    line.sendall(
        f"GET /api/v1/events?topics=tickets:wok,orders,conditions&screen=gone-{number} HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nAuthorization: {demo.bearer['Authorization']}\r\n\r\n".encode()
    )
    assert line.recv(12) == b"HTTP/1.1 200"
    return line


def screen_opens(demo: RunningDemo, name: str) -> Screen | None:
    """As a browser's EventSource does: refused for want of a place, it comes again when it was told to."""
    screen = Screen(demo, "tickets:wok,conditions", name)
    if screen.status == 200:
        return screen
    assert screen.status == 503
    screen.close()
    time.sleep(0.5)
    return None


FREE_AGAIN_S = 40.0
"""For the places of tablets that vanished: the kernel gives them up after 20 s without an answer, and a screen that was
refused comes again. Below the minute after which the hub by itself ends the stream of a silent screen."""

OUTLIVED_S = 75.0
"""For tablets that stand still, whose kernels answer: that minute, and a screen that comes again."""


def tablets_leave(demo: RunningDemo, crowd: ExitStack, real: bool) -> float:
    """32 tablets take all places and fall silent. When: monotonic seconds."""
    if real:
        crowd.enter_context(VanishingTablets(demo, VANISHED)).vanish()
    else:
        for number in range(VANISHED):
            crowd.callback(reset, still_stream(demo, number))
    return time.monotonic()


@pytest.mark.timeout(180)
def test_in_a_full_house_a_healthy_phone_orders_and_a_new_screen_opens(measured: Measured) -> None:
    real = can_vanish()
    within_s = FREE_AGAIN_S if real else OUTLIVED_S
    demo = RunningDemo(*(["--lan"] if real else []))
    try:
        orders_ms(demo, 5)
        before = orders_ms(demo)
        with ExitStack() as crowd:
            phones = Phones(demo)
            crowd.callback(phones.stop)
            eventually("the phones are there", lambda: len(phones.connections) == PHONES and phones.polls >= PHONES, 15)
            lines = [stalled_upload(demo) for _ in range(STALLED)] + [idle_line(demo) for _ in range(IDLE)]
            for line in lines:
                crowd.callback(reset, line)
            silent_since = tablets_leave(demo, crowd, real)
            assert screen_opens(demo, "new") is None, "all places are taken"

            polls = phones.polls
            during = orders_ms(demo)
            assert not any(map(hung_up, lines)), "the phone has ordered beside every upload and idle line"
            eventually("the phones are still served", lambda: phones.polls >= polls + PHONES, 15)
            assert p95(during) <= 5 * p95(before) + 250
            assert phones.failures == []

            # All 32 places are taken by tablets that are not there: the new screen gets one as soon as that shows.
            left_s = within_s - (time.monotonic() - silent_since)
            screen = eventually("a new screen opens", lambda: screen_opens(demo, "new"), left_s)
            took = time.monotonic() - silent_since
            screen.wait_for("its snapshot", "snapshot", 2)
            measured(
                f"order p95 {p95(before):.1f} ms alone, {p95(during):.1f} ms in the crowd; {phones.polls} polls; a new "
                f"screen opened {took:.1f} s after the tablets "
                + ("vanished" if real else "fell silent (stood still: no network can be made here to vanish from)")
            )
            order = demo.order("3", [{"item": "eggplant"}])
            eventually("and its events", lambda: any(e.data["order"]["id"] == order["id"] for e in screen.of("ticket")))
            screen.close()
            assert demo.staff("GET", "/api/v1/uplink")[0] == 200
            assert demo.staff("GET", "/readyz")[0] == 200
    finally:
        demo.stop()
        shutil.rmtree(demo.data)


PATIENCE_S = 5.0
"""Of a phone whose guest looks at it. Before, it waited 18 s for the kernel to hang up on those that do not read, and
they could come again (measured; the control is in tests/web/test_servers.py)."""


@pytest.mark.parametrize(
    ("at", "path"),
    [("guest_url", "/static/guest/order.js"), ("staff_url", "/static/staff/kds.js")],
    ids=["guest door", "staff door"],
)
def test_beside_phones_that_ask_and_do_not_read_a_phone_orders_and_screens_open(
    demo: RunningDemo, measured: Measured, at: str, path: str
) -> None:
    """Without a login, at either door: they hold no thread, and are hung up on."""
    waits: list[float] = []

    def all_are_gone_and_both_doors_have_answered_beside_them() -> bool:
        waits.extend(orders_ms(demo, 1))
        assert demo.staff("GET", "/api/v1/uplink", timeout=PATIENCE_S)[0] == 200
        return readers.all_turned_away()

    with SlowReaders(urlsplit(demo.info[at]).port or 0, path) as readers:
        screens = [Screen(demo, "tickets:wok,orders")]
        eventually("they go", all_are_gone_and_both_doors_have_answered_beside_them, seen=readers.turned_away)
        screens.append(Screen(demo, "tickets:wok,orders"))
        waits += orders_ms(demo)
        assert max(waits) < PATIENCE_S * 1000
        order = demo.order("1", [{"item": "eggplant"}])
        for screen in screens:
            screen.wait_for("its snapshots", "snapshot", 2)
            eventually("and its news", lambda s=screen: order["id"] in {e.data["order"]["id"] for e in s.of("ticket")})
            screen.close()
        measured(f"{len(waits)} orders beside them, p95 {p95(waits):.0f} ms, the slowest {max(waits):.0f} ms")


# --- the tablets themselves ---


needs_a_network = pytest.mark.skipif(not can_vanish(), reason="may not make a network")


def networks() -> set[str]:
    """Namespaces and wires that the tablets of this run made."""
    said = subprocess.run("ip netns list; ip -br link", shell=True, capture_output=True, text=True).stdout
    names = {line.split()[0].partition("@")[0] for line in said.splitlines()}
    return {name for name in names if name.startswith("tp") and name.endswith(str(os.getpid()))}


def tablets_alive() -> list[str]:
    return _mentions(tablets.__file__)


def house_at(port: int) -> Any:
    return SimpleNamespace(info={"staff_url": f"http://127.0.0.1:{port}", "api_token": "token"})


@needs_a_network
@pytest.mark.parametrize("house", ["closed", "silent"])
def test_tablets_that_get_no_stream_say_so_in_time_and_leave_nothing(
    house: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tablets, "OPEN_S", 2.0, raising=False)
    with socket.create_server(("0.0.0.0", 0)) as door:
        port = door.getsockname()[1]
        if house == "closed":
            door.close()
        began = time.monotonic()
        with pytest.raises(AssertionError, match="did not get their streams"), VanishingTablets(house_at(port), 1):
            pass
        assert time.monotonic() - began < 6
    assert tablets_alive() == []
    assert networks() == set()


@needs_a_network
def test_where_a_namespace_but_no_wire_can_be_made_tablets_stand_still(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    real = shutil.which("ip")
    poor = tmp_path / "ip"
    poor.write_text(f'#!/bin/sh\ncase "$*" in *veth*) exit 2;; esac\nexec {real} "$@"\n')
    poor.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert not can_vanish()
    assert networks() == set()


def test_a_screen_that_comes_again_takes_its_own_place_at_once(demo: RunningDemo) -> None:
    """One tablet that reconnects 40 times uses one place, not 40."""
    screens = []
    for _ in range(40):
        screens.append(Screen(demo, "tickets:wok", "the-same"))
        assert screens[-1].status == 200
    eventually("the former ones were ended", lambda: all(s.ended.is_set() for s in screens[:-1]), 5)
    assert not screens[-1].ended.is_set()
    screens[-1].close()


def test_the_house_ends_in_five_seconds_and_begins_again_where_it_stood() -> None:
    folder = tempfile.mkdtemp(prefix="tp-")
    demo = RunningDemo(data=folder)
    order = demo.order("1", [{"item": "eggplant"}, {"item": "beer"}])
    second = demo.order("1")
    key = uuid.uuid4().hex
    assert demo.post_order("2", [{"item": "rice"}], key)[0] == 201
    eventually("slips", lambda: len(demo.papers("kitchen")) == 3)
    screens = [Screen(demo, "tickets:wok,tickets:bar,conditions") for _ in range(10)]
    for screen in screens:
        screen.wait_for("its snapshots", "snapshot", 3)
    resume_at = screens[0].last_event_id
    pids = [pid for pid in demo.pids().values() if pid]
    took = demo.stop()
    assert took < 5.0
    assert demo.process.returncode == 0
    assert not [pid for pid in [*pids, demo.process.pid] if alive(pid)]
    eventually("every stream was ended", lambda: all(s.ended.is_set() for s in screens))
    assert not _mentions(folder), "no process that knows this folder is left"

    former = demo.info
    demo = RunningDemo(data=folder)
    try:
        for name in ("tables", "staff", "api_token", "mqtt", "store"):
            assert demo.info[name] == former[name], name
        assert {t["order"]["id"] for t in demo.tickets()} >= {order["id"], second["id"]}
        assert demo.post_order("2", [{"item": "rice"}], key)[0] == 200, "a key is remembered"
        third = demo.order("1")
        assert [o["number"] for o in (order, second, third)] == ["A001", "A002", "A004"]
        paper = eventually("slip 4", lambda: demo.papers("kitchen")[3:4])[0]
        assert "A004-0004" in paper
        assert len([p for p in demo.papers("kitchen") if "REPRINT" in p]) == 0
        origin = demo.info["staff_url"]
        login = {"username": "manager", "password": former["staff"]["password"]}
        assert call(origin, "POST", "/api/v1/login", login, {"Origin": origin})[0] == 200
        assert call(origin, "POST", "/api/v1/login", login | {"password": "x"}, {"Origin": origin})[0] == 401
        screen = Screen(demo, "tickets:wok", last_event_id=resume_at)
        eventually("it resumes", lambda: any(e.data["order"]["id"] == third["id"] for e in screen.of("ticket")))
        assert not screen.of("reset")
        screen.close()
        eventually("the cloud has all", lambda: len(demo.cloud_orders()) == 4)
    finally:
        demo.stop()
        shutil.rmtree(folder)


def _mentions(folder: str) -> list[str]:
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if folder in words:
            found.append(words)
    return found
