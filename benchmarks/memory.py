"""Memory of the gateway's process: after a burst of 64 phones, and with a long backlog beside an empty one."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import procfs
from benchmarks.backlog import fill
from benchmarks.figures import Figure, main, median, note
from benchmarks.phones import order_together
from benchmarks.shop import Shop

BACKLOG = 200_000


def measure(quick: bool) -> Iterator[Figure]:
    rounds = 2 if quick else 5
    with Shop() as shop:
        tokens = list(shop.seed().values())
        shop.keep()
        empty = [pss_after(shop, tokens, 64, 0.0) for _ in range(rounds)]
        loaded = median([after for _, after in empty])
        idle = median([before for before, _ in empty])
        yield Figure(
            "PSS after 10 s of 64 phones", loaded, "MB", f"idle after the start {idle:.1f} MB", loaded / idle,
            "<= 50 MB", loaded <= 50,
        )  # fmt: skip
    with Shop() as without, Shop() as long:
        tokens = [list(shop.seed().values()) for shop in (without, long)]
        fill(long, BACKLOG)
        without.keep()
        long.keep()
        found: tuple[list[float], list[float]] = ([], [])
        for n in range(rounds):
            for shop, names, kept in zip((without, long), tokens, found, strict=True):
                kept.append(pss_after(shop, names, 8, 20.0)[1])
            note(f"round {n}: {found[0][-1]:.1f} and {found[1][-1]:.1f} MB")
        grown = median([b - a for a, b in zip(*found, strict=True)])
        yield Figure(
            f"PSS with a backlog of {BACKLOG:,} events, uplink trying", median(found[1]), "MB",
            f"with none {median(found[0]):.1f} MB, grown by {grown:.2f} MB", goal="grown <= 5 MB", met=grown <= 5,
        )  # fmt: skip


def pss_after(shop: Shop, tokens: list[str], phones: int, per_s: float) -> tuple[float, float]:
    """(before, after) ten seconds of orders. Nobody listens at the cloud: what waits stays waiting."""
    shop.put_back()
    gateway = shop.gateway(cloud="http://127.0.0.1:9").ready()
    order_together(gateway.guest, tokens, 1, 0.2)
    before = procfs.pss_mb(gateway.pid)
    order_together(gateway.guest, tokens, phones, 10.0, per_s)
    after = procfs.pss_mb(gateway.pid)
    gateway.stop()
    return before, after


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
