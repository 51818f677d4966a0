"""The people in the store: they look at a printer when asked, sell out a dish, close a table, press a button."""

from __future__ import annotations

from collections.abc import Callable

from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.print_job import NOTICE, PrintJob
from gateway.operations import administration, paper_decisions, printer_deeds
from gateway.simulation.gateway_process import GatewayProcess
from gateway.simulation.ledger import Ledger
from gateway.simulation.restaurant import DISHES_PER_STATION, PRINTERS, STATIONS, TABLES
from gateway.simulation.world import Broken, World
from gateway.store import NotDone, Pending, Reader, jobs, notices
from gateway.store import devices as rows_of_devices

WAITER = Actor("staff", "li", "tablet")


class Staff:
    """Honest people: 'came out' is said only of a paper that is there, whole."""

    def __init__(self, world: World, gateway: GatewayProcess, ledger: Ledger):
        self._world = world
        self._gateway = gateway
        self._ledger = ledger
        self._keys = 0
        self._made: dict[str, str] = {}
        """The paper that each decision's key was answered with."""

    def look_after(self, every_s: float) -> None:
        """Again and again: who is asked about a paper goes and looks."""

        def look() -> None:
            self.answer_questions()
            self._world.after(every_s * self._world.between(0.5, 1.5), look)

        self._world.after(every_s, look)

    def answer_questions(self) -> bool:
        """Whether there was one: what comes of its answer is still to come."""
        life = self._gateway.life
        if life is None:
            return False
        with life.store.read() as rows:
            asked = [c.subject for c in rows_of_devices.conditions(rows) if c.code == "slip_unknown"]
            found = [job for identity in asked if (job := jobs.get(rows, identity))]
            about = {job.id: self._notice_of(rows, job) for job in found}
            old = jobs.stale(rows)
        for job in old:
            self._decide(job.id, "print")
        for job in found:
            there = self._ledger.trail.whole(job.ticket, about[job.id], job.copy)
            self._decide(job.id, "came_out" if there else "reprint")
        return bool(found or old)

    def _notice_of(self, rows: Reader, job: PrintJob) -> str:
        """The change of its ticket that this paper is about; "" for the ticket's own."""
        if job.kind != NOTICE:
            return ""
        return next(one.id for one in notices.of_tickets(rows, [job.ticket]) if one.number == job.part)

    def press(self, decision: str) -> None:
        """Somebody presses a button beside some paper."""
        life = self._gateway.life
        if life is None:
            return
        states = ("QUEUED", "WAITING") if decision == "cancel" else ("PRINTED", "UNKNOWN", "UNCONFIRMED")
        with life.store.read() as rows:
            found = [job.id for state in states for job in jobs.newest(rows, state, 5)]
        if found:
            self._decide(self._world.chance.choice(found), decision)

    def open_drawer(self) -> None:
        """Somebody wants to give change."""
        self._keys += 1
        args = (self._world.chance.choice(PRINTERS), "drawer", f"drawer-{self._keys}")
        self._do(printer_deeds.ask, *args)
        if self._world.maybe(0.3):
            self._world.after(self._world.between(0.0, 30.0), lambda: self._do(printer_deeds.ask, *args))

    def _decide(self, job: str, decision: str) -> None:
        self._keys += 1
        self._world.note(f"somebody says '{decision}' of {job[-4:]}")
        args = (job, decision, f"staff-{self._keys}")
        self._do(paper_decisions.decide, *args)
        if self._world.maybe(0.3):  # no answer was heard: the tablet says it again
            self._world.after(self._world.between(0.0, 30.0), lambda: self._do(paper_decisions.decide, *args))

    def sell_out(self) -> None:
        dish = f"{self._world.chance.choice(list(STATIONS))}-{self._world.chance.randint(1, DISHES_PER_STATION)}"
        self._do(administration.set_sold_out, dish, True)
        self._world.after(self._world.between(5, 40), lambda: self._do(administration.set_sold_out, dish, False))

    def turn_table(self) -> None:
        table = self._world.chance.choice(TABLES)
        self._do(administration.close_table, table)
        self._world.after(self._world.between(0.1, 5), lambda: self._do(administration.open_table, table, 2))

    def close_table(self, table: str) -> None:
        self._do(administration.close_table, table)

    def pause(self) -> None:
        self._do(administration.set_paused, True, "too much to do")
        self._world.after(self._world.between(1, 15), lambda: self._do(administration.set_paused, False, ""))

    def _do(self, operation: Callable[..., object], *args: object) -> None:
        pending = self._gateway.submit(operation, WAITER, *args)
        if pending is None:
            self._world.after(2.0, lambda: self._do(operation, *args))
            return
        pending.then(lambda done: self._hear(done, operation, args))

    def _hear(self, done: Pending, operation: Callable[..., object], args: tuple[object, ...]) -> None:
        if isinstance(done.failure, NotDone):
            self._world.after(2.0, lambda: self._do(operation, *args))
        elif done.failure is not None and not isinstance(done.failure, Refused):
            raise Broken(f"{getattr(operation, '__name__', operation)} was answered with a bug: {done.failure!r}")
        elif done.failure is None and operation is paper_decisions.decide:
            key, made = str(args[-1]), done.result(0).id
            if self._made.setdefault(key, made) != made:
                raise Broken(f"the decision {key} was carried out twice: {self._made[key]} and {made}")
