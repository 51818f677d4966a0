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
from dataclasses import asdict
from functools import partial

from gateway.simulation.shift import MOST_ORDERS, Outcome, make_room, run_seed


def main(argv: list[str]) -> int:
    """Exit 0: every invariant held; 1: one did not, its seed is printed."""
    args = _parser().parse_args(argv)
    began = time.monotonic()
    failed = count = orders = 0
    for outcome in _outcomes(args):
        count += 1
        orders += outcome.orders
        failed += bool(outcome.broken)
        if args.json:
            print(json.dumps(asdict(outcome), ensure_ascii=False))
        elif outcome.broken:
            _tell(outcome, args.orders)
        if outcome.broken and not args.go_on:
            break
    took = time.monotonic() - began
    if not args.json:
        print(f"{count} seeds, {orders} orders, {failed} broken, {took:.1f} s, {count / took:.1f} seeds/s")
    return 1 if failed else 0


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
