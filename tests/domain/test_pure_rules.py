"""Money, texts, the moment, the actor, stale actions: small pure rules."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.actor import HOUSE, Actor
from gateway.domain.allergens import NAMES, allergen_name
from gateway.domain.check import Check
from gateway.domain.conditions import KINDS, URGENCY, document
from gateway.domain.errors import Refused, Rejected, Retry
from gateway.domain.money import round_half_up
from gateway.domain.now import Now, iso, parse_iso
from gateway.domain.texts import forbidden_character, pick, tidy
from gateway.domain.ticket import Ticket


@given(st.integers(-(10**12), 10**12), st.integers(-(10**6), 10**6).filter(bool))
def test_rounding_is_half_away_from_zero_for_every_sign(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = round_half_up(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)
    assert round_half_up(-numerator, denominator) == -rounded


@pytest.mark.parametrize(("parts", "whole"), [((5, 2), 3), ((-5, 2), -3), ((5, -2), -3), ((4, 3), 1), ((0, 7), 0)])
def test_tills_round_like_this(parts: tuple[int, int], whole: int) -> None:
    assert round_half_up(*parts) == whole


@given(st.text(max_size=40))
def test_a_tidy_text_is_one_trimmed_line_and_tidying_twice_changes_nothing(text: str) -> None:
    clean = tidy(text)
    assert clean == clean.strip()
    assert not set(clean) & set("\t\r\n\v\f\x85\u2028\u2029")
    assert tidy(clean) == clean


@given(st.text(max_size=40))
def test_no_control_or_bidi_character_passes(text: str) -> None:
    first = forbidden_character(text)
    bad = [
        c
        for c in text
        if unicodedata.category(c) in ("Cc", "Cs", "Co")
        or ord(c) & 0xFFFF in (0xFFFE, 0xFFFF)
        or 0xFDD0 <= ord(c) <= 0xFDEF
        or 0x202A <= ord(c) <= 0x202E
        or 0x2066 <= ord(c) <= 0x2069
    ]
    assert first == (bad[0] if bad else None)


@pytest.mark.parametrize(
    "text",
    ["不要香菜", "no onion, please — thanks!", "ｆｕｌｌ　ｗｉｄｔｈ", "🌶️🌶️", "٣", "e\u0301", "\U0001faf8\U0001fae9"],
)
def test_what_guests_really_write_passes(text: str) -> None:
    assert forbidden_character(tidy(text)) is None


@pytest.mark.parametrize("bad", ["\x1b@", "a\x00", "\x7f", "\x9b", "total \u202e00.1", "\u2066", "\ue000"])
def test_what_could_command_a_printer_or_turn_a_total_around_does_not(bad: str) -> None:
    assert forbidden_character(bad) is not None


@pytest.mark.parametrize(
    ("texts", "language", "expected"),
    [
        ({"zh-Hans": "茶", "en": "tea"}, "en", "tea"),
        ({"zh-Hans": "茶", "en": "tea"}, "zh-Hant-TW", "茶"),
        ({"zh-Hans": "茶", "en": "tea"}, "fr", "tea"),
        ({"de": "Tee"}, "fr", "Tee"),
        ({"en-GB": "tea"}, "en", "tea"),
        ({}, "en", ""),
    ],
)
def test_a_text_is_picked_in_the_readers_language_or_the_nearest(
    texts: dict[str, str], language: str, expected: str
) -> None:
    assert pick(texts, language) == expected


def test_allergens_have_names_in_both_languages_and_unknown_ones_stay_as_written() -> None:
    assert allergen_name("peanut", "zh-Hans") == "花生"
    assert allergen_name("木耳", "en") == "木耳"
    assert all(set(names) == {"zh-Hans", "en"} for names in NAMES.values())


def _now(moment: datetime, boot: str = "b1", monotonic: float = 100.0) -> Now:
    return Now(moment, "ntp", boot, monotonic)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))
def test_times_are_written_in_utc_and_sort_as_text(moment: datetime) -> None:
    text = iso(moment)
    assert text.endswith("Z")
    assert abs(parse_iso(text) - moment) < timedelta(milliseconds=1)
    assert iso(moment + timedelta(milliseconds=1)) > text
    assert iso(moment.astimezone(timezone(timedelta(hours=8)))) == text


def test_a_moment_of_another_boot_is_long_ago() -> None:
    now = _now(datetime(2026, 11, 23, tzinfo=UTC))
    assert now.since("b1", 40.0) == 60.0
    assert now.since("b0", 40.0) == float("inf")
    assert now.ago(60) == "2026-11-22T23:59:00.000Z"


def test_actors_say_who_they_are() -> None:
    assert str(HOUSE) == "house"
    assert str(Actor("staff", "li", "wok-1")) == "staff li"


def test_errors_carry_what_the_reaction_needs() -> None:
    refused = Refused("sold_out", retry_after_s=3, lines=[1])
    assert (refused.code, refused.retry_after_s, refused.detail, refused.keep) == ("sold_out", 3, {"lines": [1]}, ())
    assert (Retry("cut", 2.0).after_s, Rejected("poison", 422).status) == (2.0, 422)


def test_a_checks_total_is_lines_and_adjustments() -> None:
    assert Check("c", None, "OPEN", "CNY", 900, -100).total == 800


def _ticket(start: int, ready: int) -> Ticket:
    return Ticket("t", "wok", "SHOWN", "both", "", "", 0.0, "", "", start_version=start, ready_version=ready)


@pytest.mark.parametrize(
    ("action", "start", "ready", "version", "stale"),
    [
        ("bump", 0, 3, 2, True),  # a bump kept by an old tablet cannot undo a recall
        ("bump", 0, 3, 3, False),
        ("bump", 5, 3, 3, False),  # somebody started it meanwhile: that is no reason not to bump
        ("start", 5, 0, 4, True),
        ("start", 0, 5, 4, True),  # nor can a start undo a bump
        ("start", 2, 3, 3, False),
        ("recall", 0, 7, 6, True),
        ("undo", 9, 0, 1, False),
    ],
)
def test_an_action_is_stale_when_its_own_kind_has_moved_on(
    action: str, start: int, ready: int, version: int, stale: bool
) -> None:
    assert _ticket(start, ready).is_stale(action, version) is stale


@pytest.mark.parametrize("code", KINDS)
def test_every_condition_says_what_and_what_to_do_in_both_languages(code: str) -> None:
    kind = KINDS[code]
    assert kind.severity in URGENCY
    said = document(code, "kitchen", "2026-11-23T00:00:00Z", {"number": "A001", "table": "1"}, 3, {"en": "Printer"})
    for words in (kind.title, kind.advice, said["title"], said["advice"]):
        assert set(words) == {"zh-Hans", "en"}
    for words in (said["title"], said["advice"]):
        assert all(text and "{" not in text for text in words.values()), words
        assert not {"UNKNOWN", "UNCONFIRMED"} & {word for text in words.values() for word in text.split()}


def test_a_condition_that_nobody_has_described_still_says_itself() -> None:
    said = document("moon_fell", "sky", "now", {}, 0, {})
    assert (said["title"]["en"], said["severity"], said["ticket"]) == ("moon_fell", "soon", None)
    assert document("ticket_unseen", "t1", "now", {}, 0, {})["ticket"] == "t1"


settings.register_profile("brief", max_examples=60)
settings.load_profile("brief")
