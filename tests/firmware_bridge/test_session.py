"""The host's side of the framed link, on a fake clock, against a device in Python and against hand-made frames."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from firmware_rig import BUMP_BAR, BadLine, PythonDevice, World, sids, without
from link_soak import ENDLESS, MESSAGES, kick_over_reconnects, missing_is_reported, numbers, soak, took

from firmware_bridge import frame as frames
from firmware_bridge import link_events
from firmware_bridge.frame import Decoder, Frame, Kind, Message, encode, read_message, write_hello_ack, write_message
from firmware_bridge.link_events import (
    BUTTON,
    DRAWER,
    KEY,
    LEDS,
    MOST_ACTIONS,
    MOST_STATES,
    PAGER,
    SCALE,
    TEXT,
    ActionDone,
    ActionUnknown,
    ActionUnsent,
    Down,
    Fault,
    Input,
    Limits,
    LogText,
    NotTakenError,
    Telemetry,
    Up,
)
from firmware_bridge.link_outbox import earlier_seq, next_seq
from firmware_bridge.session import Session


class Hand:
    """A device played by hand: what the session says, as frames with the time it said them."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, 0.0
        self._decoder = Decoder()
        self.said: list[tuple[float, Frame]] = []

    def until(self, now: float) -> list[tuple[float, Frame]]:
        """Lets the session run up to `now` and returns what it says on the way."""
        before = len(self.said)
        while True:
            wish = self.session.step(self.now)
            while piece := self.session.outgoing():
                self.said += [(round(self.now, 3), frame) for frame in self._decoder.feed(piece)]
                self.session.sent(len(piece), self.now)
                wish = self.session.step(self.now)
            if wish is None or wish > now:
                self.now = now
                return self.said[before:]
            self.now = max(wish, self.now)

    def answer(self, kind: Kind, seq: int = 0, payload: bytes = b"", sid: int | None = None) -> list[Frame]:
        """Hands the session a frame; what it says at once."""
        frame = Frame(kind, seq, self.said[-1][1].sid if sid is None else sid, payload)
        self.session.receive(encode(frame), self.now)
        return [said for _, said in self.until(self.now)]


def greeted(limits: Limits | None = None, boot: int = 0xDEADBEEF) -> Hand:
    hand = Hand(Session(sids(), limits))
    hand.session.connected(0.0)
    hand.until(0.0)
    hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(hello(boot)))
    assert hand.session.events() == [Up(hello(boot), False)]
    return hand


def hello(boot: int, **changes: int) -> frames.Hello:
    fields = {"protocol": 1, "most": 240, **changes}
    return frames.Hello(fields["protocol"], "bumpbar-8", "1.0.3", BUMP_BAR.uid, boot, fields["most"], ("key", "led"))


def kinds(said: list[tuple[float, Frame]]) -> list[tuple[float, Kind]]:
    return [(at, frame.kind) for at, frame in said]


# --- greeting ---


def test_hello_is_said_every_half_second_twenty_times_and_then_the_port_is_given_up() -> None:
    hand = Hand(Session(sids()))
    hand.session.connected(0.0)
    assert kinds(hand.until(60.0)) == [(n / 2, Kind.HELLO) for n in range(20)]
    assert len({frame.sid for _, frame in hand.said}) == 1
    assert hand.session.events() == [Down("no_answer")]
    hand.session.connected(hand.now)
    assert kinds(hand.until(60.0)) == [(60.0, Kind.HELLO)]
    assert hand.said[-1][1].sid != hand.said[0][1].sid


def test_a_repeated_hello_that_is_answered_twice_begins_one_session() -> None:
    hand = Hand(Session(sids()))
    hand.session.connected(0.0)
    hand.until(0.7)
    hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(BUMP_BAR))
    hand.answer(Kind.DATA, 1, write_message(Message(KEY, (3, 1, 1, 0))))
    hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(BUMP_BAR))
    hand.answer(Kind.DATA, 2, write_message(Message(KEY, (3, 0, 2, 0))))
    assert [type(e) for e in hand.session.events()] == [Up, Input, Input]


def test_a_device_of_another_protocol_is_left_alone() -> None:
    hand = Hand(Session(sids()))
    hand.session.connected(0.0)
    hand.until(0.0)
    hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(hello(1, protocol=2)))
    assert hand.session.events() == [Down("version")]
    assert hand.until(60.0) == []


def test_a_greeting_that_cannot_be_read_is_told_and_asked_again() -> None:
    hand = Hand(Session(sids()))
    hand.session.connected(0.0)
    hand.until(0.0)
    hand.answer(Kind.HELLO_ACK, 0, b"\xa0")
    assert [type(e) for e in hand.session.events()] == [Fault]
    assert kinds(hand.until(0.5)) == [(0.5, Kind.HELLO)]


def test_a_device_that_ended_this_sid_is_greeted_with_another() -> None:
    hand = Hand(Session(sids()))
    hand.session.connected(0.0)
    hand.until(0.0)
    assert hand.answer(Kind.RESET) == []
    (_, again), *_ = hand.until(0.5)
    assert again.kind is Kind.HELLO
    assert again.sid != hand.said[0][1].sid


def test_sids_are_never_zero_and_never_the_last_one() -> None:
    session = Session(iter([0, 5, 5, 65536, 0xFFFF, 0xFFFF]))
    hand = Hand(session)
    for _ in range(6):
        session.connected(hand.now)
        hand.until(hand.now)
    seen = [frame.sid for _, frame in hand.said]
    assert 0 not in seen
    assert all(a != b for a, b in pairwise(seen))


# --- one DATA under way ---


def test_the_wait_for_an_ack_doubles_from_100_ms_to_1600_and_six_tries_end_the_session() -> None:
    hand = greeted()
    hand.session.send_action(DRAWER, (0, 100), 7)
    hand.session.send_action(DRAWER, (0, 100), 8)
    said = [(at, frame) for at, frame in hand.until(4.7) if frame.kind is not Kind.PING]
    assert [at for at, _ in said] == [0.0, 0.1, 0.3, 0.7, 1.5, 3.1, 4.7]
    assert [frame.kind for _, frame in said] == [Kind.DATA] * 6 + [Kind.HELLO]
    assert {frame.payload for _, frame in said[:6]} == {write_message(Message(DRAWER, (7, 0, 100)))}
    assert hand.session.events() == [ActionUnknown(7), ActionUnsent(8), Down("no_ack")]
    assert hand.session.resent == 5


def test_an_ack_that_comes_late_is_an_ack() -> None:
    hand = greeted()
    hand.session.send_action(DRAWER, (0, 100), 7)
    hand.until(2.0)
    hand.answer(Kind.ACK, 1)
    hand.answer(Kind.ACK, 1)
    assert hand.session.events() == [ActionDone(7)]


def test_a_nak_brings_one_resend_and_no_storm() -> None:
    hand = greeted()
    hand.session.send_action(DRAWER, (0, 100), 7)
    hand.until(0.01)
    assert [frame.kind for frame in hand.answer(Kind.NAK, 1)] == [Kind.DATA]
    assert [hand.answer(Kind.NAK, 1) for _ in range(50)] == [[]] * 50
    assert hand.answer(Kind.NAK, 9) == []
    assert kinds(hand.until(0.3)) == [(0.21, Kind.DATA)]


def test_seq_goes_from_1_to_255_and_then_to_1_again() -> None:
    assert [next_seq(n) for n in (1, 254, 255)] == [2, 255, 1]
    assert [earlier_seq(n) for n in (1, 2, 255)] == [255, 1, 254]
    hand = greeted()
    seqs = []
    for mid in range(600):
        hand.session.send_action(PAGER, (mid, 5), mid)
        (_, data), *_ = hand.until(hand.now)
        seqs.append(data.seq)
        hand.answer(Kind.ACK, data.seq)
    assert seqs == [n % 255 + 1 for n in range(600)]
    assert hand.session.events() == [ActionDone(mid) for mid in range(600)]
    for number in range(1, 601):
        seq = (number - 1) % 255 + 1
        payload = write_message(Message(KEY, (number, 1, number, 0)))
        for _ in range(2):  # each comes twice, and is acknowledged twice
            assert [(f.kind, f.seq) for f in hand.answer(Kind.DATA, seq, payload)] == [(Kind.ACK, seq)]
    assert [e.args[0] for e in hand.session.events() if isinstance(e, Input)] == list(range(1, 601))


def test_a_data_out_of_its_turn_is_answered_with_the_expected_seq() -> None:
    hand = greeted()
    answers = hand.answer(Kind.DATA, 9, write_message(Message(KEY, (3, 1, 1, 0))))
    assert [(f.kind, f.seq) for f in answers] == [(Kind.NAK, 1)]
    assert hand.session.events() == []


def test_the_wait_begins_when_the_last_byte_has_left_and_a_torn_write_is_not_unsent() -> None:
    hand = greeted()
    hand.session.send_action(DRAWER, (0, 100), 7)
    wire = hand.session.outgoing()
    hand.session.sent(3, 0.0)
    assert hand.session.outgoing() == wire[3:]
    assert hand.session.step(1.0) == 2.0  # nothing but a PING is due: the line is slow, not dead
    hand.session.sent(len(wire) - 3, 1.0)
    assert hand.session.step(1.0) == pytest.approx(1.1)
    hand.session.disconnected()
    assert hand.session.events() == [ActionUnknown(7), Down("unplugged")]


def test_what_has_not_left_is_given_back_and_what_is_too_much_is_not_taken() -> None:
    hand = greeted()
    for mid in range(MOST_ACTIONS):
        hand.session.send_action(DRAWER, (0, 100), mid)
    with pytest.raises(NotTakenError, match="8 actions wait"):
        hand.session.send_action(DRAWER, (0, 100), 99)
    hand.session.outgoing()
    hand.session.disconnected()
    assert hand.session.events() == [*(ActionUnsent(mid) for mid in range(MOST_ACTIONS)), Down("unplugged")]
    with pytest.raises(NotTakenError, match="down"):
        hand.session.send_action(DRAWER, (0, 100), 99)
    assert hand.session.outgoing() == b""


# --- signs of life ---


def test_an_idle_line_is_pinged_after_2_s_and_dead_after_6() -> None:
    hand = greeted()
    assert kinds(hand.until(6.0)) == [(2.0, Kind.PING), (4.0, Kind.PING), (6.0, Kind.HELLO)]
    assert hand.session.events() == [Down("silent")]


def test_a_pong_is_enough_and_a_talking_device_is_pinged_too() -> None:
    hand = greeted()
    for second in range(1, 21):
        hand.until(second)
        hand.answer(Kind.TELE, 0, write_message(Message(SCALE, (second, 0))))
    assert {type(e) for e in hand.session.events()} == {Telemetry}
    assert [at for at, frame in hand.said if frame.kind is Kind.PING] == [2.0 * n for n in range(1, 11)]
    for second in range(22, 60, 2):
        hand.until(second)
        hand.answer(Kind.PONG)
    assert hand.session.events() == []


def test_a_ping_of_the_device_is_answered() -> None:
    hand = greeted()
    assert [f.kind for f in hand.answer(Kind.PING)] == [Kind.PONG]


def test_a_frame_of_another_session_is_dropped_and_reset_but_a_reset_is_not() -> None:
    hand = greeted()
    key = write_message(Message(KEY, (3, 1, 1, 0)))
    sid = hand.said[-1][1].sid
    other = sid % 0xFFFF + 1
    assert [(f.kind, f.sid) for f in hand.answer(Kind.DATA, 1, key, sid=other)] == [(Kind.RESET, other)]
    assert hand.answer(Kind.RESET, 0, b"", sid=other) == []
    assert hand.session.events() == []
    hand.answer(Kind.RESET, 0, b"", sid=sid)
    assert hand.session.events() == [Down("reset")]
    assert hand.said[-1][1].kind is Kind.HELLO


# --- what a reboot forgets ---


def test_after_a_reboot_states_are_sent_again_and_actions_are_not() -> None:
    hand = greeted(boot=1)
    session = hand.session
    session.set_state(LEDS, (1, 0))
    session.set_state(LEDS, (5, 2))  # the last value wins
    hand.until(0.0)
    hand.answer(Kind.ACK, 1)
    session.send_action(DRAWER, (0, 100), 7)
    assert [f.payload for _, f in hand.until(0.0)] == [write_message(Message(DRAWER, (7, 0, 100)))]
    hand.answer(Kind.RESET)
    answers = hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(hello(2)))
    assert session.events() == [ActionUnknown(7), Down("reset"), Up(hello(2), True)]
    assert [read_message(f.payload) for f in answers] == [Message(LEDS, (5, 2))]
    hand.answer(Kind.ACK, 1)
    assert [f.kind for _, f in hand.until(1.9)] == []


def test_after_a_mere_reconnect_only_the_state_that_was_not_acknowledged_goes_again() -> None:
    hand = greeted()
    hand.session.set_state(LEDS, (1, 0))
    hand.until(0.0)
    hand.answer(Kind.ACK, 1)
    hand.session.set_state(TEXT, ("A031",))
    hand.until(0.0)
    hand.answer(Kind.RESET)
    answers = hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(BUMP_BAR))
    assert [read_message(f.payload) for f in answers] == [Message(TEXT, ("A031",))]
    hand.answer(Kind.ACK, 1)
    assert [f.kind for _, f in hand.until(1.9)] == []


def test_states_wished_while_the_device_is_away_are_sent_when_it_comes() -> None:
    hand = Hand(Session(sids()))
    hand.session.set_state(LEDS, (3, 0))
    hand.session.connected(0.0)
    hand.until(0.0)
    answers = hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(BUMP_BAR))
    assert [read_message(f.payload) for f in answers] == [Message(LEDS, (3, 0))]
    for op in range(1, MOST_STATES):
        hand.session.set_state(LEDS + op, (1,))
    with pytest.raises(ValueError, match="states are kept"):
        hand.session.set_state(LEDS + MOST_STATES, (1,))


def test_a_device_with_little_room_is_not_sent_what_it_cannot_take() -> None:
    hand = Hand(Session(sids()))
    hand.session.set_state(TEXT, ("x" * 100,))
    hand.session.connected(0.0)
    hand.until(0.0)
    assert hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(hello(1, most=64))) == []
    assert [type(e) for e in hand.session.events()] == [Up, Fault]
    with pytest.raises(ValueError, match="takes 64"):
        hand.session.send_action(DRAWER, ("x" * 100,), 1)


def test_a_reboot_in_the_middle_of_a_greeting_begins_a_new_session() -> None:
    hand = greeted(boot=1)
    hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(hello(2)))
    assert hand.session.events() == [Down("rebooted")]
    hand.answer(Kind.HELLO_ACK, 0, write_hello_ack(hello(2)))
    assert hand.session.events() == [Up(hello(2), True)]


# --- inputs ---


def lost_acks(device: PythonDevice) -> World:
    """Three presses reach the host, their ACKs do not reach the device; the link is torn and comes back."""
    world = World(Session(sids()), device)
    world.session.connected(0.0)
    world.run(lambda: world.session.hello is not None, 5)
    world.down = without(Kind.ACK)
    device.press(BUTTON, 4, 1)
    device.press(BUTTON, 5, 1)
    world.run(lambda: len(world.inputs()) >= 1, 5)
    world.down = bytes
    world.session.disconnected()
    world.session.connected(world.now_ms / 1000)
    world.run(lambda: device.kept == 0, 5)
    return world


def test_an_input_whose_ack_was_lost_is_handed_out_once_over_sessions() -> None:
    assert lost_acks(PythonDevice()).inputs() == [(4, 1), (5, 1)]


def test_without_the_numbers_it_would_be_handed_out_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    real = link_events._input
    monkeypatch.setattr(link_events, "_input", lambda message, last: real(message, None))
    assert lost_acks(PythonDevice()).inputs() == [(4, 1), (4, 1), (5, 1)]


def test_a_device_keeps_its_last_8_inputs_with_their_age_and_the_lost_ones_are_counted() -> None:
    device = PythonDevice()
    world = World(Session(sids()), device)
    world.session.connected(0.0)
    world.run(lambda: world.session.hello is not None, 5)
    device.press(KEY, 0, 1)
    world.run(lambda: len(world.inputs()) == 1 and device.kept == 0, 5)
    world.session.disconnected()
    for key in range(1, 12):
        device.press(KEY, key, 1)
    left_at = world.now_ms
    world.now_ms += 30_000
    world.session.connected(world.now_ms / 1000)
    world.run(lambda: device.kept == 0, 5)
    late = [e for e in world.events if isinstance(e, Input)][1:]
    assert [e.args[0] for e in late] == [4, 5, 6, 7, 8, 9, 10, 11]
    assert [e.missed for e in late] == [3, 0, 0, 0, 0, 0, 0, 0]
    assert all(29_000 <= e.age_ms <= world.now_ms - left_at + 50 for e in late)


def test_an_input_without_number_is_taken_and_one_that_is_wrong_is_told() -> None:
    hand = greeted()
    bodies = [(KEY, (3, 1)), (0x0F, (1,)), (KEY, (3,)), (KEY, (3, 1, 0, 0)), (KEY, (3, 1, 5, -1)), (KEY, (3, 1, 5))]
    for seq, (op, args) in enumerate(bodies, 1):
        assert hand.answer(Kind.DATA, seq, write_message(Message(op, args)))[0].kind is Kind.ACK
    first, *others = hand.session.events()
    assert first == Input(KEY, (3, 1), None, 0, 0)
    assert [type(e) for e in others] == [Fault] * 5


def test_words_and_values_of_the_device_come_through() -> None:
    hand = greeted()
    hand.answer(Kind.LOG, 0, "низкое \xff".encode("latin-1", "ignore") + b"\xff ok")
    hand.answer(Kind.TELE, 0, write_message(Message(SCALE, (1250, 1))))
    log, scale = hand.session.events()
    assert isinstance(log, LogText)
    assert log.text.endswith("ok")
    assert scale == Telemetry(SCALE, (1250, 1))


def test_nothing_that_comes_in_is_too_much() -> None:
    rng = random.Random(9)
    session = Session(sids())
    session.connected(0.0)
    hand = Hand(session)
    for number in range(3000):
        sid = hand.said[-1][1].sid if hand.said else 1
        payload = rng.choice(
            [rng.randbytes(rng.randint(0, 60)), write_hello_ack(hello(number % 3)), b"\x01\x84\x01\x01"]
        )
        noise = encode(Frame(rng.choice(list(Kind)), rng.randrange(4), sid, payload))
        session.receive(noise if rng.random() < 0.9 else rng.randbytes(40), number / 50)
        hand.until(number / 50)
        took(session, DRAWER, (0, 100), number)
        session.events()
        if number % 100 == 0:
            session.connected(number / 50)


# --- soaks ---


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5])
def test_without_a_limit_of_tries_all_comes_once_and_in_order_both_ways(share: float) -> None:
    device = PythonDevice(gives_up=False)
    world = soak(device, share, 11, ENDLESS)
    assert numbers(device.did) == list(range(1, MESSAGES + 1))
    assert [args[0] for args in world.inputs()] == list(range(1, MESSAGES + 1))
    assert (world.session.damaged > 0) == (share > 0)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_with_the_limits_nothing_is_doubled_and_all_that_is_missing_is_reported(share: float) -> None:
    device = PythonDevice()
    world = soak(device, share, 12, None)
    missing_is_reported(world, device, MESSAGES)
    assert share < 0.5 or Down("no_ack") in world.events or Down("reset") in world.events


def test_the_soak_would_notice_a_link_without_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_checks", lambda body, check: True)
    device = PythonDevice(gives_up=False)
    world = World(Session(sids(3), ENDLESS), device, BadLine(3, 0.3))
    world.session.connected(0.0)
    wrong = False
    for number in range(400):
        took(world.session, PAGER, (number, 5), number)
        try:
            world.turn()
        except (frames.BodyError, ValueError, AttributeError, IndexError):
            wrong = True  # the device in Python stumbles over what no check has stopped
        wrong = wrong or bool(world.of(Fault)) or any(each[0] != PAGER or each[2] != 5 for each in device.did)
        if wrong:
            return
    pytest.fail("nothing wrong was seen")


def test_a_drawer_opens_once_over_100_forced_reconnects() -> None:
    assert kick_over_reconnects(PythonDevice()) == list(range(20))


def test_a_device_without_memory_would_open_it_again_and_again() -> None:
    assert len(kick_over_reconnects(PythonDevice(remembers=0))) > 100
