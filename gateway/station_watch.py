"""A part that watches the roads to the stations: what no order reaches is not sold, until one does again."""

from __future__ import annotations

from collections.abc import Callable, Set

from gateway.domain.actor import HOUSE
from gateway.domain.now import Now
from gateway.operations import station_paths
from gateway.store import Pending, Store, settings, stations
from gateway.store.stations import Place

LOOK_EVERY_S = 2.0
"""A dish is back on the menu so soon after its screen: a guest's phone asks every five seconds. Housekeeping runs at
each commit in a rush; this need not look so often."""


class StationWatch:
    """`screens`: the stations that a living screen follows at this moment. What is suspended is a row, and so outlives
    a restart; for how long a path has been dead is counted anew, so that a start never closes a shop by itself."""

    def __init__(self, store: Store, screens: Callable[[Now], Set[str]]):
        self._store = store
        self._screens = screens
        self._dead: dict[Place, float] = {}
        self._asked: set[Place] = set()
        self._due = float("-inf")

    def step(self, now: Now) -> float | None:
        if now.monotonic < self._due:
            return self._due
        self._due = now.monotonic + LOOK_EVERY_S
        self._look(now)
        return self._due

    def _look(self, now: Now) -> None:
        screens = self._screens(now)
        with self._store.read() as rows:
            rules = settings.settings(rows)
            if rules is None:
                return
            paths = station_paths.paths(rows, rules, screens, now)
            suspended = stations.suspended(rows)
        dead = {path.place for path in paths if not path.lives}
        self._dead = {place: self._dead.get(place, now.monotonic) for place in dead}
        for station, area in suspended - dead:  # also what the settings do not know any more
            self._submit(station_paths.resume, station, area)
        for station, area in dead - suspended:
            if now.monotonic >= self._dead[station, area] + station_paths.DEAD_S:
                self._submit(station_paths.suspend, station, area)

    def _submit(self, operation: Callable[..., None], station: str, area: str) -> None:
        """Once at a time; a store that did not take it is asked again at the next look."""
        if (station, area) in self._asked:
            return
        self._asked.add((station, area))

        def settled(pending: Pending) -> None:
            self._asked.discard((station, area))

        self._store.submit(operation, HOUSE, station, area).then(settled)
