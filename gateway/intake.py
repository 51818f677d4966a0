"""Messages from the broker, as operations. A message is acknowledged after its transaction is committed."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from gateway.contract.messages import (
    MAX_PAYLOAD,
    BridgeEvent,
    BridgeState,
    DeviceEvent,
    DeviceState,
    PrintResult,
    TicketDo,
)
from gateway.contract.refusals import OTHERWISE, STATUS
from gateway.contract.topics import Topics
from gateway.contract.wire import Message, Outlet
from gateway.domain.actor import Actor
from gateway.domain.errors import Refused
from gateway.domain.now import Now
from gateway.domain.order import StaffCart
from gateway.operations import changes, device_events, devices, inquiries, kitchen, ordering, papers
from gateway.store import NotDone, Pending, Store, keys

log = logging.getLogger(__name__)

MAX_HELD = 256
"""Messages taken and not yet acknowledged, wherever they wait: for this part, for the writer, or to be tried again.
Mosquitto has at most 20 of ours on the way; another broker may not be so strict. More stay with the broker."""

AT_ONCE = 32
"""Messages handed to the writer before it answers: one group commit takes them all."""

AGAIN_S = 1.0
"""Until a message that the store could not take is tried again."""


class Intake:
    """A part. `offer` is called by the connector's thread and never works; `step` decodes and submits."""

    def __init__(self, store: Store, topics: Topics, outlet: Outlet, saw_ticket: Callable[[str, str], None]):
        self._saw_ticket = saw_ticket
        self._store = store
        self._topics = topics
        self._outlet = outlet
        self._queue: deque[Message] = deque()
        self._again: deque[Message] = deque()
        self._again_at: float | None = None
        """When all of `_again` is tried; set when the first one waits, so that later traffic does not put it off."""
        self._newest: dict[str, Message] = {}
        self._lock = threading.Lock()
        self._held = 0
        self._left_some = False
        self.bring_again: Callable[[], None] = lambda: None
        """Asks the connector for a new connection: only there does a broker bring again what was left with it."""
        self.wake: Callable[[], None] = lambda: None
        self.on_bridge: Callable[[], None] = lambda: None
        """A bridge is there, perhaps for the first time since the broker came back: what is out is said to it now."""

    def offer(self, message: Message) -> bool:
        """False when `MAX_HELD` are held: the message stays unacknowledged, and the broker brings it again later."""
        with self._lock:
            if self._held >= MAX_HELD:
                self._left_some = True
                return False
            self._held += 1
        mine = replace(message, acknowledge=lambda: self._let_go(message))
        if mine.topic.endswith("/state"):
            # One entry for each device and bridge that the broker's rights let speak; a store has a few dozen.
            self._newest[mine.topic] = mine
        self._queue.append(mine)
        self.wake()
        return True

    def _let_go(self, message: Message) -> None:
        message.acknowledge()
        with self._lock:
            self._held -= 1
            bring = self._left_some and not self._held
            self._left_some = self._left_some and not bring
        if bring:
            log.warning("everything held is done; asking the broker for what was left with it")
            self.bring_again()

    def step(self, now: Now) -> float | None:
        self._try_again(now)
        for _ in range(min(AT_ONCE, len(self._queue))):
            message = self._queue.popleft()
            if self._is_overtaken(message):
                message.acknowledge()
                continue
            try:
                self._take(message)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                # It will never become readable: taken off the broker, kept in the log.
                log.warning("unreadable message on %s: %s", message.topic, error)
                message.acknowledge()
            except Exception:
                # A bug that this message met: it would meet it again, and hold its place for ever.
                message.acknowledge()
                raise
        if self._again and self._again_at is None:
            self._again_at = now.monotonic + AGAIN_S
        return now.monotonic if self._queue else self._again_at

    def _try_again(self, now: Now) -> None:
        if self._again_at is None or now.monotonic < self._again_at:
            return
        self._again_at = None
        # One by one: the writer's thread may put another in meanwhile, which then waits its own time.
        for _ in range(len(self._again)):
            self._queue.append(self._again.popleft())

    def _is_overtaken(self, message: Message) -> bool:
        """A state that had to wait for the store, while a newer one of the same thing came in: the last value wins."""
        if not message.topic.endswith("/state"):
            return False
        return self._newest.get(message.topic, message) is not message

    def _take(self, message: Message) -> None:
        if len(message.payload) > MAX_PAYLOAD:
            raise msgspec.ValidationError(f"{len(message.payload)} bytes, at most {MAX_PAYLOAD}")
        match self._topics.levels(message.topic):
            case ["printers", printer, "results"]:
                result = msgspec.json.decode(message.payload, type=PrintResult)
                self._submit(message, papers.take_result, Actor("bridge", printer), printer, result)
            case ["devices", name, "state"] if message.payload:
                state = msgspec.json.decode(message.payload, type=DeviceState)
                self._submit(message, devices.take_device_state, Actor("bridge", state.bridge), name, state)
            case ["devices", name, "events"]:
                event = msgspec.json.decode(message.payload, type=DeviceEvent)
                self._submit(message, device_events.take_device_event, Actor("device", name), name, event)
            case ["bridges", name, "state"] if message.payload:
                bridge = msgspec.json.decode(message.payload, type=BridgeState)
                if bridge.online:
                    self.on_bridge()
                self._submit(message, devices.take_bridge_state, Actor("bridge", name), name, bridge)
            case ["bridges", name, "events"]:
                answer = msgspec.json.decode(message.payload, type=BridgeEvent)
                self._submit(message, inquiries.take_answer, Actor("bridge", name), name, answer)
            case ["stations", station, "tickets", ticket]:
                if message.retained and message.payload:
                    self._saw_ticket(station, ticket)
                message.acknowledge()
            case ["stations", station, "tickets", ticket, "do"]:
                self._take_ticket_do(message, station, ticket)
            case ["orders"]:
                self._take_order(message)
            case _:
                message.acknowledge()

    def _submit(self, message: Message, operation: Callable[..., Any], actor: Actor, *args: Any) -> None:
        self._store.submit(operation, actor, *args).then(lambda pending: self._after(message, pending))

    def _after(self, message: Message, pending: Pending) -> None:
        if isinstance(pending.failure, NotDone):
            self._take_later(message, pending.failure)
            return
        if isinstance(pending.failure, Refused):
            log.info("%s was refused: %s", message.topic, pending.failure.code)
        message.acknowledge()

    def _take_later(self, message: Message, why: NotDone) -> None:
        """Mostly on the writer's thread: the step that is woken says when."""
        log.warning("%s is taken later: %s", message.topic, why)
        self._again.append(message)
        self.wake()

    def _take_ticket_do(self, message: Message, station: str, ticket: str) -> None:
        do = msgspec.json.decode(message.payload, type=TicketDo)
        actor = Actor("screen", do.screen, station)
        if do.action == "rendered":
            self._submit(message, kitchen.rendered, actor, ticket, do.screen, do.key, do.version, station)
        elif do.action == "rush":
            self._submit(message, changes.rush_ticket, actor, ticket, do.key, station)
        else:
            seen = (do.screen, do.key, do.version, station, do.lines)
            self._submit(message, kitchen.act_on_ticket, actor, ticket, do.action, *seen)

    def _take_order(self, message: Message) -> None:
        try:
            cart = msgspec.json.decode(message.payload, type=StaffCart)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._answer_unreadable(message, error)
            return
        if not cart.key:
            log.warning("an order on the broker without a key was dropped")
            message.acknowledge()
            return
        print_ = keys.fingerprint(message.payload)
        actor = Actor("program", cart.source or "mqtt")
        pending = self._store.submit(ordering.place_staff_order, actor, cart, cart.key, print_)
        pending.then(lambda done: self._answer_order(message, cart.key, done))

    def _answer_unreadable(self, message: Message, error: Exception) -> None:
        """An order that does not fit is answered, if at least its key can be read."""
        raw = msgspec.json.decode(message.payload)
        key = raw.get("key") if isinstance(raw, dict) else None
        if isinstance(key, str) and 0 < len(key) <= 128 and _is_level(key):
            self._answer(key, {"status": 422, "code": "invalid", "detail": str(error)})
        else:
            log.warning("unreadable order on the broker: %s", error)
        message.acknowledge()

    def _answer_order(self, message: Message, key: str, done: Pending) -> None:
        failure = done.failure
        if isinstance(failure, NotDone):
            self._take_later(message, failure)
            return
        if isinstance(failure, Refused):
            status = STATUS.get(failure.code, OTHERWISE)
            self._answer(key, {"status": status, "code": failure.code, **failure.detail})
        elif failure is not None:
            self._answer(key, {"status": 500, "code": "internal"})
        else:
            placed = done.result()
            # The body that the HTTP call answers with; a refusal has a `code` instead of an `id`.
            self._answer(key, placed.answer | {"replayed": placed.replayed})
        message.acknowledge()

    def _answer(self, key: str, answer: dict[str, Any]) -> None:
        if not _is_level(key):
            return
        # Where this is False the connection is gone, and the acknowledgement with it: the broker that kept our session
        # brings the order again, and it is answered as a repeat. One that forgot it has forgotten who subscribed too;
        # there, as docs/mqtt.md asks of them, the program says its order again.
        self._outlet.publish(self._topics.order_result(key), msgspec.json.encode(answer))


def _is_level(key: str) -> bool:
    """Whether a key may stand in a topic: a broker hangs up on a client that says a control character there."""
    return key.isprintable() and not set(key) & set("+#/")
