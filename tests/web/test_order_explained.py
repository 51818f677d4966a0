"""Why an order stands where it stands, asked through the door for staff."""

from __future__ import annotations

from doors import Doors

from gateway.domain.actor import HOUSE
from gateway.operations import devices


def test_an_order_is_explained_by_id_number_or_slip_and_to_nobody_without_a_login(doors: Doors) -> None:
    doors.sit_down()
    order_id = doors.order("tofu").get_json()["id"]
    answers = [doors.program("GET", f"/api/v1/orders/{asked}/timeline") for asked in (order_id, "A001", "a001-0001")]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {answer.get_json()["order"]["id"] for answer in answers} == {order_id}
    tag = answers[0].headers["ETag"]
    again = doors.program("GET", f"/api/v1/orders/{order_id}/timeline", headers={"If-None-Match": tag})
    assert again.status_code == 304
    doors.shop.store.submit(devices.raise_condition, HOUSE, "broker_down", "broker").result(5)
    after = doors.program("GET", f"/api/v1/orders/{order_id}/timeline", headers={"If-None-Match": tag})
    assert (after.status_code, after.get_json()["stands"]["code"]) == (200, "broker_down")
    assert doors.program("GET", "/api/v1/orders/A999/timeline").get_json()["code"] == "unknown_order"
    assert doors.page("GET", f"/api/v1/orders/{order_id}/timeline").status_code == 401
    assert doors.phone("GET", f"/api/v1/orders/{order_id}/timeline").status_code == 404


def test_the_order_page_is_for_staff_and_keeps_its_code(doors: Doors) -> None:
    for path in ("/orders", "/orders/A001-0001"):
        answer = doors.page("GET", path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/login?next={path}")
    doors.log_in()
    assert '"code": "A001-0001"' in doors.page("GET", "/orders/A001-0001").get_data(as_text=True)
    assert '"code": ""' in doors.page("GET", "/orders").get_data(as_text=True)
