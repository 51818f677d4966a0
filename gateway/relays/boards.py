"""What the ready boards at the bridges show: the numbers that may be fetched, as they stand on `/board`."""

from __future__ import annotations

import msgspec

from gateway.contract.messages import DeviceCommand
from gateway.contract.topics import Topics
from gateway.contract.wire import Outlet
from gateway.domain.now import Now
from gateway.store import Store, pickups, settings

MOST_NUMBERS = 60
"""As many as a board takes (firmware_bridge/drivers/ready_board.py): six pages of ten."""

SAY_AGAIN_S = 30.0
"""A bridge that read its settings anew has forgotten what stood there, and says nothing of that. The same numbers once
more change nothing on a board."""


class Boards:
    """A state: the last numbers win. Every `ready_board` of the settings gets all of them."""

    def __init__(self, store: Store, topics: Topics, outlet: Outlet):
        self._store = store
        self._topics = topics
        self._outlet = outlet
        self._shown: dict[str, list[str]] = {}
        self._again_at = float("-inf")

    def forget(self) -> None:
        """A new connection, or a bridge that came: what stands there is said again."""
        self._shown.clear()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            rules = settings.settings(rows)
            boards = [d for d in rules.devices if d.driver == "ready_board"] if rules else []
            if not rules or not boards:
                return None
            numbers, left = pickups.ready(rows, rules.serving.expo, now)
        if now.monotonic >= self._again_at:
            self._again_at = now.monotonic + SAY_AGAIN_S
            self.forget()
        numbers = numbers[:MOST_NUMBERS]
        for board in boards:
            if self._shown.get(board.id) != numbers:
                command = DeviceCommand("numbers", {"ready": numbers})
                if self._outlet.publish(self._topics.device_do(board.id), msgspec.json.encode(command)):
                    self._shown[board.id] = numbers
        return self._again_at if left is None else min(self._again_at, now.monotonic + max(left, 0.0) + 0.001)
