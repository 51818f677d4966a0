"""Who this box is: store, box, epoch, the secret that signs cookies, and whether ordering is paused."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.transaction import Reader, Tx

EPOCH_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The order number's prefix by epoch: a restored box never gives a number twice. I and O look like digits."""


@dataclass(frozen=True)
class Box:
    store: str
    box: str
    epoch: str
    epoch_count: int
    secret: bytes

    @property
    def source(self) -> str:
        return f"/stores/{self.store}/boxes/{self.box}"

    @property
    def prefix(self) -> str:
        return EPOCH_LETTERS[(self.epoch_count - 1) % len(EPOCH_LETTERS)]


@dataclass(frozen=True)
class Pause:
    at: str
    by: str
    reason: str


def get(rows: Reader) -> Box | None:
    return rows.steady(_get)


def _get(rows: Reader) -> Box | None:
    row = rows.one("SELECT store, box, epoch, epoch_count, secret FROM box")
    return Box(*row) if row else None


def the(rows: Reader) -> Box:
    box = get(rows)
    if box is None:
        raise LookupError("the box has no identity yet")
    return box


def create(tx: Tx, store: str, box: str, epoch: str, epoch_count: int, secret: bytes) -> None:
    tx.run_steady(
        "INSERT INTO box (one, store, box, epoch, epoch_count, secret) VALUES (1, ?, ?, ?, ?, ?)",
        store, box, epoch, epoch_count, secret,
    )  # fmt: skip


def pause(rows: Reader) -> Pause | None:
    return rows.steady(_pause)


def _pause(rows: Reader) -> Pause | None:
    row = rows.one("SELECT paused_at, paused_by, pause_reason FROM box WHERE paused_at IS NOT NULL")
    return Pause(*row) if row else None


def set_pause(tx: Tx, pause: Pause | None) -> None:
    tx.run_steady(
        "UPDATE box SET paused_at = ?, paused_by = ?, pause_reason = ?",
        *((pause.at, pause.by, pause.reason) if pause else (None, None, None)),
    )
