"""Kitchen screens without a picture: each reads its station's stream and proves what comes, as a page does."""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from typing import Any

import msgspec

from benchmarks.shop import Gateway


class StreamReader(threading.Thread):
    """`heard`: when each order's ticket was read off the stream, in ms of the epoch. `live` once the stream speaks."""

    def __init__(self, gateway: Gateway, api_token: str, station: str, screen: str):
        super().__init__(name=f"screen {screen}", daemon=True)
        self.heard: dict[str, float] = {}
        self.live = threading.Event()
        self._gateway, self._token, self._station, self._screen = gateway, api_token, station, screen

    def run(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._gateway.staff, timeout=30)
        topics = f"tickets:{self._station},conditions,uplink"
        path = f"/api/v1/events?topics={topics}&screen={self._screen}"
        line.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
        answer = line.getresponse()
        self._out = http.client.HTTPConnection("127.0.0.1", self._gateway.staff, timeout=30)
        kind = ""
        try:
            while said := answer.readline():
                name, _, value = said.rstrip().partition(b": ")
                if name == b"event":
                    kind = value.decode()
                elif name == b"data":
                    self.live.set()
                    if kind == "ticket":
                        self._take(msgspec.json.decode(value))
        except OSError:
            return  # the store is closed

    def _take(self, ticket: dict[str, Any]) -> None:
        self.heard.setdefault(ticket["order"]["number"], time.time() * 1000)
        if ticket["cleared_at"] or ticket["version"] <= (ticket["shown_version"] or 0):
            return
        body = {"screen": self._screen, "key": uuid.uuid4().hex, "version": ticket["version"]}
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._out.request("POST", f"/api/v1/tickets/{ticket['id']}/rendered", msgspec.json.encode(body), headers)
        self._out.getresponse().read()
