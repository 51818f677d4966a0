"""A station that no order reaches: its dishes leave the guests' menu by themselves, and come back by themselves.

Only a minute without any road does that, and a restarting box keeps it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
from running_demo import RunningDemo, call
from scenarios.screens import Screen
from waiting import eventually

from gateway.operations.station_paths import DEAD_S

SHORT_S = 35.0
"""Well over what any restart takes, well under `DEAD_S`."""

SEEN_S = 8.0
"""The bridge's word on its line, the watch's next look and a phone's next question."""


@pytest.fixture(scope="module")
def own() -> Iterator[RunningDemo]:
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)


def menu(demo: RunningDemo, tag: str = "") -> tuple[int, Any, str]:
    headers = {"If-None-Match": tag} if tag else {}
    status, body, found = call(
        demo.info["guest_url"], "GET", f"/api/v1/menu?table_token={demo.token('1')}", headers=headers
    )
    return status, body, found.get("etag", "")


def suspended(demo: RunningDemo) -> set[str]:
    """The stations whose dishes are not sold; all of a station's, or none."""
    items = [item for category in menu(demo)[1]["categories"] for item in category["items"]]
    gone = {item["station"] for item in items if item["suspended"]}
    assert not [i["id"] for i in items if i["station"] in gone and not i["suspended"]]
    return gone


def cut_off(demo: RunningDemo) -> list[str]:
    return sorted(c["station"] for c in demo.conditions() if c["code"] == "station_cut_off")


def wrong(demo: RunningDemo) -> list[str]:
    status, found = demo.staff("GET", "/api/v1/routing")
    assert status == 200
    return [each["code"] for each in found["wrong"]]


def test_what_no_order_reaches_is_not_sold_until_one_does_again(own: RunningDemo) -> None:
    eventually("a house that is well", lambda: own.conditions() == [], 20)
    before = own.order("1")
    assert wrong(own) == []
    tag = menu(own)[2]
    own.drill("printer_unplugged", target="kitchen")
    own.drill("printer_unplugged", target="receipt")
    began = time.monotonic()
    try:
        eventually("the lint names both at once", lambda: wrong(own) == ["station_cut_off"] * 2, 10)
        while time.monotonic() < began + SHORT_S:
            assert menu(own, tag)[0] == 304, "not yet"
            time.sleep(1)  # a phone's own pace; nothing is waited for here but time itself
        own.drill("printer_unplugged", on=False, target="receipt")
        eventually("the wok's dishes are gone", lambda: suspended(own) == {"wok"}, DEAD_S - SHORT_S + SEEN_S)
        took = time.monotonic() - began
        assert DEAD_S - 1 < took < DEAD_S + SEEN_S
        assert menu(own, tag)[0] == 200
        assert cut_off(own) == ["wok"], "the bar, which was away for a shorter time, was never closed"

        status, refusal = own.post_order("1", [{"item": "cucumber"}, {"item": "twice-cooked-pork"}])
        assert (status, refusal["code"]) == (409, "not_served_now")
        assert refusal["lines"] == [{"index": 1, "item": "twice-cooked-pork"}]
        assert own.post_order("1", [{"item": "cucumber"}])[0] == 201, "the others sell"
        taken = {"type": "dine_in", "table": "1", "lines": [{"item": "twice-cooked-pork"}]}
        assert own.staff("POST", "/api/v1/orders", taken, {"Idempotency-Key": "staff-1"})[0] == 201

        own.kill("gateway")
        eventually("the box is back", lambda: _answers(own), 20)
        assert suspended(own) == {"wok"}, "a restart keeps it"

        screen = Screen(own, "tickets:wok", name="wok-1")
        try:
            eventually("a screen alone brings them back", lambda: suspended(own) == set(), SEEN_S)
            assert (cut_off(own), own.post_order("1")[0]) == ([], 201)
        finally:
            screen.close()
    finally:
        for printer in ("kitchen", "receipt"):
            own.drill("printer_unplugged", on=False, target=printer)
    eventually("all is well", lambda: own.conditions() == [] and suspended(own) == set(), 30)
    found = own.guest("GET", f"/api/v1/orders/{before['id']}?table_token={own.token('1')}")[1]
    assert found["status"] == "PLACED"


def _answers(demo: RunningDemo) -> bool:
    try:
        return demo.guest("GET", "/healthz")[0] == 200
    except OSError:
        return False
