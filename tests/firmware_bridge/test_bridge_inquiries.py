"""The bridge's answers to what the store wants to know, over a real broker: one for each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridge_rig import BridgeThread, Gateway, Mosquitto
from waiting import eventually

from firmware_bridge import assembly
from firmware_bridge.discovery import look_around, unused_ports
from gateway.contract.messages import BridgeCommand, DeviceDesired


def ask(gateway: Gateway, op: Any, key: str, attempt: int = 1, device: str = "") -> None:
    topic = gateway.topics.bridge_do("b1")
    gateway.publish(topic, msgspec.json.encode(BridgeCommand(op, key, attempt, device)))


def answers(gateway: Gateway, key: str) -> list[dict[str, Any]]:
    return [each for each in gateway.on(gateway.topics.bridge_events("b1")) if each["key"] == key]


def answered(gateway: Gateway, key: str, times: int = 1) -> dict[str, Any]:
    eventually(f"{key} is answered", lambda: len(answers(gateway, key)) == times, seen=lambda: answers(gateway, key))
    return answers(gateway, key)[-1]


def test_a_look_around_is_answered_and_answered_again_from_memory(gateway: Gateway, bridge: BridgeThread) -> None:
    gateway.desire()
    eventually("the bridge is there", lambda: bool(gateway.bridge_states()))
    ask(gateway, "discover", "k1")
    first = answered(gateway, "k1")
    assert first["kind"] == "found"
    assert isinstance(first["facts"]["places"], list)
    ask(gateway, "discover", "k1", attempt=2)
    assert answered(gateway, "k1", times=2) == first


def test_a_probe_of_what_is_not_there_or_was_asked_of_a_former_life_is_refused(
    gateway: Gateway, bridge: BridgeThread
) -> None:
    gateway.desire()
    eventually("the bridge is there", lambda: bool(gateway.bridge_states()))
    ask(gateway, "probe", "k1", device="nowhere")
    assert answered(gateway, "k1")["facts"] == {"reason": "unknown_device"}
    ask(gateway, "probe", "k2", attempt=2, device="nowhere")
    assert answered(gateway, "k2")["facts"] == {"reason": "restarted"}


def test_what_cannot_be_read_is_left_and_the_next_is_answered(gateway: Gateway, bridge: BridgeThread) -> None:
    gateway.desire()
    eventually("the bridge is there", lambda: bool(gateway.bridge_states()))
    long_key = b'{"op": "discover", "key": "' + b"k" * 200 + b'"}'
    for payload in (b"", b"{", b'{"op": "format", "key": "k"}', b"\xff", long_key):
        gateway.publish(gateway.topics.bridge_do("b1"), payload)
    ask(gateway, "discover", "k9")
    assert answered(gateway, "k9")["kind"] == "found"
    assert len(gateway.on(gateway.topics.bridge_events("b1"))) == 1


class Sockets:
    """The folders in which the kernel and udev show what is plugged in."""

    def __init__(self, folder: Path) -> None:
        self.dev, self.sys = folder / "dev", folder / "sys"
        for made in ("serial/by-id", "serial/by-path", "usb"):
            (self.dev / made).mkdir(parents=True)

    def adapter(self, tty: str, socket: str, name: str, number: str = "") -> None:
        usb = self.sys / "devices" / socket
        folder = usb / f"{socket}:1.0" / tty / "tty" / tty
        folder.mkdir(parents=True)
        (usb / "idVendor").write_text("1a86\n")
        if number:
            (usb / "serial").write_text(number)
        (folder / "device").symlink_to(folder.parent.parent)
        (self.sys / "class" / "tty").mkdir(parents=True, exist_ok=True)
        (self.sys / "class" / "tty" / tty).symlink_to(folder)
        (self.dev / tty).touch()
        by_name = self.dev / "serial" / "by-id" / f"usb-{name}"
        by_name.unlink(missing_ok=True)  # of two with one name the last one has it
        by_name.symlink_to(self.dev / tty)
        for bus in ("usb", "usbv2"):
            (self.dev / "serial" / "by-path" / f"pci-0-{bus}-0:{socket}:1.0").symlink_to(self.dev / tty)


def test_serial_adapters_and_usb_printers_are_found_by_their_stable_names(tmp_path: Path) -> None:
    sockets = Sockets(tmp_path)
    sockets.adapter("ttyUSB0", "1-1", "CH340")
    sockets.adapter("ttyUSB1", "1-2", "CH340")
    sockets.adapter("ttyUSB2", "1-3", "FT232_A50285BI", "A50285BI")
    for name in ("lp0", "hiddev0"):
        (sockets.dev / "usb" / name).touch()
    serial = sockets.dev / "serial"
    other = {"port": "socket://10.0.0.9:9100", "kind": "network_printer", "used": False}
    found = look_around([str(sockets.dev / "ttyUSB1")], lambda: [other], sockets.dev, sockets.sys)
    assert found == {
        "places": [
            {"port": str(serial / "by-id" / "usb-FT232_A50285BI"), "kind": "serial", "used": False},
            {"port": str(serial / "by-path" / "pci-0-usb-0:1-1:1.0"), "kind": "serial", "used": False},
            {"port": str(serial / "by-path" / "pci-0-usb-0:1-2:1.0"), "kind": "serial", "used": True},
            {"port": str(sockets.dev / "usb" / "lp0"), "kind": "usb_printer", "used": False},
            other,
        ]
    }
    assert unused_ports([f"usb:{sockets.dev}/usb/lp0"], sockets.dev, sockets.sys) == [
        str(serial / "by-id" / "usb-FT232_A50285BI"),
        str(serial / "by-path" / "pci-0-usb-0:1-1:1.0"),
        str(serial / "by-path" / "pci-0-usb-0:1-2:1.0"),
    ]
    assert look_around([], list, tmp_path / "not", tmp_path / "there") == {"places": []}
    assert look_around([], lambda: None, tmp_path / "not", tmp_path / "there") == {"places": [], "network": False}


def test_a_bridge_tells_which_ports_nobody_uses_and_says_it_anew_when_that_changes(
    gateway: Gateway, mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "TIDY_EVERY_S", 0.2)
    sockets = Sockets(tmp_path)
    printer = sockets.dev / "usb" / "lp0"
    printer.touch()
    bridge = BridgeThread(tmp_path / "bridge", mosquitto.port, (sockets.dev, sockets.sys))

    def finds(*ports: Path) -> None:
        wanted = [str(port) for port in ports]
        eventually(f"it finds {wanted}", lambda: gateway.bridge_states()[-1:] and told() == wanted, seen=told)

    def told() -> list[str]:
        return list(gateway.bridge_states()[-1].get("found", []))

    finds(printer)
    sockets.adapter("ttyUSB2", "1-3", "FT232_A50285BI", "A50285BI")
    adapter = sockets.dev / "serial" / "by-id" / "usb-FT232_A50285BI"
    finds(adapter, printer)
    gateway.desire(DeviceDesired("cups", "escpos_printer", f"usb:{printer}"))
    finds(adapter)
    said = len(gateway.bridge_states())
    for name in sockets.dev.glob("serial/by-path/*"):
        name.unlink()
    adapter.unlink()
    finds()
    assert len(gateway.bridge_states()) == said + 1, "only what is new is told"
    bridge.stop()
