"""Every character of every encoding comes back from an interpreter that shares no code; the rest is drawn."""

from __future__ import annotations

import io
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator

import pytest
from bridge_rig import a_slip
from PIL import Image

from firmware_bridge import charset, escpos, graphics, raster
from firmware_bridge.charset import Encoding
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import RASTER_MOST, BarCodeBytes, Body, encode, raster_room
from firmware_bridge.layout import Line, QrCode, Span, TextLine, layout
from firmware_bridge.page import Style
from firmware_bridge.virtual.interpreter import Interpreter
from firmware_bridge.virtual.paper import text_of, width_of
from firmware_bridge.virtual.picture import picture_of
from firmware_bridge.virtual.printer import BUFFER, VirtualPrinter
from firmware_bridge.virtual.sheet import Buzz, Event, Fed, PrintedLine, PrintedQr, PrintedRaster, Pulse, Sheet

FIRMWARE: dict[Encoding, str] = {"gbk": "gbk", "big5": "big5", "cp437": "western", "cp858": "western"}
LATIN = "Café ¥8 … "
"""Stands between the characters under test: accents, the yen and the dots switch modes all the time."""


def no_bars(_code: str, _columns: int) -> bytes:
    return b""


def interpret(data: bytes, columns: int = 48, encoding: Encoding = "gbk") -> tuple[Sheet, list[str]]:
    sheets: list[Sheet] = []
    engine = Interpreter(columns, lambda answer: None, sheets.append, encoding=FIRMWARE[encoding])
    engine.feed(data + escpos.CUT)
    while engine.step() is not None:
        pass
    assert not engine.buffer, "every byte is part of a whole command"
    return sheets[0], engine.warnings


def lines_of(sheet: Sheet) -> list[str]:
    return ["".join(mark.char for mark in item.marks) for item in sheet.items if isinstance(item, PrintedLine)]


def text_lines(texts: Iterable[str]) -> list[Line]:
    return [TextLine((Span(text),)) for text in texts]


def pieces(chars: str, size: int) -> Iterator[str]:
    yield from (chars[at : at + size] for at in range(0, len(chars), size))


def of_codec(codec: str) -> str:
    """Every printable character of a two-byte codec, read from its bytes."""
    found = []
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                found.append(bytes((lead, trail)).decode(codec))
            except UnicodeDecodeError:
                continue
    return "".join(dict.fromkeys(char for char in found if charset.printable(char) == char))


# --- every character ---

IDEOGRAPHS = "".join(map(chr, range(0x4E00, 0x9FA6)))


def test_all_ideographs_and_symbols_of_gbk_come_back_exactly_among_latin_accents_and_money() -> None:
    symbols = "".join(char for char in of_codec("gbk") if char not in IDEOGRAPHS)
    assert len(IDEOGRAPHS) == 20902
    assert len(symbols) == 879, "rows A1 to A9 and the compatibility ideographs, without the wide space"
    texts = [f"{LATIN}{piece} €9 é{piece[0]}ñ" for piece in pieces(IDEOGRAPHS + symbols, 12)]
    body = encode(text_lines(texts), 72, "gbk", no_bars)
    assert body.missing == ()
    sheet, warnings = interpret(body.data, 72)
    assert warnings == []
    assert lines_of(sheet) == [text.replace("¥", "￥") for text in texts]


def test_all_of_big5_comes_back_exactly_among_latin_accents_and_money() -> None:
    chars = "".join(char for char in of_codec("cp950") if charset.glyph(char, "big5").run == "double")
    assert sum(char in IDEOGRAPHS for char in chars) == 13_061
    texts = [f"{LATIN}{piece} €9 é{piece[0]}ñ" for piece in pieces(chars, 12)]
    body = encode(text_lines(texts), 72, "big5", no_bars)
    assert body.missing == ()
    sheet, warnings = interpret(body.data, 72, "big5")
    assert warnings == []
    assert lines_of(sheet) == [text.replace("¥", "￥") for text in texts]


@pytest.mark.parametrize("encoding", ["cp437", "cp858"])
def test_all_of_a_code_page_comes_back_exactly(encoding: Encoding) -> None:
    chars = "".join(char for char in bytes(range(0x20, 0x100)).decode(encoding) if charset.printable(char) == char)
    assert len(chars) > 215
    texts = [f"a{piece}¥z" for piece in pieces(chars, 12)]
    body = encode(text_lines(texts), 48, encoding, no_bars)
    assert body.missing == ()
    sheet, warnings = interpret(body.data, 48, encoding)
    assert warnings == []
    same_face = {"\u03bc": "µ", "\u00b5": "µ"}
    assert [line.translate(str.maketrans(same_face)) for line in lines_of(sheet)] == texts


@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is not installed")
@pytest.mark.parametrize(("encoding", "name"), [("gbk", "GBK"), ("big5", "BIG5")])
def test_the_pairs_are_those_of_another_implementation(encoding: Encoding, name: str) -> None:
    chars = "".join(char for char in IDEOGRAPHS if charset.glyph(char, encoding).run == "double")
    ours = b"".join(charset.glyph(char, encoding).data for char in chars)
    theirs = subprocess.run(["iconv", "-f", "UTF-8", "-t", name], input=chars.encode(), capture_output=True, check=True)
    assert ours == theirs.stdout


def test_money_and_dots_in_every_encoding() -> None:
    text = "¥56 €7 … café"
    assert escpos.encode_text(text, "gbk").hex(" ") == (
        "1c 26 a3 a4 35 36 20 1c 2e 1b 74 13 d5 37 20 1c 26 a1 ad 20 63 61 66 a8 a6 1c 2e"
    )
    assert escpos.encode_text(text, "big5").hex(" ") == (
        "1c 26 a2 44 35 36 20 1c 2e 1b 74 13 d5 37 20 1c 26 a1 4b 20 63 61 66 1c 2e 1b 74 13 82"
    )
    assert escpos.encode_text(text, "cp437").hex(" ") == (
        "1b 74 00 9d 35 36 20 45 55 52 37 20 2e 2e 2e 20 63 61 66 1b 74 00 82"
    )
    assert escpos.encode_text(text, "cp858").hex(" ") == (
        "1b 74 13 be 35 36 20 1b 74 13 d5 37 20 2e 2e 2e 20 63 61 66 1b 74 13 82"
    )


def test_western_printers_are_sent_no_chinese_command() -> None:
    lines = text_lines(["鸡 chicken", "café"])
    lines.append(TextLine((Span("BIG", Style(True, True, True, True)),)))
    for encoding in ("cp437", "cp858"):
        assert b"\x1c" not in encode(lines, 48, encoding, no_bars).data


def test_a_forgotten_end_of_chinese_mode_is_seen_as_garbage() -> None:
    """The negative control of the interpreter: after ESC @ Chinese firmware takes an accent for a lead byte."""
    good = encode(text_lines(["café au lait"]), 48, "cp858", no_bars).data
    assert lines_of(interpret(good, 48, "cp858")[0]) == ["café au lait"]
    garbled, _ = interpret(good, 48, "gbk")
    assert "é" not in lines_of(garbled)[0]
    chinese = encode(text_lines(["é鸡é", "ö"]), 48, "gbk", no_bars).data.replace(b"\x1c.", b"")
    assert lines_of(interpret(chinese)[0]) != ["é鸡é", "ö"]


# --- what no encoding has ---


def raster_rows(sheet: Sheet) -> list[PrintedRaster]:
    return [item for item in sheet.items if isinstance(item, PrintedRaster)]


def drawn(text: str, encoding: Encoding = "gbk", room: int = RASTER_MOST, columns: int = 48) -> tuple[Body, Sheet]:
    body = encode(text_lines([text]), columns, encoding, no_bars, room)
    sheet, warnings = interpret(body.data, columns, encoding)
    assert warnings == []
    return body, sheet


def test_a_line_with_a_character_that_the_printer_lacks_is_drawn_whole() -> None:
    body, sheet = drawn("no chilli 鸡", "cp437")
    (picture,) = raster_rows(sheet)
    assert body.missing == ()
    assert lines_of(sheet) == []
    assert picture.rows == 24
    assert 10 * 12 < picture.row_bytes * 8 <= 48 * 12
    assert any(picture.data)


def test_a_drawn_line_takes_as_much_paper_as_a_printed_one_and_its_columns_stay() -> None:
    plain = interpret(encode(text_lines(["2x chicken"]), 48, "cp437", no_bars).data)[0]
    _, sheet = drawn("2x 鸡", "cp437")
    assert sum(item.dots for item in sheet.items[:-1]) == plain.items[0].dots  # type: ignore[union-attr]
    narrow = raster_rows(drawn("鸡", "cp437")[1])[0]
    moved = raster_rows(drawn(" " * 8 + "鸡", "cp437")[1])[0]
    ink = [bytes(picture.data[row * picture.row_bytes :][: picture.row_bytes])
           for picture in (narrow, moved) for row in range(24)]  # fmt: skip
    assert [bytes(12) + row for row in ink[:24]] == ink[24:], "eight cells are 96 dots, twelve bytes"


def test_no_room_no_drawing_and_it_is_said() -> None:
    body, sheet = drawn("麻 chicken", "cp437", room=100)
    assert lines_of(sheet) == ["?? chicken"]
    assert body.missing == ("麻",)


def test_the_loudest_lines_are_drawn_first_and_then_the_room_is_used_up() -> None:
    loud = Style(bold=True, inverse=True)
    lines: list[Line] = [TextLine((Span("鸡肉"),)), TextLine((Span("鸡肉", loud),)), TextLine((Span("鸡肉"),))] * 2
    one = len(encode([lines[1]], 48, "cp437", no_bars, RASTER_MOST).data) - len(escpos.START)
    body = encode(lines, 48, "cp437", no_bars, 3 * one)
    sheet, warnings = interpret(body.data, 48, "cp437")
    assert warnings == []
    kinds = "".join(
        "P" if isinstance(item, PrintedRaster) else "t" for item in sheet.items if not isinstance(item, Fed)
    )
    assert kinds == "PPttPt"
    assert all(
        mark.look.inverse is False for item in sheet.items if isinstance(item, PrintedLine) for mark in item.marks
    )
    assert set(body.missing) == {"鸡", "肉"}


def test_a_fence_may_still_stand_between_any_two_lines_of_a_drawn_slip() -> None:
    texts = ["plain", "鸡", "plain", "麻", "end"]
    body = encode(text_lines(texts), 48, "cp437", no_bars, RASTER_MOST)
    assert len(body.breaks) == len(texts)
    starts = [body.data[at : at + 3] for at in body.breaks]
    assert starts == [b"pla", b"\x1dv0", b"pla", b"\x1dv0", b"end"]


@pytest.mark.parametrize(
    ("port", "baud", "room"),
    [
        ("/dev/ttyUSB0", 9600, 1920),
        ("/dev/serial/by-id/usb-1a86", 115200, 23040),
        ("rfc2217://10.0.0.5:4000", 9600, 1920),
        ("socket://10.0.0.9:9100", 9600, RASTER_MOST),
        ("/dev/usb/lp0", 19200, RASTER_MOST),
    ],
)
def test_a_drawing_may_take_two_seconds_of_a_serial_line(port: str, baud: int, room: int) -> None:
    assert raster_room(port, baud) == room


@pytest.fixture
def our_font_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(raster, "_faces", lambda: (0,))
    raster._face.cache_clear()
    yield
    raster._face.cache_clear()


@pytest.mark.usefixtures("our_font_only")
def test_what_no_font_has_is_a_question_mark_and_is_reported() -> None:
    body, _ = drawn("㐂鸡 بدون", "cp437")
    assert set(body.missing) == set("㐂بدون")
    body, sheet = drawn("㐂", "cp437")
    assert raster_rows(sheet) == [], "drawing question marks would gain nothing"
    assert body.missing == ("㐂",)


@pytest.mark.usefixtures("our_font_only")
def test_without_the_library_that_joins_letters_arabic_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "_shapes", lambda: False)
    monkeypatch.setattr(raster, "_has", lambda face, char: True)
    assert drawn("鸡 بدون", "cp437")[0].missing == tuple("بدون")


def test_words_that_are_read_from_the_right_are_drawn_as_one_stretch() -> None:
    assert list(raster._stretches("x بدون 2 بصل y")) == ["x", " ", "بدون 2 بصل", " ", "y"]
    assert list(raster._stretches("שלום abc שלום")) == ["שלום", " ", "a", "b", "c", " ", "שלום"]


def test_styles_of_a_drawn_line_do_not_leak() -> None:
    loud = Style(wide=True, tall=True, bold=True, inverse=True)
    lines: list[Line] = [
        TextLine((Span("a", loud),)), TextLine((Span("鸡", loud), Span("x"))), TextLine((Span("b"),)),
    ]  # fmt: skip
    sheet, warnings = interpret(encode(lines, 48, "cp437", no_bars, RASTER_MOST).data, 48, "cp437")
    assert warnings == []
    first, last = (item for item in sheet.items if isinstance(item, PrintedLine))
    assert first.marks[0].look.inverse
    assert (last.marks[0].look.width, last.marks[0].look.bold, last.marks[0].look.inverse) == (1, False, False)
    assert raster_rows(sheet)[0].rows == 48


# --- real-time commands in dots ---


def test_a_picture_of_real_time_commands_loses_a_pixel_of_each() -> None:
    """Every pair and every alignment of DLE EOT, ENQ and DC4 as dots, as wide as the paper, in bands."""
    row = b"".join(bytes((0x10, second, third)) for second in (4, 5, 0x14) for third in range(8)).ljust(72, b"\x10")
    image = Image.frombytes("1", (576, 300), row * 300).convert("L").point(lambda value: 255 - value)
    raw = image.convert("1").tobytes()
    assert escpos.REAL_TIME.search(bytes(255 - byte for byte in raw)), "the picture holds what it should"
    data = b"".join(graphics.raster_bands(image))
    assert escpos.REAL_TIME.search(data) is None
    sheet, warnings = interpret(data)
    assert warnings == []
    assert [picture.rows for picture in raster_rows(sheet)] == [12] * 25, "a fence fits between any two of them"
    printed = b"".join(bytes(picture.data) for picture in raster_rows(sheet))
    flipped = sum((a ^ b).bit_count() for a, b in zip(printed, row * 300, strict=True))
    assert 0 < flipped <= 300 * 26


def test_pairs_are_broken_where_they_overlap_and_at_the_end() -> None:
    for raw in (b"\x10\x10\x04\x10\x05\x00", b"\x10\x14\x10\x14", b"\x10", b"\x10\x04"):
        broken = graphics.break_real_time(raw)
        assert escpos.REAL_TIME.search(broken + b"\x01") is None
        assert len(broken) == len(raw)


def test_dots_never_look_like_a_fence_because_fences_are_counted() -> None:
    for raw in (escpos.FENCE, b"\x1dr1", b"\x1d(H\x06\x00"):
        assert graphics.break_real_time(b"\xff" + raw) != b"\xff" + raw
    assert graphics.break_real_time(b"\x1dr\x02\x1d(k") == b"\x1dr\x02\x1d(k"


# --- QR codes ---

LINK = "https://shop.example/t/桌12?k=a1B2c3"


@pytest.mark.parametrize("columns", [32, 48])
def test_the_printer_draws_a_qr_code_by_itself(columns: int) -> None:
    data = encode([QrCode(LINK)], columns, "gbk", no_bars).data
    sheet, warnings = interpret(data, columns)
    assert warnings == []
    (code,) = (item for item in sheet.items if isinstance(item, PrintedQr))
    assert (code.text, code.module, code.align) == (LINK, 6, 1)
    assert len(data) < 150
    assert LINK in text_of(sheet, columns)


def test_a_printer_without_qr_codes_is_sent_the_same_dots() -> None:
    native, _ = interpret(encode([QrCode(LINK)], 48, "gbk", no_bars).data)
    raster, warnings = interpret(encode([QrCode(LINK)], 48, "gbk", no_bars, native_qr=False).data)
    assert warnings == []
    assert all(item.rows <= 128 for item in raster_rows(raster))
    assert ink(native) == ink(raster)


def ink(sheet: Sheet) -> Image.Image:
    image = Image.open(io.BytesIO(picture_of(sheet, 48))).convert("L").point(lambda value: 255 * (value < 128))
    return image.crop(image.getbbox())


@pytest.mark.parametrize("text", ["", "a\nb", "a\x10\x04\x01", "x" * 3000])
def test_a_qr_code_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UnprintableError):
        encode([QrCode(text)], 48, "gbk", no_bars)


def test_a_code_that_the_paper_is_too_narrow_for_is_refused() -> None:
    with pytest.raises(UnprintableError, match="32 columns"):
        encode([QrCode("x" * 1500)], 32, "gbk", no_bars)


# --- what the interpreter models ---


def happenings(data: bytes) -> tuple[list[Event], bytes, list[str]]:
    events: list[Event] = []
    said = bytearray()
    engine = Interpreter(48, said.extend, lambda sheet: None, happened=events.append)
    engine.feed(data)
    while engine.step() is not None:
        pass
    assert engine.sheet.events == events
    return events, bytes(said), engine.warnings


def test_drawer_and_buzzer_are_noticed_and_the_fence_with_an_id_is_answered() -> None:
    assert happenings(bytes.fromhex("1B 70 00 32 FA")) == ([Pulse(2, 100, 500)], b"", [])
    assert happenings(bytes.fromhex("1B 70 31 32 FA")) == ([Pulse(5, 100, 500)], b"", [])
    assert happenings(bytes.fromhex("10 14 01 00 02")) == ([Pulse(2, 200, 200)], b"", [])
    assert happenings(bytes.fromhex("1B 42 03 02")) == ([Buzz(3, 200)], b"", [])
    assert happenings(bytes.fromhex("1B 28 41 04 00 30 01 02 03")) == ([Buzz(2, 300, 1)], b"", [])
    assert happenings(bytes.fromhex("1D 28 48 06 00 30 30 50 30 30 31")) == ([], b"\x37\x22P001\x00", [])


def test_a_switched_off_real_time_pulse_does_not_open_the_drawer() -> None:
    assert happenings(bytes.fromhex("1D 28 44 03 00 14 01 00 10 14 01 00 02")) == ([], b"", [])


@pytest.mark.parametrize("command", ["1B 7A", "1D 28 4C 02 00 30 32", "1C 7A", "1B 4D 01", "1B 74 63", "10 04 01"])
def test_what_it_does_not_understand_is_a_warning(command: str) -> None:
    assert len(happenings(bytes.fromhex(command))[2]) == 1


def test_a_raster_is_printed_as_it_comes_and_nothing_in_it_is_a_command() -> None:
    engine = Interpreter(48, lambda answer: None, lambda sheet: None)
    rows = b"\x1dV\x00\x1b@" + bytes(67)
    engine.feed(b"\x1dv0\x00\x48\x00\x40\x00" + rows * 3)
    while engine.step() is not None:
        assert not engine.peek_cut()
    (picture,) = raster_rows(engine.sheet)
    assert picture.rows == 3
    engine.feed(rows * 61 + b"\x1dV\x00")
    while not engine.peek_cut():
        assert engine.step() is not None
    assert bytes(picture.data) == rows * 64


def test_a_whole_slip_of_every_script_keeps_its_width(bar_codes: BarCodeBytes) -> None:
    slip = a_slip(note="少放盐 😀 بدون بصل 𠮷 鷄", by="Zoë", allergies=["花生 🥜"])
    for columns in (32, 48):
        body = encode(layout(slip, columns, "gbk"), columns, "gbk", bar_codes, RASTER_MOST)
        sheet, warnings = interpret(body.data, columns)
        assert warnings == []
        assert all(width_of(item.marks) <= columns for item in sheet.items if isinstance(item, PrintedLine))
        assert set(body.missing) <= set("𠮷🥜😀بدونصل")


def test_unicode_names_are_not_needed_to_know_a_width() -> None:
    assert charset.cells("…—·①é", "gbk") == 10
    assert unicodedata.east_asian_width("é") != "W"
    assert [charset.cells(char, "gbk") for char in "😀𠮷م"] == [2, 2, 1]


# --- through a printer with a small buffer ---


def test_a_picture_larger_than_the_buffer_passes_a_slow_printer_and_an_end_of_paper(bar_codes: BarCodeBytes) -> None:
    cut: list[Sheet] = []
    said = bytearray()
    printer = VirtualPrinter(48, 115200, said.extend, cut.append)
    slip = a_slip(allergies=["花生 ☠" * 6] * 2, note="☠☃ " * 20)
    body = encode([*layout(slip, 48, "gbk"), QrCode(LINK)], 48, "gbk", bar_codes, RASTER_MOST, native_qr=False)
    data = body.data + escpos.FENCE + escpos.CUT
    assert len(data) > 3 * BUFFER
    now, sent = 0.0, 0
    while not cut and now < 30:
        now += 0.002
        size = min(printer.may_read(now), len(data) - sent)
        if size:
            printer.arrive(data[sent : sent + size], now)
            sent += size
        if 0.5 <= now < 0.502 or 2.0 <= now < 2.002:
            printer.set_fault("paper_out", on=now < 1, now=now)
        printer.step(now)
    assert said.endswith(b"\x00"), "the fence is answered"
    assert len(raster_rows(cut[0])) >= 5
    assert cut[0].data == data
