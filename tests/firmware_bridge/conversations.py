"""A golden conversation with every kind of device, and the hostile lines that they are held over.

Who adds a driver adds its conversation here; test_drivers.py does the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge_rig import a_slip
from label_samples import LABELS

from firmware_bridge.device import Device
from firmware_bridge.drivers.driver import Command, Driver, Surroundings
from firmware_bridge.drivers.table import DRIVERS
from firmware_bridge.errors import PortError
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.frame import (
    Decoder,
    Frame,
    Hello,
    Kind,
    Message,
    encode,
    read_message,
    write_hello_ack,
    write_message,
)
from firmware_bridge.journal import Journal
from gateway.contract.messages import (
    DeviceCommand,
    DeviceDesired,
    DeviceEvent,
    DeviceState,
    PrintCommand,
    PrintResult,
)


def mute(_heard: bytes) -> bytes:
    return b""


def well_printer(heard: bytes) -> bytes:
    """Answers every question of a byte stream that arrives whole: DLE EOT with "fine", GS r 1 with "paper"."""
    return bytes(
        0x12 if heard[at : at + 2] == b"\x10\x04" else 0x00
        for at in range(len(heard) - 2)
        if heard[at : at + 2] == b"\x10\x04" or heard[at : at + 3] == b"\x1dr\x01"
    )


def well_label_printer(heard: bytes) -> bytes:
    """Answers each `ESC ! ?`: it prints at the first two questions behind a label, and is ready at all others."""
    said, since = b"", 2
    for found in re.finditer(rb"\x1b!\?|PRINT 1,1\r\n", heard):
        if found[0] == b"\x1b!?":
            said += b"\x20" if since < 2 else b"\x00"
        since = since + 1 if found[0] == b"\x1b!?" else 0
    return said


BOARD = write_hello_ack(Hello(1, "bump-bar-8", "1.0", b"golden", 0xB007, 240, ("key", "led", "drawer")))
LAMPS = Message(0x18, (0b101, 0b10))


def a_board(heard: bytes) -> bytes:
    """Greets, acknowledges, and when its lamps are as they should be for the first time a finger presses key 3."""
    said, expects = b"", 0
    for frame in Decoder().feed(heard):
        match frame.kind:
            case Kind.HELLO:
                expects = 1
                said += encode(Frame(Kind.HELLO_ACK, 0, frame.sid, BOARD))
            case Kind.DATA if expects:
                said += encode(Frame(Kind.ACK, frame.seq, frame.sid))
                if frame.seq == expects and read_message(frame.payload) == LAMPS:
                    said += encode(Frame(Kind.DATA, 1, frame.sid, write_message(Message(0x01, (3, 1, 1, 40)))))
                expects = frame.seq % 255 + 1
            case Kind.PING:
                said += encode(Frame(Kind.PONG, 0, frame.sid))
    return said


@dataclass(frozen=True)
class Conversation:
    """What a device of this kind says (`said`, one frame after another, each followed by a rest of `rest` seconds),
    what the store tells it, and what must come of both: these events, these bytes at the device (only those that
    `counts` lets through), and these results of papers."""

    said: tuple[bytes, ...] = ()
    rest: float = 0.1
    commands: tuple[Command, ...] = ()
    answers: Callable[[bytes], bytes] = mute
    options: dict[str, str] = field(default_factory=dict)
    events: tuple[tuple[str, dict[str, Any]], ...] = ()
    heard: bytes = b""
    results: tuple[str, ...] = ()
    status: str = "online"

    def desired(self, driver: str) -> DeviceDesired:
        return DeviceDesired("it", driver, "fake", baud=9600, options=self.options)


def picture(upper: bytes, lower: bytes) -> bytes:
    return b"\x1bQA" + upper.ljust(20) + b"\r\x1bQB" + lower.ljust(20) + b"\r"


CONVERSATIONS: dict[str, list[Conversation]] = {
    "escpos_printer": [
        Conversation(
            commands=(PrintCommand("print", "k1", 1, a_slip()),), answers=well_printer, results=("SENDING", "PRINTED")
        )
    ],
    "tspl_printer": [
        Conversation(
            commands=(PrintCommand("print", "k1", 1, LABELS["zh-Hans"]["cup"]),), answers=well_label_printer,
            results=("SENDING", "PRINTED"),
        )
    ],
    "scanner": [
        Conversation(
            said=(b"6901234567892\r\n", b"http://a/t/12\r", "桌12".encode("gbk"), "桌12\n".encode(), b"\r\n"),
            events=(
                ("scan", {"text": "6901234567892"}),
                ("scan", {"text": "http://a/t/12"}),
                ("scan", {"text": "桌12"}),
            ),
        ),
    ],
    "scale": [
        Conversation(
            said=(
                b"US,GS,+  0.130kg\r\n",
                b"ST,GS,+  0.125kg\r\n" * 3,
                b"OL,GS,+9999999kg\r\n",
                b"ST,NT,-  0.020kg\r\n",
            ),
            rest=0.3,
            events=(("weight", {"grams": 125, "stable": True}), ("weight", {"grams": -20, "stable": True})),
        ),
        Conversation(
            said=(b"\x02+00125031E\x03",) * 4 + (b"=52.100",) * 2 + (b"=00.1000-",) * 4 + (b"=",),
            rest=0.3,
            options={"dialect": "xk3190"},
            events=(("weight", {"grams": 1250, "stable": True}), ("weight", {"grams": -1000, "stable": True})),
        ),
    ],
    "mcu_device": [
        Conversation(
            said=(encode(Frame(Kind.HELLO_ACK, 0, 7, BOARD)), encode(Frame(Kind.PONG, 0, 7))),
            commands=(
                DeviceCommand("lamps", {"on": [0, 2], "blinking": [1]}),
                DeviceCommand("kick", {"drawer": 0}, "k1"),
            ),
            answers=a_board,
            events=(("key", {"key": 3, "down": True}), ("done", {"key": "k1"})),
        )
    ],
    "pole_display": [
        Conversation(
            commands=(DeviceCommand("text", {"lines": ["TOTAL   56.00", "谢谢 Thank you\x1b@\r"]}),),
            heard=b"\r\x0c" + picture(b"", b"") + picture(b"TOTAL   56.00", b"?? Thank you@"),
        )
    ],
    "ready_board": [
        Conversation(
            commands=(DeviceCommand("numbers", {"ready": ["A031", "A032", "B007", "B008", "C001"]}),),
            heard=b"\r\x0c" + picture(b"", b"") + picture(b"A031 A032 B007 B008", b"C001"),
        )
    ],
}


class Hands:
    """Where a device tells its news, and a clock that only this turns."""

    def __init__(self, folder: Path, bar_codes: BarCodeBytes) -> None:
        self.now = 1000.0
        self.journal = Journal(folder / "bridge.db", lambda: 1.8e9)
        self.bar_codes = bar_codes
        self.results: list[PrintResult] = []
        self.states: list[DeviceState] = []
        self.events: list[DeviceEvent] = []

    def result(self, printer: str, result: PrintResult) -> None:
        self.results.append(result)

    def state(self, device: str, state: DeviceState) -> None:
        self.states.append(state)

    def event(self, device: str, event: DeviceEvent) -> None:
        self.events.append(event)

    def driver(self, desired: DeviceDesired) -> Driver:
        given = Surroundings(desired, self.journal, self, self.bar_codes, lambda bits: 7)
        return DRIVERS[desired.driver](given)

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        return [(event.kind, event.facts) for event in self.events]


RUNGS = ("whole", "byte by byte", "slow", "garbage before", "unplugged in the middle")
NOISE = bytes.fromhex("ff fe 80 13 ff c0 00 ff")
TICK = 0.005


class Line:
    """A line that spoils things as its rung says. The device's end is `say` and `heard`."""

    def __init__(self, rung: str, answers: Callable[[bytes], bytes]) -> None:
        self.rung = rung
        self.answers = answers
        self.heard = b""
        self.plugged = True
        self._coming = b""
        self._turn = 0

    def say(self, data: bytes) -> None:
        self._coming += data

    @property
    def quiet(self) -> bool:
        return not self._coming

    def write(self, data: bytes) -> int:
        self._check()
        self._turn += 1
        if self.rung == "slow" and self._turn % 3:
            return 0
        before = len(self.heard)
        taken = data[: {"byte by byte": 1, "slow": 7}.get(self.rung, 256)]
        self.heard += taken
        # Only what is new is answered; a question may have begun in the bytes before it.
        old, new = self.answers(self.heard[:before]), self.answers(self.heard)
        self.say(new[len(old) :])
        return len(taken)

    def read(self) -> bytes:
        self._check()
        self._turn += 1
        if self.rung == "slow" and self._turn % 4:
            return b""
        count = 1 if self.rung in ("byte by byte", "slow") else 4096
        data, self._coming = self._coming[:count], self._coming[count:]
        return data

    def pull(self) -> None:
        self.plugged = False
        self._coming = b""

    moved_to = ""

    def held(self) -> bool:
        return False

    def fileno(self) -> int:
        raise AssertionError("a fake line is stepped, not waited for")

    def close(self) -> None:
        """The line itself stays."""

    def _check(self) -> None:
        if not self.plugged:
            raise PortError("unplugged", "pulled out by the test")


class Stage:
    """A device of this conversation at the end of such a line."""

    def __init__(self, hands: Hands, driver: str, rung: str, talk: Conversation) -> None:
        self.hands, self.talk, self.rung = hands, talk, rung
        self.line = Line(rung, talk.answers)
        self.device = Device(
            talk.desired(driver), "b1", hands.journal, hands, self._open, hands.bar_codes, lambda: "now", lambda bits: 7
        )

    def _open(self, _url: str, _baud: int) -> Line:
        if not self.line.plugged:
            raise PortError("unplugged", "no such port")
        return self.line

    def run(self, seconds: float) -> None:
        until = self.hands.now + seconds
        while self.hands.now < until or not self.line.quiet:
            self.device.step(self.hands.now)
            self.hands.now += TICK

    def play(self) -> None:
        """The whole conversation. What the rung spoils comes before it, as it does in life."""
        self.run(0.2)
        if self.rung == "garbage before":
            self.line.say(NOISE)
            self.run(2)
        for command in self.talk.commands:
            self.device.offer(command)
            self.run(3)
        if self.rung == "unplugged in the middle":
            self.break_off()
        for frame in self.talk.said:
            self.line.say(frame)
            self.run(self.talk.rest)
        self.run(1)

    def break_off(self) -> None:
        """Half of the first frame, then the cable; and the cable again."""
        self.line.say(self.talk.said[0][: len(self.talk.said[0]) // 2] if self.talk.said else NOISE[:3])
        self.device.step(self.hands.now)
        self.line.pull()
        self.run(1)
        self.line.plugged = True
        self.line.heard = b""
        self.run(5)
