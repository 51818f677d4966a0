"""`gateway explain`: what it prints, in which language, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from store.shop import Shop

from gateway import cli
from gateway.contract.messages import DeviceState, PrintResult
from gateway.operations import devices, papers

BOOT = '[store]\nid = "demo"\ndata = "{data}"\n[guest]\nport = 0\n[staff]\nport = 0\n'

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """(exit code, standard output, standard error) of `gateway explain ARGS`."""
    boot = tmp_path / "gateway.toml"
    boot.write_text(BOOT.format(data=tmp_path / "box"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def call(*args: str) -> tuple[int, str, str]:
        try:
            code = cli.main(["explain", *args, "--config", str(boot)])
        except SystemExit as wrong_use:
            code = int(wrong_use.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_it_says_what_is_in_the_way_and_ends_with_one(shop: Shop, run: Run) -> None:
    shop.do(devices.take_device_state, "kitchen", DeviceState("blocked", "bridge-1", reasons=["paper_out"]))
    shop.place("lamb")
    code, out, err = run("A001-0001")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[:2] == ["A001  table 1", "Slip 0001 waits for paper at Kitchen printer since 11:30: put in a roll"]
    assert "11:30:00  A guest ordered" in lines


def test_it_speaks_as_the_terminal_does(shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    shop.do(devices.take_device_state, "kitchen", DeviceState("blocked", "bridge-1", reasons=["paper_out"]))
    shop.place("lamb")
    assert "11:30 起后厨打印机没纸，小票 0001 在等：换一卷纸" in run("A001")[1]
    assert run("A009")[2] == "gateway explain: 找不到这张单：A009\n"


def test_with_nothing_in_the_way_it_ends_with_nought(shop: Shop, run: Run) -> None:
    order_id = shop.place("lamb")
    job = shop.jobs(order_id)[0]
    shop.do(papers.take_result, job.printer, PrintResult(job.id, 1, "PRINTED"))
    code, out, _ = run(order_id, "--json")
    found = json.loads(out)
    assert (code, found["well"], found["stands"]["code"]) == (0, True, "on_paper")


def test_what_is_not_there_is_wrong_use(shop: Shop, run: Run) -> None:
    code, out, err = run("A009", "--json")
    assert (code, json.loads(out)["ok"]) == (2, False)
    assert "there is no order A009" in err
    assert run()[0] == 2


def test_a_look_changes_nothing(shop: Shop, run: Run) -> None:
    shop.place("lamb")
    files = [shop.folder / name for name in ("gateway.db", "gateway.db-wal")]
    before = [path.read_bytes() for path in files]
    assert "A001" in run("A001")[1]
    assert [path.read_bytes() for path in files] == before
