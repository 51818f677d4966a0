"""Where the bridge's parts are made and joined, and the motors that drive them.

Threads: main (applies configurations, tidies the journal, lists free ports), paho's loop (hands over), `device:NAME`
(one a device, the only owner of its port), `discover` (a look around, one at a time).
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge import escpos
from firmware_bridge.broker import UNREADABLE, Broker, Retained
from firmware_bridge.config import BridgeConfig, problems_of_name
from firmware_bridge.device import Device
from firmware_bridge.discovery import DEV, SYS, look_around, network_places, unused_ports
from firmware_bridge.drivers.driver import Probe
from firmware_bridge.drivers.table import DRIVERS
from firmware_bridge.errors import ConfigError
from firmware_bridge.following import way_to
from firmware_bridge.inquiries import Inquiries
from firmware_bridge.journal import Journal
from firmware_bridge.neighbours import Neighbours
from firmware_bridge.ports.descriptor import CLOSE_S
from gateway.contract.messages import (
    BridgeCommand,
    BridgeDesired,
    BridgeEvent,
    BridgeState,
    DeviceCommand,
    DeviceDesired,
    PrintCommand,
)
from gateway.contract.topics import Topics

log = logging.getLogger(__name__)

VERSION = "0.1.0"
TIDY_EVERY_S = 60.0
LAST_SLIP_S = 1.0
"""At a stop a slip on its way may still end; beyond this it is UNKNOWN, which a person must then look at."""
MOST_DESIRED = 8
"""Waiting ones; a person changes one at a time, and the gateway repeats the newest on every connect."""
LONGEST_WAIT_S = 3600.0


class RawDesired(msgspec.Struct):
    """A configuration whose devices are read one by one, so that one bad device costs only itself."""

    revision: int
    devices: list[msgspec.Raw] = msgspec.field(default_factory=list)


class DeviceThread:
    """The motor of one device. `failed(name, error)` is called when its step raised."""

    def __init__(self, device: Device, failed: Callable[[str, Exception], None]) -> None:
        self.device = device
        self._failed = failed
        self._stop_by: float | None = None
        name = f"device:{device.desired.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop_by = time.monotonic() + LAST_SLIP_S
        self.device.retire()

    def join(self) -> None:
        self._thread.join(LAST_SLIP_S + CLOSE_S + 0.5)

    def _run(self) -> None:
        try:
            while True:
                now = time.monotonic()
                wish = self.device.step(now)
                if self._stop_by is not None:
                    if self.device.idle or now >= self._stop_by:
                        break
                    wish = self._stop_by if wish is None else min(wish, self._stop_by)
                ahead = LONGEST_WAIT_S if wish is None else wish - time.monotonic()
                self.device.wait(min(ahead, LONGEST_WAIT_S))
            self.device.close()
        except Exception as error:  # the motor's end must be heard: main ends the process
            log.exception("%s stopped", threading.current_thread().name)
            self._failed(self.device.desired.name, error)


class Bridge:
    """The whole bridge. `run` returns 0 after `stop`, 1 when a part failed and a restart is due."""

    def __init__(self, config: BridgeConfig, dev: Path = DEV, sys_: Path = SYS) -> None:
        self._config = config
        self._folders = dev, sys_
        self._found: list[str] = []
        config.data.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(config.data / "bridge.db", time.time)
        for entry in self._journal.settle_after_restart():
            log.info("job %s on %s was under way: its end is unknown", entry.key, entry.printer)
        self._bar_codes = escpos.load_bar_codes()
        self._threads: dict[str, DeviceThread] = {}
        self._errors: dict[str, str] = {}
        self._applied = BridgeDesired(0)
        self._boot = secrets.token_hex(4)
        # SimpleQueue, because a signal handler puts into it while main waits in it.
        self._desired: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._failure: Exception | None = None
        self._stopped = False
        self._neighbours = Neighbours()
        self._inquiries = Inquiries(self._look_around, self._probe, self._answer)
        topics = Topics(config.store)
        self._topics = topics
        self._broker = Broker(
            config.broker,
            topics,
            config.name,
            on_command=self._on_command,
            on_desired=self._hand_over,
            on_inquiry=self._on_inquiry,
            retained=self._retained,
        )

    def run(self) -> int:
        remembered = self._journal.desired()
        if remembered is not None:
            self._apply(*sorted_out(remembered, {}))
        self._found = self._unused()
        self._broker.start()
        while not self._stopped and self._failure is None:
            try:
                document = self._desired.get(timeout=TIDY_EVERY_S)
            except queue.Empty:
                self._journal.tidy()
                self._tell_found()
                continue
            if document is not None:
                self._take_desired(document)
        self._shut_down()
        return 0 if self._failure is None else 1

    def stop(self) -> None:
        """May be called from a signal handler or another thread."""
        self._stopped = True
        self._desired.put(None)

    # --- handed over from other threads ---

    def _hand_over(self, document: bytes | None) -> None:
        if self._desired.qsize() >= MOST_DESIRED:
            log.warning("device configurations come faster than they can be applied; one is left out")
            return
        self._desired.put(document)

    def _on_command(self, device: str, command: PrintCommand | DeviceCommand) -> None:
        thread = self._threads.get(device)
        if thread is None:
            log.warning("a command for %s, which is not one of our devices", device)
            return
        thread.device.offer(command)

    def _on_inquiry(self, command: BridgeCommand) -> None:
        self._inquiries.take(command)

    def _look_around(self, scan: bool) -> dict[str, Any]:
        ours = dict(self._ports())
        macs = {name: peer.mac for name, peer in self._journal.peers().items()}
        known = {port: macs.get(name, "") for port, name in ours.items()}
        return look_around(ours, partial(network_places, known, self._neighbours, scan=scan), *self._folders)

    def _probe(self, device: str, probe: Probe) -> bool:
        thread = self._threads.get(device)
        if thread is not None:
            thread.device.offer(probe)
        return thread is not None

    def _answer(self, event: BridgeEvent) -> None:
        self._broker.answer(event)

    def _failed(self, _name: str, error: Exception) -> None:
        self._failure = error
        self._desired.put(None)

    def _retained(self) -> Iterable[Retained]:
        yield self._topics.bridge_state(self._config.name), msgspec.json.encode(self._state())
        for name, thread in list(self._threads.items()):
            state = thread.device.state()
            if state is not None:
                yield self._topics.device_state(name), msgspec.json.encode(state)

    # --- main's thread ---

    def _take_desired(self, document: bytes) -> None:
        try:
            raw = msgspec.json.decode(document, type=RawDesired)
        except UNREADABLE as error:
            log.warning("a device configuration that cannot be read: %s", error)
            self._errors = {**self._errors, "desired": str(error)}
            self._broker.bridge_state(self._state())
            return
        desired, errors = read_devices(raw)
        is_new = desired != self._applied
        self._apply(desired, errors)
        if is_new:  # not before: what could not be applied shall not stand in the way of the next start
            self._journal.save_desired(desired)

    def _apply(self, desired: BridgeDesired, errors: dict[str, str]) -> None:
        """Removed and changed devices end, new and changed ones begin, the others are not touched."""
        wanted = {device.name: device for device in desired.devices}
        ending = [name for name, thread in self._threads.items() if wanted.get(name) != thread.device.desired]
        for name in ending:
            self._threads[name].ask_to_stop()
        for name in ending:
            self._threads.pop(name).join()
            if name not in wanted:
                self._broker.clear_state(name)
        self._journal.keep_peers({name: device.port for name, device in wanted.items()})
        for name, device in wanted.items():
            if name in self._threads:
                continue
            open_line = way_to(device, self._journal, self._neighbours)
            try:
                made = Device(
                    device, self._config.name, self._journal, self._broker, open_line, self._bar_codes, _stamp
                )
            except ConfigError as error:
                errors[name] = str(error)
                self._broker.clear_state(name)  # what it was before says nothing of it now
                continue
            self._threads[name] = DeviceThread(made, self._failed)
            self._threads[name].start()
        self._applied = desired
        self._errors = errors
        self._found = self._unused()
        kinds = {name: DRIVERS[thread.device.desired.driver] for name, thread in self._threads.items()}
        self._broker.listen_to(
            (name for name, kind in kinds.items() if kind.printer),
            (name for name, kind in kinds.items() if not kind.printer),
        )
        self._broker.bridge_state(self._state())
        log.info("devices of revision %d: %s", desired.revision, ", ".join(self._threads) or "none")
        for name, problem in errors.items():
            log.warning("device %s: %s", name, problem)

    def _tell_found(self) -> None:
        found = self._unused()
        if found != self._found:
            self._found = found
            self._broker.bridge_state(self._state())

    def _unused(self) -> list[str]:
        return unused_ports([port for port, _ in self._ports()], *self._folders)

    def _ports(self) -> list[tuple[str, str]]:
        """Each that a device of ours has, with its name."""
        return [(port, name) for name, thread in list(self._threads.items()) for port in thread.device.ports()]

    def _state(self) -> BridgeState:
        return BridgeState(True, self._applied.revision, self._boot, VERSION, dict(self._errors), self._found)

    def _shut_down(self) -> None:
        for thread in self._threads.values():
            thread.ask_to_stop()
        for thread in self._threads.values():
            thread.join()
        self._broker.stop()
        self._journal.close()


def read_devices(raw: RawDesired) -> tuple[BridgeDesired, dict[str, str]]:
    """The devices that can be read, and what is wrong with the others, by name."""
    devices: list[DeviceDesired] = []
    errors: dict[str, str] = {}
    for at, document in enumerate(raw.devices):
        try:
            devices.append(msgspec.json.decode(document, type=DeviceDesired))
        except UNREADABLE as error:
            errors[_name_in(document) or f"device {at}"] = str(error)
    return sorted_out(BridgeDesired(raw.revision, devices), errors)


def sorted_out(desired: BridgeDesired, errors: dict[str, str]) -> tuple[BridgeDesired, dict[str, str]]:
    """The devices that can stand beside one another, each with a name and a port of its own. Adds to `errors`."""
    devices: dict[str, DeviceDesired] = {}
    owners: dict[str, str] = {}
    for device in desired.devices:
        problems = problems_of_name(device.name)
        owner = owners.get(device.port)
        if problems:
            errors[device.name or "a device without a name"] = problems[0]
        elif device.name in devices:
            errors[device.name] = "two devices have this name; the first one is used"
        elif owner is not None:
            errors[device.name] = f"port {device.port} is that of {owner}; a port has one owner"
        else:
            devices[device.name] = device
            owners |= {device.port: device.name} if device.port else {}
    return BridgeDesired(desired.revision, list(devices.values())), errors


def _name_in(document: msgspec.Raw) -> str:
    try:
        value = msgspec.json.decode(document)
    except UNREADABLE:
        return ""
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


def _stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
