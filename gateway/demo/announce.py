"""What the demo says when it is ready: one JSON line for a program, a few lines for a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from gateway.demo.configuration import LOOPBACK, STORE, Addresses
from gateway.demo.folder import DemoFolder
from gateway.demo.passwords import Passwords
from gateway.demo.readiness import PRINTERS
from gateway.demo.rights import INTEGRATOR

STAFF_USER = "manager"


def document(
    folder: DemoFolder,
    addresses: Addresses,
    passwords: Passwords,
    tables: dict[str, str],
    pids: dict[str, int | None],
    broker: str,
) -> dict[str, Any]:
    """`tables` maps a table's name to its token."""
    return {
        "ready": True,
        "data": str(folder.root),
        "demo_url": f"{addresses.staff_url}/demo",
        "guest_url": addresses.guest_url,
        "staff_url": addresses.staff_url,
        "cloud_url": addresses.cloud_url,
        "mqtt": {
            "host": addresses.shown,
            "port": addresses.ports.mqtt,
            "username": INTEGRATOR,
            "password": passwords.mqtt_integrator,
            "broker": broker,
        },
        "store": STORE,
        "tables": {name: addresses.table_url(token) for name, token in tables.items()},
        "staff": {"username": STAFF_USER, "password": passwords.staff_password, "pin": passwords.staff_pin},
        "api_token": passwords.api_token,
        "printers": {name: {"paper": str(folder.paper / name)} for name in PRINTERS},
        "pids": pids,
    }


def text(
    addresses: Addresses,
    passwords: Passwords,
    tables: dict[str, str],
    took_s: float,
    logs: Path | None = None,
    moved: Sequence[str] = (),
) -> str:
    """What a person needs, and what to do first. The cloud has no page; the demo shows what it got.

    `logs`: the folder that they went to, if not to this terminal. `moved`: ports that are not the usual ones.
    """
    table = next(iter(tables.values()), "")
    reachable = "" if addresses.shown == LOOPBACK else "   (同一网络的手机可打开 / open to phones on this network)"
    kept = f"\n    日志   / logs            {logs}" if logs else ""
    if moved:
        # A folder keeps its ports, for printed table codes hold them: the usual one may be free again by now.
        why = "被占用，或上次换过；本文件夹就用这些 / in use, or changed last time; this folder stays with these"
        kept += f"\n    端口   / ports           {', '.join(moved)}  ({why})"
    return f"""
  川味小馆开门了 · the Sichuan Kitchen is open ({took_s:.1f} s)

    演示页 / the demo        {addresses.staff_url}/demo
    点餐   / ordering        {addresses.table_url(table)}{reachable}
    后厨   / kitchen screens {addresses.staff_url}/kds/wok  {addresses.staff_url}/kds/bar
    登录   / staff login     {STAFF_USER} · {passwords.staff_password} · PIN {passwords.staff_pin}{kept}

  先开演示页，在左边的手机上点一道菜，再按“断外网”看看。
  Open the demo first, order a dish on the phone there, then press "Internet cut" and watch.

  Ctrl-C 关店 / closes the store
"""


def draw_code(url: str, out: TextIO) -> None:
    """The table's code, to be read with a phone from the terminal."""
    import segno

    print(f"  1 号桌 / table 1: {url}\n", file=out)
    segno.make(url, error="m").terminal(out=out, compact=True)
    out.flush()
