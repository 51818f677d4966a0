"""Revisions of settings and menu, the tables of the house and what is sold out."""

from __future__ import annotations

import msgspec

from gateway.domain.errors import Refused
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings
from gateway.store.transaction import Reader, Tx

# Made before there are threads: see gateway/web/api/route.py.
_settings_of = msgspec.json.Decoder(Settings).decode
_menu_of = msgspec.json.Decoder(Menu).decode


def settings(rows: Reader) -> Settings | None:
    """The current settings. A revision never changes, so what it decodes to is kept with the store."""
    revision = settings_revision(rows)
    if not revision:
        return None
    found: Settings | None = rows.kept.get(("settings", revision))
    if found is None:
        body = rows.value("SELECT body FROM settings_revisions WHERE revision = ?", revision)
        found = rows.kept[("settings", revision)] = _settings_of(body)
    return found


def the_settings(rows: Reader) -> Settings:
    """Raises `Refused("not_set_up")` in a box that has not been given any."""
    found = settings(rows)
    if found is None:
        raise Refused("not_set_up", retry_after_s=10)
    return found


def printers(rows: Reader) -> list[str]:
    """Ids of all printers; none in a box that has not been given any settings."""
    rules = settings(rows)
    return [printer.id for printer in rules.printers] if rules else []


def settings_revision(rows: Reader) -> int:
    return rows.steady(_settings_revision)


def _settings_revision(rows: Reader) -> int:
    return int(rows.value("SELECT max(revision) FROM settings_revisions") or 0)


def add_settings(tx: Tx, new: Settings, at: str, actor: str) -> int:
    revision = settings_revision(tx) + 1
    tx.forget("settings", revision)
    tx.run_steady(
        "INSERT INTO settings_revisions VALUES (?, ?, ?, ?)", revision, at, actor, msgspec.json.encode(new).decode()
    )
    return revision


def menu_revision(rows: Reader) -> int:
    return rows.steady(_menu_revision)


def _menu_revision(rows: Reader) -> int:
    return int(rows.value("SELECT max(revision) FROM menu_revisions") or 0)


def menu(rows: Reader, revision: int) -> Menu | None:
    found: Menu | None = rows.kept.get(("menu", revision))
    if found is None:
        body = rows.value("SELECT body FROM menu_revisions WHERE revision = ?", revision)
        if body is None:
            return None
        found = rows.kept[("menu", revision)] = _menu_of(body)
    return found


def current_menu(rows: Reader) -> tuple[int, Menu] | None:
    revision = menu_revision(rows)
    found = menu(rows, revision) if revision else None
    return (revision, found) if found else None


def add_menu(tx: Tx, new: Menu, at: str, actor: str) -> int:
    revision = menu_revision(tx) + 1
    tx.forget("menu", revision)
    body = msgspec.json.encode(new).decode()
    tx.run_steady("INSERT INTO menu_revisions VALUES (?, ?, ?, ?)", revision, at, actor, body)
    return revision


def sold_out(rows: Reader) -> frozenset[str]:
    return rows.steady(_sold_out)


def _sold_out(rows: Reader) -> frozenset[str]:
    return frozenset(row[0] for row in rows.all("SELECT item FROM sold_out"))


def set_sold_out(tx: Tx, item: str, at: str, actor: str) -> None:
    tx.run_steady("INSERT OR IGNORE INTO sold_out VALUES (?, ?, ?)", item, at, actor)


def set_back_on(tx: Tx, item: str) -> None:
    tx.run_steady("DELETE FROM sold_out WHERE item = ?", item)


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
