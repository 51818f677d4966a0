"""Who did something, as people call them."""

from __future__ import annotations

_NAMELESS: dict[str, tuple[str, str]] = {
    "guest": ("客人", "a guest"), "house": ("点单盒", "the gateway"), "bridge": ("打印连接程序", "the printer link"),
}  # fmt: skip
"""Whoever has no name that people know; a person, a screen and a program are called by theirs."""


def actor_words(who: str, tag: str) -> str:
    """Of an actor as the journal keeps it: `staff cook`."""
    kind, _, name = who.partition(" ")
    if kind in _NAMELESS:
        zh, en = _NAMELESS[kind]
        return en if tag == "en" else zh
    return name or kind


def hand_words(hand: str, tag: str) -> str:
    """Of a hand as a ticket keeps it: a user and a screen, or `slip 0041`."""
    first, _, rest = hand.partition(" ")
    if first == "slip":
        return f"小票 {rest}" if tag != "en" else hand
    return actor_words(hand, tag) if first in _NAMELESS else hand
