"""A look into a network: printers that announce themselves are found by it, silent ones by a scan, and neither gets a
byte."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from mdns_responder import voice
from shop_network import LANE, NET, NetworkPrinter, ShopNetwork, need_networks

from firmware_bridge import network_look
from firmware_bridge.discovery import network_places
from firmware_bridge.neighbours import Neighbours

Measured = Callable[[str], None]
OPEN, SHUT = f"127.0.{20 + LANE}.1", f"127.0.{20 + LANE}.2"
NOWHERE = ["224.0.0.1", "255.255.255.255"]
"""Groups, not hosts: the kernel says at once that it cannot connect there."""
HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


@pytest.fixture
def network() -> Iterator[ShopNetwork]:
    need_networks()
    with ShopNetwork() as made:
        yield made


def test_only_a_host_that_takes_the_connection_is_found() -> None:
    with socket.create_server((OPEN, network_look.RAW_PORT)):
        found = network_look.scan([IPv4Network(f"{OPEN}/30", strict=False)], [])
        assert network_look._open([*NOWHERE, SHUT, OPEN]) == [OPEN]
    assert found == [{"host": OPEN, "port": network_look.RAW_PORT, "name": "", "model": ""}]
    assert network_look._open([*NOWHERE, SHUT, OPEN]) == []


@pytest.mark.parametrize("virtual", ["docker0", "br-1f2e3d4c5b6a", "veth12ab", "virbr0"])
def test_the_networks_of_containers_are_looked_at_only_where_there_are_no_others(tmp_path: Path, virtual: str) -> None:
    def route(link: str, third: int) -> str:
        return f"{link}\t00{third:02X}007F\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"

    shop, inside = IPv4Network("127.0.21.0/24"), IPv4Network("127.0.22.0/24")
    table = tmp_path / "route"
    table.write_text(HEAD + route(virtual, 22) + route("br0", 21))
    assert network_look.own_networks(table) == [shop]
    table.write_text(HEAD + route(virtual, 22))
    assert network_look.own_networks(table) == [inside]


def test_announced_printers_are_found_and_silent_ones_by_a_scan_that_sends_nothing(
    network: ShopNetwork, tmp_path: Path, measured: Measured
) -> None:
    till = network.machine("till", "02:00:5e:79:00:05", f"{NET}.5")
    loud, *_ = printers = [
        NetworkPrinter(tmp_path / name, network.machine(name, f"02:00:5e:79:00:{host}", f"{NET}.{host}"))
        for name, host in (("loud", 11), ("mute", 12), ("ours", 13))
    ]
    for each in printers:
        each.ready()
    with voice(f"{NET}.11", "Kitchen \u5382", "EPSON TM-T88VI", "pdl-datastream", "ipp", before=loud.machine.command()):
        began = time.monotonic()
        # As the bridge tells it, which stands in this house's own network.
        places = network_places({f"socket://{NET}.11:9100": ""}, Neighbours(), scan=False)
        assert places is not None
        plain = time.monotonic() - began
        # A scan of every network of this house would leave the shop: the till makes it.
        command = till.command(sys.executable, "-m", "firmware_bridge.network_look", "--scan", "--skip", f"{NET}.13")
        scanned = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        measured(f"look: {plain:.1f} s; with a scan of a /24: {time.monotonic() - began - plain:.1f} s")
    [place] = [one for one in places if NET in one["port"]]
    assert place.pop("mac") in ("", "02:00:5e:79:00:11"), "known only to who has spoken with it"
    assert place == {
        "port": f"socket://{NET}.11:9100", "kind": "network_printer", "name": "Kitchen \u5382",
        "model": "EPSON TM-T88VI", "used": True,
    }  # fmt: skip
    assert scanned == [
        {"host": f"{NET}.11", "port": 9100, "name": "Kitchen \u5382", "model": "EPSON TM-T88VI"},
        {"host": f"{NET}.12", "port": 9100, "name": "", "model": ""},
    ], "not the one that is ours"
    for each in printers:
        assert each.facts("paper")["bytes"] == 0
        each.stop()


@pytest.mark.parametrize(("checked", "end"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_the_right_to_make_networks_a_person_skips_and_ci_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, checked: str, end: type[BaseException]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # where no `ip` is
    monkeypatch.setenv("CI", checked)
    with pytest.raises(end, match="only root"):
        need_networks()
