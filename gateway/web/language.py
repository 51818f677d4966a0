"""The reader's language: one rule for every page and every refusal."""

from __future__ import annotations

from flask import request

LANGUAGES = ("zh-Hans", "en")


def language() -> str:
    """What somebody chose on this device, or else the first of ours in the list that the browser sends.

    English for whoever reads neither, as `TP.pickLang` in the pages: a traveller is more likely to read that.
    """
    chosen = request.cookies.get("lang")
    if chosen in LANGUAGES:
        return chosen
    wanted = (tag[:2].lower() for tag, quality in request.accept_languages if quality > 0)
    first = next((tag for tag in wanted if tag in ("zh", "en")), "en")
    return "zh-Hans" if first == "zh" else "en"


def chinese() -> bool:
    return language() == "zh-Hans"
