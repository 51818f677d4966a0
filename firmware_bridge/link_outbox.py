"""What a host has for a device: actions once each, states by their last value, one DATA under way. No I/O, no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from firmware_bridge.frame import MAX_PAYLOAD, Message, Value, write_message
from firmware_bridge.link_events import (
    MOST_ACTIONS,
    MOST_STATES,
    ActionDone,
    ActionUnknown,
    ActionUnsent,
    Event,
    Fault,
    Limits,
    NotTakenError,
)


def next_seq(seq: int) -> int:
    """1 to 255, then 1 again."""
    return seq % 255 + 1


def earlier_seq(seq: int) -> int:
    return (seq - 2) % 255 + 1


@dataclass
class _Flight:
    """The one DATA that is not acknowledged: an action, or a state (`mid` None).

    `due` is when to try again, None until the last byte has left; `asked`: it is to go out now; `begun`: a byte left.
    """

    payload: bytes
    op: int
    mid: int | None
    tries: int = 0
    begun: bool = False
    due: float | None = None
    asked: bool = True


class Outbox:
    """States outlive every session, actions none. `now` in seconds of the monotonic clock."""

    def __init__(self, limits: Limits) -> None:
        self.resent = 0
        self._limits = limits
        self._states: dict[int, bytes] = {}
        self._stale: dict[int, None] = {}
        self._actions: deque[_Flight] = deque()
        self._flight: _Flight | None = None
        self._seq = 0
        self._most = MAX_PAYLOAD

    # --- wishes ---

    def add_action(self, op: int, args: tuple[Value, ...], mid: int) -> None:
        if not 0 <= mid < 1 << 32:
            raise ValueError(f"mid {mid} is no u32")
        if len(self._actions) >= MOST_ACTIONS:
            raise NotTakenError(f"{MOST_ACTIONS} actions wait already")
        self._actions.append(_Flight(_payload(op, (mid, *args), self._most), op, mid))

    def set_state(self, op: int, args: tuple[Value, ...]) -> None:
        payload = _payload(op, args, self._most)
        if op not in self._states and len(self._states) >= MOST_STATES:
            raise ValueError(f"{MOST_STATES} states are kept already")
        if self._states.get(op) != payload:
            self._states[op] = payload
            self._stale[op] = None

    # --- sessions ---

    def begin(self, forgotten: bool, most: int) -> list[Event]:
        """A new session with a device that takes `most` bytes; `forgotten`: it lost its states, or was never told."""
        self._seq = 0
        self._most = most = min(most, MAX_PAYLOAD)
        if forgotten:
            self._stale = dict.fromkeys(self._states)
        too_long = [op for op in self._stale if len(self._states[op]) > most]
        for op in too_long:
            del self._stale[op]
        return [Fault(f"state {op:#04x} has {len(self._states[op])} bytes, the device takes {most}") for op in too_long]

    def give_up(self) -> list[Event]:
        """The session is over: the end of each action. The state under way goes out again in the next session."""
        flight, self._flight = self._flight, None
        ends: list[Event] = []
        if flight is not None and flight.mid is not None:
            ends.append(ActionUnknown(flight.mid) if flight.begun else ActionUnsent(flight.mid))
        elif flight is not None:
            self._stale[flight.op] = None
        ends += [ActionUnsent(action.mid) for action in self._actions if action.mid is not None]
        self._actions.clear()
        return ends

    # --- the line ---

    def take_next(self) -> tuple[int, bytes] | None:
        """(seq, payload) of the DATA that is to leave now. An action before a state: somebody waits for it."""
        if self._flight is None:
            self._load()
        flight = self._flight
        if flight is None or not flight.asked:
            return None
        flight.asked = False
        flight.tries += 1
        self.resent += flight.tries > 1
        return self._seq, flight.payload

    def _load(self) -> None:
        if self._actions:
            self._flight = self._actions.popleft()
        elif self._stale:
            op = next(iter(self._stale))
            del self._stale[op]
            self._flight = _Flight(self._states[op], op, None)
        if self._flight is not None:
            self._seq = next_seq(self._seq)

    def left(self, seq: int, whole: bool, now: float) -> None:
        """Bytes of the DATA `seq` left, or the last of them did: only then does the wait for its ACK begin."""
        flight = self._flight
        if flight is None or seq != self._seq:
            return  # acknowledged while a repeat of it was still leaving
        flight.begun = True
        if whole:
            doubled = self._limits.first_wait * 2 ** min(flight.tries - 1, 16)  # 16: stays a float without a try limit
            flight.due = now + min(doubled, self._limits.longest_wait)

    def take_ack(self, seq: int) -> ActionDone | None:
        flight = self._flight
        if flight is None or not flight.begun or seq != self._seq:
            return None
        self._flight = None
        return None if flight.mid is None else ActionDone(flight.mid)

    def take_nak(self, seq: int) -> None:
        """Sends again at once, but only what was sent once: a repeat for each NAK of a repeat would be a storm."""
        flight = self._flight
        if flight is not None and seq == self._seq and flight.tries == 1 and flight.due is not None:
            flight.due, flight.asked = None, True

    @property
    def due(self) -> float | None:
        return None if self._flight is None else self._flight.due

    def is_spent(self, now: float) -> bool:
        """Looks at the wait for an ACK: when it is over the DATA goes out again, or True: the tries are used up."""
        flight = self._flight
        if flight is None or flight.due is None or now < flight.due:
            return False
        if self._limits.tries is not None and flight.tries >= self._limits.tries:
            return True
        flight.due, flight.asked = None, True
        return False


def _payload(op: int, args: tuple[Value, ...], most: int) -> bytes:
    payload = write_message(Message(op, args))
    if len(payload) > most:
        raise ValueError(f"operation {op:#04x}: {len(payload)} bytes, the device takes {most}")
    return payload
