"""What goes wrong in a shift, drawn from the seed. `stop` ends all of it: from then on everything must drain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gateway.simulation.bridge_process import BridgeProcess
from gateway.simulation.broker import Broker, Client
from gateway.simulation.cloud import CloudLine
from gateway.simulation.disk import Trouble
from gateway.simulation.gateway_process import GatewayProcess
from gateway.simulation.printer import Printer
from gateway.simulation.screens import BrokerScreen, Screen, StreamScreen
from gateway.simulation.world import World

STEPS_A_SHIFT = 4000
"""About what a shift has; the probability of a death at each step follows from it."""

CLOCK_JUMPS = (3600, -7200, 86_400, 20 * 365 * 86_400, -56 * 365 * 86_400)
CLOUD_TROUBLES = ("away", "error", "slow", "lost_answer", "captive", "part", "mixed", "mixed")


@dataclass
class Place:
    """Everything that can break."""

    gateway: GatewayProcess
    bridge: BridgeProcess
    broker: Broker
    cloud: CloudLine
    printers: list[Printer]
    screens: list[Screen]
    clients: Callable[[], list[Client]]
    folder: Path


@dataclass
class Faults:
    world: World
    place: Place
    on: bool = True
    lost_answers: float = 0.0
    deaths: float = 0.0
    _mends: list[Callable[[], None]] = field(default_factory=list)

    def plan(self, length: float) -> None:
        """Some shifts are quiet, some are storms."""
        world = self.world
        storm = world.chance.choice([0.3, 1.0, 1.0, 2.0])
        self.lost_answers = world.chance.choice([0.0, 0.1, 0.3])
        self.deaths = storm * world.chance.choice([0, 1, 3]) / STEPS_A_SHIFT
        menu: list[tuple[float, Callable[[], None]]] = [
            (2.0, self._kill_in_statement), (0.5, self._fill_disk), (1.0, self._kill_bridge),
            (1.5, self._kill_in_bridge), (1.0, self._stop_broker), (1.5, self._cut_connection), (0.4, self._pull_plug),
            (2.5, self._break_printer), (2.0, self._trouble_cloud), (0.3, self._jump_clock), (1.0, self._send_away),
        ]  # fmt: skip
        for weight, fault in menu:
            for _ in range(world.chance.choice([0, 1, 1, 2])):
                if world.maybe(min(1.0, weight * storm / 2)):
                    world.at(world.between(0, length), lambda fault=fault: fault() if self.on else None)  # type: ignore[misc]

    def lose(self) -> bool:
        return self.on and self.world.maybe(self.lost_answers)

    def maybe_die(self) -> None:
        """Between any two steps."""
        if self.on and self.deaths and self.world.maybe(self.deaths):
            self.place.gateway.die()

    def stop(self) -> None:
        self.world.note("the faults are over")
        self.on = False
        for mend in list(self._mends):
            mend()
        life = self.place.gateway.life
        if life is not None:
            life.disk.trouble = None
        if self.place.bridge.life is not None:
            self.place.bridge.life.journal.dies_in = None

    def _for_a_while(self, low: float, high: float, mend: Callable[[], None]) -> None:
        def once() -> None:
            if once in self._mends:
                self._mends.remove(once)
                mend()

        self._mends.append(once)
        self.world.after(self.world.between(low, high), once)

    # --- processes ---

    def _kill_in_statement(self) -> None:
        life = self.place.gateway.life
        if life is not None:
            kind = self.world.chance.choice(["dies_before", "dies_after"])
            if self.world.maybe(0.5):
                # An order is the longest of all transactions: half of the deaths wait for one.
                life.disk.trouble = Trouble(kind, self.world.chance.randint(1, 20), waits_for="INSERT INTO orders")
            else:
                life.disk.trouble = Trouble(kind, self.world.chance.randint(2, 60))
        self.world.after(self.world.between(5, 60), lambda: self._kill_in_statement() if self.on else None)

    def _fill_disk(self) -> None:
        life = self.place.gateway.life
        if life is not None:
            life.disk.trouble = Trouble("full", self.world.chance.randint(2, 40), self.world.chance.randint(0, 20))

    def _kill_bridge(self) -> None:
        self.place.bridge.die()

    def _kill_in_bridge(self) -> None:
        if self.place.bridge.life is not None:
            self.place.bridge.life.journal.dies_in = self.world.chance.randint(1, 6)

    def _stop_broker(self) -> None:
        self.place.broker.die()
        self._for_a_while(0.3, 15, self.place.broker.start)

    def _cut_connection(self) -> None:
        clients = self.place.clients()
        if clients:
            self.place.broker.cut(self.world.chance.choice(clients))

    def _pull_plug(self) -> None:
        self.world.note("somebody pulls the plug of the box")
        back = self.world.between(2, 8)
        self.place.broker.die()
        self.place.gateway.die(back)
        self.place.bridge.die(back)
        self.world.plug_pulled()
        self.world.after(back / 2, self.place.broker.start)

    # --- the world around ---

    def _break_printer(self) -> None:
        printer = self.world.chance.choice(self.place.printers)
        fault = self.world.chance.choice(["paper_out", "unplugged", "mute", "no_power"])
        self.world.note(f"{printer.name}: {fault}")
        if fault == "no_power":
            printer.lose_power()
        else:
            printer.faults.add(fault)

        def mend() -> None:
            self.world.note(f"{printer.name}: no more {fault}")
            printer.mend(fault)

        self._for_a_while(3, 40, mend)

    def _trouble_cloud(self) -> None:
        cloud = self.place.cloud
        cloud.mode = self.world.chance.choice(CLOUD_TROUBLES)
        self.world.note(f"the cloud: {cloud.mode}")

        def mend() -> None:
            self.world.note("the cloud is well")
            cloud.mode = "well"

        self._for_a_while(2, 60, mend)

    def _jump_clock(self) -> None:
        world = self.world
        world.wall_offset = timedelta(seconds=world.chance.choice(CLOCK_JUMPS))
        world.note(f"the wall clock jumps by {world.wall_offset}")
        if world.maybe(0.7):
            self._for_a_while(5, 40, lambda: setattr(world, "wall_offset", timedelta(0)))

    def _send_away(self) -> None:
        if not self.place.screens:
            return
        screen = self.world.chance.choice(self.place.screens)
        self.world.note(f"{screen.name} goes away")
        screen.away = True
        if isinstance(screen, StreamScreen):
            screen.close_stream()
        elif isinstance(screen, BrokerScreen):
            self.place.broker.cut(screen.client)
        self._for_a_while(2, 60, screen.redraw)
