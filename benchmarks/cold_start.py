"""From the start of the process to the first durable order, answered; beside a bare process of the same libraries."""

from __future__ import annotations

import http.client
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator

import msgspec

from benchmarks import procfs
from benchmarks.backlog import fill
from benchmarks.figures import Figure, main, median, note
from benchmarks.phones import cart
from benchmarks.shop import Shop, end, free_port

BACKLOG = 200_000

Start = tuple[float, float]
"""(seconds until the answer, processor seconds of the process until then)."""


def measure(quick: bool) -> Iterator[Figure]:
    with Shop() as used, Shop() as long, Shop() as bare:
        tokens = [next(iter(shop.seed().values())) for shop in (used, long)]
        fill(used, 100)
        fill(long, BACKLOG)
        starts: dict[str, Callable[[], Start]] = {
            "a bare process of the same libraries": lambda: lean(bare),
            "an existing store": lambda: gateway(used, tokens[0]),
            f"a backlog of {BACKLOG:,} events": lambda: gateway(long, tokens[1]),
            "no database yet, until the first answer of any kind": lambda: fresh(bare),
        }
        found: dict[str, list[Start]] = {name: [] for name in starts}
        for n in range(3 if quick else 7):
            for name, start in starts.items():
                found[name].append(start())
            note(f"round {n}: {[each[-1] for each in found.values()]}")
    (_, peer), *ours = found.items()
    least = median([took for took, _ in peer])
    for name, rounds in ours:
        took, cpu = median([took for took, _ in rounds]), median([cpu for _, cpu in rounds])
        beside = f"a bare process of the same libraries {least:.2f} s; {cpu:.2f} s of processor time"
        goal, met = ("<= 1 s", took <= 1.0) if "no database" not in name else ("", None)
        yield Figure(f"start to first durable order, {name}", took, "s", beside, took / least, goal, met)


def gateway(shop: Shop, token: str) -> Start:
    began = time.monotonic()
    started = shop.gateway()
    return until(201, "POST", "/api/v1/orders", msgspec.json.encode(cart(token)), started.process, started.guest, began)


def lean(shop: Shop) -> Start:
    port, began = free_port(), time.monotonic()
    process = shop.start("benchmarks.lean_start", str(port), str(shop.folder.root / "lean.db"))
    return until(201, "POST", "/api/v1/orders", msgspec.json.encode(cart("any")), process, port, began)


def fresh(shop: Shop) -> Start:
    for old in shop.folder.gateway_data.glob("*"):
        old.unlink()
    began = time.monotonic()
    started = shop.gateway()
    return until(200, "GET", "/healthz", b"", started.process, started.guest, began)


def until(
    wanted: int, method: str, path: str, body: bytes, process: subprocess.Popen[bytes], port: int, began: float
) -> Start:
    while _status(port, method, path, body) != wanted:
        time.sleep(0.01)
    took, cpu = time.monotonic() - began, procfs.cpu_s(process.pid)
    end(process)
    return took, cpu


def _status(port: int, method: str, path: str, body: bytes) -> int:
    """0 while nobody listens."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request(method, path, body, {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"})
        answer = line.getresponse()
        answer.read()
        return answer.status
    except (ConnectionError, http.client.HTTPException):
        return 0
    finally:
        line.close()


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
