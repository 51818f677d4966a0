"""`install.sh` in folders with unusual names, run twice, cut half-way. A small real `uv` stands in for the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import json, os, sys; print(json.dumps([sys.argv[1:], os.getpid()], ensure_ascii=False))"


class Checkout:
    """A copy of what the script touches, with a program that only tells how it was called."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.tools = folder.parent / "tools"
        self.calls = folder.parent / "uv-calls"
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        shutil.copy2(ROOT / "install.sh", folder)
        (folder / "gateway").mkdir()
        (folder / "gateway" / "__init__.py").touch()
        (folder / "gateway" / "__main__.py").write_text(PROGRAM)
        self.tools.mkdir()
        self.tool("mosquitto", "exit 0")
        self.uv_works()

    def tool(self, name: str, script: str) -> None:
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def uv_works(self) -> None:
        self.tool("uv", f'echo "$@" >> "{self.calls}"')

    def uv_fails(self) -> None:
        self.tool("uv", f'echo failed >> "{self.calls}"; exit 1')

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}", "PIP_NO_INDEX": "1"}
        environment.pop("PIP_FIND_LINKS", None)
        return subprocess.run(
            [str(self.folder / "install.sh"), *arguments],
            capture_output=True, text=True, env=environment, cwd=self.folder.parent, timeout=60, check=False,
        )  # fmt: skip

    def uv_calls(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "我的 餐厅"
    folder.mkdir()
    return Checkout(folder)


def test_the_second_run_starts_at_once_and_fetches_nothing(checkout: Checkout) -> None:
    first = checkout.run("demo", "--data", "a b", "店")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith('[["demo", "--data", "a b", "店"]'), "standard output belongs to the program alone"
    assert len(checkout.uv_calls()) == 1
    assert "--require-hashes" in checkout.uv_calls()[0]
    began = time.monotonic()
    second = checkout.run("demo")
    assert time.monotonic() - began < 1.0
    assert second.returncode == 0
    assert second.stderr == ""
    assert len(checkout.uv_calls()) == 1
    command = checkout.folder / ".venv" / "bin" / "gateway"
    told = subprocess.run([command, "x y"], capture_output=True, text=True, timeout=30, check=True)
    assert told.stdout.startswith('[["x y"]')


def test_a_run_that_was_cut_is_made_good_by_the_next(checkout: Checkout) -> None:
    checkout.uv_fails()
    cut = checkout.run("demo")
    assert cut.returncode == 1
    assert "check the network" in cut.stderr
    assert cut.stdout == ""
    torn = checkout.folder / ".venv" / "torn"
    torn.touch()
    checkout.uv_works()
    again = checkout.run("demo")
    assert again.returncode == 0, again.stderr
    assert not torn.exists(), "a torn environment is made anew"


def test_a_changed_list_is_installed_and_an_unchanged_one_is_not(checkout: Checkout) -> None:
    checkout.run("demo")
    with open(checkout.folder / "requirements" / "demo.txt", "a") as file:
        file.write("# changed\n")
    checkout.run("demo")
    assert len(checkout.uv_calls()) == 1, "the broker of this machine is there: demo.txt does not matter"
    checkout.run("demo", "--broker", "embedded")
    assert len(checkout.uv_calls()) == 2
    assert checkout.uv_calls()[1].endswith("requirements/demo.txt")


def test_wrong_use_is_told_in_both_languages(checkout: Checkout) -> None:
    for arguments in ((), ("dmeo",)):
        told = checkout.run(*arguments)
        assert told.returncode == 2
        assert told.stdout == ""
        assert "用法 / Usage" in told.stderr
        assert all(f"no such command: {wrong}" in told.stderr for wrong in arguments)
    assert not (checkout.folder / ".venv").exists()


def test_a_folder_that_is_not_ours_is_left_alone(checkout: Checkout) -> None:
    foreign = checkout.folder / ".venv"
    foreign.mkdir()
    (foreign / "diary.txt").write_text("mine")
    told = checkout.run("demo")
    assert told.returncode == 2
    assert "not a virtual environment" in told.stderr
    assert (foreign / "diary.txt").read_text() == "mine"
