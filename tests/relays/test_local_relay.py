"""Papers and displays: what is said to the broker, when again, and on a new connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from store.shop import COOK, Shop, menu
from wires import Wire

from gateway.contract.messages import BridgeState, DeviceState, PrintResult
from gateway.contract.topics import Topics
from gateway.contract.wire import Message
from gateway.intake import AGAIN_S, MAX_HELD, Intake
from gateway.operations import administration, devices, inquiries, paper_decisions, papers
from gateway.operations.slips import slip_for
from gateway.relays.displays import Displays
from gateway.relays.inquiries import Inquiries
from gateway.relays.local import SAY_DOWN_AFTER_S, LocalRelay
from gateway.relays.papers import SAY_AGAIN_S, Papers
from gateway.store import jobs, settings

TOPICS = Topics("demo")
JOBS = TOPICS.printer_jobs("kitchen")


class Local:
    def __init__(self, shop: Shop):
        self.shop, self.wire = shop, Wire()
        self.displays = Displays(shop.store, TOPICS, self.wire)
        self.intake = Intake(shop.store, TOPICS, self.wire, self.displays.saw)
        self.papers = Papers(shop.store, TOPICS, self.wire)
        self.relay = LocalRelay(
            shop.store, self.wire, self.papers, self.displays, Inquiries(shop.store, TOPICS, self.wire)
        )
        self.acknowledged: list[str] = []

    def step(self) -> list[tuple[str, Any, bool]]:
        self.relay.step(self.shop.now)
        self.shop.write()
        return self.wire.take()

    def said(self, topic: str) -> list[Any]:
        return [payload for t, payload, _ in self.step() if t == topic]

    def hears(self, topic: str, payload: Any, retained: bool = False) -> list[tuple[str, Any, bool]]:
        raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        self.intake.offer(Message(topic, raw, retained, lambda: self.acknowledged.append(topic)))
        self.intake.step(self.shop.now)
        self.shop.write()
        return self.wire.take()


@pytest.fixture
def local(shop: Shop) -> Local:
    return Local(shop)


# --- papers ---


def test_one_paper_of_a_printer_is_out_at_a_time(local: Local) -> None:
    first, second = local.shop.place("tofu"), local.shop.place("tofu")
    (command,) = local.said(JOBS)
    (job,), (other,) = local.shop.jobs(first), local.shop.jobs(second)
    assert (command["op"], command["key"], command["attempt"], command["slip"]["order"]) == ("print", job.id, 1, "A001")
    assert local.said(JOBS) == []
    local.hears(TOPICS.printer_results("kitchen"), PrintResult(job.id, 1, "PRINTED"))
    assert [c["key"] for c in local.said(JOBS)] == [other.id]


def test_it_is_said_again_every_five_seconds_with_the_same_key_and_the_next_attempt(local: Local) -> None:
    local.shop.place("tofu")
    (first,) = local.said(JOBS)
    local.shop.later(SAY_AGAIN_S - 0.1)
    assert local.said(JOBS) == []
    local.shop.later(0.1)
    (again,) = local.said(JOBS)
    assert (again["key"], again["attempt"], again["slip"]) == (first["key"], 2, first["slip"])


def test_a_new_connection_hears_it_at_once(local: Local) -> None:
    order_id = local.shop.place("tofu")
    local.said(JOBS)
    local.hears(TOPICS.printer_results("kitchen"), PrintResult(local.shop.jobs(order_id)[0].id, 4, "SENDING"))
    local.wire.session = 0
    local.step()
    local.wire.session = 2
    (command,) = local.said(JOBS)
    assert command["attempt"] == 5


def test_what_could_not_be_said_is_said_with_the_next_step(local: Local) -> None:
    local.step()
    local.shop.place("tofu")
    local.wire.publish = lambda *args, **more: False  # type: ignore[method-assign]
    local.step()
    del local.wire.publish
    assert len(local.said(JOBS)) == 1


def test_a_withdrawal_goes_out_until_it_is_answered_and_what_was_never_out_needs_none(local: Local) -> None:
    first, second = local.shop.jobs(local.shop.place("tofu"))[0], local.shop.jobs(local.shop.place("tofu"))[0]
    local.said(JOBS)
    for job in (second, first):
        local.shop.do(paper_decisions.decide, job.id, "cancel", next(local.shop.keys), actor=COOK)
    assert [(c["op"], c["key"]) for c in local.said(JOBS)] == [("withdraw", first.id)]
    with local.shop.read() as rows:
        assert [jobs.get(rows, job.id).state for job in (first, second)] == ["QUEUED", "CANCELLED"]  # type: ignore[union-attr]
    local.shop.later(SAY_AGAIN_S)
    assert len(local.said(JOBS)) == 1
    local.hears(TOPICS.printer_results("kitchen"), PrintResult(first.id, 9, "WITHDRAWN"))
    local.shop.later(SAY_AGAIN_S)
    assert local.said(JOBS) == []


def test_a_paper_that_is_too_old_is_not_handed_over_until_somebody_wants_it(local: Local) -> None:
    """The box comes back after a power cut: yesterday's slips shall not pour out of the printer."""
    (job,) = local.shop.jobs(local.shop.place("tofu"))
    local.shop.later(15 * 60 + 1)
    assert local.said(JOBS) == []
    local.shop.do(papers.make_stale, job.id)
    (command,) = local.said(JOBS)
    assert (command["op"], command["key"]) == ("withdraw", job.id)
    local.hears(TOPICS.printer_results("kitchen"), PrintResult(job.id, 1, "WITHDRAWN"))
    wanted = local.shop.do(paper_decisions.decide, job.id, "print", next(local.shop.keys), actor=COOK)
    (command,) = local.said(JOBS)
    assert (command["op"], command["key"], command.get("copy", 1)) == ("print", wanted.id, 1)


def test_a_slip_says_what_the_cook_needs_in_the_printers_language(local: Local) -> None:
    lines = [
        {"item": "chicken", "variant": "half", "quantity": 2, "modifiers": ["hot", "no-nuts"], "note": "少油"},
        {"item": "tea"},
    ]
    order_id = local.shop.placed(_cart(lines, "包1")).answer["id"]
    order, job = local.shop.order(order_id), local.shop.jobs(order_id)[0]
    with local.shop.read() as rows:
        slip = slip_for(order, job, settings.the_settings(rows))
    assert (slip.station, slip.place, slip.time, slip.number, slip.previous, slip.code) == (
        "炒锅",
        "包1",
        "11:30",
        "0001",
        "",
        "A001-0001",
    )
    (line,) = slip.lines
    assert (line.quantity, line.name, line.note) == (2, "宫保", "少油")
    assert [(o.text, o.removal) for o in line.options] == [("半份", False), ("特辣", False), ("不放花生", True)]
    assert [(e.station, e.quantity) for e in slip.elsewhere] == [("吧台", 1)]
    assert (slip.allergies, slip.covers) == (["花生"], 3)
    order.lines[1].state = "CANCELLED"
    with local.shop.read() as rows:
        assert slip_for(order, job, settings.the_settings(rows)).elsewhere == []


def _cart(lines: list[dict[str, Any]], table: str) -> Any:
    from store.shop import cart

    return cart(lines=lines, table=table, covers=3, allergies=["peanut"])


# --- displays ---


def retained(said: list[tuple[str, Any, bool]], station: str = "wok") -> dict[str, Any]:
    prefix = TOPICS.ticket(station, "")
    return {topic.removeprefix(prefix): payload for topic, payload, keep in said if topic.startswith(prefix) and keep}


def test_a_connection_gets_everything_that_is_open_the_state_and_each_bridges_devices(local: Local) -> None:
    done, standing = local.shop.place("tofu"), local.shop.place("tofu")
    local.shop.act(local.shop.ticket(done).id, "bump")
    said = local.step()
    assert set(retained(said)) == {local.shop.ticket(standing).id}
    by_topic = {topic: payload for topic, payload, _ in said}
    assert by_topic[TOPICS.state()]["status"] == "online"
    desired = by_topic[TOPICS.bridge_desired("bridge-1")]
    assert (desired["revision"], [d["name"] for d in desired["devices"]]) == (1, ["kitchen", "counter"])
    local.wire.session = 2
    assert set(retained(local.step())) == {local.shop.ticket(standing).id}


def test_news_bring_the_whole_ticket_and_a_gone_one_an_empty_payload(local: Local) -> None:
    local.step()
    order_id = local.shop.place("tofu", "tea")
    ticket = local.shop.ticket(order_id)
    said = local.step()
    assert retained(said)[ticket.id]["version"] == 1
    assert len(retained(said, "bar")) == 1
    local.shop.act(ticket.id, "start")
    assert retained(local.step())[ticket.id]["state"] == "STARTED"
    local.shop.act(ticket.id, "bump")
    assert retained(local.step()) == {ticket.id: None}
    local.shop.act(ticket.id, "recall")
    assert retained(local.step())[ticket.id]["state"] == "SHOWN"
    assert local.step() == []


def test_retained_tickets_of_a_former_life_are_cleared_and_the_relay_is_woken_for_it(local: Local) -> None:
    order_id = local.shop.place("tofu")
    open_one = local.shop.ticket(order_id).id
    local.step()
    woken: list[int] = []
    local.displays.wake = lambda: woken.append(1)
    local.hears(TOPICS.ticket("wok", "a-stale-one"), {"id": "x"}, retained=True)
    local.hears(TOPICS.ticket("wok", open_one), {"id": "x"}, retained=True)
    local.hears(TOPICS.ticket("wok", "our-own-echo"), {"id": "x"}, retained=False)
    assert len(woken) == 2
    assert retained(local.step()) == {"a-stale-one": None}


def test_a_ticket_that_ended_while_the_broker_was_away_is_cleared_though_the_broker_shows_none(local: Local) -> None:
    """Its last message was not acknowledged: the connector sends it once more to a broker that has kept nothing."""
    served, still_open = (local.shop.ticket(local.shop.place("tofu")).id for _ in range(2))
    local.step()
    local.wire.session = 0
    local.shop.act(served, "bump")
    local.step()
    local.wire.session = local.wire.life = 2
    said = retained(local.step())
    assert said[served] is None
    assert said[still_open]["state"] == "QUEUED"
    local.wire.session = local.wire.life = 3
    assert served not in retained(local.step())


def test_devices_of_a_dead_bridge_are_said_to_be_unknown_once(local: Local) -> None:
    local.hears(TOPICS.bridge_state("bridge-1"), BridgeState(True, 1, "b"))
    local.hears(TOPICS.device_state("kitchen"), DeviceState("online", "bridge-1"))
    local.step()
    local.hears(TOPICS.bridge_state("bridge-1"), BridgeState(False))
    assert local.said(TOPICS.device_state("kitchen")) == [{"status": "unknown", "bridge": "bridge-1"}]
    assert local.said(TOPICS.device_state("kitchen")) == []


def test_new_settings_reach_the_bridge(local: Local) -> None:
    from store.shop import rules, tokens

    from gateway.operations import administration

    local.step()
    local.shop.do(administration.import_settings, rules(day_starts="05:00"), tokens([]))
    assert [p["revision"] for p in local.said(TOPICS.bridge_desired("bridge-1"))] == [2]


def test_a_bridge_is_told_how_a_printer_may_stop_it_and_nothing_where_it_may_not(local: Local) -> None:
    from store.shop import SETTINGS, rules, tokens

    kitchen, counter = SETTINGS["printers"]
    local.step()
    new = rules(printers=[kitchen | {"flow": "rtscts", "qr": "drawn"}, counter])
    local.shop.do(administration.import_settings, new, tokens([]))
    (said,) = local.said(TOPICS.bridge_desired("bridge-1"))
    assert [device.get("options", {}) for device in said["devices"]] == [{"flow": "rtscts", "qr": "drawn"}, {}]


def test_a_box_that_is_not_set_up_keeps_its_relay_running(tmp_path: Any) -> None:
    shop = Shop(tmp_path)
    assert [topic for topic, _, _ in Local(shop).step()] == [TOPICS.state()]
    shop.close()


def test_a_broker_that_is_away_for_longer_than_a_restart_is_said(local: Local) -> None:
    local.step()
    local.wire.session = 0
    local.step()
    local.shop.later(SAY_DOWN_AFTER_S - 0.1)
    local.step()
    assert local.shop.conditions() == set()
    local.shop.later(0.1)
    local.step()
    local.step()
    assert local.shop.conditions() == {("broker_down", "broker")}
    local.wire.session = 2
    local.step()
    assert local.shop.conditions() == {("broker_down", "broker")}, "it may be gone again in a moment"
    wish = local.relay.step(local.shop.now)
    assert wish == local.shop.now.monotonic + SAY_DOWN_AFTER_S
    local.shop.later(SAY_DOWN_AFTER_S)
    local.step()
    assert local.shop.conditions() == set()


def flap(local: Local, seconds: int, up_s: float) -> list[set[tuple[str, str]]]:
    """What was said after each step."""
    said = []
    for _ in range(seconds):
        local.wire.session = 0
        local.step()
        said.append(local.shop.conditions())
        local.shop.later(1 - up_s)
        local.wire.session = local.wire.life = local.wire.life + 1
        local.step()
        said.append(local.shop.conditions())
        local.shop.later(up_s)
    return said


@pytest.mark.parametrize("up_s", [0.002, 0.5])
def test_connections_that_live_for_moments_only_are_said_as_none_until_one_lasts(local: Local, up_s: float) -> None:
    local.step()
    flap(local, 5, up_s)
    assert local.shop.conditions() == {("broker_down", "broker")}
    assert flap(local, 5, up_s) == [{("broker_down", "broker")}] * 10, "it is not said and taken back every second"
    local.shop.later(SAY_DOWN_AFTER_S)
    local.step()
    assert local.shop.conditions() == set()


def test_a_broker_that_restarts_now_and_then_is_never_said_to_be_down(local: Local) -> None:
    local.step()
    for session in range(2, 6):
        local.wire.session = 0
        local.step()
        local.shop.later(SAY_DOWN_AFTER_S - 1)
        local.wire.session = session
        for _ in range(4):
            local.step()
            assert local.shop.conditions() == set()
            local.shop.later(1)


def test_a_connection_lost_and_found_between_two_looks_begins_to_count_as_lost(local: Local) -> None:
    local.step()
    for session in (2, 3, 4):
        local.wire.session = session
        local.step()
        local.shop.later(1)
    local.wire.session = 0
    local.step()
    assert local.shop.conditions() == {("broker_down", "broker")}


# --- the intake ---


def test_a_message_is_acknowledged_after_its_commit_and_not_before(local: Local) -> None:
    order_id = local.shop.place("tofu")
    job = local.shop.jobs(order_id)[0]
    raw = msgspec.json.encode(PrintResult(job.id, 1, "PRINTED"))
    local.intake.offer(Message(TOPICS.printer_results("kitchen"), raw, False, lambda: local.acknowledged.append("now")))
    local.intake.step(local.shop.now)
    assert local.acknowledged == []
    local.shop.write()
    assert local.acknowledged == ["now"]
    assert local.shop.ticket(order_id).state == "SHOWN"


def test_what_the_store_cannot_take_is_tried_again_and_acknowledged_only_then(local: Local) -> None:
    topic = TOPICS.device_state("kitchen")
    connection = local.shop.store.writer_connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    reasons = [f"{n:04d}" * 100 for n in range(100)]
    local.hears(topic, DeviceState("blocked", "bridge-1", reasons=reasons))
    assert local.acknowledged == []
    connection.execute("PRAGMA max_page_count = 1000000")
    local.intake.step(local.shop.now)
    assert local.acknowledged == []
    local.shop.later(AGAIN_S)
    local.intake.step(local.shop.now)
    local.intake.step(local.shop.now)
    local.shop.write()
    assert local.acknowledged == [topic]


def test_traffic_does_not_put_off_what_is_to_be_tried_again(local: Local) -> None:
    order = {"key": "app-1", "source": "app", "external_id": "1", "table": "1", "lines": [{"item": "tofu"}]}
    local.shop.store.closed = True  # every submit is answered "busy"
    local.hears(TOPICS.orders(), order)
    local.shop.store.closed = False
    for _ in range(2):
        assert TOPICS.orders() not in local.acknowledged
        local.shop.later(0.5)
        local.hears("nonsense", b"")
    local.shop.write()
    assert local.acknowledged.count(TOPICS.orders()) == 1


def test_what_the_writer_gives_back_while_others_are_tried_again_is_not_lost(local: Local) -> None:
    """The writer's thread puts a message aside in the middle of a step: here at the worst moment, on this thread."""
    state = msgspec.json.encode(DeviceState("online", "bridge-1"))
    waiting = local.intake._again
    late = Message("nonsense", b"", False, lambda: local.acknowledged.append("late"))

    class Queue(deque[Message]):
        def append(self, message: Message) -> None:
            super().append(message)
            if late not in waiting and len(waiting) == 1:
                waiting.append(late)

        def extend(self, messages: Iterable[Message]) -> None:
            for message in messages:
                self.append(message)

    local.shop.store.closed = True
    for name in ("a", "b"):
        local.hears(TOPICS.device_state(name), state)
    assert len(waiting) == 2
    local.shop.store.closed = False
    local.intake._queue = Queue()
    for _ in range(2):
        local.shop.later(AGAIN_S)
        local.intake.step(local.shop.now)
        local.shop.write()
    assert sorted(local.acknowledged) == ["late", TOPICS.device_state("a"), TOPICS.device_state("b")]


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[]", b"[" * 60_000, b"x" * 70_000, b'{"state":"LOST"}'])
@pytest.mark.parametrize(
    "topic",
    [
        TOPICS.printer_results("kitchen"), TOPICS.device_state("kitchen"), TOPICS.bridge_state("b"), TOPICS.orders(),
        TOPICS.ticket_do("wok", "t"), "tablepass/other/orders", "nonsense",
    ],
)  # fmt: skip
def test_what_nobody_can_read_is_taken_off_the_broker_and_changes_nothing(
    local: Local, topic: str, payload: bytes
) -> None:
    before = local.shop.events()
    local.hears(topic, payload)
    assert local.acknowledged == [topic]
    assert local.shop.events() == before


def test_a_full_queue_leaves_messages_with_the_broker_and_asks_for_them_when_it_is_empty(local: Local) -> None:
    asked: list[int] = []
    local.intake.bring_again = lambda: asked.append(len(local.acknowledged))
    message = Message("nonsense", b"", False, lambda: local.acknowledged.append("nonsense"))
    assert [local.intake.offer(message) for _ in range(MAX_HELD + 1)].count(False) == 1
    for _ in range(MAX_HELD):
        local.intake.step(local.shop.now)
    assert asked == [MAX_HELD]
    assert local.intake.offer(message)
    local.intake.step(local.shop.now)
    assert asked == [MAX_HELD], "nothing was left this time"


def test_what_waits_for_a_store_that_takes_nothing_has_a_bound_too(local: Local) -> None:
    """The queue empties into the writer and comes back: it must not make room for ever more."""
    state = msgspec.json.encode(DeviceState("online", "bridge-1"))
    local.shop.store.closed = True  # every submit is answered "busy"
    taken = 0
    for n in range(2 * MAX_HELD):
        message = Message(TOPICS.device_state(f"d{n}"), state, False, lambda: local.acknowledged.append("state"))
        taken += local.intake.offer(message)
        local.intake.step(local.shop.now)
    assert (taken, local.acknowledged) == (MAX_HELD, [])
    local.shop.store.closed = False
    local.shop.later(AGAIN_S)
    for _ in range(MAX_HELD):
        local.intake.step(local.shop.now)
        local.shop.write()
    assert local.acknowledged == ["state"] * MAX_HELD


def test_a_message_that_meets_a_bug_holds_no_place(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(message: Message) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(local.intake, "_take", stumble)
    message = Message("nonsense", b"", False, lambda: local.acknowledged.append("nonsense"))
    for _ in range(MAX_HELD + 1):
        assert local.intake.offer(message)
        with pytest.raises(ZeroDivisionError):
            local.intake.step(local.shop.now)
    assert len(local.acknowledged) == MAX_HELD + 1


def test_an_order_from_a_program_is_answered_and_repeated_with_the_same_answer(local: Local) -> None:
    order = {"key": "app-1", "source": "app", "external_id": "1", "table": "1", "lines": [{"item": "tofu"}]}
    ((topic, first, _),) = local.hears(TOPICS.orders(), order)
    assert (topic, first["status"], first["number"]) == (TOPICS.order_result("app-1"), "PLACED", "A001")
    ((_, again, _),) = local.hears(TOPICS.orders(), order)
    assert again == first | {"replayed": True}
    ((_, refused, _),) = local.hears(TOPICS.orders(), order | {"key": "app-2", "external_id": "2", "table": "99"})
    assert (refused["status"], refused["code"]) == (404, "unknown_table")
    ((_, invalid, _),) = local.hears(TOPICS.orders(), {"key": "app-3", "lines": "x"})
    assert (invalid["status"], invalid["code"]) == (422, "invalid")
    assert len(local.acknowledged) == 4


def test_an_answer_that_met_no_connection_is_said_when_the_broker_brings_the_order_again(local: Local) -> None:
    order = {"key": "app-1", "table": "1", "lines": [{"item": "tofu"}]}
    local.wire.session = 0
    assert local.hears(TOPICS.orders(), order) == []
    local.wire.session = 2
    ((topic, answer, _),) = local.hears(TOPICS.orders(), order)
    assert (topic, answer["number"], answer["replayed"]) == (TOPICS.order_result("app-1"), "A001", True)


def test_a_program_that_says_which_menu_it_saw_is_told_a_changed_price(local: Local) -> None:
    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][0]["price"] = 3000

    local.shop.do(administration.import_menu, menu(dearer))
    order = {"key": "app-1", "table": "1", "lines": [{"item": "tofu"}], "menu_revision": 1}
    ((_, refused, _),) = local.hears(TOPICS.orders(), order)
    assert (refused["status"], refused["code"], refused["menu_revision"]) == (409, "price_changed", 2)
    assert refused["lines"] == [{"index": 0, "item": "tofu", "old": 2800, "new": 3000}]
    ((_, taken, _),) = local.hears(TOPICS.orders(), order | {"menu_revision": 2})
    assert taken["total"] == 3000


@pytest.mark.parametrize("key", ["", "a/b", "a+b", "#", "a\x00b", "a\nb"])
def test_a_key_that_cannot_stand_in_a_topic_is_never_published(local: Local, key: str) -> None:
    order = {"key": key, "table": "1", "lines": [{"item": "tofu"}]}
    assert local.hears(TOPICS.orders(), order) == []
    assert local.hears(TOPICS.orders(), order | {"lines": "x"}) == []
    assert len(local.acknowledged) == 2


def test_a_display_acts_on_a_ticket(local: Local) -> None:
    ticket = local.shop.ticket(local.shop.place("tofu"))
    local.hears(TOPICS.ticket_do("wok", ticket.id), {"action": "rendered", "screen": "wall", "key": "k", "version": 1})
    local.hears(TOPICS.ticket_do("wok", ticket.id), {"action": "start", "screen": "wall", "key": "k2", "version": 2})
    local.hears(TOPICS.ticket_do("wok", ticket.id), {"action": "bump", "screen": "wall", "key": "k3", "version": 99})
    assert local.shop.events()[2:] == ["order.ticket_shown", "order.ticket_started"]
    assert len(local.acknowledged) == 3


def test_a_bridge_is_asked_to_look_around_and_to_scan_where_somebody_wants_that(local: Local) -> None:
    local.shop.do(devices.take_bridge_state, "bridge-1", BridgeState(True))
    plain = local.shop.do(inquiries.discover, "bridge-1", "k1")
    scan = local.shop.do(inquiries.discover, "bridge-1", "k2", True)
    assert local.said(TOPICS.bridge_do("bridge-1")) == [
        {"op": "discover", "key": plain.id},
        {"op": "discover", "key": scan.id, "args": {"scan": True}},
    ]
    local.hears(TOPICS.bridge_events("bridge-1"), {"key": scan.id, "kind": "found", "facts": {"places": []}})
    local.shop.later(6)
    assert local.said(TOPICS.bridge_do("bridge-1")) == [{"op": "discover", "key": plain.id, "attempt": 2}]
