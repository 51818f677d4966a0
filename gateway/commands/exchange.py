"""`menu import|export FILE` and `settings import|export FILE`: revisions in and out, as TOML.

An import is one operation on the store; a running gateway notices within a second. An export only looks.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from gateway.assembly import open_store, random_tokens
from gateway.clock import Clock
from gateway.commands.file_faults import faults_of, read_toml
from gateway.commands.reader import say, told
from gateway.config import Wrong, load
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.fault import Fault
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings
from gateway.ids import Ids
from gateway.operations import administration
from gateway.store import CannotOpen, NotDone, Reader, Store
from gateway.store import settings as kept
from gateway.store.look import looking
from gateway.store.writer import Writer

KINDS: dict[str, Any] = {"menu": Menu, "settings": Settings}


def main(args: list[str]) -> int:
    what = args[0]
    parser = argparse.ArgumentParser(prog=f"gateway {what}", description=f"Import or export the {what} as TOML.")
    parser.add_argument("direction", choices=("import", "export"))
    parser.add_argument("file", type=Path, help="a TOML file; - for standard output on export")
    parser.add_argument("--config", required=True, type=Path, help="the boot file")
    parser.add_argument("--json", action="store_true", help="the result as one JSON value")
    if what == "settings":
        parser.add_argument(
            "--force", action="store_true",
            help="also when a station goes that has open tickets: they end as if you had bumped them",
        )  # fmt: skip
    options = parser.parse_args(args[1:])
    try:
        config = load(options.config)
        if options.direction == "export":
            with looking(config.database) as rows:
                return _export(what, options, rows)
        store = open_store(config)
    except (Wrong, CannotOpen) as wrong:
        print(f"gateway {what}: {wrong}", file=sys.stderr)
        return 2
    try:
        return _import(what, options, store)
    finally:
        store.close()


def _import(what: str, options: argparse.Namespace, store: Store) -> int:
    new, faults = _read(options.file, KINDS[what])
    if faults:
        return _refuse(options, faults)
    actor = Actor("staff", os.environ.get("USER", ""), "command line")
    if what == "menu":
        pending = store.submit(administration.import_menu, actor, new)
    else:
        pending = store.submit(administration.import_settings, actor, new, random_tokens(), False, options.force)
    Writer(store, Ids()).step(Clock().now())
    try:
        revision = pending.result(0)
    except Refused as refused:
        return _refuse(options, refused.detail.get("faults") or [Fault("refused", (), {"code": refused.code})])
    except NotDone as not_done:
        return _refuse(options, [Fault("not_stored", (), {"reason": not_done.reason})])
    if options.json:
        print(json.dumps({"ok": True, "faults": [], "revision": revision}))
    else:
        print(_summary(new, revision))
    return 0


def _read(path: Path, kind: Any) -> tuple[Any, list[Fault]]:
    """The file as this kind, or every fault in it."""
    raw, text, faults = read_toml(path)
    faults = faults or faults_of(raw, kind, text)
    return (None, faults) if faults else (msgspec.convert(raw, kind), [])


def _refuse(options: argparse.Namespace, faults: list[Fault]) -> int:
    """Each fault with its file; then that nothing has changed, for whoever has a full house."""
    named = [f"{options.file}: {told(fault)}" for fault in faults]
    if options.json:
        print(json.dumps({"ok": False, "faults": named, "revision": None}, ensure_ascii=False))
    for fault in named:
        print(fault, file=sys.stderr)
    print(say("没有导入，原来的照用。", "Nothing was imported; what was there goes on."), file=sys.stderr)
    return 1


def _summary(new: Menu | Settings, revision: int) -> str:
    soon = say("正在运行的点单盒一秒内就用上。", "A running gateway takes it up within a second.")
    if isinstance(new, Menu):
        items, categories = len(new.items), len(new.categories)
        zh = f"菜单已导入，第 {revision} 版：{categories} 类 {items} 道菜。{soon}"
        return say(zh, f"Menu imported, revision {revision}: {items} items in {categories} categories. {soon}")
    stations, printers, tables = len(new.stations), len(new.printers), len(new.tables())
    return say(
        f"设置已导入，第 {revision} 版：{stations} 个档口，{printers} 台打印机，{tables} 张桌。{soon}",
        f"Settings imported, revision {revision}: {stations} stations, {printers} printers, {tables} tables. {soon}",
    )


def _export(what: str, options: argparse.Namespace, rows: Reader) -> int:
    current = kept.current_menu(rows)
    value: Any = (current[1] if current else None) if what == "menu" else kept.settings(rows)
    if value is None:
        words = told(Fault(f"no_{what}_yet"))
        if options.json:
            print(json.dumps({"ok": False, "faults": [words], "revision": None}, ensure_ascii=False))
        print(words, file=sys.stderr)
        return 1
    # An empty list would close its name: a block that somebody adds below could not be read any more.
    optional = {each.name for each in msgspec.structs.fields(value) if not each.required}
    plain = {k: v for k, v in msgspec.to_builtins(value).items() if v != [] or k not in optional}
    for station in plain.get("stations", []):
        if not station["areas"]:
            del station["areas"]
    text = as_toml(plain)
    if str(options.file) == "-":
        sys.stdout.write(text)
    else:
        options.file.write_text(text, encoding="utf-8")
        print(say(f"已写到 {options.file}", f"written to {options.file}"))
    return 0


def as_toml(value: dict[str, Any], path: str = "") -> str:
    """A menu or settings as TOML that a person can edit: plain keys first, then tables."""
    tables = {} if path else {k: v for k, v in value.items() if _is_table(v)}
    plain = {k: v for k, v in value.items() if not (_is_tables(v) or k in tables)}
    lines = [f"{_key(k)} = {_inline(v)}" for k, v in plain.items() if v is not None]
    parts = ["\n".join(lines) + "\n" if lines else ""]
    parts += [f"\n[{_key(k)}]\n{as_toml(v, f'{_key(k)}.')}" for k, v in tables.items()]
    for key, rows in value.items():
        if _is_tables(rows):
            name = f"{path}{_key(key)}"
            parts += [f"\n[[{name}]]\n{as_toml(row, f'{name}.')}" for row in rows]
    return "".join(parts)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _is_table(value: Any) -> bool:
    """Settings of one thing, such as the guards; a map of texts stays on its line."""
    return isinstance(value, dict) and any(not isinstance(each, str) for each in value.values())


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else _inline(key)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(v) for v in value) + "]"
    # JSON's strings, numbers and booleans are TOML's too, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
