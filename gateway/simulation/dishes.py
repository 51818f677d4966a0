"""What has become of each dish that was asked for, counted from what people really did and saw, and not from the
house's own sums: how many are off, what waits to be called, and whether each change has reached its cook."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.documents import GUEST_STEPS
from gateway.domain.order import CartLine
from gateway.simulation.world import Broken
from gateway.store import Reader, keys

Json = dict[str, Any]
Line = tuple[str, str]
"""(order, line)."""

LINES_PER_ORDER = 64
"""Of the table `lines`: its rows are read here with SQL of the simulation's own."""

TAKEN = {"line_cancelled": "cancel", "line_returned": "return"}
TOLD = {**TAKEN, "line_refired": "refire", "line_rushed": "rush", "line_held": "hold"}
SEATED = {"moved": "move", "merged": "merge"}
COOKING = ("QUEUED", "SHOWN", "STARTED")
OFF = ("CANCELLED", "RETURNED")


@dataclass
class Deed:
    """What somebody asked for, under one key. `quantity` None: all of it."""

    key: str
    action: str
    order: str = ""
    line: str = ""
    quantity: int | None = None
    settled: bool = False
    refused: str = ""


@dataclass
class Fate:
    """Of one line, as the journal has told it."""

    ordered: int
    cancelled: int = 0
    returned: int = 0
    ticket: str = ""
    step: str = "waiting"

    @property
    def left(self) -> int:
        return self.ordered - self.cancelled - self.returned


@dataclass
class Dishes:
    """`deeds`: of the people, by order, for whoever counts."""

    deeds: dict[str, list[Deed]] = field(default_factory=dict)
    fates: dict[Line, Fate] = field(default_factory=dict)
    again: list[tuple[str, str, int]] = field(default_factory=list)
    """What is cooked once more: the change that says so, the station, how many dishes."""
    _changed: set[str] = field(default_factory=set)
    _seats: dict[str, tuple[str, str]] = field(default_factory=dict)
    _merged: set[str] = field(default_factory=set)
    """Checks whose party has joined another one."""

    def begin(self, order: Json) -> None:
        for line in order["lines"]:
            self.fates[order["id"], line["id"]] = Fate(line["ordered"], ticket=line["ticket"])

    def take(self, rows: Reader, slot: int, former: Json | None, order: Json, change: Json) -> None:
        """An event of this order. `former`: the order as the event before it told it."""
        self._changed.add(order["id"])
        if change["kind"] == "merged" and former is not None:
            self._merged.add(former["check"])
        self._seats[order["id"]] = (order["check"], order["table"])
        tickets = {ticket["id"]: ticket for ticket in order["tickets"]}
        deed = self._deed_of(rows, order["id"], slot, change["kind"])
        for line in order["lines"]:
            fate = self.fates[order["id"], line["id"]]
            if change["kind"] in TAKEN and change["tickets"] and line["ticket"] in change["tickets"]:
                self._take_away(fate, line, deed, tickets[line["ticket"]], order["number"])
            self._check_line(fate, line, order["number"], change)
            fate.ticket, fate.step = line["ticket"], line["kitchen"]
        if former is not None:
            _check_told(former, order, change, deed)
        if change["kind"] == "line_refired" and deed is not None:
            self._note_again(order, tickets, deed)

    def _note_again(self, order: Json, tickets: dict[str, Json], deed: Deed) -> None:
        fate = self.fates[order["id"], deed.line]
        ticket = tickets[fate.ticket]
        dishes = fate.left if deed.quantity is None else deed.quantity
        self.again.append((ticket["notices"][-1]["id"], ticket["station"], dishes))

    def _deed_of(self, rows: Reader, order: str, slot: int, kind: str) -> Deed | None:
        wanted = TOLD.get(kind)
        for deed in self.deeds.get(order, []) if wanted else ():
            if deed.action == wanted:
                found = keys.find(rows, "lines", deed.key)
                if found and found[1] == slot:
                    return deed
        return None

    def _take_away(self, fate: Fate, line: Json, deed: Deed | None, ticket: Json, number: str) -> None:
        if deed is None:
            # Its table was closed while it waited to be called: nobody will call for it any more.
            if ticket["hold"] == "held" and ticket["cleared_at"] is not None:
                fate.cancelled += fate.left
        elif deed.line == line["id"]:
            gone = fate.left if deed.quantity is None else deed.quantity
            if gone > fate.left:
                raise Broken(f"{gone} of line {line['id']} of {number} were taken away, there were {fate.left}")
            if deed.action == "cancel":
                fate.cancelled += gone
            else:
                fate.returned += gone

    def _check_line(self, fate: Fate, line: Json, number: str, change: Json) -> None:
        if (line["state"] in OFF) != (not fate.left) or line["quantity"] != (fate.left or fate.ordered):
            raise Broken(
                f"line {line['id']} of {number} is {line['quantity']} {line['state']}; of {fate.ordered} people took"
                f" {fate.cancelled} off and {fate.returned} back"
            )
        before, after = GUEST_STEPS.index(fate.step), GUEST_STEPS.index(line["kitchen"])
        by_a_person = change["kind"] in BACK and {fate.ticket, line["ticket"]} & set(change["tickets"])
        if after < before and before >= GUEST_STEPS.index("confirmed") and not by_a_person:
            raise Broken(
                f"the guest of {number} was told that line {line['id']} is {fate.step}, and then {line['kitchen']}"
            )

    # --- rows ---

    def check_rows(self, rows: Reader) -> None:
        """Every line that has changed: ordered = wanted + cancelled + returned, once, on a ticket of its own order."""
        changed, self._changed = self._changed, set()
        if changed:
            self._check_seats()
        for order in changed:
            found = rows.all(
                "SELECT l.n, l.quantity, l.cancelled, l.returned, l.state, t.id FROM orders o"
                f" JOIN lines l ON l.n BETWEEN o.n * {LINES_PER_ORDER} AND o.n * {LINES_PER_ORDER} + 63"
                " LEFT JOIN tickets t ON t.n = l.ticket AND t.order_n = o.n WHERE o.id = ?",
                order,
            )
            told = {line: fate for (of, line), fate in self.fates.items() if of == order} if found else {}
            if len(found) != len(told):
                raise Broken(f"an order of {len(told)} lines has {len(found)}: a line is lost, or there twice")
            for n, quantity, cancelled, returned, state, ticket in found:
                fate = told[str(n % LINES_PER_ORDER)]
                if (quantity, cancelled, returned, ticket) != (
                    fate.ordered, fate.cancelled, fate.returned, fate.ticket
                ) or (state in OFF) != (not fate.left):
                    raise Broken(
                        f"line {n % LINES_PER_ORDER} is {quantity} - {cancelled} - {returned} {state} on {ticket};"
                        f" told were {fate}"
                    )

    def _check_seats(self) -> None:
        """A party moves with all that it ordered."""
        tables: dict[str, str] = {}
        for check, table in self._seats.values():
            if tables.setdefault(check, table) != table or check in self._merged:
                raise Broken(f"a party left table {table}, and one of its orders is still there")

    def balance(self, wanted: dict[str, list[CartLine]], classes: dict[str, str]) -> None:
        """The ledger. `wanted`: what each confirmed order asked for; `classes`: of each ticket how its dishes stand.
        Of every station each dish that was accepted is in one class, and all of them together are what was ordered."""
        accepted: Counter[str] = Counter()
        counted: dict[str, Counter[str]] = {}
        for order, lines in wanted.items():
            for number, line in enumerate(lines, 1):
                station = line.item.partition("-")[0]
                accepted[station] += line.quantity
                fate = self.fates.get((order, str(number)))
                if fate is not None:
                    stands = {"off": fate.cancelled + fate.returned, classes.get(fate.ticket, "lost"): fate.left}
                    counted.setdefault(station, Counter()).update(stands)
        for station, dishes in accepted.items():
            of = counted.get(station, Counter())
            if of.pop("lost", 0) or of.total() != dishes:
                raise Broken(f"the ledger of {station} does not balance: {dishes} accepted, {dict(of)} are known of")


BACK = ("ticket_undone", "ticket_recalled", "ticket_unserved", "line_refired", "line_held", "line_undone")
"""What people may do to take a status back."""


def _check_told(former: Json, order: Json, change: Json, deed: Deed | None) -> None:
    """Each change of an open ticket is told to its cook as a notice of its own; none is ever lost or merged."""
    before = {ticket["id"]: ticket for ticket in former["tickets"]}
    told = TOLD.get(change["kind"]) or SEATED.get(change["kind"])
    for ticket in order["tickets"]:
        was = before.get(ticket["id"])
        known = [notice["id"] for notice in was["notices"]] if was else []
        if [notice["id"] for notice in ticket["notices"]][: len(known)] != known:
            raise Broken(f"a change of the ticket at {ticket['station']} of {order['number']} is forgotten")
        new = ticket["notices"][len(known) :]
        if was is None or told is None or not _must_be_told(was, change, told):
            continue
        if [notice["kind"] for notice in new] != [told]:
            raise Broken(
                f"the cook at {ticket['station']} of {order['number']} was not told of the change '{told}': {new}"
            )
        if deed is not None and deed.line not in [one["id"] for one in new[0]["lines"]]:
            raise Broken(f"the change '{told}' of {order['number']} does not name line {deed.line}: {new}")


def _must_be_told(was: Json, change: Json, told: str) -> bool:
    """Whether its cook has it, and so must know."""
    if was["hold"] == "held":
        return False
    if told in SEATED.values():
        return was["cleared_at"] is None and was["state"] in COOKING
    if was["id"] not in change["tickets"]:
        return False
    if told in TAKEN.values():
        return was["cleared_at"] is None and was["state"] in COOKING
    return True
