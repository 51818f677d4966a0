"""What an order costs the card: the POST alone, and its whole life, each operation a transaction of its own.

A shift is played on the real store by the real operations, one after the other as on a calm evening: an order of
five dishes for two stations, both papers SENDING and PRINTED, both tickets bumped; two orders a visit, of which the
first also opens the check. Two or three tickets are open at a time. Checkpoints are made where the gateway makes
them, and each write pays its share of them by its length.

Four counts: bytes of the log alone, all bytes given to write calls, bytes of dirtied 4 KiB pages (/proc/PID/io), and
bytes that reach a block device of one's own, with the file system's own journal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import procfs
from benchmarks.backlog import Kitchen
from benchmarks.card import Card
from benchmarks.figures import Figure, main, note
from benchmarks.idle_printer import IdlePrinter
from benchmarks.shop import Shop, wait_for
from gateway.store import CHECKPOINT_PAGES, migrations

PAGE_SIZES = (512, 1024, 4096)
POST, LIFE, CHECKPOINT = "post", "life", "checkpoint"
IDLE_S = 60.0

Counts = tuple[int, ...]


@dataclass
class Written:
    """Bytes by kind: write calls, dirtied pages, block device (0 where there is none)."""

    counters: Callable[[], Counts]
    by_kind: dict[str, list[int]] = field(
        default_factory=lambda: {kind: [0, 0, 0] for kind in (POST, LIFE, CHECKPOINT)}
    )

    def during(self, kind: str, step: Callable[[], None]) -> None:
        before = self.counters()
        step()
        for n, (old, new) in enumerate(zip(before, self.counters(), strict=True)):
            self.by_kind[kind][n] += new - old

    def log(self) -> int:
        """What SQLite wrote into its log for everything."""
        return self.by_kind[POST][0] + self.by_kind[LIFE][0]

    def kib(self, kind: str, orders: int) -> list[float]:
        """An order's KiB by count, with its share of the checkpoints: they go by what the log holds."""
        share, checkpoint = self.by_kind[kind][0] / self.log(), self.by_kind[CHECKPOINT]
        return [
            (own + share * extra) / orders / 1024 for own, extra in zip(self.by_kind[kind], checkpoint, strict=True)
        ]


def measure(quick: bool) -> Iterator[Figure]:
    orders = 100 if quick else 400
    for size in PAGE_SIZES:
        yield from of_page_size(size, orders)
    yield from idle(15.0 if quick else IDLE_S)


def of_page_size(size: int, orders: int) -> Iterator[Figure]:
    written = on_a_card(size, orders)
    shipped = size == migrations.PAGE_SIZE
    post, life = written.kib(POST, orders), written.kib(LIFE, orders)
    of = f"{size} byte pages{', as shipped' if shipped else ''}"
    for name, values, log, limit in (
        ("the POST alone", post, written.by_kind[POST][0], 12.0),
        ("an order's whole life", [a + b for a, b in zip(post, life, strict=True)], written.log(), 60.0),
    ):
        beside = (
            f"the log alone {log / orders / 1024:.1f}, dirtied pages {values[1]:.1f}, block device {values[2]:.1f} KiB"
        )
        goal, met = (f"<= {limit:.0f} KiB", values[0] <= limit) if shipped else ("", None)
        yield Figure(f"written for {name}, checkpoints included, {of}", values[0], "KiB", beside, goal=goal, met=met)


def on_a_card(size: int, orders: int) -> Written:
    """On a loop device where that is allowed, else without the block layer's count."""
    with Shop() as outside:
        try:
            with Card(outside.folder.root) as card:
                return shift(size, orders, str(card.folder), card.device)
        except OSError as error:
            note(f"no block layer: {error}")
            return shift(size, orders, None, "")


def shift(size: int, orders: int, near: str | None, device: str) -> Written:
    real, migrations.PAGE_SIZE = migrations.PAGE_SIZE, size
    try:
        with Shop(near) as shop:
            shop.seed()
            room = Kitchen(shop, orders_per_visit=2)
            written = Written(lambda: _counters(device))
            room.store.writer_connection.execute("PRAGMA wal_autocheckpoint = 0")
            open_papers: list[tuple[str, str, str]] = []
            for n in range(orders + orders // 4):
                if n == orders // 4:  # the log has its full length by now, and is written over again and again
                    written = Written(written.counters)
                open_papers += one_order(room, written)
                while len(open_papers) > 3:
                    finish(room, written, open_papers.pop(0))
            room.store.close()
            return written
    finally:
        migrations.PAGE_SIZE = real


def _counters(device: str) -> Counts:
    return (*procfs.written(), procfs.sectors_written(device) if device else 0)


def one_order(room: Kitchen, written: Written) -> list[tuple[str, str, str]]:
    placed = room.place()
    _step(room, written, POST)
    return room.papers_of(placed.result(0).answer["id"])


def finish(room: Kitchen, written: Written, paper: tuple[str, str, str]) -> None:
    """Printed and bumped: three transactions."""
    job, printer, ticket = paper
    asked = []
    for state in ("SENDING", "PRINTED"):
        asked.append(room.tell(job, printer, state))
        _step(room, written, LIFE)
    asked.append(room.bump(ticket, 2))
    _step(room, written, LIFE)
    for pending in asked:
        pending.result(0)


def _step(room: Kitchen, written: Written, kind: str) -> None:
    written.during(kind, room.step)
    log = Path(f"{room.store.path}-wal")
    if log.stat().st_size >= CHECKPOINT_PAGES * (migrations.PAGE_SIZE + 24) and _frames(room) >= CHECKPOINT_PAGES:
        checkpoint = "PRAGMA wal_checkpoint(PASSIVE)"
        written.during(CHECKPOINT, lambda: room.store.writer_connection.execute(checkpoint).fetchall() and None)


def _frames(room: Kitchen) -> int:
    """How many pages the log holds, from its index: the file keeps its length when it is begun anew."""
    index = Path(f"{room.store.path}-shm").read_bytes()[16:20]
    return int.from_bytes(index, "little")


def idle(seconds: float) -> Iterator[Figure]:
    """Gateway, bridge, broker, two printers and a cloud, and nobody comes."""
    with Shop() as shop:
        shop.seed()
        for name in ("kitchen", "receipt"):
            IdlePrinter(shop.folder.devices / name)
        shop.broker()
        bridge = shop.bridge()
        gateway = shop.gateway(cloud=shop.reference_cloud()).ready()
        token = shop.passwords.api_token
        wait_for(
            "all is well",
            lambda: not gateway.ask(gateway.staff, "GET", "/api/v1/conditions", token=token)[1]["conditions"],
        )
        time.sleep(5)
        before = [procfs.written(pid)[1] for pid in (gateway.pid, bridge.pid)]
        time.sleep(seconds)
        ours, theirs = (
            procfs.written(pid)[1] - old for pid, old in zip((gateway.pid, bridge.pid), before, strict=True)
        )
        name = f"written in {seconds:.0f} idle seconds"
        yield Figure(name, ours, "bytes", f"the bridge {theirs} bytes", goal="0", met=ours == 0)


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
