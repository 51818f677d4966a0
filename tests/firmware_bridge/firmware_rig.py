"""A framed link in small: a line that damages, a device in Python, the C firmware as a process, one clock for all."""

from __future__ import annotations

import os
import random
import select
import shutil
import subprocess
import tty
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from firmware_bridge.frame import Decoder, Frame, Hello, Kind, Message, encode, read_message, write_hello_ack
from firmware_bridge.frame import write_message as body
from firmware_bridge.link_events import Event, Input
from firmware_bridge.session import Session

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware_bridge/firmware"
COMPILER = shutil.which("cc") or shutil.which("gcc")
SID = 0x1234
BUMP_BAR = Hello(1, "bumpbar-8", "1.0.3", bytes.fromhex("a4cf12fffe0b1c2d"), 0xDEADBEEF, 240, ("key", "led"))
VECTORS = [
    (Frame(Kind.HELLO, 0, SID, bytes.fromhex("a200010118f0")), "000210043412a209010118f00ceeeee700"),
    (
        Frame(Kind.HELLO_ACK, 0, SID, write_hello_ack(BUMP_BAR)),
        "000211043412a73501016962756d706261722d380265312e302e330348a4cf12fffe0b1c2d041adeadbeef0518f00682636b6579636c6564"
        "cdc6c4d900",
    ),
    (Frame(Kind.DATA, 1, SID, body(Message(0x01, (3, 1)))), "000d12013412018203010ca8277e00"),
    (Frame(Kind.ACK, 1, SID), "000913013412e5cfb92a00"),
    (Frame(Kind.NAK, 2, SID), "000914023412054928b500"),
    (Frame(Kind.DATA, 2, SID, body(Message(0x10, (7, 0, 100)))), "0008120234121083070718643d0c62bf00"),
    (Frame(Kind.TELE, 0, SID, body(Message(0x20, (0, 0)))), "00021505341220820105af01319600"),
    (Frame(Kind.PING, 0, SID), "000216073412e055a51c00"),
]
"""shared by every implementation (docs/framed-link.md)"""
ZEROS = Frame(Kind.DATA, 3, SID, bytes(240))


def sids(seed: int = 1) -> Iterator[int]:
    rng = random.Random(seed)
    while True:
        yield rng.randrange(1, 1 << 16)


def damaged(rng: random.Random, wire: bytes) -> bytes:
    """One of: bits flipped, bytes dropped, bytes inserted, cut short. Never the same bytes."""
    while True:
        piece = bytearray(wire)
        at = rng.randrange(len(piece))
        match rng.randrange(4):
            case 0:
                for _ in range(rng.randint(1, 3)):
                    piece[rng.randrange(len(piece))] ^= 1 << rng.randrange(8)
            case 1:
                del piece[at : at + rng.randint(1, 4)]
            case 2:
                piece[at:at] = rng.randbytes(rng.randint(1, 4))
            case 3:
                del piece[at:]
        if bytes(piece) != wire:
            return bytes(piece)


def frames_of(data: bytes) -> list[bytes]:
    return [b"\0" + piece + b"\0" for piece in data.split(b"\0") if piece]


def without(kind: Kind) -> Callable[[bytes], bytes]:
    """A line that swallows every frame of one kind."""
    return lambda data: b"".join(f for f in frames_of(data) if [each.kind for each in Decoder().feed(f)] != [kind])


class BadLine:
    """Damages this share of the frames; of those it keeps some back altogether, and now and then sends one twice."""

    def __init__(self, seed: int, share: float) -> None:
        self._rng, self.share = random.Random(seed), share

    def __call__(self, data: bytes) -> bytes:
        return b"".join(self._one(frame) for frame in frames_of(data))

    def _one(self, frame: bytes) -> bytes:
        if self._rng.random() >= self.share:
            return frame
        luck = self._rng.random()
        return b"" if luck < 0.3 else frame * 2 if luck < 0.4 else damaged(self._rng, frame)


class Device(Protocol):
    """A device on one clock with its host: what came in by `now_ms` -> what leaves, and when it next wants to run."""

    did: list[tuple[int, ...]]
    kept: int

    def tick(self, now_ms: int, data: bytes) -> tuple[bytes, int]: ...
    def press(self, op: int, a: int, b: int) -> None: ...
    def reboot(self, boot: int) -> None: ...


class PythonDevice:
    """The device's side as docs/framed-link.md has it, written apart from session.py and from the C library."""

    def __init__(self, remembers: int = 8, gives_up: bool = True) -> None:
        self.did: list[tuple[int, ...]] = []
        self._remembers, self._gives_up = remembers, gives_up
        self.reboot(0xDEADBEEF)

    def reboot(self, boot: int) -> None:
        self._boot, self._sid, self._up = boot, 0, False
        self._mids: deque[int] = deque(maxlen=self._remembers)
        self._kept: deque[tuple[int, int, tuple[int, ...], int]] = deque()
        self._number = self._now = self._heard = 0
        self._decoder, self._out = Decoder(), b""
        self._end()

    def _end(self) -> None:
        self._up, self._flying, self._tries, self._due = False, False, 0, 0

    @property
    def kept(self) -> int:
        return len(self._kept)

    def press(self, op: int, a: int, b: int) -> None:
        if len(self._kept) == 8:
            del self._kept[1 if self._flying else 0]
        self._number += 1
        self._kept.append((self._number, op, (a, b), self._now))

    def tick(self, now_ms: int, data: bytes) -> tuple[bytes, int]:
        self._now = now_ms
        for frame in self._decoder.feed(data):
            self._take(frame)
        if self._up and self._gives_up and now_ms - self._heard >= 6000:
            self._end()
        if self._up and self._flying and now_ms >= self._due:
            self._again()
        if self._up and not self._flying and self._kept:
            self._flying, self._tries, self._seq = True, 0, self._seq % 255 + 1
            self._again()
        out, self._out = self._out, b""
        return out, max(0, self._due - now_ms) if self._flying else 1000

    def _again(self) -> None:
        if self._gives_up and self._tries == 6:
            self._say(Kind.RESET)
            self._end()
            return
        number, op, args, at = self._kept[0]
        self._say(Kind.DATA, self._seq, body(Message(op, (*args, number, self._now - at))))
        self._due = self._now + min(100 << self._tries, 1600)
        self._tries = min(self._tries + 1, 6)

    def _say(self, kind: Kind, seq: int = 0, payload: bytes = b"") -> None:
        self._out += encode(Frame(kind, seq, self._sid, payload))

    def _take(self, frame: Frame) -> None:
        if frame.kind is Kind.HELLO:
            if frame.sid != self._sid:
                self._end()
                self._sid, self._up, self._expects, self._seq = frame.sid, True, 1, 0
            self._heard = self._now
            hello = Hello(1, "callbase-32", "1.0.3", b"py", self._boot, 240, ("button", "pager", "drawer"))
            self._say(Kind.HELLO_ACK if self._up else Kind.RESET, 0, write_hello_ack(hello) if self._up else b"")
        elif not self._up or frame.sid != self._sid:
            if frame.kind is not Kind.RESET:
                self._out += encode(Frame(Kind.RESET, 0, frame.sid))
        else:
            self._heard = self._now
            self._take_mine(frame)

    def _take_mine(self, frame: Frame) -> None:
        if frame.kind is Kind.DATA and frame.seq == self._expects:
            self._expects = frame.seq % 255 + 1
            self._say(Kind.ACK, frame.seq)
            message = read_message(frame.payload)
            args = tuple(int(str(a)) for a in message.args)
            if 0x10 <= message.op < 0x18 and args[0] not in self._mids:
                self._mids.append(args[0])
                self.did.append((message.op, *args[1:]))
            elif message.op >= 0x18:
                self.did.append((message.op, *args))
        elif frame.kind is Kind.DATA:
            dup = frame.seq == (self._expects - 2) % 255 + 1
            self._say(Kind.ACK if dup else Kind.NAK, frame.seq if dup else self._expects)
        elif frame.kind is Kind.ACK and self._flying and frame.seq == self._seq:
            self._kept.popleft()
            self._flying = False
        elif frame.kind is Kind.PING:
            self._say(Kind.PONG)
        elif frame.kind is Kind.RESET:
            self._end()


class World:
    """Host, device and the line between them, which takes 2 ms each way. Time stands still while nothing is due."""

    LATENCY_MS = 2

    def __init__(self, session: Session, device: Device, bad: Callable[[bytes], bytes] = bytes) -> None:
        self.session, self.device = session, device
        self.down = self.up = bad
        self.now_ms = 0
        self.longest_ms = 1000
        self.events: list[Event] = []
        self._to_device = self._to_host = b""

    def turn(self) -> None:
        now = self.now_ms / 1000
        self.session.receive(self._to_host, now)
        out, wish = b"", self.session.step(now)
        while piece := self.session.outgoing():
            out += piece
            self.session.sent(len(piece), now)
            wish = self.session.step(now)
        answer, rest_ms = self.device.tick(self.now_ms, self._to_device)
        self._to_device, self._to_host = self.down(out), self.up(answer)
        self.events += self.session.events()
        if self._to_device or self._to_host:
            self.now_ms += self.LATENCY_MS
        else:
            until = rest_ms if wish is None else min(rest_ms, round((wish - now) * 1000) + 1)
            self.now_ms += min(max(until, 1), self.longest_ms)

    def run(self, until: Callable[[], bool], within_s: float) -> None:
        end = self.now_ms + within_s * 1000
        while not until():
            assert self.now_ms < end, f"not within {within_s} s; last events: {self.events[-5:]}"
            self.turn()

    def of(self, *kinds: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kinds)]

    def inputs(self) -> list[tuple[object, ...]]:
        return [event.args for event in self.events if isinstance(event, Input)]


# --- the firmware in C ---


Fault = tuple[str, str, str]
"""(file, what it says, what it says instead): a bug to plant into a copy of the sources"""


def sources(folder: Path, *faults: Fault) -> Path:
    if COMPILER is None:
        pytest.skip("the device's side is C: apt-get install gcc libc6-dev")
    copy = folder / "source"
    shutil.copytree(FIRMWARE, copy)
    for name, text, instead in faults:
        whole = (copy / name).read_text(encoding="utf-8")
        assert whole.count(text) == 1, f"{name} no longer says {text!r}"
        (copy / name).write_text(whole.replace(text, instead), encoding="utf-8")
    return copy


def build(folder: Path, *faults: Fault) -> str:
    """Everything that build.sh makes, in `folder`; what the compiler had to say."""
    command = [str(sources(folder, *faults) / "build.sh"), str(folder)]
    made = subprocess.run(
        command, env={**os.environ, "CC": str(COMPILER)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert made.returncode == 0, made.stderr
    return made.stderr


def build_base(folder: Path, *faults: Fault) -> Path:
    """The call base alone, in a hurry."""
    source, program = sources(folder, *faults), folder / "call_base"
    names = [str(source / name) for name in ("call_base.c", "host.c", "gfp.c", "gfp_frame.c")]
    subprocess.run([str(COMPILER), "-std=c99", "-o", str(program), *names], check=True, timeout=60)
    return program


class Codec:
    """The C codec, frames in and out."""

    def __init__(self, folder: Path) -> None:
        self._program = str(folder / "codec")

    def ask(self, lines: list[str]) -> list[str]:
        done = subprocess.run(
            [self._program], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split("\n")[:-1]

    def encode(self, frames: list[Frame]) -> list[bytes]:
        asked = [f"e {f.kind:x} {f.seq:x} {f.sid:x} {f.payload.hex() or '-'}" for f in frames]
        return [bytes.fromhex(line) for line in self.ask(asked)]

    def decode(self, pieces: list[bytes]) -> list[list[Frame]]:
        return [[_frame(word) for word in line.split()] for line in self.ask([f"d {p.hex()}" for p in pieces])]


def _frame(word: str) -> Frame:
    kind, seq, sid, payload = word.split(",")
    return Frame(Kind(int(kind, 16)), int(seq, 16), int(sid, 16), bytes.fromhex(payload))


class Board:
    """The firmware as a process behind a pty. In lockstep its clock is `tick`; else it has its own."""

    OPS = {"leds": 0x18, "drawer": 0x10, "pager": 0x12}  # noqa: RUF012

    def __init__(self, program: Path, lockstep: bool = True, boot: int = 0xDEADBEEF) -> None:
        self.line, slave = os.openpty()
        tty.setraw(slave)
        command = [
            str(program),
            os.ttyname(slave),
            f"{boot:x}",
            BUMP_BAR.uid.hex(),
            *(["lockstep"] if lockstep else []),
        ]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._slave = slave  # held open: a pty without one reads as unplugged until the process has opened it
        self.did: list[tuple[int, ...]] = []
        self.kept = 0
        self._half = b""

    def close(self) -> None:
        self.child.kill()
        self.child.wait(10)
        for each in (self.child.stdin, self.child.stdout):
            assert each is not None
            each.close()
        os.close(self.line)
        os.close(self._slave)

    def tell(self, line: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(line.encode() + b"\n")

    def press(self, op: int, a: int, b: int) -> None:
        self.kept += 1
        self.tell(f"event {op} {a} {b}")

    def reboot(self, boot: int) -> None:
        self.tell(f"reboot {boot:x}")

    def tick(self, now_ms: int, data: bytes) -> tuple[bytes, int]:
        if data:
            os.write(self.line, data)
        self.tell(f"t {now_ms} {len(data)}")
        while True:
            word, *numbers = self.heard(10)
            if word == "ok":
                wish, wrote, self.kept = (int(n) for n in numbers)
                return self._read(wrote), wish
            self.did.append((self.OPS[word], *(int(n) for n in numbers)))

    def heard(self, within_s: float) -> list[str]:
        """The next line of the board."""
        assert self.child.stdout is not None
        while b"\n" not in self._half:
            assert select.select([self.child.stdout], [], [], within_s)[0], "the board says nothing"
            more = os.read(self.child.stdout.fileno(), 4096)
            assert more, f"the board is gone: {self.child.wait(10)}"
            self._half += more
        first, _, self._half = self._half.partition(b"\n")
        return first.decode().split()

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            assert select.select([self.line], [], [], 10)[0], "the pty lost bytes"
            data += os.read(self.line, count - len(data))
        return data
