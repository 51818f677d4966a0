"""A program that dies is started again; a supervisor that is killed leaves nobody behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import eventually

from gateway.demo.children import BACKOFF_S, STEADY_S, Child, Program, environment, stop_all
from gateway.demo.folder import DemoFolder
from gateway.demo.log_lines import FILE_BYTES, LINES_PER_S, Allowance, LogFiles, Output
from gateway.demo.supervisor import Supervisor, Wake

WAIT_S = 10.0
FOREVER = ("-c", "import time; print('up', flush=True); time.sleep(600)")
DEAF = (
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    made: list[Child] = []

    def one(*arguments: str, name: str = "gateway", log: io.StringIO | None = None) -> Child:
        program = Program(name, name, (sys.executable, *arguments))
        made.append(Child(program, tmp_path, Output(log or io.StringIO()), environment()))
        return made[-1]

    yield one
    stop_all([made, [], []], time.monotonic, time.sleep)


def dead(child: Child, now: float) -> None:
    """Let the child notice its death at this moment."""
    pid = child.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    eventually("it is dead", lambda: not is_running(pid))
    eventually("its death is noticed", lambda: child.step(now) is not None or child.pid != pid)


def test_a_first_death_is_answered_at_once_and_the_next_ones_slower(make: Callable[..., Child]) -> None:
    child, now = make(*FOREVER), 100.0
    child.step(now)
    pauses = []
    for _ in range(len(BACKOFF_S) + 1):
        dead(child, now)
        due = child.step(now)
        pauses.append(round((due or now) - now, 3))
        now = due or now
        child.step(now)
        assert child.pid
    assert pauses == [*BACKOFF_S, BACKOFF_S[-1]]
    now += STEADY_S
    dead(child, now)
    assert child.step(now) is None, "after a steady time the first pause is again none"
    assert child.starts == len(BACKOFF_S) + 3


def test_the_links_of_dead_devices_are_removed_before_the_next_start(
    make: Callable[..., Child], tmp_path: Path
) -> None:
    folder = DemoFolder(tmp_path)
    folder.devices.mkdir()
    (folder.devices / "kitchen").symlink_to("/dev/pts/0")
    child = make(*FOREVER, name="devices")
    child.after_death = folder.unlink_devices
    child.step(0.0)
    assert (folder.devices / "kitchen").is_symlink()
    dead(child, 1.0)
    assert list(folder.devices.iterdir()) == []


def test_one_that_is_held_stays_down_until_it_is_released(make: Callable[..., Child]) -> None:
    child = make(*FOREVER)
    child.step(1.0)
    child.hold()
    eventually("it is down", lambda: child.step(1.5) is None and child.pid is None)
    child.step(100.0)
    assert child.pid is None
    child.release()
    child.step(100.0)
    assert child.pid


def test_one_that_is_deaf_is_killed_when_it_is_held(make: Callable[..., Child]) -> None:
    log = io.StringIO()
    child = make(*DEAF, log=log)
    child.step(1.0)
    eventually("it is up", lambda: "up" in log.getvalue(), seen=log.getvalue)
    child.hold()
    eventually("it is killed", lambda: child.step(3.0) is None and child.pid is None)


def test_stopping_takes_everything_that_a_program_started(make: Callable[..., Child]) -> None:
    log = io.StringIO()
    code = "import subprocess, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); time.sleep(600)"
    child, deaf = make("-c", code, log=log), make(*DEAF, name="deaf")
    child.step(0.0)
    deaf.step(0.0)
    eventually("it has a child", lambda: log.getvalue().endswith("\n"), seen=log.getvalue)
    grandchild = int(log.getvalue().split()[1])
    pids = [child.pid, deaf.pid, grandchild]

    def alive() -> list[int]:
        return [p for p in pids if p and is_running(p)]

    began = time.monotonic()
    stop_all([[deaf], [child], []], time.monotonic, time.sleep)
    assert time.monotonic() - began < 5.0
    eventually("nobody is left", lambda: not alive(), seen=alive)


def test_a_killed_supervisor_leaves_nobody(tmp_path: Path) -> None:
    code = f"""
import io, sys, time
from pathlib import Path
from gateway.demo.children import Child, Program, environment
from gateway.demo.folder import DemoFolder
from gateway.demo.log_lines import Output
child = Child(Program("a", "a", (sys.executable, *{DEAF!r})), Path({str(tmp_path)!r}), Output(), environment())
child.step(0.0)
print(child.pid, flush=True)
time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    assert process.stdout
    assert process.stderr
    pid = int(process.stdout.readline())
    assert process.stderr.readline() == "[a] up\n"
    process.kill()
    process.wait(WAIT_S)
    eventually("its child is gone", lambda: not is_running(pid))


def test_the_pids_file_follows(make: Callable[..., Child], tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "pids.json", Wake())
    supervisor.children["gateway"] = child = make(*FOREVER)

    def written() -> int | None:
        pid: int | None = json.loads((tmp_path / "pids.json").read_text())["gateway"]
        return pid

    supervisor.step(0.0)
    first = child.pid
    assert written() == first
    assert first
    os.kill(first, signal.SIGKILL)
    eventually("another is started", lambda: supervisor.step(0.0) and child.pid != first)
    supervisor.step(0.0)
    assert written() == child.pid
    child.hold()
    eventually("it is down", lambda: supervisor.step(0.5) and child.pid is None)
    assert written() is None


def test_a_log_in_a_loop_is_thinned_out_and_said_so() -> None:
    allowance = Allowance()
    taken = [allowance.take(5.0)[0] for _ in range(LINES_PER_S + 50)]
    assert sum(taken) == LINES_PER_S
    assert allowance.take(6.0) == (True, 50)
    assert allowance.take(7.0) == (True, 0)


def test_logs_go_to_one_file_a_program_and_begin_anew_when_they_are_long(tmp_path: Path) -> None:
    stream = io.StringIO()
    output = LogFiles(tmp_path / "logs", stream)
    output.line("bridge", "one")
    output.tell("the store did not come up")
    assert stream.getvalue() == "the store did not come up\n"
    log = tmp_path / "logs" / "bridge.log"
    assert log.read_text() == "one\n"
    log.write_text("x" * (FILE_BYTES + 1))
    output.line("bridge", "two")
    assert log.read_text() == "two\n"
    assert sorted(path.name for path in log.parent.iterdir()) == ["bridge.log", "bridge.log.old", "demo.log"]
    stream.close()
    output.tell("nobody is there")


def test_a_terminal_that_is_gone_does_not_matter() -> None:
    stream = io.StringIO()
    output = Output(stream)
    output.line("a", "one")
    assert stream.getvalue() == "[a] one\n"
    stream.close()
    output.line("a", "two")
