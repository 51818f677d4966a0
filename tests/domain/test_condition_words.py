"""The advice of a condition counts what waits, and says nothing about it where nothing does."""

from __future__ import annotations

import re

import pytest

from gateway.domain.conditions import KINDS, document


def said(code: str, waiting: int) -> list[str]:
    found = document(code, "kitchen", "", {}, waiting, {})
    return [*found["title"].values(), *found["advice"].values()]


@pytest.mark.parametrize("code", sorted(KINDS))
def test_no_sentence_counts_to_nothing(code: str) -> None:
    assert [text for text in said(code, 0) if re.search(r"\b0\b|0 张|\{\w*\}", text)] == []


def test_what_waits_is_counted() -> None:
    assert "换一卷纸，等着的 2 张会自己打出来" in said("paper_out", 2)
    assert "Put in a roll; what waits (2) prints by itself" in said("paper_out", 2)
    assert "Put in a roll" in said("paper_out", 0)
    assert "kitchen is paused; 1 is waiting" in said("printer_paused", 1)
    assert "kitchen is paused" in said("printer_paused", 0)
