"""`gateway doctor`: what the newest probes found, from a store that is running or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from commands.test_commands import BOOT
from store.shop import Shop

from gateway import cli
from gateway.contract.findings import Capability, Disagreement, Findings
from gateway.contract.messages import BridgeEvent
from gateway.operations import inquiries

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    boot = tmp_path / "gateway.toml"
    boot.write_text(BOOT.format(data=tmp_path / "box"))

    def call(*args: str) -> tuple[int, str, str]:
        try:
            code = cli.main(["doctor", *args, "--config", str(boot)])
        except SystemExit as wrong_use:
            code = int(wrong_use.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def probed(shop: Shop, printer: str, facts: Any, key: str = "k1") -> None:
    asked = shop.do(inquiries.probe, printer, f"{printer}-{key}")
    shop.do(inquiries.take_answer, asked.bridge, BridgeEvent(asked.id, "probed", msgspec.to_builtins(facts)))


WELL = Findings(True, {"gs_h": Capability("works", "probed")}, advice={"fence": "gs_h"}, letters="A")


def test_printers_that_proved_their_probe_are_well(shop: Shop, run: Run) -> None:
    assert run()[0] == 1, "nobody has probed one yet"
    for printer in ("kitchen", "counter"):
        probed(shop, printer, WELL)
    code, out, _ = run()
    assert code == 0
    assert "answers when printed, with our mark (GS ( H): works, this printer answered" in out
    assert out.count("a setting that fits") == 2
    value = json.loads(run("--json")[1])
    assert value["ok"]
    assert value["printers"]["kitchen"]["findings"]["advice"] == {"fence": "gs_h"}


def test_one_that_does_not_do_what_the_settings_say_is_not_well(shop: Shop, run: Run) -> None:
    probed(shop, "counter", WELL)
    differs = [Disagreement("fence", "gs_h", "gs_h")]
    wrong = Findings(True, {"gs_h": Capability("does_not", "probed")}, disagrees=differs)
    probed(shop, "kitchen", wrong)
    assert run("--printer", "counter")[0] == 0
    code, out, _ = run("--printer", "kitchen")
    assert code == 1
    assert 'The settings say fence = "gs_h"; this printer does not' in out
    shop.later(inquiries.PROBE_EVERY_S)
    probed(shop, "kitchen", WELL, key="k2")
    assert run("--printer", "kitchen")[0] == 0, "the newest counts"


def test_a_chinese_terminal_gets_chinese(shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    probed(shop, "kitchen", WELL)
    assert "打完回我们的号" in run("--printer", "kitchen")[1]
    assert "还没有检测过" in run("--printer", "counter")[1]


def test_what_another_version_wrote_is_as_good_as_nothing(shop: Shop, run: Run) -> None:
    probed(shop, "kitchen", {"printed": "perhaps"})
    code, out, _ = run("--printer", "kitchen")
    assert (code, "never probed" in out) == (1, True)


def test_an_unknown_printer_and_a_port_are_wrong_use(shop: Shop, run: Run) -> None:
    code, _, err = run("--printer", "bar")
    assert (code, "kitchen" in err) == (2, True)
    for port in ("/dev/ttyUSB0", "socket://10.0.0.9:9100"):
        code, _, err = run("--printer", port)
        assert (code, f"firmware-bridge doctor --printer {port}" in err) == (2, True)
