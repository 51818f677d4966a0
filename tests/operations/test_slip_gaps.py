"""C11: the slips of a station are numbered. Who holds 42 is told that 41 has not come out."""

from __future__ import annotations

from typing import Any

import pytest
from store.shop import SETTINGS, Shop, rules

from gateway.contract.messages import PrintResult
from gateway.housekeeping import Housekeeping
from gateway.operations import ledger, papers, silent_slips
from gateway.operations.slips import slip_of
from gateway.operations.uplink import Uplink
from gateway.store import devices


@pytest.fixture
def two_printers(shop: Shop) -> Shop:
    """A grill with a printer for the hall and one behind it."""
    stations = [s | ({"backups": ["counter"]} if s["id"] == "grill" else {}) for s in SETTINGS["stations"]]
    shop.found(rules(stations=stations))
    shop.visit()
    return shop


def paper(shop: Shop, order: str) -> Any:
    """The newest of its papers."""
    return shop.jobs(order)[-1]


def says(shop: Shop, job: Any, state: str, reason: str = "") -> None:
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state, reason))


def well(tx: Any, now: Any, ids: Any, actor: Any, printer: str) -> None:
    devices.set_device(tx, devices.Device(printer, "bridge-1", "online", [], "escpos_printer", "", "", now.iso))


def keep_house(shop: Shop, part: Housekeeping) -> None:
    part.step(shop.now)
    shop.write()


def figures(shop: Shop) -> dict[str, int]:
    """What the ledger says of the one station that has got something."""
    with shop.read() as rows:
        [station] = ledger.proof(rows, shop.now)["shifts"][0]["stations"]
    return {kind: count for kind, count in station.items() if isinstance(count, int) and count}


def codes(shop: Shop) -> set[str]:
    return {code for code, _ in shop.conditions()}


def test_a_slip_that_waits_elsewhere_is_missing_on_the_next_one_and_at_its_station(two_printers: Shop) -> None:
    shop = two_printers
    first, second = shop.place("lamb"), shop.place("lamb")
    says(shop, paper(shop, first), "WAITING", "paper_out")
    shop.do(papers.divert, paper(shop, first).id, "counter")
    says(shop, shop.jobs(first)[0], "WITHDRAWN")
    assert (paper(shop, first).printer, paper(shop, first).number) == ("counter", 1)
    with shop.read() as rows:
        assert slip_of(rows, paper(shop, second)).missing == ["0001"]
    watch = Housekeeping(shop.store, Uplink())
    shop.later(6)
    keep_house(shop, watch)
    assert "slip_missing" not in codes(shop), "the later one has not come out either"
    says(shop, paper(shop, second), "PRINTED")
    shop.later(1)
    keep_house(shop, watch)
    assert ("slip_missing", paper(shop, first).id) in shop.conditions()
    says(shop, paper(shop, first), "PRINTED")
    shop.later(1)
    keep_house(shop, watch)
    assert "slip_missing" not in codes(shop)


def test_numbers_that_come_out_in_their_order_are_never_missing(two_printers: Shop) -> None:
    shop = two_printers
    orders = [shop.place("lamb") for _ in range(3)]
    watch = Housekeeping(shop.store, Uplink())
    for order in orders:
        with shop.read() as rows:
            assert slip_of(rows, paper(shop, order)).missing == []
        says(shop, paper(shop, order), "PRINTED")
        shop.later(6)
        keep_house(shop, watch)
        assert "slip_missing" not in codes(shop)


def test_a_bridge_that_says_nothing_is_given_the_slip_anew_and_then_a_person_is_asked(two_printers: Shop) -> None:
    shop = two_printers
    for printer in ("kitchen", "counter"):
        shop.do(well, printer)
    order = shop.place("lamb")
    watch = Housekeeping(shop.store, Uplink())
    keep_house(shop, watch)
    seen = []
    for _ in range(3):
        job = paper(shop, order)
        shop.later(8.6)
        keep_house(shop, watch)
        assert ("slip_silent", job.id) in shop.conditions()
        shop.later(3.5)
        keep_house(shop, watch)
        seen.append(job.id)
        says(shop, shop.jobs(order)[-1], "WITHDRAWN")
        shop.later(1)
        keep_house(shop, watch)
    assert len(set(seen)) == 3, "each time under a key that no bridge knows"
    assert paper(shop, order).state == "STALE"
    assert "slip_stale" in codes(shop)
    assert "slip_silent" not in codes(shop)


def test_a_bridge_that_speaks_late_ends_the_question(two_printers: Shop) -> None:
    shop = two_printers
    shop.do(well, "kitchen")
    order = shop.place("lamb")
    watch = Housekeeping(shop.store, Uplink())
    keep_house(shop, watch)
    shop.later(8.6)
    keep_house(shop, watch)
    assert silent_slips.CONDITION in codes(shop)
    says(shop, paper(shop, order), "SENDING")
    shop.later(1)
    keep_house(shop, watch)
    assert silent_slips.CONDITION not in codes(shop)


def test_who_acknowledges_a_change_has_the_ticket_in_hand_and_nobody_is_asked_about_it_any_more(
    two_printers: Shop,
) -> None:
    """The ledger agrees: its dishes are no longer asked about, a hand has confirmed them."""
    shop = two_printers
    order = shop.place("tofu")
    watch = Housekeeping(shop.store, Uplink())
    shop.later(9.6)
    keep_house(shop, watch)
    ticket = shop.ticket(order)
    assert ("ticket_unseen", ticket.id) in shop.conditions()
    assert figures(shop) == {"accepted": 1, "asked": 1}
    shop.act(ticket.id, "acknowledge")
    assert ("ticket_unseen", ticket.id) not in shop.conditions()
    assert shop.ticket(order).state == "SHOWN"
    assert figures(shop) == {"accepted": 1, "hand": 1}
