"""The whole gateway in this process, as its assembly joins it, with real doors and a real broker; only its clock is a
watch in the test's hand."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from running_demo import call
from store.shop import START, open_shop, rules
from waiting import eventually

from gateway import assembly
from gateway.domain.actor import Actor
from gateway.domain.boot_file import Broker, Config, Listener, StoreSection
from gateway.domain.ids import Ids
from gateway.domain.menu import Menu
from gateway.domain.now import Now
from gateway.domain.print_job import PrintJob
from gateway.operations import administration, papers
from gateway.store import jobs
from gateway.store.transaction import Tx

TOKEN = "a-programs-token"
BRIDGE = "b1"


class Watch:
    """Goes as the real one does, from the shop's own morning on, so that no test meets the end of a business day;
    `later` moves it."""

    boot = "boot-1"

    def __init__(self) -> None:
        self._born, self._ahead = time.monotonic(), 0.0

    def now(self) -> Now:
        passed = time.monotonic() - self._born + self._ahead
        return Now(START + timedelta(seconds=passed), "ntp", self.boot, 1000.0 + passed)

    def later(self, seconds: float) -> None:
        self._ahead += seconds


def paper_station(name: str, printer: str) -> dict[str, Any]:
    """A station that has only paper, and no printer that stands in: whatever is diverted there, a person diverts."""
    return {"id": name, "name": {"zh-Hans": name, "en": name}, "proof": "paper", "printer": printer}


def printer(name: str, port: str) -> dict[str, Any]:
    title = {"zh-Hans": name, "en": f"The {name} printer"}
    return {"id": name, "bridge": BRIDGE, "port": port, "name": title, "baud": 115200, "language": "en"}


class House:
    """`ask` and `order` are a program's calls at the staff door: guests cannot order what no cook would see."""

    def __init__(
        self, folder: Path, broker: int, patch: pytest.MonkeyPatch, stations: list[Any], printers: list[Any]
    ) -> None:
        """Every station makes one dish, of its own name."""
        guards = {"orders_per_10_min": 1000, "need_guest_cookie": False}
        dishes = [{"id": each["id"], "name": each["name"], "price": 2800, "station": each["id"]} for each in stations]
        menu = {"currency": "CNY", "categories": [{"id": "all", "name": {"en": "All"}, "items": dishes}]}
        settings = rules(guards=guards, stations=stations, printers=printers, default_station=stations[0]["id"])
        shop = open_shop(folder, settings, msgspec.convert(menu, Menu))
        shop.do(administration.set_program, "till", TOKEN)
        shop.close()
        config = Config(StoreSection("demo", str(folder)), Listener(0), Listener(0), Broker("127.0.0.1", broker))
        self.watch = Watch()
        patch.setattr(assembly, "Clock", lambda: self.watch)
        self._gateway = assembly.Gateway(config)
        self._gateway.start()
        self._staff = f"http://127.0.0.1:{self._gateway.servers[1].port}"
        self._keys = (f"key-{n}" for n in itertools.count(1))

    def stop(self) -> None:
        self._gateway.stop()

    def later(self, seconds: float) -> None:
        """Time passes, and every part looks again."""
        self.watch.later(seconds)
        for runner in self._gateway.runners:
            runner.wake()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, value, _ = call(self._staff, method, f"/api/v1{path}", body, {"Authorization": f"Bearer {TOKEN}"})
        return status, value

    def order(self, dish: str = "wok", lines: int = 1) -> dict[str, Any]:
        """The order as it is answered."""
        body = {"table": "1", "lines": [{"item": dish}] * lines}
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": next(self._keys)}
        status, value, _ = call(self._staff, "POST", "/api/v1/orders", body, headers)
        assert status == 201, (status, value)
        found: dict[str, Any] = value
        return found

    def decide(self, job: str, decision: str, **more: str) -> tuple[int, Any]:
        """A person's word about a paper: one call."""
        return self.ask("POST", f"/jobs/{job}/{decision}", {"key": next(self._keys), **more})

    def jobs(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Its papers, oldest first."""
        status, value = self.ask("GET", f"/jobs?order={order['id']}")
        assert status == 200, value
        found: list[dict[str, Any]] = value["jobs"]
        return found

    def conditions(self, code: str) -> list[dict[str, Any]]:
        """In the order in which they stand on the screens."""
        status, value = self.ask("GET", "/conditions")
        assert status == 200, value
        return [each for each in value["conditions"] if each["code"] == code]

    def printer_is(self, name: str, status: str, seconds: float = 20) -> None:
        def now() -> str:
            found = self.ask("GET", "/devices")[1]["devices"]
            return next((str(each["status"]) for each in found if each["name"] == name), "")

        eventually(f"{name} is {status}", lambda: now() == status, seconds, seen=now)


def take_without_asking(patch: pytest.MonkeyPatch) -> None:
    """A planted fault, that of tests/mutants/taken_without_asking.patch: a paper is taken from its printer although its
    bridge may have it."""
    honest = papers.want_back

    def want_back(tx: Tx, now: Now, ids: Ids, actor: Actor, job: PrintJob, intent: str, target: str = "") -> None:
        if job.state == "WAITING":
            job.state = "QUEUED"
        honest(tx, now, ids, actor, job, intent, target)

    patch.setattr(jobs, "is_out", lambda *_: False)
    patch.setattr(papers, "want_back", want_back)
