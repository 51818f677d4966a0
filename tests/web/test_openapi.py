"""docs/openapi.json, docs/openapi-guest.json, the routes and the answers say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from described import DOCS, FILES, SHARED, Description, NotDescribed, described, hold_against_the_document, seen
from doors import Doors
from store.shop import menu
from werkzeug.test import TestResponse

from gateway.demo.control import ControlSocket, Mailbox, Request
from gateway.demo.drills import Drills
from gateway.domain.actor import HOUSE
from gateway.domain.boot_file import Demo
from gateway.operations import administration, station_paths
from gateway.web.api import document
from gateway.web.api.route import GUEST, STAFF
from gateway.web.api.table import ROUTES

LISTENERS = (GUEST, STAFF)
ORDER = "POST /api/v1/orders"


def do(doors: Doors, operation: Any, *args: Any) -> Any:
    return doors.shop.store.submit(operation, HOUSE, *args).result(5)


@pytest.mark.parametrize("listener", LISTENERS)
def test_each_document_is_what_the_routes_and_types_say(listener: str) -> None:
    again = (
        'python -c "from gateway.web.api.document import FILES, text; '
        "[open('docs/' + name, 'w').write(text(listener)) for listener, name in FILES.items()]\""
    )
    assert document.FILES == FILES
    assert (DOCS / FILES[listener]).read_text(encoding="utf-8") == document.text(listener), f"write it anew: {again}"


@pytest.mark.parametrize("listener", LISTENERS)
def test_each_document_holds_together(doors: Doors, listener: str) -> None:
    served = doors.program("GET", f"/api/v1/{FILES[listener]}").get_json()
    for ref in set(re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(served).decode())):
        node = served
        for part in ref.split("/"):
            node = node[part]
    assert {(r.method, re.sub(r"<(\w+)>", r"{\1}", r.path)) for r in ROUTES if listener in r.listeners} == {
        (method.upper(), path) for path, methods in served["paths"].items() for method in methods
    }
    calls = [(path, call) for path, methods in served["paths"].items() for call in methods.values()]
    for path, call in calls:
        variables = {p["name"] for p in call["parameters"] if p["in"] == "path"}
        assert variables == set(re.findall(r"\{(\w+)\}", path))
        if path.endswith(("{action}", "{decision}")):
            assert call["parameters"][-1]["schema"]["enum"], path
        for status, answer in call["responses"].items():
            assert status == "304" or all(content["schema"] for content in answer["content"].values()), path
        assert {key for one in call.get("security", []) for key in one} <= set(served["components"]["securitySchemes"])
    assert len({call["operationId"] for _, call in calls}) == len(calls)
    keyed = next(p for p in served["paths"]["/api/v1/orders"]["post"]["parameters"] if p["in"] == "header")
    assert (keyed["name"], keyed["required"]) == ("Idempotency-Key", True)


def test_an_order_by_a_phone_and_one_by_staff_are_each_described_as_they_are() -> None:
    bodies, codes = {}, {}
    for listener in LISTENERS:
        call = described(listener).document["paths"]["/api/v1/orders"]["post"]
        bodies[listener] = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        codes[listener] = described(listener).codes(ORDER)
    assert bodies == {GUEST: "Cart", STAFF: "StaffCart"}
    assert codes[GUEST] - codes[STAFF] == {"too_many", "not_served_now"}
    assert codes[STAFF] - codes[GUEST] == {"login_needed", "foreign_origin", "not_allowed"}


# --- every code that is listed for an order comes; that no other comes, the doors see to with each answer ---


def break_one_rule_each(doors: Doors, send: Any) -> None:
    """`send(changes, key)`: an order of one portion of tofu, but for these changes."""
    send({}, "-")
    send({}, "k" * 129)
    assert send({}, "k").status_code == 201
    send({"note": "another"}, "k")
    send({"nonsense": 1})
    send({"note": "x" * 70_000})
    send({"lines": [{"item": "fish"}]})
    send({"table_token": "token-99"})

    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0]["price"] = 1

    do(doors, administration.import_menu, menu(dearer))
    send({"menu_revision": 1})
    do(doors, administration.close_table, "1")
    send({})


def lose_the_menu(tx: Any, now: Any, ids: Any, actor: Any) -> None:
    tx.run("DELETE FROM menu_revisions")


def own_codes_seen(listener: str) -> set[str]:
    return {code for where, call, code in seen if (where, call) == (listener, ORDER)} - SHARED


def test_every_refusal_that_is_listed_for_a_phones_order_comes(doors: Doors) -> None:
    seen.clear()
    doors.sit_down()
    break_one_rule_each(doors, lambda changes, key="": doors.order(key=key, **changes))
    doors.phone("POST", "/api/v1/orders", data=b"{", headers={"Idempotency-Key": "k"})
    do(doors, administration.open_table, "1", 2)
    do(doors, administration.set_paused, True, "later")
    doors.sit_down()
    doors.order()
    do(doors, administration.set_paused, False, "")
    do(doors, station_paths.suspend, "wok", "")
    doors.order()
    do(doors, station_paths.resume, "wok", "")
    for _ in range(1001):
        if doors.order().status_code == 429:
            break
    assert own_codes_seen(GUEST) == described(GUEST).codes(ORDER) - SHARED


def test_every_refusal_that_is_listed_for_a_staff_order_comes(doors: Doors) -> None:
    seen.clear()

    def send(changes: dict[str, Any], key: str = "") -> TestResponse:
        body = {"table_token": "token-1", "lines": [{"item": "tofu"}]} | changes
        headers = {} if key == "-" else {"Idempotency-Key": key or next(doors.shop.keys)}
        return doors.program("POST", "/api/v1/orders", json=body, headers=headers)

    do(doors, administration.open_table, "1", 2)
    do(doors, lose_the_menu)
    send({})
    do(doors, administration.import_menu, menu())
    break_one_rule_each(doors, send)
    doors.program("POST", "/api/v1/orders", data=b"{", headers={"Idempotency-Key": "k"})
    doors.page("POST", "/api/v1/orders", json={})
    doors.as_role("kitchen")
    doors.page("POST", "/api/v1/orders", json={})
    doors.page("POST", "/api/v1/orders", json={}, origin=None)
    assert own_codes_seen(STAFF) == described(STAFF).codes(ORDER) - SHARED


# --- answers that no other test of the doors asks for ---


class Nobody:
    """Plays no fault: what is asked for here is only how the answer looks."""

    def set(self, mode: str) -> None: ...
    def hold(self) -> None: ...
    def release(self) -> None: ...


def test_a_drills_answer_and_refusals_are_described(doors: Doors, tmp_path: Path) -> None:
    drills = Drills(Nobody(), Nobody(), lambda device, fault, on: {"ok": True})

    def act(asked: Request) -> dict[str, Any]:
        if asked.fault == "wan_down":
            return {"ok": False, "code": "not_ready"}
        return drills.play(asked.fault or "", asked.on, asked.target, asked.for_s, 0.0)

    mailbox = Mailbox(lambda: mailbox.serve(act))
    supervisor = ControlSocket(tmp_path / "control.sock", mailbox)
    doors.config.demo = Demo(str(tmp_path / "control.sock"), paper="", cloud_url="", cloud_token_file="")
    try:
        answers = [
            doors.program("POST", "/api/v1/drills", json={"fault": fault, "for_s": 60})
            for fault in ("paper_out", "fire", "wan_down")
        ]
    finally:
        supervisor.stop()
    assert [(a.status_code, a.get_json().get("code")) for a in answers] == [
        (200, None), (422, "unknown_fault"), (503, "drills_away"),
    ]  # fmt: skip
    assert list(answers[0].get_json()["active"]) == ["paper_out:kitchen"]


def test_a_check_is_described_for_staff_too(doors: Doors) -> None:
    doors.sit_down()
    check = doors.program("GET", f"/api/v1/checks/{doors.order('tofu', 'tea').get_json()['check']}")
    assert (check.status_code, len(check.get_json()["lines"])) == (200, 2)


# --- negative controls: what the doors would not let pass ---


def changed(listener: str, change: Any) -> Description:
    known = msgspec.json.decode((DOCS / FILES[listener]).read_bytes())
    change(known)
    return Description(known)


def answers_of(known: dict[str, Any], call: str) -> dict[str, Any]:
    method, path = call.split()
    found: dict[str, Any] = known["paths"][path][method.lower()]["responses"]
    return found


def without_code(known: dict[str, Any]) -> None:
    del answers_of(known, ORDER)["409"]["content"]["application/problem+json"]["examples"]["sold_out"]


def without_status(known: dict[str, Any]) -> None:
    del answers_of(known, ORDER)["201"]


def without_field(known: dict[str, Any]) -> None:
    del known["components"]["schemas"]["OrderLine"]["properties"]["kitchen"]


def of_another_type(known: dict[str, Any]) -> None:
    known["components"]["schemas"]["GuestOrder"]["properties"]["total"] = {"type": "string"}


def with_a_field_that_never_comes(known: dict[str, Any]) -> None:
    known["components"]["schemas"]["Choice"]["required"].append("calories")


def without_a_state(known: dict[str, Any]) -> None:
    known["components"]["schemas"]["OrderLine"]["properties"]["state"]["enum"].remove("FIRED")


def without_call(known: dict[str, Any]) -> None:
    del known["paths"]["/api/v1/visit"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (without_code, "409 sold_out is not listed"),
        (without_status, "status 201 is not listed"),
        (without_field, "'kitchen' was unexpected"),
        (of_another_type, "is not of type 'string'"),
        (with_a_field_that_never_comes, "'calories' is a required property"),
        (without_a_state, "'FIRED' is not one of"),
        (without_call, "/api/v1/visit is served by guest and not listed"),
    ],
)
def test_a_document_that_is_wrong_in_one_place_is_noticed_at_the_door(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, wrong: Any, says: str
) -> None:
    def a_visit() -> None:
        doors.sit_down()
        lines = [{"item": "chicken", "variant": "whole", "modifiers": ["mild"]}]
        placed = doors.order(lines=lines).get_json()
        assert doors.order("fish").status_code == 409
        assert doors.phone("GET", placed["status_url"]).status_code == 200
        assert doors.phone("GET", "/api/v1/visit?table_token=token-1").status_code == 200

    a_visit()
    monkeypatch.setattr("described.described", lambda listener: changed(listener, wrong))
    with pytest.raises(NotDescribed, match=re.escape(says)):
        a_visit()


def test_a_page_is_no_call_and_an_unknown_path_is_refused_as_one(doors: Doors) -> None:
    assert described(STAFF).call("GET", "/login") == ""
    assert doors.program("GET", "/api/v1/nowhere").status_code == 404
    answer = doors.page("GET", "/login")
    with pytest.raises(NotDescribed):
        hold_against_the_document(STAFF, "GET", "/api/v1/secret", answer)
