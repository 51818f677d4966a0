"""What waiters and the people at the pass do about orders that are placed: they hold, fire, rush, take off, send
back and have cooked again, seat parties elsewhere, scan slips, serve, and take it back. A tablet that heard nothing
says it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.operations import administration, changes, crossing_off, moving, table_changes
from gateway.simulation.dishes import Deed
from gateway.simulation.gateway_process import GatewayProcess
from gateway.simulation.ledger import Ledger
from gateway.simulation.restaurant import MAIN, TABLES
from gateway.simulation.screens import Deeds
from gateway.simulation.world import Broken, World
from gateway.store import NotDone, Pending

Json = dict[str, Any]

WAITER = Actor("staff", "wang", "tablet")
PASS = "expo"
LATELY = 8
"""Orders that somebody may still change: who ordered half an hour ago has eaten."""

LINE_CHANGES = ["cancel", "cancel", "return", "refire", "refire", "rush", "rush", "hold", "fire"]
TABLE_CHANGES = ["fire", "fire", "hold", "rush"]


class Waiters:
    """`deeds`: who serves says with it that a cook had the ticket."""

    def __init__(self, world: World, gateway: GatewayProcess, ledger: Ledger, deeds: Deeds):
        self._world = world
        self._gateway = gateway
        self._ledger = ledger
        self._deeds = deeds
        self._keys = 0
        self.open: set[str] = set()
        """Keys of what has no answer yet."""

    def plan(self, orders: int, length: float) -> None:
        """`orders`: how many the shift has at most; about half as many changes."""
        world = self._world
        menu = [self.change_line] * 5 + [self.change_table] * 2 + [self.serve] * 3 + [self.scan] * 3
        menu += [self.unserve, self.seat_elsewhere]
        for _ in range(3 + orders):
            if world.maybe(0.8):
                world.at(world.between(2, length + 5), world.chance.choice(menu))

    # --- changes ---

    def change_line(self) -> None:
        order = self._an_order()
        if order is None:
            return
        line = self._world.chance.choice(order["lines"])
        action = self._world.chance.choice(LINE_CHANGES)
        quantity = 1 if self._world.maybe(0.4) and action not in changes.WHOLE else None
        reason = self._world.chance.choice(["", "又催了", "sorry"])
        deed = Deed(self._key(), action, order["id"], line["id"], quantity)
        self._ledger.dishes.deeds.setdefault(order["id"], []).append(deed)
        self._do(deed, changes.change_line, order["id"], int(line["id"]), action, deed.key, quantity, reason)
        if self._world.maybe(0.2):  # as if nothing had happened: the same wish, meant anew
            again = Deed(self._key(), action, order["id"], line["id"], quantity)
            self._ledger.dishes.deeds[order["id"]].append(again)
            self._do(again, changes.change_line, order["id"], int(line["id"]), action, again.key, quantity, reason)

    def change_table(self) -> None:
        table = self._world.chance.choice(TABLES)
        self.table_word(table, self._world.chance.choice(TABLE_CHANGES))

    def table_word(self, table: str, action: str) -> None:
        deed = Deed(self._key(), action)
        course = MAIN.id if self._world.maybe(0.5) else ""
        self._do(deed, table_changes.change_table, table, action, deed.key, course)

    def seat_elsewhere(self) -> None:
        table, to = self._world.chance.sample(TABLES, 2)
        operation = self._world.chance.choice([moving.move_table, moving.merge_tables])
        deed = Deed(self._key(), "seat")
        self._do(deed, operation, table, to, deed.key)
        # Who comes next finds the table open again.
        self._world.after(self._world.between(1, 8), lambda: self._open(table))

    def _open(self, table: str) -> None:
        self._do(Deed(self._key(), "open"), administration.open_table, table, 2)

    # --- the pass ---

    def serve(self) -> None:
        order = self._an_order()
        if order is None:
            return
        early = self._world.maybe(0.3)
        some = [ticket["id"] for ticket in order["tickets"] if self._world.maybe(0.5)]
        wanted = some if self._world.maybe(0.4) else []
        if early:  # whoever carries it away has it in the hand
            self._deeds.rendered |= {(ticket["id"], PASS) for ticket in order["tickets"]}
        deed = Deed(self._key(), "serve", order["id"])
        self._do(deed, crossing_off.serve_order, order["id"], PASS, deed.key, wanted, early)

    def unserve(self) -> None:
        order = self._an_order()
        if order is not None:
            deed = Deed(self._key(), "unserve", order["id"])
            self._do(deed, crossing_off.unserve_order, order["id"], PASS, deed.key, [])

    def scan(self) -> None:
        """Somebody takes a slip that came out and holds it before the scanner; some of them twice. Numbers begin again
        every day, and a scan means today's: a slip whose number has been given again lies at the pass no longer."""
        today = {order["number"]: id_ for id_, order in self._ledger.orders.items()}
        codes = [
            (ticket, code) for ticket, code in self._ledger.trail.codes()
            if today[code.partition("-")[0]] == self._ledger.order_of(ticket)
        ][-3 * LATELY :]  # fmt: skip
        if not codes:
            return
        ticket, code = self._world.chance.choice(codes)
        self._deeds.rendered.add((ticket, PASS))
        self._deeds.scanned.add(code.partition("-")[0])
        deed = Deed(self._key(), "scan", code)
        self._do(deed, crossing_off.scan_slip, code, PASS, deed.key)

    # --- asking ---

    def _an_order(self) -> Json | None:
        lately = list(self._ledger.orders.values())[-LATELY:]
        return self._world.chance.choice(lately) if lately else None

    def _key(self) -> str:
        self._keys += 1
        return f"waiter-{self._keys}"

    def _do(self, deed: Deed, operation: Callable[..., object], *args: object) -> None:
        self._world.note(f"a waiter: {deed.action} {deed.order[-4:]} {deed.line} {deed.quantity or ''}")
        self.open.add(deed.key)
        self._ask(deed, operation, *args)
        if self._world.maybe(0.2):  # no answer was heard: the tablet says it again
            self._world.after(self._world.between(0.0, 20.0), lambda: self._ask(deed, operation, *args))

    def _ask(self, deed: Deed, operation: Callable[..., object], *args: object) -> None:
        pending = self._gateway.submit(operation, WAITER, *args)
        if pending is None:
            self._world.after(2.0, lambda: self._ask(deed, operation, *args))
            return
        heard = [False]

        def hear(done: Pending) -> None:
            heard[0] = True
            self._hear(done, deed, operation, args)

        def again() -> None:
            if not heard[0]:  # the box died with it
                self._ask(deed, operation, *args)

        pending.then(hear)
        self._world.after(6.0, again)

    def _hear(self, done: Pending, deed: Deed, operation: Callable[..., object], args: tuple[object, ...]) -> None:
        if isinstance(done.failure, NotDone):
            self._world.after(2.0, lambda: self._ask(deed, operation, *args))
            return
        self.open.discard(deed.key)
        if isinstance(done.failure, Refused):
            return
        if done.failure is not None:
            raise Broken(f"{deed.action} was answered with a bug: {done.failure!r}")
        if operation is crossing_off.serve_order:
            self._check_served(done.result(0), *args[3:])
        elif operation is crossing_off.scan_slip and done.result(0)["kind"] == "unknown" and self._is_one(deed.order):
            raise Broken(f"nobody at the pass knows the slip {deed.order}, which lies there whole")

    def _is_one(self, code: str) -> bool:
        """Whether one order alone is called so: a clock that jumped begins its numbers anew."""
        number = code.partition("-")[0]
        return [order["number"] for order in self._ledger.orders.values()].count(number) == 1

    def _check_served(self, order: Json, wanted: object, early: object) -> None:
        """The answer of a serving: no plate of it is left standing."""
        assert isinstance(wanted, list)
        for ticket in order["tickets"]:
            meant = not wanted or ticket["id"] in wanted
            if meant and ticket["hold"] != "held" and ticket["cleared_at"] is None and ticket["state"] != "CANCELLED":
                raise Broken(f"order {order['number']} was served, and its dishes at {ticket['station']} still stand")
