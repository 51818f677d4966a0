"""What is known of printers, and how it gives way to what one of them answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.profiles import PROFILES, merged, profile_for
from gateway.contract.findings import Capability
from gateway.contract.findings_words import CAPABILITIES, NOTES


@pytest.mark.parametrize("key", PROFILES)
def test_a_profile_names_capabilities_and_notes_that_there_are_words_for(key: str) -> None:
    profile = PROFILES[key]
    assert profile.title
    assert set(profile.capabilities) <= set(CAPABILITIES)
    assert {one.note for one in profile.capabilities.values()} - {""} <= set(NOTES)
    assert all(one.known != "probed" for one in profile.capabilities.values()), "nobody has had one in his hands"
    assert all(one.known == "unverified" for one in profile.capabilities.values() if key.startswith("generic"))


def test_what_is_not_known_is_unknown_and_everything_is_named() -> None:
    whole = merged("generic_80", {}, certain=True)
    assert tuple(whole) == tuple(CAPABILITIES)
    assert whole["drawer"] == Capability("unknown", "unverified")
    assert whole["dle_eot"] == Capability("works", "unverified")


def test_what_a_printer_answers_stands_before_its_papers_and_a_difference_is_noted() -> None:
    found = {"gs_h": Capability("works"), "gs_r": Capability("works"), "asb": Capability("unknown", note="noise")}
    whole = merged("epson_tm_u220", found, certain=True)
    assert whole["gs_h"] == Capability("works", "probed", "differs")
    assert whole["gs_r"] == Capability("works", "probed")
    assert whole["asb"] == Capability("works", "documented", "noise")


def test_a_guessed_profile_documents_nothing() -> None:
    whole = merged("epson_tm_u220", {"gs_h": Capability("works")}, certain=False)
    assert whole["gs_h"] == Capability("works", "probed")
    assert whole["gs_r"] == Capability("works", "unverified")
    assert "documented" not in {one.known for one in whole.values()}


def test_the_documents_name_every_group() -> None:
    page = (Path(__file__).parents[2] / "docs/devices.md").read_text(encoding="utf-8")
    assert [key for key in PROFILES if f"`{key}`" not in page] == []


@pytest.mark.parametrize(
    ("said", "columns", "key"),
    [
        ("TM-U220B", 42, "epson_tm_u220"),
        ("TM-T88III", 48, "generic_80"),  # two groups say so
        ("TM-T88V", 48, "generic_80"),
        ("", 48, "generic_80"),
        ("", 32, "generic_58"),
        ("VIRTUAL-80", 42, "generic_80"),
    ],
)
def test_a_name_fits_one_group_or_says_nothing(said: str, columns: int, key: str) -> None:
    assert profile_for(said, columns) == key
