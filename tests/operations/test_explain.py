"""Each fault, played on a real store, is named as the cause in both languages; without the fault it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from store.shop import COOK, GUEST, SETTINGS, START, WAITER, Shop, open_shop, rules

from gateway.contract.messages import BridgeState, DeviceState, PrintResult
from gateway.domain import causes
from gateway.housekeeping import LedgerWatch, OldPapers, ProofWatch, SilentSlips, SlipGaps, WaitingPapers
from gateway.operations import changes, devices, kitchen, papers, printers, sync, timeline, unproven
from gateway.operations.old_papers import UNANSWERED_S
from gateway.operations.paper_decisions import decide
from gateway.store import journal

STICKER = {
    "id": "sticker", "bridge": "bridge-1", "port": "loop://", "driver": "tspl_printer",
    "name": {"zh-Hans": "标签机", "en": "Label printer"},
}  # fmt: skip
PRINTERS = ("kitchen", "counter", "sticker")


def kitchen_rules(**change: Any) -> Any:
    stations = [{**s, "backups": ["counter"]} if s["id"] == "wok" else s for s in SETTINGS["stations"]]
    labels = {"kind": "label", "printers": ["sticker"], "stations": ["bar"], "order_types": ["dine_in"]}
    return rules(**({"stations": stations, "printers": [*SETTINGS["printers"], STICKER], "slips": [labels]} | change))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = open_shop(tmp_path / "box", kitchen_rules())
    opened.do(devices.take_bridge_state, "bridge-1", BridgeState(True, 1, "boot"))
    for printer in PRINTERS:
        is_(opened, printer, "online")
    yield opened
    opened.close()


# --- what happens ---


def is_(shop: Shop, printer: str, status: str, *reasons: str) -> None:
    shop.do(devices.take_device_state, printer, DeviceState(status, "bridge-1", reasons=list(reasons)))  # type: ignore[arg-type]


def answer(shop: Shop, order_id: str, state: str, reason: str = "", paper: int = 0) -> None:
    job = shop.jobs(order_id)[paper]
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, state, reason))  # type: ignore[arg-type]


def drawn(shop: Shop, order_id: str, index: int = 0) -> None:
    ticket = shop.ticket(order_id, index)
    shop.do(kitchen.rendered, ticket.id, "screen-1", next(shop.keys), ticket.version)


def looked(shop: Shop, part: Any, seconds: float) -> None:
    """Housekeeping looks, time passes, and it looks again."""
    for passed in (0.0, seconds):
        shop.later(passed)
        part.step(shop.now)
        shop.write()


Play = Callable[[Shop, bool], str]
"""A script: with the fault (True), and the same evening without it. Returns the order that somebody asks about."""


def printer_says(
    shop: Shop, fault: bool, status: str, reason: str, item: str = "tofu", printer: str = "kitchen"
) -> str:
    if fault:
        is_(shop, printer, status, reason)
    return shop.place(item)


def paper_says(shop: Shop, fault: bool, reason: str) -> str:
    """The paper's own word comes before the printer's."""
    order_id = shop.place("tofu")
    answer(shop, order_id, *(("WAITING", reason) if fault else ("SENDING",)))
    return order_id


def bridge_stops(shop: Shop, fault: bool) -> str:
    order_id = shop.place("tofu")
    if fault:
        shop.do(devices.take_bridge_state, "bridge-1", BridgeState(False))
    return order_id


def broker_stops(shop: Shop, fault: bool) -> str:
    if fault:
        shop.do(devices.raise_condition, "broker_down", "broker")
        shop.do(devices.take_bridge_state, "bridge-1", BridgeState(False))  # nobody hears it any more
    return shop.place("tofu")


def somebody_pauses(shop: Shop, fault: bool) -> str:
    if fault:
        shop.do(printers.pause, "kitchen", actor=COOK)
    return shop.place("tofu")


def settings_do_not_fit(shop: Shop, fault: bool) -> str:
    errors = {"kitchen": "no such port"} if fault else {}
    shop.do(devices.take_bridge_state, "bridge-1", BridgeState(True, 2, "boot", errors=errors))
    return shop.place("tofu")


def paper_is_lost(shop: Shop, fault: bool) -> str:
    """The bridge has swallowed it: its printer is well, and nobody says a word."""
    order_id = shop.place("tofu")
    if not fault:
        answer(shop, order_id, "SENDING")
    shop.later(11)
    return order_id


def nothing_proves_it(shop: Shop, fault: bool) -> str:
    order_id = shop.place("tofu")
    answer(shop, order_id, "SENDING")
    answer(shop, order_id, *(("UNKNOWN", "no_answer") if fault else ("PRINTED",)))
    return order_id


def nothing_proves_it_and_a_person_is_asked(shop: Shop, fault: bool) -> str:
    order_id = shop.place("tea")
    shop.later(9)
    shop.do(unproven.slip_for_screen, shop.ticket(order_id).id)
    answer(shop, order_id, *(("UNKNOWN", "no_answer") if fault else ("PRINTED",)))
    return order_id


def it_grows_old(shop: Shop, fault: bool, unanswered: bool = False) -> str:
    shop.place("lamb")
    order_id = shop.place("lamb")
    is_(shop, "kitchen", "offline", "unplugged")
    looked(shop, WaitingPapers(shop.store), 16 * 60 if fault else 60)
    if unanswered:
        looked(shop, OldPapers(shop.store), UNANSWERED_S + 1)
    return order_id


def printer_cannot_confirm(shop: Shop, fault: bool) -> str:
    order_id = shop.place("lamb")
    answer(shop, order_id, "UNCONFIRMED" if fault else "PRINTED")
    return order_id


def somebody_cancels_the_slip(shop: Shop, fault: bool) -> str:
    shop.place("lamb")
    order_id = shop.place("lamb")
    if fault:
        shop.do(decide, shop.jobs(order_id)[0].id, "cancel", next(shop.keys), actor=COOK)
    return order_id


def no_screen_draws_it(shop: Shop, fault: bool) -> str:
    order_id = shop.place("tea")
    if not fault:
        drawn(shop, order_id)
    shop.later(8.5)
    return order_id


def screen_is_frozen(shop: Shop, fault: bool) -> str:
    """Its stream is alive, and it draws nothing: after 8 s a slip comes out instead."""
    order_id = shop.place("tea")
    if not fault:
        drawn(shop, order_id)
    looked(shop, ProofWatch(shop.store), 8.5)
    if fault:
        answer(shop, order_id, "PRINTED")
    return order_id


def neither_paper_nor_screen(shop: Shop, fault: bool) -> str:
    order_id = printer_says(shop, True, "offline", "unplugged")
    if not fault:
        drawn(shop, order_id)
    shop.later(15.5)
    return order_id


def screen_freezes_behind_a_change(shop: Shop, fault: bool) -> str:
    order_id = shop.place("tea")
    drawn(shop, order_id)
    shop.act(shop.ticket(order_id).id, "bump")
    shop.act(shop.ticket(order_id).id, "recall")
    if not fault:
        drawn(shop, order_id)
    shop.later(8.5)
    return order_id


def nobody_sees_a_rush(shop: Shop, fault: bool) -> str:
    order_id = rushed(shop)
    if not fault:
        drawn(shop, order_id)
    looked(shop, ProofWatch(shop.store), 10)
    return order_id


def slip_of_a_rush_waits(shop: Shop, fault: bool) -> str:
    if fault:
        is_(shop, "kitchen", "blocked", "paper_out")
    order_id = rushed(shop, "tofu")
    if not fault:
        answer(shop, order_id, "PRINTED", paper=1)
    return order_id


def rushed(shop: Shop, item: str = "tea") -> str:
    order_id = shop.place(item)
    if item == "tofu":
        answer(shop, order_id, "PRINTED")
    drawn(shop, order_id)
    shop.do(changes.change_line, order_id, 1, "rush", next(shop.keys), None, "", actor=WAITER)
    return order_id


def screen_comes_back(shop: Shop, fault: bool) -> str:
    order_id = screen_is_frozen(shop, fault)
    drawn(shop, order_id)
    return order_id


def link_forgets_it(shop: Shop, fault: bool) -> str:
    """It took the slip and says nothing of it, though it and its printer are well."""
    order_id = shop.place("tofu")
    if not fault:
        answer(shop, order_id, "SENDING")
    looked(shop, SilentSlips(shop.store), 9)
    return order_id


def a_later_one_comes_out(shop: Shop, fault: bool) -> str:
    """On the printer that stands in, while the first one waits for paper."""
    order_id, later = shop.place("tofu"), shop.place("tofu")
    answer(shop, order_id, "WAITING", "paper_out")
    shop.do(papers.divert, shop.jobs(later)[0].id, "counter")
    answer(shop, later, "WITHDRAWN")
    if fault:
        answer(shop, later, "PRINTED", paper=-1)
    looked(shop, SlipGaps(shop.store), 6)
    return order_id


def its_paper_is_gone(shop: Shop, fault: bool) -> str:
    """A ticket whose slip is gone from its place, and nobody was asked: only the ledger sees it."""
    order_id = shop.place("tofu")
    if fault:
        shop.do(lose_papers, order_id)
    else:
        answer(shop, order_id, "PRINTED")
    looked(shop, LedgerWatch(shop.store), 9.5)
    looked(shop, LedgerWatch(shop.store), 1)
    return order_id


def lose_papers(tx: Any, now: Any, ids: Any, actor: Any, order_id: str) -> None:
    tx.run("UPDATE tickets SET first_job = NULL")
    tx.run("DELETE FROM jobs")


def diverted(shop: Shop, fault: bool) -> str:
    order_id = shop.place("tofu")
    if fault:
        is_(shop, "kitchen", "blocked", "paper_out")
        answer(shop, order_id, "WAITING", "paper_out")
        looked(shop, WaitingPapers(shop.store), 21)
        answer(shop, order_id, "WITHDRAWN")
    answer(shop, order_id, "PRINTED", paper=-2 if fault else -1)
    if fault:
        answer(shop, order_id, "PRINTED", paper=-1)
    return order_id


def behind_another(shop: Shop, fault: bool) -> str:
    if fault:
        answer(shop, shop.place("tofu"), "SENDING")
    return shop.place("tofu")


def cloud_is_away(shop: Shop, fault: bool, reason: str) -> str:
    order_id = shop.place("tofu")
    drawn(shop, order_id)
    shop.do(sync.uplink_changed, not fault, reason if fault else None)
    return order_id


def cloud_refuses(shop: Shop, fault: bool) -> str:
    order_id = shop.place("tofu")
    with shop.read() as rows:
        slot = journal.last_slot(rows)
    if fault:
        shop.do(sync.bury, slot, "schema")
    return order_id


class Fault(NamedTuple):
    """`first`: the headline, where another cause stands nearer to the dish: a fault behind it, or how the dish fares
    with it all the same."""

    what: str
    play: Play
    cause: str
    zh: str
    en: str
    first: str = ""


FAULTS = [
    Fault("the roll is used up", partial(printer_says, status="blocked", reason="paper_out"),
          "paper_out", "11:30 起后厨打印机没纸，小票 0001 在等：换一卷纸",
          "slip 0001 waits for paper at Kitchen printer since 11:30: put in a roll"),
    Fault("the lid is open", partial(printer_says, status="blocked", reason="cover_open"),
          "cover_open", "盖子开着，小票 0001 在等：合上盖子",
          "the lid of Kitchen printer is open since 11:30: close it"),
    Fault("the cutter is stuck", partial(printer_says, status="blocked", reason="cutter_error"),
          "cutter_error", "切刀卡住", "the cutter of Kitchen printer is stuck"),
    Fault("its head is too hot", partial(printer_says, status="blocked", reason="error"),
          "printer_error", "报故障", "says that it has a fault"),
    Fault("somebody pulls its plug", partial(printer_says, status="offline", reason="unplugged"),
          "printer_offline", "后厨打印机连不上，小票 0001 在等：看看电源和数据线", "check its power and cable"),
    Fault("it answers nothing", partial(printer_says, status="unknown", reason="no_answer"),
          "printer_mute", "打印机不回话：看看单子出来没有",
          "which does not answer since 11:30: look whether it came out"),
    Fault("labels are jammed", partial(printer_says, status="blocked", reason="jam", item="tea", printer="sticker"),
          "label_jam", "标签机的标签纸卡住，标签 A001-1 在等",
          "label A001-1 waits because the labels of Label printer"),
    Fault("the ribbon is used up",
          partial(printer_says, status="blocked", reason="ribbon_out", item="tea", printer="sticker"),
          "ribbon_out", "碳带用完", "out of ribbon"),
    Fault("its button is pressed",
          partial(printer_says, status="blocked", reason="pause_pressed", item="tea", printer="sticker"),
          "pause_pressed", "被按了暂停键", "paused by its own button"),
    Fault("only the paper says so yet", partial(paper_says, reason="paper_out"),
          "paper_out", "没纸", "waits for paper"),
    Fault("it waits for what nobody has heard of", partial(paper_says, reason="on_fire"),
          "printer_waits", "（on_fire）", "(on_fire)"),
    Fault("the printer link dies", bridge_stops, "bridge_offline", "打印连接程序停了",
          "the printer link stopped since 11:30"),
    Fault("the broker dies, and with it every word of the link", broker_stops,
          "broker_down", "店内消息断了，小票 0001 还没送到后厨打印机", "messages inside the box stopped since 11:30"),
    Fault("a cook pauses it", somebody_pauses, "printer_paused", "由 cook 暂停", "is paused by cook since 11:30"),
    Fault("its port is wrong", settings_do_not_fit, "device_misfit", "设置用不了", "do not fit, so slip 0001 waits"),
    Fault("the link swallows a job", paper_is_lost, "bridge_silent", "打印连接程序还没有回音", "has not said a word"),
    Fault("nothing proves the slip", nothing_proves_it, "slip_gap", "马上自动补打", "prints again by itself"),
    Fault("nothing proves it, and it must not print again", nothing_proves_it_and_a_person_is_asked,
          "slip_unknown", "小票 0001 送了，打印机一直没有回答", "look whether slip 0001 came out at counter"),
    Fault("it waits for a quarter of an hour", it_grows_old, "slip_stale", "放久了，没有打",
          "did not print: tap 'print'"),
    Fault("and nobody answers for it", partial(it_grows_old, unanswered=True),
          "slip_stale_unanswered", "服务员请去问", "waiter, please ask the table"),
    Fault("the printer cannot confirm", printer_cannot_confirm, "slip_unproven", "无法核实", "cannot confirm: look"),
    Fault("a cook cancels the slip", somebody_cancels_the_slip, "slip_cancelled", "取消了", "was cancelled by cook"),
    Fault("no screen is on", no_screen_draws_it, "no_screen", "吧台没有一块屏幕显示过",
          "no screen of Bar has drawn it since"),
    Fault("the screen is frozen", screen_is_frozen, "screen_silent",
          "已改在 counter 打出小票 0001，印着 SCREEN DOWN",
          "slip 0001, marked SCREEN DOWN, came out at counter instead at 11:30"),
    Fault("the frozen screen is back", screen_comes_back, "screen_down",
          "吧台的屏幕当时没反应，11:30 在 counter 打出了小票 0001，印着 SCREEN DOWN",
          "the screen of Bar had stopped, so slip 0001 came out at counter at 11:30, marked SCREEN DOWN"),
    Fault("the link forgets a slip", link_forgets_it, "slip_silent",
          "11:30 起打印连接程序拿着给后厨打印机的小票 0001，没有下文：去炒锅当面说一声",
          "the printer link has slip 0001 for Kitchen printer and says nothing of it since 11:30: tell Wok in person"),
    Fault("a later slip comes out before it", a_later_one_comes_out, "slip_missing",
          "炒锅后面的小票已经出了，小票 0001 还在后厨打印机等着",
          "later slips of Wok have come out while slip 0001 still waits at Kitchen printer", first="paper_out"),
    Fault("a dish is nowhere", its_paper_is_gone, "ledger_difference",
          "麻婆豆腐", "unaccounted for since 11:30: no screen has drawn it and no slip came out; tell Wok in person"),
    Fault("no paper, and no screen either", neither_paper_nor_screen, "no_screen", "炒锅没有一块屏幕",
          "no screen of Wok", first="printer_offline"),
    Fault("the screen freezes, then a waiter recalls", screen_freezes_behind_a_change,
          "change_unseen", "还没有显示 11:30 的改动", "has drawn the change made at 11:30"),
    Fault("nobody sees a rush", nobody_sees_a_rush, "notice_unseen",
          "吧台没人看到 11:30 的改单（催菜）", "nobody at Bar has seen the change made at 11:30 (rush)"),
    Fault("the slip of a rush waits", slip_of_a_rush_waits, "paper_out",
          "小票 0002 在等：换一卷纸", "slip 0002 waits for paper at Kitchen printer"),
    Fault("it was diverted", diverted, "on_paper_elsewhere",
          "小票 0001 没在后厨打印机打", "diverted from Kitchen printer and came out at counter at 11:30"),
    Fault("others are before it", behind_another, "in_line", "前面有 1 张", "in line at Kitchen printer, 1 before it"),
    Fault("the internet is gone", partial(cloud_is_away, reason="no_answer"),
          "uplink_offline", "11:30 起外网断了", "the internet is gone since 11:30", first="on_its_way"),
    Fault("the Wi-Fi asks for a login", partial(cloud_is_away, reason="captive_portal"),
          "uplink_portal", "网络要求登录", "the network asks for a login"),
    Fault("the cloud fails", partial(cloud_is_away, reason="cloud_error"),
          "uplink_cloud_error", "云端出错", "the cloud has a fault since 11:30", first="on_its_way"),
    Fault("the cloud does not know the box", partial(cloud_is_away, reason="unauthorized"),
          "uplink_unauthorized", "不认这台点单盒", "does not know this box"),
    Fault("the cloud's certificate is foreign", partial(cloud_is_away, reason="untrusted"),
          "uplink_untrusted", "证书通不过检查", "certificate is not trusted"),
    Fault("the cloud refuses a record", cloud_refuses, "cloud_refused", "云端拒收", "refused a record of it (schema)"),
]  # fmt: skip


def explained(shop: Shop, asked: str) -> dict[str, Any]:
    with shop.read() as rows:
        found = timeline.explain(rows, shop.now, asked)
    assert found is not None
    return found


def named(found: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Every cause that is named, with its words."""
    every = [*found["causes"], *(cause for ticket in found["tickets"] for cause in ticket["causes"])]
    return {cause["code"]: cause["words"] for cause in every}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_is_named_as_the_cause_in_both_languages(shop: Shop, fault: Fault) -> None:
    found = explained(shop, fault.play(shop, True))
    words = named(found)
    assert fault.cause in words, words
    assert fault.zh in words[fault.cause]["zh-Hans"]
    assert fault.en in words[fault.cause]["en"]
    assert found["well"] == (causes.KINDS[fault.cause].rank in causes.WELL)
    first = fault.first or fault.cause
    assert (found["stands"]["code"], found["stands"]["words"]) == (first, words[first])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_without_the_fault_the_same_evening_does_not_name_it(shop: Shop, fault: Fault) -> None:
    assert fault.cause not in named(explained(shop, fault.play(shop, False)))


def test_what_stands_in_the_way_is_the_headline(shop: Shop) -> None:
    """Of all that is wrong the nearest to the box, and whatever is urgent before what is not."""
    assert explained(shop, broker_stops(shop, True))["stands"]["code"] == "broker_down"
    assert "bridge_offline" not in named(explained(shop, "A001"))
    shop.do(sync.uplink_changed, False, "no_answer")
    found = explained(shop, "A001")
    assert found["stands"]["code"] == "broker_down"
    assert "uplink_offline" in named(found)


def test_what_has_begun_ends_although_its_printer_is_paused(shop: Shop) -> None:
    order_id = shop.place("tofu")
    answer(shop, order_id, "SENDING")
    shop.do(printers.pause, "kitchen", actor=COOK)
    assert set(named(explained(shop, order_id))) == {"printing"}
    is_(shop, "kitchen", "blocked", "paper_out")
    assert set(named(explained(shop, order_id))) == {"paper_out"}


def test_a_slip_that_is_stuck_is_less_urgent_once_a_screen_has_drawn_the_ticket(shop: Shop) -> None:
    order_id = printer_says(shop, True, "blocked", "paper_out")
    before = explained(shop, order_id)["stands"]
    drawn(shop, order_id)
    after = explained(shop, order_id)["stands"]
    assert [(c["code"], c["rank"]) for c in (before, after)] == [("paper_out", "now"), ("paper_out", "soon")]
    assert "on_screen" in named(explained(shop, order_id))


def test_from_the_order_to_the_table_every_step_has_its_time_and_its_hand(shop: Shop) -> None:
    order_id = shop.place("tofu")
    shop.later(1)
    answer(shop, order_id, "PRINTED")
    for action in ("start", "bump"):
        shop.later(60)
        shop.act(shop.ticket(order_id).id, action)
    found = explained(shop, order_id)
    assert [(step["what"], step["who"], step["at"][14:19]) for step in found["steps"]] == [
        ("placed", str(GUEST), "30:00"), ("slip_made", "", "30:00"), ("ticket_on_paper", "house", "30:01"),
        ("slip_printed", "", "30:01"), ("ticket_started", str(COOK), "31:01"), ("ticket_bumped", str(COOK), "32:01"),
    ]  # fmt: skip
    assert found["steps"][0]["at"] == START.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (found["well"], found["stands"]["code"]) == (True, "served")
    assert found["stands"]["words"] == {
        "zh-Hans": "炒锅 11:32 出餐完毕（cook wok-1）", "en": "served by Wok at 11:32 (cook wok-1)",
    }  # fmt: skip


def test_what_a_bridge_said_of_a_paper_stands_beside_its_step(shop: Shop) -> None:
    order_id = shop.place("tofu")
    job = shop.jobs(order_id)[0]
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED", "", {"bytes": 812}))
    step = next(step for step in explained(shop, order_id)["steps"] if step["what"] == "slip_printed")
    assert (step["evidence"], step["slip"], step["printer"]) == ({"bytes": 812}, "A001-0001", "kitchen")


def test_the_second_slip_of_an_order_has_its_place_in_its_code_as_on_paper(shop: Shop) -> None:
    """Two stations begin the day with number 1."""
    order_id = shop.place("tofu", "lamb")
    found = explained(shop, order_id)
    assert [ticket["slip"] for ticket in found["tickets"]] == ["A001-0001", "A001-0001-2"]
    assert [step["slip"] for step in found["steps"] if step["what"] == "slip_made"] == ["A001-0001", "A001-0001-2"]
    assert {cause["slip"] for cause in found["tickets"][1]["causes"]} == {"A001-0001-2"}
    assert explained(shop, "A001-0001-2")["order"]["id"] == order_id


def test_what_the_journal_has_forgotten_is_told_from_the_rows(shop: Shop) -> None:
    order_id = shop.place("tofu")
    drawn(shop, order_id)
    shop.act(shop.ticket(order_id).id, "start")

    def forget(tx: Any, *_: Any) -> None:
        tx.run("DELETE FROM journal")

    shop.do(forget)
    told = [step["what"] for step in explained(shop, order_id)["steps"]]
    assert told == ["placed", "slip_made", "ticket_shown", "ticket_started"]


@pytest.mark.parametrize("asked", ["A002-0002", " a002-0002 ", "A002", "a002", "A002-2"])
def test_an_order_is_found_by_what_stands_on_its_papers(shop: Shop, asked: str) -> None:
    """The number, the code of a slip, the code of a label, as typed and as a scanner reads them."""
    shop.place("tofu", "tea")
    order_id = shop.place("tofu", "tea")
    shop.place("tofu", "tea")
    assert explained(shop, asked)["order"]["id"] == order_id
    assert explained(shop, order_id)["order"]["number"] == "A002"


@pytest.mark.parametrize("asked", ["", "A003", "A001-0099", "A001-7", "B001-0001", "0001", "A001-", "' OR 1=1", "麻婆"])
def test_a_code_that_nothing_bears_finds_nothing(shop: Shop, asked: str) -> None:
    shop.place("tofu", "tea")
    shop.place("tofu", "tea")
    with shop.read() as rows:
        assert timeline.explain(rows, shop.now, asked) is None


def test_a_number_comes_again_each_day_and_a_slip_tells_which_day_is_meant(shop: Shop) -> None:
    first = shop.place("lamb", "tofu")
    shop.later(86400)
    second = shop.place("tofu")
    assert explained(shop, "A001")["order"]["id"] == second
    assert explained(shop, "A001-0001")["order"]["id"] == second
    assert shop.order(first).number == shop.order(second).number == "A001"


def test_an_orders_events_are_found_among_those_of_a_whole_evening(shop: Shop) -> None:
    placed = [shop.place("tofu") for _ in range(120)]
    for order_id in reversed(placed):
        drawn(shop, order_id)
    shop.act(shop.ticket(placed[0]).id, "start")
    for order_id in placed[::17]:
        with shop.read() as rows:
            order = shop.order(order_id)
            found = journal.of_subject(rows, f"order/{order_id}", order_id, order.version)
        assert [entry.ver for entry in found] == list(range(1, order.version + 1))


# --- the words ---


@pytest.mark.parametrize("code", causes.KINDS)
def test_every_cause_is_complete_in_both_languages(code: str) -> None:
    words = causes.KINDS[code].words
    assert set(words) == {"zh-Hans", "en"}
    assert re.search("[\u4e00-\u9fff]", words["zh-Hans"])
    assert not re.search("[\u4e00-\u9fff]", words["en"])
    blanks = [set(re.findall(r"\{(\w+)\}", text)) - {"since", "at"} for text in words.values()]
    assert blanks[0] - {"station"} == blanks[1] - {"station"}


def test_no_sentence_keeps_an_empty_place(shop: Shop) -> None:
    for fault in FAULTS[:20]:
        for words in named(explained(shop, fault.play(shop, True))).values():
            for text in words.values():
                assert not re.search(r"  |\{|\(\)|（）|\bNone\b", text), text
