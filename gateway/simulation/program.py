"""`gateway simulate`: shifts on a fake clock, with faults. A failing seed prints its story and replays exactly."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial

from gateway.commands.reader import say
from gateway.simulation.shift import MOST_ORDERS, Outcome, make_room, run_seed

PROGRESS_EVERY = 100
"""Seeds: a line about every half minute on a small machine."""


@dataclass
class Tally:
    """What the shifts so far come to."""

    began: float
    shifts: int = 0
    orders: int = 0
    deaths: int = 0
    broken: int = 0
    virtual_s: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.shifts += 1
        self.orders += outcome.orders
        self.deaths += outcome.deaths
        self.broken += bool(outcome.broken)
        self.virtual_s += outcome.seconds

    def progress(self, wanted: int, now: float) -> str:
        rate = self.shifts / max(now - self.began, 0.001)
        left, done = f"{(wanted - self.shifts) / rate:.0f}", self.shifts
        return say(
            f"{done}/{wanted} 个班次，{self.orders} 单，{self.broken} 个出错，每秒 {rate:.1f} 个，还要 {left} 秒",
            f"{done} of {wanted} seeds, {self.orders} orders, {self.broken} broken, {rate:.1f}/s, {left} s to go",
        )

    def timing(self, now: float) -> str:
        """How long it took here: apart from the summary, which is the same for the same seeds anywhere."""
        took = max(now - self.began, 0.001)
        rate = self.shifts / took
        return say(f"用了 {took:.1f} 秒（每秒 {rate:.1f} 个）。", f"It took {took:.1f} s ({rate:.1f} seeds/s).")

    def summary(self, first: int) -> str:
        last, played = first + self.shifts - 1, _lasted(self.virtual_s)
        shifts = f"1 simulated shift (seed {first})"
        if self.shifts > 1:
            shifts = f"{self.shifts} simulated shifts (seeds {first} to {last})"
        told = say(
            f"模拟了 {self.shifts} 个班次（种子 {first} 到 {last}）：{self.orders} 单，断电或崩溃 {self.deaths} 次，"
            f"店里的时间 {played}。",
            f"{shifts}: {self.orders} orders, {self.deaths} crashes and power cuts, {played} of the store's time.",
        )
        return f"{told}\n{self._verdict()}"

    def _verdict(self) -> str:
        if self.broken:
            return say(
                f"有 {self.broken} 个班次没守住承诺，经过在上面。",
                f"{self.broken} broke a promise; the story is above.",
            )
        return say(
            "承诺全部守住：收下的单都在，每道菜到了自己的档口、有凭据，等叫的没人提前做，改动都有人看到或有人去问，"
            "状态不倒退，账都对得上，重打的都写着补打，云端每条各一次、顺序对。",
            "Every promise held: each confirmed order is there, each dish is proven before a cook at its own station "
            "and none before it was fired, every change was seen or somebody was called, no status went backwards, the "
            "ledger balances, every copy says REPRINT, and the cloud has every event once, in order.",
        )


def _lasted(seconds: float) -> str:
    if seconds < 120:
        return say(f"{seconds:.0f} 秒", f"{seconds:.0f} s")
    if seconds < 7200:
        return say(f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min")
    return say(f"{seconds / 3600:.1f} 小时", f"{seconds / 3600:.1f} h")


def main(argv: list[str]) -> int:
    """Exit 0: every invariant held; 1: one did not, its seed is printed."""
    args = _parser().parse_args(argv)
    tally = Tally(time.monotonic())
    for outcome in _outcomes(args):
        tally.add(outcome)
        if args.json:
            print(json.dumps(asdict(outcome), ensure_ascii=False))
        elif outcome.broken:
            _tell(outcome, args.orders)
        if tally.shifts % PROGRESS_EVERY == 0 and tally.shifts < args.seeds:
            print(tally.progress(args.seeds, time.monotonic()), file=sys.stderr, flush=True)
        if outcome.broken and not args.go_on:
            break
    if not args.json:
        print(tally.summary(args.seed), flush=True)
        print(tally.timing(time.monotonic()), file=sys.stderr)
    return 1 if tally.broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--seeds", type=int, default=1, metavar="COUNT", help="how many seeds, one after the other")
    parser.add_argument("--orders", type=int, default=MOST_ORDERS, help=f"at most (default {MOST_ORDERS})")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--verbose", action="store_true", help="tell everything that happens; with one seed")
    parser.add_argument("--go-on", action="store_true", help="run all seeds, also after a broken one")
    parser.add_argument("--json", action="store_true", help="one JSON object a seed")
    return parser


def _outcomes(args: argparse.Namespace) -> Iterator[Outcome]:
    seeds = range(args.seed, args.seed + args.seeds)
    room = make_room()
    try:
        if args.seeds == 1 or args.workers == 1:
            listen = print if args.verbose else None
            yield from (run_seed(seed, args.orders, listen, room) for seed in seeds)
            return
        with multiprocessing.get_context("spawn").Pool(args.workers) as pool:
            yield from pool.imap(partial(run_seed, orders=args.orders, room=room), seeds, chunksize=4)
    finally:
        # Also after a broken seed, when the other workers were ended in the middle of theirs.
        shutil.rmtree(room, ignore_errors=True)


def _tell(outcome: Outcome, orders: int) -> None:
    print(f"seed {outcome.seed} is broken at step {outcome.steps}, {outcome.seconds:.3f} s into the shift:")
    print(f"  {outcome.broken}\n")
    for line in outcome.last:
        print(f"  {line}")
    again = f"gateway simulate --seed {outcome.seed}" + (f" --orders {orders}" if orders != MOST_ORDERS else "")
    print(f"\nagain, with everything that happened: {again} --verbose", file=sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
