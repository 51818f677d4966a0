"""A device configuration from the store: what is wrong with one device costs only that one, and is said in words."""

from __future__ import annotations

import msgspec
import pytest
from bridge_rig import BridgeThread, Gateway, Printers, kitchen
from waiting import eventually

from firmware_bridge.assembly import RawDesired, read_devices
from firmware_bridge.config import LONGEST_NAME, problems_of
from gateway.contract.messages import BridgeDesired, DeviceDesired

GOOD = b'{"name": "kitchen", "driver": "escpos_printer", "port": "/dev/k"}'
DEEP = b"[" * 20_000 + b"]" * 20_000
"""Still smaller than what a message may be."""


def document_with(device: bytes) -> bytes:
    return b'{"revision": 2, "devices": [%s, %s]}' % (device, GOOD)


def read(device: bytes) -> tuple[list[str], dict[str, str]]:
    raw = msgspec.json.decode(document_with(device), type=RawDesired)
    desired, errors = read_devices(raw)
    return [each.name for each in desired.devices], errors


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (b'{"name": "bar", "driver": "\xff", "port": "p"}', "device 0"),
        (b'{"name": "bar", "driver": "\xff"}', "device 0"),
        (b'{"name": "bar", "driver": 3}', "bar"),
        (b"[]", "device 0"),
        (b'{"name": "bar", "driver": "scale", "port": "p", "options": {"x": %s}}' % (b"[" * 900 + b"]" * 900), "bar"),
    ],
)  # fmt: skip
def test_a_device_that_cannot_be_read_costs_only_itself(device: bytes, name: str) -> None:
    devices, errors = read(device)
    assert devices == ["kitchen"]
    assert list(errors) == [name]


@pytest.mark.parametrize("name", ["", "bar+1", "bar/1", "#", "$SYS", "a\x00b", "x" * (LONGEST_NAME + 1)])
def test_a_name_that_no_topic_can_hold_is_refused_in_words(name: str) -> None:
    devices, errors = read(msgspec.json.encode(DeviceDesired(name, "escpos_printer", "/dev/b")))
    assert devices == ["kitchen"]
    assert "name" in errors[name or "a device without a name"]
    assert problems_of(DeviceDesired(name, "escpos_printer", "/dev/b"))


def test_negative_control_names_of_every_language_are_taken() -> None:
    for name in ("bar", "凉菜 2", "x" * LONGEST_NAME):
        assert read(msgspec.json.encode(DeviceDesired(name, "escpos_printer", "/dev/b")))[0] == [name, "kitchen"]


@pytest.mark.parametrize("port", ["/dev/k", "socket://10.0.0.9:9100", "usb:/dev/usb/lp0"])
def test_a_port_has_one_owner(port: str) -> None:
    devices = [DeviceDesired(name, "escpos_printer", port) for name in ("wok", "bar")]
    raw = msgspec.convert(msgspec.to_builtins(BridgeDesired(1, [])), RawDesired)
    raw.devices = [msgspec.Raw(msgspec.json.encode(device)) for device in devices]
    desired, errors = read_devices(raw)
    assert [each.name for each in desired.devices] == ["wok"]
    assert errors == {"bar": f"port {port} is that of wok; a port has one owner"}


@pytest.mark.parametrize(
    "device", [b'{"name": "\xff"}', b'{"name": "bar", "options": %s}' % DEEP,
               b'{"name": "bar+1", "driver": "escpos_printer", "port": "/dev/b"}'],
    ids=["no text", "too deep", "a topic's sign"],
)  # fmt: skip
def test_no_configuration_ends_or_deafens_the_bridge(
    kitchen_up: Gateway, printers: Printers, bridge: BridgeThread, device: bytes
) -> None:
    wish = msgspec.json.encode(kitchen(printers, columns=32))
    topic = kitchen_up.topics.bridge_desired("b1")
    kitchen_up.publish(topic, b'{"revision": 2, "devices": [%s, %s]}' % (device, wish), retain=True)
    eventually("it is said", lambda: kitchen_up.bridge_states()[-1].get("errors"), seen=kitchen_up.bridge_states)
    kitchen_up.print("k1")
    kitchen_up.result("k1", "PRINTED")
    bridge.stop()
    bridge.start()
    eventually("it is there again", lambda: kitchen_up.print("k2") and kitchen_up.results("k2"))
    kitchen_up.result("k2", "PRINTED")
