"""The door for staff and programs: login, roles, origins, and each call once."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from doors import PASSWORD, PIN, STAFF_URL, TOKEN, Doors
from store.shop import Shop, menu

from gateway.contract.messages import BridgeEvent
from gateway.contract.refusals import STATUS
from gateway.domain.actor import HOUSE
from gateway.domain.errors import Refused
from gateway.operations import administration, inquiries, unproven
from gateway.store import READERS
from gateway.web import problems
from gateway.web.access import host_allowed
from gateway.web.api.route import STAFF
from gateway.web.api.table import ROUTES
from gateway.web.events import LIFE_S, MAX_AGE_S, MAX_STREAMS, Hub, Stream
from gateway.web.staff import demo_pages

DOCS = Path(__file__).resolve().parents[2] / "docs"


# --- who is at the door ---


@pytest.mark.parametrize(
    "host", ["evil.example", "192.168.1.5.evil.example", "localhost.evil.example", "", "[", "[::1", "box.localx", "a b"]
)
def test_a_foreign_host_name_is_dns_rebinding(doors: Doors, host: str) -> None:
    for client in (doors.guest, doors.staff):
        answer = client.get(
            "/healthz", headers={"Host": host}, environ_overrides={"HTTP_HOST": host, "SERVER_NAME": host or "x"}
        )
        assert answer.status_code in (400, 421), host
        assert answer.status_code == 400 or answer.get_json()["code"] == "wrong_host"


@pytest.mark.parametrize(
    "host",
    ["192.168.1.5", "10.0.0.7:8081", "localhost:80", "box.local", "box.lan:1", "[::1]:8081", "order.example.com"],
)
def test_addresses_local_names_and_the_stores_own_are_welcome(doors: Doors, host: str) -> None:
    assert doors.staff.get("/healthz", headers={"Host": host}).status_code == 200
    assert host_allowed(host, ("order.example.com",))


@pytest.mark.parametrize("path", ["/healthz", "/login", "/static/tokens.css", "/nowhere", "/api/v1/orders", "/kds/wok"])
def test_everything_carries_the_security_headers(doors: Doors, path: str) -> None:
    for answer in (doors.page("GET", path), doors.phone("GET", path)):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_person_logs_in_by_password_or_pin_and_out(doors: Doors) -> None:
    assert doors.log_in(username="li", password="wrong").get_json()["code"] == "wrong_login"
    assert doors.log_in(username="nobody", password=PASSWORD).status_code == 401
    assert doors.log_in(pin="0000").status_code == 401
    answer = doors.log_in(pin=PIN)
    assert answer.get_json() == {"actor": "li", "role": "manager"}
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert doors.page("GET", "/api/v1/conditions").status_code == 200
    assert doors.page("POST", "/api/v1/logout").status_code == 200
    doors.staff.set_cookie("staff", cookie.split("=", 1)[1].split(";")[0], domain="192.168.1.5")
    assert doors.page("GET", "/api/v1/conditions").status_code == 401  # ended in the house, not only in the browser


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "http://192.168.1.5", "http://192.168.1.5:8080", "http://[", "x"],
)
def test_an_unsafe_call_with_a_cookie_must_come_from_our_own_page_port_included(
    doors: Doors, origin: str | None
) -> None:
    doors.log_in()
    for path in ("/api/v1/tables/1/close", "/api/v1/logout", "/api/v1/login"):
        answer = doors.page("POST", path, origin=origin, json={})
        assert (answer.status_code, answer.get_json()["code"]) == (403, "foreign_origin"), path
    assert doors.page("GET", "/api/v1/tables", origin=origin).status_code == 200
    assert doors.page("POST", "/api/v1/tables/1/close", json={}).status_code == 200


def test_a_program_with_its_token_needs_no_origin(doors: Doors) -> None:
    assert doors.program("POST", "/api/v1/tables/1/close").status_code == 200
    for wrong in ("Bearer nonsense", "Bearer ", f"Basic {TOKEN}", TOKEN):
        answer = doors.page("GET", "/api/v1/tables", headers={"Authorization": wrong})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


OPEN_TO_ALL = {"/healthz", "/readyz", "/api/v1/login", "/api/v1/openapi.json", "/api/v1/openapi-guest.json"}


def a_path(route: Any, **known: str) -> str:
    values = {"action": "open", "decision": "cancel", "table": "1", "item": "tea", "station_id": "wok"} | known
    return re.sub(r"<(\w+)>", lambda m: values.get(m[1], "01a20674-12c0-71f6-8000-00000000ffff"), route.path)


@pytest.mark.parametrize("route", [r for r in ROUTES if STAFF in r.listeners], ids=lambda r: f"{r.method} {r.path}")
def test_every_route_answers_and_none_without_a_login(doors: Doors, route: Any) -> None:
    stranger = doors.page(route.method, a_path(route), json={})
    if route.path not in OPEN_TO_ALL:
        assert stranger.status_code == 401, stranger.text
    if route.path == "/api/v1/events":
        return  # a stream has its own test
    answer = doors.program(route.method, a_path(route), json={} if route.method == "POST" else None)
    assert answer.status_code < 500 or answer.get_json()["code"] in ("not_found", "drills_away"), answer.text
    if answer.status_code >= 400:
        assert answer.get_json()["code"] in STATUS


ROLES = {
    "POST /api/v1/tables/1/open": {"waiter", "cashier", "manager"},
    "POST /api/v1/items/tea/sold-out": {"kitchen", "waiter", "cashier", "manager"},
    "POST /api/v1/ordering/resume": {"kitchen", "waiter", "cashier", "manager"},
    "POST /api/v1/orders": {"waiter", "cashier", "manager"},
    "POST /api/v1/drills": {"manager"},
    "GET /api/v1/conditions": {"kitchen", "waiter", "cashier", "manager", "viewer"},
}


@pytest.mark.parametrize("call", ROLES)
def test_each_role_may_do_what_it_may(doors: Doors, call: str) -> None:
    method, path = call.split()
    for role in ("kitchen", "waiter", "cashier", "manager", "viewer"):
        doors.as_role(role)
        answer = doors.page(method, path, json={} if method == "POST" else None)
        refused = answer.status_code == 403
        assert refused == (role not in ROLES[call]), (role, answer.text)


# --- the calls ---


def placed(doors: Doors, *items: str, **more: Any) -> Any:
    body = {"table": "1", "lines": [{"item": i} for i in items or ("tofu",)]} | more
    return doors.program("POST", "/api/v1/orders", json=body, headers={"Idempotency-Key": next(doors.shop.keys)})


def test_a_changed_price_is_told_to_who_says_which_menu_was_seen(doors: Doors) -> None:
    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0]["price"] = 3000

    doors.shop.store.submit(administration.import_menu, HOUSE, menu(dearer)).result(5)
    answer = placed(doors, menu_revision=1)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "price_changed")
    assert answer.get_json()["lines"] == [{"index": 0, "item": "tofu", "old": 2800, "new": 3000}]
    assert placed(doors, menu_revision=1, prepaid={"amount": 2800, "method": "app"}).status_code == 201


def test_a_tickets_way_over_http(doors: Doors) -> None:
    answer = placed(doors, "tofu")
    assert answer.status_code == 201
    station = doors.program("GET", "/api/v1/stations/wok/tickets").get_json()
    (ticket,) = station["tickets"]
    assert (station["station"]["id"], ticket["order"]["number"]) == ("wok", "A001")
    for action, state in (("rendered", "SHOWN"), ("start", "STARTED"), ("bump", "SERVED")):
        body = {"screen": "wok-1", "key": f"k-{action}", "version": ticket["version"]}
        answer = doors.program("POST", f"/api/v1/tickets/{ticket['id']}/{action}", json=body)
        assert (answer.status_code, answer.get_json()["state"]) == (200, state)
        ticket = answer.get_json()
    stale = doors.program(
        "POST", f"/api/v1/tickets/{ticket['id']}/bump", json={"screen": "s", "key": "k9", "version": 1}
    )
    assert (stale.status_code, stale.get_json()["code"], stale.get_json()["ticket"]["state"]) == (
        409,
        "stale",
        "SERVED",
    )
    assert doors.program("GET", "/api/v1/stations/wok/tickets").get_json()["tickets"] == []
    assert [t["id"] for t in doors.program("GET", "/api/v1/stations/wok/recall").get_json()["tickets"]] == [
        ticket["id"]
    ]
    timeline = doors.program("GET", f"/api/v1/orders/{ticket['order']['id']}")
    assert timeline.get_json()["lines"][0]["kitchen"] == "served"


def recallable(doors: Doors) -> list[str]:
    return [one["order"]["number"] for one in doors.program("GET", "/api/v1/stations/wok/recall").get_json()["tickets"]]


def bumped(doors: Doors) -> str:
    order = placed(doors, "tofu").get_json()
    ticket = doors.program("GET", "/api/v1/stations/wok/tickets").get_json()["tickets"][-1]
    body = {"screen": "wok-1", "key": f"k-{ticket['id']}", "version": ticket["version"]}
    assert doors.program("POST", f"/api/v1/tickets/{ticket['id']}/bump", json=body).status_code == 200
    return str(order["number"])


def test_the_last_thirty_of_two_hours_can_be_recalled(doors: Doors) -> None:
    long_ago = bumped(doors)
    doors.shop.later(2 * 3600)
    assert recallable(doors) == [long_ago], "two hours to the second"
    doors.shop.later(1)
    assert recallable(doors) == []
    done = []
    for _ in range(31):
        done.append(bumped(doors))
        doors.shop.later(60)
    assert recallable(doors) == done[:0:-1], "thirty of them, the newest first"
    doors.shop.later(2 * 3600 - 15 * 60)
    assert recallable(doors) == done[:15:-1], "the older half is gone"


def test_jobs_are_listed_by_state_order_and_limit_and_decided_about(doors: Doors) -> None:
    order = placed(doors, "tofu", "lamb").get_json()
    placed(doors, "tofu")
    jobs = doors.program("GET", "/api/v1/jobs").get_json()["jobs"]
    assert len(jobs) == 3
    assert {
        "id",
        "key",
        "order_id",
        "ticket_id",
        "printer",
        "state",
        "reason",
        "evidence",
        "attempts",
        "copy",
        "created_at",
    } <= set(jobs[0])
    assert len(doors.program("GET", f"/api/v1/jobs?order={order['id']}&state=QUEUED").get_json()["jobs"]) == 2
    assert len(doors.program("GET", "/api/v1/jobs?state=QUEUED&limit=1").get_json()["jobs"]) == 1
    for wrong in ("0", "x", "-1", "1001", "٣", "9" * 5000):
        assert doors.program("GET", f"/api/v1/jobs?limit={wrong}").status_code == 422
    answer = doors.program("POST", f"/api/v1/jobs/{jobs[0]['id']}/cancel", json={"key": "k"})
    assert (answer.get_json()["intent"], answer.get_json()["state"]) == ("cancel", "CANCELLED")
    answer = doors.program("POST", f"/api/v1/jobs/{jobs[0]['id']}/came_out", json={"key": "k2"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "illegal_move")


def test_readiness_names_each_part(doors: Doors) -> None:
    assert doors.page("GET", "/readyz").get_json() == {
        "ready": True,
        "parts": {"store": {"ready": True, "reason": None}},
    }
    doors.parts["store"] = (False, "full")
    answer = doors.page("GET", "/readyz")
    assert (answer.status_code, answer.get_json()["parts"]["store"]["reason"]) == (503, "full")


def test_tables_printers_uplink_and_conditions(doors: Doors) -> None:
    tables = doors.program("GET", "/api/v1/tables").get_json()["tables"]
    assert next((t["name"], t["open"], t["path"]) for t in tables) == ("1", True, "/t/token-1")
    printers = doors.program("GET", "/api/v1/printers").get_json()["printers"]
    assert [(p["name"], p["status"]) for p in printers] == [("kitchen", "unknown"), ("counter", "unknown")]
    uplink = doors.program("GET", "/api/v1/uplink").get_json()
    assert {
        "state",
        "since",
        "epoch",
        "last_seq",
        "applied_upto",
        "pending",
        "oldest_pending_s",
        "rate_per_s",
        "empty_in_s",
        "dead",
    } <= set(uplink)
    assert doors.program("POST", "/api/v1/ordering/pause", json={"reason": "full"}).get_json()["paused"] is True
    (condition,) = doors.program("GET", "/api/v1/conditions").get_json()["conditions"]
    assert (condition["code"], condition["advice"]["en"]) == ("ordering_paused", "Paused by program till: full")


def test_a_login_page_leads_only_to_our_own_paths(doors: Doors) -> None:
    for evil in (
        "//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/./evil",
        "/\\evil.example",
        "javascript:evil(1)",
    ):
        page = doors.page("GET", "/login", query_string={"next": evil})
        assert "evil" not in page.text
        assert "javascript:" not in page.text
    assert doors.page("GET", "/kds/wok").headers["Location"] == "/login?next=/kds/wok"


def test_both_doors_answer_503_busy_when_no_reader_is_free(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.READ_WAIT_S", 0.02)
    with ExitStack() as held:
        for _ in range(READERS):
            held.enter_context(doors.shop.read())
        asked = [
            doors.program("GET", "/api/v1/conditions"), doors.log_in(), doors.page("GET", "/kds/wok"),
            doors.phone("GET", "/api/v1/menu?table_token=token-1"), doors.phone("GET", "/t/token-1"),
        ]  # fmt: skip
    for answer in asked[:2] + asked[3:]:
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1"), answer.text
        assert answer.get_json()["code"] == "busy"
    assert doors.program("GET", "/api/v1/conditions").status_code == 200


def test_a_bug_shows_no_stack_trace(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    doors.house.parts = lambda: {}["no such part"]  # type: ignore[index]
    answer = doors.page("GET", "/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal")
    assert "KeyError" not in answer.text


def test_static_files_are_compressed_tagged_and_kept_for_ever_under_their_version(doors: Doors) -> None:
    plain = doors.page("GET", "/static/tokens.css")
    packed = doors.page("GET", "/static/tokens.css", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data)
    assert plain.headers["Cache-Control"] == "no-cache"
    page = doors.page("GET", "/login").text
    version = re.search(r"\?v=(\w+)", page)
    assert version is not None
    kept = doors.page("GET", f"/static/tokens.css?v={version[1]}")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = doors.page("GET", "/static/tokens.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 304
    for path in ("/static/../servers.py", "/static/vendor/VENDOR.json", "/static/guest/order.js"):
        assert doors.page("GET", path).status_code == 404


# --- streams ---


def test_a_stream_begins_with_everything_and_goes_on_where_it_was(doors: Doors) -> None:
    placed(doors, "tofu")
    first = doors.program("GET", "/api/v1/events?topics=tickets:wok,conditions&screen=wok-1", buffered=False)
    text = next(first.response) if not isinstance(first.response, list) else b""  # type: ignore[call-overload]
    text = text.decode() if isinstance(text, bytes) else text
    assert "event: snapshot" in text
    assert '"topic":"tickets:wok"' in text
    identity = re.findall(r"^id: (\S+)$", text, re.MULTILINE)[-1]
    first.close()
    assert doors.hub.count() == 0
    placed(doors, "tofu")
    resumed = doors.program(
        "GET", "/api/v1/events?topics=tickets:wok&screen=wok-1", headers={"Last-Event-ID": identity}, buffered=False
    )
    text = next(resumed.response).decode()  # type: ignore[call-overload]
    assert text.count("event: ticket") == 1
    assert "event: snapshot" not in text
    resumed.close()
    for foreign in ("9-zzzzz:4", f"{identity}99999", "nonsense", "1-abcde:٣"):
        foreign_stream = doors.program(
            "GET",
            "/api/v1/events?topics=tickets:wok",
            headers={"Last-Event-ID": foreign.encode().decode("latin-1")},
            buffered=False,
        )
        text = next(foreign_stream.response).decode()  # type: ignore[call-overload]
        assert "event: reset" in text, foreign
        foreign_stream.close()


@pytest.mark.parametrize("topics", ["", "nonsense", "tickets:moon", "orders,x"])
def test_a_stream_of_no_known_topic_is_refused_with_those_there_are(doors: Doors, topics: str) -> None:
    answer = doors.program("GET", f"/api/v1/events?topics={topics}")
    assert answer.status_code == 422
    assert "tickets:wok" in answer.get_json()["detail"]


def test_a_question_for_a_place_is_answered_as_a_stream_would_be_and_takes_none(doors: Doors) -> None:
    path = "/api/v1/events?topics=orders&screen="
    stranger = doors.page("HEAD", path + "new")
    assert (stranger.status_code, stranger.headers["Problem-Code"]) == (401, "login_needed")
    for n in range(MAX_STREAMS):
        assert doors.program("HEAD", path + "new").status_code == 200, n
        doors.hub.open(f"s{n}", frozenset({"orders"}), doors.shop.now)
    full = doors.program("HEAD", path + "new")
    assert (full.status_code, full.headers["Problem-Code"], full.headers["Retry-After"]) == (503, "streams_full", "5")
    refused = doors.program("GET", path + "new")
    assert (refused.status_code, refused.get_json()["code"]) == (503, "streams_full")
    assert doors.program("HEAD", path + "s3").status_code == 200, "it would take the place of its own former stream"
    assert (doors.hub.count(), any(s.ended for s in doors.hub._streams)) == (MAX_STREAMS, False)
    doors.shop.later(LIFE_S)
    assert doors.program("HEAD", path + "new").status_code == 200, "a silent screen would make room"
    doors.hub.stop()
    stopping = doors.program("HEAD", path + "new")
    assert (stopping.status_code, stopping.headers["Problem-Code"]) == (503, "stopping")


def test_the_screens_of_a_station_are_told_of_each_other_and_of_who_leaves(shop: Shop) -> None:
    hub = Hub(shop.store, lambda rows, topic, now: [])

    def told(stream: Stream) -> list[list[str]]:
        found = []
        while (item := stream.wait(0)) is not None:
            found += [json.loads(data)["screens"] for _, name, data in item[2] if name == "screens"]
        return found

    wok, bar = frozenset({"tickets:wok", "screens:wok"}), frozenset({"tickets:bar", "screens:bar"})
    one, other = hub.open("wok-1", wok, shop.now), hub.open("bar-1", bar, shop.now)
    two = hub.open("wok-2", wok, shop.now)
    assert (told(one), told(two), told(other)) == ([["wok-1"], ["wok-1", "wok-2"]], [["wok-1", "wok-2"]], [["bar-1"]])
    again = hub.open("wok-2", wok, shop.now)
    assert (told(one), told(again)) == ([["wok-1", "wok-2"]], [["wok-1", "wok-2"]]), "the same screen once more"
    hub.leave(two)
    assert told(one) == [], "its former stream has left already"
    hub.leave(again)
    assert (told(one), told(other)) == ([["wok-1"]], [])


def test_a_screens_new_stream_ends_its_old_one_and_the_silent_make_room(shop: Shop) -> None:
    hub = Hub(shop.store, lambda rows, topic, now: [])
    topics = frozenset({"orders"})
    streams = [hub.open(f"s{n}", topics, shop.now) for n in range(MAX_STREAMS)]
    again = hub.open("s0", topics, shop.now)
    assert (streams[0].ended, again.ended, hub.count()) == (True, False, MAX_STREAMS)
    with pytest.raises(Refused, match="streams_full"):
        hub.open("new", topics, shop.now)
    shop.later(LIFE_S)
    for n in range(MAX_STREAMS):
        if n != 7:
            hub.alive(f"s{n}", shop.now)
    hub.open("new", topics, shop.now)
    assert streams[7].ended
    hub.stop()
    assert all(s.ended for s in streams)
    with pytest.raises(Refused, match="stopping"):
        hub.open("later", topics, shop.now)


def test_a_hub_tells_each_stream_only_its_topics_and_misses_nothing_from_its_making_on(shop: Shop) -> None:
    hub = Hub(shop.store, lambda rows, topic, now: ["all is well"])
    shop.store.listen(hub.note)
    wok = hub.open("wok-1", frozenset({"tickets:wok", "conditions"}), shop.now)
    bar = hub.open("bar-1", frozenset({"tickets:bar"}), shop.now)
    order_id = shop.place("tofu")  # before the hub's first step
    shop.do(unproven.call_for_ticket, shop.ticket(order_id).id)
    hub.step(shop.now)
    got = [wok.wait(0), wok.wait(0), wok.wait(0)]
    assert [[e[1] for e in item[2]] for item in got if item] == [["ticket"], ["conditions"]]
    assert bar.wait(0) is None


def test_a_live_stream_beats_sends_news_and_ends_when_it_is_old_or_left(shop: Shop) -> None:
    hub = Hub(shop.store, lambda rows, topic, now: [])
    stream = hub.open("wok-1", frozenset({"tickets:wok"}), shop.now)
    hub.backlog(stream, "", shop.now)
    live = hub.live(stream, lambda: shop.now, lambda: False)
    assert next(live).startswith(b": beat")
    shop.place("tofu")
    hub.step(shop.now)
    news = next(live)
    assert b"event: ticket" in news
    assert news.startswith(b"id: 1-abcde:2\n")
    shop.later(MAX_AGE_S + 1)
    stream.offer(0, "", [("tickets:wok", "ticket", b"{}")])
    assert list(live) == []
    assert hub.count() == 0


def test_the_kitchens_page_is_for_who_is_logged_in_and_for_stations_that_are(doors: Doors) -> None:
    doors.log_in()
    page = doors.page("GET", "/kds/wok?screen=wok-1")
    assert (page.status_code, "炒锅" in page.text) == (200, True)
    assert doors.page("GET", "/kds/moon").status_code == 404
    assert doors.page("GET", "/").headers["Location"] == "/kds/wok"


# --- documents ---


def test_an_action_that_the_document_does_not_name_is_not_found(doors: Doors) -> None:
    for path in ("/api/v1/tables/1/sing", "/api/v1/items/tofu/gone", "/api/v1/ordering/stop"):
        assert doors.program("POST", path).status_code == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_common_refusal_says_what_to_do_in_the_readers_language(doors: Doors, language: str) -> None:
    answer = doors.program("POST", "/api/v1/orders", json={"lines": []}, headers={"Accept-Language": language})
    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (400, "idempotency_key_missing")
    assert ("新的随机值" in said["detail"]) == (language != "en")
    assert "Idempotency-Key" in said["detail"]
    assert set(problems._WHAT_TO_DO) <= set(problems._WORDS)
    assert all(zh and en for zh, en in problems._WHAT_TO_DO.values())


def demo_shapes() -> set[tuple[str, str]]:
    """What the demo serves beside the contract; read from the source, for only a whole demo can register it."""
    source = Path(demo_pages.__file__).read_text(encoding="utf-8")
    found = re.findall(r'add_url_rule\("([^"]+)"([^)]*)\)', source)
    return {("POST" if "POST" in how else "GET", re.sub(r"<[^>]+>", "X", path)) for path, how in found}


def test_every_call_that_the_prose_shows_is_served(doors: Doors) -> None:
    prose = (DOCS / "http.md").read_text(encoding="utf-8")
    shapes = {(r.method, re.sub(r"<\w+>", "X", r.path)) for r in ROUTES} | demo_shapes()
    actions = {action for route in ROUTES for action in route.actions}
    shown = re.findall(r"`(GET|POST) (/[^`\s?]+)", prose)
    assert len(shown) > 10
    for method, path in shown:
        shape = re.sub(r"\{[^}]*\}", "X", path)
        assert (method, shape) in shapes or any((method, shape.replace(f"/{a}", "/X")) in shapes for a in actions), (
            method,
            path,
        )


def test_the_prose_and_the_contracts_word_for_each_event_are_the_same() -> None:
    prose = (DOCS / "http.md").read_text(encoding="utf-8")
    for event in ("snapshot", "ticket", "order", "menu", "conditions", "devices", "uplink", "reset"):
        assert f"event: {event}" in prose, event
    assert STAFF_URL


def test_a_bridge_is_asked_to_look_around_and_the_answer_is_read(doors: Doors) -> None:
    url = "/api/v1/bridges/bridge-1/discover"
    asked = doors.program("POST", url, json={"key": "k1"})
    assert asked.status_code == 200
    assert asked.get_json()["state"] == "ASKED"
    inquiry = f"/api/v1/inquiries/{asked.get_json()['id']}"
    assert doors.program("GET", inquiry).get_json() == asked.get_json()
    answer = BridgeEvent(asked.get_json()["id"], "found", {"places": []})
    doors.shop.store.submit(inquiries.take_answer, HOUSE, "bridge-1", answer).result(5)
    assert doors.program("GET", inquiry).get_json() | {"state": "ANSWERED", "answer": {"places": []}} == (
        doors.program("GET", inquiry).get_json()
    )
    assert doors.program("POST", "/api/v1/printers/kitchen/probe", json={"key": "k2"}).get_json()["op"] == "probe"
    assert doors.program("POST", url, json={"key": "k5", "scan": True}).get_json()["op"] == "scan"
    assert doors.program("POST", "/api/v1/devices/bar/test", json={"key": "k4"}).get_json()["code"] == "unknown_device"
    other = doors.program("POST", "/api/v1/bridges/other/discover", json={"key": "k3"})
    assert other.get_json()["code"] == "unknown_bridge"
    assert doors.program("GET", "/api/v1/inquiries/x").get_json()["code"] == "unknown_inquiry"
    assert doors.program("GET", "/api/v1/bridges").get_json() == {"bridges": []}


def test_only_a_manager_and_an_owner_may_have_every_address_of_the_network_tried(doors: Doors) -> None:
    seen = {}
    for role in ("kitchen", "waiter", "cashier", "owner", "manager"):
        doors.as_role(role)
        asked = [
            doors.page("POST", "/api/v1/bridges/bridge-1/discover", json={"key": f"{role}-{scan}", "scan": scan})
            for scan in (False, True)
        ]
        seen[role] = [answer.status_code for answer in asked]
        page = doors.page("GET", "/admin/printers").get_data(as_text=True)
        assert ('"scans": true' in page) == (seen[role][1] == 200), "the button is for whom it works"
    assert seen == {
        "kitchen": [200, 403], "waiter": [200, 403], "cashier": [200, 403], "owner": [200, 200], "manager": [200, 200],
    }  # fmt: skip


def test_a_probe_within_a_minute_of_the_last_one_says_when_to_come_again(doors: Doors) -> None:
    first = doors.program("POST", "/api/v1/printers/kitchen/probe", json={"key": "k1"}).get_json()
    answer = BridgeEvent(first["id"], "probed", {"printed": True, "capabilities": {}})
    doors.shop.store.submit(inquiries.take_answer, HOUSE, "bridge-1", answer).result(5)
    again = doors.program("POST", "/api/v1/printers/kitchen/probe", json={"key": "k2"})
    assert (again.status_code, again.get_json()["code"]) == (429, "too_many")
    assert 0 < int(again.headers["Retry-After"]) <= 60
