"""Screens and displays that were away: nothing missing, nothing twice, no ghosts, and no old hand undoes a new one."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from running_demo import RunningDemo, call
from scenarios.screens import Display, Screen
from waiting import eventually

AWAY_S = 120.0 if os.environ.get("TABLEPASS_FULL") == "1" else 0.0
"""How long the screen is away. What it missed is read from the journal, which knows changes and no minutes."""


@pytest.fixture(scope="module")
def own() -> Iterator[RunningDemo]:
    """A demo whose broker and gateway may be killed."""
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)


def opened(demo: RunningDemo) -> dict[str, dict[str, Any]]:
    """Every open ticket, by what the gateway itself answers."""
    return {t["id"]: t for station in ("wok", "bar") for t in demo.tickets(station)}


def same(demo: RunningDemo, display: Display | Screen) -> bool:
    return {i: t["version"] for i, t in display.tickets().items()} == {i: t["version"] for i, t in opened(demo).items()}


def ticket_of(demo: RunningDemo, order: dict[str, Any], station: str = "wok") -> dict[str, Any]:
    return next(t for t in demo.tickets(station) if t["order"]["id"] == order["id"])


def bumped(demo: RunningDemo, ticket: dict[str, Any]) -> dict[str, Any]:
    """Bumps it as it is now; a slip may prove it in the same moment, which is no hindrance."""
    status, value = demo.act(ticket, "bump")
    assert status == 200, value
    return dict(value)


def back(demo: RunningDemo, name: str, former: int) -> None:
    eventually(f"{name} was started again", lambda: demo.pids()[name] not in (None, 0, former))


def up(demo: RunningDemo) -> bool:
    try:
        return call(demo.info["staff_url"], "GET", "/readyz", headers=demo.bearer, timeout=2)[0] == 200
    except OSError:
        return False


def test_a_display_that_connects_late_sees_exactly_the_open_tickets(own: RunningDemo) -> None:
    lines = [{"item": "eggplant"}, {"item": "beer"}]
    orders = [own.order(str(n), lines) for n in range(1, 5)]
    bumped(own, ticket_of(own, orders[0], "wok"))
    bumped(own, ticket_of(own, orders[1], "bar"))
    late = Display(own)
    try:
        eventually("the late display shows what the gateway says", lambda: same(own, late))
        seen = late.tickets()
        assert ticket_of(own, orders[0], "bar")["id"] in seen
        assert len({i for i, t in seen.items() if t["order"]["id"] in {o["id"] for o in orders}}) == 6
        assert all(t["cleared_at"] is None for t in seen.values())

        # Every change reaches it, and what is done disappears.
        order = own.order("5", lines)
        eventually("the new tickets", lambda: ticket_of(own, order)["id"] in late.tickets())
        bumped(own, ticket_of(own, order))
        eventually("the bumped one is gone", lambda: same(own, late))
    finally:
        late.close()


@pytest.mark.parametrize("victims", [("broker",), ("gateway",), ("broker", "gateway")])
def test_no_display_shows_a_ghost_after_a_kill(own: RunningDemo, victims: tuple[str, ...]) -> None:
    faithful = Display(own)
    try:
        kept = own.order("6", [{"item": "eggplant"}])
        gone = own.order("6", [{"item": "garlic-greens"}])
        eventually("the display is up to date", lambda: same(own, faithful))
        ticket = ticket_of(own, gone)
        before = own.pids()
        for name in victims:
            own.kill(name)
        if "gateway" in victims:
            back(own, "gateway", before["gateway"])
            eventually("the gateway answers", lambda: up(own))
        # Bumped while the broker is down or has just forgotten everything.
        bumped(own, ticket_of(own, gone))
        newer = own.order("6", [{"item": "tomato-egg-soup"}])
        for name in victims:
            back(own, name, before[name])
        eventually("the faithful display shows the truth again", lambda: same(own, faithful), 15)
        late = Display(own)
        try:
            eventually("so does one that comes late", lambda: same(own, late))
            assert ticket["id"] not in late.tickets()
            assert {ticket_of(own, kept)["id"], ticket_of(own, newer)["id"]} <= set(late.tickets())
        finally:
            late.close()
    finally:
        faithful.close()


def test_a_ticket_bumped_while_the_gateway_has_no_broker_leaves_no_ghost(own: RunningDemo) -> None:
    """The broker keeps running and remembers; only the gateway was away when the ticket ended."""
    order = own.order("7", [{"item": "eggplant"}])
    ticket = ticket_of(own, order)
    watch = Display(own)
    try:
        eventually("it stands there", lambda: ticket["id"] in watch.tickets())
        own.freeze("broker")
        try:
            bumped(own, ticket_of(own, order))
            former = own.pids()["gateway"]
            own.kill("gateway")
            back(own, "gateway", former)
        finally:
            own.thaw("broker")
        eventually("the gateway answers", lambda: up(own))
        eventually("the retained ticket was cleared", lambda: ticket["id"] not in watch.tickets(), 20)
        eventually("and the rest is true", lambda: same(own, watch))
    finally:
        watch.close()


def versions(screen: Screen) -> list[tuple[str, int]]:
    return [(e.data["id"], e.data["version"]) for e in screen.of("ticket")]


def versions_of_each(screen: Screen) -> dict[str, list[int]]:
    """Of each ticket, as they came: in a snapshot first, then by themselves."""
    found: dict[str, list[int]] = {}
    for event in list(screen.events):
        if event.name in ("snapshot", "ticket"):
            for ticket in event.data["tickets"] if event.name == "snapshot" else [event.data]:
                found.setdefault(ticket["id"], []).append(ticket["version"])
    return found


def sequence(identity: str) -> tuple[str, int]:
    epoch, _, seq = identity.rpartition(":")
    return epoch, int(seq)


@pytest.mark.timeout(120 + AWAY_S)
def test_a_screen_that_was_away_for_15_changes_misses_none_and_repeats_none(
    own: RunningDemo, measured: Callable[[str], None]
) -> None:
    orders = [own.order("8", [{"item": "eggplant"}]) for _ in range(5)]
    eventually("no slip is on its way", lambda: all(t["slip"] and t["state"] != "QUEUED" for t in own.tickets()), 20)
    screen = Screen(own, "tickets:wok", "wok-away")
    witness = Screen(own, "tickets:wok", "wok-witness")
    try:
        screen.wait_for("its snapshot", "snapshot")
        witness.wait_for("the witness's snapshot", "snapshot")
        own.act(ticket_of(own, orders[0]), "start")
        screen.wait_for("the last thing it saw", "ticket")
        seen = versions(screen)
        resume_at = screen.last_event_id
        screen.close()
        left = time.monotonic()

        for order in orders:  # 15 changes: start, bump, recall of five tickets, less what had begun
            time.sleep(AWAY_S / len(orders))  # not for luck: how long it was away is what is measured here
            ticket = ticket_of(own, order)
            if ticket["state"] != "STARTED":
                assert own.act(ticket, "start")[0] == 200
            done = bumped(own, ticket_of(own, order))
            assert own.act(done, "recall")[0] == 200
        bumped(own, ticket_of(own, orders[0]))
        total = 1 + 15
        witness.wait_for("the witness saw all", "ticket", total)
        assert len(versions(witness)) == total

        back_after = time.monotonic() - left
        again = Screen(own, "tickets:wok", "wok-away", resume_at)
        try:
            again.wait_for("what it missed", "ticket", total - 1)
            fresh = own.order("8", [{"item": "rice"}])
            eventually("and what is new", lambda: any(e.data["order"]["id"] == fresh["id"] for e in again.of("ticket")))
            assert not again.of("snapshot"), "a resume is not a reset"
            assert not again.of("reset")
            got = seen + versions(again)
            assert len(got) == len(set(got)), "no (ticket, version) twice"
            assert set(versions(witness)[:total]) == set(got[:total]), "none missing"
            numbers = [sequence(e.id)[1] for e in again.events if e.id]
            assert numbers == sorted(set(numbers)), "ids rise strictly"
            assert sequence(resume_at)[1] < numbers[0]
            measured(
                f"away for {back_after:.0f} s and {total - 1} changes: missing "
                f"{len(set(versions(witness)[:total]) - set(got))}, repeated {len(got) - len(set(got))}"
            )

            def equal() -> bool:
                shown = {t["id"]: t["version"] for t in own.tickets()}
                return shown == {i: t["version"] for i, t in witness.tickets().items()}

            eventually("feed and GET agree", equal)
        finally:
            again.close()
    finally:
        witness.close()


def test_without_its_last_id_a_screen_gets_a_snapshot_and_not_what_it_missed(own: RunningDemo) -> None:
    """The negative control: it is the id that makes the resume."""
    own.order("8", [{"item": "rice"}])
    fresh = Screen(own, "tickets:wok")
    try:
        fresh.wait_for("its snapshot", "snapshot")
        assert {t["id"] for t in fresh.of("snapshot")[0].data["tickets"]} == {t["id"] for t in own.tickets()}
    finally:
        fresh.close()


@pytest.mark.parametrize("foreign", ["9-other:5", "nonsense", ":", "1-x:99999999999", "{epoch}:999999", "{epoch}:-1"])
def test_an_id_that_is_not_ours_is_answered_by_reset_and_a_whole_snapshot(own: RunningDemo, foreign: str) -> None:
    epoch = own.staff("GET", "/api/v1/uplink")[1]["epoch"]
    screen = Screen(own, "tickets:bar,tickets:wok", last_event_id=foreign.format(epoch=epoch))
    try:
        screen.wait_for("both snapshots", "snapshot", 2)
        assert [e.name for e in screen.events[:3]] == ["reset", "snapshot", "snapshot"]
        # A slip that is proven between the snapshot and the look gives its ticket a new version, which the feed brings.
        eventually(
            "the screen shows what the gateway says",
            lambda: same(own, screen),
            seen=lambda: [{i: t["version"] for i, t in found.items()} for found in (screen.tickets(), opened(own))],
        )
        for told in versions_of_each(screen).values():
            assert told == sorted(set(told)), "nothing older comes behind something newer, and nothing twice"
        assert sequence(screen.last_event_id)[0] == epoch
    finally:
        screen.close()


def test_a_screen_hears_something_at_least_every_two_seconds(own: RunningDemo) -> None:
    screen = Screen(own, "tickets:wok")
    try:
        screen.wait_for("three beats", "beat", 3, 8)
        beats = [e.at for e in screen.of("beat")]
        assert max(b - a for a, b in pairwise(beats)) < 2.5
        assert screen.comments >= 3
    finally:
        screen.close()


def test_a_bump_kept_by_an_old_tablet_cannot_undo_a_recall(own: RunningDemo) -> None:
    order = own.order("9", [{"item": "lamb-skewers", "modifiers": ["hot"]}])
    eventually("its slip is proven", lambda: ticket_of(own, order)["state"] == "SHOWN")
    seen = ticket_of(own, order)
    key = uuid.uuid4().hex
    status, done = own.act(seen, "bump", key=key)
    assert (status, done["state"]) == (200, "SERVED")
    status, recalled = own.act(done, "recall", "wok-2")
    assert (status, recalled["state"], recalled["cleared_at"]) == (200, "SHOWN", None)

    status, value = own.act(seen, "bump", "old-tablet")
    assert (status, value["code"]) == (409, "stale")
    assert value["ticket"]["version"] == recalled["version"]
    assert ticket_of(own, order)["state"] == "SHOWN"
    # The tablet that only lost the answer asks again with its key: the former answer, and nothing moves.
    status, former = own.act(seen, "bump", key=key)
    assert (status, former["version"], former["state"]) == (200, done["version"], "SERVED")
    assert ticket_of(own, order)["version"] == recalled["version"]
    status, value = own.act(seen, "start", key=key)
    assert (status, value["code"]) == (422, "idempotency_key_reused")
    # With the version that it now knows, the same tablet may bump: the negative control.
    assert own.act(ticket_of(own, order), "bump", "old-tablet")[0] == 200
    status, value = own.act(done | {"version": 99}, "recall")
    assert (status, value["field"]) == (422, "version")


def test_two_screens_that_bump_the_same_ticket_bump_it_once(own: RunningDemo) -> None:
    order = own.order("9", [{"item": "rice"}])
    eventually("its slip is proven", lambda: ticket_of(own, order)["state"] == "SHOWN", 20)
    ticket = ticket_of(own, order)
    answers = [own.act(ticket, "bump", screen) for screen in ("wok-1", "wok-2")]
    assert [status for status, _ in answers] == [200, 409]
    assert answers[1][1]["code"] in ("stale", "illegal_move")
    assert answers[1][1]["ticket"]["state"] == "SERVED"


def test_rendering_proves_that_version_only(own: RunningDemo) -> None:
    order = own.order("10", [{"item": "beer"}])
    ticket = ticket_of(own, order, "bar")
    status, shown = own.act(ticket, "rendered", "bar-1")
    assert status == 200
    assert shown["state"] == "SHOWN"
    assert shown["shown_version"] == shown["version"]
    again = own.act(ticket, "rendered", "bar-1")[1]
    assert again["version"] == shown["version"], "saying it twice changes nothing"
    seen = own.guest("GET", f"/api/v1/orders/{order['id']}?table_token={own.token('10')}")[1]
    assert seen["lines"][0]["kitchen"] == "confirmed"

    eventually("its slip is proven too, and moves nothing any more", lambda: has_proven_slip(own, order))
    before = ticket_of(own, order, "bar")
    started = own.act(before, "start")[1]
    assert started["version"] > before["version"]
    assert started["shown_version"] == before["shown_version"], "what has changed since is proven by nothing"
    old = own.act(before, "rendered", "bar-1")[1]
    assert old["shown_version"] == before["shown_version"], "nor by a screen that still shows what was"
    drawn = own.act(started, "rendered", "bar-1")[1]
    assert (drawn["shown_version"], drawn["version"]) == (started["version"], started["version"])


def has_proven_slip(demo: RunningDemo, order: dict[str, Any]) -> bool:
    jobs = demo.staff("GET", "/api/v1/jobs?state=PRINTED&limit=1000")[1]["jobs"]
    return any(job["order_id"] == order["id"] for job in jobs)


def test_a_display_acts_and_orders_over_mqtt(own: RunningDemo) -> None:
    display = Display(own, ("stations/#", "orders/+/result"))
    try:
        order = own.order("11", [{"item": "edamame"}])
        ticket = eventually("its ticket", lambda: display.tickets().get(ticket_of(own, order, "bar")["id"]))
        do = {"screen": "foreign-1", "key": uuid.uuid4().hex, "version": ticket["version"]}
        display.say(f"stations/bar/tickets/{ticket['id']}/do", do | {"action": "rendered"})
        eventually("shown", lambda: ticket_of(own, order, "bar")["state"] == "SHOWN")
        do |= {"action": "rush", "key": uuid.uuid4().hex}
        display.say(f"stations/bar/tickets/{ticket['id']}/do", do)
        display.say(f"stations/bar/tickets/{ticket['id']}/do", do)
        eventually("rushed, once", lambda: [n["kind"] for n in ticket_of(own, order, "bar")["notices"]] == ["rush"])
        now = ticket_of(own, order, "bar")
        do |= {"action": "bump", "version": now["version"], "key": uuid.uuid4().hex}
        display.say(f"stations/bar/tickets/{ticket['id']}/do", do)
        eventually("bumped and gone", lambda: ticket["id"] not in display.tickets())
        display.say(f"stations/bar/tickets/{ticket['id']}/do", do)  # QoS 1 may repeat: the key knows it

        key = f"kiosk-{uuid.uuid4().hex}"
        cart = {"key": key, "lines": [{"item": "soy-milk", "quantity": 2}], "table": "11", "source": "kiosk"}
        display.say("orders", cart)
        first = eventually("the answer", lambda: display.heard(f"orders/{key}/result"))[0]
        assert (first["status"], first["total"], first["replayed"]) == ("PLACED", 1600, False)
        eventually("its ticket", lambda: any(t["order"]["id"] == first["id"] for t in own.tickets("bar")))
        display.say("orders", cart)
        answers = eventually("a second", lambda: h if len(h := display.heard(f"orders/{key}/result")) > 1 else None)
        assert answers[1] == first | {"replayed": True}
        assert len([t for t in own.tickets("bar") if t["order"]["id"] == first["id"]]) == 1

        for change, status, code in (
            ({"lines": [{"item": "boiled-fish", "modifiers": ["hot"]}]}, 409, "sold_out"),
            ({"lines": [{"item": "soy-milk", "quantity": 0}]}, 422, "invalid"),
            ({"lines": [{"item": "unicorn"}]}, 422, "invalid"),
            ({"table": "99"}, 404, "unknown_table"),
            ({"surprise": 1}, 422, "invalid"),
        ):
            key = f"kiosk-{uuid.uuid4().hex}"
            display.say("orders", cart | {"key": key} | change)
            heard = eventually(f"the refusal of {change}", lambda key=key: display.heard(f"orders/{key}/result"))[0]
            assert heard["code"] == code, heard
            assert heard["status"] == status, heard
        for junk in (b"\xff\xfe", b"{", b"[" * 20_000, b"{}", b"null"):
            display.say("orders", junk)
        key = f"kiosk-{uuid.uuid4().hex}"
        display.say("orders", cart | {"key": key})
        last = eventually("junk blocks nobody", lambda: display.heard(f"orders/{key}/result"))[0]
        assert last["status"] == "PLACED"
    finally:
        display.close()


def test_a_display_may_touch_only_its_own_topics(own: RunningDemo) -> None:
    spy = Display(own, ("#", "stations/#", "orders/+/result"))
    try:
        own.order("12", [{"item": "rice"}])
        spy.say("printers/kitchen/jobs", {"op": "print", "key": uuid.uuid4().hex, "attempt": 1})
        spy.say("stations/wok/tickets/ghost", {"id": "ghost"})
        spy.say("devices/kitchen/state", {"status": "offline", "bridge": "bridge-1"})
        last = f"kiosk-{uuid.uuid4().hex}"
        spy.say("orders", {"key": last, "lines": [{"item": "rice"}], "table": "12", "source": "kiosk"})
        # A session keeps its order: what the broker took of the above, the gateway and the spy had before this answer.
        assert eventually("the answer", lambda: spy.heard(f"orders/{last}/result"))[0]["status"] == "PLACED"
        eventually("what it may see", lambda: any(t.startswith("stations/") for t, _, _ in spy.messages))
        assert not [t for t, _, _ in spy.messages if t.startswith(("printers/", "bridges/bridge-1/desired"))]
        assert "stations/wok/tickets/ghost" not in spy.retained
        assert all(c["code"] != "printer_offline" for c in own.conditions())
    finally:
        spy.close()
