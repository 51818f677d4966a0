"""Nothing that a guest types becomes a command, a new line or a fake total.

The bytes are judged by a scanner of their own, written from the command references: it knows the commands that a slip
may hold, where they may stand, and nothing else. TABLEPASS_FULL=1 runs a million cases.
"""

from __future__ import annotations

import os
import random
import re
from dataclasses import dataclass

import pytest

from firmware_bridge import escpos, layout, page
from firmware_bridge.charset import ENCODINGS, Encoding
from firmware_bridge.errors import UnprintableError
from firmware_bridge.escpos import RASTER_MOST, encode
from gateway.contract.slips import Slip, SlipLine, SlipOption

CASES = 1_000_000 if os.environ.get("TABLEPASS_FULL") == "1" else 100_000
SHARE = 4
"""The cases are run in so many tests, so that one that fails is soon run again and none nears its time-out."""
DRAWN_EVERY = 100
"""Drawing a line takes a millisecond or more."""

# --- the scanner ---

TEXT = rb"[\x20-\x7e]++"
PAIRS = rb"(?:[\x81-\xfe][\x40-\x7e\x80-\xfe])++"
CHINESE = rb"\x1c&(?:" + PAIRS + rb"|" + TEXT + rb")++\x1c\."
ONE_BYTE = rb"\x1bt[\x00\x13][\x80-\xff]++"
LOOKS = rb"\x1bE[\x00\x01]|\x1d![\x00\x01\x10\x11]|\x1c![\x00\x04\x08\x0c]|\x1dB[\x00\x01]"
BEGIN = rb"\x1b@\x1da\x0f(?:\x1c\.)?"
FEED = rb"\x1bJ[\x00-\xff]"
SLIP = re.compile(BEGIN + b"(?:" + b"|".join((TEXT, CHINESE, ONE_BYTE, LOOKS, FEED, rb"\n")) + b")*+", re.DOTALL)
"""ESC @ stands at the beginning only, Chinese mode is left by the run that entered it, ESC t is followed by what needs
it, and no byte from 0x80 up stands anywhere else."""
INVISIBLE = re.compile(b"|".join((BEGIN, rb"\x1c[&.]", rb"\x1bt.", LOOKS, FEED)), re.DOTALL)
RASTER = re.compile(rb"\x1dv0\x00(..)(..)", re.DOTALL)
PICTURE = b"(picture)\n"
ANYWHERE = re.compile(rb"\x10[\x04\x05\x14]")
"""DLE EOT, DLE ENQ and DLE DC4 are executed even inside the data of another command."""


def without_rasters(data: bytes) -> bytes:
    """The pictures taken out, each as long as its own head says; its bands, which touch, stand for one line."""
    while found := RASTER.search(data):
        row, rows = (int.from_bytes(field, "little") for field in found.groups())
        assert row <= 72, "no wider than the paper"
        assert rows <= 128, "clones lose taller ones"
        assert found.end() + row * rows <= len(data), "the head says more than there is"
        before = data[: found.start()].removesuffix(PICTURE)
        data = before + PICTURE + data[found.end() + row * rows :]
    return data


def printed_lines(data: bytes) -> list[bytes]:
    return INVISIBLE.sub(b"", data).split(b"\n")


# --- the cases ---

COMMANDS = (
    "\x1b@", "\x1dV\x00", "\x1dVB\x00", "\x1bi", "\x10\x04\x01", "\x10\x05\x02", "\x10\x14\x01\x00\x01", "\x1c&",
    "\x1c.", "\x1bp\x00\x19\xfa", "\x1bt\x10", "\x1d!\x11", "\x1b!\x30", "\x1d(k\x03\x001Q0",
    "\x1dv0\x00\x01\x00\x01\x00\xff", "\x1bJ\xff", "\x1dr\x01", "\x0a\x0a", "\r\n", "\x0c", "\x0b",
    "\x85", "\u2028", "\u2029",
)  # fmt: skip
TRICKS = (
    "合计 ￥0.00", "TOTAL 0.00", "备注：", "note: ", "> ", "1× 免单", "  ", "\u202e", "\u2066", "\u200b", "\ufeff",
    "\ufe0f", "过敏：无", "-" * 48, "████", "e\u0301", "\u0338", "ﬃ", "😀", "👨‍👩‍👧", "بدون", "שלום", "㐂", "𠮷",
    "\ue000", "\udc1b", "\U0010fffe", "¥", "€", "…", "é", "ñ", "£", "宫保鸡丁", "宮保雞丁", "no onion", "a" * 50,
)  # fmt: skip


def pool(rng: random.Random) -> list[str]:
    """What texts are made of: bytes as they are, any code point, commands, and words that pretend."""
    anything = [chr(rng.randrange(0x110000)) for _ in range(2000)]
    plane = [chr(rng.randrange(0x20, 0x3000)) for _ in range(1000)]
    raw = [chr(byte) for byte in range(256)] * 4
    return anything + plane + raw + list(COMMANDS + TRICKS) * 16


PLACES = ("note", "dish note", "dish", "option", "removal", "allergy", "place", "by")


def slip_with(text: str, where: str, language: str) -> Slip:
    put = dict.fromkeys(PLACES, "") | {"dish": "麻婆豆腐", "place": "12"} | {where: text}
    options = [SlipOption(put[kind], kind == "removal") for kind in ("option", "removal") if put[kind]]
    return Slip(
        language=language, station="A", number="1", order="A1", time="12:00", place=put["place"], by=put["by"],
        lines=[SlipLine(1, put["dish"], options, put["dish note"])], note=put["note"],
        allergies=[put["allergy"]] if put["allergy"] else [],
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    text: str
    where: str
    language: str
    columns: int
    encoding: Encoding
    drawn: bool

    def bytes_of(self, text: str) -> tuple[bytes, int]:
        """The slip, and how many lines it shall have."""
        lines = layout.layout(slip_with(text, self.where, self.language), self.columns, self.encoding)
        room = RASTER_MOST if self.drawn else 0
        body = encode(lines, self.columns, self.encoding, lambda code, columns: b"", room)
        return body.data, sum(isinstance(line, page.TextLine | page.Rule) for line in lines)


def a_case(rng: random.Random, parts: list[str], number: int) -> Case:
    text = "".join(rng.choices(parts, k=rng.randrange(1, 16)))
    return Case(
        text, PLACES[number % len(PLACES)] if number % 3 else "note", "zh-Hans" if number % 2 else "en",
        32 if number % 5 else 48, ENCODINGS[number % 7 % 4], number % DRAWN_EVERY == 0,
    )  # fmt: skip


MARKS = {"zh-Hans": ("备注：", "    > "), "en": ("note: ", "    > ")}


def fault_of(case: Case, plain: dict[tuple[object, ...], list[bytes]]) -> str:
    """What is wrong with the slip of this case, in words; empty when nothing is."""
    data, lines = case.bytes_of(case.text)
    if ANYWHERE.search(data):
        return "a real-time command"
    if case.drawn:
        data = without_rasters(data)
    if SLIP.fullmatch(data) is None:
        end = SLIP.match(data)
        return f"a byte that no rule allows, at {end.end() if end else 0}"
    if data.count(b"\n") != lines:
        return f"{data.count(bytes((10,)))} lines instead of {lines}"
    if case.drawn or case.where not in ("note", "dish note"):
        return ""
    key = (case.where, case.language, case.columns, case.encoding)
    if key not in plain:
        plain[key] = printed_lines(case.bytes_of("")[0])
    return words_of_the_guest(printed_lines(data), plain[key], case)


def words_of_the_guest(lines: list[bytes], without: list[bytes], case: Case) -> str:
    """A note adds lines in one place, each behind its mark; everything else is as without it."""
    more = len(lines) - len(without)
    first = next((at for at, line in enumerate(without) if lines[at] != line), len(without))
    if more < 0 or lines[first + more :] != without[first:]:
        return "a note changed something else"
    words, further = (escpos.encode_text(mark, case.encoding) for mark in MARKS[case.language])
    mark, further = INVISIBLE.sub(b"", words), further.strip()
    added = [line.lstrip() for line in lines[first : first + more]]
    if added and not added[0].startswith(mark):
        return f"a note begins with {added[0]!r}"
    if any(not line.startswith(further) for line in added[1:]):
        return "a line of a note without its mark"
    return ""


def run(seed: int, cases: int) -> str:
    """The first fault of this seed; empty when there is none. Says what to run again."""
    rng = random.Random(seed)
    parts, plain = pool(rng), {}
    for number in range(cases):
        case = a_case(rng, parts, number)
        try:
            fault = fault_of(case, plain)
        except (AssertionError, ValueError, UnprintableError) as error:
            fault = f"{type(error).__name__}: {error}"
        if fault:
            return f"seed {seed}, case {number}: {fault}: {case}"
    return ""


@pytest.mark.timeout(1200 if CASES > 100_000 else 120)
@pytest.mark.parametrize("seed", range(SHARE))
def test_no_text_becomes_a_command_a_line_or_a_total(seed: int) -> None:
    assert run(seed, CASES // SHARE) == ""


# --- would it be found? ---


def test_an_encoder_that_passes_raw_text_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "printable", str)
    monkeypatch.setattr(escpos, "_text", lambda text, encoding: escpos._Text(text.encode("gbk", "replace"), ()))
    assert run(1, 500) != ""


def test_a_forgotten_filter_is_harmless_because_the_encoder_has_no_bytes_for_controls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two walls: without the first one the second still holds."""
    monkeypatch.setattr(page, "printable", lambda text: text.replace(" ", ""))
    assert run(2, 5_000) == ""


def test_a_further_line_of_a_note_without_its_mark_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "CONTINUED", "")
    assert "mark" in run(3, 5_000)


def test_a_run_that_does_not_leave_chinese_mode_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = escpos.encode_text
    monkeypatch.setattr(escpos, "encode_text", lambda text, encoding: right(text, encoding).removesuffix(b"\x1c."))
    escpos._text.cache_clear()
    assert "no rule allows" in run(4, 5_000)
    escpos._text.cache_clear()


@pytest.mark.parametrize(
    ("dots", "fault"), [(b"\x10\x04\x01", "UnprintableError"), (b"\x10\x05\xff", "real-time"), (b"\x00", "more than")]
)
def test_a_picture_with_a_real_time_command_or_a_false_length_is_found(
    monkeypatch: pytest.MonkeyPatch, dots: bytes, fault: str
) -> None:
    bands = [b"\x1dv0\x00\x03\x00\x10\x00" + dots * (40 // len(dots))]
    monkeypatch.setattr(escpos, "raster_bands", lambda image: bands)
    assert fault in run(5, 5_000)
