"""The receiver as a process: killed at any moment, stopped cleanly, started badly."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from cloud_worlds import BOX_TOKEN, EPOCH, SOURCE, CloudProcess, call, encode, listed, order_event, stats
from waiting import eventually

from gateway.connectors.cloud_https import CloudHttps
from gateway.demo.wan import WanProxy
from gateway.domain.errors import Retry

DIES_AFTER_ITS_COMMIT = """
import os, signal
from gateway.cloud import program
class Dies(program.SqliteStore):
    def accept(self, batch):
        super().accept(batch)
        os.kill(os.getpid(), signal.SIGKILL)
program.SqliteStore = Dies
raise SystemExit(program.main())
"""


def connector(port: int) -> CloudHttps:
    return CloudHttps(f"http://127.0.0.1:{port}", BOX_TOKEN, SOURCE, connect_s=2, read_s=5)


def events(first: int, last: int) -> list[bytes]:
    return [encode(order_event(seq)) for seq in range(first, last + 1)]


def test_killed_between_commit_and_answer_the_repeat_is_one_row(tmp_path: Path) -> None:
    dying = CloudProcess(tmp_path, code=DIES_AFTER_ITS_COMMIT)
    road = connector(dying.port)
    with pytest.raises(Retry, match="cut"):
        road.send(EPOCH, events(1, 20))
    assert dying.wait() == -signal.SIGKILL
    cloud = CloudProcess(tmp_path, dying.port)
    try:
        assert road.send(EPOCH, []).applied_upto == 20
        assert road.send(EPOCH, events(1, 20)).applied_upto == 20
        seen = stats(cloud.port)
        assert (seen["events"], seen["orders"], seen["duplicates"]) == (20, 20, 20)
    finally:
        road.close()
        cloud.kill()


def test_killed_while_its_answer_is_on_the_wire_the_repeat_is_one_row(tmp_path: Path) -> None:
    cloud = CloudProcess(tmp_path)
    wan = WanProxy("127.0.0.1", 0, "127.0.0.1", cloud.port)
    wan.start()
    road = connector(wan.port)
    wan.set("cloud_slow")
    ended: list[str] = []

    def send() -> None:
        try:
            road.send(EPOCH, events(1, 5))
        except Retry as problem:
            ended.append(problem.reason)

    thread = threading.Thread(target=send)
    thread.start()
    eventually("the cloud has stored and answered", lambda: wan.counts()["held"])
    cloud.kill()
    wan.set("wan_down")
    thread.join(5)
    assert ended == ["cut"]
    again = CloudProcess(tmp_path, cloud.port)
    wan.set("ok")
    assert road.send(EPOCH, events(1, 5)).applied_upto == 5
    assert (stats(again.port)["events"], stats(again.port)["duplicates"]) == (5, 5)
    road.close()
    wan.stop()
    again.kill()


def test_a_drain_through_eight_kills_leaves_every_order_once_and_in_order(tmp_path: Path) -> None:
    total, chance = 3000, random.Random(7)
    cloud = CloudProcess(tmp_path)
    road = connector(cloud.port)
    done = threading.Event()
    acknowledged = [0]

    def drain() -> None:
        upto = 0
        while upto < total and not done.is_set():
            try:
                upto = road.send(EPOCH, events(upto + 1, min(upto + 20, total))).applied_upto
                acknowledged[0] = upto
            except Retry:
                done.wait(0.01)
        done.set()

    thread = threading.Thread(target=drain)
    thread.start()
    try:
        kills = 0
        for _ in range(8):
            goal = acknowledged[0] + chance.randint(20, 300)
            eventually("it goes on", lambda goal=goal: acknowledged[0] >= goal or done.is_set())
            if done.is_set():
                break
            cloud.kill()
            kills += 1
            cloud = CloudProcess(tmp_path, cloud.port)
        thread.join(30)
        assert kills == 8
        assert acknowledged[0] == total
        assert stats(cloud.port)["events"] == total
        assert stats(cloud.port)["conflicts"] == 0
        assert [order["id"] for order in listed(cloud.port, "?limit=10000")] == [f"o{n}" for n in range(1, total + 1)]
    finally:
        done.set()
        thread.join(10)
        road.close()
        cloud.kill()
    with contextlib.closing(sqlite3.connect(tmp_path / "cloud.sqlite3")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*), count(DISTINCT event_id) FROM inbox").fetchone() == (total, total)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_within_two_seconds_with_connections_open(tmp_path: Path, how: signal.Signals) -> None:
    cloud = CloudProcess(tmp_path)
    road = connector(cloud.port)
    road.send(EPOCH, events(1, 10))
    with socket.create_connection(("127.0.0.1", cloud.port)) as stalled:
        stalled.sendall(b"POST /v1/events HTTP/1.1\r\nHost: c\r\nContent-Length: 1000\r\n\r\n[")
        began = time.monotonic()
        cloud.process.send_signal(how)
        assert cloud.wait() == 0
        assert time.monotonic() - began < 2
    assert eventually("the end is seen", road.lost, 1)
    road.close()
    again = CloudProcess(tmp_path, cloud.port)
    assert stats(again.port)["events"] == 10
    again.kill()


def test_a_port_in_use_a_bad_folder_and_bad_tokens_are_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").write_text("\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for more, code, words in (
            (["--data", str(tmp_path / "a"), "--port", port], 1, "cannot listen"),
            (["--data", str(tmp_path / "file"), "--port", "0"], 2, "File exists"),
            (["--data", str(tmp_path / "b"), "--port", "0", "--token-file", str(tmp_path / "empty")], 2, "token"),
            (["--data", str(tmp_path / "b"), "--port", "0", "--token-file", "/nowhere"], 2, "/nowhere"),
            (["--port", "0"], 2, "--data"),
        ):
            got = subprocess.run(
                [sys.executable, "-m", "gateway.cloud.program", *more], capture_output=True, text=True, timeout=10
            )
            assert (got.returncode, got.stdout) == (code, "")
            assert words in got.stderr
            assert "Traceback" not in got.stderr


def test_tokens_are_made_when_none_are_given_and_never_logged(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cloud.program", "--data", str(tmp_path / "d"), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    port = int(process.stdout.readline().partition('"port":')[2].strip(" }\n"))
    token = (tmp_path / "d" / "read.token").read_text().strip()
    status, _, _ = call(port, "GET", "/v1/stores/x/stats", headers={"Authorization": f"Bearer {token}"})
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert status == 200
    assert token not in errors
