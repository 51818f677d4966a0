"""The door for phones: what it gives, what it refuses, and what it never does."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from doors import GUEST_URL, PASSWORD, TOKEN, Doors
from store.shop import menu

from gateway.domain.actor import HOUSE
from gateway.operations import administration
from gateway.web.api.route import GUEST, STAFF
from gateway.web.api.table import ROUTES


def do(doors: Doors, operation: Any, *args: Any) -> Any:
    return doors.shop.store.submit(operation, HOUSE, *args).result(5)


def test_a_phone_sits_down_orders_and_sees_the_running_list(doors: Doors) -> None:
    doors.sit_down()
    answer = doors.order("tofu", "tea", key="k1")
    assert answer.status_code == 201
    body = answer.get_json()
    assert set(body) == {"id", "number", "status", "total", "currency", "check", "status_url"}
    order = doors.phone("GET", body["status_url"])
    assert (order.status_code, order.get_json()["kitchen"]) == (200, "waiting")
    assert "tickets" not in order.get_json()
    visit = doors.phone("GET", "/api/v1/visit?table_token=token-1").get_json()
    assert [o["number"] for o in visit["orders"]] == ["A001"]
    check = doors.phone("GET", f"/api/v1/checks/{body['check']}?table_token=token-1").get_json()
    assert (check["total"], check["due"]) == (3300, 3300)


def test_the_same_key_is_answered_the_same_and_says_so(doors: Doors) -> None:
    doors.sit_down()
    first, again = doors.order(key="k1"), doors.order(key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    assert doors.order("tea", key="k1").get_json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("trouble", ["full", "crowded", "paused"])
def test_an_order_that_was_taken_is_answered_also_while_no_new_one_is(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    doors.sit_down()
    first = doors.order(key="k1")
    if trouble == "full":
        doors.shop.store.health.fills_up(None)
    elif trouble == "crowded":
        monkeypatch.setattr("gateway.store.GUEST_SHARE", 0)
    else:
        do(doors, administration.set_paused, True, "later")
    code = {"full": "storage_full", "crowded": "busy", "paused": "ordering_paused"}[trouble]
    refuse(doors.order(key="k2"), 503, code)
    again = doors.order(key="k1")
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert again.headers["Idempotency-Replayed"] == "true"
    refuse(doors.order("tea", key="k1"), 422, "idempotency_key_reused")


def test_a_programs_order_too_is_found_while_the_store_takes_nothing(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(key: str) -> Any:
        body = {"table": "1", "source": "app", "external_id": "1", "lines": [{"item": "tofu"}]}
        return doors.program("POST", "/api/v1/orders", json=body, headers={"Idempotency-Key": key})

    first = ask("k1")
    monkeypatch.setattr("gateway.store.MAX_WAITING", 0)
    for key in ("k1", "k2"):  # its own number is a second key
        assert (ask(key).status_code, ask(key).get_json()) == (200, first.get_json())


def refuse(answer: Any, status: int, code: str) -> Any:
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert answer.content_type.startswith("application/problem+json")
    assert {"type", "title", "status", "detail"} <= set(answer.get_json())
    return answer


def test_every_refusal_of_an_order_has_its_status(doors: Doors) -> None:
    refuse(doors.order(), 403, "table_closed")  # a phone that never opened the page
    doors.sit_down()
    refuse(doors.order(key="-"), 400, "idempotency_key_missing")
    refuse(doors.order(key="k" * 129), 422, "invalid")
    refuse(doors.order(table="99"), 404, "unknown_table")
    assert refuse(doors.order("fish"), 409, "sold_out").get_json()["lines"] == [{"index": 0, "item": "fish"}]
    assert refuse(doors.order("pizza"), 422, "invalid").get_json()["field"] == "lines[0].item"
    assert refuse(doors.order(lines=[]), 422, "invalid").get_json()["field"] == "lines"
    assert (
        refuse(doors.order(lines=[{"item": "tofu", "quantity": "two"}]), 422, "invalid").get_json()["field"]
        == "lines[0].quantity"
    )
    refuse(doors.order(nonsense=1), 422, "invalid")
    refuse(doors.order(note="x" * 70_000), 413, "too_large")
    for nobody_has_it in (-1, 2**53 + 1, 2**63, 10**20):
        assert refuse(doors.order(menu_revision=nobody_has_it), 422, "invalid").get_json()["field"] == "menu_revision"

    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0]["price"] = 1

    do(doors, administration.import_menu, menu(dearer))
    refuse(doors.order(menu_revision=1), 409, "price_changed")
    do(doors, administration.set_paused, True, "later")
    assert refuse(doors.order(), 503, "ordering_paused").headers["Retry-After"] == "60"
    do(doors, administration.set_paused, False, "")
    doors.shop.store.health.fills_up(None)
    assert refuse(doors.order(), 503, "storage_full").headers["Retry-After"] == "5"
    doors.shop.store.health.has_room_again()
    assert doors.order().status_code == 201


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"a":"\xff"}', b"[" * 50_000, b"null", b"NaN", b'"\\ud800"']
)
def test_a_body_that_is_no_order_is_answered_in_words(doors: Doors, body: bytes) -> None:
    answer = doors.phone("POST", "/api/v1/orders", data=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code in (400, 422)
    assert answer.get_json()["code"] in ("not_json", "invalid")
    assert "Traceback" not in answer.text


def test_another_tables_order_and_one_that_never_was_look_the_same(doors: Doors) -> None:
    doors.sit_down("1")
    mine = doors.order(table="1").get_json()
    other = doors.guest.application.test_client()
    other.get("/t/token-2", base_url=GUEST_URL)
    asked = [
        other.get(f"/api/v1/orders/{mine['id']}?table_token=token-2", base_url=GUEST_URL),
        other.get("/api/v1/orders/01a20674-12c0-71f6-8000-00000000ffff?table_token=token-2", base_url=GUEST_URL),
        other.get(
            f"/api/v1/orders/{mine['id']}?table_token=token-1", base_url=GUEST_URL
        ),  # the sticker alone is no key
    ]
    assert {a.status_code for a in asked} == {404}
    assert len({a.data for a in asked}) == 1
    checks = [
        other.get(f"/api/v1/checks/{mine['check']}?table_token={token}", base_url=GUEST_URL)
        for token in ("token-1", "token-2")
    ]
    assert [a.status_code for a in checks] == [404, 404]
    assert checks[0].data == checks[1].data


def test_the_cookie_dies_with_its_visit(doors: Doors) -> None:
    doors.sit_down()
    placed = doors.order().get_json()
    do(doors, administration.close_table, "1")
    assert doors.phone("GET", "/api/v1/visit?table_token=token-1").get_json()["code"] == "table_closed"
    do(doors, administration.open_table, "1", 2)
    refuse(doors.order(), 403, "table_closed")
    doors.sit_down()  # the next party opens the page
    assert doors.order().status_code == 201
    assert doors.phone("GET", placed["status_url"]).status_code == 404


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "\xe9.\xe9.\xe9", "..", "01a2.n." + "0" * 32, "🍵"])
def test_a_forged_cookie_opens_nothing(doors: Doors, cookie: str) -> None:
    doors.guest.set_cookie("guest", cookie, domain="192.168.1.5")
    assert doors.order().status_code == 403
    assert doors.phone("GET", "/t/token-1").status_code == 200


def test_the_page_gives_one_cookie_that_scripts_cannot_read_and_none_at_a_closed_table(doors: Doors) -> None:
    page = doors.phone("GET", "/t/token-1")
    assert "HttpOnly" in page.headers["Set-Cookie"]
    assert "Set-Cookie" not in doors.phone("GET", "/t/token-1").headers
    do(doors, administration.close_table, "2")
    fresh = doors.guest.application.test_client().get("/t/token-2", base_url=GUEST_URL)
    assert (fresh.status_code, "Set-Cookie" in fresh.headers) == (200, False)
    assert doors.phone("GET", "/t/nonsense").status_code == 404


def test_what_has_not_changed_is_not_sent_again(doors: Doors) -> None:
    doors.sit_down()
    placed = doors.order().get_json()
    for path in ("/api/v1/menu?table_token=token-1", "/api/v1/visit?table_token=token-1", placed["status_url"]):
        first = doors.phone("GET", path)
        again = doors.phone("GET", path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path
        assert again.headers["ETag"] == first.headers["ETag"]
    before = doors.phone("GET", "/api/v1/menu?table_token=token-1").headers["ETag"]
    do(doors, administration.set_sold_out, "tea", True)
    after = doors.phone("GET", "/api/v1/menu?table_token=token-1")
    assert after.headers["ETag"] != before
    assert after.get_json()["revision"] == 1
    tea = next(i for c in after.get_json()["categories"] for i in c["items"] if i["id"] == "tea")
    assert tea["sold_out"] is True


def test_the_menu_is_compressed_for_who_takes_it(doors: Doors) -> None:
    path = "/api/v1/menu?table_token=token-1"
    plain, packed = doors.phone("GET", path), doors.phone("GET", path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("", "en"), ("zh-CN", "zh-Hans"), ("zh-TW,en;q=0.5", "zh-Hans"), ("ZH-HK", "zh-Hans"), ("en-US", "en"),
        ("en-GB,zh;q=0.9", "en"), ("zh;q=0.3,en;q=0.2", "zh-Hans"), ("fr-FR", "en"), ("ja", "en"), ("de", "en"),
        ("fr-FR,fr;q=0.9,zh-CN;q=0.8,en;q=0.7", "zh-Hans"), ("ja,en;q=0.9,zh;q=0.8", "en"), ("zh;q=0", "en"),
        ("*", "en"), ("zzh", "en"),
    ],
)  # fmt: skip
def test_pages_and_refusals_speak_the_first_language_of_ours_that_the_reader_asks_for_or_english(
    doors: Doors, accepted: str, spoken: str
) -> None:
    headers = {"Accept-Language": accepted} if accepted else {}
    refused = doors.phone("GET", "/api/v1/menu?table_token=x", headers=headers).get_json()["title"]
    assert refused == {"zh-Hans": "找不到这张桌", "en": "There is no such table"}[spoken]
    for path in ("/t/token-1", "/t/no-such-table"):
        page = doors.phone("GET", path, headers=headers).text
        assert re.findall(r'<html lang="([^"]*)"', page) == [spoken], path
    login = doors.page("GET", "/login", headers=headers).text
    assert f'<html lang="{spoken}"' in login


def test_what_a_guest_chose_on_the_phone_comes_before_what_its_browser_asks_for(doors: Doors) -> None:
    doors.guest.set_cookie("lang", "zh-Hans", domain="192.168.1.5")
    answer = doors.phone("GET", "/api/v1/menu?table_token=x", headers={"Accept-Language": "en"})
    assert answer.get_json()["title"] == "找不到这张桌"
    assert '<html lang="zh-Hans"' in doors.phone("GET", "/t/token-1", headers={"Accept-Language": "en"}).text
    doors.guest.set_cookie("lang", "de", domain="192.168.1.5")
    assert '<html lang="en"' in doors.phone("GET", "/t/token-1", headers={"Accept-Language": "en"}).text


# --- what this door never does ---


@pytest.mark.parametrize(
    "route",
    [r for r in ROUTES if STAFF in r.listeners and GUEST not in r.listeners],
    ids=lambda r: f"{r.method} {r.path}",
)
def test_no_call_of_staff_is_served_here_whatever_one_brings(doors: Doors, route: Any) -> None:
    doors.log_in(username="li", password=PASSWORD)
    session = doors.staff.get_cookie("staff", domain="192.168.1.5")
    assert session is not None
    path = route.path
    for name in ("order_id", "check_id", "station_id", "ticket_id", "table", "item", "job_id"):
        path = path.replace(f"<{name}>", "wok")
    path = path.replace("<action>", "open").replace("<decision>", "cancel")
    guest_has = {(r.method, r.path) for r in ROUTES if GUEST in r.listeners}
    doors.guest.set_cookie("staff", session.value, domain="192.168.1.5")
    answer = doors.phone(route.method, path, headers={"Authorization": f"Bearer {TOKEN}"}, json={})
    if (route.method, route.path) not in guest_has:
        assert answer.status_code in (404, 405), answer.text


@pytest.mark.parametrize("path", ["/login", "/kds/wok", "/demo", "/", "/admin", "/metrics", "/api/v1/openapi.json"])
def test_no_page_of_staff_is_served_here(doors: Doors, path: str) -> None:
    assert doors.phone("GET", path).status_code == 404


def test_the_staff_cookie_is_never_read_here(doors: Doors) -> None:
    doors.log_in()
    session = doors.staff.get_cookie("staff", domain="192.168.1.5")
    assert session is not None
    fresh = doors.guest.application.test_client()
    fresh.set_cookie("staff", session.value, domain="192.168.1.5")
    answer = fresh.post(
        "/api/v1/orders", base_url=GUEST_URL, json={"table_token": "token-1", "lines": [{"item": "tofu"}]},
        headers={"Idempotency-Key": "k", "Authorization": f"Bearer {TOKEN}"},
    )  # fmt: skip
    assert answer.get_json()["code"] == "table_closed"
    # The staff form of an order (prices given) is unknown here.
    staff_form = {"table_token": "token-1", "prices": "given", "lines": [{"item": "tofu"}]}
    answer = fresh.post("/api/v1/orders", base_url=GUEST_URL, json=staff_form, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 422
