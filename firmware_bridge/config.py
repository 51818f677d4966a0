"""The bridge's boot file: its name, its folder, its way to the broker. Devices come over MQTT; whether
they can be built is judged here too."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware_bridge.drivers.table import DRIVERS
from firmware_bridge.errors import ConfigError
from firmware_bridge.ports.opening import OPTIONS as LINE_OPTIONS
from firmware_bridge.ports.opening import problems_of_port
from gateway.contract.messages import DeviceDesired

TOP_KEYS: dict[str, type] = {"name": str, "store": str, "data": str, "broker": dict}
BROKER_KEYS: dict[str, type] = {"host": str, "port": int, "username": str, "password_file": str}
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
TOPIC_SIGNS = set("+#/$")
"""They mean something in an MQTT topic, so no name may hold them."""
LONGEST_NAME = 128
"""Characters of a device's name, which stands in topics, logs and the names of threads."""

LONGEST_TEXT = 64
"""Characters of an option that may be any text; so many the settings take too (gateway/domain/settings.py)."""


@dataclass(frozen=True)
class BrokerConfig:
    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class BridgeConfig:
    name: str
    store: str
    data: Path
    broker: BrokerConfig


def read_config(path: Path) -> BridgeConfig:
    """Raises ConfigError with every problem of the file. Relative paths start at the file's folder."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError([f"{path}: {error}"]) from error
    problems: list[str] = []
    _check(document, TOP_KEYS, "", problems)
    table = document.get("broker", {})
    broker = table if isinstance(table, dict) else {}
    _check(broker, BROKER_KEYS, "broker.", problems)
    for key in ("name", "store", "data"):
        value = document.get(key, "")
        if not value:
            problems.append(f"{key} is missing")
        elif key != "data" and isinstance(value, str) and TOPIC_SIGNS & set(value):
            problems.append(f"{key} {value!r} may not hold any of + # / $")
    port = broker.get("port", 1883)
    if isinstance(port, int) and not 1 <= port <= 65535:
        problems.append(f"broker.port {port} is not between 1 and 65535")
    password = _password(broker.get("password_file"), path.parent, problems)
    if problems:
        raise ConfigError([f"{path}: {problem}" for problem in problems])
    return BridgeConfig(
        name=document["name"],
        store=document["store"],
        data=path.parent / document["data"],
        broker=BrokerConfig(broker.get("host", "127.0.0.1"), port, broker.get("username", ""), password),
    )


def _check(table: Mapping[str, Any], known: Mapping[str, type], prefix: str, problems: list[str]) -> None:
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"there are {', '.join(known)}"
            problems.append(f"unknown key {prefix}{key}; {hint}")
        elif not isinstance(value, known[key]) or isinstance(value, bool):
            problems.append(f"{prefix}{key} must be {_kind(known[key])}, not {type(value).__name__}")


def _kind(kind: type) -> str:
    return {str: "a text", int: "a whole number", dict: "a table"}[kind]


def _password(file: object, folder: Path, problems: list[str]) -> str:
    if not isinstance(file, str):
        return ""
    try:
        return (folder / file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"broker.password_file {file}: {error}")
        return ""


def problems_of_name(name: str) -> list[str]:
    """What makes this no name of a device. Its topics cannot even be subscribed to then."""
    if not 0 < len(name) <= LONGEST_NAME:
        return [f"a name has 1 to {LONGEST_NAME} characters"]
    if TOPIC_SIGNS & set(name) or not name.isprintable():
        return [f"name {name!r} may hold neither + # / $ nor what cannot be printed"]
    return []


def problems_of(desired: DeviceDesired) -> list[str]:
    """What makes this device impossible, in words; empty when it can be built."""
    driver = DRIVERS.get(desired.driver)
    if driver is None:
        return [f"driver {desired.driver!r} is none of {', '.join(DRIVERS)}"]
    problems = problems_of_name(desired.name) + driver.problems(desired)
    for key, value in desired.options.items():
        if key in LINE_OPTIONS:
            continue  # problems_of_port looks at them
        if key in driver.texts:
            if len(value) > LONGEST_TEXT:
                problems.append(f"option {key} has {len(value)} characters, at most {LONGEST_TEXT}")
        elif key not in driver.options:
            known = [*driver.options, *sorted(driver.texts)]
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"{desired.driver} has {', '.join(known) or 'none'}"
            problems.append(f"unknown option {key}; {hint}")
        elif value not in driver.options[key]:
            problems.append(f"option {key} {value!r} is none of {', '.join(driver.options[key])}")
    if desired.baud not in BAUDS:
        problems.append(f"baud {desired.baud} is none of {', '.join(map(str, BAUDS))}")
    return problems + problems_of_port(desired.port, desired.options)
