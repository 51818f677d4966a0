"""`explain`: why an order stands where it stands, and every step of it. It looks at a store, running or not."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.commands.reader import chinese, say
from gateway.config import Wrong, load
from gateway.domain.now import parse_iso
from gateway.domain.texts import TextMap, pick
from gateway.operations import timeline
from gateway.store import CannotOpen, Reader
from gateway.store import settings as kept
from gateway.store.look import looking

Json = dict[str, Any]


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="gateway explain", description="Why an order stands where it stands; exit 1 when something is in the way."
    )
    parser.add_argument("order", help="its id, its number (the newest), or the code on a slip or label: A031-0041")
    parser.add_argument("--config", required=True, type=Path, help="the boot file")
    parser.add_argument("--json", action="store_true", help="one JSON value for programs")
    options = parser.parse_args(args[1:])
    try:
        with looking(load(options.config).database) as rows:
            found = timeline.explain(rows, Clock().now(), options.order) if kept.settings(rows) else None
            lines = _lines(rows, found) if found else []
    except (Wrong, CannotOpen) as wrong:
        return _wrong_use(str(wrong), options.json)
    if found is None:
        return _wrong_use(say(f"找不到这张单：{options.order}", f"there is no order {options.order}"), options.json)
    print(json.dumps(found, ensure_ascii=False) if options.json else "\n".join(lines))
    return 0 if found["well"] else 1


def _wrong_use(words: str, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"ok": False, "faults": words.splitlines()}, ensure_ascii=False))
    print(f"gateway explain: {words}", file=sys.stderr)
    return 2


def _lines(rows: Reader, found: Json) -> list[str]:
    """The verdict first, then why of each station, then the steps on the store's clock."""
    order = found["order"]
    table = say(f"{order['table']} 桌", f"table {order['table']}") if order["table"] else order["pickup_no"]
    lines = [f"{order['number']}  {table}".rstrip(), _sentence(found["stands"]["words"]), ""]
    for ticket in found["tickets"]:
        name = _said(ticket["name"]) or ticket["station"]
        lines.append(f"{name}  {ticket['slip']}".rstrip())
        lines += [f"  {_mark(cause)} {_sentence(cause['words'])}" for cause in ticket["causes"]]
    lines += [f"{_mark(cause)} {_sentence(cause['words'])}" for cause in found["causes"]]
    lines.append("")
    rules = kept.settings(rows)
    zone = rules.zone() if rules else UTC
    for step in found["steps"]:
        local = parse_iso(step["at"]).astimezone(zone).strftime("%H:%M:%S")
        lines.append(f"{local}  {_sentence(step['words'])}")
    return lines


def _mark(cause: Json) -> str:
    return {"now": "!", "soon": "?"}.get(cause["rank"], "-")


def _said(words: TextMap) -> str:
    return pick(words, "zh-Hans" if chinese() else "en")


def _sentence(words: TextMap) -> str:
    text = _said(words)
    return text[:1].upper() + text[1:]
