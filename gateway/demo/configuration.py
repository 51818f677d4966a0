"""The boot files that the demo writes for its programs, anew at each start. All paths absolute."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.folder import DemoFolder, write_file
from gateway.demo.ports import Ports
from gateway.demo.rights import BRIDGE, GATEWAY

STORE = "demo"
BOX = "box1"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Addresses:
    """`listen` is what the store's programs bind to; `shown` is how a phone or a screen reaches them."""

    listen: str
    shown: str
    ports: Ports

    @property
    def guest_url(self) -> str:
        return f"http://{self.shown}:{self.ports.guest}"

    @property
    def staff_url(self) -> str:
        return f"http://{self.shown}:{self.ports.staff}"

    @property
    def cloud_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.cloud}"

    def table_url(self, token: str) -> str:
        return f"{self.guest_url}/t/{token}"


Tables = dict[str, dict[str, str | int | bool]]


def write_configuration(folder: DemoFolder, addresses: Addresses, guards: bool) -> None:
    write_file(folder.gateway_config, as_toml(gateway_tables(folder, addresses, guards)), 0o640)
    write_file(folder.bridge_config, as_toml(bridge_tables(folder, addresses)), 0o640)


def gateway_tables(folder: DemoFolder, addresses: Addresses, guards: bool) -> Tables:
    ports, secrets = addresses.ports, folder.secrets
    return {
        "store": {"id": STORE, "box": BOX, "data": str(folder.gateway_data)},
        "guest": {"host": addresses.listen, "port": ports.guest},
        "staff": {"host": addresses.listen, "port": ports.staff},
        "broker": {
            "host": LOOPBACK,
            "port": ports.mqtt,
            "username": GATEWAY,
            "password_file": str(secrets / "mqtt-gateway"),
        },
        "cloud": {"url": f"http://{LOOPBACK}:{ports.proxy}", "token_file": str(secrets / "cloud-box")},
        "demo": {
            "control": str(folder.control),
            "paper": str(folder.paper),
            "cloud_url": addresses.cloud_url,
            "cloud_token_file": str(secrets / "api-token"),
            "guards": guards,
            "lan": addresses.listen != LOOPBACK,
        },
    }


def bridge_tables(folder: DemoFolder, addresses: Addresses) -> Tables:
    return {
        "": {"name": BRIDGE, "store": STORE, "data": str(folder.bridge_data)},
        "broker": {
            "host": LOOPBACK,
            "port": addresses.ports.mqtt,
            "username": BRIDGE,
            "password_file": str(folder.secrets / "mqtt-bridge-1"),
        },
    }


def as_toml(tables: Tables) -> str:
    """Plain tables of texts, whole numbers and truth values. A JSON text is a TOML basic string."""
    lines = ["# Written by `gateway demo` at each start; config/gateway.toml explains the keys."]
    for name, values in tables.items():
        if name:
            lines += ["", f"[{name}]"]
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def fill_devices(text: str, devices: Path) -> str:
    """The sample settings name ports as `${DEVICES}/kitchen`: put the folder of this demo there."""
    return text.replace("${DEVICES}", json.dumps(str(devices), ensure_ascii=False)[1:-1])
