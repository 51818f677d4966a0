"""A label that is cut off anywhere, and three more behind it: what is on each label that came out, dot by dot.

A printer that was left inside a picture takes what comes next for its dots, over every reconnect. So no text is looked
at here but the whole label, against what its job should look like.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from label_samples import LABELS
from label_world import LabelWorld

from firmware_bridge import tspl
from firmware_bridge.escpos import RASTER_MOST, BarCodeBytes
from firmware_bridge.label import LabelSize
from firmware_bridge.layout import label
from firmware_bridge.virtual.label_interpreter import LabelInterpreter
from firmware_bridge.virtual.label_sheet import LabelSheet
from gateway.contract.messages import FINAL_RESULTS, PrintResult
from gateway.contract.slips import SlipLine

DRINKS = {"A1": "Açaí ßmoothie", "A2": "Taro tea", "A3": "Crème ß", "A4": "Mango tea"}
"""The font lacks ß, so these lines are drawn."""


def bytes_of(key: str) -> bytes:
    slip = msgspec.structs.replace(LABELS["en"]["cup"], place=key, order=key, lines=[SlipLine(1, DRINKS[key])])
    return tspl.encode(label(slip, LabelSize(), "gbk"), LabelSize(), RASTER_MOST).data


def ink_of(key: str) -> bytes:
    sheets: list[LabelSheet] = []
    engine = LabelInterpreter(sheets.append)
    engine.feed(bytes_of(key))
    while engine.step():
        pass
    return sheets[0].ink.tobytes()


INK = {key: ink_of(key) for key in DRINKS}


def cuts() -> list[int]:
    """Behind the head of the first picture, in it, before its last dot, in the last picture, in the last command."""
    data = bytes_of("A1")
    first, last = data.index(b"BITMAP"), data.rindex(b"BITMAP")
    head = data.index(b",0,", first) + 3
    return [3, first + 9, head, head + 1, head + 150, (first + last) // 2, last + 30, data.rindex(b"PRINT"),
            len(data) - 4, len(data) - 2, len(data) - 1]  # fmt: skip


CUTS = cuts()


class CutWorld(LabelWorld):
    def _done(self, sheet: LabelSheet) -> None:
        super()._done(sheet)
        self.came.append(sheet.ink.tobytes())

    def __init__(self, folder: Path, bar_codes: BarCodeBytes, **wish: str) -> None:
        self.came: list[bytes] = []
        super().__init__(folder, bar_codes, "slow", **wish)
        self.settle(0.5)

    def order(self, key: str) -> None:
        self.print(key, lines=[SlipLine(1, DRINKS[key])])

    def cut_off(self, how: str, at: int) -> None:
        """A1, of which no more than `at` bytes (and at most one slice of the line) reach the printer."""
        begun = self.cable.taken
        if how == "the cable is pulled":
            self.cable.unplug_after = begun + at
        self.order("A1")
        for _ in self.run(20):
            if self.cable.taken >= begun + at or not self.cable.plugged:
                break
        if how == "the bridge is killed":
            self.kill_bridge()
            self.order("A1")
        else:
            self.settle(1)
            self.cable.unplug_after, self.cable.plugged = None, True

    def ends(self) -> dict[str, PrintResult]:
        found = {result.key: result for result in self.results if result.state in FINAL_RESULTS}
        return {key: found[key] for key in DRINKS if key in found}


def play(world: CutWorld, how: str, at: int) -> Counter[str]:
    """Lies about the labels, each with its kind."""
    world.cut_off(how, at)
    for key in ("A2", "A3", "A4"):
        world.order(key)
        world.until_final(key, 120)
    world.settle(3)
    ends = world.ends()
    lies = Counter(
        f"{key} is called {end.state}, {world.came.count(INK[key])} came out"
        for key, end in ends.items()
        if end.state in ("PRINTED", "UNCONFIRMED") and world.came.count(INK[key]) != 1
    )
    lies += Counter("a label that is nobody's" for ink in world.came if ink not in INK.values())
    lies += Counter(f"{key} came out twice" for key in DRINKS if world.came.count(INK[key]) > 1)
    world.journal.close()
    return lies


@pytest.mark.parametrize("at", CUTS)
@pytest.mark.parametrize("how", ["the cable is pulled", "the bridge is killed"])
@pytest.mark.parametrize("hears", [True, False])
def test_after_a_label_that_was_cut_off_each_label_is_its_own(
    tmp_path: Path, bar_codes: BarCodeBytes, how: str, at: int, hears: bool
) -> None:
    world = CutWorld(tmp_path, bar_codes)
    world.labels.hears_in_pictures = hears
    assert play(world, how, at) == {}
    assert world.ends()["A1"].state == "UNKNOWN"
    assert [world.ends()[key].state for key in ("A2", "A3", "A4")] == ["PRINTED"] * 3


@pytest.mark.parametrize("at", CUTS)
@pytest.mark.parametrize("how", ["the cable is pulled", "the bridge is killed"])
@pytest.mark.parametrize("fault", ["never_printing", "printer_mute"])
def test_also_where_nothing_proves_them(
    tmp_path: Path, bar_codes: BarCodeBytes, how: str, at: int, fault: str
) -> None:
    world = CutWorld(tmp_path, bar_codes, fence="none" if fault == "printer_mute" else "gs_r")
    world.labels.set_fault(fault, True, world.now)
    assert play(world, how, at) == {}
    assert [world.ends()[key].state for key in ("A2", "A3", "A4")] == ["UNCONFIRMED"] * 3


def test_a_line_that_loses_the_rest_of_a_label_costs_that_one_and_no_other(
    tmp_path: Path, bar_codes: BarCodeBytes
) -> None:
    """The printer waits for the rest of a picture, and is ready all the time; the bridge sees nothing of it."""
    world = CutWorld(tmp_path, bar_codes)
    world.order("A1")
    assert world.until_final("A1").state == "PRINTED"
    world.order("A3")
    arrives, whole = bytes_of("A3").index(b",0,") + 60, len(bytes_of("A3"))
    while all((result.key, result.state) != ("A3", "SENDING") for result in world.results):
        world.device.step(world.now)
        world.tick()
    begun = world.labels.received
    lost = 0
    for _ in world.run(20):
        world.device.step(world.now)
        while world.cable.to_printer and world.labels.received >= begun + arrives and lost < whole - arrives - 20:
            world.cable.to_printer.popleft()
            lost += 1
    assert lost > 300
    end = world.until_final("A3")
    assert (end.state, world.came.count(INK["A3"])) == ("UNKNOWN", 0)
    for key in ("A2", "A4"):
        world.order(key)
        assert world.until_final(key).state == "PRINTED"
    assert world.came == [INK["A1"], INK["A2"], INK["A4"]]
    world.journal.close()


@pytest.mark.parametrize("how", ["the cable is pulled", "the bridge is killed"])
def test_negative_control_without_clearing_labels_are_swallowed_and_mixed(
    tmp_path: Path, bar_codes: BarCodeBytes, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tspl, "CLEARING", b"\r\n")
    monkeypatch.setattr(tspl, "BAND_BYTES", RASTER_MOST)
    lies = play(CutWorld(tmp_path, bar_codes), how, CUTS[3])
    assert lies["A3 is called PRINTED, 0 came out"], lies
    assert lies["a label that is nobody's"], "the first one's head, the third one's drink"
