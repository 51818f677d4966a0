"""Runs every benchmark and writes docs/evidence/benchmarks.md. Takes about half an hour; `--quick` is for a look.

`--record` with names measures only these and puts them in the place of their former figures.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import Figure, note, number
from benchmarks.shop import ROOT

SCRIPTS = (
    "orders_per_second", "place_order_cpu", "print_latency", "drain", "memory", "cold_start", "bytes_written",
    "idle_cpu", "render_slip", "ledger_watch", "twenty_devices", "order_to_card", "screen_speed", "kitchen_day",
    "simulated_shifts",
)  # fmt: skip
EVIDENCE = ROOT / "docs" / "evidence" / "benchmarks.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and nothing is written")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"only these of {', '.join(SCRIPTS)}; nothing is written"
    )
    parser.add_argument("--record", action="store_true", help="with names: these go into the page, the rest stays")
    options = parser.parse_args()
    kept = sections_of(EVIDENCE.read_text(encoding="utf-8")) if options.record else {}
    well = True
    for name in options.names or SCRIPTS:
        figures = figures_of(name, options.quick)
        well = well and bool(figures)
        kept[name] = section(name, figures)
        if not options.quick and (options.record or not options.names):
            ordered = [kept[one] for one in SCRIPTS if one in kept]
            EVIDENCE.write_text("\n".join([HEAD, *ordered]), encoding="utf-8")
    return 0 if well else 1


def figures_of(name: str, quick: bool) -> list[Figure]:
    """Empty when the script failed; its own words are above."""
    note(f"--- {name}")
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    found = [Figure(**json.loads(line)) for line in done.stdout.splitlines()] if done.returncode == 0 else []
    for figure in found:
        print(figure.line(), flush=True)
    return found


HEAD = """# Benchmarks

Written by `python -m benchmarks.run`. Absolute times move with the neighbours on this machine, by half within an hour;
hold each value against what stands beside it, which was measured in the same run, in turns.
"""


def section(name: str, figures: list[Figure]) -> str:
    today = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    lines = [
        f"## `python -m benchmarks.{name}`", "",
        f"{today}, commit {commit()} · {machine()} · load averages at the end: {load}.", "",
        "| figure | value | beside it | ratio | goal | met |", "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    lines += [row(figure) for figure in figures] or ["| did not run through | | | | | |"]
    return "\n".join([*lines, ""])


def sections_of(page: str) -> dict[str, str]:
    """The page's sections as they stand, by the script's name."""
    found = {}
    for part in page.split("## `python -m benchmarks.")[1:]:
        name, _, _ = part.partition("`")
        found[name] = f"## `python -m benchmarks.{part.rstrip()}\n"
    return found


def commit() -> str:
    asked = ["git", "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True).stdout.strip() or "unknown"


def row(figure: Figure) -> str:
    met = {True: "yes", False: "**no**", None: ""}[figure.met]
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
    return (
        f"| {figure.name} | {number(figure.value)} {figure.unit} | {figure.beside} | {ratio} | {figure.goal} | {met} |"
    )


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in info if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, Python {platform.python_version()}"


if __name__ == "__main__":
    raise SystemExit(main())
