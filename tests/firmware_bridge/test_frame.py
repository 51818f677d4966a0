"""Frames: the bytes that every firmware agrees on, and what a bad line does to them."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from firmware_rig import BUMP_BAR, VECTORS, ZEROS, damaged
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import frame as frames
from firmware_bridge import link_events
from firmware_bridge.frame import (
    MAX_CODED,
    BodyError,
    Decoder,
    Frame,
    Kind,
    Message,
    encode,
    read_hello_ack,
    read_message,
    write_hello,
    write_hello_ack,
    write_message,
)

DAMAGED = 20_000


@pytest.mark.parametrize(("frame", "wire"), VECTORS, ids=lambda v: v.kind.name if isinstance(v, Frame) else "")
def test_the_vectors_are_met_byte_for_byte_in_both_directions(frame: Frame, wire: str) -> None:
    assert encode(frame).hex() == wire
    assert Decoder().feed(bytes.fromhex(wire)) == [frame]


def test_the_check_is_zlibs_and_the_longest_frame_has_251_bytes() -> None:
    assert zlib.crc32(b"123456789") == 0xCBF43926
    wire = encode(ZEROS)
    assert (len(wire), wire[:8].hex()) == (251, "0005120334120101")
    assert Decoder().feed(wire) == [ZEROS]
    longest = Frame(Kind.DATA, 255, 0xFFFF, b"\xff" * 240)
    assert len(encode(longest)) == 251
    assert Decoder().feed(encode(longest)) == [longest]


def test_what_does_not_fit_into_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="241 bytes"):
        encode(Frame(Kind.DATA, 1, 1, bytes(241)))
    with pytest.raises(OverflowError):
        encode(Frame(Kind.DATA, 1, 1 << 16))


def through_damage(count: int) -> tuple[int, int]:
    """(frames accepted that nobody sent, whole frames lost right behind a damaged one)"""
    rng = random.Random(4)
    decoder = Decoder()
    wrong = lost = 0
    for number in range(count):
        first, second = some_frame(rng), some_frame(rng)
        found = decoder.feed(damaged(rng, encode(first)) + encode(second))
        lost += found[-1:] != [second]
        wrong += sum(each not in (first, second) for each in found)
        assert number or decoder.damaged < 3
    return wrong, lost


def some_frame(rng: random.Random) -> Frame:
    payload = rng.randbytes(rng.randint(0, 240)) if rng.random() < 0.5 else bytes(rng.randint(0, 40))
    return Frame(rng.choice(list(Kind)), rng.randrange(256), rng.randrange(1 << 16), payload)


def test_of_20000_damaged_frames_none_is_wrongly_accepted_and_the_next_is_never_lost() -> None:
    assert through_damage(DAMAGED) == (0, 0)


def test_without_the_check_the_same_damage_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_checks", lambda body, check: True)
    wrong, _ = through_damage(2_000)
    assert wrong > 200


@given(st.binary(max_size=600))
def test_a_frame_after_any_boot_noise_is_found(noise: bytes) -> None:
    frame, wire = VECTORS[1][0], bytes.fromhex(VECTORS[1][1])
    decoder = Decoder()
    assert [f for f in decoder.feed(noise) if f.kind is frame.kind] == []
    assert decoder.feed(wire) == [frame]


@given(st.lists(st.sampled_from([f for f, _ in VECTORS] + [ZEROS]), max_size=6), st.lists(st.integers(0, 300)))
def test_frames_may_come_in_any_pieces(sent: list[Frame], cuts: list[int]) -> None:
    wire = b"".join(encode(frame) for frame in sent)
    decoder, found, at = Decoder(), [], 0
    for cut in cuts:
        found += decoder.feed(wire[at : at + cut])
        at += cut
    found += decoder.feed(wire[at:])
    assert found == sent
    assert decoder.damaged == 0


def test_an_endless_run_without_a_zero_is_skipped_and_takes_no_memory() -> None:
    decoder = Decoder()
    for _ in range(1000):
        assert decoder.feed(b"U" * 100) == []
    assert len(decoder._coded) <= MAX_CODED
    assert decoder.feed(encode(ZEROS)) == [ZEROS]
    assert decoder.damaged == 1


@pytest.mark.parametrize(
    "payload",
    [
        "", "01", "0102", "01a0", "01818101", "01c100", "0181c100", "01819f", "01d81c80", "0181c249010000000000000000",
        "01811bffffffffffffffff", "0181f7", "01c5821a7fffffff01", "018161", "0181a10101",
    ],
)  # fmt: skip
def test_a_body_that_no_microcontroller_would_send_is_an_error_with_words(payload: str) -> None:
    with pytest.raises(BodyError, match=r"operation|CBOR"):
        read_message(bytes.fromhex(payload))


@given(st.binary(max_size=240))
def test_any_bytes_are_a_body_or_an_error(payload: bytes) -> None:
    for read in (read_message, read_hello_ack):
        try:
            read(payload)
        except BodyError:
            continue


def test_bodies_come_back_as_they_were() -> None:
    message = Message(0x03, ("票 A031", 7, 0, -5, 1.5, b"\0", None, True))
    assert read_message(write_message(message)) == message
    assert read_hello_ack(VECTORS[1][0].payload) == BUMP_BAR
    assert write_hello() == VECTORS[0][0].payload


@pytest.mark.parametrize("fault", ["a0", "a1000101", "80", "a7000101006101026101034101040105010680", "01"])
def test_a_greeting_without_its_fields_is_an_error(fault: str) -> None:
    with pytest.raises(BodyError):
        read_hello_ack(bytes.fromhex(fault))


@pytest.mark.parametrize("boot", [-1, 1 << 32, (1 << 64) - 1])
def test_a_boot_nonce_that_is_no_u32_is_an_error(boot: int) -> None:
    """The journal would not take it, and a bridge that cannot remember must end."""
    with pytest.raises(BodyError, match="boot_nonce"):
        read_hello_ack(write_hello_ack(replace(BUMP_BAR, boot=boot)))


def test_the_page_for_who_writes_firmware_has_every_vector_type_and_operation() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/framed-link.md").read_text(encoding="utf-8")
    assert [frame for frame, wire in VECTORS if wire not in page] == []
    assert [kind for kind in Kind if f"`{kind:x}`" not in page or kind.name not in page] == []
    named = [name for name in dir(link_events) if name.isupper() and isinstance(getattr(link_events, name), int)]
    operations = set(named) - {"PROTOCOL", "MOST_ACTIONS", "MOST_STATES"}
    assert len(operations) >= 9
    for name in operations:
        assert f"| `{getattr(link_events, name):02x}` | {name.lower()} |" in page, name
    for event in get_args(link_events.Event):
        assert f"`{event.__name__}" in page, event
    assert all(f"`{reason}`" in page for reason in get_args(link_events.Reason))
