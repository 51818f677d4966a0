"""State to the broker, retained: open tickets, the gateway itself, what each bridge shall have, lost devices.

State is not a job: the last value wins, and all of it is published again on every connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from gateway import __version__
from gateway.contract.messages import BridgeDesired, DeviceDesired, DeviceState, GatewayState
from gateway.contract.topics import Topics
from gateway.contract.wire import Outlet
from gateway.domain import documents
from gateway.domain.now import Now
from gateway.domain.settings import Printer, Settings
from gateway.operations.kitchen import names_of_stations
from gateway.store import Reader, Store, devices, journal, orders, settings, tickets

ENTRIES_AT_ONCE = 200
"""Journal entries looked at in one step: a burst is told in a few steps and holds nothing else up."""

MAX_SEEN = 2000
"""Retained tickets that the broker may show us on a connection; a lunch has a tenth of it open."""

MAX_UNACKNOWLEDGED = 500
"""Open tickets that were told last: more than a rush tells in the minute until a dead connection is noticed."""


def desired_of(rules: Settings, bridge: str, revision: int) -> BridgeDesired:
    """A bridge's whole device configuration."""
    return BridgeDesired(
        revision,
        [
            DeviceDesired(p.id, p.driver, p.port, p.baud, p.columns, p.fence, p.encoding, _options(p))
            for p in rules.printers
            if p.bridge == bridge
        ]
        + [
            DeviceDesired(d.id, d.driver, d.port, d.baud, options=d.options)
            for d in rules.devices
            if d.bridge == bridge
        ],
    )


def _options(printer: Printer) -> dict[str, str]:
    """What a bridge of an older version would not know is not said where it changes nothing."""
    said = {name: str(getattr(printer, name)) for name in ("flow", "qr", "drawer", "buzzer", "model")}
    label = printer.label_size
    if label is not None:
        said = {"flow": printer.flow}
    size = {name: str(value) for name, value in msgspec.structs.asdict(label).items()} if label else {}
    return {name: value for name, value in said.items() if value not in ("", "none", "native")} | size


class Displays:
    """Follows the journal and tells displays. `saw` is called by the intake for what the broker still keeps."""

    def __init__(self, store: Store, topics: Topics, outlet: Outlet):
        self._store = store
        self._topics = topics
        self._outlet = outlet
        self._slot: int | None = None
        self._seen: deque[tuple[str, str]] = deque(maxlen=MAX_SEEN)
        self._told: deque[tuple[str, str]] = deque(maxlen=MAX_UNACKNOWLEDGED)
        self._revision = 0
        self._lost: set[str] = set()
        self.wake: Callable[[], None] = lambda: None

    def forget(self) -> None:
        """A new connection: everything is published again. What the former one did not acknowledge the connector sends
        once more, also a ticket that has ended since: to a broker that kept nothing it is open again, and no retained
        message on the connection tells us. So these are looked at as if the broker had shown them."""
        self._seen.extend(dict.fromkeys(self._told))
        self._told.clear()
        self._slot = None
        self._revision = 0
        self._lost.clear()

    def saw(self, station: str, ticket: str) -> None:
        self._seen.append((station, ticket))
        self.wake()

    def step(self, now: Now) -> float | None:
        with self._store.read() as rows:
            names = names_of_stations(rows)
            if self._slot is None:
                self._slot = journal.last_slot(rows)
                told = self._everything(rows, names, now)
            else:
                told = self._news(rows, names)
            told += self._stale(rows)
            told += self._configuration(rows)
            told += self._lost_devices(rows)
            more = journal.last_slot(rows) > self._slot
        for topic, value in told:
            self._outlet.publish(topic, msgspec.json.encode(value) if value is not None else b"", retain=True)
        return now.monotonic if more else None

    def _everything(self, rows: Reader, names: dict[str, Any], now: Now) -> list[tuple[str, Any]]:
        told: list[tuple[str, Any]] = [(self._topics.state(), GatewayState("online", __version__, now.boot))]
        for station, ticket, order_n in tickets.open_ids(rows):
            document = documents.order_document(orders.load_by_number(rows, order_n))
            told.append((self._topics.ticket(station, ticket), documents.ticket_document(document, ticket, names)))
            self._told.append((station, ticket))
        return told

    def _news(self, rows: Reader, names: dict[str, Any]) -> list[tuple[str, Any]]:
        told: list[tuple[str, Any]] = []
        for entry in journal.after(rows, self._slot or 0, ENTRIES_AT_ONCE):
            self._slot = entry.slot
            if not entry.subject.startswith("order/"):
                continue
            data = documents.decoded(entry.data)
            for ticket_id in data["change"]["tickets"]:
                document = documents.ticket_document(data["order"], ticket_id, names)
                if documents.is_held(document):
                    continue
                topic = self._topics.ticket(document["station"], ticket_id)
                told.append((topic, None if document["cleared_at"] else document))
                if not document["cleared_at"]:
                    self._told.append((document["station"], ticket_id))
        return told

    def _stale(self, rows: Reader) -> list[tuple[str, Any]]:
        """Retained tickets of a former life that are no longer open are cleared."""
        if not self._seen:
            return []
        still_open = {(station, ticket) for station, ticket, _ in tickets.open_ids(rows)}
        gone = []
        while self._seen:
            pair = self._seen.popleft()
            if pair not in still_open:
                gone.append((self._topics.ticket(*pair), None))
        return gone

    def _configuration(self, rows: Reader) -> list[tuple[str, Any]]:
        revision = settings.settings_revision(rows)
        if revision == self._revision:
            return []
        self._revision = revision
        rules = settings.the_settings(rows)
        return [
            (self._topics.bridge_desired(bridge), desired_of(rules, bridge, revision))
            for bridge in sorted(rules.bridges())
        ]

    def _lost_devices(self, rows: Reader) -> list[tuple[str, Any]]:
        """A dead bridge cannot say that it no longer knows its devices: the gateway says it."""
        offline = {b.name for b in devices.bridges(rows) if not b.online}
        lost = {d.name: d.bridge for d in devices.devices(rows) if d.bridge in offline}
        new = sorted(lost.keys() - self._lost)
        self._lost = set(lost)
        return [(self._topics.device_state(name), DeviceState("unknown", lost[name])) for name in new]
