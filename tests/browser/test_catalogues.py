"""Every word that a person reads is there in both languages: same keys, same placeholders, no Chinese in English and no
English left in Chinese; each key that a page asks for exists, and each that exists is asked for."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page

import firmware_bridge
import gateway

ROOT = Path(__file__).resolve().parents[2]
STAFF, GUEST = ROOT / "gateway/web/staff/static", ROOT / "gateway/web/guest/static"
CHINESE = re.compile(r"[㐀-鿿]")
PLACES = re.compile(r"\{(\w*)\}")

COMMAND = re.compile(r"gateway [a-z-]+( [a-z-]+)?")

PAGES = {
    "kds": ["kds*.js"],
    "expo": ["expo*.js", "board.js", "pass-parts.js"],
    "orders": ["orders*.js", "office.js"],
    "printers": ["printers*.js"],
    "demo": ["demo*.js"],
    "login": ["login.js"],
}
"""Whose scripts share one catalogue."""

OF_ALL = {"table"}
"""Asked for by ui.js on behalf of a page."""

SAME_IN_BOTH = {"PIN", "Tablepass", "English", "MQTT", "USB", "QR", "Wi-Fi", "BUSY", "DLE", "EOT", "TCP", "GS", "ESC"}


def catalogues_in(text: str) -> Iterator[str]:
    """Each object literal {'zh-Hans': {…}, en: {…}} of a script, as its text."""
    for found in re.finditer(r"\{\s*'zh-Hans': \{", text):
        depth, quote, at = 0, "", found.start()
        while True:
            letter = text[at]
            if quote:
                at += letter == "\\"
                quote = "" if letter == quote else quote
            elif letter in "'\"":
                quote = letter
            else:
                depth += (letter == "{") - (letter == "}")
            at += 1
            if not depth:
                break
        yield text[found.start() : at]


def scripts_of(page: str) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for shape in PAGES[page] for path in sorted(STAFF.glob(shape))}


@pytest.fixture
def words(open_page: Callable[..., Page]) -> Callable[[str], dict[str, dict[str, Any]]]:
    """A page's words as its own browser reads them: language -> key -> text or its forms."""
    blank = open_page("about:blank", "en-GB", 400, 400)

    def read(page: str) -> dict[str, dict[str, Any]]:
        whole: dict[str, dict[str, Any]] = {"zh-Hans": {}, "en": {}}
        for text in scripts_of(page).values():
            for literal in catalogues_in(text):
                for language, said in blank.evaluate(f"({literal})").items():
                    whole[language] |= said
        return whole

    return read


def guest_words() -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = json.loads((GUEST / "words.json").read_text(encoding="utf-8"))
    return found


def forms(said: Any) -> list[str]:
    """A text, or its forms for one and for many."""
    return [said] if isinstance(said, str) else list(said)


def places(said: list[str]) -> set[str]:
    """What is filled in; {at} and {since} are one time, said as each language says it."""
    return {"at" if place == "since" else place for text in said for place in PLACES.findall(text)}


def faults(chinese: Any, english: Any) -> list[str]:
    """What is wrong with one entry."""
    zh, en = forms(chinese), forms(english)
    wrong = []
    if not all(zh) or not all(en):
        wrong.append("empty")
    if places(zh) != places(en):
        wrong.append("other placeholders")
    if any(CHINESE.search(text) for text in en) and en != ["中文"]:
        wrong.append("Chinese in English")
    for text in zh:
        bare = COMMAND.sub("", PLACES.sub("", text))
        if not CHINESE.search(bare):
            left = set(re.findall(r"[A-Za-z][A-Za-z-]{2,}", bare)) - SAME_IN_BOTH
            wrong += [f"English in Chinese: {word}" for word in sorted(left)]
        elif sentence := re.search(r"(?:[A-Za-z]{2,} ){2,}[A-Za-z]{2,}", bare):
            wrong.append(f"English in Chinese: {sentence[0]}")
    return wrong


def wrong_in(catalogue: dict[str, dict[str, Any]]) -> list[str]:
    zh, en = catalogue["zh-Hans"], catalogue["en"]
    missing = [f"{key}: only in one language" for key in sorted(set(zh) ^ set(en))]
    return missing + [f"{key}: {fault}" for key in sorted(set(zh) & set(en)) for fault in faults(zh[key], en[key])]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_staff_says_all_in_both_languages(words: Callable[[str], Any], page: str) -> None:
    catalogue = words(page)
    assert len(catalogue["en"]) > 10
    assert wrong_in(catalogue) == []


@pytest.mark.parametrize("page", ["order", "status"])
def test_a_page_of_the_guest_says_all_in_both_languages(page: str) -> None:
    assert wrong_in(guest_words()[page]) == []


# -- asked for and there ----------------------------------------------------------------------------------------------


def without_catalogues(text: str) -> str:
    for literal in catalogues_in(text):
        text = text.replace(literal, "")
    return text


def asked(code: str) -> set[str]:
    """Keys that t('…') asks for by name."""
    return set(re.findall(r"\bt\(\s*['\"](\w+)['\"]\s*[,)]", code))


@cache
def said_by_the_box() -> frozenset[str]:
    """Short texts of the programs' own code: states, reasons and kinds, which pages use as keys."""
    rooms = (ROOT / "gateway", ROOT / "firmware_bridge")
    text = "\n".join(path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py"))
    return frozenset(re.findall(r"\"([A-Za-z_]\w*)\"", text)) | frozenset(re.findall(r"^    (\w+)[,:]", text, re.M))


def mentioned(code: str, key: str) -> bool:
    """By name, by what the box calls it, or put together: t('n_' + kind), t(kind + '_asked')."""
    begins = re.findall(r"['\"](\w+)['\"] ?\+", code)
    ends = re.findall(r"\+ ?['\"](\w+)['\"]", code)
    names = set(re.findall(r"['\"](\w+)['\"]", code)) | set(re.findall(r"[{,]\s*(\w+):", code)) | said_by_the_box()
    kind, _, state = key.partition("_")
    return (
        key in names
        or any(key.startswith(one) for one in begins)
        or any(key.endswith(one) and key[: -len(one)] in names for one in ends)
        or ("+ '_' +" in code and {kind, state} <= names)
    )


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_of_staff_asks_for_exists_and_what_exists_is_asked_for(
    words: Callable[[str], Any], page: str
) -> None:
    code = "\n".join(without_catalogues(text) for text in scripts_of(page).values())
    keys = set(words(page)["en"])
    assert asked(code) - keys == set(), "asked for and not there"
    assert sorted(key for key in keys - OF_ALL if not mentioned(code, key)) == [], "there and never asked for"


def test_what_the_guests_pages_ask_for_exists_and_what_exists_is_asked_for() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in GUEST.glob("*.js")}
    of_status = files.pop("status.js")
    for page, code in (("order", "\n".join(files.values())), ("status", of_status)):
        keys = set(guest_words()[page]["en"])
        assert asked(code) - keys == set(), page
        assert sorted(key for key in keys - OF_ALL if not mentioned(code, key)) == [], page


# -- what the box itself says -----------------------------------------------------------------------------------------


@cache
def modules() -> list[Any]:
    names = [one.name for package in (gateway, firmware_bridge) for one in
             pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]  # fmt: skip
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def pairs(value: Any, where: str, depth: int = 0) -> Iterator[tuple[str, Any, Any]]:
    """(place, Chinese, English) of every text in two languages: maps of language tags, and tuples (zh, en)."""
    if depth > 6:
        return
    if isinstance(value, dict):
        if {"zh-Hans", "zh", "en"} & set(value):
            zh, en = value.get("zh-Hans", value.get("zh", "")), value.get("en", "")
            if isinstance(zh, (str, list)) and isinstance(en, (str, list)):
                yield where, zh, en
            else:
                for key in set(zh) | set(en):
                    yield f"{where}.{key}", zh.get(key, ""), en.get(key, "")
            return
        for key, inner in value.items():
            yield from pairs(inner, f"{where}[{key!r}]", depth + 1)
    elif isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, str) for v in value):
        if any(CHINESE.search(v) for v in value):
            yield where, *value
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from pairs(inner, f"{where}[{number}]", depth + 1)
    elif isinstance(value, msgspec.Struct) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        names = value.__struct_fields__ if isinstance(value, msgspec.Struct) else [
            field.name for field in dataclasses.fields(value)
        ]  # fmt: skip
        for name in names:
            yield from pairs(getattr(value, name), f"{where}.{name}", depth + 1)


def box_words() -> list[tuple[str, Any, Any]]:
    return [
        found
        for module in modules()
        for name, value in vars(module).items()
        if not name.startswith("__") and isinstance(value, (dict, list, tuple))
        for found in pairs(value, f"{module.__name__}.{name}")
    ]


def test_the_box_says_all_in_both_languages() -> None:
    found = box_words()
    assert len({where for where, _, _ in found}) > 300, "the search finds what there is"
    wrong = [f"{where}: {fault} · {zh!r} · {en!r}" for where, zh, en in found for fault in faults(zh, en)]
    assert sorted(set(wrong)) == []


@pytest.mark.parametrize(
    ("zh", "en", "fault"),
    [
        ("有 {n} 张", "there are some", "other placeholders"),
        ("出餐", "出餐", "Chinese in English"),
        ("Bump", "Bump", "English in Chinese: Bump"),
        ("", "Bump", "empty"),
        ("召回 please look at this", "Recall", "English in Chinese: please look at"),
    ],
)
def test_a_bad_entry_is_found(zh: str, en: str, fault: str) -> None:
    assert any(one.startswith(fault[:24]) for one in faults(zh, en)), faults(zh, en)
