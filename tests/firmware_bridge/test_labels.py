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
from hypothesis import example, given, settings
from hypothesis import strategies as st
from label_samples import LABELS, label_for_testing

from firmware_bridge.charset import cells, printable
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import RASTER_MOST, Body
from firmware_bridge.label import GAPS, HEIGHTS, WIDTHS, LabelSize
from firmware_bridge.layout import label
from firmware_bridge.page import BIG, PLAIN, BarCode, QrCode, text_line
from firmware_bridge.tspl import BAND_BYTES, CLEARING, LabelStatus, break_at_once, encode, quoted
from firmware_bridge.virtual.label_interpreter import LabelInterpreter
from firmware_bridge.virtual.label_sheet import LabelSheet
from gateway.contract.slips import Slip, SlipLine, SlipOption
from gateway.domain.settings import Label

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "labels"
SIZES = {"40x30": LabelSize(40, 30), "60x40": LabelSize(60, 40)}
WRITE = os.environ.get("TABLEPASS_GOLDEN") == "write"
SAMPLES = {(language, name): slip for language in LABELS for name, slip in LABELS[language].items()} | {
    (language, "test"): label_for_testing(language) for language in LABELS
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


def test_the_bytes_of_a_label_are_those_of_the_notes() -> None:
    body = encode([text_line("珍珠奶茶", BIG), text_line('5" 加冰', PLAIN), BarCode("A031-2")], LabelSize(40, 30, 2))
    assert body.data == (
        b"\r\nSIZE 40 mm,30 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nCLS\r\n"
        b'TEXT 10,8,"TSS24.BF2",0,2,2,"\xd5\xe4\xd6\xe9\xc4\xcc\xb2\xe8"\r\n'
        b'TEXT 11,8,"TSS24.BF2",0,2,2,"\xd5\xe4\xd6\xe9\xc4\xcc\xb2\xe8"\r\n'
        b'TEXT 10,60,"TSS24.BF2",0,1,1,"5\\["] \xbc\xd3\xb1\xf9"\r\n'
        b'BARCODE 59,88,"128",40,0,0,2,2,"A031-2"\r\n'
        b"PRINT 1,1\r\n"
    )


def test_a_qr_code_is_drawn_by_the_printer_or_refused() -> None:
    sheets, engine = interpreted(encode([QrCode("A031-2")], LabelSize()).data)
    assert (engine.warnings, sheets[0].text()) == ([], "▣ A031-2 ▣\n")
    for text in ("", "A\r\nPRINT 9,9", "码", "x" * 3000, "x" * 60):
        with pytest.raises(UnprintableError):
            encode([QrCode(text)], LabelSize())


STATUS = [(0x01, "cover_open"), (0x02, "jam"), (0x04, "paper_out"), (0x08, "ribbon_out"), (0x10, "pause_pressed"),
          (0x40, "cover_open"), (0x80, "error"), (0x05, "cover_open"), (0x24, "paper_out")]  # fmt: skip


@pytest.mark.parametrize(("byte", "reason"), STATUS)
def test_each_bit_of_the_status_has_its_reason(byte: int, reason: str) -> None:
    status = LabelStatus.from_byte(byte)
    assert (status.blocked, status.clear) == (reason, False)


def test_ready_and_printing_are_no_obstacle() -> None:
    assert LabelStatus.from_byte(0x00).clear
    assert LabelStatus.from_byte(0x20).blocked is None
    assert LabelStatus.from_byte(0x20).printing
    assert not LabelStatus.from_byte(0x20).clear


def test_the_limits_of_the_settings_are_those_of_the_bridge() -> None:
    found = msgspec.json.schema(Label)["$defs"]["Label"]["properties"]
    for name, limits in (("width_mm", WIDTHS), ("height_mm", HEIGHTS), ("gap_mm", GAPS)):
        assert (found[name]["minimum"], found[name]["maximum"]) == (limits[0], limits[-1])
        assert found[name]["default"] == getattr(LabelSize(), name)


# --- what must stand on it ---


def words_on(sheet: LabelSheet) -> str:
    return re.sub(r"[▐▌\s]|过敏：|ALLERGY:", "", sheet.text())


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("language", "name"), [key for key in SAMPLES if key[1] != "test"])
def test_dish_allergies_and_whose_it_is_are_never_shortened(language: str, name: str, size: str) -> None:
    slip = SAMPLES[language, name]
    sheet, _ = stuck(slip, SIZES[size])
    words = words_on(sheet)
    for text in (slip.lines[0].name, slip.place, *slip.allergies, f"{slip.portion}/{slip.portions}"):
        assert bare(text) in words, text
    cut = [option.text for option in slip.lines[0].options if bare(option.text) not in words]
    assert not cut or "…" in words, "what is not there is told by an ellipsis"


def test_what_is_left_out_of_a_dish_is_the_last_to_be_cut() -> None:
    options = [SlipOption(f"加料{at}") for at in range(20)] + [SlipOption("不放花生", True)]
    slip = msgspec.structs.replace(LABELS["zh-Hans"]["cup"], lines=[SlipLine(1, "奶茶", options)])
    sheet, _ = stuck(slip, LabelSize())
    assert "▐不放花生▌" in sheet.text()
    assert "…" in sheet.text()


def test_a_copy_says_so() -> None:
    sheet, _ = stuck(LABELS["zh-Hans"]["allergy"], LabelSize(), copy=2)
    assert "补打 REPRINT 1" in sheet.text()


def test_a_label_on_which_not_even_the_allergies_fit_is_none() -> None:
    slip = msgspec.structs.replace(LABELS["en"]["cup"], allergies=["a word that is long and longer still"] * 20)
    with pytest.raises(UnprintableError):
        label(slip, LabelSize(40, 30), "gbk")
    assert label(slip, LabelSize(100, 150), "gbk")


def test_a_dish_over_the_cap_says_how_many() -> None:
    slip = msgspec.structs.replace(LABELS["en"]["cup"], lines=[SlipLine(41, "Tea")])
    assert "41× Tea" in stuck(slip, LabelSize())[0].text()


# --- what no word can do to it ---


TRICKS = (
    '"\r\nPRINT 9,9\r\n', '\\["]\r\nCLS', '乗"', '乗["]', "乗[R]", "a\\", "\\", '\\["', "~!T", "漾!F", "\x1b!R",
    "\x1b!?", '""""', "\\[L]PRINT 1,9", "\u2028PRINT 9\u2029", "é!ñ", "€", "👍🏽", "مرحبا", "SIZE 1 mm,1 mm",
)  # fmt: skip
words = st.one_of(
    st.sampled_from(TRICKS), st.text(max_size=40),
    st.text(st.sampled_from('"\\[]~!\r\n\x1b乗漾乗 A，？'), max_size=20),
)  # fmt: skip


@given(words)
@settings(max_examples=1000, deadline=None)
@example("乗")
def test_no_text_ends_its_quote_or_its_line_or_commands_a_printer(text: str) -> None:
    bare = printable(text)
    data = b'TEXT 0,0,"TSS24.BF2",0,1,1,"' + quoted(bare) + b'"\r\n'
    inside = quoted(bare)
    assert not re.search(rb"[\x00-\x1f\x7f]|~!", inside)
    assert not re.search(rb'(?<!\\\[)"', inside), "each quote is an escaped one"
    assert not re.search(rb'\\\[(?!"\])', inside), "and there is no other escape"
    assert not inside.endswith(b"\\")
    for pairs in (True, False):
        _, engine = interpreted(b"SIZE 108 mm,150 mm\r\nCLS\r\n" + data, pairs=pairs)
        assert engine.executed == ["SIZE", "CLS", "TEXT"]
        assert not [warning for warning in engine.warnings if "behind" in warning or "at once" in warning]
    _, engine = interpreted(b"SIZE 108 mm,150 mm\r\nCLS\r\n" + data, escapes=False)
    assert engine.executed == ["SIZE", "CLS", "TEXT"], "where the escape is not known a text is cut, and that is all"


@given(words)
@settings(max_examples=500, deadline=None)
def test_a_quoted_text_is_as_wide_as_the_layout_counts_it(text: str) -> None:
    bare = printable(text)
    shown = quoted(bare).replace(b'\\["]', b'"')
    assert len(shown) - cells(bare, "gbk") in (0, 1), "but for one blank behind a half that looks like a backslash"


@given(st.fixed_dictionaries(dict.fromkeys(("name", "option", "note", "allergy", "place", "order", "code"), words)),
       st.sampled_from(["40x30", "60x40"]), st.sampled_from([0, RASTER_MOST]))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_label_of_any_words_does_more_than_one_label(said: dict[str, str], size: str, room: int) -> None:
    slip = Slip(
        kind="label", language="zh-Hans", station="", number="", order=said["order"], place=said["place"], time="12:45",
        lines=[SlipLine(1, said["name"], [SlipOption(said["option"]), SlipOption(said["option"], True)], said["note"])],
        allergies=[said["allergy"]], portion=1, portions=2, code=said["code"],
    )  # fmt: skip
    try:
        sheet, body = stuck(slip, SIZES[size], room=room)
    except UnprintableError:
        return
    assert sheet.width == SIZES[size].width_mm * 8
    assert body.data.count(b"PRINT 1,1\r\n") >= 1
    _, engine = interpreted(body.data)
    assert engine.executed.count("PRINT") == engine.executed.count("CLS") == 1


def test_what_the_font_lacks_is_drawn_or_listed() -> None:
    slip = msgspec.structs.replace(LABELS["en"]["cup"], lines=[SlipLine(1, "Crème ß 龘")])
    sheet, body = stuck(slip, LabelSize())
    assert "[picture" in sheet.text()
    assert "ß" not in body.missing
    sheet, body = stuck(slip, LabelSize(), room=0)
    assert "Crème ? " in sheet.text(), "è is in GBK, ß is not"
    assert "ß" in body.missing


@given(words, st.sampled_from([30, 40, 108]))
@settings(max_examples=200, deadline=None)
@example("Açaí ßmoothie" * 3, 108)
def test_a_picture_is_sent_in_bands_that_the_clearing_fills(text: str, width: int) -> None:
    """Cut off behind the head of any band, and cleared: the next label is read from its first byte."""
    size = LabelSize(width, 60)
    data = encode([text_line(printable(text) + "ß", BIG), text_line("ß", PLAIN)], size, RASTER_MOST).data
    heads = list(re.finditer(rb"BITMAP \d+,\d+,(\d+),(\d+),0,", data))
    assert heads
    for head in heads:
        assert int(head[1]) * int(head[2]) <= BAND_BYTES
        sheets, engine = interpreted(data[: head.end()] + CLEARING + data)
        assert [bytes(sheet.ink.tobytes()) for sheet in sheets] == [interpreted(data)[0][0].ink.tobytes()]
        assert not engine.buffer


def test_the_clearing_does_nothing_to_a_printer_that_waits_for_nothing() -> None:
    _, engine = interpreted(CLEARING)
    assert (engine.executed, engine.warnings) == (["CLS"], [])


def test_a_drawing_holds_nothing_that_a_printer_obeys_at_once() -> None:
    dots = b"\x00\x1b!?\xff~!T\x1b\x1b!" * 9
    broken = break_at_once(dots)
    assert len(broken) == len(dots)
    assert b"\x1b!" not in broken
    assert b"~!" not in broken
    assert b"\x1b!" in dots, "and there was something to break"


def test_negative_control_a_text_that_is_not_escaped_is_found() -> None:
    _, engine = interpreted(b'SIZE 40 mm,30 mm\r\nCLS\r\nTEXT 0,0,"TSS24.BF2",0,1,1,"a"\r\nPRINT 9,9\r\n"\r\n')
    assert engine.executed[3:] != []
    assert engine.warnings
