"""What is known of the roads to the stations: which are suspended, and where displays on the broker are."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.transaction import Reader, Tx

Place = tuple[str, str]
"""(station, area with printers of its own there; "" for all others)."""


@dataclass(frozen=True)
class Suspended:
    """A place of a station that no order reaches, and since when its dishes are not sold."""

    station: str
    area: str
    at: str


def suspended(rows: Reader) -> frozenset[Place]:
    """Where no order arrives, so that nothing made there is sold to guests."""
    return rows.steady(_suspended)


def _suspended(rows: Reader) -> frozenset[Place]:
    return frozenset((one.station, one.area) for one in all_suspended(rows))


def all_suspended(rows: Reader) -> list[Suspended]:
    """Oldest first."""
    return [Suspended(*row) for row in rows.all("SELECT station, area, at FROM suspended_stations ORDER BY at")]


def suspend(tx: Tx, one: Suspended) -> None:
    tx.run_steady("INSERT OR IGNORE INTO suspended_stations VALUES (?, ?, ?)", one.station, one.area, one.at)


def resume(tx: Tx, station: str, area: str) -> None:
    tx.run_steady("DELETE FROM suspended_stations WHERE station = ? AND area = ?", station, area)


def with_display(rows: Reader) -> frozenset[str]:
    """Stations at which a display on the broker has drawn a ticket. Whether it is still there nobody can see: it has no
    stream that ends."""
    return rows.steady(_with_display)


def _with_display(rows: Reader) -> frozenset[str]:
    return frozenset(row[0] for row in rows.all("SELECT station FROM broker_displays"))


def set_display(tx: Tx, station: str, at: str) -> None:
    """Written once for each station, however much its display draws."""
    if station not in with_display(tx):
        tx.run_steady("INSERT OR IGNORE INTO broker_displays VALUES (?, ?)", station, at)
