"""Texts for people: maps of BCP 47 tag to text, and what may stand in a text that a guest wrote."""

from __future__ import annotations

import re
import unicodedata

TextMap = dict[str, str]

_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")


def pick(texts: TextMap, language: str) -> str:
    """The text in this language, else in English, else in any; empty for an empty map."""
    if language in texts:
        return texts[language]
    main = language.split("-")[0]
    for tag, text in texts.items():
        if tag.split("-")[0] == main:
            return text
    return texts.get("en") or next(iter(texts.values()), "")


def tidy(text: str) -> str:
    """One line: breaks become a blank, ends are trimmed. A phone's keyboard writes both without malice."""
    return _BREAKS.sub(" ", text).strip()


def forbidden_character(text: str) -> str | None:
    """The first character that must not reach a screen or a printer: control and bidi-override characters.

    Such a character can end a line, start a printer command or turn the reading direction of a total.
    """
    if text.isprintable():
        return None
    return next((character for character in text if _is_forbidden(character)), None)


def harmless(text: str) -> str:
    """The text on one line without its forbidden characters: for what must be taken as it comes."""
    return "".join(character for character in tidy(text) if not _is_forbidden(character))


def _is_forbidden(character: str) -> bool:
    if character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Co"):
        return True
    # Of the unassigned ones only those that never will be: next year's emoji is a guest's good right.
    return ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
