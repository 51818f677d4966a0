"""One shift: everything made, joined and run from one seed, then drained and looked at for the last time."""

from __future__ import annotations

import logging
import shutil
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.contract.topics import Topics
from gateway.simulation import restaurant
from gateway.simulation.bridge_process import BridgeProcess
from gateway.simulation.broker import Broker, Client
from gateway.simulation.cloud import CloudLine
from gateway.simulation.faults import Faults, Place
from gateway.simulation.gateway_process import GatewayProcess, Life
from gateway.simulation.guests import Guests, Program
from gateway.simulation.invariants import Rest, check_at_rest, check_closed
from gateway.simulation.ledger import Ledger
from gateway.simulation.printer import Printer
from gateway.simulation.screens import BrokerScreen, Deeds, Screen, StreamScreen
from gateway.simulation.staff import Staff
from gateway.simulation.waiters import Waiters
from gateway.simulation.world import Broken, World
from gateway.store import UPLINK_ALONE

MOST_ORDERS = 40
SECONDS_PER_ORDER = 5.0
DRAIN_S = 150.0
"""Within this, after the last fault, nothing may be left: 15 s for a doubtful paper, three times, a slow printer."""

DRAIN_SLICE_S = 5.0
LOOK_EVERY_S = 2.0


@dataclass(frozen=True)
class Outcome:
    """How a seed ended. `broken` is the invariant in words, "" when all held."""

    seed: int
    orders: int
    steps: int
    deaths: int
    seconds: float
    """Virtual ones."""
    trace: str
    broken: str
    last: list[str]


class Watch(logging.Handler):
    """An error that the house logs with its traceback is a bug, also when the house lives on."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.seen = f"{record.getMessage()}: {record.exc_info[1]!r}"


class Shift:
    def __init__(self, seed: int, orders: int, folder: Path):
        self.world = world = World(seed)
        self.folder = folder
        # Mostly short shifts: as many faults fall on fewer orders, and more seeds are tried in the same time.
        self.count = min(orders, 2 + int((orders - 1) * world.chance.random() ** 2))
        self.topics = Topics(restaurant.STORE)
        self.broker = Broker(world)
        poisoned = {world.chance.randint(2, 300) for _ in range(2)} if world.maybe(0.2) else set()
        self.cloud = CloudLine(
            world, folder / "cloud.db", f"/stores/{restaurant.STORE}/boxes/{restaurant.BOX}", poisoned
        )
        self.gateway = GatewayProcess(world, folder, self.topics, self.broker, self.cloud)
        self.rules = restaurant.found(world, self.gateway.path)
        self.deeds = Deeds()
        self.ledger = Ledger(world, self.deeds, self.cloud, self.rules.stations, restaurant.STATIONS)
        self.printers = {p: Printer(world, p, self.ledger.came_out) for p in restaurant.PRINTERS}
        self.bridge = BridgeProcess(
            world, folder / "bridge.db", restaurant.BRIDGE, self.topics, self.broker, self.printers
        )
        self.screens = self._screens()
        place = Place(
            self.gateway, self.bridge, self.broker, self.cloud, list(self.printers.values()), self.screens,
            self._clients, folder,
        )  # fmt: skip
        self.faults = Faults(world, place)
        self.guests = Guests(world, self.gateway, self.faults.lose)
        self.program = Program(world, self.broker, self.topics)
        self.staff = Staff(world, self.gateway, self.ledger)
        self.waiters = Waiters(world, self.gateway, self.ledger, self.deeds)
        self.watch = Watch()
        self.gateway.started = self._born

    def _screens(self) -> list[Screen]:
        """One or two screens a station, of either kind; most paper stations have none."""
        world, deeds = self.world, self.deeds
        screens: list[Screen] = []
        for place in (station.id for station in self.rules.stations if station.proof != "paper" or world.maybe(0.3)):
            of_broker = world.maybe(0.6)
            if of_broker:
                screens.append(BrokerScreen(world, f"mqtt-{place}", place, deeds, self.broker, self.topics))
            if not of_broker or world.maybe(0.4):
                screens.append(StreamScreen(world, f"page-{place}", place, deeds, self.gateway, self._lose))
        return screens

    def _lose(self) -> bool:
        return self.faults.lose()

    def _clients(self) -> list[Client]:
        clients = [screen.client for screen in self.screens if isinstance(screen, BrokerScreen)]
        if self.gateway.life is not None:
            clients.append(self.gateway.life.client)
        if self.bridge.life is not None:
            clients.append(self.bridge.life.client)
        return clients

    def _born(self, life: Life) -> None:
        self.ledger.dirty = self.ledger.thorough = True
        self.ledger.calm_since = self.world.time
        life.store.listen(self._committed)
        for screen in self.screens:
            if isinstance(screen, StreamScreen):
                screen.born(life)

    def _committed(self, changed: frozenset[str]) -> None:
        self.ledger.dirty = True
        if changed != UPLINK_ALONE:
            self.ledger.thorough = True
        if "health" in changed:
            self.ledger.calm_since = self.world.time

    # --- running ---

    def run(self) -> None:
        world = self.world
        length = max(30.0, self.count * SECONDS_PER_ORDER)
        world.look = self._look
        self.faults.plan(length)
        self._plan_people(length)
        self.gateway.start()
        self.bridge.start()
        world.after(LOOK_EVERY_S, self._look_again)
        world.run_until(length)
        self.faults.stop()
        world.quiet = True
        self._drain()
        check_at_rest(self._rest())
        self._close_up()

    def _close_up(self) -> None:
        """Everybody goes home: what paper alone has proven ends with its table, and nothing waits for a call."""
        for table in restaurant.TABLES:
            self.staff.close_table(table)
        self.world.run_until(self.world.time + 2.0)
        self._drain()
        check_closed(self._rest(), self.deeds)

    def _plan_people(self, length: float) -> None:
        world = self.world
        for _ in range(self.count):
            when = world.between(0.5, length)
            if world.maybe(0.12):
                world.at(when, self.program.order)
            else:
                world.at(when, self._guest_orders)
        for act in (self.staff.sell_out, self.staff.turn_table, self.staff.pause, lambda: self.staff.press("reprint"),
                    lambda: self.staff.press("cancel"), *[self.staff.open_drawer] * 6):  # fmt: skip
            if world.maybe(0.3):
                world.at(world.between(0, length), act)
        self.staff.look_after(world.between(8, 40))
        self.waiters.plan(self.count, length)

    def _guest_orders(self) -> None:
        world = self.world
        table = world.chance.choice(restaurant.TABLES)
        wish = self.guests.order(table)
        if world.maybe(0.6):  # the main course is called
            world.after(world.between(4, 40), lambda: self.waiters.table_word(table, "fire"))
        if world.maybe(0.1):  # two phones, two keys, the same dishes
            self.guests.order(table, wish.lines)
        if world.maybe(0.1):
            world.after(world.between(0.5, 30), lambda: self.guests.ask(wish))
        if world.maybe(0.1):
            world.after(world.between(2, 30), lambda: self.guests.ask(wish, other_body=True) if wish.told else None)

    def _look_again(self) -> None:
        self.ledger.dirty = self.ledger.thorough = True
        self.world.after(LOOK_EVERY_S, self._look_again)

    def _look(self) -> None:
        if self.watch.seen:
            raise Broken(f"the house logged a bug: {self.watch.seen}")
        life = self.gateway.life
        if life is None:
            return
        if self.ledger.dirty:
            with life.store.read() as rows:
                self.ledger.check(rows)
        self.faults.maybe_die()

    def _rest(self) -> Rest:
        life = self.gateway.life
        if life is None:
            raise Broken("the gateway does not come back")
        return Rest(
            life, self.ledger, self.guests, self.program, self.broker, self.topics, self.cloud, self.screens,
            self.world, self.printers, self.waiters,
        )

    def close(self) -> None:
        self.gateway.close()
        if self.bridge.life is not None:
            self.bridge.life.end()
        self.cloud.store.close()

    def _drain(self) -> None:
        """Everybody is back, everything works: what is left must go, and then nothing may stir any more."""
        end = self.world.time + DRAIN_S
        left = "the gateway does not come back"
        while self.world.time < end:
            self.world.run_until(self.world.time + DRAIN_SLICE_S)
            if self.staff.answer_questions():
                left = "somebody has just been asked"
            elif self.gateway.life is not None:
                left = self._rest().left_over()
                if not left:
                    return
        raise Broken(f"{DRAIN_S:.0f} s after the last fault there is still something left: {left}")


def make_room() -> Path:
    """A folder for shifts, in memory where the machine lets us: the caller takes it away."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="tablepass-", dir=memory if memory.is_dir() else None))


def run_seed(
    seed: int, orders: int = MOST_ORDERS, listen: Callable[[str], None] | None = None, room: Path | None = None
) -> Outcome:
    """Runs one shift in a folder of its own (in `room`, if given) and takes it away again."""
    folder = make_room() if room is None else Path(tempfile.mkdtemp(dir=room))
    loggers = [logging.getLogger(name) for name in ("gateway", "firmware_bridge")]
    former = [(logger.propagate, logger.level) for logger in loggers]
    shift: Shift | None = None
    broken, last = "", []
    try:
        shift = Shift(seed, orders, folder)
        if listen is not None:
            shift.world.listen = listen
        for logger in loggers:
            logger.addHandler(shift.watch)
            logger.propagate = False
            logger.setLevel(logging.ERROR)
        try:
            shift.run()
        except Broken as what:
            broken, last = str(what), list(shift.world.told)
        except Exception as error:
            # Raised outside any part's turn: a bug all the same, and the seed must not be lost.
            broken, last = f"an error came out: {error!r}", [*shift.world.told, *traceback.format_exc().splitlines()]
        world = shift.world
        return Outcome(
            seed, len(shift.ledger.orders), world.steps, shift.gateway.deaths, world.time, world.trace, broken, last
        )
    finally:
        for logger, (propagate, level) in zip(loggers, former, strict=True):
            logger.propagate = propagate
            logger.setLevel(level)
            if shift is not None:
                logger.removeHandler(shift.watch)
        if shift is not None:
            shift.close()
        shutil.rmtree(folder, ignore_errors=True)
