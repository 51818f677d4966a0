"""The login at the staff's door: who is a stranger there, who is known, and how many may wait."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from doors import PASSWORD, PIN, STAFF_URL, Doors
from waiting import eventually
from werkzeug.test import TestResponse

from gateway.domain.actor import HOUSE
from gateway.domain.errors import Refused
from gateway.operations import administration
from gateway.operations.login_brake import LOCK_AFTER
from gateway.store.people import User
from gateway.web.api import login_calls
from gateway.web.api.login_calls import AT_ONCE

WRONG = {"pin": "000000"}


def from_address(doors: Doors, address: str, secret: dict[str, str]) -> TestResponse:
    """A client of its own, without the cookies of others."""
    return doors.staff.application.test_client().post(
        "/api/v1/login", base_url=STAFF_URL, json=secret, headers={"Origin": STAFF_URL},
        environ_base={"REMOTE_ADDR": address},
    )  # fmt: skip


def test_ten_wrong_tries_lock_one_source_and_say_for_how_long(doors: Doors) -> None:
    for _ in range(LOCK_AFTER):
        assert from_address(doors, "10.0.0.7", WRONG).status_code == 401
    for secret in (WRONG, {"username": "li", "password": PASSWORD}):
        answer = from_address(doors, "10.0.0.7", secret)
        assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (429, "too_many", "61")
    assert from_address(doors, "10.0.0.8", {"pin": PIN}).status_code == 200


def test_a_device_that_logged_in_before_is_counted_for_itself(doors: Doors) -> None:
    assert doors.log_in(pin=PIN).status_code == 200
    for _ in range(LOCK_AFTER):
        from_address(doors, "127.0.0.1", WRONG)
    assert from_address(doors, "127.0.0.1", {"pin": PIN}).status_code == 429
    assert doors.log_in(pin=PIN).status_code == 200  # the same address, and the tablet's cookie
    for _ in range(LOCK_AFTER):
        assert doors.log_in(**WRONG).status_code == 401
    assert doors.log_in(pin=PIN).status_code == 429


def forget_li(tx: Any, now: Any, ids: Any, actor: Any) -> None:
    tx.run("DELETE FROM users WHERE name = 'li'")


def device_cookie(doors: Doors) -> str:
    cookies = doors.log_in(pin=PIN).headers.getlist("Set-Cookie")
    (device,) = [c for c in cookies if c.startswith("device=")]
    for promise in ("HttpOnly", "SameSite=Strict", "Path=/api/v1/login"):
        assert promise in device
    return device.split(";")[0].removeprefix("device=")


@pytest.mark.parametrize("change", ["forged", "other name", "gone", "nonsense"])
def test_a_device_cookie_that_the_house_did_not_give_to_one_of_its_people_is_a_strangers(
    doors: Doors, change: str
) -> None:
    nonce, mac, name = device_cookie(doors).split(".")
    if change == "gone":
        doors.shop.store.submit(forget_li, HOUSE).result(5)
    value = {
        "forged": f"{nonce}.{'0' * 32}.{name}", "other name": f"{nonce}.{mac}.{b'boss'.hex()}",
        "gone": f"{nonce}.{mac}.{name}", "nonsense": "x.ü.zz",
    }[change]  # fmt: skip
    doors.shop.store.submit(administration.set_user, HOUSE, User("boss", "manager", "", "", "en")).result(5)
    for _ in range(LOCK_AFTER):
        from_address(doors, "127.0.0.1", WRONG)
    doors.staff.set_cookie("device", value, domain="192.168.1.5", path="/api/v1/login")
    assert doors.log_in(**WRONG).status_code == 429
    assert doors.page("GET", "/healthz").status_code == 200


def test_addresses_of_one_ipv6_network_are_one_source(doors: Doors) -> None:
    for n in range(LOCK_AFTER):
        from_address(doors, f"fd00:1:2:3::{n:x}", WRONG)
    assert from_address(doors, "fd00:1:2:3:ffff::1", WRONG).status_code == 429
    assert from_address(doors, "fd00:1:2:4::1", WRONG).status_code == 401
    for _ in range(LOCK_AFTER):
        from_address(doors, "::ffff:10.0.0.9", WRONG)
    assert from_address(doors, "10.0.0.9", WRONG).status_code == 429


def test_a_crowd_at_the_login_hears_429_at_once_and_known_devices_pass_by(doors: Doors) -> None:
    doors.log_in(pin=PIN)
    release = threading.Event()

    def hold() -> None:
        try:
            with login_calls.STRANGERS.place():
                release.wait(20)
        except Refused:
            pass  # it waited too long for the one that compares

    holders = [threading.Thread(target=hold, name=f"holder-{n}", daemon=True) for n in range(AT_ONCE)]
    for holder in holders:
        holder.start()
    try:
        eventually("no place is left", lambda: not login_calls.STRANGERS._inside._value, 4)
        began = time.monotonic()
        answer = from_address(doors, "10.0.0.50", WRONG)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
        assert time.monotonic() - began < 1.0
        assert doors.log_in(pin=PIN).status_code == 200
    finally:
        release.set()
        for holder in holders:
            holder.join(20)
    assert from_address(doors, "10.0.0.51", {"pin": PIN}).status_code == 200


# --- a person's own language ---

CHINESE = {"Accept-Language": "zh-CN"}
STAFF_PAGES = ("/expo", "/board", "/orders", "/orders/A001", "/admin/printers", "/admin/routing", "/admin/ledger")


def speaks(doors: Doors, language: str) -> None:
    doors.shop.store.submit(administration.set_language, HOUSE, "li", language).result(5)


def page_language(doors: Doors, path: str, **more: Any) -> str:
    return doors.page("GET", path, headers={"Accept-Language": "zh-CN"}, **more).text.split('<html lang="')[1][:2]


@pytest.mark.parametrize("path", [*STAFF_PAGES, "/kds/wok"])
def test_pages_speak_the_language_of_whoever_is_logged_in(doors: Doors, path: str) -> None:
    doors.log_in()
    speaks(doors, "en")
    assert page_language(doors, path) == "en"
    speaks(doors, "zh-Hans")
    assert page_language(doors, path) == "zh"
    speaks(doors, "")
    assert page_language(doors, path) == "zh", "as the browser says, or as the station is set"


def test_refusals_speak_the_language_of_whoever_is_logged_in(doors: Doors) -> None:
    doors.log_in()
    for language, title in (("en", "There is no such order"), ("zh-Hans", "找不到这张单"), ("", "找不到这张单")):
        speaks(doors, language)
        assert doors.page("GET", "/api/v1/orders/none", headers=CHINESE).get_json()["title"] == title
    speaks(doors, "")
    english = doors.page("GET", "/api/v1/orders/none", headers={"Accept-Language": "en"})
    assert english.get_json()["title"] == "There is no such order"
    program = doors.program("GET", "/api/v1/orders/none", headers=CHINESE)
    assert program.get_json()["title"] == "找不到这张单", "a program has no language of its own"


def test_what_was_chosen_on_a_device_holds_until_somebody_with_a_language_logs_in(doors: Doors) -> None:
    speaks(doors, "en")
    doors.staff.set_cookie("lang", "zh-Hans", domain="192.168.1.5")
    assert page_language(doors, "/login?next=/orders") == "zh"
    doors.log_in()
    assert page_language(doors, "/orders") == "en", "another person chose Chinese here"
    doors.staff.set_cookie("lang", "zh-Hans", domain="192.168.1.5")
    assert page_language(doors, "/orders") == "zh", "this one did, after logging in"
    speaks(doors, "")
    doors.log_in()
    assert page_language(doors, "/orders") == "zh", "who has none speaks as the device does"


@pytest.mark.parametrize("path", ["/kds/wok", "/expo", "/board"])
def test_the_address_of_a_screen_says_more_than_the_person_who_is_logged_in(doors: Doors, path: str) -> None:
    doors.log_in()
    speaks(doors, "en")
    assert page_language(doors, path) == "en"
    assert page_language(doors, f"{path}?lang=zh-Hans") == "zh"


def test_a_guests_page_never_speaks_the_language_of_staff(doors: Doors) -> None:
    doors.log_in()
    speaks(doors, "en")
    doors.guest.set_cookie("staff", "random-0", domain="192.168.1.5")
    assert '<html lang="zh' in doors.phone("GET", "/t/token-1", headers=CHINESE).text


def test_a_new_language_does_not_log_anybody_out(doors: Doors) -> None:
    doors.log_in()
    speaks(doors, "en")
    assert doors.page("GET", "/api/v1/orders").status_code == 200
    with pytest.raises(Refused, match="not_found"):
        doors.shop.store.submit(administration.set_language, HOUSE, "nobody", "en").result(5)
