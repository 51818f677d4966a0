"""`/demo` lets in without a login only who sits at this machine and came by its own address."""

from __future__ import annotations

from pathlib import Path

import pytest
from doors import Doors
from flask.testing import FlaskClient

from gateway.domain.boot_file import Demo
from gateway.web.servers import staff_app


def visitors(doors: Doors, tmp_path: Path, lan: bool = False) -> FlaskClient:
    doors.role("manager", "manager")
    token = tmp_path / "cloud-token"
    token.write_text("token")
    doors.config.demo = Demo(str(tmp_path / "control"), str(tmp_path), "http://127.0.0.1:9", str(token), lan=lan)
    return staff_app(doors.house).test_client()


def let_in(client: FlaskClient, host: str, address: str = "127.0.0.1") -> bool:
    answer = client.get("/demo", headers={"Host": host}, environ_overrides={"REMOTE_ADDR": address})
    if answer.status_code == 302:
        assert answer.headers["Location"] == "/login?next=/demo"
        assert "Set-Cookie" not in answer.headers
        return False
    assert answer.status_code == 200
    return True


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8081", "127.0.0.1:8081", "127.9.9.9", "[::1]:8081"])
def test_a_visitor_who_came_by_this_machines_own_address_is_let_in(doors: Doors, tmp_path: Path, host: str) -> None:
    assert let_in(visitors(doors, tmp_path), host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.local", "evil.local:8081", "evil.lan", "store.test", "evil.internal", "evil.home.arpa", "evil.localhost",
        "192.168.1.5", "0.0.0.0:8081", "order.example.com",
    ],
)  # fmt: skip
def test_a_name_that_somebody_on_the_wifi_may_have_pointed_here_meets_the_login(
    doors: Doors, tmp_path: Path, host: str
) -> None:
    """A page of evil.local, whose name its owner answers for by mDNS, is this origin once it says 127.0.0.1."""
    assert not let_in(visitors(doors, tmp_path), host)


@pytest.mark.parametrize("address", ["192.168.1.77", "fe80::1", ""])
def test_from_another_machine_every_name_meets_the_login(doors: Doors, tmp_path: Path, address: str) -> None:
    assert not let_in(visitors(doors, tmp_path), "localhost:8081", address)


def test_with_lan_everybody_meets_it(doors: Doors, tmp_path: Path) -> None:
    assert not let_in(visitors(doors, tmp_path, lan=True), "127.0.0.1:8081")
