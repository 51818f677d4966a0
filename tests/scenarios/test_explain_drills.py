"""Every drill that touches an order, asked about while it lasts: what `gateway explain` and the call name, and that
they stop naming it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from running_demo import RunningDemo
from waiting import eventually


@pytest.fixture(scope="module")
def own() -> Iterator[RunningDemo]:
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)


class Drill(NamedTuple):
    fault: str
    cause: str
    zh: str
    en: str
    within_s: float


DRILLS = [
    Drill("paper_out", "paper_out", "后厨打印机没纸，小票", "waits for paper at Kitchen printer since", 10),
    Drill("cover_open", "cover_open", "后厨打印机盖子开着", "the lid of Kitchen printer is open since", 10),
    Drill("printer_unplugged", "printer_offline", "后厨打印机连不上", "Kitchen printer cannot be reached since", 10),
    Drill("printer_mute", "printer_mute", "打印机不回话", "which does not answer since", 40),
    Drill("broker_down", "broker_down", "店内消息断了", "messages inside the box stopped since", 15),
    Drill("wan_down", "uplink_offline", "外网断了", "the internet is gone since", 20),
    Drill("captive_portal", "uplink_portal", "网络要求登录", "the network asks for a login since", 20),
    # On a serial line a printer without power is as silent as one that answers nothing.
    Drill("printer_power_cut", "printer_mute", "打印机不回话", "which does not answer since", 40),
    Drill("cloud_slow", "uplink_offline", "外网断了", "the internet is gone since", 25),
    Drill("cloud_lost_answer", "uplink_offline", "外网断了", "the internet is gone since", 25),
    Drill("cloud_error", "uplink_cloud_error", "云端出错", "the cloud has a fault since", 20),
]


def asked(demo: RunningDemo, code: str) -> dict[str, Any]:
    status, found = demo.staff("GET", f"/api/v1/orders/{code}/timeline")
    assert status == 200, (status, found)
    value: dict[str, Any] = found
    return value


def named(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    every = [*found["causes"], *(cause for ticket in found["tickets"] for cause in ticket["causes"])]
    return {cause["code"]: cause["words"] for cause in every}


def well(demo: RunningDemo, order: dict[str, Any]) -> bool:
    found = asked(demo, order["number"])
    return found["well"] and found["in_cloud"] and bool(found["tickets"][0]["state"] == "SHOWN")


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.fault)
def test_a_drill_is_named_while_it_lasts_and_neither_before_nor_after(own: RunningDemo, drill: Drill) -> None:
    eventually("a house that is well", lambda: own.conditions() == [], 40)
    before = own.order("1", [{"item": "rice"}])
    eventually("a slip proves it, and the cloud has it", lambda: well(own, before), 20)
    assert drill.cause not in named(asked(own, before["number"])), "nothing is wrong yet"
    assert own.command("explain", before["number"]).returncode == 0
    own.drill(drill.fault)
    try:
        order = own.order("2", [{"item": "rice"}])
        eventually(
            f"{drill.cause} is named",
            lambda: drill.cause in named(asked(own, order["number"])), drill.within_s,
        )  # fmt: skip
        told = own.command("explain", order["number"], "--json")
        assert told.returncode == 1, told.stderr
        words = named(json.loads(told.stdout))[drill.cause]
        assert drill.zh in words["zh-Hans"]
        assert drill.en in words["en"]
        assert drill.cause not in named(asked(own, before["number"])), "it keeps nothing from what came before"
    finally:
        own.drill(drill.fault, on=False)
    eventually("it is over", lambda: drill.cause not in named(asked(own, order["number"])), 40)
    # What the mute printer left unproven prints again after a quarter of a minute, and that answers for it.
    eventually("nothing is left in the way", lambda: asked(own, order["number"])["well"], 60)
    assert own.command("explain", order["number"]).returncode == 0


def test_a_low_roll_keeps_nothing_and_is_no_cause(own: RunningDemo) -> None:
    eventually("a house that is well", lambda: own.conditions() == [], 40)
    own.drill("paper_low")
    try:
        eventually("it is told", lambda: [c["code"] for c in own.conditions()] == ["paper_low"], 10)
        order = own.order("4", [{"item": "rice"}])
        eventually("its slip comes out", lambda: well(own, order), 20)
    finally:
        own.drill("paper_low", on=False)


def test_an_order_is_explained_by_the_code_on_its_slip_in_the_terminals_language(own: RunningDemo) -> None:
    order = own.order("3", [{"item": "rice"}])
    slip = eventually("its slip", lambda: [t for t in own.papers("kitchen") if order["number"] in t], 15)[0]
    code = next(word for word in slip.split() if word.startswith(f"{order['number']}-"))
    told = own.command("explain", code)
    assert told.returncode == 0, told.stdout
    assert order["number"] in told.stdout.splitlines()[0]
    assert f"Kitchen printer printed slip {code.rpartition('-')[2]}, proven" in told.stdout
    missing = own.command("explain", "Z999")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "there is no order Z999" in missing.stderr
