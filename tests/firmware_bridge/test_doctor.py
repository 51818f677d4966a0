"""`firmware-bridge doctor` as a stranger runs it: a real process, virtual printers on a pty and on TCP, a report."""

from __future__ import annotations

import getpass
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_rig import BridgeThread, Gateway, PrinterProcess, kitchen
from waiting import eventually

from firmware_bridge.doctor import masked, without_numbers
from firmware_bridge.probe_slip import LETTERS
from gateway.contract.findings import Findings

TWO = '[[printer]]\nname = "kitchen"\nbaud = 115200\n[[printer]]\nname = "net"\nkind = "tcp"\nbaud = 115200\n'


@pytest.fixture
def there(tmp_path: Path) -> Iterator[PrinterProcess]:
    made = PrinterProcess(tmp_path / "devices", TWO)
    made.ready()
    yield made
    made.stop()


def port(there: PrinterProcess, name: str) -> str:
    place = Path(there.port(name))
    eventually(f"{name} is plugged in", lambda: place.is_symlink() or place.is_file())
    return str(place) if place.is_symlink() else f"socket://{place.read_text().strip()}"


def doctor(folder: Path, *arguments: str, language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firmware_bridge", "doctor", *arguments, "--out", str(folder / "report.json")]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": language}
    )


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["kitchen", "net"])
def test_a_report_that_can_be_sent_in_names_neither_the_machine_nor_anybody(
    there: PrinterProcess, tmp_path: Path, name: str
) -> None:
    asked = port(there, name)
    done = doctor(tmp_path, "--printer", asked, "--baud", "115200")
    assert done.returncode == 0, done.stderr
    assert "the printer answered" in done.stdout
    found = report(tmp_path)
    assert found["findings"]["printed"]
    assert found["findings"]["capabilities"]["gs_h"] == {"state": "works", "known": "probed"}
    assert found["findings"]["advice"] == {"fence": "gs_h"}
    assert found["line"]["kind"] == ("serial" if name == "kitchen" else "network")
    assert [question["letter"] for question in found["questions"]] == list(LETTERS)
    assert all(question["answer"] == "" for question in found["questions"])
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "打完才回答" in text
    assert "A QR code that scans as TABLEPASS G?" in text
    assert " ms > 100401" in text
    whole = text + (tmp_path / "report.json").read_text(encoding="utf-8")
    for secret in (platform.node(), asked, str(tmp_path), "127.0.0.1", "SN00000001"):
        assert secret not in whole
    assert not (getpass.getuser() != "root" and getpass.getuser() in whole)
    eventually("its slip falls into the tray", lambda: there.papers(name))
    assert "PRINTER PROBE" in there.papers(name)[0]


def test_a_mute_printer_is_not_well_and_is_not_called_out_of_paper(there: PrinterProcess, tmp_path: Path) -> None:
    there.fault("printer_mute")
    done = doctor(tmp_path, "--printer", port(there, "kitchen"), "--baud", "115200", language="zh_CN.UTF-8")
    assert done.returncode == 1
    assert "打印机什么都没说" in done.stdout
    assert "没纸" not in done.stdout
    assert report(tmp_path)["findings"]["ended"] == "no_answer"


def test_a_model_that_somebody_names_brings_its_papers_and_what_differs_from_them(
    there: PrinterProcess, tmp_path: Path
) -> None:
    done = doctor(tmp_path, "--printer", port(there, "kitchen"), "--baud", "115200", "--model", "epson_tm_u220")
    assert done.returncode == 0
    can = report(tmp_path)["findings"]["capabilities"]
    assert can["gs_h"] == {"state": "works", "known": "probed", "note": "differs"}
    assert can["raster"] == {"state": "does_not", "known": "documented", "note": "see_slip"}


def test_no_paper_is_said_at_once_and_nothing_is_printed(there: PrinterProcess, tmp_path: Path) -> None:
    there.fault("paper_out")
    done = doctor(tmp_path, "--printer", port(there, "kitchen"), "--baud", "115200")
    assert done.returncode == 1
    assert "out of paper" in done.stdout + done.stderr
    there.fault("paper_out", on=False)
    assert doctor(tmp_path, "--printer", port(there, "kitchen"), "--baud", "115200").returncode == 0
    assert len(there.papers()) == 1


def test_a_port_that_the_bridge_has_is_refused_in_words(
    there: PrinterProcess, tmp_path: Path, gateway: Gateway, bridge: BridgeThread
) -> None:
    gateway.desire(kitchen(there))
    gateway.device("online")
    before = there.ask(op="state")["devices"]["kitchen"]["slips"]
    done = doctor(tmp_path, "--printer", there.port(), "--baud", "115200")
    assert done.returncode == 2
    assert "Stop the bridge, or use Probe on the printers page" in done.stderr
    assert not (tmp_path / "report.json").exists()
    assert there.facts("kitchen")["slips"] == before
    gateway.print("after")
    gateway.result("after", "PRINTED")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "--printer"),
        (("--printer", "tcp://10.0.0.1"), 2, "neither a path nor socket://"),
        (("--printer", "/dev/ttyS99", "--columns", "9"), 2, "columns 9"),
        (("--printer", "/dev/ttyS99", "--baud", "12345"), 2, "invalid choice"),
        (("--printer", "/nowhere/at/all"), 1, "cannot be opened"),
        (("--printer", "socket://127.0.0.1:9"), 1, "cannot be opened"),
    ],
)
def test_wrong_use_and_a_port_that_is_not_there(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = doctor(tmp_path, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "report.json").exists()


@pytest.mark.parametrize("said", ["TM-T88III", "GP-L80250II", "XP-S260M", "VIRTUAL-80", "1.00 ESC/POS"])
def test_a_model_is_no_serial_number(said: str) -> None:
    assert masked(said) == said


def test_a_serial_number_in_what_a_printer_says_is_masked_in_its_bytes_too() -> None:
    said = "TM-X X3XR012345"
    found = Findings(True, {}, said={"model": said}, exchange=[(1, "<", (b"_" + said.encode() + b"\0").hex())])
    shown = without_numbers(found)
    assert shown.said == {"model": "TM-X X3X*******"}
    assert b"012345" not in bytes.fromhex(shown.exchange[0][2])
