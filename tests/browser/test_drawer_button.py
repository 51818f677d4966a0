"""The cash drawer and the buzzer as whoever stands at the till meets them, in a real browser against the real house."""

from __future__ import annotations

import json
import os
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from printer_card import card
from running_demo import RunningDemo
from waiting import eventually


def happened(demo: RunningDemo, printer: str) -> dict[str, int]:
    """What the virtual printer's socket and buzzer did."""
    folder = os.open(demo.store, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(f"/proc/self/fd/{folder}/devices.sock")
            line.sendall(b'{"op": "state"}\n')
            found: dict[str, int] = json.loads(line.makefile().readline())["devices"][printer]["happened"]
    finally:
        os.close(folder)
    return found


@pytest.fixture
def no_paper(demo: RunningDemo) -> Iterator[None]:
    demo.drill("paper_out", target="receipt")
    yield
    demo.drill("paper_out", on=False, target="receipt")


def drawer(demo: RunningDemo, key: str) -> dict[str, Any]:
    status, body = demo.staff("POST", "/api/v1/printers/receipt/drawer", {"key": key})
    assert status == 200, body
    found: dict[str, Any] = body["job"]
    return found


def test_one_tap_opens_the_drawer_once_and_says_so(open_printers: Callable[..., Page], demo: RunningDemo) -> None:
    before = happened(demo, "receipt").get("pulse", 0)
    papers = len(demo.papers("receipt"))
    page = open_printers()
    expect(card(page, "kitchen").get_by_test_id("drawer")).to_have_count(0)
    card(page, "receipt").get_by_test_id("drawer").click()
    expect(page.get_by_test_id("said")).to_have_text("钱箱开了", timeout=5_000)
    expect(card(page, "receipt").get_by_test_id("drawer-PRINTED").first).to_contain_text("钱箱")
    assert happened(demo, "receipt")["pulse"] == before + 1
    assert len(demo.papers("receipt")) == papers
    assert violations(page) == []
    assert page.foreign == []  # type: ignore[attr-defined]


def test_the_demo_shows_it_at_its_printer(open_screen: Callable[..., Page], demo: RunningDemo) -> None:
    page = open_screen()
    page.goto(page.url.partition("/kds")[0] + "/demo")
    expect(page.get_by_test_id("printer-receipt")).to_be_visible()
    drawer(demo, uuid.uuid4().hex)
    expect(page.get_by_test_id("printer-receipt")).to_contain_text("钱箱开了", timeout=5_000)


def test_nobody_knows_whether_it_opened_and_who_looked_says_so(
    open_printers: Callable[..., Page], demo: RunningDemo
) -> None:
    demo.drill("printer_mute", target="receipt")
    try:
        page = open_printers("en-US")
        card(page, "receipt").get_by_test_id("drawer").click()
        expect(page.get_by_test_id("said")).to_contain_text("Look at the drawer", timeout=12_000)
        expect(card(page, "receipt").locator(".condition").filter(has_text="drawer")).to_be_visible()
        assert violations(page) == []
        card(page, "receipt").get_by_test_id("opened").click()
        expect(page.get_by_test_id("said")).to_have_text("Drawer opened")
        eventually("nobody is asked any more", lambda: "drawer_unknown" not in {c["code"] for c in demo.conditions()})
    finally:
        demo.drill("printer_mute", on=False, target="receipt")


def test_a_phone_rings_the_kitchen_in_english(open_printers: Callable[..., Page], demo: RunningDemo) -> None:
    before = happened(demo, "kitchen").get("buzz", 0)
    page = open_printers("en-US", 360, 780)
    card(page, "kitchen").get_by_test_id("buzzer").click()
    expect(page.get_by_test_id("said")).to_have_text("It rang", timeout=5_000)
    assert happened(demo, "kitchen")["buzz"] == before + 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_without_paper_it_stays_shut_and_who_asked_is_told_to_use_the_key(
    open_printers: Callable[..., Page], demo: RunningDemo, no_paper: None
) -> None:
    before = happened(demo, "receipt").get("pulse", 0)
    page = open_printers("en-US")
    began = time.monotonic()
    card(page, "receipt").get_by_test_id("drawer").click()
    said = page.get_by_test_id("said")
    row = card(page, "receipt").get_by_test_id(re.compile("drawer-(QUEUED|WAITING)"))
    expect(row.first).to_contain_text("Waits for the printer: no paper")
    expect(said).to_contain_text("Not opened: no paper. Open it with the key", timeout=12_000)
    assert time.monotonic() - began < 12
    demo.drill("paper_out", on=False, target="receipt")
    eventually("it is well again", lambda: "paper_out" not in {c["code"] for c in demo.conditions()})
    again = uuid.uuid4().hex
    eventually("it opens for who asks again", lambda: drawer(demo, again)["state"] == "PRINTED", 12)
    assert happened(demo, "receipt").get("pulse", 0) == before + 1, "it did not open with the new roll"


def test_the_broker_is_away_and_the_drawer_does_not_open_late(demo: RunningDemo) -> None:
    before, key = happened(demo, "receipt").get("pulse", 0), uuid.uuid4().hex
    demo.drill("broker_down")
    eventually("the box knows", lambda: "broker_down" in {c["code"] for c in demo.conditions()})
    assert drawer(demo, key)["state"] == "QUEUED"
    eventually("it is given up", lambda: drawer(demo, key)["intent"] == "cancel", 12)
    demo.drill("broker_down", on=False)
    eventually("its bridge has said so", lambda: drawer(demo, key)["state"] == "CANCELLED", 20)
    assert happened(demo, "receipt").get("pulse", 0) == before
