"""A backlog of 20,000 events to the cloud: events a second, and what a guest notices of it."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator

from benchmarks.backlog import fill
from benchmarks.figures import Figure, main, median, note, quantile
from benchmarks.phones import order_together
from benchmarks.shop import Shop

BACKLOG = 20_000
LONG_BACKLOG = 200_000
"""So that the drain lasts longer than the measurement of the guests beside it."""

PHONES = 8
ORDERS_PER_S = 20.0
"""A very full store; the two cores of this machine carry phones and cloud beside it."""


def measure(quick: bool) -> Iterator[Figure]:
    rounds = 3 if quick else 5
    with Shop() as shop:
        shop.seed()
        fill(shop, BACKLOG)
        shop.keep()
        rates: tuple[list[float], list[float]] = ([], [])
        for n in range(rounds):
            rates[0].append(drained_per_s(shop, shop.reference_cloud))
            rates[1].append(drained_per_s(shop, shop.null_receiver))
            note(f"round {n}: reference cloud {rates[0][-1]:.0f}/s, null receiver {rates[1][-1]:.0f}/s")
        cloud, null = median(rates[0]), median(rates[1])
        yield Figure(
            "drain into the reference cloud", cloud, "events/s", f"a null receiver {null:.0f} /s", cloud / null,
            ">= 1500 /s", cloud >= 1500,
        )  # fmt: skip
        yield Figure("drain into a null receiver", null, "events/s", goal=">= 4000 /s", met=null >= 4000)
    with Shop() as shop:
        yield from beside_guests(shop, "a null receiver", shop.null_receiver, rounds)
    with Shop() as shop:
        yield from beside_guests(shop, "the reference cloud on the same two cores", shop.reference_cloud, rounds)


def drained_per_s(shop: Shop, receiver: Callable[[], str]) -> float:
    """From the first batch that is committed to the last."""
    shop.put_back()
    gateway = shop.gateway(cloud=receiver())
    db = sqlite3.connect(f"file:{shop.database}?mode=ro", uri=True)
    last = db.execute("SELECT max(slot) FROM journal").fetchone()[0] & ((1 << 40) - 1)
    seen: list[tuple[float, int]] = []
    while not seen or seen[-1][1] < last:
        upto = db.execute("SELECT applied_upto FROM cursors").fetchone()[0]
        if upto and (not seen or upto > seen[-1][1]):
            seen.append((time.monotonic(), upto))
        time.sleep(0.01)
    db.close()
    gateway.stop()
    return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])


def beside_guests(shop: Shop, name: str, receiver: Callable[[], str], rounds: int) -> Iterator[Figure]:
    """The same gateway with the same backlog, its receiver frozen and thawed in turns."""
    tokens = list(shop.seed().values())
    fill(shop, LONG_BACKLOG)
    gateway = shop.gateway(cloud=receiver())
    pid = shop.started[-2].pid
    gateway.ready()
    order_together(gateway.guest, tokens, PHONES, 2.0, ORDERS_PER_S)
    p99: dict[int, list[float]] = {signal.SIGCONT: [], signal.SIGSTOP: []}
    rate: list[float] = []
    for n in range(rounds):
        for number in p99:
            os.kill(pid, number)
            before, began = applied(shop), time.monotonic()
            result = order_together(gateway.guest, tokens, PHONES, 8.0, ORDERS_PER_S)
            p99[number].append(quantile(result.ms, 0.99))
            if number == signal.SIGCONT:
                rate.append((applied(shop) - before) / (time.monotonic() - began))
        note(f"round {n}: p99 {[round(each[-1], 1) for each in p99.values()]} ms at {rate[-1]:.0f} events/s and at 0")
    os.kill(pid, signal.SIGCONT)
    busy, quiet = median(p99[signal.SIGCONT]), median(p99[signal.SIGSTOP])
    yield Figure(
        f"p99 of a guest's order while {median(rate):.0f} events/s drain into {name}", busy, "ms",
        f"not draining {quiet:.1f} ms", busy / quiet, "<= 1.5", busy / quiet <= 1.5,
    )  # fmt: skip


def applied(shop: Shop) -> int:
    db = sqlite3.connect(f"file:{shop.database}?mode=ro", uri=True)
    try:
        return int(db.execute("SELECT applied_upto FROM cursors").fetchone()[0])
    finally:
        db.close()


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
