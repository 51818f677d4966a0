"""A station with paper only: its slip is scanned at the pass, and the pole there says what is still missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_demo import RunningDemo
from waiting import eventually

VIRTUAL = """
[[printer]]
name = "kitchen"
[[printer]]
name = "receipt"
[[device]]
name = "gun"
driver = "scanner"
[[device]]
name = "pole"
driver = "pole_display"
[[device]]
name = "pole-zh"
driver = "pole_display"
charset = "gbk"
[[device]]
name = "door"
driver = "ready_board"
"""

REAL = """
[[devices]]
id = "gun"
bridge = "bridge-1"
driver = "scanner"
port = "{dev}/gun"
at_pass = true

[[devices]]
id = "pole"
bridge = "bridge-1"
driver = "pole_display"
port = "{dev}/pole"
at_pass = true

[[devices]]
id = "pole-zh"
bridge = "bridge-1"
driver = "pole_display"
port = "{dev}/pole-zh"
options = {{ charset = "gbk" }}
at_pass = true

[[devices]]
id = "door"
bridge = "bridge-1"
driver = "ready_board"
port = "{dev}/door"
"""


@pytest.fixture(scope="module")
def own() -> Iterator[RunningDemo]:
    """A demo whose wok works from paper alone, with a scanner and a pole display at its pass."""
    data = tempfile.mkdtemp(prefix="tp-")
    store = Path(data, "store")
    store.mkdir(mode=0o700)
    (store / "devices.toml").write_text(VIRTUAL)
    running = RunningDemo(data=data)
    file = Path(data, "settings.toml")
    exported = running.command("settings", "export", str(file))
    assert exported.returncode == 0, exported.stderr
    text = re.sub(r"^devices = \[\]\n", "", file.read_text(), flags=re.M)
    text = text.replace('proof = "both"', 'proof = "paper"', 1) + REAL.format(dev=running.store / "dev")
    file.write_text(text)
    imported = running.command("settings", "import", str(file))
    assert imported.returncode == 0, (imported.stdout, imported.stderr)
    every = {"gun", "pole", "pole-zh", "door"}
    eventually("all are online", lambda: online(running) >= every, 20, seen=lambda: online(running))
    yield running
    running.stop()
    shutil.rmtree(data)


def online(demo: RunningDemo) -> set[str]:
    found = demo.staff("GET", "/api/v1/devices")[1]["devices"]
    return {one["name"] for one in found if one["status"] == "online"}


def hand(demo: RunningDemo, **command: Any) -> dict[str, Any]:
    """What a hand does to a virtual device."""
    folder = os.open(demo.store, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(f"/proc/self/fd/{folder}/devices.sock")
            line.sendall(json.dumps(command).encode() + b"\n")
            answer: dict[str, Any] = json.loads(line.makefile().readline())
    finally:
        os.close(folder)
    return answer


def pole(demo: RunningDemo, name: str = "pole") -> list[str]:
    return list(hand(demo, op="state")["devices"][name]["text"])


def said(demo: RunningDemo) -> dict[str, Any]:
    found = demo.staff("GET", "/api/v1/pass")[1]["pass"]
    return dict(found[-1]) if found else {}


def test_a_slip_is_scanned_at_the_pass_and_the_pole_says_what_is_missing(own: RunningDemo) -> None:
    order = own.order("5", [{"item": "twice-cooked-pork"}, {"item": "cucumber"}])

    def ticket() -> dict[str, Any]:
        found = own.staff("GET", f"/api/v1/orders/{order['id']}")[1]["tickets"]
        return dict(next(one for one in found if one["station"] == "wok"))

    eventually("its slip has come out", lambda: ticket()["state"] == "SHOWN", 20, seen=ticket)
    code = f"{order['number']}-{ticket()['slip']['number']}"
    eventually("its code is on paper", lambda: any(code in text for text in own.papers("kitchen")), 10)
    assert hand(own, op="scan", device="gun", text=code) == {"ok": True}
    eventually("it is served", lambda: ticket()["state"] == "SERVED", 5, seen=ticket)
    assert (ticket()["ended"], ticket()["updated_by"]) == ("scan", "gun gun")
    assert said(own)["words"]["zh-Hans"] == "5 桌：炒锅已上，还差凉菜吧台 1"
    eventually("the pole says it", lambda: pole(own) == ["Table 5 Wok", "- Cold & bar 1"], 10, seen=lambda: pole(own))
    said_in_chinese = ["5 桌 炒锅", "差 凉菜吧台 1"]
    eventually("so does the Chinese one", lambda: pole(own, "pole-zh") == said_in_chinese, 10)
    hand(own, op="scan", device="gun", text="A999-0001")
    eventually("an unknown slip", lambda: said(own)["kind"] == "unknown", 5, seen=lambda: said(own))
    looks: list[float] = []

    def scanned_again() -> bool:
        """A code that is seen again within a second (the driver's SAME_S) is the same look: this comes later."""
        if not looks or time.monotonic() - looks[-1] > 1.5:
            looks.append(time.monotonic())
            hand(own, op="scan", device="gun", text=code)
        return str(said(own)["kind"]) == "again"

    eventually("it is said to be served already", scanned_again, 5, seen=lambda: said(own))
    assert said(own)["served_at"] == ticket()["served_at"]
    eventually("the pole says that too", lambda: "AGAIN" in pole(own)[0], 10, seen=lambda: pole(own))


def test_a_number_that_is_ready_stands_on_the_board_at_the_door_and_again_after_its_bridge_died(
    own: RunningDemo,
) -> None:
    body = {"type": "takeaway", "lines": [{"item": "cucumber"}], "pickup_no": "M42"}
    status, order = own.staff("POST", "/api/v1/orders", body, {"Idempotency-Key": "door-1"})
    assert status == 201, order
    (ticket,) = own.staff("GET", f"/api/v1/orders/{order['id']}")[1]["tickets"]
    assert pole(own, "door") == ["", ""]
    assert own.act(ticket, "bump")[0] == 200
    eventually("the board calls it", lambda: pole(own, "door") == ["M42", ""], 5)
    before = hand(own, op="state")["devices"]["door"]["bytes"]
    own.kill("firmware_bridge")
    eventually(
        "a new bridge says it again",
        lambda: hand(own, op="state")["devices"]["door"]["bytes"] > before and pole(own, "door") == ["M42", ""], 20,
    )  # fmt: skip
    assert own.staff("POST", f"/api/v1/orders/{order['id']}/close", {"key": "door-2"})[0] == 200
    eventually("it goes when it was handed over", lambda: pole(own, "door") == ["", ""], 5)
