"""A bell wakes who waits, and touches nothing that is not its own."""

from __future__ import annotations

import os
import select

from firmware_bridge.bell import Bell


def wakes(bell: Bell) -> bool:
    waiting = select.poll()
    waiting.register(bell.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def test_rings_wake_until_they_are_hushed() -> None:
    bell = Bell()
    assert not wakes(bell)
    for _ in range(70_000):  # more than a pipe holds
        bell.ring()
    assert wakes(bell)
    bell.hush()
    bell.hush()
    assert not wakes(bell)
    bell.close()


def test_a_late_ring_does_not_reach_the_file_that_has_the_number_now() -> None:
    bell = Bell()
    bell.close()
    heard, rung = os.pipe()  # the kernel gives the lowest free numbers: those of the bell
    os.set_blocking(heard, False)
    bell.ring()
    bell.close()
    try:
        assert os.read(heard, 1) == b"", "a ring went into somebody else's pipe"
    except BlockingIOError:
        os.write(rung, b"?")  # and both ends are still open
    os.close(heard)
    os.close(rung)
