"""`firmware-bridge doctor --printer PORT`: probe a printer without a store, and write a report that can be sent in.

It is for a printer that nobody drives: while the bridge runs the printers page does the same. The report names neither
this machine nor anybody: a port is told by its kind, since stable names hold serial numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import secrets
import select
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from firmware_bridge.config import BAUDS
from firmware_bridge.errors import PortError
from firmware_bridge.escpos import load_bar_codes
from firmware_bridge.ports.opening import open_port, problems_of_port
from firmware_bridge.ports.serial_port import FLOWS
from firmware_bridge.ports.tcp_port import SCHEME
from firmware_bridge.ports.usb_port import is_usb_file
from firmware_bridge.printer_probe import PrinterProbe, random_marks
from firmware_bridge.probe_findings import findings
from firmware_bridge.probe_slip import probe_slip
from firmware_bridge.profiles import PROFILES
from gateway.contract.findings import Findings, lines
from gateway.contract.findings_words import LETTERS, TITLES

REPORT = 1
"""The number of the report's form."""
NARROWEST, WIDEST = 24, 72
_SERIAL = re.compile(r"(?=(?:[A-Za-z]*\d){5})[0-9A-Za-z]{9,}")
"""What may be a serial number in what a printer says: nine signs or more, five of them figures. No model is so long."""

BUSY = {
    "zh": "{} 正被别的程序占用，多半是 firmware-bridge。先停掉它（systemctl stop），或者在打印机页面上按“检测”",
    "en": "{} is held by another program, most likely the bridge. Stop the bridge, or use Probe on the printers page",
}
GONE = {
    "zh": "打不开 {}：{}。看看名字和接线（网络打印机写 socket://地址:9100）；店里的设备桥正在用的话先停掉它，或者用打印机页面",
    "en": "{} cannot be opened: {}. Look at its name and its cable (a network printer is socket://HOST:9100). If the "
    "bridge drives it now, stop that or use the printers page",
}


@dataclass(frozen=True)
class Wanted:
    port: str
    baud: int
    flow: str
    columns: int
    model: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--printer", required=True, metavar="PORT", help="/dev/..., socket://HOST:9100 or usb:PATH")
    parser.add_argument("--baud", type=int, default=19200, choices=BAUDS, metavar="N", help="of a serial line (19200)")
    parser.add_argument("--flow", default=FLOWS[0], choices=FLOWS, help="of a serial line (none)")
    parser.add_argument("--columns", type=int, default=48, metavar="N", help="letters on a line: 48, 42 or 32 (48)")
    parser.add_argument("--model", default="", choices=["", *PROFILES], metavar="NAME", help=", ".join(PROFILES))
    parser.add_argument("--out", type=Path, default=Path("printer-report.json"), metavar="FILE",
                        help="the report, with the same as text beside it (printer-report.json, .txt)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Exit code: 0 the printer proved its slip, 1 it did not, 2 wrong use, also of a port that another program has."""
    wanted = Wanted(arguments.printer, arguments.baud, arguments.flow, arguments.columns, arguments.model)
    problems = problems_of_port(wanted.port, {"flow": wanted.flow})
    if not NARROWEST <= wanted.columns <= WIDEST:
        problems.append(f"columns {wanted.columns} is not between {NARROWEST} and {WIDEST}")
    for problem in problems:
        print(f"firmware-bridge doctor: {problem}", file=sys.stderr)
    if problems:
        return 2
    language: Literal["zh", "en"] = "zh" if _chinese() else "en"
    try:
        probe = _converse(wanted)
    except PortError as error:
        busy = error.reason == "port_busy"
        words = BUSY[language].format(wanted.port) if busy else GONE[language].format(wanted.port, error.detail)
        print(f"firmware-bridge doctor: {words}", file=sys.stderr)
        return 2 if busy else 1
    if probe.refused:
        print(f"firmware-bridge doctor: {TITLES[probe.refused][language == 'en']}", file=sys.stderr)
    found = without_numbers(findings(probe, {}, wanted.columns, wanted.model))
    report = report_of(found, wanted)
    text = arguments.out.with_suffix(".txt")
    try:
        arguments.out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        text.write_text(_as_text(found, report), encoding="utf-8")
    except OSError as error:
        print(f"firmware-bridge doctor: {error}", file=sys.stderr)
        return 2
    try:
        print("\n".join([*lines(found, language), "", f"{arguments.out} {text}"]), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `doctor | head`: whoever read has enough
    return 0 if found.printed else 1


def _converse(wanted: Wanted, clock: Callable[[], float] = time.monotonic) -> PrinterProbe:
    """Raises PortError where the line cannot be opened or is lost."""
    slip = probe_slip(wanted.columns, load_bar_codes())
    line = open_port(wanted.port, wanted.baud, wanted.flow)
    try:
        probe = PrinterProbe(wanted.baud, slip, random_marks(secrets.randbits), clock())
        while not probe.ended:
            data = line.read()
            if data:
                probe.receive(data, clock())
            wish = probe.step(clock())
            waiting = probe.outgoing()
            count = line.write(waiting) if waiting else 0
            if count:
                probe.sent(count, clock())
            elif not data and not probe.ended:
                poll = select.poll()
                poll.register(line.fileno(), select.POLLIN | (select.POLLOUT if waiting else 0))
                poll.poll(max(0.0, wish - clock()) * 1000)
        return probe
    finally:
        line.close()


def report_of(found: Findings, wanted: Wanted) -> dict[str, Any]:
    """What can be sent in: no name of a machine, a person, a port or an address."""
    kind = "network" if wanted.port.startswith(SCHEME) else "usb" if is_usb_file(wanted.port) else "serial"
    line: dict[str, Any] = {"kind": kind, "columns": wanted.columns}
    if kind == "serial":
        line |= {"baud": wanted.baud, "flow": wanted.flow, "frame": "8N1"}
    return {
        "report": REPORT,
        "program": {"tablepass": _version(), "python": platform.python_version()},
        "system": {"name": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "line": line,
        "printer": {"maker_and_model": "", "bought_as": "", "firmware_on_self_test": "", "dip_switches": ""},
        "model_as_asked": wanted.model,
        "findings": msgspec.to_builtins(found),
        "questions": [
            {"letter": letter, "zh": LETTERS[letter][0], "en": LETTERS[letter][1], "answer": ""}
            for letter in found.letters
        ],
    }


def masked(said: str) -> str:
    """A name, with stars in what may be a serial number."""
    return _SERIAL.sub(lambda found: found[0][:3] + "*" * (len(found[0]) - 3), said)


def without_numbers(found: Findings) -> Findings:
    """The findings with every such number masked, in the bytes too."""
    exchange = found.exchange
    for text in found.said.values():
        raw, shown = text.encode("ascii").hex(), masked(text).encode("ascii").hex()
        exchange = [(at, way, data.replace(raw, shown)) for at, way, data in exchange]
    said = {name: masked(text) for name, text in found.said.items()}
    return msgspec.structs.replace(found, said=said, exchange=exchange)


def _as_text(found: Findings, report: dict[str, Any]) -> str:
    about = json.dumps({name: report[name] for name in ("program", "system", "line")}, ensure_ascii=False)
    parts = [about, "", *lines(found, "zh", letters=False), "", *lines(found, "en", letters=False), ""]
    for question in report["questions"]:
        parts += [f"{question['letter']}: {question['zh']}", f"   {question['en']}", "   -> "]
    parts += ["", *(f"{at:6d} ms {way} {data}" for at, way, data in found.exchange)]
    return "\n".join(parts) + "\n"


def _version() -> str:
    from firmware_bridge.assembly import VERSION  # the whole bridge, for a number: only when a report is written

    return VERSION


def _chinese() -> bool:
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return locale.lower().startswith("zh")
