"""Labels beside their golden texts, and what no guest's word can do to one.

`TABLEPASS_GOLDEN=write` writes tests/golden/labels anew, with the pictures; look at them before committing them.
"""

from __future__ import annotations

import os
import re
from itertools import product
from pathlib import Path

import msgspec
import pytest
from bridge_rig import a_slip
from hypothesis import example, given, settings
from hypothesis import strategies as st
from label_samples import LABELS, test_label

from firmware_bridge import tspl
from firmware_bridge.charset import cells, printable
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import RASTER_MOST, Body
from firmware_bridge.label import LabelSize, height_of
from firmware_bridge.layout import label
from firmware_bridge.page import BIG, BarCode, QrCode, Rule, TextLine, text_line
from firmware_bridge.tspl import LabelStatus, break_at_once, encode, quoted
from firmware_bridge.virtual.label_interpreter import LabelInterpreter
from firmware_bridge.virtual.label_sheet import LabelSheet
from gateway.contract.slips import Slip, SlipLine, SlipOption

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "labels"
SIZES = {"40x30": LabelSize(40, 30), "60x40": LabelSize(60, 40)}
WRITE = os.environ.get("TABLEPASS_GOLDEN") == "write"
SAMPLES = {(language, name): slip for language in LABELS for name, slip in LABELS[language].items()} | {
    (language, "test"): test_label(language) for language in LABELS
}


def interpreted(data: bytes, *, pairs: bool = True, escapes: bool = True) -> tuple[list[LabelSheet], LabelInterpreter]:
    sheets: list[LabelSheet] = []
    engine = LabelInterpreter(sheets.append, pairs=pairs, escapes=escapes)
    engine.feed(data)
    while engine.step():
        pass
    return sheets, engine


def stuck(slip: Slip, size: LabelSize, copy: int = 1, room: int = RASTER_MOST) -> tuple[LabelSheet, Body]:
    body = encode(label(slip, size, "gbk", copy), size, room)
    sheets, engine = interpreted(body.data)
    assert engine.warnings == [], "nothing is beyond the label, no command is unknown"
    assert len(sheets) == 1
    assert not engine.buffer, "nothing is left behind it"
    return sheets[0], body


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_every_label_stands_as_its_golden_text(language: str, name: str, size: str) -> None:
    sheet, body = stuck(SAMPLES[language, name], SIZES[size])
    assert body.missing == ()
    file = GOLDEN / f"{name}-{language}-{size}.txt"
    if WRITE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sheet.text(), encoding="utf-8")
        file.with_suffix(".png").write_bytes(sheet.picture())
    assert sheet.text() == file.read_text(encoding="utf-8"), "TABLEPASS_GOLDEN=write; then look at the picture"


def test_the_golden_folder_holds_these_labels_and_nothing_else() -> None:
    stems = {f"{name}-{language}-{size}" for (language, name), size in product(SAMPLES, SIZES)}
    assert {file.name for file in GOLDEN.iterdir()} == {stem + end for stem in stems for end in (".txt", ".png")}
