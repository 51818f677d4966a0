"""Staff, programs, their sessions, and wrong tries. Only hashes of secrets are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from gateway.store.transaction import Reader, Tx


@dataclass(frozen=True)
class User:
    """`language`: what pages and refusals speak to them; "": as the device says."""

    name: str
    role: str
    password: str
    pin: str
    language: str


def digest(secret: str) -> bytes:
    """For random secrets of 128 bits and more; passwords and PINs are stretched instead."""
    return hashlib.sha256(secret.encode()).digest()


def user(rows: Reader, name: str) -> User | None:
    row = rows.one("SELECT name, role, password, pin, language FROM users WHERE name = ?", name)
    return User(*row) if row else None


def users(rows: Reader) -> list[User]:
    return [User(*row) for row in rows.all("SELECT name, role, password, pin, language FROM users ORDER BY name")]


def set_user(tx: Tx, one: User) -> None:
    tx.run(
        "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?)", one.name, one.role, one.password, one.pin, one.language
    )


def program(rows: Reader, token: str) -> str | None:
    name: str | None = rows.value("SELECT name FROM programs WHERE hash = ?", digest(token))
    return name


def set_program(tx: Tx, name: str, token: str) -> None:
    tx.run("DELETE FROM programs WHERE name = ?", name)
    tx.run("INSERT INTO programs VALUES (?, ?)", digest(token), name)


def session(rows: Reader, token: str, since: str) -> User | None:
    """The person behind a session that began after `since`."""
    row = rows.one(
        """SELECT u.name, u.role, u.password, u.pin, u.language FROM sessions s JOIN users u ON u.name = s.user
         WHERE s.hash = ? AND s.at >= ?""",
        digest(token), since,
    )
    return User(*row) if row else None


def add_session(tx: Tx, token: str, name: str, at: str) -> None:
    tx.run("INSERT INTO sessions VALUES (?, ?, ?)", digest(token), name, at)


def prune_sessions(tx: Tx, before: str) -> None:
    tx.run("DELETE FROM sessions WHERE at < ?", before)


def end_session(tx: Tx, token: str) -> None:
    tx.run("DELETE FROM sessions WHERE hash = ?", digest(token))


def end_sessions_of(tx: Tx, name: str) -> None:
    """Also those that a removed person left: they must not open again with the next one of this name."""
    # No index: a login is a row, and they are gone after a month; this is asked when a person changes.
    tx.run("DELETE FROM sessions WHERE user = ?", name)


def failures(rows: Reader, source: str) -> tuple[int, str, float] | None:
    """(count, boot, monotonic seconds of the last one)."""
    row = rows.one("SELECT count, boot, mono FROM login_failures WHERE source = ?", source)
    return (row[0], row[1], row[2]) if row else None


def add_failure(tx: Tx, source: str, boot: str, mono: float) -> None:
    tx.run(
        """INSERT INTO login_failures VALUES (?, 1, ?, ?)
         ON CONFLICT (source) DO UPDATE SET count = count + 1, boot = excluded.boot, mono = excluded.mono""",
        source, boot, mono,
    )  # fmt: skip


def clear_failures(tx: Tx, source: str) -> None:
    tx.run("DELETE FROM login_failures WHERE source = ?", source)


def prune_failures(tx: Tx, boot: str, mono: float, seconds: float) -> None:
    """Forgets who last failed at least so long ago; of another boot, only that this one's time has passed since."""
    tx.run(
        "DELETE FROM login_failures WHERE CASE WHEN boot = ? THEN ? - mono ELSE ? END >= ?", boot, mono, mono, seconds
    )
