"""Plays the lunch of `lunch.py` through the store's own doors, as guests and cooks would."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

from gateway.demo.configuration import LOOPBACK, Addresses
from gateway.demo.log_lines import Output
from gateway.demo.lunch import LUNCH, Break, Cook, Order, Say

ASK_S = 8.0
"""One call. A guest's order is answered within milliseconds; a full disk may take longer to say no."""
GUEST_COOKIE = "guest"
"""The name under which `GET /t/{token}` gives a phone its visit; part of the guests' API."""
TRIES = 3
"""As a phone does: the same order with the same key, when no answer came."""

PlayFault = Callable[[str, bool, float], None]


class NoAnswer(Exception):  # noqa: N818
    """Nobody answered at the door."""


class Autoplay:
    """`step(now)` plays what is due. `start` gives it a thread of its own: it waits for answers."""

    def __init__(self, addresses: Addresses, api_token: str, play_fault: PlayFault, output: Output):
        self._addresses = addresses
        self._token = api_token
        self._play_fault = play_fault
        self._output = output
        self._tables: dict[str, str] = {}
        self._cookies: dict[str, str] = {}
        self._caption: dict[str, str] | None = None
        self._began: float | None = None
        self._next = 0
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def seat(self, tables: dict[str, str]) -> None:
        """Table names and their tokens."""
        self._tables = tables

    def state(self) -> dict[str, Any]:
        return {"autoplay": self._thread is not None and self._thread.is_alive(), "caption": self._caption}

    def start(self) -> None:
        """From the beginning; one that is playing goes on."""
        if self._thread is None or not self._thread.is_alive():
            self._began, self._next = None, 0
            self._thread = threading.Thread(target=self._run, name="autoplay", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends at the next step; a call in progress does not hold the demo's end back."""
        self._end.set()

    def _run(self) -> None:
        while not self._end.is_set():
            due = self.step(time.monotonic())
            if due is None:
                return
            self._end.wait(max(0.0, due - time.monotonic()))

    def step(self, now: float) -> float | None:
        """Play what is due; returns when the next thing is, in monotonic seconds, or None at the end."""
        if self._began is None:
            self._began = now
        while self._next < len(LUNCH):
            at, what = LUNCH[self._next]
            if self._began + at > now:
                return self._began + at
            self._next += 1
            try:
                self._play(what)
            except NoAnswer as error:
                self._output.line("autoplay", str(error))
        return None

    def _play(self, what: Say | Order | Cook | Break) -> None:
        match what:
            case Say(zh, en):
                self._caption = {"zh-Hans": zh, "en": en} if zh else None
            case Break(fault, for_s):
                self._play_fault(fault, True, for_s)
            case Order():
                self._order(what)
            case Cook():
                self._cook(what)

    def _order(self, order: Order) -> None:
        body = {
            "table_token": self._tables[order.table],
            "covers": order.covers,
            "allergies": list(order.allergies),
            "lines": [dish.document() for dish in order.dishes],
        }
        key = {"Idempotency-Key": uuid.uuid4().hex}
        for attempt in range(TRIES):
            try:
                headers = key | self._scan(order.table)
                status, answer = self._call(self._addresses.ports.guest, "POST", "/api/v1/orders", body, headers)
            except NoAnswer:
                if attempt == TRIES - 1:
                    raise
                self._end.wait(1.0)
                continue
            if status not in (200, 201, 202):
                self._output.line("autoplay", f"table {order.table}: {status} {answer.get('code', '')}")
            return

    def _scan(self, table: str) -> dict[str, str]:
        """Opens the table's page as its guests did before they ordered. With the guards kept, only a phone with the
        cookie of the visit may order; one whose visit has ended since gets the new one's here. Raises NoAnswer."""
        cookie = {"Cookie": f"{GUEST_COOKIE}={self._cookies[table]}"} if table in self._cookies else {}
        connection = http.client.HTTPConnection(LOOPBACK, self._addresses.ports.guest, timeout=ASK_S)
        try:
            connection.request("GET", f"/t/{self._tables[table]}", None, cookie)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"table {table}'s page: {error}") from error
        finally:
            connection.close()
        given = SimpleCookie(answer.getheader("Set-Cookie", "")).get(GUEST_COOKIE)
        if given is None:
            return cookie
        self._cookies[table] = given.value
        return {"Cookie": f"{GUEST_COOKIE}={given.value}"}

    def _cook(self, cook: Cook) -> None:
        staff = self._addresses.ports.staff
        _, listed = self._call(staff, "GET", f"/api/v1/stations/{cook.station}/tickets")
        wanted = ("SHOWN", "QUEUED") if cook.action == "start" else ("SHOWN", "QUEUED", "STARTED")
        tickets = [t for t in listed.get("tickets", []) if t["state"] in wanted]
        for ticket in tickets[: cook.tickets]:
            body = {
                "screen": f"{cook.station}-autoplay",
                "key": uuid.uuid4().hex,
                "version": ticket["version"],
            }
            status, answer = self._call(staff, "POST", f"/api/v1/tickets/{ticket['id']}/{cook.action}", body)
            if status >= 400:
                self._output.line("autoplay", f"{cook.station} {cook.action}: {status} {answer.get('code', '')}")

    def _call(
        self, port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Raises NoAnswer."""
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ASK_S)
        sent = {"Content-Type": "application/json", **(headers or {})}
        if port == self._addresses.ports.staff:
            sent["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), sent)
            answer = connection.getresponse()
            document = json.loads(answer.read(4_000_000) or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(f"{method} {path}: {error}") from error
        finally:
            connection.close()
        return answer.status, document if isinstance(document, dict) else {}
