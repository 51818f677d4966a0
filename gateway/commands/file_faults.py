"""What is wrong with a TOML file of settings or of a menu: each fault with its line, its key and what to write."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from gateway.commands.reader import say


@dataclass(frozen=True)
class Place:
    """Where a value stands: its key as a person would name it, and its line."""

    key: str = ""
    line: int = 0

    def inner(self, name: str, line: int) -> Place:
        return Place(f"{self.key}.{name}" if self.key else name, line)

    def fault(self, words: str) -> str:
        line = say(f"第 {self.line} 行：", f"line {self.line}: ") if self.line else ""
        return f"{line}{self.key}{say('：', ': ') if self.key else ''}{words}"


def read_toml(path: Path) -> tuple[dict[str, Any], str, list[str]]:
    """(what the file holds, its text, why it cannot be read)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text, []
    except FileNotFoundError:
        fault = say("没有这个文件", "there is no such file")
    except IsADirectoryError:
        fault = say("这是文件夹，请写文件名", "cannot be read: it is a folder; name the file in it")
    except PermissionError:
        fault = say(NO_RIGHT[0], f"cannot be read: {NO_RIGHT[1]}")
    except OSError as error:
        fault = say(f"读不了：{error.strerror}", f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        zh = f"第 {line} 行：不是 UTF-8 文本，请另存为 UTF-8"
        fault = say(zh, f"line {line}: cannot be read: not UTF-8 text; save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        fault = say(_where_it_ends(str(error)), f"not TOML: {error}")
    return {}, "", [fault]


NO_RIGHT = ("没有权限读：请用点单盒的用户，或加 sudo", "you may not; use sudo or the gateway's own user")


def _where_it_ends(said: str) -> str:
    if match := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", said):
        return f"第 {match[2]} 行第 {match[3]} 列：不是 TOML，写法不对（{match[1]}）"
    return f"不是 TOML，写法不对（{said}）"


def faults_of(raw: Any, kind: Any, text: str) -> list[str]:
    """Every fault at once, so that one does not hide the next; empty when `raw` is a `kind`."""
    lines = text.splitlines()
    found = list(_faults(raw, kind, Place(), lines))
    if not found:
        try:
            msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            found = [str(error)]
    return found


def _faults(value: Any, kind: Any, place: Place, lines: list[str]) -> list[str]:
    struct = _struct(kind)
    if struct is None:
        return value_faults(value, kind, place)
    if get_origin(kind) is list:
        if not isinstance(value, list):
            return [place.fault(say("这里要一张表的列表 [[…]]", "a list of tables [[…]] belongs here"))]
        found: list[str] = []
        for index, row in enumerate(value):
            found += _faults(row, struct, _row(place, index, row, lines), lines)
        return found
    if not isinstance(value, dict):
        return [place.fault(say("这里要一张表", "a table belongs here"))]
    return _table_faults(value, struct, place, lines)


def _table_faults(value: dict[str, Any], struct: type[msgspec.Struct], place: Place, lines: list[str]) -> list[str]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    found: list[str] = []
    for key, inner in value.items():
        here = place.inner(key, _line(lines, rf"^\s*\[*\s*(\S+\.)?\"?{re.escape(key)}\"?\s*[=\]]", place.line))
        if key in fields:
            found += _faults(inner, fields[key].type, here, lines)
            continue
        near = difflib.get_close_matches(key, fields, n=1)
        known = ", ".join(fields)
        zh = f"，是不是 {near[0]!r}？" if near else f"；可以写：{known}"
        en = f"; did you mean {near[0]!r}?" if near else f"; there are: {known}"
        found.append(here.fault(say(f"没有这一项{zh}", f"unknown key{en}")))
    for key, field in fields.items():
        if field.required and key not in value:
            found.append(place.inner(key, place.line).fault(say("没有写，必须有", "is missing; it must be there")))
    return found


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    inner = get_args(kind)[0] if get_origin(kind) is list else kind
    return inner if isinstance(inner, type) and issubclass(inner, msgspec.Struct) else None


def _row(place: Place, index: int, row: Any, lines: list[str]) -> Place:
    """A row is called by its id, which a person finds in the file; without one by its number, from 1."""
    name = row.get("id") if isinstance(row, dict) else None
    if not isinstance(name, str):
        return Place(f"{place.key}[{index + 1}]", place.line)
    return place.inner(name, _line(lines, rf'\bid\s*=\s*"{re.escape(name)}"', place.line))


def _line(lines: list[str], pattern: str, after: int) -> int:
    """The first line from there on that fits; the place above when none does."""
    start = max(after - 1, 0)
    return next((n for n, line in enumerate(lines[start:], start + 1) if re.search(pattern, line)), after)


Kinds = dict[str, tuple[str, str]]
KINDS: Kinds = {
    "int": ("整数，例如 3800（钱以分计）", "a whole number such as 3800 (money in the smallest unit)"),
    "str": ("引号里的文字", 'text in quotes, "…"'),
    "bool": ("true 或 false", "true or false"),
    "array": ("一个列表 […]", "a list […]"),
    "object": ('一张表 { … }，文字按语言写：{ zh-Hans = "…" }', 'a table { … }; texts go by language: { en = "…" }'),
}  # fmt: skip
SHAPES = {
    "^[a-z0-9][a-z0-9_-]{0,39}$": (
        "小写字母、数字、- 和 _，不超过 40 个",
        "small letters, figures, - and _; at most 40",
    ),
    "^[a-z0-9][a-z0-9-]{0,39}$": ("小写字母、数字和 -，不超过 40 个", "small letters, figures and -; at most 40"),
    "^https?://": ("以 http:// 或 https:// 开头的地址", "an address that begins with http:// or https://"),
    "^[A-Z]{3}$": ("三个大写字母，例如 CNY", "three capital letters such as CNY"),
    r"^([01]\d|2[0-3]):[0-5]\d$": ("一天里的时刻，例如 04:00", "a time of day such as 04:00"),
    r"^[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*$": ("语言标记，例如 zh-Hans", "a language tag such as zh-Hans"),
}


def value_faults(value: Any, kind: Any, place: Place, kinds: Kinds = KINDS) -> list[str]:
    """The fault of one value, or none. `kinds` are the words for what belongs there."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return [place.fault(_in_words(str(error), value, kind, kinds))]
    return []


def _in_words(said: str, value: Any, kind: Any, kinds: Kinds) -> str:
    """What the decoder said, with what to write instead."""
    if get_origin(kind) is Literal:
        choices = ", ".join(map(str, get_args(kind)))
        return say(f"{value!r} 不行，可以写：{choices}", f"{value!r} is not one of: {choices}")
    if match := re.match(r"Expected `str` matching regex '(.*)'", said):
        zh, en = SHAPES.get(match[1].replace("\\\\", "\\"), (match[1], match[1]))
        return say(f"{value!r} 不行，要{zh}", f"{value!r} does not fit; write {en}")
    if match := re.match(r"Expected `\w+`(?: of length)? (>=|<=) (\S+)", said):
        least = match[1] == ">="
        return say(
            f"{value!r} 不行，{'最小' if least else '最大'} {match[2]}",
            f"{value!r} is too {'small' if least else 'large'}; {'at least' if least else 'at most'} {match[2]}",
        )
    if match := re.match(r"Expected `(\w+)`", said):
        zh, en = kinds.get(match[1], (match[1], match[1]))
        return say(f"{value!r} 不行，要{zh}", f"{value!r} does not fit; write {en}")
    return said
