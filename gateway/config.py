"""Reads and checks the boot file, and names every fault with its line and key."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gateway.domain.boot_file import Config


@dataclass
class Wrong(Exception):  # noqa: N818
    """Everything that is wrong with the file, each with its line and key."""

    path: Path
    faults: list[str]

    def __str__(self) -> str:
        return "\n".join(f"{self.path}: {fault}" for fault in self.faults)


def load(path: Path) -> Config:
    """Reads and checks the file. Raises `Wrong` with all faults at once."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(path, [f"cannot be read: {error}"]) from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Wrong(path, [f"not TOML: {error}"]) from None
    faults = _faults(raw, Config, "", text)
    if faults:
        raise Wrong(path, faults)
    config = msgspec.convert(raw, Config)
    missing = [
        f"line {_line(text, key)}: {key}: {name!r} cannot be read"
        for key, name in _files(config)
        if name and not Path(name).is_file()
    ]
    if missing:
        raise Wrong(path, missing)
    return config


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
        where = f"line {_line(text, prefix + key)}: {prefix}{key}"
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(fields))}"
            found.append(f"{where}: unknown key{hint}")
            continue
        section = _section(fields[key].type)
        if section is not None and isinstance(value, dict):
            found += _faults(value, section, f"{prefix}{key}.", text)
            continue
        try:
            msgspec.convert(value, fields[key].type)
        except msgspec.ValidationError as error:
            found.append(f"{where}: {error}")
    for key, field in fields.items():
        if field.required and key not in raw:
            found.append(f"{prefix}{key} is missing")
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
