"""The commands that look and exchange: what they print, what they change, how they end."""

from __future__ import annotations

import json
import re
import sqlite3
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.shop import MENU, SETTINGS, Shop

from gateway import __version__, cli
from gateway.commands.exchange import as_toml
from gateway.config import Wrong, load
from gateway.contract.messages import PrintResult
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings
from gateway.operations import papers, sync
from gateway.store.migrations import VERSION

ROOT = Path(__file__).resolve().parents[2]
BOOT = '[store]\nid = "demo"\ndata = "{data}"\n[guest]\nport = 0\n[staff]\nport = 0\n'


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(BOOT.format(data=tmp_path / "box"))
    return path


@pytest.fixture
def run(boot: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """(exit code, standard output, standard error) of `gateway ARGS --config …`."""

    def call(*args: str) -> tuple[int, str, str]:
        try:
            code = cli.main([*args, "--config", str(boot)])
        except SystemExit as wrong_use:
            code = int(wrong_use.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return code, said.out, said.err

    return call


Run = Callable[..., tuple[int, str, str]]


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"gateway {__version__}\n"


def test_a_good_store_is_good(shop: Shop, run: Run) -> None:
    code, out, _ = run("check-config")
    assert (code, "settings revision 1, menu 1" in out) == (0, True)
    assert json.loads(run("check-config", "--json")[1]) == {"ok": True, "faults": []}


def test_a_boot_file_with_faults_names_line_and_key_and_ends_with_one(boot: Path, run: Run) -> None:
    boot.write_text(
        '[store]\nid = "demo"\ndata = "x"\n[guest]\nprot = 1\n[staff]\nport = "80"\n'
        '[broker]\npassword_file = "/no/such"\n'
    )
    code, _, err = run("check-config")
    assert code == 1
    assert "line 5: guest.prot: unknown key; did you mean 'port'?" in err
    assert "guest.port is missing" in err
    assert "line 7: staff.port" in err
    faults = json.loads(run("check-config", "--json")[1])["faults"]
    assert len(faults) >= 3
    boot.write_text("[store\n")
    assert "not TOML" in run("check-config")[2]
    boot.write_bytes(b"\xff\xfe")
    assert "cannot be read" in run("check-config")[2]
    boot.unlink()
    assert run("check-config")[0] == 1


def test_a_secret_that_is_not_there_is_named(boot: Path) -> None:
    boot.write_text(boot.read_text() + '[cloud]\nurl = "https://x"\ntoken_file = "/no/such"\n')
    with pytest.raises(Wrong) as wrong:
        load(boot)
    (fault,) = wrong.value.faults
    assert (fault.code, fault.where) == ("no_secret_file", (("line", 10), ("key", "cloud.token_file")))
    assert f"{boot}: line 10: cloud.token_file: there is no file '/no/such'; write the secret there" in str(wrong.value)


def test_a_boot_files_faults_are_said_in_chinese_to_who_reads_chinese(
    boot: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    good = boot.read_text()
    boot.write_text(good.replace("[staff]\nport = 0", '[staff]\nport = "80"\nhsots = []').replace("demo", "Demo 1"))
    code, _, err = run("check-config")
    assert code == 1
    assert f"{boot}: 第 2 行：store.id：'Demo 1' 不行，要小写字母、数字和 -" in err
    assert "staff.port：'80' 不行，要整数，不加引号，例如 8081" in err
    assert "staff.hsots：没有这一项，是不是 'hosts'？" in err
    assert "Expected" not in err
    boot.write_text("[guest]\nport = 1\n")
    assert "store：没有写，必须有" in run("check-config")[2]
    boot.write_text("[store\n")
    assert "第 1 行第 7 列：不是 TOML" in run("check-config")[2]
    boot.write_text(good + '[cloud]\nurl = "https://x"\ntoken_file = "/no/such"\n')
    assert "cloud.token_file：没有文件 '/no/such'" in run("check-config")[2]
    boot.unlink()
    assert f"{boot}: 没有这个文件" in run("check-config")[2]
    assert json.loads(run("check-config", "--json")[1])["faults"] == [f"{boot}: 没有这个文件"]


def test_the_delivered_boot_file_lacks_only_its_secrets(boot: Path) -> None:
    secrets = boot.parent / "secrets"
    boot.write_text((ROOT / "config/gateway.toml").read_text().replace("/etc/gateway/secrets", str(secrets)))
    with pytest.raises(Wrong) as wrong:
        load(boot)
    secrets.mkdir()
    for said, name in zip(str(wrong.value).splitlines(), ("mqtt-gateway", "cloud-box"), strict=True):
        assert f"there is no file '{secrets / name}'" in said
        (secrets / name).write_text("secret\n")
    assert load(boot).store.id == "store1"


LOOKS = [["orders"], ["jobs"], ["user"], ["outbox"], ["menu", "export", "-"], ["settings", "export", "-"]]


def content(folder: Path, running: bool = False) -> dict[str, bytes]:
    """Of a running store without its index, where whoever reads is noted, as in a list of locks."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return found | {name: b"" for name in found if running and name.endswith("-shm")}


@pytest.mark.parametrize("command", LOOKS)
def test_to_look_makes_no_database(boot: Path, run: Run, command: list[str]) -> None:
    code, _, err = run(*command)
    assert (code, "no database yet" in err, "还没有数据库" in err) == (2, True, True)
    assert not (boot.parent / "box").exists()
    assert run("check-config")[0] == 0


@pytest.mark.parametrize("command", [*LOOKS, ["check-config"]])
@pytest.mark.parametrize("state", ["running", "stopped", "killed"])
def test_to_look_writes_nothing_and_leaves_the_ballast_as_it_is(
    shop: Shop, run: Run, command: list[str], state: str
) -> None:
    shop.place("tofu")
    (shop.folder / "ballast").unlink()
    if state == "stopped":
        shop.store.close()
    elif state == "killed":
        left = content(shop.folder)
        shop.store.close()
        for name, data in left.items():
            (shop.folder / name).write_bytes(data)
    before = content(shop.folder, state == "running")
    assert ("gateway.db-wal" in before) == (state != "stopped")
    code, out, _ = run(*command)
    assert code == 0
    if command == ["orders"]:
        assert "A001" in out, "also what only the log has"
    assert content(shop.folder, state == "running") == before
    if state != "running":
        shop.open()


@pytest.mark.parametrize("command", LOOKS)
def test_an_older_database_is_left_to_the_gateways_next_start(
    shop: Shop, run: Run, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.migrations.VERSION", VERSION + 1)
    before = content(shop.folder, running=True)
    code, _, err = run(*command)
    assert (code, f"has version {VERSION}, this release reads {VERSION + 1}" in err, "旧版本" in err) == (2, True, True)
    assert content(shop.folder, running=True) == before


def test_a_log_without_its_index_is_said_in_words(shop: Shop, run: Run) -> None:
    """Somebody copied the file and its log while the gateway ran, and left the index behind."""
    shop.place("tofu")
    left = content(shop.folder)
    shop.store.close()
    for name, data in left.items():
        (shop.folder / name).write_bytes(data)
    (shop.folder / "gateway.db-shm").unlink()
    code, _, err = run("orders")
    assert (code, "cannot be read now" in err) == (2, True)
    shop.open()
    assert run("orders")[0] == 0


@pytest.mark.parametrize("command", [["orders"], ["jobs"], ["outbox"], ["check-config"], ["menu", "export", "-"]])
def test_a_file_that_is_no_database_and_a_newer_one_are_said_in_words(boot: Path, run: Run, command: list[str]) -> None:
    folder = boot.parent / "box"
    folder.mkdir()
    (folder / "gateway.db").write_bytes(b"a letter to the cook\n" * 100)
    code, _, err = run(*command)
    assert (code in (1, 2), "is damaged" in err) == (True, True)
    (folder / "gateway.db").unlink()
    with closing(sqlite3.connect(folder / "gateway.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    code, _, err = run(*command)
    assert (code in (1, 2), "has version 99" in err) == (True, True)


def test_orders_newest_first(shop: Shop, run: Run) -> None:
    shop.place("tofu", "tea")
    shop.place("lamb")
    code, out, _ = run("orders")
    assert code == 0
    assert [line.split()[1] for line in out.splitlines()] == ["A002", "A001"]
    assert "1x Mapo tofu, 1x Tea" in out
    assert out.splitlines()[0].split()[0] == "2026-11-23T11:30:00+08:00", "the store's own time, with its offset"
    listed = json.loads(run("orders", "--json", "--limit", "1")[1])["orders"]
    assert [o["number"] for o in listed] == ["A002"]


def test_jobs_end_with_one_while_a_paper_is_in_doubt(shop: Shop, run: Run) -> None:
    (job,) = shop.jobs(shop.place("tofu"))
    assert run("jobs")[0] == 0
    assert re.match(r"2026-11-23T11:30:00\+08:00  A001 +table 1 +kitchen +slip 0001 copy 1  QUEUED", run("jobs")[1])
    (told,) = json.loads(run("jobs", "--json")[1])["jobs"]
    assert (told["order"], told["table"], told["created_at"][-1]) == ("A001", "1", "Z")
    shop.do(papers.take_result, "kitchen", PrintResult(job.id, 1, "UNKNOWN", "no_answer"))
    code, out, _ = run("jobs")
    assert (code, "UNKNOWN" in out) == (1, True)
    assert json.loads(run("jobs", "--json", "--state", "QUEUED")[1]) == {"jobs": []}


def test_what_is_listed_is_said_in_chinese_to_who_reads_chinese(
    shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert run("orders")[1] == "还没有订单\n"
    assert run("jobs")[1] == "还没有小票\n"
    shop.place("tofu")
    assert re.search(r"A001 +1 桌 +PLACED .*1× 麻婆豆腐", run("orders")[1])
    assert re.search(r"A001 +1 桌 +kitchen +小票 0001 第 1 份 +QUEUED", run("jobs")[1])
    assert "没有死信" in run("outbox")[1]
    assert "设置第 1 版，菜单第 1 版" in run("check-config")[1]


def test_outbox_ends_with_one_when_the_cloud_refused_something(shop: Shop, run: Run) -> None:
    shop.place()
    code, out, _ = run("outbox", "--json")
    assert (code, json.loads(out)["pending"]) == (0, 2)
    shop.do(sync.bury, (1 << 40) | 2, "invalid_event")
    code, out, _ = run("outbox")
    assert (code, "1 dead letters" in out) == (1, True)


@pytest.mark.parametrize("args", [[], ["dance"], ["menu"], ["menu", "eat", "x"], ["jobs", "--limit", "x"]])
def test_wrong_use_ends_with_two(run: Run, args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if not args:
        assert cli.main([]) == 2
    elif args == ["dance"]:
        assert cli.main(args) == 2
        assert "there is no command 'dance'" in capsys.readouterr().err
    else:
        assert run(*args)[0] == 2


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in cli.COMMANDS)


# --- people ---


def test_a_persons_language_is_set_and_listed(shop: Shop, run: Run) -> None:
    shop.user("chen", "manager")
    shop.user("li", "waiter")
    assert run("user")[1].splitlines() == ["chen  manager  en", "li  waiter  en"]
    assert run("user", "li", "--language", "zh-Hans")[:2] == (0, "li  waiter  zh-Hans\n")
    assert run("user", "chen", "--language", "device")[:2] == (0, "chen  manager  as the device says\n")
    listed = json.loads(run("user", "--json")[1])
    assert [(one["name"], one["language"]) for one in listed] == [("chen", ""), ("li", "zh-Hans")]


def test_a_person_who_is_not_there_or_a_language_that_is_not_ours_changes_nothing(shop: Shop, run: Run) -> None:
    shop.user("li", "waiter")
    code, _, err = run("user", "wang", "--language", "en")
    assert (code, "there is no such person; there are: li" in err) == (1, True)
    assert run("user", "li", "--language", "fr")[0] == 2
    assert run("user", "--language", "en")[0] == 2
    assert run("user", "li")[1] == "li  waiter  en\n"


# --- exchange ---


@pytest.mark.parametrize("what", ["menu", "settings"])
def test_what_is_exported_is_imported_again_as_the_same(shop: Shop, run: Run, tmp_path: Path, what: str) -> None:
    first, second = tmp_path / "1.toml", tmp_path / "2.toml"
    assert run(what, "export", str(first))[0] == 0
    code, out, _ = run(what, "import", str(first), "--json")
    assert (code, json.loads(out)) == (0, {"ok": True, "faults": [], "revision": 2})
    assert run(what, "export", str(second))[0] == 0
    assert first.read_text() == second.read_text()
    assert run(what, "export", "-")[1] == first.read_text()
    kind: Any = Menu if what == "menu" else Settings
    raw = MENU if what == "menu" else SETTINGS
    assert msgspec.convert(tomllib.loads(first.read_text()), kind) == msgspec.convert(raw, kind)
    shop.writer.step(shop.now)  # the running house notices
    assert shop.value(f"SELECT max(revision) FROM {what}_revisions") == 2


def test_settings_without_a_station_that_has_open_tickets_go_in_by_force_only(
    shop: Shop, run: Run, tmp_path: Path
) -> None:
    shop.place("tea")
    sold, rules = tmp_path / "menu.toml", tmp_path / "settings.toml"
    run("menu", "export", str(sold))
    run("settings", "export", str(rules))
    sold.write_text(sold.read_text().replace('station = "bar"', 'station = "wok"'))
    head, *stations = rules.read_text().split("[[stations]]")
    rules.write_text("[[stations]]".join([head, *[s for s in stations if 'id = "bar"' not in s]]))
    assert run("menu", "import", str(sold))[0] == 0
    code, _, err = run("settings", "import", str(rules))
    assert (code, "station 'bar': 1 open tickets would stand on no screen" in err) == (1, True)
    assert run("settings", "import", str(rules), "--force")[0] == 0
    assert shop.value("SELECT count(*) FROM tickets WHERE cleared_at IS NULL") == 0
    assert run("menu", "import", str(sold), "--force")[0] == 2


def test_the_samples_of_the_repository_go_in(tmp_path: Path, boot: Path, run: Run) -> None:
    code, _, err = run("menu", "import", str(ROOT / "config/menu.toml"))
    assert (code, "settings come first" in err) == (1, True)
    assert run("menu", "export", "-")[0] == 1
    sample = ROOT / "config/settings.toml"
    code, _, err = run("settings", "import", str(sample))
    assert (code, err.count("which only the demo fills in")) == (1, 2), "no printer is lost to a folder of the demo"
    mine = tmp_path / "settings.toml"
    mine.write_text(sample.read_text(encoding="utf-8").replace("${DEVICES}", "/dev/serial/by-id"), encoding="utf-8")
    assert run("settings", "import", str(mine))[0] == 0
    assert run("menu", "import", str(ROOT / "config/menu.toml"))[0] == 0
    assert run("check-config")[0] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("currency = ", "not TOML: Invalid value"),
        ('currency = "CNY"\n', "categories: is missing; it must be there"),
        ('currency = "USD"\ncategories = []\n', "the menu has no item"),
        (
            'currency = "CNY"\ncategories = []\nextra = 1\n',
            "line 3: extra: unknown key; there are: currency, categories",
        ),
        ('currency = "yuan"\ncategories = []\n', "line 1: currency: 'yuan' does not fit; write three capital letters"),
    ],
)
def test_a_menu_with_faults_is_refused_in_words_and_changes_nothing(
    shop: Shop, run: Run, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "menu.toml"
    path.write_text(text)
    code, out, err = run("menu", "import", str(path), "--json")
    assert (code, words in err) == (1, True)
    assert json.loads(out)["ok"] is False
    assert shop.value("SELECT max(revision) FROM menu_revisions") == 1
    assert run("menu", "import", str(tmp_path / "nothing.toml"))[0] == 1


DISH = """
[[categories]]
id = "hot"
name = { en = "Hot" }

[[categories.items]]
id = "tofu"
name = { en = "Tofu" }
price = 28.5
statoin = "wok"
spicy = 9
price_unit = "bowl"
"""


def test_a_fault_names_file_line_and_key_and_what_to_write_there(shop: Shop, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "menu.toml"
    path.write_text('currency = "CNY"\n' + DISH)
    code, _, err = run("menu", "import", str(path))
    assert code == 1
    assert err.splitlines() == [
        f"{path}: line 10: categories.hot.items.tofu.price: 28.5 does not fit; write a whole number such as 30; "
        "money in the smallest unit, 38.00 as 3800",
        f"{path}: line 11: categories.hot.items.tofu.statoin: unknown key; did you mean 'station'?",
        f"{path}: line 12: categories.hot.items.tofu.spicy: 9 is too large; at most 3",
        f"{path}: line 13: categories.hot.items.tofu.price_unit: 'bowl' is not one of: each, 100g, 500g, kg",
        f"{path}: line 8: categories.hot.items.tofu.station: is missing; it must be there",
        "Nothing was imported; what was there goes on.",
    ]


def test_whoever_reads_chinese_is_told_in_chinese(
    shop: Shop, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    path = tmp_path / "menu.toml"
    path.write_text('currency = "CNY"\n' + DISH)
    assert (
        "第 11 行：categories.hot.items.tofu.statoin：没有这一项，是不是 'station'？"
        in run("menu", "import", str(path))[2]
    )
    path.write_text('currency = "CNY"\ncategories = []\n')
    assert f"{path}: 菜单里一道菜也没有\n没有导入，原来的照用。" in run("menu", "import", str(path))[2]
    good = tmp_path / "good.toml"
    assert "已写到" in run("menu", "export", str(good))[1]
    assert run("menu", "import", str(good))[1].startswith("菜单已导入，第 2 版：")


def test_an_import_says_what_came_in(shop: Shop, run: Run, tmp_path: Path) -> None:
    for what in ("menu", "settings"):
        assert run(what, "export", str(tmp_path / f"{what}.toml"))[0] == 0
    menu, rules = msgspec.convert(MENU, Menu), msgspec.convert(SETTINGS, Settings)
    counts = f"{len(menu.items)} items in {len(menu.categories)} categories."
    assert f"Menu imported, revision 2: {counts}" in run("menu", "import", str(tmp_path / "menu.toml"))[1]
    said = run("settings", "import", str(tmp_path / "settings.toml"))[1]
    assert f"Settings imported, revision 2: {len(rules.stations)} stations" in said


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain = st.one_of(
    texts,
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.lists(texts, max_size=3),
    st.dictionaries(texts, texts, max_size=3),
)
rows = st.dictionaries(texts, plain, max_size=4)
tables = st.recursive(
    rows,
    lambda inner: st.dictionaries(
        texts, st.one_of(plain, st.lists(inner.filter(bool), min_size=1, max_size=2)), max_size=4
    ),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tables)
def test_whatever_is_written_as_toml_is_read_back_as_it_was(value: dict[str, Any]) -> None:
    assert tomllib.loads(as_toml(value)) == value


def test_an_export_can_be_added_to_as_the_samples_comments_show(tmp_path: Path, boot: Path, run: Run) -> None:
    sample = (ROOT / "config/settings.toml").read_text(encoding="utf-8").replace("${DEVICES}", "/dev/serial/by-id")
    mine, out = tmp_path / "mine.toml", tmp_path / "out.toml"
    mine.write_text(sample, encoding="utf-8")
    assert run("settings", "import", str(mine))[0] == 0
    assert run("settings", "export", str(out))[0] == 0
    exported = out.read_text(encoding="utf-8")
    device = '\n[[devices]]\nid = "bell"\nbridge = "bridge-1"\ndriver = "call_bell"\nport = "/dev/bell"\n'
    out.write_text(exported.replace("orders_per_10_min = 6", "orders_per_10_min = 7") + device, encoding="utf-8")
    assert "[guards]" in exported
    assert run("settings", "import", str(out))[0] == 0
    assert run("settings", "export", str(mine))[0] == 0
    assert 'driver = "call_bell"' in mine.read_text(encoding="utf-8")
    assert "orders_per_10_min = 7" in mine.read_text(encoding="utf-8")


def test_routes_and_printers_of_areas_come_back_as_they_went_in(boot: Path, run: Run, tmp_path: Path) -> None:
    sample = tmp_path / "settings.toml"
    text = (ROOT / "config/settings.toml").read_text(encoding="utf-8").replace("${DEVICES}", "/dev")
    commented = text.split("# [[stations.areas]]")[1].split("\n\n")[0]
    text = text.replace("# [[stations.areas]]" + commented, uncommented("# [[stations.areas]]" + commented))
    routes = "# [[routes]]" + text.split("# [[routes]]")[1].split("\n\n")[0]
    sample.write_text(text.replace(routes, uncommented(routes)), encoding="utf-8")
    assert run("settings", "import", str(sample))[0] == 0
    assert run("menu", "import", str(ROOT / "config/menu.toml"))[0] == 0
    assert run("check-config")[0] == 0
    out = tmp_path / "again.toml"
    assert run("settings", "export", str(out))[0] == 0
    assert msgspec.convert(tomllib.loads(out.read_text()), Settings) == msgspec.convert(
        tomllib.loads(sample.read_text()), Settings
    )
    assert "areas" not in tomllib.loads(out.read_text())["stations"][0], "a block that somebody adds can be read"
    wrong = sample.read_text().replace('until = "02:00"', 'until = "25:00"').replace('items = ["rice"]', "items = 3")
    sample.write_text(wrong, encoding="utf-8")
    code, _, err = run("settings", "import", str(sample))
    assert code == 1
    assert "routes[1].until: '25:00' does not fit; write a time of day such as 04:00" in err


def test_check_config_names_every_dish_whose_station_nothing_can_prove_a_ticket_at(
    boot: Path, run: Run, tmp_path: Path
) -> None:
    """No import takes such settings; a database that somebody has changed may hold them."""
    sample = tmp_path / "settings.toml"
    text = (ROOT / "config/settings.toml").read_text(encoding="utf-8").replace("${DEVICES}", "/dev")
    sample.write_text(text, encoding="utf-8")
    assert run("settings", "import", str(sample))[0] == 0
    assert run("menu", "import", str(ROOT / "config/menu.toml"))[0] == 0
    with closing(sqlite3.connect(tmp_path / "box" / "gateway.db")) as box, box:
        without = """replace(body, '"printer":"receipt"', '"printer":""')"""
        changed = box.execute(f"UPDATE settings_revisions SET body = {without}")
        assert changed.rowcount == 1
    code, out, _ = run("check-config")
    assert code == 1
    assert "station 'bar': proof 'both' needs a printer" in out
    assert "item 'cucumber': station 'bar' has no printer, so nothing brings it before a cook" in out
    assert "station 'wok'" not in out


def uncommented(block: str) -> str:
    return "\n".join(line.removeprefix("# ") for line in block.splitlines())
