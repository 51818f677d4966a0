"""The virtual printers themselves, as any program would meet them: over a pty or a socket, by the book."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bridge_rig import Printers
from waiting import eventually

from firmware_bridge.virtual.interpreter import Interpreter
from firmware_bridge.virtual.paper import text_of
from firmware_bridge.virtual.printer import VirtualPrinter
from firmware_bridge.virtual.sheet import PrintedBars, Sheet
from firmware_bridge.virtual.tray import KEEP, Tray

HELLO = "1B 40 1C 26 B9 AC B1 A3 1C 2E 41 30 33 31 0A"
CUT = "1D 56 42 00"


class Line:
    """A program that prints to the stable path, without any bridge."""

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def send(self, *data: str) -> None:
        os.write(self.fd, bytes.fromhex(" ".join(data)))

    def receive(self, count: int, seconds: float = 3) -> str:
        got = b""
        while len(got) < count and select.select([self.fd], [], [], seconds)[0]:
            got += os.read(self.fd, count - len(got))
        return got.hex(" ")


@pytest.fixture
def line(printers: Printers) -> Iterator[Line]:
    printers.ready()
    made = Line(printers.port())
    yield made
    os.close(made.fd)


def test_status_fence_and_automatic_status_answer_by_the_book(line: Line, printers: Printers) -> None:
    line.send("10 04 01", "10 04 02", "10 04 03", "10 04 04")
    assert line.receive(4) == "12 12 12 12"
    line.send("1D 61 0F", HELLO, "1D 61 0F", "1D 72 01")
    assert line.receive(9) == "10 00 00 00 10 00 00 00 00", "each GS a is answered at once, then the fence"
    printers.fault("paper_out")
    assert line.receive(4) == "18 00 0f 00"
    line.send("10 04 01", "10 04 02", "10 04 04", "1D 72 01")
    assert line.receive(4, 0.3) == "1a 32 7e", "no fence answer without paper"
    printers.fault("paper_out", on=False)
    assert line.receive(5) == "10 00 00 00 00"


def test_a_line_carries_no_more_than_its_baud_rate(tmp_path: Path) -> None:
    printers = Printers(tmp_path / "slow", '[[printer]]\nname = "kitchen"\nbaud = 9600\n')
    try:
        printers.ready()
        line = Line(printers.port())
        began = time.monotonic()
        line.send("41" * 960, "10 04 01")
        assert line.receive(1) == "12"
        assert 0.9 < time.monotonic() - began < 2
        os.close(line.fd)
    finally:
        printers.stop()


def test_numbers_go_on_after_a_restart_and_white_paper_leaves_nothing(line: Line, printers: Printers) -> None:
    line.send(HELLO, CUT, "0A", CUT)
    eventually("a paper", lambda: len(printers.papers()) == 1, seen=printers.papers)
    printers.stop()
    printers.start()
    printers.ready()
    again = Line(printers.port())
    again.send(HELLO, CUT)
    eventually("another", lambda: len(printers.papers()) == 2, seen=printers.papers)
    assert printers.papers() == ["宫保A031\n"] * 2
    os.close(again.fd)


def test_unplugging_removes_the_stable_path_and_the_replug_brings_it_back(
    line: Line, printers: Printers
) -> None:
    printers.fault("printer_unplugged")
    assert not os.path.lexists(printers.port())
    with contextlib.suppress(OSError):  # the kernel says it either way: an error, or the end of the line
        assert os.read(line.fd, 1) == b""
    printers.fault("printer_unplugged", on=False)
    again = Line(printers.port())
    again.send("10 04 01")
    assert again.receive(1) == "12"
    os.close(again.fd)


def test_a_power_cut_loses_the_buffer_but_not_the_paper(line: Line, printers: Printers) -> None:
    printers.fault("cover_open")
    line.send(HELLO)
    eventually("its bytes are there", lambda: printers.ask(op="state")["devices"]["kitchen"]["bytes"] >= 15)
    printers.fault("printer_power_cut")
    line.send("10 04 01")
    assert line.receive(1, 0.2) == ""
    printers.fault("cover_open", on=False)
    printers.fault("printer_power_cut", on=False)
    line.send("42 0A", CUT)
    assert eventually("its paper", printers.papers) == ["B\n"]


def test_wrong_commands_are_answered_in_words(printers: Printers) -> None:
    assert "no device" in printers.ask(device="bar", fault="paper_out")["error"]
    assert "unknown fault" in printers.ask(device="kitchen", fault="fire")["error"]
    assert printers.ask(op="state")["devices"]["kitchen"]["faults"] == []


def test_a_wrong_device_file_is_refused_with_every_problem(tmp_path: Path) -> None:
    (tmp_path / "devices.toml").write_text('[[printer]]\nname = "a/b"\nbauds = 1\nkind = "usb"\n')
    command = [sys.executable, "-m", "firmware_bridge.virtual.cli", "run", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    for part in ("did you mean baud?", "'a/b'", "'usb'"):
        assert part in done.stderr


def test_only_the_last_sheets_are_kept(tmp_path: Path) -> None:
    tray = Tray(tmp_path)
    (tmp_path / "kitchen").mkdir()
    for suffix in (".bin", ".png", ".txt"):
        (tmp_path / "kitchen" / f"0001{suffix}").write_bytes(b"")
        (tmp_path / "kitchen" / f"{KEEP:04d}{suffix}").write_bytes(b"")
    tray.add_printer("kitchen")
    sheets: list[Sheet] = []
    engine = Interpreter(48, lambda answer: None, sheets.append)
    engine.feed(bytes.fromhex(HELLO + CUT))
    while engine.step() is not None:
        pass
    tray.drop("kitchen", 48, sheets[0])
    tray.close()
    names = {file.name for file in (tmp_path / "kitchen").iterdir()}
    assert names == {f"{n:04d}{s}" for n in (KEEP, KEEP + 1) for s in (".bin", ".png", ".txt")}


def test_what_the_interpreter_does_not_know_is_noted_and_a_bar_code_is_read() -> None:
    sheets: list[Sheet] = []
    engine = Interpreter(48, lambda answer: None, sheets.append)
    engine.feed(b"\x1b@\x1c.\x1b\x07\x1dk\x49\x05{BA{{\n" + bytes.fromhex(CUT))
    while engine.step() is not None:
        pass
    assert engine.warnings == ["unknown command ESC 07"]
    bars = [item for item in sheets[0].items if isinstance(item, PrintedBars)]
    assert [bar.data for bar in bars] == ["A{"]


def test_clearing_the_buffers_ends_a_picture_under_way_and_pulses_are_counted() -> None:
    said, cut = bytearray(), list[Sheet]()
    printer = VirtualPrinter(48, 115200, said.extend, cut.append, "western")
    printer.arrive(b"\x1dv0\x00\x01\x00\xff\x00" + b"\xff" * 20, 1.0)  # 255 rows are announced, 20 come
    printer.step(1.0)
    printer.arrive(b"\x10\x05\x02" + b"A\n\x1bp\x00\x32\xfa\x1dV\x00", 2.0)
    for at in range(200):
        printer.step(2.0 + at)
    assert [text_of(sheet, 48).splitlines()[-1] for sheet in cut] == ["A"]
    assert printer.happened == {"pulse": 1}


def test_a_printer_that_calls_itself_another_does_not_know_the_others_commands() -> None:
    said = bytearray()
    printer = VirtualPrinter(48, 115200, said.extend, lambda sheet: None)
    printer.set_fault("impersonates", True, 1.0)
    printer.arrive(b"\x1dI\x43" + b"\x1d(H\x06\x0000ABCD" + b"\x1dr\x01", 1.0)
    printer.step(1.0)
    assert bytes(said) == b"_TM-T88III\x00\x00"
