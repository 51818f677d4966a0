"""What a framed link can be asked and what it tells: operations, limits, events. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from firmware_bridge.errors import BridgeError
from firmware_bridge.frame import BodyError, Frame, Hello, Kind, Message, Value, read_message

PROTOCOL = 1
KEY, BUTTON, SCAN = 0x01, 0x02, 0x03
DRAWER, BUZZER, PAGER = 0x10, 0x11, 0x12
LEDS, TEXT = 0x18, 0x19
SCALE = 0x20
INPUTS = {KEY: 2, BUTTON: 2, SCAN: 1}
"""Inputs and how many arguments are theirs; behind them stand the number of the input and its age in ms."""

MOST_ACTIONS = 8
"""Waiting for the line, as many as a device remembers: beyond that a repeat could not be told from a new one."""
MOST_STATES = 16
"""One payload each, and all of them go out after every reboot: at 115,200 baud within half a second."""


@dataclass(frozen=True)
class Limits:
    """Times in seconds. None = no limit: only for soaks, which must see the link itself and not its giving up."""

    first_wait: float = 0.1
    """For an ACK, then doubled; an ACK takes 2 ms at 115,200 baud, a full frame at 9,600 takes 0.26 s."""
    longest_wait: float = 1.6
    tries: int | None = 6
    """4.7 s in all: as long as a person waits before they look at the cable."""
    hello_every: float = 0.5
    hello_tries: int = 20
    """10 s: an Arduino's boot loader holds the line for 2 s, a slow board's self-test for some more."""
    ping_after: float = 2.0
    silence: float | None = 6.0
    """Three PINGs' worth."""


@dataclass(frozen=True)
class Up:
    """The device answered. `rebooted`: it has forgotten every action; retained states go out again by themselves."""

    hello: Hello
    rebooted: bool


@dataclass(frozen=True)
class Input:
    """A key, button or scan, once. `age_ms`: how long the device held it. `missed`: inputs that it had to drop before.

    `number` counts since the device's start; None where a device does not count, and then nothing is known of doubles.
    """

    op: int
    args: tuple[Value, ...]
    number: int | None
    age_ms: int
    missed: int


@dataclass(frozen=True)
class Telemetry:
    """A measured value; unreliable, the next one comes anyway."""

    op: int
    args: tuple[Value, ...]


@dataclass(frozen=True)
class LogText:
    """Words of the firmware for a log; unreliable."""

    text: str


@dataclass(frozen=True)
class ActionDone:
    """The device has this action, and carries it out once."""

    mid: int


@dataclass(frozen=True)
class ActionUnknown:
    """Bytes of it left, and no ACK came. Sent again with the same mid it is still carried out at most once, unless
    the device rebooted in between (`Up.rebooted`): then only a person can know."""

    mid: int


@dataclass(frozen=True)
class ActionUnsent:
    """No byte of it left; it is given back."""

    mid: int


Reason = Literal["no_ack", "silent", "reset", "rebooted", "unplugged", "no_answer", "version"]


@dataclass(frozen=True)
class Down:
    """The session is over. Every action of it has its end among the events before this one.

    After `unplugged`, `no_answer` (20 HELLOs) and `version` nothing happens until `connected`; after the others a new
    HELLO is on its way.
    """

    reason: Reason


@dataclass(frozen=True)
class Fault:
    """A whole frame that cannot be understood: the firmware and this program do not fit. Nothing else suffers."""

    detail: str


Event = Up | Input | Telemetry | LogText | ActionDone | ActionUnknown | ActionUnsent | Down | Fault


class NotTakenError(BridgeError):
    """The action was not taken: the link is down, or MOST_ACTIONS wait. No byte left; try again later."""


def read_event(frame: Frame, last: int | None) -> Event | None:
    """What DATA, TELE or LOG brings, when `last` is the number of the newest input so far (None: none is known).

    None for an input that is not newer: it came again in a new session because its ACK was lost.
    """
    if frame.kind is Kind.LOG:
        return LogText(frame.payload.decode("utf-8", "replace"))
    try:
        message = read_message(frame.payload)
        return Telemetry(message.op, message.args) if frame.kind is Kind.TELE else _input(message, last)
    except BodyError as error:
        return Fault(str(error))


def _input(message: Message, last: int | None) -> Input | None:
    own = INPUTS.get(message.op)
    args, counted = message.args[:own], message.args[own:]
    if own is None or len(args) != own or len(counted) not in (0, 2):
        raise BodyError(f"no such input: operation {message.op:#04x} with {message.args!r}")
    if not counted:
        return Input(message.op, args, None, 0, 0)
    number, age_ms = counted
    if not isinstance(number, int) or not isinstance(age_ms, int) or number < 1 or age_ms < 0:
        raise BodyError(f"operation {message.op:#04x}: input number {number!r}, age {age_ms!r}")
    if last is not None and number <= last:
        return None
    return Input(message.op, args, number, age_ms, 0 if last is None else number - last - 1)
