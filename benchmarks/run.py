"""Runs every benchmark and writes docs/evidence/benchmarks.md. Takes about half an hour; `--quick` is for a look."""

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
    "idle_cpu",
)  # fmt: skip
EVIDENCE = ROOT / "docs" / "evidence" / "benchmarks.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and nothing is written")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"only these of {', '.join(SCRIPTS)}; nothing is written"
    )
    options = parser.parse_args()
    sections = {}
    for name in options.names or SCRIPTS:
        sections[name] = figures_of(name, options.quick)
        if not options.quick and not options.names:
            EVIDENCE.write_text(page(sections), encoding="utf-8")
    return 0 if all(sections.values()) else 1


def figures_of(name: str, quick: bool) -> list[Figure]:
    """Empty when the script failed; its own words are above."""
    note(f"--- {name}")
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    found = [Figure(**json.loads(line)) for line in done.stdout.splitlines()] if done.returncode == 0 else []
    for figure in found:
        print(figure.line(), flush=True)
    return found


def page(sections: dict[str, list[Figure]]) -> str:
    today = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    lines = [
        "# Benchmarks", "",
        f"{today} · {machine()} · load averages at the end: {load}.", "",
        "Written by `python -m benchmarks.run`. Absolute times move with the neighbours on this machine; hold each",
        "value against what stands beside it, which was measured in the same run, in turns.", "",
    ]  # fmt: skip
    for name, figures in sections.items():
        lines += [f"## `python -m benchmarks.{name}`", ""]
        lines += ["| figure | value | beside it | ratio | goal | met |", "| --- | --- | --- | --- | --- | --- |"]
        lines += [row(figure) for figure in figures] or ["| did not run through | | | | | |"]
        lines.append("")
    return "\n".join(lines)


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
