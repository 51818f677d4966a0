"""GFP/1 on the wire, both directions, no I/O: frames to bytes, bytes to frames, and the CBOR bodies inside them.

    wire   = 00 | COBS(packet) | 00
    packet = type u8 | seq u8 | sid u16le | payload 0..240 | crc32 u32le (zlib's, over all before it)

The zero byte occurs nowhere else, so after boot chatter, a cut or an inserted byte the next frame is found again at
the next zero. The same bytes are written and read by `firmware/gfp.c`; docs/framed-link.md is for who writes a third.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NoReturn

import cbor2
from cobs import cobs

MAX_PAYLOAD = 240
"""Bytes. A packet is then 248, which COBS codes with one byte more, and a frame 251: a small device's buffer."""
MAX_CODED = 252
"""Coded bytes between two zeros that a receiver keeps; what is longer is no frame, and is skipped to the next zero."""
_HEAD, _CHECK = 4, 4


class Kind(IntEnum):
    """The type byte. Its high nibble is the version of the frame."""

    HELLO = 0x10
    HELLO_ACK = 0x11
    DATA = 0x12
    ACK = 0x13
    NAK = 0x14
    TELE = 0x15
    PING = 0x16
    PONG = 0x17
    RESET = 0x18
    LOG = 0x19


@dataclass(frozen=True)
class Frame:
    """One packet. `seq` is 0 outside DATA, ACK and NAK; `sid` names the session, 0 never."""

    kind: Kind
    seq: int
    sid: int
    payload: bytes = b""


def encode(frame: Frame) -> bytes:
    """The frame with a zero on both sides: whatever noise stood on the line before it ends there.

    Raises ValueError when the payload is longer than MAX_PAYLOAD or a number does not fit its field.
    """
    if len(frame.payload) > MAX_PAYLOAD:
        raise ValueError(f"{len(frame.payload)} bytes of payload, {MAX_PAYLOAD} at most")
    head = bytes((frame.kind, frame.seq)) + frame.sid.to_bytes(2, "little")
    packet = head + frame.payload
    return b"\0" + bytes(cobs.encode(packet + zlib.crc32(packet).to_bytes(4, "little"))) + b"\0"


class Decoder:
    """Bytes as they come, in any pieces, to the frames among them.

    `damaged` counts what stood between two zeros and was no frame: noise, a failed check, an unknown type, too long.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._coded = bytearray()
        self._skips = False

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order. At most MAX_CODED bytes are kept for the next call."""
        found: list[Frame] = []
        first, *rest = data.split(b"\0")
        self._take(first)
        for piece in rest:
            frame = self._close()
            if frame is not None:
                found.append(frame)
            self._take(piece)
        return found

    def _take(self, piece: bytes) -> None:
        self._skips = self._skips or len(self._coded) + len(piece) > MAX_CODED
        if self._skips:
            self._coded.clear()
        else:
            self._coded += piece

    def _close(self) -> Frame | None:
        coded, skipped = bytes(self._coded), self._skips
        self._coded.clear()
        self._skips = False
        if not coded and not skipped:
            return None  # two zeros in a row: the end of one frame and the beginning of the next
        frame = None if skipped else _frame_of(coded)
        self.damaged += frame is None
        return frame


def _frame_of(coded: bytes) -> Frame | None:
    try:
        packet = bytes(cobs.decode(coded))
        kind = Kind(packet[0])
    except (cobs.DecodeError, IndexError, ValueError):
        return None
    body = packet[:-_CHECK]
    if not _HEAD <= len(body) <= _HEAD + MAX_PAYLOAD or not _checks(body, packet[-_CHECK:]):
        return None
    return Frame(kind, body[1], int.from_bytes(body[2:4], "little"), body[_HEAD:])


def _checks(body: bytes, check: bytes) -> bool:
    return zlib.crc32(body) == int.from_bytes(check, "little")


# --- what a payload says ---


class BodyError(Exception):
    """A whole, checked frame says what nobody here understands: a fault of the firmware, and no retry helps."""


Value = int | float | str | bytes | bool | None
"""What may stand in a body: nothing that a microcontroller could not hold, so no tags and no big numbers."""


@dataclass(frozen=True)
class Message:
    """The body of DATA and TELE: an operation (docs/framed-link.md lists them) and what it needs."""

    op: int
    args: tuple[Value, ...]


@dataclass(frozen=True)
class Hello:
    """What a device says of itself. `boot` is drawn anew at each start; `most` is the payload it takes, in bytes."""

    protocol: int
    model: str
    firmware: str
    uid: bytes
    boot: int
    most: int
    caps: tuple[str, ...]


LEAST_PAYLOAD = 32
"""Bytes a device must take: an action with three full numbers is 17."""


def write_message(message: Message) -> bytes:
    return bytes((message.op,)) + cbor2.dumps(list(message.args))


def read_message(payload: bytes) -> Message:
    """Raises BodyError."""
    if not payload:
        raise BodyError("no operation")
    args = _loads(payload[1:])
    if not isinstance(args, list) or not all(isinstance(a, Value) for a in args):
        raise BodyError(f"operation {payload[0]:#04x}: not an array of plain values")
    if any(isinstance(a, int) and not -(1 << 63) <= a < 1 << 63 for a in args):
        raise BodyError(f"operation {payload[0]:#04x}: a number beyond 64 bits")
    return Message(payload[0], tuple(args))


def write_hello(protocol: int = 1, most: int = MAX_PAYLOAD) -> bytes:
    return cbor2.dumps({0: protocol, 1: most})


def write_hello_ack(hello: Hello) -> bytes:
    fields = (hello.protocol, hello.model, hello.firmware, hello.uid, hello.boot, hello.most, list(hello.caps))
    return cbor2.dumps(dict(enumerate(fields)))


def read_hello_ack(payload: bytes) -> Hello:
    """Raises BodyError. Keys that we do not know are left aside: later firmware may say more."""
    body = _loads(payload)
    wanted = (int, str, str, bytes, int, int, list)
    if not isinstance(body, dict) or not all(type(body.get(i)) is kind for i, kind in enumerate(wanted)):
        raise BodyError("HELLO_ACK lacks a field, or it is of another kind")
    hello = Hello(body[0], body[1], body[2], body[3], body[4], body[5], tuple(body[6]))
    if not all(isinstance(cap, str) for cap in hello.caps) or hello.most < LEAST_PAYLOAD:
        raise BodyError(f"HELLO_ACK: caps {hello.caps!r}, max_payload {hello.most}")
    if not 0 <= hello.boot < 1 << 32:
        raise BodyError(f"HELLO_ACK: boot_nonce {hello.boot} is no u32")
    return hello


def _refuse(*_: object) -> NoReturn:
    raise ValueError("a tag")


_TAGS = dict.fromkeys((0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799), _refuse)  # fmt: skip  # noqa: E501
"""All that cbor2 would decode by itself: a date, a compiled pattern or a number of a million digits is not for us."""


def _loads(data: bytes) -> Any:
    try:
        return cbor2.loads(data, semantic_decoders=_TAGS, tag_hook=_refuse, max_depth=3, allow_indefinite=False)
    except (cbor2.CBORError, ValueError) as error:
        raise BodyError(f"not CBOR: {error}") from error
