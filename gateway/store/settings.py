"""Revisions of settings and menu, the tables of the house and what is sold out."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from gateway.domain.menu import Menu
from gateway.domain.settings import Settings
from gateway.store.transaction import Reader, Tx


@lru_cache(maxsize=8)
def _settings(body: str) -> Settings:
    return msgspec.json.decode(body, type=Settings)


@lru_cache(maxsize=32)
def _menu(revision: int, body: str) -> Menu:
    return msgspec.json.decode(body, type=Menu)


# A revision never changes, so what it decodes to may be kept; the body as key guards against another file.


def settings(rows: Reader) -> Settings | None:
    body = rows.value("SELECT body FROM settings_revisions ORDER BY revision DESC LIMIT 1")
    return _settings(body) if body else None


def the_settings(rows: Reader) -> Settings:
    found = settings(rows)
    if found is None:
        raise LookupError("no settings have been imported")
    return found


def settings_revision(rows: Reader) -> int:
    return int(rows.value("SELECT max(revision) FROM settings_revisions") or 0)


def add_settings(tx: Tx, new: Settings, at: str, actor: str) -> int:
    revision = settings_revision(tx) + 1
    tx.run(
        "INSERT INTO settings_revisions VALUES (?, ?, ?, ?)", revision, at, actor, msgspec.json.encode(new).decode()
    )
    return revision


def menu_revision(rows: Reader) -> int:
    return int(rows.value("SELECT max(revision) FROM menu_revisions") or 0)


def menu(rows: Reader, revision: int) -> Menu | None:
    body = rows.value("SELECT body FROM menu_revisions WHERE revision = ?", revision)
    return _menu(revision, body) if body else None


def current_menu(rows: Reader) -> tuple[int, Menu] | None:
    row = rows.one("SELECT revision, body FROM menu_revisions ORDER BY revision DESC LIMIT 1")
    return (row[0], _menu(row[0], row[1])) if row else None


def add_menu(tx: Tx, new: Menu, at: str, actor: str) -> int:
    revision = menu_revision(tx) + 1
    tx.run("INSERT INTO menu_revisions VALUES (?, ?, ?, ?)", revision, at, actor, msgspec.json.encode(new).decode())
    return revision


def sold_out(rows: Reader) -> frozenset[str]:
    return frozenset(row[0] for row in rows.all("SELECT item FROM sold_out"))


def set_sold_out(tx: Tx, item: str, at: str, actor: str) -> None:
    tx.run("INSERT OR IGNORE INTO sold_out VALUES (?, ?, ?)", item, at, actor)


def set_back_on(tx: Tx, item: str) -> None:
    tx.run("DELETE FROM sold_out WHERE item = ?", item)


def tables(rows: Reader) -> dict[str, str]:
    """Name -> token."""
    return dict(rows.all("SELECT name, token FROM dining_tables"))


def table_of_token(rows: Reader, token: str) -> str | None:
    name: str | None = rows.value("SELECT name FROM dining_tables WHERE token = ?", token)
    return name


def add_table(tx: Tx, name: str, token: str) -> None:
    tx.run("INSERT INTO dining_tables VALUES (?, ?)", name, token)


def remove_table(tx: Tx, name: str) -> None:
    tx.run("DELETE FROM dining_tables WHERE name = ?", name)
