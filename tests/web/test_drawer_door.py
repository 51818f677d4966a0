"""Who may open a drawer, and what the door says of it."""

from __future__ import annotations

from pathlib import Path

from doors import Doors
from store.shop import SETTINGS, open_shop, rules


def test_the_drawer_is_for_cashier_manager_and_owner_and_the_buzzer_for_all(tmp_path: Path) -> None:
    kitchen, counter = SETTINGS["printers"]
    made = open_shop(tmp_path / "till", rules(printers=[kitchen | {"buzzer": "clone"}, counter | {"drawer": "pin2"}]))
    doors = Doors(made)
    try:
        seen = {}
        for role in ("kitchen", "waiter", "cashier", "owner", "manager"):
            doors.as_role(role)
            opened = doors.page("POST", "/api/v1/printers/counter/drawer", json={"key": f"d-{role}"})
            rang = doors.page("POST", "/api/v1/printers/kitchen/buzzer", json={"key": f"b-{role}"})
            seen[role] = (opened.status_code, rang.status_code)
        assert seen == {
            "kitchen": (403, 200), "waiter": (403, 200), "cashier": (200, 200), "owner": (200, 200),
            "manager": (200, 200),
        }  # fmt: skip
        again = doors.page("POST", "/api/v1/printers/counter/drawer", json={"key": "d-cashier"}).get_json()
        assert (again["job"]["kind"], again["job"]["state"], again["papers"]) == ("drawer", "QUEUED", 0)
        lines = doors.page("GET", f"/api/v1/jobs/{again['job']['id']}/slip").get_json()["lines"]
        assert lines == [], "it is no paper"
        for body, code in (({}, "idempotency_key_missing"), ({"key": "b-cashier"}, "idempotency_key_reused")):
            refused = doors.page("POST", "/api/v1/printers/counter/drawer", json=body)
            assert refused.get_json()["code"] == code
        refused = doors.page("POST", "/api/v1/printers/kitchen/drawer", json={"key": "none"})
        assert (refused.status_code, refused.get_json()["reason"]) == (422, "no_drawer")
        who = [event for event in made.events() if event == "drawer.asked"]
        assert len(who) == 3
    finally:
        doors.close()
        made.close()
