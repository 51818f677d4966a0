"""Room that is kept back on the disk for the kitchen, and freed when the disk is full."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gateway.domain.now import iso

BALLAST_BYTES = 8 * 1024 * 1024
"""Freed when the disk is full: in WAL mode even a DELETE needs room."""

SPARE_BYTES = 2 * 1024 * 1024
"""Room beside the ballast before guests may order again: a hundred orders, so that the sign does not flap."""

_FREED = "ballast.freed"
"""What is left of a freed ballast: nothing but its name and when that was, for the next start to find."""


def keep_ballast(folder: Path) -> bool:
    """Keeps the room back for a new store. False when there is too little: then the store is on its reserve."""
    if _is_whole(folder):
        return True
    ballast = folder / "ballast"
    try:
        with open(ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
    except OSError as error:
        # Half a ballast would be room that nobody gets.
        ballast.unlink(missing_ok=True)
        # A disk that cannot keep room back at all is not a full one: its store sells without a reserve.
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    (folder / _FREED).unlink(missing_ok=True)
    return True


def restore_ballast(folder: Path) -> bool:
    """Keeps the room back again once there is some beside it. False while there is not."""
    if _is_whole(folder):
        return True
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize >= BALLAST_BYTES + SPARE_BYTES and keep_ballast(folder)


def free_ballast(folder: Path) -> bool:
    """Gives the room back to the disk. False when it was already gone, or cannot be had: others still wait for the
    word that nothing is kept."""
    ballast = folder / "ballast"
    try:
        if not ballast.stat().st_size:
            return False
        os.truncate(ballast, 0)
    except OSError:
        return False
    with suppress(OSError):  # emptied, it says the same
        ballast.replace(folder / _FREED)
    return True


def freed_at(folder: Path) -> str | None:
    """When the ballast was freed, in UTC by the clock of that moment; None when nothing says so."""
    for left in (folder / _FREED, folder / "ballast"):  # a power cut in between leaves the second, emptied
        try:
            return iso(datetime.fromtimestamp(left.stat().st_mtime, UTC))
        except FileNotFoundError:
            continue
    return None


def _is_whole(folder: Path) -> bool:
    try:
        return (folder / "ballast").stat().st_size == BALLAST_BYTES
    except FileNotFoundError:
        return False
