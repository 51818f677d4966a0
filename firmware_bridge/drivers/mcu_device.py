"""A firmware device on the framed link: bump bar, call buttons, pager base, drawer box, lamps, text.

The link itself is `session.py`. Here its events become what the store hears, and what the store wants becomes states
(the last value wins, also after a reboot of the device) and deeds (`deeds.py`: once each, whatever happens).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator

from firmware_bridge.drivers import mcu_commands
from firmware_bridge.drivers.deeds import Deeds
from firmware_bridge.drivers.driver import Command, Condition, Driver, Surroundings
from firmware_bridge.frame import Hello, Value
from firmware_bridge.journal import Deed
from firmware_bridge.link_events import (
    BUTTON,
    KEY,
    SCALE,
    SCAN,
    ActionDone,
    ActionUnknown,
    ActionUnsent,
    Down,
    Event,
    Fault,
    Input,
    LogText,
    Telemetry,
    Up,
)
from firmware_bridge.session import Session
from gateway.contract.messages import DeviceCommand

log = logging.getLogger(__name__)

NOISY = 3
"""Damaged frames within NOISY_S make a line noisy. One or two are a plug that was moved, or the chatter of a start."""
NOISY_S = 10.0
VERSION_AGAIN_S = 10.0
"""A device with other firmware may be flashed while it hangs here; it is asked so seldom that nobody notices."""
WORDS_S = 1.0
"""Between two lines of the log: a device that talks all day shall not fill the disk."""
MOST_WEIGHTS_S = 0.1
"""Between two weights that are told: hands are slower, noise is not."""

NO_LAMPS = mcu_commands.state("lamps", {})
ALL_LAMPS = mcu_commands.state("lamps", {"blinking": list(range(mcu_commands.MOST_LAMPS))})

_ENDS = {"DONE": "done", "NOT_DONE": "not_done"}


class McuDevice(Driver):
    """Tells `key`, `call`, `scan`, `weight`, and `done`, `unknown` or `not_done` of each action. Takes `lamps`, `text`;
    `kick`, `buzz`, `page`. Raises JournalError from `take` and `step`: then nothing may be sent any more."""

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._session = Session(self._sids())
        self._deeds = Deeds(self.name, self._session, given.journal, given.random(32), self._tell_end)
        self._known: Hello | None = None
        """As last heard; a device that is away is still that one."""
        self._problem: Condition = ("unknown", [])
        self._greet_at: float | None = None
        self._damaged = 0
        self._damaged_at: deque[float] = deque(maxlen=NOISY)
        self._noisy = False
        self._words_at = self._weighed_at = float("-inf")
        self._lamps = NO_LAMPS
        self._signs = False
        self._grams: int | None = None

    def _sids(self) -> Iterator[int]:
        while True:
            yield self.given.random(16)

    # --- the line ---

    def connected(self, now: float) -> None:
        self._problem, self._greet_at = ("unknown", []), None
        self._session.connected(now)

    def disconnected(self, now: float, reason: str) -> None:
        self._session.disconnected()
        self._listen(now)
        self._greet_at = None

    def receive(self, data: bytes, now: float) -> None:
        self._session.receive(data, now)
        fresh, self._damaged = self._session.damaged - self._damaged, self._session.damaged
        self._damaged_at.extend([now] * min(fresh, NOISY))
        # At once: one read holds some hundreds of events at most, and they do not wait for the next.
        self._listen(now)

    def outgoing(self) -> bytes:
        return self._session.outgoing()

    def sent(self, count: int, now: float) -> None:
        self._session.sent(count, now)

    def step(self, now: float) -> float:
        if self._greet_at is not None and now >= self._greet_at:
            self._greet_at = None
            self._session.connected(now)
        self._session.step(now)
        self._listen(now)
        deeds = self._deeds.step(now)
        calm = self._damaged_at[0] + NOISY_S if len(self._damaged_at) == NOISY else float("-inf")
        self._noisy = now < calm
        wishes = (self._session.step(now), deeds, self._greet_at, calm if self._noisy else None)
        return min((wish for wish in wishes if wish is not None), default=float("inf"))

    # --- what is known of it ---

    def condition(self) -> Condition:
        if self._session.hello is None:
            return self._problem
        return ("degraded", ["noisy_line"]) if self._noisy else ("online", [])

    def identity(self) -> tuple[str, str]:
        return ("", "") if self._known is None else (self._known.model, self._known.firmware)

    # --- what the store wants ---

    def take(self, command: Command) -> None:
        if not isinstance(command, DeviceCommand) or command.op not in (*mcu_commands.ACTIONS, *mcu_commands.STATES):
            super().take(command)
            return
        try:
            if command.op in mcu_commands.STATES:
                self._show(mcu_commands.state(command.op, command.args))
                return
            wish = mcu_commands.action(command.op, command.args)
        except ValueError as error:
            log.warning("%s: %s: %s", self.name, command.op, error)
            wish = None
        if command.op in mcu_commands.ACTIONS:
            self._deeds.take(command.key, wish)

    def _show(self, state: mcu_commands.Wish) -> None:
        """Lamps that are to change while all of them flash do so when that is over."""
        if state.op == NO_LAMPS.op:
            self._lamps = state
            if self._signs:
                return
        self._session.set_state(state.op, state.args)

    def show_sign(self, on: bool) -> bool:
        """All lamps flash, then they are as the store wants them."""
        if on and NO_LAMPS.cap not in self.abilities():
            return False
        self._signs = on
        shown = ALL_LAMPS if on else self._lamps
        self._session.set_state(shown.op, shown.args)
        return True

    def abilities(self) -> list[str]:
        return [] if self._known is None else list(self._known.caps)

    def retire(self) -> None:
        self._deeds.retire()

    @property
    def idle(self) -> bool:
        return self._deeds.idle

    def close(self) -> None:
        self._deeds.close()

    def _tell_end(self, deed: Deed) -> None:
        """Under the same key whenever it is told, so that it counts once."""
        kind = _ENDS.get(deed.state, "unknown")
        facts = {"key": deed.key, "reason": deed.reason} if deed.reason else {"key": deed.key}
        self.tell_facts(kind, facts, key=f"{deed.key}:{kind}")

    # --- what the link tells ---

    def _listen(self, now: float) -> None:
        for event in self._session.events():
            self._hear(event, now)

    def _hear(self, event: Event, now: float) -> None:
        match event:
            case Up(hello, rebooted):
                self._known, self._grams = hello, None
                log.info("%s: %s %s%s", self.name, hello.model, hello.firmware, ", new start" if rebooted else "")
            case Down(reason):
                self._part(reason, now)
            case Input():
                self._tell_input(event, now)
            case Telemetry(op, args):
                self._weigh(op, args, now)
            case ActionDone() | ActionUnknown() | ActionUnsent():
                self._deeds.hear(event)
            case LogText(text):
                self._note(logging.INFO, f"says: {text}", now)
            case Fault(detail):
                self._note(logging.WARNING, f"the firmware does not fit: {detail}", now)

    def _part(self, reason: str, now: float) -> None:
        """A session is over; the next greeting is on its way, or is due here."""
        log.info("%s: the session is over: %s", self.name, reason)
        match reason:
            case "version":
                self._problem, self._greet_at = ("blocked", ["version"]), now + VERSION_AGAIN_S
            case "no_answer":
                self._problem, self._greet_at = ("offline", ["no_answer"]), now
            case "silent" | "no_ack":
                self._problem = ("offline", ["no_answer"])
            case _:
                self._problem = ("unknown", [])

    def _tell_input(self, event: Input, now: float) -> None:
        if event.missed:
            log.warning("%s: %d inputs came while nobody listened and are lost", self.name, event.missed)
        boot = None if self._known is None else self._known.boot
        key = "" if boot is None or event.number is None else f"{boot:08x}-{event.number}"
        match event.op, event.args:
            case (op, (int(key_number), int(down))) if op == KEY:
                facts = {"key": key_number, "down": down == 1}
                self.tell_facts("key", facts, key=key, age_ms=event.age_ms)
            case (op, (int(button), int(pressed))) if op == BUTTON:
                if pressed:
                    self.tell("call", key=key, age_ms=event.age_ms, button=button)
            case (op, (str(text),)) if op == SCAN:
                self.tell("scan", key=key, age_ms=event.age_ms, text=text)
            case _:
                self._note(logging.WARNING, f"an input that makes no sense: {event.op:#04x} {event.args!r}", now)

    def _weigh(self, op: int, args: tuple[Value, ...], now: float) -> None:
        match op, args:
            case (number, (int(grams), 1)) if number == SCALE:
                if grams != self._grams and now >= self._weighed_at + MOST_WEIGHTS_S:
                    self._grams, self._weighed_at = grams, now
                    self.tell("weight", grams=grams, stable=True)
            case _:
                return  # it moves, or it is a value that a later firmware measures

    def _note(self, level: int, text: str, now: float) -> None:
        if now >= self._words_at + WORDS_S:
            self._words_at = now
            log.log(level, "%s: %s", self.name, text)
