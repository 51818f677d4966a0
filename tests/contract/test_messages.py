"""What others may say on the broker is bounded before anything is done with it."""

from __future__ import annotations

import msgspec
import pytest

from gateway.contract.messages import TicketDo


def said(**more: object) -> bytes:
    return msgspec.json.encode({"action": "start", "screen": "wok-1", "key": "k", "version": 1} | more)


def test_an_action_of_a_display_is_taken() -> None:
    assert msgspec.json.decode(said(screen="炒锅 1", version=2**53), type=TicketDo).screen == "炒锅 1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"screen": ""}, {"screen": "x" * 65}, {"screen": "a\x1bb"}, {"screen": "a\nb"}, {"screen": "a\u202eb"},
        {"key": ""}, {"key": "x" * 129}, {"key": "a\x00b"}, {"version": -1}, {"version": 2**63}, {"version": "1"},
    ],
)  # fmt: skip
def test_what_is_too_long_or_no_plain_text_is_not(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(said(**wrong), type=TicketDo)
