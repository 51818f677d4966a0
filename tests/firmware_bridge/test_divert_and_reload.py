"""A person diverts a slip while somebody puts in a new roll, or the cable, at many moments around it: over all printers
one paper of it comes out. The whole gateway with its doors, a real broker, the real bridge, printers on ptys."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bridge_rig import BridgeThread, Gateway, Mosquitto, Printers
from house_rig import House, paper_station, printer, take_without_asking
from waiting import eventually

FULL = bool(os.environ.get("TABLEPASS_FULL"))
LINES = [f"k{n}" for n in range(1, 6)]
"""Printers that are down together; each has its own moment."""
COUNTERS = ["c1", "c2"]
ROUNDS = 60 if FULL else 5
"""Five moments and ten diverted slips each, in 3 to 4 s. In every second one the broker hangs meanwhile: the bridge has
begun, and the house has not heard of it yet."""
FAULTS = {"printer_unplugged": "offline", "paper_out": "blocked"}
BEFORE_S, AFTER_S = 0.1, 1.5
"""Around the reload: it takes a printer up to 1.2 s to be asked again and to begin."""


class Moments:
    """When a person diverts, in seconds after the reload: first anywhere, then where the answers turn."""

    EDGE_S = 0.05

    def __init__(self) -> None:
        self._chance = random.Random(4)
        self.in_time: list[float] = []
        self.too_late: list[float] = []

    def next(self, anywhere: bool) -> float:
        if anywhere or not self.in_time or not self.too_late:
            return self._chance.uniform(-BEFORE_S, AFTER_S)
        low, high = sorted([min(self.too_late), max(self.in_time)])
        return self._chance.uniform(low - self.EDGE_S, high + self.EDGE_S)


class Line:
    """One printer that is down with two slips: the older is with its bridge, the newer behind it."""

    def __init__(self, shop: Shop, name: str, fault: str, after_s: float) -> None:
        self.shop, self.name, self.fault, self.after_s = shop, name, fault, after_s
        self.counter = COUNTERS[LINES.index(name) % len(COUNTERS)]
        self.orders = [shop.house.order(name) for _ in range(2)]
        self.answers: list[int] = []

    def first(self, order: dict[str, Any]) -> dict[str, Any]:
        return self.shop.house.jobs(order)[0]

    def reload_and_divert(self) -> None:
        keys = [self.first(order)["id"] for order in self.orders]
        if self.after_s >= 0:
            self.shop.printers.fault(self.fault, False, self.name)
            time.sleep(self.after_s)  # the moment is what is varied
        self.answers = [self.shop.house.decide(key, "divert", printer=self.counter)[0] for key in keys]
        if self.after_s < 0:
            time.sleep(-self.after_s)
            self.shop.printers.fault(self.fault, False, self.name)

    def is_over(self) -> bool:
        found = [self.shop.house.jobs(order) for order in self.orders]
        return all(job["state"] in ("PRINTED", "DIVERTED") for jobs in found for job in jobs) and all(
            jobs[-1]["state"] == "PRINTED" for jobs in found
        )

    def outcome(self, order: dict[str, Any], answer: int) -> str:
        """By the papers themselves, and by what the house says of them."""
        number = order["number"]
        found = [(name, paper) for name, papers in self.shop.papers().items() for paper in papers if number in paper]
        assert len(found) == 1, f"{len(found)} papers of {number}, {self.after_s:.3f} s after {self.fault}: {found}"
        ((name, paper),) = found
        assert "REPRINT" not in paper
        jobs = [(job["printer"], job["state"]) for job in self.shop.house.jobs(order)]
        if name == self.name:
            assert "FOR: " not in paper
            assert jobs == [(self.name, "PRINTED")]
            return {200: "void", 409: "refused"}[answer]
        assert f"FOR: The {self.name} printer" in paper
        assert (name, answer) == (self.counter, 200)
        assert jobs == [(self.name, "DIVERTED"), (self.counter, "PRINTED")]
        return "diverted"


class Shop:
    def __init__(self, folder: Path, broker: Mosquitto, patch: pytest.MonkeyPatch) -> None:
        self.broker = broker
        names = [*LINES, *COUNTERS]
        devices = "".join(f'[[printer]]\nname = "{name}"\nbaud = 115200\n' for name in names)
        self.printers = Printers(folder / "devices", devices)
        self.printers.ready()
        self.house = House(
            folder / "house", broker.port, patch,
            stations=[paper_station(name, name) for name in LINES],
            printers=[printer(name, self.printers.port(name)) for name in names],
        )  # fmt: skip
        self.bridge = BridgeThread(folder / "bridge", broker.port)
        self.moments = {fault: Moments() for fault in FAULTS}
        for name in names:
            self.house.printer_is(name, "online")

    def stop(self) -> None:
        self.bridge.stop()
        self.house.stop()
        self.printers.stop()

    def papers(self) -> dict[str, list[str]]:
        return {name: self.printers.papers(name) for name in (*LINES, *COUNTERS)}

    def lies_at(self, name: str, number: str) -> bool:
        return any(number in paper for paper in self.printers.papers(name))

    def round(self, number: int) -> list[str]:
        """Every line goes down, gets two slips, and is loaded again while both are diverted: what came of them."""
        faults = {name: [*FAULTS][(number + n) % len(FAULTS)] for n, name in enumerate(LINES)}
        for name, fault in faults.items():
            self.printers.fault(fault, True, name)
        for name, fault in faults.items():
            self.house.printer_is(name, FAULTS[fault])
        hangs = number % 2 == 1
        lines = [Line(self, name, fault, self.moments[fault].next(hangs)) for name, fault in faults.items()]
        for line in lines:
            eventually("the bridge has it", lambda line=line: line.first(line.orders[0])["state"] == "WAITING")
        with self.hanging_broker(hangs), ThreadPoolExecutor(len(lines)) as hands:
            for done in [hands.submit(line.reload_and_divert) for line in lines]:
                done.result()
        for line in lines:
            eventually("its slips have an end", line.is_over, 40, seen=lambda line=line: line.orders)
        self.next_slips()
        return [outcome for line in lines for outcome in self._judged(line, hangs)]

    def next_slips(self) -> None:
        """One paper after the other: when these lie there, whatever a bridge held back has had its turn."""
        last = {name: self.house.order(name)["number"] for name in LINES}
        for name, wanted in last.items():
            eventually("the next slip", lambda name=name, wanted=wanted: self.lies_at(name, wanted), 40)

    @contextmanager
    def hanging_broker(self, hangs: bool) -> Iterator[None]:
        child = self.broker.process.child
        if hangs:
            child.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            child.send_signal(signal.SIGCONT)

    def _judged(self, line: Line, hangs: bool) -> list[str]:
        outcomes = [line.outcome(order, answer) for order, answer in zip(line.orders, line.answers, strict=True)]
        moments = self.moments[line.fault]
        if not hangs:
            (moments.in_time if outcomes[0] == "diverted" else moments.too_late).append(line.after_s)
        return outcomes


@pytest.fixture
def shop(tmp_path: Path, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = Shop(tmp_path, mosquitto, monkeypatch)
    yield made
    made.stop()


@pytest.mark.timeout(900 if FULL else 120)
def test_a_divert_that_races_the_reload_leaves_one_unmarked_paper_over_both_printers(
    shop: Shop, measured: Callable[[str], None]
) -> None:
    outcomes = [outcome for number in range(ROUNDS) for outcome in shop.round(number)]
    counts = {each: outcomes.count(each) for each in ("diverted", "void", "refused")}
    assert min(counts.values()) > 0, f"one side of the race only: {counts}"
    shop.bridge.stop()
    shop.bridge.start()
    shop.next_slips()
    papers = sum(map(len, shop.papers().values()))
    assert papers == len(outcomes) + (ROUNDS + 1) * len(LINES), "none comes later, nor when the bridge begins anew"
    turns = {fault: f"{max(m.in_time):.2f}/{min(m.too_late):.2f} s" for fault, m in shop.moments.items()}
    measured(f"{ROUNDS * len(LINES)} moments, {counts}; last in time and first too late: {turns}")


def test_a_slip_whose_paper_ended_in_the_middle_stays_where_it_is_though_a_person_diverts_it(
    shop: Shop, gateway: Gateway
) -> None:
    order = shop.house.order("k1", lines=50)
    job = lambda: shop.house.jobs(order)[0]  # noqa: E731
    eventually("it has begun", lambda: job()["state"] == "SENDING")
    shop.printers.fault("paper_out", True, "k1")
    eventually("it waits with half a paper", lambda: job()["state"] == "WAITING", seen=job)
    assert job()["evidence"]["bytes"] > 0
    status, answer = shop.house.decide(job()["id"], "divert", printer="c1")
    assert (status, answer["state"], answer["intent"]) == (200, "WAITING", "divert")
    said = lambda: [(each["attempt"], each["state"]) for each in gateway.results(job()["id"], "k1")]  # noqa: E731
    eventually("its bridge has been asked for it", lambda: (2, "WAITING") in said(), seen=said)
    shop.printers.fault("paper_out", False, "k1")
    eventually("it came out", lambda: shop.lies_at("k1", order["number"]), 40, seen=shop.papers)
    eventually("and is proven", lambda: (job()["state"], job()["intent"]) == ("PRINTED", ""), seen=job)
    shop.next_slips()
    assert len(shop.house.jobs(order)) == 1
    assert [name for name, papers in shop.papers().items() for p in papers if order["number"] in p] == ["k1"]


def test_control_a_paper_that_is_taken_without_asking_is_found_by_the_same_race(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_without_asking(monkeypatch)
    with pytest.raises(AssertionError, match="2 papers of"):
        shop.round(0)
