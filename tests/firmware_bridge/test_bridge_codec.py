"""Bytes: golden ones from the references, and round trips judged by an interpreter that shares no code."""

from __future__ import annotations

import re
import unicodedata

import pytest
from bridge_rig import a_slip
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import charset, escpos
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.escpos_status import (
    AutoStatus,
    FenceAnswer,
    FenceEcho,
    PrinterStatus,
    RealTimeAnswer,
    StatusReader,
    Stray,
)
from firmware_bridge.layout import Line, Span, TextLine, layout
from firmware_bridge.page import PLAIN, Style
from firmware_bridge.virtual.interpreter import Interpreter
from firmware_bridge.virtual.paper import text_of, width_of
from firmware_bridge.virtual.sheet import PrintedLine, Sheet
from gateway.contract.slips import Slip, SlipElsewhere, SlipLine, SlipOption


def no_bars(_code: str, _columns: int) -> bytes:
    return b""


def interpret(data: bytes, columns: int = 48) -> tuple[Sheet, Interpreter]:
    sheets: list[Sheet] = []
    engine = Interpreter(columns, lambda answer: None, sheets.append)
    engine.feed(data + escpos.CUT)
    while engine.step() is not None:
        pass
    assert not engine.buffer, "every byte is part of a whole command"
    return sheets[0], engine


def test_chinese_with_prices_has_the_golden_bytes() -> None:
    golden = "1C 26 B9 AC B1 A3 BC A6 B6 A1 20 78 32 20 20 20 A3 A4 35 36 2E 30 30 1C 2E"
    assert escpos.encode_text("宫保鸡丁 x2   ￥56.00", "gbk") == bytes.fromhex(golden)
    assert escpos.encode_text("宫保鸡丁 x2   ¥56.00", "gbk") == bytes.fromhex(golden)


def test_a_large_inverse_line_has_the_golden_bytes() -> None:
    line = TextLine((Span("过敏", Style(wide=True, tall=True, inverse=True)),))
    golden = "1B 40 1D 61 0F 1C 2E 1D 21 11 1C 21 0C 1D 42 01 1C 26 B9 FD C3 F4 1C 2E 0A"
    assert escpos.encode([line], 48, "gbk", no_bars).data == bytes.fromhex(golden)


def test_the_bar_code_is_code128_and_too_long_ones_are_left_out(bar_codes: BarCodeBytes) -> None:
    assert b"\x1dkI\x0b{BA031-0041" in bar_codes("A031-0041", 48)
    assert bar_codes("A" * 40, 48) == b""


def test_latin_runs_leave_chinese_mode_and_name_their_page() -> None:
    assert escpos.encode_text("鸡€", "gbk") == b"\x1c&\xbc\xa6\x1c.\x1bt\x13\xd5"
    assert escpos.encode_text("café", "cp437") == b"caf\x1bt\x00\x82"


def test_what_the_printer_lacks_becomes_a_question_mark_and_is_reported() -> None:
    body = escpos.encode([TextLine((Span("鸡🌶a🌶"),))], 48, "gbk", no_bars)
    assert body.missing == ("🌶",)
    assert "鸡？a？" in text_of(interpret(body.data)[0], 48)


def test_a_four_byte_character_is_never_sent() -> None:
    assert charset.glyph("㐂", "gbk").run == "missing"


def test_a_real_time_command_in_a_body_is_refused() -> None:
    class Evil:
        def __call__(self, code: str, columns: int) -> bytes:
            return b"\x10\x05\x02"

    lines = layout(a_slip(), 48, "gbk")
    with pytest.raises(UnprintableError):
        escpos.encode(lines, 48, "gbk", Evil())


LOOKALIKE = {"¥": "￥", "•": "·", "−": "-", "‐": "-", "‑": "-", "‒": "–"}
any_text = st.text(st.characters(codec="utf-8"), max_size=60)
chinese = st.text(st.sampled_from("宫保鸡丁麻婆豆腐，。：（）￥·—…éèü€ñ ab1x×%$"), max_size=60)


def as_printed(char: str, missing: tuple[str, ...]) -> str:
    """A pattern of what may stand on paper for `char`: itself, its look-alike, or `?` when reported."""
    allowed = {char, LOOKALIKE.get(char, char), unicodedata.normalize("NFKC", char)}
    return "(?:" + "|".join(map(re.escape, {"?", "？"} if char in missing else allowed)) + ")"


@settings(max_examples=150, deadline=None)
@given(chinese | any_text)
def test_what_is_encoded_is_what_stands_on_paper(text: str) -> None:
    text = charset.printable(text)
    for piece in charset.wrap(text, 48, "gbk"):
        body = escpos.encode([TextLine((Span(piece),))], 48, "gbk", no_bars)
        sheet, engine = interpret(body.data)
        assert engine.warnings == []
        lines = [item for item in sheet.items if isinstance(item, PrintedLine)]
        assert len(lines) == 1
        assert width_of(lines[0].marks) == charset.cells(piece, "gbk") <= 48
        printed = "".join(mark.char for mark in lines[0].marks)
        assert re.fullmatch("".join(as_printed(char, body.missing) for char in piece), printed)


@settings(max_examples=100, deadline=None)
@given(
    any_text, any_text, any_text, any_text, st.sampled_from([32, 48]), st.sampled_from(["zh-Hans", "en"]),
    st.integers(1, 3),
)  # fmt: skip
def test_no_text_of_a_guest_becomes_a_command_a_dish_or_a_total(
    note: str, name: str, place: str, order: str, columns: int, language: str, copy: int
) -> None:
    slip = Slip(
        language=language, station=place, number="1", order="A1" + order, place=place, time="12:00",
        lines=[SlipLine(2, name, [SlipOption(note, True)], note)], note=note, allergies=[note],
        elsewhere=[SlipElsewhere(place, 1)], code="A1-1",
    )  # fmt: skip
    body = escpos.encode(layout(slip, columns, "gbk", copy), columns, "gbk", no_bars)
    sheet, engine = interpret(body.data, columns)
    assert engine.warnings == [], "no line is wider than the paper, no byte is unknown"
    text = text_of(sheet, columns)
    assert text.count("REPRINT") >= (2 if copy > 1 else 0)
    prefixes = ("备注：", "note: ")
    plain = [line for line in text.splitlines() if line.strip()]
    assert escpos.REAL_TIME.search(body.data) is None
    if charset.printable(note) and charset.printable(note) not in charset.printable(place + name + order):
        assert any(line.strip().startswith(prefixes[language == "en"]) for line in plain)


@given(any_text)
def test_printable_text_is_one_line_without_commands_or_direction_marks(text: str) -> None:
    clean = charset.printable(text + "\u202e\x1b\x10\x04\x01\n\u200b\u2066")
    assert not any(ord(char) < 32 or char in "\u202e\u2066\u200b\x7f" for char in clean)
    assert charset.printable(clean) == clean


@given(chinese, st.integers(4, 48))
def test_wrapping_loses_nothing_and_stays_within_the_paper(text: str, columns: int) -> None:
    text = charset.printable(text)
    pieces = charset.wrap(text, columns, "gbk")
    assert all(charset.cells(piece, "gbk") <= columns for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("byte", range(256))
def test_every_single_byte_is_sorted_by_its_pattern(byte: int) -> None:
    reader = StatusReader()
    answers = reader.feed(bytes([byte]))
    if byte & 0x93 == 0x12:
        assert answers == [RealTimeAnswer(byte)]
    elif byte in (0x11, 0x13) or byte & 0x93 == 0x10 or byte == 0x37:
        assert answers == []
    elif byte & 0x90 == 0:
        assert answers == [FenceAnswer(byte)]
    else:
        assert answers == [Stray(bytes([byte]))]


def test_the_bytes_of_an_automatic_status_are_never_a_fence_answer() -> None:
    reader = StatusReader()
    assert reader.feed(b"\x18\x00\x0c") == []
    assert reader.feed(b"\x13\x12\x00\x00") == [
        RealTimeAnswer(0x12),
        AutoStatus(b"\x18\x00\x0c\x00"),
        FenceAnswer(0),
    ]


def test_the_answer_with_a_mark_is_never_one_without() -> None:
    assert StatusReader().feed(b"\x37\x22P001\x00") == [FenceEcho(b"P001")]
    for other in (b"\x37\x23P001\x00", b"\x37\x22P001\x01"):  # said while offline; not ended as it should be
        assert StatusReader().feed(other) == [Stray(other)]
    assert StatusReader().feed(b"\x37\x00") == [Stray(b"\x37"), FenceAnswer(0)]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", range(16))
def test_every_status_pattern_is_read_as_the_table_says(n: int, bits: int) -> None:
    two, three, five, six = bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1
    byte = 0x12 | two << 2 | three << 3 | five << 5 | six << 6
    status = PrinterStatus().with_answer(n, byte)
    if n == 1:
        assert status == PrinterStatus(offline=bool(three))
    elif n == 2:
        assert status == PrinterStatus(cover_open=bool(two), paper_out=bool(five))
    elif n == 3:
        assert status == PrinterStatus(cutter_error=bool(three), error=bool(two or five or six))
    else:
        assert status == PrinterStatus(paper_low=bool(two or three), paper_out=bool(five or six))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x10\x00\x00\x00", PrinterStatus()),
        (b"\x38\x00\x00\x00", PrinterStatus(offline=True, cover_open=True)),
        (b"\x18\x00\x0f\x00", PrinterStatus(offline=True, paper_out=True, paper_low=True)),
        (b"\x18\x08\x00\x00", PrinterStatus(offline=True, cutter_error=True)),
        (b"\x14\x00\x03\x00", PrinterStatus(paper_low=True)),
    ],
)
def test_automatic_status_is_read_as_the_table_says(data: bytes, status: PrinterStatus) -> None:
    assert PrinterStatus.from_auto(data) == status


def test_a_copy_says_reprint_at_both_ends_and_the_first_does_not(bar_codes: BarCodeBytes) -> None:
    for language, check in (("zh-Hans", "先核对再做"), ("en", "check before cooking")):
        for copy, times in ((1, 0), (2, 2), (3, 2)):
            lines = layout(a_slip(language=language), 48, "gbk", copy)
            text = text_of(interpret(escpos.encode(lines, 48, "gbk", bar_codes).data)[0], 48)
            assert text.count(f"REPRINT {copy - 1}") == times
            assert text.count(check) == times


def test_a_style_never_leaks_into_the_next_line(bar_codes: BarCodeBytes) -> None:
    lines: list[Line] = [
        TextLine((Span("a", Style(True, True, True, True)),)),
        TextLine((Span("鸡", PLAIN),)),
    ]
    sheet, _ = interpret(escpos.encode(lines, 48, "gbk", bar_codes).data)
    printed = [item for item in sheet.items if isinstance(item, PrintedLine)]
    look = printed[1].marks[0].look
    assert (look.width, look.height, look.bold, look.inverse) == (1, 1, False, False)


def test_numbers_place_options_and_elsewhere_all_stand_on_the_slip(bar_codes: BarCodeBytes) -> None:
    slip = a_slip(
        language="en", place="Table 12", lines=[SlipLine(3, "Kung Pao", [SlipOption("mild")], "hi")]
    )
    text = text_of(interpret(escpos.encode(layout(slip, 32, "gbk"), 32, "gbk", bar_codes).data, 32)[0], 32)
    for part in (
        "A031",
        "Table 12",
        "3× Kung Pao",
        "\n        mild",
        "note: hi",
        "previous 0040",
        "0041",
        "4 guests",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("language", "place", "columns", "shown"),
    [
        ("zh-Hans", "12 桌", 48, r"12 桌 *▐ 加菜"),
        ("en", "Table 12", 48, r"Table 12 *▐ Addition"),
        ("zh-Hans", "12 桌", 32, r"12 桌 *▐ 加菜"),
        ("en", "Table 12", 32, r"Table 12 *\n▐ Addition"),
        ("en", "", 24, r"Addition"),
    ],
)
def test_an_addition_says_so_beside_the_table(
    language: str, place: str, columns: int, shown: str, bar_codes: BarCodeBytes
) -> None:
    def printed(**changes: bool) -> str:
        lines = layout(a_slip(language=language, place=place, **changes), columns, "gbk")
        sheet, engine = interpret(escpos.encode(lines, columns, "gbk", bar_codes).data, columns)
        assert engine.warnings == [], "no line is wider than the paper"
        return text_of(sheet, columns)

    assert re.search(shown, printed(addition=True)), printed(addition=True)
    assert not re.search("加菜|Addition", printed())


def test_the_word_of_an_addition_has_the_golden_bytes() -> None:
    """Table large; the word large and inverse, at the right end of the same line."""
    lines = layout(a_slip(place="5", addition=True), 32, "gbk")
    at = next(i for i, line in enumerate(lines) if isinstance(line, TextLine) and line.spans[0].text.startswith("5 "))
    data = escpos.encode([lines[at]], 32, "gbk", no_bars).data
    mark = bytes.fromhex("1D 42 01 20 1C 26") + "加菜".encode("gbk") + bytes.fromhex("20 1C 2E 0A")
    assert data.endswith(mark), data.hex(" ")
    assert b"5" + b" " * 9 in data


def test_a_status_between_the_bytes_of_an_echo_is_heard_and_the_echo_too() -> None:
    auto, echo = b"\x10\x00\x03\x00", b"\x37\x22P0A1\x00"
    for place in range(1, 7):
        heard = StatusReader().feed(echo[:place] + auto + b"\x16" + echo[place:])
        assert heard == [AutoStatus(auto), RealTimeAnswer(0x16), FenceEcho(b"P0A1")]
    # What began like a status and is none takes the frame with it: nothing of it passes for an answer.
    assert not [each for each in StatusReader().feed(b"\x37\x22P0\x10\xff") if not isinstance(each, Stray)]
