"""What the demo tells the person at the terminal."""

from __future__ import annotations

from pathlib import Path

from gateway.demo import announce, ports
from gateway.demo.configuration import LOOPBACK, Addresses
from gateway.demo.passwords import keep_passwords
from gateway.demo.ports import Ports, Wanted


def told(tmp_path: Path, chosen: Ports, wanted: Wanted) -> str:
    (tmp_path / "secrets").mkdir()
    addresses = Addresses(LOOPBACK, LOOPBACK, chosen)
    passwords = keep_passwords(tmp_path / "secrets")
    return announce.text(addresses, passwords, {"1": "TOKEN"}, 1.5, None, ports.moved(wanted, chosen))


def test_the_banner_names_only_addresses_that_have_a_page(tmp_path: Path) -> None:
    text = told(tmp_path, Ports(proxy=23456), Wanted())
    assert "http://127.0.0.1:8081/demo" in text
    assert "http://127.0.0.1:8080/t/TOKEN" in text
    assert "8090" not in text, "the cloud has no page for people"
    assert "端口" not in text


def test_a_port_that_moved_is_said_in_one_line(tmp_path: Path) -> None:
    text = told(tmp_path, Ports(staff=25186, guest=24000, proxy=23456), Wanted(guest=24000))
    (line,) = [line for line in text.splitlines() if "端口" in line]
    assert "8081 → 25186" in line
    assert "8080" not in line, "this one was asked for"
