"""The firmware bridge: its real devices, drivers, print jobs and journal, on the simulation's clock and lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge.device import Device
from firmware_bridge.journal import Journal
from gateway.contract.messages import (
    BridgeDesired,
    BridgeState,
    DeviceDesired,
    DeviceEvent,
    DeviceState,
    PrintCommand,
    PrintResult,
)
from gateway.contract.topics import Topics
from gateway.domain.now import Now
from gateway.simulation.broker import Broker, Client
from gateway.simulation.printer import Line, Printer, bar_code
from gateway.simulation.world import Broken, Motor, ProcessDied, World

STEPS_AT_ONCE = 12
"""A round of four questions, each answered at once, is one turn."""


class MortalJournal(Journal):
    """The real journal; the process can die before or after any statement, and a dead one writes nothing."""

    def __init__(self, path: Path, world: World):
        self._world = world
        self.dead = False
        self.dies_in: int | None = None
        super().__init__(path, lambda: world.now().utc.timestamp())

    def _run(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        if self.dead:
            return []
        if self.dies_in is None or sql.startswith("SELECT"):
            return super()._run(sql, values)
        self.dies_in -= 1
        if self.dies_in > 0:
            return super()._run(sql, values)
        self.dies_in = None
        if self._world.maybe(0.5):
            super()._run(sql, values)
            self._world.note(f"the bridge dies after {sql.split()[0]}")
        else:
            self._world.note(f"the bridge dies before {sql.split()[0]}")
        raise ProcessDied


class SimulatedDevice(Device):
    """A device whose bell rings its motor."""

    ring: Callable[[], None] = staticmethod(lambda: None)

    def wake(self) -> None:
        self.ring()


class BridgeLife:
    """One process from its start to its end: what `firmware_bridge.assembly.Bridge` does, in turns."""

    def __init__(
        self, world: World, path: Path, name: str, topics: Topics, broker: Broker, printers: dict[str, Printer],
        failed: Callable[[str, BaseException], None],
    ):  # fmt: skip
        self._world = world
        self._name = name
        self._topics = topics
        self._printers = printers
        self._failed = failed
        self._boot = f"{world.chance.getrandbits(32):08x}"
        self._applied = BridgeDesired(0)
        self._devices: dict[str, SimulatedDevice] = {}
        self._lines: dict[str, Line] = {}
        self._motors: dict[str, Motor] = {}
        self.dead = False
        self.journal = MortalJournal(path, world)
        self.journal.settle_after_restart()
        will = (topics.bridge_state(name), msgspec.json.encode(BridgeState(online=False)))
        self.client = Client(world, broker, name, self._patterns, self._on_message, self._on_session, will)
        remembered = self.journal.desired()
        if remembered is not None:
            self._apply(remembered)
        self.client.connect_soon(0.01, 0.3)

    def _patterns(self) -> list[str]:
        return [self._topics.bridge_desired(self._name), *map(self._topics.printer_jobs, self._devices)]

    def _on_session(self) -> None:
        if not self.client.session:
            return
        self.client.publish(self._topics.bridge_state(self._name), msgspec.json.encode(self._state()), True)
        for name, device in self._devices.items():
            state = device.state()
            if state is not None:
                self.state(name, state)

    def _state(self) -> BridgeState:
        return BridgeState(True, self._applied.revision, self._boot, "simulated")

    def _on_message(self, topic: str, payload: bytes, retained: bool, acknowledge: Callable[[], None]) -> None:
        acknowledge()
        try:
            match self._topics.levels(topic):
                case ["bridges", _, "desired"]:
                    desired = msgspec.json.decode(payload, type=BridgeDesired)
                    if desired != self._applied:
                        self.journal.save_desired(desired)
                        self._apply(desired)
                case ["printers", printer, "jobs"]:
                    self._devices[printer].offer(msgspec.json.decode(payload, type=PrintCommand))
        except ProcessDied as died:
            self._failed("bridge", died)

    def _apply(self, desired: BridgeDesired) -> None:
        wanted = {device.name: device for device in desired.devices}
        for name in [n for n, device in self._devices.items() if wanted.get(n) != device.desired]:
            self._motors.pop(name).stopped = True
            self._devices.pop(name).close()
        for name, one in wanted.items():
            if name not in self._devices:
                self._begin(name, one)
        self._applied = desired
        self.client.publish(self._topics.bridge_state(self._name), msgspec.json.encode(self._state()), True)

    def _begin(self, name: str, desired: DeviceDesired) -> None:
        device = SimulatedDevice(
            desired, self._name, self.journal, self, self._open, bar_code, lambda: "", lambda bits: 0
        )
        motor = Motor(self._world, f"device {name}", lambda now: self._turn(name, device, now), self._failed)
        device.ring = motor.wake
        self._devices[name], self._motors[name] = device, motor
        self.client.listen_to(self._topics.printer_jobs(name))
        motor.wake()

    def _open(self, port: str, baud: int) -> Line:
        line = Line(self._world, self._printers[port], lambda: self._motors[port].wake())
        self._lines[port] = line
        return line

    def _turn(self, name: str, device: Device, now: Now) -> float | None:
        for _ in range(STEPS_AT_ONCE):
            wish = device.step(now.monotonic)
            line = self._lines.get(name)
            if line is None or not line.has_news:
                break
        return wish

    # --- what the devices tell (device.Outlet) ---

    def result(self, printer: str, result: PrintResult) -> None:
        if not self.dead:
            self._world.note(f"{printer} says {result.state} {result.reason} of {result.key[-4:]}")
            self.client.publish(self._topics.printer_results(printer), msgspec.json.encode(result))

    def event(self, device: str, event: DeviceEvent) -> None:
        raise Broken(f"{device} is a printer and tells of {event.kind}")

    def state(self, device: str, state: DeviceState) -> None:
        if not self.dead:
            self.client.publish(self._topics.device_state(device), msgspec.json.encode(state), True)

    def end(self) -> None:
        self.dead = self.journal.dead = True
        for motor in self._motors.values():
            motor.stopped = True
        self.client.died()
        for device in self._devices.values():
            device.close()
        self.journal.close()


class BridgeProcess:
    def __init__(
        self, world: World, path: Path, name: str, topics: Topics, broker: Broker, printers: dict[str, Printer]
    ):
        self._world = world
        self._parts = (path, name, topics, broker, printers)
        self.life: BridgeLife | None = None

    def start(self) -> None:
        if self.life is None:
            self._world.note("the bridge starts")
            self.life = BridgeLife(self._world, *self._parts, self._failed)

    def die(self, again_after: float | None = None) -> None:
        life, self.life = self.life, None
        if life is None:
            return
        self._world.note("the bridge is dead")
        life.end()
        self._world.after(self._world.between(0.3, 2.0) if again_after is None else again_after, self.start)

    def _failed(self, name: str, error: BaseException) -> None:
        if isinstance(error, Broken):
            raise error
        if isinstance(error, ProcessDied):
            self.die()
            return
        raise Broken(f"the bridge's '{name}' let an error out: {error!r}") from error
