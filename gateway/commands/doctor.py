"""`doctor`: what the newest probe of each printer found out, in words. The gateway touches no port: whoever has a
printer and no store asks `firmware-bridge doctor --printer PORT`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from gateway.commands.reader import chinese, say
from gateway.config import Wrong, load
from gateway.contract.findings import Findings, lines
from gateway.domain.inquiry import Inquiry
from gateway.store import CannotOpen, Reader, inquiries
from gateway.store import settings as kept
from gateway.store.look import looking

PORT_SIGNS = ("/", ":")
"""No name of a printer holds one; every port does."""


def main(args: list[str]) -> int:
    """Exit code: 0 every printer asked about has proven its probe's slip and fits its settings, 1 one has not or was
    never probed, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="gateway doctor", description=__doc__)
    parser.add_argument("--config", type=Path, help="the boot file")
    parser.add_argument("--printer", default="", metavar="NAME", help="only this one")
    parser.add_argument("--json", action="store_true", help="one JSON value for programs")
    options = parser.parse_args(args[1:])
    if any(sign in options.printer for sign in PORT_SIGNS):
        command = f"firmware-bridge doctor --printer {options.printer}"
        print(say(f"端口要问：{command}", f"a port is asked by: {command}"), file=sys.stderr)
        return 2
    if options.config is None:
        parser.error("--config is missing")
    try:
        with looking(load(options.config).database) as rows:
            return _tell(rows, options)
    except (Wrong, CannotOpen) as wrong:
        print(f"gateway doctor: {wrong}", file=sys.stderr)
        return 2


def _tell(rows: Reader, options: argparse.Namespace) -> int:
    rules = kept.settings(rows)
    names = [printer.id for printer in rules.printers] if rules else []
    labels = {printer.id for printer in rules.printers if printer.label_size} if rules else set()
    if options.printer and options.printer not in names:
        known = ", ".join(names) or "-"
        unknown = say(f"没有打印机 {options.printer}；有 {known}", f"no printer {options.printer}; there are {known}")
        print(f"gateway doctor: {unknown}", file=sys.stderr)
        return 2
    value: dict[str, Any] = {}
    told: list[str] = []
    well = True
    for name in [options.printer] if options.printer else names:
        if name in labels:
            value[name] = None
            told.append(f"{name}  {say('标签打印机，不用检测', 'a label printer; there is no probe of these')}")
            continue
        probe = inquiries.newest(rows, "probe", name)
        found = _findings(probe)
        well = well and found is not None and found.printed and not found.disagrees
        value[name] = probe and {"at": probe.asked_at, "findings": msgspec.json.decode(probe.answer)}
        told += [f"{name}  {probe.asked_at}" if probe else name, *(f"  {line}" for line in _words(found))]
    print(json.dumps({"ok": well, "printers": value}, ensure_ascii=False) if options.json else "\n".join(told))
    return 0 if well else 1


def _findings(probe: Inquiry | None) -> Findings | None:
    """None too where another version of the bridge wrote what this one cannot read."""
    try:
        return msgspec.json.decode(probe.answer, type=Findings) if probe else None
    except msgspec.ValidationError:
        return None


def _words(found: Findings | None) -> list[str]:
    if found is None:
        return [say(
            "还没有检测过；在打印机页面上按“检测”", "never probed; tap Probe on the printers page",
        )]  # fmt: skip
    return lines(found, "zh" if chinese() else "en")
