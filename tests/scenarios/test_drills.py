"""Every drill of the demo, from its button to the word for a person, and back to nothing."""

from __future__ import annotations

import collections
import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from running_demo import RunningDemo
from scenarios.screens import Screen
from waiting import eventually


@pytest.fixture(scope="module")
def own() -> Iterator[RunningDemo]:
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)


DRILLS = {
    "wan_down": ("uplink_offline", 12),
    "cloud_error": ("uplink_cloud_error", 12),
    "cloud_slow": ("uplink_offline", 15),
    "cloud_lost_answer": ("uplink_offline", 12),
    "captive_portal": ("uplink_portal", 12),
    "broker_down": ("broker_down", 5),
    "paper_out": ("paper_out", 5),
    "printer_unplugged": ("printer_offline", 5),
}
"""What a person is told, and within how many seconds. The uplink is asked at least every ten."""

ELSEWHERE = ("cloud_error", "cloud_slow", "cloud_lost_answer", "captive_portal")
"""Played at length in test_outage.py; here only in a full run."""

PLAYED = [fault for fault in DRILLS if fault not in ELSEWHERE or os.environ.get("TABLEPASS_FULL") == "1"]
PRINTING = ("broker_down", "paper_out", "printer_unplugged")


def codes(demo: RunningDemo) -> list[str]:
    return [c["code"] for c in demo.conditions()]


def printed(demo: RunningDemo) -> collections.Counter[str]:
    return collections.Counter(
        code[1] for text in demo.papers("kitchen") if (code := re.search(r"\b(A\d{3}-\d{4})\b", text))
    )


@pytest.mark.parametrize("fault", PLAYED)
def test_a_drill_is_told_to_people_and_clears_by_itself(own: RunningDemo, fault: str) -> None:
    eventually("a house that is well", lambda: own.conditions() == [], 15)
    code, within_s = DRILLS[fault]
    screen = Screen(own, "tickets:wok,conditions")
    orders: list[dict[str, Any]] = []
    try:
        screen.wait_for("its snapshots", "snapshot", 2)
        own.drill(fault)
        orders += [own.order("1", [{"item": "rice"}]) for _ in range(3)]
        told = eventually(f"{code} is told", lambda: [c for c in own.conditions() if c["code"] == code], within_s)[0]
        for words in (told["title"], told["advice"]):
            assert set(words) == {"zh-Hans", "en"}
            assert all(words.values())
            assert "{" not in str(list(words.values())), "every blank is filled in"
        assert told["severity"] in ("now", "soon", "rest")
        eventually("the kitchen screen says it too", lambda: code in str(screen.of("conditions")[-1:]), 3)
        ids = {o["id"] for o in orders}
        eventually(
            "the screen, which needs neither cloud nor broker nor printer, has them all",
            lambda: ids <= {e.data["order"]["id"] for e in screen.of("ticket")},
            2,
        )
        if fault in PRINTING:
            assert not [c for o in orders for c in printed(own) if c.startswith(f"{o['number']}-")]
        else:
            assert [c["code"] for c in own.conditions()] == [code], "one sign, and no other"
    finally:
        own.drill(fault, on=False)
    try:
        eventually("it clears by itself", lambda: code not in codes(own), 15)
        eventually("all slips", lambda: len([o for o in orders if _count(own, o) >= 1]) == len(orders), 20)
        eventually("nothing else is left either", lambda: own.conditions() == [], 20)
        eventually("and the screen is told", lambda: code not in str(screen.of("conditions")[-1]), 3)
    finally:
        screen.close()
    for order in orders:
        assert _count(own, order) == 1, "each slip once"
        jobs = own.staff("GET", f"/api/v1/jobs?order={order['id']}")[1]["jobs"]
        assert [(j["state"], j["copy"]) for j in jobs] == [("PRINTED", 1)]
    eventually("the cloud has them", lambda: {o["id"] for o in orders} <= {o["id"] for o in own.cloud_orders()}, 15)


def _count(demo: RunningDemo, order: dict[str, Any]) -> int:
    return sum(n for code, n in printed(demo).items() if code.startswith(f"{order['number']}-"))


def test_slips_that_waited_come_out_in_the_order_in_which_they_were_taken(own: RunningDemo) -> None:
    eventually("a house that is well", lambda: own.conditions() == [], 20)
    before = len(own.papers("kitchen"))
    own.drill("paper_out")
    try:
        orders = [own.order("2", [{"item": "rice"}]) for _ in range(4)]
        waiting = eventually("it is told", lambda: [c for c in own.conditions() if c["code"] == "paper_out"], 5)[0]
        assert "4" in waiting["advice"]["en"], waiting["advice"]
    finally:
        own.drill("paper_out", on=False)
    eventually("all of them", lambda: len(own.papers("kitchen")) >= before + 4, 20)
    out = [m[1] for text in own.papers("kitchen")[before:] if (m := re.search(r"\b(A\d{3})-\d{4}\b", text))]
    assert out == [o["number"] for o in orders]


def test_two_faults_at_once_are_two_signs(own: RunningDemo) -> None:
    own.drill("wan_down")
    own.drill("paper_out", target="receipt")
    try:
        eventually("both are told", lambda: codes(own) == ["paper_out", "uplink_offline"], 15)
        assert own.conditions()[0]["subject"] == "receipt", "the urgent one first"
        order = own.order("3", [{"item": "rice"}])
        eventually("the other printer goes on", lambda: _count(own, order) == 1)
    finally:
        own.drill("wan_down", on=False)
        own.drill("paper_out", on=False, target="receipt")
    eventually("both are gone", lambda: own.conditions() == [], 15)


def test_a_drill_that_does_not_exist_is_refused_and_one_may_end_by_itself(own: RunningDemo) -> None:
    assert own.staff("POST", "/api/v1/drills", {"fault": "earthquake"})[1]["code"] == "unknown_fault"
    assert own.staff("POST", "/api/v1/drills", {"fault": "wan_down", "for_s": -1})[0] == 422
    assert own.staff("POST", "/api/v1/drills", {"fault": "wan_down", "on": "yes"})[0] == 422
    assert own.guest("POST", "/api/v1/drills", {"fault": "wan_down"})[0] in (404, 405)
    assert own.staff("POST", "/api/v1/drills", {"fault": "captive_portal", "for_s": 2})[0] == 200
    own.order("4", [{"item": "rice"}])
    eventually("told", lambda: "uplink_portal" in codes(own), 12)
    eventually("over", lambda: own.conditions() == [], 10)


def test_an_order_that_no_cook_has_seen_is_called_out_and_the_guest_is_told(own: RunningDemo) -> None:
    """Broker away and no screen on: within 10 s someone in the store is sent to the kitchen."""
    eventually("a house that is well", lambda: own.conditions() == [], 20)
    own.drill("broker_down")
    try:
        order = own.order("5", [{"item": "rice"}])
        eventually("someone is sent", lambda: "ticket_unseen" in codes(own), 20)
        call = next(c for c in own.conditions() if c["code"] == "ticket_unseen")
        assert (call["severity"], order["number"] in call["title"]["en"]) == ("now", True)
        ticket = next(t for t in own.tickets() if t["order"]["id"] == order["id"])
        seen = own.guest("GET", f"/api/v1/orders/{order['id']}?table_token={own.token('5')}")[1]
        assert seen["kitchen"] == "waiting", "nothing is claimed that is not proven"
        assert own.act(ticket, "rendered", "wok-1")[0] == 200
        eventually("a screen proves it", lambda: "ticket_unseen" not in codes(own), 5)
        seen = own.guest("GET", f"/api/v1/orders/{order['id']}?table_token={own.token('5')}")[1]
        assert seen["kitchen"] == "confirmed"
    finally:
        own.drill("broker_down", on=False)
    eventually("all well", lambda: own.conditions() == [], 15)
