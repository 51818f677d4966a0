"""The rules of the house (docs/architecture.md), read from the code itself.

What is allowed here is data with its reason. Whoever needs an exception writes it down, and the next reader sees it.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from gateway.config import Config
from gateway.contract.refusals import STATUS
from gateway.domain.settings import Settings
from gateway.web import problems

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("gateway", "firmware_bridge")

FLOORS: list[tuple[str, list[str]]] = [
    ("F0", ["gateway", "gateway.domain", "gateway.contract"]),
    ("F1", ["gateway.store"]),
    ("F2", ["gateway.operations"]),
    (
        "F3",
        [
            "gateway.web", "gateway.intake", "gateway.relays", "gateway.connectors", "gateway.housekeeping",
            "gateway.station_watch",
        ],
    ),
    (
        "F4",
        [
            "gateway.assembly", "gateway.cli", "gateway.__main__", "gateway.clock", "gateway.commands",
            "gateway.config", "gateway.ids", "gateway.runner",
        ],
    ),
]  # fmt: skip
"""Each room belongs to one floor. A module belongs to the longest name that begins its own."""

BESIDE = {
    "gateway.cloud": ("gateway", "gateway.contract", "gateway.cloud"),
    "firmware_bridge": ("gateway", "gateway.contract", "firmware_bridge"),
    "gateway.demo": ("gateway", "firmware_bridge"),
    "gateway.simulation": ("gateway", "firmware_bridge"),
}
"""Programs of their own and what of the house they may import; nothing of the house imports them."""

LENT = {"gateway.web.slip_preview": ("firmware_bridge.layout",)}
"""Pure code of a program beside the house that a room may use: a preview that is laid out by other code would lie
(docs/adr/0012-the-preview-is-the-paper.md)."""

NEVER: dict[str, tuple[str, ...]] = {
    "gateway.contract": ("gateway.domain",),
    "firmware_bridge.virtual": (
        "firmware_bridge.page", "firmware_bridge.slips", "firmware_bridge.label", "firmware_bridge.tspl",
        "firmware_bridge.escpos", "firmware_bridge.escpos_status", "firmware_bridge.layout", "firmware_bridge.charset",
        "firmware_bridge.raster", "firmware_bridge.session", "firmware_bridge.link_events",
        "firmware_bridge.link_outbox",
    ),
    "gateway.domain": ("gateway.contract",),
}  # fmt: skip
"""Imports that the floors would allow and a reason forbids: a virtual device that read the encoder's or the link's own
code could not find its faults; the contract stands alone; the domain does not know how things are sent."""

LIBRARY_ROOMS: dict[str, tuple[str, ...]] = {
    "sqlite3": (
        "gateway/store/", "gateway/cloud/store.py", "firmware_bridge/journal.py",
        "gateway/demo/seed.py",  # catches its errors before anything runs
        "gateway/simulation/disk.py",  # plays a disk that fails
    ),
    "sqlite_utils": ("gateway/store/migrations.py",),
    "paho": ("gateway/connectors/local_mqtt.py", "gateway/connectors/mqtt_loop.py", "firmware_bridge/broker.py"),
    "flask": ("gateway/web/", "gateway/cloud/app.py"),
    "jinja2": ("gateway/web/",),
    "werkzeug": (
        "gateway/web/", "gateway/cloud/app.py",
        "gateway/demo/seed.py",  # stretches the demo's passwords
    ),
    "waitress": ("gateway/web/servers.py", "gateway/cloud/program.py"),
    "serial": ("firmware_bridge/ports/serial_port.py",),
    "escpos": ("firmware_bridge/graphics.py",),
    "zeroconf": ("firmware_bridge/network_look.py",),
    "cobs": ("firmware_bridge/frame.py",),
    "cbor2": ("firmware_bridge/frame.py",),
    "amqtt": ("gateway/demo/embedded_broker.py",),
    "segno": ("gateway/demo/announce.py", "firmware_bridge/graphics.py", "firmware_bridge/virtual/codes.py"),
}  # fmt: skip

SQL_ROOMS = (
    "gateway/store/", "gateway/cloud/store.py", "firmware_bridge/journal.py",
    "gateway/simulation/",  # its invariants look at the rows behind the house's back
)  # fmt: skip

NO_CHANCE_NO_CLOCK = {
    "socket", "select", "socketserver", "asyncio", "http", "urllib", "subprocess", "random", "secrets", "time", "sched",
    "signal", "multiprocessing", "concurrent", "selectors",
}  # fmt: skip
"""What F0 to F2 do not import. They may lock, and they may read the date types; they may not ask what time it is."""

CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns", "urandom", "uuid1", "uuid4"}

INSTEAD = {
    "manager": "say what it does: Writer, Runner, Hub",
    "helper": "put it into the module whose work it is",
    "helpers": "put it into the module whose work it is",
    "util": "name the file after what is in it",
    "utils": "name the file after what is in it",
    "common": "move it to the floor below, under its own name",
    "misc": "find out what it is",
    "base": "say what the derived ones share, or use a Protocol",
    "service": "say what it does",
}

LONG_FILES = {
    "gateway/store/migrations.py": "every released step stays as it is; each new one makes it longer",
    "gateway/store/orders.py": "the SQL of orders and lines in one place",
    "firmware_bridge/device.py": "one owner of one device: its rules read best in one place",
    "firmware_bridge/assembly.py": "the only place where the bridge's parts are made and joined",
    "firmware_bridge/journal.py": "one file's whole memory, and the one way in which all of it is committed",
    "firmware_bridge/drivers/escpos_printer.py": "one conversation: what an answer means hangs on all that was asked",
    "firmware_bridge/virtual/interpreter.py": "one case a command: what a printer does is looked up in one place",
    "gateway/cloud/store.py": "the reference store is one file, so that another back end is a seam",
    "gateway/connectors/cloud_https.py": "every weather between here and the cloud",
    "gateway/demo/wan.py": "every fault at the wire",
    "gateway/domain/settings.py": "every setting, in the order of the file that a person writes",
    "gateway/domain/order.py": "the cart as it comes in and the order as it is kept",
    "gateway/operations/ordering.py": "orders come in by two doors through one set of rules",
    "gateway/web/events.py": "the hub and its streams: what one promises the other keeps",
    "gateway/simulation/ledger.py": "what was promised, held against what is there",
}
"""Over the soft limit, and why they are still whole."""

SOFT_LINES, HARD_LINES, MAX_FUNCTION = 300, 450, 70


@cache
def sources() -> dict[str, ast.Module]:
    """Path -> tree, of every module of the product."""
    files = [path for program in PROGRAMS for path in (ROOT / program).rglob("*.py")]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(files)}


@cache
def kept_files() -> list[Path]:
    """Every file that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:  # an exported tree has no git
        return [p for p in ROOT.rglob("*") if p.is_file() and not {".venv", ".git", "__pycache__"} & set(p.parts)]
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def within(module: str, rooms: tuple[str, ...] | list[str]) -> str | None:
    """The room that a module belongs to: the longest name that begins its own."""
    fitting = [room for room in rooms if module == room or (module.startswith(f"{room}.") and room != "gateway")]
    return max(fitting, key=len, default=None)


def imports(path: str) -> Iterator[tuple[str, int]]:
    """(module, line) of everything that a file imports; `from a import b` names a.b where that is a module."""
    for node in ast.walk(sources()[path]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno}: absolute imports only"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                known = {module_of(p) for p in sources()}
                yield (inner if inner in known else node.module), node.lineno


def calls(path: str) -> Iterator[ast.Call]:
    for node in ast.walk(sources()[path]):
        if isinstance(node, ast.Call):
            yield node


FLOOR_OF = {room: number for number, (_, rooms) in enumerate(FLOORS) for room in rooms}


# --- 1. floors ---


def test_every_module_has_a_floor_or_is_a_program_beside_the_house() -> None:
    lost = [p for p in sources() if not within(module_of(p), [*FLOOR_OF, *BESIDE])]
    assert lost == []


def test_imports_only_go_down_and_rooms_of_the_third_floor_do_not_lean_on_each_other() -> None:
    wrong = []
    for path in sources():
        room = within(module_of(path), list(FLOOR_OF))
        if room is None or within(module_of(path), list(BESIDE)):
            continue
        for module, line in imports(path):
            if not module.startswith(PROGRAMS):
                continue
            other = within(module, list(FLOOR_OF))
            where = f"{path}:{line} imports {module}"
            if within(module, list(LENT.get(module_of(path), ()))):
                continue
            if within(module, list(BESIDE)):
                wrong.append(f"{where}, a program of its own")
            elif other is None or FLOOR_OF[other] > FLOOR_OF[room]:
                wrong.append(f"{where}, which is above {room}")
            elif FLOOR_OF[other] == FLOOR_OF[room] == 3 and other != room:
                wrong.append(f"{where}: {room} and {other} are rooms of one floor")
    assert wrong == []


def test_programs_beside_the_house_import_only_what_they_may() -> None:
    wrong = []
    for path in sources():
        program = within(module_of(path), list(BESIDE))
        if program is None:
            continue
        allowed = BESIDE[program]
        for module, line in imports(path):
            if not module.startswith(PROGRAMS):
                continue
            whole = program in ("gateway.demo", "gateway.simulation")
            if not whole and within(module, allowed) is None:
                wrong.append(f"{path}:{line} imports {module}")
    assert wrong == []


def test_what_is_forbidden_for_a_reason_is_not_imported() -> None:
    wrong = [
        f"{path}:{line} imports {module}"
        for path in sources()
        for room, never in NEVER.items()
        if within(module_of(path), [room])
        for module, line in imports(path)
        if within(module, never)
    ]
    assert wrong == []


# --- 2. the lower floors are still ---


def lower_floors() -> list[str]:
    rooms = [room for _, names in FLOORS[:3] for room in names]
    return [p for p in sources() if within(module_of(p), rooms) and not within(module_of(p), list(BESIDE))]


def test_the_lower_floors_start_no_thread_open_no_socket_and_ask_no_clock() -> None:
    wrong = []
    for path in lower_floors():
        wrong += [f"{path}:{line} imports {m}" for m, line in imports(path) if m.split(".")[0] in NO_CHANCE_NO_CLOCK]
        for call in calls(path):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in CLOCKS or name in ("Thread", "Timer", "start_new_thread"):
                wrong.append(f"{path}:{call.lineno} calls {ast.unparse(call.func)}")
    assert wrong == []


def test_operations_read_and_write_no_file() -> None:
    wrong = [
        f"{path}:{call.lineno}"
        for path in lower_floors()
        if not path.startswith("gateway/store/")
        for call in calls(path)
        if ast.unparse(call.func) in ("open", "Path", "print", "input", "os.open")
    ]
    # The boot file's types say where the database is.
    assert [w for w in wrong if not w.startswith("gateway/domain/boot_file.py")] == []


def test_whatever_is_submitted_takes_tx_now_ids_and_actor_first() -> None:
    seen = set()
    for path in sources():
        if path.startswith(("gateway/simulation/", "gateway/cloud/", "firmware_bridge/")):
            continue
        for call in calls(path):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            first = call.args[0] if call.args else None
            if name not in ("submit", "do", "_submit") or not isinstance(first, ast.Attribute):
                continue
            room, function = ast.unparse(first.value), first.attr
            found = getattr(importlib.import_module(f"gateway.operations.{room}"), function)
            assert list(inspect.signature(found).parameters)[:4] == ["tx", "now", "ids", "actor"], f"{room}.{function}"
            seen.add(f"{room}.{function}")
    assert len(seen) > 12


# --- 3. one library, one room ---


def test_each_library_stays_in_its_room() -> None:
    wrong = [
        f"{path}:{line} imports {module}"
        for path in sources()
        for module, line in imports(path)
        if (rooms := LIBRARY_ROOMS.get(module.split(".")[0])) and not path.startswith(rooms)
    ]
    assert wrong == []


def test_every_exception_for_a_library_is_still_needed() -> None:
    for library, rooms in LIBRARY_ROOMS.items():
        for room in rooms:
            used = [p for p in sources() if p.startswith(room) for m, _ in imports(p) if m.split(".")[0] == library]
            assert used, f"nothing in {room} imports {library} any more"


def test_sql_is_written_in_the_store_and_nowhere_else() -> None:
    looks_like = re.compile(
        r"^\s*(SELECT\s.+\sFROM|INSERT\s.*INTO|UPDATE\s\w+\sSET|DELETE\sFROM|CREATE\s|PRAGMA\s)", re.DOTALL
    )
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        if not path.startswith(SQL_ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and looks_like.match(node.value)
    ]
    assert wrong == []


def test_rows_that_are_asked_once_a_batch_are_written_so_that_it_is_noticed() -> None:
    tables = "box|sold_out|settings_revisions|menu_revisions|business_days|suspended_stations|broker_displays"
    writes = re.compile(rf"\s*(INSERT\b.*\bINTO|UPDATE|DELETE FROM|REPLACE INTO) ({tables})\b", re.DOTALL)
    found = [
        (f"{path}:{call.lineno}", call.func.attr)
        for path, tree in sources().items()
        if path.startswith("gateway/store/")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        for word in call.args[:1]
        if isinstance(word, ast.Constant) and isinstance(word.value, str) and writes.match(word.value)
    ]
    assert len(found) >= 8
    # The writer's own look whether the disk takes a write changes nothing.
    assert [at for at, how in found if how != "run_steady" and "store/writer.py" not in at] == []


# --- 4. names and sizes ---


def words_of(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]


def test_no_name_hides_what_it_does() -> None:
    wrong = []
    for path, tree in sources().items():
        names = [(part, 0) for part in Path(path).with_suffix("").parts]
        names += [
            (n.name, n.lineno)
            for n in ast.walk(tree)
            if isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        wrong += [
            f"{path}:{line} {name}: not {word!r}; {INSTEAD[word]}"
            for name, line in names
            for word in words_of(name)
            if word in INSTEAD
        ]
    assert wrong == []


def test_files_are_short_and_the_long_ones_say_why() -> None:
    lines = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert [p for p, n in lines.items() if n > HARD_LINES] == [], f"over {HARD_LINES} lines: split it"
    long = {p for p, n in lines.items() if n > SOFT_LINES}
    assert long <= set(LONG_FILES), f"over {SOFT_LINES} lines: split it, or say in LONG_FILES why not"
    assert set(LONG_FILES) <= set(lines), "LONG_FILES names a file that is gone"


def test_functions_are_short() -> None:
    wrong = [
        f"{path}:{node.lineno} {node.name}: {(node.end_lineno or 0) - node.lineno + 1} lines"
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION
    ]
    assert wrong == []


def test_nothing_is_left_for_later() -> None:
    wrong = []
    for path in sources():
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplemented", line):
                wrong.append(f"{path}:{number}: {line.strip()}")
    assert wrong == []


def test_what_others_rely_on_says_what_it_promises() -> None:
    wrong = []
    for path, tree in sources().items():
        if not path.startswith(("gateway/contract/", "gateway/operations/")):
            continue
        assert ast.get_docstring(tree), path
        wrong += [
            f"{path}:{node.lineno} {node.name}"
            for node in tree.body
            if isinstance(node, (ast.ClassDef, ast.FunctionDef))
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert wrong == []


# --- 5. threads ---


def thread_names() -> set[str]:
    """The name of every thread that the code starts, with {} for what is filled in."""
    found = set()
    for path in sources():
        for call in calls(path):
            if ast.unparse(call.func) != "threading.Thread":
                continue
            name = next((k.value for k in call.keywords if k.arg == "name"), None)
            assert name is not None, f"{path}:{call.lineno}: a thread without a name"
            if isinstance(name, ast.Constant):
                found.add(str(name.value))
            elif isinstance(name, ast.JoinedStr):
                found.add("".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in name.values))
    for call in calls("gateway/assembly.py"):
        if ast.unparse(call.func) == "self._runner" and isinstance(call.args[0], ast.Constant):
            found.add(str(call.args[0].value))
    return found


def test_every_thread_is_named_and_listed_with_what_it_may_touch() -> None:
    table = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Every thread")[2]
    listed = re.findall(r"`([^`\n]+)`", table)
    shapes = {re.sub(r"\{\w+\}", "{}", name) for name in listed}
    names = thread_names()
    assert {"writer", "intake", "hub", "cloud relay", "local relay", "housekeeping"} <= names
    missing = {
        n
        for n in names
        if n not in shapes and not any(re.fullmatch(re.escape(n).replace(r"\{\}", ".+"), s) for s in shapes)
    }
    assert missing == set(), "docs/architecture.md, 'Every thread', does not list these"


# --- 6. what is written and what is so ---


def test_every_refusal_has_a_status_and_words_in_both_languages() -> None:
    codes, reasons = set(), set()
    for path in sources():
        for call in calls(path):
            if ast.unparse(call.func) != "Refused" or not call.args or not isinstance(call.args[0], ast.Constant):
                continue
            codes.add(call.args[0].value)
            reasons |= {k.value.value for k in call.keywords if k.arg == "reason" and isinstance(k.value, ast.Constant)}
    assert codes - set(STATUS) == set(), "without a status in gateway/contract/refusals.py"
    assert codes - set(problems._WORDS) == set(), "without words in gateway/web/problems.py"
    assert reasons - set(problems._REASONS) - {"no menu yet"} == set(), "without words in gateway/web/problems.py"
    assert all(zh and en for zh, en in [*problems._WORDS.values(), *problems._REASONS.values()])


def keys_of(kind: type[Any], prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        inner = next(
            (t for t in (field.type, *get_args(field.type)) if isinstance(t, type) and issubclass(t, msgspec.Struct)),
            None,
        )
        name = f"{prefix}{field.encode_name}"
        if inner:
            yield from keys_of(inner, f"{name}.")
        else:
            yield name


def named_in(text: str) -> set[str]:
    """Every dotted key that a TOML file names, commented ones too."""
    found, section = set(), ""
    for line in text.splitlines():
        bare = line.strip().removeprefix("#").strip()
        if re.fullmatch(r"\[\[?[\w.]+\]\]?", bare):
            section = bare.strip("[]") + "."
        elif match := re.match(r"([a-z0-9_]+) *=", bare):
            found.add(section + match[1])
    return found


def test_the_sample_boot_file_names_every_key_and_no_other() -> None:
    named = named_in((ROOT / "config/gateway.toml").read_text(encoding="utf-8"))
    assert named == set(keys_of(Config))


def test_the_sample_settings_name_every_field() -> None:
    named = named_in((ROOT / "config/settings.toml").read_text(encoding="utf-8"))
    assert set(keys_of(Settings)) <= named


@pytest.mark.parametrize("name", ["gateway", "settings", "menu"])
def test_the_samples_are_toml(name: str) -> None:
    assert tomllib.loads((ROOT / f"config/{name}.toml").read_text(encoding="utf-8")) != {}


def test_vendored_files_are_what_their_list_says() -> None:
    folder = ROOT / "gateway/web/static/vendor"
    listed = {e["file"]: e for e in msgspec.json.decode((folder / "VENDOR.json").read_bytes())}
    assert set(listed) == {p.name for p in folder.iterdir()} - {"VENDOR.json"}
    for name, entry in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert entry["licence"], name
        assert entry["version"], name


ELSEWHERE = re.compile(
    r"(?<![\w.])/(work|root|home/(?!visitor/)\w+|Users/\w+)/|pypi\.org|pythonhosted\.org|registry\.npmjs|artifactory|"
    r"unpkg\.com|jsdelivr|cdnjs|googleapis"
)
"""Paths of one machine, registries and content networks: nothing of this tree depends on them."""


def test_nothing_in_the_tree_names_this_machine_or_a_registry() -> None:
    wrong = []
    for path in kept_files():
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        wrong += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if ELSEWHERE.search(line)
        ]
    assert wrong == []
