"""Reads and checks the boot file, and finds every fault with its line and its key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gateway.commands.file_faults import read_toml
from gateway.commands.place import Place
from gateway.commands.reader import told
from gateway.commands.value_faults import BOOT_CODES, value_faults
from gateway.domain.boot_file import Config
from gateway.domain.fault import Fault


@dataclass
class Wrong(Exception):  # noqa: N818
    """Everything that is wrong with the file; as text in the language of whoever sits at the terminal."""

    path: Path
    faults: list[Fault]

    def __str__(self) -> str:
        return "\n".join(f"{self.path}: {told(fault)}" for fault in self.faults)


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


def _secret_faults(place: Place, name: str) -> list[Fault]:
    try:
        Path(name).read_bytes()
    except FileNotFoundError:
        return [place.fault("no_secret_file", file=name)]
    except PermissionError:
        return [place.fault("secret_not_permitted", file=name)]
    except OSError as error:
        return [place.fault("secret_cannot_be_read", file=name, reason=error.strerror)]
    return []


def _files(config: Config) -> list[tuple[str, str]]:
    found = [("broker.password_file", config.broker.password_file)]
    if config.cloud:
        found.append(("cloud.token_file", config.cloud.token_file))
    return found


def secret(path: str) -> str:
    """A secret by file reference; empty for no path. Never logged."""
    return Path(path).read_text().strip() if path else ""


def _faults(raw: dict[str, Any], kind: type[Any], prefix: str, text: str) -> list[Fault]:
    """Walks the sections field by field, so that one fault does not hide the next."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found: list[Fault] = []
    for key, value in raw.items():
        place = Place(prefix + key, _line(text, prefix + key))
        if key not in fields:
            found.append(place.unknown_key(key, sorted(fields)))
            continue
        section = _section(fields[key].type)
        if section is None:
            found += value_faults(value, fields[key].type, place, BOOT_CODES)
        elif isinstance(value, dict):
            found += _faults(value, section, f"{prefix}{key}.", text)
        else:
            found.append(place.fault("not_a_section", section=key))
    for key, field in fields.items():
        if field.required and key not in raw:
            found.append(Place(prefix + key).fault("missing_in_boot_file"))
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
