"""What cooks and screens do, and what proves a ticket before a cook."""

from __future__ import annotations

import itertools

import pytest
from store.shop import COOK, Shop

from gateway.contract.messages import PrintResult
from gateway.domain import ticket as ticket_table
from gateway.domain.errors import Refused
from gateway.operations import kitchen, paper_proofs, papers, unproven
from gateway.store import orders, tickets


def ticket_of(shop: Shop, *items: str) -> str:
    return str(shop.ticket(shop.place(*items)).id)


def now_of(shop: Shop, ticket_id: str):  # type: ignore[no-untyped-def]
    with shop.read() as rows:
        order = orders.load_of_ticket(rows, ticket_id)
        assert order is not None
        return order.ticket(ticket_id)


def render(shop: Shop, ticket_id: str, version: int | None = None) -> dict[str, object]:
    version = version if version is not None else now_of(shop, ticket_id).version
    document: dict[str, object] = shop.do(kitchen.rendered, ticket_id, "wok-1", "k", version, actor=COOK)
    return document


def test_a_whole_life_with_its_events_and_times(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    shop.later(2)
    assert render(shop, ticket_id)["state"] == "SHOWN"
    shop.later(60)
    started = shop.act(ticket_id, "start")
    assert (started["state"], started["started_at"]) == ("STARTED", shop.now.iso)
    shop.later(300)
    bumped = shop.act(ticket_id, "bump")
    assert (bumped["state"], bumped["ready_at"], bumped["cleared_at"]) == ("SERVED", shop.now.iso, shop.now.iso)
    assert bumped["updated_by"] == "cook wok-1"
    assert [line["state"] for line in bumped["lines"]] == ["SERVED"]
    assert shop.events()[1:] == ["order.placed", "order.ticket_shown", "order.ticket_started", "order.ticket_bumped"]


@pytest.mark.parametrize("action", ["recall", "undo"])
def test_what_comes_back_keeps_its_age_and_is_cooked_on(shop: Shop, action: str) -> None:
    ticket_id = ticket_of(shop)
    fired = now_of(shop, ticket_id).fired_at
    shop.act(ticket_id, "start")
    shop.later(400)
    shop.act(ticket_id, "bump")
    shop.later(30)
    back = shop.act(ticket_id, action)
    assert (back["state"], back["fired_at"]) == ("SHOWN", fired)
    assert [back[name] for name in ("started_at", "ready_at", "served_at", "cleared_at")] == [None] * 4
    with shop.read() as rows:
        assert [t for _, t, _ in tickets.open_ids(rows)] == [ticket_id]
    assert shop.act(ticket_id, "bump")["state"] == "SERVED"


def test_a_start_is_taken_back(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    shop.act(ticket_id, "start")
    assert shop.act(ticket_id, "undo")["state"] == "SHOWN"


REACHED = {
    "QUEUED": [], "SHOWN": ["render"], "STARTED": ["start"], "SERVED": ["bump"],
}  # fmt: skip
ALLOWED = {
    ("QUEUED", "start"): "STARTED", ("QUEUED", "bump"): "SERVED", ("SHOWN", "start"): "STARTED",
    ("SHOWN", "bump"): "SERVED", ("STARTED", "bump"): "SERVED", ("STARTED", "undo"): "SHOWN",
    ("SERVED", "undo"): "SHOWN", ("SERVED", "recall"): "SHOWN",
    **{(state, "acknowledge"): state for state in REACHED}, ("QUEUED", "acknowledge"): "SHOWN",
}  # fmt: skip


@pytest.mark.parametrize(("state", "action"), list(itertools.product(REACHED, ticket_table.ACTIONS)))
def test_every_action_in_every_state(shop: Shop, state: str, action: str) -> None:
    ticket_id = ticket_of(shop)
    for step in REACHED[state]:
        render(shop, ticket_id) if step == "render" else shop.act(ticket_id, step)
    assert now_of(shop, ticket_id).state == state
    if (state, action) in ALLOWED:
        assert shop.act(ticket_id, action)["state"] == ALLOWED[state, action]
        return
    events = shop.events()
    with pytest.raises(Refused) as refused:
        shop.act(ticket_id, action)
    assert refused.value.code == "illegal_move"
    assert refused.value.detail["ticket"]["state"] == state
    assert shop.events() == events


@pytest.mark.parametrize("action", ["start", "acknowledge"])
def test_a_hand_on_the_ticket_proves_that_a_cook_has_it(shop: Shop, action: str) -> None:
    ticket_id = ticket_of(shop)
    shop.do(unproven.call_for_ticket, ticket_id)
    assert ("ticket_unseen", ticket_id) in shop.conditions()
    shop.act(ticket_id, action)
    assert now_of(shop, ticket_id).shown_at == shop.now.iso
    assert shop.conditions() == set()


def test_a_bump_kept_by_an_old_tablet_cannot_undo_a_recall(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    kept = now_of(shop, ticket_id).version
    shop.act(ticket_id, "bump")
    shop.act(ticket_id, "recall")
    with pytest.raises(Refused) as refused:
        shop.act(ticket_id, "bump", version=kept)
    assert refused.value.code == "stale"
    assert refused.value.detail["ticket"]["state"] == "SHOWN"


def test_a_start_by_another_screen_does_not_make_a_bump_stale(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    seen = now_of(shop, ticket_id).version
    shop.act(ticket_id, "start")
    assert shop.act(ticket_id, "bump", version=seen)["state"] == "SERVED"
    with pytest.raises(Refused, match="stale"):
        shop.act(ticket_id, "start", version=seen)


def test_a_version_that_does_not_exist_yet_is_refused(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    for refused in (lambda: shop.act(ticket_id, "bump", version=9), lambda: render(shop, ticket_id, 9)):
        with pytest.raises(Refused) as caught:
            refused()
        assert caught.value.detail["reason"] == "from_the_future"


def test_the_same_key_gets_the_former_answer_even_after_it_went_on(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    first = shop.act(ticket_id, "bump", "k1")
    shop.act(ticket_id, "recall", "k2")
    assert shop.act(ticket_id, "bump", "k1") == first
    assert now_of(shop, ticket_id).state == "SHOWN"
    with pytest.raises(Refused, match="idempotency_key_reused"):
        shop.act(ticket_id, "undo", "k1")


def test_a_refused_action_leaves_its_key_free(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    with pytest.raises(Refused, match="illegal_move"):
        shop.act(ticket_id, "serve", "k1")
    assert shop.act(ticket_id, "start", "k1")["state"] == "STARTED"


def test_an_unknown_ticket_also_one_that_shares_the_time_of_a_known_one(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    twin = ticket_id[:-4] + ("0000" if not ticket_id.endswith("0000") else "ffff")
    for wrong in ("nonsense", "01a20674-12c0-71f7-8000-0000000aaaaa", twin):
        with pytest.raises(Refused, match="unknown_ticket"):
            shop.act(wrong, "bump", version=1)


# --- rendered ---


def test_rendering_proves_that_version_only(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    render(shop, ticket_id)
    shown = now_of(shop, ticket_id)
    assert (shown.version, shown.shown_version, shown.shown_by) == (2, 2, "screen wok-1")
    shop.act(ticket_id, "start")
    assert (now_of(shop, ticket_id).version, now_of(shop, ticket_id).shown_version) == (3, 2)
    events = shop.events()
    render(shop, ticket_id, 2)  # said again by a slow screen
    assert now_of(shop, ticket_id).shown_version == 2
    render(shop, ticket_id, 3)
    assert now_of(shop, ticket_id).shown_version == 3
    assert shop.events() == events  # only being shown at all is news


def test_rendering_an_older_version_shows_the_ticket_but_not_what_changed(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    shop.do(unproven.doubt_ticket, ticket_id, "late")
    render(shop, ticket_id, 1)
    ticket = now_of(shop, ticket_id)
    assert (ticket.state, ticket.version, ticket.shown_version, ticket.doubt) == ("SHOWN", 3, 1, "")


def test_where_paper_counts_a_screen_proves_nothing(shop: Shop) -> None:
    ticket_id = ticket_of(shop, "lamb")
    assert render(shop, ticket_id)["state"] == "QUEUED"
    shop.do(paper_proofs.show_by_paper, ticket_id, "0001")
    ticket = now_of(shop, ticket_id)
    assert (ticket.state, ticket.shown_by, ticket.updated_by) == ("SHOWN", "slip 0001", "slip 0001")
    shop.do(paper_proofs.show_by_paper, ticket_id, "0002")
    assert now_of(shop, ticket_id).shown_by == "slip 0001"


# --- what nobody has seen ---


def test_doubt_is_told_once_and_ends_with_the_proof(shop: Shop) -> None:
    ticket_id = ticket_of(shop)
    shop.do(unproven.doubt_ticket, ticket_id, "late")
    shop.do(unproven.doubt_ticket, ticket_id, "mute")
    assert now_of(shop, ticket_id).doubt == "late"
    assert shop.events().count("order.ticket_doubted") == 1
    render(shop, ticket_id)
    shop.do(unproven.doubt_ticket, ticket_id, "late")
    assert now_of(shop, ticket_id).doubt == ""
    shop.do(unproven.call_for_ticket, ticket_id)
    assert shop.conditions() == set()


def test_a_screen_only_station_gets_paper_when_nobody_draws_it_once(shop: Shop) -> None:
    order_id = shop.place("tea")
    ticket_id = shop.ticket(order_id).id
    shop.do(unproven.slip_for_screen, ticket_id)
    shop.do(unproven.slip_for_screen, ticket_id)
    (job,) = shop.jobs(order_id)
    assert (job.printer, job.station, job.number, job.copy) == ("counter", "bar", 1, 1)
    assert now_of(shop, ticket_id).slip_number == 1


def test_a_drawn_ticket_needs_no_paper(shop: Shop) -> None:
    order_id = shop.place("tea")
    render(shop, shop.ticket(order_id).id)
    shop.do(unproven.slip_for_screen, shop.ticket(order_id).id)
    assert shop.jobs(order_id) == []


def test_a_display_of_another_station_finds_no_such_ticket(shop: Shop) -> None:
    ticket = shop.ticket(shop.place("tofu"))
    other = next(s.id for s in shop.settings().stations if s.id != ticket.station)
    for operation, *words in ((kitchen.act_on_ticket, "bump"), (kitchen.rendered,)):
        with pytest.raises(Refused, match="unknown_ticket"):
            shop.do(operation, ticket.id, *words, "spy-1", "key", ticket.version, other)
        shop.do(operation, ticket.id, *words, "own-1", f"key-{operation.__name__}", ticket.version, ticket.station)


def test_a_screen_that_draws_in_time_takes_back_the_slip_that_has_not_left_and_no_other(shop: Shop) -> None:
    """The first of a printer may be with its bridge already: that one comes out, and the card goes on saying so."""
    out, waits = shop.place("tea"), shop.place("tea")
    for order_id in (out, waits):
        shop.do(unproven.slip_for_screen, shop.ticket(order_id).id)
    assert [job.state for order_id in (out, waits) for job in shop.jobs(order_id)] == ["QUEUED", "QUEUED"]
    for order_id in (out, waits):
        render(shop, shop.ticket(order_id).id)
    [first], [second] = shop.jobs(out), shop.jobs(waits)
    assert (first.state, second.state, second.settled) == ("QUEUED", "CANCELLED", "screen wok-1")
    shop.do(papers.take_result, "counter", PrintResult(first.id, 1, "PRINTED"))
    document, other = (shop.act(shop.ticket(order_id).id, "start") for order_id in (out, waits))
    assert (document["slip"], document["shown_by"]) == ({"number": "0001"}, "screen wok-1")
    assert (other["slip"], other["shown_by"]) == (None, "screen wok-1"), "no paper says it, and the card says none"
    shop.do(unproven.slip_for_screen, shop.ticket(waits).id)
    assert len(shop.jobs(waits)) == 1


def test_a_hand_on_the_ticket_takes_its_slip_back_too(shop: Shop) -> None:
    shop.do(unproven.slip_for_screen, shop.ticket(shop.place("tea")).id)
    order_id = shop.place("tea")
    shop.do(unproven.slip_for_screen, shop.ticket(order_id).id)
    shop.act(shop.ticket(order_id).id, "start")
    assert [job.state for job in shop.jobs(order_id)] == ["CANCELLED"]


def test_a_kitchen_that_has_paper_anyway_keeps_its_slip_when_the_screen_is_first(shop: Shop) -> None:
    shop.place("tofu")
    order_id = shop.place("tofu")
    render(shop, shop.ticket(order_id).id)
    assert [job.state for job in shop.jobs(order_id)] == ["QUEUED"]
