"""What bridges say of themselves and their devices, and what is wrong now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.store.transaction import Reader, Tx


@dataclass(frozen=True)
class Bridge:
    name: str
    online: bool
    revision: int
    boot: str
    at: str


@dataclass(frozen=True)
class Device:
    name: str
    bridge: str
    status: str
    reasons: list[str]
    driver: str
    model: str
    firmware: str
    at: str

    @property
    def proves(self) -> bool:
        """Whether a slip that it gets now is printed and proven."""
        return self.status in ("online", "degraded")

    @property
    def prints(self) -> bool:
        """A printer that answers no question prints all the same."""
        return self.proves or (self.status == "unknown" and "no_answer" in self.reasons)


@dataclass(frozen=True)
class Paused:
    printer: str
    at: str
    by: str


@dataclass(frozen=True)
class Condition:
    code: str
    subject: str
    since: str
    params: dict[str, Any]


def bridge(rows: Reader, name: str) -> Bridge | None:
    row = rows.one("SELECT name, online, revision, boot, at FROM bridges WHERE name = ?", name)
    return Bridge(row[0], bool(row[1]), *row[2:]) if row else None


def bridges(rows: Reader) -> list[Bridge]:
    return [Bridge(r[0], bool(r[1]), *r[2:]) for r in rows.all("SELECT name, online, revision, boot, at FROM bridges")]


def set_bridge(tx: Tx, one: Bridge) -> None:
    values = (one.name, int(one.online), one.revision, one.boot, one.at)
    tx.run("INSERT OR REPLACE INTO bridges VALUES (?, ?, ?, ?, ?)", *values)


def device(rows: Reader, name: str) -> Device | None:
    row = rows.one("SELECT * FROM devices WHERE name = ?", name)
    return Device(row[0], row[1], row[2], msgspec.json.decode(row[3]), *row[4:]) if row else None


def devices(rows: Reader) -> list[Device]:
    found = rows.all("SELECT * FROM devices ORDER BY name")
    return [Device(r[0], r[1], r[2], msgspec.json.decode(r[3]), *r[4:]) for r in found]


def set_device(tx: Tx, one: Device) -> None:
    tx.run(
        "INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        one.name, one.bridge, one.status, msgspec.json.encode(one.reasons).decode(), one.driver, one.model,
        one.firmware, one.at,
    )  # fmt: skip
    tx.changed.add("devices")


def remove_device(tx: Tx, name: str) -> None:
    """With everything that was wrong with it."""
    tx.run("DELETE FROM devices WHERE name = ?", name)
    tx.run("DELETE FROM conditions WHERE subject = ?", name)
    tx.changed.update(("devices", "conditions"))


def remove_bridge(tx: Tx, name: str) -> None:
    tx.run("DELETE FROM bridges WHERE name = ?", name)
    tx.run("DELETE FROM conditions WHERE subject = ?", name)
    tx.changed.update(("devices", "conditions"))


def paused_printers(rows: Reader) -> dict[str, Paused]:
    """Printers to which people want nothing handed for now."""
    return {row[0]: Paused(*row) for row in rows.all("SELECT printer, at, by FROM paused_printers")}


def pause_printer(tx: Tx, one: Paused) -> None:
    tx.run("INSERT OR IGNORE INTO paused_printers VALUES (?, ?, ?)", one.printer, one.at, one.by)
    tx.changed.update(("devices", "jobs"))


def resume_printer(tx: Tx, printer: str) -> None:
    tx.run("DELETE FROM paused_printers WHERE printer = ?", printer)
    tx.changed.update(("devices", "jobs"))


def raise_condition(tx: Tx, code: str, subject: str, at: str, **params: Any) -> bool:
    """Says what is wrong. True when it was not known before; its `since` stays what it was."""
    new = tx.run(
        "INSERT OR IGNORE INTO conditions VALUES (?, ?, ?, ?)", code, subject, at, msgspec.json.encode(params).decode()
    )  # fmt: skip
    if new:
        tx.changed.add("conditions")
    return bool(new)


def clear_condition(tx: Tx, code: str, subject: str) -> bool:
    """True when it stood."""
    gone = tx.run("DELETE FROM conditions WHERE code = ? AND subject = ?", code, subject)
    if gone:
        tx.changed.add("conditions")
    return bool(gone)


def conditions_of(rows: Reader, subject: str) -> list[Condition]:
    """What is wrong with this one."""
    found = rows.all("SELECT code, subject, since, params FROM conditions WHERE subject = ?", subject)
    return [Condition(r[0], r[1], r[2], msgspec.json.decode(r[3])) for r in found]


def subjects(rows: Reader, code: str) -> list[str]:
    """Of what this condition stands."""
    return [row[0] for row in rows.all("SELECT subject FROM conditions WHERE code = ?", code)]


MOST_OF_A_KIND = 100
"""Conditions of one code that are told of at a time: a flood of one kind must not hide another."""


def conditions(rows: Reader) -> list[Condition]:
    """Oldest first; of each code the oldest `MOST_OF_A_KIND`."""
    found = rows.all(
        """SELECT code, subject, since, params FROM (
         SELECT *, row_number() OVER (PARTITION BY code ORDER BY since) AS place FROM conditions)
         WHERE place <= ? ORDER BY since""",
        MOST_OF_A_KIND,
    )
    return [Condition(r[0], r[1], r[2], msgspec.json.decode(r[3])) for r in found]


def clear_conditions(tx: Tx, *codes: str) -> None:
    """Every condition of these codes."""
    gone = tx.run(f"DELETE FROM conditions WHERE code IN ({', '.join('?' * len(codes))})", *codes)
    if gone:
        tx.changed.add("conditions")
