"""A firmware board that exists only as a program: `press` a key of it, or `call` from a table.

Its side of the link is written from docs/framed-link.md. Of the bridge it shares the frames' bytes and nothing of the
conversation; the C firmware is the proof that those bytes are right.
"""

from __future__ import annotations

import secrets
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, ClassVar

from firmware_bridge.frame import BodyError, Decoder, Frame, Hello, Kind, Message, encode, read_message, write_hello_ack
from firmware_bridge.frame import write_message as body
from firmware_bridge.virtual.peer import FAULTS, Peer

MODELS = {
    "bump-bar-8": ("key", "led", "text"),
    "call-base": ("button", "pager", "drawer", "buzzer", "led"),
}
FIRMWARE = "1.0.3-virtual"
KEYS, BUTTONS = 8, 32
KEY, BUTTON, LEDS, TEXT = 0x01, 0x02, 0x18, 0x19
DEEDS = {0x10: "drawer", 0x11: "buzzer", 0x12: "pager"}

REMEMBERED = 8
"""Mids and inputs that a device keeps, as the page says."""
WAITS_S = (0.1, 0.2, 0.4, 0.8, 1.6, 1.6)
"""For an ACK; after the last one the session is over."""
SILENCE_S = 6.0


@dataclass(frozen=True)
class _Input:
    number: int
    op: int
    args: tuple[int, int]
    at: float


class VirtualBoard(Peer):
    """`reboot`: it is held in its reset and starts with a new nonce when the fault is switched off again.

    `state` shows its lamps, its text, what it has done since it was bought, and how many inputs it still keeps.
    """

    known_faults: ClassVar = (*FAULTS, "reboot")

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model = model
        self._done: Counter[str] = Counter()
        self._pressed: deque[tuple[int, tuple[int, int]]] = deque(maxlen=REMEMBERED)
        """By hands, not yet seen by the board."""
        self._held = False
        self.power()

    def power(self) -> None:
        self._boot = secrets.randbits(32)
        self._lamps = (0, 0)
        self._text = ""
        self._mids: deque[int] = deque(maxlen=REMEMBERED)
        self._inputs: deque[_Input] = deque()
        self._number = self._sid = self._seq = self._expects = 0
        self._now = self._heard = 0.0
        self._decoder = Decoder()
        self._coming = b""
        self._out: list[bytes] = []
        self._part()

    def _part(self) -> None:
        """No session."""
        self._up, self._tries, self._due = False, 0, float("inf")

    # --- its cable and its clock ---

    def hear(self, data: bytes) -> None:
        self._hold("reboot" in self.faults)
        if not {"mute", "reboot"} & self.faults:
            self._coming += data

    def _hold(self, on: bool) -> None:
        if self._held and not on:
            self.power()
        self._held = on

    def say(self, now: float) -> list[bytes]:
        self._hold("reboot" in self.faults)
        if self._held:
            return []
        self._now = now
        data, self._coming = self._coming, b""
        for frame in self._decoder.feed(data):
            self._take(frame)
        while self._pressed:
            self._keep(*self._pressed.popleft())
        if self._up and now >= self._heard + SILENCE_S:
            self._part()
        if self._up and self._inputs:
            self._send()
        out, self._out = self._out, []
        return out

    def wish(self, now: float) -> float | None:
        if self._held or not self._up:
            return None
        return min(self._due, self._heard + SILENCE_S)

    # --- its keys ---

    def do(self, deed: str, command: dict[str, Any]) -> None:
        caps = MODELS[self._model]
        wanted = {"press": ("key", KEY, KEYS), "call": ("button", BUTTON, BUTTONS)}.get(deed)
        if wanted is None or wanted[0] not in caps:
            raise ValueError(f"a {self._model} does not {deed}")
        name, op, count = wanted
        which = command.get(name)
        if not isinstance(which, int) or isinstance(which, bool) or not 0 <= which < count:
            raise ValueError(f"{name} is a number from 0 to {count - 1}")
        if self._held:
            return  # a board in its reset sees no finger
        # A key goes down and up again; a button only calls.
        self._pressed.extend([(op, (which, 1)), (op, (which, 0))] if op == KEY else [(op, (which, 1))])

    def facts(self) -> dict[str, Any]:
        on, blinking = ([bit for bit in range(32) if mask >> bit & 1] for mask in self._lamps)
        return {
            "model": self._model,
            "lamps": {"on": on, "blinking": blinking},
            "text": self._text.split("\n") if self._text else [],
            "done": dict(self._done),
            "kept": len(self._inputs),
            "boot": f"{self._boot:08x}",
        }

    def _keep(self, op: int, args: tuple[int, int]) -> None:
        if len(self._inputs) == REMEMBERED:
            del self._inputs[1 if self._tries else 0]  # the one under way keeps its place
        self._number += 1
        self._inputs.append(_Input(self._number, op, args, self._now))

    # --- its side of the link ---

    def _send(self) -> None:
        """The oldest input, one at a time, until its ACK."""
        if self._tries and self._now < self._due:
            return
        if self._tries == len(WAITS_S):
            self._reset(self._sid)
            self._part()
            return
        if not self._tries:
            self._seq = self._seq % 255 + 1
        first = self._inputs[0]
        age_ms = round((self._now - first.at) * 1000)
        self._frame(Kind.DATA, self._seq, body(Message(first.op, (*first.args, first.number, age_ms))))
        self._due = self._now + WAITS_S[self._tries]
        self._tries += 1

    def _frame(self, kind: Kind, seq: int = 0, payload: bytes = b"") -> None:
        self._out.append(encode(Frame(kind, seq, self._sid, payload)))

    def _reset(self, sid: int) -> None:
        self._out.append(encode(Frame(Kind.RESET, 0, sid)))

    def _take(self, frame: Frame) -> None:
        if frame.kind is Kind.HELLO:
            self._greet(frame.sid)
        elif not self._up or frame.sid != self._sid:
            if frame.kind is not Kind.RESET:
                self._reset(frame.sid)
        else:
            self._heard = self._now
            self._take_mine(frame)

    def _greet(self, sid: int) -> None:
        if sid == self._sid and not self._up:
            self._reset(sid)
            return
        if sid != self._sid:
            self._part()
            self._sid, self._up, self._expects, self._seq = sid, True, 1, 0
        self._heard = self._now
        uid = self._model.encode()
        hello = Hello(1, self._model, FIRMWARE, uid, self._boot, 240, MODELS[self._model])
        self._frame(Kind.HELLO_ACK, 0, write_hello_ack(hello))

    def _take_mine(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.DATA if frame.seq == self._expects:
                self._expects = frame.seq % 255 + 1
                self._frame(Kind.ACK, frame.seq)
                self._act(frame.payload)
            case Kind.DATA:
                before = (self._expects - 2) % 255 + 1
                known = frame.seq == before
                self._frame(Kind.ACK if known else Kind.NAK, frame.seq if known else self._expects)
            case Kind.ACK if self._tries and frame.seq == self._seq:
                self._inputs.popleft()
                self._tries, self._due = 0, float("inf")
            case Kind.NAK if self._tries == 1 and frame.seq == self._seq:
                self._due = self._now  # at once, but only what was sent once
            case Kind.PING:
                self._frame(Kind.PONG)
            case Kind.RESET:
                self._part()
            case _:
                return

    def _act(self, payload: bytes) -> None:
        try:
            message = read_message(payload)
        except BodyError:
            return  # acknowledged, and nothing happens, as with an operation that it does not know
        match message.op, message.args:
            case (op, (int(mid), *_)) if op in DEEDS and DEEDS[op] in MODELS[self._model]:
                if mid not in self._mids:
                    self._mids.append(mid)
                    self._done[DEEDS[op]] += 1
            case (op, (int(on), int(blinking))) if op == LEDS:
                self._lamps = (on, blinking)
            case (op, (str(text),)) if op == TEXT:
                self._text = text
            case _:
                return
