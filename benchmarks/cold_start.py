"""From the start of the process to the first durable order, answered."""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Iterator

import msgspec

from benchmarks.backlog import fill
from benchmarks.figures import Figure, main, median, note
from benchmarks.phones import cart
from benchmarks.shop import Gateway, Shop

BACKLOG = 200_000


def measure(quick: bool) -> Iterator[Figure]:
    rounds = 3 if quick else 7
    with Shop() as used, Shop() as long, Shop() as bare:
        tokens = [next(iter(shop.seed().values())) for shop in (used, long)]
        fill(used, 100)
        fill(long, BACKLOG)
        times: tuple[list[float], list[float], list[float]] = ([], [], [])
        for n in range(rounds):
            times[0].append(first_order_s(used, tokens[0]))
            times[1].append(first_order_s(long, tokens[1]))
            times[2].append(first_answer_s(bare))
            note(f"round {n}: {[round(each[-1], 2) for each in times]}")
        for name, found in zip(("an existing store", f"a backlog of {BACKLOG:,} events"), times[:2], strict=True):
            value = median(found)
            yield Figure(f"start to first durable order, {name}", value, "s", goal="<= 1 s", met=value <= 1.0)
        yield Figure("start to first answer with no database: its schema is made", median(times[2]), "s")


def first_order_s(shop: Shop, token: str) -> float:
    began = time.monotonic()
    gateway = shop.gateway()
    body = msgspec.json.encode(cart(token))
    while _status(gateway, "POST", "/api/v1/orders", body) != 201:
        time.sleep(0.005)
    took = time.monotonic() - began
    gateway.stop()
    return took


def first_answer_s(shop: Shop) -> float:
    shop.database.unlink(missing_ok=True)
    for rest in shop.folder.gateway_data.glob("*"):
        rest.unlink()
    began = time.monotonic()
    gateway = shop.gateway()
    while _status(gateway, "GET", "/healthz", b"") != 200:
        time.sleep(0.005)
    took = time.monotonic() - began
    gateway.stop()
    return took


def _status(gateway: Gateway, method: str, path: str, body: bytes) -> int:
    """0 while nobody listens."""
    line = http.client.HTTPConnection("127.0.0.1", gateway.guest, timeout=10)
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
