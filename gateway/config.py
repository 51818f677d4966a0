"""Reads and checks the boot file, and names every fault with its line, its key and what to write there."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gateway.commands.file_faults import KINDS, NO_RIGHT, Place, read_toml, value_faults
from gateway.commands.reader import say
from gateway.domain.boot_file import Config

BOOT_KINDS = KINDS | {
    "int": ("整数，不加引号，例如 8081", "a whole number without quotes, such as 8081"),
    "array": ('一个列表，例如 ["order.example.com"]', 'a list such as ["order.example.com"]'),
}


@dataclass
class Wrong(Exception):  # noqa: N818
    """Everything that is wrong with the file, each with its line and key."""

    path: Path
    faults: list[str]

    def __str__(self) -> str:
        return "\n".join(f"{self.path}: {fault}" for fault in self.faults)


def load(path: Path) -> Config:
    """Reads and checks the file. Raises `Wrong` with all faults at once."""
    raw, text, faults = read_toml(path)
    faults = faults or _faults(raw, Config, "", text)
    if faults:
        raise Wrong(path, faults)
    config = msgspec.convert(raw, Config)
    secrets = [(Place(key, _line(text, key)), name) for key, name in _files(config) if name]
    missing = [fault for place, name in secrets for fault in _secret_faults(place, name)]
    if missing:
        raise Wrong(path, missing)
    return config


def _secret_faults(place: Place, name: str) -> list[str]:
    try:
        Path(name).read_bytes()
    except FileNotFoundError:
        zh = f"没有文件 {name!r}：把密钥写进去，一行，别的不写"
        return [place.fault(say(zh, f"there is no file {name!r}; write the secret there, one line and nothing else"))]
    except PermissionError:
        return [place.fault(say(f"{name!r} {NO_RIGHT[0]}", f"{name!r} cannot be read: {NO_RIGHT[1]}"))]
    except OSError as error:
        return [place.fault(say(f"{name!r} 读不了：{error.strerror}", f"{name!r} cannot be read: {error.strerror}"))]
    return []


def _files(config: Config) -> list[tuple[str, str]]:
    found = [("broker.password_file", config.broker.password_file)]
    if config.cloud:
        found.append(("cloud.token_file", config.cloud.token_file))
    return found


def secret(path: str) -> str:
    """A secret by file reference; empty for no path. Never logged."""
    return Path(path).read_text().strip() if path else ""


def _faults(raw: dict[str, Any], kind: type[Any], prefix: str, text: str) -> list[str]:
    """Walks the sections field by field, so that one fault does not hide the next."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found = []
    for key, value in raw.items():
        place = Place(prefix + key, _line(text, prefix + key))
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            zh = f"，是不是 {near[0]!r}？" if near else f"；可以写：{', '.join(sorted(fields))}"
            en = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(fields))}"
            found.append(place.fault(say(f"没有这一项{zh}", f"unknown key{en}")))
            continue
        section = _section(fields[key].type)
        if section is None:
            found += value_faults(value, fields[key].type, place, BOOT_KINDS)
        elif isinstance(value, dict):
            found += _faults(value, section, f"{prefix}{key}.", text)
        else:
            found.append(place.fault(say(f"这里要一张表 [{key}]", f"a table [{key}] belongs here")))
    for key, field in fields.items():
        if field.required and key not in raw:
            found.append(say(f"{prefix}{key}：没有写，必须有", f"{prefix}{key} is missing; it must be there"))
    return found


def _section(kind: Any) -> type[Any] | None:
    for candidate in (kind, *getattr(kind, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return candidate
    return None


def _line(text: str, dotted: str) -> int:
    """The line of a key, for the eye; 1 when it cannot be found (an inline table)."""
    *sections, key = dotted.split(".")
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("["):
            current = bare.strip("[] \t").split("#")[0].strip()
            if current == dotted:
                return number
        elif current == ".".join(sections) and bare.split("=")[0].strip().strip('"') == key:
            return number
    return 1
