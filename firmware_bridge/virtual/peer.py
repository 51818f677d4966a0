"""What a small virtual device is: it hears bytes, says bytes when it is time, and has faults to switch."""

from __future__ import annotations

from typing import Any, ClassVar

FAULTS = ("unplugged", "mute", "garbage", "half_frames")

NOISE = bytes.fromhex("ff fe 80 13 ff c0 00 ff")
"""What a line with the wrong speed or a loose plug brings: no text in any encoding, and no frame."""


class Peer:
    """Not thread safe; one thread calls. Times are monotonic seconds. `faults` holds what is switched on.

    mute: says nothing, and shows nothing of what it hears. garbage: noise before whatever it says.
    half_frames: of whatever it says only the first half.
    """

    known_faults: ClassVar[tuple[str, ...]] = FAULTS

    def __init__(self) -> None:
        self.faults: set[str] = set()

    def hear(self, data: bytes) -> None:
        """What the host wrote."""

    def say(self, now: float) -> list[bytes]:
        """The frames that are due, whole and without faults."""
        return []

    def wish(self, now: float) -> float | None:
        """When it next has something to say; None when only a deed or the host makes it speak."""
        return None

    def do(self, deed: str, command: dict[str, Any]) -> None:
        """What a person does with it. ValueError says what this kind can do."""
        raise ValueError(f"this device does not {deed}")

    def facts(self) -> dict[str, Any]:
        """What can be seen of it."""
        return {}

    def power(self) -> None:
        """It is plugged in again and remembers nothing."""

    def on_line(self, frame: bytes) -> bytes:
        """What of a frame comes through, with the faults as they are."""
        if "mute" in self.faults:
            return b""
        if "half_frames" in self.faults:
            frame = frame[: len(frame) // 2]
        return NOISE + frame if "garbage" in self.faults else frame
