"""Guests' phones: keep-alive connections that order and order again, from processes of their own.

`order_together(port, tokens, ...)` starts the processes. Each is one epoll loop on plain sockets: a request costs
it a few dozen microseconds, so that the gateway is what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.shop import ROOT

PROCESSES = 2

LINES = [
    {"item": "mapo-tofu", "modifiers": ["mild"], "note": "少油 less oil"},
    {"item": "kung-pao", "variant": "whole", "modifiers": ["hot", "no-peanuts"]},
    {"item": "garlic-greens", "quantity": 2, "modifiers": ["no-garlic"]},
    {"item": "cucumber"},
    {"item": "rice", "quantity": 4},
]
"""Five dishes for two stations, in Chinese and English: 0.5 KiB, as in reference/performance.md."""


def cart(token: str) -> dict[str, object]:
    note = "请先上凉菜 cold dishes first"
    return {"table_token": token, "lines": LINES, "note": note, "allergies": ["peanut"], "covers": 4}


@dataclass
class Result:
    """`ms` are the times from when an order was due until its 201 was there."""

    orders: int = 0
    seconds: float = 0.0
    refused: int = 0
    ms: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        return self.orders / self.seconds


def order_together(port: int, tokens: list[str], phones: int, seconds: float, per_s: float = 0.0) -> Result:
    """`phones` phones for so long; as fast as they can, or `per_s` orders a second from all of them."""
    parts = min(PROCESSES, phones)
    command = [sys.executable, "-m", "benchmarks.phones", "--port", str(port), "--phones", str(phones // parts)]
    command += ["--seconds", str(seconds), "--per-s", str(per_s / parts)]
    running = [
        subprocess.Popen([*command, "--part", str(n)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for n in range(parts)
    ]
    whole = Result()
    for n, process in enumerate(running):
        assert process.stdin is not None
        process.stdin.write(json.dumps(tokens[n::parts]).encode())
        process.stdin.close()
    for process in running:
        assert process.stdout is not None
        found = Result(**json.loads(process.stdout.read()))
        process.wait()
        whole.orders += found.orders
        whole.refused += found.refused
        whole.seconds = max(whole.seconds, found.seconds)
        whole.ms += found.ms
    if whole.refused > whole.orders // 100:
        raise RuntimeError(f"{whole.refused} of {whole.orders} orders were refused")
    return whole


class Phone:
    """One connection with one request under way."""

    def __init__(self, port: int, tokens: list[str], name: str):
        self.line = socket.create_connection(("127.0.0.1", port))
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bodies = [json.dumps(cart(token), ensure_ascii=False).encode() for token in tokens]
        self._requests = [
            b"POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\nIdempotency-Key: %%s\r\n\r\n" % len(body) + body.replace(b"%", b"%%")
            for body in bodies
        ]
        self._name = name
        self._count = 0
        self.due = 0.0

    def order(self, due: float) -> None:
        self.due = due
        self._count += 1
        key = f"{self._name}-{self._count}".encode()
        self.line.sendall(self._requests[self._count % len(self._requests)] % key)

    def answer(self) -> bool:
        """Reads the whole answer; true for 201. The gateway sends it in one or two pieces."""
        data = self.line.recv(65536)
        while b"\r\n\r\n" not in data or len(data) < _length(data):
            data += self.line.recv(65536)
        return data.startswith(b"HTTP/1.1 201")


def _length(data: bytes) -> int:
    head, _, _ = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(head) + 4 + int(line[15:])
    raise ValueError(f"no length in {head!r}")


def run(phones: list[Phone], seconds: float, per_s: float) -> Result:
    """The loop: idle phones take the orders that are due, the others answer."""
    result, poll, by_line = Result(), select.epoll(), {p.line.fileno(): p for p in phones}
    for line in by_line:
        poll.register(line, select.EPOLLIN)
    idle, began = deque(phones), time.monotonic()
    due, end = began, began + seconds
    while True:
        now = time.monotonic()
        while idle and (due <= now if per_s else now < end) and due < end:
            idle.popleft().order(due if per_s else now)
            due += 1 / per_s if per_s else 0.0
        if len(idle) == len(phones) and now >= end:
            result.seconds = seconds
            return result
        wait_s = max(0.0, min(due, end) - now) if per_s else 1.0
        for line, _ in poll.poll(wait_s if idle else 1.0):
            phone = by_line[line]
            good = phone.answer()
            idle.append(phone)
            result.ms.append(round((time.monotonic() - phone.due) * 1000, 3))
            result.orders += good and time.monotonic() < end
            result.refused += not good


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, kind in (("--port", int), ("--phones", int), ("--seconds", float), ("--per-s", float), ("--part", int)):
        parser.add_argument(name, type=kind)
    options = parser.parse_args()
    tokens = json.load(sys.stdin)
    name = f"{os.getpid()}-{time.time_ns()}"
    phones = [Phone(options.port, tokens[n :: options.phones] or tokens, f"{name}-{n}") for n in range(options.phones)]
    result = run(phones, options.seconds, options.per_s)
    print(json.dumps(vars(result)))


if __name__ == "__main__":
    assert Path.cwd() == ROOT
    main()
