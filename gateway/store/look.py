"""Looking into a store from outside, running or not: nothing is created, migrated or written, not even beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.store import READER_CACHE_KIB, BrokenDatabase, CannotOpen, NewerDatabase, migrations
from gateway.store.transaction import Reader

TRIES = 3
"""A gateway that starts or ends in the same moment makes or removes the log between our look at it and the opening;
it does that once in its life."""


class NoDatabase(CannotOpen):
    """There is none yet; to look must not make one, for it would belong to whoever looked."""

    def __init__(self, path: Path):
        words = f"{path}: there is no database yet; the gateway's first start makes it"
        super().__init__(f"{words} / 还没有数据库，点单盒第一次启动时会建立")


class OlderDatabase(CannotOpen):
    """Written by an older release. Only a start of the gateway may change it, after a backup."""

    def __init__(self, path: Path, version: int):
        words = f"{path} has version {version}, this release reads {migrations.VERSION}: start the gateway once"
        super().__init__(f"{words} (it makes a backup first) / 数据库是旧版本，请先启动一次点单盒，它会备份并升级")


@contextmanager
def looking(path: Path) -> Iterator[Reader]:
    """One consistent view of the rows at `path`. Raises `CannotOpen` with words for whoever asked."""
    with closing(_open(path)) as connection:
        connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
        connection.execute("BEGIN")
        yield Reader(connection, {})


def _open(path: Path) -> sqlite3.Connection:
    for left in reversed(range(TRIES)):
        if not path.exists():
            raise NoDatabase(path)
        connection = sqlite3.connect(_address(path), uri=True, isolation_level=None, timeout=5)
        try:
            _check_version(path, connection)
            return connection
        except sqlite3.OperationalError as error:
            connection.close()
            if not left:
                raise CannotOpen(f"{path} cannot be read now: {error} / 现在读不了") from None
        except sqlite3.DatabaseError as error:
            connection.close()
            raise BrokenDatabase(path, str(error)) from None
        except CannotOpen:
            connection.close()
            raise
    raise AssertionError("the last try returns or raises")


def _address(path: Path) -> str:
    """How SQLite opens it without writing anything.

    With a log beside it, read-only and by the index that its writer keeps. Without one nobody has it open, and then
    only as an unchanging file, for SQLite would make a log first. Should a gateway start in that very moment, it
    writes 4 MiB into its log before the file itself changes: we are long gone by then.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        logged = log.stat().st_size > 0
    except FileNotFoundError:
        logged = False
    return f"{path.absolute().as_uri()}?mode=ro&" + ("readonly_shm=1" if logged else "immutable=1")


def _check_version(path: Path, connection: sqlite3.Connection) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > migrations.VERSION:
        raise NewerDatabase(path, version)
    if version == 0:
        # A first start that was cut, or somebody's empty file.
        raise NoDatabase(path)
    if version < migrations.VERSION:
        raise OlderDatabase(path, version)
