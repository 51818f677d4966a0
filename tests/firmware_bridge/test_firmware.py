"""The reference firmware in C, compiled here and spoken to over a pty: two implementations that prove each other."""

from __future__ import annotations

import os
import random
import re
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from firmware_rig import (
    COMPILER,
    VECTORS,
    ZEROS,
    BadLine,
    Board,
    Codec,
    World,
    build,
    build_base,
    damaged,
    sids,
    without,
)
from link_soak import ENDLESS, MESSAGES, kick_over_reconnects, missing_is_reported, numbers, soak
from waiting import eventually

from firmware_bridge.frame import Decoder, Frame, Kind, Message, encode, read_message
from firmware_bridge.link_events import (
    BUTTON,
    KEY,
    LEDS,
    PAGER,
    SCALE,
    SCAN,
    ActionDone,
    Down,
    Event,
    Input,
    LogText,
    Telemetry,
    Up,
)
from firmware_bridge.session import Session

RAM = 4096
"""Bytes that a link may take of a microcontroller: half of what an ATmega2560 has."""
NO_CHECK = ("gfp_frame.c", "if (check != gfp_crc32(p, n - 4))", "if (check == 1 && check == 2)")
NO_MEMORY = ("gfp.c", "if (g->mids[i] == mid)", "if (g->mids[i] == mid && g->mids_n > GFP_MIDS)")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("firmware")
    (folder / "warnings").write_text(build(folder), encoding="utf-8")
    return folder


def up(device: Board, **how: Callable[[bytes], bytes]) -> World:
    world = World(Session(sids()), device, **how)
    world.session.connected(0.0)
    world.run(lambda: world.session.hello is not None, 10)
    return world


# --- bytes ---


def test_the_vectors_are_met_byte_for_byte_in_both_directions(built: Path) -> None:
    codec = Codec(built)
    frames = [frame for frame, _ in VECTORS] + [ZEROS]
    wires = [bytes.fromhex(wire) for _, wire in VECTORS] + [encode(ZEROS)]
    assert codec.encode(frames) == wires
    assert codec.decode(wires) == [[frame] for frame in frames]


def test_the_bump_bar_answers_the_hello_of_the_vectors_with_their_hello_ack(
    built: Path, board: Callable[..., Board]
) -> None:
    answer, _ = board(built / "bump_bar").tick(0, bytes.fromhex(VECTORS[0][1]))
    assert answer.hex() == VECTORS[1][1]


def through_damage(codec: Codec, count: int) -> tuple[int, int]:
    """(frames accepted that nobody sent, whole frames lost right behind a damaged one)"""
    rng = random.Random(5)
    pairs = [(some_frame(rng), some_frame(rng)) for _ in range(count)]
    found = codec.decode([damaged(rng, encode(first)) + encode(second) for first, second in pairs])
    lost = sum(each[-1:] != [second] for each, (_, second) in zip(found, pairs, strict=True))
    wrong = sum(frame not in pair for each, pair in zip(found, pairs, strict=True) for frame in each)
    return wrong, lost


def some_frame(rng: random.Random) -> Frame:
    payload = rng.randbytes(rng.randint(0, 240)) if rng.random() < 0.5 else bytes(rng.randint(0, 40))
    return Frame(rng.choice(list(Kind)), rng.randrange(256), rng.randrange(1 << 16), payload)


def test_of_20000_damaged_frames_c_accepts_none_and_never_loses_the_next(built: Path) -> None:
    assert through_damage(Codec(built), 20_000) == (0, 0)


def test_boot_noise_in_c_costs_no_frame(built: Path) -> None:
    rng = random.Random(6)
    noise = [b"ets Jun  8 2016 00:22:57\r\nrst:0x1 (POWERON_RESET)", b"U" * 1000, rng.randbytes(3000), b"\0" * 50, b""]
    found = Codec(built).decode([each + encode(ZEROS) for each in noise])
    assert [each[-1] for each in found] == [ZEROS] * len(noise)


def test_both_codecs_read_the_same_out_of_the_same_noise(built: Path) -> None:
    rng = random.Random(8)
    frames = [some_frame(rng) for _ in range(2000)]
    assert Codec(built).encode(frames) == [encode(frame) for frame in frames]


def test_without_check_or_memory_the_same_tests_find_it(
    built: Path, board: Callable[..., Board], tmp_path: Path
) -> None:
    build(tmp_path, NO_CHECK, NO_MEMORY)
    wrong, _ = through_damage(Codec(tmp_path), 2_000)
    assert wrong > 200
    assert len(kick_over_reconnects(board(tmp_path / "call_base"))) > 100


def test_the_link_fits_into_4_kb_with_its_stack_and_needs_no_malloc(built: Path, tmp_path: Path) -> None:
    objects = [str(built / "gfp.o"), str(built / "gfp_frame.o")]
    link = int(Codec(built).ask(["s"])[0], 16)
    sizes = subprocess.run(["size", *objects], capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    static = sum(int(size) for line in sizes for size in line.split()[1:3])
    needed = subprocess.run(["nm", "-u", *objects], capture_output=True, text=True, check=True).stdout
    names = {name for name in re.findall(r" U (\w+)", needed) if not name.startswith("gfp_")}
    stack = 0
    for source in ("gfp.c", "gfp_frame.c"):
        command = [str(COMPILER), "-std=c99", "-Os", "-fstack-usage", "-c", str(built / "source" / source)]
        subprocess.run(command, cwd=tmp_path, check=True)
        uses = (tmp_path / source).with_suffix(".su").read_text(encoding="utf-8")
        stack += sum(int(use) for use in re.findall(r"\t(\d+)\t", uses))
    print(f"struct gfp {link} B, data and bss {static} B, all stack frames together {stack} B")
    assert link + static + stack <= RAM
    assert (built / "warnings").read_text(encoding="utf-8") == ""
    assert names <= {"memcpy", "memset", "strlen", "__stack_chk_fail"}


# --- the applications ---


def test_a_key_is_told_once_however_its_contact_bounces(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "bump_bar")
    world = up(device)
    rng = random.Random(2)
    for key, level in ((3, 1), (3, 0), (7, 1)):
        for _ in range(4):
            device.tell(f"keys {rng.choice([0, 1 << key])}")
            now = world.now_ms
            world.now_ms = now + 3
            world.turn()
        device.tell(f"keys {level << key}")
        end = world.now_ms + 60
        while world.now_ms < end:
            world.now_ms = min(world.now_ms, end) + 5
            world.turn()
    assert world.inputs() == [(3, 1), (3, 0), (7, 1)]


def test_lamps_show_the_last_state_and_show_it_again_after_a_reboot(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "bump_bar")
    world = up(device)
    world.session.set_state(LEDS, (1, 0))
    world.session.set_state(LEDS, (5, 2))
    world.run(lambda: bool(device.did), 5)
    device.reboot(0xBEEF)
    world.run(lambda: len(world.of(Up)) == 2, 15)
    world.run(lambda: len(device.did) == 2, 5)
    assert device.did == [(LEDS, 5, 2)] * 2
    assert [e.rebooted for e in world.events if isinstance(e, Up)] == [False, True]


def test_a_call_button_that_repeats_its_telegram_calls_once(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    world = up(device)
    world.longest_ms = 10  # as often as a board looks at its keys
    for mask in (1 << 4, 0, 1 << 4, 0, 1 << 31 | 1 << 4):
        device.tell(f"keys {mask}")
        world.turn()
    device.tell("keys 0")
    world.run(lambda: len(world.inputs()) == 2, 5)
    end = world.now_ms + 1500
    world.run(lambda: world.now_ms > end, 5)
    device.tell(f"keys {1 << 4}")
    world.run(lambda: len(world.inputs()) == 3, 5)
    assert world.inputs() == [(4, 1), (31, 1), (4, 1)]


def test_scans_values_and_words_come_through(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    world = up(device)
    device.tell("scan A031-0041 票")
    device.tell("tele 32 1250 1")
    world.run(lambda: len(world.events) == 3, 5)
    device.tell("scan " + "9" * 63)  # one more than an input holds
    world.run(lambda: bool(world.of(LogText)), 5)
    scan, scale, log = world.events[1:]
    assert isinstance(scan, Input)
    assert (scan.op, scan.args, scan.number) == (SCAN, ("A031-0041 票",), 1)
    assert scale == Telemetry(SCALE, (1250, 1))
    assert log == LogText("scan too long")


# --- the link ---


def test_200_messages_each_way_at_30_percent_damage_come_once_and_in_order(
    built: Path, board: Callable[..., Board]
) -> None:
    device = board(built / "call_base")
    device.tell("tries 0")
    world = soak(device, 0.3, 21, ENDLESS)
    print(
        f"{world.now_ms / 1000:.0f} s of virtual time, {world.session.resent} resent, {world.session.damaged} damaged"
    )
    assert numbers(device.did) == list(range(1, MESSAGES + 1))
    assert [args[0] for args in world.inputs()] == list(range(1, MESSAGES + 1))
    assert world.session.damaged > MESSAGES / 4


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_with_the_limits_nothing_is_doubled_and_all_that_is_missing_is_reported(
    built: Path, board: Callable[..., Board], share: float
) -> None:
    device = board(built / "call_base")
    world = soak(device, share, 22, None)
    missing_is_reported(world, device, MESSAGES)
    assert share < 0.5 or world.of(Down)


def test_seq_wraps_in_both_directions(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    soak(device, 0.0, 23, None, 600)
    assert numbers(device.did) == list(range(1, 601))


def test_a_drawer_opens_once_over_100_forced_reconnects(built: Path, board: Callable[..., Board]) -> None:
    assert kick_over_reconnects(board(built / "call_base")) == list(range(20))


def test_the_device_remembers_the_last_8_actions_and_no_ninth(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    world = up(device)
    for mid in (*range(8), *range(8), 8, 0):
        world.events.clear()
        world.session.send_action(PAGER, (mid, 5), mid)
        world.run(lambda: bool(world.of(ActionDone)), 5)
    assert numbers(device.did) == [*range(8), 8, 0]


def test_a_device_keeps_its_last_8_inputs_with_their_age(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    world = up(device)
    world.session.disconnected()
    world.up = world.down = lambda data: b""
    for key in range(1, 12):
        device.press(KEY, key, 1)
    start = world.now_ms
    world.run(lambda: world.now_ms > start + 30_000, 40)
    world.up = world.down = bytes
    world.session.connected(world.now_ms / 1000)
    world.run(lambda: device.kept == 0, 10)
    late = [e for e in world.events if isinstance(e, Input)]
    # The line was up when it was pressed first: that one was under way, and keeps its place.
    assert [e.args[0] for e in late] in ([4, 5, 6, 7, 8, 9, 10, 11], [1, 5, 6, 7, 8, 9, 10, 11])
    assert all(29_000 <= e.age_ms <= world.now_ms - start + 100 for e in late)
    assert [e.number for e in late][-1] == 11


def test_an_input_whose_ack_was_lost_is_handed_out_once(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    world = up(device)
    world.down = without(Kind.ACK)
    device.press(BUTTON, 4, 1)
    device.press(BUTTON, 5, 1)
    world.run(lambda: bool(world.of(Down)), 30)  # the device gives up after six tries and says RESET
    assert world.inputs() == [(4, 1)]
    assert world.of(Down) == [Down("reset")]
    world.down = bytes
    world.run(lambda: len(world.inputs()) > 1 and device.kept == 0, 30)
    assert world.inputs() == [(4, 1), (5, 1)]


def test_a_rebooted_device_resets_the_session_it_does_not_know(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    world = up(device)
    device.reboot(0xBEEF)
    world.run(lambda: bool(world.of(Down)), 5)
    assert world.of(Down) == [Down("reset")]
    world.run(lambda: len(world.of(Up)) == 2, 5)


def test_6_s_of_silence_end_a_session_on_both_sides(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    world = up(device)
    world.up = world.down = lambda data: b""
    start = world.now_ms
    world.run(lambda: bool(world.of(Down)), 10)
    assert world.of(Down) == [Down("silent")]
    assert 5_000 <= world.now_ms - start <= 6_500  # it was last heard at most 1 s before
    ping = encode(Frame(Kind.PING, 0, world.session._sid))
    answer, _ = device.tick(world.now_ms + 500, ping)
    assert answer == encode(Frame(Kind.RESET, 0, world.session._sid))


def test_a_nak_makes_c_resend_once_and_a_second_hello_keeps_its_seqs(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    hello = bytes.fromhex(VECTORS[0][1])
    device.tick(0, hello)
    device.press(KEY, 1, 1)
    nak, sid = encode(Frame(Kind.NAK, 1, 0x1234)), 0x1234
    assert frames_in(device.tick(1, b"")) == [Kind.DATA]
    assert frames_in(device.tick(2, nak)) == [Kind.DATA]
    assert [frames_in(device.tick(3 + n, nak)) for n in range(20)] == [[]] * 20
    assert frames_in(device.tick(30, encode(Frame(Kind.ACK, 1, sid)) + hello)) == [Kind.HELLO_ACK]
    device.press(KEY, 2, 1)
    (second,) = frames_of_answer(device.tick(31, b""))
    assert (second.seq, read_message(second.payload)) == (2, Message(KEY, (2, 1, 2, 1)))  # pressed a millisecond ago
    answer = frames_of_answer(device.tick(32, encode(Frame(Kind.DATA, 9, sid, b"\x10\x83\x01\x01\x01"))))
    assert [(f.kind, f.seq) for f in answer] == [(Kind.NAK, 1)]


def test_the_wait_of_c_for_an_ack_doubles_and_six_tries_end_the_session(
    built: Path, board: Callable[..., Board]
) -> None:
    device = board(built / "call_base")
    device.tick(0, bytes.fromhex(VECTORS[0][1]))
    device.press(KEY, 1, 1)
    now, said = 0, []
    while now < 6000:
        answer, wish = device.tick(now, b"")
        said += [(now, frame.kind) for frame in Decoder().feed(answer)]
        now += max(1, wish)
    assert said == [*((at, Kind.DATA) for at in (0, 100, 300, 700, 1500, 3100)), (4700, Kind.RESET)]


def test_a_sid_that_the_device_has_ended_is_not_taken_up_again(built: Path, board: Callable[..., Board]) -> None:
    device = board(built / "call_base")
    hello = bytes.fromhex(VECTORS[0][1])
    device.tick(0, hello)
    assert frames_in(device.tick(7000, hello)) == [Kind.HELLO_ACK]  # its silence is noticed after what came in
    device.tick(20_000, b"")
    assert frames_in(device.tick(20_001, hello)) == [Kind.RESET]


PLANTED = [
    ("ours && g->tries == 1 && g->waiting", "ours", test_a_nak_makes_c_resend_once_and_a_second_hello_keeps_its_seqs),
    ("if (frame->sid != g->sid)\n", "\n", test_a_nak_makes_c_resend_once_and_a_second_hello_keeps_its_seqs),
    ("g->now_ms - event->at_ms", "0u", test_a_device_keeps_its_last_8_inputs_with_their_age),
    ("frame->sid == g->sid && !g->up", "false", test_a_sid_that_the_device_has_ended_is_not_taken_up_again),
    ("WAIT_MS << doublings", "WAIT_MS", test_the_wait_of_c_for_an_ack_doubles_and_six_tries_end_the_session),
    ("g->reset_sid = frame->sid; /* the", "/* the", test_a_rebooted_device_resets_the_session_it_does_not_know),
]


@pytest.mark.parametrize(("text", "instead", "check"), PLANTED)
def test_a_planted_bug_is_found_by_its_test(
    board: Callable[..., Board], tmp_path: Path, text: str, instead: str, check: Callable[..., None]
) -> None:
    build_base(tmp_path, ("gfp.c", text, instead))
    with pytest.raises(AssertionError):
        check(tmp_path, board)


def frames_of_answer(answer: tuple[bytes, int]) -> list[Frame]:
    return Decoder().feed(answer[0])


def frames_in(answer: tuple[bytes, int]) -> list[Kind]:
    return [frame.kind for frame in frames_of_answer(answer)]


# --- with its own clock ---


class Road:
    """A session on the real clock, and the pty of a board that has its own."""

    def __init__(self, device: Board, bad: Callable[[bytes], bytes] = bytes) -> None:
        self.device, self.bad = device, bad
        self.session = Session(sids())
        self.events: list[Event] = []
        self.session.connected(time.monotonic())

    def go(self) -> bool:
        now = time.monotonic()
        if select.select([self.device.line], [], [], 0.002)[0]:
            self.session.receive(self.bad(os.read(self.device.line, 4096)), now)
        self.session.step(now)
        while piece := self.session.outgoing():
            os.write(self.device.line, self.bad(piece))
            self.session.sent(len(piece), now)
            self.session.step(now)
        self.events += self.session.events()
        return True

    def inputs(self) -> list[Input]:
        return [event for event in self.events if isinstance(event, Input)]


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_a_bump_bar_with_its_own_clock_works_over_a_pty(built: Path, board: Callable[..., Board], share: float) -> None:
    device = board(built / "bump_bar", lockstep=False)
    road = Road(device, BadLine(31, share))
    eventually("the link is up", lambda: road.go() and road.session.hello is not None)
    road.session.set_state(LEDS, (4, 0))
    for mask in (1, 0, 2, 0):
        device.tell(f"keys {mask}")
        wanted = len([e for e in road.events if isinstance(e, Input)]) + 1
        eventually(
            "the key is told", lambda n=wanted: road.go() and sum(isinstance(e, Input) for e in road.events) == n
        )
    inputs = [e for e in road.events if isinstance(e, Input)]
    assert [e.args for e in inputs] == [(0, 1), (0, 0), (1, 1), (1, 0)]
    assert all(e.age_ms < 5_000 for e in inputs)
    assert device.heard(5) == ["leds", "4", "0"]
