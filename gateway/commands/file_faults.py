"""What is wrong with a TOML file of settings or of a menu: each fault with its line and its key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from gateway.commands.place import Place
from gateway.commands.value_faults import value_faults
from gateway.domain.fault import Fault


def read_toml(path: Path) -> tuple[dict[str, Any], str, list[Fault]]:
    """(what the file holds, its text, why it cannot be read)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text, []
    except FileNotFoundError:
        fault = Fault("no_file")
    except IsADirectoryError:
        fault = Fault("is_folder")
    except PermissionError:
        fault = Fault("not_permitted")
    except OSError as error:
        fault = Fault("cannot_be_read", (), {"reason": error.strerror})
    except UnicodeDecodeError as error:
        fault = Place(line=path.read_bytes()[: error.start].count(b"\n") + 1).fault("not_utf8")
    except tomllib.TOMLDecodeError as error:
        fault = _not_toml(str(error))
    return {}, "", [fault]


def _not_toml(said: str) -> Fault:
    """The reader says the place in its words only, until Python 3.14; where it says none, the words are whole."""
    if match := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", said):
        return Place(line=int(match[2])).fault("not_toml_at", column=int(match[3]), said=match[1])
    return Fault("not_toml", (), {"said": said})


def faults_of(raw: Any, kind: Any, text: str) -> list[Fault]:
    """Every fault at once, so that one does not hide the next; empty when `raw` is a `kind`."""
    found = _faults(raw, kind, Place(), text.splitlines())
    if not found:
        try:
            msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            found = [Fault("file_does_not_fit", (), {"said": str(error)})]
    return found


def _faults(value: Any, kind: Any, place: Place, lines: list[str]) -> list[Fault]:
    struct = _struct(kind)
    if struct is None:
        return value_faults(value, kind, place)
    if get_origin(kind) is list:
        if not isinstance(value, list):
            return [place.fault("not_tables")]
        found: list[Fault] = []
        for index, row in enumerate(value):
            found += _faults(row, struct, _row(place, index, row, lines), lines)
        return found
    if not isinstance(value, dict):
        return [place.fault("not_a_table")]
    return _table_faults(value, struct, place, lines)


def _table_faults(value: dict[str, Any], struct: type[msgspec.Struct], place: Place, lines: list[str]) -> list[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    found: list[Fault] = []
    for key, inner in value.items():
        here = place.inner(key, _line(lines, rf"^\s*\[*\s*(\S+\.)?\"?{re.escape(key)}\"?\s*[=\]]", place.line))
        if key in fields:
            found += _faults(inner, fields[key].type, here, lines)
        else:
            found.append(here.unknown_key(key, fields))
    for key, field in fields.items():
        if field.required and key not in value:
            found.append(place.inner(key, place.line).fault("missing"))
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
