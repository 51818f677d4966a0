"""Whatever happens to orders, in whatever order: the ledger balances. And it does not where an operation is wrong."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from store.shop import COOK, SETTINGS, WAITER, Shop, open_shop, rules

from gateway.contract.messages import PrintResult
from gateway.domain.errors import Refused
from gateway.housekeeping import Housekeeping
from gateway.operations import changes, crossing_off, kitchen, ledger, paper_decisions, papers, table_changes, unproven
from gateway.operations import ordering as ordering_rules
from gateway.operations.uplink import Uplink
from gateway.store import orders as order_rows

RESULTS = ("SENDING", "WAITING", "PRINTED", "PRINTED", "PRINTED", "UNKNOWN", "UNCONFIRMED")
STEPS = 80
SLIPS = ("ticket", "dish", "portion")


class Play:
    """A shop whose people and devices do whatever a die says."""

    def __init__(self, shop: Shop, seed: int):
        self.dice = random.Random(seed)
        self.shop = shop
        stations = [s | {"slips": self.dice.choice(SLIPS)} for s in SETTINGS["stations"]]
        shop.found(rules(stations=stations, serving={"expo": self.dice.random() < 0.5}))
        shop.visit()
        self.watch = Housekeeping(shop.store, Uplink())
        self.orders: list[str] = []
        self.keys = 0

    def key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    def step(self) -> None:
        what = self.dice.choice((self.order, self.change, self.change, self.print, self.print, self.cook, self.table))
        with contextlib.suppress(Refused):
            what()
        if self.dice.random() < 0.4:
            self.shop.later(self.dice.choice((0.5, 3.0, 9.0, 20.0)))
        self.watch.step(self.shop.now)
        self.shop.write()

    def order(self) -> None:
        items = [self.dice.choice(("tofu", "tea", "lamb")) for _ in range(self.dice.randint(1, 4))]
        if len(self.orders) < 12:
            self.orders.append(self.shop.place(*items))

    def any_order(self) -> Any:
        if not self.orders:
            self.order()
        return self.shop.order(self.dice.choice(self.orders))

    def change(self) -> None:
        order = self.any_order()
        line = self.dice.choice(order.lines)
        action = self.dice.choice(("cancel", "return", "refire", "rush", "hold", "fire"))
        self.shop.do(changes.change_line, order.id, line.id, action, self.key(), actor=WAITER)

    def print(self) -> None:
        waiting = [job for job in self.shop.jobs(self.any_order().id) if job.state not in ("PRINTED", "CANCELLED")]
        if not waiting:
            return
        job = self.dice.choice(waiting)
        if job.state in ("UNKNOWN", "STALE"):
            word = "came_out" if job.state == "UNKNOWN" else self.dice.choice(("print", "cancel"))
            self.shop.do(paper_decisions.decide, job.id, word, self.key(), actor=WAITER)
            return
        result = "WITHDRAWN" if job.intent else self.dice.choice(RESULTS)
        self.shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, result))

    def cook(self) -> None:
        order = self.any_order()
        ticket = self.dice.choice(order.tickets)
        action = self.dice.choice(("rendered", "start", "bump", "undo", "acknowledge", "serve"))
        if action == "rendered":
            self.shop.do(kitchen.rendered, ticket.id, "s1", self.key(), ticket.version, actor=COOK)
        elif action == "serve":
            self.shop.do(crossing_off.serve_order, order.id, "expo", self.key(), [], True, actor=WAITER)
        else:
            self.shop.do(kitchen.act_on_ticket, ticket.id, action, "s1", self.key(), ticket.version, actor=COOK)

    def table(self) -> None:
        action = self.dice.choice(("hold", "fire", "rush"))
        self.shop.do(table_changes.change_table, "1", action, self.key(), actor=WAITER)

    def proof(self) -> dict[str, Any]:
        with self.shop.read() as rows:
            return ledger.proof(rows, self.shop.now)


def wrong_after(tmp_path: Any, seed: int, steps: int = STEPS) -> str:
    """What does not balance at the first step at which anything does not; "" when all of it does."""
    shop = open_shop(tmp_path / f"box{seed}")
    try:
        play = Play(shop, seed)
        for step in range(steps):
            play.step()
            found = play.proof()
            every = [one for shift in found["shifts"] for one in shift["stations"]]
            sums = [one["accepted"] - sum(one[kind] for kind in KINDS) for one in every]
            named = {subject for code, subject in shop.conditions() if code == "ledger_difference"}
            if not found["balanced"] or any(sums) or named:
                return f"seed {seed} step {step}: {found['differences']} {sums} {named}"
        return ""
    finally:
        shop.close()


KINDS = ("cancelled", "returned", "held", "screen", "paper", "hand", "asked", "waiting")


@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_balances_after_each_of_many_random_deeds(tmp_path: Any, seed: int) -> None:
    assert wrong_after(tmp_path, seed) == ""


# --- planted bugs: each must be found ---


def loses_the_last_line(real: Callable[..., None]) -> Callable[..., None]:
    def insert(tx: Any, order: Any, menu: Any, first: Any) -> None:
        lines, order.lines = order.lines, order.lines[: max(1, len(order.lines) - 1)]
        try:
            real(tx, order, menu, first)
        finally:
            order.lines = lines

    return insert


def counts_a_cancelled_dish_twice(real: Callable[..., Any]) -> Callable[..., Any]:
    def taken_away(tx: Any, now: Any, ids: Any, actor: Any, order: Any, line: Any, quantity: int, *more: Any) -> Any:
        line.cancelled += quantity
        line.quantity += quantity
        found = real(tx, now, ids, actor, order, line, quantity, *more)
        tx.run("UPDATE lines SET quantity = ? WHERE n = ?", line.quantity, order_n(order) * 64 + line.id)
        return found

    return taken_away


def order_n(order: Any) -> int:
    return order_rows.row_of(order.id)


def shows_by_a_slip_that_did_not_come_out(real: Callable[..., None]) -> Callable[..., None]:
    def take(tx: Any, now: Any, ids: Any, actor: Any, printer: str, result: Any) -> None:
        real(tx, now, ids, actor, printer, result)
        job = papers.jobs.get(tx, result.key)
        if result.state == "WAITING" and job is not None and job.ticket and job.kind != "notice":
            papers.paper_proofs.show_by_paper(tx, now, ids, actor, job.ticket, "0001")

    return take


def clears_the_question_too_early(real: Callable[..., None]) -> Callable[..., None]:
    def call(tx: Any, now: Any, ids: Any, actor: Any, ticket_id: str) -> None:
        real(tx, now, ids, actor, ticket_id)
        kitchen.devices.clear_condition(tx, "ticket_unseen", ticket_id)

    return call


def fires_at_the_wrong_station(real: Callable[..., Any]) -> Callable[..., Any]:
    def tickets_for(lines: Any, *more: Any) -> Any:
        made = real(lines, *more)
        if len(made) > 1:
            lines[0].ticket = next(t.id for t in made if t.id != lines[0].ticket)
        return made

    return tickets_for


BUGS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "a line is lost between order and ticket": (ordering_rules.orders, "insert", loses_the_last_line),
    "a cancelled dish counts twice": (changes, "_taken_away", counts_a_cancelled_dish_twice),
    "a waiting slip proves its ticket": (papers, "take_result", shows_by_a_slip_that_did_not_come_out),
    "nobody is asked about an unseen ticket": (unproven, "call_for_ticket", clears_the_question_too_early),
    "a line goes to another station's ticket": (ordering_rules, "tickets_for", fires_at_the_wrong_station),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_breaks_the_balance(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    place, name, planted = BUGS[bug]
    monkeypatch.setattr(place, name, planted(getattr(place, name)))
    assert any(wrong_after(tmp_path, seed) for seed in range(6)), "the ledger has not seen it"
