"""`menu import|export FILE` and `settings import|export FILE`: revisions in and out, as TOML.

An import is one operation on the store; a running gateway notices within a second.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from gateway.assembly import open_store, random_tokens
from gateway.clock import Clock
from gateway.config import Wrong, load
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings
from gateway.ids import Ids
from gateway.operations import administration
from gateway.store import CannotOpen, NotDone, Store
from gateway.store import settings as kept
from gateway.store.writer import Writer

KINDS: dict[str, Any] = {"menu": Menu, "settings": Settings}


def main(args: list[str]) -> int:
    what = args[0]
    parser = argparse.ArgumentParser(prog=f"gateway {what}", description=f"Import or export the {what} as TOML.")
    parser.add_argument("direction", choices=("import", "export"))
    parser.add_argument("file", type=Path, help="a TOML file; - for standard output on export")
    parser.add_argument("--config", required=True, type=Path, help="the boot file")
    parser.add_argument("--json", action="store_true", help="the result as one JSON value")
    options = parser.parse_args(args[1:])
    try:
        store = open_store(load(options.config))
    except (Wrong, CannotOpen) as wrong:
        print(f"gateway {what}: {wrong}", file=sys.stderr)
        return 2
    try:
        if options.direction == "import":
            return _import(what, options, store)
        return _export(what, options, store)
    finally:
        store.close()


def _import(what: str, options: argparse.Namespace, store: Store) -> int:
    try:
        raw = tomllib.loads(options.file.read_text(encoding="utf-8-sig"))
        new = msgspec.convert(raw, KINDS[what])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        return _say(options, 1, [f"{options.file}: {error}"])
    actor = Actor("staff", os.environ.get("USER", ""), "command line")
    if what == "menu":
        pending = store.submit(administration.import_menu, actor, new)
    else:
        pending = store.submit(administration.import_settings, actor, new, random_tokens())
    Writer(store, Ids()).step(Clock().now())
    try:
        revision = pending.result(0)
    except Refused as refused:
        return _say(options, 1, [f"{options.file}: {fault}" for fault in refused.detail.get("faults", [refused.code])])
    except NotDone as not_done:
        return _say(options, 1, [f"not imported: {not_done.reason}"])
    return _say(options, 0, [], revision)


def _say(options: argparse.Namespace, code: int, faults: list[str], revision: int = 0) -> int:
    if options.json:
        print(json.dumps({"ok": code == 0, "faults": faults, "revision": revision or None}, ensure_ascii=False))
    elif code == 0:
        print(f"revision {revision}")
    for fault in faults:
        print(fault, file=sys.stderr)
    return code


def _export(what: str, options: argparse.Namespace, store: Store) -> int:
    with store.read() as rows:
        current = kept.current_menu(rows)
        value: Any = (current[1] if current else None) if what == "menu" else kept.settings(rows)
    if value is None:
        return _say(options, 1, [f"no {what} has been imported"])
    text = as_toml(msgspec.to_builtins(value))
    if str(options.file) == "-":
        sys.stdout.write(text)
    else:
        options.file.write_text(text, encoding="utf-8")
    return 0


def as_toml(value: dict[str, Any], path: str = "") -> str:
    """A menu or settings as TOML that a person can edit: plain keys first, then tables."""
    plain = {k: v for k, v in value.items() if not _is_tables(v)}
    lines = [f"{_key(k)} = {_inline(v)}" for k, v in plain.items() if v is not None]
    parts = ["\n".join(lines) + "\n" if lines else ""]
    for key, rows in value.items():
        if _is_tables(rows):
            name = f"{path}{_key(key)}"
            parts += [f"\n[[{name}]]\n{as_toml(row, f'{name}.')}" for row in rows]
    return "".join(parts)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else _inline(key)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(v) for v in value) + "]"
    # JSON's strings, numbers and booleans are TOML's too, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
