"""Firmware devices on the bridge: a key arrives once, a lamp stands, a drawer opens once whatever tears in between.

The C firmware is the other end where the link is to be proven; the virtual board where the road to MQTT is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridge_rig import BridgeThread, Gateway, Printers
from conversations import Hands
from firmware_rig import Board, Fault, build_base, without
from mcu_rig import WISH, Bench, MasterLine, OnOneClock
from waiting import eventually

from firmware_bridge.device import Device
from firmware_bridge.drivers import mcu_commands
from firmware_bridge.drivers.deeds import MOST_WAITING, WAITS_S
from firmware_bridge.drivers.mcu_commands import LONGEST_TEXT
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.frame import LEAST_PAYLOAD, Frame, Hello, Kind, Message, encode, write_hello_ack, write_message
from firmware_bridge.journal import Deed, Journal
from firmware_bridge.link_events import KEY
from gateway.contract.messages import DeviceCommand, DeviceDesired

NO_MEMORY: Fault = ("gfp.c", "if (g->mids[i] == mid)", "if (g->mids[i] == mid && g->mids_n > GFP_MIDS)")
RECONNECTS, TEARS_A_KICK = 100, 5


@pytest.fixture
def hands(tmp_path: Path, bar_codes: BarCodeBytes) -> Iterator[Hands]:
    made = Hands(tmp_path, bar_codes)
    yield made
    made.journal.close()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("firmware")
    build_base(folder)
    return folder


@pytest.fixture
def base(hands: Hands, built: Path, board: Callable[..., Board]) -> Bench:
    """A call base in C that is online."""
    return online(Bench(hands, board(built / "call_base")))


def online(bench: Bench) -> Bench:
    bench.run(lambda: bench.is_("online"))
    return bench


def kick_and_tear(bench: Bench) -> int:
    """Each drawer is wanted again and again while the line is torn before any ACK; then its kick goes through."""
    wanted = 0
    for number in range(RECONNECTS):
        wanted = number // TEARS_A_KICK
        left = bench.kicks_left
        bench.up = without(Kind.ACK)
        bench.say("kick", f"k{wanted}", ms=100 + wanted)
        bench.run(lambda left=left: bench.kicks_left > left)
        bench.turn()
        bench.tear()
        bench.up = bytes
        if number % TEARS_A_KICK == TEARS_A_KICK - 1:
            bench.run(lambda wanted=wanted: bench.ends(f"k{wanted}") == ["done"])
    return wanted + 1


def kicks(bench: Bench) -> list[int]:
    assert isinstance(bench.board, Board)
    return [each[2] - 100 for each in bench.board.did]


# --- the C firmware ---


def test_over_100_forced_reconnects_each_drawer_is_kicked_once(base: Bench) -> None:
    wanted = kick_and_tear(base)
    assert base.kicks_left > RECONNECTS, "every tear made it go out again"
    assert kicks(base) == list(range(wanted))
    before = base.kicks_left
    for drawer in range(wanted):
        base.say("kick", f"k{drawer}")
    base.rest(3)
    assert base.kicks_left == before, "a key that has ended sends no byte"
    assert all(base.ends(f"k{drawer}") == ["done"] * 2 for drawer in range(wanted))


def test_a_firmware_without_memory_is_found_by_the_same_kicks(
    hands: Hands, board: Callable[..., Board], tmp_path: Path
) -> None:
    """The negative control of the board's half."""
    bench = online(Bench(hands, board(build_base(tmp_path, NO_MEMORY))))
    wanted = kick_and_tear(bench)
    assert len(kicks(bench)) > wanted


def test_a_key_said_again_does_nothing_more_also_after_a_crash_of_the_bridge(base: Bench) -> None:
    for _ in range(3):
        base.say("kick", "k1", ms=101)
    base.run(lambda: base.ends("k1") == ["done"])
    base.up = without(Kind.ACK)
    base.say("kick", "k2", ms=102)
    base.run(lambda: kicks(base) == [1, 2])
    left = base.kicks_left
    base.hands.journal.settle_after_restart()
    base.start()  # the former one never closed anything
    base.up = bytes
    base.rest(1)
    for key in ("k1", "k2"):
        base.say("kick", key, ms=100)
    online(base)
    base.rest(3)
    assert kicks(base) == [1, 2]
    assert base.kicks_left == left
    assert (base.ends("k1"), base.ends("k2")) == (["done"] * 2, ["unknown"])
    assert base.hands.told[-1] == ("unknown", {"key": "k2", "reason": "restarted"})
    assert len({event.key for event in base.hands.events}) == 2, "an end that is told again is the same event"


def test_a_bridge_without_memory_is_found_by_the_same_key(base: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the bridge's half."""
    monkeypatch.setattr(Journal, "find_deed", lambda *_: None)
    for _ in range(2):
        base.say("kick", "k1")
        base.run(lambda: base.device.idle and len(base.ends("k1")) == len(kicks(base)) > 0)
        base.rest(1)
    assert len(kicks(base)) == 2


def test_a_key_that_was_kept_while_the_cable_was_out_comes_with_its_age(base: Bench) -> None:
    base.plugged = False
    base.turn()
    base.board.press(KEY, 3, 1)
    base.rest(5)
    base.plugged = True
    base.run(lambda: bool(base.hands.events))
    (event,) = base.hands.events
    assert (event.kind, event.facts, event.key) == ("key", {"key": 3, "down": True}, "deadbeef-1")
    assert 5000 <= event.age_ms < 8000


def test_a_key_whose_acknowledgement_was_lost_has_the_same_key_after_a_crash_of_the_bridge(base: Bench) -> None:
    base.down = without(Kind.ACK)
    base.board.press(KEY, 3, 1)
    base.run(lambda: bool(base.hands.events))
    base.rest(1)
    assert len(base.hands.events) == 1, "the same bridge tells it once, however often it comes"
    base.down = bytes
    base.start()
    base.run(lambda: len(base.hands.events) == 2)
    assert len({event.key for event in base.hands.events}) == 1, "another one cannot know; it counts once"


def test_what_is_durable_is_so_before_the_first_byte(base: Bench) -> None:
    base.say("kick", "k1")
    seen: list[Deed | None] = []
    write = base.write

    def look(data: bytes) -> int:
        before = base.kicks_left
        count = write(data)
        if base.kicks_left > before:
            seen.append(base.hands.journal.find_deed("base", "k1"))
        return count

    base.write = look
    base.run(lambda: base.ends("k1") == ["done"])
    assert seen[0] is not None
    assert (seen[0].state, seen[0].boot) == ("SENDING", 0xDEADBEEF)


def test_an_action_that_nobody_acknowledges_ends_unknown_and_one_that_never_left_is_not_done(base: Bench) -> None:
    base.up = without(Kind.ACK)
    base.say("kick", "k1")
    base.say("page", "k2", pager=7)
    base.run(lambda: base.ends("k2") != [], WAITS_S + 6)
    base.run(lambda: base.ends("k1") != [], WAITS_S + 6)
    assert (base.ends("k1"), base.ends("k2")) == (["unknown"], ["not_done"])
    assert kicks(base) == [0]
    base.up = bytes
    base.rest(10)
    assert kicks(base) == [0], "the link is back, and what was given up stays so"


def test_after_a_reboot_of_the_board_an_action_is_unknown_and_not_repeated(base: Bench) -> None:
    base.up = without(Kind.ACK)
    base.say("kick", "k1")
    base.run(lambda: kicks(base) == [0])
    base.board.reboot(0xBEEF)
    base.up = bytes
    base.run(lambda: base.ends("k1") == ["unknown"])
    base.rest(3)
    assert kicks(base) == [0]
    assert base.hands.told[-1][1]["reason"] == "rebooted"


def test_what_a_device_has_not_or_nobody_understands_is_not_done(base: Bench) -> None:
    base.say("buzz", "k1")
    base.say("kick", "k2", ms=60_000)
    base.say("kick", "")
    base.say("kick", "x" * 200)
    base.run(lambda: len(base.hands.told) == 2)
    assert {facts["key"]: facts["reason"] for _, facts in base.hands.told} == {"k1": "not_there", "k2": "bad_args"}
    base.plugged = False
    base.rest(1)
    for number in range(MOST_WAITING + 2):
        base.say("kick", f"w{number}")
    base.run(lambda: len(base.hands.told) == 4)
    assert [facts["reason"] for _, facts in base.hands.told[2:]] == ["busy"] * 2
    assert base.device.idle
    base.device.close()
    assert [facts["reason"] for _, facts in base.hands.told[4:]] == ["restarted"] * MOST_WAITING
    assert kicks(base) == []


def test_with_its_own_clock_the_c_firmware_says_keys_scans_and_weights_once(
    hands: Hands, built: Path, board: Callable[..., Board]
) -> None:
    end = board(built / "call_base", lockstep=False)
    line = MasterLine(end.line)
    device = Device(WISH, "b1", hands.journal, hands, lambda *_: line, hands.bar_codes, lambda: "now")

    def turns(check: Callable[[], bool]) -> None:
        until = time.monotonic() + 20
        while not check():
            assert time.monotonic() < until, (hands.told, hands.states[-1:])
            device.step(time.monotonic())
            device.wait(0.02)

    turns(lambda: bool(hands.states) and hands.states[-1].status == "online")
    assert (hands.states[-1].model, hands.states[-1].firmware) == ("callbase-32", "1.0.3")
    for told in ("event 1 3 1", "keys 16", "scan 桌12", "tele 32 250 0", "tele 32 250 1", "tele 32 250 1"):
        end.tell(told)
    device.offer(DeviceCommand("page", {"pager": 7}, "k1"))
    turns(lambda: len(hands.told) == 5)
    assert sorted(hands.told, key=str) == sorted(
        [
            ("key", {"key": 3, "down": True}),
            ("call", {"button": 4}),
            ("scan", {"text": "桌12"}),
            ("weight", {"grams": 250, "stable": True}),
            ("done", {"key": "k1"}),
        ],
        key=str,
    )
    assert {event.key for event in hands.events} >= {f"deadbeef-{number}" for number in (1, 2, 3)}
    assert end.heard(5) == ["pager", "7", "5"]
    device.close()


# --- how it is ---


def test_mute_offline_garbage_degraded_and_well_again(hands: Hands) -> None:
    board = OnOneClock("call-base")
    bench = Bench(hands, board)
    bench.turn()
    assert bench.is_("unknown"), "asked, and not answered yet"
    online(bench)
    board.peer.faults.add("mute")
    bench.run(lambda: bench.is_("offline", "no_answer"), 8)
    bench.rest(30)
    assert bench.is_("offline", "no_answer"), "greeted for ever"
    board.peer.faults.clear()
    bench.run(lambda: bench.is_("online"), 2)
    board.peer.faults.add("garbage")
    bench.run(lambda: bench.is_("degraded", "noisy_line"), 15)
    board.peer.faults.clear()
    bench.run(lambda: bench.is_("online"), 15)
    board.peer.faults.add("half_frames")
    bench.run(lambda: bench.is_("offline", "no_answer"), 30)
    board.peer.faults.clear()
    bench.run(lambda: bench.is_("online"), 15)
    assert hands.states[-1].model == "call-base"


def test_the_virtual_board_too_does_once_what_it_hears_in_two_sessions(hands: Hands) -> None:
    board = OnOneClock("call-base")
    bench = online(Bench(hands, board))
    board.peer.faults.add("half_frames")  # it hears, and its acknowledgement is cut
    bench.say("kick", "k1")
    bench.run(lambda: bench.is_("offline", "no_answer"), 8)
    assert board.peer.facts()["done"] == {"drawer": 1}
    board.peer.faults.clear()
    bench.run(lambda: bench.ends("k1") == ["done"], 5)
    assert board.peer.facts()["done"] == {"drawer": 1}


def test_a_firmware_of_another_protocol_is_blocked_until_it_is_flashed(hands: Hands) -> None:
    driver = hands.driver(WISH)
    driver.connected(hands.now)

    def answer(protocol: int, sid: int) -> None:
        hello = Hello(protocol, "m", "9", b"u", 1, 240, ("key",))
        driver.receive(encode(Frame(Kind.HELLO_ACK, 0, sid, write_hello_ack(hello))), hands.now)

    answer(2, 7)
    assert driver.condition() == ("blocked", ["version"])
    wish = driver.step(hands.now)
    assert wish <= hands.now + 10
    hands.now = wish
    driver.step(hands.now)
    assert driver.condition() == ("blocked", ["version"])
    answer(1, 8)
    assert driver.condition() == ("online", [])
    assert driver.identity() == ("m", "9")


def test_a_text_is_cut_and_its_signs_of_control_are_left_out(hands: Hands) -> None:
    board = OnOneClock("bump-bar-8")
    bench = online(Bench(hands, board))
    bench.say("text", lines=["宫" * 100, "b"])
    bench.run(lambda: board.peer.facts()["text"] != [])
    assert board.peer.facts()["text"] == ["宫" * (LONGEST_TEXT // 3)]
    bench.say("text", lines=["A031\x1b", "ready"])
    bench.rest(1)
    bench.say("text", lines="no list")
    bench.say("lamps", on=[40])
    bench.say("lamps", on=7)
    bench.rest(1)
    assert board.peer.facts()["text"] == ["A031", "ready"]
    assert board.peer.facts()["lamps"] == {"on": [], "blinking": []}


def test_a_table_of_the_journal_forgets_only_what_has_ended_long_ago(tmp_path: Path) -> None:
    clock = [0.0]
    journal = Journal(tmp_path / "bridge.db", lambda: clock[0])
    for number in range(1200):
        journal.record_deed(Deed("base", f"k{number}", "DONE"))
        if number == 0:
            journal.record_deed(Deed("base", "under way", "SENDING", "", 1, 2))
    clock[0] = 8 * 24 * 3600
    journal.tidy()
    assert journal.find_deed("base", "k0") is None
    assert journal.find_deed("base", "k1199") == Deed("base", "k1199", "DONE")
    assert journal.find_deed("base", "under way") == Deed("base", "under way", "SENDING", "", 1, 2)
    assert journal.find_deed("other", "k1199") is None, "a key is its device's own"
    journal.close()


# --- all the way ---

BOARDS = """
[[device]]
name = "bar"
driver = "mcu_device"

[[device]]
name = "base"
driver = "mcu_device"
model = "call-base"
"""


class Store:
    """Two boards at the real bridge, and the gateway's hands."""

    def __init__(self, gateway: Gateway, bridge: BridgeThread, boards: Printers) -> None:
        self.gateway, self.bridge, self.boards = gateway, bridge, boards
        boards.ready()
        wanted = [DeviceDesired(name, "mcu_device", boards.port(name), 115200) for name in ("bar", "base")]
        gateway.desire(*wanted)
        self.online()

    def online(self, after: int = 0) -> None:
        for name in ("bar", "base"):
            eventually(
                f"{name} is online", lambda name=name: "online" in self.statuses(name)[after:], seen=lambda: after
            )

    def statuses(self, name: str) -> list[str]:
        return [str(state["status"]) for state in self.gateway.on(self.gateway.topics.device_state(name))]

    def events(self, name: str) -> list[dict[str, Any]]:
        return self.gateway.on(self.gateway.topics.device_events(name))

    def told(self, name: str, count: int) -> list[tuple[str, dict[str, Any]]]:
        eventually(f"{count} of {name}", lambda: len(self.events(name)) >= count, seen=lambda: self.events(name))
        return [(event["kind"], event["facts"]) for event in self.events(name)]

    def say(self, name: str, op: str, key: str = "", **args: Any) -> None:
        command = msgspec.json.encode(DeviceCommand(op, args, key))
        self.gateway.publish(self.gateway.topics.device_do(name), command)

    def shows(self, lamps: list[int]) -> None:
        eventually("its lamps", lambda: self.boards.facts("bar")["lamps"]["on"] == lamps)


@pytest.fixture
def store(tmp_path: Path, gateway: Gateway, bridge: BridgeThread) -> Iterator[Store]:
    boards = Printers(tmp_path / "devices", BOARDS)
    yield Store(gateway, bridge, boards)
    boards.stop()


def test_keys_calls_lamps_and_a_drawer_go_all_the_way_once(store: Store) -> None:
    assert store.boards.ask(op="press", device="bar", key=3) == {"ok": True}
    assert store.boards.ask(op="call", device="base", button=12) == {"ok": True}
    assert store.told("bar", 2) == [("key", {"key": 3, "down": True}), ("key", {"key": 3, "down": False})]
    assert store.told("base", 1) == [("call", {"button": 12})]
    boot = store.boards.facts("bar")["boot"]
    assert [event["key"] for event in store.events("bar")] == [f"{boot}-1", f"{boot}-2"]
    store.say("bar", "lamps", on=[0, 2])
    store.shows([0, 2])
    for _ in range(3):
        store.say("base", "kick", "k1")
    assert ("done", {"key": "k1"}) in store.told("base", 2)

    seen = len(store.statuses("base"))
    store.bridge.stop()
    store.bridge.start()
    store.online(seen)
    ends = len(store.events("base"))
    store.say("base", "kick", "k1")
    assert store.told("base", ends + 1)[-1] == ("done", {"key": "k1"})
    store.say("base", "kick", "k2")
    store.told("base", ends + 2)
    assert store.boards.facts("base")["done"] == {"drawer": 2}
    assert len({event["key"] for event in store.events("base")}) == 3

    store.say("bar", "lamps", on=[5])
    store.shows([5])
    for name in ("bar", "base"):
        store.boards.fault("reboot", device=name)
    assert store.boards.facts("bar")["faults"] == ["reboot"]
    for name in ("bar", "base"):
        store.boards.fault("reboot", on=False, device=name)
    eventually("another start", lambda: store.boards.facts("bar")["boot"] != boot)
    store.shows([5])
    store.say("base", "kick", "k1")
    store.told("base", ends + 3)
    assert store.boards.facts("base")["done"] == {"drawer": 2}, "lamps come back, deeds do not"


def test_a_hand_that_does_what_a_board_cannot_is_told_so(tmp_path: Path) -> None:
    boards = Printers(tmp_path / "devices", BOARDS)
    boards.ready()
    assert "does not call" in boards.ask(op="call", device="bar", button=1)["error"]
    assert "from 0 to 7" in boards.ask(op="press", device="bar", key=8)["error"]
    assert "unknown fault" in boards.ask(device="bar", fault="paper_out")["error"]
    boards.stop()


def test_the_longest_action_fits_into_the_shortest_payload_that_a_device_may_say() -> None:
    """So the session takes every deed."""
    most = {"drawer": 7, "ms": 2000, "times": 20, "pager": 0xFFFF, "seconds": 60}
    for op in mcu_commands.ACTIONS:
        args = most | {"ms": 500} if op == "kick" else most
        wish = mcu_commands.action(op, args)
        assert len(write_message(Message(wish.op, (0xFFFFFFFF, *wish.args)))) <= LEAST_PAYLOAD
