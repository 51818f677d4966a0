"""Every fault has words in both languages: each rule is driven with bad input, and what it yields is said."""

from __future__ import annotations

import ast
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from msgspec import inspect as types
from store.shop import MENU, SETTINGS, Shop, menu, open_shop, rules, tokens

from gateway import cli
from gateway.commands import exchange, file_faults, inspect, value_faults
from gateway.commands.file_faults import faults_of, read_toml
from gateway.commands.place import Place
from gateway.config import Wrong, load
from gateway.contract.messages import DeviceState
from gateway.domain import menu as menu_rules
from gateway.domain import routing
from gateway.domain import settings as settings_rules
from gateway.domain.boot_file import Config
from gateway.domain.errors import Refused
from gateway.domain.fault import Fault
from gateway.domain.fault_words import STEPS, WORDS, in_words
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings
from gateway.operations import administration, devices, station_paths
from gateway.store import NotDone
from gateway.web import problems
from gateway.web.api import routing_calls

ROOT = Path(__file__).resolve().parents[2]
STATION, PRINTER, AREA = SETTINGS["stations"][0], SETTINGS["printers"][0], SETTINGS["areas"][0]
DISH = MENU["categories"][0]["items"][0]


# --- the rules, each with something that it must find ---


def of_the_menu() -> Iterator[Fault]:
    group = {"id": "extra", "name": {}, "modifiers": [], "min": 2, "max": 1}
    dishes = [
        DISH,
        DISH,
        {"id": "odd", "name": {}, "price": 1, "station": "moon", "modifier_groups": [group]},
        *[DISH | {"id": f"i{n}"} for n in range(menu_rules.MAX_ITEMS)],
    ]
    stations = frozenset({"wok"})
    yield from menu_rules.faults(menu(lambda raw: raw["categories"][0].update(items=dishes)), stations)
    yield from menu_rules.faults(menu(lambda raw: raw.update(categories=[])), stations)


def of_the_settings() -> Iterator[Fault]:
    paperless = STATION | {"id": "bar", "printer": "", "backups": ["kitchen"], "soon_s": 600}
    twice = {"stations": [STATION, STATION, paperless], "printers": [PRINTER, PRINTER], "areas": [AREA, AREA]}
    yield from settings_rules.faults(rules(**twice, default_station="moon", time_zone="Moon/Tycho"))
    yield from settings_rules.faults(rules(stations=[STATION | {"printer": "x"}], printers=[]))
    yield from settings_rules.faults(rules(stations=[], default_station=""))
    till = PRINTER | {"drawer": "pin2", "buzzer": "drawer_socket", "port": "${DEVICES}/till"}
    yield from settings_rules.faults(rules(stations=[STATION | {"buzz": True, "printer": "x"}], printers=[till]))
    cups = PRINTER | {"id": "cups", "driver": "tspl_printer", "encoding": "big5", "drawer": "pin2"}
    odd = [
        {"kind": "label", "printers": ["kitchen"], "stations": ["moon"]},
        {"kind": "runner", "printers": ["cups"], "stations": ["wok"]},
    ]
    mixed = {"printers": [PRINTER | {"label": {}}, cups], "slips": odd, "stations": [STATION | {"printer": "cups"}]}
    yield from settings_rules.faults(rules(**mixed))
    rule = {"kind": "runner", "printers": ["cellar"], "areas": ["moon"]}
    bar = {"id": "bar", "bridge": "b", "driver": "mcu_device", "port": "p", "calls": {"1": "99"}}
    yield from settings_rules.faults(rules(slips=[rule], devices=[bar]))
    noon = {"id": "lunch", "name": {}, "starts": "11:00"}
    yield from settings_rules.faults(rules(shifts=[noon, noon], ledger={"print_at": "moon"}))


def of_the_routes() -> Iterator[Fault]:
    routes = [{"station": "wok", "items": ["moon"], "categories": ["sun"], "from": "11:00", "until": "11:00"}]
    wrong = rules(routes=routes)
    yield from settings_rules.faults(wrong)
    yield from routing.menu_faults(wrong, menu())
    yield from routing.menu_faults(rules(routes=[{"station": "wok"}] * 2), menu())
    yield from settings_rules.faults(rules(routes=[{"station": "wok"}] * (routing.MAX_ROUTES + 1)))


def of_the_paths(folder: Path) -> Iterator[Fault]:
    """What stands in `GET /api/v1/routing` alone, as it is now."""
    shop = open_shop(folder / "paths")
    for printer in ("kitchen", "counter"):
        shop.do(devices.take_device_state, printer, DeviceState("offline", "bridge-1"))
    with shop.read() as rows:
        paths = station_paths.paths(rows, shop.settings(), frozenset(), shop.now)
    yield from routing_calls.dead(paths, routing.every_way(shop.settings(), menu()), menu())
    shop.close()


def of_the_store(folder: Path) -> Iterator[Fault]:
    empty = Shop(folder / "empty")
    yield from refused(empty, administration.import_menu, menu())
    empty.close()
    shop = open_shop(folder / "busy")
    shop.place("tofu")
    yield from refused(shop, administration.import_menu, menu(lambda raw: raw.update(currency="USD")))
    changed = rules(stations=[STATION | {"id": "x", "printer": "", "proof": "screen"}], printers=[], default_station="")
    shop.do(administration.import_menu, menu(lambda raw: raw["categories"][0].update(items=[DISH])))
    yield from refused(shop, administration.import_settings, changed, tokens([]))
    shop.close()


def refused(shop: Shop, operation: Callable[..., Any], *args: Any) -> list[Fault]:
    with pytest.raises(Refused) as told:
        shop.do(operation, *args)
    found: list[Fault] = told.value.detail["faults"]
    return found


BOOT = '[store]\nid = "demo"\ndata = "box"\n[guest]\nport = 0\n[staff]\nport = 0\n'


def of_files(folder: Path) -> Iterator[Fault]:
    path = folder / "a.toml"
    yield from read_toml(folder / "none.toml")[2]
    yield from read_toml(folder)[2]
    yield from read_toml(folder / ("long" * 100))[2]
    for content in (b"a = 1\n\xff", b"a =", b"[guest\n", b"a = 1\na = 2\n"):
        path.write_bytes(content)
        yield from read_toml(path)[2]
    with pytest.MonkeyPatch.context() as patch:  # whoever runs the tests may be allowed to read everything
        patch.setattr(Path, "read_text", forbidden)
        yield from read_toml(path)[2]


def forbidden(path: Path, **_: Any) -> str:
    raise PermissionError(13, "Permission denied")


class Whole(msgspec.Struct):
    """A rule that no single value breaks."""

    low: int = 0

    def __post_init__(self) -> None:
        raise ValueError("low is not below high")


def of_keys_and_values() -> Iterator[Fault]:
    typo = STATION | {"id": "W OK", "prof": "screen", "name": [], "language": "中文", "soon_s": 5, "late_s": "5"}
    for wrong in (
        SETTINGS | {"stations": typo, "guards": 3, "day_starts": "25:00", "currency": "yuan", "xyzzy": 1},
        SETTINGS | {"stations": [typo, 7], "areas": [AREA | {"tables": ["", "a" * 13]}]},
        SETTINGS | {"printers": [PRINTER | {"baud": 300, "bridge": 7}], "guards": {"need_guest_cookie": "no"}},
        SETTINGS | {"areas": [AREA | {"tables": 3}], "guards": {"orders_per_10_min": 10**9}},
        {},
    ):
        yield from faults_of(wrong, Settings, "")
    yield from faults_of({"low": 1}, Whole, "low = 1")
    yield from value_faults.value_faults("x", float, Place("half"))


def of_the_boot_file(folder: Path) -> Iterator[Fault]:
    wrong = BOOT.replace("demo", "Demo Store").replace("port = 0", 'port = "x"\nhosts = 1', 1)
    cloud = '[cloud]\nurl = "{}"\ntoken_file = "{}"\n'
    for text in (
        "broker = 3\n" + wrong + cloud.format("ftp://x", ""),
        "[guest]\nprot = 1\nxyzzy = 1\n",
        BOOT + cloud.format("https://x", folder / "none"),
        BOOT + cloud.format("https://x", folder),
    ):
        yield from boot_faults(folder, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", forbidden)
        yield from boot_faults(folder, BOOT + cloud.format("https://x", folder))


def boot_faults(folder: Path, text: str) -> list[Fault]:
    path = folder / "gateway.toml"
    path.write_text(text)
    with pytest.raises(Wrong) as wrong:
        load(path)
    return wrong.value.faults


def of_the_commands(folder: Path) -> list[Fault]:
    """What the commands themselves find, as it is handed over to be said."""
    found: list[Fault] = []

    def told(fault: Fault) -> str:
        found.append(fault)
        return "said"

    boot, sample = folder / "gateway.toml", str(ROOT / "config/settings.toml")
    boot.write_text(BOOT.replace('"box"', f'"{folder / "box"}"'))

    def run(*args: str) -> None:
        assert cli.main([*args, "--config", str(boot)]) == 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "told", told)
        patch.setattr(inspect, "told", told)
        for failure in (Refused("not_now"), NotDone("storage_full")):
            patch.setattr(administration, "import_settings", ending_in(failure))
            run("settings", "import", sample)
        run("settings", "export", "-")
        run("menu", "export", "-")
        run("check-config")
    return found


def ending_in(failure: Exception) -> Callable[..., None]:
    def operation(*_: Any) -> None:
        raise failure

    return operation


@pytest.fixture(scope="module")
def yielded(tmp_path_factory: pytest.TempPathFactory) -> list[Fault]:
    folder = tmp_path_factory.mktemp("faults")
    return [
        *of_the_menu(), *of_the_settings(), *of_the_routes(), *of_the_paths(folder),
        *of_the_store(folder), *of_files(folder), *of_keys_and_values(),
        *of_the_boot_file(folder), *of_the_commands(folder),
    ]  # fmt: skip


# --- their words ---


def test_every_rule_yields_what_has_words_and_nothing_has_words_that_no_rule_yields(yielded: list[Fault]) -> None:
    assert {fault.code for fault in yielded} == set(WORDS)
    assert {kind for fault in yielded for kind, _ in fault.where} == set(STEPS)


def test_every_fault_is_said_whole_in_both_languages(yielded: list[Fault]) -> None:
    for fault in yielded:
        zh, en = in_words(fault, "zh-Hans"), in_words(fault, "en")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh), zh
        if "where" in placeholders(WORDS[fault.code][0]):
            assert all(str(name) in zh and str(name) in en for _, name in fault.where), (zh, en)


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name is not None}


def test_both_languages_tell_the_same(yielded: list[Fault]) -> None:
    for code, (zh, en) in WORDS.items():
        assert placeholders(zh) == placeholders(en), code
    for zh, en in STEPS.values():
        assert placeholders(zh) == placeholders(en) == {""}
    for fault in yielded:
        filled = placeholders(WORDS[fault.code][1]) - {"where"}
        assert filled == set(fault.params), f"{fault.code}: what the rule tells and what the words say"


def test_no_code_in_the_source_lacks_words() -> None:
    """Also one that stands in a branch that the rules above did not reach."""
    found = set()
    for path in (ROOT / "gateway").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or ast.unparse(call.func).rpartition(".")[2] not in ("Fault", "fault"):
                continue
            if call.args and isinstance(call.args[0], ast.Constant):
                found.add(call.args[0].value)
    assert len(found) > 30
    found |= {*value_faults.SHAPES.values(), *value_faults.CODES.values(), *value_faults.BOOT_CODES.values()}
    assert found == set(WORDS)


def parts_of(info: Any) -> Iterator[types.Type]:
    yield info
    for inner in (getattr(info, "item_type", None), getattr(info, "value_type", None)):
        if inner is not None:
            yield from parts_of(inner)
    for one in (*getattr(info, "types", ()), *(field.type for field in getattr(info, "fields", ()))):
        yield from parts_of(one)


@pytest.mark.parametrize("kind", [Menu, Settings, Config])
def test_every_kind_and_every_shape_in_a_file_has_a_code_of_its_own(kind: type[Any]) -> None:
    known = (*value_faults.CODES, types.LiteralType, types.StructType, types.UnionType, types.NoneType)
    for part in parts_of(types.type_info(kind)):
        assert isinstance(part, known), part
        if isinstance(part, types.StrType) and part.pattern is not None:
            assert part.pattern in value_faults.SHAPES


# --- how they read ---


@pytest.mark.parametrize(
    ("fault", "zh", "en"),
    [
        (
            Fault("group_bounds", (("item", "chicken"), ("group", "extra")), {"min": 3, "max": 2, "count": 2}),
            "菜品 'chicken'，做法组 'extra'：min 3、max 2，一共 2 样；min 不能大于 max，max 不能超过一共的样数",
            "item 'chicken', group 'extra': min 3, max 2 of 2",
        ),
        (
            Fault("no_such_printer", (("station", "wok"),), {"printer": "x", "known": ()}),
            "档口 'wok'：没有打印机 'x'；现有：无",
            "station 'wok': no printer 'x'; there are: none",
        ),
        (
            Fault("tickets_left_behind", (("station", "bar"),), {"count": 2, "station": "bar"}),
            "档口 'bar'：还有 2 张制作单没做完，去掉它就没有屏幕显示了；先在 /kds/bar 出餐，或加 --force 全部收掉",
            "station 'bar': 2 open tickets would stand on no screen; bump them at /kds/bar first, or end them all with"
            " --force",
        ),
        (Fault("twice", (("table", "包1"),)), "桌台 '包1' 写了两次", "table '包1' is there twice"),
        (
            Place("stations.wok.printer", 7).fault("no_such_printer", printer="x", known=("a", "b")),
            "第 7 行：stations.wok.printer：没有打印机 'x'；现有：a、b",
            "line 7: stations.wok.printer: no printer 'x'; there are: a, b",
        ),
        (Fault("of_tomorrow", (("station", "wok"),)), "档口 'wok' of_tomorrow", "station 'wok' of_tomorrow"),
    ],
)
def test_a_place_is_named_from_the_outside_in(fault: Fault, zh: str, en: str) -> None:
    assert (in_words(fault, "zh-Hans"), in_words(fault, "en")) == (zh, en)


def test_what_a_person_typed_is_not_taken_for_a_placeholder() -> None:
    typed = Fault("unknown_time_zone", (("key", "time_zone"),), {"zone": "{0} {where} %s"})
    assert in_words(typed, "en").startswith("time_zone: '{0} {where} %s' is not a time zone")


@pytest.mark.parametrize(("language", "words"), [("zh-CN", "一个档口也没有"), ("en", "there is no station")])
def test_a_program_that_asks_over_http_gets_words_too(language: str, words: str) -> None:
    with Flask(__name__).test_request_context(headers={"Accept-Language": language}):
        answer = problems.problem(Refused("invalid_settings", faults=[Fault("no_station")]))
    assert (answer.status_code, answer.get_json()["faults"]) == (422, [words])


def test_of_a_list_only_what_is_wrong_in_it_is_named() -> None:
    wrong = SETTINGS | {"areas": [AREA | {"tables": ["1", "", 7]}]}
    assert [in_words(fault, "en") for fault in faults_of(wrong, Settings, "")] == [
        "areas.hall.tables: '' is too short; at least 1 characters",
        'areas.hall.tables: 7 does not fit; write text in quotes, "…"',
    ]


def test_the_place_in_a_toml_file_is_read_from_what_python_says() -> None:
    said = "Invalid value (at line 3, column 5)"
    assert in_words(file_faults._not_toml(said), "en") == f"not TOML: {said}"
    assert in_words(file_faults._not_toml(said), "zh-Hans").startswith("第 3 行第 5 列：不是 TOML")
    assert in_words(file_faults._not_toml("Something else"), "en") == "not TOML: Something else"
