"""From a guest's 201 to the first byte on an idle printer's line, beside the barest pipe and one fsync."""

from __future__ import annotations

import http.client
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.bare_pipe import BarePipe
from benchmarks.figures import Figure, main, median, note, quantile
from benchmarks.idle_printer import IdlePrinter
from benchmarks.shop import Gateway, Shop, wait_for

SLACK_MS = 5.0
PRINTERS = ("kitchen", "receipt")


def measure(quick: bool) -> Iterator[Figure]:
    rounds, slips = (2, 30) if quick else (5, 100)
    with Shop() as shop:
        token = next(iter(shop.seed().values()))
        printers = [IdlePrinter(shop.folder.devices / name) for name in PRINTERS]
        shop.broker()
        shop.bridge()
        gateway = shop.gateway().ready()
        wait_for("both printers are online", lambda: online(gateway, shop.passwords.api_token))
        guest, pipe, disk = Guest(gateway, token, printers[0]), BarePipe(shop), Disk(shop.folder.root / "fsync")
        found: list[list[float]] = [[], [], []]
        whole: list[float] = []
        for n in range(rounds):
            ms = alternate(guest, pipe, disk, slips)
            for kept, values in zip(found, ms, strict=True):
                kept.append(quantile(values, 0.99))
            whole += ms[0]
            note(f"round {n}: p99 of road, pipe, fsync: {[round(each[-1], 1) for each in found]} ms")
        refuse_unproven(gateway, shop.passwords.api_token)
        road, bare, fsync = (median(each) for each in found)
        limit = bare + fsync + SLACK_MS
        yield Figure(
            "p99 from 201 to the first byte on the line", road, "ms",
            f"bare pipe {bare:.1f} + fsync {fsync:.1f} + {SLACK_MS:.0f} ms = {limit:.1f} ms", road / limit,
            "<= 1", road <= limit,
        )  # fmt: skip
        yield Figure("median from 201 to the first byte on the line", median(whole), "ms")


def alternate(guest: Guest, pipe: BarePipe, disk: Disk, slips: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds: one slip, one message through the pipe, one fsync, and again. Spaced, so that nothing queues."""
    road, bare, fsync = [], [], []
    for _ in range(slips):
        road.append(guest.order() * 1000)
        time.sleep(0.12)
        bare.append(pipe.send() * 1000)
        fsync.append(disk.sync() * 1000)
        time.sleep(0.08)
    return road, bare, fsync


def refuse_unproven(gateway: Gateway, token: str) -> None:
    """A printer that answers wrongly makes the next slip wait: then the figure would be about something else."""
    _, found = gateway.ask(gateway.staff, "GET", "/api/v1/jobs?limit=1000", token=token)
    unproven = [job["state"] for job in found["jobs"][1:] if job["state"] != "PRINTED"]
    if unproven:
        raise RuntimeError(f"{len(unproven)} slips were not proven: {set(unproven)}")


class Guest:
    """Orders one dish of the wok, whose printer is idle."""

    def __init__(self, gateway: Gateway, token: str, printer: IdlePrinter):
        self._line = http.client.HTTPConnection("127.0.0.1", gateway.guest, timeout=30)
        self._body = msgspec.json.encode({"table_token": token, "lines": [{"item": "twice-cooked-pork"}]})
        self._printer = printer

    def order(self) -> float:
        """Seconds until the slip began; below zero when it began before the 201 had been read."""
        before = len(self._printer.began)
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        self._line.request("POST", "/api/v1/orders", self._body, headers)
        answer = self._line.getresponse()
        answer.read()
        answered = time.monotonic()
        if answer.status != 201:
            raise RuntimeError(f"the order was answered with {answer.status}")
        wait_for("the slip begins", lambda: len(self._printer.began) > before, 10)
        return self._printer.began[before] - answered


class Disk:
    def __init__(self, path: Path):
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def sync(self) -> float:
        os.write(self._file, bytes(4096))
        began = time.monotonic()
        os.fsync(self._file)
        return time.monotonic() - began


def online(gateway: Gateway, token: str) -> bool:
    _, found = gateway.ask(gateway.staff, "GET", "/api/v1/printers", token=token)
    return len(found["printers"]) == len(PRINTERS) and all(p["status"] == "online" for p in found["printers"])


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
