"""A slip that still waits and the slip of its change never contradict each other: who cooks by both makes what is
wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from store.shop import COOK, WAITER, Shop, cart, open_shop, rules

from firmware_bridge.layout import TextLine, layout
from gateway.contract.messages import PrintResult
from gateway.contract.slips import Slip
from gateway.domain.print_job import COOKED_BY, NOTICE, PrintJob
from gateway.housekeeping.proof_watch import CALL_S, ProofWatch
from gateway.operations import changes, kitchen, moving, paper_decisions, papers, unproven
from gateway.operations.slips import slip_of


def with_stations(folder: Path, **more: Any) -> Shop:
    """A kitchen of papers: `more` is for the wok."""
    made = msgspec.to_builtins(rules())
    for station in made["stations"]:
        station |= {"proof": "paper"} | (more if station["id"] == "wok" else {})
    return open_shop(folder, rules(stations=made["stations"], slips=more.pop("rules", [])))


@pytest.fixture
def shop(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = with_stations(tmp_path / "box")
    made.place("lamb")  # is out at the printer, which is empty: what comes now waits in the gateway
    yield made
    made.close()


def portions(shop: Shop, quantity: int, item: str = "tofu") -> str:
    wanted = cart(item)
    line = msgspec.structs.replace(wanted.lines[0], quantity=quantity)
    return str(shop.placed(msgspec.structs.replace(wanted, lines=[line])).answer["id"])


def change(shop: Shop, order_id: str, action: str, quantity: int | None = None, line: int = 1) -> None:
    shop.do(changes.change_line, order_id, line, action, next(shop.keys), quantity, "", actor=WAITER)


def on_paper(shop: Shop, job: PrintJob) -> Slip:
    with shop.read() as rows:
        return slip_of(rows, job)


def words(slip: Slip) -> list[str]:
    """What a cook reads, line by line."""
    lines = [line for line in layout(slip, 48, "gbk") if isinstance(line, TextLine)]
    return ["".join(span.text for span in line.spans).strip() for line in lines]


def comes_out(shop: Shop, *orders: str) -> list[Slip]:
    """The printer has paper again: all that waits is printed and proven, in its order."""
    out = []
    every = sorted((job for one in orders for job in shop.jobs(one)), key=lambda job: job.id)
    for job in every:
        if job.state in ("QUEUED", "WAITING"):
            out.append(on_paper(shop, job))
            shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))
    return out


def cooked(slips: list[Slip]) -> int:
    """What a cook makes who reads them one after the other: dishes, less those that are not wanted any more. A change
    that an earlier slip counts already, and says so by its number, is not counted twice."""
    total, counted = 0, set()
    for slip in slips:
        counted |= {one.number for one in slip.changes if one.number}
        if slip.kind in ("return", "hold"):
            total -= 0 if slip.number in counted else sum(line.quantity for line in slip.lines)
        elif slip.kind in ("kitchen", "dish", "fire", "refire"):
            total += sum(line.quantity for line in slip.lines)
    return max(0, total)  # what he never had he need not stop


@pytest.mark.parametrize("action", ["cancel", "return"])
def test_a_dish_that_is_taken_off_a_waiting_slip_is_told_by_that_slip_and_by_no_other(shop: Shop, action: str) -> None:
    order_id = portions(shop, 2)
    change(shop, order_id, action, 1)
    assert [job.kind for job in shop.jobs(order_id)] == ["kitchen"]
    [notice] = shop.order(order_id).notices
    assert (notice.slip_number, notice.shown_at) == (shop.ticket(order_id).slip_number, None)
    [slip] = comes_out(shop, order_id)
    assert [(line.quantity, line.name) for line in slip.lines] == [(1, "麻婆豆腐")]
    assert "改动，上面已算好：" in words(slip)
    assert "退菜 -1× 麻婆豆腐" in words(slip)
    [notice] = shop.order(order_id).notices
    assert (notice.shown_by, shop.ticket(order_id).state) == (f"slip {slip.number}", "SHOWN")


def test_once_the_slip_is_with_its_bridge_the_change_has_its_own_and_both_together_are_right(tmp_path: Path) -> None:
    """The negative control: the bridge has the slip as it was, and prints it so."""
    shop = with_stations(tmp_path / "box")
    order_id = portions(shop, 2)
    [first] = shop.jobs(order_id)
    as_sent = on_paper(shop, first)
    shop.do(papers.take_result, "kitchen", PrintResult(first.id, 1, "WAITING", "paper_out"))
    change(shop, order_id, "cancel", 1)
    later = [on_paper(shop, job) for job in shop.jobs(order_id)]
    assert [slip.kind for slip in later] == ["kitchen", "return"]
    assert cooked([as_sent, later[1]]) == 1
    # A bridge that starts anew gets the slip as it is now: it counts the change, and names its slip.
    assert cooked(later) == 1
    assert f"退菜 -1× 麻婆豆腐（单 {later[1].number}）" in words(later[0])
    assert later[1].changes == []
    shop.close()


def test_a_reprint_and_a_diverted_slip_count_the_changes_and_name_their_slips(tmp_path: Path) -> None:
    shop = with_stations(tmp_path / "box", backups=["counter"])
    order_id = portions(shop, 3)
    [first] = shop.jobs(order_id)
    shop.do(papers.take_result, "kitchen", PrintResult(first.id, 1, "WAITING", "paper_out"))
    change(shop, order_id, "cancel", 1)
    shop.do(papers.divert, first.id, "counter")
    shop.do(papers.take_result, "kitchen", PrintResult(first.id, 2, "WITHDRAWN"))
    diverted = next(job for job in shop.jobs(order_id) if job.diverted_from)
    own = next(job for job in shop.jobs(order_id) if job.kind == NOTICE)
    slip = on_paper(shop, diverted)
    assert [(line.quantity, change.number) for line, change in zip(slip.lines, slip.changes, strict=True)] == [
        (2, f"{own.number:04d}")
    ]
    shop.do(papers.take_result, "counter", PrintResult(diverted.id, 1, "PRINTED"))
    again = shop.do(paper_decisions.decide, diverted.id, "reprint", "k", actor=COOK)
    assert on_paper(shop, again).changes == slip.changes
    shop.close()


def test_a_whole_ticket_that_never_left_is_off_without_a_word_where_there_is_paper_alone(shop: Shop) -> None:
    order_id = portions(shop, 2)
    change(shop, order_id, "cancel")
    assert [(job.kind, job.state) for job in shop.jobs(order_id)] == [("kitchen", "CANCELLED")]
    ticket = shop.ticket(order_id)
    assert (ticket.state, ticket.cleared_at is not None, ticket.ended) == ("CANCELLED", True, "off")
    watch = ProofWatch(shop.store)
    for _ in range(3):
        watch.step(shop.later(CALL_S))
        shop.write()
    assert not {subject for code, subject in shop.conditions() if code == "notice_unseen"}


def test_what_was_put_on_hold_and_fired_again_comes_once(shop: Shop) -> None:
    order_id = shop.place("tofu", "tofu")
    change(shop, order_id, "hold", line=2)
    change(shop, order_id, "fire", line=2)
    slips = comes_out(shop, order_id)
    assert [(slip.kind, len(slip.lines)) for slip in slips] == [("kitchen", 1), ("fire", 1)]
    assert "等叫 1× 麻婆豆腐" in words(slips[0])
    assert cooked(slips) == 2


def test_a_party_that_moves_before_its_slip_left_is_told_by_that_slip(shop: Shop) -> None:
    order_id = portions(shop, 2)
    shop.do(moving.move_table, "1", "2", "k", actor=WAITER)
    [slip] = comes_out(shop, order_id)
    assert (slip.place, [(one.kind, one.from_place) for one in slip.changes]) == ("2 桌", [("move", "1")])
    assert "转台 原桌：1" in words(slip)
    assert shop.order(order_id).notices[0].shown_at is not None


def test_a_rush_has_its_own_slip_behind_the_one_that_waits(shop: Shop) -> None:
    order_id = portions(shop, 2)
    change(shop, order_id, "rush")
    slips = comes_out(shop, order_id)
    assert [slip.kind for slip in slips] == ["kitchen", "rush"]
    assert slips[0].changes[0].number == slips[1].number
    assert cooked(slips) == 2


@pytest.mark.parametrize("slips", ["dish", "portion"])
@pytest.mark.parametrize("out", [0, 1, 2])
@pytest.mark.parametrize("taken", [1, 2, 3])
def test_with_a_paper_for_each_dish_or_portion_a_cook_makes_what_is_left(
    tmp_path: Path, slips: str, out: int, taken: int
) -> None:
    """`out` of its papers were printed before the change; the next one is with the bridge, which holds it as it was."""
    shop = with_stations(tmp_path / "box", slips=slips)
    order_id = portions(shop, 3)
    its = shop.jobs(order_id)
    read = [on_paper(shop, job) for job in its[: out + 1]]
    for job in its[:out]:
        shop.do(papers.take_result, "kitchen", PrintResult(job.id, 1, "PRINTED"))
    change(shop, order_id, "return", taken)
    for job in shop.jobs(order_id):
        if job.intent:  # no byte had left: the bridge gives it back
            shop.do(papers.take_result, "kitchen", PrintResult(job.id, 2, "WITHDRAWN"))
            read = [slip for slip in read if slip.number != f"{job.number:04d}"]
    known = {slip.number for slip in read}
    read += [slip for slip in comes_out(shop, order_id) if slip.number not in known]
    assert cooked(read) == 3 - taken
    shop.close()


def test_papers_of_the_whole_order_count_what_is_left_and_empty_ones_are_not_printed(tmp_path: Path) -> None:
    folder = tmp_path / "box"
    made = msgspec.to_builtins(rules())["stations"]
    every = [{"kind": kind, "printers": ["counter"]} for kind in ("full_order", "guest_list", "runner", "kitchen")]
    shop = open_shop(folder, rules(stations=[s | {"proof": "paper"} for s in made], slips=every))
    shop.place("lamb")
    order_id = portions(shop, 2)
    change(shop, order_id, "cancel", 1)
    for job in shop.jobs(order_id):
        assert [line.quantity for line in on_paper(shop, job).lines] == [1], job.kind
    change(shop, order_id, "cancel")
    assert {job.state for job in shop.jobs(order_id)} == {"CANCELLED"}
    shop.close()


def test_somebody_who_was_called_is_told_what_is_wanted_now(shop: Shop) -> None:
    order_id = portions(shop, 3)
    ticket_id = shop.ticket(order_id).id
    shop.do(unproven.call_for_ticket, ticket_id)
    since = shop.now.iso
    shop.later(20)
    change(shop, order_id, "cancel", 2)
    found = shop.sql("SELECT since, params FROM conditions WHERE code = 'ticket_unseen' AND subject = ?", ticket_id)
    assert [(at, msgspec.json.decode(params)["dishes"]["en"]) for at, params in found] == [(since, "1× Mapo tofu")]
    change(shop, order_id, "cancel")
    assert ("ticket_unseen", ticket_id) not in shop.conditions()


def test_a_change_that_waits_with_its_slip_is_called_for_with_it_and_by_itself_once_the_ticket_is_known(
    tmp_path: Path,
) -> None:
    shop = open_shop(tmp_path / "box")  # its wok has a screen besides
    shop.place("lamb")
    order_id = portions(shop, 2)
    ticket_id, before = shop.ticket(order_id).id, shop.ticket(order_id).version
    change(shop, order_id, "cancel", 1)
    [notice] = shop.order(order_id).notices
    watch = ProofWatch(shop.store)

    def passes() -> set[str]:
        watch.step(shop.later(CALL_S))
        shop.write()
        return {code for code, subject in shop.conditions() if subject in (ticket_id, notice.id)}

    assert passes() == {"ticket_unseen"}
    shop.do(kitchen.rendered, ticket_id, "wok-1", "k", before, actor=COOK)  # an old picture, without the change
    assert passes() == {"notice_unseen"}
    comes_out(shop, order_id)
    assert passes() == set()
    shop.close()


# --- SCREEN DOWN -------------------------------------------------------------------------------------------------


def test_a_ticket_that_no_screen_drew_comes_once_marked_and_counts_what_changed_before(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "box")
    order_id = portions(shop, 2, "tea")
    shop.later(5)
    change(shop, order_id, "cancel", 1)
    watch = ProofWatch(shop.store)
    for _ in range(40):
        watch.step(shop.later(0.5))
        shop.write()
    [job] = shop.jobs(order_id)
    slip = on_paper(shop, job)
    assert (slip.screen_down, [line.quantity for line in slip.lines]) == (True, [1])
    assert words(slip)[:2] == ["屏幕没反应 SCREEN DOWN", "按这张做，屏幕好了不用再做"]
    comes_out(shop, order_id)
    assert shop.order(order_id).notices[0].shown_by == "slip 0001"
    document = shop.act(shop.ticket(order_id).id, "start")
    assert (document["shown_by"], document["slip"]) == ("slip 0001", {"number": "0001"})
    for _ in range(40):
        watch.step(shop.later(0.5))
        shop.write()
    assert [job.kind for job in shop.jobs(order_id)] == ["kitchen"], "no second one, whatever happens"
    shop.close()


def test_a_change_that_no_screen_drew_says_screen_down_and_one_that_is_told_on_paper_does_not(tmp_path: Path) -> None:
    shop = open_shop(tmp_path / "box")
    order_id = portions(shop, 3, "tea")
    shop.do(kitchen.rendered, shop.ticket(order_id).id, "bar-1", "k", 1, actor=COOK)
    change(shop, order_id, "cancel", 1)
    watch = ProofWatch(shop.store)
    watch.step(shop.later(8.5))
    shop.write()
    [late] = shop.jobs(order_id)
    assert (late.kind, on_paper(shop, late).screen_down, words(on_paper(shop, late))[0]) == (
        NOTICE, True, "屏幕没反应 SCREEN DOWN",
    )  # fmt: skip
    shop.close()


def test_papers_of_a_station_that_has_paper_anyway_never_say_screen_down(shop: Shop) -> None:
    order_id = portions(shop, 2)
    change(shop, order_id, "rush")
    assert [on_paper(shop, job).screen_down for job in shop.jobs(order_id)] == [False, False]
    assert {job.kind for job in shop.jobs(order_id)} <= {*COOKED_BY, NOTICE}
