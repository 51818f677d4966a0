"""Passwords and tokens, drawn once for each folder and kept there: a second start goes on with them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.folder import write_file

READABLE = "23456789abcdefghjkmnpqrstuvwxyz"
"""No 0/o, 1/l/i: staff type the demo's password from a terminal."""


PIN_DIGITS = 6


@dataclass(frozen=True)
class Passwords:
    mqtt_gateway: str
    mqtt_bridge: str
    mqtt_integrator: str
    cloud_box: str
    api_token: str
    staff_password: str
    staff_pin: str


def _token() -> str:
    return secrets.token_urlsafe(24)


def _readable() -> str:
    return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(3))


def _pin() -> str:
    """Six digits (fewer are guessed in days, see `gateway/operations/login_brake.py`), none of those tried first."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        if len(set(pin)) > 3 and pin not in "0123456789" and pin not in "9876543210":
            return pin


FILES: dict[str, tuple[str, Callable[[], str]]] = {
    "mqtt_gateway": ("mqtt-gateway", _token),
    "mqtt_bridge": ("mqtt-bridge-1", _token),
    "mqtt_integrator": ("mqtt-integrator", _token),
    "cloud_box": ("cloud-box", _token),
    "api_token": ("api-token", _token),
    "staff_password": ("staff-manager", _readable),
    "staff_pin": ("staff-manager-pin", _pin),
}


def keep_passwords(folder: Path) -> Passwords:
    """Read the folder's passwords and draw those that are missing. Files are 0600, one value, no line end."""
    values = {}
    for name, (file_name, draw) in FILES.items():
        path = folder / file_name
        value = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        if not value:
            value = draw()
            write_file(path, value)
        os.chmod(path, 0o600)
        values[name] = value
    return Passwords(**values)
