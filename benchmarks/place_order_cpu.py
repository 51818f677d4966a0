"""CPU of one `place_order` in the writer, in batches of 64. `--profile` prints where it goes."""

from __future__ import annotations

import cProfile
import itertools
import json
import pstats
import sys
import time
from collections.abc import Iterator

import msgspec

from benchmarks.figures import Figure, main, median
from benchmarks.phones import cart
from benchmarks.shop import Shop
from gateway.clock import Clock
from gateway.domain.actor import Actor
from gateway.domain.order import Cart
from gateway.ids import Ids
from gateway.operations import ordering
from gateway.store import Store, keys
from gateway.store.writer import Writer

BATCH = 64


def measure(quick: bool) -> Iterator[Figure]:
    with Shop() as shop:
        bodies = [json.dumps(cart(token)).encode() for token in shop.seed().values()]
        store = Store(shop.database)
        writer, clock, numbers = Writer(store, Ids()), Clock(), itertools.count()
        times = []
        for _ in range(20 if quick else 100):
            for _ in range(BATCH):
                n = next(numbers)
                body = bodies[n % len(bodies)]
                order = msgspec.json.decode(body, type=Cart)
                store.submit(ordering.place_order, Actor("guest", ""), order, f"key-{n}", keys.fingerprint(body), None)
            began = time.process_time()
            writer.step(clock.now())
            times.append((time.process_time() - began) / BATCH * 1e6)
        store.close()
        yield Figure("CPU of place_order in a batch of 64, one core", median(times), "us")


if __name__ == "__main__":
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.enable()
        list(measure(quick=False))
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    else:
        raise SystemExit(main(__doc__ or "", measure))
