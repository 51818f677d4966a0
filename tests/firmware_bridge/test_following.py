"""Printers in a network of their own, whose addresses change: each is found again by its hardware address, and no slip
comes out at another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bridge_rig import BridgeThread, Gateway, a_slip
from conversations import Hands
from shop_network import NET, Machine, NetworkPrinter, ShopNetwork, need_networks
from waiting import eventually

from firmware_bridge.device import Device
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.ports.opening import open_port
from gateway.contract.messages import DeviceDesired, PrintCommand

FOUND_WITHIN_S = 60.0
KITCHEN, BAR, GRILL, NEW_GRILL = (f"02:00:5e:79:00:{number:02x}" for number in (0x11, 0x12, 0x13, 0x14))
Measured = Callable[[str], None]


class Shop:
    """The network, its printers, and the bridge that prints on them."""

    def __init__(self, folder: Path, network: ShopNetwork, gateway: Gateway, bridge: BridgeThread) -> None:
        self._folder, self._network = folder, network
        self.gateway, self.bridge = gateway, bridge
        self.printers: list[NetworkPrinter] = []

    def printer(self, name: str, mac: str, host: int) -> NetworkPrinter:
        machine = self._network.machine(name, mac, f"{NET}.{host}")
        made = NetworkPrinter(self._folder / name, machine)
        self.printers.append(made)
        made.ready()
        return made

    def machine(self, name: str, mac: str, host: int) -> Machine:
        return self._network.machine(name, mac, f"{NET}.{host}")

    def desire(self, **hosts: int) -> None:
        self.gateway.desire(*(desired(name, host) for name, host in hosts.items()))
        for name in hosts:
            self.is_at(name, "", 20)

    def is_at(self, name: str, address: str, seconds: float) -> None:
        """Whatever else is wrong, it can print, and there."""

        def state() -> tuple[str, str]:
            found = self.gateway.on(self.gateway.topics.device_state(name))[-1:]
            return (found[0]["status"], found[0].get("address", "")) if found else ("", "")

        wanted = ("degraded" if address else "online", address)
        eventually(f"{name} is {wanted}", lambda: state() == wanted, seconds, seen=state)

    def reasons(self, name: str) -> list[str]:
        return list(self.gateway.on(self.gateway.topics.device_state(name))[-1].get("reasons", []))

    def print(self, name: str, number: str) -> None:
        self.gateway.send(PrintCommand("print", f"{name}-{number}", 1, a_slip(number=number)), name)

    def ended(self, name: str, number: str, seconds: float) -> str:
        def last() -> str:
            found = self.gateway.results(f"{name}-{number}", name)
            return found[-1]["state"] if found else ""

        return eventually(
            f"slip {number} of {name} has an end",
            lambda: last() if last() in ("PRINTED", "UNKNOWN") else None,
            seconds,
            seen=lambda: self.gateway.results(f"{name}-{number}", name),
        )


def desired(name: str, host: int) -> DeviceDesired:
    return DeviceDesired(name, "escpos_printer", f"socket://{NET}.{host}:9100", baud=115200)


@pytest.fixture
def shop(tmp_path: Path, gateway: Gateway, bridge: BridgeThread) -> Iterator[Shop]:
    need_networks()
    with ShopNetwork() as network:
        made = Shop(tmp_path, network, gateway, bridge)
        yield made
        for printer in made.printers:
            printer.stop()


def test_a_printer_with_a_new_address_and_a_new_printer_at_an_old_one_both_print_within_a_minute(
    shop: Shop, measured: Measured
) -> None:
    kitchen, grill = shop.printer("kitchen", KITCHEN, 11), shop.printer("grill", GRILL, 13)
    shop.desire(kitchen=11, grill=13)
    for name in ("kitchen", "grill"):
        shop.print(name, "1001")
        assert shop.ended(name, "1001", 20) == "PRINTED"
    began = time.monotonic()
    kitchen.machine.moves_to(f"{NET}.21")
    grill.machine.pull_the_plug()
    new_grill = shop.printer("new-grill", NEW_GRILL, 13)
    new_grill.machine.speaks_up()
    # One slip may leave for where the printer was a moment ago. Nobody can prove what became of it: a person is asked.
    shop.print("kitchen", "1002")
    shop.print("grill", "1002")
    ends = {name: shop.ended(name, "1002", FOUND_WITHIN_S) for name in ("kitchen", "grill")}
    for name, printer in (("kitchen", kitchen), ("grill", new_grill)):
        shop.print(name, "1003")
        left = began + FOUND_WITHIN_S - time.monotonic()
        assert shop.ended(name, "1003", left) == "PRINTED"
        printer.has("1003")
        measured(f"{name}: on its paper {time.monotonic() - began:.1f} s after the change")
        assert printer.count("1002") == (ends[name] == "PRINTED")
    shop.is_at("kitchen", f"{NET}.21:9100", 5)
    assert shop.reasons("grill") == ["replaced"]
    assert "replaced" not in shop.reasons("kitchen")
    test = PrintCommand("print", "grill-test", 1, a_slip(kind="test", number=""))
    shop.gateway.send(test, "grill")
    eventually("a test slip has come out there", lambda: shop.reasons("grill") == [], 20)
    shop.is_at("grill", "", 5)
    assert [kitchen.count("1001"), grill.count("1001")] == [1, 1]
    assert grill.count("1003") == grill.count("1002") == 0


def test_printers_that_have_swapped_their_addresses_get_their_own_slips(
    shop: Shop, measured: Measured, tmp_path: Path, bar_codes: BarCodeBytes
) -> None:
    kitchen, bar = shop.printer("kitchen", KITCHEN, 11), shop.printer("bar", BAR, 12)
    shop.desire(kitchen=11, bar=12)
    began = time.monotonic()
    for each in (kitchen, bar):
        each.machine.moves_to("")
    kitchen.machine.moves_to(f"{NET}.12")
    bar.machine.moves_to(f"{NET}.11")
    for each in (kitchen, bar):
        each.machine.speaks_up()
    for name, host in (("kitchen", 12), ("bar", 11)):
        shop.is_at(name, f"{NET}.{host}:9100", FOUND_WITHIN_S)
    measured(f"swapped addresses: both found {time.monotonic() - began:.1f} s later")
    for name, number in (("kitchen", "2001"), ("bar", "2002")):
        shop.print(name, number)
        assert shop.ended(name, number, 20) == "PRINTED"
    kitchen.has("2001")
    bar.has("2002")
    assert kitchen.count("2002") == bar.count("2001") == 0

    shop.bridge.stop()  # a printer takes one host at a time
    hands = Hands(tmp_path / "control", bar_codes)
    device = Device(desired("kitchen", 11), "b1", hands.journal, hands, open_port, hands.bar_codes, lambda: "")
    device.offer(PrintCommand("print", "k1", 1, a_slip(number="2003")))
    until = time.monotonic() + 20
    while time.monotonic() < until and not bar.count("2003"):
        device.step(time.monotonic())
        device.wait(0.05)
    device.close()
    hands.journal.close()
    assert bar.count("2003") == 1, "who does not look whom he speaks to prints the kitchen's slip in the bar"
