"""`check-config`, `orders`, `jobs`, `outbox`: look at a store without changing it, running or not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.config import Wrong, load
from gateway.domain import documents, menu, settings
from gateway.domain.boot_file import Config
from gateway.domain.texts import pick
from gateway.operations.uplink import Uplink
from gateway.store import CannotOpen, Reader, jobs, orders
from gateway.store import settings as kept
from gateway.store.look import looking
from gateway.web.views import job_document

Report = tuple[Any, list[str], int]
"""(for programs, lines for people, exit code)."""


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"gateway {args[0]}", description=_COMMANDS[args[0]][1])
    parser.add_argument("--config", required=True, type=Path, help="the boot file")
    parser.add_argument("--json", action="store_true", help="one JSON value for programs")
    if args[0] in ("orders", "jobs"):
        parser.add_argument("--limit", type=int, default=50, help="at most this many (50)")
    if args[0] == "jobs":
        parser.add_argument("--state", help="only jobs in this state, such as UNKNOWN")
    options = parser.parse_args(args[1:])
    try:
        value, lines, code = _COMMANDS[args[0]][0](options)
    except (Wrong, CannotOpen) as wrong:
        if options.json:
            print(json.dumps({"ok": False, "faults": str(wrong).splitlines()}, ensure_ascii=False))
        print(f"gateway {args[0]}: {wrong}", file=sys.stderr)
        return 1 if args[0] == "check-config" else 2
    print(json.dumps(value, ensure_ascii=False) if options.json else "\n".join(lines))
    return code


def _look(config: Config, query: Callable[[Reader], Report]) -> Report:
    with looking(config.database) as rows:
        return query(rows)


def check_config(options: argparse.Namespace) -> Report:
    config = load(options.config)
    if not config.database.exists():
        lines = [f"{options.config}: good; no database yet at {config.database}"]
        return {"ok": True, "faults": []}, lines, 0

    def query(rows: Reader) -> Report:
        rules = kept.settings(rows)
        current = kept.current_menu(rows)
        faults = settings.faults(rules) if rules else ["no settings have been imported"]
        if rules and current:
            faults += menu.faults(current[1], frozenset(s.id for s in rules.stations))
        elif not current:
            faults.append("no menu has been imported")
        good = f"{options.config}: good; settings revision {kept.settings_revision(rows)}"
        lines = faults or [f"{good}, menu {current and current[0]}"]
        return {"ok": not faults, "faults": faults}, lines, 1 if faults else 0

    return _look(config, query)


def list_orders(options: argparse.Namespace) -> Report:
    def query(rows: Reader) -> Report:
        found = [documents.order_document(o) for o in orders.recent(rows, options.limit)]
        lines = [
            f"{o['placed_at'][:19]}  {o['number']:<6} table {o['table'] or '-':<5} {o['status']:<9} {o['kitchen']:<12}"
            f" {o['total'] / 100:>9.2f}  "
            + ", ".join(f"{line['quantity']}x {pick(line['name'], 'en')}" for line in o["lines"])
            for o in found
        ]
        return {"orders": found}, lines or ["no orders yet"], 0

    return _look(load(options.config), query)


def list_jobs(options: argparse.Namespace) -> Report:
    def query(rows: Reader) -> Report:
        found = [job_document(job) for job in jobs.newest(rows, options.state, options.limit)]
        lines = [
            f"{j['updated_at'][:19]}  {j['printer']:<10} slip {j['number']} copy {j['copy']}  "
            f"{j['state']:<11} {j['reason']}"
            for j in found
        ]
        return {"jobs": found}, lines or ["no print jobs"], 1 if any(j["state"] == "UNKNOWN" for j in found) else 0

    return _look(load(options.config), query)


def outbox(options: argparse.Namespace) -> Report:
    def query(rows: Reader) -> Report:
        state = Uplink().document(rows, Clock().now())
        # Whether the line is up is known only to the running gateway; here only what the rows say.
        wanted = ("epoch", "last_seq", "applied_upto", "pending", "oldest_pending_s", "dead")
        value = {name: state[name] for name in wanted}
        lines = [
            f"epoch {value['epoch']}: {value['applied_upto']} of {value['last_seq']} at the cloud, {value['pending']}"
            f" wait (oldest {value['oldest_pending_s']} s), {value['dead']} dead letters"
        ]
        return value, lines, 1 if value["dead"] else 0

    return _look(load(options.config), query)


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], Report], str]] = {
    "check-config": (check_config, "Check boot file, settings and menu; exit 1 when something is wrong."),
    "orders": (list_orders, "The newest orders."),
    "jobs": (list_jobs, "Print jobs, newest first; exit 1 when one is UNKNOWN."),
    "outbox": (outbox, "What waits for the cloud; exit 1 when there are dead letters."),
}
