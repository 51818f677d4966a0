"""The bridge's real Device with a firmware board at the end of its line: the one in C or the virtual one, one clock."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from conversations import Hands
from firmware_rig import Device as TickedBoard

from firmware_bridge.device import Device
from firmware_bridge.errors import PortError
from firmware_bridge.frame import Decoder, Kind
from firmware_bridge.virtual.framed_board import VirtualBoard
from gateway.contract.messages import DeviceCommand, DeviceDesired

DRAWER = 0x10
WISH = DeviceDesired("base", "mcu_device", "fake", baud=115200)


class OnOneClock:
    """The virtual board, ticked as the C firmware is in lockstep."""

    def __init__(self, model: str) -> None:
        self.peer = VirtualBoard(model)

    def tick(self, now_ms: int, data: bytes) -> tuple[bytes, int]:
        now = now_ms / 1000
        self.peer.hear(data)
        said = b"".join(self.peer.on_line(frame) for frame in self.peer.say(now))
        wish = self.peer.wish(now)
        return said, 1000 if wish is None else max(1, min(1000, round((wish - now) * 1000)))


class MasterLine:
    """The other end of the pty behind which a board has its own clock."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        os.set_blocking(fd, False)

    moved_to = ""

    def held(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._fd

    def write(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def read(self) -> bytes:
        try:
            return os.read(self._fd, 4096)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """The pty is the board's."""


class Bench:
    """Device, cable and board, each way 2 ms. `up` is what the cable lets through to the bridge, `down` what to the
    board."""

    def __init__(self, hands: Hands, board: TickedBoard | OnOneClock) -> None:
        self.hands, self.board = hands, board
        self.now_ms = 0
        self.up: Callable[[bytes], bytes] = bytes
        self.down: Callable[[bytes], bytes] = bytes
        self.plugged = True
        self.kicks_left = 0
        self._decoder = Decoder()
        self._down = self._coming = b""
        self.start()

    def start(self) -> None:
        """A bridge that starts; the board and what it remembers stay. Who did not close the former one crashed."""
        hands = self.hands
        self.device = Device(WISH, "b1", hands.journal, hands, self._open, hands.bar_codes, lambda: "now")

    # --- the cable, as the Device sees its port ---

    def _open(self, _url: str, _baud: int) -> Bench:
        self._check()
        return self

    def _check(self) -> None:
        if not self.plugged:
            raise PortError("unplugged", "pulled out by the test")

    moved_to = ""

    def held(self) -> bool:
        return False

    def fileno(self) -> int:
        raise AssertionError("stepped, not waited for")

    def close(self) -> None:
        self._down = self._coming = b""

    def write(self, data: bytes) -> int:
        self._check()
        self._down += data
        frames = self._decoder.feed(data)
        self.kicks_left += sum(frame.kind is Kind.DATA and frame.payload[0] == DRAWER for frame in frames)
        return len(data)

    def read(self) -> bytes:
        self._check()
        data, self._coming = self._coming, b""
        return data

    # --- time and hands ---

    def turn(self) -> None:
        now = self.now_ms / 1000
        wish = self.device.step(now)
        down, self._down = self.down(self._down), b""
        answer, rest_ms = self.board.tick(self.now_ms, down)
        self._coming += self.up(answer)
        if down or answer:
            self.now_ms += 2
        else:
            until = rest_ms if wish is None else min(rest_ms, (wish - now) * 1000 + 1)
            self.now_ms += int(min(max(until, 1), 1000))

    def run(self, until: Callable[[], bool], within_s: float = 30) -> None:
        end = self.now_ms + within_s * 1000
        while not until():
            assert self.now_ms < end, f"not within {within_s} s; {self.hands.states[-1:]} {self.hands.told[-3:]}"
            self.turn()

    def rest(self, seconds: float) -> None:
        end = self.now_ms + seconds * 1000
        self.run(lambda: self.now_ms >= end, seconds + 2)

    def tear(self) -> None:
        self.plugged = False
        self.turn()
        self.plugged = True

    def is_(self, status: str, *reasons: str) -> bool:
        last = self.hands.states[-1] if self.hands.states else None
        return last is not None and (last.status, last.reasons) == (status, [*reasons])

    def say(self, op: str, key: str = "", **args: Any) -> None:
        self.device.offer(DeviceCommand(op, args, key))

    def ends(self, key: str) -> list[str]:
        """How the action of this key ended, as often as it was told."""
        return [kind for kind, facts in self.hands.told if facts.get("key") == key]
