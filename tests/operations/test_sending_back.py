"""The pass sends a ticket back to its station: its cook has not asked for it, and is told like of any other change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, WAITER, Shop, open_shop, rules

from gateway.contract.messages import PrintResult
from gateway.domain.print_job import NOTICE
from gateway.housekeeping.proof_watch import ProofWatch
from gateway.operations import kitchen, papers, sending_back
from gateway.operations.slips import slip_of

DISH = {"screen": "tea", "paper": "lamb", "both": "tofu"}
"""What is made at a station of each kind."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    proofs = {"bar": "screen", "grill": "paper", "wok": "both"}
    made = [one | {"proof": proofs[one["id"]]} for one in msgspec.to_builtins(rules())["stations"]]
    opened = open_shop(tmp_path / "shop", rules(stations=made, serving={"expo": True}))
    yield opened
    opened.close()


def at_the_pass(shop: Shop, proof: str) -> str:
    """An order whose dish is proven, done, and stands at the pass."""
    order = shop.place(DISH[proof])
    for job in shop.jobs(order):
        shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))
    if proof != "paper":
        draw(shop, order)
    shop.act(shop.ticket(order).id, "bump")
    assert shop.ticket(order).state == "READY"
    return order


def draw(shop: Shop, order: str) -> None:
    ticket = shop.ticket(order)
    shop.do(kitchen.rendered, ticket.id, "station-1", next(shop.keys), ticket.version, actor=COOK)


def send_back(shop: Shop, order: str, key: str = "back") -> dict[str, Any]:
    ticket = shop.ticket(order)
    done: dict[str, Any] = shop.do(sending_back.send_back, ticket.id, "expo-1", key, ticket.version, actor=WAITER)
    return done


def slips_of_changes(shop: Shop, order: str) -> list[str]:
    with shop.read() as rows:
        return [slip_of(rows, job).kind for job in shop.jobs(order) if job.kind == NOTICE]


def waits(shop: Shop, seconds: float) -> None:
    watch = ProofWatch(shop.store)
    for _ in range(int(seconds * 2)):
        watch.step(shop.later(0.5))
        shop.write()


@pytest.mark.parametrize(("proof", "slips"), [("screen", []), ("paper", ["recall"]), ("both", ["recall"])])
def test_its_cook_is_told_once_on_the_ticket_and_on_paper(shop: Shop, proof: str, slips: list[str]) -> None:
    order = at_the_pass(shop, proof)
    told = send_back(shop, order)
    assert [(one["kind"], one["by"]) for one in told["notices"]] == [("recall", WAITER.id or WAITER.kind)]
    assert (told["state"], told["cleared_at"]) == ("SHOWN", None)
    assert slips_of_changes(shop, order) == slips
    assert send_back(shop, order)["version"] == told["version"], "the same key"
    assert (len(shop.order(order).notices), slips_of_changes(shop, order)) == (1, slips)
    assert shop.events()[-1] == "order.ticket_recalled"


def test_what_a_frozen_screen_does_not_draw_comes_on_paper_and_somebody_is_called(shop: Shop) -> None:
    order = at_the_pass(shop, "screen")
    send_back(shop, order)
    waits(shop, 8.5)
    assert slips_of_changes(shop, order) == ["recall"]
    waits(shop, 1.5)
    [notice] = shop.order(order).notices
    assert ("notice_unseen", notice.id) in shop.conditions()
    draw(shop, order)
    assert shop.order(order).notices[0].shown_by == "screen station-1"
    assert shop.conditions() == set()


@pytest.mark.parametrize("action", ["recall", "undo"])
def test_who_takes_it_back_at_the_station_has_it_before_the_eyes_and_nobody_is_told(shop: Shop, action: str) -> None:
    order = at_the_pass(shop, "screen")
    shop.act(shop.ticket(order).id, action)
    waits(shop, 12)
    assert (shop.order(order).notices, shop.jobs(order), shop.conditions()) == ([], [], set())
