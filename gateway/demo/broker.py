"""The demo's broker: Mosquitto with dynamic security where it is installed, else the embedded one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import string
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from gateway.demo.folder import DemoFolder, write_file
from gateway.demo.passwords import Passwords
from gateway.demo.rights import BRIDGE, GATEWAY, INTEGRATOR, Rights, rights_of_users

Kind = Literal["mosquitto", "embedded"]

HASH_ROUNDS = 101
"""PBKDF2 rounds, as mosquitto_ctrl writes them. The passwords are 192 random bits: rounds add nothing."""

CONFIG_FOLDERS = (Path(__file__).resolve().parents[2] / "config", Path("/usr/share/tablepass"))
PLUGIN_PATTERNS = (
    "lib/*/mosquitto_dynamic_security.so",
    "lib/mosquitto_dynamic_security.so",
    "lib64/mosquitto_dynamic_security.so",
)


class BrokerRefused(Exception):  # noqa: N818
    """No such broker on this machine, in words with what to install."""


@dataclass(frozen=True)
class Mosquitto:
    program: str
    plugin: Path


def find_mosquitto() -> Mosquitto | None:
    """Mosquitto and its dynamic security plugin, or None when one of them is missing."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    for prefix in (Path("/usr"), Path("/usr/local")):
        for pattern in PLUGIN_PATTERNS:
            for plugin in sorted(prefix.glob(pattern)):
                if program:
                    return Mosquitto(program, plugin)
    return None


def choose_broker(wanted: Literal["auto", "mosquitto", "embedded"]) -> Kind:
    """Raises BrokerRefused when the wanted one is not installed."""
    if wanted != "embedded" and find_mosquitto():
        return "mosquitto"
    if wanted == "mosquitto":
        raise BrokerRefused(
            "Mosquitto with its dynamic security plugin is not installed: sudo apt-get install mosquitto"
        )
    if find_spec("amqtt") is None:
        raise BrokerRefused(
            "no broker: sudo apt-get install mosquitto, or start with ./install.sh demo --broker embedded"
        )
    return "embedded"


def broker_command(kind: Kind, folder: DemoFolder, store: str, host: str, port: int, passwords: Passwords) -> list[str]:
    """Write the broker's files anew and return the command that runs it in the foreground."""
    users = {
        GATEWAY: passwords.mqtt_gateway,
        BRIDGE: passwords.mqtt_bridge,
        INTEGRATOR: passwords.mqtt_integrator,
    }
    rights = rights_of_users(store)
    if kind == "embedded":
        document = {
            "host": host,
            "port": port,
            "users": {
                user: {
                    "password": users[user],
                    "publish": rights[user].publish,
                    "subscribe": rights[user].subscribe,
                }
                for user in users
            },
        }
        path = folder.broker / "embedded.json"
        write_file(path, json.dumps(document, indent=1))
        return [sys.executable, "-P", "-m", "gateway.demo.embedded_broker", str(path)]
    mosquitto = find_mosquitto()
    if mosquitto is None:
        raise BrokerRefused("Mosquitto was there a moment ago and is gone")
    security, config = folder.broker / "dynamic-security.json", folder.broker / "mosquitto.conf"
    write_file(security, json.dumps(dynamic_security(users, rights), indent=1))
    write_file(config, mosquitto_config(mosquitto.plugin, security, host, port))
    return [mosquitto.program, "-c", str(config)]


def mosquitto_config(plugin: Path, security: Path, host: str, port: int) -> str:
    template = next(f / "mosquitto.conf" for f in CONFIG_FOLDERS if (f / "mosquitto.conf").exists())
    # Started by root, Mosquitto would drop to a user who cannot read the folder's 0600 files.
    user_line = "user root" if os.geteuid() == 0 else ""
    return string.Template(template.read_text(encoding="utf-8")).substitute(
        PORT=port, HOST=host, PLUGIN=plugin, SECURITY_FILE=security, USER_LINE=user_line
    )


def dynamic_security(users: dict[str, str], rights: dict[str, Rights]) -> dict[str, Any]:
    """The plugin's whole configuration: one role for each user; what no role allows is denied."""
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [_client(user, password) for user, password in users.items()],
        "groups": [],
        "roles": [{"rolename": user, "acls": _acls(rights[user])} for user in users],
    }


def _client(user: str, password: str) -> dict[str, Any]:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS, 64)
    return {
        "username": user,
        "roles": [{"rolename": user}],
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": HASH_ROUNDS,
    }


def _acls(rights: Rights) -> list[dict[str, Any]]:
    found = []
    for topic in rights.publish:
        found.append({"acltype": "publishClientSend", "topic": topic, "priority": 0, "allow": True})
    for topic in rights.subscribe:
        found.append({"acltype": "subscribePattern", "topic": topic, "priority": 0, "allow": True})
        found.append({"acltype": "publishClientReceive", "topic": topic, "priority": 0, "allow": True})
    return found
