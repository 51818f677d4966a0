"""A look into a network: printers that announce themselves are found by it, silent ones by a scan, and neither gets a
byte."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mdns_responder import voice
from shop_network import NET, NetworkPrinter, ShopNetwork, can_make_networks

from firmware_bridge.discovery import network_places
from firmware_bridge.neighbours import Neighbours

Measured = Callable[[str], None]


@pytest.fixture
def network() -> Iterator[ShopNetwork]:
    if not can_make_networks():
        pytest.skip("only root may make networks, and not in every container")
    with ShopNetwork() as made:
        yield made


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
