"""A full disk and a disk that fails: nothing is acknowledged that is not kept, and people are told.

The full disk is a small mount (root). The failing one is `fault_disk.c`, laid under the gateway by LD_PRELOAD: it
needs only a C compiler, where a FUSE disk would need a kernel module, a library and a package of its own.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing

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
        for ticket in demo.tickets():
            assert demo.act(ticket, "bump")[0] == 200
            assert demo.act(ticket, "recall", version=ticket["version"] + 1)[0] in (200, 409)
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


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("the failing disk is a small C program: apt-get install gcc libc6-dev")
    library = tmp_path_factory.mktemp("shim") / "fault_disk.so"
    source = pathlib.Path(__file__).with_name("fault_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


@pytest.mark.timeout(150)
@pytest.mark.parametrize("broken", ["fsync", "write"] if os.environ.get("TABLEPASS_FULL") == "1" else ["fsync"])
def test_a_failing_disk_acknowledges_nothing_and_the_gateway_starts_anew(shim: pathlib.Path, broken: str) -> None:
    folder = tempfile.mkdtemp(prefix="tp-")
    control = pathlib.Path(folder, "fault")
    surroundings = {
        "LD_PRELOAD": str(shim), "FAULT_FOLDER": f"{folder}/store/gateway/", "FAULT_CONTROL": str(control),
    }  # fmt: skip
    demo = RunningDemo(data=folder, env=surroundings)
    try:
        first = uuid.uuid4().hex
        status, _, value = post(demo, first)
        assert status == 201, "with a whole disk the same house takes orders: the negative control"
        assert isinstance(value, dict)
        pid = demo.pids()["gateway"]
        screen = Screen(demo, "tickets:wok,conditions")
        screen.wait_for("its snapshots", "snapshot", 2)

        control.write_text(broken)
        failed = time.monotonic()
        lost = uuid.uuid4().hex
        status, headers, answer = post(demo, lost)
        assert status == 503, "nothing is acknowledged that is not on the disk"
        assert code_of(answer) == "storage_failed"
        assert int(headers["retry-after"]) > 0
        assert "storage_failed" in codes(demo)
        eventually("the screen is told", lambda: any("storage_failed" in str(e.data) for e in screen.of("conditions")))
        status, _, answer = post(demo, uuid.uuid4().hex)
        assert status == 503, "and nothing after it either"
        seen = demo.guest("GET", f"/api/v1/orders/{value['id']}?table_token={demo.token()}")
        assert seen[0] == 200, "reads are served"
        assert demo.pids()["gateway"] == pid

        control.unlink()  # a card that was only loose: the next start finds it well
        status, _, answer = post(demo, uuid.uuid4().hex)
        assert status == 503, "this process has lost its trust in the disk for good"
        eventually("it ended", lambda: demo.pids()["gateway"] not in (pid, 0, None), 20)
        assert 7 < time.monotonic() - failed < 20, "reads were served for about ten seconds"
        ended = re.search(r"gateway ended with exit code (\d+)", demo.tail(400))
        assert ended
        assert ended[1] == "1"

        def again() -> object:
            try:
                return a if (a := post(demo, lost))[0] in (200, 201) else None
            except OSError:
                return None

        _, _, answer = eventually("the same key finds one order", again, 15)
        assert isinstance(answer, dict)
        assert post(demo, first)[0] == 200, "what was acknowledged before is there"
        eventually("conditions are gone", lambda: codes(demo) == [], 15)
        eventually("slips", lambda: [p for p in demo.papers("kitchen") if answer["number"] in p], 20)
        orders = demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"]
        assert [o["id"] for o in orders].count(answer["id"]) == 1
        assert len(orders) <= 4
        ids = {o["id"] for o in orders}
        eventually("the cloud has the same", lambda: {o["id"] for o in demo.cloud_orders()} == ids)
    finally:
        demo.stop()
        shutil.rmtree(folder)
