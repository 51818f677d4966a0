"""Long conversations over a bad line, with whatever device: what both test files play, in CI and in full."""

from __future__ import annotations

import os
from collections.abc import Iterable

from firmware_rig import BadLine, Device, World, sids

from firmware_bridge.link_events import (
    DRAWER,
    KEY,
    PAGER,
    ActionDone,
    ActionUnknown,
    ActionUnsent,
    Down,
    Input,
    Limits,
    NotTakenError,
)
from firmware_bridge.session import Session

FULL = os.environ.get("TABLEPASS_FULL") == "1"
MESSAGES = 1500 if FULL else 200
ENDLESS = Limits(tries=None, silence=None)


def soak(device: Device, share: float, seed: int, limits: Limits | None, count: int = MESSAGES) -> World:
    """`count` actions down and `count` inputs up, as fast as the queues take them, with this share of damage.

    With limits a link may die on the way; whoever pressed goes on pressing, and every action has its end.
    """
    session = Session(sids(seed), limits)
    world = World(session, device, BadLine(seed, share))
    session.connected(0.0)
    pressed = wanted = 0

    def over() -> bool:
        ends = len(world.of(ActionDone, ActionUnknown, ActionUnsent))
        return wanted == ends == count and pressed == count and device.kept == 0

    while not over():
        assert world.now_ms < count * 10_000, "a link that never comes to its end"
        if pressed < count and device.kept < 8:
            pressed += 1
            device.press(KEY, pressed, 1)
        if wanted < count:
            wanted += took(session, PAGER, (wanted + 1, 5), 1000 + wanted)
        seen = len(world.events)
        world.turn()
        if any(isinstance(e, Down) and e.reason == "no_answer" for e in world.events[seen:]):
            session.connected(world.now_ms / 1000)  # a driver's part: the session waits to be told
    return world


def took(session: Session, op: int, args: tuple[int, ...], mid: int) -> bool:
    try:
        session.send_action(op, args, mid)
    except NotTakenError:
        return False
    return True


def numbers(did: Iterable[tuple[object, ...]]) -> list[int]:
    return [each[1] for each in did if isinstance(each[1], int)]


def kick_over_reconnects(device: Device, reconnects: int = 100, fresh_mid_every: int = 5) -> list[int]:
    """Kicks a drawer; before any ACK comes back the link is torn, and the same kick is sent again with its mid.

    After `fresh_mid_every` tears one goes through and the next drawer follows. -> the drawers as they opened.
    """
    session = Session(sids(7))
    world = World(session, device)
    session.connected(0.0)
    world.run(lambda: session.hello is not None, 5)
    for number in range(reconnects):
        drawer = number // fresh_mid_every
        heard = len(device.did)
        world.up = lambda data: b""
        session.send_action(DRAWER, (drawer, 100), 5000 + drawer)
        for _ in range(5):
            world.turn()
        assert len(device.did) >= heard
        session.disconnected()
        assert ActionUnknown(5000 + drawer) in session.events()
        world.up = bytes
        session.connected(world.now_ms / 1000)
        world.run(lambda: session.hello is not None, 5)
        if number % fresh_mid_every == fresh_mid_every - 1:
            session.send_action(DRAWER, (drawer, 100), 5000 + drawer)
            world.events.clear()
            world.run(lambda: bool(world.of(ActionDone)), 5)
    return numbers(device.did)


def missing_is_reported(world: World, device: Device, count: int) -> None:
    """Nothing doubled; every action that was not carried out was reported; every input that is missing was counted."""
    done = {each.mid for each in world.events if isinstance(each, ActionDone)}
    told = {each.mid for each in world.events if isinstance(each, (ActionUnknown, ActionUnsent))}
    assert done | told == {1000 + n for n in range(count)}
    assert done & told == set()
    carried_out = numbers(device.did)
    assert carried_out == sorted(set(carried_out)), "carried out twice, or out of order"
    assert {1000 + n - 1 for n in carried_out} >= done
    inputs = [each for each in world.events if isinstance(each, Input)]
    seen = [each.args[0] for each in inputs]
    assert seen == sorted(set(map(int, map(str, seen))))
    assert len(seen) + sum(each.missed for each in inputs) == count
