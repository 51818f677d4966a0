"""Durable orders a second with 64 phones, beside the same server without its store, and one order a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import procfs
from benchmarks.figures import Figure, main, median, note, quantile
from benchmarks.phones import order_together
from benchmarks.shop import Shop
from benchmarks.slow_disk import slow_disk

PHONES = 64
FSYNC_MS = 8.0

Round = tuple[float, float, float]
"""(orders a second, the gateway's CPU in microseconds an order, p99 in ms)."""


def measure(quick: bool) -> Iterator[Figure]:
    rounds, seconds = (3, 2.0) if quick else (7, 4.0)
    with Shop() as shop:
        found = compare(shop, "pure", {}, rounds, seconds)
        real, bare = found
        ratio = median([a[0] / b[0] for a, b in zip(real, bare, strict=True)])
        yield Figure(
            "durable orders/s, 64 phones", median([r[0] for r in real]), "/s",
            f"the same server without its store {median([r[0] for r in bare]):.0f} /s", ratio, ">= 0.70", ratio >= 0.7,
        )  # fmt: skip
        cpu = [median([r[1] for r in found[n]]) for n in (0, 1)]
        yield Figure("CPU of one order, 64 phones", cpu[0], "us", f"without its store {cpu[1]:.0f} us", cpu[1] / cpu[0])
        yield Figure("p99 of an order, 64 phones", median([r[2] for r in real]), "ms")
    with Shop() as shop:
        slow = slow_disk(shop.folder.root, FSYNC_MS)
        group, one = compare(shop, "one_by_one", slow, 3 if quick else 5, seconds)
        ratio = median([a[0] / b[0] for a, b in zip(group, one, strict=True)])
        yield Figure(
            "durable orders/s, 64 phones, 8 ms fsync", median([r[0] for r in group]), "/s",
            f"one transaction an order {median([r[0] for r in one]):.0f} /s", ratio, ">= 12", ratio >= 12,
        )  # fmt: skip


def compare(
    shop: Shop, variant: str, env: dict[str, str], rounds: int, seconds: float
) -> tuple[list[Round], list[Round]]:
    """In turns, A B A B, so that a busy neighbour is in both."""
    tokens = list(shop.seed().values())
    shop.keep()
    found: tuple[list[Round], list[Round]] = ([], [])
    for n in range(rounds):
        for name, rounds_of_it in zip(("as_it_is", variant), found, strict=True):
            rounds_of_it.append(load(shop, name, env, tokens, seconds))
        note(f"round {n}: as it is {found[0][-1]}, {variant} {found[1][-1]}")
    return found


def load(shop: Shop, variant: str, env: dict[str, str], tokens: list[str], seconds: float) -> Round:
    """A fresh server on a fresh store. No kitchen is there to prove a ticket: left for longer, the store would begin
    to call for a person for each of them after 15 s, and that would be measured too."""
    shop.put_back()
    server = shop.gateway(variant, env=env).ready()
    order_together(server.guest, tokens, PHONES, 0.5)
    before = procfs.cpu_s(server.pid)
    result = order_together(server.guest, tokens, PHONES, seconds)
    used = procfs.cpu_s(server.pid) - before
    server.stop()
    return result.per_s, used / max(1, len(result.ms)) * 1e6, quantile(result.ms, 0.99)


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
