"""The bridge's answers to what the store wants to know, over a real broker: one for each key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from bridge_rig import BridgeThread, Gateway
from waiting import eventually

from firmware_bridge.discovery import look_around
from gateway.contract.messages import BridgeCommand


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


def test_serial_adapters_and_usb_printers_are_found_by_their_stable_names(tmp_path: Path) -> None:
    serial, usb = tmp_path / "by-id", tmp_path / "usb"
    serial.mkdir()
    usb.mkdir()
    for name in ("usb-CH340-port0", "usb-scale"):
        (serial / name).touch()
    for name in ("lp0", "hiddev0"):
        (usb / name).touch()
    found = look_around([str(serial / "usb-scale")], serial, usb)
    assert found == {
        "places": [
            {"port": str(serial / "usb-CH340-port0"), "kind": "serial", "used": False},
            {"port": str(serial / "usb-scale"), "kind": "serial", "used": True},
            {"port": str(usb / "lp0"), "kind": "usb_printer", "used": False},
        ]
    }
    assert look_around([], tmp_path / "not", tmp_path / "there") == {"places": []}
