"""The reader's language: one rule for every page and every refusal."""

from __future__ import annotations

from flask import g, request

LANGUAGES = ("zh-Hans", "en")


def language() -> str:
    """What somebody chose on this device, the own language of whoever is logged in, or else the first of ours in the
    list that the browser sends. A login of somebody who has a language forgets what was chosen here before.

    English for whoever reads neither, as `TP.pickLang` in the pages: a traveller is more likely to read that.
    """
    chosen = request.cookies.get("lang")
    if chosen in LANGUAGES:
        return chosen
    if own():
        return own()
    wanted = (tag[:2].lower() for tag, quality in request.accept_languages if quality > 0)
    first = next((tag for tag in wanted if tag in ("zh", "en")), "en")
    return "zh-Hans" if first == "zh" else "en"


def language_at(station_language: str, told: str | None = None) -> str:
    """Of a screen that stands in the kitchen: as its address tells (`told`, without it the `lang` of this request), as
    somebody chose on it, as whoever is logged in wants it, or as its station is set."""
    told = request.args.get("lang", "") if told is None else told
    chosen = (told, request.cookies.get("lang", ""), own(), station_language)
    return next(lang for lang in (*chosen, "zh-Hans") if lang in LANGUAGES)


def own() -> str:
    """The language of the person behind this request, as `access.staff` found them; "" without one: as the device
    says, which is also said of guests, programs and whoever is not logged in."""
    known = g.get("staff")
    return known.language if known is not None and known.language in LANGUAGES else ""


def chinese() -> bool:
    return language() == "zh-Hans"
