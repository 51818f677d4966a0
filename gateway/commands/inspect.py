"""`check-config`, `orders`, `jobs`, `outbox`: look at a store without changing it, running or not."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from gateway.clock import Clock
from gateway.commands.reader import say, told
from gateway.config import Wrong, load
from gateway.domain import documents, menu, routing, settings
from gateway.domain.boot_file import Config
from gateway.domain.fault import Fault
from gateway.domain.now import parse_iso
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
        no_store = say(f"还没有数据库 {config.database}", f"no database yet at {config.database}")
        return {"ok": True, "faults": []}, [f"{options.config}: {say('没问题', 'good')}; {no_store}"], 0

    def query(rows: Reader) -> Report:
        rules = kept.settings(rows)
        current = kept.current_menu(rows)
        found = settings.faults(rules) if rules else [Fault("no_settings_yet")]
        if rules and current:
            found += menu.faults(current[1], frozenset(s.id for s in rules.stations))
            found += routing.menu_faults(rules, current[1])
        elif not current:
            found.append(Fault("no_menu_yet"))
        faults = [told(fault) for fault in found]
        of_rules, of_menu = kept.settings_revision(rows), current and current[0]
        revisions = say(f"设置第 {of_rules} 版，菜单第 {of_menu} 版", f"settings revision {of_rules}, menu {of_menu}")
        lines = faults or [f"{options.config}: {say('没问题', 'good')}; {revisions}"]
        return {"ok": not faults, "faults": faults}, lines, 1 if faults else 0

    return _look(config, query)


def list_orders(options: argparse.Namespace) -> Report:
    def query(rows: Reader) -> Report:
        found = [documents.order_document(o) for o in orders.recent(rows, options.limit)]
        local = _local_time(rows)
        lines = [
            f"{local(o['placed_at'])}  {o['number']:<6} {_table(o['table'])} {o['status']:<9} {_kitchen(o['kitchen'])}"
            f" {o['total'] / 100:>9.2f}  {_dishes(o)}"
            for o in found
        ]
        return {"orders": found}, lines or [say("还没有订单", "no orders yet")], 0

    return _look(load(options.config), query)


def list_jobs(options: argparse.Namespace) -> Report:
    def query(rows: Reader) -> Report:
        found = []
        for job in jobs.newest(rows, options.state, options.limit):
            order = orders.load(rows, job.order_id)
            found.append(job_document(job) | {"order": order and order.number, "table": order and order.table})
        local = _local_time(rows)
        lines = [
            f"{local(j['updated_at'])}  {j['order'] or '-':<6} {_table(j['table'])} {j['printer']:<10} "
            f"{say('小票', 'slip')} {j['number']} {say('第 {} 份', 'copy {}').format(j['copy'])}  "
            f"{j['state']:<11} {j['reason']}".rstrip()
            for j in found
        ]
        unknown = any(j["state"] == "UNKNOWN" for j in found)
        return {"jobs": found}, lines or [say("还没有小票", "no print jobs")], 1 if unknown else 0

    return _look(load(options.config), query)


def _local_time(rows: Reader) -> Callable[[str], str]:
    """A kept moment as the store's clock shows it, with its offset, so that nobody reads it as another zone's."""
    rules = kept.settings(rows)
    zone: tzinfo = rules.zone() if rules else UTC
    return lambda moment: parse_iso(moment).astimezone(zone).isoformat(timespec="seconds")


def _table(name: str | None) -> str:
    return _padded(say(f"{name} 桌", f"table {name}") if name else "-", 11)


def _kitchen(step: str) -> str:
    return _padded(say(_STEPS.get(step, step), step), 12)


_STEPS = {
    "waiting": "已收到", "unconfirmed": "未确认", "confirmed": "后厨已见", "started": "在做", "ready": "已出餐",
    "served": "已上菜", "cancelled": "已取消",
}  # fmt: skip


def _dishes(order: dict[str, Any]) -> str:
    language, times = say("zh-Hans", "en"), say("× ", "x ")
    return say("，", ", ").join(f"{line['quantity']}{times}{pick(line['name'], language)}" for line in order["lines"])


def _padded(text: str, columns: int) -> str:
    """A terminal gives a Chinese character two columns."""
    return text + " " * (columns - sum(2 if east_asian_width(c) in "WF" else 1 for c in text))


def outbox(options: argparse.Namespace) -> Report:
    def query(rows: Reader) -> Report:
        state = Uplink().document(rows, Clock().now())
        # Whether the line is up is known only to the running gateway; here only what the rows say.
        wanted = ("epoch", "last_seq", "applied_upto", "pending", "oldest_pending_s", "dead")
        value = {name: state[name] for name in wanted}
        epoch, last, there, pending, oldest, dead = value.values()
        letters = f"{dead} 封死信" if dead else "没有死信"
        line = say(
            f"第 {epoch} 期：{last} 条里云端有 {there} 条，等着 {pending} 条（最久 {oldest} 秒），{letters}",
            f"epoch {epoch}: {there} of {last} at the cloud, {pending} wait (oldest {oldest} s), {dead} dead letters",
        )
        return value, [line], 1 if dead else 0

    return _look(load(options.config), query)


_COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], Report], str]] = {
    "check-config": (check_config, "Check boot file, settings and menu; exit 1 when something is wrong."),
    "orders": (list_orders, "The newest orders."),
    "jobs": (list_jobs, "Print jobs, newest first; exit 1 when one is UNKNOWN."),
    "outbox": (outbox, "What waits for the cloud; exit 1 when there are dead letters."),
}
