"""`user`: who may log in, and in which language pages and refusals speak to them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from gateway.assembly import open_store
from gateway.clock import Clock
from gateway.commands.reader import say
from gateway.config import Wrong, load
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.ids import Ids
from gateway.operations import administration
from gateway.store import CannotOpen, NotDone, people
from gateway.store.look import looking
from gateway.store.writer import Writer

CHOICES = ("zh-Hans", "en", "device")


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="gateway user", description="Who may log in, and in which language pages speak to them."
    )
    parser.add_argument("name", nargs="?", default="", help="of one person; without it all are listed")
    parser.add_argument("--language", choices=CHOICES, help="from now on; `device`: as the browser says")
    parser.add_argument("--config", required=True, type=Path, help="the boot file")
    parser.add_argument("--json", action="store_true", help="one JSON value for programs")
    options = parser.parse_args(args[1:])
    if options.language and not options.name:
        parser.error(say("要写明是谁", "name the person"))
    try:
        database = load(options.config).database
        with looking(database) as rows:
            known = [user.name for user in people.users(rows)]
        if options.name and options.name not in known:
            there = ", ".join(known)
            return _fail(options, say(f"没有这个人，有：{there}", f"there is no such person; there are: {there}"), 1)
        if options.language and (reason := _set(options)):
            return _fail(options, say(f"没有改：{reason}", f"nothing was changed: {reason}"), 1)
        with looking(database) as rows:
            found = [user for user in people.users(rows) if options.name in ("", user.name)]
    except (Wrong, CannotOpen) as wrong:
        return _fail(options, str(wrong), 2)
    if options.json:
        print(json.dumps([{"name": u.name, "role": u.role, "language": u.language} for u in found], ensure_ascii=False))
    else:
        for user in found:
            print(f"{user.name}  {user.role}  {user.language or say('随设备', 'as the device says')}")
    return 0


def _set(options: argparse.Namespace) -> str:
    """Why it could not be stored; "" when it is."""
    store = open_store(load(options.config))
    try:
        actor = Actor("staff", os.environ.get("USER", ""), "command line")
        language = "" if options.language == "device" else options.language
        pending = store.submit(administration.set_language, actor, options.name, language)
        Writer(store, Ids()).step(Clock().now())
        pending.result(0)
    except Refused as refused:
        return refused.code
    except NotDone as not_done:
        return not_done.reason
    finally:
        store.close()
    return ""


def _fail(options: argparse.Namespace, words: str, code: int) -> int:
    if options.json:
        print(json.dumps({"ok": False, "faults": words.splitlines()}, ensure_ascii=False))
    print(f"gateway user: {words}", file=sys.stderr)
    return code
