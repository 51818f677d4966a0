"""The loop over the demo's programs: watches them, plays drills, answers the control socket. One thread."""

from __future__ import annotations

import json
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.demo.children import Child
from gateway.demo.control import Answer, Mailbox, Request
from gateway.demo.drills import Drills
from gateway.demo.folder import write_file

LONGEST_WAIT_S = 1.0
"""A death is told by SIGCHLD at once; this is only for the case that one is missed."""

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Wake:
    """Ends the loop's wait: by a signal, or by another thread that calls `wake`."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self.stop = False

    def listen_to_signals(self) -> None:
        """In the main thread: SIGTERM, SIGINT and SIGHUP ask to stop, SIGCHLD wakes."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in STOPPING:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def wake(self) -> None:
        try:
            self._writer.send(b"!")
        except BlockingIOError:
            return  # it is full: the loop is about to wake anyway

    def wait(self, seconds: float) -> None:
        ready, _, _ = select.select([self._reader], [], [], max(0.0, seconds))
        if ready:
            self._reader.recv(4096)

    def _on_stop(self, *_: Any) -> None:
        self.stop = True


class Supervisor:
    """`step(now)` does what is due and returns when it next wants to run, in monotonic seconds."""

    def __init__(self, pids_file: Path, wake: Wake):
        self.children: dict[str, Child] = {}
        self.mailbox = Mailbox(wake.wake)
        self.operations: dict[str, Callable[[], None]] = {}
        self.state: Callable[[], Answer] = dict
        self._pids_file = pids_file
        self._written: dict[str, int | None] = {}
        self._drills: Drills | None = None
        self._devices_starts = 0

    def play_drills(self, drills: Drills) -> None:
        self._drills = drills

    @property
    def pids(self) -> dict[str, int | None]:
        """Null for a program that is not running at this moment."""
        return {name: child.pid for name, child in self.children.items()}

    def step(self, now: float) -> float:
        due = [now + LONGEST_WAIT_S]
        self.mailbox.serve(lambda request: self._act(request, now))
        for child in self.children.values():
            due.append(child.step(now) or due[0])
        if self._drills:
            devices = self.children["devices"]
            if devices.starts > self._devices_starts:
                if self._devices_starts:
                    self._drills.devices_started(now)
                self._devices_starts = devices.starts
            due.append(self._drills.step(now) or due[0])
        self._write_pids()
        return min(due)

    def _write_pids(self) -> None:
        pids = self.pids
        if pids != self._written:
            write_file(self._pids_file, json.dumps(pids) + "\n", 0o644)
            self._written = dict(pids)

    def _act(self, request: Request, now: float) -> Answer:
        if self._drills is None:
            return {"ok": False, "code": "not_ready"}
        if request.op == "state":
            return {"ok": True, "active": self._drills.active(now), "pids": self.pids, **self.state()}
        if request.op is not None:
            operation = self.operations.get(request.op)
            if operation is None:
                return {"ok": False, "code": "unknown_operation", "operations": ["state", *self.operations]}
            operation()
            return {"ok": True, "active": self._drills.active(now), **self.state()}
        if request.fault is None:
            return {"ok": False, "code": "invalid", "detail": "a request names a fault or an op"}
        answer = self._drills.play(request.fault, request.on, request.target, request.for_s, now)
        self.children["broker"].step(now)  # a broker that is released starts now, not after the next wait
        return answer
