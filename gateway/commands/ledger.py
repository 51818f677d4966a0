"""`ledger`: whether every dish that was accepted is accounted for. It looks at a store, running or not."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.commands.reader import chinese, say
from gateway.config import Wrong, load
from gateway.domain.errors import Refused
from gateway.operations import ledger, ledger_slip
from gateway.store import CannotOpen
from gateway.store import settings as kept
from gateway.store.look import looking

Json = dict[str, Any]


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="gateway ledger",
        description="Whether every dish that was accepted is accounted for; exit 1 when one is not.",
    )
    parser.add_argument("--config", required=True, type=Path, help="the boot file")
    parser.add_argument("--day", default="", help="a business day, such as 2026-11-23; without it the open one")
    parser.add_argument("--json", action="store_true", help="one JSON value for programs")
    options = parser.parse_args(args[1:])
    try:
        with looking(load(options.config).database) as rows:
            if kept.settings(rows) is None:
                return _wrong_use(say("这家店还没有设置", "this store has no settings yet"), options.json)
            found = ledger.proof(rows, Clock().now(), options.day)
    except (Wrong, CannotOpen) as wrong:
        return _wrong_use(str(wrong), options.json)
    except Refused:
        day = options.day
        return _wrong_use(say(f"没有这个营业日：{day}", f"there is no business day {day}"), options.json)
    print(json.dumps(found, ensure_ascii=False) if options.json else "\n".join(_lines(found)))
    return 0 if found["balanced"] else 1


def _wrong_use(words: str, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"ok": False, "faults": words.splitlines()}, ensure_ascii=False))
    print(f"gateway ledger: {words}", file=sys.stderr)
    return 2


def _lines(found: Json) -> list[str]:
    """As on paper: the verdict first."""
    lines: list[str] = []
    for section in ledger_slip.sections(found, "zh-Hans" if chinese() else "en"):
        lines += [section.title]
        lines += [f"  {one.name}" if one.count is None else f"  {one.count:>5}  {one.name}" for one in section.figures]
    return lines
