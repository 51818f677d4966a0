"""Every kind of slip on paper, in both languages and both widths, beside its golden text.

`TABLEPASS_GOLDEN=write` writes tests/golden/slips anew, with the pictures. Only the text is compared: a picture hangs
on the machine's fonts, and is there to be looked at.
"""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from bridge_rig import a_slip
from hypothesis import given, settings
from hypothesis import strategies as st
from slip_samples import VARIANTS, sample, variant

from firmware_bridge import escpos
from firmware_bridge.charset import ENCODINGS, Encoding, cells
from firmware_bridge.drivers.fences import FENCE_EVERY
from firmware_bridge.escpos import BarCodeBytes, Body, encode
from firmware_bridge.layout import PAGES, QrCode, Span, TextLine, layout
from firmware_bridge.page import LOUD
from firmware_bridge.slips.kitchen_slip import KitchenSlip
from firmware_bridge.slips.money import full_amount, plain_amount
from firmware_bridge.slips.slip_page import SlipPage
from firmware_bridge.slips.words import CHINESE, ENGLISH
from firmware_bridge.virtual.interpreter import Interpreter
from firmware_bridge.virtual.paper import text_of, width_of
from firmware_bridge.virtual.picture import picture_of
from firmware_bridge.virtual.sheet import PrintedLine, Sheet
from gateway.contract.slips import (
    KINDS,
    Slip,
    SlipElsewhere,
    SlipFigure,
    SlipLine,
    SlipOld,
    SlipOption,
    SlipSection,
)

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "slips"
LANGUAGES = ("zh-Hans", "en")
WIDTHS = (32, 48)
WRITE = os.environ.get("TABLEPASS_GOLDEN") == "write"
COOKED_FROM = ("kitchen", "dish", "add", "return", "refire", "recall", "rush", "hold", "fire", "move", "merge",
               "change", "full_order")
"""Kinds that somebody cooks by."""


def printed(body: Body, columns: int) -> Sheet:
    sheets: list[Sheet] = []
    engine = Interpreter(columns, lambda answer: None, sheets.append)
    engine.feed(body.data + escpos.CUT)
    while engine.step() is not None:
        pass
    assert engine.warnings == [], "no line is wider than the paper, no byte is unknown"
    return sheets[0]


def body_of(slip: Slip, columns: int, bar_codes: BarCodeBytes, encoding: Encoding = "gbk", copy: int = 1) -> Body:
    return encode(layout(slip, columns, encoding, copy), columns, encoding, bar_codes)


def text_on_paper(slip: Slip, columns: int, bar_codes: BarCodeBytes, copy: int = 1) -> str:
    return text_of(printed(body_of(slip, columns, bar_codes, copy=copy), columns), columns)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*KINDS, *VARIANTS])
def test_every_kind_stands_on_paper_as_its_golden_text(
    kind: str, language: str, columns: int, bar_codes: BarCodeBytes
) -> None:
    body = body_of(sample(kind, language), columns, bar_codes)
    sheet = printed(body, columns)
    assert body.missing == ()
    text = text_of(sheet, columns)
    file = GOLDEN / f"{kind}-{language}-{columns}.txt"
    if WRITE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.with_suffix(".png").write_bytes(picture_of(sheet, columns))
    assert text == file.read_text(encoding="utf-8"), "TABLEPASS_GOLDEN=write writes it anew; then look at the picture"


def test_the_golden_folder_holds_every_kind_and_nothing_else() -> None:
    every = (*KINDS, *VARIANTS)
    stems = {f"{kind}-{language}-{columns}" for kind in every for language in LANGUAGES for columns in WIDTHS}
    assert {file.name for file in GOLDEN.iterdir()} == {stem + end for stem in stems for end in (".txt", ".png")}


def test_every_kind_has_its_page_and_its_title_and_its_line_in_the_docs() -> None:
    table = (GOLDEN.parents[2] / "docs" / "slips.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert kind in PAGES, kind
        assert CHINESE.title[kind], kind
        assert ENGLISH.title[kind], kind
        assert f"| `{kind}` | {CHINESE.title[kind]} |" in table, kind
    assert set(PAGES) == set(KINDS)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("columns", [24, 32, 42, 48, 72])
def test_no_line_of_any_kind_is_wider_than_its_paper(encoding: Encoding, columns: int) -> None:
    for kind in (*KINDS, *VARIANTS):
        for language in LANGUAGES:
            for line in layout(sample(kind, language), columns, encoding, copy=2):
                if isinstance(line, TextLine):
                    wide = [cells(span.text, encoding) * (1 + span.style.wide) for span in line.spans]
                    assert sum(wide) <= columns, (kind, language, line)


# --- what must not be missed ---


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*COOKED_FROM, "runner"])
def test_an_allergy_is_boxed_on_everything_that_the_kitchen_reads(
    kind: str, language: str, bar_codes: BarCodeBytes
) -> None:
    slip = msgspec.structs.replace(sample(kind, language), allergies=["X1"], instead_of="P2")
    text = text_on_paper(slip, 32, bar_codes)
    assert re.search(r"▐ *\S+[：:] ?X1 *▌", text)
    assert re.search(r"▐ *\S*.*FOR[：:] ?P2 *▌", text.splitlines()[0]), "a diverted slip says whose it is"


@pytest.mark.parametrize("kind", KINDS)
def test_every_copy_says_reprint_at_both_ends_and_asks_cooks_to_check(kind: str, bar_codes: BarCodeBytes) -> None:
    text = text_on_paper(sample(kind, "en"), 48, bar_codes, copy=2)
    assert text.count("REPRINT") == 2
    assert ("check before cooking" in text) == (kind in COOKED_FROM)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bill_says_before_and_after_its_total_that_it_is_no_receipt(language: str, bar_codes: BarCodeBytes) -> None:
    words = CHINESE if language == "zh-Hans" else ENGLISH
    before, _, after = text_on_paper(sample("bill", language), 32, bar_codes).partition(words.sum["bill"])
    assert words.not_a_receipt in before
    assert words.not_a_receipt in after
    assert words.title["receipt"] not in before + after


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_a_called_course_whose_slip_waited_says_what_it_has_counted(language: str, bar_codes: BarCodeBytes) -> None:
    """Found by seed 137: such a change has no slip of its own."""
    words = CHINESE if language == "zh-Hans" else ENGLISH
    fired = msgspec.structs.replace(variant("changed", language), kind="fire")
    assert words.counted in text_on_paper(fired, 48, bar_codes)
    assert words.announce["move"] in text_on_paper(fired, 48, bar_codes)
    assert words.counted not in text_on_paper(sample("fire", language), 48, bar_codes)


def test_a_kind_that_is_not_known_yet_prints_as_a_kitchen_slip_under_its_name(bar_codes: BarCodeBytes) -> None:
    text = text_on_paper(a_slip(kind="tasting"), 48, bar_codes)
    assert "tasting 0041" in text
    assert "2× 宫保鸡丁" in text


# --- money ---


@pytest.mark.parametrize(
    ("amount", "currency", "plain", "full"),
    [
        (5600, "CNY", "56.00", "¥56.00"), (-5, "EUR", "-0.05", "-€0.05"), (1200, "JPY", "1200", "¥1200"),
        (1500, "KWD", "1.500", "KWD 1.500"), (0, "", "0.00", "0.00"), (100_000_000, "USD", "1000000.00", "$1000000.00"),
    ],
)  # fmt: skip
def test_amounts_are_made_from_integers(amount: int, currency: str, plain: str, full: str) -> None:
    assert plain_amount(amount, currency) == plain
    assert full_amount(amount, currency) == full


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("kind", ["bill", "receipt", "guest_list"])
def test_all_money_ends_at_the_right_edge(kind: str, columns: int, bar_codes: BarCodeBytes) -> None:
    sheet = printed(body_of(sample(kind, "zh-Hans"), columns, bar_codes), columns)
    lines = [item for item in sheet.items if isinstance(item, PrintedLine)]
    money = [line for line in lines if re.search(r"\d\.\d\d$", "".join(mark.char for mark in line.marks))]
    assert len(money) >= 5
    assert {width_of(line.marks) for line in money} == {columns}


@pytest.mark.parametrize("columns", [24, 32, 48])
@pytest.mark.parametrize("amount", [0, 1, -1, 10**8, -(10**8), 2**62])
def test_no_amount_breaks_the_paper(amount: int, columns: int, bar_codes: BarCodeBytes) -> None:
    slip = msgspec.structs.replace(
        sample("receipt", "en"), total=amount, lines=[SlipLine(99, "Rice " * 8, amount=amount)],
        paid=[SlipFigure("Card", amount, 10**6)], change=amount,
    )  # fmt: skip
    assert plain_amount(amount, "EUR") in text_on_paper(slip, columns, bar_codes)


@pytest.mark.parametrize("trick", ["TOTAL 0.00", "合计 ¥0.00\n应付 0.00", "\x1b@Total        €0.00", "a" * 90])
@pytest.mark.parametrize("kind", KINDS)
def test_a_guests_words_stand_behind_their_mark_on_every_kind(kind: str, trick: str, bar_codes: BarCodeBytes) -> None:
    slip = sample(kind, "en")
    lines = [msgspec.structs.replace(line, note=trick) for line in slip.lines]
    with_words = msgspec.structs.replace(slip, note=trick, reason=trick, lines=lines)
    without = msgspec.structs.replace(slip, note="", reason="", lines=[
        msgspec.structs.replace(line, note="") for line in lines])  # fmt: skip
    kept = [line for line in text_on_paper(without, 32, bar_codes).splitlines() if "no note any more" not in line]
    for line in text_on_paper(with_words, 32, bar_codes).splitlines():
        if line in kept:
            kept.remove(line)
        else:
            assert line.lstrip().startswith(("note: ", "reason: ", "by: ", "> ")), line
    assert kept == [], "a note takes nothing away"


DISHES = ("3× 宫保鸡丁", "花生 " + "2× 麻婆豆腐 " * 4, "x" * 14 + " 2× Kung Pao Chicken", "\n1x Fish\n" * 4)


@pytest.mark.parametrize("trick", DISHES)
@pytest.mark.parametrize("columns", [24, 32, 42, 48])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*COOKED_FROM, "runner", "guest_list"])
def test_no_line_of_an_allergy_looks_like_a_dish(kind: str, language: str, columns: int, trick: str) -> None:
    """Loud and typed by a guest: each of its lines is white on black and says what it is."""
    words = CHINESE if language == "zh-Hans" else ENGLISH
    slip = msgspec.structs.replace(sample(kind, language), allergies=[])
    kept = layout(slip, columns, "gbk")
    page = layout(msgspec.structs.replace(slip, allergies=[trick[:40]] * 2), columns, "gbk")
    added = [line for line in page if isinstance(line, TextLine) and line not in kept]
    assert len(added) >= 2
    for line in added:
        (span,) = line.spans
        assert span.style.inverse
        assert span.text.strip().startswith(words.allergy.strip())


def test_what_fits_one_large_line_is_as_large_as_a_dish() -> None:
    (band,) = SlipPage(a_slip(), 48, "gbk", CHINESE).warning("过敏：", "花生")
    assert band.spans[0].style == LOUD  # type: ignore[union-attr]


LONG = ["", "合计 ¥0.00" * 5, "W" * 80, "×" * 50]
anything = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(LONG)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(KINDS), st.sampled_from([24, 32, 48, 72]), st.sampled_from(ENCODINGS),
    st.lists(anything, min_size=5, max_size=5),
    st.integers(-(2**62), 2**62), st.integers(1, 999),
)  # fmt: skip
def test_no_text_and_no_figure_breaks_any_paper(
    kind: str, columns: int, encoding: Encoding, texts: list[str], amount: int, count: int
) -> None:
    one, two, three, four, five = texts
    line = SlipLine(count, one, [SlipOption(two), SlipOption(three, True)], four, five, amount, count)
    figure = SlipFigure(two, amount, count)
    slip = Slip(
        language=one, station=two, number=three, order=four, place=five, time=one, lines=[line, line], previous=two,
        kind=kind, order_type=three, covers=count, by=four, allergies=[five], note=one, code="A1", instead_of=two,
        missing=[three], portion=1, portions=2, from_place=four, reason=five, date=one, since=two, store=three,
        store_lines=[four], foot=[five], currency=one[:3], figures=[figure], total=amount, paid=[figure], change=amount,
        included=[figure], sections=[SlipSection(one, [figure])],
        old=[SlipOld(one, two, three, four, count, five)], qr_says=one,
        elsewhere=[SlipElsewhere(one, count)],
    )  # fmt: skip
    lines = layout(slip, columns, encoding, copy=2)
    if encoding in escpos.CHINESE:  # the interpreter reads these
        printed(encode([line for line in lines if not isinstance(line, QrCode)], columns, encoding, no_bars), columns)
    for each in lines:
        if isinstance(each, TextLine):
            assert sum(cells(span.text, encoding) * (1 + span.style.wide) for span in each.spans) <= columns


def no_bars(_code: str, _columns: int) -> bytes:
    return b""


# --- between the bands of a drawn code ---


def test_a_drawn_qr_code_can_hold_a_fence_between_any_two_bands(bar_codes: BarCodeBytes) -> None:
    lines = layout(sample("bill", "zh-Hans"), 48, "gbk")
    body = encode(lines, 48, "gbk", bar_codes, native_qr=False)
    places = [*body.breaks, len(body.data)]
    longest = max(end - start for start, end in pairwise(places))
    assert longest < FENCE_EVERY
    whole = encode(lines, 48, "gbk", bar_codes)
    assert len(body.breaks) > len(whole.breaks)
    assert body.lines == whole.lines
    assert [body.data[at : at + 3] for at in body.breaks].count(b"\x1dv0") >= 3


def test_a_line_that_is_drawn_beside_a_drawn_code_stays_the_right_one(bar_codes: BarCodeBytes) -> None:
    before, after = TextLine((Span("before ☠"),)), TextLine((Span("after ☠"),))
    body = encode([before, QrCode("x" * 30), after], 48, "gbk", bar_codes, 50_000, native_qr=False)
    text = text_of(printed(body, 48), 48)
    assert "before" not in text, "it is drawn"
    assert body.breaks == tuple(sorted(set(body.breaks)))


def test_what_a_cook_works_from_is_one_list() -> None:
    assert {kind for kind, page in PAGES.items() if page.cooked_from} == set(COOKED_FROM)
    assert issubclass(PAGES["full_order"], KitchenSlip)
