"""One figure, one line: its value, what it is held against in the same run, the goal, and whether it is met."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """`beside` names the peer or limit of the same run, `ratio` is value / peer. Without a `goal` it is only told."""

    name: str
    value: float
    unit: str
    beside: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def line(self) -> str:
        parts = [f"{self.name}: {number(self.value)} {self.unit}".rstrip()]
        if self.beside:
            parts.append(f"beside {self.beside}")
        if self.ratio is not None:
            parts.append(f"ratio {self.ratio:.2f}")
        if self.goal:
            parts.append(f"goal {self.goal}: {'met' if self.met else 'NOT met'}")
        return " · ".join(parts)


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; the largest for few of them."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def note(text: str) -> None:
    """What happens meanwhile, for the person who waits; figures alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


def main(about: str, measure: Callable[[bool], Iterator[Figure]]) -> int:
    """Runs one script. `measure(quick)` yields its figures; quick has fewer rounds, for a look while working."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: for a look, not for the record")
    parser.add_argument("--hold", action="store_true", help="measure a goal that is missed once more, then end with 1")
    options = parser.parse_args()

    def run() -> set[str]:
        missed = set()
        for figure in measure(options.quick):
            print(json.dumps(asdict(figure), ensure_ascii=False) if options.json else figure.line(), flush=True)
            if figure.met is False:
                missed.add(figure.name)
        return missed

    return 1 if (missed := run()) and options.hold and missed & run() else 0
