"""Every refusal that exists is reached through the real door, says what is wrong, and loses nothing."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import pytest
from running_demo import ROOT, RunningDemo, call
from scenarios.screens import Screen
from waiting import eventually

from gateway.store.migrations import VERSION

PORK = [{"item": "twice-cooked-pork"}]


@pytest.fixture(scope="module")
def guarded() -> Iterator[RunningDemo]:
    """A demo of its own, with the guards of a real store: what is closed, paused or re-priced here harms nobody."""
    running = RunningDemo("--guards")
    yield running
    running.stop()
    shutil.rmtree(running.data)


def sit_down(demo: RunningDemo, table: str) -> dict[str, str]:
    """A phone opens the sticker's page; from then on it carries the visit's cookie."""
    status, _, headers = call(demo.info["guest_url"], "GET", f"/t/{demo.token(table)}")
    assert status == 200
    cookie = SimpleCookie(headers["set-cookie"])["guest"]
    return {"Cookie": f"guest={cookie.value}"}


def post(
    demo: RunningDemo, body: Any, key: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any, dict[str, str]]:
    keys = {"Idempotency-Key": uuid.uuid4().hex if key is None else key} if key != "" else {}
    return call(demo.info["guest_url"], "POST", "/api/v1/orders", body, keys | (headers or {}))


def cart(demo: RunningDemo, lines: Any = None, table: str = "1", **more: Any) -> dict[str, Any]:
    return {"table_token": demo.token(table), "lines": PORK if lines is None else lines, **more}


def count(demo: RunningDemo) -> int:
    return len(demo.staff("GET", "/api/v1/orders?limit=1000")[1]["orders"])


def at_once(number: int, work: Any) -> list[Any]:
    gate = threading.Barrier(number)
    answers: list[Any] = [None] * number

    def one(index: int) -> None:
        gate.wait()
        answers[index] = work()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_the_same_post_twenty_times_at_once_is_one_order(demo: RunningDemo) -> None:
    before, papers = count(demo), len(demo.papers("kitchen"))
    key, body = uuid.uuid4().hex, cart(demo, [{"item": "eggplant", "quantity": 3}], note="二十次")
    answers = at_once(20, lambda: post(demo, body, key))
    assert sorted(status for status, _, _ in answers) == [200] * 19 + [201]
    assert all(value == answers[0][1] for _, value, _ in answers)
    for status, _, headers in answers:
        assert ("idempotency-replayed" in headers) == (status == 200)
    assert count(demo) == before + 1
    number = answers[0][1]["number"]
    eventually("its slip", lambda: [p for p in demo.papers("kitchen")[papers:] if f"{number}-" in p])
    status, _, headers = post(demo, body, key)
    assert (status, headers["idempotency-replayed"]) == (200, "true")
    jobs = demo.staff("GET", f"/api/v1/jobs?order={answers[0][1]['id']}")[1]["jobs"]
    assert len(jobs) == 1


def test_twenty_different_keys_are_twenty_orders(demo: RunningDemo) -> None:
    """The negative control of the test above: it is the key that makes them one."""
    before = count(demo)
    answers = at_once(20, lambda: post(demo, cart(demo, [{"item": "rice"}])))
    assert [status for status, _, _ in answers] == [201] * 20
    assert len({value["number"] for _, value, _ in answers}) == 20
    assert count(demo) == before + 20


DEEP = b'{"table_token": "x", "lines": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"

UNREADABLE = {
    "not JSON at all": b"hello",
    "nothing": b"",
    "cut short": b'{"table_token": "x", "lines": [',
    "NaN": b'{"table_token": "x", "lines": [{"item": "rice", "quantity": NaN}]}',
    "invalid UTF-8": b'{"table_token": "\xff\xfe", "lines": []}',
    "two values": b'{"table_token": "x", "lines": [{"item": "rice"}]}{}',
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_body_that_cannot_be_read_is_400(demo: RunningDemo, what: str) -> None:
    before = count(demo)
    status, value, headers = post(demo, UNREADABLE[what])
    assert (status, value["code"]) == (400, "not_json"), value
    assert headers["content-type"].startswith("application/problem+json")
    assert value["detail"]
    assert "Traceback" not in json.dumps(value)
    assert count(demo) == before


def test_deep_json_is_refused_and_the_gateway_lives_on(demo: RunningDemo) -> None:
    for body in (DEEP, b"[" * 30_000, b'{"a":' * 12_000):
        status, value, _ = post(demo, body)
        assert status in (400, 422), value
        assert value["code"] in ("not_json", "invalid")
    assert post(demo, cart(demo, [{"item": "rice"}]))[0] == 201


def test_no_key_is_400(demo: RunningDemo) -> None:
    status, value, _ = post(demo, cart(demo), key="")
    assert (status, value["code"]) == (400, "idempotency_key_missing")
    status, value, _ = post(demo, cart(demo), key="k" * 129)
    assert (status, value["code"], value["field"]) == (422, "invalid", "Idempotency-Key")


def _line(**fields: Any) -> list[dict[str, Any]]:
    return [{"item": "rice"} | fields]


WRONG: dict[str, tuple[Any, str]] = {
    "quantity 0": (_line(quantity=0), "lines[0].quantity"),
    "quantity -1": (_line(quantity=-1), "lines[0].quantity"),
    "quantity 1e308": (_line(quantity=1e308), "lines[0].quantity"),
    "quantity 100": (_line(quantity=100), "lines[0].quantity"),
    "quantity 10^30": (_line(quantity=10**30), "lines[0].quantity"),
    "quantity 1.5": (_line(quantity=1.5), "lines[0].quantity"),
    "quantity as text": (_line(quantity="1"), "lines[0].quantity"),
    "quantity true": (_line(quantity=True), "lines[0].quantity"),
    "item is a number": ([{"item": 7}], "lines[0].item"),
    "item is missing": ([{"quantity": 1}], "lines[0]"),
    "unknown item": ([{"item": "rice"}, {"item": "unicorn"}], "lines[1].item"),
    "unknown field": (_line(price=1), "lines[0]"),
    "lines is an object": ({"item": "rice"}, "lines"),
    "no lines": ([], "lines"),
    "61 lines": (_line() * 61, "lines"),
    "note too long": (_line(note="a" * 201), "lines[0].note"),
    "note with a bell": (_line(note="hot\x07"), "lines[0].note"),
    "note with an escape": (_line(note="\x1bp\x00"), "lines[0].note"),
    "note with NUL": (_line(note="a\x00b"), "lines[0].note"),
    "note turned round": (_line(note="\u202e5001 latot"), "lines[0].note"),
    "note with isolates": (_line(note="a\u2066b\u2069"), "lines[0].note"),
    "unknown modifier": (_line(modifiers=["gold"]), "lines[0].modifiers"),
    "a choice is missing": ([{"item": "mapo-tofu"}], "lines[0].modifiers"),
    "a choice twice": ([{"item": "mapo-tofu", "modifiers": ["mild", "mild"]}], "lines[0].modifiers"),
    "two of one": ([{"item": "mapo-tofu", "modifiers": ["mild", "hot"]}], "lines[0].modifiers"),
    "unknown variant": ([{"item": "kung-pao", "variant": "huge", "modifiers": ["mild"]}], "lines[0].variant"),
    "a variant of what has none": (_line(variant="half"), "lines[0].variant"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_line_that_is_wrong_is_422_and_names_its_field(demo: RunningDemo, what: str) -> None:
    before = count(demo)
    lines, field = WRONG[what]
    key = uuid.uuid4().hex
    status, value, _ = post(demo, cart(demo, lines), key)
    assert (status, value["code"]) == (422, "invalid"), value
    assert value["field"].startswith(field), value
    assert value["detail"]
    assert count(demo) == before
    # Only accepted orders are remembered under a key: corrected, the same key is good.
    assert post(demo, cart(demo, [{"item": "rice"}]), key)[0] == 201


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"covers": 0}, "covers"), ({"covers": "4"}, "covers"), ({"note": 5}, "note"), ({"note": "a\x1bb"}, "note"),
        ({"allergies": "peanut"}, "allergies"), ({"allergies": ["\u202epeanut"]}, "allergies[0]"),
        ({"menu_revision": 999}, "menu_revision"), ({"menu_revision": "1"}, "menu_revision"), ({"tip": 100}, ""),
        ({"table_token": 5}, "table_token"), ({"table_token": ""}, "table_token"),
    ],
)  # fmt: skip
def test_a_cart_that_is_wrong_is_422_and_names_its_field(demo: RunningDemo, more: dict[str, Any], field: str) -> None:
    status, value, _ = post(demo, cart(demo, **({"table_token": demo.token()} | more)) if "table_token" not in more
                            else {"lines": PORK, **more})  # fmt: skip
    assert (status, value["code"], value["field"]) == (422, "invalid", field), value


def test_the_same_key_with_another_cart_is_422_and_the_first_order_stands(demo: RunningDemo) -> None:
    key = uuid.uuid4().hex
    _, first, _ = post(demo, cart(demo, [{"item": "beer"}]), key)
    status, value, _ = post(demo, cart(demo, [{"item": "beer", "quantity": 2}]), key)
    assert (status, value["code"]) == (422, "idempotency_key_reused")
    status, again, _ = post(demo, cart(demo, [{"item": "beer"}]), key)
    assert (status, again) == (200, first)


def test_what_there_is_not_is_404(demo: RunningDemo) -> None:
    order = demo.order()
    unknown = uuid.uuid4()
    guest = [
        (f"/api/v1/orders/{unknown}?table_token={demo.token()}", "unknown_order"),
        (f"/api/v1/orders/{order['id']}?table_token={demo.token('2')}", "unknown_order"),
        (f"/api/v1/orders/{order['id']}?table_token=guess", "unknown_table"),
        (f"/api/v1/checks/{order['check']}?table_token={demo.token('2')}", "unknown_check"),
        ("/api/v1/menu?table_token=guess", "unknown_table"),
        ("/api/v1/visit", "unknown_table"),
        ("/api/v1/uplink", "not_found"),
        ("/api/v1/stations/wok/tickets", "not_found"),
        ("/demo", "not_found"),
        ("/static/../../../etc/passwd", "not_found"),
        ("/static/%2e%2e%2f%2e%2e%2fetc/passwd", "not_found"),
    ]
    for path, code in guest:
        status, value, _ = call(demo.info["guest_url"], "GET", path)
        assert status == 404, (path, value)
        assert value["code"] == code, (path, value)
    staff = [
        ("GET", "/api/v1/stations/moon/tickets", "unknown_station"),
        ("POST", "/api/v1/tables/99/open", "unknown_table"),
        ("POST", "/api/v1/tables/1/burn", "not_found"),
        ("POST", "/api/v1/items/unicorn/sold-out", "unknown_item"),
    ]
    for method, path, code in staff:
        status, value = demo.staff(method, path)
        assert (status, value["code"]) == (404, code), path
    body = {"screen": "test", "key": "k", "version": 1}
    assert demo.staff("POST", f"/api/v1/tickets/{unknown}/bump", body)[1]["code"] == "unknown_ticket"
    assert demo.staff("POST", f"/api/v1/jobs/{unknown}/reprint", {"key": "k"})[1]["code"] == "unknown_job"


def test_the_staff_door_lets_nobody_in_without_a_login(demo: RunningDemo) -> None:
    staff = demo.info["staff_url"]
    for headers in ({}, {"Authorization": "Bearer guess"}, {"Cookie": "staff=guess"}):
        for path in ("/api/v1/uplink", "/api/v1/events?topics=orders", "/api/v1/jobs", "/api/v1/menu"):
            status, value, _ = call(staff, "GET", path, headers=headers)
            assert (status, value["code"]) == (401, "login_needed"), path
        assert call(staff, "POST", "/api/v1/ordering/pause", {}, headers)[0] == 401
    assert demo.post_order()[0] == 201


def test_a_name_that_is_not_ours_is_refused(demo: RunningDemo) -> None:
    """DNS rebinding: a page of the internet that makes the browser believe our address is its own."""
    for base in (demo.info["guest_url"], demo.info["staff_url"]):
        status, value, _ = call(base, "GET", "/healthz", headers={"Host": "evil.example.com"})
        assert (status, value["code"]) == (421, "wrong_host")


def test_the_largest_order_holds_nobody_up(demo: RunningDemo) -> None:
    """Its ticket and its slip are the largest messages that the broker ever carries; a larger one it would hang up on,
    again and again, and no slip of anybody would come out any more."""
    lines = [{"item": "kung-pao", "variant": "whole", "modifiers": ["hot", "no-peanuts"], "note": "x" * 200}] * 60
    status, value = demo.post_order("4", lines)
    assert (status, value["code"], value["field"]) == (422, "invalid", "lines")
    assert "two" in value["detail"]
    largest = next(n for n in range(60, 0, -1) if demo.post_order("4", lines[:n])[0] == 201)
    assert largest > 20
    order = demo.order("5", [{"item": "beer"}])
    eventually("the next slip", lambda: any(order["number"] in paper for paper in demo.papers("receipt")), 10)
    big = eventually("its slip leaves", lambda: in_hand(demo), 10)
    assert demo.staff("GET", "/api/v1/conditions")[1]["conditions"] == []
    assert demo.staff("POST", f"/api/v1/jobs/{big}/cancel", {"key": uuid.uuid4().hex})[0] in (200, 409)


def in_hand(demo: RunningDemo) -> str:
    """The job that the kitchen's printer is at."""
    found = demo.staff("GET", "/api/v1/jobs?state=SENDING")[1]["jobs"]
    return next((job["id"] for job in found if job["printer"] == "kitchen"), "")


def test_a_large_body_is_413(demo: RunningDemo) -> None:
    before = count(demo)
    long = json.dumps(cart(demo)).encode()
    status, value, _ = post(demo, long + b" " * (64 * 1024 - len(long)))
    assert status == 201, "exactly 64 KiB is still taken"
    status, value, _ = post(demo, long + b" " * (64 * 1024 + 1 - len(long)))
    assert (status, value["code"]) == (413, "too_large")
    assert count(demo) == before + 1


def test_a_body_of_ten_megabytes_is_413_before_it_is_read(demo: RunningDemo) -> None:
    address = urlsplit(demo.info["guest_url"])
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(
            b"POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: big\r\n"
            b"Content-Type: application/json\r\nContent-Length: 10485760\r\n\r\n"
        )
        sent = threading.Thread(target=_pour, args=(line, 10485760), daemon=True)
        sent.start()
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (part := line.recv(4096)):
                answer += part
        except ConnectionResetError:
            pass
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert demo.post_order()[0] == 201


def test_a_body_without_an_announced_length_is_bounded_too(demo: RunningDemo) -> None:
    address = urlsplit(demo.info["guest_url"])
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(
            b"POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: big\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        threading.Thread(target=_pour_chunks, args=(line, chunk), daemon=True).start()
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (part := line.recv(4096)):
                answer += part
        except ConnectionResetError:
            pass
    assert answer.startswith(b"HTTP/1.1 413"), answer


def _pour(line: socket.socket, size: int) -> None:
    try:
        while size > 0:
            size -= line.send(b" " * min(65536, size))
    except OSError:
        return  # the door was closed in our face, as it should be


def _pour_chunks(line: socket.socket, chunk: bytes) -> None:
    try:
        for _ in range(160):
            line.sendall(chunk)
        line.sendall(b"0\r\n\r\n")
    except OSError:
        return


def test_sold_out_is_409_with_the_lines_and_back_on_sells_again(demo: RunningDemo) -> None:
    key = uuid.uuid4().hex
    body = cart(demo, [{"item": "rice"}, {"item": "soy-milk"}, {"item": "boiled-fish", "modifiers": ["hot"]}])
    assert demo.staff("POST", "/api/v1/items/soy-milk/sold-out")[0] == 200
    try:
        status, value, _ = post(demo, body, key)
        assert (status, value["code"]) == (409, "sold_out")
        assert value["lines"] == [{"index": 1, "item": "soy-milk"}, {"index": 2, "item": "boiled-fish"}]
        menu = demo.guest("GET", f"/api/v1/menu?table_token={demo.token()}")[1]
        items = {i["id"]: i["sold_out"] for c in menu["categories"] for i in c["items"]}
        assert items["soy-milk"]
        assert items["boiled-fish"]
        assert not items["rice"]
    finally:
        assert demo.staff("POST", "/api/v1/items/soy-milk/back-on")[0] == 200
    assert post(demo, cart(demo, [{"item": "rice"}, {"item": "soy-milk"}]), key)[0] == 201


def test_a_menu_imported_while_the_page_is_open_is_409_price_changed(
    guarded: RunningDemo, tmp_path: pathlib.Path
) -> None:
    guest = sit_down(guarded, "3")
    old = guarded.guest("GET", f"/api/v1/menu?table_token={guarded.token('3')}")[1]["revision"]
    exported = tmp_path / "menu.toml"
    assert guarded.command("menu", "export", str(exported)).returncode == 0
    text = exported.read_text()
    assert "price = 4200" in text
    exported.write_text(text.replace("price = 4200", "price = 4500"))
    done = guarded.command("menu", "import", str(exported))
    assert done.returncode == 0, done.stderr

    def revision() -> int:
        return int(guarded.guest("GET", f"/api/v1/menu?table_token={guarded.token('3')}")[1]["revision"])

    eventually("the running gateway sells the new menu", lambda: revision() == old + 1, 3)
    key = uuid.uuid4().hex
    stale = cart(guarded, [{"item": "rice"}, {"item": "twice-cooked-pork"}], "3", menu_revision=old)
    status, value, _ = post(guarded, stale, key, guest)
    assert (status, value["code"], value["menu_revision"]) == (409, "price_changed", old + 1)
    assert value["lines"] == [{"index": 1, "item": "twice-cooked-pork", "old": 4200, "new": 4500}]
    # What did not change may still be ordered from the old page.
    assert post(guarded, cart(guarded, [{"item": "rice"}], "3", menu_revision=old), None, guest)[0] == 201
    status, value, _ = post(guarded, stale | {"menu_revision": old + 1}, key, guest)
    assert (status, value["total"]) == (201, 4800)


def test_a_table_that_staff_closed_is_403_and_its_cookies_are_dead(guarded: RunningDemo) -> None:
    first = sit_down(guarded, "4")
    assert post(guarded, cart(guarded, table="4"), None, first)[0] == 201
    assert post(guarded, cart(guarded, table="4"), None, {})[0] == 403, "with guards an order needs the cookie"
    assert post(guarded, cart(guarded, table="4"), None, {"Cookie": first["Cookie"][:-1] + "x"})[0] == 403
    closed = guarded.staff("POST", "/api/v1/tables/4/close")
    assert closed == (200, {"table": "4", "state": "CLOSED", "visits_closed": 1})
    status, value, _ = post(guarded, cart(guarded, table="4"), None, first)
    assert (status, value["code"], value["table"]) == (403, "table_closed", "4")
    assert guarded.guest("GET", f"/api/v1/visit?table_token={guarded.token('4')}", headers=first)[0] == 403
    assert guarded.staff("POST", "/api/v1/tables/4/open", {"covers": 2})[0] == 200
    status, value, _ = post(guarded, cart(guarded, table="4"), None, first)
    assert (status, value["code"]) == (403, "table_closed"), "the cookie of the former party stays dead"
    second = sit_down(guarded, "4")
    assert post(guarded, cart(guarded, table="4"), None, second)[0] == 201
    seen = guarded.guest("GET", f"/api/v1/visit?table_token={guarded.token('4')}", headers=second)[1]
    assert len(seen["orders"]) == 1, "the next party does not see what the former one ate"


def test_the_seventh_order_in_ten_minutes_is_429(guarded: RunningDemo) -> None:
    guest = sit_down(guarded, "5")
    for _ in range(6):
        assert post(guarded, cart(guarded, [{"item": "rice"}], "5"), None, guest)[0] == 201
    status, value, headers = post(guarded, cart(guarded, [{"item": "rice"}], "5"), None, guest)
    assert (status, value["code"]) == (429, "too_many")
    assert int(headers["retry-after"]) > 0
    another = sit_down(guarded, "6")
    assert post(guarded, cart(guarded, [{"item": "rice"}], "6"), None, another)[0] == 201, "only this table waits"
    body = {"lines": [{"item": "rice"}], "table": "5", "source": "till"}
    assert guarded.staff("POST", "/api/v1/orders", body, {"Idempotency-Key": uuid.uuid4().hex})[0] == 201


def test_paused_ordering_is_503_until_it_is_resumed(guarded: RunningDemo) -> None:
    guest = sit_down(guarded, "7")
    key = uuid.uuid4().hex
    screen = Screen(guarded, "conditions")
    screen.wait_for("its snapshot", "snapshot")
    assert guarded.staff("POST", "/api/v1/ordering/pause", {"reason": "厨房太忙"})[0] == 200
    eventually("screens are told", lambda: "ordering_paused" in str(screen.of("conditions")[-1:]), 2)
    status, value, headers = post(guarded, cart(guarded, table="7"), key, guest)
    assert (status, value["code"], value["detail"]) == (503, "ordering_paused", "厨房太忙")
    assert int(headers["retry-after"]) > 0
    menu = guarded.guest("GET", f"/api/v1/menu?table_token={guarded.token('7')}", headers=guest)[1]
    assert menu["ordering"] == {"open": False, "reason": "厨房太忙"}
    assert [c["code"] for c in guarded.conditions()] == ["ordering_paused"]
    body = {"lines": PORK, "table": "7", "source": "till"}
    assert guarded.staff("POST", "/api/v1/orders", body, {"Idempotency-Key": uuid.uuid4().hex})[0] == 201
    assert guarded.staff("POST", "/api/v1/ordering/resume")[0] == 200
    assert post(guarded, cart(guarded, table="7"), key, guest)[0] == 201
    assert guarded.conditions() == []
    eventually("screens are told that too", lambda: "ordering_paused" not in str(screen.of("conditions")[-1]), 2)
    screen.close()


def test_guessing_a_pin_is_429_and_the_right_one_waits_too(guarded: RunningDemo) -> None:
    staff = guarded.info["staff_url"]
    pin, origin = guarded.info["staff"]["pin"], {"Origin": guarded.info["staff_url"]}
    status, value, headers = call(staff, "POST", "/api/v1/login", {"pin": pin}, origin)
    assert (status, value["actor"]) == (200, "manager")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=Strict" in headers["set-cookie"]
    assert len(pin) == 6
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    for _ in range(10):
        status, value, _ = call(staff, "POST", "/api/v1/login", {"pin": wrong}, origin)
        assert (status, value["code"]) == (401, "wrong_login")
    for guess in (wrong, pin):
        status, value, headers = call(staff, "POST", "/api/v1/login", {"pin": guess}, origin)
        assert (status, value["code"]) == (429, "too_many")
        assert 0 < int(headers["retry-after"]) <= 61
    assert guarded.staff("GET", "/api/v1/uplink")[0] == 200, "programs with their token are not concerned"


def test_a_staff_cookie_acts_only_from_our_own_page(guarded: RunningDemo) -> None:
    """Cross-site requests: the browser sends the cookie along, but not our Origin."""
    staff = guarded.info["staff_url"]
    for headers in ({}, {"Origin": "http://evil.example.com"}, {"Origin": staff.rsplit(":", 1)[0] + ":1"}):
        status, value, _ = call(staff, "POST", "/api/v1/login", {"pin": "000000"}, headers)
        assert (status, value["code"]) == (403, "foreign_origin")


def test_a_method_that_there_is_not_is_405(demo: RunningDemo) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        status, value, headers = call(demo.info["guest_url"], method, "/api/v1/orders", {})
        assert (status, value["code"]) == (405, "method_not_allowed")
        assert "POST" in headers["allow"]


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("zh-CN,zh;q=0.9", "有一项填得不对"), ("zh-Hans", "有一项填得不对"), ("zh-TW", "有一项填得不对"),
        ("en-GB,en;q=0.9", "One field is not right"), ("de,en;q=0.5", "One field is not right"),
        ("", "One field is not right"), ("%%%;q=x", "One field is not right"),
    ],
)  # fmt: skip
def test_a_refusal_speaks_the_readers_language(demo: RunningDemo, language: str, title: str) -> None:
    status, value, _ = post(demo, cart(demo, _line(quantity=0)), None, {"Accept-Language": language})
    assert (status, value["title"], value["field"]) == (422, title, "lines[0].quantity")
    zh = title == "有一项填得不对"
    _, value, _ = post(demo, cart(demo, _line(note="\x07")), None, {"Accept-Language": language})
    assert ("含有不能显示的字符" in value["detail"]) == zh


def test_one_order_that_is_odd_but_right_is_taken(demo: RunningDemo) -> None:
    """The negative control of all the above: what only looks strange is not refused."""
    note = '少辣 🌶️ مرحبا "quoted" <b>not html</b> \'; DROP TABLE orders; --\nsecond line'
    plain = '少辣 "quoted" <b>not html</b> \'; DROP TABLE orders; --'
    lines = [{"item": "beer", "quantity": 99, "note": note}, {"item": "beer", "note": plain}]
    order = demo.order(lines=lines, note="e\u0301", allergies=["peanut", "花生"])
    _, seen = demo.guest("GET", f"/api/v1/orders/{order['id']}?table_token={demo.token()}")
    assert seen["lines"][0]["note"] == note.replace("\n", " ")
    assert (seen["total"], seen["allergies"]) == (100 * 1200, ["peanut", "花生"])
    paper = eventually("its slip", lambda: [p for p in demo.papers("receipt") if f"{order['number']}-" in p], 30)[0]
    assert "<b>not html</b>" in paper, "what the printer has in its font is text, the rest of the note is drawn"


# Wrong files: said in words, with the line and the key, and never with a stack trace.


def gateway(*words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "gateway", *words]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=timeout)
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


def config_text(folder: pathlib.Path, **ports: int) -> str:
    return "\n".join(
        [
            "[store]", 'id = "demo"', f'data = "{folder}"', "[guest]", f"port = {ports.get('guest', 0)}",
            "[staff]", f"port = {ports.get('staff', 0)}", "[broker]", f"port = {ports.get('broker', 1)}", "",
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('data = "', 'dta = "', r"line 3: store\.dta: unknown key; did you mean 'data'\?"),
        ("[guest]", "[gest]", r"line 4: gest: unknown key; did you mean 'guest'\?"),
        ("[guest]\nport = 0", '[guest]\nport = "many"', r"line 5: guest\.port: 'many' does not fit; write a whole"),
        ("[staff]\nport = 0", "[staff]\nport = 70000", r"line 7: staff\.port: 70000 is too large; at most 65535"),
        ('id = "demo"', 'id = "Demo Store"', r"line 2: store\.id: 'Demo Store' does not fit; write small"),
        ("[staff]", "[staff", r"not TOML: .*line 6"),
        ("port = 1\n", 'port = 1\npassword_file = "/x"\n', r"line 10: broker\.password_file: there is no file '/x'"),
    ],
)  # fmt: skip
def test_a_wrong_boot_file_is_told_with_line_and_key(tmp_path: pathlib.Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "gateway.toml"
    text = config_text(tmp_path / "data")
    assert old in text
    path.write_text(text.replace(old, new))
    done = gateway("check-config", "--config", str(path))
    assert done.returncode == 1, done.stderr
    assert re.search(told, done.stderr), done.stderr
    assert not (tmp_path / "data").exists(), "nothing was begun"


def test_all_faults_of_a_boot_file_are_told_at_once_and_a_good_one_is_good(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(config_text(tmp_path / "data").replace("port = 0", "prt = 0"))
    done = gateway("check-config", "--config", str(path))
    assert len(re.findall(r"did you mean 'port'", done.stderr)) == 2
    started = gateway("run", "--config", str(path))
    assert (started.returncode, started.stderr.count("did you mean")) == (2, 2), "nor does it start"
    path.write_text("\ufeff" + config_text(tmp_path / "data"))
    done = gateway("check-config", "--config", str(path))
    assert done.returncode == 0, done.stderr
    assert "good" in done.stdout
    assert gateway("check-config", "--config", str(tmp_path / "none.toml")).returncode == 1
    path.write_bytes(b"\xff\xfe\x00")
    assert gateway("check-config", "--config", str(path)).returncode == 1


def test_a_port_in_use_is_told_in_words(demo: RunningDemo, tmp_path: pathlib.Path) -> None:
    taken = urlsplit(demo.info["guest_url"]).port
    assert taken
    path = tmp_path / "gateway.toml"
    path.write_text(config_text(tmp_path / "data", guest=taken))
    done = gateway("run", "--config", str(path))
    assert done.returncode == 2
    assert "port is in use" in done.stderr
    assert str(taken) in done.stderr


def test_a_database_of_a_newer_release_is_refused_and_left_alone(guarded: RunningDemo, tmp_path: pathlib.Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    ours = guarded.store / "gateway" / "gateway.db"
    with closing(sqlite3.connect(ours)) as source, closing(sqlite3.connect(data / "gateway.db")) as copy:
        source.backup(copy)
        copy.execute("PRAGMA user_version = 4711")
    path = tmp_path / "gateway.toml"
    path.write_text(config_text(data))
    before = (data / "gateway.db").read_bytes()
    for words in (("run",), ("check-config",), ("orders",), ("menu", "export", "-")):
        done = gateway(*words, "--config", str(path))
        assert done.returncode in (1, 2), (words, done.stdout)
        assert "4711" in done.stderr, (words, done.stderr)
    assert (data / "gateway.db").read_bytes() == before
    with closing(sqlite3.connect(data / "gateway.db")) as copy:
        copy.execute(f"PRAGMA user_version = {VERSION}")
    assert gateway("orders", "--config", str(path)).returncode == 0, "the negative control: our own version is read"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('station = "bar"', 'station = "moon"', "moon"),
        ("price = 4200", "price = -1", "price"),
        ("price = 4200", 'price = "cheap"', "price"),
        ("price = 4200", "prise = 4200", "prise"),
        ('currency = "CNY"', 'currency = "EUR"', "EUR"),
        ("[[categories]]", "[[categories", "line"),
    ],
)
def test_a_wrong_menu_is_refused_in_words_and_the_old_one_is_sold_on(
    guarded: RunningDemo, tmp_path: pathlib.Path, old: str, new: str, told: str
) -> None:
    before = guarded.staff("GET", "/api/v1/menu")[1]["revision"]
    path = tmp_path / "menu.toml"
    text = (ROOT / "config" / "menu.toml").read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    done = guarded.command("menu", "import", str(path))
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert told in done.stderr, done.stderr
    assert guarded.staff("GET", "/api/v1/menu")[1]["revision"] == before
