"""What the pole displays at the pass show: the answer to the last scan, for a while."""

from __future__ import annotations

import msgspec

from gateway.contract.messages import DeviceCommand
from gateway.contract.topics import Topics
from gateway.contract.wire import Outlet
from gateway.domain.now import Now
from gateway.domain.settings import Device
from gateway.store import Reader, Store, crossings, settings

SHOWN_S = 20.0
"""An answer that stands longer is taken for that of the next plate; a runner reads it within five."""


class Poles:
    """A state: the last answer wins, and none is said twice. After a start a young one is said again."""

    def __init__(self, store: Store, topics: Topics, outlet: Outlet):
        self._store = store
        self._topics = topics
        self._outlet = outlet
        self._shown: dict[str, str] = {}
        """By display the id of the saying that stands there; "" for an empty one."""

    def forget(self) -> None:
        """A new connection: what stands there is said again."""
        self._shown.clear()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            rules = settings.settings(rows)
            poles = [d for d in rules.devices if d.at_pass and d.driver == "pole_display"] if rules else []
            if not poles:
                return None
            last, until = _last(rows, now)
        for pole in poles:
            self._show(pole, last)
        return until

    def _show(self, pole: Device, last: crossings.Saying | None) -> None:
        wanted = last.id if last else ""
        if self._shown.get(pole.id) == wanted:
            return
        command = DeviceCommand("clear")
        if last is not None:
            language = "zh-Hans" if pole.options.get("charset") == "gbk" else "en"
            command = DeviceCommand("text", {"lines": last.body["pole"][language]})
        if self._outlet.publish(self._topics.device_do(pole.id), msgspec.json.encode(command)):
            self._shown[pole.id] = wanted


def _last(rows: Reader, now: Now) -> tuple[crossings.Saying | None, float | None]:
    """The saying that shall stand there now, and until when."""
    said = crossings.said(rows)
    if not said:
        return None, None
    left = SHOWN_S - now.since(said[-1].boot, said[-1].mono)
    return (said[-1], now.monotonic + left) if left > 0 else (None, None)
