"""A kitchen scale that exists only as a program: `weigh` lays something on it; it swings, then rests."""

from __future__ import annotations

from typing import Any

from firmware_bridge.virtual.peer import Peer

EVERY_S = 0.1
SWINGS_S = 0.3
MOST_GRAMS = 30_000

DIALECTS = ("a_and_d", "xk3190", "xk3190_reversed")


class VirtualScale(Peer):
    """Sends ten frames a second. Frames are written down here from the makers' pages, not from the driver."""

    def __init__(self, dialect: str) -> None:
        super().__init__()
        self._dialect = dialect
        self.grams = 0
        self._rests_at = 0.0
        self._next_at = 0.0
        self._laid = False

    def say(self, now: float) -> list[bytes]:
        if self._laid:
            self._laid, self._rests_at = False, now + SWINGS_S
        if now < self._next_at:
            return []
        self._next_at = now + EVERY_S
        swinging = now < self._rests_at
        # A load that has just been laid down presses more than it weighs.
        return [self._frame(self.grams + round((self._rests_at - now) * 100) if swinging else self.grams, swinging)]

    def wish(self, now: float) -> float | None:
        return self._next_at

    def do(self, deed: str, command: dict[str, Any]) -> None:
        grams = command.get("grams")
        if deed != "weigh" or not isinstance(grams, int) or abs(grams) > 99_999:
            raise ValueError("a scale can weigh up to 99999 grams")
        self.grams = grams
        self._laid = True

    def facts(self) -> dict[str, Any]:
        return {"grams": self.grams}

    def _frame(self, grams: int, swinging: bool) -> bytes:
        sign = "-" if grams < 0 else "+"
        over = grams > MOST_GRAMS
        kilograms = f"{abs(grams) / 1000:.3f}"
        if self._dialect == "a_and_d":
            if over:
                return b"OL,GS,+9999.999kg\r\n"
            return f"{'US' if swinging else 'ST'},GS,{sign}{kilograms:>7}kg\r\n".encode()
        if self._dialect == "xk3190":
            body = f"{sign}{abs(grams):06d}3".encode()
            check = 0
            for byte in body:
                check ^= byte
            return b"\x02" + (b"------" if over else body + f"{check:02X}".encode()) + b"\x03"
        return f"={kilograms.zfill(7)[::-1]}{'-' if grams < 0 else '0'}".encode()
