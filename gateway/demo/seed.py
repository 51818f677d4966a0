"""The store's first settings, menu, people and tokens. A store that has been opened is left as it is."""

from __future__ import annotations

import secrets
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from gateway.clock import Clock
from gateway.config import load
from gateway.demo.announce import STAFF_USER
from gateway.demo.configuration import BOX, STORE, fill_devices
from gateway.demo.folder import DemoFolder
from gateway.demo.passwords import Passwords
from gateway.demo.readiness import PRINTERS
from gateway.domain.actor import HOUSE
from gateway.domain.menu import Menu
from gateway.domain.settings import Guards, Settings
from gateway.ids import Ids
from gateway.operations import administration
from gateway.store import CannotOpen, NotDone, Store, box, people, settings
from gateway.store.people import User
from gateway.store.writer import Writer

SAMPLES = Path(__file__).resolve().parents[2] / "config"
NONCE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

OPEN_GUARDS = Guards(orders_per_10_min=100_000, need_guest_cookie=False)
"""A visitor, a storm of test clients and a phone without cookies may all order."""

Operation = Callable[..., Any]


class SeedFailed(Exception):  # noqa: N818
    """The database cannot be opened or written, in words."""


def seed(folder: DemoFolder, passwords: Passwords, guards: bool) -> dict[str, str]:
    """Before the gateway starts: nobody else has the database open. Returns the tables' names and tokens.

    Raises:
        SeedFailed: the database is a newer release's, is broken, or the disk is full.
    """
    try:
        store = Store(load(folder.gateway_config).database)
    except (CannotOpen, sqlite3.Error) as error:
        raise SeedFailed(f"the database cannot be opened: {error}") from error
    try:
        with store.read() as rows:
            is_new = box.get(rows) is None or settings.current_menu(rows) is None
            knows_us = people.program(rows, passwords.api_token) is not None
        if is_new:
            _carry_out(store, [*_first_facts(folder), *_people(passwords)])
        elif not knows_us:  # the folder's secrets were thrown away and drawn anew
            _carry_out(store, _people(passwords))
        _set_guards(store, guards)
        _follow_the_folder(store, folder)
        with store.read() as rows:
            return _in_order(rows, settings.tables(rows))
    except (NotDone, sqlite3.Error) as error:
        raise SeedFailed(f"{store.path} cannot be written: {error}") from error
    finally:
        store.close()


def _in_order(rows: Any, tokens: dict[str, str]) -> dict[str, str]:
    """As the settings list them, so that table 1 comes first."""
    return {name: tokens[name] for name in settings.the_settings(rows).tables()}


def _first_facts(folder: DemoFolder) -> list[tuple[Operation, tuple[Any, ...]]]:
    text = fill_devices((SAMPLES / "settings.toml").read_text(encoding="utf-8"), folder.devices)
    rules = msgspec.convert(tomllib.loads(text), Settings)
    menu = msgspec.convert(tomllib.loads((SAMPLES / "menu.toml").read_text(encoding="utf-8")), Menu)
    nonce = "".join(secrets.choice(NONCE_LETTERS) for _ in range(5))
    return [
        (administration.found_box, (STORE, BOX, nonce, secrets.token_bytes(32))),
        (administration.import_settings, (rules, _table_tokens(), True)),
        (administration.import_menu, (menu,)),
    ]


def _set_guards(store: Store, guards: bool) -> None:
    """Wide open, or as in a real store; a demo's folder may be started either way."""
    with store.read() as rows:
        rules = settings.the_settings(rows)
    wanted = Guards() if guards else OPEN_GUARDS
    if rules.guards != wanted:
        changed = msgspec.structs.replace(rules, guards=wanted)
        _carry_out(store, [(administration.import_settings, (changed, _table_tokens()))])


def _follow_the_folder(store: Store, folder: DemoFolder) -> None:
    """A folder that was moved or copied took its virtual devices along; the settings still name the former place."""
    with store.read() as rows:
        rules = settings.the_settings(rows)
    printers = [
        msgspec.structs.replace(printer, port=str(folder.devices / Path(printer.port).name))
        if _is_a_demo_device(printer.port)
        else printer
        for printer in rules.printers
    ]
    if printers != rules.printers:
        moved = msgspec.structs.replace(rules, printers=printers)
        _carry_out(store, [(administration.import_settings, (moved, _table_tokens()))])


def _is_a_demo_device(port: str) -> bool:
    """Some demo's `dev/kitchen`; never the machine's own /dev/…, nor a printer on the network."""
    path = Path(port)
    return path.is_absolute() and path.parent.name == "dev" and path.parent != Path("/dev") and path.name in PRINTERS


def _table_tokens() -> Iterator[str]:
    """96 random bits: nobody guesses the sticker of another table."""
    while True:
        yield secrets.token_urlsafe(12)


def _people(passwords: Passwords) -> list[tuple[Operation, tuple[Any, ...]]]:
    from werkzeug.security import generate_password_hash  # 60 ms, paid only by the first start

    password, pin = generate_password_hash(passwords.staff_password), generate_password_hash(passwords.staff_pin)
    return [
        (administration.set_user, (User(STAFF_USER, "manager", password, pin, ""),)),
        (administration.set_program, ("demo", passwords.api_token)),
    ]


def _carry_out(store: Store, wanted: list[tuple[Operation, tuple[Any, ...]]]) -> None:
    """All of them in one transaction: a start that is cut here begins again from nothing."""
    waiting = [store.submit(operation, HOUSE, *arguments) for operation, arguments in wanted]
    Writer(store, Ids()).step(Clock().now())
    for pending in waiting:
        pending.result(0.0)
