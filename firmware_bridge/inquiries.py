"""What the store wants found out: a look around for devices, a probe or a test of one. Each key has one answer.

Answers are kept in memory only, for who asks again because an answer was lost. After a restart a look around is simply
made again; a probe prints something, so it is not.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from firmware_bridge.drivers.driver import Probe
from gateway.contract.messages import BridgeCommand, BridgeEvent

log = logging.getLogger(__name__)

KEPT = 16
"""Answers; a person asks one at a time, and the gateway has forgotten an inquiry after a minute."""

Kind = Literal["found", "probed", "tested", "refused"]


class Inquiries:
    """`take` is called by paho's thread and returns at once. `discover` looks around and blocks for seconds; with True
    it scans our own networks too. `probe` hands a probe to a device and returns False when there is none of that name.
    `tell` publishes an answer."""

    def __init__(
        self,
        discover: Callable[[bool], dict[str, Any]],
        probe: Callable[[str, Probe], bool],
        tell: Callable[[BridgeEvent], None],
    ) -> None:
        self._discover = discover
        self._probe = probe
        self._tell = tell
        self._known: OrderedDict[str, BridgeEvent | None] = OrderedDict()
        self._lock = threading.Lock()
        self._looking = False

    def take(self, command: BridgeCommand) -> None:
        """One command; a key that is known is answered from memory."""
        with self._lock:
            known = command.key in self._known
            answer = self._known.get(command.key)
            if not known:
                self._known[command.key] = None
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        if answer is not None:
            self._tell(answer)
        elif not known:
            self._begin(command)

    def _begin(self, command: BridgeCommand) -> None:
        key = command.key
        refuse = partial(self._refuse, key)
        if command.op == "discover":
            with self._lock:
                if self._looking:
                    busy = True
                else:
                    busy, self._looking = False, True
            if busy:
                refuse("busy")
            else:
                look = partial(self._look, key, command.args.get("scan") is True)
                threading.Thread(target=look, name="discover", daemon=True).start()
        elif command.op == "test":
            if not self._probe(command.device, Probe(partial(self._answer, key, "tested"), refuse, sign=True)):
                refuse("unknown_device")
        elif command.attempt > 1:
            refuse("restarted")  # a former life may have printed it
        elif not self._probe(command.device, Probe(partial(self._answer, key, "probed"), refuse)):
            refuse("unknown_device")

    def _look(self, key: str, scan: bool) -> None:
        try:
            self._answer(key, "found", self._discover(scan))
        except Exception:  # whatever a strange network says ends this look only
            log.exception("the look around failed")
            self._refuse(key, "failed")
        finally:
            with self._lock:
                self._looking = False

    def _refuse(self, key: str, reason: str) -> None:
        self._answer(key, "refused", {"reason": reason})

    def _answer(self, key: str, kind: Kind, facts: dict[str, Any]) -> None:
        event = BridgeEvent(key, kind, facts)
        with self._lock:
            if key in self._known:
                self._known[key] = event
        self._tell(event)
