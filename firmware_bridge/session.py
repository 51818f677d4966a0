"""GFP/1, the host's side of one link: greeting, DATA and its answers, signs of life, and what came of it all.

No I/O, no clock. A driver feeds and empties it whenever bytes came, the line is free or the wished time is there:

    session.receive(port.read(), now)
    while True:
        wish = session.step(now)
        out = session.outgoing()
        if not out or not (n := port.write(out)):
            break
        session.sent(n, now)
    for event in session.events(): ...

`now` is the monotonic clock in seconds. One Session lives as long as its device is wished for, over every replug: it
remembers which inputs it has handed out and which states the device has. docs/framed-link.md shows the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from firmware_bridge.frame import (
    BodyError,
    Decoder,
    Frame,
    Hello,
    Kind,
    Value,
    encode,
    read_hello_ack,
    write_hello,
)
from firmware_bridge.link_events import (
    PROTOCOL,
    Down,
    Event,
    Fault,
    Input,
    Limits,
    NotTakenError,
    Reason,
    Up,
    read_event,
)
from firmware_bridge.link_outbox import Outbox, earlier_seq, next_seq


class Session:
    """See the module. `sids` gives random numbers 1 to 65535, one for each greeting."""

    def __init__(self, sids: Iterator[int], limits: Limits | None = None) -> None:
        self._sids = sids
        self._limits = limits or Limits()
        self._decoder = Decoder()
        self._outbox = Outbox(self._limits)
        self._events: list[Event] = []
        self._phase: Literal["closed", "greeting", "up"] = "closed"
        self._hello: Hello | None = None
        # Over all sessions: the device's last start, and the last input of it that was handed out.
        self._boot: int | None = None
        self._last_input: int | None = None
        # Of this session.
        self._sid, self._expects = 0, 1
        self._hellos = 0
        self._hello_due: float | None = None
        self._heard = self._spoke = self._pinged = 0.0
        # What is to leave: the frame that is leaving, and at most one of each kind behind it.
        self._wire = b""
        self._on_wire: Frame | None = None
        self._reset: int | None = None
        self._answer: Frame | None = None
        self._says_hello = self._pongs = self._pings = False

    # --- what a driver asks ---

    @property
    def hello(self) -> Hello | None:
        """What the device said of itself; None while the link is down."""
        return self._hello

    @property
    def damaged(self) -> int:
        """Pieces of noise and frames with a wrong check, since the start: what is told of a bad cable."""
        return self._decoder.damaged

    @property
    def resent(self) -> int:
        """DATA frames that were sent again, since the start."""
        return self._outbox.resent

    def send_action(self, op: int, args: tuple[Value, ...], mid: int) -> None:
        """Hands over something to do once. Ends as ActionDone, ActionUnknown or ActionUnsent with this `mid`.

        `mid` (u32) names the deed, not the try: whoever tries again takes the same one. Raises NotTakenError, and
        ValueError for what does not fit into a frame.
        """
        if self._hello is None:
            raise NotTakenError("the link is down")
        self._outbox.add_action(op, args, mid)

    def set_state(self, op: int, args: tuple[Value, ...]) -> None:
        """How it is to be: the last value of each `op` wins; sent now or when the device comes, and after its reboots.

        Raises ValueError for what does not fit into a frame, and beyond MOST_STATES operations.
        """
        self._outbox.set_state(op, args)

    def events(self) -> list[Event]:
        """What happened since the last call. One read of the port makes some hundreds at most."""
        events, self._events = self._events, []
        return events

    # --- the line ---

    def connected(self, now: float) -> None:
        """The port is open: greet. The device may still be starting; HELLO is repeated."""
        self.disconnected()
        self._greet(now)

    def disconnected(self) -> None:
        """The port is gone, or was given away."""
        if self._phase != "closed":
            self._end("unplugged")

    def receive(self, data: bytes, now: float) -> None:
        """Takes what came in, in any pieces. Never raises, whatever it is."""
        for frame in self._decoder.feed(data):
            if self._phase == "closed":
                continue
            if frame.sid != self._sid:
                if frame.kind is not Kind.RESET:  # two ends that reset each other's resets would never stop
                    self._reset = frame.sid
                continue
            self._heard = now
            if frame.kind is Kind.HELLO_ACK:
                self._take_hello_ack(frame, now)
            elif self._phase == "up":
                self._take(frame, now)
            elif frame.kind is Kind.RESET:  # the device has ended this sid once and does not take it up again
                self._sid = self._new_sid()

    def outgoing(self) -> bytes:
        """The rest of the frame that is to leave now, or nothing. Stays the same until `sent` or the session's end."""
        if not self._wire:
            self._on_wire = self._next_frame()
            if self._on_wire is not None:
                self._wire = encode(self._on_wire)
        return self._wire

    def sent(self, count: int, now: float) -> None:
        """The port took `count` bytes of `outgoing`. A wait for an answer starts with the last byte."""
        frame = self._on_wire
        if frame is None or count <= 0:
            return
        self._wire = self._wire[count:]
        if frame.kind is Kind.DATA:
            self._outbox.left(frame.seq, not self._wire, now)
        if self._wire:
            return
        self._on_wire = None
        self._spoke = now
        if frame.kind is Kind.HELLO:
            self._hello_due = now + self._limits.hello_every

    def step(self, now: float) -> float | None:
        """Does what is due. When it next wants to be called, on the same clock; None: when something comes."""
        if self._phase == "greeting" and self._hello_due is not None and now >= self._hello_due:
            if self._hellos >= self._limits.hello_tries:
                self._end("no_answer")
            else:
                self._hello_due, self._says_hello = None, True
        elif self._phase == "up":
            silence = self._limits.silence
            if silence is not None and now >= self._heard + silence:
                self._restart("silent", now)
            elif self._outbox.is_spent(now):
                self._restart("no_ack", now)
            elif now >= self._ping_due():
                self._pings, self._pinged = True, now
        return self._wish()

    def _wish(self) -> float | None:
        if self._phase == "closed":
            return None
        if self._phase == "greeting":
            return self._hello_due
        silent = None if self._limits.silence is None else self._heard + self._limits.silence
        return min(wish for wish in (self._ping_due(), silent, self._outbox.due) if wish is not None)

    def _ping_due(self) -> float:
        """Also when only we are silent: a device that sends and hears nothing gives up as we do."""
        return max(min(self._heard, self._spoke), self._pinged) + self._limits.ping_after

    # --- sessions ---

    def _greet(self, now: float) -> None:
        self._sid = self._new_sid()
        self._phase, self._expects = "greeting", 1
        self._hellos, self._hello_due, self._says_hello = 0, None, True
        self._answer, self._pongs, self._pings = None, False, False
        self._heard = self._spoke = self._pinged = now

    def _new_sid(self) -> int:
        """Never the last one: late frames of the old session must be told from the new one's."""
        sid = next(self._sids) & 0xFFFF
        return sid if sid not in (0, self._sid) else self._sid % 0xFFFF + 1

    def _end(self, reason: Reason) -> None:
        """What is left of a frame on the wire is dropped: the next one begins with a zero."""
        self._events += [*self._outbox.give_up(), Down(reason)]
        self._phase, self._hello = "closed", None
        self._wire, self._on_wire, self._reset, self._says_hello = b"", None, None, False

    def _restart(self, reason: Reason, now: float) -> None:
        self._end(reason)
        self._greet(now)

    def _take_hello_ack(self, frame: Frame, now: float) -> None:
        try:
            hello = read_hello_ack(frame.payload)
        except BodyError as error:
            self._events.append(Fault(str(error)))
            return
        if self._phase == "up":
            if hello.boot != self._boot:  # a repeated HELLO has met the device after its reboot
                self._restart("rebooted", now)
            return
        if hello.protocol != PROTOCOL:
            self._end("version")
            return
        rebooted = self._boot is not None and hello.boot != self._boot
        if hello.boot != self._boot:
            self._last_input = 0 if rebooted else None  # a device counts from 1; coming in late, we know of no first
        forgotten = hello.boot != self._boot
        self._boot, self._hello, self._phase, self._says_hello = hello.boot, hello, "up", False
        self._events += [Up(hello, rebooted), *self._outbox.begin(forgotten, hello.most)]

    # --- frames ---

    def _take(self, frame: Frame, now: float) -> None:
        match frame.kind:
            case Kind.DATA:
                self._take_data(frame)
            case Kind.ACK:
                done = self._outbox.take_ack(frame.seq)
                self._events += [] if done is None else [done]
            case Kind.NAK:
                self._outbox.take_nak(frame.seq)
            case Kind.TELE | Kind.LOG:
                self._tell(frame)
            case Kind.PING:
                self._pongs = True
            case Kind.RESET:
                self._restart("reset", now)
            case _:
                pass  # a PONG only wants to be heard; a HELLO is the echo of a crossed line

    def _take_data(self, frame: Frame) -> None:
        self._answer = Frame(Kind.ACK, frame.seq, self._sid)
        if frame.seq == self._expects:
            self._expects = next_seq(frame.seq)
            self._tell(frame)
        elif frame.seq != earlier_seq(self._expects):
            self._answer = Frame(Kind.NAK, self._expects, self._sid)

    def _tell(self, frame: Frame) -> None:
        event = read_event(frame, self._last_input)
        if isinstance(event, Input) and event.number is not None:
            self._last_input = event.number
        self._events += [] if event is None else [event]

    def _next_frame(self) -> Frame | None:
        """The most urgent. With one DATA under way on each side a newer answer replaces an older one."""
        if self._reset is not None:
            sid, self._reset = self._reset, None
            return Frame(Kind.RESET, 0, sid)
        if self._says_hello:
            self._says_hello = False
            self._hellos += 1
            return Frame(Kind.HELLO, 0, self._sid, write_hello(PROTOCOL))
        if self._phase != "up":
            return None
        if self._answer is not None:
            answer, self._answer = self._answer, None
            return answer
        if self._pongs:
            self._pongs = False
            return Frame(Kind.PONG, 0, self._sid)
        data = self._outbox.take_next()
        if data is not None:
            return Frame(Kind.DATA, data[0], self._sid, data[1])
        if self._pings:
            self._pings = False
            return Frame(Kind.PING, 0, self._sid)
        return None
