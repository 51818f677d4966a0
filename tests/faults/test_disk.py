"""A full disk and a disk that fails: nothing is acknowledged that is not kept, and people are told.

The full disk is a small mount, which only root may make: that the ballast's room is the kitchen's shows on nothing less
than a real one. The failing one, and one that is full for a while, is `fault_disk.c`, laid under the gateway by
LD_PRELOAD: it needs only a C compiler, where a FUSE disk would need a kernel module, a library and a package. A page
that has rotted is overwritten in the file, and a card that has locked itself is a file that nobody may write.
"""

from __future__ import annotations

import http.client
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from running_demo import RunningDemo, call
from scenarios.screens import Screen
from waiting import eventually

MOUNT_KIB = 24 * 1024
"""Room for the ballast of 8 MiB, the database and its log, and little else."""

ROOM_BACK_S = 10.0


@pytest.fixture
def small_disk() -> Iterator[pathlib.Path]:
    """A folder for a demo whose gateway keeps its data on a mount of 24 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tp-"))
    data = folder / "store" / "gateway"
    data.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MOUNT_KIB}k", "tmpfs", str(data)], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"no mount here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(data)], check=True)
    shutil.rmtree(folder)


def fill(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Takes what room there is, to the last byte."""
    filler = folder / name
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
    return filler


def codes(demo: RunningDemo) -> list[str]:
    return [c["code"] for c in demo.conditions()]


def post(demo: RunningDemo, key: str, table: str = "1") -> tuple[int, dict[str, str], object]:
    body = {"table_token": demo.token(table), "lines": [{"item": "eggplant"}]}
    status, value, headers = call(
        demo.info["guest_url"], "POST", "/api/v1/orders", body, {"Idempotency-Key": key}, timeout=25
    )
    return status, headers, value


def code_of(value: object) -> str:
    return str(value.get("code", "")) if isinstance(value, dict) else ""


def order_until_refused(demo: RunningDemo, kept: dict[str, str]) -> tuple[str, dict[str, str], object]:
    """Orders until the disk says no; every acknowledged one is noted in `kept`."""
    for _ in range(400):
        key = uuid.uuid4().hex
        status, headers, value = post(demo, key)
        if status != 201:
            assert status == 503, value
            return key, headers, value
        assert isinstance(value, dict)
        kept[key] = value["id"]
    raise AssertionError("400 orders went into a full disk")


def everything_kept(demo: RunningDemo, kept: dict[str, str]) -> None:
    for key, order in kept.items():
        status, _, value = post(demo, key)
        assert status == 200
        assert isinstance(value, dict)
        assert value["id"] == order


@pytest.mark.timeout(150)
def test_a_full_disk_refuses_new_orders_in_words_and_recovers_by_itself(small_disk: pathlib.Path) -> None:
    demo = RunningDemo(data=str(small_disk))
    try:
        data = small_disk / "store" / "gateway"
        kept: dict[str, str] = {}
        for _ in range(3):
            key = uuid.uuid4().hex
            status, _, value = post(demo, key)
            assert status == 201
            assert isinstance(value, dict)
            kept[key] = value["id"]
        eventually("slips", lambda: len(demo.papers("kitchen")) >= 3)
        assert (data / "ballast").stat().st_size == 8 << 20
        screen = Screen(demo, "tickets:wok,conditions")
        screen.wait_for("its snapshots", "snapshot", 2)

        filler = fill(data, "filler")
        key, headers, value = order_until_refused(demo, kept)
        assert code_of(value) == "storage_full"
        assert 0 < int(headers["retry-after"]) <= 60
        assert "storage_full" in codes(demo)
        eventually("the screen is told", lambda: any("storage_full" in str(e.data) for e in screen.of("conditions")))
        assert not (data / "ballast").exists(), "its room is given to the kitchen"

        # Reads and the kitchen go on: a bump is a write, and has the ballast's room.
        assert demo.guest("GET", f"/api/v1/menu?table_token={demo.token()}")[0] == 200
        began = time.monotonic()
        eventually("every slip is proven", lambda: all(t["state"] == "SHOWN" for t in demo.tickets()))
        for ticket in demo.tickets():
            status, done = demo.act(ticket, "bump")
            assert status == 200
            assert demo.act(done, "recall")[0] == 200
            eventually("the screen sees it", lambda t=ticket: screen.tickets().keys() & {t["id"]})
        # That room is not for more orders: guests wait until there is room of their own.
        eventually("a look at the disk", lambda: time.monotonic() - began > 6.5, 15)
        assert post(demo, key)[0] == 503
        assert "storage_full" in codes(demo)

        # Full to the last byte, ballast and all: nothing is acknowledged, and what can be read is read.
        second = fill(data, "filler-2")
        last = key
        assert "storage_full" in codes(demo)
        status, _, _ = post(demo, last)
        assert status == 503
        assert demo.guest("GET", f"/api/v1/visit?table_token={demo.token()}")[0] == 200
        assert not screen.ended.is_set()
        pid = demo.pids()["gateway"]

        filler.unlink()
        second.unlink()
        began = time.monotonic()
        status, _, value = eventually(
            "orders are taken again", lambda: a if (a := post(demo, last))[0] != 503 else None, ROOM_BACK_S
        )
        assert status == 201
        assert isinstance(value, dict)
        kept[last] = value["id"]
        eventually("the condition is gone", lambda: "storage_full" not in codes(demo))
        eventually("on the screen too", lambda: "storage_full" not in str(screen.of("conditions")[-1].data))
        assert time.monotonic() - began < ROOM_BACK_S + 2
        assert demo.pids()["gateway"] == pid, "a full disk is no reason to restart"
        everything_kept(demo, kept)
        eventually("the ballast is kept again", lambda: (data / "ballast").exists(), 15)
        eventually("the cloud has all", lambda: demo.staff("GET", "/api/v1/uplink")[1]["pending"] == 0)
        assert {o["id"] for o in demo.cloud_orders()} >= set(kept.values())
        screen.close()
    finally:
        demo.stop()
    with closing(sqlite3.connect(data / "gateway.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = database.execute("SELECT count(*) FROM orders").fetchone()
    assert count == len(kept)


@contextmanager
def house(env: dict[str, str] | None = None, folder: str = "") -> Iterator[RunningDemo]:
    folder = folder or tempfile.mkdtemp(prefix="tp-")
    demo = RunningDemo(data=folder, env=env)
    try:
        yield demo
    finally:
        demo.stop()
        shutil.rmtree(folder)


@contextmanager
def faulty(shim: pathlib.Path) -> Iterator[tuple[RunningDemo, pathlib.Path]]:
    """A demo, and the file that says what its disk does not do."""
    folder = tempfile.mkdtemp(prefix="tp-")
    control = pathlib.Path(folder, "fault")
    env = {"LD_PRELOAD": str(shim), "FAULT_FOLDER": f"{folder}/store/gateway/", "FAULT_CONTROL": str(control)}
    with house(env, folder) as demo:
        try:
            yield demo, control
        finally:
            control.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path | None:
    """None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = tmp_path_factory.mktemp("shim") / "fault_disk.so"
    source = pathlib.Path(__file__).with_name("fault_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


@pytest.fixture(scope="module")
def stories(shim: pathlib.Path | None) -> Iterator[dict[str, Future[None]]]:
    """All at once, each in a house of its own: a gateway serves reads for ten seconds before it ends, and most of the
    time of each story is waiting for that."""
    with ThreadPoolExecutor(thread_name_prefix="story") as pool:
        running = {"rotten": pool.submit(a_rotten_page), "locked": pool.submit(a_locked_card)}
        if shim is not None:
            running["full"] = pool.submit(no_room_for_a_while, shim)
            running |= {broken: pool.submit(a_failing_disk, shim, broken) for broken in ("fsync", "write")}
        yield running


def end(stories: dict[str, Future[None]], name: str) -> None:
    if name not in stories:
        pytest.skip("the failing disk is a small C program: apt-get install gcc libc6-dev")
    stories[name].result()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("broken", ["fsync", "write"])
def test_a_failing_disk_acknowledges_nothing_and_the_gateway_starts_anew(
    stories: dict[str, Future[None]], broken: str
) -> None:
    end(stories, broken)


@pytest.mark.timeout(150)
def test_a_page_that_has_rotted_is_never_sold_from(stories: dict[str, Future[None]]) -> None:
    end(stories, "rotten")


@pytest.mark.timeout(150)
def test_a_card_that_has_locked_itself_acknowledges_nothing_until_it_is_open_again(
    stories: dict[str, Future[None]],
) -> None:
    end(stories, "locked")


@pytest.mark.timeout(150)
def test_a_disk_that_is_full_for_a_while_is_said_at_the_door(stories: dict[str, Future[None]]) -> None:
    """Also where nobody may mount a small one."""
    end(stories, "full")


def taken(demo: RunningDemo, key: str = "") -> tuple[str, dict[str, Any]]:
    """An order that is acknowledged, and its key: with a whole disk this house takes orders, the negative control."""
    key = key or uuid.uuid4().hex
    status, _, value = post(demo, key)
    assert status == 201, value
    assert isinstance(value, dict)
    return key, value


def no_room_for_a_while(shim: pathlib.Path) -> None:
    """Nothing at all can be written, not even into the ballast's room."""
    with faulty(shim) as (demo, control):
        first, _ = taken(demo)
        eventually("its slip is proven", lambda: demo.tickets()[0]["state"] == "SHOWN")
        pid = demo.pids()["gateway"]
        control.write_text("full")
        lost = uuid.uuid4().hex
        status, headers, answer = post(demo, lost)
        assert (status, code_of(answer)) == (503, "storage_full")
        assert 0 < int(headers["retry-after"]) <= 60
        assert codes(demo) == ["storage_full"]
        assert demo.act(demo.tickets()[0], "bump")[0] == 503
        assert demo.guest("GET", f"/api/v1/visit?table_token={demo.token()}")[0] == 200
        control.unlink()
        eventually("orders are taken again", lambda: post(demo, lost)[0] in (200, 201), ROOM_BACK_S)
        assert demo.pids()["gateway"] == pid, "a full disk is no reason to restart"
        assert post(demo, first)[0] == 200
        assert demo.act(demo.tickets()[0], "bump")[0] == 200
        eventually("the condition is gone", lambda: codes(demo) == [])


def refuses_and_serves_reads(demo: RunningDemo, key: str, order: dict[str, Any]) -> None:
    """What is promised of a disk that has failed, until its process ends."""
    status, headers, answer = post(demo, key)
    assert status == 503, "nothing is acknowledged that is not on the disk"
    assert code_of(answer) == "storage_failed"
    assert int(headers["retry-after"]) > 0
    assert "storage_failed" in codes(demo)
    assert post(demo, uuid.uuid4().hex)[0] == 503, "and nothing after it either"
    seen = demo.guest("GET", f"/api/v1/orders/{order['id']}?table_token={demo.token()}")
    assert seen[0] == 200, "reads are served"


def ends_after_its_reads(demo: RunningDemo, pid: int, failed: float) -> None:
    eventually("it ended", lambda: demo.pids()["gateway"] not in (pid, 0), 20)
    assert 7 < time.monotonic() - failed < 20, "reads were served for about ten seconds"
    eventually("the supervisor says so", lambda: "gateway ended with exit code 1," in demo.tail(400), 5)


def finds_one_order(demo: RunningDemo, key: str) -> dict[str, Any]:
    def again() -> object:
        try:
            return a if (a := post(demo, key))[0] in (200, 201) else None
        except (OSError, http.client.HTTPException):
            return None

    _, _, answer = eventually("the same key finds one order", again, 25)  # type: ignore[misc]
    assert isinstance(answer, dict)
    orders = demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"]
    assert [o["id"] for o in orders].count(answer["id"]) == 1
    return answer


def a_failing_disk(shim: pathlib.Path, broken: str) -> None:
    with faulty(shim) as (demo, control):
        first, order = taken(demo)
        pid = demo.pids()["gateway"]
        screen = Screen(demo, "tickets:wok,conditions")
        screen.wait_for("its snapshots", "snapshot", 2)

        control.write_text(broken)
        failed = time.monotonic()
        lost = uuid.uuid4().hex
        refuses_and_serves_reads(demo, lost, order)
        eventually("the screen is told", lambda: any("storage_failed" in str(e.data) for e in screen.of("conditions")))
        assert demo.pids()["gateway"] == pid

        control.unlink()  # a card that was only loose: the next start finds it well
        assert post(demo, uuid.uuid4().hex)[0] == 503, "this process has lost its trust in the disk for good"
        ends_after_its_reads(demo, pid, failed)
        answer = finds_one_order(demo, lost)
        assert post(demo, first)[0] == 200, "what was acknowledged before is there"
        eventually("conditions are gone", lambda: codes(demo) == [], 15)
        eventually("slips", lambda: [p for p in demo.papers("kitchen") if answer["number"] in p], 20)
        orders = demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"]
        assert len(orders) <= 4
        ids = {o["id"] for o in orders}
        eventually("the cloud has the same", lambda: {o["id"] for o in demo.cloud_orders()} == ids)
        screen.close()


def first_page(path: pathlib.Path, name: str) -> int:
    """Where in the file the first page of a table or an index begins. Nobody else has the file open."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
        (page,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    return int((page - 1) * size)


def overwrite(path: pathlib.Path, at: int, data: bytes) -> bytes:
    """Returns what stood there."""
    with open(path, "r+b") as file:
        file.seek(at)
        former = file.read(len(data))
        file.seek(at)
        file.write(data)
    return former


def a_rotten_page() -> None:
    with house() as demo:
        first, order = taken(demo)
        eventually("the cloud has it", lambda: len(demo.cloud_orders()) == 1)
        demo.stop()
        path = demo.store / "gateway" / "gateway.db"
        at = first_page(path, "orders_of_check")  # that nothing but an order looks at
        former = overwrite(path, at, b"\xff" * 64)
        demo.start()
        pid = demo.pids()["gateway"]
        failed = time.monotonic()
        refuses_and_serves_reads(demo, uuid.uuid4().hex, order)
        ends_after_its_reads(demo, pid, failed)
        eventually("the next start looks closer, and says what is wrong", lambda: "is damaged" in demo.tail(400), 15)
        eventually("and does not sell", lambda: "gateway ended with exit code 2," in demo.tail(400), 10)

        # The negative control: with the page put back, the same file is sold from.
        demo.stop()
        overwrite(path, at, former)
        demo.start()
        assert post(demo, first)[0] == 200
        taken(demo)


@contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    """Nobody may write this file. Root may write what has no right to it, so for root it is mounted read-only."""
    if os.geteuid() != 0:
        former = path.stat().st_mode
        path.chmod(0o444)
        yield
        path.chmod(former)
        return
    for words in (["--bind", str(path), str(path)], ["-o", "remount,ro,bind", str(path)]):
        done = subprocess.run(["mount", *words], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no mount here, and root may write any other file: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def a_locked_card() -> None:
    with house() as demo:
        first, order = taken(demo)
        former = demo.pids()["gateway"]
        lost = uuid.uuid4().hex
        with locked(demo.store / "gateway" / "gateway.db"):
            demo.kill("gateway")  # one that has it open goes on writing: a card locks itself when it is put in
            pid = eventually(
                "a new gateway", lambda: p if (p := demo.pids()["gateway"]) not in (former, 0, None) else 0
            )
            failed = time.monotonic()

            def answers() -> bool:
                try:
                    return bool(post(demo, lost))
                except (OSError, http.client.HTTPException):
                    return False

            eventually("it answers", answers)
            refuses_and_serves_reads(demo, lost, order)
            assert "SQLITE_READONLY" in demo.tail(400)
            eventually("it is still locked to this process's end", lambda: demo.pids()["gateway"] != pid, 20)
        ends_after_its_reads(demo, pid, failed)
        finds_one_order(demo, lost)
        assert post(demo, first)[0] == 200, "what was acknowledged before is there"
        eventually("conditions are gone", lambda: codes(demo) == [], 15)
