"""Why one value of a TOML file does not fit, as a fault that says what to write instead.

The decoder judges; its types say what belongs there. Its own words are only quoted where these say nothing.
"""

from __future__ import annotations

import re
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import inspect

from gateway.commands.place import Place
from gateway.domain.fault import Fault

Codes = dict[type[inspect.Type], str]
CODES: Codes = {
    inspect.IntType: "not_a_number",
    inspect.StrType: "not_a_text",
    inspect.BoolType: "not_true_or_false",
    inspect.ListType: "not_a_list",
    inspect.DictType: "not_a_text_map",
}
BOOT_CODES: Codes = CODES | {inspect.IntType: "not_a_boot_number", inspect.ListType: "not_a_boot_list"}
"""The boot file's numbers are ports and its lists are host names."""

SHAPES = {
    "^[a-z0-9][a-z0-9_-]{0,39}$": "not_an_id",
    "^([a-z0-9][a-z0-9_-]{0,39})?$": "not_an_id",
    "^[a-z0-9][a-z0-9-]{0,39}$": "not_a_box_name",
    "^https?://": "not_an_address",
    "^[A-Z]{3}$": "not_a_currency",
    r"^([01]\d|2[0-3]):[0-5]\d$": "not_a_time_of_day",
    r"^(([01]\d|2[0-3]):[0-5]\d)?$": "not_a_time_of_day",
    r"^[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*$": "not_a_language",
}

_PYTHON: dict[type[inspect.Type], type] = {
    inspect.IntType: int,
    inspect.StrType: str,
    inspect.BoolType: bool,
    inspect.ListType: list,
    inspect.DictType: dict,
}


def value_faults(value: Any, kind: Any, place: Place, codes: Codes = CODES) -> list[Fault]:
    """The faults of one value, or none. `codes` say what belongs where something of another kind stands."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = _explained(value, kind, place, codes)
        return found or [place.fault("does_not_fit", value=value, said=str(error))]
    return []


def _explained(value: Any, kind: Any, place: Place, codes: Codes) -> list[Fault]:
    if get_origin(kind) is Literal:
        return [place.fault("not_one_of", value=value, choices=get_args(kind))]
    return _of_type(value, inspect.type_info(kind), place, codes)


def _of_type(value: Any, info: inspect.Type, place: Place, codes: Codes) -> list[Fault]:
    wanted, is_there = _PYTHON.get(type(info)), type(value)
    if wanted is None:
        return []
    if is_there is not wanted:  # not isinstance: in Python true is a number too
        return [place.fault(codes[type(info)], value=value)]
    if isinstance(info, inspect.ListType):
        return [fault for one in value for fault in _of_type(one, info.item_type, place, codes)]
    if isinstance(info, inspect.DictType):
        return [fault for one in value.values() for fault in _of_type(one, info.value_type, place, codes)]
    if isinstance(info, inspect.StrType):
        return _text_faults(value, info, place)
    return _number_faults(value, info, place) if isinstance(info, inspect.IntType) else []


def _text_faults(value: str, info: inspect.StrType, place: Place) -> list[Fault]:
    if info.pattern is not None and info.pattern in SHAPES and not re.search(info.pattern, value):
        return [place.fault(SHAPES[info.pattern], value=value)]
    if info.min_length is not None and len(value) < info.min_length:
        return [place.fault("too_short", value=value, limit=info.min_length)]
    if info.max_length is not None and len(value) > info.max_length:
        return [place.fault("too_long", value=value, limit=info.max_length)]
    return []


def _number_faults(value: int, info: inspect.IntType, place: Place) -> list[Fault]:
    if info.ge is not None and value < info.ge:
        return [place.fault("too_small", value=value, limit=info.ge)]
    if info.le is not None and value > info.le:
        return [place.fault("too_large", value=value, limit=info.le)]
    return []
