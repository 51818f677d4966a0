"""What the demo's cloud itself lists."""

from __future__ import annotations

import json as plain_json
import threading
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from gateway.domain.boot_file import Demo
from gateway.domain.now import Now

CLOUD_S = 1.5
"""The cloud's list is one pane of four; the page goes on without it."""

CLOUD_FRESH_S = 0.6
"""Several visitors ask together no more often than one."""

CLOUD_WATCHED_S = 3.0
"""An order that appears within this time of the last look is known to have arrived between the two."""

ORDERS_SHOWN = 20


class CloudList:
    """The cloud's own list, asked past the demo's faulty wire. Its counters are asked first, then only what is new."""

    def __init__(self, demo: Demo, store: str):
        self.arrived: dict[str, str | None] = {}
        """Order id -> when it was first seen there, if it was watched for at that moment."""
        self._listed: list[dict[str, Any]] = []
        self._repeats = 0
        self._answers = False
        self._asked_at = -CLOUD_FRESH_S
        self._answered_at: float | None = None
        self._lock = threading.Lock()
        self._demo = demo
        self._base = f"{demo.cloud_url}/v1/stores/{store}"

    def look(self, now: Now) -> None:
        with self._lock:
            if now.monotonic - self._asked_at < CLOUD_FRESH_S:
                return
            self._asked_at = now.monotonic
            try:
                stats = self._get("/stats")
                if stats["orders"] != len(self._listed):
                    self._fetch(now, stats["orders"])
                self._repeats = stats["duplicates"]
                self._answers = True
                self._answered_at = now.monotonic
            except (OSError, ValueError, KeyError):
                self._answers = False

    def document(self) -> dict[str, Any]:
        with self._lock:
            placed = [order["placed_at"] or "" for order in self._listed]
            return {
                "answers": self._answers,
                "count": len(self._listed),
                "in_order": placed == sorted(placed),
                "repeats": self._repeats,
                "orders": [
                    {"id": order["id"], "number": order["number"], "placed_at": order["placed_at"]}
                    for order in self._listed[: -ORDERS_SHOWN - 1 : -1]
                ],
            }

    def _fetch(self, now: Now, wanted: int) -> None:
        watched = self._answered_at is not None and now.monotonic - self._answered_at < CLOUD_WATCHED_S
        after = {"after": self._listed[-1]["id"]} if self._listed else {}
        fresh = self._orders(after)
        if len(self._listed) + len(fresh) < wanted:
            # Something stands before what was the last: read the whole list again.
            self._listed, fresh = [], self._orders({})
        self._listed += [{name: o[name] for name in ("id", "number", "placed_at")} for o in fresh]
        for order in fresh:
            self.arrived.setdefault(order["id"], now.iso if watched else None)

    def _orders(self, query: dict[str, str]) -> list[dict[str, Any]]:
        answer = self._get("/orders?" + urllib.parse.urlencode(query | {"limit": "10000"}))
        found: list[dict[str, Any]] = answer["orders"]
        return found

    def _get(self, path: str) -> Any:
        token = Path(self._demo.cloud_token_file).read_text().strip()
        asked = urllib.request.Request(self._base + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=CLOUD_S) as answer:
            return plain_json.load(answer)
