"""Which ports the demo listens on: what was asked for, the last time's, the usual one, any free one."""

from __future__ import annotations

import json
import random
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.demo.folder import write_file

FREE_RANGE = range(20_000, 32_000)
"""Below the range that the kernel gives to outgoing connections: it stays ours while a child restarts."""
TRIES = 200
"""Draws before giving up. With a thousand ports of the range in use the chance of 200 misses is nil."""


class PortRefused(Exception):  # noqa: N818
    """The named port cannot be had, in words for the person who named it."""


@dataclass(frozen=True)
class Wanted:
    """None: the usual port when it is free. 0: any free one. Another number: that one or nothing."""

    guest: int | None = None
    staff: int | None = None
    mqtt: int | None = None
    cloud: int | None = None


@dataclass(frozen=True)
class Ports:
    guest: int = 8080
    staff: int = 8081
    mqtt: int = 1883
    cloud: int = 8090
    proxy: int = 0


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now, as servers do it (SO_REUSEADDR)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def choose(wanted: Wanted, hosts: dict[str, str], kept: Path) -> Ports:
    """Choose every port before any program starts, and keep the choice: printed table codes hold the number.

    `hosts` names the address for each field of `Ports`. `kept` is the file of the last choice.

    Raises:
        PortRefused: a port that was named is in use, or none is free.
    """
    before = _read(kept)
    chosen: dict[str, int] = {}
    for name, usual in asdict(Ports()).items():
        asked = 0 if name == "proxy" else getattr(wanted, name)
        if asked:
            other = next((other for other, port in chosen.items() if port == asked), "")
            if other or not is_free(hosts[name], asked):
                user = f"--{other}-port has it already" if other else "this port is in use"
                raise PortRefused(f"--{name}-port {asked}: {user}; name another one, or 0 for any free one")
            port = asked
        else:
            candidates = [before.get(name, 0), usual if asked is None else 0]
            port = next((p for p in candidates if p and p not in chosen.values() and is_free(hosts[name], p)), 0)
            port = port or _any_free(hosts[name], set(chosen.values()))
        chosen[name] = port
    write_file(kept, json.dumps(chosen) + "\n")
    return Ports(**chosen)


def moved(wanted: Wanted, ports: Ports) -> list[str]:
    """Which usual ports are others now although nobody asked for that, as `8081 → 25186`."""
    usual, chosen = asdict(Ports()), asdict(ports)
    left_to_us = [name for name, asked in asdict(wanted).items() if asked is None]
    return [f"{usual[name]} → {chosen[name]}" for name in left_to_us if chosen[name] != usual[name]]


def _any_free(host: str, taken: set[int]) -> int:
    for _ in range(TRIES):
        port = random.choice(FREE_RANGE)
        if port not in taken and is_free(host, port):
            return port
    raise PortRefused(f"no free port found on {host} between {FREE_RANGE.start} and {FREE_RANGE.stop}")


def _read(kept: Path) -> dict[str, int]:
    """The last choice; empty when there is none or the file is not ours to read any more."""
    try:
        content = json.loads(kept.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {k: v for k, v in content.items() if isinstance(v, int)} if isinstance(content, dict) else {}
