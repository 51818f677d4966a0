"""The tests' own watchmen: they find what is left behind, and a failure shows what the demo said."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from leftovers import Run
from waiting import eventually

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def run() -> Iterator[Run]:
    inner = Run()
    yield inner
    inner.end()


def test_a_run_that_cleans_up_leaves_nothing(run: Run) -> None:
    subprocess.run(["true"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        assert folder.startswith(str(run.folder))
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    assert run.left() == []


def test_a_process_a_thread_and_a_folder_are_found_while_they_are_there(run: Run) -> None:
    # A child's child, in a session of its own: what a killed supervisor would leave.
    shell = subprocess.Popen(["sh", "-c", "setsid sleep 60 >/dev/null & echo $!"], stdout=subprocess.PIPE, text=True)
    orphan = int(shell.communicate(timeout=10)[0])
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait, name="forgotten")
    thread.start()
    folder = tempfile.mkdtemp(prefix="tp-")
    all_three = [f"process {orphan} sleep 60", "thread forgotten", f"folder {os.path.basename(folder)}"]
    eventually("the orphan has become itself, and all are found", lambda: run.left() == all_three)
    os.kill(orphan, 9)
    leave.set()
    thread.join()
    os.rmdir(folder)
    assert run.settled() == []


def test_descriptors_that_nobody_closes_are_found(run: Run) -> None:
    kept = [os.dup(0) for _ in range(201)]
    assert run.left() == ["201 descriptors"]
    for each in kept:
        os.close(each)
    assert run.left() == []


def test_another_run_is_not_ours(run: Run) -> None:
    other = Run()
    child = subprocess.Popen(["sleep", "60"])
    try:
        # Of a process that is just beginning the kernel tells nothing for a moment.
        eventually("it is seen", lambda: [words.split()[0] for words in other.left()] == ["process"])
        assert run.left() == [f"folder {other.folder.name}"], "which lies in ours: the outer one's folder is TMPDIR"
    finally:
        child.kill()
        child.wait()
        other.end()
    assert run.left() == []


def test_a_failure_shows_what_the_demo_said_also_when_its_folder_is_gone(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(
        "import shutil, sys\nfrom pathlib import Path\nfrom running_demo import Log\n\n\n"
        "def said(folder, words):\n"
        "    folder.mkdir()\n    log = Log(folder / 'demo.log')\n    log.to.write(words)\n    log.to.close()\n"
        "    shutil.rmtree(folder)\n\n\n"
        "def test_one(tmp_path):\n    said(tmp_path / 'a', b'of a test that passed')\n\n\n"
        "def test_two(tmp_path):\n    said(tmp_path / 'b', b'the oven is on fire')\n    assert False\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--rootdir={tmp_path}", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "the oven is on fire" in done.stdout
    assert "of a test that passed" not in done.stdout, "a demo that had ended before is not this test's"
