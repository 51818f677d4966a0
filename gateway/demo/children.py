"""One supervised program: started, watched, started again when it dies, stopped with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.log_lines import Output, follow

TETHER = Path(__file__).with_name("tether.py")
SOURCE_ROOT = Path(__file__).resolve().parents[2]

BACKOFF_S = (0.0, 0.2, 0.4, 0.8, 1.6, 2.0)
"""Pause before each start in a row: at once after a first death, as systemd does, then slower, up to 2 s."""
STEADY_S = 5.0
"""A program that lived this long died of something new: the next pause is the first again."""

PATIENCE_S = (2.5, 1.0, 0.5)
"""For the gateway, the others, the broker: the demo promises to be gone within 5 s, whatever hangs."""


@dataclass(frozen=True)
class Program:
    """`name` is the key in pids.json; `label` stands before each line of its log."""

    name: str
    label: str
    command: tuple[str, ...]


def python_module(module: str, *arguments: str) -> tuple[str, ...]:
    """A command for a module of this same tree; -P keeps the working folder off the path."""
    return (sys.executable, "-P", "-m", module, *arguments)


def environment() -> dict[str, str]:
    """The programs import this same tree, write UTF-8 in any locale and do not hold their log back."""
    path = os.pathsep.join(filter(None, (str(SOURCE_ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


class Child:
    """Touch it from one thread only, the main one: the kernel ties a child to the thread that started it."""

    def __init__(self, program: Program, folder: Path, output: Output, surroundings: Mapping[str, str]):
        self.program = program
        self.after_death: Callable[[], None] = lambda: None
        self.starts = 0
        self._folder = folder
        self._output = output
        self._surroundings = surroundings
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._next_start = 0.0
        self._quick_deaths = 0
        self._held = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def quick_deaths(self) -> int:
        """Deaths in a row, each soon after its start."""
        return self._quick_deaths

    def step(self, now: float) -> float | None:
        """Notice a death, start what is due. `now` is monotonic seconds; returns when it wants to run."""
        if self._process and self._process.poll() is not None:
            self._bury(now)
        if self._process or self._held:
            return None
        if now >= self._next_start:
            self._start(now)
            return None
        return self._next_start

    def hold(self) -> None:
        """Kill it, as a crash would, and keep it down until `release`."""
        self._held = True
        self.signal(signal.SIGKILL)

    def release(self) -> None:
        self._held = False
        self._next_start = 0.0

    def signal(self, number: signal.Signals) -> None:
        """To the whole group of the program: what it started goes with it."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def gone(self) -> bool:
        """For stopping: whether nothing of it runs any more. Never starts it again."""
        self._held = True
        if self._process and self._process.poll() is not None:
            self._end_group()
            self._process = None
        return self._process is None

    def _start(self, now: float) -> None:
        command = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *self.program.command]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env=dict(self._surroundings),
            start_new_session=True,
        )
        self._started_at = now
        self.starts += 1
        assert self._process.stdout is not None
        follow(self._process.stdout, self.program.label, self._output)

    def _bury(self, now: float) -> None:
        assert self._process is not None
        code = self._process.returncode
        if not self._held:
            end = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            self._output.line("demo", f"{self.program.label} ended with {end}, starting it again")
        self._end_group()
        self.after_death()
        self._process = None
        self._quick_deaths = 0 if now - self._started_at >= STEADY_S else self._quick_deaths + 1
        pause = BACKOFF_S[min(max(self._quick_deaths - 1, 0), len(BACKOFF_S) - 1)]
        self._next_start = now + pause

    def _end_group(self) -> None:
        """The leader is gone; kill what is left of its group."""
        self.signal(signal.SIGKILL)


def stop_all(groups: list[list[Child]], clock: Callable[[], float], pause: Callable[[float], None]) -> None:
    """Stop one group after the other, politely, then what is left by force: 4.7 s at most.

    The gateway comes first, so that it still reaches broker and cloud while it closes; the broker last.
    """
    for children, patience_s in zip(groups, PATIENCE_S, strict=True):
        for child in children:
            child.signal(signal.SIGTERM)
        deadline = clock() + patience_s
        while clock() < deadline and sum(not child.gone() for child in children):
            pause(0.02)
    everything = [child for children in groups for child in children]
    for child in everything:
        child.signal(signal.SIGKILL)
    deadline = clock() + 0.7  # a killed process goes at once, unless the kernel holds it in a broken disk
    while clock() < deadline and sum(not child.gone() for child in everything):
        pause(0.02)
